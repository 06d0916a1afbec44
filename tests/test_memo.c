// SPDX-License-Identifier: MIT
//
// Memos: that a function is called once for each list of arguments, as long as
// its result is remembered; and what holds whatever it does.
#include "cached.h"

static weft_memo *here;         // for functions that ask the memo itself
static int calls;               // of the functions below

// The sum of integers, the lengths of texts, and the numbers of items.
WEFT_NEW_REF static void *sum(const weft_value *arguments, size_t count,
    void *context)
{
    int total = 0;
    calls++;
    for (size_t i = 0; i < count; i++) {
        weft_value value = arguments[i];
        const char *text = weft_value_text(value);
        if (text != NULL)
            total += (int)strlen(text);
        else if (value.kind == WEFT_KIND_OBJECT)
            total += ((const struct item *)value.as.object)->number;
        else if (value.kind == WEFT_KIND_INT)
            total += (int)value.as.integer;
    }
    return item_new(context, total, 1);
}

#define ARGUMENTS(...) (const weft_value[]){ __VA_ARGS__ }, \
    sizeof((const weft_value[]){ __VA_ARGS__ }) / sizeof(weft_value)

WEFT_NEW_REF static weft_memo *sum_memo(weft_heap *heap)
{
    calls = 0;
    return here = weft_memo_new(heap, sum, heap);
}

WEFT_NEW_REF static weft_memo *kept_memo(weft_heap *heap, size_t budget,
    weft_by by)
{
    calls = 0;
    return here = weft_memo_new_cached(heap, sum, heap, &(weft_cache_options){
        .budget = budget, .cost = cost_one, .by = by });
}

// The number of the result, which nobody goes on to hold.
static int call(weft_memo *memo, const weft_value *arguments, size_t count)
{
    weft_auto(struct item) item = weft_memo_call(memo, arguments, count);
    return item == NULL ? -1 : item->number;
}

// ---------------------------------------------------------------------------
// What is remembered

// A result is shared as long as somebody holds it, and then computed again.
static void results_are_shared(weft_heap *heap)
{
    weft_auto(weft_memo) memo = sum_memo(heap);
    weft_auto(struct item) one = weft_memo_call(memo,
        ARGUMENTS(weft_int(1), weft_int(2)));
    weft_auto(struct item) two = weft_memo_call(memo,
        ARGUMENTS(weft_int(1), weft_int(2)));
    CHECK_SAME(one, two);
    CHECK_EQ(one->number, 3);
    CHECK_EQ(calls, 1);
    CHECK_EQ(weft_memo_length(memo), 1);
    weft_clear(&one);
    CHECK_EQ(weft_memo_length(memo), 1);
    weft_clear(&two);
    CHECK_EQ(weft_memo_length(memo), 0);
    CHECK_EQ(call(memo, ARGUMENTS(weft_int(1), weft_int(2))), 3);
    CHECK_EQ(calls, 2);
    CHECK_EQ(weft_heap_get_stats(heap).objects, 1);
}

// With a budget results are kept, as in a cache.
static void results_are_kept(weft_heap *heap)
{
    weft_auto(weft_memo) memo = kept_memo(heap, 10, WEFT_BY_EQUALITY);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 10; i++)
            CHECK_EQ(call(memo, ARGUMENTS(weft_int(i), weft_int(i))), 2 * i);
    CHECK_EQ(calls, 10);
    for (int i = 10; i < 30; i++)
        CHECK_EQ(call(memo, ARGUMENTS(weft_int(i), weft_int(i))), 2 * i);
    CHECK_EQ(calls, 30);
    CHECK_EQ(weft_memo_length(memo), 10);
    weft_memo_clear(memo);
    CHECK_EQ(weft_memo_length(memo), 0);
    CHECK_EQ(call(memo, ARGUMENTS(weft_int(29), weft_int(29))), 58);
    CHECK_EQ(calls, 31);
}

