// SPDX-License-Identifier: MIT
//
// What is in a page, and which list it is on.
//
//   with room   on its kind's list; the first is the kind's current page, and
//               is counted once more in `used`, so that it never looks empty
//   full        on no list: nothing free, nothing left to bump (spans always)
//   empty       type NULL, on the heap's list of its slot size, with its
//               generations; it may serve another type there, and begins anew
//               (not with retired slots, nor in checked builds)
//   leaving     type NULL, serves no more, to be given back when the log of the
//               young (log.c) does not name its slots any more
//   given back  in the pool
//
// While a heap is pinned (a collection is under way, or between two slices of
// one) a page that empties goes on to serve its type, and is looked at again
// at the end.
//
// A page is *easy* if a slot that is freed needs no more than to join the free
// list: it is listed, and the collector keeps no marks beside it.
//
// Slots join the free list in batches of one page of the system's (4 KiB), so
// that a type of one object touches one of them. An empty page forgets its
// type: at once if it is not its kind's current page, else by
// weft_heap_trim(), which is for a program to call before it unloads a plugin.
//
// Invariant P1: living + dying + free + jailed + retired + unbumped = capacity;
// a page with retired slots never begins anew.
#include "core.h"

#include <string.h>

enum { BATCH_BYTES = 4096, JAIL_SLOTS = 64, MAX_COLOUR = 0x3c0 };

// The slot size for an object: a multiple of its alignment, so that every page
// of that size has one grid.
uint64_t weft__slot_size(uint64_t size, uint64_t alignment)
{
    if (alignment < 8)
        alignment = 8;
    uint64_t slot_size = (size + 8 + alignment - 1) & ~(alignment - 1);
    return slot_size < 16 ? 16 : slot_size;
}

// Where the first slot is: behind the header, so that the first object lies on
// the lowest set bit of the slot size, at most 64, the same for
// every colour, since a handled page may be anywhere in its chunk.
static uint64_t first_offset(uint64_t slot_size, uint32_t slots)
{
    uint64_t alignment = slot_size & -slot_size;
    if (alignment > 64 || slots == 1)
        alignment = 64;
    uint64_t header = sizeof(struct page) + (slots + 63) / 64 * 8;
    return ((MAX_COLOUR + header + 8 + alignment - 1) & ~(alignment - 1)) - 8;
}

// Makes a fresh page of the `bytes` it has, whatever they hold: one of many
// slots, or a span, whose only slot is all there is.
void weft__lay_out_page(struct page *page, uint64_t slot_size, uint64_t bytes,
    uint32_t number, uint32_t base)
{
    char *start = (char *)((uintptr_t)page & ~(uintptr_t)(PAGE_BYTES - 1));
    bool span = is_span_size(slot_size);
    uint32_t capacity = span ? 1
        : (uint32_t)((bytes - sizeof(*page)) / slot_size);
    uint64_t first = first_offset(slot_size, capacity);
    if (span)
        slot_size = bytes - first;
    while (first + capacity * slot_size > bytes)
        capacity--;
    show(start, bytes);
    *page = (struct page){ .slot_size = slot_size, .capacity = capacity,
        .number = number, .base = base, .highest = base };
    memset(page->pending_bits, 0, (capacity + 63) / 64 * 8);
    page->first = page->bump = page->used_end = start + first;
    page->end = page->first + capacity * slot_size;
    page->reciprocal = span ? 0
        : (uint32_t)((((uint64_t)1 << 32) + slot_size - 1) / slot_size);
}

static void link_page(struct page *page)
{
    weft_heap *heap = page->heap;
    page->prev_page = NULL;
    page->next_page = heap->pages;
    if (heap->pages != NULL)
        heap->pages->prev_page = page;
    heap->pages = page;
}

static void unlink_page(struct page *page)
{
    if (page->prev_page != NULL)
        page->prev_page->next_page = page->next_page;
    else
        page->heap->pages = page->next_page;
    if (page->next_page != NULL)
        page->next_page->prev_page = page->prev_page;
}

static uint64_t bytes_of(const struct page *page)
{
    uint64_t span = weft__frame(page->number)->bytes;
    return span > 0 ? span : PAGE_BYTES;
}

