// SPDX-License-Identifier: MIT
//
// What any object can be asked: its length, and methods by name.
#include "node.h"

struct counter {
    int64_t total;              // what it counted
    struct node *node;          // strong
};

static weft_status counter_add(void *self, const weft_value *arguments,
    size_t count, weft_value *result)
{
    struct counter *counter = self;
    CHECK_EQ(result->kind, WEFT_KIND_NIL);
    for (size_t i = 0; i < count; i++) {
        if (arguments[i].kind != WEFT_KIND_INT)
            return WEFT_TYPE_ERROR;
        counter->total += arguments[i].as.integer;
    }
    *result = weft_int(counter->total);
    return WEFT_OK;
}

static weft_status counter_node(void *self, const weft_value *arguments,
    size_t count, weft_value *result)
{
    struct counter *counter = self;
    (void)arguments;
    (void)count;
    *result = weft_object(weft_retain(counter->node));
    return WEFT_OK;
}

static weft_status counter_fail(void *self, const weft_value *arguments,
    size_t count, weft_value *result)
{
    (void)self;
    (void)arguments;
    (void)count;
    (void)result;
    return WEFT_KEY_ERROR;
}

static weft_status counter_name(void *self, const weft_value *arguments,
    size_t count, weft_value *result)
{
    static char name[] = "name";
    (void)self;
    (void)arguments;
    (void)count;
    *result = weft_text_sized(name, 4);
    return WEFT_OK;
}

static struct counter *dropped;

static weft_status counter_drop(void *self, const weft_value *arguments,
    size_t count, weft_value *result)
{
    struct counter *counter = self;
    (void)arguments;
    (void)count;
    weft_clear(&dropped);
    say("alive:%d", (int)weft_refcount(counter));
    *result = weft_int(counter->total);
    return WEFT_OK;
}

static size_t counter_length(const void *self)
{
    const struct counter *counter = self;
    return (size_t)counter->total;
}

static void counter_dispose(void *self)
{
    (void)self;
    say("disposed");
}

static weft_type counter_type = {
    .name = "counter", WEFT_SIZE(struct counter), .length = counter_length,
    .dispose = counter_dispose,
    .fields = WEFT_FIELDS(WEFT_INT(struct counter, total),
        WEFT_STRONG(struct counter, node)),
    .methods = WEFT_METHODS({ "add", counter_add }, { "node", counter_node },
        { "fail", counter_fail }, { "drop", counter_drop },
        { "name", counter_name }) };

static weft_status twice_add(void *self, const weft_value *arguments,
    size_t count, weft_value *result)
{
    weft_status status = counter_add(self, arguments, count, result);
    *result = weft_nil();
    return status == WEFT_OK ? counter_add(self, arguments, count, result)
        : status;
}

static weft_type twice_type = {
    .name = "twice", WEFT_SIZE(struct counter), .base = &counter_type,
    .methods = WEFT_METHODS({ "add", twice_add }) };

// A method gets its arguments, and its result comes back.
static void methods_are_called(weft_heap *heap)
{
    weft_auto(struct counter) counter = weft_new(heap, &counter_type);
    weft_value arguments[] = { weft_int(1), weft_int(20), weft_int(300) };
    weft_value result = weft_text("old");
    CHECK_EQ(weft_call(counter, "add", arguments, 3, &result), WEFT_OK);
    CHECK_EQ(result.as.integer, 321);
    CHECK_EQ(weft_call(counter, "add", arguments, 1, NULL), WEFT_OK);
    CHECK_EQ(weft_call(counter, "add", NULL, 0, &result), WEFT_OK);
    CHECK_EQ(result.as.integer, 322);
    CHECK_EQ(weft_refcount(counter), 1);
    weft_clear(&counter);
    CHECK_TRACE("disposed");
}

// A result is a new reference; one that nobody wants is let go.
static void results_are_new_references(weft_heap *heap)
{
    weft_auto(struct counter) counter = weft_new(heap, &counter_type);
    counter->node = plain_new(heap);
    weft_value result = weft_nil();
    CHECK_EQ(weft_call(counter, "node", NULL, 0, &result), WEFT_OK);
    CHECK_EQ(weft_refcount(counter->node), 2);
    weft_value_release(result);
    CHECK_EQ(weft_call(counter, "node", NULL, 0, NULL), WEFT_OK);
    CHECK_EQ(weft_refcount(counter->node), 1);
    weft_clear(&counter);
    forget_trace();
}

