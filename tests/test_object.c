// SPDX-License-Identifier: MIT
//
// Objects: born zeroed and held, counted, told apart, gone when nobody holds
// them.
#include "node.h"

struct pair {
    struct pair *a;             // strong
    struct pair *b;             // strong
};

static weft_type pair_type = {
    .name = "pair", WEFT_SIZE(struct pair),
    .fields = WEFT_FIELDS(WEFT_STRONG(struct pair, a),
        WEFT_STRONG(struct pair, b)) };

static weft_type buffer_type = { .name = "buffer", .size = 5, .alignment = 1 };

static bool all_zero(const void *memory, size_t size)
{
    const unsigned char *bytes = memory;
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

// A new object is zero all over and held once; it knows its type and heap.
static void is_born_zeroed_and_held(weft_heap *heap)
{
    weft_auto(struct pair) pair = weft_new(heap, &pair_type);
    CHECK_TRUE(all_zero(pair, sizeof(*pair)));
    CHECK_EQ(weft_refcount(pair), 1);
    CHECK_SAME(weft_type_of(pair), &pair_type);
    CHECK_SAME(weft_heap_of(pair), heap);
}

// An object is zeroed also where another one has been before.
static void is_zeroed_in_used_memory(weft_heap *heap)
{
    for (int round = 0; round < 3; round++) {
        struct pair *pairs[500];
        for (size_t i = 0; i < 500; i++) {
            pairs[i] = weft_new(heap, &pair_type);
            CHECK_TRUE(all_zero(pairs[i], sizeof(struct pair)));
        }
        for (size_t i = 0; i < 500; i++) {
            weft_set_steal(&pairs[i]->a, weft_new(heap, &pair_type));
            weft_set(&pairs[i]->b, pairs[i]->a);
            weft_release(pairs[i]);
        }
        char *buffer = weft_new_sized(heap, &buffer_type, 3000);
        memset(buffer, 0xff, 3005);
        weft_release(buffer);
        buffer = weft_new_sized(heap, &buffer_type, 3000);
        CHECK_TRUE(all_zero(buffer, 3005));
        weft_release(buffer);
    }
}

// Retaining and releasing count up and down; retain returns its argument.
static void is_counted(weft_heap *heap)
{
    struct pair *pair = weft_new(heap, &pair_type);
    for (size_t i = 1; i <= 1000; i++) {
        CHECK_EQ(weft_refcount(pair), i);
        CHECK_SAME(weft_retain(pair), pair);
    }
    for (size_t i = 1000; i > 0; i--) {
        weft_release(pair);
        CHECK_EQ(weft_refcount(pair), i);
    }
    CHECK_EQ(object_count(heap), 1);
    weft_release(pair);
    CHECK_EQ(object_count(heap), 0);
}

// NULL may be retained, released, and asked whether it is of a type.
static void takes_null(weft_heap *heap)
{
    (void)heap;
    CHECK_NULL(weft_retain(NULL));
    weft_release(NULL);
    CHECK_FALSE(weft_is(NULL, &pair_type));
    CHECK_FALSE(weft_is_weakable(NULL));
}

// Extra bytes lie behind the struct, from its sizeof on, and are the program's.
static void has_extra_bytes(weft_heap *heap)
{
    for (size_t extra = 0; extra < 3000; extra += 1 + extra / 7) {
        weft_auto(struct pair) pair = weft_new_sized(heap, &pair_type, extra);
        weft_auto(struct pair) next = weft_new_sized(heap, &pair_type, extra);
        CHECK_TRUE(all_zero(pair, sizeof(*pair) + extra));
        memset(pair + 1, 0xff, extra);
        CHECK_TRUE(all_zero(next, sizeof(*next) + extra));
        CHECK_EQ(weft_refcount(pair), 1);
        CHECK_EQ(weft_refcount(next), 1);
    }
}

#define ALIGNED(n) \
    struct aligned##n { \
        _Alignas(n) char first; \
        char others[n]; \
    }; \
    static weft_type aligned##n##_type = { \
        .name = "aligned" #n, WEFT_SIZE(struct aligned##n) };

ALIGNED(1)
ALIGNED(2)
ALIGNED(4)
ALIGNED(8)
ALIGNED(16)
ALIGNED(32)
ALIGNED(64)

static void check_alignment(weft_heap *heap, weft_type *type, size_t extra)
{
    enum { COUNT = 1500 };
    void *objects[COUNT];
    size_t alignment = type->alignment > 8 ? type->alignment : 8;
    for (size_t i = 0; i < COUNT; i++) {
        objects[i] = weft_new_sized(heap, type, extra);
        CHECK_EQ((uintptr_t)objects[i] % alignment, 0);
    }
    for (size_t i = 0; i < COUNT; i++)
        weft_release(objects[i]);
}

// Every object is aligned as its type says, with extra bytes as well.
static void is_aligned(weft_heap *heap)
{
    weft_type *types[] = { &aligned1_type, &aligned2_type, &aligned4_type,
        &aligned8_type, &aligned16_type, &aligned32_type, &aligned64_type };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        check_alignment(heap, types[i], 0);
        check_alignment(heap, types[i], 1);
        check_alignment(heap, types[i], 100);
        CHECK_EQ(object_count(heap), 0);
    }
    for (size_t extra = 8000; extra < 9000; extra += 50) {
        weft_auto(void) object = weft_new_sized(heap, &aligned64_type, extra);
        CHECK_EQ((uintptr_t)object % 64, 0);
    }
}

