// SPDX-License-Identifier: MIT
//
// Tests of the cycle: all that is old, in slices between which the program goes
// on. The structures are larger than what is settled at once (2048 objects), so
// that they are counted twice, validated, and torn down in slices.
#include "rings.h"

// MIDDLE: large enough for a cycle to begin at all.
enum { LARGE = 12000, MIDDLE = 5000, MOST_SLICES = 2000000 };

static struct cycle_log {
    int started, stopped;       // cycles
    uint64_t collected;         // by the last
} cycle_log;

static void log_cycles(weft_heap *heap, weft_generation generation, bool stop,
    const weft_gc_stats *stats, void *context)
{
    (void)heap;
    (void)context;
    if (generation != WEFT_FULL)
        return;
    if (stop) {
        cycle_log.stopped++;
        cycle_log.collected = stats->collected;
    } else {
        cycle_log.started++;
    }
}

// A heap where all that is there is old, and where the next cycle, of tiny
// slices, is due as soon as something polls. No young pass comes by itself.
static void prepare(weft_heap *heap)
{
    weft_debug_collect_often(heap, false);
    cycle_log = (struct cycle_log){ 0, 0, 0 };
    weft_gc_set_threshold(heap, (weft_gc_threshold){ 0, 1, 5 });
    CHECK_EQ(weft_gc_add_callback(heap, log_cycles, NULL), WEFT_OK);
    (void)weft_gc_collect(heap, WEFT_YOUNG);
}

// Polls until a cycle has started, or ended.
static void poll_until(weft_heap *heap, const int *what, int count)
{
    for (int i = 0; i < MOST_SLICES && *what < count; i++)
        weft_poll(heap);
    CHECK_EQ(*what, count);
}

// A ring with chords, every node of which leads to every other: one structure.
WEFT_NEW_REF static struct node *large_new(weft_heap *heap, size_t count)
{
    struct node *ring = ring_new(heap, count), *ahead = ring;
    for (int i = 0; i < 1000; i++)
        ahead = ahead->left;
    struct node *at = ring;
    do {
        weft_set(&at->right, ahead);
        ahead = ahead->left;
    } while ((at = at->left) != ring);
    return ring;
}

// A large structure that is old and lost is found, in many slices.
static void lost_structure_goes(weft_heap *heap)
{
    struct node *large = large_new(heap, LARGE);
    prepare(heap);
    weft_release(large);
    for (int i = 0; i < MOST_SLICES && cycle_log.stopped < 1; i++) {
        weft_poll(heap);
        CHECK_TRUE(i < 10 || cycle_log.started == 1);
    }
    CHECK_EQ(cycle_log.stopped, 1);
    CHECK_EQ(cycle_log.collected, LARGE);
    CHECK_EQ(object_count(heap), 0);
    CHECK_EQ(weft_gc_get_stats(heap, WEFT_FULL).collected, LARGE);
}

// A live one stays whole.
static void live_structure_stays(weft_heap *heap)
{
    weft_auto(struct node) large = large_new(heap, LARGE);
    weft_auto(struct node) other = large_new(heap, 3000);
    prepare(heap);
    weft_clear(&other);
    poll_until(heap, &cycle_log.stopped, 1);
    CHECK_EQ(cycle_log.collected, 3000);
    CHECK_EQ(object_count(heap), LARGE);
    struct node *at = large;
    for (int i = 0; i < LARGE; i++, at = at->left)
        CHECK_EQ(weft_refcount(at), i == 0 ? 3 : 2);
    CHECK_SAME(at, large);
    weft_clear(&large);
    (void)weft_gc_collect(heap, WEFT_FULL);
}

// Small ones among large: each goes as soon as it is settled.
static void small_ones_go_first(weft_heap *heap)
{
    weft_auto(struct node) large = large_new(heap, LARGE);
    struct node *rings[500];
    for (size_t i = 0; i < 500; i++)
        rings[i] = loud_ring(heap, "", "");
    prepare(heap);
    for (size_t i = 0; i < 500; i++)
        weft_release(rings[i]);
    poll_until(heap, &cycle_log.stopped, 1);
    forget_trace();
    CHECK_EQ(object_count(heap), LARGE);
    weft_clear(&large);
    (void)weft_gc_collect(heap, WEFT_FULL);
}

