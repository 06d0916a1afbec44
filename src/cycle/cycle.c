// SPDX-License-Identifier: MIT
//
// The cycle: everything, in slices between which the program runs, with no
// write barrier. It may be wrong about anything in between, and it makes up for
// that by looking once more before it acts:
//
//   measure    has the heap grown enough to bother?
//   prepare    a margin for each page
//   count      what is there becomes a suspect; what suspects hold is counted
//   root       suspects that are held from elsewhere go, and all they reach
//   settle     from each suspect a set is grown, as in a trial: small pieces
//              of garbage get the plain answer (small.c) and go at once. What
//              they let go of is tried again in another sweep, so that garbage
//              which hangs together by its history is peeled. The rest is BIG
//   nothing left: release
//   zero, recount, reroot    of the big ones, up to 8 rounds, until no suspect
//              goes; a hash of all that they hold is added up on the way
//   validate   in one go: is each count still what was counted, and the hash
//              the same? Then the references that were counted are those that
//              there are, all counts are explained by suspects at this instant,
//              and so they are garbage. Else another round.
//   empty, free    as in condemn.c, in slices: nobody can reach them
//   release    the margins, in slices
//
// What dies meanwhile loses its bit, what is born never has one, and what came
// into reach fails to validate. Only validating takes time in proportion to
// something: to structures of garbage of more than 512 objects each.
//
// While it runs, the heap is pinned: pages neither leave nor change their type.
#include "cycle.h"

enum { PIECE = 512, ROUNDS = 8, SWEEPS = 32, BLOCKS = 16, NOTED = 1 };

static void make_big(uint64_t *word)
{
    struct page *page = page_of(word);
    uint32_t index = slot_index(page, word);
    if (page->margin != NULL)
        page->margin->big[index >> 6] |= (uint64_t)1 << (index & 63);
}

static void enter(struct collector *c, enum phase phase)
{
    c->phase = phase;
    c->page = c->first_page;
    c->index = 0;
    c->place.word = NULL;
    c->cleared = 0;
}

// The next page, or the phase `then`.
static void next_page(struct collector *c, enum phase then)
{
    c->page = c->page->next_page;
    c->index = 0;
    if (c->page == NULL)
        enter(c, then);
}

void weft__begin_cycle(struct collector *c)
{
    c->failed = false;
    c->rounds = 0;
    c->measured = 0;
    c->first_page = c->heap->pages;
    if (c->first_page == NULL) {
        weft__note_base(c, 0);
        c->heap->grown = 0;
        return;
    }
    weft__pin(c->heap);
    c->heap->attentive = true;
    enter(c, PHASE_MEASURE);
}

// ---- the phases, a piece each

static void measure(struct collector *c, int64_t *visits)
{
    const struct page *page = c->page;
    *visits -= 2;
    if (page->type != NULL && !page->acyclic)
        c->measured += weft__count_objects(page) - weft__frozen_on(page);
    next_page(c, PHASE_PREPARE);
    if (c->phase != PHASE_PREPARE)
        return;
    size_t needed = c->base + c->base / 100 * c->threshold.growth_percent;
    if (needed < LEAST)
        needed = LEAST;
    if (c->measured >= needed || c->heap->often) {
        weft__announce_cycle(c);
        return;
    }
    c->next_measure = c->heap->grown + (needed - c->measured);
    enter(c, PHASE_RELEASE);
}

static void prepare(struct collector *c, int64_t *visits)
{
    struct page *page = c->page;
    --*visits;
    if (weft__has_margin(page)) {
        *visits -= 1 + page->capacity / 128;    // new memory, mostly
        if (!weft__give_margin(c, page))
            c->failed = true;
        else if (c->heap->key_edge != NULL)
            weft__find_suspects(page);
    }
    next_page(c, PHASE_COUNT);
}

static void count(struct collector *c, int64_t *visits)
{
    enum counting_mode mode = c->phase == PHASE_RECOUNT ? COUNT_AND_HASH
        : c->heap->key_edge != NULL ? COUNT_AGAIN : COUNT_AND_FIND;
    --*visits;
    if (weft__count_page(c, c->page, mode, visits))
        next_page(c, c->phase == PHASE_COUNT ? PHASE_ROOT : PHASE_REROOT);
}

