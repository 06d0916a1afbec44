// SPDX-License-Identifier: MIT
//
// The end: finalizers at exit, and what closing does to everything weak.
#include "node.h"

static void call(void *context) { say("%s", (const char *)context); }

static weft_finalizer finalize(void *object, char *context)
{
    weft_finalizer finalizer;
    CHECK_EQ(weft_finalize(object, call, context, &finalizer), WEFT_OK);
    return finalizer;
}

// At exit those left are called newest first over all objects.
static void newest_is_called_first(weft_heap *heap)
{
    weft_auto(struct node) a = plain_new(heap);
    weft_auto(struct node) b = plain_new(heap);
    (void)finalize(a, "a1");
    (void)finalize(b, "b1");
    weft_finalizer called = finalize(a, "a2");
    weft_finalizer detached = finalize(b, "b2");
    (void)finalize(b, "b3");
    (void)finalize(a, "a3");
    CHECK_TRUE(weft_finalizer_call(called));
    CHECK_EQ(weft_finalizer_detach(detached), WEFT_CANCELLED);
    forget_trace();
    weft_heap_exit(heap);
    CHECK_TRACE("a3 b3 b1 a1");
    CHECK_EQ(weft_weakref_count(a), 0);
}

// Those that are switched off are not called; one may be switched on again.
static void may_be_switched_off(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_finalizer off = finalize(node, "off");
    weft_finalizer on = finalize(node, "on");
    weft_finalizer again = finalize(node, "again");
    CHECK_TRUE(weft_finalizer_is_at_exit(off));
    weft_finalizer_set_at_exit(off, false);
    weft_finalizer_set_at_exit(again, false);
    CHECK_FALSE(weft_finalizer_is_at_exit(off));
    CHECK_TRUE(weft_finalizer_is_at_exit(on));
    weft_finalizer_set_at_exit(again, true);
    CHECK_TRUE(weft_finalizer_is_at_exit(again));
    weft_heap_exit(heap);
    CHECK_TRACE("again on");
    weft_clear(&node);
    CHECK_TRACE("");
}

// Switched off it is still called at a death before.
static void switched_off_is_called_at_death(weft_heap *heap)
{
    struct node *node = plain_new(heap);
    weft_finalizer_set_at_exit(finalize(node, "off"), false);
    weft_release(node);
    CHECK_TRACE("off");
}

// After the exit no finalizer of the heap is ever called.
static void hist_h35_none_is_called_afterwards(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_heap_exit(heap);
    weft_finalizer late;
    (void)weft_finalize(node, call, "late", &late);
    weft_clear(&node);
    CHECK_TRACE("");
    weft_heap_exit(heap);
    CHECK_TRACE("");
}

// Closing is an exit, too.
static void closing_calls_them(void)
{
    weft_heap *heap = open_test_heap();
    struct node *node = plain_new(heap);
    (void)finalize(node, "x");
    CHECK_EQ(weft_heap_close(heap), 1);
    CHECK_TRACE("x");
    CHECK_REPORT(WEFT_LEAKED, "plain");
}

static weft_heap *exiting;
static struct node *left_over;

static void let_left_over_go(void *context)
{
    (void)context;
    say("lets go");
    weft_clear(&left_over);
}

// What finalizers let go of at exit is not held any more when the heap closes.
static void finalizers_may_let_go(void)
{
    weft_heap *heap = open_test_heap();
    left_over = loud_new(heap, "a");
    CHECK_EQ(weft_finalize(left_over, let_left_over_go, NULL, NULL), WEFT_OK);
    CHECK_EQ(weft_heap_close(heap), 0);
    CHECK_TRACE("lets go ~a a.");
}

static int rounds;

static void make_more(void *context)
{
    say("%d", rounds);
    if (++rounds < 4)
        CHECK_EQ(weft_finalize(context, make_more, context, NULL), WEFT_OK);
}

