// SPDX-License-Identifier: MIT
//
// Weak methods: a function bound weakly to an object, and to its owner.
#include "node.h"

static void greet(void *self, void *argument)
{
    struct node *node = self;
    say("%s:%s", node->name, (const char *)argument);
}

static void shout(void *self, void *argument)
{
    struct node *node = self;
    say("%s!%s", node->name, (const char *)argument);
}

static void told(weft_ref *ref, void *context)
{
    CHECK_TRUE(weft_ref_is_dead(ref));
    say("told:%s", (const char *)context);
}

WEFT_NEW_REF static struct node *named(weft_heap *heap, const char *name)
{
    struct node *node = plain_new(heap);
    if (node != NULL)
        node->name = name;
    return node;
}

static bool equal(const void *a, const void *b)
{
    bool result = false;
    CHECK_EQ(weft_equal(weft_object(a), weft_object(b), &result), WEFT_OK);
    return result;
}

// It calls its function with the object while that lives.
static void calls_while_alive(weft_heap *heap)
{
    struct node *node = named(heap, "a");
    weft_auto(weft_ref) method = weft_weakmethod_new(node, NULL, greet, NULL,
        NULL);
    CHECK_TRUE(weft_is(method, &weft_weakmethod_type));
    CHECK_EQ(weft_refcount(node), 1);
    CHECK_TRUE(weft_weakmethod_call(method, "x"));
    CHECK_TRACE("a:x");
    CHECK_FALSE(weft_ref_is_dead(method));
    CHECK_NULL(weft_weakmethod_owner(method));
    struct node *found = weft_ref_get(method);
    CHECK_SAME(found, node);
    weft_release(found);
    weft_release(node);
    CHECK_TRUE(weft_ref_is_dead(method));
    CHECK_FALSE(weft_weakmethod_call(method, "y"));
    CHECK_TRACE("");
    CHECK_NULL(weft_ref_get(method));
}

// It is gone as soon as its owner is, though the object lives.
static void is_gone_with_its_owner(weft_heap *heap)
{
    weft_auto(struct node) node = named(heap, "a");
    struct node *owner = named(heap, "o");
    weft_auto(weft_ref) method = weft_weakmethod_new(node, owner, greet, told,
        "x");
    struct node *found = weft_weakmethod_owner(method);
    CHECK_SAME(found, owner);
    weft_release(found);
    weft_release(owner);
    CHECK_TRACE("told:x");
    CHECK_TRUE(weft_ref_is_dead(method));
    CHECK_FALSE(weft_weakmethod_call(method, "x"));
    CHECK_NULL(weft_ref_get(method));
    CHECK_NULL(weft_weakmethod_owner(method));
    weft_clear(&node);
    CHECK_TRACE("");
}

// The callback runs once, whichever goes first.
static void callback_runs_once(weft_heap *heap)
{
    struct node *node = named(heap, "a");
    struct node *owner = named(heap, "o");
    weft_auto(weft_ref) method = weft_weakmethod_new(node, owner, greet, told,
        "x");
    CHECK_TRUE(weft_ref_callback(method) == told);
    weft_release(node);
    CHECK_TRACE("told:x");
    CHECK_TRUE(weft_ref_callback(method) == NULL);
    weft_release(owner);
    CHECK_TRACE("");
    CHECK_NULL(weft_weakmethod_owner(method));
}

// It may belong to its object.
static void owner_may_be_the_object(weft_heap *heap)
{
    struct node *node = named(heap, "a");
    weft_auto(weft_ref) method = weft_weakmethod_new(node, node, greet, told,
        "x");
    CHECK_TRUE(weft_weakmethod_call(method, "1"));
    weft_release(node);
    CHECK_TRACE("a:1 told:x");
    CHECK_TRUE(weft_ref_is_dead(method));
}

// Let go of before, it takes its callback with it.
static void dropped_one_is_silent(weft_heap *heap)
{
    struct node *node = named(heap, "a");
    struct node *owner = named(heap, "o");
    weft_release(weft_weakmethod_new(node, owner, greet, told, "x"));
    CHECK_EQ(weft_weakref_count(node), 0);
    CHECK_EQ(weft_weakref_count(owner), 0);
    weft_release(node);
    weft_release(owner);
    CHECK_TRACE("");
}

// It counts as a weak reference of its object, and of its owner.
static void counts_for_both(weft_heap *heap)
{
    weft_auto(struct node) node = named(heap, "a");
    weft_auto(struct node) owner = named(heap, "o");
    weft_auto(weft_ref) method = weft_weakmethod_new(node, owner, greet, NULL,
        NULL);
    CHECK_EQ(weft_weakref_count(node), 1);
    CHECK_EQ(weft_weakref_count(owner), 1);
    weft_auto(weft_list) list = weft_weakrefs(owner);
    CHECK_EQ(weft_list_length(list), 1);
    weft_auto_value value = weft_list_get(list, 0);
    CHECK_TRUE(weft_value_object(value) != NULL);
    weft_list_clear(list);
    weft_value_clear(&value);
    weft_clear(&method);
    CHECK_EQ(weft_weakref_count(node), 0);
    CHECK_EQ(weft_weakref_count(owner), 0);
}

