// SPDX-License-Identifier: MIT
//
// Weak containers and the collector: what is garbage leaves them before anyone
// is told; what they do as garbage themselves; how they die when they are
// large, and with their heap. And what may be watched at all.
#include "depth.h"
#include "keyed.h"

static weft_weakvaluedict *values;
static weft_weakkeydict *keys;
static weft_weakset *set;

static void open_containers(weft_heap *heap)
{
    values = weft_weakvaluedict_new(heap, WEFT_BY_IDENTITY);
    keys = weft_weakkeydict_new(heap, WEFT_BY_IDENTITY);
    set = weft_weakset_new(heap, WEFT_BY_IDENTITY);
}

static void close_containers(void)
{
    weft_clear(&values);
    weft_clear(&keys);
    weft_clear(&set);
}

static void enter(struct node *node, int key)
{
    CHECK_EQ(weft_weakvaluedict_put(values, weft_int(key), node), WEFT_OK);
    CHECK_EQ(weft_weakkeydict_put(keys, node, weft_int(key)), WEFT_OK);
    CHECK_EQ(weft_weakset_add(set, node), WEFT_OK);
}

static void say_lengths(void)
{
    say("%zu%zu%zu", weft_weakvaluedict_length(values),
        weft_weakkeydict_length(keys), weft_weakset_length(set));
}

static void say_lengths_too(struct node *self)
{
    (void)self;
    say_lengths();
}

static void told_lengths(weft_ref *ref, void *context)
{
    told_of(ref, context);
    say_lengths();
}

// ---------------------------------------------------------------------------
// Members that are garbage

// Pitfall H58: the entries of garbage are gone when the first callback runs,
// and so when the first finalizer does; those of what lives are not.
static void hist_h58_garbage_leaves_first(weft_heap *heap)
{
    by_hand(heap);
    open_containers(heap);
    weft_auto(struct node) live = plain_new(heap);
    struct node *ring = loud_ring(heap, "a", "b");
    ring->act = ring->left->act = say_lengths_too;
    enter(live, 0);
    enter(ring, 1);
    enter(ring->left, 2);
    weft_auto(weft_ref) ref = weft_ref_new(ring, told_lengths, "told");
    say_lengths();
    weft_release(ring);
    (void)weft_gc_collect(heap, WEFT_FULL);
    CHECK_EITHER("333 told 111 ~a 111 ~b 111 a. b.",
        "333 told 111 ~b 111 ~a 111 b. a.");
    CHECK_TRUE(weft_weakset_contains(set, live));
    close_containers();
}

// What a finalizer brings back from a collection is in no container any more,
// and can be put again.
static void resurrected_ones_are_out(weft_heap *heap)
{
    by_hand(heap);
    open_containers(heap);
    struct node *ring = loud_ring(heap, "a", "b");
    ring->act = rescue;
    enter(ring, 1);
    enter(ring->left, 2);
    weft_release(ring);
    (void)weft_gc_collect(heap, WEFT_FULL);
    say_lengths();
    enter(rescued, 1);
    say_lengths();
    weft_clear(&rescued);
    (void)weft_gc_collect(heap, WEFT_FULL);
    say_lengths();
    CHECK_TRUE(strstr(shim.trace, " 000 111 ") != NULL);
    CHECK_TRUE(strcmp(shim.trace + strlen(shim.trace) - 4, " 000") == 0);
    forget_trace();
    close_containers();
}

static struct node *successor;

static void put_successor(weft_ref *ref, void *context)
{
    told_of(ref, context);
    enter(successor, 1);
}

// Pitfall H62: a callback of a collection may put a successor, which the deaths
// that are under way leave alone.
static void hist_h62_successor_stays(weft_heap *heap)
{
    by_hand(heap);
    open_containers(heap);
    successor = plain_new(heap);
    struct node *ring = ring_new(heap, 3);
    enter(ring, 1);
    weft_auto(weft_ref) ref = weft_ref_new(ring->left, put_successor, "told");
    weft_release(ring);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 3);
    say_lengths();
    CHECK_TRACE("told 111");
    weft_auto(struct node) found = weft_weakvaluedict_get(values, weft_int(1));
    CHECK_SAME(found, successor);
    weft_clear(&found);
    weft_clear(&successor);
    say_lengths();
    CHECK_TRACE("000");
    close_containers();
}

