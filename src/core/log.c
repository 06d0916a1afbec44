// SPDX-License-Identifier: MIT
//
// The log of the young: which objects no collection has looked at, oldest
// first. weft_new() appends the address of an object's word, unless the word
// says that its slot is there already: LOGGED belongs to the slot, and stays
// when the object dies. So a slot is in the log once at most, an object made
// and freed in a loop costs nothing, and entries of the dead are skipped when
// their turn comes.
//
//     first block                      last block
//     | gone | a | b | ... | -> ... -> | x | y | free ... |
//              ^ log_taken                         ^ log_at      ^ log_end
//
// The fast way of weft_new() compares log_at and log_end only. The log stops it
// where a block ends, and where the log has as many entries as make a
// collection due: from there on objects are born without QUIET, so that the
// next release that leaves one of them above zero comes to the library.
//
// A page may not leave its heap while the log names its slots. So pages that
// would leave wait, and may serve again, until there are enough of them that
// going through the log is no cost, or until the heap is trimmed or closed.
//
// Ordered heaps number their objects, by generation and place in it.
#include "core.h"

#include <string.h>

size_t weft__log_count(const weft_heap *heap)
{
    if (heap->log_last == NULL)
        return 0;
    return (heap->log_blocks - 1) * LOG_ENTRIES - heap->log_taken
        + (size_t)(heap->log_at - heap->log_last->entries);
}

// Where weft_new() must stop next, and how it makes objects until then.
static void find_end(weft_heap *heap)
{
    size_t count = weft__log_count(heap);
    bool due = count >= heap->log_due;
    heap->birth = due ? ONE : ONE | QUIET;
    if (heap->log_last == NULL)
        return;
    heap->log_end = heap->log_last->entries + LOG_ENTRIES;
    if (!due && heap->log_due - count < (size_t)(heap->log_end - heap->log_at))
        heap->log_end = heap->log_at + (heap->log_due - count);
}

// From so many entries on objects are born loud.
void weft__set_due(weft_heap *heap, size_t count)
{
    heap->log_due = count;
    find_end(heap);
}

static bool add_block(weft_heap *heap)
{
    struct log_block *block = heap->log_spare;
    heap->log_spare = NULL;
    if (block == NULL)
        block = weft__resize(heap, NULL, 0, sizeof(*block));
    if (block == NULL)
        return false;
    block->next = NULL;
    if (heap->log_last != NULL)
        heap->log_last->next = block;
    else
        heap->log_first = block;
    heap->log_last = block;
    heap->log_blocks++;
    heap->log_at = block->entries;
    return true;
}

static void drop_block(weft_heap *heap, struct log_block *block)
{
    heap->log_blocks--;
    if (heap->log_spare == NULL)
        heap->log_spare = block;
    else
        (void)weft__resize(heap, block, sizeof(*block), 0);
}

// Logs an object whose word is to be `value`, and returns what it becomes. An
// object that cannot be logged is old: the next cycle looks at it.
uint64_t weft__log_slow(weft_heap *heap, struct page *page, uint64_t *word,
    uint64_t value)
{
    if (page->acyclic)
        return value | OLD | QUIET;
    bool full = heap->log_last == NULL
        || heap->log_at == heap->log_last->entries + LOG_ENTRIES;
    if (full && !add_block(heap)) {
        heap->grown++;
        return value | OLD;
    }
    *heap->log_at++ = word;
    find_end(heap);
    return value | LOGGED;
}

// The oldest entries, as many as lie in a row.
uint64_t **weft__log_run(const weft_heap *heap, size_t *count)
{
    struct log_block *first = heap->log_first;
    *count = 0;
    if (first == NULL)
        return NULL;
    *count = first == heap->log_last
        ? (size_t)(heap->log_at - first->entries) - heap->log_taken
        : LOG_ENTRIES - heap->log_taken;
    return first->entries + heap->log_taken;
}

// Takes so many of them off. Their words are the caller's to clear of LOGGED,
// before anything is logged again.
void weft__log_drop(weft_heap *heap, size_t count)
{
    struct log_block *first = heap->log_first;
    heap->log_taken += count;
    if (first == heap->log_last
            && first->entries + heap->log_taken == heap->log_at) {
        heap->log_taken = 0;
        heap->log_at = first->entries;
    } else if (heap->log_taken == LOG_ENTRIES) {
        heap->log_first = first->next;
        heap->log_taken = 0;
        drop_block(heap, first);
    }
    find_end(heap);
}

// Keeps the living, in their order.
void weft__purge_log(weft_heap *heap)
{
    struct log_block *to = heap->log_first;
    size_t at = 0, count;
    for (struct log_block *from = to; from != NULL; from = from->next) {
        size_t begin = from == heap->log_first ? heap->log_taken : 0;
        count = from == heap->log_last
            ? (size_t)(heap->log_at - from->entries) : LOG_ENTRIES;
        for (size_t i = begin; i < count; i++) {
            uint64_t *word = from->entries[i];
            if (!is_alive(load(word))) {
                store(word, load(word) & ~LOGGED);
                continue;
            }
            if (at == LOG_ENTRIES) {
                to = to->next;
                at = 0;
            }
            to->entries[at++] = word;
        }
    }
    if (to == NULL)
        return;
    struct log_block *rest = to->next;
    heap->log_taken = 0;
    heap->log_last = to;
    heap->log_at = to->entries + at;
    to->next = NULL;
    while (rest != NULL) {
        struct log_block *block = rest;
        rest = block->next;
        drop_block(heap, block);
    }
    find_end(heap);
}

// The heap is closing: no slot of it is logged from here on.
void weft__free_log(weft_heap *heap)
{
    size_t count;
    uint64_t **run;
    while ((run = weft__log_run(heap, &count)) != NULL && count > 0) {
        for (size_t i = 0; i < count; i++)
            store(run[i], load(run[i]) & ~LOGGED);
        weft__log_drop(heap, count);
    }
    struct log_block *blocks[2] = { heap->log_first, heap->log_spare };
    for (int i = 0; i < 2; i++)
        if (blocks[i] != NULL)
            (void)weft__resize(heap, blocks[i], sizeof(*blocks[i]), 0);
    heap->log_first = heap->log_last = heap->log_spare = NULL;
    heap->log_at = heap->log_end = NULL;
    heap->log_blocks = 0;
}

// An object that came back to life counts as newly made: whatever a collection
// under way, or freezing, had to say of it is over.
void weft__make_young(struct page *page, uint64_t *word)
{
    uint64_t value = load(word) & ~CONDEMNED;
    weft__forget_slot(page, word);
    if (page->acyclic || (value & SIGN) != 0) {
        store(word, value);
        return;
    }
    if ((value & LOGGED) == 0)
        value = weft__log_slow(page->heap, page, word, value);
    if ((value & LOGGED) != 0)
        value = (value & ~OLD) | (page->heap->birth & QUIET);
    store(word, value);
}

// ---- ordered heaps

bool weft__can_order(struct page *page)
{
    if (page->order == NULL) {
        size_t bytes = page->capacity * sizeof(*page->order);
        page->order = weft__resize(page->heap, NULL, 0, bytes);
        if (page->order != NULL)
            memset(page->order, 0, bytes);
    }
    return page->order != NULL;
}

// The last place in a generation.
void weft__append_order(const struct page *page, const uint64_t *word,
    unsigned generation)
{
    page->order[slot_index(page, word)] = (uint64_t)generation << ORDER_SHIFT
        | ++page->heap->last_order;
}
