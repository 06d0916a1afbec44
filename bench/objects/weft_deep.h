// SPDX-License-Identifier: MIT
//
// W14, W15: much that dies at once.
#ifndef BENCH_WEFT_DEEP_H
#define BENCH_WEFT_DEEP_H

#include "weft_nodes.h"

static double chain(uint32_t count)
{
    struct node *head = NULL;
    for (uint32_t i = 0; i < count; i++) {
        struct node *node = node_new();
        weft_set_steal(&node->left, head);
        head = node;
    }
    BENCH_CHECK(living() == count);
    double start = bench_now();
    weft_release(head);
    double ns = bench_now() - start;
    BENCH_CHECK(living() == 0);
    return ns;
}

static void measure_chain(double *ns)
{
    ns[0] = chain(MILLION);
    ns[1] = limit_chain(MILLION);
}

static void measure_long_chain(double *ns)
{
    ns[0] = chain(10 * MILLION);
    ns[1] = limit_chain(10 * MILLION);
}

static void measure_tree(double *ns)
{
    struct tree **trees = (struct tree **)nodes;
    for (uint32_t i = 0; i < MILLION; i++) {
        trees[i] = weft_new(heap, &tree_type);
        BENCH_CHECK(trees[i] != NULL);
        if (i == 0)
            continue;
        struct tree *parent = trees[(i - 1) / 8];
        trees[i]->parent = weft_weak_of(parent);
        weft_set_steal(&parent->kid[(i - 1) % 8], trees[i]);
    }
    BENCH_CHECK(living() == MILLION);
    double start = bench_now();
    weft_release(trees[0]);
    ns[0] = bench_now() - start;
    BENCH_CHECK(living() == 0);
    ns[1] = limit_tree_of(MILLION);
}

#endif
