// SPDX-License-Identifier: MIT
//
// What a program does. An act changes the shadows, then makes the calls; the
// call that may run user code comes last, and nothing is touched after it.
#include "tables.h"

#include <string.h>

// ---- choosing

// Something reachable: a variable, or what hangs on one; 0: nothing.
uint32_t pick_object(void)
{
    uint32_t n = pick(ROOTS + world.temporary_count);
    uint32_t number = n < ROOTS ? world.roots[n]
        : world.temporary[n - ROOTS].number;
    uint32_t steps = pick(world.large ? 40 : 4);
    for (; steps > 0 && number != 0; steps--) {
        const struct shadow *shadow = shadow_at(number);
        uint32_t fields = field_count(shadow->kind);
        uint32_t next = fields == 0 ? 0 : shadow->fields[pick(fields)];
        if (next == 0)
            return number;
        number = next;
    }
    return number;
}

void *address_of(uint32_t number)
{
    return number == 0 ? NULL : shadow_at(number)->address;
}

// Puts a reference that the caller has into a variable.
void put_in_root(uint32_t root, uint32_t number)
{
    void *old = world.variables[root];
    world.variables[root] = address_of(number);
    world.roots[root] = number;
    changed();
    weft_release(old);
}

// ---- making

uint32_t make(enum thing kind)
{
    if (world.count >= world.limit)
        return 0;
    void *object = thing_new(kind);
    if (object == NULL) {
        if (!world.failing)
            broken("no memory");
        return 0;
    }
    uint32_t number = new_shadow(kind, object);
    complete(number);
    return number;
}

enum thing pick_kind(void)
{
    enum thing kind = (enum thing)pick(REF);
    if (world.large && (kind == BIG || kind == STRING
            || (is_table(kind) && pick(100) > 0)))
        return PAIR;
    if (!world.tabular && kind >= KEYED && kind < REF && pick(4) > 0)
        return NODE;
    return kind;
}

static void act_new(void)
{
    uint32_t number = make(pick_kind());
    note("new %u %s", number, number == 0 ? "" :
        kind_names[shadow_at(number)->kind]);
    if (number != 0)
        put_in_root(pick(ROOTS), number);
}

// ---- fields

// Room for one more item in a list.
static void append(struct shadow *list, uint32_t number)
{
    if (list->length == FIELDS || number == 0)
        return;
    if (weft_list_append(list->address, weft_object(address_of(number)))
            != WEFT_OK)
        return;
    list->fields[list->length++] = number;
    changed();
}

static void pop_item(struct shadow *list, uint32_t i)
{
    memmove(&list->fields[i], &list->fields[i + 1],
        (FIELDS - 1 - i) * sizeof(list->fields[0]));
    list->fields[FIELDS - 1] = 0;
    list->length--;
    changed();
    weft_value item = weft_list_pop(list->address, i);
    weft_value_release(item);
}

static void set_item(struct shadow *list, uint32_t i, uint32_t number)
{
    if (i >= list->length) {
        append(list, number);
        return;
    }
    list->fields[i] = number;
    changed();
    if (weft_list_set(list->address, i, weft_object(address_of(number)))
            != WEFT_OK)
        broken("an item cannot be set");
}

// In one of the ways there are.
void set_field(uint32_t holder, uint32_t i, uint32_t number)
{
    struct shadow *shadow = shadow_at(holder);
    void **pointer = pointer_at(shadow, i);
    weft_value *value = value_at(shadow, i);
    void *object = address_of(number);
    if (shadow->kind == LIST) {
        set_item(shadow, i, number);
        return;
    }
    uint32_t how = pick(3);
    bool was_empty = shadow->fields[i] == 0;
    shadow->fields[i] = number;
    changed();
    if (value != NULL)
        weft_value_set(value, weft_object(object));
    else if (number == 0)
        weft_set_slot_steal(pointer, NULL);
    else if (how == 0)
        weft_set_slot(pointer, object);
    else if (how == 1)
        weft_set_slot_steal(pointer, weft_retain(object));
    else if (was_empty)
        *pointer = weft_retain(object);
    else
        weft_set_slot(pointer, object);
}

static void act_set(bool clear)
{
    uint32_t holder = pick_object(), number = clear ? 0 : pick_object();
    if (holder == 0 || field_count(shadow_at(holder)->kind) == 0)
        return;
    struct shadow *shadow = shadow_at(holder);
    uint32_t i = pick(field_count(shadow->kind));
    if (number != 0 && !may_hold(shadow->kind, shadow_at(number)->kind))
        return;
    note("set %u.%u = %u", holder, i, number);
    if (clear && shadow->kind == LIST && i < shadow->length)
        pop_item(shadow, i);
    else
        set_field(holder, i, number);
}

// Moves or swaps what two fields hold, by hand.
static void act_move(void)
{
    uint32_t from = pick_object(), to = pick_object();
    if (from == 0 || to == 0)
        return;
    struct shadow *a = shadow_at(from), *b = shadow_at(to);
    uint32_t i = pick(2), j = pick(2);
    void **p = pointer_at(a, i), **q = pointer_at(b, j);
    weft_value *v = value_at(a, i), *w = value_at(b, j);
    uint32_t number = a->fields[i], other = b->fields[j];
    if ((number != 0 && !may_hold(b->kind, shadow_at(number)->kind))
            || (other != 0 && !may_hold(a->kind, shadow_at(other)->kind)))
        return;
    if (field_count(a->kind) <= i || field_count(b->kind) <= j)
        return;
    if (p != NULL && q != NULL) {
        void *held = *p;
        *p = *q;
        *q = held;
    } else if (v != NULL && w != NULL) {
        weft_value held = *v;
        *v = *w;
        *w = held;
    } else {
        return;
    }
    note("swap %u.%u %u.%u", from, i, to, j);
    a->fields[i] = other;
    b->fields[j] = number;
    changed();
}

