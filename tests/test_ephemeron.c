// SPDX-License-Identifier: MIT
//
// Ephemerons: the entries of weak-key dictionaries ("maps" here), whose value
// lives as long as both their key and their map do; in every order in which
// these lead to each other, and in every way of collecting. White box: a cycle
// is driven from the inside, slice by slice.
#include "rings.h"

#undef CHECKED
#include "../src/cycle/cycle.h"

// Each way of collecting all there is, while all is young, or after all is old.
enum { WAYS = 4 };

static void grow(weft_heap *heap, int way)
{
    by_hand(heap);
    if (way >= 2)
        (void)weft_gc_collect(heap, WEFT_YOUNG);
}

// The slices of a cycle, to its end.
static void run_cycle(weft_heap *heap)
{
    heap->often = true;         // else a small heap is not worth a cycle
    do
        weft__run_slice(heap->collector, 7);
    while (heap->collector->phase != PHASE_IDLE);
    heap->often = false;
}

static void collect(weft_heap *heap, int way)
{
    if (way == 0)
        (void)weft_gc_collect(heap, WEFT_YOUNG);
    else if (way == 3)
        run_cycle(heap);
    else
        (void)weft_gc_collect(heap, WEFT_FULL);
}

WEFT_NEW_REF static weft_weakkeydict *map_new(weft_heap *heap)
{
    return weft_weakkeydict_new(heap, WEFT_BY_IDENTITY);
}

static void put(weft_weakkeydict *map, void *key, const void *value)
{
    CHECK_EQ(weft_weakkeydict_put(map, key, weft_object(value)), WEFT_OK);
}

// Drops the caller's reference to an object that holds itself.
static void lose(struct node *node)
{
    weft_set(&node->right, node);
    weft_release(node);
}

// A live key keeps its value while the map lives; without the map it does not.
static void key_and_map_keep_the_value(weft_heap *heap)
{
    for (int way = 0; way < WAYS; way++) {
        by_hand(heap);
        weft_auto(weft_weakkeydict) map = map_new(heap);
        weft_auto(struct node) key = plain_new(heap);
        weft_auto(struct node) value = ring_new(heap, 3);
        put(map, key, value);
        weft_clear(&value);
        grow(heap, way);
        collect(heap, way);
        CHECK_EQ(weft_weakkeydict_length(map), 1);
        CHECK_EQ(object_count(heap), 5);
        weft_clear(&map);
        collect(heap, 1);
        CHECK_EQ(object_count(heap), 1);
    }
}

// A key that is garbage goes, its entry with it; the map stays. The value goes
// unless it is held.
static void key_is_garbage(weft_heap *heap)
{
    for (int way = 0; way < WAYS; way++) {
        by_hand(heap);
        weft_auto(weft_weakkeydict) map = map_new(heap);
        weft_auto(weft_weakkeydict) other = map_new(heap);
        weft_auto(struct node) held = plain_new(heap);
        for (int i = 0; i < 10; i++) {
            struct node *key = plain_new(heap), *value = ring_new(heap, 2);
            put(map, key, value);
            put(other, key, held);
            weft_release(value);
            lose(key);
        }
        grow(heap, way);
        collect(heap, way);
        collect(heap, 1);               // a young pass cannot see old ones
        CHECK_EQ(weft_weakkeydict_length(map), 0);
        CHECK_EQ(weft_weakkeydict_length(other), 0);
        CHECK_EQ(object_count(heap), 3);
        CHECK_EQ(weft_refcount(held), 1);
    }
}

// A map that is garbage goes with its entries; the keys stay.
static void map_is_garbage(weft_heap *heap)
{
    for (int way = 0; way < WAYS; way++) {
        by_hand(heap);
        weft_auto(struct node) key = plain_new(heap);
        weft_auto(struct node) other = plain_new(heap);
        weft_weakkeydict *map = map_new(heap);
        struct node *value = loud_ring(heap, "a", "b");
        put(map, key, value);
        weft_release(value);
        struct node *holder = plain_new(heap);
        put(map, other, holder);
        weft_set_slot(&holder->left, map);
        weft_release(holder);
        weft_release(map);
        grow(heap, way);
        collect(heap, way);
        CHECK_EQ(object_count(heap), 2);
        CHECK_EQ(weft_weakref_count(key), 0);
        CHECK_EQ(weft_weakref_count(other), 0);
        CHECK_EQ(strlen(shim.trace), strlen("~a ~b a. b."));
        forget_trace();
    }
}

