// SPDX-License-Identifier: MIT
//
// The timing kit of all benchmark programs in C and C++.
//
// A program measures *rows*. One function measures one or several rows at once,
// so that what is to be compared takes turns, repetition by repetition:
//
//     static void measure(double *ns)         // one repetition
//     {
//         double start = bench_now();
//         ...                                 // the work of row 0
//         ns[0] = bench_now() - start;
//         ...                                 // row 1, set-up, checks
//     }
//     static const struct bench_row rows[] = {
//         { "weft", "W3_refcount", "hot", 1000000 }, ... };
//     bench_run(rows, 2, measure);
//
// Every row is a line: peer, workload, param, unit, then one sample a
// repetition, divided by the row's number of operations. The driver, `run`,
// takes the medians. The first repetition warms up and is not counted, but
// bench_run_fresh() gives it a line of its own: memory was fresh then.
//
// Time is CPU time of the process: others may be using the machine. Arguments
// are the workloads to run ("W1 W3"; none: all). Two variables of the
// environment set how much is repeated: BENCH_REPETITIONS, and
// BENCH_MILLISECONDS, after which a function that ran three times is enough
// (bench_least, where three would take too long).
//
// BENCH_HIDE and BENCH_KEEP keep the compiler honest: nothing may be moved
// across them, folded into one, or left out.
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BENCH_MILLION = 1000000, BENCH_ROWS = 8, BENCH_SAMPLES = 64 };

// From here on `pointer` may be anything, and all memory may have changed.
#define BENCH_HIDE(pointer) __asm__ volatile("" : "+r"(pointer) : : "memory")

// `value` was used, and all memory may have changed.
#define BENCH_KEEP(value) __asm__ volatile("" : : "r"(value) : "memory")

