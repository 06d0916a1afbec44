// SPDX-License-Identifier: MIT
//
// W17: a cache. A table holds entries, each a ring of items linked both ways,
// of 4 or 40. Nine operations in ten read an entry, with references taken for a
// moment; the tenth replaces one chosen at random, which is old by then.
#ifndef BENCH_RINGS_CHURN_H
#define BENCH_RINGS_CHURN_H

#include "pause.h"

static struct item **entries;   // held, each by its first item
static size_t entry_count;      // of the table
static int entry_length;        // items of an entry

static struct item *entry_new(int length)
{
    struct item *first = item_new();
    struct item *last = first;
    for (int i = 1; i < length; i++) {
        struct item *next = item_new();
        point(&last->link[0], next);
        point(&next->link[1], last);
        drop(next);             // `last` holds it
        last = next;
    }
    point(&last->link[0], first);
    return first;
}

static void entry_drop(struct item *entry, int length, bool by_hand)
{
    struct item *item = entry;
    for (int i = 1; by_hand && i < length; i++) {
        item = item->link[0];
        point(&item->link[1], NULL);
    }
    if (by_hand)
        point(&entry->link[0], NULL);
    drop(entry);
}

static void entry_read(struct item *place)
{
    struct item *entry = keep(place);
    struct item *next = keep(entry->link[0]);
    BENCH_KEEP(next);
    drop(next);
    drop(entry);
}

static size_t use_cache(bool by_hand)
{
    for (int i = 0; i < 9; i++)
        entry_read(entries[random_below(entry_count)]);
    struct item **place = &entries[random_below(entry_count)];
    begin_change();
    struct item *old = *place;
    *place = entry_new(entry_length);
    entry_drop(old, entry_length, by_hand);
    end_change();
    return (size_t)entry_length;
}

static size_t cache_lives(void)
{
    return entry_count * (size_t)entry_length;
}

static void run_cache(const char *name, size_t live, int length)
{
    const struct program cache = { name, use_cache, cache_lives, CHURN,
        NULL };
    entry_length = length;
    entry_count = live / (size_t)length;
    open_heap();
    turn_on();
    entries = array_new(entry_count);
    for (size_t i = 0; i < entry_count; i++)
        entries[i] = entry_new(length);
    run_program(&cache, live);
}

static void run_rings_of_4(size_t live)
{
    run_cache("ring4", live, 4);
}

static void run_rings_of_40(size_t live)
{
    run_cache("ring40", live, 40);
}

#endif
