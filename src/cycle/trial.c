// SPDX-License-Identifier: MIT
//
// Trials: when a release leaves an old object above zero, it may have been the
// last from outside to a ring that hangs on a large live structure. A trial
// grows a set from this candidate towards what its members' counts do not yet
// explain, and gives up soon:
//
//     S = { candidate }; loop
//       take from what was touched the object whose count is nearest to being
//           explained by S; its references become S's
//       all members explained, and nothing touched that would be: S is garbage
//       visits are used up, or more is unexplained than those left could
//           explain: give up; what the members' own counts leave dead *is* dead
//
// So a garbage pair that holds part of a tree of a million costs two visits,
// and a live candidate a few. Budgets are 16, 128, 512 visits; who fails one
// waits in the next queue. Visits are earned: by each lone release, by new
// objects, and most of all by garbage found, so that a program whose trials
// fail spends little on them. Only for promptness: what the short queues do not
// take, the cycle finds. Live objects that garbage lets go of as it is taken
// apart, outsiders, are candidates too, with a queue of their own: most of them
// are as alive as ever, and what they cost is bounded by how much was found.
//
// After Bacon and Rajan (ECOOP 2001) for the candidates; but these trace all a
// candidate reaches, which is the heap.
#include "cycle.h"

enum { NEARNESS = 4, EDGES = 8, PER_VISIT = 4, CREDIT_LIMIT = 160000,
    AHEAD = 3, PLENTY = 16 * 128 };

static const uint32_t budgets[QUEUES] = { 16, 128, 512, 16 };

// ---- queues

static uint64_t *take_first(struct queue *queue)
{
    uint64_t *word = queue->words[queue->first];
    queue->first = (queue->first + 1) % queue->limit;
    queue->count--;
    return word;
}

static void put_last(struct queue *queue, uint64_t *word)
{
    queue->words[(queue->first + queue->count++) % queue->limit] = word;
}

// It is no candidate any more; the next lone release makes it one again.
static void forget(uint64_t *word)
{
    uint64_t value = load(word) & ~CANDIDATE;
    if (is_alive(value) && (value & (OLD | SIGN)) == OLD
            && !page_of(word)->acyclic)
        value &= ~(QUIET | RETAINED);
    store(word, value);
}

// A queue that is full takes no more: what comes now is as likely to live as
// what is there, and stays loud.
void weft__queue(struct collector *c, unsigned level, uint64_t *word)
{
    struct queue *queue = &c->queues[level];
    if (queue->count == queue->limit)
        return;
    if (queue->words == NULL)
        queue->words = weft__resize(c->heap, NULL, 0,
            queue->limit * sizeof(*queue->words));
    if (queue->words == NULL)
        return;
    put_last(queue, word);
    store(word, load(word) | CANDIDATE | QUIET);
}

// Drops what is dead.
void weft__purge_queues(struct collector *c)
{
    for (unsigned level = 0; level < QUEUES; level++) {
        struct queue *queue = &c->queues[level];
        for (uint32_t left = queue->count; left > 0; left--) {
            uint64_t *word = take_first(queue);
            if (is_alive(load(word)))
                put_last(queue, word);
            else
                store(word, load(word) & ~CANDIDATE);
        }
    }
}

void weft__free_queues(struct collector *c)
{
    for (unsigned level = 0; level < QUEUES; level++) {
        struct queue *queue = &c->queues[level];
        while (queue->count > 0)
            forget(take_first(queue));
        (void)weft__resize(c->heap, queue->words,
            queue->limit * sizeof(*queue->words), 0);
        queue->words = NULL;
    }
}

// ---- growing a set

struct trial {
    struct collector *c;
    size_t counts[NEARNESS];    // of the buckets
    int64_t unexplained;        // members that are not
    int64_t missing;            // references that would explain them
    enum growing how;
};

static bool reserve(struct collector *c, size_t capacity)
{
    if (!weft__reserve_table(c, capacity)
            || !weft__reserve_members(c, &c->found, capacity))
        return false;
    if (capacity <= c->bucket_capacity)
        return true;
    for (int i = 0; i <= NEARNESS; i++) {
        weft__pointer *array = i < NEARNESS
            ? (weft__pointer *)(void *)&c->buckets[i]
            : (weft__pointer *)(void *)&c->is_member;
        size_t size = i < NEARNESS ? sizeof(uint32_t) : 1;
        void *grown = weft__resize(c->heap, NULL, 0, capacity * size);
        if (grown == NULL)
            return false;
        (void)weft__resize(c->heap, *array, c->bucket_sizes[i], 0);
        *array = grown;
        c->bucket_sizes[i] = capacity * size;
    }
    c->bucket_capacity = capacity;
    return true;
}