// Alive they are equal by object, owner and function; dead by identity.
static void compares_by_what_it_binds(weft_heap *heap)
{
    struct node *a = named(heap, "a");
    weft_auto(struct node) b = named(heap, "b");
    weft_auto(struct node) o = named(heap, "o");
    weft_auto(weft_ref) first = weft_weakmethod_new(a, o, greet, NULL, NULL);
    weft_auto(weft_ref) same = weft_weakmethod_new(a, o, greet, told, "");
    weft_auto(weft_ref) other = weft_weakmethod_new(b, o, greet, NULL, NULL);
    weft_auto(weft_ref) loud = weft_weakmethod_new(a, o, shout, NULL, NULL);
    weft_auto(weft_ref) free_ = weft_weakmethod_new(a, NULL, greet, NULL, NULL);
    CHECK_TRUE(equal(first, first));
    CHECK_TRUE(equal(first, same));
    CHECK_FALSE(equal(first, other));
    CHECK_FALSE(equal(first, loud));
    CHECK_FALSE(equal(first, free_));
    CHECK_FALSE(equal(first, a));
    weft_release(a);
    CHECK_FALSE(equal(first, same));
    CHECK_TRUE(equal(first, first));
    forget_trace();
}

// Equal ones hash alike; a dead one keeps a hash that was asked in time.
static void hashes_as_it_compares(weft_heap *heap)
{
    struct node *a = named(heap, "a");
    weft_auto(weft_ref) first = weft_weakmethod_new(a, NULL, greet, NULL, NULL);
    weft_auto(weft_ref) same = weft_weakmethod_new(a, NULL, greet, NULL, NULL);
    weft_auto(weft_ref) late = weft_weakmethod_new(a, NULL, greet, NULL, NULL);
    uint64_t one = 1;
    uint64_t two = 2;
    CHECK_EQ(weft_hash(heap, weft_object(first), &one), WEFT_OK);
    CHECK_EQ(weft_hash(heap, weft_object(same), &two), WEFT_OK);
    CHECK_TRUE(one == two);
    weft_release(a);
    CHECK_EQ(weft_hash(heap, weft_object(first), &two), WEFT_OK);
    CHECK_TRUE(one == two);
    CHECK_EQ(weft_hash(heap, weft_object(late), &two), WEFT_TYPE_ERROR);
}

static struct node *last_owner;

static void drop_self(void *self, void *argument)
{
    struct node *node = self;
    (void)argument;
    weft_clear(&last_owner);
    say("%s:%d", node->name, (int)weft_refcount(node));
}

// The object is held during the call.
static void holds_its_object_during_the_call(weft_heap *heap)
{
    last_owner = loud_new(heap, "a");
    weft_auto(weft_ref) method = weft_weakmethod_new(last_owner, NULL,
        drop_self, told, "x");
    CHECK_TRUE(weft_weakmethod_call(method, NULL));
    CHECK_TRACE("a:1 ~a told:x a.");
}

// Thousands may be bound to one object.
static void there_may_be_thousands(weft_heap *heap)
{
    enum { COUNT = 3000 };
    weft_ref **methods = malloc(COUNT * sizeof(*methods));
    struct node *owner = named(heap, "o");
    struct node *node = named(heap, "a");
    for (size_t i = 0; i < COUNT; i++)
        methods[i] = weft_weakmethod_new(node, owner, greet, told, "");
    for (size_t i = 0; i < COUNT; i += 3)
        weft_clear(&methods[i]);
    CHECK_EQ(weft_weakref_count(owner), COUNT - COUNT / 3);
    weft_release(owner);
    CHECK_TRUE(weft_heap_verify(heap));
    weft_release(node);
    for (size_t i = 0; i < COUNT; i++)
        weft_release(methods[i]);
    free(methods);
    forget_trace();
}

static weft_ref *mine;

static void drop_mine(weft_ref *ref, void *context)
{
    (void)context;
    CHECK_SAME(ref, mine);
    weft_clear(&mine);
    say("dropped");
}

// Its callback may let go of it.
static void callback_may_drop_it(weft_heap *heap)
{
    for (int i = 0; i < 2; i++) {
        struct node *node = named(heap, "a");
        struct node *owner = named(heap, "o");
        mine = weft_weakmethod_new(node, owner, greet, drop_mine, NULL);
        weft_release(i == 0 ? node : owner);
        CHECK_TRACE("dropped");
        CHECK_EQ(object_count(heap), 1);
        weft_release(i == 0 ? owner : node);
    }
}

struct tagged {
    weft_ref ref;               // what it extends
    int tag;                    // plain
};

static weft_type tagged_type = {
    .name = "tagged", WEFT_SIZE(struct tagged),
    .base = &weft_weakmethod_type };

static void say_kept(weft_ref *ref, void *context)
{
    struct node *kept = context;
    say("%d:%s", ((struct tagged *)ref)->tag, kept->name);
}

