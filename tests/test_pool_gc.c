// SPDX-License-Identifier: MIT
//
// Pools far down in a death, and in the hands of the collector; and anything at
// once, against a model.
#include "depth.h"
#include "pooled.h"

// ---------------------------------------------------------------------------
// Depth

// A chain of pooled objects, each holding the next, comes back as one or in a
// row; on a small stack.
static bool long_chains_come_back(void)
{
    size_t count = MANY(300000, 30000);
    weft_heap *heap = weft_heap_open(NULL);
    bool ok = true;
    for (int resets = 0; resets < 2; resets++) {
        weft_pool *pool = weft_pool_new(heap, &plain_type, count,
            resets ? empty : NULL, NULL);
        struct node *first = NULL;
        for (size_t i = 0; i < count; i++) {
            struct node *node = weft_pool_get(pool);
            node->left = first;
            first = node;
        }
        weft_release(first);
        ok &= weft_pool_idle_count(pool) == (resets ? count : 1);
        ok &= weft_pool_used_count(pool) == (resets ? 0 : count - 1);
        // Idle ones go with the pool, and then the rest, as usual.
        weft_release(pool);
        ok &= byte_count(heap) == 0;
    }
    return weft_heap_close(heap) == 0 && ok;
}

static void long_chains_come_back_on_a_small_stack(void)
{
    CHECK_TRUE(runs_on_small_stack(long_chains_come_back));
}

static void take_next(struct node *self)
{
    weft_clear(&self->right);
}

static struct node *deep_one;       // borrowed
static weft_weak deep_handle;

// Below sixteen nested deaths objects of a pool wait, whole, as others do, and
// come back when it is their turn.
static void deep_ones_come_back(weft_heap *heap)
{
    weft_auto(weft_pool) pool = weft_pool_new(heap, &plain_type, 4, say_reset,
        "");
    struct node *last = loud_new(heap, "z");
    weft_set_steal(&last->left, get(pool, "p"));
    deep_handle = weft_weak_of(last->left);
    weft_auto(weft_ref) ref = weft_ref_new(last->left, told_of, "told");
    struct node *first = NULL;
    for (int i = 0; i < 30; i++) {
        struct node *node = loud_new(heap, "-");
        node->right = first == NULL ? last : first;
        node->act = take_next;
        first = node;
    }
    weft_release(first);
    CHECK_TRUE(strstr(shim.trace, "told reset:p") != NULL);
    forget_trace();
    CHECK_TRUE(weft_weak_is_dead(deep_handle));
    CHECK_TRUE(weft_ref_is_dead(ref));
    CHECK_COUNTS(pool, 1, 0);
}

static void let_wait(struct node *self)
{
    weft_clear(&self->left);        // the pool's, which has to wait
    weft_auto(struct node) node = weft_weak_get(deep_handle);
    say("%s", node == deep_one ? "alive" : "gone");
}

static void let_wait_and_rescue(struct node *self)
{
    let_wait(self);
    weft_set_steal(&rescued, weft_weak_get(deep_handle));
}

// While it waits it can be had by a handle, and then lives on.
static void waiting_may_be_had(weft_heap *heap)
{
    for (int rescues = 0; rescues < 2; rescues++) {
        weft_auto(weft_pool) pool = weft_pool_new(heap, &plain_type, 4,
            say_reset, "");
        struct node *last = loud_new(heap, "z");
        weft_set_steal(&last->left, get(pool, "p"));
        last->act = rescues ? let_wait_and_rescue : let_wait;
        deep_one = last->left;
        deep_handle = weft_weak_of(deep_one);
        struct node *first = last;
        for (int i = 0; i < 15; i++) {
            struct node *node = loud_new(heap, "-");
            node->right = first;
            node->act = take_next;
            first = node;
        }
        weft_release(first);
        CHECK_TRUE(strstr(shim.trace, "~z alive z.") != NULL);
        CHECK_EQ(strstr(shim.trace, "reset:p") != NULL, !rescues);
        CHECK_COUNTS(pool, !rescues, rescues);
        forget_trace();
        weft_clear(&rescued);
        CHECK_TRACE(rescues ? "reset:p" : "");
    }
}

