// SPDX-License-Identifier: MIT
//
// Telling the program: reports go to the heap's hook. Misuse without a hook is
// silent, and in checked builds ends the process after printing the message.
// Nothing here allocates: a report may be made in the middle of a death.
#include "core.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

_Thread_local char weft__thread_mark;

static weft_heap *heaps;            // open ones, newest first

const char *weft_version(void) { return WEFT_VERSION; }

const char *weft_status_name(weft_status status)
{
    switch (status) {
    case WEFT_OK: return "WEFT_OK";
    case WEFT_MEMORY_ERROR: return "WEFT_MEMORY_ERROR";
    case WEFT_TYPE_ERROR: return "WEFT_TYPE_ERROR";
    case WEFT_VALUE_ERROR: return "WEFT_VALUE_ERROR";
    case WEFT_KEY_ERROR: return "WEFT_KEY_ERROR";
    case WEFT_INDEX_ERROR: return "WEFT_INDEX_ERROR";
    case WEFT_ATTRIBUTE_ERROR: return "WEFT_ATTRIBUTE_ERROR";
    case WEFT_REFERENCE_ERROR: return "WEFT_REFERENCE_ERROR";
    case WEFT_OS_ERROR: return "WEFT_OS_ERROR";
    }
    return "unknown status";
}

void weft__enlist_heap(weft_heap *heap, bool in)
{
    weft__lock_process();
    weft_heap **place = &heaps;
    if (!in)
        while (*place != heap)
            place = &(*place)->next;
    if (in)
        heap->next = *place;
    *place = in ? heap : heap->next;
    weft__unlock_process();
}

// The newest heap of this thread: who to tell of a pointer that is in none.
weft_heap *weft__thread_heap(void)
{
    weft__lock_process();
    weft_heap *heap = heaps;
    while (heap != NULL && heap->owner != this_thread())
        heap = heap->next;
    weft__unlock_process();
    return heap;
}

const char *weft__name_of(const void *object)
{
    const struct page *page = page_of(object);
    return page->type == NULL ? "object" : page->type->name;
}

void weft__say(weft_heap *heap, weft_event event, weft_status status,
    const void *object, const char *message)
{
    if (heap != NULL && heap->options.report != NULL) {
        weft_report report = { event, status, message, object };
        uint32_t mine = heap->owner == this_thread();
        heap->calls += mine;        // so that it cannot be closed meanwhile
        heap->options.report(heap, &report, heap->options.report_context);
        heap->calls -= mine;
    } else if (CHECKED && event == WEFT_MISUSE) {
        fprintf(stderr, "weft: misuse: %s\n", message);
        abort();
    }
}

void weft__tell(weft_heap *heap, weft_event event, const void *object,
    const char *format, ...)
{
    char message[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    if (heap == NULL)
        heap = weft__thread_heap();
    weft__say(heap, event, WEFT_OK, object, message);
}

void weft_heap_report(weft_heap *heap, weft_status status, const char *message,
    const void *object)
{
    weft__say(heap, WEFT_UNRAISABLE, status, object, message);
}

void weft__check_thread(const weft_heap *heap, const char *call)
{
    if (unlikely(heap->owner != this_thread()))
        weft__misuse((weft_heap *)(uintptr_t)heap, NULL,
            "%s: the heap belongs to another thread", call);
}
