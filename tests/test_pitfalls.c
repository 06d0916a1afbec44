// SPDX-License-Identifier: MIT
//
// Bugs that others had, where no other file is about them.
#include "node.h"

#include <sys/wait.h>
#include <unistd.h>

static void ignore(weft_ref *ref, void *context) { (void)ref, (void)context; }
static void ignore_too(void *context) { (void)context; }

// A count is a count: no flag beside it in the word ever shows.
static void hist_h09_count_never_shows_flags(weft_heap *heap)
{
    weft_auto(struct node) node = loud_new(heap, "a");
    weft_weak weak = weft_weak_of(node);
    (void)weft_id(node);
    CHECK_EQ(weft_refcount(node), 1);
    weft_auto(weft_ref) ref = weft_ref_new(node, ignore, NULL);
    weft_finalizer finalizer;
    CHECK_EQ(weft_finalize(node, ignore_too, NULL, &finalizer), WEFT_OK);
    CHECK_EQ(weft_refcount(node), 1);
    for (size_t i = 0; i < 10; i++) {
        weft_auto(struct node) found = weft_weak_get(weak);
        CHECK_EQ(weft_refcount(found), 2);
    }
    node->act = rescue;
    weft_clear(&node);
    CHECK_EQ(weft_refcount(rescued), 1);
    CHECK_FALSE(weft_ref_is_dead(ref));
    weft_clear(&rescued);
    CHECK_TRACE("~a a.");
}

// ---------------------------------------------------------------------------
// The parts of a watched object, let go of in every order

static void told(weft_ref *ref, void *context)
{
    struct node *data = context;
    say("told:%s:%d", data->name, weft_ref_is_dead(ref));
}

static void finalized(void *context)
{
    struct node *data = context;
    say("finalized:%s", data->name);
}

// Object, ref with data, finalizer with data, and data in any order: what
// depends on each other always finds it, and nothing is left.
static void hist_h34_every_order_of_letting_go(weft_heap *heap)
{
    for (int order = 0; order < 27; order++) {
        struct node *parts[3] = { plain_new(heap), plain_new(heap), NULL };
        struct node *data = parts[1];
        data->name = "data";
        parts[2] = (struct node *)(void *)weft_ref_new_as(&weft_ref_type,
            parts[0], told, data);
        CHECK_EQ(weft_finalize_keep(parts[0], finalized, data, NULL), WEFT_OK);
        bool told_of = false;
        bool ref_gone = false;
        for (int i = 0, rest = order; i < 3; i++, rest /= 3) {
            told_of = told_of || (rest % 3 == 0 && !ref_gone);
            ref_gone = ref_gone || rest % 3 == 2;
            weft_clear(&parts[rest % 3]);
        }
        bool object_gone = parts[0] == NULL;
        CHECK_EQ(strstr(shim.trace, "finalized:data") != NULL, object_gone);
        CHECK_EQ(strstr(shim.trace, "told:data:1") != NULL, told_of);
        for (int i = 0; i < 3; i++)
            weft_clear(&parts[i]);
        CHECK_EQ(object_count(heap), 0);
        forget_trace();
    }
}

// ---------------------------------------------------------------------------
// Letting go of the old value lets go of where it was

struct box {
    weft_value value;           // owned
    struct node *node;          // strong
    weft_string *string;        // owned
};

static weft_type box_type = {
    .name = "box", WEFT_SIZE(struct box),
    .fields = WEFT_FIELDS(WEFT_VALUE(struct box, value),
        WEFT_STRONG_OF(struct box, node, &loud_type),
        WEFT_STRING(struct box, string)) };

static void *owner;

static void release_owner(struct node *self)
{
    (void)self;
    weft_clear(&owner);
}

WEFT_NEW_REF static struct node *releaser(weft_heap *heap)
{
    struct node *node = loud_new(heap, "x");
    node->act = release_owner;
    return node;
}

static struct box *new_box(weft_heap *heap)
{
    struct box *box = weft_new(heap, &box_type);
    owner = box;
    return box;
}

