// SPDX-License-Identifier: MIT
//
// Going through a container, whatever happens to it meanwhile.
//
// An iterator holds its container, and what it shows, until the next step. Each
// step first lets go of what was shown, then looks at the container afresh as
// it is then. So user code, in the loop or in a death that a step brings about,
// may change or empty the container, and drop the last other reference. At the
// end everything is let go by itself; weft_iterate_end() is for those who leave
// before, and does no harm after it.
//
//     list         by index, as in Python, but not beyond the length it had at
//                  the start: who removes the element shown, or one before it,
//                  moves the next one to where the iterator has already been
//     dict         by entry: they stay where they are while an iteration is
//                  open, and those that are new come after its end (entries.c)
//     weak tables  by the layer above
//
// (A weak set has a step of its own, which does all of this more quickly.)
//
// The container behind a proxy is what is gone through; of a proxy whose object
// is gone there is nothing to see.
#include "value.h"

static bool can_be_gone_through(const void *container)
{
    enum role role = weft__role_of(container);
    return role == ROLE_LIST || role == ROLE_DICT
        || (weft__is_weak_container(role)
            && weft_heap_of(container)->begin_iteration != NULL);
}

// The container is held.
static void open_container(weft_iterator *iterator)
{
    void *container = iterator->container;
    enum role role = weft__role_of(container);
    if (role == ROLE_LIST)
        iterator->end = ((const weft_list *)container)->length;
    else if (role == ROLE_DICT)
        iterator->end = weft__open_dict(container);
    else
        weft_heap_of(container)->begin_iteration(iterator, container);
}

weft_iterator weft_iterate(void *container)
{
    weft_iterator iterator = { weft_nil(), weft_nil(), NULL, NULL, 0, 0, NULL,
        { NULL, NULL } };
    void *held, *self = weft__unwrap(container, &held, "weft_iterate");
    if (self == NULL)
        return iterator;
    if (!can_be_gone_through(self)) {
        weft__misuse(weft_heap_of(self), self, "weft_iterate: type %s cannot "
            "be gone through", weft__name_of(self));
        weft_release(held);
        return iterator;
    }
    iterator.container = held != NULL ? held : weft_retain(self);
    if (iterator.container != NULL)     // NULL: dying
        open_container(&iterator);
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

static bool next_of_dict(weft_iterator *iterator, const weft_dict *dict)
{
    weft_value *entry;
    if (!weft__next_in_dict(dict, &iterator->at, iterator->end, &entry))
        return false;
    weft_value value = entry[1];
    iterator->key = weft_value_retain(weft__plain_key(entry[0]));
    iterator->value = weft_value_retain(value);
    iterator->object = weft_value_object(iterator->value);
    return true;
}

static void hide_shown(weft_iterator *iterator)
{
    weft_value key = iterator->key, value = iterator->value;
    iterator->key = iterator->value = weft_nil();
    iterator->object = NULL;
    weft_value_release(key);
    weft_value_release(value);
}

static bool show_next(weft_iterator *iterator)
{
    void *container = iterator->container;
    if (container == NULL)
        return false;
    enum role role = weft__role_of(container);
    if (role == ROLE_LIST)
        return next_of_list(iterator, container);
    if (role == ROLE_DICT)
        return next_of_dict(iterator, container);
    return weft_heap_of(container)->next_item(iterator);
}

bool weft_next(weft_iterator *iterator)
{
    if (iterator->step != NULL)
        return iterator->step(iterator);
    hide_shown(iterator);
    if (show_next(iterator))
        return true;
    weft_iterate_end(iterator);
    return false;
}

void weft_iterate_end(weft_iterator *iterator)
{
    hide_shown(iterator);
    void *container = iterator->container;
    if (container == NULL)
        return;
    enum role role = weft__role_of(container);
    iterator->container = NULL;         // user code may end it once more
    iterator->step = NULL;
    iterator->at = iterator->end = 0;
    if (role == ROLE_DICT)
        weft__close_dict(container);
    else if (role != ROLE_LIST)
        weft_heap_of(container)->end_iteration(container);
    weft_release(container);
}
