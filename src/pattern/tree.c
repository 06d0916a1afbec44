// SPDX-License-Identifier: MIT
//
// Trees: nodes that own their children, in order, in plain memory, and know
// their parent by a handle.
//
//     parent <---------+---------+            a handle, dead with the parent
//        | children    :         :
//        +----------> child,    child, ...    owned
//
// That is all there is to it: who holds the top of a subtree holds all of it,
// and when a parent dies its children go with it, or have no parent any more.
// Rows say what is owned, so a chain of a million dies without recursion.
//
// Moving a child moves its reference from one array to another. Nothing is let
// go of on the way, so no user code runs in between.
//
// Invariants: a child whose handle is alive is in that parent's array, once. So
// the handles form no ring: adding refuses one, and nothing else makes any.
#include "pattern.h"

#include <string.h>

enum { TREE_ROOM = 4, TREE_SHRINKS = 32 };

struct weft_tree {
    weft_value value;           // owned, no text
    weft_weak parent;           // dead: it has none
    weft_tree **children;       // owned; NULL: there never were any
    size_t length;              // how many there are
    size_t room;                // for how many there is memory
};

static size_t tree_length(const void *self)
{
    return ((const weft_tree *)self)->length;
}

static void tree_dispose(void *self)
{
    weft_tree *tree = self;
    (void)weft__resize(weft_heap_of(tree), tree->children,
        tree->room * sizeof(*tree->children), 0);
}

weft_type weft_tree_type = { .name = "tree", WEFT_SIZE(weft_tree),
    .fields = WEFT_FIELDS(WEFT_VALUE(weft_tree, value),
        WEFT_WEAK(weft_tree, parent),
        WEFT_ARRAY(weft_tree, children, length)),
    .dispose = tree_dispose, .length = tree_length };

static bool check_tree(const weft_tree *tree, const char *call)
{
    return !CHECKED || is_pattern(tree, &weft_tree_type, call);
}

weft_tree *weft_tree_new(weft_heap *heap, weft_value value)
{
    weft_value owned;
    if (weft__own_value(heap, value, &owned) != WEFT_OK)
        return NULL;
    weft_tree *tree = weft_new(heap, &weft_tree_type);
    if (tree == NULL)
        weft_value_release(owned);
    else
        tree->value = owned;
    return tree;
}

weft_value weft_tree_value(const weft_tree *tree)
{
    return check_tree(tree, "weft_tree_value")
        ? weft_value_retain(tree->value) : weft_nil();
}

weft_status weft_tree_set_value(weft_tree *tree, weft_value value)
{
    weft_value owned;
    if (!check_tree(tree, "weft_tree_set_value"))
        return WEFT_TYPE_ERROR;
    weft_status status = weft__own_value(weft_heap_of(tree), value, &owned);
    if (status != WEFT_OK)
        return status;
    weft_value old = tree->value;
    tree->value = owned;
    weft_value_release(old);
    return WEFT_OK;
}

// ---- where a node is

// Borrowed, as is all that is found on the way up: nothing is let go of there.
static weft_tree *parent_of(const weft_tree *tree)
{
    return borrow_watched(tree->parent);
}

// Would `tree` lead back to itself as a child of it? A leaf is nobody's
// ancestor, so growing a deep tree leaf by leaf does not climb it each time.
static bool makes_ring(const weft_tree *tree, const weft_tree *child)
{
    if (child->length == 0)
        return child == tree;
    while (tree != NULL && tree != child)
        tree = parent_of(tree);
    return tree != NULL;
}

// ---- children

static bool resize_children(weft_tree *tree, size_t room)
{
    if (room > SIZE_MAX / sizeof(*tree->children))
        return false;
    weft_tree **children = weft__resize(weft_heap_of(tree), tree->children,
        tree->room * sizeof(*children), room * sizeof(*children));
    if (children == NULL)
        return false;
    tree->children = children;
    tree->room = room;
    return true;
}

static bool reserve_child(weft_tree *tree)
{
    if (tree->length < tree->room)
        return true;
    return resize_children(tree, tree->room == 0 ? TREE_ROOM : 2 * tree->room);
}

