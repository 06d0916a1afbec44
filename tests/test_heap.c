// SPDX-License-Identifier: MIT
//
// Heaps: opened, closed, handed on, and what they report.
#include "node.h"

#include <pthread.h>

// A heap needs no options.
static void opens_without_options(void)
{
    weft_heap *heap = weft_heap_open(NULL);
    CHECK_TRUE(heap != NULL);
    CHECK_NULL(weft_heap_data(heap));
    weft_release(plain_new(heap));
    CHECK_EQ(weft_heap_close(heap), 0);
}

// The program's data comes back.
static void keeps_the_programs_data(void)
{
    int data = 0;
    weft_heap_options options = test_options();
    options.data = &data;
    weft_heap *heap = weft_heap_open(&options);
    CHECK_SAME(weft_heap_data(heap), &data);
    close_test_heap(heap);
}

// Options of an older program are shorter; what they lack is zero.
static void takes_older_options(void)
{
    int data = 0;
    weft_heap_options options = { .data = &data, .limit = 1 };
    weft_heap *heap = weft_heap_open_sized(&options,
        offsetof(weft_heap_options, limit));
    CHECK_SAME(weft_heap_data(heap), &data);
    weft_auto(struct node) node = plain_new(heap);
    CHECK_TRUE(node != NULL);
    weft_clear(&node);
    CHECK_EQ(weft_heap_close(heap), 0);
}

// Counts what lives, in objects and bytes.
static void counts_what_lives(weft_heap *heap)
{
    weft_heap_stats stats = weft_heap_get_stats(heap);
    CHECK_EQ(stats.objects, 0);
    CHECK_EQ(stats.object_bytes, 0);
    weft_auto(struct node) node = plain_new(heap);
    weft_auto(void) large = weft_new_sized(heap, &plain_type, 1000000);
    stats = weft_heap_get_stats(heap);
    CHECK_EQ(stats.objects, 2);
    CHECK_TRUE(stats.object_bytes >= 1000000 + 2 * sizeof(struct node) + 16);
    CHECK_TRUE(stats.reserved_bytes >= stats.object_bytes);
    weft_clear(&node);
    weft_clear(&large);
    CHECK_EQ(weft_heap_get_stats(heap).objects, 0);
}

// What is still held when a heap closes is reported once a type, counted, not
// finalized, but disposed of.
static void closing_reports_what_is_held(void)
{
    weft_heap *heap = open_test_heap();
    struct node *first = loud_new(heap, "a");
    weft_set_steal(&first->left, loud_new(heap, "b"));
    weft_weak handles[] = { weft_weak_of(first), weft_weak_of(first->left),
        weft_weak_of(plain_new(heap)) };
    for (int i = 0; i < 9; i++)
        (void)!plain_new(heap);
    CHECK_EQ(weft_heap_close(heap), 12);
    CHECK_EQ(shim.report_count, 2);
    for (int i = 0; i < 2; i++) {
        struct shim_report report = take_report();
        CHECK_EQ(report.event, WEFT_LEAKED);
        bool loud = strstr(report.message, "loud") != NULL;
        CHECK_TRUE(loud || strstr(report.message, "plain") != NULL);
        CHECK_TRUE(strstr(report.message, loud ? " 2 " : " 10 ") != NULL);
        char address[32];
        snprintf(address, sizeof(address), "%p", report.object);
        CHECK_TRUE(strstr(report.message, address) != NULL);
    }
    for (int i = 0; i < 3; i++)
        CHECK_TRUE(weft_weak_is_dead(handles[i]));
    CHECK_TRUE(strchr(shim.trace, '~') == NULL);
    CHECK_TRUE(strstr(shim.trace, "a.") != NULL);
    CHECK_TRUE(strstr(shim.trace, "b.") != NULL);
    forget_trace();
}

static void must_not_be_called(weft_ref *ref, void *context)
{
    (void)ref;
    (void)context;
    say("called");
}

static void handle(void *self, void *argument) { (void)self, (void)argument; }

// Callbacks of what is still held do not run when the heap closes, and refs
// that are still held themselves are counted too.
static void hist_h32_closing_runs_no_callbacks(void)
{
    weft_heap *heap = open_test_heap();
    struct node *node = plain_new(heap);
    (void)!weft_ref_new(node, must_not_be_called, NULL);
    (void)!weft_ref_new(node, NULL, NULL);
    (void)!weft_proxy_new(node, must_not_be_called, NULL);
    (void)!weft_weakmethod_new(node, node, handle, must_not_be_called, NULL);
    (void)!weft_string_new(heap, "text");
    weft_list *list = weft_list_new(heap);
    CHECK_EQ(weft_list_append(list, weft_object(list)), WEFT_OK);
    CHECK_EQ(weft_list_append(list, weft_text("text")), WEFT_OK);
    CHECK_EQ(weft_heap_close(heap), 8);
    CHECK_TRACE("");
    while (take_report().event == WEFT_LEAKED)
        continue;
    CHECK_NO_REPORTS();
}

