// SPDX-License-Identifier: MIT
//
// The tour, eighth part: what programs build on weak references, built once
// (weft_pattern.h).
#include "tour.h"

#include <weft_pattern.h>

// ---------------------------------------------------------------------------
// signals

SHOW_GLOBAL(gauge_code,
    struct gauge {
        const char *name;
    };)

SHOW_GLOBAL(gauge_show_code,
    static void gauge_show(void *self, void *argument)
    {
        const struct gauge *gauge = self;
        const int *degrees = argument;
        say("the %s shows %d", gauge->name, *degrees);
    })

static weft_type gauge_type = {
    .name = "gauge", WEFT_SIZE(struct gauge),
    .fields = WEFT_FIELDS(WEFT_CSTRING(struct gauge, name)) };

WEFT_NEW_REF static struct gauge *gauge_new(weft_heap *heap, const char *name)
{
    struct gauge *gauge = weft_new(heap, &gauge_type);
    tour_need(gauge);
    gauge->name = name;
    return gauge;
}

void tour_signals(void)
{
    tour_explain("A signal tells observers of something, and holds none of "
        "them. Connections go with their observers; nobody has to disconnect, "
        "and a handler may do anything.");
    tour_global(gauge_code);
    tour_global(gauge_show_code);
    SHOW(weft_heap *heap = weft_heap_open(NULL);)
    tour_need(heap);
    SHOW(weft_signal *warmer = weft_signal_new(heap);)
    tour_need(warmer);
    SHOW(struct gauge *dial = gauge_new(heap, "dial");)
    SHOW(struct gauge *lcd = gauge_new(heap, "display");)
    TELL_STATUS(weft_signal_connect(warmer, dial, gauge_show), WEFT_OK);
    TELL_STATUS(weft_signal_connect(warmer, lcd, gauge_show), WEFT_OK);
    SHOW(int degrees = 20;)
    TELL(weft_signal_emit(warmer, &degrees), 2);
    tour_expect_said("the dial shows 20; the display shows 20; ");
    TELL(weft_refcount(lcd), 1);
    SHOW(weft_release(lcd);)
    TELL(weft_signal_length(warmer), 1);
    SHOW(degrees = 21;)
    TELL(weft_signal_emit(warmer, &degrees), 1);
    tour_expect_said("the dial shows 21; ");
    TELL(weft_signal_disconnect(warmer, dial, gauge_show), true);
    TELL(weft_signal_emit(warmer, &degrees), 0);
    SHOW(weft_release(dial); weft_release(warmer);)
    TELL(weft_heap_close(heap), 0);
}

// ---------------------------------------------------------------------------
// caches, and memos

SHOW_GLOBAL(image_code,
    struct image {
        int64_t number;
    };)

static void image_dispose(void *self)
{
    const struct image *image = self;
    say("image %d is gone", (int)image->number);
}

static weft_type image_type = {
    .name = "image", WEFT_SIZE(struct image),
    .fields = WEFT_FIELDS(WEFT_INT(struct image, number)),
    .dispose = image_dispose };

SHOW_GLOBAL(image_load_code,
    static void *image_load(weft_value key, void *context)
    {
        weft_heap *heap = context;
        struct image *image = weft_new(heap, &image_type);
        if (image == NULL)
            return NULL;
        image->number = key.as.integer;
        say("loading image %d", (int)image->number);
        return image;
    })

SHOW_GLOBAL(one_each_code,
    static size_t one_each(const void *object, void *context)
    {
        (void)object;
        (void)context;
        return 1;
    })

void tour_caches(void)
{
    tour_explain("A cache keeps what was used, up to a budget. What it lets go "
        "of it still finds, as long as anybody else holds that: so there are "
        "never two of one thing.");
    tour_global(image_code);
    tour_global(image_load_code);
    tour_global(one_each_code);
    SHOW(weft_heap *heap = weft_heap_open(NULL);)
    tour_need(heap);
    SHOW(weft_cache_options options = { .budget = 10, .cost = one_each };)
    SHOW(weft_cache *cache = weft_cache_new(heap, &options);)
    tour_need(cache);
    SHOW(struct image *image = weft_cache_get_or_create(cache, weft_int(1),
            image_load, heap);)
    tour_need(image);
    tour_expect_said("loading image 1; ");
    SHOW(weft_release(weft_cache_get_or_create(cache, weft_int(2), image_load,
            heap));)
    tour_expect_said("loading image 2; ");
    TELL(weft_cache_get_stats(cache).kept, 2);
    tour_explain("Nobody has image 2 but the cache. Image 1 we have, too. "
        "Memory is short:");
    SHOW(weft_cache_trim(cache, 0);)
    tour_expect_said("image 2 is gone; ");
    TELL(weft_cache_get_stats(cache).kept, 0);
    TELL(weft_cache_get_stats(cache).watched, 1);
    SHOW(struct image *found = weft_cache_get(cache, weft_int(1));)
    TELL(found == image, true);
    SHOW(weft_release(found); weft_release(image); weft_release(cache);)
    tour_expect_said("image 1 is gone; ");
    TELL(weft_heap_close(heap), 0);
}

SHOW_GLOBAL(scale_code,
    static void *scale(const weft_value *arguments, size_t count,
        void *context)
    {
        weft_heap *heap = context;
        struct image *image = count == 2 ? weft_new(heap, &image_type) : NULL;
        if (image == NULL)
            return NULL;
        image->number = arguments[0].as.integer * arguments[1].as.integer;
        say("working out image %d", (int)image->number);
        return image;
    })

