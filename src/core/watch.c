// SPDX-License-Identifier: MIT
//
// Who must be told of a death: for every watched object a doubly linked list of
// watchers, which lie in the objects that watch. The list's head is found from
// the page by slot: a pointer to a block of 64 heads, for every 64 slots, made
// when the first of them is watched. So what is not watched pays nothing, and
// adding or removing one of a million watchers takes constant time.
//
// Invariant W1: WATCHED is set iff the list is not empty, while the object
// lives. (Of types that refuse watchers it means that weft_id() was asked.)
#include "core.h"

#include <string.h>

static size_t block_count(const struct page *page)
{
    return (page->capacity + WATCHER_BLOCK - 1) / WATCHER_BLOCK;
}

static bool make_block(struct page *page, uint32_t index)
{
    weft_heap *heap = page->heap;
    size_t bytes = block_count(page) * sizeof(*page->watchers);
    if (page->watchers == NULL) {
        struct weft__watcher ***blocks = weft__resize(heap, NULL, 0, bytes);
        if (blocks == NULL)
            return false;
        memset(blocks, 0, bytes);
        page->watchers = blocks;
    }
    struct weft__watcher **heads = weft__resize(heap, NULL, 0,
        WATCHER_BLOCK * sizeof(*heads));
    if (heads == NULL)
        return false;
    memset(heads, 0, WATCHER_BLOCK * sizeof(*heads));
    page->watchers[index / WATCHER_BLOCK] = heads;
    return true;
}

struct weft__watcher **weft__make_watchers(const void *object)
{
    struct page *page = page_of(object);
    uint32_t index = slot_index(page, word_of(object));
    return make_block(page, index) ? weft__watchers(object, false) : NULL;
}

void weft__unwatch(void *object, struct weft__watcher *watcher)
{
    if (watcher->next != NULL)
        watcher->next->prev = watcher->prev;
    if (watcher->prev != NULL) {
        watcher->prev->next = watcher->next;
        return;
    }
    struct weft__watcher **head = weft__watchers(object, false);
    *head = watcher->next;
    uint64_t value = load(word_of(object));
    if (*head == NULL && (value & DYING) == 0)
        store(word_of(object), value & ~WATCHED);
}

// All lists of the page are empty, or no longer of interest.
void weft__free_watchers(struct page *page)
{
    if (page->watchers == NULL)
        return;
    for (size_t i = 0; i < block_count(page); i++)
        if (page->watchers[i] != NULL)
            (void)weft__resize(page->heap, page->watchers[i],
                WATCHER_BLOCK * sizeof(**page->watchers), 0);
    (void)weft__resize(page->heap, page->watchers,
        block_count(page) * sizeof(*page->watchers), 0);
    page->watchers = NULL;
}
