// SPDX-License-Identifier: MIT
//
// What the short ways of hot calls must not pass by: a report in the middle of
// a put, a callback that gives to the dying, memory that is not there, pages
// that begin anew, a key that only its caller held.
#include "keyed.h"
#include "node.h"

// As if it had been taken as often as can be counted, and once more: the next to
// take it notices, and reports that it is immortal now.
static void saturate(struct node *node)
{
    uint64_t *word = (uint64_t *)(void *)node - 1;
    *word = (*word & UINT32_MAX) | (uint64_t)0x80000000 << 32;
}

static struct shortcut {
    weft_weakvaluedict *values;
    weft_weakkeydict *keys;
    struct node *nodes[40];
} s;

static void put_all(weft_heap *heap, const weft_report *report, void *context)
{
    (void)heap, (void)context;
    if (report->event != WEFT_SATURATED)
        return;
    for (int i = 0; i < 40; i++) {
        CHECK_EQ(weft_weakvaluedict_put(s.values, weft_int(i), s.nodes[i]),
            WEFT_OK);
        CHECK_EQ(weft_weakkeydict_put(s.keys, s.nodes[i], weft_int(i)),
            WEFT_OK);
    }
}

static void check_all(weft_heap *heap)
{
    for (int i = 0; i < 40; i++) {
        weft_auto(struct node) found = weft_weakvaluedict_get(s.values,
            weft_int(i));
        CHECK_SAME(found, s.nodes[i]);
        CHECK_EQ(weft_weakkeydict_get(s.keys, s.nodes[i]).as.integer, i);
    }
    CHECK_TRUE(weft_heap_verify(heap));
}

// A report hook may use the heap. What it puts into the table that reports is
// there, and so is what was being put.
static void reports_may_put(void)
{
    for (int kind = 0; kind < 3; kind++) {
        weft_heap *heap = weft_heap_open(&(weft_heap_options){
            .report = put_all });
        s.values = weft_weakvaluedict_new(heap, WEFT_BY_IDENTITY);
        s.keys = weft_weakkeydict_new(heap, WEFT_BY_IDENTITY);
        for (int i = 0; i < 40; i++)
            s.nodes[i] = plain_new(heap);
        struct node *many = plain_new(heap), *one = plain_new(heap);
        if (kind == 2)
            CHECK_EQ(weft_weakkeydict_put(s.keys, one, weft_int(1)), WEFT_OK);
        saturate(many);
        CHECK_EQ(kind == 0
            ? weft_weakvaluedict_put(s.values, weft_object(many), one)
            : weft_weakkeydict_put(s.keys, one, weft_object(many)), WEFT_OK);
        CHECK_TRUE(kind == 0
            ? weft_weakvaluedict_contains(s.values, weft_object(many))
            : weft_weakkeydict_get(s.keys, one).as.object == many);
        check_all(heap);
        for (int i = 0; i < 40; i++)
            weft_release(s.nodes[i]);
        weft_release(one);
        CHECK_EQ(weft_weakvaluedict_length(s.values), 0);
        CHECK_EQ(weft_weakkeydict_length(s.keys), 0);
        CHECK_TRUE(weft_heap_verify(heap));
        weft_release(s.values);
        weft_release(s.keys);
        CHECK_EQ(weft_heap_close(heap), 1);         // it is immortal
    }
}

static struct node *dying, *given;

static void give(weft_ref *ref, void *context)
{
    (void)ref, (void)context;
    weft_set(&dying->left, given);
}

// What a callback stores into the object that dies is let go of with it.
static void callbacks_may_give(weft_heap *heap)
{
    given = plain_new(heap);
    dying = plain_new(heap);
    weft_auto(weft_ref) ref = weft_ref_new(dying, give, NULL);
    weft_release(dying);
    CHECK_EQ(weft_refcount(given), 1);
    weft_release(given);
}

// A put that fails for want of memory says so, however short its way is.
static void failures_are_not_tried_again(weft_heap *heap)
{
    weft_auto(weft_weakvaluedict) dict = weft_weakvaluedict_new(heap,
        WEFT_BY_IDENTITY);
    weft_auto(struct node) a = plain_new(heap);
    weft_auto(struct node) b = plain_new(heap);
    CHECK_EQ(weft_weakvaluedict_put(dict, weft_int(1), a), WEFT_OK);
    (void)weft_debug_fail_at(heap, 1);
    CHECK_EQ(weft_weakvaluedict_put(dict, weft_int(2), b), WEFT_MEMORY_ERROR);
    CHECK_EQ(weft_debug_fail_at(heap, 0), 0);
    CHECK_EQ(weft_weakvaluedict_length(dict), 1);
}

struct three { struct node *a, *b, *c; };
struct other { struct node *a, *b, *c; };

static weft_type three_type = { .name = "three", WEFT_SIZE(struct three),
    .fields = WEFT_FIELDS(WEFT_STRONG(struct three, a)) };
static weft_type other_type = { .name = "other", WEFT_SIZE(struct other),
    .fields = WEFT_FIELDS(WEFT_STRONG(struct other, a)) };

// Pages that emptied serve another type, with what they remember of before.
static void pages_begin_anew(weft_heap *heap)
{
    enum { MANY = 10000 };
    static void *all[MANY];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < MANY; i++)
            all[i] = weft_new(heap, round == 1 ? &other_type : &three_type);
        CHECK_TRUE(weft_heap_verify(heap));
        for (int i = 0; i < MANY; i++)
            weft_release(all[i * 7 % MANY]);
        CHECK_TRUE(weft_heap_verify(heap));
        weft_release(weft_new(heap, round == 1 ? &three_type : &other_type));
        CHECK_TRUE(weft_heap_verify(heap));
    }
}

static struct keyed *key;

static void drop_key(void)
{
    weft_clear(&key);
}

// A hook lets go of the key that is being put: it is not put.
static void keys_are_held(weft_heap *heap)
{
    weft_auto(weft_weakvaluedict) dict = weft_weakvaluedict_new(heap,
        WEFT_BY_EQUALITY);
    weft_auto(struct node) value = plain_new(heap);
    weft_auto(struct keyed) there = keyed_new(heap, 1);
    forget_hooks();
    hooks.crowded = true;
    CHECK_EQ(weft_weakvaluedict_put(dict, weft_object(there), value), WEFT_OK);
    for (int how = 0; how < 2; how++) {
        key = keyed_new(heap, 2);
        hooks.act = drop_key;
        if (how == 0)
            CHECK_NULL(weft_weakvaluedict_setdefault(dict, weft_object(key),
                value));
        else
            CHECK_EQ(weft_weakvaluedict_put(dict, weft_object(key), value),
                WEFT_REFERENCE_ERROR);
        CHECK_NULL(key);
        CHECK_EQ(weft_weakvaluedict_length(dict), 1);
        CHECK_FALSE(weft_weakvaluedict_contains(dict, weft_nil()));
    }
    CHECK_TRUE(weft_heap_verify(heap));
    forget_hooks();
}

TESTS(RUN_ALONE(reports_may_put), RUN(callbacks_may_give),
    RUN(failures_are_not_tried_again), RUN(pages_begin_anew),
    RUN(keys_are_held))
