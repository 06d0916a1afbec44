// SPDX-License-Identifier: MIT
//
// Types that extend weft's own: what is refused, and what a failure leaves.
#include "node.h"

struct own {
    weft_ref ref;               // what it extends
    int number;                 // plain
};

static void own_finalize(void *self) { (void)self, say("~own"); }
static void own_dispose(void *self) { (void)self, say("own."); }

static weft_type own_ref_type = {
    .name = "own ref", WEFT_SIZE(struct own), .base = &weft_ref_type,
    .finalize = own_finalize, .dispose = own_dispose };

static weft_type own_proxy_type = {
    .name = "own proxy", WEFT_SIZE(struct own), .base = &weft_proxy_type,
    .finalize = own_finalize, .dispose = own_dispose };

static weft_type own_method_type = {
    .name = "own method", WEFT_SIZE(struct own), .base = &weft_weakmethod_type,
    .finalize = own_finalize, .dispose = own_dispose };

static weft_type forbidding_type = {
    .name = "forbidding", WEFT_SIZE(struct own), .base = &weft_weakmethod_type,
    .weak = WEFT_FORBIDDEN };

static void handle(void *self, void *argument) { (void)self, (void)argument; }

static void say_kept(weft_ref *ref, void *context)
{
    (void)ref;
    say(context == NULL ? "nothing" : "something");
}

// ---------------------------------------------------------------------------
// Failures

// When there is no memory for a ref, none was ever there: its type's own
// functions do not run.
static void failed_ref_runs_nothing(weft_heap *heap)
{
    weft_type *types[] = { &own_ref_type, &own_proxy_type };
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(struct node) kept = plain_new(heap);
    if (!made(node) || !made(kept))
        return;
    for (size_t i = 0; i < 2; i++) {
        weft_auto(weft_ref) ref = weft_ref_new_as(types[i], node, say_kept,
            kept);
        if (!made(ref)) {
            CHECK_TRACE("");
            CHECK_EQ(weft_refcount(kept), 1);
            CHECK_EQ(weft_weakref_count(node), 0);
            return;
        }
        weft_clear(&ref);
        CHECK_TRACE("~own own.");
    }
}

// So it is with a weak method, whichever of its parts there is no memory for.
static void failed_method_runs_nothing(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(struct node) owner = plain_new(heap);
    weft_auto(struct node) kept = plain_new(heap);
    if (!made(node) || !made(owner) || !made(kept))
        return;
    weft_auto(weft_ref) method = weft_weakmethod_new_as(&own_method_type, node,
        owner, handle, say_kept, kept);
    if (!made(method)) {
        CHECK_TRACE("");
        CHECK_EQ(weft_refcount(kept), 1);
        CHECK_EQ(weft_weakref_count(node), 0);
        CHECK_EQ(weft_weakref_count(owner), 0);
        return;
    }
    weft_clear(&method);
    CHECK_TRACE("~own own.");
}

// ---------------------------------------------------------------------------
// Keeping what is dead

// A dead object whose page is still of its type, since another one lives there.
static struct node *dead_node(weft_heap *heap, struct node **neighbour)
{
    *neighbour = plain_new(heap);
    struct node *node = plain_new(heap);
    weft_release(node);
    return node;
}

// Makes so many that one of them comes to live where the dead one was.
static void fill(weft_heap *heap, struct node *nodes[100])
{
    for (size_t i = 0; i < 100; i++)
        nodes[i] = plain_new(heap);
}

static void check_fill(struct node *nodes[100])
{
    for (size_t i = 0; i < 100; i++) {
        CHECK_EQ(weft_refcount(nodes[i]), 1);
        weft_release(nodes[i]);
    }
}

