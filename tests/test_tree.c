// SPDX-License-Identifier: MIT
//
// Trees: who holds whom, where a node is, and how a tree dies.
#include <weft_pattern.h>

#include "depth.h"
#include "rings.h"

WEFT_NEW_REF static weft_tree *leaf(weft_heap *heap, const char *name)
{
    return weft_tree_new(heap, weft_text(name));
}

// A new last child of `tree`, borrowed from it.
static weft_tree *grow(weft_tree *tree, const char *name)
{
    weft_tree *child = leaf(weft_heap_of(tree), name);
    CHECK_EQ(weft_tree_add(tree, child), WEFT_OK);
    weft_release(child);
    return child;
}

static void say_tree(const weft_tree *tree)
{
    weft_auto_value value = weft_tree_value(tree);
    say("%s", weft_value_text(value));
    if (weft_tree_length(tree) == 0)
        return;
    say("(");
    for (size_t i = 0; i < weft_tree_length(tree); i++) {
        weft_auto(weft_tree) child = weft_tree_child(tree, i);
        weft_auto(weft_tree) parent = weft_tree_parent(child);
        CHECK_SAME(parent, tree);
        say_tree(child);
    }
    say(")");
}

static void say_path(const weft_tree *tree)
{
    weft_auto(weft_list) path = weft_tree_path(tree);
    weft_auto(weft_string) text = weft_repr(weft_heap_of(tree),
        weft_object(path));
    say("%s", weft_string_text(text));
}

// ---------------------------------------------------------------------------
// What a tree is

// A node has a value, no parent and no children; it is its own root.
static void begins_alone(weft_heap *heap)
{
    weft_auto(weft_tree) tree = leaf(heap, "a");
    CHECK_EQ(weft_tree_length(tree), 0);
    CHECK_NULL(weft_tree_parent(tree));
    CHECK_NULL(weft_tree_child(tree, 0));
    CHECK_FALSE(weft_tree_remove(tree));
    weft_auto(weft_tree) root = weft_tree_root(tree);
    CHECK_SAME(root, tree);
    say_path(tree);
    CHECK_TRACE("['a']");
}

// A tree holds its children, in order, and they know where they are.
static void holds_its_children(weft_heap *heap)
{
    weft_auto(weft_tree) root = leaf(heap, "r");
    weft_tree *a = grow(root, "a"), *b = grow(root, "b"), *c = grow(a, "c");
    CHECK_EQ(weft_refcount(a), 1);
    CHECK_EQ(weft_refcount(root), 1);
    CHECK_EQ(weft_tree_length(root), 2);
    say_tree(root);
    CHECK_TRACE("r ( a ( c ) b )");
    say_path(c);
    say_path(b);
    CHECK_TRACE("['r', 'a', 'c'] ['r', 'b']");
    weft_auto(weft_tree) top = weft_tree_root(c);
    CHECK_SAME(top, root);
    CHECK_NULL(weft_tree_child(root, 2));
}

// A value may be anything, is kept, and may be changed; texts become strings.
static void has_a_value(weft_heap *heap)
{
    weft_auto(weft_tree) tree = weft_tree_new(heap, weft_int(7));
    weft_auto(struct node) node = loud_new(heap, "n");
    CHECK_EQ(weft_tree_value(tree).as.integer, 7);
    CHECK_EQ(weft_tree_set_value(tree, weft_object(node)), WEFT_OK);
    CHECK_EQ(weft_refcount(node), 2);
    weft_clear(&node);
    CHECK_EQ(weft_tree_set_value(tree, weft_text("text")), WEFT_OK);
    CHECK_TRACE("~n n.");
    weft_auto_value value = weft_tree_value(tree);
    CHECK_STR(weft_value_text(value), "text");
    CHECK_TRUE(weft_is(weft_value_object(value), &weft_string_type));
    CHECK_EQ(weft_tree_set_value(tree, weft_nil()), WEFT_OK);
    CHECK_EQ(weft_tree_value(tree).kind, WEFT_KIND_NIL);
}

