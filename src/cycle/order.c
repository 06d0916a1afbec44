// SPDX-License-Identifier: MIT
//
// Collecting in CPython's very order, for heaps opened with `ordered`: a tool
// to compare the two line by line. Objects carry a number: their generation, as
// CPython's three (and a fourth for what is frozen), and their place in it.
//
// CPython keeps a list a generation. New objects join the youngest at its end;
// collecting appends the younger lists to the one collected, scans it, and
// moves the survivors to the end of the next older. Scanning sets aside what
// seems to be trash; what a later one turns out to hold comes back to the end:
//
//     for each t in todo, which grows:
//         not explained: good; each child set aside goes to the end of todo
//         else: set aside
//
// Lists are rebuilt here for each collection, by sorting.
#include "cycle.h"

#include <stdlib.h>

struct placed {
    uint64_t key;               // to sort by
    uint64_t *word;
};

unsigned weft__generation_of(const uint64_t *word)
{
    const struct page *page = page_of(word);
    return (unsigned)(page->order[slot_index(page, word)] >> ORDER_SHIFT);
}

static uint64_t order_of(const uint64_t *word)
{
    const struct page *page = page_of(word);
    return page->order[slot_index(page, word)];
}

static int compare(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    return (x->key > y->key) - (x->key < y->key);
}

typedef bool weft__choose_fn(const struct page *page, const uint64_t *word,
    unsigned generation, uint64_t *rank);

// The objects that `choose` picks, sorted by its rank, then by their place.
static struct placed *gather(struct collector *c, unsigned generation,
    weft__choose_fn *choose, size_t *count)
{
    weft_heap *heap = c->heap;
    const void *garbage = c->garbage;   // is out of sight, as in Python
    struct placed *all = NULL;
    size_t room = 0;
    *count = 0;
    for (const struct page *page = heap->pages; page != NULL;
            page = page->next_page)
        for (uint32_t i = 0; page->type != NULL && page->order != NULL
                && i < page->capacity; i++) {
            uint64_t *word = slot_at(page, i), rank = 0;
            if ((char *)word >= page->bump)
                break;
            if (!is_tracked(page, load(word)) || word + 1 == garbage
                    || !choose(page, word, generation, &rank))
                continue;
            if (*count == room) {
                size_t more = room == 0 ? 256 : room * 2;
                struct placed *grown = weft__resize(heap, all,
                    room * sizeof(*all), more * sizeof(*all));
                if (grown == NULL) {
                    (void)weft__resize(heap, all, room * sizeof(*all), 0);
                    return NULL;
                }
                all = grown;
                room = more;
            }
            uint64_t place = order_of(word) << 2 >> 2;
            all[(*count)++] = (struct placed){ rank << ORDER_SHIFT | place,
                word };
        }
    if (all == NULL) {
        all = weft__resize(heap, NULL, 0, sizeof(*all));
        room = 1;
    }
    c->placed_room = room;
    if (*count > 0)
        qsort(all, *count, sizeof(*all), compare);
    return all;
}

static void drop_placed(struct collector *c, struct placed *all)
{
    (void)weft__resize(c->heap, all, c->placed_room * sizeof(*all), 0);
}

// ---- scanning

struct scan {
    struct table *table;
    uint32_t *todo;             // indices of entries
    uint8_t *state;             // of entries
    size_t todo_count;
};

enum { UNSEEN, ASIDE, RECALLED, GOOD };

static void recall(void *child, void *context)
{
    struct scan *scan = context;
    uint64_t word = load(word_of(child));
    if ((word & CAPTURED) == 0)
        return;
    uint32_t index = (uint32_t)(word >> 32) - 1;
    struct entry *entry = &scan->table->entries[index];
    if (scan->state[index] == GOOD || entry->refs != 0)
        return;
    entry->refs = 1;
    if (scan->state[index] != ASIDE)
        return;
    scan->state[index] = RECALLED;
    scan->todo[scan->todo_count++] = index;
}

// Not known to be good: nothing, no longer.
static bool is_open(const struct table *table, const void *object)
{
    uint64_t word = object == NULL ? 0 : load(word_of(object));
    return (word & CAPTURED) != 0
        && table->entries[(word >> 32) - 1].refs == 0;
}

// The entries of weak-key dictionaries, when the second of both is good.
static void recall_edges(const weft_heap *heap, const uint64_t *word,
    struct scan *scan)
{
    struct weft__edge edge;
    void *at = NULL;
    if (is_key(heap, load(word)))
        while (heap->key_edge(word + 1, &at, &edge))
            if (!is_open(scan->table, edge.map))
                recall((void *)(uintptr_t)edge.value, scan);
    at = NULL;
    if (is_map(page_of(word)))
        while (heap->map_edge(word + 1, &at, &edge))
            if (!is_open(scan->table, edge.key))
                recall((void *)(uintptr_t)edge.value, scan);
}

