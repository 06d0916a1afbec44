// SPDX-License-Identifier: MIT
//
// The collector of Boehm, Demers and Weiser in the rows of weft.c. A weak
// reference is a hidden pointer, which the collector clears (a disappearing
// link): reading it takes the allocator's lock, as the collector may run at any
// time in programs with threads. A callback is a finalizer. Nothing is counted:
// what died is found by the collector, so a death is a share of a collection of
// everything, and a list or a tree dies in one; memory is swept later, as it is
// asked for. It may take what is no pointer for one, so a few may live on.
#include <gc.h>

#include "../bench.h"

#define PEER "boehm"

enum { MILLION = BENCH_MILLION, HUNDRED_THOUSAND = 100000, MAY_STAY = 100 };

struct node {
    struct node *left;          // traced
    struct node *right;         // traced
};

struct tree {
    struct tree *kid[8];        // traced
    GC_hidden_pointer parent;   // weak
};

static struct node **nodes;             // traced, and never collected itself
static GC_hidden_pointer *handles;      // not traced
static uint32_t *order;                 // of a million, shuffled
static struct node *hot;                // traced: static data is
static GC_hidden_pointer *hot_handle;   // not traced
static uint32_t calls;                  // of finalizers

static inline struct node *node_new(void)
{
    struct node *node = GC_MALLOC(sizeof(*node));
    BENCH_CHECK(node != NULL);
    return node;
}

static inline void take(GC_hidden_pointer *handle, void *object)
{
    *handle = GC_HIDE_POINTER(object);
    BENCH_CHECK(GC_general_register_disappearing_link((void **)handle, object)
        == GC_SUCCESS);
}

static inline void untake(GC_hidden_pointer *handle)
{
    GC_unregister_disappearing_link((void **)handle);
}

static void *reveal(void *place)
{
    GC_hidden_pointer hidden = *(GC_hidden_pointer *)place;
    return hidden == 0 ? NULL : GC_REVEAL_POINTER(hidden);
}

static inline void *get(GC_hidden_pointer *handle)
{
    return GC_call_with_alloc_lock(reveal, handle);
}

// Writes over what was left of pointers below on the stack.
static __attribute__((noinline)) void wipe_stack(void)
{
    char wiped[4096];
    memset(wiped, 0, sizeof(wiped));
    BENCH_KEEP(wiped);
}

static void make_nodes(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        nodes[i] = node_new();
}

static void forget_nodes(uint32_t count)
{
    memset(nodes, 0, count * sizeof(struct node *));
}

static void GC_CALLBACK count_call(void *object, void *context)
{
    BENCH_KEEP(object);
    BENCH_KEEP(context);
    calls++;
}

// Collects, and runs finalizers. What they were given is free after the next.
static void collect_told(void)
{
    GC_gcollect();
    while (GC_invoke_finalizers() > 0)
        continue;
    GC_gcollect();
}

static double collect(void)
{
    double start = bench_now();
    GC_gcollect();
    return bench_now() - start;
}

static void measure_new(double *ns)
{
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        struct node *node = node_new();
        BENCH_KEEP(node);
    }
    ns[0] = bench_now() - start;
    start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        struct node *node = node_new();
        BENCH_KEEP(node);
        GC_FREE(node);
    }
    ns[1] = bench_now() - start;
}

static void measure_bulk(double *ns)
{
    forget_nodes(MILLION);
    GC_gcollect();
    double start = bench_now();
    make_nodes(MILLION);
    ns[0] = bench_now() - start;
    start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++)
        GC_FREE(nodes[order[i]]);
    ns[1] = bench_now() - start;
    make_nodes(MILLION);
    forget_nodes(MILLION);
    ns[2] = collect();
}

static void measure_take(double *ns)
{
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        take(&handles[0], hot);
        untake(&handles[0]);
    }
    ns[0] = bench_now() - start;
}

static void measure_take_first(double *ns)
{
    make_nodes(HUNDRED_THOUSAND);
    double start = bench_now();
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++)
        take(&handles[i], nodes[i]);
    ns[0] = bench_now() - start;
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++)
        untake(&handles[i]);
}

static void measure_take_told(double *ns)
{
    make_nodes(HUNDRED_THOUSAND);
    double start = bench_now();
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++) {
        GC_REGISTER_FINALIZER_NO_ORDER(nodes[i], count_call, NULL, NULL, NULL);
        GC_REGISTER_FINALIZER_NO_ORDER(nodes[i], NULL, NULL, NULL, NULL);
    }
    ns[0] = bench_now() - start;
}