// A field is written, and its old value's finalizer releases the object.
static void hist_h37_owner_goes_while_its_field_is_set(weft_heap *heap)
{
    struct box *box = new_box(heap);
    box->node = releaser(heap);
    weft_set_steal(&box->node, loud_new(heap, "y"));
    CHECK_TRACE("~x ~y y. x.");
    box = new_box(heap);
    box->node = releaser(heap);
    weft_clear(&box->node);
    CHECK_TRACE("~x x.");
    box = new_box(heap);
    box->value = weft_object(releaser(heap));
    weft_value_set(&box->value, weft_int(1));
    CHECK_TRACE("~x x.");
    box = new_box(heap);
    box->value = weft_object(releaser(heap));
    weft_value_clear(&box->value);
    CHECK_TRACE("~x x.");
    box = new_box(heap);
    box->value = weft_object(releaser(heap));
    CHECK_EQ(weft_setattr(box, "value", weft_text("text")), WEFT_OK);
    CHECK_TRACE("~x x.");
    box = new_box(heap);
    box->node = releaser(heap);
    CHECK_EQ(weft_setattr(box, "node", weft_nil()), WEFT_OK);
    CHECK_TRACE("~x x.");
    CHECK_EQ(object_count(heap), 0);
}

// A list is written, and what it let go of releases the list.
static void hist_h37_list_goes_while_it_is_written(weft_heap *heap)
{
    for (int way = 0; way < 3; way++) {
        weft_list *list = weft_list_new(heap);
        owner = list;
        for (int i = 0; i < 3; i++) {
            weft_auto(struct node) node = releaser(heap);
            CHECK_EQ(weft_list_append(list, weft_object(node)), WEFT_OK);
        }
        if (way == 0)
            CHECK_EQ(weft_list_set(list, 1, weft_int(1)), WEFT_OK);
        else if (way == 1)
            weft_list_clear(list);
        else
            weft_value_release(weft_list_pop(list, 0));
        CHECK_EQ(object_count(heap), 0);
        forget_trace();
    }
}

// A step of an iteration lets go of what it showed, which releases the list.
static void hist_h37_list_goes_while_it_is_gone_through(weft_heap *heap)
{
    weft_list *list = weft_list_new(heap);
    owner = list;
    for (int i = 0; i < 3; i++) {
        weft_auto(struct node) node = releaser(heap);
        CHECK_EQ(weft_list_append(list, weft_object(node)), WEFT_OK);
    }
    int steps = 0;
    weft_each (it, list) {
        steps++;
        weft_list_clear(it.container);
    }
    CHECK_EQ(steps, 1);
    CHECK_EQ(object_count(heap), 0);
    forget_trace();
}

static bool equal_and_release(const void *self, const void *other)
{
    weft_clear(&owner);
    return weft_type_of(self) == weft_type_of(other);
}

static uint64_t hash_and_release(const void *self)
{
    (void)self;
    weft_clear(&owner);
    return 5;
}

static weft_type fickle_type = {
    .name = "fickle", WEFT_SIZE(struct node), .equal = equal_and_release,
    .hash = hash_and_release, .dispose = node_dispose };

// Hash and equality, asked through refs and proxies, let go of the referent:
// it is held while it is asked.
static void hist_h23_referent_goes_while_it_is_asked(weft_heap *heap)
{
    for (int way = 0; way < 3; way++) {
        struct node *node = weft_new(heap, &fickle_type);
        node->name = "f";
        weft_auto(struct node) other = weft_new(heap, &fickle_type);
        other->name = "o";
        weft_auto(weft_ref) ref = weft_ref_new(node, NULL, NULL);
        weft_auto(weft_ref) proxy = weft_proxy_new(node, NULL, NULL);
        weft_auto(weft_ref) other_ref = weft_ref_new(other, NULL, NULL);
        owner = node;
        uint64_t hash = 0;
        bool equal = false;
        if (way == 0)
            CHECK_EQ(weft_hash(heap, weft_object(ref), &hash), WEFT_OK);
        else
            CHECK_EQ(weft_equal(weft_object(way == 1 ? ref : proxy),
                weft_object(way == 1 ? (void *)other_ref : other), &equal),
                WEFT_OK);
        CHECK_TRUE(way == 0 ? hash == 5 : equal);
        CHECK_TRACE("f.");
        CHECK_TRUE(weft_ref_is_dead(ref));
        weft_clear(&other);
        forget_trace();
    }
}

