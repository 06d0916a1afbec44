// SPDX-License-Identifier: MIT
//
// What all weak tables are asked: whether two are equal, and for refs to what
// they watch. Two dictionaries are equal when they have the same keys with
// equal values, two sets when they have the same members, in any order.
#include "table.h"

// Does `table` have an entry that equals this one? Both key and value are held
// by who asks.
static weft_status has_equal(struct weaktable *table, const weft_iterator *item,
    bool *equal)
{
    struct probe probe;
    weft_value key = table->is_set ? item->value : item->key;
    weft_status status = weft__probe(table, key, &probe);
    size_t at = status != WEFT_OK ? NOWHERE
        : weft__find(table, &probe, &status);
    *equal = at != NOWHERE;
    if (at == NOWHERE || table->is_set)
        return status == WEFT_TYPE_ERROR ? WEFT_OK : status;
    const struct weakentry *entry = weft__entry_at(table, at);
    weft_value value = weft_value_retain(table->by_payload
        ? weft_object(entry_object(entry)) : entry_payload(entry));
    if (weft__has_object(value)
            && value.as.object == weft_value_object(item->value))
        status = WEFT_OK;                   // itself, and so equal
    else
        status = weft_equal(item->value, value, equal);
    weft_value_release(value);
    return status;
}

weft_status weft__tables_equal(void *a, void *b, bool *equal)
{
    weft_status status = WEFT_OK;
    *equal = a == b || weft__table_length(a) == weft__table_length(b);
    if (a == b || !*equal)
        return WEFT_OK;
    void *held = weft_retain(b);
    weft_each (it, a) {
        status = has_equal(b, &it, equal);
        if (status != WEFT_OK || !*equal)
            break;
    }
    weft_release(held);
    return status;
}

// A ref to each object, in order; NULL: no memory.
weft_list *weft__table_refs(struct weaktable *table)
{
    weft_list *list = weft_list_new(page_of(table)->heap);
    weft_status status = list == NULL ? WEFT_MEMORY_ERROR : WEFT_OK;
    if (list == NULL)
        return NULL;
    weft_each (it, table) {
        void *object = table->by_payload || table->is_set ? it.object
            : it.key.as.object;
        weft_auto(weft_ref) ref = weft_ref_new(object, NULL, NULL);
        status = ref == NULL ? WEFT_MEMORY_ERROR
            : weft_list_append(list, weft_object(ref));
        if (status != WEFT_OK)
            break;
    }
    if (status == WEFT_OK)
        return list;
    weft_release(list);
    return NULL;
}
