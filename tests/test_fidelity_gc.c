// SPDX-License-Identifier: MIT
//
// What CPython's tests say of its collector, and of callbacks in a collection,
// where no other test shows it of weft's.
#include "fidelity.h"

#include <pthread.h>

static weft_heap *its_heap;

// ---------------------------------------------------------------------------
// Callbacks

static void collect_when_told(weft_ref *ref, void *context)
{
    (void)ref, (void)context;
    say("gc:%zu", weft_gc_collect(its_heap, WEFT_FULL));
}

// A callback collects while the object it is told of, which others hold and
// which holds others, is on its way: everything goes once.
static void callback_collects_in_the_middle_of_a_death(weft_heap *heap)
{
    by_hand(heap);
    its_heap = heap;
    struct node *node = loud_new(heap, "a");
    node->left = loud_new(heap, "b");
    weft_auto(weft_ref) first = weft_ref_new(node, collect_when_told, NULL);
    weft_auto(weft_ref) second = weft_ref_new(node->left, collect_when_told,
        NULL);
    lose_ring(heap, 2);
    weft_release(node);
    CHECK_TRACE("~a gc:2 ~b gc:0 b. a.");
}

// A member of a ring, which may hold a ref.
struct member {
    struct member *next;        // strong
    weft_ref *ref;              // strong
    struct node *load;          // strong
};

#define MEMBER_FIELDS WEFT_FIELDS(WEFT_STRONG(struct member, next), \
    WEFT_STRONG(struct member, ref), WEFT_STRONG(struct member, load))

static weft_type member_type = {
    .name = "member", WEFT_SIZE(struct member), .fields = MEMBER_FIELDS };

static weft_type sibling_type = {
    .name = "sibling", WEFT_SIZE(struct member), .fields = MEMBER_FIELDS };

WEFT_NEW_REF static struct member *member_new(weft_heap *heap, weft_type *type)
{
    struct member *member = weft_new(heap, type);
    weft_set(&member->next, member);
    return member;
}

static void say_never(weft_ref *ref, void *context)
{
    (void)ref, (void)context;
    say("never");
}

// `holder` holds a ref to `watched`, whose callback belongs to `owner`.
static void watch_for(struct member *holder, struct member *watched,
    void *owner)
{
    weft_set_steal(&holder->ref, weft_ref_new_as(&weft_ref_type, watched,
        say_never, owner));
}

// Two rings of one that are garbage, of one type or two: the callback of a ref
// in one of them, which belongs to the one or the other, is not called when the
// ref watches the other.
static void garbage_callbacks_are_not_called(weft_heap *heap)
{
    by_hand(heap);
    for (int way = 0; way < 8; way++) {
        struct member *a = member_new(heap, &member_type);
        struct member *b = member_new(heap, (way & 1) == 0 ? &member_type
            : &sibling_type);
        struct member *owner = (way & 2) == 0 ? a : b;
        watch_for(a, b, owner);
        if ((way & 4) != 0)
            watch_for(b, a, owner);
        weft_release(a);
        weft_release(b);
        CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), (way & 4) == 0 ? 3 : 4);
        CHECK_EQ(object_count(heap), 0);
        CHECK_TRACE("");
    }
}

// One ring reaches the other, and not the other way: whichever holds the ref,
// it tells nobody.
static void garbage_reached_one_way_tells_nobody(weft_heap *heap)
{
    by_hand(heap);
    for (int way = 0; way < 2; way++) {
        struct member *a = member_new(heap, &member_type);
        struct member *b = member_new(heap, &member_type);
        weft_set_steal(&a->load, plain_new(heap));
        weft_set(&a->load->left, (struct node *)(void *)b);
        if (way == 0)
            watch_for(a, b, a);
        else
            watch_for(b, a, NULL);
        weft_release(a);
        weft_release(b);
        CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 4);
        CHECK_TRACE("");
    }
}

static weft_weak lost;
static void *found;

static void bring_back(weft_ref *ref, void *context)
{
    (void)ref, (void)context;
    found = weft_weak_get(lost);
    say("never");
}

// A callback that is garbage itself brings nothing back; one that is held
// outside is called, once.
static void garbage_callback_brings_nothing_back(weft_heap *heap)
{
    by_hand(heap);
    struct member *member = member_new(heap, &member_type);
    lost = weft_weak_of(member);
    member->ref = weft_ref_new(member, bring_back, NULL);
    weft_auto(weft_ref) outer = weft_ref_new(member, told_of, "outer");
    weft_release(member);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
    CHECK_NULL(found);
    CHECK_TRUE(weft_weak_is_dead(lost));
    CHECK_TRACE("outer");
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 0);
}

