// SPDX-License-Identifier: MIT
//
// Heaps: opening, closing with a leak report, statistics. A heap belongs to one
// thread, whose mark it and its pages carry for the slow paths to compare.
//
// Closing is three walks over the pages: report what is still held, by type;
// kill it all, so that every handle is dead before any user code runs; dispose
// and free it. Then the pages go to the pool, where handles may go on looking
// at them.
#include "core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void free_everything(weft_heap *heap)
{
    weft__free_ids(heap);
    while (heap->pages != NULL)
        weft__return_page(heap, heap->pages);
    for (uint32_t i = 0; heap->kinds != NULL && i <= heap->kinds_mask; i++)
        while (heap->kinds[i] != NULL) {
            struct kind *kind = heap->kinds[i];
            heap->kinds[i] = kind->next;
            weft__free_kind(heap, kind);
        }
    if (heap->kinds != NULL)
        (void)weft__resize(heap, heap->kinds,
            (heap->kinds_mask + 1) * sizeof(*heap->kinds), 0);
    for (uint32_t i = 0; i < heap->size_count; i++)
        (void)weft__resize(heap, heap->sizes[i], sizeof(**heap->sizes), 0);
    if (heap->sizes != NULL)
        (void)weft__resize(heap, heap->sizes,
            heap->size_count * sizeof(*heap->sizes), 0);
    if (heap->current != NULL)
        (void)weft__resize(heap, heap->current,
            (heap->mask + 1) * sizeof(*heap->current), 0);
    weft_allocator allocator = heap->options.allocator;
    if (allocator.resize != NULL)
        (void)allocator.resize(heap, sizeof(*heap), 0, allocator.context);
    else
        free(heap);
}

// A heap without a collector, which cycle/open.c installs.
weft_heap *weft__open_heap(const weft_heap_options *options)
{
    weft_heap_options all = *options;
    weft_heap *heap = all.allocator.resize != NULL
        ? all.allocator.resize(NULL, 0, sizeof(*heap), all.allocator.context)
        : malloc(sizeof(*heap));
    if (heap == NULL)
        return NULL;
    *heap = (weft_heap){ .options = all, .owner = this_thread(),
        .birth = ONE | QUIET, .log_due = SIZE_MAX, .kinds_mask = 15,
        .ordered = all.ordered };
    heap->finalizers.next = heap->finalizers.prev = &heap->finalizers;
    heap->pool = weft__find_pool(&all.allocator);
    size_t bytes = (heap->kinds_mask + 1) * sizeof(*heap->kinds);
    heap->kinds = weft__resize(heap, NULL, 0, bytes);
    if (heap->kinds != NULL)
        memset(heap->kinds, 0, bytes);
    if (heap->pool == NULL || heap->kinds == NULL
            || !weft__grow_current(heap)) {
        free_everything(heap);
        return NULL;
    }
    heap->secret[0] = heap->secret[1] = all.hash_seed;
    if (all.hash_seed == 0)
        weft__system_random(heap->secret, sizeof(heap->secret));
    weft__enlist_heap(heap, true);
    return heap;
}

void weft__free_heap(weft_heap *heap)
{
    weft__enlist_heap(heap, false);
    free_everything(heap);
}

// ---- closing

// Objects that a program made, not what weft made for itself.
static bool is_users(const struct page *page)
{
    enum role role = page->type == NULL ? ROLE_HIDDEN : page->kind->role;
    return role != ROLE_HIDDEN && role != ROLE_OWNER && role != ROLE_FINALIZER
        && role != ROLE_ENTRY && role != ROLE_POOLED;
}

static void add_leaks(struct leak *leak, const struct leak *more)
{
    for (size_t i = 0; i < more->count && i < 3 && leak->count + i < 3; i++)
        leak->first[leak->count + i] = more->first[i];
    leak->count += more->count;
}

static void count_leak(struct page *page, uint64_t *word)
{
    const struct leak one = { 1, { word + 1 } };
    if (is_users(page) && is_alive(load(word)))
        add_leaks(&page->kind->leak, &one);
}

// The leaks of a type in all its slot sizes, which have none from then on.
static struct leak take_leaks(weft_heap *heap, const weft_type *type)
{
    struct leak all = { 0 };
    for (uint32_t i = 0; i <= heap->kinds_mask; i++)
        for (struct kind *kind = heap->kinds[i]; kind != NULL;
                kind = kind->next)
            if (kind->type == type && kind->leak.count > 0) {
                add_leaks(&all, &kind->leak);
                kind->leak.count = 0;
            }
    return all;
}

