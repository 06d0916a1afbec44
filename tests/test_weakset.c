// SPDX-License-Identifier: MIT
//
// Weak sets: who is a member when several are equal, what two sets make
// together, and what cannot be added.
#include "keyed.h"

enum { COUNT = 6 };

WEFT_NEW_REF static weft_weakset *set_new(weft_heap *heap)
{
    return weft_weakset_new(heap, WEFT_BY_EQUALITY);
}

static void add(weft_weakset *set, const void *object)
{
    CHECK_EQ(weft_weakset_add(set, object), WEFT_OK);
}

static void check_members(weft_weakset *set, const char *expected, int line)
{
    weft_each (it, set)
        say("%d", ((struct keyed *)it.object)->key);
    check_trace(expected, __FILE__, line);
}

// Are these the keys of the members, in order?
#define CHECK_MEMBERS(set, expected) check_members((set), (expected), __LINE__)

// Objects 0 to COUNT - 1, the caller's, in order.
static void make_keyed(weft_heap *heap, struct keyed **keyed)
{
    for (int i = 0; i < COUNT; i++)
        keyed[i] = keyed_new(heap, i);
}

static void drop_keyed(struct keyed **keyed)
{
    for (int i = 0; i < COUNT; i++)
        weft_clear(&keyed[i]);
}

// ---------------------------------------------------------------------------
// Members

// An equal newcomer becomes the member, in the place of the one before.
static void newcomer_takes_over(weft_heap *heap)
{
    weft_auto(weft_weakset) set = set_new(heap);
    struct keyed *first = keyed_new(heap, 1), *second = keyed_new(heap, 1);
    weft_auto(struct keyed) other = keyed_new(heap, 2);
    add(set, first);
    add(set, other);
    add(set, second);
    CHECK_MEMBERS(set, "1 2");
    CHECK_EQ(weft_weakref_count(first), 0);
    weft_release(first);
    CHECK_TRUE(weft_weakset_contains(set, second));
    CHECK_MEMBERS(set, "1 2");
    weft_release(second);
    CHECK_MEMBERS(set, "2");
}

// If so asked the first stays, and the member goes with it.
static void first_of_equals_stays(weft_heap *heap)
{
    weft_auto(weft_weakset) set = weft_weakset_new(heap, WEFT_BY_FIRST_EQUAL);
    struct keyed *first = keyed_new(heap, 1);
    weft_auto(struct keyed) second = keyed_new(heap, 1);
    add(set, first);
    add(set, second);
    CHECK_EQ(weft_weakref_count(second), 0);
    CHECK_TRUE(weft_weakset_contains(set, second));
    weft_release(first);
    CHECK_FALSE(weft_weakset_contains(set, second));
    CHECK_EQ(weft_weakset_length(set), 0);
}

// Interning gives one of all that are equal, and adds who has no equal.
static void intern_gives_one_of_equals(weft_heap *heap)
{
    weft_auto(weft_weakset) set = set_new(heap);
    struct keyed *first = keyed_new(heap, 1);
    weft_auto(struct keyed) second = keyed_new(heap, 1);
    weft_auto(struct keyed) one = weft_weakset_intern(set, first);
    weft_auto(struct keyed) same = weft_weakset_intern(set, second);
    CHECK_SAME(one, first);
    CHECK_SAME(same, first);
    CHECK_EQ(weft_refcount(first), 3);
    weft_release(first);
    weft_clear(&one);
    weft_clear(&same);
    CHECK_EQ(weft_weakset_length(set), 0);
    same = weft_weakset_intern(set, second);
    CHECK_SAME(same, second);
}

// By identity equals are two, and who has no hash is a member, too.
static void by_identity_all_are_members(weft_heap *heap)
{
    forget_hooks();
    weft_auto(weft_weakset) set = weft_weakset_new(heap, WEFT_BY_IDENTITY);
    weft_auto(struct keyed) first = keyed_new(heap, 1);
    weft_auto(struct keyed) second = keyed_new(heap, 1);
    weft_auto(weft_list) list = weft_list_new(heap);
    add(set, first);
    CHECK_FALSE(weft_weakset_contains(set, second));
    add(set, second);
    add(set, list);
    add(set, set);
    add(set, first);
    CHECK_EQ(weft_weakset_length(set), 4);
    CHECK_EQ(hooks.hashes + hooks.equals, 0);
    CHECK_TRUE(weft_weakset_remove(set, list));
    CHECK_FALSE(weft_weakset_remove(set, list));
    weft_clear(&first);
    CHECK_EQ(weft_weakset_length(set), 2);
}

