// SPDX-License-Identifier: MIT
//
// W5 to W7: weak handles and refs are taken, and asked.
#ifndef BENCH_WEFT_HANDLES_H
#define BENCH_WEFT_HANDLES_H

#include "weft_nodes.h"

static void measure_take(double *ns)
{
    uint32_t same = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        struct node *node = hot;
        BENCH_HIDE(node);
        weft_weak handle = weft_weak_of(node);
        BENCH_KEEP(handle.bits);
        same += weft_weak_is_same(handle, hot_handle);
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(same == MILLION);
}

static void measure_take_random(double *ns)
{
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        weft_weak handle = weft_weak_of(nodes[i]);
        BENCH_KEEP(handle.bits);
    }
    ns[0] = bench_now() - start;
}

static void measure_take_first(double *ns)
{
    make_nodes(HUNDRED_THOUSAND);
    double start = bench_now();
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++)
        handles[i] = weft_weak_of(nodes[i]);
    ns[0] = bench_now() - start;
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++)
        BENCH_CHECK(!weft_weak_is_dead(handles[i]));
    release_nodes(HUNDRED_THOUSAND);
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++)
        BENCH_CHECK(weft_weak_is_dead(handles[i]));
}

static double take_refs(weft_ref_fn *callback)
{
    double start = bench_now();
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++) {
        weft_ref *ref = weft_ref_new(hot, callback, NULL);
        BENCH_CHECK(ref != NULL);
        BENCH_KEEP(ref);
        weft_release(ref);
    }
    return bench_now() - start;
}

static void measure_take_refs(double *ns)
{
    ns[0] = take_refs(NULL);
    ns[1] = take_refs(count_call);
    weft_ref *other = weft_ref_new(hot, NULL, NULL);
    ns[2] = take_refs(NULL);
    weft_release(other);
    BENCH_CHECK(calls == 0 && weft_weakref_count(hot) == 0);
}

static void measure_get(double *ns)
{
    uint32_t found = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        weft_weak handle = hot_handle;
        BENCH_HIDE(handle.bits);
        struct node *node = weft_weak_get(handle);
        if (node == NULL)
            continue;
        found++;
        BENCH_KEEP(node);
        weft_release(node);
    }
    ns[0] = bench_now() - start;
    ns[1] = limit_count_hot();
    BENCH_CHECK(found == MILLION && weft_refcount(hot) == 1);
}

static void measure_get_random(double *ns)
{
    const weft_weak *all = handles;
    uint32_t found = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        struct node *node = weft_weak_get(all[i]);
        if (node == NULL)
            continue;
        found++;
        BENCH_KEEP(node);
        weft_release(node);
    }
    ns[0] = bench_now() - start;
    ns[1] = limit_count_at_once(limit_small_pages);
    ns[2] = limit_count_at_once(limit_huge_pages);
    BENCH_CHECK(found == MILLION);
}

static void measure_get_dead(double *ns)
{
    uint32_t dead = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        weft_weak handle = hot_handle;
        BENCH_HIDE(handle.bits);
        void *object = weft_weak_get(handle);
        BENCH_KEEP(object);
        dead += object == NULL;
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(dead == MILLION);
}

static void measure_get_dead_random(double *ns)
{
    const weft_weak *all = handles;
    uint32_t dead = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        void *object = weft_weak_get(all[i]);
        BENCH_KEEP(object);
        dead += object == NULL;
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(dead == MILLION);
}

#endif
