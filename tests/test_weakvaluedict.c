// SPDX-License-Identifier: MIT
//
// Dictionaries that watch their values: keys of every kind, what dies with a
// value and when, and what cannot be put. That much of what these tests say is
// said by tests/test_fidelity_weakvaluedict.c, too, is left to it.
#include "keyed.h"

WEFT_NEW_REF static weft_weakvaluedict *dict_new(weft_heap *heap)
{
    return weft_weakvaluedict_new(heap, WEFT_BY_EQUALITY);
}

static void put(weft_weakvaluedict *dict, weft_value key, void *value)
{
    CHECK_EQ(weft_weakvaluedict_put(dict, key, value), WEFT_OK);
}

// Is exactly this under a key?
static void check_is(const weft_weakvaluedict *dict, weft_value key,
    const void *value, int line)
{
    void *found = weft_weakvaluedict_get(dict, key);
    check_true(found == value, "found", __FILE__, line);
    check_true(weft_weakvaluedict_contains(dict, key) == (value != NULL),
        "contains", __FILE__, line);
    weft_release(found);
}

#define CHECK_IS(dict, key, value) check_is((dict), (key), (value), __LINE__)

// ---------------------------------------------------------------------------
// Keys

// Whole numbers are one key, whatever their kind; others are what they are.
static void equal_numbers_are_one_key(weft_heap *heap)
{
    weft_auto(weft_weakvaluedict) dict = dict_new(heap);
    weft_auto(struct node) a = plain_new(heap);
    weft_auto(struct node) b = plain_new(heap);
    const weft_value same[][2] = {
        { weft_int(1), weft_double(1.0) }, { weft_bool(true), weft_int(1) },
        { weft_int(0), weft_double(-0.0) }, { weft_bool(false), weft_int(0) },
        { weft_int(INT64_MIN), weft_double(-0x1p63) },
        { weft_int((int64_t)1 << 53), weft_double(0x1p53) } };
    const weft_value other[][2] = {
        { weft_int(INT64_MAX), weft_double(0x1p63) },
        { weft_int(((int64_t)1 << 53) + 1), weft_double(0x1p53) },
        { weft_int(0), weft_double(0x1p-1074) },
        { weft_int(0), weft_nil() }, { weft_int(0), weft_text("") },
        { weft_double(0.5), weft_int(0) } };
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        put(dict, same[i][0], a);
        CHECK_IS(dict, same[i][1], a);
        put(dict, same[i][1], b);
        CHECK_IS(dict, same[i][0], b);
        CHECK_EQ(weft_weakvaluedict_length(dict), 1);
        CHECK_TRUE(weft_weakvaluedict_remove(dict, same[i][0]));
    }
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        put(dict, other[i][0], a);
        CHECK_IS(dict, other[i][1], NULL);
        put(dict, other[i][1], b);
        CHECK_IS(dict, other[i][0], a);
        CHECK_IS(dict, other[i][1], b);
        CHECK_EQ(weft_weakvaluedict_length(dict), 2);
        weft_weakvaluedict_clear(dict);
    }
}

// A key stays as it was first put, and in its place.
static void key_stays_as_first_put(weft_heap *heap)
{
    weft_auto(weft_weakvaluedict) dict = dict_new(heap);
    weft_auto(struct node) a = plain_new(heap);
    weft_auto(struct node) b = plain_new(heap);
    put(dict, weft_double(1.0), a);
    put(dict, weft_int(2), a);
    put(dict, weft_int(1), b);
    weft_each (it, dict) {
        if (weft_value_object(it.value) == b)
            CHECK_EQ(it.key.kind, WEFT_KIND_DOUBLE);
        say("%s", it.object == b ? "b" : "a");
    }
    CHECK_TRACE("b a");
}

