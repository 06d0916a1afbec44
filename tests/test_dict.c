// SPDX-License-Identifier: MIT
//
// Dictionaries: what a key is, in which order they are, what changes them, and
// going through one while it changes.
#include "dicts.h"
#include "depth.h"

// ---------------------------------------------------------------------------
// What is there

// A new dict is empty: there is nothing to find, to take, or to remove.
static void is_empty_at_first(weft_heap *heap)
{
    weft_auto(weft_dict) dict = new_dict(heap);
    size_t length = 7;
    weft_value key = weft_int(1), value = weft_int(2);
    CHECK_EQ(weft_dict_length(dict), 0);
    CHECK_EQ(weft_length(dict, &length), WEFT_OK);
    CHECK_EQ(length, 0);
    CHECK_EQ(weft_dict_get(dict, weft_int(1)).kind, WEFT_KIND_NIL);
    CHECK_EQ(weft_dict_pop(dict, weft_text("a")).kind, WEFT_KIND_NIL);
    CHECK_FALSE(weft_dict_contains(dict, weft_nil()));
    CHECK_FALSE(weft_dict_remove(dict, weft_int(1)));
    CHECK_FALSE(weft_dict_popitem(dict, &key, &value));
    CHECK_EQ(key.kind, WEFT_KIND_NIL);
    CHECK_EQ(value.kind, WEFT_KIND_NIL);
    weft_dict_clear(dict);
    weft_each (it, dict)
        say("never");
    CHECK_TRACE("");
    CHECK_TRUE(weft_is_weakable(dict));
}

// Keys stay where they were put first; one that was removed comes last again.
static void keeps_the_order_of_first_putting(weft_heap *heap)
{
    weft_auto(weft_dict) dict = new_dict(heap);
    put(dict, weft_text("b"), weft_int(1));
    put(dict, weft_text("a"), weft_int(2));
    put(dict, weft_text("c"), weft_int(3));
    put(dict, weft_text("b"), weft_int(4));
    say_dict(dict);
    CHECK_TRACE("b 4 a 2 c 3");
    CHECK_TRUE(weft_dict_remove(dict, weft_text("b")));
    CHECK_FALSE(weft_dict_remove(dict, weft_text("b")));
    put(dict, weft_text("b"), weft_int(5));
    say_dict(dict);
    CHECK_TRACE("a 2 c 3 b 5");
    CHECK_EQ(weft_dict_pop(dict, weft_text("c")).as.integer, 3);
    say_dict(dict);
    CHECK_TRACE("a 2 b 5");
}

// Numbers are keys by value, as in Python, and the first of equals stays.
static void numbers_are_keys_by_value(weft_heap *heap)
{
    weft_auto(weft_dict) dict = new_dict(heap);
    put(dict, weft_int(1), weft_int(10));
    put(dict, weft_bool(true), weft_int(11));
    put(dict, weft_double(1.0), weft_int(12));
    put(dict, weft_double(-0.0), weft_int(20));
    put(dict, weft_bool(false), weft_int(21));
    put(dict, weft_double(0.5), weft_int(30));
    CHECK_EQ(weft_dict_length(dict), 3);
    CHECK_EQ(at(dict, weft_int(1)), 12);
    CHECK_EQ(at(dict, weft_int(0)), 21);
    CHECK_EQ(at(dict, weft_double(0.5)), 30);
    CHECK_EQ(at(dict, weft_int(2)), -1);
    weft_value key, value;
    CHECK_TRUE(weft_dict_popitem(dict, &key, &value));
    CHECK_EQ(key.kind, WEFT_KIND_DOUBLE);
    CHECK_EQ(key.size, 0);
    CHECK_TRUE(weft_dict_popitem(dict, &key, &value));
    CHECK_EQ(key.kind, WEFT_KIND_DOUBLE);
    CHECK_TRUE(weft_dict_popitem(dict, &key, &value));
    CHECK_EQ(key.kind, WEFT_KIND_INT);
    put(dict, weft_double(0x1p53), weft_int(1));
    CHECK_EQ(at(dict, weft_int(((int64_t)1 << 53) + 1)), -1);
    CHECK_EQ(at(dict, weft_int((int64_t)1 << 53)), 1);
}

