// SPDX-License-Identifier: MIT
//
// Handles, refs and finalizers: made, asked, taken back. What they lead to may
// be garbage already, and comes back to life then.
#include "world.h"

void act_weak(void)
{
    uint32_t number = pick_object();
    struct handle *handle = &world.handles[pick(HANDLES)];
    if (number == 0)
        return;
    weft_weak weak = weft_weak_of(address_of(number));
    if (weft_weak_is_dead(weak))
        return;
    note("handle of %u", number);
    *handle = (struct handle){ weak, number };
}

// User code in a collection may bring back what has lost its references.
static bool is_excused(void)
{
    return world.weak_first && world.ran_in_collections > 0;
}

static void take_upgraded(uint32_t number, void *object, bool excused)
{
    if (object == NULL) {
        if (!excused && (!world.large || pick(64) == 0)
                && is_reachable(number))
            broken("%u is reachable, and a reference to it is dead", number);
        return;
    }
    struct shadow *shadow = shadow_at(number);
    if (shadow->disposed != 0 || shadow->address != object)
        broken("%u is gone, and a reference to it is not", number);
    put_in_root(pick(ROOTS), number);
}

void act_upgrade(void)
{
    struct handle *handle = &world.handles[pick(HANDLES)];
    if (handle->number == 0)
        return;
    note("upgrade %u", handle->number);
    take_upgraded(handle->number, weft_weak_get(handle->weak), is_excused());
}

// Reaches into what may be garbage by a handle, moves one of its references to
// a variable, or the other way round, by hand, and lets go: all counts are what
// they were, and what is reachable is not.
void act_snatch(void)
{
    struct handle *handle = &world.handles[pick(HANDLES)];
    uint32_t root = pick(ROOTS), number = handle->number;
    void *object = number == 0 ? NULL : weft_weak_get(handle->weak);
    if (object == NULL)
        return;
    struct shadow *shadow = shadow_at(number);
    uint32_t i = pick(2);
    void **pointer = pointer_at(shadow, i);
    uint32_t held = world.roots[root];
    push(number, true);
    if (pointer != NULL && i < field_count(shadow->kind) && (held == 0
            || may_hold(shadow->kind, shadow_at(held)->kind))) {
        note("snatch %u.%u, variable %u", number, i, root);
        void *moved = *pointer;
        *pointer = world.variables[root];
        world.variables[root] = moved;
        world.roots[root] = shadow->fields[i];
        shadow->fields[i] = held;
    }
    pop();
    weft_release(object);
}

void act_ref(void)
{
    uint32_t target = pick_object();
    if (target == 0 || !weft_is_weakable(address_of(target)))
        return;
    weft_ref *ref = weft_ref_new(address_of(target), NULL, NULL);
    uint32_t number = 0;
    if (ref == NULL && !world.failing)
        broken("no ref to %u", target);
    if (ref == NULL)
        return;
    if (weft_refcount(ref) == 1)
        number = new_shadow(REF, ref);
    else
        number = number_in(ref, REF);
    shadow_at(number)->target = target;
    note("ref %u to %u", number, target);
    put_in_root(pick(ROOTS), number);
}

void act_told(void)
{
    uint32_t target = pick_object(), kept = pick(2) == 0 ? 0 : pick_object();
    if (target == 0 || !weft_is_weakable(address_of(target))
            || world.count >= world.limit)
        return;
    weft_ref *ref = weft_ref_new_as(types[TOLD], address_of(target), be_told,
        address_of(kept));
    if (ref == NULL && !world.failing)
        broken("no ref to %u", target);
    if (ref == NULL)
        return;
    uint32_t number = new_shadow(TOLD, ref);
    shadow_at(number)->target = target;
    shadow_at(number)->fields[1] = kept;
    changed();
    note("ref %u to %u keeps %u", number, target, kept);
    put_in_root(pick(ROOTS), number);
}

void act_deref(void)
{
    uint32_t number = pick_object();
    const struct shadow *shadow = number == 0 ? NULL : shadow_at(number);
    if (shadow == NULL || (shadow->kind != REF && shadow->kind != TOLD))
        return;
    note("ask ref %u for %u", number, shadow->target);
    bool excused = is_excused() || (shadow->kind == TOLD
        && world.ran_in_collections > 0);
    take_upgraded(shadow->target, weft_ref_get(shadow->address), excused);
}

static bool is_kept(uint32_t number)
{
    for (uint32_t i = 0; i < RECORDS; i++)
        if (world.records[i].alive && world.records[i].kept == number)
            return true;
    return false;
}

void act_finalize(void)
{
    uint32_t target = pick_object(), kept = pick(2) == 0 ? 0 : pick_object();
    uint32_t i = pick(RECORDS);
    struct record *record = &world.records[i];
    if (target == 0 || record->alive || (kept != 0 && is_kept(kept))
            || !weft_is_weakable(address_of(target)))
        return;
    *record = (struct record){ .target = target, .kept = kept, .alive = true };
    changed();
    weft_status status = kept == 0
        ? weft_finalize(address_of(target), be_finalized,
            (void *)(uintptr_t)(i + 1), &record->finalizer)
        : weft_finalize_keep(address_of(target), be_kept_for,
            address_of(kept), &record->finalizer);
    note("finalizer of %u keeps %u: %d", target, kept, (int)status);
    if (status != WEFT_OK) {
        record->alive = false;
        changed();
    }
}

void detach(struct record *record)
{
    struct record old = *record;
    if (!old.alive)
        return;
    note("detach that of %u", old.target);
    record->alive = false;
    changed();
    if (weft_finalizer_detach(old.finalizer) == WEFT_RUNNING) {
        record->alive = true;
        changed();
    }
}
