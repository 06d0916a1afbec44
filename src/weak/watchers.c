// SPDX-License-Identifier: MIT
//
// What happens to refs when their object dies, and when they die themselves.
//
// All refs of a dying object die together, before the first callback. In list
// order they are unlinked; shared ones have nobody to tell; all others are held
// and put on a list that begins on the C stack. Then the callbacks run, in that
// order, and what was called moves to the list of the done. When the last has
// run, what they kept and they themselves are let go, last called first.
//
//     list -> told: unlink, hold        (a ref that is dying itself lets go of
//     told -> done: call back            what it keeps at once, and is skipped)
//     done ->     : release kept, release ref, last first
//
// User code runs in each of these steps, and may do anything: a ref on a list
// here is held, so its node stays linked until it is taken off. Entries of weak
// tables vanish in the first step, and what they own goes in the second.
#include "table.h"

static struct ref *pop_ref(struct weft__watcher **list)
{
    struct weft__watcher *node = *list;
    *list = node->next;
    node->next = NULL;
    return (struct ref *)(void *)node;
}

static struct weakentry *entry_at(struct weft__watcher *node)
{
    return (struct weakentry *)(void *)node;
}

static void append_told(struct weft__watcher *node,
    struct weft__watcher ***tail)
{
    node->next = NULL;
    **tail = node;
    *tail = &node->next;
}

static void call_back(struct ref *ref)
{
    enum role role = page_of(ref)->kind->role;
    if (role == ROLE_METHOD) {
        weft__method_died(ref->context);
    } else if (role == ROLE_FINALIZER) {
        weft__finalizer_died(ref);
    } else if (ref->as.callback != NULL) {
        weft_ref_fn *callback = ref->as.callback;
        ref->as.callback = NULL;
        callback((weft_ref *)(void *)ref, ref->context);
    } else {
        ref->target &= ~(uint64_t)REF_PENDING;  // goes on to keep what it keeps
    }
}

// The last callback of this death has run.
static inline void let_go_of(struct ref *ref)
{
    if ((ref->target & REF_PENDING) != 0) {
        ref->target &= ~(uint64_t)REF_PENDING;
        if (unlikely((ref->target & REF_KEEPS) != 0))
            weft_release(weft__take_kept(ref));
    }
    weft_release(ref);
}

// Unlinks the refs of a dying object; those to be called are held, in order.
static struct weft__watcher *unlink_all(void *object)
{
    struct weft__watcher **head = weft__watchers(object, false);
    struct weft__watcher *told = NULL, **tail = &told, *dying = NULL;
    while (*head != NULL) {
        struct ref *ref = pop_ref(head);
        if (*head != NULL)
            (*head)->prev = NULL;
        if (is_entry(&ref->node)) {
            if (weft__vanish(entry_at(&ref->node)))
                append_told(&ref->node, &tail);
            continue;
        }
        if (unlikely(is_mark(&ref->node))) {
            page_of(object)->heap->unmark(&ref->node);
            continue;
        }
        ref->target &= GENERATION;
        if ((ref->target & REF_SHARED) != 0)
            continue;
        if (!is_object_alive(ref)) {
            ref->node.next = dying;
            dying = &ref->node;
            continue;
        }
        weft_retain(ref);               // taken and given back: no news
        ref->target |= REF_PENDING;
        append_told(&ref->node, &tail);
    }
    while (dying != NULL)               // now that nothing leads here any more
        weft_release(weft__take_kept(pop_ref(&dying)));
    return told;
}

// All that watches, as is most common: one entry, which has nobody to be told,
// or one ref with a callback, which needs no list.
static inline bool dies_alone(struct weft__watcher **head,
    struct weft__watcher *node)
{
    enum role role = page_of(node)->kind->role;
    if (role == ROLE_ENTRY) {
        if (is_owner(entry_at(node)))
            return false;
        *head = NULL;
        (void)weft__vanish(entry_at(node));
        return true;
    }
    struct ref *ref = (struct ref *)(void *)node;
    uint64_t value = load(word_of(ref));
    if (role != ROLE_REF || (ref->target & REF_SHARED) != 0
            || (int64_t)value < WEFT__ONE || (value & TORN) != 0)
        return false;
    *head = NULL;
    store(word_of(ref), (value | RETAINED) + ONE);
    ref->target = (ref->target & GENERATION) | REF_PENDING;
    weft_ref_fn *callback = ref->as.callback;
    ref->as.callback = NULL;
    if (callback != NULL)
        callback((weft_ref *)(void *)ref, ref->context);
    else
        ref->target &= ~(uint64_t)REF_PENDING;  // goes on to keep what it keeps
    let_go_of(ref);
    return true;
}

