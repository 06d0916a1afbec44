// SPDX-License-Identifier: MIT
//
// Refs and proxies: making, sharing, asking. See weak.h for their states. A
// proxy differs from a ref in its type alone, which the value layer looks at.
//
// Invariants: R2 a shared ref comes first in its list, a shared proxy next, and
// there is at most one of each that is alive. R3 a ref is linked iff its target
// is set.
#include "weak.h"

// A ref without a target or a flag has nothing to leave.
static const weft_field ref_fields[] = {
    { "", NULL, offsetof(struct ref, target), 0, ROW_LEAVE, 0, 0 }, WEFT_END };

weft_type weft_ref_type = { .name = "ref", WEFT_SIZE(weft_ref),
    .fields = ref_fields, .reserved = WEFT__ROLE(ROLE_REF) };
weft_type weft_proxy_type = { .name = "proxy", WEFT_SIZE(weft_ref),
    .fields = ref_fields, .reserved = WEFT__ROLE(ROLE_PROXY) };
weft_type weft_weakmethod_type = { .name = "weakmethod", WEFT_SIZE(weft_ref),
    .fields = ref_fields, .reserved = WEFT__ROLE(ROLE_METHOD) };

static struct ref *ref_at(struct weft__watcher *node)
{
    return (struct ref *)(void *)node;
}

static bool is_shared(const struct weft__watcher *node)
{
    return node != NULL
        && (((const struct ref *)(const void *)node)->target & REF_SHARED) != 0;
}

// The shared ref, or proxy, of an object; NULL: there is none.
static struct ref *find_shared(const void *object, const weft_type *type)
{
    struct weft__watcher **head = weft__watchers(object, false);
    struct weft__watcher *node = head == NULL ? NULL : *head;
    for (; is_shared(node); node = node->next)
        if (page_of(node)->type == type && is_object_alive(node))
            return ref_at(node);            // else it is dying itself
    return NULL;
}

// Where in the list a new one belongs: behind which node.
static struct weft__watcher *place_in(struct weft__watcher *list,
    enum role role, bool shared)
{
    struct weft__watcher *after = NULL;
    if (shared && role == ROLE_REF)
        return NULL;
    for (; is_shared(list); list = list->next)
        if (!shared || page_of(list)->type == &weft_ref_type)
            after = list;
    return after;
}

// Where in a list the newest goes: behind shared ones.
struct weft__watcher *weft__newest_place(struct weft__watcher *list)
{
    return place_in(list, ROLE_OWNER, false);
}

// To the front of its list, behind shared ones.
void weft__make_newest(struct ref *ref)
{
    void *object = ref_target(ref);
    if (object == NULL)
        return;                             // born dead
    struct weft__watcher **head = weft__watchers(object, false);
    weft__unwatch(object, &ref->node);
    weft__watch(object, head, &ref->node, weft__newest_place(*head));
}

static weft_status ref_hash(weft_heap *heap, const void *object, uint64_t *hash)
{
    struct ref *ref = (struct ref *)(uintptr_t)object;
    if ((ref->target & REF_HASHED) == 0) {
        void *target = ref_target(ref);
        if (target == NULL || !is_object_alive(target))
            return WEFT_TYPE_ERROR;
        void *held = weft_retain(target);
        weft_status status = weft_hash(heap, weft_object(held), &ref->hash);
        if (status == WEFT_OK)
            ref->target |= REF_HASHED;
        weft_release(held);
        if (status != WEFT_OK)
            return status;
    }
    *hash = ref->hash;
    return WEFT_OK;
}

static weft_status equal_targets(const struct ref *a, const struct ref *b,
    bool *equal)
{
    void *x = ref_target(a), *y = ref_target(b);
    if (x == NULL || y == NULL || !is_object_alive(x) || !is_object_alive(y)) {
        *equal = a == b;
        return WEFT_OK;
    }
    void *held_x = weft_retain(x), *held_y = weft_retain(y);
    weft_status status = weft_equal(weft_object(x), weft_object(y), equal);
    weft_release(held_x);
    weft_release(held_y);
    return status;
}

