// SPDX-License-Identifier: MIT
//
// What the files of weak share.
//
// Everything that watches an object is a ref inside, or an entry of a weak
// table (table.h): an object that begins with a node in the list of the object
// it watches, and its target. The list's order is the order in which callbacks
// run: the shared ref, the shared proxy, all others, newest first.
//
//   live      linked in its target's list, target set
//   pending   its target has died; it is held, and its callback is to come
//   dead      target 0, linked nowhere; so is a ref to a dying object born
//
// A weak method has two: itself, on the object, and an owner ref, on the owner.
// What they tell of a death, and what the method keeps, is in its binding, held
// by both. A finalizer's record is a ref that the heap holds.
#ifndef WEFT_WEAK_H
#define WEFT_WEAK_H

#include "../value/value.h"

enum {                          // flags in a ref's target
    REF_KEEPS = 1,              // context is an object it owns a reference to
    REF_HASHED = 2,             // hash is valid
    REF_SHARED = 4,             // what weft_ref_new() gives to all who ask
    REF_PENDING = 8,            // its callback is to come, or running
    REF_OWNED = 16,             // a method whose function has an owner
};

struct ref {
    struct weft__watcher node;  // first: a node's address is the ref's
    uint64_t target;            // slot address << 16 | flags; 0: dead
    union {
        weft_ref_fn *callback;  // NULL: none, or called
        struct ref *owner;      // of a method: the owner's ref, held
    } as;
    void *context;              // for the callback; REF_KEEPS: held
    uint64_t hash;              // of the referent, once asked
};

struct binding {                // of a weak method
    weft_weak method;           // its method
    weft_handler_fn *function;
    weft_ref_fn *callback;      // NULL: none, or called
    void *context;              // for the callback
    void *kept;                 // strong, or NULL
};

// The object a ref is linked to, or NULL. It may be dying.
static inline void *ref_target(const struct ref *ref)
{
    uintptr_t word = (uintptr_t)(ref->target >> 16) & ~(uintptr_t)7;
    return word == 0 ? NULL : (uint64_t *)word + 1;
}

static inline bool is_ref_role(enum role role)
{
    return role >= ROLE_REF && role <= ROLE_FINALIZER;
}

// Of a node in a list of watchers.
static inline bool is_entry(const struct weft__watcher *node)
{
    return page_of(node)->kind->role == ROLE_ENTRY;
}

// The mark that a pool has on an object of its own (pattern/objectpool.c). It
// lies in the list as a ref that is not shared does, and is nobody's weak
// reference.
static inline bool is_mark(const struct weft__watcher *node)
{
    return page_of(node)->kind->role == ROLE_POOLED;
}

static inline bool is_object_alive(const void *object)
{
    return is_alive(load(word_of(object)));
}

// ref.c
bool weft__check_watchable(const void *object, const char *call);
struct ref *weft__new_ref(weft_type *type, void *object, uint64_t flags,
    weft_ref_fn *callback, void *context);
void weft__make_newest(struct ref *ref);
struct weft__watcher *weft__newest_place(struct weft__watcher *list);
void weft__unlink_ref(struct ref *ref);
void *weft__take_kept(struct ref *ref);
void weft__install_weak(weft_heap *heap);

// method.c
bool weft__is_method_gone(const struct ref *method);
struct binding *weft__binding_of(const struct ref *method);
void weft__method_died(struct binding *binding);

// finalize.c
void weft__finalizer_died(struct ref *record);
void weft__exit_finalizers(weft_heap *heap);
void weft__drop_finalizers(weft_heap *heap);
bool weft__verify_finalizers(weft_heap *heap);

// watchers.c: the upcalls of core
void weft__watchers_die(void *object);
void *weft__leave(void *object);
bool weft__detach(void *ref);
// and what the collector asks for
void weft__cut_refs(void *object, bool all, struct weft__watcher ***told);
size_t weft__call_refs(struct weft__watcher *told,
    void (*called)(struct ref *ref, void *context), void *context);
void weft__drop_refs(void *object, struct weft__watcher ***dropped);
void weft__drop_entries(struct weft__watcher *dropped);
bool weft__verify_weak(weft_heap *heap);

#endif
