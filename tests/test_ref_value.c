// SPDX-License-Identifier: MIT
//
// Refs as values and as bases: hash, equality, refs of types of one's own, and
// what a ref keeps.
#include "node.h"

struct number {
    int number;                 // what counts
};

static uint64_t number_hash(const void *self)
{
    const struct number *number = self;
    say("hash");
    return (uint64_t)number->number;
}

static bool number_equal(const void *self, const void *other)
{
    const struct number *a = self;
    const struct number *b = other;
    return weft_type_of(self) == weft_type_of(other) && a->number == b->number;
}

static weft_type number_type = {
    .name = "number", WEFT_SIZE(struct number), .hash = number_hash,
    .equal = number_equal };

static weft_type unhashable_type = {
    .name = "unhashable", WEFT_SIZE(struct number), .equal = number_equal };

WEFT_NEW_REF static struct number *number_new(weft_heap *heap, int value)
{
    struct number *number = weft_new(heap, &number_type);
    number->number = value;
    return number;
}

static bool equal(const void *a, const void *b)
{
    bool there = false;
    bool back = true;
    CHECK_EQ(weft_equal(weft_object(a), weft_object(b), &there), WEFT_OK);
    CHECK_EQ(weft_equal(weft_object(b), weft_object(a), &back), WEFT_OK);
    CHECK_EQ(there, back);
    return there;
}

static weft_status hash(weft_heap *heap, const void *object, uint64_t *result)
{
    return weft_hash(heap, weft_object(object), result);
}

// A ref hashes as what it refers to, asks only once, and keeps the hash.
static void hash_is_that_of_the_referent(weft_heap *heap)
{
    struct number *number = number_new(heap, 42);
    weft_auto(weft_ref) ref = weft_ref_new(number, NULL, NULL);
    uint64_t result = 0;
    CHECK_EQ(hash(heap, ref, &result), WEFT_OK);
    CHECK_EQ(result, 42);
    CHECK_EQ(hash(heap, ref, &result), WEFT_OK);
    CHECK_TRACE("hash");
    weft_release(number);
    CHECK_EQ(hash(heap, ref, &result), WEFT_OK);
    CHECK_EQ(result, 42);
    CHECK_TRACE("");
}

// Never asked while the referent lived, a ref has no hash any more.
static void hash_must_be_asked_in_time(weft_heap *heap)
{
    struct number *number = number_new(heap, 42);
    weft_auto(weft_ref) ref = weft_ref_new(number, NULL, NULL);
    weft_release(number);
    uint64_t result = 5;
    CHECK_EQ(hash(heap, ref, &result), WEFT_TYPE_ERROR);
    CHECK_EQ(result, 0);
}

// A ref to what is unhashable is unhashable; objects hash by identity.
static void hash_needs_one_of_the_referent(weft_heap *heap)
{
    weft_auto(struct number) number = weft_new(heap, &unhashable_type);
    weft_auto(weft_ref) ref = weft_ref_new(number, NULL, NULL);
    uint64_t result = 5;
    CHECK_EQ(hash(heap, ref, &result), WEFT_TYPE_ERROR);
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(weft_ref) other = weft_ref_new(node, NULL, NULL);
    uint64_t own = 1;
    CHECK_EQ(hash(heap, other, &result), WEFT_OK);
    CHECK_EQ(hash(heap, node, &own), WEFT_OK);
    CHECK_TRUE(own == result);
}

static void ignore(weft_ref *ref, void *context) { (void)ref, (void)context; }

// Refs are equal if their referents are, while both live; a ref never equals
// its referent.
static void equality_is_that_of_referents(weft_heap *heap)
{
    weft_auto(struct number) a = number_new(heap, 1);
    weft_auto(struct number) b = number_new(heap, 1);
    weft_auto(struct number) c = number_new(heap, 2);
    weft_auto(weft_ref) to_a = weft_ref_new(a, NULL, NULL);
    weft_auto(weft_ref) also_a = weft_ref_new(a, ignore, NULL);
    weft_auto(weft_ref) to_b = weft_ref_new(b, NULL, NULL);
    weft_auto(weft_ref) to_c = weft_ref_new(c, NULL, NULL);
    CHECK_TRUE(equal(to_a, to_a));
    CHECK_TRUE(equal(to_a, also_a));
    CHECK_TRUE(equal(to_a, to_b));
    CHECK_FALSE(equal(to_a, to_c));
    CHECK_FALSE(equal(to_a, a));
    CHECK_EQ(weft_refcount(a), 1);
    CHECK_EQ(weft_refcount(b), 1);
}