// NaN equals nothing, but is itself; nil is a key, an OBJECT of NULL is nil.
static void odd_values_are_keys(weft_heap *heap)
{
    weft_auto(weft_dict) dict = new_dict(heap);
    double nan = strtod("nan", NULL);
    put(dict, weft_double(nan), weft_int(1));
    put(dict, weft_double(nan), weft_int(2));
    put(dict, weft_nil(), weft_int(3));
    put(dict, weft_object(NULL), weft_int(4));
    weft_value null = { .kind = WEFT_KIND_OBJECT };
    put(dict, null, weft_int(5));
    CHECK_EQ(weft_dict_length(dict), 2);
    CHECK_EQ(at(dict, weft_double(nan)), 2);
    CHECK_EQ(at(dict, weft_nil()), 5);
    CHECK_EQ(at(dict, weft_int(0)), -1);
    CHECK_EQ(at(dict, weft_bool(false)), -1);
    put(dict, weft_int(7), weft_nil());
    CHECK_TRUE(weft_dict_contains(dict, weft_int(7)));
    CHECK_EQ(weft_dict_get(dict, weft_int(7)).kind, WEFT_KIND_NIL);
}

// Texts find strings and are kept as such; looking them up makes nothing.
static void texts_are_kept_as_strings(weft_heap *heap)
{
    weft_auto(weft_dict) dict = new_dict(heap);
    char text[] = "name";
    put(dict, weft_text(text), weft_text("value"));
    put(dict, weft_text_sized("a\0b", 3), weft_int(1));
    text[0] = 'x';
    size_t before = object_count(heap);
    CHECK_TRUE(weft_dict_contains(dict, weft_text("name")));
    CHECK_FALSE(weft_dict_contains(dict, weft_text("nam")));
    CHECK_EQ(at(dict, weft_text_sized("a\0b", 3)), 1);
    CHECK_EQ(object_count(heap), before);
    weft_auto(weft_string) name = weft_string_new(heap, "name");
    weft_auto_value value = weft_dict_get(dict, weft_object(name));
    CHECK_STR(weft_value_text(value), "value");
    CHECK_EQ(value.kind, WEFT_KIND_OBJECT);
    put(dict, weft_object(name), weft_int(2));
    CHECK_EQ(weft_refcount(name), 1);       // the old key stays
    CHECK_EQ(at(dict, weft_text("name")), 2);
}

// What it holds it keeps, each once; and lets go of it again.
static void keeps_keys_and_values(weft_heap *heap)
{
    weft_auto(struct node) key = plain_new(heap);
    weft_auto(struct node) value = plain_new(heap);
    weft_auto(weft_dict) dict = new_dict(heap);
    put(dict, weft_object(key), weft_object(value));
    put(dict, weft_object(key), weft_object(value));
    CHECK_EQ(weft_refcount(key), 2);
    CHECK_EQ(weft_refcount(value), 2);
    weft_value got = weft_dict_get(dict, weft_object(key));
    CHECK_SAME(weft_value_object(got), value);
    CHECK_EQ(weft_refcount(value), 3);
    weft_value_release(got);
    got = weft_dict_pop(dict, weft_object(key));
    CHECK_SAME(weft_value_object(got), value);
    CHECK_EQ(weft_refcount(key), 1);
    CHECK_EQ(weft_refcount(value), 2);
    weft_value_release(got);
    put(dict, weft_object(key), weft_object(value));
    CHECK_TRUE(weft_dict_remove(dict, weft_object(key)));
    CHECK_EQ(weft_refcount(value), 1);
    put(dict, weft_object(key), weft_object(value));
    weft_value taken;
    CHECK_TRUE(weft_dict_popitem(dict, &taken, &got));
    CHECK_SAME(weft_value_object(taken), key);
    CHECK_EQ(weft_refcount(key), 2);
    weft_value_release(taken);
    weft_value_release(got);
    put(dict, weft_object(key), weft_object(value));
    weft_clear(&dict);
    CHECK_EQ(weft_refcount(key), 1);
    CHECK_EQ(weft_refcount(value), 1);
}

