// SPDX-License-Identifier: MIT
//
// Caches: what they are asked. See cache.h for what they are made of.
//
// Whatever is put begins as what is watched; a reference is taken only when
// there is room. So what the cache lets go of needs no work: if nobody else
// holds it, its death takes the entry away; else it can be found and is taken
// back, as one that is known to be wanted.
//
// Every function has the same order, for all but the middle may run user code:
//
//     cost, hash, equal         (anything; cache, key and object are held)
//     change the cache, at once and as a whole
//     let go of who leaves      (anything)
//
// `make` runs in between of two such functions. What it runs for is on a list
// on the C stack, so that it can be told when it goes round in a circle.
#include "cache.h"

static const weft_field cache_fields[] = {
    { "", NULL, 0, 0, ROW_LEAVE, 0, 0 }, WEFT_END };

weft_type weft_cache_type = { .name = "cache", WEFT_SIZE(weft_cache),
    .fields = cache_fields, .dispose = weft__dispose_cache,
    .length = weft__table_length, .reserved = WEFT__ROLE(ROLE_TABLE) };

// As weft__entry_type, and larger.
static weft_type cached_type = { .name = "entry", WEFT_SIZE(struct cached),
    .weak = WEFT_FORBIDDEN, .acyclic = true,
    .reserved = WEFT__ROLE(ROLE_ENTRY) };

static bool check_cache(const weft_cache *cache, const char *call)
{
    return !CHECKED || is_pattern(cache, &weft_cache_type, call);
}

static struct cached *cached_at(weft_cache *cache, size_t at)
{
    struct weaktable *table = &cache->table;
    return (struct cached *)(void *)(likely(table->owners != NULL)
        ? owner_at(table, at) : weft__entry_at(table, at));
}

void weft__dispose_cache(void *self)
{
    weft_cache *cache = self;
    weft__free_ghosts(page_of(cache)->heap, &cache->ghosts);
    weft__dispose_table(cache);
}

void *weft__new_cache(weft_heap *heap, weft_type *type,
    const weft_cache_options *options)
{
    weft_cache *cache = weft__new_table(heap, type, options->by);
    if (cache == NULL)
        return NULL;
    cache->table.by_payload = true;
    cache->table.entry_type = &cached_type;
    cache->budget = options->budget;
    cache->cost = options->cost;
    cache->context = options->context;
    cache->heeds_pressure = options->heed_pressure;
    return cache;
}

weft_cache *weft_cache_new(weft_heap *heap, const weft_cache_options *options)
{
    return weft__new_cache(heap, &weft_cache_type, options);
}

// ---- finding

static bool fits(const weft_cache *cache, size_t cost)
{
    return cache->budget > 0 && cost <= cache->budget;
}

// Makes room, and then stands in `queue`, as one that was not asked for yet; 0:
// in that in which S3-FIFO has it. It is in none now, and it fits.
static void admit(weft_cache *cache, struct cached *cached, unsigned queue)
{
    weft__make_room(cache, cached->cost);
    bool came_back = weft__take_ghost(&cache->ghosts, cached->entry.hash);
    if (queue == 0)
        queue = came_back ? CACHED_MAIN : CACHED_SMALL;
    if ((cached->entry.flags & ENTRY_KEPT) == 0) {
        (void)weft__keep_object(entry_object(&cached->entry), "weft_cache");
        cached->entry.flags |= ENTRY_KEPT;
        cache->table.kept++;
    }
    set_uses(cached, 0);
    weft__enter_queue(cache, cached, queue);
}

// What is only watched, or about to leave, is wanted again: to main with it.
static __attribute__((noinline)) void *take_back(weft_cache *cache,
    struct cached *cached)
{
    void *object = weft_retain(entry_object(&cached->entry));
    if (!fits(cache, cached->cost))
        return object;
    void *held = weft_retain(cache);
    if ((cached->entry.flags & ENTRY_KEPT) != 0)
        weft__leave_queue(cache, cached);
    admit(cache, cached, CACHED_MAIN);
    weft__let_leave(cache);
    weft_release(held);
    return object;
}

