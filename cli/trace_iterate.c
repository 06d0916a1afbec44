// SPDX-License-Identifier: MIT
//
// Iterations over weak dictionaries and sets: iterators of weft that programs
// can hold, drop and go on with, and that hold what a generator of Python's
// does, no more and no less.
//
//     from `iter` on        the container
//     from a `next` to      what it gave last: the value of a `wvd`, the key or
//     the next one          the value of a `wkd`, the member of a set
//     from the first one    what a dictionary held then, the values of a `wkd`
//     to the end            or the keys of a `wvd`: Python goes through a copy
//
// A step of Python's looks who comes next, which holds that, and only then lets
// go of who came last. When the next one has died since the start, there is
// nobody to hold: who came last goes at once, and with it maybe the one after:
//
//     for each entry there was at the start:
//         found := its object, or none if that is dead
//         let go of last; last := found
//         if found: give it
//
// weft's iterator shows the next one that lives, and not how many dead ones it
// passed on the way. So it is remembered who was there at the start.
//
// Letting go runs finalizers, and these may ask for the next one: as of a
// generator that is executing, that is an error.
//
// A generator is closed by its finalizer, and so is an iteration: in a
// collection that is the phase in which it lets go of what it holds.
#include "trace.h"

#include <stdlib.h>
#include <string.h>

// The copy goes first, then what was given last, and the container last. An
// iterator of weft also has what was removed meanwhile, as the copy does.
static void close_iteration(void *self)
{
    struct trace_iterator *iterator = self;
    void *container = weft_retain(iterator->it.container);
    weft_clear(&iterator->copied);
    weft_iterate_end(&iterator->it);
    weft_clear(&iterator->key);
    weft_clear(&iterator->value);
    weft_clear(&iterator->container);
    weft_release(container);
}

static void dispose_iteration(void *self)
{
    const struct trace_iterator *iterator = self;
    free(iterator->entries);
}

weft_type trace_iterator_type = {
    .name = "iterator",
    WEFT_SIZE(struct trace_iterator),
    .finalize = close_iteration,
    .dispose = dispose_iteration,
    .fields = WEFT_FIELDS(
        WEFT_STRONG_OF(struct trace_iterator, copied, &weft_list_type),
        WEFT_STRONG(struct trace_iterator, key),
        WEFT_STRONG(struct trace_iterator, value),
        WEFT_STRONG(struct trace_iterator, container),
        WEFT_STRONG(struct trace_iterator, it.container)),
};

// ---- the start

static bool is_keyed(const struct trace_iterator *iterator)
{
    return (iterator->sorts & TRACE_KEYS) != 0;
}

static size_t length_of(void *container)
{
    size_t length = 0;
    (void)weft_length(container, &length);
    return length;
}

// False: memory ran out.
static bool begin(struct trace_iterator *iterator)
{
    void *container = iterator->container;
    iterator->entries = calloc(length_of(container) + 1,
        sizeof(iterator->entries[0]));
    if (iterator->entries == NULL)
        return false;
    if ((iterator->sorts & TRACE_DICT) != 0) {
        iterator->copied = trace_held_of(container);
        if (iterator->copied == NULL)
            return false;
    }
    weft_each (it, container) {
        const void *watched = is_keyed(iterator) ? weft_value_object(it.key)
            : it.object;
        iterator->entries[iterator->entry_count++] = weft_weak_of(watched);
    }
    iterator->it = weft_iterate(container);
    weft_clear(&iterator->container);
    return true;
}

// ---- a step

// What comes next, as new references.
struct shown {
    void *key;                  // an atom too; of a set: NULL
    void *value;                // the same
};

static bool show_next(struct trace_iterator *iterator, struct shown *shown)
{
    weft_iterator *it = &iterator->it;
    *shown = (struct shown){ NULL, NULL };
    if (!weft_next(it))
        return false;
    shown->key = weft_retain(weft_value_object(it->key));
    shown->value = weft_retain(weft_value_object(it->value));
    weft_value_clear(&it->key);
    weft_value_clear(&it->value);
    it->object = NULL;
    return true;
}

// Is it the very next? If not, those before it have died. Passes it.
static bool follows(struct trace_iterator *iterator, const void *watched)
{
    size_t expected = iterator->at;
    weft_weak weak = weft_weak_of(watched);
    while (iterator->at < iterator->entry_count) {
        if (weft_weak_is_same(iterator->entries[iterator->at++], weak))
            return iterator->at == expected + 1;
    }
    return false;
}

static void let_last_go(struct trace_iterator *iterator)
{
    weft_clear(&iterator->key);
    weft_clear(&iterator->value);
}

