// SPDX-License-Identifier: MIT
//
// Memory for pages, shared by all heaps of the process.
//
// Addresses that a weak handle may still hold stay mapped for ever, and a page
// on which a handle was ever taken (a *handled* page) keeps its slot size for
// ever, so that a handle always reads a slot's word. Everything else may be cut
// anew. What is remembered of a page outside it is its frame: a number, which
// also serves the way back in a dead object's word (28 bits: 16 TiB of pages).
//
//   taken  -> a heap has it
//   idle   -> in its pool: on the list of its slot size when handled, else on
//             the raw list; *warm* while header and free list are intact
//
// Pages come in chunks of 32. When all of a chunk are idle its contents may be
// given back to the system, and then the next use of a handled page starts
// above the highest generation it had: its words may read as zero or as they
// were, and both are dead. A chunk with a page that has used up three quarters
// of its generations is not given back, for that would waste the rest of them.
//
// Given back is what is idle beyond KEEP_CHUNKS at once, the rest when it was
// not needed for a second: the lowest number of idle chunks within that second
// is what nobody missed. (It is looked at when a page comes back, since nothing
// runs in between.) Giving back at once would double the price of an
// object, since the pages must be faulted in again.
//
// Huge pages are asked for once a heap has filled 8 MiB: a type of few objects
// touches one small page of its 64 KiB.
//
// Memory of a program's own `reserve` makes a pool of its own, by function and
// context: heaps that share these share pages.
//
// Invariants: a frame is on a list iff it is FRAME_IDLE; the first frame's
// `idle` is the number of idle frames of its chunk; a number always means the
// same memory. One lock guards it all; frames and the table of them only grow,
// and are read without it.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "core.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    LEAF_SHIFT = 12, LEAF_FRAMES = 1 << LEAF_SHIFT, LEAVES = 1 << 16,
    SLOT_SIZES = (int)(PAGE_BYTES / 8), KEEP_CHUNKS = 16, WORN = 3,
    SPAN_CLASSES = 512, PATIENCE_MS = 1000, HUGE_FROM = 128,
    SPAN_HEADER = 2048,
};

