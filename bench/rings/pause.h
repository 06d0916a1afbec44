// SPDX-License-Identifier: MIT
//
// How long a program waits for its collector, seen from outside, in time of the
// thread, which leaves out what else runs on the machine. Two things are timed:
// each call that may collect, where there are such calls (TIMES_CALLS), for the
// pauses; and each operation that makes or drops something, in which there may
// be several. Those in which the collector worked count; where it does not
// tell, those of more than 5 us. Where only operations are timed they are the
// pauses.
//
// Beside it, what a run of such operations costs, and how much garbage there
// is at most that was not collected yet, in % of what lives.
//
// The pauses are also counted by their length, for a picture: a line of unit
// `hist`, whose samples are `upper:count`, so many pauses of at most `upper` us
// and more than the bound before, from 1 us on; four bounds double it.
#ifndef BENCH_RINGS_PAUSE_H
#define BENCH_RINGS_PAUSE_H

#include "graph.h"

enum { LONG_NS = 5000, LOOK_EVERY = 1000 };

// A program that goes on for as long as it is asked to. `operate` does one
// operation and returns how many objects it made.
struct program {
    const char *name;           // of the rows: "ring4"
    size_t (*operate)(bool by_hand);
    size_t (*lives)(void);      // how many objects should be alive now
    size_t made;                // objects, of one repetition
    const char *workload;       // NULL: "W17_churn"
};

struct pauses {
    double *ns;                 // of each
    size_t count, capacity;     // of these
    double started;             // when the call or operation began
    double worked;              // work_done() then
};

static struct pauses calls, operations;
static double clock_cost;       // of asking for the time, ns
static double peak_garbage;     // % of what should live
static const struct program *program;

static const char *workload_name(void)
{
    return program->workload == NULL ? "W17_churn" : program->workload;
}

static double thread_now(void)
{
    return bench_clock(CLOCK_THREAD_CPUTIME_ID);
}

static void note_pause(struct pauses *pauses, double ns)
{
    if (pauses->count == pauses->capacity) {
        pauses->capacity = pauses->capacity * 2 + 1024;
        pauses->ns = realloc(pauses->ns, pauses->capacity * sizeof(double));
        BENCH_CHECK(pauses->ns != NULL);
    }
    pauses->ns[pauses->count++] = ns;
}

static void begin_timing(struct pauses *pauses)
{
    pauses->worked = work_done();
    pauses->started = thread_now();
}

static void end_timing(struct pauses *pauses)
{
    double ns = thread_now() - pauses->started - clock_cost;
    double worked = work_done();
    if (worked > pauses->worked || (worked <= 0 && ns > LONG_NS))
        note_pause(pauses, ns);
}

// Around a call that may collect.
static void begin_call(void)
{
    begin_timing(&calls);
}

static void end_call(void)
{
    end_timing(&calls);
}

// Around what an operation does. Nothing, when costs are measured.
static void begin_change(void)
{
    if (are_pauses_timed)
        begin_timing(&operations);
}

static void end_change(void)
{
    if (are_pauses_timed)
        end_timing(&operations);
}

static void look_for_peak(void)
{
    double lives = (double)program->lives();
    double percent = ((double)living() - lives) * 100 / lives;
    if (percent > peak_garbage)
        peak_garbage = percent;
}

static double run_for(size_t made, bool by_hand)
{
    double start = bench_now();
    for (size_t so_far = 0, looked = 0; so_far < made;) {
        so_far += program->operate(by_hand);
        if (are_pauses_timed && TELLS && so_far >= looked + LOOK_EVERY) {
            looked = so_far;
            look_for_peak();
        }
    }
    return bench_now() - start;
}

static void measure_cost(double *ns)
{
    turn_on();
    ns[0] = run_for(program->made, false);
    if (!HAS_LIMIT)
        return;
    turn_off();
    ns[1] = run_for(program->made, true);
    turn_on();
}

// The share of pauses that are not longer.
static void print_pauses(const struct pauses *pauses, size_t live,
    const char *what, double share)
{
    struct figure figure = figure_of(name_of(program->name, live, what),
        "us");
    size_t at = (size_t)((double)pauses->count * share);
    if (pauses->count == 0)
        return;
    if (at >= pauses->count)
        at = pauses->count - 1;
    figure_add(&figure, pauses->ns[at] / 1e3);
    figure_print(&figure, PEER, workload_name());
}

// Of pauses in order.
static void print_histogram(const struct pauses *pauses, size_t live)
{
    const double step = 1.189207115002721;  // four of them double
    double upper = 1;
    if (pauses->count == 0)
        return;
    printf("%s\t%s\t%s\thist", PEER, workload_name(),
        name_of(program->name, live, "_hist").text);
    for (size_t i = 0; i < pauses->count; upper *= step) {
        size_t first = i;
        while (i < pauses->count && pauses->ns[i] <= upper * 1e3)
            i++;
        if (i > first)
            printf("\t%.3f:%zu", upper, i - first);
    }
    printf("\n");
}

static void time_pauses(size_t live)
{
    peak_garbage = 0;
    calls.count = operations.count = 0;
    clock_cost = 1e9;
    for (int i = 0; i < 1000; i++) {
        double start = thread_now();
        double cost = thread_now() - start;
        if (cost < clock_cost)
            clock_cost = cost;
    }
    turn_on();
    are_pauses_timed = true;
    run_for(program->made * 2, false);
    are_pauses_timed = false;
    const struct pauses *shown = TIMES_CALLS ? &calls : &operations;
    qsort(calls.ns, calls.count, sizeof(*calls.ns), compare_doubles);
    qsort(operations.ns, operations.count, sizeof(*operations.ns),
        compare_doubles);
    print_histogram(shown, live);
    print_pauses(shown, live, "_p50", 0.5);
    print_pauses(shown, live, "_p90", 0.9);
    print_pauses(shown, live, "_p99", 0.99);
    print_pauses(shown, live, "_p999", 0.999);
    print_pauses(shown, live, "_max", 1);
    if (TIMES_CALLS) {
        print_pauses(&operations, live, "_operation_p99", 0.99);
        print_pauses(&operations, live, "_operation_max", 1);
    }
    struct figure peak = figure_of(name_of(program->name, live, "_peak"), "%");
    figure_add(&peak, peak_garbage);
    if (TELLS)
        figure_print(&peak, PEER, workload_name());
}

// All rows of a program that has been set up. What it holds must be what is
// alive in the end.
static void run_program(const struct program *which, size_t live)
{
    program = which;
    collect();
    check_living(program->lives());
    run_with_limit(PEER, workload_name(), name_of(program->name, live,
        "_cost"), (double)program->made, HAS_LIMIT, measure_cost);
    collect();
    time_pauses(live);
    collect();
    check_living(program->lives());
}

#endif
