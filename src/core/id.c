// SPDX-License-Identifier: MIT
//
// Ids: the handle there could be of an object is a number that no other object
// ever has. For types that forbid handles WATCHED says that one was given out,
// so that no later object gets it again.
//
// The collector may let all handles to an object die which then lives on: with
// weak_first one that a finalizer brings back, and what SAVEALL keeps. Such an
// object has a new generation, but goes on with its old id: the heap has a
// table of them by slot. An entry is good for the generation it was made for;
// the object stays WEAKED, so that its death ends that generation.
#include "core.h"

#include <string.h>

struct alias {
    const uint64_t *word;       // NULL: empty
    uint64_t generation;        // the object's new one
    uint64_t id;                // its id
};

static struct alias *find(const weft_heap *heap, const uint64_t *word)
{
    size_t mask = heap->alias_capacity - 1;
    size_t i = (size_t)((uintptr_t)word * 0x9e3779b97f4a7c15u >> 32) & mask;
    while (heap->aliases[i].word != NULL && heap->aliases[i].word != word)
        i = (i + 1) & mask;
    return &heap->aliases[i];
}

static const struct alias *alias_of(const weft_heap *heap,
    const uint64_t *word)
{
    if (heap->alias_count == 0)
        return NULL;
    const struct alias *alias = find(heap, word);
    return alias->word != NULL
        && alias->generation == (load(word) & GENERATION) ? alias : NULL;
}

static uint64_t id_of(const weft_heap *heap, const uint64_t *word)
{
    const struct alias *alias = alias_of(heap, word);
    return alias != NULL ? alias->id
        : weft__handle_of(word, load(word)).bits;
}

uint64_t weft_id(const void *object)
{
    if (CHECKED && !weft__check_object(object, "weft_id"))
        return 0;
    uint64_t *word = word_of(object);
    uint64_t value = load(word);
    struct page *page = page_of(object);
    if (!is_alive(value))
        return 0;
    if ((value & GENERATION) != GENERATION)
        store(word, value | (page->kind->forbidden ? WATCHED : WEAKED));
    page->handled = true;
    return id_of(page->heap, word);
}

static bool grow(weft_heap *heap)
{
    size_t old_capacity = heap->alias_capacity;
    size_t capacity = old_capacity == 0 ? 16 : old_capacity * 2;
    struct alias *old = heap->aliases, *grown = weft__resize(heap, NULL, 0,
        capacity * sizeof(*grown));
    if (grown == NULL)
        return false;
    memset(grown, 0, capacity * sizeof(*grown));
    heap->aliases = grown;
    heap->alias_capacity = capacity;
    for (size_t i = 0; i < old_capacity; i++)
        if (old[i].word != NULL)
            *find(heap, old[i].word) = old[i];
    (void)weft__resize(heap, old, old_capacity * sizeof(*old), 0);
    return true;
}

// The object's generation is about to be the next one. Without memory its id
// will change with it.
void weft__keep_id(weft_heap *heap, const uint64_t *word)
{
    uint64_t id = id_of(heap, word);
    if (heap->alias_count * 2 >= heap->alias_capacity && !grow(heap))
        return;
    struct alias *alias = find(heap, word);
    heap->alias_count += alias->word == NULL;
    *alias = (struct alias){ word, (load(word) & GENERATION) + 1, id };
}

void weft__free_ids(weft_heap *heap)
{
    (void)weft__resize(heap, heap->aliases,
        heap->alias_capacity * sizeof(*heap->aliases), 0);
}
