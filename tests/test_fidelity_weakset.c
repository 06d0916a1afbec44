// SPDX-License-Identifier: MIT
//
// What CPython's tests say of its WeakSet, said of weft's. A set is shown as
// the numbers of its members, in their order.
#include "fidelity.h"

enum { COUNT = 10 };

// Objects for the tests: the caller's, in groups.
struct cast {
    struct thing *low[4];       // 0 1 2 3
    struct thing *high[4];      // 2 3 4 5, of which two equal low ones
};

static struct cast cast_new(weft_heap *heap)
{
    struct cast cast;
    for (int i = 0; i < 4; i++) {
        cast.low[i] = equal_new(heap, i);
        cast.high[i] = equal_new(heap, i + 2);
    }
    return cast;
}

static void drop_cast(struct cast *cast)
{
    drop_things(cast->low, 4);
    drop_things(cast->high, 4);
}

WEFT_NEW_REF static weft_weakset *set_of(weft_heap *heap, struct thing **things,
    size_t count)
{
    weft_weakset *set = weft_weakset_new(heap, WEFT_BY_EQUALITY);
    for (size_t i = 0; i < count; i++)
        CHECK_EQ(weft_weakset_add(set, things[i]), WEFT_OK);
    return set;
}

// The things 0 to COUNT - 1, the caller's.
WEFT_NEW_REF static weft_weakset *filled(weft_heap *heap, struct thing **things)
{
    for (int i = 0; i < COUNT; i++)
        things[i] = equal_new(heap, i);
    return set_of(heap, things, COUNT);
}

static void check_members(weft_weakset *set, const char *expected,
    const char *file, int line)
{
    weft_each (it, set)
        say("%d", ((struct thing *)it.object)->number);
    check_trace(expected, file, line);
}

#define CHECK_MEMBERS(set, expected) \
    check_members((set), (expected), __FILE__, __LINE__)

static bool is_proper_subset(const weft_weakset *a, const weft_weakset *b)
{
    return weft_weakset_is_subset(a, b) && !weft_weakset_is_subset(b, a);
}

// ---------------------------------------------------------------------------
// Members

static void length_falls_when_a_member_dies(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakset) set = filled(heap, things);
    CHECK_EQ(weft_weakset_length(set), COUNT);
    weft_clear(&things[3]);
    CHECK_EQ(weft_weakset_length(set), COUNT - 1);
    drop_things(things, COUNT);
    CHECK_EQ(weft_weakset_length(set), 0);
}

// Who equals a member is one; who equals a dead one, who cannot be watched, and
// who has no hash, is none.
static void membership_goes_by_equality(weft_heap *heap)
{
    weft_auto(weft_weakset) set = weft_weakset_new(heap, WEFT_BY_EQUALITY);
    weft_auto(struct thing) one = equal_new(heap, 1);
    weft_auto(struct thing) same = equal_new(heap, 1);
    weft_auto(struct thing) other = equal_new(heap, 2);
    weft_auto(struct thing) unwatched = unwatched_new(heap);
    weft_auto(struct thing) unhashable = unhashable_new(heap);
    CHECK_EQ(weft_weakset_add(set, one), WEFT_OK);
    CHECK_TRUE(weft_weakset_contains(set, one));
    CHECK_TRUE(weft_weakset_contains(set, same));
    CHECK_FALSE(weft_weakset_contains(set, other));
    CHECK_FALSE(weft_weakset_contains(set, unwatched));
    CHECK_FALSE(weft_weakset_contains(set, unhashable));
    CHECK_FALSE(weft_weakset_contains(set, NULL));
    weft_clear(&one);
    CHECK_FALSE(weft_weakset_contains(set, same));
}

