// SPDX-License-Identifier: MIT
//
// Whether two values are equal, as in Python: what is behind their proxies is.
//
//     numbers                 by value (number.c)
//     texts and strings       by their bytes
//     two lists, two dicts    by what they hold (compare.c)
//     an object with `equal`  a's type is asked first, then b's, if that would
//                             ask another function: one yes is enough; `equal`
//                             is shown objects only, a text as a string
//     two refs                by their referents while both live
//     a weak method, a ref,   by the layer above
//     two weak dictionaries
//     or sets of a type
//     other objects           by identity
//
// Through types with `equal`, weak methods and weak tables the comparison
// recurses: no deeper than PROTOCOL_DEPTH (protocol.c), then it is a
// WEFT_VALUE_ERROR.
#include "value.h"

#include <string.h>

struct side {               // of a comparison
    weft_value value;       // what is compared
    void *held;             // what keeps it alive, if the caller does not
};

static bool has_bytes(weft_value value, const char **bytes, size_t *size)
{
    if (value.kind == WEFT_KIND_TEXT) {
        *bytes = value.as.text;
        *size = value.size;
        return true;
    }
    if (weft__role_in(value) != ROLE_STRING)
        return false;
    const weft_string *string = value.as.object;
    *bytes = string->text;
    *size = string->size;
    return true;
}

static bool is_nil(weft_value value)
{
    return value.kind == WEFT_KIND_NIL
        || (value.kind == WEFT_KIND_OBJECT && value.as.object == NULL);
}

bool weft__equal_simple(weft_value a, weft_value b)
{
    const char *left, *right;
    size_t left_size, right_size;
    if (has_bytes(a, &left, &left_size))
        return has_bytes(b, &right, &right_size) && left_size == right_size
            && memcmp(left, right, left_size) == 0;
    return weft__equal_numbers(a, b) || (is_nil(a) && is_nil(b));
}

static const weft_type *type_with_equal(const void *object)
{
    const weft_type *type = weft_type_of(object);
    while (type != NULL && type->equal == NULL)
        type = type->base;
    return type;
}

static bool is_plain_ref(weft_value value)
{
    return weft__role_in(value) == ROLE_REF
        && type_with_equal(value.as.object) == NULL;
}

static bool is_ref_or_method(const void *object)
{
    enum role role = weft__role_of(object);
    return role == ROLE_REF || role == ROLE_METHOD;
}

// Whether the layer above knows how these two compare. (Two refs come here only
// when a referent is gone.)
static bool are_refs(const void *a, const void *b)
{
    return is_ref_or_method(a) && is_ref_or_method(b);
}

static bool are_tables(const void *a, const void *b)
{
    enum role role = weft__role_of(a);
    return weft__is_weak_container(role) && weft__role_of(b) == role
        && weft_heap_of(a)->tables_equal != NULL;
}

// Not for two strings, two lists or two dicts.
static weft_status equal_objects(void *a, void *b, bool *equal)
{
    const weft_type *left = type_with_equal(a);
    const weft_type *right = type_with_equal(b);
    bool asks = left != NULL || right != NULL;
    bool by_ref = !asks && are_refs(a, b);
    if (!asks && (a == b || (!by_ref && !are_tables(a, b)))) {
        *equal = a == b;
        return WEFT_OK;
    }
    if (!weft__enter_protocol())
        return WEFT_VALUE_ERROR;
    weft_heap *heap = weft_heap_of(a);
    weft_status status = WEFT_OK;
    heap->calls++;
    if (by_ref)
        status = heap->ref_equal(a, b, equal);
    else if (!asks)
        status = heap->tables_equal(a, b, equal);
    else
        *equal = (left != NULL && left->equal(a, b))
            || (right != NULL && (left == NULL || left->equal != right->equal)
                && right->equal(b, a));
    heap->calls--;
    return weft__leave_protocol() ? status : WEFT_VALUE_ERROR;
}

