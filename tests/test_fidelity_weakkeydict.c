// SPDX-License-Identifier: MIT
//
// What CPython's tests say of its WeakKeyDictionary, said of weft's.
#include "fidelity.h"

enum { COUNT = 10 };

static weft_status put(weft_weakkeydict *dict, const void *key, int value)
{
    return weft_weakkeydict_put(dict, key, weft_int(value));
}

WEFT_NEW_REF static weft_weakkeydict *empty_new(weft_heap *heap)
{
    return weft_weakkeydict_new(heap, WEFT_BY_EQUALITY);
}

// The things 0 to COUNT - 1, the caller's, each with ten times its number.
WEFT_NEW_REF static weft_weakkeydict *filled(weft_heap *heap,
    struct thing **things)
{
    weft_weakkeydict *dict = empty_new(heap);
    for (int i = 0; i < COUNT; i++) {
        things[i] = thing_new(heap, i);
        CHECK_EQ(put(dict, things[i], 10 * i), WEFT_OK);
    }
    return dict;
}

// The integer a key has; -1: nothing.
static int value_of(const weft_weakkeydict *dict, const void *key)
{
    weft_auto_value value = weft_weakkeydict_get(dict, key);
    return value.kind == WEFT_KIND_NIL ? -1 : (int)value.as.integer;
}

static void say_dict(weft_weakkeydict *dict)
{
    weft_each (it, dict)
        say("%d:%d", ((struct thing *)it.key.as.object)->number,
            (int)it.value.as.integer);
}

// ---------------------------------------------------------------------------
// Keys that die

// A key takes its entry along; one weak reference an entry; what cannot be
// watched is no key of it.
static void entries_follow_their_keys(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakkeydict) dict = filled(heap, things);
    for (int i = 0; i < COUNT; i++) {
        CHECK_EQ(weft_weakref_count(things[i]), 1);
        CHECK_EQ(value_of(dict, things[i]), 10 * i);
    }
    weft_auto(weft_weakkeydict) copy = weft_weakkeydict_copy(dict);
    CHECK_TRUE(is_equal(copy, dict));
    weft_clear(&copy);
    CHECK_EQ(weft_weakkeydict_length(dict), COUNT);
    weft_clear(&things[0]);
    CHECK_EQ(weft_weakkeydict_length(dict), COUNT - 1);
    drop_things(things, COUNT);
    CHECK_EQ(weft_weakkeydict_length(dict), 0);
    struct thing *brief = thing_new(heap, 2);
    CHECK_EQ(put(dict, brief, 1), WEFT_OK);
    weft_release(brief);
    CHECK_EQ(weft_weakkeydict_length(dict), 0);
    weft_auto(struct thing) other = unwatched_new(heap);
    CHECK_FALSE(weft_weakkeydict_contains(dict, other));
    CHECK_FALSE(weft_weakkeydict_contains(dict, NULL));
}

// All keys are garbage while an iteration is open: only the one it shows is
// still there, and none when it is closed.
static void length_counts_what_an_iteration_holds(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(weft_weakkeydict) dict = empty_new(heap);
    for (int i = 0; i < COUNT; i++) {
        weft_auto(struct thing) thing = loop_new(heap, &thing_type, i);
        CHECK_EQ(put(dict, thing, i), WEFT_OK);
    }
    weft_iterator it = weft_iterate(dict);
    CHECK_TRUE(weft_next(&it));
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), COUNT - 1);
    CHECK_EQ(weft_weakkeydict_length(dict), 1);
    weft_iterate_end(&it);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 1);
    CHECK_EQ(weft_weakkeydict_length(dict), 0);
}

// However often it collects, lengths are between none and all, and ending an
// iteration never makes them longer.
static void length_is_right_whenever_it_collects(weft_heap *heap)
{
    for (size_t threshold = 1; threshold < 100; threshold++) {
        weft_gc_set_threshold(heap, (weft_gc_threshold){ threshold, 0, 0 });
        weft_auto(weft_weakkeydict) dict = empty_new(heap);
        for (int i = 0; i < 50; i++) {
            weft_auto(struct thing) thing = loop_new(heap, &thing_type, i);
            CHECK_EQ(put(dict, thing, i), WEFT_OK);
        }
        weft_iterator it = weft_iterate(dict);
        (void)weft_next(&it);
        lose_ring(heap, threshold);
        size_t before = weft_weakkeydict_length(dict);
        weft_iterate_end(&it);
        size_t after = weft_weakkeydict_length(dict);
        CHECK_TRUE(before <= 50 && after <= before);
    }
    (void)weft_gc_collect(heap, WEFT_FULL);
}

