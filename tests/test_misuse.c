// SPDX-License-Identifier: MIT
//
// Misuse: noticed in every build where it costs nothing, reported with the
// call, the type and the object, and not obeyed.
#include "node.h"

#include <pthread.h>

// A dead object whose page is still of its type, since another one lives there.
static struct node *dead_node(weft_heap *heap, struct node **neighbour)
{
    *neighbour = plain_new(heap);
    struct node *node = plain_new(heap);
    weft_release(node);
    return node;
}

static void check_report_of(const void *object, const char *call,
    const char *what)
{
    struct shim_report report = take_report();
    char address[32];
    snprintf(address, sizeof(address), "%p", object);
    CHECK_EQ(report.event, WEFT_MISUSE);
    CHECK_EQ(report.status, WEFT_OK);
    CHECK_SAME(report.object, object);
    CHECK_TRUE(strstr(report.message, call) != NULL);
    CHECK_TRUE(strstr(report.message, what) != NULL);
    CHECK_TRUE(strstr(report.message, address) != NULL);
}

// Releasing what is dead.
static void hist_h11_double_release(weft_heap *heap)
{
    weft_auto(struct node) neighbour = NULL;
    struct node *dead = dead_node(heap, &neighbour);
    for (int i = 0; i < 3; i++) {
        weft_release(dead);
        check_report_of(dead, "weft_release", "plain");
    }
    CHECK_EQ(object_count(heap), 1);
    CHECK_EQ(weft_refcount(neighbour), 1);
    weft_auto(struct node) next = plain_new(heap);
    CHECK_EQ(weft_refcount(next), 1);
}

// Retaining what is dead gives NULL.
static void retain_of_the_dead(weft_heap *heap)
{
    weft_auto(struct node) neighbour = NULL;
    struct node *dead = dead_node(heap, &neighbour);
    CHECK_NULL(weft_retain(dead));
    check_report_of(dead, "weft_retain", "plain");
    CHECK_EQ(object_count(heap), 1);
    CHECK_TRUE(neighbour != NULL);
}

// Storing what is dead stores nothing.
static void set_to_the_dead(weft_heap *heap)
{
    weft_auto(struct node) neighbour = NULL;
    struct node *dead = dead_node(heap, &neighbour);
    weft_set_steal(&neighbour->left, loud_new(heap, "a"));
    struct node *before = neighbour->left;
    weft_set(&neighbour->left, dead);
    check_report_of(dead, "weft_set", "plain");
    struct node *after = neighbour->left;
    if (after == dead)
        neighbour->left = NULL;
    CHECK_SAME(after, before);
    CHECK_TRACE("");
    weft_clear(&neighbour->left);
    CHECK_TRACE("~a a.");
}

// A handle of what is dead is dead.
static void handle_of_the_dead(weft_heap *heap)
{
    weft_auto(struct node) neighbour = NULL;
    struct node *dead = dead_node(heap, &neighbour);
    weft_weak weak = weft_weak_of(dead);
    check_report_of(dead, "weft_weak_of", "plain");
    CHECK_TRUE(weft_weak_is_dead(weak));
    CHECK_TRUE(weft_weak_is_same(weak, (weft_weak){ 0 }));
    CHECK_TRUE(neighbour != NULL);
}

// Values and lists refuse what is dead as well.
static void values_of_the_dead(weft_heap *heap)
{
    weft_auto(struct node) neighbour = NULL;
    weft_auto(weft_list) list = weft_list_new(heap);
    struct node *dead = dead_node(heap, &neighbour);
    weft_value_release(weft_object(dead));
    CHECK_REPORT(WEFT_MISUSE, "plain");
    weft_value slot = weft_int(3);
    weft_value_set(&slot, weft_object(dead));
    CHECK_REPORT(WEFT_MISUSE, "plain");
    CHECK_EQ(object_count(heap), 2);
    CHECK_TRUE(list != NULL && neighbour != NULL);
}

static void retain_self(void *self)
{
    CHECK_NULL(weft_retain(self));
    check_report_of(self, "weft_retain", "dying");
}

static void release_self(void *self)
{
    weft_release(self);
    check_report_of(self, "weft_release", "dying");
}

static weft_type retaining_type = {
    .name = "retaining", WEFT_SIZE(struct node), .clear = retain_self,
    .dispose = retain_self };

static weft_type releasing_type = {
    .name = "releasing", WEFT_SIZE(struct node), .clear = release_self,
    .dispose = release_self };

// In clear and dispose the object is dead and stays so.
static void the_dying_cannot_be_held(weft_heap *heap)
{
    weft_release(weft_new(heap, &retaining_type));
    CHECK_EQ(object_count(heap), 0);
    weft_release(weft_new(heap, &releasing_type));
    CHECK_EQ(object_count(heap), 0);
}

static void release_borrowed(struct node *self)
{
    weft_release(self);
    check_report_of(self, "weft_release", "loud");
}