// Shows a text to an object that has an `equal`.
static weft_status equal_text(weft_value text, void *object,
    bool text_first, bool *equal)
{
    if (type_with_equal(object) == NULL)
        return WEFT_OK;
    weft_string *string = weft_string_new_sized(weft_heap_of(object),
        text.as.text, text.size);
    if (string == NULL)
        return WEFT_MEMORY_ERROR;
    weft_status status = text_first ? equal_objects(string, object, equal)
        : equal_objects(object, string, equal);
    weft_release(string);
    return status;
}

// Of what is no proxy, nor two lists or dicts. `equal` is false to begin with.
static weft_status equal_leaves(weft_value a, weft_value b, bool *equal)
{
    if (weft__is_simple(a) && weft__is_simple(b)) {
        *equal = weft__equal_simple(a, b);
        return WEFT_OK;
    }
    if (a.kind == WEFT_KIND_TEXT)
        return equal_text(a, b.as.object, true, equal);
    if (b.kind == WEFT_KIND_TEXT)
        return equal_text(b, a.as.object, false, equal);
    if (!weft__has_object(a) || !weft__has_object(b))
        return WEFT_OK;
    return equal_objects(a.as.object, b.as.object, equal);
}

static weft_status equal_behind(struct comparison *comparison, weft_value a,
    weft_value b, bool *equal)
{
    enum role role = weft__role_in(a);
    if ((role != ROLE_LIST && role != ROLE_DICT) || weft__role_in(b) != role)
        return equal_leaves(a, b, equal);
    return weft__compare_containers(comparison, a.as.object, b.as.object,
        equal);
}

static weft_status unwrap_side(struct side *side)
{
    if (!weft__has_object(side->value))
        return WEFT_OK;
    void *held;
    void *object = weft__unwrap(side->value.as.object, &held, "weft_equal");
    if (object == NULL)
        return WEFT_REFERENCE_ERROR;
    if (held != NULL) {
        weft_release(side->held);
        side->held = held;
        side->value.as.object = object;
    }
    return WEFT_OK;
}

// From two refs to their referents. False: one of them is gone.
static bool follow_refs(struct side *a, struct side *b)
{
    const weft_heap *heap = weft_heap_of(a->value.as.object);
    void *left = heap->proxy_target(a->value.as.object);
    void *right = heap->proxy_target(b->value.as.object);
    if (left == NULL || right == NULL) {
        weft_release(left);
        weft_release(right);
        return false;
    }
    weft_release(a->held);
    weft_release(b->held);
    *a = (struct side){ weft_object(left), left };
    *b = (struct side){ weft_object(right), right };
    return true;
}

static bool is_proxy(weft_value value)
{
    return weft__role_in(value) == ROLE_PROXY;
}

// `comparison`: of lists or dicts that hold these two, or NULL. Goes behind the
// proxies of both, and from refs to what they
// refer to. To a ref on the left a proxy is another ref, as in Python.
weft_status weft__equal_values(struct comparison *comparison, weft_value a,
    weft_value b, bool *equal)
{
    struct side left = { a, NULL }, right = { b, NULL };
    weft_status status;
    *equal = false;
    do {
        status = unwrap_side(&left);
        if (status == WEFT_OK
                && !(is_plain_ref(left.value) && is_proxy(right.value)))
            status = unwrap_side(&right);
    } while (status == WEFT_OK && is_plain_ref(left.value)
        && (is_plain_ref(right.value) || is_proxy(right.value))
        && follow_refs(&left, &right));
    if (status == WEFT_OK && is_proxy(right.value))
        status = unwrap_side(&right);       // the ref is dead: not equal
    else if (status == WEFT_OK)
        status = equal_behind(comparison, left.value, right.value, equal);
    weft_release(left.held);
    weft_release(right.held);
    return status;
}

weft_status weft_equal(weft_value a, weft_value b, bool *equal)
{
    if (!CHECKED && weft__is_simple(a) && weft__is_simple(b)) {
        *equal = weft__equal_simple(a, b);
        return WEFT_OK;
    }
    bool found;
    weft_status status = weft__equal_values(NULL, a, b, &found);
    *equal = status == WEFT_OK && found;
    return status;
}