// An unhashable key cannot be put, and is not there.
static void unhashable_keys_are_not_there(weft_heap *heap)
{
    weft_auto(weft_dict) dict = dict_of(heap, 3);
    weft_auto(weft_list) list = weft_list_new(heap);
    weft_auto(weft_ref) proxy = weft_proxy_new(list, NULL, NULL);
    weft_auto(weft_weakset) set = weft_weakset_new(heap, WEFT_BY_IDENTITY);
    weft_value keys[] = { weft_object(list), weft_object(dict),
        weft_object(proxy), weft_object(set) };
    for (size_t i = 0; i < 4; i++) {
        CHECK_EQ(weft_dict_put(dict, keys[i], weft_object(list)),
            WEFT_TYPE_ERROR);
        CHECK_FALSE(weft_dict_contains(dict, keys[i]));
        CHECK_EQ(weft_dict_get(dict, keys[i]).kind, WEFT_KIND_NIL);
        CHECK_EQ(weft_dict_setdefault(dict, keys[i], weft_int(1)).kind,
            WEFT_KIND_NIL);
        CHECK_FALSE(weft_dict_remove(dict, keys[i]));
    }
    CHECK_EQ(weft_refcount(list), 1);
    CHECK_EQ(weft_refcount(dict), 1);
    CHECK_EQ(weft_dict_length(dict), 3);
}

// Refs are keys as what they refer to, also when that is gone, if they were
// asked before.
static void refs_are_keys_as_their_referents(weft_heap *heap)
{
    weft_auto(weft_dict) dict = new_dict(heap);
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(weft_ref) a = weft_ref_new_as(&weft_ref_type, node, NULL, NULL);
    weft_auto(weft_ref) b = weft_ref_new_as(&weft_ref_type, node, NULL, NULL);
    put(dict, weft_object(a), weft_int(1));
    CHECK_EQ(at(dict, weft_object(b)), 1);
    CHECK_EQ(at(dict, weft_object(node)), -1);
    weft_clear(&node);
    CHECK_EQ(at(dict, weft_object(a)), 1);
    CHECK_EQ(at(dict, weft_object(b)), -1);
}

// ---------------------------------------------------------------------------
// Changing it

static weft_dict *open_dict;

static void look_at_dict(struct node *self)
{
    (void)self;
    say("%d", (int)weft_dict_length(open_dict));
    put(open_dict, weft_int(1), weft_int(5));
}

// Clearing empties the dict first: finalizers may fill it again.
static void clear_empties_first(weft_heap *heap)
{
    open_dict = new_dict(heap);
    put_loud(open_dict, weft_int(1), "a");
    weft_auto_value first = weft_dict_get(open_dict, weft_int(1));
    ((struct node *)weft_value_object(first))->act = look_at_dict;
    put_loud(open_dict, weft_int(2), "b");
    weft_value_clear(&first);
    weft_dict_clear(open_dict);
    CHECK_TRACE("~a 0 a. ~b b.");
    say_dict(open_dict);
    CHECK_TRACE("1 5");
    put_loud(open_dict, weft_int(1), "c");  // what was there goes last, too
    weft_auto_value c = weft_dict_get(open_dict, weft_int(1));
    ((struct node *)weft_value_object(c))->act = look_at_dict;
    weft_value_clear(&c);
    put(open_dict, weft_int(1), weft_int(6));
    CHECK_TRACE("~c 1 c.");
    CHECK_EQ(at(open_dict, weft_int(1)), 5);
    weft_clear(&open_dict);
}

