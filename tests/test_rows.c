// SPDX-License-Identifier: MIT
//
// What dies with an object: rows of all kinds, those of what its type extends,
// and what only a clear of its own knows.
#include "node.h"

struct crowd {
    struct node **members;      // owned
    uint16_t count;             // of members
    weft_value value;           // owned
    weft_string *title;         // owned
    struct node *last;          // strong
};

static void crowd_dispose(void *self)
{
    struct crowd *crowd = self;
    bool empty = crowd->value.kind == WEFT_KIND_NIL && crowd->title == NULL
        && crowd->last == NULL;
    for (size_t i = 0; i < crowd->count; i++)
        empty = empty && crowd->members[i] == NULL;
    say("crowd:%d:%s", crowd->count, empty ? "empty" : "full");
    free(crowd->members);
}

static weft_type crowd_type = {
    .name = "crowd", WEFT_SIZE(struct crowd), .dispose = crowd_dispose,
    .fields = WEFT_FIELDS(WEFT_ARRAY(struct crowd, members, count),
        WEFT_VALUE(struct crowd, value), WEFT_STRING(struct crowd, title),
        WEFT_STRONG_OF(struct crowd, last, &loud_type)) };

// Arrays, values and strings go in table order as well; gaps are skipped, and
// dispose finds everything empty and the number still there.
static void lets_go_of_all_kinds(weft_heap *heap)
{
    struct crowd *crowd = weft_new(heap, &crowd_type);
    crowd->members = calloc(5, sizeof(struct node *));
    crowd->count = 5;
    weft_set_steal(&crowd->members[1], loud_new(heap, "b"));
    weft_set_steal(&crowd->members[0], loud_new(heap, "a"));
    weft_set_steal(&crowd->members[4], loud_new(heap, "c"));
    struct node *in_value = loud_new(heap, "v");
    weft_value_set(&crowd->value, weft_object(in_value));
    weft_release(in_value);
    weft_set_steal(&crowd->title, weft_string_new(heap, "title"));
    weft_set_steal(&crowd->last, loud_new(heap, "z"));
    weft_release(crowd);
    CHECK_TRACE("~a a. ~b b. ~c c. ~v v. ~z z. crowd:5:empty");
    CHECK_EQ(object_count(heap), 0);
}

// An array that was never made is one of no elements.
static void array_may_be_missing(weft_heap *heap)
{
    weft_release(weft_new(heap, &crowd_type));
    CHECK_TRACE("crowd:0:empty");
}

// Objects in arrays in arrays go in order too.
static void arrays_nest(weft_heap *heap)
{
    struct crowd *outer = weft_new(heap, &crowd_type);
    outer->members = calloc(3, sizeof(struct node *));
    outer->count = 3;
    const char *names[] = { "a", "b", "c" };
    for (size_t i = 0; i < 3; i++) {
        struct crowd *inner = weft_new(heap, &crowd_type);
        inner->members = calloc(1, sizeof(struct node *));
        inner->count = 1;
        weft_set_steal(&inner->members[0], loud_new(heap, names[i]));
        outer->members[i] = (struct node *)(void *)inner;
    }
    weft_release(outer);
    CHECK_TRACE("~a a. crowd:1:empty ~b b. crowd:1:empty ~c c. crowd:1:empty "
        "crowd:3:empty");
}

static struct crowd *dying_crowd;

static void look_at_crowd(struct node *self)
{
    bool empty = true;
    for (size_t i = 0; i < dying_crowd->count; i++)
        empty = empty && dying_crowd->members[i] != self;
    say(empty ? "not in" : "still in");
}

// An element that dies is not in the array any more.
static void elements_are_emptied_first(weft_heap *heap)
{
    dying_crowd = weft_new(heap, &crowd_type);
    dying_crowd->members = calloc(3, sizeof(struct node *));
    dying_crowd->count = 3;
    for (size_t i = 0; i < 3; i++) {
        dying_crowd->members[i] = loud_new(heap, "m");
        dying_crowd->members[i]->act = look_at_crowd;
    }
    weft_release(dying_crowd);
    CHECK_TRACE("~m not in m. ~m not in m. ~m not in m. crowd:3:empty");
}

