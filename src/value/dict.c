// SPDX-License-Identifier: MIT
//
// Dictionaries of values. What they are made of is in entries.c, how a key is
// found in lookup.c; here is what is done with it.
//
// Each operation has the same order, for all but the middle may run user code:
//
//     keep what is to be stored       (a report hook, of what is dead)
//     look up the key                 (hash, equal)
//     change the dict, at once and as a whole
//     let go of what is left over     (anything), and do not look again
//
// A text becomes a string only when it is found to be a new key, which runs no
// user code. What the dict holds is described by a private row, so that dicts
// in dicts die, and are collected, as lists are (list.c).
#include "value.h"

static void dict_dispose(void *self)
{
    weft__free_entries(weft_heap_of(self), self);
}

static size_t dict_length(const void *self)
{
    return ((const weft_dict *)self)->length;
}

weft_type weft_dict_type = {
    .name = "dict",
    WEFT_SIZE(weft_dict),
    .fields = WEFT_FIELDS({ .name = "values",
        .offset = offsetof(weft_dict, values),
        .count_offset = offsetof(weft_dict, count),
        .kind = ROW_VALUES,
        .size = sizeof(weft_value *),
        .count_size = sizeof(size_t) }),
    .dispose = dict_dispose,
    .length = dict_length,
    .reserved = WEFT__ROLE(ROLE_DICT),
};

// May the dict be changed, or copied? One that dies may not: its death knows
// how far it has come.
static bool check_dict(const weft_dict *dict, const char *call)
{
    if (CHECKED && !weft__check_role(dict, ROLE_DICT, call))
        return false;
    if (likely(is_alive(load(word_of(dict)))))
        return true;
    weft__misuse(weft_heap_of(dict), dict, "%s: the dict is dying", call);
    return false;
}

// What `key` will be stored as, held; a text stays one. False: it is dead.
static bool keep_key(weft_value key, weft_value *kept)
{
    *kept = key.kind == WEFT_KIND_TEXT ? key : weft__keep_value(key);
    return !weft__has_object(key) || weft__has_object(*kept);
}

// Adds what was looked up and not found. It takes over both, and says so by
// making them nil.
static weft_status add_entry(const struct dict_lookup *lookup, weft_value *key,
    weft_value *value)
{
    weft_dict *dict = lookup->dict;
    if (!weft__reserve_entry(dict))
        return WEFT_MEMORY_ERROR;
    if (key->kind == WEFT_KIND_TEXT) {
        weft_status status = weft__own_value(weft_heap_of(dict), *key, key);
        if (status != WEFT_OK)
            return status;
    }
    weft__append_entry(dict, *key, *value, lookup->hash);
    *key = *value = weft_nil();
    return WEFT_OK;
}

enum storing { STORE_ALWAYS, STORE_NEW };   // also in place of what is there?

// `hash`: of the key, if it is known. `there`, if not NULL: what is there
// afterwards, a new reference; nil if that failed.
static weft_status store_entry(weft_dict *dict, weft_value key,
    const uint32_t *hash, weft_value value, enum storing storing,
    weft_value *there)
{
    weft_value kept_key, kept;
    if (!keep_key(key, &kept_key))
        return WEFT_TYPE_ERROR;
    weft_status status = weft__own_value(weft_heap_of(dict), value, &kept);
    if (status != WEFT_OK) {
        weft_value_release(kept_key);
        return status;
    }
    struct dict_lookup lookup;
    status = weft__begin_lookup(&lookup, dict, kept_key, hash);
    weft_value shown = kept;
    if (status == WEFT_OK && lookup.entry == NULL) {
        status = add_entry(&lookup, &kept_key, &kept);
    } else if (status == WEFT_OK && storing == STORE_ALWAYS) {
        kept = lookup.entry[1];
        lookup.entry[1] = shown;
    } else if (status == WEFT_OK) {
        shown = lookup.entry[1];
    }
    if (there != NULL)
        *there = status == WEFT_OK ? weft_value_retain(shown) : weft_nil();
    weft_value_release(kept_key);
    weft_value_release(kept);
    weft__end_lookup(&lookup);
    return status;
}

weft_dict *weft_dict_new(weft_heap *heap, weft_by by)
{
    weft_dict *dict = weft_new(heap, &weft_dict_type);
    if (dict != NULL)
        dict->by = (uint8_t)by;
    return dict;
}

weft_dict *weft_dict_copy(const weft_dict *public)
{
    if (!check_dict(public, "weft_dict_copy"))
        return NULL;
    weft_dict *dict = (weft_dict *)(uintptr_t)public;
    weft_dict *copy = weft_dict_new(weft_heap_of(dict), (weft_by)dict->by);
    if (copy != NULL && !weft__copy_entries(copy, dict))
        weft_clear(&copy);
    return copy;
}

size_t weft_dict_length(const weft_dict *dict)
{
    if (CHECKED && !weft__check_role(dict, ROLE_DICT, "weft_dict_length"))
        return 0;
    return dict->length;
}

void weft_dict_clear(weft_dict *dict)
{
    if (!check_dict(dict, "weft_dict_clear"))
        return;
    weft_heap *heap = weft_heap_of(dict);
    weft_dict old = *dict;
    dict->values = NULL;
    dict->cells = NULL;
    dict->count = 0;
    dict->length = 0;
    dict->first += old.count / 2;
    dict->changes++;
    for (size_t i = 0; i < old.count; i++)
        weft_value_release(old.values[i]);
    weft__free_entries(heap, &old);
}

