// SPDX-License-Identifier: MIT
//
// A document and its windows. Windows watch the document through refs with
// callbacks: they do not keep it alive, and each is told, once, when it has
// gone. A window that closes first takes its callback with it.
//
// A ref can have fields of its own. Here it knows its window, weakly: one
// callback might close all windows, and the others are still to be called.
#include <weft.h>

#include <stdio.h>
#include <stdlib.h>

struct document {
    weft_string *title;         // strong
};

struct window {
    const char *name;           // plain
    struct watch *document;     // strong: the ref, which watches the document
};

struct watch {
    weft_ref ref;
    weft_weak window;           // weak: whom to tell
};

static weft_type document_type = {
    .name = "document", WEFT_SIZE(struct document),
    .fields = WEFT_FIELDS(WEFT_STRING(struct document, title)) };

static weft_type window_type = {
    .name = "window", WEFT_SIZE(struct window),
    .fields = WEFT_FIELDS(WEFT_CSTRING(struct window, name),
        WEFT_STRONG(struct window, document)) };

static weft_type watch_type = {
    .name = "watch", WEFT_SIZE(struct watch), .base = &weft_ref_type,
    .fields = WEFT_FIELDS(WEFT_WEAK(struct watch, window)) };

WEFT_NEW_REF static struct document *document_new(weft_heap *heap,
    const char *title)
{
    struct document *document = weft_new(heap, &document_type);
    if (document == NULL)
        return NULL;
    document->title = weft_string_new(heap, title);
    if (document->title == NULL)
        weft_clear(&document);
    return document;
}

static void document_gone(weft_ref *ref, void *context)
{
    (void)context;
    const struct watch *watch = (const void *)ref;
    struct window *window = weft_weak_get(watch->window);
    if (window != NULL)
        printf("%s: the document is gone, showing a blank page\n",
            window->name);
    weft_release(window);
}

WEFT_NEW_REF static struct window *window_open(struct document *document,
    const char *name)
{
    struct window *window = weft_new(weft_heap_of(document), &window_type);
    if (window == NULL)
        return NULL;
    window->name = name;
    window->document = (void *)weft_ref_new_as(&watch_type, document,
        document_gone, NULL);
    if (window->document == NULL)
        weft_clear(&window);
    else
        window->document->window = weft_weak_of(window);
    return window;
}

static void window_draw(const struct window *window)
{
    struct document *document = weft_ref_get(&window->document->ref);
    printf("%s: %s\n", window->name,
        document == NULL ? "(blank)" : weft_string_text(document->title));
    weft_release(document);
}

int main(void)
{
    weft_heap *heap = weft_heap_open(NULL);
    if (heap == NULL)
        return EXIT_FAILURE;
    struct document *document = document_new(heap, "Moby Dick");
    if (document == NULL)
        return EXIT_FAILURE;
    struct window *left = window_open(document, "left");
    struct window *right = window_open(document, "right");
    struct window *popup = window_open(document, "popup");
    if (left == NULL || right == NULL || popup == NULL)
        return EXIT_FAILURE;

    window_draw(left);
    window_draw(right);
    window_draw(popup);
    printf("references: %zu, weak references: %zu\n", weft_refcount(document),
        weft_weakref_count(document));

    printf("closing the popup\n");
    weft_release(popup);
    printf("weak references: %zu\n", weft_weakref_count(document));
    printf("closing the document\n");
    weft_release(document);
    window_draw(left);

    weft_release(left);
    weft_release(right);
    printf("still held: %zu\n", weft_heap_close(heap));
    return EXIT_SUCCESS;
}
