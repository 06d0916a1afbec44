// SPDX-License-Identifier: MIT
//
// Runs the workloads of weak tables that were asked for, in the program that
// has said how it does their operations: see weak.h. Besides those it defines
//
//     PEER                        its name
//     HAS_LIMIT                   1: limit.h takes turns with it
//     HAS_VARIANTS                1: has KIND_STRING, and compares in all ways
//     open_heap(compare), close_heap()
//                                 around everything else
//     heap_bytes()                of its objects, as it counts them; or 0
//
// Each configuration runs in a process of its own.
#ifndef BENCH_WEAK_MAIN_H
#define BENCH_WEAK_MAIN_H

#if HAS_LIMIT
#include "limit.h"
#endif

#define T(name) own_##name
#include "loops.h"
#undef T

static enum kind kind;              // of the configuration
static enum compare compare;        // likewise
static struct side own;
#if HAS_LIMIT
static struct side limit, cheap;    // `cheap`: texts by their other hash
#endif

struct name {
    char text[48];
};

// "hit", of objects by equality, a thousand of them: "hit_obj_eq_1e3".
static struct name name_of(const char *what, bool is_keyed, const char *size)
{
    static const char *const kinds[] = { "_int", "_str", "_cheap", "_string",
        "_obj" };
    static const char *const compares[] = { "", "_eq", "_hook" };
    struct name name;
    snprintf(name.text, sizeof(name.text), "%s%s%s%s%s", what,
        is_keyed ? kinds[kind] : "", compares[compare],
        size[0] == '\0' ? "" : "_", size);
    return name;
}

// Rows of the peer and of its limits.
static void run_rows(const char *workload, struct name name, double operations,
    bench_fn *measure)
{
    struct name cheap_name;
    snprintf(cheap_name.text, sizeof(cheap_name.text), "%.40s_cheap",
        name.text);
    const struct bench_row rows[] = {
        { PEER, workload, name.text, operations },
        { "limit", workload, name.text, operations },
        { "limit", workload, cheap_name.text, operations } };
    bool is_limited = HAS_LIMIT && kind != KIND_STRING && compare == BY_ADDRESS;
    bench_run(rows, !is_limited ? 1 : kind == KIND_TEXT ? 3 : 2, measure);
}

// Measures a loop on values as rows 0, 1 and 2.
#if HAS_LIMIT
#define MEASURE_VALUES(loop) \
    do { \
        ns[0] = own_##loop(&own, kind); \
        if (limit.map != NULL) \
            ns[1] = limit_##loop(&limit, kind); \
        if (cheap.map != NULL) \
            ns[2] = limit_##loop(&cheap, KIND_CHEAP); \
    } while (0)
#define MEASURE_OBJECTS(loop) \
    do { \
        ns[0] = own_##loop(&own); \
        if (limit.map != NULL) \
            ns[1] = limit_##loop(&limit); \
    } while (0)
#else
#define MEASURE_VALUES(loop)    (ns[0] = own_##loop(&own, kind))
#define MEASURE_OBJECTS(loop)   (ns[0] = own_##loop(&own))
#endif

// ---------------------------------------------------------------------------
// W9: values are watched

static void measure_hits(double *ns)
{
    MEASURE_VALUES(hits);
}

static void measure_misses(double *ns)
{
    MEASURE_VALUES(misses);
}

static void measure_churn(double *ns)
{
    MEASURE_VALUES(churn);
}

static void measure_replace(double *ns)
{
    MEASURE_VALUES(replace);
}

static void open_values(void)
{
    open_heap(compare);
    own_open(&own, kind);
#if HAS_LIMIT
    if (kind != KIND_STRING && compare == BY_ADDRESS)
        limit_open(&limit, kind);
    if (kind == KIND_TEXT)
        limit_open(&cheap, KIND_CHEAP);
#endif
}

static void close_values(void)
{
    own_close(&own, kind);
#if HAS_LIMIT
    if (limit.map != NULL)
        limit_close(&limit, kind);
    if (cheap.map != NULL)
        limit_close(&cheap, KIND_CHEAP);
#endif
    close_heap();
}

static void run_values(void)
{
    const char *workload = "W9_weakvalue";
    open_values();
    run_rows(workload, name_of("hit", true, count_name()), ASKED,
        measure_hits);
    run_rows(workload, name_of("miss", true, count_name()), ASKED,
        measure_misses);
    if (count == HUNDRED_THOUSAND) {
        run_rows(workload, name_of("churn", true, ""), count, measure_churn);
        run_rows(workload, name_of("replace", true, ""), count,
            measure_replace);
    }
    close_values();
}

