// SPDX-License-Identifier: MIT
//
// Finalizers: functions that are called when an object dies, or when the heap
// closes.
#include "node.h"

static void call(void *context) { say("%s", (const char *)context); }

static void call_with_node(void *context)
{
    struct node *node = context;
    say("with:%s", node->name);
}

static weft_finalizer finalize(void *object, char *context)
{
    weft_finalizer finalizer;
    CHECK_EQ(weft_finalize(object, call, context, &finalizer), WEFT_OK);
    return finalizer;
}

// It is called once its object is gone, and needs nobody to hold it.
static void is_called_at_death(weft_heap *heap)
{
    struct node *node = loud_new(heap, "a");
    CHECK_EQ(weft_finalize(node, call, "x", NULL), WEFT_OK);
    CHECK_EQ(weft_refcount(node), 1);
    CHECK_EQ(weft_weakref_count(node), 1);
    CHECK_TRACE("");
    weft_release(node);
    CHECK_TRACE("~a x a.");
    CHECK_EQ(object_count(heap), 0);
}

// It is alive until it was called.
static void is_alive_until_called(weft_heap *heap)
{
    struct node *node = plain_new(heap);
    weft_finalizer finalizer = finalize(node, "x");
    CHECK_TRUE(weft_finalizer_is_alive(finalizer));
    weft_release(node);
    CHECK_TRACE("x");
    CHECK_FALSE(weft_finalizer_is_alive(finalizer));
    CHECK_FALSE(weft_finalizer_call(finalizer));
    CHECK_EQ(weft_finalizer_detach(finalizer), WEFT_DONE);
    CHECK_NULL(weft_finalizer_peek(finalizer, NULL));
    CHECK_TRACE("");
}

// Called by hand it is called now, and never again.
static void may_be_called_by_hand(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_finalizer finalizer = finalize(node, "x");
    CHECK_TRUE(weft_finalizer_call(finalizer));
    CHECK_TRACE("x");
    CHECK_FALSE(weft_finalizer_is_alive(finalizer));
    CHECK_FALSE(weft_finalizer_call(finalizer));
    CHECK_EQ(weft_weakref_count(node), 0);
    weft_clear(&node);
    CHECK_TRACE("");
}

// Detached it is never called, and its context is the caller's again.
static void may_be_detached(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_finalizer finalizer = finalize(node, "x");
    CHECK_EQ(weft_finalizer_detach(finalizer), WEFT_CANCELLED);
    CHECK_EQ(weft_finalizer_detach(finalizer), WEFT_DONE);
    CHECK_FALSE(weft_finalizer_is_alive(finalizer));
    CHECK_FALSE(weft_finalizer_call(finalizer));
    CHECK_EQ(weft_weakref_count(node), 0);
    weft_clear(&node);
    CHECK_TRACE("");
}

// It is listed among the weak references of its object.
static void is_listed(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_finalizer finalizer = finalize(node, "x");
    weft_auto(weft_list) list = weft_weakrefs(node);
    CHECK_EQ(weft_weakref_count(node), 1);
    CHECK_EQ(weft_list_length(list), 1);
    weft_auto_value value = weft_list_get(list, 0);
    CHECK_TRUE(weft_value_object(value) != NULL);
    CHECK_EQ(weft_finalizer_detach(finalizer), WEFT_CANCELLED);
    CHECK_EQ(weft_weakref_count(node), 0);
}

// Peeking shows the object, held, and the context.
static void shows_what_it_has(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_finalizer finalizer = finalize(node, "x");
    void *context = NULL;
    struct node *found = weft_finalizer_peek(finalizer, &context);
    CHECK_SAME(found, node);
    CHECK_STR(context, "x");
    CHECK_EQ(weft_refcount(node), 2);
    weft_release(found);
    found = weft_finalizer_peek(finalizer, NULL);
    CHECK_SAME(found, node);
    weft_release(found);
    CHECK_EQ(weft_finalizer_detach(finalizer), WEFT_CANCELLED);
    context = node;
    CHECK_NULL(weft_finalizer_peek(finalizer, &context));
    CHECK_NULL(context);
}

// A handle that is all zero is one of nothing.
static void zero_is_over(weft_heap *heap)
{
    (void)heap;
    weft_finalizer finalizer = { { 0 } };
    CHECK_FALSE(weft_finalizer_is_alive(finalizer));
    CHECK_FALSE(weft_finalizer_call(finalizer));
    CHECK_EQ(weft_finalizer_detach(finalizer), WEFT_DONE);
    CHECK_NULL(weft_finalizer_peek(finalizer, NULL));
}