// ---------------------------------------------------------------------------
// The collector

// Objects in a garbage ring do not come back: they die as usual.
static void garbage_dies(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(weft_pool) pool = weft_pool_new(heap, &loud_type, 4, say_reset,
        "");
    struct node *a = get(pool, "a"), *b = get(pool, "b");
    weft_set(&a->left, b);
    weft_set(&b->left, a);
    weft_auto(weft_ref) ref = weft_ref_new(a, told_of, "told");
    weft_release(a);
    weft_release(b);
    CHECK_COUNTS(pool, 0, 2);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
    CHECK_EITHER("told ~a ~b a. b.", "told ~b ~a b. a.");
    CHECK_COUNTS(pool, 0, 0);
    CHECK_TRUE(weft_ref_is_dead(ref));
    CHECK_TRUE(weft_heap_verify(heap));
    weft_clear(&ref);
    weft_clear(&pool);
    CHECK_EQ(byte_count(heap), 0);
}

// What garbage lets go of comes back.
static void garbage_gives_back(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(weft_pool) pool = weft_pool_new(heap, &plain_type, 4, say_reset,
        "");
    weft_auto(weft_pool) atoms = weft_pool_new(heap, &atom_type, 4, NULL, NULL);
    struct node *ring = ring_new(heap, 3);
    weft_set_steal(&ring->right, get(pool, "a"));
    weft_auto(weft_list) list = weft_list_new(heap);
    weft_auto(struct atom) atom = weft_pool_get(atoms);
    CHECK_EQ(weft_list_append(list, weft_object(atom)), WEFT_OK);
    weft_clear(&atom);
    weft_set_steal(&ring->left->right, (struct node *)(void *)list);
    list = NULL;
    weft_release(ring);
    // The node is garbage with the ring; the atom dies by count.
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 5);
    CHECK_TRACE("");
    CHECK_COUNTS(pool, 0, 0);
    CHECK_COUNTS(atoms, 1, 0);
}

// The finalizer of garbage may bring back an object, which is of its pool as
// before.
static void rescued_garbage_is_still_its(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(weft_pool) pool = weft_pool_new(heap, &loud_type, 4, say_reset,
        "");
    struct node *a = get(pool, "a");
    weft_set(&a->left, a);
    a->act = rescue;
    weft_release(a);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 0);
    CHECK_TRACE("~a");
    CHECK_SAME(rescued, a);
    CHECK_COUNTS(pool, 0, 1);
    weft_clear(&a->left);
    weft_clear(&rescued);
    CHECK_TRACE("reset:a");
    CHECK_COUNTS(pool, 1, 0);
    a->act = NULL;
    weft_clear(&pool);
    CHECK_TRACE("~a a.");
}

// A pool whose objects lead back to it is garbage with all that waits in it.
static void pools_are_collected(weft_heap *heap)
{
    by_hand(heap);
    weft_pool *pool = weft_pool_new(heap, &loud_type, 4, say_reset, "");
    struct node *a = get(pool, "a"), *b = get(pool, "b");
    weft_auto(struct node) c = get(pool, "c");
    weft_set(&a->left, (struct node *)(void *)pool);
    weft_set(&c->left, b);
    weft_release(a);
    weft_release(b);
    CHECK_TRACE("reset:a");
    weft_weak weak = weft_weak_of(pool);
    weft_release(pool);
    CHECK_FALSE(weft_weak_is_dead(weak));
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
    CHECK_TRUE(weft_weak_is_dead(weak));
    CHECK_TRACE("~a a.");
    weft_clear(&c);
    CHECK_TRACE("~c ~b b. c.");
    CHECK_EQ(byte_count(heap), 0);
}

static weft_pool *saved;

