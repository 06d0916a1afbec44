// SPDX-License-Identifier: MIT
//
// Refs: weak references that are objects, and tell of a death.
#include "node.h"

static void told(weft_ref *ref, void *context)
{
    CHECK_TRUE(weft_ref_is_dead(ref));
    CHECK_NULL(weft_ref_get(ref));
    say("%s", (const char *)context);
}

// A ref gives a new reference while its object lives, and NULL afterwards.
static void gives_its_object(weft_heap *heap)
{
    struct node *node = plain_new(heap);
    weft_auto(weft_ref) ref = weft_ref_new(node, NULL, NULL);
    CHECK_EQ(weft_refcount(node), 1);
    struct node *found = weft_ref_get(ref);
    CHECK_SAME(found, node);
    CHECK_EQ(weft_refcount(node), 2);
    CHECK_FALSE(weft_ref_is_dead(ref));
    weft_release(found);
    weft_release(node);
    CHECK_NULL(weft_ref_get(ref));
    CHECK_TRUE(weft_ref_is_dead(ref));
}

// A callback runs once, after the object is gone, and gets the ref itself.
static void callback_runs_after_death(weft_heap *heap)
{
    struct node *node = loud_new(heap, "a");
    weft_auto(weft_ref) ref = weft_ref_new(node, told, "told");
    CHECK_TRUE(weft_ref_callback(ref) == told);
    CHECK_TRACE("");
    weft_release(node);
    CHECK_TRACE("~a told a.");
    CHECK_TRUE(weft_ref_callback(ref) == NULL);
    CHECK_NULL(weft_ref_kept(ref));
}

// Without a callback there is one ref an object, shared by all who ask.
static void plain_ones_are_shared(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(weft_ref) first = weft_ref_new(node, NULL, NULL);
    weft_auto(weft_ref) other = weft_ref_new(node, told, "x");
    weft_auto(weft_ref) second = weft_ref_new(node, NULL, NULL);
    CHECK_SAME(first, second);
    CHECK_EQ(weft_refcount(first), 2);
    CHECK_TRUE(other != first);
    CHECK_EQ(weft_weakref_count(node), 2);
    weft_clear(&other);
    CHECK_EQ(weft_weakref_count(node), 1);
    weft_clear(&first);
    CHECK_EQ(weft_weakref_count(node), 1);
    weft_clear(&second);
    CHECK_EQ(weft_weakref_count(node), 0);
    weft_auto(weft_ref) again = weft_ref_new(node, NULL, NULL);
    CHECK_EQ(weft_refcount(again), 1);
}

// With a callback every ref is its own, also with the same callback.
static void ones_with_callbacks_are_not(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(weft_ref) first = weft_ref_new(node, told, "x");
    weft_auto(weft_ref) second = weft_ref_new(node, told, "x");
    CHECK_TRUE(first != second);
    CHECK_EQ(weft_weakref_count(node), 2);
    weft_clear(&node);
    CHECK_TRACE("x x");
}

// Callbacks run newest first, each exactly once.
static void hist_h44_newest_is_told_first(weft_heap *heap)
{
    static char *names[] = { "1", "2", "3", "4", "5" };
    weft_ref *refs[5];
    struct node *node = plain_new(heap);
    for (size_t i = 0; i < 5; i++)
        refs[i] = weft_ref_new(node, told, names[i]);
    weft_release(refs[2]);
    weft_release(node);
    CHECK_TRACE("5 4 2 1");
    for (size_t i = 0; i < 5; i++)
        if (i != 2)
            weft_release(refs[i]);
    CHECK_TRACE("");
}

static weft_ref *all[4];
static weft_weak handle;

static void look_at_all(weft_ref *ref, void *context)
{
    (void)ref;
    (void)context;
    for (size_t i = 0; i < 4; i++)
        say(weft_ref_is_dead(all[i]) ? "dead" : "alive");
    say(weft_weak_is_dead(handle) ? "dead" : "alive");
}

// All weak references to an object are dead before the first callback runs.
static void hist_h18_all_are_dead_before_the_first_callback(weft_heap *heap)
{
    struct node *node = plain_new(heap);
    all[0] = weft_ref_new(node, NULL, NULL);
    all[1] = weft_ref_new(node, look_at_all, NULL);
    all[2] = weft_proxy_new(node, NULL, NULL);
    all[3] = weft_ref_new(node, told, "told");
    handle = weft_weak_of(node);
    weft_release(node);
    CHECK_TRACE("told dead dead dead dead dead");
    for (size_t i = 0; i < 4; i++)
        weft_release(all[i]);
}

