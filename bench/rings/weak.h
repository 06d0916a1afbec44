// SPDX-License-Identifier: MIT
//
// W22: how long a program waits for weft's collector beside weak-key
// dictionaries of a million entries in all: one, or a thousand of a thousand. A
// random key is replaced, with its value. Keys and values are objects that the
// collector knows; in the `ring` programs the value holds its key, so that the
// entry closes a ring (an ephemeron), which only the collector finds; where
// that is off, the entry is removed by hand.
//
// What is timed is as in W17. Besides, each put: the longest includes the
// table's own work, as making its cells or its order anew, but no growth.
#ifndef BENCH_RINGS_WEAK_H
#define BENCH_RINGS_WEAK_H

#include "pause.h"

static weft_weakkeydict **maps; // held
static size_t map_count;
static struct node **map_keys;  // held, a million
static bool has_rings;          // a value holds its key
static size_t maps_living;      // objects, when all is there
static double longest_put;      // ns, of those that were timed

static weft_weakkeydict *map_of(size_t place)
{
    return maps[place % map_count];
}

static void put_key(size_t place)
{
    struct node *key = node_new(), *value = node_new();
    if (has_rings)
        point(&value->left, key);
    map_keys[place] = key;
    double start = are_pauses_timed ? thread_now() : 0;
    BENCH_CHECK(weft_weakkeydict_put(map_of(place), key, weft_object(value))
        == WEFT_OK);
    double ns = are_pauses_timed ? thread_now() - start - clock_cost : 0;
    longest_put = ns > longest_put ? ns : longest_put;
    drop(value);
}

static size_t replace_key(bool by_hand)
{
    size_t place = random_below(MILLION);
    begin_change();
    struct node *old = map_keys[place];
    put_key(place);
    if (by_hand && has_rings)
        BENCH_CHECK(weft_weakkeydict_remove(map_of(place), old));
    drop(old);
    end_change();
    return 2;
}

static size_t maps_live(void)
{
    return maps_living;
}

static void check_maps(void)
{
    size_t length = 0;
    for (size_t i = 0; i < map_count; i++)
        length += weft_weakkeydict_length(maps[i]);
    BENCH_CHECK(length == MILLION);
}

static void fill_maps(void)
{
    open_heap();
    turn_on();
    maps = array_new(map_count);
    for (size_t i = 0; i < map_count; i++) {
        maps[i] = weft_weakkeydict_new(heap, WEFT_BY_IDENTITY);
        BENCH_CHECK(maps[i] != NULL);
    }
    map_keys = array_new(MILLION);
    for (size_t i = 0; i < MILLION; i++)
        put_key(i);
    collect();
    check_maps();
    maps_living = living();
}

static void run_maps(const char *name, size_t count, bool rings)
{
    const struct program replacing = { name, replace_key, maps_live, MILLION,
        "W22_weakpause" };
    map_count = count;
    has_rings = rings;
    fill_maps();
    longest_put = 0;
    run_program(&replacing, MILLION);
    check_maps();
    struct figure put = figure_of(name_of(name, MILLION, "_put_max"), "us");
    figure_add(&put, longest_put / 1e3);
    figure_print(&put, PEER, replacing.workload);
}

static void run_one(size_t live)
{
    (void)live;
    run_maps("one", 1, false);
}

static void run_one_ring(size_t live)
{
    (void)live;
    run_maps("one_ring", 1, true);
}

static void run_many(size_t live)
{
    (void)live;
    run_maps("many", 1000, false);
}

static void run_many_ring(size_t live)
{
    (void)live;
    run_maps("many_ring", 1000, true);
}

static void run_weak(void)
{
    if (!bench_wants("W22"))
        return;
    run_apart(run_one, MILLION);
    run_apart(run_one_ring, MILLION);
    run_apart(run_many, MILLION);
    run_apart(run_many_ring, MILLION);
}

#endif
