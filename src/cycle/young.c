// SPDX-License-Identifier: MIT
//
// The young pass: most garbage dies young, and most rings of garbage are whole
// in what was made since the last pass. So S is the oldest of the log, at most
// twice the threshold, whatever happened since: a program that made ten million
// objects in a row is caught up with a bit at a time.
//
//     alive, tracked, not old, not too heavy: captured
//     small verdict
//     survivors are old and loud: who leaves one of them above zero from here
//     on makes it a candidate (trial.c)
//
// An object of very many references is promoted unseen, and a pass ends early
// when its objects have many in all, so that a pass never takes long. But one
// that a program asks for takes all there are.
#include "cycle.h"

enum { HEAVY = 4096, LIGHT = 64 };

// What the entry of an object that does not take part becomes.
static void pass_over(struct collector *c, uint64_t *word)
{
    uint64_t value = load(word) & ~LOGGED;
    if (!is_alive(value) || (value & (OLD | CONDEMNED | SIGN)) != 0)
        store(word, value);
    else if (page_of(word)->acyclic)
        store(word, value | OLD | QUIET);
    else
        store(word, grow_old(c, value));
}

static bool takes_part(const struct page *page, uint64_t value)
{
    return is_tracked(page, value) && (value & (OLD | CONDEMNED | TORN)) == 0;
}

static inline size_t weight_of(const struct page *page, const void *object)
{
    return likely(page->strong > 0) ? page->strong
        : weft__weight(page, object);
}

// Captures the oldest entries, up to a number and, unless that is all, a
// weight, and takes what it looked at off the log. They stay LOGGED until they
// are settled.
static void capture_oldest(struct collector *c, size_t limit, bool all)
{
    size_t run_length, weight = 0;
    const size_t heavy = all ? SIZE_MAX - 1 : HEAVY;
    const size_t most = all ? SIZE_MAX : LIGHT * limit;
    uint64_t **run;
    while (limit > 0 && (run = weft__log_run(c->heap, &run_length)) != NULL
            && run_length > 0) {
        size_t count = run_length < limit ? run_length : limit, i = 0;
        for (; i < count && weight < most; i++) {
            if (i + 16 < run_length)
                __builtin_prefetch(run[i + 16], 1);
            uint64_t *word = run[i], value = load(word);
            const struct page *page = page_of(word);
            size_t its_weight = takes_part(page, value)
                ? weight_of(page, word + 1) : SIZE_MAX;
            if (its_weight <= heavy) {
                weight += all ? 0 : its_weight;
                capture(&c->table, word, value);
            } else {
                pass_over(c, word);
            }
        }
        weft__log_drop(c->heap, i);
        limit -= i;
        if (i < count)
            return;
    }
}

// Makes the oldest old, unseen: after a full pass, or where young passes are
// not wanted and the log must still come to an end.
void weft__promote_oldest(struct collector *c, size_t limit)
{
    size_t count;
    uint64_t **run;
    while (limit > 0 && (run = weft__log_run(c->heap, &count)) != NULL
            && count > 0) {
        count = count < limit ? count : limit;
        for (size_t i = 0; i < count; i++)
            pass_over(c, run[i]);
        weft__log_drop(c->heap, count);
        limit -= count;
    }
}

size_t weft__young_pass(struct collector *c, size_t limit,
    weft_gc_stats *stats)
{
    struct table *table = &c->table;
    size_t count = weft__log_count(c->heap);
    bool all = limit == SIZE_MAX;
    if (limit > count)
        limit = count;
    if (!weft__reserve_table(c, limit)
            || !weft__reserve_members(c, &c->found, limit))
        return 0;
    table->count = 0;
    capture_oldest(c, limit, all);
    (void)weft__small_verdict(c);
    begin_found(&c->found);
    for (size_t i = 0; i < table->count; i++) {
        const struct entry *entry = &table->entries[i];
        uint64_t value = ((uint64_t)entry->count << 32
            | (uint32_t)load(entry->word)) & ~(CAPTURED | LOGGED);
        if (entry->refs == 0)
            add_found(&c->found, entry->word, value);
        else
            store(entry->word, grow_old(c, value));
    }
    weft__report_excess(c);
    return weft__condemn_found(c, stats);
}
