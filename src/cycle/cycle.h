// SPDX-License-Identifier: MIT
//
// What the files of the collector share.
//
// The collector answers one question about a set S of objects at one instant:
// which of them are reached from outside S? Trial deletion (as in CPython, and
// in Lins 1992) counts for each object of S the references to it from inside S.
// An object with more than these is held from outside; it lives, and so does
// all it reaches; the rest is garbage. That is sound for *any* S: leaving
// objects out can only delay. Files by what S is:
//
//     young.c     the oldest of the log, at most twice the threshold
//     trial.c     grown from an old object that a release left above zero
//     full.c      everything, in one go
//     cycle.c     everything, in slices between which the program runs
//
// and by what they do for all of these:
//
//     edges.c     what an object holds
//     small.c     the answer for a list, with counts borrowed in the words
//     flood.c     the answer for everything, with counters beside the pages
//     margin.c    memory for these
//     condemn.c   what happens to garbage, step by step
//     order.c     all of it in CPython's very order, for ordered heaps
//     pace.c      when to do what
//     gc.c        the public functions; freeze.c, inspect.c, debug.c too
//     survey.c    counting all references, for verify and inspection; check.c
//                 compares verdicts with it in checked builds
//     open.c      makes a heap of core and this
//
// Completeness rests on the cycle alone. The log, the queues of candidates and
// every mark may forget: it costs delay until the next cycle, nothing else.
#ifndef WEFT_CYCLE_H
#define WEFT_CYCLE_H

#include "../weak/table.h"

enum { LEVELS = 3, OUTSIDERS = 3, QUEUES = 4 };
enum { LEAST = 4096 };          // objects, for a cycle to begin

// Slots of old objects waiting to be tried, in a ring.
struct queue {
    uint64_t **words;           // NULL until the first comes
    uint32_t first, count;
    uint32_t limit;             // of count
    int64_t credit;             // eighths of a visit that may be spent
};

// An object whose count the small engine has borrowed.
struct entry {
    uint64_t *word;
    uint32_t count;             // what the word had
    int32_t refs;               // not yet explained; -1: known to live
};

struct table {
    struct entry *entries;
    size_t count, capacity;
    uint32_t *stack;            // of the flood
    size_t stack_count, stack_capacity;
    uint64_t *excess;           // reported more often than held; or NULL
};

// A set under a verdict: words in an array, or the suspects beside the pages.
struct members {
    uint64_t **words;           // NULL: the suspects
    size_t count, capacity;
    uint64_t flags;             // of their words, all that any has
    unsigned traits;            // of their pages
    size_t shown;               // how many a program made
};

// Where one who goes through the members is.
enum selection {
    ALL, WATCHED_ONES, REACHABLE_ONES, FINALIZABLE_ONES, TABLES,
};

struct cursor {
    struct page *page;          // of the suspects
    uint32_t index;             // of the next slot; in an array: of the word
    enum selection only;        // pages of suspects without these are skipped
};

enum phase {
    PHASE_IDLE, PHASE_MEASURE, PHASE_PREPARE, PHASE_COUNT, PHASE_ROOT,
    PHASE_SETTLE, PHASE_ZERO, PHASE_RECOUNT, PHASE_REROOT, PHASE_VALIDATE,
    PHASE_EMPTY, PHASE_FREE, PHASE_RELEASE,
};

// Which of an object's references comes next.
struct place {
    uint64_t *word;             // of the object; NULL: nowhere
    size_t index;               // of its references, rows in order
    void *edge;                 // then of its entries, if it is a map: a cursor
};

// A slot whose counter is FULL, and how many references there are beyond that.
enum { FULL = 255 };

struct overflow {
    const uint64_t *word;
    uint64_t more;
};

struct gc_callback {            // weft_gc_add_callback()
    weft_gc_fn *callback;
    void *context;
};