void tour_memos(void)
{
    tour_explain("A memo is a function that remembers its results by its "
        "arguments: as long as somebody holds them, or, with the options of a "
        "cache, for longer.");
    tour_global(scale_code);
    SHOW(weft_heap *heap = weft_heap_open(NULL);)
    tour_need(heap);
    SHOW(weft_memo *scaled = weft_memo_new(heap, scale, heap);)
    tour_need(scaled);
    SHOW(weft_value arguments[] = { weft_int(6), weft_int(7) };)
    SHOW(struct image *first = weft_memo_call(scaled, arguments, 2);)
    SHOW(struct image *second = weft_memo_call(scaled, arguments, 2);)
    tour_need(first);
    tour_expect_said("working out image 42; ");
    TELL(first == second, true);
    TELL(weft_memo_length(scaled), 1);
    SHOW(weft_release(first); weft_release(second);)
    tour_expect_said("image 42 is gone; ");
    TELL(weft_memo_length(scaled), 0);
    SHOW(weft_release(scaled);)
    TELL(weft_heap_close(heap), 0);
}

// ---------------------------------------------------------------------------
// pools

SHOW_GLOBAL(parser_code,
    struct parser {
        int64_t line;
        weft_list *words;
    };)

SHOW_GLOBAL(parser_reset_code,
    static void parser_reset(void *object, void *context)
    {
        struct parser *parser = object;
        (void)context;
        say("reset, after line %d", (int)parser->line);
        parser->line = 0;
        weft_list_clear(parser->words);
    })

static void parser_dispose(void *self)
{
    (void)self;
    say("a parser is gone");
}

static weft_type parser_type = {
    .name = "parser", WEFT_SIZE(struct parser),
    .fields = WEFT_FIELDS(WEFT_INT(struct parser, line),
        WEFT_STRONG_OF(struct parser, words, &weft_list_type)),
    .dispose = parser_dispose };

void tour_pools(void)
{
    tour_explain("A pool hands out objects, and has them back when the last "
        "reference goes, with what they hold. Nobody has to give one back. "
        "For all who watch it that is a death like any other.");
    tour_global(parser_code);
    tour_global(parser_reset_code);
    SHOW(weft_heap *heap = weft_heap_open(NULL);)
    tour_need(heap);
    SHOW(weft_pool *pool = weft_pool_new(heap, &parser_type, 8, parser_reset,
            NULL);)
    tour_need(pool);
    SHOW(struct parser *parser = weft_pool_get(pool);)
    tour_need(parser);
    SHOW(parser->words = weft_list_new(heap);)
    tour_need(parser->words);
    SHOW(parser->line = 120;)
    SHOW(weft_weak seen = weft_weak_of(parser);)
    SHOW(weft_release(parser);)
    tour_expect_said("reset, after line 120; ");
    TELL(weft_weak_is_dead(seen), true);
    TELL(weft_pool_idle_count(pool), 1);
    SHOW(struct parser *again = weft_pool_get(pool);)
    tour_need(again);
    TELL(again->line, 0);
    TELL(weft_list_length(again->words), 0);
    TELL(weft_weak_is_dead(seen), true);
    TELL(weft_pool_idle_count(pool), 0);
    SHOW(weft_release(again);)
    tour_expect_said("reset, after line 0; ");
    SHOW(weft_pool_trim(pool, 0);)
    tour_expect_said("a parser is gone; ");
    SHOW(weft_release(pool);)
    TELL(weft_heap_close(heap), 0);
}

// ---------------------------------------------------------------------------
// trees

SHOW_GLOBAL(tree_add_code,
    static weft_tree *tree_add(weft_tree *parent, const char *text)
    {
        weft_tree *child = weft_tree_new(weft_heap_of(parent),
            weft_text(text));
        tour_need(child);
        weft_status status = weft_tree_add(parent, child);
        weft_release(child);
        return status == WEFT_OK ? child : NULL;
    })

SHOW_GLOBAL(say_path_code,
    static void say_path(const weft_tree *tree)
    {
        weft_list *path = weft_tree_path(tree);
        tour_need(path);
        weft_string *text = weft_repr(weft_heap_of(tree), weft_object(path));
        tour_need(text);
        say("%s", weft_string_text(text));
        weft_release(text);
        weft_release(path);
    })

void tour_trees(void)
{
    tour_explain("Such a tree is there ready-made: its nodes hold their "
        "children and know their parent weakly. It can also move its parts, "
        "and refuses to put one below itself.");
    tour_global(tree_add_code);
    tour_global(say_path_code);
    SHOW(weft_heap *heap = weft_heap_open(NULL);)
    tour_need(heap);
    SHOW(weft_tree *root = weft_tree_new(heap, weft_text("/"));)
    tour_need(root);
    SHOW(weft_tree *home = tree_add(root, "home");)
    SHOW(weft_tree *ann = tree_add(home, "ann");)
    SHOW(weft_tree *old = tree_add(root, "old");)
    tour_need(home);
    tour_need(ann);
    tour_need(old);
    SHOW(say_path(ann);)
    tour_expect_said("['/', 'home', 'ann']; ");
    TELL_STATUS(weft_tree_add(old, home), WEFT_OK);
    SHOW(say_path(ann);)
    tour_expect_said("['/', 'old', 'home', 'ann']; ");
    TELL_STATUS(weft_tree_add(ann, old), WEFT_VALUE_ERROR);
    tour_explain("The root goes, and with it whatever nobody else holds.");
    SHOW(weft_retain(home);)
    SHOW(weft_release(root);)
    SHOW(say_path(ann);)
    tour_expect_said("['home', 'ann']; ");
    TELL(weft_tree_parent(home), NULL);
    SHOW(weft_release(home);)
    TELL(weft_heap_close(heap), 0);
}
