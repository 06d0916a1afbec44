// SPDX-License-Identifier: MIT
//
// Text into operations.
//
// A line is cut into words at its blanks, after what `#` begins was cut off.
// Words stay where they are in the text, each ended by a zero byte. The first
// word says which operation it is; the table in trace_verbs.c says what that
// takes. After `ondel X :` and `oncall X :` come actions with `;` between them:
// each becomes an operation of its own, right behind.
//
//     for each line:
//         cut it into words
//         mode counts:        remember that
//         ondel X : A ; B:    an operation with X, then operations A and B
//         else:               an operation
//     sort all words, keep each once: these are the names
//     replace the words of operations by names
//
// Everything that can be wrong is found here, before anything runs. What a
// program may do wrong while it runs is part of the language, as `!unbound`.
#include "trace.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

// Longer words are cut in messages.
#define SHOWN "%.40s"

// Of a number. With these every hash is the number itself, as in Python.
#define MOST_DIGITS 18

struct reader {
    struct trace_program *program;  // what has been read
    size_t line;                    // from 1
    enum trace_status status;       // TRACE_DONE so far
};

__attribute__((format(printf, 2, 3)))
static bool refuse(struct reader *reader, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s:%zu: ", reader->program->file, reader->line);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    reader->status = TRACE_REFUSED;
    return false;
}

static bool refuse_for_memory(struct reader *reader)
{
    fprintf(stderr, "%s:%zu: memory ran out\n", reader->program->file,
        reader->line);
    reader->status = TRACE_FAILED;
    return false;
}

// Room for one more; NULL: memory ran out, and the array is as it was.
static void *grow(void *array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return array;
    size_t wanted = *capacity == 0 ? 64 : *capacity * 2;
    void *grown = realloc(array, wanted * size);
    if (grown != NULL)
        *capacity = wanted;
    return grown;
}

static bool add_word(struct reader *reader, char *text)
{
    struct trace_program *program = reader->program;
    char **words = grow(program->words, program->word_count,
        &program->word_capacity, sizeof(words[0]));
    if (words == NULL)
        return refuse_for_memory(reader);
    program->words = words;
    words[program->word_count++] = text;
    return true;
}

// Cuts [line, end) into words. What separates them becomes zero bytes.
static bool cut_line(struct reader *reader, char *line, char *end)
{
    char *comment = memchr(line, '#', (size_t)(end - line));
    if (comment != NULL)
        end = comment;
    else if (end > line && end[-1] == '\r')
        end--;
    bool inside = false;
    for (char *at = line; at < end; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte == ' ' || byte == '\t') {
            *at = '\0';
            inside = false;
            continue;
        }
        if (byte < ' ' || byte > '~')
            return refuse(reader, "byte 0x%02x is not part of any word", byte);
        if (!inside && !add_word(reader, at))
            return false;
        inside = true;
    }
    *end = '\0';            // what is there is a comment, a line's end, or ours
    return true;
}

static struct trace_op *add_op(struct reader *reader)
{
    struct trace_program *program = reader->program;
    struct trace_op *ops = grow(program->ops, program->op_count,
        &program->op_capacity, sizeof(ops[0]));
    if (ops == NULL) {
        refuse_for_memory(reader);
        return NULL;
    }
    program->ops = ops;
    struct trace_op *op = &ops[program->op_count++];
    *op = (struct trace_op){ .line = reader->line };
    return op;
}

static bool check_place(struct reader *reader, const struct trace_verb *verb,
    const char *name, bool is_action)
{
    if (verb == NULL)
        return refuse(reader, "unknown op '" SHOWN "'", name);
    if (is_action && verb->place == TRACE_TOP_ONLY)
        return refuse(reader, "'%s' cannot be an action", name);
    if (!is_action && verb->place == TRACE_ACTION_ONLY)
        return refuse(reader, "'%s' can only be an action", name);
    return true;
}

static bool check_words(struct reader *reader, const struct trace_verb *verb,
    char *const *words, size_t count)
{
    if (count < verb->least || count > verb->most) {
        if (verb->least == verb->most)
            return refuse(reader, "'%s' takes %zu word%s after it, not %zu",
                verb->name, verb->least, verb->least == 1 ? "" : "s", count);
        return refuse(reader, "'%s' takes %zu or %zu words after it, not %zu",
            verb->name, verb->least, verb->most, count);
    }
    for (size_t i = 0; i < count; i++) {
        bool is_atom = words[i][0] == ':' && words[i][1] != '\0';
        if (is_atom && verb->atoms == 0)
            return refuse(reader, "'%s' takes no atom, which '" SHOWN "' is",
                verb->name, words[i]);
        if (is_atom && (verb->atoms >> i & 1) == 0)
            return refuse(reader, "word %zu after '%s' cannot be an atom, which"
                " '" SHOWN "' is", i + 1, verb->name, words[i]);
        if (strpbrk(words[i] + is_atom, ":;") != NULL)
            return refuse(reader, "'" SHOWN "' is no name", words[i]);
    }
    return true;
}

// Which of the words is `on` or `off`; NULL: none.
static const char *state_of(const struct trace_op *op, char *const *words)
{
    trace_run_fn *run = op->verb->run;
    if (run == trace_op_watch || run == trace_op_saveall)
        return words[0];
    return run == trace_op_fzatexit && op->name_count == 2 ? words[1] : NULL;
}

