// SPDX-License-Identifier: MIT
//
// weft's cache in the workloads of cache.h, and the limit of hits, which keeps
// no account of use: a plain table.
#include "cache.h"
#include "../weak/limit.h"
#include "weft_pattern.h"

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

static weft_heap *heap;
static weft_cache *cache;       // held
static struct side limit;

// A budget that counts objects.
static size_t cost_of_one(const void *object, void *context)
{
    (void)object;
    (void)context;
    return 1;
}

static void *node_make(weft_value key, void *context)
{
    (void)key;
    (void)context;
    void *node = weft_new(heap, &node_type);
    BENCH_CHECK(node != NULL);
    return node;
}

static void open_cache(size_t room)
{
    const weft_cache_options options = { .budget = room, .cost = cost_of_one,
        .by = WEFT_BY_IDENTITY };
    heap = weft_heap_open(NULL);
    BENCH_CHECK(heap != NULL);
    cache = weft_cache_new(heap, &options);
    BENCH_CHECK(cache != NULL);
}

static void close_cache(void)
{
    weft_release(cache);
    BENCH_CHECK(weft_heap_close(heap) == 0);
}

static void put_new(uint32_t i, void *object)
{
    BENCH_CHECK(weft_cache_put(cache, weft_int((int64_t)number_of(i)), object)
        == WEFT_OK);
}

static void measure_hits(double *ns)
{
    uint32_t found = 0;
    uint64_t hits = weft_cache_get_stats(cache).hits;
    double start = bench_now();
    FOR_ALL_ASKED (i) {
        void *object = weft_cache_get(cache,
            weft_int((int64_t)number_of(chosen[i])));
        if (object == NULL)
            continue;
        found++;
        BENCH_KEEP(object);
        weft_release(object);
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(found == ASKED
        && weft_cache_get_stats(cache).hits == hits + ASKED);
    ns[1] = limit_hits(&limit, KIND_INT);
}

static void run_hits(void)
{
    const struct bench_row rows[] = {
        { "weft", "W19_cache", "hit_int_1e5", ASKED },
        { "limit", "W19_cache", "hit_int_1e5", ASKED } };
    open_cache(2 * (size_t)count);
    for (uint32_t i = 0; i < count; i++) {
        void *object = node_make(weft_nil(), NULL);
        put_new(i, object);
        weft_release(object);
    }
    limit_open(&limit, KIND_INT);
    bench_run(rows, 2, measure_hits);
    limit_close(&limit, KIND_INT);
    close_cache();
}

static void measure_skewed(double *ns)
{
    const uint32_t *wanted = skewed_next();
    weft_cache_stats before = weft_cache_get_stats(cache);
    double start = bench_now();
    for (uint32_t i = 0; i < ASKED; i++) {
        void *object = weft_cache_get_or_create(cache,
            weft_int((int64_t)number_of(wanted[i])), node_make, NULL);
        BENCH_CHECK(object != NULL);
        BENCH_KEEP(object);
        weft_release(object);
    }
    ns[0] = bench_now() - start;
    weft_cache_stats after = weft_cache_get_stats(cache);
    BENCH_CHECK(after.kept <= SKEWED_ROOM
        && after.hits + after.misses == before.hits + before.misses + ASKED);
    skewed_hits += (double)(after.hits - before.hits);
    skewed_gets += ASKED;
}

static void run_zipf(void)
{
    open_cache(SKEWED_ROOM);
    skewed_open();
    run_skewed("weft", measure_skewed);
    close_cache();
}

// What a million entries take with objects that are there already.
static void weigh(void)
{
    void **objects = bench_array(count, sizeof(*objects));
    open_cache(count);
    for (uint32_t i = 0; i < count; i++)
        objects[i] = node_make(weft_nil(), NULL);
    double real = bench_resident();
    double counted = (double)weft_heap_get_stats(heap).object_bytes;
    for (uint32_t i = 0; i < count; i++)
        put_new(i, objects[i]);
    BENCH_CHECK(weft_cache_get_stats(cache).kept == count);
    bench_bytes("weft", "W19_cache", "memory", (bench_resident() - real)
        / count);
    bench_bytes("weft", "W19_cache", "memory_heap", ((double)
        weft_heap_get_stats(heap).object_bytes - counted) / count);
    for (uint32_t i = 0; i < count; i++)
        weft_release(objects[i]);
    close_cache();
}

int main(int argument_count, char **arguments)
{
    bench_open(argument_count, arguments);
    choose(MILLION);
    run_apart(weigh);
    choose(HUNDRED_THOUSAND);
    run_apart(run_hits);
    run_apart(run_zipf);
    return 0;
}
