// SPDX-License-Identifier: MIT
//
// Objects that are equal when their keys are, for tests of weak containers.
// Their hooks count how often they are asked, and a test may have them do
// something; it calls forget_hooks() first.
#ifndef KEYED_H
#define KEYED_H

#include "rings.h"

struct keyed {
    struct keyed *other;        // strong
    int key;                    // what it equals by
};

static struct keyed_hooks {
    int hashes, equals;         // how often they were asked
    bool crowded;               // all hash alike
    void (*act)(void);          // in the next hook that is asked, once
} hooks;

static inline void forget_hooks(void)
{
    hooks = (struct keyed_hooks){ .hashes = 0 };
}

static inline void keyed_act(void)
{
    void (*act)(void) = hooks.act;
    hooks.act = NULL;
    if (act != NULL)
        act();
}

static inline uint64_t keyed_hash(const void *self)
{
    hooks.hashes++;
    keyed_act();
    return hooks.crowded ? 1 : (uint64_t)((const struct keyed *)self)->key;
}

static inline bool keyed_equal(const void *self, const void *other)
{
    hooks.equals++;
    keyed_act();
    return weft_type_of(self) == weft_type_of(other)
        && ((const struct keyed *)self)->key
            == ((const struct keyed *)other)->key;
}

static weft_type keyed_type = {
    .name = "keyed", WEFT_SIZE(struct keyed),
    .fields = WEFT_FIELDS(WEFT_STRONG(struct keyed, other),
        WEFT_INT(struct keyed, key)),
    .hash = keyed_hash, .equal = keyed_equal };

WEFT_UNUSED static weft_type forbidden_type = {
    .name = "forbidden", WEFT_SIZE(struct keyed), .weak = WEFT_FORBIDDEN };

WEFT_NEW_REF static inline struct keyed *keyed_new(weft_heap *heap, int key)
{
    struct keyed *keyed = weft_new(heap, &keyed_type);
    if (keyed != NULL)
        keyed->key = key;
    return keyed;
}

// Arms a failure that a call must not need; disarm() says whether it came.
static inline void arm(weft_heap *heap)
{
    (void)weft_debug_fail_at(heap, 1);
}

static inline bool disarm(weft_heap *heap)
{
    return weft_debug_fail_at(heap, 0) == 0;
}

#endif
