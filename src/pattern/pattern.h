// SPDX-License-Identifier: MIT
//
// What the files of pattern share. Each pattern is an object of a type of its
// own, made of what the layers below have: weak tables (weak/table.h), handles,
// rows.
#ifndef WEFT_PATTERN_PRIVATE_H
#define WEFT_PATTERN_PRIVATE_H

#include <weft_pattern.h>

#include "../weak/table.h"

// Checked builds: is this a living object of the type the call is for?
static inline bool is_pattern(const void *object, const weft_type *type,
    const char *call)
{
    if (!weft__check_living(object, call))
        return false;
    const char *wrong = !weft__type_is(page_of(object)->type, type)
        ? "is of the wrong type"
        : !is_object_alive(object) ? "is dying" : NULL;
    if (wrong != NULL)
        weft__misuse(page_of(object)->heap, object, "%s: %s %p %s", call,
            weft__name_of(object), object, wrong);
    return wrong == NULL;
}

// What a handle watches, borrowed until something is let go of; NULL: gone.
static inline void *borrow_watched(weft_weak weak)
{
    if (weft_weak_is_dead(weak))
        return NULL;
    uintptr_t word = (uintptr_t)(weak.bits >> 16) & ~(uintptr_t)7;
    return (uint64_t *)word + 1;
}

#endif
