// SPDX-License-Identifier: MIT
//
// C++: std::shared_ptr and std::weak_ptr. Where there is one thread, libstdc++
// leaves the atomic operations out (peer "cxx-st"); built with -DTHREADS a
// second thread exists, which sleeps, and counts are atomic (peer "cxx-mt").
// Each is what a C++ program of its kind gets.
//
// A callback is a std::function in the object that its destructor calls: there
// is no weak reference that tells. So there is nothing to remove from a list.
#include <array>
#include <functional>
#include <memory>
#include <vector>

#include <pthread.h>

#include "../bench.h"

#ifdef THREADS
#define PEER "cxx-mt"
#else
#define PEER "cxx-st"
#endif

namespace {

constexpr uint32_t MILLION = BENCH_MILLION;
constexpr uint32_t HUNDRED_THOUSAND = 100000;

struct node {
    std::shared_ptr<node> left, right;
};

struct told_node {
    std::shared_ptr<node> left, right;
    std::function<void()> callback;
    ~told_node()
    {
        if (callback)
            callback();
    }
};

struct tree {
    std::array<std::shared_ptr<tree>, 8> kid;
    std::weak_ptr<tree> parent;
};

using strong = std::shared_ptr<node>;
using weak = std::weak_ptr<node>;

std::vector<strong> nodes, held;
std::vector<weak> handles;
uint32_t *order;
strong hot;
weak hot_handle;
size_t calls;

void make_nodes(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        nodes[i] = std::make_shared<node>();
}

void measure_new(double *ns)
{
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        strong made = std::make_shared<node>();
        BENCH_KEEP(made.get());
    }
    ns[0] = bench_now() - start;
}

void measure_bulk(double *ns)
{
    double start = bench_now();
    make_nodes(MILLION);
    ns[0] = bench_now() - start;
    start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++)
        nodes[order[i]].reset();
    ns[1] = bench_now() - start;
}

void measure_retain(double *ns)
{
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        strong *place = &hot;
        BENCH_HIDE(place);
        strong copy = *place;
        BENCH_KEEP(copy.get());
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(hot.use_count() == 1);
}

void measure_retain_random(double *ns)
{
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++)
        held[i] = nodes[i];
    for (uint32_t i = 0; i < MILLION; i++)
        held[i].reset();
    ns[0] = bench_now() - start;
    BENCH_CHECK(nodes[3].use_count() == 1);
}

void make_shuffled_nodes()
{
    for (uint32_t i = 0; i < MILLION; i++)
        held[i] = std::make_shared<node>();
    for (uint32_t i = 0; i < MILLION; i++)
        nodes[i] = std::move(held[order[i]]);
}

void measure_take(double *ns)
{
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        strong *place = &hot;
        BENCH_HIDE(place);
        weak handle(*place);
        BENCH_KEEP(&handle);
    }
    ns[0] = bench_now() - start;
}

void measure_take_random(double *ns)
{
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        weak handle(nodes[i]);
        BENCH_KEEP(&handle);
    }
    ns[0] = bench_now() - start;
}

void measure_take_first(double *ns)
{
    make_nodes(HUNDRED_THOUSAND);
    double start = bench_now();
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++)
        handles[i] = nodes[i];
    ns[0] = bench_now() - start;
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++)
        nodes[i].reset();
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++) {
        BENCH_CHECK(handles[i].expired());
        handles[i].reset();
    }
}

void measure_get(double *ns)
{
    uint32_t found = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        weak *place = &hot_handle;
        BENCH_HIDE(place);
        strong got = place->lock();
        if (!got)
            continue;
        found++;
        BENCH_KEEP(got.get());
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(found == MILLION);
}

void measure_get_random(double *ns)
{
    uint32_t found = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        strong got = handles[i].lock();
        if (!got)
            continue;
        found++;
        BENCH_KEEP(got.get());
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(found == MILLION);
}

