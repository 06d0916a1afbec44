// SPDX-License-Identifier: MIT
//
// A dictionary with weak keys, as small as one can be, for tests of how the
// collector deals with such entries: a value lives as long as its key and its
// map both do. (White box: the collector asks heap->key_edge and map_edge.)
//
// An entry is plain memory of its map. It owns its value, and a ref to its key
// whose callback drops the entry; so the entries of a key are found among the
// key's watchers.
#ifndef WEAKMAP_H
#define WEAKMAP_H

#include "shim.h"

#undef CHECKED
#include "../src/cycle/cycle.h"

struct map_entry {
    struct map *map;            // borrowed
    void *key, *value;          // borrowed; owned
    struct ref *watch;          // owned: a ref to the key
    struct map_entry *next, *prev;
};

struct map {
    void *link;                 // strong: for rings
    struct map_entry *entries;  // newest first
};

static inline void map_drop(struct map_entry *entry)
{
    void *value = entry->value, *watch = entry->watch;
    if (entry->next != NULL)
        entry->next->prev = entry->prev;
    if (entry->prev != NULL)
        entry->prev->next = entry->next;
    else
        entry->map->entries = entry->next;
    free(entry);
    weft_release(watch);
    weft_release(value);
}

static inline void map_clear(void *self)
{
    struct map *map = self;
    while (map->entries != NULL)
        map_drop(map->entries);
}

struct map_row_of {             // WEFT_STRONG wants a pointer to a struct
    struct map *link;
};

static weft_type map_type = {
    .name = "map", WEFT_SIZE(struct map), .clear = map_clear,
    .fields = WEFT_FIELDS(WEFT_STRONG(struct map_row_of, link)),
    .reserved = WEFT__ROLE(ROLE_MAP) };

static inline void map_key_died(weft_ref *ref, void *context)
{
    (void)ref;
    map_drop(context);
}

// The next entry of which `key` is the key.
static inline bool map_key_edge(const void *key, void **cursor,
    struct weft__edge *edge)
{
    struct weft__watcher *at = *cursor;
    if (at == NULL) {
        struct weft__watcher **head = weft__watchers(key, false);
        at = head == NULL ? NULL : *head;
    } else {
        at = at->next;
    }
    for (; at != NULL; at = at->next) {
        const struct ref *ref = (const struct ref *)(const void *)at;
        if (page_of(ref)->type != &weft_ref_type
                || ref->as.callback != map_key_died)
            continue;
        const struct map_entry *entry = ref->context;
        *edge = (struct weft__edge){ entry->map, entry->key, entry->value };
        *cursor = at;
        return true;
    }
    return false;
}

static inline bool map_map_edge(const void *map, void **cursor,
    struct weft__edge *edge)
{
    const struct map_entry *at = *cursor;
    at = at == NULL ? ((const struct map *)map)->entries : at->next;
    if (at == NULL)
        return false;
    *edge = (struct weft__edge){ at->map, at->key, at->value };
    *cursor = (void *)(uintptr_t)at;
    return true;
}

WEFT_NEW_REF static inline struct map *map_new(weft_heap *heap)
{
    heap->key_edge = map_key_edge;
    heap->map_edge = map_map_edge;
    return weft_new(heap, &map_type);
}

// Keeps `value` under `key`. False: no memory.
static inline bool map_put(struct map *map, void *key, void *value)
{
    struct map_entry *entry = malloc(sizeof(*entry));
    if (entry == NULL)
        return false;
    *entry = (struct map_entry){ .map = map, .key = key,
        .next = map->entries };
    entry->watch = (struct ref *)(void *)weft_ref_new(key, map_key_died, entry);
    if (entry->watch == NULL) {
        free(entry);
        return false;
    }
    weft_set_slot(&entry->value, value);
    if (map->entries != NULL)
        map->entries->prev = entry;
    map->entries = entry;
    return true;
}

static inline size_t map_length(const struct map *map)
{
    size_t count = 0;
    for (const struct map_entry *at = map->entries; at != NULL; at = at->next)
        count++;
    return count;
}

#endif