// The default is put if there is nothing; what is there then comes back.
static void setdefault_puts_what_is_missing(weft_heap *heap)
{
    weft_auto(weft_dict) dict = new_dict(heap);
    weft_auto(struct node) node = plain_new(heap);
    weft_auto_value made = weft_dict_setdefault(dict, weft_text("a"),
        weft_text("text"));
    CHECK_STR(weft_value_text(made), "text");
    weft_auto_value there = weft_dict_setdefault(dict, weft_text("a"),
        weft_object(node));
    CHECK_SAME(there.as.object, made.as.object);
    CHECK_EQ(weft_refcount(node), 1);
    CHECK_EQ(weft_refcount(made.as.object), 3);
    CHECK_EQ(weft_dict_length(dict), 1);
}

// Updating puts all of the other, in its order, without asking for hashes.
static void update_puts_all(weft_heap *heap)
{
    weft_auto(weft_dict) a = dict_of(heap, 3);
    weft_auto(weft_dict) b = new_dict(heap);
    put(b, weft_int(7), weft_text("seven"));
    put(b, weft_double(1), weft_text("one"));
    put_label(b, 1, 2);
    asked = 0;
    CHECK_EQ(weft_dict_update(a, b), WEFT_OK);
    CHECK_EQ(asked, 0);
    CHECK_EQ(weft_dict_length(a), 5);
    CHECK_EQ(weft_dict_update(a, a), WEFT_OK);
    weft_auto_value one = weft_dict_get(a, weft_int(1));
    CHECK_STR(weft_value_text(one), "one");
    weft_auto(struct label) label = label_new(heap, 1, 2);
    CHECK_EQ(at(a, weft_object(label)), 1);
    weft_auto(weft_dict) c = weft_dict_new(heap, WEFT_BY_IDENTITY);
    CHECK_EQ(weft_dict_update(c, a), WEFT_OK);
    CHECK_EQ(at(c, weft_object(label)), -1);
    CHECK_EQ(at(c, weft_int(0)), 0);
    CHECK_TRUE(weft_dict_remove(c, weft_int(0)));
    asked = 0;
    CHECK_EQ(weft_dict_update(b, c), WEFT_OK);
    CHECK_TRUE(asked > 0);
    CHECK_EQ(weft_dict_length(b), 4);
}

// A copy has the same in the same order, and a life of its own.
static void copies_are_apart(weft_heap *heap)
{
    weft_auto(weft_dict) dict = dict_of(heap, 20);
    weft_auto(struct label) label = label_new(heap, 1, 2);
    put(dict, weft_nil(), weft_text("nil"));
    put(dict, weft_object(label), weft_text("label"));
    weft_auto(weft_dict) dense = weft_dict_copy(dict);
    for (int i = 0; i < 20; i += 2)
        CHECK_TRUE(weft_dict_remove(dict, weft_int(i)));
    asked = 0;
    weft_auto(weft_dict) copy = weft_dict_copy(dict);
    CHECK_EQ(asked, 0);
    CHECK_EQ(weft_refcount(label), 4);
    weft_dict_clear(dict);
    say_dict(copy);
    CHECK_TRACE("1 10 3 30 5 50 7 70 9 90 11 110 13 130 15 150 17 170 19 190 "
        "kind0 nil kind5 label");
    weft_auto_value nil = weft_dict_pop(copy, weft_nil());
    CHECK_STR(weft_value_text(nil), "nil");
    CHECK_TRUE(weft_dict_remove(copy, weft_object(label)));
    CHECK_EQ(weft_dict_length(copy), 10);
    CHECK_EQ(weft_dict_length(dense), 22);
    CHECK_TRUE(weft_dict_remove(dense, weft_nil()));
    CHECK_EQ(at(dense, weft_int(12)), 120);
    weft_auto(weft_dict) identity = weft_dict_new(heap, WEFT_BY_IDENTITY);
    weft_auto(weft_dict) empty = weft_dict_copy(identity);
    put(empty, weft_object(dict), weft_int(1));
    CHECK_EQ(at(empty, weft_object(dict)), 1);
}

