// SPDX-License-Identifier: MIT
//
// Dictionaries that watch their keys: a weak table found by object, whose
// payload is the value. See table.h; what Python calls WeakKeyDictionary.
//
// A value is an edge of both, key and dictionary: it lives as long as the two
// do. The collector asks for these edges by themselves (key_edge, map_edge).
#include "cells.h"

static const weft_field keydict_fields[] = {
    { "", NULL, 0, 0, ROW_LEAVE, 0, 0 }, WEFT_END };

weft_type weft_weakkeydict_type = { .name = "weakkeydict",
    WEFT_SIZE(weft_weakkeydict), .fields = keydict_fields,
    .dispose = weft__dispose_table, .length = weft__table_length,
    .reserved = WEFT__ROLE(ROLE_MAP) };

static bool check_keydict(const weft_weakkeydict *dict, const char *call)
{
    return !CHECKED || weft__check_role(dict, ROLE_MAP, call);
}

weft_weakkeydict *weft_weakkeydict_new(weft_heap *heap, weft_by by)
{
    weft_weakkeydict *dict = weft__new_table(heap, &weft_weakkeydict_type, by);
    if (dict == NULL)
        return NULL;
    dict->table.is_map = true;
    heap->key_edge = weft__key_edge;
    heap->map_edge = weft__map_edge;
    return dict;
}

// Where the entry of a key is, or NOWHERE. Not of what is no key.
static size_t look_up(const weft_weakkeydict *dict, const void *key,
    const char *call)
{
    if (!check_keydict(dict, call) || key == NULL)
        return NOWHERE;
    return weft__find_object(&((weft_weakkeydict *)(uintptr_t)dict)->table,
        key);
}

static inline weft_value value_at(const weft_weakkeydict *dict, size_t at)
{
    const struct cell *cell = &dict->table.cells[at];
    return payload_value(kind_in(cell->word), cell->payload);
}

// By identity without a call: it is what a program waits for.
static inline size_t look_up_quickly(const weft_weakkeydict *dict,
    const void *key, const char *call)
{
    size_t end;
    if (unlikely(CHECKED || key == NULL || dict->table.quick == NULL))
        return look_up(dict, key, call);
    return weft__find_slot(&dict->table, key, weft__mix(&dict->table,
        (uint64_t)(uintptr_t)key), &end);
}

weft_value weft_weakkeydict_get(const weft_weakkeydict *dict, const void *key)
{
    size_t at = look_up_quickly(dict, key, "weft_weakkeydict_get");
    if (at == NOWHERE)
        return weft_nil();
    weft_value value = value_at(dict, at);
    return value.kind == WEFT_KIND_INT ? value : weft_value_retain(value);
}

bool weft_weakkeydict_contains(const weft_weakkeydict *dict, const void *key)
{
    return look_up_quickly(dict, key, "weft_weakkeydict_contains") != NOWHERE;
}

size_t weft_weakkeydict_length(const weft_weakkeydict *dict)
{
    return check_keydict(dict, "weft_weakkeydict_length") ? dict->table.count
        : 0;
}

void weft_weakkeydict_clear(weft_weakkeydict *dict)
{
    if (check_keydict(dict, "weft_weakkeydict_clear"))
        weft__clear_table(&dict->table);
}

// The collector must know a key, whatever its type: its value may lead back to
// it. So the page of a key is tracked from then on, and the key as if it were
// new. (Not in ordered heaps, where all that is tracked has a place.)
static void track_key(const void *key, weft_value value)
{
    struct page *page = page_of(key);
    if (likely(!page->acyclic) || !weft__has_object(value)
            || page->heap->ordered)
        return;
    page->acyclic = false;
    weft__make_young(page, word_of(key));
}

static weft_status put_key(struct weaktable *table, const void *key,
    weft_value value);

// Under a key that is not there.
static weft_status put_new_key(struct weaktable *table, const void *key,
    uint64_t hash, size_t end, weft_value value)
{
    if (value.kind == WEFT_KIND_INT && end != NOWHERE
            && weft__insert_spare(table, (void *)(uintptr_t)key, WEFT_KIND_INT,
                (uint64_t)value.as.integer, hash, end) != NULL)
        return WEFT_OK;
    weft_value owned;
    weft_status status = weft__own_value(page_of(table)->heap, value, &owned);
    if (status != WEFT_OK)
        return status;
    // Cells may not be as they were: owning may have something to report.
    if (weft__insert(table, (void *)(uintptr_t)key, owned, hash, NOWHERE)
            != NULL) {
        track_key(key, owned);
        return WEFT_OK;
    }
    weft_value_release(owned);
    return WEFT_MEMORY_ERROR;
}

// Another value for a key that is there; maybe under an equal one, which takes
// the entry over.
static weft_status put_again(struct weaktable *table, size_t at, void *key,
    weft_value value)
{
    uint64_t changes = table->changes;
    weft_value owned;
    weft_status status = weft__own_value(page_of(table)->heap, value, &owned);
    if (status != WEFT_OK)
        return status;
    if (unlikely(table->changes != changes)) {  // there was a report
        weft_value_release(owned);
        return put_key(table, key, value);
    }
    struct weakentry *entry = weft__entry_at(table, at);
    bool stays = table->by == WEFT_BY_FIRST_EQUAL
        || key == entry_object(entry);
    weft_value kept = owned;
    entry = weft__replace(entry, stays ? entry_object(entry) : key, stays,
        &owned);
    if (entry != NULL)
        track_key(entry_object(entry), kept);
    else
        status = WEFT_MEMORY_ERROR;
    weft_value_release(owned);              // the old one, unless that failed
    return status;
}

