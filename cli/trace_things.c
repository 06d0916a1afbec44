// SPDX-License-Identifier: MIT
//
// The types of what programs make, and the events in their lives.
//
// Death empties an object's rows in table order, so the first row of each is a
// *tomb*, held by nobody else, and its dispose is the very moment to print
// `dead`: after the callbacks, before the slots a to d are let go.
//
// `fin` and `call` are events with actions. They nest as calls do, and so do
// the C functions here; a program that nests without end is stopped.
#include "trace.h"

#include <string.h>

#define NESTING_LIMIT 2000      // of output, twice that of events

// ---- events

// False: they raised.
static bool run_actions(struct trace_world *world, const struct trace_op *owner,
    struct trace_name *label, const struct trace_scope *scope)
{
    bool is_whole = true;
    size_t count = owner == NULL ? 0 : owner->action_count;
    world->depth++;
    for (size_t i = 1; i <= count && is_whole && !world->is_quiet; i++) {
        trace_emit_op(world, ">", &owner[i]);
        if (owner[i].verb->run != NULL) {
            trace_step(world, &owner[i], scope);
            continue;
        }
        world->raised_by = label;
        is_whole = false;
    }
    world->depth--;
    return is_whole;
}

// The level of an event, one in. False: there is none.
static bool begin_event(struct trace_world *world)
{
    if (world->depth >= NESTING_LIMIT)
        trace_stop(world, TRACE_REFUSED, "actions nest too deep");
    if (world->is_quiet)
        return false;
    world->depth++;
    return true;
}

static void run_finalizer(void *self)
{
    struct trace_object *object = self;
    struct trace_world *world = weft_heap_data(weft_heap_of(self));
    if (!begin_event(world))
        return;
    struct trace_name *label = object->label;
    trace_emit(world, "fin %s", label->text);
    struct trace_scope scope = { .self = self };
    if (!run_actions(world, label->ondel, label, &scope))
        trace_emit(world, "unraisable %s", world->raised_by->text);
    world->depth--;
}

// The function and `held` are held meanwhile, as by a frame of Python's: a
// collection inside of the call sees that.
static bool call_holding(struct trace_world *world,
    struct trace_object *function, void *argument, void *held)
{
    if (!begin_event(world))
        return true;
    struct trace_name *label = function->label;
    trace_emit(world, "call %s %s", label->text,
        argument == NULL ? "-" : trace_label_text(world, argument));
    struct trace_scope scope = { .self = weft_retain(function),
        .arg = argument };
    (void)weft_retain(held);
    bool is_whole = run_actions(world, label->oncall, label, &scope);
    world->depth--;
    weft_release(held);
    weft_release(function);
    return is_whole;
}

bool trace_call(struct trace_world *world, struct trace_object *function,
    void *argument)
{
    return call_holding(world, function, argument, argument);
}

// A finalizer's argument is held by what it is in alone.
bool trace_call_bundle(struct trace_world *world,
    const struct trace_bundle *bundle)
{
    return call_holding(world, bundle->function, trace_argument(bundle),
        bundle->pack);
}

// The callback of references, proxies and weak methods, which keep `function`.
void trace_call_from_death(weft_ref *ref, void *function)
{
    struct trace_world *world = weft_heap_data(weft_heap_of(ref));
    if (trace_call(world, function, ref))
        return;
    world->depth++;
    trace_emit(world, "unraisable %s", world->raised_by->text);
    world->depth--;
}

// What a call through a proxy comes to. Python's traceback would hold the
// object until somebody caught the error, so it is left with the world.
static weft_status call_by_name(void *self, const weft_value *arguments,
    size_t count, weft_value *result)
{
    (void)arguments;
    (void)count;
    (void)result;
    struct trace_world *world = weft_heap_data(weft_heap_of(self));
    if (trace_call(world, self, NULL))
        return WEFT_OK;
    weft_set(&world->raised_self, self);
    return WEFT_VALUE_ERROR;
}

// ---- types

struct trace_tomb {
    struct trace_world *world;  // where to say it
    struct trace_name *label;   // of the object
};

static void tomb_dispose(void *self)
{
    struct trace_tomb *tomb = self;
    struct trace_world *world = tomb->world;
    tomb->label->is_living = false;
    world->depth++;
    trace_emit(world, "dead %s", tomb->label->text);
    world->depth--;
}

static weft_type tomb_type = {
    .name = "tomb",
    WEFT_SIZE(struct trace_tomb),
    .dispose = tomb_dispose,
    .weak = WEFT_FORBIDDEN,
};

static const weft_field object_fields[] = {
    WEFT_STRONG_OF(struct trace_object, tomb, &tomb_type),
    WEFT_VALUE(struct trace_object, a),
    WEFT_VALUE(struct trace_object, b),
    WEFT_VALUE(struct trace_object, c),
    WEFT_VALUE(struct trace_object, d),
    WEFT_END,
};

static const weft_method call_methods[] = {
    { "call", call_by_name },
    { NULL, NULL },
};