// Adding twice changes nothing; what cannot be watched is refused; what nobody
// else holds is gone at once.
static void members_are_added(weft_heap *heap)
{
    weft_auto(weft_weakset) set = weft_weakset_new(heap, WEFT_BY_EQUALITY);
    weft_auto(struct thing) one = equal_new(heap, 1);
    weft_auto(struct thing) unwatched = unwatched_new(heap);
    CHECK_EQ(weft_weakset_add(set, one), WEFT_OK);
    CHECK_EQ(weft_weakset_add(set, one), WEFT_OK);
    CHECK_EQ(weft_weakset_length(set), 1);
    CHECK_EQ(weft_weakref_count(one), 1);
    CHECK_EQ(weft_weakset_add(set, unwatched), WEFT_TYPE_ERROR);
    struct thing *brief = equal_new(heap, 2);
    CHECK_EQ(weft_weakset_add(set, brief), WEFT_OK);
    weft_release(brief);
    CHECK_MEMBERS(set, "1");
}

// By any equal; what is not there, or never can be, is not there to be removed.
static void members_are_removed(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakset) set = filled(heap, things);
    weft_auto(struct thing) same = equal_new(heap, 3);
    weft_auto(struct thing) unwatched = unwatched_new(heap);
    CHECK_TRUE(weft_weakset_remove(set, same));
    CHECK_FALSE(weft_weakset_contains(set, things[3]));
    CHECK_FALSE(weft_weakset_remove(set, things[3]));
    CHECK_FALSE(weft_weakset_remove(set, unwatched));
    CHECK_FALSE(weft_weakset_remove(set, NULL));
    CHECK_EQ(weft_weakset_length(set), COUNT - 1);
    drop_things(things, COUNT);
}

static void pop_takes_out_one_by_one(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakset) set = filled(heap, things);
    for (int i = COUNT - 1; i >= 0; i--) {
        weft_auto(struct thing) member = weft_weakset_pop(set);
        CHECK_SAME(member, things[member->number]);
        CHECK_FALSE(weft_weakset_contains(set, member));
        CHECK_EQ(weft_weakset_length(set), i);
    }
    CHECK_NULL(weft_weakset_pop(set));
    drop_things(things, COUNT);
}

static void clear_empties_it(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakset) set = filled(heap, things);
    weft_weakset_clear(set);
    CHECK_EQ(weft_weakset_length(set), 0);
    CHECK_EQ(weft_weakref_count(things[0]), 0);
    drop_things(things, COUNT);
}

static void copy_is_another_with_the_same(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakset) set = filled(heap, things);
    weft_auto(weft_weakset) copy = weft_weakset_copy(set);
    CHECK_TRUE(copy != set && is_equal(copy, set));
    CHECK_TRUE(weft_weakset_remove(copy, things[0]));
    CHECK_TRUE(weft_weakset_contains(set, things[0]));
    weft_clear(&things[1]);
    CHECK_EQ(weft_weakset_length(copy), COUNT - 2);
    CHECK_EQ(weft_weakset_length(set), COUNT - 1);
    drop_things(things, COUNT);
}

static void has_no_hash(weft_heap *heap)
{
    weft_auto(weft_weakset) set = weft_weakset_new(heap, WEFT_BY_EQUALITY);
    uint64_t hash = 1;
    CHECK_EQ(weft_hash(heap, weft_object(set), &hash), WEFT_TYPE_ERROR);
}

// Equal to a set of equal members, to no strong container with them, and to
// nothing else.
static void is_equal_by_members(weft_heap *heap)
{
    struct cast cast = cast_new(heap);
    weft_auto(struct thing) two = equal_new(heap, 2);
    weft_auto(weft_weakset) a = set_of(heap, cast.low + 2, 2);
    weft_auto(weft_weakset) b = set_of(heap, cast.high, 2);
    weft_auto(weft_list) list = weft_list_new(heap);
    CHECK_EQ(weft_list_append(list, weft_object(two)), WEFT_OK);
    CHECK_TRUE(is_equal(a, b));
    CHECK_FALSE(is_equal(a, list));
    CHECK_FALSE(is_equal(a, two));
    weft_clear(&cast.high[0]);
    CHECK_FALSE(is_equal(a, b) || is_equal(b, a));
    weft_clear(&cast.low[2]);
    CHECK_TRUE(is_equal(a, b));
    drop_cast(&cast);
}

