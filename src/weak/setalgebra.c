// SPDX-License-Identifier: MIT
//
// What two weak sets make together. Each function goes through one of them as
// it was at the start, and asks the other; so a set may be both. Sets and the
// member that is looked at are held, since user code may run at each step.
#include "table.h"

static bool check_sets(const weft_weakset *a, const weft_weakset *b,
    const char *call)
{
    return !CHECKED || (weft__check_role(a, ROLE_WEAKSET, call)
        && weft__check_role(b, ROLE_WEAKSET, call));
}

// To go through it, of which it is to know.
static void *open_set(const weft_weakset *set)
{
    return (void *)(uintptr_t)set;
}

weft_status weft_weakset_update(weft_weakset *set, const weft_weakset *other)
{
    weft_status status = WEFT_OK;
    if (!check_sets(set, other, "weft_weakset_update"))
        return WEFT_TYPE_ERROR;
    weft_auto(weft_weakset) held_set = weft_retain(set);
    weft_auto(weft_weakset) held_other = weft_retain(other);
    weft_each (it, open_set(other)) {
        status = weft_weakset_add(set, it.object);
        if (status != WEFT_OK)
            break;
    }
    return status;
}

// Adds the members of `from` that are in `other`, or are not.
static weft_status add_those(weft_weakset *set, const weft_weakset *from,
    const weft_weakset *other, bool wanted)
{
    weft_status status = WEFT_OK;
    weft_each (it, open_set(from)) {
        if (weft_weakset_contains(other, it.object) == wanted)
            status = weft_weakset_add(set, it.object);
        if (status != WEFT_OK)
            break;
    }
    return status;
}

// A new set as `like`, which is thrown away again if filling it failed.
static weft_weakset *empty_like(const weft_weakset *like)
{
    return weft_weakset_new(weft_heap_of(like), (weft_by)like->table.by);
}

static weft_weakset *finish(weft_weakset *set, weft_status status)
{
    if (status == WEFT_OK)
        return set;
    weft_release(set);
    return NULL;
}

weft_weakset *weft_weakset_copy(const weft_weakset *set)
{
    if (!check_sets(set, set, "weft_weakset_copy"))
        return NULL;
    weft_weakset *copy = empty_like(set);
    return copy == NULL ? NULL : finish(copy, weft_weakset_update(copy, set));
}

weft_weakset *weft_weakset_union(const weft_weakset *a, const weft_weakset *b)
{
    if (!check_sets(a, b, "weft_weakset_union"))
        return NULL;
    weft_auto(weft_weakset) held_a = weft_retain(a);
    weft_auto(weft_weakset) held_b = weft_retain(b);
    weft_weakset *set = weft_weakset_copy(a);
    return set == NULL ? NULL : finish(set, weft_weakset_update(set, b));
}

// A new set as `like`: of the members of `from` that are in `other`, or are
// not; and if `both`, also the other way round.
static weft_weakset *select_members(const weft_weakset *like,
    const weft_weakset *from, const weft_weakset *other, bool wanted, bool both)
{
    weft_auto(weft_weakset) held_from = weft_retain(from);
    weft_auto(weft_weakset) held_other = weft_retain(other);
    weft_weakset *set = empty_like(like);
    if (set == NULL)
        return NULL;
    weft_status status = add_those(set, from, other, wanted);
    if (status == WEFT_OK && both)
        status = add_those(set, other, from, wanted);
    return finish(set, status);
}

weft_weakset *weft_weakset_intersection(const weft_weakset *a,
    const weft_weakset *b)
{
    return !check_sets(a, b, "weft_weakset_intersection") ? NULL
        : select_members(a, b, a, true, false);
}

weft_weakset *weft_weakset_difference(const weft_weakset *a,
    const weft_weakset *b)
{
    return !check_sets(a, b, "weft_weakset_difference") ? NULL
        : select_members(a, a, b, false, false);
}

weft_weakset *weft_weakset_symmetric_difference(const weft_weakset *a,
    const weft_weakset *b)
{
    return !check_sets(a, b, "weft_weakset_symmetric_difference") ? NULL
        : select_members(a, a, b, false, true);
}

// Removes the members of `from` that are in `other`, or are not.
static void remove_those(weft_weakset *set, const weft_weakset *from,
    const weft_weakset *other, bool wanted)
{
    weft_each (it, open_set(from))
        if (weft_weakset_contains(other, it.object) == wanted)
            (void)weft_weakset_remove(set, it.object);
}

void weft_weakset_intersection_update(weft_weakset *set,
    const weft_weakset *other)
{
    if (!check_sets(set, other, "weft_weakset_intersection_update"))
        return;
    weft_auto(weft_weakset) held_set = weft_retain(set);
    weft_auto(weft_weakset) held_other = weft_retain(other);
    remove_those(set, set, other, false);
}

void weft_weakset_difference_update(weft_weakset *set,
    const weft_weakset *other)
{
    if (!check_sets(set, other, "weft_weakset_difference_update"))
        return;
    weft_auto(weft_weakset) held_set = weft_retain(set);
    weft_auto(weft_weakset) held_other = weft_retain(other);
    remove_those(set, other, set, true);
}

weft_status weft_weakset_symmetric_difference_update(weft_weakset *set,
    const weft_weakset *other)
{
    weft_status status = WEFT_OK;
    if (!check_sets(set, other, "weft_weakset_symmetric_difference_update"))
        return WEFT_TYPE_ERROR;
    weft_auto(weft_weakset) held_set = weft_retain(set);
    weft_auto(weft_weakset) held_other = weft_retain(other);
    weft_each (it, open_set(other)) {
        if (!weft_weakset_remove(set, it.object))
            status = weft_weakset_add(set, it.object);
        if (status != WEFT_OK)
            break;
    }
    return status;
}

bool weft_weakset_is_subset(const weft_weakset *a, const weft_weakset *b)
{
    if (!check_sets(a, b, "weft_weakset_is_subset")
            || (a->table.by == b->table.by && a->table.count > b->table.count))
        return false;
    weft_auto(weft_weakset) held_a = weft_retain(a);
    weft_auto(weft_weakset) held_b = weft_retain(b);
    bool all = true;
    weft_each (it, open_set(a)) {
        all = weft_weakset_contains(b, it.object);
        if (!all)
            break;
    }
    return all;
}

bool weft_weakset_is_disjoint(const weft_weakset *a, const weft_weakset *b)
{
    if (!check_sets(a, b, "weft_weakset_is_disjoint"))
        return false;
    weft_auto(weft_weakset) held_a = weft_retain(a);
    weft_auto(weft_weakset) held_b = weft_retain(b);
    bool any = false;
    weft_each (it, open_set(a)) {
        any = weft_weakset_contains(b, it.object);
        if (any)
            break;
    }
    return !any;
}
