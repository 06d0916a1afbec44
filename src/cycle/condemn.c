// SPDX-License-Identifier: MIT
//
// What happens to garbage, from the verdict to the last byte.
//
//   mark      CONDEMNED, by which members are known from here on: never by
//             being on a list, since they may die by count at any time
//   call      refs with a callback die, and entries of weak tables; those
//             outside are called
//   finalize  each once in its life, with a reference of its own
//   judge     if user code ran: the same question again, for those still
//             marked; who lives is pardoned
//   kill      the generation goes up, refs die: nobody can reach them now
//   empty     the fields of each: a member's count goes down, others are
//             released, and what dies of it dies now
//   free      those still marked; their counts must be zero
//
// A member is in an array, or a suspect beside its page (cycle.c); next_member
// goes through either. Nothing in here needs memory, but for judging again and
// for keeping what was found, both of which may fail: then all live on; and for
// ids of what lives on after it was killed.
//
// Between empty and free a member's count may be zero and its slot taken. TORN
// tells it from a free one, and from the living.
#include "cycle.h"

static bool has_any(const struct page *page, const struct cursor *cursor)
{
    if (page->margin == NULL)
        return false;
    bool refs = (page->traits & TRAIT_REF) != 0;
    switch (cursor->only) {
    case WATCHED_ONES: return page->watchers != NULL;
    case REACHABLE_ONES: return page->watchers != NULL || page->handled || refs;
    case FINALIZABLE_ONES: return page->kind->finalize != NULL;
    case TABLES: return (page->traits & TRAIT_TABLE) != 0;
    default: return true;
    }
}

// The next member still marked, or NULL. The cursor is all zero to begin with.
uint64_t *weft__next_member(const struct collector *c,
    const struct members *members, struct cursor *cursor)
{
    if (members->words != NULL) {
        while (cursor->index < members->count) {
            if (cursor->index + 8 < members->count)
                __builtin_prefetch(members->words[cursor->index + 8], 1);
            uint64_t *word = members->words[cursor->index++];
            if (is_condemned(load(word)))
                return word;
        }
        return NULL;
    }
    if (cursor->page == NULL && cursor->index == 0)
        cursor->page = c->first_page;
    for (; cursor->page != NULL; cursor->page = cursor->page->next_page) {
        uint32_t index = has_any(cursor->page, cursor)
            ? weft__next_suspect(cursor->page, cursor->index) : UINT32_MAX;
        while (index != UINT32_MAX) {
            cursor->index = index + 1;
            if (is_condemned(load(slot_at(cursor->page, index))))
                return slot_at(cursor->page, index);
            index = weft__next_suspect(cursor->page, index + 1);
        }
        cursor->index = 0;
    }
    cursor->index = UINT32_MAX;         // stays at the end
    return NULL;
}

// It lives after all, and is old.
void weft__pardon(struct collector *c, uint64_t *word)
{
    uint64_t logged = load(word) & LOGGED;
    uint64_t value = load(word) & ~(CONDEMNED | TORN);
    if ((value & SIGN) == 0)
        value = grow_old(c, value) | logged;
    store(word, value);
    if (c->heap->ordered)
        weft__append_order(page_of(word), word, c->older);
}

// ---- kill

// All weak references to it are dead from here on.
static void kill(struct collector *c, struct page *page, uint64_t *word,
    struct weft__watcher ***dropped)
{
    if ((page->traits & TRAIT_REF) != 0)
        weft__unlink_ref((struct ref *)(void *)(word + 1));
    if ((load(word) & WATCHED) != 0 && !page->kind->forbidden)
        weft__drop_refs(word + 1, dropped);
    uint64_t value = load(word), generation = (value & GENERATION) + 1;
    if ((value & WEAKED) == 0 || generation > GENERATION)
        return;
    // It may live on with its id, which its death must end as well. But the
    // last generation is nobody's, and ends the slot.
    bool lives = c->heap->options.weak_first
        || (c->debug & WEFT_DEBUG_SAVEALL) != 0;
    if (lives)
        weft__keep_id(c->heap, word);
    if (!lives || generation == GENERATION)
        value &= ~WEAKED;
    store(word, value + 1);
    if (generation > page->highest)
        page->highest = (uint32_t)generation;
}

static void kill_all(struct collector *c, const struct members *members)
{
    struct weft__watcher *dropped = NULL, **tail = &dropped;
    struct cursor cursor = { .only = REACHABLE_ONES };
    for (uint64_t *word; (word = weft__next_member(c, members, &cursor));)
        kill(c, page_of(word), word, &tail);
    weft__drop_entries(dropped);
}

// Those that a program made.
static size_t count_suspects(const struct page *page)
{
    size_t count = 0;
    for (uint32_t i = 0; i <= (page->capacity - 1) >> 6; i++)
        count += (size_t)__builtin_popcountll(page->margin->suspects[i]);
    return count;
}