// As soon as one is dead, only a ref itself equals it.
static void hist_h24_dead_ones_are_equal_by_identity(weft_heap *heap)
{
    struct number *a = number_new(heap, 1);
    weft_auto(struct number) b = number_new(heap, 1);
    weft_auto(weft_ref) to_a = weft_ref_new(a, NULL, NULL);
    weft_auto(weft_ref) also_a = weft_ref_new(a, ignore, NULL);
    weft_auto(weft_ref) to_b = weft_ref_new(b, NULL, NULL);
    weft_release(a);
    CHECK_FALSE(equal(to_a, to_b));
    CHECK_FALSE(equal(to_a, also_a));
    CHECK_TRUE(equal(to_a, to_a));
    CHECK_EQ(weft_refcount(b), 1);
    CHECK_EQ(weft_refcount(to_a), 1);
}

// ---------------------------------------------------------------------------
// Types of one's own

struct tagged {
    weft_ref ref;               // what it extends
    struct node *held;          // strong
    int tag;                    // plain
};

static void tagged_dispose(void *self)
{
    struct tagged *tagged = self;
    say("tagged%d.", tagged->tag);
}

static weft_type tagged_type = {
    .name = "tagged", WEFT_SIZE(struct tagged), .base = &weft_ref_type,
    .dispose = tagged_dispose,
    .fields = WEFT_FIELDS(WEFT_STRONG(struct tagged, held),
        WEFT_INT(struct tagged, tag)) };

static void say_tag(weft_ref *ref, void *context)
{
    struct node *kept = context;
    struct tagged *tagged = (struct tagged *)ref;
    say("told%d:%s", tagged->tag, kept != NULL ? kept->name : "nothing");
}

WEFT_NEW_REF static struct tagged *tagged_new(void *object, int tag, void *kept)
{
    struct tagged *tagged = (struct tagged *)weft_ref_new_as(&tagged_type,
        object, say_tag, kept);
    if (tagged != NULL)
        tagged->tag = tag;
    return tagged;
}

// A ref of an own type carries data, which its callback finds.
static void own_type_carries_data(weft_heap *heap)
{
    struct node *node = plain_new(heap);
    struct tagged *tagged = tagged_new(node, 7, NULL);
    CHECK_TRUE(weft_is(tagged, &weft_ref_type));
    CHECK_SAME(weft_type_of(tagged), &tagged_type);
    struct node *found = weft_ref_get(&tagged->ref);
    CHECK_SAME(found, node);
    weft_release(found);
    CHECK_EQ(weft_setattr(tagged, "tag", weft_int(8)), WEFT_OK);
    weft_release(node);
    CHECK_TRACE("told8:nothing");
    weft_release(tagged);
    CHECK_TRACE("tagged8.");
}

// Such refs are never shared, with or without a callback, and never given to
// who asks for a plain one; that comes before them in the list.
static void own_type_is_never_shared(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(weft_ref) first = weft_ref_new_as(&tagged_type, node, NULL, NULL);
    weft_auto(weft_ref) second = weft_ref_new_as(&tagged_type, node, NULL,
        NULL);
    weft_auto(weft_ref) third = weft_ref_new_as(&weft_ref_type, node, NULL,
        NULL);
    weft_auto(weft_ref) plain = weft_ref_new(node, NULL, NULL);
    CHECK_TRUE(first != second && first != third && plain != third);
    CHECK_SAME(weft_type_of(plain), &weft_ref_type);
    CHECK_EQ(weft_weakref_count(node), 4);
    weft_auto(weft_list) list = weft_weakrefs(node);
    weft_auto_value shared = weft_list_get(list, 0);
    CHECK_SAME(weft_value_object(shared), plain);
    weft_list_clear(list);
    weft_clear(&first);
    weft_clear(&second);
    forget_trace();
}

// What a ref keeps lives until the callback was called.
static void keeps_until_the_callback(weft_heap *heap)
{
    struct node *node = plain_new(heap);
    struct node *kept = loud_new(heap, "k");
    weft_auto(struct tagged) tagged = tagged_new(node, 1, kept);
    weft_release(kept);
    CHECK_EQ(weft_refcount(kept), 1);
    struct node *same = weft_ref_kept(&tagged->ref);
    CHECK_SAME(same, kept);
    CHECK_EQ(weft_refcount(kept), 2);
    weft_release(same);
    CHECK_TRACE("");
    weft_release(node);
    CHECK_TRACE("told1:k ~k k.");
    CHECK_NULL(weft_ref_kept(&tagged->ref));
    weft_clear(&tagged);
    forget_trace();
}

