// SPDX-License-Identifier: MIT
//
// What the files of core share, and the layers above may use.
//
//          page (64 KiB, one type, one slot size)
//          +--------------------------------------------------+
//          | colour | struct page | pending bits              |
//          +--------------------------------------------------+
//  slot -> | word | the user's struct                         |
//          | word | the user's struct   <- weft_new() returns |
//          +--------------------------------------------------+
//
//  living:   count 32 | flags 12 | dying 0 | generation 19
//  dying:    1 | link 41 | LOGGED CANDIDATE | dying 1 | generation 19
//  free:     count 0, flags LOGGED CANDIDATE at most, the next generation
//  captured: as living, with the index of an entry for the count (cycle/)
//  torn:     as living, maybe with a count of zero, CONDEMNED and TORN
//
// An object's page is found by masking its address, and knows its type and its
// heap. So that the headers of all pages do not lie in one set of the cache,
// each begins at one of 16 lines, its colour, by the address of the page.
//
// Names: a *slot* is the address of a word, an *object* of what follows. A
// *kind* is what one heap knows of a type in one slot size. A *frame* is what
// the process knows of a page for ever, outside it.
#ifndef WEFT_CORE_H
#define WEFT_CORE_H

#include <weft.h>

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#ifdef WEFT_CHECKED
#define CHECKED true
#else
#define CHECKED false
#endif

#ifdef __SANITIZE_ADDRESS__
#define ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ADDRESS_SANITIZER
#endif
#endif

// Under AddressSanitizer the user's part of a free slot is poisoned; its word
// may always be read. Free lists go through next_of() and link_slot().
#ifdef ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#define hide(memory, size)  __asan_poison_memory_region((memory), (size))
#define show(memory, size)  __asan_unpoison_memory_region((memory), (size))
#define UNCHECKED __attribute__((no_sanitize_address, noinline, unused))
#else
#define hide(memory, size)  ((void)0)
#define show(memory, size)  ((void)0)
#define UNCHECKED __attribute__((always_inline)) inline
#endif

#define PAGE_SHIFT  16
#define PAGE_BYTES  ((size_t)1 << PAGE_SHIFT)
#define CHUNK_PAGES 32u                         // 2 MiB
#define CHUNK_BYTES (CHUNK_PAGES * PAGE_BYTES)

#define ONE        ((uint64_t)WEFT__ONE)
#define TWO        (2 * ONE)
#define SIGN       WEFT__SIGN
#define QUIET      WEFT__QUIET
#define RETAINED   WEFT__RETAINED       // of quiet ones it means nothing
#define OLD        WEFT__OLD            // a collector has looked at it
#define WATCHED    ((uint64_t)1 << 28)  // refs, finalizers (FORBIDDEN: an id)
#define FINALIZED  ((uint64_t)1 << 27)
#define WEAKED     WEFT__WEAKED
#define SHARED     ((uint64_t)1 << 25)
#define CAPTURED   ((uint64_t)1 << 24)  // the count half is borrowed
#define CONDEMNED  ((uint64_t)1 << 23)  // garbage, by a verdict under way
#define TORN       WEFT__TORN           // and being emptied
#define LOGGED     ((uint64_t)1 << 21)  // in the log of the young
#define CANDIDATE  ((uint64_t)1 << 20)  // in a queue of those to be tried
#define DYING      WEFT__DYING
#define GENERATION WEFT__GENERATION     // all ones: used up; 0: never an object
#define OUTLIVING  (LOGGED | CANDIDATE)
#define LINK_SHIFT 22

struct slot {
    uint64_t word;          // see above
    struct slot *next;      // while free: the free list; else the user's
};

// Rows as death needs them: only what is held, in table order.
enum {
    ROW_VALUES = 64,        // private row kind: an array of owned weft_value
    ROW_LEAVE = 65,         // private: heap->leave() says what to let go next;
                            // an offset is of a word that is 0 for nothing
};

struct row {
    uint32_t offset;        // of the field in the object
    uint32_t count_offset;  // ARRAY, VALUES
    uint8_t kind;           // WEFT_FIELD_STRONG, _VALUE, _ARRAY, ROW_...
    uint8_t count_size;     // ARRAY, VALUES
};

