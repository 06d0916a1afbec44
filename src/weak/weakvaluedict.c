// SPDX-License-Identifier: MIT
//
// Dictionaries that watch their values: a weak table found by payload, which is
// the key. See table.h; what Python calls WeakValueDictionary.
//
// Every function first asks what the key is and where it is, which may run
// hooks; from there on nothing but memory can fail, no user code runs but a
// report hook, and what is let go of goes last.
#include "cells.h"

static const weft_field valuedict_fields[] = {
    { "", NULL, 0, 0, ROW_LEAVE, 0, 0 }, WEFT_END };

weft_type weft_weakvaluedict_type = { .name = "weakvaluedict",
    WEFT_SIZE(weft_weakvaluedict), .fields = valuedict_fields,
    .dispose = weft__dispose_table, .length = weft__table_length,
    .reserved = WEFT__ROLE(ROLE_VALUEDICT) };

// A plain look into the table, which const promises.
static struct weaktable *table_in(const weft_weakvaluedict *dict)
{
    return &((weft_weakvaluedict *)(uintptr_t)dict)->table;
}

static bool check_valuedict(const weft_weakvaluedict *dict, const char *call)
{
    return !CHECKED || weft__check_role(dict, ROLE_VALUEDICT, call);
}

weft_weakvaluedict *weft_weakvaluedict_new(weft_heap *heap, weft_by by)
{
    weft_weakvaluedict *dict = weft__new_table(heap, &weft_weakvaluedict_type,
        by);
    if (dict != NULL)
        dict->table.by_payload = true;
    return dict;
}

// Where a key is, or NOWHERE; then `status` says what failed, if anything, and
// `end` is for place_cell(). What is needed most is looked for without a call.
static inline size_t find_key(struct weaktable *table, weft_value key,
    struct probe *probe, weft_status *status, size_t *end)
{
    *status = WEFT_OK;
    *end = NOWHERE;
    if (likely(is_quick(table, key.kind))) {
        uint64_t bits = (uint64_t)key.as.integer;
        uint64_t hash = weft__mix(table, bits);
        *probe = (struct probe){ key, bits, hash, want_of(hash, key.kind) };
        size_t at = weft__index_of(table,
            weft__find_bits(table, key.kind, bits, hash, end));
        if (at != NOWHERE || weft__kind_of_payload(key) == key.kind)
            return at;
        *end = NOWHERE;
    }
    *status = weft__probe(table, key, probe);
    return *status != WEFT_OK ? NOWHERE : weft__find(table, probe, status);
}

// Of one kind, which the compiler knows.
static inline const struct cell *find_quick(const struct weaktable *table,
    weft_kind kind, weft_value key, size_t *end)
{
    uint64_t bits = (uint64_t)key.as.integer;
    return weft__find_bits(table, kind, bits, weft__mix(table, bits), end);
}

static void *object_at(const struct weaktable *table, size_t at)
{
    return cell_object(table->cells[at]);
}

static __attribute__((noinline)) void *get_slowly(struct weaktable *table,
    weft_value key)
{
    struct probe probe;
    weft_status status;
    size_t at, end;
    if (is_quick(table, WEFT_KIND_OBJECT) && key.kind == WEFT_KIND_OBJECT) {
        const struct cell *cell = find_quick(table, WEFT_KIND_OBJECT, key,
            &end);
        if (cell != NULL)
            return weft_retain(cell_object(*cell));
        if (weft__kind_of_payload(key) == WEFT_KIND_OBJECT)
            return NULL;
    }
    if (table->quick != NULL && weft__kind_of_payload(key) == WEFT_KIND_TEXT)
        at = weft__find_text(table, key);
    else
        at = find_key(table, key, &probe, &status, &end);
    return at == NOWHERE ? NULL : weft_retain(object_at(table, at));
}

// An integer is looked for right here: it is what a program waits for.
void *weft_weakvaluedict_get(const weft_weakvaluedict *dict, weft_value key)
{
    size_t end;
    if (!check_valuedict(dict, "weft_weakvaluedict_get"))
        return NULL;
    struct weaktable *table = table_in(dict);
    if (unlikely(key.kind != WEFT_KIND_INT || !is_quick(table, WEFT_KIND_INT)))
        return get_slowly(table, key);
    const struct cell *cell = find_quick(table, WEFT_KIND_INT, key, &end);
    return cell == NULL ? NULL : weft_retain(cell_object(*cell));
}

