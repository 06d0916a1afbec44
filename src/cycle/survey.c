// SPDX-License-Identifier: MIT
//
// Surveys: a note beside every slot of the heap, of the collector's concern or
// not, with the number of references to it from objects. For looking at a heap,
// and for checking it; slow, and of no use to the collector itself.
//
// weft_heap_verify() also comes by here, for the invariants of this layer:
//
//   S2  what an object holds is alive and of this heap
//   S3  no object is held by more references than its count says, and none is
//       reported twice by the same slot
//   C1  outside of a verdict nothing is captured, condemned or torn
//   L1  the log and LOGGED say the same; L2 what is young is logged
//   Q1  the queues and CANDIDATE say the same
//   Z1  frozen objects are alive; Y1 no page has a margin unless a cycle runs
//
#include "cycle.h"

#include <stdlib.h>
#include <string.h>

struct note *weft__note(const uint64_t *word)
{
    const struct page *page = weft__find_page(word);
    if (page == NULL || page->scratch == NULL)
        return NULL;
    return (struct note *)page->scratch + slot_index(page, word);
}

void weft__end_survey(weft_heap *heap)
{
    for (struct page *page = heap->pages; page != NULL;
            page = page->next_page) {
        free(page->scratch);
        page->scratch = NULL;
    }
}

// Every reference there is from an object; the values of a weak-key dictionary
// are its own, though they may depend on their keys.
void weft__each_edge(const weft_heap *heap, const struct page *page,
    const void *object, weft__child_fn *see, void *context)
{
    weft__each_child_slow(page, object, see, context);
    struct weft__edge edge;
    void *at = NULL;
    if (is_map(page))
        while (heap->map_edge(object, &at, &edge))
            see((void *)(uintptr_t)edge.value, context);
}

static void tally_child(void *child, void *context)
{
    struct note *note = weft__note(word_of(child));
    (void)context;
    if (note != NULL)
        note->tally++;
}

// All that is alive, and not being taken apart.
void weft__each_object(weft_heap *heap, weft__object_fn *see, void *context)
{
    for (struct page *page = heap->pages; page != NULL; page = page->next_page)
        for (uint32_t i = 0; page->type != NULL && i < page->capacity; i++) {
            uint64_t *word = slot_at(page, i);
            if ((char *)word >= page->bump)
                break;
            if (is_alive(load(word)))
                see(page, word, context);
        }
}

static void count_of(struct page *page, uint64_t *word, void *context)
{
    weft__each_edge(context, page, word + 1, tally_child, NULL);
}

bool weft__survey(weft_heap *heap)
{
    for (struct page *page = heap->pages; page != NULL;
            page = page->next_page) {
        page->scratch = calloc(page->capacity, sizeof(struct note));
        if (page->scratch == NULL) {
            weft__end_survey(heap);
            return false;
        }
    }
    weft__each_object(heap, count_of, heap);
    return true;
}

// ---- what is reached, breadth first

void weft__reach(struct walk *walk, uint64_t *word)
{
    struct note *note = weft__note(word);
    if (note == NULL || note->reached)
        return;
    note->reached = true;
    note->parent = walk->parent;
    note->next = NULL;
    if (walk->last != NULL)
        weft__note(walk->last)->next = word;
    else
        walk->first = word;
    walk->last = word;
}

static void reach_child(void *child, void *context)
{
    weft__reach(context, word_of(child));
}

// Who has more references than objects account for is held outside; of those
// to the target one is the caller's.
static void reach_root(struct page *page, uint64_t *word, void *context)
{
    struct walk *walk = context;
    uint64_t value = load(word);
    uint64_t inside = weft__note(word)->tally + (word == walk->target);
    (void)page;
    if (is_immortal(value) || value >> 32 > inside)
        weft__reach(walk, word);
}

static bool is_reached(const void *object)
{
    const struct note *note = weft__note(word_of(object));
    return note != NULL && note->reached;
}

// The second of a key and its map reaches the value.
static void reach_edges(struct walk *walk, const struct page *page,
    const void *object)
{
    const weft_heap *heap = walk->heap;
    struct weft__edge edge;
    void *at = NULL;
    if (is_key(heap, load(word_of(object))))
        while (heap->key_edge(object, &at, &edge))
            if (is_reached(edge.map))
                weft__reach(walk, word_of(edge.value));
    at = NULL;
    if (is_map(page))
        while (heap->map_edge(object, &at, &edge))
            if (edge.key == NULL || is_reached(edge.key))
                weft__reach(walk, word_of(edge.value));
}

// From all that was reached so far, until the target is.
void weft__walk(struct walk *walk)
{
    while (walk->first != NULL && (walk->target == NULL
            || !weft__note(walk->target)->reached)) {
        uint64_t *word = walk->first;
        const struct page *page = page_of(word);
        walk->parent = word;
        weft__each_child_slow(page, word + 1, reach_child, walk);
        reach_edges(walk, page, word + 1);
        walk->first = weft__note(word)->next;
        if (walk->first == NULL)
            walk->last = NULL;
    }
}

void weft__reach_roots(struct walk *walk)
{
    weft__each_object(walk->heap, reach_root, walk);
}

