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
// A round may bind variables again, since finalizers run. This release has no
// collector: the collection finds nothing, and rings of objects stay alive
// until the heap is closed.
#include "trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_FILE ((size_t)256 << 20)

static const char usage[] =
    "usage: weft trace [--verify] FILE...\n"
    "\n"
    "Runs programs in the line language on a real heap, one heap each, and\n"
    "prints what happens. FILE may be - for standard input.\n"
    "\n"
    "  --verify  check the whole heap after every operation\n"
    "  --help    print this\n"
    "\n"
    "Exit status: 0; 1 if memory ran out or the heap is broken; 2 if a\n"
    "program or the command line is malformed, and nothing was run, or if a\n"
    "program nests without end.\n";

struct options {
    bool is_verifying;          // check the heap after every operation
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
    trace_emit(world, "= ok");
    for (int round = 0; round < 8; round++) {
        drop_variables(world, options, was_bound);
        trace_emit(world, "@end gc");
        trace_emit(world, program->is_counting ? "= n=0" : "= ok");
        if (!is_any_bound(program))
            break;
    }
    free(was_bound);
    if (world->is_quiet)
        return;
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
    }
}

// Whatever is left at the end goes in silence.
static enum trace_status run_program(struct trace_program *program,
    const struct options *options)
{
    struct trace_world world = { .program = program };
    weft_heap_options heap_options = { .data = &world, .report = hear,
        .report_context = &world };
    world.heap = weft_heap_open(&heap_options);
    if (world.heap == NULL) {
        trace_stop(&world, TRACE_FAILED, "memory ran out");
        return world.status;
    }
    run_ops(&world, options);
    end_program(&world, options);
    world.is_quiet = true;
    for (size_t i = 0; i < program->name_count; i++)
        trace_bind(&program->names[i], NULL);
    weft_clear(&world.raised_self);
    (void)weft_heap_close(world.heap);
    trace_labels_release(&world);
    return world.status;
}

// ---- files

static const char out_of_memory[] = "memory ran out";

// Reads all there is, and one zero byte more. NULL: `problem` says why.
static char *read_stream(FILE *stream, size_t *size, const char **problem)
{
    size_t capacity = (size_t)1 << 16;
    char *text = NULL;
    *size = 0;
    for (;;) {
        char *grown = realloc(text, capacity + 1);
        if (grown == NULL) {
            *problem = out_of_memory;
            break;
        }
        text = grown;
        *size += fread(text + *size, 1, capacity - *size, stream);
        if (*size < capacity) {
            text[*size] = '\0';
            *problem = ferror(stream) ? strerror(errno) : NULL;
            break;
        }
        if (capacity >= LARGEST_FILE) {
            *problem = "larger than any program should be";
            break;
        }
        capacity *= 2;
    }
    if (*problem == NULL)
        return text;
    free(text);
    return NULL;
}

static enum trace_status read_program(struct trace_program *program,
    const char *path)
{
    bool is_standard = strcmp(path, "-") == 0;
    const char *problem = NULL;
    char *text = NULL;
    size_t size = 0;
    FILE *stream = is_standard ? stdin : fopen(path, "rb");
    if (stream == NULL) {
        problem = strerror(errno);
    } else {
        text = read_stream(stream, &size, &problem);
        if (!is_standard)
            fclose(stream);
    }
    if (text == NULL) {
        fprintf(stderr, "%s: cannot be read: %s\n", path, problem);
        return problem == out_of_memory ? TRACE_FAILED : TRACE_REFUSED;
    }
    return trace_parse(program, is_standard ? "<stdin>" : path, text, size);
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
        status = read_program(&programs[i], paths[i]);
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

int trace_command(int argc, char **argv)
{
    struct options options = { .is_verifying = false };
    int at = 1;
    bool is_ended = false;
    for (; at < argc && argv[at][0] == '-' && argv[at][1] != '\0' && !is_ended;
            at++) {
        if (strcmp(argv[at], "--") == 0) {
            is_ended = true;
        } else if (strcmp(argv[at], "--verify") == 0) {
            options.is_verifying = true;
        } else if (strcmp(argv[at], "--help") == 0) {
            fputs(usage, stdout);
            return TRACE_DONE;
        } else {
            fprintf(stderr, "weft trace: unknown option '%s'\n%s", argv[at],
                usage);
            return TRACE_REFUSED;
        }
    }
    if (at >= argc) {
        fputs(usage, stderr);
        return TRACE_REFUSED;
    }
    return (int)run_files(&options, argv + at, (size_t)(argc - at));
}
