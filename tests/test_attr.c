// SPDX-License-Identifier: MIT
//
// Fields by name: what every row reads as, and which take what.
#include "node.h"

struct record {
    struct node *plain;         // strong, of any type
    struct node *node;          // strong, of one type
    weft_weak weak;             // weak
    weft_string *string;        // owned
    weft_value value;           // owned
    struct node **items;        // owned
    uint32_t item_count;        // of items
    void *raw;                  // borrowed
    const char *text;           // plain
    bool flag;                  // plain
    int8_t i8;                  // plain
    int16_t i16;                // plain
    int32_t i32;                // plain
    int64_t i64;                // plain
    uint8_t u8;                 // plain
    uint16_t u16;               // plain
    uint32_t u32;               // plain
    uint64_t u64;               // plain
    double real;                // plain
};

static void record_dispose(void *self)
{
    struct record *record = self;
    free(record->items);
}

#define R struct record
static weft_type record_type = {
    .name = "record", WEFT_SIZE(struct record), .dispose = record_dispose,
    .fields = WEFT_FIELDS(WEFT_STRONG(R, plain),
        WEFT_STRONG_OF(R, node, &plain_type), WEFT_WEAK(R, weak),
        WEFT_STRING(R, string), WEFT_VALUE(R, value),
        WEFT_ARRAY(R, items, item_count), WEFT_BORROWED(R, raw),
        WEFT_CSTRING(R, text), WEFT_BOOL(R, flag), WEFT_INT(R, i8),
        WEFT_INT(R, i16), WEFT_INT(R, i32), WEFT_INT(R, i64),
        WEFT_UINT(R, u8), WEFT_UINT(R, u16), WEFT_UINT(R, u32),
        WEFT_UINT(R, u64), WEFT_DOUBLE(R, real)) };

static weft_value get(const void *object, const char *name)
{
    weft_value value = weft_int(123);
    CHECK_EQ(weft_getattr(object, name, &value), WEFT_OK);
    return value;
}

static void check_int(const void *object, const char *name, int64_t expected)
{
    weft_auto_value value = get(object, name);
    CHECK_EQ(value.kind, WEFT_KIND_INT);
    CHECK_EQ(value.as.integer, expected);
}

// Everything zero: references are nil, numbers are zero.
static void empty_fields_read_as_nothing(weft_heap *heap)
{
    static const char *nil[] = { "plain", "node", "weak", "string", "value" };
    static const char *zero[] = { "raw", "i8", "i16", "i32", "i64", "u8", "u16",
        "u32", "u64" };
    weft_auto(struct record) record = weft_new(heap, &record_type);
    for (size_t i = 0; i < 5; i++)
        CHECK_EQ(get(record, nil[i]).kind, WEFT_KIND_NIL);
    for (size_t i = 0; i < 9; i++)
        check_int(record, zero[i], 0);
    CHECK_EQ(get(record, "flag").kind, WEFT_KIND_BOOL);
    CHECK_EQ(get(record, "real").kind, WEFT_KIND_DOUBLE);
    weft_auto_value items = get(record, "items");
    CHECK_EQ(weft_list_length(weft_value_object(items)), 0);
}

// References read as new references to their objects.
static void references_are_read(weft_heap *heap)
{
    weft_auto(struct record) record = weft_new(heap, &record_type);
    record->plain = plain_new(heap);
    record->node = weft_retain(record->plain);
    record->weak = weft_weak_of(record->plain);
    record->value = weft_object(weft_retain(record->plain));
    record->string = weft_string_new(heap, "text");
    static const char *names[] = { "plain", "node", "weak", "value" };
    for (size_t i = 0; i < 4; i++) {
        weft_value value = get(record, names[i]);
        CHECK_SAME(weft_value_object(value), record->plain);
        CHECK_EQ(weft_refcount(record->plain), 4);
        weft_value_release(value);
    }
    weft_auto_value string = get(record, "string");
    CHECK_STR(weft_value_text(string), "text");
    CHECK_EQ(weft_refcount(record->string), 2);
}

// A weak field whose object is gone reads as nil.
static void dead_handles_read_as_nil(weft_heap *heap)
{
    weft_auto(struct record) record = weft_new(heap, &record_type);
    struct node *node = plain_new(heap);
    record->weak = weft_weak_of(node);
    weft_release(node);
    CHECK_EQ(get(record, "weak").kind, WEFT_KIND_NIL);
}

