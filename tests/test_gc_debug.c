// SPDX-License-Identifier: MIT
//
// Tests of the debug flags, and of the garbage list.
#include "rings.h"

// The flags are what was set, and nothing to begin with.
static void flags_can_be_set(weft_heap *heap)
{
    CHECK_EQ(weft_gc_get_debug(heap), 0);
    weft_gc_set_debug(heap, WEFT_DEBUG_STATS | WEFT_DEBUG_SAVEALL);
    CHECK_EQ(weft_gc_get_debug(heap), 33);
    CHECK_EQ(WEFT_DEBUG_LEAK, WEFT_DEBUG_COLLECTABLE
        | WEFT_DEBUG_UNCOLLECTABLE | WEFT_DEBUG_SAVEALL);
    weft_gc_set_debug(heap, 0);
}

// STATS: each collection is told, with what it found.
static void statistics_are_told(weft_heap *heap)
{
    by_hand(heap);
    weft_gc_set_debug(heap, WEFT_DEBUG_STATS);
    lose_ring(heap, 3);
    (void)weft_gc_collect(heap, WEFT_YOUNG);
    CHECK_REPORT(WEFT_COLLECTED, "young: 3 collected");
    (void)weft_gc_collect(heap, WEFT_OLD);
    CHECK_REPORT(WEFT_COLLECTED, "old: 0 collected");
    (void)weft_gc_collect(heap, WEFT_FULL);
    CHECK_REPORT(WEFT_COLLECTED, "full: 0 collected");
    weft_gc_set_debug(heap, 0);
    (void)weft_gc_collect(heap, WEFT_FULL);
    CHECK_NO_REPORTS();
}

// COLLECTABLE: each object that was found is told, with its type.
static void found_ones_are_told(weft_heap *heap)
{
    by_hand(heap);
    weft_gc_set_debug(heap, WEFT_DEBUG_COLLECTABLE);
    weft_auto(struct node) kept = plain_new(heap);
    struct node *ring = loud_ring(heap, "a", "b");
    weft_set(&ring->right, kept);
    const void *a = ring, *b = ring->left;
    weft_clear(&ring);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
    CHECK_EQ(shim.report_count, 2);
    for (int i = 0; i < 2; i++) {
        CHECK_TRUE(shim.reports[0].object == a || shim.reports[0].object == b);
        CHECK_REPORT(WEFT_COLLECTED, "collectable loud");
    }
    weft_gc_set_debug(heap, 0);
    forget_trace();
}

// SAVEALL: what was found goes into the garbage list, finalized, with all its
// weak references dead, and otherwise whole; what is taken out of it goes.
static void garbage_is_kept(weft_heap *heap)
{
    by_hand(heap);
    weft_gc_set_debug(heap, WEFT_DEBUG_SAVEALL);
    struct node *ring = loud_ring(heap, "a", "b");
    weft_weak handle = weft_weak_of(ring);
    weft_auto(weft_ref) ref = weft_ref_new(ring->left, told_of, "told");
    weft_clear(&ring);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
    CHECK_EITHER("told ~a ~b", "told ~b ~a");
    CHECK_TRUE(weft_weak_is_dead(handle));
    CHECK_TRUE(weft_ref_is_dead(ref));
    weft_auto(weft_list) garbage = weft_gc_garbage(heap);
    weft_auto(weft_list) again = weft_gc_garbage(heap);
    CHECK_SAME(garbage, again);
    CHECK_EQ(weft_list_length(garbage), 2);
    weft_auto_value first = weft_list_get(garbage, 0);
    struct node *node = weft_value_object(first);
    CHECK_SAME(node->left->left, node);
    CHECK_TRUE(weft_gc_is_finalized(node));
    weft_value_clear(&first);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 0);     // the list holds them
    weft_gc_set_debug(heap, 0);
    weft_list_clear(garbage);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
    CHECK_EITHER("a. b.", "b. a.");
}

