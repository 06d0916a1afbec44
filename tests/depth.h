// SPDX-License-Identifier: MIT
//
// Depth: a stack on which recursion would not get far. Functions that run there
// must not CHECK; they return true when all went well.
#ifndef DEPTH_H
#define DEPTH_H

#include "shim.h"

#include <pthread.h>

// How many, with fewer where every step costs more.
#define MANY(count, sanitized) \
    ((size_t)(SANITIZED || CHECKED ? (sanitized) : (count)))

typedef bool deep_fn(void);

static inline void *deep_start(void *function)
{
    deep_fn *const *deep = function;
    return (*deep)() ? function : NULL;
}

// Sanitizers need room for themselves in every frame.
static inline bool runs_on_small_stack(deep_fn *function)
{
    size_t size = SANITIZED ? 1 << 20 : 1 << 16;
    pthread_attr_t attributes;
    pthread_t thread;
    void *result = NULL;
    CHECK_EQ(pthread_attr_init(&attributes), 0);
    CHECK_EQ(pthread_attr_setstacksize(&attributes, size), 0);
    CHECK_EQ(pthread_create(&thread, &attributes, deep_start, &function), 0);
    CHECK_EQ(pthread_join(thread, &result), 0);
    CHECK_EQ(pthread_attr_destroy(&attributes), 0);
    return result != NULL;
}

#endif