// Finalizers made meanwhile are called next.
static void hist_h41_also_those_made_meanwhile(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    rounds = 0;
    (void)finalize(node, "older");
    CHECK_EQ(weft_finalize(node, make_more, node, NULL), WEFT_OK);
    weft_heap_exit(heap);
    CHECK_TRACE("0 1 2 3 older");
}

static weft_finalizer older;

static void detach_older(void *context)
{
    (void)context;
    say("%d", (int)weft_finalizer_detach(older));
}

// One may be detached by another at exit.
static void may_detach_each_other(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    older = finalize(node, "older");
    CHECK_EQ(weft_finalize(node, detach_older, NULL, NULL), WEFT_OK);
    weft_heap_exit(heap);
    CHECK_TRACE("0");
}

static void exit_again(void *context)
{
    say("exit");
    weft_heap_exit(exiting);
    say("done");
    (void)context;
}

// Asking for the exit in the middle of it is harmless.
static void exit_may_be_asked_for_twice(weft_heap *heap)
{
    exiting = heap;
    weft_auto(struct node) node = plain_new(heap);
    (void)finalize(node, "older");
    CHECK_EQ(weft_finalize(node, exit_again, NULL, NULL), WEFT_OK);
    weft_heap_exit(heap);
    weft_heap_exit(heap);
    CHECK_TRUE(strcmp(shim.trace, "exit older done") == 0
        || strcmp(shim.trace, "exit done older") == 0);
    forget_trace();
}

static void report_failure(void *context)
{
    weft_heap_report(weft_heap_of(context), WEFT_OS_ERROR, "failed", context);
}

// One that reports a failure does not stop the others.
static void failures_do_not_stop_the_rest(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    (void)finalize(node, "1");
    CHECK_EQ(weft_finalize(node, report_failure, node, NULL), WEFT_OK);
    (void)finalize(node, "2");
    weft_heap_exit(heap);
    CHECK_TRACE("2 1");
    CHECK_REPORT(WEFT_UNRAISABLE, "failed");
}

// What a finalizer keeps and was not called for goes when the heap closes.
static void kept_objects_go_with_their_finalizer(void)
{
    weft_heap *heap = open_test_heap();
    struct node *node = plain_new(heap);
    weft_finalizer finalizer;
    {
        weft_auto(struct node) kept = loud_new(heap, "k");
        CHECK_EQ(weft_finalize_keep(node, call, kept, &finalizer), WEFT_OK);
    }
    weft_finalizer_set_at_exit(finalizer, false);
    weft_weak weak = weft_weak_of(node);
    (void)weft_heap_close(heap);
    CHECK_TRUE(weft_weak_is_dead(weak));
    CHECK_FALSE(weft_finalizer_is_alive(finalizer));
    CHECK_TRUE(strstr(shim.trace, "k.") != NULL);
    forget_trace();
    CHECK_REPORT(WEFT_LEAKED, "");
    while (shim.report_count > 0)
        CHECK_REPORT(WEFT_LEAKED, "");
}

// The handle of a finalizer outlives its heap.
static void handles_outlive_the_heap(void)
{
    weft_heap *heap = open_test_heap();
    struct node *node = plain_new(heap);
    weft_finalizer finalizer = finalize(node, "x");
    weft_release(node);
    CHECK_TRACE("x");
    close_test_heap(heap);
    CHECK_FALSE(weft_finalizer_is_alive(finalizer));
    CHECK_FALSE(weft_finalizer_call(finalizer));
    CHECK_EQ(weft_finalizer_detach(finalizer), WEFT_DONE);
    CHECK_FALSE(weft_finalizer_is_at_exit(finalizer));
}

// Hundreds of objects with finalizers that all let go of each other.
static struct node *ring[300];

static void let_next_go(void *context)
{
    struct node **slot = context;
    weft_clear(slot);
}

