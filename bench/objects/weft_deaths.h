// SPDX-License-Identifier: MIT
//
// W8: deaths, and who is told of them.
#ifndef BENCH_WEFT_DEATHS_H
#define BENCH_WEFT_DEATHS_H

#include "weft_nodes.h"

// What was made, the collector has to look at once, at some release. That is a
// cost of making, and is paid before deaths are timed.
static void settle(void)
{
    (void)weft_gc_collect(heap, WEFT_OLD);
}

static void measure_death(double *ns)
{
    make_nodes(HUNDRED_THOUSAND);
    settle();
    double start = bench_now();
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++)
        weft_release(nodes[i]);
    ns[0] = bench_now() - start;
    make_nodes(HUNDRED_THOUSAND);
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++)
        handles[i] = weft_weak_of(nodes[i]);
    settle();
    start = bench_now();
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++)
        weft_release(nodes[i]);
    ns[1] = bench_now() - start;
    BENCH_CHECK(living() == 0);
}

static void make_watched_nodes(void)
{
    make_nodes(HUNDRED_THOUSAND);
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++) {
        refs[i] = weft_ref_new(nodes[i], count_call, NULL);
        BENCH_CHECK(refs[i] != NULL);
    }
    settle();
    calls = 0;
}

static void measure_death_told(double *ns)
{
    make_watched_nodes();
    double start = bench_now();
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++)
        weft_release(nodes[i]);
    ns[0] = bench_now() - start;
    BENCH_CHECK(calls == HUNDRED_THOUSAND);
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++) {
        BENCH_CHECK(weft_ref_is_dead(refs[i]));
        weft_release(refs[i]);
    }
    make_watched_nodes();
    start = bench_now();
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++) {
        weft_release(nodes[i]);
        weft_release(refs[i]);
    }
    ns[1] = bench_now() - start;
    BENCH_CHECK(calls == HUNDRED_THOUSAND && living() == 0);
}

// The whole life of an object and of a ref to it.
static void measure_told_hot(double *ns)
{
    calls = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++) {
        struct node *node = node_new();
        weft_ref *ref = weft_ref_new(node, count_call, NULL);
        BENCH_CHECK(ref != NULL);
        weft_release(node);
        weft_release(ref);
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(calls == HUNDRED_THOUSAND && living() == 0);
}

static struct node *make_refs(uint32_t count)
{
    struct node *node = node_new();
    for (uint32_t i = 0; i < count; i++) {
        refs[i] = weft_ref_new(node, count_call, NULL);
        BENCH_CHECK(refs[i] != NULL);
    }
    BENCH_CHECK(weft_weakref_count(node) == count);
    return node;
}

// Removes 800 from the middle of the list. They and their neighbours are looked
// at before, so that what differs is the length of the list and nothing else.
static double remove_refs(uint32_t count)
{
    struct node *node = make_refs(count);
    uint32_t first = count / 2 - 400;
    calls = 0;
    for (uint32_t i = first - 1; i < first + 801; i++)
        BENCH_CHECK(!weft_ref_is_dead(refs[i]));
    double start = bench_now();
    for (uint32_t i = first; i < first + 800; i++)
        weft_release(refs[i]);
    double ns = bench_now() - start;
    BENCH_CHECK(weft_weakref_count(node) == count - 800);
    for (uint32_t i = 0; i < count; i++)
        if (i < first || i >= first + 800)
            weft_release(refs[i]);
    weft_release(node);
    BENCH_CHECK(calls == 0 && living() == 0);
    return ns;
}

static void measure_removal(double *ns)
{
    ns[0] = remove_refs(1000);
    ns[1] = remove_refs(MILLION);
    struct node *node = make_refs(MILLION);
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++)
        weft_release(refs[order[i]]);
    ns[2] = bench_now() - start;
    BENCH_CHECK(weft_weakref_count(node) == 0);
    weft_release(node);
    BENCH_CHECK(living() == 0);
}

#endif
