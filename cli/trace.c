// SPDX-License-Identifier: MIT
//
// weft trace FILE...: runs programs in the line language and prints what
// happens.
//
// All files are read and checked before the first runs. Each gets a heap of
// its own. What a program leaves behind is let go by rounds at its end:
//
//     up to eight times:
//         drop every variable that is bound now, in ASCII order
//         collect
//         stop if the collection printed nothing and no variable is bound
//     print which objects are still alive
//
// A round may bind variables again, since finalizers run. Before the first one,
// nothing is watched, frozen or in the garbage list any more.
//
// With --dot a program runs in silence up to one of its operations, and then
// the heap is drawn.
#include "trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: weft trace [OPTION...] FILE...\n"
    "       weft trace --dot [--at N] [OPTION...] FILE\n"
    "\n"
    "Runs programs in the line language on a real heap, one heap each, and\n"
    "prints what happens. FILE may be - for standard input.\n"
    "\n"
    "  --any-order   a heap as programs have it, which collects things in any\n"
    "                order, and not one that does so in CPython's\n"
    "  --weak-first  what CPython did up to 3.14: collections clear all weak\n"
    "                references to garbage first, also those without callback\n"
    "  --verify      check the whole heap after every operation\n"
    "  --dot         print no trace, but what is in the heap after the last\n"
    "                operation, for Graphviz\n"
    "  --at N        after operation N, as traces number them\n"
    "  --help        print this\n"
    "\n"
    "Exit status: 0; 1 if memory ran out or the heap is broken; 2 if a\n"
    "program or the command line is malformed, and nothing was run, or if a\n"
    "program nests without end.\n";

struct options {
    bool is_verifying;          // check the heap after every operation
    bool is_ordered;            // collect in CPython's order
    bool is_weak_first;         // and in the steps it took up to 3.14
    bool is_drawing;            // print a picture instead of a trace
    size_t last;                // draw after this operation; 0: all of them
};

// ---- running

// News from the library: only bugs are worth a line, whenever they show.
static void hear(weft_heap *heap, const weft_report *report, void *context)
{
    (void)heap;
    struct trace_world *world = context;
    if (report->event != WEFT_MISUSE && report->event != WEFT_SATURATED)
        return;
    world->is_quiet = false;
    trace_stop(world, TRACE_FAILED, report->message);
}

static void verify(struct trace_world *world, const struct options *options)
{
    if (options->is_verifying && !weft_heap_verify(world->heap))
        trace_stop(world, TRACE_FAILED, "the heap is broken");
}

// Drops what is bound now. What user code binds meanwhile is for later.
static void drop_variables(struct trace_world *world,
    const struct options *options, bool *was_bound)
{
    struct trace_program *program = world->program;
    for (size_t i = 0; i < program->name_count; i++)
        was_bound[i] = program->names[i].thing != NULL;
    for (size_t i = 0; i < program->name_count; i++) {
        struct trace_name *name = &program->names[i];
        if (!was_bound[i] || name->thing == NULL)
            continue;
        trace_emit(world, "@end drop %s", name->text);
        trace_bind(name, NULL);
        trace_emit(world, "= ok");
        verify(world, options);
    }
}

static bool is_any_bound(const struct trace_program *program)
{
    for (size_t i = 0; i < program->name_count; i++) {
        if (program->names[i].thing != NULL)
            return true;
    }
    return false;
}

static void print_living(struct trace_world *world)
{
    const struct trace_program *program = world->program;
    fputs("@end live", stdout);
    bool is_any_alive = false;
    for (size_t i = 0; i < program->name_count; i++) {
        if (program->names[i].is_living) {
            printf(" %s", program->names[i].text);
            is_any_alive = true;
        }
    }
    puts(is_any_alive ? "" : " none");
}

// Whether anything happened.
static bool collect_at_end(struct trace_world *world,
    const struct options *options)
{
    trace_emit(world, "@end gc");
    size_t printed = world->printed;
    size_t count = weft_gc_collect(world->heap, WEFT_FULL);
    bool is_quiet = world->printed == printed;
    if (world->program->is_counting)
        trace_emit(world, "= n=%zu", count);
    else
        trace_emit(world, "= ok");
    verify(world, options);
    return !is_quiet;
}

static void end_program(struct trace_world *world,
    const struct options *options)
{
    struct trace_program *program = world->program;
    bool *was_bound = calloc(program->name_count + 1, sizeof(*was_bound));
    if (was_bound == NULL) {
        trace_stop(world, TRACE_FAILED, "memory ran out");
        return;
    }
    trace_emit(world, "@end reset");
    trace_collector_reset(world);
    trace_emit(world, "= ok");
    for (int round = 0; round < 8; round++) {
        drop_variables(world, options, was_bound);
        if (!collect_at_end(world, options) && !is_any_bound(program))
            break;
    }
    free(was_bound);
    if (!world->is_quiet)
        print_living(world);
}

