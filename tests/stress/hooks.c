// SPDX-License-Identifier: MIT
//
// User code: finalizers and callbacks, which look at what they must find, and
// then act on the world as a program does. What they do depends on the seed and
// on their object alone, so that a program can be shortened and stays the same.
#include "tables.h"

enum { DEEPEST = 8 };

void act_in_user_code(uint32_t self, uint32_t what)
{
    world.ran++;
    world.ran_since++;
    if (weft_gc_is_collecting(world.heap))
        world.ran_in_collections++;
    if (world.depth >= DEEPEST || world.acts_inside == 0)
        return;
    uint64_t random = world.random;
    world.random = world.seed * 0x9e3779b97f4a7c15u + self * 31 + what;
    push(self, false);
    world.depth++;
    act_inside(self);
    world.depth--;
    pop();
    world.random = random;
}

static bool is_unmarked(uint32_t number)
{
    return !is_marked(number);
}

// What is unreachable while a collection calls may be condemned; also if memory
// runs out before the collection is done.
void doubt_unreachable(void)
{
    if (world.large || !(world.failing || weft_gc_is_collecting(world.heap)))
        return;
    (void)count_reachable();
    doubt_items(is_unmarked);
}

// Nobody can reach what is being told of, unless other user code of the same
// collection has brought it back.
static void demand_unreachable(uint32_t number, const char *what)
{
    bool excused = weft_gc_is_collecting(world.heap) && world.ran_since > 0;
    if (world.large && world.walked != world.version && world.ran % 64 != 0)
        return;
    if (!excused && is_reachable(number))
        broken("%s %u is reachable, and %s", kind_names[
            shadow_at(number)->kind], number, what);
}

void say_last_words(uint32_t number)
{
    struct shadow *shadow = shadow_at(number);
    note("  finalize %u", number);
    doubt_unreachable();
    world.finals++;
    if (++shadow->finalized != 1)
        broken("%u is finalized again", number);
    if (shadow->disposed != 0)
        broken("%u is finalized after it was disposed of", number);
    demand_unreachable(number, "is finalized");
    if (!world.large)
        compare_from(number);
    act_in_user_code(number, 1);
}

void be_told(weft_ref *ref, void *context)
{
    uint32_t number = number_in(ref, TOLD);
    struct shadow *shadow = shadow_at(number);
    note("  told %u of %u", number, shadow->target);
    doubt_unreachable();
    world.calls++;
    if (++shadow->called != 1)
        broken("%u is told again", number);
    if (shadow->disposed != 0)
        broken("%u is told after it was disposed of", number);
    if (!weft_ref_is_dead(ref))
        broken("%u is told, and not dead", number);
    void *kept = shadow->fields[1] == 0 ? NULL
        : shadow_at(shadow->fields[1])->address;
    if (context != kept)
        broken("%u is told with %p instead of %p", number, context, kept);
    demand_unreachable(shadow->target, "its death is told");
    uint32_t held = shadow->fields[1];
    if (held != 0)
        push(held, false);
    act_in_user_code(number, 2);
    if (held != 0)
        pop();
}

static void run_record(struct record *record)
{
    world.calls++;
    note("  finalizer of %u", record->target);
    doubt_unreachable();
    demand_unreachable(record->target, "its finalizer is called");
    uint32_t kept = record->kept;
    record->alive = false;
    if (kept != 0)
        push(kept, true);
    act_in_user_code(kept, 3);
    if (kept != 0)
        pop();
}

void be_finalized(void *context)
{
    struct record *record = &world.records[(uintptr_t)context - 1];
    if (!record->alive)
        broken("a finalizer is called again");
    run_record(record);
}

void be_kept_for(void *context)
{
    for (uint32_t i = 0; i < RECORDS; i++) {
        struct record *record = &world.records[i];
        if (record->alive && record->kept != 0
                && shadow_at(record->kept)->address == context) {
            run_record(record);
            return;
        }
    }
    broken("a finalizer is called again, or with what it does not keep");
}

// The hooks of a keyed one: now and then they act, too.
void be_asked(uint32_t number)
{
    uint64_t asked = world.asked++;
    if (!world.meddling || (world.seed + asked * 7 + number) % 16 != 0)
        return;
    note("  asks %u", number);
    act_in_user_code(number, 4);
}

// Dispose: the last that is heard of an object.
void end_of(uint32_t number)
{
    if (number == 0)
        return;                 // it was never finished
    struct shadow *shadow = shadow_at(number);
    note("  dispose %u", number);
    world.deaths++;
    if (++shadow->disposed != 1)
        broken("%u is disposed of again", number);
    if (shadow->kind == LAST_WORDS && shadow->finalized != 1)
        broken("%u is disposed of, and was never finalized", number);
    if (world.large && world.walked != world.version
            && world.deaths % 1024 != 0)
        return;
    if (is_reachable(number))
        broken("%s %u is reachable, and is disposed of",
            kind_names[shadow->kind], number);
}
