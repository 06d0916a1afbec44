// SPDX-License-Identifier: MIT
//
// What checked builds ask besides.
//
// A verdict is compared with a survey: what is reached from outside must not
// have been condemned. That costs the heap, so it is done for those of a cycle
// or a full pass, and of young passes, trials and settled closures for as many
// as their sizes pay for. The types' `visit` are looked at each time.
//
// After a full collection, what is still not reached is looked at: a ring that
// is left goes through an object whose type was declared acyclic, and is not.
#include "cycle.h"

#include <stdlib.h>

static size_t count_slots(const weft_heap *heap)
{
    size_t count = 0;
    for (const struct page *page = heap->pages; page != NULL;
            page = page->next_page)
        count += page->used;
    return count;
}

// Is one of them reached from outside?
static bool is_any_reached(struct collector *c, const struct members *members)
{
    weft_heap *heap = c->heap;
    const void *wrong = NULL;
    struct cursor cursor = { 0 };
    c->unchecked += members->words == NULL ? count_slots(heap)
        : 64 + members->count;
    if (c->unchecked < count_slots(heap) || !weft__survey(heap))
        return false;
    c->unchecked = 0;
    struct walk walk = { .heap = heap };
    weft__reach_roots(&walk);
    weft__walk(&walk);
    for (const uint64_t *word;
            (word = weft__next_member(c, members, &cursor)) != NULL;)
        if (weft__note(word)->reached)
            wrong = word + 1;
    weft__end_survey(heap);
    if (wrong != NULL)
        weft__misuse(heap, wrong, "weft_gc_collect: %s %p was condemned, but "
            "is reached from outside", weft__name_of(wrong), wrong);
    return wrong != NULL;
}

// Does one of them report a slot twice? Then something may seem explained that
// is held by a variable.
static bool does_any_repeat(struct collector *c, const struct members *members)
{
    const uint64_t *wrong = NULL;
    struct cursor cursor = { 0 };
    for (const uint64_t *word;
            (word = weft__next_member(c, members, &cursor)) != NULL;)
        if (weft__reports_twice(page_of(word), word + 1))
            wrong = word;
    if (wrong != NULL)
        weft__misuse(c->heap, wrong + 1, "weft_gc_collect: visit of %s %p "
            "reports a slot twice, or one that a row names",
            weft__name_of(wrong + 1), (const void *)(wrong + 1));
    return wrong != NULL;
}

// False: a verdict is wrong, which was reported. Nothing must be freed.
bool weft__is_right(struct collector *c, const struct members *members)
{
    return !does_any_repeat(c, members) && !is_any_reached(c, members);
}

// ---- acyclic types

static bool may_lie(const struct page *page)
{
    return page->type != NULL && page->type->acyclic
        && (page->kind->row_count > 0 || page->kind->visits);
}

static void note_child(void *child, void *context)
{
    weft__reach(context, word_of(child));
}

// Does the object lead back to itself? Whatever was reached is forgotten.
static bool is_in_ring(weft_heap *heap, uint64_t *word)
{
    struct walk walk = { .heap = heap, .target = word };
    for (struct page *page = heap->pages; page != NULL; page = page->next_page)
        for (uint32_t i = 0; i < page->capacity; i++)
            ((struct note *)page->scratch)[i].reached = false;
    weft__each_child_slow(page_of(word), word + 1, note_child, &walk);
    weft__walk(&walk);
    return weft__note(word)->reached;
}

enum { LOOKED_AT = 16 };

// Objects of such types that nothing outside reaches: a few of them.
static size_t find_lost(const weft_heap *heap, uint64_t **lost)
{
    size_t count = 0;
    for (const struct page *page = heap->pages; page != NULL;
            page = page->next_page)
        for (uint32_t i = 0; may_lie(page) && i < page->capacity; i++) {
            uint64_t *word = slot_at(page, i);
            if ((char *)word >= page->bump || count == LOOKED_AT)
                break;
            if (is_alive(load(word)) && !weft__note(word)->reached)
                lost[count++] = word;
        }
    return count;
}

static const uint64_t *find_liar(weft_heap *heap)
{
    uint64_t *lost[LOOKED_AT];
    size_t count = find_lost(heap, lost);
    for (size_t i = 0; i < count; i++)
        if (is_in_ring(heap, lost[i]))
            return lost[i];
    return NULL;
}

void weft__check_acyclic(struct collector *c)
{
    weft_heap *heap = c->heap;
    const struct page *page = heap->pages;
    while (page != NULL && !may_lie(page))
        page = page->next_page;
    if (page == NULL || !weft__survey(heap))
        return;
    struct walk walk = { .heap = heap };
    weft__reach_roots(&walk);
    weft__walk(&walk);
    const uint64_t *liar = find_liar(heap);
    weft__end_survey(heap);
    if (liar != NULL)
        weft__misuse(heap, liar + 1, "weft_gc_collect: type %s is declared "
            "acyclic, but %p is in a ring, which is never collected",
            weft__name_of(liar + 1), (const void *)(liar + 1));
}
