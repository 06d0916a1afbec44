// SPDX-License-Identifier: MIT
//
// The collector's workloads, for programs in C. They are one text for all of
// them (rings.h, live.h, churn.h, mixed.h, cost.h), so that what
// is compared is the same program. Each peer's file says first how it does
// these, then includes main.h:
//
//     PEER                            its name
//     struct node { left, right }     an object that holds two
//     struct item { link[3] }         an object that holds three
//     node_new(), item_new()          a new reference
//     keep(object), drop(object)      take a reference, let one go
//     point(slot, object)             let a field hold another; NULL: none
//     array_new(count)                places for references, known to a tracer
//     open_heap(), close_heap()       around everything
//     turn_on(), turn_off()           collecting by itself
//     collect()                       everything, now
//     try_candidates()                what is suspected, or all
//     work_done()                     nanoseconds of collecting; 0: not told
//     living()                        objects there are
//     TELLS                           1: living() knows
//     TIMES_CALLS                     1: while are_pauses_timed, drop() and
//                                     point() are between begin_call() and
//                                     end_call()
//     HAS_LIMIT                       1: measures the limits, too
//     CHURN                           objects made to measure W17 once
//     LARGE_CHURN                     1: W17 beside ten million, too
//
// A limit here is the same program on the same heap without a collector, which
// takes its rings apart by hand before it lets them go.
//
// Each configuration runs in a process of its own: a heap made by one is
// nothing another should have to live with.
#ifndef BENCH_GC_H
#define BENCH_GC_H

#include "../bench.h"

enum { MILLION = BENCH_MILLION };

static bool are_pauses_timed;   // pause.h looks at each pause

// A row's name: "old", beside a million live objects, "" is "old_1e6".
struct name {
    char text[48];
};

// Figures that are not nanoseconds an operation, a sample a repetition.
struct figure {
    struct name name;           // of the row
    const char *unit;           // of the samples
    double samples[BENCH_SAMPLES];
    int count;                  // of these
};

static inline struct name name_of(const char *what, size_t live,
    const char *which)
{
    struct name name;
    snprintf(name.text, sizeof(name.text), "%s%s%s", what,
        live == 0 ? "" : live == MILLION ? "_1e6" : "_1e7", which);
    return name;
}

static inline struct figure figure_of(struct name name, const char *unit)
{
    struct figure figure = { .name = name, .unit = unit };
    return figure;
}

static inline void figure_add(struct figure *figure, double sample)
{
    if (figure->count < BENCH_SAMPLES)
        figure->samples[figure->count++] = sample;
}

static inline void figure_print(const struct figure *figure, const char *peer,
    const char *workload)
{
    printf("%s\t%s\t%s\t%s", peer, workload, figure->name.text, figure->unit);
    for (int i = 0; i < figure->count; i++)
        printf("\t%.4f", figure->samples[i]);
    printf("\n");
    fflush(stdout);
}

// Measures rows of weft and, after it, its limit.
static inline void run_with_limit(const char *peer, const char *workload,
    struct name name, double operations, bool has_limit, bench_fn *measure)
{
    const struct bench_row rows[] = {
        { peer, workload, name.text, operations },
        { "limit", workload, name.text, operations } };
    bench_run(rows, has_limit ? 2 : 1, measure);
}

// In a process of its own.
static inline void run_apart(void (*run)(size_t live), size_t live)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        run(live);
        fflush(stdout);
        _exit(0);
    }
    int status = 1;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        fprintf(stderr, "beside %zu objects: failed\n", live);
        exit(3);
    }
}

static inline int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return a < b ? -1 : a > b;
}

// Ten million are left out of a first look.
static inline bool is_large_wanted(void)
{
    const char *large = getenv("BENCH_LARGE");
    return large == NULL || atoi(large) != 0;
}

static inline int repetitions_of(int wanted)
{
    return bench_repetitions < wanted ? bench_repetitions : wanted;
}

static inline size_t random_below(size_t count)
{
    return (size_t)(bench_random() % count);
}

#endif