static weft_weakset *watched;
static weft_status late_status;

static void add_oneself(void *self)
{
    late_status = weft_weakset_add(watched, self);
    CHECK_NULL(weft_weakset_intern(watched, self));
}

static weft_type late_type = {
    .name = "late", WEFT_SIZE(struct node), .clear = add_oneself };

// TYPE: nothing, what cannot be watched, what has no hash; REFERENCE: what is
// dying.
static void some_cannot_be_members(weft_heap *heap)
{
    watched = set_new(heap);
    weft_auto(weft_string) string = weft_string_new(heap, "s");
    weft_auto(struct keyed) forbidden = weft_new(heap, &forbidden_type);
    weft_auto(weft_list) list = weft_list_new(heap);
    const void *none[] = { NULL, string, forbidden, list, watched };
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        CHECK_EQ(weft_weakset_add(watched, none[i]), WEFT_TYPE_ERROR);
        CHECK_NULL(weft_weakset_intern(watched, none[i]));
        CHECK_FALSE(weft_weakset_contains(watched, none[i]));
        CHECK_FALSE(weft_weakset_remove(watched, none[i]));
    }
    weft_release(weft_new(heap, &late_type));
    CHECK_EQ(late_status, WEFT_REFERENCE_ERROR);
    CHECK_EQ(weft_weakset_length(watched), 0);
    weft_clear(&watched);
}

static void say_length(weft_ref *ref, void *context)
{
    (void)ref;
    say("%s%zu", (const char *)context, weft_weakset_length(watched));
}

static void say_length_too(struct node *self)
{
    say("%zu", weft_weakset_length(watched));
    (void)self;
}

// Pitfall H58: a member is one while its finalizer runs, and none when the
// first callback does.
static void hist_h58_members_go_before_callbacks(weft_heap *heap)
{
    watched = set_new(heap);
    struct node *node = loud_new(heap, "a");
    node->act = say_length_too;
    weft_auto(weft_ref) older = weft_ref_new(node, say_length, "older");
    add(watched, node);
    weft_auto(weft_ref) newer = weft_ref_new(node, say_length, "newer");
    weft_release(node);
    CHECK_TRACE("~a 1 newer0 older0 a.");
    weft_clear(&watched);
}

// Pop takes the newest, which is the caller's.
static void pop_takes_the_newest(weft_heap *heap)
{
    struct keyed *keyed[COUNT];
    weft_auto(weft_weakset) set = set_new(heap);
    make_keyed(heap, keyed);
    for (int i = 0; i < COUNT; i++)
        add(set, keyed[i]);
    weft_clear(&keyed[COUNT - 1]);
    CHECK_TRUE(weft_weakset_remove(set, keyed[2]));
    add(set, keyed[2]);
    weft_auto(struct keyed) last = weft_weakset_pop(set);
    weft_auto(struct keyed) before = weft_weakset_pop(set);
    CHECK_SAME(last, keyed[2]);
    CHECK_SAME(before, keyed[4]);
    CHECK_EQ(weft_refcount(last), 2);
    weft_weakset_clear(set);
    CHECK_NULL(weft_weakset_pop(set));
    drop_keyed(keyed);
}

// An object in hundreds of sets is found in each, and leaves all at once.
static void object_may_be_in_many_sets(weft_heap *heap)
{
    enum { SETS = 300 };
    static weft_weakset *sets[SETS];
    struct node *node = plain_new(heap);
    for (int i = 0; i < SETS; i++) {
        sets[i] = set_new(heap);
        add(sets[i], node);
    }
    CHECK_EQ(weft_weakref_count(node), SETS);
    for (int i = 0; i < SETS; i += 2)
        CHECK_TRUE(weft_weakset_remove(sets[i], node));
    CHECK_EQ(weft_weakref_count(node), SETS / 2);
    for (int i = 1; i < SETS; i += 4)
        weft_clear(&sets[i]);
    CHECK_TRUE(weft_heap_verify(heap));
    CHECK_EQ(weft_weakref_count(node), SETS / 4);
    weft_release(node);
    for (int i = 0; i < SETS; i++) {
        CHECK_TRUE(sets[i] == NULL || weft_weakset_length(sets[i]) == 0);
        weft_release(sets[i]);
    }
}

