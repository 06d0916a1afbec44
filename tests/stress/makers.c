// SPDX-License-Identifier: MIT
//
// More that a program does with one table: what makes or gives what is not
// there, lists of refs, many items at once, and none.
#include "tables.h"

// ---- setdefault, intern

static weft_value call_setdefault(uint32_t number, struct item item)
{
    void *table = address_of(number), *target = address_of(item.target);
    switch (shadow_at(number)->kind) {
    case VALUEDICT: return weft_object(weft_weakvaluedict_setdefault(table,
        value_of(item), target));
    case KEYDICT: return weft_weakkeydict_setdefault(table, target,
        value_of(item));
    default: return weft_object(weft_weakset_intern(table, target));
    }
}

// What _setdefault and _intern give back, of an item in the shadow.
static bool is_given(uint32_t number, struct item item, weft_value value)
{
    return shadow_at(number)->kind == KEYDICT ? shows(item, value)
        : value.kind == WEFT_KIND_OBJECT
            && value.as.object == address_of(item.target);
}

static void check_setdefault(const struct act *act, struct item item,
    weft_value value)
{
    uint32_t number = act->call.number;
    bool given = value.kind != WEFT_KIND_NIL;
    if (act->found != NOT_THERE)
        demand(is_given(number, *found_item(act), value), act, "setdefault");
    else if (!given && is_excused(act, WEFT_MEMORY_ERROR))
        learn(number);          // nil was put, or nothing
    else
        demand(put_item(number, item) == WEFT_OK
            ? is_given(number, item, value) : !given, act, "setdefault");
}

static void act_setdefault(void)
{
    struct act act;
    if (!begin_act(&act, pick_table(KINDS)))
        return;
    uint32_t number = act.call.number;
    bool is_set = shadow_at(number)->kind == WEAKSET;
    struct item item = is_set ? (struct item){ .target = act.item.target }
        : act.item;
    weft_value value = call_setdefault(number, item);
    note("setdefault in %u", number);
    if (end_call(&act.call)) {
        check_setdefault(&act, item, value);
        compare_table(number);
    }
    end_act(&act, weft_value_object(value));
}

// ---- get_or_create

// Makes something, or nothing; and does what user code does.
static void *make_one(weft_value key, void *context)
{
    (void)key;
    world.ran++;
    if (++*(uint32_t *)context > 1)
        broken("make is called again");
    act_in_user_code(0, 5);
    if (pick(4) == 0)
        return weft_retain(address_of(pick_target()));
    uint32_t number = pick(8) == 0 ? 0 : make(pick_kind());
    return address_of(number);
}

static void check_created(const struct act *act, void *object, uint32_t calls)
{
    uint32_t number = act->call.number;
    bool is_map = shadow_at(number)->kind == KEYDICT;
    const struct item *there = found_item(act);
    struct item item = act->item;
    if (there != NULL) {
        demand(calls == 0 && object == address_of(is_map ? there->number
            : there->target), act, "get_or_create");
    } else if (object != NULL) {
        if (is_map)
            item = item_of(weft_object(object), item.target);
        else
            item.target = number_of_object(object);
        demand(put_item(number, item) == WEFT_OK, act, "get_or_create");
    }
}

static void act_get_or_create(void)
{
    struct act act;
    uint32_t calls = 0;
    if (!begin_act(&act, pick_table(pick(2) == 0 ? VALUEDICT : KEYDICT)))
        return;
    uint32_t number = act.call.number;
    bool is_map = shadow_at(number)->kind == KEYDICT;
    void *object = is_map
        ? weft_weakkeydict_get_or_create(address_of(number),
            address_of(act.item.target), make_one, &calls)
        : weft_weakvaluedict_get_or_create(address_of(number),
            value_of(act.item), make_one, &calls);
    note("get_or_create in %u: %u", number, number_of_object(object));
    if (end_call(&act.call)) {
        check_created(&act, object, calls);
        compare_table(number);
    }
    end_act(&act, object);
}

