// SPDX-License-Identifier: MIT
//
// Weak containers of objects whose `hash` and `equal` do as they please: change
// the container that is asking, or let go of it; and how little they are asked.
#include "keyed.h"

// Everything the hooks may lay their hands on.
static struct scene {
    weft_heap *heap;
    weft_weakvaluedict *values;     // held here alone; so are the next two
    weft_weakkeydict *keys;
    weft_weakset *set;
    struct keyed *one, *equal, *two;    // one and two are in all three
    struct node *node;              // a value
} s;

static void set_scene(weft_heap *heap)
{
    forget_hooks();
    s = (struct scene){ .heap = heap,
        .values = weft_weakvaluedict_new(heap, WEFT_BY_EQUALITY),
        .keys = weft_weakkeydict_new(heap, WEFT_BY_EQUALITY),
        .set = weft_weakset_new(heap, WEFT_BY_EQUALITY),
        .one = keyed_new(heap, 1), .equal = keyed_new(heap, 1),
        .two = keyed_new(heap, 2), .node = plain_new(heap) };
    struct keyed *both[] = { s.one, s.two };
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(weft_weakvaluedict_put(s.values, weft_object(both[i]),
            s.node), WEFT_OK);
        CHECK_EQ(weft_weakkeydict_put(s.keys, both[i], weft_object(s.node)),
            WEFT_OK);
        CHECK_EQ(weft_weakset_add(s.set, both[i]), WEFT_OK);
    }
    forget_hooks();
}

static void strike_scene(void)
{
    hooks.act = NULL;
    weft_clear(&s.values);
    weft_clear(&s.keys);
    weft_clear(&s.set);
    weft_clear(&s.one);
    weft_clear(&s.equal);
    weft_clear(&s.two);
    weft_clear(&s.node);
}

// ---------------------------------------------------------------------------
// How often they are asked

// A hash once a call; equality only of objects with the same whole hash that
// are not the very same.
static void are_asked_as_little_as_can_be(weft_heap *heap)
{
    set_scene(heap);
    CHECK_TRUE(weft_weakset_contains(s.set, s.one));
    CHECK_TRUE(weft_weakkeydict_contains(s.keys, s.one));
    CHECK_EQ(hooks.hashes, 2);
    CHECK_EQ(hooks.equals, 0);
    CHECK_TRUE(weft_weakset_contains(s.set, s.equal));
    CHECK_EQ(hooks.hashes, 3);
    CHECK_EQ(hooks.equals, 1);
    weft_auto(struct keyed) other = keyed_new(heap, 3);
    CHECK_FALSE(weft_weakset_contains(s.set, other));
    CHECK_FALSE(weft_weakvaluedict_contains(s.values, weft_object(other)));
    CHECK_FALSE(weft_weakvaluedict_contains(s.values, weft_int(1)));
    CHECK_EQ(hooks.equals, 1);
    strike_scene();
}

// Pitfall H63: growing, dying, going through, taking the last one out, and
// clearing ask nobody for a hash again.
static void hist_h63_hashes_are_remembered(weft_heap *heap)
{
    enum { COUNT = 400 };
    struct keyed *keyed[COUNT];
    set_scene(heap);
    for (int i = 0; i < COUNT; i++) {
        keyed[i] = keyed_new(heap, i + 10);
        CHECK_EQ(weft_weakset_add(s.set, keyed[i]), WEFT_OK);
        CHECK_EQ(weft_weakkeydict_put(s.keys, keyed[i], weft_int(i)), WEFT_OK);
    }
    CHECK_EQ(hooks.hashes, 2 * COUNT);
    CHECK_EQ(hooks.equals, 0);
    for (int i = 0; i < COUNT; i++)
        weft_release(keyed[i]);
    weft_each (it, s.keys)
        say("%d", ((struct keyed *)it.key.as.object)->key);
    CHECK_TRACE("1 2");
    weft_auto(struct keyed) last = weft_weakset_pop(s.set);
    CHECK_SAME(last, s.two);
    weft_weakkeydict_clear(s.keys);
    CHECK_EQ(hooks.hashes, 2 * COUNT);
    CHECK_EQ(hooks.equals, 0);
    strike_scene();
}

