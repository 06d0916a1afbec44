// SPDX-License-Identifier: MIT
//
// The tour, fifth part: how long the collector keeps a program waiting, in a
// heap of a million objects. The figures are this machine's, of this moment, in
// processor time: that others want the processor too is not the collector's
// doing. Where all is slow (checked builds, sanitizers) there is less to do.
#define _POSIX_C_SOURCE 200809L         // clock_gettime()
#include "tour.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RINGS = 250000, REPLACEMENTS = 500000, SLICE = 1000, LONGEST = 12 };

static const double patience = 0.7e9;       // nanoseconds a step of it may take

SHOW_GLOBAL(entry_code,
    struct entry {
        struct entry *next;
        struct entry *other;
        uint64_t content;
    };)

static weft_type entry_type = {
    .name = "entry", WEFT_SIZE(struct entry),
    .fields = WEFT_FIELDS(WEFT_STRONG(struct entry, next),
        WEFT_STRONG(struct entry, other), WEFT_UINT(struct entry, content)) };

WEFT_NEW_REF static struct entry *entry_new(weft_heap *heap)
{
    struct entry *entry = weft_new(heap, &entry_type);
    tour_need(entry);
    return entry;
}

SHOW_GLOBAL(ring_code,
    WEFT_NEW_REF static struct entry *ring_new(weft_heap *heap)
    {
        struct entry *first = entry_new(heap);
        struct entry *last = first;
        for (int i = 0; i < 3; i++) {
            last->next = entry_new(heap);
            last = last->next;
        }
        weft_set(&last->next, first);
        return first;
    })

// ---- what is measured

struct measure {
    size_t pauses[LONGEST + 1]; // by the power of two: 0: below a microsecond
    size_t count;
    double longest_us;
    size_t peak;                // objects, garbage included
};

static void note_pause(struct measure *measure, double ns)
{
    int power = 0;
    while (power < LONGEST && ns >= 1000.0 * (double)(1 << power))
        power++;
    measure->pauses[power]++;
    measure->count++;
    if (ns / 1000 > measure->longest_us)
        measure->longest_us = ns / 1000;
}

// Takes a while: it looks at all pages.
static void note_peak(struct measure *measure, const weft_heap *heap)
{
    size_t objects = weft_heap_get_stats(heap).objects;
    if (objects > measure->peak)
        measure->peak = objects;
}

static void print_pauses(const struct measure *measure)
{
    for (int power = 0; power <= LONGEST; power++) {
        char label[32];
        size_t count = measure->pauses[power];
        if (power < LONGEST)
            snprintf(label, sizeof(label), "below %4d us", 1 << power);
        else
            snprintf(label, sizeof(label), "longer");
        if (count > 0 || power < 8)
            tour_print_bar(label, count);
    }
}

// Microseconds within which so many percent of the steps were done.
static size_t within_us(const struct measure *measure, double percent)
{
    size_t count = measure->pauses[0];
    int power = 0;
    while (power < LONGEST
            && (double)count * 100 < percent * (double)measure->count)
        count += measure->pauses[++power];
    return (size_t)1 << power;
}

// Nanoseconds of the processor for this thread.
static double busy_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

// ---- the program

static uint64_t random_state = 88172645463325252u;

static size_t random_below(size_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (size_t)(random_state >> 11) % limit;
}

// So many rings as there is patience for.
static size_t fill_cache(weft_heap *heap, struct entry **cache)
{
    double start = read_clock();
    size_t count = 0;
    while (count < RINGS
            && (count % SLICE != 0 || read_clock() - start < patience))
        cache[count++] = ring_new(heap);
    return count;
}

SHOW_GLOBAL(replace_code,
    static void replace_some(weft_heap *heap, struct entry **cache,
        size_t size, struct measure *measure)
    {
        for (int i = 0; i < 1000; i++) {
            struct entry **slot = &cache[random_below(size)];
            double start = busy_ns();
            weft_set_steal(slot, ring_new(heap));
            note_pause(measure, busy_ns() - start);
        }
        note_peak(measure, heap);
    })

static void replace_many(weft_heap *heap, struct entry **cache, size_t size,
    struct measure *measure)
{
    double start = read_clock();
    while (measure->count < REPLACEMENTS && read_clock() - start < patience)
        replace_some(heap, cache, size, measure);
}

// All at once, in one collection: the next one, of the heap that closes.
static void empty_cache(weft_heap *heap, struct entry **cache, size_t size)
{
    weft_gc_disable(heap);
    for (size_t i = 0; i < size; i++)
        weft_clear(&cache[i]);
}

void tour_pauses(void)
{
    tour_explain("A cache of 250 000 rings of four objects each, a million in "
        "all. Its entries are replaced at random, so each step makes a ring "
        "and turns an old one, which may be anywhere, into garbage. How long "
        "does a step take, collector included?");
    tour_global(entry_code);
    tour_global(ring_code);
    tour_global(replace_code);
    struct entry **cache = calloc(RINGS, sizeof(*cache));
    tour_need(cache);
    SHOW(weft_heap *heap = weft_heap_open(NULL);)
    tour_need(heap);
    SHOW(size_t size = fill_cache(heap, cache);)
    TELL_ANY(weft_heap_get_stats(heap).objects);
    SHOW(struct measure measure = { .count = 0 };)
    SHOW(replace_many(heap, cache, size, &measure);)
    TELL_ANY(measure.count);
    tour_explain("Steps by the processor time they took, a mark for each "
        "doubling of their number. (A step that comes upon new memory waits "
        "for the system to clear it: that can be the longest of all.)");
    print_pauses(&measure);
    tour_explain("Microseconds for 99 and for 99.9 percent of them, and for "
        "the longest:");
    TELL_ANY(within_us(&measure, 99));
    TELL_ANY(within_us(&measure, 99.9));
    TELL_ANY(measure.longest_us);
    tour_explain("And what it cost in memory: the most garbage that had come "
        "together at any time, in percent of the cache.");
    SHOW(double garbage = (double)(measure.peak - size * 4);)
    TELL_ANY(garbage * 100 / (double)(size * 4));
    TELL(garbage < (double)(size * 4), true);
    TELL_ANY(weft_gc_get_stats(heap, WEFT_OLD).collected);
    TELL_ANY(weft_gc_get_stats(heap, WEFT_FULL).collections);
    SHOW(empty_cache(heap, cache, size);)
    TELL(weft_heap_close(heap), 0);
    free(cache);
}
