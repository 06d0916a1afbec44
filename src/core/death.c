// SPDX-License-Identifier: MIT
//
// Death: what happens when the last reference goes, in this order.
//
//   0. what belongs to a pool that has a place for it goes back there instead
//      (pattern/objectpool.c)
//   1. finalize, once in a life, at count one; if someone kept the object, it
//      lives on and nothing else happens
//   2. the generation goes up: handles are dead; watchers are told (weak layer)
//   3. rows, in table order, each emptied before its value is let go: depth
//      first, so that a child is gone before the next row is looked at
//   4. clear; dispose; the slot is free
//
// Step 3 walks without recursion and without memory. A dying object needs
// neither count nor flags, so its word has room for the way back:
//
//     1 | link 41: page number 28, offset / 8 in it 13 | dying | generation
//
// Nothing else remembers the position: coming back, the walk looks for the
// first row that is not yet empty, from the start. Only an array would make
// this quadratic, so its element 0, emptied first, holds the position (an odd
// number, or a nil's integer) while later elements die.
//
//     enter w:  reclaim; finalize; die; tell watchers
//     walk w:   take the first child out of a row; none: leave w
//               held by others too: count down; go on walking w
//               a leaf: free it; go on walking w
//               else: word of w := link to w's parent; parent := w; enter child
//     leave w:  clear, dispose, free w; w := parent; walk w
//
// An object whose type has neither clear nor dispose is freed before its last
// child is entered, if that child is plain: then nobody is left who could look
// at it, and a chain is walked once instead of down and up.
//
// Releases that user code makes during a death run at once, nested, down to
// NESTING_LIMIT. Below that the page keeps the object: a pending bit owns the
// reference, so it stays whole and its weak references work until the outermost
// release is done. So depth is unlimited, whoever releases.
//
// Invariants: D1 a word's link is 0 outside of a walk. D2 fields of a dead
// object are NULL from the moment they are emptied. D3 a pending bit is set iff
// the object is alive and one of its references is the page's.
#include "core.h"

// ---- the way back

static uint64_t link_to(const uint64_t *word)
{
    if (word == NULL)
        return 0;
    const struct page *page = page_of(word);
    uint64_t offset = (uintptr_t)word & (PAGE_BYTES - 1);
    return ((uint64_t)page->number << 13 | offset >> 3) << LINK_SHIFT;
}

static uint64_t *linked_from(uint64_t value)
{
    uint64_t link = (value & ~SIGN) >> LINK_SHIFT;
    if (link == 0)
        return NULL;
    const struct frame *frame = weft__frame((uint32_t)(link >> 13));
    return (uint64_t *)(void *)(frame->base + ((link & 8191) << 3));
}

// ---- pending objects

static void set_pending(struct page *page, const uint64_t *word)
{
    uint32_t index = slot_index(page, word);
    uint64_t bit = (uint64_t)1 << (index & 63);
    if (page->pending_bits[index >> 6] & bit) {
        weft__misuse(page->heap, word + 1, "weft_release: %s %p was released "
            "more often than it was held", weft__name_of(word + 1),
            (const void *)(word + 1));
        return;
    }
    page->pending_bits[index >> 6] |= bit;
    if (page->pending)
        return;
    page->pending = true;
    page->used++;               // not empty while it is on the list
    page->next_pending = page->heap->pending;
    page->heap->pending = page;
}

// Takes one pending object of the page; the page leaves the list with its last.
static uint64_t *take_pending(struct page *page)
{
    uint32_t i = 0, words = (page->capacity + 63) / 64;
    while (i < words && page->pending_bits[i] == 0)
        i++;
    if (i == words) {
        page->heap->pending = page->next_pending;
        page->pending = false;
        if (--page->used == 0 || !page->listed)
            weft__settle_page(page, NULL);
        return NULL;
    }
    unsigned bit = (unsigned)__builtin_ctzll(page->pending_bits[i]);
    page->pending_bits[i] &= page->pending_bits[i] - 1;
    return slot_at(page, i * 64 + bit);
}

// A reference goes that is not the last. The collector hears of it unless that
// is no news.
static inline void count_down(uint64_t *word, uint64_t value)
{
    store(word, (value - ONE) & ~RETAINED);
    if (unlikely(is_loud(value))) {
        struct page *page = page_of(word);
        page->heap->released(page, word);
    }
}

static __attribute__((noinline)) void drain_pending(weft_heap *heap)
{
    heap->depth++;                          // deaths in here do not drain
    while (heap->pending != NULL) {
        uint64_t *word = take_pending(heap->pending);
        if (word == NULL)
            continue;
        uint64_t value = load(word);
        if (value >= TWO && (value & SIGN) == 0)
            count_down(word, value);
        else if ((int64_t)value >= WEFT__ONE)
            weft__die(word);
    }
    heap->depth--;
}

// ---- the steps