// Keys die in the middle of an iteration: their entries are gone at once, the
// others are all shown.
static void keys_die_while_it_is_gone_through(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakkeydict) dict = filled(heap, things);
    size_t shown = 0;
    weft_each (it, dict) {
        if (shown++ == 0) {
            weft_clear(&things[1]);
            weft_clear(&things[COUNT - 1]);
            CHECK_EQ(weft_weakkeydict_length(dict), COUNT - 2);
        }
        CHECK_SAME(it.key.as.object, things[it.value.as.integer / 10]);
    }
    CHECK_EQ(shown, COUNT - 2);
    CHECK_EQ(weft_weakkeydict_length(dict), COUNT - 2);
    drop_things(things, COUNT);
}

// In an iteration, beside what has died: put, remove, pop, update, clear. Each
// does what it says at once, and each entry is counted out once.
static void entries_change_while_it_is_gone_through(weft_heap *heap)
{
    struct thing *things[COUNT], *more[COUNT];
    weft_auto(weft_weakkeydict) dict = filled(heap, things);
    weft_auto(weft_weakkeydict) other = filled(heap, more);
    weft_auto(struct thing) late = thing_new(heap, 77);
    weft_iterator it = weft_iterate(dict);
    CHECK_TRUE(weft_next(&it));
    weft_clear(&things[1]);
    CHECK_EQ(put(dict, late, 770), WEFT_OK);
    CHECK_EQ(value_of(dict, late), 770);
    CHECK_TRUE(weft_weakkeydict_remove(dict, things[2]));
    weft_clear(&things[2]);
    weft_auto_value popped = weft_weakkeydict_pop(dict, things[3]);
    CHECK_EQ(popped.as.integer, 30);
    CHECK_EQ(weft_weakkeydict_length(dict), COUNT - 2);
    CHECK_EQ(weft_weakkeydict_update(dict, other), WEFT_OK);
    CHECK_EQ(weft_weakkeydict_length(dict), 2 * COUNT - 2);
    weft_weakkeydict_clear(dict);
    CHECK_EQ(weft_weakkeydict_length(dict), 0);
    size_t shown = 0;
    for (; weft_next(&it); shown++)
        CHECK_SAME(weft_value_object(it.key), things[it.value.as.integer / 10]);
    CHECK_EQ(shown, COUNT - 3);         // as it was, less those that died
    CHECK_EQ(weft_weakkeydict_length(dict), 0);
    drop_things(things, COUNT);
    drop_things(more, COUNT);
}

// Copying while keys go, with collections at every safe point: a copy holds
// what lives, with its own value.
static void copies_are_sound_whatever_collects(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_debug_collect_often(heap, true);
    for (int round = 0; round < COUNT; round++) {
        weft_auto(weft_weakkeydict) dict = filled(heap, things);
        for (int i = 0; i < COUNT; i++)
            weft_set(&things[i]->other, things[i]);
        drop_things(things, (size_t)round);
        weft_auto(weft_weakkeydict) copy = weft_weakkeydict_copy(dict);
        for (int i = round; i < COUNT; i++)
            CHECK_EQ(value_of(copy, things[i]), 10 * i);
        weft_each (it, copy)
            CHECK_EQ(10 * ((struct thing *)it.key.as.object)->number,
                it.value.as.integer);
        drop_things(things, COUNT);
    }
    (void)weft_gc_collect(heap, WEFT_FULL);
}

// ---------------------------------------------------------------------------
// Comparing that changes the dictionary

static struct thing **victims;      // let go of one at a time
static size_t victim_count;

static bool kills_equal(const void *self, const void *other)
{
    if (victim_count > 0)
        weft_clear(&victims[--victim_count]);
    return self == other;
}

