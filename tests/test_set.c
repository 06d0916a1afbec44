// SPDX-License-Identifier: MIT
//
// Storing references: weft_set and its kin keep the new before they let go of
// the old, and the old goes last.
#include "node.h"

// Setting keeps the new value and releases the old one.
static void set_keeps_new_and_releases_old(weft_heap *heap)
{
    weft_auto(struct node) root = plain_new(heap);
    weft_auto(struct node) a = plain_new(heap);
    weft_auto(struct node) b = plain_new(heap);
    weft_set(&root->left, a);
    CHECK_EQ(weft_refcount(a), 2);
    weft_set(&root->left, b);
    CHECK_EQ(weft_refcount(a), 1);
    CHECK_EQ(weft_refcount(b), 2);
    weft_set(&root->left, NULL);
    CHECK_EQ(weft_refcount(b), 1);
    CHECK_NULL(root->left);
}

static struct node *seen_left;
static struct node *seen_right;

static void look_up(struct node *self)
{
    seen_left = self->up->left;
    seen_right = self->up->right;
}

// The finalizer of what a slot held before sees the slot already updated.
static void hist_h36_old_value_sees_new_one(weft_heap *heap)
{
    weft_auto(struct node) root = plain_new(heap);
    weft_auto(struct node) next = plain_new(heap);
    weft_set_steal(&root->left, loud_new(heap, "a"));
    root->left->up = root;
    root->left->act = look_up;
    weft_set(&root->left, next);
    CHECK_SAME(seen_left, next);
    weft_set_steal(&root->right, loud_new(heap, "b"));
    root->right->up = root;
    root->right->act = look_up;
    weft_set_steal(&root->right, plain_new(heap));
    CHECK_SAME(seen_right, root->right);
    weft_set_steal(&root->right, loud_new(heap, "c"));
    root->right->up = root;
    root->right->act = look_up;
    seen_right = root;
    weft_clear(&root->right);
    CHECK_NULL(seen_right);
    CHECK_TRACE("~a a. ~b b. ~c c.");
}

// Setting a slot to what it holds already never lets that die.
static void set_to_the_same_is_harmless(weft_heap *heap)
{
    weft_auto(struct node) root = plain_new(heap);
    weft_set_steal(&root->left, loud_new(heap, "a"));
    weft_set(&root->left, root->left);
    CHECK_TRACE("");
    CHECK_EQ(weft_refcount(root->left), 1);
}

// Setting a slot to a part of what it held keeps just that part.
static void set_to_a_part_of_the_old(weft_heap *heap)
{
    struct node *list = loud_new(heap, "a");
    weft_set_steal(&list->left, loud_new(heap, "b"));
    weft_set_steal(&list->left->left, loud_new(heap, "c"));
    weft_set(&list, list->left);
    CHECK_TRACE("~a a.");
    weft_set(&list, list->left);
    CHECK_TRACE("~b b.");
    CHECK_EQ(weft_refcount(list), 1);
    weft_set(&list, list->left);
    CHECK_TRACE("~c c.");
    CHECK_NULL(list);
}

// Stealing takes over the reference of the caller, and NULL is one too.
static void set_steal_takes_over(weft_heap *heap)
{
    weft_auto(struct node) root = plain_new(heap);
    struct node *a = loud_new(heap, "a");
    weft_set_steal(&root->left, a);
    CHECK_EQ(weft_refcount(a), 1);
    weft_set_steal(&root->left, loud_new(heap, "b"));
    CHECK_TRACE("~a a.");
    weft_set_steal(&root->left, NULL);
    CHECK_TRACE("~b b.");
    CHECK_NULL(root->left);
}

// Clearing empties the slot, and may be done again.
static void hist_h11_clear_may_be_done_twice(weft_heap *heap)
{
    struct node *node = loud_new(heap, "a");
    weft_clear(&node);
    CHECK_NULL(node);
    CHECK_TRACE("~a a.");
    weft_clear(&node);
    CHECK_NULL(node);
}

