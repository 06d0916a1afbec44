// SPDX-License-Identifier: MIT
//
// The memory of a weak table: cells and order. See table.h.
//
// Cells (cells.h) are made anew when 5/8 are in use, of a number that leaves
// half of that free.
//
//     reserve   room for one entry more, or false; nothing else needs memory
//     place     entry -> a cell        erase    the cell of an entry goes
//     append    entry -> order's end   leave    its place becomes a hole
//
// Order is made dense again when half of it are holes, but not while an
// iteration is open.
#include "cells.h"

#include <string.h>

enum {
    LEAST_CELLS = 8, LEAST_ORDER = 8,
    LOOK_LONG = 64,             // watchers until who owns what is written down
    LARGE_ORDER = 2048,         // more than an empty table may keep
};

static weft_heap *heap_of(const struct weaktable *table)
{
    return page_of(table)->heap;
}

static void free_owners(struct weaktable *table)
{
    if (table->owners != NULL)
        (void)weft__resize(heap_of(table), table->owners,
            (table->mask + 1) * sizeof(*table->owners), 0);
    table->owners = NULL;
}

void weft__free_cells(struct weaktable *table)
{
    free_owners(table);
    if (table->cells != NULL)
        (void)weft__resize(heap_of(table), table->cells,
            (table->mask + 1) * sizeof(*table->cells), 0);
    table->cells = table->quick = NULL;
    table->used = table->mask = table->limit = 0;
    table->is_far = false;
    table->changes++;
}

static void free_order(struct weaktable *table)
{
    if (table->order != NULL)
        (void)weft__resize(heap_of(table), table->order,
            table->order_room * sizeof(*table->order), 0);
    table->order = NULL;
    table->order_room = table->order_length = table->last = 0;
}

// ---- cells

// Those behind a hole move up, unless one is too far from home to tell.
void weft__close_up(struct weaktable *table, size_t hole)
{
    struct cell *cells = table->cells;
    size_t mask = table->mask;
    size_t reach = mask < CELL_REACH ? mask : CELL_REACH - 1;
    if (table->is_far) {
        cells[hole].word = CELL_GONE;
        return;
    }
    for (size_t at = hole + 1; cells[at & mask].word != CELL_EMPTY; at++) {
        struct cell cell = cells[at & mask];
        if (((at - (cell.word >> CELL_HOME_SHIFT)) & reach) < at - hole)
            continue;                       // its home is behind the hole
        cells[hole & mask] = cell;
        if (table->owners != NULL)
            table->owners[hole & mask] = table->owners[at & mask];
        hole = at;
    }
    cells[hole & mask].word = CELL_EMPTY;
    table->used--;
}

static bool renew_cells(struct weaktable *table)
{
    size_t count = LEAST_CELLS;
    while (table->count * 16 > count * 5)
        count *= 2;
    struct cell *cells = weft__resize(heap_of(table), NULL, 0,
        count * sizeof(*cells));
    if (cells == NULL)
        return false;
    memset(cells, 0, count * sizeof(*cells));
    weft__free_cells(table);
    table->cells = cells;
    table->mask = count - 1;
    table->limit = count / 8 * 5;
    if (table->by_payload || is_by_address(table))
        table->quick = cells;
    for (uint32_t i = 0; i < table->order_length; i++) {
        struct weakentry *entry = newest_of(table->order[i]);
        if (entry != NULL && is_live(entry))
            place_cell(table, entry, NOWHERE);
    }
    return true;
}

// ---- whose cell

void weft__make_owners(struct weaktable *table)
{
    table->owners = weft__resize(heap_of(table), NULL, 0,
        (table->mask + 1) * sizeof(*table->owners));
    if (table->owners == NULL)
        return;                         // it goes without
    for (uint32_t i = 0; i < table->order_length; i++) {
        struct weakentry *entry = newest_of(table->order[i]);
        if (entry != NULL && is_live(entry))
            table->owners[cell_at(table, entry)] = entry;
    }
}

// The entry of a cell: one of those that watch its object. When many do, who
// owns which cell is written down.
struct weakentry *weft__entry_at(struct weaktable *table, size_t at)
{
    struct cell cell = table->cells[at];
    struct weft__watcher *node = *weft__watchers(cell_object(cell), false);
    for (unsigned looked = 0; table->owners == NULL; node = node->next) {
        struct weakentry *entry = (struct weakentry *)(void *)node;
        if (is_entry(node) && entry->table == table
                && is_same_cell(weft__cell_of(entry), cell))
            return entry;
        if (++looked % LOOK_LONG == 0)
            weft__make_owners(table);
    }
    return owner_at(table, at);
}

// ---- order

static void close_holes(struct weaktable *table)
{
    uint32_t length = 0;
    for (uint32_t i = 0; i < table->order_length; i++) {
        struct weakentry *entry = table->order[i];
        if (entry == NULL)
            continue;
        entry->position = length;       // of a stale one, too
        table->order[length++] = entry;
    }
    table->order_length = table->last = length;
}

static bool reserve_order(struct weaktable *table)
{
    uint32_t room = table->order_room;
    if (table->order_length < room)
        return true;
    if (table->iterations == 0 && room > 0
            && (table->count + table->stale) * 2 <= room) {
        close_holes(table);
        return true;
    }
    if (room > UINT32_MAX / 4)
        return false;
    uint32_t more = room == 0 ? LEAST_ORDER : 2 * room;
    struct weakentry **order = weft__resize(heap_of(table), table->order,
        room * sizeof(*order), more * sizeof(*order));
    if (order == NULL)
        return false;
    table->order = order;
    table->order_room = more;
    return true;
}

bool weft__reserve(struct weaktable *table)
{
    if (!is_object_alive(table))
        return false;                   // it is being taken apart
    if (!reserve_order(table))
        return false;
    return !table->is_keyed || table->used < table->limit
        || renew_cells(table);
}

// Holes at the end go. What has become empty gives back its memory, if that is
// much.
void weft__trim_order(struct weaktable *table)
{
    uint32_t length = table->order_length;
    if (table->iterations > 0)
        return;
    while (length > 0 && table->order[length - 1] == NULL)
        length--;
    table->order_length = table->last = length;
    if (length == 0 && table->order_room > LARGE_ORDER)
        weft__free_arrays(table);
}

// Out of a place where ghosts are, too.
void weft__leave_chain(struct weaktable *table, struct weakentry *entry)
{
    struct weakentry *at = table->order[entry->position];
    while (at->node.prev != &entry->node)
        at = (struct weakentry *)(void *)at->node.prev;
    at->node.prev = NULL;
}

void weft__free_arrays(struct weaktable *table)
{
    weft__free_cells(table);
    free_order(table);
}

// ---- as an object

void weft__dispose_table(void *self)
{
    weft__free_arrays(self);
}

size_t weft__table_length(const void *self)
{
    return ((const struct weaktable *)self)->count;
}

// A table by object, without cells yet; NULL: no memory.
void *weft__new_table(weft_heap *heap, weft_type *type, weft_by by)
{
    weft__install_tables(heap);
    struct weaktable *table = weft_new(heap, type);
    if (table == NULL)
        return NULL;
    table->by = (uint8_t)by;
    table->is_keyed = true;
    table->entry_type = &weft__entry_type;
    table->secret = heap->secret[0] ^ heap->secret[1] >> 1;
    return table;
}