// On one object they are called newest first; called and detached ones are
// left out.
static void newest_is_called_first(weft_heap *heap)
{
    struct node *node = plain_new(heap);
    (void)finalize(node, "1");
    weft_finalizer second = finalize(node, "2");
    (void)finalize(node, "3");
    weft_finalizer fourth = finalize(node, "4");
    (void)finalize(node, "5");
    CHECK_EQ(weft_finalizer_detach(second), WEFT_CANCELLED);
    CHECK_TRUE(weft_finalizer_call(fourth));
    CHECK_TRACE("4");
    weft_release(node);
    CHECK_TRACE("5 3 1");
}

static void told(weft_ref *ref, void *context)
{
    (void)ref;
    say("%s", (const char *)context);
}

// Finalizers and refs with callbacks are called in one order.
static void is_called_among_callbacks(weft_heap *heap)
{
    struct node *node = plain_new(heap);
    (void)finalize(node, "f1");
    weft_ref *first = weft_ref_new(node, told, "r1");
    (void)finalize(node, "f2");
    weft_ref *second = weft_ref_new(node, told, "r2");
    weft_release(node);
    CHECK_TRACE("r2 f2 r1 f1");
    weft_release(first);
    weft_release(second);
}

// What it keeps is let go right after the call.
static void lets_go_after_the_call(weft_heap *heap)
{
    struct node *node = loud_new(heap, "a");
    for (int i = 0; i < 2; i++) {
        weft_auto(struct node) kept = loud_new(heap, i == 0 ? "k" : "l");
        CHECK_EQ(weft_finalize_keep(node, call_with_node, kept, NULL), WEFT_OK);
        CHECK_EQ(weft_refcount(kept), 2);
    }
    CHECK_TRACE("");
    weft_release(node);
    CHECK_TRACE("~a with:l ~l l. with:k ~k k. a.");
}

// Detached, or called by hand, it lets go as well.
static void lets_go_when_detached(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_finalizer finalizer;
    struct node *kept = loud_new(heap, "k");
    CHECK_EQ(weft_finalize_keep(node, call_with_node, kept, &finalizer),
        WEFT_OK);
    weft_release(kept);
    CHECK_EQ(weft_finalizer_detach(finalizer), WEFT_CANCELLED);
    CHECK_TRACE("~k k.");
    kept = loud_new(heap, "l");
    CHECK_EQ(weft_finalize_keep(node, call_with_node, kept, &finalizer),
        WEFT_OK);
    void *context = NULL;
    weft_release(weft_finalizer_peek(finalizer, &context));
    CHECK_SAME(context, kept);
    weft_release(kept);
    CHECK_TRUE(weft_finalizer_call(finalizer));
    CHECK_TRACE("with:l ~l l.");
}

// What is kept and leads back to the object keeps it alive for ever, or until
// the finalizer is detached.
static void hist_h39_context_may_keep_its_object(weft_heap *heap)
{
    struct node *node = loud_new(heap, "a");
    weft_finalizer finalizer;
    CHECK_EQ(weft_finalize_keep(node, call_with_node, node, &finalizer),
        WEFT_OK);
    weft_release(node);
    CHECK_TRACE("");
    CHECK_TRUE(weft_finalizer_is_alive(finalizer));
    CHECK_EQ(weft_finalizer_detach(finalizer), WEFT_CANCELLED);
    CHECK_TRACE("~a a.");
}

// What lives on after its own finalizer has not been told about yet.
static void waits_for_the_real_death(weft_heap *heap)
{
    struct node *node = loud_new(heap, "a");
    node->act = rescue;
    weft_finalizer finalizer = finalize(node, "x");
    weft_release(node);
    CHECK_TRACE("~a");
    CHECK_TRUE(weft_finalizer_is_alive(finalizer));
    weft_clear(&rescued);
    CHECK_TRACE("x a.");
}

static weft_finalizer other;

static void detach_other(void *context)
{
    say("%s:%d:%d", (const char *)context, (int)weft_finalizer_detach(other),
        (int)weft_finalizer_is_alive(other));
}

