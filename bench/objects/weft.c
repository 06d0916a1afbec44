// SPDX-License-Identifier: MIT
//
// weft's benchmark: the workloads that every program here has, by the same
// names, and the limits of limit.h taking turns with them. What a row measures
// is in README.md; what it must not exceed is in driver/rows.py.
#include "weft_deaths.h"
#include "weft_deep.h"
#include "weft_handles.h"
#include "weft_memory.h"

// ---------------------------------------------------------------------------
// W1, W2: made and let go

static void measure_new(double *ns)
{
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        struct node *node = node_new();
        BENCH_KEEP(node);
        weft_release(node);
    }
    ns[0] = bench_now() - start;
    ns[1] = limit_new_free();
    ns[2] = limit_calloc_free();
    BENCH_CHECK(living() == 0);
}

static void measure_bulk(double *ns)
{
    double start = bench_now();
    make_nodes(MILLION);
    ns[0] = bench_now() - start;
    start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++)
        weft_release(nodes[order[i]]);
    ns[1] = bench_now() - start;
    BENCH_CHECK(living() == 0);
    limit_bulk(&ns[2], &ns[3], (struct limit_node **)nodes, order);
    limit_settle();
}

// ---------------------------------------------------------------------------
// W3: references

static void measure_retain(double *ns)
{
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        struct node *node = hot;
        BENCH_HIDE(node);
        weft_retain(node);
        BENCH_HIDE(node);
        weft_release(node);
    }
    ns[0] = bench_now() - start;
    ns[1] = limit_count_hot();
    BENCH_CHECK(weft_refcount(hot) == 1);
}

static void measure_retain_random(double *ns)
{
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++)
        held[i] = weft_retain(nodes[i]);
    for (uint32_t i = 0; i < MILLION; i++)
        weft_release(held[i]);
    ns[0] = bench_now() - start;
    ns[1] = limit_count_in_passes(limit_small_pages);
    ns[2] = limit_count_in_passes(limit_huge_pages);
}

// Makes a million nodes and puts them into `nodes` in random order.
static void make_shuffled_nodes(void)
{
    for (uint32_t i = 0; i < MILLION; i++)
        held[i] = node_new();
    for (uint32_t i = 0; i < MILLION; i++)
        nodes[i] = held[order[i]];
}

static void check_nodes(void)
{
    for (uint32_t i = 0; i < MILLION; i++)
        BENCH_CHECK(weft_refcount(nodes[i]) == 1);
}

// ---------------------------------------------------------------------------

#define ROWS(...) \
    (const struct bench_row[]){ __VA_ARGS__ }, \
    sizeof((const struct bench_row[]){ __VA_ARGS__ }) / sizeof(struct bench_row)

static void run_making(void)
{
    if (bench_wants("W1"))
        bench_run(ROWS({ "weft", "W1_alloc_free", "hot", MILLION },
            { "limit", "W1_alloc_free", "hot", MILLION },
            { "limit", "W1_alloc_free", "hot_calloc", MILLION }), measure_new);
    if (bench_wants("W2"))
        bench_run_fresh(ROWS({ "weft", "W2_bulk", "alloc_1e6", MILLION },
            { "weft", "W2_bulk", "free_random_1e6", MILLION },
            { "limit", "W2_bulk", "alloc_1e6", MILLION },
            { "limit", "W2_bulk", "free_random_1e6", MILLION }), measure_bulk);
}

static void run_references(void)
{
    hot = node_new();
    bench_run(ROWS({ "weft", "W3_refcount", "hot", MILLION },
        { "limit", "W3_refcount", "hot", MILLION }), measure_retain);
    weft_release(hot);
    limit_open(order);
    make_shuffled_nodes();
    bench_run(ROWS({ "weft", "W3_refcount", "random_1e6", MILLION },
        { "limit", "W3_refcount", "random_1e6", MILLION },
        { "limit", "W3_refcount", "random_1e6_huge", MILLION }),
        measure_retain_random);
    check_nodes();
    limit_check();
    release_nodes(MILLION);
}

static void run_taking(void)
{
    hot = node_new();
    hot_handle = weft_weak_of(hot);
    bench_run(ROWS({ "weft", "W5_weak_create", "second", MILLION }),
        measure_take);
    bench_run(ROWS({ "weft", "W5_weak_create", "ref", HUNDRED_THOUSAND },
        { "weft", "W5_weak_create", "ref_cb", HUNDRED_THOUSAND },
        { "weft", "W5_weak_create", "ref_shared", HUNDRED_THOUSAND }),
        measure_take_refs);
    weft_release(hot);
    bench_run(ROWS({ "weft", "W5_weak_create", "first_1e5", HUNDRED_THOUSAND }),
        measure_take_first);
    make_shuffled_nodes();
    bench_run(ROWS({ "weft", "W5_weak_create", "random_1e6", MILLION }),
        measure_take_random);
    release_nodes(MILLION);
}

