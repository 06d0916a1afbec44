// SPDX-License-Identifier: MIT
//
// The tour, fourth part: rings, and the collector that finds them.
#include "tour.h"

// ---------------------------------------------------------------------------
// rings

SHOW_GLOBAL(dancer_code,
    struct dancer {
        const char *name;
        struct dancer *partner;
    };)

static void dancer_dispose(void *self)
{
    const struct dancer *dancer = self;
    if (dancer->name != NULL)
        say("%s is gone", dancer->name);
}

SHOW_GLOBAL(dancer_type_code,
    static weft_type dancer_type = {
        .name = "dancer", WEFT_SIZE(struct dancer),
        .fields = WEFT_FIELDS(WEFT_CSTRING(struct dancer, name),
            WEFT_STRONG(struct dancer, partner)),
        .dispose = dancer_dispose };)

SHOW_GLOBAL(dancers_pair_code,
    static void dancers_pair(struct dancer *one, struct dancer *other)
    {
        weft_set(&one->partner, other);
        weft_set(&other->partner, one);
    })

WEFT_NEW_REF static struct dancer *dancer_new(weft_heap *heap,
    const char *name)
{
    struct dancer *dancer = weft_new(heap, &dancer_type);
    tour_need(dancer);
    dancer->name = name;
    return dancer;
}

static void make_many_rings(void)
{
    SHOW(weft_heap *heap = weft_heap_open(NULL);)
    tour_need(heap);
    SHOW(for (size_t i = 0; i < 100000; i++) {
        struct dancer *one = dancer_new(heap, NULL);
        struct dancer *other = dancer_new(heap, NULL);
        dancers_pair(one, other);
        weft_release(one);
        weft_release(other);
    })
    TELL_ANY(weft_heap_get_stats(heap).objects);
    TELL(weft_gc_get_stats(heap, WEFT_YOUNG).collected > 100000, true);
    TELL_ANY(weft_gc_get_stats(heap, WEFT_YOUNG).collections);
    tour_explain("Closing a heap collects a last time. What it counts is what "
        "somebody still held.");
    TELL(weft_heap_close(heap), 0);
}

void tour_rings(void)
{
    tour_explain("Two objects that hold each other never see their counts fall "
        "to zero, even when nobody else holds them. That is a ring. Counting "
        "cannot see it, the collector can.");
    tour_global(dancer_code);
    tour_global(dancer_type_code);
    tour_global(dancers_pair_code);
    SHOW(weft_heap *heap = weft_heap_open(NULL);)
    tour_need(heap);
    SHOW(struct dancer *fred = dancer_new(heap, "Fred");)
    SHOW(struct dancer *ginger = dancer_new(heap, "Ginger");)
    SHOW(dancers_pair(fred, ginger);)
    TELL(weft_refcount(fred), 2);
    SHOW(weft_weak seen = weft_weak_of(fred);)
    SHOW(weft_release(fred);)
    SHOW(weft_release(ginger);)
    tour_expect_said("");
    TELL(weft_weak_is_dead(seen), false);
    SHOW(size_t collected = weft_gc_collect(heap, WEFT_FULL);)
    tour_expect_said(NULL);             // either may be the first
    TELL(collected, 2);
    TELL(weft_weak_is_dead(seen), true);
    TELL(weft_heap_close(heap), 0);

    tour_explain("There is no need to ask for it. The collector works at the "
        "end of a release, in short steps: on what was made lately, after "
        "every 1000 objects; on an old object when a release left it above "
        "zero; on everything now and then. Here is a program of nothing but "
        "rings.");
    make_many_rings();
}

// ---------------------------------------------------------------------------
// phases

SHOW_GLOBAL(actor_code,
    struct actor {
        const char *name;
        struct actor *partner;
        bool stays;
    };)

SHOW_GLOBAL(on_stage_code,
    static struct actor *on_stage;)

SHOW_GLOBAL(actor_finalize_code,
    static void actor_finalize(void *self)
    {
        struct actor *actor = self;
        say("finalize %s, who has %s", actor->name, actor->partner->name);
        if (actor->stays)
            weft_set(&on_stage, actor);
    })

