// SPDX-License-Identifier: MIT
//
// The text form of values: of each kind, of rings, of what changes while it is
// shown, and of what is too deep.
#include "node.h"
#include "depth.h"

#include <float.h>

// Demands that a value is shown like this.
#define CHECK_REPR(heap, value, text) \
    check_repr((heap), (value), (text), __FILE__, __LINE__)

static void check_repr(weft_heap *heap, weft_value value, const char *text,
    const char *file, int line)
{
    weft_auto(weft_string) shown = weft_repr(heap, value);
    check_string(shown == NULL ? NULL : weft_string_text(shown), text,
        "the repr", file, line);
    check_equal((int64_t)weft_string_size(shown), (int64_t)strlen(text),
        "its size", file, line);
}

static void append(weft_list *list, weft_value value)
{
    CHECK_EQ(weft_list_append(list, value), WEFT_OK);
}

static void put(weft_dict *dict, weft_value key, weft_value value)
{
    CHECK_EQ(weft_dict_put(dict, key, value), WEFT_OK);
}

// ---------------------------------------------------------------------------
// What is no container

// Nil, bools and integers are written as they are.
static void shows_simple_values(weft_heap *heap)
{
    CHECK_REPR(heap, weft_nil(), "nil");
    CHECK_REPR(heap, weft_object(NULL), "nil");
    CHECK_REPR(heap, weft_bool(true), "true");
    CHECK_REPR(heap, weft_bool(false), "false");
    CHECK_REPR(heap, weft_int(0), "0");
    CHECK_REPR(heap, weft_int(-42), "-42");
    CHECK_REPR(heap, weft_int(INT64_MIN), "-9223372036854775808");
    CHECK_REPR(heap, weft_int(INT64_MAX), "9223372036854775807");
}

// Doubles have as few digits as read back the same, and a point or an exponent.
static void shows_the_shortest_double(weft_heap *heap)
{
    static const struct {
        double real;            // what is shown
        const char *text;       // like this
    } doubles[] = {
        { 0.0, "0.0" }, { -0.0, "-0.0" }, { 1.0, "1.0" }, { 0.1, "0.1" },
        { -1.5, "-1.5" }, { 100.0, "100.0" }, { 1e15, "1000000000000000.0" },
        { 123456789012345.6, "123456789012345.6" },
        { 9999999999999998.0, "9999999999999998.0" }, { 1e16, "1e+16" },
        { 1e22, "1e+22" }, { 1e300, "1e+300" }, { 0.0001, "0.0001" },
        { 0.00012345, "0.00012345" }, { 0.00001, "1e-05" },
        { 1.5e-7, "1.5e-07" }, { 1.0 / 3, "0.3333333333333333" },
        { 0.1 + 0.2, "0.30000000000000004" },
        { 5e-324, "5e-324" }, { 2.5e-320, "2.5e-320" },
        { DBL_MIN, "2.2250738585072014e-308" },
        { DBL_MAX, "1.7976931348623157e+308" },
        { 0x1p-44, "5.684341886080802e-14" },       // ...0801 does not
        { 0x1p-24, "5.960464477539063e-08" },       // lead back
        { 0x1p89, "6.189700196426902e+26" },
    };
    for (size_t i = 0; i < sizeof(doubles) / sizeof(doubles[0]); i++)
        CHECK_REPR(heap, weft_double(doubles[i].real), doubles[i].text);
    CHECK_REPR(heap, weft_double(strtod("inf", NULL)), "inf");
    CHECK_REPR(heap, weft_double(strtod("-inf", NULL)), "-inf");
    CHECK_REPR(heap, weft_double(strtod("nan", NULL)), "nan");
    uint64_t state = 1;
    for (int i = 0; i < 5000; i++) {
        double real, back;
        state = state * 6364136223846793005 + 1442695040888963407;
        memcpy(&real, &state, sizeof(real));
        weft_auto(weft_string) text = weft_repr(heap, weft_double(real));
        back = strtod(weft_string_text(text), NULL);
        CHECK_TRUE(back == real || real != real);
    }
}

