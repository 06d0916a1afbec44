// SPDX-License-Identifier: MIT
//
// Whether two values are equal, as in Python: what is behind their proxies is.
//
//     numbers                 by value (number.c)
//     texts and strings       by their bytes
//     two lists               by their elements, in order
//     an object with `equal`  a's type is asked first, then b's, if that would
//                             ask another function: one yes is enough; `equal`
//                             is shown objects only, a text as a string
//     two refs                by their referents while both live
//     a weak method, a ref    by the layer above
//     other objects           by identity
//
// An element is equal to itself without asking, as in Python. Lists in lists
// are compared without recursion: the pairs of lists under comparison are a
// stack, first on the C stack, then in plain memory (hence WEFT_MEMORY_ERROR):
//
//     push (a, b)
//     while there is a pair:
//         take the next two elements of the pair on top
//             none left: pop it            unequal: done
//             two lists: push them, unless that pair is on the stack already
//
// A pair met again inside itself counts as equal. So rings can be compared,
// where Python has RecursionError: two rings are equal when nothing that can be
// reached in them differs.
//
// `equal` of a type may do anything to the lists: what is under comparison is
// held, and lengths are looked at again each time. Through such types and weak
// methods the comparison does recurse: no deeper than PROTOCOL_DEPTH
// (protocol.c), then it is a WEFT_VALUE_ERROR.
#include "value.h"

#include <string.h>

enum { FEW_PAIRS = 8 };

struct pair {
    weft_list *a, *b;       // held
    size_t at;              // the next elements to compare
};

struct comparison {
    weft_heap *heap;        // where memory comes from
    struct pair *pairs;     // the stack: `few`, or followed by `table`
    size_t count;           // pairs on the stack
    size_t room;            // a power of two
    size_t *table;          // 2 * room: number in the stack + 1; NULL: few
    struct pair few[FEW_PAIRS];     // enough for most
};

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

// Strings and what is no object: what asks nobody.
static bool is_simple(weft_value value)
{
    return !weft__has_object(value) || weft__role_in(value) == ROLE_STRING;
}

static bool equal_simple(weft_value a, weft_value b)
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

// Whether the layer above knows how two of these compare. (Two refs come here
// only when a referent is gone.)
static bool is_ref_or_method(const void *object)
{
    enum role role = weft__role_of(object);
    return role == ROLE_REF || role == ROLE_METHOD;
}

