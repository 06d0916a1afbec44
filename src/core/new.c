// SPDX-License-Identifier: MIT
//
// Making objects. The fast way: the type's number picks a page from the heap's
// table of current pages; if that page is of this very type and has a free
// slot, the slot is taken. Everything else is the slow way, which finds the
// kind, gets a page with room, and corrects the table.
#include "core.h"

#include <string.h>

// The table's entries to begin with, and while a failure is armed.
static struct page no_page;

struct page *weft__no_page(void) { return &no_page; }

// Exact slot sizes for typed objects; for those with extra bytes, classes:
// multiples of 8 to 64, of 16 to 128, then 8 steps a doubling.
static uint64_t slot_class(uint64_t slot_size)
{
    if (slot_size <= 64)
        return slot_size;
    unsigned power = 63 - (unsigned)__builtin_clzll(slot_size - 1);
    uint64_t step = slot_size <= 128 ? 16 : (uint64_t)1 << (power - 3);
    return (slot_size + step - 1) & ~(step - 1);
}

// A jump and a few stores: a loop would become a call, or `rep stos`. Two words
// are so common that they are spared the jump.
static inline void *zero_words(uint64_t *words, size_t count)
{
    if (count == 2) {
        words[0] = words[1] = 0;
        return words;
    }
    switch (count) {
    case 8: words[7] = 0;   // fall through
    case 7: words[6] = 0;   // fall through
    case 6: words[5] = 0;   // fall through
    case 5: words[4] = 0;   // fall through
    case 4: words[3] = 0;   // fall through
    case 3: words[2] = 0;   // fall through
    case 2: words[1] = 0;   // fall through
    case 1: words[0] = 0;
        return words;
    default:
        return memset(words, 0, count * 8);
    }
}

// The word of a free slot is a generation and what outlives an object (S1). A
// slot that is not in the log of the young goes there (log.c).
// True: that takes more than noting it.
static inline bool log_slot(weft_heap *heap, const struct page *page,
    uint64_t *place, uint64_t *word)
{
    if ((*word & LOGGED) != 0)
        return false;
    if (unlikely(page->acyclic || heap->log_at == heap->log_end))
        return true;
    *heap->log_at++ = place;
    *word |= LOGGED;
    return false;
}

static inline struct slot *pop_slot(struct page *page)
{
    struct slot *slot = page->free;
    page->free = next_of(slot);
    page->used++;
    show(&slot->next, page->slot_size - 8);
    return slot;
}

static void *take_slot(weft_heap *heap, struct page *page)
{
    struct slot *slot = pop_slot(page);
    uint64_t word = load(&slot->word) | heap->birth;
    if (log_slot(heap, page, &slot->word, &word))
        word = weft__log_slow(heap, page, &slot->word, word);
    store(&slot->word, word);
    return &slot->next;
}

// Twice as many current pages, while there are more kinds than that.
bool weft__grow_current(weft_heap *heap)
{
    size_t count = heap->current == NULL ? 16 : (heap->mask + 1) * 2;
    struct page **current = weft__resize(heap, NULL, 0,
        count * sizeof(*current));
    if (current == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        current[i] = &no_page;
    if (heap->current != NULL)
        (void)weft__resize(heap, heap->current,
            count / 2 * sizeof(*current), 0);
    heap->current = current;
    heap->mask = count - 1;
    return true;
}

static void note_current(weft_heap *heap, const weft_type *type,
    struct page *page)
{
    if (heap->fail_at > 0 || heap->ordered)
        return;                         // every request is to be counted
    if (heap->kind_count > heap->mask && heap->mask < 4095)
        (void)weft__grow_current(heap);
    uint32_t number = __atomic_load_n(&type->number, __ATOMIC_RELAXED);
    heap->current[number & heap->mask] = page;
}

// An object of a kind that has a page with room, or will get one.
static void *new_of_kind(weft_heap *heap, struct kind *kind)
{
    struct page *page = weft__page_with_room(heap, kind);
    if (page == NULL || (heap->ordered && !weft__can_order(page)))
        return NULL;
    if (heap->ordered)
        weft__append_order(page, &page->free->word, 0);
    if (!is_span_size(kind->slot_size))
        return zero_words(take_slot(heap, page), page->words);
    // A span's free slot spoils the first bytes of memory that reads as zero.
    bool zero = page->zero;
    uint64_t *object = take_slot(heap, page);
    page->zero = false;
    memset(object, 0, zero ? sizeof(struct slot) : kind->slot_size - 8);
    return object;
}

static bool may_request(weft_heap *heap, const weft_type *type,
    const char *call)
{
    if (unlikely(heap->owner != this_thread())) {
        weft__misuse(heap, NULL, "%s: type %s: the heap belongs to another "
            "thread", call, type->name);
        return false;
    }
    return !heap->dead && !weft__fails(heap);
}

static __attribute__((noinline)) void *new_slow(weft_heap *heap,
    weft_type *type)
{
    if (!may_request(heap, type, "weft_new"))
        return NULL;
    struct kind *kind = weft__find_kind(heap, type,
        weft__slot_size(type->size, type->alignment));
    void *object = kind == NULL ? NULL : new_of_kind(heap, kind);
    if (object != NULL && !is_span_size(kind->slot_size))
        note_current(heap, type, page_of(object));
    return object;
}

static __attribute__((noinline)) void *log_and_zero(weft_heap *heap,
    struct page *page, struct slot *slot, uint64_t word)
{
    store(&slot->word, weft__log_slow(heap, page, &slot->word, word));
    return zero_words((uint64_t *)(void *)&slot->next, page->words);
}

// Nothing comes after any call in here, so there are no registers to save.
void *weft_new(weft_heap *heap, weft_type *type)
{
    uint32_t number = __atomic_load_n(&type->number, __ATOMIC_RELAXED);
    struct page *page = heap->current[number & heap->mask];
    if (unlikely(page->type != type || page->free == NULL
            || (CHECKED && heap->owner != this_thread())))
        return new_slow(heap, type);
    struct slot *slot = pop_slot(page);
    uint64_t word = load(&slot->word) | heap->birth;
    if (unlikely(log_slot(heap, page, &slot->word, &word)))
        return log_and_zero(heap, page, slot, word);
    store(&slot->word, word);
    return zero_words((uint64_t *)(void *)&slot->next, page->words);
}

void *weft_new_sized(weft_heap *heap, weft_type *type, size_t extra)
{
    if (extra == 0)
        return weft_new(heap, type);
    if (extra > ((uint64_t)1 << 46) || type->size > ((uint64_t)1 << 46))
        return NULL;
    if (!may_request(heap, type, "weft_new_sized"))
        return NULL;
    uint64_t slot_size = slot_class(weft__slot_size(type->size + extra,
        type->alignment));
    struct kind *kind = weft__find_kind(heap, type, slot_size);
    return kind == NULL ? NULL : new_of_kind(heap, kind);
}

// Arms the n-th request from here on; says how many an earlier one had to go.
size_t weft_debug_fail_at(weft_heap *heap, size_t n)
{
    size_t left = heap->fail_at;
    heap->fail_at = n;
    if (n > 0)
        for (uint64_t i = 0; i <= heap->mask; i++)
            heap->current[i] = &no_page;
    return left;
}