bool weft_weakvaluedict_contains(const weft_weakvaluedict *dict,
    weft_value key)
{
    struct probe probe;
    weft_status status;
    size_t end;
    return check_valuedict(dict, "weft_weakvaluedict_contains")
        && find_key(table_in(dict), key, &probe, &status, &end) != NOWHERE;
}

size_t weft_weakvaluedict_length(const weft_weakvaluedict *dict)
{
    return check_valuedict(dict, "weft_weakvaluedict_length")
        ? dict->table.count : 0;
}

void weft_weakvaluedict_clear(weft_weakvaluedict *dict)
{
    if (check_valuedict(dict, "weft_weakvaluedict_clear"))
        weft__clear_table(&dict->table);
}

// Under a key that is not there.
static inline weft_status put_new(struct weaktable *table,
    const struct probe *probe, void *value, size_t end)
{
    weft_value key = probe->key;
    if (key.kind == WEFT_KIND_TEXT || key.kind == WEFT_KIND_OBJECT) {
        weft_status status = weft__own_value(page_of(table)->heap, probe->key,
            &key);
        if (status != WEFT_OK)
            return status;
        end = NOWHERE;      // cells may change: that may report something
    }
    if (weft__insert(table, value, key, probe->hash, end) != NULL)
        return WEFT_OK;
    weft_value_release(key);
    return WEFT_MEMORY_ERROR;
}

// May putting under the key ask a hook?
static inline bool may_ask(const struct weaktable *table, weft_value key)
{
    return !is_by_address(table) && (key.kind == WEFT_KIND_OBJECT
        || (table->quick == NULL && table->cells != NULL));
}

// Then it and the value are held meanwhile.
static __attribute__((noinline)) size_t find_and_hold(struct weaktable *table,
    weft_value key, void *value, struct probe *probe, weft_status *status,
    size_t *end)
{
    void *held = weft_retain(value);
    void *held_key = key.kind == WEFT_KIND_OBJECT ? weft_retain(key.as.object)
        : NULL;
    size_t at = find_key(table, key, probe, status, end);
    *status = weft__let_go_of_put(held, *status);
    *status = weft__let_go_of_put(held_key, *status);
    return at;
}

static inline size_t find_to_put(struct weaktable *table, weft_value key,
    void *value, struct probe *probe, weft_status *status, size_t *end)
{
    return may_ask(table, key)
        ? find_and_hold(table, key, value, probe, status, end)
        : find_key(table, key, probe, status, end);
}

static inline weft_status put_value(struct weaktable *table, weft_value key,
    void *value)
{
    struct probe probe;
    size_t end;
    if (is_quick(table, key.kind))
        __builtin_prefetch(&table->quick[weft__mix(table,
            (uint64_t)key.as.integer) & table->mask], 1);
    weft_status status = weft__check_target(value);
    if (status != WEFT_OK)
        return status;
    size_t at = find_to_put(table, key, value, &probe, &status, &end);
    if (status != WEFT_OK)
        return status;
    if (at == NOWHERE)
        return put_new(table, &probe, value, end);
    struct weakentry *entry = weft__replace(weft__entry_at(table, at), value,
        false, NULL);
    return entry != NULL ? WEFT_OK : WEFT_MEMORY_ERROR;
}

// An integer that is not there, as most that are put: without a probe. False:
// put_value() has to look closer.
static inline bool put_integer(struct weaktable *table, weft_value key,
    void *value, weft_status *status)
{
    size_t end;
    uint64_t hash = weft__mix(table, (uint64_t)key.as.integer);
    __builtin_prefetch(&table->quick[hash & table->mask], 1);
    if (weft__check_target(value) != WEFT_OK
            || weft__find_bits(table, WEFT_KIND_INT, (uint64_t)key.as.integer,
                hash, &end) != NULL)
        return false;
    bool done = weft__insert_spare(table, value, WEFT_KIND_INT,
            (uint64_t)key.as.integer, hash, end) != NULL
        || weft__insert(table, value, key, hash, end) != NULL;
    *status = done ? WEFT_OK : WEFT_MEMORY_ERROR;
    return true;
}

weft_status weft_weakvaluedict_put(weft_weakvaluedict *dict, weft_value key,
    void *value)
{
    if (!check_valuedict(dict, "weft_weakvaluedict_put"))
        return WEFT_TYPE_ERROR;
    struct weaktable *table = &dict->table;
    weft_status status;
    if (key.kind != WEFT_KIND_INT || !is_quick(table, WEFT_KIND_INT)
            || !put_integer(table, key, value, &status))
        status = put_value(table, key, value);
    if (status == WEFT_OK)
        weft__drop_stale(&dict->table);
    return status;
}

