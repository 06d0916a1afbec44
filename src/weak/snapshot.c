// SPDX-License-Identifier: MIT
//
// Going through a weak table, as if it had been copied at the start: see
// table.h. Who steps on sees each place of that time: the oldest version that
// was not removed before the iteration began, if its object is still alive.
//
//     begin:   number = ++starts; end = length of order
//     next:    entry = order[at++]; while it is a ghost removed before: the one
//              that came after it
//     end:     the last iteration to end takes the ghosts away
#include "table.h"

// When so many iterations were counted, numbers begin again as soon as none is
// open. Past the last number iterations share it: one may then see a change
// made between the start of another and its own.
enum { MANY_STARTS = 1 << 23 };

struct snapshot weft__begin_snapshot(struct weaktable *table)
{
    if (table->iterations == 0 && unlikely(table->starts >= MANY_STARTS)) {
        for (uint32_t i = 0; i < table->order_length; i++)
            if (table->order[i] != NULL)
                table->order[i]->since = 0;
        table->starts = 0;
    }
    table->iterations++;
    if (table->starts < MOST_STARTS)
        table->starts++;
    return (struct snapshot){ table, 0, table->order_length, table->starts };
}

// The object of an entry, as a new reference; NULL: gone.
static void *hold_object(const struct weakentry *entry)
{
    if (is_ghost(entry))
        return weft_weak_get((weft_weak){ entry->hash });
    return is_live(entry) ? weft_retain(entry_object(entry)) : NULL;
}

// The next entry that lives, and its object, held; NULL: the end. What it shows
// is good until user code runs.
struct weakentry *weft__next_shown(struct snapshot *snapshot, void **object)
{
    struct weaktable *table = snapshot->table;
    while (snapshot->at < snapshot->end) {
        struct weakentry *entry = table->order[snapshot->at++];
        if (snapshot->at + 4 < snapshot->end)
            __builtin_prefetch(table->order[snapshot->at + 4]);
        while (entry != NULL && is_ghost(entry)
                && entry->since < snapshot->start)
            entry = (struct weakentry *)(void *)entry->node.prev;
        if (entry == NULL)
            continue;
        *object = hold_object(entry);
        if (*object != NULL)
            return entry;
    }
    return NULL;
}

// Takes the ghosts out of order; what they hold goes when none is left there.
static void lay_ghosts(struct weaktable *table)
{
    struct weakentry *ghosts = table->ghosts;
    table->ghosts = table->seen = NULL;
    table->ghost_count = 0;
    for (struct weakentry *at = ghosts; at != NULL;
            at = (struct weakentry *)(void *)at->node.next)
        if (table->order[at->position] != NULL)
            table->order[at->position] = newest_of(table->order[at->position]);
    weft__trim_order(table);
    while (ghosts != NULL) {
        struct weakentry *next = (struct weakentry *)(void *)ghosts->node.next;
        weft__drop_entry(ghosts);
        ghosts = next;
    }
}

void weft__end_snapshot(struct weaktable *table)
{
    if (--table->iterations == 0)
        lay_ghosts(table);
}

// ---- upcalls of weft_iterate()

enum { SOON = 8 };

static bool step_set(weft_iterator *iterator);

static void begin_iteration(weft_iterator *iterator, void *container)
{
    struct snapshot snapshot = weft__begin_snapshot(container);
    iterator->at = 0;
    iterator->end = snapshot.end;
    iterator->reserved[0] = (void *)(uintptr_t)snapshot.start;
    if (snapshot.table->is_set)
        iterator->step = step_set;
}

// References of the iterator's own to what it shows.
static bool next_item(weft_iterator *iterator)
{
    struct snapshot snapshot = { iterator->container, (uint32_t)iterator->at,
        (uint32_t)iterator->end, (uint32_t)(uintptr_t)iterator->reserved[0] };
    void *object;
    const struct weakentry *entry = weft__next_shown(&snapshot, &object);
    iterator->at = snapshot.at;
    if (entry == NULL)
        return false;
    if (snapshot.table->is_set) {
        iterator->value = weft_object(object);
    } else if (snapshot.table->by_payload) {
        iterator->key = weft_value_retain(entry_payload(entry));
        iterator->value = weft_object(object);
    } else {
        iterator->key = weft_object(object);
        iterator->value = weft_value_retain(entry_payload(entry));
    }
    iterator->object = weft_value_object(iterator->value);
    return true;
}

// The step of a set, in one piece: what is next is there, mostly. The time goes
// into waiting for entries and members, so they are asked for some steps ahead.
static bool step_set(weft_iterator *iterator)
{
    void *shown = iterator->object;
    iterator->value = weft_nil();
    iterator->object = NULL;
    weft_release(shown);
    const struct weaktable *table = iterator->container;
    if (unlikely(table == NULL))
        return false;                   // it was ended meanwhile
    struct weakentry **order = table->order;
    uint64_t at = iterator->at, end = iterator->end;
    if (at + SOON < end && order[at + SOON] != NULL)
        __builtin_prefetch(&order[at + SOON]->word);
    if (at + SOON < end && order[at + SOON / 2] != NULL)
        __builtin_prefetch(entry_object(order[at + SOON / 2]));
    if (likely(at < end && order[at] != NULL && is_live(order[at]))) {
        iterator->at = at + 1;
        iterator->object = weft_retain(entry_object(order[at]));
        iterator->value = weft_object(iterator->object);
        return true;
    }
    if (next_item(iterator))
        return true;
    weft_iterate_end(iterator);
    return false;
}

static void end_iteration(void *table)
{
    weft__end_snapshot(table);
}

// From the first table on, the layers around know how to go through one, and
// that entries of weak-key dictionaries are edges.
void weft__install_tables(weft_heap *heap)
{
    weft__install_weak(heap);
    heap->begin_iteration = begin_iteration;
    heap->next_item = next_item;
    heap->end_iteration = end_iteration;
    heap->tables_equal = weft__tables_equal;
}
