// SPDX-License-Identifier: MIT
//
// What CPython's tests say of its WeakValueDictionary, said of weft's.
#include "fidelity.h"

enum { COUNT = 10 };

// The things 0 to COUNT - 1, each under its number, the caller's.
WEFT_NEW_REF static weft_weakvaluedict *filled(weft_heap *heap,
    struct thing **things)
{
    weft_weakvaluedict *dict = weft_weakvaluedict_new(heap, WEFT_BY_EQUALITY);
    for (int i = 0; i < COUNT; i++) {
        things[i] = thing_new(heap, i);
        CHECK_EQ(weft_weakvaluedict_put(dict, weft_int(i), things[i]), WEFT_OK);
    }
    return dict;
}

// The number of what is under a key; -1: nothing.
static int number_at(const weft_weakvaluedict *dict, weft_value key)
{
    weft_auto(struct thing) thing = weft_weakvaluedict_get(dict, key);
    return thing == NULL ? -1 : thing->number;
}

static void say_dict(weft_weakvaluedict *dict)
{
    weft_each (it, dict)
        say("%d:%d", (int)it.key.as.integer,
            ((struct thing *)it.object)->number);
}

// ---------------------------------------------------------------------------
// Values that die

// A value takes its entry along; one weak reference an entry; a copy goes by
// itself; what nobody else holds is gone as soon as it is put.
static void entries_follow_their_values(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakvaluedict) dict = filled(heap, things);
    for (int i = 0; i < COUNT; i++) {
        CHECK_EQ(weft_weakref_count(things[i]), 1);
        weft_auto(struct thing) found = weft_weakvaluedict_get(dict,
            weft_int(i));
        CHECK_SAME(found, things[i]);
    }
    weft_auto(weft_weakvaluedict) copy = weft_weakvaluedict_copy(dict);
    CHECK_TRUE(is_equal(copy, dict));
    weft_clear(&copy);
    CHECK_EQ(weft_weakvaluedict_length(dict), COUNT);
    weft_clear(&things[0]);
    CHECK_EQ(weft_weakvaluedict_length(dict), COUNT - 1);
    drop_things(things, COUNT);
    CHECK_EQ(weft_weakvaluedict_length(dict), 0);
    CHECK_NULL(weft_weakvaluedict_get(dict, weft_int(1)));
    CHECK_FALSE(weft_weakvaluedict_remove(dict, weft_int(1)));
    struct thing *brief = thing_new(heap, 2);
    CHECK_EQ(weft_weakvaluedict_put(dict, weft_int(2), brief), WEFT_OK);
    weft_release(brief);
    CHECK_FALSE(weft_weakvaluedict_contains(dict, weft_int(2)));
}

// All values are garbage while an iteration is open: only the one it shows is
// still there, and none when it is closed.
static void length_counts_what_an_iteration_holds(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(weft_weakvaluedict) dict = weft_weakvaluedict_new(heap,
        WEFT_BY_EQUALITY);
    for (int i = 0; i < COUNT; i++) {
        weft_auto(struct thing) thing = loop_new(heap, &thing_type, i);
        CHECK_EQ(weft_weakvaluedict_put(dict, weft_int(i), thing), WEFT_OK);
    }
    weft_iterator it = weft_iterate(dict);
    CHECK_TRUE(weft_next(&it));
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), COUNT - 1);
    CHECK_EQ(weft_weakvaluedict_length(dict), 1);
    weft_iterate_end(&it);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 1);
    CHECK_EQ(weft_weakvaluedict_length(dict), 0);
}

// However often it collects, lengths are between none and all, and ending an
// iteration never makes them longer.
static void length_is_right_whenever_it_collects(weft_heap *heap)
{
    for (size_t threshold = 1; threshold < 100; threshold++) {
        weft_gc_set_threshold(heap, (weft_gc_threshold){ threshold, 0, 0 });
        weft_auto(weft_weakvaluedict) dict = weft_weakvaluedict_new(heap,
            WEFT_BY_EQUALITY);
        for (int i = 0; i < 50; i++) {
            weft_auto(struct thing) thing = loop_new(heap, &thing_type, i);
            CHECK_EQ(weft_weakvaluedict_put(dict, weft_int(i), thing), WEFT_OK);
        }
        weft_iterator it = weft_iterate(dict);
        (void)weft_next(&it);
        lose_ring(heap, threshold);
        size_t before = weft_weakvaluedict_length(dict);
        weft_iterate_end(&it);
        size_t after = weft_weakvaluedict_length(dict);
        CHECK_TRUE(before <= 50 && after <= before);
    }
    (void)weft_gc_collect(heap, WEFT_FULL);
}

