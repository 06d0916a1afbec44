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

static bool is_by_payload(uint32_t number)
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

static void add_item(struct contents *contents, struct item item)
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

// ---- comparing

static bool is_doubtful(struct item item)
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

static bool is_that(struct item item, const struct weakentry *entry)
{
    void *object = entry_object(entry);
    return !is_gone(item.target) && address_of(item.target) == object
        && number_of_object(object) == item.target
        && shows(item, entry_payload(entry));
}

// The next live entry, from a position on; NULL: the end.
static struct weakentry *next_entry(const struct weaktable *table, uint32_t *at)
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

// ---- in a walk
//
// The key of a weak-value dictionary is reached when the dictionary is, the
// value of a weak-key dictionary when its key is, too. Where the object may be
// garbage the table is asked whether the entry is still there. Busy tables are
// read.

static struct {
    uint32_t *numbers;          // of the tables that were reached
    uint32_t count, room;
} reached;

void begin_tables(void)
{
    reached.count = 0;
}

void reach_table(uint32_t number)
{
    if (reached.count == reached.room) {
        reached.room = reached.room * 2 + 8;
        reached.numbers = realloc(reached.numbers,
            reached.room * sizeof(uint32_t));
        if (reached.numbers == NULL)
            abort();
    }
    reached.numbers[reached.count++] = number;
}

static bool is_there(uint32_t number, struct item item)
{
    uint32_t at = 0;
    const struct weakentry *entry;
    fading = true;
    while ((entry = next_entry(table_at(number), &at)) != NULL)
        if (is_that(item, entry))
            return true;
    return false;
}

static bool reach_items(uint32_t number)
{
    struct contents *contents = contents_of(number);
    bool any = false;
    for (uint32_t i = 0; i < contents->count; i++) {
        struct item *item = &contents->items[i];
        bool sure = is_marked(item->target);
        if (item->mark == world.walk || item->number == 0
                || (!sure && !is_by_payload(number))
                || ((!sure || is_doubtful(*item)) && !is_there(number, *item)))
            continue;
        item->mark = world.walk;
        reach(item->number, true);
        any = true;
    }
    return any;
}

static bool reach_entries(uint32_t number)
{
    uint32_t at = 0;
    const struct weakentry *entry;
    bool any = false;
    fading = true;
    while ((entry = next_entry(table_at(number), &at)) != NULL) {
        uint32_t payload = item_of(entry_payload(entry), 0).number;
        if (payload == 0 || is_marked(payload) || (!is_by_payload(number)
                && !is_marked(number_of_object(entry_object(entry)))))
            continue;
        reach(payload, false);
        any = true;
    }
    return any;
}

bool reach_contents(void)
{
    bool any = false;
    for (uint32_t i = 0; i < reached.count; i++)
        any = (contents_of(reached.numbers[i])->busy > 0
            ? reach_entries(reached.numbers[i])
            : reach_items(reached.numbers[i])) || any;
    return any;
}
