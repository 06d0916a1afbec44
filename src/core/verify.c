// SPDX-License-Identifier: MIT
//
// weft_heap_verify(): every invariant of the heap, by walking it. The names are
// those of ARCHITECTURE.md. Higher layers add theirs through heap->verify.
//
//   P1  living + free + jailed + retired + unused slots = capacity
//   P2  `used` counts the living, and one more on the current page
//   P3  a page is listed iff it has room; an empty one has no type
//   S1  a free slot's word has count 0 and a generation the page has reached
//   S2  what a row holds is alive and of this heap
//   S3  no object is held by more rows than its count says
//   D1  outside a death nothing is dying; D3 nothing is pending
//   W1  WATCHED is set iff the list of watchers is not empty
//   R1  `reserved` is the sum over the pages
#include "core.h"

#include <stdlib.h>
#include <string.h>

static bool broken(weft_heap *heap, const void *object, const char *what)
{
    weft__misuse(heap, object, "weft_heap_verify: %s (%p)", what, object);
    return false;
}

// What verify counts on its way. Nothing is pending, so a page's next_pending
// is free to find its counts by: in how many rows each slot was found.
struct tally {
    weft_heap *heap;
    bool ok;
};

static uint32_t *tally_of(const struct page *page)
{
    return (uint32_t *)(void *)page->next_pending;
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

static void count_reference(struct tally *tally, const void *object,
    const void *child)
{
    if (child == NULL || !tally->ok)
        return;
    struct page *page = weft__find_page(child);
    if (page == NULL || page->heap != tally->heap
            || !is_alive(load(word_of(child)))) {
        tally->ok = broken(tally->heap, object, "S2: holds what is not alive");
        return;
    }
    uint32_t index = slot_index(page, word_of(child));
    uint64_t word = load(word_of(child));
    if (!is_immortal(word) && ++tally_of(page)[index] > word >> 32)
        tally->ok = broken(tally->heap, child, "S3: more rows than its count");
}

static const void *object_in(const weft_value *value)
{
    return value->kind == WEFT_KIND_OBJECT ? value->as.object : NULL;
}

static void count_row(struct tally *tally, const void *object,
    const struct row *row)
{
    const char *field = (const char *)object + row->offset;
    uint64_t count = 0;
    if (row->count_size > 0)
        memcpy(&count, (const char *)object + row->count_offset,
            row->count_size);
    if (row->kind == WEFT_FIELD_STRONG) {
        count_reference(tally, object, *(const weft__pointer *)field);
    } else if (row->kind == WEFT_FIELD_VALUE) {
        count_reference(tally, object,
            object_in((const weft_value *)(const void *)field));
    } else if (row->kind == WEFT_FIELD_ARRAY) {
        weft__pointer *elements = *(weft__pointer *const *)field;
        for (uint64_t i = 0; elements != NULL && i < count; i++)
            count_reference(tally, object, elements[i]);
    } else if (row->kind == ROW_VALUES) {
        const weft_value *values = *(weft_value *const *)field;
        for (uint64_t i = 0; values != NULL && i < count; i++)
            count_reference(tally, object, object_in(&values[i]));
    }
}

static void count_rows_of(struct tally *tally, struct page *page)
{
    for (uint32_t i = 0; page->type != NULL && i < bumped(page); i++) {
        const uint64_t *word = slot_at(page, i);
        if (!is_alive(load(word)))
            continue;
        for (uint32_t r = 0; r < page->kind->row_count; r++)
            count_row(tally, word + 1, &page->kind->rows[r]);
    }
}

// S2 and S3, as far as there is memory for the counting.
static bool check_rows(weft_heap *heap)
{
    struct tally tally = { heap, true };
    bool enough = true;
    for (struct page *page = heap->pages; page != NULL;
            page = page->next_page) {
        page->next_pending = calloc(page->capacity, sizeof(uint32_t));
        enough = enough && page->next_pending != NULL;
    }
    for (struct page *page = heap->pages; enough && page != NULL;
            page = page->next_page)
        count_rows_of(&tally, page);
    for (struct page *page = heap->pages; page != NULL;
            page = page->next_page) {
        free(page->next_pending);
        page->next_pending = NULL;
    }
    return tally.ok;
}

bool weft_heap_verify(weft_heap *heap)
{
    weft__check_thread(heap, "weft_heap_verify");
    if (heap->depth > 0)
        return broken(heap, heap, "D1: asked in the middle of a death");
    uint64_t reserved = 0;
    bool ok = true;
    for (struct page *page = heap->pages; page != NULL;
            page = page->next_page) {
        ok = check_page(heap, page) && ok;
        uint64_t span = weft__frame(page->number)->bytes;
        reserved += span > 0 ? span : PAGE_BYTES;
    }
    if (reserved != heap->reserved)
        ok = broken(heap, heap, "R1: `reserved` is wrong");
    ok = ok && check_rows(heap);
    return heap->verify == NULL ? ok : heap->verify(heap) && ok;
}