// ---------------------------------------------------------------------------
// Iteration

// What is put while going through is not seen, what is removed is not either,
// and values are those of now; what comes back comes too late.
static void hist_h61_shows_the_keys_of_the_start(weft_heap *heap)
{
    weft_auto(weft_dict) dict = dict_of(heap, 6);
    weft_each (it, dict) {
        say_value(it.key);
        say_value(it.value);
        CHECK_NULL(it.object);
        CHECK_SAME(it.container, dict);
        CHECK_EQ(it.key.size, 0);
        if (it.key.as.integer != 1)
            continue;
        CHECK_TRUE(weft_dict_remove(dict, weft_int(1)));
        CHECK_TRUE(weft_dict_remove(dict, weft_int(3)));
        CHECK_TRUE(weft_dict_remove(dict, weft_int(4)));
        put(dict, weft_int(4), weft_int(41));
        put(dict, weft_int(5), weft_int(51));
        for (int i = 100; i < 200; i++)
            put(dict, weft_int(i), weft_int(i));
    }
    CHECK_TRACE("0 0 1 10 2 20 5 51");
    CHECK_EQ(weft_dict_length(dict), 104);
    CHECK_EQ(at(dict, weft_int(4)), 41);
}

// After a clear there is nothing more to see, whatever is put in then.
static void clear_ends_what_is_shown(weft_heap *heap)
{
    weft_auto(weft_dict) dict = dict_of(heap, 10);
    weft_each (it, dict) {
        say_value(it.key);
        if (it.key.as.integer != 2)
            continue;
        weft_dict_clear(dict);
        for (int i = 0; i < 10; i++)
            put(dict, weft_int(i), weft_int(i));
    }
    CHECK_TRACE("0 1 2");
    CHECK_EQ(weft_dict_length(dict), 10);
}

// Nor are those shown that came into the place of what was popped.
static void popped_places_are_not_shown_again(weft_heap *heap)
{
    weft_auto(weft_dict) dict = dict_of(heap, 4);
    weft_value key, value;
    weft_each (it, dict) {
        say_value(it.key);
        for (int i = 0; i < 3; i++) {
            CHECK_TRUE(weft_dict_popitem(dict, &key, &value));
            say("-%d", (int)key.as.integer);
        }
        for (int i = 0; i < 3; i++)
            put(dict, weft_int(10 + i), weft_int(i));
        CHECK_TRUE(weft_dict_popitem(dict, &key, &value));
        CHECK_EQ(key.as.integer, 12);
    }
    CHECK_TRACE("0 -3 -2 -1");
    say_dict(dict);
    CHECK_TRACE("0 0 10 0 11 1");
}

// What is shown is held until the next step, key and value.
static void shown_entries_are_held(weft_heap *heap)
{
    weft_auto(weft_dict) dict = weft_dict_new(heap, WEFT_BY_IDENTITY);
    weft_auto(struct node) key = loud_new(heap, "k");
    put_loud(dict, weft_object(key), "v");
    put_loud(dict, weft_int(2), "w");
    weft_clear(&key);
    weft_each (it, dict) {
        weft_dict_clear(dict);
        say("%s", ((struct node *)weft_value_object(it.key))->name);
        say("%s", ((struct node *)it.object)->name);
    }
    CHECK_TRACE("~w w. k v ~k k. ~v v.");
}

WEFT_NEW_REF static struct node *find_first(weft_dict *dict)
{
    weft_each (it, dict)
        if (it.object != NULL)
            return weft_retain(it.object);
    return NULL;
}