// Floods from what was found, then looks at the next page.
static void root(struct collector *c, int64_t *visits)
{
    if (!weft__flood(c, visits))
        return;
    if (c->page != NULL) {
        *visits -= 1 + c->page->used / 8;
        weft__root_page(c, c->page, false);
        if (c->phase == PHASE_ROOT)
            weft__zero_page(c->page);   // settling uses the counters
        c->page = c->page->next_page;
    } else if (c->phase == PHASE_ROOT) {
        c->peeling = 8 * PIECE;
        c->sweeps = 0;
        c->noted = 0;
        enter(c, PHASE_SETTLE);
    } else if (c->cleared == 0) {
        enter(c, PHASE_VALIDATE);
    } else if (c->rounds++ < ROUNDS) {
        enter(c, PHASE_ZERO);
    } else {
        c->failed = true;
    }
}

// ---- settle

// Grows a set from a suspect, as a trial does. What was looked at is BIG, in
// case it is still there then.
static void settle_one(struct collector *c, uint64_t *word, bool outsider,
    int64_t *visits, weft_gc_stats *stats)
{
    uint32_t used = 0;
    (void)weft__grow_from(c, word, PIECE,
        outsider ? AMONG_ALL_SUSPECTS : AMONG_SUSPECTS, &used);
    make_big(word);
    for (size_t i = 0; i < c->table.count; i++)
        if (c->table.entries[i].word != NULL)
            make_big(c->table.entries[i].word);
    used += 2 * (uint32_t)c->found.count;
    *visits -= 2 * (int64_t)used;       // they lie anywhere
    c->peeling += 8 * (int64_t)c->found.count - (outsider ? used : 0);
    stats->collected += weft__condemn_found(c, stats);
}

// Garbage that is taken apart in this phase lets go of `word`: perhaps nothing
// else holds it but what hangs on it. If it was looked at before, it is worth
// another look, in the next sweep.
void weft__note_outsider(struct collector *c, uint64_t *word)
{
    struct page *page = page_of(word);
    if ((int64_t)load(word) < (int64_t)TWO || !is_suspect(page, word)
            || !is_big(page, word))
        return;
    uint32_t index = slot_index(page, word);
    page->margin->big[index >> 6] &= ~((uint64_t)1 << (index & 63));
    page->margin->counters[index] = NOTED;
    c->noted++;
}

// All pages were gone through. Again, if there is something to be seen.
static void end_sweep(struct collector *c)
{
    bool again = c->noted > 0 && c->peeling > 0 && c->sweeps++ < SWEEPS;
    c->noted = 0;
    enter(c, again ? PHASE_SETTLE : PHASE_ZERO);
}

static void settle(struct collector *c, int64_t *visits, weft_gc_stats *stats)
{
    while (*visits > 0 && c->page != NULL) {
        struct page *page = c->page;
        uint32_t index = weft__next_suspect(page, c->index);
        --*visits;
        if (index == UINT32_MAX) {
            c->page = page->next_page;
            c->index = 0;
            continue;
        }
        c->index = index + 1;
        uint64_t *word = slot_at(page, index);
        bool noted = page->margin->counters[index] == NOTED;
        page->margin->counters[index] = 0;
        if (is_big(page, word))
            continue;                   // was looked at
        if ((int64_t)load(word) < WEFT__ONE)
            make_big(word);             // dying, or immortal
        else
            settle_one(c, word, noted, visits, stats);
    }
    if (c->page == NULL)
        end_sweep(c);
}

// ---- the big ones

static void zero(struct collector *c, int64_t *visits)
{
    *visits -= 2;
    if (c->page == c->first_page) {
        weft__forget_overflows(c);
        c->suspects = 0;
        c->hash = 0;
        weft__system_random(&c->secret, sizeof(c->secret));
    }
    if (c->page->margin != NULL) {
        weft__zero_page(c->page);
        *visits -= c->page->capacity / 256;
        c->suspects += weft__next_suspect(c->page, 0) != UINT32_MAX;
    }
    next_page(c, c->suspects > 0 ? PHASE_RECOUNT : PHASE_RELEASE);
}

static bool is_valid(struct collector *c)
{
    uint64_t counted = c->hash;
    c->hash = 0;
    for (struct page *page = c->first_page; page != NULL;
            page = page->next_page)
        if (page->margin != NULL && !weft__mark_unchanged(c, page))
            return false;
    return c->hash == counted;
}

