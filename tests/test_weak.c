// SPDX-License-Identifier: MIT
//
// Weak handles: eight bytes that find their object as long as it lives, and
// never anything else.
#include "node.h"

#include <pthread.h>

// All zero is a dead handle, and so is that of NULL.
static void zero_is_dead(weft_heap *heap)
{
    (void)heap;
    weft_weak zero = { 0 };
    CHECK_NULL(weft_weak_get(zero));
    CHECK_TRUE(weft_weak_is_dead(zero));
    CHECK_TRUE(weft_weak_is_same(zero, weft_weak_of(NULL)));
    CHECK_NULL(weft_weak_get(weft_weak_of(NULL)));
}

// Getting gives a new reference; taking a handle counts nothing.
static void gets_a_new_reference(weft_heap *heap)
{
    struct node *node = plain_new(heap);
    weft_weak weak = weft_weak_of(node);
    CHECK_EQ(weft_refcount(node), 1);
    CHECK_FALSE(weft_weak_is_dead(weak));
    struct node *found = weft_weak_get(weak);
    CHECK_SAME(found, node);
    CHECK_EQ(weft_refcount(node), 2);
    weft_release(node);
    CHECK_FALSE(weft_weak_is_dead(weak));
    weft_release(found);
    CHECK_TRUE(weft_weak_is_dead(weak));
    CHECK_NULL(weft_weak_get(weak));
}

// All handles of one object are equal, of two objects never, in life and death.
static void is_equal_by_object(weft_heap *heap)
{
    struct node *a = plain_new(heap);
    struct node *b = plain_new(heap);
    weft_weak first = weft_weak_of(a);
    weft_weak second = weft_weak_of(a);
    weft_weak other = weft_weak_of(b);
    CHECK_TRUE(weft_weak_is_same(first, second));
    CHECK_FALSE(weft_weak_is_same(first, other));
    weft_release(a);
    CHECK_TRUE(weft_weak_is_same(first, second));
    CHECK_FALSE(weft_weak_is_same(first, other));
    weft_release(b);
    CHECK_FALSE(weft_weak_is_same(first, other));
}

// A handle of a dead object does not find what lives in its memory now.
static void is_not_fooled_by_reuse(weft_heap *heap)
{
    enum { COUNT = 5000 };
    weft_weak *old = malloc(COUNT * sizeof(*old));
    for (size_t i = 0; i < COUNT; i++) {
        struct node *node = plain_new(heap);
        old[i] = weft_weak_of(node);
        weft_release(node);
    }
    weft_auto(struct node) node = plain_new(heap);
    weft_weak now = weft_weak_of(node);
    for (size_t i = 0; i < COUNT; i++) {
        CHECK_NULL(weft_weak_get(old[i]));
        CHECK_TRUE(weft_weak_is_dead(old[i]));
        CHECK_FALSE(weft_weak_is_same(old[i], now));
    }
    free(old);
}

// Taking many handles takes no memory.
static void hist_h57_takes_nothing_elsewhere(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    (void)weft_debug_fail_at(heap, 1);
    for (size_t i = 0; i < 100000; i++) {
        weft_weak weak = weft_weak_of(node);
        weft_release(weft_weak_get(weak));
    }
    CHECK_EQ(weft_debug_fail_at(heap, 0), 1);
    CHECK_EQ(weft_refcount(node), 1);
}

// Handles may be moved and copied byte by byte.
static void hist_h22_may_be_moved(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_weak here = weft_weak_of(node);
    weft_weak there;
    memcpy(&there, &here, sizeof(there));
    memset(&here, 0xff, sizeof(here));
    weft_auto(struct node) found = weft_weak_get(there);
    CHECK_SAME(found, node);
}

// Memory that holds a handle may go at any time: nobody writes to it.
static void hist_h21_may_be_forgotten(weft_heap *heap)
{
    struct node *node = plain_new(heap);
    weft_weak *weak = malloc(sizeof(*weak));
    *weak = weft_weak_of(node);
    free(weak);
    weft_release(node);
}

// Nothing weak ever takes a reference of its own, however short.
static void hist_h17_taking_one_counts_nothing(weft_heap *heap)
{
    weft_auto(struct node) node = loud_new(heap, "a");
    weft_weak weak = weft_weak_of(node);
    weft_auto(weft_ref) ref = weft_ref_new(node, NULL, NULL);
    CHECK_EQ(weft_refcount(node), 1);
    CHECK_FALSE(weft_weak_is_dead(weak));
    CHECK_FALSE(weft_ref_is_dead(ref));
    CHECK_EQ(weft_weakref_count(node), 1);
    CHECK_EQ(weft_refcount(node), 1);
    weft_clear(&node);
    CHECK_TRACE("~a a.");
}

