// SPDX-License-Identifier: MIT
//
// Who stays in a cache, and who leaves: S3-FIFO, by Yang, Zhang, Qiu, Yue and
// Vinayak, "FIFO queues are all you need for cache eviction" (SOSP 2023). Most
// of what comes to a cache is asked for once and never again; so it first has
// to pass a small queue.
//
//     asked for x   uses(x) = min(uses(x) + 1, 3); nothing is moved
//     put x         while there is no room for x: evict
//                   x is a ghost: enter main, else enter small; uses(x) = 0
//     evict         small costs a tenth of the budget or more: from small,
//                   else from main
//     from small    oldest t; uses(t) > 1: to main, uses(t) = 0, and go on;
//                   else t leaves, and becomes a ghost
//     from main     oldest t; uses(t) > 0: uses(t)--, newest again, and go on;
//                   else t leaves
//
// The ghosts are as many as main has entries when it has its nine tenths. Where
// costs differ there may be little in small, and nothing in main: then it is
// small all the same. Each step of evicting takes a use away, moves one to main
// for good, or ends it; so there are no more steps than there were puts and
// hits.
//
// Nobody is released in here but in let_leave().
#include "cache.h"

static struct fifo *queue_of(weft_cache *cache, const struct cached *cached)
{
    unsigned flags = cached->entry.flags;
    return (flags & CACHED_SMALL) != 0 ? &cache->small
        : (flags & CACHED_MAIN) != 0 ? &cache->main : &cache->leaving;
}

// As the newest there. It has KEPT, and is in no queue.
void weft__enter_queue(weft_cache *cache, struct cached *cached,
    unsigned queue)
{
    cached->entry.flags |= (uint8_t)queue;
    struct fifo *fifo = queue_of(cache, cached);
    cached->newer = NULL;
    cached->older = fifo->newest;
    if (fifo->newest != NULL)
        fifo->newest->newer = cached;
    else
        fifo->oldest = cached;
    fifo->newest = cached;
    fifo->count++;
    fifo->cost += cached->cost;
}

// It may have fewer uses again.
static void unmark_owner(const struct weaktable *table, struct weakentry *entry)
{
    if (table->owners != NULL && is_live(entry))
        table->owners[cell_at(table, entry)] = entry;
}

void weft__leave_queue(weft_cache *cache, struct cached *cached)
{
    struct fifo *fifo = queue_of(cache, cached);
    if (uses_of(cached) == CACHED_USES_MOST)
        unmark_owner(&cache->table, &cached->entry);
    if (cached->newer != NULL)
        cached->newer->older = cached->older;
    else
        fifo->newest = cached->older;
    if (cached->older != NULL)
        cached->older->newer = cached->newer;
    else
        fifo->oldest = cached->newer;
    fifo->count--;
    fifo->cost -= cached->cost;
    cached->entry.flags &= (uint8_t)~CACHED_QUEUED;
}

static void move_to(weft_cache *cache, struct cached *cached, unsigned queue,
    unsigned uses)
{
    weft__leave_queue(cache, cached);
    set_uses(cached, uses);
    weft__enter_queue(cache, cached, queue);
}

static void begin_leaving(weft_cache *cache, struct cached *cached)
{
    move_to(cache, cached, 0, 0);
    cache->evicted++;
}

static void evict_from_small(weft_cache *cache)
{
    size_t count = kept_count(cache);
    struct cached *oldest;
    while ((oldest = cache->small.oldest) != NULL && uses_of(oldest) > 1)
        move_to(cache, oldest, CACHED_MAIN, 0);
    if (oldest == NULL)
        return;
    begin_leaving(cache, oldest);
    weft__add_ghost(page_of(cache)->heap, &cache->ghosts, oldest->entry.hash,
        main_part(count));
}

static void evict_from_main(weft_cache *cache)
{
    struct cached *oldest;
    while ((oldest = cache->main.oldest) != NULL && uses_of(oldest) > 0)
        move_to(cache, oldest, CACHED_MAIN, uses_of(oldest) - 1);
    if (oldest != NULL)
        begin_leaving(cache, oldest);
}

static void evict(weft_cache *cache)
{
    bool is_large = cache->small.cost
        >= cache->budget - main_part(cache->budget);
    if (cache->main.count == 0 || (is_large && cache->small.count > 0))
        evict_from_small(cache);
    else
        evict_from_main(cache);
}

void weft__make_room(weft_cache *cache, size_t cost)
{
    while (kept_cost(cache) > cache->budget - cost)
        evict(cache);
}

// To cost no more than that; of 0 nothing is left, not what costs nothing.
void weft__shrink_cache(weft_cache *cache, size_t budget)
{
    while (kept_cost(cache) > budget
            || (budget == 0 && kept_count(cache) > 0))
        evict(cache);
}

static void forget_stale_in(weft_cache *cache, const struct fifo *fifo)
{
    for (struct cached *at = fifo->oldest, *next; at != NULL; at = next) {
        next = at->newer;
        if (!is_live(&at->entry))
            weft__leave_queue(cache, at);
    }
}

// A cache that was taken apart, and is held after all, has nothing any more.
// One that was garbage, and lives after all, has stale entries and no
// other, and owns what they own until weft__drop_stale(); they leave their
// queues.
void weft__forget_stale(weft_cache *cache)
{
    if (unlikely(cache->table.kept == 0 && cache->table.stale == 0
            && kept_count(cache) + cache->leaving.count > 0))
        cache->small = cache->main = cache->leaving = (struct fifo){ 0 };
    if (likely(cache->table.stale == 0))
        return;
    forget_stale_in(cache, &cache->small);
    forget_stale_in(cache, &cache->main);
    forget_stale_in(cache, &cache->leaving);
}

// Releases what leaves, first come, first served. The cache is held. What is
// asked for meanwhile comes back; who leaves meanwhile has his turn.
void weft__let_leave(weft_cache *cache)
{
    struct cached *cached;
    while ((cached = cache->leaving.oldest) != NULL) {
        void *object = entry_object(&cached->entry);
        weft__leave_queue(cache, cached);
        disown(cache, cached);
        weft_release(object);
    }
}
