// SPDX-License-Identifier: MIT
//
// What a cycle, or a full pass, keeps beside each page: a bit a slot for the
// suspects, another for those of large closures, and a byte a slot that counts
// how often suspects refer to it. Most objects are referred to a few times, and
// a tenth of the memory is a tenth of the cache misses: what a byte cannot hold
// is counted in a hash table.
//
//     block: | page header | margin | suspects | big | counters | margin | ...
//
// The memory is taken from the pool by the page, and given back in slices: the
// frees of malloc take a millisecond now and then. One and a quarter bytes a
// slot, while it lasts.
#include "cycle.h"

#include <string.h>

static char *block_end(const struct page *block)
{
    return (char *)((uintptr_t)block & ~(uintptr_t)(PAGE_BYTES - 1))
        + PAGE_BYTES;
}

// A block on top of the list, or false.
static bool stack_block(struct collector *c, struct page **list)
{
    // A full pass has the time that a slice of a cycle has not.
    struct page *block = weft__take_block(c->heap, c->phase == PHASE_IDLE);
    if (block == NULL)
        return false;
    block->next = *list;
    *list = block;
    return true;
}

static void *allot(struct collector *c, size_t size)
{
    if (c->block_at == NULL || (size_t)(c->block_end - c->block_at) < size) {
        if (!stack_block(c, &c->blocks))
            return NULL;
        c->block_at = c->blocks->first;
        c->block_end = block_end(c->blocks);
    }
    void *memory = c->block_at;
    c->block_at += size;
    return memory;
}

// All zero. False: no memory.
bool weft__give_margin(struct collector *c, struct page *page)
{
    size_t words = (page->capacity + 63) / 64;
    size_t size = sizeof(struct margin) + 2 * words * 8
        + ((page->capacity + 7) & ~(size_t)7);
    struct margin *margin = allot(c, size);
    if (margin == NULL)
        return false;
    memset(margin, 0, size);
    margin->suspects = (uint64_t *)(void *)(margin + 1);
    margin->big = margin->suspects + words;
    margin->counters = (uint8_t *)(margin->big + words);
    page->margin = margin;
    weft__list_easy(page);
    return true;
}

void weft__drop_margin(struct page *page)
{
    page->margin = NULL;
    weft__list_easy(page);
}

// Gives some of the memory back; true: all of it.
bool weft__free_blocks(struct collector *c, size_t count)
{
    c->block_at = NULL;
    for (; count > 0 && c->blocks != NULL; count--) {
        struct page *block = c->blocks;
        c->blocks = block->next;
        weft__give_page(block);
    }
    return c->blocks == NULL;
}

void weft__zero_page(struct page *page)
{
    if (page->margin != NULL)
        memset(page->margin->counters, 0, page->capacity);
}

// ---- counts that a byte cannot hold

static struct overflow *find_overflow(const struct collector *c,
    const uint64_t *word)
{
    size_t mask = c->overflow_capacity - 1;
    size_t i = (size_t)((uintptr_t)word * 0x9e3779b97f4a7c15u >> 32) & mask;
    while (c->overflows[i].word != NULL && c->overflows[i].word != word)
        i = (i + 1) & mask;
    return &c->overflows[i];
}

static bool grow_overflows(struct collector *c)
{
    size_t old_capacity = c->overflow_capacity;
    size_t capacity = old_capacity == 0 ? 64 : old_capacity * 2;
    struct overflow *old = c->overflows;
    struct overflow *grown = weft__resize(c->heap, NULL, 0,
        capacity * sizeof(*grown));
    if (grown == NULL)
        return false;
    memset(grown, 0, capacity * sizeof(*grown));
    c->overflows = grown;
    c->overflow_capacity = capacity;
    for (size_t i = 0; i < old_capacity; i++)
        if (old[i].word != NULL)
            *find_overflow(c, old[i].word) = old[i];
    (void)weft__resize(c->heap, old, old_capacity * sizeof(*old), 0);
    return true;
}

// One more reference to a slot whose counter was FULL, or just became it.
void weft__overflow(struct collector *c, const uint64_t *word, bool first)
{
    if (c->overflow_count * 2 >= c->overflow_capacity && !grow_overflows(c)) {
        c->failed = true;
        return;
    }
    struct overflow *overflow = find_overflow(c, word);
    if (overflow->word == NULL)
        c->overflow_count++;
    overflow->word = word;
    overflow->more += !first;
}

// How many references from suspects to a slot were counted.
uint64_t weft__counted(const struct collector *c, const struct page *page,
    uint32_t index)
{
    uint8_t count = page->margin->counters[index];
    if (likely(count < FULL) || c->overflow_capacity == 0)
        return count;
    return FULL + find_overflow(c, slot_at(page, index))->more;
}

void weft__forget_overflows(struct collector *c)
{
    if (c->overflow_count > 0)
        memset(c->overflows, 0, c->overflow_capacity * sizeof(*c->overflows));
    c->overflow_count = 0;
}

void weft__free_overflows(struct collector *c)
{
    (void)weft__resize(c->heap, c->overflows,
        c->overflow_capacity * sizeof(*c->overflows), 0);
    c->overflows = NULL;
    c->overflow_count = c->overflow_capacity = 0;
}

// ---- the stack of the flood, in blocks, so that it grows without a copy

static uint64_t **stack_start(const struct page *block)
{
    return (uint64_t **)(void *)block->first;
}

bool weft__push(struct collector *c, uint64_t *word)
{
    if (c->stack == NULL
            || (char *)(c->stack_at + 1) > block_end(c->stack)) {
        struct page *above = c->stack == NULL ? NULL : c->stack->prev;
        if (above == NULL) {
            if (!stack_block(c, &c->stack))
                return false;
            c->stack->prev = NULL;
            if (c->stack->next != NULL)
                c->stack->next->prev = c->stack;
        } else {
            c->stack = above;               // was used before
        }
        c->stack_at = stack_start(c->stack);
    }
    *c->stack_at++ = word;
    return true;
}

// The last one pushed, or NULL.
uint64_t *weft__pop(struct collector *c)
{
    if (c->stack == NULL)
        return NULL;
    if (c->stack_at == stack_start(c->stack)) {
        if (c->stack->next == NULL)
            return NULL;
        c->stack = c->stack->next;
        c->stack_at = (uint64_t **)(void *)block_end(c->stack);
    }
    return *--c->stack_at;
}

void weft__free_stack(struct collector *c)
{
    while (c->stack != NULL && c->stack->prev != NULL)
        c->stack = c->stack->prev;
    while (c->stack != NULL) {
        struct page *block = c->stack;
        c->stack = block->next;
        weft__give_page(block);
    }
    c->stack_at = NULL;
}
