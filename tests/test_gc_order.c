// SPDX-License-Identifier: MIT
//
// Tests of what happens to garbage, in which order: callbacks, finalizers, what
// came back, the end of weak references, and the end.
#include "rings.h"

// The four phases: callbacks of refs outside, all finalizers, then all ends.
static void phases_follow_each_other(weft_heap *heap)
{
    by_hand(heap);
    struct node *ring = loud_ring(heap, "a", "b");
    weft_auto(weft_ref) first = weft_ref_new(ring, told_of, "1");
    weft_auto(weft_ref) second = weft_ref_new(ring->left, told_of, "2");
    weft_clear(&ring);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
    if (strncmp(shim.trace, "1", 1) == 0)
        CHECK_EITHER("1 2 ~a ~b a. b.", "1 2 ~b ~a b. a.");
    else
        CHECK_EITHER("2 1 ~a ~b a. b.", "2 1 ~b ~a b. a.");
}

static weft_weak seen_handle;
static weft_ref *seen_ref;

static void look(weft_ref *ref, void *context)
{
    (void)context;
    weft_auto(struct node) node = weft_weak_get(seen_handle);
    weft_auto(struct node) other = weft_ref_get(seen_ref);
    say("%s %s %s", weft_ref_is_dead(ref) ? "dead" : "alive",
        node != NULL ? node->name : "gone", other != NULL ? other->name
        : "gone");
}

static void look_from_finalizer(struct node *self)
{
    (void)self;
    weft_auto(struct node) node = weft_weak_get(seen_handle);
    weft_auto(struct node) other = weft_ref_get(seen_ref);
    say("%s %s", node != NULL ? node->name : "gone",
        other != NULL ? other->name : "gone");
}

static void watch_in_order(bool weak_first)
{
    weft_heap_options options = test_options();
    options.weak_first = weak_first;
    weft_heap *heap = weft_heap_open(&options);
    by_hand(heap);
    struct node *ring = loud_ring(heap, "a", "b");
    ring->act = look_from_finalizer;
    seen_handle = weft_weak_of(ring);
    seen_ref = weft_ref_new(ring->left, NULL, NULL);
    weft_ref *told = weft_ref_new(ring, look, NULL);
    weft_release(ring);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
    CHECK_TRUE(weft_weak_is_dead(seen_handle));
    CHECK_TRUE(weft_ref_is_dead(seen_ref));
    weft_release(told);
    weft_release(seen_ref);
    close_test_heap(heap);
}

// Handles, and refs without a callback, are good until the finalizers have run.
static void hist_h47_weak_references_last(void)
{
    watch_in_order(false);
    CHECK_EITHER("dead a b ~a a b ~b a. b.", "dead a b ~b ~a a b b. a.");
}

// With weak_first they are dead before the first callback.
static void weak_first_is_the_old_order(void)
{
    watch_in_order(true);
    CHECK_EITHER("dead gone gone ~a gone gone ~b a. b.",
        "dead gone gone ~b ~a gone gone b. a.");
}

// A ref that is garbage itself is not called, whatever it watches.
static void garbage_ref_is_not_called(weft_heap *heap)
{
    by_hand(heap);
    weft_list *list = weft_list_new(heap);
    struct node *node = loud_new(heap, "a");
    weft_ref *ref = weft_ref_new(node, told_of, "never");
    CHECK_EQ(weft_list_append(list, weft_object(ref)), WEFT_OK);
    CHECK_EQ(weft_list_append(list, weft_object(node)), WEFT_OK);
    CHECK_EQ(weft_list_append(list, weft_object(list)), WEFT_OK);
    weft_release(ref);
    weft_release(node);
    weft_release(list);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 3);
    CHECK_TRACE("~a a.");
}

// One that hangs on the garbage, but is held outside too, is called.
static void held_ref_is_called(weft_heap *heap)
{
    by_hand(heap);
    weft_list *list = weft_list_new(heap);
    weft_auto(weft_ref) ref = weft_ref_new(list, told_of, "told");
    CHECK_EQ(weft_list_append(list, weft_object(ref)), WEFT_OK);
    CHECK_EQ(weft_list_append(list, weft_object(list)), WEFT_OK);
    weft_release(list);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 1);
    CHECK_TRACE("told");
}

