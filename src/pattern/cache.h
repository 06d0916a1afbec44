// SPDX-License-Identifier: MIT
//
// What the files of a cache share. A cache is a weak table found by payload, as
// a weakvaluedict is (weak/table.h); but its entries are larger, and some of
// them own their objects. Those stand in one of three queues:
//
//                 put                             comes back
//                  |                                  |
//                  v                                  v
//     small  newest ... oldest --asked for often-> main  newest ... oldest
//                          |                          ^            |  |
//                          |                          +-------------  |
//                          |                        asked for         |
//                          v                                          v
//     ghosts  hash ...   leaving  newest ... oldest <-----------------+
//                                              |
//                                              v
//                                 the object is released
//
//     state      flags in entry.flags    in queue     owns its object
//     small      KEPT, SMALL             small        yes
//     main       KEPT, MAIN              main         yes
//     leaving    KEPT                    leaving      yes, not for long
//     watched    -                       none         no
//
// All of them are found. Who is let go of goes to `leaving` first, while the
// cache changes; it is released when everything is as it should be, one after
// the other, since that runs user code, which may do anything to the cache.
//
//     cache.c     what a cache is asked        ghost.c      who was let go of
//     s3fifo.c    who stays, who leaves        pressure.c   is memory short?
//
// Invariants: K1 an entry with KEPT is in the queue that its flags name, and in
// no other; one without is in none. K2 small and main together cost no more
// than the budget when user code runs.
#ifndef WEFT_CACHE_H
#define WEFT_CACHE_H

#include "pattern.h"
#include "../weak/cells.h"

enum {                              // in an entry's flags (ENTRY_OWN)
    CACHED_USES_SHIFT = 4,          // how often it was asked for, up to MOST
    CACHED_USES_MOST = 3,
    CACHED_USES = CACHED_USES_MOST << CACHED_USES_SHIFT,
    CACHED_SMALL = 1 << 6,
    CACHED_MAIN = 1 << 7,
    CACHED_QUEUED = CACHED_SMALL | CACHED_MAIN,
    OWNER_FULL = 1,                 // in its cell's owner: stands in small or
                                    // main, and has all the uses it can have
};

struct cached {                 // an entry of a cache
    struct weakentry entry;     // first
    struct cached *newer, *older;   // in its queue
    size_t cost;                // what `cost` said when it was put
};

struct fifo {
    struct cached *newest, *oldest;
    size_t count;               // entries
    size_t cost;                // of all of them
};

struct ghosts {                 // see ghost.c; all zero: none, and no room
    uint32_t *ring;             // pieces of hashes; 0: came back
    uint32_t *index;            // by piece: place in the ring + 1; 0: empty
    uint32_t room;              // places in the ring; half of those in index
    uint32_t first, end;        // of the ring: the oldest, and where next goes
    uint32_t count;             // that have not come back
};

struct pressure {               // see pressure.c
    uint64_t looked;            // when, in milliseconds; 0: never
    uint64_t stalled;           // microseconds, then
    uint64_t alarms;            // how many there had been, then
};

struct making {                 // on the C stack: `make` runs
    const struct probe *probe;  // for which key, held
    const struct making *outer;
};

struct weft_cache {
    struct weaktable table;     // first
    struct fifo small, main, leaving;
    struct ghosts ghosts;
    size_t budget;              // for small and main; 0: keeps nothing
    size_t (*cost)(const void *object, void *context);  // NULL: bytes
    void *context;              // for `cost`
    const struct making *making;    // innermost first
    uint64_t hits, misses, evicted;
    bool heeds_pressure;        // looks whether memory is short
    struct pressure pressure;   // when it looked, and what it saw
};

static inline unsigned uses_of(const struct cached *cached)
{
    return (unsigned)cached->entry.flags >> CACHED_USES_SHIFT
        & CACHED_USES_MOST;
}

static inline void set_uses(struct cached *cached, unsigned uses)
{
    cached->entry.flags = (uint8_t)((cached->entry.flags
            & ~(unsigned)CACHED_USES) | uses << CACHED_USES_SHIFT);
}

static inline size_t kept_count(const weft_cache *cache)
{
    return cache->small.count + cache->main.count;
}

static inline size_t kept_cost(const weft_cache *cache)
{
    return cache->small.cost + cache->main.cost;
}

// Nine tenths of a whole, rounded down.
static inline size_t main_part(size_t whole)
{
    return whole - whole / 10 - (whole % 10 > 0);
}

// Its object's reference is the caller's from now on.
static inline void disown(weft_cache *cache, struct cached *cached)
{
    cached->entry.flags &= (uint8_t)~ENTRY_KEPT;
    cache->table.kept--;
}

// cache.c, for caches that are a part of something
void *weft__new_cache(weft_heap *heap, weft_type *type,
    const weft_cache_options *options);
void weft__dispose_cache(void *self);
void *weft__find_cached(weft_cache *cache, const struct probe *probe);
void *weft__find_made(weft_cache *cache, const struct probe *probe);
weft_status weft__put_cached(weft_cache *cache, const struct probe *probe,
    void *value);
void weft__clear_cache(weft_cache *cache);              // lets go

// s3fifo.c: nothing is let go of here but by let_leave.
void weft__enter_queue(weft_cache *cache, struct cached *cached,
    unsigned queue);                            // CACHED_SMALL, _MAIN; 0: leave
void weft__leave_queue(weft_cache *cache, struct cached *cached);
void weft__make_room(weft_cache *cache, size_t cost);   // within the budget
void weft__shrink_cache(weft_cache *cache, size_t budget);
void weft__forget_stale(weft_cache *cache);
void weft__let_leave(weft_cache *cache);        // lets go

// ghost.c
void weft__add_ghost(weft_heap *heap, struct ghosts *ghosts, uint64_t hash,
    size_t most);                               // or not: no memory
bool weft__take_ghost(struct ghosts *ghosts, uint64_t hash);
void weft__expect_ghosts(const struct ghosts *ghosts, uint64_t asked,
    uint64_t added);
void weft__free_ghosts(weft_heap *heap, struct ghosts *ghosts);

// pressure.c: where it looks can be replaced, for tests.
struct memory_state {           // 0: not known
    uint64_t stalled;           // microseconds waited for memory, ever
    uint64_t alarms;            // how often the limit was reached, ever
    uint64_t available, total;  // bytes
};

struct memory_source {
    uint64_t (*milliseconds)(void);
    void (*read)(struct memory_state *state);
};

extern struct memory_source weft__memory_source;
bool weft__is_memory_short(struct pressure *pressure);
void weft__read_memory(const char *root, struct memory_state *state);

#endif