// What a type is to weft itself; in a type's reserved[0].
enum role {
    ROLE_NONE, ROLE_REF, ROLE_PROXY, ROLE_METHOD, ROLE_OWNER, ROLE_FINALIZER,
    ROLE_STRING, ROLE_LIST, ROLE_DICT, ROLE_HIDDEN,
    ROLE_POOLED,                            // the mark of a pool's object
    ROLE_ENTRY,                             // of one of these (weak/table.h):
    ROLE_VALUEDICT, ROLE_MAP, ROLE_WEAKSET, ROLE_TABLE,
};                                          // MAP: a weak-key dictionary
#define WEFT__ROLE(role) { (void *)(role), NULL, NULL, NULL }

struct size {               // pages of one slot size a heap has at hand
    uint64_t slot_size;
    struct page *empty;     // linked by next
};

enum {
    TRAIT_FINALIZE = 1, TRAIT_REF = 2, TRAIT_HIDDEN = 4,
    TRAIT_OTHER = 8,        // not plain, or more than fields at its start
    TRAIT_TABLE = 16,       // a weak table
};

struct leak {               // at close
    size_t count;           // objects still held
    const void *first[3];   // the first of them
};

struct kind {
    weft_type *type;        // valid while number == type->number
    uint32_t number;        // a plugin loaded anew at the address has another
    uint32_t row_count;
    uint64_t slot_size;     // in bytes, the word included
    struct size *size;      // of that slot size
    struct page *current;   // allocates here; first of the list with room
    struct row *rows;       // what is held, in order
    struct kind *next;      // in the heap's table
    void (*finalize)(void *self);   // the nearest one
    enum role role;
    bool plain;             // no finalize, dispose, clear, visit, or leave
                            // that does not tell by a word
    bool disposes;          // there is one, maybe in a base
    bool clears, visits;    // the same
    bool forbidden;         // no weak references
    bool acyclic;           // of no concern to the collector
    uint8_t traits;         // TRAIT_...: what a collection must heed
    uint8_t strong;         // rows, if all are STRONG and begin the struct
    bool early;             // may be freed before its last child: see death.c
    bool pooled;            // a pool has objects of it: see heap->reclaim
    struct leak leak;       // at close: what is left of it
};

struct page {
    weft_type *type;        // NULL: empty or not in use
    struct slot *free;      // most recently freed first
    uint32_t used;          // living and dying slots, + 1 while current, + 1
                            // while pending
    uint16_t words;         // 8-byte words of an object to be zeroed
    uint8_t strong;         // as kind->strong
    bool plain;             // as kind->plain
    bool easy;              // a free needs to settle nothing: see page.c
    bool acyclic;           // as kind->acyclic
    bool simple;            // plain, and `strong` says what it holds
    bool listed;            // in its kind's list of pages with room
    uint8_t traits;         // as kind->traits
    struct kind *kind;
    const void *owner;      // as heap->owner
    weft_heap *heap;        // NULL: its heap was closed
    char *bump;             // slots from here to end are on no list
    // what the collector looks at, in a cache line
    struct margin *margin;  // its counters and marks during a cycle, or NULL
    char *first;            // the first slot
    uint64_t slot_size;
    uint32_t capacity;      // slots in all
    uint32_t reciprocal;    // of slot_size: index of a slot without division
    uint64_t *frozen;       // a bit a slot, or NULL
    uint64_t *order;        // ordered heaps: place in a generation, or NULL
    struct weft__watcher ***watchers;   // blocks of 64 list heads, or NULL
    void *scratch;          // of who walks the heap
    // what only slow paths touch
    char *end;
    char *used_end;         // from here on slots were never used
    struct page *next, *prev;           // pages with room; or empty ones
    struct page *next_page, *prev_page; // all of the heap
    struct page *next_pending;          // pages with pending bits
    struct page *next_emptied;          // emptied while the heap was pinned
    uint32_t retired;       // slots whose generations are used up
    uint32_t number;        // of the frame
    uint32_t base;          // generation that slots begin with
    uint32_t highest;       // generation in use
    bool handled;           // a handle was taken: the slot size is for ever
    bool pending;           // linked in heap->pending
    bool emptied;           // linked in heap->emptied
    bool zero;              // a span whose memory reads as zero
    uint32_t quarantined;   // checked builds: slots in jail
    struct slot *jail, *jailed_last;    // freed, not yet to be reused
    uint64_t pending_bits[];            // one a slot
};

enum { FRAME_UNUSED, FRAME_IDLE, FRAME_TAKEN };

