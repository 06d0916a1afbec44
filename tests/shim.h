// SPDX-License-Identifier: MIT
//
// What every test includes first. A test is a function on a fresh heap:
//
//     // A new object is held once.
//     static void is_held_once(weft_heap *heap) { ... CHECK_EQ(1, 1); }
//
//     TESTS(RUN(is_held_once), RUN_OOM(copes_without_memory))
//
// RUN opens the heap, runs the test, and demands afterwards that the heap is
// sound (weft_heap_verify), that it closes empty, and that it reported nothing
// the test did not look at (CHECK_REPORT).
//
// RUN_OOM does so again and again, with the first request for memory failing,
// then the second, and so on, until a whole run asked for less than that. Such
// a test asks made() or went_well() about whatever may fail, and returns if it
// did; outside of RUN_OOM a failure there fails the test.
//
// RUN_ALONE is for tests that open heaps of their own (with test_options).
//
// With WEFT_TEST_OFTEN=1 in the environment every test heap collects whenever
// it might (weft_debug_collect_often), so that all tests are tests of the
// collector, too. RUN_CALM is for the few whose meaning is lost; it says why.
//
// With WEFT_TEST_CMOCKA tests run in cmocka, else by themselves.
#ifndef SHIM_H
#define SHIM_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef WEFT_TEST_CMOCKA
#include <cmocka.h>
#endif

#include <weft.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#ifdef WEFT_CHECKED
#define CHECKED 1
#else
#define CHECKED 0
#endif

enum { REPORT_LIMIT = 64, TRACE_SIZE = 4096, RUN_LIMIT = 100000 };

struct shim_report {
    weft_event event;           // as reported
    weft_status status;         // as reported
    const void *object;         // as reported
    char message[400];          // a copy
};

struct shim_test {
    const char *name;           // of the function
    void (*test)(weft_heap *);  // NULL: runs alone
    void (*alone)(void);        // NULL: runs on a heap
    bool fails;                 // RUN_OOM
    bool calm;                  // RUN_CALM
};

// Everything a test sees of the shim; emptied before every test.
static struct shim {
    struct shim_report reports[REPORT_LIMIT];   // the oldest not looked at first
    size_t report_count;                        // how many there are
    char trace[TRACE_SIZE];                     // what was said
    size_t trace_size;                          // in bytes
    bool failing;                               // in a run of RUN_OOM
    bool often;                                 // test heaps collect often
} shim;

// ---------------------------------------------------------------------------
// Failing

#ifdef WEFT_TEST_CMOCKA
#define shim_print print_error
__attribute__((noreturn)) static inline void shim_stop(const char *file,
    int line)
{
    _fail(file, line);
    abort();
}
#else
#define shim_print(...) ((void)fprintf(stderr, __VA_ARGS__))
static jmp_buf shim_end;
__attribute__((noreturn)) static inline void shim_stop(const char *file,
    int line)
{
    shim_print("%s:%d: error: failed\n", file, line);
    longjmp(shim_end, 1);
}
#endif

