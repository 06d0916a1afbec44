// SPDX-License-Identifier: MIT
//
// Operations on references and proxies.
//
// What has a callback keeps the callable object for it, and never is shared;
// what has none is shared by all who ask, so it may have a label already.
//
// Python's weak containers look things up by their shared reference, made if it
// is not there. A trace shows that twice: what no reference can be made of is
// an error, and a shared reference that a program has goes on to know its hash
// when the object has died. Weak containers here need no references.
#include "trace.h"

#include <string.h>

// A ref or proxy that is not shared keeps what it calls.
static weft_ref *make_reference(weft_type *type, void *target, void *callback)
{
    if (callback != NULL)
        return weft_ref_new_as(type, target, trace_call_from_death, callback);
    if (type == &weft_proxy_type)
        return weft_proxy_new(target, NULL, NULL);
    if (type == &weft_ref_type)
        return weft_ref_new(target, NULL, NULL);
    return weft_ref_new_as(type, target, NULL, NULL);
}

static void refer(struct trace_step *step, weft_type *type)
{
    struct trace_name *name = trace_fresh(step, 0);
    void *target = trace_hold_operand(step, 1, TRACE_OBJECT);
    void *callback = NULL;
    if (trace_has_operand(step, 2))
        callback = trace_hold_operand(step, 2, TRACE_CALLS);
    if (step->failure == NULL && !weft_is_weakable(target))
        trace_fail(step, "!TypeError");
    if (step->failure != NULL)
        return;
    weft_ref *made = make_reference(type, target, callback);
    if (made == NULL) {
        trace_out_of_memory(step);
        return;
    }
    trace_hold_steal(step, made);
    bool is_callable = (trace_sorts(target) & TRACE_CALLS) != 0;
    const struct trace_label *label = trace_label_find(step->world, made);
    if (label != NULL) {
        trace_bind(name, made);
        trace_answer(step, label->name->text);
    } else {
        trace_put(step, name, made, target);
        trace_answer(step, name->text);
    }
    trace_answer(step, label != NULL ? "same" : "new");
    if (type == &weft_proxy_type)
        trace_answer(step, is_callable ? "callable" : "plain");
}

void trace_op_ref(struct trace_step *step)
{
    refer(step, &weft_ref_type);
}

void trace_op_sub(struct trace_step *step)
{
    refer(step, &trace_sub_type);
}

void trace_op_proxy(struct trace_step *step)
{
    refer(step, &weft_proxy_type);
}

void trace_op_deref(struct trace_step *step)
{
    struct trace_name *name = trace_destination(step, 0);
    const weft_ref *ref = trace_operand(step, 1, TRACE_REF);
    if (step->failure != NULL)
        return;
    void *target = weft_ref_get(ref);
    trace_hold_steal(step, target);
    trace_bind(name, target);
    trace_answer_thing(step, target);
}

void trace_op_alive(struct trace_step *step)
{
    const void *thing = trace_operand(step, 0,
        TRACE_REF | TRACE_PROXY | TRACE_METHOD | TRACE_HANDLE);
    if (thing == NULL)
        return;
    if (trace_sorts(thing) & TRACE_HANDLE) {
        const struct trace_handle *handle = thing;
        trace_answer_yes(step, weft_finalizer_is_alive(handle->finalizer));
    } else {
        trace_answer_yes(step, !weft_ref_is_dead(thing));
    }
}

void trace_op_cbof(struct trace_step *step)
{
    const weft_ref *ref = trace_operand(step, 0, TRACE_REF);
    if (ref == NULL)
        return;
    void *callback = weft_ref_kept(ref);
    trace_answer_thing(step, callback);
    weft_release(callback);
}

void trace_op_wcount(struct trace_step *step)
{
    const void *object = trace_operand(step, 0, TRACE_OBJECT);
    if (object != NULL)
        trace_answer_number(step, weft_weakref_count(object));
}

// Borrowed from the list.
static const void *entry_of(const weft_list *list, size_t index)
{
    weft_value value = weft_list_get(list, index);
    const void *ref = weft_value_object(value);
    weft_value_release(value);
    return ref;
}

// What a container has is listed as nil. In Python the function of a weak
// method has a reference of its own, without a label: made after that of the
// object, so it is listed before that.
static const char *listed_text(struct trace_step *step, const void *object,
    const weft_list *list, size_t index)
{
    const void *ref = entry_of(list, index);
    if (ref == NULL)
        return "*";
    const struct trace_label *label = trace_label_find(step->world, ref);
    if (label == NULL || label->target != weft_id(object))
        return "*";
    for (size_t i = index + 1; i < weft_list_length(list); i++) {
        if (entry_of(list, i) == ref)
            return "*";
    }
    return label->name->text;
}