static __attribute__((noinline)) void *count_use(weft_cache *cache, size_t at)
{
    struct weaktable *table = &cache->table;
    struct cached *cached = cached_at(cache, at);
    unsigned uses = uses_of(cached);
    if ((cached->entry.flags & CACHED_QUEUED) == 0)
        return take_back(cache, cached);
    if (uses < CACHED_USES_MOST)
        set_uses(cached, uses + 1);
    else if (table->owners != NULL)
        table->owners[at] = (struct weakentry *)
            ((uintptr_t)&cached->entry | OWNER_FULL);
    return weft_retain(cell_object(table->cells[at]));
}

// Finds what is in a cell, which counts as a use of it. Of what is in use most
// the entry, which lies elsewhere, need not be looked at.
static inline void *use_cached(weft_cache *cache, size_t at)
{
    const struct weaktable *table = &cache->table;
    cache->hits++;
    if (likely(table->owners != NULL
            && ((uintptr_t)table->owners[at] & OWNER_FULL) != 0))
        return weft_retain(cell_object(table->cells[at]));
    return count_use(cache, at);
}

// The cache is held, for user code may run. NULL: not there.
void *weft__find_cached(weft_cache *cache, const struct probe *probe)
{
    weft_status status;
    size_t at = weft__find(&cache->table, probe, &status);
    if (at != NOWHERE)
        return use_cached(cache, at);
    cache->misses++;
    return NULL;
}

// The same, not counted: what `make` has put itself.
void *weft__find_made(weft_cache *cache, const struct probe *probe)
{
    weft_status status;
    size_t at = weft__find(&cache->table, probe, &status);
    return at == NOWHERE ? NULL
        : weft_retain(cell_object(cache->table.cells[at]));
}

static __attribute__((noinline)) void *get_cached_slowly(weft_cache *cache,
    weft_value key)
{
    struct probe probe;
    void *object = NULL, *held = weft_retain(cache);
    if (held == NULL)
        return NULL;                        // it is dying
    if (weft__probe(&cache->table, key, &probe) == WEFT_OK)
        object = weft__find_cached(cache, &probe);
    else
        cache->misses++;
    weft_release(held);
    return object;
}

// What is there, and needs no user code to be found; else NOWHERE.
static inline size_t find_at_once(const struct weaktable *table, weft_value key)
{
    size_t end;
    uint64_t bits = (uint64_t)key.as.integer;
    if (unlikely(!is_quick(table, key.kind)))
        return NOWHERE;
    return weft__index_of(table, weft__find_bits(table, key.kind, bits,
        weft__mix(table, bits), &end));
}

void *weft_cache_get(weft_cache *cache, weft_value key)
{
    if (!check_cache(cache, "weft_cache_get"))
        return NULL;
    size_t at = find_at_once(&cache->table, key);
    return likely(at != NOWHERE) ? use_cached(cache, at)
        : get_cached_slowly(cache, key);
}

// ---- putting

static size_t cost_of(const weft_cache *cache, const void *object)
{
    if (cache->budget == 0)
        return 0;
    if (cache->cost == NULL)
        return (size_t)page_of(object)->slot_size;
    weft_heap *heap = page_of(cache)->heap;
    heap->calls++;
    size_t cost = cache->cost(object, cache->context);
    heap->calls--;
    return cost;
}

static weft_status put_new_cached(weft_cache *cache, const struct probe *probe,
    void *value, size_t cost)
{
    struct weaktable *table = &cache->table;
    weft_value key;
    weft_status status = weft__own_value(page_of(cache)->heap, probe->key,
        &key);
    if (status != WEFT_OK)
        return status;
    struct cached *cached = (struct cached *)(void *)weft__insert(table, value,
        key, probe->hash, NOWHERE);
    if (cached == NULL) {
        weft_value_release(key);
        return WEFT_MEMORY_ERROR;
    }
    if (unlikely(table->owners == NULL))
        weft__make_owners(table);
    cached->cost = cost;
    if (fits(cache, cost))
        admit(cache, cached, 0);
    return WEFT_OK;
}

