// SPDX-License-Identifier: MIT
//
// Going through weak containers: what is shown is what was there when the
// iteration began, as it was then, less what has died; whatever happens to the
// container meanwhile, and however many iterations are open.
#include "keyed.h"

// White box: how many iterations there have been.
#undef CHECKED
#include "../src/weak/table.h"

WEFT_NEW_REF static weft_weakvaluedict *values_new(weft_heap *heap)
{
    return weft_weakvaluedict_new(heap, WEFT_BY_EQUALITY);
}

static void put(weft_weakvaluedict *dict, int key, void *value)
{
    CHECK_EQ(weft_weakvaluedict_put(dict, weft_int(key), value), WEFT_OK);
}

// Objects for the tests, with their numbers as keys; the caller's.
static void make_keyed(weft_heap *heap, struct keyed **keyed, int count)
{
    for (int i = 0; i < count; i++)
        keyed[i] = keyed_new(heap, i);
}

static void drop_keyed(struct keyed **keyed, int count)
{
    for (int i = 0; i < count; i++)
        weft_clear(&keyed[i]);
}

// Says key and value of what a dictionary of values shows.
static void say_shown(const weft_iterator *it)
{
    say("%d:%d", (int)it->key.as.integer, ((struct keyed *)it->object)->key);
}

static void say_rest(weft_iterator *it)
{
    while (weft_next(it))
        say_shown(it);
}

// ---------------------------------------------------------------------------
// What is shown

// Removed ones are shown, replaced ones as they were, new ones are not; nor is
// what has died.
static void shows_what_was_there(weft_heap *heap)
{
    struct keyed *keyed[8];
    make_keyed(heap, keyed, 8);
    weft_auto(weft_weakvaluedict) dict = values_new(heap);
    for (int i = 0; i < 6; i++)
        put(dict, i, keyed[i]);
    weft_iterator it = weft_iterate(dict);
    put(dict, 6, keyed[6]);
    CHECK_TRUE(weft_weakvaluedict_remove(dict, weft_int(1)));
    put(dict, 2, keyed[7]);
    CHECK_TRUE(weft_weakvaluedict_remove(dict, weft_int(3)));
    put(dict, 3, keyed[7]);
    weft_clear(&keyed[4]);
    CHECK_EQ(weft_weakvaluedict_length(dict), 5);
    say_rest(&it);
    CHECK_TRACE("0:0 1:1 2:2 3:3 5:5");
    weft_each (now, dict)
        say_shown(&now);
    CHECK_TRACE("0:0 2:7 5:5 6:6 3:7");
    drop_keyed(keyed, 8);
}

// The same while it is under way: each step shows what was there at the start.
static void shows_it_while_all_changes(weft_heap *heap)
{
    struct keyed *keyed[6];
    make_keyed(heap, keyed, 6);
    weft_auto(weft_weakvaluedict) dict = values_new(heap);
    for (int i = 0; i < 6; i++)
        put(dict, i, keyed[i]);
    weft_each (it, dict) {
        int key = (int)it.key.as.integer;
        say_shown(&it);
        CHECK_TRUE(weft_weakvaluedict_remove(dict, weft_int(key)));
        put(dict, key + 10, keyed[5 - key]);
        put(dict, key == 5 ? 10 : key + 1, keyed[0]);
    }
    CHECK_TRACE("0:0 1:1 2:2 3:3 4:4 5:5");
    CHECK_EQ(weft_weakvaluedict_length(dict), 6);
    weft_each (it, dict)
        say_shown(&it);
    CHECK_TRACE("10:0 11:4 12:3 13:2 14:1 15:0");
    drop_keyed(keyed, 6);
}

