// SPDX-License-Identifier: MIT
//
// Dictionaries that watch their keys: who the key of an entry is when several
// are equal, what becomes of values, and what cannot be put. Values that lead
// to their keys are in test_ephemeron.c.
#include "depth.h"
#include "keyed.h"

WEFT_NEW_REF static weft_weakkeydict *dict_new(weft_heap *heap)
{
    return weft_weakkeydict_new(heap, WEFT_BY_EQUALITY);
}

static void put(weft_weakkeydict *dict, const void *key, weft_value value)
{
    CHECK_EQ(weft_weakkeydict_put(dict, key, value), WEFT_OK);
}

static void check_is(const weft_weakkeydict *dict, const void *key, int value,
    int line)
{
    weft_auto_value found = weft_weakkeydict_get(dict, key);
    bool there = found.kind == WEFT_KIND_INT;
    check_equal(there ? found.as.integer : -1, value, "found", __FILE__, line);
    check_true(weft_weakkeydict_contains(dict, key) == there, "contains",
        __FILE__, line);
}

// Is this integer there, or nothing, -1?
#define CHECK_IS(dict, key, value) check_is((dict), (key), (value), __LINE__)

// ---------------------------------------------------------------------------
// Equal keys

// An equal newcomer takes the entry over, in its place: from then on the entry
// goes with it, and not with who was there before.
static void newcomer_takes_over(weft_heap *heap)
{
    forget_hooks();
    weft_auto(weft_weakkeydict) dict = dict_new(heap);
    struct keyed *first = keyed_new(heap, 1), *second = keyed_new(heap, 1);
    weft_auto(struct keyed) other = keyed_new(heap, 2);
    put(dict, first, weft_int(1));
    put(dict, other, weft_int(2));
    put(dict, second, weft_int(3));
    CHECK_EQ(weft_weakkeydict_length(dict), 2);
    CHECK_IS(dict, first, 3);
    CHECK_IS(dict, second, 3);
    CHECK_EQ(weft_weakref_count(first), 0);
    CHECK_EQ(weft_weakref_count(second), 1);
    weft_each (it, dict)
        say(it.key.as.object == second ? "second" : "other");
    CHECK_TRACE("second other");
    weft_release(first);
    CHECK_IS(dict, second, 3);
    weft_release(second);
    CHECK_EQ(weft_weakkeydict_length(dict), 1);
    CHECK_IS(dict, other, 2);
}

// Who comes first stays, if so asked: the entry goes with that one, though
// somebody equal was put since.
static void first_of_equals_stays(weft_heap *heap)
{
    forget_hooks();
    weft_auto(weft_weakkeydict) dict = weft_weakkeydict_new(heap,
        WEFT_BY_FIRST_EQUAL);
    struct keyed *first = keyed_new(heap, 1);
    weft_auto(struct keyed) second = keyed_new(heap, 1);
    put(dict, first, weft_int(1));
    put(dict, second, weft_int(2));
    CHECK_EQ(weft_weakref_count(second), 0);
    CHECK_IS(dict, first, 2);
    weft_auto(weft_list) refs = weft_weakkeydict_keyrefs(dict);
    weft_auto_value ref = weft_list_get(refs, 0);
    void *key = weft_ref_get(ref.as.object);
    CHECK_SAME(key, first);
    weft_release(key);
    weft_release(first);
    CHECK_EQ(weft_weakkeydict_length(dict), 0);
    CHECK_IS(dict, second, -1);
}

// Pitfall H62: a key that dies late takes nothing along that was put under an
// equal one meanwhile, in whatever way.
static void hist_h62_late_death_spares_the_successor(weft_heap *heap)
{
    static const weft_by ways[] = { WEFT_BY_EQUALITY, WEFT_BY_FIRST_EQUAL };
    for (int i = 0; i < 2; i++) {
        weft_auto(weft_weakkeydict) dict = weft_weakkeydict_new(heap, ways[i]);
        struct keyed *old = keyed_new(heap, 1);
        weft_auto(struct keyed) new = keyed_new(heap, 1);
        put(dict, old, weft_int(1));
        CHECK_TRUE(weft_weakkeydict_remove(dict, new));
        put(dict, new, weft_int(2));
        weft_release(old);
        CHECK_IS(dict, new, 2);
        CHECK_EQ(weft_weakkeydict_length(dict), 1);
    }
}