// In place of another object, which is the caller's to release, if it was kept.
// This counts as a use. The queue stays the same.
static weft_status put_again_cached(weft_cache *cache, struct cached *cached,
    void *value, size_t cost, void **old)
{
    unsigned queue = (unsigned)cached->entry.flags & CACHED_QUEUED;
    unsigned uses = uses_of(cached);
    void *object = entry_object(&cached->entry);
    if (weft__replace(&cached->entry, value, false, NULL) == NULL)
        return WEFT_MEMORY_ERROR;
    if ((cached->entry.flags & ENTRY_KEPT) != 0) {
        weft__leave_queue(cache, cached);
        disown(cache, cached);
        *old = object;
    }
    set_uses(cached, 0);
    cached->cost = cost;
    if (!fits(cache, cost))
        return WEFT_OK;
    admit(cache, cached, queue);
    if (queue != 0)
        set_uses(cached, uses < CACHED_USES_MOST ? uses + 1 : uses);
    return WEFT_OK;
}

static void heed_pressure(weft_cache *cache)
{
    if (!cache->heeds_pressure || !weft__is_memory_short(&cache->pressure))
        return;
    weft__shrink_cache(cache, kept_cost(cache) / 2);
    weft__let_leave(cache);
}

// What a put will look at lies far apart, and need not be waited for one after
// the other: the cells of the key, and of who may leave for it, and ghosts.
static void expect_put(const weft_cache *cache, const struct probe *probe)
{
    const struct weaktable *table = &cache->table;
    const struct cached *oldest = cache->small.oldest;
    if (table->cells == NULL || oldest == NULL)
        return;
    __builtin_prefetch(&table->cells[probe->hash & table->mask]);
    __builtin_prefetch(&table->cells[oldest->entry.hash & table->mask]);
    __builtin_prefetch(entry_object(&oldest->entry));
    __builtin_prefetch(oldest->newer);
    weft__expect_ghosts(&cache->ghosts, probe->hash, oldest->entry.hash);
}

// The cache, the key and the value, which can be watched, are held.
weft_status weft__put_cached(weft_cache *cache, const struct probe *probe,
    void *value)
{
    weft_status status;
    void *old = NULL;
    expect_put(cache, probe);
    weft__forget_stale(cache);
    weft__drop_stale(&cache->table);
    heed_pressure(cache);
    size_t cost = cost_of(cache, value);
    size_t at = weft__find(&cache->table, probe, &status);
    if (at != NOWHERE)
        status = put_again_cached(cache, cached_at(cache, at), value, cost,
            &old);
    else if (status == WEFT_OK)
        status = put_new_cached(cache, probe, value, cost);
    weft__let_leave(cache);
    weft_release(old);
    return status;
}

weft_status weft_cache_put(weft_cache *cache, weft_value key, void *value)
{
    struct probe probe;
    if (!check_cache(cache, "weft_cache_put"))
        return WEFT_TYPE_ERROR;
    weft_status status = weft__check_target(value);
    if (status != WEFT_OK)
        return status;
    void *held = weft_retain(cache), *held_value = weft_retain(value);
    if (held == NULL) {
        weft_release(held_value);
        return WEFT_TYPE_ERROR;             // it is dying
    }
    weft_value held_key = weft_value_retain(key);
    status = weft__probe(&cache->table, key, &probe);
    if (status == WEFT_OK)
        status = weft__put_cached(cache, &probe, value);
    weft_value_release(held_key);
    weft_release(held_value);
    weft_release(held);
    return status;
}

// ---- making

static bool is_same_key(const weft_cache *cache, const struct probe *a,
    const struct probe *b)
{
    bool are_texts = kind_in(a->want) == WEFT_KIND_TEXT
        && kind_in(b->want) == WEFT_KIND_TEXT, equal;
    if (a->hash != b->hash)
        return false;
    if (a->want == b->want && a->payload == b->payload)
        return true;
    if (cache->table.by == WEFT_BY_IDENTITY && !are_texts)
        return false;
    return weft_equal(a->key, b->key, &equal) == WEFT_OK && equal;
}