// What is not a number is found, too, once it was put: the very same bits.
static void nan_is_a_key(weft_heap *heap)
{
    weft_auto(weft_weakvaluedict) dict = dict_new(heap);
    weft_auto(struct node) node = plain_new(heap);
    const double nan = __builtin_nan("");
    put(dict, weft_double(nan), node);
    CHECK_IS(dict, weft_double(nan), node);
    CHECK_IS(dict, weft_double(0), NULL);
    put(dict, weft_double(__builtin_inf()), node);
    CHECK_IS(dict, weft_double(-__builtin_inf()), NULL);
    CHECK_EQ(weft_weakvaluedict_length(dict), 2);
}

// A text is kept as a string, so its bytes may go; strings of the same bytes
// are the same key, zeros and all.
static void texts_are_kept_as_strings(weft_heap *heap)
{
    weft_auto(weft_weakvaluedict) dict = dict_new(heap);
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(weft_string) string = weft_string_new_sized(heap, "a\0b", 3);
    char bytes[] = "a\0b";
    put(dict, weft_text_sized(bytes, 3), node);
    memset(bytes, 'x', 3);
    CHECK_IS(dict, weft_object(string), node);
    CHECK_IS(dict, weft_text("a"), NULL);
    CHECK_IS(dict, weft_text_sized("a\0c", 3), NULL);
    weft_auto_value key = weft_nil();
    void *value;
    CHECK_TRUE(weft_weakvaluedict_popitem(dict, &key, &value));
    CHECK_SAME(value, node);
    weft_release(value);
    CHECK_SAME(weft_type_of(key.as.object), &weft_string_type);
    CHECK_EQ(weft_string_size(key.as.object), 3);
    put(dict, weft_object(string), node);
    CHECK_EQ(weft_refcount(string), 2);
    CHECK_IS(dict, weft_text_sized("a\0b", 3), node);
}

// Strings are found whatever the seed of the heap's hash.
static void strings_are_found_under_any_seed(void)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        weft_heap_options options = test_options();
        options.hash_seed = seed * 0x9e3779b97f4a7c15u;
        weft_heap *heap = weft_heap_open(&options);
        weft_weakvaluedict *dict = weft_weakvaluedict_new(heap,
            seed % 2 == 0 ? WEFT_BY_IDENTITY : WEFT_BY_EQUALITY);
        struct node *nodes[300];
        char text[32];
        for (int i = 0; i < 300; i++) {
            nodes[i] = plain_new(heap);
            snprintf(text, sizeof(text), "key %d", i);
            put(dict, weft_text(text), nodes[i]);
        }
        for (int i = 0; i < 300; i++) {
            snprintf(text, sizeof(text), "key %d", i);
            CHECK_IS(dict, weft_text(text), nodes[i]);
            weft_clear(&nodes[i]);
            CHECK_IS(dict, weft_text(text), NULL);
        }
        weft_release(dict);
        close_test_heap(heap);
    }
}

// Objects are keys by what they equal; by identity each is one of its own, also
// those without a hash.
static void objects_are_keys(weft_heap *heap)
{
    forget_hooks();
    weft_auto(weft_weakvaluedict) by_equality = dict_new(heap);
    weft_auto(weft_weakvaluedict) by_identity = weft_weakvaluedict_new(heap,
        WEFT_BY_IDENTITY);
    weft_auto(struct keyed) one = keyed_new(heap, 1);
    weft_auto(struct keyed) equal = keyed_new(heap, 1);
    weft_auto(weft_list) list = weft_list_new(heap);
    weft_auto(struct node) node = plain_new(heap);
    put(by_equality, weft_object(one), node);
    CHECK_IS(by_equality, weft_object(equal), node);
    CHECK_EQ(weft_weakvaluedict_put(by_equality, weft_object(list), node),
        WEFT_TYPE_ERROR);
    CHECK_IS(by_equality, weft_object(list), NULL);
    CHECK_FALSE(weft_weakvaluedict_remove(by_equality, weft_object(list)));
    forget_hooks();
    put(by_identity, weft_object(one), node);
    put(by_identity, weft_object(list), node);
    CHECK_IS(by_identity, weft_object(equal), NULL);
    CHECK_IS(by_identity, weft_object(one), node);
    CHECK_IS(by_identity, weft_object(list), node);
    CHECK_EQ(weft_weakvaluedict_length(by_identity), 2);
    CHECK_EQ(hooks.hashes + hooks.equals, 0);
}

