// SPDX-License-Identifier: MIT
//
// Weak tables: what weak dictionaries, weak sets, signals and caches are made
// of. A table has entries; an entry watches an object, and goes with it.
//
//     cells     word, payload     word, payload     (empty)     word, payload
//     entries   { node, word, payload, hash, position }  ...
//     order     entry, entry, (hole), entry, ...  in order of first putting
//
// A *cell* is a hash table's, by open addressing: the address of the object
// with a piece of the hash and a kind, and a payload. What a lookup needs is in
// there, so it touches what a plain table would; mostly comparing these bits is
// all (table->quick). An *entry* has the same word and payload; it is an object
// that nobody sees and that never moves, in the list of those who watch its
// object; by that list it is found from its cell, unless that is long (then
// `owners` tells). What it watches and what its payload means differs by table:
//
//                   found by        watches      payload, owned
//     VALUEDICT     payload         the value    the key
//     MAP           object          the key      the value
//     WEAKSET       object          the member   -
//     TABLE         nothing         anything     anything, as an integer
//
// (A cache is as a VALUEDICT, and owns some of its objects too.) States:
//
//   live     in cells and order; in its object's list
//   ghost    removed while an iteration that may show it is open: in order
//            only; knows its object by a handle
//   stale    its table is garbage, or is being taken apart: in order only, owns
//            its payload until that is done
//   pending  its object has died: in order only; its payload goes when its turn
//            comes among the callbacks, or with its table
//
// An iteration shows what was there when it began. Each gets a number, one more
// than the last (table->starts); an entry made since shows a number not below
// that, and stands behind the end that the iteration saw. A ghost knows the
// last iteration that may show it, and stays in its place, before the entry
// that came there after it: order[position] is the oldest of such a chain.
// When no iteration is open all ghosts go. Nothing is ever copied.
//
// Invariants: T1 every live entry has one cell, which equals what it would make
// anew. T2 live entries are counted by table->count, are in order at their
// position (behind its ghosts), and are in their object's list. T3 cells that
// are not empty number table->used, at most 5/8 of all; none is GONE unless
// table->is_far. T4 without an open iteration there are no ghosts, and order
// does not end in a hole.
#ifndef WEFT_TABLE_H
#define WEFT_TABLE_H

#include "weak.h"

enum {                          // in an entry's flags
    ENTRY_PENDING = 1,          // these: see the states above
    ENTRY_GHOST = 2,
    ENTRY_STALE = 4,
    ENTRY_KEPT = 8,             // its table owns the object (caches)
    ENTRY_OWN = 0xf0,           // these bits are its table's own
    MOST_STARTS = (1 << 24) - 1,
};

struct weakentry {
    struct weft__watcher node;  // first; of a ghost: next of all ghosts, and
                                // in `prev` what came into its place, or NULL
    uint64_t word;              // as a cell's; pending: no address
    struct weaktable *table;    // whose it is
    uint64_t payload;           // see above
    uint64_t hash;              // mixed; of a ghost: the object's handle
    uint32_t position;          // in order
    uint32_t since : 24;        // table->starts when it was made; of a ghost:
                                // when it was removed
    uint8_t flags;
};

// slot address 63..16 | kind 15..13 | hash 5..0 12..7 | hash 63..60 6..3 | 0
enum {
    CELL_EMPTY = 0,
    CELL_GONE = 1,              // taken, until the cells are made anew
    CELL_FREE = 0xffff,         // words up to this are of no entry
    CELL_KIND = 0xe000, CELL_KIND_SHIFT = 13,
    CELL_TAG = 0x1ff8, CELL_HOME_SHIFT = 7,     // (2..0: as a ref's flags)
    CELL_REACH = 64,            // how far from home a tag tells
};

struct cell {
    uint64_t word;              // TEXT: a string
    uint64_t payload;           // numbers that are whole: as integers
};

struct probe;

// Is what is there what is looked for? In place of weft_equal().
typedef weft_status weft__same_fn(const struct weaktable *table,
    weft_value there, const struct probe *probe, bool *same);

struct weaktable {
    struct cell *quick;         // the cells, if bits tell what is the same;
                                // NULL: hooks are to be asked, or no cells yet
    size_t mask;                // number of cells - 1
    uint64_t secret;            // mixed into hashes
    struct cell *cells;         // NULL: none yet
    struct weakentry **owners;  // of the cells; NULL: nobody needs to know; the
                                // lowest bit is the table's own, see owner_at
    struct weakentry *spare;    // the last one freed, for the next; or NULL
    weft_type *entry_type;      // weft__entry_type, or that of a larger one
    uint8_t by;                 // weft_by
    bool by_payload;            // what it is found by; else by object
    bool is_keyed;              // has cells at all
    bool is_set, is_map;        // of what it is the table
    bool is_far;                // some cell is CELL_REACH or more from its home
    size_t used;                // cells that are not empty
    size_t limit;               // how many may be
    size_t count;               // live entries
    size_t held;                // of these: whose payload is an object
    size_t kept;                // of these: with ENTRY_KEPT
    uint64_t changes;           // of cells, ever
    struct weakentry **order;
    uint32_t order_length, order_room;
    uint32_t last;              // no live entry is there or behind
    uint32_t starts;            // number of the last iteration
    uint32_t iterations;        // open
    uint32_t stale;             // stale and pending entries
    uint32_t leave_at;          // where taking it apart has come to
    weft__same_fn *same;        // of keys that are objects; NULL: as `by` says
    struct weakentry *ghosts;   // linked by node.next
    uint32_t ghost_count;       // of these
    uint32_t seen_at;           // of the one that was looked at last
    struct weakentry *seen;     // that one; NULL: none
};

