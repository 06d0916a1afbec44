// SPDX-License-Identifier: MIT
//
// The answer for everything, in pieces: count what suspects hold, take out
// those whose count is not explained, and flood from them. Objects are only
// read (but that one which was condemned, and lives, is pardoned as the flood
// comes by), and the pieces may be as small as a caller likes, so a cycle does
// the same as a full pass, in slices.
//
//     count   for each suspect: for each child: its counter, in a margin, ++
//     root    suspect with counter < count: its bit goes, push it
//     flood   pop; each child that is a suspect: its bit goes, push it
//
// What remains is explained by suspects alone. In between the program may have
// moved references: then a count may be wrong either way, and who relies on the
// answer must look again (cycle.c).
//
// Both loops wait for memory only: a child is counted, or scanned, some sixteen
// others after its line was asked for.
#include "cycle.h"

enum { DISTANCE = 16, LONG = 256 };

uint32_t weft__next_suspect(const struct page *page, uint32_t index)
{
    if (page->margin == NULL || index >= page->capacity)
        return UINT32_MAX;
    const uint64_t *bits = page->margin->suspects;
    uint32_t last = (page->capacity - 1) >> 6, i = index >> 6;
    uint64_t word = bits[i] & (~(uint64_t)0 << (index & 63));
    while (word == 0) {
        if (i == last)
            return UINT32_MAX;
        word = bits[++i];
    }
    return i * 64 + (uint32_t)__builtin_ctzll(word);
}

static uint32_t slots_used(const struct page *page)
{
    if (is_span_size(page->slot_size))
        return page->bump > page->first;
    return (uint32_t)((uint64_t)(page->bump - page->first) / page->slot_size);
}

// All that is alive and tracked on the page becomes a suspect.
void weft__find_suspects(struct page *page)
{
    uint64_t *suspects = page->margin->suspects;
    uint32_t end = slots_used(page);
    const char *slot = page->first;
    for (uint32_t i = 0; i < end; i++, slot += page->slot_size)
        if ((int64_t)load((const uint64_t *)(const void *)slot) >= WEFT__ONE)
            suspects[i >> 6] |= (uint64_t)1 << (i & 63);
    if (page->frozen != NULL)
        for (uint32_t i = 0; i <= (page->capacity - 1) >> 6; i++)
            suspects[i] &= ~page->frozen[i];
}

// ---- count

struct ring {
    struct collector *c;
    uint8_t *counters[DISTANCE];
    const uint64_t *words[DISTANCE];
    uint32_t at;
};

static inline void count_one(struct collector *c, uint8_t *counter,
    const uint64_t *word)
{
    uint8_t count = *counter;
    if (likely(count < FULL - 1)) {
        *counter = (uint8_t)(count + 1);
    } else {
        *counter = FULL;
        weft__overflow(c, word, count < FULL);
    }
}

static inline void count_child(void *child, void *context)
{
    struct ring *ring = context;
    const struct page *page = page_of(child);
    if (page->margin == NULL)
        return;
    const uint64_t *word = word_of(child);
    uint8_t *counter = &page->margin->counters[slot_index(page, word)];
    __builtin_prefetch(counter, 1);
    uint32_t at = ring->at++ % DISTANCE;
    if (ring->counters[at] != NULL)
        count_one(ring->c, ring->counters[at], ring->words[at]);
    ring->counters[at] = counter;
    ring->words[at] = word;
}

static void drain(struct ring *ring)
{
    for (uint32_t i = 0; i < DISTANCE; i++)
        if (ring->counters[i] != NULL)
            count_one(ring->c, ring->counters[i], ring->words[i]);
}

static bool is_suspected(const void *object)
{
    return is_suspect(page_of(object), word_of(object));
}

// A map's entries whose key is no suspect, from a cursor on. False: not all.
static bool some_map_edges(const weft_heap *heap, const void *map, void **at,
    size_t limit, weft__child_fn *see, void *context)
{
    struct weft__edge edge;
    while (limit-- > 0) {
        if (!heap->map_edge(map, at, &edge))
            return true;
        if (edge.key == NULL || !is_suspected(edge.key))
            see((void *)(uintptr_t)edge.value, context);
    }
    return false;
}

