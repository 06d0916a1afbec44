// SPDX-License-Identifier: MIT
//
// Limits: of memory, of counts, of generations, of what a small heap may cost.
#include "node.h"
#include "depth.h"

#include <unistd.h>

static weft_type block_type = { .name = "block", .size = 1000, .alignment = 8 };

// Past the heap's limit nothing can be made, everything else goes on, and when
// something went it can be made again.
static void hist_h53_heap_has_a_limit(void)
{
    enum { LIMIT = 4 << 20, COUNT = LIMIT / 1000 };
    weft_heap_options options = test_options();
    options.limit = LIMIT;
    weft_heap *heap = weft_heap_open(&options);
    void *blocks[COUNT];
    for (int round = 0; round < 3; round++) {
        size_t count = 0;
        while (count < COUNT
            && (blocks[count] = weft_new(heap, &block_type)) != NULL)
            count++;
        CHECK_TRUE(count < COUNT && count > COUNT / 2);
        CHECK_NULL(weft_new(heap, &block_type));
        CHECK_TRUE(weft_heap_get_stats(heap).reserved_bytes <= LIMIT);
        weft_weak weak = weft_weak_of(blocks[0]);
        weft_release(weft_weak_get(weak));
        CHECK_TRUE(weft_heap_verify(heap));
        for (int i = 0; i < 200; i++)
            weft_release(blocks[--count]);
        for (int i = 0; i < 100; i++) {
            blocks[count] = weft_new(heap, &block_type);
            CHECK_TRUE(blocks[count++] != NULL);
        }
        while (count > 0)
            weft_release(blocks[--count]);
    }
    close_test_heap(heap);
}

// The limit is for large objects and for lists as well.
static void limit_is_for_all_kinds(void)
{
    weft_heap_options options = test_options();
    options.limit = 8 << 20;
    weft_heap *heap = weft_heap_open(&options);
    CHECK_NULL(weft_new_sized(heap, &block_type, 9 << 20));
    weft_auto(void) half = weft_new_sized(heap, &block_type, 4 << 20);
    CHECK_TRUE(half != NULL);
    CHECK_NULL(weft_new_sized(heap, &block_type, 5 << 20));
    weft_clear(&half);
    weft_set_steal(&half, weft_new_sized(heap, &block_type, 5 << 20));
    CHECK_TRUE(half != NULL);
    weft_clear(&half);
    close_test_heap(heap);
}

// ---------------------------------------------------------------------------
// Counts

static const size_t most = ((size_t)1 << 31) - 1;

// Sets the count in the word before the object, as if so many held it.
static void set_count(void *object, size_t count)
{
    uint64_t *word = weft__word_of(object);
    weft__store(word, (weft__load(word) & (((uint64_t)1 << 32) - 1))
        | (uint64_t)count << 32);
}

static void by_retain(struct node *node, weft_weak weak)
{
    (void)weak;
    (void)weft_retain(node);
}

static void by_get(struct node *node, weft_weak weak)
{
    (void)node;
    (void)!weft_weak_get(weak);
}

static void by_set(struct node *node, weft_weak weak)
{
    struct node *slot = NULL;
    (void)weak;
    weft_set(&slot, node);
}

static void by_value(struct node *node, weft_weak weak)
{
    (void)weak;
    (void)weft_value_retain(weft_object(node));
}

static void by_value_set(struct node *node, weft_weak weak)
{
    weft_value slot = weft_nil();
    (void)weak;
    weft_value_set(&slot, weft_object(node));
}

typedef void raise_fn(struct node *node, weft_weak weak);

// Every way to count up, at the top of the count, makes the object immortal:
// it is never freed, never wraps, and the heap tells once.
static void check_saturation(raise_fn *raise)
{
    weft_heap *heap = open_test_heap();
    struct node *node = plain_new(heap);
    weft_set_steal(&node->left, plain_new(heap));
    weft_weak weak = weft_weak_of(node);
    set_count(node, most - 2);
    CHECK_EQ(weft_refcount(node), most - 2);
    for (int i = 0; i < 8; i++)
        raise(node, weak);
    CHECK_TRUE(weft_refcount(node) == SIZE_MAX);
    for (int i = 0; i < 100; i++)
        weft_release(node);
    CHECK_TRUE(weft_refcount(node) == SIZE_MAX);
    for (int i = 0; i < 100; i++)
        CHECK_SAME(weft_retain(node), node);
    struct node *found = weft_weak_get(weak);
    CHECK_SAME(found, node);
    CHECK_EQ(weft_refcount(node->left), 1);
    CHECK_REPORT(WEFT_SATURATED, "plain");
    CHECK_NO_REPORTS();
    CHECK_TRUE(weft_heap_close(heap) > 0);
    CHECK_REPORT(WEFT_LEAKED, "plain");
}

static void hist_h01_count_saturates(void) { check_saturation(by_retain); }

static void hist_h02_every_way_up_is_guarded(void)
{
    check_saturation(by_get);
    check_saturation(by_set);
    check_saturation(by_value);
    check_saturation(by_value_set);
}