static void measure_get(double *ns)
{
    uint32_t found = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        struct node *node = get(hot_handle);
        BENCH_KEEP(node);
        found += node != NULL;
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(found == MILLION);
}

static void measure_get_random(double *ns)
{
    uint32_t found = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        struct node *node = get(&handles[i]);
        found += node->left == NULL;
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(found == MILLION);
}

static void measure_get_dead(double *ns)
{
    uint32_t dead = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++)
        dead += get(hot_handle) == NULL;
    ns[0] = bench_now() - start;
    BENCH_CHECK(dead == MILLION);
}

static uint32_t count_dead(uint32_t count)
{
    uint32_t dead = 0;
    for (uint32_t i = 0; i < count; i++) {
        dead += handles[i] == 0;
        untake(&handles[i]);
    }
    return dead;
}

static void measure_death(double *ns)
{
    for (int watched = 0; watched < 2; watched++) {
        make_nodes(HUNDRED_THOUSAND);
        for (uint32_t i = 0; i < HUNDRED_THOUSAND && watched; i++)
            take(&handles[i], nodes[i]);
        forget_nodes(HUNDRED_THOUSAND);
        ns[watched] = collect();
    }
    BENCH_CHECK(count_dead(HUNDRED_THOUSAND) >= HUNDRED_THOUSAND - MAY_STAY);
}

static void make_told(void)
{
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++) {
        nodes[i] = node_new();
        GC_REGISTER_FINALIZER_NO_ORDER(nodes[i], count_call, NULL, NULL, NULL);
    }
}

// The death of those that are told of it; then whole lives of such.
static void measure_told(double *ns)
{
    for (int whole = 0; whole < 2; whole++) {
        calls = 0;
        double start = bench_now();
        make_told();
        forget_nodes(HUNDRED_THOUSAND);
        if (!whole)
            start = bench_now();
        collect_told();
        ns[whole] = bench_now() - start;
        BENCH_CHECK(calls >= HUNDRED_THOUSAND - MAY_STAY);
    }
}

// A handle to the one in the middle will tell that it went.
static __attribute__((noinline)) void make_chain(uint32_t count)
{
    hot = NULL;
    for (uint32_t i = 0; i < count; i++) {
        struct node *node = node_new();
        if (i == count / 2)
            take(hot_handle, node);
        node->left = hot;
        hot = node;
    }
}

static void end_chain(double *ns, uint32_t count)
{
    make_chain(count);
    BENCH_CHECK(*hot_handle != 0);
    hot = NULL;
    wipe_stack();
    ns[0] = collect();
    BENCH_CHECK(*hot_handle == 0);
    untake(hot_handle);
}

static void measure_chain(double *ns)
{
    end_chain(ns, MILLION);
}

static void measure_long_chain(double *ns)
{
    end_chain(ns, 10 * MILLION);
}

static __attribute__((noinline)) void make_tree(void)
{
    struct tree **trees = (struct tree **)nodes;
    for (uint32_t i = 0; i < MILLION; i++) {
        trees[i] = GC_MALLOC(sizeof(struct tree));
        BENCH_CHECK(trees[i] != NULL);
        if (i == 0)
            continue;
        take(&trees[i]->parent, trees[(i - 1) / 8]);
        trees[(i - 1) / 8]->kid[(i - 1) % 8] = trees[i];
    }
    BENCH_CHECK(get(&trees[7]->parent) == trees[0]);
    hot = (struct node *)trees[0];
    take(hot_handle, trees[7]);
    forget_nodes(MILLION);
}

static void measure_tree(double *ns)
{
    make_tree();
    wipe_stack();
    GC_gcollect();
    BENCH_CHECK(*hot_handle != 0);
    hot = NULL;
    ns[0] = collect();
    BENCH_CHECK(*hot_handle == 0);
    untake(hot_handle);
}

static void weigh(void)
{
    double empty = bench_resident();
    make_nodes(MILLION);
    double made = bench_resident();
    for (uint32_t i = 0; i < MILLION; i++)
        take(&handles[i], nodes[i]);
    bench_bytes(PEER, "W16_memory", "obj", (made - empty) / MILLION);
    bench_bytes(PEER, "W16_memory", "weakref",
        (bench_resident() - made) / MILLION + (double)sizeof(*handles));
    for (uint32_t i = 0; i < MILLION; i++)
        untake(&handles[i]);
    forget_nodes(MILLION);
}