// What is shown is held until the next step; after that it is not.
static void holds_what_it_shows(weft_heap *heap)
{
    struct keyed *keyed[3];
    make_keyed(heap, keyed, 3);
    weft_auto(weft_weakvaluedict) dict = values_new(heap);
    for (int i = 0; i < 3; i++)
        put(dict, i, keyed[i]);
    weft_weak second = weft_weak_of(keyed[1]);
    weft_iterator it = weft_iterate(dict);
    CHECK_TRUE(weft_next(&it) && weft_next(&it));
    drop_keyed(keyed, 3);
    CHECK_FALSE(weft_weak_is_dead(second));
    CHECK_EQ(weft_weakvaluedict_length(dict), 1);
    CHECK_FALSE(weft_next(&it));
    CHECK_TRUE(weft_weak_is_dead(second));
    CHECK_EQ(weft_weakvaluedict_length(dict), 0);
    CHECK_FALSE(weft_next(&it));
    weft_iterate_end(&it);
}

// Of a weak-key dictionary: values as they were, under keys as they were; also
// when an equal newcomer has taken the entry over.
static void shows_old_keys_and_values(weft_heap *heap)
{
    weft_auto(weft_weakkeydict) dict = weft_weakkeydict_new(heap,
        WEFT_BY_EQUALITY);
    struct keyed *keyed[4];
    make_keyed(heap, keyed, 4);
    weft_auto(struct keyed) equal = keyed_new(heap, 1);
    for (int i = 0; i < 4; i++)
        CHECK_EQ(weft_weakkeydict_put(dict, keyed[i], weft_int(i)), WEFT_OK);
    weft_iterator it = weft_iterate(dict);
    CHECK_EQ(weft_weakkeydict_put(dict, keyed[0], weft_text("new")), WEFT_OK);
    CHECK_EQ(weft_weakkeydict_put(dict, equal, weft_int(9)), WEFT_OK);
    weft_clear(&keyed[3]);
    for (int i = 0; i < 3; i++) {
        CHECK_TRUE(weft_next(&it));
        CHECK_SAME(it.key.as.object, keyed[i]);
        CHECK_EQ(it.value.as.integer, i);
        CHECK_NULL(it.object);
    }
    CHECK_FALSE(weft_next(&it));
    weft_each (now, dict)
        if (now.key.as.object == equal)
            CHECK_EQ(now.value.as.integer, 9);
        else
            CHECK_TRUE(now.key.as.object != keyed[1]);
    drop_keyed(keyed, 4);
}

// Of a set: members as they were.
static void shows_old_members(weft_heap *heap)
{
    weft_auto(weft_weakset) set = weft_weakset_new(heap, WEFT_BY_EQUALITY);
    struct keyed *keyed[4];
    make_keyed(heap, keyed, 4);
    weft_auto(struct keyed) equal = keyed_new(heap, 1);
    for (int i = 0; i < 4; i++)
        CHECK_EQ(weft_weakset_add(set, keyed[i]), WEFT_OK);
    weft_iterator it = weft_iterate(set);
    CHECK_EQ(weft_weakset_add(set, equal), WEFT_OK);
    CHECK_TRUE(weft_weakset_remove(set, keyed[0]));
    weft_clear(&keyed[2]);
    static const int expected[] = { 0, 1, 3 };
    for (int i = 0; i < 3; i++) {
        CHECK_TRUE(weft_next(&it));
        CHECK_SAME(it.object, keyed[expected[i]]);
        CHECK_SAME(it.value.as.object, it.object);
        CHECK_EQ(it.key.kind, WEFT_KIND_NIL);
    }
    CHECK_FALSE(weft_next(&it));
    drop_keyed(keyed, 4);
}

// A replaced value that dies before its turn is not shown, nor its successor;
// and a successor that dies hides nothing.
static void dead_versions_are_not_shown(weft_heap *heap)
{
    struct keyed *keyed[4];
    make_keyed(heap, keyed, 4);
    weft_auto(weft_weakvaluedict) dict = values_new(heap);
    put(dict, 0, keyed[0]);
    put(dict, 1, keyed[1]);
    weft_iterator it = weft_iterate(dict);
    put(dict, 0, keyed[2]);
    put(dict, 1, keyed[3]);
    weft_clear(&keyed[0]);
    weft_clear(&keyed[3]);
    CHECK_TRUE(weft_heap_verify(heap));
    say_rest(&it);
    CHECK_TRACE("1:1");
    weft_each (now, dict)
        say_shown(&now);
    CHECK_TRACE("0:2");
    drop_keyed(keyed, 4);
}

