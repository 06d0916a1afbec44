// SPDX-License-Identifier: MIT
//
// Values as such: made, kept, let go, and looked through.
//
//     kind      as          owns
//     NIL                   nothing
//     BOOL      boolean     nothing
//     INT       integer     nothing
//     DOUBLE    real        nothing
//     TEXT      text, size  nothing: the bytes are somebody else's
//     OBJECT    object      one reference, where the value is stored
//
// An OBJECT without an object reads as nil. Of nil only the kind counts: while
// a list dies, its first nil carries the place where its death has come to.
//
// Invariant: no TEXT is ever stored. A place that stores has its new content
// before the old one is let go, because that may run user code, which looks.
#include "value.h"

#include <string.h>

weft_value weft_text_sized(const char *bytes, size_t size)
{
    weft_value value = weft_nil();
    if (bytes == NULL && size > 0)
        return value;
    if (size > UINT32_MAX) {
        weft__misuse(NULL, NULL, "weft_text_sized: 4 GiB or more");
        return value;
    }
    value.kind = WEFT_KIND_TEXT;
    value.size = (uint32_t)size;
    value.as.text = bytes == NULL ? "" : bytes;
    return value;
}

weft_value weft_text(const char *text)
{
    return text == NULL ? weft_nil() : weft_text_sized(text, strlen(text));
}

void *weft_value_object(weft_value value)
{
    return value.kind == WEFT_KIND_OBJECT ? value.as.object : NULL;
}

const char *weft_value_text(weft_value value)
{
    if (value.kind == WEFT_KIND_TEXT)
        return value.as.text;
    if (weft__role_in(value) == ROLE_STRING)
        return ((const weft_string *)value.as.object)->text;
    return NULL;
}

weft_value weft_value_retain(weft_value value)
{
    if (!weft__has_object(value))
        return value;
    return weft_object(weft_retain(value.as.object));
}

void weft_value_release(weft_value value)
{
    if (value.kind == WEFT_KIND_OBJECT)
        weft_release(value.as.object);
}

void weft_value_set(weft_value *slot, weft_value value)
{
    if (value.kind == WEFT_KIND_TEXT) {
        weft__misuse(NULL, NULL,
            "weft_value_set: a text is not kept; make a string of it");
        return;
    }
    weft_value kept = weft__keep_value(value);
    if (weft__has_object(value) && !weft__has_object(kept))
        return;                             // dead, which was reported
    weft_value old = *slot;                 // the report may have changed it
    *slot = kept;
    weft_value_release(old);
}

void weft_value_clear(weft_value *slot)
{
    weft_value old = *slot;
    *slot = weft_nil();
    weft_value_release(old);
}

// Runs no user code, but a report hook if an object is dead or saturated.
weft_status weft__own_value(weft_heap *heap, weft_value value,
    weft_value *owned)
{
    if (value.kind == WEFT_KIND_TEXT) {
        *owned = weft_object(
            weft_string_new_sized(heap, value.as.text, value.size));
        return weft__has_object(*owned) ? WEFT_OK : WEFT_MEMORY_ERROR;
    }
    *owned = weft__keep_value(value);
    return WEFT_OK;
}

// Checked builds: is this an object, and not a dead one?
bool weft__check_living(const void *object, const char *call)
{
    if (!weft__check_object(object, call))
        return false;
    if (load(word_of(object)) >> 32 != 0)
        return true;
    weft__misuse(weft_heap_of(object), object, "%s: %s %p is dead", call,
        weft__name_of(object), object);
    return false;
}

// Checked builds: is this an object that the call is for?
bool weft__check_role(const void *object, enum role role, const char *call)
{
    if (!weft__check_living(object, call))
        return false;
    if (weft__role_of(object) == role)
        return true;
    weft__misuse(weft_heap_of(object), object, "%s: %s %p is of the wrong type",
        call, weft__name_of(object), object);
    return false;
}

// What is behind the proxies of `object`, or itself; NULL: it is gone. What
// only a proxy leads to is held by `held`, for the caller to release; there may
// be nothing to hold.
void *weft__unwrap(const void *object, void **held, const char *call)
{
    *held = NULL;
    if (CHECKED && !weft__check_living(object, call))
        return NULL;
    while (unlikely(weft__role_of(object) == ROLE_PROXY)) {
        void *target = weft_heap_of(object)->proxy_target(object);
        weft_release(*held);
        *held = target;
        if (target == NULL)
            return NULL;
        object = target;
    }
    return (void *)(uintptr_t)object;
}