struct frame {
    char *base;             // of the page
    uint64_t slot_size;     // of a handled page
    uint64_t bytes;         // of a span; 0: an ordinary page
    uint32_t highest;       // generation, of a handled page
    uint32_t next;          // idle ones
    uint8_t state;          // FRAME_...
    bool handled;           // the slot size is for ever
    bool warm;              // its header and free list are intact
    bool huge;              // in a chunk of huge pages
    bool zero;              // a span: reads as zero
    uint32_t idle;          // of a chunk's first frame: idle pages
    struct pool *pool;
};

struct finalizing {         // on the C stack of a finalizer
    const uint64_t *word;   // whose
    const struct finalizing *outer;
    bool condemned;         // called by the collector
};

// A node in the list of what watches an object. The list's first node has
// prev NULL; the head is found through the object (watch.c).
struct weft__watcher {
    struct weft__watcher *next, *prev;
};

enum { WATCHER_BLOCK = 64 };    // slots whose lists' heads lie together

// A release that has user code on the C stack above it. Nested deaths are
// counted to bound the stack; deeper ones wait.
enum { NESTING_LIMIT = 16, KEEP_EMPTY = 2 };

// The log of the young: addresses of words, oldest first, in blocks.
enum { LOG_ENTRIES = 1023, ORDER_SHIFT = 62 };

struct log_block {
    struct log_block *next;
    uint64_t *entries[LOG_ENTRIES];
};

// What a cycle keeps beside a page: how often suspects refer to each slot,
// modulo 256, and whose counts that does not explain (cycle/margin.c).
struct margin {
    uint64_t *suspects;         // a bit a slot
    uint64_t *big;              // a bit a slot: of no small piece
    uint8_t *counters;          // one a slot
};

// An entry of a weak-key dictionary: `value` lives as long as both others do.
struct weft__edge {
    const void *map, *key, *value;
};

struct weft_visitor {
    // Told of an owned slot, a pointer's or a value's, if it is not empty.
    void (*see)(weft_visitor *visitor, void *slot, bool is_value,
        const char *name);
};

struct weft_heap {
    struct page **current;      // type number & mask: a hint, to be verified
    uint64_t mask;
    uint64_t birth;             // the word of a new object, less generation
    uint64_t **log_at;          // where the next object is logged
    uint64_t **log_end;         // where logging must stop and think
    const void *owner;          // of the thread it belongs to
    uint32_t depth;             // deaths in progress, one in the other
    uint32_t calls;             // user code running otherwise
    uint32_t sealed;            // in dispose, clear, visit: no collection
    uint32_t pinned;            // pages may not leave or change their type
    bool due;                   // the collector is to be called
    bool attentive;             // also at the end of a death
    bool often;                 // weft_debug_collect_often()
    bool collecting;
    bool ordered;               // as options.ordered
    bool closing, exited;
    bool dead;                  // closing: nothing can be made any more
    // upcalls, installed by the collector
    struct collector *collector;
    void (*released)(struct page *page, uint64_t *word);    // loudly
    void (*step)(weft_heap *heap);          // does what is due
    void (*purge)(weft_heap *heap);         // forgets what is dead
    void (*settle)(weft_heap *heap);        // ends a cycle that runs
    void (*unpin)(weft_heap *heap);         // the same, without user code
    void (*last_collection)(weft_heap *heap);
    void (*drop_collector)(weft_heap *heap);    // all that names slots
    void (*free_collector)(weft_heap *heap);
    bool (*verify_cycle)(weft_heap *heap);
    // upcalls, installed by the weak layer
    void (*watchers_die)(void *object);
    void *(*leave)(void *object);       // ROW_LEAVE: a reference to let go
    bool (*detach)(void *ref);          // true: now it has nothing to leave
    void *(*proxy_target)(const void *proxy);   // new reference, or NULL
    weft_status (*ref_hash)(weft_heap *heap, const void *ref, uint64_t *hash);
    weft_status (*ref_equal)(const void *a, const void *b, bool *equal);
    void (*begin_iteration)(weft_iterator *iterator, void *table);
    bool (*next_item)(weft_iterator *iterator);     // false: no more
    void (*end_iteration)(void *table);
    weft_status (*tables_equal)(void *a, void *b, bool *equal);
    void (*exit)(weft_heap *heap);
    void (*drop_finalizers)(weft_heap *heap);   // those exit() left
    bool (*verify)(weft_heap *heap);
    // upcalls, installed by the first pool
    bool (*reclaim)(void *object);      // at its last release; true: it lives
    void (*unmark)(struct weft__watcher *mark);     // of an object that dies
    // upcalls of weak-key dictionaries: the entries of a key, and of a map;
    // the cursor is NULL to begin with; false: no more
    bool (*key_edge)(const void *key, void **cursor, struct weft__edge *edge);
    bool (*map_edge)(const void *map, void **cursor, struct weft__edge *edge);
    // the weak layer's own
    struct weft__watcher finalizers;    // a ring, oldest first
    struct weft__watcher *exit_cursor;  // next one to look at, going back
    bool finalizers_new;                // some were made since exit looked
    uint32_t exits;                     // under way, one within the other
    // kinds, sizes, pages
    struct kind **kinds;        // hash table by type, kinds_mask + 1 lists
    uint32_t kinds_mask, kind_count;
    struct size **sizes;        // all slot sizes in use
    uint32_t size_count;
    uint32_t empty_count;       // pages in sizes[]->empty
    uint32_t full_count;        // pages of kinds that are on no list
    struct page *pages;         // all, linked by next_page
    struct page *pending;       // pages with pending bits
    struct page *emptied;       // while it was pinned
    size_t emptied_count;       // of these pages
    struct page *leaving;       // empty, but the log may name their slots
    uint64_t leaving_bytes;     // of these pages
    struct pool *pool;
    size_t reserved;            // bytes of pages
    // ids of objects whose handles died before them
    struct alias *aliases;      // hash table
    size_t alias_count, alias_capacity;
    // the log of the young
    struct log_block *log_first, *log_last;
    struct log_block *log_spare;        // one, or NULL
    size_t log_taken;           // entries of the first block that are gone
    size_t log_blocks;          // how many there are
    size_t log_due;             // entries, from which on births are loud
    size_t grown;               // objects that became old since the last cycle
    uint64_t last_order;        // ordered heaps: the highest place given
    // what the program said
    weft_heap_options options;
    uint64_t secret[2];         // of string hashes
    size_t fail_at;             // requests until one fails, 0: none
    const struct finalizing *finalizing;    // innermost first
    weft_heap *next;            // heaps of this process, for reports
};