// While slices go by, the only reference to a large structure is moved by hand
// from one field to another, again and again. It is never lost.
static void moved_between_slices(weft_heap *heap)
{
    weft_auto(struct node) a = ring_new(heap, 50);
    weft_auto(struct node) b = ring_new(heap, 50);
    struct node *large = large_new(heap, 5000);
    prepare(heap);
    a->right = large;
    for (int i = 0; i < MOST_SLICES && cycle_log.stopped < 3; i++) {
        struct node *at = i % 2 == 0 ? a : b, *to = i % 2 == 0 ? b : a;
        for (int step = 0; step < i / 2 % 50; step++)
            at = at->left;
        for (int step = 0; step < (i + 1) / 2 % 50; step++)
            to = to->left;
        if (at->right == large) {
            at->right = NULL;
            to->right = large;
        }
        if (cycle_log.started == cycle_log.stopped) {
            weft_gc_set_threshold(heap, (weft_gc_threshold){ 0, 1, 5 });
            for (int j = 0; j < 5000; j++)
                lose_ring(heap, 1);
            (void)weft_gc_collect(heap, WEFT_YOUNG);
            weft_release(large_new(heap, 3000));
            struct node *more = large_new(heap, 5000);
            (void)weft_gc_collect(heap, WEFT_YOUNG);
            weft_release(more);
        }
        weft_poll(heap);
    }
    CHECK_EQ(cycle_log.stopped, 3);
    CHECK_EQ(weft_refcount(large), 2 + 1);
    struct node *at = large;
    for (int i = 0; i < 5000; i++)
        at = at->left;
    CHECK_SAME(at, large);
    weft_clear(&a);
    weft_clear(&b);
    (void)weft_gc_collect(heap, WEFT_FULL);
    CHECK_EQ(object_count(heap), 0);
}

static struct node *large_one;          // not held
static weft_weak large_handle;
static int upgrade_at;

// After so many slices of a cycle that is about to take it, a large structure
// is held again by way of a handle, and let go again some slices later.
static void upgrade_between_slices(weft_heap *heap)
{
    for (upgrade_at = 1; upgrade_at < 2500;
            upgrade_at += 1 + upgrade_at / 6) {
        struct node *large = large_new(heap, MIDDLE);
        large_handle = weft_weak_of(large->left->left);
        prepare(heap);
        weft_release(large);
        struct node *held = NULL;
        for (int i = 0; i < MOST_SLICES && cycle_log.stopped < 1; i++) {
            weft_poll(heap);
            if (i == upgrade_at)
                held = weft_weak_get(large_handle);
            if (i == upgrade_at + 3 && held != NULL && upgrade_at % 2 == 0)
                weft_clear(&held);
        }
        CHECK_EQ(cycle_log.stopped, 1);
        CHECK_TRUE(weft_heap_verify(heap));
        if (held != NULL) {
            CHECK_EQ(object_count(heap), MIDDLE);
            CHECK_FALSE(weft_weak_is_dead(large_handle));
            weft_clear(&held);
        }
        (void)weft_gc_collect(heap, WEFT_FULL);
        CHECK_EQ(object_count(heap), 0);
        CHECK_TRUE(weft_weak_is_dead(large_handle));
        CHECK_TRUE(weft_gc_remove_callback(heap, log_cycles, NULL));
    }
}

static size_t finalized, disposed;
static size_t rescue_after;             // finalizers; 0: never
static struct node *saved;

static void count_finalize(void *self)
{
    if (++finalized == rescue_after)
        saved = weft_retain(self);
    if (finalized % 100 == 0)
        lose_ring(weft_heap_of(self), 2);
}

static void count_dispose(void *self)
{
    (void)self;
    disposed++;
}

static weft_type counted_type = {
    .name = "counted", WEFT_SIZE(struct node),
    .fields = WEFT_FIELDS(NODE_FIELDS),
    .finalize = count_finalize, .dispose = count_dispose };

// As large_new(), with finalizers in every tenth node.
static struct node *counted_new(weft_heap *heap, size_t count)
{
    struct node *ring = large_new(heap, count), *at = ring;
    size_t i = 0;
    do {
        if (i++ % 10 == 0) {
            struct node *inserted = weft_new(heap, &counted_type);
            inserted->left = at->left;
            at->left = inserted;
            at = inserted;
        }
    } while ((at = at->left) != ring);
    finalized = disposed = 0;
    return ring;
}

// Finalizers of a large structure run once, all before the first member ends.
static void large_ones_are_finalized(weft_heap *heap)
{
    struct node *large = counted_new(heap, LARGE);
    prepare(heap);
    rescue_after = 0;
    weft_release(large);
    while (cycle_log.stopped < 1) {
        weft_poll(heap);
        CHECK_TRUE(disposed == 0 || finalized == LARGE / 10);
    }
    CHECK_EQ(finalized, LARGE / 10);
    CHECK_EQ(disposed, LARGE / 10);
    (void)weft_gc_collect(heap, WEFT_FULL);     // what they made
    CHECK_EQ(object_count(heap), 0);
}

