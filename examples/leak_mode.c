// SPDX-License-Identifier: MIT
//
// For a program that wants no rings at all, because they die later than they
// should: its tests run with WEFT_DEBUG_LEAK. Then the report hook is told of
// each object that the collector finds, and nothing is freed: what was found is
// put into the garbage list, whole, to be looked at. Here a listener holds the
// button it listens to, which holds the listener.
#include <weft.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct button {
    const char *label;          // plain
    struct listener *listener;  // strong
};

struct listener {
    struct button *button;      // strong: a weft_weak would do
};

static weft_type button_type = {
    .name = "button", WEFT_SIZE(struct button),
    .fields = WEFT_FIELDS(WEFT_CSTRING(struct button, label),
        WEFT_STRONG(struct button, listener)) };

static weft_type listener_type = {
    .name = "listener", WEFT_SIZE(struct listener),
    .fields = WEFT_FIELDS(WEFT_STRONG(struct listener, button)) };

WEFT_NEW_REF static struct button *button_new(weft_heap *heap,
    const char *label)
{
    struct button *button = weft_new(heap, &button_type);
    struct listener *listener = weft_new(heap, &listener_type);
    if (button == NULL || listener == NULL)
        exit(EXIT_FAILURE);
    button->label = label;
    weft_set(&listener->button, button);
    weft_set_steal(&button->listener, listener);
    return button;
}

// The message ends in an address, which differs from run to run.
static void hear(weft_heap *heap, const weft_report *report, void *context)
{
    size_t *found = context;
    (void)heap;
    if (report->event != WEFT_COLLECTED)
        return;
    ++*found;
    const char *address = strstr(report->message, " 0x");
    int size = address == NULL ? (int)strlen(report->message)
        : (int)(address - report->message);
    printf("  report: %.*s\n", size, report->message);
}

// Whom each piece of garbage is held by: the fields to look at.
static void print_garbage(weft_heap *heap)
{
    weft_auto(weft_list) garbage = weft_gc_garbage(heap);
    if (garbage == NULL)
        exit(EXIT_FAILURE);
    weft_each(item, garbage) {
        weft_auto(weft_list) holders = weft_gc_get_referrers(item.object);
        if (holders == NULL)
            exit(EXIT_FAILURE);
        weft_each(holder, holders)
            printf("  %s, held by a %s\n", weft_type_of(item.object)->name,
                weft_type_of(holder.object)->name);
    }
}

int main(void)
{
    size_t found = 0;
    weft_heap_options options = { .report = hear, .report_context = &found };
    weft_heap *heap = weft_heap_open(&options);
    if (heap == NULL)
        return EXIT_FAILURE;
    weft_gc_set_debug(heap, WEFT_DEBUG_LEAK);

    printf("a button is made and let go:\n");
    weft_release(button_new(heap, "save"));
    size_t collected = weft_gc_collect(heap, WEFT_FULL);
    printf("  collected: %zu, reported: %zu, still there: %s\n", collected,
        found, weft_heap_get_stats(heap).objects > 0 ? "yes" : "no");

    printf("the garbage list:\n");
    print_garbage(heap);

    // What is taken out of the list is as it was: a ring that nobody holds.
    printf("out of leak mode:\n");
    weft_gc_set_debug(heap, 0);
    weft_list *garbage = weft_gc_garbage(heap);
    if (garbage == NULL)
        return EXIT_FAILURE;
    weft_list_clear(garbage);
    weft_release(garbage);
    printf("  collected: %zu, reported: %zu\n",
        weft_gc_collect(heap, WEFT_FULL), found);
    printf("still held: %zu\n", weft_heap_close(heap));
    return EXIT_SUCCESS;
}