// The list can be changed at will: a saved object can be watched and held
// again.
static void saved_ones_are_ordinary(weft_heap *heap)
{
    by_hand(heap);
    weft_gc_set_debug(heap, WEFT_DEBUG_SAVEALL);
    lose_ring(heap, 2);
    (void)weft_gc_collect(heap, WEFT_YOUNG);
    weft_gc_set_debug(heap, 0);
    weft_auto(weft_list) garbage = weft_gc_garbage(heap);
    weft_auto_value value = weft_list_pop(garbage, 0);
    struct node *node = weft_value_object(value);
    weft_weak handle = weft_weak_of(node);
    CHECK_FALSE(weft_weak_is_dead(handle));
    weft_auto(weft_ref) ref = weft_ref_new(node, told_of, "told");
    weft_clear(&node->left->left);
    weft_clear(&node->left);
    weft_list_clear(garbage);
    CHECK_TRACE("");
    weft_value_clear(&value);
    CHECK_TRACE("told");
    CHECK_TRUE(weft_weak_is_dead(handle));
}

// Closing lets the garbage list go, and what is in it: nothing was held.
static void closing_drops_garbage(void)
{
    weft_heap *heap = open_test_heap();
    by_hand(heap);
    weft_gc_set_debug(heap, WEFT_DEBUG_SAVEALL);
    weft_release(loud_ring(heap, "a", "b"));
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
    forget_trace();
    CHECK_EQ(weft_heap_close(heap), 0);
    CHECK_EITHER("a. b.", "b. a.");
}

struct miser {
    struct node *kept;          // strong, and never let go
    struct miser *next;         // strong
};

static void miser_visit(const void *self, weft_visitor *visitor)
{
    const struct miser *miser = self;
    weft_visit(visitor, &miser->kept, "kept");
    weft_visit(visitor, &miser->next, "next");
}

static void miser_clear(void *self)
{
    weft_clear(&((struct miser *)self)->next);
}

static weft_type miser_type = {
    .name = "miser", WEFT_SIZE(struct miser),
    .visit = miser_visit, .clear = miser_clear };

// UNCOLLECTABLE: an object that something goes on to hold after all was emptied
// is told, counted, and let be.
static void uncollectable_ones_are_told(weft_heap *heap)
{
    by_hand(heap);
    weft_gc_set_debug(heap, WEFT_DEBUG_UNCOLLECTABLE);
    struct miser *miser = weft_new(heap, &miser_type);
    struct node *node = plain_new(heap);
    miser->kept = node;
    weft_set(&miser->next, miser);
    weft_set(&node->left, (struct node *)(void *)miser);
    weft_release(miser);
    (void)weft_gc_collect(heap, WEFT_FULL);
    CHECK_REPORT(WEFT_COLLECTED, "uncollectable plain");
    CHECK_EQ(weft_gc_get_stats(heap, WEFT_FULL).uncollectable, 1);
    weft_gc_set_debug(heap, 0);
    CHECK_EQ(object_count(heap), 1);
    CHECK_EQ(weft_refcount(node), 1);
    weft_release(node);
}

// LEAK is all of it, as one looks for leaks in Python.
static void leak_shows_everything(weft_heap *heap)
{
    by_hand(heap);
    weft_gc_set_debug(heap, WEFT_DEBUG_LEAK);
    lose_ring(heap, 3);
    CHECK_EQ(weft_gc_collect(heap, WEFT_OLD), 3);
    for (int i = 0; i < 3; i++)
        CHECK_REPORT(WEFT_COLLECTED, "collectable plain");
    weft_auto(weft_list) garbage = weft_gc_garbage(heap);
    CHECK_EQ(weft_list_length(garbage), 3);
    weft_gc_set_debug(heap, 0);
    weft_list_clear(garbage);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 3);
}

TESTS(RUN(flags_can_be_set), RUN(statistics_are_told),
    RUN(found_ones_are_told), RUN(garbage_is_kept),
    RUN(saved_ones_are_ordinary), RUN_ALONE(closing_drops_garbage),
    RUN(uncollectable_ones_are_told), RUN(leak_shows_everything))
