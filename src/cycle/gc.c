// SPDX-License-Identifier: MIT
//
// What programs ask of the collector: collect now, enable and disable,
// thresholds, counts, statistics, callbacks.
#include "cycle.h"

#include <string.h>

static struct collector *collector_of(const weft_heap *heap)
{
    return heap->collector;
}

// ---- collecting

// Young ones, and whatever hangs on candidates.
static size_t collect_old(struct collector *c, weft_gc_stats *stats)
{
    size_t found = weft__young_pass(c, SIZE_MAX, stats);
    return found + weft__try_candidates(c, 0, true, stats);
}

static size_t collect(struct collector *c, weft_generation generation,
    weft_gc_stats *stats)
{
    if (c->heap->ordered)
        return weft__ordered_pass(c, generation, stats);
    if (generation == WEFT_YOUNG)
        return weft__young_pass(c, SIZE_MAX, stats);
    if (generation == WEFT_OLD)
        return collect_old(c, stats);
    return weft__full_pass(c, stats);
}

// Is it one? If not, that is misuse.
bool weft__check_generation(weft_heap *heap, weft_generation generation,
    const char *call)
{
    if (likely((unsigned)generation <= WEFT_FULL))
        return true;
    weft__misuse(heap, NULL, "%s: there is no generation %u", call,
        (unsigned)generation);
    return false;
}

size_t weft_gc_collect(weft_heap *heap, weft_generation generation)
{
    struct collector *c = collector_of(heap);
    weft__check_thread(heap, "weft_gc_collect");
    if (!weft__check_generation(heap, generation, "weft_gc_collect"))
        return 0;
    if (!weft__may_collect(heap)) {
        weft__tell_refusal(c);
        return 0;
    }
    if (generation == WEFT_FULL)
        weft__cut_cycle_short(c);
    weft_gc_stats stats = weft__begin_gc(c, generation);
    stats.collected = collect(c, generation, &stats);
    weft__end_gc(c, generation, &stats);
    return (size_t)stats.collected;
}

bool weft_gc_is_collecting(const weft_heap *heap)
{
    return heap->collecting;
}

// ---- settings

void weft_gc_enable(weft_heap *heap)
{
    collector_of(heap)->enabled = true;
    weft__set_pace(collector_of(heap));
}

// A cycle that runs is given up: at once, or when it may be.
void weft_gc_disable(weft_heap *heap)
{
    struct collector *c = collector_of(heap);
    c->enabled = false;
    weft__cut_cycle_short(c);
    weft__set_pace(c);
    heap->due = c->phase != PHASE_IDLE;
}

bool weft_gc_is_enabled(const weft_heap *heap)
{
    return collector_of(heap)->enabled;
}

void weft_gc_set_threshold(weft_heap *heap, weft_gc_threshold threshold)
{
    struct collector *c = collector_of(heap);
    size_t most = SIZE_MAX / 64 / sizeof(struct entry);
    if (threshold.young > most)
        threshold.young = most;
    c->threshold = threshold;
    weft__note_base(c, c->base);
    weft__set_pace(c);
}

weft_gc_threshold weft_gc_get_threshold(const weft_heap *heap)
{
    return collector_of(heap)->threshold;
}

void weft_debug_collect_often(weft_heap *heap, bool often)
{
    struct collector *c = collector_of(heap);
    heap->often = often;
    heap->attentive = often || c->phase != PHASE_IDLE;
    for (struct page *page = heap->pages; page != NULL; page = page->next_page)
        weft__list_easy(page);
    weft__set_pace(c);
}

// ---- numbers

weft_gc_count weft_gc_get_count(const weft_heap *heap)
{
    const struct collector *c = collector_of(heap);
    weft_gc_count count = { .young = weft__log_count(heap),
        .grown = heap->grown };
    for (unsigned level = 0; level < QUEUES; level++)
        count.candidates += c->queues[level].count;
    return count;
}

weft_gc_stats weft_gc_get_stats(const weft_heap *heap,
    weft_generation generation)
{
    weft_heap *same = (weft_heap *)(uintptr_t)heap;     // for its report hook
    if (!weft__check_generation(same, generation, "weft_gc_get_stats"))
        return (weft_gc_stats){ 0 };
    return collector_of(heap)->stats[generation];
}

// ---- callbacks

weft_status weft_gc_add_callback(weft_heap *heap, weft_gc_fn *callback,
    void *context)
{
    struct collector *c = collector_of(heap);
    size_t size = sizeof(*c->callbacks);
    size_t room = c->callback_count + 1;
    if (room > c->callback_room) {
        struct gc_callback *grown = weft__resize(heap, c->callbacks,
            c->callback_room * size, room * size);
        if (grown == NULL)
            return WEFT_MEMORY_ERROR;
        c->callbacks = grown;
        c->callback_room = room;
    }
    c->callbacks[c->callback_count++] = (struct gc_callback){ callback,
        context };
    return WEFT_OK;
}

// The array keeps its size, so that removing needs no memory.
bool weft_gc_remove_callback(weft_heap *heap, weft_gc_fn *callback,
    void *context)
{
    struct collector *c = collector_of(heap);
    size_t i = 0;
    while (i < c->callback_count && (c->callbacks[i].callback != callback
            || c->callbacks[i].context != context))
        i++;
    if (i == c->callback_count)
        return false;
    c->callback_count--;
    if (i < c->telling)
        c->telling--;
    memmove(&c->callbacks[i], &c->callbacks[i + 1],
        (c->callback_count - i) * sizeof(*c->callbacks));
    return true;
}
