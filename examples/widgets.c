// SPDX-License-Identifier: MIT
//
// A tree of widgets: parents hold their children in an array, children know
// their parent through a weak handle. So there is no ring: a tree goes with its
// root, and a part that somebody still uses stays, and knows it is on its own.
#include <weft.h>

#include <stdio.h>
#include <stdlib.h>

struct widget {
    const char *name;           // plain
    weft_weak parent;           // weak
    struct widget **children;   // strong, child_count of them
    size_t child_count;
};

static void widget_dispose(void *self)
{
    struct widget *widget = self;
    printf("%s goes\n", widget->name);
    free(widget->children);
}

static weft_type widget_type = {
    .name = "widget", WEFT_SIZE(struct widget),
    .fields = WEFT_FIELDS(WEFT_CSTRING(struct widget, name),
        WEFT_WEAK(struct widget, parent),
        WEFT_ARRAY(struct widget, children, child_count)),
    .dispose = widget_dispose };

WEFT_NEW_REF static struct widget *widget_new(weft_heap *heap,
    const char *name)
{
    struct widget *widget = weft_new(heap, &widget_type);
    if (widget != NULL)
        widget->name = name;
    return widget;
}

// The parent keeps the child.
static weft_status widget_add(struct widget *parent, struct widget *child)
{
    size_t count = parent->child_count;
    struct widget **grown = realloc(parent->children,
        (count + 1) * sizeof(struct widget *));
    if (grown == NULL)
        return WEFT_MEMORY_ERROR;
    grown[count] = weft_retain(child);
    parent->children = grown;
    parent->child_count = count + 1;
    child->parent = weft_weak_of(parent);
    return WEFT_OK;
}

// A new child, which its parent holds; borrowed. NULL: memory ran out.
static struct widget *widget_add_new(struct widget *parent, const char *name)
{
    struct widget *child = widget_new(weft_heap_of(parent), name);
    bool added = child != NULL && widget_add(parent, child) == WEFT_OK;
    weft_release(child);
    return added ? child : NULL;
}

static void print_path(const struct widget *widget)
{
    printf("%s", widget->name);
    struct widget *parent = weft_weak_get(widget->parent);
    while (parent != NULL) {
        printf(" in %s", parent->name);
        weft_set_steal(&parent, weft_weak_get(parent->parent));
    }
    printf("\n");
}

int main(void)
{
    weft_heap *heap = weft_heap_open(NULL);
    if (heap == NULL)
        return EXIT_FAILURE;
    struct widget *window = widget_new(heap, "window");
    if (window == NULL)
        return EXIT_FAILURE;
    struct widget *toolbar = widget_add_new(window, "toolbar");
    struct widget *page = widget_add_new(window, "page");
    if (toolbar == NULL || page == NULL)
        return EXIT_FAILURE;
    struct widget *save = widget_add_new(toolbar, "save button");
    struct widget *text = widget_add_new(page, "text");
    if (save == NULL || text == NULL)
        return EXIT_FAILURE;
    print_path(save);
    print_path(text);

    // Somebody is still typing into the text when the window is closed.
    weft_retain(text);
    printf("closing the window\n");
    weft_release(window);
    print_path(text);
    weft_release(text);

    printf("still held: %zu\n", weft_heap_close(heap));
    return EXIT_SUCCESS;
}
