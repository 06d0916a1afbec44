// SPDX-License-Identifier: MIT
//
// Large structures.
#include "world.h"

// Hangs an object, which the caller holds, on one of the recent ones. False:
// none had room.
static bool hang(uint32_t number)
{
    for (int tries = 0; tries < 8; tries++) {
        uint32_t holder = world.recent[pick(RECENT)];
        if (holder == 0)
            continue;
        const struct shadow *shadow = shadow_at(holder);
        uint32_t fields = field_count(shadow->kind), i = pick(fields);
        if (fields == 0 || shadow->fields[i] != 0
                || !may_hold(shadow->kind, shadow_at(number)->kind))
            continue;
        set_field(holder, i, number);
        return true;
    }
    return false;
}

// Takes over the caller's reference; 0: forgets what is there.
static void put_in_recent(uint32_t i, uint32_t number)
{
    void *old = address_of(world.recent[i]);
    world.recent[i] = number;
    changed();
    weft_release(old);
}

// Hangs a variable's structure of that many objects together: each hangs on one
// made shortly before, and here and there one leads back, so that much of it is
// one ring of rings. User code may cut some of it off meanwhile.
void build(uint32_t size)
{
    uint32_t root = pick(ROOTS), first = make(PAIR);
    if (first == 0)
        return;
    put_in_recent(0, first);
    put_in_root(root, (weft_retain(address_of(first)), first));
    for (uint32_t i = 1; i < size; i++) {
        uint32_t number = make(pick_kind());
        if (number == 0)
            break;
        push(number, true);
        bool hung = hang(number);
        uint32_t back = world.recent[pick(RECENT)];
        if (hung && back != 0 && pick(4) == 0)
            (void)hang(back);
        pop();
        if (hung)
            put_in_recent(pick(RECENT), number);
        else
            weft_release(address_of(number));
    }
    for (uint32_t i = 0; i < RECENT; i++)
        put_in_recent(i, 0);
    note("built %u in variable %u", size, root);
}