static size_t count_members(struct collector *c, const struct members *members)
{
    size_t count = 0;
    struct cursor cursor = { 0 };
    if (members->words == NULL) {
        for (struct page *page = c->first_page; page != NULL;
                page = page->next_page)
            if (page->margin != NULL && (page->traits & TRAIT_HIDDEN) == 0)
                count += count_suspects(page);
        return count;
    }
    for (uint64_t *word; (word = weft__next_member(c, members, &cursor));)
        count += (page_of(word)->traits & TRAIT_HIDDEN) == 0;
    return count;
}

// ---- call

static void ref_stays(struct ref *ref, void *context)
{
    const struct collector *c = context;
    if (c->heap->ordered)
        weft__append_order(page_of(ref), word_of(ref), c->older);
}

// Tables that are garbage themselves watch nothing from here on.
static void expire_tables(const struct collector *c,
    const struct members *members)
{
    struct cursor cursor = { .only = TABLES };
    for (uint64_t *word; (word = weft__next_member(c, members, &cursor));)
        if ((page_of(word)->traits & TRAIT_TABLE) != 0)
            weft__expire_table((struct weaktable *)(void *)(word + 1));
}

// Will any member die by count, as the value of a key that is garbage in a
// weak-key dictionary?
static bool drops_members(const struct weft__watcher *told)
{
    for (; told != NULL; told = told->next) {
        const struct weakentry *entry = (const struct weakentry *)
            (const void *)told;
        if (is_entry(told) && entry_kind(entry) == WEFT_KIND_OBJECT
                && is_condemned(load(word_of(entry_payload(entry).as.object))))
            return true;
    }
    return false;
}

// Whether anyone was called; adds to `gone` how many refs and values went with
// that.
static bool call_refs_back(struct collector *c, const struct members *members,
    size_t *gone)
{
    bool first = c->heap->options.weak_first;
    struct weft__watcher *told = NULL, **tail = &told;
    struct cursor cursor = { .only = first ? REACHABLE_ONES : WATCHED_ONES };
    for (uint64_t *word; (word = weft__next_member(c, members, &cursor));) {
        struct page *page = page_of(word);
        if ((load(word) & WATCHED) != 0 && !page->kind->forbidden)
            weft__cut_refs(word + 1, first, &tail);
        if (first)
            kill(c, page, word, &tail);
    }
    bool calls = told != NULL, drops = drops_members(told);
    size_t before = drops ? count_members(c, members) : 0;
    *gone += weft__call_refs(told, ref_stays, c);
    if (drops)
        *gone += before - count_members(c, members);
    return calls;
}

// ---- finalize

static bool finalize(struct collector *c, const struct members *members)
{
    bool ran = false;
    struct cursor cursor = { .only = FINALIZABLE_ONES };
    for (uint64_t *word; (word = weft__next_member(c, members, &cursor));) {
        const struct page *page = page_of(word);
        uint64_t value = load(word);
        if (page->kind->finalize == NULL || (value & (FINALIZED | SIGN)) != 0)
            continue;
        store(word, (value | FINALIZED) + ONE);
        struct finalizing frame = { word, c->heap->finalizing, true };
        c->heap->finalizing = &frame;
        page->kind->finalize(word + 1);
        c->heap->finalizing = frame.outer;
        weft_release(word + 1);
        ran = true;
    }
    return ran;
}

// ---- judge

static bool judge_list(struct collector *c, struct members *members)
{
    struct table *table = &c->table;
    struct cursor cursor = { 0 };
    table->count = 0;
    if (!weft__reserve_table(c, members->count))
        return false;
    for (uint64_t *word; (word = weft__next_member(c, members, &cursor));)
        if (is_tracked(page_of(word), load(word)))
            weft__capture(c, word);
        else
            weft__pardon(c, word);
    size_t count = 0, dead = weft__small_verdict(c);
    weft__give_back(c);
    for (size_t i = 0; i < table->count; i++)
        if (dead == table->count || table->entries[i].refs == 0)
            members->words[count++] = table->entries[i].word;
        else
            weft__pardon(c, table->entries[i].word);
    members->count = count;
    return true;
}

static bool judge_suspects(struct collector *c)
{
    int64_t visits = INT64_MAX;
    weft__forget_overflows(c);
    c->index = 0;
    for (struct page *page = c->first_page; page != NULL;
            page = page->next_page)
        weft__zero_page(page);
    for (struct page *page = c->first_page; page != NULL;
            page = page->next_page)
        if (!weft__count_page(c, page, COUNT_AGAIN, &visits))
            return false;
    for (struct page *page = c->first_page; page != NULL;
            page = page->next_page)
        weft__root_page(c, page, true);
    return weft__flood(c, &visits) && !c->failed;
}