// A type has one report, however different its objects are in size.
static void leaks_are_told_by_type(void)
{
    weft_heap *heap = open_test_heap();
    char bytes[2000] = { 0 };
    for (size_t size = 1; size < sizeof(bytes); size *= 2)
        (void)!weft_string_new_sized(heap, bytes, size);
    CHECK_EQ(weft_heap_close(heap), 11);
    struct shim_report report = take_report();
    CHECK_EQ(report.event, WEFT_LEAKED);
    CHECK_TRUE(strstr(report.message, " 11 objects of type string") != NULL);
    CHECK_NO_REPORTS();
}

// User code can report a failure nobody can catch.
static void passes_reports_on(weft_heap *heap)
{
    weft_auto(struct node) node = plain_new(heap);
    weft_heap_report(heap, WEFT_OS_ERROR, "the disk is full", node);
    struct shim_report report = take_report();
    CHECK_EQ(report.event, WEFT_UNRAISABLE);
    CHECK_EQ(report.status, WEFT_OS_ERROR);
    CHECK_TRUE(strstr(report.message, "the disk is full") != NULL);
    CHECK_SAME(report.object, node);
    weft_heap_report(heap, WEFT_VALUE_ERROR, "bad", NULL);
    CHECK_REPORT(WEFT_UNRAISABLE, "bad");
}

static void use_the_heap(weft_heap *heap, const weft_report *report,
    void *context)
{
    struct node **slot = context;
    (void)report;
    weft_set_steal(slot, plain_new(heap));
    say("hook");
}

// The hook may use the heap.
static void hook_may_use_the_heap(void)
{
    struct node *node = NULL;
    weft_heap_options options = { .report = use_the_heap,
        .report_context = &node };
    weft_heap *heap = weft_heap_open(&options);
    weft_heap_report(heap, WEFT_VALUE_ERROR, "first", NULL);
    weft_heap_report(heap, WEFT_VALUE_ERROR, "second", NULL);
    CHECK_TRACE("hook hook");
    CHECK_EQ(object_count(heap), 1);
    weft_release(node);
    CHECK_EQ(weft_heap_close(heap), 0);
}

static void *use_adopted(void *context)
{
    weft_heap *heap = context;
    weft_heap_adopt(heap);
    for (int i = 0; i < 1000; i++) {
        weft_auto(struct node) node = plain_new(heap);
        weft_set_steal(&node->left, loud_new(heap, "a"));
        weft_release(weft_ref_new(node->left, NULL, NULL));
        if (i > 0)
            forget_trace();
    }
    return weft_heap_verify(heap) ? heap : NULL;
}

// A heap can be handed to another thread, and back.
static void may_be_adopted(weft_heap *heap)
{
    pthread_t thread;
    void *result = NULL;
    weft_auto(struct node) node = plain_new(heap);
    CHECK_EQ(pthread_create(&thread, NULL, use_adopted, heap), 0);
    CHECK_EQ(pthread_join(thread, &result), 0);
    CHECK_SAME(result, heap);
    weft_heap_adopt(heap);
    CHECK_EQ(object_count(heap), 1);
    weft_set_steal(&node->left, plain_new(heap));
    forget_trace();
}

// Every thread may have a heap.
static void *work_in_own_heap(void *result)
{
    weft_heap *heap = weft_heap_open(NULL);
    struct node *chain = NULL;
    for (int i = 0; i < 20000; i++) {
        struct node *node = plain_new(heap);
        node->watched = weft_weak_of(chain);
        weft_set_steal(&node->left, weft_take(&chain));
        chain = node;
    }
    weft_release(chain);
    return weft_heap_close(heap) == 0 ? result : NULL;
}

static void lives_beside_others(void)
{
    pthread_t threads[4];
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 4; i++)
            CHECK_EQ(pthread_create(&threads[i], NULL, work_in_own_heap,
                threads), 0);
        for (int i = 0; i < 4; i++) {
            void *result = NULL;
            CHECK_EQ(pthread_join(threads[i], &result), 0);
            CHECK_SAME(result, threads);
        }
    }
}

// A row that points to what is not alive is found, and reported as misuse.
static void verify_finds_dangling_rows(weft_heap *heap)
{
    weft_auto(struct node) root = plain_new(heap);
    struct node *gone = plain_new(heap);
    CHECK_TRUE(weft_heap_verify(heap));
    weft_release(gone);
    root->left = gone;
    CHECK_FALSE(weft_heap_verify(heap));
    CHECK_REPORT(WEFT_MISUSE, "");
    while (shim.report_count > 0)
        CHECK_REPORT(WEFT_MISUSE, "");
    root->left = NULL;
    CHECK_TRUE(weft_heap_verify(heap));
}

TESTS(RUN_ALONE(opens_without_options), RUN_ALONE(keeps_the_programs_data),
    RUN_ALONE(takes_older_options), RUN(counts_what_lives),
    RUN_ALONE(closing_reports_what_is_held), RUN_ALONE(leaks_are_told_by_type),
    RUN_ALONE(hist_h32_closing_runs_no_callbacks), RUN(passes_reports_on),
    RUN_ALONE(hook_may_use_the_heap), RUN(may_be_adopted),
    RUN_ALONE(lives_beside_others), RUN(verify_finds_dangling_rows))
