// SPDX-License-Identifier: MIT
//
// The cells of a weak table: an entry gets one, is found by it, loses it.
//
// Cells are probed one after the other from the one that the hash names, its
// home. When a cell goes, those behind it move up, as far as their homes let
// them (Knuth, vol. 3, 6.4, R), so that nothing is left of it; how far each is
// from home its tag tells. Only where one is too far for that (hashes of a kind
// that many share) it stays as GONE, until all cells are made anew, of a number
// that leaves half of what may be used free.
#ifndef WEFT_CELLS_H
#define WEFT_CELLS_H

#include "table.h"

// There is an empty one. `end` is the one where looking for the entry's key has
// ended just now, or NOWHERE.
static inline void place_cell(struct weaktable *table, struct weakentry *entry,
    size_t end)
{
    struct cell *cells = table->cells, cell = weft__cell_of(entry);
    size_t mask = table->mask, home = entry->hash & mask, at = end;
    if (end == NOWHERE)
        for (at = home; cells[at].word > CELL_FREE; at = (at + 1) & mask)
            continue;
    table->used += cells[at].word == CELL_EMPTY;
    cells[at] = cell;
    table->changes++;
    if (unlikely(((at - home) & mask) >= CELL_REACH))
        table->is_far = true;
    if (unlikely(table->owners != NULL))
        table->owners[at] = entry;
    if (unlikely(kind_in(cell.word) == WEFT_KIND_OBJECT)
            && table->by_payload && !is_by_address(table))
        table->quick = NULL;            // it may be asked what it equals
}

static inline bool is_same_cell(struct cell a, struct cell b)
{
    return a.word == b.word && a.payload == b.payload;
}

// Where the cell of a live entry is.
static inline size_t cell_at(const struct weaktable *table,
    const struct weakentry *entry)
{
    const struct cell *cells = table->cells, cell = weft__cell_of(entry);
    size_t mask = table->mask, at = entry->hash & mask;
    while (!is_same_cell(cells[at], cell))
        at = (at + 1) & mask;
    return at;
}

static inline void erase_cell(struct weaktable *table,
    const struct weakentry *entry)
{
    if (table->cells == NULL)
        return;                         // being taken apart, or not keyed
    size_t at = cell_at(table, entry);
    table->changes++;
    if (likely(table->cells[(at + 1) & table->mask].word == CELL_EMPTY)) {
        table->cells[at].word = CELL_EMPTY;
        table->used--;
    } else {
        weft__close_up(table, at);
    }
}

#endif