static void report_leak(weft_heap *heap, const weft_type *type,
    const struct leak *leak)
{
    char message[256];
    int at = snprintf(message, sizeof(message), "weft_heap_close: %zu %s of "
        "type %s still held:", leak->count, leak->count == 1 ? "object"
        : "objects", type->name);
    for (size_t i = 0; i < 3 && i < leak->count; i++)
        if (at > 0 && (size_t)at < sizeof(message))
            at += snprintf(message + at, sizeof(message) - (size_t)at,
                "%s %p (count %zu)", i == 0 ? "" : ",", leak->first[i],
                weft_refcount(leak->first[i]));
    if (leak->count > 3 && at > 0 && (size_t)at < sizeof(message))
        (void)snprintf(message + at, sizeof(message) - (size_t)at, ", ...");
    weft__say(heap, WEFT_LEAKED, WEFT_OK, leak->first[0], message);
}

// Nothing is made any more, so hooks do not change the table of kinds.
static size_t report_leaks(weft_heap *heap)
{
    size_t total = 0;
    for (uint32_t i = 0; i <= heap->kinds_mask; i++)
        for (const struct kind *kind = heap->kinds[i]; kind != NULL;
                kind = kind->next) {
            if (kind->leak.count == 0)
                continue;
            struct leak leak = take_leaks(heap, kind->type);
            report_leak(heap, kind->type, &leak);
            total += leak.count;
        }
    return total;
}

static void for_each_slot(weft_heap *heap,
    void (*visit)(struct page *page, uint64_t *word))
{
    for (struct page *page = heap->pages, *next; page != NULL; page = next) {
        next = page->next_page;
        for (uint32_t i = 0; page->type != NULL
                && slot_at(page, i) < (uint64_t *)(void *)page->bump; i++)
            visit(page, slot_at(page, i));
    }
}

static void kill_slot(struct page *page, uint64_t *word)
{
    uint64_t value = load(word);
    if (!is_alive(value))
        return;
    uint64_t generation = value & GENERATION;
    if ((value & (WEAKED | WATCHED)) != 0)
        generation++;
    if (generation > page->highest)
        page->highest = (uint32_t)generation;
    store(word, SIGN | DYING | generation);
}

static void dispose_slot(struct page *page, uint64_t *word)
{
    uint64_t value = load(word);
    if ((value & (SIGN | DYING)) != (SIGN | DYING))
        return;
    weft__dispose(word + 1);
    page->used++;                   // stays where it is, until all are gone
    page->easy = true;
    weft__free_slot(page, word, value & GENERATION);
    page->used--;
}

size_t weft_heap_close(weft_heap *heap)
{
    if (heap->depth > 0 || heap->calls > 0 || heap->sealed > 0
            || heap->collecting || heap->closing) {
        weft__misuse(heap, NULL, "weft_heap_close: called from user code of "
            "the same heap");
        return 0;
    }
    if (heap->owner != this_thread()) {
        weft__check_thread(heap, "weft_heap_close");
        return 0;
    }
    weft_heap_exit(heap);
    if (heap->drop_finalizers != NULL)
        heap->drop_finalizers(heap);
    heap->fail_at = 0;
    heap->last_collection(heap);
    heap->closing = true;
    heap->drop_collector(heap);
    heap->dead = true;                  // hooks and dispose are user code too
    for (uint64_t i = 0; i <= heap->mask; i++)
        heap->current[i] = weft__no_page();
    for_each_slot(heap, count_leak);
    size_t held = report_leaks(heap);
    for_each_slot(heap, kill_slot);
    for_each_slot(heap, dispose_slot);
    heap->free_collector(heap);
    weft__free_heap(heap);
    return held;
}

// ---- the rest

void weft_heap_exit(weft_heap *heap)
{
    weft__check_thread(heap, "weft_heap_exit");
    if (heap->exit != NULL)
        heap->exit(heap);
    heap->exited = true;
}

void *weft_heap_data(const weft_heap *heap)
{
    return heap->options.data;
}

void weft_heap_adopt(weft_heap *heap)
{
    heap->owner = this_thread();
    for (struct page *page = heap->pages; page != NULL; page = page->next_page)
        page->owner = heap->owner;
}

void weft__drop_currents(weft_heap *heap)
{
    for (uint32_t i = 0; i <= heap->kinds_mask; i++)
        for (struct kind *kind = heap->kinds[i]; kind != NULL;
                kind = kind->next)
            weft__drop_current(kind);
}

size_t weft_heap_trim(weft_heap *heap)
{
    weft__check_thread(heap, "weft_heap_trim");
    heap->settle(heap);
    weft__drop_currents(heap);
    size_t dropped = weft__drop_empty_pages(heap);
    weft__trim_pool(heap->pool);
    return dropped;
}

weft_heap_stats weft_heap_get_stats(const weft_heap *heap)
{
    weft_heap_stats stats = { .reserved_bytes = heap->reserved };
    for (const struct page *page = heap->pages; page != NULL;
            page = page->next_page) {
        if (page->type == NULL)
            continue;
        size_t count = page->used - (page->kind->current == page)
            - page->pending;
        if (is_users(page))
            stats.objects += count;
        stats.object_bytes += count * page->slot_size;
    }
    return stats;
}