#define COUNTED(N, T) \
    struct N { \
        T count; \
        struct node **items; \
    }; \
    static void N##_dispose(void *self) \
    { \
        struct N *counted = self; \
        free(counted->items); \
    } \
    static weft_type N##_type = { \
        .name = #N, WEFT_SIZE(struct N), .dispose = N##_dispose, \
        .fields = WEFT_FIELDS(WEFT_ARRAY(struct N, items, count)) }; \
    static void fill_##N(weft_heap *heap) \
    { \
        struct N *counted = weft_new(heap, &N##_type); \
        counted->items = calloc(100, sizeof(struct node *)); \
        counted->count = 100; \
        for (int i = 0; i < 100; i++) \
            counted->items[i] = plain_new(heap); \
        CHECK_EQ(object_count(heap), 101); \
        weft_release(counted); \
        CHECK_EQ(object_count(heap), 0); \
    }

COUNTED(of_uint8, uint8_t)
COUNTED(of_int16, int16_t)
COUNTED(of_uint32, uint32_t)
COUNTED(of_int, int)
COUNTED(of_size, size_t)

// The number of elements may be an integer of any width.
static void counts_may_be_of_any_width(weft_heap *heap)
{
    fill_of_uint8(heap);
    fill_of_int16(heap);
    fill_of_uint32(heap);
    fill_of_int(heap);
    fill_of_size(heap);
}

// ---------------------------------------------------------------------------
// Types that extend, and types with a clear of their own

struct base {
    struct node *held;          // strong
    struct node *hidden;        // no row: clear knows
};

struct derived {
    struct base base;           // what it extends
    struct node *more;          // strong
    struct node *secret;        // no row: clear knows
};

static void base_finalize(void *self) { (void)self, say("base~"); }
static void base_dispose(void *self) { (void)self, say("base."); }
static void derived_dispose(void *self) { (void)self, say("derived."); }

static void base_clear(void *self)
{
    struct base *base = self;
    say("base-clear:%s", base->held == NULL ? "empty" : "full");
    weft_clear(&base->hidden);
}

static void derived_clear(void *self)
{
    struct derived *derived = self;
    say("derived-clear:%s", derived->more == NULL ? "empty" : "full");
    weft_clear(&derived->secret);
}

static weft_type base_type = {
    .name = "base", WEFT_SIZE(struct base), .finalize = base_finalize,
    .dispose = base_dispose, .clear = base_clear,
    .fields = WEFT_FIELDS(WEFT_STRONG(struct base, held)) };

static weft_type derived_type = {
    .name = "derived", WEFT_SIZE(struct derived), .base = &base_type,
    .dispose = derived_dispose, .clear = derived_clear,
    .fields = WEFT_FIELDS(WEFT_STRONG(struct derived, more)) };

// Of a type that extends another, the nearest finalize runs, the rows of both
// are emptied, then every clear runs and every dispose, its own first.
static void runs_what_the_base_has(weft_heap *heap)
{
    struct derived *object = weft_new(heap, &derived_type);
    CHECK_TRUE(weft_is(object, &derived_type));
    CHECK_TRUE(weft_is(object, &base_type));
    CHECK_FALSE(weft_is(object, &plain_type));
    object->base.held = plain_new(heap);
    object->more = plain_new(heap);
    object->base.hidden = loud_new(heap, "h");
    object->secret = loud_new(heap, "s");
    weft_release(object);
    CHECK_TRACE("base~ derived-clear:empty ~s s. base-clear:empty ~h h. "
        "derived. base.");
    CHECK_EQ(object_count(heap), 0);
}

static weft_type quiet_type = {
    .name = "quiet", WEFT_SIZE(struct derived), .base = &derived_type };

// A type that adds nothing takes all from its base's base.
static void extends_twice(weft_heap *heap)
{
    struct derived *object = weft_new(heap, &quiet_type);
    CHECK_TRUE(weft_is(object, &base_type));
    object->base.held = loud_new(heap, "x");
    weft_release(object);
    CHECK_TRACE("base~ ~x x. derived-clear:empty base-clear:empty derived. "
        "base.");
}

TESTS(RUN(lets_go_of_all_kinds), RUN(array_may_be_missing), RUN(arrays_nest),
    RUN(elements_are_emptied_first), RUN(counts_may_be_of_any_width),
    RUN(runs_what_the_base_has), RUN(extends_twice))
