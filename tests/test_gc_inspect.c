// SPDX-License-Identifier: MIT
//
// Tests of what the collector knows: who holds whom, and why.
#include "rings.h"

static bool is_in(const weft_list *list, const void *object)
{
    weft_each (it, (void *)(uintptr_t)list)
        if (it.object == object)
            return true;
    return false;
}

// Demands that the list is made of these texts and objects, in order.
static void check_path(const weft_list *path, size_t count, ...)
{
    va_list arguments;
    va_start(arguments, count);
    CHECK_EQ(weft_list_length(path), count);
    for (size_t i = 0; i < count; i++) {
        const void *expected = va_arg(arguments, const void *);
        weft_auto_value value = weft_list_get(path, i);
        if (i % 2 == 0)
            CHECK_SAME(weft_value_object(value), expected);
        else
            CHECK_STR(weft_string_text(weft_value_object(value)),
                (const char *)expected);
    }
    va_end(arguments);
}

static weft_type leaf_type = {
    .name = "leaf", .size = 8, .alignment = 8 };
static weft_type hermit_type = {
    .name = "hermit", WEFT_SIZE(struct node),
    .fields = WEFT_FIELDS(NODE_FIELDS), .acyclic = true };

// Tracked is what can be in a ring.
static void tracked_is_what_can_be_in_a_ring(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(void) leaf = weft_new(heap, &leaf_type);
    weft_auto(struct node) hermit = weft_new(heap, &hermit_type);
    weft_auto(weft_list) list = weft_list_new(heap);
    weft_auto(weft_string) string = weft_string_new(heap, "text");
    CHECK_TRUE(weft_gc_is_tracked(node));
    CHECK_TRUE(weft_gc_is_tracked(list));
    CHECK_FALSE(weft_gc_is_tracked(leaf));
    CHECK_FALSE(weft_gc_is_tracked(hermit));
    CHECK_FALSE(weft_gc_is_tracked(string));
}

// Finalized is what has had its finalizer called, and lived on.
static void finalized_is_remembered(weft_heap *heap)
{
    by_hand(heap);
    struct node *node = loud_new(heap, "a");
    CHECK_FALSE(weft_gc_is_finalized(node));
    node->act = rescue;
    weft_release(node);
    CHECK_TRUE(weft_gc_is_finalized(rescued));
    weft_clear(&rescued);
    CHECK_TRACE("~a a.");
}

// All that is tracked can be listed, the young and the old apart.
static void objects_are_listed(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(struct node) old = ring_new(heap, 3);
    (void)weft_gc_collect(heap, WEFT_YOUNG);
    weft_auto(struct node) young = ring_new(heap, 2);
    weft_auto(void) leaf = weft_new(heap, &leaf_type);
    weft_auto(weft_list) all = weft_gc_get_objects(heap, WEFT_FULL);
    CHECK_EQ(weft_list_length(all), 5);
    CHECK_TRUE(is_in(all, old->left) && is_in(all, young->left));
    CHECK_FALSE(is_in(all, leaf) || is_in(all, all));
    weft_clear(&all);
    weft_auto(weft_list) youngest = weft_gc_get_objects(heap, WEFT_YOUNG);
    CHECK_EQ(weft_list_length(youngest), 2);
    CHECK_TRUE(is_in(youngest, young));
    weft_clear(&youngest);
    weft_auto(weft_list) oldest = weft_gc_get_objects(heap, WEFT_OLD);
    CHECK_EQ(weft_list_length(oldest), 3);
    CHECK_TRUE(is_in(oldest, old));
    weft_clear(&oldest);
    weft_clear(&old->left);
    weft_clear(&young->left);
}

struct family {
    struct node *head;          // strong
    struct node **children;     // strong
    size_t child_count;
    weft_value extra;           // owned
};

static void family_dispose(void *self)
{
    free(((struct family *)self)->children);
}