// Looks for a key; false: not there, or not to be found. To be ended.
static bool find_there(struct dict_lookup *lookup, const weft_dict *dict,
    weft_value key)
{
    return weft__begin_lookup(lookup, dict, key, NULL) == WEFT_OK
        && lookup->entry != NULL;
}

bool weft_dict_contains(const weft_dict *dict, weft_value key)
{
    if (CHECKED && !weft__check_role(dict, ROLE_DICT, "weft_dict_contains"))
        return false;
    struct dict_lookup lookup;
    bool found = find_there(&lookup, dict, key);
    weft__end_lookup(&lookup);
    return found;
}

weft_value weft_dict_get(const weft_dict *dict, weft_value key)
{
    if (CHECKED && !weft__check_role(dict, ROLE_DICT, "weft_dict_get"))
        return weft_nil();
    struct dict_lookup lookup;
    weft_value value = weft_nil();
    if (find_there(&lookup, dict, key))
        value = weft_value_retain(lookup.entry[1]);
    weft__end_lookup(&lookup);
    return value;
}

// Takes an entry out, and lets go of all of it but the value.
static bool take_entry(weft_dict *dict, weft_value key, weft_value *value)
{
    struct dict_lookup lookup;
    weft_value old_key = weft_nil();
    bool found = find_there(&lookup, dict, key);
    if (found)
        weft__remove_entry(dict, lookup.cell, &old_key, value);
    weft_value_release(old_key);
    weft__end_lookup(&lookup);
    return found;
}

weft_value weft_dict_pop(weft_dict *dict, weft_value key)
{
    weft_value value = weft_nil();
    if (check_dict(dict, "weft_dict_pop"))
        (void)take_entry(dict, key, &value);
    return value;
}

bool weft_dict_remove(weft_dict *dict, weft_value key)
{
    weft_value value = weft_nil();
    if (!check_dict(dict, "weft_dict_remove"))
        return false;
    bool found = take_entry(dict, key, &value);
    weft_value_release(value);
    return found;
}

bool weft_dict_popitem(weft_dict *dict, weft_value *key, weft_value *value)
{
    *key = *value = weft_nil();
    return check_dict(dict, "weft_dict_popitem")
        && weft__remove_last_entry(dict, key, value);
}

weft_status weft_dict_put(weft_dict *dict, weft_value key, weft_value value)
{
    if (!check_dict(dict, "weft_dict_put"))
        return WEFT_TYPE_ERROR;
    return store_entry(dict, key, NULL, value, STORE_ALWAYS, NULL);
}

weft_value weft_dict_setdefault(weft_dict *dict, weft_value key,
    weft_value value)
{
    weft_value there = weft_nil();
    if (check_dict(dict, "weft_dict_setdefault"))
        (void)store_entry(dict, key, NULL, value, STORE_NEW, &there);
    return there;
}

// Both are held: hooks may let go of them.
weft_status weft_dict_update(weft_dict *dict, const weft_dict *other)
{
    if (!check_dict(dict, "weft_dict_update")
            || !check_dict(other, "weft_dict_update"))
        return WEFT_TYPE_ERROR;
    if (dict == other)
        return WEFT_OK;
    weft_dict *from = weft_retain(other);
    (void)weft_retain(dict);
    uint64_t at = 0, end = weft__open_dict(from);
    weft_status status = WEFT_OK;
    weft_value *entry;
    while (status == WEFT_OK && weft__next_in_dict(from, &at, end, &entry)) {
        weft_value stored = *entry;
        weft_value key = weft_value_retain(weft__plain_key(stored));
        weft_value value = weft_value_retain(entry[1]);
        status = store_entry(dict, key, weft__shared_hash(from, dict, &stored),
            value, STORE_ALWAYS, NULL);
        weft_value_release(key);
        weft_value_release(value);
    }
    weft__close_dict(from);
    weft_release(from);
    weft_release(dict);
    return status;
}

// What is there as the object that it must be; the value is the caller's.
static void *object_or_none(weft_value value)
{
    void *object = weft_value_object(value);
    if (object == NULL)
        weft_value_release(value);
    return object;
}

// `make` may do anything, so the dict and the key are held meanwhile.
static void *make_entry(weft_dict *dict, weft_value key, weft_make_fn *make,
    void *context)
{
    weft_heap *heap = weft_heap_of(dict);
    (void)weft_retain(dict);
    key = weft_value_retain(key);
    heap->calls++;
    void *made = make(key, context);
    heap->calls--;
    weft_value there = weft_nil();
    if (made != NULL)
        (void)store_entry(dict, key, NULL, weft_object(made), STORE_NEW,
            &there);
    weft_release(made);
    weft_value_release(key);
    weft_release(dict);
    return object_or_none(there);
}

void *weft_dict_get_or_create(weft_dict *dict, weft_value key,
    weft_make_fn *make, void *context)
{
    if (!check_dict(dict, "weft_dict_get_or_create"))
        return NULL;
    struct dict_lookup lookup;
    weft_status status = weft__begin_lookup(&lookup, dict, key, NULL);
    void *object = NULL;
    if (status == WEFT_OK && lookup.entry != NULL)
        object = object_or_none(weft_value_retain(lookup.entry[1]));
    else if (status == WEFT_OK)
        object = make_entry(dict, key, make, context);
    weft__end_lookup(&lookup);
    return object;
}