// Values die in the middle of an iteration: their entries are gone at once, the
// others are all shown.
static void values_die_while_it_is_gone_through(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakvaluedict) dict = filled(heap, things);
    size_t shown = 0;
    weft_each (it, dict) {
        if (shown++ == 0) {
            weft_clear(&things[1]);
            weft_clear(&things[COUNT - 1]);
            CHECK_EQ(weft_weakvaluedict_length(dict), COUNT - 2);
        }
        CHECK_SAME(it.object, things[it.key.as.integer]);
    }
    CHECK_EQ(shown, COUNT - 2);
    CHECK_EQ(weft_weakvaluedict_length(dict), COUNT - 2);
    drop_things(things, COUNT);
}

// In an iteration, beside what has died: put, remove, pop, update, clear. Each
// does what it says at once, and each entry is counted out once.
static void entries_change_while_it_is_gone_through(weft_heap *heap)
{
    struct thing *things[COUNT], *more[COUNT];
    weft_auto(weft_weakvaluedict) dict = filled(heap, things);
    weft_auto(weft_weakvaluedict) other = filled(heap, more);
    weft_auto(struct thing) late = thing_new(heap, 77);
    weft_iterator it = weft_iterate(dict);
    CHECK_TRUE(weft_next(&it));
    weft_clear(&things[1]);
    CHECK_EQ(weft_weakvaluedict_put(dict, weft_int(1), late), WEFT_OK);
    CHECK_EQ(number_at(dict, weft_int(1)), 77);
    CHECK_TRUE(weft_weakvaluedict_remove(dict, weft_int(2)));
    weft_clear(&things[2]);
    weft_auto(struct thing) popped = weft_weakvaluedict_pop(dict, weft_int(3));
    CHECK_SAME(popped, things[3]);
    CHECK_EQ(weft_weakvaluedict_length(dict), COUNT - 2);
    CHECK_EQ(weft_weakvaluedict_update(dict, other), WEFT_OK);
    CHECK_EQ(weft_weakvaluedict_length(dict), COUNT);
    weft_auto(struct thing) found = weft_weakvaluedict_get(dict, weft_int(3));
    CHECK_SAME(found, more[3]);
    weft_weakvaluedict_clear(dict);
    CHECK_EQ(weft_weakvaluedict_length(dict), 0);
    size_t shown = 0;
    for (; weft_next(&it); shown++)
        CHECK_SAME(it.object, things[it.key.as.integer]);
    CHECK_EQ(shown, COUNT - 3);         // as it was, less those that died
    CHECK_EQ(weft_weakvaluedict_length(dict), 0);
    drop_things(things, COUNT);
    drop_things(more, COUNT);
}

// A value that was replaced, and is found to be garbage only later, leaves the
// new one where it is.
static void late_death_spares_the_successor(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(weft_weakvaluedict) dict = weft_weakvaluedict_new(heap,
        WEFT_BY_EQUALITY);
    struct thing *old = loop_new(heap, &thing_type, 1);
    CHECK_EQ(weft_weakvaluedict_put(dict, weft_int(10), old), WEFT_OK);
    weft_release(old);
    weft_auto(struct thing) new = thing_new(heap, 2);
    CHECK_EQ(weft_weakvaluedict_put(dict, weft_int(10), new), WEFT_OK);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 1);
    CHECK_EQ(weft_weakvaluedict_length(dict), 1);
    CHECK_EQ(number_at(dict, weft_int(10)), 2);
}

// ---------------------------------------------------------------------------
// Collections at every safe point, which are as near as one thread comes to
// another that collects all the time

static void setdefault_always_gives_something(weft_heap *heap)
{
    weft_debug_collect_often(heap, true);
    weft_auto(weft_weakvaluedict) dict = weft_weakvaluedict_new(heap,
        WEFT_BY_EQUALITY);
    for (int i = 0; i < 1000; i++) {
        weft_auto(struct thing) thing = loop_new(heap, &thing_type, i);
        weft_auto(struct thing) found = weft_weakvaluedict_setdefault(dict,
            weft_int(10), thing);
        CHECK_TRUE(found != NULL && found->other == found);
    }
    (void)weft_gc_collect(heap, WEFT_FULL);
}