// By identity every object is a key, no hook is asked, and what equals is not
// the same.
static void by_identity_all_are_keys(weft_heap *heap)
{
    forget_hooks();
    weft_auto(weft_weakkeydict) dict = weft_weakkeydict_new(heap,
        WEFT_BY_IDENTITY);
    weft_auto(struct keyed) one = keyed_new(heap, 1);
    weft_auto(struct keyed) equal = keyed_new(heap, 1);
    weft_auto(weft_list) list = weft_list_new(heap);
    weft_auto(weft_dict) other = weft_dict_new(heap, WEFT_BY_EQUALITY);
    weft_auto(weft_ref) ref = weft_ref_new(one, NULL, NULL);
    weft_auto(weft_ref) proxy = weft_proxy_new(one, NULL, NULL);
    const void *keys[] = { one, equal, list, other, ref, proxy, dict };
    const int count = sizeof(keys) / sizeof(keys[0]);
    for (int i = 0; i < count; i++)
        put(dict, keys[i], weft_int(i));
    for (int i = 0; i < count; i++)
        CHECK_IS(dict, keys[i], i);
    CHECK_EQ(weft_weakkeydict_length(dict), count);
    CHECK_EQ(hooks.hashes + hooks.equals, 0);
    weft_clear(&list);
    weft_clear(&ref);
    weft_clear(&proxy);
    CHECK_EQ(weft_weakkeydict_length(dict), count - 3);
}

// By equality a ref is the key that its object is.
static void refs_are_keys_as_their_objects(weft_heap *heap)
{
    weft_auto(weft_weakkeydict) dict = dict_new(heap);
    weft_auto(struct keyed) one = keyed_new(heap, 1);
    weft_auto(struct keyed) equal = keyed_new(heap, 1);
    weft_ref *ref = weft_ref_new(one, NULL, NULL);
    weft_auto(weft_ref) other = weft_ref_new(equal, NULL, NULL);
    put(dict, ref, weft_int(1));
    CHECK_IS(dict, other, 1);
    CHECK_IS(dict, one, -1);
    weft_clear(&ref);
    CHECK_IS(dict, other, -1);
    CHECK_EQ(weft_weakkeydict_length(dict), 0);
}

// Many whose hashes are all the same are told apart by what they equal.
static void crowds_of_one_hash_are_told_apart(weft_heap *heap)
{
    enum { COUNT = 150 };
    forget_hooks();
    hooks.crowded = true;
    weft_auto(weft_weakkeydict) dict = dict_new(heap);
    struct keyed *keys[COUNT];
    for (int i = 0; i < COUNT; i++) {
        keys[i] = keyed_new(heap, i);
        put(dict, keys[i], weft_int(i));
    }
    for (int i = 0; i < COUNT; i += 2)
        weft_clear(&keys[i * 7 % COUNT]);
    CHECK_TRUE(weft_heap_verify(heap));
    for (int i = 0; i < COUNT; i++)
        if (keys[i] != NULL)
            CHECK_IS(dict, keys[i], i);
    CHECK_EQ(weft_weakkeydict_length(dict), COUNT / 2);
    for (int i = 0; i < COUNT; i++)
        if (keys[i] != NULL)
            put(dict, keys[i], weft_int(i + 1));
    for (int i = 0; i < COUNT; i++)
        if (keys[i] != NULL)
            CHECK_IS(dict, keys[i], i + 1);
    for (int i = 0; i < COUNT; i++)
        weft_release(keys[i]);
}

// ---------------------------------------------------------------------------
// What cannot be put

static weft_weakkeydict *watched;
static weft_status late_status;

static void put_oneself(void *self)
{
    late_status = weft_weakkeydict_put(watched, self, weft_int(1));
    CHECK_EQ(weft_weakkeydict_setdefault(watched, self, weft_int(1)).kind,
        WEFT_KIND_NIL);
}

static weft_type late_type = {
    .name = "late", WEFT_SIZE(struct node), .clear = put_oneself };

