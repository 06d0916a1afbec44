// SPDX-License-Identifier: MIT
//
// Equality of what holds other things: lists of lists, however deep and however
// they change meanwhile, and texts shown to objects.
#include "node.h"
#include "depth.h"

static bool equal(const void *a, const void *b)
{
    bool there = false;
    bool back = true;
    CHECK_EQ(weft_equal(weft_object(a), weft_object(b), &there), WEFT_OK);
    CHECK_EQ(weft_equal(weft_object(b), weft_object(a), &back), WEFT_OK);
    CHECK_EQ(there, back);
    return there;
}

static void append(weft_list *list, weft_value value)
{
    CHECK_EQ(weft_list_append(list, value), WEFT_OK);
}

// Lists are equal if what they hold is, one by one.
static void lists_compare_by_elements(weft_heap *heap)
{
    weft_auto(weft_list) a = weft_list_new(heap);
    weft_auto(weft_list) b = weft_list_new(heap);
    CHECK_TRUE(equal(a, b));
    append(a, weft_int(1));
    CHECK_FALSE(equal(a, b));
    append(b, weft_double(1.0));
    CHECK_TRUE(equal(a, b));
    append(a, weft_text("text"));
    append(b, weft_text("text"));
    append(a, weft_nil());
    append(b, weft_nil());
    CHECK_TRUE(equal(a, b));
    CHECK_EQ(weft_list_set(b, 0, weft_int(2)), WEFT_OK);
    CHECK_FALSE(equal(a, b));
    weft_auto(struct node) node = plain_new(heap);
    CHECK_FALSE(equal(a, node));
}

// Lists in lists, too.
static void nested_lists_compare_by_elements(weft_heap *heap)
{
    weft_list *lists[2];
    for (int i = 0; i < 2; i++) {
        weft_auto(weft_list) inner = weft_list_new(heap);
        append(inner, weft_int(7));
        lists[i] = weft_list_new(heap);
        append(lists[i], weft_object(inner));
        append(lists[i], weft_object(inner));
    }
    CHECK_TRUE(equal(lists[0], lists[1]));
    append(lists[0], weft_int(1));
    append(lists[1], weft_int(2));
    CHECK_FALSE(equal(lists[0], lists[1]));
    weft_release(lists[0]);
    weft_release(lists[1]);
}

// Lists that hold themselves can be compared, and that comes to an end.
static void rings_compare(weft_heap *heap)
{
    weft_auto(weft_list) a = weft_list_new(heap);
    weft_auto(weft_list) b = weft_list_new(heap);
    append(a, weft_object(a));
    append(b, weft_object(b));
    bool result = false;
    CHECK_EQ(weft_equal(weft_object(a), weft_object(b), &result), WEFT_OK);
    append(a, weft_int(1));
    append(b, weft_int(2));
    CHECK_FALSE(equal(a, b));
    CHECK_TRUE(equal(a, a));
    weft_list_clear(a);
    weft_list_clear(b);
}

// Lists are unhashable, as in Python.
static void lists_have_no_hash(weft_heap *heap)
{
    weft_auto(weft_list) list = weft_list_new(heap);
    uint64_t hash = 1;
    CHECK_EQ(weft_hash(heap, weft_object(list), &hash), WEFT_TYPE_ERROR);
    CHECK_EQ(hash, 0);
}

static weft_list *deep_list(weft_heap *heap, size_t depth)
{
    weft_list *list = weft_list_new(heap);
    for (size_t i = 0; i < depth; i++) {
        weft_list *outer = weft_list_new(heap);
        if (outer == NULL || list == NULL
            || weft_list_append(outer, weft_object(list)) != WEFT_OK)
            weft_clear(&outer);
        weft_release(list);
        list = outer;
    }
    return list;
}

// However deep they are, a small stack is enough.
static bool deep_lists_compare(void)
{
    weft_heap *heap = weft_heap_open(NULL);
    weft_list *a = deep_list(heap, 100000);
    weft_list *b = deep_list(heap, 100000);
    weft_list *c = deep_list(heap, 100001);
    bool same = false;
    bool other = true;
    bool good = weft_equal(weft_object(a), weft_object(b), &same) == WEFT_OK
        && weft_equal(weft_object(a), weft_object(c), &other) == WEFT_OK;
    weft_release(a);
    weft_release(b);
    weft_release(c);
    return good && same && !other && weft_heap_close(heap) == 0;
}

static void depth_needs_no_stack(void)
{
    CHECK_TRUE(runs_on_small_stack(deep_lists_compare));
}

