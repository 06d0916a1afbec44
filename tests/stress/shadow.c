// SPDX-License-Identifier: MIT
//
// Shadows, and what is reachable. A walk marks all that the variables, local
// and global, and the records of finalizers lead to; it is made anew when a
// shadow has changed since.
#include "tables.h"

void changed(void)
{
    world.version++;
}

struct shadow *shadow_at(uint32_t number)
{
    if (number == 0 || number > world.count)
        broken("no such object: %u", number);
    return &world.shadows[number];
}

uint32_t new_shadow(enum thing kind, void *object)
{
    if (world.count + 2 > world.room) {
        world.room = world.room * 2 + 64;
        world.shadows = realloc(world.shadows,
            world.room * sizeof(*world.shadows));
        world.stack = realloc(world.stack, world.room * sizeof(*world.stack));
        if (world.shadows == NULL || world.stack == NULL)
            abort();
    }
    world.shadows[++world.count] = (struct shadow){ .address = object,
        .kind = kind };
    set_number(object, kind, world.count);
    if (is_table(kind) || (kind != STRING && pick(4) < world.handled))
        shadow_at(world.count)->weak = weft_weak_of(object);
    world.made++;
    changed();
    return world.count;
}

void push(uint32_t number, bool owned)
{
    if (world.temporary_count == TEMPORARY)
        broken("too many temporary variables");
    world.temporary[world.temporary_count++] =
        (struct temporary){ number, owned };
    changed();
}

void pop(void)
{
    world.temporary_count--;
    changed();
}

// What a ref keeps it may let go by itself, once its object has died; so may a
// table. Then a walk is not good for long.
bool fading;

static void look_at_kept(struct shadow *shadow)
{
    const struct ref *ref = shadow->address;
    bool keeps = (ref->target & REF_KEEPS) != 0;
    const void *kept = keeps ? ref->context : NULL;
    if (shadow->fields[1] == 0)
        return;
    if (kept == NULL && ref_target(ref) != NULL)
        broken("ref %u kept %u, and does no more", (uint32_t)(shadow
            - world.shadows), shadow->fields[1]);
    if (kept == NULL)
        shadow->fields[1] = 0;
    if (ref_target(ref) == NULL)
        fading = true;
}

static uint32_t found;          // how many are on the stack

bool is_marked(uint32_t number)
{
    return shadow_at(number)->mark == world.walk;
}

void reach(uint32_t number, bool owned)
{
    if (number == 0)
        return;
    struct shadow *shadow = shadow_at(number);
    if (shadow->mark != world.walk) {
        shadow->mark = world.walk;
        shadow->tally = 0;
        world.stack[found++] = number;
    }
    shadow->tally += owned;
}

static size_t flood_shadows(void)
{
    size_t count = 0;
    while (found > 0) {
        struct shadow *shadow = &world.shadows[world.stack[--found]];
        count++;
        if (shadow->kind == TOLD)
            look_at_kept(shadow);
        if (shadow->contents != NULL)
            reach_table((uint32_t)(shadow - world.shadows));
        for (uint32_t i = 0; i < FIELDS; i++)
            reach(shadow->fields[i], true);
    }
    return count;
}

static size_t flood_all(void)
{
    size_t count = 0;
    bool more = true;
    begin_tables();
    while (more) {
        count += flood_shadows();
        more = reach_contents();
        more = reach_snapshots() || more;
    }
    return count;
}

bool is_gone(uint32_t number)
{
    const struct shadow *shadow = shadow_at(number);
    return shadow->disposed > 0 || (shadow->weak.bits != 0
        && weft_weak_is_dead(shadow->weak));
}

static bool was_killed(uint32_t number)
{
    return is_marked(number) && is_gone(number);
}

// Where all weak references die first, who comes back to life needs new ones.
static void renew_handles(void)
{
    doubt_items(was_killed);
    for (uint32_t i = 1; i <= world.count; i++)
        if (was_killed(i) && world.shadows[i].disposed == 0)
            world.shadows[i].weak = weft_weak_of(world.shadows[i].address);
}