// A ref is a key as what it refers to, also once that is dead.
static void refs_are_keys(weft_heap *heap)
{
    weft_auto(weft_weakvaluedict) dict = dict_new(heap);
    weft_auto(struct keyed) one = keyed_new(heap, 1);
    weft_auto(struct keyed) equal = keyed_new(heap, 1);
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(weft_ref) ref = weft_ref_new(one, NULL, NULL);
    weft_auto(weft_ref) other = weft_ref_new(equal, NULL, NULL);
    weft_auto(weft_ref) proxy = weft_proxy_new(one, NULL, NULL);
    put(dict, weft_object(ref), node);
    CHECK_IS(dict, weft_object(other), node);
    CHECK_EQ(weft_weakvaluedict_put(dict, weft_object(proxy), node),
        WEFT_TYPE_ERROR);
    weft_clear(&one);
    CHECK_IS(dict, weft_object(ref), node);
    CHECK_IS(dict, weft_object(other), NULL);
}

// A hundred keys that all hash alike, in and out in different orders.
static void crowds_of_one_hash_are_told_apart(weft_heap *heap)
{
    enum { COUNT = 200 };
    forget_hooks();
    hooks.crowded = true;
    weft_auto(weft_weakvaluedict) dict = dict_new(heap);
    struct keyed *keys[COUNT];
    struct node *values[COUNT];
    for (int i = 0; i < COUNT; i++) {
        keys[i] = keyed_new(heap, i);
        values[i] = plain_new(heap);
        put(dict, weft_object(keys[i]), values[i]);
    }
    for (int i = 0; i < COUNT; i++)
        CHECK_IS(dict, weft_object(keys[i]), values[i]);
    for (int i = 0; i < COUNT; i += 3)
        weft_clear(&values[i]);
    for (int i = 1; i < COUNT; i += 3)
        CHECK_TRUE(weft_weakvaluedict_remove(dict, weft_object(keys[i])));
    CHECK_TRUE(weft_heap_verify(heap));
    for (int i = 0; i < COUNT; i++)
        CHECK_IS(dict, weft_object(keys[i]), i % 3 == 2 ? values[i] : NULL);
    for (int i = 1; i < COUNT; i += 3)
        put(dict, weft_object(keys[i]), values[i]);
    for (int i = 0; i < COUNT; i++) {
        CHECK_IS(dict, weft_object(keys[i]), values[i]);
        weft_release(keys[i]);
        weft_release(values[i]);
    }
    CHECK_EQ(weft_weakvaluedict_length(dict), 0);
}

// ---------------------------------------------------------------------------
// Many keys for one value

// One value under thousands of keys: each is found, and goes alone; the rest go
// with the value.
static void value_may_be_under_many_keys(weft_heap *heap)
{
    enum { COUNT = 3000 };
    weft_auto(weft_weakvaluedict) dict = dict_new(heap);
    struct node *node = plain_new(heap);
    for (int i = 0; i < COUNT; i++)
        put(dict, weft_int(i * 7919), node);
    CHECK_EQ(weft_weakref_count(node), COUNT);
    CHECK_TRUE(weft_heap_verify(heap));
    for (int i = 0; i < COUNT; i += 2)
        CHECK_TRUE(weft_weakvaluedict_remove(dict,
            weft_int((int64_t)(i * 1009 % COUNT) * 7919)));
    CHECK_EQ(weft_weakvaluedict_length(dict), COUNT / 2);
    CHECK_TRUE(weft_heap_verify(heap));
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ(weft_weakvaluedict_contains(dict, weft_int(i * 7919)),
            i % 2 == 1);
    weft_release(node);
    CHECK_EQ(weft_weakvaluedict_length(dict), 0);
}