// Just below, everything is exact.
static void hist_h05_counts_up_to_the_limit(weft_heap *heap)
{
    struct node *node = plain_new(heap);
    weft_weak weak = weft_weak_of(node);
    set_count(node, most - 4);
    weft_release(weft_retain(node));
    struct node *found = weft_weak_get(weak);
    CHECK_EQ(weft_refcount(found), most - 3);
    weft_release(found);
    CHECK_EQ(weft_refcount(node), most - 4);
    set_count(node, 1);
    weft_release(node);
    CHECK_TRUE(weft_weak_is_dead(weak));
}

// A count that went up by a million comes down again.
static void counts_a_million(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    for (size_t i = 0; i < 1000000; i++)
        (void)weft_retain(node);
    CHECK_EQ(weft_refcount(node), 1000001);
    for (size_t i = 0; i < 1000000; i++)
        weft_release(node);
    CHECK_EQ(weft_refcount(node), 1);
}

// ---------------------------------------------------------------------------
// Generations

static int compare_handles(const void *a, const void *b)
{
    const weft_weak *left = a;
    const weft_weak *right = b;
    return left->bits < right->bits ? -1 : left->bits > right->bits;
}

// More than 2^19 watched objects die in what would be the same place: no handle
// is ever given twice, none ever comes back, and memory does not run away.
static void generations_run_out(weft_heap *heap)
{
    enum { COUNT = (1 << 19) + 70000 };
    weft_weak *handles = malloc(COUNT * sizeof(*handles));
    for (size_t i = 0; i < COUNT; i++) {
        struct node *node = plain_new(heap);
        handles[i] = weft_weak_of(node);
        weft_release(node);
    }
    weft_auto(struct node) last = plain_new(heap);
    CHECK_FALSE(weft_weak_is_dead(weft_weak_of(last)));
    for (size_t i = 0; i < COUNT; i++)
        CHECK_TRUE(weft_weak_is_dead(handles[i]));
    qsort(handles, COUNT, sizeof(*handles), compare_handles);
    for (size_t i = 1; i < COUNT; i++)
        CHECK_FALSE(weft_weak_is_same(handles[i - 1], handles[i]));
    CHECK_TRUE(weft_heap_get_stats(heap).reserved_bytes < 8 << 20);
    CHECK_TRUE(weft_heap_verify(heap));
    free(handles);
}

// Large objects and ids use up generations in the same way.
static void generations_of_large_ones_run_out(weft_heap *heap)
{
    enum { COUNT = (1 << 19) + 1000 };
    weft_weak first = { 0 };
    for (size_t i = 0; i < MANY(COUNT, 2000); i++) {
        void *block = weft_new_sized(heap, &block_type, 9000);
        weft_weak weak = weft_weak_of(block);
        CHECK_FALSE(weft_weak_is_same(weak, first));
        if (i == 0)
            first = weak;
        weft_release(block);
        CHECK_TRUE(weft_weak_is_dead(first));
    }
    CHECK_TRUE(weft_heap_get_stats(heap).reserved_bytes < 8 << 20);
}

// ---------------------------------------------------------------------------
// Memory of the process