static void put_in_bucket(struct trial *trial, uint32_t index, int32_t refs)
{
    if (trial->how != NEAR_BY && refs >= NEARNESS)
        refs = NEARNESS - 1;
    if (refs >= 0 && refs < NEARNESS
            && trial->counts[refs] < trial->c->bucket_capacity)
        trial->c->buckets[refs][trial->counts[refs]++] = index;
}

// A cycle that settles suspects wants no others, and none twice.
static bool is_wanted(const struct trial *trial, const struct page *page,
    const uint64_t *word)
{
    return trial->how == NEAR_BY || (is_suspect(page, word)
        && (trial->how == AMONG_ALL_SUSPECTS || !is_big(page, word)));
}

// A member refers to `child`.
static void touch(void *child, void *context)
{
    struct trial *trial = context;
    struct collector *c = trial->c;
    const struct page *page = page_of(child);
    uint64_t *word = word_of(child), value = load(word);
    if ((value & CAPTURED) == 0) {
        if (!is_tracked(page, value) || (value & (CONDEMNED | TORN)) != 0
                || page->heap != c->heap || is_frozen(page, word)
                || c->table.count >= c->bucket_capacity
                || !is_wanted(trial, page, word))
            return;
        c->is_member[c->table.count] = false;
        weft__capture(c, word);           // there is room
        value = load(word);
    }
    uint32_t index = (uint32_t)(value >> 32) - 1;
    int32_t refs = --c->table.entries[index].refs;
    if (!c->is_member[index]) {
        put_in_bucket(trial, index, refs);
        return;
    }
    trial->missing--;
    trial->unexplained += refs == 0 ? -1 : refs == -1 ? 1 : 0;
}

static void prefetch(void *child, void *context)
{
    (void)context;
    __builtin_prefetch(word_of(child), 1);
}

static void add_member(struct trial *trial, uint32_t index)
{
    struct collector *c = trial->c;
    const struct entry *entry = &c->table.entries[index];
    const struct page *page = page_of(entry->word);
    const void *object = entry->word + 1;
    c->is_member[index] = true;
    trial->unexplained += entry->refs != 0;
    trial->missing += entry->refs;
    each_child(page, object, prefetch, NULL);
    each_child(page, object, touch, trial);
    struct weft__edge edge;
    void *at = NULL;
    if (is_key(c->heap, load(entry->word)))
        while (c->heap->key_edge(object, &at, &edge))
            touch((void *)(uintptr_t)edge.value, trial);
}

// The touched object nearest to being explained; UINT32_MAX: none is near.
static uint32_t take_nearest(struct trial *trial, bool closed)
{
    struct collector *c = trial->c;
    for (int32_t nearness = 0; nearness < NEARNESS; nearness++) {
        if (nearness > 0 && closed)
            break;
        while (trial->counts[nearness] > 0) {
            uint32_t index = c->buckets[nearness][--trial->counts[nearness]];
            if (!c->is_member[index]
                    && c->table.entries[index].refs >= nearness)
                return index;
        }
    }
    return UINT32_MAX;
}

static enum growth grow_set(struct trial *trial, uint32_t budget,
    uint32_t *visits)
{
    struct collector *c = trial->c;
    size_t edges = 0;
    for (;;) {
        bool closed = *visits > 0 && trial->unexplained == 0;
        uint32_t index = take_nearest(trial, closed);
        if (index == UINT32_MAX)
            return closed ? CLOSED : STUCK;
        const uint64_t *word = c->table.entries[index].word;
        edges += weft__weight(page_of(word), word + 1);
        if (*visits == budget || edges > (size_t)budget * EDGES
                || (trial->how == NEAR_BY && trial->missing
                    > (int64_t)(budget - *visits) * PER_VISIT))
            return SPENT;
        ++*visits;
        add_member(trial, index);
    }
}