// Pitfall H51: a value that leads back to its key does not keep it, however
// long the way.
static void hist_h51_value_leads_to_key(weft_heap *heap)
{
    for (size_t length = 1; length <= 1000; length += 1 + length / 2)
        for (int way = 0; way < WAYS; way++) {
            by_hand(heap);
            weft_auto(weft_weakkeydict) map = map_new(heap);
            struct node *key = plain_new(heap), *end = NULL;
            struct node *value = plain_new(heap);
            end = value;
            for (size_t i = 1; i < length; i++) {
                end->left = plain_new(heap);
                end = end->left;
            }
            end->left = weft_retain(key);
            put(map, key, value);
            weft_release(value);
            grow(heap, way);
            collect(heap, way);
            CHECK_EQ(object_count(heap), length + 2);
            weft_release(key);
            collect(heap, way == 0 ? 1 : way);
            CHECK_EQ(object_count(heap), 1);
            CHECK_EQ(weft_weakkeydict_length(map), 0);
        }
}

// The value is the key itself, or the map.
static void value_is_key_or_map(weft_heap *heap)
{
    for (int way = 0; way < WAYS; way++) {
        by_hand(heap);
        weft_auto(weft_weakkeydict) map = map_new(heap);
        struct node *key = plain_new(heap);
        put(map, key, key);
        weft_release(key);
        grow(heap, way);
        collect(heap, way);
        CHECK_EQ(object_count(heap), 1);
        weft_auto(struct node) live = plain_new(heap);
        put(map, live, map);
        weft_clear(&map);               // only its own entry holds it now
        grow(heap, way);
        collect(heap, way == 0 ? 1 : way);
        CHECK_EQ(object_count(heap), 1);
        CHECK_EQ(weft_weakref_count(live), 0);
    }
}

// A key in two maps: each value goes with its map.
static void key_in_two_maps(weft_heap *heap)
{
    for (int way = 0; way < WAYS; way++) {
        by_hand(heap);
        weft_auto(weft_weakkeydict) first = map_new(heap);
        weft_auto(weft_weakkeydict) second = map_new(heap);
        weft_auto(struct node) key = plain_new(heap);
        struct node *a = ring_new(heap, 2), *b = ring_new(heap, 3);
        put(first, key, a);
        put(second, key, b);
        weft_release(a);
        weft_release(b);
        grow(heap, way);
        collect(heap, way);
        CHECK_EQ(object_count(heap), 3 + 5);
        weft_clear(&first);
        collect(heap, 1);
        CHECK_EQ(object_count(heap), 2 + 3);
        weft_clear(&key);
        collect(heap, 1);
        CHECK_EQ(object_count(heap), 1);
    }
}

struct leaf {
    int number;                 // all it has
};

static weft_type leaf_type = { .name = "leaf", WEFT_SIZE(struct leaf) };

// A key may be of a type that holds nothing, and so be in no ring but this one:
// its value leads to it.
static void keys_may_be_leaves(weft_heap *heap)
{
    for (int way = 0; way < WAYS; way++) {
        by_hand(heap);
        weft_auto(weft_weakkeydict) map = map_new(heap);
        struct leaf *key = weft_new(heap, &leaf_type);
        struct leaf *other = weft_new(heap, &leaf_type);
        struct node *value = plain_new(heap);
        weft_list *list = weft_list_new(heap);
        CHECK_EQ(weft_list_append(list, weft_object(key)), WEFT_OK);
        weft_set_slot(&value->left, list);
        put(map, key, value);
        put(map, other, key);
        weft_release(list);
        weft_release(value);
        grow(heap, way);
        weft_release(key);
        collect(heap, way);
        CHECK_EQ(weft_weakkeydict_length(map), 2);
        weft_release(other);
        collect(heap, way);
        collect(heap, 1);
        CHECK_EQ(weft_weakkeydict_length(map), 0);
        CHECK_EQ(object_count(heap), 1);
    }
}

// A key that only its value leads to lives as long as somebody has that.
static void value_may_keep_its_key(weft_heap *heap)
{
    for (int way = 0; way < WAYS; way++) {
        by_hand(heap);
        weft_auto(weft_weakkeydict) map = map_new(heap);
        weft_auto(struct node) value = plain_new(heap);
        value->left = plain_new(heap);
        put(map, value->left, value);
        grow(heap, way);
        collect(heap, way);
        CHECK_EQ(weft_weakkeydict_length(map), 1);
        CHECK_EQ(weft_refcount(value), 2);
        weft_clear(&value);
        collect(heap, way == 0 ? 1 : way);
        CHECK_EQ(weft_weakkeydict_length(map), 0);
        CHECK_EQ(object_count(heap), 1);
    }
}