// Also those that a flood which failed took out, and did not look at.
static void pardon_page(struct collector *c, const struct page *page)
{
    for (uint32_t i = 0; page->margin != NULL && i < page->capacity; i++) {
        uint64_t *word = slot_at(page, i);
        if ((char *)word >= page->bump)
            return;
        if (is_condemned(load(word)))
            weft__pardon(c, word);
    }
}

static void pardon_all(struct collector *c, const struct members *members)
{
    struct cursor cursor = { 0 };
    if (members->words == NULL) {
        for (const struct page *page = c->first_page; page != NULL;
                page = page->next_page)
            pardon_page(c, page);
        weft__free_stack(c);
        return;
    }
    for (uint64_t *word; (word = weft__next_member(c, members, &cursor));)
        weft__pardon(c, word);
}

// Pardons those that live. Without memory to tell, that is all of them: false.
static bool judge_again(struct collector *c, struct members *members)
{
    bool known = c->heap->ordered ? weft__ordered_judge(c, members)
        : members->words != NULL ? judge_list(c, members) : judge_suspects(c);
    if (!known)
        pardon_all(c, members);
    return known;
}

// ---- empty, free

// What a member held goes: a member's count goes down, and no member dies of
// that; whatever else dies dies now.
static inline void let_member_go(void *held, void *context)
{
    struct collector *c = context;
    uint64_t *word = word_of(held);
    uint64_t value = load(word);
    if ((value & CONDEMNED) != 0 && (int64_t)value >= WEFT__ONE) {
        store(word, value - ONE);
        return;
    }
    if (unlikely(c->phase == PHASE_SETTLE))
        weft__note_outsider(c, word);
    weft_release(held);
}

static void let_all_go(void *held, void *context)
{
    (void)context;
    weft_release(held);
}

static void empty_values(void *object, const struct row *row,
    weft__child_fn *go, struct collector *c)
{
    weft_value *values = *(weft_value **)(void *)((char *)object + row->offset);
    size_t length = weft__row_length(object, row);
    for (size_t i = 0; i < length; i++) {
        weft_value value = values[i];
        values[i] = weft_nil();
        if (weft__has_object(value))
            go(value.as.object, c);
    }
}

static void empty_array(void *object, const struct row *row,
    weft__child_fn *go, struct collector *c)
{
    weft__pointer *elements = *(weft__pointer **)(void *)
        ((char *)object + row->offset);
    size_t length = weft__row_length(object, row);
    for (size_t i = 0; i < length; i++) {
        void *element = elements[i];
        elements[i] = NULL;
        if (element != NULL)
            go(element, c);
    }
}

static void empty_row(void *object, const struct row *row, weft__child_fn *go,
    struct collector *c)
{
    void *field = (char *)object + row->offset, *held = NULL;
    switch (row->kind) {
    case WEFT_FIELD_STRONG:
        held = *(weft__pointer *)field;
        *(weft__pointer *)field = NULL;
        break;
    case WEFT_FIELD_VALUE:
        held = weft_value_object(*(weft_value *)field);
        *(weft_value *)field = weft_nil();
        break;
    case WEFT_FIELD_ARRAY:
        empty_array(object, row, go, c);
        return;
    case ROW_VALUES:
        empty_values(object, row, go, c);
        return;
    default:
        while ((held = page_of(object)->heap->leave(object)) != NULL)
            go(held, c);
        return;
    }
    if (held != NULL)
        go(held, c);
}

static void empty_rows(const struct kind *kind, void *object,
    weft__child_fn *go, struct collector *c)
{
    for (uint32_t r = 0; r < kind->row_count; r++)
        empty_row(object, &kind->rows[r], go, c);
}

void weft__empty_member(struct collector *c, uint64_t *word)
{
    struct page *page = page_of(word);
    const struct kind *kind = page->kind;
    store(word, load(word) | TORN);
    if (c->heap->ordered) {
        store(word, load(word) + ONE);
        empty_rows(kind, word + 1, let_all_go, c);
        weft__clear(word + 1, let_all_go, c);
        weft_release(word + 1);
    } else if (page->strong > 0 && page->plain) {
        weft__pointer *field = (weft__pointer *)(void *)(word + 1);
        for (weft__pointer *end = field + page->strong; field < end; field++) {
            void *held = *field;
            *field = NULL;
            if (held != NULL)
                let_member_go(held, c);
        }
    } else {
        empty_rows(kind, word + 1, let_member_go, c);
        if (!kind->clears && !kind->visits)
            return;
        store(word, load(word) + ONE);  // a member may release this one
        weft__clear(word + 1, let_member_go, c);
        store(word, load(word) - ONE);
    }
}