// It can be asked what any object can be asked.
static void is_an_object(weft_heap *heap)
{
    weft_auto(weft_tree) root = leaf(heap, "r");
    weft_tree *a = grow(root, "a");
    weft_auto(weft_string) text = weft_repr(heap, weft_object(root));
    CHECK_STR(weft_string_text(text), "tree(value='r', parent=<weak, dead>, "
        "children=[tree(value='a', parent=<weak tree>, children=[])])");
    size_t length = 0;
    CHECK_EQ(weft_length(root, &length), WEFT_OK);
    CHECK_EQ(length, 1);
    weft_auto_value parent = weft_nil();
    CHECK_EQ(weft_getattr(a, "parent", &parent), WEFT_OK);
    CHECK_SAME(weft_value_object(parent), root);
    CHECK_EQ(weft_setattr(a, "value", weft_int(1)), WEFT_OK);
    CHECK_EQ(weft_tree_value(a).as.integer, 1);
    CHECK_EQ(weft_setattr(a, "parent", weft_nil()), WEFT_TYPE_ERROR);
    CHECK_EQ(weft_setattr(a, "children", weft_nil()), WEFT_TYPE_ERROR);
    CHECK_TRUE(weft_gc_is_tracked(root));
}

// ---------------------------------------------------------------------------
// Moving

// A child is put before the one at an index.
static void inserts_before(weft_heap *heap)
{
    weft_auto(weft_tree) root = leaf(heap, "r");
    const char *names[] = { "a", "b", "c", "d" };
    const size_t places[] = { 0, 0, 2, 1 };
    for (int i = 0; i < 4; i++) {
        weft_auto(weft_tree) child = leaf(heap, names[i]);
        CHECK_EQ(weft_tree_insert(root, places[i], child), WEFT_OK);
    }
    say_tree(root);
    CHECK_TRACE("r ( b d a c )");
    weft_auto(weft_tree) e = leaf(heap, "e");
    CHECK_EQ(weft_tree_insert(root, 5, e), WEFT_INDEX_ERROR);
    CHECK_EQ(weft_tree_insert(root, SIZE_MAX, e), WEFT_INDEX_ERROR);
    CHECK_NULL(weft_tree_parent(e));
    CHECK_EQ(weft_refcount(e), 1);
    CHECK_EQ(weft_tree_length(root), 4);
}

// Within its parent a child moves to where the index points without it.
static void moves_among_its_siblings(weft_heap *heap)
{
    weft_auto(weft_tree) root = leaf(heap, "r");
    weft_tree *a = grow(root, "a");
    (void)grow(root, "b");
    weft_tree *c = grow(root, "c");
    CHECK_EQ(weft_tree_insert(root, 1, a), WEFT_OK);
    say_tree(root);
    CHECK_TRACE("r ( b a c )");
    CHECK_EQ(weft_tree_insert(root, 0, c), WEFT_OK);
    say_tree(root);
    CHECK_TRACE("r ( c b a )");
    CHECK_EQ(weft_tree_insert(root, 3, c), WEFT_INDEX_ERROR);
    CHECK_EQ(weft_tree_insert(root, 2, c), WEFT_OK);
    CHECK_EQ(weft_tree_add(root, a), WEFT_OK);
    say_tree(root);
    CHECK_TRACE("r ( b c a )");
    CHECK_EQ(weft_refcount(a), 1);
    CHECK_EQ(weft_tree_length(root), 3);
}

// A child that has a parent is taken from there, with all it holds.
static void is_taken_from_its_parent(weft_heap *heap)
{
    weft_auto(weft_tree) root = leaf(heap, "r");
    weft_tree *a = grow(root, "a"), *b = grow(root, "b"), *c = grow(a, "c");
    (void)grow(c, "d");
    CHECK_EQ(weft_tree_add(b, c), WEFT_OK);
    say_tree(root);
    CHECK_TRACE("r ( a b ( c ( d ) ) )");
    CHECK_EQ(weft_refcount(c), 1);
    CHECK_EQ(weft_tree_add(root, c), WEFT_OK);
    CHECK_EQ(weft_tree_add(c, a), WEFT_OK);
    say_tree(root);
    CHECK_TRACE("r ( b c ( d a ) )");
}

