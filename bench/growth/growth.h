// SPDX-License-Identifier: MIT
//
// W23: how costs grow with the number of objects, from a thousand to ten
// million. The loops are one text for all programs in C and C++. Each says
// first how it does these, then includes this file and calls run_growth():
//
//     PEER                        its name
//     strong, weak                a place for a reference; for a weak one
//     make(place)                 fills an empty place with a new object
//     keep(place, other)          fills an empty place with another's object
//     move(place, other)          the same, and empties the other
//     drop(place)                 empties it
//     watch(weak, place)          fills a weak place; unwatch(weak) empties it
//     get(weak)                   takes a reference and lets it go; false if
//                                 the object is gone
//     count_of(place)             of references to its object
//     strongs_new(n), weaks_new(n)
//                                 empty places, whose pages are all there
//     enter()                     once, in each process
//     leave()                     when all objects should be gone
//
// A pass makes all objects, one after the other; takes a reference to each in
// random order, then lets all these go (the first time: a collector may look at
// objects that lose a reference and live on); does so again; takes and lets go
// one from each weak reference, in the same random order; and releases all
// objects in that order. Where there are few objects there are more passes, and
// more of what is in the middle. Memory has been used before, but in the first
// pass, in which it is weighed.
#ifndef BENCH_GROWTH_H
#define BENCH_GROWTH_H

#include "../bench.h"

enum { SMALLEST = 3, LARGEST = 7, MOST_PASSES = 30, TIMED_AT_ONCE = 100000 };

static uint32_t count;          // objects
static uint32_t passes;         // of a repetition
static uint32_t again;          // how often a pass does what is in the middle
static uint32_t *order;         // of all objects, shuffled
static strong *places, *held;   // `count` of each
static weak *weaks;             // `count`
static char names[6][32];       // of the rows; the last: bytes
static bool is_weighed;         // this process's first pass is done

static double ns_since(double start)
{
    return bench_now() - start - bench_clock_cost;
}

static double make_all(void)
{
    double empty = is_weighed ? 0 : bench_resident();
    strong *to = held;
    double start = bench_now();
    for (uint32_t i = 0; i < count; i++)
        make(&to[i]);
    double ns = ns_since(start);
    if (!is_weighed)
        bench_bytes(PEER, "W23_growth", names[5],
            (bench_resident() - empty) / count);
    is_weighed = true;
    for (uint32_t i = 0; i < count; i++)
        move(&places[i], &held[order[i]]);
    return ns;
}

static double keep_all(uint32_t times)
{
    strong *from = places, *to = held;
    double start = bench_now();
    for (uint32_t k = 0; k < times; k++) {
        for (uint32_t i = 0; i < count; i++)
            keep(&to[i], &from[i]);
        for (uint32_t i = 0; i < count; i++)
            drop(&to[i]);
    }
    return ns_since(start);
}

static double get_all(void)
{
    weak *from = weaks;
    uint64_t found = 0;
    for (uint32_t i = 0; i < count; i++)
        watch(&weaks[i], &places[i]);
    double start = bench_now();
    for (uint32_t k = 0; k < again; k++)
        for (uint32_t i = 0; i < count; i++)
            found += get(&from[i]);
    double ns = ns_since(start);
    BENCH_CHECK(found == (uint64_t)again * count);
    for (uint32_t i = 0; i < count; i++)
        unwatch(&weaks[i]);
    return ns;
}

static double release_all(void)
{
    strong *from = places;
    for (uint32_t i = 0; i < count; i++)
        BENCH_CHECK(count_of(&from[i]) == 1);
    double start = bench_now();
    for (uint32_t i = 0; i < count; i++)
        drop(&from[i]);
    double ns = ns_since(start);
    leave();
    return ns;
}

static void measure_growth(double *ns)
{
    ns[0] = ns[1] = ns[2] = ns[3] = ns[4] = 0;
    for (uint32_t pass = 0; pass < passes; pass++) {
        ns[0] += make_all();
        ns[1] += keep_all(1);
        ns[2] += keep_all(again);
        ns[3] += get_all();
        ns[4] += release_all();
    }
}

static void run_rows(void)
{
    double done = (double)count * passes;
    const struct bench_row rows[] = {
        { PEER, "W23_growth", names[0], done },
        { PEER, "W23_growth", names[1], done },
        { PEER, "W23_growth", names[2], done * again },
        { PEER, "W23_growth", names[3], done * again },
        { PEER, "W23_growth", names[4], done } };
    bench_run(rows, 5, measure_growth);
}

static void run_size(int exponent)
{
    static const char *const what[] = { "make", "retain_release_first",
        "retain_release", "weak_get", "release_random", "object_bytes" };
    count = 1;
    for (int i = 0; i < exponent; i++)
        count *= 10;
    for (int i = 0; i < 6; i++)
        snprintf(names[i], sizeof(names[i]), "%s_1e%d", what[i], exponent);
    again = count < TIMED_AT_ONCE ? TIMED_AT_ONCE / count : 1;
    passes = count < BENCH_MILLION ? BENCH_MILLION / count : 1;
    if (passes > MOST_PASSES)
        passes = MOST_PASSES;
    bench_least = count > BENCH_MILLION ? 1 : 3;
    order = bench_shuffled(count);
    places = strongs_new(count);
    held = strongs_new(count);
    weaks = weaks_new(count);
    enter();
    run_rows();
}

// Each size in a process of its own. The largest is left out of a first look.
static void run_growth(int argument_count, char **arguments)
{
    const char *large = getenv("BENCH_LARGE");
    bool is_large_wanted = large == NULL || atoi(large) != 0;
    bench_open(argument_count, arguments);
    if (!bench_wants("W23"))
        return;
    for (int exponent = SMALLEST; exponent <= LARGEST; exponent++) {
        if (exponent == LARGEST && !is_large_wanted)
            continue;
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            run_size(exponent);
            _exit(0);
        }
        int status = 1;
        BENCH_CHECK(child > 0 && waitpid(child, &status, 0) == child
            && status == 0);
    }
}

#endif
