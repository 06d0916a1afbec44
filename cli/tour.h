// SPDX-License-Identifier: MIT
//
// weft tour: the library in five minutes, live.
//
// A *scenario* is a function of C that shows one behaviour. It is written in
// four macros, so that what is shown is what ran:
//
//     SHOW_GLOBAL(name, ...)      at file level: types and functions. The text
//                                 is printed where tour_global(name) says so.
//     SHOW(...)                   statements: printed, then run
//     TELL(expression, expected)  printed with its value, which is checked
//     TELL_ANY(expression)        the same, for what nobody can foretell
//
// Code that is shown speaks through say(). What it said is compared, too: the
// tour is a test, and fails if anything is not as it should be.
//
//     tour.c            the command and the list of scenarios
//     tour_code.c       code, which came on one line, into lines
//     tour_print.c      the printed page, and what was found to be wrong
//     tour_objects.c    counting, handles, death, resurrection
//     tour_refs.c       refs, proxies, methods, finalizers
//     tour_heaps.c      parents, chains, limits, misuse
//     tour_rings.c      rings: who finds them, what happens, who holds what
//     tour_pauses.c     how long that keeps a program waiting
//     tour_weak.c       weak dictionaries and sets, going through them
//     tour_lists.c      lists in lists, dictionaries, their text form
//     tour_patterns.c   signals, caches, memos, pools, trees
#ifndef WEFT_CLI_TOUR_H
#define WEFT_CLI_TOUR_H

#include <weft.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOUR_WIDTH 78

int tour_command(int argc, char **argv);

typedef void tour_scenario_fn(void);

tour_scenario_fn tour_counting, tour_handles, tour_death, tour_resurrection,
    tour_refs, tour_proxies, tour_methods, tour_finalizers, tour_parents,
    tour_chains, tour_limits, tour_misuse, tour_rings, tour_phases, tour_why,
    tour_leaks, tour_pauses, tour_weakvalues, tour_weakkeys, tour_weaksets,
    tour_snapshots, tour_lists, tour_signals, tour_caches, tour_memos,
    tour_pools, tour_trees;

// ---------------------------------------------------------------------------
// What scenarios are written in

#define SHOW_GLOBAL(name, ...) \
    static const char name[] = #__VA_ARGS__; \
    __VA_ARGS__

// What is declared in it lives on in the scope around: not for a bare `if`.
#define SHOW(...) \
    tour_statements(#__VA_ARGS__); \
    __VA_ARGS__

#define TELL(expression, expected) \
    (tour_expression(#expression), \
        TOUR_TELL(expression)((expression), true, (expected)))
#define TELL_ANY(expression) \
    (tour_expression(#expression), \
        TOUR_TELL(expression)((expression), false, 0))
#define TELL_STATUS(expression, expected) \
    (tour_expression(#expression), tour_tell_status((expression), (expected)))

// A comparison is an int in C.
#define TOUR_TELL(expression) _Generic((expression), \
    bool: tour_tell_truth, int: tour_tell_truth, \
    unsigned long: tour_tell_count, unsigned long long: tour_tell_count, \
    long: tour_tell_number, long long: tour_tell_number, \
    double: tour_tell_real, \
    char *: tour_tell_text, const char *: tour_tell_text, \
    default: tour_tell_null)

void tour_expression(const char *code);     // printed before it is computed
void tour_tell_truth(bool value, bool is_known, bool expected);
void tour_tell_count(uint64_t value, bool is_known, uint64_t expected);
void tour_tell_number(int64_t value, bool is_known, int64_t expected);
void tour_tell_real(double value, bool is_known, double expected);
void tour_tell_text(const char *value, bool is_known, const char *expected);
void tour_tell_null(const void *value, bool is_known, const void *expected);
void tour_tell_status(weft_status value, weft_status expected);

void tour_global(const char *code);
void tour_statements(const char *code);
void tour_explain(const char *text);

// For the code that is shown: an event.
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Were exactly these events said since the last time? They end in "; " each.
// NULL: whatever it was.
void tour_expect_said(const char *expected);

// Memory ran out if `object` is NULL: the end of the program.
void tour_need(const void *object);

double read_clock(void);                // nanoseconds
void tour_print_bar(const char *label, size_t count);   // of a histogram

// ---------------------------------------------------------------------------
// The page

void tour_print_open(void);             // colours or not
void tour_print_title(const char *name, const char *summary);
void tour_print_plain(const char *text);
bool tour_print_failed(void);           // was anything wrong?

// Hands every line of `code`, which is on one line, to `print`, at most
// TOUR_WIDTH - `margin` wide. In statements, as opposed to declarations, every
// brace stays at the end of its line.
typedef void tour_line_fn(const char *line, size_t size, size_t indent);
void tour_code_lines(const char *code, size_t margin, tour_line_fn *print);

#endif
