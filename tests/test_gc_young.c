// SPDX-License-Identifier: MIT
//
// Tests of young passes: when they come, what they cost, and that the log they
// live on is right whatever the program does to its objects.
#include "rings.h"

// A program that makes nothing but rings, where nothing ever dies by count,
// stays small all the same.
static void nothing_but_rings(weft_heap *heap)
{
    weft_debug_collect_often(heap, false);
    size_t most = 0;
    for (int i = 0; i < 200000; i++) {
        lose_ring(heap, 2);
        if (object_count(heap) > most)
            most = object_count(heap);
    }
    CHECK_TRUE(most < 10000);
    CHECK_TRUE(weft_gc_get_stats(heap, WEFT_YOUNG).collections > 90);
    CHECK_TRUE(weft_heap_get_stats(heap).reserved_bytes < 4 << 20);
}

// The same with rings of one, which are let go by a raw move: only weft_poll
// ever gets to know.
static void nothing_but_polls(weft_heap *heap)
{
    weft_debug_collect_often(heap, false);
    for (int i = 0; i < 100000; i++) {
        struct node *node = plain_new(heap);
        node->left = node;
        if (i % 100 == 0)
            weft_poll(heap);
        CHECK_TRUE(object_count(heap) < 20000);
    }
    (void)weft_gc_collect(heap, WEFT_FULL);
    CHECK_EQ(object_count(heap), 0);
}

static void watch_passes(weft_heap *heap, weft_generation generation, bool stop,
    const weft_gc_stats *stats, void *context)
{
    size_t *most = context;
    static size_t young;
    (void)stats;
    if (generation != WEFT_YOUNG)
        return;
    if (!stop)
        young = weft_gc_get_count(heap).young;
    else if (young - weft_gc_get_count(heap).young > *most)
        *most = young - weft_gc_get_count(heap).young;
}

struct small {
    struct small *next;         // strong
};

static weft_type small_type = {
    .name = "small", WEFT_SIZE(struct small),
    .fields = WEFT_FIELDS(WEFT_STRONG(struct small, next)) };

// Ten million objects are made before anything is released. No young pass takes
// more than twice the threshold; they catch up one by one.
static void millions_before_the_first_release(weft_heap *heap)
{
    weft_debug_collect_often(heap, false);
    const size_t count = SANITIZED ? 2000000 : 10000000;
    size_t most = 0;
    struct small *chain = NULL;
    CHECK_EQ(weft_gc_add_callback(heap, watch_passes, &most), WEFT_OK);
    for (size_t i = 0; i < count; i++) {
        struct small *small = weft_new(heap, &small_type);
        small->next = chain;
        chain = small;
    }
    CHECK_EQ(weft_gc_get_count(heap).young, count);
    weft_auto(struct small) young = weft_new(heap, &small_type);
    for (size_t i = 0; i < count / 1000; i++) {
        weft_set(&young->next, chain);
        weft_clear(&young->next);
    }
    CHECK_TRUE(most > 0 && most <= 4000);
    CHECK_TRUE(weft_gc_get_count(heap).young < count);
    CHECK_TRUE(weft_gc_remove_callback(heap, watch_passes, &most));
    size_t alive = 0;
    for (struct small *small = chain; small != NULL; small = small->next)
        alive++;
    CHECK_EQ(alive, count);
    weft_release(chain);
}

// Objects that only come and go by count start no pass.
static void deaths_start_no_pass(weft_heap *heap)
{
    weft_debug_collect_often(heap, false);
    enum { COUNT = 100000 };
    struct node **nodes = malloc(COUNT * sizeof(struct node *));
    for (size_t i = 0; i < COUNT; i++)
        nodes[i] = plain_new(heap);
    for (size_t i = 0; i < COUNT; i++)
        weft_release(nodes[i * 7919 % COUNT]);
    free(nodes);
    CHECK_EQ(weft_gc_get_stats(heap, WEFT_YOUNG).collections, 0);
    CHECK_EQ(object_count(heap), 0);
}

// A slot that dies and is used again a million times is in the log once.
static void log_stays_short(weft_heap *heap)
{
    by_hand(heap);
    for (int i = 0; i < 1000000; i++)
        weft_release(plain_new(heap));
    CHECK_TRUE(weft_gc_get_count(heap).young <= (CHECKED ? 2000 : 10));
    lose_ring(heap, 3);
    CHECK_EQ(weft_gc_collect(heap, WEFT_YOUNG), 3);
    CHECK_EQ(weft_gc_get_count(heap).young, 0);
}