// One finalizer of a large structure brings all of it back, and the next time
// it goes.
static void large_one_comes_back(weft_heap *heap)
{
    struct node *large = counted_new(heap, LARGE);
    prepare(heap);
    rescue_after = 500;
    weft_release(large);
    poll_until(heap, &cycle_log.stopped, 1);
    CHECK_EQ(finalized, LARGE / 10);
    CHECK_EQ(disposed, 0);
    CHECK_TRUE(weft_heap_verify(heap));
    struct node *at = saved;
    for (int i = 0; i < LARGE + LARGE / 10; i++)
        at = at->left;
    CHECK_SAME(at, saved);
    weft_clear(&saved);
    (void)weft_gc_collect(heap, WEFT_FULL);
    CHECK_EQ(finalized, LARGE / 10);
    CHECK_EQ(disposed, LARGE / 10);
}

// ---------------------------------------------------------------------------
// In the middle of a cycle

// After so many slices, for each number of slices in turn.
static void in_the_middle(weft_heap *heap, void (*act)(weft_heap *heap))
{
    for (int slices = 1; slices < 3000; slices += 1 + slices / 4) {
        struct node *large = counted_new(heap, MIDDLE);
        large_one = large;
        rescue_after = 0;
        prepare(heap);
        large_handle = weft_weak_of(large);
        weft_release(large);
        for (int i = 0; i < slices; i++)
            weft_poll(heap);
        CHECK_TRUE(slices < 30 || cycle_log.started == 1);
        act(heap);
        CHECK_TRUE(finalized == 0 || finalized == MIDDLE / 10);
        (void)weft_gc_collect(heap, WEFT_FULL);
        (void)weft_gc_collect(heap, WEFT_FULL);
        CHECK_EQ(cycle_log.started, cycle_log.stopped);
        CHECK_EQ(finalized, MIDDLE / 10);
        CHECK_EQ(disposed, MIDDLE / 10);
        CHECK_EQ(object_count(heap), 0);
        CHECK_TRUE(weft_weak_is_dead(large_handle));
        CHECK_TRUE(weft_gc_remove_callback(heap, log_cycles, NULL));
        weft_gc_enable(heap);
    }
}

static void disable(weft_heap *heap)
{
    weft_gc_disable(heap);
    size_t alive = object_count(heap);
    for (int i = 0; i < 10; i++)
        weft_poll(heap);
    CHECK_EQ(object_count(heap), alive);
}

static void collect_all(weft_heap *heap)
{
    (void)weft_gc_collect(heap, WEFT_FULL);
    CHECK_EQ(finalized, MIDDLE / 10);
    CHECK_EQ(disposed, MIDDLE / 10);
}

static void collect_others(weft_heap *heap)
{
    lose_ring(heap, 3);
    CHECK_TRUE(weft_gc_collect(heap, WEFT_YOUNG) >= 3);
    (void)weft_gc_collect(heap, WEFT_OLD);
}

static void freeze(weft_heap *heap)
{
    CHECK_EQ(weft_gc_freeze(heap), WEFT_OK);
    CHECK_EQ(weft_gc_get_freeze_count(heap), object_count(heap));
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 0);
    weft_gc_unfreeze(heap);
}

static void look_at_all(weft_heap *heap)
{
    CHECK_TRUE(weft_heap_verify(heap));
    (void)weft_heap_trim(heap);
    weft_auto(weft_list) list = weft_gc_get_objects(heap, WEFT_FULL);
    weft_each (it, list) {
        weft_auto(weft_list) held = weft_gc_get_referents(it.object);
        CHECK_TRUE(held != NULL);
    }
    if (object_count(heap) > MIDDLE)
        CHECK_EQ(weft_list_length(list), MIDDLE + MIDDLE / 10);
}

static void young_ring_refers_to_it(weft_heap *heap)
{
    struct node *young = ring_new(heap, 3);
    young->right = weft_weak_get(large_handle);
    weft_release(young);
    (void)weft_gc_collect(heap, WEFT_YOUNG);
}

static void disabled_in_the_middle(weft_heap *heap)
{
    in_the_middle(heap, disable);
}

static void collected_in_the_middle(weft_heap *heap)
{
    in_the_middle(heap, collect_all);
}

static void others_in_the_middle(weft_heap *heap)
{
    in_the_middle(heap, collect_others);
}

static void frozen_in_the_middle(weft_heap *heap)
{
    in_the_middle(heap, freeze);
}

static void looked_at_in_the_middle(weft_heap *heap)
{
    in_the_middle(heap, look_at_all);
}

static void young_ones_in_the_middle(weft_heap *heap)
{
    in_the_middle(heap, young_ring_refers_to_it);
}