// A ref that is let go before the object dies takes its callback with it.
static void dropped_one_is_silent(weft_heap *heap)
{
    struct node *node = plain_new(heap);
    weft_release(weft_ref_new(node, told, "x"));
    CHECK_EQ(weft_weakref_count(node), 0);
    weft_release(node);
    CHECK_TRACE("");
}

// One that its own object holds is told, too: fields go after the callbacks.
static void hist_h38_own_ref_is_told(weft_heap *heap)
{
    weft_list *list = weft_list_new(heap);
    weft_ref *ref = weft_ref_new(list, told, "own");
    CHECK_EQ(weft_list_append(list, weft_object(ref)), WEFT_OK);
    weft_release(ref);
    weft_release(list);
    CHECK_TRACE("own");
    CHECK_EQ(object_count(heap), 0);
}

// ---------------------------------------------------------------------------
// Of what is dying, lives on, or cannot be watched

static weft_ref *late_ref;

static void refer_to_oneself(void *self)
{
    say("%zu", weft_weakref_count(self));
    weft_release(late_ref);
    late_ref = weft_ref_new(self, told, "never");
    say(weft_ref_is_dead(late_ref) ? "dead" : "alive");
}

static weft_type late_type = {
    .name = "late", WEFT_SIZE(struct node), .clear = refer_to_oneself,
    .dispose = refer_to_oneself };

// Of a dying object there are only refs that were born dead.
static void of_the_dying_is_born_dead(weft_heap *heap)
{
    late_ref = NULL;
    weft_release(weft_new(heap, &late_type));
    CHECK_TRACE("0 dead 0 dead");
    CHECK_NULL(weft_ref_get(late_ref));
    weft_clear(&late_ref);
}

static void make_ref_to_self(struct node *self)
{
    late_ref = weft_ref_new(self, told, "told");
}

// One made by the finalizer is alive until the death that follows, and told.
static void made_in_finalize_is_told(weft_heap *heap)
{
    struct node *node = loud_new(heap, "a");
    node->act = make_ref_to_self;
    weft_release(node);
    CHECK_TRACE("~a told a.");
    weft_clear(&late_ref);
}

// Refs of what its finalizer brings back stay good, and are told the next time.
static void survives_resurrection(weft_heap *heap)
{
    struct node *node = loud_new(heap, "a");
    node->act = rescue;
    weft_auto(weft_ref) ref = weft_ref_new(node, told, "told");
    weft_release(node);
    CHECK_TRACE("~a");
    CHECK_FALSE(weft_ref_is_dead(ref));
    weft_clear(&rescued);
    CHECK_TRACE("told a.");
}

static struct node *target;
static weft_ref *replacement;

static void ask_for_another(void *context)
{
    replacement = weft_ref_new(context, NULL, NULL);
    say(weft_ref_is_dead(replacement) ? "dead" : "alive");
}

// A shared ref that is dying itself is not shared any more.
static void dying_one_is_not_shared(weft_heap *heap)
{
    target = plain_new(heap);
    weft_ref *ref = weft_ref_new(target, NULL, NULL);
    CHECK_EQ(weft_finalize(ref, ask_for_another, target, NULL), WEFT_OK);
    weft_release(ref);
    CHECK_TRACE("alive");
    CHECK_EQ(weft_weakref_count(target), 1);
    CHECK_EQ(weft_refcount(replacement), 1);
    weft_auto(weft_ref) again = weft_ref_new(target, NULL, NULL);
    CHECK_SAME(again, replacement);
    weft_clear(&replacement);
    weft_clear(&target);
    CHECK_TRUE(weft_ref_is_dead(again));
}

// ---------------------------------------------------------------------------
// Counting and listing