void trace_op_wrefs(struct trace_step *step)
{
    const void *object = trace_operand(step, 0, TRACE_OBJECT);
    if (object == NULL)
        return;
    weft_list *list = weft_weakrefs(object);
    if (list == NULL) {
        trace_out_of_memory(step);
        return;
    }
    for (size_t i = 0; i < weft_list_length(list); i++)
        trace_list_word(step, listed_text(step, object, list, i));
    trace_answer_list(step);
    weft_release(list);
}

void trace_op_pget(struct trace_step *step)
{
    struct trace_name *name = trace_destination(step, 0);
    const void *proxy = trace_hold_operand(step, 1, TRACE_PROXY);
    (void)trace_slot_letter(step, 2);
    if (step->failure != NULL)
        return;
    weft_value value = weft_nil();
    trace_fail_status(step,
        weft_getattr(proxy, step->op->names[2]->text, &value));
    if (step->failure != NULL)
        return;
    void *thing = weft_value_object(value);
    trace_hold_steal(step, thing);
    trace_bind(name, thing);
    trace_answer_thing(step, thing);
}

void trace_op_pset(struct trace_step *step)
{
    void *proxy = trace_hold_operand(step, 0, TRACE_PROXY);
    (void)trace_slot_letter(step, 1);
    void *value = NULL;
    if (strcmp(step->op->names[2]->text, "none") != 0)
        value = trace_hold_operand(step, 2, TRACE_ANY);
    if (step->failure == NULL)
        trace_fail_status(step, weft_setattr(proxy,
            step->op->names[1]->text, weft_object(value)));
}

// The object is held by the call, and goes before the proxy; after an error
// Python's traceback holds it, and it goes after the proxy.
void trace_op_pcall(struct trace_step *step)
{
    void *proxy = trace_hold_operand(step, 0, TRACE_PROXY);
    if (proxy == NULL)
        return;
    if (!trace_label_find(step->world, proxy)->is_callable) {
        trace_fail(step, "!TypeError");
        return;
    }
    weft_status status = weft_call(proxy, "call", NULL, 0, NULL);
    if (status == WEFT_VALUE_ERROR) {
        trace_hold_steal(step, weft_take(&step->world->raised_self));
        trace_fail(step, "!RuntimeError");
    }
    trace_fail_status(step, status);
}

// What has no length is true.
void trace_op_pbool(struct trace_step *step)
{
    const void *proxy = trace_operand(step, 0, TRACE_PROXY);
    if (proxy == NULL)
        return;
    size_t length = 1;
    weft_status status = weft_length(proxy, &length);
    if (status == WEFT_TYPE_ERROR)
        length = 1;
    else
        trace_fail_status(step, status);
    trace_answer_yes(step, length != 0);
}

void trace_op_plen(struct trace_step *step)
{
    const void *proxy = trace_operand(step, 0, TRACE_PROXY);
    if (proxy == NULL)
        return;
    size_t length = 0;
    trace_fail_status(step, weft_length(proxy, &length));
    trace_answer_number(step, length);
}

// ---- what containers ask of things

weft_status trace_hash(const struct trace_world *world, weft_value value,
    uint64_t *hash)
{
    const void *thing = weft_value_object(value);
    if (thing != NULL && (trace_sorts(thing) & (TRACE_DICT | TRACE_SET)) != 0)
        return WEFT_TYPE_ERROR;
    return weft_hash(world->heap, value, hash);
}

bool trace_is_referable(const void *thing)
{
    unsigned sorts = TRACE_OBJECT | TRACE_METHOD | TRACE_DICT | TRACE_SET;
    return thing != NULL && (trace_sorts(thing) & sorts) != 0
        && weft_is_weakable(thing);
}

bool trace_look_up(struct trace_step *step, void *thing, bool hashes)
{
    uint64_t hash;
    if (!trace_is_referable(thing)) {
        trace_fail(step, "!TypeError");
        return false;
    }
    weft_ref *ref = weft_ref_new(thing, NULL, NULL);
    if (ref == NULL)
        trace_out_of_memory(step);
    else if (hashes && trace_hash(step->world, weft_object(thing), &hash) != 0)
        trace_fail(step, "!TypeError");
    else if (hashes)
        trace_fail_status(step, weft_hash(step->world->heap, weft_object(ref),
            &hash));
    weft_release(ref);
    return step->failure == NULL;
}