// TYPE: nothing, what cannot be watched, what has no hash; REFERENCE: what is
// dying. These are not there to be looked up, either.
static void some_are_no_keys(weft_heap *heap)
{
    watched = dict_new(heap);
    weft_auto(weft_string) string = weft_string_new(heap, "s");
    weft_auto(struct keyed) forbidden = weft_new(heap, &forbidden_type);
    weft_auto(weft_list) list = weft_list_new(heap);
    weft_auto(struct node) node = plain_new(heap);
    const void *none[] = { NULL, string, forbidden, list, watched };
    put(watched, node, weft_int(7));
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        CHECK_EQ(weft_weakkeydict_put(watched, none[i], weft_int(1)),
            WEFT_TYPE_ERROR);
        CHECK_EQ(weft_weakkeydict_setdefault(watched, none[i],
            weft_int(1)).kind, WEFT_KIND_NIL);
        CHECK_IS(watched, none[i], -1);
        CHECK_FALSE(weft_weakkeydict_remove(watched, none[i]));
        CHECK_EQ(weft_weakkeydict_pop(watched, none[i]).kind, WEFT_KIND_NIL);
    }
    weft_release(weft_new(heap, &late_type));
    CHECK_EQ(late_status, WEFT_REFERENCE_ERROR);
    CHECK_EQ(weft_weakkeydict_length(watched), 1);
    weft_clear(&watched);
}

// ---------------------------------------------------------------------------
// Values

// A value is kept as long as its entry, whatever it is; a text as a string.
static void values_of_every_kind_are_kept(weft_heap *heap)
{
    weft_auto(weft_weakkeydict) dict = dict_new(heap);
    weft_auto(struct node) key = plain_new(heap);
    weft_auto(weft_list) list = weft_list_new(heap);
    const weft_value values[] = { weft_nil(), weft_bool(true), weft_int(-1),
        weft_double(0.5), weft_object(list), weft_object(dict) };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        put(dict, key, values[i]);
        CHECK_TRUE(weft_weakkeydict_contains(dict, key));
        weft_auto_value found = weft_weakkeydict_get(dict, key);
        CHECK_EQ(found.kind, values[i].kind);
        CHECK_TRUE(found.as.integer == values[i].as.integer
            || found.kind == WEFT_KIND_BOOL);
    }
    char bytes[] = "text";
    put(dict, key, weft_text(bytes));
    memset(bytes, 'x', 4);
    weft_auto_value text = weft_weakkeydict_get(dict, key);
    CHECK_STR(weft_value_text(text), "text");
    CHECK_EQ(weft_refcount(text.as.object), 2);
    CHECK_EQ(weft_refcount(list), 1);
    CHECK_EQ(weft_refcount(dict), 1);
}

static struct node *live_key;

static void look_at_new_value(struct node *self)
{
    (void)self;
    weft_auto_value value = weft_weakkeydict_get(watched, live_key);
    say("sees %d", (int)value.as.integer);
}

// The old value goes last: its finalizer sees the new one.
static void replaced_value_goes_last(weft_heap *heap)
{
    watched = dict_new(heap);
    live_key = plain_new(heap);
    struct node *value = loud_new(heap, "old");
    value->act = look_at_new_value;
    put(watched, live_key, weft_object(value));
    weft_release(value);
    put(watched, live_key, weft_int(2));
    CHECK_TRACE("~old sees 2 old.");
    weft_clear(&live_key);
    weft_clear(&watched);
}

// The value of a key that dies goes at the turn of its entry among callbacks,
// newest first; what is newer still has it by then.
static void values_go_at_their_turn(weft_heap *heap)
{
    weft_auto(weft_weakkeydict) first = dict_new(heap);
    weft_auto(weft_weakkeydict) second = dict_new(heap);
    struct node *key = loud_new(heap, "key");
    weft_auto(weft_ref) oldest = weft_ref_new(key, told_of, "oldest");
    struct node *a = loud_new(heap, "a"), *b = loud_new(heap, "b");
    put(first, key, weft_object(a));
    weft_auto(weft_ref) middle = weft_ref_new(key, told_of, "middle");
    put(second, key, weft_object(b));
    weft_release(a);
    weft_release(b);
    weft_release(key);
    CHECK_TRACE("~key ~b b. middle ~a a. oldest key.");
    CHECK_EQ(weft_weakkeydict_length(first), 0);
    CHECK_EQ(weft_weakkeydict_length(second), 0);
}