struct collector {
    weft_heap *heap;
    bool enabled;
    weft_gc_threshold threshold;
    weft_gc_stats stats[3];     // by generation
    unsigned debug;             // WEFT_DEBUG_...
    weft_list *garbage;         // or NULL
    struct gc_callback *callbacks;
    size_t callback_count, callback_room;
    size_t telling;             // the callback to be told next
    // pace.c
    struct queue queues[QUEUES];
    unsigned next_level;        // of the queues: who is first
    unsigned rest;              // loud releases until the next trials
    size_t last_count;          // of the log, when step() looked last
    size_t last_emptied;        // pages, the same
    int64_t cycle_credit;       // visits
    size_t base;                // objects when the last cycle ended
    size_t next_measure;        // heap->grown that makes a cycle due
    unsigned often;             // which way is next, for collect_often
    // small.c, trial.c
    struct table table;
    uint32_t *buckets[4];       // of trials
    uint8_t *is_member;         // of trials, one an entry
    size_t bucket_capacity;     // of all of these, in entries
    size_t bucket_sizes[5];     // in bytes
    struct members found;       // by the small engine
    unsigned older;             // ordered heaps: where survivors go
    size_t placed_room;         // order.c: of the array it works on
    size_t unchecked;           // checked builds: since the last comparison
    // cycle.c, flood.c
    enum phase phase;
    struct page *first_page;    // of those that were there at the start
    struct page *page;          // where the phase is
    uint32_t index;             // and at which slot
    struct place place;         // in a long object, or nowhere
    struct page *stack;         // of the flood: blocks, linked by next
    uint64_t **stack_at;        // where the next word goes
    struct overflow *overflows; // hash table of references beyond 255
    size_t overflow_count, overflow_capacity;   // a power of two, or 0
    uint64_t hash;              // of what suspects hold, since the count began
    uint64_t secret;            // of the hash
    struct cursor cursor;       // of a sliced teardown
    size_t cleared;             // suspects the flood took out, this round
    size_t suspects;            // pages with any, this round
    size_t measured;            // objects there were at the start
    int64_t peeling;            // visits that may be spent on outsiders
    size_t noted;               // of these, in this sweep
    unsigned sweeps;
    unsigned rounds;
    bool failed;                // no memory: the cycle is to be given up
    bool announced;             // callbacks were told of the cycle
    bool turn;                  // of a slice, although a young pass is due
    weft_gc_stats cycle_stats;  // of the cycle that runs
    struct page *blocks;        // memory for margins, linked by next
    char *block_at, *block_end;
};

// edges.c: what an object holds, each reference once. Not its ephemeron
// entries, which have rules of their own.
typedef void weft__child_fn(void *child, void *context);

void weft__each_child_slow(const struct page *page, const void *object,
    weft__child_fn *see, void *context);
size_t weft__weight(const struct page *page, const void *object);
void *weft__child_at(const void *object, const struct row *row, size_t index);
size_t weft__row_length(const void *object, const struct row *row);
bool weft__some_children(struct place *place, size_t limit,
    weft__child_fn *see, void *context);    // from there on; false: not all

// The usual type begins with all it holds; `see` is inlined.
__attribute__((always_inline))
static inline void each_child(const struct page *page, const void *object,
    weft__child_fn *see, void *context)
{
    if (unlikely(page->strong == 0)) {
        weft__each_child_slow(page, object, see, context);
        return;
    }
    const weft__pointer *field = (const weft__pointer *)object;
    const weft__pointer *end = field + page->strong;
    do
        if (*field != NULL)
            see(*field, context);
    while (++field < end);
}

// Has it ephemeron entries, as a key or as a map?
static inline bool is_key(const weft_heap *heap, uint64_t word)
{
    return unlikely(heap->key_edge != NULL) && (word & WATCHED) != 0;
}

static inline bool is_map(const struct page *page)
{
    return unlikely(page->kind->role == ROLE_MAP);
}

static inline bool is_frozen(const struct page *page, const uint64_t *word)
{
    return unlikely(page->frozen != NULL)
        && test_bit(page->frozen, slot_index(page, word));
}

// Does the collector look at it?
static inline bool is_tracked(const struct page *page, uint64_t word)
{
    return !page->acyclic && (int64_t)word >= WEFT__ONE;
}

