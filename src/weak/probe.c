// SPDX-License-Identifier: MIT
//
// What a table is asked for, and finding it.
//
// A key that needs no hook is found by comparing words: whole numbers are one
// integer in cells, whatever their kind; strings are compared by their bytes,
// objects by address. Only objects that say what they equal are asked, and only
// if the whole hash is the same.
//
// A hook is user code: it may change the table, or let go of it. So what is
// compared is held, the table too, and when its cells have changed the search
// begins again.
#include "cells.h"

#include <string.h>

// A whole number becomes an integer.
static weft_kind canonical(weft_kind kind, uint64_t *payload)
{
    int64_t integer;
    if ((kind != WEFT_KIND_BOOL && kind != WEFT_KIND_DOUBLE)
            || !weft__whole_number(payload_value(kind, *payload), &integer))
        return kind;
    *payload = (uint64_t)integer;
    return WEFT_KIND_INT;
}

struct cell weft__canonical_cell(struct cell cell)
{
    weft_kind kind = canonical(kind_in(cell.word), &cell.payload);
    cell.word &= ~(uint64_t)CELL_KIND;
    cell.word |= (uint64_t)kind << CELL_KIND_SHIFT;
    return cell;
}

static bool has_hooks(const void *object)
{
    enum role role = page_of(object)->kind->role;
    if (role == ROLE_REF || role == ROLE_METHOD || role == ROLE_PROXY)
        return true;
    const weft_type *type = page_of(object)->type;
    while (type != NULL && type->hash == NULL && type->equal == NULL)
        type = type->base;
    return type != NULL;
}

// Lets go of what was held while hooks might run, without a collection: where a
// key is found is of use only until other user code runs.
static void end_hold(weft_heap *heap, const void *held)
{
    heap->calls++;
    weft_release(held);
    heap->calls--;
}

// Does nobody else hold it any more?
static bool is_lost(const void *held)
{
    return held != NULL && weft_refcount(held) == 1;
}

// TYPE: unhashable, or what its hook fails with; REFERENCE: the table or key
// is gone.
weft_status weft__hash_key(const struct weaktable *table, weft_value key,
    uint64_t *hash)
{
    weft_heap *heap = page_of(table)->heap;
    if (weft__kind_of_payload(key) != WEFT_KIND_OBJECT)
        return weft_hash(heap, key, hash);
    *hash = (uint64_t)(uintptr_t)key.as.object;
    if (table->by == WEFT_BY_IDENTITY)
        return WEFT_OK;
    if (!has_hooks(key.as.object))
        return weft_hash(heap, key, hash);
    void *held_key = weft_retain(key.as.object), *held = weft_retain(table);
    weft_status status = weft_hash(heap, key, hash);
    if (status == WEFT_OK && (is_lost(held_key) || is_lost(held)))
        status = WEFT_REFERENCE_ERROR;  // the hook has let go of it
    end_hold(heap, held_key);
    end_hold(heap, held);
    return status;
}

weft_status weft__probe(const struct weaktable *table, weft_value key,
    struct probe *probe)
{
    uint64_t hash;
    if (key.kind == WEFT_KIND_INT) {
        hash = (uint64_t)key.as.integer;
    } else {
        weft_status status = weft__hash_key(table, key, &hash);
        if (status != WEFT_OK)
            return status;
    }
    probe->key = key;
    probe->payload = weft__payload_of(key);
    probe->hash = weft__mix(table, hash);
    weft_kind kind = canonical(weft__kind_of_payload(key), &probe->payload);
    probe->want = want_of(probe->hash, kind);
    return WEFT_OK;
}

enum compared { SAME, OTHER, AGAIN };

// A text, or the bytes of a string.
static inline weft_value text_in(weft_value key)
{
    const weft_string *string = key.as.object;
    return key.kind == WEFT_KIND_TEXT ? key
        : weft_text_sized(string->text, string->size);
}

// Of a string in a cell, and a text that is asked for.
static inline bool is_same_text(uint64_t payload, weft_value text)
{
    const weft_string *string = (const void *)(uintptr_t)payload;
    return string->size == text.size
        && weft__is_same_bytes(string->text, text.as.text, text.size);
}

// Where a text is in a quick table.
static inline size_t find_text(const struct weaktable *table, weft_value text,
    uint64_t hash)
{
    const struct cell *cells = table->quick;
    size_t mask = table->mask;
    uint64_t want = want_of(hash, WEFT_KIND_TEXT);
    for (size_t at = hash & mask;; at = (at + 1) & mask) {
        uint64_t word = cells[at].word;
        if ((word & CELL_FREE) == want) {
            __builtin_prefetch((const void *)(uintptr_t)(word >> 16), 1);
            if (likely(is_same_text(cells[at].payload, text)))
                return at;
        } else if (word == CELL_EMPTY) {
            return NOWHERE;
        }
    }
}

// (A nil's bits are those of an empty cell.)
static bool can_find_quickly(const struct weaktable *table, weft_kind kind)
{
    return table->quick != NULL && table->by_payload && kind != WEFT_KIND_NIL
        && (kind != WEFT_KIND_OBJECT || is_by_address(table));
}

// What nobody needs to be asked for, by bits or by text.
static size_t find_quickly(const struct weaktable *table,
    const struct probe *probe)
{
    size_t end;
    weft_kind kind = kind_in(probe->want);
    return kind == WEFT_KIND_TEXT
        ? find_text(table, text_in(probe->key), probe->hash)
        : weft__index_of(table, weft__find_bits(table, kind, probe->payload,
            probe->hash, &end));
}