static size_t reached;          // in the last walk

static void walk(void)
{
    if (world.walked == world.version)
        return;
    world.walk++;
    found = 0;
    fading = false;
    for (uint32_t i = 0; i < ROOTS; i++)
        reach(world.roots[i], true);
    for (uint32_t i = 0; i < RECENT; i++)
        reach(world.recent[i], true);
    for (uint32_t i = 0; i < world.temporary_count; i++)
        reach(world.temporary[i].number, world.temporary[i].owned);
    for (uint32_t i = 0; i < RECORDS; i++)
        if (world.records[i].alive)
            reach(world.records[i].kept, true);
    reach_iterations();
    reached = flood_all();
    world.walked = fading ? 0 : world.version;
    if (world.weak_first)
        renew_handles();
}

bool is_reachable(uint32_t number)
{
    if (number == 0)
        return false;
    walk();
    return shadow_at(number)->mark == world.walk;
}

size_t count_reachable(void)
{
    walk();
    return reached;
}

// Is it known how often everything is held? What an open iteration may have to
// show is held by the table, and so is what the entry of a dead key left there
// when both, table and key, had been garbage.
bool is_exact(void)
{
    walk();
    for (uint32_t i = 0; i < ITERATIONS; i++)
        if (world.iterations[i].container != 0)
            return false;
    for (uint32_t i = 1; i <= world.count; i++)
        if (is_marked(i) && world.shadows[i].contents != NULL
                && (world.shadows[i].contents->busy > 0
                    || table_at(i)->stale > 0))
            return false;
    return true;
}

// ---- comparing

static void compare_one(uint32_t number, bool exactly)
{
    struct shadow *shadow = shadow_at(number);
    const void *object = shadow->address;
    if (shadow->disposed > 0)
        broken("%s %u is reachable and was disposed of",
            kind_names[shadow->kind], number);
    bool by_address = shadow->kind == LIST || shadow->kind == REF
        || shadow->kind == STRING || is_table(shadow->kind);
    if (!(world.large && by_address)
            && number_in(object, shadow->kind) != number)
        broken("%s %u is reachable, and another object is there",
            kind_names[shadow->kind], number);
    for (uint32_t i = 0; i < field_count(shadow->kind); i++) {
        const void *content = content_of(shadow, i);
        const void *expected = shadow->fields[i] == 0 ? NULL
            : shadow_at(shadow->fields[i])->address;
        if (content != expected)
            broken("%s %u: field %u is %p and must be %u, %p",
                kind_names[shadow->kind], number, i, content,
                shadow->fields[i], expected);
    }
    uint64_t word = load(word_of(object));
    if (!is_alive(word) || (word & CAPTURED) != 0)
        broken("%s %u is reachable, and its word is %llx",
            kind_names[shadow->kind], number, (unsigned long long)word);
    uint64_t count = weft_refcount(object);
    if (count < shadow->tally || (exactly && count != shadow->tally))
        broken("%s %u is held %llu times, and must be %u",
            kind_names[shadow->kind], number, (unsigned long long)count,
            shadow->tally);
}

void compare(bool exactly)
{
    walk();
    for (uint32_t i = 1; i <= world.count; i++)
        if (world.shadows[i].mark == world.walk)
            compare_one(i, exactly);
    for (uint32_t i = 1; i <= world.count; i++)
        if (world.shadows[i].contents != NULL && is_reachable(i))
            compare_table(i);
    walk();
}

// All that an object reaches must be whole, as for a finalizer.
void compare_from(uint32_t number)
{
    world.walk++;
    world.walked = 0;
    found = 0;
    reach(number, false);
    (void)flood_all();
    for (uint32_t i = 1; i <= world.count; i++)
        if (world.shadows[i].mark == world.walk) {
            world.shadows[i].tally = 0;
            compare_one(i, false);
        }
}
