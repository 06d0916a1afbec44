// SPDX-License-Identifier: MIT
//
// A button and its callbacks, bound as weak methods: a function together with
// an object that is not kept alive. When the object goes, its callback goes
// too: it is never called again, and the button forgets it at the next click.
#include <weft.h>

#include <stdio.h>
#include <stdlib.h>

struct button {
    weft_list *handlers;        // strong: weak methods
};

struct panel {
    const char *name;           // plain
    int clicks;
};

struct click {
    int x;
    int y;
};

static weft_type button_type = {
    .name = "button", WEFT_SIZE(struct button),
    .fields = WEFT_FIELDS(WEFT_STRONG_OF(struct button, handlers,
        &weft_list_type)) };

static weft_type panel_type = {
    .name = "panel", WEFT_SIZE(struct panel),
    .fields = WEFT_FIELDS(WEFT_CSTRING(struct panel, name),
        WEFT_INT(struct panel, clicks)) };

WEFT_NEW_REF static struct button *button_new(weft_heap *heap)
{
    struct button *button = weft_new(heap, &button_type);
    if (button == NULL)
        return NULL;
    button->handlers = weft_list_new(heap);
    if (button->handlers == NULL)
        weft_clear(&button);
    return button;
}

static weft_status button_connect(struct button *button, void *object,
    weft_handler_fn *function)
{
    weft_auto(weft_ref) method = weft_weakmethod_new(object, NULL, function,
        NULL, NULL);
    if (method == NULL)
        return WEFT_MEMORY_ERROR;
    return weft_list_append(button->handlers, weft_object(method));
}

static void forget_dead(weft_list *handlers)
{
    for (size_t i = weft_list_length(handlers); i-- > 0;) {
        weft_auto_value handler = weft_list_get(handlers, i);
        if (weft_ref_is_dead(weft_value_object(handler)))
            weft_value_release(weft_list_pop(handlers, i));
    }
}

// A handler may do anything, even connect others or let go of the button.
static void button_click(struct button *button, int x, int y)
{
    weft_auto(weft_list) handlers = weft_retain(button->handlers);
    forget_dead(handlers);
    printf("click, %zu connected\n", weft_list_length(handlers));
    struct click click = { x, y };
    weft_each(it, handlers)
        weft_weakmethod_call(it.object, &click);
}

static void panel_clicked(void *self, void *argument)
{
    struct panel *panel = self;
    const struct click *click = argument;
    panel->clicks++;
    printf("  %s: click %d, at %d,%d\n", panel->name, panel->clicks, click->x,
        click->y);
}

WEFT_NEW_REF static struct panel *panel_new(weft_heap *heap, const char *name)
{
    struct panel *panel = weft_new(heap, &panel_type);
    if (panel != NULL)
        panel->name = name;
    return panel;
}

int main(void)
{
    weft_heap *heap = weft_heap_open(NULL);
    if (heap == NULL)
        return EXIT_FAILURE;
    struct button *button = button_new(heap);
    struct panel *status = panel_new(heap, "status");
    struct panel *log = panel_new(heap, "log");
    if (button == NULL || status == NULL || log == NULL
            || button_connect(button, status, panel_clicked) != WEFT_OK
            || button_connect(button, log, panel_clicked) != WEFT_OK)
        return EXIT_FAILURE;

    button_click(button, 10, 5);
    printf("the status panel is closed\n");
    weft_release(status);
    button_click(button, 12, 5);
    weft_release(log);
    button_click(button, 30, 9);

    weft_release(button);
    printf("still held: %zu\n", weft_heap_close(heap));
    return EXIT_SUCCESS;
}