static void save_pool(struct node *self)
{
    weft_set(&saved, (weft_pool *)(void *)self->left);
    weft_release(get(saved, "new"));
    if (self->right != NULL)
        weft_clear(&self->right);
}

static void use_saved_pool(weft_heap *heap, bool weak_first)
{
    by_hand(heap);
    weft_pool *pool = weft_pool_new(heap, &loud_type, 4, NULL, NULL);
    struct node *a = get(pool, "a"), *b = get(pool, "b"), *c = get(pool, "c");
    struct node *ring = loud_new(heap, "r");
    weft_set(&a->left, (struct node *)(void *)pool);
    weft_set(&ring->left, (struct node *)(void *)pool);
    ring->act = save_pool;
    weft_set_steal(&a->right, ring);
    ring->right = b;
    weft_release(a);
    CHECK_COUNTS(pool, 1, 2);
    weft_release(pool);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 0);
    CHECK_SAME(saved, pool);
    CHECK_TRUE(weft_heap_verify(heap));
    // With weak_first what was handed out before has lost sight of its pool.
    size_t idle = weft_pool_idle_count(pool);
    weft_release(c);
    CHECK_EQ(weft_pool_idle_count(pool), idle + !weak_first);
    struct node *nodes[4];
    for (size_t i = 0; i < 4; i++)
        nodes[i] = get(pool, "n");
    CHECK_COUNTS(pool, 0, 4);
    for (size_t i = 0; i < 4; i++) {
        nodes[i]->act = NULL;
        weft_clear(&nodes[i]->left);
        weft_clear(&nodes[i]->right);
        weft_release(nodes[i]);
    }
    CHECK_COUNTS(pool, 4, 0);
    CHECK_TRUE(weft_heap_verify(heap));
    weft_clear(&saved);
    forget_trace();
}

// A pool that garbage brings back to life works as before, with all that waits
// in it.
static void pool_may_be_rescued(weft_heap *heap)
{
    use_saved_pool(heap, false);
}

static void pool_may_be_rescued_weak_first(void)
{
    weft_heap_options options = test_options();
    options.weak_first = true;
    weft_heap *heap = weft_heap_open(&options);
    use_saved_pool(heap, true);
    close_test_heap(heap);
}

static void just_save(struct node *self)
{
    weft_set(&saved, (weft_pool *)(void *)self->right);
}

// What waits and cannot be garbage itself, as it holds nothing, waits on.
static void atoms_wait_on(void)
{
    weft_heap_options options = test_options();
    options.weak_first = true;
    weft_heap *heap = weft_heap_open(&options);
    weft_pool *pool = weft_pool_new(heap, &atom_type, 4, NULL, NULL);
    struct atom *atom = weft_pool_get(pool), *used = weft_pool_get(pool);
    weft_release(atom);
    struct node *ring = loud_new(heap, "r");
    weft_set(&ring->left, ring);
    weft_set_steal(&ring->right, (struct node *)(void *)pool);
    ring->act = just_save;
    weft_release(ring);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 1);
    CHECK_TRACE("~r r.");
    CHECK_SAME(saved, pool);
    CHECK_COUNTS(pool, 1, 0);
    CHECK_SAME(weft_pool_get(pool), atom);
    CHECK_COUNTS(pool, 0, 1);
    weft_release(atom);
    CHECK_COUNTS(pool, 1, 0);
    weft_release(used);
    CHECK_COUNTS(pool, 1, 0);
    weft_clear(&saved);
    close_test_heap(heap);
}

