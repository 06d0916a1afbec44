// SPDX-License-Identifier: MIT
//
// What a program does with two tables: copies, updates, the algebra of sets,
// comparing. Shadows do it item by item, on plain arrays.
#include "tables.h"

#include <string.h>

enum { MOST = 600 };            // items of a result

struct items {
    struct item all[MOST];
    uint32_t count;
};

struct two {                    // tables, during an act
    uint32_t a, b;
    struct call calls[2];
};

static struct items items_of(uint32_t number)
{
    const struct contents *contents = contents_of(number);
    struct items items = { .count = contents->count };
    if (items.count > 0)
        memcpy(items.all, contents->items, items.count * sizeof(struct item));
    return items;
}

static bool is_small(uint32_t number)
{
    return number != 0 && contents_of(number)->count <= MOST / 2;
}

static bool begin_two(struct two *two, enum thing kind)
{
    two->a = pick_table(kind);
    if (!is_small(two->a))
        return false;
    two->b = pick(6) == 0 ? two->a : pick_table(shadow_at(two->a)->kind);
    if (!is_small(two->b) || !is_reachable(two->a))
        return false;
    two->calls[0] = begin_call(two->a, true);
    two->calls[1] = begin_call(two->b, true);
    return true;
}

// A call on one table twice is nested in itself, which is no interference.
static bool end_two(struct two *two)
{
    if (two->a == two->b && !two->calls[0].nested)
        two->calls[0].touched++;
    bool second = end_call(&two->calls[1]) || two->a == two->b;
    bool first = end_call(&two->calls[0]);
    if (first && !second)
        learn(two->a);
    return first && second;
}

static void leave_two(const struct two *two)
{
    leave_call(&two->calls[1]);
    leave_call(&two->calls[0]);
}

static bool may_fail(const struct two *two)
{
    return world.failing || two->calls[0].failing || two->calls[1].failing;
}

static void demand_two(bool condition, const struct two *two, const char *what)
{
    if (!condition)
        broken("%s of %u and %u went wrong", what, two->a, two->b);
}

// ---- results that are new

// A result gets its shadow, with what is there.
static uint32_t adopt(void *result, enum thing kind)
{
    uint32_t number = new_shadow(kind, result);
    complete(number);
    learn(number);
    return number;
}

// The same objects, in this order? Of equal ones any will do.
static bool is_like(uint32_t number, const struct items *items)
{
    const struct contents *contents = contents_of(number);
    if (contents->count != items->count)
        return false;
    for (uint32_t i = 0; i < items->count; i++)
        if (find_item(number, items->all[i]) == NOT_THERE)
            return false;
    return true;
}

static bool is_same(uint32_t number, const struct items *items)
{
    const struct contents *contents = contents_of(number);
    for (uint32_t i = 0; i < items->count && i < contents->count; i++)
        if (contents->items[i].target != items->all[i].target
                || !shows(items->all[i], value_of(contents->items[i])))
            return false;
    return contents->count == items->count;
}

static void act_copy(void)
{
    uint32_t number = pick_table(KINDS);
    if (!is_small(number) || world.count >= world.limit)
        return;
    enum thing kind = shadow_at(number)->kind;
    struct call call = begin_call(number, true);
    const void *table = address_of(number);
    void *copy = kind == VALUEDICT ? (void *)weft_weakvaluedict_copy(table)
        : kind == KEYDICT ? (void *)weft_weakkeydict_copy(table)
        : (void *)weft_weakset_copy(table);
    bool strict = end_call(&call);
    if (copy == NULL && !world.failing && !call.failing)
        broken("no copy of %u", number);
    if (copy != NULL) {
        struct items items = strict ? items_of(number)
            : (struct items){ .count = 0 };
        uint32_t fresh = adopt(copy, kind);
        note("copy %u: %u", number, fresh);
        if (strict && !is_same(fresh, &items))
            broken("the copy of %u is another", number);
        if (strict)
            compare_table(number);
        put_in_root(pick(ROOTS), fresh);
    }
    leave_call(&call);
}

enum way { UNION, INTERSECTION, DIFFERENCE, SYMMETRIC };

static void *call_algebra(enum way way, const void *a, const void *b)
{
    switch (way) {
    case UNION: return weft_weakset_union(a, b);
    case INTERSECTION: return weft_weakset_intersection(a, b);
    case DIFFERENCE: return weft_weakset_difference(a, b);
    default: return weft_weakset_symmetric_difference(a, b);
    }
}

static void add_those(uint32_t to, uint32_t from, uint32_t other, bool wanted)
{
    struct items items = items_of(from);
    for (uint32_t i = 0; i < items.count; i++)
        if ((find_item(other, items.all[i]) != NOT_THERE) == wanted)
            (void)put_item(to, items.all[i]);
}

// What should be in it, by the shadow of an empty set that stands for it, and is
// forgotten again.
static struct items expect(enum way way, uint32_t a, uint32_t b)
{
    uint32_t number = new_shadow(WEAKSET, address_of(a));
    make_contents(number, contents_of(a)->by);
    if (way == UNION || way == SYMMETRIC)
        add_those(number, a, b, false);
    if (way == UNION || way == INTERSECTION)
        add_those(number, a, b, true);
    if (way == DIFFERENCE)
        add_those(number, a, b, false);
    if (way == UNION || way == SYMMETRIC)
        add_those(number, b, a, false);
    struct items items = items_of(number);
    world.count--;
    free_contents(&world.shadows[number]);
    return items;
}

// What one set can have in it, and the other cannot.
static bool is_mixed(uint32_t a, uint32_t b)
{
    return (contents_of(a)->by == WEFT_BY_IDENTITY)
        != (contents_of(b)->by == WEFT_BY_IDENTITY);
}

