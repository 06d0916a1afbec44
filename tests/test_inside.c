// SPDX-License-Identifier: MIT
//
// From the inside: user code that closes its heap, and report hooks that change
// what is just being written.
#include "node.h"

static weft_heap *inside;

static void close_inside(void)
{
    CHECK_EQ(weft_heap_close(inside), 0);
    CHECK_REPORT(WEFT_MISUSE, "weft_heap_close");
    say("open");
}

static uint64_t closing_hash(const void *self)
{
    (void)self;
    close_inside();
    return 7;
}

static bool closing_equal(const void *self, const void *other)
{
    close_inside();
    return self == other;
}

static size_t closing_length(const void *self)
{
    (void)self;
    close_inside();
    return 3;
}

static weft_status closing_call(void *self, const weft_value *arguments,
    size_t count, weft_value *result)
{
    (void)self, (void)arguments, (void)result;
    close_inside();
    return count == 0 ? WEFT_OK : WEFT_TYPE_ERROR;
}

static weft_type closing_type = {
    .name = "closing", WEFT_SIZE(struct node), .hash = closing_hash,
    .equal = closing_equal, .length = closing_length,
    .methods = WEFT_METHODS({ "close", closing_call }) };

static void close_handler(void *self, void *argument)
{
    (void)self, (void)argument;
    close_inside();
}

static void close_finalizer(void *context)
{
    (void)context;
    close_inside();
}

// A type's hash, equal and length cannot close the heap, also through a proxy.
static void questions_cannot_close(weft_heap *heap)
{
    inside = heap;
    weft_auto(struct node) a = weft_new(heap, &closing_type);
    weft_auto(struct node) b = weft_new(heap, &closing_type);
    weft_auto(weft_ref) proxy = weft_proxy_new(a, NULL, NULL);
    weft_auto(weft_ref) ref = weft_ref_new(a, NULL, NULL);
    uint64_t hash = 0;
    bool equal = true;
    size_t length = 0;
    CHECK_EQ(weft_hash(heap, weft_object(a), &hash), WEFT_OK);
    CHECK_EQ(hash, 7);
    CHECK_TRACE("open");
    CHECK_EQ(weft_hash(heap, weft_object(ref), &hash), WEFT_OK);
    CHECK_TRACE("open");
    CHECK_EQ(weft_equal(weft_object(a), weft_object(b), &equal), WEFT_OK);
    CHECK_FALSE(equal);
    CHECK_TRACE("open");
    CHECK_EQ(weft_length(a, &length), WEFT_OK);
    CHECK_EQ(length, 3);
    CHECK_TRACE("open");
    CHECK_EQ(weft_length(proxy, &length), WEFT_OK);
    CHECK_TRACE("open");
    CHECK_EQ(object_count(heap), 4);
}

// Nor can a method, a weak method's function, or a finalizer that is called.
static void calls_cannot_close(weft_heap *heap)
{
    inside = heap;
    weft_auto(struct node) node = weft_new(heap, &closing_type);
    weft_auto(weft_ref) proxy = weft_proxy_new(node, NULL, NULL);
    weft_auto(weft_ref) method = weft_weakmethod_new(node, NULL, close_handler,
        NULL, NULL);
    weft_finalizer finalizer;
    CHECK_EQ(weft_finalize(node, close_finalizer, NULL, &finalizer), WEFT_OK);
    CHECK_EQ(weft_call(node, "close", NULL, 0, NULL), WEFT_OK);
    CHECK_EQ(weft_call(proxy, "close", NULL, 0, NULL), WEFT_OK);
    CHECK_TRACE("open open");
    CHECK_TRUE(weft_weakmethod_call(method, NULL));
    CHECK_TRACE("open");
    CHECK_TRUE(weft_finalizer_call(finalizer));
    CHECK_TRACE("open");
    CHECK_EQ(weft_refcount(node), 1);
    weft_auto(struct node) next = plain_new(heap);
    CHECK_TRUE(next != NULL);
}

// ---------------------------------------------------------------------------
// Report hooks

static weft_list *list;
static weft_value value;
static struct node *slot;

static void clear_all(weft_heap *heap, const weft_report *report, void *context)
{
    collect_report(heap, report, context);
    if (report->event != WEFT_MISUSE)
        return;
    if (list != NULL)
        weft_list_clear(list);
    weft_value_clear(&value);
    weft_clear(&slot);
}

// A dead object in a heap whose hook clears everything.
static weft_heap *open_clearing(struct node **dead, struct node **neighbour)
{
    weft_heap_options options = test_options();
    options.report = clear_all;
    weft_heap *heap = weft_heap_open(&options);
    *neighbour = plain_new(heap);
    *dead = plain_new(heap);
    weft_release(*dead);
    return heap;
}

static void fill_list(void)
{
    weft_list_clear(list);
    for (int i = 0; i < 5; i++)
        CHECK_EQ(weft_list_append(list, weft_int(i)), WEFT_OK);
}

// Five integers are gone; what was to be written is there as nil, or is not.
static void check_list(weft_status status)
{
    size_t length = weft_list_length(list);
    CHECK_REPORT(WEFT_MISUSE, "plain");
    CHECK_EQ(length, status == WEFT_OK ? 1 : 0);
    for (size_t i = 0; i < length; i++) {
        weft_auto_value found = weft_list_get(list, i);
        CHECK_EQ(found.kind, WEFT_KIND_NIL);
    }
}

// A hook that empties the list into which something dead was to go.
static void hook_clears_the_list(void)
{
    struct node *dead;
    struct node *neighbour;
    weft_heap *heap = open_clearing(&dead, &neighbour);
    list = weft_list_new(heap);
    fill_list();
    check_list(weft_list_append(list, weft_object(dead)));
    for (size_t i = 0; i <= 5; i++) {
        fill_list();
        check_list(weft_list_insert(list, i, weft_object(dead)));
    }
    for (size_t i = 0; i < 5; i++) {
        fill_list();
        weft_status status = weft_list_set(list, i, weft_object(dead));
        CHECK_EQ(status, WEFT_INDEX_ERROR);
        check_list(status);
    }
    weft_clear(&list);
    weft_release(neighbour);
    close_test_heap(heap);
}

// A hook that empties the slot: what was in there is let go once.
static void hook_clears_the_slot(void)
{
    struct node *dead;
    struct node *neighbour;
    weft_heap *heap = open_clearing(&dead, &neighbour);
    struct node *held = loud_new(heap, "a");
    slot = weft_retain(held);
    weft_set(&slot, dead);
    CHECK_REPORT(WEFT_MISUSE, "plain");
    CHECK_NULL(slot);
    CHECK_EQ(weft_refcount(held), 1);
    weft_value_set(&value, weft_object(held));
    CHECK_EQ(weft_refcount(held), 2);
    weft_value_set(&value, weft_object(dead));
    CHECK_REPORT(WEFT_MISUSE, "plain");
    CHECK_EQ(value.kind, WEFT_KIND_NIL);
    CHECK_EQ(weft_refcount(held), 1);
    CHECK_TRACE("");
    weft_release(held);
    CHECK_TRACE("~a a.");
    weft_release(neighbour);
    close_test_heap(heap);
}

TESTS(RUN(questions_cannot_close), RUN(calls_cannot_close),
    RUN_ALONE(hook_clears_the_list), RUN_ALONE(hook_clears_the_slot))
