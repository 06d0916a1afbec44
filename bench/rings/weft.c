// SPDX-License-Identifier: MIT
//
// weft's collector in the workloads of gc.h.
#include "gc.h"
#include "weft.h"

#define PEER "weft"
#define TELLS 1
#define TIMES_CALLS 1
#define HAS_LIMIT 1
#define CHURN (2 * MILLION)
#define LARGE_CHURN 1
#define point(slot, object) \
    do { \
        if (are_pauses_timed) \
            begin_call(); \
        weft_set((slot), (object)); \
        if (are_pauses_timed) \
            end_call(); \
    } while (0)

static void begin_call(void);
static void end_call(void);

struct node {
    struct node *left;          // held
    struct node *right;         // held
};

struct item {
    struct item *link[3];       // held
};

static weft_type node_type = {
    .name = "node",
    WEFT_SIZE(struct node),
    .fields = WEFT_FIELDS(
        WEFT_STRONG(struct node, left),
        WEFT_STRONG(struct node, right)),
};

static weft_type item_type = {
    .name = "item",
    WEFT_SIZE(struct item),
    .fields = WEFT_FIELDS(
        WEFT_STRONG(struct item, link[0]),
        WEFT_STRONG(struct item, link[1]),
        WEFT_STRONG(struct item, link[2])),
};

static weft_heap *heap;         // open or NULL

static inline struct node *node_new(void)
{
    struct node *node = weft_new(heap, &node_type);
    BENCH_CHECK(node != NULL);
    return node;
}

static inline struct item *item_new(void)
{
    struct item *item = weft_new(heap, &item_type);
    BENCH_CHECK(item != NULL);
    return item;
}

static inline void *keep(void *object)
{
    return weft_retain(object);
}

static inline void drop(void *object)
{
    if (are_pauses_timed)
        begin_call();
    weft_release(object);
    if (are_pauses_timed)
        end_call();
}

static void *array_new(size_t count)
{
    return bench_array(count + 1, sizeof(void *));
}

static void array_free(void *array, size_t count)
{
    (void)count;
    free(array);
}

static void open_heap(void)
{
    heap = weft_heap_open(NULL);
    BENCH_CHECK(heap != NULL);
}

static void close_heap(void)
{
    BENCH_CHECK(weft_heap_close(heap) == 0);
    heap = NULL;
}

static void turn_on(void)
{
    weft_gc_enable(heap);
}

static void turn_off(void)
{
    weft_gc_disable(heap);
}

static void collect(void)
{
    (void)weft_gc_collect(heap, WEFT_FULL);
}

static void try_candidates(void)
{
    (void)weft_gc_collect(heap, WEFT_OLD);
}

static double work_done(void)
{
    uint64_t ns = weft_gc_get_stats(heap, WEFT_YOUNG).ns
        + weft_gc_get_stats(heap, WEFT_OLD).ns
        + weft_gc_get_stats(heap, WEFT_FULL).ns;
    return (double)ns;
}

static size_t living(void)
{
    return weft_heap_get_stats(heap).objects;
}

#include "main.h"
#include "weak.h"

int main(int argument_count, char **arguments)
{
    run_all(argument_count, arguments);
    run_weak();
    return 0;
}
