// SPDX-License-Identifier: MIT
//
// Equality of dictionaries: as mappings, in rings, however deep, and however
// they change meanwhile.
#include "dicts.h"
#include "depth.h"

// Dicts are equal as mappings: the order does not matter, nor what compares the
// keys; a dict has no hash.
static void dicts_compare_as_mappings(weft_heap *heap)
{
    weft_auto(weft_dict) a = dict_of(heap, 3);
    weft_auto(weft_dict) b = weft_dict_new(heap, WEFT_BY_IDENTITY);
    CHECK_TRUE(equal(a, a));
    CHECK_FALSE(equal(a, b));
    put(b, weft_int(2), weft_double(20));
    put(b, weft_double(1), weft_int(10));
    put(b, weft_bool(false), weft_int(0));
    CHECK_TRUE(equal(a, b));
    put(b, weft_int(2), weft_int(21));
    CHECK_FALSE(equal(a, b));
    put(b, weft_int(2), weft_int(20));
    weft_auto(weft_list) list = weft_list_new(heap);
    put(a, weft_int(7), weft_object(list));
    put(b, weft_object(list), weft_object(list));
    CHECK_FALSE(equal(a, b));               // it is unhashable there
    weft_auto(weft_list) other = weft_list_new(heap);
    CHECK_TRUE(weft_dict_remove(b, weft_object(list)));
    put(b, weft_int(7), weft_object(other));
    CHECK_TRUE(equal(a, b));
    CHECK_EQ(weft_list_append(other, weft_object(a)), WEFT_OK);
    CHECK_FALSE(equal(a, b));
    CHECK_FALSE(equal(a, list));
    weft_list_clear(other);
    weft_auto(weft_ref) proxy = weft_proxy_new(b, NULL, NULL);
    CHECK_TRUE(equal(a, proxy));
    uint64_t hash = 1;
    CHECK_EQ(weft_hash(heap, weft_object(a), &hash), WEFT_TYPE_ERROR);
    CHECK_EQ(hash, 0);
}

// Keys are found by what they say they equal, hashes are not asked for again.
static void keys_compare_by_their_hooks(weft_heap *heap)
{
    weft_auto(weft_dict) a = new_dict(heap);
    weft_auto(weft_dict) b = new_dict(heap);
    for (int i = 0; i < 3; i++) {
        put_label(a, i, 7);
        put_label(b, 2 - i, 7);
    }
    asked = 0;
    CHECK_TRUE(equal(a, b));
    CHECK_TRUE(asked > 0);
    put_label(a, 4, 7);
    put_label(b, 5, 7);
    CHECK_FALSE(equal(a, b));
}

// Rings of dicts and lists compare, and that comes to an end.
static void rings_compare(weft_heap *heap)
{
    weft_dict *dicts[2];
    for (int i = 0; i < 2; i++) {
        weft_auto(weft_list) list = weft_list_new(heap);
        dicts[i] = new_dict(heap);
        put(dicts[i], weft_text("self"), weft_object(dicts[i]));
        put(dicts[i], weft_text("list"), weft_object(list));
        CHECK_EQ(weft_list_append(list, weft_object(dicts[i])), WEFT_OK);
    }
    CHECK_TRUE(equal(dicts[0], dicts[1]));
    put(dicts[0], weft_text("x"), weft_int(1));
    put(dicts[1], weft_text("x"), weft_int(2));
    CHECK_FALSE(equal(dicts[0], dicts[1]));
    for (int i = 0; i < 2; i++) {
        weft_dict_clear(dicts[i]);
        weft_release(dicts[i]);
    }
    (void)weft_gc_collect(heap, WEFT_FULL);
}

// Dicts in lists in dicts; NULL: no memory.
WEFT_NEW_REF static void *deep_new(weft_heap *heap, size_t depth, int bottom)
{
    weft_value inner = weft_int(bottom);
    for (size_t i = 0; i < depth; i++) {
        weft_list *list = i % 2 == 0 ? weft_list_new(heap) : NULL;
        weft_dict *dict = i % 2 == 0 ? NULL : new_dict(heap);
        void *outer = list != NULL ? (void *)list : (void *)dict;
        weft_status status = list != NULL ? weft_list_append(list, inner)
            : dict == NULL ? WEFT_MEMORY_ERROR
            : weft_dict_put(dict, weft_text("key"), inner);
        weft_value_release(inner);
        if (status != WEFT_OK)
            weft_clear(&outer);
        if (outer == NULL)
            return NULL;
        inner = weft_object(outer);
    }
    return inner.as.object;
}

static bool deep_dicts_compare(void)
{
    weft_heap *heap = weft_heap_open(NULL);
    bool same = false, other = true;
    void *a = deep_new(heap, 100000, 1), *b = deep_new(heap, 100000, 1);
    void *c = deep_new(heap, 100000, 2);
    bool good = weft_equal(weft_object(a), weft_object(b), &same) == WEFT_OK
        && weft_equal(weft_object(a), weft_object(c), &other) == WEFT_OK;
    weft_release(a);
    weft_release(b);
    weft_release(c);
    return good && same && !other && weft_heap_close(heap) == 0;
}

static void deep_equality_needs_no_stack(void)
{
    CHECK_TRUE(runs_on_small_stack(deep_dicts_compare));
}

// Without memory a deep comparison fails and leaves nothing held.
static void comparing_may_fail(weft_heap *heap)
{
    weft_auto(weft_dict) a = deep_new(heap, 60, 1);
    weft_auto(weft_dict) b = deep_new(heap, 60, 1);
    if (!made(a) || !made(b))
        return;
    bool result = false;
    if (went_well(weft_equal(weft_object(a), weft_object(b), &result)))
        CHECK_TRUE(result);
    else
        CHECK_FALSE(result);
    CHECK_EQ(weft_refcount(a), 1);
    CHECK_EQ(weft_refcount(b), 1);
}

// Hooks may change what is compared, and let go of it.
static void hist_h23_dicts_change_while_compared(weft_heap *heap)
{
    use_fn *const actions[] = { empty_subject, drop_subject, replace_all,
        fill_up, remove_one };
    for (size_t i = 0; i < 10; i++) {
        weft_dict *other = new_dict(heap);
        subject = new_dict(heap);
        for (int id = 0; id < 4; id++) {
            put_label(subject, id, 7);
            put_label(other, id, 7);
        }
        weft_value a = weft_object(i < 5 ? subject : other);
        weft_value b = weft_object(i < 5 ? other : subject);
        bool result;
        in_equal = actions[i % 5];
        CHECK_EQ(weft_equal(a, b, &result), WEFT_OK);
        CHECK_TRUE(in_equal == NULL);
        CHECK_EQ(result, i % 5 == 1 || i % 5 == 2);     // they are the same
        weft_release(other);
        weft_clear(&subject);
        CHECK_EQ(object_count(heap), 0);
    }
}

TESTS(RUN(dicts_compare_as_mappings), RUN(keys_compare_by_their_hooks),
    RUN(rings_compare), RUN_ALONE(deep_equality_needs_no_stack),
    RUN_OOM(comparing_may_fail), RUN(hist_h23_dicts_change_while_compared))