// A thousand, each in rings with itself and with a set of its own.
static void thousand_rings_with_sets_are_collected(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(weft_weakset) all = weft_weakset_new(heap, WEFT_BY_IDENTITY);
    for (int i = 0; i < 1000; i++) {
        weft_auto(weft_weakset) own = weft_weakset_new(heap, WEFT_BY_IDENTITY);
        weft_auto(weft_list) list = weft_list_new(heap);
        CHECK_EQ(weft_list_append(list, weft_object(list)), WEFT_OK);
        CHECK_EQ(weft_list_append(list, weft_object(own)), WEFT_OK);
        CHECK_EQ(weft_weakset_add(own, list), WEFT_OK);
        CHECK_EQ(weft_weakset_add(all, list), WEFT_OK);
        CHECK_EQ(weft_weakset_add(all, own), WEFT_OK);
    }
    CHECK_EQ(weft_weakset_length(all), 2000);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2000);
    CHECK_EQ(weft_weakset_length(all), 0);
}

// ---------------------------------------------------------------------------
// What two sets make

// A new set of all, weak as they are, which are left alone.
static void union_has_all_of_both(weft_heap *heap)
{
    struct cast cast = cast_new(heap);
    weft_auto(weft_weakset) a = set_of(heap, cast.low, 4);
    weft_auto(weft_weakset) b = set_of(heap, cast.high, 4);
    weft_auto(weft_weakset) both = weft_weakset_union(a, b);
    CHECK_MEMBERS(both, "0 1 2 3 4 5");
    CHECK_MEMBERS(a, "0 1 2 3");
    CHECK_MEMBERS(b, "2 3 4 5");
    weft_clear(&cast.low[0]);
    weft_clear(&cast.high[3]);
    CHECK_MEMBERS(both, "1 2 3 4");
    drop_cast(&cast);
    CHECK_EQ(weft_weakset_length(both), 0);
}

static void intersection_has_what_both_have(weft_heap *heap)
{
    struct cast cast = cast_new(heap);
    weft_auto(weft_weakset) a = set_of(heap, cast.low, 4);
    weft_auto(weft_weakset) b = set_of(heap, cast.high, 4);
    weft_auto(weft_weakset) both = weft_weakset_intersection(a, b);
    CHECK_MEMBERS(both, "2 3");
    CHECK_MEMBERS(a, "0 1 2 3");
    weft_auto(weft_weakset) none = weft_weakset_new(heap, WEFT_BY_EQUALITY);
    weft_set_steal(&both, weft_weakset_intersection(a, none));
    CHECK_MEMBERS(both, "");
    drop_cast(&cast);
}

static void difference_has_what_one_has_alone(weft_heap *heap)
{
    struct cast cast = cast_new(heap);
    weft_auto(weft_weakset) a = set_of(heap, cast.low, 4);
    weft_auto(weft_weakset) b = set_of(heap, cast.high, 4);
    weft_auto(weft_weakset) rest = weft_weakset_difference(a, b);
    CHECK_MEMBERS(rest, "0 1");
    CHECK_MEMBERS(a, "0 1 2 3");
    weft_clear(&cast.low[1]);
    CHECK_MEMBERS(rest, "0");
    drop_cast(&cast);
}

static void symmetric_difference_watches_both_sides(weft_heap *heap)
{
    struct cast cast = cast_new(heap);
    weft_auto(weft_weakset) a = set_of(heap, cast.low, 4);
    weft_auto(weft_weakset) b = set_of(heap, cast.high, 4);
    weft_auto(weft_weakset) rest = weft_weakset_symmetric_difference(a, b);
    CHECK_MEMBERS(rest, "0 1 4 5");
    weft_clear(&cast.low[0]);
    weft_clear(&cast.high[3]);
    CHECK_MEMBERS(rest, "1 4");
    drop_cast(&cast);
}

