// SPDX-License-Identifier: MIT
//
// The slow ways of retain, release and set: a last reference, a count that
// overflowed, an object that is not alive. Checked builds come here for every
// call and look at the pointer first.
//
// A count that overflows takes the sign, and so becomes immortal: from then on
// nothing changes it. The first slow call that meets such a word reports it and
// moves the count to the middle of its range.
#include "core.h"

#define FRESHLY_IMMORTAL ((uint64_t)0x80000000u << 32)
#define COUNT            ((uint64_t)0xffffffffu << 32)
#define IMMORTAL         ((uint64_t)0xc0000000u << 32)

static bool complain(const struct page *page, const void *object,
    const char *call, const char *what)
{
    weft__misuse(page == NULL ? NULL : page->heap, object, "%s: %s %p %s",
        call, page == NULL ? "pointer" : weft__name_of(object), object, what);
    return false;
}

static void note_immortal(const void *object, uint64_t *word, uint64_t value)
{
    if ((value & COUNT) != FRESHLY_IMMORTAL)
        return;
    store(word, (value & ~COUNT) | IMMORTAL);
    weft__tell(page_of(object)->heap, WEFT_SATURATED, object,
        "weft_retain: the count of %s %p overflowed; it lives until its heap "
        "is closed",
        weft__name_of(object), object);
}

// A word below ONE: immortal, dying or dead. True: immortal, so all is well.
static bool is_odd_but_fine(const void *object, uint64_t value,
    const char *call)
{
    if (is_immortal(value)) {
        note_immortal(object, word_of(object), value);
        return true;
    }
    const struct page *page = weft__find_page(object);
    if (page == NULL)
        return complain(NULL, object, call, "is no object of weft");
    return complain(page, object, call,
        (value & DYING) != 0 ? "is dying" : "is dead");
}

// Checked builds: is this the address of an object the thread may touch?
bool weft__check_object(const void *object, const char *call)
{
    const struct page *page = weft__find_page(object);
    if (page == NULL)
        return complain(NULL, object, call, object == NULL ? "is NULL"
            : "is no object of weft");
    const char *word = (const char *)word_of(object);
    if (page->heap == NULL && page->slot_size == 0)
        return complain(NULL, object, call, "is no object of weft");
    if (word < page->first || word >= page->bump
            || (uint64_t)(word - page->first) % page->slot_size != 0)
        return complain(NULL, object, call, "is not the start of an object");
    if (page->heap == NULL)
        return complain(NULL, object, call, "is dead: its heap was closed");
    if (page->owner != this_thread())
        return complain(page, object, call, "belongs to another thread");
    return true;
}

// Takes a reference without setting RETAINED. False: that was misuse.
bool weft__keep_object(const void *object, const char *call)
{
    if (CHECKED && !weft__check_object(object, call))
        return false;
    uint64_t *word = word_of(object);
    uint64_t value = load(word);
    if (likely((int64_t)value >= WEFT__ONE)) {
        store(word, value + ONE);
        return true;
    }
    return is_odd_but_fine(object, value, call);
}

void *weft__retain_slow(const void *object, const char *call)
{
    if (!weft__keep_object(object, call))
        return NULL;
    uint64_t *word = word_of(object);
    if ((load(word) & SIGN) == 0)
        store(word, load(word) | RETAINED);
    return (void *)(uintptr_t)object;
}

// Is the object in its finalizer, which has only borrowed its last reference?
static bool is_in_finalizer(const struct page *page, const uint64_t *word)
{
    const struct finalizing *frame = page->heap->finalizing;
    while (frame != NULL && frame->word != word)
        frame = frame->outer;
    return frame != NULL;
}

// All but the plain death of an object by its last release.
static __attribute__((noinline)) void release_oddly(const void *object,
    const char *call)
{
    uint64_t *word = word_of(object);
    uint64_t value = load(word);
    if (unlikely((int64_t)value < WEFT__ONE)) {
        (void)is_odd_but_fine(object, value, call);
        return;
    }
    struct page *page = page_of(object);
    if (value >= TWO) {
        store(word, (value - ONE) & ~RETAINED);
        if ((is_loud(value) || page->heap->often)
                && page->owner == this_thread()) {
            page->heap->released(page, word);
            weft__end_release(page->heap);
        }
        return;
    }
    if (unlikely(page->owner != this_thread()))
        (void)complain(page, object, call, "belongs to another thread");
    else if (unlikely((value & FINALIZED) != 0) && is_in_finalizer(page, word))
        (void)complain(page, object, call,
            "was released more often than it was held, in its finalizer");
    else
        weft__let_last_go(page, word);
}

static __attribute__((noinline)) void settle_after(struct page *page,
    uint64_t *word)
{
    weft_heap *heap = page->heap;
    weft__settle_page(page, word);
    weft__end_release(heap);
}

static inline void free_last(struct page *page, uint64_t *word,
    uint64_t value)
{
    weft_heap *heap = page->heap;
    if (unlikely(put_slot(page, word, word_after(page, value))))
        settle_after(page, word);
    else
        weft__end_release(heap);
}

