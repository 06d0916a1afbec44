// SPDX-License-Identifier: MIT
//
// A random graph against a model of it.
//
// Objects hold older objects only, so there are no rings, and what counting
// keeps alive must be exactly what can be reached. The model knows of every
// object ever made whether it is alive, how often its finalizers were to be
// called, and what each handle stands for. Finalizers, callbacks and functions
// at death do what the main loop does: make, store, release, watch, bring back.
#include "shim.h"
#include "depth.h"

enum { ROOTS = 250, REFS = 120, GRAVES = 16, LIMIT = 400000 };

struct thing {
    struct thing *a;            // strong, older
    struct thing *b;            // strong, older
    weft_value value;           // an older thing, a string, or a number
    struct thing **items;       // owned, older
    uint32_t count;             // of items
    uint32_t id;                // its number in the model
    weft_list *list;            // strong: of older things
    weft_weak watched;          // any
};

struct model {
    bool alive;                 // made and not disposed of
    bool reached;               // by the last walk
    bool finalized;             // its type's finalize has run
    uint8_t due;                // functions that are to be called at its death
};

struct handle {
    weft_weak weak;             // the handle
    uint32_t id;                // what it stands for
};

static struct world {
    weft_heap *heap;                    // the one heap
    struct model *things;               // by id
    uint32_t made;                      // ids given out
    size_t alive;                       // of them, alive
    struct thing *roots[ROOTS];         // held
    struct thing *graves[GRAVES];       // brought back
    weft_ref *refs[REFS];               // held
    weft_finalizer finalizers[REFS];    // some of those made
    uint32_t finalizer_ids[REFS];       // and of which thing
    struct handle *handles;             // all ever taken
    size_t handle_count;                // of them
    uint64_t random;                    // state
    int depth;                          // of user code
    int broken_at;                      // line, 0: all was as expected
    bool failing;                       // memory runs out now and then
} world;

static uint32_t number_below(uint32_t bound)
{
    world.random = world.random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(((world.random >> 33) * bound) >> 31);
}

// User code may not be left by a failing CHECK: it notes the first line that
// was not as expected.
#define EXPECT(condition) expect((condition), __LINE__)

static void expect(bool condition, int line)
{
    if (!condition && world.broken_at == 0)
        world.broken_at = line;
}

static void act(void);

static void thing_finalize(void *self)
{
    struct thing *thing = self;
    struct model *model = &world.things[thing->id];
    EXPECT(model->alive && !model->finalized && weft_refcount(thing) == 1);
    model->finalized = true;
    weft_auto(struct thing) found = weft_weak_get(weft_weak_of(thing));
    EXPECT(found == thing);
    weft_clear(&found);
    if (number_below(3) == 0)
        weft_clear(&thing->a);
    if (number_below(6) == 0)
        weft_set(&world.graves[number_below(GRAVES)], thing);
    act();
}

static void thing_dispose(void *self)
{
    struct thing *thing = self;
    struct model *model = &world.things[thing->id];
    EXPECT(model->alive && model->due == 0);
    EXPECT(thing->a == NULL && thing->b == NULL && thing->list == NULL
        && weft_value_object(thing->value) == NULL);
    for (uint32_t i = 0; i < thing->count; i++)
        EXPECT(thing->items[i] == NULL);
    EXPECT(weft_weak_is_dead(weft_weak_of(thing)));
    model->alive = false;
    world.alive--;
    free(thing->items);
}

#define FIELDS \
    WEFT_STRONG(struct thing, a), WEFT_STRONG(struct thing, b), \
    WEFT_VALUE(struct thing, value), WEFT_ARRAY(struct thing, items, count), \
    WEFT_STRONG_OF(struct thing, list, &weft_list_type), \
    WEFT_WEAK(struct thing, watched), WEFT_UINT(struct thing, id)

static weft_type quiet_type = {
    .name = "quiet", WEFT_SIZE(struct thing), .dispose = thing_dispose,
    .fields = WEFT_FIELDS(FIELDS) };