static void free_numbers(weft_heap *heap, struct page *page, uint64_t **numbers,
    size_t count)
{
    if (*numbers != NULL)
        (void)weft__resize(heap, *numbers, count * sizeof(**numbers), 0);
    *numbers = NULL;
    weft__list_easy(page);
}

// Gives a page without living objects back to the pool.
void weft__return_page(weft_heap *heap, struct page *page)
{
    unlink_page(page);
    heap->reserved -= bytes_of(page);
    weft__free_watchers(page);
    free_numbers(heap, page, &page->frozen, (page->capacity + 63) / 64);
    free_numbers(heap, page, &page->order, page->capacity);
    page->type = NULL;
    page->kind = NULL;
    page->heap = NULL;
    page->listed = false;
    page->used = 0;
    if (page->retired < page->capacity || is_span_size(page->slot_size))
        weft__give_page(page);
}

static void return_leaving(weft_heap *heap)
{
    heap->leaving_bytes = 0;
    while (heap->leaving != NULL) {
        struct page *page = heap->leaving;
        heap->leaving = page->next;
        weft__return_page(heap, page);
    }
}

static void purge(weft_heap *heap)
{
    weft__purge_log(heap);
    if (heap->purge != NULL)
        heap->purge(heap);
}

// Whether it is enough for a freed slot to join the free list.
void weft__list_easy(struct page *page)
{
    page->easy = page->listed && page->margin == NULL && page->frozen == NULL
        && !page->heap->often;
}

static void take_empty(struct size *size, struct page *page)
{
    if (page->prev != NULL)
        page->prev->next = page->next;
    else
        size->empty = page->next;
    if (page->next != NULL)
        page->next->prev = page->prev;
    page->heap->empty_count--;
}

static void give_up_empty(weft_heap *heap, struct size *size, uint32_t keep)
{
    while (size->empty != NULL && heap->empty_count > keep) {
        struct page *page = size->empty;
        take_empty(size, page);
        weft__return_page(heap, page);
    }
}

// Empty pages beyond KEEP_EMPTY go as soon as nothing names their slots. Going
// through the log for that costs less than what happened on them since the last
// time; until then they may serve again.
static void shed_pages(weft_heap *heap, struct size *size)
{
    uint64_t pages = heap->leaving_bytes / PAGE_BYTES;
    if (heap->empty_count > KEEP_EMPTY)
        pages += heap->empty_count - KEEP_EMPTY;
    if (pages == 0 || pages * 256 < weft__log_count(heap))
        return;
    purge(heap);
    return_leaving(heap);
    give_up_empty(heap, size, KEEP_EMPTY);
    for (uint32_t i = 0; i < heap->size_count
            && heap->empty_count > KEEP_EMPTY; i++)
        give_up_empty(heap, heap->sizes[i], KEEP_EMPTY);
}

// The same for a span, or a page that is worn: these serve no more.
static void let_leave(weft_heap *heap, struct size *size, struct page *page)
{
    if (page->capacity == 1
            && (load(slot_at(page, 0)) & OUTLIVING) == 0) {
        weft__return_page(heap, page);
        return;
    }
    page->next = heap->leaving;
    heap->leaving = page;
    heap->leaving_bytes += bytes_of(page);
    shed_pages(heap, size);
}

static void list_page(struct kind *kind, struct page *page)
{
    // Behind the current one, which goes on to be filled.
    struct page *before = kind->current;
    page->prev = before;
    page->next = before == NULL ? NULL : before->next;
    if (before != NULL)
        before->next = page;
    if (page->next != NULL)
        page->next->prev = page;
    if (before == NULL) {
        kind->current = page;
        page->used++;
    }
    page->listed = true;
    weft__list_easy(page);
}

static void unlist_page(struct page *page)
{
    struct kind *kind = page->kind;
    if (page->next != NULL)
        page->next->prev = page->prev;
    if (page->prev != NULL)
        page->prev->next = page->next;
    page->listed = page->easy = false;
    if (kind->current != page)
        return;
    kind->current = page->next;
    page->used--;
    if (kind->current != NULL)
        kind->current->used++;
}

// A page that is nobody's yet begins to serve `kind`.
static void assign_page(weft_heap *heap, struct kind *kind, struct page *page)
{
    page->heap = heap;
    page->owner = heap->owner;
    page->kind = kind;
    page->type = kind->type;
    page->words = (uint16_t)((kind->slot_size - 8) / 8);
    page->plain = kind->plain;
    page->strong = kind->strong;
    page->simple = kind->plain && kind->strong == kind->row_count;
    page->acyclic = kind->acyclic;
    page->traits = kind->traits;
    if (!is_span_size(kind->slot_size))
        list_page(kind, page);          // a span is full, and goes when it dies
}

