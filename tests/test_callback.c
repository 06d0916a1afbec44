// SPDX-License-Identifier: MIT
//
// Callbacks of refs: told newest first, when all is dead, and free to do
// anything.
#include "node.h"

static void told(weft_ref *ref, void *context)
{
    CHECK_TRUE(weft_ref_is_dead(ref));
    CHECK_NULL(weft_ref_get(ref));
    say("%s", (const char *)context);
}

static weft_ref *mine;

static void drop_own(weft_ref *ref, void *context)
{
    (void)context;
    CHECK_SAME(ref, mine);
    weft_clear(&mine);
    CHECK_TRUE(weft_ref_is_dead(ref));
    say("dropped");
}

// A callback may let go of the ref it is called for.
static void hist_h43_callback_drops_its_own_ref(weft_heap *heap)
{
    struct node *node = loud_new(heap, "a");
    mine = weft_ref_new(node, drop_own, NULL);
    weft_release(node);
    CHECK_TRACE("~a dropped a.");
    CHECK_EQ(object_count(heap), 0);
}

static void drop_sibling(weft_ref *ref, void *context)
{
    weft_ref **sibling = context;
    (void)ref;
    say("drops");
    weft_clear(sibling);
}

// A callback may let go of refs whose callbacks are still to come: as in
// Python they are held until all have run, so these are called all the same.
static void hist_h31_callback_drops_siblings(weft_heap *heap)
{
    struct node *node = plain_new(heap);
    weft_ref *older = weft_ref_new(node, told, "older");
    weft_ref *newer = weft_ref_new(node, drop_sibling, &older);
    weft_ref *newest = weft_ref_new(node, drop_sibling, &newer);
    weft_release(node);
    CHECK_TRACE("drops drops older");
    CHECK_NULL(older);
    CHECK_NULL(newer);
    weft_release(newest);
    CHECK_EQ(object_count(heap), 0);
}

static struct node *fresh;
static weft_ref *fresh_ref;

static void make_new_ones(weft_ref *ref, void *context)
{
    weft_heap *heap = weft_heap_of(ref);
    (void)context;
    fresh = loud_new(heap, "fresh");
    fresh_ref = weft_ref_new(fresh, told, "fresh-told");
    weft_release(weft_ref_new(fresh, told, "never"));
    say("made");
}

// A callback may make objects and refs to them.
static void callback_makes_new_refs(weft_heap *heap)
{
    struct node *node = plain_new(heap);
    weft_ref *ref = weft_ref_new(node, make_new_ones, NULL);
    weft_release(node);
    CHECK_TRACE("made");
    weft_release(ref);
    weft_clear(&fresh);
    CHECK_TRACE("~fresh fresh-told fresh.");
    weft_release(fresh_ref);
}

static struct node *other;

static void kill_other(weft_ref *ref, void *context)
{
    (void)ref;
    say("%s(", (const char *)context);
    weft_clear(&other);
    say(")");
}

// A callback may let another object die, whose callbacks run at once.
static void callback_lets_another_die(weft_heap *heap)
{
    struct node *node = loud_new(heap, "a");
    other = loud_new(heap, "b");
    weft_ref *first = weft_ref_new(node, told, "first");
    weft_ref *second = weft_ref_new(node, kill_other, "second");
    weft_ref *third = weft_ref_new(other, told, "third");
    weft_release(node);
    CHECK_TRACE("~a second( ~b third b. ) first a.");
    weft_release(first);
    weft_release(second);
    weft_release(third);
}

static weft_heap *another_heap;

static void close_another(weft_ref *ref, void *context)
{
    (void)ref;
    (void)context;
    close_test_heap(another_heap);
    say("closed");
}

// A callback may close another heap.
static void callback_closes_another_heap(weft_heap *heap)
{
    another_heap = open_test_heap();
    struct node *node = plain_new(heap);
    weft_auto(weft_ref) ref = weft_ref_new(node, close_another, NULL);
    weft_release(node);
    CHECK_TRACE("closed");
    CHECK_TRUE(weft_ref_is_dead(ref));
}

TESTS(RUN(hist_h43_callback_drops_its_own_ref),
    RUN(hist_h31_callback_drops_siblings), RUN(callback_makes_new_refs),
    RUN(callback_lets_another_die), RUN(callback_closes_another_heap))