// Of a type whose rows must be looked at. Most refs have nothing to leave but
// their place in a list.
static __attribute__((noinline)) void release_plain(struct page *page,
    uint64_t *word)
{
    const struct row *row = page->kind->rows;
    bool holds_nothing = row->kind == ROW_LEAVE
        ? word[1 + row->offset / 8] == 0 || page->heap->detach(word + 1)
        : !weft__holds_anything(page->kind, word + 1);
    if (holds_nothing)
        free_last(page, word, load(word));
    else
        weft__let_last_go(page, word);
}

// Nothing comes after any call in here, so the most common death of all has no
// registers to save.
void weft__release_slow(const void *object, const char *call)
{
    if (CHECKED && !weft__check_object(object, call))
        return;
    uint64_t *word = word_of(object);
    uint64_t value = load(word);
    struct page *page = page_of(object);
    if (unlikely(value >> 32 != 1 || page->owner != this_thread())) {
        release_oddly(object, call);
    } else if (likely(page->simple && (value & WATCHED) == 0
            && is_empty(page, object))) {
        free_last(page, word, value);
    } else if (page->plain && !page->simple && (value & WATCHED) == 0) {
        release_plain(page, word);
    } else if (likely((value & FINALIZED) == 0)) {
        weft__let_last_go(page, word);
    } else {
        release_oddly(object, call);
    }
}

// ---- checked stores

static const weft_field *find_row(const weft_type *type, uint64_t offset)
{
    for (; type != NULL; type = type->base)
        for (const weft_field *f = type->fields; f != NULL && f->name != NULL;
                f++)
            if (f->offset == offset)
                return f;
    return NULL;
}

// Does it hold what no row names?
static bool holds_more(const weft_type *type)
{
    while (type != NULL && type->clear == NULL && type->visit == NULL)
        type = type->base;
    return type != NULL;
}

// A store to an address inside an object must name a row that is held, of the
// right type, and may not reach into another heap.
static bool check_slot(const void *slot, const void *value, const char *call)
{
    const struct page *page = weft__find_page(slot);
    if (page == NULL || page->type == NULL
            || (const char *)slot < page->first)
        return true;                        // a variable, or plain memory
    uint64_t inside = (uint64_t)((const char *)slot - page->first)
        % page->slot_size;
    const void *object = (const char *)slot - inside + 8;
    uint64_t word = load(word_of(object));
    if (inside >= 8 && (word & (DYING | TORN)) != 0)
        return true;                        // its own clear may do this
    if (inside < 8 || !is_alive(word))
        return complain(page, object, call, "is dead, or its hidden word is "
            "written");
    const weft_field *row = find_row(page->type, inside - 8);
    if ((row == NULL || row->kind > WEFT_FIELD_STRING
            || row->kind == WEFT_FIELD_WEAK) && !holds_more(page->type))
        return complain(page, object, call, "has no strong row at the address "
            "that is written");
    if (value == NULL)
        return true;
    if (row != NULL && row->type != NULL && !weft_is(value, row->type))
        return complain(page, object, call, "takes another type in this row");
    if (page_of(value)->heap != page->heap)
        return complain(page, object, call, "cannot hold an object of another "
            "heap");
    return true;
}

void weft__set_slot_checked(void *slot, const void *value, bool steal)
{
    const char *call = steal ? "weft_set_steal" : "weft_set";
    if (value != NULL && !weft__check_object(value, call))
        return;
    if (value != NULL && !is_alive(load(word_of(value)))) {
        (void)is_odd_but_fine(value, load(word_of(value)), call);
        return;
    }
    if (!check_slot(slot, value, call))
        return;
    if (value != NULL && !steal && !weft__keep_object(value, call))
        return;
    void *old = *(weft__pointer *)slot;
    *(weft__pointer *)slot = (void *)(uintptr_t)value;
    if (old != NULL)
        weft__release_slow(old, call);
}

void *weft__take_slot_checked(void *slot)
{
    if (!check_slot(slot, NULL, "weft_take"))
        return NULL;
    void *old = *(weft__pointer *)slot;
    *(weft__pointer *)slot = NULL;
    return old;
}

// ---- questions

size_t weft_refcount(const void *object)
{
    if (CHECKED && !weft__check_object(object, "weft_refcount"))
        return 0;
    uint64_t value = load(word_of(object));
    if ((value & SIGN) == 0)
        return (size_t)(value >> 32);
    if (!is_immortal(value))
        return 0;
    note_immortal(object, word_of(object), value);
    return SIZE_MAX;
}

weft_type *weft_type_of(const void *object)
{
    if (CHECKED && !weft__check_object(object, "weft_type_of"))
        return NULL;
    return page_of(object)->type;
}

weft_heap *weft_heap_of(const void *object)
{
    if (CHECKED && !weft__check_object(object, "weft_heap_of"))
        return NULL;
    return page_of(object)->heap;
}

bool weft_is(const void *object, const weft_type *type)
{
    return object != NULL && weft__type_is(weft_type_of(object), type);
}