static void clear_all(struct node *self)
{
    weft_weakvaluedict_clear(values);
    weft_weakkeydict_clear(keys);
    weft_weakset_clear(set);
    enter(self, 9);
}

// Pitfall H63: containers are cleared while a collection is emptying them, and
// the garbage that does so puts itself in again.
static void hist_h63_cleared_while_collecting(weft_heap *heap)
{
    by_hand(heap);
    open_containers(heap);
    weft_auto(struct node) live = plain_new(heap);
    struct node *ring = loud_ring(heap, "a", "b");
    ring->act = clear_all;
    enter(live, 0);
    enter(ring, 1);
    enter(ring->left, 2);
    weft_release(ring);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 2);
    CHECK_TRUE(weft_heap_verify(heap));
    forget_trace();
    say_lengths();
    CHECK_TRACE("000");
    CHECK_EQ(weft_weakref_count(live), 0);
    close_containers();
}

// Pitfall H64: an object dies and is replaced over and over, so that containers
// grow, close holes and are made anew in the middle of deaths.
static void enter_another(struct node *self)
{
    static int key = 1000;
    struct node *node = plain_new(weft_heap_of(self));
    enter(node, key);
    enter(successor, key++);
    weft_release(node);
}

static void hist_h64_growth_meets_death(weft_heap *heap)
{
    open_containers(heap);
    successor = plain_new(heap);
    for (int i = 0; i < 300; i++) {
        weft_auto(struct node) node = loud_new(heap, "x");
        node->act = enter_another;
        enter(node, i % 7);
        if (i % 3 == 0)
            CHECK_TRUE(weft_weakset_remove(set, node));
    }
    forget_trace();
    CHECK_EQ(weft_weakvaluedict_length(values), 300);
    CHECK_EQ(weft_weakkeydict_length(keys), 1);
    CHECK_EQ(weft_weakset_length(set), 1);
    CHECK_TRUE(weft_heap_verify(heap));
    weft_clear(&successor);
    say_lengths();
    CHECK_TRACE("000");
    close_containers();
}

// ---------------------------------------------------------------------------
// Containers that are garbage

// A ring through the dictionary itself: its keys and values, and the ring.
static void containers_may_be_in_rings(weft_heap *heap)
{
    for (int way = 0; way < 3; way++) {
        by_hand(heap);
        struct node *node = loud_new(heap, "a");
        void *container = NULL;
        open_containers(heap);
        if (way == 0) {
            CHECK_EQ(weft_weakvaluedict_put(values, weft_object(node), node),
                WEFT_OK);
            container = weft_retain(values);
        } else if (way == 1) {
            CHECK_EQ(weft_weakkeydict_put(keys, node, weft_object(node)),
                WEFT_OK);
            container = weft_retain(keys);
        } else {
            CHECK_EQ(weft_weakset_add(set, node), WEFT_OK);
            container = weft_retain(set);
        }
        close_containers();
        weft_set_slot(&node->left, container);
        weft_weak weak = weft_weak_of(container);
        weft_release(container);
        struct node *ring = plain_new(heap);
        weft_set(&ring->left, node);
        weft_set(&node->right, ring);
        weft_release(ring);
        weft_release(node);
        CHECK_FALSE(weft_weak_is_dead(weak));
        CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 3);
        CHECK_TRUE(weft_weak_is_dead(weak));
        CHECK_EQ(object_count(heap), 0);
        CHECK_TRACE("~a a.");
    }
}

static struct node *kept_key;

static void rescue_dictionary(struct node *self)
{
    keys = weft_retain(self->right);
    say("%zu", weft_weakkeydict_length(keys));
}

