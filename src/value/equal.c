// SPDX-License-Identifier: MIT
//
// Whether two values are equal, as in Python: what is behind their proxies is.
//
//     numbers                 by value (number.c)
//     texts and strings       by their bytes
//     two lists               by their elements, in order
//     an object with `equal`  a's type is asked first, then b's: one yes is
//                             enough; `equal` is shown objects only, so a text
//                             is shown as a string
//     two refs or methods     by the layer above
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
// held, and lengths are looked at again each time. Through such types and refs
// the comparison does recurse: no deeper than PROTOCOL_DEPTH (protocol.c), then
// it is a WEFT_VALUE_ERROR.
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

static bool has_bytes(weft_value value, const char **bytes, size_t *size)
{
    if (value.kind == WEFT_KIND_TEXT) {
        *bytes = value.as.text;
        *size = value.size;
        return true;
    }
    if (!weft__is_string(value))
        return false;
    const weft_string *string = value.as.object;
    *bytes = string->text;
    *size = string->size;
    return true;
}

// False too if one of them has no bytes.
static bool equal_bytes(weft_value a, weft_value b)
{
    const char *left, *right;
    size_t left_size, right_size;
    return has_bytes(a, &left, &left_size) && has_bytes(b, &right, &right_size)
        && left_size == right_size && memcmp(left, right, left_size) == 0;
}

static const weft_type *type_with_equal(const void *object)
{
    const weft_type *type = weft_type_of(object);
    while (type != NULL && type->equal == NULL)
        type = type->base;
    return type;
}

static bool is_ref(const void *object)
{
    enum role role = weft__role_of(object);
    return role == ROLE_REF || role == ROLE_METHOD;
}

// Not for two strings or two lists.
static weft_status equal_objects(const void *a, const void *b, bool *equal)
{
    const weft_type *left = type_with_equal(a);
    const weft_type *right = a == b ? NULL : type_with_equal(b);
    bool by_ref = left == NULL && right == NULL && is_ref(a) && is_ref(b);
    if (left == NULL && right == NULL && (a == b || !by_ref)) {
        *equal = a == b;
        return WEFT_OK;
    }
    if (!weft__enter_protocol())
        return WEFT_VALUE_ERROR;
    weft_status status = WEFT_OK;
    if (by_ref)
        status = weft_heap_of(a)->ref_equal(a, b, equal);
    else
        *equal = (left != NULL && left->equal(a, b))
            || (right != NULL && right->equal(b, a));
    weft__leave_protocol();
    return status;
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

static bool is_nil(weft_value value)
{
    return value.kind == WEFT_KIND_NIL
        || (value.kind == WEFT_KIND_OBJECT && value.as.object == NULL);
}

// Of what is no proxy, nor two lists. `equal` is false to begin with.
static weft_status equal_leaves(weft_value a, weft_value b, bool *equal)
{
    if (equal_bytes(a, b) || weft__equal_numbers(a, b)) {
        *equal = true;
        return WEFT_OK;
    }
    bool is_a_object = weft__has_object(a), is_b_object = weft__has_object(b);
    if (is_a_object && is_b_object)
        return weft__is_string(a) && weft__is_string(b) ? WEFT_OK
            : equal_objects(a.as.object, b.as.object, equal);
    if (is_a_object && b.kind == WEFT_KIND_TEXT)
        return equal_text(b, a.as.object, false, equal);
    if (is_b_object && a.kind == WEFT_KIND_TEXT)
        return equal_text(a, b.as.object, true, equal);
    *equal = is_nil(a) && is_nil(b);
    return WEFT_OK;
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
static weft_status step(struct comparison *comparison, bool *equal)
{
    struct pair *pair = &comparison->pairs[comparison->count - 1];
    const weft_list *a = pair->a, *b = pair->b;
    size_t at = pair->at++;
    if (at >= a->length || at >= b->length) {
        *equal = a->length == b->length;
        pop_pair(comparison);
        return WEFT_OK;
    }
    if (weft__has_object(a->values[at])
            && a->values[at].as.object == weft_value_object(b->values[at]))
        return WEFT_OK;
    weft_value left = weft_value_retain(a->values[at]);
    weft_value right = weft_value_retain(b->values[at]);
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
        status = step(&comparison, equal);
    while (comparison.count > 0)
        pop_pair(&comparison);
    free_stack(&comparison);
    return status;
}

// Within a comparison of lists, two more lists are put on its stack.
static weft_status equal_behind(struct comparison *comparison, weft_value a,
    weft_value b, bool *equal)
{
    if (!weft__has_object(a) || !weft__has_object(b)
            || weft__role_of(a.as.object) != ROLE_LIST
            || weft__role_of(b.as.object) != ROLE_LIST)
        return equal_leaves(a, b, equal);
    if (comparison != NULL)
        return push_pair(comparison, a.as.object, b.as.object, equal);
    return equal_lists(a.as.object, b.as.object, equal);
}

// Goes behind the proxies of both.
static weft_status equal_values(struct comparison *comparison, weft_value a,
    weft_value b, bool *equal)
{
    *equal = false;
    void *held_a = NULL, *held_b = NULL;
    weft_status status = WEFT_OK;
    if (weft__has_object(a)) {
        a.as.object = weft__unwrap(a.as.object, &held_a, "weft_equal");
        if (a.as.object == NULL)
            status = WEFT_REFERENCE_ERROR;
    }
    if (status == WEFT_OK && weft__has_object(b)) {
        b.as.object = weft__unwrap(b.as.object, &held_b, "weft_equal");
        if (b.as.object == NULL)
            status = WEFT_REFERENCE_ERROR;
    }
    if (status == WEFT_OK)
        status = equal_behind(comparison, a, b, equal);
    weft_release(held_a);
    weft_release(held_b);
    return status;
}

weft_status weft_equal(weft_value a, weft_value b, bool *equal)
{
    bool found;
    weft_status status = equal_values(NULL, a, b, &found);
    *equal = status == WEFT_OK && found;
    return status;
}
