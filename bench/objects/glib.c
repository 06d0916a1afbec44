// SPDX-License-Identifier: MIT
//
// GLib: GObject, GWeakRef and g_object_weak_ref (a callback). Objects may be
// used by several threads, so all counts are atomic.
#include <glib-object.h>

#include "../bench.h"

enum { MILLION = BENCH_MILLION, HUNDRED_THOUSAND = 100000 };

typedef struct node {
    GObject base;               // GLib's
    struct node *left;          // held
    struct node *right;         // held
} node;
typedef struct {
    GObjectClass base;          // GLib's
} nodeClass;
G_DEFINE_TYPE(node, node, G_TYPE_OBJECT)

typedef struct tree {
    GObject base;               // GLib's
    struct tree *kid[8];        // held
    GWeakRef parent;            // weak
} tree;
typedef struct {
    GObjectClass base;          // GLib's
} treeClass;
G_DEFINE_TYPE(tree, tree, G_TYPE_OBJECT)

static node **nodes;            // a million places
static node **held;             // a million places
static GWeakRef *handles;       // a million places
static uint32_t *order;         // of a million, shuffled
static node *hot;               // held
static size_t calls;            // of callbacks

static void node_finalize(GObject *object)
{
    node *self = (node *)object;
    g_clear_object(&self->left);
    g_clear_object(&self->right);
    G_OBJECT_CLASS(node_parent_class)->finalize(object);
}

static void node_class_init(nodeClass *class)
{
    G_OBJECT_CLASS(class)->finalize = node_finalize;
}

static void node_init(node *self)
{
    (void)self;
}

static void tree_finalize(GObject *object)
{
    tree *self = (tree *)object;
    for (int i = 0; i < 8; i++)
        g_clear_object(&self->kid[i]);
    g_weak_ref_clear(&self->parent);
    G_OBJECT_CLASS(tree_parent_class)->finalize(object);
}

static void tree_class_init(treeClass *class)
{
    G_OBJECT_CLASS(class)->finalize = tree_finalize;
}

static void tree_init(tree *self)
{
    g_weak_ref_init(&self->parent, NULL);
}

static node *node_new(void)
{
    return g_object_new(node_get_type(), NULL);
}

static void make_nodes(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        nodes[i] = node_new();
}

static void make_shuffled_nodes(void)
{
    for (uint32_t i = 0; i < MILLION; i++)
        held[i] = node_new();
    for (uint32_t i = 0; i < MILLION; i++)
        nodes[i] = held[order[i]];
}

static void measure_new(double *ns)
{
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++)
        g_object_unref(node_new());
    ns[0] = bench_now() - start;
}

static void measure_bulk(double *ns)
{
    double start = bench_now();
    make_nodes(MILLION);
    ns[0] = bench_now() - start;
    start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++)
        g_object_unref(nodes[order[i]]);
    ns[1] = bench_now() - start;
}

static void measure_retain(double *ns)
{
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        g_object_ref(hot);
        g_object_unref(hot);
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(hot->base.ref_count == 1);
}

static void measure_retain_random(double *ns)
{
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++)
        held[i] = g_object_ref(nodes[i]);
    for (uint32_t i = 0; i < MILLION; i++)
        g_object_unref(held[i]);
    ns[0] = bench_now() - start;
    BENCH_CHECK(nodes[9]->base.ref_count == 1);
}

static void measure_take(double *ns)
{
    GWeakRef handle;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        g_weak_ref_init(&handle, hot);
        g_weak_ref_clear(&handle);
    }
    ns[0] = bench_now() - start;
}

static void measure_take_random(double *ns)
{
    GWeakRef handle;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        g_weak_ref_init(&handle, nodes[i]);
        g_weak_ref_clear(&handle);
    }
    ns[0] = bench_now() - start;
}

static void count_call(gpointer context, GObject *dead)
{
    (void)context;
    (void)dead;
    calls++;
}

static void measure_take_told(double *ns)
{
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        g_object_weak_ref(G_OBJECT(hot), count_call, NULL);
        g_object_weak_unref(G_OBJECT(hot), count_call, NULL);
    }
    ns[0] = bench_now() - start;
}

static void measure_get(double *ns)
{
    uint32_t found = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        node *got = g_weak_ref_get(&handles[0]);
        if (got == NULL)
            continue;
        found++;
        g_object_unref(got);
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(found == MILLION);
}