// ---------------------------------------------------------------------------
// What they may do

static void clear_all(void)
{
    weft_weakvaluedict_clear(s.values);
    weft_weakkeydict_clear(s.keys);
    weft_weakset_clear(s.set);
}

static void grow_all(void)
{
    for (int i = 0; i < 100; i++) {
        CHECK_EQ(weft_weakvaluedict_put(s.values, weft_int(i), s.node),
            WEFT_OK);
        weft_auto(struct node) key = plain_new(s.heap);
        CHECK_EQ(weft_weakkeydict_put(s.keys, key, weft_int(i)), WEFT_OK);
        CHECK_EQ(weft_weakset_add(s.set, key), WEFT_OK);
    }
}

// The first dictionary keeps it, as a key.
static void drop_one(void)
{
    weft_weakvaluedict_clear(s.values);
    weft_clear(&s.one);
}

static void replace_all(void)
{
    CHECK_EQ(weft_weakvaluedict_put(s.values, weft_object(s.equal), s.equal),
        WEFT_OK);
    CHECK_EQ(weft_weakkeydict_put(s.keys, s.equal, weft_int(1)), WEFT_OK);
    CHECK_EQ(weft_weakset_add(s.set, s.equal), WEFT_OK);
}

static void collect_all(void)
{
    (void)weft_gc_collect(s.heap, WEFT_FULL);
}

static void drop_node(void)
{
    weft_clear(&s.node);
}

static void (*const acts[])(void) = { clear_all, grow_all, drop_one,
    replace_all, collect_all };

enum { ACTS = sizeof(acts) / sizeof(acts[0]) };

// In the n-th hook from here on.
static int left;
static void (*delayed)(void);

static void delay(void)
{
    if (--left > 0)
        hooks.act = delay;
    else
        delayed();
}

static void act_at(int n, void (*act)(void))
{
    left = n;
    delayed = act;
    hooks.act = delay;
}

// Whatever a hook does to the containers, lookups find what is there then.
static void lookups_see_what_hooks_did(weft_heap *heap)
{
    for (int a = 0; a < ACTS; a++)
        for (int n = 1; n <= 2; n++) {
            bool there = acts[a] != clear_all && acts[a] != drop_one;
            set_scene(heap);
            act_at(n, acts[a]);
            CHECK_EQ(weft_weakset_contains(s.set, s.equal), there);
            strike_scene();
            set_scene(heap);
            act_at(n, acts[a]);
            CHECK_EQ(weft_weakkeydict_contains(s.keys, s.equal), there);
            CHECK_TRUE(weft_heap_verify(heap));
            strike_scene();
            set_scene(heap);
            act_at(n, acts[a]);
            void *found = weft_weakvaluedict_get(s.values,
                weft_object(s.equal));
            CHECK_SAME(found, !there ? NULL
                : acts[a] == replace_all ? (void *)s.equal : s.node);
            weft_release(found);
            strike_scene();
        }
}

// The same of calls that put: there is one entry afterwards, that of who was
// put, and it is sound.
static void puts_begin_again(weft_heap *heap)
{
    for (int a = 0; a < ACTS; a++)
        for (int n = 1; n <= 2; n++) {
            set_scene(heap);
            act_at(n, acts[a]);
            CHECK_EQ(weft_weakset_add(s.set, s.equal), WEFT_OK);
            act_at(n, acts[a]);
            CHECK_EQ(weft_weakkeydict_put(s.keys, s.equal, weft_int(5)),
                WEFT_OK);
            act_at(n, acts[a]);
            CHECK_EQ(weft_weakvaluedict_put(s.values, weft_object(s.equal),
                s.two), WEFT_OK);
            hooks.act = NULL;
            CHECK_TRUE(weft_heap_verify(heap));
            weft_clear(&s.one);
            weft_auto(struct keyed) same = keyed_new(heap, 1);
            weft_auto(struct keyed) member = weft_weakset_intern(s.set, same);
            weft_auto_value value = weft_weakkeydict_get(s.keys, same);
            weft_auto(struct keyed) found = weft_weakvaluedict_get(s.values,
                weft_object(same));
            if (acts[a] != clear_all) {     // else the last act took it out
                CHECK_SAME(member, s.equal);
                CHECK_EQ(value.as.integer, acts[a] == replace_all ? 1 : 5);
            }
            CHECK_SAME(found, s.two);
            strike_scene();
        }
}

