// SPDX-License-Identifier: MIT
//
// W13: what a heap of live objects costs.
//
// `full`: one collection of everything, in ms, when there are a thousand pairs
// of garbage beside a random graph; `full_shuffled`: see graph.h.
//
// `pair_on`: a pair of garbage that holds a node of a tree with parent links,
// so that all of the tree can be reached from it. 20 000 of them are dropped,
// one by one; us of the collector's work a pair that it found, `_total`: of all
// that the program did, and `_missed`: % that were left to the next cycle.
// Peers that cannot but look at everything get one pair.
//
// The collector measures its work by the clock of the wall. Where that is more
// than the CPU time of all there was to do, others used the machine, and the
// latter is taken.
//
// `live_candidate`: a reference to one of a million is let go, and others to it
// remain: us of the collector's work for each. `_all`: when every one of them
// is tried until it is given up for good, though the queues and what was earned
// would not allow it.
#ifndef BENCH_RINGS_LIVE_H
#define BENCH_RINGS_LIVE_H

#include "graph.h"

enum { GARBAGE = 1000, HANGING = 20000, CANDIDATES = 200000, BATCH = 50,
    BATCHES = 100 };

static void drop_pairs(int count)
{
    for (int i = 0; i < count; i++) {
        struct node *one = node_new();
        struct node *other = node_new();
        point(&one->left, other);
        point(&other->left, one);
        drop(one);
        drop(other);
    }
}

static void time_full(size_t live, bool shuffled)
{
    struct figure figure = figure_of(
        name_of("full", live, shuffled ? "_shuffled" : ""), "ms");
    open_heap();
    make_graph(live, shuffled);
    turn_off();                         // or it would see the garbage first
    for (int i = 0; i < repetitions_of(live > MILLION ? 3 : 9); i++) {
        drop_pairs(GARBAGE);
        double start = bench_now();
        collect();
        figure_add(&figure, (bench_now() - start) / 1e6);
        check_living(live);
    }
    figure_print(&figure, PEER, "W13_live");
    end_graph();
}

static void run_full(size_t live)
{
    time_full(live, false);
}

static void run_full_shuffled(size_t live)
{
    time_full(live, true);
}

// Of what the collector says it took and what all took: the lesser, in us.
static double least_us(double worked, double all, double count)
{
    return (worked < all ? worked : all) / 1e3 / count;
}

// Pairs that are old and hang on the tree; each is held by its place.
static void hang_pairs(struct item **pairs, int count)
{
    turn_off();
    for (int i = 0; i < count; i++) {
        struct item *other = item_new();
        pairs[i] = item_new();
        point(&pairs[i]->link[0], other);
        point(&other->link[0], pairs[i]);
        point(&pairs[i]->link[1], tree[random_below(MILLION)]);
        drop(other);
    }
    turn_on();
    collect();
    check_living(MILLION + (size_t)count * 2);
}

static void run_hanging(size_t live)
{
    int count = HAS_LIMIT ? HANGING : 1;
    struct figure work = figure_of(name_of("pair_on", live, ""), "us");
    struct figure total = figure_of(
        name_of("pair_on", live, HAS_LIMIT ? "_total" : ""), "us");
    struct figure missed = figure_of(name_of("pair_on", live, "_missed"), "%");
    open_heap();
    make_tree(live);
    struct item **pairs = array_new((size_t)count);
    for (int i = 0; i < repetitions_of(5); i++) {
        hang_pairs(pairs, count);
        double before = work_done();
        double start = bench_now();
        for (int k = 0; k < count; k++) {
            drop(pairs[k]);
            pairs[k] = NULL;
        }
        try_candidates();
        double ns = bench_now() - start;
        double worked = work_done() - before;
        double left = TELLS ? (double)(living() - live) / 2 : 0;
        BENCH_CHECK(left < count);
        figure_add(&total, ns / 1e3 / (count - left));
        figure_add(&work, least_us(worked, ns, count - left));
        figure_add(&missed, left * 100 / count);
        collect();
        check_living(live);
    }
    figure_print(&total, PEER, "W13_live");
    if (HAS_LIMIT) {
        figure_print(&work, PEER, "W13_live");
        figure_print(&missed, PEER, "W13_live");
    }
    end_tree();
}

// The holder lets go of one object as it takes the next.
static void let_go(struct node *holder, int count)
{
    for (int i = 0; i < count; i++)
        point(&holder->left, graph[random_below(graph_size)]);
}

static void run_candidates(size_t live)
{
    struct figure one = figure_of(name_of("live_candidate", live, ""), "us");
    struct figure all = figure_of(
        name_of("live_candidate", live, "_all"), "us");
    open_heap();
    make_graph(live, false);
    struct node *holder = node_new();
    collect();
    for (int i = 0; i < repetitions_of(5); i++) {
        double before = work_done();
        double start = bench_now();
        let_go(holder, CANDIDATES);
        double worked = work_done() - before;
        BENCH_CHECK(worked > 0);        // some were tried
        figure_add(&one, least_us(worked, bench_now() - start, CANDIDATES));
    }
    for (int i = 0; i < repetitions_of(5); i++) {
        try_candidates();
        double before = work_done();
        double start = bench_now();
        for (int k = 0; k < BATCHES; k++) {
            let_go(holder, BATCH);
            try_candidates();
        }
        figure_add(&all, least_us(work_done() - before, bench_now() - start,
            BATCH * BATCHES));
        check_living(live + 1);
    }
    drop(holder);
    figure_print(&one, PEER, "W13_live");
    figure_print(&all, PEER, "W13_live");
    end_graph();
}

#endif