// What a loop computed must be right, also in builds with NDEBUG.
#define BENCH_CHECK(condition) \
    ((condition) ? (void)0 : bench_fail(#condition, __FILE__, __LINE__))

struct bench_row {
    const char *peer;           // whose figure it is
    const char *workload;       // "W1_alloc_free"
    const char *param;          // "hot"
    double operations;          // of one repetition
};

// One repetition: sets ns[i] to the nanoseconds row i took.
typedef void bench_fn(double *ns);

static int bench_argument_count;        // main's
static char **bench_arguments;          // main's
static int bench_repetitions = 9;       // after the one that warms up
static int bench_least = 3;             // repetitions, however long they take
static double bench_enough = 300e6;     // nanoseconds
static double bench_clock_cost;         // of asking for the time, nanoseconds
static uint64_t bench_random_state = 88172645463325252u;

static inline void bench_fail(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: wrong: %s\n", file, line, condition);
    exit(3);
}

static inline double bench_clock(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static inline double bench_now(void)
{
    return bench_clock(CLOCK_PROCESS_CPUTIME_ID);
}

static inline void bench_open(int argument_count, char **arguments)
{
    bench_argument_count = argument_count;
    bench_arguments = arguments;
    if (getenv("BENCH_REPETITIONS") != NULL)
        bench_repetitions = atoi(getenv("BENCH_REPETITIONS"));
    if (bench_repetitions < 1 || bench_repetitions > BENCH_SAMPLES)
        bench_repetitions = 9;
    if (getenv("BENCH_MILLISECONDS") != NULL)
        bench_enough = atof(getenv("BENCH_MILLISECONDS")) * 1e6;
    bench_clock_cost = 1e9;
    for (int i = 0; i < 1000; i++) {
        double start = bench_now();
        double cost = bench_now() - start;
        if (cost < bench_clock_cost)
            bench_clock_cost = cost;
    }
}

// Whether the workload "W1" was asked for.
static inline bool bench_wants(const char *workload)
{
    if (bench_argument_count <= 1)
        return true;
    for (int i = 1; i < bench_argument_count; i++)
        if (strcmp(bench_arguments[i], workload) == 0)
            return true;
    return false;
}

static inline void bench_run_some(const struct bench_row *rows, int count,
    bench_fn *measure, bool fresh)
{
    double samples[BENCH_ROWS][BENCH_SAMPLES];
    double ns[BENCH_ROWS];
    int done = 0;
    BENCH_CHECK(count <= BENCH_ROWS);
    measure(ns);
    for (int i = 0; i < count && fresh; i++)
        printf("%s\t%s\t%s_fresh\tns\t%.4f\n", rows[i].peer, rows[i].workload,
            rows[i].param, ns[i] / rows[i].operations);
    double start = bench_clock(CLOCK_MONOTONIC);
    while (done < bench_repetitions && (done < bench_least
            || bench_clock(CLOCK_MONOTONIC) - start < bench_enough)) {
        measure(ns);
        for (int i = 0; i < count; i++)
            samples[i][done] = (ns[i] - bench_clock_cost) / rows[i].operations;
        done++;
    }
    for (int i = 0; i < count; i++) {
        printf("%s\t%s\t%s\tns", rows[i].peer, rows[i].workload, rows[i].param);
        for (int k = 0; k < done; k++)
            printf("\t%.4f", samples[i][k]);
        printf("\n");
    }
    fflush(stdout);
}

static inline void bench_run(const struct bench_row *rows, int count,
    bench_fn *measure)
{
    bench_run_some(rows, count, measure, false);
}

static inline void bench_run_fresh(const struct bench_row *rows, int count,
    bench_fn *measure)
{
    bench_run_some(rows, count, measure, true);
}

static inline void bench_bytes(const char *peer, const char *workload,
    const char *param, double bytes)
{
    printf("%s\t%s\t%s\tB\t%.2f\n", peer, workload, param, bytes);
    fflush(stdout);
}

// Measures in a child, so that running out of stack is a result too.
static inline void bench_run_in_child(const struct bench_row *row,
    bench_fn *measure)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct rlimit no_core = { 0, 0 };
        setrlimit(RLIMIT_CORE, &no_core);
        bench_run(row, 1, measure);
        _exit(0);
    }
    int status = 1;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        printf("%s\t%s\t%s\tns\tcrash\n", row->peer, row->workload, row->param);
    fflush(stdout);
}

// Bytes of real memory. The rolled-up map is exact; statm may lag behind.
static inline double bench_resident(void)
{
    char line[256];
    long kilobytes = -1;
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    if (file != NULL) {
        while (fgets(line, sizeof(line), file) != NULL)
            if (sscanf(line, "Rss: %ld", &kilobytes) == 1)
                break;
        fclose(file);
    }
    if (kilobytes >= 0)
        return (double)kilobytes * 1024;
    long size = 0;
    long resident = 0;
    file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%ld %ld", &size, &resident) != 2)
        resident = 0;
    if (file != NULL)
        fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

// The same random numbers in every program.
static inline uint64_t bench_random(void)
{
    bench_random_state ^= bench_random_state << 13;
    bench_random_state ^= bench_random_state >> 7;
    bench_random_state ^= bench_random_state << 17;
    return bench_random_state;
}

// 0 to count - 1 in random order.
static inline uint32_t *bench_shuffled(uint32_t count)
{
    uint32_t *order = (uint32_t *)malloc(count * sizeof(*order));
    BENCH_CHECK(order != NULL);
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    for (uint32_t i = count - 1; i > 0; i--) {
        uint32_t other = (uint32_t)(bench_random() % (i + 1));
        uint32_t swapped = order[i];
        order[i] = order[other];
        order[other] = swapped;
    }
    return order;
}

// An array whose pages are all there already.
static inline void *bench_array(size_t count, size_t size)
{
    void *array = malloc(count * size);
    BENCH_CHECK(array != NULL);
    BENCH_HIDE(array);          // or gcc may make it calloc, and touch nothing
    memset(array, 0, count * size);
    BENCH_HIDE(array);
    return array;
}

#endif
