// SPDX-License-Identifier: MIT
//
// Dictionaries whose keys say themselves what they equal: when they are asked,
// and whatever they do to the dict meanwhile.
#include "dicts.h"

// By equality hooks decide; by identity nobody is asked, and everything is a
// key, unhashable lists and proxies too; but strings are still their bytes.
static void identity_asks_nobody(weft_heap *heap)
{
    weft_auto(weft_dict) dict = weft_dict_new(heap, WEFT_BY_IDENTITY);
    weft_auto(struct label) a = label_new(heap, 1, 5);
    weft_auto(struct label) b = label_new(heap, 1, 5);
    weft_auto(weft_list) list = weft_list_new(heap);
    weft_auto(weft_ref) proxy = weft_proxy_new(list, NULL, NULL);
    put(dict, weft_object(a), weft_int(1));
    put(dict, weft_object(list), weft_int(2));
    put(dict, weft_object(proxy), weft_int(3));
    put(dict, weft_text("text"), weft_int(4));
    put(dict, weft_int(5), weft_int(5));
    CHECK_EQ(at(dict, weft_object(a)), 1);
    CHECK_EQ(at(dict, weft_object(b)), -1);
    CHECK_EQ(at(dict, weft_object(list)), 2);
    CHECK_EQ(at(dict, weft_object(proxy)), 3);
    weft_auto(weft_string) text = weft_string_new(heap, "text");
    CHECK_EQ(at(dict, weft_object(text)), 4);
    CHECK_EQ(at(dict, weft_double(5.0)), 5);
    CHECK_EQ(asked, 0);
    for (int by = WEFT_BY_EQUALITY; by <= WEFT_BY_FIRST_EQUAL; by += 2) {
        weft_auto(weft_dict) other = weft_dict_new(heap, (weft_by)by);
        put(other, weft_object(a), weft_int(1));
        put(other, weft_object(b), weft_int(2));
        CHECK_EQ(weft_dict_length(other), 1);
        CHECK_EQ(at(other, weft_object(a)), 2);
        weft_value key, value;
        CHECK_TRUE(weft_dict_popitem(other, &key, &value));
        CHECK_SAME(weft_value_object(key), a);      // the first stays
        weft_value_release(key);
    }
}

// The same object is found without asking whether it is equal, and another hash
// is enough to be another key.
static void equality_is_asked_when_it_must(weft_heap *heap)
{
    weft_auto(weft_dict) dict = new_dict(heap);
    weft_auto(struct label) a = label_new(heap, 1, 5);
    weft_auto(struct label) b = label_new(heap, 1, 6);
    put(dict, weft_object(a), weft_int(1));
    asked = 0;
    CHECK_EQ(at(dict, weft_object(a)), 1);
    CHECK_EQ(asked, 1);                     // its hash
    CHECK_EQ(at(dict, weft_object(b)), -1);
    CHECK_EQ(asked, 2);
    CHECK_EQ(at(dict, weft_int(5)), -1);    // hashes alike, but no object
    CHECK_EQ(asked, 2);
    weft_auto(struct label) c = label_new(heap, 1, 5);
    CHECK_EQ(at(dict, weft_object(c)), 1);
    CHECK_EQ(asked, 2);                     // its hash, and what is there
}

static void use_get(void)
{
    weft_value_release(weft_dict_get(subject, weft_object(subject_key)));
}

static void use_put(void)
{
    weft_status status = weft_dict_put(subject, weft_object(subject_key),
        weft_int(7));
    CHECK_EQ(status, WEFT_OK);
}

static void use_pop(void)
{
    weft_value_release(weft_dict_pop(subject, weft_object(subject_key)));
}

static void use_default(void)
{
    weft_auto_value there = weft_dict_setdefault(subject,
        weft_object(subject_key), weft_int(7));
    CHECK_EQ(there.kind, WEFT_KIND_INT);
}

static void *make_node(weft_value key, void *context)
{
    (void)key;
    return plain_new(context);
}

static void use_make(void)
{
    weft_release(weft_dict_get_or_create(subject, weft_object(subject_key),
        make_node, weft_heap_of(subject_key)));
}

static void use_remove(void)
{
    (void)weft_dict_remove(subject, weft_object(subject_key));
}

