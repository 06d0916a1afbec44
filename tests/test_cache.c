// SPDX-License-Identifier: MIT
//
// Caches: what they keep and find, and that this holds whatever user code does
// in between. Who leaves when is in test_cache_policy.c.
#include "cached.h"

static weft_cache *here;        // for user code: the cache it is about

// ---------------------------------------------------------------------------
// What is there

// A new cache is empty: there is nothing to find, and nothing to take out.
static void is_empty_at_first(weft_heap *heap)
{
    weft_auto(weft_cache) cache = cache_of(heap, 10);
    size_t length = 7;
    CHECK_FALSE(has(cache, 1));
    CHECK_NULL(weft_cache_get(cache, weft_text("a")));
    CHECK_FALSE(weft_cache_remove(cache, weft_int(1)));
    weft_cache_clear(cache);
    weft_cache_trim(cache, 0);
    CHECK_EQ(weft_length(cache, &length), WEFT_OK);
    CHECK_EQ(length, 0);
    weft_cache_stats stats = weft_cache_get_stats(cache);
    CHECK_EQ(stats.hits, 0);
    CHECK_EQ(stats.misses, 2);
    CHECK_EQ(stats.evicted, 0);
    CHECK_EQ(stats.kept, 0);
    CHECK_EQ(stats.bytes, 0);
    CHECK_EQ(stats.watched, 0);
    CHECK_TRUE(weft_is_weakable(cache));
}

// What is put stays, and is found, though nobody else holds it.
static void keeps_what_is_put(weft_heap *heap)
{
    weft_auto(weft_cache) cache = cache_of(heap, 10);
    put_named(cache, 1, "a");
    put_named(cache, 2, "b");
    CHECK_TRACE("");
    weft_auto(struct node) a = weft_cache_get(cache, weft_int(1));
    CHECK_STR(a->name, "a");
    CHECK_EQ(weft_refcount(a), 2);
    weft_cache_stats stats = weft_cache_get_stats(cache);
    CHECK_EQ(stats.hits, 1);
    CHECK_EQ(stats.misses, 0);
    CHECK_EQ(stats.kept, 2);
    CHECK_EQ(stats.bytes, 2);
    CHECK_EQ(stats.watched, 2);
    weft_clear(&cache);
    CHECK_TRACE("~b b.");
}

// Without a cost function what counts is the bytes that an object takes.
static void costs_are_bytes_by_default(weft_heap *heap)
{
    weft_auto(weft_cache) cache = weft_cache_new(heap,
        &(weft_cache_options){ .budget = 1000 });
    put_item(cache, 1, 0);
    size_t one = weft_cache_get_stats(cache).bytes;
    CHECK_TRUE(one >= sizeof(struct item) + 8 && one < 100);
    for (int i = 2; i < 100; i++)
        put_item(cache, i, 0);
    CHECK_KEPT(cache, 1000 / one, 1000 / one * one);
}

// Keys are what they are in other dictionaries.
static void keys_are_those_of_dictionaries(weft_heap *heap)
{
    weft_auto(weft_cache) cache = cache_of(heap, 10);
    weft_auto(struct item) item = item_new(heap, 1, 1);
    weft_auto(weft_string) text = weft_string_new(heap, "key");
    CHECK_EQ(weft_cache_put(cache, weft_text("key"), item), WEFT_OK);
    CHECK_EQ(weft_cache_put(cache, weft_int(1), item), WEFT_OK);
    CHECK_EQ(weft_cache_put(cache, weft_object(item), item), WEFT_OK);
    CHECK_EQ(weft_cache_put(cache, weft_nil(), item), WEFT_OK);
    CHECK_EQ(weft_cache_get_stats(cache).watched, 4);
    weft_auto(void) by_string = weft_cache_get(cache, weft_object(text));
    weft_auto(void) by_real = weft_cache_get(cache, weft_double(1.0));
    weft_auto(void) by_bool = weft_cache_get(cache, weft_bool(true));
    weft_auto(void) by_object = weft_cache_get(cache, weft_object(item));
    weft_auto(void) by_nil = weft_cache_get(cache, weft_nil());
    CHECK_SAME(by_string, item);
    CHECK_SAME(by_real, item);
    CHECK_SAME(by_bool, item);
    CHECK_SAME(by_object, item);
    CHECK_SAME(by_nil, item);
    CHECK_TRUE(weft_cache_remove(cache, weft_object(text)));
    CHECK_FALSE(weft_cache_remove(cache, weft_text("key")));
    CHECK_NULL(weft_cache_get(cache, weft_text("key")));
}

// Where an object does not say what it equals, or is not asked, it is itself.
static void keys_by_identity_are_not_asked(weft_heap *heap)
{
    weft_auto(weft_cache) cache = weft_cache_new(heap, &(weft_cache_options){
        .budget = 10, .cost = cost_one, .by = WEFT_BY_IDENTITY });
    weft_auto(weft_list) list = weft_list_new(heap);
    weft_auto(weft_list) other = weft_list_new(heap);
    weft_auto(struct item) item = item_new(heap, 1, 1);
    CHECK_EQ(weft_cache_put(cache, weft_object(list), item), WEFT_OK);
    weft_auto(void) found = weft_cache_get(cache, weft_object(list));
    CHECK_SAME(found, item);
    CHECK_NULL(weft_cache_get(cache, weft_object(other)));
    CHECK_EQ(weft_cache_put(cache, weft_text("a"), item), WEFT_OK);
    weft_auto(weft_string) text = weft_string_new(heap, "a");
    weft_auto(void) by_text = weft_cache_get(cache, weft_object(text));
    CHECK_SAME(by_text, item);
}

