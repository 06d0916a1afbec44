// SPDX-License-Identifier: MIT
//
// Lists of values, and going through them while they change.
#include "node.h"

static weft_list *list_of(weft_heap *heap, int count)
{
    weft_list *list = weft_list_new(heap);
    for (int i = 0; i < count; i++)
        CHECK_EQ(weft_list_append(list, weft_int(i)), WEFT_OK);
    return list;
}

// What the list holds, integers only, as a text.
static void say_list(const weft_list *list)
{
    for (size_t i = 0; i < weft_list_length(list); i++) {
        weft_auto_value value = weft_list_get(list, i);
        say("%d", value.kind == WEFT_KIND_INT ? (int)value.as.integer : -1);
    }
}

static void append_loud(weft_list *list, const char *name)
{
    weft_auto(struct node) node = loud_new(weft_heap_of(list), name);
    CHECK_EQ(weft_list_append(list, weft_object(node)), WEFT_OK);
}

// A new list is empty; there is nothing to get or pop.
static void is_empty_at_first(weft_heap *heap)
{
    weft_auto(weft_list) list = weft_list_new(heap);
    CHECK_EQ(weft_list_length(list), 0);
    CHECK_EQ(weft_list_get(list, 0).kind, WEFT_KIND_NIL);
    CHECK_EQ(weft_list_pop(list, 0).kind, WEFT_KIND_NIL);
    weft_list_clear(list);
    size_t length = 7;
    CHECK_EQ(weft_length(list, &length), WEFT_OK);
    CHECK_EQ(length, 0);
}

// Appending, inserting and popping move what follows.
static void keeps_its_order(weft_heap *heap)
{
    weft_auto(weft_list) list = list_of(heap, 5);
    CHECK_EQ(weft_list_insert(list, 0, weft_int(10)), WEFT_OK);
    CHECK_EQ(weft_list_insert(list, 3, weft_int(13)), WEFT_OK);
    CHECK_EQ(weft_list_insert(list, 7, weft_int(17)), WEFT_OK);
    say_list(list);
    CHECK_TRACE("10 0 1 13 2 3 4 17");
    weft_auto_value first = weft_list_pop(list, 0);
    weft_auto_value middle = weft_list_pop(list, 2);
    weft_auto_value last = weft_list_pop(list, 5);
    CHECK_EQ(first.as.integer, 10);
    CHECK_EQ(middle.as.integer, 13);
    CHECK_EQ(last.as.integer, 17);
    say_list(list);
    CHECK_TRACE("0 1 2 3 4");
}

// Out of its bounds nothing is got, set, inserted or popped.
static void knows_its_bounds(weft_heap *heap)
{
    weft_auto(weft_list) list = list_of(heap, 3);
    CHECK_EQ(weft_list_get(list, 3).kind, WEFT_KIND_NIL);
    CHECK_EQ(weft_list_get(list, SIZE_MAX).kind, WEFT_KIND_NIL);
    CHECK_EQ(weft_list_pop(list, 3).kind, WEFT_KIND_NIL);
    CHECK_EQ(weft_list_set(list, 3, weft_int(1)), WEFT_INDEX_ERROR);
    CHECK_EQ(weft_list_insert(list, 4, weft_int(1)), WEFT_INDEX_ERROR);
    CHECK_EQ(weft_list_insert(list, SIZE_MAX, weft_int(1)), WEFT_INDEX_ERROR);
    say_list(list);
    CHECK_TRACE("0 1 2");
}

// The list keeps what it holds; getting gives a new reference, popping its own.
static void keeps_objects(weft_heap *heap)
{
    weft_auto(weft_list) list = weft_list_new(heap);
    struct node *node = loud_new(heap, "a");
    CHECK_EQ(weft_list_append(list, weft_object(node)), WEFT_OK);
    CHECK_EQ(weft_refcount(node), 2);
    weft_release(node);
    weft_value got = weft_list_get(list, 0);
    CHECK_SAME(got.as.object, node);
    CHECK_EQ(weft_refcount(node), 2);
    weft_value_release(got);
    weft_value popped = weft_list_pop(list, 0);
    CHECK_EQ(weft_refcount(node), 1);
    CHECK_TRACE("");
    weft_value_release(popped);
    CHECK_TRACE("~a a.");
}

// A failed write keeps nothing.
static void failed_writes_keep_nothing(weft_heap *heap)
{
    weft_auto(weft_list) list = weft_list_new(heap);
    weft_auto(struct node) node = plain_new(heap);
    CHECK_EQ(weft_list_set(list, 0, weft_object(node)), WEFT_INDEX_ERROR);
    CHECK_EQ(weft_list_insert(list, 1, weft_object(node)), WEFT_INDEX_ERROR);
    CHECK_EQ(weft_refcount(node), 1);
}