static void measure_get_random(double *ns)
{
    uint32_t found = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        node *got = g_weak_ref_get(&handles[i]);
        if (got == NULL)
            continue;
        found++;
        g_object_unref(got);
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(found == MILLION);
}

static void measure_get_dead(double *ns)
{
    uint32_t dead = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++)
        dead += g_weak_ref_get(&handles[0]) == NULL;
    ns[0] = bench_now() - start;
    BENCH_CHECK(dead == MILLION);
}

static void measure_get_dead_random(double *ns)
{
    uint32_t dead = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++)
        dead += g_weak_ref_get(&handles[i]) == NULL;
    ns[0] = bench_now() - start;
    BENCH_CHECK(dead == MILLION);
}

static void measure_death(double *ns)
{
    for (int watched = 0; watched < 2; watched++) {
        make_nodes(HUNDRED_THOUSAND);
        for (uint32_t i = 0; watched && i < HUNDRED_THOUSAND; i++)
            g_weak_ref_init(&handles[i], nodes[i]);
        double start = bench_now();
        for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++)
            g_object_unref(nodes[i]);
        ns[watched] = bench_now() - start;
        for (uint32_t i = 0; watched && i < HUNDRED_THOUSAND; i++)
            g_weak_ref_clear(&handles[i]);
    }
}

// The second time there is a GWeakRef besides, which goes too.
static void measure_death_told(double *ns)
{
    for (int total = 0; total < 2; total++) {
        calls = 0;
        make_nodes(HUNDRED_THOUSAND);
        for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++) {
            if (total)
                g_weak_ref_init(&handles[i], nodes[i]);
            g_object_weak_ref(G_OBJECT(nodes[i]), count_call, NULL);
        }
        double start = bench_now();
        for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++) {
            g_object_unref(nodes[i]);
            if (total)
                g_weak_ref_clear(&handles[i]);
        }
        ns[total] = bench_now() - start;
        BENCH_CHECK(calls == HUNDRED_THOUSAND);
    }
}

static void measure_told_hot(double *ns)
{
    calls = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++) {
        node *told = node_new();
        g_object_weak_ref(G_OBJECT(told), count_call, NULL);
        g_object_unref(told);
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(calls == HUNDRED_THOUSAND);
}

// The callbacks of one object are in one array: 20 from its middle.
static double remove_callbacks(uint32_t count)
{
    node *object = node_new();
    for (uintptr_t i = 0; i < count; i++)
        g_object_weak_ref(G_OBJECT(object), count_call, (gpointer)i);
    double start = bench_now();
    for (uintptr_t i = count / 2; i < count / 2 + 20; i++)
        g_object_weak_unref(G_OBJECT(object), count_call, (gpointer)i);
    double ns = bench_now() - start;
    g_object_unref(object);
    return ns;
}

static void measure_removal(double *ns)
{
    ns[0] = remove_callbacks(1000);
    ns[1] = remove_callbacks(100000);
}

static node *make_chain(uint32_t count)
{
    node *head = NULL;
    for (uint32_t i = 0; i < count; i++) {
        node *made = node_new();
        made->left = head;
        head = made;
    }
    return head;
}

static void measure_chain(double *ns)
{
    node *head = make_chain(MILLION);
    double start = bench_now();
    g_object_unref(head);
    ns[0] = bench_now() - start;
}

static void measure_chain_by_hand(double *ns)
{
    node *head = make_chain(MILLION);
    double start = bench_now();
    while (head != NULL) {
        node *left = g_steal_pointer(&head->left);
        g_object_unref(head);
        head = left;
    }
    ns[0] = bench_now() - start;
}

static void measure_tree(double *ns)
{
    tree **trees = bench_array(MILLION, sizeof(*trees));
    for (uint32_t i = 0; i < MILLION; i++) {
        trees[i] = g_object_new(tree_get_type(), NULL);
        if (i == 0)
            continue;
        g_weak_ref_set(&trees[i]->parent, trees[(i - 1) / 8]);
        trees[(i - 1) / 8]->kid[(i - 1) % 8] = trees[i];
    }
    double start = bench_now();
    g_object_unref(trees[0]);
    ns[0] = bench_now() - start;
    free(trees);
}