// What is put under a key that is there takes its place; the old one goes last,
// and finds the new one there.
static void look_at_one(struct node *self)
{
    weft_auto(struct node) found = weft_cache_get(here, weft_int(1));
    say("%s sees %s", self->name, found == NULL ? "nothing" : found->name);
}

static void putting_again_replaces(weft_heap *heap)
{
    weft_auto(weft_cache) cache = here = cache_of(heap, 10);
    put_acting(cache, 1, "old", look_at_one);
    CHECK_TRACE("");
    put_named(cache, 1, "new");
    CHECK_TRACE("~old old sees new old.");
    CHECK_KEPT(cache, 1, 1);
    CHECK_EQ(weft_cache_get_stats(cache).watched, 1);
    CHECK_EQ(weft_cache_get_stats(cache).evicted, 0);
}

// The same object under the same key: only its cost may have changed.
static void putting_the_same_changes_its_cost(weft_heap *heap)
{
    weft_auto(weft_cache) cache = item_cache(heap, 10);
    weft_auto(struct item) item = item_new(heap, 1, 3);
    for (size_t cost = 1; cost <= 12; cost++) {
        item->cost = cost;
        CHECK_EQ(weft_cache_put(cache, weft_int(1), item), WEFT_OK);
        CHECK_KEPT(cache, cost <= 10, cost <= 10 ? cost : 0);
        CHECK_EQ(weft_refcount(item), cost <= 10 ? 2 : 1);
    }
    item->cost = 0;
    CHECK_EQ(weft_cache_put(cache, weft_int(1), item), WEFT_OK);
    CHECK_KEPT(cache, 1, 0);
}

// One object may be there under many keys, and is held once for each.
static void an_object_may_have_many_keys(weft_heap *heap)
{
    weft_auto(weft_cache) cache = cache_of(heap, 100);
    weft_auto(struct item) item = item_new(heap, 1, 1);
    for (int i = 0; i < 200; i++)
        CHECK_EQ(weft_cache_put(cache, weft_int(i), item), WEFT_OK);
    CHECK_EQ(weft_refcount(item), 101);
    CHECK_EQ(weft_cache_get_stats(cache).watched, 200);
    for (int i = 0; i < 200; i += 3)
        CHECK_TRUE(weft_cache_remove(cache, weft_int(i)));
    CHECK_EQ(weft_refcount(item), 1 + weft_cache_get_stats(cache).kept);
    for (int i = 0; i < 200; i++)
        CHECK_EQ(has(cache, i), i % 3 != 0);
}

// ---------------------------------------------------------------------------
// Kept and watched

// What costs more than the budget is found for as long as somebody holds it.
static void what_costs_too_much_is_watched(weft_heap *heap)
{
    weft_auto(weft_cache) cache = item_cache(heap, 10);
    weft_auto(struct item) item = item_new(heap, 1, 11);
    CHECK_EQ(weft_cache_put(cache, weft_int(1), item), WEFT_OK);
    use(cache, 1, 3);
    CHECK_KEPT(cache, 0, 0);
    CHECK_EQ(weft_cache_get_stats(cache).watched, 1);
    weft_clear(&item);
    CHECK_FALSE(has(cache, 1));
    CHECK_EQ(weft_cache_get_stats(cache).watched, 0);
}

// A budget of nothing keeps nothing, whatever it costs, and asks nobody.
static size_t never_asked(const void *object, void *context)
{
    (void)object;
    (void)context;
    say("asked");
    return 0;
}

static void no_budget_keeps_nothing(weft_heap *heap)
{
    weft_auto(weft_cache) cache = weft_cache_new(heap, &(weft_cache_options){
        .cost = never_asked });
    weft_auto(struct node) node = loud_new(heap, "a");
    CHECK_EQ(weft_cache_put(cache, weft_int(1), node), WEFT_OK);
    use(cache, 1, 3);
    CHECK_KEPT(cache, 0, 0);
    weft_clear(&node);
    CHECK_TRACE("~a a.");
    CHECK_FALSE(has(cache, 1));
}

// What costs nothing is kept, but not when nothing at all is to be left.
static void what_costs_nothing_is_kept(weft_heap *heap)
{
    weft_auto(weft_cache) cache = item_cache(heap, 1);
    for (int i = 0; i < 100; i++)
        put_item(cache, i, 0);
    CHECK_KEPT(cache, 100, 0);
    put_item(cache, 100, 1);
    CHECK_KEPT(cache, 101, 1);
    weft_cache_trim(cache, 1);
    CHECK_KEPT(cache, 101, 1);
    weft_cache_trim(cache, 0);
    CHECK_KEPT(cache, 0, 0);
    CHECK_EQ(weft_cache_get_stats(cache).evicted, 101);
    CHECK_EQ(weft_cache_get_stats(cache).watched, 0);
}

// What was let go of is found while somebody holds it; that takes it back, and
// then it stays when that somebody goes.
static void finding_takes_back(weft_heap *heap)
{
    weft_auto(weft_cache) cache = cache_of(heap, 3);
    weft_auto(struct node) a = loud_new(heap, "a");
    CHECK_EQ(weft_cache_put(cache, weft_int(1), a), WEFT_OK);
    for (int i = 2; i <= 4; i++)
        put_named(cache, i, "other");
    CHECK_EQ(weft_refcount(a), 1);
    CHECK_EQ(weft_cache_get_stats(cache).watched, 4);
    CHECK_KEPT(cache, 3, 3);
    use(cache, 1, 1);
    CHECK_TRACE("~other other.");
    CHECK_EQ(weft_refcount(a), 2);
    CHECK_KEPT(cache, 3, 3);
    CHECK_EQ(weft_cache_get_stats(cache).evicted, 2);
    weft_clear(&a);
    CHECK_TRACE("");
    CHECK_TRUE(has(cache, 1));
}