// A finalizer has only borrowed the last reference.
static void finalizer_releases_what_it_borrowed(weft_heap *heap)
{
    struct node *node = loud_new(heap, "a");
    node->act = release_borrowed;
    weft_release(node);
    CHECK_TRACE("~a a.");
    CHECK_EQ(object_count(heap), 0);
}

static weft_heap *closing;

static void close_own(struct node *self)
{
    (void)self;
    CHECK_EQ(weft_heap_close(closing), 0);
    CHECK_REPORT(WEFT_MISUSE, "weft_heap_close");
    say("open");
}

static void close_in_callback(weft_ref *ref, void *context)
{
    (void)ref;
    close_own(context);
}

static void close_in_finalizer(void *context)
{
    close_own(context);
}

// A heap cannot be closed by its own user code.
static void closing_from_inside(weft_heap *heap)
{
    closing = heap;
    struct node *node = loud_new(heap, "a");
    node->act = close_own;
    weft_auto(weft_ref) ref = weft_ref_new(node, close_in_callback, NULL);
    CHECK_EQ(weft_finalize(node, close_in_finalizer, NULL, NULL), WEFT_OK);
    weft_release(node);
    CHECK_TRACE("~a open open open a.");
    CHECK_TRUE(weft_ref_is_dead(ref));
}

static void close_in_hook(weft_heap *heap, const weft_report *report,
    void *context)
{
    int *calls = context;
    if ((*calls)++ == 0)
        CHECK_EQ(weft_heap_close(heap), 0);
    else
        CHECK_EQ(report->event, WEFT_MISUSE);
}

// Nor by its report hook.
static void closing_from_the_hook(void)
{
    int calls = 0;
    weft_heap_options options = { .report = close_in_hook,
        .report_context = &calls };
    weft_heap *heap = weft_heap_open(&options);
    weft_heap_report(heap, WEFT_VALUE_ERROR, "x", NULL);
    CHECK_EQ(calls, 2);
    CHECK_EQ(weft_heap_close(heap), 0);
}

static void handle(void *self, void *argument) { (void)self, (void)argument; }

// Refs to what forbids them are refused.
static void refs_to_what_forbids_them(weft_heap *heap)
{
    weft_auto(weft_string) string = weft_string_new(heap, "text");
    weft_auto(struct node) node = plain_new(heap);
    CHECK_NULL(weft_ref_new(string, NULL, NULL));
    check_report_of(string, "weft_ref_new", "string");
    CHECK_NULL(weft_proxy_new(string, NULL, NULL));
    check_report_of(string, "weft_proxy_new", "string");
    CHECK_NULL(weft_weakmethod_new(string, NULL, handle, NULL, NULL));
    check_report_of(string, "weft_weakmethod_new", "string");
    CHECK_NULL(weft_weakmethod_new(node, string, handle, NULL, NULL));
    check_report_of(string, "weft_weakmethod_new", "string");
    CHECK_NULL(weft_ref_new_as(&weft_ref_type, string, NULL, node));
    check_report_of(string, "weft_ref_new_as", "string");
    CHECK_EQ(weft_refcount(node), 1);
    CHECK_EQ(weft_weakref_count(node), 0);
}

// Refs must be of a type that is one.
static void refs_of_a_type_that_is_none(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    CHECK_NULL(weft_ref_new_as(&plain_type, node, NULL, NULL));
    CHECK_REPORT(WEFT_MISUSE, "plain");
    CHECK_NULL(weft_ref_new_as(&weft_weakmethod_type, node, NULL, NULL));
    CHECK_REPORT(WEFT_MISUSE, "weakmethod");
    CHECK_NULL(weft_weakmethod_new_as(&weft_ref_type, node, NULL, handle, NULL,
        NULL));
    CHECK_REPORT(WEFT_MISUSE, "weft_weakmethod_new_as");
    CHECK_EQ(weft_weakref_count(node), 0);
}

// A text borrows its bytes: no slot keeps it.
static void text_in_a_slot(weft_heap *heap)
{
    (void)heap;
    weft_value slot = weft_int(4);
    weft_value_set(&slot, weft_text("text"));
    CHECK_REPORT(WEFT_MISUSE, "weft_value_set");
    CHECK_EQ(slot.kind, WEFT_KIND_INT);
    CHECK_EQ(slot.as.integer, 4);
}

// Only containers can be gone through.
static void going_through_no_container(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    int steps = 0;
    weft_each (it, node)
        steps++;
    CHECK_EQ(steps, 0);
    CHECK_REPORT(WEFT_MISUSE, "weft_iterate");
    CHECK_EQ(weft_refcount(node), 1);
}

// A text of 4 GiB is too long.
static void text_that_is_too_long(weft_heap *heap)
{
    (void)heap;
    static const char text[1];
    CHECK_EQ(weft_text_sized(text, (size_t)1 << 32).kind, WEFT_KIND_NIL);
    CHECK_REPORT(WEFT_MISUSE, "weft_text_sized");
}

