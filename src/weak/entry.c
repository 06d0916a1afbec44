// SPDX-License-Identifier: MIT
//
// The life of a weak table's entries: made, changed, removed by who has the
// table; gone with the death of what they watch; taken apart with the table.
// See table.h for their states.
//
// An entry that an open iteration may have to show cannot be changed or freed:
// it becomes a ghost, and what changes is a new one in its place. So removing
// needs no memory, and changing does only then.
//
//     death     vanish: nobody finds it any more; pending until its turn comes
//               among the callbacks, then drop
//     garbage   the same; those of a table that is garbage become stale: order
//               still leads to them, so that the collector sees what it owns
//     teardown  leave: one thing after the other that the table owns
#include "cells.h"

// No more than memory that the heap manages: what an entry owns is its table's.
weft_type weft__entry_type = { .name = "entry", WEFT_SIZE(struct weakentry),
    .weak = WEFT_FORBIDDEN, .acyclic = true,
    .reserved = WEFT__ROLE(ROLE_ENTRY) };

// Gives back the memory of an entry. Runs nothing.
static void give_back_entry(struct weakentry *entry)
{
    uint64_t *word = word_of(entry);
    struct page *page = page_of(entry);
    weft__free_slot(page, word, word_after(page, load(word)));
}

// One is kept, for what comes and goes. Its table must be alive.
static inline void free_entry(struct weakentry *entry)
{
    struct weaktable *table = entry->table;
    if (table->spare == NULL && table->entry_type == &weft__entry_type)
        table->spare = entry;
    else
        give_back_entry(entry);
}

static __attribute__((noinline)) struct weakentry *make_weakentry(
    struct weaktable *table)
{
    struct weakentry *entry = weft_new(page_of(table)->heap,
        table->entry_type);
    if (entry != NULL)
        entry->table = table;
    return entry;
}

// Its table is set. While a failure is armed no spare one is taken.
static inline struct weakentry *new_entry(struct weaktable *table,
    const weft_heap *heap)
{
    struct weakentry *entry = table->spare;
    if (entry == NULL || unlikely(heap->fail_at > 0))
        return make_weakentry(table);
    table->spare = NULL;
    return entry;
}

static inline struct weft__watcher *newest_place(struct weft__watcher *list)
{
    return list == NULL ? NULL : weft__newest_place(list);
}

static inline void watch_behind(struct weakentry *entry, void *object,
    struct weft__watcher **head, struct weft__watcher *before)
{
    weft__watch(object, head, &entry->node, before);
    entry->word = (entry->word & CELL_FREE)
        | (uint64_t)(uintptr_t)word_of(object) << 16;
}

static inline void set_payload(struct weakentry *entry, weft_value payload)
{
    weft_kind kind = payload.kind;
    entry->payload = (uint64_t)payload.as.integer;
    if (kind != WEFT_KIND_INT) {
        kind = weft__kind_of_payload(payload);
        entry->payload = weft__payload_of(payload);
    }
    entry->word = (entry->word & ~(uint64_t)CELL_KIND)
        | (uint64_t)kind << CELL_KIND_SHIFT;
}

static inline void count_in(struct weaktable *table,
    const struct weakentry *entry)
{
    table->count++;
    if (is_owner(entry)) {
        table->held += holds_payload(entry);
        table->kept += (entry->flags & ENTRY_KEPT) != 0;
    }
}

static inline void count_out(struct weaktable *table,
    const struct weakentry *entry)
{
    table->count--;
    if (is_owner(entry)) {
        table->held -= holds_payload(entry);
        table->kept -= (entry->flags & ENTRY_KEPT) != 0;
    }
}

// Room for one more in all that a table has, the cell to put it in is found
// anew if that changes them. False: no memory.
static __attribute__((noinline)) bool make_room(struct weaktable *table,
    size_t *end)
{
    *end = NOWHERE;
    return weft__reserve(table);
}

// A new entry at the end. It takes over `payload`, which is the caller's to
// release if there is no memory: NULL. `end` as for place_cell().
struct weakentry *weft__insert(struct weaktable *table, void *object,
    weft_value payload, uint64_t hash, size_t end)
{
    struct weft__watcher **head = weft__watchers(object, true);
    if (head == NULL || (!weft__has_room(table) && !make_room(table, &end)))
        return NULL;
    struct weakentry *entry = new_entry(table, page_of(object)->heap);
    if (entry == NULL)
        return NULL;
    entry->hash = hash;
    entry->word = tag_of(hash);
    entry->since = table->starts & MOST_STARTS;
    entry->flags = 0;
    set_payload(entry, payload);
    watch_behind(entry, object, head, newest_place(*head));
    weft__append(table, entry);
    if (table->is_keyed)
        place_cell(table, entry, end);
    count_in(table, entry);
    return entry;
}

