// SPDX-License-Identifier: MIT
//
// What CPython's tests say of references and weak methods, and of its C
// functions for them, where no other test shows it of weft's.
#include "fidelity.h"

// ---------------------------------------------------------------------------
// The text form

static void never(weft_ref *ref, void *context)
{
    (void)ref;
    say("never %s", (const char *)context);
}

// A ref says what it refers to, and whether that is gone; so does one of a type
// of one's own, by its name.
static void text_tells_what_or_that_it_is_gone(weft_heap *heap)
{
    struct thing *thing = thing_new(heap, 3);
    weft_auto(weft_ref) ref = weft_ref_new(thing, NULL, NULL);
    CHECK_REPR(heap, ref, "<ref to thing>");
    CHECK_EQ(weft_refcount(thing), 1);
    weft_release(thing);
    CHECK_REPR(heap, ref, "<ref, dead>");
}

static uint64_t loud_hash(const void *self)
{
    (void)self;
    say("hash");
    return 0;
}

static bool loud_equal(const void *self, const void *other)
{
    say("equal");
    return self == other;
}

static size_t loud_length(const void *self)
{
    (void)self;
    say("length");
    return 0;
}

static void loud_repr(const void *self, weft_writer *writer)
{
    (void)self;
    say("repr");
    weft_write(writer, "itself");
}

static weft_type hooked_type = {
    .name = "hooked", WEFT_SIZE(struct thing),
    .fields = WEFT_FIELDS(THING_FIELDS), .hash = loud_hash,
    .equal = loud_equal, .length = loud_length, .repr = loud_repr };

// No hook of what a ref refers to is asked for its text form.
static void text_of_a_ref_asks_nobody(weft_heap *heap)
{
    weft_auto(struct thing) thing = thing_of(heap, &hooked_type, 1);
    weft_auto(weft_ref) ref = weft_ref_new(thing, NULL, NULL);
    CHECK_REPR(heap, ref, "<ref to hooked>");
    CHECK_TRACE("");
    CHECK_REPR(heap, thing, "itself");
    CHECK_TRACE("repr");
}

// ---------------------------------------------------------------------------
// Who can be watched

static void shout(void *self, void *argument)
{
    (void)argument;
    say("%d", ((struct thing *)self)->number);
}

static void check_is_watched(void *object, const char *name)
{
    weft_auto(weft_ref) ref = weft_ref_new(object, told_of,
        (void *)(uintptr_t)name);
    CHECK_TRUE(weft_is_weakable(object));
    weft_release(object);
    CHECK_TRUE(weft_ref_is_dead(ref));
    CHECK_TRACE(name);
}

// What the library makes, but strings, is watched as any object is.
static void things_of_the_library_are_watched(weft_heap *heap)
{
    weft_auto(struct thing) thing = thing_new(heap, 1);
    check_is_watched(weft_list_new(heap), "list");
    check_is_watched(weft_dict_new(heap, WEFT_BY_EQUALITY), "dict");
    check_is_watched(weft_ref_new(thing, NULL, NULL), "ref");
    check_is_watched(weft_weakmethod_new(thing, NULL, shout, NULL, NULL),
        "method");
    check_is_watched(weft_weakset_new(heap, WEFT_BY_EQUALITY), "set");
}

static weft_type derived_type = {
    .name = "derived", WEFT_SIZE(struct thing), .base = &equal_type };

static weft_type leaf_type = { .name = "leaf", WEFT_SIZE(struct thing),
    .acyclic = true };

// A type is watched as its base is, and has its fields by name.
static void derived_types_are_watched(weft_heap *heap)
{
    weft_auto(struct thing) thing = thing_of(heap, &derived_type, 5);
    weft_value number;
    CHECK_EQ(weft_getattr(thing, "number", &number), WEFT_OK);
    CHECK_EQ(number.as.integer, 5);
    check_is_watched(weft_take(&thing), "derived");
}

