// SPDX-License-Identifier: MIT
//
// Pools: what comes back, what everybody sees of that, and what dies after all.
#include "pooled.h"

// ---------------------------------------------------------------------------
// Coming and going

// A pool that has nothing makes new objects, as weft_new() does.
static void makes_new_ones(weft_heap *heap)
{
    weft_auto(weft_pool) pool = weft_pool_new(heap, &plain_type, 4, NULL, NULL);
    CHECK_COUNTS(pool, 0, 0);
    weft_auto(struct node) a = weft_pool_get(pool);
    weft_auto(struct node) b = weft_pool_get(pool);
    CHECK_TRUE(a != NULL && b != NULL && a != b);
    CHECK_NULL(a->left);
    CHECK_NULL(a->name);
    CHECK_SAME(weft_type_of(a), &plain_type);
    CHECK_EQ(weft_refcount(a), 1);
    CHECK_EQ(weft_weakref_count(a), 0);
    weft_auto(weft_list) refs = weft_weakrefs(a);
    CHECK_EQ(weft_list_length(refs), 0);
    CHECK_COUNTS(pool, 0, 2);
    CHECK_TRUE(weft_heap_verify(heap));
}

// What comes back is handed out again, the last first, as it came back.
static void hands_out_again(weft_heap *heap)
{
    weft_auto(weft_pool) pool = weft_pool_new(heap, &loud_type, 4, NULL, NULL);
    struct node *a = get(pool, "a"), *b = get(pool, "b"), *c = get(pool, "c");
    weft_release(a);
    weft_release(c);
    weft_release(b);
    CHECK_COUNTS(pool, 3, 0);
    CHECK_TRUE(weft_heap_verify(heap));
    CHECK_SAME(weft_pool_get(pool), b);
    CHECK_SAME(weft_pool_get(pool), c);
    CHECK_COUNTS(pool, 1, 2);
    CHECK_STR(b->name, "b");
    CHECK_EQ(weft_refcount(b), 1);
    CHECK_SAME(weft_pool_get(pool), a);
    struct node *d = get(pool, "d");
    CHECK_COUNTS(pool, 0, 4);
    CHECK_TRACE("");
    weft_release(a);
    weft_release(b);
    weft_release(c);
    weft_release(d);
    CHECK_COUNTS(pool, 4, 0);
    weft_clear(&pool);
    CHECK_TRACE("~a a. ~b b. ~c c. ~d d.");
}

// `reset` makes it as good as new: it gets the object, alive and whole, and a
// context.
static void look_and_clear(void *object, void *context)
{
    CHECK_EQ(weft_refcount(object), 1);
    CHECK_FALSE(weft_weak_is_dead(weft_weak_of(object)));
    CHECK_FALSE(weft_gc_is_finalized(object));
    clear_name(object, context);
}

static void reset_renews(weft_heap *heap)
{
    weft_auto(weft_pool) pool = weft_pool_new(heap, &loud_type, 4,
        look_and_clear, "!");
    struct node *a = get(pool, "a");
    weft_set_steal(&a->left, loud_new(heap, "l"));
    weft_release(a);
    CHECK_TRACE("reset:a! ~l l.");
    CHECK_SAME(weft_pool_get(pool), a);
    CHECK_NULL(a->name);
    CHECK_NULL(a->left);
    a->name = "b";
    weft_clear(&pool);
    weft_release(a);
    CHECK_TRACE("~b b.");
}

// Without it, what waits in the pool waits with all it holds.
static void keeps_what_it_holds(weft_heap *heap)
{
    weft_auto(weft_pool) pool = weft_pool_new(heap, &plain_type, 4, NULL, NULL);
    struct node *a = get(pool, "a");
    weft_set_steal(&a->left, loud_new(heap, "l"));
    weft_release(a);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 0);
    CHECK_SAME(weft_pool_get(pool), a);
    CHECK_STR(a->left->name, "l");
    CHECK_EQ(weft_refcount(a->left), 1);
    weft_release(a);
    CHECK_TRACE("");
    weft_clear(&pool);
    CHECK_TRACE("~l l.");
}

