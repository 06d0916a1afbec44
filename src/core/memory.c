// SPDX-License-Identifier: MIT
//
// Requests for memory, each of which a test can make fail.
//
// While a failure is armed the heap's table of current pages is replaced by one
// of empty pages, so that every weft_new takes the slow way and is counted.
#include "core.h"

#include <stdlib.h>

// Counts a request. True: this is the one to fail.
bool weft__fails(weft_heap *heap)
{
    if (likely(heap->fail_at == 0))
        return false;
    if (--heap->fail_at > 0)
        return false;
    (void)weft_debug_fail_at(heap, 0);
    return true;
}

// As realloc(), from the heap's allocator. NULL when there is none, or when
// `new_size` is 0: then it frees.
void *weft__resize(weft_heap *heap, void *memory, size_t old_size,
    size_t new_size)
{
    if (new_size > 0 && weft__fails(heap))
        return NULL;
    const weft_allocator *allocator = &heap->options.allocator;
    if (allocator->resize != NULL)
        return memory == NULL && new_size == 0 ? NULL
            : allocator->resize(memory, old_size, new_size, allocator->context);
    if (new_size > 0)
        return realloc(memory, new_size);
    free(memory);
    return NULL;
}
