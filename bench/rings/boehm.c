// SPDX-License-Identifier: MIT
//
// The collector of Boehm, Demers and Weiser in the workloads of gc.h. It finds
// what is alive by looking at everything, also at what only might be a pointer;
// there are no counts, so that keep and drop do nothing, and how many objects
// there are is not known. What it collects it frees as memory is asked for.
#include <gc.h>

#define PEER "boehm"
#define TELLS 0
#define TIMES_CALLS 0
#define HAS_LIMIT 0
#define CHURN (2 * MILLION)
#define LARGE_CHURN 1
#define point(slot, object) ((void)(*(slot) = (object)))

#include "gc.h"

struct node {
    struct node *left;          // traced
    struct node *right;         // traced
};

struct item {
    struct item *link[3];       // traced
};

static inline struct node *node_new(void)
{
    struct node *node = GC_MALLOC(sizeof(*node));
    BENCH_CHECK(node != NULL);
    return node;
}

static inline struct item *item_new(void)
{
    struct item *item = GC_MALLOC(sizeof(*item));
    BENCH_CHECK(item != NULL);
    return item;
}

static inline void *keep(void *object)
{
    return object;
}

static inline void drop(void *object)
{
    BENCH_KEEP(object);
}

static void *array_new(size_t count)
{
    void *array = GC_MALLOC_UNCOLLECTABLE((count + 1) * sizeof(void *));
    BENCH_CHECK(array != NULL);
    return array;
}

static void array_free(void *array, size_t count)
{
    memset(array, 0, count * sizeof(void *));
    GC_FREE(array);
}

static void open_heap(void)
{
}

static void close_heap(void)
{
}

static void turn_on(void)
{
    while (GC_is_disabled())
        GC_enable();
}

static void turn_off(void)
{
    if (!GC_is_disabled())
        GC_disable();
}

// Does nothing while it is disabled.
static void collect(void)
{
    int disabled = GC_is_disabled();
    turn_on();
    GC_gcollect();
    if (disabled)
        GC_disable();
}

static void try_candidates(void)
{
    collect();
}

static double work_done(void)
{
    return 0;
}

static size_t living(void)
{
    return 0;
}

#include "main.h"

int main(int argument_count, char **arguments)
{
    GC_INIT();
    GC_set_warn_proc(GC_ignore_warn_proc);
    run_all(argument_count, arguments);
    return 0;
}