static void pop_always_gives_what_was_put(weft_heap *heap)
{
    weft_debug_collect_often(heap, true);
    weft_auto(weft_weakvaluedict) dict = weft_weakvaluedict_new(heap,
        WEFT_BY_EQUALITY);
    for (int i = 0; i < 1000; i++) {
        weft_auto(struct thing) thing = loop_new(heap, &thing_type, i);
        CHECK_EQ(weft_weakvaluedict_put(dict, weft_int(10), thing), WEFT_OK);
        weft_auto(struct thing) found = weft_weakvaluedict_pop(dict,
            weft_int(10));
        CHECK_SAME(found, thing);
    }
    (void)weft_gc_collect(heap, WEFT_FULL);
}

static void successors_stay_whatever_collects(weft_heap *heap)
{
    weft_debug_collect_often(heap, true);
    weft_auto(weft_weakvaluedict) dict = weft_weakvaluedict_new(heap,
        WEFT_BY_EQUALITY);
    for (int i = 0; i < 1000; i++) {
        weft_auto(struct thing) thing = loop_new(heap, &thing_type, i);
        CHECK_EQ(weft_weakvaluedict_put(dict, weft_int(10), thing), WEFT_OK);
        lose_ring(heap, 2);
        CHECK_EQ(weft_weakvaluedict_length(dict), 1);
        CHECK_EQ(number_at(dict, weft_int(10)), i);
    }
    (void)weft_gc_collect(heap, WEFT_FULL);
}

// Copying while values go: a copy holds what lives, under its own key.
static void copies_are_sound_whatever_collects(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_debug_collect_often(heap, true);
    for (int round = 0; round < COUNT; round++) {
        weft_auto(weft_weakvaluedict) dict = filled(heap, things);
        for (int i = 0; i < COUNT; i++)
            weft_set(&things[i]->other, things[i]);
        drop_things(things, (size_t)round);
        weft_auto(weft_weakvaluedict) copy = weft_weakvaluedict_copy(dict);
        weft_each (it, copy)
            CHECK_EQ(((struct thing *)it.object)->number, it.key.as.integer);
        for (int i = round; i < COUNT; i++)
            CHECK_EQ(number_at(copy, weft_int(i)), i);
        drop_things(things, COUNT);
    }
    (void)weft_gc_collect(heap, WEFT_FULL);
}

// ---------------------------------------------------------------------------
// Making one from another

static void is_made_from_a_dict(weft_heap *heap)
{
    weft_auto(weft_dict) source = weft_dict_new(heap, WEFT_BY_EQUALITY);
    for (int i = 0; i < 3; i++) {
        weft_auto(struct thing) thing = thing_new(heap, i);
        CHECK_EQ(weft_dict_put(source, weft_int(i), weft_object(thing)),
            WEFT_OK);
    }
    weft_auto(weft_weakvaluedict) dict = weft_weakvaluedict_new(heap,
        WEFT_BY_EQUALITY);
    weft_each (it, source)
        CHECK_EQ(weft_weakvaluedict_put(dict, it.key, it.object), WEFT_OK);
    say_dict(dict);
    CHECK_TRACE("0:0 1:1 2:2");
    weft_dict_clear(source);
    CHECK_EQ(weft_weakvaluedict_length(dict), 0);
}

static void copy_is_another_with_the_same(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakvaluedict) dict = filled(heap, things);
    weft_auto(weft_weakvaluedict) copy = weft_weakvaluedict_copy(dict);
    CHECK_TRUE(copy != dict && is_equal(copy, dict));
    CHECK_TRUE(weft_weakvaluedict_remove(copy, weft_int(4)));
    CHECK_EQ(number_at(dict, weft_int(4)), 4);
    weft_clear(&things[5]);
    CHECK_EQ(weft_weakvaluedict_length(copy), COUNT - 2);
    CHECK_EQ(weft_weakvaluedict_length(dict), COUNT - 1);
    drop_things(things, COUNT);
}