SHOW_GLOBAL(actor_gone_code,
    static void actor_gone(weft_ref *ref, void *context)
    {
        (void)context;
        say("callback: the ref is dead: %s",
            weft_ref_is_dead(ref) ? "yes" : "no");
    })

static void actor_dispose(void *self)
{
    const struct actor *actor = self;
    say("%s is gone", actor->name);
}

static weft_type actor_type = {
    .name = "actor", WEFT_SIZE(struct actor),
    .fields = WEFT_FIELDS(WEFT_CSTRING(struct actor, name),
        WEFT_STRONG(struct actor, partner), WEFT_BOOL(struct actor, stays)),
    .finalize = actor_finalize, .dispose = actor_dispose };

// The first of two that hold each other.
WEFT_NEW_REF static struct actor *actors_new(weft_heap *heap, const char *name,
    const char *partner)
{
    struct actor *one = weft_new(heap, &actor_type);
    struct actor *other = weft_new(heap, &actor_type);
    tour_need(one);
    tour_need(other);
    one->name = name;
    other->name = partner;
    weft_set(&other->partner, one);
    weft_set_steal(&one->partner, other);
    return one;
}

void tour_phases(void)
{
    tour_explain("Rings may have finalizers and weak references. The order is "
        "Python's: callbacks of weak references, then all finalizers, once "
        "each; both see all of the garbage whole. What a finalizer stored is "
        "let be, with all that it holds; the rest is taken apart. Within a "
        "phase objects come in any order, but for heaps like this one, which "
        "keep to that of CPython.");
    tour_global(actor_code);
    tour_global(on_stage_code);
    tour_global(actor_finalize_code);
    tour_global(actor_gone_code);
    SHOW(weft_heap_options options = { .ordered = true };)
    SHOW(weft_heap *heap = weft_heap_open(&options);)
    tour_need(heap);
    tour_explain("Two rings of two:");
    SHOW(struct actor *romeo = actors_new(heap, "Romeo", "Juliet");)
    SHOW(struct actor *hero = actors_new(heap, "Hero", "Leander");)
    SHOW(hero->stays = true;)
    SHOW(weft_ref *ref = weft_ref_new(romeo, actor_gone, NULL);)
    tour_need(ref);
    SHOW(weft_release(romeo);)
    SHOW(weft_release(hero);)
    SHOW(size_t collected = weft_gc_collect(heap, WEFT_FULL);)
    tour_expect_said("callback: the ref is dead: yes; "
        "finalize Romeo, who has Juliet; finalize Juliet, who has Romeo; "
        "finalize Hero, who has Leander; finalize Leander, who has Hero; "
        "Juliet is gone; Romeo is gone; ");
    TELL(collected, 2);
    TELL(on_stage->partner->name, "Leander");
    tour_explain("The second time they just die.");
    SHOW(weft_clear(&on_stage);)
    SHOW(collected = weft_gc_collect(heap, WEFT_FULL);)
    tour_expect_said("Leander is gone; Hero is gone; ");
    TELL(collected, 2);
    SHOW(weft_release(ref);)
    TELL(weft_heap_close(heap), 0);
}

// ---------------------------------------------------------------------------
// why

SHOW_GLOBAL(page_code,
    struct page {
        const char *title;
        struct page *next;
    };)

SHOW_GLOBAL(browser_code,
    struct browser {
        struct page *shown;
        struct page *history;
    };)

static weft_type page_type = {
    .name = "page", WEFT_SIZE(struct page),
    .fields = WEFT_FIELDS(WEFT_CSTRING(struct page, title),
        WEFT_STRONG(struct page, next)) };

static weft_type browser_type = {
    .name = "browser", WEFT_SIZE(struct browser),
    .fields = WEFT_FIELDS(WEFT_STRONG(struct browser, shown),
        WEFT_STRONG(struct browser, history)) };

SHOW_GLOBAL(say_why_code,
    static void say_why(const void *object)
    {
        weft_list *path = weft_gc_why_alive(object);
        weft_each(step, path) {
            bool is_name = step.key.as.integer % 2 == 1;
            say("%s%s", is_name ? "    ." : "",
                is_name ? weft_value_text(step.value)
                : weft_type_of(step.object)->name);
        }
        if (weft_list_length(path) == 0)
            say("nothing outside leads to it: it is garbage");
        weft_release(path);
    })