// What nobody else holds is gone when the cache lets go of it, and its key too.
static void what_leaves_is_gone(weft_heap *heap)
{
    weft_auto(weft_cache) cache = cache_of(heap, 1);
    weft_auto(struct node) key = loud_new(heap, "key");
    weft_auto(struct node) value = loud_new(heap, "value");
    CHECK_EQ(weft_cache_put(cache, weft_object(key), value), WEFT_OK);
    weft_clear(&key);
    weft_clear(&value);
    CHECK_TRACE("");
    put_named(cache, 2, "b");
    CHECK_TRACE("~value ~key key. value.");
    CHECK_EQ(weft_cache_get_stats(cache).watched, 1);
}

// What dies while it is only watched is not there any more; what has been put
// under its key meanwhile is.
static void the_watched_may_die(weft_heap *heap)
{
    weft_auto(weft_cache) cache = cache_of(heap, 1);
    weft_auto(struct item) first = item_new(heap, 1, 1);
    CHECK_EQ(weft_cache_put(cache, weft_int(1), first), WEFT_OK);
    put_item(cache, 2, 1);
    put_item(cache, 1, 1);
    weft_clear(&first);
    CHECK_TRUE(has(cache, 1));
    CHECK_FALSE(has(cache, 2));
    CHECK_EQ(weft_cache_get_stats(cache).watched, 1);
}

// ---------------------------------------------------------------------------
// Taking out

// What is removed goes, key and all, unless somebody holds it.
static void removes(weft_heap *heap)
{
    weft_auto(weft_cache) cache = here = cache_of(heap, 10);
    put_acting(cache, 1, "a", look_at_one);
    put_named(cache, 2, "b");
    weft_auto(struct node) b = weft_cache_get(cache, weft_int(2));
    CHECK_TRUE(weft_cache_remove(cache, weft_int(1)));
    CHECK_TRACE("~a a sees nothing a.");
    CHECK_TRUE(weft_cache_remove(cache, weft_int(2)));
    CHECK_TRACE("");
    CHECK_EQ(weft_refcount(b), 1);
    CHECK_FALSE(weft_cache_remove(cache, weft_int(2)));
    CHECK_KEPT(cache, 0, 0);
    CHECK_EQ(weft_cache_get_stats(cache).watched, 0);
    CHECK_EQ(weft_cache_get_stats(cache).evicted, 0);
}

// Clearing takes out everything, the watched too; the counts stay.
static void clears(weft_heap *heap)
{
    weft_auto(weft_cache) cache = here = cache_of(heap, 2);
    weft_auto(struct node) a = loud_new(heap, "a");
    CHECK_EQ(weft_cache_put(cache, weft_int(7), a), WEFT_OK);
    put_acting(cache, 1, "b", look_at_one);
    put_named(cache, 3, "c");
    CHECK_TRUE(has(cache, 1));
    CHECK_EQ(weft_cache_get_stats(cache).watched, 3);
    weft_cache_clear(cache);
    CHECK_TRACE("~b b sees nothing b. ~c c.");
    weft_cache_stats stats = weft_cache_get_stats(cache);
    CHECK_EQ(stats.hits, 1);
    CHECK_EQ(stats.misses, 1);
    CHECK_EQ(stats.evicted, 1);
    CHECK_EQ(stats.kept, 0);
    CHECK_EQ(stats.bytes, 0);
    CHECK_EQ(stats.watched, 0);
    CHECK_FALSE(has(cache, 7));
    put_item(cache, 7, 1);
    CHECK_TRUE(has(cache, 7));
}

// Trimming lets go until no more is kept than that; the budget stays.
static void trims(weft_heap *heap)
{
    weft_auto(weft_cache) cache = cache_of(heap, 10);
    for (int i = 0; i < 10; i++)
        put_item(cache, i, 1);
    weft_cache_trim(cache, 20);
    CHECK_KEPT(cache, 10, 10);
    weft_cache_trim(cache, 4);
    CHECK_KEPT(cache, 4, 4);
    CHECK_EQ(weft_cache_get_stats(cache).evicted, 6);
    CHECK_FALSE(has(cache, 0));
    CHECK_TRUE(has(cache, 9));
    for (int i = 10; i < 30; i++)
        put_item(cache, i, 1);
    CHECK_KEPT(cache, 10, 10);
}

// ---------------------------------------------------------------------------
// What cannot be put

static void refuses_what_cannot_be_watched(weft_heap *heap)
{
    weft_auto(weft_cache) cache = cache_of(heap, 10);
    weft_auto(weft_string) text = weft_string_new(heap, "a");
    CHECK_EQ(weft_cache_put(cache, weft_int(1), text), WEFT_TYPE_ERROR);
    CHECK_EQ(weft_cache_put(cache, weft_int(1), NULL), WEFT_TYPE_ERROR);
    CHECK_EQ(weft_cache_get_stats(cache).watched, 0);
    CHECK_EQ(weft_refcount(text), 1);
}

WEFT_NEW_REF static void *never_made(weft_value key, void *context)
{
    (void)key;
    (void)context;
    CHECK_TRUE(false);
    return NULL;
}

