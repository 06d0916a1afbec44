// SPDX-License-Identifier: MIT
//
// Things for the tests that follow CPython's own (tests/fidelity): small
// objects with a number. Plain ones are themselves and nothing else, equal ones
// are who has the same number, unhashable ones are that and have no hash. Each
// may hold another, or itself, so that only the collector lets it go.
#ifndef FIDELITY_H
#define FIDELITY_H

#include "rings.h"

struct thing {
    int number;                 // what it is called in traces
    struct thing *other;        // strong
};

#define THING_FIELDS \
    WEFT_INT(struct thing, number), WEFT_STRONG(struct thing, other)

static inline uint64_t thing_hash(const void *self)
{
    return (uint64_t)((const struct thing *)self)->number;
}

static inline bool thing_equal(const void *self, const void *other)
{
    return weft_type_of(self) == weft_type_of(other)
        && thing_hash(self) == thing_hash(other);
}

static weft_type thing_type = {
    .name = "thing", WEFT_SIZE(struct thing),
    .fields = WEFT_FIELDS(THING_FIELDS) };

static weft_type equal_type = {
    .name = "equal", WEFT_SIZE(struct thing),
    .fields = WEFT_FIELDS(THING_FIELDS), .hash = thing_hash,
    .equal = thing_equal };

static weft_type unhashable_type = {
    .name = "unhashable", WEFT_SIZE(struct thing),
    .fields = WEFT_FIELDS(THING_FIELDS), .equal = thing_equal };

static weft_type unwatched_type = {
    .name = "unwatched", WEFT_SIZE(struct thing),
    .fields = WEFT_FIELDS(THING_FIELDS), .weak = WEFT_FORBIDDEN };

WEFT_NEW_REF static inline struct thing *thing_of(weft_heap *heap,
    weft_type *type, int number)
{
    struct thing *thing = weft_new(heap, type);
    if (thing != NULL)
        thing->number = number;
    return thing;
}

WEFT_NEW_REF static inline struct thing *thing_new(weft_heap *heap, int number)
{
    return thing_of(heap, &thing_type, number);
}

WEFT_NEW_REF static inline struct thing *equal_new(weft_heap *heap, int number)
{
    return thing_of(heap, &equal_type, number);
}

WEFT_NEW_REF static inline struct thing *unhashable_new(weft_heap *heap)
{
    return thing_of(heap, &unhashable_type, 0);
}

WEFT_NEW_REF static inline struct thing *unwatched_new(weft_heap *heap)
{
    return thing_of(heap, &unwatched_type, 0);
}

// One that holds itself.
WEFT_NEW_REF static inline struct thing *loop_new(weft_heap *heap,
    weft_type *type, int number)
{
    struct thing *thing = thing_of(heap, type, number);
    if (thing != NULL)
        weft_set(&thing->other, thing);
    return thing;
}

static inline void drop_things(struct thing **things, size_t count)
{
    for (size_t i = 0; i < count; i++)
        weft_clear(&things[i]);
}

static inline bool is_equal(const void *a, const void *b)
{
    bool equal = false;
    CHECK_EQ(weft_equal(weft_object(a), weft_object(b), &equal), WEFT_OK);
    return equal;
}

// The text form of an object must be `expected`.
#define CHECK_REPR(heap, object, expected) \
    check_repr((heap), (object), (expected), __FILE__, __LINE__)

static inline void check_repr(weft_heap *heap, const void *object,
    const char *expected, const char *file, int line)
{
    weft_auto(weft_string) text = weft_repr(heap, weft_object(object));
    check_string(weft_string_text(text), expected, "the text form", file, line);
}

#endif