// Strings and texts are in quotes; what cannot be seen is escaped, good UTF-8
// is not.
static void quotes_strings(weft_heap *heap)
{
    weft_auto(weft_string) string = weft_string_new(heap, "text");
    CHECK_REPR(heap, weft_object(string), "'text'");
    CHECK_REPR(heap, weft_text("text"), "'text'");
    CHECK_REPR(heap, weft_text(""), "''");
    CHECK_REPR(heap, weft_text("it's \"a\" \\"), "'it\\'s \"a\" \\\\'");
    CHECK_REPR(heap, weft_text("\n\t\r"), "'\\n\\t\\r'");
    CHECK_REPR(heap, weft_text("\x01\x1f\x7f~"), "'\\x01\\x1f\\x7f~'");
    CHECK_REPR(heap, weft_text_sized("a\0b", 3), "'a\\x00b'");
    CHECK_REPR(heap, weft_text("\xc3\xbc \xe2\x82\xac \xf0\x9f\x99\x82"),
        "'\xc3\xbc \xe2\x82\xac \xf0\x9f\x99\x82'");
    CHECK_REPR(heap, weft_text_sized("\xc3\xbc", 1), "'\\xc3'");     // cut off
    CHECK_REPR(heap, weft_text_sized("\xe2\x82\xac", 2), "'\\xe2\\x82'");
    CHECK_REPR(heap, weft_text("\xe2\x82x"), "'\\xe2\\x82x'");
    CHECK_REPR(heap, weft_text("\xc0\x80\xc1\xbf"), "'\\xc0\\x80\\xc1\\xbf'");
    CHECK_REPR(heap, weft_text("\xe0\x9f\xbf"), "'\\xe0\\x9f\\xbf'");
    CHECK_REPR(heap, weft_text("\xed\xa0\x80"), "'\\xed\\xa0\\x80'");
    CHECK_REPR(heap, weft_text("\xf0\x8f\xbf\xbf"), "'\\xf0\\x8f\\xbf\\xbf'");
    CHECK_REPR(heap, weft_text("\xf4\x90\x80\x80"), "'\\xf4\\x90\\x80\\x80'");
    CHECK_REPR(heap, weft_text("\xf5\x80\x80\x80\xff"),
        "'\\xf5\\x80\\x80\\x80\\xff'");
}

// ---------------------------------------------------------------------------
// Containers

// Lists and dicts show what they hold, in order.
static void shows_lists_and_dicts(weft_heap *heap)
{
    weft_auto(weft_list) list = weft_list_new(heap);
    weft_auto(weft_dict) dict = weft_dict_new(heap, WEFT_BY_IDENTITY);
    CHECK_REPR(heap, weft_object(list), "[]");
    CHECK_REPR(heap, weft_object(dict), "{}");
    append(list, weft_int(1));
    append(list, weft_double(2));
    append(list, weft_text("three"));
    append(list, weft_nil());
    append(list, weft_bool(true));
    CHECK_REPR(heap, weft_object(list), "[1, 2.0, 'three', nil, true]");
    put(dict, weft_text("key"), weft_object(list));
    put(dict, weft_int(7), weft_nil());
    weft_auto(weft_list) key = weft_list_new(heap);
    append(key, weft_int(5));
    put(dict, weft_object(key), weft_object(key));
    CHECK_REPR(heap, weft_object(dict),
        "{'key': [1, 2.0, 'three', nil, true], 7: nil, [5]: [5]}");
    CHECK_EQ(weft_refcount(list), 2);
}

// What is shown already further out is dots; what only comes twice is not.
static void rings_end_in_dots(weft_heap *heap)
{
    weft_auto(weft_list) list = weft_list_new(heap);
    weft_auto(weft_dict) dict = weft_dict_new(heap, WEFT_BY_EQUALITY);
    append(list, weft_object(list));
    append(list, weft_object(dict));
    put(dict, weft_text("list"), weft_object(list));
    put(dict, weft_text("dict"), weft_object(dict));
    CHECK_REPR(heap, weft_object(list),
        "[[...], {'list': [...], 'dict': {...}}]");
    CHECK_REPR(heap, weft_object(dict), "{'list': [[...], {...}], "
        "'dict': {...}}");
    weft_auto(weft_list) twice = weft_list_new(heap);
    weft_auto(weft_list) inner = weft_list_new(heap);
    append(twice, weft_object(inner));
    append(twice, weft_object(inner));
    CHECK_REPR(heap, weft_object(twice), "[[], []]");
    CHECK_EQ(weft_refcount(inner), 3);
    weft_list_clear(list);
    weft_dict_clear(dict);
}