static void update_puts_every_pair(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakvaluedict) source = filled(heap, things);
    weft_auto(weft_weakvaluedict) dict = weft_weakvaluedict_new(heap,
        WEFT_BY_EQUALITY);
    weft_auto(struct thing) old = thing_new(heap, 70);
    CHECK_EQ(weft_weakvaluedict_put(dict, weft_int(3), old), WEFT_OK);
    CHECK_EQ(weft_weakvaluedict_update(dict, source), WEFT_OK);
    CHECK_TRUE(is_equal(dict, source));
    CHECK_EQ(weft_weakref_count(old), 0);
    drop_things(things, COUNT);
    CHECK_EQ(weft_weakvaluedict_length(dict), 0);
}

// What fails in the middle is told; what was put before stays.
static void update_keeps_what_came_before_an_error(weft_heap *heap)
{
    weft_auto(struct thing) value = thing_new(heap, 1);
    weft_auto(struct thing) key = unhashable_new(heap);
    weft_auto(weft_weakvaluedict) source = weft_weakvaluedict_new(heap,
        WEFT_BY_IDENTITY);
    CHECK_EQ(weft_weakvaluedict_put(source, weft_int(1), value), WEFT_OK);
    CHECK_EQ(weft_weakvaluedict_put(source, weft_object(key), value), WEFT_OK);
    CHECK_EQ(weft_weakvaluedict_put(source, weft_int(2), value), WEFT_OK);
    weft_auto(weft_weakvaluedict) dict = weft_weakvaluedict_new(heap,
        WEFT_BY_EQUALITY);
    CHECK_EQ(weft_weakvaluedict_update(dict, source), WEFT_TYPE_ERROR);
    say_dict(dict);
    CHECK_TRACE("1:1");
    weft_weakvaluedict_clear(source);
    CHECK_EQ(weft_weakvaluedict_update(dict, source), WEFT_OK);
    CHECK_EQ(weft_weakvaluedict_length(dict), 1);
}

// A copy that is updated is the union, the right side winning; it loses entries
// as the others do.
static void copy_and_update_are_a_union(weft_heap *heap)
{
    weft_auto(struct thing) a = thing_new(heap, 1);
    weft_auto(struct thing) b = thing_new(heap, 2);
    weft_auto(struct thing) c = thing_new(heap, 3);
    weft_auto(weft_weakvaluedict) left = weft_weakvaluedict_new(heap,
        WEFT_BY_EQUALITY);
    weft_auto(weft_weakvaluedict) right = weft_weakvaluedict_new(heap,
        WEFT_BY_EQUALITY);
    CHECK_EQ(weft_weakvaluedict_put(left, weft_int(1), a), WEFT_OK);
    CHECK_EQ(weft_weakvaluedict_put(left, weft_int(2), b), WEFT_OK);
    CHECK_EQ(weft_weakvaluedict_put(right, weft_int(3), c), WEFT_OK);
    CHECK_EQ(weft_weakvaluedict_put(right, weft_int(1), b), WEFT_OK);
    weft_auto(weft_weakvaluedict) both = weft_weakvaluedict_copy(left);
    CHECK_EQ(weft_weakvaluedict_update(both, right), WEFT_OK);
    say_dict(both);
    say_dict(left);
    CHECK_TRACE("1:2 2:2 3:3 1:1 2:2");
    CHECK_EQ(weft_weakvaluedict_update(left, right), WEFT_OK);
    CHECK_TRUE(is_equal(left, both));
    weft_clear(&c);
    CHECK_EQ(weft_weakvaluedict_length(both), 2);
    weft_clear(&b);
    CHECK_EQ(weft_weakvaluedict_length(both), 0);
    CHECK_EQ(weft_weakvaluedict_length(left), 0);
}

// ---------------------------------------------------------------------------
// A mapping like any other

static void is_read_as_a_mapping(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakvaluedict) dict = filled(heap, things);
    weft_auto(weft_weakvaluedict) same = weft_weakvaluedict_copy(dict);
    weft_auto(weft_weakvaluedict) none = weft_weakvaluedict_new(heap,
        WEFT_BY_EQUALITY);
    CHECK_EQ(number_at(dict, weft_int(2)), 2);
    CHECK_EQ(number_at(dict, weft_double(2.0)), 2);
    CHECK_EQ(number_at(dict, weft_text("2")), -1);
    CHECK_TRUE(weft_weakvaluedict_contains(dict, weft_int(3)));
    CHECK_FALSE(weft_weakvaluedict_contains(dict, weft_int(COUNT)));
    CHECK_TRUE(is_equal(dict, dict) && is_equal(dict, same));
    CHECK_FALSE(is_equal(dict, none) || is_equal(none, dict));
    CHECK_EQ(weft_weakvaluedict_length(dict), COUNT);
    size_t length = 0;
    CHECK_EQ(weft_length(dict, &length), WEFT_OK);
    CHECK_EQ(length, COUNT);
    drop_things(things, COUNT);
}