// To put again makes an entry that of a newer watcher only if its key changes;
// also while an iteration is open, which makes it another entry.
static void replacing_keeps_the_turn(weft_heap *heap)
{
    for (int i = 0; i < 2; i++) {
        weft_auto(weft_weakkeydict) dict = dict_new(heap);
        weft_auto(weft_weakkeydict) other = dict_new(heap);
        struct node *key = plain_new(heap);
        struct node *a = loud_new(heap, "a"), *b = loud_new(heap, "b");
        put(dict, key, weft_object(a));
        weft_auto(weft_ref) ref = weft_ref_new(key, told_of, "ref");
        weft_iterator it = weft_iterate(i == 0 ? other : dict);
        put(dict, key, weft_object(b));
        weft_release(a);
        weft_release(b);
        weft_iterate_end(&it);
        CHECK_TRACE("~a a.");
        weft_release(key);
        CHECK_TRACE("ref ~b b.");
    }
}

static void say_length(struct node *self)
{
    say("%zu", weft_weakkeydict_length(watched));
    (void)self;
}

// Pitfall H58: while the key's finalizer runs the entry is there; when its
// value goes it is not.
static void hist_h58_entry_goes_before_its_value(weft_heap *heap)
{
    watched = dict_new(heap);
    struct node *key = loud_new(heap, "key"), *value = loud_new(heap, "value");
    key->act = value->act = say_length;
    put(watched, key, weft_object(value));
    weft_release(value);
    weft_release(key);
    CHECK_TRACE("~key 1 ~value 0 value. key.");
    weft_clear(&watched);
}

static void put_for_live_key(struct node *self)
{
    put(watched, live_key, weft_object(self));
}

// A value may put itself under another key as it goes, and lives on.
static void value_may_live_on(weft_heap *heap)
{
    watched = dict_new(heap);
    live_key = plain_new(heap);
    struct node *key = plain_new(heap), *value = loud_new(heap, "value");
    value->act = put_for_live_key;
    put(watched, key, weft_object(value));
    weft_release(value);
    weft_release(key);
    CHECK_TRACE("~value");
    CHECK_EQ(weft_weakkeydict_length(watched), 1);
    weft_clear(&live_key);
    CHECK_TRACE("value.");
    weft_clear(&watched);
}

// A dictionary that is held by an entry of its own goes with that key; or when
// it is found to be garbage.
static void dictionary_may_hold_itself(weft_heap *heap)
{
    by_hand(heap);
    for (int i = 0; i < 2; i++) {
        weft_weakkeydict *dict = dict_new(heap);
        struct node *a = plain_new(heap), *b = plain_new(heap);
        weft_weak weak = weft_weak_of(dict);
        put(dict, b, weft_int(1));
        put(dict, a, weft_object(dict));
        weft_release(dict);
        CHECK_FALSE(weft_weak_is_dead(weak));
        if (i == 0)
            weft_clear(&a);
        else
            (void)weft_gc_collect(heap, WEFT_FULL);
        CHECK_TRUE(weft_weak_is_dead(weak));
        CHECK_EQ(weft_weakref_count(b), 0);
        weft_release(a);
        weft_release(b);
    }
}

static weft_heap *deep_heap;

// Each value is the next key.
static bool drop_chain(void)
{
    const size_t length = MANY(100000, 20000);
    weft_weakkeydict *dict = weft_weakkeydict_new(deep_heap, WEFT_BY_IDENTITY);
    struct node *first = plain_new(deep_heap), *last = first;
    for (size_t i = 1; i < length; i++) {
        struct node *next = plain_new(deep_heap);
        if (weft_weakkeydict_put(dict, last, weft_object(next)) != WEFT_OK)
            return false;
        weft_release(next);
        last = next;
    }
    bool full = weft_weakkeydict_length(dict) == length - 1;
    weft_release(first);
    bool empty = weft_weakkeydict_length(dict) == 0;
    weft_release(dict);
    return full && empty;
}

static bool on_a_heap_of_its_own(void)
{
    deep_heap = weft_heap_open(NULL);
    bool right = drop_chain();
    return weft_heap_close(deep_heap) == 0 && right;
}

// A chain of keys and values dies from its first key on, by counts alone, and
// needs no stack for it.
static void chains_die_without_recursion(void)
{
    CHECK_TRUE(runs_on_small_stack(on_a_heap_of_its_own));
}

// ---------------------------------------------------------------------------
// setdefault, get_or_create, pop, popitem, clear, update