// So is one that the collector does not know.
static void untracked_objects_are_watched(weft_heap *heap)
{
    struct thing *thing = thing_of(heap, &leaf_type, 1);
    CHECK_FALSE(weft_gc_is_tracked(thing));
    check_is_watched(thing, "leaf");
}

// What cannot be watched has no refs, no count of them, and none to list.
static void what_forbids_it_is_not_watched(weft_heap *heap)
{
    weft_auto(struct thing) thing = unwatched_new(heap);
    CHECK_NULL(weft_ref_new(thing, NULL, NULL));
    CHECK_REPORT(WEFT_MISUSE, "cannot be weakly referenced");
    CHECK_NULL(weft_ref_new(thing, never, NULL));
    CHECK_REPORT(WEFT_MISUSE, "cannot be weakly referenced");
    CHECK_NULL(weft_proxy_new(thing, NULL, NULL));
    CHECK_REPORT(WEFT_MISUSE, "cannot be weakly referenced");
    CHECK_EQ(weft_weakref_count(thing), 0);
    weft_auto(weft_list) list = weft_weakrefs(thing);
    CHECK_EQ(weft_list_length(list), 0);
}

// ---------------------------------------------------------------------------
// Callbacks

static weft_weak doomed;

static void report_a_failure(weft_ref *ref, void *context)
{
    weft_heap *heap = context;
    CHECK_EQ(weft_setattr(ref, "nothing", weft_nil()), WEFT_ATTRIBUTE_ERROR);
    weft_heap_report(heap, WEFT_KEY_ERROR, "from a callback", ref);
    say("told");
}

static weft_status fail_after_a_death(void *self, const weft_value *arguments,
    size_t count, weft_value *result)
{
    struct thing *thing = self;
    (void)arguments, (void)count, (void)result;
    weft_clear(&thing->other);
    CHECK_TRUE(weft_weak_is_dead(doomed));
    return WEFT_VALUE_ERROR;
}

static weft_type failing_type = {
    .name = "failing", WEFT_SIZE(struct thing),
    .fields = WEFT_FIELDS(THING_FIELDS),
    .methods = WEFT_METHODS({ "fail", fail_after_a_death }) };

// A callback that fails while a call fails changes nothing about how that does.
static void failing_callback_spares_the_call(weft_heap *heap)
{
    weft_auto(struct thing) thing = thing_of(heap, &failing_type, 1);
    thing->other = thing_new(heap, 2);
    doomed = weft_weak_of(thing->other);
    weft_auto(weft_ref) ref = weft_ref_new(thing->other, report_a_failure,
        heap);
    weft_value result = weft_int(5);
    CHECK_EQ(weft_call(thing, "fail", NULL, 0, &result), WEFT_VALUE_ERROR);
    CHECK_EQ(result.kind, WEFT_KIND_NIL);
    CHECK_TRACE("told");
    CHECK_REPORT(WEFT_UNRAISABLE, "from a callback");
}

// A death, with callbacks to be called and refs to be cleared, asks for no
// memory: the next request would fail, and is still to come afterwards.
static void death_is_told_without_memory(weft_heap *heap)
{
    weft_ref *refs[20];
    struct thing *thing = thing_new(heap, 1);
    for (int i = 0; i < 20; i++)
        refs[i] = weft_ref_new(thing, i < 10 ? told_of : NULL, "x");
    (void)weft_debug_fail_at(heap, 1);
    weft_release(thing);
    CHECK_EQ(weft_debug_fail_at(heap, 0), 1);
    CHECK_TRACE("x x x x x x x x x x");
    for (int i = 0; i < 20; i++) {
        CHECK_TRUE(weft_ref_is_dead(refs[i]));
        weft_release(refs[i]);
    }
}

// ---------------------------------------------------------------------------
// Refs and the collector