static void a_ring_of_finalizers_unwinds(void)
{
    weft_heap *heap = open_test_heap();
    for (size_t i = 0; i < 300; i++)
        ring[i] = plain_new(heap);
    for (size_t i = 0; i < 300; i++)
        CHECK_EQ(weft_finalize(ring[i], let_next_go, &ring[(i + 7) % 300],
            NULL), WEFT_OK);
    CHECK_EQ(weft_heap_close(heap), 0);
}

static void *late_makings[5];
static weft_weak late_handles[5];

static void make_late(void *self)
{
    (void)self;
    late_makings[0] = plain_new(exiting);
    late_makings[1] = loud_new(exiting, "late");
    late_makings[2] = weft_new_sized(exiting, &plain_type, 300000);
    late_makings[3] = weft_list_new(exiting);
    late_makings[4] = weft_string_new(exiting, "text");
    for (size_t i = 0; i < 5; i++) {
        late_handles[i] = weft_weak_of(late_makings[i]);
        say(late_makings[i] == NULL ? "none" : "one");
        weft_release(late_makings[i]);
    }
    (void)weft_heap_trim(exiting);
}

static weft_type late_type = {
    .name = "late", WEFT_SIZE(struct node), .dispose = make_late };

// A dispose that closing runs can make nothing any more, and all stays dead.
static void nothing_is_made_in_the_end(void)
{
    weft_heap *heap = exiting = open_test_heap();
    struct node *nodes[] = { plain_new(heap), weft_new(heap, &late_type),
        weft_new(heap, &late_type), plain_new(heap) };
    weft_weak weak = weft_weak_of(nodes[1]);
    CHECK_TRUE(nodes[0] != NULL && nodes[2] != NULL && nodes[3] != NULL);
    weft_release(plain_new(heap));
    CHECK_EQ(weft_heap_close(heap), 4);
    CHECK_TRACE("none none none none none none none none none none");
    CHECK_TRUE(weft_weak_is_dead(weak));
    for (size_t i = 0; i < 5; i++) {
        CHECK_TRUE(weft_weak_is_dead(late_handles[i]));
        CHECK_NULL(weft_weak_get(late_handles[i]));
    }
    for (int i = 0; i < 2; i++)
        CHECK_REPORT(WEFT_LEAKED, "");
}

static void switch_off_and_exit(void *context)
{
    (void)context;
    weft_finalizer_set_at_exit(older, false);
    say("in");
    weft_heap_exit(exiting);
    say("out");
}

// An exit in the middle of another chooses for itself: what it left alone the
// outer one is done with as well, and nothing is called any more.
static void exit_within_an_exit(weft_heap *heap)
{
    exiting = heap;
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(struct node) kept = loud_new(heap, "k");
    CHECK_EQ(weft_finalize_keep(node, call, kept, &older), WEFT_OK);
    (void)finalize(node, "other");
    CHECK_EQ(weft_finalize(node, switch_off_and_exit, NULL, NULL), WEFT_OK);
    weft_clear(&kept);
    weft_heap_exit(heap);
    CHECK_TRACE("in other out ~k k.");
    CHECK_FALSE(weft_finalizer_is_alive(older));
    CHECK_TRUE(weft_heap_verify(heap));
    weft_clear(&node);
    CHECK_TRACE("");
}

TESTS(RUN(newest_is_called_first), RUN(may_be_switched_off),
    RUN(switched_off_is_called_at_death),
    RUN(hist_h35_none_is_called_afterwards), RUN_ALONE(closing_calls_them),
    RUN_ALONE(finalizers_may_let_go), RUN(hist_h41_also_those_made_meanwhile),
    RUN(may_detach_each_other), RUN(exit_may_be_asked_for_twice),
    RUN(failures_do_not_stop_the_rest),
    RUN_ALONE(kept_objects_go_with_their_finalizer),
    RUN_ALONE(handles_outlive_the_heap),
    RUN_ALONE(a_ring_of_finalizers_unwinds),
    RUN_ALONE(nothing_is_made_in_the_end), RUN(exit_within_an_exit))