// Members whose hashes are all the same, of which some die and some are taken
// out, are told apart.
static void crowds_of_one_hash_are_told_apart(weft_heap *heap)
{
    enum { MANY_OF_THEM = 300 };
    static struct keyed *keyed[MANY_OF_THEM];
    forget_hooks();
    hooks.crowded = true;
    weft_auto(weft_weakset) set = set_new(heap);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < MANY_OF_THEM; i++) {
            if (keyed[i] == NULL)
                keyed[i] = keyed_new(heap, i);
            add(set, keyed[i]);
        }
        CHECK_EQ(weft_weakset_length(set), MANY_OF_THEM);
        for (int i = round; i < MANY_OF_THEM; i += 3)
            weft_clear(&keyed[i]);
        for (int i = round + 1; i < MANY_OF_THEM; i += 5)
            if (keyed[i] != NULL)
                CHECK_TRUE(weft_weakset_remove(set, keyed[i]));
        CHECK_TRUE(weft_heap_verify(heap));
        for (int i = 0; i < MANY_OF_THEM; i++)
            if (keyed[i] != NULL)
                CHECK_EQ(weft_weakset_contains(set, keyed[i]),
                    i % 5 != (round + 1) % 5);
    }
    for (int i = 0; i < MANY_OF_THEM; i++)
        weft_clear(&keyed[i]);
    CHECK_EQ(weft_weakset_length(set), 0);
}

// ---------------------------------------------------------------------------
// Two sets

// 0 1 2 3, and 2 3 4 5 of others that equal those of the first.
struct two {
    struct keyed *keyed[COUNT], *others[COUNT];
    weft_weakset *a, *b;
};

static struct two two_new(weft_heap *heap, weft_by by)
{
    struct two two = { .a = weft_weakset_new(heap, by),
        .b = weft_weakset_new(heap, by) };
    make_keyed(heap, two.keyed);
    make_keyed(heap, two.others);
    for (int i = 0; i < 4; i++) {
        add(two.a, two.keyed[i]);
        add(two.b, two.others[i + 2]);
    }
    return two;
}

static void drop_two(struct two *two)
{
    weft_release(two->a);
    weft_release(two->b);
    drop_keyed(two->keyed);
    drop_keyed(two->others);
}

static void check_result(weft_weakset *set, const char *expected, int line)
{
    check_true(set != NULL, "made", __FILE__, line);
    check_members(set, expected, line);
    weft_release(set);
}

#define CHECK_RESULT(set, expected) check_result((set), (expected), __LINE__)

// What two sets make together, as new sets and in place; neither of both is
// changed but the one that is to be.
static void sets_make_sets(weft_heap *heap)
{
    struct two two = two_new(heap, WEFT_BY_EQUALITY);
    CHECK_RESULT(weft_weakset_union(two.a, two.b), "0 1 2 3 4 5");
    CHECK_RESULT(weft_weakset_intersection(two.a, two.b), "2 3");
    CHECK_RESULT(weft_weakset_difference(two.a, two.b), "0 1");
    CHECK_RESULT(weft_weakset_symmetric_difference(two.a, two.b), "0 1 4 5");
    CHECK_RESULT(weft_weakset_copy(two.b), "2 3 4 5");
    CHECK_MEMBERS(two.a, "0 1 2 3");
    CHECK_MEMBERS(two.b, "2 3 4 5");
    weft_weakset_difference_update(two.a, two.b);
    CHECK_MEMBERS(two.a, "0 1");
    CHECK_EQ(weft_weakset_update(two.a, two.b), WEFT_OK);
    CHECK_MEMBERS(two.a, "0 1 2 3 4 5");
    weft_weakset_intersection_update(two.a, two.b);
    CHECK_MEMBERS(two.a, "2 3 4 5");
    CHECK_TRUE(weft_weakset_remove(two.b, two.keyed[2]));
    add(two.b, two.keyed[0]);
    CHECK_EQ(weft_weakset_symmetric_difference_update(two.a, two.b), WEFT_OK);
    CHECK_MEMBERS(two.a, "2 0");
    drop_two(&two);
}

