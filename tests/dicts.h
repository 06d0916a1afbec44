// SPDX-License-Identifier: MIT
//
// What tests of dictionaries share: filling them, saying what is in them, and
// keys whose hooks are told to do something else as well.
#ifndef DICTS_H
#define DICTS_H

#include "node.h"

static inline void put(weft_dict *dict, weft_value key, weft_value value)
{
    CHECK_EQ(weft_dict_put(dict, key, value), WEFT_OK);
}

WEFT_NEW_REF static inline weft_dict *new_dict(weft_heap *heap)
{
    return weft_dict_new(heap, WEFT_BY_EQUALITY);
}

// A dict of the first numbers, each with ten times itself.
WEFT_NEW_REF static inline weft_dict *dict_of(weft_heap *heap, int count)
{
    weft_dict *dict = new_dict(heap);
    for (int i = 0; i < count; i++)
        put(dict, weft_int(i), weft_int(10 * i));
    return dict;
}

// The integer that is there, or -1.
static inline int64_t at(const weft_dict *dict, weft_value key)
{
    weft_auto_value value = weft_dict_get(dict, key);
    return value.kind == WEFT_KIND_INT ? value.as.integer : -1;
}

static inline bool equal(const void *a, const void *b)
{
    bool there = false, back = true;
    CHECK_EQ(weft_equal(weft_object(a), weft_object(b), &there), WEFT_OK);
    CHECK_EQ(weft_equal(weft_object(b), weft_object(a), &back), WEFT_OK);
    CHECK_EQ(there, back);
    return there;
}

static inline void say_value(weft_value value)
{
    const char *text = weft_value_text(value);
    if (text != NULL)
        say("%s", text);
    else if (value.kind == WEFT_KIND_INT)
        say("%d", (int)value.as.integer);
    else
        say("kind%d", (int)value.kind);
}

// What a dict holds, as words: keys and values in turn.
static inline void say_dict(weft_dict *dict)
{
    size_t count = 0;
    weft_each (it, dict) {
        say_value(it.key);
        say_value(it.value);
        count++;
    }
    CHECK_EQ(weft_dict_length(dict), count);
}

static inline void put_loud(weft_dict *dict, weft_value key, const char *name)
{
    weft_auto(struct node) node = loud_new(weft_heap_of(dict), name);
    put(dict, key, weft_object(node));
}

// ---- keys with hooks

struct label {
    int id;                     // what it equals
    uint64_t hash;              // what it hashes as
};

static size_t asked;            // how often a hook was called
static void (*in_equal)(void);  // what else it does, once
static void (*in_hash)(void);

static inline void act(void (**action)(void))
{
    void (*once)(void) = *action;
    *action = NULL;
    asked++;
    if (once != NULL)
        once();
}

static inline uint64_t label_hash(const void *self)
{
    const struct label *label = self;
    uint64_t hash = label->hash;
    act(&in_hash);
    return hash;
}

static weft_type label_type;

static inline bool label_equal(const void *self, const void *other)
{
    const struct label *label = self, *same = other;
    bool result = weft_is(other, &label_type) && label->id == same->id;
    act(&in_equal);
    return result;
}

static weft_type label_type = {
    .name = "label", WEFT_SIZE(struct label), .hash = label_hash,
    .equal = label_equal };

// One that collides with all others of the same hash.
WEFT_NEW_REF static inline struct label *label_new(weft_heap *heap, int id,
    uint64_t hash)
{
    struct label *label = weft_new(heap, &label_type);
    if (label != NULL) {
        label->id = id;
        label->hash = hash;
    }
    asked = 0;
    return label;
}

static inline void put_label(weft_dict *dict, int id, uint64_t hash)
{
    weft_auto(struct label) label = label_new(weft_heap_of(dict), id, hash);
    put(dict, weft_object(label), weft_int(id));
}

// ---- what hooks may do to the dict they are asked for

typedef void use_fn(void);

static weft_dict *subject;      // what actions work on
static struct label *subject_key;

static inline void empty_subject(void) { weft_dict_clear(subject); }
static inline void drop_subject(void) { weft_clear(&subject); }

static inline void drop_both(void)
{
    weft_clear(&subject_key);
    weft_clear(&subject);
}

static inline void remove_one(void)
{
    weft_value key, value;
    CHECK_TRUE(weft_dict_popitem(subject, &key, &value));
    weft_value_release(key);
    weft_value_release(value);
}

static inline void replace_all(void)
{
    weft_dict_clear(subject);
    for (int i = 0; i < 4; i++)
        put_label(subject, i, 7);
}

static inline void fill_up(void)
{
    for (int i = 0; i < 100; i++)
        put(subject, weft_int(1000 + i), weft_int(i));
}

#endif