// What a callback belongs to may be watched as well: from outside that is told,
// from inside of the garbage it is not.
static void owner_of_a_callback_is_watched(weft_heap *heap)
{
    by_hand(heap);
    struct member *a = member_new(heap, &member_type);
    struct member *b = member_new(heap, &member_type);
    weft_auto(struct member) owner = member_new(heap, &member_type);
    watch_for(a, b, owner);
    weft_auto(weft_ref) outer = weft_ref_new(owner, told_of, "outer");
    watch_for(b, owner, NULL);
    weft_clear(&owner);
    weft_release(a);
    weft_release(b);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 5);
    CHECK_TRACE("outer");
}

// A type that holds another object, of which nobody is told.
struct opaque {
    struct member *secret;      // strong, but in no row
};

static void opaque_clear(void *self)
{
    weft_clear(&((struct opaque *)self)->secret);
}

static weft_type opaque_type = {
    .name = "opaque", WEFT_SIZE(struct opaque), .clear = opaque_clear };

// As a member, but what it holds goes in another order.
static weft_type reversed_type = {
    .name = "reversed", WEFT_SIZE(struct member), .fields = WEFT_FIELDS(
        WEFT_STRONG(struct member, load), WEFT_STRONG(struct member, ref),
        WEFT_STRONG(struct member, next)) };

// Garbage holds the only reference to what the collector cannot see as garbage,
// and that dies while the rest is emptied, before the ref that watches it or
// after: it is garbage, and tells nobody.
static void garbage_ref_to_a_hidden_object_is_silent(weft_heap *heap)
{
    by_hand(heap);
    for (int way = 0; way < 2; way++) {
        struct member *a = member_new(heap, way == 0 ? &member_type
            : &reversed_type);
        struct member *hidden = weft_new(heap, &member_type);
        struct opaque *opaque = weft_new(heap, &opaque_type);
        opaque->secret = hidden;
        a->load = (struct node *)(void *)opaque;
        watch_for(a, hidden, NULL);
        lost = weft_weak_of(hidden);
        weft_release(a);
        CHECK_TRUE(weft_gc_collect(heap, WEFT_FULL) >= 2);
        CHECK_TRUE(weft_weak_is_dead(lost));
        CHECK_EQ(object_count(heap), 0);
        CHECK_TRACE("");
    }
}

// ---------------------------------------------------------------------------
// What goes

static void container_in_itself_is_one(weft_heap *heap)
{
    by_hand(heap);
    weft_list *list = weft_list_new(heap);
    CHECK_EQ(weft_list_append(list, weft_object(list)), WEFT_OK);
    weft_release(list);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 1);
    weft_dict *dict = weft_dict_new(heap, WEFT_BY_EQUALITY);
    CHECK_EQ(weft_dict_put(dict, weft_int(1), weft_object(dict)), WEFT_OK);
    weft_release(dict);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 1);
}

static void containers_of_two_kinds_are_two(weft_heap *heap)
{
    by_hand(heap);
    weft_list *list = weft_list_new(heap);
    weft_dict *dict = weft_dict_new(heap, WEFT_BY_EQUALITY);
    CHECK_EQ(weft_list_append(list, weft_object(dict)), WEFT_OK);
    CHECK_EQ(weft_dict_put(dict, weft_int(1), weft_object(list)), WEFT_OK);
    weft_release(list);
    weft_release(dict);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
}

struct derived {
    struct member base;         // what it extends
    struct derived *own;        // strong
};

static weft_type derived_type = {
    .name = "derived", WEFT_SIZE(struct derived), .base = &member_type,
    .fields = WEFT_FIELDS(WEFT_STRONG(struct derived, own)) };

// One of a type that extends another is in a ring by a field of the base, and
// by one of its own; a collection after that finds nothing.
static void objects_of_derived_types_go(weft_heap *heap)
{
    by_hand(heap);
    for (int way = 0; way < 2; way++) {
        struct derived *derived = weft_new(heap, &derived_type);
        if (way == 0)
            weft_set(&derived->base.next, &derived->base);
        else
            weft_set(&derived->own, derived);
        weft_release(derived);
        CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 1);
        CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 0);
    }
}

static void greet(void *self, void *argument)
{
    (void)self, (void)argument;
    say("greeted");
}

// An object that holds its own method, bound strongly: what is bound is an
// object that holds it.
static void object_with_its_own_method_goes(weft_heap *heap)
{
    by_hand(heap);
    struct member *member = weft_new(heap, &member_type);
    weft_auto(weft_ref) method = weft_weakmethod_new_as(&weft_weakmethod_type,
        member, NULL, greet, NULL, member);
    CHECK_TRUE(weft_weakmethod_call(method, NULL));
    CHECK_TRACE("greeted");
    weft_set(&member->ref, method);
    lost = weft_weak_of(member);
    weft_clear(&method);
    weft_release(member);
    CHECK_FALSE(weft_weak_is_dead(lost));
    CHECK_TRUE(weft_gc_collect(heap, WEFT_FULL) >= 2);
    CHECK_TRUE(weft_weak_is_dead(lost));
    CHECK_EQ(object_count(heap), 0);
}