// ---------------------------------------------------------------------------
// Several at a time

// Each iteration shows the version of its own time, whichever ends first.
static void each_has_its_own_past(weft_heap *heap)
{
    enum { VERSIONS = 12 };
    struct keyed *keyed[VERSIONS];
    weft_iterator its[VERSIONS];
    for (int order = 0; order < 3; order++) {
        weft_auto(weft_weakvaluedict) dict = values_new(heap);
        make_keyed(heap, keyed, VERSIONS);
        for (int i = 0; i < VERSIONS; i++) {
            put(dict, 1, keyed[i]);
            put(dict, i + 10, keyed[i]);
            its[i] = weft_iterate(dict);
        }
        CHECK_TRUE(weft_heap_verify(heap));
        for (int n = 0; n < VERSIONS; n++) {
            int i = order == 0 ? n : order == 1 ? VERSIONS - 1 - n
                : n * 5 % VERSIONS;
            CHECK_TRUE(weft_next(&its[i]));
            CHECK_EQ(its[i].key.as.integer, 1);
            CHECK_SAME(its[i].object, keyed[i]);
            for (int more = 0; more <= i; more++) {
                CHECK_TRUE(weft_next(&its[i]));
                CHECK_SAME(its[i].object, keyed[more]);
            }
            CHECK_FALSE(weft_next(&its[i]));
            CHECK_TRUE(weft_heap_verify(heap));
        }
        drop_keyed(keyed, VERSIONS);
        CHECK_EQ(weft_weakvaluedict_length(dict), 0);
    }
}

// What was put and removed between two iterations is shown by the second alone.
static void second_sees_what_the_first_does_not(weft_heap *heap)
{
    struct keyed *keyed[4];
    make_keyed(heap, keyed, 4);
    weft_auto(weft_weakvaluedict) dict = values_new(heap);
    put(dict, 0, keyed[0]);
    weft_iterator first = weft_iterate(dict);
    put(dict, 1, keyed[1]);
    CHECK_TRUE(weft_weakvaluedict_remove(dict, weft_int(0)));
    weft_iterator second = weft_iterate(dict);
    CHECK_TRUE(weft_weakvaluedict_remove(dict, weft_int(1)));
    put(dict, 0, keyed[2]);
    weft_iterator third = weft_iterate(dict);
    weft_weakvaluedict_clear(dict);
    say_rest(&third);
    CHECK_TRACE("0:2");
    say_rest(&first);
    CHECK_TRACE("0:0");
    say_rest(&second);
    CHECK_TRACE("1:1");
    drop_keyed(keyed, 4);
}

// A thousand open ones, ended in the middle, from the first to the last, while
// members go.
static void thousands_may_be_open(weft_heap *heap)
{
    enum { OPEN = 1000, MEMBERS = 50 };
    static weft_iterator its[OPEN];
    struct keyed *keyed[MEMBERS];
    make_keyed(heap, keyed, MEMBERS);
    weft_auto(weft_weakset) set = weft_weakset_new(heap, WEFT_BY_IDENTITY);
    for (int i = 0; i < MEMBERS; i++)
        CHECK_EQ(weft_weakset_add(set, keyed[i]), WEFT_OK);
    for (int i = 0; i < OPEN; i++) {
        its[i] = weft_iterate(set);
        for (int n = 0; n < i % 40; n++)
            CHECK_TRUE(weft_next(&its[i]));
        if (i % 100 == 99)
            CHECK_TRUE(weft_weakset_remove(set, keyed[i / 100]));
    }
    CHECK_EQ(weft_refcount(set), OPEN + 1);
    drop_keyed(keyed + 25, 25);
    for (int i = 0; i < OPEN; i++)
        weft_iterate_end(&its[i]);
    CHECK_EQ(weft_refcount(set), 1);
    CHECK_EQ(weft_weakset_length(set), 15);
    drop_keyed(keyed, MEMBERS);
}