static void refuses_what_is_unhashable(weft_heap *heap)
{
    weft_auto(weft_cache) cache = cache_of(heap, 10);
    weft_auto(struct item) item = item_new(heap, 1, 1);
    weft_auto(weft_list) list = weft_list_new(heap);
    weft_value key = weft_object(list);
    CHECK_EQ(weft_cache_put(cache, key, item), WEFT_TYPE_ERROR);
    CHECK_NULL(weft_cache_get(cache, key));
    CHECK_NULL(weft_cache_get_or_create(cache, key, never_made, NULL));
    CHECK_FALSE(weft_cache_remove(cache, key));
    CHECK_EQ(weft_cache_get_stats(cache).misses, 2);
    CHECK_EQ(weft_refcount(list), 1);
    CHECK_EQ(weft_refcount(item), 1);
}

static void callback_puts(weft_ref *ref, void *object)
{
    (void)ref;
    say("%s", weft_status_name(weft_cache_put(here, weft_int(1), object)));
}

static void refuses_what_is_dying(weft_heap *heap)
{
    weft_auto(weft_cache) cache = here = cache_of(heap, 10);
    struct node *node = plain_new(heap);
    weft_auto(weft_ref) ref = weft_ref_new(node, callback_puts, node);
    weft_release(node);
    CHECK_TRACE("WEFT_REFERENCE_ERROR");
}

// A put that fails changes nothing; what was there still is.
static void copes_without_memory(weft_heap *heap)
{
    weft_auto(weft_cache) cache = item_cache(heap, 20);
    weft_auto(struct item) old = item_new(heap, 0, 1);
    if (!made(cache) || !made(old)
            || !went_well(weft_cache_put(cache, weft_text("a"), old)))
        return;
    weft_auto(struct item) item = item_new(heap, 1, 30);
    weft_auto(struct item) fresh = item_new(heap, 2, 2);
    if (!made(item) || !made(fresh))
        return;
    bool replaced = went_well(weft_cache_put(cache, weft_text("a"), fresh));
    CHECK_KEPT(cache, 1, replaced ? 2 : 1);
    CHECK_EQ(weft_refcount(old), replaced ? 1 : 2);
    for (int i = 0; i < 40; i++) {
        weft_cache_stats before = weft_cache_get_stats(cache);
        weft_auto(struct item) more = item_new(heap, i, 1);
        if (!made(more))
            return;
        if (went_well(weft_cache_put(cache, weft_int(i), more))) {
            CHECK_EQ(weft_refcount(more), 2);
            continue;
        }
        weft_cache_stats after = weft_cache_get_stats(cache);
        CHECK_EQ(after.kept, before.kept);
        CHECK_EQ(after.bytes, before.bytes);
        CHECK_EQ(after.watched, before.watched);
        CHECK_EQ(after.evicted, before.evicted);
        return;
    }
    CHECK_EQ(weft_cache_get_stats(cache).bytes, 20);
}

// ---------------------------------------------------------------------------
// User code in between

static void ask_for_two(struct node *self)
{
    say("%s%s", self->name, has(here, 2) ? "+" : "-");
}

// Who leaves can be asked for until its turn comes, and is taken back then.
static void asking_for_who_leaves_takes_it_back(weft_heap *heap)
{
    weft_auto(weft_cache) cache = here = cache_of(heap, 4);
    put_acting(cache, 1, "a", ask_for_two);
    put_named(cache, 2, "b");
    put_named(cache, 3, "c");
    weft_cache_trim(cache, 1);
    CHECK_TRACE("~a a+ a.");
    CHECK_KEPT(cache, 2, 2);
    CHECK_EQ(weft_cache_get_stats(cache).evicted, 2);
    CHECK_TRUE(has(cache, 2));
    CHECK_TRUE(has(cache, 3));
}

static void remove_two(struct node *self)
{
    (void)self;
    CHECK_TRUE(weft_cache_remove(here, weft_int(2)));
}

static void put_two(struct node *self)
{
    (void)self;
    put_named(here, 2, "B");
}

static void clear_here(struct node *self)
{
    (void)self;
    weft_cache_clear(here);
}

static void trim_here(struct node *self)
{
    (void)self;
    weft_cache_trim(here, 0);
}

static void release_here(struct node *self)
{
    (void)self;
    weft_clear(&here);
}

// Whatever the finalizer of one that leaves does to the others that do.
static void finalizers_may_do_anything(weft_heap *heap)
{
    static void (*const acts[])(struct node *) = { remove_two, put_two,
        clear_here, trim_here };
    static const char *const traces[] = { "~a ~b b. a. ~c c.",
        "~a ~c c. ~b b. a.", "~a ~b b. ~c c. ~d d. a.",
        "~a ~b b. ~c c. ~d d. a." };
    static const int kept[] = { 1, 2, 0, 0 };
    for (int i = 0; i < 4; i++) {
        weft_auto(weft_cache) cache = here = cache_of(heap, 4);
        put_acting(cache, 1, "a", acts[i]);
        put_named(cache, 2, "b");
        put_named(cache, 3, "c");
        put_named(cache, 4, "d");
        weft_cache_trim(cache, 1);
        CHECK_TRACE(traces[i]);
        CHECK_KEPT(cache, kept[i], kept[i]);
        CHECK_EQ(weft_cache_get_stats(cache).watched, kept[i]);
        weft_clear(&cache);
        forget_trace();
    }
}

