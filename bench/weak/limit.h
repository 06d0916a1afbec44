// SPDX-License-Identifier: MIT
//
// What the machine allows where a table finds counted objects: a plain one, by
// open addressing, at most half full, of two words a slot; and objects of 24
// bytes with a plain count, side by side in huge pages, as weft's are in a heap
// of this size. An object that dies gives its slot back, and those behind it
// move up. Nothing is owned, locked, ordered, or asked whether it may; but a
// set has an array of its members, to go through.
//
//     slot    the key, and what is there
//     key     a number or an address; of a text the address, its hash's highest
//             byte, and its lowest, which tells how far the slot is from home
//
// Texts are hashed by SipHash-1-3 with a secret, as nobody may choose texts
// that collide (and as Python, Rust and weft do), or by two multiplications
// (KIND_CHEAP), which is what a table of trusted texts would do.
#ifndef BENCH_WEAK_LIMIT_H
#define BENCH_WEAK_LIMIT_H

#include <sys/mman.h>

#include "weak.h"

struct limit_node {
    uint64_t count;             // of references; free: 0
    struct limit_map *map;      // whose it is, or NULL; free: the next such
    uint64_t hash;              // of its key there
};

struct limit_slot {
    uint64_t key;
    void *there;                // NULL: empty; of a key: its number
};

struct limit_map {
    struct limit_slot *slots;
    size_t mask, used;
    enum what what;
    bool is_text;               // of texts
    void **members;             // of a set, as they came; none may leave
    size_t member_count, member_room;
};

static char *limit_memory, *limit_memory_end;   // for more objects
static struct limit_node *limit_free;           // those that died
static uint64_t limit_secret[2];                // chosen with the first table

static inline void limit_reserve_nodes(void)
{
    size_t huge = (size_t)2 << 20, size = 64 * huge;
    char *memory = mmap(NULL, size + huge, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    BENCH_CHECK(memory != MAP_FAILED);
    (void)madvise(memory, size + huge, MADV_HUGEPAGE);
    limit_memory = (char *)(((uintptr_t)memory + huge - 1) & ~(huge - 1));
    limit_memory_end = limit_memory + size - sizeof(struct limit_node);
}

static inline void *limit_node_new(void)
{
    struct limit_node *node = limit_free;
    if (node != NULL) {
        limit_free = (struct limit_node *)(void *)node->map;
    } else {
        if (limit_memory >= limit_memory_end)
            limit_reserve_nodes();
        node = (struct limit_node *)(void *)limit_memory;
        limit_memory += sizeof(*node);
    }
    *node = (struct limit_node){ 1, NULL, 0 };
    return node;
}

// ---------------------------------------------------------------------------
// Hashes

static inline uint64_t limit_mix(uint64_t number)
{
    number *= 0x9e3779b97f4a7c15u;
    return number ^ number >> 32;
}

static inline uint64_t limit_word(const char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, 8);
    return word;
}

// Of 8 to 16 bytes, which ours are.
static inline uint64_t limit_hash_cheaply(const char *text, size_t size)
{
    return limit_mix(limit_mix(limit_word(text) ^ size)
        ^ limit_word(text + size - 8));
}

static inline bool limit_is_same(const char *a, const char *b, size_t size)
{
    return limit_word(a) == limit_word(b)
        && limit_word(a + size - 8) == limit_word(b + size - 8);
}

#define ROTATED(x, bits) ((x) << (bits) | (x) >> (64 - (bits)))

static inline void limit_sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = ROTATED(v[1], 13) ^ v[0];
    v[3] = ROTATED(v[3], 16) ^ v[2];
    v[0] = ROTATED(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = ROTATED(v[1], 17) ^ v[2];
    v[3] = ROTATED(v[3], 21) ^ v[0];
    v[2] = ROTATED(v[2], 32);
}

static inline void limit_sip_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    limit_sip_round(v);
    v[0] ^= word;
}