static weft_type family_type = {
    .name = "family", WEFT_SIZE(struct family),
    .fields = WEFT_FIELDS(WEFT_STRONG(struct family, head),
        WEFT_ARRAY(struct family, children, child_count),
        WEFT_VALUE(struct family, extra)),
    .dispose = family_dispose };

static struct family *family_new(weft_heap *heap)
{
    struct family *family = weft_new(heap, &family_type);
    family->children = calloc(5, sizeof(*family->children));
    family->child_count = 5;
    return family;
}

// Referents come in the order of the table, as often as they are held.
static void referents_are_in_order(weft_heap *heap)
{
    weft_auto(struct family) family = family_new(heap);
    weft_auto(struct node) a = plain_new(heap);
    weft_auto(struct node) b = plain_new(heap);
    family->head = weft_retain(b);
    family->children[1] = weft_retain(a);
    family->children[3] = weft_retain(a);
    weft_value_set(&family->extra, weft_object(b));
    weft_auto(weft_list) list = weft_gc_get_referents(family);
    const void *const expected[] = { b, a, a, b };
    CHECK_EQ(weft_list_length(list), 4);
    for (size_t i = 0; i < 4; i++) {
        weft_auto_value value = weft_list_get(list, i);
        CHECK_SAME(weft_value_object(value), expected[i]);
    }
}

// Referrers are those that hold the object, each once, and the lists made for
// looking are none.
static void referrers_are_found(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(struct node) target = plain_new(heap);
    weft_auto(struct family) family = family_new(heap);
    weft_auto(weft_list) list = weft_list_new(heap);
    weft_auto(struct node) stranger = plain_new(heap);
    family->children[0] = weft_retain(target);
    family->children[4] = weft_retain(target);
    CHECK_EQ(weft_list_append(list, weft_object(target)), WEFT_OK);
    stranger->up = target;
    weft_auto(weft_list) found = weft_gc_get_referrers(target);
    CHECK_EQ(weft_list_length(found), 2);
    CHECK_TRUE(is_in(found, family) && is_in(found, list));
    weft_auto(weft_list) none = weft_gc_get_referrers(stranger);
    CHECK_EQ(weft_list_length(none), 0);
}

// What a ref keeps it holds; what it watches it does not.
static void ref_holds_what_it_keeps(weft_heap *heap)
{
    weft_auto(struct node) target = plain_new(heap);
    weft_auto(struct node) kept = plain_new(heap);
    weft_auto(weft_ref) ref = weft_ref_new_as(&weft_ref_type, target, told_of,
        kept);
    weft_auto(weft_list) keepers = weft_gc_get_referrers(kept);
    CHECK_TRUE(is_in(keepers, ref));
    weft_auto(weft_list) watchers = weft_gc_get_referrers(target);
    CHECK_FALSE(is_in(watchers, ref));
    weft_auto(weft_list) path = weft_gc_why_alive(kept);
    check_path(path, 3, ref, "kept", kept);
}

// The way from a variable, by the names of fields, is the shortest.
static void way_goes_by_names(weft_heap *heap)
{
    by_hand(heap);
    struct family *family = family_new(heap);
    struct node *node = plain_new(heap), *last = plain_new(heap);
    weft_list *list = weft_list_new(heap);
    family->children[3] = node;
    node->right = (struct node *)(void *)list;
    CHECK_EQ(weft_list_append(list, weft_int(7)), WEFT_OK);
    CHECK_EQ(weft_list_append(list, weft_nil()), WEFT_OK);
    CHECK_EQ(weft_list_append(list, weft_object(last)), WEFT_OK);
    last->left = weft_retain(family);           // a ring, all in all
    weft_auto(weft_list) path = weft_gc_why_alive(last);
    check_path(path, 7, family, "children[3]", node, "right", list, "[2]",
        last);
    weft_clear(&path);                          // it is a holder, too
    weft_value_set(&family->extra, weft_object(last));
    weft_auto(weft_list) shorter = weft_gc_why_alive(last);
    check_path(shorter, 3, family, "extra", last);
    weft_clear(&shorter);
    weft_clear(&last->left);
    weft_release(last);
    weft_release(family);
}

