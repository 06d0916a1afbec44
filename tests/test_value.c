// SPDX-License-Identifier: MIT
//
// Values: nil, bool, int, double, text, object; owned as a pointer is; hashed
// and compared as in Python.
#include "node.h"

#include <math.h>

static bool equal(weft_value a, weft_value b)
{
    bool there = false;
    bool back = true;
    CHECK_EQ(weft_equal(a, b, &there), WEFT_OK);
    CHECK_EQ(weft_equal(b, a, &back), WEFT_OK);
    CHECK_EQ(there, back);
    return there;
}

static uint64_t hash_of(weft_heap *heap, weft_value value)
{
    uint64_t hash = 0;
    uint64_t again = 1;
    CHECK_EQ(weft_hash(heap, value, &hash), WEFT_OK);
    CHECK_EQ(weft_hash(heap, value, &again), WEFT_OK);
    CHECK_TRUE(hash == again);
    return hash;
}

// Equal, and then the hashes must be equal, too.
static bool same(weft_heap *heap, weft_value a, weft_value b)
{
    bool result = equal(a, b);
    if (result)
        CHECK_TRUE(hash_of(heap, a) == hash_of(heap, b));
    return result;
}

// Each kind is made from what it holds.
static void says_what_it_is(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    CHECK_EQ(weft_nil().kind, WEFT_KIND_NIL);
    CHECK_TRUE(weft_bool(true).as.boolean);
    CHECK_EQ(weft_bool(false).kind, WEFT_KIND_BOOL);
    CHECK_EQ(weft_int(INT64_MIN).as.integer, INT64_MIN);
    CHECK_EQ(weft_int(0).kind, WEFT_KIND_INT);
    CHECK_TRUE(weft_double(0.5).as.real == 0.5);
    CHECK_EQ(weft_double(0).kind, WEFT_KIND_DOUBLE);
    CHECK_EQ(weft_text("abc").kind, WEFT_KIND_TEXT);
    CHECK_EQ(weft_text("abc").size, 3);
    CHECK_EQ(weft_text_sized("abc", 2).size, 2);
    CHECK_EQ(weft_text(NULL).kind, WEFT_KIND_NIL);
    CHECK_EQ(weft_object(NULL).kind, WEFT_KIND_NIL);
    CHECK_EQ(weft_object(node).kind, WEFT_KIND_OBJECT);
    CHECK_EQ(weft_refcount(node), 1);
}

// A value gives its object or its text, borrowed, or NULL.
static void gives_what_it_holds(weft_heap *heap)
{
    weft_auto(weft_string) string = weft_string_new(heap, "abc");
    CHECK_SAME(weft_value_object(weft_object(string)), string);
    CHECK_NULL(weft_value_object(weft_int(3)));
    CHECK_NULL(weft_value_object(weft_text("abc")));
    CHECK_NULL(weft_value_object(weft_nil()));
    CHECK_STR(weft_value_text(weft_text("abc")), "abc");
    CHECK_STR(weft_value_text(weft_object(string)), "abc");
    CHECK_SAME(weft_value_text(weft_object(string)), weft_string_text(string));
    CHECK_NULL(weft_value_text(weft_int(3)));
    CHECK_NULL(weft_value_text(weft_nil()));
    weft_auto(struct node) node = plain_new(heap);
    CHECK_NULL(weft_value_text(weft_object(node)));
    CHECK_EQ(weft_refcount(string), 1);
}

// Setting keeps the new value and lets the old one go, last of all.
static void set_keeps(weft_heap *heap)
{
    weft_value slot = weft_nil();
    weft_auto(struct node) a = loud_new(heap, "a");
    weft_value_set(&slot, weft_object(a));
    CHECK_EQ(weft_refcount(a), 2);
    weft_value_set(&slot, slot);
    CHECK_EQ(weft_refcount(a), 2);
    weft_clear(&a);
    weft_value_set(&slot, slot);
    CHECK_TRACE("");
    weft_value_set(&slot, weft_int(5));
    CHECK_TRACE("~a a.");
    CHECK_EQ(slot.as.integer, 5);
    weft_value_clear(&slot);
    CHECK_EQ(slot.kind, WEFT_KIND_NIL);
    weft_value_clear(&slot);
}

static weft_value watched_slot;

static void look_at_slot(struct node *self)
{
    (void)self;
    say("%d", (int)watched_slot.kind);
}

// The finalizer of the old value sees the new one in place.
static void old_value_sees_the_new(weft_heap *heap)
{
    for (int i = 0; i < 2; i++) {
        struct node *node = loud_new(heap, "a");
        node->act = look_at_slot;
        weft_value_set(&watched_slot, weft_object(node));
        weft_release(node);
        if (i == 0)
            weft_value_set(&watched_slot, weft_int(1));
        else
            weft_value_clear(&watched_slot);
    }
    CHECK_TRACE("~a 2 a. ~a 0 a.");
}