WEFT_NEW_REF static struct page *tour_page_new(weft_heap *heap,
    const char *title)
{
    struct page *page = weft_new(heap, &page_type);
    tour_need(page);
    page->title = title;
    return page;
}

void tour_why(void)
{
    tour_explain("Something is alive that should not be. The heap can tell who "
        "holds it, and the shortest way to it from what the program's own "
        "variables hold, field by field.");
    tour_global(page_code);
    tour_global(browser_code);
    tour_global(say_why_code);
    SHOW(weft_heap *heap = weft_heap_open(NULL);)
    tour_need(heap);
    SHOW(struct browser *browser = weft_new(heap, &browser_type);)
    tour_need(browser);
    SHOW(weft_set_steal(&browser->shown, tour_page_new(heap, "news"));)
    SHOW(weft_set_steal(&browser->history, tour_page_new(heap, "search"));)
    SHOW(weft_set(&browser->history->next, browser->shown);)
    SHOW(struct page *news = weft_retain(browser->shown);)
    tour_explain("The page is closed. It is not gone:");
    SHOW(weft_clear(&browser->shown);)
    TELL(weft_refcount(news), 2);
    SHOW(say_why(news);)
    tour_expect_said("browser;     .history; page;     .next; page; ");
    SHOW(weft_list *holders = weft_gc_get_referrers(news);)
    tour_need(holders);
    TELL(weft_list_length(holders), 1);
    SHOW(weft_release(holders);)
    tour_explain("One of the references is taken to be the asker's own.");
    SHOW(weft_clear(&browser->history);)
    SHOW(say_why(news);)
    tour_expect_said("nothing outside leads to it: it is garbage; ");
    SHOW(weft_release(news);)
    SHOW(weft_release(browser);)
    TELL(weft_heap_close(heap), 0);
}

// ---------------------------------------------------------------------------
// leaks

SHOW_GLOBAL(note_garbage_code,
    static void note_garbage(weft_heap *heap, const weft_report *report,
        void *context)
    {
        size_t *found = context;
        *found += report->event == WEFT_COLLECTED;
        say("%s", report->message);
        (void)heap;
    })

void tour_leaks(void)
{
    tour_explain("A program that wants no rings, because what is in them dies "
        "late, can have them shown: in leak mode the report hook is told of "
        "each object that is found, and all are kept in the garbage list, "
        "whole, to be looked at.");
    tour_global(note_garbage_code);
    SHOW(size_t found = 0;)
    SHOW(weft_heap_options options = { .report = note_garbage,
        .report_context = &found };)
    SHOW(weft_heap *heap = weft_heap_open(&options);)
    tour_need(heap);
    SHOW(weft_gc_set_debug(heap, WEFT_DEBUG_LEAK);)
    SHOW(struct dancer *fred = dancer_new(heap, "Fred");)
    SHOW(weft_set_steal(&fred->partner, dancer_new(heap, "Ginger"));)
    SHOW(weft_set(&fred->partner->partner, fred);)
    SHOW(weft_release(fred);)
    TELL(weft_gc_collect(heap, WEFT_FULL), 2);
    tour_expect_said(NULL);             // there are addresses in it
    TELL(found, 2);
    SHOW(weft_list *garbage = weft_gc_garbage(heap);)
    tour_need(garbage);
    TELL(weft_list_length(garbage), 2);
    SHOW(weft_value first = weft_list_get(garbage, 0);)
    SHOW(fred = weft_value_object(first);)
    TELL(fred->partner->partner == fred, true);
    SHOW(weft_value_clear(&first);)
    tour_explain("Out of leak mode, what was kept is garbage like any other.");
    SHOW(weft_gc_set_debug(heap, 0);)
    SHOW(weft_list_clear(garbage);)
    SHOW(weft_release(garbage);)
    SHOW(size_t collected = weft_gc_collect(heap, WEFT_FULL);)
    tour_expect_said(NULL);             // either may be the first
    TELL(collected, 2);
    TELL(weft_heap_close(heap), 0);
}