// The same while an iteration is open, which goes on to show them all.
static void many_keys_of_one_value_are_shown(weft_heap *heap)
{
    enum { COUNT = 500 };
    weft_auto(weft_weakvaluedict) dict = dict_new(heap);
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(struct node) other = plain_new(heap);
    int shown = 0;
    for (int i = 0; i < COUNT; i++)
        put(dict, weft_int(i), node);
    weft_each (it, dict) {
        CHECK_EQ(it.key.as.integer, shown);
        CHECK_SAME(it.object, node);
        if (shown++ > 0)
            continue;
        for (int i = 0; i < COUNT; i += 2)
            put(dict, weft_int(i), other);
        for (int i = 1; i < COUNT; i += 4)
            CHECK_TRUE(weft_weakvaluedict_remove(dict, weft_int(i)));
        CHECK_TRUE(weft_heap_verify(heap));
    }
    CHECK_EQ(shown, COUNT);
    CHECK_EQ(weft_weakvaluedict_length(dict), COUNT * 3 / 4);
    CHECK_EQ(weft_weakref_count(node), COUNT / 4);
    CHECK_EQ(weft_weakref_count(other), COUNT / 2);
}

// ---------------------------------------------------------------------------
// Death

static weft_weakvaluedict *watched;

static void say_length(weft_ref *ref, void *context)
{
    (void)ref;
    say("%s%zu%s", (const char *)context, weft_weakvaluedict_length(watched),
        weft_weakvaluedict_contains(watched, weft_int(1)) ? "!" : "");
}

static void say_length_too(struct node *self)
{
    (void)self;
    say("%zu", weft_weakvaluedict_length(watched));
}

// Pitfall H58: an entry is there while its value's finalizer runs, since that
// may bring it back; it is gone before the first callback, older or newer.
static void hist_h58_entry_goes_before_callbacks(weft_heap *heap)
{
    watched = dict_new(heap);
    struct node *node = loud_new(heap, "a");
    node->act = say_length_too;
    weft_auto(weft_ref) older = weft_ref_new(node, say_length, "older");
    put(watched, weft_int(1), node);
    put(watched, weft_int(2), node);
    weft_auto(weft_ref) newer = weft_ref_new(node, say_length, "newer");
    weft_release(node);
    CHECK_TRACE("~a 2 newer0 older0 a.");
    weft_clear(&watched);
}

// A key goes at the turn of its entry among the callbacks: newest first.
static void keys_go_at_their_turn(weft_heap *heap)
{
    weft_auto(weft_weakvaluedict) dict = dict_new(heap);
    struct node *node = plain_new(heap);
    weft_auto(weft_ref) first = weft_ref_new(node, told_of, "first");
    weft_auto(struct node) b = loud_new(heap, "b");
    put(dict, weft_object(b), node);
    weft_clear(&b);
    weft_auto(weft_ref) second = weft_ref_new(node, told_of, "second");
    weft_auto(struct node) d = loud_new(heap, "d");
    put(dict, weft_object(d), node);
    weft_clear(&d);
    CHECK_TRACE("");
    weft_release(node);
    CHECK_TRACE("~d d. second ~b b. first");
}

static struct node *late_value;

static void put_another(struct node *self)
{
    (void)self;
    put(watched, weft_int(2), late_value);
}

// A finalizer that puts into the dictionary its entry has just left.
static void key_may_put_as_it_goes(weft_heap *heap)
{
    watched = dict_new(heap);
    late_value = plain_new(heap);
    struct node *node = plain_new(heap), *key = loud_new(heap, "key");
    key->act = put_another;
    put(watched, weft_object(key), node);
    weft_release(key);
    weft_release(node);
    CHECK_TRACE("~key key.");
    CHECK_IS(watched, weft_int(2), late_value);
    CHECK_EQ(weft_weakvaluedict_length(watched), 1);
    weft_clear(&late_value);
    CHECK_EQ(weft_weakvaluedict_length(watched), 0);
    weft_clear(&watched);
}