// Retaining and releasing a value does so to its object, if it has one.
static void retains_and_releases(weft_heap *heap)
{
    struct node *node = plain_new(heap);
    weft_value value = weft_value_retain(weft_object(node));
    CHECK_SAME(value.as.object, node);
    CHECK_EQ(weft_refcount(node), 2);
    weft_value_release(value);
    weft_value_release(weft_object(node));
    CHECK_EQ(object_count(heap), 0);
    weft_value_release(weft_value_retain(weft_int(4)));
    weft_value_release(weft_value_retain(weft_nil()));
    weft_value_release(weft_value_retain(weft_double(1)));
}

// The end of a scope clears a weft_auto_value.
static void auto_value_lets_go(weft_heap *heap)
{
    {
        weft_auto_value value = weft_object(loud_new(heap, "a"));
        CHECK_EQ(value.kind, WEFT_KIND_OBJECT);
        CHECK_TRACE("");
    }
    CHECK_TRACE("~a a.");
}

// Numbers are equal by value, whatever their kind, and then hash alike.
static void numbers_compare_by_value(weft_heap *heap)
{
    CHECK_TRUE(same(heap, weft_int(1), weft_double(1.0)));
    CHECK_TRUE(same(heap, weft_int(1), weft_bool(true)));
    CHECK_TRUE(same(heap, weft_double(0.0), weft_bool(false)));
    CHECK_TRUE(same(heap, weft_double(-0.0), weft_int(0)));
    CHECK_TRUE(same(heap, weft_int(-1), weft_double(-1.0)));
    CHECK_TRUE(same(heap, weft_int(1LL << 53), weft_double(0x1p53)));
    CHECK_TRUE(same(heap, weft_int(INT64_MIN), weft_double(-0x1p63)));
    CHECK_TRUE(same(heap, weft_double(INFINITY), weft_double(INFINITY)));
    CHECK_TRUE(same(heap, weft_double(1e300), weft_double(1e300)));
    CHECK_TRUE(same(heap, weft_double(0.1), weft_double(0.1)));
    CHECK_FALSE(equal(weft_int(1), weft_int(2)));
    CHECK_FALSE(equal(weft_int(1), weft_double(1.5)));
    CHECK_FALSE(equal(weft_double(INFINITY), weft_double(-INFINITY)));
    CHECK_FALSE(equal(weft_bool(true), weft_bool(false)));
    CHECK_FALSE(equal(weft_int(2), weft_bool(true)));
    for (int i = 0; i < 63; i++) {
        int64_t power = (int64_t)1 << i;
        CHECK_TRUE(same(heap, weft_int(power), weft_double((double)power)));
        CHECK_TRUE(same(heap, weft_int(-power), weft_double((double)-power)));
    }
}

// Large integers are compared exactly, not as doubles.
static void large_integers_are_exact(weft_heap *heap)
{
    (void)heap;
    CHECK_FALSE(equal(weft_int((1LL << 53) + 1), weft_double(0x1p53)));
    CHECK_FALSE(equal(weft_int(INT64_MAX), weft_double(0x1p63)));
    CHECK_FALSE(equal(weft_int(INT64_MAX), weft_int(INT64_MAX - 1)));
    CHECK_FALSE(equal(weft_int(INT64_MIN), weft_double(-0x1.8p63)));
    CHECK_FALSE(equal(weft_int(INT64_MAX), weft_double(INFINITY)));
}

// What is not a number equals nothing, itself included; it has a hash.
static void nan_equals_nothing(weft_heap *heap)
{
    weft_value value = weft_double(NAN);
    CHECK_FALSE(equal(value, value));
    CHECK_FALSE(equal(value, weft_int(0)));
    (void)hash_of(heap, value);
    (void)hash_of(heap, weft_double(-INFINITY));
}

// Nil equals nil alone.
static void nil_equals_nil(weft_heap *heap)
{
    CHECK_TRUE(same(heap, weft_nil(), weft_nil()));
    CHECK_FALSE(equal(weft_nil(), weft_int(0)));
    CHECK_FALSE(equal(weft_nil(), weft_bool(false)));
    CHECK_FALSE(equal(weft_nil(), weft_text("")));
}

// Texts and strings are equal by their bytes and hash alike.
static void texts_compare_by_bytes(weft_heap *heap)
{
    weft_auto(weft_string) string = weft_string_new(heap, "hello");
    weft_auto(weft_string) twin = weft_string_new(heap, "hello");
    weft_auto(weft_string) zero = weft_string_new_sized(heap, "a\0b", 3);
    CHECK_TRUE(same(heap, weft_text("hello"), weft_object(string)));
    CHECK_TRUE(same(heap, weft_object(twin), weft_object(string)));
    CHECK_TRUE(same(heap, weft_text("hello"), weft_text_sized("hello!", 5)));
    CHECK_TRUE(same(heap, weft_text_sized("a\0b", 3), weft_object(zero)));
    CHECK_FALSE(equal(weft_text("a"), weft_object(zero)));
    CHECK_FALSE(equal(weft_text("hello"), weft_text("hell")));
    CHECK_FALSE(equal(weft_text("hello"), weft_text("hellp")));
    CHECK_FALSE(equal(weft_text("1"), weft_int(1)));
    CHECK_TRUE(same(heap, weft_text(""), weft_text_sized("x", 0)));
}

