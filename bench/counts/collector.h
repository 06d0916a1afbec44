// SPDX-License-Identifier: MIT
//
// The collector: by itself, on demand, and in trials.
#ifndef BENCH_COUNTS_COLLECTOR_H
#define BENCH_COUNTS_COLLECTOR_H

#include "kit.h"

// Made to freed: the collector comes by itself.
COUNTED(ring_of_two)
{
    for (uint32_t i = 0; i < MANY / 2; i++) {
        struct node *one = node_new();
        struct node *other = node_new();
        weft_set_steal(&one->left, other);
        weft_set(&other->left, one);
        weft_release(one);
    }
}

static void check_rings(void)
{
    BENCH_CHECK(living() < 10000);
}

// Each holds the next of a shuffled ring, and any other; only one is held from
// outside.
static void open_graph(void)
{
    order = bench_shuffled(MANY);
    make_nodes(MANY);
    for (uint32_t i = 0; i < MANY; i++) {
        struct node *node = nodes[order[i]];
        weft_set(&node->left, nodes[order[(i + 1) % MANY]]);
        weft_set(&node->right, nodes[bench_random() % MANY]);
    }
    for (uint32_t i = 1; i < MANY; i++)
        weft_release(nodes[i]);
    settle();
}

COUNTED(full_collection)
{
    answers = weft_gc_collect(heap, WEFT_FULL);
}

static void check_graph(void)
{
    expect(0);
    BENCH_CHECK(living() == MANY);
}

// What an old object lets go of lives on, the worst there is for trials.
COUNTED(repoint)
{
    for (uint32_t i = 0; i < MANY; i++)
        weft_set(&nodes[order[i]]->left, nodes[order[MANY - 1 - i]]);
}

static void open_held_graph(void)
{
    order = bench_shuffled(MANY);
    make_nodes(MANY);
    for (uint32_t i = 0; i < MANY; i++) {
        weft_set(&nodes[i]->left, nodes[bench_random() % MANY]);
        weft_set(&nodes[i]->right, nodes[bench_random() % MANY]);
    }
    settle();
}

// Not to point each at what it points at already.
static void reshuffle(void)
{
    free(order);
    order = bench_shuffled(MANY);
}

#endif