// Detaching says what it found: a call that is about to come cannot be taken
// back, so the context is freed exactly once by whoever is told to.
static void hist_h20_detach_says_what_it_found(weft_heap *heap)
{
    struct node *node = plain_new(heap);
    other = finalize(node, "older");
    CHECK_EQ(weft_finalize(node, detach_other, "d", NULL), WEFT_OK);
    weft_release(node);
    CHECK_TRACE("d:1:1 older");
    CHECK_FALSE(weft_finalizer_is_alive(other));
    CHECK_EQ(weft_finalizer_detach(other), WEFT_DONE);
}

static weft_finalizer own;

static void ask_about_itself(void *context)
{
    (void)context;
    say("%d:%d:%d", (int)weft_finalizer_is_alive(own),
        (int)weft_finalizer_call(own), (int)weft_finalizer_detach(own));
}

// While it is called it is over already.
static void is_over_while_called(weft_heap *heap)
{
    struct node *node = plain_new(heap);
    CHECK_EQ(weft_finalize(node, ask_about_itself, NULL, &own), WEFT_OK);
    weft_release(node);
    CHECK_TRACE("0:0:1");
    CHECK_EQ(weft_finalizer_detach(own), WEFT_DONE);
}

static void finalize_self(void *self)
{
    weft_finalizer finalizer = { { 1 } };
    say("%d", (int)weft_finalize(self, call, "never", &finalizer));
    CHECK_FALSE(weft_finalizer_is_alive(finalizer));
}

static weft_type late_type = {
    .name = "late", WEFT_SIZE(struct node), .clear = finalize_self,
    .dispose = finalize_self };

// Of a dying object none can be made.
static void of_the_dying_is_refused(weft_heap *heap)
{
    weft_release(weft_new(heap, &late_type));
    CHECK_TRACE("-7 -7");
}

static struct node *fresh;

static void make_another(void *context)
{
    weft_heap *heap = context;
    say("make");
    fresh = plain_new(heap);
    CHECK_EQ(weft_finalize(fresh, call, "fresh", NULL), WEFT_OK);
}

// One may make objects, and finalizers of these.
static void may_make_others(weft_heap *heap)
{
    struct node *node = plain_new(heap);
    CHECK_EQ(weft_finalize(node, make_another, heap, NULL), WEFT_OK);
    weft_release(node);
    CHECK_TRACE("make");
    weft_clear(&fresh);
    CHECK_TRACE("fresh");
}

// There may be tens of thousands, also on one object.
static void there_may_be_thousands(weft_heap *heap)
{
    enum { COUNT = 20000 };
    struct node *one = plain_new(heap);
    weft_finalizer *finalizers = malloc(COUNT * sizeof(*finalizers));
    for (size_t i = 0; i < COUNT; i++)
        finalizers[i] = finalize(one, "");
    for (size_t i = 0; i < COUNT; i += 2)
        CHECK_EQ(weft_finalizer_detach(finalizers[i]), WEFT_CANCELLED);
    CHECK_EQ(weft_weakref_count(one), COUNT / 2);
    weft_release(one);
    for (size_t i = 0; i < COUNT; i++)
        CHECK_FALSE(weft_finalizer_is_alive(finalizers[i]));
    free(finalizers);
    forget_trace();
}

// Making one may fail; then nothing is called.
static void may_fail(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(struct node) kept = plain_new(heap);
    if (!made(node) || !made(kept))
        return;
    kept->name = "k";
    bool first = went_well(weft_finalize(node, call, "x", NULL));
    weft_finalizer finalizer = { { 1 } };
    bool second = went_well(weft_finalize_keep(node, call_with_node, kept,
        &finalizer));
    CHECK_EQ(weft_finalizer_is_alive(finalizer), second);
    CHECK_EQ(weft_refcount(kept), second ? 2 : 1);
    weft_clear(&node);
    CHECK_TRACE(!first ? "with:k" : !second ? "x" : "with:k x");
}

TESTS(RUN(is_called_at_death), RUN(is_alive_until_called),
    RUN(may_be_called_by_hand), RUN(may_be_detached), RUN(is_listed),
    RUN(shows_what_it_has),
    RUN(zero_is_over), RUN(newest_is_called_first),
    RUN(is_called_among_callbacks), RUN(lets_go_after_the_call),
    RUN(lets_go_when_detached), RUN(hist_h39_context_may_keep_its_object),
    RUN(waits_for_the_real_death), RUN(hist_h20_detach_says_what_it_found),
    RUN(is_over_while_called), RUN(of_the_dying_is_refused),
    RUN(may_make_others), RUN(there_may_be_thousands), RUN_OOM(may_fail))