// Not for two strings or two lists.
static weft_status equal_objects(const void *a, const void *b, bool *equal)
{
    const weft_type *left = type_with_equal(a);
    const weft_type *right = type_with_equal(b);
    bool asks = left != NULL || right != NULL;
    bool by_ref = !asks && a != b && is_ref_or_method(a) && is_ref_or_method(b);
    if (!asks && !by_ref) {
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
    else
        *equal = (left != NULL && left->equal(a, b))
            || (right != NULL && (left == NULL || left->equal != right->equal)
                && right->equal(b, a));
    heap->calls--;
    return weft__leave_protocol() ? status : WEFT_VALUE_ERROR;
}

// Shows a text to an object that has an `equal`.
static weft_status equal_text(weft_value text, const void *object,
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

// Of what is no proxy, nor two lists. `equal` is false to begin with.
static weft_status equal_leaves(weft_value a, weft_value b, bool *equal)
{
    if (is_simple(a) && is_simple(b)) {
        *equal = equal_simple(a, b);
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

// Where in the table the pair of these lists is, or would go.
static size_t *find_pair(const struct comparison *comparison,
    const weft_list *a, const weft_list *b)
{
    size_t mask = 2 * comparison->room - 1;
    uint64_t mixed = (uint64_t)(uintptr_t)a * 0x9e3779b97f4a7c15
        + (uint64_t)(uintptr_t)b * 0xc2b2ae3d27d4eb4f;
    for (size_t i = (size_t)(mixed >> 32);; i++) {
        size_t *place = &comparison->table[i & mask];
        if (*place == 0)
            return place;
        const struct pair *pair = &comparison->pairs[*place - 1];
        if (pair->a == a && pair->b == b)
            return place;
    }
}

static bool is_under_comparison(const struct comparison *comparison,
    const weft_list *a, const weft_list *b)
{
    if (comparison->table != NULL)
        return *find_pair(comparison, a, b) != 0;
    for (size_t i = 0; i < comparison->count; i++)
        if (comparison->pairs[i].a == a && comparison->pairs[i].b == b)
            return true;
    return false;
}

static size_t stack_size(size_t room)
{
    return room * (sizeof(struct pair) + 2 * sizeof(size_t));
}

static void free_stack(struct comparison *comparison)
{
    if (comparison->pairs != comparison->few)
        weft__resize(comparison->heap, comparison->pairs,
            stack_size(comparison->room), 0);
}

// Enters the pairs in the order of the stack, so that the last one may be taken
// out of the table without leaving a gap that others have been put behind.
static bool grow_stack(struct comparison *comparison)
{
    size_t room = 2 * comparison->room;
    if (room > SIZE_MAX / stack_size(1))
        return false;
    struct pair *pairs = weft__resize(comparison->heap, NULL, 0,
        stack_size(room));
    if (pairs == NULL)
        return false;
    memcpy(pairs, comparison->pairs, comparison->count * sizeof(*pairs));
    free_stack(comparison);
    comparison->pairs = pairs;
    comparison->room = room;
    comparison->table = (size_t *)(void *)(pairs + room);
    memset(comparison->table, 0, 2 * room * sizeof(size_t));
    for (size_t i = 0; i < comparison->count; i++)
        *find_pair(comparison, pairs[i].a, pairs[i].b) = i + 1;
    return true;
}

// `equal`: false if it can be told at once that the lists are not.
static weft_status push_pair(struct comparison *comparison, weft_list *a,
    weft_list *b, bool *equal)
{
    *equal = a->length == b->length;
    if (!*equal || a == b || is_under_comparison(comparison, a, b))
        return WEFT_OK;
    if (comparison->count == comparison->room && !grow_stack(comparison))
        return WEFT_MEMORY_ERROR;
    comparison->pairs[comparison->count++] =
        (struct pair){ weft_retain(a), weft_retain(b), 0 };
    if (comparison->table != NULL)
        *find_pair(comparison, a, b) = comparison->count;
    return WEFT_OK;
}

static void pop_pair(struct comparison *comparison)
{
    struct pair pair = comparison->pairs[comparison->count - 1];
    if (comparison->table != NULL)
        *find_pair(comparison, pair.a, pair.b) = 0;
    comparison->count--;
    weft_release(pair.a);
    weft_release(pair.b);
}

static weft_status equal_values(struct comparison *comparison, weft_value a,
    weft_value b, bool *equal);

// Compares the next elements of the pair on top of the stack.
static weft_status compare_next(struct comparison *comparison, bool *equal)
{
    struct pair *pair = &comparison->pairs[comparison->count - 1];
    const weft_list *a = pair->a, *b = pair->b;
    size_t at = pair->at++;
    if (at >= a->length || at >= b->length) {
        *equal = a->length == b->length;
        pop_pair(comparison);
        return WEFT_OK;
    }
    weft_value left = a->values[at], right = b->values[at];
    if (weft__has_object(left) && left.as.object == weft_value_object(right))
        return WEFT_OK;
    if (is_simple(left) && is_simple(right)) {
        *equal = equal_simple(left, right);
        return WEFT_OK;
    }
    left = weft_value_retain(left);
    right = weft_value_retain(right);
    weft_status status = equal_values(comparison, left, right, equal);
    weft_value_release(left);
    weft_value_release(right);
    return status;
}

// Apart from weft_equal(), which may be on the C stack many times.
__attribute__((noinline))
static weft_status equal_lists(weft_list *a, weft_list *b, bool *equal)
{
    struct comparison comparison;
    comparison.heap = weft_heap_of(a);
    comparison.pairs = comparison.few;
    comparison.count = 0;
    comparison.room = FEW_PAIRS;
    comparison.table = NULL;
    weft_status status = push_pair(&comparison, a, b, equal);
    while (status == WEFT_OK && *equal && comparison.count > 0)
        status = compare_next(&comparison, equal);
    while (comparison.count > 0)
        pop_pair(&comparison);
    free_stack(&comparison);
    return status;
}

// Within a comparison of lists, two more lists are put on its stack.
static weft_status equal_behind(struct comparison *comparison, weft_value a,
    weft_value b, bool *equal)
{
    if (weft__role_in(a) != ROLE_LIST || weft__role_in(b) != ROLE_LIST)
        return equal_leaves(a, b, equal);
    if (comparison != NULL)
        return push_pair(comparison, a.as.object, b.as.object, equal);
    return equal_lists(a.as.object, b.as.object, equal);
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

// Goes behind the proxies of both, and from refs to what they refer to. To a
// ref on the left a proxy is another ref, as in Python.
static weft_status equal_values(struct comparison *comparison, weft_value a,
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
    if (!CHECKED && is_simple(a) && is_simple(b)) {     // the quick way
        *equal = equal_simple(a, b);
        return WEFT_OK;
    }
    bool found;
    weft_status status = equal_values(NULL, a, b, &found);
    *equal = status == WEFT_OK && found;
    return status;
}