// Looking up what is remembered makes no object, and asks for no memory.
static void finding_makes_nothing(weft_heap *heap)
{
    weft_auto(weft_memo) memo = kept_memo(heap, 10, WEFT_BY_EQUALITY);
    const weft_value arguments[] = { weft_text("text"), weft_double(1.5),
        weft_int(3) };
    CHECK_EQ(call(memo, arguments, 3), 7);
    size_t objects = weft_heap_get_stats(heap).objects;
    for (int i = 0; i < 5; i++) {
        (void)weft_debug_fail_at(heap, 1);
        weft_auto(struct item) item = weft_memo_call(memo, arguments, 3);
        CHECK_EQ(weft_debug_fail_at(heap, 0), 1);
        CHECK_EQ(item->number, 7);
        CHECK_EQ(weft_heap_get_stats(heap).objects, objects);
    }
    CHECK_EQ(calls, 1);
}

// None, one and several arguments are different calls, and so are their orders.
static void every_list_is_a_call_of_its_own(weft_heap *heap)
{
    weft_auto(weft_memo) memo = kept_memo(heap, 100, WEFT_BY_EQUALITY);
    weft_value nil = weft_nil(), zero = weft_int(0), one = weft_int(1);
    for (int round = 0; round < 2; round++) {
        CHECK_EQ(call(memo, NULL, 0), 0);
        CHECK_EQ(call(memo, ARGUMENTS(nil)), 0);
        CHECK_EQ(call(memo, ARGUMENTS(nil, nil)), 0);
        CHECK_EQ(call(memo, ARGUMENTS(zero)), 0);
        CHECK_EQ(call(memo, ARGUMENTS(zero, zero)), 0);
        CHECK_EQ(call(memo, ARGUMENTS(zero, one)), 1);
        CHECK_EQ(call(memo, ARGUMENTS(one, zero)), 1);
        CHECK_EQ(call(memo, ARGUMENTS(zero, zero, one)), 1);
        CHECK_EQ(call(memo, ARGUMENTS(weft_text("1"))), 1);
        CHECK_EQ(call(memo, ARGUMENTS(weft_text(""), weft_text("1"))), 1);
        CHECK_EQ(call(memo, ARGUMENTS(weft_text("1"), weft_text(""))), 1);
        CHECK_EQ(calls, 11);
    }
    CHECK_EQ(weft_memo_length(memo), 11);
}

// Arguments compare as keys do: numbers by value, texts as strings, a number
// that equals nothing with itself.
static void arguments_compare_as_keys(weft_heap *heap)
{
    for (int by = WEFT_BY_EQUALITY; by <= WEFT_BY_IDENTITY; by++) {
        weft_auto(weft_memo) memo = kept_memo(heap, 100, (weft_by)by);
        weft_auto(weft_string) text = weft_string_new(heap, "abc");
        weft_value nan = weft_double((double)__builtin_nan(""));
        (void)call(memo, ARGUMENTS(weft_int(1), weft_text("abc")));
        (void)call(memo, ARGUMENTS(weft_double(1.0), weft_object(text)));
        (void)call(memo, ARGUMENTS(weft_bool(true), weft_text("abc")));
        CHECK_EQ(calls, 1);
        (void)call(memo, ARGUMENTS(weft_text("abc")));
        (void)call(memo, ARGUMENTS(weft_object(text)));
        CHECK_EQ(calls, 2);
        for (int i = 0; i < 3; i++) {
            (void)call(memo, ARGUMENTS(nan));
            (void)call(memo, ARGUMENTS(nan, nan));
        }
        CHECK_EQ(calls, 4);
    }
}

// Objects are what they say, or by identity themselves.
static uint64_t parity_hash(const void *self)
{
    return (uint64_t)(((const struct item *)self)->number & 1);
}

static weft_type parity_type;

static bool parity_equal(const void *self, const void *other)
{
    return weft_is(other, &parity_type)
        && parity_hash(self) == parity_hash(other);
}

static weft_type parity_type = { .name = "parity", WEFT_SIZE(struct item),
    .base = &item_type, .hash = parity_hash, .equal = parity_equal };

WEFT_NEW_REF static struct item *parity_new(weft_heap *heap, int number)
{
    struct item *item = weft_new(heap, &parity_type);
    if (item != NULL)
        item->number = number;
    return item;
}