static void disjoint_sets_share_nothing(weft_heap *heap)
{
    struct cast cast = cast_new(heap);
    weft_auto(weft_weakset) a = set_of(heap, cast.low, 2);
    weft_auto(weft_weakset) b = set_of(heap, cast.high, 4);
    weft_auto(weft_weakset) c = set_of(heap, cast.low, 4);
    CHECK_TRUE(weft_weakset_is_disjoint(a, b));
    CHECK_TRUE(weft_weakset_is_disjoint(b, a));
    CHECK_FALSE(weft_weakset_is_disjoint(b, c));
    CHECK_FALSE(weft_weakset_is_disjoint(c, c));
    drop_cast(&cast);
}

static void subsets_are_told(weft_heap *heap)
{
    struct cast cast = cast_new(heap);
    weft_auto(weft_weakset) all = set_of(heap, cast.low, 4);
    weft_auto(weft_weakset) part = set_of(heap, cast.high, 2);
    weft_auto(weft_weakset) other = set_of(heap, cast.high + 1, 2);
    CHECK_TRUE(weft_weakset_is_subset(part, all));
    CHECK_FALSE(weft_weakset_is_subset(all, part));
    CHECK_FALSE(weft_weakset_is_subset(other, all));
    CHECK_TRUE(weft_weakset_is_subset(all, all));
    drop_cast(&cast);
}

// A proper subset is one that is no superset: none of two that are equal, nor
// of two that are empty.
static void proper_subsets_are_told(weft_heap *heap)
{
    struct cast cast = cast_new(heap);
    weft_auto(weft_weakset) all = set_of(heap, cast.low, 4);
    weft_auto(weft_weakset) part = set_of(heap, cast.low, 2);
    weft_auto(weft_weakset) none = weft_weakset_new(heap, WEFT_BY_EQUALITY);
    weft_auto(weft_weakset) also = weft_weakset_new(heap, WEFT_BY_EQUALITY);
    CHECK_TRUE(is_proper_subset(part, all) && is_proper_subset(none, part));
    CHECK_FALSE(is_proper_subset(all, part) || is_proper_subset(all, all));
    CHECK_FALSE(is_proper_subset(none, also));
    drop_cast(&cast);
}

// ---------------------------------------------------------------------------
// In place

static void update_adds_all(weft_heap *heap)
{
    struct cast cast = cast_new(heap);
    weft_auto(weft_weakset) a = set_of(heap, cast.low, 4);
    weft_auto(weft_weakset) b = set_of(heap, cast.high, 4);
    CHECK_EQ(weft_weakset_update(a, b), WEFT_OK);
    CHECK_MEMBERS(a, "0 1 2 3 4 5");
    CHECK_MEMBERS(b, "2 3 4 5");
    drop_cast(&cast);
    CHECK_EQ(weft_weakset_length(a), 0);
}

// The keys of a strong dictionary, which is what weft has for a strong set.
static void takes_the_keys_of_a_dict(weft_heap *heap)
{
    struct cast cast = cast_new(heap);
    weft_auto(weft_dict) source = weft_dict_new(heap, WEFT_BY_EQUALITY);
    for (int i = 0; i < 4; i++)
        CHECK_EQ(weft_dict_put(source, weft_object(cast.high[i]), weft_nil()),
            WEFT_OK);
    weft_auto(weft_weakset) set = set_of(heap, cast.low, 4);
    weft_each (it, source)
        CHECK_EQ(weft_weakset_add(set, weft_value_object(it.key)), WEFT_OK);
    CHECK_MEMBERS(set, "0 1 2 3 4 5");
    drop_cast(&cast);
    CHECK_MEMBERS(set, "2 3 4 5");
    weft_dict_clear(source);
    CHECK_MEMBERS(set, "");
}