// small.c
bool weft__reserve_table(struct collector *c, size_t capacity);
void weft__capture(struct collector *c, uint64_t *word);    // there is room
size_t weft__small_verdict(struct collector *c);    // how many are dead
bool weft__count_table(struct collector *c);        // true: all of them
size_t weft__flood_table(struct collector *c);      // the same
void weft__give_back(struct collector *c);          // the counts
void weft__report_excess(struct collector *c);
bool weft__reserve_members(struct collector *c, struct members *members,
    size_t capacity);

// Enters an object that is not yet, where there is room.
static inline void capture(struct table *table, uint64_t *word, uint64_t value)
{
    uint32_t count = (uint32_t)(value >> 32);
    table->entries[table->count++] = (struct entry){ word, count,
        (int32_t)count };
    store(word, (uint64_t)table->count << 32 | (uint32_t)value | CAPTURED);
}

// The set that a verdict found begins, and gets a member. `value`: its word as
// it was, its count given back.
static inline void begin_found(struct members *found)
{
    found->count = found->shown = 0;
    found->flags = 0;
    found->traits = 0;
}

static inline void add_found(struct members *found, uint64_t *word,
    uint64_t value)
{
    unsigned traits = page_of(word)->traits;
    store(word, value | CONDEMNED);
    found->words[found->count++] = word;
    found->flags |= value;
    found->traits |= traits;
    found->shown += (traits & TRAIT_HIDDEN) == 0;
}

// gc.c
bool weft__check_generation(weft_heap *heap, weft_generation generation,
    const char *call);

// condemn.c
uint64_t *weft__next_member(const struct collector *c,
    const struct members *members, struct cursor *cursor);
void weft__pardon(struct collector *c, uint64_t *word);

// What the word of an object that lives becomes: old, and loud unless it is in
// a queue.
static inline uint64_t grow_old(struct collector *c, uint64_t value)
{
    c->heap->grown += (value & OLD) == 0;
    value = (value | OLD) & ~(LOGGED | RETAINED);
    return (value & CANDIDATE) != 0 ? value | QUIET : value & ~QUIET;
}

struct members weft__all_suspects(void);
size_t weft__condemn(struct collector *c, struct members *members);
void weft__empty_member(struct collector *c, uint64_t *word);
void weft__free_member(struct collector *c, uint64_t *word,
    weft_gc_stats *stats);
size_t weft__condemn_found(struct collector *c, weft_gc_stats *stats);
size_t weft__condemn_suspects(struct collector *c, weft_gc_stats *stats);

// debug.c: the garbage list, and what the report hook hears
void weft__tell_found(struct collector *c, const uint64_t *word, unsigned flag);
void weft__show_found(struct collector *c, const struct members *members);
void weft__tell_refusal(struct collector *c);
void weft__tell_stats(struct collector *c, weft_generation generation,
    const weft_gc_stats *stats);

// young.c, trial.c, full.c
size_t weft__young_pass(struct collector *c, size_t limit,
    weft_gc_stats *stats);      // how many were garbage
void weft__promote_oldest(struct collector *c, size_t limit);
void weft__queue(struct collector *c, unsigned level, uint64_t *word);
enum growth {
    CLOSED,         // all counts of the members are explained
    STUCK,          // nothing near is left, whatever the budget
    SPENT,          // nor would what is left of the budget do
};

enum growing {
    NEAR_BY,                // takes what its members nearly explain
    AMONG_SUSPECTS,         // takes any suspect that was not looked at before
    AMONG_ALL_SUSPECTS,     // takes any suspect
};

enum growth weft__grow_from(struct collector *c, uint64_t *word,
    uint32_t budget, enum growing how, uint32_t *visits);
size_t weft__try_candidates(struct collector *c, int64_t visits, bool all,
    weft_gc_stats *stats);
void weft__purge_queues(struct collector *c);
void weft__free_queues(struct collector *c);
size_t weft__full_pass(struct collector *c, weft_gc_stats *stats);

// margin.c: counters and marks beside the pages
bool weft__give_margin(struct collector *c, struct page *page);   // all zero
void weft__drop_margin(struct page *page);
bool weft__free_blocks(struct collector *c, size_t count);  // true: all
void weft__zero_page(struct page *page);                        // its counters
void weft__overflow(struct collector *c, const uint64_t *word, bool first);
uint64_t weft__counted(const struct collector *c, const struct page *page,
    uint32_t index);
