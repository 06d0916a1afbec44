// SPDX-License-Identifier: MIT
//
// Death: what happens when nobody holds an object any more, and in which order.
#include "node.h"

// Everything goes depth first, in table order: a child is completely gone
// before the next field is touched, the parent's dispose comes last.
static void goes_depth_first(weft_heap *heap)
{
    struct node *root = loud_new(heap, "a");
    weft_set_steal(&root->left, loud_new(heap, "b"));
    weft_set_steal(&root->right, loud_new(heap, "c"));
    weft_set_steal(&root->left->left, loud_new(heap, "d"));
    weft_set_steal(&root->left->right, loud_new(heap, "e"));
    weft_set_steal(&root->right->left, loud_new(heap, "f"));
    weft_release(root);
    CHECK_TRACE("~a ~b ~d d. ~e e. b. ~c ~f f. c. a.");
}

// What others hold lives on, and goes when they let go.
static void spares_what_is_shared(weft_heap *heap)
{
    struct node *root = loud_new(heap, "a");
    weft_set_steal(&root->left, loud_new(heap, "b"));
    weft_set_steal(&root->right, loud_new(heap, "c"));
    weft_set(&root->left->left, root->right);
    weft_auto(struct node) kept = weft_retain(root->left);
    weft_release(root);
    CHECK_TRACE("~a a.");
    CHECK_STR(kept->left->name, "c");
    CHECK_EQ(weft_refcount(kept->left), 1);
    weft_clear(&kept);
    CHECK_TRACE("~b ~c c. b.");
}

static weft_weak root_handle;

static void look_around(struct node *self)
{
    weft_weak own = weft_weak_of(self);
    say("%s:%d:%s%s", weft_weak_is_dead(own) ? "dead" : "alive",
        (int)weft_refcount(self), self->left->name, self->right->name);
}

static void told(weft_ref *ref, void *context)
{
    CHECK_TRUE(weft_weak_is_dead(root_handle));
    say("told:%s:%s", weft_ref_is_dead(ref) ? "dead" : "alive",
        (const char *)context);
}

// The finalizer comes first, on a whole object, with its handles alive; then
// all weak references die and callbacks run, and only then the fields go.
static void follows_the_order(weft_heap *heap)
{
    struct node *root = loud_new(heap, "a");
    root->act = look_around;
    weft_set_steal(&root->left, loud_new(heap, "b"));
    weft_set_steal(&root->right, loud_new(heap, "c"));
    root_handle = weft_weak_of(root);
    weft_auto(weft_ref) ref = weft_ref_new(root, told, "x");
    weft_release(root);
    CHECK_TRACE("~a alive:1:bc told:dead:x ~b b. ~c c. a.");
    CHECK_TRUE(weft_ref_is_dead(ref));
}

// A finalizer that keeps its object brings it back: whole, and for good.
static void finalizer_may_resurrect(weft_heap *heap)
{
    struct node *root = loud_new(heap, "a");
    root->act = rescue;
    weft_set_steal(&root->left, loud_new(heap, "b"));
    weft_release(root);
    CHECK_TRACE("~a");
    CHECK_EQ(weft_refcount(rescued), 1);
    CHECK_STR(rescued->left->name, "b");
    weft_clear(&rescued);
    CHECK_TRACE("~b b. a.");
}

// In the middle of its parent's death, too; the parent is gone all the same.
static void resurrects_at_depth(weft_heap *heap)
{
    struct node *root = loud_new(heap, "a");
    weft_set_steal(&root->left, loud_new(heap, "b"));
    weft_set_steal(&root->left->left, loud_new(heap, "c"));
    weft_set_steal(&root->left->left->left, loud_new(heap, "d"));
    weft_set_steal(&root->right, loud_new(heap, "e"));
    root->left->left->act = rescue;
    weft_release(root);
    CHECK_TRACE("~a ~b ~c b. ~e e. a.");
    CHECK_STR(rescued->left->name, "d");
    CHECK_EQ(weft_refcount(rescued), 1);
    weft_clear(&rescued);
    CHECK_TRACE("~d d. c.");
}