static __attribute__((noinline)) void die_together(void *object)
{
    struct weft__watcher *told = unlink_all(object), *done = NULL;
    while (told != NULL) {
        struct ref *ref = pop_ref(&told);
        if (is_entry(&ref->node)) {
            weft__drop_pending(entry_at(&ref->node));
            continue;
        }
        ref->node.next = done;
        done = &ref->node;
        call_back(ref);
    }
    while (done != NULL) {
        struct ref *ref = pop_ref(&done);
        let_go_of(ref);
    }
}

void weft__watchers_die(void *object)
{
    struct weft__watcher **head = weft__watchers(object, false), *node = *head;
    if (node == NULL || node->next != NULL || !dies_alone(head, node))
        die_together(object);
}

// ---- death by the collector
//
// It condemns many objects at once. First the refs that have a callback die,
// all of them before the first call; then those that are not condemned
// themselves are called and let go, one after the other. Such a ref goes on to
// show its callback and to keep what it keeps, as in Python.

static bool has_callback(const struct ref *ref)
{
    enum role role = page_of(ref)->kind->role;
    return (role != ROLE_REF && role != ROLE_PROXY)
        || ref->as.callback != NULL;
}

// Also of a condemned table, where it stays, for the collector to see.
static void cut_entry(void *object, struct weakentry *entry,
    struct weft__watcher ***told)
{
    weft__unwatch(object, &entry->node);
    if (weft__vanish(entry))
        append_told(&entry->node, told);
}

// Lets the refs of a condemned object die that have a callback, or `all`, and
// appends those to be called to `told`, where they are held.
void weft__cut_refs(void *object, bool all, struct weft__watcher ***told)
{
    struct weft__watcher **head = weft__watchers(object, false);
    struct weft__watcher *next = head == NULL ? NULL : *head;
    while (next != NULL) {
        struct ref *ref = (struct ref *)(void *)next;
        next = next->next;
        if (is_entry(&ref->node)) {
            cut_entry(object, entry_at(&ref->node), told);
            continue;
        }
        bool calls = has_callback(ref);
        if ((!calls && !all) || is_mark(&ref->node))
            continue;
        weft__unlink_ref(ref);
        if (!calls || is_condemned(load(word_of(ref)))
                || !is_object_alive(ref))
            continue;
        (void)weft__keep_object(ref, "weft_ref_new");
        if (page_of(ref)->kind->role == ROLE_FINALIZER)
            ref->target |= REF_PENDING;
        append_told(&ref->node, told);
    }
}

// Calls these and lets them go; how many are gone with that. `called` is told
// of those that stay.
size_t weft__call_refs(struct weft__watcher *told,
    void (*called)(struct ref *ref, void *context), void *context)
{
    size_t gone = 0;
    while (told != NULL) {
        struct ref *ref = pop_ref(&told);
        enum role role = page_of(ref)->kind->role;
        if (role == ROLE_ENTRY) {
            weft__drop_pending(entry_at(&ref->node));
            continue;
        }
        if (role == ROLE_METHOD)
            weft__method_died(ref->context);
        else if (role == ROLE_FINALIZER)
            weft__finalizer_died(ref);
        else
            ref->as.callback((weft_ref *)(void *)ref, ref->context);
        ref->target &= ~(uint64_t)REF_PENDING;
        if (weft_refcount(ref) == 1)
            gone++;
        else
            called(ref, context);
        weft_release(ref);
    }
    return gone;
}

// It is no pool's any more.
static void drop_mark_of(void *object, struct weft__watcher *mark)
{
    weft__unwatch(object, mark);
    page_of(object)->heap->unmark(mark);
}