// A finalizer may let go of the cache that lets go of its object.
static void finalizers_may_release_the_cache(weft_heap *heap)
{
    here = cache_of(heap, 2);
    weft_weak weak = weft_weak_of(here);
    put_acting(here, 1, "a", release_here);
    put_named(here, 2, "b");
    put_named(here, 3, "c");
    CHECK_TRACE("~a a. ~b b. ~c c.");
    CHECK_TRUE(weft_weak_is_dead(weak));
    here = cache_of(heap, 2);
    put_acting(here, 1, "a", release_here);
    weft_cache_trim(here, 0);
    CHECK_TRACE("~a a.");
    CHECK_NULL(here);
    here = cache_of(heap, 2);
    put_acting(here, 1, "a", release_here);
    CHECK_TRUE(weft_cache_remove(here, weft_int(1)));
    CHECK_NULL(here);
    here = cache_of(heap, 2);
    put_acting(here, 1, "a", release_here);
    weft_cache_clear(here);
    CHECK_NULL(here);
}

// A cache that is dying is not there any more, for those who know where it was.
static void use_the_dying(struct node *self)
{
    weft_cache *dying = here;
    CHECK_NULL(weft_cache_get(dying, weft_int(1)));
    CHECK_NULL(weft_cache_get(dying, weft_text("a")));
    CHECK_NULL(weft_cache_get_or_create(dying, weft_int(1), never_made, NULL));
    CHECK_EQ(weft_cache_put(dying, weft_int(1), self), WEFT_TYPE_ERROR);
    CHECK_FALSE(weft_cache_remove(dying, weft_int(1)));
    weft_cache_clear(dying);
    weft_cache_trim(dying, 0);
    while (take_report().event == WEFT_MISUSE)
        say("no");
}

static void a_dying_cache_does_nothing(weft_heap *heap)
{
    here = cache_of(heap, 10);
    put_acting(here, 1, "a", use_the_dying);
    put_named(here, 2, "b");
    weft_release(here);
    CHECK_TRACE("~a no no no no no no no a. ~b b.");
}

// One that lives on in its finalizer is watched no longer, but can be put.
static void put_itself(struct node *self)
{
    CHECK_EQ(weft_cache_put(here, weft_int(9), self), WEFT_OK);
}

static void a_finalizer_may_put_its_object(weft_heap *heap)
{
    weft_auto(weft_cache) cache = here = cache_of(heap, 2);
    put_acting(cache, 1, "a", put_itself);
    put_named(cache, 2, "b");
    put_named(cache, 3, "c");
    CHECK_TRACE("~a ~b b.");
    CHECK_TRUE(has(cache, 9));
    CHECK_KEPT(cache, 2, 2);
}

// The cost is asked once for each put, and may do anything.
static size_t count_calls(const void *object, void *context)
{
    (void)object;
    ++*(int *)context;
    return 1;
}

static void cost_is_asked_once(weft_heap *heap)
{
    int calls = 0;
    weft_auto(weft_cache) cache = weft_cache_new(heap, &(weft_cache_options){
        .budget = 2, .cost = count_calls, .context = &calls });
    weft_auto(struct item) item = item_new(heap, 1, 1);
    CHECK_EQ(weft_cache_put(cache, weft_int(1), item), WEFT_OK);
    CHECK_EQ(calls, 1);
    put_item(cache, 2, 1);
    put_item(cache, 3, 1);
    use(cache, 1, 4);
    CHECK_EQ(calls, 3);
}

static int cost_act;            // what acting_cost() does, once

static size_t acting_cost(const void *object, void *context)
{
    int act = cost_act;
    (void)context;
    cost_act = 0;
    if (act == 1)
        put_item(here, 1, 1);
    else if (act == 2)
        weft_cache_clear(here);
    else if (act == 3)
        weft_clear(&here);
    return ((const struct item *)object)->cost;
}

static void cost_may_do_anything(weft_heap *heap)
{
    weft_cache_options options = { .budget = 5, .cost = acting_cost };
    for (int act = 0; act < 4; act++) {
        here = weft_cache_new(heap, &options);
        weft_auto(weft_cache) cache = act == 3 ? NULL : weft_retain(here);
        put_item(here, 7, 1);
        cost_act = act;
        weft_auto(struct item) item = item_new(heap, 1, 2);
        CHECK_EQ(weft_cache_put(here, weft_int(1), item), WEFT_OK);
        if (act == 3) {
            CHECK_NULL(here);
            CHECK_EQ(weft_refcount(item), 1);
            continue;
        }
        weft_auto(struct item) found = weft_cache_get(here, weft_int(1));
        CHECK_SAME(found, item);
        CHECK_KEPT(here, act == 2 ? 1 : 2, act == 2 ? 2 : 3);
        weft_clear(&here);
    }
}

// ---------------------------------------------------------------------------
// Keys with hooks

struct key {
    int number;                 // equal keys have the same
    int act;                    // in equal: what to do, once; in hash: negative
};

static void act_on_here(int *act, int number)
{
    int now = *act;
    *act = 0;
    if (now == 1)
        (void)weft_cache_remove(here, weft_int(number));
    else if (now == 2)
        weft_cache_clear(here);
    else if (now == 3)
        weft_clear(&here);
    else if (now == 4)
        for (int i = 100; i < 150; i++)
            put_item(here, i, 0);
}

static uint64_t key_hash(const void *self)
{
    struct key *key = (struct key *)(uintptr_t)self;
    if (key->act < 0) {
        key->act = -key->act;
        act_on_here(&key->act, 0);
    }
    return 7;
}

static weft_type key_type;

static bool key_equal(const void *self, const void *other)
{
    struct key *key = (struct key *)(uintptr_t)self;
    if (key->act > 0)
        act_on_here(&key->act, 0);
    return weft_is(other, &key_type)
        && ((const struct key *)other)->number == key->number;
}

static weft_type key_type = { .name = "key", WEFT_SIZE(struct key),
    .fields = WEFT_FIELDS(WEFT_INT(struct key, number),
        WEFT_INT(struct key, act)),
    .hash = key_hash, .equal = key_equal };