// What would make a ring is refused, and changes nothing.
static void refuses_rings(weft_heap *heap)
{
    weft_auto(weft_tree) root = leaf(heap, "r");
    weft_tree *a = grow(root, "a"), *b = grow(a, "b"), *c = grow(b, "c");
    weft_auto(weft_tree) other = leaf(heap, "o");
    CHECK_EQ(weft_tree_add(c, c), WEFT_VALUE_ERROR);
    CHECK_EQ(weft_tree_add(c, root), WEFT_VALUE_ERROR);
    CHECK_EQ(weft_tree_add(c, a), WEFT_VALUE_ERROR);
    CHECK_EQ(weft_tree_add(c, b), WEFT_VALUE_ERROR);
    CHECK_EQ(weft_tree_insert(a, 0, a), WEFT_VALUE_ERROR);
    CHECK_EQ(weft_tree_insert(b, 1, a), WEFT_VALUE_ERROR);
    say_tree(root);
    CHECK_TRACE("r ( a ( b ( c ) ) )");
    CHECK_EQ(weft_tree_add(other, a), WEFT_OK);
    CHECK_EQ(weft_tree_add(c, root), WEFT_OK);
    CHECK_EQ(weft_tree_add(root, other), WEFT_VALUE_ERROR);
    say_tree(other);
    CHECK_TRACE("o ( a ( b ( c ( r ) ) ) )");
}

// What is removed has no parent, and goes if nobody holds it.
static void is_removed(weft_heap *heap)
{
    weft_auto(weft_tree) root = leaf(heap, "r");
    weft_tree *a = grow(root, "a");
    weft_auto(weft_tree) b = weft_retain(grow(root, "b"));
    weft_tree *c = grow(root, "c");
    weft_auto(struct node) node = loud_new(heap, "n");
    CHECK_EQ(weft_tree_set_value(grow(a, "x"), weft_object(node)), WEFT_OK);
    weft_clear(&node);
    CHECK_TRUE(weft_tree_remove(b));
    CHECK_FALSE(weft_tree_remove(b));
    CHECK_NULL(weft_tree_parent(b));
    CHECK_EQ(weft_refcount(b), 1);
    say_path(b);
    CHECK_TRACE("['b']");
    CHECK_TRUE(weft_tree_remove(a));
    CHECK_TRACE("~n n.");
    say_path(c);
    CHECK_TRACE("['r', 'c']");
    CHECK_EQ(weft_tree_length(root), 1);
}

// Many children come and go; memory follows, and their order stays.
static void has_many_children(weft_heap *heap)
{
    enum { COUNT = 300 };
    weft_auto(weft_tree) root = leaf(heap, "r");
    weft_auto(weft_tree) other = leaf(heap, "o");
    weft_tree *children[COUNT];
    for (int i = 0; i < COUNT; i++) {
        weft_auto(weft_tree) child = weft_tree_new(heap, weft_int(i));
        CHECK_EQ(weft_tree_add(root, child), WEFT_OK);
        children[i] = child;
    }
    for (int i = 0; i < COUNT; i += 2)
        CHECK_EQ(weft_tree_insert(other, 0, children[i]), WEFT_OK);
    CHECK_EQ(weft_tree_length(root), COUNT / 2);
    for (size_t i = 0; i < COUNT / 2; i++) {
        weft_auto(weft_tree) odd = weft_tree_child(root, i);
        weft_auto(weft_tree) even = weft_tree_child(other, i);
        CHECK_SAME(odd, children[2 * i + 1]);
        CHECK_SAME(even, children[COUNT - 2 - 2 * i]);
    }
    for (int i = 1; i < COUNT - 2; i += 2)
        CHECK_TRUE(weft_tree_remove(children[i]));
    CHECK_EQ(weft_tree_length(root), 1);
    weft_auto(weft_tree) last = weft_tree_child(root, 0);
    CHECK_SAME(last, children[COUNT - 1]);
}

// ---------------------------------------------------------------------------
// Death

// Who holds the top of a subtree holds all of it, and nothing above.
static void subtree_outlives_its_parent(weft_heap *heap)
{
    weft_tree *root = leaf(heap, "r");
    weft_auto(weft_tree) a = weft_retain(grow(root, "a"));
    weft_weak b = weft_weak_of(grow(root, "b"));
    weft_tree *c = grow(a, "c");
    weft_release(root);
    CHECK_TRUE(weft_weak_is_dead(b));
    CHECK_NULL(weft_tree_parent(a));
    CHECK_FALSE(weft_tree_remove(a));
    say_tree(a);
    say_path(c);
    CHECK_TRACE("a ( c ) ['a', 'c']");
    weft_auto(weft_tree) top = weft_tree_root(c);
    CHECK_SAME(top, a);
    weft_auto(weft_tree) other = leaf(heap, "o");
    CHECK_EQ(weft_tree_add(c, other), WEFT_OK);
    CHECK_EQ(weft_tree_add(other, a), WEFT_VALUE_ERROR);
}