// And goes on to watch what is left.
static void intersection_update_keeps_what_both_have(weft_heap *heap)
{
    struct cast cast = cast_new(heap);
    weft_auto(weft_weakset) a = set_of(heap, cast.low, 4);
    weft_auto(weft_weakset) b = set_of(heap, cast.high, 4);
    weft_weakset_intersection_update(a, b);
    CHECK_MEMBERS(a, "2 3");
    CHECK_MEMBERS(b, "2 3 4 5");
    drop_things(cast.high, 4);
    weft_clear(&cast.low[2]);
    CHECK_MEMBERS(a, "3");
    drop_cast(&cast);
    CHECK_EQ(weft_weakset_length(a), 0);
}

static void difference_update_removes_the_other(weft_heap *heap)
{
    struct cast cast = cast_new(heap);
    weft_auto(weft_weakset) a = set_of(heap, cast.low, 4);
    weft_auto(weft_weakset) b = set_of(heap, cast.high, 4);
    weft_weakset_difference_update(a, b);
    CHECK_MEMBERS(a, "0 1");
    CHECK_MEMBERS(b, "2 3 4 5");
    drop_cast(&cast);
}

static void symmetric_difference_update_swaps(weft_heap *heap)
{
    struct cast cast = cast_new(heap);
    weft_auto(weft_weakset) a = set_of(heap, cast.low, 4);
    weft_auto(weft_weakset) b = set_of(heap, cast.high, 4);
    CHECK_EQ(weft_weakset_symmetric_difference_update(a, b), WEFT_OK);
    CHECK_MEMBERS(a, "0 1 4 5");
    CHECK_MEMBERS(b, "2 3 4 5");
    drop_cast(&cast);
    CHECK_EQ(weft_weakset_length(a), 0);
}

// With itself: what adds and what keeps in common changes nothing, what takes
// away empties it.
static void works_with_itself(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakset) set = filled(heap, things);
    weft_auto(weft_weakset) full = weft_weakset_copy(set);
    CHECK_EQ(weft_weakset_update(set, set), WEFT_OK);
    CHECK_TRUE(is_equal(set, full));
    weft_weakset_intersection_update(set, set);
    CHECK_TRUE(is_equal(set, full));
    weft_weakset_difference_update(set, set);
    CHECK_EQ(weft_weakset_length(set), 0);
    CHECK_EQ(weft_weakset_update(set, full), WEFT_OK);
    CHECK_EQ(weft_weakset_symmetric_difference_update(set, set), WEFT_OK);
    CHECK_EQ(weft_weakset_length(set), 0);
    drop_things(things, COUNT);
}

// ---------------------------------------------------------------------------
// While it is gone through

static void members_die_while_it_is_gone_through(weft_heap *heap)
{
    struct thing *things[COUNT];
    weft_auto(weft_weakset) set = filled(heap, things);
    weft_each (it, set) {
        struct thing *thing = it.object;
        if (thing->number == 0) {
            weft_clear(&things[1]);
            weft_clear(&things[COUNT - 1]);
            CHECK_EQ(weft_weakset_length(set), COUNT - 2);
        }
        say("%d", thing->number);
    }
    CHECK_TRACE("0 2 3 4 5 6 7 8");
    CHECK_EQ(weft_weakset_length(set), COUNT - 2);
    drop_things(things, COUNT);
}

