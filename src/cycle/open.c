// SPDX-License-Identifier: MIT
//
// Opens a heap: one of core, with the collector installed in it.
#include "cycle.h"

#include <string.h>

enum { ATTEMPTS = 8 };

static void purge_collector(weft_heap *heap)
{
    weft__purge_queues(heap->collector);
}

static void settle_heap(weft_heap *heap)
{
    weft__cut_cycle_short(heap->collector);
}

// For memory that is needed now: pages that only wait for the end of a cycle
// are had by giving it up. Else garbage is all there is to be had, so the cycle
// goes on, or is due if there may be any. A teardown goes on in any case, since
// it runs user code.
static void unpin_heap(weft_heap *heap)
{
    struct collector *c = heap->collector;
    if (!weft__may_collect(heap))
        return;
    if (heap->emptied != NULL && c->phase != PHASE_IDLE
            && c->phase != PHASE_EMPTY && c->phase != PHASE_FREE)
        weft__abandon_cycle(c);
    if (heap->grown > 0 && heap->grown < c->next_measure)
        heap->grown = c->next_measure;
    weft__hurry(c);
}

// Of the heap that closes, also if collecting is disabled. What finalizers
// leave is collected, too, as long as there is an end to it.
static void last_collection(weft_heap *heap)
{
    weft_debug_collect_often(heap, false);
    weft_gc_set_debug(heap, 0);
    weft_release(weft_take(&heap->collector->garbage));
    weft_gc_unfreeze(heap);
    for (int i = 0; i < ATTEMPTS && weft_gc_collect(heap, WEFT_FULL) > 0; i++)
        continue;
}

static void free_collector(weft_heap *heap)
{
    struct collector *c = heap->collector;
    (void)weft__resize(heap, c->table.entries,
        c->table.capacity * sizeof(*c->table.entries), 0);
    (void)weft__resize(heap, c->table.stack,
        c->table.stack_capacity * sizeof(*c->table.stack), 0);
    (void)weft__resize(heap, c->found.words,
        c->found.capacity * sizeof(*c->found.words), 0);
    for (int i = 0; i < 4; i++)
        (void)weft__resize(heap, c->buckets[i], c->bucket_sizes[i], 0);
    (void)weft__resize(heap, c->is_member, c->bucket_sizes[4], 0);
    (void)weft__resize(heap, c->callbacks,
        c->callback_room * sizeof(*c->callbacks), 0);
    (void)weft__resize(heap, c, sizeof(*c), 0);
}

// No slot is named anywhere from here on.
static void drop_collector(weft_heap *heap)
{
    struct collector *c = heap->collector;
    weft__cut_cycle_short(c);
    weft__free_queues(c);
    weft__free_log(heap);
    weft_gc_unfreeze(heap);
    c->enabled = false;
    weft__set_pace(c);
}

weft_heap *weft_heap_open_sized(const weft_heap_options *options, size_t size)
{
    weft_heap_options all = { 0 };
    if (options != NULL)
        memcpy(&all, options, size < sizeof(all) ? size : sizeof(all));
    weft_heap *heap = weft__open_heap(&all);
    struct collector *c = heap == NULL ? NULL
        : weft__resize(heap, NULL, 0, sizeof(*c));
    if (c == NULL) {
        if (heap != NULL)
            weft__free_heap(heap);
        return NULL;
    }
    *c = (struct collector){ .heap = heap, .enabled = true,
        .threshold = { 1000, 100, 100 } };
    c->queues[0].limit = 1024;
    for (unsigned i = 1; i < QUEUES; i++)
        c->queues[i].limit = 256;
    heap->collector = c;
    heap->released = weft__released;
    heap->step = weft__step;
    heap->purge = purge_collector;
    heap->settle = settle_heap;
    heap->unpin = unpin_heap;
    heap->last_collection = last_collection;
    heap->drop_collector = drop_collector;
    heap->free_collector = free_collector;
    heap->verify_cycle = weft__verify_cycle;
    weft__note_base(c, 0);
    weft__set_pace(c);
    return heap;
}