// Pitfall H62: a value that was replaced takes nothing along when it dies; nor
// does one whose key was removed and put again.
static void hist_h62_late_death_spares_the_successor(weft_heap *heap)
{
    weft_auto(weft_weakvaluedict) dict = dict_new(heap);
    struct node *old = plain_new(heap);
    weft_auto(struct node) new = plain_new(heap);
    put(dict, weft_int(1), old);
    put(dict, weft_int(1), new);
    put(dict, weft_int(2), old);
    CHECK_TRUE(weft_weakvaluedict_remove(dict, weft_int(2)));
    put(dict, weft_int(2), new);
    CHECK_EQ(weft_weakref_count(old), 0);
    weft_release(old);
    CHECK_IS(dict, weft_int(1), new);
    CHECK_IS(dict, weft_int(2), new);
}

static void replace_dying(weft_ref *ref, void *context)
{
    (void)ref;
    put(watched, weft_int(1), context);
}

// A successor may be put by a callback of the very death.
static void callback_may_put_the_successor(weft_heap *heap)
{
    watched = dict_new(heap);
    struct node *node = plain_new(heap);
    weft_auto(struct node) next = plain_new(heap);
    weft_auto(weft_ref) older = weft_ref_new(node, say_length, "older");
    put(watched, weft_int(1), node);
    weft_auto(weft_ref) newer = weft_ref_new(node, replace_dying, next);
    weft_release(node);
    CHECK_TRACE("older1!");
    CHECK_IS(watched, weft_int(1), next);
    weft_clear(&watched);
}

// A value that its finalizer brings back is still under its key.
static void resurrected_value_stays(weft_heap *heap)
{
    weft_auto(weft_weakvaluedict) dict = dict_new(heap);
    struct node *node = loud_new(heap, "a");
    node->act = rescue;
    put(dict, weft_int(1), node);
    weft_release(node);
    CHECK_IS(dict, weft_int(1), rescued);
    weft_clear(&rescued);
    CHECK_IS(dict, weft_int(1), NULL);
    CHECK_TRACE("~a a.");
}

// A key that is its own value, which its entry keeps: it goes with the
// dictionary, or when it is removed.
static void key_may_be_its_own_value(weft_heap *heap)
{
    weft_weakvaluedict *dict = dict_new(heap);
    struct node *a = loud_new(heap, "a"), *b = loud_new(heap, "b");
    put(dict, weft_object(a), a);
    put(dict, weft_object(b), b);
    weft_release(b);
    CHECK_TRUE(weft_weakvaluedict_remove(dict, weft_object(b)));
    CHECK_TRACE("~b b.");
    weft_release(a);
    (void)weft_gc_collect(heap, WEFT_FULL);
    CHECK_EQ(weft_weakvaluedict_length(dict), 1);
    weft_release(dict);
    CHECK_TRACE("~a a.");
}

// ---------------------------------------------------------------------------
// What cannot be put

static weft_status late_status;

static void put_oneself(void *self)
{
    late_status = weft_weakvaluedict_put(watched, weft_int(1), self);
    weft_auto(struct node) there = weft_weakvaluedict_setdefault(watched,
        weft_int(1), self);
    CHECK_NULL(there);
}

static weft_type late_type = {
    .name = "late", WEFT_SIZE(struct node), .clear = put_oneself };

// TYPE: nothing, or what cannot be watched; REFERENCE: what is dying. Nothing
// has changed then.
static void what_cannot_be_watched_cannot_be_put(weft_heap *heap)
{
    watched = dict_new(heap);
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(weft_string) string = weft_string_new(heap, "s");
    weft_auto(struct keyed) forbidden = weft_new(heap, &forbidden_type);
    const weft_value key = weft_int(1);
    put(watched, key, node);
    CHECK_EQ(weft_weakvaluedict_put(watched, key, NULL), WEFT_TYPE_ERROR);
    CHECK_EQ(weft_weakvaluedict_put(watched, key, string), WEFT_TYPE_ERROR);
    CHECK_EQ(weft_weakvaluedict_put(watched, key, forbidden), WEFT_TYPE_ERROR);
    CHECK_IS(watched, key, node);
    weft_weakvaluedict_clear(watched);
    weft_auto(void) none = weft_weakvaluedict_setdefault(watched, key, string);
    CHECK_NULL(none);
    weft_release(weft_new(heap, &late_type));
    CHECK_EQ(late_status, WEFT_REFERENCE_ERROR);
    CHECK_EQ(weft_weakvaluedict_length(watched), 0);
    weft_clear(&watched);
}

