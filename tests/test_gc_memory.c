// SPDX-License-Identifier: MIT
//
// Tests of the collector when memory runs out, at every request there is: a
// collection does nothing then, or all; nothing is lost, nothing goes that is
// held, and with memory the next one does all of it.
#include "rings.h"

enum { LIVE = 40, RINGS = 20 };

static size_t finalized, disposed, told;

static void count_finalize(void *self)
{
    (void)self;
    finalized++;
}

static void count_dispose(void *self)
{
    (void)self;
    disposed++;
}

static void count_told(weft_ref *ref, void *context)
{
    (void)ref;
    (void)context;
    told++;
}

static weft_type counted_type = {
    .name = "counted", WEFT_SIZE(struct node),
    .fields = WEFT_FIELDS(NODE_FIELDS),
    .finalize = count_finalize, .dispose = count_dispose };

struct garden {
    struct node *live;          // a ring, held here
    weft_ref *refs[RINGS];      // on rings that are lost
    size_t made;                // rings that are whole
};

// Rings of two counted ones, watched, lost, beside a live ring of lists and
// nodes. Memory does not fail here.
static void plant(weft_heap *heap, struct garden *garden)
{
    *garden = (struct garden){ .live = ring_new(heap, LIVE) };
    finalized = disposed = told = 0;
    for (size_t i = 0; i < RINGS; i++) {
        struct node *a = weft_new(heap, &counted_type);
        a->left = weft_new(heap, &counted_type);
        weft_set(&a->left->left, a);
        weft_set(&a->right, garden->live);
        garden->refs[i] = weft_ref_new(a, count_told, NULL);
        weft_release(a);
    }
}

static void check_garden(struct garden *garden, bool gone)
{
    CHECK_EQ(disposed, gone ? 2 * RINGS : disposed);
    CHECK_TRUE(disposed <= finalized && told * 2 >= disposed);
    const struct node *at = garden->live;
    for (size_t i = 0; i < LIVE; i++)
        at = at->left;
    CHECK_SAME(at, garden->live);
}

static void clear_garden(weft_heap *heap, struct garden *garden)
{
    (void)weft_gc_collect(heap, WEFT_FULL);
    check_garden(garden, true);
    CHECK_EQ(finalized, 2 * RINGS);
    CHECK_EQ(told, RINGS);
    for (size_t i = 0; i < RINGS; i++)
        weft_clear(&garden->refs[i]);
    weft_clear(&garden->live);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), LIVE);
    CHECK_EQ(object_count(heap), 0);
}

// Runs a collection with each of its requests failing in turn.
static void fail_each(weft_heap *heap, void (*collect)(weft_heap *heap))
{
    size_t left = 0;
    for (size_t n = 1; left == 0; n++) {
        struct garden garden;
        by_hand(heap);
        plant(heap, &garden);
        (void)weft_debug_fail_at(heap, n);
        collect(heap);
        left = weft_debug_fail_at(heap, 0);
        CHECK_TRUE(weft_heap_verify(heap));
        check_garden(&garden, false);
        clear_garden(heap, &garden);
        CHECK_TRUE(n < 10000);
    }
}

static void collect_young(weft_heap *heap)
{
    (void)weft_gc_collect(heap, WEFT_YOUNG);
}

static void collect_old(weft_heap *heap)
{
    (void)weft_gc_collect(heap, WEFT_OLD);
}

static void collect_full(weft_heap *heap)
{
    (void)weft_gc_collect(heap, WEFT_FULL);
}

// A young pass.
static void young_pass_without_memory(weft_heap *heap)
{
    fail_each(heap, collect_young);
}

// Young ones, and trials.
static void trials_without_memory(weft_heap *heap)
{
    fail_each(heap, collect_old);
}

// Everything at once.
static void full_pass_without_memory(weft_heap *heap)
{
    fail_each(heap, collect_full);
}

static void collect_in_slices(weft_heap *heap)
{
    weft_gc_enable(heap);
    for (int i = 0; i < 40; i++)
        weft_poll(heap);
    weft_gc_disable(heap);
}

// Slices of a cycle, whose large structure needs a stack and side tables. Here
// what there is is too much to be made anew for each request, so each cycle is
// given one failure, a bit later each time.
static void cycle_without_memory(weft_heap *heap)
{
    enum { LARGE = 6000 };
    weft_debug_collect_often(heap, false);
    for (size_t n = 1; n < 40; n++) {
        weft_gc_set_threshold(heap, (weft_gc_threshold){ 0, 1, 20 });
        struct node *large = ring_new(heap, LARGE);
        weft_auto(struct node) live = ring_new(heap, 3000);
        weft_set(&large->right, live);
        (void)weft_gc_collect(heap, WEFT_YOUNG);
        weft_release(large);
        (void)weft_debug_fail_at(heap, n);
        for (int i = 0; i < 300; i++)
            weft_poll(heap);
        (void)weft_debug_fail_at(heap, 0);
        CHECK_TRUE(object_count(heap) >= 3000);
        CHECK_TRUE(weft_heap_verify(heap));
        const struct node *at = live;
        for (int i = 0; i < 3000; i++)
            at = at->left;
        CHECK_SAME(at, live);
        (void)weft_gc_collect(heap, WEFT_FULL);
        CHECK_EQ(object_count(heap), 3000);
        weft_clear(&live);
        (void)weft_gc_collect(heap, WEFT_FULL);
        CHECK_EQ(object_count(heap), 0);
    }
}

