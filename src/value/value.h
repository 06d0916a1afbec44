// SPDX-License-Identifier: MIT
//
// What the files of value share, and the layers above may use.
//
// A value *borrowed* is an argument: it may be a text, whose bytes belong to
// somebody else. A value *owned* lies in a list, a field or a result: it is no
// text, and the reference to its object, if it has one, is its own. There are
// two ways from the first to the second: weft_value_retain() for what goes to
// the program, and weft__own_value() for what is stored, which makes strings of
// texts and is no sign that the program looked at the object.
//
// Whoever asks something of an object asks what is behind its proxies:
//
//     void *held, *self = weft__unwrap(object, &held, "weft_length");
//     if (self == NULL)
//         return WEFT_REFERENCE_ERROR;
//     ...                             // user code may run: self is held
//     weft_release(held);
#ifndef WEFT_VALUE_H
#define WEFT_VALUE_H

#include "../core/core.h"

struct weft_string {
    size_t size;            // in bytes, without the zero at the end
    uint64_t hash;          // 0: not taken yet
    char text[];            // size bytes and a zero
};

struct weft_list {
    weft_value *values;     // owned; NULL while nothing was ever stored
    size_t length;          // how many there are
    size_t capacity;        // how many there is room for
};

// How deep hash and equal may lead back into themselves through user code and
// refs: as deep as in Python.
enum { PROTOCOL_DEPTH = 1000 };

static inline bool weft__has_object(weft_value value)
{
    return value.kind == WEFT_KIND_OBJECT && value.as.object != NULL;
}

// Of what is alive; ROLE_NONE too for what is no object.
static inline enum role weft__role_in(weft_value value)
{
    return weft__has_object(value) ? page_of(value.as.object)->kind->role
        : ROLE_NONE;
}

// Takes a reference for a place that stores `value`, which is no text. Returns
// what to store: all zero for a nil, since the first nil of a dying list means
// something; nil for an object that is dead, which was reported.
static inline weft_value weft__keep_value(weft_value value)
{
    if (!weft__has_object(value))
        return value.kind == WEFT_KIND_NIL || value.kind == WEFT_KIND_OBJECT
            ? weft_nil() : value;
    uint64_t *place = word_of(value.as.object);
    uint64_t word = load(place);
    if (!CHECKED && likely((int64_t)word >= WEFT__ONE))
        store(place, word + ONE);
    else if (!weft__keep_object(value.as.object, "storing a value"))
        return weft_nil();
    return value;
}

// value.c
weft_status weft__own_value(weft_heap *heap, weft_value value,
    weft_value *owned);             // as above, texts too; MEMORY: nil
void *weft__unwrap(const void *object, void **held, const char *call);
bool weft__check_living(const void *object, const char *call);  // or dying
bool weft__check_role(const void *object, enum role role, const char *call);

// list.c
bool weft__reserve_list(weft_list *list, size_t length);    // room for so many

// protocol.c
bool weft__enter_protocol(void);    // false: too deep
bool weft__leave_protocol(void);    // false: it was too deep inside

// number.c
bool weft__equal_numbers(weft_value a, weft_value b);   // false: not numbers
uint64_t weft__hash_number(weft_value number);

// siphash.c
uint64_t weft__siphash(const uint64_t secret[2], const void *bytes,
    size_t size);

// string.c
uint64_t weft__hash_text(const weft_heap *heap, weft_value text);
uint64_t weft__hash_string(const weft_heap *heap, const weft_string *string);

#endif