// Objects with bytes behind their struct go, too.
static void objects_with_extra_bytes_go(weft_heap *heap)
{
    by_hand(heap);
    struct member *member = weft_new_sized(heap, &member_type, 1000);
    memset(member + 1, 0x5a, 1000);
    weft_set(&member->next, member);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 0);
    CHECK_EQ(((unsigned char *)(member + 1))[999], 0x5a);
    weft_release(member);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 1);
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
    (void)self, (void)writer;
    say("repr");
}

static weft_status loud_method(void *self, const weft_value *arguments,
    size_t count, weft_value *result)
{
    (void)self, (void)arguments, (void)count, (void)result;
    say("method");
    return WEFT_OK;
}

static weft_type hooked_type = {
    .name = "hooked", WEFT_SIZE(struct thing),
    .fields = WEFT_FIELDS(THING_FIELDS), .hash = loud_hash,
    .equal = loud_equal, .length = loud_length, .repr = loud_repr,
    .methods = WEFT_METHODS({ "finalize", loud_method }) };

// Whether an object has a finalizer is read from its type: a collection asks
// none of its hooks and calls none of its methods, whatever their names are.
static void collecting_asks_the_objects_nothing(weft_heap *heap)
{
    by_hand(heap);
    struct thing *a = thing_of(heap, &hooked_type, 1);
    weft_set_steal(&a->other, thing_of(heap, &hooked_type, 2));
    weft_set(&a->other->other, a);
    weft_auto(weft_ref) ref = weft_ref_new(a, NULL, NULL);
    weft_release(a);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
    CHECK_TRACE("");
}

// ---------------------------------------------------------------------------
// Finalizers in a collection

static void keep(struct node *self)
{
    weft_set(&rescued, self);
}

// Who comes back brings along, alive and whole, what it holds.
static void what_comes_back_brings_all_it_holds(weft_heap *heap)
{
    by_hand(heap);
    struct node *ring = loud_ring(heap, "a", "b");
    ring->left->right = loud_new(heap, "cargo");
    ring->act = keep;
    weft_release(ring);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 0);
    CHECK_STR(rescued->left->right->name, "cargo");
    CHECK_EQ(object_count(heap), 3);
    forget_trace();
    weft_clear(&rescued);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 3);
    forget_trace();
}

static void look_around(struct node *self)
{
    weft_auto(weft_list) all = weft_gc_get_objects(its_heap, WEFT_FULL);
    weft_each (it, all)
        CHECK_TRUE(it.object != self && it.object != self->left);
    weft_auto(weft_list) holders = weft_gc_get_referrers(self);
    CHECK_EQ(weft_list_length(holders), 0);
    say("%zu", weft_list_length(all));
}

// A finalizer called by a collection lists objects and referrers: the garbage
// is not among them.
static void garbage_is_not_listed_by_its_finalizers(weft_heap *heap)
{
    by_hand(heap);
    its_heap = heap;
    weft_auto(struct node) alive = ring_new(heap, 2);
    struct node *ring = loud_ring(heap, "a", "b");
    ring->act = look_around;
    weft_release(ring);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
    CHECK_EITHER("~a 2 ~b a. b.", "~b ~a 2 b. a.");
    weft_clear(&alive);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
}

static void make_rings(struct node *self)
{
    weft_heap *heap = weft_heap_of(self);
    uint64_t passes = weft_gc_get_stats(heap, WEFT_YOUNG).collections;
    for (int i = 0; i < 500; i++)
        lose_ring(heap, 2);
    CHECK_EQ(weft_gc_get_stats(heap, WEFT_YOUNG).collections, passes);
}

// A finalizer makes so much that collecting is due again and again. Nothing is
// collected by itself before it returns, by whomever it was called.
static void finalizers_make_collections_due(weft_heap *heap)
{
    weft_debug_collect_often(heap, false);
    weft_gc_set_threshold(heap, (weft_gc_threshold){ 10, 0, 0 });
    struct node *alone = loud_new(heap, "a");
    alone->act = make_rings;
    weft_release(alone);
    CHECK_TRACE("~a a.");
    struct node *ring = loud_ring(heap, "a", "b");
    ring->act = make_rings;
    weft_release(ring);
    (void)weft_gc_collect(heap, WEFT_FULL);
    (void)weft_gc_collect(heap, WEFT_FULL);
    CHECK_EITHER("~a ~b a. b.", "~b ~a b. a.");
    CHECK_EQ(object_count(heap), 0);
}

