// SPDX-License-Identifier: MIT
//
// For tests of pools: what is pooled, and what resets it.
#ifndef POOLED_H
#define POOLED_H

#include <weft_pattern.h>

#include "rings.h"

static inline void say_reset(void *object, void *context)
{
    const struct node *node = object;
    say("reset:%s%s", node->name, (const char *)context);
}

static inline void empty(void *object, void *context)
{
    struct node *node = object;
    (void)context;
    weft_clear(&node->left);
    weft_clear(&node->right);
}

static inline void clear_name(void *object, void *context)
{
    say_reset(object, context);
    empty(object, context);
    ((struct node *)object)->name = NULL;
}

WEFT_NEW_REF static inline struct node *get(weft_pool *pool, const char *name)
{
    struct node *node = weft_pool_get(pool);
    CHECK_TRUE(node != NULL);
    node->name = name;
    return node;
}

// Of all there is, what weft made for itself included.
static inline size_t byte_count(const weft_heap *heap)
{
    return weft_heap_get_stats(heap).object_bytes;
}

#define CHECK_COUNTS(pool, idle, used) \
    (CHECK_EQ(weft_pool_idle_count(pool), (idle)), \
        CHECK_EQ(weft_pool_used_count(pool), (used)))

// Holds nothing.
struct atom {
    int64_t number;             // plain
};

static weft_type atom_type = { .name = "atom", WEFT_SIZE(struct atom) };

#endif
