// SPDX-License-Identifier: MIT
//
// Sets that watch their members: a weak table found by object, without payload.
// See table.h; what Python calls WeakSet. What two sets make together is in
// setalgebra.c.
#include "cells.h"

static const weft_field weakset_fields[] = {
    { "", NULL, 0, 0, ROW_LEAVE, 0, 0 }, WEFT_END };

weft_type weft_weakset_type = { .name = "weakset", WEFT_SIZE(weft_weakset),
    .fields = weakset_fields, .dispose = weft__dispose_table,
    .length = weft__table_length, .reserved = WEFT__ROLE(ROLE_WEAKSET) };

static bool check_weakset(const weft_weakset *set, const char *call)
{
    return !CHECKED || weft__check_role(set, ROLE_WEAKSET, call);
}

weft_weakset *weft_weakset_new(weft_heap *heap, weft_by by)
{
    weft_weakset *set = weft__new_table(heap, &weft_weakset_type, by);
    if (set != NULL)
        set->table.is_set = true;
    return set;
}

size_t weft_weakset_length(const weft_weakset *set)
{
    return check_weakset(set, "weft_weakset_length") ? set->table.count : 0;
}

// Where a member is that equals `object`, or NOWHERE.
static size_t member_at(const weft_weakset *set, const void *object,
    const char *call)
{
    if (!check_weakset(set, call) || object == NULL)
        return NOWHERE;
    return weft__find_object(&((weft_weakset *)(uintptr_t)set)->table, object);
}

// By identity without a call: it is what a program waits for.
bool weft_weakset_contains(const weft_weakset *set, const void *object)
{
    size_t end;
    if (likely(!CHECKED && object != NULL && set->table.quick != NULL))
        return weft__find_slot(&set->table, object, weft__mix(&set->table,
            (uint64_t)(uintptr_t)object), &end) != NOWHERE;
    return member_at(set, object, "weft_weakset_contains") != NOWHERE;
}

// Adds `object`, or finds what equals it, which is then `entry`.
static weft_status add_or_find(struct weaktable *table, const void *object,
    struct weakentry **entry)
{
    uint64_t hash;
    size_t at, end;
    weft_status status = weft__find_to_put(table, object, &hash, &at, &end);
    if (status != WEFT_OK)
        return status;
    void *member = (void *)(uintptr_t)object;
    *entry = at != NOWHERE ? weft__entry_at(table, at) : end == NOWHERE ? NULL
        : weft__insert_spare(table, member, WEFT_KIND_NIL, 0, hash, end);
    if (*entry == NULL)
        *entry = weft__insert(table, member, weft_nil(), hash, end);
    return *entry != NULL ? WEFT_OK : WEFT_MEMORY_ERROR;
}

weft_status weft_weakset_add(weft_weakset *set, const void *object)
{
    struct weakentry *entry;
    if (!check_weakset(set, "weft_weakset_add"))
        return WEFT_TYPE_ERROR;
    weft_status status = add_or_find(&set->table, object, &entry);
    if (status != WEFT_OK || entry_object(entry) == object
            || set->table.by == WEFT_BY_FIRST_EQUAL)
        return status;
    // An equal newcomer: the entry is its from now on.
    return weft__replace(entry, (void *)(uintptr_t)object, false, NULL) != NULL
        ? WEFT_OK : WEFT_MEMORY_ERROR;
}

void *weft_weakset_intern(weft_weakset *set, const void *object)
{
    struct weakentry *entry;
    if (!check_weakset(set, "weft_weakset_intern")
            || add_or_find(&set->table, object, &entry) != WEFT_OK)
        return NULL;
    return weft_retain(entry_object(entry));
}

bool weft_weakset_remove(weft_weakset *set, const void *object)
{
    size_t at = member_at(set, object, "weft_weakset_remove");
    if (at != NOWHERE)
        weft_value_release(weft__remove(weft__entry_at(&set->table, at)));
    return at != NOWHERE;
}

void weft_weakset_clear(weft_weakset *set)
{
    if (check_weakset(set, "weft_weakset_clear"))
        weft__clear_table(&set->table);
}

void *weft_weakset_pop(weft_weakset *set)
{
    if (!check_weakset(set, "weft_weakset_pop"))
        return NULL;
    struct weakentry *entry = weft__last_entry(&set->table);
    if (entry == NULL)
        return NULL;
    void *object = weft_retain(entry_object(entry));
    weft_value_release(weft__remove(entry));
    return object;
}
