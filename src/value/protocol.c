// SPDX-License-Identifier: MIT
//
// What any object can be asked: its hash and its length.
//
// The answer is the nearest hook's along the chain of bases; strings and refs
// have an answer of their own. For a hash, of a type and then its bases:
//
//     the first one with a `hash`:        ask that
//     the first one with `equal` alone:   unhashable: equals could differ
//     neither, up to the last:            a ref hashes as its referent, all
//                                         else by address: constant in a life
//
// A list or dict, weak ones too, is unhashable, because what it equals changes;
// a proxy, as in Python, whether its object is there or gone.
//
// A hook may ask again, and the hash of a ref asks for its referent's, which
// may be a ref. So hash and equal (equal.c) may lead back here as deep as the
// data is. They are counted, and fail with WEFT_VALUE_ERROR, where Python has
// RecursionError, at PROTOCOL_DEPTH. A hook has no way to pass a failure on, so
// it is remembered until the outermost of them returns: all of them fail.
#include "value.h"

static _Thread_local unsigned protocol_depth;
static _Thread_local bool protocol_failed;      // too deep, since depth 0

// Before user code, or code above this layer, is asked for a hash or equality.
bool weft__enter_protocol(void)
{
    if (protocol_depth >= PROTOCOL_DEPTH)
        protocol_failed = true;
    if (protocol_failed)
        return false;
    protocol_depth++;
    return true;
}

// After it. False: somewhere inside it was too deep.
bool weft__leave_protocol(void)
{
    bool failed = protocol_failed;
    if (--protocol_depth == 0)
        protocol_failed = false;
    return !failed;
}

static weft_status ask_hash(const weft_type *type, const void *object,
    uint64_t *hash)
{
    if (!weft__enter_protocol())
        return WEFT_VALUE_ERROR;
    weft_heap *heap = weft_heap_of(object);
    heap->calls++;
    *hash = type->hash(object);
    heap->calls--;
    return weft__leave_protocol() ? WEFT_OK : WEFT_VALUE_ERROR;
}

static weft_status hash_of_ref(weft_heap *heap, const void *ref, uint64_t *hash)
{
    if (!weft__enter_protocol())
        return WEFT_VALUE_ERROR;
    weft_status status = heap->ref_hash(heap, ref, hash);
    return weft__leave_protocol() ? status : WEFT_VALUE_ERROR;
}

static weft_status hash_object(weft_heap *heap, const void *object,
    uint64_t *hash)
{
    if (CHECKED && !weft__check_living(object, "weft_hash"))
        return WEFT_TYPE_ERROR;
    enum role role = weft__role_of(object);
    if (role == ROLE_STRING) {
        *hash = weft__hash_string(heap, object);
        return WEFT_OK;
    }
    if (role == ROLE_PROXY || role == ROLE_LIST || role == ROLE_DICT
            || weft__is_weak_container(role))
        return WEFT_TYPE_ERROR;
    const weft_type *type = weft_type_of(object);
    for (; type != NULL; type = type->base) {
        if (type->hash != NULL)
            return ask_hash(type, object, hash);
        if (type->equal != NULL)
            return WEFT_TYPE_ERROR;
    }
    if (role == ROLE_REF || role == ROLE_METHOD)
        return hash_of_ref(heap, object, hash);
    *hash = (uint64_t)(uintptr_t)object;
    return WEFT_OK;
}

weft_status weft_hash(weft_heap *heap, weft_value value, uint64_t *hash)
{
    uint64_t found = 0x6e696c;          // "nil"
    weft_status status = WEFT_OK;
    switch (value.kind) {
    case WEFT_KIND_NIL:
        break;
    case WEFT_KIND_BOOL:
    case WEFT_KIND_INT:
    case WEFT_KIND_DOUBLE:
        found = weft__hash_number(value);
        break;
    case WEFT_KIND_TEXT:
        found = weft__hash_text(heap, value);
        break;
    case WEFT_KIND_OBJECT:
        if (value.as.object != NULL)
            status = hash_object(heap, value.as.object, &found);
        break;
    }
    *hash = status == WEFT_OK ? found : 0;
    return status;
}

weft_status weft_length(const void *object, size_t *length)
{
    *length = 0;
    void *held, *self = weft__unwrap(object, &held, "weft_length");
    if (self == NULL)
        return WEFT_REFERENCE_ERROR;
    const weft_type *type = weft_type_of(self);
    while (type != NULL && type->length == NULL)
        type = type->base;
    if (type != NULL) {
        weft_heap *heap = weft_heap_of(self);
        heap->calls++;
        *length = type->length(self);
        heap->calls--;
    }
    weft_release(held);
    return type != NULL ? WEFT_OK : WEFT_TYPE_ERROR;
}
