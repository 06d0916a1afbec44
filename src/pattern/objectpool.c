// SPDX-License-Identifier: MIT
//
// Pools: objects that come back to be handed out again. An object of a pool has
// a *mark*, a hidden watcher, which is the last of its list as long as it lives
// and knows the pool by a handle:
//
//     pool -> idle: object, object, ...       owned, the last back goes first
//      ^                |
//      :                v list of watchers
//      ......... mark <- ref <- entry <- ...
//
//   used     handed out; the mark says whose it is
//   idle     in the pool's array, which owns the only reference; MARK_IDLE
//
// When the last reference to an object goes, the walk of a death (core/death.c)
// asks here first, before finalize:
//
//     reclaim:  no mark, or its pool is gone, or has no place: die as usual
//               the generation goes up, watchers are told: dead for all
//               count one, the flags of a new object: it is alive
//               reset; kept: used again; else idle
//
// A place in the pool is reserved from the moment an object is handed out, and
// the mark is there already, so nothing of this needs memory. In a death as
// usual the mark goes with the other watchers: when it is told of (unmark).
//
// A pool that is garbage is gone for its marks when its handle is, as for
// everybody. Should it live on after that, it has a new handle, and what it
// handed out before is no longer its own.
//
// Invariant: there is room for min(idle_limit, idle + returning + used).
#include "pattern.h"

enum { POOL_ROOM = 8 };

// In a mark's flags, none of which is a ref's (weak/weak.h).
enum { MARK_IDLE = 1 << 8 };

struct mark {
    struct weft__watcher node;  // first; in the object's list
    uint64_t flags;             // where a ref has its target
    weft_weak pool;             // whose object it is
};

_Static_assert(offsetof(struct mark, flags) == offsetof(struct ref, target),
    "a mark is taken for a ref that is not shared");

struct weft_pool {
    void **idle;                // owned; NULL: nothing was handed out yet
    size_t idle_count;          // how many there are
    size_t room;                // for how many there is memory
    size_t idle_limit;          // for how many there may be
    size_t used;                // handed out and alive
    size_t returning;           // on their way back
    weft_weak self;             // what marks know it by
    weft_type *type;            // of all objects
    weft_pool_fn *reset;        // or NULL
    void *context;              // handed to `reset`
};

static void pool_dispose(void *self)
{
    weft_pool *pool = self;
    (void)weft__resize(weft_heap_of(pool), pool->idle,
        pool->room * sizeof(*pool->idle), 0);
}

weft_type weft_pool_type = { .name = "pool", WEFT_SIZE(weft_pool),
    .fields = WEFT_FIELDS(WEFT_ARRAY(weft_pool, idle, idle_count)),
    .dispose = pool_dispose };

static weft_type mark_type = { .name = "mark", WEFT_SIZE(struct mark),
    .weak = WEFT_FORBIDDEN, .acyclic = true,
    .reserved = WEFT__ROLE(ROLE_POOLED) };

static bool check_pool(const weft_pool *pool, const char *call)
{
    return !CHECKED || is_pattern(pool, &weft_pool_type, call);
}

// ---- marks

// The mark of an object, or NULL.
static struct mark *mark_of(const void *object)
{
    struct weft__watcher **head = weft__watchers(object, false);
    struct weft__watcher *node = head == NULL ? NULL : *head;
    while (node != NULL && !is_mark(node))
        node = node->next;
    return (struct mark *)(void *)node;
}

static void free_mark(struct mark *mark)
{
    struct page *page = page_of(mark);
    uint64_t *word = word_of(mark);
    weft__free_slot(page, word, word_after(page, load(word)));
}

// Behind all who watch the object already: an idle one may have lost its mark
// to the collector (weak_first).
static void link_mark(void *object, struct weft__watcher **head,
    struct mark *mark)
{
    struct weft__watcher *last = *head;
    while (last != NULL && last->next != NULL)
        last = last->next;
    weft__watch(object, head, &mark->node, last);
}

