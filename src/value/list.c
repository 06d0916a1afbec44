// SPDX-License-Identifier: MIT
//
// Lists of values: a row of owned values in plain memory.
//
//     list -> | values | length | capacity |
//                 |
//                 v
//                 | value 0 | value 1 | ... | room ... |
//
// What a list holds is described by a private row, as an object's fields are,
// so a list of any length and depth dies as objects do: one element after the
// other, without recursion. While that lasts the first element, a nil by then,
// carries the place in its integer. `dispose` frees the memory.
//
// Letting go of an element may run user code, which may do anything to the
// list. So each function first brings the list into its new state, then lets
// go, and does not look at the list again: it may be gone as well. What makes
// and keeps (strings of texts, room) runs no user code.
//
// Memory grows by half. It shrinks by half when three quarters of it are free;
// if the allocator refuses that, it stays as it is.
#include "value.h"

#include <string.h>

enum { LIST_ROOM = 4, LIST_SHRINKS = 32 };

static void list_dispose(void *self)
{
    weft_list *list = self;
    weft__resize(weft_heap_of(list), list->values,
        list->capacity * sizeof(weft_value), 0);
}

static size_t list_length(const void *self)
{
    return ((const weft_list *)self)->length;
}

weft_type weft_list_type = {
    .name = "list",
    WEFT_SIZE(weft_list),
    .fields = WEFT_FIELDS({ .name = "values",
        .offset = offsetof(weft_list, values),
        .count_offset = offsetof(weft_list, length),
        .kind = ROW_VALUES,
        .size = sizeof(weft_value *),
        .count_size = sizeof(size_t) }),
    .dispose = list_dispose,
    .length = list_length,
    .reserved = WEFT__ROLE(ROLE_LIST),
};

// Whether a checked build finds `list` to be a living one.
static bool check_list(const weft_list *list, const char *call)
{
    if (!weft__check_role(list, ROLE_LIST, call))
        return false;
    if (is_alive(load(word_of(list))))
        return true;
    weft__misuse(weft_heap_of(list), list, "%s: the list is dying", call);
    return false;
}

static bool resize_list(weft_list *list, size_t capacity)
{
    if (capacity > SIZE_MAX / sizeof(weft_value))
        return false;
    weft_value *values = weft__resize(weft_heap_of(list), list->values,
        list->capacity * sizeof(weft_value), capacity * sizeof(weft_value));
    if (values == NULL)
        return false;
    list->values = values;
    list->capacity = capacity;
    return true;
}

bool weft__reserve_list(weft_list *list, size_t length)
{
    if (length <= list->capacity)
        return true;
    size_t capacity = list->capacity + list->capacity / 2;
    if (capacity < LIST_ROOM)
        capacity = LIST_ROOM;
    return resize_list(list, capacity < length ? length : capacity);
}

weft_list *weft_list_new(weft_heap *heap)
{
    return weft_new(heap, &weft_list_type);
}

size_t weft_list_length(const weft_list *list)
{
    if (CHECKED && !weft__check_role(list, ROLE_LIST, "weft_list_length"))
        return 0;
    return list->length;
}

void weft_list_clear(weft_list *list)
{
    if (CHECKED && !check_list(list, "weft_list_clear"))
        return;
    weft_heap *heap = weft_heap_of(list);
    weft_list old = *list;
    *list = (weft_list){ NULL, 0, 0 };
    for (size_t i = 0; i < old.length; i++)
        weft_value_release(old.values[i]);
    weft__resize(heap, old.values, old.capacity * sizeof(weft_value), 0);
}

weft_value weft_list_get(const weft_list *list, size_t index)
{
    if (CHECKED && !weft__check_role(list, ROLE_LIST, "weft_list_get"))
        return weft_nil();
    if (index >= list->length)
        return weft_nil();
    return weft_value_retain(list->values[index]);
}

weft_value weft_list_pop(weft_list *list, size_t index)
{
    if (CHECKED && !check_list(list, "weft_list_pop"))
        return weft_nil();
    if (index >= list->length)
        return weft_nil();
    weft_value value = list->values[index];
    list->length--;
    memmove(list->values + index, list->values + index + 1,
        (list->length - index) * sizeof(weft_value));
    if (list->capacity >= LIST_SHRINKS && list->length <= list->capacity / 4)
        (void)resize_list(list, list->capacity / 2);
    return value;
}

weft_status weft_list_set(weft_list *list, size_t index, weft_value value)
{
    if (CHECKED && !check_list(list, "weft_list_set"))
        return WEFT_TYPE_ERROR;
    if (index >= list->length)
        return WEFT_INDEX_ERROR;
    weft_value owned;
    weft_status status = weft__own_value(weft_heap_of(list), value, &owned);
    if (status != WEFT_OK)
        return status;
    if (index >= list->length) {            // a report hook took it
        weft_value_release(owned);
        return WEFT_INDEX_ERROR;
    }
    weft_value old = list->values[index];
    list->values[index] = owned;
    weft_value_release(old);
    return WEFT_OK;
}

// Runs no user code but a report hook, of an object that is dead: so the list
// is looked at after the value was taken.
static weft_status insert_value(weft_list *list, size_t index, weft_value value)
{
    weft_value owned;
    weft_status status = weft__own_value(weft_heap_of(list), value, &owned);
    if (status != WEFT_OK)
        return status;
    if (list->length == SIZE_MAX
            || !weft__reserve_list(list, list->length + 1)) {
        weft_value_release(owned);
        return WEFT_MEMORY_ERROR;
    }
    if (index > list->length)
        index = list->length;
    memmove(list->values + index + 1, list->values + index,
        (list->length - index) * sizeof(weft_value));
    list->values[index] = owned;
    list->length++;
    return WEFT_OK;
}

weft_status weft_list_insert(weft_list *list, size_t index, weft_value value)
{
    if (CHECKED && !check_list(list, "weft_list_insert"))
        return WEFT_TYPE_ERROR;
    if (index > list->length)
        return WEFT_INDEX_ERROR;
    return insert_value(list, index, value);
}

weft_status weft_list_append(weft_list *list, weft_value value)
{
    if (CHECKED && !check_list(list, "weft_list_append"))
        return WEFT_TYPE_ERROR;
    return insert_value(list, SIZE_MAX, value);
}