// Without a callback it keeps for as long as it is there.
static void keeps_without_a_callback(weft_heap *heap)
{
    struct node *node = plain_new(heap);
    struct node *kept = loud_new(heap, "k");
    weft_ref *ref = weft_ref_new_as(&weft_ref_type, node, NULL, kept);
    weft_release(kept);
    weft_release(node);
    CHECK_TRUE(weft_ref_is_dead(ref));
    CHECK_TRACE("");
    struct node *same = weft_ref_kept(ref);
    CHECK_SAME(same, kept);
    weft_release(same);
    weft_release(ref);
    CHECK_TRACE("~k k.");
}

// Let go before, it empties its fields, then leaves its object's list, then
// lets go of what it keeps.
static void lets_go_in_order(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(struct node) kept = loud_new(heap, "k");
    struct tagged *tagged = tagged_new(node, 1, kept);
    weft_set_steal(&tagged->held, loud_new(heap, "h"));
    weft_clear(&kept);
    CHECK_TRACE("");
    weft_release(tagged);
    CHECK_TRACE("~h h. ~k k. tagged1.");
    CHECK_EQ(weft_weakref_count(node), 0);
    weft_clear(&node);
    CHECK_TRACE("");
}

// A ref whose field owns its own referent tells nobody when it goes.
static void owner_of_its_referent_is_silent(weft_heap *heap)
{
    struct node *node = loud_new(heap, "n");
    struct tagged *tagged = tagged_new(node, 1, NULL);
    weft_set_steal(&tagged->held, node);
    weft_release(tagged);
    CHECK_TRACE("~n n. tagged1.");
    CHECK_EQ(object_count(heap), 0);
}

// Others are told of that all the same.
static void owner_of_the_referent_of_others(weft_heap *heap)
{
    struct node *node = loud_new(heap, "n");
    weft_auto(struct tagged) other = tagged_new(node, 2, NULL);
    struct tagged *tagged = tagged_new(node, 1, NULL);
    weft_set_steal(&tagged->held, node);
    weft_release(tagged);
    CHECK_TRACE("~n told2:nothing n. tagged1.");
    weft_clear(&other);
    forget_trace();
}

// One that keeps its own referent keeps it alive until it is let go itself.
static void may_keep_its_referent(weft_heap *heap)
{
    struct node *node = loud_new(heap, "n");
    struct tagged *tagged = tagged_new(node, 1, node);
    weft_release(node);
    CHECK_TRACE("");
    CHECK_FALSE(weft_ref_is_dead(&tagged->ref));
    weft_release(tagged);
    CHECK_TRACE("~n n. tagged1.");
    CHECK_EQ(object_count(heap), 0);
}

// Two of them with their callbacks are told newest first, as others are.
static void own_types_are_told_in_order(weft_heap *heap)
{
    struct node *node = plain_new(heap);
    weft_auto(struct tagged) first = tagged_new(node, 1, NULL);
    weft_auto(struct tagged) second = tagged_new(node, 2, NULL);
    CHECK_TRUE(first != second);
    weft_release(node);
    CHECK_TRACE("told2:nothing told1:nothing");
    weft_clear(&first);
    weft_clear(&second);
    forget_trace();
}

// A finalizer on a ref frees what its callback needs, whoever goes first.
static void finalizer_frees_the_context(weft_heap *heap)
{
    for (int i = 0; i < 2; i++) {
        struct node *node = plain_new(heap);
        char *context = malloc(10);
        weft_ref *ref = weft_ref_new(node, ignore, context);
        CHECK_EQ(weft_finalize(ref, free, context, NULL), WEFT_OK);
        weft_release(i == 0 ? (void *)node : ref);
        weft_release(i == 0 ? (void *)ref : node);
    }
}

// Making one may fail; then nothing is kept.
static void may_fail(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(struct node) kept = plain_new(heap);
    if (!made(node) || !made(kept))
        return;
    weft_auto(struct tagged) tagged = tagged_new(node, 1, kept);
    CHECK_EQ(weft_refcount(kept), made(tagged) ? 2 : 1);
    weft_clear(&tagged);
    CHECK_EQ(weft_refcount(kept), 1);
    CHECK_EQ(weft_weakref_count(node), 0);
    forget_trace();
}

TESTS(RUN(hash_is_that_of_the_referent), RUN(hash_must_be_asked_in_time),
    RUN(hash_needs_one_of_the_referent), RUN(equality_is_that_of_referents),
    RUN(hist_h24_dead_ones_are_equal_by_identity), RUN(own_type_carries_data),
    RUN(own_type_is_never_shared), RUN(keeps_until_the_callback),
    RUN(keeps_without_a_callback),
    RUN(lets_go_in_order), RUN(owner_of_its_referent_is_silent),
    RUN(owner_of_the_referent_of_others),
    RUN(may_keep_its_referent), RUN(own_types_are_told_in_order),
    RUN(finalizer_frees_the_context), RUN_OOM(may_fail))
