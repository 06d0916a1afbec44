// SPDX-License-Identifier: MIT
//
// weft tour: runs scenarios, all of them or one. Exit status 1 if anything was
// not as it should be, so that the tour is a test as well.
#include "tour.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: weft tour [NAME | --list]\n"
    "\n"
    "Shows what the library does, in lines of C, run as they are shown. NAME\n"
    "is one scenario; without one they all run, in about two seconds.\n"
    "\n"
    "  --list  print the names\n"
    "  --help  print this\n"
    "\n"
    "Exit status: 0, 1 if a result was wrong or memory ran out, 2 if there is\n"
    "no such scenario.\n";

struct scenario {
    const char *name;           // to ask for it
    const char *summary;        // one line
    tour_scenario_fn *run;      // shows it, on a heap of its own
};

static const struct scenario scenarios[] = {
    { "counting", "who needs an object holds a reference", tour_counting },
    { "handles", "weak references that are plain values", tour_handles },
    { "refs", "weak references that are told of the death", tour_refs },
    { "proxies", "stand-ins, fields and methods by name", tour_proxies },
    { "methods", "callbacks that vanish with their owner", tour_methods },
    { "finalizers", "cleanups: on death, early, never, at exit",
        tour_finalizers },
    { "death", "what happens, in which order", tour_death },
    { "resurrection", "a finalizer may keep its object", tour_resurrection },
    { "weakvalues", "a dictionary of what somebody has", tour_weakvalues },
    { "weakkeys", "what is known of others' objects", tour_weakkeys },
    { "weaksets", "members by what they are equal to", tour_weaksets },
    { "snapshots", "going through what changes meanwhile", tour_snapshots },
    { "rings", "what the collector is for", tour_rings },
    { "lists", "lists in lists, and what they look like", tour_lists },
    { "phases", "finalizers and weak references in rings", tour_phases },
    { "parents", "trees without rings", tour_parents },
    { "trees", "the same, ready-made", tour_trees },
    { "signals", "observers that nobody holds", tour_signals },
    { "caches", "kept while there is room, found while held", tour_caches },
    { "memos", "functions that remember", tour_memos },
    { "pools", "objects that come back", tour_pools },
    { "why", "what keeps this alive", tour_why },
    { "leaks", "rings shown instead of freed", tour_leaks },
    { "pauses", "how long the collector keeps you waiting", tour_pauses },
    { "chains", "ten million deaths on a small stack", tour_chains },
    { "limits", "a heap that may not grow", tour_limits },
    { "misuse", "what bugs and leaks look like", tour_misuse },
};

#define SCENARIO_COUNT (sizeof(scenarios) / sizeof(scenarios[0]))

static void print_names(FILE *stream)
{
    for (size_t i = 0; i < SCENARIO_COUNT; i++)
        fprintf(stream, "  %-14s%s\n", scenarios[i].name,
            scenarios[i].summary);
}

static void run_scenario(const struct scenario *scenario)
{
    tour_print_title(scenario->name, scenario->summary);
    scenario->run();
    tour_expect_said("");
}

static void run_all(void)
{
    printf("weft %s: Python's memory model for C.\n\n", weft_version());
    tour_print_plain("A tour. What you see is C, printed and run line by line. "
        "Lines with => show what an expression was just now, lines with a dot "
        "what the code had to say. Checks for lack of memory are there, but "
        "not shown.");
    for (size_t i = 0; i < SCENARIO_COUNT; i++)
        run_scenario(&scenarios[i]);
    fputs("\n\n", stdout);
    tour_print_plain("That was it. README.md says how to build with it, "
        "examples/ has small programs, and include/weft.h is the manual: it "
        "can be read from top to bottom.");
}

static int end_tour(void)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "weft tour: cannot write: %s\n", strerror(errno));
        return 1;
    }
    if (!tour_print_failed())
        return 0;
    fputs("weft tour: something was not as it should be: see WRONG above\n",
        stderr);
    return 1;
}

int tour_command(int argc, char **argv)
{
    tour_print_open();
    if (argc > 2) {
        fprintf(stderr, "weft tour: one name is enough\n\n%s", usage);
        return 2;
    }
    if (argc < 2) {
        run_all();
        return end_tour();
    }
    if (strcmp(argv[1], "--list") == 0) {
        print_names(stdout);
        return end_tour();
    }
    if (strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return end_tour();
    }
    for (size_t i = 0; i < SCENARIO_COUNT; i++) {
        if (strcmp(argv[1], scenarios[i].name) == 0) {
            run_scenario(&scenarios[i]);
            return end_tour();
        }
    }
    fprintf(stderr, "weft tour: there is no '%s'. There are:\n", argv[1]);
    print_names(stderr);
    return 2;
}