// A set and itself.
static void set_may_be_both(weft_heap *heap)
{
    struct two two = two_new(heap, WEFT_BY_EQUALITY);
    CHECK_RESULT(weft_weakset_union(two.a, two.a), "0 1 2 3");
    CHECK_RESULT(weft_weakset_intersection(two.a, two.a), "0 1 2 3");
    CHECK_RESULT(weft_weakset_difference(two.a, two.a), "");
    CHECK_RESULT(weft_weakset_symmetric_difference(two.a, two.a), "");
    CHECK_EQ(weft_weakset_update(two.a, two.a), WEFT_OK);
    weft_weakset_intersection_update(two.a, two.a);
    CHECK_MEMBERS(two.a, "0 1 2 3");
    CHECK_TRUE(weft_weakset_is_subset(two.a, two.a));
    CHECK_FALSE(weft_weakset_is_disjoint(two.a, two.a));
    CHECK_EQ(weft_weakset_symmetric_difference_update(two.a, two.a), WEFT_OK);
    CHECK_MEMBERS(two.a, "");
    weft_weakset_difference_update(two.b, two.b);
    CHECK_MEMBERS(two.b, "");
    CHECK_TRUE(weft_weakset_is_disjoint(two.a, two.a));
    CHECK_TRUE(weft_weakset_is_subset(two.a, two.b));
    drop_two(&two);
}

// Subsets, disjoint sets, equal sets, in whatever order.
static void sets_compare(weft_heap *heap)
{
    struct two two = two_new(heap, WEFT_BY_EQUALITY);
    bool equal;
    CHECK_FALSE(weft_weakset_is_subset(two.a, two.b));
    CHECK_FALSE(weft_weakset_is_disjoint(two.a, two.b));
    weft_weakset_clear(two.b);
    CHECK_TRUE(weft_weakset_is_subset(two.b, two.a));
    CHECK_TRUE(weft_weakset_is_disjoint(two.a, two.b));
    for (int i = 3; i >= 0; i--) {
        CHECK_EQ(weft_equal(weft_object(two.a), weft_object(two.b), &equal),
            WEFT_OK);
        CHECK_FALSE(equal);
        add(two.b, two.others[i]);
        CHECK_EQ(weft_weakset_is_subset(two.a, two.b), i == 0);
    }
    CHECK_EQ(weft_equal(weft_object(two.a), weft_object(two.b), &equal),
        WEFT_OK);
    CHECK_TRUE(equal);
    add(two.b, two.others[5]);
    CHECK_TRUE(weft_weakset_remove(two.b, two.keyed[0]));
    CHECK_EQ(weft_equal(weft_object(two.a), weft_object(two.b), &equal),
        WEFT_OK);
    CHECK_FALSE(equal);
    add(two.b, two.others[0]);
    CHECK_TRUE(weft_weakset_is_subset(two.a, two.b));
    CHECK_FALSE(weft_weakset_is_subset(two.b, two.a));
    weft_clear(&two.others[5]);
    CHECK_TRUE(weft_weakset_is_subset(two.b, two.a));
    drop_two(&two);
}

// A new set compares as the first does; what it can have is decided by that.
static void result_compares_as_the_first(weft_heap *heap)
{
    weft_auto(weft_weakset) by_identity = weft_weakset_new(heap,
        WEFT_BY_IDENTITY);
    weft_auto(weft_weakset) by_equality = set_new(heap);
    weft_auto(struct keyed) one = keyed_new(heap, 1);
    weft_auto(struct keyed) equal = keyed_new(heap, 1);
    add(by_identity, one);
    add(by_equality, equal);
    CHECK_RESULT(weft_weakset_union(by_identity, by_equality), "1 1");
    CHECK_RESULT(weft_weakset_union(by_equality, by_identity), "1");
    CHECK_RESULT(weft_weakset_difference(by_equality, by_identity), "1");
    CHECK_RESULT(weft_weakset_difference(by_identity, by_equality), "");
}

