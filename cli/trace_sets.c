// SPDX-License-Identifier: MIT
//
// Operations on weak sets.
//
// Members have no order that another implementation could know of: what is
// shown of a set is sorted, and what takes one of many is refused.
#include "trace.h"

#include <stdlib.h>

// A set that is new gets its name; then it is the variable's alone.
void trace_op_wset(struct trace_step *step)
{
    struct trace_name *name = trace_fresh(step, 0);
    if (step->failure == NULL)
        trace_put_steal(step, name,
            weft_weakset_new(step->world->heap, WEFT_BY_FIRST_EQUAL));
}

// ---- one member

void trace_op_sadd(struct trace_step *step)
{
    weft_weakset *set = trace_operand(step, 0, TRACE_SET);
    weft_value value = trace_value_operand(step, 1);
    if (step->failure != NULL)
        return;
    uint64_t hash;
    const void *object = weft_value_object(value);
    if (!trace_is_referable(object)
            || trace_hash(step->world, value, &hash) != WEFT_OK)
        trace_fail(step, "!TypeError");
    else
        trace_fail_status(step, weft_weakset_add(set, object));
}

// What cannot be referred to is not there; what cannot be hashed is an error.
void trace_op_sin(struct trace_step *step)
{
    const weft_weakset *set = trace_operand(step, 0, TRACE_SET);
    weft_value value = trace_value_operand(step, 1);
    if (step->failure != NULL)
        return;
    void *object = weft_value_object(value);
    if (!trace_is_referable(object))
        trace_answer_yes(step, false);
    else if (trace_look_up(step, object, true))
        trace_answer_yes(step, weft_weakset_contains(set, object));
}

// Takes a member out. False: it was not there, or the step has failed.
static bool take_out(struct trace_step *step)
{
    weft_weakset *set = trace_operand(step, 0, TRACE_SET);
    weft_value value = trace_value_operand(step, 1);
    if (step->failure != NULL)
        return false;
    void *object = weft_value_object(value);
    return trace_look_up(step, object, true)
        && weft_weakset_remove(set, object);
}

void trace_op_sdisc(struct trace_step *step)
{
    (void)take_out(step);
}

void trace_op_srem(struct trace_step *step)
{
    if (!take_out(step))
        trace_fail(step, "!KeyError");
}

void trace_op_spop(struct trace_step *step)
{
    struct trace_name *name = trace_destination(step, 0);
    weft_weakset *set = trace_hold_operand(step, 1, TRACE_SET);
    if (step->failure == NULL && weft_weakset_length(set) > 1)
        trace_fail(step, "!many");
    if (step->failure != NULL)
        return;
    void *member = weft_weakset_pop(set);
    if (member == NULL) {
        trace_fail(step, "!KeyError");
        return;
    }
    trace_hold_steal(step, member);
    trace_bind(name, member);
    trace_answer_thing(step, member);
}

// ---- all members

void trace_op_slen(struct trace_step *step)
{
    const weft_weakset *set = trace_operand(step, 0, TRACE_SET);
    if (set != NULL)
        trace_answer_number(step, weft_weakset_length(set));
}

void trace_op_slist(struct trace_step *step)
{
    weft_weakset *set = trace_operand(step, 0, TRACE_SET);
    if (set == NULL)
        return;
    const char **labels = calloc(weft_weakset_length(set) + 1,
        sizeof(labels[0]));
    if (labels == NULL) {
        trace_out_of_memory(step);
        return;
    }
    size_t count = 0;
    weft_each (it, set)
        labels[count++] = trace_label_text(step->world, it.object);
    trace_list_sorted(step, labels, count);
    trace_answer_list(step);
    free(labels);
}

void trace_op_sclear(struct trace_step *step)
{
    weft_weakset *set = trace_operand(step, 0, TRACE_SET);
    if (set != NULL)
        weft_weakset_clear(set);
}

// The set is not held while its copy is bound.
void trace_op_scopy(struct trace_step *step)
{
    struct trace_name *name = trace_fresh(step, 0);
    const weft_weakset *set = trace_operand(step, 1, TRACE_SET);
    if (set != NULL)
        trace_put_steal(step, name, weft_weakset_copy(set));
}

