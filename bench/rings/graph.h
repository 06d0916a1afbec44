// SPDX-License-Identifier: MIT
//
// What lives while something is measured: a random graph of nodes, which the
// program holds all by an array, or a tree of items with links to parents.
//
// A graph is made in the order of its addresses, or *shuffled*: half of its
// objects are let go in random order and made anew in their places, three
// times, so that neither a list in order of birth nor a free list is in the
// order of addresses any more.
#ifndef BENCH_RINGS_GRAPH_H
#define BENCH_RINGS_GRAPH_H

#include "gc.h"

static struct node **graph;     // held
static struct item **tree;      // the root is held; by the places, the rest
static size_t graph_size;

static void check_living(size_t count)
{
    if (TELLS)
        BENCH_CHECK(living() == count);
}

static void shuffle_places(void)
{
    uint32_t *order = bench_shuffled((uint32_t)graph_size);
    for (size_t i = 0; i < graph_size / 2; i++) {
        drop(graph[order[i]]);
        graph[order[i]] = NULL;
    }
    for (size_t i = 0; i < graph_size / 2; i++)
        graph[order[i]] = node_new();
    free(order);
}

// The collector is off then.
static void link_graph(size_t count, bool shuffled)
{
    turn_off();
    graph_size = count;
    graph = array_new(count);
    for (size_t i = 0; i < count; i++)
        graph[i] = node_new();
    for (int i = 0; shuffled && i < 3; i++)
        shuffle_places();
    for (size_t i = 0; i < count; i++) {
        point(&graph[i]->left, graph[random_below(count)]);
        point(&graph[i]->right, graph[random_below(count)]);
    }
    check_living(count);
}

// The same, then all of it is old, and the collector on.
static void make_graph(size_t count, bool shuffled)
{
    link_graph(count, shuffled);
    turn_on();
    collect();
    check_living(count);
}

// Checks that it is all there and that all of it goes, if that is quick.
static void end_graph(void)
{
    collect();
    check_living(graph_size);
    if (graph_size > MILLION)
        return;
    for (size_t i = 0; i < graph_size; i++) {
        drop(graph[i]);
        graph[i] = NULL;
    }
    collect();
    check_living(0);
    close_heap();
}

// link[0] and link[1]: below; link[2]: above. All held.
static void link_below(struct item *parent, size_t side, struct item *kid)
{
    point(&parent->link[side], kid);
    point(&kid->link[2], parent);
}

// A tree whose nodes are all over the memory. The array holds the root only.
// All of it is old, and the collector on.
static void make_tree(size_t count)
{
    uint32_t *order = bench_shuffled((uint32_t)count);
    turn_off();
    tree = array_new(count);
    for (size_t i = 0; i < count; i++)
        tree[order[i]] = item_new();
    for (size_t i = 1; i < count; i++)
        link_below(tree[(i - 1) / 2], (i - 1) % 2, tree[i]);
    for (size_t i = 1; i < count; i++)
        drop(tree[i]);
    turn_on();
    collect();
    check_living(count);
    free(order);
}

static void end_tree(void)
{
    drop(tree[0]);
    tree[0] = NULL;
    collect();
    check_living(0);
    close_heap();
}

#endif
