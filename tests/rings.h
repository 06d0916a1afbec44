// SPDX-License-Identifier: MIT
//
// Rings of nodes for tests of the collector: each node holds the next by
// `left`, so that counts alone never let one go.
#ifndef RINGS_H
#define RINGS_H

#include "node.h"

// From here on nothing is collected but by what the test calls.
static inline void by_hand(weft_heap *heap)
{
    weft_debug_collect_often(heap, false);
    weft_gc_disable(heap);
}

// A ring of plain nodes; the caller holds the first. NULL: no memory.
WEFT_NEW_REF static inline struct node *ring_new(weft_heap *heap, size_t count)
{
    struct node *first = plain_new(heap), *last = first;
    for (size_t i = 1; i < count && last != NULL; i++) {
        last->left = plain_new(heap);
        last = last->left;
    }
    if (last == NULL)
        weft_clear(&first);
    else
        weft_set(&last->left, first);
    return first;
}

// A ring nobody holds.
static inline void lose_ring(weft_heap *heap, size_t count)
{
    weft_release(ring_new(heap, count));
}

// A ring of two loud ones, `a` -> `b` -> `a`; the caller holds a.
WEFT_NEW_REF static inline struct node *loud_ring(weft_heap *heap,
    const char *a, const char *b)
{
    struct node *first = loud_new(heap, a);
    if (first == NULL)
        return NULL;
    first->left = loud_new(heap, b);
    if (first->left == NULL)
        weft_clear(&first);
    else
        weft_set(&first->left->left, first);
    return first;
}

// Within a phase the order is nobody's promise: the trace is either of these.
#define CHECK_EITHER(a, b) check_either((a), (b), __FILE__, __LINE__)

static inline void check_either(const char *a, const char *b, const char *file,
    int line)
{
    check_trace(strcmp(shim.trace, a) == 0 ? a : b, file, line);
}

static inline void told_of(weft_ref *ref, void *context)
{
    (void)ref;
    say("%s", (const char *)context);
}

#endif