// ---- two of them

// Where Python refers to each member of the other set, to look it up.
static void look_up_all(struct trace_step *step, weft_weakset *set)
{
    weft_each (it, set) {
        if (!trace_look_up(step, it.object, true))
            break;
    }
}

typedef weft_weakset *combine_fn(const weft_weakset *a, const weft_weakset *b);

static void combine(struct trace_step *step, combine_fn *make,
    bool looks_members_up)
{
    struct trace_name *name = trace_fresh(step, 0);
    weft_weakset *set = trace_hold_operand(step, 1, TRACE_SET);
    weft_weakset *other = trace_hold_operand(step, 2, TRACE_SET);
    if (step->failure != NULL)
        return;
    if (looks_members_up)
        look_up_all(step, other);
    trace_put_steal(step, name, make(set, other));
}

void trace_op_sunion(struct trace_step *step)
{
    combine(step, weft_weakset_union, false);
}

void trace_op_sinter(struct trace_step *step)
{
    combine(step, weft_weakset_intersection, true);
}

void trace_op_sdiff(struct trace_step *step)
{
    combine(step, weft_weakset_difference, true);
}

void trace_op_ssym(struct trace_step *step)
{
    combine(step, weft_weakset_symmetric_difference, false);
}

// Two sets; false: the step has failed.
static bool take_pair(struct trace_step *step, weft_weakset **set,
    weft_weakset **other)
{
    *set = trace_operand(step, 0, TRACE_SET);
    *other = trace_operand(step, 1, TRACE_SET);
    return step->failure == NULL;
}

void trace_op_supdate(struct trace_step *step)
{
    weft_weakset *set, *other;
    if (take_pair(step, &set, &other))
        trace_fail_status(step, weft_weakset_update(set, other));
}

void trace_op_sior(struct trace_step *step)
{
    trace_op_supdate(step);
}

void trace_op_siand(struct trace_step *step)
{
    weft_weakset *set, *other;
    if (!take_pair(step, &set, &other))
        return;
    look_up_all(step, other);
    weft_weakset_intersection_update(set, other);
}

// A set less itself is empty, without a look at its members.
void trace_op_sisub(struct trace_step *step)
{
    weft_weakset *set, *other;
    if (!take_pair(step, &set, &other))
        return;
    if (set != other)
        look_up_all(step, other);
    weft_weakset_difference_update(set, other);
}

void trace_op_sixor(struct trace_step *step)
{
    weft_weakset *set, *other;
    if (take_pair(step, &set, &other))
        trace_fail_status(step,
            weft_weakset_symmetric_difference_update(set, other));
}

typedef bool compare_fn(const weft_weakset *a, const weft_weakset *b);

static void compare(struct trace_step *step, compare_fn *holds)
{
    weft_weakset *set, *other;
    if (!take_pair(step, &set, &other))
        return;
    look_up_all(step, other);
    trace_answer_yes(step, holds(set, other));
}

static bool is_smaller(const weft_weakset *a, const weft_weakset *b)
{
    return weft_weakset_length(a) < weft_weakset_length(b)
        && weft_weakset_is_subset(a, b);
}

static bool is_superset(const weft_weakset *a, const weft_weakset *b)
{
    return weft_weakset_is_subset(b, a);
}

static bool is_larger(const weft_weakset *a, const weft_weakset *b)
{
    return is_smaller(b, a);
}

static bool is_equal(const weft_weakset *a, const weft_weakset *b)
{
    bool equal = false;
    return weft_equal(weft_object(a), weft_object(b), &equal) == WEFT_OK
        && equal;
}

void trace_op_sle(struct trace_step *step)
{
    compare(step, weft_weakset_is_subset);
}

void trace_op_slt(struct trace_step *step)
{
    compare(step, is_smaller);
}

void trace_op_sge(struct trace_step *step)
{
    compare(step, is_superset);
}

void trace_op_sgt(struct trace_step *step)
{
    compare(step, is_larger);
}

void trace_op_sdisj(struct trace_step *step)
{
    compare(step, weft_weakset_is_disjoint);
}

void trace_op_seq(struct trace_step *step)
{
    compare(step, is_equal);
}
