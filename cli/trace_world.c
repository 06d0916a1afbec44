// SPDX-License-Identifier: MIT
//
// The world of a running program: what is printed, which label a thing has,
// and how one operation runs.
//
// An operation checks its operands from left to right. The first thing wrong
// with one is its failure: from there on every check answers NULL, so that an
// operation can check them all and ask once. Whatever it must hold is in
// `held`, and goes at the end, before the result is printed, since letting go
// may be an event.
//
// A program that cannot go on (memory ran out, actions nested without end) is
// made quiet: no event prints or runs actions any more, everything unwinds as
// usual, and all that was made is given back.
#include "trace.h"

#include <inttypes.h>
#include <search.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void trace_stop(struct trace_world *world, enum trace_status status,
    const char *message)
{
    if (world->is_quiet)
        return;
    fflush(stdout);
    fprintf(stderr, "%s:%zu: %s\n", world->program->file, world->line, message);
    world->status = status;
    world->is_quiet = true;
}

// ---- output

// Counts the line, and begins it if it is to be printed.
static bool begin_line(struct trace_world *world)
{
    if (world->is_quiet)
        return false;
    world->printed++;
    if (world->is_silent)
        return false;
    for (size_t i = 0; i < world->depth; i++)
        fputs("  ", stdout);
    return true;
}

void trace_emit(struct trace_world *world, const char *format, ...)
{
    if (!begin_line(world))
        return;
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    putchar('\n');
    va_end(arguments);
}

static void print_words(const struct trace_op *op)
{
    fputs(op->verb->name, stdout);
    for (size_t i = 0; i < op->name_count; i++)
        printf(" %s", op->names[i]->text);
}

// An operation's own line, as it is in the program.
void trace_emit_op(struct trace_world *world, const char *mark,
    const struct trace_op *op)
{
    if (!begin_line(world))
        return;
    printf("%s ", mark);
    print_words(op);
    if (op->verb->run == trace_op_ondel || op->verb->run == trace_op_oncall)
        fputs(" :", stdout);
    for (size_t i = 1; i <= op->action_count; i++) {
        fputs(i == 1 ? " " : " ; ", stdout);
        print_words(&op[i]);
    }
    putchar('\n');
}

// ---- labels

static int compare_labels(const void *a, const void *b)
{
    const struct trace_label *left = a;
    const struct trace_label *right = b;
    return (left->id > right->id) - (left->id < right->id);
}

struct trace_label *trace_label_find(struct trace_world *world,
    const void *thing)
{
    struct trace_label key = { .id = weft_id(thing) };
    struct trace_label **found = tfind(&key, &world->labels, compare_labels);
    return found == NULL ? NULL : *found;
}

// All strings there are come from atoms.
bool trace_is_atom(const void *thing)
{
    return thing != NULL && weft_type_of(thing) == &weft_string_type;
}

const char *trace_label_text(struct trace_world *world, const void *thing)
{
    if (thing == NULL)
        return "none";
    if (trace_sorts(thing) & TRACE_OBJECT)
        return ((const struct trace_object *)thing)->label->text;
    if (trace_is_atom(thing))
        return trace_name_find(world->program, weft_string_text(thing))->text;
    struct trace_label *label = trace_label_find(world, thing);
    return label == NULL ? "*" : label->name->text;
}

void trace_labels_release(struct trace_world *world)
{
    while (world->labels != NULL) {
        struct trace_label *label = *(struct trace_label **)world->labels;
        tdelete(label, &world->labels, compare_labels);
        free(label);
    }
}

void trace_bind(struct trace_name *name, const void *thing)
{
    weft_set_slot(&name->thing, thing);
}

void trace_put(struct trace_step *step, struct trace_name *name,
    const void *thing, const void *target)
{
    struct trace_world *world = step->world;
    struct trace_label *label = calloc(1, sizeof(*label));
    if (label == NULL) {
        trace_out_of_memory(step);
        return;
    }
    label->id = weft_id(thing);
    label->name = name;
    if (target != NULL) {
        label->target = weft_id(target);
        label->is_callable = (trace_sorts(target) & TRACE_CALLS) != 0;
    }
    if (tsearch(label, &world->labels, compare_labels) == NULL) {
        free(label);
        trace_out_of_memory(step);
        return;
    }
    if (trace_sorts(thing) & (TRACE_DICT | TRACE_SET | TRACE_ITERATOR)) {
        label->container = weft_weak_of(thing);
        label->next = world->containers;
        world->containers = label;
    }
    name->is_used = true;
    trace_bind(name, thing);
}

