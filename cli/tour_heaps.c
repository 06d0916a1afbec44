// SPDX-License-Identifier: MIT
//
// The tour, third part: many objects, little stack, little memory, and bugs.
#include "tour.h"

#include <inttypes.h>
#include <limits.h>
#include <pthread.h>

// ---------------------------------------------------------------------------
// parents

SHOW_GLOBAL(folder_code,
    struct folder {
        const char *name;
        struct folder *first;
        struct folder *next;
        weft_weak parent;
    };)

static void folder_dispose(void *self)
{
    const struct folder *folder = self;
    say("%s is gone", folder->name);
}

SHOW_GLOBAL(folder_type_code,
    static weft_type folder_type = {
        .name = "folder", WEFT_SIZE(struct folder),
        .fields = WEFT_FIELDS(WEFT_CSTRING(struct folder, name),
            WEFT_STRONG(struct folder, first), WEFT_STRONG(struct folder, next),
            WEFT_WEAK(struct folder, parent)),
        .dispose = folder_dispose };)

SHOW_GLOBAL(folder_add_code,
    static void folder_add(struct folder *parent, struct folder *child)
    {
        child->parent = weft_weak_of(parent);
        weft_set_steal(&child->next, weft_take(&parent->first));
        weft_set(&parent->first, child);
    })

WEFT_NEW_REF static struct folder *folder_new(weft_heap *heap,
    const char *name)
{
    struct folder *folder = weft_new(heap, &folder_type);
    if (folder != NULL)
        folder->name = name;
    return folder;
}

void tour_parents(void)
{
    tour_explain("Two objects that hold each other have to wait for the "
        "collector. So in a tree the way down is held and the way up is weak: "
        "eight bytes, no ring, and all is gone at once.");
    tour_global(folder_code);
    tour_global(folder_type_code);
    tour_global(folder_add_code);
    SHOW(weft_heap *heap = weft_heap_open(NULL);)
    tour_need(heap);
    SHOW(struct folder *home = folder_new(heap, "home");)
    SHOW(struct folder *music = folder_new(heap, "music");)
    SHOW(struct folder *jazz = folder_new(heap, "jazz");)
    tour_need(home);
    tour_need(music);
    tour_need(jazz);
    SHOW(folder_add(home, music);)
    SHOW(folder_add(music, jazz);)
    TELL(weft_refcount(home), 1);
    TELL(weft_refcount(music), 2);
    SHOW(struct folder *up = weft_weak_get(music->parent);)
    TELL(up->name, "home");
    SHOW(weft_release(up);)

    tour_explain("The tree goes, but for the part that somebody still uses; "
        "and that part knows that there is no way up any more.");
    SHOW(weft_release(music);)
    tour_expect_said("");
    SHOW(weft_release(home);)
    tour_expect_said("music is gone; home is gone; ");
    TELL(weft_weak_get(jazz->parent), NULL);
    SHOW(weft_release(jazz);)
    tour_expect_said("jazz is gone; ");
    TELL(weft_heap_close(heap), 0);
}

// ---------------------------------------------------------------------------
// chains

SHOW_GLOBAL(link_code,
    struct link {
        struct link *next;
    };)

static weft_type link_type = {
    .name = "link", WEFT_SIZE(struct link),
    .fields = WEFT_FIELDS(WEFT_STRONG(struct link, next)) };

SHOW_GLOBAL(errand_code,
    struct errand {
        weft_heap *heap;
        struct link *chain;
    };)

static double elapsed_ns;       // in let_go()

SHOW_GLOBAL(let_go_code,
    static void *let_go(void *context)
    {
        const struct errand *errand = context;
        weft_heap_adopt(errand->heap);
        double start = read_clock();
        weft_release(errand->chain);
        elapsed_ns = read_clock() - start;
        return NULL;
    })

// A stack as small as that, or the smallest that the system has. False: no
// thread could be had.
static bool run_on_stack(size_t size, void *(*function)(void *context),
    void *context)
{
#ifdef PTHREAD_STACK_MIN
    if (size < (size_t)PTHREAD_STACK_MIN) {
        size = (size_t)PTHREAD_STACK_MIN;
        say("the smallest stack there is on this machine has %zu kB",
            size >> 10);
    }
#endif
    pthread_attr_t attributes;
    pthread_t thread;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    bool is_running = pthread_attr_setstacksize(&attributes, size) == 0
        && pthread_create(&thread, &attributes, function, context) == 0;
    (void)pthread_attr_destroy(&attributes);
    return is_running && pthread_join(thread, NULL) == 0;
}