// Without memory the comparison fails and leaves nothing held.
static void may_fail(weft_heap *heap)
{
    weft_auto(weft_list) a = deep_list(heap, 70);
    weft_auto(weft_list) b = deep_list(heap, 70);
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

static weft_list *changing[2];

static bool clear_and_agree(const void *self, const void *other)
{
    (void)self;
    (void)other;
    weft_list_clear(changing[0]);
    weft_clear(&changing[1]);
    return true;
}

static weft_type agreeing_type = {
    .name = "agreeing", WEFT_SIZE(struct node), .equal = clear_and_agree,
    .dispose = node_dispose };

// An element's equality may change the lists that are compared, and let go of
// them and of itself.
static void hist_h23_lists_change_while_compared(weft_heap *heap)
{
    for (int i = 0; i < 2; i++) {
        changing[i] = weft_list_new(heap);
        for (int j = 0; j < 3; j++) {
            weft_auto(struct node) node = weft_new(heap, &agreeing_type);
            node->name = "x";
            append(changing[i], weft_object(node));
        }
    }
    bool result = true;
    CHECK_EQ(weft_equal(weft_object(changing[0]), weft_object(changing[1]),
        &result), WEFT_OK);
    CHECK_EQ(weft_list_length(changing[0]), 0);
    weft_clear(&changing[0]);
    CHECK_EQ(object_count(heap), 0);
    forget_trace();
}

struct label {
    const char *text;           // what it equals
};

static bool label_equal(const void *self, const void *other)
{
    const struct label *label = self;
    return weft_is(other, &weft_string_type)
        && strcmp(weft_string_text(other), label->text) == 0;
}

static weft_type label_type = {
    .name = "label", WEFT_SIZE(struct label), .equal = label_equal };

// An object is shown a text as a string, from either side.
static void texts_are_shown_as_strings(weft_heap *heap)
{
    weft_auto(struct label) label = weft_new(heap, &label_type);
    weft_auto(struct node) node = plain_new(heap);
    label->text = "name";
    bool result = false;
    CHECK_EQ(weft_equal(weft_object(label), weft_text("name"), &result),
        WEFT_OK);
    CHECK_TRUE(result);
    CHECK_EQ(weft_equal(weft_text("name"), weft_object(label), &result),
        WEFT_OK);
    CHECK_TRUE(result);
    CHECK_EQ(weft_equal(weft_text("other"), weft_object(label), &result),
        WEFT_OK);
    CHECK_FALSE(result);
    CHECK_EQ(weft_equal(weft_text("name"), weft_object(node), &result),
        WEFT_OK);
    CHECK_FALSE(result);
    CHECK_EQ(object_count(heap), 2);
}

// A chain of refs to refs hashes and compares, or says that it is too deep.
static void chains_of_refs_do_not_overflow(weft_heap *heap)
{
    enum { DEPTH = 20000 };
    weft_auto(struct node) node = plain_new(heap);
    weft_ref **refs = malloc(DEPTH * sizeof(*refs));
    void *below = node;
    for (size_t i = 0; i < DEPTH; i++)
        below = refs[i] = weft_ref_new_as(&weft_ref_type, below, NULL, NULL);
    uint64_t hash = 0;
    weft_status status = weft_hash(heap, weft_object(below), &hash);
    CHECK_TRUE(status == WEFT_OK || status == WEFT_VALUE_ERROR);
    CHECK_EQ(weft_hash(heap, weft_object(refs[3]), &hash), WEFT_OK);
    bool result = false;
    status = weft_equal(weft_object(below), weft_object(refs[DEPTH - 2]),
        &result);
    CHECK_TRUE(status == WEFT_OK || status == WEFT_VALUE_ERROR);
    for (size_t i = 0; i < DEPTH; i++)
        weft_release(refs[i]);
    free(refs);
}

static size_t nesting;

static bool ask_again(const void *self, const void *other)
{
    bool result = true;
    nesting++;
    (void)weft_equal(weft_object(self), weft_object(other), &result);
    return result;
}

static weft_type endless_type = {
    .name = "endless", WEFT_SIZE(struct label), .equal = ask_again };

// An equality that asks itself for ever is stopped; afterwards all is well.
static void endless_equality_is_stopped(weft_heap *heap)
{
    weft_auto(struct label) a = weft_new(heap, &endless_type);
    weft_auto(struct label) b = weft_new(heap, &endless_type);
    bool result = true;
    nesting = 0;
    CHECK_EQ(weft_equal(weft_object(a), weft_object(b), &result),
        WEFT_VALUE_ERROR);
    CHECK_FALSE(result);
    CHECK_TRUE(nesting > 10);
    CHECK_EQ(weft_equal(weft_int(1), weft_int(1), &result), WEFT_OK);
    CHECK_TRUE(result);
    weft_auto(struct label) label = weft_new(heap, &label_type);
    label->text = "x";
    CHECK_EQ(weft_equal(weft_object(label), weft_text("x"), &result), WEFT_OK);
    CHECK_TRUE(result);
}

TESTS(RUN(lists_compare_by_elements), RUN(nested_lists_compare_by_elements),
    RUN(rings_compare), RUN(lists_have_no_hash), RUN_ALONE(depth_needs_no_stack),
    RUN_OOM(may_fail), RUN(hist_h23_lists_change_while_compared),
    RUN(texts_are_shown_as_strings), RUN(chains_of_refs_do_not_overflow),
    RUN(endless_equality_is_stopped))
