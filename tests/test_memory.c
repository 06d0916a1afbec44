// SPDX-License-Identifier: MIT
//
// Where a heap's memory comes from: the allocator hooks of its options.
#include "node.h"

#include <sys/mman.h>

static struct {
    size_t bytes;               // given out by resize and not yet back
    size_t requests;            // of any kind
    size_t fail_at;             // the number of the request to fail, 0: none
    size_t reserved;            // bytes of pages, in all
    size_t discarded;           // bytes of pages
    int contexts[8];            // each test has its own, and so its own pages
    int *context;               // the one in use
    bool wrong;                 // something was not as promised
} own;

static void *own_resize(void *memory, size_t old_size, size_t new_size,
    void *context)
{
    own.wrong = own.wrong || context != own.context
        || (memory == NULL) != (old_size == 0) || own.bytes < old_size;
    if (new_size > 0 && ++own.requests == own.fail_at)
        return NULL;
    own.bytes += new_size - old_size;
    if (new_size == 0) {
        free(memory);
        return NULL;
    }
    return realloc(memory, new_size);
}

static void *own_reserve(size_t size, void *context)
{
    own.wrong = own.wrong || context != own.context || size == 0;
    if (++own.requests == own.fail_at)
        return NULL;
    size_t align = (size_t)2 << 20;
    char *start = mmap(NULL, size + align, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED)
        return NULL;
    own.reserved += size;
    return start + (align - (uintptr_t)start % align) % align;
}

static void own_discard(void *memory, size_t size, void *context)
{
    own.wrong = own.wrong || context != own.context || memory == NULL;
    own.discarded += size;
    memset(memory, 0xa5, size < 4096 ? size : 4096);
    madvise(memory, size, MADV_DONTNEED);
}

static weft_heap_options own_options(size_t test)
{
    weft_heap_options options = test_options();
    own.context = &own.contexts[test];
    own.bytes = own.requests = own.fail_at = own.discarded = 0;
    own.wrong = false;
    options.allocator = (weft_allocator){ own_resize, own_reserve, own_discard,
        own.context };
    return options;
}

// A bit of everything that needs memory.
static void use_memory(weft_heap *heap)
{
    struct node *chain = NULL;
    for (int i = 0; i < 30000; i++) {
        struct node *node = plain_new(heap);
        weft_set_steal(&node->left, weft_take(&chain));
        chain = node;
    }
    weft_auto(weft_list) list = weft_list_new(heap);
    for (int i = 0; i < 1000; i++)
        CHECK_EQ(weft_list_append(list, weft_int(i)), WEFT_OK);
    weft_auto(weft_ref) ref = weft_ref_new(chain, NULL, NULL);
    weft_auto(void) large = weft_new_sized(heap, &plain_type, 3000000);
    CHECK_TRUE(large != NULL && !weft_ref_is_dead(ref));
    weft_release(chain);
}

// All memory comes from the hooks, and what `resize` gave it gets back.
static void memory_comes_from_the_hooks(void)
{
    weft_heap_options options = own_options(1);
    weft_heap *heap = weft_heap_open(&options);
    CHECK_TRUE(heap != NULL && own.bytes > 0);
    use_memory(heap);
    CHECK_TRUE(own.reserved >= 30000 * sizeof(struct node));
    CHECK_TRUE(weft_heap_get_stats(heap).reserved_bytes <= own.reserved);
    size_t trimmed = weft_heap_trim(heap);
    CHECK_TRUE(trimmed == 0 || own.discarded >= trimmed);
    use_memory(heap);
    close_test_heap(heap);
    CHECK_EQ(own.bytes, 0);
    CHECK_FALSE(own.wrong);
}

// Without `discard` nothing of it is ever given back, and all is well.
static void discard_may_be_missing(void)
{
    weft_heap_options options = own_options(2);
    options.allocator.discard = NULL;
    weft_heap *heap = weft_heap_open(&options);
    use_memory(heap);
    (void)weft_heap_trim(heap);
    use_memory(heap);
    close_test_heap(heap);
    CHECK_EQ(own.bytes, 0);
    CHECK_EQ(own.discarded, 0);
    CHECK_FALSE(own.wrong);
}

// Opening fails cleanly, whichever request fails; so does the first object.
static void opening_may_fail(void)
{
    bool opened = false;
    for (size_t n = 1; !opened; n++) {
        weft_heap_options options = own_options(3);
        own.fail_at = n;
        weft_heap *heap = weft_heap_open(&options);
        if (heap == NULL) {
            CHECK_EQ(own.bytes, 0);
            CHECK_TRUE(n < 100);
            continue;
        }
        struct node *node = plain_new(heap);
        opened = own.requests < n;
        CHECK_TRUE(node != NULL || own.requests >= n);
        weft_release(node);
        close_test_heap(heap);
        CHECK_EQ(own.bytes, 0);
    }
    CHECK_FALSE(own.wrong);
}

static void *reserve_too_high(size_t size, void *context)
{
    (void)size;
    (void)context;
    return (void *)((uintptr_t)1 << 48);
}

// Pages that a handle could not name are refused.
static void pages_past_all_addresses_are_refused(void)
{
    weft_heap_options options = own_options(4);
    options.allocator.reserve = reserve_too_high;
    options.allocator.discard = NULL;
    weft_heap *heap = weft_heap_open(&options);
    if (heap != NULL) {
        CHECK_NULL(plain_new(heap));
        CHECK_NULL(weft_new_sized(heap, &plain_type, 5000000));
        close_test_heap(heap);
    }
    CHECK_EQ(own.bytes, 0);
}

// Handles outlive a heap whose pages were the program's own.
static void handles_outlive_own_pages(void)
{
    weft_heap_options options = own_options(5);
    weft_heap *heap = weft_heap_open(&options);
    struct node *node = plain_new(heap);
    weft_weak weak = weft_weak_of(node);
    weft_release(node);
    close_test_heap(heap);
    CHECK_TRUE(weft_weak_is_dead(weak));
    CHECK_NULL(weft_weak_get(weak));
}

TESTS(RUN_ALONE(memory_comes_from_the_hooks),
    RUN_ALONE(discard_may_be_missing), RUN_ALONE(opening_may_fail),
    RUN_ALONE(pages_past_all_addresses_are_refused),
    RUN_ALONE(handles_outlive_own_pages))
