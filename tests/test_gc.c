// SPDX-License-Identifier: MIT
//
// Tests of the collector as a program sees it: what goes, what stays, how much
// that was, and who is told of it.
#include "rings.h"

// A ring that nobody holds goes, and is counted.
static void ring_goes(weft_heap *heap)
{
    by_hand(heap);
    lose_ring(heap, 3);
    CHECK_EQ(object_count(heap), 3);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 3);
    CHECK_EQ(object_count(heap), 0);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 0);
}

// Every way of collecting finds a ring that is young.
static void each_generation_finds_the_young(weft_heap *heap)
{
    by_hand(heap);
    for (int generation = WEFT_YOUNG; generation <= WEFT_FULL; generation++) {
        lose_ring(heap, 5);
        CHECK_EQ(weft_gc_collect(heap, (weft_generation)generation), 5);
        CHECK_EQ(object_count(heap), 0);
    }
}

// What is old is not looked at by a young pass.
static void old_ring_is_not_young(weft_heap *heap)
{
    by_hand(heap);
    struct node *ring = ring_new(heap, 4);
    CHECK_EQ(weft_gc_collect(heap, WEFT_YOUNG), 0);
    weft_release(ring);
    CHECK_EQ(weft_gc_collect(heap, WEFT_YOUNG), 0);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 4);
}

// A ring somebody holds stays whole, wherever it is held.
static void held_ring_stays(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(struct node) ring = ring_new(heap, 10);
    weft_auto(struct node) middle = weft_retain(ring->left->left->left);
    weft_clear(&ring);
    for (int generation = WEFT_YOUNG; generation <= WEFT_FULL; generation++)
        CHECK_EQ(weft_gc_collect(heap, (weft_generation)generation), 0);
    struct node *at = middle;
    for (int i = 0; i < 10; i++)
        at = at->left;
    CHECK_SAME(at, middle);
    weft_clear(&middle);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 10);
}

// An object that holds itself is a ring.
static void one_is_a_ring(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(struct node) node = plain_new(heap);
    weft_set(&node->left, node);
    weft_set(&node->right, node);
    weft_clear(&node);
    CHECK_EQ(weft_gc_collect(heap, WEFT_YOUNG), 1);
}

// What hangs on a ring goes with it; what the ring hangs on stays.
static void tail_goes_head_stays(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(struct node) head = plain_new(heap);
    struct node *ring = ring_new(heap, 3);
    weft_set_steal(&ring->right, plain_new(heap));
    weft_set(&ring->left->right, head);
    weft_release(ring);
    CHECK_EQ(weft_refcount(head), 2);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 4);
    CHECK_EQ(weft_refcount(head), 1);
    CHECK_EQ(object_count(heap), 1);
}

// Two rings that share nothing: the one that is held does not save the other.
static void only_the_lost_ring_goes(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(struct node) kept = ring_new(heap, 3);
    struct node *lost = ring_new(heap, 4);
    weft_set(&lost->right, kept);
    weft_clear(&lost);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 4);
    CHECK_EQ(object_count(heap), 3);
    weft_clear(&kept);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 3);
}

// A list in itself, and lists of values in rings.
static void lists_and_values_go(weft_heap *heap)
{
    by_hand(heap);
    weft_list *list = weft_list_new(heap), *other = weft_list_new(heap);
    CHECK_EQ(weft_list_append(list, weft_object(list)), WEFT_OK);
    CHECK_EQ(weft_list_append(list, weft_object(other)), WEFT_OK);
    CHECK_EQ(weft_list_append(other, weft_object(list)), WEFT_OK);
    CHECK_EQ(weft_list_append(other, weft_text("kept as a string")), WEFT_OK);
    weft_release(list);
    weft_release(other);
    CHECK_EQ(object_count(heap), 3);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
    CHECK_EQ(object_count(heap), 0);
}

// As in Python, refs that go away with their callback are counted, too.
static void refs_that_go_are_counted(weft_heap *heap)
{
    by_hand(heap);
    struct node *ring = ring_new(heap, 2);
    weft_auto(weft_ref) ref = weft_ref_new(ring, told_of, "told");
    weft_clear(&ring);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
    CHECK_TRACE("told");
    CHECK_TRUE(weft_ref_is_dead(ref));
}

// ---------------------------------------------------------------------------
// By itself, or not