// ---- removed

// May an open iteration have to show it?
static bool may_be_shown(const struct weakentry *entry)
{
    return entry->table->iterations > 0
        && entry->since < entry->table->starts;
}

// From live to ghost; `next` came into its place.
static void haunt(struct weakentry *entry, struct weakentry *next)
{
    struct weaktable *table = entry->table;
    void *object = entry_object(entry);
    weft__unwatch(object, &entry->node);
    entry->hash = weft_weak_of(object).bits;
    entry->since = table->starts & MOST_STARTS;
    entry->flags |= ENTRY_GHOST;
    entry->node.prev = next == NULL ? NULL : &next->node;
    entry->node.next = table->ghosts == NULL ? NULL : &table->ghosts->node;
    table->ghosts = entry;
    table->ghost_count++;
    table->seen = NULL;
}

static bool is_payload(const struct weakentry *entry, weft_value value)
{
    return entry->payload == weft__payload_of(value)
        && entry_kind(entry) == weft__kind_of_payload(value);
}

static struct weakentry *copy_entry(const struct weakentry *entry)
{
    struct weakentry *copy = weft_new(page_of(entry)->heap,
        page_of(entry)->type);
    if (copy == NULL)
        return NULL;
    copy->table = entry->table;
    copy->word = entry->word & CELL_FREE;
    copy->flags = entry->flags;
    copy->payload = entry->payload;
    copy->hash = entry->hash;
    copy->position = entry->position;
    return copy;
}

// Points an entry at `object`: it becomes the newest in that one's list, unless
// it `stays` what it watches. With a payload other than NULL, which it takes
// over in exchange for the old one. Returns the entry, or a new one that is in
// its place from now on; NULL: no memory.
struct weakentry *weft__replace(struct weakentry *entry, void *object,
    bool stays, weft_value *payload)
{
    struct weaktable *table = entry->table;
    struct weft__watcher **head = weft__watchers(object, true);
    bool same = object == entry_object(entry)
        && (payload == NULL || is_payload(entry, *payload));
    bool shown = may_be_shown(entry) && !same;
    struct weakentry *fresh = shown && head != NULL ? copy_entry(entry) : entry;
    if (head == NULL || fresh == NULL)
        return NULL;
    erase_cell(table, entry);
    count_out(table, entry);
    weft_value old = entry_payload(entry);
    if (shown) {
        if (stays)
            watch_behind(fresh, object, head, &entry->node);
        haunt(entry, fresh);
        old = weft_value_retain(old);       // what the ghost has is its own
    } else if (!stays) {
        weft__unwatch(entry_object(entry), &entry->node);
    }
    if (!stays)
        watch_behind(fresh, object, head, newest_place(*head));
    if (!same)
        fresh->since = table->starts & MOST_STARTS;
    if (payload != NULL) {
        set_payload(fresh, *payload);
        *payload = old;
    }
    if (table->is_keyed)
        place_cell(table, fresh, NOWHERE);
    count_in(table, fresh);
    return fresh;
}

// What it owned is the caller's: its payload.
weft_value weft__remove(struct weakentry *entry)
{
    struct weaktable *table = entry->table;
    weft_value payload = entry_payload(entry);
    erase_cell(table, entry);
    count_out(table, entry);
    if (may_be_shown(entry)) {
        haunt(entry, NULL);
        return weft_value_retain(payload);
    }
    weft__unwatch(entry_object(entry), &entry->node);
    weft__leave_place(table, entry);
    free_entry(entry);
    return payload;
}

// The newest live one, or NULL.
struct weakentry *weft__last_entry(struct weaktable *table)
{
    while (table->last > 0) {
        struct weakentry *entry = newest_of(table->order[table->last - 1]);
        if (entry != NULL && is_live(entry))
            return entry;
        table->last--;
    }
    return NULL;
}

// ---- gone

// The object of a live entry has died; the entry is in no list any more. True:
// it is pending. False: it is gone, since it owned nothing, or stale, since its
// table is dying or garbage itself.
bool weft__vanish(struct weakentry *entry)
{
    struct weaktable *table = entry->table;
    uint64_t word = load(word_of(table));
    erase_cell(table, entry);
    count_out(table, entry);
    if (unlikely(!is_alive(word) || is_condemned(word))) {
        entry->flags |= ENTRY_STALE;
        table->stale++;
        return false;
    }
    entry->word &= CELL_FREE;
    entry->flags &= (uint8_t)~ENTRY_KEPT;
    if (is_owner(entry)) {
        entry->flags |= ENTRY_PENDING;
        table->stale++;
        return true;
    }
    weft__leave_place(table, entry);
    free_entry(entry);
    return false;
}

