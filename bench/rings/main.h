// SPDX-License-Identifier: MIT
//
// Runs the collector's workloads that were asked for, in the program that has
// said how it does their operations: see gc.h.
#ifndef BENCH_RINGS_MAIN_H
#define BENCH_RINGS_MAIN_H

#include "cost.h"
#include "live.h"
#include "mixed.h"
#include "rings.h"

static void run_both(void (*run)(size_t live), bool large)
{
    run_apart(run, MILLION);
    if (large && is_large_wanted())
        run_apart(run, 10 * MILLION);
}

static void run_all(int argument_count, char **arguments)
{
    bench_open(argument_count, arguments);
    if (bench_wants("W12")) {
        run_apart(run_rings, 0);
        run_both(run_rings, true);
    }
    if (bench_wants("W13")) {
        run_both(run_full, true);
        run_both(run_full_shuffled, true);
        run_apart(run_hanging, MILLION);
        if (HAS_LIMIT)
            run_apart(run_candidates, MILLION);
    }
    if (bench_wants("W17")) {
        run_both(run_rings_of_4, LARGE_CHURN);
        run_both(run_rings_of_40, LARGE_CHURN);
        run_both(run_mixed, LARGE_CHURN);
    }
    if (bench_wants("W18")) {
        run_both(run_build, true);
        run_apart(run_make_release, MILLION);
        run_apart(run_repoint, MILLION);
    }
}

#endif