// Disabled it does nothing by itself, and everything when it is asked to.
static void disabled_works_by_hand(weft_heap *heap)
{
    weft_debug_collect_often(heap, false);
    CHECK_TRUE(weft_gc_is_enabled(heap));
    weft_gc_disable(heap);
    CHECK_FALSE(weft_gc_is_enabled(heap));
    for (int i = 0; i < 5000; i++)
        lose_ring(heap, 2);
    weft_poll(heap);
    CHECK_EQ(object_count(heap), 10000);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 10000);
    weft_gc_enable(heap);
    for (int i = 0; i < 5000; i++)
        lose_ring(heap, 2);
    CHECK_TRUE(object_count(heap) < 6000);
}

// The thresholds are what was set; a threshold of 0 is never reached.
static void thresholds_can_be_set(weft_heap *heap)
{
    weft_debug_collect_often(heap, false);
    weft_gc_threshold threshold = weft_gc_get_threshold(heap);
    CHECK_EQ(threshold.young, 1000);
    CHECK_EQ(threshold.growth_percent, 100);
    CHECK_EQ(threshold.pause_us, 100);
    weft_gc_set_threshold(heap, (weft_gc_threshold){ 50, 20, 10 });
    threshold = weft_gc_get_threshold(heap);
    CHECK_EQ(threshold.young, 50);
    CHECK_EQ(threshold.growth_percent, 20);
    CHECK_EQ(threshold.pause_us, 10);
    for (int i = 0; i < 1000; i++)
        lose_ring(heap, 2);
    CHECK_TRUE(object_count(heap) < 200);
    CHECK_TRUE(weft_gc_get_stats(heap, WEFT_YOUNG).collections >= 19);
    weft_gc_set_threshold(heap, (weft_gc_threshold){ 0, 0, 10 });
    (void)weft_gc_collect(heap, WEFT_FULL);
    for (int i = 0; i < 10000; i++)
        lose_ring(heap, 2);
    CHECK_EQ(object_count(heap), 20000);
}

// Making objects never collects, whatever is due.
static void new_does_not_collect(weft_heap *heap)
{
    weft_debug_collect_often(heap, false);
    weft_gc_set_threshold(heap, (weft_gc_threshold){ 10, 10, 1 });
    struct node *chain = NULL;
    for (int i = 0; i < 5000; i++) {
        struct node *node = plain_new(heap);
        node->left = chain;
        chain = node;
    }
    CHECK_EQ(weft_gc_get_stats(heap, WEFT_YOUNG).collections, 0);
    CHECK_EQ(weft_gc_get_count(heap).young, 5000);
    weft_release(chain);
}

// weft_poll does what is due, for a program that releases nothing.
static void poll_does_what_is_due(weft_heap *heap)
{
    weft_debug_collect_often(heap, false);
    struct node *ring = NULL;
    for (int i = 0; i < 30000; i++) {
        ring = plain_new(heap);
        ring->left = ring;              // the variable's reference moves
        ring = NULL;
        weft_poll(heap);
    }
    CHECK_TRUE(object_count(heap) < 5000);
    (void)weft_gc_collect(heap, WEFT_FULL);
}

// ---------------------------------------------------------------------------
// Numbers

// Young ones are counted until they are looked at, and become old then.
static void counts_say_what_waits(weft_heap *heap)
{
    weft_debug_collect_often(heap, false);
    weft_auto(struct node) ring = ring_new(heap, 7);
    CHECK_EQ(weft_gc_get_count(heap).young, 7);
    CHECK_EQ(weft_gc_get_count(heap).grown, 0);
    (void)weft_gc_collect(heap, WEFT_YOUNG);
    CHECK_EQ(weft_gc_get_count(heap).young, 0);
    CHECK_EQ(weft_gc_get_count(heap).grown, 7);
    weft_release(weft_retain(ring->left));  // taken and given back: no news
    CHECK_EQ(weft_gc_get_count(heap).candidates, 0);
    weft_set(&ring->right, ring->left);
    weft_clear(&ring->right);               // a reference is gone: news
    CHECK_EQ(weft_gc_get_count(heap).candidates, 1);
    (void)weft_gc_collect(heap, WEFT_FULL);
    CHECK_EQ(weft_gc_get_count(heap).grown, 0);
    weft_clear(&ring);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 7);
}