// ---- verify

struct check {
    weft_heap *heap;
    const void *object;         // whose references are looked at
    size_t logged, candidates;  // words that say so
    bool ok;
};

static void note_broken(struct check *check, const void *object,
    const char *what)
{
    weft__misuse(check->heap, object, "weft_heap_verify: %s (%p)", what,
        object);
    check->ok = false;
}

static void check_child(void *child, void *context)
{
    struct check *check = context;
    const struct page *page = weft__find_page(child);
    if (page == NULL || page->heap != check->heap
            || !is_alive(load(word_of(child))))
        note_broken(check, check->object, "S2: holds what is not alive");
}

static void check_tally(struct page *page, uint64_t *word, void *context)
{
    struct check *check = context;
    uint64_t value = load(word);
    const struct note *note = weft__note(word);
    (void)page;
    if (note != NULL && !is_immortal(value) && note->tally > value >> 32)
        note_broken(check, word + 1, "S3: held more often than its count");
}

struct slots {
    weft_visitor visitor;
    const void *seen[64];
    size_t count;
    bool twice;
};

static void see_slot(weft_visitor *visitor, void *slot, bool is_value,
    const char *name)
{
    struct slots *slots = (struct slots *)(void *)visitor;
    (void)is_value;
    (void)name;
    for (size_t i = 0; i < slots->count; i++)
        slots->twice |= slots->seen[i] == slot;
    if (slots->count < 64)
        slots->seen[slots->count++] = slot;
}

// Does `visit` report a slot twice, or one that a row names?
bool weft__reports_twice(const struct page *page, const void *object)
{
    struct slots slots = { .visitor = { see_slot } };
    const struct kind *kind = page->kind;
    if (!kind->visits)
        return false;
    for (uint32_t r = 0; r < kind->row_count && slots.count < 32; r++)
        if (kind->rows[r].count_size == 0 && kind->rows[r].kind != ROW_LEAVE)
            slots.seen[slots.count++] = (const char *)object
                + kind->rows[r].offset;
    weft__visit(kind, object, &slots.visitor);
    return slots.twice;
}

static void check_object(struct page *page, uint64_t *word, void *context)
{
    struct check *check = context;
    uint64_t value = load(word);
    check->object = word + 1;
    weft__each_edge(check->heap, page, word + 1, check_child, check);
    if (weft__reports_twice(page, word + 1))
        note_broken(check, word + 1, "S3: visit reports a slot twice");
    if ((value & (CAPTURED | CONDEMNED | TORN)) != 0)
        note_broken(check, word + 1, "C1: a verdict left its marks");
    if (!page->acyclic && (value & (OLD | LOGGED | SIGN)) == 0)
        note_broken(check, word + 1, "L2: young, but not logged");
    if (check->heap->ordered && !page->acyclic && page->order == NULL)
        note_broken(check, word + 1, "L2: has no place in an ordered heap");
}

static void check_words(struct check *check, const struct page *page)
{
    for (uint32_t i = 0; i < page->capacity; i++) {
        const uint64_t *word = slot_at(page, i);
        if ((const char *)word >= page->used_end)
            break;
        check->logged += (load(word) & LOGGED) != 0;
        check->candidates += (load(word) & CANDIDATE) != 0;
        if (page->frozen != NULL && test_bit(page->frozen, i)
                && !is_alive(load(word)))
            note_broken(check, word + 1, "Z1: frozen, but not alive");
    }
    if (page->margin != NULL && check->heap->collector->phase == PHASE_IDLE)
        note_broken(check, page, "Y1: a page has a margin outside of a cycle");
    if (page->emptied && check->heap->pinned == 0)
        note_broken(check, page, "Y1: a page was emptied, and forgotten");
}

static void check_log(struct check *check)
{
    const weft_heap *heap = check->heap;
    for (const struct log_block *block = heap->log_first; block != NULL;
            block = block->next) {
        size_t i = block == heap->log_first ? heap->log_taken : 0;
        size_t end = block == heap->log_last
            ? (size_t)(heap->log_at - block->entries) : LOG_ENTRIES;
        for (; i < end; i++)
            if (page_of(block->entries[i])->heap != heap
                    || (load(block->entries[i]) & LOGGED) == 0)
                note_broken(check, block->entries[i] + 1,
                    "L1: in the log, but not LOGGED");
    }
    if (weft__log_count(heap) != check->logged)
        note_broken(check, heap, "L1: LOGGED, but not in the log");
    if (weft_gc_get_count(heap).candidates != check->candidates)
        note_broken(check, heap, "Q1: CANDIDATE, but in no queue");
}

bool weft__verify_cycle(weft_heap *heap)
{
    struct check check = { .heap = heap, .ok = true };
    if (heap->collecting)
        return true;
    for (struct page *page = heap->pages; page != NULL; page = page->next_page)
        check_words(&check, page);
    check_log(&check);
    weft__each_object(heap, check_object, &check);
    if (check.ok && weft__survey(heap))
        weft__each_object(heap, check_tally, &check);
    weft__end_survey(heap);
    return check.ok;
}