// A text that a method gives is handed on as a string.
static void texts_come_back_as_strings(weft_heap *heap)
{
    weft_auto(struct counter) counter = weft_new(heap, &counter_type);
    weft_auto_value result = weft_nil();
    CHECK_EQ(weft_call(counter, "name", NULL, 0, &result), WEFT_OK);
    CHECK_STR(weft_value_text(result), "name");
    CHECK_TRUE(weft_is(weft_value_object(result), &weft_string_type));
    CHECK_EQ(weft_call(counter, "name", NULL, 0, NULL), WEFT_OK);
    weft_clear(&counter);
    forget_trace();
}

// A field and a method may share a name.
static void fields_and_methods_have_names_of_their_own(weft_heap *heap)
{
    weft_auto(struct counter) counter = weft_new(heap, &counter_type);
    CHECK_EQ(weft_getattr(counter, "add", NULL), WEFT_ATTRIBUTE_ERROR);
    CHECK_EQ(weft_call(counter, "node", NULL, 0, NULL), WEFT_OK);
    CHECK_EQ(weft_getattr(counter, "node", NULL), WEFT_OK);
    weft_clear(&counter);
    forget_trace();
}

// What a method answers comes back, and then the result is nil.
static void errors_come_back(weft_heap *heap)
{
    weft_auto(struct counter) counter = weft_new(heap, &counter_type);
    weft_value result = weft_int(7);
    weft_value text = weft_text("x");
    CHECK_EQ(weft_call(counter, "fail", NULL, 0, &result), WEFT_KEY_ERROR);
    CHECK_EQ(result.kind, WEFT_KIND_NIL);
    CHECK_EQ(weft_call(counter, "add", &text, 1, &result), WEFT_TYPE_ERROR);
    CHECK_EQ(weft_call(counter, "total", NULL, 0, &result),
        WEFT_ATTRIBUTE_ERROR);
    CHECK_EQ(result.kind, WEFT_KIND_NIL);
    weft_auto(struct node) node = plain_new(heap);
    CHECK_EQ(weft_call(node, "add", NULL, 0, NULL), WEFT_ATTRIBUTE_ERROR);
    weft_clear(&counter);
    forget_trace();
}

// The object is held during the call, whoever lets go of it meanwhile.
static void object_is_held_during_the_call(weft_heap *heap)
{
    dropped = weft_new(heap, &counter_type);
    dropped->total = 5;
    weft_value result = weft_nil();
    CHECK_EQ(weft_call(dropped, "drop", NULL, 0, &result), WEFT_OK);
    CHECK_EQ(result.as.integer, 5);
    CHECK_TRACE("alive:1 disposed");
}

// Methods are inherited, the nearest is called.
static void methods_are_inherited(weft_heap *heap)
{
    weft_auto(struct counter) twice = weft_new(heap, &twice_type);
    weft_value one = weft_int(1);
    weft_value result = weft_nil();
    CHECK_EQ(weft_call(twice, "add", &one, 1, &result), WEFT_OK);
    CHECK_EQ(result.as.integer, 2);
    CHECK_EQ(weft_call(twice, "fail", NULL, 0, NULL), WEFT_KEY_ERROR);
    weft_clear(&twice);
    forget_trace();
}

// Lengths come from the type, from its base, or not at all.
static void lengths_come_from_the_type(weft_heap *heap)
{
    weft_auto(struct counter) counter = weft_new(heap, &counter_type);
    weft_auto(struct counter) twice = weft_new(heap, &twice_type);
    weft_auto(struct node) node = plain_new(heap);
    counter->total = 17;
    twice->total = 18;
    size_t length = 1;
    CHECK_EQ(weft_length(counter, &length), WEFT_OK);
    CHECK_EQ(length, 17);
    CHECK_EQ(weft_length(twice, &length), WEFT_OK);
    CHECK_EQ(length, 18);
    CHECK_EQ(weft_length(node, &length), WEFT_TYPE_ERROR);
    CHECK_EQ(length, 0);
    weft_clear(&counter);
    weft_clear(&twice);
    forget_trace();
}

TESTS(RUN(methods_are_called), RUN(results_are_new_references),
    RUN(texts_come_back_as_strings),
    RUN(fields_and_methods_have_names_of_their_own), RUN(errors_come_back), RUN(object_is_held_during_the_call),
    RUN(methods_are_inherited), RUN(lengths_come_from_the_type))
