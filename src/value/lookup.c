// SPDX-License-Identifier: MIT
//
// Where a dict has a key.
//
//     by equality     numbers, texts, strings and nil as weft_equal() has it;
//                     a key is the one that is itself, NaN included, and the
//                     one that says it is equal
//     by identity     objects by address; the rest as above: nobody is asked
//
// Most keys are found by looking at them. Where an object must be asked for its
// hash, or whether it is equal, user code runs, and may do anything to the dict
// or let go of it, and of the key. So from then on both are held until the
// lookup is ended; what was let go of in the dict is noticed by its count of
// changes, and the search begins again:
//
//     again:
//     for each cell from the first one of this hash, up to an empty one:
//         another hash: next
//         the same key, seen at once: found
//         an object: ask the one in the dict, as Python does
//             something has gone meanwhile: again
//             equal: found
//
// Nothing that runs between the end of a search and the end of the lookup may
// be user code, if the result is to be used.
#include "value.h"

// Where other hashes of objects are addresses and integers as they are.
static uint32_t mix_hash(uint64_t hash)
{
    return (uint32_t)(hash * 0x9e3779b97f4a7c15 >> 32);
}

// The hash of a key of `a` if it is the same in `b`, else NULL.
const uint32_t *weft__shared_hash(const weft_dict *a, const weft_dict *b,
    const weft_value *stored)
{
    bool same = (a->by == WEFT_BY_IDENTITY) == (b->by == WEFT_BY_IDENTITY)
        && weft_heap_of(a) == weft_heap_of(b);
    return same ? &stored->size : NULL;
}

// From here on user code may run. False: it may not.
static bool hold_both(struct dict_lookup *lookup)
{
    if (lookup->held)
        return true;
    if (!is_alive(load(word_of(lookup->dict))))
        return false;                       // it dies: nobody is asked
    weft_value key = weft_value_retain(lookup->key);
    if (weft__has_object(lookup->key) && !weft__has_object(key))
        return false;                       // dead, which was reported
    (void)weft_retain(lookup->dict);
    lookup->held = true;
    return true;
}

static weft_status hash_of_key(struct dict_lookup *lookup, uint64_t *hash)
{
    weft_value key = lookup->key;
    bool asks = !weft__is_simple(key);
    if (asks && lookup->dict->by == WEFT_BY_IDENTITY) {
        *hash = (uint64_t)(uintptr_t)key.as.object;
        return WEFT_OK;
    }
    if (asks && !hold_both(lookup))
        return WEFT_TYPE_ERROR;
    return weft_hash(page_of(lookup->dict)->heap, key, hash);
}

enum sameness { IS_KEY, IS_OTHER, IS_TO_BE_ASKED };

static inline enum sameness compare_quickly(const weft_dict *dict,
    const weft_value *stored, weft_value key)
{
    if (stored->kind == key.kind && stored->as.integer == key.as.integer)
        return IS_KEY;
    if (stored->kind == WEFT_KIND_INT && key.kind == WEFT_KIND_INT)
        return IS_OTHER;
    if (weft__is_simple(*stored) && weft__is_simple(key))
        return weft__equal_simple(*stored, key) ? IS_KEY : IS_OTHER;
    return dict->by == WEFT_BY_IDENTITY ? IS_OTHER : IS_TO_BE_ASKED;
}

// `changed`: cells have moved, nothing is known.
static weft_status ask_key(struct dict_lookup *lookup, weft_value stored,
    bool *same, bool *changed)
{
    *same = *changed = false;
    if (!hold_both(lookup))
        return WEFT_TYPE_ERROR;
    uint64_t changes = lookup->dict->changes;
    stored = weft_value_retain(weft__plain_key(stored));
    weft_status status = weft_equal(stored, lookup->key, same);
    weft_value_release(stored);
    *changed = lookup->dict->changes != changes;
    return status;
}

static weft_status search_once(struct dict_lookup *lookup, bool *again)
{
    const weft_dict *dict = lookup->dict;
    *again = false;
    if (dict->values == NULL)
        return WEFT_OK;
    uint32_t mask = ((uint32_t)1 << dict->bits) - 1;
    for (uint32_t at = lookup->hash >> (32 - dict->bits);; at++) {
        at &= mask;
        struct dict_cell cell = dict->cells[at];
        if (cell.number == 0)
            return WEFT_OK;
        if (cell.hash != lookup->hash)
            continue;
        weft_value *entry = dict->values + 2 * ((size_t)cell.number - 1);
        enum sameness sameness = compare_quickly(dict, entry, lookup->key);
        bool same = sameness == IS_KEY;
        if (unlikely(sameness == IS_TO_BE_ASKED)) {
            weft_status status = ask_key(lookup, *entry, &same, again);
            if (status != WEFT_OK || *again)
                return status;
        }
        if (same) {
            lookup->entry = entry;
            lookup->cell = at;
            return WEFT_OK;
        }
    }
}

// `hash`: of the key in this dict, if it is known. With a status that is not OK
// (TYPE: unhashable) nothing was found. Whatever comes back, the lookup must be
// ended.
weft_status weft__begin_lookup(struct dict_lookup *lookup,
    const weft_dict *dict, weft_value key, const uint32_t *hash)
{
    *lookup = (struct dict_lookup){ .key = key,
        .dict = (weft_dict *)(uintptr_t)dict };
    if (CHECKED && weft__has_object(key)
            && !weft__check_living(key.as.object, "looking up a key"))
        return WEFT_TYPE_ERROR;
    if (hash != NULL) {
        lookup->hash = *hash;
    } else if (key.kind == WEFT_KIND_INT) {
        lookup->hash = mix_hash((uint64_t)key.as.integer);
    } else {
        uint64_t plain;
        weft_status status = hash_of_key(lookup, &plain);
        if (status != WEFT_OK)
            return status;
        lookup->hash = mix_hash(plain);
    }
    weft_status status;
    bool again;
    do
        status = search_once(lookup, &again);
    while (unlikely(again) && status == WEFT_OK);
    return status;
}

// The end of a lookup that holds both: see value.h.
void weft__let_lookup_go(const struct dict_lookup *lookup)
{
    weft_value_release(lookup->key);
    weft_release(lookup->dict);
}
