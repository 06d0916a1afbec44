// SPDX-License-Identifier: MIT
//
// Texts that are shared as long as they are used. A string cannot be referred
// to weakly, neither in Python nor here, so it cannot be in a weak dictionary.
// A page that has a string can: two fields, and what was impossible works. The
// cache keeps what is asked for again and again, and finds whatever anybody
// still shows.
#include <weft_pattern.h>

#include <stdio.h>
#include <stdlib.h>

struct page {
    weft_string *text;          // strong
};

static weft_type page_type = {
    .name = "page", WEFT_SIZE(struct page),
    .fields = WEFT_FIELDS(WEFT_STRING(struct page, text)) };

static void *need(void *object)
{
    if (object == NULL)
        exit(EXIT_FAILURE);
    return object;
}

static void *page_render(weft_value key, void *context)
{
    char text[64];
    snprintf(text, sizeof(text), "<h1>%s</h1>", weft_value_text(key));
    printf("  rendering %s\n", weft_value_text(key));
    struct page *page = need(weft_new(context, &page_type));
    page->text = need(weft_string_new(context, text));
    return page;
}

// A string takes more than the page itself.
static size_t page_cost(const void *object, void *context)
{
    const struct page *page = object;
    (void)context;
    return sizeof(*page) + weft_string_size(page->text);
}

int main(void)
{
    weft_heap *heap = need(weft_heap_open(NULL));
    weft_cache_options options = { .budget = 4096, .cost = page_cost };
    weft_cache *pages = need(weft_cache_new(heap, &options));

    printf("a string by itself:\n");
    weft_string *text = need(weft_string_new(heap, "<h1>Home</h1>"));
    weft_status status = weft_cache_put(pages, weft_text("home"), text);
    printf("  %s\n", weft_status_name(status));
    weft_release(text);

    printf("pages:\n");
    struct page *home = need(weft_cache_get_or_create(pages,
        weft_text("home"), page_render, heap));
    weft_release(need(weft_cache_get_or_create(pages, weft_text("news"),
        page_render, heap)));
    struct page *again = need(weft_cache_get_or_create(pages,
        weft_text("home"), page_render, heap));
    printf("  %s, the same: %s\n", weft_string_text(home->text),
        home == again ? "yes" : "no");
    weft_release(again);
    printf("  kept: %zu\n", weft_cache_get_stats(pages).kept);

    printf("the cache lets go of all it keeps:\n");
    weft_cache_trim(pages, 0);
    printf("  kept: %zu, found: %zu\n", weft_cache_get_stats(pages).kept,
        weft_cache_get_stats(pages).watched);
    weft_release(home);
    printf("  released, found: %zu\n", weft_cache_get_stats(pages).watched);

    weft_release(pages);
    printf("still held: %zu\n", weft_heap_close(heap));
    return EXIT_SUCCESS;
}
