// SPDX-License-Identifier: MIT
//
// Debug flags, as Python's: what the report hook hears of collections, and the
// list in which SAVEALL keeps what was found.
#include "cycle.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static const char *const names[] = { "young", "old", "full" };

void weft_gc_set_debug(weft_heap *heap, unsigned flags)
{
    heap->collector->debug = flags;
}

unsigned weft_gc_get_debug(const weft_heap *heap)
{
    return heap->collector->debug;
}

static weft_list *garbage_list(struct collector *c)
{
    if (c->garbage == NULL)
        c->garbage = weft_list_new(c->heap);
    return c->garbage;
}

weft_list *weft_gc_garbage(weft_heap *heap)
{
    weft__check_thread(heap, "weft_gc_garbage");
    return weft_retain(garbage_list(heap->collector));
}

__attribute__((format(printf, 3, 4)))
static void tell(struct collector *c, const void *object, const char *format,
    ...)
{
    char message[200];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    weft__say(c->heap, WEFT_COLLECTED, WEFT_OK, object, message);
}

void weft__tell_stats(struct collector *c, weft_generation generation,
    const weft_gc_stats *stats)
{
    tell(c, NULL, "gc: %s: %" PRIu64 " collected, %" PRIu64 " uncollectable, "
        "%.3f ms", names[generation], stats->collected, stats->uncollectable,
        (double)stats->ns / 1e6);
}

void weft__tell_refusal(struct collector *c)
{
    if ((c->debug & WEFT_DEBUG_STATS) != 0)
        tell(c, NULL, "gc: not now: %s", c->heap->collecting
            ? "a collection is under way" : c->heap->closing
            ? "the heap closes" : "in dispose, clear or visit");
}

// An object that was found, if that is to be told.
void weft__tell_found(struct collector *c, const uint64_t *word, unsigned flag)
{
    if ((c->debug & flag) != 0)
        tell(c, word + 1, "gc: %scollectable %s %p",
            flag == WEFT_DEBUG_UNCOLLECTABLE ? "un" : "",
            weft__name_of(word + 1), (const void *)(word + 1));
}

// Tells of all that was found, and keeps it in the garbage list. What there is
// no memory to keep lives on all the same.
void weft__show_found(struct collector *c, const struct members *members)
{
    struct cursor cursor = { 0 };
    for (uint64_t *word; (word = weft__next_member(c, members, &cursor));)
        weft__tell_found(c, word, WEFT_DEBUG_COLLECTABLE);
    if ((c->debug & WEFT_DEBUG_SAVEALL) == 0)
        return;
    weft_list *list = garbage_list(c);
    cursor = (struct cursor){ 0 };
    for (uint64_t *word; (word = weft__next_member(c, members, &cursor));) {
        if (list != NULL)
            (void)weft_list_append(list, weft_object(word + 1));
        weft__pardon(c, word);
    }
}
