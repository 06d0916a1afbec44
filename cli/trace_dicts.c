// SPDX-License-Identifier: MIT
//
// Operations on weak dictionaries, of both sorts: `wvd`, which holds its values
// weakly, and `wkd`, which does so with its keys.
//
// What weft answers with "not there" may be an error in Python, where a key is
// hashed first, and a value or key referred to: the checks here come in the
// order in which they do there. What an operation holds, and when it lets that
// go, is Python's too; the comments name what is unlike the order of the words.
#include "trace.h"

static bool has_weak_values(const void *dict)
{
    return (trace_sorts(dict) & TRACE_VALUES) != 0;
}

static size_t length_of(const void *dict)
{
    return has_weak_values(dict) ? weft_weakvaluedict_length(dict)
        : weft_weakkeydict_length(dict);
}

static const char *text_of(const struct trace_step *step, weft_value value)
{
    return trace_label_text(step->world, weft_value_object(value));
}

static void hold_value(struct trace_step *step, weft_value value)
{
    trace_hold_steal(step, weft_retain(weft_value_object(value)));
}

// Binds and answers what was found, which the step holds from here on. An atom
// cannot be bound: then nothing is.
static void yield_value(struct trace_step *step, struct trace_name *name,
    weft_value value)
{
    void *thing = weft_value_object(value);
    trace_hold_steal(step, thing);
    trace_bind(name, trace_is_atom(thing) ? NULL : thing);
    trace_answer_thing(step, thing);
}

// ---- making

static void make_dict(struct trace_step *step, bool weak_values)
{
    struct trace_name *name = trace_fresh(step, 0);
    if (step->failure != NULL)
        return;
    weft_heap *heap = step->world->heap;
    void *made = weak_values
        ? (void *)weft_weakvaluedict_new(heap, WEFT_BY_FIRST_EQUAL)
        : (void *)weft_weakkeydict_new(heap, WEFT_BY_FIRST_EQUAL);
    trace_put_steal(step, name, made);
}

void trace_op_wvd(struct trace_step *step)
{
    make_dict(step, true);
}

void trace_op_wkd(struct trace_step *step)
{
    make_dict(step, false);
}

static void *copy_of(const void *dict)
{
    return has_weak_values(dict) ? (void *)weft_weakvaluedict_copy(dict)
        : (void *)weft_weakkeydict_copy(dict);
}

// The dictionary is not held while its copy is bound.
void trace_op_dcopy(struct trace_step *step)
{
    struct trace_name *name = trace_fresh(step, 0);
    const void *dict = trace_operand(step, 1, TRACE_DICT);
    if (dict != NULL)
        trace_put_steal(step, name, copy_of(dict));
}

// Objects, which are all there can be in there, copy as themselves.
void trace_op_ddeep(struct trace_step *step)
{
    trace_op_dcopy(step);
}

// ---- one entry

// Fails where Python cannot look a key up.
static bool can_look_up(struct trace_step *step, const void *dict,
    weft_value key, bool hashes)
{
    uint64_t hash;
    if (!has_weak_values(dict))
        return trace_look_up(step, weft_value_object(key), hashes);
    if (hashes)
        trace_fail_status(step, trace_hash(step->world, key, &hash));
    return step->failure == NULL;
}

// Lets go of the value, the key, and then of the dictionary.
void trace_op_dput(struct trace_step *step)
{
    void *dict = trace_operand(step, 0, TRACE_DICT);
    weft_value key = trace_value_operand(step, 1);
    weft_value value = trace_value_operand(step, 2);
    if (step->failure != NULL)
        return;
    hold_value(step, value);
    hold_value(step, key);
    trace_hold_steal(step, weft_retain(dict));
    bool weak_values = has_weak_values(dict);
    void *watched = weft_value_object(weak_values ? value : key);
    uint64_t hash;
    if (!trace_is_referable(watched))
        trace_fail(step, "!TypeError");
    else if (trace_hash(step->world, key, &hash) != WEFT_OK)
        trace_fail(step, "!TypeError");
    else if (weak_values)
        trace_fail_status(step, weft_weakvaluedict_put(dict, key, watched));
    else
        trace_fail_status(step, weft_weakkeydict_put(dict, watched, value));
}

enum how { LOOKS, TAKES_OUT };

// A new reference; nil: not there.
static weft_value find(void *dict, weft_value key, enum how how)
{
    void *object = weft_value_object(key);
    if (has_weak_values(dict))
        return weft_object(how == LOOKS ? weft_weakvaluedict_get(dict, key)
            : weft_weakvaluedict_pop(dict, key));
    return how == LOOKS ? weft_weakkeydict_get(dict, object)
        : weft_weakkeydict_pop(dict, object);
}