static weft_status put_key(struct weaktable *table, const void *key,
    weft_value value)
{
    uint64_t hash;
    size_t at, end;
    weft_status status = weft__find_to_put(table, key, &hash, &at, &end);
    if (status != WEFT_OK)
        return status;
    return at == NOWHERE ? put_new_key(table, key, hash, end, value)
        : put_again(table, at, (void *)(uintptr_t)key, value);
}

weft_status weft_weakkeydict_put(weft_weakkeydict *dict, const void *key,
    weft_value value)
{
    if (!check_keydict(dict, "weft_weakkeydict_put"))
        return WEFT_TYPE_ERROR;
    weft_status status = put_key(&dict->table, key, value);
    if (status == WEFT_OK)
        weft__drop_stale(&dict->table);
    return status;
}

weft_value weft_weakkeydict_setdefault(weft_weakkeydict *dict, const void *key,
    weft_value value)
{
    uint64_t hash;
    size_t at, end;
    if (!check_keydict(dict, "weft_weakkeydict_setdefault"))
        return weft_nil();
    struct weaktable *table = &dict->table;
    if (weft__find_to_put(table, key, &hash, &at, &end) != WEFT_OK)
        return weft_nil();
    if (at != NOWHERE)
        return weft_value_retain(value_at(dict, at));
    if (put_new_key(table, key, hash, end, value) != WEFT_OK)
        return weft_nil();
    return weft_value_retain(entry_payload(weft__last_entry(table)));
}

static weft_value make_value(weft_weakkeydict *dict, const void *key,
    weft_make_fn *make, void *context)
{
    weft_heap *heap = page_of(key)->heap;
    void *held = weft_retain(key);
    heap->calls++;
    void *made = make(weft_object(key), context);
    heap->calls--;
    weft_value value = made == NULL ? weft_nil()
        : weft_weakkeydict_setdefault(dict, key, weft_object(made));
    weft_release(made);
    weft_release(held);
    return value;
}

// Hooks, and `make`, may let go of the dictionary: it is held from the start.
void *weft_weakkeydict_get_or_create(weft_weakkeydict *dict, const void *key,
    weft_make_fn *make, void *context)
{
    void *held = weft_retain(dict);
    size_t at = look_up(dict, key, "weft_weakkeydict_get_or_create");
    weft_value value = weft_nil();
    if (at != NOWHERE)
        value = weft_value_retain(value_at(dict, at));
    else if (weft__check_target(key) == WEFT_OK)
        value = make_value(dict, key, make, context);
    void *object = weft_value_object(value);
    weft_release(held);
    return object;
}

weft_value weft_weakkeydict_pop(weft_weakkeydict *dict, const void *key)
{
    size_t at = look_up(dict, key, "weft_weakkeydict_pop");
    return at == NOWHERE ? weft_nil()
        : weft__remove(weft__entry_at(&dict->table, at));
}

bool weft_weakkeydict_remove(weft_weakkeydict *dict, const void *key)
{
    size_t at = look_up(dict, key, "weft_weakkeydict_remove");
    if (at != NOWHERE)
        weft_value_release(weft__remove(weft__entry_at(&dict->table, at)));
    return at != NOWHERE;
}

bool weft_weakkeydict_popitem(weft_weakkeydict *dict, void **key,
    weft_value *value)
{
    *key = NULL;
    *value = weft_nil();
    if (!check_keydict(dict, "weft_weakkeydict_popitem"))
        return false;
    struct weakentry *entry = weft__last_entry(&dict->table);
    if (entry == NULL)
        return false;
    *key = weft_retain(entry_object(entry));
    *value = weft__remove(entry);
    return true;
}

weft_status weft_weakkeydict_update(weft_weakkeydict *dict,
    const weft_weakkeydict *other)
{
    weft_status status = WEFT_OK;
    if (!check_keydict(dict, "weft_weakkeydict_update")
            || !check_keydict(other, "weft_weakkeydict_update"))
        return WEFT_TYPE_ERROR;
    void *held = weft_retain(dict);     // user code may run at each step
    weft_each (it, (void *)(uintptr_t)other) {
        status = put_key(&dict->table, it.key.as.object, it.value);
        if (status != WEFT_OK)
            break;
    }
    weft_release(held);
    return status;
}

weft_weakkeydict *weft_weakkeydict_copy(const weft_weakkeydict *dict)
{
    if (!check_keydict(dict, "weft_weakkeydict_copy"))
        return NULL;
    weft_weakkeydict *copy = weft_weakkeydict_new(weft_heap_of(dict),
        (weft_by)dict->table.by);
    if (copy != NULL && weft_weakkeydict_update(copy, dict) != WEFT_OK) {
        weft_release(copy);
        return NULL;
    }
    return copy;
}

weft_list *weft_weakkeydict_keyrefs(const weft_weakkeydict *dict)
{
    if (!check_keydict(dict, "weft_weakkeydict_keyrefs"))
        return NULL;
    return weft__table_refs(&((weft_weakkeydict *)(uintptr_t)dict)->table);
}