// ---------------------------------------------------------------------------
// get_or_create

struct maker {
    weft_heap *heap;
    int calls;
    void *(*make)(struct maker *maker, weft_value key);
    void *kept;                 // what it made or put, for the test to compare
};

static void *call_maker(weft_value key, void *context)
{
    struct maker *maker = context;
    maker->calls++;
    return maker->make(maker, key);
}

static void *make_node(struct maker *maker, weft_value key)
{
    CHECK_EQ(key.as.integer, 1);
    return maker->kept = plain_new(maker->heap);
}

static void *make_nothing(struct maker *maker, weft_value key)
{
    (void)maker, (void)key;
    return NULL;
}

static void *make_string(struct maker *maker, weft_value key)
{
    (void)key;
    return weft_string_new(maker->heap, "s");
}

// Puts something itself, then makes another.
static void *make_twice(struct maker *maker, weft_value key)
{
    maker->kept = plain_new(maker->heap);
    put(watched, key, maker->kept);
    return plain_new(maker->heap);
}

static void *make_recursively(struct maker *maker, weft_value key)
{
    if (maker->calls < 5)
        return weft_weakvaluedict_get_or_create(watched, key, call_maker,
            maker);
    return maker->kept = plain_new(maker->heap);
}

static void *make_and_drop(struct maker *maker, weft_value key)
{
    (void)key;
    weft_clear(&watched);
    return maker->kept = plain_new(maker->heap);
}

static void *ask(struct maker *maker)
{
    return weft_weakvaluedict_get_or_create(watched, weft_int(1), call_maker,
        maker);
}

// It makes what is missing, once, and finds it as long as it lives.
static void makes_what_is_missing(weft_heap *heap)
{
    struct maker maker = { .heap = heap, .make = make_node };
    watched = dict_new(heap);
    weft_auto(struct node) made = ask(&maker);
    weft_auto(struct node) again = ask(&maker);
    CHECK_SAME(made, maker.kept);
    CHECK_SAME(again, made);
    CHECK_EQ(weft_refcount(made), 2);
    CHECK_EQ(maker.calls, 1);
    weft_clear(&made);
    weft_clear(&again);
    made = ask(&maker);
    CHECK_EQ(maker.calls, 2);
    weft_clear(&watched);
}

// Nothing is put when nothing is made, or what cannot be watched.
static void makes_nothing(weft_heap *heap)
{
    struct maker maker = { .heap = heap, .make = make_nothing };
    watched = dict_new(heap);
    CHECK_NULL(ask(&maker));
    maker.make = make_string;
    CHECK_NULL(ask(&maker));
    CHECK_EQ(maker.calls, 2);
    CHECK_EQ(weft_weakvaluedict_length(watched), 0);
    weft_clear(&watched);
}

// What `make` puts itself comes back, held or not, instead of what it returns;
// it may ask for the same key, and may let go of the dictionary.
static void maker_may_do_anything(weft_heap *heap)
{
    struct maker maker = { .heap = heap, .make = make_twice };
    watched = dict_new(heap);
    void *made = ask(&maker);
    CHECK_SAME(made, maker.kept);
    CHECK_EQ(weft_refcount(made), 2);
    weft_release(made);
    weft_release(made);
    CHECK_EQ(weft_weakvaluedict_length(watched), 0);
    maker = (struct maker){ .heap = heap, .make = make_recursively };
    made = ask(&maker);
    CHECK_SAME(made, maker.kept);
    CHECK_EQ(maker.calls, 5);
    CHECK_EQ(weft_refcount(made), 1);
    weft_release(made);
    maker = (struct maker){ .heap = heap, .make = make_and_drop };
    made = ask(&maker);
    CHECK_SAME(made, maker.kept);
    CHECK_NULL(watched);
    weft_release(made);
}

// ---------------------------------------------------------------------------
// Everything at once

static void say_key(struct node *self)
{
    say("%zu", weft_weakvaluedict_length(watched));
    (void)self;
}