#define CHECK_TRUE(condition) \
    check_true((condition), #condition, __FILE__, __LINE__)
#define CHECK_FALSE(condition) \
    check_true(!(condition), "not: " #condition, __FILE__, __LINE__)
#define CHECK_NULL(pointer) \
    check_true((pointer) == NULL, #pointer " == NULL", __FILE__, __LINE__)
#define CHECK_SAME(a, b) \
    check_true((const void *)(a) == (const void *)(b), #a " is " #b, \
        __FILE__, __LINE__)
#define CHECK_EQ(a, b) \
    check_equal((int64_t)(a), (int64_t)(b), #a " == " #b, __FILE__, __LINE__)
#define CHECK_STR(a, b) check_string((a), (b), #a, __FILE__, __LINE__)

// Demands that everything said so far is `expected`, then forgets it.
#define CHECK_TRACE(expected) check_trace((expected), __FILE__, __LINE__)

// Takes the oldest report, and demands that its message contains `text`.
#define CHECK_REPORT(event, text) \
    check_report((event), (text), __FILE__, __LINE__)
#define CHECK_NO_REPORTS() check_no_reports(__FILE__, __LINE__)

static inline void check_true(bool condition, const char *text,
    const char *file, int line)
{
    if (condition)
        return;
    shim_print("%s:%d: %s\n", file, line, text);
    shim_stop(file, line);
}

static inline void check_equal(int64_t a, int64_t b, const char *text,
    const char *file, int line)
{
    if (a == b)
        return;
    shim_print("%s:%d: %s: %lld and %lld\n", file, line, text, (long long)a,
        (long long)b);
    shim_stop(file, line);
}

static inline void check_string(const char *found, const char *expected,
    const char *text, const char *file, int line)
{
    if (found != NULL && strcmp(found, expected) == 0)
        return;
    shim_print("%s:%d: %s\n    is      \"%s\"\n    must be \"%s\"\n", file, line,
        text, found != NULL ? found : "(NULL)", expected);
    shim_stop(file, line);
}

// ---------------------------------------------------------------------------
// The trace

// Adds to the trace, with a space before it.
__attribute__((format(printf, 1, 2)))
static inline void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (shim.trace_size > 0 && shim.trace_size < TRACE_SIZE - 1)
        shim.trace[shim.trace_size++] = ' ';
    size_t room = TRACE_SIZE - shim.trace_size;
    int size = vsnprintf(shim.trace + shim.trace_size, room, format, arguments);
    va_end(arguments);
    shim.trace_size += (size_t)size < room ? (size_t)size : room - 1;
}

static inline void forget_trace(void)
{
    shim.trace_size = 0;
    shim.trace[0] = '\0';
}

static inline void check_trace(const char *expected, const char *file, int line)
{
    check_string(shim.trace, expected, "the trace", file, line);
    forget_trace();
}

// ---------------------------------------------------------------------------
// Reports

static inline void collect_report(weft_heap *heap, const weft_report *report,
    void *context)
{
    (void)heap;
    (void)context;
    if (shim.report_count == REPORT_LIMIT)
        return;
    struct shim_report *copy = &shim.reports[shim.report_count++];
    copy->event = report->event;
    copy->status = report->status;
    copy->object = report->object;
    snprintf(copy->message, sizeof(copy->message), "%s",
        report->message != NULL ? report->message : "(NULL)");
}

// Removes the oldest report and returns it; its event is -1 if there is none.
static inline struct shim_report take_report(void)
{
    struct shim_report first = { .event = (weft_event)-1 };
    if (shim.report_count == 0)
        return first;
    first = shim.reports[0];
    shim.report_count--;
    memmove(shim.reports, shim.reports + 1,
        shim.report_count * sizeof(shim.reports[0]));
    return first;
}

static inline void check_report(weft_event event, const char *text,
    const char *file, int line)
{
    struct shim_report report = take_report();
    if (report.event == event && strstr(report.message, text) != NULL)
        return;
    shim_print("%s:%d: report\n    is      %d \"%s\"\n    must be %d \"%s\"\n",
        file, line, (int)report.event, report.message, (int)event, text);
    shim_stop(file, line);
}

static inline void check_no_reports(const char *file, int line)
{
    if (shim.report_count == 0)
        return;
    shim_print("%s:%d: %zu reports nobody looked at, the first: %d \"%s\"\n",
        file, line, shim.report_count, (int)shim.reports[0].event,
        shim.reports[0].message);
    shim_stop(file, line);
}

// ---------------------------------------------------------------------------
// Memory that runs out

// False: there was no memory, as RUN_OOM wanted.
static inline bool made(const void *object)
{
    if (object == NULL && !shim.failing) {
        shim_print("memory ran out, and should not have\n");
        shim_stop(__FILE__, __LINE__);
    }
    return object != NULL;
}

static inline bool went_well(weft_status status)
{
    if (status != WEFT_OK
        && !(shim.failing && status == WEFT_MEMORY_ERROR)) {
        shim_print("status %s\n", weft_status_name(status));
        shim_stop(__FILE__, __LINE__);
    }
    return status == WEFT_OK;
}

// ---------------------------------------------------------------------------
// Running

static inline weft_heap_options test_options(void)
{
    return (weft_heap_options){ .report = collect_report, .hash_seed = 42 };
}

static inline weft_heap *open_test_heap(void)
{
    weft_heap_options options = test_options();
    weft_heap *heap = weft_heap_open(&options);
    CHECK_TRUE(heap != NULL);
    weft_debug_collect_often(heap, shim.often);
    return heap;
}

// Does the environment ask for a collection at every safe point?
static inline bool wants_often(void)
{
    const char *often = getenv("WEFT_TEST_OFTEN");
    return often != NULL && strcmp(often, "1") == 0;
}

static inline void close_test_heap(weft_heap *heap)
{
    CHECK_NO_REPORTS();
    CHECK_TRUE(weft_heap_verify(heap));
    size_t held = weft_heap_close(heap);
    CHECK_NO_REPORTS();
    CHECK_EQ(held, 0);
}

static inline void shim_run_failing(const struct shim_test *test)
{
    size_t left = 0;
    for (size_t n = 1; left == 0; n++) {
        CHECK_TRUE(n < RUN_LIMIT);
        forget_trace();
        weft_heap *heap = open_test_heap();
        shim.failing = true;
        (void)weft_debug_fail_at(heap, n);
        test->test(heap);
        left = weft_debug_fail_at(heap, 0);
        shim.failing = false;
        close_test_heap(heap);
    }
}

static inline void shim_run(const struct shim_test *test)
{
    shim = (struct shim){ .often = wants_often() && !test->calm };
    if (test->alone != NULL) {
        test->alone();
        CHECK_NO_REPORTS();
    } else if (test->fails) {
        shim_run_failing(test);
    } else {
        weft_heap *heap = open_test_heap();
        test->test(heap);
        close_test_heap(heap);
    }
}

#define RUN(function)       { #function, function, NULL, false, false }
#define RUN_OOM(function)   { #function " (without memory)", function, NULL, \
                              true, false }
#define RUN_ALONE(function) { #function, NULL, function, false, false }
#define RUN_CALM(function, why) \
                            { #function, function, NULL, false, (why) != NULL }

#define TESTS(...) \
    int main(void) \
    { \
        static const struct shim_test tests[] = { __VA_ARGS__ }; \
        return shim_main(__FILE__, tests, sizeof(tests) / sizeof(tests[0])); \
    }

#ifdef WEFT_TEST_CMOCKA

static inline void shim_run_state(void **state)
{
    shim_run(*state);
}

static inline int shim_main(const char *name, const struct shim_test *tests,
    size_t count)
{
    struct CMUnitTest *list = calloc(count, sizeof(*list));
    if (list == NULL)
        return 1;
    for (size_t i = 0; i < count; i++) {
        list[i].name = tests[i].name;
        list[i].test_func = shim_run_state;
        list[i].initial_state = (void *)(uintptr_t)&tests[i];
    }
    int failed = _cmocka_run_group_tests(name, list, count, NULL, NULL);
    free(list);
    return failed;
}

#else

static inline int shim_main(const char *name, const struct shim_test *tests,
    size_t count)
{
    int volatile failed = 0;
    fprintf(stderr, "[==========] %s: Running %zu test(s).\n", name, count);
    for (size_t volatile i = 0; i < count; i++) {
        fprintf(stderr, "[ RUN      ] %s\n", tests[i].name);
        if (setjmp(shim_end) == 0) {
            shim_run(&tests[i]);
            fprintf(stderr, "[       OK ] %s\n", tests[i].name);
        } else {
            fprintf(stderr, "[  FAILED  ] %s\n", tests[i].name);
            failed++;
        }
    }
    fprintf(stderr, "[==========] %s: %zu test(s) run.\n", name, count);
    fprintf(stderr, "[  PASSED  ] %zu test(s).\n", count - (size_t)failed);
    if (failed > 0)
        fprintf(stderr, "[  FAILED  ] %d test(s)\n", failed);
    return failed;
}

#endif

#endif