// Statistics are kept by generation.
static void statistics_add_up(weft_heap *heap)
{
    by_hand(heap);
    lose_ring(heap, 3);
    (void)weft_gc_collect(heap, WEFT_YOUNG);
    lose_ring(heap, 4);
    (void)weft_gc_collect(heap, WEFT_OLD);
    lose_ring(heap, 5);
    (void)weft_gc_collect(heap, WEFT_FULL);
    (void)weft_gc_collect(heap, WEFT_FULL);
    weft_gc_stats young = weft_gc_get_stats(heap, WEFT_YOUNG);
    weft_gc_stats old = weft_gc_get_stats(heap, WEFT_OLD);
    weft_gc_stats full = weft_gc_get_stats(heap, WEFT_FULL);
    CHECK_EQ(young.collections, 1);
    CHECK_EQ(young.collected, 3);
    CHECK_EQ(old.collections, 1);
    CHECK_EQ(old.collected, 4);
    CHECK_EQ(full.collections, 2);
    CHECK_EQ(full.collected, 5);
    CHECK_EQ(young.uncollectable + old.uncollectable + full.uncollectable, 0);
    CHECK_TRUE(full.ns >= full.longest_ns && full.longest_ns > 0);
}

// ---------------------------------------------------------------------------
// Callbacks

static void hear_gc(weft_heap *heap, weft_generation generation, bool stop,
    const weft_gc_stats *stats, void *context)
{
    say("%s%d%s%zu", (const char *)context, (int)generation,
        stop ? "-" : "+", (size_t)stats->collected);
    CHECK_TRUE(weft_gc_is_collecting(heap));
    lose_ring(heap, 2);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 0);
}

// Callbacks hear the start and the stop of each collection, with what it was
// and did, in the order in which they were added. In them nothing is collected.
static void callbacks_hear_of_it(weft_heap *heap)
{
    by_hand(heap);
    CHECK_EQ(weft_gc_add_callback(heap, hear_gc, "a"), WEFT_OK);
    CHECK_EQ(weft_gc_add_callback(heap, hear_gc, "b"), WEFT_OK);
    lose_ring(heap, 3);
    CHECK_EQ(weft_gc_collect(heap, WEFT_YOUNG), 7);
    CHECK_TRACE("a0+0 b0+0 a0-7 b0-7");
    CHECK_FALSE(weft_gc_is_collecting(heap));
    CHECK_EQ(object_count(heap), 4);
    CHECK_FALSE(weft_gc_remove_callback(heap, hear_gc, "c"));
    CHECK_TRUE(weft_gc_remove_callback(heap, hear_gc, "a"));
    CHECK_FALSE(weft_gc_remove_callback(heap, hear_gc, "a"));
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 6);
    CHECK_TRACE("b2+0 b2-6");
    CHECK_TRUE(weft_gc_remove_callback(heap, hear_gc, "b"));
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
    CHECK_TRACE("");
}

static void change_all(weft_heap *heap, weft_generation generation, bool stop,
    const weft_gc_stats *stats, void *context)
{
    (void)stats;
    (void)context;
    if (stop) {
        weft_gc_unfreeze(heap);
        weft_gc_disable(heap);
        CHECK_TRUE(weft_gc_remove_callback(heap, change_all, NULL));
        say("stop %d", (int)generation);
    } else {
        weft_gc_enable(heap);
        weft_poll(heap);
        CHECK_EQ(weft_gc_freeze(heap), WEFT_OK);
        weft_gc_set_threshold(heap, (weft_gc_threshold){ 5, 5, 5 });
        say("start");
    }
}

// A callback may change everything about the collector, and remove itself.
static void callbacks_may_do_anything(weft_heap *heap)
{
    by_hand(heap);
    lose_ring(heap, 3);
    CHECK_EQ(weft_gc_add_callback(heap, change_all, NULL), WEFT_OK);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 0);     // all were frozen
    CHECK_TRACE("start stop 2");
    CHECK_FALSE(weft_gc_is_enabled(heap));
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 3);
}

// ---------------------------------------------------------------------------
// A collection in a collection

static weft_heap *its_heap;

static void collect_in_there(struct node *self)
{
    (void)self;
    lose_ring(its_heap, 2);
    weft_poll(its_heap);
    say("%d:%zu", weft_gc_is_collecting(its_heap),
        weft_gc_collect(its_heap, WEFT_FULL));
    weft_gc_disable(its_heap);
    weft_gc_enable(its_heap);
}

