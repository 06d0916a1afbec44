// SPDX-License-Identifier: MIT
//
// weft in the workloads of growth.h, and what they ask for.
#include "../bench.h"
#include "weft.h"

#define PEER "weft"

struct node {
    struct node *left;          // held
    struct node *right;         // held
};

static weft_type node_type = {
    .name = "node",
    WEFT_SIZE(struct node),
    .fields = WEFT_FIELDS(
        WEFT_STRONG(struct node, left),
        WEFT_STRONG(struct node, right)),
};

typedef struct node *strong;
typedef weft_weak weak;

static weft_heap *heap;         // open

static inline void make(strong *place)
{
    *place = weft_new(heap, &node_type);
    BENCH_CHECK(*place != NULL);
}

static inline void keep(strong *place, strong *other)
{
    *place = weft_retain(*other);
}

static inline void move(strong *place, strong *other)
{
    *place = *other;
}

static inline void drop(strong *place)
{
    weft_release(*place);
}

static inline void watch(weak *handle, strong *place)
{
    *handle = weft_weak_of(*place);
}

static inline void unwatch(weak *handle)
{
    *handle = (weak){ 0 };
}

static inline bool get(weak *handle)
{
    strong got = weft_weak_get(*handle);
    if (got == NULL)
        return false;
    BENCH_KEEP(got);
    weft_release(got);
    return true;
}

static inline size_t count_of(strong *place)
{
    return weft_refcount(*place);
}

static strong *strongs_new(size_t count)
{
    return bench_array(count, sizeof(strong));
}

static weak *weaks_new(size_t count)
{
    return bench_array(count, sizeof(weak));
}

static void enter(void)
{
    heap = weft_heap_open(NULL);
    BENCH_CHECK(heap != NULL);
}

static void leave(void)
{
    BENCH_CHECK(weft_heap_get_stats(heap).objects == 0);
}

#include "growth.h"

int main(int argument_count, char **arguments)
{
    run_growth(argument_count, arguments);
    return 0;
}
