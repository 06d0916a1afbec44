// SPDX-License-Identifier: MIT
//
// Operations on finalizers and weak methods.
//
// A finalizer keeps a bundle: the function, its argument, and a handle of the
// object. One finalizer's function serves three callers, who tell an error
// each in their own way: `fzcall` as its result, death as `unraisable`, `exit`
// as `excepthook`.
//
// Death and exit are told apart by the object, which is gone or not. But exit
// may run inside of a death, before the turn of what that death is to call: it
// marks these *overdue* as it begins, since they are its own to call. And to a
// collection the object of a call is not gone yet: exit knows itself whether it
// began inside of one.
#include "trace.h"

#include <string.h>

static bool is_exit_calling(const struct trace_world *world,
    const struct trace_bundle *bundle)
{
    if (weft_weak_is_dead(bundle->object))
        return bundle->is_overdue;
    return world->is_exiting
        && weft_gc_is_collecting(world->heap) == world->exits_in_collection;
}

// The context is a bundle.
static void call_bundle(void *context)
{
    const struct trace_bundle *bundle = context;
    struct trace_world *world = weft_heap_data(weft_heap_of(context));
    bool *raised = world->finalizer_raised;
    world->finalizer_raised = NULL;
    bool is_exit = is_exit_calling(world, bundle);
    if (trace_call_bundle(world, bundle))
        return;
    if (raised != NULL) {
        *raised = true;
        return;
    }
    world->depth++;
    trace_emit(world, "%s %s", is_exit ? "excepthook" : "unraisable",
        world->raised_by->text);
    world->depth--;
}

static void list_bundle(struct trace_world *world, struct trace_bundle *bundle)
{
    bundle->next = world->bundles;
    bundle->link = &world->bundles;
    if (bundle->next != NULL)
        bundle->next->link = &bundle->next;
    world->bundles = bundle;
}

// Returns a new reference, or NULL when memory ran out.
static struct trace_bundle *make_bundle(struct trace_world *world,
    const void *target, void *function, void *argument)
{
    struct trace_pack *pack = NULL;
    if (argument != NULL) {
        pack = weft_new(world->heap, &trace_pack_type);
        if (pack == NULL)
            return NULL;
        weft_set(&pack->argument, argument);
    }
    struct trace_bundle *bundle = weft_new(world->heap, &trace_bundle_type);
    if (bundle == NULL) {
        weft_release(pack);
        return NULL;
    }
    weft_set_steal(&bundle->pack, pack);
    weft_set(&bundle->function, function);
    bundle->object = weft_weak_of(target);
    list_bundle(world, bundle);
    return bundle;
}

// Has `bundle` called when `target` dies. Returns a new reference, or NULL when
// memory ran out.
static struct trace_handle *watch_object(struct trace_world *world,
    void *target, void *bundle)
{
    struct trace_handle *handle = weft_new(world->heap, &trace_handle_type);
    if (handle == NULL)
        return NULL;
    if (weft_finalize_keep(target, call_bundle, bundle, &handle->finalizer)
        == WEFT_OK)
        return handle;
    weft_release(handle);
    return NULL;
}

void trace_op_fz(struct trace_step *step)
{
    struct trace_world *world = step->world;
    struct trace_name *name = trace_fresh(step, 0);
    void *target = trace_hold_operand(step, 1, TRACE_OBJECT);
    void *function = trace_hold_operand(step, 2, TRACE_CALLS);
    void *argument = NULL;
    if (trace_has_operand(step, 3))
        argument = trace_operand(step, 3, TRACE_ANY);
    if (step->failure == NULL && !weft_is_weakable(target))
        trace_fail(step, "!TypeError");
    if (step->failure != NULL)
        return;
    struct trace_bundle *bundle = make_bundle(world, target, function,
        argument);
    struct trace_handle *handle = NULL;
    if (bundle != NULL) {
        bundle->label = name;
        handle = watch_object(world, target, bundle);
    }
    weft_release(bundle);
    if (handle == NULL) {
        trace_out_of_memory(step);
        return;
    }
    trace_hold_steal(step, handle);
    trace_put(step, name, handle, NULL);
}

void trace_op_fzcall(struct trace_step *step)
{
    const struct trace_handle *handle = trace_hold_operand(step, 0,
        TRACE_HANDLE);
    if (handle == NULL)
        return;
    bool raised = false;
    bool is_alive = weft_finalizer_is_alive(handle->finalizer);
    step->world->finalizer_raised = &raised;
    (void)weft_finalizer_call(handle->finalizer);
    step->world->finalizer_raised = NULL;
    if (raised)
        trace_fail(step, "!RuntimeError");
    trace_answer(step, is_alive ? "ran" : "none");
}