void trace_put_steal(struct trace_step *step, struct trace_name *name,
    void *container)
{
    if (container == NULL)
        trace_out_of_memory(step);
    else
        trace_put(step, name, container, NULL);
    weft_release(container);
}

// ---- operands

void trace_fail(struct trace_step *step, const char *failure)
{
    if (step->failure == NULL)
        step->failure = failure;
}

void *trace_operand(struct trace_step *step, size_t index, unsigned sorts)
{
    if (step->failure != NULL)
        return NULL;
    const struct trace_name *name = step->op->names[index];
    void *thing = name->thing;
    if (step->scope != NULL && name->special == TRACE_SELF)
        thing = step->scope->self;
    if (step->scope != NULL && name->special == TRACE_ARG)
        thing = step->scope->arg;
    if (thing == NULL) {
        trace_fail(step, "!unbound");
        return NULL;
    }
    if ((trace_sorts(thing) & sorts) == 0) {
        trace_fail(step, "!badtype");
        return NULL;
    }
    return thing;
}

void trace_hold_steal(struct trace_step *step, void *thing)
{
    if (thing != NULL)
        step->held[step->held_count++] = thing;
}

void *trace_hold_operand(struct trace_step *step, size_t index,
    unsigned sorts)
{
    void *thing = trace_operand(step, index, sorts);
    trace_hold_steal(step, weft_retain(thing));
    return thing;
}

// Borrowed too; nil after a failure.
weft_value trace_value_operand(struct trace_step *step, size_t index)
{
    const char *text = step->op->names[index]->text;
    if (text[0] == ':' && step->failure == NULL)
        return weft_text(text);
    return weft_object(trace_operand(step, index, TRACE_ANY));
}

struct trace_name *trace_destination(struct trace_step *step, size_t index)
{
    struct trace_name *name = step->op->names[index];
    if (name->special != TRACE_ORDINARY)
        trace_fail(step, "!unbound");
    return name;
}

struct trace_name *trace_fresh(struct trace_step *step, size_t index)
{
    struct trace_name *name = trace_destination(step, index);
    if (name->is_used)
        trace_fail(step, "!dup");
    return name;
}

char trace_slot_letter(struct trace_step *step, size_t index)
{
    const char *text = step->op->names[index]->text;
    if (text[0] >= 'a' && text[0] <= 'd' && text[1] == '\0')
        return text[0];
    trace_fail(step, "!badslot");
    return 'a';
}

bool trace_has_operand(const struct trace_step *step, size_t index)
{
    return index < step->op->name_count;
}

// ---- results

void trace_fail_status(struct trace_step *step, weft_status status)
{
    switch (status) {
    case WEFT_OK:
        break;
    case WEFT_TYPE_ERROR:
        trace_fail(step, "!TypeError");
        break;
    case WEFT_REFERENCE_ERROR:
        trace_fail(step, "!ReferenceError");
        break;
    case WEFT_MEMORY_ERROR:
        trace_out_of_memory(step);
        break;
    default:
        trace_fail(step, weft_status_name(status));
        break;
    }
}

void trace_out_of_memory(struct trace_step *step)
{
    trace_stop(step->world, TRACE_FAILED, "memory ran out");
    trace_fail(step, "!MemoryError");
}

void trace_answer(struct trace_step *step, const char *word)
{
    step->result[step->result_count++] = word;
}

void trace_answer_yes(struct trace_step *step, bool yes)
{
    trace_answer(step, yes ? "yes" : "no");
}

void trace_answer_number(struct trace_step *step, uint64_t number)
{
    snprintf(step->digits, sizeof(step->digits), "%" PRIu64, number);
    trace_answer(step, step->digits);
}

void trace_answer_thing(struct trace_step *step, const void *thing)
{
    trace_answer(step, trace_label_text(step->world, thing));
}

static void print_result(struct trace_step *step)
{
    const char *const *words = step->result;
    if (step->failure != NULL)
        trace_emit(step->world, "= %s", step->failure);
    else if (step->result_count == 0)
        trace_emit(step->world, "= ok");
    else if (step->result_count == 1)
        trace_emit(step->world, "= %s", words[0]);
    else if (step->result_count == 2)
        trace_emit(step->world, "= %s %s", words[0], words[1]);
    else
        trace_emit(step->world, "= %s %s %s", words[0], words[1], words[2]);
}

void trace_step(struct trace_world *world, const struct trace_op *op,
    const struct trace_scope *scope)
{
    struct trace_step step = { .world = world, .op = op, .scope = scope };
    world->line = op->line;
    op->verb->run(&step);
    for (size_t i = 0; i < step.held_count; i++)
        weft_release(step.held[i]);
    print_result(&step);
    free(step.list);
}