// Holding a leaf does not hold the tree.
static void leaf_holds_nothing(weft_heap *heap)
{
    weft_tree *root = leaf(heap, "r");
    weft_tree *a = grow(root, "a");
    weft_auto(weft_tree) b = weft_retain(grow(a, "b"));
    weft_weak weak = weft_weak_of(a);
    weft_release(root);
    CHECK_TRUE(weft_weak_is_dead(weak));
    CHECK_NULL(weft_tree_parent(b));
    say_path(b);
    CHECK_TRACE("['b']");
}

static weft_tree *kept;             // borrowed

static void look_for_parent(struct node *self)
{
    (void)self;
    weft_auto(weft_tree) parent = weft_tree_parent(kept);
    say("%s", parent == NULL ? "no parent" : "a parent");
    say_path(kept);
    CHECK_FALSE(weft_tree_remove(kept));
}

// While a tree dies, its children have no parent any more.
static void dying_is_no_parent(weft_heap *heap)
{
    weft_tree *root = leaf(heap, "r");
    weft_auto(weft_tree) a = weft_retain(grow(root, "a"));
    weft_auto(struct node) node = loud_new(heap, "n");
    node->act = look_for_parent;
    kept = a;
    CHECK_EQ(weft_tree_set_value(root, weft_object(node)), WEFT_OK);
    weft_clear(&node);
    weft_release(root);
    CHECK_TRACE("~n no parent ['a'] n.");
}

// A child that leaves while its parent dies is taken along by who holds it.
static weft_tree *refuge;           // borrowed

static void flee(struct node *self)
{
    (void)self;
    CHECK_EQ(weft_tree_add(refuge, kept), WEFT_OK);
}

static void child_may_flee(weft_heap *heap)
{
    weft_tree *root = leaf(heap, "r");
    weft_auto(weft_tree) other = leaf(heap, "o");
    weft_tree *a = grow(root, "a");
    weft_auto(weft_tree) b = weft_retain(grow(root, "b"));
    weft_auto(struct node) node = loud_new(heap, "n");
    node->act = flee;
    kept = b;
    refuge = other;
    CHECK_EQ(weft_tree_set_value(a, weft_object(node)), WEFT_OK);
    weft_clear(&node);
    weft_release(root);
    CHECK_EQ(weft_refcount(b), 2);
    say_tree(other);
    CHECK_TRACE("~n n. o ( b )");
}

static weft_status last_status;

static void add_dying(weft_ref *ref, void *context)
{
    (void)ref;
    weft_tree *dying = context;
    last_status = weft_tree_add(refuge, dying);
    CHECK_EQ(weft_tree_add(dying, refuge), last_status);
}

// What is dying is no part of a tree. (Checked builds find that it is misuse.)
static void refuses_the_dying(weft_heap *heap)
{
    weft_tree *dying = leaf(heap, "d");
    weft_auto(weft_tree) other = leaf(heap, "o");
    refuge = other;
    weft_auto(weft_ref) ref = weft_ref_new(dying, add_dying, dying);
    weft_release(dying);
    CHECK_TRUE(weft_ref_is_dead(ref));
    CHECK_EQ(last_status, CHECKED ? WEFT_TYPE_ERROR : WEFT_REFERENCE_ERROR);
    for (int i = 0; i < 2 * CHECKED; i++)
        CHECK_REPORT(WEFT_MISUSE, "is dying");
    CHECK_EQ(weft_tree_length(other), 0);
    CHECK_NULL(weft_tree_parent(other));
}

// Checked builds notice what is no tree.
static void wrong_type_is_noticed(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(weft_tree) tree = leaf(heap, "r");
    weft_tree *wrong = (weft_tree *)(void *)node;
    if (!CHECKED)
        return;
    CHECK_EQ(weft_tree_add(tree, wrong), WEFT_TYPE_ERROR);
    CHECK_REPORT(WEFT_MISUSE, "weft_tree_add: plain");
    CHECK_EQ(weft_tree_insert(wrong, 0, tree), WEFT_TYPE_ERROR);
    CHECK_REPORT(WEFT_MISUSE, "weft_tree_insert: plain");
    CHECK_FALSE(weft_tree_remove(wrong));
    CHECK_REPORT(WEFT_MISUSE, "weft_tree_remove: plain");
    CHECK_NULL(weft_tree_path(wrong));
    CHECK_REPORT(WEFT_MISUSE, "weft_tree_path: plain");
}