// ---------------------------------------------------------------------------
// Callbacks that change the list they are called from

static weft_ref *many[40];
static size_t told_count;

static void shuffle_refs(weft_ref *ref, void *context)
{
    struct node *other = context;
    told_count++;
    for (size_t i = 0; i < 40; i += 3)
        if (many[i] != ref)
            weft_clear(&many[i]);
    for (size_t i = 1; i < 40; i += 5)
        weft_set_steal(&many[i], weft_ref_new(other, ignore, NULL));
}

// Callbacks that let go of refs still to be called, and make others on another
// object meanwhile: each is called once, none twice.
static void hist_h31_callbacks_change_the_list(weft_heap *heap)
{
    weft_auto(struct node) other = plain_new(heap);
    struct node *node = plain_new(heap);
    told_count = 0;
    for (size_t i = 0; i < 40; i++)
        many[i] = weft_ref_new(node, shuffle_refs, other);
    weft_release(node);
    CHECK_EQ(told_count, 40);
    CHECK_TRUE(weft_heap_verify(heap));
    for (size_t i = 0; i < 40; i++)
        weft_clear(&many[i]);
    CHECK_EQ(weft_weakref_count(other), 0);
}

// An object whose memory holds refs to it is watched again in its next life by
// nobody.
static void hist_h30_next_object_is_not_watched(weft_heap *heap)
{
    for (int i = 0; i < 200; i++) {
        struct node *node = plain_new(heap);
        CHECK_EQ(weft_weakref_count(node), 0);
        weft_ref *ref = weft_ref_new(node, ignore, NULL);
        CHECK_EQ(weft_weakref_count(node), 1);
        weft_release(node);
        weft_release(ref);
    }
}

// After a fork both processes have the heap, each its own.
static void hist_h42_forked_child_has_its_own(weft_heap *heap)
{
    struct node *node = plain_new(heap);
    weft_auto(weft_ref) ref = weft_ref_new(node, NULL, NULL);
    fflush(NULL);
    pid_t child = fork();
    CHECK_TRUE(child >= 0);
    if (child == 0) {
        weft_release(node);
        bool good = weft_ref_is_dead(ref);
        weft_release(ref);
        good = good && object_count(heap) == 0 && shim.report_count == 0;
        _exit(good && weft_heap_close(heap) == 0 ? 0 : 1);
    }
    int status = 1;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK_FALSE(weft_ref_is_dead(ref));
    weft_release(node);
    CHECK_TRUE(weft_ref_is_dead(ref));
}

// Making and letting go of refs a million times leaves memory as it was.
static void hist_h57_refs_leave_no_trail(weft_heap *heap)
{
    size_t before = 0;
    for (int i = 0; i < 200000; i++) {
        weft_auto(struct node) node = plain_new(heap);
        weft_auto(weft_ref) ref = weft_ref_new(node, ignore, NULL);
        weft_finalizer finalizer;
        CHECK_EQ(weft_finalize(node, ignore_too, NULL, &finalizer), WEFT_OK);
        if (i % 2 == 0)
            weft_clear(&ref);
        if (i == 1000)
            before = weft_heap_get_stats(heap).reserved_bytes;
    }
    CHECK_TRUE(weft_heap_get_stats(heap).reserved_bytes <= before + (1 << 20));
}

TESTS(RUN(hist_h09_count_never_shows_flags),
    RUN(hist_h34_every_order_of_letting_go),
    RUN(hist_h37_owner_goes_while_its_field_is_set),
    RUN(hist_h37_list_goes_while_it_is_written),
    RUN(hist_h37_list_goes_while_it_is_gone_through),
    RUN(hist_h23_referent_goes_while_it_is_asked),
    RUN(hist_h31_callbacks_change_the_list),
    RUN(hist_h30_next_object_is_not_watched),
    RUN(hist_h42_forked_child_has_its_own), RUN(hist_h57_refs_leave_no_trail))
