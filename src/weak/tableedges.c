// SPDX-License-Identifier: MIT
//
// What a weak table owns, for the collector: its references one by one, by
// position; the entries of weak-key dictionaries as edges of a key, and of a
// map; and whether all of it is as table.h says.
//
// What ghosts, stale and pending entries own is the table's until it goes, so
// it is seen too. Entries are numbered: those in order first, the newest in
// each place, then the ghosts.
#include "cells.h"

// The ghost at an index. They are looked at one after the other, so what was
// seen last is remembered.
static struct weakentry *ghost_at(struct weaktable *table, size_t index)
{
    if (table->seen == NULL || table->seen_at > index) {
        table->seen = table->ghosts;
        table->seen_at = 0;
    }
    for (; table->seen_at < index; table->seen_at++)
        table->seen = (struct weakentry *)(void *)table->seen->node.next;
    return table->seen;
}

// Those in order, the newest in each place, then the ghosts.
static struct weakentry *entry_number(const struct weaktable *table,
    size_t index)
{
    struct weaktable *same = (struct weaktable *)(uintptr_t)table;
    return index < table->order_length ? newest_of(table->order[index])
        : ghost_at(same, index - table->order_length);
}

static size_t entry_numbers(const struct weaktable *table)
{
    return (size_t)table->order_length + table->ghost_count;
}

static bool owns_anything(const struct weaktable *table)
{
    return table->held + table->kept + table->stale + table->ghost_count > 0;
}

// How many positions there are for what a table owns: two an entry.
size_t weft__table_children(const struct weaktable *table)
{
    return table->is_map || !owns_anything(table) ? 0
        : 2 * entry_numbers(table);
}

void *weft__table_child(const struct weaktable *table, size_t index)
{
    if (index >= 2 * entry_numbers(table))
        return NULL;
    const struct weakentry *entry = entry_number(table, index >> 1);
    if (entry == NULL)
        return NULL;
    if ((index & 1) != 0)
        return (entry->flags & ENTRY_KEPT) != 0 ? entry_object(entry) : NULL;
    return holds_payload(entry) ? entry_payload(entry).as.object
        : NULL;
}

// The next entry of which `key` is the key.
bool weft__key_edge(const void *key, void **cursor, struct weft__edge *edge)
{
    struct weft__watcher **head, *at = *cursor;
    if (at != NULL)
        at = at->next;
    else if ((head = weft__watchers(key, false)) != NULL)
        at = *head;
    for (; at != NULL; at = at->next) {
        const struct weakentry *entry = (const struct weakentry *)(void *)at;
        if (page_of(at)->kind->role != ROLE_ENTRY || !entry->table->is_map
                || !holds_payload(entry)
                || !is_object_alive(entry->table))  // it holds the value alone
            continue;
        *edge = (struct weft__edge){ entry->table, key,
            entry_payload(entry).as.object };
        *cursor = at;
        return true;
    }
    return false;
}

// The next entry of a map. The key of one that is not live is NULL. The cursor
// is its number, plus one.
bool weft__map_edge(const void *map, void **cursor, struct weft__edge *edge)
{
    const struct weaktable *table = map;
    size_t end = owns_anything(table) ? entry_numbers(table) : 0;
    for (size_t at = (uintptr_t)*cursor; at < end; at++) {
        const struct weakentry *entry = entry_number(table, at);
        if (entry == NULL || !holds_payload(entry))
            continue;
        *edge = (struct weft__edge){ map,
            is_live(entry) ? entry_object(entry) : NULL,
            entry_payload(entry).as.object };
        *cursor = (void *)(at + 1);
        return true;
    }
    return false;
}

// ---- verify

static bool bad_table_entry(weft_heap *heap, const void *table,
    const char *what)
{
    weft__misuse(heap, table, "weft_heap_verify: %s (%p)", what, table);
    return false;
}

static bool is_in_list(const struct weakentry *entry)
{
    const void *object = entry_object(entry);
    struct weft__watcher **head = weft__watchers(object, false);
    return is_object_alive(object) && head != NULL
        && (entry->node.prev == NULL ? *head == &entry->node
            : entry->node.prev->next == &entry->node);
}

static bool has_cell(const struct weaktable *table,
    const struct weakentry *entry)
{
    struct cell cell = weft__cell_of(entry);
    size_t at = entry->hash & table->mask, looked = 0;
    while (table->cells[at].word != CELL_EMPTY && looked++ <= table->mask) {
        if (table->cells[at].word == cell.word
                && table->cells[at].payload == cell.payload)
            return table->owners == NULL || owner_at(table, at) == entry;
        at = (at + 1) & table->mask;
    }
    return false;
}

bool weft__verify_table(weft_heap *heap, struct weaktable *table)
{
    size_t count = 0, used = 0, ghosts = 0;
    for (uint32_t i = 0; i < table->order_length; i++) {
        struct weakentry *entry = table->order[i];
        ghosts += entry != NULL && is_ghost(entry);
        entry = newest_of(entry);
        if (entry == NULL || !is_live(entry))
            continue;
        count++;
        if (entry->table != table || entry->position != i
                || !is_in_list(entry))
            return bad_table_entry(heap, table, "T2: an entry out of place");
        if (table->is_keyed && !has_cell(table, entry))
            return bad_table_entry(heap, table, "T1: an entry without a cell");
    }
    if (count != table->count)
        return bad_table_entry(heap, table, "T2: entries are miscounted");
    for (size_t i = 0; table->cells != NULL && i <= table->mask; i++)
        used += table->cells[i].word != CELL_EMPTY;
    if (used != table->used || used < (table->is_keyed ? count : 0))
        return bad_table_entry(heap, table, "T3: cells are miscounted");
    if (table->iterations == 0 && (ghosts > 0 || table->ghosts != NULL
            || (table->order_length > 0
                && table->order[table->order_length - 1] == NULL)))
        return bad_table_entry(heap, table, "T4: ghosts, or a hole at the end");
    return true;
}