static uint64_t crowded_hash(const void *self)
{
    (void)self;
    return 1;
}

static weft_type killer_type = {
    .name = "killer", WEFT_SIZE(struct thing),
    .fields = WEFT_FIELDS(THING_FIELDS), .hash = crowded_hash,
    .equal = kills_equal };

// A comparison made for a removal lets other keys die: the removal does what it
// says all the same, and each key that died takes just its own entry along.
static void comparing_may_let_other_keys_die(weft_heap *heap)
{
    weft_auto(weft_weakkeydict) dict = empty_new(heap);
    struct thing *things[COUNT], *doomed[COUNT];
    victims = doomed;
    victim_count = 0;
    for (int i = 0; i < COUNT; i++) {
        doomed[i] = thing_of(heap, &killer_type, 100 + i);
        CHECK_EQ(put(dict, doomed[i], 1), WEFT_OK);
        things[i] = thing_of(heap, &killer_type, i);
        CHECK_EQ(put(dict, things[i], 10 * i), WEFT_OK);
    }
    victim_count = COUNT;
    for (int i = 0; i < COUNT; i++) {
        CHECK_TRUE(weft_weakkeydict_remove(dict, things[i]));
        CHECK_FALSE(weft_weakkeydict_contains(dict, things[i]));
        CHECK_EQ(weft_weakkeydict_length(dict),
            (size_t)(COUNT - 1 - i) + victim_count);
    }
    CHECK_TRUE(victim_count < COUNT);   // some died of being compared
    while (victim_count > 0)
        weft_clear(&doomed[--victim_count]);
    CHECK_EQ(weft_weakkeydict_length(dict), 0);
    drop_things(things, COUNT);
}

// ---------------------------------------------------------------------------
// Making one from another

static void is_made_from_a_dict(weft_heap *heap)
{
    weft_auto(weft_dict) source = weft_dict_new(heap, WEFT_BY_EQUALITY);
    for (int i = 0; i < 3; i++) {
        weft_auto(struct thing) thing = thing_new(heap, i);
        CHECK_EQ(weft_dict_put(source, weft_object(thing), weft_int(10 * i)),
            WEFT_OK);
    }
    weft_auto(weft_weakkeydict) dict = empty_new(heap);
    weft_each (it, source)
        CHECK_EQ(weft_weakkeydict_put(dict, weft_value_object(it.key),
            it.value), WEFT_OK);
    say_dict(dict);
    CHECK_TRACE("0:0 1:10 2:20");
    weft_dict_clear(source);
    CHECK_EQ(weft_weakkeydict_length(dict), 0);
}

static void copy_is_another_with_the_same(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakkeydict) dict = filled(heap, things);
    weft_auto(weft_weakkeydict) copy = weft_weakkeydict_copy(dict);
    CHECK_TRUE(copy != dict && is_equal(copy, dict));
    CHECK_TRUE(weft_weakkeydict_remove(copy, things[4]));
    CHECK_EQ(value_of(dict, things[4]), 40);
    weft_clear(&things[5]);
    CHECK_EQ(weft_weakkeydict_length(copy), COUNT - 2);
    CHECK_EQ(weft_weakkeydict_length(dict), COUNT - 1);
    drop_things(things, COUNT);
}

static void update_puts_every_pair(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakkeydict) source = filled(heap, things);
    weft_auto(weft_weakkeydict) dict = empty_new(heap);
    CHECK_EQ(put(dict, things[3], 1), WEFT_OK);
    CHECK_EQ(weft_weakkeydict_update(dict, source), WEFT_OK);
    CHECK_TRUE(is_equal(dict, source));
    drop_things(things, COUNT);
    CHECK_EQ(weft_weakkeydict_length(dict), 0);
}