WEFT_NEW_REF static struct key *key_new(weft_heap *heap, int number)
{
    struct key *key = weft_new(heap, &key_type);
    if (key != NULL)
        key->number = number;
    return key;
}

// Equal keys are one key, also among others of the same hash, and beside the
// integer with that hash.
static void equal_keys_are_one(weft_heap *heap)
{
    weft_auto(weft_cache) cache = item_cache(heap, 100);
    for (int i = 0; i < 20; i++) {
        weft_auto(struct key) key = key_new(heap, i);
        weft_auto(struct item) item = item_new(heap, i, 1);
        CHECK_EQ(weft_cache_put(cache, weft_object(key), item), WEFT_OK);
    }
    put_item(cache, 7, 1);
    for (int i = 0; i < 20; i++) {
        weft_auto(struct key) key = key_new(heap, i);
        weft_auto(struct item) item = weft_cache_get(cache, weft_object(key));
        CHECK_EQ(item->number, i);
        if (i % 2 == 0)
            CHECK_TRUE(weft_cache_remove(cache, weft_object(key)));
    }
    CHECK_EQ(weft_cache_get_stats(cache).watched, 11);
    use(cache, 7, 1);
}

WEFT_NEW_REF static void *make_nothing(weft_value key, void *context)
{
    (void)key;
    ++*(int *)context;
    return NULL;
}

static void hooks_may_do_anything(weft_heap *heap)
{
    int calls = 0;
    for (int act = -4; act <= 4; act++) {
        for (int call = 0; call < 4; call++) {
            here = item_cache(heap, 100);
            weft_auto(struct key) there = key_new(heap, 1);
            weft_auto(struct key) key = key_new(heap, 1);
            weft_auto(struct item) item = item_new(heap, 5, 1);
            put_item(here, 0, 1);
            CHECK_EQ(weft_cache_put(here, weft_object(there), item), WEFT_OK);
            weft_value sought = weft_object(key);
            *(act < 0 ? &key->act : &there->act) = act;
            if (call == 0)
                weft_release(weft_cache_get(here, sought));
            else if (call == 1)
                (void)weft_cache_put(here, sought, item);
            else if (call == 2)
                (void)weft_cache_remove(here, sought);
            else
                weft_release(weft_cache_get_or_create(here, sought,
                    make_nothing, &calls));
            CHECK_EQ(here == NULL, act == 3 || act == -3);
            weft_clear(&here);
            CHECK_EQ(weft_refcount(item), 1);
        }
    }
}

// ---------------------------------------------------------------------------
// The collector

// A ring through a cache is garbage like any other: by what it keeps, by a key.
static void rings_through_a_cache_are_collected(weft_heap *heap)
{
    for (int way = 0; way < 3; way++) {
        weft_cache *cache = item_cache(heap, 10);
        struct item *item = item_new(heap, 1, way == 1 ? 20 : 1);
        weft_set(&item->held, cache);
        if (way == 0) {
            CHECK_EQ(weft_cache_put(cache, weft_int(1), item), WEFT_OK);
        } else {
            weft_auto(struct item) other = item_new(heap, 2, 1);
            CHECK_EQ(weft_cache_put(cache, weft_object(item), other), WEFT_OK);
            if (way == 2)
                CHECK_EQ(weft_cache_put(cache, weft_int(1), item), WEFT_OK);
        }
        put_item(cache, 3, 1);
        weft_weak weak = weft_weak_of(cache), weak_item = weft_weak_of(item);
        weft_release(cache);
        weft_release(item);
        (void)weft_gc_collect(heap, way == 0 && !shim.often ? WEFT_YOUNG
            : WEFT_FULL);
        CHECK_TRUE(weft_weak_is_dead(weak));
        CHECK_TRUE(weft_weak_is_dead(weak_item));
        CHECK_EQ(weft_heap_get_stats(heap).objects, 0);
    }
}

// What a living cache only watches is collected when it is garbage; what it
// keeps, and what that holds, is not.
static void collecting_leaves_what_is_kept(weft_heap *heap)
{
    weft_auto(weft_cache) cache = item_cache(heap, 10);
    for (int i = 0; i < 8; i++) {
        weft_auto(struct item) item = item_new(heap, i, i < 4 ? 1 : 11);
        weft_set(&item->held, item);
        CHECK_EQ(weft_cache_put(cache, weft_int(i), item), WEFT_OK);
    }
    (void)weft_gc_collect(heap, WEFT_FULL);
    for (int i = 0; i < 8; i++)
        CHECK_EQ(has(cache, i), i < 4);
    CHECK_EQ(weft_cache_get_stats(cache).watched, 4);
    weft_cache_trim(cache, 0);
    CHECK_KEPT(cache, 0, 0);
    (void)weft_gc_collect(heap, WEFT_FULL);
    CHECK_EQ(weft_cache_get_stats(cache).watched, 0);
}

// A cache that comes back to life from its ring is empty then, and as good as
// any: what it had was on the way out.
static void keep_the_cache(struct node *self)
{
    size_t length = 7;
    CHECK_EQ(weft_length(here, &length), WEFT_OK);
    say("%d", (int)length);
    weft_set(&rescued, self);
}