// What is there stays and comes back; who asks under an equal key does not take
// the entry over.
static void setdefault_spares_what_is_there(weft_heap *heap)
{
    weft_auto(weft_weakkeydict) dict = dict_new(heap);
    weft_auto(struct keyed) key = keyed_new(heap, 1);
    weft_auto(struct keyed) equal = keyed_new(heap, 1);
    weft_auto_value text = weft_weakkeydict_setdefault(dict, key,
        weft_text("text"));
    CHECK_SAME(weft_type_of(text.as.object), &weft_string_type);
    weft_auto_value again = weft_weakkeydict_setdefault(dict, equal,
        weft_int(2));
    CHECK_SAME(again.as.object, text.as.object);
    CHECK_EQ(weft_weakref_count(equal), 0);
    CHECK_EQ(weft_weakkeydict_length(dict), 1);
}

struct maker {
    weft_heap *heap;
    int calls;
    void **drop;                // what it lets go of, or NULL
    const void *key;            // asks for it again, unless NULL
};

static void *make_value(weft_value key, void *context)
{
    struct maker *maker = context;
    maker->calls++;
    if (maker->drop != NULL)
        weft_release_slot(maker->drop);
    if (maker->key != NULL && maker->calls < 4)
        return weft_weakkeydict_get_or_create(watched, maker->key, make_value,
            maker);
    CHECK_TRUE(weft_value_object(key) != NULL);
    return plain_new(maker->heap);
}

static void *make_nothing(weft_value key, void *context)
{
    (void)key, (void)context;
    return NULL;
}

// Made once; asked again for the same key while making, the innermost is what
// is put; of what is no object nothing comes back.
static void makes_what_is_missing(weft_heap *heap)
{
    watched = dict_new(heap);
    weft_auto(struct node) key = plain_new(heap);
    struct maker maker = { .heap = heap, .key = key };
    CHECK_NULL(weft_weakkeydict_get_or_create(watched, key, make_nothing,
        NULL));
    CHECK_NULL(weft_weakkeydict_get_or_create(watched, NULL, make_value,
        &maker));
    CHECK_EQ(weft_weakkeydict_length(watched), 0);
    weft_auto(struct node) made = weft_weakkeydict_get_or_create(watched, key,
        make_value, &maker);
    weft_auto(struct node) again = weft_weakkeydict_get_or_create(watched, key,
        make_value, &maker);
    CHECK_EQ(maker.calls, 4);
    CHECK_SAME(made, again);
    CHECK_EQ(weft_refcount(made), 3);
    put(watched, key, weft_int(1));
    CHECK_NULL(weft_weakkeydict_get_or_create(watched, key, make_value,
        &maker));
    CHECK_EQ(maker.calls, 4);
    weft_clear(&watched);
}

// `make` may let go of the key, which is held for the call, and so of all.
static void maker_may_drop_the_key(weft_heap *heap)
{
    watched = dict_new(heap);
    void *key = plain_new(heap);
    struct maker maker = { .heap = heap, .drop = &key };
    weft_auto(struct node) made = weft_weakkeydict_get_or_create(watched, key,
        make_value, &maker);
    CHECK_TRUE(made != NULL);
    CHECK_EQ(weft_refcount(made), 1);
    CHECK_EQ(weft_weakkeydict_length(watched), 0);
    weft_clear(&watched);
}

// Popped values, and their keys, are the caller's; the newest comes first.
static void popped_ones_are_the_callers(weft_heap *heap)
{
    weft_auto(weft_weakkeydict) dict = dict_new(heap);
    struct node *a = loud_new(heap, "a"), *b = loud_new(heap, "b");
    weft_auto(struct node) key = plain_new(heap);
    weft_auto(struct node) other = plain_new(heap);
    put(dict, key, weft_object(a));
    put(dict, other, weft_object(b));
    weft_release(a);
    weft_release(b);
    weft_value value = weft_weakkeydict_pop(dict, key);
    CHECK_SAME(value.as.object, a);
    CHECK_EQ(weft_refcount(a), 1);
    weft_value_release(value);
    CHECK_TRACE("~a a.");
    void *last;
    CHECK_TRUE(weft_weakkeydict_popitem(dict, &last, &value));
    CHECK_SAME(last, other);
    CHECK_EQ(weft_refcount(other), 2);
    weft_release(last);
    weft_value_release(value);
    CHECK_TRACE("~b b.");
    CHECK_FALSE(weft_weakkeydict_popitem(dict, &last, &value));
    CHECK_NULL(last);
    CHECK_EQ(value.kind, WEFT_KIND_NIL);
}

