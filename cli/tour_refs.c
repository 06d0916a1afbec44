// SPDX-License-Identifier: MIT
//
// The tour, second part: weak references that are objects, and finalizers.
#include "tour.h"

// ---------------------------------------------------------------------------
// refs

struct page {
    const char *title;
};

static weft_type page_type = {
    .name = "page", WEFT_SIZE(struct page),
    .fields = WEFT_FIELDS(WEFT_CSTRING(struct page, title)) };

WEFT_NEW_REF static struct page *page_new(weft_heap *heap, const char *title)
{
    struct page *page = weft_new(heap, &page_type);
    if (page != NULL)
        page->title = title;
    return page;
}

SHOW_GLOBAL(page_gone_code,
    static void page_gone(weft_ref *ref, void *context)
    {
        const char *who = context;
        say("%s is told, and its ref is %s", who,
            weft_ref_is_dead(ref) ? "dead" : "alive");
    })

void tour_refs(void)
{
    tour_explain("When a handle is not enough there is weft_ref, Python's "
        "weakref.ref: an object, which may have a callback to be told of the "
        "death. Without one all who ask share a single ref.");
    tour_global(page_gone_code);
    SHOW(weft_heap *heap = weft_heap_open(NULL);)
    tour_need(heap);
    SHOW(struct page *page = page_new(heap, "Home");)
    tour_need(page);
    SHOW(weft_ref *plain = weft_ref_new(page, NULL, NULL);)
    SHOW(weft_ref *same = weft_ref_new(page, NULL, NULL);)
    tour_need(plain);
    TELL(plain == same, true);
    SHOW(weft_ref *index = weft_ref_new(page, page_gone, "the index");)
    SHOW(weft_ref *window = weft_ref_new(page, page_gone, "the window");)
    SHOW(weft_ref *printer = weft_ref_new(page, page_gone, "the printer");)
    tour_need(index);
    tour_need(window);
    tour_need(printer);
    TELL(weft_weakref_count(page), 4);
    TELL(weft_refcount(page), 1);
    SHOW(struct page *found = weft_ref_get(window);)
    TELL(found->title, "Home");
    SHOW(weft_release(found);)

    tour_explain("A ref that is let go takes its callback with it. The others "
        "are called newest first, when all of them are dead already.");
    SHOW(weft_release(printer);)
    tour_expect_said("");
    SHOW(weft_release(page);)
    tour_expect_said("the window is told, and its ref is dead; "
        "the index is told, and its ref is dead; ");
    TELL(weft_ref_get(plain), NULL);
    SHOW(weft_release(plain); weft_release(same); weft_release(index);
        weft_release(window);)
    TELL(weft_heap_close(heap), 0);
}

// ---------------------------------------------------------------------------
// proxies

SHOW_GLOBAL(lamp_code,
    struct lamp {
        int64_t watts;
        bool is_on;
    };)

SHOW_GLOBAL(lamp_toggle_code,
    static weft_status lamp_toggle(void *self, const weft_value *arguments,
        size_t count, weft_value *result)
    {
        struct lamp *lamp = self;
        (void)arguments;
        if (count != 0)
            return WEFT_TYPE_ERROR;
        lamp->is_on = !lamp->is_on;
        *result = weft_bool(lamp->is_on);
        return WEFT_OK;
    })

SHOW_GLOBAL(lamp_type_code,
    static weft_type lamp_type = {
        .name = "lamp", WEFT_SIZE(struct lamp),
        .fields = WEFT_FIELDS(WEFT_INT(struct lamp, watts),
            WEFT_BOOL(struct lamp, is_on)),
        .methods = WEFT_METHODS({ "toggle", lamp_toggle }) };)

void tour_proxies(void)
{
    tour_explain("A proxy stands for its object, weakly. Fields and methods "
        "are found by name, through the object's tables.");
    tour_global(lamp_code);
    tour_global(lamp_toggle_code);
    tour_global(lamp_type_code);
    SHOW(weft_heap *heap = weft_heap_open(NULL);)
    tour_need(heap);
    SHOW(struct lamp *lamp = weft_new(heap, &lamp_type);)
    tour_need(lamp);
    SHOW(weft_ref *proxy = weft_proxy_new(lamp, NULL, NULL);)
    tour_need(proxy);
    SHOW(weft_value value = weft_nil();)
    TELL_STATUS(weft_setattr(proxy, "watts", weft_int(60)), WEFT_OK);
    TELL(lamp->watts, 60);
    TELL_STATUS(weft_getattr(proxy, "watts", &value), WEFT_OK);
    TELL(value.as.integer, 60);
    TELL_STATUS(weft_call(proxy, "toggle", NULL, 0, &value), WEFT_OK);
    TELL(value.as.boolean, true);
    TELL(lamp->is_on, true);
    TELL_STATUS(weft_getattr(proxy, "volts", &value), WEFT_ATTRIBUTE_ERROR);

    tour_explain("Once the object is gone every question has one answer.");
    SHOW(weft_release(lamp);)
    TELL_STATUS(weft_getattr(proxy, "watts", &value), WEFT_REFERENCE_ERROR);
    TELL_STATUS(weft_call(proxy, "toggle", NULL, 0, NULL),
        WEFT_REFERENCE_ERROR);
    SHOW(weft_release(proxy);)
    TELL(weft_heap_close(heap), 0);
}