// An object of two pointers takes 24 bytes, its hidden word included.
static void is_small(weft_heap *heap)
{
    struct pair *pairs[100];
    for (size_t i = 0; i < 100; i++)
        pairs[i] = weft_new(heap, &pair_type);
    CHECK_EQ(weft_heap_get_stats(heap).object_bytes, 2400);
    for (size_t i = 0; i < 100; i++)
        weft_release(pairs[i]);
    CHECK_EQ(weft_heap_get_stats(heap).object_bytes, 0);
}

static int compare_ids(const void *a, const void *b)
{
    const uint64_t *left = a;
    const uint64_t *right = b;
    return *left < *right ? -1 : *left > *right;
}

// An id stays the same for life and is never given to another object, also not
// after death, also not to objects that forbid weak references.
static void has_an_id_of_its_own(weft_heap *heap)
{
    enum { COUNT = 20000 };
    uint64_t *ids = malloc(COUNT * sizeof(*ids));
    for (size_t i = 0; i < COUNT; i++) {
        weft_auto(void) object = i % 2 == 0 ? weft_new(heap, &pair_type)
            : (void *)weft_string_new(heap, "x");
        ids[i] = weft_id(object);
        CHECK_TRUE(weft_id(object) == ids[i]);
    }
    qsort(ids, COUNT, sizeof(*ids), compare_ids);
    for (size_t i = 1; i < COUNT; i++)
        CHECK_TRUE(ids[i - 1] != ids[i]);
    free(ids);
}

WEFT_NEW_REF static struct pair *second_of(weft_heap *heap)
{
    weft_auto(struct pair) first = weft_new(heap, &pair_type);
    weft_auto(struct pair) second = weft_new(heap, &pair_type);
    CHECK_EQ(weft_refcount(first) + weft_refcount(second), 2);
    return weft_take(&second);
}

// The end of a scope releases, but not what was taken out before.
static void is_released_by_auto(weft_heap *heap)
{
    {
        weft_auto(struct pair) pair = weft_new(heap, &pair_type);
        weft_auto(struct pair) other = weft_retain(pair);
        CHECK_EQ(weft_refcount(other), 2);
    }
    CHECK_EQ(object_count(heap), 0);
    weft_auto(struct pair) pair = second_of(heap);
    CHECK_EQ(object_count(heap), 1);
    CHECK_EQ(weft_refcount(pair), 1);
}

// Objects that are released in any order leave the heap empty.
static void goes_in_any_order(weft_heap *heap)
{
    enum { COUNT = 20000 };
    struct pair **pairs = malloc(COUNT * sizeof(*pairs));
    for (size_t i = 0; i < COUNT; i++)
        pairs[i] = weft_new(heap, &pair_type);
    CHECK_EQ(object_count(heap), COUNT);
    for (size_t i = 0; i < COUNT; i++)
        weft_release(pairs[i * 7919 % COUNT]);
    CHECK_EQ(object_count(heap), 0);
    free(pairs);
}

// Making an object can fail; then there is none, and all others are well.
static void can_fail_to_be_made(weft_heap *heap)
{
    weft_auto(struct pair) root = weft_new(heap, &pair_type);
    if (!made(root))
        return;
    weft_set_steal(&root->a, weft_new(heap, &pair_type));
    if (!made(root->a))
        return;
    weft_set_steal(&root->b, weft_new_sized(heap, &pair_type, 100));
    if (!made(root->b))
        return;
    weft_set_steal(&root->a->a, weft_new_sized(heap, &pair_type, 100000));
    if (!made(root->a->a))
        return;
    CHECK_EQ(object_count(heap), 4);
}

// When one request failed the next can be met.
static void fails_only_once(weft_heap *heap)
{
    weft_release(weft_new(heap, &pair_type));
    (void)weft_debug_fail_at(heap, 2);
    weft_auto(struct pair) first = weft_new(heap, &pair_type);
    CHECK_TRUE(first != NULL);
    CHECK_NULL(weft_new(heap, &pair_type));
    weft_auto(struct pair) third = weft_new(heap, &pair_type);
    CHECK_TRUE(third != NULL);
    CHECK_EQ(weft_debug_fail_at(heap, 5), 0);
    weft_auto(struct pair) fourth = weft_new(heap, &pair_type);
    CHECK_TRUE(fourth != NULL);
    CHECK_EQ(weft_debug_fail_at(heap, 0), 4);
    CHECK_EQ(object_count(heap), 3);
}

TESTS(RUN(is_born_zeroed_and_held), RUN(is_zeroed_in_used_memory),
    RUN(is_counted), RUN(takes_null), RUN(has_extra_bytes), RUN(is_aligned),
    RUN(is_small), RUN(has_an_id_of_its_own), RUN(is_released_by_auto),
    RUN(goes_in_any_order), RUN_OOM(can_fail_to_be_made), RUN(fails_only_once))