// Weak dictionaries and sets show what is alive in them.
static void shows_weak_tables(weft_heap *heap)
{
    weft_auto(weft_weakvaluedict) values = weft_weakvaluedict_new(heap,
        WEFT_BY_EQUALITY);
    weft_auto(weft_weakkeydict) keys = weft_weakkeydict_new(heap,
        WEFT_BY_IDENTITY);
    weft_auto(weft_weakset) set = weft_weakset_new(heap, WEFT_BY_IDENTITY);
    CHECK_REPR(heap, weft_object(values), "weakvaluedict({})");
    CHECK_REPR(heap, weft_object(keys), "weakkeydict({})");
    CHECK_REPR(heap, weft_object(set), "weakset([])");
    weft_auto(weft_list) a = weft_list_new(heap);
    weft_auto(weft_list) b = weft_list_new(heap);
    append(b, weft_int(1));
    CHECK_EQ(weft_weakvaluedict_put(values, weft_text("a"), a), WEFT_OK);
    CHECK_EQ(weft_weakvaluedict_put(values, weft_int(1), b), WEFT_OK);
    CHECK_EQ(weft_weakkeydict_put(keys, a, weft_text("x")), WEFT_OK);
    CHECK_EQ(weft_weakkeydict_put(keys, b, weft_object(keys)), WEFT_OK);
    CHECK_EQ(weft_weakset_add(set, a), WEFT_OK);
    CHECK_EQ(weft_weakset_add(set, set), WEFT_OK);
    CHECK_EQ(weft_weakset_add(set, b), WEFT_OK);
    CHECK_REPR(heap, weft_object(values), "weakvaluedict({'a': [], 1: [1]})");
    CHECK_REPR(heap, weft_object(keys),
        "weakkeydict({[]: 'x', [1]: weakkeydict({...})})");
    CHECK_REPR(heap, weft_object(set), "weakset([[], weakset([...]), [1]])");
    CHECK_EQ(weft_weakvaluedict_put(values, weft_int(2), values), WEFT_OK);
    weft_clear(&a);
    CHECK_REPR(heap, weft_object(values),
        "weakvaluedict({1: [1], 2: weakvaluedict({...})})");
    CHECK_REPR(heap, weft_object(set), "weakset([weakset([...]), [1]])");
    CHECK_TRUE(weft_weakkeydict_remove(keys, b));
}

// ---------------------------------------------------------------------------
// Objects

struct base {
    int64_t number;
    bool flag;
    weft_string *label;         // held
};

struct full {
    struct base base;
    struct base *next;          // strong
    weft_value any;             // owned
    weft_weak watched;          // weak
    struct full **items;        // owned, item_count of them
    uint16_t item_count;        // of items
    const char *text;           // plain
    double real;
    uint64_t large;
    int8_t small;
    struct full *raw;           // borrowed
};

static void free_items(void *self)
{
    struct full *full = self;
    free(full->items);
}

static weft_type empty_type = { .name = "empty", WEFT_SIZE(struct base) };

static weft_type base_type = {
    .name = "base", WEFT_SIZE(struct base),
    .fields = WEFT_FIELDS(WEFT_INT(struct base, number),
        WEFT_BOOL(struct base, flag), WEFT_STRING(struct base, label)) };

static weft_type middle_type = {
    .name = "middle", WEFT_SIZE(struct base), .base = &base_type };

static weft_type full_type = {
    .name = "full", WEFT_SIZE(struct full), .base = &middle_type,
    .fields = WEFT_FIELDS(WEFT_STRONG(struct full, next),
        WEFT_VALUE(struct full, any), WEFT_WEAK(struct full, watched),
        WEFT_ARRAY(struct full, items, item_count),
        WEFT_CSTRING(struct full, text), WEFT_DOUBLE(struct full, real),
        WEFT_UINT(struct full, large), WEFT_INT(struct full, small),
        WEFT_BORROWED(struct full, raw)),
    .dispose = free_items };

// An object shows its fields by name, the base's first, but what is raw.
static void shows_fields_by_name(weft_heap *heap)
{
    weft_auto(struct base) empty = weft_new(heap, &empty_type);
    CHECK_REPR(heap, weft_object(empty), "empty()");
    weft_auto(struct full) full = weft_new(heap, &full_type);
    CHECK_REPR(heap, weft_object(full), "full(number=0, flag=false, label=nil, "
        "next=nil, any=nil, watched=<weak, dead>, items=[], text=nil, "
        "real=0.0, large=0, small=0)");
    full->base.number = -1;
    full->base.flag = true;
    full->base.label = weft_string_new(heap, "it");
    full->next = weft_new(heap, &middle_type);
    full->any = weft_object(weft_retain(full));
    full->watched = weft_weak_of(full->next);
    full->items = calloc(2, sizeof(struct full *));
    full->item_count = 2;
    full->items[1] = weft_retain(full);
    full->text = "plain";
    full->real = 0.5;
    full->large = UINT64_MAX;
    full->small = -128;
    full->raw = full;
    CHECK_REPR(heap, weft_object(full), "full(number=-1, flag=true, "
        "label='it', next=middle(number=0, flag=false, label=nil), "
        "any=full(...), watched=<weak middle>, items=[nil, full(...)], "
        "text='plain', real=0.5, large=18446744073709551615, small=-128)");
    CHECK_EQ(weft_refcount(full), 3);
    CHECK_EQ(weft_refcount(full->next), 1);
    weft_clear(&full->items[1]);
    weft_value_clear(&full->any);
}

