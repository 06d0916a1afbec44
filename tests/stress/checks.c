// SPDX-License-Identifier: MIT
//
// Whether a table has in it what its shadow has, and calls on tables, after
// which that is asked; see tables.h.
#include "tables.h"

bool is_doubtful(struct item item)
{
    return is_gone(item.target) || item.doubtful
        || (world.large && world.ran_in_collections > 0);
}

bool may_be_missing(struct item item)
{
    return is_doubtful(item) || (shadow_at(item.target)->weak.bits == 0
        && !is_reachable(item.target));
}

static void doubt_those(struct item *items, uint32_t count, bool all,
    bool (*doubted)(uint32_t number))
{
    for (uint32_t i = 0; i < count; i++)
        if (!items[i].doubtful && (all || doubted(items[i].target))) {
            items[i].doubtful = true;
            world.doubts++;
        }
}

// Items of these targets, in tables and open iterations; all, of these tables.
void doubt_items(bool (*doubted)(uint32_t number))
{
    for (uint32_t i = 1; i <= world.count; i++) {
        struct contents *contents = world.shadows[i].contents;
        if (contents != NULL)
            doubt_those(contents->items, contents->count, doubted(i), doubted);
    }
    for (uint32_t i = 0; i < ITERATIONS; i++)
        doubt_those(world.iterations[i].items, world.iterations[i].count,
            false, doubted);
}

bool is_that(struct item item, const struct weakentry *entry)
{
    void *object = entry_object(entry);
    return !is_gone(item.target) && address_of(item.target) == object
        && number_of_object(object) == item.target
        && shows(item, entry_payload(entry));
}

// The next live entry, from a position on; NULL: the end.
struct weakentry *next_entry(const struct weaktable *table, uint32_t *at)
{
    while (*at < table->order_length) {
        struct weakentry *entry = newest_of(table->order[(*at)++]);
        if (entry != NULL && is_live(entry))
            return entry;
    }
    return NULL;
}

static size_t length_of(uint32_t number)
{
    size_t length = 0;
    (void)weft_length(shadow_at(number)->address, &length);
    return length;
}

static void demand_missing(uint32_t number, struct item item)
{
    if (!may_be_missing(item))
        broken("%s %u has lost %u", kind_names[shadow_at(number)->kind], number,
            item.target);
}

// Forgets the items that are rightly missing, and demands all others.
void compare_table(uint32_t number)
{
    struct contents *contents = contents_of(number);
    uint32_t at = 0, i = 0, kept = 0;
    const struct weakentry *entry;
    if (contents->busy > 0)
        return;
    while ((entry = next_entry(table_at(number), &at)) != NULL) {
        while (i < contents->count && !is_that(contents->items[i], entry))
            demand_missing(number, contents->items[i++]);
        if (i == contents->count)
            broken("%s %u has an entry of %u that should not be there",
                kind_names[shadow_at(number)->kind], number,
                number_of_object(entry_object(entry)));
        struct item item = contents->items[i++];
        if (item.kind == WEFT_KIND_TEXT) {
            struct item string = item_of(entry_payload(entry), item.target);
            string.doubtful = item.doubtful;
            item = string;
        }
        contents->items[kept++] = item;
    }
    while (i < contents->count)
        demand_missing(number, contents->items[i++]);
    if (kept < contents->count)
        changed();
    contents->count = kept;
    if (length_of(number) != kept)
        broken("%s %u has length %zu, and must have %u",
            kind_names[shadow_at(number)->kind], number, length_of(number),
            kept);
}

// Takes the shadow's items from the table; they must make sense.
void learn(uint32_t number)
{
    struct contents *contents = contents_of(number);
    uint32_t at = 0;
    const struct weakentry *entry;
    contents->count = 0;
    changed();
    while ((entry = next_entry(table_at(number), &at)) != NULL) {
        uint32_t target = number_of_object(entry_object(entry));
        struct item item = item_of(entry_payload(entry), target);
        if (is_gone(target))
            broken("table %u has an entry of %u, which is dead", number,
                target);
        if (find_item(number, item) != NOT_THERE)
            broken("table %u has equal entries", number);
        add_item(contents, item);
    }
    if (length_of(number) != contents->count)
        broken("table %u has length %zu, and must have %u", number,
            length_of(number), contents->count);
}

// ---- calls

static bool is_unsure(uint32_t number)
{
    const struct contents *contents = contents_of(number);
    for (uint32_t i = 0; i < contents->count; i++)
        if (may_be_missing(contents->items[i]))
            return true;
    return false;
}

struct call begin_call(uint32_t number, bool held)
{
    struct contents *contents = contents_of(number);
    if (world.weak_first)
        (void)count_reachable();            // which renews handles
    compare_table(number);
    struct call call = { .number = number, .nested = contents->busy > 0,
        .held = held || pick(4) > 0, .touched = contents->touched,
        .doubts = world.doubts };
    if (call.nested)
        contents->touched++;
    contents->busy++;
    changed();
    if (call.held) {
        (void)weft_retain(shadow_at(number)->address);
        push(number, true);
    }
    call.failing = !world.failing && pick(6) == 0;
    if (call.failing) {
        world.failing = true;
        (void)weft_debug_fail_at(world.heap, 1 + pick(5));
    }
    return call;
}

// The shadow is what it was at the start, and may do the same. If others have
// done something to the table, or may have, it has learned it: false.
bool end_call(struct call *call)
{
    struct contents *contents = contents_of(call->number);
    if (call->failing) {
        doubt_unreachable();
        (void)weft_debug_fail_at(world.heap, 0);
        world.failing = false;
    }
    bool alone = contents->touched == call->touched
        && world.doubts == call->doubts && !is_unsure(call->number);
    contents->busy--;           // not before: is_unsure() may walk
    changed();
    if (call->nested || is_gone(call->number))
        return false;
    if (!alone)
        learn(call->number);
    return alone;
}

// User code may run in here.
void leave_call(const struct call *call)
{
    if (!call->held)
        return;
    pop();
    weft_release(shadow_at(call->number)->address);
}