// Texts are kept as strings.
static void keeps_texts_as_strings(weft_heap *heap)
{
    char text[] = "hello";
    weft_auto(weft_list) list = weft_list_new(heap);
    CHECK_EQ(weft_list_append(list, weft_text(text)), WEFT_OK);
    CHECK_EQ(weft_list_insert(list, 0, weft_text_sized(text, 4)), WEFT_OK);
    CHECK_EQ(weft_list_append(list, weft_nil()), WEFT_OK);
    CHECK_EQ(weft_list_set(list, 2, weft_text("set")), WEFT_OK);
    memset(text, 'x', 5);
    weft_auto_value first = weft_list_get(list, 0);
    weft_auto_value second = weft_list_get(list, 1);
    weft_auto_value third = weft_list_get(list, 2);
    CHECK_TRUE(weft_is(weft_value_object(first), &weft_string_type));
    CHECK_STR(weft_value_text(first), "hell");
    CHECK_STR(weft_value_text(second), "hello");
    CHECK_STR(weft_value_text(third), "set");
}

static weft_list *open_list;

static void look_at_list(struct node *self)
{
    (void)self;
    say("(%zu)", weft_list_length(open_list));
}

static void append_loud_looker(const char *name)
{
    weft_auto(struct node) node = loud_new(weft_heap_of(open_list), name);
    node->act = look_at_list;
    CHECK_EQ(weft_list_append(open_list, weft_object(node)), WEFT_OK);
}

// Clearing empties the list first: finalizers see it empty, and what they
// append stays.
static void clear_empties_first(weft_heap *heap)
{
    open_list = weft_list_new(heap);
    append_loud_looker("a");
    append_loud_looker("b");
    weft_list_clear(open_list);
    CHECK_TRACE("~a (0) a. ~b (0) b.");
    append_loud_looker("c");
    CHECK_EQ(weft_list_set(open_list, 0, weft_int(1)), WEFT_OK);
    CHECK_TRACE("~c (1) c.");
    append_loud_looker("d");
    weft_value_release(weft_list_pop(open_list, 1));
    CHECK_TRACE("~d (1) d.");
    weft_release(open_list);
}

static void append_to_list(struct node *self)
{
    (void)self;
    CHECK_EQ(weft_list_append(open_list, weft_int(7)), WEFT_OK);
}

// A finalizer may write to the list that lets go of its object.
static void may_be_written_by_finalizers(weft_heap *heap)
{
    open_list = weft_list_new(heap);
    for (int i = 0; i < 10; i++) {
        append_loud(open_list, "a");
        weft_auto_value value = weft_list_get(open_list, (size_t)i);
        struct node *node = weft_value_object(value);
        node->act = append_to_list;
    }
    weft_list_clear(open_list);
    CHECK_EQ(weft_list_length(open_list), 10);
    forget_trace();
    append_loud(open_list, "b");
    weft_auto_value value = weft_list_get(open_list, 10);
    ((struct node *)weft_value_object(value))->act = append_to_list;
    weft_value_clear(&value);
    CHECK_EQ(weft_list_set(open_list, 10, weft_int(8)), WEFT_OK);
    say_list(open_list);
    CHECK_TRACE("~b b. 7 7 7 7 7 7 7 7 7 7 8 7");
    weft_release(open_list);
}

// A dying list lets go of what it holds in order.
static void dies_in_order(weft_heap *heap)
{
    weft_list *list = weft_list_new(heap);
    append_loud(list, "a");
    CHECK_EQ(weft_list_append(list, weft_int(3)), WEFT_OK);
    append_loud(list, "b");
    weft_release(list);
    CHECK_TRACE("~a a. ~b b.");
}

// A list that holds itself is let go by clearing it.
static void may_hold_itself(weft_heap *heap)
{
    weft_auto(weft_list) list = weft_list_new(heap);
    CHECK_EQ(weft_list_append(list, weft_object(list)), WEFT_OK);
    CHECK_EQ(weft_refcount(list), 2);
    weft_list_clear(list);
    CHECK_EQ(weft_refcount(list), 1);
}

// A list can grow to a million and shrink again.
static void may_be_long(weft_heap *heap)
{
    weft_auto(weft_list) list = list_of(heap, 1000000);
    CHECK_EQ(weft_list_length(list), 1000000);
    for (size_t i = 0; i < 1000000; i += 997)
        CHECK_EQ(weft_list_get(list, i).as.integer, i);
    for (int i = 999999; i >= 10; i--)
        CHECK_EQ(weft_list_pop(list, (size_t)i).as.integer, i);
    CHECK_EQ(weft_list_length(list), 10);
    append_loud(list, "a");
    CHECK_EQ(weft_list_get(list, 9).as.integer, 9);
    weft_list_clear(list);
    CHECK_EQ(weft_list_length(list), 0);
    CHECK_TRACE("~a a.");
}

// ---------------------------------------------------------------------------
// Iteration