static inline void each_key_edge(const weft_heap *heap, const void *object,
    weft__child_fn *see, void *context)
{
    struct weft__edge edge;
    void *at = NULL;
    if (is_key(heap, load(word_of(object))))
        while (heap->key_edge(object, &at, &edge))
            see((void *)(uintptr_t)edge.value, context);
}

// The entries of weak-key dictionaries count for the key if it is a suspect,
// else for the map.
static inline void each_edge_of(const weft_heap *heap, const struct page *page,
    const void *object, weft__child_fn *see, void *context)
{
    void *at = NULL;
    each_key_edge(heap, object, see, context);
    if (is_map(page))
        (void)some_map_edges(heap, object, &at, SIZE_MAX, see, context);
}

// Which references there are is summed up, wherever they are.
static inline uint64_t mix(uint64_t child, uint64_t secret)
{
    uint64_t mixed = (child ^ secret) * 0x9e3779b97f4a7c15u;
    return (mixed ^ mixed >> 29) * 0xd6e8feb86659fd93u;
}

static inline void hash_child(void *child, void *context)
{
    struct collector *c = context;
    c->hash += mix((uint64_t)(uintptr_t)child, c->secret);
}

static void count_and_hash(void *child, void *context)
{
    struct ring *ring = context;
    hash_child(child, ring->c);
    count_child(child, ring);
}

// Marks the suspects of a page, as long as each has the count that was counted,
// and adds to c->hash what they hold. False: one has not.
bool weft__mark_unchanged(struct collector *c, struct page *page)
{
    const uint64_t *bits = page->margin->suspects;
    const uint8_t *counters = page->margin->counters;
    for (uint32_t i = 0; i <= (page->capacity - 1) >> 6; i++)
        for (uint64_t left = bits[i]; left != 0; left &= left - 1) {
            uint32_t index = i * 64 + (uint32_t)__builtin_ctzll(left);
            uint64_t *word = slot_at(page, index), value = load(word);
            uint64_t counted = counters[index] < FULL ? counters[index]
                : weft__counted(c, page, index);
            if ((int64_t)value < WEFT__ONE || counted != value >> 32)
                return false;
            store(word, value | CONDEMNED);
            each_child(page, word + 1, hash_child, c);
            each_edge_of(c->heap, page, word + 1, hash_child, c);
        }
    return true;
}

// A long object, from c->place on, as far as visits go.
static bool count_long(struct ring *ring, weft__child_fn *see, int64_t *visits)
{
    struct collector *c = ring->c;
    while (*visits > 0) {
        *visits -= LONG / 4;
        const void *object = c->place.word + 1;
        if (!weft__some_children(&c->place, LONG, see, ring)
                || (is_map(page_of(object)) && !some_map_edges(c->heap, object,
                    &c->place.edge, LONG, see, ring)))
            continue;
        each_key_edge(c->heap, object, see, ring);
        c->place.word = NULL;
        return true;
    }
    return false;
}

// Counts what the suspects of a page hold, from c->index on. False: no visits
// left. Finds the suspects first, unless only those there are count.
bool weft__count_page(struct collector *c, struct page *page,
    enum counting_mode mode, int64_t *visits)
{
    struct ring ring = { .c = c };
    weft__child_fn *see = mode == COUNT_AND_HASH ? count_and_hash : count_child;
    if (page->margin == NULL)
        return true;
    if (mode == COUNT_AND_FIND && c->index == 0)
        weft__find_suspects(page);
    uint32_t index = c->index;
    bool done = true;
    for (; (index = weft__next_suspect(page, index)) != UINT32_MAX; index++) {
        uint64_t *word = slot_at(page, index);
        if (*visits <= 0) {
            done = false;
            break;
        }
        --*visits;
        if ((int64_t)load(word) < WEFT__ONE)
            continue;                       // dying
        if (page->strong == 0 && weft__weight(page, word + 1) > LONG) {
            if (c->place.word != word)
                c->place = (struct place){ .word = word };
            done = count_long(&ring, see, visits);
            if (!done)
                break;
            continue;
        }
        if (mode == COUNT_AND_HASH)
            each_child(page, word + 1, count_and_hash, &ring);
        else
            each_child(page, word + 1, count_child, &ring);
        each_edge_of(c->heap, page, word + 1, see, &ring);
    }
    drain(&ring);
    c->index = done ? 0 : index;
    return done;
}