// Making refs and proxies never collects, however much is due.
static void making_refs_never_collects(weft_heap *heap)
{
    weft_ref *refs[100];
    weft_debug_collect_often(heap, false);
    weft_auto(struct thing) thing = thing_new(heap, 1);
    weft_auto(weft_ref) watch = NULL;
    {
        weft_auto(struct node) ring = ring_new(heap, 2);
        watch = weft_ref_new(ring, told_of, "gone");
        weft_gc_disable(heap);
    }
    weft_gc_set_threshold(heap, (weft_gc_threshold){ 1, 1, 1 });
    weft_gc_enable(heap);
    for (int i = 0; i < 100; i++)
        refs[i] = i % 2 == 0 ? weft_ref_new(thing, told_of, "x")
            : weft_proxy_new(thing, told_of, "x");
    CHECK_TRACE("");
    CHECK_FALSE(weft_ref_is_dead(watch));
    CHECK_EQ(weft_weakref_count(thing), 100);
    weft_poll(heap);
    (void)weft_gc_collect(heap, WEFT_FULL);
    CHECK_TRACE("gone");
    CHECK_EQ(weft_weakref_count(thing), 100);
    for (int i = 0; i < 100; i++)
        weft_release(refs[i]);
}

// Until garbage is collected a ref still gives it.
static void garbage_is_given_until_it_is_collected(weft_heap *heap)
{
    by_hand(heap);
    struct thing *thing = loop_new(heap, &thing_type, 7);
    weft_auto(weft_ref) ref = weft_ref_new(thing, NULL, NULL);
    weft_release(thing);
    {
        weft_auto(struct thing) found = weft_ref_get(ref);
        CHECK_EQ(found->number, 7);
        CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 0);
    }
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 1);
    CHECK_NULL(weft_ref_get(ref));
}

// ---------------------------------------------------------------------------
// Types of one's own, and telling types apart

struct counted_ref {
    weft_ref ref;               // what it extends
    size_t gets;                // how often it was asked
};

static weft_type counted_ref_type = {
    .name = "counted_ref", WEFT_SIZE(struct counted_ref),
    .base = &weft_ref_type, .fields = WEFT_FIELDS(
        WEFT_UINT(struct counted_ref, gets)) };

static weft_type own_proxy_type = {
    .name = "own_proxy", WEFT_SIZE(weft_ref), .base = &weft_proxy_type };

WEFT_NEW_REF static void *counted_get(struct counted_ref *counted)
{
    counted->gets++;
    return weft_ref_get(&counted->ref);
}

// A ref that counts how often it is asked, as the documents have it.
static void ref_counts_its_questions(weft_heap *heap)
{
    struct thing *thing = thing_new(heap, 9);
    weft_auto(weft_ref) ref = weft_ref_new_as(&counted_ref_type, thing, NULL,
        NULL);
    struct counted_ref *counted = (struct counted_ref *)(void *)ref;
    for (int i = 0; i < 3; i++)
        weft_release(counted_get(counted));
    weft_value gets;
    CHECK_EQ(weft_getattr(ref, "gets", &gets), WEFT_OK);
    CHECK_EQ(gets.as.integer, 3);
    CHECK_REPR(heap, ref, "<counted_ref to thing>");
    weft_release(thing);
    CHECK_NULL(counted_get(counted));
    CHECK_EQ(counted->gets, 4);
}

// What is a ref of any type, what is one of a type that extends refs or is that
// itself, what is exactly a ref, and what is a proxy.
static void refs_and_proxies_are_told_apart(weft_heap *heap)
{
    weft_auto(struct thing) thing = thing_new(heap, 1);
    weft_ref *refs[4] = {
        weft_ref_new(thing, NULL, NULL),
        weft_ref_new_as(&counted_ref_type, thing, NULL, NULL),
        weft_proxy_new(thing, NULL, NULL),
        weft_ref_new_as(&own_proxy_type, thing, NULL, NULL) };
    for (int i = 0; i < 4; i++) {
        CHECK_EQ(weft_is(refs[i], &weft_ref_type), i < 2);
        CHECK_EQ(weft_type_of(refs[i]) == &weft_ref_type, i == 0);
        CHECK_EQ(weft_is(refs[i], &weft_proxy_type), i >= 2);
        weft_release(refs[i]);
    }
    CHECK_FALSE(weft_is(thing, &weft_ref_type));
    CHECK_FALSE(weft_is(thing, &weft_proxy_type));
}