void tour_chains(void)
{
    tour_explain("A death takes no stack and no memory, however much dies with "
        "it. Here is a chain of ten million objects. A heap belongs to one "
        "thread at a time: this one is adopted by a thread with a stack of "
        "64 kB, which lets go of the chain.");
    tour_global(link_code);
    tour_global(errand_code);
    tour_global(let_go_code);
    SHOW(weft_heap *heap = weft_heap_open(NULL);)
    tour_need(heap);
    SHOW(struct link *chain = NULL;)
    SHOW(for (size_t i = 0; i < 10000000; i++) {
        struct link *link = weft_new(heap, &link_type);
        if (link == NULL)
            break;
        link->next = chain;
        chain = link;
    })
    TELL(weft_heap_get_stats(heap).objects, 10000000);
    TELL_ANY(weft_heap_get_stats(heap).object_bytes);
    SHOW(struct errand errand = { heap, chain };)
    TELL(run_on_stack(64 << 10, let_go, &errand), true);
    tour_expect_said(NULL);
    TELL_ANY(elapsed_ns / 10000000);
    SHOW(weft_heap_adopt(heap);)
    TELL(weft_heap_get_stats(heap).objects, 0);
    TELL(weft_heap_close(heap), 0);
}

// ---------------------------------------------------------------------------
// limits

SHOW_GLOBAL(block_code,
    struct block {
        struct block *next;
        char bytes[1000];
    };)

static weft_type block_type = {
    .name = "block", WEFT_SIZE(struct block),
    .fields = WEFT_FIELDS(WEFT_STRONG(struct block, next)) };

void tour_limits(void)
{
    tour_explain("A heap can be given a limit in bytes. At the limit "
        "constructors return NULL, which is what they do for lack of memory "
        "and for no other reason. A call that failed has changed nothing.");
    tour_global(block_code);
    SHOW(weft_heap_options options = { .limit = 1 << 20 };)
    SHOW(weft_heap *heap = weft_heap_open(&options);)
    tour_need(heap);
    SHOW(struct block *chain = NULL; struct block *block;)
    SHOW(while ((block = weft_new(heap, &block_type)) != NULL) {
        block->next = chain;
        chain = block;
    })
    tour_need(chain);
    TELL_ANY(weft_heap_get_stats(heap).objects);
    TELL(weft_heap_get_stats(heap).reserved_bytes <= options.limit, true);
    tour_explain("What dies makes room again.");
    SHOW(weft_release(chain);)
    SHOW(block = weft_new(heap, &block_type);)
    TELL(block == NULL, false);
    SHOW(weft_release(block);)
    TELL(weft_heap_close(heap), 0);
}

// ---------------------------------------------------------------------------
// misuse

SHOW_GLOBAL(hear_code,
    static void hear(weft_heap *heap, const weft_report *report, void *context)
    {
        size_t *reports = context;
        reports[report->event]++;
        say("%s", report->message);
        (void)heap;
    })

void tour_misuse(void)
{
    tour_explain("Bugs are reported, not obeyed: noticing them costs nothing "
        "here, so it happens in every build. (Checked builds, made with "
        "-DWEFT_CHECKED, notice far more, and abort without a hook.)");
    tour_global(hear_code);
    SHOW(size_t reports[5] = { 0 };)
    SHOW(weft_heap_options options = { .report = hear,
        .report_context = reports };)
    SHOW(weft_heap *heap = weft_heap_open(&options);)
    tour_need(heap);
    SHOW(struct block *block = weft_new(heap, &block_type);)
    tour_need(block);
    SHOW(weft_release(block);)
    TELL(reports[WEFT_MISUSE], 0);
    tour_explain("Once too often:");
    SHOW(weft_release(block);)
    TELL(reports[WEFT_MISUSE], 1);
    tour_explain("And once too little. The report of a leak names the type, "
        "how many there are and the first of them.");
    SHOW(block = weft_new(heap, &block_type);)
    tour_need(block);
    TELL(weft_heap_close(heap), 1);
    TELL(reports[WEFT_LEAKED], 1);
    tour_expect_said(NULL);             // there are addresses in it
}
