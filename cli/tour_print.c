// SPDX-License-Identifier: MIT
//
// The printed page of the tour:
//
//     counting - who needs an object holds a reference
//
//     Explanations, from the margin on.
//
//         statements;                                     code
//           . root is gone                                what the code said
//         expression                          => 2        and what it was
//
// A value that should have been another one is marked, and so is an event that
// did not happen: the tour has failed then.
#include "tour.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MARGIN 4
#define RESULT_COLUMN 54

enum ink { INK_TITLE, INK_RESULT, INK_EVENT, INK_WRONG, INK_NONE };

static const char *const inks[] = {
    [INK_TITLE] = "\033[1m", [INK_RESULT] = "\033[32m",
    [INK_EVENT] = "\033[33m", [INK_WRONG] = "\033[1;31m",
    [INK_NONE] = "\033[0m" };

static bool is_coloured;
static bool is_failed;
static size_t column;           // where the line of an expression ends, or 0
static char said[1024];         // events since they were last compared

static const char *use_ink(enum ink ink)
{
    return is_coloured ? inks[ink] : "";
}

// ---------------------------------------------------------------------------
// Values

// Its value comes on the same line if nothing is said meanwhile.
void tour_expression(const char *code)
{
    printf("%*s%s", MARGIN, "", code);
    fflush(stdout);
    column = MARGIN + strlen(code);
}

static void end_line(void)
{
    if (column > 0)
        putchar('\n');
    column = 0;
}

static void complain(const char *what, const char *expected)
{
    printf("%*s%sWRONG: %s %s%s\n", MARGIN, "", use_ink(INK_WRONG), what,
        expected, use_ink(INK_NONE));
    is_failed = true;
}

static void print_value(const char *value, bool is_right, const char *expected)
{
    if (column >= RESULT_COLUMN)
        end_line();
    printf("%*s%s=> %s%s\n", (int)(RESULT_COLUMN - column), "",
        use_ink(is_right ? INK_RESULT : INK_WRONG), value, use_ink(INK_NONE));
    column = 0;
    if (!is_right)
        complain("it should be", expected);
}

void tour_tell_truth(bool value, bool is_known, bool expected)
{
    print_value(value ? "true" : "false", !is_known || value == expected,
        expected ? "true" : "false");
}

void tour_tell_count(uint64_t value, bool is_known, uint64_t expected)
{
    char is[24];
    char should_be[24];
    snprintf(is, sizeof(is), "%" PRIu64, value);
    snprintf(should_be, sizeof(should_be), "%" PRIu64, expected);
    print_value(is, !is_known || value == expected, should_be);
}

void tour_tell_number(int64_t value, bool is_known, int64_t expected)
{
    char is[24];
    char should_be[24];
    snprintf(is, sizeof(is), "%" PRId64, value);
    snprintf(should_be, sizeof(should_be), "%" PRId64, expected);
    print_value(is, !is_known || value == expected, should_be);
}

void tour_tell_real(double value, bool is_known, double expected)
{
    char is[32];
    char should_be[32];
    snprintf(is, sizeof(is), "%.1f", value);
    snprintf(should_be, sizeof(should_be), "%.1f", expected);
    print_value(is, !is_known || strcmp(is, should_be) == 0, should_be);
}

void tour_tell_text(const char *value, bool is_known, const char *expected)
{
    char is[64] = "NULL";
    char should_be[64] = "NULL";
    if (value != NULL)
        snprintf(is, sizeof(is), "\"%s\"", value);
    if (expected != NULL)
        snprintf(should_be, sizeof(should_be), "\"%s\"", expected);
    print_value(is, !is_known || strcmp(is, should_be) == 0, should_be);
}

void tour_tell_null(const void *value, bool is_known, const void *expected)
{
    print_value(value == NULL ? "NULL" : "not NULL",
        !is_known || value == expected, "another pointer");
}

void tour_tell_status(weft_status value, weft_status expected)
{
    print_value(weft_status_name(value), value == expected,
        weft_status_name(expected));
}

// ---------------------------------------------------------------------------
// Text and code

// Words into lines, from the margin on.
static void print_words(const char *text, size_t margin, enum ink ink)
{
    while (*text != '\0') {
        size_t room = TOUR_WIDTH - margin;
        size_t size = strlen(text);
        if (size > room) {
            size = room;
            while (size > 0 && text[size] != ' ')
                size--;
            if (size == 0)
                size = room;
        }
        printf("%*s%s%.*s%s\n", (int)margin, "", use_ink(ink), (int)size, text,
            use_ink(INK_NONE));
        text += size;
        text += *text == ' ' ? 1 : 0;
    }
}

static void print_code(const char *line, size_t size, size_t indent)
{
    printf("%*s%.*s\n", (int)(MARGIN + indent), "", (int)size, line);
}

void tour_global(const char *code)
{
    tour_code_lines(code, MARGIN, print_code);
    putchar('\n');
}

// Printed before the code runs, for the event that it never comes back.
void tour_statements(const char *code)
{
    tour_code_lines(code, MARGIN, print_code);
    fflush(stdout);
}

void tour_explain(const char *text)
{
    putchar('\n');
    print_words(text, 0, INK_NONE);
    putchar('\n');
}

void say(const char *format, ...)
{
    char event[256];
    end_line();
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(event, sizeof(event), format, arguments);
    va_end(arguments);
    char line[sizeof(event) + 2];
    snprintf(line, sizeof(line), ". %s", event);
    print_words(line, MARGIN + 2, INK_EVENT);
    size_t size = strlen(said);
    snprintf(said + size, sizeof(said) - size, "%s; ", event);
}

void tour_expect_said(const char *expected)
{
    if (expected != NULL && strcmp(said, expected) != 0)
        complain("it should have said:", expected);
    said[0] = '\0';
}

void tour_print_bar(const char *label, size_t count)
{
    printf("%*s%-16s%9zu  %s", MARGIN, "", label, count, use_ink(INK_RESULT));
    for (; count > 0; count /= 2)
        putchar('#');
    printf("%s\n", use_ink(INK_NONE));
}

double read_clock(void)
{
    struct timespec now;
    (void)timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

void tour_need(const void *object)
{
    if (object != NULL)
        return;
    fflush(stdout);
    fputs("weft tour: memory ran out\n", stderr);
    exit(1);
}

// ---------------------------------------------------------------------------
// The page

void tour_print_open(void)
{
    const char *no_color = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    is_coloured = isatty(STDOUT_FILENO) == 1
        && (no_color == NULL || no_color[0] == '\0')
        && (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

void tour_print_title(const char *name, const char *summary)
{
    printf("\n\n%s%s%s - %s\n", use_ink(INK_TITLE), name, use_ink(INK_NONE),
        summary);
    for (size_t i = 0; i < TOUR_WIDTH; i++)
        putchar('-');
    putchar('\n');
}

void tour_print_plain(const char *text)
{
    print_words(text, 0, INK_NONE);
}

bool tour_print_failed(void)
{
    return is_failed;
}