// Beyond the limit objects die as usual.
static void has_a_limit(weft_heap *heap)
{
    weft_auto(weft_pool) pool = weft_pool_new(heap, &loud_type, 2, say_reset,
        "");
    struct node *nodes[4];
    const char *names[] = { "a", "b", "c", "d" };
    for (int i = 0; i < 4; i++)
        nodes[i] = get(pool, names[i]);
    for (int i = 0; i < 4; i++)
        weft_release(nodes[i]);
    CHECK_TRACE("reset:a reset:b ~c c. ~d d.");
    CHECK_COUNTS(pool, 2, 0);
    weft_auto(weft_pool) none = weft_pool_new(heap, &loud_type, 0, say_reset,
        "");
    weft_release(get(none, "e"));
    CHECK_TRACE("~e e.");
    CHECK_COUNTS(none, 0, 0);
}

// An object comes back to its own pool, whatever others there are of its type,
// and what no pool made is of none.
static void knows_its_pool(weft_heap *heap)
{
    weft_auto(weft_pool) one = weft_pool_new(heap, &loud_type, 4, say_reset,
        "1");
    weft_auto(weft_pool) two = weft_pool_new(heap, &loud_type, 4, say_reset,
        "2");
    struct node *a = get(one, "a"), *b = get(two, "b");
    struct node *c = loud_new(heap, "c");
    weft_auto(weft_ref) ref = weft_ref_new(c, told_of, "told");
    weft_release(b);
    weft_release(c);
    weft_release(a);
    CHECK_TRACE("reset:b2 ~c told c. reset:a1");
    CHECK_COUNTS(one, 1, 0);
    CHECK_COUNTS(two, 1, 0);
}

// Trimming lets go of what waits, but for so many.
static void can_be_trimmed(weft_heap *heap)
{
    weft_auto(weft_pool) pool = weft_pool_new(heap, &loud_type, 100, NULL,
        NULL);
    struct node *nodes[50];
    for (int i = 0; i < 50; i++)
        nodes[i] = get(pool, "x");
    for (int i = 0; i < 40; i++)
        weft_release(nodes[i]);
    weft_pool_trim(pool, 60);
    CHECK_COUNTS(pool, 40, 10);
    weft_pool_trim(pool, 39);
    CHECK_TRACE("~x x.");
    weft_pool_trim(pool, 1);
    forget_trace();
    CHECK_COUNTS(pool, 1, 10);
    for (int i = 40; i < 50; i++)
        weft_release(nodes[i]);
    CHECK_COUNTS(pool, 11, 0);
    weft_pool_trim(pool, 0);
    forget_trace();
    CHECK_COUNTS(pool, 0, 0);
    weft_release(get(pool, "y"));
    CHECK_COUNTS(pool, 1, 0);
}

static void take_another(struct node *self)
{
    weft_pool **pool = (weft_pool **)(void *)&self->right;
    if (weft_pool_idle_count(*pool) > 0)
        weft_set_steal(&rescued, weft_pool_get(*pool));
    self->act = NULL;
}

// Who dies of that may use the pool.
static void trimmed_may_use_the_pool(weft_heap *heap)
{
    weft_auto(weft_pool) pool = weft_pool_new(heap, &loud_type, 8, NULL, NULL);
    struct node *nodes[5];
    for (int i = 0; i < 5; i++) {
        nodes[i] = get(pool, "x");
        nodes[i]->act = take_another;
        weft_set(&nodes[i]->right, (struct node *)(void *)pool);
    }
    for (int i = 0; i < 5; i++)
        weft_release(nodes[i]);
    // 5 takes 4; 3 takes 2, and 4 comes back; that takes 1, and 2 comes back.
    weft_pool_trim(pool, 0);
    CHECK_TRACE("~x x. ~x x. ~x x. ~x x.");
    CHECK_COUNTS(pool, 0, 1);
    CHECK_SAME(rescued, nodes[0]);
    weft_clear(&rescued);
    CHECK_COUNTS(pool, 1, 0);
    weft_pool_trim(pool, 0);
    CHECK_TRACE("~x x.");
    CHECK_COUNTS(pool, 0, 0);
    weft_clear(&pool);
    CHECK_EQ(byte_count(heap), 0);
}

// Types of weft's own can be pooled, too; so can what holds nothing.
static void empty_list(void *object, void *context)
{
    (void)context;
    weft_list_clear(object);
}