// ---- root and flood

static inline void acquit(struct collector *c, struct page *page,
    uint64_t *word, uint32_t index)
{
    page->margin->suspects[index >> 6] &= ~((uint64_t)1 << (index & 63));
    c->cleared++;
    if (!weft__push(c, word))
        c->failed = true;
}

// Takes those out that are held from elsewhere too. `exact`: nothing has moved
// since the count, so that who has more than its count was reported twice.
void weft__root_page(struct collector *c, struct page *page, bool exact)
{
    for (uint32_t i = 0; (i = weft__next_suspect(page, i)) != UINT32_MAX; i++) {
        uint64_t *word = slot_at(page, i);
        uint64_t value = load(word), counted = weft__counted(c, page, i);
        if (likely(counted == value >> 32))
            continue;
        if (exact && counted > value >> 32)
            c->table.excess = word;
        if (counted < value >> 32 || exact)
            acquit(c, page, word, i);
    }
}

static inline void acquit_child(void *child, void *context)
{
    struct page *page = page_of(child);
    if (page->margin == NULL)
        return;
    uint64_t *word = word_of(child);
    uint32_t index = slot_index(page, word);
    if (test_bit(page->margin->suspects, index))
        acquit(context, page, word, index);
}

// What a key holds in the maps that are known to live.
static inline void acquit_key_edges(struct collector *c, const void *object)
{
    struct weft__edge edge;
    void *at = NULL;
    if (is_key(c->heap, load(word_of(object))))
        while (c->heap->key_edge(object, &at, &edge))
            if (!is_suspected(edge.map))
                acquit_child((void *)(uintptr_t)edge.value, c);
}

// Entries of weak-key dictionaries live when both are known to.
static inline void acquit_edges(struct collector *c, const struct page *page,
    const void *object)
{
    void *at = NULL;
    acquit_key_edges(c, object);
    if (is_map(page))
        (void)some_map_edges(c->heap, object, &at, SIZE_MAX, acquit_child, c);
}

static bool scan_long(struct collector *c, int64_t *visits)
{
    while (*visits > 0) {
        *visits -= LONG / 4;
        const void *object = c->place.word + 1;
        if (!weft__some_children(&c->place, LONG, acquit_child, c)
                || (is_map(page_of(object)) && !some_map_edges(c->heap, object,
                    &c->place.edge, LONG, acquit_child, c)))
            continue;
        acquit_key_edges(c, object);
        c->place.word = NULL;
        return true;
    }
    return false;
}

// What an acquitted object holds is acquitted. False: not finished with it.
static inline bool scan(struct collector *c, uint64_t *word, int64_t *visits)
{
    uint64_t value = load(word);
    const struct page *page = page_of(word);
    --*visits;
    if (is_condemned(value))
        weft__pardon(c, word);
    if (!is_alive(value) || page->type == NULL)
        return true;                        // died since
    if (unlikely(page->strong == 0)
            && weft__weight(page, word + 1) > LONG) {
        c->place = (struct place){ .word = word };
        return scan_long(c, visits);
    }
    each_child(page, word + 1, acquit_child, c);
    acquit_edges(c, page, word + 1);
    return true;
}

// Until the stack is empty, or there are no visits left: false. What was asked
// for, but not looked at yet, goes back on the stack.
bool weft__flood(struct collector *c, int64_t *visits)
{
    uint64_t *ahead[DISTANCE] = { NULL };
    uint32_t at = 0, waiting = 0;
    if (c->place.word != NULL && (!is_alive(load(c->place.word))
            || scan_long(c, visits)))
        c->place.word = NULL;
    while (*visits > 0 && !c->failed) {
        uint64_t *word = weft__pop(c);
        if (word == NULL && waiting == 0)
            return true;
        uint64_t *next = ahead[at % DISTANCE];
        ahead[at++ % DISTANCE] = word;
        if (word != NULL) {
            __builtin_prefetch(word);
            __builtin_prefetch(page_of(word));
            waiting++;
        }
        if (next == NULL)
            continue;
        waiting--;
        if (!scan(c, next, visits))
            break;
    }
    for (uint32_t i = 0; i < DISTANCE; i++)
        if (ahead[i] != NULL && !weft__push(c, ahead[i]))
            c->failed = true;
    return false;
}
