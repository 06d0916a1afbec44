// SPDX-License-Identifier: MIT
//
// Whether two lists, or two dicts, hold the same.
//
//     two lists   the same number of elements, equal in order
//     two dicts   the same number of keys, and each key of the one is found in
//                 the other, with an equal value; the order does not matter
//
// What is held is equal to itself without asking, as in Python. Containers in
// containers are compared without recursion: the pairs under comparison are a
// stack, first on the C stack, then in plain memory (hence WEFT_MEMORY_ERROR):
//
//     push (a, b)
//     while there is a pair:
//         take the next two values of the pair on top
//             none left: pop it            unequal: done
//             two containers: push them, unless that pair is on the stack
//
// A pair met again inside itself counts as equal. So rings can be compared,
// where Python has RecursionError: two rings are equal when nothing that can be
// reached in them differs. A container that is a key is no part of this: it is
// looked up.
//
// `equal` and `hash` of a type may do anything to the containers: what is under
// comparison is held, an iteration through a dict is open, and lengths are
// looked at again each time.
#include "value.h"

#include <string.h>

enum { FEW_PAIRS = 8 };

struct pair {
    void *a, *b;            // two lists or two dicts, held
    uint64_t at, end;       // of a: what to compare next
};

struct comparison {
    weft_heap *heap;        // where memory comes from
    struct pair *pairs;     // the stack: `few`, or followed by `table`
    size_t count;           // pairs on the stack
    size_t room;            // a power of two
    size_t *table;          // 2 * room: number in the stack + 1; NULL: few
    struct pair few[FEW_PAIRS];     // enough for most
};

// Where in the table this pair is, or would go.
static size_t *find_pair(const struct comparison *comparison, const void *a,
    const void *b)
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
    const void *a, const void *b)
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

// Or lists?
static bool are_dicts(const void *container)
{
    return weft__role_of(container) == ROLE_DICT;
}

static size_t length_of(const void *container)
{
    return are_dicts(container) ? ((const weft_dict *)container)->length
        : ((const weft_list *)container)->length;
}

// `equal`: false if it can be told at once that they are not.
static weft_status push_pair(struct comparison *comparison, void *a, void *b,
    bool *equal)
{
    *equal = length_of(a) == length_of(b);
    if (!*equal || a == b || is_under_comparison(comparison, a, b))
        return WEFT_OK;
    if (comparison->count == comparison->room && !grow_stack(comparison))
        return WEFT_MEMORY_ERROR;
    struct pair *pair = &comparison->pairs[comparison->count++];
    *pair = (struct pair){ weft_retain(a), weft_retain(b), 0, 0 };
    if (are_dicts(a))
        pair->end = weft__open_dict(a);
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
    if (are_dicts(pair.a))
        weft__close_dict(pair.a);
    weft_release(pair.a);
    weft_release(pair.b);
}

// `equal` is true to begin with.
static weft_status compare_values(struct comparison *comparison,
    weft_value left, weft_value right, bool *equal)
{
    if (weft__has_object(left) && left.as.object == weft_value_object(right))
        return WEFT_OK;
    if (weft__is_simple(left) && weft__is_simple(right)) {
        *equal = weft__equal_simple(left, right);
        return WEFT_OK;
    }
    left = weft_value_retain(left);
    right = weft_value_retain(right);
    weft_status status = weft__equal_values(comparison, left, right, equal);
    weft_value_release(left);
    weft_value_release(right);
    return status;
}

static weft_status compare_elements(struct comparison *comparison,
    struct pair *pair, bool *equal)
{
    const weft_list *a = pair->a, *b = pair->b;
    size_t at = (size_t)pair->at++;
    if (at < a->length && at < b->length)
        return compare_values(comparison, a->values[at], b->values[at], equal);
    *equal = a->length == b->length;
    pop_pair(comparison);
    return WEFT_OK;
}

// The value in `dict` of a key that is stored in `from`, and held: a new
// reference. Not there: false.
static weft_status find_stored(const weft_dict *dict, const weft_dict *from,
    weft_value stored, weft_value *value, bool *found)
{
    struct dict_lookup lookup;
    weft_status status = weft__begin_lookup(&lookup, dict,
        weft__plain_key(stored), weft__shared_hash(from, dict, &stored));
    *found = status == WEFT_OK && lookup.entry != NULL;
    if (*found)
        *value = weft_value_retain(lookup.entry[1]);
    weft__end_lookup(&lookup);
    return status == WEFT_TYPE_ERROR ? WEFT_OK : status;    // unhashable there
}

static weft_status compare_items(struct comparison *comparison,
    struct pair *pair, bool *equal)
{
    const weft_dict *a = pair->a, *b = pair->b;
    weft_value *entry;
    if (!weft__next_in_dict(a, &pair->at, pair->end, &entry)) {
        *equal = a->length == b->length;
        pop_pair(comparison);
        return WEFT_OK;
    }
    weft_value stored = entry[0], left = entry[1], right = weft_nil();
    (void)weft_value_retain(stored);
    left = weft_value_retain(left);
    weft_status status = find_stored(b, a, stored, &right, equal);
    if (status == WEFT_OK && *equal)
        status = compare_values(comparison, left, right, equal);
    weft_value_release(right);
    weft_value_release(left);
    weft_value_release(stored);
    return status;
}

// Compares what comes next in the pair on top of the stack.
static weft_status compare_next(struct comparison *comparison, bool *equal)
{
    struct pair *pair = &comparison->pairs[comparison->count - 1];
    return are_dicts(pair->a) ? compare_items(comparison, pair, equal)
        : compare_elements(comparison, pair, equal);
}

// Apart from weft_equal(), which may be on the C stack many times.
__attribute__((noinline))
static weft_status compare_all(void *a, void *b, bool *equal)
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

// Two lists or two dicts. Within a comparison they are put on its stack; NULL:
// there is none yet.
weft_status weft__compare_containers(struct comparison *comparison, void *a,
    void *b, bool *equal)
{
    return comparison != NULL ? push_pair(comparison, a, b, equal)
        : compare_all(a, b, equal);
}