// Lets go of who came last, as of the first dead one on the way. False: with
// it went also who was found.
static bool survives(struct trace_iterator *iterator, struct shown *shown)
{
    void **watched = is_keyed(iterator) ? &shown->key : &shown->value;
    weft_weak weak = weft_weak_of(*watched);
    weft_clear(watched);
    let_last_go(iterator);
    *watched = weft_weak_get(weak);
    if (*watched != NULL)
        return true;
    weft_clear(&shown->key);
    weft_clear(&shown->value);
    return false;
}

static bool find_next(struct trace_iterator *iterator, struct shown *shown)
{
    while (show_next(iterator, shown)) {
        const void *watched = is_keyed(iterator) ? shown->key : shown->value;
        if (follows(iterator, watched) || survives(iterator, shown))
            return true;
    }
    if (iterator->at < iterator->entry_count)
        let_last_go(iterator);
    return false;
}

// What a generator keeps of it: what it was asked for. Of an item that is also
// what the copy holds.
static void keep(struct trace_iterator *iterator, struct shown *shown)
{
    if ((iterator->view & TRACE_SHOWS_VALUES) != 0)
        weft_set(&iterator->value, shown->value);
    if ((iterator->view & TRACE_SHOWS_KEYS) != 0)
        weft_set(&iterator->key, shown->key);
}

// False: the end. All is let go of then.
static bool step_on(struct trace_iterator *iterator, struct shown *shown)
{
    void *container = weft_retain(iterator->it.container);
    bool found = find_next(iterator, shown);
    if (found)
        keep(iterator, shown);
    else
        close_iteration(iterator);
    weft_release(container);
    return found;
}

// ---- operations

static bool find_view(const struct trace_step *step, unsigned sorts,
    enum trace_view *view)
{
    const char *text = step->op->names[2]->text;
    bool is_set = sorts == TRACE_SET;
    if (strcmp(text, "keys") == 0)
        *view = TRACE_SHOWS_KEYS;
    else if (strcmp(text, "items") == 0)
        *view = TRACE_SHOWS_KEYS | TRACE_SHOWS_VALUES;
    else if (strcmp(text, is_set ? "members" : "values") == 0)
        *view = TRACE_SHOWS_VALUES;
    else
        return false;
    return !is_set || *view == TRACE_SHOWS_VALUES;
}

void trace_op_iter(struct trace_step *step)
{
    enum trace_view view = TRACE_SHOWS_KEYS;
    struct trace_name *name = trace_fresh(step, 0);
    void *container = trace_hold_operand(step, 1, TRACE_DICT | TRACE_SET);
    if (step->failure != NULL)
        return;
    unsigned sorts = trace_sorts(container);
    if (!find_view(step, sorts, &view)) {
        trace_fail(step, "!badmode");
        return;
    }
    if (sorts == TRACE_SET && length_of(container) > 1) {
        trace_fail(step, "!many");
        return;
    }
    struct trace_iterator *iterator = weft_new(step->world->heap,
        &trace_iterator_type);
    if (iterator == NULL) {
        trace_out_of_memory(step);
        return;
    }
    iterator->sorts = sorts;
    iterator->view = view;
    weft_set(&iterator->container, container);
    trace_hold_steal(step, iterator);
    trace_put(step, name, iterator, NULL);
}

// What is bound: of an item what the container holds weakly, and no atom.
static void *bindable(const struct trace_iterator *iterator,
    const struct shown *shown)
{
    void *thing = is_keyed(iterator) ? shown->key : shown->value;
    if (iterator->view == TRACE_SHOWS_KEYS)
        thing = shown->key;
    if (iterator->view == TRACE_SHOWS_VALUES)
        thing = shown->value;
    return trace_is_atom(thing) ? NULL : thing;
}

static void yield_shown(struct trace_step *step, struct trace_name *name,
    const struct trace_iterator *iterator, const struct shown *shown)
{
    void *thing = bindable(iterator, shown);
    if ((iterator->view & TRACE_SHOWS_KEYS) != 0)
        trace_answer_thing(step, shown->key);
    if ((iterator->view & TRACE_SHOWS_VALUES) != 0)
        trace_answer_thing(step, shown->value);
    trace_hold_steal(step, weft_retain(thing));
    weft_release(shown->value);
    weft_release(shown->key);
    trace_bind(name, thing);
}

void trace_op_next(struct trace_step *step)
{
    struct trace_name *name = trace_destination(step, 0);
    struct trace_iterator *iterator = trace_hold_operand(step, 1,
        TRACE_ITERATOR);
    if (step->failure != NULL)
        return;
    if (iterator->is_running) {
        trace_fail(step, "!ValueError");
        return;
    }
    if (iterator->container != NULL && !begin(iterator)) {
        trace_out_of_memory(step);
        return;
    }
    struct shown shown;
    iterator->is_running = true;
    bool found = step_on(iterator, &shown);
    iterator->is_running = false;
    if (found) {
        yield_shown(step, name, iterator, &shown);
    } else {
        trace_bind(name, NULL);
        trace_answer(step, "stop");
    }
}