// Plain fields read as values of their kind: a raw pointer as its address, a C
// string as a string of its own.
static void plain_fields_are_read(weft_heap *heap)
{
    char text[] = "text";
    weft_auto(struct record) record = weft_new(heap, &record_type);
    record->raw = text;
    record->text = text;
    record->flag = true;
    record->i8 = INT8_MIN;
    record->i16 = INT16_MIN;
    record->i32 = INT32_MIN;
    record->i64 = INT64_MIN;
    record->u8 = UINT8_MAX;
    record->u16 = UINT16_MAX;
    record->u32 = UINT32_MAX;
    record->u64 = INT64_MAX;
    record->real = 0.25;
    check_int(record, "raw", (int64_t)(intptr_t)text);
    check_int(record, "i8", INT8_MIN);
    check_int(record, "i16", INT16_MIN);
    check_int(record, "i32", INT32_MIN);
    check_int(record, "i64", INT64_MIN);
    check_int(record, "u8", UINT8_MAX);
    check_int(record, "u16", UINT16_MAX);
    check_int(record, "u32", UINT32_MAX);
    check_int(record, "u64", INT64_MAX);
    CHECK_TRUE(get(record, "flag").as.boolean);
    CHECK_TRUE(get(record, "real").as.real == 0.25);
    weft_auto_value string = get(record, "text");
    text[0] = 'n';
    CHECK_STR(weft_value_text(string), "text");
}

// An unsigned integer that no value can hold is an error.
static void too_large_an_integer_is_not_read(weft_heap *heap)
{
    weft_auto(struct record) record = weft_new(heap, &record_type);
    weft_value value = weft_int(1);
    record->u64 = UINT64_MAX;
    CHECK_EQ(weft_getattr(record, "u64", &value), WEFT_VALUE_ERROR);
    CHECK_EQ(value.kind, WEFT_KIND_NIL);
}

// A text that the program put into a field by hand is read as a string.
static void texts_are_read_as_strings(weft_heap *heap)
{
    char text[] = "text";
    weft_auto(struct record) record = weft_new(heap, &record_type);
    record->value = weft_text(text);
    weft_auto_value value = get(record, "value");
    text[0] = 'n';
    CHECK_STR(weft_value_text(value), "text");
    record->value = weft_nil();
}

// An array reads as a list of its elements, made for the reader.
static void arrays_read_as_lists(weft_heap *heap)
{
    weft_auto(struct record) record = weft_new(heap, &record_type);
    record->items = calloc(3, sizeof(struct node *));
    record->item_count = 3;
    record->items[0] = plain_new(heap);
    record->items[2] = plain_new(heap);
    weft_auto_value value = get(record, "items");
    weft_list *list = weft_value_object(value);
    CHECK_EQ(weft_list_length(list), 3);
    weft_auto_value first = weft_list_get(list, 0);
    weft_auto_value second = weft_list_get(list, 1);
    CHECK_SAME(weft_value_object(first), record->items[0]);
    CHECK_EQ(second.kind, WEFT_KIND_NIL);
    weft_list_clear(list);
    CHECK_TRUE(record->items[2] != NULL);
    CHECK_EQ(weft_refcount(record->items[2]), 1);
}

// References are written as by weft_set.
static void references_are_written(weft_heap *heap)
{
    weft_auto(struct record) record = weft_new(heap, &record_type);
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(weft_string) string = weft_string_new(heap, "s");
    CHECK_EQ(weft_setattr(record, "node", weft_object(node)), WEFT_OK);
    CHECK_EQ(weft_setattr(record, "value", weft_object(node)), WEFT_OK);
    CHECK_EQ(weft_setattr(record, "string", weft_object(string)), WEFT_OK);
    CHECK_SAME(record->node, node);
    CHECK_EQ(weft_refcount(node), 3);
    CHECK_SAME(record->string, string);
    CHECK_EQ(weft_setattr(record, "node", weft_nil()), WEFT_OK);
    CHECK_EQ(weft_setattr(record, "value", weft_int(4)), WEFT_OK);
    CHECK_EQ(weft_setattr(record, "string", weft_nil()), WEFT_OK);
    CHECK_NULL(record->node);
    CHECK_NULL(record->string);
    CHECK_EQ(record->value.as.integer, 4);
    CHECK_EQ(weft_refcount(node), 1);
    CHECK_EQ(weft_refcount(string), 1);
}