// The table is garbage: it watches nothing any more, as refs that are garbage
// do not, but goes on to own what it does.
void weft__expire_table(struct weaktable *table)
{
    weft__free_cells(table);
    for (uint32_t i = 0; i < table->order_length; i++) {
        struct weakentry *entry = newest_of(table->order[i]);
        if (entry == NULL || !is_live(entry))
            continue;
        count_out(table, entry);
        weft__unwatch(entry_object(entry), &entry->node);
        entry->flags |= ENTRY_STALE;
        table->stale++;
    }
}

// What the entry owns, one thing after the other, from now on the caller's.
static void *take_owned(struct weakentry *entry)
{
    if ((entry->flags & ENTRY_KEPT) != 0) {
        entry->flags &= (uint8_t)~ENTRY_KEPT;
        return entry_object(entry);
    }
    if (!holds_payload(entry))
        return NULL;
    void *payload = entry_payload(entry).as.object;
    set_payload(entry, weft_nil());
    return payload;
}

// The turn of a pending entry. Its table is held until what it owned has gone.
void weft__drop_pending(struct weakentry *entry)
{
    struct weaktable *table = entry->table, *held = NULL;
    if (table != NULL) {
        weft__leave_place(table, entry);
        table->stale--;
    }
    if (table != NULL && is_object_alive(table))
        held = weft_retain(table);
    weft__drop_entry(entry);
    weft_release(held);
}

// Lets go of what an entry owns that is nowhere any more, and of itself.
void weft__drop_entry(struct weakentry *entry)
{
    void *first = take_owned(entry), *second = take_owned(entry);
    give_back_entry(entry);             // its table may be gone
    weft_release(first);
    weft_release(second);
}

static void drop_list(struct weft__watcher *list)
{
    while (list != NULL) {
        struct weft__watcher *next = list->next;
        weft__drop_entry((struct weakentry *)(void *)list);
        list = next;
    }
}

// Takes an entry that is live or stale out of its table. False: it is a ghost
// now, which shows it; or it waits for its turn.
static bool detach(struct weakentry *entry)
{
    struct weaktable *table = entry->table;
    if ((entry->flags & ENTRY_PENDING) != 0)
        return false;
    if (is_live(entry)) {
        erase_cell(table, entry);
        count_out(table, entry);
        if (may_be_shown(entry)) {
            haunt(entry, NULL);
            return false;
        }
        weft__unwatch(entry_object(entry), &entry->node);
    } else {
        table->stale--;
    }
    weft__leave_place(table, entry);
    return true;
}

// Takes out all entries, or the stale ones, then lets them go, in order.
static void drop_entries(struct weaktable *table, bool all)
{
    struct weft__watcher *list = NULL, **tail = &list;
    for (uint32_t i = 0; i < table->order_length; i++) {
        struct weakentry *entry = newest_of(table->order[i]);
        if (entry == NULL || (is_live(entry) && !all) || !detach(entry))
            continue;
        entry->node.next = NULL;
        *tail = &entry->node;
        tail = &entry->node.next;
    }
    drop_list(list);
}

void weft__clear_table(struct weaktable *table)
{
    weft__free_cells(table);
    drop_entries(table, true);
}

// Stale entries of a table that lives after all.
void weft__drop_stale(struct weaktable *table)
{
    if (unlikely(table->stale > 0))
        drop_entries(table, false);
}

// Says, one after the other, what a table that is taken apart lets go of.
void *weft__leave_table(struct weaktable *table)
{
    weft__free_cells(table);
    table->ghosts = table->seen = NULL;     // order leads to them
    table->ghost_count = 0;
    while (table->leave_at < table->order_length) {
        struct weakentry *entry = table->order[table->leave_at];
        if (entry == NULL) {
            table->leave_at++;
            continue;
        }
        if (is_live(entry)) {
            count_out(table, entry);
            weft__unwatch(entry_object(entry), &entry->node);
            entry->flags |= ENTRY_STALE;
            table->stale++;
        }
        void *held = take_owned(entry);
        if (held != NULL)
            return held;
        table->stale -= !is_ghost(entry);
        table->order[table->leave_at] = is_ghost(entry)
            ? (void *)entry->node.prev : NULL;
        if ((entry->flags & ENTRY_PENDING) != 0)
            entry->table = NULL;
        else
            give_back_entry(entry);
    }
    if (table->spare != NULL)
        give_back_entry(table->spare);
    table->spare = NULL;
    table->leave_at = 0;
    weft__trim_order(table);
    return NULL;
}
