// SPDX-License-Identifier: MIT
//
// W18: what a collector costs a program that makes no garbage for it. The limit
// is the same with the collector off.
//
// `build`: a tree with links to parents is built, ns an object; each time on a
// new heap. `make_release`: a million made, then let go in random order, ns an
// object for both. `repoint`: a field of a random object of a random graph of a
// million is set to another random one; each lets go of an old object that goes
// on living, which is the worst there is for trials.
#ifndef BENCH_RINGS_COST_H
#define BENCH_RINGS_COST_H

#include "graph.h"

static uint32_t *random_order;  // of a million
static size_t build_size;       // objects
static struct node **other_graph;   // held, on a heap without a collector

// The tree is the array's; all but the root are let go at the end.
static double build(bool collecting)
{
    size_t count = build_size;
    open_heap();
    struct item **items = array_new(count);
    BENCH_HIDE(items);
    for (size_t i = 0; i < count; i++)
        items[i] = NULL;                // pages are there
    if (collecting)
        turn_on();
    else
        turn_off();
    double start = bench_now();
    items[0] = item_new();
    for (size_t i = 1; i < count; i++) {
        items[i] = item_new();
        link_below(items[(i - 1) / 2], (i - 1) % 2, items[i]);
        drop(items[i]);
    }
    double ns = bench_now() - start;
    check_living(count);
    turn_off();
    drop(items[0]);
    array_free(items, count);
    collect();
    check_living(0);
    close_heap();
    return ns;
}

static void measure_build(double *ns)
{
    ns[0] = build(true);
    if (HAS_LIMIT)
        ns[1] = build(false);
}

static void run_build(size_t live)
{
    build_size = live;
    run_with_limit(PEER, "W18_cost", name_of("build", live, ""),
        (double)live, HAS_LIMIT, measure_build);
}

static double make_and_release(void)
{
    double start = bench_now();
    for (size_t i = 0; i < MILLION; i++)
        graph[i] = node_new();
    for (size_t i = 0; i < MILLION; i++) {
        drop(graph[random_order[i]]);
        graph[random_order[i]] = NULL;
    }
    double ns = bench_now() - start;
    check_living(0);
    return ns;
}

static void measure_make_release(double *ns)
{
    turn_on();
    ns[0] = make_and_release();
    if (!HAS_LIMIT)
        return;
    turn_off();
    ns[1] = make_and_release();
}

static void run_make_release(size_t live)
{
    open_heap();
    graph = array_new(live);
    random_order = bench_shuffled((uint32_t)live);
    run_with_limit(PEER, "W18_cost", name_of("make_release", live, ""),
        MILLION, HAS_LIMIT, measure_make_release);
    close_heap();
}

static double repoint(struct node **nodes)
{
    double start = bench_now();
    for (size_t i = 0; i < MILLION; i++) {
        struct node *node = nodes[random_below(MILLION)];
        point(&node->left, nodes[random_below(MILLION)]);
    }
    return bench_now() - start;
}

static void measure_repoint(double *ns)
{
    ns[0] = repoint(graph);
    check_living(MILLION);
    if (HAS_LIMIT)
        ns[1] = repoint(other_graph);
}

// The limit's graph is on a heap of its own, that was never collected.
static void run_repoint(size_t live)
{
    if (HAS_LIMIT) {
        open_heap();
        link_graph(live, false);
        other_graph = graph;
    }
    open_heap();
    make_graph(live, false);
    run_with_limit(PEER, "W18_cost", name_of("repoint", live, ""),
        MILLION, HAS_LIMIT, measure_repoint);
    end_graph();
}

#endif