// What fails in the middle is told; what was put before stays.
static void update_keeps_what_came_before_an_error(weft_heap *heap)
{
    weft_auto(struct thing) first = thing_new(heap, 1);
    weft_auto(struct thing) bad = unhashable_new(heap);
    weft_auto(struct thing) last = thing_new(heap, 2);
    weft_auto(weft_weakkeydict) source = weft_weakkeydict_new(heap,
        WEFT_BY_IDENTITY);
    CHECK_EQ(put(source, first, 1), WEFT_OK);
    CHECK_EQ(put(source, bad, 2), WEFT_OK);
    CHECK_EQ(put(source, last, 3), WEFT_OK);
    weft_auto(weft_weakkeydict) dict = empty_new(heap);
    CHECK_EQ(weft_weakkeydict_update(dict, source), WEFT_TYPE_ERROR);
    say_dict(dict);
    CHECK_TRACE("1:1");
}

// A copy that is updated is the union, the right side winning; it loses entries
// as the others do.
static void copy_and_update_are_a_union(weft_heap *heap)
{
    weft_auto(struct thing) a = thing_new(heap, 1);
    weft_auto(struct thing) b = thing_new(heap, 2);
    weft_auto(struct thing) c = thing_new(heap, 3);
    weft_auto(weft_weakkeydict) left = empty_new(heap);
    weft_auto(weft_weakkeydict) right = empty_new(heap);
    CHECK_EQ(put(left, a, 1), WEFT_OK);
    CHECK_EQ(put(left, b, 2), WEFT_OK);
    CHECK_EQ(put(right, c, 3), WEFT_OK);
    CHECK_EQ(put(right, a, 4), WEFT_OK);
    weft_auto(weft_weakkeydict) both = weft_weakkeydict_copy(left);
    CHECK_EQ(weft_weakkeydict_update(both, right), WEFT_OK);
    say_dict(both);
    say_dict(left);
    CHECK_TRACE("1:4 2:2 3:3 1:1 2:2");
    CHECK_EQ(weft_weakkeydict_update(left, right), WEFT_OK);
    CHECK_TRUE(is_equal(left, both));
    weft_clear(&c);
    CHECK_EQ(weft_weakkeydict_length(both), 2);
    CHECK_EQ(weft_weakkeydict_length(left), 2);
    CHECK_EQ(weft_weakkeydict_length(right), 1);
}

// ---------------------------------------------------------------------------
// A mapping like any other

static void is_read_as_a_mapping(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakkeydict) dict = filled(heap, things);
    weft_auto(weft_weakkeydict) same = weft_weakkeydict_copy(dict);
    weft_auto(weft_weakkeydict) none = empty_new(heap);
    weft_auto(struct thing) other = thing_new(heap, 3);
    CHECK_TRUE(weft_weakkeydict_contains(dict, things[3]));
    CHECK_FALSE(weft_weakkeydict_contains(dict, other));
    CHECK_EQ(value_of(dict, things[3]), 30);
    CHECK_EQ(value_of(dict, other), -1);
    CHECK_TRUE(is_equal(dict, dict) && is_equal(dict, same));
    CHECK_FALSE(is_equal(dict, none) || is_equal(none, dict));
    size_t length = 0;
    CHECK_EQ(weft_length(dict, &length), WEFT_OK);
    CHECK_EQ(length, COUNT);
    drop_things(things, COUNT);
}

static void is_written_as_a_mapping(weft_heap *heap)
{
    weft_auto(struct thing) a = equal_new(heap, 1);
    weft_auto(struct thing) b = equal_new(heap, 2);
    weft_auto(weft_weakkeydict) dict = empty_new(heap);
    CHECK_EQ(put(dict, a, 1), WEFT_OK);
    CHECK_EQ(put(dict, a, 2), WEFT_OK);
    CHECK_EQ(weft_weakkeydict_put(dict, b, weft_text("text")), WEFT_OK);
    CHECK_EQ(value_of(dict, a), 2);
    weft_auto_value text = weft_weakkeydict_get(dict, b);
    CHECK_STR(weft_value_text(text), "text");
    CHECK_TRUE(weft_weakkeydict_remove(dict, a));
    CHECK_FALSE(weft_weakkeydict_contains(dict, a));
    CHECK_FALSE(weft_weakkeydict_remove(dict, a));
    CHECK_EQ(weft_weakkeydict_length(dict), 1);
}