// Addresses and words.
static inline struct page *page_of(const void *pointer)
{
    uintptr_t address = (uintptr_t)pointer;
    return (struct page *)((address & ~(uintptr_t)(PAGE_BYTES - 1))
        | (address >> 10 & 0x3c0));
}

static inline uint64_t load(const uint64_t *word) { return weft__load(word); }

static inline void store(uint64_t *word, uint64_t value)
{
    weft__store(word, value);
}

static inline uint64_t *word_of(const void *object)
{
    return weft__word_of(object);
}

static inline bool is_alive(uint64_t word)      // with a count above zero
{
    return ((int64_t)word >= WEFT__ONE
        || ((word & SIGN) != 0 && (word & DYING) == 0)) && (word & TORN) == 0;
}

// Garbage, by a verdict under way? (In a dying word the bit is the link's.)
static inline bool is_condemned(uint64_t word)
{
    return (word & (CONDEMNED | DYING)) == CONDEMNED;
}

// Is the collector to hear that this release left it above zero? Taking and
// giving back an old one is no news.
static inline bool is_loud(uint64_t word)
{
    return (word & QUIET) == 0
        && (word & (OLD | RETAINED)) != (OLD | RETAINED);
}

static inline bool is_immortal(uint64_t word)
{
    return (word & (SIGN | DYING | SHARED)) == SIGN;
}

// Over this an object has pages to itself.
static inline bool is_span_size(uint64_t slot_size)
{
    return slot_size > PAGE_BYTES / 2;
}

// A number that no other living thread has.
extern _Thread_local char weft__thread_mark
    __attribute__((tls_model("initial-exec")));

static inline const void *this_thread(void) { return &weft__thread_mark; }

static inline uint32_t slot_index(const struct page *page, const uint64_t *word)
{
    uint64_t offset = (uint64_t)((const char *)word - page->first);
    return (uint32_t)(offset * page->reciprocal >> 32);
}

// The bit of a slot in a bitmap beside its page, and where it is.
static inline bool test_bit(const uint64_t *bits, uint32_t index)
{
    return (bits[index >> 6] >> (index & 63) & 1) != 0;
}

static inline uint64_t *slot_at(const struct page *page, uint32_t index)
{
    return (uint64_t *)(void *)(page->first + index * page->slot_size);
}