static size_t resident_bytes(void)
{
    unsigned long pages = 0;
    unsigned long resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%lu %lu", &pages, &resident) != 2)
        resident = 0;
    fclose(file);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

// 200 types of one object each take less than 1.5 MB.
static void small_heap_is_small(void)
{
    static weft_type types[200];
    for (size_t i = 0; i < 200; i++)
        types[i] = (weft_type){ .name = "small", .size = 16 + i % 25 * 8,
            .alignment = 8 };
    size_t before = resident_bytes();
    weft_heap *heap = open_test_heap();
    void *objects[200];
    for (size_t i = 0; i < 200; i++)
        objects[i] = weft_new(heap, &types[i]);
    if (!SANITIZED && before != 0)
        CHECK_TRUE(resident_bytes() - before < 1500000);
    for (size_t i = 0; i < 200; i++)
        weft_release(objects[i]);
    close_test_heap(heap);
}

// After a peak the memory goes back when it is asked for.
static void memory_goes_back(weft_heap *heap)
{
    enum { COUNT = 300000 };
    struct node **nodes = malloc(COUNT * sizeof(struct node *));
    for (size_t i = 0; i < COUNT; i++)
        nodes[i] = plain_new(heap);
    size_t peak = weft_heap_get_stats(heap).reserved_bytes;
    CHECK_TRUE(peak >= COUNT * sizeof(struct node));
    for (size_t i = 0; i < COUNT; i++)
        weft_release(nodes[i]);
    size_t trimmed = weft_heap_trim(heap);
    size_t rest = weft_heap_get_stats(heap).reserved_bytes;
    CHECK_TRUE(trimmed > 0);
    CHECK_TRUE(rest < peak / 8);
    CHECK_EQ(weft_heap_trim(heap), 0);
    for (size_t i = 0; i < COUNT; i++)
        nodes[i] = plain_new(heap);
    for (size_t i = 0; i < COUNT; i++) {
        CHECK_NULL(nodes[i]->left);
        weft_release(nodes[i]);
    }
    free(nodes);
}

// After a high peak what is beyond 32 MiB goes back by itself.
static void memory_goes_back_by_itself(weft_heap *heap)
{
    enum { COUNT = 100000 };
    void **blocks = malloc(COUNT * sizeof(*blocks));
    for (size_t i = 0; i < COUNT; i++)
        blocks[i] = weft_new(heap, &block_type);
    CHECK_TRUE(weft_heap_get_stats(heap).reserved_bytes >= COUNT * 1000);
    for (size_t i = 0; i < COUNT; i++)
        weft_release(blocks[i]);
    CHECK_TRUE(weft_heap_get_stats(heap).reserved_bytes <= 40 << 20);
    free(blocks);
}

// Handles of objects whose memory went back stay dead, also when it is used
// again.
static void handles_survive_trim(weft_heap *heap)
{
    enum { COUNT = 50000 };
    struct node **nodes = malloc(COUNT * sizeof(struct node *));
    weft_weak *handles = malloc(COUNT * sizeof(*handles));
    for (int round = 0; round < 4; round++) {
        for (size_t i = 0; i < COUNT; i++) {
            nodes[i] = plain_new(heap);
            weft_weak weak = weft_weak_of(nodes[i]);
            if (round > 0) {
                CHECK_NULL(weft_weak_get(handles[i]));
                CHECK_FALSE(weft_weak_is_same(weak, handles[i]));
            }
            handles[i] = weak;
        }
        for (size_t i = 0; i < COUNT; i++)
            weft_release(nodes[i]);
        (void)weft_heap_trim(heap);
        for (size_t i = 0; i < COUNT; i++) {
            CHECK_TRUE(weft_weak_is_dead(handles[i]));
            CHECK_NULL(weft_weak_get(handles[i]));
        }
    }
    CHECK_TRUE(weft_heap_verify(heap));
    free(handles);
    free(nodes);
}

// A thousand heaps one after the other take no more than one.
static void heaps_come_and_go(void)
{
    size_t before = 0;
    for (int i = 0; i < 1000; i++) {
        weft_heap *heap = open_test_heap();
        weft_auto(struct node) node = plain_new(heap);
        weft_set_steal(&node->left, plain_new(heap));
        (void)weft_weak_of(node->left);
        weft_clear(&node);
        close_test_heap(heap);
        if (i == 100)
            before = resident_bytes();
    }
    if (!SANITIZED)
        CHECK_TRUE(resident_bytes() < before + (4 << 20));
}

// At the limit empty pages of other types make room.
static void limit_takes_from_other_types(void)
{
    static weft_type types[6];
    weft_heap_options options = test_options();
    options.limit = 3 << 16;
    weft_heap *heap = weft_heap_open(&options);
    for (size_t i = 0; i < 18; i++) {
        types[i % 6] = i < 6 ? (weft_type){ .name = "one", .size = 16,
            .alignment = 8 } : types[i % 6];
        void *object = weft_new(heap, &types[i % 6]);
        CHECK_TRUE(object != NULL);
        CHECK_TRUE(weft_heap_get_stats(heap).reserved_bytes <= options.limit);
        weft_release(object);
    }
    close_test_heap(heap);
}

// Large objects count as what they take, which is more than their size: the
// limit is never passed.
static void large_ones_stay_below_the_limit(void)
{
    enum { LIMIT = 8 << 20 };
    weft_heap_options options = test_options();
    options.limit = LIMIT;
    weft_heap *heap = weft_heap_open(&options);
    for (size_t size = 60000; size < LIMIT; size += size / 9) {
        void *blocks[LIMIT / 60000 + 1];
        size_t count = 0;
        while ((blocks[count] = weft_new_sized(heap, &block_type, size))
                != NULL) {
            CHECK_TRUE(weft_heap_get_stats(heap).reserved_bytes <= LIMIT);
            count++;
        }
        CHECK_TRUE(weft_heap_get_stats(heap).reserved_bytes <= LIMIT);
        while (count > 0)
            weft_release(blocks[--count]);
    }
    void *most_of_it = weft_new_sized(heap, &block_type, LIMIT - 2000);
    CHECK_TRUE(weft_heap_get_stats(heap).reserved_bytes <= LIMIT);
    weft_release(most_of_it);
    close_test_heap(heap);
}

TESTS(RUN_ALONE(hist_h53_heap_has_a_limit), RUN_ALONE(limit_is_for_all_kinds),
    RUN_ALONE(hist_h01_count_saturates),
    RUN_ALONE(hist_h02_every_way_up_is_guarded),
    RUN(hist_h05_counts_up_to_the_limit), RUN(counts_a_million),
    RUN(generations_run_out), RUN(generations_of_large_ones_run_out),
    RUN_ALONE(small_heap_is_small),
    RUN_CALM(memory_goes_back, "figures of memory"),
    RUN_CALM(memory_goes_back_by_itself, "figures of memory"),
    RUN(handles_survive_trim), RUN_ALONE(heaps_come_and_go),
    RUN_ALONE(limit_takes_from_other_types),
    RUN_ALONE(large_ones_stay_below_the_limit))
