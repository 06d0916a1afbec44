// SPDX-License-Identifier: MIT
//
// Going through tables. An iteration must show what was there when it began, as
// it was then, in that order, less what has died; whatever happened to the
// table since. Several are open at a time, and end in any order, or early.
#include "tables.h"

#include <string.h>

static void forget(struct iteration *iteration)
{
    free(iteration->items);
    iteration->items = NULL;
    iteration->count = iteration->at = iteration->container = 0;
    iteration->shown[0] = iteration->shown[1] = 0;
    iteration->busy = false;
    changed();
}

static void end(struct iteration *iteration)
{
    if (iteration->container == 0 || iteration->busy)
        return;
    note("end an iteration of %u", iteration->container);
    weft_iterator it = iteration->it;
    forget(iteration);
    weft_iterate_end(&it);
}

void end_iterations(void)
{
    for (uint32_t i = 0; i < ITERATIONS; i++)
        end(&world.iterations[i]);
}

static void begin(struct iteration *iteration, uint32_t number)
{
    const struct contents *contents = number == 0 ? NULL
        : contents_of(number);
    if (number == 0 || contents->busy > 0 || iteration->container != 0)
        return;                 // user code may have begun one here
    compare_table(number);
    note("iterate over %u", number);
    size_t size = contents->count * sizeof(struct item);
    iteration->items = malloc(size + 1);
    if (iteration->items == NULL)
        abort();
    if (size > 0)
        memcpy(iteration->items, contents->items, size);
    iteration->count = contents->count;
    iteration->at = 0;
    iteration->container = number;
    iteration->it = weft_iterate(address_of(number));
    changed();
}

// Is the item what the iterator shows?
static bool is_shown(const struct iteration *iteration, struct item item)
{
    const weft_iterator *it = &iteration->it;
    const void *target = address_of(item.target);
    switch (shadow_at(iteration->container)->kind) {
    case VALUEDICT:
        return it->object == target && shows(item, it->key)
            && it->value.as.object == target;
    case KEYDICT:
        return it->key.as.object == target && shows(item, it->value)
            && it->object == weft_value_object(it->value);
    default:
        return it->object == target && it->key.kind == WEFT_KIND_NIL;
    }
}

// Steps over what is rightly not shown.
static void demand_shown(struct iteration *iteration, bool any)
{
    uint32_t number = iteration->container;
    while (iteration->at < iteration->count) {
        struct item item = iteration->items[iteration->at++];
        if (any && !is_gone(item.target) && is_shown(iteration, item))
            return;
        if (!may_be_missing(item))
            broken("an iteration of %s %u does not show %u",
                kind_names[shadow_at(number)->kind], number, item.target);
    }
    if (any)
        broken("an iteration of %s %u shows what it should not",
            kind_names[shadow_at(number)->kind], number);
}

static void step(struct iteration *iteration)
{
    if (iteration->container == 0 || iteration->busy)
        return;
    iteration->busy = true;
    iteration->shown[0] = iteration->shown[1] = 0;
    changed();
    bool any = weft_next(&iteration->it);
    note("step in %u: %d", iteration->container, (int)any);
    demand_shown(iteration, any);
    iteration->busy = false;
    if (any) {
        iteration->shown[0] = number_of_object(
            weft_value_object(iteration->it.key));
        iteration->shown[1] = number_of_object(
            weft_value_object(iteration->it.value));
        changed();
    } else {
        forget(iteration);
    }
}

void act_iterate(void)
{
    struct iteration *iteration = &world.iterations[pick(ITERATIONS)];
    if (iteration->container == 0)
        begin(iteration, pick_table(KINDS));
    else if (pick(8) == 0)
        end(iteration);
    else
        for (uint32_t n = pick(4); n < 4; n++)
            step(iteration);
}

// ---- in a walk

void reach_iterations(void)
{
    for (uint32_t i = 0; i < ITERATIONS; i++) {
        const struct iteration *iteration = &world.iterations[i];
        if (iteration->container == 0 || iteration->busy)
            continue;
        reach(iteration->container, true);
        reach(iteration->shown[0], true);
        reach(iteration->shown[1], true);
    }
}

// What will be shown, if what it belongs to lives until then.
bool reach_snapshots(void)
{
    bool any = false;
    for (uint32_t i = 0; i < ITERATIONS; i++) {
        const struct iteration *iteration = &world.iterations[i];
        for (uint32_t j = iteration->at; j < iteration->count; j++) {
            struct item item = iteration->items[j];
            if (iteration->busy || item.doubtful || item.number == 0
                    || is_marked(item.number) || is_gone(item.target)
                    || !is_marked(item.target))
                continue;
            reach(item.number, false);
            any = true;
        }
    }
    return any;
}