// Of the captured, in their order: the good ones, in theirs, go to the first
// part of `out`, the trash behind them. False: no memory.
static bool scan_table(struct collector *c, uint64_t **out, size_t *good)
{
    struct table *table = &c->table;
    size_t count = table->count, trash = 0;
    uint32_t *todo = weft__resize(c->heap, NULL, 0, count * 8 + 8);
    uint8_t *state = todo == NULL ? NULL
        : weft__resize(c->heap, NULL, 0, count + 1);
    if (state == NULL) {
        (void)weft__resize(c->heap, todo, count * 8 + 8, 0);
        return false;
    }
    struct scan scan = { table, todo, state, count };
    *good = 0;
    for (size_t i = 0; i < count; i++) {
        todo[i] = (uint32_t)i;
        state[i] = UNSEEN;
        if (table->entries[i].refs < 0)
            table->excess = table->entries[i].word;
    }
    for (size_t i = 0; i < scan.todo_count; i++) {
        uint32_t index = todo[i];
        uint64_t *word = table->entries[index].word;
        if (table->entries[index].refs == 0) {
            state[index] = ASIDE;
            continue;
        }
        state[index] = GOOD;
        out[(*good)++] = word;
        each_child(page_of(word), word + 1, recall, &scan);
        recall_edges(c->heap, word, &scan);
    }
    // Who was set aside and not recalled: in the order of the first look.
    for (size_t i = 0; i < count; i++)
        if (state[i] == ASIDE)
            out[*good + trash++] = table->entries[i].word;
    (void)weft__resize(c->heap, todo, count * 8 + 8, 0);
    (void)weft__resize(c->heap, state, count + 1, 0);
    return true;
}

// ---- a pass

static bool is_collected(const struct page *page, const uint64_t *word,
    unsigned generation, uint64_t *rank)
{
    unsigned its = weft__generation_of(word);
    *rank = its == generation ? 0 : its + 1;
    return its <= generation && !is_frozen(page, word);
}

size_t weft__ordered_pass(struct collector *c, weft_generation generation,
    weft_gc_stats *stats)
{
    size_t count, good = 0;
    struct placed *all = gather(c, generation, is_collected, &count);
    bool known = all != NULL && weft__reserve_table(c, count)
        && weft__reserve_members(c, &c->found, count);
    c->table.count = 0;
    for (size_t i = 0; known && i < count; i++)
        weft__capture(c, all[i].word);    // there is room
    if (all != NULL)
        drop_placed(c, all);
    if (!known)
        return 0;
    (void)weft__count_table(c);
    known = scan_table(c, c->found.words, &good);
    weft__give_back(c);
    weft__report_excess(c);
    if (!known)
        return 0;
    c->older = generation == WEFT_YOUNG ? WEFT_OLD : WEFT_FULL;
    for (size_t i = 0; i < good; i++)
        weft__append_order(page_of(c->found.words[i]), c->found.words[i],
            c->older);
    begin_found(&c->found);
    for (size_t i = good; i < count; i++)
        add_found(&c->found, c->found.words[i], load(c->found.words[i]));
    weft__promote_oldest(c, SIZE_MAX);
    if (generation == WEFT_FULL) {
        c->heap->grown = 0;
        weft__note_base(c, good);
    }
    return c->found.count == 0 ? 0 : weft__condemn_found(c, stats);
}

// The members, in their order, once more.
bool weft__ordered_judge(struct collector *c, struct members *members)
{
    struct cursor cursor = { 0 };
    size_t good = 0;
    if (!weft__reserve_table(c, members->count))
        return false;
    c->table.count = 0;
    for (uint64_t *word; (word = weft__next_member(c, members, &cursor));)
        if (is_tracked(page_of(word), load(word)))
            weft__capture(c, word);
        else
            weft__pardon(c, word);
    (void)weft__count_table(c);
    bool known = scan_table(c, members->words, &good);
    weft__give_back(c);
    if (!known)
        return false;
    for (size_t i = 0; i < good; i++)
        weft__pardon(c, members->words[i]);
    members->count = c->table.count - good;
    for (size_t i = 0; i < members->count; i++)
        members->words[i] = members->words[good + i];
    return true;
}

// ---- freezing

static bool is_frozen_now(const struct page *page, const uint64_t *word,
    unsigned generation, uint64_t *rank)
{
    unsigned its = weft__generation_of(word);
    (void)page;
    (void)generation;
    *rank = its == 3 ? 0 : its + 1;
    return true;
}

static bool is_in_permanent(const struct page *page, const uint64_t *word,
    unsigned generation, uint64_t *rank)
{
    (void)page;
    *rank = 0;
    return weft__generation_of(word) == generation;
}

static bool renumber(struct collector *c, unsigned from, unsigned to,
    weft__choose_fn *choose)
{
    size_t count;
    struct placed *all = gather(c, from, choose, &count);
    if (all == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        weft__append_order(page_of(all[i].word), all[i].word, to);
    drop_placed(c, all);
    return true;
}

// All that is there goes to the end of the permanent generation.
bool weft__freeze_order(struct collector *c)
{
    return renumber(c, 3, 3, is_frozen_now);
}

static void unfreeze_anyhow(struct page *page, uint64_t *word, void *context)
{
    (void)context;
    if (page->order != NULL && weft__generation_of(word) == 3)
        weft__append_order(page, word, WEFT_FULL);
}

// Without memory to sort them by their places, in any order.
void weft__unfreeze_order(struct collector *c)
{
    if (!renumber(c, 3, WEFT_FULL, is_in_permanent))
        weft__each_object(c->heap, unfreeze_anyhow, NULL);
}