// An empty dictionary of Python's does not hash what it is to take out.
static void fetch(struct trace_step *step, enum how how, bool has_default)
{
    struct trace_name *name = trace_destination(step, 0);
    void *dict = trace_hold_operand(step, 1, TRACE_DICT);
    weft_value key = trace_value_operand(step, 2);
    if (step->failure != NULL)
        return;
    if (!can_look_up(step, dict, key, how == LOOKS || length_of(dict) > 0))
        return;
    weft_value value = find(dict, key, how);
    if (weft_value_object(value) == NULL && !has_default)
        trace_fail(step, "!KeyError");
    else
        yield_value(step, name, value);
}

void trace_op_dget(struct trace_step *step)
{
    fetch(step, LOOKS, false);
}

void trace_op_dgetd(struct trace_step *step)
{
    fetch(step, LOOKS, true);
}

void trace_op_dpop(struct trace_step *step)
{
    fetch(step, TAKES_OUT, false);
}

void trace_op_dpopd(struct trace_step *step)
{
    fetch(step, TAKES_OUT, true);
}

// What cannot be referred to is not there; what cannot be hashed is an error.
void trace_op_din(struct trace_step *step)
{
    const void *dict = trace_operand(step, 0, TRACE_DICT);
    weft_value key = trace_value_operand(step, 1);
    if (step->failure != NULL)
        return;
    void *object = weft_value_object(key);
    bool weak_values = has_weak_values(dict);
    if (!weak_values && !trace_is_referable(object))
        trace_answer_yes(step, false);
    else if (can_look_up(step, dict, key, true))
        trace_answer_yes(step, weak_values
            ? weft_weakvaluedict_contains(dict, key)
            : weft_weakkeydict_contains(dict, object));
}

// Lets go of the key, and then of the dictionary.
void trace_op_ddel(struct trace_step *step)
{
    void *dict = trace_operand(step, 0, TRACE_DICT);
    weft_value key = trace_value_operand(step, 1);
    if (step->failure != NULL)
        return;
    hold_value(step, key);
    trace_hold_steal(step, weft_retain(dict));
    if (!can_look_up(step, dict, key, true))
        return;
    bool was_there = has_weak_values(dict)
        ? weft_weakvaluedict_remove(dict, key)
        : weft_weakkeydict_remove(dict, weft_value_object(key));
    if (!was_there)
        trace_fail(step, "!KeyError");
}

// The last item, as new references. False: there is none.
static bool pop_item(void *dict, weft_value *key, weft_value *value)
{
    void *object = NULL;
    if (!has_weak_values(dict)) {
        bool was_there = weft_weakkeydict_popitem(dict, &object, value);
        *key = weft_object(object);
        return was_there;
    }
    bool was_there = weft_weakvaluedict_popitem(dict, key, &object);
    *value = weft_object(object);
    return was_there;
}

void trace_op_dpopitem(struct trace_step *step)
{
    struct trace_name *name = trace_destination(step, 0);
    void *dict = trace_hold_operand(step, 1, TRACE_DICT);
    if (step->failure != NULL)
        return;
    weft_value key, value;
    if (!pop_item(dict, &key, &value)) {
        trace_fail(step, "!KeyError");
        return;
    }
    trace_hold_steal(step, weft_value_object(key));
    trace_hold_steal(step, weft_value_object(value));
    trace_answer(step, text_of(step, key));
    trace_answer(step, text_of(step, value));
    trace_bind(name, weft_value_object(has_weak_values(dict) ? value : key));
}

// What is there; else `value`, which is put. Nil: it cannot be.
static weft_value set_default(struct trace_step *step, void *dict,
    weft_value key, weft_value value)
{
    void *object = weft_value_object(value);
    if (!has_weak_values(dict))
        return weft_weakkeydict_setdefault(dict, weft_value_object(key), value);
    if (trace_is_referable(object))
        return weft_object(weft_weakvaluedict_setdefault(dict, key, object));
    weft_value found = weft_object(weft_weakvaluedict_get(dict, key));
    if (weft_value_object(found) == NULL)
        trace_fail(step, "!TypeError");
    return found;
}

void trace_op_dsetdef(struct trace_step *step)
{
    struct trace_name *name = trace_destination(step, 0);
    void *dict = trace_hold_operand(step, 1, TRACE_DICT);
    weft_value key = trace_value_operand(step, 2);
    weft_value value = trace_value_operand(step, 3);
    if (step->failure != NULL)
        return;
    uint64_t hash;
    if (!has_weak_values(dict) && !trace_is_referable(weft_value_object(key)))
        trace_fail(step, "!TypeError");
    trace_fail_status(step, trace_hash(step->world, key, &hash));
    if (step->failure != NULL)
        return;
    weft_value found = set_default(step, dict, key, value);
    if (step->failure == NULL && weft_value_object(found) == NULL)
        trace_out_of_memory(step);
    if (step->failure == NULL)
        yield_value(step, name, found);
}

// ---- all entries

void trace_op_dlen(struct trace_step *step)
{
    const void *dict = trace_operand(step, 0, TRACE_DICT);
    if (dict != NULL)
        trace_answer_number(step, length_of(dict));
}

