// SPDX-License-Identifier: MIT
//
// What the files of value share, and the layers above may use.
//
// A value *borrowed* is an argument: it may be a text, whose bytes belong to
// somebody else. A value *owned* lies in a list or dict, a field or a result:
// it is no text, and the reference to its object, if it has one, is its own.
// There are two ways from the first to the second: weft_value_retain() for what
// goes to the program, and weft__own_value() for what is stored, which makes
// strings of texts and is no sign that the program looked at the object.
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

#include <string.h>

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

struct dict_cell {          // of a dict's index
    uint32_t hash;          // of the key, mixed
    uint32_t number;        // of the entry, from 1; 0: empty
};

struct weft_dict {
    weft_value *values;     // owned: a key, its value, the next key, and so on;
                            // NULL: nothing yet; see entries.c
    size_t count;           // of these, holes included: twice the entries
    struct dict_cell *cells;    // the index, behind them in the same memory
    uint64_t first;         // number of the first entry, for iterations
    uint64_t changes;       // of cells, but not those that were empty
    uint32_t length;        // entries that are no holes
    uint32_t iterations;    // open ones
    uint8_t bits;           // there are 2^bits cells
    uint8_t by;             // weft_by
};

struct dict_lookup {        // of a key: between beginning and ending it
    weft_dict *dict;        // where
    weft_value key;         // borrowed
    weft_value *entry;      // the key that was found and its value, or NULL
    uint32_t hash;          // mixed
    uint32_t cell;          // of the entry
    bool held;              // dict and key are, for user code has run
};

struct weft_writer {
    weft_heap *heap;        // where memory comes from
    char *text;             // what was written
    size_t size, capacity;  // of the text, in bytes
    struct shown *shown;    // what is being shown, outermost first; see repr.c
    size_t *table;          // 4 * room: number in `shown` from 1; 0: nobody
    size_t count, room;     // of `shown`
    bool failed;            // memory ran out
};

// How deep hash and equal may lead back into themselves through user code and
// refs, and how deep weft_repr() shows what is held: as deep as in Python.
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

// Strings and what is no object: what asks nobody whether it is equal.
static inline bool weft__is_simple(weft_value value)
{
    return !weft__has_object(value) || weft__role_in(value) == ROLE_STRING;
}

// Most keys are short: two words that may overlap are compared without a call.
static inline bool weft__is_same_bytes(const void *a, const void *b,
    size_t size)
{
    uint64_t first[2], last[2];
    if (size < 8 || size > 16)
        return memcmp(a, b, size) == 0;
    memcpy(&first[0], a, 8);
    memcpy(&first[1], b, 8);
    memcpy(&last[0], (const char *)a + size - 8, 8);
    memcpy(&last[1], (const char *)b + size - 8, 8);
    return ((first[0] ^ first[1]) | (last[0] ^ last[1])) == 0;
}

// A key as it is in a dict, without its hash.
static inline weft_value weft__plain_key(weft_value stored)
{
    stored.size = 0;
    return stored;
}

// Of a weak dictionary or set: whoever goes through one calls the heap.
static inline bool weft__is_weak_container(enum role role)
{
    return role == ROLE_VALUEDICT || role == ROLE_MAP || role == ROLE_WEAKSET;
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

// entries.c: what a dict is made of. Nothing is let go of here.
bool weft__reserve_entry(weft_dict *dict);      // for one more
void weft__append_entry(weft_dict *dict, weft_value key, weft_value value,
    uint32_t hash);                             // owned; there is room
void weft__remove_entry(weft_dict *dict, uint32_t cell, weft_value *key,
    weft_value *value);                         // they are the caller's now
bool weft__remove_last_entry(weft_dict *dict, weft_value *key,
    weft_value *value);                         // false: empty
bool weft__copy_entries(weft_dict *copy, weft_dict *from);  // to an empty one
void weft__free_entries(weft_heap *heap, const weft_dict *old);
uint64_t weft__open_dict(weft_dict *dict);      // the end of an iteration
bool weft__next_in_dict(const weft_dict *dict, uint64_t *at, uint64_t end,
    weft_value **entry);            // false: the end; at: 0 to begin with
void weft__close_dict(weft_dict *dict);

// lookup.c
weft_status weft__begin_lookup(struct dict_lookup *lookup,
    const weft_dict *dict, weft_value key, const uint32_t *hash);
void weft__let_lookup_go(const struct dict_lookup *lookup);
const uint32_t *weft__shared_hash(const weft_dict *a, const weft_dict *b,
    const weft_value *stored);

// May let go of the dict, and of the key: the last thing that is done.
static inline void weft__end_lookup(const struct dict_lookup *lookup)
{
    if (unlikely(lookup->held))
        weft__let_lookup_go(lookup);
}

// compare.c
struct comparison;
weft_status weft__compare_containers(struct comparison *comparison, void *a,
    void *b, bool *equal);

// equal.c
weft_status weft__equal_values(struct comparison *comparison, weft_value a,
    weft_value b, bool *equal);
bool weft__equal_simple(weft_value a, weft_value b);    // both are

// attr.c
weft_status weft__read_field(const void *object, const weft_field *field,
    weft_value *value);             // a new reference; nil to begin with

// write.c
void weft__write_bytes(weft_writer *writer, const char *bytes, size_t size);
void weft__write_quoted(weft_writer *writer, const char *bytes, size_t size);
void weft__write_number(weft_writer *writer, weft_value number);

// protocol.c
bool weft__enter_protocol(void);    // false: too deep
bool weft__leave_protocol(void);    // false: it was too deep inside

// number.c
bool weft__whole_number(weft_value number, int64_t *integer);
bool weft__equal_numbers(weft_value a, weft_value b);   // false: not numbers
uint64_t weft__hash_number(weft_value number);

// siphash.c
uint64_t weft__siphash(const uint64_t secret[2], const void *bytes,
    size_t size);

// string.c
uint64_t weft__hash_text(const weft_heap *heap, weft_value text);
uint64_t weft__hash_string(const weft_heap *heap, const weft_string *string);

#endif
