// SPDX-License-Identifier: MIT
//
// Tests of trials: old rings that go soon after they were let go, although they
// hang on something large that lives; and candidates that come to nothing.
#include "rings.h"

// A tree in which every node knows its parent, so that all of it is one
// structure in which everything reaches everything.
static struct node *tree_new(weft_heap *heap, struct node *parent, int depth)
{
    struct node *node = plain_new(heap);
    if (depth > 1) {
        weft_set_steal(&node->left, tree_new(heap, node, depth - 1));
        weft_set_steal(&node->right, tree_new(heap, node, depth - 1));
    } else {
        weft_set(&node->left, parent);
    }
    return node;
}

static struct node *leaf_of(struct node *tree, int depth)
{
    while (--depth > 0)
        tree = tree->right;
    return tree;
}

// All that is there is old from here on, and the collector works by itself.
static void grow_up(weft_heap *heap)
{
    weft_debug_collect_often(heap, false);
    (void)weft_gc_collect(heap, WEFT_FULL);
}

enum { DEPTH = 14, PAIRS = 500 };

// Pairs that hold part of a large live tree, old, and let go: OLD finds them.
static void pairs_on_a_tree(weft_heap *heap)
{
    weft_debug_collect_often(heap, false);
    weft_auto(struct node) tree = tree_new(heap, NULL, DEPTH);
    struct node *pairs[PAIRS];
    for (int i = 0; i < PAIRS; i++) {
        pairs[i] = ring_new(heap, 2);
        weft_set(&pairs[i]->right, leaf_of(tree, DEPTH - i % 3));
    }
    grow_up(heap);
    size_t alive = object_count(heap) - 2 * PAIRS;
    size_t found = 0;
    for (int i = 0; i < PAIRS; i++) {
        weft_release(pairs[i]);
        found += i % 50 == 49 ? weft_gc_collect(heap, WEFT_OLD) : 0;
    }
    CHECK_EQ(object_count(heap), alive);
    CHECK_TRUE(found <= 2 * PAIRS && found > 0);
    CHECK_EQ(weft_gc_get_stats(heap, WEFT_OLD).collected, 2 * PAIRS);
    CHECK_EQ(weft_gc_get_stats(heap, WEFT_FULL).collected, 0);
    weft_clear(&tree);
    (void)weft_gc_collect(heap, WEFT_FULL);
    CHECK_EQ(object_count(heap), 0);
}

// The same goes by itself, for a program that goes on.
static void pairs_go_by_themselves(weft_heap *heap)
{
    weft_debug_collect_often(heap, false);
    weft_auto(struct node) tree = tree_new(heap, NULL, DEPTH);
    struct node *pairs[PAIRS] = { NULL };
    size_t most = 0, alive = object_count(heap);
    for (int i = 0; i < 200 * PAIRS; i++) {
        struct node *pair = ring_new(heap, 2);
        weft_set(&pair->right, leaf_of(tree, DEPTH));
        weft_set_steal(&pairs[i % PAIRS], pair);
        if (object_count(heap) > most)
            most = object_count(heap);
    }
    CHECK_TRUE(most < alive + 4 * PAIRS + 8000);
    CHECK_TRUE(weft_gc_get_stats(heap, WEFT_YOUNG).collected
        + weft_gc_get_stats(heap, WEFT_OLD).collected > 150 * PAIRS);
    for (int i = 0; i < PAIRS; i++)
        weft_release(pairs[i]);
    weft_clear(&tree);
    (void)weft_gc_collect(heap, WEFT_FULL);
}

// A cache: rings are read all the time, and replaced now and then. Reading is
// no news, so that what is replaced is found soon.
static void cache_of_rings(weft_heap *heap)
{
    enum { LIVE = 5000, RING = 4, ROUNDS = SANITIZED ? 100000 : 400000 };
    weft_debug_collect_often(heap, false);
    struct node **cache = calloc(LIVE, sizeof(*cache));
    uint32_t random = 1;
    size_t most = 0;
    for (int i = 0; i < ROUNDS; i++) {
        random = random * 1664525 + 1013904223;
        struct node **place = &cache[(random >> 8) % LIVE];
        if (i % 10 == 0 || *place == NULL)
            weft_set_steal(place, ring_new(heap, RING));
        else
            weft_release(weft_retain((*place)->left));
        if (object_count(heap) > most)
            most = object_count(heap);
    }
    CHECK_TRUE(most < LIVE * RING + LIVE * RING / 4 + 4000);
    for (int i = 0; i < LIVE; i++)
        weft_release(cache[i]);
    free(cache);
    (void)weft_gc_collect(heap, WEFT_FULL);
    CHECK_EQ(object_count(heap), 0);
}

// Leaves an old object above zero, so that it is to be tried.
static void make_candidate(struct node *node)
{
    struct node *another = NULL;
    weft_set(&another, node);
    weft_clear(&another);
}