// Finalizers run once in a life, also if the collector comes by again.
static void finalized_once(weft_heap *heap)
{
    by_hand(heap);
    struct node *ring = loud_ring(heap, "a", "b");
    ring->act = rescue;
    weft_release(ring);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 0);
    CHECK_EITHER("~a ~b", "~b ~a");
    CHECK_STR(rescued->left->name, "b");
    CHECK_TRUE(weft_gc_is_finalized(rescued));
    weft_clear(&rescued);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
    CHECK_EITHER("a. b.", "b. a.");
}

// Pitfall H48: what comes back saves what it reaches, and nothing else.
static void hist_h48_one_of_many_comes_back(weft_heap *heap)
{
    enum { RINGS = 1000 };
    by_hand(heap);
    for (int i = 0; i < RINGS; i++) {
        struct node *ring = loud_ring(heap, "a", "b");
        if (i == RINGS / 2)
            ring->act = rescue;
        weft_release(ring);
    }
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2 * (RINGS - 1));
    CHECK_EQ(object_count(heap), 2);
    CHECK_SAME(rescued->left->left, rescued);
    forget_trace();
    weft_clear(&rescued);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
    CHECK_EITHER("a. b.", "b. a.");
}

static void rescue_by_callback(weft_ref *ref, void *context)
{
    (void)ref;
    (void)context;
    rescued = weft_weak_get(seen_handle);
}

// A callback brings it back, too; it is finalized all the same, as in Python.
static void callback_brings_back(weft_heap *heap)
{
    by_hand(heap);
    struct node *ring = loud_ring(heap, "a", "b");
    seen_handle = weft_weak_of(ring->left);
    weft_auto(weft_ref) ref = weft_ref_new(ring, rescue_by_callback, NULL);
    weft_clear(&ring);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 0);
    CHECK_EITHER("~a ~b", "~b ~a");
    CHECK_STR(rescued->name, "b");
    CHECK_FALSE(weft_weak_is_dead(seen_handle));
    weft_clear(&rescued);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
    CHECK_EITHER("a. b.", "b. a.");
}

// ---------------------------------------------------------------------------
// What finalizers make

static weft_weak late_handle;
static weft_ref *late_ref, *late_told;

static void watch_neighbour(struct node *self)
{
    late_handle = weft_weak_of(self->left);
    late_ref = weft_ref_new(self->left, NULL, NULL);
    late_told = weft_ref_new(self->left, told_of, "never");
    weft_auto(struct node) node = weft_weak_get(late_handle);
    say("%s", node->name);
}

// Pitfall H46: weak references made by finalizers die with the rest before
// anything is emptied, and are not told.
static void hist_h46_made_by_finalizers(weft_heap *heap)
{
    by_hand(heap);
    struct node *ring = loud_ring(heap, "a", "b");
    ring->act = watch_neighbour;
    weft_release(ring);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
    CHECK_EITHER("~a b ~b a. b.", "~b ~a b b. a.");
    CHECK_TRUE(weft_weak_is_dead(late_handle));
    CHECK_TRUE(weft_ref_is_dead(late_ref));
    CHECK_TRUE(weft_ref_is_dead(late_told));
    weft_clear(&late_ref);
    weft_clear(&late_told);
}

static struct node *mailbox;

static void make_and_post(struct node *self)
{
    struct node *made = plain_new(weft_heap_of(self));
    weft_set(&made->left, self->right);
    weft_set_steal(&mailbox, made);
    lose_ring(weft_heap_of(self), 3);
}

// What a finalizer makes is no garbage of this collection; what it gives to
// something outside lives on, and the rest goes.
static void made_by_finalizers_lives(weft_heap *heap)
{
    by_hand(heap);
    struct node *ring = loud_ring(heap, "a", "b");
    ring->right = loud_new(heap, "gift");
    ring->act = make_and_post;
    weft_release(ring);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
    CHECK_TRUE(strstr(shim.trace, "~gift") != NULL);
    forget_trace();
    CHECK_STR(mailbox->left->name, "gift");
    CHECK_EQ(object_count(heap), 2 + 3);
    weft_clear(&mailbox);
    CHECK_TRACE("gift.");
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 3);
}

static void cut(struct node *self)
{
    weft_clear(&self->left);
}