// What is handed out again is young, whatever it was: rings of it are found at
// once, frozen ones are not any more.
static void begins_young(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(weft_pool) pool = weft_pool_new(heap, &plain_type, 4, NULL, NULL);
    struct node *a = get(pool, "a");
    weft_auto(struct node) b = get(pool, "b");
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 0);
    CHECK_EQ(weft_gc_freeze(heap), WEFT_OK);
    size_t frozen = weft_gc_get_freeze_count(heap);
    weft_release(a);
    CHECK_EQ(weft_gc_get_freeze_count(heap), frozen - 1);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 0);
    CHECK_EQ(weft_gc_freeze(heap), WEFT_OK);
    CHECK_EQ(weft_gc_get_freeze_count(heap), frozen);
    CHECK_SAME(weft_pool_get(pool), a);
    CHECK_EQ(weft_gc_get_freeze_count(heap), frozen - 1);
    weft_set(&a->left, a);
    weft_release(a);
    CHECK_EQ(weft_gc_collect(heap, WEFT_YOUNG), 1);
    weft_gc_unfreeze(heap);
    CHECK_COUNTS(pool, 0, 1);
}

// With SAVEALL garbage is kept, but it is no pool's any more.
static void saved_garbage_is_no_pools(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(weft_pool) pool = weft_pool_new(heap, &plain_type, 4, say_reset,
        "");
    struct node *a = get(pool, "a");
    weft_set(&a->left, a);
    weft_release(a);
    weft_gc_set_debug(heap, WEFT_DEBUG_SAVEALL);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 1);
    weft_gc_set_debug(heap, 0);
    CHECK_COUNTS(pool, 0, 0);
    weft_clear(&a->left);
    weft_auto(weft_list) garbage = weft_gc_garbage(heap);
    weft_list_clear(garbage);
    CHECK_TRACE("");
    CHECK_COUNTS(pool, 0, 0);
}

// What looks at the heap sees what waits, held by its pool, and no marks.
static void can_be_looked_at(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(weft_pool) pool = weft_pool_new(heap, &plain_type, 4, NULL, NULL);
    weft_auto(struct node) a = get(pool, "a");
    struct node *b = get(pool, "b");
    weft_release(b);
    weft_auto(weft_list) referents = weft_gc_get_referents(pool);
    CHECK_EQ(weft_list_length(referents), 1);
    weft_auto_value first = weft_list_get(referents, 0);
    CHECK_SAME(weft_value_object(first), b);
    weft_value_clear(&first);
    weft_clear(&referents);
    CHECK_COUNTS(pool, 1, 1);
    weft_auto(weft_list) objects = weft_gc_get_objects(heap, WEFT_FULL);
    CHECK_EQ(weft_list_length(objects), 3);
    weft_clear(&objects);
    weft_auto(weft_string) text = weft_repr(heap, weft_object(pool));
    CHECK_TRUE(strstr(weft_string_text(text), "pool(idle=[plain(") != NULL);
}

// A heap that is closed with a pool, what waits in it and what is in use counts
// these, and nothing else.
static void closes_with_everything(void)
{
    weft_heap *heap = open_test_heap();
    weft_pool *pool = weft_pool_new(heap, &plain_type, 4, say_reset, "");
    struct node *a = get(pool, "a");
    weft_release(get(pool, "b"));
    CHECK_EQ(weft_refcount(a), 1);
    CHECK_TRACE("reset:b");
    CHECK_EQ(weft_heap_close(heap), 3);
    for (int i = 0; i < 2; i++)
        CHECK_REPORT(WEFT_LEAKED, "still held");
}

static size_t young_count(weft_heap *heap)
{
    weft_auto(weft_list) young = weft_gc_get_objects(heap, WEFT_YOUNG);
    return weft_list_length(young);
}

// In a heap that collects in CPython's order it is all the same.
static void works_in_order(void)
{
    weft_heap_options options = test_options();
    options.ordered = true;
    weft_heap *heap = weft_heap_open(&options);
    weft_pool *pool = weft_pool_new(heap, &loud_type, 4, clear_name, "");
    for (int i = 0; i < 3; i++) {
        struct node *a = get(pool, "a"), *b = get(pool, "b");
        (void)weft_gc_collect(heap, i == 0 ? WEFT_YOUNG : WEFT_OLD);
        CHECK_EQ(young_count(heap), 0);
        weft_set(&a->left, b);
        weft_release(a);
        CHECK_TRACE("reset:a");
        CHECK_EQ(young_count(heap), 1);
        weft_release(b);
        CHECK_TRACE("reset:b");
        CHECK_TRUE(weft_heap_verify(heap));
    }
    struct node *a = get(pool, "a"), *b = get(pool, "b");
    weft_set(&a->left, b);
    weft_set_steal(&b->left, a);
    weft_release(b);
    CHECK_EQ(weft_gc_collect(heap, WEFT_YOUNG), 2);
    CHECK_TRACE("~a ~b b. a.");
    CHECK_COUNTS(pool, 0, 0);
    weft_release(pool);
    close_test_heap(heap);
}