// Clearing empties first, then lets go of the values, in order; what they put
// meanwhile stays.
static void clear_empties_first(weft_heap *heap)
{
    watched = dict_new(heap);
    live_key = plain_new(heap);
    static const char *const names[] = { "a", "b", "c" };
    struct node *keys[3];
    for (int i = 0; i < 3; i++) {
        struct node *value = loud_new(heap, names[i]);
        keys[i] = plain_new(heap);
        value->act = i == 1 ? put_for_live_key : say_length;
        put(watched, keys[i], weft_object(value));
        weft_release(value);
    }
    weft_weakkeydict_clear(watched);
    CHECK_TRACE("~a 0 a. ~b ~c 1 c.");
    CHECK_EQ(weft_weakkeydict_length(watched), 1);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(weft_weakref_count(keys[i]), 0);
        weft_release(keys[i]);
    }
    weft_clear(&live_key);
    CHECK_TRACE("b.");
    weft_clear(&watched);
}

// Removing lets go of the value when the entry is gone.
static void removing_lets_go_last(weft_heap *heap)
{
    watched = dict_new(heap);
    weft_auto(struct node) key = plain_new(heap);
    struct node *value = loud_new(heap, "value");
    value->act = say_length;
    put(watched, key, weft_object(value));
    weft_release(value);
    CHECK_TRUE(weft_weakkeydict_remove(watched, key));
    CHECK_FALSE(weft_weakkeydict_remove(watched, key));
    CHECK_TRACE("~value 0 value.");
    weft_clear(&watched);
}

// An update goes by how the updated one compares, and takes over by that; of
// itself it changes nothing.
static void update_compares_as_the_updated(weft_heap *heap)
{
    weft_auto(weft_weakkeydict) dict = dict_new(heap);
    weft_auto(weft_weakkeydict) other = weft_weakkeydict_new(heap,
        WEFT_BY_IDENTITY);
    weft_auto(struct keyed) one = keyed_new(heap, 1);
    weft_auto(struct keyed) equal = keyed_new(heap, 1);
    weft_auto(weft_list) list = weft_list_new(heap);
    put(other, one, weft_int(1));
    put(other, equal, weft_int(2));
    CHECK_EQ(weft_weakkeydict_update(dict, other), WEFT_OK);
    CHECK_EQ(weft_weakkeydict_length(dict), 1);
    CHECK_IS(dict, one, 2);
    CHECK_EQ(weft_weakref_count(equal), 2);
    CHECK_EQ(weft_weakref_count(one), 1);
    CHECK_EQ(weft_weakkeydict_update(other, other), WEFT_OK);
    CHECK_EQ(weft_weakkeydict_length(other), 2);
    put(other, list, weft_int(3));
    CHECK_EQ(weft_weakkeydict_update(dict, other), WEFT_TYPE_ERROR);
    CHECK_EQ(weft_weakkeydict_length(dict), 1);
    weft_auto(weft_weakkeydict) copy = weft_weakkeydict_copy(other);
    CHECK_IS(copy, list, 3);
    CHECK_EQ(weft_weakkeydict_length(copy), 3);
}

// ---------------------------------------------------------------------------
// Memory

// Neither looking up, nor removing, nor dying needs any.
static void only_putting_needs_memory(weft_heap *heap)
{
    enum { COUNT = 100 };
    weft_auto(weft_weakkeydict) dict = dict_new(heap);
    struct keyed *keys[COUNT];
    for (int i = 0; i < COUNT; i++) {
        weft_auto(struct node) value = plain_new(heap);
        keys[i] = keyed_new(heap, i);
        put(dict, keys[i], weft_object(value));
    }
    weft_auto(struct keyed) equal = keyed_new(heap, 5);
    arm(heap);
    CHECK_TRUE(weft_weakkeydict_contains(dict, equal));
    CHECK_TRUE(weft_weakkeydict_remove(dict, equal));
    for (int i = 6; i < 50; i++)
        weft_clear(&keys[i]);
    weft_value value = weft_weakkeydict_pop(dict, keys[50]);
    weft_value_release(value);
    void *key;
    CHECK_TRUE(weft_weakkeydict_popitem(dict, &key, &value));
    weft_release(key);
    weft_value_release(value);
    CHECK_EQ(weft_weakkeydict_length(dict), COUNT - 1 - 44 - 2);
    weft_weakkeydict_clear(dict);
    CHECK_FALSE(disarm(heap));
    for (int i = 0; i < COUNT; i++)
        weft_release(keys[i]);
}