// Two maps, each of which an entry of the other holds, go though all keys live:
// nobody else has them.
static void maps_may_hold_each_other(weft_heap *heap)
{
    for (int way = 0; way < WAYS; way++) {
        by_hand(heap);
        weft_weakkeydict *first = map_new(heap), *second = map_new(heap);
        weft_auto(struct node) a = plain_new(heap);
        weft_auto(struct node) b = plain_new(heap);
        put(first, a, second);
        put(second, b, first);
        weft_release(second);
        grow(heap, way);
        collect(heap, way);
        CHECK_EQ(object_count(heap), 4);
        weft_release(first);
        collect(heap, way == 0 ? 1 : way);
        CHECK_EQ(object_count(heap), 2);
        CHECK_EQ(weft_weakref_count(a) + weft_weakref_count(b), 0);
    }
}

// Pitfall H52: in a heap with maps, objects that are watched without being
// keys, and lists and nodes that are no maps, are what they are.
static void hist_h52_only_maps_are_maps(weft_heap *heap)
{
    for (int way = 0; way < WAYS; way++) {
        by_hand(heap);
        weft_auto(weft_weakkeydict) map = map_new(heap);
        struct node *ring = ring_new(heap, 3);
        weft_list *list = weft_list_new(heap);
        CHECK_EQ(weft_list_append(list, weft_object(list)), WEFT_OK);
        CHECK_EQ(weft_list_append(list, weft_object(map)), WEFT_OK);
        put(map, list, ring);
        weft_auto(weft_ref) plain = weft_ref_new(ring, NULL, NULL);
        weft_auto(weft_ref) told = weft_ref_new(ring->left, told_of, "told");
        grow(heap, way);
        weft_release(ring);
        weft_release(list);
        collect(heap, way);
        collect(heap, 1);
        CHECK_TRACE("told");
        CHECK_TRUE(weft_ref_is_dead(plain) && weft_ref_is_dead(told));
        CHECK_EQ(weft_weakkeydict_length(map), 0);
        CHECK_EQ(weft_refcount(map), 1);
    }
}

// ---------------------------------------------------------------------------
// Chains: the value of each entry is the key of the next

enum order { FORWARD, BACKWARD, SHUFFLED };

static size_t place_of(size_t i, size_t length, enum order order)
{
    return order == FORWARD ? i : order == BACKWARD ? length - 1 - i
        : i * 7919 % length;
}

// The first key of a chain of entries; objects and entries are made in an
// order of their own.
WEFT_NEW_REF static struct node *chain_new(weft_heap *heap,
    weft_weakkeydict *map, size_t length, enum order order)
{
    struct node **keys = calloc(length, sizeof(*keys));
    for (size_t i = 0; i < length; i++)
        keys[place_of(i, length, order)] = plain_new(heap);
    for (size_t i = 0; i + 1 < length; i++) {
        size_t at = place_of(i, length - 1, order);
        put(map, keys[at], keys[at + 1]);
    }
    struct node *first = keys[0];
    for (size_t i = 1; i < length; i++)
        weft_release(keys[i]);
    free(keys);
    return first;
}

// The whole chain lives by its first key, and goes with it, in one collection
// and in time proportional to its length, in whatever order it lies there.
static void long_chains(weft_heap *heap)
{
    const size_t length = SANITIZED ? 20000 : 100000;
    for (enum order order = FORWARD; order <= SHUFFLED; order++)
        for (int way = 0; way < WAYS; way++) {
            by_hand(heap);
            weft_auto(weft_weakkeydict) map = map_new(heap);
            struct node *first = chain_new(heap, map, length, order);
            grow(heap, way);
            collect(heap, way);
            CHECK_EQ(weft_weakkeydict_length(map), length - 1);
            CHECK_EQ(object_count(heap), length + 1);
            lose(first);
            collect(heap, way == 0 ? 1 : way);
            CHECK_EQ(weft_weakkeydict_length(map), 0);
            CHECK_EQ(object_count(heap), 1);
        }
}