// Hooks may do anything to the dict at any time they are asked, also let go of
// it and of the key: nothing is lost, and nothing is found that is not there.
static void hist_h37_hooks_may_change_the_dict(weft_heap *heap)
{
    static use_fn *const uses[] = { use_get, use_put, use_pop, use_default,
        use_make, use_remove };
    static use_fn *const actions[] = { empty_subject, drop_subject, drop_both,
        remove_one, replace_all, fill_up };
    for (size_t i = 0; i < 2 * 6 * 6 * 4; i++) {
        subject = new_dict(heap);
        for (int id = 0; id < 4; id++)
            put_label(subject, id, 7);
        subject_key = label_new(heap, (int)(i % 4), 7);
        bool first = i / 4 % 2 == 0;
        in_hash = first ? actions[i / 8 % 6] : NULL;
        in_equal = first ? NULL : actions[i / 8 % 6];
        uses[i / 48]();
        CHECK_TRUE(in_equal == NULL && in_hash == NULL);
        if (subject != NULL)
            CHECK_EQ(weft_refcount(subject), 1);
        weft_clear(&subject_key);
        weft_clear(&subject);
        CHECK_EQ(object_count(heap), 0);
    }
}

static void *removed_key;

static void remove_that(void)
{
    CHECK_TRUE(weft_dict_remove(subject, weft_object(removed_key)));
}

// Others move up when an entry goes: what was next is not passed over.
static void nothing_is_passed_over(weft_heap *heap)
{
    weft_auto(struct label) first = label_new(heap, 0, 7);
    weft_auto(struct label) key = label_new(heap, 1, 7);
    subject = new_dict(heap);
    put(subject, weft_object(first), weft_int(0));
    put_label(subject, 1, 7);
    removed_key = first;
    in_equal = remove_that;
    CHECK_EQ(at(subject, weft_object(key)), 1);
    CHECK_EQ(weft_dict_length(subject), 1);
    weft_clear(&subject);
}

// A search that was overtaken begins again: it finds what is there now.
static void overtaken_searches_begin_again(weft_heap *heap)
{
    subject = new_dict(heap);
    for (int id = 0; id < 4; id++)
        put_label(subject, id, 7);
    weft_auto(struct label) key = label_new(heap, 3, 7);
    in_equal = replace_all;
    CHECK_EQ(at(subject, weft_object(key)), 3);
    in_equal = fill_up;
    CHECK_EQ(at(subject, weft_object(key)), 3);
    CHECK_EQ(weft_dict_length(subject), 104);
    in_equal = remove_one;                  // the last of what fill_up put
    CHECK_EQ(weft_dict_put(subject, weft_object(key), weft_int(8)), WEFT_OK);
    CHECK_EQ(at(subject, weft_object(key)), 8);
    in_equal = empty_subject;
    CHECK_EQ(weft_dict_put(subject, weft_object(key), weft_int(9)), WEFT_OK);
    CHECK_EQ(weft_dict_length(subject), 1);
    CHECK_EQ(at(subject, weft_object(key)), 9);
    weft_clear(&subject);
}

static bool ask_again(const void *self, const void *other)
{
    bool result = true;
    (void)weft_equal(weft_object(self), weft_object(other), &result);
    return result;
}

static weft_type endless_type = {
    .name = "endless", WEFT_SIZE(struct label), .equal = ask_again,
    .hash = label_hash };

// What a hook fails with comes back from put; for lookups the key is not there.
static void failing_hooks_fail_the_put(weft_heap *heap)
{
    weft_auto(weft_dict) dict = new_dict(heap);
    weft_auto(struct label) a = weft_new(heap, &endless_type);
    weft_auto(struct label) b = weft_new(heap, &endless_type);
    put(dict, weft_object(a), weft_int(1));
    CHECK_EQ(weft_dict_put(dict, weft_object(b), weft_int(2)),
        WEFT_VALUE_ERROR);
    CHECK_FALSE(weft_dict_contains(dict, weft_object(b)));
    CHECK_EQ(weft_dict_length(dict), 1);
    CHECK_EQ(at(dict, weft_object(a)), 1);
    CHECK_EQ(weft_refcount(b), 1);
    weft_auto(weft_dict) other = weft_dict_new(heap, WEFT_BY_IDENTITY);
    put(other, weft_int(5), weft_int(5));
    put(other, weft_object(b), weft_int(6));
    CHECK_EQ(weft_dict_update(dict, other), WEFT_VALUE_ERROR);
    CHECK_EQ(at(dict, weft_int(5)), 5);
    CHECK_EQ(weft_dict_length(dict), 2);
}