// ---------------------------------------------------------------------------
// Depth

// Chains of so many, built from the top and from the bottom, die without
// recursion; the way up is as long as it is.
static bool long_chains_die(void)
{
    size_t count = MANY(1000000, 100000);
    weft_heap *heap = weft_heap_open(NULL);
    bool ok = true;
    for (int up = 0; up < 2; up++) {
        weft_tree *top = weft_tree_new(heap, weft_int(0));
        weft_tree *bottom = weft_retain(top);
        for (size_t i = 1; i < count; i++) {
            weft_tree *tree = weft_tree_new(heap, weft_int((int64_t)i));
            ok &= weft_tree_add(up ? tree : bottom, up ? top : tree) == WEFT_OK;
            weft_release(up ? top : bottom);
            if (up)
                top = tree;
            else
                bottom = tree;
        }
        ok &= weft_tree_add(bottom, top) == WEFT_VALUE_ERROR;
        weft_list *path = weft_tree_path(bottom);
        ok &= weft_list_length(path) == count;
        ok &= weft_list_get(path, 0).as.integer
            == (up ? (int64_t)count - 1 : 0);
        ok &= weft_list_get(path, count - 1).as.integer
            == (up ? 0 : (int64_t)count - 1);
        weft_release(path);
        weft_tree *root = weft_tree_root(bottom);
        ok &= root == top;
        weft_release(root);
        weft_release(bottom);
        weft_release(top);
        ok &= weft_heap_get_stats(heap).objects == 0;
    }
    return weft_heap_close(heap) == 0 && ok;
}

static void long_chains_die_on_a_small_stack(void)
{
    CHECK_TRUE(runs_on_small_stack(long_chains_die));
}

// A wide tree of wide trees goes, too, each value as it comes.
static void wide_trees_die(weft_heap *heap)
{
    by_hand(heap);
    weft_tree *root = leaf(heap, "r");
    for (int i = 0; i < 300; i++) {
        weft_tree *child = grow(root, "c");
        for (int j = 0; j < 100; j++)
            (void)grow(child, "l");
    }
    weft_release(root);
    CHECK_EQ(object_count(heap), 0);
}

// ---------------------------------------------------------------------------
// The collector

// Trees that hold themselves by a value are garbage when nobody else does; who
// is held of them lives on, and has no parent then.
static void rings_are_collected(weft_heap *heap)
{
    by_hand(heap);
    weft_tree *root = leaf(heap, "r");
    weft_tree *a = grow(root, "a");
    weft_auto(weft_tree) b = weft_retain(grow(root, "b"));
    (void)grow(b, "x");
    CHECK_EQ(weft_tree_set_value(a, weft_object(root)), WEFT_OK);
    weft_release(root);
    weft_auto(weft_tree) parent = weft_tree_parent(b);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 0);
    CHECK_SAME(parent, root);
    weft_clear(&parent);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
    CHECK_NULL(weft_tree_parent(b));
    CHECK_FALSE(weft_tree_remove(b));
    CHECK_EQ(weft_refcount(b), 1);
    say_tree(b);
    CHECK_TRACE("b ( x )");
}

static void say_kept_path(struct node *self)
{
    (void)self;
    say("%d", (int)weft_tree_length(kept));
    weft_auto(weft_tree) root = weft_tree_root(kept);
    weft_auto(weft_tree) last = weft_tree_child(root, 1);
    CHECK_TRUE(weft_tree_remove(last));
    CHECK_EQ(weft_tree_add(kept, last), WEFT_OK);
    weft_set(&refuge, last);
}

