// SPDX-License-Identifier: MIT
//
// Strings: immutable bytes with a zero behind them.
#include "node.h"

// A string holds a copy of its text.
static void holds_a_copy(weft_heap *heap)
{
    char text[] = "hello";
    weft_auto(weft_string) string = weft_string_new(heap, text);
    text[0] = 'j';
    CHECK_STR(weft_string_text(string), "hello");
    CHECK_EQ(weft_string_size(string), 5);
    CHECK_EQ(weft_refcount(string), 1);
    CHECK_SAME(weft_heap_of(string), heap);
}

// It may hold any bytes, zeros too, and none at all.
static void holds_any_bytes(weft_heap *heap)
{
    weft_auto(weft_string) zeros = weft_string_new_sized(heap, "a\0b\0", 4);
    CHECK_EQ(weft_string_size(zeros), 4);
    CHECK_EQ(memcmp(weft_string_text(zeros), "a\0b\0", 5), 0);
    weft_auto(weft_string) empty = weft_string_new(heap, "");
    CHECK_STR(weft_string_text(empty), "");
    CHECK_EQ(weft_string_size(empty), 0);
    weft_auto(weft_string) none = weft_string_new_sized(heap, NULL, 0);
    CHECK_STR(weft_string_text(none), "");
}

// Of every length, the text ends in a zero byte.
static void ends_in_zero(weft_heap *heap)
{
    enum { LONGEST = 20000 };
    char *text = malloc(LONGEST);
    memset(text, 'x', LONGEST);
    for (size_t size = 0; size < LONGEST; size += 1 + size / 9) {
        weft_auto(weft_string) string = weft_string_new_sized(heap, text, size);
        CHECK_EQ(strlen(weft_string_text(string)), size);
        CHECK_EQ(weft_string_size(string), size);
    }
    free(text);
}

// Long strings are strings, too.
static void may_be_long(weft_heap *heap)
{
    size_t size = (size_t)10 << 20;
    char *text = malloc(size);
    memset(text, 'y', size);
    weft_auto(weft_string) string = weft_string_new_sized(heap, text, size);
    CHECK_EQ(strlen(weft_string_text(string)), size);
    bool equal = false;
    CHECK_EQ(weft_equal(weft_text_sized(text, size), weft_object(string),
        &equal), WEFT_OK);
    CHECK_TRUE(equal);
    free(text);
}

// Its length is its size in bytes, and it has no fields.
static void has_a_length(weft_heap *heap)
{
    weft_auto(weft_string) string = weft_string_new(heap, "four");
    size_t length = 0;
    CHECK_EQ(weft_length(string, &length), WEFT_OK);
    CHECK_EQ(length, 4);
    CHECK_EQ(weft_getattr(string, "text", NULL), WEFT_ATTRIBUTE_ERROR);
}

// Strings cannot be watched, as in Python.
static void cannot_be_watched(weft_heap *heap)
{
    weft_auto(weft_string) string = weft_string_new(heap, "x");
    weft_finalizer finalizer;
    CHECK_FALSE(weft_is_weakable(string));
    CHECK_EQ(weft_weakref_count(string), 0);
    CHECK_EQ(weft_finalize(string, free, NULL, &finalizer), WEFT_TYPE_ERROR);
    CHECK_FALSE(weft_finalizer_is_alive(finalizer));
    weft_auto(weft_list) refs = weft_weakrefs(string);
    CHECK_EQ(weft_list_length(refs), 0);
}

// Making one may fail.
static void may_fail(weft_heap *heap)
{
    static char text[100000];
    weft_auto(weft_string) small = weft_string_new(heap, "small");
    if (!made(small))
        return;
    weft_auto(weft_string) large = weft_string_new_sized(heap, text,
        sizeof(text));
    if (!made(large))
        return;
    CHECK_STR(weft_string_text(small), "small");
}

TESTS(RUN(holds_a_copy), RUN(holds_any_bytes), RUN(ends_in_zero),
    RUN(may_be_long), RUN(has_a_length), RUN(cannot_be_watched),
    RUN_OOM(may_fail))
