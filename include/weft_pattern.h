// SPDX-License-Identifier: MIT
//
// What programs build on weak references again and again, built once: signals,
// caches, memoized functions, pools, trees. All of them are objects: held,
// released, weakly referable, known to the collector.
//
// The manual's rules (weft.h) hold here too: arguments are borrowed, what comes
// back is a new reference, NULL, nil or false come for the one reason given;
// constructors return NULL when memory ran out.
#ifndef WEFT_PATTERN_H
#define WEFT_PATTERN_H

#include <weft.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_signal weft_signal;
typedef struct weft_cache weft_cache;
typedef struct weft_memo weft_memo;
typedef struct weft_pool weft_pool;
typedef struct weft_tree weft_tree;

extern weft_type weft_signal_type, weft_cache_type, weft_memo_type,
    weft_pool_type, weft_tree_type;

// ---------------------------------------------------------------------------
// Signal: tells observers of something. It holds none of them: a connection is
// gone the moment its observer is.

WEFT_NEW_REF weft_signal *weft_signal_new(weft_heap *heap);
size_t weft_signal_length(const weft_signal *signal);   // connections

// Has `handler` called with `observer` whenever the signal is emitted, until
// one of both goes. An observer of NULL is nobody: the handler gets NULL, and
// stays until it is disconnected. The same may be connected twice, and is then
// called twice. TYPE: not weakable; REFERENCE: dying; MEMORY.
weft_status weft_signal_connect(weft_signal *signal, void *observer,
    weft_handler_fn *handler);

// Takes out the oldest such connection. False: there was none. In proportion to
// the weak references to the observer.
bool weft_signal_disconnect(weft_signal *signal, const void *observer,
    weft_handler_fn *handler);

// Takes out all connections of an observer (NULL: of nobody); how many there
// were. In the same proportion.
size_t weft_signal_disconnect_all(weft_signal *signal, const void *observer);

// Calls the handlers, oldest first, each with its observer, which is held for
// the call, and `argument`. Who connects meanwhile waits for the next emission;
// who is disconnected or dies before its turn is not called. A handler may do
// anything: emit again, connect and disconnect, let go of the signal. Needs no
// memory. Returns how many were called.
size_t weft_signal_emit(weft_signal *signal, void *argument);

// ---------------------------------------------------------------------------
// Cache: keeps what was used lately or often, up to a budget, and goes on to
// find what it had to let go for as long as anyone else holds that.
//
// Who stays is decided by S3-FIFO (Yang et al., SOSP 2023): what comes new goes
// through a small queue, a tenth of the budget, and is kept only if it was
// asked for again there, or comes back soon; so a scan of things used once does
// not push out what is used. What it has let go of, and is asked for while it
// can still be found, is taken back.
//
// Any of these functions may let go of objects, and so run user code, which may
// do anything to the cache, also let go of it. Letting go needs no memory.

typedef struct weft_cache_options {
    size_t budget;              // in what `cost` counts; 0: keeps nothing
    size_t (*cost)(const void *object, void *context);  // asked when it is put;
                                // NULL: the bytes that the object takes
    void *context;              // handed to `cost`
    weft_by by;                 // how keys compare
    bool heed_pressure;         // lets go of half when memory is short
} weft_cache_options;

// `heed_pressure`: looked at once a second, when something is put, as long as
// the system tells (Linux): that programs had to wait for memory a tenth of the
// time, or that less than a twentieth of it is available.

typedef struct weft_cache_stats {
    uint64_t hits;              // found, also while only watched
    uint64_t misses;            // not found
    uint64_t evicted;           // let go of to make room, or by trimming
    size_t kept;                // objects it holds
    size_t bytes;               // what these cost, whatever `cost` counts
    size_t watched;             // objects it finds: these, and those it evicted
                                // that somebody else holds
} weft_cache_stats;

WEFT_NEW_REF weft_cache *weft_cache_new(weft_heap *heap,
    const weft_cache_options *options);

// What is there; finding it counts as use. NULL: not there.
WEFT_NEW_REF void *weft_cache_get(weft_cache *cache, weft_value key);

// What is there, else what `make` returns, which is put. `make` runs once a
// miss: when it asks for the same key again, it gets NULL there, unless it has
// put something under the key, which is then what comes back. NULL: `make`
// returned it, or what it returned cannot be put.
WEFT_NEW_REF void *weft_cache_get_or_create(weft_cache *cache, weft_value key,
    weft_make_fn *make, void *context);

// In place of what is there, which counts as use. `cost` is asked once, now.
// What alone costs more than the budget is watched, not kept; all else is kept,
// whoever has to go for it. Errors as of a weakvaluedict: TYPE, REFERENCE,
// MEMORY, or what a hook of the key fails with.
weft_status weft_cache_put(weft_cache *cache, weft_value key, void *value);
bool weft_cache_remove(weft_cache *cache, weft_value key);  // false: not there

// As new, but for the hits, misses and evicted of its stats.
void weft_cache_clear(weft_cache *cache);