// Refs show what they refer to by its type, proxies are looked through.
static void shows_references(weft_heap *heap)
{
    weft_auto(weft_list) list = weft_list_new(heap);
    weft_auto(struct base) owner = weft_new(heap, &empty_type);
    weft_auto(weft_ref) ref = weft_ref_new(list, NULL, NULL);
    weft_auto(weft_ref) proxy = weft_proxy_new(list, NULL, NULL);
    weft_auto(weft_ref) method = weft_weakmethod_new(list, owner, NULL, NULL,
        NULL);
    weft_auto(weft_ref) to_ref = weft_ref_new_as(&weft_ref_type, ref, NULL,
        NULL);
    append(list, weft_object(proxy));
    append(list, weft_object(ref));
    CHECK_REPR(heap, weft_object(ref), "<ref to list>");
    CHECK_REPR(heap, weft_object(to_ref), "<ref to ref>");
    CHECK_REPR(heap, weft_object(method), "<weakmethod of list>");
    CHECK_REPR(heap, weft_object(proxy), "[[...], <ref to list>]");
    weft_list_clear(list);
    weft_clear(&owner);
    CHECK_REPR(heap, weft_object(method), "<weakmethod, dead>");
    weft_clear(&list);
    CHECK_REPR(heap, weft_object(ref), "<ref, dead>");
    CHECK_REPR(heap, weft_object(proxy), "<proxy, dead>");
}

// ---------------------------------------------------------------------------
// Types with a text form of their own

struct point {
    int64_t x;
    weft_value held;            // owned
};

static void (*in_repr)(struct point *self);

static void point_repr(const void *self, weft_writer *writer)
{
    const struct point *point = self;
    weft_write(writer, "<");
    weft_write_repr(writer, weft_int(point->x));
    weft_write(writer, " ");
    if (in_repr != NULL)
        in_repr((struct point *)(uintptr_t)point);
    weft_write_repr(writer, point->held);
    weft_write(writer, ">");
}

static weft_type point_type = {
    .name = "point", WEFT_SIZE(struct point), .repr = point_repr,
    .fields = WEFT_FIELDS(WEFT_VALUE(struct point, held)) };

static weft_type sharp_type = {
    .name = "sharp", WEFT_SIZE(struct point), .base = &point_type };

WEFT_NEW_REF static struct point *point_new(weft_heap *heap, int64_t x,
    weft_value held)
{
    struct point *point = weft_new(heap, &point_type);
    if (point == NULL)
        return NULL;
    point->x = x;
    weft_value_set(&point->held, held);
    return point;
}

// The nearest `repr` says what is shown, of its rings too.
static void types_may_write_their_own(weft_heap *heap)
{
    weft_auto(struct point) point = point_new(heap, 3, weft_nil());
    weft_auto(struct point) sharp = weft_new(heap, &sharp_type);
    weft_auto(weft_list) list = weft_list_new(heap);
    append(list, weft_object(point));
    append(list, weft_object(sharp));
    CHECK_REPR(heap, weft_object(list), "[<3 nil>, <0 nil>]");
    weft_value_set(&point->held, weft_object(list));
    CHECK_REPR(heap, weft_object(list), "[<3 [...]>, <0 nil>]");
    CHECK_REPR(heap, weft_object(point), "<3 [point(...), <0 nil>]>");
    weft_value_clear(&point->held);
}

static weft_list *open_list;
static weft_dict *open_dict;

static void change_everything(struct point *self)
{
    in_repr = NULL;
    weft_list_clear(open_list);
    append(open_list, weft_int(1));
    append(open_list, weft_int(2));
    append(open_list, weft_int(3));
    weft_dict_clear(open_dict);
    put(open_dict, weft_int(4), weft_int(5));
    weft_clear(&open_list);
    weft_clear(&open_dict);
    CHECK_TRUE(weft_refcount(self) > 0);
}

