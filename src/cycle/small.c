// SPDX-License-Identifier: MIT
//
// The answer for a list of objects, in time and memory proportional to it.
//
// The upper half of each word, which holds the count, is borrowed: it holds the
// number of an entry, and CAPTURED says so; the entry has the count. So to find
// out whether a child is in the list, and where, takes one look at its word. No
// user code runs until the counts are given back (but `visit`, which may only
// report), and the lower half stays as it is: weft_weak_is_dead(), from another
// thread, sees a generation and a count above zero as ever.
//
//     enter each o:  T[n] = { o, count, refs = count }; word = CAPTURED, n + 1
//     each edge o -> c of an entry o, c captured:  refs[c]--
//     all refs zero: all dead, nothing more to look at
//     flood from refs > 0: lives; so do its children, and theirs
//     what was not reached is dead; give back the counts
//
// An entry of a weak-key dictionary is an edge to its value from the key if
// that is captured, else from the map if that is: once at most. The flood comes
// by twice, from either, and goes on when the second is known to live: linear,
// where a fixpoint would be quadratic.
//
// Invariants: C1 outside of a verdict no word is CAPTURED. C2 an entry's refs
// is -1 when it is known to live, else what is not explained yet.
#include "cycle.h"

enum { LOOK_AHEAD = 8 };        // entries

// Room for `count` in an array of `size` each; more than asked for. Or false,
// and nothing has changed.
static bool grow_array(weft_heap *heap, void *array, size_t *capacity,
    size_t size, size_t count)
{
    size_t room = *capacity < 256 ? 256 : *capacity + *capacity / 2;
    if (count <= *capacity)
        return true;
    if (count > INT32_MAX)
        return false;
    if (room < count)
        room = count;
    weft__pointer *place = array;
    void *grown = weft__resize(heap, *place, *capacity * size, room * size);
    if (grown == NULL)
        return false;
    *place = grown;
    *capacity = room;
    return true;
}

bool weft__reserve_table(struct collector *c, size_t capacity)
{
    struct table *table = &c->table;
    return grow_array(c->heap, &table->stack, &table->stack_capacity,
            sizeof(*table->stack), capacity)
        && grow_array(c->heap, &table->entries, &table->capacity,
            sizeof(*table->entries), capacity);
}

bool weft__reserve_members(struct collector *c, struct members *members,
    size_t capacity)
{
    return grow_array(c->heap, &members->words, &members->capacity,
        sizeof(*members->words), capacity);
}

static inline struct entry *entry_of(struct table *table, uint64_t word)
{
    return &table->entries[(word >> 32) - 1];
}

// Enters an object, which must be alive and no immortal, if it is not yet.
void weft__capture(struct collector *c, uint64_t *word)
{
    uint64_t value = load(word);
    if ((value & CAPTURED) == 0)
        capture(&c->table, word, value);
}

// ---- counting

struct counting {
    struct table *table;
    int64_t unexplained;        // references
    bool excess;                // something has more than its count
};

static inline void explain(void *child, void *context)
{
    struct counting *counting = context;
    uint64_t word = load(word_of(child));
    if ((word & CAPTURED) == 0)
        return;
    struct entry *entry = entry_of(counting->table, word);
    counting->unexplained--;
    if (unlikely(--entry->refs < 0))
        counting->excess = true;
}

// Live objects hold what is far away: a pass waits for memory, mostly.
static inline void prefetch_children(const uint64_t *word)
{
    const weft__pointer *field = (const weft__pointer *)(const void *)
        (word + 1);
    const weft__pointer *end = field + page_of(word)->strong;
    for (; field < end; field++)
        __builtin_prefetch((const void *)((uintptr_t)*field - 8));
}

static bool is_captured(const void *object)
{
    return (load(word_of(object)) & CAPTURED) != 0;
}

// Entries of weak-key dictionaries: with the key, if it is in the list.
static void explain_edges(const weft_heap *heap, const struct page *page,
    const void *object, uint64_t word, struct counting *counting)
{
    struct weft__edge edge;
    void *at = NULL;
    if (is_key(heap, word))
        while (heap->key_edge(object, &at, &edge))
            explain((void *)(uintptr_t)edge.value, counting);
    at = NULL;
    if (is_map(page))
        while (heap->map_edge(object, &at, &edge))
            if (edge.key == NULL || !is_captured(edge.key))
                explain((void *)(uintptr_t)edge.value, counting);
}