static void unmark_all(struct collector *c)
{
    struct members suspects = weft__all_suspects();
    struct cursor cursor = { 0 };
    for (uint64_t *word; (word = weft__next_member(c, &suspects, &cursor));)
        store(word, load(word) & ~CONDEMNED);
}

static void validate(struct collector *c, int64_t *visits,
    weft_gc_stats *stats)
{
    struct members suspects = weft__all_suspects();
    *visits = 0;                        // whatever it was, it is enough
    if (!is_valid(c)) {
        unmark_all(c);
        if (c->rounds++ < ROUNDS)
            enter(c, PHASE_ZERO);
        else
            c->failed = true;
        return;
    }
    stats->collected += weft__condemn(c, &suspects);
    enter(c, PHASE_EMPTY);
    c->cursor = (struct cursor){ 0 };
}

// A piece of emptying or freeing what is condemned.
static void tear_down(struct collector *c, int64_t *visits,
    weft_gc_stats *stats)
{
    const struct members suspects = weft__all_suspects();
    while (*visits > 0) {
        uint64_t *word = weft__next_member(c, &suspects, &c->cursor);
        --*visits;
        if (word == NULL) {
            enter(c, c->phase == PHASE_EMPTY ? PHASE_FREE : PHASE_RELEASE);
            c->cursor = (struct cursor){ 0 };
            return;
        }
        if (c->phase == PHASE_EMPTY)
            weft__empty_member(c, word);
        else
            weft__free_member(c, word, stats);
    }
}

// ---- the end

// True: all is given back.
static bool release(struct collector *c, int64_t *visits)
{
    if (c->page != NULL) {
        *visits -= 1;
        if (c->page->margin != NULL)
            weft__drop_margin(c->page);
        c->page = c->page->next_page;
        return false;
    }
    *visits -= 200;
    c->first_page = NULL;               // it may be given up here
    if (!weft__free_blocks(c, BLOCKS)
            || !weft__retire_emptied(c->heap, BLOCKS))
        return false;
    weft__free_stack(c);
    weft__free_overflows(c);
    return true;
}

static void end_cycle(struct collector *c)
{
    size_t collected = (size_t)c->cycle_stats.collected;
    if (c->announced)
        weft__note_base(c, c->measured > collected ? c->measured - collected
            : 0);
    c->phase = PHASE_IDLE;
    c->first_page = NULL;
    c->place.word = NULL;
    c->heap->attentive = c->heap->often;
    weft__unpin(c->heap);
}

// What a failure leaves can only be released.
static void give_up(struct collector *c)
{
    c->failed = false;
    weft__free_stack(c);
    enter(c, PHASE_RELEASE);
}

// One slice of about so many visits to objects. True: the cycle has ended.
bool weft__cycle_slice(struct collector *c, int64_t visits,
    weft_gc_stats *stats)
{
    while (visits > 0) {
        switch (c->phase) {
        case PHASE_IDLE: return true;
        case PHASE_MEASURE: measure(c, &visits); break;
        case PHASE_PREPARE: prepare(c, &visits); break;
        case PHASE_COUNT: case PHASE_RECOUNT: count(c, &visits); break;
        case PHASE_ROOT: case PHASE_REROOT: root(c, &visits); break;
        case PHASE_SETTLE: settle(c, &visits, stats); break;
        case PHASE_ZERO: zero(c, &visits); break;
        case PHASE_VALIDATE: validate(c, &visits, stats); break;
        case PHASE_EMPTY: case PHASE_FREE:
            tear_down(c, &visits, stats);
            break;
        case PHASE_RELEASE:
            if (release(c, &visits)) {
                end_cycle(c);
                return true;
            }
            break;
        }
        if (c->failed && c->phase != PHASE_EMPTY && c->phase != PHASE_FREE)
            give_up(c);
    }
    return false;
}

// Runs a teardown that is under way to its end.
void weft__finish_teardown(struct collector *c)
{
    weft_gc_stats stats = { 0 };
    int64_t visits = INT64_MAX;
    while (c->phase == PHASE_EMPTY || c->phase == PHASE_FREE)
        tear_down(c, &visits, &stats);
}