static bool is_making(const weft_cache *cache, const struct probe *probe)
{
    const struct making *making = cache->making;
    while (making != NULL && !is_same_key(cache, making->probe, probe))
        making = making->outer;
    return making != NULL;
}

static void *make_cached(weft_cache *cache, const struct probe *probe,
    weft_make_fn *make, void *context)
{
    weft_heap *heap = page_of(cache)->heap;
    struct making making = { probe, cache->making };
    cache->making = &making;
    heap->calls++;
    void *made = make(probe->key, context);
    heap->calls--;
    cache->making = making.outer;
    if (made == NULL)
        return NULL;
    void *there = weft__find_made(cache, probe);
    if (there == NULL && weft__check_target(made) == WEFT_OK
            && weft__put_cached(cache, probe, made) == WEFT_OK)
        return made;
    weft_release(made);
    return there;
}

void *weft_cache_get_or_create(weft_cache *cache, weft_value key,
    weft_make_fn *make, void *context)
{
    struct probe probe;
    void *object = NULL;
    if (!check_cache(cache, "weft_cache_get_or_create"))
        return NULL;
    size_t at = find_at_once(&cache->table, key);
    if (likely(at != NOWHERE))
        return use_cached(cache, at);
    void *held = weft_retain(cache);
    if (held == NULL)
        return NULL;                        // it is dying
    weft_value held_key = weft_value_retain(key);
    if (weft__probe(&cache->table, key, &probe) != WEFT_OK)
        cache->misses++;
    else if ((object = weft__find_cached(cache, &probe)) == NULL
            && !is_making(cache, &probe))
        object = make_cached(cache, &probe, make, context);
    weft_value_release(held_key);
    weft_release(held);
    return object;
}

// ---- taking out

bool weft_cache_remove(weft_cache *cache, weft_value key)
{
    struct probe probe;
    void *object = NULL;
    if (!check_cache(cache, "weft_cache_remove"))
        return false;
    void *held = weft_retain(cache);
    if (held == NULL)
        return false;                       // it is dying
    weft_status status = weft__probe(&cache->table, key, &probe);
    size_t at = status != WEFT_OK ? NOWHERE
        : weft__find(&cache->table, &probe, &status);
    if (at != NOWHERE) {
        struct cached *cached = cached_at(cache, at);
        if ((cached->entry.flags & ENTRY_KEPT) != 0) {
            object = entry_object(&cached->entry);
            weft__leave_queue(cache, cached);
            disown(cache, cached);
        }
        weft_value_release(weft__remove(&cached->entry));
        weft_release(object);
    }
    weft_release(held);
    return at != NOWHERE;
}

void weft__clear_cache(weft_cache *cache)
{
    void *held = weft_retain(cache);
    if (held == NULL)
        return;                             // it is dying
    cache->small = cache->main = cache->leaving = (struct fifo){ 0 };
    weft__free_ghosts(page_of(cache)->heap, &cache->ghosts);
    weft__clear_table(&cache->table);
    weft_release(held);
}

void weft_cache_clear(weft_cache *cache)
{
    if (check_cache(cache, "weft_cache_clear"))
        weft__clear_cache(cache);
}

void weft_cache_trim(weft_cache *cache, size_t budget)
{
    if (!check_cache(cache, "weft_cache_trim"))
        return;
    void *held = weft_retain(cache);
    if (held == NULL)
        return;                             // it is dying
    weft__forget_stale(cache);
    weft__shrink_cache(cache, budget);
    weft__let_leave(cache);
    weft_release(held);
}

weft_cache_stats weft_cache_get_stats(const weft_cache *public)
{
    weft_cache *cache = (weft_cache *)(uintptr_t)public;
    if (!check_cache(cache, "weft_cache_get_stats"))
        return (weft_cache_stats){ 0 };
    weft__forget_stale(cache);
    return (weft_cache_stats){ .hits = cache->hits, .misses = cache->misses,
        .evicted = cache->evicted, .kept = kept_count(cache),
        .bytes = kept_cost(cache), .watched = cache->table.count };
}
