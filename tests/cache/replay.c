// SPDX-License-Identifier: MIT
//
// Asks a cache for what a trace says, and prints how often that was there.
//
//     replay BUDGET < TRACE       pairs of 32 bits: key, size
#include <weft_pattern.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct item {
    size_t size;                // as the trace has it
};

static weft_type item_type = { .name = "item", WEFT_SIZE(struct item) };

static size_t size_of_item(const void *object, void *context)
{
    (void)context;
    return ((const struct item *)object)->size;
}

static void fail(const char *what)
{
    fprintf(stderr, "replay: %s\n", what);
    exit(1);
}

static void ask(weft_heap *heap, weft_cache *cache, uint32_t key, uint32_t size)
{
    void *found = weft_cache_get(cache, weft_int(key));
    if (found == NULL) {
        struct item *item = weft_new(heap, &item_type);
        if (item == NULL)
            fail("memory ran out");
        item->size = size;
        if (weft_cache_put(cache, weft_int(key), item) != WEFT_OK)
            fail("cannot put");
        found = item;
    }
    weft_release(found);
}

int main(int count, char **arguments)
{
    if (count != 2)
        fail("how large is the cache?");
    weft_heap *heap = weft_heap_open(NULL);
    weft_cache_options options = { .cost = size_of_item,
        .budget = (size_t)strtoull(arguments[1], NULL, 10) };
    weft_cache *cache = heap == NULL ? NULL : weft_cache_new(heap, &options);
    if (cache == NULL)
        fail("memory ran out");
    uint32_t request[2];
    while (fread(request, sizeof(request), 1, stdin) == 1) {
        ask(heap, cache, request[0], request[1]);
        if (weft_cache_get_stats(cache).bytes > options.budget)
            fail("costs more than the budget");
    }
    weft_cache_stats stats = weft_cache_get_stats(cache);
    printf("%" PRIu64 " %" PRIu64 "\n", stats.hits, stats.misses);
    weft_release(cache);
    return weft_heap_close(heap) == 0 ? 0 : 1;
}