static void weigh(void)
{
    double empty = bench_resident();
    make_nodes(MILLION);
    double made = bench_resident();
    for (uint32_t i = 0; i < MILLION; i++)
        g_weak_ref_init(&handles[i], nodes[i]);
    bench_bytes("glib", "W16_memory", "obj", (made - empty) / MILLION);
    bench_bytes("glib", "W16_memory", "weakref",
        (bench_resident() - made) / MILLION + (double)sizeof(GWeakRef));
    for (uint32_t i = 0; i < MILLION; i++) {
        g_weak_ref_clear(&handles[i]);
        g_object_unref(nodes[i]);
    }
}

static void run(const char *workload, const char *param, double operations,
    bench_fn *measure)
{
    const struct bench_row row = { "glib", workload, param, operations };
    bench_run(&row, 1, measure);
}

static void run_two(const char *workload, const char *first,
    const char *second, double operations, bench_fn *measure)
{
    const struct bench_row rows[] = { { "glib", workload, first, operations },
        { "glib", workload, second, operations } };
    bench_run(rows, 2, measure);
}

static const struct bench_row bulk[] = {
    { "glib", "W2_bulk", "alloc_1e6", BENCH_MILLION },
    { "glib", "W2_bulk", "free_random_1e6", BENCH_MILLION } };

static void run_weak(void)
{
    if (bench_wants("W5")) {
        run("W5_weak_create", "first", MILLION, measure_take);
        run("W5_weak_create", "ref_cb", MILLION, measure_take_told);
    }
    g_weak_ref_init(&handles[0], hot);
    if (bench_wants("W5"))
        run("W5_weak_create", "second", MILLION, measure_take);
    if (bench_wants("W6"))
        run("W6_weak_upgrade", "hot", MILLION, measure_get);
    g_clear_object(&hot);
    if (bench_wants("W7"))
        run("W7_weak_dead", "hot", MILLION, measure_get_dead);
    g_weak_ref_clear(&handles[0]);
    if (!bench_wants("W5") && !bench_wants("W6") && !bench_wants("W7"))
        return;
    make_shuffled_nodes();
    if (bench_wants("W5"))
        run("W5_weak_create", "random_1e6", MILLION, measure_take_random);
    for (uint32_t i = 0; i < MILLION; i++)
        g_weak_ref_init(&handles[i], nodes[i]);
    if (bench_wants("W6"))
        run("W6_weak_upgrade", "random_1e6", MILLION, measure_get_random);
    for (uint32_t i = 0; i < MILLION; i++)
        g_object_unref(nodes[i]);
    if (bench_wants("W7"))
        run("W7_weak_dead", "random_1e6", MILLION, measure_get_dead_random);
    for (uint32_t i = 0; i < MILLION; i++)
        g_weak_ref_clear(&handles[i]);
}

static void run_deaths(void)
{
    run_two("W8_callback", "death_plain", "death_weak", HUNDRED_THOUSAND,
        measure_death);
    run_two("W8_callback", "death_cb", "death_cb_total", HUNDRED_THOUSAND,
        measure_death_told);
    run("W8_callback", "made_fired_gone", HUNDRED_THOUSAND, measure_told_hot);
    run_two("W8_callback", "remove_of_1e3", "remove_of_1e5", 20,
        measure_removal);
}

int main(int argument_count, char **arguments)
{
    bench_open(argument_count, arguments);
    nodes = bench_array(MILLION, sizeof(*nodes));
    held = bench_array(MILLION, sizeof(*held));
    handles = bench_array(MILLION, sizeof(*handles));
    order = bench_shuffled(MILLION);
    hot = node_new();
    if (bench_wants("W16"))
        weigh();
    if (bench_wants("W1"))
        run("W1_alloc_free", "hot", MILLION, measure_new);
    if (bench_wants("W2"))
        bench_run_fresh(bulk, 2, measure_bulk);
    if (bench_wants("W3")) {
        run("W3_refcount", "hot", MILLION, measure_retain);
        make_shuffled_nodes();
        run("W3_refcount", "random_1e6", MILLION, measure_retain_random);
    }
    run_weak();
    if (bench_wants("W8"))
        run_deaths();
    if (bench_wants("W14")) {
        const struct bench_row row = { "glib", "W14_list", "1e6", MILLION };
        bench_run_in_child(&row, measure_chain);
        run("W14_list", "1e6_by_hand", MILLION, measure_chain_by_hand);
    }
    if (bench_wants("W15"))
        run("W15_tree", "teardown_1e6", MILLION, measure_tree);
    return 0;
}