// ---------------------------------------------------------------------------
// Deep ones, in two threads

enum { DEPTH = 20000 };

static size_t thread_finalized[2], thread_disposed[2];

struct rung {
    struct rung *next;          // strong
    int thread;                 // 0 or 1
};

static void rung_finalize(void *self)
{
    struct rung *rung = self;
    if (++thread_finalized[rung->thread] % 5000 == 0)
        (void)weft_gc_collect(weft_heap_of(self), WEFT_YOUNG);
}

static void rung_dispose(void *self)
{
    struct rung *rung = self;
    thread_disposed[rung->thread]++;
}

static weft_type rung_type = {
    .name = "rung", WEFT_SIZE(struct rung), .finalize = rung_finalize,
    .dispose = rung_dispose,
    .fields = WEFT_FIELDS(WEFT_STRONG(struct rung, next)) };

static void *climb(void *context)
{
    weft_heap *heap = weft_heap_open(NULL);
    struct rung *ladder = NULL;
    for (int i = 0; i < DEPTH; i++) {
        struct rung *rung = weft_new(heap, &rung_type);
        rung->thread = *(int *)context;
        rung->next = ladder;
        ladder = rung;
    }
    weft_release(ladder);
    bool empty = weft_heap_close(heap) == 0;
    return empty ? context : NULL;
}

// Each in its own heap, two threads let deep nests go, whose finalizers collect
// now and then: each object is finalized once, and gone.
static void two_threads_let_deep_nests_go(void)
{
    int numbers[2] = { 0, 1 };
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, climb, &numbers[i]), 0);
    for (int i = 0; i < 2; i++) {
        void *result = NULL;
        CHECK_EQ(pthread_join(threads[i], &result), 0);
        CHECK_SAME(result, &numbers[i]);
        CHECK_EQ(thread_finalized[i], DEPTH);
        CHECK_EQ(thread_disposed[i], DEPTH);
    }
}

// ---------------------------------------------------------------------------
// Numbers

static size_t tracked_count(weft_heap *heap)
{
    weft_auto(weft_list) all = weft_gc_get_objects(heap, WEFT_FULL);
    return weft_list_length(all);
}

// The number of tracked objects rises with a container and falls with its
// death; what cannot be in a ring does not count.
static void tracked_number_rises_and_falls(weft_heap *heap)
{
    CHECK_EQ(tracked_count(heap), 0);
    weft_auto(weft_list) list = weft_list_new(heap);
    CHECK_EQ(tracked_count(heap), 1);
    weft_auto(weft_string) string = weft_string_new(heap, "text");
    CHECK_EQ(tracked_count(heap), 1);
    weft_auto(struct node) node = plain_new(heap);
    CHECK_EQ(tracked_count(heap), 2);
    weft_clear(&list);
    CHECK_EQ(tracked_count(heap), 1);
    weft_clear(&node);
    CHECK_EQ(tracked_count(heap), 0);
}

// A generation that does not exist is misuse, and nothing is done.
static void no_such_generation_is_misuse(weft_heap *heap)
{
    weft_generation none = (weft_generation)3;
    by_hand(heap);
    lose_ring(heap, 2);
    CHECK_EQ(weft_gc_collect(heap, none), 0);
    CHECK_REPORT(WEFT_MISUSE, "weft_gc_collect");
    CHECK_NULL(weft_gc_get_objects(heap, none));
    CHECK_REPORT(WEFT_MISUSE, "weft_gc_get_objects");
    CHECK_EQ(weft_gc_get_stats(heap, none).collections, 0);
    CHECK_REPORT(WEFT_MISUSE, "weft_gc_get_stats");
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
}

TESTS(RUN(callback_collects_in_the_middle_of_a_death),
    RUN(garbage_callbacks_are_not_called),
    RUN(garbage_reached_one_way_tells_nobody),
    RUN(garbage_callback_brings_nothing_back),
    RUN(owner_of_a_callback_is_watched),
    RUN(garbage_ref_to_a_hidden_object_is_silent),
    RUN(container_in_itself_is_one), RUN(containers_of_two_kinds_are_two),
    RUN(objects_of_derived_types_go), RUN(object_with_its_own_method_goes),
    RUN(objects_with_extra_bytes_go), RUN(collecting_asks_the_objects_nothing),
    RUN(what_comes_back_brings_all_it_holds),
    RUN(garbage_is_not_listed_by_its_finalizers),
    RUN(finalizers_make_collections_due),
    RUN_ALONE(two_threads_let_deep_nests_go),
    RUN(tracked_number_rises_and_falls), RUN(no_such_generation_is_misuse))
