// SPDX-License-Identifier: MIT
//
// When to do what. All that is automatic happens in step(), which core calls
// at the end of an outermost release once something has said that it is due:
//
//   a loud release that leaves an old object above zero queues it, and earns
//   trials some credit; a filled and paid queue is due
//   a loud release of a young one is due when the log is full: objects are born
//   loud from then on, so that a program of nothing but rings comes by
//   while a cycle runs, every 128 new objects are due, also at deaths
//
// A step does one thing: a young pass, or a slice of the cycle, or trials. So
// the program waits for one of them at most, and after trials it may go on for
// a while, some loud releases or new objects, whatever is waiting. weft_poll()
// does one, too, and lets a cycle go on that has not earned it.
//
// The cycle begins when the old have grown by growth_percent since the last
// one, net of what died, and earns more visits for each new object than it
// takes (about five each), so that it ends before the heap has grown much.
#include "cycle.h"

enum { CREDIT = 512, FILLED = 64, EVERY = 128, TRIAL_VISITS = 150,
    PER_MICROSECOND = 20, PER_PAGE = 2000, REST = 8 };

bool weft__may_collect(const weft_heap *heap)
{
    return !heap->collecting && heap->sealed == 0 && !heap->closing
        && heap->owner == this_thread();
}

static int64_t slice_visits(const struct collector *c)
{
    unsigned microseconds = c->threshold.pause_us;
    return microseconds == 0 ? INT64_MAX
        : (int64_t)(microseconds < 1000000 ? microseconds : 1000000)
            * PER_MICROSECOND;
}

static bool are_trials_due(const struct collector *c)
{
    for (unsigned level = 0; level < QUEUES; level++)
        if (c->queues[level].count > (level % LEVELS == 0 ? FILLED : 0)
                && c->queues[level].credit > CREDIT)
            return true;
    return false;
}

static bool is_cycle_due(const struct collector *c)
{
    return c->phase == PHASE_IDLE && c->threshold.growth_percent > 0
        && c->heap->grown >= c->next_measure;
}

// Of a heap with weak-key dictionaries a quarter: objects may be keys, whose
// entries lie elsewhere, and a pass is to take as long as any.
static size_t young_threshold(const struct collector *c)
{
    size_t young = c->threshold.young;
    return c->heap->key_edge != NULL && !c->heap->ordered && young >= 4
        ? young / 4 : young;
}

// How long the log may become; 0: as it likes. Without young passes it has to
// come to an end all the same, for the cycle.
static size_t young_limit(const struct collector *c)
{
    if (c->threshold.young > 0)
        return young_threshold(c);
    return c->threshold.growth_percent > 0 ? LEAST : 0;
}

// Whether the collector is to be called now, and if not, from which number of
// logged objects on births are loud, which call it.
void weft__set_pace(struct collector *c)
{
    weft_heap *heap = c->heap;
    size_t count = weft__log_count(heap), due = SIZE_MAX;
    heap->due = c->enabled && is_cycle_due(c);
    if (c->enabled && young_limit(c) > 0)
        due = young_limit(c);
    if (c->enabled && c->phase != PHASE_IDLE && due > count + EVERY)
        due = count + EVERY;
    if (c->enabled && are_trials_due(c) && due > count + REST)
        due = count + REST;
    weft__set_due(heap, heap->due || heap->often ? 0 : due);
}

// So many objects are alive as a cycle ends.
void weft__note_base(struct collector *c, size_t objects)
{
    size_t more = objects / 100 * c->threshold.growth_percent;
    c->base = objects;
    c->next_measure = more < LEAST ? LEAST : more;
}

// A release has left an object above zero, loudly.
void weft__released(struct page *page, uint64_t *word)
{
    uint64_t value = load(word);
    weft_heap *heap = page->heap;
    struct collector *c = heap->collector;
    if (heap->often || ((value & OLD) == 0 && (heap->birth & QUIET) == 0))
        heap->due = true;
    if ((value & (OLD | CANDIDATE | QUIET | CONDEMNED)) != OLD || page->acyclic
            || (int64_t)value < WEFT__ONE || !c->enabled || heap->ordered)
        return;
    if (heap->collecting) {
        weft__queue(c, OUTSIDERS, word);
        return;
    }
    weft__queue(c, 0, word);
    c->queues[0].credit += 2;       // the longest trials earn nothing here
    c->queues[1].credit++;
    if (c->rest > 0)
        c->rest--;
    else if (c->queues[0].count >= FILLED && c->queues[0].credit > CREDIT)
        heap->due = true;
}

// ---- what a collection tells

