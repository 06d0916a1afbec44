// SPDX-License-Identifier: MIT
//
// The limit in the workloads of growth.h: a struct from malloc, with a count
// that the program sees to itself. What watches it is its address; that it is
// alive is not asked.
#include "../bench.h"

#define PEER "limit"

struct node {
    uint64_t count;             // of references
    struct node *left;          // plain memory
    struct node *right;         // plain memory
};

typedef struct node *strong;
typedef struct node *weak;

static size_t living;           // nodes

static inline void make(strong *place)
{
    struct node *node = malloc(sizeof(*node));
    BENCH_CHECK(node != NULL);
    BENCH_HIDE(node);           // or gcc may make it calloc
    *node = (struct node){ 1, NULL, NULL };
    living++;
    *place = node;
}

static inline void keep(strong *place, strong *other)
{
    *place = *other;
    (*place)->count++;
}

static inline void move(strong *place, strong *other)
{
    *place = *other;
}

static inline void drop(strong *place)
{
    if (--(*place)->count > 0)
        return;
    living--;
    free(*place);
}

static inline void watch(weak *handle, strong *place)
{
    *handle = *place;
}

static inline void unwatch(weak *handle)
{
    *handle = NULL;
}

static inline bool get(weak *handle)
{
    struct node *node = *handle;
    node->count++;
    BENCH_HIDE(node);
    node->count--;
    return true;
}

static inline size_t count_of(strong *place)
{
    return (*place)->count;
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
}

static void leave(void)
{
    BENCH_CHECK(living == 0);
}

#include "growth.h"

int main(int argument_count, char **arguments)
{
    run_growth(argument_count, arguments);
    return 0;
}