// Gives those back that were touched only.
static void leave_out(struct collector *c)
{
    for (size_t i = 0; i < c->table.count; i++) {
        struct entry *entry = &c->table.entries[i];
        if (c->is_member[i])
            continue;
        uint32_t low = (uint32_t)load(entry->word) & ~(uint32_t)CAPTURED;
        store(entry->word, (uint64_t)entry->count << 32 | low);
        *entry = (struct entry){ NULL, 0, -1 };
    }
}

// Tries one candidate. What is dead is in `found`; CLOSED if that is all. The
// members are left in the table, their counts given back.
enum growth weft__grow_from(struct collector *c, uint64_t *word,
    uint32_t budget, enum growing how, uint32_t *visits)
{
    *visits = 1;
    begin_found(&c->found);
    c->table.count = 0;
    if (load(word) >> 32 > (uint64_t)budget * 3)
        return SPENT;
    if (!reserve(c, (size_t)budget * (EDGES + 1) + 64))
        return STUCK;
    struct trial trial = { .c = c, .how = how };
    *visits = 0;
    c->is_member[0] = false;
    weft__capture(c, word);
    c->buckets[0][trial.counts[0]++] = 0;   // whatever its count
    enum growth growth = grow_set(&trial, budget, visits);
    leave_out(c);
    size_t dead = growth == CLOSED ? *visits : weft__flood_table(c);
    weft__give_back(c);
    for (size_t i = 0; dead > 0 && i < c->table.count; i++) {
        uint64_t *dying = c->table.entries[i].word;
        if (dying != NULL && c->table.entries[i].refs == 0)
            add_found(&c->found, dying, load(dying));
    }
    weft__report_excess(c);
    return growth;
}

// ---- working through the queues

static bool may_be_tried(const uint64_t *word)
{
    uint64_t value = load(word);
    const struct page *page = page_of(word);
    return is_tracked(page, value) && (value & OLD) != 0
        && (value & (CONDEMNED | TORN)) == 0 && !is_frozen(page, word);
}

// What is dead is in `found`, or nothing is. An outsider has a second trial, a
// longer one, while the garbage that let it go was plenty; any other candidate
// that deserves one waits for it. Returns the visits that it took.
static uint32_t try_one(struct collector *c, unsigned level, uint64_t *word)
{
    uint32_t used, more = 0;
    enum growth growth = weft__grow_from(c, word, budgets[level], NEAR_BY,
        &used);
    if (growth != SPENT || c->found.count > 0)
        return used;
    if (level + 1 < LEVELS)
        weft__queue(c, level + 1, word);
    else if (level == OUTSIDERS && c->queues[level].credit > PLENTY)
        (void)weft__grow_from(c, word, budgets[1], NEAR_BY, &more);
    return used + more;
}

static size_t try_level(struct collector *c, unsigned level, int64_t *visits,
    bool all, weft_gc_stats *stats)
{
    struct queue *queue = &c->queues[level];
    size_t found = 0;
    for (uint32_t left = queue->count; left > 0 && queue->count > 0; left--) {
        if (!all && (queue->credit <= 0 || *visits <= 0))
            break;
        uint64_t *word = take_first(queue);
        if (queue->count >= AHEAD)
            __builtin_prefetch(queue->words[(queue->first + AHEAD - 1)
                % queue->limit], 1);
        bool can_be = may_be_tried(word);
        forget(word);
        if (!can_be)
            continue;
        uint32_t used = try_one(c, level, word);
        queue->credit -= all ? 0 : 8 * (int64_t)used;
        *visits -= used;
        if (c->found.count == 0)
            continue;
        *visits -= (int64_t)c->found.count;
        for (unsigned l = 0; l < LEVELS; l++)
            c->queues[l].credit += 16 * (int64_t)c->found.count;
        found += weft__condemn_found(c, stats);
    }
    return found;
}

// Tries candidates as long as there is credit, for so many visits, each time
// beginning with the next queue; `all`: each of them, whatever it costs. How
// many objects were garbage.
size_t weft__try_candidates(struct collector *c, int64_t visits, bool all,
    weft_gc_stats *stats)
{
    size_t found = 0;
    unsigned first = all ? 0 : c->next_level++ % QUEUES;
    for (unsigned i = 0; i < QUEUES; i++) {
        unsigned level = (first + i) % QUEUES;
        struct queue *queue = &c->queues[level];
        found += try_level(c, level, &visits, all, stats);
        if (queue->credit > CREDIT_LIMIT)
            queue->credit = CREDIT_LIMIT;
    }
    return found;
}