static void run_getting(void)
{
    hot = node_new();
    hot_handle = weft_weak_of(hot);
    bench_run(ROWS({ "weft", "W6_weak_upgrade", "hot", MILLION },
        { "limit", "W6_weak_upgrade", "hot", MILLION }), measure_get);
    weft_release(hot);
    limit_open(order);
    make_shuffled_nodes();
    for (uint32_t i = 0; i < MILLION; i++)
        handles[i] = weft_weak_of(nodes[i]);
    bench_run(ROWS({ "weft", "W6_weak_upgrade", "random_1e6", MILLION },
        { "limit", "W6_weak_upgrade", "random_1e6", MILLION },
        { "limit", "W6_weak_upgrade", "random_1e6_huge", MILLION }),
        measure_get_random);
    check_nodes();
    limit_check();
    release_nodes(MILLION);
}

// Once with the slot free, once with another object in it.
static void run_getting_dead(void)
{
    hot = node_new();
    hot_handle = weft_weak_of(hot);
    weft_release(hot);
    bench_run(ROWS({ "weft", "W7_weak_dead", "hot", MILLION }),
        measure_get_dead);
    struct node *next = node_new();
    if (next == hot)
        bench_run(ROWS({ "weft", "W7_weak_dead", "hot_reused", MILLION }),
            measure_get_dead);
    weft_release(next);
    make_shuffled_nodes();
    for (uint32_t i = 0; i < MILLION; i++)
        handles[i] = weft_weak_of(nodes[i]);
    release_nodes(MILLION);
    bench_run(ROWS({ "weft", "W7_weak_dead", "random_1e6", MILLION }),
        measure_get_dead_random);
}

static void run_deaths(void)
{
    bench_run(ROWS({ "weft", "W8_callback", "death_plain", HUNDRED_THOUSAND },
        { "weft", "W8_callback", "death_weak", HUNDRED_THOUSAND }),
        measure_death);
    bench_run(ROWS({ "weft", "W8_callback", "death_cb", HUNDRED_THOUSAND },
        { "weft", "W8_callback", "death_cb_total", HUNDRED_THOUSAND }),
        measure_death_told);
    bench_run(ROWS({ "weft", "W8_callback", "made_fired_gone",
        HUNDRED_THOUSAND }), measure_told_hot);
    bench_run(ROWS({ "weft", "W8_callback", "remove_of_1e3", 800 },
        { "weft", "W8_callback", "remove_of_1e6", 800 },
        { "weft", "W8_callback", "remove_random_1e6", MILLION }),
        measure_removal);
}

static void run_teardown(void)
{
    if (bench_wants("W14")) {
        bench_run(ROWS({ "weft", "W14_list", "1e6", MILLION },
            { "limit", "W14_list", "1e6", MILLION }), measure_chain);
        bench_run(ROWS({ "weft", "W14_list", "1e7", 10 * MILLION },
            { "limit", "W14_list", "1e7", 10 * MILLION }), measure_long_chain);
    }
    if (bench_wants("W15"))
        bench_run(ROWS({ "weft", "W15_tree", "teardown_1e6", MILLION },
            { "limit", "W15_tree", "teardown_1e6", MILLION }), measure_tree);
}

int main(int argument_count, char **arguments)
{
    bench_open(argument_count, arguments);
    nodes = bench_array(MILLION, sizeof(*nodes));
    held = bench_array(MILLION, sizeof(*held));
    handles = bench_array(MILLION, sizeof(*handles));
    refs = bench_array(MILLION, sizeof(*refs));
    order = bench_shuffled(MILLION);
    if (bench_wants("W16")) {
        weigh_apart(weigh_types);
        weigh_apart(weigh_limit);
    }
    heap = weft_heap_open(NULL);
    BENCH_CHECK(heap != NULL);
    if (bench_wants("W16"))
        weigh_objects();
    run_making();
    if (bench_wants("W3"))
        run_references();
    if (bench_wants("W5"))
        run_taking();
    if (bench_wants("W6"))
        run_getting();
    if (bench_wants("W7"))
        run_getting_dead();
    if (bench_wants("W8"))
        run_deaths();
    run_teardown();
    BENCH_CHECK(weft_heap_close(heap) == 0);
    return 0;
}