void measure_get_dead(double *ns)
{
    uint32_t dead = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++) {
        weak *place = &hot_handle;
        BENCH_HIDE(place);
        dead += place->lock() == nullptr;
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(dead == MILLION);
}

void measure_get_dead_random(double *ns)
{
    uint32_t dead = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < MILLION; i++)
        dead += handles[i].lock() == nullptr;
    ns[0] = bench_now() - start;
    BENCH_CHECK(dead == MILLION);
}

void measure_death(double *ns)
{
    for (int watched = 0; watched < 2; watched++) {
        make_nodes(HUNDRED_THOUSAND);
        if (watched)
            for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++)
                handles[i] = nodes[i];
        double start = bench_now();
        for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++)
            nodes[i].reset();
        ns[watched] = bench_now() - start;
        for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++)
            handles[i].reset();
    }
}

std::shared_ptr<told_node> make_told()
{
    auto made = std::make_shared<told_node>();
    made->callback = [] { calls++; };
    return made;
}

// First the objects alone go, and their memory stays until the weak_ptr goes
// too; then both.
void measure_death_told(double *ns)
{
    std::vector<std::shared_ptr<told_node>> told(HUNDRED_THOUSAND);
    std::vector<std::weak_ptr<told_node>> watching(HUNDRED_THOUSAND);
    for (int total = 0; total < 2; total++) {
        calls = 0;
        for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++) {
            told[i] = make_told();
            watching[i] = told[i];
        }
        double start = bench_now();
        for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++) {
            told[i].reset();
            if (total)
                watching[i].reset();
        }
        ns[total] = bench_now() - start;
        BENCH_CHECK(calls == HUNDRED_THOUSAND);
    }
}