// Takes `child` out of its parent's array; the reference is the caller's. How
// many children are left may halve the memory: not if it cannot.
static void take_out(weft_tree *parent, weft_tree *child)
{
    size_t index = 0;
    while (parent->children[index] != child)
        index++;
    parent->length--;
    memmove(parent->children + index, parent->children + index + 1,
        (parent->length - index) * sizeof(*parent->children));
    child->parent = (weft_weak){ 0 };
    if (parent->room >= TREE_SHRINKS && parent->length <= parent->room / 4)
        (void)resize_children(parent, parent->room / 2);
}

// There is room. Takes over a reference to the child.
static void put_in(weft_tree *tree, size_t index, weft_tree *child_steal)
{
    memmove(tree->children + index + 1, tree->children + index,
        (tree->length - index) * sizeof(*tree->children));
    tree->children[index] = child_steal;
    tree->length++;
    child_steal->parent = weft_weak_of(tree);
}

// Runs no user code. An index of SIZE_MAX is the end.
static weft_status place_child(weft_tree *tree, size_t index, weft_tree *child)
{
    if (!is_object_alive(tree) || !is_object_alive(child))
        return WEFT_REFERENCE_ERROR;
    weft_tree *parent = parent_of(child);
    size_t length = tree->length - (parent == tree);
    if (index == SIZE_MAX)
        index = length;
    if (index > length)
        return WEFT_INDEX_ERROR;
    if (makes_ring(tree, child))
        return WEFT_VALUE_ERROR;
    if (parent != tree && !reserve_child(tree))
        return WEFT_MEMORY_ERROR;
    if (parent != NULL)
        take_out(parent, child);
    else
        (void)weft__keep_object(child, "weft_tree_add");
    put_in(tree, index, child);
    return WEFT_OK;
}

static bool check_pair(const weft_tree *tree, const weft_tree *child,
    const char *call)
{
    if (!check_tree(tree, call) || !check_tree(child, call))
        return false;
    if (!CHECKED || page_of(tree)->heap == page_of(child)->heap)
        return true;
    weft__misuse(page_of(tree)->heap, child, "%s: %p belongs to another heap",
        call, (const void *)child);
    return false;
}

weft_status weft_tree_add(weft_tree *tree, weft_tree *child)
{
    return check_pair(tree, child, "weft_tree_add")
        ? place_child(tree, SIZE_MAX, child) : WEFT_TYPE_ERROR;
}

weft_status weft_tree_insert(weft_tree *tree, size_t index, weft_tree *child)
{
    if (!check_pair(tree, child, "weft_tree_insert"))
        return WEFT_TYPE_ERROR;
    return index == SIZE_MAX ? WEFT_INDEX_ERROR
        : place_child(tree, index, child);
}

bool weft_tree_remove(weft_tree *child)
{
    weft_tree *parent = !check_tree(child, "weft_tree_remove") ? NULL
        : parent_of(child);
    if (parent == NULL)
        return false;
    take_out(parent, child);
    weft_release(child);
    return true;
}

// ---- asking

weft_tree *weft_tree_parent(const weft_tree *tree)
{
    return check_tree(tree, "weft_tree_parent") ? weft_weak_get(tree->parent)
        : NULL;
}

weft_tree *weft_tree_root(const weft_tree *tree)
{
    if (!check_tree(tree, "weft_tree_root"))
        return NULL;
    for (const weft_tree *above; (above = parent_of(tree)) != NULL;)
        tree = above;
    return weft_retain(tree);
}

size_t weft_tree_length(const weft_tree *tree)
{
    return check_tree(tree, "weft_tree_length") ? tree->length : 0;
}

weft_tree *weft_tree_child(const weft_tree *tree, size_t index)
{
    return check_tree(tree, "weft_tree_child") && index < tree->length
        ? weft_retain(tree->children[index]) : NULL;
}

weft_list *weft_tree_path(const weft_tree *tree)
{
    if (!check_tree(tree, "weft_tree_path"))
        return NULL;
    size_t depth = 0;
    for (const weft_tree *at = tree; at != NULL; at = parent_of(at))
        depth++;
    weft_list *list = weft_list_new(weft_heap_of(tree));
    if (list == NULL || !weft__reserve_list(list, depth)) {
        weft_release(list);
        return NULL;
    }
    list->length = depth;
    for (const weft_tree *at = tree; at != NULL; at = parent_of(at))
        list->values[--depth] = weft__keep_value(at->value);
    return list;
}