// A chain whose links are in two maps by turns goes as one in one map does.
static void long_chain_across_two_maps(weft_heap *heap)
{
    const size_t length = SANITIZED ? 20000 : 100000;
    for (int way = 0; way < WAYS; way++) {
        by_hand(heap);
        weft_auto(weft_weakkeydict) even = map_new(heap);
        weft_auto(weft_weakkeydict) odd = map_new(heap);
        struct node *first = chain_new(heap, odd, length, BACKWARD);
        size_t moved = 0;
        weft_each (it, odd)
            if (moved++ % 2 == 0) {
                put(even, it.key.as.object, it.object);
                CHECK_TRUE(weft_weakkeydict_remove(odd, it.key.as.object));
            }
        grow(heap, way);
        collect(heap, way);
        CHECK_EQ(weft_weakkeydict_length(odd), (length - 1) / 2);
        CHECK_EQ(weft_weakkeydict_length(even), length / 2);
        lose(first);
        collect(heap, way == 0 ? 1 : way);
        CHECK_EQ(object_count(heap), 2);
    }
}

// How many slices a cycle takes that keeps a chain.
static size_t slices_for(weft_heap *heap, size_t length, enum order order)
{
    weft_auto(weft_weakkeydict) map = map_new(heap);
    weft_auto(struct node) first = chain_new(heap, map, length, order);
    size_t slices = 0;
    (void)weft_gc_collect(heap, WEFT_YOUNG);
    heap->often = true;
    do {
        weft__run_slice(heap->collector, 100);
        slices++;
    } while (heap->collector->phase != PHASE_IDLE);
    heap->often = false;
    CHECK_EQ(weft_weakkeydict_length(map), length - 1);
    return slices;
}

// Work is in proportion to the chain, in whatever order it lies there: with one
// round after the other over all entries four times the length would take
// sixteen times as long.
static void long_chains_take_linear_time(weft_heap *heap)
{
    by_hand(heap);
    for (enum order order = FORWARD; order <= SHUFFLED; order++) {
        size_t slices = slices_for(heap, 5000, order);
        CHECK_TRUE(slices > 10);
        CHECK_TRUE(slices_for(heap, 20000, order) <= 5 * slices);
    }
}

// The same with the map as part of the garbage: held by the chain alone.
static void long_chain_with_its_map(weft_heap *heap)
{
    const size_t length = SANITIZED ? 20000 : 100000;
    for (int way = 0; way < WAYS; way++) {
        by_hand(heap);
        weft_weakkeydict *map = map_new(heap);
        struct node *first = chain_new(heap, map, length, SHUFFLED);
        weft_set_slot(&first->left, map);
        weft_release(map);
        grow(heap, way);
        collect(heap, way);
        CHECK_EQ(object_count(heap), length + 1);
        lose(first);
        collect(heap, way == 0 ? 1 : way);
        CHECK_EQ(object_count(heap), 0);
    }
}

static void drop_newest(weft_weakkeydict *map)
{
    void *key;
    weft_auto_value value = weft_nil();
    if (weft_weakkeydict_popitem(map, &key, &value))
        weft_release(key);
}

// While a cycle goes on, entries are dropped and put, by turns, for keys and
// values that live, and that do not.
static void entries_change_between_slices(weft_heap *heap)
{
    for (int visits = 1; visits < 60; visits += 1 + visits / 5) {
        by_hand(heap);
        weft_auto(weft_weakkeydict) map = map_new(heap);
        weft_auto(struct node) live = ring_new(heap, 20);
        struct node *at = live;
        for (int i = 0; i < 20; i++, at = at->left) {
            struct node *key = plain_new(heap), *value = ring_new(heap, 2);
            put(map, key, value);
            put(map, at, value);
            weft_release(value);
            lose(key);
        }
        (void)weft_gc_collect(heap, WEFT_YOUNG);
        int slices = 0;
        heap->often = true;
        do {
            weft__run_slice(heap->collector, visits);
            if (slices % 3 == 0)
                drop_newest(map);
            if (slices++ < 200)
                put(map, at, live);
            at = at->left;
        } while (heap->collector->phase != PHASE_IDLE);
        heap->often = false;
        at = live;
        for (int i = 0; i < 20; i++)
            at = at->left;
        CHECK_SAME(at, live);
        CHECK_TRUE(weft_heap_verify(heap));
        weft_clear(&live);
        collect(heap, 1);
        CHECK_EQ(weft_weakkeydict_length(map), 0);
        CHECK_EQ(object_count(heap), 1);
    }
}

// ---------------------------------------------------------------------------
// At random

enum { NODES = 24, MAPS = 3, ENTRIES = 16 };

static struct puzzle {
    struct node *nodes[NODES];      // borrowed
    weft_weakkeydict *maps[MAPS];   // borrowed
    bool held[NODES], map_held[MAPS];
    int left[NODES], right[NODES];  // of each node, -1: none
    int entries[ENTRIES][3];        // map, key, value
    bool alive[NODES], map_alive[MAPS];
} puzzle;

