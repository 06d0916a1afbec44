// SPDX-License-Identifier: MIT
//
// weft's benchmark: the workloads that every program here has, by the same
// names, and the limits of limit.h taking turns with them. What a row measures
// is in README.md; what it must not exceed is in `run`.
//
// The object of most rows is a plain struct of two pointers that it holds.
#include "limit.h"
#include "weft.h"

enum { MILLION = BENCH_MILLION, HUNDRED_THOUSAND = 100000, TYPES = 200 };

struct node {
    struct node *left;          // held
    struct node *right;         // held
};

struct tree {
    struct tree *kid[8];        // held
    weft_weak parent;           // weak
};

static weft_type node_type = {
    .name = "node",
    WEFT_SIZE(struct node),
    .fields = WEFT_FIELDS(
        WEFT_STRONG(struct node, left),
        WEFT_STRONG(struct node, right)),
};

static weft_type tree_type = {
    .name = "tree",
    WEFT_SIZE(struct tree),
    .fields = WEFT_FIELDS(
        WEFT_STRONG(struct tree, kid[0]),
        WEFT_STRONG(struct tree, kid[1]),
        WEFT_STRONG(struct tree, kid[2]),
        WEFT_STRONG(struct tree, kid[3]),
        WEFT_STRONG(struct tree, kid[4]),
        WEFT_STRONG(struct tree, kid[5]),
        WEFT_STRONG(struct tree, kid[6]),
        WEFT_STRONG(struct tree, kid[7]),
        WEFT_WEAK(struct tree, parent)),
};

static weft_heap *heap;                 // of all workloads but W16
static struct node **nodes;             // a million places
static struct node **held;              // a million places
static weft_weak *handles;              // a million places
static weft_ref **refs;                 // a million places
static uint32_t *order;                 // of a million, shuffled
static struct node *hot;                // held
static weft_weak hot_handle;            // dead in W7
static size_t calls;                    // of callbacks

static size_t living(void)
{
    return weft_heap_get_stats(heap).objects;
}

static struct node *node_new(void)
{
    struct node *node = weft_new(heap, &node_type);
    BENCH_CHECK(node != NULL);
    return node;
}

static void make_nodes(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        nodes[i] = node_new();
}

static void release_nodes(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        weft_release(nodes[i]);
    BENCH_CHECK(living() == 0);
}

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
// W5 to W7: handles

static void measure_take(double *ns)
{
    uint32_t same = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        struct node *node = hot;
        BENCH_HIDE(node);
        weft_weak handle = weft_weak_of(node);
        BENCH_KEEP(handle.bits);
        same += weft_weak_is_same(handle, hot_handle);
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(same == MILLION);
}

static void measure_take_first(double *ns)
{
    make_nodes(HUNDRED_THOUSAND);
    double start = bench_now();
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++)
        handles[i] = weft_weak_of(nodes[i]);
    ns[0] = bench_now() - start;
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++)
        BENCH_CHECK(!weft_weak_is_dead(handles[i]));
    release_nodes(HUNDRED_THOUSAND);
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++)
        BENCH_CHECK(weft_weak_is_dead(handles[i]));
}

static void count_call(weft_ref *ref, void *context)
{
    (void)ref;
    (void)context;
    calls++;
}

static double take_refs(weft_ref_fn *callback)
{
    double start = bench_now();
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++) {
        weft_ref *ref = weft_ref_new(hot, callback, NULL);
        BENCH_CHECK(ref != NULL);
        BENCH_KEEP(ref);
        weft_release(ref);
    }
    return bench_now() - start;
}

static void measure_take_refs(double *ns)
{
    ns[0] = take_refs(NULL);
    ns[1] = take_refs(count_call);
    weft_ref *other = weft_ref_new(hot, NULL, NULL);
    ns[2] = take_refs(NULL);
    weft_release(other);
    BENCH_CHECK(calls == 0 && weft_weakref_count(hot) == 0);
}

static void measure_get(double *ns)
{
    uint32_t found = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        weft_weak handle = hot_handle;
        BENCH_HIDE(handle.bits);
        struct node *node = weft_weak_get(handle);
        if (node == NULL)
            continue;
        found++;
        BENCH_KEEP(node);
        weft_release(node);
    }
    ns[0] = bench_now() - start;
    ns[1] = limit_count_hot();
    BENCH_CHECK(found == MILLION && weft_refcount(hot) == 1);
}