// All refs to a condemned object die, and nobody is told. Entries of tables
// that live, made since the refs were cut, are appended to `dropped`.
void weft__drop_refs(void *object, struct weft__watcher ***dropped)
{
    struct weft__watcher **head = weft__watchers(object, false);
    while (head != NULL && *head != NULL)
        if (is_entry(*head))
            cut_entry(object, entry_at(*head), dropped);
        else if (is_mark(*head))
            drop_mark_of(object, *head);
        else
            weft__unlink_ref((struct ref *)(void *)*head);
}

// Lets go of these.
void weft__drop_entries(struct weft__watcher *dropped)
{
    while (dropped != NULL)
        weft__drop_pending(entry_at(&pop_ref(&dropped)->node));
}

void weft__unlink_ref(struct ref *ref)
{
    void *target = ref_target(ref);
    if (target == NULL)
        return;
    weft__unwatch(target, &ref->node);
    ref->target &= GENERATION;
}

// What the ref keeps, now the caller's; or NULL.
void *weft__take_kept(struct ref *ref)
{
    if ((ref->target & REF_KEEPS) == 0)
        return NULL;
    void *kept = ref->context;
    ref->target &= ~(uint64_t)REF_KEEPS;
    ref->context = NULL;
    return kept;
}

// A dying ref's last row: says, one after the other, what it lets go of. A
// method lets go of its owner's ref while it is still in its object's list.
void *weft__leave(void *object)
{
    struct ref *ref = object;
    if (is_table_role(page_of(object)->kind->role))
        return weft__leave_table(object);
    if (page_of(ref)->kind->role == ROLE_METHOD && ref->as.owner != NULL) {
        struct ref *owner = ref->as.owner;
        ref->as.owner = NULL;
        return owner;
    }
    weft__unlink_ref(ref);
    return weft__take_kept(ref);
}

// The same at once, for a ref that holds nothing.
bool weft__detach(void *object)
{
    struct ref *ref = object;
    if ((ref->target & (REF_KEEPS | REF_OWNED)) != 0)
        return false;
    weft__unlink_ref(ref);
    return true;
}

// ---- verify

static bool bad_ref(weft_heap *heap, const void *object, const char *what)
{
    weft__misuse(heap, object, "weft_heap_verify: %s (%p)", what, object);
    return false;
}

static bool check_ref(weft_heap *heap, const struct ref *ref)
{
    void *target = ref_target(ref);
    if (target == NULL)
        return true;
    const struct page *page = weft__find_page(target);
    if (page == NULL || page->heap != heap || !is_object_alive(target))
        return bad_ref(heap, ref, "R3: a ref to what is not alive");
    struct weft__watcher **head = weft__watchers(target, false);
    if (head == NULL || (ref->node.prev == NULL && *head != &ref->node)
            || (ref->node.prev != NULL && ref->node.prev->next != &ref->node))
        return bad_ref(heap, ref, "R3: a ref that is not in its list");
    const struct ref *before = (const struct ref *)(void *)ref->node.prev;
    if ((ref->target & REF_SHARED) != 0 && before != NULL
            && ((before->target & REF_SHARED) == 0
                || page_of(before)->type != &weft_ref_type
                || page_of(ref)->type != &weft_proxy_type))
        return bad_ref(heap, ref, "R2: a shared ref in the wrong place");
    return (ref->target & REF_PENDING) == 0
        || bad_ref(heap, ref, "R3: pending outside of a death");
}

bool weft__verify_weak(weft_heap *heap)
{
    bool ok = weft__verify_finalizers(heap);
    for (struct page *page = heap->pages; page != NULL;
            page = page->next_page) {
        if (page->type == NULL || !(is_ref_role(page->kind->role)
                || is_table_role(page->kind->role)))
            continue;
        bool tables = is_table_role(page->kind->role);
        for (uint32_t i = 0; slot_at(page, i) < (uint64_t *)(void *)page->bump;
                i++) {
            void *object = slot_at(page, i) + 1;
            if (is_object_alive(object))
                ok = (tables ? weft__verify_table(heap, object)
                    : check_ref(heap, object)) && ok;
        }
    }
    return ok;
}