// `repr` may change and let go of all that is being shown, itself included.
static void hist_h37_what_is_shown_may_change(weft_heap *heap)
{
    for (int i = 0; i < 2; i++) {
        open_list = weft_list_new(heap);
        open_dict = weft_dict_new(heap, WEFT_BY_EQUALITY);
        weft_auto(struct point) point = point_new(heap, 7, weft_nil());
        if (i == 0) {
            append(open_list, weft_object(point));
            append(open_list, weft_object(open_dict));
        } else {
            put(open_dict, weft_object(point), weft_object(point));
            put(open_dict, weft_int(1), weft_object(open_list));
        }
        weft_clear(&point);
        in_repr = change_everything;
        CHECK_REPR(heap, weft_object(i == 0 ? (void *)open_list
            : (void *)open_dict), i == 0 ? "[<7 nil>, 2]"
            : "{<7 nil>: <7 nil>}");
        CHECK_EQ(object_count(heap), 0);
    }
}

static void show_again(struct point *self)
{
    weft_heap *heap = weft_heap_of(self);
    weft_auto(weft_string) text = weft_repr(heap, weft_object(self));
    if (text != NULL)
        self->x += (int64_t)weft_string_size(text);
}

// Who asks for its own text form in there gets dots a thousand deep, and the
// next who asks gets all of it again.
static void asking_again_comes_to_an_end(weft_heap *heap)
{
    weft_auto(struct point) point = point_new(heap, 0, weft_nil());
    in_repr = show_again;
    weft_auto(weft_string) text = weft_repr(heap, weft_object(point));
    in_repr = NULL;
    CHECK_STR(weft_string_text(text), "<0 nil>");
    CHECK_EQ(point->x, 10 + 999 * 7);       // point(...), and the others
    point->x = 1;
    CHECK_REPR(heap, weft_object(point), "<1 nil>");
}

// ---------------------------------------------------------------------------
// Depth

// Lists in lists; the innermost one holds 1.
WEFT_NEW_REF static weft_list *deep_list(weft_heap *heap, size_t depth)
{
    weft_list *list = weft_list_new(heap);
    if (list != NULL && weft_list_append(list, weft_int(1)) != WEFT_OK)
        weft_clear(&list);
    for (size_t i = 1; i < depth && list != NULL; i++) {
        weft_list *outer = weft_list_new(heap);
        if (outer != NULL
                && weft_list_append(outer, weft_object(list)) != WEFT_OK)
            weft_clear(&outer);
        weft_release(list);
        list = outer;
    }
    return list;
}

// How deep the text is, and what is innermost.
static bool is_nested(const char *text, size_t depth, const char *innermost)
{
    size_t i = 0, length = strlen(text);
    while (text[i] == '[')
        i++;
    size_t inner = strlen(innermost);
    return i == depth && length == 2 * depth + inner
        && memcmp(text + i, innermost, inner) == 0;
}

static bool deep_list_is_shown(void)
{
    weft_heap *heap = weft_heap_open(NULL);
    weft_list *list = deep_list(heap, 1000), *deeper = deep_list(heap, 100000);
    weft_string *text = weft_repr(heap, weft_object(list));
    weft_string *dots = weft_repr(heap, weft_object(deeper));
    bool good = is_nested(weft_string_text(text), 1000, "1")
        && is_nested(weft_string_text(dots), 1001, "...");
    weft_release(text);
    weft_release(dots);
    weft_release(list);
    weft_release(deeper);
    return good && weft_heap_close(heap) == 0;
}

// A thousand deep is shown, and no deeper, on a small stack.
static void depth_needs_no_stack(void)
{
    CHECK_TRUE(runs_on_small_stack(deep_list_is_shown));
}

static bool deep_points_are_shown(void)
{
    weft_heap *heap = weft_heap_open(NULL);
    struct point *point = NULL;
    for (int i = 0; i < 1500; i++) {
        struct point *outer = point_new(heap, 1, weft_object(point));
        weft_release(point);
        point = outer;
    }
    weft_string *text = weft_repr(heap, weft_object(point));
    bool good = weft_string_size(text) == 1000 * strlen("<1 >")
        + strlen("point(...)");
    weft_release(text);
    weft_release(point);
    return good && weft_heap_close(heap) == 0;
}

static void *run_deep(void *result)
{
    return deep_points_are_shown() ? result : NULL;
}