static void measure_get_random(double *ns)
{
    const weft_weak *all = handles;
    uint32_t found = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        struct node *node = weft_weak_get(all[i]);
        if (node == NULL)
            continue;
        found++;
        BENCH_KEEP(node);
        weft_release(node);
    }
    ns[0] = bench_now() - start;
    ns[1] = limit_count_at_once(limit_small_pages);
    ns[2] = limit_count_at_once(limit_huge_pages);
    BENCH_CHECK(found == MILLION);
}

static void measure_get_dead(double *ns)
{
    uint32_t dead = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        weft_weak handle = hot_handle;
        BENCH_HIDE(handle.bits);
        void *object = weft_weak_get(handle);
        BENCH_KEEP(object);
        dead += object == NULL;
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(dead == MILLION);
}

// ---------------------------------------------------------------------------
// W8: deaths and who is told of them

static void measure_death(double *ns)
{
    make_nodes(HUNDRED_THOUSAND);
    double start = bench_now();
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++)
        weft_release(nodes[i]);
    ns[0] = bench_now() - start;
    make_nodes(HUNDRED_THOUSAND);
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++)
        handles[i] = weft_weak_of(nodes[i]);
    start = bench_now();
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++)
        weft_release(nodes[i]);
    ns[1] = bench_now() - start;
    BENCH_CHECK(living() == 0);
}

static void make_watched_nodes(void)
{
    make_nodes(HUNDRED_THOUSAND);
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++) {
        refs[i] = weft_ref_new(nodes[i], count_call, NULL);
        BENCH_CHECK(refs[i] != NULL);
    }
    calls = 0;
}

static void measure_death_told(double *ns)
{
    make_watched_nodes();
    double start = bench_now();
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++)
        weft_release(nodes[i]);
    ns[0] = bench_now() - start;
    BENCH_CHECK(calls == HUNDRED_THOUSAND);
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++) {
        BENCH_CHECK(weft_ref_is_dead(refs[i]));
        weft_release(refs[i]);
    }
    make_watched_nodes();
    start = bench_now();
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++) {
        weft_release(nodes[i]);
        weft_release(refs[i]);
    }
    ns[1] = bench_now() - start;
    BENCH_CHECK(calls == HUNDRED_THOUSAND && living() == 0);
}

// The whole life of an object and of a ref to it.
static void measure_told_hot(double *ns)
{
    calls = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++) {
        struct node *node = node_new();
        weft_ref *ref = weft_ref_new(node, count_call, NULL);
        BENCH_CHECK(ref != NULL);
        weft_release(node);
        weft_release(ref);
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(calls == HUNDRED_THOUSAND && living() == 0);
}

static struct node *make_refs(uint32_t count)
{
    struct node *node = node_new();
    for (uint32_t i = 0; i < count; i++) {
        refs[i] = weft_ref_new(node, count_call, NULL);
        BENCH_CHECK(refs[i] != NULL);
    }
    BENCH_CHECK(weft_weakref_count(node) == count);
    return node;
}

// Removes 800 from the middle of the list. They and their neighbours are looked
// at before, so that what differs is the length of the list and nothing else.
static double remove_refs(uint32_t count)
{
    struct node *node = make_refs(count);
    uint32_t first = count / 2 - 400;
    calls = 0;
    for (uint32_t i = first - 1; i < first + 801; i++)
        BENCH_CHECK(!weft_ref_is_dead(refs[i]));
    double start = bench_now();
    for (uint32_t i = first; i < first + 800; i++)
        weft_release(refs[i]);
    double ns = bench_now() - start;
    BENCH_CHECK(weft_weakref_count(node) == count - 800);
    for (uint32_t i = 0; i < count; i++)
        if (i < first || i >= first + 800)
            weft_release(refs[i]);
    weft_release(node);
    BENCH_CHECK(calls == 0 && living() == 0);
    return ns;
}

static void measure_removal(double *ns)
{
    ns[0] = remove_refs(1000);
    ns[1] = remove_refs(MILLION);
    struct node *node = make_refs(MILLION);
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++)
        weft_release(refs[order[i]]);
    ns[2] = bench_now() - start;
    BENCH_CHECK(weft_weakref_count(node) == 0);
    weft_release(node);
    BENCH_CHECK(living() == 0);
}

