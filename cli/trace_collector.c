// SPDX-License-Identifier: MIT
//
// Operations on the collector, and what it knows of things.
//
// It works only when a program says `gc`: a trace shows what happened, line by
// line, and so nothing may happen by itself. What it is asked for comes as
// lists, which hold tombs and bundles too; shown are things alone.
#include "trace.h"

#include <stdlib.h>
#include <string.h>

// What programs know to hold others.
#define HOLDERS (TRACE_OBJECT | TRACE_SUB)

// What is shown of all that is held: no handles of finalizers, no containers.
#define SHOWN (TRACE_OBJECT | TRACE_REF | TRACE_PROXY | TRACE_METHOD)

// What in Python is an instance with a dictionary of attributes, which here may
// hold nothing, and be of no concern to the collector.
#define INSTANCES (TRACE_HANDLE | TRACE_DICT | TRACE_SET | TRACE_ITERATOR)

// While `watch on`. Python tells of one number in two parts.
static void watch_collection(weft_heap *heap, weft_generation generation,
    bool is_end, const weft_gc_stats *stats, void *context)
{
    (void)heap;
    struct trace_world *world = context;
    if (!world->is_watching)
        return;
    unsigned long long count = stats == NULL ? 0 : stats->collected;
    world->depth++;
    if (!is_end)
        trace_emit(world, "gcstart %d", (int)generation);
    else if (world->program->is_counting)
        trace_emit(world, "gcstop %d n=%llu", (int)generation, count);
    else
        trace_emit(world, "gcstop %d", (int)generation);
    world->depth--;
}

bool trace_collector_begin(struct trace_world *world)
{
    weft_gc_disable(world->heap);
    return weft_gc_add_callback(world->heap, watch_collection, world)
        == WEFT_OK;
}

void trace_collector_reset(struct trace_world *world)
{
    world->is_watching = false;
    weft_gc_unfreeze(world->heap);
    weft_gc_set_debug(world->heap, 0);
    weft_list *garbage = weft_gc_garbage(world->heap);
    if (garbage != NULL)
        weft_list_clear(garbage);
    weft_release(garbage);
}

// ---- collecting

void trace_op_gc(struct trace_step *step)
{
    weft_generation generation = WEFT_FULL;
    if (trace_has_operand(step, 0))
        generation = (weft_generation)(step->op->names[0]->text[0] - '0');
    size_t count = weft_gc_collect(step->world->heap, generation);
    if (step->world->program->is_counting) {
        snprintf(step->digits, sizeof(step->digits), "n=%zu", count);
        trace_answer(step, step->digits);
    }
}

static bool is_on(const struct trace_step *step)
{
    return strcmp(step->op->names[0]->text, "on") == 0;
}

void trace_op_watch(struct trace_step *step)
{
    step->world->is_watching = is_on(step);
}

void trace_op_saveall(struct trace_step *step)
{
    weft_gc_set_debug(step->world->heap,
        is_on(step) ? WEFT_DEBUG_SAVEALL : 0);
}

void trace_op_freeze(struct trace_step *step)
{
    trace_fail_status(step, weft_gc_freeze(step->world->heap));
}

void trace_op_unfreeze(struct trace_step *step)
{
    weft_gc_unfreeze(step->world->heap);
}

// ---- asking

void trace_op_tracked(struct trace_step *step)
{
    const void *thing = trace_operand(step, 0, TRACE_ANY);
    if (thing == NULL)
        return;
    bool is_instance = (trace_sorts(thing) & INSTANCES) != 0;
    trace_answer_yes(step, is_instance || weft_gc_is_tracked(thing));
}

// An iteration has a finalizer, as Python's generators do; these are no things.
void trace_op_finalized(struct trace_step *step)
{
    const void *thing = trace_operand(step, 0, TRACE_ANY);
    if (thing == NULL)
        return;
    bool is_iterator = (trace_sorts(thing) & TRACE_ITERATOR) != 0;
    trace_answer_yes(step, !is_iterator && weft_gc_is_finalized(thing));
}

// The labels of those in the list that are of these sorts. The number of them
// comes back; the texts are the program's.
static size_t collect_labels(struct trace_step *step, const weft_list *list,
    unsigned sorts, const char **labels)
{
    size_t count = 0;
    for (size_t i = 0; i < weft_list_length(list); i++) {
        weft_value value = weft_list_get(list, i);
        const void *thing = weft_value_object(value);
        if (trace_sorts(thing) & sorts)
            labels[count++] = trace_label_text(step->world, thing);
        weft_value_release(value);
    }
    return count;
}

// Lets the list go.
static void answer_list(struct trace_step *step, weft_list *list,
    unsigned sorts, bool is_sorted)
{
    const char **labels = list == NULL ? NULL
        : calloc(weft_list_length(list) + 1, sizeof(labels[0]));
    if (labels == NULL) {
        trace_out_of_memory(step);
    } else {
        size_t count = collect_labels(step, list, sorts, labels);
        if (is_sorted)
            trace_list_sorted(step, labels, count);
        for (size_t i = 0; i < count && !is_sorted; i++)
            trace_list_word(step, labels[i]);
        trace_answer_list(step);
    }
    free(labels);
    weft_release(list);
}

void trace_op_referents(struct trace_step *step)
{
    const void *thing = trace_operand(step, 0, HOLDERS);
    if (thing != NULL)
        answer_list(step, weft_gc_get_referents(thing), SHOWN, false);
}

void trace_op_referrers(struct trace_step *step)
{
    const void *thing = trace_operand(step, 0, TRACE_ANY);
    if (thing != NULL)
        answer_list(step, weft_gc_get_referrers(thing), HOLDERS, true);
}

// ---- the garbage list

void trace_op_garbage(struct trace_step *step)
{
    answer_list(step, weft_gc_garbage(step->world->heap), SHOWN, false);
}

void trace_op_forget(struct trace_step *step)
{
    weft_list *garbage = weft_gc_garbage(step->world->heap);
    if (garbage == NULL) {
        trace_out_of_memory(step);
        return;
    }
    weft_list_clear(garbage);
    trace_hold_steal(step, garbage);
}