void weft__forget_overflows(struct collector *c);
void weft__free_overflows(struct collector *c);
bool weft__push(struct collector *c, uint64_t *word);           // the flood's
uint64_t *weft__pop(struct collector *c);                       // stack
void weft__free_stack(struct collector *c);

// flood.c
enum counting_mode {
    COUNT_AND_FIND,     // what is alive becomes a suspect
    COUNT_AGAIN,        // of suspects
    COUNT_AND_HASH,     // and adds up the hash of what they hold
};
bool weft__count_page(struct collector *c, struct page *page,
    enum counting_mode mode, int64_t *visits);      // false: not done
void weft__find_suspects(struct page *page);
void weft__root_page(struct collector *c, struct page *page, bool exact);
bool weft__flood(struct collector *c, int64_t *visits);     // false: not done
uint32_t weft__next_suspect(const struct page *page, uint32_t index);
bool weft__mark_unchanged(struct collector *c, struct page *page);

static inline bool is_suspect(const struct page *page, const uint64_t *word)
{
    return page->margin != NULL
        && test_bit(page->margin->suspects, slot_index(page, word));
}

static inline bool is_big(const struct page *page, const uint64_t *word)
{
    return test_bit(page->margin->big, slot_index(page, word));
}

// cycle.c
bool weft__cycle_slice(struct collector *c, int64_t visits,
    weft_gc_stats *stats);              // true: it has ended
void weft__begin_cycle(struct collector *c);
void weft__finish_teardown(struct collector *c);
void weft__abandon_cycle(struct collector *c);
void weft__note_outsider(struct collector *c, uint64_t *word);
bool weft__has_margin(const struct page *page);
size_t weft__count_objects(const struct page *page);

// order.c
size_t weft__ordered_pass(struct collector *c, weft_generation generation,
    weft_gc_stats *stats);
bool weft__ordered_judge(struct collector *c, struct members *members);
bool weft__freeze_order(struct collector *c);
void weft__unfreeze_order(struct collector *c);
unsigned weft__generation_of(const uint64_t *word);

// check.c: for checked builds
bool weft__is_right(struct collector *c, const struct members *members);
void weft__check_acyclic(struct collector *c);

// pace.c
void weft__step(weft_heap *heap);
void weft__released(struct page *page, uint64_t *word);
void weft__set_pace(struct collector *c);
void weft__note_base(struct collector *c, size_t objects);
bool weft__may_collect(const weft_heap *heap);
weft_gc_stats weft__begin_gc(struct collector *c, weft_generation generation);
void weft__end_gc(struct collector *c, weft_generation generation,
    weft_gc_stats *stats);
void weft__announce_cycle(struct collector *c);
void weft__run_slice(struct collector *c, int64_t visits);
void weft__cut_cycle_short(struct collector *c);
void weft__hurry(struct collector *c);

// freeze.c, inspect.c, survey.c
typedef void weft__object_fn(struct page *page, uint64_t *word, void *context);
void weft__each_object(weft_heap *heap, weft__object_fn *see, void *context);
bool weft__reports_twice(const struct page *page, const void *object);
size_t weft__frozen_on(const struct page *page);
struct note {                   // of a slot, in a survey
    uint64_t *parent;           // through whom it was reached first
    uint64_t *next;             // reached after it
    uint32_t tally;             // references to it, from objects
    bool reached;
};

struct walk {                   // breadth first
    weft_heap *heap;
    const uint64_t *target;     // whom to find, or NULL
    uint64_t *first;            // to be looked at next
    uint64_t *last;             // reached last
    uint64_t *parent;           // who is looked at
};

void weft__reach(struct walk *walk, uint64_t *word);
void weft__reach_roots(struct walk *walk);
void weft__walk(struct walk *walk);
bool weft__survey(weft_heap *heap);     // counts; false: no memory
void weft__end_survey(weft_heap *heap);
struct note *weft__note(const uint64_t *word);      // NULL: no object of it
void weft__each_edge(const weft_heap *heap, const struct page *page,
    const void *object, weft__child_fn *see, void *context);
bool weft__verify_cycle(weft_heap *heap);

#endif