static bool is_resurrected(struct page *page, uint64_t *word)
{
    uint64_t value = load(word);
    if (page->kind->finalize == NULL || (value & FINALIZED) != 0)
        return false;
    store(word, value | FINALIZED);
    if (page->heap->ordered && !page->acyclic)
        weft__append_order(page, word, 0);
    struct finalizing frame = { word, page->heap->finalizing, false };
    page->heap->finalizing = &frame;
    page->kind->finalize(word + 1);
    page->heap->finalizing = frame.outer;
    value = load(word);
    if (is_immortal(value))
        return true;
    if (value < TWO)
        return false;
    store(word, value - ONE);
    weft__make_young(page, word);
    return true;
}

static inline void begin_death(struct page *page, uint64_t *word)
{
    uint64_t value = load(word);
    store(word, SIGN | DYING | word_after(page, value));
    if ((value & WATCHED) != 0 && !page->kind->forbidden)
        page->heap->watchers_die(word + 1);
}

void weft__dispose(void *object)
{
    struct page *page = page_of(object);
    const weft_type *type = page->type;
    if (!page->kind->disposes)
        return;
    page->heap->sealed++;
    for (; type != NULL; type = type->base)
        if (type->dispose != NULL)
            type->dispose(object);
    page->heap->sealed--;
}

static void release_visited(void *held, void *context)
{
    (void)context;
    weft_release(held);
}

static void end_death(struct page *page, uint64_t *word)
{
    const struct kind *kind = page->kind;
    if (kind->clears || kind->visits)
        weft__clear(word + 1, release_visited, NULL);
    if (kind->disposes)
        weft__dispose(word + 1);
    weft__free_slot(page, word, load(word) & (OUTLIVING | GENERATION));
}

// ---- rows

static inline void *field_at(const void *object, uint32_t offset)
{
    return (char *)(uintptr_t)object + offset;
}

static size_t read_count(const void *object, const struct row *row)
{
    const void *count = field_at(object, row->count_offset);
    switch (row->count_size) {
    case 1: return *(const uint8_t *)count;
    case 2: return *(const uint16_t *)count;
    case 4: return *(const uint32_t *)count;
    default: return *(const uint64_t *)count;
    }
}

static inline bool holds_in_row(const void *object, const struct row *row)
{
    const void *field = field_at(object, row->offset);
    return row->kind == WEFT_FIELD_VALUE
        ? ((const weft_value *)field)->kind == WEFT_KIND_OBJECT
        : *(const weft__pointer *)field != NULL;
}

bool weft__holds_anything(const struct kind *kind, const void *object)
{
    for (uint32_t i = 0; i < kind->row_count; i++)
        if (holds_in_row(object, &kind->rows[i]))
            return true;
    return false;
}

// A child that must be entered: its page and its word; or nobody.
struct child {
    struct page *page;
    uint64_t *word;
};

static const struct child nobody = { NULL, NULL };

// Lets a child go that is held by others too, or that dies by being freed, as
// most do: no finalizer, no children, nobody watching. Returns nobody, or the
// child, which must be entered.
static inline struct child let_go(void *object)
{
    if (CHECKED && !weft__check_object(object, "weft_release"))
        return nobody;
    uint64_t *word = word_of(object);
    uint64_t value = load(word);
    if ((int64_t)value >= (int64_t)TWO) {
        count_down(word, value);
        return nobody;
    }
    if (unlikely((int64_t)value < WEFT__ONE)) {
        weft__release_slow(object, "weft_release");
        return nobody;
    }
    struct page *page = page_of(object);
    if (!dies_plainly(page, word, value))
        return (struct child){ page, word };
    weft__free_slot(page, word, word_after(page, value));
    return nobody;
}

static struct child next_in_array(const void *object, const struct row *row)
{
    weft__pointer *elements = *(weft__pointer **)field_at(object, row->offset);
    size_t count = elements == NULL ? 0 : read_count(object, row), i = 0;
    if (count > 0 && ((uintptr_t)elements[0] & 1) != 0) {
        i = (uintptr_t)elements[0] >> 1;
        elements[0] = NULL;
    }
    for (; i < count; i++) {
        void *element = elements[i];
        elements[i] = NULL;
        struct child child = element == NULL ? nobody : let_go(element);
        if (child.word == NULL)
            continue;
        elements[0] = (void *)((i + 1) << 1 | 1);
        return child;
    }
    return nobody;
}

static struct child next_in_values(const void *object, const struct row *row)
{
    weft_value *values = *(weft_value **)field_at(object, row->offset);
    size_t count = values == NULL ? 0 : read_count(object, row), i = 0;
    if (count > 0 && values[0].kind == WEFT_KIND_NIL) {
        i = (size_t)values[0].as.integer;
        values[0] = weft_nil();
    }
    for (; i < count; i++) {
        weft_value value = values[i];
        values[i] = weft_nil();
        struct child child = value.kind != WEFT_KIND_OBJECT ? nobody
            : let_go(value.as.object);
        if (child.word == NULL)
            continue;
        values[0].as.integer = (int64_t)(i + 1);
        return child;
    }
    return nobody;
}