// It was emptied, and its count is not zero: something holds it that no row or
// visit told of.
static void spare(struct collector *c, uint64_t *word, weft_gc_stats *stats)
{
    const struct page *page = page_of(word);
    // Sixteen deaths deep what lets go of it has to wait, and so has its death.
    if (!test_bit(page->pending_bits, slot_index(page, word))) {
        stats->uncollectable++;
        weft__tell_found(c, word, WEFT_DEBUG_UNCOLLECTABLE);
    }
    weft__pardon(c, word);
}

void weft__free_member(struct collector *c, uint64_t *word,
    weft_gc_stats *stats)
{
    struct page *page = page_of(word);
    uint64_t value = load(word);
    if (!is_condemned(value))
        return;
    if (unlikely(value >> 32 != 0)) {
        spare(c, word, stats);
        return;
    }
    value = word_after(page, value);
    if (page->kind->disposes) {
        store(word, SIGN | DYING | value);
        weft__dispose(word + 1);
    }
    weft__free_slot(page, word, value);
}

// Most garbage: an array of objects that hold others, and that is all.
static void empty_plainly(struct collector *c, const struct members *members)
{
    for (size_t i = 0; i < members->count; i++) {
        uint64_t *word = members->words[i];
        if (i + 8 < members->count)
            __builtin_prefetch(members->words[i + 8], 1);
        if (!is_condemned(load(word)))
            continue;
        weft__pointer *field = (weft__pointer *)(void *)(word + 1);
        weft__pointer *end = field + page_of(word)->strong;
        for (; field < end; field++) {
            void *held = *field;
            *field = NULL;
            if (held != NULL)
                let_member_go(held, c);
        }
    }
}

static void free_plainly(struct collector *c, const struct members *members,
    weft_gc_stats *stats)
{
    for (size_t i = 0; i < members->count; i++) {
        uint64_t *word = members->words[i], value = load(word);
        if (i + 8 < members->count)
            __builtin_prefetch(members->words[i + 8], 1);
        if (!is_condemned(value))
            continue;
        struct page *page = page_of(word);
        if (likely(value >> 32 == 0))
            weft__free_slot(page, word, word_after(page, value));
        else
            spare(c, word, stats);
    }
}

static void free_all(struct collector *c, const struct members *members,
    weft_gc_stats *stats)
{
    struct cursor cursor = { 0 };
    if ((members->traits & TRAIT_OTHER) == 0 && !c->heap->ordered) {
        empty_plainly(c, members);
        free_plainly(c, members, stats);
        return;
    }
    for (uint64_t *word; (word = weft__next_member(c, members, &cursor));)
        weft__empty_member(c, word);
    cursor = (struct cursor){ 0 };
    for (uint64_t *word; (word = weft__next_member(c, members, &cursor));)
        weft__free_member(c, word, stats);
}

// ---- all of it

// Until nobody can reach the members any more. Returns how many are garbage;
// what is left to do is to empty and free those still marked.
size_t weft__condemn(struct collector *c, struct members *members)
{
    size_t gone = 0;
    if (CHECKED && !weft__is_right(c, members)) {
        pardon_all(c, members);
        return 0;
    }
    bool watched = (members->flags & WATCHED) != 0, ran = false;
    bool reachable = watched || (members->flags & WEAKED) != 0
        || (members->traits & TRAIT_REF) != 0;
    if ((members->traits & TRAIT_TABLE) != 0)
        expire_tables(c, members);
    if (watched || (reachable && c->heap->options.weak_first))
        ran = call_refs_back(c, members, &gone);
    if ((members->traits & TRAIT_FINALIZE) != 0)
        ran = finalize(c, members) || ran;
    bool known = !ran || judge_again(c, members);
    weft__report_excess(c);
    if (!known)
        return gone;
    if (ran || reachable)
        kill_all(c, members);
    size_t count = ran || members->words == NULL ? count_members(c, members)
        : members->shown;
    if ((c->debug & (WEFT_DEBUG_COLLECTABLE | WEFT_DEBUG_SAVEALL)) != 0)
        weft__show_found(c, members);
    return count + gone;
}

// The same to the very end, for what a verdict put into `found`, marked.
size_t weft__condemn_found(struct collector *c, weft_gc_stats *stats)
{
    struct members *members = &c->found;
    if (members->count == 0)
        return 0;
    size_t count = weft__condemn(c, members);
    c->queues[OUTSIDERS].credit += 8 * (int64_t)count;
    free_all(c, members, stats);
    members->count = 0;
    return count;
}

// All suspects, of which anything may be true; they are marked.
struct members weft__all_suspects(void)
{
    return (struct members){ .flags = ~(uint64_t)0, .traits = ~0u };
}

size_t weft__condemn_suspects(struct collector *c, weft_gc_stats *stats)
{
    struct members suspects = weft__all_suspects();
    size_t count = weft__condemn(c, &suspects);
    free_all(c, &suspects, stats);
    return count;
}