static uint32_t random_state;

static int below(int limit)
{
    random_state = random_state * 1664525 + 1013904223;
    return (int)((random_state >> 8) % (uint32_t)limit);
}

// Is there a later one with the same key?
static bool is_replaced(int entry)
{
    const int *one = puzzle.entries[entry];
    for (int i = entry + 1; i < ENTRIES; i++) {
        const int *other = puzzle.entries[i];
        if (one[0] == other[0] && one[1] == other[1])
            return true;
    }
    return false;
}

// What should live, by a fixpoint as plain as can be.
static void solve(void)
{
    struct puzzle *p = &puzzle;
    memcpy(p->alive, p->held, sizeof(p->alive));
    memcpy(p->map_alive, p->map_held, sizeof(p->map_alive));
    for (int round = 0; round < NODES + 1; round++) {
        for (int i = 0; i < NODES; i++) {
            if (p->alive[i] && p->left[i] >= 0)
                p->alive[p->left[i]] = true;
            if (p->alive[i] && p->right[i] >= 0)
                p->alive[p->right[i]] = true;
        }
        for (int i = 0; i < ENTRIES; i++)
            if (p->map_alive[p->entries[i][0]] && p->alive[p->entries[i][1]]
                    && !is_replaced(i))
                p->alive[p->entries[i][2]] = true;
    }
}

static void make_puzzle(weft_heap *heap)
{
    struct puzzle *p = &puzzle;
    for (int i = 0; i < NODES; i++) {
        p->nodes[i] = plain_new(heap);
        p->held[i] = below(6) == 0;
        p->left[i] = below(2) == 0 ? below(NODES) : -1;
        p->right[i] = below(4) == 0 ? below(NODES) : -1;
    }
    for (int i = 0; i < MAPS; i++) {
        p->maps[i] = map_new(heap);
        p->map_held[i] = below(3) > 0;
    }
    for (int i = 0; i < ENTRIES; i++) {
        int *entry = p->entries[i];
        entry[0] = below(MAPS);
        entry[1] = below(NODES);
        entry[2] = below(NODES);
        put(p->maps[entry[0]], p->nodes[entry[1]], p->nodes[entry[2]]);
    }
    for (int i = 0; i < NODES; i++) {
        if (p->left[i] >= 0)
            weft_set(&p->nodes[i]->left, p->nodes[p->left[i]]);
        if (p->right[i] >= 0)
            weft_set(&p->nodes[i]->right, p->nodes[p->right[i]]);
    }
}

// Thousands of small worlds of nodes and maps: each way of collecting leaves
// exactly what should live.
static void survivors_are_right(weft_heap *heap)
{
    by_hand(heap);
    for (uint32_t seed = 1; seed < (SANITIZED ? 2000 : 12000); seed++) {
        struct puzzle *p = &puzzle;
        weft_weak handles[NODES];
        random_state = seed;
        make_puzzle(heap);
        solve();
        for (int i = 0; i < NODES; i++)
            handles[i] = weft_weak_of(p->nodes[i]);
        if (seed % 4 >= 2)
            (void)weft_gc_collect(heap, WEFT_YOUNG);
        for (int i = 0; i < MAPS; i++)
            if (!p->map_held[i])
                weft_release(p->maps[i]);
        for (int i = 0; i < NODES; i++)
            if (!p->held[i])
                weft_release(p->nodes[i]);
        collect(heap, (int)(seed % 4));
        for (int i = 0; i < NODES; i++)
            CHECK_EQ(weft_weak_is_dead(handles[i]), !p->alive[i]);
        for (int i = 0; i < MAPS; i++)
            if (p->map_held[i])
                weft_release(p->maps[i]);
        for (int i = 0; i < NODES; i++)
            if (p->held[i])
                weft_release(p->nodes[i]);
        (void)weft_gc_collect(heap, WEFT_FULL);
        CHECK_EQ(object_count(heap), 0);
    }
}

TESTS(RUN(key_and_map_keep_the_value), RUN(key_is_garbage),
    RUN(map_is_garbage), RUN(hist_h51_value_leads_to_key),
    RUN(value_is_key_or_map), RUN(key_in_two_maps), RUN(keys_may_be_leaves),
    RUN(value_may_keep_its_key), RUN(maps_may_hold_each_other),
    RUN(hist_h52_only_maps_are_maps), RUN(long_chains),
    RUN(long_chain_across_two_maps), RUN(long_chains_take_linear_time),
    RUN(long_chain_with_its_map), RUN(entries_change_between_slices),
    RUN(survivors_are_right))