// What is dead is not kept: whoever comes to live there later is not let go.
static void ref_keeps_nothing_dead(weft_heap *heap)
{
    struct node *nodes[100];
    weft_auto(struct node) neighbour = NULL;
    weft_auto(struct node) watched = plain_new(heap);
    struct node *dead = dead_node(heap, &neighbour);
    weft_auto(weft_ref) told = weft_ref_new_as(&weft_ref_type, watched,
        say_kept, dead);
    CHECK_REPORT(WEFT_MISUSE, "plain");
    weft_auto(weft_ref) dropped = weft_ref_new_as(&weft_ref_type, watched,
        say_kept, dead);
    CHECK_REPORT(WEFT_MISUSE, "plain");
    fill(heap, nodes);
    CHECK_TRUE(told != NULL && dropped != NULL && neighbour != NULL);
    CHECK_NULL(weft_ref_kept(told));
    weft_clear(&dropped);
    CHECK_TRACE("");
    weft_clear(&watched);
    CHECK_TRACE("nothing");
    weft_clear(&told);
    check_fill(nodes);
}

// Nor is it by a weak method.
static void method_keeps_nothing_dead(weft_heap *heap)
{
    struct node *nodes[100];
    weft_auto(struct node) neighbour = NULL;
    weft_auto(struct node) watched = plain_new(heap);
    struct node *dead = dead_node(heap, &neighbour);
    weft_auto(weft_ref) method = weft_weakmethod_new_as(&weft_weakmethod_type,
        watched, NULL, handle, say_kept, dead);
    CHECK_REPORT(WEFT_MISUSE, "plain");
    fill(heap, nodes);
    CHECK_TRUE(method != NULL && neighbour != NULL);
    CHECK_NULL(weft_ref_kept(method));
    weft_clear(&watched);
    CHECK_TRACE("nothing");
    weft_clear(&method);
    check_fill(nodes);
}

// ---------------------------------------------------------------------------
// Types that cannot be

struct crooked {
    struct node *first;         // where the base should be
    weft_ref ref;               // not what it begins with
};

static const weft_field inside[] = {
    { "inside", NULL, sizeof(weft_ref) - 8, 0, WEFT_FIELD_STRONG, 8, 0 },
    WEFT_END };

static const weft_field number[] = {
    { "number", NULL, 16, 0, WEFT_FIELD_INT, 8, 0 }, WEFT_END };

static const weft_field first[] = {
    WEFT_STRONG(struct crooked, first), WEFT_END };

// A row in the part of a struct that is weft's own is refused, whatever it is
// of and however far the base is.
static void rows_in_the_base_are_refused(weft_heap *heap)
{
    static weft_type between = { .name = "between", WEFT_SIZE(struct own),
        .base = &weft_ref_type };
    static weft_type bases[] = {
        { .name = "bad 1", WEFT_SIZE(struct crooked), .base = &weft_ref_type,
            .fields = first },
        { .name = "bad 2", WEFT_SIZE(struct crooked), .base = &weft_proxy_type,
            .fields = inside },
        { .name = "bad 3", WEFT_SIZE(struct crooked), .base = &weft_ref_type,
            .fields = number },
        { .name = "bad 4", WEFT_SIZE(struct crooked), .base = &between,
            .fields = first } };
    static weft_type bad_method = { .name = "bad 5", WEFT_SIZE(struct crooked),
        .base = &weft_weakmethod_type, .fields = first };
    weft_auto(struct node) node = plain_new(heap);
    for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        CHECK_NULL(weft_ref_new_as(&bases[i], node, NULL, NULL));
        CHECK_REPORT(WEFT_MISUSE, bases[i].name);
    }
    CHECK_NULL(weft_weakmethod_new_as(&bad_method, node, NULL, handle, NULL,
        NULL));
    CHECK_REPORT(WEFT_MISUSE, "bad 5");
    CHECK_EQ(weft_weakref_count(node), 0);
}

// A weak method that forbids weak references could not be told of a death.
static void method_that_forbids_is_refused(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(struct node) kept = plain_new(heap);
    CHECK_NULL(weft_weakmethod_new_as(&forbidding_type, node, NULL, handle,
        say_kept, kept));
    CHECK_REPORT(WEFT_MISUSE, "forbidding");
    CHECK_EQ(weft_weakref_count(node), 0);
    CHECK_EQ(weft_refcount(kept), 1);
    weft_clear(&node);
    CHECK_TRACE("");
}

TESTS(RUN_OOM(failed_ref_runs_nothing), RUN_OOM(failed_method_runs_nothing),
    RUN(ref_keeps_nothing_dead), RUN(method_keeps_nothing_dead),
    RUN(rows_in_the_base_are_refused), RUN(method_that_forbids_is_refused))