// Pitfall H54: a finalizer run by a collection makes objects, releases, and
// collects: that does nothing. Run by a death it collects.
static void hist_h54_collect_in_finalizer(weft_heap *heap)
{
    by_hand(heap);
    its_heap = heap;
    struct node *ring = loud_ring(heap, "a", "b");
    ring->act = collect_in_there;
    weft_release(ring);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
    CHECK_TRACE("~a 1:0 ~b a. b.");
    CHECK_EQ(object_count(heap), 2);
    struct node *alone = loud_new(heap, "c");
    alone->act = collect_in_there;
    weft_release(alone);
    CHECK_TRACE("~c 0:4 c.");
    CHECK_EQ(object_count(heap), 0);
}

static void collect_when_told(weft_ref *ref, void *context)
{
    (void)ref;
    weft_heap *heap = context;
    say("%d:%zu", weft_gc_is_collecting(heap),
        weft_gc_collect(heap, WEFT_FULL));
}

// The same in a callback.
static void collect_in_callback(weft_heap *heap)
{
    by_hand(heap);
    struct node *ring = ring_new(heap, 3), *alone = plain_new(heap);
    weft_auto(weft_ref) first = weft_ref_new(ring, collect_when_told, heap);
    weft_auto(weft_ref) second = weft_ref_new(alone, collect_when_told, heap);
    weft_release(ring);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 3);
    CHECK_TRACE("1:0");
    lose_ring(heap, 4);
    weft_release(alone);
    CHECK_TRACE("0:4");
}

static void collect_in_dispose(void *self)
{
    struct node *node = self;
    say("%zu", weft_gc_collect(its_heap, WEFT_FULL));
    weft_poll(its_heap);
    CHECK_STR(node->name, "name");
}

static weft_type disposing_type = {
    .name = "disposing", WEFT_SIZE(struct node),
    .fields = WEFT_FIELDS(NODE_FIELDS), .dispose = collect_in_dispose };

// Inside dispose it does nothing, whoever disposes.
static void collect_inside_dispose(weft_heap *heap)
{
    by_hand(heap);
    its_heap = heap;
    lose_ring(heap, 2);
    for (int ring = 0; ring < 2; ring++) {
        struct node *node = weft_new(heap, &disposing_type);
        node->name = "name";
        if (ring == 1)
            weft_set(&node->left, node);
        weft_release(node);
    }
    CHECK_TRACE("0");
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 3);
    CHECK_TRACE("0");
}

static void close_in_there(struct node *self)
{
    CHECK_EQ(weft_heap_close(weft_heap_of(self)), 0);
}

// Closing the heap from a finalizer of the collector's is misuse.
static void close_in_finalizer_is_misuse(weft_heap *heap)
{
    by_hand(heap);
    struct node *ring = loud_ring(heap, "a", "b");
    ring->act = close_in_there;
    weft_release(ring);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
    CHECK_TRACE("~a ~b a. b.");
    CHECK_REPORT(WEFT_MISUSE, "weft_heap_close");
}

// Closing collects, also if that is disabled: finalizers and callbacks run, and
// nothing was held.
static void close_collects(void)
{
    for (int disabled = 0; disabled < 2; disabled++) {
        weft_heap *heap = open_test_heap();
        if (disabled == 1)
            weft_gc_disable(heap);
        weft_gc_set_debug(heap, WEFT_DEBUG_SAVEALL);
        struct node *ring = loud_ring(heap, "a", "b");
        weft_release(ring);
        CHECK_EQ(weft_heap_close(heap), 0);
        CHECK_TRACE("~a ~b a. b.");
        CHECK_NO_REPORTS();
    }
}

TESTS(RUN(ring_goes), RUN(each_generation_finds_the_young),
    RUN(old_ring_is_not_young), RUN(held_ring_stays), RUN(one_is_a_ring),
    RUN(tail_goes_head_stays), RUN(only_the_lost_ring_goes),
    RUN(lists_and_values_go), RUN(refs_that_go_are_counted),
    RUN(disabled_works_by_hand), RUN(thresholds_can_be_set),
    RUN(new_does_not_collect), RUN(poll_does_what_is_due),
    RUN(counts_say_what_waits), RUN(statistics_add_up),
    RUN(callbacks_hear_of_it), RUN(callbacks_may_do_anything),
    RUN(hist_h54_collect_in_finalizer), RUN(collect_in_callback),
    RUN(collect_inside_dispose), RUN(close_in_finalizer_is_misuse),
    RUN_ALONE(close_collects))