// It holds its dict, may be left early, nests, and goes through a proxy.
static void iterations_hold_and_nest(weft_heap *heap)
{
    weft_dict *dict = dict_of(heap, 3);
    weft_auto(weft_ref) proxy = weft_proxy_new(dict, NULL, NULL);
    weft_each (outer, proxy)
        weft_each (inner, dict)
            say("%d%d", (int)outer.key.as.integer, (int)inner.key.as.integer);
    CHECK_TRACE("00 01 02 10 11 12 20 21 22");
    put_loud(dict, weft_int(9), "a");
    weft_auto(struct node) node = find_first(dict);
    CHECK_EQ(weft_refcount(node), 2);
    CHECK_EQ(weft_refcount(dict), 1);
    weft_clear(&node);
    weft_each (it, dict) {
        if (it.key.as.integer == 0)
            weft_release(dict);
        say("%d", (int)it.key.as.integer);
    }
    CHECK_TRACE("0 1 2 9 ~a a.");
    CHECK_EQ(object_count(heap), 1);
    weft_iterator it = weft_iterate(proxy);
    CHECK_FALSE(weft_next(&it));
    weft_iterate_end(&it);
}

// ---------------------------------------------------------------------------
// Death

// A dying dict lets go of its entries in order, keys first; also if the first
// ones were removed before.
static void dies_in_order(weft_heap *heap)
{
    static const char *const names[4][2] = { { "k0", "v0" }, { "k1", "v1" },
        { "k2", "v2" }, { "k3", "v3" } };
    for (int removed = 0; removed < 3; removed++) {
        weft_dict *dict = weft_dict_new(heap, WEFT_BY_IDENTITY);
        for (int i = 0; i < 4; i++) {
            weft_auto(struct node) key = loud_new(heap, names[i][0]);
            put_loud(dict, weft_object(key), names[i][1]);
        }
        weft_iterator it = weft_iterate(dict);
        for (int i = 0; i < removed; i++) {
            CHECK_TRUE(weft_next(&it));
            CHECK_TRUE(weft_dict_remove(dict, it.key));
        }
        weft_iterate_end(&it);
        forget_trace();
        weft_release(dict);
        CHECK_TRACE(removed == 0
            ? "~k0 k0. ~v0 v0. ~k1 k1. ~v1 v1. ~k2 k2. ~v2 v2. ~k3 k3. ~v3 v3."
            : removed == 1
            ? "~k1 k1. ~v1 v1. ~k2 k2. ~v2 v2. ~k3 k3. ~v3 v3."
            : "~k2 k2. ~v2 v2. ~k3 k3. ~v3 v3.");
    }
}

// Dicts in dicts, as values and as keys in turn.
static bool nested_dicts_die(void)
{
    weft_heap *heap = weft_heap_open(NULL);
    weft_dict *dict = weft_dict_new(heap, WEFT_BY_IDENTITY);
    bool good = true;
    for (size_t i = 0; i < 100000; i++) {
        weft_dict *outer = weft_dict_new(heap, WEFT_BY_IDENTITY);
        weft_value inner = weft_object(dict), number = weft_int((int64_t)i);
        good = good && weft_dict_put(outer, number, number) == WEFT_OK
            && weft_dict_put(outer, i % 2 == 0 ? inner : weft_nil(),
                i % 2 == 0 ? number : inner) == WEFT_OK
            && weft_dict_remove(outer, number);
        weft_release(dict);
        dict = outer;
    }
    weft_release(dict);
    return good && object_count(heap) == 0 && weft_heap_close(heap) == 0;
}

static void depth_needs_no_stack(void)
{
    CHECK_TRUE(runs_on_small_stack(nested_dicts_die));
}

// What is dead is no key: that is misuse.
static void dead_keys_are_refused(weft_heap *heap)
{
    weft_auto(weft_dict) dict = dict_of(heap, 3);
    struct node *dead = plain_new(heap);
    weft_release(dead);
    CHECK_EQ(weft_dict_put(dict, weft_object(dead), weft_int(1)),
        WEFT_TYPE_ERROR);
    CHECK_REPORT(WEFT_MISUSE, "is dead");
    CHECK_EQ(weft_dict_length(dict), 3);
    if (!CHECKED)
        return;
    CHECK_FALSE(weft_dict_contains(dict, weft_object(dead)));
    CHECK_REPORT(WEFT_MISUSE, "looking up a key");
}