static void objects_are_what_they_say(weft_heap *heap)
{
    for (int by = WEFT_BY_EQUALITY; by <= WEFT_BY_IDENTITY; by++) {
        weft_auto(weft_memo) memo = kept_memo(heap, 100, (weft_by)by);
        weft_auto(struct item) two = parity_new(heap, 2);
        weft_auto(struct item) four = parity_new(heap, 4);
        weft_auto(struct item) five = parity_new(heap, 5);
        weft_value a = weft_object(two), b = weft_object(four);
        weft_value c = weft_object(five), one = weft_int(1);
        int same = by == WEFT_BY_EQUALITY;
        for (int round = 0; round < 2; round++) {
            CHECK_EQ(call(memo, ARGUMENTS(a)), 2);
            CHECK_EQ(call(memo, ARGUMENTS(b)), same ? 2 : 4);
            CHECK_EQ(call(memo, ARGUMENTS(c)), 5);
            CHECK_EQ(call(memo, ARGUMENTS(one)), 1);
            CHECK_EQ(call(memo, ARGUMENTS(one, a)), 3);
            CHECK_EQ(call(memo, ARGUMENTS(one, b)), same ? 3 : 5);
            CHECK_EQ(call(memo, ARGUMENTS(a, one)), 3);
            CHECK_EQ(call(memo, ARGUMENTS(c, one)), 6);
        }
        CHECK_EQ(calls, same ? 6 : 8);
    }
}

// A memo keeps the arguments of what it remembers, and lets go of them with it.
static void keeps_arguments(weft_heap *heap)
{
    weft_auto(weft_memo) memo = sum_memo(heap);
    struct node *node = loud_new(heap, "a");
    weft_auto(struct item) number = item_new(heap, 4, 1);
    weft_auto(struct item) held = item_new(heap, 5, 1);
    weft_set_slot(&number->held, node);
    weft_release(node);
    weft_auto(struct item) result = weft_memo_call(memo,
        ARGUMENTS(weft_object(number), weft_text("abc"), weft_object(held)));
    CHECK_EQ(result->number, 12);
    weft_clear(&number);
    CHECK_EQ(weft_refcount(held), 2);
    CHECK_TRACE("");
    weft_clear(&result);
    CHECK_TRACE("~a a.");
    CHECK_EQ(weft_refcount(held), 1);
}

// ---------------------------------------------------------------------------
// What is not remembered

// What cannot be a key, or cannot be watched, gives NULL.
WEFT_NEW_REF static void *make_text(const weft_value *arguments, size_t count,
    void *context)
{
    (void)arguments;
    (void)count;
    calls++;
    return weft_string_new(context, "no");
}

WEFT_NEW_REF static void *nothing(const weft_value *arguments, size_t count,
    void *context)
{
    (void)arguments;
    (void)count;
    (void)context;
    calls++;
    return NULL;
}

static void null_is_not_remembered(weft_heap *heap)
{
    weft_auto(weft_memo) memo = weft_memo_new(heap, nothing, NULL);
    calls = 0;
    for (int i = 0; i < 3; i++) {
        CHECK_NULL(weft_memo_call(memo, NULL, 0));
        CHECK_NULL(weft_memo_call(memo, ARGUMENTS(weft_int(1))));
    }
    CHECK_EQ(calls, 6);
    weft_auto(weft_memo) texts = weft_memo_new(heap, make_text, heap);
    CHECK_NULL(weft_memo_call(texts, ARGUMENTS(weft_int(1))));
    CHECK_EQ(calls, 7);
    CHECK_EQ(weft_memo_length(texts), 0);
}

static void unhashable_arguments_are_refused(weft_heap *heap)
{
    weft_auto(weft_memo) memo = sum_memo(heap);
    weft_auto(weft_list) list = weft_list_new(heap);
    CHECK_NULL(weft_memo_call(memo, ARGUMENTS(weft_object(list))));
    CHECK_NULL(weft_memo_call(memo, ARGUMENTS(weft_int(1), weft_object(list))));
    CHECK_EQ(calls, 0);
    CHECK_EQ(weft_refcount(list), 1);
}

// ---------------------------------------------------------------------------
// Functions that ask again

// Fibonacci numbers, each from the two before.
WEFT_NEW_REF static void *fibonacci(const weft_value *arguments, size_t count,
    void *context)
{
    int64_t n = arguments[0].as.integer;
    calls++;
    if (n < 2)
        return item_new(context, (int)n, 1);
    weft_auto(struct item) a = weft_memo_call(here, ARGUMENTS(weft_int(n - 1)));
    weft_auto(struct item) b = weft_memo_call(here, ARGUMENTS(weft_int(n - 2)));
    CHECK_EQ(count, 1);
    return item_new(context, a->number + b->number, 1);
}