// What a finalizer would be called with: the object, the function, and the
// argument, all held. False: it is over, or the object is gone.
static bool look_at(struct trace_step *step, weft_finalizer finalizer)
{
    void *context = NULL;
    void *target = weft_finalizer_peek(finalizer, &context);
    if (target == NULL) {
        trace_answer(step, "none");
        return false;
    }
    const struct trace_bundle *bundle = context;
    trace_hold_steal(step, target);
    trace_hold_steal(step, weft_retain(bundle->function));
    const void *argument = trace_argument(bundle);
    trace_hold_steal(step, weft_retain(argument));
    trace_answer_thing(step, target);
    trace_answer_thing(step, bundle->function);
    if (argument == NULL)
        trace_answer(step, "-");
    else
        trace_answer_thing(step, argument);
    return true;
}

void trace_op_fzpeek(struct trace_step *step)
{
    const struct trace_handle *handle = trace_operand(step, 0, TRACE_HANDLE);
    if (handle != NULL)
        (void)look_at(step, handle->finalizer);
}

void trace_op_fzdetach(struct trace_step *step)
{
    const struct trace_handle *handle = trace_operand(step, 0, TRACE_HANDLE);
    if (handle != NULL && look_at(step, handle->finalizer))
        (void)weft_finalizer_detach(handle->finalizer);
}

void trace_op_fzatexit(struct trace_step *step)
{
    const struct trace_handle *handle = trace_operand(step, 0, TRACE_HANDLE);
    if (handle == NULL)
        return;
    weft_finalizer finalizer = handle->finalizer;
    if (trace_has_operand(step, 1))
        weft_finalizer_set_at_exit(finalizer,
            strcmp(step->op->names[1]->text, "on") == 0);
    trace_answer(step, weft_finalizer_is_alive(finalizer)
        && weft_finalizer_is_at_exit(finalizer) ? "on" : "off");
}

void trace_op_exit(struct trace_step *step)
{
    struct trace_world *world = step->world;
    bool is_inner = world->is_exiting;
    for (struct trace_bundle *bundle = world->bundles; bundle != NULL;
            bundle = bundle->next)
        bundle->is_overdue = weft_weak_is_dead(bundle->object);
    if (!is_inner)
        world->exits_in_collection = weft_gc_is_collecting(world->heap);
    world->is_exiting = true;
    weft_heap_exit(world->heap);
    world->is_exiting = is_inner;
}

// ---- weak methods

static void call_method(void *self, void *function)
{
    struct trace_world *world = weft_heap_data(weft_heap_of(self));
    bool *raised = world->method_raised;
    world->method_raised = NULL;
    *raised = !trace_call(world, function, self);
}

void trace_op_wm(struct trace_step *step)
{
    struct trace_name *name = trace_fresh(step, 0);
    void *target = trace_hold_operand(step, 1, TRACE_OBJECT);
    void *function = trace_hold_operand(step, 2, TRACE_CALLS);
    void *callback = NULL;
    if (trace_has_operand(step, 3))
        callback = trace_hold_operand(step, 3, TRACE_CALLS);
    if (step->failure == NULL && !weft_is_weakable(target))
        trace_fail(step, "!TypeError");
    if (step->failure != NULL)
        return;
    weft_ref *made = weft_weakmethod_new_as(&weft_weakmethod_type, target,
        function, call_method, callback == NULL ? NULL : trace_call_from_death,
        callback);
    if (made == NULL) {
        trace_out_of_memory(step);
        return;
    }
    trace_hold_steal(step, made);
    trace_put(step, name, made, target);
}

// The function and the object of a weak method that is not gone, in the order
// in which Python lets them go.
static bool bind_method(struct trace_step *step, const weft_ref *method)
{
    void *target = weft_ref_get(method);
    void *function = weft_weakmethod_owner(method);
    trace_hold_steal(step, function);
    trace_hold_steal(step, target);
    if (target != NULL && function != NULL)
        return true;
    trace_answer(step, "none");
    return false;
}

void trace_op_wmget(struct trace_step *step)
{
    const weft_ref *method = trace_operand(step, 0, TRACE_METHOD);
    if (method == NULL || !bind_method(step, method))
        return;
    trace_answer_thing(step, step->held[1]);
    trace_answer_thing(step, step->held[0]);
}

void trace_op_wmcall(struct trace_step *step)
{
    const weft_ref *method = trace_operand(step, 0, TRACE_METHOD);
    if (method == NULL || !bind_method(step, method))
        return;
    bool raised = false;
    step->world->method_raised = &raised;
    (void)weft_weakmethod_call(method, step->held[0]);
    step->world->method_raised = NULL;
    if (raised)
        trace_fail(step, "!RuntimeError");
}