// A dictionary that was garbage watches nothing any more, as a ref that was
// garbage does not. What a finalizer brings back is empty, and as good as new;
// what it kept goes when it is put into, or goes itself.
static void resurrected_dictionary_is_empty(weft_heap *heap)
{
    for (int way = 0; way < 2; way++) {
        by_hand(heap);
        weft_weakkeydict *dict = weft_weakkeydict_new(heap, WEFT_BY_IDENTITY);
        struct node *ring = loud_new(heap, "ring");
        struct node *value = loud_new(heap, "value");
        kept_key = plain_new(heap);
        ring->act = rescue_dictionary;
        weft_set(&ring->left, ring);
        weft_set_slot(&ring->right, dict);
        CHECK_EQ(weft_weakkeydict_put(dict, kept_key, weft_object(value)),
            WEFT_OK);
        weft_release(value);
        weft_release(dict);
        weft_release(ring);
        (void)weft_gc_collect(heap, WEFT_FULL);
        CHECK_SAME(keys, dict);
        CHECK_EQ(weft_weakkeydict_length(keys), 0);
        CHECK_FALSE(weft_weakkeydict_contains(keys, kept_key));
        CHECK_EQ(weft_weakref_count(kept_key), 0);
        CHECK_TRUE(weft_heap_verify(heap));
        if (way == 0) {
            CHECK_EQ(weft_weakkeydict_put(keys, kept_key, weft_int(1)),
                WEFT_OK);
            CHECK_EQ(weft_weakkeydict_length(keys), 1);
        } else {
            weft_clear(&keys);
        }
        CHECK_EITHER("~ring 0 ~value ring. value.",
            "~value ~ring 0 ring. value.");
        weft_clear(&keys);
        weft_clear(&kept_key);
        (void)weft_gc_collect(heap, WEFT_FULL);
        CHECK_EQ(object_count(heap), 0);
    }
}

static void rescue_with_holes(struct node *self)
{
    values = weft_retain(self->right);
}

// One that is brought back is filled by setdefault, so that its places close up
// around what it keeps from before; then it lets that go.
static void what_is_kept_from_before_goes(weft_heap *heap)
{
    enum { COUNT = 40 };
    by_hand(heap);
    struct node *ring = loud_new(heap, "ring"), *nodes[COUNT], *old[COUNT];
    weft_weakvaluedict *dict = weft_weakvaluedict_new(heap, WEFT_BY_IDENTITY);
    ring->act = rescue_with_holes;
    weft_set(&ring->left, ring);
    weft_set_slot(&ring->right, dict);
    for (int i = 0; i < COUNT; i++) {
        old[i] = i == 30 ? loud_new(heap, "key") : plain_new(heap);
        nodes[i] = plain_new(heap);
        CHECK_EQ(weft_weakvaluedict_put(dict, weft_object(old[i]), nodes[i]),
            WEFT_OK);
    }
    for (int i = 0; i < COUNT; i++) {
        if (i % 10 != 0)
            CHECK_TRUE(weft_weakvaluedict_remove(dict, weft_object(old[i])));
        weft_release(old[i]);
    }
    weft_release(dict);
    weft_release(ring);
    (void)weft_gc_collect(heap, WEFT_FULL);
    for (int round = 0; round < 14; round++)
        for (int i = 0; i < COUNT; i++) {
            weft_auto(void) put = weft_weakvaluedict_setdefault(values,
                weft_int(i), nodes[i]);
            CHECK_SAME(put, nodes[i]);
            if (i % 5 != round % 5)
                CHECK_TRUE(weft_weakvaluedict_remove(values, weft_int(i)));
        }
    CHECK_TRUE(weft_heap_verify(heap));
    CHECK_EQ(weft_weakvaluedict_put(values, weft_int(COUNT), nodes[0]),
        WEFT_OK);
    CHECK_TRUE(strstr(shim.trace, "key.") != NULL);
    forget_trace();
    CHECK_TRUE(weft_heap_verify(heap));
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ(weft_weakvaluedict_contains(values, weft_int(i)), i % 5 == 3);
    weft_clear(&values);
    for (int i = 0; i < COUNT; i++)
        weft_release(nodes[i]);
}

// ---------------------------------------------------------------------------
// Large ones

static bool ok;

static struct node **many_new(weft_heap *heap, size_t count)
{
    struct node **nodes = malloc(count * sizeof(struct node *));
    for (size_t i = 0; i < count; i++)
        nodes[i] = plain_new(heap);
    return nodes;
}

