// SPDX-License-Identifier: MIT
//
// What is in a table, and what should be; see tables.h. The order of items is
// that of first putting, as in the table.
#include "tables.h"

#include <string.h>

const char *const texts[TEXTS] = { "", "a", "b", "key", "another key",
    "a key that is a little longer than the others are" };

struct contents *contents_of(uint32_t number)
{
    return shadow_at(number)->contents;
}

struct weaktable *table_at(uint32_t number)
{
    return shadow_at(number)->address;
}

void make_contents(uint32_t number, weft_by by)
{
    struct contents *contents = calloc(1, sizeof(*contents));
    if (contents == NULL)
        abort();
    contents->by = by;
    shadow_at(number)->contents = contents;
}

void free_contents(struct shadow *shadow)
{
    if (shadow->contents != NULL)
        free(shadow->contents->items);
    free(shadow->contents);
    shadow->contents = NULL;
}

// ---- items

struct item item_of(weft_value value, uint32_t target)
{
    struct item item = { .kind = value.kind, .target = target };
    if (value.kind == WEFT_KIND_OBJECT)
        item.number = number_of_object(value.as.object);
    else if (value.kind == WEFT_KIND_TEXT)
        while (strcmp(texts[item.bits], value.as.text) != 0)
            item.bits++;
    else if (value.kind == WEFT_KIND_BOOL)
        item.bits = value.as.boolean;
    else if (value.kind != WEFT_KIND_NIL)
        item.bits = (uint64_t)value.as.integer;
    return item;
}

weft_value value_of(struct item item)
{
    weft_value value = weft_nil();
    value.kind = item.kind;
    if (item.kind == WEFT_KIND_OBJECT)
        value = weft_object(address_of(item.number));
    else if (item.kind == WEFT_KIND_TEXT)
        value = weft_text(texts[item.bits]);
    else if (item.kind == WEFT_KIND_BOOL)
        value.as.boolean = item.bits != 0;
    else
        value.as.integer = (int64_t)item.bits;
    return value;
}

// Is the value what the item says? A text has become a string.
bool shows(struct item item, weft_value value)
{
    if (item.kind == WEFT_KIND_TEXT)
        return weft_value_text(value) != NULL
            && strcmp(weft_value_text(value), texts[item.bits]) == 0;
    if (item.kind != value.kind)
        return false;
    if (item.kind == WEFT_KIND_OBJECT)
        return value.as.object == address_of(item.number)
            && number_of_object(value.as.object) == item.number;
    struct item other = item_of(value, 0);
    return other.bits == item.bits;
}

static bool is_whole(struct item item, int64_t *integer)
{
    double real;
    *integer = (int64_t)item.bits;
    if (item.kind == WEFT_KIND_INT || item.kind == WEFT_KIND_BOOL)
        return true;
    if (item.kind != WEFT_KIND_DOUBLE)
        return false;
    memcpy(&real, &item.bits, sizeof(real));
    if (!(real >= -0x1p63 && real < 0x1p63) || real != (double)(int64_t)real)
        return false;
    *integer = (int64_t)real;
    return true;
}

static bool is_text(struct item item, uint32_t *which)
{
    *which = (uint32_t)item.bits;
    if (item.kind == WEFT_KIND_TEXT)
        return true;
    if (item.number == 0 || shadow_at(item.number)->kind != STRING)
        return false;
    *which = shadow_at(item.number)->key;
    return true;
}

static bool same_object(weft_by by, uint32_t a, uint32_t b)
{
    const struct shadow *x = shadow_at(a), *y = shadow_at(b);
    return a == b || (by != WEFT_BY_IDENTITY && x->kind == KEYED
        && y->kind == KEYED && x->key == y->key);
}

static bool same_payload(weft_by by, struct item a, struct item b)
{
    int64_t i, j;
    uint32_t text, other;
    if (is_whole(a, &i) || is_whole(b, &j))
        return is_whole(a, &i) && is_whole(b, &j) && i == j;
    if (is_text(a, &text) || is_text(b, &other))
        return is_text(a, &text) && is_text(b, &other) && text == other;
    if (a.number != 0 && b.number != 0)
        return same_object(by, a.number, b.number);
    return a.kind == b.kind && a.number == b.number && a.bits == b.bits;
}

// ---- what a dictionary does

bool is_by_payload(uint32_t number)
{
    return shadow_at(number)->kind == VALUEDICT;
}

uint32_t find_item(uint32_t number, struct item item)
{
    const struct contents *contents = contents_of(number);
    bool by_payload = is_by_payload(number);
    uint32_t key = by_payload ? item.number : item.target;
    if (contents->by != WEFT_BY_IDENTITY && key != 0 && !is_hashable(key))
        return NOT_THERE;
    for (uint32_t i = 0; i < contents->count; i++) {
        struct item there = contents->items[i];
        if (by_payload ? same_payload(contents->by, there, item)
                : same_object(contents->by, there.target, item.target))
            return i;
    }
    return NOT_THERE;
}

void add_item(struct contents *contents, struct item item)
{
    if (contents->count == contents->room) {
        contents->room = contents->room * 2 + 8;
        contents->items = realloc(contents->items,
            contents->room * sizeof(item));
        if (contents->items == NULL)
            abort();
    }
    item.mark = 0;
    contents->items[contents->count++] = item;
    changed();
}

void remove_item(struct contents *contents, uint32_t i)
{
    contents->count--;
    memmove(&contents->items[i], &contents->items[i + 1],
        (contents->count - i) * sizeof(contents->items[0]));
    changed();
}

// What _put or _add does. TYPE: cannot be put.
weft_status put_item(uint32_t number, struct item item)
{
    struct contents *contents = contents_of(number);
    uint32_t key = is_by_payload(number) ? item.number : item.target;
    if (item.target == 0 || shadow_at(item.target)->kind == STRING)
        return WEFT_TYPE_ERROR;
    if (contents->by != WEFT_BY_IDENTITY && key != 0 && !is_hashable(key))
        return WEFT_TYPE_ERROR;
    uint32_t i = find_item(number, item);
    if (i == NOT_THERE) {
        add_item(contents, item);
        return WEFT_OK;
    }
    struct item *there = &contents->items[i];
    changed();
    if (is_by_payload(number)) {
        there->target = item.target;
        return WEFT_OK;
    }
    if (contents->by == WEFT_BY_FIRST_EQUAL)
        item.target = there->target;
    *there = item;
    return WEFT_OK;
}
