// SPDX-License-Identifier: MIT
//
// What a program does with one weak dictionary or set. Each act asks what the
// shadow would do, makes the call, demands the same answer if nobody interfered
// (tables.h), does it to the shadow, and compares. What runs user code comes
// last.
#include "tables.h"

#include <math.h>
#include <string.h>

// ---- choosing

static uint32_t make_table(enum thing kind)
{
    uint32_t number = make(kind);
    if (number != 0)
        put_in_root(pick(ROOTS), number);
    return number != 0 && is_reachable(number) ? number : 0;
}

static bool is_kind(uint32_t number, enum thing kind)
{
    return number != 0 && is_table(shadow_at(number)->kind)
        && (kind == KINDS || shadow_at(number)->kind == kind);
}

// In a variable, or in a field of what is in one; else a new one.
uint32_t pick_table(enum thing kind)
{
    uint32_t start = pick(ROOTS), i = start;
    do {
        uint32_t number = world.roots[i];
        uint32_t fields = number == 0 ? 0
            : field_count(shadow_at(number)->kind);
        if (is_kind(number, kind))
            return number;
        for (uint32_t f = 0; f < fields; f++)
            if (is_kind(shadow_at(number)->fields[f], kind))
                return shadow_at(number)->fields[f];
        i = (i + 1) % ROOTS;
    } while (i != start);
    return make_table(kind == KINDS ? VALUEDICT + pick(3) : kind);
}

// What is watched: refs are not, since what they equal changes.
uint32_t pick_target(void)
{
    for (int tries = 0; tries < 4; tries++) {
        uint32_t number = pick_object();
        if (number != 0 && shadow_at(number)->kind != REF
                && shadow_at(number)->kind != TOLD)
            return number;
    }
    return 0;
}

static struct item real_item(double real)
{
    struct item item = { .kind = WEFT_KIND_DOUBLE };
    memcpy(&item.bits, &real, sizeof(real));
    return item;
}

static struct item pick_real(void)
{
    static const double reals[] = { 0.5, -0.0, 1.0, 3.0, 1e300, -1e300, 0x1p63,
        -0x1p63, 0x1p53, INFINITY, NAN, 2.5 };
    return real_item(reals[pick(12)]);
}

// A key of a weak-value dictionary, or a value of a weak-key dictionary.
static struct item pick_payload(void)
{
    uint32_t number = pick(2) == 0 ? pick_target() : 0;
    switch (pick(8)) {
    case 0: return (struct item){ .kind = WEFT_KIND_NIL };
    case 1: return (struct item){ .kind = WEFT_KIND_BOOL, .bits = pick(2) };
    case 2: return pick_real();
    case 3: case 4: return (struct item){ .kind = WEFT_KIND_TEXT,
        .bits = pick(TEXTS) };
    case 5: if (number == 0)
            return (struct item){ .kind = WEFT_KIND_INT,
                .bits = ((uint64_t)1 << 53) + pick(2) };
        break;
    default: break;
    }
    if (number == 0)
        return (struct item){ .kind = WEFT_KIND_INT, .bits = pick(12) };
    return (struct item){ .kind = WEFT_KIND_OBJECT, .number = number };
}

// ---- before and after

static void hold(uint32_t *place, uint32_t number)
{
    *place = number;
    if (number == 0)
        return;
    (void)weft_retain(address_of(number));
    push(number, true);
}

void begin_with(struct act *act, uint32_t number, struct item item)
{
    act->item = item;
    hold(&act->given[0], item.number);
    hold(&act->given[1], item.target);
    act->call = begin_call(number, false);
    act->found = act->call.nested ? NOT_THERE : find_item(number, item);
}

// In an ordered heap the collector knows no key of such a type.
static bool is_unknown(uint32_t number, uint32_t target)
{
    enum thing kind = shadow_at(target)->kind;
    return world.ordered && shadow_at(number)->kind == KEYDICT
        && (kind == LEAF || kind == TREE);
}

// Chooses what to do it with.
bool begin_act(struct act *act, uint32_t number)
{
    struct item item = pick_payload();
    item.target = pick_target();
    if (number == 0 || item.target == 0 || is_unknown(number, item.target))
        return false;
    begin_with(act, number, item);
    return true;
}

