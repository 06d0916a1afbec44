// SPDX-License-Identifier: MIT
//
// weft_heap_verify(): every invariant of the heap, by walking it. The names are
// those of ARCHITECTURE.md. Higher layers add theirs (weak/
// watchers.c, cycle/survey.c).
//
//   P1  living + free + jailed + retired + unbumped slots = capacity
//   P2  `used` counts the living, and one more on the current page
//   P3  a page is listed iff it has room; an empty one has no type
//   S1  a free slot's word has count 0 and a generation the page has reached
//   D1  outside a death nothing is dying; D3 nothing is pending
//   W1  WATCHED is set iff the list of watchers is not empty
//   R1  `reserved` is the sum over the pages
#include "core.h"


static bool broken(weft_heap *heap, const void *object, const char *what)
{
    weft__misuse(heap, object, "weft_heap_verify: %s (%p)", what, object);
    return false;
}

static bool check_free_slots(weft_heap *heap, struct page *page,
    const struct slot *slot, uint32_t *count)
{
    for (; slot != NULL; slot = next_of(slot)) {
        if (page_of(slot) != page || ++*count > page->capacity)
            return broken(heap, page, "P1: the free list leaves its page");
        uint64_t word = slot->word;
        if ((word & ~(GENERATION | OUTLIVING)) != 0
                || (word & GENERATION) > page->highest
                || (word & GENERATION) == 0)
            return broken(heap, slot, "S1: the word of a free slot is wrong");
    }
    return true;
}

static uint32_t bumped(const struct page *page)
{
    return (uint32_t)((uint64_t)(page->bump - page->first) / page->slot_size);
}

static bool check_object_word(weft_heap *heap, struct page *page,
    uint64_t *word)
{
    uint64_t value = load(word);
    if ((value & DYING) != 0)
        return broken(heap, word + 1, "D1: dying outside of a death");
    if ((value & GENERATION) == 0 || (value & GENERATION) == GENERATION)
        return broken(heap, word + 1, "H1: no such generation");
    if ((value & WEAKED) != 0 && !page->handled)
        return broken(heap, word + 1, "H1: a handle, but the page forgot it");
    if (page->kind->forbidden)
        return true;
    struct weft__watcher **head = weft__watchers(word + 1, false);
    bool watched = head != NULL && *head != NULL;
    if (watched != ((value & WATCHED) != 0))
        return broken(heap, word + 1, "W1: WATCHED does not match the list");
    for (struct weft__watcher *watcher = watched ? *head : NULL;
            watcher != NULL; watcher = watcher->next)
        if ((watcher->prev == NULL) != (watcher == *head)
                || (watcher->next != NULL && watcher->next->prev != watcher))
            return broken(heap, word + 1, "W1: the list of watchers is torn");
    return true;
}

static bool check_page(weft_heap *heap, struct page *page)
{
    uint32_t alive = 0, idle = 0;
    if (!check_free_slots(heap, page, page->free, &idle)
            || !check_free_slots(heap, page, page->jail, &idle))
        return false;
    for (uint32_t i = 0; i < bumped(page); i++) {
        uint64_t *word = slot_at(page, i);
        if (!is_alive(load(word)))
            continue;
        alive++;
        if (page->type == NULL)
            return broken(heap, word + 1, "P3: alive on an empty page");
        if (!check_object_word(heap, page, word))
            return false;
    }
    if (alive + idle + page->retired + (page->capacity - bumped(page))
            != page->capacity)
        return broken(heap, page, "P1: slots are missing");
    bool current = page->kind != NULL && page->kind->current == page;
    if (page->used != alive + (current ? 1 : 0))
        return broken(heap, page, "P2: `used` is wrong");
    bool room = page->free != NULL || page->bump < page->end;
    if (page->type != NULL && room && !page->listed)
        return broken(heap, page, "P3: has room, but is not listed");
    if (page->heap != heap || page->owner != heap->owner)
        return broken(heap, page, "P3: belongs elsewhere");
    return page->pending ? broken(heap, page, "D3: pending") : true;
}

bool weft_heap_verify(weft_heap *heap)
{
    weft__check_thread(heap, "weft_heap_verify");
    if (heap->depth > 0)
        return broken(heap, heap, "D1: asked in the middle of a death");
    uint64_t reserved = 0;
    bool ok = true;
    heap->settle(heap);
    for (struct page *page = heap->pages; page != NULL;
            page = page->next_page) {
        ok = check_page(heap, page) && ok;
        uint64_t span = weft__frame(page->number)->bytes;
        reserved += span > 0 ? span : PAGE_BYTES;
    }
    if (reserved != heap->reserved)
        ok = broken(heap, heap, "R1: `reserved` is wrong");
    if (heap->verify != NULL)
        ok = heap->verify(heap) && ok;
    return ok && heap->verify_cycle(heap);
}