// ---------------------------------------------------------------------------
// Anything at once, against a model

enum { SLOTS = 12, POOLS = 3, LIVES = 20000 };

struct thing {
    struct thing *left, *right;     // strong
    int life;                       // a number for each time it is handed out
};

static weft_type thing_type = { .name = "thing", WEFT_SIZE(struct thing),
    .fields = WEFT_FIELDS(WEFT_STRONG(struct thing, left),
        WEFT_STRONG(struct thing, right), WEFT_INT(struct thing, life)) };

struct life {
    weft_weak handle;
    int owner;                      // number of a pool
    bool told;                      // of its end
};

static struct model {
    weft_heap *heap;
    weft_pool *pools[POOLS];
    int owners[POOLS];              // their numbers
    size_t limits[POOLS];
    size_t idle[POOLS];             // as it must be
    struct thing *slots[SLOTS];     // held
    struct life lives[LIVES];
    int life_count, owner_count;
    uint64_t random;
} model;

static int choose(int count)
{
    model.random = model.random * 6364136223846793005u + 1442695040888963407u;
    return (int)(model.random >> 33) % count;
}

static void end_life(void *context)
{
    struct life *life = context;
    CHECK_FALSE(life->told);
    life->told = true;
}

// From here on it is watched, as something new.
static void begin_life(struct thing *thing, int pool)
{
    struct life *life = &model.lives[model.life_count];
    CHECK_TRUE(model.life_count < LIVES);
    thing->life = model.life_count++;
    life->owner = model.owners[pool];
    life->handle = weft_weak_of(thing);
    CHECK_FALSE(weft_weak_is_dead(life->handle));
    CHECK_EQ(weft_finalize(thing, end_life, life, NULL), WEFT_OK);
}

static void reset_thing(void *object, void *context)
{
    struct thing *thing = object;
    int pool = (int)(intptr_t)context, slot = choose(SLOTS);
    CHECK_TRUE(model.lives[thing->life].told);
    CHECK_EQ(weft_refcount(thing), 1);
    if (choose(3) > 0) {
        weft_clear(&thing->left);
        weft_clear(&thing->right);
    }
    if (choose(6) == 0 && model.slots[slot] == NULL) {
        model.slots[slot] = weft_retain(thing);
        begin_life(thing, pool);
    } else {
        model.idle[pool]++;
    }
}

static void open_pool(int pool)
{
    model.limits[pool] = (size_t)choose(6);
    model.owners[pool] = model.owner_count++;
    model.idle[pool] = 0;
    weft_set_steal(&model.pools[pool], weft_pool_new(model.heap, &thing_type,
        model.limits[pool], reset_thing, (void *)(intptr_t)pool));
}

static void get_thing(int pool, int slot)
{
    bool waits = weft_pool_idle_count(model.pools[pool]) > 0;
    struct thing *thing = weft_pool_get(model.pools[pool]);
    model.idle[pool] -= waits;
    if (waits)
        CHECK_TRUE(model.lives[thing->life].told);
    begin_life(thing, pool);
    weft_set_steal(&model.slots[slot], thing);
}

// Takes out what waits, a few times, and lets it come back empty.
static void stir_pool(int pool)
{
    for (int i = 0; i < 10 && model.idle[pool] > 0; i++) {
        struct thing *thing = weft_pool_get(model.pools[pool]);
        model.idle[pool]--;
        begin_life(thing, pool);
        weft_clear(&thing->left);
        weft_clear(&thing->right);
        weft_release(thing);
    }
}

