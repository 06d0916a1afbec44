// SPDX-License-Identifier: MIT
//
// An object with a bit of everything, for tests of death and of who is told:
// plain nodes die quietly, loud ones say so in the trace: `~name` is the
// finalizer, `name.` the end.
#ifndef NODE_H
#define NODE_H

#include "shim.h"

struct node {
    struct node *left;                  // strong
    struct node *right;                 // strong
    weft_weak watched;                  // weak
    struct node *up;                    // borrowed
    const char *name;                   // plain
    void (*act)(struct node *self);     // for loud ones: in finalize
};

#define NODE_FIELDS \
    WEFT_STRONG(struct node, left), WEFT_STRONG(struct node, right), \
    WEFT_WEAK(struct node, watched), WEFT_BORROWED(struct node, up), \
    WEFT_CSTRING(struct node, name)

static inline void node_finalize(void *self)
{
    struct node *node = self;
    say("~%s", node->name);
    if (node->act != NULL)
        node->act(node);
}

static inline void node_dispose(void *self)
{
    struct node *node = self;
    say("%s.", node->name);
}

static weft_type plain_type = {
    .name = "plain", WEFT_SIZE(struct node),
    .fields = WEFT_FIELDS(NODE_FIELDS) };

static weft_type loud_type = {
    .name = "loud", WEFT_SIZE(struct node),
    .fields = WEFT_FIELDS(NODE_FIELDS),
    .finalize = node_finalize, .dispose = node_dispose };

WEFT_NEW_REF static inline struct node *plain_new(weft_heap *heap)
{
    return weft_new(heap, &plain_type);
}

WEFT_NEW_REF static inline struct node *loud_new(weft_heap *heap,
    const char *name)
{
    struct node *node = weft_new(heap, &loud_type);
    if (node != NULL)
        node->name = name;
    return node;
}

// For finalizers: makes the dying node live on, in here.
static struct node *rescued;

static inline void rescue(struct node *self)
{
    weft_set(&rescued, self);
}

static inline size_t object_count(const weft_heap *heap)
{
    return weft_heap_get_stats(heap).objects;
}

#endif
