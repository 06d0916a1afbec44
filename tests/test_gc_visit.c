// SPDX-License-Identifier: MIT
//
// Tests of types that say by `visit` what they hold: unions, values, own
// clears; of visits that lie; and of types that say they are in no ring.
#include "rings.h"

// A union, told by a tag, and a field that a row names.
struct mixed {
    struct node *row;           // strong
    enum { NOTHING, POINTER, A_VALUE } tag;
    union {
        struct mixed *pointer;  // strong
        weft_value value;       // owned
    } u;
    struct mixed *other;        // strong
    int lie;                    // how often `other` is reported too much
};

static void mixed_visit(const void *self, weft_visitor *visitor)
{
    const struct mixed *mixed = self;
    if (mixed->tag == POINTER)
        weft_visit(visitor, &mixed->u.pointer, "pointer");
    else if (mixed->tag == A_VALUE)
        weft_visit_value(visitor, &mixed->u.value, NULL);
    for (int i = 0; i <= mixed->lie; i++)
        weft_visit(visitor, &mixed->other, "other");
}

static size_t cleared, disposed;

static void mixed_clear(void *self)
{
    struct mixed *mixed = self;
    cleared++;
    weft_clear(&mixed->other);
    if (mixed->tag == POINTER)
        weft_clear(&mixed->u.pointer);
    else if (mixed->tag == A_VALUE)
        weft_value_clear(&mixed->u.value);
}

static void mixed_dispose(void *self)
{
    const struct mixed *mixed = self;
    CHECK_NULL(mixed->row);
    CHECK_NULL(mixed->other);
    CHECK_NULL(mixed->tag == A_VALUE ? weft_value_object(mixed->u.value)
        : mixed->u.pointer);
    disposed++;
}

#define MIXED_ROWS WEFT_FIELDS(WEFT_STRONG(struct mixed, row))

static weft_type visited_type = {
    .name = "visited", WEFT_SIZE(struct mixed), .fields = MIXED_ROWS,
    .visit = mixed_visit, .dispose = mixed_dispose };
static weft_type cleared_type = {
    .name = "cleared", WEFT_SIZE(struct mixed), .fields = MIXED_ROWS,
    .visit = mixed_visit, .clear = mixed_clear, .dispose = mixed_dispose };

static weft_type *const both[] = { &visited_type, &cleared_type };

// Points `other` of one to the next: three of a type, in a ring through a
// pointer and a value in the union, too.
static struct mixed *mixed_ring(weft_heap *heap, weft_type *type)
{
    struct mixed *a = weft_new(heap, type), *b = weft_new(heap, type),
        *c = weft_new(heap, type);
    a->tag = POINTER;
    a->u.pointer = weft_retain(b);
    b->tag = A_VALUE;
    weft_value_set(&b->u.value, weft_object(c));
    c->other = weft_retain(a);
    weft_release(b);
    weft_release(c);
    return a;
}

// A ring through what only visit reports goes, with a clear of its own or
// without, found by each way of collecting.
static void visited_ring_goes(weft_heap *heap)
{
    by_hand(heap);
    for (int way = 0; way < 4; way++) {
        cleared = disposed = 0;
        struct mixed *ring = mixed_ring(heap, both[way % 2]);
        ring->row = loud_new(heap, "row");
        CHECK_EQ(weft_gc_collect(heap, WEFT_YOUNG), 0);
        weft_gc_enable(heap);
        weft_release(ring);
        weft_gc_disable(heap);
        CHECK_EQ(weft_gc_collect(heap, way < 2 ? WEFT_OLD : WEFT_FULL), 4);
        CHECK_EQ(disposed, 3);
        CHECK_EQ(cleared, way % 2 == 0 ? 0 : 3);
        CHECK_TRACE("~row row.");
    }
}

// The same while it is young.
static void young_visited_ring_goes(weft_heap *heap)
{
    by_hand(heap);
    for (int i = 0; i < 2; i++) {
        weft_release(mixed_ring(heap, both[i]));
        CHECK_EQ(weft_gc_collect(heap, WEFT_YOUNG), 3);
    }
    CHECK_EQ(object_count(heap), 0);
}