static weft_type final_type = {
    .name = "final", WEFT_SIZE(struct thing), .dispose = thing_dispose,
    .finalize = thing_finalize, .fields = WEFT_FIELDS(FIELDS) };

// ---------------------------------------------------------------------------
// What may happen at any time

static struct thing *any_root(void)
{
    return world.roots[number_below(ROOTS)];
}

// A root that a thing of this id may hold, or NULL.
static struct thing *older_root(uint32_t id)
{
    struct thing *thing = any_root();
    return thing != NULL && thing->id < id ? thing : NULL;
}

static void give_items(struct thing *thing)
{
    thing->count = 1 + number_below(8);
    thing->items = calloc(thing->count, sizeof(struct thing *));
    for (uint32_t i = 0; i < thing->count; i++)
        weft_set(&thing->items[i], older_root(thing->id));
}

static void give_list(struct thing *thing)
{
    thing->list = weft_list_new(world.heap);
    for (uint32_t i = number_below(6); thing->list != NULL && i > 0; i--)
        (void)weft_list_append(thing->list,
            weft_object(older_root(thing->id)));
}

static void make_thing(void)
{
    if (world.made >= LIMIT)
        return;
    weft_type *type = number_below(3) == 0 ? &final_type : &quiet_type;
    size_t extra = number_below(40) == 0 ? number_below(30000)
        : number_below(10) == 0 ? number_below(200) : 0;
    struct thing *thing = weft_new_sized(world.heap, type, extra);
    if (thing == NULL) {
        EXPECT(world.failing);
        return;
    }
    thing->id = world.made++;
    world.things[thing->id] = (struct model){ .alive = true };
    world.alive++;
    weft_set(&thing->a, older_root(thing->id));
    weft_set(&thing->b, older_root(thing->id));
    weft_value_set(&thing->value, number_below(2) == 0 ? weft_int(1)
        : weft_object(older_root(thing->id)));
    thing->watched = weft_weak_of(any_root());
    if (number_below(5) == 0)
        give_items(thing);
    if (number_below(8) == 0)
        give_list(thing);
    weft_set_steal(&world.roots[number_below(ROOTS)], thing);
}

static void change_field(void)
{
    struct thing *thing = any_root();
    if (thing == NULL)
        return;
    struct thing *other = older_root(thing->id);
    switch (number_below(6)) {
    case 0:
        weft_set(&thing->a, other);
        break;
    case 1:
        weft_clear(&thing->b);
        break;
    case 2:
        weft_value_set(&thing->value, weft_object(other));
        break;
    case 3:
        (void)weft_setattr(thing, "value", weft_text("text"));
        break;
    case 4:
        if (thing->count > 0)
            weft_set(&thing->items[number_below(thing->count)], other);
        break;
    default:
        if (thing->list != NULL)
            (void)weft_list_set(thing->list, 0, weft_object(other));
        break;
    }
}

static void take_handle(void)
{
    struct thing *thing = any_root();
    if (thing != NULL && world.handle_count < LIMIT)
        world.handles[world.handle_count++] = (struct handle){
            weft_weak_of(thing), thing->id };
}

// A handle finds its thing exactly while that is alive.
static void check_handle(const struct handle *handle)
{
    weft_auto(struct thing) thing = weft_weak_get(handle->weak);
    EXPECT(thing == NULL || (world.things[handle->id].alive
        && thing->id == handle->id));
    EXPECT(thing != NULL || weft_weak_is_dead(handle->weak));
}

static void called_back(weft_ref *ref, void *context)
{
    (void)context;
    EXPECT(weft_ref_is_dead(ref));
    if (number_below(4) == 0)
        for (size_t i = 0; i < REFS; i++)
            if (world.refs[i] == ref)
                weft_clear(&world.refs[i]);
    act();
}