// A loop in a loop, which removes what the outer one will show.
static void loops_may_be_nested(weft_heap *heap)
{
    struct keyed *keyed[3];
    make_keyed(heap, keyed, 3);
    weft_auto(weft_weakvaluedict) dict = values_new(heap);
    for (int i = 0; i < 3; i++)
        put(dict, i, keyed[i]);
    weft_each (outer, dict) {
        say_shown(&outer);
        weft_each (inner, dict) {
            say("(");
            say_shown(&inner);
            say(")");
            CHECK_TRUE(weft_weakvaluedict_remove(dict, inner.key));
        }
    }
    CHECK_TRACE("0:0 ( 0:0 ) ( 1:1 ) ( 2:2 ) 1:1 2:2");
    drop_keyed(keyed, 3);
}

// ---------------------------------------------------------------------------
// Ends, early and late

// What left the container is let go when the last iteration ends, not before:
// keys and values that entries kept.
static void what_left_goes_at_the_end(weft_heap *heap)
{
    weft_auto(weft_weakkeydict) dict = weft_weakkeydict_new(heap,
        WEFT_BY_IDENTITY);
    weft_auto(struct node) key = plain_new(heap);
    struct node *gone = plain_new(heap);
    struct node *a = loud_new(heap, "a"), *b = loud_new(heap, "b");
    struct node *c = loud_new(heap, "c");
    CHECK_EQ(weft_weakkeydict_put(dict, key, weft_object(a)), WEFT_OK);
    CHECK_EQ(weft_weakkeydict_put(dict, gone, weft_object(b)), WEFT_OK);
    weft_iterator first = weft_iterate(dict), second = weft_iterate(dict);
    CHECK_EQ(weft_weakkeydict_put(dict, key, weft_object(c)), WEFT_OK);
    CHECK_TRUE(weft_weakkeydict_remove(dict, gone));
    weft_release(a);
    weft_release(b);
    weft_release(c);
    weft_iterate_end(&first);
    CHECK_TRACE("");
    weft_release(gone);
    CHECK_TRUE(weft_next(&second));
    CHECK_SAME(second.object, a);
    CHECK_FALSE(weft_next(&second));
    CHECK_EQ(strlen(shim.trace), strlen("~a a. ~b b."));
    forget_trace();
    weft_clear(&dict);
    CHECK_TRACE("~c c.");
}

// What was put after the iteration began leaves no trace behind, whether its
// key is new or not.
static void new_ones_go_at_once(weft_heap *heap)
{
    weft_auto(weft_weakkeydict) dict = weft_weakkeydict_new(heap,
        WEFT_BY_IDENTITY);
    weft_auto(struct node) key = plain_new(heap);
    struct node *a = loud_new(heap, "a"), *b = loud_new(heap, "b");
    weft_iterator it = weft_iterate(dict);
    CHECK_EQ(weft_weakkeydict_put(dict, key, weft_object(a)), WEFT_OK);
    weft_release(a);
    CHECK_EQ(weft_weakkeydict_put(dict, key, weft_object(b)), WEFT_OK);
    weft_release(b);
    CHECK_TRACE("~a a.");
    CHECK_TRUE(weft_weakkeydict_remove(dict, key));
    CHECK_TRACE("~b b.");
    CHECK_FALSE(weft_next(&it));
    CHECK_EQ(weft_weakkeydict_put(dict, key, weft_int(1)), WEFT_OK);
    it = weft_iterate(dict);
    struct node *c = loud_new(heap, "c");
    CHECK_EQ(weft_weakkeydict_put(dict, key, weft_object(c)), WEFT_OK);
    weft_release(c);
    CHECK_EQ(weft_weakkeydict_put(dict, key, weft_int(2)), WEFT_OK);
    CHECK_TRACE("~c c.");
    CHECK_TRUE(weft_next(&it));
    CHECK_EQ(it.value.as.integer, 1);
    weft_iterate_end(&it);
}