static weft_dict *dying;        // raw

static void use_dying(struct node *self)
{
    weft_value key, value;
    CHECK_EQ(weft_dict_put(dying, weft_int(1), weft_object(self)),
        WEFT_TYPE_ERROR);
    CHECK_FALSE(weft_dict_popitem(dying, &key, &value));
    CHECK_FALSE(weft_dict_remove(dying, weft_int(2)));
    CHECK_NULL(weft_dict_copy(dying));
    weft_dict_clear(dying);
    (void)weft_dict_contains(dying, weft_int(2));
    weft_value_release(weft_dict_get(dying, weft_object(self)));
}

// A dict that is dying cannot be changed; that is misuse.
static void dying_dicts_are_left_alone(weft_heap *heap)
{
    dying = new_dict(heap);
    put_loud(dying, weft_int(1), "a");
    put_loud(dying, weft_int(2), "b");
    put_label(dying, 3, 3);
    weft_auto_value first = weft_dict_get(dying, weft_int(1));
    ((struct node *)weft_value_object(first))->act = use_dying;
    weft_value_clear(&first);
    weft_release(dying);
    CHECK_REPORT(WEFT_MISUSE, "weft_dict_put: the dict is dying");
    CHECK_REPORT(WEFT_MISUSE, "weft_dict_popitem: the dict is dying");
    CHECK_REPORT(WEFT_MISUSE, "weft_dict_remove: the dict is dying");
    CHECK_REPORT(WEFT_MISUSE, "weft_dict_copy: the dict is dying");
    CHECK_REPORT(WEFT_MISUSE, "weft_dict_clear: the dict is dying");
    CHECK_TRACE("~a a. ~b b.");
}

// Rings through keys and values of dicts and lists are garbage like others.
static void rings_are_collected(weft_heap *heap)
{
    weft_dict *dict = weft_dict_new(heap, WEFT_BY_IDENTITY);
    weft_auto(weft_list) list = weft_list_new(heap);
    put(dict, weft_int(0), weft_int(0));
    put(dict, weft_object(dict), weft_object(list));
    put(dict, weft_object(list), weft_nil());
    CHECK_EQ(weft_list_append(list, weft_object(dict)), WEFT_OK);
    CHECK_TRUE(weft_dict_remove(dict, weft_int(0)));
    put_loud(dict, weft_int(7), "a");
    weft_weak watch = weft_weak_of(dict);
    weft_release(dict);
    (void)weft_gc_collect(heap, WEFT_FULL);
    CHECK_FALSE(weft_weak_is_dead(watch));
    CHECK_EQ(weft_dict_length(dict), 3);
    weft_auto(weft_list) held = weft_gc_get_referents(dict);
    CHECK_EQ(weft_list_length(held), 4);
    weft_clear(&held);
    weft_clear(&list);
    (void)weft_gc_collect(heap, WEFT_FULL);
    CHECK_TRUE(weft_weak_is_dead(watch));
    CHECK_TRACE("~a a.");
    CHECK_EQ(object_count(heap), 0);
}

TESTS(RUN(is_empty_at_first), RUN(keeps_the_order_of_first_putting),
    RUN(numbers_are_keys_by_value), RUN(odd_values_are_keys),
    RUN(texts_are_kept_as_strings), RUN(keeps_keys_and_values),
    RUN(unhashable_keys_are_not_there), RUN(refs_are_keys_as_their_referents),
    RUN(clear_empties_first), RUN(setdefault_puts_what_is_missing),
    RUN(update_puts_all), RUN(copies_are_apart),
    RUN(hist_h61_shows_the_keys_of_the_start), RUN(clear_ends_what_is_shown),
    RUN(popped_places_are_not_shown_again), RUN(shown_entries_are_held),
    RUN(iterations_hold_and_nest), RUN(dies_in_order),
    RUN_ALONE(depth_needs_no_stack), RUN(dead_keys_are_refused),
    RUN(dying_dicts_are_left_alone), RUN(rings_are_collected))