static void functions_may_ask_for_others(weft_heap *heap)
{
    weft_auto(weft_memo) memo = here = weft_memo_new_cached(heap, fibonacci,
        heap, &(weft_cache_options){ .budget = 100, .cost = cost_one });
    calls = 0;
    CHECK_EQ(call(memo, ARGUMENTS(weft_int(40))), 102334155);
    CHECK_EQ(calls, 41);
}

// Who asks for the very result that is being computed gets NULL.
WEFT_NEW_REF static void *circle(const weft_value *arguments, size_t count,
    void *context)
{
    weft_value next[3];
    calls++;
    for (size_t i = 0; i < count; i++)
        next[i] = arguments[(i + 1) % count];
    weft_auto(struct item) item = weft_memo_call(here, next, count);
    say("%d", item == NULL ? -1 : item->number);
    return item_new(context, calls, 1);
}

static void circles_end_with_nothing(weft_heap *heap)
{
    weft_auto(weft_memo) memo = here = weft_memo_new(heap, circle, heap);
    weft_value a = weft_int(1), b = weft_text("b"), c = weft_int(3);
    calls = 0;
    CHECK_EQ(call(memo, ARGUMENTS(a, b, c)), 3);
    CHECK_TRACE("-1 3 3");
    calls = 0;
    CHECK_EQ(call(memo, ARGUMENTS(b)), 1);
    CHECK_TRACE("-1");
    CHECK_EQ(call(memo, NULL, 0), 2);
    CHECK_TRACE("-1");
    CHECK_EQ(call(memo, ARGUMENTS(a, a)), 3);
    CHECK_TRACE("-1");
}

// The function may clear the memo, and let go of it.
WEFT_NEW_REF static void *clear_it(const weft_value *arguments, size_t count,
    void *context)
{
    (void)arguments;
    weft_memo_clear(here);
    if (count > 1)
        weft_clear(&here);
    return item_new(context, (int)count, 1);
}

static void functions_may_do_anything(weft_heap *heap)
{
    here = weft_memo_new(heap, clear_it, heap);
    weft_weak weak = weft_weak_of(here);
    weft_auto(struct item) one = weft_memo_call(here, ARGUMENTS(weft_int(1)));
    CHECK_EQ(weft_memo_length(here), 1);
    weft_auto(struct item) two = weft_memo_call(here,
        ARGUMENTS(weft_int(1), weft_int(2)));
    CHECK_EQ(two->number, 2);
    CHECK_TRUE(weft_weak_is_dead(weak));
    CHECK_EQ(weft_refcount(one), 1);
}

// Equality of an argument may do anything to the memo.
struct act {
    int what;                   // 1: clear, 2: let go, 3: fill; once
};

static uint64_t act_hash(const void *self)
{
    (void)self;
    return 1;
}

static bool act_equal(const void *self, const void *other)
{
    struct act *act = (struct act *)(uintptr_t)self;
    int what = act->what;
    (void)other;
    act->what = 0;
    if (what == 1)
        weft_memo_clear(here);
    else if (what == 2)
        weft_clear(&here);
    else if (what == 3)
        for (int i = 0; i < 40; i++)
            (void)call(here, ARGUMENTS(weft_int(i), weft_int(100)));
    return true;
}

static weft_type act_type = { .name = "act", WEFT_SIZE(struct act),
    .fields = WEFT_FIELDS(WEFT_INT(struct act, what)),
    .hash = act_hash, .equal = act_equal };

WEFT_NEW_REF static void *one_item(const weft_value *arguments, size_t count,
    void *context)
{
    (void)arguments;
    (void)count;
    return item_new(context, 1, 1);
}