// Pitfall H63: what is being compared may die, or its value; it is held until
// the hook is done.
static void compared_ones_may_die(weft_heap *heap)
{
    set_scene(heap);
    act_at(2, drop_one);
    CHECK_FALSE(weft_weakset_remove(s.set, s.equal));
    CHECK_EQ(weft_weakset_length(s.set), 1);
    strike_scene();
    set_scene(heap);
    act_at(2, drop_one);
    CHECK_EQ(weft_weakkeydict_pop(s.keys, s.equal).kind, WEFT_KIND_NIL);
    strike_scene();
    set_scene(heap);
    weft_weakkeydict_clear(s.keys);
    act_at(2, drop_node);
    CHECK_FALSE(weft_weakvaluedict_remove(s.values, weft_object(s.equal)));
    CHECK_EQ(weft_weakvaluedict_length(s.values), 0);
    strike_scene();
}

// ---------------------------------------------------------------------------
// Collections between one hook and the next

static int countdown;

static void leave_garbage(void)
{
    struct node *ring = loud_ring(s.heap, "a", "b");
    ring->act = s.node->act;
    weft_release(ring);
}

// Each collection finds a ring, whose finalizer leaves another; the last one
// puts an equal key.
static void put_equal_at_last(struct node *self)
{
    (void)self;
    if (--countdown > 0) {
        leave_garbage();
    } else if (countdown == 0) {
        CHECK_EQ(weft_weakset_add(s.set, s.one), WEFT_OK);
        CHECK_EQ(weft_weakkeydict_put(s.keys, s.one, weft_int(1)), WEFT_OK);
        CHECK_EQ(weft_weakvaluedict_put(s.values, weft_object(s.one), s.two),
            WEFT_OK);
    }
}

static void call_amid_collections(int call)
{
    weft_value key = weft_object(s.equal);
    switch (call) {
    case 0: CHECK_EQ(weft_weakset_add(s.set, s.equal), WEFT_OK); break;
    case 1: weft_release(weft_weakset_intern(s.set, s.equal)); break;
    case 2: CHECK_EQ(weft_weakkeydict_put(s.keys, s.equal, weft_int(2)),
        WEFT_OK);
        break;
    case 3: weft_value_release(weft_weakkeydict_setdefault(s.keys, s.equal,
        weft_int(2)));
        break;
    case 4: CHECK_EQ(weft_weakvaluedict_put(s.values, key, s.two), WEFT_OK);
        break;
    case 5: weft_release(weft_weakvaluedict_setdefault(s.values, key, s.two));
        break;
    case 6: (void)weft_weakset_remove(s.set, s.equal); break;
    default: (void)weft_weakkeydict_remove(s.keys, s.equal); break;
    }
}

// What a call lets go of before it is done may bring about a collection, whose
// finalizers change the container: at each such place, and of all calls, there
// is one entry of equal keys afterwards, or none, and it is sound.
static void collections_may_come_between(weft_heap *heap)
{
    for (int call = 0; call < 8; call++)
        for (int n = 1; n <= 5; n++)
            for (int shift = 0; shift < 8; shift++) {
                set_scene(heap);
                clear_all();
                s.node->act = put_equal_at_last;
                countdown = n;
                weft_debug_collect_often(heap, true);
                for (int i = 0; i < shift; i++)     // in other ways
                    weft_release(weft_retain(s.node));
                leave_garbage();
                call_amid_collections(call);
                weft_debug_collect_often(heap, shim.often);
                countdown = 0;
                CHECK_TRUE(weft_weakset_length(s.set) <= 1);
                CHECK_TRUE(weft_weakkeydict_length(s.keys) <= 1);
                CHECK_TRUE(weft_weakvaluedict_length(s.values) <= 1);
                CHECK_TRUE(weft_heap_verify(heap));
                strike_scene();
                (void)weft_gc_collect(heap, WEFT_FULL);
                forget_trace();
            }
}