// Members that die leave all results.
static void results_watch_too(weft_heap *heap)
{
    struct two two = two_new(heap, WEFT_BY_FIRST_EQUAL);
    weft_auto(weft_weakset) all = weft_weakset_union(two.a, two.b);
    weft_auto(weft_weakset) copy = weft_weakset_copy(all);
    weft_clear(&two.keyed[0]);
    weft_clear(&two.others[5]);
    CHECK_MEMBERS(all, "1 2 3 4");
    CHECK_MEMBERS(copy, "1 2 3 4");
    weft_clear(&two.a);
    weft_clear(&two.keyed[2]);
    CHECK_MEMBERS(all, "1 3 4");
    CHECK_MEMBERS(two.b, "2 3 4");
    drop_two(&two);
}

// ---------------------------------------------------------------------------
// Memory

static void only_adding_needs_memory(weft_heap *heap)
{
    struct two two = two_new(heap, WEFT_BY_EQUALITY);
    arm(heap);
    CHECK_TRUE(weft_weakset_contains(two.a, two.others[1]));
    CHECK_FALSE(weft_weakset_contains(two.b, two.keyed[1]));
    CHECK_FALSE(weft_weakset_is_subset(two.a, two.b));
    CHECK_FALSE(weft_weakset_is_disjoint(two.a, two.b));
    weft_clear(&two.keyed[0]);
    weft_weakset_intersection_update(two.a, two.b);
    CHECK_MEMBERS(two.a, "2 3");
    weft_weakset_difference_update(two.a, two.b);
    CHECK_MEMBERS(two.a, "");
    CHECK_TRUE(weft_weakset_remove(two.b, two.keyed[2]));
    weft_auto(struct keyed) last = weft_weakset_pop(two.b);
    CHECK_SAME(last, two.others[5]);
    weft_weakset_clear(two.b);
    CHECK_FALSE(disarm(heap));
    drop_two(&two);
}

// Each new set is there, whole, or not at all.
static void results_may_fail(weft_heap *heap)
{
    weft_auto(weft_weakset) a = set_new(heap);
    weft_auto(weft_weakset) b = set_new(heap);
    weft_auto(struct keyed) one = keyed_new(heap, 1);
    weft_auto(struct keyed) two = keyed_new(heap, 2);
    if (!made(a) || !made(b) || !made(one) || !made(two)
            || !went_well(weft_weakset_add(a, one))
            || !went_well(weft_weakset_add(b, two)))
        return;
    weft_auto(weft_weakset) both = weft_weakset_union(a, b);
    if (made(both))
        CHECK_MEMBERS(both, "1 2");
    weft_auto(weft_weakset) none = weft_weakset_intersection(a, b);
    if (made(none))
        CHECK_MEMBERS(none, "");
    weft_auto(weft_weakset) first = weft_weakset_difference(a, b);
    if (made(first))
        CHECK_MEMBERS(first, "1");
    weft_auto(weft_weakset) either = weft_weakset_symmetric_difference(a, b);
    if (made(either))
        CHECK_MEMBERS(either, "1 2");
    weft_auto(weft_weakset) copy = weft_weakset_copy(a);
    if (made(copy))
        CHECK_MEMBERS(copy, "1");
    bool added = went_well(weft_weakset_add(a, two));
    CHECK_MEMBERS(a, added ? "1 2" : "1");
    weft_auto(struct keyed) equal = keyed_new(heap, 2);
    if (!made(equal))
        return;
    weft_auto(struct keyed) there = weft_weakset_intern(b, equal);
    CHECK_SAME(there, two);
    weft_iterator it = weft_iterate(b);
    bool taken = went_well(weft_weakset_add(b, equal));
    CHECK_EQ(weft_weakset_length(b), 1);
    CHECK_TRUE(weft_next(&it));
    CHECK_SAME(it.object, two);
    weft_iterate_end(&it);
    weft_auto(struct keyed) now = weft_weakset_pop(b);
    CHECK_SAME(now, taken ? equal : two);
}

TESTS(RUN(newcomer_takes_over), RUN(first_of_equals_stays),
    RUN(intern_gives_one_of_equals), RUN(by_identity_all_are_members),
    RUN(some_cannot_be_members), RUN(hist_h58_members_go_before_callbacks),
    RUN(pop_takes_the_newest), RUN(object_may_be_in_many_sets),
    RUN(crowds_of_one_hash_are_told_apart), RUN(sets_make_sets),
    RUN(set_may_be_both), RUN(sets_compare), RUN(result_compares_as_the_first),
    RUN(results_watch_too),
    RUN_CALM(only_adding_needs_memory, "a collection needs memory"),
    RUN_OOM(results_may_fail))