// pool.c: memory for pages, process-wide.
struct pool *weft__find_pool(const weft_allocator *allocator);
struct page *weft__take_page(weft_heap *heap, uint64_t slot_size);
struct page *weft__take_span(weft_heap *heap, uint64_t slot_size);
void weft__give_page(struct page *page);
uint64_t weft__span_bytes(uint64_t slot_size);  // what its span takes
void weft__trim_pool(struct pool *pool);
struct page *weft__take_block(weft_heap *heap, bool huge);
void weft__lock_process(void);          // what all heaps share
void weft__unlock_process(void);
struct frame *weft__frame(uint32_t number);
struct page *weft__find_page(const void *address);  // checked: NULL: foreign

// page.c: what is in a page.
uint64_t weft__slot_size(uint64_t size, uint64_t alignment);
void weft__lay_out_page(struct page *page, uint64_t slot_size, uint64_t bytes,
    uint32_t number, uint32_t base);
struct page *weft__page_with_room(weft_heap *heap, struct kind *kind);
void weft__settle_page(struct page *page, const uint64_t *freed);   // or NULL
void weft__forget_slot(struct page *page, const uint64_t *word);
void weft__list_easy(struct page *page);        // after a change of what counts
void weft__pin(weft_heap *heap);
void weft__unpin(weft_heap *heap);
bool weft__retire_emptied(weft_heap *heap, size_t count);
void weft__return_page(weft_heap *heap, struct page *page);
size_t weft__drop_empty_pages(weft_heap *heap);
void weft__drop_current(struct kind *kind);     // if it has no objects
void weft__drop_currents(weft_heap *heap);      // of all kinds
void weft__jail_slot(struct page *page, struct slot *slot);     // checked

// kind.c
struct kind *weft__find_kind(weft_heap *heap, weft_type *type,
    uint64_t slot_size);
void weft__free_kind(weft_heap *heap, struct kind *kind);
bool weft__type_is(const weft_type *type, const weft_type *base);
enum role weft__role_of(const void *object);

// new.c
bool weft__grow_current(weft_heap *heap);
struct page *weft__no_page(void);       // has no type and no free slot

// log.c: the young
uint64_t weft__log_slow(weft_heap *heap, struct page *page, uint64_t *word,
    uint64_t value);                    // the word of the object
size_t weft__log_count(const weft_heap *heap);
void weft__set_due(weft_heap *heap, size_t count);
uint64_t **weft__log_run(const weft_heap *heap, size_t *count);  // oldest
void weft__log_drop(weft_heap *heap, size_t count);
void weft__purge_log(weft_heap *heap);  // drops the dead
void weft__free_log(weft_heap *heap);
void weft__make_young(struct page *page, uint64_t *word);   // again
bool weft__can_order(struct page *page);        // is there room for numbers?
void weft__append_order(const struct page *page, const uint64_t *word,
    unsigned generation);

// weak.c, id.c
weft_weak weft__handle_of(const uint64_t *word, uint64_t value);
void weft__keep_id(weft_heap *heap, const uint64_t *word);
void weft__free_ids(weft_heap *heap);

// visit.c
void weft__visit(const struct kind *kind, const void *object,
    weft_visitor *visitor);
void weft__clear(void *object,
    void (*let_go)(void *held, void *context), void *context);

// heap.c
weft_heap *weft__open_heap(const weft_heap_options *options);
void weft__free_heap(weft_heap *heap);      // one without objects

// object.c
bool weft__check_object(const void *object, const char *call);  // checked
bool weft__keep_object(const void *object, const char *call);   // not RETAINED

// death.c
void weft__die(uint64_t *word);         // at count one: the caller's
void weft__let_last_go(struct page *page, uint64_t *word);
bool weft__holds_anything(const struct kind *kind, const void *object);
void weft__dispose(void *object);

// watch.c: lists of what watches an object.
struct weft__watcher **weft__make_watchers(const void *object);
void weft__unwatch(void *object, struct weft__watcher *watcher);
void weft__free_watchers(struct page *page);

// memory.c: requests for memory, counted.
bool weft__fails(weft_heap *heap);      // a request: is it the one to fail?
void *weft__resize(weft_heap *heap, void *memory, size_t old_size,
    size_t new_size);

// report.c
__attribute__((format(printf, 4, 5)))
void weft__tell(weft_heap *heap, weft_event event, const void *object,
    const char *format, ...);           // heap NULL: the thread's newest