// ---------------------------------------------------------------------------
// They let go of the container

static void drop_containers(void)
{
    weft_clear(&s.values);
    weft_clear(&s.keys);
    weft_clear(&s.set);
}

static void *make_node(weft_value key, void *context)
{
    (void)key;
    return plain_new(context);
}

// Calls that should fail once their container is gone: true if it did.
static bool call_values(int which)
{
    weft_value key = weft_object(s.equal);
    switch (which) {
    case 0: return !weft_weakvaluedict_contains(s.values, key);
    case 1: return weft_weakvaluedict_get(s.values, key) == NULL;
    case 2: return weft_weakvaluedict_pop(s.values, key) == NULL;
    case 3: return !weft_weakvaluedict_remove(s.values, key);
    case 4: return weft_weakvaluedict_put(s.values, key, s.node) != WEFT_OK;
    default: return weft_weakvaluedict_setdefault(s.values, key, s.node)
        == NULL;
    }
}

static bool call_keys(int which)
{
    switch (which) {
    case 0: return !weft_weakkeydict_contains(s.keys, s.equal);
    case 1: return weft_weakkeydict_get(s.keys, s.equal).kind == 0;
    case 2: return weft_weakkeydict_pop(s.keys, s.equal).kind == 0;
    case 3: return !weft_weakkeydict_remove(s.keys, s.equal);
    case 4: return weft_weakkeydict_put(s.keys, s.equal, weft_int(1))
        != WEFT_OK;
    default: return weft_weakkeydict_setdefault(s.keys, s.equal,
        weft_int(1)).kind == 0;
    }
}

static bool call_set(int which)
{
    switch (which) {
    case 0: return !weft_weakset_contains(s.set, s.equal);
    case 1: return !weft_weakset_remove(s.set, s.equal);
    case 2: return weft_weakset_add(s.set, s.equal) != WEFT_OK;
    default: return weft_weakset_intern(s.set, s.equal) == NULL;
    }
}

// The last reference to the container may go in a hash, or in a comparison: the
// call finds nothing, or fails.
static void container_may_go(weft_heap *heap)
{
    for (int n = 1; n <= 2; n++)
        for (int which = 0; which < 6; which++) {
            set_scene(heap);
            act_at(n, drop_containers);
            CHECK_TRUE(call_values(which));
            CHECK_NULL(s.values);
            strike_scene();
            set_scene(heap);
            act_at(n, drop_containers);
            CHECK_TRUE(call_keys(which));
            CHECK_NULL(s.keys);
            strike_scene();
            set_scene(heap);
            act_at(n, drop_containers);
            CHECK_TRUE(call_set(which % 4));
            CHECK_NULL(s.set);
            strike_scene();
        }
}

// Calls that go on for longer hold what they work on.
static void long_calls_hold_the_container(weft_heap *heap)
{
    for (int n = 1; n <= 4; n++) {
        set_scene(heap);
        act_at(n, drop_containers);
        weft_auto(weft_weakset) set = weft_weakset_copy(s.set);
        CHECK_EQ(weft_weakset_length(set), 2);
        strike_scene();
        set_scene(heap);
        act_at(n, drop_containers);
        weft_auto(weft_weakset) all = weft_weakset_union(s.set, s.set);
        CHECK_EQ(weft_weakset_length(all), 2);
        strike_scene();
        set_scene(heap);
        act_at(n, drop_containers);
        CHECK_FALSE(weft_weakset_is_disjoint(s.set, s.set));
        strike_scene();
        set_scene(heap);
        act_at(n, drop_containers);
        CHECK_EQ(weft_weakkeydict_update(s.keys, s.keys), WEFT_OK);
        strike_scene();
        set_scene(heap);
        act_at(n, drop_containers);
        CHECK_EQ(weft_weakvaluedict_update(s.values, s.values), WEFT_OK);
        strike_scene();
        set_scene(heap);
        act_at(n, drop_containers);
        weft_release(weft_weakkeydict_get_or_create(s.keys, s.equal, make_node,
            heap));
        strike_scene();
        set_scene(heap);
        act_at(n, drop_containers);
        weft_release(weft_weakvaluedict_get_or_create(s.values,
            weft_object(s.equal), make_node, heap));
        strike_scene();
    }
}