// With every request failing from the first to the last nothing is collected,
// and nothing crashes; what dies by count goes as ever.
static void no_memory_at_all(void)
{
    weft_heap_options options = test_options();
    options.limit = 1 << 20;
    weft_heap *heap = weft_heap_open(&options);
    by_hand(heap);
    struct node *chain = NULL, *node;
    while ((node = plain_new(heap)) != NULL) {
        node->left = chain;
        chain = node;
    }
    for (int generation = WEFT_YOUNG; generation <= WEFT_FULL; generation++)
        CHECK_EQ(weft_gc_collect(heap, (weft_generation)generation), 0);
    collect_in_slices(heap);
    weft_release(chain);
    CHECK_EQ(object_count(heap), 0);
    lose_ring(heap, 10);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 10);
    close_test_heap(heap);
}

// SAVEALL without memory for the list: nothing goes, nothing is lost.
static void saveall_without_memory(weft_heap *heap)
{
    struct node *ring = ring_new(heap, 3);
    if (!made(ring))
        return;
    weft_gc_set_debug(heap, WEFT_DEBUG_SAVEALL);
    weft_weak handle = weft_weak_of(ring->left);
    weft_release(ring);
    (void)weft_gc_collect(heap, WEFT_FULL);
    weft_gc_set_debug(heap, 0);
    weft_list *garbage = weft_gc_garbage(heap);
    if (garbage == NULL)
        return;
    CHECK_TRUE(weft_list_length(garbage) <= 3);
    if (weft_list_length(garbage) == 3)
        CHECK_TRUE(weft_weak_is_dead(handle));
    weft_list_clear(garbage);
    weft_release(garbage);
}

// Callbacks are added, or the call says why not.
static void ignore_gc(weft_heap *heap, weft_generation generation, bool stop,
    const weft_gc_stats *stats, void *context)
{
    (void)heap, (void)generation, (void)stop, (void)stats;
    ++*(int *)context;
}

static int gc_calls;

static void callbacks_without_memory(weft_heap *heap)
{
    gc_calls = 0;
    weft_debug_collect_often(heap, false);
    for (int i = 0; i < 5; i++)
        if (!went_well(weft_gc_add_callback(heap, ignore_gc, &gc_calls)))
            return;
    (void)weft_gc_collect(heap, WEFT_YOUNG);
    CHECK_EQ(gc_calls, 10);
    for (int i = 0; i < 5; i++)
        CHECK_TRUE(weft_gc_remove_callback(heap, ignore_gc, &gc_calls));
}

// Leaves `held` above zero, with the next request for memory failing.
static void leave_one(weft_heap *heap, struct node *holder, struct node *held)
{
    weft_set(&holder->right, held);
    (void)weft_debug_fail_at(heap, 1);
    weft_clear(&holder->right);
}

// Pitfall H50: candidates beyond number, and no memory to remember any.
static void hist_h50_no_memory_for_candidates(weft_heap *heap)
{
    weft_debug_collect_often(heap, false);
    weft_auto(struct node) ring = ring_new(heap, 3000);
    (void)weft_gc_collect(heap, WEFT_FULL);
    for (int round = 0; round < 10; round++) {
        struct node *at = ring;
        do {
            leave_one(heap, at, ring);
            leave_one(heap, at, at->left->left);
        } while ((at = at->left) != ring);
    }
    CHECK_EQ(weft_gc_get_count(heap).candidates, 0);
    (void)weft_debug_fail_at(heap, 0);
    CHECK_EQ(object_count(heap), 3000);
    weft_clear(&ring);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 3000);
}

// Pitfall H53: memory runs out inside a collection while user code of the
// collection asks for some, too.
static void make_some(struct node *self)
{
    struct node *made_here = plain_new(weft_heap_of(self));
    if (made_here != NULL)
        weft_set(&made_here->left, made_here);
    weft_release(made_here);
    weft_release(weft_ref_new(self, told_of, "never"));
}

static void hist_h53_user_code_without_memory(weft_heap *heap)
{
    by_hand(heap);
    struct node *ring = loud_ring(heap, "a", "b");
    if (!made(ring))
        return;
    ring->act = ring->left->act = make_some;
    weft_release(ring);
    (void)weft_gc_collect(heap, WEFT_YOUNG);
    (void)weft_gc_collect(heap, WEFT_FULL);
    (void)weft_gc_collect(heap, WEFT_FULL);
    forget_trace();
}

TESTS(RUN(young_pass_without_memory), RUN(trials_without_memory),
    RUN(full_pass_without_memory), RUN(cycle_without_memory),
    RUN_ALONE(no_memory_at_all), RUN_OOM(saveall_without_memory),
    RUN_OOM(callbacks_without_memory),
    RUN(hist_h50_no_memory_for_candidates),
    RUN_OOM(hist_h53_user_code_without_memory))