// ---------------------------------------------------------------------------
// W14, W15: much that dies at once

static double chain(uint32_t count)
{
    struct node *head = NULL;
    for (uint32_t i = 0; i < count; i++) {
        struct node *node = node_new();
        weft_set_steal(&node->left, head);
        head = node;
    }
    BENCH_CHECK(living() == count);
    double start = bench_now();
    weft_release(head);
    double ns = bench_now() - start;
    BENCH_CHECK(living() == 0);
    return ns;
}

static void measure_chain(double *ns)
{
    ns[0] = chain(MILLION);
    ns[1] = limit_chain(MILLION);
}

static void measure_long_chain(double *ns)
{
    ns[0] = chain(10 * MILLION);
    ns[1] = limit_chain(10 * MILLION);
}

static void measure_tree(double *ns)
{
    struct tree **trees = (struct tree **)nodes;
    for (uint32_t i = 0; i < MILLION; i++) {
        trees[i] = weft_new(heap, &tree_type);
        BENCH_CHECK(trees[i] != NULL);
        if (i == 0)
            continue;
        struct tree *parent = trees[(i - 1) / 8];
        trees[i]->parent = weft_weak_of(parent);
        weft_set_steal(&parent->kid[(i - 1) % 8], trees[i]);
    }
    BENCH_CHECK(living() == MILLION);
    double start = bench_now();
    weft_release(trees[0]);
    ns[0] = bench_now() - start;
    BENCH_CHECK(living() == 0);
    ns[1] = limit_tree_of(MILLION);
}

// ---------------------------------------------------------------------------
// W16: bytes

static void weigh_types(void)
{
    static weft_type types[TYPES];
    static struct node *made[TYPES];
    for (uint32_t i = 0; i < TYPES; i++)
        types[i] = node_type;
    memset(made, 0, sizeof(made));
    double before = bench_resident();
    weft_heap *small = weft_heap_open(NULL);
    for (uint32_t i = 0; i < TYPES; i++) {
        made[i] = weft_new(small, &types[i]);
        BENCH_CHECK(made[i] != NULL);
    }
    bench_bytes("weft", "W16_memory", "types_200", bench_resident() - before);
    for (uint32_t i = 0; i < TYPES; i++)
        weft_release(made[i]);
    BENCH_CHECK(weft_heap_close(small) == 0);
}

static void weigh_objects(void)
{
    double empty = bench_resident();
    make_nodes(MILLION);
    double made = bench_resident();
    weft_heap_stats stats = weft_heap_get_stats(heap);
    BENCH_CHECK(stats.objects == MILLION);
    bench_bytes("weft", "W16_memory", "obj_exact",
        (double)stats.object_bytes / MILLION);
    bench_bytes("weft", "W16_memory", "obj", (made - empty) / MILLION);
    for (uint32_t i = 0; i < MILLION; i++)
        handles[i] = weft_weak_of(nodes[i]);
    double watched = bench_resident();
    bench_bytes("weft", "W16_memory", "weakref",
        (watched - made) / MILLION + (double)sizeof(weft_weak));
    for (uint32_t i = 0; i < MILLION; i++) {
        refs[i] = weft_ref_new(nodes[i], count_call, NULL);
        BENCH_CHECK(refs[i] != NULL);
    }
    bench_bytes("weft", "W16_memory", "weakref_cb",
        (bench_resident() - watched) / MILLION);
    for (uint32_t i = 0; i < MILLION; i++)
        weft_release(refs[i]);
    release_nodes(MILLION);
}

static void weigh_limit(void)
{
    double empty = bench_resident();
    for (uint32_t i = 0; i < MILLION; i++)
        nodes[i] = (struct node *)limit_new();
    bench_bytes("limit", "W16_memory", "obj",
        (bench_resident() - empty) / MILLION);
}

// In a child, whose memory is as yet unused, and does not stay.
static void weigh_apart(void (*weigh)(void))
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        weigh();
        _exit(0);
    }
    int status = 1;
    BENCH_CHECK(child > 0 && waitpid(child, &status, 0) == child
        && status == 0);
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