static void let_go(uint32_t number)
{
    if (number != 0)
        pop();
}

// The last that an act does; `kept` is an object that it was given.
void end_act(const struct act *act, void *kept)
{
    const uint32_t *given = act->given;
    void *first = address_of(given[0]), *second = address_of(given[1]);
    leave_call(&act->call);
    let_go(given[1]);
    let_go(given[0]);
    weft_release(second);
    weft_release(first);
    keep_result(kept);
}

// Into a variable, or away.
void keep_result(void *object)
{
    if (object == NULL)
        return;
    uint32_t number = number_of_object(object);
    if (pick(2) == 0)
        put_in_root(pick(ROOTS), number);
    else
        weft_release(object);
}

const struct item *found_item(const struct act *act)
{
    return act->found == NOT_THERE ? NULL
        : &contents_of(act->call.number)->items[act->found];
}

void demand(bool condition, const struct act *act, const char *what)
{
    uint32_t number = act->call.number;
    if (!condition)
        broken("%s %u: %s went wrong", kind_names[shadow_at(number)->kind],
            number, what);
}

// Without memory nothing has changed.
bool is_excused(const struct act *act, weft_status status)
{
    return status == WEFT_MEMORY_ERROR
        && (act->call.failing || world.failing);
}

// ---- acts

static weft_status call_put(uint32_t number, struct item item)
{
    void *table = address_of(number), *target = address_of(item.target);
    switch (shadow_at(number)->kind) {
    case VALUEDICT:
        return weft_weakvaluedict_put(table, value_of(item), target);
    case KEYDICT:
        return weft_weakkeydict_put(table, target, value_of(item));
    default:
        return weft_weakset_add(table, target);
    }
}

static struct item without_payload(uint32_t number, struct item item)
{
    if (shadow_at(number)->kind == WEAKSET)
        return (struct item){ .target = item.target };
    return item;
}

void put(struct act *act)
{
    uint32_t number = act->call.number;
    struct item item = without_payload(number, act->item);
    weft_status status = call_put(number, item);
    note("put %u: %u/%u -> %u: %d", number, (uint32_t)item.bits, item.number,
        item.target, (int)status);
    if (!end_call(&act->call))
        return;
    if (!is_excused(act, status))
        demand(put_item(number, item) == status, act, "put");
    compare_table(number);
}

static void act_put(void)
{
    struct act act;
    if (!begin_act(&act, pick_table(KINDS)))
        return;
    put(&act);
    end_act(&act, NULL);
}

static void *call_get(uint32_t number, struct item item, weft_value *value)
{
    void *table = address_of(number), *target = address_of(item.target);
    *value = weft_nil();
    if (shadow_at(number)->kind == KEYDICT)
        *value = weft_weakkeydict_get(table, target);
    else if (shadow_at(number)->kind == VALUEDICT)
        *value = weft_object(weft_weakvaluedict_get(table, value_of(item)));
    return weft_value_object(*value);
}

// What a lookup should have come back with.
bool is_found(const struct act *act, weft_value value)
{
    const struct item *there = found_item(act);
    enum thing kind = shadow_at(act->call.number)->kind;
    if (there == NULL || kind == WEAKSET)
        return value.kind == WEFT_KIND_NIL;
    return kind == KEYDICT ? shows(*there, value)
        : value.kind == WEFT_KIND_OBJECT
            && value.as.object == address_of(there->target);
}

static void act_get(void)
{
    struct act act;
    weft_value value;
    if (!begin_act(&act, pick_table(KINDS)))
        return;
    void *object = call_get(act.call.number, act.item, &value);
    note("get from %u", act.call.number);
    if (end_call(&act.call))
        demand(is_found(&act, value), &act, "get");
    end_act(&act, object);
}

static bool call_contains(uint32_t number, struct item item)
{
    const void *table = address_of(number), *target = address_of(item.target);
    switch (shadow_at(number)->kind) {
    case VALUEDICT:
        return weft_weakvaluedict_contains(table, value_of(item));
    case KEYDICT:
        return weft_weakkeydict_contains(table, target);
    default:
        return weft_weakset_contains(table, target);
    }
}