// A text is written as a string, into a value too.
static void texts_are_written_as_strings(weft_heap *heap)
{
    char text[] = "text";
    weft_auto(struct record) record = weft_new(heap, &record_type);
    CHECK_EQ(weft_setattr(record, "string", weft_text(text)), WEFT_OK);
    CHECK_EQ(weft_setattr(record, "value", weft_text(text)), WEFT_OK);
    text[0] = 'n';
    CHECK_STR(weft_string_text(record->string), "text");
    CHECK_STR(weft_value_text(record->value), "text");
    CHECK_TRUE(weft_is(weft_value_object(record->value), &weft_string_type));
}

static void check_range(struct record *record, const char *name, int64_t low,
    int64_t high)
{
    CHECK_EQ(weft_setattr(record, name, weft_int(low)), WEFT_OK);
    check_int(record, name, low);
    CHECK_EQ(weft_setattr(record, name, weft_int(high)), WEFT_OK);
    check_int(record, name, high);
    if (low > INT64_MIN)
        CHECK_EQ(weft_setattr(record, name, weft_int(low - 1)),
            WEFT_VALUE_ERROR);
    if (high < INT64_MAX)
        CHECK_EQ(weft_setattr(record, name, weft_int(high + 1)),
            WEFT_VALUE_ERROR);
    check_int(record, name, high);
    CHECK_EQ(weft_setattr(record, name, weft_text("1")), WEFT_TYPE_ERROR);
    CHECK_EQ(weft_setattr(record, name, weft_nil()), WEFT_TYPE_ERROR);
    check_int(record, name, high);
}

// Integers are written if they fit.
static void integers_must_fit(weft_heap *heap)
{
    weft_auto(struct record) record = weft_new(heap, &record_type);
    check_range(record, "i8", INT8_MIN, INT8_MAX);
    check_range(record, "i16", INT16_MIN, INT16_MAX);
    check_range(record, "i32", INT32_MIN, INT32_MAX);
    check_range(record, "i64", INT64_MIN, INT64_MAX);
    check_range(record, "u8", 0, UINT8_MAX);
    check_range(record, "u16", 0, UINT16_MAX);
    check_range(record, "u32", 0, UINT32_MAX);
    check_range(record, "u64", 0, INT64_MAX);
}

// Flags and doubles are written.
static void flags_and_doubles_are_written(weft_heap *heap)
{
    weft_auto(struct record) record = weft_new(heap, &record_type);
    CHECK_EQ(weft_setattr(record, "flag", weft_bool(true)), WEFT_OK);
    CHECK_TRUE(record->flag);
    CHECK_EQ(weft_setattr(record, "real", weft_double(2.5)), WEFT_OK);
    CHECK_TRUE(record->real == 2.5);
    CHECK_EQ(weft_setattr(record, "real", weft_text("x")), WEFT_TYPE_ERROR);
    CHECK_EQ(weft_setattr(record, "flag", weft_text("x")), WEFT_TYPE_ERROR);
    CHECK_TRUE(record->flag && record->real == 2.5);
}

// Not everything can be written, and not with everything.
static void wrong_types_are_refused(weft_heap *heap)
{
    static const char *readable[] = { "plain", "weak", "items", "raw", "text" };
    weft_auto(struct record) record = weft_new(heap, &record_type);
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(struct node) loud = loud_new(heap, "a");
    for (size_t i = 0; i < 5; i++)
        CHECK_EQ(weft_setattr(record, readable[i], weft_object(node)),
            WEFT_TYPE_ERROR);
    CHECK_EQ(weft_setattr(record, "node", weft_object(loud)), WEFT_TYPE_ERROR);
    CHECK_EQ(weft_setattr(record, "node", weft_int(1)), WEFT_TYPE_ERROR);
    CHECK_EQ(weft_setattr(record, "string", weft_object(node)),
        WEFT_TYPE_ERROR);
    CHECK_EQ(weft_setattr(record, "i32", weft_object(node)), WEFT_TYPE_ERROR);
    CHECK_EQ(weft_refcount(node), 1);
    CHECK_EQ(weft_refcount(loud), 1);
    weft_clear(&loud);
    forget_trace();
}