// They are listed in the order in which callbacks run, the shared ones first.
static void are_listed_in_order(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(weft_ref) older = weft_ref_new(node, told, "");
    weft_auto(weft_ref) newer = weft_ref_new(node, told, "");
    weft_auto(weft_ref) proxy = weft_proxy_new(node, NULL, NULL);
    weft_auto(weft_ref) shared = weft_ref_new(node, NULL, NULL);
    weft_auto(weft_ref) newest = weft_proxy_new(node, told, "");
    const weft_ref *expected[] = { shared, proxy, newest, newer, older };
    weft_auto(weft_list) list = weft_weakrefs(node);
    CHECK_EQ(weft_weakref_count(node), 5);
    CHECK_EQ(weft_list_length(list), 5);
    for (size_t i = 0; i < 5; i++) {
        weft_auto_value value = weft_list_get(list, i);
        CHECK_SAME(weft_value_object(value), expected[i]);
    }
    weft_list_clear(list);
    weft_clear(&node);
    forget_trace();
}

// A dead ref is on no list; an object without any has an empty one.
static void list_may_be_empty(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(weft_list) list = weft_weakrefs(node);
    CHECK_EQ(weft_list_length(list), 0);
    weft_release(weft_ref_new(node, NULL, NULL));
    weft_auto(weft_list) again = weft_weakrefs(node);
    CHECK_EQ(weft_list_length(again), 0);
}

// A ref is an object and can itself be watched.
static void can_be_watched_itself(weft_heap *heap)
{
    struct node *node = plain_new(heap);
    weft_ref *ref = weft_ref_new(node, NULL, NULL);
    weft_auto(weft_ref) meta = weft_ref_new(ref, told, "meta");
    weft_weak weak = weft_weak_of(ref);
    weft_release(node);
    CHECK_TRACE("");
    weft_release(ref);
    CHECK_TRACE("meta");
    CHECK_TRUE(weft_weak_is_dead(weak));
    CHECK_TRUE(weft_ref_is_dead(meta));
}

// Thousands of refs to one object, and one to each of thousands.
static void there_may_be_thousands(weft_heap *heap)
{
    enum { COUNT = 5000 };
    struct node *one = plain_new(heap);
    struct node **nodes = malloc(COUNT * sizeof(struct node *));
    weft_ref **refs = malloc(2 * COUNT * sizeof(*refs));
    for (size_t i = 0; i < COUNT; i++) {
        nodes[i] = plain_new(heap);
        refs[i] = weft_ref_new(one, told, "");
        refs[i + COUNT] = weft_ref_new(nodes[i], told, "");
    }
    CHECK_EQ(weft_weakref_count(one), COUNT);
    for (size_t i = 0; i < COUNT; i += 2)
        weft_release(refs[i]);
    CHECK_EQ(weft_weakref_count(one), COUNT / 2);
    CHECK_TRUE(weft_heap_verify(heap));
    weft_release(one);
    for (size_t i = 0; i < COUNT; i++)
        weft_release(nodes[i]);
    for (size_t i = 0; i < 2 * COUNT; i++) {
        if (i < COUNT && i % 2 == 0)
            continue;
        CHECK_TRUE(weft_ref_is_dead(refs[i]));
        weft_release(refs[i]);
    }
    free(refs);
    free(nodes);
    forget_trace();
}

// Making one may fail; then nothing is watched.
static void may_fail(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    if (!made(node))
        return;
    weft_auto(weft_ref) shared = weft_ref_new(node, NULL, NULL);
    size_t count = made(shared);
    weft_auto(weft_ref) other_ref = weft_ref_new(node, told, "told");
    count += made(other_ref);
    weft_auto(weft_ref) proxy = weft_proxy_new(node, NULL, NULL);
    count += made(proxy);
    CHECK_EQ(weft_weakref_count(node), count);
    weft_auto(weft_list) list = weft_weakrefs(node);
    if (made(list))
        CHECK_EQ(weft_list_length(list), count);
    weft_clear(&list);
    weft_clear(&node);
    CHECK_TRACE(other_ref != NULL ? "told" : "");
}

TESTS(RUN(gives_its_object), RUN(callback_runs_after_death),
    RUN(plain_ones_are_shared), RUN(ones_with_callbacks_are_not),
    RUN(hist_h44_newest_is_told_first),
    RUN(hist_h18_all_are_dead_before_the_first_callback),
    RUN(dropped_one_is_silent), RUN(hist_h38_own_ref_is_told),
    RUN(of_the_dying_is_born_dead), RUN(made_in_finalize_is_told),
    RUN(survives_resurrection), RUN(dying_one_is_not_shared),
    RUN(are_listed_in_order), RUN(list_may_be_empty),
    RUN(can_be_watched_itself), RUN(there_may_be_thousands), RUN_OOM(may_fail))
