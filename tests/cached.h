// SPDX-License-Identifier: MIT
//
// What the tests of caches share: objects that say what they cost, and short
// words for what is asked of a cache again and again.
#ifndef CACHED_H
#define CACHED_H

#include "node.h"

#include <weft_pattern.h>

struct item {
    void *held;                 // strong
    size_t cost;                // what item_cost() says
    int number;                 // which one it is
};

static weft_type item_type = { .name = "item", WEFT_SIZE(struct item),
    .fields = WEFT_FIELDS(WEFT_STRONG(struct item, held),
        WEFT_UINT(struct item, cost), WEFT_INT(struct item, number)) };

static inline size_t item_cost(const void *object, void *context)
{
    (void)context;
    return ((const struct item *)object)->cost;
}

static inline size_t cost_one(const void *object, void *context)
{
    (void)object;
    (void)context;
    return 1;
}

WEFT_NEW_REF static inline struct item *item_new(weft_heap *heap, int number,
    size_t cost)
{
    struct item *item = weft_new(heap, &item_type);
    if (item == NULL)
        return NULL;
    item->number = number;
    item->cost = cost;
    return item;
}

// A cache in which everything costs 1.
WEFT_NEW_REF static inline weft_cache *cache_of(weft_heap *heap, size_t budget)
{
    return weft_cache_new(heap, &(weft_cache_options){ .budget = budget,
        .cost = cost_one });
}

// A cache of items.
WEFT_NEW_REF static inline weft_cache *item_cache(weft_heap *heap,
    size_t budget)
{
    return weft_cache_new(heap, &(weft_cache_options){ .budget = budget,
        .cost = item_cost });
}

// Puts an item that nobody else holds.
static inline void put_item(weft_cache *cache, int number, size_t cost)
{
    weft_auto(struct item) item = item_new(weft_heap_of(cache), number, cost);
    CHECK_EQ(weft_cache_put(cache, weft_int(number), item), WEFT_OK);
}

// Puts a loud node that nobody else holds. It acts in its finalizer.
static inline void put_acting(weft_cache *cache, int key, const char *name,
    void (*act)(struct node *self))
{
    weft_auto(struct node) node = loud_new(weft_heap_of(cache), name);
    node->act = act;
    CHECK_EQ(weft_cache_put(cache, weft_int(key), node), WEFT_OK);
}

static inline void put_named(weft_cache *cache, int key, const char *name)
{
    put_acting(cache, key, name, NULL);
}

// Is it there? This is a use.
static inline bool has(weft_cache *cache, int key)
{
    weft_auto(void) object = weft_cache_get(cache, weft_int(key));
    return object != NULL;
}

// Asks for it several times; it must be there.
static inline void use(weft_cache *cache, int key, int times)
{
    for (int i = 0; i < times; i++)
        CHECK_TRUE(has(cache, key));
}

#define CHECK_KEPT(cache, count_, cost_) do { \
        weft_cache_stats found_ = weft_cache_get_stats(cache); \
        CHECK_EQ(found_.kept, (count_)); \
        CHECK_EQ(found_.bytes, (cost_)); \
    } while (0)

#endif