// Candidates die in the queue, and their slots are used by others; nobody is
// confused.
static void candidates_die(weft_heap *heap)
{
    weft_debug_collect_often(heap, false);
    struct node *nodes[50];
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 50; i++)
            nodes[i] = plain_new(heap);
        (void)weft_gc_collect(heap, WEFT_YOUNG);
        for (int i = 0; i < 50; i++)
            make_candidate(nodes[i]);
        CHECK_EQ(weft_gc_get_count(heap).candidates, 50);
        for (int i = 0; i < 50; i++)
            weft_clear(&nodes[i]);
        weft_auto(struct node) ring = ring_new(heap, 40);
        CHECK_EQ(weft_gc_collect(heap, WEFT_OLD), 0);
        CHECK_EQ(weft_gc_get_count(heap).candidates, 0);
        make_candidate(ring);
        CHECK_EQ(weft_gc_get_count(heap).candidates, 1);
        weft_clear(&ring);
        CHECK_EQ(weft_gc_collect(heap, WEFT_OLD), 40);
        CHECK_EQ(object_count(heap), 0);
    }
}

// More candidates than there is room for: some are not taken, and are left to
// the cycle.
static void queue_overflows(weft_heap *heap)
{
    enum { COUNT = 5000 };
    weft_debug_collect_often(heap, false);
    struct node **rings = malloc(COUNT * sizeof(*rings));
    for (int i = 0; i < COUNT; i++)
        rings[i] = ring_new(heap, 2);
    grow_up(heap);
    weft_gc_threshold threshold = weft_gc_get_threshold(heap);
    for (int i = 0; i < COUNT; i++) {
        make_candidate(rings[i]->left);
        CHECK_TRUE(weft_gc_get_count(heap).candidates <= 2000);
    }
    weft_gc_set_threshold(heap, threshold);
    CHECK_EQ(weft_gc_collect(heap, WEFT_OLD), 0);
    for (int i = 0; i < COUNT; i++)
        weft_release(rings[i]);
    free(rings);
    (void)weft_gc_collect(heap, WEFT_OLD);
    (void)weft_gc_collect(heap, WEFT_FULL);
    CHECK_EQ(object_count(heap), 0);
}

// A long ring needs a larger budget; it waits in the next queue, and goes.
static void long_rings_go(weft_heap *heap)
{
    static const size_t lengths[] = { 15, 17, 100, 130, 500 };
    weft_debug_collect_often(heap, false);
    weft_auto(struct node) tree = tree_new(heap, NULL, 8);
    for (int i = 0; i < 5; i++) {
        struct node *ring = ring_new(heap, lengths[i]), *at = ring;
        do
            weft_set(&at->right, tree);
        while ((at = at->left) != ring);
        grow_up(heap);
        size_t before = object_count(heap);
        weft_release(ring);
        (void)weft_gc_collect(heap, WEFT_OLD);  // if it did not go by itself
        CHECK_EQ(object_count(heap), before - lengths[i]);
    }
    weft_clear(&tree);
    (void)weft_gc_collect(heap, WEFT_FULL);
}

static void release_in_there(struct node *self)
{
    weft_clear(&self->right);
}

// A candidate that a finalizer of the same collection lets go of.
static void finalizers_make_candidates(weft_heap *heap)
{
    weft_debug_collect_often(heap, false);
    struct node *first = loud_ring(heap, "a", "b");
    struct node *second = loud_ring(heap, "c", "d");
    first->act = release_in_there;
    weft_set(&first->right, second);
    grow_up(heap);
    make_candidate(second);
    weft_release(first);
    CHECK_EQ(weft_gc_collect(heap, WEFT_OLD), 2);
    weft_release(second);
    CHECK_EQ(weft_gc_collect(heap, WEFT_OLD), 2);
    CHECK_EQ(object_count(heap), 0);
    forget_trace();
}

// Live candidates stay, and are what they were.
static void live_candidates_stay(weft_heap *heap)
{
    weft_debug_collect_often(heap, false);
    weft_auto(struct node) tree = tree_new(heap, NULL, 10);
    grow_up(heap);
    size_t alive = object_count(heap);
    for (int i = 0; i < 20000; i++) {
        struct node *node = leaf_of(tree, 1 + i % 10);
        make_candidate(node);
    }
    CHECK_EQ(weft_gc_collect(heap, WEFT_OLD), 0);
    CHECK_EQ(object_count(heap), alive);
    CHECK_TRUE(weft_heap_verify(heap));
    weft_clear(&tree);
    (void)weft_gc_collect(heap, WEFT_FULL);
}

TESTS(RUN(pairs_on_a_tree), RUN(pairs_go_by_themselves), RUN(cache_of_rings),
    RUN(candidates_die), RUN(queue_overflows), RUN(long_rings_go),
    RUN(finalizers_make_candidates), RUN(live_candidates_stay))
