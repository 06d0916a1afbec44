// SPDX-License-Identifier: MIT
//
// Large objects: from beyond a page to hundreds of megabytes, zeroed, aligned,
// watched like all others, and their memory goes back.
#include "node.h"

struct blob {
    struct node *held;          // strong
    size_t size;                // of the extra bytes
};

static weft_type blob_type = {
    .name = "blob", WEFT_SIZE(struct blob),
    .fields = WEFT_FIELDS(WEFT_STRONG(struct blob, held),
        WEFT_UINT(struct blob, size)) };

struct wide {
    _Alignas(64) char bytes[64];
};

static weft_type wide_type = { .name = "wide", WEFT_SIZE(struct wide) };

WEFT_NEW_REF static struct blob *blob_new(weft_heap *heap, size_t size)
{
    struct blob *blob = weft_new_sized(heap, &blob_type, size);
    if (blob != NULL)
        blob->size = size;
    return blob;
}

// Looks at the last byte and many others, then fills them.
static bool is_zero_here_and_there(struct blob *blob)
{
    unsigned char *bytes = (unsigned char *)(blob + 1);
    bool zero = bytes[blob->size - 1] == 0;
    bytes[blob->size - 1] = 0xff;
    for (size_t i = 0; i < blob->size - 1; i += blob->size / 61 + 1) {
        zero = zero && bytes[i] == 0;
        bytes[i] = 0xff;
    }
    return zero;
}

// Around every limit there may be, objects are zeroed, whole, and can be made
// again where one of the same size has been.
static void may_be_of_any_size(weft_heap *heap)
{
    static const size_t limits[] = { 4096, 8192, 16384, 32768, 65536, 131072,
        1 << 20, 2 << 20, 4 << 20, 5 << 20 };
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        for (size_t size = limits[i] - 96; size < limits[i] + 96; size += 8) {
            struct blob *blob = blob_new(heap, size);
            CHECK_TRUE(is_zero_here_and_there(blob));
            struct blob *second = blob_new(heap, size);
            CHECK_TRUE(is_zero_here_and_there(second));
            weft_release(blob);
            blob = blob_new(heap, size);
            CHECK_TRUE(is_zero_here_and_there(blob));
            CHECK_EQ(second->size, size);
            weft_release(blob);
            weft_release(second);
        }
    CHECK_EQ(object_count(heap), 0);
}

// Handles, refs, counts and fields are as with small ones.
static void is_an_object_like_others(weft_heap *heap)
{
    for (size_t size = 5000; size < 10000000; size *= 3) {
        struct blob *blob = blob_new(heap, size);
        weft_set_steal(&blob->held, loud_new(heap, "a"));
        weft_weak weak = weft_weak_of(blob);
        weft_auto(weft_ref) ref = weft_ref_new(blob, NULL, NULL);
        CHECK_SAME(weft_type_of(blob), &blob_type);
        CHECK_SAME(weft_heap_of(blob), heap);
        struct blob *found = weft_weak_get(weak);
        CHECK_SAME(found, blob);
        CHECK_EQ(weft_refcount(blob), 2);
        weft_release(found);
        weft_release(blob);
        CHECK_TRACE("~a a.");
        CHECK_TRUE(weft_weak_is_dead(weak));
        CHECK_TRUE(weft_ref_is_dead(ref));
        weft_auto(struct blob) next = blob_new(heap, size);
        CHECK_TRUE(weft_weak_is_dead(weak));
        CHECK_FALSE(weft_weak_is_same(weak, weft_weak_of(next)));
    }
}

// Their alignment is kept.
static void is_aligned(weft_heap *heap)
{
    for (size_t size = 6000; size < 9000000; size = size * 2 + 8) {
        weft_auto(struct wide) wide = weft_new_sized(heap, &wide_type, size);
        CHECK_EQ((uintptr_t)wide % 64, 0);
    }
}

// An object of 300 MB can be made and its memory is not kept when it went.
static void may_be_hundreds_of_megabytes(weft_heap *heap)
{
    size_t size = (size_t)300 << 20;
    for (int i = 0; i < 4; i++) {
        struct blob *blob = blob_new(heap, size);
        CHECK_TRUE(blob != NULL);
        CHECK_TRUE(is_zero_here_and_there(blob));
        CHECK_TRUE(weft_heap_get_stats(heap).reserved_bytes >= size);
        weft_release(blob);
    }
    (void)weft_heap_trim(heap);
    CHECK_TRUE(weft_heap_get_stats(heap).reserved_bytes < size / 4);
}

// More than there is cannot be had, and nothing overflows on the way.
static void may_be_too_large(weft_heap *heap)
{
    for (size_t less = 0; less < 200; less += 8)
        CHECK_NULL(weft_new_sized(heap, &blob_type, SIZE_MAX - less));
    CHECK_NULL(weft_new_sized(heap, &blob_type, SIZE_MAX / 2));
    CHECK_NULL(weft_new_sized(heap, &wide_type, SIZE_MAX - 127));
    CHECK_EQ(object_count(heap), 0);
    weft_auto(struct blob) blob = blob_new(heap, 100000);
    CHECK_TRUE(is_zero_here_and_there(blob));
}

