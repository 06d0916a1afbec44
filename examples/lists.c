// SPDX-License-Identifier: MIT
//
// Lists that contain each other, and one that contains itself. weft_repr()
// writes such a thing in Python's way, [...] for what is being written already.
// Lists may be referred to weakly, which Python's may not, so it can be watched
// how they go: when the collector finds them.
#include <weft.h>

#include <stdio.h>
#include <stdlib.h>

WEFT_NEW_REF static void *need(void *object)
{
    if (object == NULL)
        exit(EXIT_FAILURE);
    return object;
}

static void append(weft_list *list, weft_value value)
{
    if (weft_list_append(list, value) != WEFT_OK)
        exit(EXIT_FAILURE);
}

static void print_repr(const char *name, const void *object)
{
    weft_auto(weft_string) text = need(weft_repr(weft_heap_of(object),
        weft_object(object)));
    printf("  %s: %s\n", name, weft_string_text(text));
}

static void list_gone(weft_ref *ref, void *context)
{
    const char *name = context;
    printf("  callback: %s is %s\n", name,
        weft_ref_is_dead(ref) ? "gone" : "there");
}

int main(void)
{
    weft_heap *heap = need(weft_heap_open(NULL));

    printf("two lists, each in the other:\n");
    weft_list *one = need(weft_list_new(heap));
    weft_list *two = need(weft_list_new(heap));
    append(one, weft_int(1));
    append(two, weft_int(2));
    append(one, weft_object(two));
    append(two, weft_object(one));
    print_repr("one", one);
    print_repr("two", two);

    printf("a list in itself, twice:\n");
    weft_list *self = need(weft_list_new(heap));
    append(self, weft_object(self));
    append(self, weft_text("between"));
    append(self, weft_object(self));
    print_repr("self", self);
    weft_list_clear(self);
    print_repr("cleared", self);

    printf("a dictionary of both, and one that holds it:\n");
    weft_dict *names = need(weft_dict_new(heap, WEFT_BY_EQUALITY));
    if (weft_dict_put(names, weft_text("one"), weft_object(one)) != WEFT_OK
            || weft_dict_put(names, weft_text("self"), weft_object(self))
                != WEFT_OK)
        return EXIT_FAILURE;
    append(self, weft_object(names));
    print_repr("names", names);

    printf("nobody holds any of them:\n");
    weft_ref *watch = need(weft_ref_new(one, list_gone, "one"));
    weft_weak handle = weft_weak_of(self);
    weft_release(one);
    weft_release(two);
    weft_release(self);
    weft_release(names);
    weft_list *found = weft_ref_get(watch);
    printf("  still there: %s, of length %zu\n", found != NULL ? "yes" : "no",
        weft_list_length(found));
    weft_release(found);
    printf("  collected: %zu\n", weft_gc_collect(heap, WEFT_FULL));
    printf("  the handle is %s\n", weft_weak_is_dead(handle) ? "dead" : "good");

    weft_release(watch);
    printf("still held: %zu\n", weft_heap_close(heap));
    return EXIT_SUCCESS;
}