// The object of a mark dies as usual; the mark is in no list any more.
static void unmark(struct weft__watcher *node)
{
    struct mark *mark = (struct mark *)(void *)node;
    weft_pool *pool = borrow_watched(mark->pool);
    if (pool != NULL && (mark->flags & MARK_IDLE) == 0)
        pool->used--;
    free_mark(mark);
}

// Makes an object of a pool one like any other.
static void drop_mark(void *object)
{
    struct mark *mark = mark_of(object);
    if (mark == NULL)
        return;
    weft__unwatch(object, &mark->node);
    free_mark(mark);
}

// ---- coming back

// Young, with no mark of an earlier life, as weft_new() would have it.
static void make_new(struct page *page, uint64_t *word)
{
    uint64_t value = load(word) & (OUTLIVING | GENERATION);
    store(word, value | ONE | (page->acyclic ? OLD | QUIET : 0));
    if (page->heap->ordered && !page->acyclic)
        weft__append_order(page, word, 0);
    weft__make_young(page, word);
}

// Dead for everyone who watches it, and alive again.
static void die_and_begin_anew(void *object, struct mark *mark)
{
    uint64_t *word = word_of(object);
    struct page *page = page_of(object);
    weft__unwatch(object, &mark->node);
    uint64_t value = load(word);
    store(word, SIGN | DYING | word_after(page, value));
    if ((value & WATCHED) != 0)
        page->heap->watchers_die(object);
    make_new(page, word);
    weft__watch(object, weft__watchers(object, false), &mark->node, NULL);
}

// The pool has it, unless `reset` kept it.
static void settle_object(weft_pool *pool, void *object, struct mark *mark)
{
    uint64_t *word = word_of(object), value = load(word);
    if (value < TWO) {
        pool->idle[pool->idle_count++] = object;
        return;
    }
    mark->flags &= ~(uint64_t)MARK_IDLE;
    pool->used++;
    if (is_immortal(value))
        return;
    store(word, value - ONE);
    weft__make_young(page_of(object), word);
}

static void come_back(weft_pool *pool, void *object, struct mark *mark)
{
    (void)weft_retain(pool);            // user code may let go of it
    pool->used--;
    pool->returning++;
    die_and_begin_anew(object, mark);
    mark->flags |= MARK_IDLE;           // the reference is not reset's
    if (pool->reset != NULL)
        pool->reset(object, pool->context);
    pool->returning--;
    settle_object(pool, object, mark);
    weft_release(pool);
}

// Is there a place for it, and a generation?
static bool can_come_back(const weft_pool *pool, void *object)
{
    uint64_t value = load(word_of(object));
    return pool->idle_count + pool->returning < pool->idle_limit
        && (word_after(page_of(object), value) & GENERATION) != GENERATION;
}

// The upcall of a death: the last reference goes. True: it does not die.
static bool reclaim(void *object)
{
    struct page *page = page_of(object);
    struct mark *mark = page->kind->pooled ? mark_of(object) : NULL;
    weft_pool *pool = mark == NULL ? NULL : borrow_watched(mark->pool);
    if (pool == NULL)
        return false;
    if ((mark->flags & MARK_IDLE) != 0) {
        weft__misuse(page->heap, object, "weft_release: %s %p was released "
            "more often than it was held: its pool has it",
            weft__name_of(object), object);
        return true;
    }
    if (!can_come_back(pool, object))
        return false;
    come_back(pool, object, mark);
    return true;
}

weft_pool *weft_pool_new(weft_heap *heap, weft_type *type, size_t idle_limit,
    weft_pool_fn *reset, void *context)
{
    weft_pool *pool = weft_new(heap, &weft_pool_type);
    if (pool == NULL)
        return NULL;
    weft__install_weak(heap);
    heap->reclaim = reclaim;
    heap->unmark = unmark;
    pool->type = type;
    pool->idle_limit = idle_limit;
    pool->reset = reset;
    pool->context = context;
    pool->self = weft_weak_of(pool);
    return pool;
}

// ---- handing out