// W23: the same lookups, as the dictionary grows.
static void run_hits(void)
{
    open_values();
    run_rows("W23_growth", name_of("hit", true, count_name()), ASKED,
        measure_hits);
    close_values();
}

// ---------------------------------------------------------------------------
// W10, W11: keys are watched, members are

static void measure_key_hits(double *ns)
{
    MEASURE_OBJECTS(key_hits);
}

static void measure_key_churn(double *ns)
{
    MEASURE_OBJECTS(key_churn);
}

// Keys or members.
static void close_objects(void)
{
    own_key_close(&own);
#if HAS_LIMIT
    if (limit.map != NULL)
        limit_key_close(&limit);
#endif
    close_heap();
}

static void run_keys(void)
{
    open_heap(compare);
    own_key_open(&own);
#if HAS_LIMIT
    if (compare == BY_ADDRESS)
        limit_key_open(&limit);
#endif
    run_rows("W10_weakkey", name_of("hit", false, count_name()), ASKED,
        measure_key_hits);
    if (count == HUNDRED_THOUSAND)
        run_rows("W10_weakkey", name_of("churn", false, ""), count,
            measure_key_churn);
    close_objects();
}

static void measure_set_make(double *ns)
{
    MEASURE_OBJECTS(set_make);
}

static void measure_set_ask(double *ns)
{
    MEASURE_OBJECTS(set_ask);
}

static void measure_set_walk(double *ns)
{
    MEASURE_OBJECTS(set_walk);
}

static void reorder_set(void)
{
    double ns[2];
    MEASURE_OBJECTS(set_reorder);
    BENCH_CHECK(ns[0] > 0);
}

static void run_set(void)
{
    open_heap(compare);
    own_set_open(&own);
#if HAS_LIMIT
    if (compare == BY_ADDRESS)
        limit_set_open(&limit);
#endif
    run_rows("W11_weakset", name_of("contains", false, count_name()), ASKED,
        measure_set_ask);
    if (count == HUNDRED_THOUSAND) {
        run_rows("W11_weakset", name_of("iterate", false, count_name()), count,
            measure_set_walk);
        run_rows("W11_weakset", name_of("add", false, count_name()), count,
            measure_set_make);
        reorder_set();
        run_rows("W11_weakset", name_of("iterate_born", false, count_name()),
            count, measure_set_walk);
    }
    close_objects();
}

// ---------------------------------------------------------------------------
// W20: bytes an entry, of a million

static void print_bytes(const char *what, bool is_keyed, double real,
    double counted)
{
    struct name name = name_of(what, is_keyed, "");
    bench_bytes(PEER, "W20_weakmemory", name.text, real / count);
    strcat(name.text, "_heap");
    if (counted > 0)
        bench_bytes(PEER, "W20_weakmemory", name.text, counted / count);
}

// What it takes to fill a table with objects and keys that are there already.
static void weigh(enum what what)
{
    open_heap(compare);
    own_make(&own);
    if (what == MAP_VALUE)
        own_make_keys(&own, kind);
    double real = bench_resident(), counted = heap_bytes();
    if (what == MAP_VALUE) {
        own_fill(&own, kind);
    } else if (what == MAP_KEY) {
        own_key_fill(&own);
    } else {
        own.map = own_map_new(MAP_SET);
        own_set_fill(&own);
    }
    print_bytes(what == MAP_VALUE ? "value" : what == MAP_KEY ? "key" : "set",
        what == MAP_VALUE, bench_resident() - real, heap_bytes() - counted);
    BENCH_CHECK(own_map_count(own.map) == count);
}

static void weigh_values(void)
{
    weigh(MAP_VALUE);
}

static void weigh_keys(void)
{
    weigh(MAP_KEY);
}

static void weigh_set(void)
{
    weigh(MAP_SET);
}

// ---------------------------------------------------------------------------
// W21: a table grows to a million; the longest it takes to put one

enum { GROWTHS = 5 };

static double thread_now(void)
{
    return bench_clock(CLOCK_THREAD_CPUTIME_ID);
}

static void own_put_one(enum what what, uint32_t i)
{
    if (what == MAP_VALUE)
        own_put(own.map, KIND_INT, own.keys[i], own.objects[i]);
    else
        own_key_put(own.map, own.objects[i], i + 1);
}