// The words that are neither names nor slots.
static bool read_constants(struct reader *reader, struct trace_op *op,
    char *const *words)
{
    const char *state = state_of(op, words);
    if (state != NULL && strcmp(state, "on") != 0 && strcmp(state, "off") != 0)
        return refuse(reader, "'" SHOWN "' is neither on nor off", state);
    if (op->verb->run == trace_op_gc && op->name_count == 1
        && (strspn(words[0], "012") != 1 || words[0][1] != '\0'))
        return refuse(reader, "'" SHOWN "' is no generation: 0, 1 or 2",
            words[0]);
    if (op->verb->run != trace_op_new)
        return true;
    op->kind = trace_kind_find(words[1]);
    if (op->kind == NULL)
        return refuse(reader, "unknown kind '" SHOWN "'", words[1]);
    if (op->name_count < 3)
        return true;
    size_t length = strlen(words[2]);
    if (strspn(words[2], "0123456789") != length || length > MOST_DIGITS)
        return refuse(reader, "'" SHOWN "' is no number of up to %d digits",
            words[2], MOST_DIGITS);
    op->number = strtoull(words[2], NULL, 10);
    return true;
}

// One operation from words[first] on, without actions.
static bool read_op(struct reader *reader, size_t first, size_t count,
    bool is_action)
{
    char *const *words = reader->program->words + first;
    const struct trace_verb *verb = trace_verb_find(words[0]);
    if (!check_place(reader, verb, words[0], is_action)
        || !check_words(reader, verb, words + 1, count - 1))
        return false;
    struct trace_op *op = add_op(reader);
    if (op == NULL)
        return false;
    op->verb = verb;
    op->first_word = first + 1;
    op->name_count = count - 1;
    return read_constants(reader, op, words + 1);
}

// The actions from words[first] on, with `;` between them; none at all is fine.
static bool read_actions(struct reader *reader, size_t first, size_t end)
{
    struct trace_program *program = reader->program;
    size_t owner = program->op_count - 1;
    if (first == end)
        return true;
    for (size_t at = first; ; at++) {
        size_t begin = at;
        while (at < end && strcmp(program->words[at], ";") != 0)
            at++;
        if (begin == at)
            return refuse(reader, "an action is missing");
        if (!read_op(reader, begin, at - begin, true))
            return false;
        program->ops[owner].action_count++;
        if (at == end)
            return true;
    }
}

static bool read_mode(struct reader *reader, size_t first, size_t count)
{
    struct trace_program *program = reader->program;
    if (count != 2 || strcmp(program->words[first + 1], "counts") != 0)
        return refuse(reader, "the only mode there is: mode counts");
    if (program->is_counting)
        return refuse(reader, "the mode was given before");
    if (program->op_count > 0)
        return refuse(reader, "the mode comes before the first op");
    program->is_counting = true;
    return true;
}

static bool read_line(struct reader *reader, char *line, char *end)
{
    struct trace_program *program = reader->program;
    size_t first = program->word_count;
    if (!cut_line(reader, line, end))
        return false;
    size_t count = program->word_count - first;
    if (count == 0)
        return true;
    char *const *words = program->words + first;
    if (strcmp(words[0], "mode") == 0)
        return read_mode(reader, first, count);
    if (strcmp(words[0], "ondel") != 0 && strcmp(words[0], "oncall") != 0)
        return read_op(reader, first, count, false);
    if (count < 3 || strcmp(words[2], ":") != 0)
        return refuse(reader, "'%s' takes a name, then ':', then actions with"
            " ';' between them", words[0]);
    return read_op(reader, first, 2, false)
        && read_actions(reader, first + 3, first + count);
}

static int compare_names(const void *a, const void *b)
{
    const struct trace_name *left = a;
    const struct trace_name *right = b;
    return strcmp(left->text, right->text);
}

struct trace_name *trace_name_find(const struct trace_program *program,
    const char *text)
{
    struct trace_name key = { .text = text };
    return bsearch(&key, program->names, program->name_count,
        sizeof(program->names[0]), compare_names);
}

// Each word once, sorted, with its place in every operation that uses it.
static bool make_names(struct reader *reader)
{
    struct trace_program *program = reader->program;
    size_t count = program->word_count;
    program->names = calloc(count + 1, sizeof(program->names[0]));
    program->operands = calloc(count + 1, sizeof(program->operands[0]));
    if (program->names == NULL || program->operands == NULL)
        return refuse_for_memory(reader);
    struct trace_name *names = program->names;
    for (size_t i = 0; i < count; i++)
        names[i].text = program->words[i];
    qsort(names, count, sizeof(names[0]), compare_names);
    for (size_t i = 0; i < count; i++) {
        size_t last = program->name_count;
        if (last == 0 || strcmp(names[last - 1].text, names[i].text) != 0)
            names[program->name_count++].text = names[i].text;
    }
    for (size_t i = 0; i < count; i++)
        program->operands[i] = trace_name_find(program, program->words[i]);
    for (size_t i = 0; i < program->name_count; i++) {
        if (strcmp(names[i].text, "self") == 0)
            names[i].special = TRACE_SELF;
        else if (strcmp(names[i].text, "arg") == 0)
            names[i].special = TRACE_ARG;
    }
    for (size_t i = 0; i < program->op_count; i++)
        program->ops[i].names = program->operands + program->ops[i].first_word;
    return true;
}

// `text` has room for one byte more than `size`.
enum trace_status trace_parse(struct trace_program *program, const char *file,
    char *text, size_t size)
{
    *program = (struct trace_program){
        .file = file, .text = text, .size = size };
    struct reader reader = { .program = program, .line = 1 };
    char *end = text + size;
    for (char *line = text; line < end; reader.line++) {
        char *stop = memchr(line, '\n', (size_t)(end - line));
        if (stop == NULL)
            stop = end;
        if (!read_line(&reader, line, stop))
            return reader.status;
        line = stop + 1;
    }
    make_names(&reader);
    return reader.status;
}

void trace_program_release(struct trace_program *program)
{
    free(program->text);
    free(program->words);
    free(program->ops);
    free(program->names);
    free(program->operands);
}
