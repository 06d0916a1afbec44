// SPDX-License-Identifier: MIT
//
// Collecting, in all the ways there are, and what is demanded after it. Slices
// of the cycle are driven from the inside, since a small heap is not worth one.
#include "tables.h"

#include "../../src/cycle/cycle.h"

enum way {
    YOUNG_WAY = 1, TRIAL_WAY = 2, SLICE_WAY = 4, FULL_WAY = 8, POLL_WAY = 16
};

static void check_all(void)
{
    if (world.temporary_count > 0 || world.failing
            || weft_gc_get_freeze_count(world.heap) > 0)
        return;
    compare(false);
    if (!is_exact())
        return;
    size_t expected = count_reachable();
    size_t there = weft_heap_get_stats(world.heap).objects;
    for (uint32_t i = 1; there != expected && i <= world.count; i++)
        if (world.shadows[i].disposed == 0 && !is_reachable(i)
                && types[world.shadows[i].kind]->dispose != NULL
                && world.shadows[i].kind != LIST)
            fprintf(stderr, "%s %u is left\n",
                kind_names[world.shadows[i].kind], i);
    if (there != expected)
        broken("%zu objects are there after a collection, and must be %zu",
            there, expected);
    compare(true);
}

static void collect(weft_generation generation)
{
    uint64_t ran = world.ran;
    note("collect %d", (int)generation);
    size_t found = weft_gc_collect(world.heap, generation);
    if (world.depth == 0 && world.ran == ran && generation == WEFT_FULL)
        check_all();
    if (weft_gc_is_collecting(world.heap) && found != 0)
        broken("a collection in a collection");
}

// Again until a collection runs no user code, and is exact.
void collect_and_check(void)
{
    uint64_t ran;
    do {
        ran = world.ran;
        collect(WEFT_FULL);
    } while (world.ran != ran);
}

void run_slice(int64_t visits)
{
    weft_heap *heap = world.heap;
    bool often = heap->often;
    if (world.ordered || !weft__may_collect(heap))
        return;
    note("slice of %d in phase %d", (int)visits, (int)heap->collector->phase);
    heap->often = true;         // else a small heap is not worth a cycle
    weft__run_slice(heap->collector, visits);
    heap->often = often;
    weft__set_pace(heap->collector);
}

// To its end; and if it was all there was, nothing is left.
static void run_cycle(void)
{
    uint64_t ran = world.ran;
    bool resting = world.heap->collector->phase == PHASE_IDLE;
    if (world.ordered || world.depth > 0
            || !weft__may_collect(world.heap))
        return;
    run_slice(1);
    while (world.heap->collector->phase != PHASE_IDLE)
        run_slice(1 + pick(200));
    if (resting && ran == world.ran)
        check_all();
}

void act_collect(void)
{
    switch (1u << pick(5)) {
    case YOUNG_WAY: if ((world.ways & YOUNG_WAY) != 0) collect(WEFT_YOUNG);
        break;
    case TRIAL_WAY: if ((world.ways & TRIAL_WAY) != 0) collect(WEFT_OLD);
        break;
    case FULL_WAY: if ((world.ways & FULL_WAY) != 0) collect(WEFT_FULL);
        break;
    case POLL_WAY:
        if ((world.ways & POLL_WAY) != 0) {
            note("poll");
            weft_poll(world.heap);
        }
        break;
    default:
        if ((world.ways & SLICE_WAY) != 0 && pick(8) == 0)
            run_cycle();
        else if ((world.ways & SLICE_WAY) != 0)
            run_slice(1 + pick(24));
        break;
    }
}

void act_rarely(void)
{
    weft_heap *heap = world.heap;
    switch (pick(10)) {
    case 0: note("disable"); weft_gc_disable(heap); break;
    case 1: case 2: note("enable"); weft_gc_enable(heap); break;
    case 3: note("freeze"); (void)weft_gc_freeze(heap); break;
    case 4: case 5: note("unfreeze"); weft_gc_unfreeze(heap); break;
    case 6: detach(&world.records[pick(RECORDS)]); break;
    case 7: note("trim"); (void)weft_heap_trim(heap); break;
    case 8:
        if (world.depth == 0 && !weft_gc_is_collecting(heap) && !world.large
                && !weft_heap_verify(heap))
            broken("the heap is not sound");
        break;
    default:
        if (world.depth > 0 || world.failing)
            break;
        note("memory fails");
        world.failing = true;
        (void)weft_debug_fail_at(heap, 1 + pick(6));
        if ((world.ways & SLICE_WAY) != 0 && pick(3) == 0)
            run_cycle();
        else
            act_collect();
        doubt_unreachable();
        (void)weft_debug_fail_at(heap, 0);
        world.failing = false;
        break;
    }
}
