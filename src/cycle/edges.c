// SPDX-License-Identifier: MIT
//
// What an object holds: its rows in table order, what a ref or weak method
// keeps, what `visit` reports. Each reference once, NULL and nil left out.
//
// The entries of weak-key dictionaries are no edges of an object: a value lives
// as long as its key *and* its dictionary do. Whoever counts or floods treats
// them apart (small.c, flood.c).
//
// A reference is also a *position*: rows one after the other, an array as many
// as its length. So whoever must not take long can stop in the middle of a long
// array and go on later. What moves meanwhile is seen twice or not at all, and
// the cycle notices.
#include "cycle.h"

struct relay {                  // from a visitor to a child function
    weft_visitor visitor;
    weft__child_fn *see;
    void *context;
};

static void pass_on(weft_visitor *visitor, void *slot, bool is_value,
    const char *name)
{
    struct relay *relay = (struct relay *)(void *)visitor;
    (void)name;
    relay->see(is_value ? ((weft_value *)slot)->as.object
        : *(weft__pointer *)slot, relay->context);
}

static void each_visited(const struct kind *kind, const void *object,
    weft__child_fn *see, void *context)
{
    struct relay relay = { { pass_on }, see, context };
    weft__visit(kind, object, &relay.visitor);
}

static size_t read_length(const void *object, const struct row *row)
{
    const void *count = (const char *)object + row->count_offset;
    switch (row->count_size) {
    case 1: return *(const uint8_t *)count;
    case 2: return *(const uint16_t *)count;
    case 4: return *(const uint32_t *)count;
    default: return *(const uint64_t *)count;
    }
}

// How many positions a row has.
size_t weft__row_length(const void *object, const struct row *row)
{
    if (row->kind == ROW_LEAVE)
        return is_table_role(page_of(object)->kind->role)
            ? weft__table_children(object) : 2;
    if (row->count_size == 0)
        return 1;
    const void *elements = *(const weft__pointer *)(const void *)
        ((const char *)object + row->offset);
    return elements == NULL ? 0 : read_length(object, row);
}

static void *object_in(const weft_value *value)
{
    return value->kind == WEFT_KIND_OBJECT ? value->as.object : NULL;
}

// A ref's: what it keeps for its callback, unless that is about to be called,
// when it is held for that; a method's also its owner's ref.
static void *kept_by(const struct ref *ref, size_t index)
{
    if (index == 0)
        return (ref->target & (REF_KEEPS | REF_PENDING)) == REF_KEEPS
            ? ref->context : NULL;
    return page_of(ref)->kind->role == ROLE_METHOD ? ref->as.owner : NULL;
}

// What is at a position of a row, or NULL.
void *weft__child_at(const void *object, const struct row *row,
    size_t index)
{
    const void *field = (const char *)object + row->offset;
    switch (row->kind) {
    case WEFT_FIELD_STRONG:
        return *(const weft__pointer *)field;
    case WEFT_FIELD_VALUE:
        return object_in(field);
    case WEFT_FIELD_ARRAY:
        return (*(weft__pointer *const *)field)[index];
    case ROW_VALUES:
        return object_in(*(weft_value *const *)field + index);
    default:
        return is_table_role(page_of(object)->kind->role)
            ? weft__table_child(object, index) : kept_by(object, index);
    }
}

void weft__each_child_slow(const struct page *page, const void *object,
    weft__child_fn *see, void *context)
{
    const struct kind *kind = page->kind;
    for (uint32_t r = 0; r < kind->row_count; r++) {
        const struct row *row = &kind->rows[r];
        size_t length = weft__row_length(object, row);
        for (size_t i = 0; i < length; i++) {
            void *child = weft__child_at(object, row, i);
            if (child != NULL)
                see(child, context);
        }
    }
    if (kind->visits)
        each_visited(kind, object, see, context);
}

// How many references it may have, as far as rows tell.
size_t weft__weight(const struct page *page, const void *object)
{
    if (likely(page->strong > 0))
        return page->strong;
    const struct kind *kind = page->kind;
    size_t weight = kind->visits ? 16 : 0;
    if (is_map(page))
        return ((const struct weaktable *)object)->order_length;
    for (uint32_t r = 0; r < kind->row_count; r++)
        weight += weft__row_length(object, &kind->rows[r]);
    return weight;
}

// Goes on with an object at a position, for `limit` references and the last of
// which are those of `visit`, all at once.
bool weft__some_children(struct place *place, size_t limit,
    weft__child_fn *see, void *context)
{
    const void *object = place->word + 1;
    const struct kind *kind = page_of(object)->kind;
    size_t before = 0;
    for (uint32_t r = 0; r < kind->row_count; r++) {
        const struct row *row = &kind->rows[r];
        size_t length = weft__row_length(object, row);
        while (place->index < before + length) {
            if (limit-- == 0)
                return false;
            void *child = weft__child_at(object, row, place->index++ - before);
            if (child != NULL)
                see(child, context);
        }
        before += length;
    }
    if (kind->visits)
        each_visited(kind, object, see, context);
    return true;
}
