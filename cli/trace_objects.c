// SPDX-License-Identifier: MIT
//
// Operations on objects and variables.
//
// What an operation holds while it runs, and in which order it lets that go,
// is part of what Python does: the comments say only where it is unlike the
// order of the words.
#include "trace.h"

#include <string.h>

void trace_op_new(struct trace_step *step)
{
    struct trace_name *name = trace_fresh(step, 0);
    if (step->failure != NULL)
        return;
    struct trace_object *object = trace_object_new(step->world, step->op->kind,
        name, step->op->number);
    if (object == NULL) {
        trace_out_of_memory(step);
        return;
    }
    trace_hold_steal(step, object);
    trace_bind(name, object);
}

void trace_op_ondel(struct trace_step *step)
{
    struct trace_object *object = trace_operand(step, 0, TRACE_FINAL);
    if (object != NULL)
        object->label->ondel = step->op;
}

void trace_op_oncall(struct trace_step *step)
{
    struct trace_object *object = trace_operand(step, 0, TRACE_CALLS);
    if (object != NULL)
        object->label->oncall = step->op;
}

void trace_op_set(struct trace_step *step)
{
    void *owner = trace_hold_operand(step, 0, TRACE_OBJECT | TRACE_SUB);
    char letter = trace_slot_letter(step, 1);
    void *value = NULL;
    if (strcmp(step->op->names[2]->text, "none") != 0)
        value = trace_hold_operand(step, 2, TRACE_ANY);
    if (step->failure == NULL)
        weft_value_set(trace_slot(owner, letter), weft_object(value));
}

void trace_op_get(struct trace_step *step)
{
    struct trace_name *name = trace_destination(step, 0);
    void *owner = trace_hold_operand(step, 1, TRACE_OBJECT | TRACE_SUB);
    char letter = trace_slot_letter(step, 2);
    if (step->failure != NULL)
        return;
    void *value = weft_value_object(*trace_slot(owner, letter));
    trace_hold_steal(step, weft_retain(value));
    trace_bind(name, value);
    trace_answer_thing(step, value);
}

void trace_op_mov(struct trace_step *step)
{
    struct trace_name *name = trace_destination(step, 0);
    void *value = trace_hold_operand(step, 1, TRACE_ANY);
    if (step->failure == NULL)
        trace_bind(name, value);
}

void trace_op_drop(struct trace_step *step)
{
    struct trace_name *name = step->op->names[0];
    if (name->thing == NULL)
        trace_fail(step, "!unbound");
    else
        trace_bind(name, NULL);
}

// Two things hold a finalizer's handle in Python that do not here: where it is
// registered, and the reference whose callback it is.
void trace_op_rc(struct trace_step *step)
{
    const void *thing = trace_operand(step, 0, TRACE_ANY);
    if (thing == NULL)
        return;
    size_t count = weft_refcount(thing);
    if (trace_sorts(thing) & TRACE_HANDLE) {
        const struct trace_handle *handle = thing;
        count += weft_finalizer_is_alive(handle->finalizer) ? 2 : 0;
    }
    trace_answer_number(step, count);
}

// The argument goes first.
void trace_op_call(struct trace_step *step)
{
    struct trace_object *function = trace_operand(step, 0, TRACE_CALLS);
    void *argument = NULL;
    if (trace_has_operand(step, 1))
        argument = trace_hold_operand(step, 1, TRACE_ANY);
    if (step->failure != NULL)
        return;
    trace_hold_steal(step, weft_retain(function));
    if (!trace_call(step->world, function, argument))
        trace_fail(step, "!RuntimeError");
}

void trace_op_is(struct trace_step *step)
{
    const void *left = trace_operand(step, 0, TRACE_ANY);
    const void *right = trace_operand(step, 1, TRACE_ANY);
    if (step->failure == NULL)
        trace_answer_yes(step, left == right);
}

// Of what can be compared at all: no proxy whose object is gone, and weak
// dictionaries of one sort.
static bool are_equal(struct trace_step *step)
{
    const void *left = trace_operand(step, 0, TRACE_ANY);
    const void *right = trace_operand(step, 1, TRACE_ANY);
    bool equal = false;
    if (step->failure == NULL
            && (trace_sorts(left) | trace_sorts(right)) == TRACE_DICT)
        trace_fail(step, "!badtype");
    if (step->failure == NULL)
        trace_fail_status(step, weft_equal(weft_object(left),
            weft_object(right), &equal));
    return equal;
}

void trace_op_eq(struct trace_step *step)
{
    bool equal = are_equal(step);
    trace_answer_yes(step, equal);
}

void trace_op_ne(struct trace_step *step)
{
    bool equal = are_equal(step);
    trace_answer_yes(step, !equal);
}

// Nothing has an order but weak sets, which have operations of their own; a
// proxy of nothing has not even that answer.
void trace_op_lt(struct trace_step *step)
{
    unsigned sorts = TRACE_ANY & ~(unsigned)(TRACE_DICT | TRACE_SET);
    (void)trace_operand(step, 0, sorts);
    (void)trace_operand(step, 1, sorts);
    (void)are_equal(step);
    trace_fail(step, "!TypeError");
}

void trace_op_hash(struct trace_step *step)
{
    const void *thing = trace_operand(step, 0, TRACE_ANY);
    if (thing == NULL)
        return;
    uint64_t hash;
    weft_status status = trace_hash(step->world, weft_object(thing), &hash);
    trace_fail_status(step, status);
    bool is_keyed = (trace_sorts(thing) & TRACE_KEYED) != 0;
    if (trace_sorts(thing) & TRACE_REF) {
        void *target = weft_ref_get(thing);
        is_keyed = target != NULL && (trace_sorts(target) & TRACE_KEYED) != 0;
        weft_release(target);
    }
    if (is_keyed)
        trace_answer_number(step, hash);
}
