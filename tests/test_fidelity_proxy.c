// SPDX-License-Identifier: MIT
//
// What CPython's tests say of proxies, where no other test shows it of weft's.
#include "fidelity.h"

// The text form is that of what it stands for, and then that it is gone.
static void text_tells_what_or_that_it_is_gone(weft_heap *heap)
{
    struct thing *thing = thing_new(heap, 3);
    weft_auto(weft_ref) proxy = weft_proxy_new(thing, NULL, NULL);
    CHECK_REPR(heap, proxy, "thing(number=3, other=nil)");
    CHECK_EQ(weft_refcount(thing), 1);
    weft_release(thing);
    CHECK_REPR(heap, proxy, "<proxy, dead>");
}

// A proxy of a container has its length, is gone through as it is, and equals
// what it equals.
static void stands_for_a_container(weft_heap *heap)
{
    weft_auto(weft_list) list = weft_list_new(heap);
    weft_auto(weft_list) same = weft_list_new(heap);
    weft_auto(weft_ref) proxy = weft_proxy_new(list, NULL, NULL);
    size_t length = 1;
    CHECK_EQ(weft_length(proxy, &length), WEFT_OK);
    CHECK_EQ(length, 0);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(weft_list_append(list, weft_int(i)), WEFT_OK);
        CHECK_EQ(weft_list_append(same, weft_int(i)), WEFT_OK);
    }
    CHECK_EQ(weft_length(proxy, &length), WEFT_OK);
    CHECK_EQ(length, 3);
    weft_each (it, proxy)
        say("%d", (int)it.value.as.integer);
    CHECK_TRACE("0 1 2");
    CHECK_TRUE(is_equal(proxy, same) && is_equal(same, proxy));
    CHECK_REPR(heap, proxy, "[0, 1, 2]");
    weft_clear(&list);
    CHECK_EQ(weft_length(proxy, &length), WEFT_REFERENCE_ERROR);
    weft_each (it, proxy)
        say("%d", (int)it.value.as.integer);
    CHECK_TRACE("");
}

struct holder {
    weft_value value;           // owned
};

static weft_type holder_type = {
    .name = "holder", WEFT_SIZE(struct holder),
    .fields = WEFT_FIELDS(WEFT_VALUE(struct holder, value)) };

// What is taken out through a proxy is taken out of the object.
static void fields_are_emptied_through_it(weft_heap *heap)
{
    weft_auto(struct holder) holder = weft_new(heap, &holder_type);
    weft_auto(weft_ref) proxy = weft_proxy_new(holder, NULL, NULL);
    weft_auto(struct node) node = loud_new(heap, "a");
    CHECK_EQ(weft_setattr(proxy, "value", weft_object(node)), WEFT_OK);
    CHECK_SAME(weft_value_object(holder->value), node);
    weft_clear(&node);
    CHECK_TRACE("");
    CHECK_EQ(weft_setattr(proxy, "value", weft_nil()), WEFT_OK);
    CHECK_TRACE("~a a.");
    CHECK_EQ(holder->value.kind, WEFT_KIND_NIL);
}

// An iteration through a proxy holds what that stands for, also when everybody
// else lets go of it meanwhile.
static void iteration_holds_what_it_stands_for(weft_heap *heap)
{
    weft_auto(weft_list) list = weft_list_new(heap);
    weft_auto(weft_ref) proxy = weft_proxy_new(list, told_of, "gone");
    for (int i = 0; i < 3; i++)
        CHECK_EQ(weft_list_append(list, weft_int(i)), WEFT_OK);
    weft_each (it, proxy) {
        weft_clear(&list);
        say("%d", (int)it.value.as.integer);
        CHECK_FALSE(weft_ref_is_dead(proxy));
    }
    CHECK_TRACE("0 1 2 gone");
}

TESTS(RUN(text_tells_what_or_that_it_is_gone), RUN(stands_for_a_container),
    RUN(fields_are_emptied_through_it),
    RUN(iteration_holds_what_it_stands_for))
