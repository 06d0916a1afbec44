// SPDX-License-Identifier: MIT
//
// Finalizers, after Python's weakref.finalize. A record is a ref to the object,
// on the heap's ring of finalizers, oldest first, which holds it:
//
//   registered  on the ring; maybe its object is gone, and its turn is to come:
//               at once, or at exit if it was made for an object that the
//               collector had condemned, as in Python
//   running     off the ring, its function under way
//   over        called or detached; the ring's reference is given back
//
// At exit those marked at_exit run, newest first; when some were made meanwhile
// the choice is made anew. The cursor goes back over the ring; whoever leaves
// the ring moves it on, so that functions may do anything to other finalizers,
// and even exit: each exit within another has a bit of its own for its choice.
//
// Invariant F1: a record is on the ring iff `registered`, and then the ring
// owns one reference to it.
#include "weak.h"

struct record {
    struct ref ref;                 // what it is, inside
    struct weft__watcher ring;      // heap->finalizers
    weft_finalize_fn *function;
    bool registered, running;
    bool at_exit;                   // is to run when the heap closes
    uint32_t chosen;                // will: a bit for each exit under way
};

static const weft_field record_fields[] = {
    { "", NULL, 0, 0, ROW_LEAVE, 0, 0 }, WEFT_END };

static weft_type record_type = { .name = "finalizer", WEFT_SIZE(struct record),
    .fields = record_fields, .reserved = WEFT__ROLE(ROLE_FINALIZER) };

static struct record *record_at(struct weft__watcher *ring)
{
    return (struct record *)(void *)((char *)ring
        - offsetof(struct record, ring));
}

static void register_record(weft_heap *heap, struct record *record)
{
    struct weft__watcher *newest = heap->finalizers.prev;
    record->ring = (struct weft__watcher){ &heap->finalizers, newest };
    newest->next = heap->finalizers.prev = &record->ring;
    record->registered = true;
    heap->finalizers_new = true;
}

// The ring's reference becomes the caller's.
static void unregister_record(struct record *record)
{
    weft_heap *heap = page_of(record)->heap;
    if (heap->exit_cursor == &record->ring)
        heap->exit_cursor = record->ring.prev;
    record->ring.prev->next = record->ring.next;
    record->ring.next->prev = record->ring.prev;
    record->registered = false;
}

// Calls the function, unless the heap has done with finalizers. The record
// stays in its object's list meanwhile; what it keeps goes right after.
static void run_record(struct record *record)
{
    unregister_record(record);
    record->running = true;
    weft_heap *heap = page_of(record)->heap;
    heap->calls++;
    if (!heap->exited)
        record->function(record->ref.context);
    heap->calls--;
    record->running = false;
    weft_release(weft__take_kept(&record->ref));
    weft__unlink_ref(&record->ref);
    weft_release(record);
}

// The object has died. If the function is running just now, it is its death's
// cause, and goes on to keep what it keeps.
void weft__finalizer_died(struct ref *ref)
{
    struct record *record = (struct record *)(void *)ref;
    if (record->registered)
        run_record(record);
    else
        ref->target &= ~(uint64_t)REF_PENDING;
}

static void choose_for_exit(weft_heap *heap, uint32_t bit)
{
    for (struct weft__watcher *ring = heap->finalizers.next;
            ring != &heap->finalizers; ring = ring->next) {
        struct record *record = record_at(ring);
        record->chosen = record->at_exit ? record->chosen | bit
            : record->chosen & ~bit;
    }
    heap->finalizers_new = false;
    heap->exit_cursor = heap->finalizers.prev;
}

void weft__exit_finalizers(weft_heap *heap)
{
    uint32_t bit = (uint32_t)1 << (heap->exits < 31 ? heap->exits : 31);
    heap->exits++;
    choose_for_exit(heap, bit);
    while (heap->exit_cursor != &heap->finalizers) {
        struct record *record = record_at(heap->exit_cursor);
        heap->exit_cursor = heap->exit_cursor->prev;
        bool exited = heap->exited;
        if ((record->chosen & bit) != 0)
            run_record(record);
        if (heap->finalizers_new)
            choose_for_exit(heap, bit);
        else if (heap->exited != exited)
            heap->exit_cursor = heap->finalizers.prev;  // one within this one
    }
    heap->exits--;
}

