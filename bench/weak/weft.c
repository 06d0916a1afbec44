// SPDX-License-Identifier: MIT
//
// weft's weak dictionaries and weak sets in the workloads of weak.h, and their
// limit. BY_ADDRESS is WEFT_BY_IDENTITY; numbers and texts are compared by
// value there, too. BY_HOOKS are objects with `hash` and `equal`, asked with
// others that are equal.
#include "weak.h"
#include "weft.h"

#define PEER "weft"
#define HAS_LIMIT 1
#define HAS_VARIANTS 1

struct node {
    struct node *left;          // held
    struct node *right;         // held
};

struct named {                  // as large as a node
    uint64_t name;              // of which another may have the same
    struct node *other;         // held
};

static weft_type node_type = {
    .name = "node",
    WEFT_SIZE(struct node),
    .fields = WEFT_FIELDS(
        WEFT_STRONG(struct node, left),
        WEFT_STRONG(struct node, right)),
};

static uint64_t named_hash(const void *self)
{
    return ((const struct named *)self)->name;
}

static bool named_equal(const void *self, const void *other);

static weft_type named_type = {
    .name = "named",
    WEFT_SIZE(struct named),
    .fields = WEFT_FIELDS(
        WEFT_UINT(struct named, name),
        WEFT_STRONG(struct named, other)),
    .hash = named_hash,
    .equal = named_equal,
};

static bool named_equal(const void *self, const void *other)
{
    return weft_is(other, &named_type) && ((const struct named *)self)->name
        == ((const struct named *)other)->name;
}

static weft_heap *heap;
static weft_by by;
static bool has_hooks;          // the objects made
static uint64_t names;          // given out

static void open_heap(enum compare compare)
{
    heap = weft_heap_open(NULL);
    BENCH_CHECK(heap != NULL);
    by = compare == BY_ADDRESS ? WEFT_BY_IDENTITY : WEFT_BY_EQUALITY;
    has_hooks = compare == BY_HOOKS;
}

static void close_heap(void)
{
    BENCH_CHECK(weft_heap_close(heap) == 0);
}

static double heap_bytes(void)
{
    return (double)weft_heap_get_stats(heap).object_bytes;
}

static struct named *named_new(uint64_t name)
{
    struct named *named = weft_new(heap, &named_type);
    BENCH_CHECK(named != NULL);
    named->name = name;
    return named;
}

static inline void *own_node_new(void)
{
    if (has_hooks)
        return named_new(number_of((uint32_t)names++));
    struct node *node = weft_new(heap, &node_type);
    BENCH_CHECK(node != NULL);
    return node;
}

static inline void own_drop(void *object)
{
    weft_release(object);
}

static void *own_twin(void *object)
{
    return has_hooks ? named_new(((struct named *)object)->name)
        : weft_retain(object);
}

// ---------------------------------------------------------------------------
// Keys

static union key own_key_new(enum kind kind, uint32_t i)
{
    union key key = { .number = number_of(i) };
    if (kind == KIND_TEXT)
        key.text = text_new(i);
    else if (kind == KIND_STRING)
        key.object = weft_string_new(heap, text_new(i));
    else if (kind == KIND_OBJECT)
        key.object = own_node_new();
    return key;
}

static void own_key_drop(enum kind kind, union key key)
{
    if (kind == KIND_STRING || kind == KIND_OBJECT)
        weft_release(key.object);
}

static union key own_probe(enum kind kind, uint32_t i, union key key)
{
    if (kind != KIND_OBJECT)
        return own_key_new(kind, i);
    key.object = own_twin(key.object);
    return key;
}

static inline weft_value own_value(enum kind kind, union key key)
{
    return kind == KIND_INT ? weft_int((int64_t)key.number)
        : kind == KIND_TEXT ? weft_text_sized(key.text, text_size)
        : weft_object(key.object);
}

// ---------------------------------------------------------------------------
// Tables

static void *own_map_new(enum what what)
{
    void *map = what == MAP_VALUE ? (void *)weft_weakvaluedict_new(heap, by)
        : what == MAP_KEY ? (void *)weft_weakkeydict_new(heap, by)
        : (void *)weft_weakset_new(heap, by);
    BENCH_CHECK(map != NULL);
    return map;
}

static void own_map_free(void *map)
{
    weft_release(map);
}

static size_t own_map_count(void *map)
{
    size_t length = 0;
    BENCH_CHECK(weft_length(map, &length) == WEFT_OK);
    return length;
}

static inline void own_put(void *map, enum kind kind, union key key,
    void *object)
{
    BENCH_CHECK(weft_weakvaluedict_put(map, own_value(kind, key), object)
        == WEFT_OK);
}

static inline void *own_get(void *map, enum kind kind, union key key)
{
    return weft_weakvaluedict_get(map, own_value(kind, key));
}

static inline void own_key_put(void *map, void *object, uintptr_t number)
{
    BENCH_CHECK(weft_weakkeydict_put(map, object, weft_int((int64_t)number))
        == WEFT_OK);
}

static inline uintptr_t own_key_get(void *map, void *object)
{
    weft_value value = weft_weakkeydict_get(map, object);
    return value.kind == WEFT_KIND_INT ? (uintptr_t)value.as.integer : 0;
}

static inline void own_set_add(void *map, void *object)
{
    BENCH_CHECK(weft_weakset_add(map, object) == WEFT_OK);
}

static inline bool own_set_has(void *map, void *object)
{
    return weft_weakset_contains(map, object);
}

static uintptr_t own_set_each(void *map, uint32_t *seen)
{
    uintptr_t sum = 0;
    weft_each (it, map) {
        sum += (uintptr_t)it.object;
        (*seen)++;
    }
    return sum;
}

#include "main.h"

int main(int argument_count, char **arguments)
{
    run_all(argument_count, arguments);
    return 0;
}