// ---------------------------------------------------------------------------
// They fail

static void hash_again(void)
{
    uint64_t hash;
    hooks.act = hash_again;
    (void)weft_hash(s.heap, weft_object(s.one), &hash);
    hooks.act = NULL;
}

static void compare_again(void)
{
    bool equal;
    hooks.act = compare_again;
    (void)weft_equal(weft_object(s.one), weft_object(s.equal), &equal);
    hooks.act = NULL;
}

// A hook that leads back to itself fails with VALUE: so does what puts; lookups
// find nothing. Nothing has changed.
static void failures_come_back(weft_heap *heap)
{
    for (int n = 1; n <= 2; n++) {
        void (*again)(void) = n == 1 ? hash_again : compare_again;
        set_scene(heap);
        act_at(n, again);
        CHECK_EQ(weft_weakset_add(s.set, s.equal), WEFT_VALUE_ERROR);
        act_at(n, again);
        CHECK_EQ(weft_weakkeydict_put(s.keys, s.equal, weft_int(1)),
            WEFT_VALUE_ERROR);
        act_at(n, again);
        CHECK_EQ(weft_weakvaluedict_put(s.values, weft_object(s.equal),
            s.two), WEFT_VALUE_ERROR);
        act_at(n, again);
        CHECK_FALSE(weft_weakset_contains(s.set, s.equal));
        act_at(n, again);
        CHECK_FALSE(weft_weakkeydict_remove(s.keys, s.equal));
        act_at(n, again);
        CHECK_NULL(weft_weakvaluedict_get(s.values, weft_object(s.equal)));
        hooks.act = NULL;
        CHECK_EQ(weft_weakset_length(s.set), 2);
        CHECK_EQ(weft_weakkeydict_length(s.keys), 2);
        CHECK_EQ(weft_weakvaluedict_length(s.values), 2);
        CHECK_EQ(weft_weakref_count(s.one), 2);
        strike_scene();
    }
}

static bool any_equal(const void *self, const void *other)
{
    return self == other;
}

static weft_type unhashable_type = {
    .name = "unhashable", WEFT_SIZE(struct keyed), .equal = any_equal };

// With `equal` alone there is no hash, so no place in a container by equality.
static void equal_alone_is_no_key(weft_heap *heap)
{
    set_scene(heap);
    weft_auto(struct keyed) object = weft_new(heap, &unhashable_type);
    CHECK_EQ(weft_weakset_add(s.set, object), WEFT_TYPE_ERROR);
    CHECK_EQ(weft_weakkeydict_put(s.keys, object, weft_int(1)),
        WEFT_TYPE_ERROR);
    CHECK_EQ(weft_weakvaluedict_put(s.values, weft_object(object), s.node),
        WEFT_TYPE_ERROR);
    CHECK_EQ(weft_weakvaluedict_put(s.values, weft_int(1), object), WEFT_OK);
    weft_auto(weft_weakset) by_identity = weft_weakset_new(heap,
        WEFT_BY_IDENTITY);
    CHECK_EQ(weft_weakset_add(by_identity, object), WEFT_OK);
    strike_scene();
}

TESTS(RUN(are_asked_as_little_as_can_be), RUN(hist_h63_hashes_are_remembered),
    RUN(lookups_see_what_hooks_did), RUN(puts_begin_again),
    RUN(compared_ones_may_die), RUN(collections_may_come_between),
    RUN(container_may_go),
    RUN(long_calls_hold_the_container), RUN(failures_come_back),
    RUN(equal_alone_is_no_key))