// Lets go until what is kept costs no more than `budget`; the cache's own
// budget stays as it is. 0: of everything.
void weft_cache_trim(weft_cache *cache, size_t budget);
weft_cache_stats weft_cache_get_stats(const weft_cache *cache);

// ---------------------------------------------------------------------------
// Memo: a function whose results are remembered by its arguments. Two calls are
// the same if these are equal, one by one, as keys of a dictionary are: 1 is
// 1.0. Finding a result that is remembered makes nothing.

// Returns a new reference, or NULL, which is not remembered. The arguments are
// borrowed, from whoever asked.
typedef void *weft_memo_fn(const weft_value *arguments, size_t count,
    void *context);

// Results are shared as long as somebody holds them.
WEFT_NEW_REF weft_memo *weft_memo_new(weft_heap *heap, weft_memo_fn *function,
    void *context);

// Results are kept up to a budget, as in a cache. (`by` is how arguments
// compare, here as there.)
WEFT_NEW_REF weft_memo *weft_memo_new_cached(weft_heap *heap,
    weft_memo_fn *function, void *context, const weft_cache_options *options);

// The result for these arguments, computed if need be; they stay as they are
// until it is. A memo keeps the arguments of what it remembers. NULL: the
// function returned it, memory ran out, an argument is unhashable, the result
// is not weakable, or the function asks for the very result it is computing
// (which takes time in proportion to how deep it is in itself).
WEFT_NEW_REF void *weft_memo_call(weft_memo *memo, const weft_value *arguments,
    size_t count);
size_t weft_memo_length(const weft_memo *memo);     // results it remembers
void weft_memo_clear(weft_memo *memo);

// ---------------------------------------------------------------------------
// Pool: objects that come back instead of dying, for use by somebody else.
//
// When the last reference to an object of the pool goes, that is a death for
// everyone who watches it: weak references die, entries go, callbacks and
// finalizers run, weft_id() changes. But its own finalize does not; instead
// `reset` makes it as good as new, and it waits in the pool, with all it holds,
// to be handed out again. That needs no memory. Beyond `idle_limit`, or once
// the pool is gone, objects die as usual; so do those that the collector finds,
// and what waits in a pool that goes.
//
// To release an object that waits is misuse, which every build reports. (Before
// it is handed out again: after that it is somebody else's reference.)

typedef void weft_pool_fn(void *object, void *context);

// `reset` (NULL: none) may let go of what the object holds, or keep the object
// itself: then it is in use again. The object it gets is only lent to it.
WEFT_NEW_REF weft_pool *weft_pool_new(weft_heap *heap, weft_type *type,
    size_t idle_limit, weft_pool_fn *reset, void *context);

// An idle object, the one that came back last, or a new one, zeroed. NULL:
// memory ran out, or the type forbids weak references.
WEFT_NEW_REF void *weft_pool_get(weft_pool *pool);
size_t weft_pool_idle_count(const weft_pool *pool);     // waiting in it
size_t weft_pool_used_count(const weft_pool *pool);     // handed out, alive
void weft_pool_trim(weft_pool *pool, size_t idle);      // lets go of the rest

// ---------------------------------------------------------------------------
// Tree: nodes that hold their children and know their parent weakly. So a tree
// lives as long as its root, and a subtree as long as anyone holds its top; the
// child of a node that died has no parent. The fields are `value`, `parent` and
// `children`, for weft_getattr() and weft_repr().

WEFT_NEW_REF weft_tree *weft_tree_new(weft_heap *heap, weft_value value);
WEFT_NEW_REF weft_value weft_tree_value(const weft_tree *tree);
weft_status weft_tree_set_value(weft_tree *tree, weft_value value); // MEMORY

// Makes `child` the last child of `tree`, which keeps it; taken from where it
// was before, if it was, in proportion to its siblings there. If it has
// children of its own, also in proportion to the depth of `tree`. VALUE: it is
// `tree` or an ancestor of it; REFERENCE: one of both is dying; MEMORY.
weft_status weft_tree_add(weft_tree *tree, weft_tree *child);

// The same, before the child at `index` (counted without `child`), which with
// all behind it moves up. INDEX.
weft_status weft_tree_insert(weft_tree *tree, size_t index, weft_tree *child);

// Takes `child` out of its parent, in proportion to the siblings. False: it has
// none.
bool weft_tree_remove(weft_tree *child);
WEFT_NEW_REF weft_tree *weft_tree_parent(const weft_tree *tree); // NULL: none
WEFT_NEW_REF weft_tree *weft_tree_root(const weft_tree *tree);   // maybe itself
size_t weft_tree_length(const weft_tree *tree);                  // children
WEFT_NEW_REF weft_tree *weft_tree_child(const weft_tree *tree, size_t index);
                                                                 // NULL: none
WEFT_NEW_REF weft_list *weft_tree_path(const weft_tree *tree);
                                // the values from the root to this one; NULL:
                                // memory ran out

#ifdef __cplusplus
}
#endif

#endif