// Moves between a variable and a field, by hand.
static void act_move_root(void)
{
    uint32_t to = pick_object(), root = pick(ROOTS), number = world.roots[root];
    if (to == 0 || pick(3) == 0)
        return;
    struct shadow *shadow = shadow_at(to);
    uint32_t i = pick(2), other = shadow->fields[i];
    void **pointer = pointer_at(shadow, i);
    if (i >= field_count(shadow->kind) || pointer == NULL || (number != 0
            && !may_hold(shadow->kind, shadow_at(number)->kind)))
        return;
    note("swap variable %u and %u.%u", root, to, i);
    void *held = *pointer;
    *pointer = world.variables[root];
    world.variables[root] = held;
    shadow->fields[i] = number;
    world.roots[root] = other;
    changed();
}

// ---- variables

static void act_load(void)
{
    uint32_t number = pick_object(), root = pick(ROOTS);
    if (number == 0)
        return;
    note("variable %u = %u", root, number);
    put_in_root(root, (weft_retain(address_of(number)), number));
}

static void act_drop(void)
{
    uint32_t root = pick(ROOTS);
    note("drop variable %u, %u", root, world.roots[root]);
    put_in_root(root, 0);
}

static void act_read(void)
{
    uint32_t number = pick_object();
    if (number == 0)
        return;
    void *object = weft_retain(address_of(number));
    if (pick(2) == 0)
        (void)weft_retain(object), weft_release(object);
    note("read %u", number);
    weft_release(object);
}

static void act_take(void)
{
    uint32_t holder = pick_object(), root = pick(ROOTS);
    if (holder == 0)
        return;
    struct shadow *shadow = shadow_at(holder);
    uint32_t i = pick(2), number = shadow->fields[i];
    void **pointer = pointer_at(shadow, i);
    if (pointer == NULL || i >= field_count(shadow->kind))
        return;
    note("variable %u = take %u.%u, %u", root, holder, i, number);
    shadow->fields[i] = 0;
    changed();
    void *taken = weft_take_slot(pointer);
    (void)taken;
    put_in_root(root, number);
}

// ---- all of it

// A ring, or a chain with one way back, which is let go.
static void act_ring(void)
{
    uint32_t first = make(pick_kind()), root = pick(ROOTS), last = first;
    if (first == 0)
        return;
    put_in_root(root, first);
    for (uint32_t n = pick(6); n > 0; n--) {
        if (world.roots[root] != first || !is_reachable(last))
            return;             // user code was at it
        uint32_t next = make(pick_kind());
        if (next == 0)
            return;
        push(next, true);
        if (field_count(shadow_at(last)->kind) > 0
                && may_hold(shadow_at(last)->kind, shadow_at(next)->kind))
            set_field(last, 0, next);
        pop();
        weft_release(address_of(next));
        last = next;
    }
    if (world.roots[root] == first && is_reachable(last)
            && field_count(shadow_at(last)->kind) > 0
            && may_hold(shadow_at(last)->kind, shadow_at(first)->kind))
        set_field(last, 0, first);
    note("ring %u to %u", first, last);
}

static void act_once(void)
{
    uint32_t n = pick(100);
    if (pick(100) < (world.tabular ? 50 : 5)) {
        act_table();
        return;
    }
    if (n < 12) act_new();
    else if (n < 16) act_ring();
    else if (n < 30) act_set(false);
    else if (n < 35) act_set(true);
    else if (n < 45) act_move();
    else if (n < 50) act_move_root();
    else if (n < 56) act_load();
    else if (n < 66) act_drop();
    else if (n < 70) act_read();
    else if (n < 73) act_take();
    else if (n < 76) act_weak();
    else if (n < 78) act_upgrade();
    else if (n < 81) act_snatch();
    else if (n < 83) act_ref();
    else if (n < 85) act_told();
    else if (n < 87) act_deref();
    else if (n < 88) act_finalize();
    else if (n < 98) act_collect();
    else act_rarely();
}

// Also a slice, in programs that are all about the cycle.
void act(void)
{
    act_once();
    if (world.slicing)
        run_slice(1 + pick(10));
}

void act_inside(uint32_t self)
{
    for (uint32_t n = pick(4); n > 0 && world.acts_inside > 0; n--) {
        world.acts_inside--;
        if (self != 0 && pick(4) == 0)
            put_in_root(pick(ROOTS),
                (weft_retain(address_of(self)), self));
        else
            act();
    }
}

// At the end of a program: nothing may be left.
void let_all_go(void)
{
    weft_gc_unfreeze(world.heap);
    world.acts_inside = 0;
    end_iterations();
    for (uint32_t i = 0; i < RECORDS; i++)
        detach(&world.records[i]);
    for (uint32_t i = 0; i < ROOTS; i++)
        put_in_root(i, 0);
}
