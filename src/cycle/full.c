// SPDX-License-Identifier: MIT
//
// The full pass: everything at one instant, for an explicit collection. It does
// what a cycle does, but nothing moves meanwhile, so counting once is exact,
// and the suspects that the flood leaves are garbage.
#include "cycle.h"

// Pages that a cycle looks at.
bool weft__has_margin(const struct page *page)
{
    return page->type != NULL && !page->acyclic;
}

static bool give_margins(struct collector *c)
{
    c->first_page = c->heap->pages;
    for (struct page *page = c->first_page; page != NULL;
            page = page->next_page)
        if (weft__has_margin(page) && !weft__give_margin(c, page))
            return false;
    return true;
}

// True: what is still a suspect is garbage.
static bool find_garbage(struct collector *c)
{
    int64_t visits = INT64_MAX;
    struct page *page;
    bool edges = c->heap->key_edge != NULL;
    c->index = 0;
    c->place.word = NULL;
    for (page = c->first_page; edges && page != NULL; page = page->next_page)
        if (page->margin != NULL)
            weft__find_suspects(page);
    for (page = c->first_page; page != NULL; page = page->next_page)
        (void)weft__count_page(c, page, edges ? COUNT_AGAIN : COUNT_AND_FIND,
            &visits);
    if (c->failed)
        return false;
    for (page = c->first_page; page != NULL; page = page->next_page)
        weft__root_page(c, page, true);
    return weft__flood(c, &visits) && !c->failed;
}

// Marks the suspects; how many there are.
static size_t mark_suspects(struct collector *c)
{
    size_t count = 0;
    for (struct page *page = c->first_page; page != NULL;
            page = page->next_page)
        for (uint32_t i = 0;
                (i = weft__next_suspect(page, i)) != UINT32_MAX; i++) {
            uint64_t *word = slot_at(page, i);
            store(word, load(word) | CONDEMNED);
            count++;
        }
    return count;
}

size_t weft__count_objects(const struct page *page)
{
    if (page->type == NULL)
        return 0;
    return page->used - (page->kind->current == page) - page->pending;
}

static void note_size(struct collector *c)
{
    size_t count = 0;
    for (const struct page *page = c->heap->pages; page != NULL;
            page = page->next_page)
        if (!page->acyclic)
            count += weft__count_objects(page);
    c->heap->grown = 0;
    weft__note_base(c, count);
}

static void drop_margins(struct collector *c)
{
    for (struct page *page = c->first_page; page != NULL;
            page = page->next_page)
        if (page->margin != NULL)
            weft__drop_margin(page);
    (void)weft__free_blocks(c, SIZE_MAX);
    weft__free_stack(c);
    weft__free_overflows(c);
    c->place.word = NULL;
    c->first_page = NULL;
}

// Gives up a cycle that runs. Not in the middle of its teardown.
void weft__abandon_cycle(struct collector *c)
{
    if (c->phase == PHASE_IDLE)
        return;
    drop_margins(c);
    c->phase = PHASE_IDLE;
    c->heap->attentive = c->heap->often;
    weft__unpin(c->heap);
}

// Everything. How many objects were garbage; without memory none, and nothing
// has happened.
size_t weft__full_pass(struct collector *c, weft_gc_stats *stats)
{
    size_t count = 0;
    weft__pin(c->heap);
    c->failed = false;
    bool known = give_margins(c) && find_garbage(c);
    if (known) {
        bool any = mark_suspects(c) > 0;
        weft__promote_oldest(c, SIZE_MAX);
        if (any)
            count = weft__condemn_suspects(c, stats);
    }
    drop_margins(c);
    weft__unpin(c->heap);
    weft__report_excess(c);
    if (known)
        note_size(c);
    if (known && CHECKED)
        weft__check_acyclic(c);
    return count;
}