// The same, of a text or a string that no hook has seen.
size_t weft__find_text(const struct weaktable *table, weft_value key)
{
    const weft_heap *heap = page_of(table)->heap;
    uint64_t hash = key.kind == WEFT_KIND_TEXT ? weft__hash_text(heap, key)
        : weft__hash_string(heap, key.as.object);
    return find_text(table, text_in(key), weft__mix(table, hash));
}

// Asks hooks. The caller holds `key`; what is in the table may go meanwhile,
// and the table, too: then `status` says REFERENCE.
static enum compared ask(struct weaktable *table, weft_value there,
    const struct probe *probe, weft_status *status)
{
    uint64_t changes = table->changes;
    bool equal = false;
    there = weft_value_retain(there);
    weft_value key = weft_value_retain(probe->key);
    void *held = weft_retain(table);
    *status = table->same != NULL ? table->same(table, there, probe, &equal)
        : weft_equal(there, key, &equal);
    weft_value_release(there);
    weft_value_release(key);
    if (*status == WEFT_OK && is_lost(held))
        *status = WEFT_REFERENCE_ERROR;
    enum compared result = *status == WEFT_OK && table->changes != changes
        ? AGAIN : equal ? SAME : OTHER;
    end_hold(page_of(table)->heap, held);
    return result;
}

// A cell with the right piece of the hash. Neither is a number that the other
// is not: canonical ones differ.
static inline enum compared compare_cell(struct weaktable *table, size_t at,
    const struct probe *probe, weft_status *status)
{
    struct cell cell = table->cells[at];
    if (!table->by_payload) {
        void *object = cell_object(cell);
        if (object == probe->key.as.object)
            return SAME;
        if (table->by == WEFT_BY_IDENTITY
                || weft__entry_at(table, at)->hash != probe->hash
                || (!has_hooks(object) && !has_hooks(probe->key.as.object)))
            return OTHER;
        return ask(table, weft_object(object), probe, status);
    }
    weft_kind kind = kind_in(cell.word), wanted = kind_in(probe->want);
    if (kind == wanted && cell.payload == probe->payload)
        return SAME;
    if (kind == WEFT_KIND_TEXT && wanted == WEFT_KIND_TEXT)
        return is_same_text(cell.payload, text_in(probe->key)) ? SAME : OTHER;
    if (is_by_address(table)
            || (kind != WEFT_KIND_OBJECT && wanted != WEFT_KIND_OBJECT)
            || weft__entry_at(table, at)->hash != probe->hash)
        return OTHER;
    return ask(table, entry_payload(weft__entry_at(table, at)), probe, status);
}

static inline size_t find_once(struct weaktable *table,
    const struct probe *probe, weft_status *status, bool *again)
{
    *again = false;
    if (table->count == 0 || table->cells == NULL)
        return NOWHERE;
    for (size_t at = probe->hash & table->mask;; at++) {
        at &= table->mask;
        uint64_t word = table->cells[at].word;
        if (word == CELL_EMPTY)
            return NOWHERE;
        if (((word ^ probe->want) & CELL_TAG) != 0 || word <= CELL_FREE)
            continue;
        __builtin_prefetch((const void *)(uintptr_t)(word >> 16), 1);
        enum compared compared = compare_cell(table, at, probe, status);
        if (*status != WEFT_OK)
            return NOWHERE;
        if (compared == SAME)
            return at;
        *again = compared == AGAIN;
        if (*again)
            return NOWHERE;
    }
}

// The cell of the same key, or NOWHERE; then `status` tells whether a hook
// failed, or the table is gone (REFERENCE).
size_t weft__find(struct weaktable *table, const struct probe *probe,
    weft_status *status)
{
    bool again;
    size_t at;
    *status = WEFT_OK;
    if (can_find_quickly(table, kind_in(probe->want)))
        return find_quickly(table, probe);
    do
        at = find_once(table, probe, status, &again);
    while (again);
    return at;
}

static __attribute__((noinline)) size_t find_object_slowly(
    struct weaktable *table, const void *object)
{
    struct probe probe;
    weft_status status = weft__probe(table, weft_object(object), &probe);
    return status != WEFT_OK ? NOWHERE : weft__find(table, &probe, &status);
}

// In a table by object, of an object. NOWHERE, too, if a hook fails.
size_t weft__find_object(struct weaktable *table, const void *object)
{
    size_t end;
    if (likely(table->quick != NULL))
        return weft__find_slot(table, object,
            weft__mix(table, (uint64_t)(uintptr_t)object), &end);
    return table->cells == NULL ? NOWHERE : find_object_slowly(table, object);
}

// The same, for putting; `hash` is what to put it under, `end` the cell to put
// it into, as for place_cell().
weft_status weft__find_to_put(struct weaktable *table, const void *object,
    uint64_t *hash, size_t *at, size_t *end)
{
    weft_status status = weft__check_target(object);
    *at = *end = NOWHERE;
    if (status != WEFT_OK)
        return status;
    if (is_by_address(table)) {
        *hash = weft__mix(table, (uint64_t)(uintptr_t)object);
        if (table->quick != NULL)
            *at = weft__find_slot(table, object, *hash, end);
        return WEFT_OK;
    }
    struct probe probe;
    void *held = weft_retain(object);
    status = weft__probe(table, weft_object(object), &probe);
    if (status == WEFT_OK) {
        *hash = probe.hash;
        *at = weft__find(table, &probe, &status);
    }
    return weft__let_go_of_put(held, status);
}

// What is to be put was held while hooks might run. If nobody else holds it any
// more, it is not put: REFERENCE.
weft_status weft__let_go_of_put(void *held, weft_status status)
{
    if (status == WEFT_OK && is_lost(held))
        status = WEFT_REFERENCE_ERROR;
    if (held != NULL)
        end_hold(page_of(held)->heap, held);
    return status;
}