void measure_told_hot(double *ns)
{
    calls = 0;
    double start = bench_now();
    for (uint32_t i = 0; i < HUNDRED_THOUSAND; i++) {
        auto told = make_told();
        std::weak_ptr<told_node> watching(told);
        BENCH_KEEP(&watching);
        told.reset();
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(calls == HUNDRED_THOUSAND);
}

strong make_chain(uint32_t count)
{
    strong head;
    for (uint32_t i = 0; i < count; i++) {
        strong made = std::make_shared<node>();
        made->left = std::move(head);
        head = std::move(made);
    }
    return head;
}

template <uint32_t count> void measure_chain(double *ns)
{
    strong head = make_chain(count);
    double start = bench_now();
    head.reset();
    ns[0] = bench_now() - start;
}

// The usual way round the recursion.
template <uint32_t count> void measure_chain_by_hand(double *ns)
{
    strong head = make_chain(count);
    double start = bench_now();
    while (head) {
        strong left = std::move(head->left);
        head = std::move(left);
    }
    ns[0] = bench_now() - start;
}

void measure_tree(double *ns)
{
    std::shared_ptr<tree> root;
    {
        std::vector<std::shared_ptr<tree>> trees(MILLION);
        for (uint32_t i = 0; i < MILLION; i++) {
            trees[i] = std::make_shared<tree>();
            if (i == 0)
                continue;
            trees[i]->parent = trees[(i - 1) / 8];
            trees[(i - 1) / 8]->kid[(i - 1) % 8] = trees[i];
        }
        root = trees[0];
    }
    double start = bench_now();
    root.reset();
    ns[0] = bench_now() - start;
}

void weigh()
{
    double empty = bench_resident();
    make_nodes(MILLION);
    double made = bench_resident();
    for (uint32_t i = 0; i < MILLION; i++)
        handles[i] = nodes[i];
    bench_bytes(PEER, "W16_memory", "obj", (made - empty) / MILLION);
    bench_bytes(PEER, "W16_memory", "weakref",
        (bench_resident() - made) / MILLION + (double)sizeof(weak));
    for (uint32_t i = 0; i < MILLION; i++) {
        nodes[i].reset();
        handles[i].reset();
    }
}

void run(const char *workload, const char *param, double operations,
    bench_fn *measure)
{
    const bench_row row = { PEER, workload, param, operations };
    bench_run(&row, 1, measure);
}

void run_two(const char *workload, const char *first, const char *second,
    double operations, bench_fn *measure)
{
    const bench_row rows[] = { { PEER, workload, first, operations },
        { PEER, workload, second, operations } };
    bench_run(rows, 2, measure);
}

const bench_row bulk[] = {
    { PEER, "W2_bulk", "alloc_1e6", BENCH_MILLION },
    { PEER, "W2_bulk", "free_random_1e6", BENCH_MILLION } };

void run_references()
{
    hot = std::make_shared<node>();
    run("W3_refcount", "hot", MILLION, measure_retain);
    make_shuffled_nodes();
    run("W3_refcount", "random_1e6", MILLION, measure_retain_random);
}

void run_weak()
{
    hot = std::make_shared<node>();
    if (bench_wants("W5")) {
        run("W5_weak_create", "first", MILLION, measure_take);
        weak other(hot);
        run("W5_weak_create", "second", MILLION, measure_take);
        run("W5_weak_create", "first_1e5", HUNDRED_THOUSAND,
            measure_take_first);
        make_shuffled_nodes();
        run("W5_weak_create", "random_1e6", MILLION, measure_take_random);
    }
    hot_handle = hot;
    if (bench_wants("W6")) {
        run("W6_weak_upgrade", "hot", MILLION, measure_get);
        make_shuffled_nodes();
        for (uint32_t i = 0; i < MILLION; i++)
            handles[i] = nodes[i];
        run("W6_weak_upgrade", "random_1e6", MILLION, measure_get_random);
    }
    hot.reset();
    if (!bench_wants("W7"))
        return;
    run("W7_weak_dead", "hot", MILLION, measure_get_dead);
    make_shuffled_nodes();
    for (uint32_t i = 0; i < MILLION; i++) {
        handles[i] = nodes[i];
        nodes[i].reset();
    }
    run("W7_weak_dead", "random_1e6", MILLION, measure_get_dead_random);
}

void run_teardown()
{
    if (bench_wants("W14")) {
        run("W14_list", "1e6_by_hand", MILLION, measure_chain_by_hand<MILLION>);
        run("W14_list", "1e7_by_hand", 10 * MILLION,
            measure_chain_by_hand<10 * MILLION>);
    }
    if (bench_wants("W15"))
        run("W15_tree", "teardown_1e6", MILLION, measure_tree);
}

#ifdef THREADS
void *sleep_for_ever(void *)
{
    for (;;)
        pause();
}
#endif

// After this, libstdc++ counts with atomic operations where THREADS is set.
void choose_mode()
{
#ifdef THREADS
    pthread_t thread;
    BENCH_CHECK(pthread_create(&thread, nullptr, sleep_for_ever, nullptr) == 0);
#endif
}

void measure_chain_in_mode(double *ns)
{
    static bool chosen;
    if (!chosen)
        choose_mode();
    chosen = true;
    measure_chain<MILLION>(ns);
}

}   // namespace

int main(int argument_count, char **arguments)
{
    bench_open(argument_count, arguments);
    order = bench_shuffled(MILLION);
    if (bench_wants("W14")) {
        const bench_row row = { PEER, "W14_list", "1e6", MILLION };
        bench_run_in_child(&row, measure_chain_in_mode);
    }
    choose_mode();
    nodes.resize(MILLION);
    held.resize(MILLION);
    handles.resize(MILLION);
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
        run_two("W8_callback", "death_plain", "death_weak", HUNDRED_THOUSAND,
            measure_death);
        run_two("W8_callback", "death_cb", "death_cb_total", HUNDRED_THOUSAND,
            measure_death_told);
        run("W8_callback", "made_fired_gone", HUNDRED_THOUSAND,
            measure_told_hot);
    }
    run_teardown();
    _exit(0);
}