// ---- the flood

static inline void live(struct table *table, uint32_t index)
{
    table->entries[index].refs = -1;
    table->stack[table->stack_count++] = index;
}

static inline void revive(void *child, void *context)
{
    struct table *table = context;
    uint64_t word = load(word_of(child));
    if ((word & CAPTURED) != 0 && entry_of(table, word)->refs >= 0)
        live(table, (uint32_t)(word >> 32) - 1);
}

static bool is_in_doubt(struct table *table, const void *object)
{
    uint64_t word = load(word_of(object));
    return (word & CAPTURED) != 0 && entry_of(table, word)->refs >= 0;
}

static void revive_edges(const weft_heap *heap, const struct page *page,
    const void *object, uint64_t word, struct table *table)
{
    struct weft__edge edge;
    void *at = NULL;
    if (is_key(heap, word))
        while (heap->key_edge(object, &at, &edge))
            if (!is_in_doubt(table, edge.map))
                revive((void *)(uintptr_t)edge.value, table);
    at = NULL;
    if (is_map(page))
        while (heap->map_edge(object, &at, &edge))
            if (edge.key == NULL || !is_in_doubt(table, edge.key))
                revive((void *)(uintptr_t)edge.value, table);
}

static void flood(const weft_heap *heap, struct table *table)
{
    while (table->stack_count > 0) {
        uint32_t index = table->stack[--table->stack_count];
        uint64_t *word = table->entries[index].word;
        struct page *page = page_of(word);
        each_child(page, word + 1, revive, table);
        revive_edges(heap, page, word + 1, load(word), table);
    }
}

// Floods from the entries whose counts are not explained; those that die keep
// refs 0. How many these are. Entries without a word are nobody's.
size_t weft__flood_table(struct collector *c)
{
    struct table *table = &c->table;
    for (size_t i = 0; i < table->count; i++) {
        const struct entry *entry = &table->entries[i];
        if (entry->word == NULL || entry->refs == 0)
            continue;
        if (entry->refs < 0)
            table->excess = entry->word;
        live(table, (uint32_t)i);
    }
    flood(c->heap, table);
    size_t dead = 0;
    for (size_t i = 0; i < table->count; i++)
        dead += table->entries[i].refs == 0;
    return dead;
}

// Takes off each entry what the others hold. True: all is explained, so that
// all are dead.
bool weft__count_table(struct collector *c)
{
    struct table *table = &c->table;
    struct counting counting = { table, 0, false };
    for (size_t i = 0; i < table->count; i++)
        counting.unexplained += table->entries[i].count;
    for (size_t i = 0; i < table->count; i++) {
        uint64_t *word = table->entries[i].word;
        struct page *page = page_of(word);
        if (i + LOOK_AHEAD < table->count)
            prefetch_children(table->entries[i + LOOK_AHEAD].word);
        each_child(page, word + 1, explain, &counting);
        explain_edges(c->heap, page, word + 1, load(word), &counting);
    }
    return counting.unexplained == 0 && !counting.excess;
}

// Of the captured: those that are dead keep refs 0, those that live get -1.
size_t weft__small_verdict(struct collector *c)
{
    return weft__count_table(c) ? c->table.count : weft__flood_table(c);
}

// Writes the counts back; the entries stay, to be read.
void weft__give_back(struct collector *c)
{
    for (size_t i = 0; i < c->table.count; i++) {
        const struct entry *entry = &c->table.entries[i];
        if (entry->word == NULL)
            continue;
        uint32_t low = (uint32_t)load(entry->word) & ~(uint32_t)CAPTURED;
        store(entry->word, (uint64_t)entry->count << 32 | low);
    }
}

// What was found on the way: more references to an object than its count says.
// Told once the counts are back, since the hook is user code.
void weft__report_excess(struct collector *c)
{
    uint64_t *word = c->table.excess;
    c->table.excess = NULL;
    if (word != NULL)
        weft__misuse(c->heap, word + 1, "weft_gc_collect: %s %p is reported "
            "more often than it is held: a row or visit names something twice, "
            "or a pointer was copied without weft_retain",
            weft__name_of(word + 1), (void *)(word + 1));
}