static void make_ref(void)
{
    struct thing *thing = any_root();
    if (thing == NULL)
        return;
    weft_ref *ref = number_below(3) == 0 ? weft_ref_new(thing, NULL, NULL)
        : number_below(4) == 0 ? weft_proxy_new(thing, called_back, NULL)
        : number_below(5) == 0 ? weft_ref_new_as(&weft_ref_type, thing,
            called_back, older_root(thing->id))
        : weft_ref_new(thing, called_back, NULL);
    EXPECT(ref != NULL || world.failing);
    weft_set_steal(&world.refs[number_below(REFS)], ref);
}

static void at_death(void *context)
{
    struct model *model = &world.things[(uintptr_t)context];
    EXPECT(model->alive && model->due > 0);
    model->due--;
    act();
}

static void make_finalizer(void)
{
    struct thing *thing = any_root();
    uint32_t i = number_below(REFS);
    uint32_t id = world.finalizer_ids[i];
    if (number_below(2) == 0
        && weft_finalizer_detach(world.finalizers[i]) == WEFT_CANCELLED)
        world.things[id].due--;
    if (thing == NULL || world.things[thing->id].due > 100)
        return;
    id = thing->id;
    weft_finalizer finalizer;
    if (weft_finalize(thing, at_death, (void *)(uintptr_t)id, &finalizer)
        != WEFT_OK) {
        EXPECT(world.failing);
        return;
    }
    world.things[id].due++;
    world.finalizers[i] = finalizer;
    world.finalizer_ids[i] = id;
}

static void step(void)
{
    switch (number_below(16)) {
    case 0: case 1: case 2: case 3: case 4:
        make_thing();
        break;
    case 5: case 6: case 7:
        weft_clear(&world.roots[number_below(ROOTS)]);
        break;
    case 8: case 9:
        change_field();
        break;
    case 10:
        take_handle();
        break;
    case 11: case 12:
        if (world.handle_count > 0)
            check_handle(&world.handles[number_below(
                (uint32_t)world.handle_count)]);
        break;
    case 13:
        make_ref();
        break;
    case 14:
        make_finalizer();
        break;
    default:
        weft_clear(&world.graves[number_below(GRAVES)]);
        weft_clear(&world.refs[number_below(REFS)]);
        break;
    }
}

// What user code does: a few steps, but not for ever.
static void act(void)
{
    if (world.depth > 4)
        return;
    world.depth++;
    for (uint32_t i = number_below(4); i > 0; i--)
        step();
    world.depth--;
}

// ---------------------------------------------------------------------------
// The check

static size_t reach(struct thing *thing);

static size_t reach_object(void *object)
{
    if (weft_is(object, &quiet_type) || weft_is(object, &final_type))
        return reach(object);
    return 0;
}

static size_t reach(struct thing *thing)
{
    if (thing == NULL || world.things[thing->id].reached)
        return 0;
    world.things[thing->id].reached = true;
    size_t count = 1 + reach(thing->a) + reach(thing->b)
        + reach_object(weft_value_object(thing->value));
    for (uint32_t i = 0; i < thing->count; i++)
        count += reach(thing->items[i]);
    if (thing->list != NULL)
        weft_each (it, thing->list)
            count += reach_object(it.object);
    return count;
}

// What is alive is exactly what can be reached.
static void check_world(void)
{
    size_t count = 0;
    for (uint32_t i = 0; i < world.made; i++)
        world.things[i].reached = false;
    for (size_t i = 0; i < ROOTS; i++)
        count += reach(world.roots[i]);
    for (size_t i = 0; i < GRAVES; i++)
        count += reach(world.graves[i]);
    for (size_t i = 0; i < REFS; i++) {
        weft_auto(struct thing) kept = world.refs[i] == NULL ? NULL
            : weft_ref_kept(world.refs[i]);
        count += reach(kept);
    }
    CHECK_EQ(world.broken_at, 0);
    CHECK_EQ(world.alive, count);
    for (size_t i = 0; i < world.handle_count; i += 97)
        CHECK_EQ(weft_weak_is_dead(world.handles[i].weak),
            !world.things[world.handles[i].id].alive);
    CHECK_TRUE(weft_heap_verify(world.heap));
}

