// SPDX-License-Identifier: MIT
//
// What the operations have in common. `COUNTED(name) { ... }` is an operation:
// what it does is counted, `run` finds it by its name. All else is not.
#ifndef BENCH_COUNTS_KIT_H
#define BENCH_COUNTS_KIT_H

#include "../bench.h"
#include "weft.h"

#define COUNTED(name) __attribute__((noinline)) static void counted_##name(void)

enum { KEYS = 30000, MANY = 100000, MOST = 1000000 };

struct node {
    struct node *left;          // held
    struct node *right;         // held
};

static weft_type node_type = {
    .name = "node",
    WEFT_SIZE(struct node),
    .fields = WEFT_FIELDS(
        WEFT_STRONG(struct node, left),
        WEFT_STRONG(struct node, right)),
};

static weft_heap *heap;
static struct node *nodes[MOST];    // as many as an operation needs
static uint32_t *order;         // of those, shuffled
static size_t answers;          // that were as they should be

static size_t living(void)
{
    return weft_heap_get_stats(heap).objects;
}

static inline struct node *node_new(void)
{
    struct node *node = weft_new(heap, &node_type);
    BENCH_CHECK(node != NULL);
    return node;
}

static void make_nodes(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        nodes[i] = node_new();
}

// All is old from here on, and the collector has nothing to do.
static void settle(void)
{
    size_t before = living();
    (void)weft_gc_collect(heap, WEFT_FULL);
    BENCH_CHECK(living() == before);
}

// So many answers were right in this round.
static void expect(size_t expected)
{
    BENCH_CHECK(answers == expected);
    answers = 0;
}

static void check_empty(void)
{
    BENCH_CHECK(living() == 0);
}

#endif