struct weft_weakvaluedict { struct weaktable table; };
struct weft_weakkeydict { struct weaktable table; };
struct weft_weakset { struct weaktable table; };

// What a table is asked for.
struct probe {
    weft_value key;             // borrowed
    uint64_t payload;           // of a cell of the very same key; of a text 0
    uint64_t hash;              // mixed
    uint32_t want;              // kind | tag, as in a cell's word
};

#define NOWHERE SIZE_MAX

static inline bool is_table_role(enum role role)
{
    return role >= ROLE_VALUEDICT;
}

static inline void *cell_object(struct cell cell)
{
    return (uint64_t *)(uintptr_t)(cell.word >> 16) + 1;
}

static inline weft_kind kind_in(uint64_t word)
{
    return (weft_kind)((word & CELL_KIND) >> CELL_KIND_SHIFT);
}

static inline void *entry_object(const struct weakentry *entry)
{
    uintptr_t slot = (uintptr_t)(entry->word >> 16);
    return slot == 0 ? NULL : (uint64_t *)slot + 1;
}

static inline weft_kind entry_kind(const struct weakentry *entry)
{
    return kind_in(entry->word);
}

// Is its payload an object, which it owns?
static inline bool holds_payload(const struct weakentry *entry)
{
    return entry_kind(entry) >= WEFT_KIND_TEXT;
}

static inline bool is_ghost(const struct weakentry *entry)
{
    return (entry->flags & ENTRY_GHOST) != 0;
}

static inline bool is_live(const struct weakentry *entry)
{
    return entry->word > CELL_FREE
        && (entry->flags & (ENTRY_GHOST | ENTRY_STALE)) == 0;
}

// A payload as a value, borrowed.
static inline weft_value payload_value(weft_kind kind, uint64_t payload)
{
    weft_value value = weft_nil();
    value.kind = kind == WEFT_KIND_TEXT ? WEFT_KIND_OBJECT : kind;
    if (kind == WEFT_KIND_BOOL)
        value.as.boolean = payload != 0;
    else
        value.as.integer = (int64_t)payload;
    return value;
}

static inline weft_value entry_payload(const struct weakentry *entry)
{
    return payload_value(entry_kind(entry), entry->payload);
}

// The newest in the place of one in order, or NULL.
static inline struct weakentry *newest_of(struct weakentry *entry)
{
    while (entry != NULL && is_ghost(entry))
        entry = (struct weakentry *)(void *)entry->node.prev;
    return entry;
}

// probe.c: what keys are, and whether two are the same.
weft_status weft__hash_key(const struct weaktable *table, weft_value key,
    uint64_t *hash);                    // unmixed; fails as the next
weft_status weft__probe(const struct weaktable *table, weft_value key,
    struct probe *probe);               // TYPE: unhashable, or a hook's failure
struct cell weft__canonical_cell(struct cell cell);
size_t weft__find(struct weaktable *table, const struct probe *probe,
    weft_status *status);               // NOWHERE; user code may have run
size_t weft__find_text(const struct weaktable *table, weft_value key);
size_t weft__find_object(struct weaktable *table, const void *object);
weft_status weft__find_to_put(struct weaktable *table, const void *object,
    uint64_t *hash, size_t *at, size_t *end);
weft_status weft__let_go_of_put(void *held, weft_status status);

// Both halves of a product: one alone leaves keys in steps together.
static inline uint64_t weft__mix(const struct weaktable *table, uint64_t hash)
{
    const uint64_t odd = 0x9e3779b97f4a7c15u;
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)(hash ^ table->secret) * odd;
    return (uint64_t)(product >> 64) ^ (uint64_t)product;
#else
    uint64_t mixed = (hash ^ table->secret) * odd;
    return (mixed ^ mixed >> 32) * odd;
#endif
}

// Four bits from above, and the lowest six, which tell how far a cell is from
// its home.
static inline uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 57 & 0x78)
        | (uint32_t)(hash & (CELL_REACH - 1)) << CELL_HOME_SHIFT;
}

static inline uint32_t want_of(uint64_t hash, weft_kind kind)
{
    return tag_of(hash) | (uint32_t)kind << CELL_KIND_SHIFT;
}