// Pitfall H59: the heap is closed in the middle of a cycle, whatever the phase.
static void hist_h59_closed_in_the_middle(void)
{
    for (int slices = 0; slices < 3000; slices += 1 + slices / 4) {
        weft_heap *heap = open_test_heap();
        struct node *large = counted_new(heap, MIDDLE);
        rescue_after = 0;
        prepare(heap);
        weft_release(large);
        for (int i = 0; i < slices; i++)
            weft_poll(heap);
        CHECK_EQ(weft_heap_close(heap), 0);
        CHECK_EQ(finalized, MIDDLE / 10);
        CHECK_EQ(disposed, MIDDLE / 10);
        CHECK_EQ(cycle_log.started, cycle_log.stopped);
    }
}

// ---------------------------------------------------------------------------
// Deaths meanwhile

// Half of a large structure dies by count while the cycle is at it, and the
// slots are used again at once.
static void deaths_between_slices(weft_heap *heap)
{
    for (int slices = 1; slices < 1500; slices += 1 + slices / 3) {
        struct node *large = large_new(heap, 3000);
        prepare(heap);
        large_handle = weft_weak_of(large);
        struct node *chain = NULL;
        for (int i = 0; i < 3000; i++) {
            struct node *node = plain_new(heap);
            node->left = chain;
            chain = node;
        }
        weft_set_steal(&large->left->left->right, chain);
        (void)weft_gc_collect(heap, WEFT_YOUNG);
        weft_clear(&large);
        for (int i = 0; i < slices; i++)
            weft_poll(heap);
        large = weft_weak_get(large_handle);
        if (large != NULL)
            weft_clear(&large->left->left->right);
        weft_auto(struct node) reused = ring_new(heap, 2000);
        weft_clear(&large);
        for (int i = 0; i < 3000; i++)
            weft_poll(heap);
        struct node *at = reused;
        for (int i = 0; i < 2000; i++)
            at = at->left;
        CHECK_SAME(at, reused);
        weft_clear(&reused);
        (void)weft_gc_collect(heap, WEFT_FULL);
        CHECK_EQ(object_count(heap), 0);
        CHECK_TRUE(weft_gc_remove_callback(heap, log_cycles, NULL));
    }
}

static struct node *outside[40];
static size_t ends;

static void outsider_act(void *self)
{
    struct node *node = self;
    weft_auto(struct node) member = weft_weak_get(node->watched);
    CHECK_TRUE(member == NULL);
    CHECK_TRUE(weft_weak_is_dead(large_handle));
    lose_ring(weft_heap_of(self), 2);
    weft_poll(weft_heap_of(self));
    ends++;
}

static weft_type outsider_type = {
    .name = "outsider", WEFT_SIZE(struct node),
    .fields = WEFT_FIELDS(NODE_FIELDS), .finalize = outsider_act };

// Objects that only a large structure holds, but which are too young to be
// part of it, die of its teardown, slice by slice; their finalizers, which try
// to upgrade handles of members, find none.
static void outsiders_die_between_slices(weft_heap *heap)
{
    struct node *large = large_new(heap, MIDDLE), *at = large;
    prepare(heap);
    large_handle = weft_weak_of(large);
    poll_until(heap, &cycle_log.started, 1);
    for (int i = 0; i < 20; i++)
        weft_poll(heap);                // the members are counted by now
    for (int i = 0; i < 40; i++, at = at->left->left->left) {
        outside[i] = weft_new(heap, &outsider_type);
        outside[i]->watched = weft_weak_of(at);
        weft_set(&at->right->left->right, outside[i]);
        weft_clear(&outside[i]);
    }
    ends = 0;
    weft_release(large);
    for (int i = 0; i < 20000; i++)
        weft_poll(heap);
    (void)weft_gc_collect(heap, WEFT_FULL);
    (void)weft_gc_collect(heap, WEFT_FULL);
    CHECK_EQ(ends, 40);
    CHECK_EQ(object_count(heap), 0);
}

TESTS(RUN(lost_structure_goes), RUN(live_structure_stays),
    RUN(small_ones_go_first), RUN(moved_between_slices),
    RUN(upgrade_between_slices), RUN(large_ones_are_finalized),
    RUN(large_one_comes_back), RUN(disabled_in_the_middle),
    RUN(collected_in_the_middle), RUN(others_in_the_middle),
    RUN(frozen_in_the_middle), RUN(looked_at_in_the_middle),
    RUN(young_ones_in_the_middle), RUN_ALONE(hist_h59_closed_in_the_middle),
    RUN(deaths_between_slices), RUN(outsiders_die_between_slices))