// An iteration holds the container; ending it, at its end or early, lets go.
static void holds_its_container(weft_heap *heap)
{
    struct keyed *keyed[2];
    make_keyed(heap, keyed, 2);
    for (int i = 0; i < 2; i++) {
        weft_weakvaluedict *dict = values_new(heap);
        weft_weak weak = weft_weak_of(dict);
        put(dict, 0, keyed[0]);
        put(dict, 1, keyed[1]);
        weft_iterator it = weft_iterate(dict);
        CHECK_TRUE(weft_next(&it));
        weft_release(dict);
        CHECK_FALSE(weft_weak_is_dead(weak));
        if (i == 0)
            say_rest(&it);
        else
            weft_iterate_end(&it);
        CHECK_TRUE(weft_weak_is_dead(weak));
        CHECK_NULL(it.container);
        weft_iterate_end(&it);
    }
    CHECK_TRACE("1:1");
    drop_keyed(keyed, 2);
}

static int count_until(weft_weakvaluedict *dict, int last)
{
    int count = 0;
    weft_each (it, dict) {
        count++;
        if (it.key.as.integer == last)
            return count;
    }
    return -1;
}

// Leaving a loop by return or break ends the iteration.
static void leaving_a_loop_ends_it(weft_heap *heap)
{
    struct keyed *keyed[4];
    make_keyed(heap, keyed, 4);
    weft_auto(weft_weakvaluedict) dict = values_new(heap);
    for (int i = 0; i < 4; i++)
        put(dict, i, keyed[i]);
    CHECK_EQ(count_until(dict, 2), 3);
    weft_each (it, dict)
        break;
    CHECK_EQ(weft_refcount(dict), 1);
    CHECK_EQ(weft_refcount(keyed[0]), 1);
    CHECK_TRUE(weft_weakvaluedict_remove(dict, weft_int(0)));
    CHECK_TRUE(weft_heap_verify(heap));         // T4: nothing is left of it
    drop_keyed(keyed, 4);
}

static weft_weakvaluedict *watched;

static void clear_and_put(struct node *self)
{
    weft_weakvaluedict_clear(watched);
    put(watched, 1, self);
}

// Letting go of what left, at the end of an iteration, may change everything.
static void end_may_run_user_code(weft_heap *heap)
{
    watched = values_new(heap);
    weft_auto(struct node) node = plain_new(heap);
    struct node *key = loud_new(heap, "key");
    key->act = clear_and_put;
    CHECK_EQ(weft_weakvaluedict_put(watched, weft_object(key), node), WEFT_OK);
    put(watched, 7, node);
    weft_release(key);
    weft_iterator it = weft_iterate(watched);
    CHECK_TRUE(weft_weakvaluedict_remove(watched, weft_object(key)));
    CHECK_TRACE("");
    weft_iterate_end(&it);
    CHECK_TRACE("~key key.");
    CHECK_EQ(weft_weakvaluedict_length(watched), 0);
    weft_clear(&watched);
}

// ---------------------------------------------------------------------------
// Meanwhile

// Pitfall H61: taken out one after the other, from the end, and dying, each is
// counted once; the iteration shows all that live.
static void hist_h61_each_leaves_once(weft_heap *heap)
{
    struct keyed *keyed[6];
    make_keyed(heap, keyed, 6);
    weft_auto(weft_weakset) set = weft_weakset_new(heap, WEFT_BY_EQUALITY);
    for (int i = 0; i < 6; i++)
        CHECK_EQ(weft_weakset_add(set, keyed[i]), WEFT_OK);
    weft_iterator it = weft_iterate(set);
    struct keyed *last;
    for (int i = 5; (last = weft_weakset_pop(set)) != NULL; i--) {
        CHECK_SAME(last, keyed[i]);
        CHECK_EQ(weft_weakset_length(set), i);
        weft_release(last);
    }
    CHECK_NULL(weft_weakset_pop(set));
    weft_clear(&keyed[5]);
    weft_clear(&keyed[0]);
    CHECK_EQ(weft_weakset_length(set), 0);
    while (weft_next(&it))
        say("%d", ((struct keyed *)it.object)->key);
    CHECK_TRACE("1 2 3 4");
    drop_keyed(keyed, 6);
}