// Getting gives a reference of the caller's own, or nothing; asking whether it
// is dead counts nothing. Both work for proxies, too.
static void getting_counts_and_asking_does_not(weft_heap *heap)
{
    for (int proxy = 0; proxy < 2; proxy++) {
        struct thing *thing = thing_new(heap, 1);
        weft_auto(weft_ref) ref = proxy ? weft_proxy_new(thing, NULL, NULL)
            : weft_ref_new(thing, NULL, NULL);
        void *found = weft_ref_get(ref);
        CHECK_SAME(found, thing);
        CHECK_EQ(weft_refcount(thing), 2);
        CHECK_FALSE(weft_ref_is_dead(ref));
        CHECK_EQ(weft_refcount(thing), 2);
        weft_release(found);
        weft_release(thing);
        CHECK_TRUE(weft_ref_is_dead(ref));
        CHECK_NULL(weft_ref_get(ref));
    }
}

// With a callback or without: what is made is a ref, or a proxy, that is alive.
static void both_are_made_with_a_callback_or_without(weft_heap *heap)
{
    struct thing *thing = thing_new(heap, 1);
    weft_ref *refs[4] = {
        weft_ref_new(thing, NULL, NULL), weft_ref_new(thing, told_of, "ref"),
        weft_proxy_new(thing, NULL, NULL),
        weft_proxy_new(thing, told_of, "proxy") };
    for (int i = 0; i < 4; i++) {
        CHECK_SAME(weft_type_of(refs[i]), i < 2 ? &weft_ref_type
            : &weft_proxy_type);
        CHECK_FALSE(weft_ref_is_dead(refs[i]));
        CHECK_EQ(weft_ref_callback(refs[i]) == told_of, i % 2);
    }
    weft_release(thing);
    CHECK_TRACE("proxy ref");
    for (int i = 0; i < 4; i++)
        weft_release(refs[i]);
}

// ---------------------------------------------------------------------------
// Weak methods

struct holder {
    weft_ref *method;           // strong
};

static weft_type holder_type = {
    .name = "holder", WEFT_SIZE(struct holder),
    .fields = WEFT_FIELDS(WEFT_STRONG(struct holder, method)) };

// A weak method is in no ring with itself, nor with an object that holds it:
// both go by count.
static void method_is_in_no_ring(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(struct thing) thing = thing_new(heap, 1);
    weft_release(weft_weakmethod_new(thing, thing, shout, told_of, "x"));
    CHECK_EQ(object_count(heap), 1);
    weft_clear(&thing);
    struct holder *holder = weft_new(heap, &holder_type);
    holder->method = weft_weakmethod_new(holder, NULL, shout, NULL, NULL);
    weft_release(holder);
    CHECK_EQ(object_count(heap), 0);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 0);
}

TESTS(RUN(text_tells_what_or_that_it_is_gone), RUN(text_of_a_ref_asks_nobody),
    RUN(things_of_the_library_are_watched), RUN(derived_types_are_watched),
    RUN(untracked_objects_are_watched), RUN(what_forbids_it_is_not_watched),
    RUN(failing_callback_spares_the_call),
    RUN_CALM(death_is_told_without_memory, "counts requests for memory"),
    RUN(making_refs_never_collects),
    RUN(garbage_is_given_until_it_is_collected), RUN(ref_counts_its_questions),
    RUN(refs_and_proxies_are_told_apart),
    RUN(getting_counts_and_asking_does_not),
    RUN(both_are_made_with_a_callback_or_without), RUN(method_is_in_no_ring))