static void pools_lists(weft_heap *heap)
{
    weft_auto(weft_pool) pool = weft_pool_new(heap, &weft_list_type, 4,
        empty_list, NULL);
    weft_list *list = weft_pool_get(pool);
    CHECK_EQ(weft_list_append(list, weft_text("text")), WEFT_OK);
    weft_release(list);
    weft_auto(weft_list) again = weft_pool_get(pool);
    CHECK_SAME(again, list);
    CHECK_EQ(weft_list_length(again), 0);
}

struct large {
    struct large *self;         // strong
    char rest[100000];          // plain
};

static weft_type large_type = { .name = "large", WEFT_SIZE(struct large),
    .fields = WEFT_FIELDS(WEFT_STRONG(struct large, self)) };

static void pools_small_and_large(weft_heap *heap)
{
    weft_type *types[] = { &atom_type, &large_type };
    for (int i = 0; i < 2; i++) {
        weft_auto(weft_pool) pool = weft_pool_new(heap, types[i], 2, NULL,
            NULL);
        void *objects[3];
        for (int j = 0; j < 3; j++) {
            objects[j] = weft_pool_get(pool);
            CHECK_FALSE(weft_weak_is_dead(weft_weak_of(objects[j])));
        }
        for (int j = 0; j < 3; j++)
            weft_release(objects[j]);
        CHECK_COUNTS(pool, 2, 0);
        CHECK_TRUE(weft_heap_verify(heap));
        weft_auto(struct atom) again = weft_pool_get(pool);
        CHECK_SAME(again, objects[1]);
        CHECK_EQ(weft_gc_is_tracked(again), i == 1);
    }
}

// ---------------------------------------------------------------------------
// A death for everyone who watches

static weft_weakset *watching;
static weft_weak old_handle;
static struct node *returning;      // borrowed

static void look_at_death(weft_ref *ref, void *context)
{
    CHECK_TRUE(weft_ref_is_dead(ref));
    CHECK_NULL(weft_ref_get(ref));
    CHECK_TRUE(weft_weak_is_dead(old_handle));
    CHECK_TRUE(weft_weak_is_dead(weft_weak_of(returning)));
    CHECK_EQ(weft_refcount(returning), 0);
    CHECK_EQ(weft_weakset_length(watching), 0);
    CHECK_EQ(weft_weakset_add(watching, returning), WEFT_REFERENCE_ERROR);
    CHECK_EQ(weft_finalize(returning, NULL, NULL, NULL), WEFT_REFERENCE_ERROR);
    say("%s", (const char *)context);
}

static void call_back(void *context) { say("%s", (const char *)context); }

// Refs and handles die, callbacks and finalizers run, newest first, and then
// only `reset`: neither finalize nor dispose.
static void is_a_death_for_watchers(weft_heap *heap)
{
    weft_auto(weft_pool) pool = weft_pool_new(heap, &loud_type, 4, say_reset,
        "");
    weft_auto(weft_weakset) set = weft_weakset_new(heap, WEFT_BY_IDENTITY);
    struct node *a = get(pool, "a");
    weft_auto(weft_ref) plain = weft_ref_new(a, NULL, NULL);
    weft_auto(weft_ref) first = weft_ref_new(a, look_at_death, "first");
    CHECK_EQ(weft_finalize(a, call_back, "finalizer", NULL), WEFT_OK);
    weft_auto(weft_ref) last = weft_ref_new(a, look_at_death, "last");
    weft_auto(weft_ref) proxy = weft_proxy_new(a, NULL, NULL);
    CHECK_EQ(weft_weakset_add(set, a), WEFT_OK);
    CHECK_EQ(weft_weakref_count(a), 6);
    watching = set;
    old_handle = weft_weak_of(a);
    returning = a;
    uint64_t id = weft_id(a);
    weft_release(a);
    CHECK_TRACE("last finalizer first reset:a");
    CHECK_TRUE(weft_ref_is_dead(plain) && weft_ref_is_dead(proxy));
    CHECK_SAME(weft_pool_get(pool), a);
    CHECK_TRUE(weft_weak_is_dead(old_handle));
    CHECK_NULL(weft_weak_get(old_handle));
    CHECK_TRUE(weft_ref_is_dead(plain) && weft_ref_is_dead(first));
    CHECK_EQ(weft_weakref_count(a), 0);
    CHECK_TRUE(weft_id(a) != id);
    CHECK_FALSE(weft_weak_is_same(weft_weak_of(a), old_handle));
    weft_release(a);
    CHECK_TRACE("reset:a");
    CHECK_COUNTS(pool, 1, 0);
}