struct pool {
    weft_allocator allocator;       // reserve NULL: the system
    struct pool *next;
    uint32_t raw;                   // idle pages without a slot size
    uint32_t sized[SLOT_SIZES];     // idle handled pages by slot size / 8
    uint32_t spans[SPAN_CLASSES];   // idle spans by class
    uint32_t fresh[2], fresh_end[2];    // never used: [1] in huge pages
    uint32_t idle_chunks;           // wholly idle, contents not given back
    uint32_t fewest_idle;           // since...
    uint64_t since;                 // milliseconds
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct pool system_pool, *pools = &system_pool;
static struct frame *leaves[LEAVES];
static uint32_t frame_count = CHUNK_PAGES;      // number 0 is nobody
// Which 64 KiB of the address space begin a page (1) or go on with a span (2).
static uint8_t *territory[1 << 16];

void weft__lock_process(void) { pthread_mutex_lock(&lock); }
void weft__unlock_process(void) { pthread_mutex_unlock(&lock); }
static void watch_forks(void)
{
    pthread_atfork(weft__lock_process, weft__unlock_process,
        weft__unlock_process);
}

struct frame *weft__frame(uint32_t number)
{
    struct frame *leaf = __atomic_load_n(&leaves[number >> LEAF_SHIFT],
        __ATOMIC_ACQUIRE);
    return &leaf[number & (LEAF_FRAMES - 1)];
}

// The number that the next CHUNK_PAGES frames will have; 0: none. It is theirs
// once frame_count has passed it.
static uint32_t number_frames(void)
{
    uint32_t number = frame_count;
    if (number >> LEAF_SHIFT >= LEAVES)
        return 0;
    if (leaves[number >> LEAF_SHIFT] == NULL) {
        struct frame *leaf = weft__system_reserve(
            LEAF_FRAMES * sizeof(struct frame), PAGE_BYTES);
        if (leaf == NULL)
            return 0;
        __atomic_store_n(&leaves[number >> LEAF_SHIFT], leaf, __ATOMIC_RELEASE);
    }
    return number;
}

// Notes what the 64 KiB blocks at `base` are, so that a foreign pointer can be
// told from one of ours.
static bool mark_territory(const char *base, size_t size, bool span)
{
    uintptr_t first = (uintptr_t)base >> PAGE_SHIFT;
    for (uintptr_t i = first; i < first + (size >> PAGE_SHIFT); i++) {
        uint8_t **part = &territory[i >> 16];
        if (*part == NULL) {
            uint8_t *bytes = weft__system_reserve(1 << 16, PAGE_BYTES);
            if (bytes == NULL)
                return false;
            __atomic_store_n(part, bytes, __ATOMIC_RELEASE);
        }
        (*part)[i & 0xffff] = span && i > first ? 2 : 1;
    }
    return true;
}

// The page that an address is in, whatever its state; NULL: not ours.
struct page *weft__find_page(const void *address)
{
    uintptr_t i = (uintptr_t)address >> PAGE_SHIFT;
    for (;; i--) {
        if (i >> 32 != 0)
            return NULL;
        uint8_t *part = __atomic_load_n(&territory[i >> 16], __ATOMIC_ACQUIRE);
        uint8_t what = part == NULL ? 0 : part[i & 0xffff];
        if (what == 0)
            return NULL;
        if (what == 1)
            break;
    }
    return page_of((const void *)(i << PAGE_SHIFT));
}

static void *reserve_memory(struct pool *pool, size_t size, size_t alignment)
{
    if (pool->allocator.reserve == NULL)
        return weft__system_reserve(size, alignment);
    void *memory = pool->allocator.reserve(size, pool->allocator.context);
    if (memory == NULL || ((uintptr_t)memory + size) >> 48 != 0
            || ((uintptr_t)memory & (CHUNK_BYTES - 1)) != 0)
        return NULL;
    return memory;
}

// What was reserved, but never used. A program's own memory cannot be returned.
static void release_memory(struct pool *pool, void *memory, size_t size)
{
    if (pool->allocator.reserve == NULL)
        weft__system_release(memory, size);
}

// Can the contents of the pool's pages be given back at all?
static bool can_discard(const struct pool *pool)
{
    return pool->allocator.reserve == NULL || pool->allocator.discard != NULL;
}

// True if the memory now reads as zero for certain.
static bool discard_memory(struct pool *pool, void *memory, size_t size)
{
    show(memory, size);
    if (pool->allocator.reserve == NULL)
        return weft__system_discard(memory, size);
    if (pool->allocator.discard != NULL)
        pool->allocator.discard(memory, size, pool->allocator.context);
    return false;
}

static bool new_chunk(struct pool *pool, bool huge)
{
    uint32_t number = number_frames();
    char *base = number == 0 ? NULL
        : reserve_memory(pool, CHUNK_BYTES, CHUNK_BYTES);
    if (base == NULL)
        return false;
    if (!mark_territory(base, CHUNK_BYTES, false)) {
        release_memory(pool, base, CHUNK_BYTES);
        return false;
    }
    if (pool->allocator.reserve == NULL)
        weft__system_huge(base, CHUNK_BYTES, huge);
    frame_count += CHUNK_PAGES;
    for (uint32_t i = 0; i < CHUNK_PAGES; i++)
        *weft__frame(number + i) = (struct frame){
            .base = base + i * PAGE_BYTES, .pool = pool, .huge = huge };
    pool->fresh[huge] = number;
    pool->fresh_end[huge] = number + CHUNK_PAGES;
    return true;
}

// The pool for this kind of memory, or NULL when memory ran out.
struct pool *weft__find_pool(const weft_allocator *allocator)
{
    pthread_once(&once, watch_forks);
    if (allocator->reserve == NULL)
        return &system_pool;
    weft__lock_process();
    struct pool *pool = pools;
    while (pool != NULL && (pool->allocator.reserve != allocator->reserve
            || pool->allocator.context != allocator->context))
        pool = pool->next;
    if (pool == NULL && (pool = calloc(1, sizeof(*pool))) != NULL) {
        pool->allocator = *allocator;
        pool->next = pools;
        pools = pool;
    }
    weft__unlock_process();
    return pool;
}

static struct frame *chunk_of(uint32_t number)
{
    return weft__frame(number & ~(CHUNK_PAGES - 1));
}

static bool is_worn(const struct frame *frame)
{
    return frame->handled && frame->highest > GENERATION / 4 * WORN;
}

// Gives back the contents of a wholly idle chunk, unless a page of it is worn.
static bool discard_chunk(struct pool *pool, uint32_t number)
{
    struct frame *first = chunk_of(number);
    for (uint32_t i = 0; i < CHUNK_PAGES; i++)
        if (is_worn(&first[i]) || !can_discard(pool))
            return false;
    (void)discard_memory(pool, first->base, CHUNK_BYTES);
    for (uint32_t i = 0; i < CHUNK_PAGES; i++)
        first[i].warm = false;
    return true;
}

static bool is_warm_chunk(const struct frame *first)
{
    if (first->idle < CHUNK_PAGES)
        return false;
    for (uint32_t i = 0; i < CHUNK_PAGES; i++)
        if (first[i].warm)
            return true;
    return false;
}

// Gives back wholly idle chunks until `keep` are left.
static void discard_idle(struct pool *pool, uint32_t keep)
{
    for (uint32_t number = CHUNK_PAGES;
            number < frame_count && pool->idle_chunks > keep;
            number += CHUNK_PAGES) {
        struct frame *first = chunk_of(number);
        if (first->pool != pool || first->bytes != 0 || !is_warm_chunk(first))
            continue;
        if (discard_chunk(pool, number))
            pool->idle_chunks--;
    }
    if (pool->fewest_idle > pool->idle_chunks)
        pool->fewest_idle = pool->idle_chunks;
}

// Once a second: what was idle all the time is not needed.
static void tidy_pool(struct pool *pool)
{
    uint64_t now = weft__system_milliseconds();
    if (now - pool->since < PATIENCE_MS)
        return;
    if (pool->fewest_idle > 0)
        discard_idle(pool, pool->idle_chunks - pool->fewest_idle);
    pool->fewest_idle = pool->idle_chunks;
    pool->since = now;
}

// Whoever takes a page of a wholly idle chunk makes it less than that.
static void leave_idle(struct pool *pool, uint32_t number, struct frame *frame)
{
    struct frame *first = chunk_of(number);
    if (is_warm_chunk(first) && --pool->idle_chunks < pool->fewest_idle)
        pool->fewest_idle = pool->idle_chunks;
    first->idle--;
    frame->state = FRAME_TAKEN;
}

static uint32_t find_page_number(struct pool *pool, uint64_t slot_size,
    bool huge)
{
    uint32_t *list = &pool->sized[slot_size / 8];
    if (*list == 0)
        list = &pool->raw;
    uint32_t number = *list;
    if (number != 0) {
        struct frame *frame = weft__frame(number);
        *list = frame->next;
        leave_idle(pool, number, frame);
        return number;
    }
    if (pool->fresh[huge] == pool->fresh_end[huge] && !new_chunk(pool, huge))
        return 0;
    number = pool->fresh[huge]++;
    weft__frame(number)->state = FRAME_TAKEN;
    return number;
}

static struct page *take_page(weft_heap *heap, uint64_t slot_size, bool huge)
{
    weft__lock_process();
    uint32_t number = find_page_number(heap->pool, slot_size, huge);
    struct frame *frame = number == 0 ? NULL : weft__frame(number);
    struct frame found = frame == NULL ? (struct frame){ 0 } : *frame;
    weft__unlock_process();
    if (frame == NULL)
        return NULL;
    struct page *page = page_of(found.base);
    if (!found.handled || !found.warm)
        weft__lay_out_page(page, slot_size, PAGE_BYTES, number,
            found.handled ? found.highest + 1 : 1);
    page->handled = found.handled;
    return page;
}

// A page for slots of this size, laid out, with what free slots it has; or
// NULL. The caller links it to a kind.
struct page *weft__take_page(weft_heap *heap, uint64_t slot_size)
{
    return take_page(heap, slot_size, heap->full_count >= HUGE_FROM);
}

// A page as plain memory, from its `first` to the end of its 64 KiB, to be
// given back as a page; or NULL. The first touch of a huge page takes the
// system milliseconds, which not everyone has.
struct page *weft__take_block(weft_heap *heap, bool huge)
{
    if (weft__fails(heap))
        return NULL;
    return take_page(heap, 8, huge && heap->full_count >= HUGE_FROM);
}

// Spans: pages in a row for one object, in classes of 8 a doubling.
static uint32_t span_class(uint64_t bytes, uint64_t *rounded)
{
    uint64_t pages = (bytes + PAGE_BYTES - 1) >> PAGE_SHIFT;
    unsigned shift = 0;
    while ((pages - 1) >> shift >= 16)
        shift++;
    pages = ((pages - 1) >> shift) + 1;
    *rounded = (pages << shift) << PAGE_SHIFT;
    return shift * 16 + (uint32_t)pages;
}

uint64_t weft__span_bytes(uint64_t slot_size)
{
    uint64_t bytes;
    (void)span_class(slot_size + SPAN_HEADER, &bytes);
    return bytes;
}

static uint32_t new_span(struct pool *pool, uint64_t bytes)
{
    uint32_t number = number_frames();
    size_t alignment = pool->allocator.reserve == NULL ? PAGE_BYTES
        : CHUNK_BYTES;
    size_t size = (bytes + alignment - 1) & ~(alignment - 1);
    char *base = number == 0 ? NULL : reserve_memory(pool, size, alignment);
    if (base == NULL)
        return 0;
    if (!mark_territory(base, bytes, true)) {
        release_memory(pool, base, size);
        return 0;
    }
    frame_count += CHUNK_PAGES;
    *weft__frame(number) = (struct frame){ .base = base, .pool = pool,
        .bytes = bytes, .zero = pool->allocator.reserve == NULL };
    return number;
}

struct page *weft__take_span(weft_heap *heap, uint64_t slot_size)
{
    uint64_t bytes;
    uint32_t class = span_class(slot_size + SPAN_HEADER, &bytes);
    if (class >= SPAN_CLASSES)
        return NULL;
    struct pool *pool = heap->pool;
    weft__lock_process();
    uint32_t number = pool->spans[class];
    if (number != 0)
        pool->spans[class] = weft__frame(number)->next;
    else
        number = new_span(pool, bytes);
    struct frame *frame = number == 0 ? NULL : weft__frame(number);
    struct frame found = frame == NULL ? (struct frame){ 0 } : *frame;
    if (frame != NULL)
        frame->state = FRAME_TAKEN;
    weft__unlock_process();
    if (frame == NULL)
        return NULL;
    struct page *page = page_of(found.base);
    weft__lay_out_page(page, slot_size, found.bytes, number,
        found.handled ? found.highest + 1 : 1);
    page->handled = found.handled;
    page->zero = found.zero;
    return page;
}

// A span's contents go at once. Its addresses stay for the next of its class.
static void give_span(struct pool *pool, struct frame *frame, uint32_t number)
{
    uint64_t rounded;
    uint32_t class = span_class(frame->bytes, &rounded);
    frame->state = FRAME_IDLE;
    frame->zero = discard_memory(pool, frame->base, frame->bytes);
    if (frame->handled && frame->highest >= GENERATION - 1)
        return;                             // used up
    frame->next = pool->spans[class];
    pool->spans[class] = number;
}

static void give_ordinary(struct pool *pool, struct frame *frame,
    uint32_t number)
{
    uint32_t *list = frame->handled ? &pool->sized[frame->slot_size / 8]
        : &pool->raw;
    frame->warm = true;
    frame->state = FRAME_IDLE;
    frame->next = *list;
    *list = number;
    if (++chunk_of(number)->idle == CHUNK_PAGES) {
        pool->idle_chunks++;
        if (pool->idle_chunks > KEEP_CHUNKS && discard_chunk(pool, number))
            pool->idle_chunks--;
    }
    tidy_pool(pool);
}

// Takes a page without living objects back from its heap.
void weft__give_page(struct page *page)
{
    uint32_t number = page->number;
    struct frame *frame = weft__frame(number);
    weft__lock_process();
    frame->handled = page->handled;
    frame->slot_size = page->slot_size;
    frame->highest = page->highest;
    if (frame->bytes > 0)
        give_span(frame->pool, frame, number);
    else
        give_ordinary(frame->pool, frame, number);
    weft__unlock_process();
}

// Gives back the contents of idle pages in a chunk that is not wholly idle. Not
// in huge pages: these would be split.
static void discard_pages(struct pool *pool, struct frame *first)
{
    for (uint32_t i = 0; i < CHUNK_PAGES; i++) {
        struct frame *frame = &first[i];
        if (frame->state != FRAME_IDLE || !frame->warm || is_worn(frame))
            continue;
        (void)discard_memory(pool, frame->base, PAGE_BYTES);
        frame->warm = false;
    }
}

// Gives back all it can.
void weft__trim_pool(struct pool *pool)
{
    weft__lock_process();
    discard_idle(pool, 0);
    for (uint32_t number = CHUNK_PAGES; number < frame_count;
            number += CHUNK_PAGES) {
        struct frame *first = chunk_of(number);
        if (first->pool == pool && first->bytes == 0 && can_discard(pool)
                && !first->huge
                && first->idle < CHUNK_PAGES)
            discard_pages(pool, first);
    }
    weft__unlock_process();
}