// Finalizers cut the ring: members die by count in the middle of the
// collection. They are finalized once, and gone once.
static void members_die_by_count(weft_heap *heap)
{
    by_hand(heap);
    struct node *ring = loud_ring(heap, "a", "b");
    ring->left->right = loud_new(heap, "c");
    ring->act = cut;
    ring->left->act = cut;
    weft_release(ring);
    (void)weft_gc_collect(heap, WEFT_FULL);
    const char *const said[] = { "~a", "~b", "~c", "a.", "b.", "c." };
    CHECK_EQ(strlen(shim.trace), 6 * 2 + 5);
    for (int i = 0; i < 6; i++)
        CHECK_TRUE(strstr(shim.trace, said[i]) != NULL);
    forget_trace();
    CHECK_EQ(object_count(heap), 0);
}

static void drop_all_of_it(struct node *self)
{
    struct node *next = weft_take(&self->left);
    while (next != NULL && next != self) {
        struct node *after = weft_take(&next->left);
        weft_release(next);
        next = after;
    }
    weft_release(next);
}

// All of a large ring but the one that is at it dies by count.
static void many_members_die_by_count(weft_heap *heap)
{
    by_hand(heap);
    struct node *ring = ring_new(heap, 3000), *loud = loud_new(heap, "a");
    loud->act = drop_all_of_it;
    loud->left = weft_take(&ring->left);
    ring->left = loud;
    weft_release(ring);
    (void)weft_gc_collect(heap, WEFT_FULL);
    CHECK_TRACE("~a a.");
    CHECK_EQ(object_count(heap), 0);
}

// ---------------------------------------------------------------------------
// What dies of the teardown

static weft_weak members[2];

static void look_around(struct node *self)
{
    for (int i = 0; i < 2; i++) {
        weft_auto(struct node) member = weft_weak_get(members[i]);
        say("%s", member == NULL ? "gone" : "there");
    }
    CHECK_TRUE(weft_weak_is_dead(self->watched));
    lose_ring(weft_heap_of(self), 2);
    CHECK_EQ(weft_gc_collect(weft_heap_of(self), WEFT_FULL), 0);
}

// A young ring is all that holds an old object. The young pass condemns the
// ring alone, and the old one dies of its teardown: its finalizer, which looks
// around, finds no member any more.
static void outsiders_look_around(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(struct node) outsider = loud_new(heap, "out");
    outsider->act = look_around;
    (void)weft_gc_collect(heap, WEFT_YOUNG);    // from here on it is old
    struct node *ring = ring_new(heap, 2);
    members[0] = weft_weak_of(ring);
    members[1] = weft_weak_of(ring->left);
    outsider->watched = members[0];
    weft_set(&ring->right, outsider);
    weft_set(&ring->left->right, outsider);
    weft_clear(&outsider);
    weft_release(ring);
    CHECK_EQ(weft_gc_collect(heap, WEFT_YOUNG), 2);
    CHECK_TRACE("~out gone gone out.");
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
}

static struct node *shelter;

static void flee(struct node *self)
{
    weft_set(&shelter, self);
}

// Such an outsider may also live on.
static void outsiders_live_on(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(struct node) outsider = loud_new(heap, "out");
    outsider->act = flee;
    (void)weft_gc_collect(heap, WEFT_YOUNG);
    struct node *ring = ring_new(heap, 2);
    weft_set(&ring->right, outsider);
    weft_clear(&outsider);
    weft_release(ring);
    CHECK_EQ(weft_gc_collect(heap, WEFT_YOUNG), 2);
    CHECK_TRACE("~out");
    CHECK_EQ(weft_refcount(shelter), 1);
    weft_clear(&shelter);
    CHECK_TRACE("out.");
}

TESTS(RUN(phases_follow_each_other), RUN_ALONE(hist_h47_weak_references_last),
    RUN_ALONE(weak_first_is_the_old_order), RUN(garbage_ref_is_not_called),
    RUN(held_ref_is_called), RUN(finalized_once),
    RUN(hist_h48_one_of_many_comes_back), RUN(callback_brings_back),
    RUN(hist_h46_made_by_finalizers), RUN(made_by_finalizers_lives),
    RUN(members_die_by_count), RUN(many_members_die_by_count),
    RUN(outsiders_look_around), RUN(outsiders_live_on))