static void act_algebra(void)
{
    struct two two;
    enum way way = (enum way)pick(4);
    if (world.count >= world.limit || !begin_two(&two, WEAKSET))
        return;
    void *result = call_algebra(way, address_of(two.a), address_of(two.b));
    bool strict = end_two(&two) && !is_mixed(two.a, two.b);
    note("algebra %d of %u and %u", (int)way, two.a, two.b);
    demand_two(result != NULL || may_fail(&two) || !strict, &two, "algebra");
    if (result != NULL) {
        struct items items = strict ? expect(way, two.a, two.b)
            : (struct items){ .count = 0 };
        uint32_t fresh = adopt(result, WEAKSET);
        demand_two(!strict || is_like(fresh, &items), &two, "algebra");
        put_in_root(pick(ROOTS), fresh);
    }
    leave_two(&two);
}

// ---- in place

static weft_status call_update(enum thing kind, void *a, const void *b)
{
    switch (kind) {
    case VALUEDICT: return weft_weakvaluedict_update(a, b);
    case KEYDICT: return weft_weakkeydict_update(a, b);
    default: return weft_weakset_update(a, b);
    }
}

static weft_status update_shadow(uint32_t a, uint32_t b)
{
    struct items items = items_of(b);
    weft_status status = WEFT_OK;
    for (uint32_t i = 0; i < items.count && status == WEFT_OK; i++)
        status = put_item(a, items.all[i]);
    return status;
}

static void act_update(void)
{
    struct two two;
    if (!begin_two(&two, KINDS))
        return;
    weft_status status = call_update(shadow_at(two.a)->kind, address_of(two.a),
        address_of(two.b));
    note("update %u with %u: %d", two.a, two.b, (int)status);
    if (end_two(&two)) {
        if (status == WEFT_MEMORY_ERROR && may_fail(&two))
            learn(two.a);
        else
            demand_two(update_shadow(two.a, two.b) == status, &two, "update");
        compare_table(two.a);
    }
    leave_two(&two);
}

static void remove_those(uint32_t set, uint32_t from, uint32_t other,
    bool wanted)
{
    struct items items = items_of(from);
    for (uint32_t i = 0; i < items.count; i++) {
        if ((find_item(other, items.all[i]) != NOT_THERE) != wanted)
            continue;
        uint32_t at = find_item(set, items.all[i]);
        if (at != NOT_THERE)
            remove_item(contents_of(set), at);
    }
}

static weft_status toggle_those(uint32_t set, uint32_t other)
{
    struct items items = items_of(other);
    weft_status status = WEFT_OK;
    for (uint32_t i = 0; i < items.count && status == WEFT_OK; i++) {
        uint32_t at = find_item(set, items.all[i]);
        if (at != NOT_THERE)
            remove_item(contents_of(set), at);
        else
            status = put_item(set, items.all[i]);
    }
    return status;
}

static weft_status call_in_place(enum way way, void *a, const void *b)
{
    switch (way) {
    case INTERSECTION: weft_weakset_intersection_update(a, b); return WEFT_OK;
    case DIFFERENCE: weft_weakset_difference_update(a, b); return WEFT_OK;
    default: return weft_weakset_symmetric_difference_update(a, b);
    }
}

static weft_status do_in_place(enum way way, uint32_t a, uint32_t b)
{
    if (way == INTERSECTION)
        remove_those(a, a, b, false);
    else if (way == DIFFERENCE)
        remove_those(a, b, b, true);
    else
        return toggle_those(a, b);
    return WEFT_OK;
}

static void act_in_place(void)
{
    struct two two;
    enum way way = (enum way)(1 + pick(3));
    if (!begin_two(&two, WEAKSET))
        return;
    weft_status status = call_in_place(way, address_of(two.a),
        address_of(two.b));
    note("in place %d of %u and %u: %d", (int)way, two.a, two.b, (int)status);
    if (end_two(&two)) {
        if (status == WEFT_MEMORY_ERROR && may_fail(&two))
            learn(two.a);
        else
            demand_two(do_in_place(way, two.a, two.b) == status, &two,
                "in place");
        compare_table(two.a);
    }
    leave_two(&two);
}

// ---- asking

enum question { SUBSET, DISJOINT, EQUAL };

static bool ask(enum question question, const void *a, const void *b)
{
    bool equal;
    if (question != EQUAL)
        return question == SUBSET ? weft_weakset_is_subset(a, b)
            : weft_weakset_is_disjoint(a, b);
    weft_status status = weft_equal(weft_object(a), weft_object(b), &equal);
    return status == WEFT_OK && equal;
}

static bool answer(enum question question, uint32_t a, uint32_t b)
{
    struct items items = items_of(a);
    uint32_t common = 0, other = contents_of(b)->count;
    for (uint32_t i = 0; i < items.count; i++)
        common += find_item(b, items.all[i]) != NOT_THERE;
    if (question == EQUAL)
        return a == b || (common == items.count && items.count == other);
    return question == DISJOINT ? common == 0
        : common == items.count && items.count <= other;
}

static void act_ask(void)
{
    struct two two;
    enum question question = (enum question)pick(3);
    if (!begin_two(&two, WEAKSET))
        return;
    bool yes = ask(question, address_of(two.a), address_of(two.b));
    note("ask %d of %u and %u: %d", (int)question, two.a, two.b, (int)yes);
    if (end_two(&two))
        demand_two(yes == answer(question, two.a, two.b), &two, "a question");
    leave_two(&two);
}

void act_two_tables(void)
{
    switch (pick(6)) {
    case 0: case 1: act_copy(); break;
    case 2: act_update(); break;
    case 3: act_algebra(); break;
    case 4: act_in_place(); break;
    default: act_ask(); break;
    }
}