// Cleared, filled again, cleared again: the iteration shows the first filling.
static void clearing_hides_nothing(weft_heap *heap)
{
    struct keyed *keyed[8];
    make_keyed(heap, keyed, 8);
    weft_auto(weft_weakvaluedict) dict = values_new(heap);
    for (int i = 0; i < 4; i++)
        put(dict, i, keyed[i]);
    weft_iterator it = weft_iterate(dict);
    for (int round = 0; round < 3; round++) {
        weft_weakvaluedict_clear(dict);
        CHECK_EQ(weft_weakvaluedict_length(dict), 0);
        for (int i = 0; i < 8; i++)
            put(dict, i, keyed[7 - i]);
    }
    CHECK_TRUE(weft_heap_verify(heap));
    say_rest(&it);
    CHECK_TRACE("0:0 1:1 2:2 3:3");
    CHECK_EQ(weft_weakvaluedict_length(dict), 8);
    drop_keyed(keyed, 8);
}

// Thousands come and go while one iteration is open, which shows its own; once
// it has ended, holes are used again.
static void many_may_come_and_go(weft_heap *heap)
{
    enum { COUNT = 200, ROUNDS = 50 };
    struct keyed *keyed[COUNT];
    make_keyed(heap, keyed, COUNT);
    weft_auto(weft_weakvaluedict) dict = values_new(heap);
    for (int i = 0; i < COUNT; i++)
        put(dict, i, keyed[i]);
    weft_iterator it = weft_iterate(dict);
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < COUNT; i++) {
            put(dict, i, keyed[(i + round) % COUNT]);
            put(dict, COUNT + i, keyed[i]);
            CHECK_TRUE(weft_weakvaluedict_remove(dict, weft_int(COUNT + i)));
        }
    for (int i = 0; i < COUNT; i++) {
        CHECK_TRUE(weft_next(&it));
        CHECK_EQ(it.key.as.integer, i);
        CHECK_SAME(it.object, keyed[i]);
    }
    CHECK_FALSE(weft_next(&it));
    uint32_t room = dict->table.order_room;
    for (int round = 0; round < 2 * ROUNDS; round++)
        for (int i = 0; i < COUNT; i++) {
            CHECK_TRUE(weft_weakvaluedict_remove(dict, weft_int(i)));
            put(dict, i, keyed[i]);
        }
    CHECK_TRUE(weft_heap_verify(heap));
    CHECK_EQ(dict->table.order_room, room);
    drop_keyed(keyed, COUNT);
}

// Values that are found to be garbage while an iteration is open are not shown
// any more; what is shown is held, and shown to the end.
static void garbage_is_not_shown(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(weft_weakset) set = weft_weakset_new(heap, WEFT_BY_IDENTITY);
    struct node *rings[3];
    for (int i = 0; i < 3; i++) {
        rings[i] = ring_new(heap, 2);
        CHECK_EQ(weft_weakset_add(set, rings[i]), WEFT_OK);
    }
    weft_iterator it = weft_iterate(set);
    CHECK_TRUE(weft_next(&it));
    for (int i = 0; i < 3; i++)
        weft_release(rings[i]);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 4);
    CHECK_EQ(weft_weakset_length(set), 1);
    CHECK_SAME(it.object, rings[0]);
    CHECK_FALSE(weft_next(&it));
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
    CHECK_EQ(weft_weakset_length(set), 0);
}

// A dead key does not show a value that a removed entry has kept.
static void removed_value_goes_with_its_key(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(weft_weakkeydict) dict = weft_weakkeydict_new(heap,
        WEFT_BY_IDENTITY);
    struct node *key = ring_new(heap, 2);
    CHECK_EQ(weft_weakkeydict_put(dict, key, weft_int(1)), WEFT_OK);
    weft_iterator it = weft_iterate(dict);
    CHECK_TRUE(weft_weakkeydict_remove(dict, key));
    weft_release(key);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
    CHECK_FALSE(weft_next(&it));
}

// ---------------------------------------------------------------------------
// Odd ones