static struct child next_to_leave(const struct page *page, void *object)
{
    struct child child = nobody;
    void *next;
    while (child.word == NULL && (next = page->heap->leave(object)) != NULL)
        child = let_go(next);
    return child;
}

// Empties a row as far as that needs no entering; else the child to enter.
static inline struct child next_child(const struct page *page, void *object,
    const struct row *row)
{
    if (likely(row->kind == WEFT_FIELD_STRONG)) {
        weft__pointer *field = field_at(object, row->offset);
        void *child = *field;
        if (child == NULL)
            return nobody;
        *field = NULL;
        return let_go(child);
    }
    if (row->kind == WEFT_FIELD_VALUE) {
        weft_value *field = field_at(object, row->offset), value = *field;
        if (value.kind != WEFT_KIND_OBJECT)
            return nobody;
        *field = weft_nil();
        return let_go(value.as.object);
    }
    if (row->kind == WEFT_FIELD_ARRAY)
        return next_in_array(object, row);
    if (row->kind == ROW_VALUES)
        return next_in_values(object, row);
    return next_to_leave(page, object);
}

// May the object be freed before `child`, the last it holds, is entered? Rows
// before this one are empty.
static bool is_done_with(const struct kind *kind, const void *object,
    uint32_t row, struct child child)
{
    if (!kind->early || !child.page->plain
            || (load(child.word) & WATCHED) != 0)
        return false;
    for (uint32_t i = row + 1; i < kind->row_count; i++)
        if (holds_in_row(object, &kind->rows[i]))
            return false;
    return true;
}

// ---- the walk

// Kills the object and everything that only it holds. `word` has a count of
// one, which is the caller's.
static __attribute__((noinline)) void walk(uint64_t *word)
{
    uint64_t *parent = NULL;    // of `word`, if its word has no link
    struct page *page = page_of(word);
enter:
    if (unlikely((load(word) & WATCHED) != 0) && page->kind->pooled
            && page->heap->reclaim(word + 1))
        goto back;
    if (!page->plain && is_resurrected(page, word))
        goto back;
    begin_death(page, word);
    if (page->simple && is_empty(page, word + 1)) {
        weft__free_slot(page, word, load(word) & (OUTLIVING | GENERATION));
        goto back;
    }
rows:;
    const struct kind *kind = page->kind;
    for (uint32_t i = 0; i < kind->row_count; i++) {
        struct child child = next_child(page, word + 1, &kind->rows[i]);
        if (child.word == NULL)
            continue;
        uint64_t value = load(word);
        if (is_done_with(kind, word + 1, i, child)) {
            if ((value & ~SIGN) >> LINK_SHIFT != 0)
                parent = linked_from(value);
            weft__free_slot(page, word, value & (OUTLIVING | GENERATION));
        } else {
            if (parent != NULL)
                store(word, value | link_to(parent));
            parent = word;
        }
        word = child.word;
        page = child.page;
        goto enter;
    }
    uint64_t last = load(word);
    if ((last & ~SIGN) >> LINK_SHIFT != 0) {
        parent = linked_from(last);
        store(word, last & (SIGN | DYING | OUTLIVING | GENERATION));
    }
    end_death(page, word);
back:
    if (parent == NULL)
        return;
    word = parent;
    parent = NULL;              // from here on in its word
    page = page_of(word);
    goto rows;
}

// What a callback has put into fields that were empty.
static __attribute__((noinline)) void release_fields(const struct page *page,
    void *object)
{
    weft__pointer *field = object;
    for (uint32_t i = 0; i < page->strong; i++)
        weft_release(weft_take_slot(&field[i]));
}

// What holds nothing needs no walk.
static inline void die_alone(struct page *page, uint64_t *word)
{
    begin_death(page, word);
    if (unlikely(!is_empty(page, word + 1)))
        release_fields(page, word + 1);
    weft__free_slot(page, word, load(word) & (OUTLIVING | GENERATION));
}

void weft__die(uint64_t *word)
{
    struct page *page = page_of(word);
    weft_heap *heap = page->heap;
    heap->depth++;
    if (page->simple && !page->kind->pooled && is_empty(page, word + 1))
        die_alone(page, word);
    else
        walk(word);
    if (--heap->depth > 0)
        return;
    if (heap->pending != NULL)
        drain_pending(heap);
    if (unlikely(heap->attentive) && (heap->birth & QUIET) == 0)
        heap->due = true;
    weft__end_release(heap);
}

// Takes the last reference away from what does not die plainly.
void weft__let_last_go(struct page *page, uint64_t *word)
{
    if (page->heap->depth >= NESTING_LIMIT)
        set_pending(page, word);
    else
        weft__die(word);
}