// It shows index and value of everything, in order.
static void is_gone_through(weft_heap *heap)
{
    weft_auto(weft_list) list = list_of(heap, 3);
    append_loud(list, "a");
    weft_each (it, list) {
        say("%d=%d%s", (int)it.key.as.integer, (int)it.value.kind,
            it.object != NULL ? ((struct node *)it.object)->name : "");
        CHECK_SAME(it.container, list);
        CHECK_EQ(it.key.kind, WEFT_KIND_INT);
    }
    CHECK_TRACE("0=2 1=2 2=2 3=5a");
    CHECK_EQ(weft_refcount(list), 1);
    weft_clear(&list);
    forget_trace();
}

// What is appended meanwhile is not seen, what has gone is not either.
static void hist_h61_sees_what_was_there(weft_heap *heap)
{
    weft_auto(weft_list) list = list_of(heap, 5);
    weft_each (it, list) {
        say("%d", (int)it.value.as.integer);
        CHECK_EQ(weft_list_append(list, weft_int(100)), WEFT_OK);
        if (it.value.as.integer == 2)
            weft_list_clear(list);
    }
    CHECK_TRACE("0 1 2");
    CHECK_EQ(weft_list_length(list), 0);
}

// The body may clear the list: the value shown is good until the next step.
static void shown_value_is_held(weft_heap *heap)
{
    weft_auto(weft_list) list = weft_list_new(heap);
    append_loud(list, "a");
    append_loud(list, "b");
    weft_each (it, list) {
        weft_list_clear(list);
        say("%s", ((struct node *)it.object)->name);
    }
    CHECK_TRACE("~b b. a ~a a.");
}

// The iteration keeps the list, also when all others let go of it.
static void container_is_held(weft_heap *heap)
{
    weft_list *list = list_of(heap, 3);
    append_loud(list, "a");
    weft_each (it, list) {
        if (it.key.as.integer == 0)
            weft_release(list);
        say("%d", (int)it.key.as.integer);
    }
    CHECK_TRACE("0 1 2 3 ~a a.");
    CHECK_EQ(object_count(heap), 0);
}

WEFT_NEW_REF static struct node *find(weft_list *list, const char *name)
{
    weft_each (it, list)
        if (it.object != NULL
            && strcmp(((struct node *)it.object)->name, name) == 0)
            return weft_retain(it.object);
    return NULL;
}

// It may be left in the middle, by break and by return.
static void may_be_left_early(weft_heap *heap)
{
    weft_auto(weft_list) list = weft_list_new(heap);
    append_loud(list, "a");
    append_loud(list, "b");
    append_loud(list, "c");
    weft_each (it, list)
        if (it.key.as.integer == 1)
            break;
    weft_auto(struct node) found = find(list, "b");
    CHECK_STR(found->name, "b");
    CHECK_EQ(weft_refcount(found), 2);
    CHECK_NULL(find(list, "d"));
    CHECK_EQ(weft_refcount(list), 1);
    weft_iterator it = weft_iterate(list);
    CHECK_TRUE(weft_next(&it));
    CHECK_EQ(weft_refcount(list), 2);
    weft_iterate_end(&it);
    CHECK_EQ(weft_refcount(list), 1);
    weft_clear(&found);
    weft_clear(&list);
    forget_trace();
}

// Iterations nest.
static void nests(weft_heap *heap)
{
    weft_auto(weft_list) list = list_of(heap, 3);
    weft_each (outer, list)
        weft_each (inner, list)
            say("%d%d", (int)outer.value.as.integer,
                (int)inner.value.as.integer);
    CHECK_TRACE("00 01 02 10 11 12 20 21 22");
}

// Without memory, a list is as it was before.
static void may_fail(weft_heap *heap)
{
    weft_auto(weft_list) list = weft_list_new(heap);
    if (!made(list))
        return;
    for (size_t i = 0; i < 40; i++) {
        if (!went_well(weft_list_append(list, weft_int((int)i)))) {
            CHECK_EQ(weft_list_length(list), i);
            return;
        }
    }
    weft_status status = weft_list_insert(list, 3, weft_text("text"));
    if (!went_well(status)) {
        CHECK_EQ(weft_list_length(list), 40);
        CHECK_EQ(weft_list_get(list, 3).as.integer, 3);
        return;
    }
    if (!went_well(weft_list_set(list, 5, weft_text("other"))))
        CHECK_EQ(weft_list_get(list, 5).as.integer, 4);
    CHECK_EQ(weft_list_length(list), 41);
}

TESTS(RUN(is_empty_at_first), RUN(keeps_its_order), RUN(knows_its_bounds),
    RUN(keeps_objects), RUN(failed_writes_keep_nothing),
    RUN(keeps_texts_as_strings), RUN(clear_empties_first),
    RUN(may_be_written_by_finalizers), RUN(dies_in_order),
    RUN(may_hold_itself), RUN(may_be_long), RUN(is_gone_through),
    RUN(hist_h61_sees_what_was_there), RUN(shown_value_is_held),
    RUN(container_is_held), RUN(may_be_left_early), RUN(nests),
    RUN_OOM(may_fail))