static bool is_within_limit(const weft_heap *heap, uint64_t bytes)
{
    size_t limit = heap->options.limit;
    return limit == 0 || (heap->reserved <= limit
        && bytes <= limit - heap->reserved);
}

// Gives all pages without objects back to the pool; how many bytes these were.
size_t weft__drop_empty_pages(weft_heap *heap)
{
    size_t before = heap->reserved;
    if (heap->pinned > 0)
        heap->unpin(heap);
    if (heap->pinned > 0)
        return 0;
    purge(heap);
    return_leaving(heap);
    for (uint32_t i = 0; i < heap->size_count; i++)
        give_up_empty(heap, heap->sizes[i], 0);
    return before - heap->reserved;
}

static struct page *new_page(weft_heap *heap, struct kind *kind)
{
    bool span = is_span_size(kind->slot_size);
    uint64_t bytes = span ? weft__span_bytes(kind->slot_size) : PAGE_BYTES;
    if (!is_within_limit(heap, bytes)) {
        heap->unpin(heap);
        weft__drop_currents(heap);
        (void)weft__drop_empty_pages(heap);
        if (!is_within_limit(heap, bytes))
            return NULL;
    }
    struct page *page = span ? weft__take_span(heap, kind->slot_size)
        : weft__take_page(heap, kind->slot_size);
    if (page == NULL)
        return NULL;
    page->heap = heap;
    link_page(page);
    heap->reserved += bytes_of(page);
    return page;
}

// Slots join the free list: as many as one page of the system holds, from where
// the last batch ended. Those used before keep their words.
static void bump_batch(struct page *page)
{
    uintptr_t batch = (uintptr_t)page->bump & ~(uintptr_t)(BATCH_BYTES - 1);
    uintptr_t batch_end = batch + BATCH_BYTES;
    struct slot *last = NULL;
    do {
        struct slot *slot = (struct slot *)(void *)page->bump;
        if (page->bump >= page->used_end)
            store(&slot->word, page->base);
        if (last == NULL)
            page->free = slot;
        else
            link_slot(last, slot);
        last = slot;
        page->bump += page->slot_size;
    } while (page->bump < page->end
        && (uintptr_t)page->bump + 16 <= batch_end);
    link_slot(last, NULL);
    if (page->used_end < page->bump)
        page->used_end = page->bump;
}

// An empty page that comes to be used again begins anew: its objects died in
// any order, and a free list in that order is slow to follow.
static void begin_anew(struct page *page)
{
    if (CHECKED || page->retired > 0)
        return;
    page->free = NULL;
    page->bump = page->first;
}

static void free_oldest(struct page *page)
{
    struct slot *oldest = page->jail;
    page->jail = next_of(oldest);
    link_slot(oldest, page->free);
    page->free = oldest;
}

// Checked builds: a dead slot waits until 64 others have died, so that using it
// is noticed.
void weft__jail_slot(struct page *page, struct slot *slot)
{
    link_slot(slot, NULL);
    if (page->jail == NULL)
        page->jail = slot;
    else
        link_slot(page->jailed_last, slot);
    page->jailed_last = slot;
    if (page->quarantined < JAIL_SLOTS)
        page->quarantined++;
    else
        free_oldest(page);
}

static void empty_jail(struct page *page)
{
    while (page->jail != NULL)
        free_oldest(page);
    page->quarantined = 0;
}

static bool has_room(struct page *page)
{
    if (page->free == NULL && page->bump < page->end)
        bump_batch(page);
    return page->free != NULL;
}

// The last object of the page has gone, and it is not the current one.
static void retire_page(struct page *page)
{
    weft_heap *heap = page->heap;
    struct kind *kind = page->kind;
    struct page **hint = &heap->current[kind->number & heap->mask];
    if (page->listed)
        unlist_page(page);
    else if (!is_span_size(page->slot_size))
        heap->full_count--;
    if (*hint == page)
        *hint = weft__no_page();        // others may have it next
    page->type = NULL;
    page->kind = NULL;
    page->easy = false;
    struct size *size = kind->size;
    if (page->capacity == 1 || page->retired > page->capacity / 2) {
        let_leave(heap, size, page);
        return;
    }
    page->prev = NULL;
    page->next = size->empty;
    if (size->empty != NULL)
        size->empty->prev = page;
    size->empty = page;
    heap->empty_count++;
    if (heap->empty_count > KEEP_EMPTY)
        shed_pages(heap, size);
}