// What is watched anew is told anew, each time.
static void each_return_is_told(weft_heap *heap)
{
    weft_auto(weft_pool) pool = weft_pool_new(heap, &loud_type, 4, NULL, NULL);
    for (int i = 0; i < 3; i++) {
        struct node *a = get(pool, "a");
        weft_auto(weft_ref) ref = weft_ref_new(a, told_of, "ref");
        weft_auto(weft_ref) shared = weft_ref_new(a, NULL, NULL);
        weft_auto(weft_ref) same = weft_ref_new(a, NULL, NULL);
        CHECK_SAME(shared, same);
        CHECK_EQ(weft_weakref_count(a), 2);
        CHECK_EQ(weft_finalize(a, call_back, "done", NULL), WEFT_OK);
        weft_auto(weft_list) refs = weft_weakrefs(a);
        CHECK_EQ(weft_list_length(refs), 3);
        weft_clear(&refs);
        weft_release(a);
        CHECK_TRACE("done ref");
        CHECK_TRUE(weft_ref_is_dead(ref) && weft_ref_is_dead(shared));
    }
}

// Entries of weak dictionaries and connections of signals go, and what
// entries keep.
static void hear(void *self, void *argument) { (void)self, (void)argument; }

static void entries_go(weft_heap *heap)
{
    weft_auto(weft_pool) pool = weft_pool_new(heap, &plain_type, 4, NULL, NULL);
    weft_auto(weft_weakvaluedict) values = weft_weakvaluedict_new(heap,
        WEFT_BY_EQUALITY);
    weft_auto(weft_weakkeydict) keys = weft_weakkeydict_new(heap,
        WEFT_BY_IDENTITY);
    weft_auto(weft_signal) signal = weft_signal_new(heap);
    for (int i = 0; i < 3; i++) {
        struct node *a = get(pool, "a");
        weft_auto(struct node) value = loud_new(heap, "v");
        CHECK_EQ(weft_weakvaluedict_put(values, weft_text("k"), a), WEFT_OK);
        CHECK_EQ(weft_weakkeydict_put(keys, a, weft_object(value)), WEFT_OK);
        CHECK_EQ(weft_signal_connect(signal, a, hear), WEFT_OK);
        weft_clear(&value);
        CHECK_TRACE("");
        weft_release(a);
        CHECK_TRACE("~v v.");
        CHECK_EQ(weft_weakvaluedict_length(values), 0);
        CHECK_EQ(weft_weakkeydict_length(keys), 0);
        CHECK_EQ(weft_signal_length(signal), 0);
        CHECK_TRUE(weft_heap_verify(heap));
    }
}

static void try_to_keep(weft_ref *ref, void *context)
{
    (void)ref;
    CHECK_NULL(weft_retain(context));
    CHECK_REPORT(WEFT_MISUSE, "weft_retain: plain");
}

// Callbacks cannot keep it.
static void callbacks_cannot_keep_it(weft_heap *heap)
{
    weft_auto(weft_pool) pool = weft_pool_new(heap, &plain_type, 4, NULL, NULL);
    struct node *a = get(pool, "a");
    weft_auto(weft_ref) ref = weft_ref_new(a, try_to_keep, a);
    weft_release(a);
    CHECK_TRUE(weft_ref_is_dead(ref));
    CHECK_COUNTS(pool, 1, 0);
}

