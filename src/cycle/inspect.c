// SPDX-License-Identifier: MIT
//
// Looking at the heap: who is there, who holds whom, and why something is
// alive. Lists are made before anything is looked at, and filled without
// running user code.
#include "cycle.h"

#include <stdio.h>

bool weft_gc_is_tracked(const void *object)
{
    if (CHECKED && !weft__check_object(object, "weft_gc_is_tracked"))
        return false;
    return !page_of(object)->acyclic && is_alive(load(word_of(object)));
}

// As in Python, a finalizer called by count has been called once it returned,
// one called by the collector already while it runs.
bool weft_gc_is_finalized(const void *object)
{
    if (CHECKED && !weft__check_object(object, "weft_gc_is_finalized"))
        return false;
    const uint64_t *word = word_of(object);
    const struct finalizing *frame = page_of(object)->heap->finalizing;
    while (frame != NULL && (frame->word != word || frame->condemned))
        frame = frame->outer;
    return frame == NULL && (load(word) & FINALIZED) != 0;
}

// ---- lists of objects

struct search {
    weft_heap *heap;
    weft_list *list;            // NULL: memory ran out
    bool failed;                // the same, later
    const void *target;         // whom to look for
    weft_generation generation;
    bool holds;                 // the object looked at holds the target
};

static bool is_shown(const struct search *search, const struct page *page,
    const void *object)
{
    return (page->traits & TRAIT_HIDDEN) == 0 && object != search->list
        && object != search->heap->collector->garbage
        && !is_condemned(load(word_of(object)));
}

static void append(struct search *search, const void *object)
{
    if (!search->failed)
        search->failed = weft_list_append(search->list, weft_object(object))
            != WEFT_OK;
}

// What was found. Only now may user code run, of what is let go again.
static weft_list *end_search(const struct search *search)
{
    if (!search->failed)
        return search->list;
    weft_release(search->list);
    return NULL;
}

// A list to fill.
static struct search begin_search(weft_heap *heap)
{
    return (struct search){ .heap = heap, .list = weft_list_new(heap) };
}

static bool is_in_generation(const struct search *search,
    const struct page *page, const uint64_t *word)
{
    if (search->generation == WEFT_FULL)
        return true;
    if (search->heap->ordered && page->order != NULL)
        return weft__generation_of(word) == search->generation;
    return ((load(word) & OLD) != 0) == (search->generation == WEFT_OLD);
}

static void find_object(struct page *page, uint64_t *word, void *context)
{
    struct search *search = context;
    if (!page->acyclic && is_shown(search, page, word + 1)
            && is_in_generation(search, page, word))
        append(search, word + 1);
}

weft_list *weft_gc_get_objects(weft_heap *heap, weft_generation generation)
{
    weft__check_thread(heap, "weft_gc_get_objects");
    if (!weft__check_generation(heap, generation, "weft_gc_get_objects"))
        return NULL;
    struct search search = begin_search(heap);
    search.generation = generation;
    if (search.list != NULL)
        weft__each_object(heap, find_object, &search);
    return end_search(&search);
}

static void find_target(void *child, void *context)
{
    struct search *search = context;
    search->holds |= child == search->target;
}

static void find_referrer(struct page *page, uint64_t *word, void *context)
{
    struct search *search = context;
    search->holds = false;
    weft__each_edge(search->heap, page, word + 1, find_target, search);
    if (search->holds && is_shown(search, page, word + 1))
        append(search, word + 1);
}

weft_list *weft_gc_get_referrers(const void *object)
{
    if (CHECKED && !weft__check_object(object, "weft_gc_get_referrers"))
        return NULL;
    weft_heap *heap = page_of(object)->heap;
    struct search search = begin_search(heap);
    search.target = object;
    if (search.list != NULL)
        weft__each_object(heap, find_referrer, &search);
    return end_search(&search);
}

static void list_child(void *child, void *context)
{
    struct search *search = context;
    if (is_alive(load(word_of(child))))
        append(search, child);
}