// A WEAK row is a plain field: it neither keeps nor needs anything.
static void field_watches(weft_heap *heap)
{
    weft_auto(struct node) root = plain_new(heap);
    weft_set_steal(&root->left, plain_new(heap));
    root->left->watched = weft_weak_of(root);
    root->watched = weft_weak_of(root->left);
    weft_weak child = root->watched;
    CHECK_EQ(weft_refcount(root), 1);
    weft_clear(&root->left);
    CHECK_TRUE(weft_weak_is_dead(child));
    CHECK_NULL(weft_weak_get(root->watched));
}

// Of what forbids weak references there is only the dead handle.
static void respects_who_forbids_it(weft_heap *heap)
{
    weft_auto(weft_string) string = weft_string_new(heap, "text");
    weft_auto(struct node) node = plain_new(heap);
    CHECK_FALSE(weft_is_weakable(string));
    CHECK_TRUE(weft_is_weakable(node));
    CHECK_TRUE(weft_weak_is_dead(weft_weak_of(string)));
    CHECK_NULL(weft_weak_get(weft_weak_of(string)));
    CHECK_TRUE(weft_weak_is_same(weft_weak_of(string), (weft_weak){ 0 }));
}

static weft_type shy_type = {
    .name = "shy", WEFT_SIZE(struct node), .weak = WEFT_FORBIDDEN,
    .finalize = node_finalize, .dispose = node_dispose };

// A type of one's own may forbid them as well.
static void types_may_forbid_it(weft_heap *heap)
{
    struct node *node = weft_new(heap, &shy_type);
    node->name = "s";
    weft_finalizer finalizer;
    CHECK_FALSE(weft_is_weakable(node));
    CHECK_TRUE(weft_weak_is_dead(weft_weak_of(node)));
    CHECK_EQ(weft_finalize(node, free, NULL, &finalizer), WEFT_TYPE_ERROR);
    CHECK_NULL(weft_proxy_new(node, NULL, NULL));
    CHECK_REPORT(WEFT_MISUSE, "shy");
    CHECK_EQ(weft_weakref_count(node), 0);
    CHECK_TRUE(weft_id(node) == weft_id(node));
    weft_release(node);
    CHECK_TRACE("~s s.");
}

static weft_weak taken;
static struct node *found_inside;

static void get_oneself(struct node *self)
{
    CHECK_EQ(weft_refcount(self), 1);
    found_inside = weft_weak_get(taken);
    CHECK_SAME(found_inside, self);
    weft_release(found_inside);
    CHECK_TRUE(weft_weak_is_same(weft_weak_of(self), taken));
}

// In its own finalizer an object is whole, and handles find it.
static void works_in_finalize(weft_heap *heap)
{
    struct node *node = loud_new(heap, "a");
    node->act = get_oneself;
    taken = weft_weak_of(node);
    weft_release(node);
    CHECK_TRACE("~a a.");
    CHECK_TRUE(weft_weak_is_dead(taken));
}

static void take_handle(struct node *self)
{
    taken = weft_weak_of(self);
}

// A handle made by the finalizer dies with the object all the same.
static void hist_h46_made_in_finalize_dies_too(weft_heap *heap)
{
    struct node *node = loud_new(heap, "a");
    node->act = take_handle;
    weft_release(node);
    CHECK_FALSE(weft_weak_is_same(taken, (weft_weak){ 0 }));
    CHECK_TRUE(weft_weak_is_dead(taken));
    weft_auto(struct node) other = loud_new(heap, "b");
    CHECK_NULL(weft_weak_get(taken));
    CHECK_FALSE(weft_weak_is_same(taken, weft_weak_of(other)));
    weft_clear(&other);
    CHECK_TRACE("~a a. ~b b.");
}

static void watch_the_dying(void *self)
{
    weft_weak weak = weft_weak_of(self);
    if (weft_weak_is_same(weak, (weft_weak){ 0 })
        && weft_weak_is_dead(weak))
        say("dead");
}

static weft_type late_type = {
    .name = "late", WEFT_SIZE(struct node),
    .clear = watch_the_dying, .dispose = watch_the_dying };

// In clear and dispose there is only the dead handle of the object: it could
// not be told from those of whatever comes to lie in its place.
static void hist_h15_of_the_dying_is_dead(weft_heap *heap)
{
    struct node *node = weft_new(heap, &late_type);
    taken = weft_weak_of(node);
    weft_release(node);
    CHECK_TRACE("dead dead");
    weft_release(weft_new(heap, &late_type));
    CHECK_TRACE("dead dead");
    weft_auto(struct node) next = weft_new(heap, &late_type);
    CHECK_TRUE(weft_weak_is_dead(taken));
    weft_clear(&next);
    CHECK_TRACE("dead dead");
}