// A handle is one object's for ever, however often that comes back: when the
// generations of its place are used up the object dies, and another is made.
static void generations_are_used_up(weft_heap *heap)
{
    by_hand(heap);
    weft_auto(weft_pool) pool = weft_pool_new(heap, &loud_type, 4, NULL, NULL);
    weft_weak first = { 0 }, last = { 0 };
    const size_t generations = (size_t)1 << 19;
    size_t died = 0;
    if (SANITIZED)
        return;                     // takes too long
    for (size_t i = 0; i < 2 * generations + 100; i++) {
        struct node *a = get(pool, "a");
        weft_weak handle = weft_weak_of(a);
        CHECK_FALSE(weft_weak_is_dead(handle));
        CHECK_FALSE(weft_weak_is_same(handle, last));
        CHECK_TRUE(weft_weak_is_dead(first));
        last = handle;
        if (i == 0)
            first = handle;
        weft_release(a);
        CHECK_TRUE(weft_weak_is_dead(handle));
        if (shim.trace_size > 0) {
            CHECK_TRACE("~a a.");
            died++;
        }
    }
    CHECK_EQ(died, 2);
    CHECK_COUNTS(pool, 1, 0);
    weft_clear(&pool);
    forget_trace();
}

// ---------------------------------------------------------------------------
// What user code does meanwhile

static void keep(void *object, void *context)
{
    say("kept");
    weft_set((struct node **)context, object);
}

// `reset` may keep the object: then it is in use again, until it comes back
// once more.
static void reset_may_keep(weft_heap *heap)
{
    struct node *kept = NULL;
    weft_auto(weft_pool) pool = weft_pool_new(heap, &loud_type, 4, keep, &kept);
    struct node *a = get(pool, "a");
    weft_weak handle = weft_weak_of(a);
    weft_release(a);
    CHECK_TRACE("kept");
    CHECK_SAME(kept, a);
    CHECK_EQ(weft_refcount(a), 1);
    CHECK_TRUE(weft_weak_is_dead(handle));
    CHECK_COUNTS(pool, 0, 1);
    weft_auto(weft_ref) ref = weft_ref_new(a, told_of, "told");
    CHECK_TRUE(weft_heap_verify(heap));
    weft_clear(&kept);
    CHECK_TRACE("told kept");
    CHECK_SAME(kept, a);
    weft_clear(&pool);
    weft_clear(&kept);
    CHECK_TRACE("~a a.");
}

// It may watch the object, which goes on to be watched as it waits, and then by
// whoever has it next.
static weft_ref *watcher;

static void watch(void *object, void *context)
{
    weft_set_steal(&watcher, weft_ref_new(object, told_of, context));
}

static void reset_may_watch(weft_heap *heap)
{
    weft_auto(weft_pool) pool = weft_pool_new(heap, &loud_type, 4, watch,
        "told");
    struct node *a = get(pool, "a");
    weft_release(a);
    CHECK_FALSE(weft_ref_is_dead(watcher));
    CHECK_SAME(weft_pool_get(pool), a);
    CHECK_EQ(weft_weakref_count(a), 1);
    weft_release(a);
    CHECK_TRACE("told");
    weft_pool_trim(pool, 0);
    CHECK_TRACE("~a told a.");
    weft_clear(&watcher);
}

// It may use the pool: take what waits there, or let it go.
static void use_pool(void *object, void *context)
{
    weft_pool **pool = context;
    struct node *node = object;
    say("reset:%s", node->name);
    if (strcmp(node->name, "a") != 0)
        return;
    struct node *b = get(*pool, "c");
    weft_release(get(*pool, "d"));
    weft_release(b);
    weft_pool_trim(*pool, 1);
}

static void reset_may_use_the_pool(weft_heap *heap)
{
    weft_pool *pool = NULL;
    pool = weft_pool_new(heap, &loud_type, 2, use_pool, &pool);
    struct node *a = get(pool, "a");
    weft_release(get(pool, "b"));
    CHECK_TRACE("reset:b");
    weft_release(a);
    CHECK_TRACE("reset:a reset:d ~c c.");
    CHECK_COUNTS(pool, 2, 0);
    CHECK_SAME(weft_pool_get(pool), a);
    weft_release(a);
    forget_trace();
    weft_clear(&pool);
    forget_trace();
}

static void drop_pool(weft_ref *ref, void *context)
{
    (void)ref;
    say("drop");
    weft_clear((weft_pool **)context);
}

static void drop_pool_too(void *object, void *context)
{
    say_reset(object, "");
    weft_clear((weft_pool **)context);
}