static void list_entries(struct trace_step *step, unsigned view)
{
    void *dict = trace_operand(step, 0, TRACE_DICT);
    if (dict == NULL)
        return;
    weft_each (it, dict) {
        if (view == TRACE_SHOWS_KEYS)
            trace_list_word(step, text_of(step, it.key));
        else if (view == TRACE_SHOWS_VALUES)
            trace_list_word(step, text_of(step, it.value));
        else
            trace_list_pair(step, text_of(step, it.key),
                text_of(step, it.value));
    }
    trace_answer_list(step);
}

void trace_op_dkeys(struct trace_step *step)
{
    list_entries(step, TRACE_SHOWS_KEYS);
}

void trace_op_dvals(struct trace_step *step)
{
    list_entries(step, TRACE_SHOWS_VALUES);
}

void trace_op_ditems(struct trace_step *step)
{
    list_entries(step, TRACE_SHOWS_KEYS | TRACE_SHOWS_VALUES);
}

void trace_op_drefs(struct trace_step *step)
{
    const void *dict = trace_operand(step, 0, TRACE_DICT);
    if (dict == NULL)
        return;
    weft_list *refs = has_weak_values(dict)
        ? weft_weakvaluedict_valuerefs(dict) : weft_weakkeydict_keyrefs(dict);
    if (refs == NULL) {
        trace_out_of_memory(step);
        return;
    }
    size_t dead = 0, count = weft_list_length(refs);
    for (size_t i = 0; i < count; i++) {
        weft_value ref = weft_list_get(refs, i);
        dead += weft_ref_is_dead(weft_value_object(ref));
        weft_value_release(ref);
    }
    weft_release(refs);
    char text[64];
    snprintf(text, sizeof(text), "%zu live %zu dead", count - dead, dead);
    trace_list_word(step, text);
    trace_answer_list(step);
}

// Python takes out one item after the other, the last one first, and lets go of
// its value and then of its key, until there is none: also those that somebody
// puts in there meanwhile.
void trace_op_dclear(struct trace_step *step)
{
    void *dict = trace_hold_operand(step, 0, TRACE_DICT);
    if (dict == NULL)
        return;
    if (has_weak_values(dict)) {
        weft_weakvaluedict_clear(dict);
        return;
    }
    void *key;
    weft_value value;
    while (weft_weakkeydict_popitem(dict, &key, &value)) {
        weft_value_release(value);
        weft_release(key);
    }
}

// ---- two of them

// Two dictionaries of one sort, both held.
static void hold_pair(struct trace_step *step, size_t index, void **dict,
    void **other)
{
    *dict = trace_hold_operand(step, index, TRACE_DICT);
    *other = trace_hold_operand(step, index + 1, TRACE_DICT);
    if (step->failure == NULL && trace_sorts(*dict) != trace_sorts(*other))
        trace_fail(step, "!badtype");
}

weft_list *trace_held_of(void *dict)
{
    bool weak_values = has_weak_values(dict);
    weft_list *list = weft_list_new(weft_heap_of(dict));
    if (list == NULL)
        return NULL;
    weft_each (it, dict) {
        weft_value held = weak_values ? it.key : it.value;
        if (weft_list_append(list, held) != WEFT_OK) {
            weft_release(list);
            return NULL;
        }
    }
    return list;
}

// Puts all items of `other` into `dict`. Python goes through a copy of these,
// which keeps all values of a `wkd` alive until all have been put.
static void update(struct trace_step *step, void *dict, void *other)
{
    if (has_weak_values(dict)) {
        trace_fail_status(step, weft_weakvaluedict_update(dict, other));
        return;
    }
    weft_list *values = trace_held_of(other);
    if (values == NULL)
        trace_out_of_memory(step);
    else
        trace_fail_status(step, weft_weakkeydict_update(dict, other));
    weft_release(values);
}

void trace_op_dupdate(struct trace_step *step)
{
    void *dict, *other;
    hold_pair(step, 0, &dict, &other);
    if (step->failure == NULL)
        update(step, dict, other);
}

void trace_op_dior(struct trace_step *step)
{
    trace_op_dupdate(step);
}

// What is new is let go of before the two.
void trace_op_dor(struct trace_step *step)
{
    struct trace_name *name = trace_fresh(step, 0);
    void *dict, *other;
    hold_pair(step, 1, &dict, &other);
    if (step->failure != NULL)
        return;
    void *made = copy_of(dict);
    if (made != NULL)
        update(step, made, other);
    if (step->failure == NULL)
        trace_put_steal(step, name, made);
    else
        weft_release(made);
}

void trace_op_deq(struct trace_step *step)
{
    void *dict, *other;
    bool equal = false;
    hold_pair(step, 0, &dict, &other);
    if (step->failure == NULL)
        trace_fail_status(step, weft_equal(weft_object(dict),
            weft_object(other), &equal));
    trace_answer_yes(step, equal);
}