static void two_empty_ones_are_equal(weft_heap *heap)
{
    weft_auto(weft_weakkeydict) a = empty_new(heap);
    weft_auto(weft_weakkeydict) b = empty_new(heap);
    CHECK_TRUE(is_equal(a, b));
    weft_auto(struct thing) thing = thing_new(heap, 1);
    CHECK_EQ(put(a, thing, 1), WEFT_OK);
    CHECK_FALSE(is_equal(a, b));
}

static void length_says_whether_it_is_empty(weft_heap *heap)
{
    weft_auto(weft_weakkeydict) dict = empty_new(heap);
    CHECK_EQ(weft_weakkeydict_length(dict), 0);
    weft_auto(struct thing) thing = thing_new(heap, 1);
    CHECK_EQ(put(dict, thing, 1), WEFT_OK);
    CHECK_EQ(weft_weakkeydict_length(dict), 1);
    weft_clear(&thing);
    CHECK_EQ(weft_weakkeydict_length(dict), 0);
}

// An iteration shows what was put, in the order in which it was put, each once;
// looking up meanwhile changes nothing; of an empty one it shows nothing.
static void shows_what_was_put(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakkeydict) dict = filled(heap, things);
    int expected = 0;
    weft_each (it, dict) {
        CHECK_SAME(weft_value_object(it.key), things[expected]);
        CHECK_EQ(it.value.as.integer, 10 * expected);
        CHECK_EQ(value_of(dict, it.key.as.object), 10 * expected++);
    }
    CHECK_EQ(expected, COUNT);
    drop_things(things, COUNT);
    say_dict(dict);
    CHECK_TRACE("");
}

static void finds_what_was_put(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakkeydict) dict = filled(heap, things);
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ(value_of(dict, things[i]), 10 * i);
    CHECK_EQ(value_of(dict, NULL), -1);
    drop_things(things, COUNT);
}

static void pop_takes_it_out(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakkeydict) dict = filled(heap, things);
    weft_auto_value popped = weft_weakkeydict_pop(dict, things[4]);
    CHECK_EQ(popped.as.integer, 40);
    weft_auto_value again = weft_weakkeydict_pop(dict, things[4]);
    CHECK_EQ(again.kind, WEFT_KIND_NIL);
    CHECK_EQ(weft_weakkeydict_length(dict), COUNT - 1);
    drop_things(things, COUNT);
}

// Each entry comes out once, with its key, and one less is left; of an empty
// one there is nothing to take.
static void popitem_gives_each_once(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakkeydict) dict = filled(heap, things);
    void *key;
    weft_value value;
    for (int i = COUNT - 1; i >= 0; i--) {
        CHECK_TRUE(weft_weakkeydict_popitem(dict, &key, &value));
        CHECK_EQ(weft_weakkeydict_length(dict), i);
        CHECK_SAME(key, things[value.as.integer / 10]);
        weft_clear(&things[value.as.integer / 10]);
        weft_release(key);
    }
    CHECK_FALSE(weft_weakkeydict_popitem(dict, &key, &value));
    CHECK_NULL(key);
}

static void setdefault_spares_what_is_there(weft_heap *heap)
{
    weft_auto(weft_weakkeydict) dict = empty_new(heap);
    weft_auto(struct thing) key = thing_new(heap, 1);
    weft_value first = weft_weakkeydict_setdefault(dict, key, weft_int(1));
    weft_value second = weft_weakkeydict_setdefault(dict, key, weft_int(2));
    CHECK_EQ(first.as.integer, 1);
    CHECK_EQ(second.as.integer, 1);
    CHECK_EQ(value_of(dict, key), 1);
}

static void removing_takes_one_and_no_other(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakkeydict) dict = filled(heap, things);
    CHECK_TRUE(weft_weakkeydict_remove(dict, things[3]));
    CHECK_EQ(weft_weakkeydict_length(dict), COUNT - 1);
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ(value_of(dict, things[i]), i == 3 ? -1 : 10 * i);
    CHECK_EQ(weft_weakref_count(things[3]), 0);
    drop_things(things, COUNT);
}