static weft_status ref_equal(const void *a, const void *b, bool *equal)
{
    const struct ref *x = a, *y = b;
    if (weft__role_of(a) != ROLE_METHOD || weft__role_of(b) != ROLE_METHOD)
        return equal_targets(x, y, equal);
    *equal = a == b;
    if (a == b || weft__is_method_gone(x) || weft__is_method_gone(y))
        return WEFT_OK;
    if (weft__binding_of(x)->function != weft__binding_of(y)->function
            || (x->as.owner == NULL) != (y->as.owner == NULL))
        return WEFT_OK;
    weft_status status = equal_targets(x, y, equal);
    if (status == WEFT_OK && *equal && x->as.owner != NULL)
        status = equal_targets(x->as.owner, y->as.owner, equal);
    return status;
}

static void *proxy_target(const void *proxy)
{
    return weft_ref_get(proxy);
}

// From the first ref on, core knows whom to tell.
void weft__install_weak(weft_heap *heap)
{
    if (likely(heap->watchers_die != NULL))
        return;
    heap->watchers_die = weft__watchers_die;
    heap->leave = weft__leave;
    heap->detach = weft__detach;
    heap->proxy_target = proxy_target;
    heap->ref_hash = ref_hash;
    heap->ref_equal = ref_equal;
    heap->exit = weft__exit_finalizers;
    heap->drop_finalizers = weft__drop_finalizers;
    heap->verify = weft__verify_weak;
}

// Can the object be watched? If not, that is misuse.
static inline bool is_watchable(const void *object, const char *call)
{
    if (!CHECKED && likely(object != NULL
            && (int64_t)load(word_of(object)) >= WEFT__ONE
            && !page_of(object)->kind->forbidden))
        return true;
    return weft__check_watchable(object, call);
}

bool weft__check_watchable(const void *object, const char *call)
{
    if (CHECKED && object != NULL && !weft__check_object(object, call))
        return false;
    const struct page *page = object == NULL ? NULL : page_of(object);
    uint64_t word = page == NULL ? 0 : load(word_of(object));
    const char *why = "is dead";
    if (is_alive(word) || (word & (DYING | TORN)) != 0) {
        if (!page->kind->forbidden)
            return true;
        why = "cannot be weakly referenced";
    }
    weft__misuse(page == NULL ? NULL : page->heap, object, "%s: %s %p %s", call,
        page == NULL ? "object" : weft__name_of(object), object, why);
    return false;
}

// A ref of this type, linked where it belongs, or born dead; NULL: no memory.
// With REF_KEEPS it keeps `context`.
struct ref *weft__new_ref(weft_type *type, void *object, uint64_t flags,
    weft_ref_fn *callback, void *context)
{
    weft_heap *heap = page_of(object)->heap;
    weft__install_weak(heap);
    // Made before the ref: what was never returned runs no user code.
    struct weft__watcher **head = NULL;
    if (is_object_alive(object)
            && (head = weft__watchers(object, true)) == NULL)
        return NULL;
    struct ref *ref = weft_new(heap, type);
    if (ref == NULL)
        return NULL;
    if (head != NULL) {
        struct weft__watcher *after = (flags & REF_SHARED) == 0
            ? weft__newest_place(*head)
            : place_in(*head, page_of(ref)->kind->role, true);
        weft__watch(object, head, &ref->node, after);
        ref->target = (uint64_t)(uintptr_t)word_of(object) << 16;
    }
    if (context == NULL)
        flags &= ~(uint64_t)REF_KEEPS;
    if ((flags & REF_KEEPS) != 0
            && !weft__keep_object(context, "weft_ref_new_as")) {
        context = NULL;                     // dead, which was reported
        flags &= ~(uint64_t)REF_KEEPS;
    }
    ref->target |= flags;
    ref->as.callback = callback;
    ref->context = context;
    return ref;
}

static struct ref *share_or_make(weft_type *type, void *object)
{
    struct ref *shared = find_shared(object, type);
    return shared != NULL ? weft_retain(shared)
        : weft__new_ref(type, object, REF_SHARED, NULL, NULL);
}

weft_ref *weft_ref_new(void *object, weft_ref_fn *callback, void *context)
{
    if (!is_watchable(object, "weft_ref_new"))
        return NULL;
    return (weft_ref *)(void *)(callback == NULL
        ? share_or_make(&weft_ref_type, object)
        : weft__new_ref(&weft_ref_type, object, 0, callback, context));
}