// The bytes that fill no word are the upper ones of the last eight.
static inline uint64_t limit_siphash(const char *text, size_t size)
{
    uint64_t v[4] = { limit_secret[0] ^ 0x736f6d6570736575,
        limit_secret[1] ^ 0x646f72616e646f6d,
        limit_secret[0] ^ 0x6c7967656e657261,
        limit_secret[1] ^ 0x7465646279746573 };
    size_t rest = size & 7, at = 0;
    for (; at + 8 <= size; at += 8)
        limit_sip_word(v, limit_word(text + at));
    uint64_t last = rest == 0 ? 0
        : limit_word(text + size - 8) >> (64 - 8 * rest);
    limit_sip_word(v, last | (uint64_t)size << 56);
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        limit_sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static inline uint64_t limit_hash(enum kind kind, union key key)
{
    return kind == KIND_TEXT ? limit_siphash(key.text, text_size)
        : kind == KIND_CHEAP ? limit_hash_cheaply(key.text, text_size)
        : limit_mix(key.number);
}

// ---------------------------------------------------------------------------
// Slots

static inline bool limit_is_text(enum kind kind)
{
    return kind == KIND_TEXT || kind == KIND_CHEAP;
}

static inline void *limit_map_new(enum what what)
{
    struct limit_map *map = calloc(1, sizeof(*map));
    BENCH_CHECK(map != NULL);
    for (int i = 0; i < 2 && limit_secret[i] == 0; i++)
        limit_secret[i] = bench_random();
    map->what = what;
    map->mask = 15;
    map->slots = calloc(map->mask + 1, sizeof(*map->slots));
    BENCH_CHECK(map->slots != NULL);
    return map;
}

static inline void limit_map_free(void *self)
{
    struct limit_map *map = self;
    for (size_t at = 0; map->what != MAP_VALUE && at <= map->mask; at++)
        if (map->slots[at].there != NULL)
            ((struct limit_node *)(uintptr_t)map->slots[at].key)->map = NULL;
    free(map->slots);
    free(map->members);
    free(map);
}

static inline size_t limit_map_count(void *self)
{
    return ((struct limit_map *)self)->used;
}

static inline size_t limit_home(const struct limit_map *map, size_t at)
{
    struct limit_slot slot = map->slots[at];
    if (map->is_text)
        return (at - ((at - (size_t)(slot.key >> 48)) & 0xff)) & map->mask;
    return limit_mix(slot.key) & map->mask;
}

// Where the key is, or an empty slot, in which a key that went may still be.
static inline size_t limit_find(const struct limit_map *map, enum kind kind,
    union key key, uint64_t hash)
{
    size_t at = hash & map->mask;
    uint64_t tag = (hash & 0xff) | (hash >> 56) << 8;
    for (;; at = (at + 1) & map->mask) {
        struct limit_slot slot = map->slots[at];
        if (!limit_is_text(kind) ? slot.key == key.number
                : slot.key >> 48 == tag && slot.key != 0 && limit_is_same(
                    (const char *)(uintptr_t)(slot.key << 16 >> 16), key.text,
                    text_size))
            return at;
        if (slot.there == NULL)
            return at;
    }
}

static inline void limit_grow(struct limit_map *map)
{
    struct limit_map old = *map;
    map->mask = 2 * old.mask + 1;
    map->slots = calloc(map->mask + 1, sizeof(*map->slots));
    BENCH_CHECK(map->slots != NULL);
    for (size_t i = 0; i <= old.mask; i++) {
        struct limit_slot slot = old.slots[i];
        if (slot.there == NULL)
            continue;
        uint64_t hash = map->is_text ? ((struct limit_node *)slot.there)->hash
            : limit_mix(slot.key);
        size_t at = hash & map->mask;
        while (map->slots[at].there != NULL)
            at = (at + 1) & map->mask;
        map->slots[at] = slot;
    }
    free(old.slots);
}

// Under a key that is not there, which is looked for nevertheless.
static inline void limit_store(struct limit_map *map, enum kind kind,
    union key key, uint64_t hash, void *there)
{
    if (2 * map->used > map->mask)
        limit_grow(map);
    size_t at = limit_find(map, kind, key, hash);
    BENCH_CHECK(map->slots[at].there == NULL
        && ((at - hash) & map->mask) < 256);
    uint64_t word = !limit_is_text(kind) ? key.number
        : (uintptr_t)key.text | (hash & 0xff) << 48 | hash >> 56 << 56;
    map->slots[at] = (struct limit_slot){ word, there };
    map->used++;
}

static inline void limit_erase(struct limit_map *map,
    const struct limit_node *node)
{
    struct limit_slot *slots = map->slots;
    size_t hole = node->hash & map->mask;
    if (map->what == MAP_VALUE)
        while (slots[hole].there != node)
            hole = (hole + 1) & map->mask;
    else
        while (slots[hole].key != (uintptr_t)node)
            hole = (hole + 1) & map->mask;
    for (size_t at = hole + 1;; at++) {
        if (slots[at & map->mask].there == NULL)
            break;
        size_t home = limit_home(map, at & map->mask);
        if (((at - home) & map->mask) < ((at - hole) & map->mask))
            continue;
        slots[hole & map->mask] = slots[at & map->mask];
        hole = at;
    }
    slots[hole & map->mask].there = NULL;
    map->used--;
}

static inline void limit_drop(void *object)
{
    struct limit_node *node = object;
    if (--node->count > 0)
        return;
    if (node->map != NULL)
        limit_erase(node->map, node);
    node->map = (struct limit_map *)(void *)limit_free;
    limit_free = node;
}

static inline void *limit_twin(void *object)
{
    ((struct limit_node *)object)->count++;
    return object;
}

// ---------------------------------------------------------------------------
// What loops.h asks for

static inline union key limit_key_new(enum kind kind, uint32_t i)
{
    union key key = { .number = number_of(i) };
    if (limit_is_text(kind))
        key.text = text_new(i);
    else if (kind == KIND_OBJECT)
        key.object = limit_node_new();
    return key;
}

static inline void limit_key_drop(enum kind kind, union key key)
{
    if (kind == KIND_OBJECT)
        limit_drop(key.object);
}

static inline union key limit_probe(enum kind kind, uint32_t i, union key key)
{
    if (kind != KIND_OBJECT)
        return limit_key_new(kind, i);
    limit_twin(key.object);
    return key;
}

static inline void limit_put(void *self, enum kind kind, union key key,
    void *object)
{
    struct limit_map *map = self;
    struct limit_node *node = object;
    map->is_text = limit_is_text(kind);
    node->map = map;
    node->hash = limit_hash(kind, key);
    limit_store(map, kind, key, node->hash, node);
}

static inline void *limit_get(void *self, enum kind kind, union key key)
{
    const struct limit_map *map = self;
    size_t at = limit_find(map, kind, key, limit_hash(kind, key));
    struct limit_node *node = map->slots[at].there;
    if (node != NULL)
        node->count++;
    return node;
}

static inline void limit_key_put(void *self, void *object, uintptr_t number)
{
    struct limit_map *map = self;
    struct limit_node *node = object;
    union key key = { .number = (uintptr_t)object };
    node->map = map;
    node->hash = limit_mix(key.number);
    limit_store(map, KIND_INT, key, node->hash, (void *)number);
}

static inline uintptr_t limit_key_get(void *self, void *object)
{
    const struct limit_map *map = self;
    union key key = { .number = (uintptr_t)object };
    size_t at = limit_find(map, KIND_INT, key, limit_mix(key.number));
    return (uintptr_t)map->slots[at].there;
}

static inline void limit_set_add(void *self, void *object)
{
    struct limit_map *map = self;
    limit_key_put(self, object, 1);
    if (map->member_count == map->member_room) {
        map->member_room = 2 * map->member_room + 16;
        map->members = realloc(map->members,
            map->member_room * sizeof(*map->members));
        BENCH_CHECK(map->members != NULL);
    }
    map->members[map->member_count++] = object;
}

static inline bool limit_set_has(void *self, void *object)
{
    return limit_key_get(self, object) != 0;
}

static inline uintptr_t limit_set_each(void *self, uint32_t *seen)
{
    const struct limit_map *map = self;
    uintptr_t sum = 0;
    for (size_t i = 0; i < map->member_count; i++) {
        struct limit_node *node = map->members[i];
        node->count++;
        sum += (uintptr_t)node;
        BENCH_KEEP(node);
        node->count--;
        (*seen)++;
    }
    return sum;
}

#define T(name) limit_##name
#include "loops.h"
#undef T

#endif