// A callback, or `reset`, may let go of the pool: what came back goes with it,
// as usual.
static void pool_may_go_meanwhile(weft_heap *heap)
{
    weft_pool *pool = NULL;
    pool = weft_pool_new(heap, &loud_type, 4, drop_pool_too, &pool);
    struct node *a = get(pool, "a");
    struct node *b = get(pool, "b");
    weft_auto(weft_ref) ref = weft_ref_new(a, drop_pool, &pool);
    weft_weak weak = weft_weak_of(pool);
    weft_release(a);
    CHECK_TRACE("drop reset:a ~a a.");
    CHECK_TRUE(weft_weak_is_dead(weak));
    weft_release(b);
    CHECK_TRACE("~b b.");
    CHECK_TRUE(weft_ref_is_dead(ref));
    pool = weft_pool_new(heap, &loud_type, 4, drop_pool_too, &pool);
    b = get(pool, "b");
    weft_release(b);
    CHECK_TRACE("reset:b ~b b.");
    CHECK_NULL(pool);
}

// Nothing of the pool is needed to be in use: what is handed out outlives it.
static void used_ones_outlive_it(weft_heap *heap)
{
    weft_pool *pool = weft_pool_new(heap, &loud_type, 4, say_reset, "");
    struct node *a = get(pool, "a"), *b = get(pool, "b");
    weft_release(get(pool, "c"));
    CHECK_TRACE("reset:c");
    weft_release(pool);
    CHECK_TRACE("~c c.");
    CHECK_EQ(weft_weakref_count(a), 0);
    weft_auto(weft_ref) ref = weft_ref_new(a, told_of, "told");
    weft_release(a);
    CHECK_TRACE("~a told a.");
    weft_release(b);
    CHECK_TRACE("~b b.");
}

// A finalizer that runs because there is no place for the object may bring it
// back; it is of its pool as before.
static void resurrected_is_still_its(weft_heap *heap)
{
    weft_auto(weft_pool) pool = weft_pool_new(heap, &loud_type, 1, say_reset,
        "");
    struct node *a = get(pool, "a");
    weft_release(get(pool, "b"));
    a->act = rescue;
    weft_release(a);
    CHECK_TRACE("reset:b ~a");
    CHECK_SAME(rescued, a);
    CHECK_COUNTS(pool, 1, 1);
    weft_pool_trim(pool, 0);
    CHECK_TRACE("~b b.");
    weft_clear(&rescued);
    CHECK_TRACE("reset:a");
    CHECK_COUNTS(pool, 1, 0);
    a->act = NULL;
    weft_clear(&pool);
    CHECK_TRACE("~a a.");
}

// ---------------------------------------------------------------------------
// Misuse

static void let_go(void *object, void *context)
{
    (void)context;
    weft_release(object);
}

// What waits is the pool's: releasing it is reported, and does nothing. So is
// releasing what `reset` was lent.
static void waiting_is_not_to_be_released(weft_heap *heap)
{
    weft_auto(weft_pool) pool = weft_pool_new(heap, &plain_type, 4, NULL, NULL);
    weft_auto(weft_pool) bad = weft_pool_new(heap, &plain_type, 4, let_go,
        NULL);
    struct node *a = get(pool, "a"), *b = get(bad, "b");
    weft_release(a);
    weft_release(a);
    CHECK_REPORT(WEFT_MISUSE, "weft_release: plain");
    CHECK_COUNTS(pool, 1, 0);
    weft_release(b);
    CHECK_REPORT(WEFT_MISUSE, "weft_release: plain");
    CHECK_COUNTS(bad, 1, 0);
    CHECK_SAME(weft_pool_get(pool), a);
    CHECK_EQ(weft_refcount(a), 1);
    weft_release(a);
    CHECK_TRUE(weft_heap_verify(heap));
}

static weft_type forbidden_type = { .name = "forbidden",
    WEFT_SIZE(struct atom), .weak = WEFT_FORBIDDEN };

// What cannot be watched cannot be pooled.
static void forbidden_are_refused(weft_heap *heap)
{
    weft_auto(weft_pool) pool = weft_pool_new(heap, &forbidden_type, 4, NULL,
        NULL);
    CHECK_NULL(weft_pool_get(pool));
    CHECK_COUNTS(pool, 0, 0);
    // An id is no watcher.
    weft_auto(struct atom) atom = weft_new(heap, &forbidden_type);
    CHECK_TRUE(weft_id(atom) != 0);
    weft_clear(&atom);
}