// ---- refs to all

// Letting go of a ref may collect: then the rest is not looked at.
static bool check_refs(uint32_t number, const weft_list *list)
{
    const struct contents *contents = contents_of(number);
    uint64_t version = world.version, deaths = world.deaths;
    bool right = weft_list_length(list) == contents->count;
    for (uint32_t i = 0; right && i < contents->count; i++) {
        struct item item = contents->items[i];
        weft_value ref = weft_list_get(list, i);
        void *object = weft_ref_get(ref.as.object);
        right = object == address_of(item.target)
            || (object == NULL && is_gone(item.target));
        weft_release(object);
        weft_value_release(ref);
        if (world.version != version || world.deaths != deaths)
            break;
    }
    return right;
}

static void act_refs(void)
{
    struct act act;
    if (!begin_act(&act, pick_table(pick(2) == 0 ? VALUEDICT : KEYDICT)))
        return;
    uint32_t number = act.call.number;
    weft_list *list = shadow_at(number)->kind == KEYDICT
        ? weft_weakkeydict_keyrefs(address_of(number))
        : weft_weakvaluedict_valuerefs(address_of(number));
    note("refs of %u", number);
    if (end_call(&act.call)) {
        compare_table(number);
        demand(list != NULL ? check_refs(number, list)
            : is_excused(&act, WEFT_MEMORY_ERROR), &act, "refs");
    }
    weft_release(list);
    end_act(&act, NULL);
}

// ---- many, and none

static bool put_one(uint32_t number, struct item item)
{
    struct act act;
    if (!is_reachable(number) || !is_reachable(item.target))
        return false;
    begin_with(&act, number, item);
    put(&act);
    end_act(&act, NULL);
    return is_reachable(item.target);
}

// A chain of keyed ones in a variable, each of which is put.
static void put_many(uint32_t number, uint32_t count)
{
    uint32_t root = pick(ROOTS), last = 0;
    for (uint32_t n = 0; n < count; n++) {
        struct item item = { .kind = WEFT_KIND_INT, .bits = n };
        uint32_t fresh = make(KEYED);
        if (fresh == 0)
            return;
        if (last != 0)
            set_field(fresh, 0, last);
        put_in_root(root, fresh);
        item.target = last = fresh;
        if (!put_one(number, item))
            return;
    }
}

// One object under many keys.
static void put_often(uint32_t number, uint32_t count)
{
    uint32_t target = pick_target();
    for (uint32_t n = 0; n < count && target != 0; n++)
        if (!put_one(number, (struct item){ .kind = WEFT_KIND_INT, .bits = n,
                .target = target }))
            return;
}

static void act_fill(void)
{
    uint32_t number = pick_table(KINDS);
    if (number == 0 || world.depth > 0 || pick(3) > 0)
        return;
    note("fill %u", number);
    if (shadow_at(number)->kind == VALUEDICT && pick(2) == 0)
        put_often(number, pick(90));
    else
        put_many(number, pick(90));
}

// Takes out what can be named, from anywhere.
static void act_drain(void)
{
    uint32_t number = pick_table(KINDS);
    if (number == 0 || world.depth > 0 || pick(4) > 0)
        return;
    note("drain %u", number);
    for (int n = 0; n < 100 && is_reachable(number); n++) {
        const struct contents *contents = contents_of(number);
        compare_table(number);
        if (contents->count == 0)
            return;
        struct act act;
        struct item item = contents->items[pick(contents->count)];
        if (!is_reachable(item.target) || (item.number != 0
                && !is_reachable(item.number)))
            continue;
        begin_with(&act, number, item);
        take_out(&act);
        end_act(&act, NULL);
    }
}

void act_make(void)
{
    switch (pick(6)) {
    case 0: case 1: act_setdefault(); break;
    case 2: act_get_or_create(); break;
    case 3: act_refs(); break;
    case 4: act_fill(); break;
    default: act_drain(); break;
    }
}