// Slots in the log are used by other objects, also of other types, and pages
// leave the heap; the log knows.
static void log_survives_pages(weft_heap *heap)
{
    by_hand(heap);
    enum { COUNT = 20000 };
    void **objects = malloc(COUNT * sizeof(void *));
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < COUNT; i++)
            objects[i] = plain_new(heap);
        for (size_t i = 0; i < COUNT; i++)
            weft_release(objects[i]);
        (void)weft_heap_trim(heap);
        for (size_t i = 0; i < COUNT; i++)
            objects[i] = weft_list_new(heap);
        for (size_t i = 0; i < COUNT; i++) {
            if (i % 2 == 0)
                CHECK_EQ(weft_list_append(objects[i],
                    weft_object(objects[i])), WEFT_OK);
            weft_release(objects[i]);
        }
        CHECK_TRUE(weft_heap_verify(heap));
        CHECK_EQ(weft_gc_collect(heap, WEFT_YOUNG), COUNT / 2);
        (void)weft_heap_trim(heap);
    }
    free(objects);
    CHECK_EQ(object_count(heap), 0);
}

// References are moved by hand from field to field between passes.
static void moved_by_hand(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(struct node) old = ring_new(heap, 100);
    for (int i = 0; i < 50; i++) {
        weft_auto(struct node) ring = ring_new(heap, 4);
        old->right = ring->left;        // the rest hangs on the old one now
        ring->left = NULL;
        CHECK_EQ(weft_gc_collect(heap, WEFT_YOUNG), 0);
        ring->left = old->right;
        old->right = NULL;
        weft_clear(&ring);
        CHECK_EQ(weft_gc_collect(heap, WEFT_YOUNG), 0);
        CHECK_EQ(object_count(heap), 104);
        CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 4);
    }
    weft_clear(&old);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 100);
}

// A young ring that an old object holds lives, as does what the ring holds.
static void old_holds_young(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(struct node) old = plain_new(heap);
    (void)weft_gc_collect(heap, WEFT_YOUNG);
    weft_set_steal(&old->left, ring_new(heap, 3));
    CHECK_EQ(weft_gc_collect(heap, WEFT_YOUNG), 0);
    CHECK_EQ(object_count(heap), 4);
    weft_clear(&old);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 3);
}

// An object of very many fields is looked at later, with everything.
struct wide {
    struct node **items;        // strong
    uint32_t count;             // how many
};

static void wide_dispose(void *self)
{
    free(((struct wide *)self)->items);
}

static weft_type wide_type = {
    .name = "wide", WEFT_SIZE(struct wide),
    .fields = WEFT_FIELDS(WEFT_ARRAY(struct wide, items, count)),
    .dispose = wide_dispose };

// A ring through such a one; nobody holds it.
static void lose_wide_ring(weft_heap *heap)
{
    struct wide *wide = weft_new(heap, &wide_type);
    wide->items = calloc(100000, sizeof(*wide->items));
    wide->count = 100000;
    struct node *ring = plain_new(heap);
    ring->left = (struct node *)(void *)wide;
    for (uint32_t i = 0; i < wide->count; i++)
        weft_set(&wide->items[i], ring);
    weft_release(ring);
}

static void wide_ones_wait(weft_heap *heap)
{
    weft_debug_collect_often(heap, false);
    lose_wide_ring(heap);
    for (int i = 0; i < 3000; i++)
        lose_ring(heap, 2);
    CHECK_TRUE(weft_gc_get_stats(heap, WEFT_YOUNG).collections > 0);
    (void)weft_gc_collect(heap, WEFT_YOUNG);
    CHECK_EQ(object_count(heap), 2);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
}

// A young pass that is asked for takes them along.
static void wide_ones_go_when_asked(weft_heap *heap)
{
    by_hand(heap);
    lose_wide_ring(heap);
    CHECK_EQ(weft_gc_collect(heap, WEFT_YOUNG), 2);
}

TESTS(RUN(nothing_but_rings), RUN(nothing_but_polls),
    RUN(millions_before_the_first_release), RUN(deaths_start_no_pass),
    RUN(log_stays_short), RUN(log_survives_pages), RUN(moved_by_hand),
    RUN(old_holds_young), RUN(wide_ones_wait),
    RUN(wide_ones_go_when_asked))