// Checked builds notice what is no pool.
static void wrong_type_is_noticed(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_pool *wrong = (weft_pool *)(void *)node;
    if (!CHECKED)
        return;
    CHECK_NULL(weft_pool_get(wrong));
    CHECK_REPORT(WEFT_MISUSE, "weft_pool_get: plain");
    CHECK_COUNTS(wrong, 0, 0);
    CHECK_REPORT(WEFT_MISUSE, "weft_pool_idle_count: plain");
    CHECK_REPORT(WEFT_MISUSE, "weft_pool_used_count: plain");
    weft_pool_trim(wrong, 0);
    CHECK_REPORT(WEFT_MISUSE, "weft_pool_trim: plain");
}

// ---------------------------------------------------------------------------
// Memory

// Getting one needs memory, and without it nothing has happened.
static void getting_fails_cleanly(weft_heap *heap)
{
    enum { COUNT = 20 };
    weft_auto(weft_pool) pool = weft_pool_new(heap, &loud_type, 15, say_reset,
        "");
    struct node *nodes[COUNT] = { NULL };
    if (!made(pool))
        return;
    bool ok = true;
    for (size_t i = 0; i < COUNT && ok; i++) {
        nodes[i] = weft_pool_get(pool);
        ok = made(nodes[i]);
        CHECK_COUNTS(pool, 0, i + ok);
        CHECK_TRACE("");
        if (ok)
            nodes[i]->name = "x";
    }
    for (size_t i = 0; i < COUNT; i++)
        weft_clear(&nodes[i]);
    forget_trace();
    size_t idle = weft_pool_idle_count(pool);
    if (!ok) {
        CHECK_TRUE(idle < COUNT);
        return;
    }
    CHECK_EQ(idle, 15);
    weft_auto(struct node) again = weft_pool_get(pool);
    if (made(again))
        CHECK_COUNTS(pool, 14, 1);
}

// Coming back needs none, nor does going out again.
static void coming_back_needs_no_memory(weft_heap *heap)
{
    enum { COUNT = 200 };
    by_hand(heap);
    weft_auto(weft_pool) pool = weft_pool_new(heap, &plain_type, 150, empty,
        NULL);
    struct node *nodes[COUNT];
    for (int i = 0; i < COUNT; i++) {
        nodes[i] = get(pool, "x");
        CHECK_EQ(weft_finalize(nodes[i], call_back, "f", NULL), WEFT_OK);
    }
    (void)weft_debug_fail_at(heap, 1);
    for (int i = 0; i < COUNT; i++)
        weft_release(nodes[i]);
    CHECK_COUNTS(pool, 150, 0);
    for (int i = 0; i < 150; i++)
        nodes[i] = get(pool, "y");
    CHECK_EQ(weft_debug_fail_at(heap, 0), 1);
    CHECK_COUNTS(pool, 0, 150);
    for (int i = 0; i < 150; i++)
        weft_release(nodes[i]);
    forget_trace();
}

TESTS(
    RUN(makes_new_ones),
    RUN(hands_out_again),
    RUN(reset_renews),
    RUN(keeps_what_it_holds),
    RUN(has_a_limit),
    RUN(knows_its_pool),
    RUN(can_be_trimmed),
    RUN(trimmed_may_use_the_pool),
    RUN(pools_lists),
    RUN(pools_small_and_large),
    RUN(is_a_death_for_watchers),
    RUN(each_return_is_told),
    RUN(entries_go),
    RUN(callbacks_cannot_keep_it),
    RUN(generations_are_used_up),
    RUN(reset_may_keep),
    RUN(reset_may_watch),
    RUN(reset_may_use_the_pool),
    RUN(pool_may_go_meanwhile),
    RUN(used_ones_outlive_it),
    RUN(resurrected_is_still_its),
    RUN(waiting_is_not_to_be_released),
    RUN(forbidden_are_refused),
    RUN(wrong_type_is_noticed),
    RUN_OOM(getting_fails_cleanly),
    RUN(coming_back_needs_no_memory))