static void run_ops(struct trace_world *world, const struct options *options)
{
    const struct trace_program *program = world->program;
    size_t number = 0;
    for (size_t i = 0; i < program->op_count && !world->is_quiet; i++) {
        const struct trace_op *op = &program->ops[i];
        char mark[24];
        snprintf(mark, sizeof(mark), "@%zu", ++number);
        trace_emit_op(world, mark, op);
        trace_step(world, op, NULL);
        verify(world, options);
        i += op->action_count;
        if (number == options->last)
            return;
    }
}

// Is there the operation to draw after?
static bool has_last(const struct trace_program *program, size_t last)
{
    size_t number = 0;
    for (size_t i = 0; i < program->op_count && number < last; i++) {
        number++;
        i += program->ops[i].action_count;
    }
    if (number < last)
        fprintf(stderr, "%s: there is no operation %zu\n", program->file, last);
    return number == last;
}

// Whatever is left at the end goes in silence.
static enum trace_status run_program(struct trace_program *program,
    const struct options *options)
{
    if (!has_last(program, options->last))
        return TRACE_REFUSED;
    struct trace_world world = { .program = program };
    weft_heap_options heap_options = { .data = &world, .report = hear,
        .report_context = &world, .ordered = options->is_ordered,
        .weak_first = options->is_weak_first };
    world.is_silent = options->is_drawing;
    world.heap = weft_heap_open(&heap_options);
    if (world.heap == NULL || !trace_collector_begin(&world)) {
        trace_stop(&world, TRACE_FAILED, "memory ran out");
        (void)(world.heap != NULL && weft_heap_close(world.heap));
        return world.status;
    }
    run_ops(&world, options);
    if (!options->is_drawing)
        end_program(&world, options);
    else if (!world.is_quiet)
        trace_print_dot(&world);
    world.is_quiet = true;
    for (size_t i = 0; i < program->name_count; i++)
        trace_bind(&program->names[i], NULL);
    weft_clear(&world.raised_self);
    (void)weft_heap_close(world.heap);
    trace_labels_release(&world);
    return world.status;
}

static enum trace_status run_files(const struct options *options,
    char *const *paths, size_t count)
{
    struct trace_program *programs = calloc(count, sizeof(programs[0]));
    if (programs == NULL) {
        fputs("weft trace: memory ran out\n", stderr);
        return TRACE_FAILED;
    }
    enum trace_status status = TRACE_DONE;
    for (size_t i = 0; i < count && status == TRACE_DONE; i++)
        status = trace_read(&programs[i], paths[i]);
    for (size_t i = 0; i < count && status == TRACE_DONE; i++)
        status = run_program(&programs[i], options);
    for (size_t i = 0; i < count; i++)
        trace_program_release(&programs[i]);
    free(programs);
    if (status == TRACE_DONE && (fflush(stdout) != 0 || ferror(stdout))) {
        fprintf(stderr, "weft trace: cannot write: %s\n", strerror(errno));
        return TRACE_FAILED;
    }
    return status;
}

// ---- options

// A number of up to nine digits, from 1.
static bool read_number(const char *text, size_t *number)
{
    size_t length = strspn(text, "0123456789");
    if (length == 0 || length > 9 || text[length] != '\0')
        return false;
    *number = strtoull(text, NULL, 10);
    return *number != 0;
}

static bool refuse_option(const char *problem, const char *word)
{
    fprintf(stderr, "weft trace: %s '%s'\n%s", problem, word, usage);
    return false;
}

// The option at argv[*at], which is left where it ends. False: it was refused.
static bool read_option(struct options *options, char **argv, int *at)
{
    const char *word = argv[*at];
    if (strcmp(word, "--verify") == 0) {
        options->is_verifying = true;
    } else if (strcmp(word, "--any-order") == 0) {
        options->is_ordered = false;
    } else if (strcmp(word, "--weak-first") == 0) {
        options->is_weak_first = true;
    } else if (strcmp(word, "--dot") == 0) {
        options->is_drawing = true;
    } else if (strcmp(word, "--at") != 0) {
        return refuse_option("unknown option", word);
    } else {
        const char *number = argv[*at + 1] == NULL ? "" : argv[++*at];
        if (!read_number(number, &options->last))
            return refuse_option("--at takes the number of an operation, not",
                number);
    }
    return true;
}

static bool are_sensible(const struct options *options, int count)
{
    if (options->last != 0 && !options->is_drawing) {
        fprintf(stderr, "weft trace: --at is for --dot\n%s", usage);
        return false;
    }
    if (options->is_drawing && count > 1) {
        fprintf(stderr, "weft trace: --dot takes one file\n%s", usage);
        return false;
    }
    if (count < 1)
        fputs(usage, stderr);
    return count >= 1;
}

int trace_command(int argc, char **argv)
{
    struct options options = { .is_ordered = true };
    int at = 1;
    for (; at < argc && argv[at][0] == '-' && argv[at][1] != '\0'; at++) {
        if (strcmp(argv[at], "--") == 0) {
            at++;
            break;
        }
        if (strcmp(argv[at], "--help") == 0) {
            fputs(usage, stdout);
            return TRACE_DONE;
        }
        if (!read_option(&options, argv, &at))
            return TRACE_REFUSED;
    }
    if (!are_sensible(&options, argc - at))
        return TRACE_REFUSED;
    return (int)run_files(&options, argv + at, (size_t)(argc - at));
}
