// SPDX-License-Identifier: MIT
//
// The cells of a weak table: an entry gets one, is found by it, loses it. What
// is needed most is in here, for whoever includes it to have without a call.
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

// The cell that an entry makes.
static inline struct cell weft__cell_of(const struct weakentry *entry)
{
    struct cell cell = { entry->word, entry->payload };
    weft_kind kind = kind_in(cell.word);
    return unlikely(kind == WEFT_KIND_BOOL || kind == WEFT_KIND_DOUBLE)
        && entry->table->by_payload ? weft__canonical_cell(cell) : cell;
}

// Whose cell it is. There are owners.
static inline struct weakentry *owner_at(const struct weaktable *table,
    size_t at)
{
    uintptr_t owner = (uintptr_t)table->owners[at] & ~(uintptr_t)1;
    return (struct weakentry *)owner;
}

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

// Can a key be looked for by its bits alone? (A string is looked for as an
// object that is none, and then by its text.)
static inline bool is_quick(const struct weaktable *table, weft_kind kind)
{
    return (kind == WEFT_KIND_INT
            || (kind == WEFT_KIND_OBJECT && is_by_address(table)))
        && table->quick != NULL;
}

// The cell of a quick key, or NULL; then `end` is the empty one behind.
static inline const struct cell *weft__find_bits(const struct weaktable *table,
    weft_kind kind, uint64_t bits, uint64_t hash, size_t *end)
{
    const struct cell *cells = table->quick, *cell;
    size_t mask = table->mask;
    uint64_t want = (uint64_t)kind << CELL_KIND_SHIFT;
    for (size_t at = hash;; at++) {
        at &= mask;
        cell = &cells[at];
        if (cell->payload == bits && (cell->word & CELL_KIND) == want)
            return cell;
        if (cell->word == CELL_EMPTY) {
            *end = at;
            return NULL;
        }
    }
}

// Where that is.
static inline size_t weft__index_of(const struct weaktable *table,
    const struct cell *cell)
{
    return cell == NULL ? NOWHERE : (size_t)(cell - table->cells);
}

// The same in a table by object, that is quick: where an object is.
static inline size_t weft__find_slot(const struct weaktable *table,
    const void *object, uint64_t hash, size_t *end)
{
    const struct cell *cells = table->quick;
    size_t mask = table->mask, at = hash & mask;
    uint64_t slot = (uint64_t)(uintptr_t)word_of(object) << 16;
    for (; (cells[at].word ^ slot) > CELL_FREE; at = (at + 1) & mask)
        if (cells[at].word == CELL_EMPTY) {
            *end = at;
            return NOWHERE;
        }
    return at;
}

// An entry out of the one that was freed last, for an object that nobody
// watches, in the empty cell `end`; it owns nothing. NULL: it is not as simple,
// for weft__insert().
static inline struct weakentry *weft__insert_spare(struct weaktable *table,
    void *object, weft_kind kind, uint64_t payload, uint64_t hash, size_t end)
{
    const struct page *page = page_of(object);
    struct weakentry *entry = table->spare;
    uint32_t index = slot_index(page, word_of(object));
    if (entry == NULL || page->watchers == NULL
            || page->watchers[index / WATCHER_BLOCK] == NULL
            || !weft__has_room(table) || table->owners != NULL
            || ((end - hash) & table->mask) >= CELL_REACH
            || unlikely(page->heap->fail_at > 0))
        return NULL;
    struct weft__watcher **head =
        &page->watchers[index / WATCHER_BLOCK][index % WATCHER_BLOCK];
    if (*head != NULL)
        return NULL;
    table->spare = NULL;
    *head = &entry->node;
    entry->node.next = entry->node.prev = NULL;
    store(word_of(object), load(word_of(object)) | WATCHED);
    entry->word = (uint64_t)(uintptr_t)word_of(object) << 16
        | want_of(hash, kind);
    entry->payload = payload;
    entry->hash = hash;
    entry->since = table->starts & MOST_STARTS;
    entry->flags = 0;
    weft__append(table, entry);
    table->cells[end] = (struct cell){ entry->word, payload };
    table->used++;
    table->changes++;
    table->count++;
    return entry;
}

#endif
