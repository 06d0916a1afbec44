// SPDX-License-Identifier: MIT
//
// What the machine and malloc allow, with no library in between: the limits
// that weft's figures stand beside. They are in weft's own program and take
// turns with weft's loops, so that both see the same machine.
//
// Two kinds of memory:
//   - the user's plain struct of two pointers, from malloc, both set to NULL
//     (what a program without weft would have to write), and given to free;
//   - cells of 24 bytes, a count and two pointers, side by side in one array
//     as weft's objects are, whose counts are incremented and decremented. The
//     array is there twice, in pages of 4 KiB and in huge pages, as far as the
//     system gives them: a heap of this size asks for huge pages too.
#ifndef LIMIT_H
#define LIMIT_H

#include <sys/mman.h>

#include "../bench.h"

struct limit_node {
    struct limit_node *left;    // plain memory
    struct limit_node *right;   // plain memory
};

struct limit_tree {
    struct limit_tree *kid[8];  // plain memory
    struct limit_tree *parent;  // raw
};

struct limit_cell {
    uint64_t count;             // always 1 between the loops
    void *left;                 // as large as an object of weft's
    void *right;                // as large as an object of weft's
};

static struct limit_cell **limit_small_pages;   // shuffled, after limit_open
static struct limit_cell **limit_huge_pages;    // shuffled, after limit_open
static struct limit_cell **limit_held;          // what a first pass took

static inline struct limit_node *limit_new(void)
{
    struct limit_node *node = malloc(sizeof(*node));
    BENCH_CHECK(node != NULL);
    BENCH_HIDE(node);           // or gcc may make it calloc
    node->left = NULL;
    node->right = NULL;
    return node;
}

static inline double limit_new_free(void)
{
    double start = bench_now();
    for (uint32_t i = 0; i < BENCH_MILLION; i++) {
        struct limit_node *node = limit_new();
        BENCH_KEEP(node);
        free(node);
    }
    return bench_now() - start;
}

static inline double limit_calloc_free(void)
{
    double start = bench_now();
    for (uint32_t i = 0; i < BENCH_MILLION; i++) {
        struct limit_node *node = calloc(1, sizeof(*node));
        BENCH_CHECK(node != NULL);
        BENCH_KEEP(node);
        free(node);
    }
    return bench_now() - start;
}

// Lets glibc join what was freed, which it puts off until someone asks for a
// larger block: that would be weft.
static inline void limit_settle(void)
{
    void *large = malloc(1 << 20);
    BENCH_KEEP(large);
    free(large);
}

// Sets the nanoseconds of making a million nodes and of freeing them in random
// order.
static inline void limit_bulk(double *make, double *unmake,
    struct limit_node **nodes, const uint32_t *order)
{
    double start = bench_now();
    for (uint32_t i = 0; i < BENCH_MILLION; i++)
        nodes[i] = limit_new();
    *make = bench_now() - start;
    start = bench_now();
    for (uint32_t i = 0; i < BENCH_MILLION; i++)
        free(nodes[order[i]]);
    *unmake = bench_now() - start;
}

static inline double limit_count_hot(void)
{
    static struct limit_cell hot = { 1, NULL, NULL };
    double start = bench_now();
    for (uint32_t i = 0; i < BENCH_MILLION; i++) {
        struct limit_cell *cell = &hot;
        BENCH_HIDE(cell);
        cell->count++;
        BENCH_HIDE(cell);
        cell->count--;
    }
    double ns = bench_now() - start;
    BENCH_CHECK(hot.count == 1);
    return ns;
}

// A pass of increments that remembers what it held, a pass of decrements.
static inline double limit_count_in_passes(struct limit_cell **cells)
{
    double start = bench_now();
    for (uint32_t i = 0; i < BENCH_MILLION; i++) {
        struct limit_cell *cell = cells[i];
        cell->count++;
        limit_held[i] = cell;
    }
    for (uint32_t i = 0; i < BENCH_MILLION; i++)
        limit_held[i]->count--;
    return bench_now() - start;
}

// Each cell is incremented and decremented at once.
static inline double limit_count_at_once(struct limit_cell **cells)
{
    double start = bench_now();
    for (uint32_t i = 0; i < BENCH_MILLION; i++) {
        struct limit_cell *cell = cells[i];
        cell->count++;
        BENCH_HIDE(cell);
        cell->count--;
    }
    return bench_now() - start;
}

static inline void limit_check(void)
{
    for (uint32_t i = 0; i < BENCH_MILLION; i++)
        BENCH_CHECK(limit_small_pages[i]->count == 1
            && limit_huge_pages[i]->count == 1);
}

static inline struct limit_cell **limit_shuffle(struct limit_cell *cells,
    const uint32_t *order)
{
    struct limit_cell **shuffled = bench_array(BENCH_MILLION,
        sizeof(*shuffled));
    for (uint32_t i = 0; i < BENCH_MILLION; i++)
        shuffled[i] = &cells[order[i]];
    for (uint32_t i = 0; i < BENCH_MILLION; i++)
        cells[i] = (struct limit_cell){ 1, NULL, NULL };
    return shuffled;
}

static inline struct limit_cell *limit_map(int advice)
{
    size_t huge = (size_t)2 << 20;
    size_t size = BENCH_MILLION * sizeof(struct limit_cell) + 2 * huge;
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    BENCH_CHECK(memory != MAP_FAILED);
    (void)madvise(memory, size, advice);
    return (struct limit_cell *)(((uintptr_t)memory + huge - 1) & ~(huge - 1));
}

// Makes the arrays of cells, in the order that weft's objects are visited in.
static inline void limit_open(const uint32_t *order)
{
    limit_small_pages = limit_shuffle(limit_map(MADV_NOHUGEPAGE), order);
    limit_huge_pages = limit_shuffle(limit_map(MADV_HUGEPAGE), order);
    limit_held = bench_array(BENCH_MILLION, sizeof(*limit_held));
}

static inline double limit_chain(uint32_t count)
{
    struct limit_node *head = NULL;
    for (uint32_t i = 0; i < count; i++) {
        struct limit_node *node = limit_new();
        node->left = head;
        head = node;
    }
    uint32_t freed = 0;
    double start = bench_now();
    while (head != NULL) {
        struct limit_node *left = head->left;
        free(head);
        head = left;
        freed++;
    }
    double ns = bench_now() - start;
    BENCH_CHECK(freed == count);
    return ns;
}

static inline uint32_t limit_free_tree(struct limit_tree *tree)
{
    uint32_t freed = 1;
    for (int i = 0; i < 8; i++)
        if (tree->kid[i] != NULL)
            freed += limit_free_tree(tree->kid[i]);
    free(tree);
    return freed;
}

static inline double limit_tree_of(uint32_t count)
{
    struct limit_tree **trees = bench_array(count, sizeof(struct limit_tree *));
    for (uint32_t i = 0; i < count; i++) {
        trees[i] = calloc(1, sizeof(**trees));
        BENCH_CHECK(trees[i] != NULL);
        if (i == 0)
            continue;
        trees[i]->parent = trees[(i - 1) / 8];
        trees[i]->parent->kid[(i - 1) % 8] = trees[i];
    }
    struct limit_tree *root = trees[0];
    free(trees);
    double start = bench_now();
    uint32_t freed = limit_free_tree(root);
    double ns = bench_now() - start;
    BENCH_CHECK(freed == count);
    return ns;
}

#endif