static double longest_put(enum what what)
{
    double longest = 0;
    own.map = own_map_new(what);
    for (uint32_t i = 0; i < count; i++) {
        double start = thread_now();
        own_put_one(what, i);
        double ns = thread_now() - start;
        longest = ns > longest ? ns : longest;
    }
    BENCH_CHECK(own_map_count(own.map) == count);
    return longest;
}

// The objects are made first, and anew each time.
static void grow(enum what what)
{
    double longest[GROWTHS], each[GROWTHS];
    int most = bench_repetitions < GROWTHS ? bench_repetitions : GROWTHS;
    open_heap(compare);
    own_make_keys(&own, kind);
    for (int i = 0; i < 2 * most; i++) {
        own_make(&own);
        double start = bench_now();
        if (i < most) {
            longest[i] = longest_put(what) / 1e3;
        } else {
            own.map = own_map_new(what);
            for (uint32_t k = 0; k < count; k++)
                own_put_one(what, k);
            each[i - most] = (bench_now() - start) / count;
        }
        for (uint32_t k = 0; k < count; k++)
            own_drop(own.objects[k]);
        BENCH_CHECK(own_map_count(own.map) == 0);
        own_map_free(own.map);
        free(own.objects);
    }
    print_samples(PEER, "W21_weakgrowth", what == MAP_VALUE ? "value_longest"
        : "key_longest", "us", longest, most);
    print_samples(PEER, "W21_weakgrowth", what == MAP_VALUE ? "value_put"
        : "key_put", "ns", each, most);
}

static void grow_values(void)
{
    grow(MAP_VALUE);
}

static void grow_keys(void)
{
    grow(MAP_KEY);
}

// ---------------------------------------------------------------------------

static void run_as(enum kind as_kind, enum compare as_compare,
    void (*run)(void))
{
    kind = as_kind;
    compare = as_compare;
    run_apart(run);
}

static void run_size(uint32_t size, enum kind as_kind,
    enum compare as_compare, void (*run)(void))
{
    choose(size);
    run_as(as_kind, as_compare, run);
    free(chosen);
    free(order);
}

static void run_sizes(enum kind as_kind, enum compare as_compare,
    void (*run)(void))
{
    run_size(THOUSAND, as_kind, as_compare, run);
    run_size(HUNDRED_THOUSAND, as_kind, as_compare, run);
    run_size(MILLION, as_kind, as_compare, run);
}

static void run_variants(void)
{
    if (bench_wants("W9")) {
        run_sizes(KIND_STRING, BY_ADDRESS, run_values);
        run_sizes(KIND_OBJECT, BY_EQUALITY, run_values);
    }
    for (int way = BY_EQUALITY; way <= BY_HOOKS; way++) {
        if (bench_wants("W10"))
            run_sizes(KIND_OBJECT, (enum compare)way, run_keys);
        if (bench_wants("W11"))
            run_sizes(KIND_OBJECT, (enum compare)way, run_set);
    }
}

static void run_all(int argument_count, char **arguments)
{
    bench_open(argument_count, arguments);
    if (bench_wants("W9")) {
        run_sizes(KIND_INT, BY_ADDRESS, run_values);
        run_sizes(KIND_TEXT, BY_ADDRESS, run_values);
        run_sizes(KIND_OBJECT, BY_ADDRESS, run_values);
    }
    if (bench_wants("W10"))
        run_sizes(KIND_OBJECT, BY_ADDRESS, run_keys);
    if (bench_wants("W11"))
        run_sizes(KIND_OBJECT, BY_ADDRESS, run_set);
    if (HAS_VARIANTS)
        run_variants();
    choose(MILLION);
    if (bench_wants("W20")) {
        run_as(KIND_INT, BY_ADDRESS, weigh_values);
        run_as(KIND_TEXT, BY_ADDRESS, weigh_values);
        run_as(KIND_OBJECT, BY_ADDRESS, weigh_keys);
        run_as(KIND_OBJECT, BY_ADDRESS, weigh_set);
    }
    if (bench_wants("W21")) {
        run_as(KIND_INT, BY_ADDRESS, grow_values);
        run_as(KIND_INT, BY_ADDRESS, grow_keys);
    }
    if (bench_wants("W23"))
        for (uint32_t size = THOUSAND; size <= LARGEST; size *= 10)
            if (size < LARGEST || is_large_wanted())
                run_size(size, KIND_INT, BY_ADDRESS, run_hits);
}

#endif
