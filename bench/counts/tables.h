// SPDX-License-Identifier: MIT
//
// Weak dictionaries and sets of 30 000, asked for each key they have, in random
// order. How far a key lies from its home is luck; so many make an average.
#ifndef BENCH_COUNTS_TABLES_H
#define BENCH_COUNTS_TABLES_H

#include "kit.h"

static int64_t integers[2 * KEYS];      // no two alike
static char texts[KEYS][12];    // no two alike
static weft_weakvaluedict *values;
static weft_weakkeydict *keys;
static weft_weakset *set;

static void make_keys(void)
{
    for (uint32_t i = 0; i < 2 * KEYS; i++)
        integers[i] = (int64_t)bench_random();
    for (uint32_t i = 0; i < KEYS; i++) {
        char text[16];
        (void)snprintf(text, sizeof(text), "%08x%04x",
            (unsigned)bench_random(), i);
        memcpy(texts[i], text, sizeof(texts[i]));
    }
    order = bench_shuffled(KEYS);
    make_nodes(KEYS);
}

static void open_values(bool by_text)
{
    make_keys();
    values = weft_weakvaluedict_new(heap, WEFT_BY_EQUALITY);
    for (uint32_t i = 0; i < KEYS; i++)
        BENCH_CHECK(weft_weakvaluedict_put(values, by_text
            ? weft_text_sized(texts[i], sizeof(texts[i]))
            : weft_int(integers[i]), nodes[i]) == WEFT_OK);
    BENCH_CHECK(weft_weakvaluedict_length(values) == KEYS);
    settle();
}

static void open_values_by_integer(void)
{
    open_values(false);
}

static void open_values_by_text(void)
{
    open_values(true);
}

static inline bool look_up(uint32_t at, weft_value key)
{
    struct node *node = weft_weakvaluedict_get(values, key);
    weft_release(node);
    return node == nodes[at];
}

COUNTED(values_get_integer)
{
    size_t found = 0;
    for (uint32_t i = 0; i < KEYS; i++)
        found += look_up(order[i], weft_int(integers[order[i]]));
    answers = found;
}

COUNTED(values_get_text)
{
    size_t found = 0;
    for (uint32_t i = 0; i < KEYS; i++)
        found += look_up(order[i],
            weft_text_sized(texts[order[i]], sizeof(texts[order[i]])));
    answers = found;
}

COUNTED(values_put_death)
{
    size_t put = 0;
    for (uint32_t i = 0; i < KEYS; i++) {
        struct node *node = node_new();
        put += weft_weakvaluedict_put(values,
            weft_int(integers[KEYS + i]), node) == WEFT_OK;
        weft_release(node);
    }
    answers = put;
}

static void check_values(void)
{
    expect(KEYS);
    BENCH_CHECK(weft_weakvaluedict_length(values) == KEYS);
}

static void open_keys(void)
{
    make_keys();
    keys = weft_weakkeydict_new(heap, WEFT_BY_IDENTITY);
    for (uint32_t i = 0; i < KEYS; i++)
        BENCH_CHECK(weft_weakkeydict_put(keys, nodes[i], weft_int(i))
            == WEFT_OK);
    settle();
}

COUNTED(keys_get)
{
    size_t found = 0;
    for (uint32_t i = 0; i < KEYS; i++) {
        weft_value value = weft_weakkeydict_get(keys, nodes[order[i]]);
        found += value.as.integer == order[i];
    }
    answers = found;
}

static void open_set(void)
{
    make_keys();
    set = weft_weakset_new(heap, WEFT_BY_IDENTITY);
    for (uint32_t i = 0; i < KEYS; i++)
        BENCH_CHECK(weft_weakset_add(set, nodes[i]) == WEFT_OK);
    settle();
}

COUNTED(set_contains)
{
    size_t found = 0;
    for (uint32_t i = 0; i < KEYS; i++)
        found += weft_weakset_contains(set, nodes[order[i]]);
    answers = found;
}

static void check_keys(void)
{
    expect(KEYS);
}

#endif
