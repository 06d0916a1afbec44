// SPDX-License-Identifier: MIT
//
// The objects of weft's programs here: a plain struct of two pointers that it
// holds, and a tree with weak parents; and where they are kept.
#ifndef BENCH_WEFT_NODES_H
#define BENCH_WEFT_NODES_H

#include "limit.h"
#include "weft.h"

enum { MILLION = BENCH_MILLION, HUNDRED_THOUSAND = 100000, TYPES = 200 };

struct node {
    struct node *left;          // held
    struct node *right;         // held
};

struct tree {
    struct tree *kid[8];        // held
    weft_weak parent;           // weak
};

static weft_type node_type = {
    .name = "node",
    WEFT_SIZE(struct node),
    .fields = WEFT_FIELDS(
        WEFT_STRONG(struct node, left),
        WEFT_STRONG(struct node, right)),
};

static weft_type tree_type = {
    .name = "tree",
    WEFT_SIZE(struct tree),
    .fields = WEFT_FIELDS(
        WEFT_STRONG(struct tree, kid[0]),
        WEFT_STRONG(struct tree, kid[1]),
        WEFT_STRONG(struct tree, kid[2]),
        WEFT_STRONG(struct tree, kid[3]),
        WEFT_STRONG(struct tree, kid[4]),
        WEFT_STRONG(struct tree, kid[5]),
        WEFT_STRONG(struct tree, kid[6]),
        WEFT_STRONG(struct tree, kid[7]),
        WEFT_WEAK(struct tree, parent)),
};

static weft_heap *heap;                 // of all workloads but W16
static struct node **nodes;             // a million places
static struct node **held;              // a million places
static weft_weak *handles;              // a million places
static weft_ref **refs;                 // a million places
static uint32_t *order;                 // of a million, shuffled
static struct node *hot;                // held
static weft_weak hot_handle;            // dead in W7
static size_t calls;                    // of callbacks

static size_t living(void)
{
    return weft_heap_get_stats(heap).objects;
}

static struct node *node_new(void)
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

static void release_nodes(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        weft_release(nodes[i]);
    BENCH_CHECK(living() == 0);
}

// What refs call.
static void count_call(weft_ref *ref, void *context)
{
    (void)ref;
    (void)context;
    calls++;
}

#endif
