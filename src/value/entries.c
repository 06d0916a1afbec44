// SPDX-License-Identifier: MIT
//
// What a dict is made of: entries, in the order in which their keys were put,
// and an index to find them by hash, in one piece of memory.
//
//     values   | key 0 | value 0 | (hole) | key 2 | value 2 | room ...
//     cells    | hash 2, number 3 | empty | hash 0, number 1 | empty ...
//
// To death and to the collector the entries are a row of owned values, as those
// of a list are; a key or value that is nil is all zero but for its hash. A
// stored key keeps its mixed hash where a text would keep its size.
//
// The index is probed one cell after the other from the one that the upper bits
// of the hash name; at most 5/8 of the cells are in use. When a cell goes,
// those behind it move up, so that none is ever found gone:
//
//     for each cell j behind i, up to the first empty one:
//         if the way from its first cell to j is not shorter than from i to j:
//             cell i = cell j; i = j
//     cell i is empty
//
// An entry that goes leaves a hole, a value of a kind that nobody else knows.
// Its integer says where the run of holes begins that it is the last of, as far
// as it knows. Entries are made dense when there is no room and an eighth as
// many holes as cells, or when the most part are holes; memory doubles, and
// shrinks to what is twice enough when an eighth of the cells are in use.
//
// While an iteration is open entries keep their places and their number, which
// is the place and what `first` says; only clearing lets go of them, and then
// `first` goes up: no number comes twice. When the last one ends, what waited
// is done.
//
// Invariants: V1 there is one cell for each entry that is no hole. V2 without
// an open iteration the last entry is no hole.
#include "value.h"

#include <string.h>

enum { LEAST_BITS = 3, MOST_BITS = 31 };

#define KIND_HOLE ((weft_kind)64)

static bool is_hole(const weft_value *key)
{
    return key->kind == KIND_HOLE;
}

static size_t cell_count(const weft_dict *dict)
{
    return (size_t)1 << dict->bits;
}

// How many entries an index of so many bits is for.
static size_t room_of(unsigned bits)
{
    return ((size_t)5 << bits) / 8;
}

static size_t block_size(unsigned bits)
{
    return room_of(bits) * 2 * sizeof(weft_value)
        + (sizeof(struct dict_cell) << bits);
}

// ---- cells

// `at`: a cell that nothing of this hash belongs before.
static void place_entry(weft_dict *dict, struct dict_cell cell, uint32_t at)
{
    uint32_t mask = (uint32_t)(cell_count(dict) - 1);
    while (dict->cells[at].number != 0)
        at = (at + 1) & mask;
    dict->cells[at] = cell;
}

static uint32_t first_cell(const weft_dict *dict, uint32_t hash)
{
    return hash >> (32 - dict->bits);
}

static void empty_cell(weft_dict *dict, uint32_t gone)
{
    uint32_t mask = (uint32_t)(cell_count(dict) - 1);
    uint32_t at = gone;
    for (;;) {
        at = (at + 1) & mask;
        struct dict_cell cell = dict->cells[at];
        if (cell.number == 0)
            break;
        if (((at - first_cell(dict, cell.hash)) & mask) < ((at - gone) & mask))
            continue;
        dict->cells[gone] = cell;
        gone = at;
    }
    dict->cells[gone].number = 0;
    dict->changes++;
}

// All cells anew, for entries that have moved.
static void place_all(weft_dict *dict)
{
    memset(dict->cells, 0, cell_count(dict) * sizeof(*dict->cells));
    for (size_t i = 0; i < dict->count; i += 2) {
        uint32_t hash = dict->values[i].size, number = (uint32_t)(i / 2) + 1;
        if (!is_hole(&dict->values[i]))
            place_entry(dict, (struct dict_cell){ hash, number },
                first_cell(dict, hash));
    }
    dict->changes++;
}

// The same for entries that are where they were among others: cells go from
// memory to memory in order.
static void place_again(weft_dict *dict, const weft_dict *old)
{
    memset(dict->cells, 0, cell_count(dict) * sizeof(*dict->cells));
    for (size_t i = 0; i < cell_count(old); i++)
        if (old->cells[i].number != 0)
            place_entry(dict, old->cells[i],
                first_cell(dict, old->cells[i].hash));
    dict->changes++;
}

// ---- memory

// To the start of `to`, which may be where they are; the cells are then wrong.
static void move_entries(weft_dict *dict, weft_value *to, bool keep_holes)
{
    size_t count = 0;
    for (size_t i = 0; i < dict->count; i += 2) {
        if (is_hole(&dict->values[i]) && !keep_holes)
            continue;
        to[count] = dict->values[i];
        to[count + 1] = dict->values[i + 1];
        count += 2;
    }
    dict->count = count;
}

static bool resize_dict(weft_dict *dict, unsigned bits)
{
    weft_heap *heap = weft_heap_of(dict);
    if (bits > MOST_BITS)
        return false;
    weft_value *values = weft__resize(heap, NULL, 0, block_size(bits));
    if (values == NULL)
        return false;
    weft_dict old = *dict;
    move_entries(dict, values, dict->iterations > 0);
    dict->values = values;
    dict->cells = (struct dict_cell *)(void *)(values + 2 * room_of(bits));
    dict->bits = (uint8_t)bits;
    if (old.values != NULL && dict->count == old.count)
        place_again(dict, &old);
    else
        place_all(dict);
    weft__free_entries(heap, &old);
    return true;
}

