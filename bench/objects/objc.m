// SPDX-License-Identifier: MIT
//
// Objective-C with ARC in the rows of weft.c: the compiler counts strong and
// __weak variables, through the runtime libobjc2; gcc's own cannot. Counts are
// atomic, and all weak references of a program have one lock. No weak
// reference tells of a death: a callback is what dealloc calls.
//
//     clang -fobjc-arc -fobjc-runtime=gnustep-2.0 -O2 objc.m -lobjc
//
// Without a class library the root class is here. The runtime counts for a
// class that has no retain or release of its own, and when the last reference
// goes it sends dealloc; object_dispose() lets go of all fields.
#include "../bench.h"

#define PEER "objc"
#define nil NULL                    // as the library's headers, not needed here

enum { MILLION = BENCH_MILLION, HUNDRED_THOUSAND = 100000 };

extern id class_createInstance(Class type, size_t extra)
    __attribute__((ns_returns_retained));
extern id object_dispose(__unsafe_unretained id object)
    __attribute__((ns_returns_retained));

__attribute__((objc_root_class))
@interface Root {
    Class isa;
}
+ (instancetype)new;
@end

@interface Node : Root {
@public
    Node *left;
    Node *right;
}
@end

@interface Told : Node
@end

@interface Tree : Root {
@public
    Tree *kid[8];
    __weak Tree *parent;
}
@end

static uint32_t calls;              // of Told's dealloc
static Node *__strong *nodes;       // a million places
static Node *__strong *held;        // a million places
static Node *__weak *handles;       // a million places
static Node *hot;                   // one object
static Node *__weak hot_handle;     // of it
static uint32_t *order;             // of a million, shuffled

@implementation Root
+ (instancetype)new
{
    return class_createInstance(self, 0);
}

- (void)dealloc
{
    object_dispose(self);
}
@end

@implementation Node
@end

@implementation Told
- (void)dealloc
{
    calls++;
}
@end

@implementation Tree
@end

static void make_nodes(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        nodes[i] = [Node new];
}

static void drop_nodes(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        nodes[i] = nil;
}

static void make_shuffled_nodes(void)
{
    for (uint32_t i = 0; i < MILLION; i++)
        held[i] = [Node new];
    for (uint32_t i = 0; i < MILLION; i++) {
        nodes[i] = held[order[i]];
        held[order[i]] = nil;
    }
}

static void measure_new(double *ns)
{
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        Node *made = [Node new];
        BENCH_KEEP(made);
    }
    ns[0] = bench_now() - start;
}

static void measure_bulk(double *ns)
{
    double start = bench_now();
    make_nodes(MILLION);
    ns[0] = bench_now() - start;
    start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++)
        nodes[order[i]] = nil;
    ns[1] = bench_now() - start;
}

static void measure_retain(double *ns)
{
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        Node *__strong *place = &hot;
        BENCH_HIDE(place);
        __attribute__((objc_precise_lifetime)) Node *copy = *place;
        BENCH_KEEP(copy);
    }
    ns[0] = bench_now() - start;
}

static void measure_retain_random(double *ns)
{
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++)
        held[i] = nodes[i];
    for (uint32_t i = 0; i < MILLION; i++)
        held[i] = nil;
    ns[0] = bench_now() - start;
}

static void measure_take(double *ns)
{
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        Node *__strong *place = &hot;
        BENCH_HIDE(place);
        __weak Node *handle = *place;
        BENCH_KEEP(&handle);
    }
    ns[0] = bench_now() - start;
}

static void measure_take_first(double *ns)
{
    make_nodes(HUNDRED_THOUSAND);
    double start = bench_now();
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++)
        handles[i] = nodes[i];
    ns[0] = bench_now() - start;
    drop_nodes(HUNDRED_THOUSAND);
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++)
        BENCH_CHECK(handles[i] == nil);
}

static void measure_get(double *ns)
{
    uint32_t found = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        Node *__weak *place = &hot_handle;
        BENCH_HIDE(place);
        Node *got = *place;
        found += got != nil;
        BENCH_KEEP(got);
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(found == MILLION);
}

static void measure_get_random(double *ns)
{
    uint32_t found = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        Node *got = handles[i];
        found += got != nil;
        BENCH_KEEP(got);
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(found == MILLION);
}

static void measure_get_dead(double *ns)
{
    uint32_t dead = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        Node *__weak *place = &hot_handle;
        BENCH_HIDE(place);
        dead += *place == nil;
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(dead == MILLION);
}

static void measure_death(double *ns)
{
    for (int watched = 0; watched < 2; watched++) {
        make_nodes(HUNDRED_THOUSAND);
        for (uint32_t i = 0; i < HUNDRED_THOUSAND && watched; i++)
            handles[i] = nodes[i];
        double start = bench_now();
        drop_nodes(HUNDRED_THOUSAND);
        ns[watched] = bench_now() - start;
    }
    BENCH_CHECK(handles[7] == nil);
}

static void measure_death_told(double *ns)
{
    for (int total = 0; total < 2; total++) {
        calls = 0;
        for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++) {
            nodes[i] = [Told new];
            handles[i] = nodes[i];
        }
        double start = bench_now();
        for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++) {
            nodes[i] = nil;
            if (total)
                handles[i] = nil;
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
        Told *told = [Told new];
        __weak Told *watching = told;
        BENCH_KEEP(&watching);
        told = nil;
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(calls == HUNDRED_THOUSAND);
}

static void make_chain(uint32_t count)
{
    hot = nil;
    for (uint32_t i = 0; i < count; i++) {
        Node *made = [Node new];
        made->left = hot;
        hot = made;
    }
}