static void is_written_as_a_mapping(weft_heap *heap)
{
    weft_auto(struct thing) a = thing_new(heap, 1);
    weft_auto(struct thing) b = thing_new(heap, 2);
    weft_auto(weft_weakvaluedict) dict = weft_weakvaluedict_new(heap,
        WEFT_BY_EQUALITY);
    CHECK_EQ(weft_weakvaluedict_put(dict, weft_text("x"), a), WEFT_OK);
    CHECK_EQ(weft_weakvaluedict_put(dict, weft_text("x"), b), WEFT_OK);
    CHECK_EQ(number_at(dict, weft_text("x")), 2);
    CHECK_EQ(weft_weakvaluedict_put(dict, weft_object(a), b), WEFT_OK);
    CHECK_EQ(number_at(dict, weft_object(a)), 2);
    CHECK_TRUE(weft_weakvaluedict_remove(dict, weft_text("x")));
    CHECK_FALSE(weft_weakvaluedict_contains(dict, weft_text("x")));
    CHECK_FALSE(weft_weakvaluedict_remove(dict, weft_text("x")));
    CHECK_EQ(weft_weakvaluedict_length(dict), 1);
}

static void two_empty_ones_are_equal(weft_heap *heap)
{
    weft_auto(weft_weakvaluedict) a = weft_weakvaluedict_new(heap,
        WEFT_BY_EQUALITY);
    weft_auto(weft_weakvaluedict) b = weft_weakvaluedict_new(heap,
        WEFT_BY_EQUALITY);
    CHECK_TRUE(is_equal(a, b));
    weft_auto(struct thing) thing = thing_new(heap, 1);
    CHECK_EQ(weft_weakvaluedict_put(a, weft_int(1), thing), WEFT_OK);
    CHECK_FALSE(is_equal(a, b));
}

static void length_says_whether_it_is_empty(weft_heap *heap)
{
    weft_auto(weft_weakvaluedict) dict = weft_weakvaluedict_new(heap,
        WEFT_BY_EQUALITY);
    CHECK_EQ(weft_weakvaluedict_length(dict), 0);
    weft_auto(struct thing) thing = thing_new(heap, 1);
    CHECK_EQ(weft_weakvaluedict_put(dict, weft_int(1), thing), WEFT_OK);
    CHECK_EQ(weft_weakvaluedict_length(dict), 1);
    weft_clear(&thing);
    CHECK_EQ(weft_weakvaluedict_length(dict), 0);
}

// An iteration shows what was put, in the order in which it was put, each once;
// looking up meanwhile changes nothing; of an empty one it shows nothing.
static void shows_what_was_put(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakvaluedict) dict = filled(heap, things);
    int expected = 0;
    weft_each (it, dict) {
        CHECK_EQ(it.key.as.integer, expected);
        CHECK_SAME(it.object, things[expected]);
        CHECK_SAME(weft_value_object(it.value), it.object);
        CHECK_EQ(number_at(dict, it.key), expected++);
    }
    CHECK_EQ(expected, COUNT);
    drop_things(things, COUNT);
    say_dict(dict);
    CHECK_TRACE("");
}

static void finds_what_was_put(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakvaluedict) dict = filled(heap, things);
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ(number_at(dict, weft_int(i)), i);
    CHECK_NULL(weft_weakvaluedict_get(dict, weft_int(COUNT)));
    drop_things(things, COUNT);
}

static void pop_takes_it_out(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakvaluedict) dict = filled(heap, things);
    weft_auto(struct thing) popped = weft_weakvaluedict_pop(dict, weft_int(4));
    CHECK_SAME(popped, things[4]);
    CHECK_NULL(weft_weakvaluedict_pop(dict, weft_int(4)));
    CHECK_EQ(weft_weakvaluedict_length(dict), COUNT - 1);
    drop_things(things, COUNT);
}