// Names that are not there are errors, and results nil.
static void unknown_names_are_errors(weft_heap *heap)
{
    weft_auto(struct record) record = weft_new(heap, &record_type);
    weft_auto(weft_list) list = weft_list_new(heap);
    weft_value value = weft_int(5);
    CHECK_EQ(weft_getattr(record, "nothing", &value), WEFT_ATTRIBUTE_ERROR);
    CHECK_EQ(value.kind, WEFT_KIND_NIL);
    CHECK_EQ(weft_getattr(record, "", NULL), WEFT_ATTRIBUTE_ERROR);
    CHECK_EQ(weft_getattr(record, "i", NULL), WEFT_ATTRIBUTE_ERROR);
    CHECK_EQ(weft_getattr(list, "i8", NULL), WEFT_ATTRIBUTE_ERROR);
    CHECK_EQ(weft_setattr(record, "nothing", weft_int(1)),
        WEFT_ATTRIBUTE_ERROR);
    CHECK_EQ(weft_getattr(record, "i8", NULL), WEFT_OK);
    CHECK_EQ(weft_getattr(record, "items", NULL), WEFT_OK);
}

struct more {
    struct record record;       // what it extends
    int extra;                  // plain
};

static weft_type more_type = {
    .name = "more", WEFT_SIZE(struct more), .base = &record_type,
    .fields = WEFT_FIELDS(WEFT_INT(struct more, extra)) };

// An object has the fields of what its type extends.
static void fields_are_inherited(weft_heap *heap)
{
    weft_auto(struct more) more = weft_new(heap, &more_type);
    CHECK_EQ(weft_setattr(more, "extra", weft_int(4)), WEFT_OK);
    CHECK_EQ(weft_setattr(more, "i16", weft_int(5)), WEFT_OK);
    check_int(more, "extra", 4);
    check_int(more, "i16", 5);
    CHECK_EQ(more->record.i16, 5);
    weft_auto(struct record) record = weft_new(heap, &record_type);
    CHECK_EQ(weft_getattr(record, "extra", NULL), WEFT_ATTRIBUTE_ERROR);
}

static struct record *looked_at;

static void look_at_value(struct node *self)
{
    (void)self;
    say("%d", (int)looked_at->value.kind);
}

// What a field held goes after the new value is in place.
static void old_value_goes_last(weft_heap *heap)
{
    looked_at = weft_new(heap, &record_type);
    struct node *node = loud_new(heap, "a");
    node->act = look_at_value;
    CHECK_EQ(weft_setattr(looked_at, "value", weft_object(node)), WEFT_OK);
    weft_release(node);
    CHECK_EQ(weft_setattr(looked_at, "value", weft_int(1)), WEFT_OK);
    CHECK_TRACE("~a 2 a.");
    weft_release(looked_at);
}

// Reading and writing may need memory; without it nothing changes.
static void may_fail(weft_heap *heap)
{
    weft_auto(struct record) record = weft_new(heap, &record_type);
    if (!made(record))
        return;
    record->text = "text";
    weft_auto_value text = weft_nil();
    if (!went_well(weft_getattr(record, "text", &text)))
        CHECK_EQ(text.kind, WEFT_KIND_NIL);
    weft_auto_value items = weft_nil();
    if (!went_well(weft_getattr(record, "items", &items)))
        CHECK_EQ(items.kind, WEFT_KIND_NIL);
    if (!went_well(weft_setattr(record, "string", weft_text("new"))))
        CHECK_NULL(record->string);
    if (!went_well(weft_setattr(record, "value", weft_text("new"))))
        CHECK_EQ(record->value.kind, WEFT_KIND_NIL);
}

TESTS(RUN(empty_fields_read_as_nothing), RUN(references_are_read),
    RUN(dead_handles_read_as_nil), RUN(plain_fields_are_read),
    RUN(too_large_an_integer_is_not_read), RUN(texts_are_read_as_strings),
    RUN(arrays_read_as_lists), RUN(references_are_written),
    RUN(texts_are_written_as_strings), RUN(integers_must_fit),
    RUN(flags_and_doubles_are_written), RUN(wrong_types_are_refused),
    RUN(unknown_names_are_errors), RUN(fields_are_inherited),
    RUN(old_value_goes_last), RUN_OOM(may_fail))