static void measure_chain(double *ns)
{
    make_chain(MILLION);
    double start = bench_now();
    hot = nil;
    ns[0] = bench_now() - start;
}

static void end_chain_by_hand(double *ns, uint32_t count)
{
    make_chain(count);
    double start = bench_now();
    while (hot != nil) {
        Node *left = hot->left;
        hot->left = nil;
        hot = left;
    }
    ns[0] = bench_now() - start;
}

static void measure_chain_by_hand(double *ns)
{
    end_chain_by_hand(ns, MILLION);
}

static void measure_long_chain_by_hand(double *ns)
{
    end_chain_by_hand(ns, 10 * MILLION);
}

static Tree *make_tree(void)
{
    Tree *__strong *trees = (Tree *__strong *)calloc(MILLION, sizeof(*trees));
    BENCH_CHECK(trees != NULL);
    for (uint32_t i = 0; i < MILLION; i++) {
        trees[i] = [Tree new];
        if (i == 0)
            continue;
        trees[i]->parent = trees[(i - 1) / 8];
        trees[(i - 1) / 8]->kid[(i - 1) % 8] = trees[i];
    }
    Tree *root = trees[0];
    for (uint32_t i = 0; i < MILLION; i++)
        trees[i] = nil;
    free(trees);
    return root;
}

static void measure_tree(double *ns)
{
    Tree *root = make_tree();
    __weak Tree *leaf = root->kid[0]->kid[0];
    BENCH_CHECK(leaf != nil);
    double start = bench_now();
    root = nil;
    ns[0] = bench_now() - start;
    BENCH_CHECK(leaf == nil);
}

static void weigh(void)
{
    double empty = bench_resident();
    make_nodes(MILLION);
    double made = bench_resident();
    for (uint32_t i = 0; i < MILLION; i++)
        handles[i] = nodes[i];
    bench_bytes(PEER, "W16_memory", "obj", (made - empty) / MILLION);
    bench_bytes(PEER, "W16_memory", "weakref",
        (bench_resident() - made) / MILLION + (double)sizeof(*handles));
    drop_nodes(MILLION);
    BENCH_CHECK(handles[7] == nil);
}

static void run(const char *workload, const char *param, double operations,
    bench_fn *measure)
{
    const struct bench_row row = { PEER, workload, param, operations };
    bench_run(&row, 1, measure);
}

static void run_two(const char *workload, const char *first,
    const char *second, bench_fn *measure)
{
    const struct bench_row rows[] = {
        { PEER, workload, first, HUNDRED_THOUSAND },
        { PEER, workload, second, HUNDRED_THOUSAND } };
    bench_run(rows, 2, measure);
}

static void run_references(void)
{
    hot = [Node new];
    run("W3_refcount", "hot", MILLION, measure_retain);
    make_shuffled_nodes();
    run("W3_refcount", "random_1e6", MILLION, measure_retain_random);
    drop_nodes(MILLION);
}

static void run_weak(void)
{
    hot = [Node new];
    if (bench_wants("W5")) {
        run("W5_weak_create", "first", MILLION, measure_take);
        hot_handle = hot;
        run("W5_weak_create", "second", MILLION, measure_take);
        run("W5_weak_create", "first_1e5", HUNDRED_THOUSAND,
            measure_take_first);
    }
    hot_handle = hot;
    if (bench_wants("W6")) {
        run("W6_weak_upgrade", "hot", MILLION, measure_get);
        make_shuffled_nodes();
        for (uint32_t i = 0; i < MILLION; i++)
            handles[i] = nodes[i];
        run("W6_weak_upgrade", "random_1e6", MILLION, measure_get_random);
        drop_nodes(MILLION);
    }
    hot = nil;
    if (bench_wants("W7"))
        run("W7_weak_dead", "hot", MILLION, measure_get_dead);
}

static void run_chains(void)
{
    const char *large = getenv("BENCH_LARGE");
    const struct bench_row row = { PEER, "W14_list", "1e6", MILLION };
    bench_run_in_child(&row, measure_chain);
    run("W14_list", "1e6_by_hand", MILLION, measure_chain_by_hand);
    if (large == NULL || strcmp(large, "0") != 0)
        run("W14_list", "1e7_by_hand", 10 * MILLION,
            measure_long_chain_by_hand);
}

int main(int argument_count, char **arguments)
{
    const struct bench_row bulk[] = {
        { PEER, "W2_bulk", "alloc_1e6", MILLION },
        { PEER, "W2_bulk", "free_random_1e6", MILLION } };
    bench_open(argument_count, arguments);
    order = bench_shuffled(MILLION);
    nodes = (Node *__strong *)bench_array(MILLION, sizeof(*nodes));
    held = (Node *__strong *)bench_array(MILLION, sizeof(*held));
    handles = (Node *__weak *)bench_array(MILLION, sizeof(*handles));
    if (bench_wants("W16"))
        weigh();
    if (bench_wants("W1"))
        run("W1_alloc_free", "hot", MILLION, measure_new);
    if (bench_wants("W2"))
        bench_run_fresh(bulk, 2, measure_bulk);
    if (bench_wants("W3"))
        run_references();
    run_weak();
    if (bench_wants("W8")) {
        run_two("W8_callback", "death_plain", "death_weak", measure_death);
        run_two("W8_callback", "death_cb", "death_cb_total",
            measure_death_told);
        run("W8_callback", "made_fired_gone", HUNDRED_THOUSAND,
            measure_told_hot);
    }
    if (bench_wants("W14"))
        run_chains();
    if (bench_wants("W15"))
        run("W15_tree", "teardown_1e6", MILLION, measure_tree);
    _exit(0);
}
