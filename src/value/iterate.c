// SPDX-License-Identifier: MIT
//
// Going through a container, whatever happens to it meanwhile.
//
// An iterator holds its container, and the value it shows, until the next step.
// Each step first lets go of what was shown, then looks at the container afresh
// as it is then. So user code, in the loop or in a death that a step brings
// about, may change or empty the container, and drop the last other reference.
// At the end everything is let go by itself; weft_iterate_end() is for those
// who leave before, and does no harm after it.
//
// A list is gone through by index, as in Python, but not beyond the length it
// had at the start: who removes the element shown, or one before it, moves the
// next one to where the iterator has already been.
//
// The container behind a proxy is what is gone through; of a proxy whose object
// is gone there is nothing to see.
#include "value.h"

weft_iterator weft_iterate(void *container)
{
    weft_iterator iterator = { weft_nil(), weft_nil(), NULL, NULL, 0, 0,
        { NULL, NULL } };
    void *held, *self = weft__unwrap(container, &held, "weft_iterate");
    if (self == NULL)
        return iterator;
    if (weft__role_of(self) != ROLE_LIST) {
        weft__misuse(weft_heap_of(self), self, "weft_iterate: type %s cannot "
            "be gone through", weft__name_of(self));
        weft_release(held);
        return iterator;
    }
    iterator.container = held != NULL ? held : weft_retain(self);
    if (iterator.container != NULL)     // NULL: dying
        iterator.end = ((const weft_list *)self)->length;
    return iterator;
}

// Takes a reference for the iterator to what it shows.
static bool next_of_list(weft_iterator *iterator, const weft_list *list)
{
    if (iterator->at >= iterator->end || iterator->at >= list->length)
        return false;
    iterator->key = weft_int((int64_t)iterator->at);
    iterator->value = weft_value_retain(list->values[iterator->at]);
    iterator->object = weft_value_object(iterator->value);
    iterator->at++;
    return true;
}

static void hide_shown(weft_iterator *iterator)
{
    iterator->key = weft_nil();
    iterator->object = NULL;
    weft_value_clear(&iterator->value);
}

bool weft_next(weft_iterator *iterator)
{
    hide_shown(iterator);
    if (iterator->container != NULL
            && next_of_list(iterator, iterator->container))
        return true;
    weft_iterate_end(iterator);
    return false;
}

void weft_iterate_end(weft_iterator *iterator)
{
    hide_shown(iterator);
    iterator->at = iterator->end = 0;
    weft_clear(&iterator->container);
}