// Finalizers of garbage see a whole tree, and may take from it what is to live:
// what hangs on that lives too, and nothing above it.
static void garbage_may_be_pruned(weft_heap *heap)
{
    by_hand(heap);
    refuge = NULL;
    weft_tree *root = leaf(heap, "r");
    weft_tree *a = grow(root, "a"), *b = grow(root, "b");
    (void)grow(b, "x");
    weft_auto(struct node) node = loud_new(heap, "n");
    node->act = say_kept_path;
    weft_auto(weft_list) list = weft_list_new(heap);
    CHECK_EQ(weft_list_append(list, weft_object(node)), WEFT_OK);
    CHECK_EQ(weft_list_append(list, weft_object(root)), WEFT_OK);
    weft_clear(&node);
    CHECK_EQ(weft_tree_set_value(root, weft_object(list)), WEFT_OK);
    weft_clear(&list);
    kept = a;
    weft_release(root);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 4);
    CHECK_TRACE("~n 0 n.");
    CHECK_SAME(refuge, b);
    CHECK_NULL(weft_tree_parent(refuge));
    CHECK_EQ(weft_refcount(refuge), 1);
    say_tree(refuge);
    CHECK_TRACE("b ( x )");
    weft_clear(&refuge);
}

// ---------------------------------------------------------------------------
// Memory

// Without memory nothing is changed.
static void fails_cleanly(weft_heap *heap)
{
    weft_auto(weft_tree) root = leaf(heap, "r");
    weft_auto(weft_tree) other = leaf(heap, "o");
    if (!made(root) || !made(other))
        return;
    for (size_t i = 0; i < 10; i++) {
        weft_auto(weft_tree) child = leaf(heap, "c");
        if (!made(child))
            return;
        weft_status status = weft_tree_add(root, child);
        weft_auto(weft_tree) parent = weft_tree_parent(child);
        CHECK_SAME(parent, status == WEFT_OK ? root : NULL);
        CHECK_EQ(weft_refcount(child), 1 + (status == WEFT_OK));
        CHECK_EQ(weft_tree_length(root), i + (status == WEFT_OK));
        if (!went_well(status))
            return;
    }
    for (size_t i = 0; i < 10; i++) {
        weft_auto(weft_tree) child = weft_tree_child(root, 0);
        weft_status status = weft_tree_insert(other, 0, child);
        weft_auto(weft_tree) parent = weft_tree_parent(child);
        CHECK_SAME(parent, status == WEFT_OK ? other : root);
        CHECK_EQ(weft_refcount(child), 2);
        if (!went_well(status))
            return;
    }
    weft_auto(weft_tree) child = weft_tree_child(other, 5);
    weft_status status = weft_tree_set_value(child, weft_text("new"));
    weft_auto_value value = weft_tree_value(child);
    CHECK_STR(weft_value_text(value), status == WEFT_OK ? "new" : "c");
    if (!went_well(status))
        return;
    weft_auto(weft_list) path = weft_tree_path(child);
    if (made(path))
        CHECK_EQ(weft_list_length(path), 2);
}

// Moving, removing and dying need none.
static void letting_go_needs_no_memory(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(weft_tree) root = leaf(heap, "r");
    weft_tree *children[128];               // a power of two: no room is left
    for (int i = 0; i < 128; i++)
        children[i] = grow(root, "c");
    weft_auto(weft_tree) other = leaf(heap, "o");
    (void)grow(other, "x");
    (void)weft_debug_fail_at(heap, 1);
    CHECK_EQ(weft_tree_insert(root, 0, children[50]), WEFT_OK);
    CHECK_EQ(weft_tree_add(other, children[50]), WEFT_OK);
    CHECK_EQ(weft_debug_fail_at(heap, 0), 1);
    for (int i = 0; i < 50; i++) {
        (void)weft_debug_fail_at(heap, 1);
        CHECK_TRUE(weft_tree_remove(children[i]));
    }
    (void)weft_debug_fail_at(heap, 1);
    CHECK_EQ(weft_tree_length(root), 77);
    weft_clear(&root);
    (void)weft_debug_fail_at(heap, 0);
    CHECK_EQ(object_count(heap), 6);        // two trees, values and a string
}

// ---------------------------------------------------------------------------
// Anything at once, against a model

enum { TREES = 12 };

static struct model {
    weft_tree *trees[TREES];        // all held
    int parents[TREES];             // -1: none
    int children[TREES][TREES];     // in order
    int lengths[TREES];
    uint64_t random;
} model;

static int choose(int count)
{
    model.random = model.random * 6364136223846793005u + 1442695040888963407u;
    return (int)(model.random >> 33) % count;
}