// What lives on after its finalizer keeps its handles, old and new.
static void hist_h16_survives_resurrection(weft_heap *heap)
{
    struct node *node = loud_new(heap, "a");
    node->act = rescue;
    weft_weak weak = weft_weak_of(node);
    weft_release(node);
    CHECK_TRACE("~a");
    CHECK_FALSE(weft_weak_is_dead(weak));
    CHECK_TRUE(weft_weak_is_same(weak, weft_weak_of(rescued)));
    weft_clear(&rescued);
    CHECK_TRACE("a.");
    CHECK_TRUE(weft_weak_is_dead(weak));
}

static void *ask_from_elsewhere(void *handles)
{
    weft_weak *weak = handles;
    return !weft_weak_is_dead(weak[0]) && weft_weak_is_dead(weak[1]) ? weak
        : NULL;
}

// Any thread may ask whether a handle is dead.
static void may_be_asked_from_any_thread(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    struct node *gone = plain_new(heap);
    weft_weak handles[2] = { weft_weak_of(node), weft_weak_of(gone) };
    weft_release(gone);
    pthread_t thread;
    void *result = NULL;
    CHECK_EQ(pthread_create(&thread, NULL, ask_from_elsewhere, handles), 0);
    CHECK_EQ(pthread_join(thread, &result), 0);
    CHECK_SAME(result, handles);
}

static weft_weak racing;
static int ended;

static void *ask_all_the_time(void *unused)
{
    (void)unused;
    size_t flickers = 0;
    while (!__atomic_load_n(&ended, __ATOMIC_ACQUIRE)) {
        weft_weak weak = { __atomic_load_n(&racing.bits, __ATOMIC_ACQUIRE) };
        bool dead = weft_weak_is_dead(weak);
        flickers += dead && !weft_weak_is_dead(weak);
    }
    return flickers == 0 ? &ended : NULL;
}

// Dead is for ever, also for a thread that watches objects come and go.
static void is_never_seen_to_come_back(weft_heap *heap)
{
    pthread_t thread;
    void *result = NULL;
    ended = 0;
    racing = (weft_weak){ 0 };
    CHECK_EQ(pthread_create(&thread, NULL, ask_all_the_time, NULL), 0);
    for (size_t i = 0; i < 100000; i++) {
        struct node *node = plain_new(heap);
        __atomic_store_n(&racing.bits, weft_weak_of(node).bits,
            __ATOMIC_RELEASE);
        weft_release(node);
    }
    __atomic_store_n(&ended, 1, __ATOMIC_RELEASE);
    CHECK_EQ(pthread_join(thread, &result), 0);
    CHECK_SAME(result, &ended);
}

// Handles outlive their heap: dead, also when other heaps use its memory.
static void outlives_the_heap(void)
{
    enum { COUNT = 3000 };
    weft_weak *old = malloc(COUNT * sizeof(*old));
    weft_heap *heap = open_test_heap();
    for (size_t i = 0; i < COUNT; i++) {
        struct node *node = plain_new(heap);
        old[i] = weft_weak_of(node);
        if (i % 2 == 0)
            weft_release(node);
    }
    CHECK_EQ(weft_heap_close(heap), COUNT / 2);
    CHECK_REPORT(WEFT_LEAKED, "plain");
    for (size_t i = 0; i < COUNT; i++)
        CHECK_TRUE(weft_weak_is_dead(old[i]));
    heap = open_test_heap();
    struct node **nodes = malloc(COUNT * sizeof(struct node *));
    for (size_t i = 0; i < COUNT; i++) {
        nodes[i] = plain_new(heap);
        weft_weak now = weft_weak_of(nodes[i]);
        CHECK_FALSE(weft_weak_is_same(now, old[i]));
        CHECK_NULL(weft_weak_get(old[i]));
        CHECK_FALSE(weft_weak_is_dead(now));
    }
    for (size_t i = 0; i < COUNT; i++) {
        CHECK_TRUE(weft_weak_is_dead(old[i]));
        weft_release(nodes[i]);
    }
    free(nodes);
    free(old);
    close_test_heap(heap);
}

TESTS(RUN(zero_is_dead), RUN(gets_a_new_reference), RUN(is_equal_by_object),
    RUN(is_not_fooled_by_reuse),
    RUN_CALM(hist_h57_takes_nothing_elsewhere, "counts requests for memory"),
    RUN(hist_h22_may_be_moved), RUN(hist_h21_may_be_forgotten),
    RUN(hist_h17_taking_one_counts_nothing), RUN(field_watches),
    RUN(respects_who_forbids_it), RUN(types_may_forbid_it),
    RUN(works_in_finalize),
    RUN(hist_h46_made_in_finalize_dies_too),
    RUN(hist_h15_of_the_dying_is_dead), RUN(hist_h16_survives_resurrection),
    RUN(may_be_asked_from_any_thread), RUN(is_never_seen_to_come_back),
    RUN_ALONE(outlives_the_heap))