// An empty page is retired, at once or when it may be.
static void note_emptied(struct page *page)
{
    weft_heap *heap = page->heap;
    if (heap->pinned == 0) {
        retire_page(page);
    } else if (!page->emptied) {
        page->emptied = true;
        page->next_emptied = heap->emptied;
        heap->emptied = page;
        heap->emptied_count++;
    }
}

// Checked builds, when memory runs out: a page of the kind whose slots in jail
// are needed after all; or NULL.
static struct page *break_jail(weft_heap *heap, struct kind *kind)
{
    struct page *page = heap->pages;
    while (page != NULL && (page->kind != kind || page->jail == NULL))
        page = page->next_page;
    if (page == NULL)
        return NULL;
    empty_jail(page);
    if (!page->listed)
        weft__settle_page(page, NULL);
    return page;
}

// The kind's current page, with something on its free list; NULL: no memory.
struct page *weft__page_with_room(weft_heap *heap, struct kind *kind)
{
    while (kind->current != NULL) {
        struct page *page = kind->current;
        if (has_room(page))
            return page;
        unlist_page(page);
        heap->full_count++;
        if (page->used == 0)            // all its slots are in jail
            note_emptied(page);
    }
    struct page *page = kind->size->empty;
    if (page != NULL)
        take_empty(kind->size, page);
    else if ((page = new_page(heap, kind)) == NULL)
        return CHECKED ? break_jail(heap, kind) : NULL;
    empty_jail(page);
    begin_anew(page);
    assign_page(heap, kind, page);
    // A page whose every slot is used up would have been retired.
    return has_room(page) ? page : NULL;
}

// Gives up the page of a kind that has no objects.
void weft__drop_current(struct kind *kind)
{
    while (kind->current != NULL && kind->current->used == 1
            && kind->current->heap->pinned == 0) {
        struct page *page = kind->current;
        unlist_page(page);
        retire_page(page);
    }
}

static void clear_bit(uint64_t *bits, uint32_t index)
{
    bits[index >> 6] &= ~((uint64_t)1 << (index & 63));
}

// What the collector has noted of a slot beside its page.
void weft__forget_slot(struct page *page, const uint64_t *word)
{
    uint32_t index = slot_index(page, word);
    if (page->margin != NULL)
        clear_bit(page->margin->suspects, index);
    if (page->frozen != NULL)
        clear_bit(page->frozen, index);
}

// After a slot was freed: a full page has room again, an empty one is retired.
void weft__settle_page(struct page *page, const uint64_t *freed)
{
    weft_heap *heap = page->heap;
    if (freed != NULL)
        weft__forget_slot(page, freed);
    if (heap->attentive && ((heap->birth & QUIET) == 0 || page->used == 0))
        heap->due = true;
    if (page->used == 0) {
        bool leaves = heap->pinned == 0;
        note_emptied(page);
        if (leaves)
            return;
    }
    bool room = page->free != NULL || page->bump < page->end;
    if (!page->listed && room && !is_span_size(page->slot_size)) {
        heap->full_count--;
        list_page(page->kind, page);
    }
}

// From here on no page leaves the heap, or changes its type, until as many
// calls of weft__unpin().
void weft__pin(weft_heap *heap) { heap->pinned++; }

// Retires some of the pages that were emptied meanwhile; true: all. For who is
// the last to hold the pin, and needs no page any more.
bool weft__retire_emptied(weft_heap *heap, size_t count)
{
    for (; heap->emptied != NULL && count > 0; count--) {
        struct page *page = heap->emptied;
        heap->emptied = page->next_emptied;
        heap->emptied_count--;
        page->emptied = false;
        if (page->used == 0)
            retire_page(page);
    }
    return heap->emptied == NULL;
}

void weft__unpin(weft_heap *heap)
{
    if (--heap->pinned == 0)
        (void)weft__retire_emptied(heap, SIZE_MAX);
}