static void come_back(weft_heap *heap, int first)
{
    weft_cache *cache = here = cache_of(heap, 4);
    struct node *node = loud_new(heap, "a");
    node->act = keep_the_cache;
    weft_set_slot(&node->left, cache);
    CHECK_EQ(weft_cache_put(cache, weft_int(1), node), WEFT_OK);
    use(cache, 1, 3);
    for (int i = 2; i < 5; i++)
        put_item(cache, i, 1);
    weft_weak weak = weft_weak_of(cache);
    weft_release(node);
    weft_release(cache);
    (void)weft_gc_collect(heap, WEFT_FULL);
    CHECK_TRACE("~a 0");
    weft_auto(weft_cache) back = weft_weak_get(weak);
    CHECK_SAME(back, cache);
    if (first == 0) {
        weft_cache_trim(back, 0);
        CHECK_FALSE(has(back, 1));
    } else if (first == 1) {
        CHECK_KEPT(back, 0, 0);
        weft_cache_clear(back);
    }
    for (int i = 1; i < 9; i++)
        put_item(back, i, 1);
    CHECK_KEPT(back, 4, 4);
    CHECK_EQ(weft_cache_get_stats(back).evicted, 4);
    weft_set_slot(&rescued->left, NULL);
    weft_clear(&rescued);
    CHECK_TRACE("a.");
}

static void a_cache_may_come_back(weft_heap *heap)
{
    for (int first = 0; first < 3; first++)
        come_back(heap, first);
}

// ---------------------------------------------------------------------------
// Making

static int makes;               // calls of make_item()

WEFT_NEW_REF static void *make_item(weft_value key, void *context)
{
    makes++;
    return item_new(context, (int)key.as.integer, 1);
}

static void makes_what_is_not_there(weft_heap *heap)
{
    weft_auto(weft_cache) cache = cache_of(heap, 2);
    makes = 0;
    weft_auto(struct item) one = weft_cache_get_or_create(cache, weft_int(1),
        make_item, heap);
    weft_auto(struct item) again = weft_cache_get_or_create(cache, weft_int(1),
        make_item, heap);
    CHECK_SAME(one, again);
    CHECK_EQ(makes, 1);
    for (int i = 0; i < 10; i++)
        weft_release(weft_cache_get_or_create(cache, weft_int(i % 2 + 2),
            make_item, heap));
    CHECK_TRUE(makes >= 3);
    CHECK_KEPT(cache, 2, 2);
    weft_cache_stats stats = weft_cache_get_stats(cache);
    CHECK_EQ(stats.hits + stats.misses, 12);
    CHECK_EQ(stats.misses, makes);
}

WEFT_NEW_REF static void *make_string(weft_value key, void *context)
{
    (void)key;
    return weft_string_new(context, "no");
}

// Nothing is not remembered; what cannot be put does not come back.
static void nothing_is_not_remembered(weft_heap *heap)
{
    weft_auto(weft_cache) cache = cache_of(heap, 2);
    int calls = 0;
    for (int i = 0; i < 3; i++)
        CHECK_NULL(weft_cache_get_or_create(cache, weft_text("a"),
            make_nothing, &calls));
    CHECK_EQ(calls, 3);
    CHECK_NULL(weft_cache_get_or_create(cache, weft_text("a"), make_string,
        heap));
    CHECK_EQ(weft_cache_get_stats(cache).watched, 0);
}

// Who makes something and asks for the very same gets NULL there; for another
// key it may go deeper.
WEFT_NEW_REF static void *make_from_next(weft_value key, void *context)
{
    int number = (int)key.as.integer;
    weft_auto(struct item) next = weft_cache_get_or_create(here,
        weft_int((number + 1) % 5), make_from_next, context);
    say("%d:%d", number, next == NULL ? -1 : next->number);
    return item_new(context, number, 1);
}

static void circles_end_with_nothing(weft_heap *heap)
{
    weft_auto(weft_cache) cache = here = cache_of(heap, 10);
    weft_auto(struct item) item = weft_cache_get_or_create(cache, weft_int(2),
        make_from_next, heap);
    CHECK_EQ(item->number, 2);
    CHECK_TRACE("1:-1 0:1 4:0 3:4 2:3");
    CHECK_KEPT(cache, 5, 5);
}

// The same with keys that only equal each other.
WEFT_NEW_REF static void *make_by_equal_key(weft_value key, void *context)
{
    const struct key *object = weft_value_object(key);
    weft_auto(struct key) equal = key_new(context, object->number);
    weft_auto(struct key) other = key_new(context, object->number + 1);
    void *found = weft_cache_get_or_create(here, weft_object(equal),
        make_by_equal_key, context);
    CHECK_NULL(found);
    if (object->number < 3)
        weft_release(weft_cache_get_or_create(here, weft_object(other),
            make_by_equal_key, context));
    return item_new(context, object->number, 1);
}

static void circles_of_equal_keys_end(weft_heap *heap)
{
    weft_auto(weft_cache) cache = here = cache_of(heap, 10);
    weft_auto(struct key) key = key_new(heap, 0);
    weft_auto(struct item) item = weft_cache_get_or_create(cache,
        weft_object(key), make_by_equal_key, heap);
    CHECK_EQ(item->number, 0);
    CHECK_EQ(weft_cache_get_stats(cache).watched, 4);
}

WEFT_NEW_REF static void *make_of_text(weft_value key, void *context)
{
    weft_auto(weft_string) same = weft_string_new(context,
        weft_value_text(key));
    CHECK_NULL(weft_cache_get_or_create(here, weft_object(same), make_of_text,
        context));
    return item_new(context, 3, 1);
}

static void circles_of_texts_end(weft_heap *heap)
{
    for (int by = WEFT_BY_EQUALITY; by <= WEFT_BY_IDENTITY; by++) {
        weft_auto(weft_cache) cache = here = weft_cache_new(heap,
            &(weft_cache_options){ .budget = 3, .cost = cost_one,
                .by = (weft_by)by });
        weft_auto(struct item) item = weft_cache_get_or_create(cache,
            weft_text("a"), make_of_text, heap);
        CHECK_EQ(item->number, 3);
        weft_auto(struct item) there = weft_cache_get(cache, weft_text("a"));
        CHECK_SAME(there, item);
    }
}

