// SPDX-License-Identifier: MIT
//
// Where a heap's memory comes from: the allocator hooks of its options.
#include "node.h"
#include "depth.h"

#include <sys/mman.h>

static struct {
    size_t bytes;               // given out by resize and not yet back
    size_t requests;            // of any kind
    size_t fail_at;             // the number of the request to fail, 0: none
    bool fails_twice;           // so does the one after it
    size_t reserved;            // bytes of pages, in all
    size_t discarded;           // bytes of pages
    int contexts[16];            // each test has its own, and so its own pages
    int *context;               // the one in use
    bool wrong;                 // something was not as promised
} own;

static bool next_fails(void)
{
    size_t number = ++own.requests;
    return number == own.fail_at
        || (own.fails_twice && number == own.fail_at + 1);
}

// In front of what it gives out it notes the size, of which it will be told.
static void *own_resize(void *memory, size_t old_size, size_t new_size,
    void *context)
{
    size_t *note = memory == NULL ? NULL : (size_t *)memory - 2;
    own.wrong = own.wrong || context != own.context
        || (note == NULL ? 0 : *note) != old_size || own.bytes < old_size;
    if (new_size > 0 && next_fails())
        return NULL;
    own.bytes += new_size - old_size;
    if (new_size == 0) {
        free(note);
        return NULL;
    }
    note = realloc(note, new_size + 2 * sizeof(*note));
    *note = new_size;
    return note + 2;
}

static void *own_reserve(size_t size, void *context)
{
    own.wrong = own.wrong || context != own.context || size == 0;
    if (next_fails())
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
    own.wrong = own.fails_twice = false;
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

static void ignore(weft_ref *ref, void *context) { (void)ref, (void)context; }

// Needs memory of every kind, and goes on when there was none.
static void use_what_there_is(weft_heap *heap, weft_type types[40])
{
    void *objects[40];
    weft_auto(weft_list) list = weft_list_new(heap);
    for (size_t i = 0; i < 40; i++) {
        objects[i] = weft_new(heap, &types[i]);
        for (int k = 0; k < 2 && objects[i] == NULL; k++)
            objects[i] = weft_new(heap, &types[i]);
        if (objects[i] != NULL) {
            (void)weft_finalize(objects[i], free, NULL, NULL);
            weft_release(weft_ref_new(objects[i], ignore, NULL));
        }
        for (int k = 0; k < 4 && list != NULL; k++)
            (void)weft_list_append(list, weft_text("text"));
    }
    for (size_t i = 0; i < 40; i++)
        weft_release(objects[i]);
}

// Whichever request fails, and also when the next one does, `resize` is always
// told the size it was asked for.
static void old_sizes_are_right(void)
{
    static weft_type types[40];
    for (size_t i = 0; i < 40; i++)
        types[i] = (weft_type){ .name = "sized", .size = 8 + i * 24,
            .alignment = 8 };
    bool failed = true;
    for (size_t n = 1; failed; n++) {
        weft_heap_options options = own_options(6);
        own.fail_at = (n + 1) / 2;
        own.fails_twice = n % 2 == 0;
        weft_heap *heap = weft_heap_open(&options);
        if (heap != NULL) {
            use_what_there_is(heap, types);
            close_test_heap(heap);
        }
        CHECK_EQ(own.bytes, 0);
        CHECK_FALSE(own.wrong);
        failed = own.requests >= own.fail_at;
        CHECK_TRUE(failed || n > 40);
    }
}

static void *reserve_nothing(size_t size, void *context)
{
    (void)size, (void)context;
    return NULL;
}

// Pages that were refused take nothing from what there is for other heaps, and
// be it eight million times.
static void refused_pages_cost_nothing(void)
{
    weft_heap_options options = own_options(7);
    options.allocator.reserve = reserve_nothing;
    weft_heap *heap = weft_heap_open(&options);
    for (size_t i = 0; i < MANY(8500000, 100000); i++)
        CHECK_TRUE(weft_new(heap, &plain_type) == NULL);
    CHECK_NULL(weft_new_sized(heap, &plain_type, 300000));
    weft_heap *other = open_test_heap();
    static struct node *nodes[10000];
    for (size_t i = 0; i < 10000; i++)
        CHECK_TRUE((nodes[i] = plain_new(other)) != NULL);
    weft_release(weft_new_sized(other, &plain_type, 300000));
    for (size_t i = 0; i < 10000; i++)
        weft_release(nodes[i]);
    close_test_heap(other);
    close_test_heap(heap);
    CHECK_EQ(own.bytes, 0);
}

// Large objects of every size are made again where one of that size has been.
static void large_ones_come_again(void)
{
    weft_heap_options options = own_options(8);
    weft_heap *heap = weft_heap_open(&options);
    static const size_t less[] = { 0, 64, 128, 2048, 2112, 4096 };
    for (size_t size = 65536; size < (size_t)4 << 20; size += 65536)
        for (size_t i = 0; i < 6; i++) {
            size_t bytes = size - less[i];
            weft_release(weft_new_sized(heap, &plain_type, bytes));
            size_t reserved = own.reserved;
            weft_release(weft_new_sized(heap, &plain_type, bytes));
            CHECK_EQ(own.reserved, reserved);
        }
    close_test_heap(heap);
    CHECK_FALSE(own.wrong);
}

static bool is_resident(const char *address)
{
    size_t page = 4096;
    unsigned char resident = 0;
    if (mincore((void *)((uintptr_t)address & ~(uintptr_t)(page - 1)), page,
            (void *)&resident) != 0)
        return false;
    return (resident & 1) != 0;
}

// A place at which so many watched objects died that it is not used any more
// gives its memory back.
static void used_up_places_give_memory_back(weft_heap *heap)
{
    enum { SIZE = 200000 };
    const char *last = NULL;
    size_t places = 0;
    for (size_t i = 0; i < MANY((1 << 18) + 1000, 2000); i++) {
        struct node *node = weft_new_sized(heap, &plain_type, SIZE);
        char *end = (char *)node + SIZE;
        if (end != last) {
            CHECK_FALSE(last != NULL && is_resident(last));
            places++;
        }
        last = end;
        *end = 1;
        weft_weak weak = weft_weak_of(node);
        weft_release(node);
        CHECK_TRUE(weft_weak_is_dead(weak));
    }
    CHECK_TRUE(places > 1 || SANITIZED || CHECKED);
}

TESTS(RUN_ALONE(memory_comes_from_the_hooks),
    RUN_ALONE(discard_may_be_missing), RUN_ALONE(opening_may_fail),
    RUN_ALONE(pages_past_all_addresses_are_refused),
    RUN_ALONE(handles_outlive_own_pages), RUN_ALONE(old_sizes_are_right),
    RUN_ALONE(large_ones_come_again), RUN(used_up_places_give_memory_back),
    RUN_ALONE(refused_pages_cost_nothing))