static void close_gaps(weft_dict *dict)
{
    move_entries(dict, dict->values, false);
    place_all(dict);
}

static size_t hole_count(const weft_dict *dict)
{
    return dict->count / 2 - dict->length;
}

static unsigned bits_for(size_t count)
{
    unsigned bits = LEAST_BITS;
    while (bits <= MOST_BITS && room_of(bits) < count)
        bits++;
    return bits;
}

bool weft__reserve_entry(weft_dict *dict)
{
    if (dict->values == NULL)
        return resize_dict(dict, LEAST_BITS);
    if (likely(dict->count / 2 < room_of(dict->bits)))
        return true;
    if (dict->iterations > 0 || hole_count(dict) < cell_count(dict) / 8)
        return resize_dict(dict, dict->bits + 1u);
    close_gaps(dict);
    return true;
}

// After something went, or the last iteration did. Without memory for less of
// it, it stays as large as it is.
static void tidy(weft_dict *dict)
{
    if (dict->iterations > 0)
        return;
    while (dict->count > 0 && is_hole(&dict->values[dict->count - 2]))
        dict->count = 2 * (size_t)dict->values[dict->count - 2].as.integer;
    size_t eighth = cell_count(dict) / 8, holes = hole_count(dict);
    if (unlikely(dict->length <= eighth) && dict->bits > LEAST_BITS
            && resize_dict(dict, bits_for(2 * (size_t)dict->length)))
        return;
    if (unlikely(holes >= eighth && holes > dict->length))
        close_gaps(dict);
}

void weft__free_entries(weft_heap *heap, const weft_dict *old)
{
    if (old->values != NULL)
        (void)weft__resize(heap, old->values, block_size(old->bits), 0);
}

// ---- iterations

uint64_t weft__open_dict(weft_dict *dict)
{
    dict->iterations++;
    return dict->first + dict->count / 2;
}

bool weft__next_in_dict(const weft_dict *dict, uint64_t *at, uint64_t end,
    weft_value **entry)
{
    if (*at < dict->first)
        *at = dict->first;
    while (*at < end) {
        *entry = dict->values + 2 * (*at - dict->first);
        (*at)++;
        if (!is_hole(*entry))
            return true;
    }
    return false;
}

void weft__close_dict(weft_dict *dict)
{
    if (--dict->iterations == 0 && dict->values != NULL)
        tidy(dict);
}

// ---- entries

void weft__append_entry(weft_dict *dict, weft_value key, weft_value value,
    uint32_t hash)
{
    weft_value *entry = dict->values + dict->count;
    uint32_t number = (uint32_t)(dict->count / 2) + 1;
    place_entry(dict, (struct dict_cell){ hash, number },
        first_cell(dict, hash));
    entry[0] = key;
    entry[0].size = hash;
    entry[1] = value;
    dict->count += 2;
    dict->length++;
}

// Into an empty one, without holes. What is kept may be reported, if its count
// overflows: so an iteration holds the entries where they are.
bool weft__copy_entries(weft_dict *copy, weft_dict *from)
{
    if (from->length > 0 && !resize_dict(copy, bits_for(from->length)))
        return false;
    uint64_t at = 0, end = weft__open_dict(from), changes = from->changes;
    weft_value *entry;
    while (weft__next_in_dict(from, &at, end, &entry)) {
        weft_value *to = copy->values + copy->count, value = entry[1];
        uint32_t hash = entry->size;
        to[0] = weft__keep_value(*entry);
        to[0].size = hash;
        to[1] = weft__keep_value(value);
        copy->count += 2;
        copy->length++;
    }
    if (copy->length > 0 && copy->count == from->count
            && from->changes == changes)
        place_again(copy, from);
    else if (copy->length > 0)
        place_all(copy);
    weft__close_dict(from);
    return true;
}

void weft__remove_entry(weft_dict *dict, uint32_t cell, weft_value *key,
    weft_value *value)
{
    size_t index = dict->cells[cell].number - 1;
    weft_value *entry = dict->values + 2 * index;
    *key = weft__plain_key(entry[0]);
    *value = entry[1];
    empty_cell(dict, cell);
    bool follows = index > 0 && is_hole(entry - 2);
    entry[0] = weft_int(follows ? entry[-2].as.integer : (int64_t)index);
    entry[0].kind = KIND_HOLE;
    entry[1] = weft_nil();
    dict->length--;
    tidy(dict);
}

bool weft__remove_last_entry(weft_dict *dict, weft_value *key,
    weft_value *value)
{
    if (dict->length == 0)
        return false;
    size_t end = dict->count / 2 - 1, last = end;
    while (is_hole(&dict->values[2 * last]))
        last = (size_t)dict->values[2 * last].as.integer - 1;
    if (last < end)                         // for who comes next
        dict->values[2 * end].as.integer = (int64_t)last + 1;
    uint32_t mask = (uint32_t)(cell_count(dict) - 1);
    uint32_t at = first_cell(dict, dict->values[2 * last].size);
    while (dict->cells[at].number != last + 1)
        at = (at + 1) & mask;
    weft__remove_entry(dict, at, key, value);
    return true;
}