// Adding, removing, popping, updating and clearing, each beside a member that
// has died, do what they say at once.
static void changes_while_it_is_gone_through(weft_heap *heap)
{
    struct thing *things[COUNT], *more[COUNT];
    weft_auto(weft_weakset) set = filled(heap, things);
    weft_auto(weft_weakset) other = filled(heap, more);
    weft_auto(struct thing) late = equal_new(heap, 77);
    weft_iterator it = weft_iterate(set);
    CHECK_TRUE(weft_next(&it));
    weft_clear(&things[1]);
    CHECK_FALSE(weft_weakset_contains(set, more[1]));
    CHECK_EQ(weft_weakset_add(set, late), WEFT_OK);
    CHECK_TRUE(weft_weakset_contains(set, late));
    CHECK_TRUE(weft_weakset_remove(set, things[2]));
    CHECK_FALSE(weft_weakset_contains(set, things[2]));
    weft_auto(struct thing) popped = weft_weakset_pop(set);
    CHECK_SAME(popped, late);
    CHECK_EQ(weft_weakset_length(set), COUNT - 2);
    CHECK_EQ(weft_weakset_update(set, other), WEFT_OK);
    CHECK_EQ(weft_weakset_length(set), COUNT);
    weft_weakset_clear(set);
    CHECK_EQ(weft_weakset_length(set), 0);
    size_t shown = 0;
    for (; weft_next(&it); shown++)
        CHECK_SAME(it.object, things[((struct thing *)it.object)->number]);
    CHECK_EQ(shown, COUNT - 2);         // as it was, less the one that died
    CHECK_EQ(weft_weakset_length(set), 0);
    drop_things(things, COUNT);
    drop_things(more, COUNT);
}

// All members are garbage while an iteration is open: only the one it shows is
// still there, and none when it is closed.
static void length_counts_what_an_iteration_holds(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(weft_weakset) set = weft_weakset_new(heap, WEFT_BY_EQUALITY);
    for (int i = 0; i < COUNT; i++) {
        weft_auto(struct thing) thing = loop_new(heap, &equal_type, i);
        CHECK_EQ(weft_weakset_add(set, thing), WEFT_OK);
    }
    weft_iterator it = weft_iterate(set);
    CHECK_TRUE(weft_next(&it));
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), COUNT - 1);
    CHECK_EQ(weft_weakset_length(set), 1);
    weft_iterate_end(&it);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 1);
    CHECK_EQ(weft_weakset_length(set), 0);
}

// However often it collects, lengths are between none and all, and ending an
// iteration never makes them longer.
static void length_is_right_whenever_it_collects(weft_heap *heap)
{
    for (size_t threshold = 1; threshold < 100; threshold++) {
        weft_gc_set_threshold(heap, (weft_gc_threshold){ threshold, 0, 0 });
        weft_auto(weft_weakset) set = weft_weakset_new(heap, WEFT_BY_EQUALITY);
        for (int i = 0; i < 50; i++) {
            weft_auto(struct thing) thing = loop_new(heap, &equal_type, i);
            CHECK_EQ(weft_weakset_add(set, thing), WEFT_OK);
        }
        weft_iterator it = weft_iterate(set);
        (void)weft_next(&it);
        lose_ring(heap, threshold);
        size_t before = weft_weakset_length(set);
        weft_iterate_end(&it);
        size_t after = weft_weakset_length(set);
        CHECK_TRUE(before <= 50 && after <= before);
    }
    (void)weft_gc_collect(heap, WEFT_FULL);
}

TESTS(RUN(length_falls_when_a_member_dies), RUN(membership_goes_by_equality),
    RUN(members_are_added), RUN(members_are_removed),
    RUN(pop_takes_out_one_by_one), RUN(clear_empties_it),
    RUN(copy_is_another_with_the_same), RUN(has_no_hash),
    RUN(is_equal_by_members), RUN(thousand_rings_with_sets_are_collected),
    RUN(union_has_all_of_both), RUN(intersection_has_what_both_have),
    RUN(difference_has_what_one_has_alone),
    RUN(symmetric_difference_watches_both_sides),
    RUN(disjoint_sets_share_nothing), RUN(subsets_are_told),
    RUN(proper_subsets_are_told), RUN(update_adds_all),
    RUN(takes_the_keys_of_a_dict),
    RUN(intersection_update_keeps_what_both_have),
    RUN(difference_update_removes_the_other),
    RUN(symmetric_difference_update_swaps), RUN(works_with_itself),
    RUN(members_die_while_it_is_gone_through),
    RUN(changes_while_it_is_gone_through),
    RUN(length_counts_what_an_iteration_holds),
    RUN(length_is_right_whenever_it_collects))