static void fill(struct node **nodes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ok = ok && weft_weakvaluedict_put(values, weft_int((int64_t)i),
            nodes[i]) == WEFT_OK;
        ok = ok && weft_weakkeydict_put(keys, nodes[i],
            weft_object(nodes[(i + 1) % count])) == WEFT_OK;
        ok = ok && weft_weakset_add(set, nodes[i]) == WEFT_OK;
    }
}

static void drop_many(struct node **nodes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        weft_release(nodes[i]);
    free(nodes);
}

// Containers of a million entries go, before their members or after them, on a
// small stack.
static bool large_ones_go(void)
{
    const size_t count = MANY(1000000, 20000);
    weft_heap *heap = weft_heap_open(NULL);
    ok = true;
    for (int round = 0; round < 2; round++) {
        struct node **nodes = many_new(heap, count);
        open_containers(heap);
        fill(nodes, count);
        ok = ok && weft_weakset_length(set) == count
            && weft_weakvaluedict_length(values) == count
            && weft_weakkeydict_length(keys) == count;
        if (round == 0)
            close_containers();
        drop_many(nodes, count);
        if (round == 1) {               // the values of keys are the next keys
            ok = ok && weft_weakset_length(set) == count;
            weft_clear(&keys);
            ok = ok && weft_weakset_length(set) == 0
                && weft_weakvaluedict_length(values) == 0;
            close_containers();
        }
        ok = ok && weft_heap_get_stats(heap).objects == 0;
    }
    return weft_heap_close(heap) == 0 && ok;
}

static void large_ones_die(void)
{
    CHECK_TRUE(runs_on_small_stack(large_ones_go));
}

// Filled and emptied many times over, a container takes no more than once.
static void emptied_ones_are_reused(weft_heap *heap)
{
    enum { COUNT = 5000 };
    open_containers(heap);
    size_t reserved = 0;
    for (int round = 0; round < 10; round++) {
        struct node **nodes = many_new(heap, COUNT);
        ok = true;
        fill(nodes, COUNT);
        CHECK_TRUE(ok);
        weft_weakkeydict_clear(keys);
        drop_many(nodes, COUNT);
        CHECK_EQ(weft_weakset_length(set), 0);
        if (round == 1)
            reserved = weft_heap_get_stats(heap).reserved_bytes;
    }
    CHECK_EQ(weft_heap_get_stats(heap).reserved_bytes, reserved);
    close_containers();
}

// ---------------------------------------------------------------------------
// Heaps that close

// Containers that are still held when their heap closes go with it, whoever is
// held beside them; each is counted.
static void held_ones_go_with_the_heap(void)
{
    for (int way = 0; way < 4; way++) {
        weft_heap *heap = open_test_heap();
        open_containers(heap);
        struct node *node = plain_new(heap);
        weft_auto(struct node) held = loud_new(heap, "held");
        CHECK_EQ(weft_weakkeydict_put(keys, node, weft_object(held)), WEFT_OK);
        CHECK_EQ(weft_weakvaluedict_put(values, weft_text("key"), node),
            WEFT_OK);
        CHECK_EQ(weft_weakvaluedict_put(values, weft_object(held), keys),
            WEFT_OK);
        CHECK_EQ(weft_weakset_add(set, node), WEFT_OK);
        CHECK_EQ(weft_weakset_add(set, values), WEFT_OK);
        weft_iterator it = weft_iterate(values);
        if (way > 0)
            CHECK_TRUE(weft_weakvaluedict_remove(values, weft_text("key")));
        if (way == 2)
            CHECK_TRUE(weft_next(&it));
        size_t held_count = 5;
        if (way == 3) {
            weft_iterate_end(&it);
            weft_release(weft_take(&held));
            weft_release(node);
            close_containers();
            held_count = 0;
        }
        CHECK_TRUE(weft_heap_close(heap) >= held_count);
        CHECK_EQ(shim.report_count == 0, held_count == 0);
        while (shim.report_count > 0)
            CHECK_EQ(take_report().event, WEFT_LEAKED);
        held = NULL;
        forget_trace();
    }
    values = NULL;
    keys = NULL;
    set = NULL;
}

// ---------------------------------------------------------------------------
// What may be watched