// Clearing empties the dictionary first, then lets go of the keys, in order.
static void clear_empties_first(weft_heap *heap)
{
    watched = dict_new(heap);
    weft_auto(struct node) node = plain_new(heap);
    static const char *const names[] = { "a", "b", "c" };
    for (int i = 0; i < 3; i++) {
        struct node *key = loud_new(heap, names[i]);
        key->act = say_key;
        put(watched, weft_object(key), node);
        weft_release(key);
    }
    weft_weakvaluedict_clear(watched);
    CHECK_TRACE("~a 0 a. ~b 0 b. ~c 0 c.");
    CHECK_EQ(weft_weakref_count(node), 0);
    weft_clear(&watched);
}

// The last one put comes out first, whatever was replaced, removed, or died.
static void popitem_takes_the_newest(weft_heap *heap)
{
    weft_auto(weft_weakvaluedict) dict = dict_new(heap);
    struct node *nodes[6];
    for (int i = 0; i < 6; i++) {
        nodes[i] = plain_new(heap);
        put(dict, weft_int(i), nodes[i]);
    }
    weft_clear(&nodes[5]);
    put(dict, weft_int(1), nodes[0]);
    CHECK_TRUE(weft_weakvaluedict_remove(dict, weft_int(3)));
    put(dict, weft_int(3), nodes[3]);
    CHECK_TRUE(weft_weakvaluedict_remove(dict, weft_int(2)));
    weft_value key;
    void *value;
    while (weft_weakvaluedict_popitem(dict, &key, &value)) {
        say("%d", (int)key.as.integer);
        weft_release(value);
    }
    CHECK_TRACE("3 4 1 0");
    CHECK_NULL(value);
    CHECK_EQ(key.kind, WEFT_KIND_NIL);
    for (int i = 0; i < 6; i++)
        weft_release(nodes[i]);
}

// Neither looking up, nor removing, nor dying needs memory.
static void only_putting_needs_memory(weft_heap *heap)
{
    enum { COUNT = 300 };
    weft_auto(weft_weakvaluedict) dict = dict_new(heap);
    weft_auto(weft_string) string = weft_string_new(heap, "text");
    weft_auto(struct keyed) key = keyed_new(heap, 1);
    weft_auto(struct keyed) equal = keyed_new(heap, 1);
    struct node *nodes[COUNT];
    for (int i = 0; i < COUNT; i++) {
        nodes[i] = plain_new(heap);
        put(dict, weft_int(i), nodes[i]);
    }
    put(dict, weft_text("text"), nodes[0]);
    put(dict, weft_object(key), nodes[0]);
    arm(heap);
    CHECK_IS(dict, weft_text("text"), nodes[0]);
    CHECK_IS(dict, weft_object(string), nodes[0]);
    CHECK_IS(dict, weft_object(equal), nodes[0]);
    CHECK_IS(dict, weft_text("other"), NULL);
    for (int i = 0; i < COUNT; i++)
        CHECK_IS(dict, weft_int(i), nodes[i]);
    for (int i = 0; i < 100; i++)
        CHECK_TRUE(weft_weakvaluedict_remove(dict, weft_int(i)));
    for (int i = 100; i < 200; i++)
        weft_clear(&nodes[i]);
    CHECK_TRUE(weft_weakvaluedict_remove(dict, weft_object(equal)));
    weft_value last;
    void *value = NULL;
    CHECK_TRUE(weft_weakvaluedict_popitem(dict, &last, &value));
    weft_value_release(last);
    weft_release(value);
    CHECK_EQ(weft_weakvaluedict_length(dict), 100);
    void *popped = weft_weakvaluedict_pop(dict, weft_int(COUNT - 1));
    CHECK_SAME(popped, nodes[COUNT - 1]);
    weft_release(popped);
    weft_weakvaluedict_clear(dict);
    CHECK_FALSE(disarm(heap));
    for (int i = 0; i < COUNT; i++)
        weft_release(nodes[i]);
}

// ---------------------------------------------------------------------------
// Without memory