// A buffer that grows by a tenth again and again does not leave a trail.
static void may_grow(weft_heap *heap)
{
    struct blob *buffer = blob_new(heap, 10000);
    while (buffer->size < (size_t)20 << 20) {
        struct blob *next = blob_new(heap, buffer->size + buffer->size / 10);
        CHECK_TRUE(is_zero_here_and_there(next));
        weft_set_steal(&buffer, next);
    }
    (void)weft_heap_trim(heap);
    CHECK_TRUE(weft_heap_get_stats(heap).reserved_bytes < (size_t)64 << 20);
    weft_release(buffer);
}

// Large and small ones live and die beside each other.
static void mixes_with_small_ones(weft_heap *heap)
{
    struct blob *blobs[64] = { NULL };
    uint32_t random = 1;
    for (int round = 0; round < 4000; round++) {
        random = random * 1664525 + 1013904223;
        struct blob **slot = &blobs[random >> 26];
        size_t size = (size_t)1 << (4 + (random >> 8) % 17);
        weft_set_steal(slot, blob_new(heap, size + random % 128));
        CHECK_TRUE(is_zero_here_and_there(*slot));
        weft_set_steal(&(*slot)->held, plain_new(heap));
    }
    CHECK_TRUE(weft_heap_verify(heap));
    for (size_t i = 0; i < 64; i++)
        weft_release(blobs[i]);
    CHECK_EQ(object_count(heap), 0);
}

// They may fail to be made.
static void may_fail(weft_heap *heap)
{
    weft_auto(struct blob) first = blob_new(heap, 20000);
    if (!made(first))
        return;
    weft_auto(struct blob) second = blob_new(heap, 3000000);
    if (!made(second))
        return;
    CHECK_EQ(object_count(heap), 2);
    weft_clear(&first);
    weft_set_steal(&first, blob_new(heap, 20000));
    (void)made(first);
}

enum { SPAN_SIZES = 30 * 6 };

static weft_type span_types[SPAN_SIZES];

// Types from 20 to 49 pages of 64 KiB, close to every border there may be.
static void make_span_types(void)
{
    static const size_t less[] = { 4000, 2100, 2048, 2040, 8, 0 };
    for (size_t i = 0; i < SPAN_SIZES; i++)
        span_types[i] = (weft_type){ .name = "span", .alignment = 8,
            .size = (20 + i / 6) * 65536 - less[i % 6] };
}

// Makes one of each type, in the order of a step, with at most eight at a time;
// each is zero, whole, and as it was written until it goes.
static void make_spans(weft_heap *heap, size_t step)
{
    unsigned char *held[8] = { NULL };
    size_t sizes[8] = { 0 };
    for (size_t i = 0; i < SPAN_SIZES + 8; i++) {
        size_t at = i % 8;
        unsigned char mark = (unsigned char)(at + 1);
        for (size_t k = 0; k < sizes[at]; k += k + 4096 < sizes[at] ? 4096 : 1)
            CHECK_EQ(held[at][k], mark);
        weft_clear(&held[at]);
        sizes[at] = 0;
        if (i >= SPAN_SIZES)
            continue;
        weft_type *type = &span_types[i * step % SPAN_SIZES];
        held[at] = weft_new(heap, type);
        sizes[at] = type->size;
        weft_heap_stats stats = weft_heap_get_stats(heap);
        CHECK_TRUE(stats.reserved_bytes >= stats.object_bytes);
        CHECK_EQ(held[at][0], 0);
        CHECK_EQ(held[at][type->size - 1], 0);
        for (size_t k = 0; k < type->size; k += 4096)
            held[at][k] = mark;
        memset(held[at] + type->size - 4096, mark, 4096);
        held[at][type->size - 1] = mark;
    }
}

// Spans made one after the other, also where another size was, hold all of what
// they are for, to the last byte.
static void spans_are_large_enough(weft_heap *heap)
{
    make_span_types();
    for (size_t i = 0; i < SPAN_SIZES; i++) {
        unsigned char *object = weft_new(heap, &span_types[i]);
        weft_heap_stats stats = weft_heap_get_stats(heap);
        CHECK_TRUE(stats.reserved_bytes >= stats.object_bytes);
        CHECK_EQ(object[span_types[i].size - 1], 0);
        object[span_types[i].size - 1] = 1;
        weft_release(object);
    }
    static const size_t steps[] = { 1, 7, 49, 179 };
    for (size_t i = 0; i < 4; i++) {
        make_spans(heap, steps[i]);
        CHECK_TRUE(weft_heap_verify(heap));
    }
}

TESTS(RUN(may_be_of_any_size), RUN(is_an_object_like_others), RUN(is_aligned),
    RUN(may_be_hundreds_of_megabytes), RUN(may_be_too_large), RUN(may_grow),
    RUN(mixes_with_small_ones), RUN_OOM(may_fail), RUN(spans_are_large_enough))