// A death by count empties what visit reports as well.
static void visited_chain_dies_by_count(weft_heap *heap)
{
    by_hand(heap);
    for (int i = 0; i < 2; i++) {
        disposed = 0;
        struct mixed *ring = mixed_ring(heap, both[i]);
        struct mixed *end = weft_value_object(ring->u.pointer->u.value);
        struct mixed *taken = end->other;
        end->other = NULL;                  // no ring any more
        weft_release(taken);
        CHECK_EQ(disposed, 0);
        weft_release(ring);
        CHECK_EQ(disposed, 3);
        CHECK_EQ(object_count(heap), 0);
    }
}

// One that is held lives, and all it visits.
static void held_visited_ring_stays(weft_heap *heap)
{
    by_hand(heap);
    struct mixed *ring = mixed_ring(heap, &visited_type);
    struct mixed *end = weft_retain(weft_value_object(
        ring->u.pointer->u.value));
    weft_release(ring);
    for (int generation = WEFT_YOUNG; generation <= WEFT_FULL; generation++)
        CHECK_EQ(weft_gc_collect(heap, (weft_generation)generation), 0);
    CHECK_SAME(weft_value_object(end->other->u.pointer->u.value), end);
    weft_release(end);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 3);
}

// A type that extends such a one, and visits more.
struct derived {
    struct mixed base;
    struct mixed *more;         // strong
};

static void derived_visit(const void *self, weft_visitor *visitor)
{
    const struct derived *derived = self;
    weft_visit(visitor, &derived->more, "more");
}

static weft_type derived_type = {
    .name = "derived", .base = &visited_type, WEFT_SIZE(struct derived),
    .visit = derived_visit };

static void derived_visits_too(weft_heap *heap)
{
    by_hand(heap);
    disposed = 0;
    struct derived *derived = weft_new(heap, &derived_type);
    derived->more = mixed_ring(heap, &cleared_type);
    derived->base.other = mixed_ring(heap, &visited_type);
    weft_set(&derived->more->other, &derived->base);
    weft_set(&derived->base.other->other, &derived->base);
    weft_release(derived);
    CHECK_EQ(object_count(heap), 7);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 7);
    CHECK_EQ(disposed, 7);
}

// ---------------------------------------------------------------------------
// Visits that lie

// Pitfall H49: a visit that reports one reference twice. Where that is more
// than the count says, it is told, and nothing goes.
static void hist_h49_reports_too_many(weft_heap *heap)
{
    by_hand(heap);
    for (int generation = WEFT_YOUNG; generation <= WEFT_FULL;
            generation += 2) {
        struct mixed *a = weft_new(heap, &visited_type);
        struct mixed *b = weft_new(heap, &visited_type);
        weft_set(&a->other, b);
        weft_set(&b->other, a);
        a->lie = 1;
        weft_release(b);
        weft_release(a);
        CHECK_EQ(weft_gc_collect(heap, (weft_generation)generation), 0);
        CHECK_REPORT(WEFT_MISUSE, "visited");
        CHECK_NO_REPORTS();
        CHECK_EQ(object_count(heap), 2);
        CHECK_SAME(b->other, a);
        CHECK_FALSE(weft_heap_verify(heap));
        while (shim.report_count > 0)
            CHECK_REPORT(WEFT_MISUSE, "weft_heap_verify: S");
        a->lie = 0;
        CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
    }
}

// Where the counts would bear it, weft_heap_verify() tells, which looks at
// addresses.
static void hist_h49_reports_twice_what_is_held(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(struct mixed) held = weft_new(heap, &visited_type);
    weft_auto(struct mixed) holder = weft_new(heap, &visited_type);
    weft_set(&holder->other, held);
    holder->lie = 1;
    CHECK_FALSE(weft_heap_verify(heap));
    CHECK_REPORT(WEFT_MISUSE, "S3: visit reports a slot twice");
    holder->lie = 0;
    CHECK_TRUE(weft_heap_verify(heap));
}

// ---------------------------------------------------------------------------
// Clears that do more

static struct node *victim;

static void release_victim(void *self)
{
    struct mixed *mixed = self;
    weft_clear(&mixed->other);
    weft_clear(&victim);
}

static weft_type eager_type = {
    .name = "eager", WEFT_SIZE(struct mixed),
    .visit = mixed_visit, .clear = release_victim };