static void unlink_from_parent(struct node *self)
{
    if (self->up->left != NULL || self->up->right != NULL)
        say("still there");
    weft_clear(&self->up->left);
    weft_clear(&self->up->right);
}

// A child that unlinks itself from its dying parent through a raw pointer finds
// NULL there: fields are emptied before their values are released.
static void child_finds_its_parent_empty(weft_heap *heap)
{
    struct node *root = plain_new(heap);
    for (int i = 0; i < 3; i++) {
        struct node *child = loud_new(heap, "c");
        child->up = root;
        child->act = unlink_from_parent;
        weft_set_steal(&child->right, weft_take(&root->right));
        if (child->right != NULL)
            child->right->up = child;
        weft_set_steal(&root->right, child);
    }
    weft_release(root);
    CHECK_TRACE("~c ~c ~c c. c. c.");
}

static void clear_left(struct node *self)
{
    weft_clear(&self->left);
    weft_set_steal(&self->right, loud_new(weft_heap_of(self), "new"));
}

// A finalizer may let go of what its object holds and give it something else.
static void finalizer_may_change_fields(weft_heap *heap)
{
    struct node *root = loud_new(heap, "a");
    root->act = clear_left;
    weft_set_steal(&root->left, loud_new(heap, "b"));
    weft_set_steal(&root->right, loud_new(heap, "c"));
    weft_release(root);
    CHECK_TRACE("~a ~b b. ~c c. ~new new. a.");
}

static struct node *victim;

static void let_victim_go(struct node *self)
{
    weft_weak weak = weft_weak_of(victim);
    weft_clear(&victim);
    say(weft_weak_is_dead(weak) ? "gone" : "not gone");
    (void)self;
}

// A release inside a finalizer is done when it returns.
static void nested_release_is_done_at_once(weft_heap *heap)
{
    victim = loud_new(heap, "v");
    weft_set_steal(&victim->left, loud_new(heap, "w"));
    struct node *root = loud_new(heap, "a");
    weft_set_steal(&root->left, loud_new(heap, "b"));
    root->left->act = let_victim_go;
    weft_release(root);
    CHECK_TRACE("~a ~b ~v ~w w. v. gone b. a.");
}

// A tree that fails to be made in the middle goes completely.
static void half_a_tree_goes(weft_heap *heap)
{
    weft_auto(struct node) root = loud_new(heap, "a");
    if (!made(root))
        return;
    for (int i = 0; i < 5; i++) {
        struct node *above = loud_new(heap, "b");
        if (!made(above))
            return;
        weft_set_steal(&above->left, weft_take(&root));
        weft_set_steal(&root, above);
        weft_set_steal(&root->right, loud_new(heap, "c"));
        if (!made(root->right))
            return;
    }
}

static weft_heap *other_heap;

static void use_other_heap(struct node *self)
{
    (void)self;
    weft_auto(struct node) node = loud_new(other_heap, "o");
    weft_set_steal(&node->left, loud_new(other_heap, "p"));
}

// A death in one heap may make deaths in another.
static void may_use_another_heap(weft_heap *heap)
{
    other_heap = open_test_heap();
    struct node *root = loud_new(heap, "a");
    weft_set_steal(&root->left, loud_new(heap, "b"));
    root->left->act = use_other_heap;
    weft_release(root);
    CHECK_TRACE("~a ~b ~o ~p p. o. b. a.");
    close_test_heap(other_heap);
}

static void close_other_heap(struct node *self)
{
    (void)self;
    close_test_heap(other_heap);
}

// A finalizer may close another heap.
static void may_close_another_heap(weft_heap *heap)
{
    other_heap = open_test_heap();
    struct node *root = loud_new(heap, "a");
    root->act = close_other_heap;
    weft_release(root);
    CHECK_TRACE("~a a.");
}

TESTS(RUN(goes_depth_first), RUN(spares_what_is_shared),
    RUN(follows_the_order), RUN(finalizer_may_resurrect),
    RUN(resurrects_at_depth), RUN(child_finds_its_parent_empty),
    RUN(finalizer_may_change_fields), RUN(nested_release_is_done_at_once),
    RUN_OOM(half_a_tree_goes), RUN(may_use_another_heap),
    RUN(may_close_another_heap))