#define ROWS(...) \
    (const struct bench_row[]){ __VA_ARGS__ }, \
    (int)(sizeof((const struct bench_row[]){ __VA_ARGS__ }) \
        / sizeof(struct bench_row))

static void run_weak(void)
{
    hot = node_new();
    if (bench_wants("W5")) {
        bench_run(ROWS({ PEER, "W5_weak_create", "first", MILLION }),
            measure_take);
        take(&handles[1], hot);
        bench_run(ROWS({ PEER, "W5_weak_create", "second", MILLION }),
            measure_take);
        untake(&handles[1]);
        bench_run(ROWS({ PEER, "W5_weak_create", "first_1e5",
            HUNDRED_THOUSAND }), measure_take_first);
        bench_run(ROWS({ PEER, "W5_weak_create", "ref_cb", HUNDRED_THOUSAND }),
            measure_take_told);
    }
    take(hot_handle, hot);
    if (bench_wants("W6")) {
        bench_run(ROWS({ PEER, "W6_weak_upgrade", "hot", MILLION }),
            measure_get);
        make_nodes(MILLION);
        for (uint32_t i = 0; i < MILLION; i++)
            take(&handles[i], nodes[order[i]]);
        bench_run(ROWS({ PEER, "W6_weak_upgrade", "random_1e6", MILLION }),
            measure_get_random);
        for (uint32_t i = 0; i < MILLION; i++)
            untake(&handles[i]);
        forget_nodes(MILLION);
    }
    untake(hot_handle);
    *hot_handle = 0;            // what the collector leaves of the dead
    if (bench_wants("W7"))
        bench_run(ROWS({ PEER, "W7_weak_dead", "hot", MILLION }),
            measure_get_dead);
}

static bool is_large_wanted(void)
{
    const char *large = getenv("BENCH_LARGE");
    return large == NULL || strcmp(large, "0") != 0;
}

static void run_all(void)
{
    if (bench_wants("W16"))
        weigh();
    if (bench_wants("W1"))
        bench_run(ROWS({ PEER, "W1_alloc_free", "hot", MILLION },
            { PEER, "W1_alloc_free", "hot_by_hand", MILLION }), measure_new);
    if (bench_wants("W2"))
        bench_run_fresh(ROWS({ PEER, "W2_bulk", "alloc_1e6", MILLION },
            { PEER, "W2_bulk", "free_random_1e6", MILLION },
            { PEER, "W2_bulk", "free_by_gc_1e6", MILLION }), measure_bulk);
    run_weak();
    if (bench_wants("W8")) {
        bench_run(ROWS({ PEER, "W8_callback", "death_plain", HUNDRED_THOUSAND },
            { PEER, "W8_callback", "death_weak", HUNDRED_THOUSAND }),
            measure_death);
        bench_run(ROWS({ PEER, "W8_callback", "death_cb", HUNDRED_THOUSAND },
            { PEER, "W8_callback", "made_fired_gone", HUNDRED_THOUSAND }),
            measure_told);
    }
    if (bench_wants("W14"))
        bench_run(ROWS({ PEER, "W14_list", "1e6", MILLION }), measure_chain);
    if (bench_wants("W14") && is_large_wanted())
        bench_run(ROWS({ PEER, "W14_list", "1e7", 10 * MILLION }),
            measure_long_chain);
    if (bench_wants("W15"))
        bench_run(ROWS({ PEER, "W15_tree", "teardown_1e6", MILLION }),
            measure_tree);
}

int main(int argument_count, char **arguments)
{
    GC_INIT();
    GC_set_warn_proc(GC_ignore_warn_proc);
    bench_open(argument_count, arguments);
    order = bench_shuffled(MILLION);
    nodes = GC_MALLOC_UNCOLLECTABLE(MILLION * sizeof(*nodes));
    handles = GC_MALLOC_ATOMIC_UNCOLLECTABLE(MILLION * sizeof(*handles));
    hot_handle = GC_MALLOC_ATOMIC_UNCOLLECTABLE(sizeof(*hot_handle));
    BENCH_CHECK(nodes != NULL && handles != NULL && hot_handle != NULL);
    memset(handles, 1, MILLION * sizeof(*handles));     // pages are there
    run_all();
    return 0;
}