static void tell_callbacks(struct collector *c, weft_generation generation,
    bool stop, const weft_gc_stats *stats)
{
    for (c->telling = 0; c->telling < c->callback_count;) {
        struct gc_callback one = c->callbacks[c->telling++];
        one.callback(c->heap, generation, stop, stats, one.context);
    }
}

static void add_stats(weft_gc_stats *sum, const weft_gc_stats *one)
{
    sum->collections += one->collections;
    sum->collected += one->collected;
    sum->uncollectable += one->uncollectable;
    sum->ns += one->ns;
    if (one->longest_ns > sum->longest_ns)
        sum->longest_ns = one->longest_ns;
}

static void start_clock(struct collector *c, weft_gc_stats *stats)
{
    stats->ns = weft__system_nanoseconds();
    weft__pin(c->heap);
}

static void stop_clock(struct collector *c, weft_gc_stats *stats)
{
    weft__unpin(c->heap);
    stats->ns = weft__system_nanoseconds() - stats->ns;
    stats->longest_ns = stats->ns;
    c->last_count = weft__log_count(c->heap);
    weft__set_pace(c);
}

// A collection begins: from here on nothing else is one.
weft_gc_stats weft__begin_gc(struct collector *c, weft_generation generation)
{
    weft_gc_stats stats = { 0 };
    c->heap->collecting = true;
    tell_callbacks(c, generation, false, &stats);
    start_clock(c, &stats);
    return stats;
}

// And ends. What is due next is found out.
void weft__end_gc(struct collector *c, weft_generation generation,
    weft_gc_stats *stats)
{
    stop_clock(c, stats);
    stats->collections = 1;
    add_stats(&c->stats[generation], stats);
    if ((c->debug & WEFT_DEBUG_STATS) != 0)
        weft__tell_stats(c, generation, stats);
    tell_callbacks(c, generation, true, stats);
    c->heap->collecting = false;
}

// Called by a cycle that goes on beyond measuring.
void weft__announce_cycle(struct collector *c)
{
    const weft_gc_stats none = { 0 };
    c->cycle_stats = none;
    c->announced = true;
    c->heap->grown = 0;
    tell_callbacks(c, WEFT_FULL, false, &none);
}

static void end_announced(struct collector *c)
{
    if (!c->announced)
        return;
    c->announced = false;
    c->cycle_stats.collections = 1;
    c->stats[WEFT_FULL].collections++;
    if ((c->debug & WEFT_DEBUG_STATS) != 0)
        weft__tell_stats(c, WEFT_FULL, &c->cycle_stats);
    tell_callbacks(c, WEFT_FULL, true, &c->cycle_stats);
}

// A slice is no collection of its own: what slices do comes together.
void weft__run_slice(struct collector *c, int64_t visits)
{
    weft_gc_stats slice = { 0 };
    bool enabled = c->enabled;
    c->heap->collecting = true;
    if (c->phase == PHASE_IDLE)
        end_announced(c);           // of one given up for memory
    start_clock(c, &slice);
    if (c->phase == PHASE_IDLE)
        weft__begin_cycle(c);
    bool ended = weft__cycle_slice(c, visits, &slice);
    stop_clock(c, &slice);
    add_stats(&c->stats[WEFT_FULL], &slice);
    add_stats(&c->cycle_stats, &slice);
    if (ended)
        end_announced(c);
    c->heap->collecting = false;
    if (enabled && !c->enabled)
        weft__cut_cycle_short(c);       // somebody disabled it meanwhile
}

// For an explicit collection, which does it all better: a teardown under way is
// finished, what was only guessed is forgotten.
void weft__cut_cycle_short(struct collector *c)
{
    if ((c->phase == PHASE_IDLE && !c->announced)
            || !weft__may_collect(c->heap))
        return;
    c->heap->collecting = true;
    weft__finish_teardown(c);
    weft__abandon_cycle(c);
    end_announced(c);
    c->heap->collecting = false;
}

// ---- the automatic ones

static void pass_young(struct collector *c)
{
    weft_gc_stats stats = weft__begin_gc(c, WEFT_YOUNG);
    for (unsigned level = 0; level < LEVELS; level++)
        c->queues[level].credit += (int64_t)(young_threshold(c) / 2);
    stats.collected = c->heap->ordered
        ? weft__ordered_pass(c, WEFT_YOUNG, &stats)
        : weft__young_pass(c, young_threshold(c) * 2, &stats);
    weft__end_gc(c, WEFT_YOUNG, &stats);
}

