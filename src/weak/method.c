// SPDX-License-Identifier: MIT
//
// Weak methods, after Python's WeakMethod: a ref to the object, which holds a
// ref to the function's owner; both hold the binding, with the function, the
// callback and what the method keeps. The binding only watches its method, so
// there is no ring. The callback runs when the first of the two dies and the
// method is still there; what is kept goes when the binding goes, that is when
// both have died, or the method has.
//
//     object  <~~ method --> owner ref ~~> owner
//                      \       |
//                       v      v
//                       binding --> kept
#include "weak.h"

static weft_type binding_type = { .name = "method binding",
    WEFT_SIZE(struct binding),
    .fields = WEFT_FIELDS(WEFT_STRONG(struct binding, kept)),
    .reserved = WEFT__ROLE(ROLE_HIDDEN) };

static weft_type owner_ref_type = { .name = "method owner",
    WEFT_SIZE(weft_ref), .base = &weft_ref_type,
    .reserved = WEFT__ROLE(ROLE_OWNER) };

// NULL once the object and the owner, if there was one, have died.
struct binding *weft__binding_of(const struct ref *method)
{
    if (method->context != NULL || method->as.owner == NULL)
        return method->context;
    return method->as.owner->context;
}

bool weft__is_method_gone(const struct ref *method)
{
    const void *target = ref_target(method);
    if (target == NULL || !is_object_alive(target))
        return true;
    if ((method->target & REF_OWNED) == 0)
        return false;
    const void *owner = method->as.owner == NULL ? NULL
        : ref_target(method->as.owner);
    return owner == NULL || !is_object_alive(owner);
}

// One of the two has died.
void weft__method_died(struct binding *binding)
{
    weft_ref_fn *callback = binding->callback;
    if (callback == NULL)
        return;
    weft_ref *method = weft_weak_get(binding->method);
    if (method == NULL)
        return;
    binding->callback = NULL;
    callback(method, binding->context);
    weft_release(method);
}

static void owner_died(weft_ref *ref, void *binding)
{
    (void)ref;
    weft__method_died(binding);
}

static weft_ref *new_method(weft_type *type, void *object, void *owner,
    struct binding binding)
{
    weft_heap *heap = page_of(object)->heap;
    struct binding *bound = weft_new(heap, &binding_type);
    if (bound == NULL)
        return NULL;
    void *kept = binding.kept;
    binding.kept = NULL;
    *bound = binding;
    // What was never returned runs no user code: the method comes last.
    struct ref *owned = owner == NULL ? NULL
        : weft__new_ref(&owner_ref_type, owner, REF_KEEPS, owner_died, bound);
    struct ref *method = owner != NULL && owned == NULL ? NULL
        : weft__new_ref(type, object, REF_KEEPS, NULL, bound);
    if (method == NULL) {
        weft_release(owned);
        weft_release(bound);
        return NULL;
    }
    if (owned != NULL) {
        method->as.owner = owned;
        method->target |= REF_OWNED;
        if (owner == object)
            weft__make_newest(owned);       // as in Python
    }
    bound->method = weft_weak_of(method);
    if (kept != NULL && weft__keep_object(kept, "weft_weakmethod_new_as"))
        bound->kept = kept;
    else if (kept != NULL)
        bound->context = NULL;              // dead, which was reported
    weft_release(bound);
    return (weft_ref *)(void *)method;
}

static bool check_both(const void *object, const void *owner, const char *call)
{
    return weft__check_watchable(object, call)
        && (owner == NULL || weft__check_watchable(owner, call));
}

weft_ref *weft_weakmethod_new(void *object, void *owner,
    weft_handler_fn *function, weft_ref_fn *callback, void *context)
{
    if (!check_both(object, owner, "weft_weakmethod_new"))
        return NULL;
    return new_method(&weft_weakmethod_type, object, owner, (struct binding){
        .function = function, .callback = callback, .context = context });
}

weft_ref *weft_weakmethod_new_as(weft_type *type, void *object, void *owner,
    weft_handler_fn *function, weft_ref_fn *callback, void *kept)
{
    if (!check_both(object, owner, "weft_weakmethod_new_as"))
        return NULL;
    if (!weft__type_is(type, &weft_weakmethod_type)) {
        weft__misuse(page_of(object)->heap, object, "weft_weakmethod_new_as: "
            "type %s does not extend weakmethod", type->name);
        return NULL;
    }
    if (type->weak == WEFT_FORBIDDEN) {
        weft__misuse(page_of(object)->heap, object, "weft_weakmethod_new_as: "
            "type %s forbids weak references, which a method's callback needs",
            type->name);
        return NULL;
    }
    return new_method(type, object, owner, (struct binding){
        .function = function, .callback = callback, .context = kept,
        .kept = kept });
}

void *weft_weakmethod_owner(const weft_ref *public)
{
    const struct ref *method = (const struct ref *)(const void *)public;
    if (weft__is_method_gone(method) || method->as.owner == NULL)
        return NULL;
    return weft_retain(ref_target(method->as.owner));
}

bool weft_weakmethod_call(const weft_ref *method, void *argument)
{
    void *object = weft_ref_get(method);
    if (object == NULL)
        return false;
    void *owner = weft_weakmethod_owner(method);
    const struct ref *ref = (const struct ref *)(const void *)method;
    weft_heap *heap = page_of(object)->heap;
    heap->calls++;
    weft__binding_of(ref)->function(object, argument);
    heap->calls--;
    weft_release(owner);
    weft_release(object);
    return true;
}