// A key that is not there is told from one that never can be, by those who
// would put it; to all others neither is there.
static void bad_keys_are_refused(weft_heap *heap)
{
    weft_auto(weft_weakkeydict) dict = empty_new(heap);
    weft_auto(struct thing) missing = thing_new(heap, 1);
    weft_auto(struct thing) unhashable = unhashable_new(heap);
    weft_auto(struct thing) unwatched = unwatched_new(heap);
    const void *keys[] = { missing, unhashable, unwatched, NULL };
    for (int i = 0; i < 4; i++) {
        CHECK_FALSE(weft_weakkeydict_remove(dict, keys[i]));
        CHECK_FALSE(weft_weakkeydict_contains(dict, keys[i]));
        CHECK_EQ(value_of(dict, keys[i]), -1);
        CHECK_EQ(put(dict, keys[i], 1), i == 0 ? WEFT_OK : WEFT_TYPE_ERROR);
        CHECK_EQ(weft_weakkeydict_length(dict), 1);
    }
    CHECK_EQ(weft_weakkeydict_setdefault(dict, unwatched, weft_int(1)).kind,
        WEFT_KIND_NIL);
}

// ---------------------------------------------------------------------------
// What the documents say

// Where the first of equal keys stays, putting under another changes the value
// alone, and the entry goes with the old key.
static void first_equal_key_stays(weft_heap *heap)
{
    weft_auto(weft_weakkeydict) dict = weft_weakkeydict_new(heap,
        WEFT_BY_FIRST_EQUAL);
    weft_auto(struct thing) first = equal_new(heap, 1);
    weft_auto(struct thing) second = equal_new(heap, 1);
    CHECK_EQ(put(dict, first, 1), WEFT_OK);
    CHECK_EQ(put(dict, second, 2), WEFT_OK);
    CHECK_EQ(value_of(dict, first), 2);
    CHECK_EQ(weft_weakref_count(second), 0);
    weft_clear(&first);
    CHECK_EQ(weft_weakkeydict_length(dict), 0);
}

// Removed first, and put again, the entry is that of the second.
static void removed_and_put_again_it_is_of_the_second(weft_heap *heap)
{
    weft_auto(weft_weakkeydict) dict = weft_weakkeydict_new(heap,
        WEFT_BY_FIRST_EQUAL);
    weft_auto(struct thing) first = equal_new(heap, 1);
    weft_auto(struct thing) second = equal_new(heap, 1);
    CHECK_EQ(put(dict, first, 1), WEFT_OK);
    CHECK_TRUE(weft_weakkeydict_remove(dict, second));
    CHECK_EQ(put(dict, second, 2), WEFT_OK);
    weft_clear(&first);
    CHECK_EQ(value_of(dict, second), 2);
}

// The list of refs keeps nothing: they may be dead when they are looked at.
static void listed_refs_may_be_dead(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakkeydict) dict = filled(heap, things);
    weft_auto(weft_list) refs = weft_weakkeydict_keyrefs(dict);
    CHECK_EQ(weft_list_length(refs), COUNT);
    weft_clear(&things[6]);
    weft_each (it, refs)
        CHECK_EQ(weft_ref_is_dead(it.object), it.key.as.integer == 6);
    drop_things(things, COUNT);
}

TESTS(RUN(entries_follow_their_keys),
    RUN(length_counts_what_an_iteration_holds),
    RUN(length_is_right_whenever_it_collects),
    RUN(keys_die_while_it_is_gone_through),
    RUN(entries_change_while_it_is_gone_through),
    RUN(copies_are_sound_whatever_collects),
    RUN(comparing_may_let_other_keys_die), RUN(is_made_from_a_dict),
    RUN(copy_is_another_with_the_same), RUN(update_puts_every_pair),
    RUN(update_keeps_what_came_before_an_error),
    RUN(copy_and_update_are_a_union), RUN(is_read_as_a_mapping),
    RUN(is_written_as_a_mapping), RUN(two_empty_ones_are_equal),
    RUN(length_says_whether_it_is_empty), RUN(shows_what_was_put),
    RUN(finds_what_was_put), RUN(pop_takes_it_out),
    RUN(popitem_gives_each_once), RUN(setdefault_spares_what_is_there),
    RUN(removing_takes_one_and_no_other), RUN(bad_keys_are_refused),
    RUN(first_equal_key_stays), RUN(removed_and_put_again_it_is_of_the_second),
    RUN(listed_refs_may_be_dead))