// Either it is put, or nothing has changed.
static bool try_put(weft_weakkeydict *dict, void *key, weft_value value)
{
    size_t length = weft_weakkeydict_length(dict);
    bool there = weft_weakkeydict_contains(dict, key);
    weft_auto_value before = weft_weakkeydict_get(dict, key);
    bool put = went_well(weft_weakkeydict_put(dict, key, value));
    weft_auto_value after = weft_weakkeydict_get(dict, key);
    CHECK_EQ(weft_weakkeydict_length(dict), length + (put && !there));
    CHECK_EQ(weft_weakkeydict_contains(dict, key), put || there);
    if (!put)
        CHECK_TRUE(after.kind == before.kind
            && after.as.integer == before.as.integer);
    return put;
}

static void puts_may_fail(weft_heap *heap)
{
    weft_auto(weft_weakkeydict) dict = dict_new(heap);
    struct keyed *keys[12];
    weft_auto(struct keyed) equal = keyed_new(heap, 3);
    if (!made(dict) || !made(equal))
        return;
    for (int i = 0; i < 12; i++) {
        keys[i] = keyed_new(heap, i);
        if (made(keys[i]))
            (void)try_put(dict, keys[i], weft_int(i));
    }
    if (keys[1] != NULL)
        (void)try_put(dict, keys[1], weft_text("text"));
    weft_iterator it = weft_iterate(dict);
    (void)try_put(dict, equal, weft_text("another"));
    if (keys[1] != NULL)
        (void)try_put(dict, keys[1], weft_object(dict));
    weft_iterate_end(&it);
    CHECK_TRUE(weft_heap_verify(heap));
    for (int i = 0; i < 12; i++)
        weft_release(keys[i]);
    CHECK_TRUE(weft_weakkeydict_length(dict) <= 1);
}

static void all_else_may_fail(weft_heap *heap)
{
    watched = dict_new(heap);
    weft_auto(struct node) key = plain_new(heap);
    weft_auto(struct node) other = plain_new(heap);
    struct maker maker = { .heap = heap };
    if (made(watched) && made(key) && made(other)) {
        weft_auto_value text = weft_weakkeydict_setdefault(watched, key,
            weft_text("text"));
        size_t length = text.kind != WEFT_KIND_NIL;
        CHECK_TRUE(length == 1 || shim.failing);
        CHECK_EQ(weft_weakkeydict_length(watched), length);
        weft_auto(struct node) value = weft_weakkeydict_get_or_create(watched,
            other, make_value, &maker);
        length += value != NULL;
        CHECK_TRUE(value != NULL || shim.failing);
        CHECK_EQ(weft_weakkeydict_length(watched), length);
        weft_auto(weft_weakkeydict) copy = weft_weakkeydict_copy(watched);
        CHECK_TRUE(!made(copy) || weft_weakkeydict_length(copy) == length);
        weft_auto(weft_list) refs = weft_weakkeydict_keyrefs(watched);
        CHECK_TRUE(!made(refs) || weft_list_length(refs) == length);
    }
    weft_clear(&watched);
}

TESTS(RUN(newcomer_takes_over), RUN(first_of_equals_stays),
    RUN(hist_h62_late_death_spares_the_successor),
    RUN(by_identity_all_are_keys), RUN(refs_are_keys_as_their_objects),
    RUN(crowds_of_one_hash_are_told_apart), RUN(some_are_no_keys),
    RUN(values_of_every_kind_are_kept), RUN(replaced_value_goes_last),
    RUN(values_go_at_their_turn), RUN(replacing_keeps_the_turn),
    RUN(hist_h58_entry_goes_before_its_value), RUN(value_may_live_on),
    RUN(dictionary_may_hold_itself), RUN_ALONE(chains_die_without_recursion),
    RUN(setdefault_spares_what_is_there), RUN(makes_what_is_missing),
    RUN(maker_may_drop_the_key), RUN(popped_ones_are_the_callers),
    RUN(clear_empties_first), RUN(removing_lets_go_last),
    RUN(update_compares_as_the_updated),
    RUN_CALM(only_putting_needs_memory, "a collection needs memory"),
    RUN_OOM(puts_may_fail), RUN_OOM(all_else_may_fail))
