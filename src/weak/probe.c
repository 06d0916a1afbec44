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
#include "table.h"

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

void weft__make_canonical(struct cell *cell)
{
    weft_kind kind = (weft_kind)(cell->word & CELL_KIND);
    cell->word &= ~(uint64_t)CELL_KIND;
    cell->word |= (uint64_t)canonical(kind, &cell->payload);
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
    probe->want = tag_of(probe->hash) | (uint32_t)kind;
    return WEFT_OK;
}

enum compared { SAME, OTHER, AGAIN };

// Of a string in a cell, and a text or string that is asked for.
static inline bool is_same_text(uint64_t payload, weft_value text)
{
    const weft_string *string = (const void *)(uintptr_t)payload;
    if (text.kind == WEFT_KIND_TEXT)
        return string->size == text.size
            && memcmp(string->text, text.as.text, text.size) == 0;
    const weft_string *other = text.as.object;
    return string->size == other->size
        && memcmp(string->text, other->text, other->size) == 0;
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
    weft_kind kind = (weft_kind)(cell.word & CELL_KIND);
    weft_kind wanted = (weft_kind)(probe->want & CELL_KIND);
    if (kind == wanted && cell.payload == probe->payload)
        return SAME;
    if (kind == WEFT_KIND_TEXT && wanted == WEFT_KIND_TEXT)
        return is_same_text(cell.payload, probe->key) ? SAME : OTHER;
    if ((table->by == WEFT_BY_IDENTITY && table->same == NULL)
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
        if (word == CELL_EMPTY) {
            note_miss(table, probe->hash, at);
            return NOWHERE;
        }
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
    do
        at = find_once(table, probe, status, &again);
    while (again);
    return at;
}

// In a table by object, of an object. NOWHERE, too, if a hook fails.
size_t weft__find_object(struct weaktable *table, const void *object)
{
    if (table->cells == NULL)
        return NOWHERE;
    if (table->by == WEFT_BY_IDENTITY)
        return weft__find_slot(table, object,
            weft__mix(table, (uint64_t)(uintptr_t)object));
    struct probe probe;
    weft_status status = weft__probe(table, weft_object(object), &probe);
    return status != WEFT_OK ? NOWHERE : weft__find(table, &probe, &status);
}

// The same, for putting; `hash` is what to put it under.
weft_status weft__find_to_put(struct weaktable *table, const void *object,
    uint64_t *hash, size_t *at)
{
    weft_status status = weft__check_target(object);
    *at = NOWHERE;
    if (status != WEFT_OK)
        return status;
    if (table->by == WEFT_BY_IDENTITY) {
        *hash = weft__mix(table, (uint64_t)(uintptr_t)object);
        if (table->cells != NULL)
            *at = weft__find_slot(table, object, *hash);
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