// Through a thousand hooks a quarter of a megabyte is enough.
static void hooks_need_little_stack(void)
{
    size_t size = SANITIZED ? 4 << 20 : 1 << 18;
    pthread_attr_t attributes;
    pthread_t thread;
    void *result = NULL;
    CHECK_EQ(pthread_attr_init(&attributes), 0);
    CHECK_EQ(pthread_attr_setstacksize(&attributes, size), 0);
    CHECK_EQ(pthread_create(&thread, &attributes, run_deep, &size), 0);
    CHECK_EQ(pthread_join(thread, &result), 0);
    CHECK_EQ(pthread_attr_destroy(&attributes), 0);
    CHECK_SAME(result, &size);
}

// A ring that is met deep down is known as well.
static void deep_rings_end_in_dots(weft_heap *heap)
{
    weft_auto(weft_list) list = deep_list(heap, 500);
    weft_list *inner = weft_retain(list);
    for (int i = 1; i < 500; i++) {
        weft_auto_value next = weft_list_get(inner, 0);
        weft_set(&inner, (weft_list *)weft_value_object(next));
    }
    CHECK_EQ(weft_list_set(inner, 0, weft_object(list)), WEFT_OK);
    weft_auto(weft_list) twice = weft_list_new(heap);
    append(inner, weft_object(inner));
    append(inner, weft_object(twice));
    append(inner, weft_object(twice));
    weft_auto(weft_string) text = weft_repr(heap, weft_object(list));
    CHECK_TRUE(strstr(weft_string_text(text),
        "[[[...], [...], [], []]]") != NULL);
    CHECK_EQ(weft_string_size(text), 2 * 500 + strlen("[...], [...], [], []"));
    weft_list_clear(inner);
    weft_release(inner);
}

// Without memory there is no text, and nothing is left held.
static void may_fail(weft_heap *heap)
{
    weft_auto(weft_list) list = deep_list(heap, 20);
    weft_auto(weft_dict) dict = weft_dict_new(heap, WEFT_BY_EQUALITY);
    if (!made(list) || !made(dict)
            || !went_well(weft_dict_put(dict, weft_text("a rather long key"),
                weft_object(list))))
        return;
    weft_auto(struct point) point = point_new(heap, 1, weft_object(dict));
    weft_auto(struct full) full = weft_new(heap, &full_type);
    if (!made(point) || !made(full))
        return;
    full->any = weft_object(weft_retain(point));
    full->text = "text";
    full->items = calloc(2, sizeof(struct full *));
    full->item_count = 2;
    weft_auto(weft_string) text = weft_repr(heap, weft_object(full));
    if (made(text))
        CHECK_TRUE(strstr(weft_string_text(text),
            "any=<1 {'a rather long key': [[[[[") != NULL
            && strstr(weft_string_text(text), "items=[nil, nil], text='text'")
                != NULL);
    CHECK_EQ(weft_refcount(list), 2);
    CHECK_EQ(weft_refcount(dict), 2);
    CHECK_EQ(weft_refcount(point), 2);
    CHECK_EQ(weft_refcount(full), 1);
}

static void show_dying(void *self)
{
    struct node *node = self;
    weft_auto(weft_string) text = weft_repr(weft_heap_of(node),
        weft_object(node));
    say("%s", text == NULL ? "NULL" : weft_string_text(text));
}

static weft_type last_type = {
    .name = "last", WEFT_SIZE(struct node), .finalize = show_dying,
    .dispose = show_dying,
    .fields = WEFT_FIELDS(WEFT_STRONG(struct node, left)) };

// In finalize an object is whole and can be shown; in dispose it is dots.
static void the_dying_are_dots(weft_heap *heap)
{
    weft_release(weft_new(heap, &last_type));
    CHECK_TRACE("last(left=nil) last(...)");
}

TESTS(RUN(shows_simple_values), RUN(shows_the_shortest_double),
    RUN(quotes_strings), RUN(shows_lists_and_dicts), RUN(rings_end_in_dots),
    RUN(shows_weak_tables), RUN(shows_fields_by_name), RUN(shows_references),
    RUN(types_may_write_their_own), RUN(hist_h37_what_is_shown_may_change),
    RUN(asking_again_comes_to_an_end), RUN_ALONE(depth_needs_no_stack),
    RUN_ALONE(hooks_need_little_stack), RUN(deep_rings_end_in_dots),
    RUN_OOM(may_fail), RUN(the_dying_are_dots))