// The kind of a payload, where TEXT is a string.
static inline weft_kind weft__kind_of_payload(weft_value value)
{
    if (value.kind != WEFT_KIND_OBJECT)
        return value.kind;
    if (value.as.object == NULL)
        return WEFT_KIND_NIL;
    return page_of(value.as.object)->kind->role == ROLE_STRING ? WEFT_KIND_TEXT
        : WEFT_KIND_OBJECT;
}

static inline uint64_t weft__payload_of(weft_value value)
{
    return value.kind == WEFT_KIND_NIL ? 0 : value.kind == WEFT_KIND_BOOL
        ? value.as.boolean : (uint64_t)value.as.integer;
}

// Is an object only ever the same as itself?
static inline bool is_by_address(const struct weaktable *table)
{
    return table->by == WEFT_BY_IDENTITY && table->same == NULL;
}

// table.c: cells and order.
void *weft__new_table(weft_heap *heap, weft_type *type, weft_by by);
bool weft__reserve(struct weaktable *table);        // for one more entry
void weft__make_owners(struct weaktable *table);    // or not: no memory
void weft__close_up(struct weaktable *table, size_t hole);
struct weakentry *weft__entry_at(struct weaktable *table, size_t at);
void weft__leave_chain(struct weaktable *table, struct weakentry *entry);
void weft__trim_order(struct weaktable *table);
void weft__free_cells(struct weaktable *table);
void weft__free_arrays(struct weaktable *table);
void weft__dispose_table(void *self);
size_t weft__table_length(const void *self);

// There is room.
static inline void weft__append(struct weaktable *table,
    struct weakentry *entry)
{
    entry->position = table->order_length;
    table->order[table->order_length++] = entry;
    table->last = table->order_length;
}

// Can it be watched? TYPE, REFERENCE.
static inline weft_status weft__check_target(const void *object)
{
    if (object == NULL || (CHECKED
            && !weft__check_object(object, "putting into a weak table")))
        return WEFT_TYPE_ERROR;
    const struct page *page = page_of(object);
    if (page->kind == NULL || page->kind->forbidden)
        return WEFT_TYPE_ERROR;
    return is_object_alive(object) ? WEFT_OK : WEFT_REFERENCE_ERROR;
}

// The end of a place in order, for its newest.
static inline void weft__leave_place(struct weaktable *table,
    struct weakentry *entry)
{
    uint32_t at = entry->position;
    if (unlikely(table->order[at] != entry)) {
        weft__leave_chain(table, entry);
        return;
    }
    table->order[at] = NULL;
    if (at + 1 != table->order_length || table->iterations > 0)
        return;
    if (likely(at > 0 && table->order[at - 1] != NULL))
        table->order_length = table->last = at;
    else
        weft__trim_order(table);
}

static inline bool weft__has_room(const struct weaktable *table)
{
    return table->order_length < table->order_room
        && table->used < table->limit;
}

// Does it own anything?
static inline bool is_owner(const struct weakentry *entry)
{
    return (entry->flags & ENTRY_KEPT) != 0 || holds_payload(entry);
}

// entry.c: the life of entries. Nothing is let go of here but by those that
// say so.
extern weft_type weft__entry_type;
struct weakentry *weft__insert(struct weaktable *table, void *object,
    weft_value payload, uint64_t hash, size_t end);     // NULL: no memory
struct weakentry *weft__replace(struct weakentry *entry, void *object,
    bool stays, weft_value *payload);                   // the same
weft_value weft__remove(struct weakentry *entry);   // its payload: the caller's
struct weakentry *weft__last_entry(struct weaktable *table);
bool weft__vanish(struct weakentry *entry);
void weft__expire_table(struct weaktable *table);
void weft__drop_entry(struct weakentry *entry);     // lets go
void weft__drop_pending(struct weakentry *entry);   // lets go
void weft__clear_table(struct weaktable *table);    // lets go
void weft__drop_stale(struct weaktable *table);     // lets go
void *weft__leave_table(struct weaktable *table);

// tableedges.c: what the collector asks of a table.
size_t weft__table_children(const struct weaktable *table);
void *weft__table_child(const struct weaktable *table, size_t index);
bool weft__key_edge(const void *key, void **cursor, struct weft__edge *edge);
bool weft__map_edge(const void *map, void **cursor, struct weft__edge *edge);
bool weft__verify_table(weft_heap *heap, struct weaktable *table);

// tables.c: what all tables are asked.
weft_status weft__tables_equal(void *a, void *b, bool *equal);
weft_list *weft__table_refs(struct weaktable *table);

// snapshot.c: iterations.
struct snapshot {
    struct weaktable *table;    // held by the caller
    uint32_t at, end;           // positions
    uint32_t start;             // its number
};
struct snapshot weft__begin_snapshot(struct weaktable *table);
struct weakentry *weft__next_shown(struct snapshot *snapshot, void **object);
void weft__end_snapshot(struct weaktable *table);   // lets go
void weft__install_tables(weft_heap *heap);

#endif