// Hashes of texts of all lengths differ, and depend on the heap's seed.
static void texts_hash_by_seed(weft_heap *heap)
{
    static char text[200];
    weft_heap_options options = test_options();
    options.hash_seed = 43;
    weft_heap *other = weft_heap_open(&options);
    size_t unlike = 0;
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = 'x';
        uint64_t hash = hash_of(heap, weft_text_sized(text, i));
        CHECK_TRUE(hash != hash_of(heap, weft_text_sized(text, i + 1)));
        unlike += hash != hash_of(other, weft_text_sized(text, i));
    }
    CHECK_TRUE(unlike > 190);
    close_test_heap(other);
    other = open_test_heap();
    CHECK_TRUE(hash_of(heap, weft_text("abc"))
        == hash_of(other, weft_text("abc")));
    close_test_heap(other);
}

// ---------------------------------------------------------------------------
// Objects

struct number {
    int number;                 // what counts
};

static uint64_t number_hash(const void *self)
{
    const struct number *number = self;
    return (uint64_t)number->number;
}

static bool number_equal(const void *self, const void *other);

static weft_type number_type = {
    .name = "number", WEFT_SIZE(struct number), .hash = number_hash,
    .equal = number_equal };

static bool number_equal(const void *self, const void *other)
{
    const struct number *a = self;
    const struct number *b = other;
    return weft_is(other, &number_type) && a->number == b->number;
}

static bool any_equal(const void *self, const void *other)
{
    return weft_type_of(self) == weft_type_of(other);
}

static weft_type unhashable_type = {
    .name = "unhashable", WEFT_SIZE(struct number), .equal = any_equal };

static weft_type bigger_type = {
    .name = "bigger", WEFT_SIZE(struct number), .base = &number_type };

WEFT_NEW_REF static struct number *number_new(weft_heap *heap, weft_type *type,
    int value)
{
    struct number *number = weft_new(heap, type);
    number->number = value;
    return number;
}

// Objects compare by identity unless their type says otherwise.
static void objects_compare_by_type(weft_heap *heap)
{
    weft_auto(struct node) a = plain_new(heap);
    weft_auto(struct node) b = plain_new(heap);
    CHECK_TRUE(same(heap, weft_object(a), weft_object(a)));
    CHECK_FALSE(equal(weft_object(a), weft_object(b)));
    CHECK_FALSE(equal(weft_object(a), weft_int(1)));
    weft_auto(struct number) five = number_new(heap, &number_type, 5);
    weft_auto(struct number) also = number_new(heap, &number_type, 5);
    weft_auto(struct number) six = number_new(heap, &number_type, 6);
    CHECK_TRUE(same(heap, weft_object(five), weft_object(also)));
    CHECK_FALSE(equal(weft_object(five), weft_object(six)));
    CHECK_TRUE(hash_of(heap, weft_object(six)) == 6);
    CHECK_FALSE(equal(weft_object(five), weft_int(5)));
    CHECK_EQ(weft_refcount(five), 1);
}

// A type that extends another hashes and compares as that does.
static void objects_compare_by_base(weft_heap *heap)
{
    weft_auto(struct number) five = number_new(heap, &number_type, 5);
    weft_auto(struct number) bigger = number_new(heap, &bigger_type, 5);
    CHECK_TRUE(same(heap, weft_object(five), weft_object(bigger)));
}

// Either side's type may say that they are equal, the left one is asked first.
static void asks_both_sides(weft_heap *heap)
{
    weft_auto(struct number) five = number_new(heap, &number_type, 5);
    weft_auto(struct node) node = plain_new(heap);
    bool result = true;
    CHECK_EQ(weft_equal(weft_object(five), weft_object(node), &result),
        WEFT_OK);
    CHECK_FALSE(result);
    CHECK_EQ(weft_equal(weft_object(node), weft_object(five), &result),
        WEFT_OK);
    CHECK_FALSE(result);
}

// A type with `equal` alone is unhashable; a failed call gives 0.
static void equal_alone_is_unhashable(weft_heap *heap)
{
    weft_auto(struct number) number = number_new(heap, &unhashable_type, 5);
    uint64_t hash = 77;
    CHECK_EQ(weft_hash(heap, weft_object(number), &hash), WEFT_TYPE_ERROR);
    CHECK_EQ(hash, 0);
    CHECK_TRUE(equal(weft_object(number), weft_object(number)));
}

TESTS(RUN(says_what_it_is), RUN(gives_what_it_holds), RUN(set_keeps),
    RUN(old_value_sees_the_new), RUN(retains_and_releases),
    RUN(auto_value_lets_go), RUN(numbers_compare_by_value),
    RUN(large_integers_are_exact), RUN(nan_equals_nothing),
    RUN(nil_equals_nil), RUN(texts_compare_by_bytes), RUN(texts_hash_by_seed),
    RUN(objects_compare_by_type), RUN(objects_compare_by_base),
    RUN(asks_both_sides), RUN(equal_alone_is_unhashable))