// What is held outside itself is alive for no other reason; garbage for none,
// but for the one reference the caller has.
static void ways_that_are_short(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(struct node) another = weft_retain(node);
    weft_auto(weft_list) path = weft_gc_why_alive(node);
    check_path(path, 1, node);
    weft_clear(&path);
    weft_clear(&another);
    weft_auto(weft_list) none = weft_gc_why_alive(node);
    CHECK_EQ(weft_list_length(none), 0);
    weft_auto(struct node) ring = ring_new(heap, 3);
    weft_auto(weft_list) still_none = weft_gc_why_alive(ring);
    CHECK_EQ(weft_list_length(still_none), 0);
    weft_clear(&ring->left->left->left);
}

struct tagged {
    struct node *first;         // strong, by visit
    weft_value second;          // owned, by visit
};

static void tagged_visit(const void *self, weft_visitor *visitor)
{
    const struct tagged *tagged = self;
    weft_visit(visitor, &tagged->first, "the first");
    weft_visit_value(visitor, &tagged->second, NULL);
}

static weft_type tagged_type = {
    .name = "tagged", WEFT_SIZE(struct tagged), .visit = tagged_visit };

// Names that visit gives are used, too.
static void visited_names_are_used(weft_heap *heap)
{
    weft_auto(struct tagged) tagged = weft_new(heap, &tagged_type);
    weft_auto(struct node) a = plain_new(heap);
    weft_auto(struct node) b = plain_new(heap);
    tagged->first = weft_retain(a);
    weft_value_set(&tagged->second, weft_object(b));
    weft_auto(weft_list) path = weft_gc_why_alive(a);
    check_path(path, 3, tagged, "the first", a);
    weft_auto(weft_list) nameless = weft_gc_why_alive(b);
    check_path(nameless, 3, tagged, "?", b);
    weft_auto(weft_list) held = weft_gc_get_referents(tagged);
    CHECK_EQ(weft_list_length(held), 2);
}

// A hundred thousand objects in a row are walked without recursion.
static void long_way(weft_heap *heap)
{
    by_hand(heap);
    enum { LENGTH = 100000 };
    struct node *chain = plain_new(heap), *last = chain;
    for (int i = 1; i < LENGTH; i++) {
        last->left = plain_new(heap);
        last = last->left;
    }
    weft_auto(struct node) mine = weft_retain(last);
    weft_auto(weft_list) path = weft_gc_why_alive(mine);
    CHECK_EQ(weft_list_length(path), 2 * LENGTH - 1);
    weft_clear(&path);
    weft_release(chain);
}

// Without memory each of these is NULL, and nothing else has happened.
static void looking_without_memory(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(weft_list) list = weft_list_new(heap);
    if (!made(node) || !made(list)
            || !went_well(weft_list_append(list, weft_object(node))))
        return;
    weft_auto(weft_list) objects = weft_gc_get_objects(heap, WEFT_FULL);
    if (!made(objects))
        return;
    weft_clear(&objects);
    weft_auto(weft_list) referrers = weft_gc_get_referrers(node);
    if (!made(referrers))
        return;
    CHECK_TRUE(is_in(referrers, list));
    weft_clear(&referrers);
    weft_auto(weft_list) referents = weft_gc_get_referents(list);
    if (!made(referents))
        return;
    CHECK_EQ(weft_list_length(referents), 1);
    weft_clear(&referents);
    weft_auto(weft_list) path = weft_gc_why_alive(node);
    if (made(path))
        check_path(path, 3, list, "[0]", node);
}

TESTS(RUN(tracked_is_what_can_be_in_a_ring), RUN(finalized_is_remembered),
    RUN(objects_are_listed), RUN(referents_are_in_order),
    RUN(referrers_are_found), RUN(ref_holds_what_it_keeps),
    RUN(way_goes_by_names), RUN(ways_that_are_short),
    RUN(visited_names_are_used), RUN(long_way),
    RUN_OOM(looking_without_memory))