static void do_something(void)
{
    int pool = choose(POOLS), slot = choose(SLOTS);
    struct thing *thing = model.slots[choose(SLOTS)];
    switch (choose(16)) {
    case 0: case 1: case 2: case 3: case 4:
        get_thing(pool, slot);
        break;
    case 5: case 6: case 7:
        weft_clear(&model.slots[slot]);
        break;
    case 8: case 9: case 10:
        if (thing != NULL)
            weft_set(choose(2) == 0 ? &thing->left : &thing->right,
                model.slots[slot]);
        break;
    case 11:
        if (thing != NULL)
            weft_clear(&thing->left);
        break;
    case 12:
        weft_set(&model.slots[slot], thing);
        break;
    case 13:
        if (choose(4) == 0)
            (void)weft_gc_collect(model.heap, (weft_generation)choose(3));
        break;
    case 14:
        if (choose(8) == 0)
            stir_pool(pool);
        break;
    default:
        weft_poll(model.heap);
    }
}

static void check_model(void)
{
    size_t used[POOLS] = { 0 };
    for (int i = 0; i < SLOTS; i++)
        if (model.slots[i] != NULL)
            CHECK_TRUE(weft_weak_is_same(weft_weak_of(model.slots[i]),
                model.lives[model.slots[i]->life].handle));
    for (int i = 0; i < model.life_count; i++) {
        const struct life *life = &model.lives[i];
        bool dead = weft_weak_is_dead(life->handle);
        CHECK_EQ(dead, life->told);
        for (int j = 0; j < POOLS; j++)
            used[j] += !dead && life->owner == model.owners[j];
    }
    for (int j = 0; j < POOLS; j++) {
        CHECK_EQ(weft_pool_used_count(model.pools[j]), used[j]);
        CHECK_EQ(weft_pool_idle_count(model.pools[j]), model.idle[j]);
        CHECK_TRUE(model.idle[j] <= model.limits[j]);
    }
}

// Whatever becomes of objects and pools: each life is told of its end, once,
// and pools know who is in use.
static void agrees_with_the_model(weft_heap *heap)
{
    for (uint64_t seed = 0; seed < 8; seed++) {
        model = (struct model){ .heap = heap, .random = seed };
        for (int i = 0; i < POOLS; i++)
            open_pool(i);
        for (int turn = 0; turn < 2000; turn++) {
            do_something();
            if (turn % 50 == 0)
                check_model();
            if (turn % 400 == 399)
                open_pool(0);
        }
        CHECK_TRUE(weft_heap_verify(heap));
        for (int i = 0; i < SLOTS; i++)
            weft_clear(&model.slots[i]);
        (void)weft_gc_collect(heap, WEFT_FULL);
        check_model();
        for (int i = 0; i < POOLS; i++)
            weft_clear(&model.pools[i]);
        for (int i = 0; i < SLOTS; i++)
            weft_clear(&model.slots[i]);
        (void)weft_gc_collect(heap, WEFT_FULL);
        for (int i = 0; i < model.life_count; i++)
            CHECK_TRUE(model.lives[i].told);
        CHECK_EQ(byte_count(heap), 0);
    }
}

TESTS(
    RUN_ALONE(long_chains_come_back_on_a_small_stack),
    RUN(deep_ones_come_back),
    RUN(waiting_may_be_had),
    RUN(garbage_dies),
    RUN(garbage_gives_back),
    RUN(rescued_garbage_is_still_its),
    RUN(pools_are_collected),
    RUN(pool_may_be_rescued),
    RUN_ALONE(pool_may_be_rescued_weak_first),
    RUN_ALONE(atoms_wait_on),
    RUN(begins_young),
    RUN(saved_garbage_is_no_pools),
    RUN(can_be_looked_at),
    RUN_ALONE(closes_with_everything),
    RUN_ALONE(works_in_order),
    RUN(agrees_with_the_model))