static void model_remove(int child)
{
    int parent = model.parents[child], i = 0;
    if (parent < 0)
        return;
    while (model.children[parent][i] != child)
        i++;
    memmove(&model.children[parent][i], &model.children[parent][i + 1],
        (size_t)(--model.lengths[parent] - i) * sizeof(int));
    model.parents[child] = -1;
}

static weft_status model_insert(int parent, int index, int child)
{
    int length = model.lengths[parent] - (model.parents[child] == parent);
    if (index > length)
        return WEFT_INDEX_ERROR;
    for (int at = parent; at >= 0; at = model.parents[at])
        if (at == child)
            return WEFT_VALUE_ERROR;
    model_remove(child);
    memmove(&model.children[parent][index + 1], &model.children[parent][index],
        (size_t)(model.lengths[parent]++ - index) * sizeof(int));
    model.children[parent][index] = child;
    model.parents[child] = parent;
    return WEFT_OK;
}

static void check_against_model(int i)
{
    const weft_tree *tree = model.trees[i];
    int up = model.parents[i];
    weft_auto(weft_tree) parent = weft_tree_parent(tree);
    CHECK_SAME(parent, up < 0 ? NULL : model.trees[up]);
    CHECK_EQ(weft_refcount(tree), up < 0 ? 1 : 2);
    CHECK_EQ(weft_tree_length(tree), model.lengths[i]);
    for (int j = 0; j < model.lengths[i]; j++) {
        weft_auto(weft_tree) child = weft_tree_child(tree, (size_t)j);
        CHECK_SAME(child, model.trees[model.children[i][j]]);
    }
    weft_auto(weft_list) path = weft_tree_path(tree);
    size_t at = weft_list_length(path);
    for (; i >= 0; i = model.parents[i])
        CHECK_EQ(weft_list_get(path, --at).as.integer, i);
    CHECK_EQ(at, 0);
}

static void do_something(weft_heap *heap)
{
    int tree = choose(TREES), child = choose(TREES), index = choose(4);
    switch (choose(8)) {
    case 0: case 1: case 2: case 3:
        CHECK_EQ(weft_tree_insert(model.trees[tree], (size_t)index,
            model.trees[child]), model_insert(tree, index, child));
        break;
    case 4: case 5:
        index = model.lengths[tree] - (model.parents[child] == tree);
        CHECK_EQ(weft_tree_add(model.trees[tree], model.trees[child]),
            model_insert(tree, index, child));
        break;
    case 6:
        CHECK_EQ(weft_tree_remove(model.trees[child]),
            model.parents[child] >= 0);
        model_remove(child);
        break;
    default:                        // a top is replaced by a new one
        if (model.parents[tree] >= 0 || choose(3) > 0)
            break;
        while (model.lengths[tree] > 0)
            model_remove(model.children[tree][0]);
        weft_set_steal(&model.trees[tree],
            weft_tree_new(heap, weft_int(tree)));
    }
}

// Whatever is moved where, everybody agrees where everybody is.
static void agrees_with_the_model(weft_heap *heap)
{
    model = (struct model){ .random = 1 };
    for (int i = 0; i < TREES; i++) {
        model.trees[i] = weft_tree_new(heap, weft_int(i));
        model.parents[i] = -1;
    }
    for (int turn = 0; turn < 3000; turn++) {
        do_something(heap);
        if (turn % 20 == 0)
            for (int i = 0; i < TREES; i++)
                check_against_model(i);
    }
    for (int i = 0; i < TREES; i++)
        weft_clear(&model.trees[i]);
    CHECK_EQ(object_count(heap), 0);
}

TESTS(
    RUN(begins_alone),
    RUN(holds_its_children),
    RUN(has_a_value),
    RUN(is_an_object),
    RUN(inserts_before),
    RUN(moves_among_its_siblings),
    RUN(is_taken_from_its_parent),
    RUN(refuses_rings),
    RUN(is_removed),
    RUN(has_many_children),
    RUN(subtree_outlives_its_parent),
    RUN(leaf_holds_nothing),
    RUN(dying_is_no_parent),
    RUN(child_may_flee),
    RUN(refuses_the_dying),
    RUN(wrong_type_is_noticed),
    RUN_ALONE(long_chains_die_on_a_small_stack),
    RUN(wide_trees_die),
    RUN(rings_are_collected),
    RUN(garbage_may_be_pruned),
    RUN_OOM(fails_cleanly),
    RUN(letting_go_needs_no_memory),
    RUN(agrees_with_the_model))
