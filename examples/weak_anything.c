// SPDX-License-Identifier: MIT
//
// Weak references to what Python refuses them to: lists, dictionaries, numbers.
// Lists and dictionaries are objects like any other. A number is a value, which
// nobody holds and which cannot die; to have it watched, it is put into a box,
// an object of its own, as Python's way out is a class around the number. And a
// box may say what it equals: then it is found by its number in a weak set.
#include <weft.h>

#include <stdio.h>
#include <stdlib.h>

struct number {
    int64_t value;
};

static uint64_t number_hash(const void *self)
{
    return (uint64_t)((const struct number *)self)->value;
}

static weft_type number_type;

static bool number_equal(const void *self, const void *other)
{
    const struct number *number = self;
    return weft_is(other, &number_type)
        && number->value == ((const struct number *)other)->value;
}

static void number_repr(const void *self, weft_writer *writer)
{
    const struct number *number = self;
    weft_write_repr(writer, weft_int(number->value));
}

static weft_type number_type = {
    .name = "number", WEFT_SIZE(struct number),
    .fields = WEFT_FIELDS(WEFT_INT(struct number, value)),
    .hash = number_hash, .equal = number_equal, .repr = number_repr };

WEFT_NEW_REF static void *need(void *object)
{
    if (object == NULL)
        exit(EXIT_FAILURE);
    return object;
}

WEFT_NEW_REF static struct number *number_new(weft_heap *heap, int64_t value)
{
    struct number *number = need(weft_new(heap, &number_type));
    number->value = value;
    return number;
}

// The one box of this number, shared by all who have it.
WEFT_NEW_REF static struct number *number_shared(weft_weakset *numbers,
    int64_t value)
{
    weft_auto(struct number) number = number_new(weft_heap_of(numbers), value);
    return need(weft_weakset_intern(numbers, number));
}

static void print_watched(const char *name, const weft_ref *ref)
{
    weft_auto(void) object = weft_ref_get(ref);
    if (object == NULL) {
        printf("  the %s is gone\n", name);
        return;
    }
    weft_auto(weft_string) text = need(weft_repr(weft_heap_of(object),
        weft_object(object)));
    printf("  the %s is %s\n", name, weft_string_text(text));
}

int main(void)
{
    weft_heap *heap = need(weft_heap_open(NULL));
    weft_list *list = need(weft_list_new(heap));
    weft_dict *dict = need(weft_dict_new(heap, WEFT_BY_EQUALITY));
    struct number *number = number_new(heap, 42);
    if (weft_list_append(list, weft_text("a")) != WEFT_OK
            || weft_dict_put(dict, weft_text("b"), weft_int(1)) != WEFT_OK)
        return EXIT_FAILURE;
    weft_ref *list_ref = need(weft_ref_new(list, NULL, NULL));
    weft_ref *dict_ref = need(weft_ref_new(dict, NULL, NULL));
    weft_ref *number_ref = need(weft_ref_new(number, NULL, NULL));

    printf("watched:\n");
    print_watched("list", list_ref);
    print_watched("dictionary", dict_ref);
    print_watched("number", number_ref);
    printf("released:\n");
    weft_release(list);
    weft_release(dict);
    weft_release(number);
    print_watched("list", list_ref);
    print_watched("dictionary", dict_ref);
    print_watched("number", number_ref);

    printf("numbers that are shared:\n");
    weft_weakset *numbers = need(weft_weakset_new(heap, WEFT_BY_EQUALITY));
    struct number *seven = number_shared(numbers, 7);
    struct number *again = number_shared(numbers, 7);
    printf("  the same box: %s, in the set: %zu\n",
        seven == again ? "yes" : "no", weft_weakset_length(numbers));
    weft_release(seven);
    weft_release(again);
    printf("  released, in the set: %zu\n", weft_weakset_length(numbers));

    // Strings are what is left, as in Python: they are kept, not watched.
    weft_string *text = need(weft_string_new(heap, "text"));
    printf("a string can be watched: %s\n",
        weft_is_weakable(text) ? "yes" : "no");
    weft_release(text);
    weft_release(numbers);
    weft_release(list_ref);
    weft_release(dict_ref);
    weft_release(number_ref);
    printf("still held: %zu\n", weft_heap_close(heap));
    return EXIT_SUCCESS;
}