// Taking empties the slot and hands over its reference.
static void take_moves(weft_heap *heap)
{
    weft_auto(struct node) root = plain_new(heap);
    weft_set_steal(&root->left, plain_new(heap));
    weft_auto(struct node) left = weft_take(&root->left);
    CHECK_NULL(root->left);
    CHECK_EQ(weft_refcount(left), 1);
    CHECK_NULL(weft_take(&root->left));
}

// A list is turned around by moving references, with no count touched.
static void take_and_steal_turn_a_list_around(weft_heap *heap)
{
    weft_auto(struct node) list = NULL;
    for (int i = 0; i < 100; i++) {
        struct node *node = plain_new(heap);
        weft_set_steal(&node->left, weft_take(&list));
        list = node;
    }
    struct node *last = list;
    weft_auto(struct node) turned = NULL;
    while (list != NULL) {
        struct node *rest = weft_take(&list->left);
        weft_set_steal(&list->left, weft_take(&turned));
        turned = weft_take(&list);
        list = rest;
    }
    size_t count = 1;
    struct node *node = turned;
    for (; node->left != NULL; node = node->left) {
        CHECK_EQ(weft_refcount(node), 1);
        count++;
    }
    CHECK_SAME(node, last);
    CHECK_EQ(count, 100);
}

// The macros evaluate each argument once.
static void arguments_are_evaluated_once(weft_heap *heap)
{
    struct node *slots[4] = { NULL };
    struct node *values[3] = { NULL };
    for (int i = 0; i < 3; i++)
        values[i] = plain_new(heap);
    struct node **slot = slots;
    struct node **value = values;
    weft_set(slot++, *value++);
    weft_set(slot++, *value++);
    weft_set_steal(slot++, *value++);
    CHECK_SAME(slot, slots + 3);
    CHECK_SAME(value, values + 3);
    slot = slots;
    weft_clear(slot++);
    CHECK_NULL(slots[0]);
    CHECK_SAME(slots[1], values[1]);
    struct node *taken = weft_take(slot++);
    CHECK_SAME(taken, values[1]);
    CHECK_SAME(slot, slots + 2);
    weft_release(taken);
    weft_release(slots[2]);
    weft_release(values[0]);
    weft_release(values[1]);
}

static struct node *shelf;

static void refill_shelf(struct node *self)
{
    weft_set_steal(&shelf, loud_new(weft_heap_of(self), "new"));
}

// A finalizer that fills the slot again is not undone.
static void finalizer_may_fill_the_slot_again(weft_heap *heap)
{
    shelf = loud_new(heap, "a");
    shelf->act = refill_shelf;
    weft_clear(&shelf);
    CHECK_TRACE("~a a.");
    CHECK_STR(shelf->name, "new");
    weft_clear(&shelf);
    CHECK_TRACE("~new new.");
}

// A field can hold its own object; emptying it is what lets that go.
static void ring_of_one_is_broken_by_hand(weft_heap *heap)
{
    struct node *node = loud_new(heap, "a");
    weft_set(&node->left, node);
    CHECK_EQ(weft_refcount(node), 2);
    weft_release(node);
    CHECK_TRACE("");
    weft_clear(&node->left);
    CHECK_TRACE("~a a.");
}

// The same object in two fields is held twice.
static void same_object_twice(weft_heap *heap)
{
    struct node *root = plain_new(heap);
    weft_set_steal(&root->left, loud_new(heap, "a"));
    weft_set(&root->right, root->left);
    CHECK_EQ(weft_refcount(root->left), 2);
    weft_clear(&root->left);
    CHECK_TRACE("");
    weft_release(root);
    CHECK_TRACE("~a a.");
}

TESTS(RUN(set_keeps_new_and_releases_old),
    RUN(hist_h36_old_value_sees_new_one), RUN(set_to_the_same_is_harmless),
    RUN(set_to_a_part_of_the_old), RUN(set_steal_takes_over),
    RUN(hist_h11_clear_may_be_done_twice), RUN(take_moves),
    RUN(take_and_steal_turn_a_list_around), RUN(arguments_are_evaluated_once),
    RUN(finalizer_may_fill_the_slot_again),
    RUN_CALM(ring_of_one_is_broken_by_hand, "the ring would be collected"),
    RUN(same_object_twice))