static void hooks_may_do_anything(weft_heap *heap)
{
    for (int what = 0; what < 4; what++) {
        for (size_t count = 1; count < 4; count++) {
            here = weft_memo_new_cached(heap, one_item, heap,
                &(weft_cache_options){ .budget = 1000, .cost = cost_one });
            weft_auto(struct act) a = weft_new(heap, &act_type);
            weft_auto(struct act) b = weft_new(heap, &act_type);
            weft_value first[] = { weft_int(1), weft_object(a), weft_int(2) };
            weft_value again[] = { weft_int(1), weft_object(b), weft_int(2) };
            first[0] = count == 1 ? first[1] : first[0];
            again[0] = count == 1 ? again[1] : again[0];
            CHECK_EQ(call(here, first, count), 1);
            a->what = what;
            CHECK_EQ(call(here, again, count), 1);
            CHECK_EQ(here == NULL, what == 2);
            weft_clear(&here);
            CHECK_EQ(weft_refcount(a), 1);
            CHECK_EQ(weft_refcount(b), 1);
        }
    }
}

// ---------------------------------------------------------------------------
// The collector, and memory

// Rings through a memo are garbage: by an argument, or by what it keeps.
static void rings_through_a_memo_are_collected(weft_heap *heap)
{
    for (int way = 0; way < 2; way++) {
        weft_memo *memo = kept_memo(heap, 10, WEFT_BY_EQUALITY);
        struct item *item = item_new(heap, 1, 1);
        if (way == 0)
            weft_set(&item->held, memo);
        weft_auto(struct item) result = weft_memo_call(memo,
            ARGUMENTS(weft_object(item), weft_int(1)));
        if (way == 1)
            weft_set(&result->held, memo);
        weft_weak weak = weft_weak_of(memo), weak_item = weft_weak_of(item);
        weft_release(memo);
        weft_release(item);
        (void)weft_gc_collect(heap, WEFT_FULL);
        CHECK_EQ(weft_weak_is_dead(weak), way == 0);
        weft_clear(&result);
        (void)weft_gc_collect(heap, WEFT_FULL);
        CHECK_TRUE(weft_weak_is_dead(weak));
        CHECK_TRUE(weft_weak_is_dead(weak_item));
        CHECK_EQ(weft_heap_get_stats(heap).objects, 0);
    }
}

// A call that fails leaves nothing behind.
static void copes_without_memory(weft_heap *heap)
{
    weft_auto(weft_memo) memo = kept_memo(heap, 3, WEFT_BY_EQUALITY);
    if (!made(memo))
        return;
    for (int i = 0; i < 6; i++) {
        size_t length = weft_memo_length(memo);
        weft_auto(struct item) item = weft_memo_call(memo, ARGUMENTS(
            weft_text("a"), weft_int(i), weft_object(memo), weft_text("b")));
        if (!made(item)) {
            CHECK_EQ(weft_memo_length(memo), length);
            break;
        }
        CHECK_EQ(weft_refcount(item), 2);
    }
    weft_memo_clear(memo);              // it holds itself
    CHECK_EQ(weft_refcount(memo), 1);
}

// Many results of many calls, each found again.
static void many_calls_are_remembered(weft_heap *heap)
{
    weft_auto(weft_memo) memo = kept_memo(heap, 3000, WEFT_BY_EQUALITY);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 1000; i++) {
            CHECK_EQ(call(memo, ARGUMENTS(weft_int(i))), i);
            CHECK_EQ(call(memo, ARGUMENTS(weft_int(i), weft_int(-i))), 0);
            CHECK_EQ(call(memo, ARGUMENTS(weft_int(i), weft_text("ab"),
                weft_int(i))), 2 * i + 2);
        }
    CHECK_EQ(calls, 3000);
    CHECK_EQ(weft_memo_length(memo), 3000);
}

TESTS(
    RUN(results_are_shared),
    RUN(results_are_kept),
    RUN_CALM(finding_makes_nothing, "the collector asks for memory"),
    RUN(every_list_is_a_call_of_its_own),
    RUN(arguments_compare_as_keys),
    RUN(objects_are_what_they_say),
    RUN(keeps_arguments),
    RUN(null_is_not_remembered),
    RUN(unhashable_arguments_are_refused),
    RUN(functions_may_ask_for_others),
    RUN(circles_end_with_nothing),
    RUN(functions_may_do_anything),
    RUN(hooks_may_do_anything),
    RUN(rings_through_a_memo_are_collected),
    RUN_OOM(copes_without_memory),
    RUN(many_calls_are_remembered),
)