// A clear lets go of things outside of the garbage, and of a member.
static void clear_releases_others(weft_heap *heap)
{
    by_hand(heap);
    struct mixed *a = weft_new(heap, &eager_type);
    struct mixed *b = weft_new(heap, &eager_type);
    weft_set(&a->other, b);
    weft_set(&b->other, a);
    victim = loud_new(heap, "victim");
    weft_release(a);
    weft_release(b);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
    CHECK_TRACE("~victim victim.");
    CHECK_EQ(object_count(heap), 0);
}

// ---------------------------------------------------------------------------
// Not visited

struct hidden {
    struct node *secret;        // strong, but nobody is told
};

static void hidden_clear(void *self)
{
    weft_clear(&((struct hidden *)self)->secret);
}

static weft_type hidden_type = {
    .name = "hidden", WEFT_SIZE(struct hidden), .clear = hidden_clear };

// Pitfall H45: a ring through a reference that no row and no visit names is
// never found; that is safe, and it is reported as what it is, a leak.
static void hist_h45_hidden_reference_leaks(void)
{
    weft_heap *heap = open_test_heap();
    struct node *node = plain_new(heap);
    struct hidden *hidden = weft_new(heap, &hidden_type);
    hidden->secret = weft_retain(node);
    node->left = (struct node *)(void *)hidden;
    weft_release(node);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 0);
    CHECK_EQ(object_count(heap), 2);
    CHECK_TRUE(weft_heap_verify(heap));
    CHECK_EQ(weft_heap_close(heap), 2);
    CHECK_REPORT(WEFT_LEAKED, "");
    CHECK_REPORT(WEFT_LEAKED, "");
}

static weft_type hermit_type = {
    .name = "hermit", WEFT_SIZE(struct node),
    .fields = WEFT_FIELDS(NODE_FIELDS), .acyclic = true };

// Pitfall H55: a ring of objects said to be acyclic leaks, and does no harm,
// also if it holds, and is held by, others.
static void hist_h55_acyclic_ring_leaks(void)
{
    weft_heap *heap = open_test_heap();
    by_hand(heap);
    struct node *hermit = weft_new(heap, &hermit_type);
    struct node *ring = ring_new(heap, 3);
    weft_set(&hermit->left, hermit);
    weft_set_steal(&hermit->right, ring);
    weft_set(&ring->right, hermit);
    CHECK_FALSE(weft_gc_is_tracked(hermit));
    weft_release(hermit);
    for (int generation = WEFT_YOUNG; generation <= WEFT_FULL; generation++)
        CHECK_EQ(weft_gc_collect(heap, (weft_generation)generation), 0);
    CHECK_EQ(object_count(heap), 4);
    if (CHECKED)                        // which look whether it is true
        CHECK_REPORT(WEFT_MISUSE, "hermit is declared acyclic");
    CHECK_EQ(weft_heap_close(heap), 4);
    if (CHECKED)
        CHECK_REPORT(WEFT_MISUSE, "hermit is declared acyclic");
    CHECK_REPORT(WEFT_LEAKED, "still held");    // of hermits, and of plain ones
    CHECK_REPORT(WEFT_LEAKED, "still held");
}

// Acyclic ones go by count, with the ring that holds them.
static void acyclic_ones_go_with_their_ring(weft_heap *heap)
{
    by_hand(heap);
    struct node *ring = ring_new(heap, 3);
    weft_set_steal(&ring->right, weft_new(heap, &hermit_type));
    weft_set_steal(&ring->right->left, loud_new(heap, "leaf"));
    weft_release(ring);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 3);
    CHECK_TRACE("~leaf leaf.");
    CHECK_EQ(object_count(heap), 0);
}

TESTS(RUN(visited_ring_goes), RUN(young_visited_ring_goes),
    RUN(visited_chain_dies_by_count), RUN(held_visited_ring_stays),
    RUN(derived_visits_too), RUN(hist_h49_reports_too_many),
    RUN(hist_h49_reports_twice_what_is_held), RUN(clear_releases_others),
    RUN_ALONE(hist_h45_hidden_reference_leaks),
    RUN_ALONE(hist_h55_acyclic_ring_leaks),
    RUN(acyclic_ones_go_with_their_ring))