weft_ref *weft_proxy_new(void *object, weft_ref_fn *callback, void *context)
{
    if (!is_watchable(object, "weft_proxy_new"))
        return NULL;
    return (weft_ref *)(void *)(callback == NULL
        ? share_or_make(&weft_proxy_type, object)
        : weft__new_ref(&weft_proxy_type, object, 0, callback, context));
}

weft_ref *weft_ref_new_as(weft_type *type, void *object, weft_ref_fn *callback,
    void *kept)
{
    if (!weft__check_watchable(object, "weft_ref_new_as"))
        return NULL;
    if (!weft__type_is(type, &weft_ref_type)
            && !weft__type_is(type, &weft_proxy_type)) {
        weft__misuse(page_of(object)->heap, object, "weft_ref_new_as: type %s "
            "extends neither ref nor proxy", type->name);
        return NULL;
    }
    return (weft_ref *)(void *)weft__new_ref(type, object, REF_KEEPS, callback,
        kept);
}

// ---- asking

void *weft_ref_get(const weft_ref *public)
{
    const struct ref *ref = (const struct ref *)(const void *)public;
    if (CHECKED && !weft__check_object(ref, "weft_ref_get"))
        return NULL;
    void *target = ref_target(ref);
    if (target == NULL || !is_object_alive(target))
        return NULL;
    if ((ref->target & REF_OWNED) != 0 && weft__is_method_gone(ref))
        return NULL;
    return weft_retain(target);
}

bool weft_ref_is_dead(const weft_ref *public)
{
    const struct ref *ref = (const struct ref *)(const void *)public;
    if (CHECKED && !weft__check_object(ref, "weft_ref_is_dead"))
        return true;
    void *target = ref_target(ref);
    return target == NULL || !is_object_alive(target)
        || ((ref->target & REF_OWNED) != 0 && weft__is_method_gone(ref));
}

// A method's, also as its owner sees it; NULL: it is none, or it is over.
static const struct binding *find_binding(const struct ref *ref)
{
    enum role role = weft__role_of(ref);
    return role == ROLE_METHOD ? weft__binding_of(ref)
        : role == ROLE_OWNER ? ref->context : NULL;
}

static bool is_bound(const struct ref *ref)
{
    enum role role = weft__role_of(ref);
    return role == ROLE_METHOD || role == ROLE_OWNER;
}

void *weft_ref_kept(const weft_ref *public)
{
    const struct ref *ref = (const struct ref *)(const void *)public;
    if (is_bound(ref)) {
        const struct binding *binding = find_binding(ref);
        return binding == NULL ? NULL : weft_retain(binding->kept);
    }
    bool keeps = (ref->target & (REF_KEEPS | REF_PENDING)) == REF_KEEPS;
    return keeps ? weft_retain(ref->context) : NULL;
}

weft_ref_fn *weft_ref_callback(const weft_ref *public)
{
    const struct ref *ref = (const struct ref *)(const void *)public;
    if (is_bound(ref)) {
        const struct binding *binding = find_binding(ref);
        return binding == NULL ? NULL : binding->callback;
    }
    return (ref->target & REF_PENDING) != 0 ? NULL : ref->as.callback;
}

size_t weft_weakref_count(const void *object)
{
    if (!weft_is_weakable(object))
        return 0;
    struct weft__watcher **head = weft__watchers(object, false);
    size_t count = 0;
    for (struct weft__watcher *node = head == NULL ? NULL : *head;
            node != NULL; node = node->next)
        count += !is_mark(node);
    return count;
}

weft_list *weft_weakrefs(const void *object)
{
    weft_list *list = weft_list_new(page_of(object)->heap);
    if (list == NULL || !weft_is_weakable(object))
        return list;
    struct weft__watcher **head = weft__watchers(object, false);
    for (struct weft__watcher *node = head == NULL ? NULL : *head;
            node != NULL; node = node->next)
        if (is_object_alive(node) && !is_mark(node) && weft_list_append(list,
                is_entry(node) ? weft_nil() : weft_object(node)) != WEFT_OK) {
            weft_release(list);
            return NULL;
        }
    return list;
}