static bool resize_idle(weft_pool *pool, size_t room)
{
    if (room > SIZE_MAX / sizeof(*pool->idle))
        return false;
    void **idle = weft__resize(weft_heap_of(pool), pool->idle,
        pool->room * sizeof(*idle), room * sizeof(*idle));
    if (idle == NULL && room > 0)
        return false;
    pool->idle = idle;
    pool->room = room;
    return true;
}

// How many may be idle at a time, of those there are.
static size_t needed_room(const weft_pool *pool)
{
    size_t all = pool->idle_count + pool->returning + pool->used;
    return all < pool->idle_limit ? all : pool->idle_limit;
}

// A place for one more, for when it comes back.
static bool reserve_place(weft_pool *pool)
{
    size_t limit = pool->idle_limit;
    if (needed_room(pool) < pool->room || needed_room(pool) == limit)
        return true;
    size_t room = pool->room == 0 ? POOL_ROOM : 2 * pool->room;
    return resize_idle(pool, room < limit ? room : limit);
}

// NULL: no memory.
static struct mark *make_mark(const weft_pool *pool, void *object)
{
    struct weft__watcher **head = weft__watchers(object, true);
    struct mark *mark = head == NULL ? NULL
        : weft_new(page_of(pool)->heap, &mark_type);
    if (mark == NULL)
        return NULL;
    mark->pool = pool->self;
    link_mark(object, head, mark);
    return mark;
}

static void *new_marked(weft_pool *pool)
{
    void *object = !reserve_place(pool) ? NULL
        : weft_new(page_of(pool)->heap, pool->type);
    if (object == NULL)
        return NULL;
    struct page *page = page_of(object);
    if (make_mark(pool, object) != NULL) {
        page->kind->pooled = true;
        return object;
    }
    // Nobody has seen it: no user code is to know that it was.
    weft__free_slot(page, word_of(object),
        word_after(page, load(word_of(object))));
    return NULL;
}

// The object that came back last; the array's reference is the caller's.
static void *take_idle(weft_pool *pool)
{
    void *object = pool->idle[pool->idle_count - 1];
    struct page *page = page_of(object);
    struct mark *mark = mark_of(object);
    if (mark == NULL && (mark = make_mark(pool, object)) == NULL)
        return NULL;
    mark->flags = 0;
    mark->pool = pool->self;
    pool->idle_count--;
    if (page->heap->ordered && !page->acyclic)
        weft__append_order(page, word_of(object), 0);
    weft__make_young(page, word_of(object));
    return object;
}

void *weft_pool_get(weft_pool *pool)
{
    if (!check_pool(pool, "weft_pool_get"))
        return NULL;
    weft_weak self = weft_weak_of(pool);
    if (!weft_weak_is_same(self, pool->self)) {
        pool->self = self;
        pool->used = 0;
    }
    if (pool->type->weak == WEFT_FORBIDDEN)
        return NULL;
    // A pool that was taken apart, and is held after all, has empty places.
    while (pool->idle_count > 0 && pool->idle[pool->idle_count - 1] == NULL)
        pool->idle_count--;
    void *object = pool->idle_count > 0 ? take_idle(pool) : new_marked(pool);
    pool->used += object != NULL;
    return object;
}

// ---- the rest

size_t weft_pool_idle_count(const weft_pool *pool)
{
    return check_pool(pool, "weft_pool_idle_count") ? pool->idle_count : 0;
}

size_t weft_pool_used_count(const weft_pool *pool)
{
    return check_pool(pool, "weft_pool_used_count")
        && !weft_weak_is_dead(pool->self) ? pool->used : 0;
}

void weft_pool_trim(weft_pool *pool, size_t idle)
{
    if (!check_pool(pool, "weft_pool_trim") || weft_retain(pool) == NULL)
        return;
    // What comes back meanwhile may be let go of instead.
    for (size_t i = pool->idle_count; i > idle && pool->idle_count > idle;
            i--) {
        void *object = pool->idle[--pool->idle_count];
        if (object != NULL)
            drop_mark(object);
        weft_release(object);
    }
    if (needed_room(pool) < pool->room)
        (void)resize_idle(pool, needed_room(pool));
    weft_release(pool);
}