// ---------------------------------------------------------------------------
// Types that cannot be

static void check_bad_type(weft_heap *heap, weft_type type)
{
    weft_type *bad = malloc(sizeof(*bad));
    *bad = type;
    CHECK_NULL(weft_new(heap, bad));
    CHECK_REPORT(WEFT_MISUSE, "bad");
    CHECK_NULL(weft_new_sized(heap, bad, 8));
    CHECK_REPORT(WEFT_MISUSE, "bad");
    free(bad);
}

struct two {
    void *first;                // two rows at one place
    void *second;               // none
};

// Types whose numbers cannot be right are refused.
static void types_that_cannot_be(weft_heap *heap)
{
    static const weft_field outside[] = {
        { "far", NULL, 16, 0, WEFT_FIELD_STRONG, 8, 0 }, WEFT_END };
    static const weft_field small[] = {
        { "small", NULL, 0, 0, WEFT_FIELD_STRONG, 4, 0 }, WEFT_END };
    static const weft_field twice[] = {
        { "first", NULL, 0, 0, WEFT_FIELD_STRONG, 8, 0 },
        { "again", NULL, 0, 0, WEFT_FIELD_STRONG, 8, 0 }, WEFT_END };
    static const weft_field crooked[] = {
        { "crooked", NULL, 4, 0, WEFT_FIELD_STRONG, 8, 0 }, WEFT_END };
    static const weft_field miscounted[] = {
        { "miscounted", NULL, 0, 8, WEFT_FIELD_ARRAY, 8, 3 }, WEFT_END };
    static const weft_field unknown[] = {
        { "unknown", NULL, 0, 0, 40, 8, 0 }, WEFT_END };
    weft_type good = { .name = "bad", WEFT_SIZE(struct two) };
    weft_type type = good;
    type.alignment = 128;
    check_bad_type(heap, type);
    type.alignment = 24;
    check_bad_type(heap, type);
    type = good;
    type.size = 0;
    check_bad_type(heap, type);
    type = good;
    type.base = &plain_type;
    check_bad_type(heap, type);
    type = good;
    type.fields = outside;
    check_bad_type(heap, type);
    type.fields = small;
    check_bad_type(heap, type);
    type.fields = twice;
    check_bad_type(heap, type);
    type.fields = crooked;
    check_bad_type(heap, type);
    type.fields = miscounted;
    check_bad_type(heap, type);
    type.fields = unknown;
    check_bad_type(heap, type);
    CHECK_EQ(object_count(heap), 0);
}

// ---------------------------------------------------------------------------
// Threads and heaps

static void *release_elsewhere(void *object)
{
    weft_release(object);
    return NULL;
}

static void *new_elsewhere(void *heap)
{
    return weft_new_sized(heap, &loud_type, 100000);
}

// Another thread cannot take the last reference, nor make objects.
static void another_thread(weft_heap *heap)
{
    pthread_t thread;
    void *result = heap;
    weft_auto(struct node) node = loud_new(heap, "a");
    CHECK_EQ(pthread_create(&thread, NULL, release_elsewhere, node), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    check_report_of(node, "weft_release", "thread");
    CHECK_EQ(weft_refcount(node), 1);
    CHECK_EQ(pthread_create(&thread, NULL, new_elsewhere, heap), 0);
    CHECK_EQ(pthread_join(thread, &result), 0);
    CHECK_NULL(result);
    CHECK_REPORT(WEFT_MISUSE, "thread");
    CHECK_EQ(object_count(heap), 1);
    weft_clear(&node);
    CHECK_TRACE("~a a.");
}

// What is released after its heap was closed does not harm; the thread's newest
// heap is told.
static void release_after_the_heap_closed(weft_heap *heap)
{
    weft_heap *other = open_test_heap();
    struct node *node = plain_new(other);
    CHECK_EQ(weft_heap_close(other), 1);
    CHECK_REPORT(WEFT_LEAKED, "plain");
    weft_release(node);
    CHECK_REPORT(WEFT_MISUSE, "weft_release");
    weft_auto(struct node) next = plain_new(heap);
    CHECK_EQ(weft_refcount(next), 1);
}

TESTS(RUN(hist_h11_double_release), RUN(retain_of_the_dead),
    RUN(set_to_the_dead), RUN(handle_of_the_dead), RUN(values_of_the_dead),
    RUN(the_dying_cannot_be_held), RUN(finalizer_releases_what_it_borrowed),
    RUN(closing_from_inside), RUN_ALONE(closing_from_the_hook),
    RUN(refs_to_what_forbids_them), RUN(refs_of_a_type_that_is_none),
    RUN(text_in_a_slot), RUN(going_through_no_container),
    RUN(text_that_is_too_long), RUN(types_that_cannot_be),
    RUN(another_thread), RUN(release_after_the_heap_closed))