// Each entry comes out once, with its value, and one less is left; of an empty
// one there is nothing to take.
static void popitem_gives_each_once(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakvaluedict) dict = filled(heap, things);
    weft_value key;
    void *value;
    for (int i = COUNT - 1; i >= 0; i--) {
        CHECK_TRUE(weft_weakvaluedict_popitem(dict, &key, &value));
        CHECK_EQ(weft_weakvaluedict_length(dict), i);
        CHECK_SAME(value, things[key.as.integer]);
        weft_clear(&things[key.as.integer]);
        weft_release(value);
    }
    CHECK_FALSE(weft_weakvaluedict_popitem(dict, &key, &value));
    CHECK_NULL(value);
}

static void setdefault_spares_what_is_there(weft_heap *heap)
{
    weft_auto(weft_weakvaluedict) dict = weft_weakvaluedict_new(heap,
        WEFT_BY_EQUALITY);
    weft_auto(struct thing) first = thing_new(heap, 1);
    weft_auto(struct thing) second = thing_new(heap, 2);
    weft_auto(struct thing) found = weft_weakvaluedict_setdefault(dict,
        weft_text("key"), first);
    CHECK_SAME(found, first);
    weft_set_steal(&found, weft_weakvaluedict_setdefault(dict,
        weft_text("key"), second));
    CHECK_SAME(found, first);
    weft_clear(&found);
    weft_clear(&first);
    weft_set_steal(&found, weft_weakvaluedict_setdefault(dict,
        weft_text("key"), second));
    CHECK_SAME(found, second);
}

static void removing_takes_one_and_no_other(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakvaluedict) dict = filled(heap, things);
    CHECK_TRUE(weft_weakvaluedict_remove(dict, weft_int(3)));
    CHECK_EQ(weft_weakvaluedict_length(dict), COUNT - 1);
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ(number_at(dict, weft_int(i)), i == 3 ? -1 : i);
    CHECK_EQ(weft_weakref_count(things[3]), 0);
    drop_things(things, COUNT);
}

// ---------------------------------------------------------------------------
// What the documents say

// The list of refs keeps nothing: they may be dead when they are looked at.
static void listed_refs_may_be_dead(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakvaluedict) dict = filled(heap, things);
    weft_auto(weft_list) refs = weft_weakvaluedict_valuerefs(dict);
    CHECK_EQ(weft_list_length(refs), COUNT);
    weft_clear(&things[6]);
    weft_each (it, refs)
        CHECK_EQ(weft_ref_is_dead(it.object), it.key.as.integer == 6);
    drop_things(things, COUNT);
}

// Objects are found by their ids, as long as somebody else keeps them.
static void ids_find_objects(weft_heap *heap)
{
    weft_auto(weft_weakvaluedict) table = weft_weakvaluedict_new(heap,
        WEFT_BY_EQUALITY);
    weft_auto(struct thing) thing = thing_new(heap, 5);
    weft_value id = weft_int((int64_t)weft_id(thing));
    CHECK_EQ(weft_weakvaluedict_put(table, id, thing), WEFT_OK);
    CHECK_EQ(number_at(table, id), 5);
    weft_clear(&thing);
    CHECK_EQ(number_at(table, id), -1);
}

TESTS(RUN(entries_follow_their_values),
    RUN(length_counts_what_an_iteration_holds),
    RUN(length_is_right_whenever_it_collects),
    RUN(values_die_while_it_is_gone_through),
    RUN(entries_change_while_it_is_gone_through),
    RUN(late_death_spares_the_successor),
    RUN(setdefault_always_gives_something), RUN(pop_always_gives_what_was_put),
    RUN(successors_stay_whatever_collects),
    RUN(copies_are_sound_whatever_collects), RUN(is_made_from_a_dict),
    RUN(copy_is_another_with_the_same), RUN(update_puts_every_pair),
    RUN(update_keeps_what_came_before_an_error),
    RUN(copy_and_update_are_a_union), RUN(is_read_as_a_mapping),
    RUN(is_written_as_a_mapping), RUN(two_empty_ones_are_equal),
    RUN(length_says_whether_it_is_empty), RUN(shows_what_was_put),
    RUN(finds_what_was_put), RUN(pop_takes_it_out),
    RUN(popitem_gives_each_once), RUN(setdefault_spares_what_is_there),
    RUN(removing_takes_one_and_no_other), RUN(listed_refs_may_be_dead),
    RUN(ids_find_objects))