// A proxy is gone through as what it stands for; once that is gone there is
// nothing.
static void proxies_are_gone_through(weft_heap *heap)
{
    weft_weakset *set = weft_weakset_new(heap, WEFT_BY_IDENTITY);
    weft_auto(struct node) node = plain_new(heap);
    CHECK_EQ(weft_weakset_add(set, node), WEFT_OK);
    weft_auto(weft_ref) proxy = weft_proxy_new(set, NULL, NULL);
    weft_each (it, proxy) {
        CHECK_SAME(it.object, node);
        CHECK_SAME(it.container, set);
    }
    weft_release(set);
    weft_iterator it = weft_iterate(proxy);
    CHECK_FALSE(weft_next(&it));
}

// Of an empty one there is nothing to see, also of one that is filled later.
static void empty_ones_stay_empty(weft_heap *heap)
{
    weft_auto(weft_weakvaluedict) dict = values_new(heap);
    weft_auto(struct keyed) keyed = keyed_new(heap, 1);
    weft_iterator it = weft_iterate(dict), other = weft_iterate(dict);
    CHECK_FALSE(weft_next(&it));
    put(dict, 1, keyed);
    CHECK_FALSE(weft_next(&other));
    CHECK_EQ(count_until(dict, 1), 1);
}

// Iterations are numbered: after very many of them the numbers begin anew, and
// what is shown stays right.
static void numbers_may_begin_anew(weft_heap *heap)
{
    struct keyed *keyed[4];
    make_keyed(heap, keyed, 4);
    weft_auto(weft_weakvaluedict) dict = values_new(heap);
    dict->table.starts = ((uint32_t)1 << 31) - 2;
    put(dict, 0, keyed[0]);
    put(dict, 1, keyed[1]);
    for (int i = 0; i < 6; i++) {
        weft_iterator it = weft_iterate(dict);
        put(dict, 0, keyed[(i + 1) % 2]);
        put(dict, 2, keyed[2]);
        CHECK_TRUE(weft_weakvaluedict_remove(dict, weft_int(1)));
        say_rest(&it);
        put(dict, 1, keyed[1]);
        CHECK_TRUE(weft_weakvaluedict_remove(dict, weft_int(2)));
    }
    CHECK_TRACE("0:0 1:1 0:1 1:1 0:0 1:1 0:1 1:1 0:0 1:1 0:1 1:1");
    CHECK_TRUE(dict->table.starts < 10);
    drop_keyed(keyed, 4);
}

// Going through needs no memory.
static void needs_no_memory(weft_heap *heap)
{
    struct keyed *keyed[5];
    make_keyed(heap, keyed, 5);
    weft_auto(weft_weakvaluedict) dict = values_new(heap);
    for (int i = 0; i < 5; i++)
        put(dict, i, keyed[i]);
    arm(heap);
    weft_iterator it = weft_iterate(dict);
    CHECK_TRUE(weft_weakvaluedict_remove(dict, weft_int(1)));
    weft_clear(&keyed[2]);
    weft_weakvaluedict_clear(dict);
    say_rest(&it);
    CHECK_FALSE(disarm(heap));
    CHECK_TRACE("0:0 1:1 3:3 4:4");
    drop_keyed(keyed, 5);
}

TESTS(RUN(shows_what_was_there), RUN(shows_it_while_all_changes),
    RUN(holds_what_it_shows), RUN(shows_old_keys_and_values),
    RUN(shows_old_members), RUN(dead_versions_are_not_shown),
    RUN(each_has_its_own_past), RUN(second_sees_what_the_first_does_not),
    RUN(thousands_may_be_open), RUN(loops_may_be_nested),
    RUN(what_left_goes_at_the_end), RUN(new_ones_go_at_once),
    RUN(holds_its_container), RUN(leaving_a_loop_ends_it),
    RUN(end_may_run_user_code), RUN(hist_h61_each_leaves_once),
    RUN(clearing_hides_nothing), RUN(many_may_come_and_go),
    RUN(garbage_is_not_shown), RUN(removed_value_goes_with_its_key),
    RUN(proxies_are_gone_through), RUN(empty_ones_stay_empty),
    RUN(numbers_may_begin_anew),
    RUN_CALM(needs_no_memory, "a collection needs memory"))