// What `make` has put under the key itself is what comes back.
WEFT_NEW_REF static void *make_by_putting(weft_value key, void *context)
{
    weft_auto(struct item) put = item_new(weft_heap_of(here), 1, 1);
    CHECK_EQ(weft_cache_put(here, key, put), WEFT_OK);
    weft_auto(struct item) found = weft_cache_get_or_create(here, key,
        make_by_putting, context);
    CHECK_SAME(found, put);
    return *(int *)context == 0 ? NULL
        : item_new(weft_heap_of(here), 2, 1);
}

static void what_make_puts_comes_back(weft_heap *heap)
{
    weft_auto(weft_cache) cache = here = cache_of(heap, 4);
    int returns = 1;
    weft_auto(struct item) item = weft_cache_get_or_create(cache,
        weft_int(1), make_by_putting, &returns);
    CHECK_EQ(item->number, 1);
    returns = 0;
    CHECK_NULL(weft_cache_get_or_create(cache, weft_int(2), make_by_putting,
        &returns));
    CHECK_TRUE(has(cache, 2));
}

// `make` may clear the cache, let go of it and of the key.
static struct key *only_key;

WEFT_NEW_REF static void *make_and_let_go(weft_value key, void *context)
{
    weft_clear(&here);
    weft_clear(&only_key);
    weft_auto(void) object = weft_retain(weft_value_object(key));
    CHECK_EQ(((struct key *)object)->number, 8);
    return item_new(context, 4, 1);
}

static void make_may_let_go_of_the_cache(weft_heap *heap)
{
    here = cache_of(heap, 4);
    weft_weak weak = weft_weak_of(here);
    only_key = key_new(heap, 8);
    weft_auto(struct item) item = weft_cache_get_or_create(here,
        weft_object(only_key), make_and_let_go, heap);
    CHECK_EQ(item->number, 4);
    CHECK_EQ(weft_refcount(item), 1);
    CHECK_TRUE(weft_weak_is_dead(weak));
}

WEFT_NEW_REF static void *make_and_clear(weft_value key, void *context)
{
    weft_cache_clear(here);
    return item_new(context, (int)key.as.integer, 1);
}

static void make_may_clear(weft_heap *heap)
{
    weft_auto(weft_cache) cache = here = cache_of(heap, 4);
    put_item(cache, 1, 1);
    weft_auto(struct item) item = weft_cache_get_or_create(cache,
        weft_int(2), make_and_clear, heap);
    CHECK_EQ(item->number, 2);
    CHECK_FALSE(has(cache, 1));
    CHECK_TRUE(has(cache, 2));
}

// What costs too much comes back all the same.
static void makes_what_costs_too_much(weft_heap *heap)
{
    weft_auto(weft_cache) cache = weft_cache_new(heap,
        &(weft_cache_options){ .budget = 1 });
    weft_auto(struct item) item = weft_cache_get_or_create(cache,
        weft_int(1), make_item, heap);
    weft_auto(struct item) again = weft_cache_get(cache, weft_int(1));
    CHECK_SAME(item, again);
    CHECK_KEPT(cache, 0, 0);
}

static void making_copes_without_memory(weft_heap *heap)
{
    weft_auto(weft_cache) cache = cache_of(heap, 2);
    if (!made(cache))
        return;
    for (int i = 0; i < 4; i++) {
        weft_auto(struct item) item = weft_cache_get_or_create(cache,
            weft_int(i), make_item, heap);
        if (!made(item))
            return;
        CHECK_EQ(weft_refcount(item), 2);
    }
}

TESTS(
    RUN(is_empty_at_first),
    RUN(keeps_what_is_put),
    RUN(costs_are_bytes_by_default),
    RUN(keys_are_those_of_dictionaries),
    RUN(keys_by_identity_are_not_asked),
    RUN(putting_again_replaces),
    RUN(putting_the_same_changes_its_cost),
    RUN(an_object_may_have_many_keys),
    RUN(what_costs_too_much_is_watched),
    RUN(no_budget_keeps_nothing),
    RUN(what_costs_nothing_is_kept),
    RUN(finding_takes_back),
    RUN(what_leaves_is_gone),
    RUN(the_watched_may_die),
    RUN(removes),
    RUN(clears),
    RUN(trims),
    RUN(refuses_what_cannot_be_watched),
    RUN(refuses_what_is_unhashable),
    RUN(refuses_what_is_dying),
    RUN_OOM(copes_without_memory),
    RUN(asking_for_who_leaves_takes_it_back),
    RUN(finalizers_may_do_anything),
    RUN(finalizers_may_release_the_cache),
    RUN(a_dying_cache_does_nothing),
    RUN(a_finalizer_may_put_its_object),
    RUN(cost_is_asked_once),
    RUN(cost_may_do_anything),
    RUN(equal_keys_are_one),
    RUN(hooks_may_do_anything),
    RUN(rings_through_a_cache_are_collected),
    RUN(collecting_leaves_what_is_kept),
    RUN(a_cache_may_come_back),
    RUN(makes_what_is_not_there),
    RUN(nothing_is_not_remembered),
    RUN(circles_end_with_nothing),
    RUN(circles_of_equal_keys_end),
    RUN(circles_of_texts_end),
    RUN(what_make_puts_comes_back),
    RUN(make_may_let_go_of_the_cache),
    RUN(make_may_clear),
    RUN(makes_what_costs_too_much),
    RUN_OOM(making_copes_without_memory),
)
