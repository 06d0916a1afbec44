// SPDX-License-Identifier: MIT
//
// A document and the windows that show it. The document tells of its changes by
// signals. Windows connect to these, which keeps none of them alive, so there
// is nothing to disconnect: a window that is closed is not told any more, be it
// by a handler, while others are still being told. Nor do windows keep their
// document: each has a weak handle, and finds nothing there once it is closed.
#include <weft_pattern.h>

#include <stdio.h>
#include <stdlib.h>

struct document {
    weft_string *title;         // strong
    weft_signal *changed;       // strong: told whenever the title is another
    weft_signal *closed;        // strong: told once, at the end
};

struct window {
    const char *name;           // plain
    weft_weak document;         // weak
};

// A finalizer runs on a whole object: whoever is told can still look at it.
static void document_finalize(void *self)
{
    struct document *document = self;
    weft_signal_emit(document->closed, document);
}

static weft_type document_type = {
    .name = "document", WEFT_SIZE(struct document),
    .fields = WEFT_FIELDS(WEFT_STRING(struct document, title),
        WEFT_STRONG_OF(struct document, changed, &weft_signal_type),
        WEFT_STRONG_OF(struct document, closed, &weft_signal_type)),
    .finalize = document_finalize };

static weft_type window_type = {
    .name = "window", WEFT_SIZE(struct window),
    .fields = WEFT_FIELDS(WEFT_CSTRING(struct window, name),
        WEFT_WEAK(struct window, document)) };

static struct window *tooltip;  // strong: at most one is shown

WEFT_NEW_REF static void *need(void *object)
{
    if (object == NULL)
        exit(EXIT_FAILURE);
    return object;
}

WEFT_NEW_REF static struct document *document_new(weft_heap *heap,
    const char *title)
{
    struct document *document = need(weft_new(heap, &document_type));
    document->changed = need(weft_signal_new(heap));
    document->closed = need(weft_signal_new(heap));
    document->title = need(weft_string_new(heap, title));
    return document;
}

static void document_rename(struct document *document, const char *title)
{
    weft_set_steal(&document->title,
        need(weft_string_new(weft_heap_of(document), title)));
    size_t count = weft_signal_emit(document->changed, document);
    printf("  windows told: %zu\n", count);
}

static void window_draw(const struct window *window)
{
    weft_auto(struct document) document = weft_weak_get(window->document);
    printf("  %s: %s\n", window->name,
        document == NULL ? "(blank)" : weft_string_text(document->title));
}

static void title_changed(void *self, void *argument)
{
    (void)argument;
    window_draw(self);
}

static void document_closed(void *self, void *argument)
{
    const struct window *window = self;
    const struct document *document = argument;
    printf("  %s: %s was closed\n", window->name,
        weft_string_text(document->title));
}

// Whatever changes, a tooltip has had its time. That it is told just now does
// no harm: it is held as long as this takes.
static void hide_tooltip(void *self, void *argument)
{
    const struct window *window = self;
    (void)argument;
    weft_clear(&tooltip);
    printf("  %s: hidden\n", window->name);
}

WEFT_NEW_REF static struct window *window_open(struct document *document,
    const char *name, weft_handler_fn *changed, weft_handler_fn *closed)
{
    struct window *window = need(weft_new(weft_heap_of(document),
        &window_type));
    window->name = name;
    window->document = weft_weak_of(document);
    if (weft_signal_connect(document->changed, window, changed) != WEFT_OK
            || weft_signal_connect(document->closed, window, closed) != WEFT_OK)
        exit(EXIT_FAILURE);
    return window;
}

int main(void)
{
    weft_heap *heap = need(weft_heap_open(NULL));
    struct document *document = document_new(heap, "Moby Dick");
    struct window *left = window_open(document, "left", title_changed,
        document_closed);
    tooltip = window_open(document, "tooltip", hide_tooltip, hide_tooltip);
    struct window *right = window_open(document, "right", title_changed,
        document_closed);
    printf("references: %zu, connections: %zu\n", weft_refcount(document),
        weft_signal_length(document->changed));

    printf("the title changes:\n");
    document_rename(document, "The Whale");
    printf("it changes again:\n");
    document_rename(document, "Moby-Dick; or, The Whale");
    printf("the right window is closed:\n");
    weft_release(right);
    document_rename(document, "Moby-Dick");
    printf("the document is closed:\n");
    weft_release(document);
    window_draw(left);

    weft_release(left);
    printf("still held: %zu\n", weft_heap_close(heap));
    return EXIT_SUCCESS;
}