static void act_contains(void)
{
    struct act act;
    if (!begin_act(&act, pick_table(KINDS)))
        return;
    bool found = call_contains(act.call.number, act.item);
    note("%u is %sin %u", act.item.target, found ? "" : "not ",
        act.call.number);
    if (end_call(&act.call))
        demand(found == (found_item(&act) != NULL), &act, "contains");
    end_act(&act, NULL);
}

static bool call_remove(uint32_t number, struct item item)
{
    void *table = address_of(number), *target = address_of(item.target);
    switch (shadow_at(number)->kind) {
    case VALUEDICT:
        return weft_weakvaluedict_remove(table, value_of(item));
    case KEYDICT:
        return weft_weakkeydict_remove(table, target);
    default:
        return weft_weakset_remove(table, target);
    }
}

static void remove_found(struct act *act)
{
    if (act->found != NOT_THERE)
        remove_item(contents_of(act->call.number), act->found);
    compare_table(act->call.number);
}

void take_out(struct act *act)
{
    bool found = call_remove(act->call.number, act->item);
    note("remove from %u: %d", act->call.number, (int)found);
    if (!end_call(&act->call))
        return;
    demand(found == (found_item(act) != NULL), act, "remove");
    remove_found(act);
}

static void act_remove(void)
{
    struct act act;
    if (!begin_act(&act, pick_table(KINDS)))
        return;
    take_out(&act);
    end_act(&act, NULL);
}

static void act_pop(void)
{
    struct act act;
    if (!begin_act(&act, pick_table(pick(2) == 0 ? VALUEDICT : KEYDICT)))
        return;
    uint32_t number = act.call.number;
    void *table = address_of(number), *target = address_of(act.item.target);
    weft_value value = shadow_at(number)->kind == KEYDICT
        ? weft_weakkeydict_pop(table, target)
        : weft_object(weft_weakvaluedict_pop(table, value_of(act.item)));
    note("pop from %u", number);
    if (end_call(&act.call)) {
        demand(is_found(&act, value), &act, "pop");
        remove_found(&act);
    }
    end_act(&act, weft_value_object(value));
}

static bool call_popitem(uint32_t number, weft_value *payload, void **target)
{
    void *table = address_of(number);
    *payload = weft_nil();
    switch (shadow_at(number)->kind) {
    case VALUEDICT:
        return weft_weakvaluedict_popitem(table, payload, target);
    case KEYDICT:
        return weft_weakkeydict_popitem(table, target, payload);
    default:
        *target = weft_weakset_pop(table);
        return *target != NULL;
    }
}

static void act_popitem(void)
{
    struct act act;
    weft_value payload;
    void *target;
    if (!begin_act(&act, pick_table(KINDS)))
        return;
    uint32_t number = act.call.number;
    bool popped = call_popitem(number, &payload, &target);
    note("pop the last of %u: %d", number, (int)popped);
    if (end_call(&act.call)) {
        struct contents *contents = contents_of(number);
        demand(popped == (contents->count > 0), &act, "popitem");
        if (popped) {
            struct item last = contents->items[contents->count - 1];
            demand(target == address_of(last.target)
                && shows(last, payload), &act, "popitem");
            remove_item(contents, contents->count - 1);
        }
        compare_table(number);
    }
    keep_result(weft_value_object(payload));
    end_act(&act, target);
}

static void act_clear(void)
{
    struct act act;
    if (pick(3) > 0 || !begin_act(&act, pick_table(KINDS)))
        return;
    uint32_t number = act.call.number;
    void *table = address_of(number);
    note("clear %u", number);
    switch (shadow_at(number)->kind) {
    case VALUEDICT: weft_weakvaluedict_clear(table); break;
    case KEYDICT: weft_weakkeydict_clear(table); break;
    default: weft_weakset_clear(table); break;
    }
    if (end_call(&act.call)) {
        contents_of(number)->count = 0;
        changed();
        compare_table(number);
    }
    end_act(&act, NULL);
}

void act_table(void)
{
    switch (pick(16)) {
    case 0: case 1: case 2: case 3: act_put(); break;
    case 4: act_get(); break;
    case 5: act_contains(); break;
    case 6: act_remove(); break;
    case 7: act_pop(); break;
    case 8: act_popitem(); break;
    case 9: act_clear(); break;
    case 10: case 11: act_make(); break;
    case 12: case 13: act_two_tables(); break;
    default: act_iterate(); break;
    }
}