// ---------------------------------------------------------------------------
// methods

SHOW_GLOBAL(player_code,
    struct player {
        int64_t score;
    };)

SHOW_GLOBAL(player_win_code,
    static void player_win(void *self, void *argument)
    {
        struct player *player = self;
        const int64_t *points = argument;
        player->score += *points;
        say("player_win: %d points now", (int)player->score);
    })

static weft_type player_type = {
    .name = "player", WEFT_SIZE(struct player),
    .fields = WEFT_FIELDS(WEFT_INT(struct player, score)) };

void tour_methods(void)
{
    tour_explain("A callback that keeps its owner alive is a leak, one that "
        "does not is a crash. A weak method is neither: an object and a "
        "function, callable for as long as the object lives.");
    tour_global(player_code);
    tour_global(player_win_code);
    SHOW(weft_heap *heap = weft_heap_open(NULL);)
    tour_need(heap);
    SHOW(struct player *player = weft_new(heap, &player_type);)
    tour_need(player);
    SHOW(weft_ref *on_win = weft_weakmethod_new(player, NULL, player_win, NULL,
            NULL);)
    tour_need(on_win);
    SHOW(int64_t points = 10;)
    TELL(weft_weakmethod_call(on_win, &points), true);
    TELL(weft_weakmethod_call(on_win, &points), true);
    tour_expect_said("player_win: 10 points now; player_win: 20 points now; ");
    TELL(player->score, 20);
    SHOW(weft_release(player);)
    TELL(weft_weakmethod_call(on_win, &points), false);
    tour_expect_said("");
    SHOW(weft_release(on_win);)
    TELL(weft_heap_close(heap), 0);
}

// ---------------------------------------------------------------------------
// finalizers

SHOW_GLOBAL(remove_file_code,
    static void remove_file(void *context)
    {
        const char *path = context;
        say("removing %s", path);
    })

void tour_finalizers(void)
{
    tour_explain("weft_finalize() has a function called when an object dies, "
        "whatever its type: Python's weakref.finalize. Nobody has to hold it; "
        "a handle comes back for whoever wants a say.");
    tour_global(remove_file_code);
    SHOW(weft_heap *heap = weft_heap_open(NULL);)
    tour_need(heap);
    SHOW(struct page *page = page_new(heap, "Draft");)
    tour_need(page);
    TELL_STATUS(weft_finalize(page, remove_file, "a.tmp", NULL), WEFT_OK);
    SHOW(weft_release(page);)
    tour_expect_said("removing a.tmp; ");

    tour_explain("Called early, it is over; so it is when detached.");
    SHOW(page = page_new(heap, "Draft 2");)
    tour_need(page);
    SHOW(weft_finalizer early; weft_finalizer kept;)
    TELL_STATUS(weft_finalize(page, remove_file, "b.tmp", &early), WEFT_OK);
    TELL_STATUS(weft_finalize(page, remove_file, "c.txt", &kept), WEFT_OK);
    TELL(weft_finalizer_call(early), true);
    tour_expect_said("removing b.tmp; ");
    TELL(weft_finalizer_call(early), false);
    SHOW(void *path = NULL;)
    SHOW(struct page *peeked = weft_finalizer_peek(kept, &path);)
    TELL(peeked == page, true);
    TELL((const char *)path, "c.txt");
    SHOW(weft_release(peeked);)
    TELL(weft_finalizer_detach(kept) == WEFT_CANCELLED, true);
    TELL(weft_finalizer_is_alive(kept), false);

    tour_explain("What is left runs when the heap closes, newest first, unless "
        "told otherwise. So temporary files go even if their owner leaks.");
    SHOW(weft_finalizer never;)
    TELL_STATUS(weft_finalize(page, remove_file, "d.tmp", NULL), WEFT_OK);
    TELL_STATUS(weft_finalize(page, remove_file, "e.tmp", NULL), WEFT_OK);
    TELL_STATUS(weft_finalize(page, remove_file, "f.txt", &never), WEFT_OK);
    SHOW(weft_finalizer_set_at_exit(never, false);)
    SHOW(weft_heap_exit(heap);)
    tour_expect_said("removing e.tmp; removing d.tmp; ");
    SHOW(weft_release(page);)
    tour_expect_said("");
    TELL(weft_heap_close(heap), 0);
}