// Puts: either it is done, or nothing has changed.
static bool try_put(weft_weakvaluedict *dict, weft_value key, void *value)
{
    size_t length = weft_weakvaluedict_length(dict);
    weft_auto(void) before = weft_weakvaluedict_get(dict, key);
    bool put = went_well(weft_weakvaluedict_put(dict, key, value));
    CHECK_IS(dict, key, put ? value : before);
    CHECK_EQ(weft_weakvaluedict_length(dict), length + (put && before == NULL));
    return put;
}

static void puts_may_fail(weft_heap *heap)
{
    weft_auto(weft_weakvaluedict) dict = dict_new(heap);
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(struct node) other = plain_new(heap);
    if (!made(dict) || !made(node) || !made(other))
        return;
    for (int i = 0; i < 12; i++)
        (void)try_put(dict, weft_int(i), node);
    (void)try_put(dict, weft_text("text"), node);
    (void)try_put(dict, weft_int(3), other);
    weft_iterator it = weft_iterate(dict);
    (void)try_put(dict, weft_int(3), node);     // needs an entry more
    (void)try_put(dict, weft_text("text"), other);
    (void)try_put(dict, weft_int(100), other);
    weft_iterate_end(&it);
    CHECK_TRUE(weft_heap_verify(heap));
    size_t length = weft_weakvaluedict_length(dict);
    weft_clear(&other);
    CHECK_TRUE(weft_weakvaluedict_length(dict) <= length);
    CHECK_EQ(weft_weakvaluedict_length(dict), weft_weakref_count(node));
}

static void all_else_may_fail(weft_heap *heap)
{
    struct maker maker = { .heap = heap, .make = make_node };
    watched = dict_new(heap);
    weft_auto(struct node) node = plain_new(heap);
    if (!made(watched) || !made(node)) {
        weft_clear(&watched);
        return;
    }
    weft_auto(void) there = weft_weakvaluedict_setdefault(watched,
        weft_text("a"), node);
    CHECK_EQ(weft_weakvaluedict_length(watched), made(there));
    weft_auto(void) created = ask(&maker);
    CHECK_EQ(weft_weakvaluedict_length(watched),
        (size_t)(there != NULL) + made(created));
    size_t length = weft_weakvaluedict_length(watched);
    weft_auto(weft_weakvaluedict) copy = weft_weakvaluedict_copy(watched);
    if (made(copy))
        CHECK_EQ(weft_weakvaluedict_length(copy), length);
    weft_auto(weft_list) refs = weft_weakvaluedict_valuerefs(watched);
    if (made(refs))
        CHECK_EQ(weft_list_length(refs), length);
    if (copy != NULL && weft_weakvaluedict_put(copy, weft_int(5), node)
            == WEFT_OK && went_well(weft_weakvaluedict_update(watched, copy)))
        CHECK_EQ(weft_weakvaluedict_length(watched), length + 1);
    weft_clear(&watched);
}

TESTS(RUN(equal_numbers_are_one_key), RUN(key_stays_as_first_put),
    RUN(nan_is_a_key), RUN(texts_are_kept_as_strings),
    RUN_ALONE(strings_are_found_under_any_seed), RUN(objects_are_keys),
    RUN(refs_are_keys), RUN(crowds_of_one_hash_are_told_apart),
    RUN(value_may_be_under_many_keys), RUN(many_keys_of_one_value_are_shown),
    RUN(hist_h58_entry_goes_before_callbacks), RUN(keys_go_at_their_turn),
    RUN(key_may_put_as_it_goes), RUN(hist_h62_late_death_spares_the_successor),
    RUN(callback_may_put_the_successor), RUN(resurrected_value_stays),
    RUN(key_may_be_its_own_value), RUN(what_cannot_be_watched_cannot_be_put),
    RUN(makes_what_is_missing), RUN(makes_nothing), RUN(maker_may_do_anything),
    RUN(clear_empties_first), RUN(popitem_takes_the_newest),
    RUN_CALM(only_putting_needs_memory, "a collection needs memory"),
    RUN_OOM(puts_may_fail), RUN_OOM(all_else_may_fail))
