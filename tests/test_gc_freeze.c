// SPDX-License-Identifier: MIT
//
// Tests of freezing: what is frozen is out of the collector's sight, and dies
// by count as ever.
#include "rings.h"

// Frozen garbage stays until it is given back.
static void frozen_ring_stays(weft_heap *heap)
{
    by_hand(heap);
    lose_ring(heap, 3);
    CHECK_EQ(weft_gc_get_freeze_count(heap), 0);
    CHECK_EQ(weft_gc_freeze(heap), WEFT_OK);
    CHECK_EQ(weft_gc_get_freeze_count(heap), 3);
    for (int generation = WEFT_YOUNG; generation <= WEFT_FULL; generation++)
        CHECK_EQ(weft_gc_collect(heap, (weft_generation)generation), 0);
    CHECK_EQ(weft_gc_get_count(heap).young, 0);
    weft_gc_unfreeze(heap);
    CHECK_EQ(weft_gc_get_freeze_count(heap), 0);
    CHECK_EQ(weft_gc_collect(heap, WEFT_YOUNG), 0);     // it is old now
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 3);
}

// What was made later is collected beside frozen ones, on the same pages; what
// the frozen hold lives.
static void others_are_collected(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(struct node) frozen = ring_new(heap, 50);
    CHECK_EQ(weft_gc_freeze(heap), WEFT_OK);
    lose_ring(heap, 20);
    weft_set_steal(&frozen->right, ring_new(heap, 7));
    CHECK_EQ(weft_gc_collect(heap, WEFT_YOUNG), 20);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 0);
    CHECK_EQ(object_count(heap), 57);
    weft_clear(&frozen->right);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 7);
    weft_gc_unfreeze(heap);
    weft_clear(&frozen);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 50);
}

// A frozen object dies by count; the next one in its slot is not frozen.
static void frozen_die_by_count(weft_heap *heap)
{
    by_hand(heap);
    struct node *nodes[300];
    for (int i = 0; i < 300; i++)
        nodes[i] = plain_new(heap);
    CHECK_EQ(weft_gc_freeze(heap), WEFT_OK);
    CHECK_EQ(weft_gc_get_freeze_count(heap), 300);
    for (int i = 0; i < 300; i += 2)
        weft_release(nodes[i]);
    CHECK_EQ(weft_gc_get_freeze_count(heap), 150);
    for (int i = 0; i < 75; i++)
        lose_ring(heap, 2);
    CHECK_EQ(weft_gc_get_freeze_count(heap), 150);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 150);
    for (int i = 1; i < 300; i += 2)
        weft_release(nodes[i]);
    CHECK_EQ(weft_gc_get_freeze_count(heap), 0);
    CHECK_EQ(object_count(heap), 0);
    CHECK_TRUE(weft_heap_verify(heap));
}

// Freezing again adds what came since.
static void freezing_adds_up(weft_heap *heap)
{
    by_hand(heap);
    lose_ring(heap, 3);
    CHECK_EQ(weft_gc_freeze(heap), WEFT_OK);
    lose_ring(heap, 4);
    CHECK_EQ(weft_gc_freeze(heap), WEFT_OK);
    CHECK_EQ(weft_gc_get_freeze_count(heap), 7);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 0);
    weft_gc_unfreeze(heap);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 7);
    CHECK_TRUE(weft_heap_verify(heap));
}

// What is unfrozen is a candidate like any other old object again.
static void unfrozen_ones_are_tried(weft_heap *heap)
{
    weft_debug_collect_often(heap, false);
    struct node *ring = ring_new(heap, 3);
    CHECK_EQ(weft_gc_freeze(heap), WEFT_OK);
    weft_set(&ring->right, ring->left);
    weft_clear(&ring->right);
    CHECK_EQ(weft_gc_get_count(heap).candidates, 0);
    weft_gc_unfreeze(heap);
    weft_release(ring);
    CHECK_EQ(weft_gc_collect(heap, WEFT_OLD), 3);
}

// Without memory nothing is frozen.
static void freeze_without_memory(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(weft_list) list = weft_list_new(heap);
    if (!made(node) || !made(list))
        return;
    weft_status status = weft_gc_freeze(heap);
    size_t frozen = weft_gc_get_freeze_count(heap);
    if (!went_well(status))
        CHECK_EQ(frozen, 0);
    else
        CHECK_EQ(frozen, 2);
    weft_gc_unfreeze(heap);
    CHECK_EQ(weft_gc_get_freeze_count(heap), 0);
}

// Closing collects what was garbage when it was frozen, too.
static void frozen_garbage_goes_at_close(void)
{
    weft_heap *heap = open_test_heap();
    weft_release(loud_ring(heap, "a", "b"));
    CHECK_EQ(weft_gc_freeze(heap), WEFT_OK);
    CHECK_EQ(weft_heap_close(heap), 0);
    CHECK_EITHER("~a ~b a. b.", "~b ~a b. a.");
}

TESTS(RUN(frozen_ring_stays), RUN(others_are_collected),
    RUN(frozen_die_by_count), RUN(freezing_adds_up),
    RUN(unfrozen_ones_are_tried), RUN_OOM(freeze_without_memory),
    RUN_ALONE(frozen_garbage_goes_at_close))
