// SPDX-License-Identifier: MIT
//
// Objects made, held and let go, and weak references to them.
#ifndef BENCH_COUNTS_OBJECTS_H
#define BENCH_COUNTS_OBJECTS_H

#include "kit.h"

static struct node *hot;        // held
static weft_weak hot_handle;

static void make_hot(void)
{
    hot = node_new();
    hot_handle = weft_weak_of(hot);
}

static void check_answers(void)
{
    expect(MANY);
}

COUNTED(new_release)
{
    for (uint32_t i = 0; i < MANY; i++) {
        struct node *node = node_new();
        BENCH_KEEP(node);
        weft_release(node);
    }
}

COUNTED(make)
{
    for (uint32_t i = 0; i < MOST; i++)
        nodes[i] = node_new();
}

static void shuffle_most(void)
{
    order = bench_shuffled(MOST);
}

static void make_most(void)
{
    make_nodes(MOST);
}

static void release_most(void)
{
    BENCH_CHECK(living() == MOST);
    for (uint32_t i = 0; i < MOST; i++)
        weft_release(nodes[order[i]]);
    check_empty();
}

COUNTED(release_random)
{
    for (uint32_t i = 0; i < MOST; i++)
        weft_release(nodes[order[i]]);
}

COUNTED(retain_release)
{
    for (uint32_t i = 0; i < MANY; i++) {
        struct node *node = hot;
        BENCH_HIDE(node);
        weft_retain(node);
        BENCH_HIDE(node);
        weft_release(node);
    }
}

static void check_hot(void)
{
    BENCH_CHECK(weft_refcount(hot) == 1 && living() == 1);
}

static void make_chain(void)
{
    hot = NULL;
    for (uint32_t i = 0; i < MANY; i++) {
        struct node *node = node_new();
        weft_set_steal(&node->left, hot);
        hot = node;
    }
    BENCH_CHECK(living() == MANY);
}

COUNTED(chain_death)
{
    weft_release(hot);
}

// ---------------------------------------------------------------------------
// Weak references

COUNTED(weak_of)
{
    size_t same = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        struct node *node = hot;
        BENCH_HIDE(node);
        weft_weak handle = weft_weak_of(node);
        BENCH_KEEP(handle.bits);
        same += weft_weak_is_same(handle, hot_handle);
    }
    answers = same;
}

COUNTED(weak_get)
{
    size_t found = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        weft_weak handle = hot_handle;
        BENCH_HIDE(handle.bits);
        struct node *node = weft_weak_get(handle);
        if (node == NULL)
            continue;
        found++;
        BENCH_KEEP(node);
        weft_release(node);
    }
    answers = found;
}

static void kill_hot(void)
{
    make_hot();
    weft_release(hot);
    check_empty();
}

COUNTED(weak_get_dead)
{
    size_t dead = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        weft_weak handle = hot_handle;
        BENCH_HIDE(handle.bits);
        void *object = weft_weak_get(handle);
        BENCH_KEEP(object);
        dead += object == NULL;
    }
    answers = dead;
}

static void count_call(weft_ref *ref, void *context)
{
    (void)ref;
    (void)context;
    answers++;
}

COUNTED(ref_life)
{
    for (uint32_t i = 0; i < MANY; i++) {
        struct node *node = node_new();
        weft_ref *ref = weft_ref_new(node, count_call, NULL);
        BENCH_CHECK(ref != NULL);
        weft_release(node);
        weft_release(ref);
    }
}

static void check_calls(void)
{
    check_answers();
    check_empty();
}

#endif