struct box {                    // a number or a text that can be watched
    weft_value value;           // owned
};

static weft_type box_type = { .name = "box", WEFT_SIZE(struct box),
    .fields = WEFT_FIELDS(WEFT_VALUE(struct box, value)) };

static void *make_box(weft_value key, void *heap)
{
    struct box *box = weft_new(heap, &box_type);
    weft_auto_value owned = weft_nil();
    if (key.kind == WEFT_KIND_TEXT)
        owned = weft_object(weft_string_new_sized(heap, key.as.text, key.size));
    weft_value_set(&box->value, key.kind == WEFT_KIND_TEXT ? owned : key);
    return box;
}

// Numbers and texts cannot be watched, but what they are wrapped in: the same
// box as long as anyone has it, a new one afterwards.
static void boxes_are_memoized(weft_heap *heap)
{
    weft_auto(weft_weakvaluedict) boxes = weft_weakvaluedict_new(heap,
        WEFT_BY_EQUALITY);
    const weft_value contents[] = { weft_int(7), weft_double(0.5),
        weft_text("seven"), weft_bool(true), weft_nil() };
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        weft_auto(struct box) box = weft_weakvaluedict_get_or_create(boxes,
            contents[i], make_box, heap);
        weft_auto(struct box) same = weft_weakvaluedict_get_or_create(boxes,
            contents[i], make_box, heap);
        bool equal;
        CHECK_SAME(box, same);
        CHECK_EQ(weft_equal(box->value, contents[i], &equal), WEFT_OK);
        CHECK_TRUE(equal);
        weft_weak weak = weft_weak_of(box);
        weft_clear(&box);
        CHECK_EQ(weft_weakvaluedict_length(boxes), 1);
        weft_clear(&same);
        CHECK_EQ(weft_weakvaluedict_length(boxes), 0);
        box = weft_weakvaluedict_get_or_create(boxes, contents[i], make_box,
            heap);
        CHECK_TRUE(weft_weak_is_dead(weak));
    }
}

// Lists, dictionaries, weak ones too, refs and proxies are watched as any other
// object; strings are not, as in Python.
static void containers_are_watched(weft_heap *heap)
{
    open_containers(heap);
    weft_auto(struct node) node = plain_new(heap);
    void *things[] = { weft_list_new(heap), weft_dict_new(heap,
        WEFT_BY_EQUALITY), weft_weakvaluedict_new(heap, WEFT_BY_EQUALITY),
        weft_weakkeydict_new(heap, WEFT_BY_EQUALITY), weft_weakset_new(heap,
        WEFT_BY_EQUALITY), weft_ref_new(node, NULL, NULL),
        weft_proxy_new(node, NULL, NULL) };
    const int count = sizeof(things) / sizeof(things[0]);
    for (int i = 0; i < count; i++)
        enter(things[i], i);
    for (int i = 0; i < count; i++) {
        weft_auto(void) found = weft_weakvaluedict_get(values, weft_int(i));
        CHECK_SAME(found, things[i]);
        CHECK_TRUE(weft_weakset_contains(set, things[i]));
    }
    for (int i = 0; i < count; i++) {
        weft_release(things[i]);
        CHECK_EQ(weft_weakset_length(set), count - 1 - i);
        CHECK_EQ(weft_weakkeydict_length(keys), count - 1 - i);
        CHECK_EQ(weft_weakvaluedict_length(values), count - 1 - i);
    }
    weft_auto(weft_string) string = weft_string_new(heap, "s");
    CHECK_EQ(weft_weakset_add(set, string), WEFT_TYPE_ERROR);
    close_containers();
}

TESTS(RUN(hist_h58_garbage_leaves_first), RUN(resurrected_ones_are_out),
    RUN(hist_h62_successor_stays), RUN(hist_h63_cleared_while_collecting),
    RUN(hist_h64_growth_meets_death), RUN(containers_may_be_in_rings),
    RUN(resurrected_dictionary_is_empty), RUN(what_is_kept_from_before_goes),
    RUN_ALONE(large_ones_die),
    RUN(emptied_ones_are_reused), RUN_ALONE(held_ones_go_with_the_heap),
    RUN(boxes_are_memoized), RUN(containers_are_watched))