// Lets go of all that is held; true: there was something.
static bool let_go(void)
{
    bool something = false;
    for (size_t i = 0; i < ROOTS; i++) {
        something = something || world.roots[i] != NULL;
        weft_clear(&world.roots[i]);
    }
    for (size_t i = 0; i < REFS; i++)
        weft_clear(&world.refs[i]);
    for (size_t i = 0; i < GRAVES; i++) {
        something = something || world.graves[i] != NULL;
        weft_clear(&world.graves[i]);
    }
    return something;
}

// Everything goes, though finalizers bring some of it back on the way; then the
// model agrees that nothing is left.
static void end_world(void)
{
    world.depth = 5;                // nothing new is made
    while (let_go())
        continue;
    CHECK_EQ(world.broken_at, 0);
    CHECK_EQ(world.alive, 0);
    for (size_t i = 0; i < world.handle_count; i++)
        CHECK_TRUE(weft_weak_is_dead(world.handles[i].weak));
    free(world.handles);
    free(world.things);
}

static void run_world(weft_heap *heap, uint64_t seed, size_t steps, bool failing)
{
    world = (struct world){ .heap = heap, .random = seed, .failing = failing };
    world.things = calloc(LIMIT, sizeof(*world.things));
    world.handles = calloc(LIMIT, sizeof(*world.handles));
    if (shim.often)
        steps /= 50;                // each release is a collection
    for (size_t i = 1; i <= steps; i++) {
        if (failing && i % 16 == 0)
            (void)weft_debug_fail_at(heap, 1 + number_below(20));
        step();
        if (i % 10000 == 0) {
            (void)weft_debug_fail_at(heap, 0);
            check_world();
            for (size_t root = i / 10000 % 2; root < ROOTS; root += 2)
                weft_clear(&world.roots[root]);
            check_world();
        }
        if (i % 50000 == 0)
            (void)weft_heap_trim(heap);
    }
    (void)weft_debug_fail_at(heap, 0);
    check_world();
    end_world();
}

// A hundred thousands of steps.
static void hist_h56_alive_is_what_can_be_reached(weft_heap *heap)
{
    run_world(heap, 1, MANY(200000, 60000), false);
}

static void with_another_seed(weft_heap *heap)
{
    run_world(heap, 2, MANY(200000, 60000), false);
}

// The same while memory runs out again and again.
static void while_memory_runs_out(weft_heap *heap)
{
    run_world(heap, 3, MANY(200000, 60000), true);
}

// The same in a heap with a limit.
static void within_a_limit(void)
{
    weft_heap_options options = test_options();
    options.limit = 2 << 20;
    weft_heap *heap = weft_heap_open(&options);
    run_world(heap, 4, MANY(100000, 40000), true);
    close_test_heap(heap);
}

// A heap that is closed with everything still there: every object is disposed
// of, none is finalized, and all handles are dead.
static void closed_in_the_middle(void)
{
    weft_heap *heap = open_test_heap();
    world = (struct world){ .heap = heap, .random = 5 };
    world.things = calloc(LIMIT, sizeof(*world.things));
    world.handles = calloc(LIMIT, sizeof(*world.handles));
    for (size_t i = 0; i < 30000; i++)
        step();
    check_world();
    for (size_t i = 0; i < REFS; i++)
        weft_finalizer_set_at_exit(world.finalizers[i], false);
    weft_heap_exit(heap);
    for (uint32_t i = 0; i < world.made; i++)
        world.things[i].due = 0;
    world.depth = 5;
    CHECK_TRUE(weft_heap_close(heap) >= world.alive);
    while (shim.report_count > 0)
        CHECK_REPORT(WEFT_LEAKED, "");
    for (size_t i = 0; i < world.handle_count; i++)
        CHECK_TRUE(weft_weak_is_dead(world.handles[i].weak));
    free(world.handles);
    free(world.things);
}

TESTS(RUN(hist_h56_alive_is_what_can_be_reached), RUN(with_another_seed),
    RUN(while_memory_runs_out), RUN_ALONE(within_a_limit),
    RUN_ALONE(closed_in_the_middle))
