// SPDX-License-Identifier: MIT
//
// Freezing: a bit a slot beside each page says that the collector is to leave
// the object alone. It is in no set S, and so what it holds lives. New objects
// on the same pages are not frozen, and a bit goes with its object.
#include "cycle.h"

#include <string.h>

static size_t bytes_of_bits(const struct page *page)
{
    return (page->capacity + 63) / 64 * sizeof(uint64_t);
}

static void drop_bits(struct page *page)
{
    (void)weft__resize(page->heap, page->frozen, bytes_of_bits(page), 0);
    page->frozen = NULL;
    weft__list_easy(page);
}

size_t weft__frozen_on(const struct page *page)
{
    size_t count = 0;
    for (uint32_t i = 0; page->frozen != NULL
            && i <= (page->capacity - 1) >> 6; i++)
        count += (size_t)__builtin_popcountll(page->frozen[i]);
    return count;
}

// Bits for all pages that have none. What was made before memory ran out is
// marked by no bit, and does no harm.
static bool make_bits(weft_heap *heap)
{
    for (struct page *page = heap->pages; page != NULL;
            page = page->next_page) {
        if (page->frozen != NULL || page->type == NULL || page->acyclic)
            continue;
        page->frozen = weft__resize(heap, NULL, 0, bytes_of_bits(page));
        if (page->frozen == NULL)
            return false;
        memset(page->frozen, 0, bytes_of_bits(page));
        weft__list_easy(page);
    }
    return true;
}

// Nothing frozen is young, or a candidate, or loud.
static void freeze_page(struct page *page)
{
    for (uint32_t i = 0; i < page->capacity; i++) {
        uint64_t *word = slot_at(page, i);
        if ((char *)word >= page->bump)
            return;
        uint64_t value = load(word);
        if (!is_alive(value))
            continue;
        page->frozen[i >> 6] |= (uint64_t)1 << (i & 63);
        if ((value & SIGN) == 0)
            store(word, value | OLD | QUIET);
    }
}

weft_status weft_gc_freeze(weft_heap *heap)
{
    struct collector *c = heap->collector;
    weft__check_thread(heap, "weft_gc_freeze");
    weft__cut_cycle_short(c);
    if (!make_bits(heap))
        return WEFT_MEMORY_ERROR;
    if (heap->ordered && !weft__freeze_order(c))
        return WEFT_MEMORY_ERROR;
    for (struct page *page = heap->pages; page != NULL; page = page->next_page)
        if (page->frozen != NULL)
            freeze_page(page);
    return WEFT_OK;
}

void weft_gc_unfreeze(weft_heap *heap)
{
    weft__check_thread(heap, "weft_gc_unfreeze");
    weft__cut_cycle_short(heap->collector);
    if (heap->ordered)
        weft__unfreeze_order(heap->collector);
    for (struct page *page = heap->pages; page != NULL;
            page = page->next_page) {
        for (uint32_t i = 0; page->frozen != NULL && i < page->capacity; i++) {
            uint64_t *word = slot_at(page, i);
            uint64_t value = load(word);
            if (test_bit(page->frozen, i) && (value & SIGN) == 0) {
                store(word, value & ~(QUIET | RETAINED));
                heap->grown++;
            }
        }
        if (page->frozen != NULL)
            drop_bits(page);
    }
}

size_t weft_gc_get_freeze_count(const weft_heap *heap)
{
    size_t count = 0;
    for (const struct page *page = heap->pages; page != NULL;
            page = page->next_page)
        count += weft__frozen_on(page);
    return count;
}
