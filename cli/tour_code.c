// SPDX-License-Identifier: MIT
//
// Code into lines. The preprocessor hands over an argument of a macro on one
// line, with one space wherever there was any. The line breaks of the house
// style can be had back from the text alone:
//
//     statement:
//         up to `;`                   a line
//         up to `{` of a block        a line; statements, deeper; `}`
//         up to `)` of if, for ...    a line; one statement, deeper
//
// The `{` of a function stands alone. A line that is too long breaks where it
// is best, and goes on deeper; an initializer that is too long gets a line for
// every element that begins with a dot. Where all is well, all is foreseen:
// this knows the C of the tour, not all of C.
#include "tour.h"

#include <ctype.h>
#include <string.h>

#define STEP 4

struct layout {
    tour_line_fn *print;
    size_t width;               // that a line may have, with its indent
};

static const char *skip_spaces(const char *at)
{
    while (*at == ' ')
        at++;
    return at;
}

// At a quote: the character behind the literal.
static const char *skip_literal(const char *at)
{
    char quote = *at++;
    while (*at != '\0' && *at != quote)
        at += *at == '\\' && at[1] != '\0' ? 2 : 1;
    return *at == '\0' ? at : at + 1;
}

// At an opening parenthesis or brace: the one that closes it, or the end.
static const char *find_closing(const char *at)
{
    size_t depth = 0;
    while (*at != '\0') {
        if (*at == '"' || *at == '\'') {
            at = skip_literal(at);
            continue;
        }
        if (strchr("({", *at) != NULL)
            depth++;
        else if (strchr(")}", *at) != NULL && --depth == 0)
            return at;
        at++;
    }
    return at;
}

static bool starts_with_word(const char *at, const char *word)
{
    size_t size = strlen(word);
    return strncmp(at, word, size) == 0 && !isalnum((unsigned char)at[size])
        && at[size] != '_';
}

static bool is_control(const char *at)
{
    return starts_with_word(at, "if") || starts_with_word(at, "for")
        || starts_with_word(at, "while") || starts_with_word(at, "weft_each");
}

// The end of a statement's first line: behind its `;`, at the `{` of its block,
// or behind the parenthesis of `if` and its kin.
static const char *find_head_end(const char *start)
{
    bool control = is_control(start);
    const char *at = start;
    char last = '\0';           // but for spaces
    while (*at != '\0') {
        if (*at == '"' || *at == '\'') {
            at = skip_literal(at);
            last = '"';
            continue;
        }
        if (*at == '{' && last != '=')
            return at;
        if (*at == ';')
            return at + 1;
        if (*at == '(' || *at == '{') {
            at = find_closing(at);
            if (*at != '\0' && control && *skip_spaces(at + 1) != '{')
                return at + 1;
            if (*at == '\0')
                return at;
        }
        if (*at != ' ')
            last = *at;
        at++;
    }
    return at;
}

// How good is it to begin a new line at `at`, which follows a space?
static unsigned rate_break(const char *at, size_t depth)
{
    unsigned rating = 1;
    if (at[-2] == ',' || at[-2] == ';')
        rating = 6;
    else if (at[-2] == '=' && at[-3] == ' ')
        rating = 5;
    else if (strchr("?:|&+<>=!", *at) != NULL && at[1] != '\0')
        rating = 4;
    return rating * 4 - (depth < 3 ? (unsigned)depth : 3);
}

// Where to break a line of which only `room` characters fit. The best place of
// its second half, of equals the last.
static const char *find_break(const char *start, const char *end, size_t room)
{
    const char *best = NULL;
    unsigned best_rating = 0;
    size_t depth = 0;
    for (const char *at = start; at < end; at++) {
        if (*at == '"') {
            at = skip_literal(at) - 1;
            continue;
        }
        depth += *at == '(' ? 1 : 0;
        depth -= *at == ')' && depth > 0 ? 1 : 0;
        if (*at != ' ')
            continue;
        if ((size_t)(at - start) > room)
            break;
        bool late = (size_t)(at - start) >= room / 2;
        unsigned rating = rate_break(at + 1, depth) * (late ? 4 : 1);
        if (rating >= best_rating) {
            best = at;
            best_rating = rating;
        }
    }
    return best == NULL ? end : best;
}

static void print_wrapped(const struct layout *layout, const char *start,
    const char *end, size_t indent)
{
    size_t deeper = indent + STEP;
    while (start < end) {
        size_t size = (size_t)(end - start);
        const char *stop = indent + size <= layout->width ? end
            : find_break(start, end, layout->width - indent);
        layout->print(start, (size_t)(stop - start), indent);
        start = skip_spaces(stop);
        indent = deeper;
    }
}

// Behind the opening brace of an initializer: its elements, up to the end.
static void print_elements(const struct layout *layout, const char *start,
    const char *end, size_t indent)
{
    start = skip_spaces(start);
    const char *at = start;
    while (at < end) {
        if (*at == '"')
            at = skip_literal(at) - 1;
        else if (*at == '(' || *at == '{')
            at = find_closing(at);
        else if (at > start && *at == '.' && at[-1] == ' ') {
            print_wrapped(layout, start, at - 1, indent);
            start = at;
        }
        at++;
    }
    print_wrapped(layout, start, end, indent);
}

static void print_head(const struct layout *layout, const char *start,
    const char *end, size_t indent)
{
    while (end > start && end[-1] == ' ')
        end--;
    const char *brace = start;
    while (brace < end && strncmp(brace, "= {", 3) != 0)
        brace++;
    if (brace == end || indent + (size_t)(end - start) <= layout->width) {
        print_wrapped(layout, start, end, indent);
        return;
    }
    print_wrapped(layout, start, brace + 3, indent);
    print_elements(layout, brace + 3, end, indent + STEP);
}

static const char *print_statement(const struct layout *layout,
    const char *start, size_t indent);

// From the opening brace of a block to behind its end. `start` is what comes
// before the brace.
static const char *print_block(const struct layout *layout, const char *start,
    const char *brace, size_t indent)
{
    bool is_function = indent == 0 && brace[-2] == ')' && !is_control(start);
    print_head(layout, start, is_function ? brace : brace + 1, indent);
    if (is_function)
        layout->print(brace, 1, indent);
    const char *at = skip_spaces(brace + 1);
    while (*at != '\0' && *at != '}')
        at = print_statement(layout, at, indent + STEP);
    const char *after = at;
    while (*after == '}' || *after == ';')
        after++;
    layout->print(at, (size_t)(after - at), indent);
    return skip_spaces(after);
}

static const char *print_statement(const struct layout *layout,
    const char *start, size_t indent)
{
    const char *end = find_head_end(start);
    if (*end == '{')
        return print_block(layout, start, end, indent);
    print_head(layout, start, end, indent);
    end = skip_spaces(end);
    if (is_control(start) && *end != '\0')
        return print_statement(layout, end, indent + STEP);
    return end;
}

void tour_code_lines(const char *code, size_t margin, tour_line_fn *print)
{
    struct layout layout = { print, TOUR_WIDTH - margin };
    const char *at = skip_spaces(code);
    while (*at != '\0')
        at = print_statement(&layout, at, 0);
}
