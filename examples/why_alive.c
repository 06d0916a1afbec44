// SPDX-License-Identifier: MIT
//
// A leak hunt. A document was closed, and is still there: who keeps it? The
// heap knows. weft_gc_why_alive() gives the shortest way to it from what the
// program's variables hold, field by field; weft_gc_get_referrers() gives all
// who hold it directly. It turns out to be a plugin that remembers too much.
#include <weft.h>

#include <stdio.h>
#include <stdlib.h>

struct document {
    const char *title;          // plain
    struct view *view;          // strong: a ring, which does no harm
};

struct view {
    struct document *document;  // strong
};

struct plugin {
    const char *name;           // plain
    struct document *last;      // strong: this is the mistake
};

struct editor {
    struct document *open;      // strong
    struct plugin *plugins[2];  // strong
};

static weft_type document_type = {
    .name = "document", WEFT_SIZE(struct document),
    .fields = WEFT_FIELDS(WEFT_CSTRING(struct document, title),
        WEFT_STRONG(struct document, view)) };

static weft_type view_type = {
    .name = "view", WEFT_SIZE(struct view),
    .fields = WEFT_FIELDS(WEFT_STRONG(struct view, document)) };

static weft_type plugin_type = {
    .name = "plugin", WEFT_SIZE(struct plugin),
    .fields = WEFT_FIELDS(WEFT_CSTRING(struct plugin, name),
        WEFT_STRONG(struct plugin, last)) };

static weft_type editor_type = {
    .name = "editor", WEFT_SIZE(struct editor),
    .fields = WEFT_FIELDS(WEFT_STRONG(struct editor, open),
        WEFT_STRONG(struct editor, plugins[0]),
        WEFT_STRONG(struct editor, plugins[1])) };

WEFT_NEW_REF static void *need(void *object)
{
    if (object == NULL)
        exit(EXIT_FAILURE);
    return object;
}

static void editor_open(struct editor *editor, const char *title)
{
    weft_heap *heap = weft_heap_of(editor);
    weft_set_steal(&editor->open, need(weft_new(heap, &document_type)));
    struct document *document = editor->open;
    document->title = title;
    weft_set_steal(&document->view, need(weft_new(heap, &view_type)));
    weft_set(&document->view->document, document);
}

static void editor_check_spelling(struct editor *editor)
{
    weft_set(&editor->plugins[1]->last, editor->open);
}

WEFT_NEW_REF static struct editor *editor_new(weft_heap *heap)
{
    static const char *const names[] = { "calendar", "spell checker" };
    struct editor *editor = need(weft_new(heap, &editor_type));
    for (size_t i = 0; i < 2; i++) {
        weft_set_steal(&editor->plugins[i],
            need(weft_new(heap, &plugin_type)));
        editor->plugins[i]->name = names[i];
    }
    return editor;
}

// An object by its type; between two, the name of the field.
static void print_why(const struct document *document)
{
    weft_auto(weft_list) path = need(weft_gc_why_alive(document));
    if (weft_list_length(path) == 0)
        printf("  nothing outside leads to it: it is garbage\n");
    weft_each(step, path)
        if (step.key.as.integer % 2 == 0)
            printf("  %s\n", weft_type_of(step.object)->name);
        else
            printf("    .%s ->\n", weft_value_text(step.value));
}

static void print_referrers(const struct document *document)
{
    weft_auto(weft_list) holders = need(weft_gc_get_referrers(document));
    printf("  %zu in all:", weft_list_length(holders));
    weft_each(holder, holders)
        printf(" %s", weft_type_of(holder.object)->name);
    printf("\n");
}

int main(void)
{
    weft_heap *heap = weft_heap_open(NULL);
    if (heap == NULL)
        return EXIT_FAILURE;
    struct editor *editor = editor_new(heap);
    editor_open(editor, "letter");
    editor_check_spelling(editor);
    weft_weak handle = weft_weak_of(editor->open);

    printf("the letter is closed:\n");
    weft_clear(&editor->open);
    (void)weft_gc_collect(heap, WEFT_FULL);
    printf("  it is %s\n", weft_weak_is_dead(handle) ? "gone" : "still there");

    struct document *letter = weft_weak_get(handle);
    printf("why is it alive?\n");
    print_why(letter);
    printf("who holds it?\n");
    print_referrers(letter);

    printf("the plugin forgets it:\n");
    weft_clear(&editor->plugins[1]->last);
    print_why(letter);
    weft_release(letter);
    printf("  collected: %zu\n", weft_gc_collect(heap, WEFT_FULL));
    printf("  it is %s\n", weft_weak_is_dead(handle) ? "gone" : "still there");

    weft_release(editor);
    printf("still held: %zu\n", weft_heap_close(heap));
    return EXIT_SUCCESS;
}