static uint64_t number_hash(const void *self)
{
    const struct trace_object *object = self;
    return object->number;
}

static bool number_equal(const void *self, const void *other)
{
    const struct trace_object *left = self;
    const struct trace_object *right = other;
    if (weft_type_of(other)->equal != number_equal)
        return self == other;
    return left->number == right->number;
}

static size_t number_length(const void *self)
{
    const struct trace_object *object = self;
    return (size_t)object->number;
}

#define KIND(text) \
    .name = text, WEFT_SIZE(struct trace_object), .fields = object_fields

static weft_type kinds[] = {
    { KIND("plain") },
    { KIND("fin"), .finalize = run_finalizer },
    { KIND("key"), .equal = number_equal, .hash = number_hash },
    { KIND("keyfin"), .equal = number_equal, .hash = number_hash,
        .finalize = run_finalizer },
    { KIND("nohash"), .equal = number_equal },
    { KIND("noweak"), .weak = WEFT_FORBIDDEN },
    { KIND("seq"), .length = number_length },
    { KIND("fn"), .methods = call_methods },
    { KIND("fnfin"), .methods = call_methods, .finalize = run_finalizer },
};

weft_type trace_sub_type = {
    .name = "sub",
    WEFT_SIZE(struct trace_sub),
    .base = &weft_ref_type,
    .fields = WEFT_FIELDS(
        WEFT_VALUE(struct trace_sub, a),
        WEFT_VALUE(struct trace_sub, b),
        WEFT_VALUE(struct trace_sub, c),
        WEFT_VALUE(struct trace_sub, d)),
};

weft_type trace_pack_type = {
    .name = "pack",
    WEFT_SIZE(struct trace_pack),
    .fields = WEFT_FIELDS(WEFT_STRONG(struct trace_pack, argument)),
};

void *trace_argument(const struct trace_bundle *bundle)
{
    return bundle->pack == NULL ? NULL : bundle->pack->argument;
}

static void bundle_dispose(void *self)
{
    const struct trace_bundle *bundle = self;
    if (bundle->link == NULL)
        return;
    *bundle->link = bundle->next;
    if (bundle->next != NULL)
        bundle->next->link = bundle->link;
}

weft_type trace_bundle_type = {
    .name = "bundle",
    WEFT_SIZE(struct trace_bundle),
    .dispose = bundle_dispose,
    .fields = WEFT_FIELDS(
        WEFT_STRONG_OF(struct trace_bundle, pack, &trace_pack_type),
        WEFT_STRONG(struct trace_bundle, function),
        WEFT_WEAK(struct trace_bundle, object)),
};

weft_type trace_handle_type = {
    .name = "finalize",
    WEFT_SIZE(struct trace_handle),
};

weft_type *trace_kind_find(const char *name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(name, kinds[i].name) == 0)
            return &kinds[i];
    }
    return NULL;
}

unsigned trace_sorts(const void *thing)
{
    const weft_type *type = weft_type_of(thing);
    if (type == &weft_ref_type)
        return TRACE_REF;
    if (type == &trace_sub_type)
        return TRACE_REF | TRACE_SUB;
    if (type == &weft_proxy_type)
        return TRACE_PROXY;
    if (type == &weft_weakmethod_type)
        return TRACE_METHOD;
    if (type == &trace_handle_type)
        return TRACE_HANDLE;
    if (type == &weft_weakvaluedict_type)
        return TRACE_VALUES;
    if (type == &weft_weakkeydict_type)
        return TRACE_KEYS;
    if (type == &weft_weakset_type)
        return TRACE_SET;
    if (type == &trace_iterator_type)
        return TRACE_ITERATOR;
    unsigned sorts = 0;
    if (type->fields == object_fields)
        sorts |= TRACE_OBJECT;
    if (type->finalize == run_finalizer)
        sorts |= TRACE_FINAL;
    if (type->methods == call_methods)
        sorts |= TRACE_CALLS;
    if (type->equal == number_equal)
        sorts |= TRACE_KEYED;
    return sorts;
}

weft_value *trace_slot(void *thing, char letter)
{
    size_t index = (size_t)(letter - 'a');
    if (weft_type_of(thing) == &trace_sub_type)
        return &((struct trace_sub *)thing)->slots[index];
    return &((struct trace_object *)thing)->slots[index];
}

// The object comes first, and what is without a tomb dies in silence.
struct trace_object *trace_object_new(struct trace_world *world,
    weft_type *kind, struct trace_name *label, uint64_t number)
{
    struct trace_object *object = weft_new(world->heap, kind);
    if (object == NULL)
        return NULL;
    struct trace_tomb *tomb = weft_new(world->heap, &tomb_type);
    if (tomb == NULL) {
        trace_stop(world, TRACE_FAILED, "memory ran out");
        weft_release(object);
        return NULL;
    }
    tomb->world = world;
    tomb->label = label;
    weft_set_steal(&object->tomb, tomb);
    object->label = label;
    object->number = number;
    label->is_used = true;
    label->is_living = true;
    return object;
}