static void try_some(struct collector *c)
{
    weft_gc_stats stats = weft__begin_gc(c, WEFT_OLD);
    stats.collected = weft__try_candidates(c, TRIAL_VISITS, false, &stats);
    c->rest = REST;
    weft__end_gc(c, WEFT_OLD, &stats);
}

static void pass_everything(struct collector *c)
{
    weft_gc_stats stats = weft__begin_gc(c, WEFT_FULL);
    stats.collected = c->heap->ordered
        ? weft__ordered_pass(c, WEFT_FULL, &stats)
        : weft__full_pass(c, &stats);
    weft__end_gc(c, WEFT_FULL, &stats);
}

// What new objects have earned for the cycle, and pages that wait for its end.
static void earn(struct collector *c)
{
    size_t count = weft__log_count(c->heap);
    unsigned growth = c->threshold.growth_percent;
    size_t emptied = c->heap->emptied_count;
    if (c->phase != PHASE_IDLE && count > c->last_count)
        c->cycle_credit += (int64_t)(count - c->last_count)
            * (growth >= 800 || growth == 0 ? 1 : 800 / growth);
    if (c->phase != PHASE_IDLE && emptied > c->last_emptied)
        c->cycle_credit += (int64_t)(emptied - c->last_emptied) * PER_PAGE;
    c->last_count = count;
    c->last_emptied = emptied;
}

// How much of the cycle is paid for: a slice at most.
static int64_t take_credit(struct collector *c)
{
    int64_t slice = slice_visits(c);
    int64_t visits = c->cycle_credit < slice ? c->cycle_credit : slice;
    if (visits < EVERY / 2)
        return 0;
    c->cycle_credit -= visits;
    if (slice < INT64_MAX / 32 && c->cycle_credit > 20 * slice)
        c->cycle_credit = 20 * slice;
    return visits;
}

// Memory is short: a slice is paid for.
void weft__hurry(struct collector *c)
{
    if (!c->enabled || (c->phase == PHASE_IDLE && !is_cycle_due(c)))
        return;
    if (c->cycle_credit < EVERY)
        c->cycle_credit = slice_visits(c);
    c->heap->due = true;
}

static void begin_cycle(struct collector *c)
{
    if (c->heap->ordered || c->threshold.pause_us == 0) {
        pass_everything(c);
        return;
    }
    c->cycle_credit = 0;
    weft__run_slice(c, EVERY);
}

// Each way of collecting in its turn, whether anything is due or not.
static void collect_somehow(struct collector *c)
{
    unsigned way = c->often++ % 8;
    if (c->heap->ordered || way == 7) {
        weft__cut_cycle_short(c);
        pass_everything(c);
    } else if (way % 4 == 0) {
        pass_young(c);
    } else if (way % 4 == 1) {
        try_some(c);
    } else {
        weft__run_slice(c, 1 + c->often % 60);
    }
}

static bool has_candidates(const struct collector *c)
{
    for (unsigned level = 0; level < QUEUES; level++)
        if (c->queues[level].count > 0 && c->queues[level].credit > 0)
            return true;
    return false;
}

// Does one thing, the most urgent. When the program is idle a cycle goes on
// although it has not earned it, and candidates need not be many.
static void do_next(struct collector *c, bool idle)
{
    size_t young = young_limit(c);
    bool is_young_due = young > 0 && weft__log_count(c->heap) >= young;
    int64_t visits = 0;
    earn(c);
    if (c->phase != PHASE_IDLE && (!is_young_due || c->turn))
        visits = idle ? slice_visits(c) : take_credit(c);
    if (visits > 0) {
        c->turn = false;
        weft__run_slice(c, visits);
    } else if (is_young_due) {
        c->turn = true;             // the cycle's, if one runs
        if (c->threshold.young > 0)
            pass_young(c);
        else
            weft__promote_oldest(c, 2 * young);
    } else if (is_cycle_due(c)) {
        begin_cycle(c);
    } else if (are_trials_due(c) || (idle && has_candidates(c))) {
        try_some(c);
    }
    weft__set_pace(c);
}

void weft__step(weft_heap *heap)
{
    struct collector *c = heap->collector;
    heap->due = false;
    if (!weft__may_collect(heap))
        return;
    if (heap->often)
        collect_somehow(c);
    else if (c->enabled)
        do_next(c, false);
    else
        weft__cut_cycle_short(c);
}

void weft_poll(weft_heap *heap)
{
    struct collector *c = heap->collector;
    weft__check_thread(heap, "weft_poll");
    if (!weft__may_collect(heap))
        return;
    heap->due = false;
    if (heap->often)
        collect_somehow(c);
    else if (c->enabled)
        do_next(c, true);
}