static weft_cancel cancel_record(struct record *record)
{
    unregister_record(record);
    weft__unlink_ref(&record->ref);
    weft_release(weft__take_kept(&record->ref));
    weft_release(record);
    return WEFT_CANCELLED;
}

// At close: what exit left will never be called.
void weft__drop_finalizers(weft_heap *heap)
{
    while (heap->finalizers.next != &heap->finalizers)
        (void)cancel_record(record_at(heap->finalizers.next));
}

// F1, as far as the ring can tell.
bool weft__verify_finalizers(weft_heap *heap)
{
    for (struct weft__watcher *ring = heap->finalizers.next;
            ring != &heap->finalizers; ring = ring->next) {
        struct record *record = record_at(ring);
        if (!is_object_alive(record) || !record->registered
                || ring->next->prev != ring || ring->prev->next != ring) {
            weft__misuse(heap, record, "weft_heap_verify: F1: the ring of "
                "finalizers is torn (%p)", (void *)record);
            return false;
        }
    }
    return true;
}

static weft_status new_finalizer(void *object, weft_finalize_fn *function,
    void *context, uint64_t flags, weft_finalizer *finalizer)
{
    if (finalizer != NULL)
        *finalizer = (weft_finalizer){ { 0 } };
    if (!weft_is_weakable(object))
        return WEFT_TYPE_ERROR;
    if (!weft__check_watchable(object, "weft_finalize")
            || !is_object_alive(object))
        return WEFT_REFERENCE_ERROR;
    struct record *record = (struct record *)(void *)weft__new_ref(
        &record_type, object, flags, NULL, context);
    if (record == NULL)
        return WEFT_MEMORY_ERROR;
    record->function = function;
    record->at_exit = true;
    register_record(page_of(object)->heap, record);
    if (finalizer != NULL)
        finalizer->record = weft_weak_of(record);
    return WEFT_OK;
}

weft_status weft_finalize(void *object, weft_finalize_fn *function,
    void *context, weft_finalizer *finalizer)
{
    return new_finalizer(object, function, context, 0, finalizer);
}

weft_status weft_finalize_keep(void *object, weft_finalize_fn *function,
    void *kept, weft_finalizer *finalizer)
{
    return new_finalizer(object, function, kept, REF_KEEPS, finalizer);
}

// The record while it is registered, as a new reference, or NULL.
static struct record *get_record(weft_finalizer finalizer)
{
    struct record *record = weft_weak_get(finalizer.record);
    if (record == NULL || record->registered)
        return record;
    weft_release(record);
    return NULL;
}

bool weft_finalizer_call(weft_finalizer finalizer)
{
    struct record *record = get_record(finalizer);
    if (record == NULL)
        return false;
    run_record(record);
    weft_release(record);
    return true;
}

weft_cancel weft_finalizer_detach(weft_finalizer finalizer)
{
    struct record *record = weft_weak_get(finalizer.record);
    if (record == NULL)
        return WEFT_DONE;
    weft_cancel cancel = record->running ? WEFT_RUNNING : WEFT_DONE;
    if (record->registered)
        cancel = (record->ref.target & REF_PENDING) != 0 ? WEFT_RUNNING
            : cancel_record(record);
    weft_release(record);
    return cancel;
}

bool weft_finalizer_is_alive(weft_finalizer finalizer)
{
    struct record *record = get_record(finalizer);
    weft_release(record);
    return record != NULL;
}

bool weft_finalizer_is_at_exit(weft_finalizer finalizer)
{
    struct record *record = get_record(finalizer);
    bool at_exit = record != NULL && record->at_exit;
    weft_release(record);
    return at_exit;
}

void weft_finalizer_set_at_exit(weft_finalizer finalizer, bool at_exit)
{
    struct record *record = get_record(finalizer);
    if (record != NULL)
        record->at_exit = at_exit;
    weft_release(record);
}

void *weft_finalizer_peek(weft_finalizer finalizer, void **context)
{
    struct record *record = get_record(finalizer);
    void *object = record == NULL ? NULL : ref_target(&record->ref);
    if (object != NULL && is_object_alive(object))
        object = weft_retain(object);
    else
        object = NULL;
    if (context != NULL)
        *context = object == NULL ? NULL : record->ref.context;
    weft_release(record);
    return object;
}