// A weak method can be extended, and keeps an object for its callback until
// both object and owner are gone, or itself is.
static void can_be_extended(weft_heap *heap)
{
    struct node *node = named(heap, "a");
    struct node *owner = named(heap, "o");
    struct node *kept = loud_new(heap, "k");
    weft_auto(weft_ref) method = weft_weakmethod_new_as(&tagged_type, node,
        owner, greet, say_kept, kept);
    ((struct tagged *)method)->tag = 3;
    weft_release(kept);
    CHECK_TRUE(weft_weakmethod_call(method, "x"));
    weft_release(owner);
    CHECK_TRACE("a:x 3:k");
    weft_release(node);
    CHECK_TRACE("~k k.");
    CHECK_NULL(weft_ref_kept(method));
}

// Let go of first, it lets go of what it keeps.
static void lets_go_of_what_it_keeps(weft_heap *heap)
{
    weft_auto(struct node) node = named(heap, "a");
    struct node *kept = loud_new(heap, "k");
    weft_ref *method = weft_weakmethod_new_as(&weft_weakmethod_type, node, NULL,
        greet, NULL, kept);
    weft_release(kept);
    struct node *same = weft_ref_kept(method);
    CHECK_SAME(same, kept);
    weft_release(same);
    weft_release(method);
    CHECK_TRACE("~k k.");
    CHECK_EQ(weft_weakref_count(node), 0);
}

// Making one may fail; then nothing is bound.
static void may_fail(weft_heap *heap)
{
    weft_auto(struct node) node = named(heap, "a");
    weft_auto(struct node) owner = named(heap, "o");
    if (!made(node) || !made(owner))
        return;
    weft_auto(weft_ref) method = weft_weakmethod_new(node, owner, greet, told,
        "x");
    if (!made(method)) {
        CHECK_EQ(weft_weakref_count(node), 0);
        CHECK_EQ(weft_weakref_count(owner), 0);
        return;
    }
    weft_clear(&owner);
    weft_clear(&node);
    CHECK_TRACE("told:x");
}

// The list of a method's owner shows what the method keeps and calls, nothing
// else.
static void shows_itself_to_its_owner(weft_heap *heap)
{
    weft_auto(struct node) node = named(heap, "a");
    weft_auto(struct node) owner = named(heap, "o");
    struct node *kept = loud_new(heap, "k");
    weft_auto(weft_ref) keeping = weft_weakmethod_new_as(&weft_weakmethod_type,
        node, owner, greet, told, kept);
    weft_auto(weft_ref) plain = weft_weakmethod_new(node, owner, greet, NULL,
        "context");
    weft_release(kept);
    weft_auto(weft_list) list = weft_weakrefs(owner);
    CHECK_EQ(weft_list_length(list), 2);
    weft_auto_value first = weft_list_get(list, 0);
    weft_auto_value second = weft_list_get(list, 1);
    CHECK_NULL(weft_ref_kept(weft_value_object(first)));
    CHECK_TRUE(weft_ref_callback(weft_value_object(first)) == NULL);
    weft_auto(struct node) found = weft_ref_kept(weft_value_object(second));
    CHECK_SAME(found, kept);
    CHECK_TRUE(weft_ref_callback(weft_value_object(second)) == told);
    weft_clear(&found);
    weft_list_clear(list);
    weft_clear(&plain);
    weft_value_clear(&second);
    weft_clear(&keeping);
    CHECK_TRACE("~k k.");
}

// Of a method whose owner is its object the list shows the owner's side first,
// behind the shared ref, as in Python.
static void own_owner_is_listed_first(weft_heap *heap)
{
    weft_auto(struct node) node = named(heap, "a");
    weft_auto(weft_ref) older = weft_ref_new(node, told, "older");
    weft_auto(weft_ref) shared = weft_ref_new(node, NULL, NULL);
    weft_auto(weft_ref) method = weft_weakmethod_new(node, node, greet, told,
        "method");
    weft_auto(weft_list) list = weft_weakrefs(node);
    CHECK_EQ(weft_list_length(list), 4);
    weft_auto_value first = weft_list_get(list, 0);
    weft_auto_value second = weft_list_get(list, 1);
    weft_auto_value third = weft_list_get(list, 2);
    weft_auto_value last = weft_list_get(list, 3);
    CHECK_SAME(weft_value_object(first), shared);
    CHECK_TRUE(weft_value_object(second) != method);
    CHECK_SAME(weft_value_object(third), method);
    CHECK_SAME(weft_value_object(last), older);
    CHECK_TRUE(weft_heap_verify(heap));
    weft_clear(&node);
    CHECK_TRACE("told:method told:older");
}

TESTS(RUN(calls_while_alive), RUN(is_gone_with_its_owner),
    RUN(callback_runs_once), RUN(owner_may_be_the_object),
    RUN(dropped_one_is_silent), RUN(counts_for_both),
    RUN(compares_by_what_it_binds), RUN(hashes_as_it_compares),
    RUN(holds_its_object_during_the_call), RUN(there_may_be_thousands),
    RUN(callback_may_drop_it), RUN(can_be_extended),
    RUN(lets_go_of_what_it_keeps), RUN_OOM(may_fail),
    RUN(shows_itself_to_its_owner), RUN(own_owner_is_listed_first))