#define weft__misuse(heap, ...) weft__tell((heap), WEFT_MISUSE, __VA_ARGS__)
void weft__say(weft_heap *heap, weft_event event, weft_status status,
    const void *object, const char *message);
const char *weft__name_of(const void *object);  // its type's, or "object"
weft_heap *weft__thread_heap(void);             // the last one opened
void weft__enlist_heap(weft_heap *heap, bool in);
void weft__check_thread(const weft_heap *heap, const char *call);

// system.c
void *weft__system_reserve(size_t size, size_t alignment);
void weft__system_release(void *memory, size_t size);
bool weft__system_discard(void *memory, size_t size);
void weft__system_huge(void *memory, size_t size, bool huge);
void weft__system_random(void *bytes, size_t size);
uint64_t weft__system_milliseconds(void);
uint64_t weft__system_nanoseconds(void);

static UNCHECKED struct slot *next_of(const struct slot *slot)
{
    return slot->next;
}

static UNCHECKED void link_slot(struct slot *slot, struct slot *next)
{
    slot->next = next;
}

// Puts a dead slot back. `word` is what it holds from now on: the next
// generation, and what outlives an object. True: the page must be settled.
static inline bool put_slot(struct page *page, uint64_t *place, uint64_t word)
{
    struct slot *slot = (struct slot *)(void *)place;
    store(place, word);
    if (unlikely((word & GENERATION) == GENERATION)) {
        page->retired++;
    } else if (CHECKED) {
        weft__jail_slot(page, slot);
    } else {
        link_slot(slot, page->free);
        page->free = slot;
    }
    hide(&slot->next, page->slot_size - 8);
    return --page->used == 0 || !page->easy;
}

static inline void weft__free_slot(struct page *page, uint64_t *place,
    uint64_t word)
{
    if (unlikely(put_slot(page, place, word)))
        weft__settle_page(page, place);
}

// Where the list of an object's watchers begins; NULL: it never had one, or, to
// be made, no memory.
static inline struct weft__watcher **weft__watchers(const void *object,
    bool make)
{
    const struct page *page = page_of(object);
    uint32_t index = slot_index(page, word_of(object));
    if (likely(page->watchers != NULL
            && page->watchers[index / WATCHER_BLOCK] != NULL))
        return &page->watchers[index / WATCHER_BLOCK][index % WATCHER_BLOCK];
    return make ? weft__make_watchers(object) : NULL;
}

// Links `watcher` behind `after`, or first, into the list at `head`, which is
// that of the object. The object must be alive.
static inline void weft__watch(void *object, struct weft__watcher **head,
    struct weft__watcher *watcher, struct weft__watcher *after)
{
    struct weft__watcher **place = after == NULL ? head : &after->next;
    watcher->prev = after;
    watcher->next = *place;
    if (*place != NULL)
        (*place)->prev = watcher;
    *place = watcher;
    store(word_of(object), load(word_of(object)) | WATCHED);
}

// At the end of what may be an outermost release.
static inline void weft__end_release(weft_heap *heap)
{
    if (unlikely(heap->due) && heap->depth == 0 && heap->calls == 0)
        heap->step(heap);
}

// The word of an object's slot after its death.
static inline uint64_t word_after(struct page *page, uint64_t value)
{
    uint64_t word = value & (OUTLIVING | GENERATION);
    if ((value & WEAKED) != 0
            || (unlikely((value & WATCHED) != 0) && page->kind->forbidden)) {
        word++;
        if ((word & GENERATION) > page->highest)
            page->highest = (uint32_t)(word & GENERATION);
    }
    return word;
}

// Are all the fields empty that it begins with? Most types hold nothing else,
// and two are so common that they are spared the loop.
static inline bool is_empty(const struct page *page, const void *object)
{
    const weft__pointer *field = (const weft__pointer *)object;
    if (page->strong == 2)
        return ((uintptr_t)field[0] | (uintptr_t)field[1]) == 0;
    const weft__pointer *end = field + page->strong;
    while (field < end)
        if (*field++ != NULL)
            return false;
    return true;
}

static inline bool holds_anything(const struct page *page, const void *object)
{
    return likely(page->simple) ? !is_empty(page, object)
        : weft__holds_anything(page->kind, object);
}

// Would it die by being freed: no finalizer, no clear, no dispose, nobody
// watching, nothing held?
static inline bool dies_plainly(const struct page *page, const uint64_t *word,
    uint64_t value)
{
    return page->plain && (value & WATCHED) == 0
        && !holds_anything(page, word + 1);
}

#endif