weft_list *weft_gc_get_referents(const void *object)
{
    if (CHECKED && !weft__check_object(object, "weft_gc_get_referents"))
        return NULL;
    struct search search = begin_search(page_of(object)->heap);
    if (search.list != NULL)
        weft__each_edge(search.heap, page_of(object), object, list_child,
            &search);
    return end_search(&search);
}

// ---- why is it alive: names of edges

struct naming {
    weft_visitor visitor;
    const void *child;
    char *name;
    size_t size;
    bool found;
};

static void name_slot(weft_visitor *visitor, void *slot, bool is_value,
    const char *name)
{
    struct naming *naming = (struct naming *)(void *)visitor;
    const void *held = is_value ? ((const weft_value *)slot)->as.object
        : *(const weft__pointer *)slot;
    if (naming->found || held != naming->child)
        return;
    naming->found = true;
    (void)snprintf(naming->name, naming->size, "%s",
        name == NULL ? "?" : name);
}

static const char *name_of_row(const weft_type *type, const struct row *row)
{
    for (; type != NULL; type = type->base)
        for (const weft_field *f = type->fields; f != NULL && f->name != NULL;
                f++)
            if (f->offset == row->offset
                    && (f->kind == row->kind
                        || (f->kind == WEFT_FIELD_STRING
                            && row->kind == WEFT_FIELD_STRONG)))
                return f->name;
    return "?";
}

static bool name_in_row(const struct page *page, const void *object,
    const struct row *row, struct naming *naming)
{
    size_t length = weft__row_length(object, row);
    for (size_t i = 0; i < length; i++) {
        if (weft__child_at(object, row, i) != naming->child)
            continue;
        const char *name = name_of_row(page->type, row);
        enum role role = page->kind->role;
        if (is_table_role(role) || role == ROLE_DICT)
            (void)snprintf(naming->name, naming->size, "%s",
                (i & 1) == 0 ? "key" : "value");
        else if (row->kind == ROW_LEAVE)
            (void)snprintf(naming->name, naming->size, "%s",
                i == 0 ? "kept" : "owner");
        else if (role == ROLE_LIST)
            (void)snprintf(naming->name, naming->size, "[%zu]", i);
        else if (row->count_size > 0)
            (void)snprintf(naming->name, naming->size, "%s[%zu]", name, i);
        else
            (void)snprintf(naming->name, naming->size, "%s", name);
        return true;
    }
    return false;
}

// By which name the parent holds the child.
static void name_edge(const uint64_t *parent, const uint64_t *child,
    char *name, size_t size)
{
    const struct page *page = page_of(parent);
    struct naming naming = { { name_slot }, child + 1, name, size, false };
    (void)snprintf(name, size, "value");    // of a weak-key dictionary's entry
    for (uint32_t r = 0; r < page->kind->row_count; r++)
        if (name_in_row(page, parent + 1, &page->kind->rows[r], &naming))
            return;
    if (page->kind->visits)
        weft__visit(page->kind, parent + 1, &naming.visitor);
}

// From the end to the start, each put in front.
static bool list_path(weft_list *list, uint64_t *word)
{
    while (word != NULL) {
        if (weft_list_insert(list, 0, weft_object(word + 1)) != WEFT_OK)
            return false;
        uint64_t *parent = weft__note(word)->parent;
        if (parent != NULL) {
            char name[128];
            name_edge(parent, word, name, sizeof(name));
            if (weft_list_insert(list, 0, weft_text(name)) != WEFT_OK)
                return false;
        }
        word = parent;
    }
    return true;
}

weft_list *weft_gc_why_alive(const void *object)
{
    if (CHECKED && !weft__check_object(object, "weft_gc_why_alive"))
        return NULL;
    weft_heap *heap = page_of(object)->heap;
    weft_list *list = begin_search(heap).list;
    if (list == NULL || weft__fails(heap) || !weft__survey(heap)) {
        weft_release(list);
        return NULL;
    }
    struct walk walk = { .heap = heap, .target = word_of(object) };
    weft__reach_roots(&walk);
    weft__walk(&walk);
    bool done = !weft__note(walk.target)->reached
        || list_path(list, word_of(object));
    weft__end_survey(heap);
    if (done)
        return list;
    weft_release(list);
    return NULL;
}
