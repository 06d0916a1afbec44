// SPDX-License-Identifier: MIT
//
// The tour, seventh part: lists and dictionaries, their text form, and that
// they are objects like any other.
#include "tour.h"

SHOW_GLOBAL(say_repr_code,
    static void say_repr(const void *object)
    {
        weft_string *text = weft_repr(weft_heap_of(object),
            weft_object(object));
        tour_need(text);
        say("%s", weft_string_text(text));
        weft_release(text);
    })

SHOW_GLOBAL(list_gone_code,
    static void list_gone(weft_ref *ref, void *context)
    {
        (void)ref;
        say("%s is gone", (const char *)context);
    })

static void show_dictionaries(void)
{
    SHOW(weft_heap *heap = weft_heap_open(NULL);)
    tour_need(heap);
    SHOW(weft_dict *dict = weft_dict_new(heap, WEFT_BY_EQUALITY);)
    tour_need(dict);
    TELL_STATUS(weft_dict_put(dict, weft_text("name"), weft_text("Ann")),
        WEFT_OK);
    TELL_STATUS(weft_dict_put(dict, weft_int(1), weft_double(2.5)), WEFT_OK);
    TELL_STATUS(weft_dict_put(dict, weft_double(1.0), weft_bool(true)),
        WEFT_OK);
    TELL_STATUS(weft_dict_put(dict, weft_text("me"), weft_object(dict)),
        WEFT_OK);
    SHOW(say_repr(dict);)
    tour_expect_said("{'name': 'Ann', 1: true, 'me': {...}}; ");
    tour_explain("Strings, numbers and objects are keys; lists and "
        "dictionaries are not, and a type is not if it has `equal` and no "
        "`hash`. (By identity every object is one.)");
    SHOW(weft_list *list = weft_list_new(heap);)
    tour_need(list);
    TELL_STATUS(weft_dict_put(dict, weft_object(list), weft_nil()),
        WEFT_TYPE_ERROR);
    SHOW(weft_release(list); weft_release(dict);)
    TELL(weft_heap_close(heap), 0);
}

void tour_lists(void)
{
    tour_explain("Lists hold values: numbers, strings, objects, also other "
        "lists, or themselves. weft_repr() writes any object, as Python "
        "would; what is being written already is [...].");
    tour_global(say_repr_code);
    tour_global(list_gone_code);
    SHOW(weft_heap *heap = weft_heap_open(NULL);)
    tour_need(heap);
    SHOW(weft_list *one = weft_list_new(heap);)
    SHOW(weft_list *two = weft_list_new(heap);)
    tour_need(one);
    tour_need(two);
    TELL_STATUS(weft_list_append(one, weft_int(1)), WEFT_OK);
    TELL_STATUS(weft_list_append(one, weft_object(two)), WEFT_OK);
    TELL_STATUS(weft_list_append(two, weft_text("two")), WEFT_OK);
    TELL_STATUS(weft_list_append(two, weft_object(one)), WEFT_OK);
    SHOW(say_repr(one); say_repr(two);)
    tour_expect_said("[1, ['two', [...]]]; ['two', [1, [...]]]; ");
    tour_explain("These two are a ring, and go as rings do. In Python nobody "
        "can watch that: there are no weak references to lists. Here there "
        "are.");
    SHOW(weft_ref *ref = weft_ref_new(one, list_gone, "one");)
    SHOW(weft_weak handle = weft_weak_of(two);)
    tour_need(ref);
    SHOW(weft_release(one); weft_release(two);)
    TELL(weft_weak_is_dead(handle), false);
    SHOW(size_t collected = weft_gc_collect(heap, WEFT_FULL);)
    tour_expect_said("one is gone; ");
    TELL(collected, 2);
    TELL(weft_weak_is_dead(handle), true);
    SHOW(weft_release(ref);)
    TELL(weft_heap_close(heap), 0);

    tour_explain("Dictionaries keep the order in which keys came. Keys are "
        "equal as in Python: 1 and 1.0 are one key, the first.");
    show_dictionaries();
}