void *weft_weakvaluedict_setdefault(weft_weakvaluedict *dict, weft_value key,
    void *value)
{
    struct probe probe;
    weft_status status;
    if (!check_valuedict(dict, "weft_weakvaluedict_setdefault"))
        return NULL;
    bool can_put = weft__check_target(value) == WEFT_OK;
    size_t end, at = find_to_put(&dict->table, key, can_put ? value : NULL,
        &probe, &status, &end);
    if (status != WEFT_OK)
        return NULL;                    // what was held may have died: no `at`
    if (at != NOWHERE)
        return weft_retain(object_at(&dict->table, at));
    if (!can_put
            || put_new(&dict->table, &probe, value, end) != WEFT_OK)
        return NULL;
    return weft_retain(value);
}

// Hooks, and `make`, may let go of the dictionary: it is held from the start.
void *weft_weakvaluedict_get_or_create(weft_weakvaluedict *dict,
    weft_value key, weft_make_fn *make, void *context)
{
    weft_heap *heap = page_of(dict)->heap;
    void *held = weft_retain(dict);
    void *value = weft_weakvaluedict_get(dict, key);
    if (value == NULL) {
        heap->calls++;
        void *made = make(key, context);
        heap->calls--;
        if (made != NULL)
            value = weft_weakvaluedict_setdefault(dict, key, made);
        weft_release(made);
    }
    weft_release(held);
    return value;
}

void *weft_weakvaluedict_pop(weft_weakvaluedict *dict, weft_value key)
{
    struct probe probe;
    weft_status status;
    if (!check_valuedict(dict, "weft_weakvaluedict_pop"))
        return NULL;
    size_t end, at = find_key(&dict->table, key, &probe, &status, &end);
    if (at == NOWHERE)
        return NULL;
    void *value = weft_retain(object_at(&dict->table, at));
    weft_value_release(weft__remove(weft__entry_at(&dict->table, at)));
    return value;
}

bool weft_weakvaluedict_remove(weft_weakvaluedict *dict, weft_value key)
{
    struct probe probe;
    weft_status status;
    if (!check_valuedict(dict, "weft_weakvaluedict_remove"))
        return false;
    size_t end, at = find_key(&dict->table, key, &probe, &status, &end);
    if (at != NOWHERE)
        weft_value_release(weft__remove(weft__entry_at(&dict->table, at)));
    return at != NOWHERE;
}

bool weft_weakvaluedict_popitem(weft_weakvaluedict *dict, weft_value *key,
    void **value)
{
    *key = weft_nil();
    *value = NULL;
    if (!check_valuedict(dict, "weft_weakvaluedict_popitem"))
        return false;
    struct weakentry *entry = weft__last_entry(&dict->table);
    if (entry == NULL)
        return false;
    *value = weft_retain(entry_object(entry));
    *key = weft__remove(entry);
    return true;
}

weft_status weft_weakvaluedict_update(weft_weakvaluedict *dict,
    const weft_weakvaluedict *other)
{
    weft_status status = WEFT_OK;
    if (!check_valuedict(dict, "weft_weakvaluedict_update")
            || !check_valuedict(other, "weft_weakvaluedict_update"))
        return WEFT_TYPE_ERROR;
    void *held = weft_retain(dict);     // user code may run at each step
    weft_each (it, (void *)(uintptr_t)other) {
        status = put_value(&dict->table, it.key, it.object);
        if (status != WEFT_OK)
            break;
    }
    weft_release(held);
    return status;
}

weft_weakvaluedict *weft_weakvaluedict_copy(const weft_weakvaluedict *dict)
{
    if (!check_valuedict(dict, "weft_weakvaluedict_copy"))
        return NULL;
    weft_weakvaluedict *copy = weft_weakvaluedict_new(weft_heap_of(dict),
        (weft_by)dict->table.by);
    if (copy != NULL && weft_weakvaluedict_update(copy, dict) != WEFT_OK) {
        weft_release(copy);
        return NULL;
    }
    return copy;
}

weft_list *weft_weakvaluedict_valuerefs(const weft_weakvaluedict *dict)
{
    return check_valuedict(dict, "weft_weakvaluedict_valuerefs")
        ? weft__table_refs(table_in(dict)) : NULL;
}
