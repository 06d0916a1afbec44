// SPDX-License-Identifier: MIT
//
// W12: rings of garbage, from making them to their memory being free again, ns
// an object, beside nothing, a million or ten million live objects. The
// collector works by itself.
//
// `pairs`, `ring40`: dropped at once. `old`: pairs that a program held for a
// while, among the last 20 000, so that all of them were old when they went.
#ifndef BENCH_RINGS_RINGS_H
#define BENCH_RINGS_RINGS_H

#include "graph.h"

enum { RING = 40, WINDOW = 20000 };

static struct node **window;    // pairs that are held
static size_t window_at;        // which goes next

static struct node *ring_new(int length)
{
    struct node *first = node_new();
    struct node *last = first;
    for (int i = 1; i < length; i++) {
        struct node *next = node_new();
        point(&last->left, next);
        drop(next);             // `last` holds it
        last = next;
    }
    point(&last->left, first);
    return first;
}

static void ring_drop(struct node *ring, bool by_hand)
{
    if (by_hand)
        point(&ring->left, NULL);
    drop(ring);
}

// What was made must be gone, but for what may wait for the next pass: in weft
// little, in others a share of what lives.
static void check_gone(size_t live, size_t made)
{
    if (TELLS)
        BENCH_CHECK(living() <= live + made / 10 + (HAS_LIMIT ? 0 : live / 2));
}

static double drop_rings(int length, bool by_hand)
{
    double start = bench_now();
    for (int i = 0; i < MILLION / length; i++)
        ring_drop(ring_new(length), by_hand);
    double ns = bench_now() - start;
    check_gone(graph_size, MILLION);
    return ns;
}

static double drop_old_pairs(bool by_hand)
{
    double start = bench_now();
    for (int i = 0; i < MILLION / 2; i++) {
        ring_drop(window[window_at], by_hand);
        window[window_at] = ring_new(2);
        window_at = (window_at + 1) % WINDOW;
    }
    double ns = bench_now() - start;
    check_gone(graph_size + WINDOW * 2, MILLION);
    return ns;
}

// Once by the collector, once by hand without one.
static void measure_both(double *ns, double (*once)(int length, bool by_hand),
    int length)
{
    turn_on();
    ns[0] = once(length, false);
    if (!HAS_LIMIT)
        return;
    turn_off();
    ns[1] = once(length, true);
    turn_on();
}

static double drop_old(int length, bool by_hand)
{
    (void)length;
    return drop_old_pairs(by_hand);
}

static void measure_pairs(double *ns)
{
    measure_both(ns, drop_rings, 2);
}

static void measure_rings(double *ns)
{
    measure_both(ns, drop_rings, RING);
}

static void measure_old(double *ns)
{
    measure_both(ns, drop_old, 2);
}

static void run_rings(size_t live)
{
    open_heap();
    make_graph(live, false);
    run_with_limit(PEER, "W12_rings", name_of("pairs", live, ""), MILLION,
        HAS_LIMIT, measure_pairs);
    run_with_limit(PEER, "W12_rings", name_of("ring40", live, ""), MILLION,
        HAS_LIMIT, measure_rings);
    window = array_new(WINDOW);
    for (int i = 0; i < WINDOW; i++)
        window[i] = ring_new(2);
    run_with_limit(PEER, "W12_rings", name_of("old", live, ""), MILLION,
        HAS_LIMIT, measure_old);
    for (int i = 0; i < WINDOW; i++) {
        drop(window[i]);
        window[i] = NULL;
    }
    end_graph();
}

#endif