static struct node *made_node;
static weft_status make_status;

static void *make_or_not(weft_value key, void *context)
{
    say("%s", weft_value_text(key));
    return context == NULL ? NULL : weft_retain(context);
}

static void *put_it_myself(weft_value key, void *context)
{
    make_status = weft_dict_put(context, key, weft_object(made_node));
    return plain_new(weft_heap_of(context));
}

// What is missing is made once; what `make` puts itself goes first.
static void makes_what_is_missing(weft_heap *heap)
{
    weft_auto(weft_dict) dict = new_dict(heap);
    weft_auto(struct node) node = plain_new(heap);
    weft_value key = weft_text("a");
    CHECK_NULL(weft_dict_get_or_create(dict, key, make_or_not, NULL));
    CHECK_EQ(weft_dict_length(dict), 0);
    for (int i = 0; i < 2; i++) {
        void *there = weft_dict_get_or_create(dict, key, make_or_not, node);
        CHECK_SAME(there, node);
        weft_release(there);
    }
    CHECK_TRACE("a a");
    CHECK_EQ(weft_refcount(node), 2);
    put(dict, weft_text("n"), weft_int(1));
    CHECK_NULL(weft_dict_get_or_create(dict, weft_text("n"), make_or_not,
        node));
    weft_auto(weft_list) list = weft_list_new(heap);
    CHECK_NULL(weft_dict_get_or_create(dict, weft_object(list), make_or_not,
        node));
    CHECK_TRACE("");
    made_node = node;
    weft_auto(struct node) own = weft_dict_get_or_create(dict, weft_text("b"),
        put_it_myself, dict);
    CHECK_EQ(make_status, WEFT_OK);
    CHECK_SAME(own, node);
    CHECK_EQ(weft_dict_length(dict), 3);
}

static void *dropped_key;

static void *drop_and_make(weft_value key, void *context)
{
    weft_heap *heap = context;
    CHECK_SAME(weft_value_object(key), dropped_key);
    weft_clear(&dropped_key);
    weft_clear(&subject);
    return plain_new(heap);
}

// `make` may let go of the dict and of the key.
static void make_may_drop_the_dict(weft_heap *heap)
{
    for (int i = 0; i < 2; i++) {
        subject = new_dict(heap);
        dropped_key = i == 0 ? (void *)label_new(heap, 1, 2)
            : (void *)weft_string_new(heap, "key");
        weft_auto(struct node) node = weft_dict_get_or_create(subject,
            weft_object(dropped_key), drop_and_make, heap);
        CHECK_TRUE(node != NULL);
        CHECK_EQ(object_count(heap), 1);
    }
}

// While it updates, hooks may empty and drop both.
static void update_survives_hooks(weft_heap *heap)
{
    use_fn *const actions[] = { empty_subject, drop_subject, fill_up };
    for (size_t i = 0; i < 6; i++) {
        weft_dict *a = new_dict(heap);
        subject = new_dict(heap);
        put_label(a, 1, 2);
        put_label(subject, 1, 2);
        put_label(subject, 2, 2);
        in_equal = actions[i % 3];
        if (i < 3)
            CHECK_EQ(weft_dict_update(a, subject), WEFT_OK);
        else
            CHECK_EQ(weft_dict_update(subject, a), WEFT_OK);
        CHECK_TRUE(in_equal == NULL);
        weft_release(a);
        weft_clear(&subject);
        CHECK_EQ(object_count(heap), 0);
    }
}

TESTS(RUN(identity_asks_nobody), RUN(equality_is_asked_when_it_must),
    RUN(hist_h37_hooks_may_change_the_dict), RUN(nothing_is_passed_over),
    RUN(overtaken_searches_begin_again), RUN(failing_hooks_fail_the_put),
    RUN(makes_what_is_missing), RUN(make_may_drop_the_dict),
    RUN(update_survives_hooks))
