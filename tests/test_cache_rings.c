// SPDX-License-Identifier: MIT
//
// Caches in rings: random structures of nodes and caches that hold each other,
// as fields, as keys, as what is kept; with finalizers that use the caches, and
// some that live on; collected in every way. All is gone in the end, and the
// heap is sound all the time.
#include "cached.h"

enum { NODES = 24, CACHES = 4, STEPS = 1500 };

static struct node *nodes[NODES];       // held, or NULL
static weft_cache *caches[CACHES];      // held, or NULL
static uint64_t state;                  // of the dice

static uint32_t dice(uint32_t sides)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % sides;
}

static size_t some_cost(const void *object, void *context)
{
    (void)object;
    (void)context;
    return dice(4);
}

static weft_value some_key(void)
{
    struct node *node = nodes[dice(NODES)];
    switch (dice(4)) {
    case 0: return weft_object(node);
    case 1: return weft_text(&"abcdefgh"[dice(8)]);
    default: return weft_int(dice(12));
    }
}

// What a finalizer finds: a cache that its object holds, garbage as itself.
static void use_own_cache(struct node *self)
{
    weft_cache *cache = (weft_cache *)(void *)self->right;
    if (cache == NULL || !weft_is(cache, &weft_cache_type))
        return;
    weft_release(weft_cache_get(cache, some_key()));
    if (dice(2) == 0)
        (void)weft_cache_put(cache, weft_int(dice(12)), self);
    if (dice(4) == 0)
        weft_cache_trim(cache, dice(4));
    if (dice(8) == 0)
        weft_cache_clear(cache);
    if (dice(4) == 0)
        weft_set(&nodes[dice(NODES)], self);
}

static weft_type acting_type = { .name = "acting", WEFT_SIZE(struct node),
    .fields = WEFT_FIELDS(NODE_FIELDS), .finalize = node_finalize };

static void new_node(weft_heap *heap)
{
    struct node *node = weft_new(heap, dice(3) == 0 ? &acting_type
        : &plain_type);
    node->name = "";
    node->act = use_own_cache;
    weft_set_steal(&nodes[dice(NODES)], node);
}

static void new_cache(weft_heap *heap)
{
    weft_set_steal(&caches[dice(CACHES)], weft_cache_new(heap,
        &(weft_cache_options){ .budget = dice(12), .cost = some_cost,
            .by = dice(2) == 0 ? WEFT_BY_EQUALITY : WEFT_BY_IDENTITY }));
}

static void link_nodes(void)
{
    weft_auto(struct node) node = weft_retain(nodes[dice(NODES)]);
    if (node == NULL)
        return;
    weft_set(&node->left, nodes[dice(NODES)]);
    weft_set_slot(&node->right, dice(3) == 0 ? NULL : caches[dice(CACHES)]);
}

static void use_cache(void)
{
    weft_cache *cache = caches[dice(CACHES)];
    struct node *node = nodes[dice(NODES)];
    if (cache == NULL)
        return;
    switch (dice(12)) {
    case 0: weft_cache_trim(cache, dice(12)); break;
    case 1: (void)weft_cache_remove(cache, some_key()); break;
    case 2: case 3: case 4:
        weft_release(weft_cache_get(cache, some_key())); break;
    case 5:
        (void)weft_cache_put(cache, some_key(), caches[dice(CACHES)]); break;
    default: (void)weft_cache_put(cache, some_key(), node);
    }
}

static void collect(weft_heap *heap)
{
    static const weft_generation ways[] = { WEFT_YOUNG, WEFT_OLD, WEFT_FULL };
    (void)weft_gc_collect(heap, ways[dice(3)]);
}

static void act(weft_heap *heap)
{
    switch (dice(20)) {
    case 0: weft_clear(&caches[dice(CACHES)]); break;
    case 1: new_cache(heap); break;
    case 2: case 3: weft_clear(&nodes[dice(NODES)]); break;
    case 4: case 5: case 6: new_node(heap); break;
    case 7: collect(heap); break;
    case 8: case 9: case 10: case 11: link_nodes(); break;
    default: use_cache();
    }
}

// What is kept costs no more than the budget, and what is kept is found.
static void check_caches(weft_heap *heap)
{
    for (int i = 0; i < CACHES; i++) {
        if (caches[i] == NULL)
            continue;
        weft_cache_stats stats = weft_cache_get_stats(caches[i]);
        CHECK_TRUE(stats.bytes < 12);
        CHECK_TRUE(stats.kept <= stats.watched);
    }
    CHECK_TRUE(weft_heap_verify(heap));
}

static void drop_all(weft_heap *heap)
{
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < NODES; i++)
            weft_clear(&nodes[i]);
        for (int i = 0; i < CACHES; i++)
            weft_clear(&caches[i]);
        (void)weft_gc_collect(heap, WEFT_FULL);
    }
}

static void random_rings(weft_heap *heap, uint64_t seed)
{
    state = seed;
    for (int i = 0; i < STEPS; i++) {
        act(heap);
        forget_trace();
        if (i % 50 == 0)
            check_caches(heap);
    }
    check_caches(heap);
    drop_all(heap);
    CHECK_EQ(weft_heap_get_stats(heap).objects, 0);
}

static void rings_come_and_go(weft_heap *heap)
{
    for (uint64_t seed = 1; seed <= 12; seed++)
        random_rings(heap, seed);
}

// The same in the order of CPython up to 3.14, and in its very order.
static void rings_come_and_go_otherwise(void)
{
    for (uint64_t seed = 100; seed < 108; seed++) {
        weft_heap_options options = test_options();
        options.weak_first = seed % 2 == 0;
        options.ordered = seed % 4 >= 2;
        weft_heap *heap = weft_heap_open(&options);
        weft_debug_collect_often(heap, shim.often);
        random_rings(heap, seed);
        CHECK_EQ(weft_heap_close(heap), 0);
    }
}

TESTS(
    RUN(rings_come_and_go),
    RUN_ALONE(rings_come_and_go_otherwise),
)
