// SPDX-License-Identifier: MIT
//
// C++ in the workloads of weak.h: std::unordered_map with std::weak_ptr, and
// objects whose destructor takes their entry out. With -DTHREADS (peer
// "cxx-mt") a second thread exists, so counts are atomic, and a mutex guards
// the map.
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include <pthread.h>

#include "weak.h"

#ifdef THREADS
#define PEER "cxx-mt"
#else
#define PEER "cxx-st"
#endif

namespace {

struct guard {
#ifdef THREADS
    static std::mutex mutex;
    std::lock_guard<std::mutex> held{mutex};
#else
    guard() {}
#endif
};
#ifdef THREADS
std::mutex guard::mutex;
#endif

struct node {
    std::shared_ptr<node> left, right;
};

struct row {
    char name[48];
};

row row_of(const char *what, const char *kind, bool is_sized)
{
    row made;
    snprintf(made.name, sizeof(made.name), "%s%s%s%s", what, kind,
        is_sized ? "_" : "", is_sized ? count_name() : "");
    return made;
}

void run(const char *workload, row what, double operations, bench_fn *measure)
{
    const bench_row rows[] = { { PEER, workload, what.name, operations } };
    bench_run(rows, 1, measure);
}

// ---------------------------------------------------------------------------
// W9: values are watched

template <class K> struct values {
    struct value {
        std::shared_ptr<node> left, right;
        K key;
        values *in = nullptr;
        ~value()
        {
            if (in != nullptr)
                in->forget(key);
        }
    };
    using strong = std::shared_ptr<value>;

    std::unordered_map<K, std::weak_ptr<value>> map;

    void forget(const K &key)
    {
        guard guarded;
        map.erase(key);
    }

    strong get(const K &key)
    {
        guard guarded;
        auto found = map.find(key);
        return found == map.end() ? nullptr : found->second.lock();
    }

    void put(const K &key, const strong &object)
    {
        object->key = key;
        object->in = this;
        guard guarded;
        map[key] = object;
    }
};

using object_key = std::shared_ptr<node>;

uint64_t key_new(uint32_t i, uint64_t *)
{
    return number_of(i);
}

std::string key_new(uint32_t i, std::string *)
{
    return text_new(i);
}

object_key key_new(uint32_t, object_key *)
{
    return std::make_shared<node>();
}

template <class K> constexpr const char *kind_name()
{
    return std::is_same<K, uint64_t>::value ? "_int"
        : std::is_same<K, std::string>::value ? "_str" : "_obj";
}

template <class K> struct value_work {
    using table = values<K>;
    static table all;
    static std::vector<typename table::strong> objects;
    static std::vector<K> keys, there, absent;
    static uintptr_t sum;
    static bool is_second;

    static K probe(uint32_t i)
    {
        return std::is_same<K, object_key>::value ? keys[i]
            : key_new(i, (K *)nullptr);
    }

    static void make()
    {
        for (uint32_t i = 0; i < count; i++)
            objects.push_back(std::make_shared<typename table::value>());
        for (uint32_t i = 0; i < 2 * count; i++)
            keys.push_back(key_new(i, (K *)nullptr));
    }

    static void fill()
    {
        for (uint32_t i = 0; i < count; i++)
            all.put(keys[i], objects[i]);
        BENCH_CHECK(all.map.size() == count);
    }

    static void ask()
    {
        for (uint32_t i = 0; i < asked; i++) {
            there.push_back(probe(chosen[i]));
            sum += (uintptr_t)objects[chosen[i]].get();
        }
        for (uint32_t i = 0; i < asked; i++)
            absent.push_back(probe(chosen[i] + count));
    }

    static void hits(double *ns)
    {
        uintptr_t found = 0;
        double start = bench_now();
        FOR_ALL_ASKED (i) {
            typename table::strong object = all.get(there[i]);
            found += (uintptr_t)object.get();
            BENCH_KEEP(object.get());
        }
        ns[0] = bench_now() - start;
        BENCH_CHECK(found == sum * (ASKED / asked));
    }

    static void misses(double *ns)
    {
        uint32_t missed = 0;
        double start = bench_now();
        FOR_ALL_ASKED (i)
            missed += all.get(absent[i]) == nullptr;
        ns[0] = bench_now() - start;
        BENCH_CHECK(missed == ASKED);
    }

    static void churn(double *ns)
    {
        double start = bench_now();
        for (uint32_t i = 0; i < count; i++) {
            auto object = std::make_shared<typename table::value>();
            all.put(keys[count + i], object);
        }
        ns[0] = bench_now() - start;
        BENCH_CHECK(all.map.size() == count);
    }

    static void replace(double *ns)
    {
        const K *next = keys.data() + (is_second ? 0 : count);
        double start = bench_now();
        for (uint32_t i = 0; i < count; i++) {
            uint32_t at = order[i];
            objects[at].reset();
            objects[at] = std::make_shared<typename table::value>();
            all.put(next[at], objects[at]);
        }
        ns[0] = bench_now() - start;
        is_second = !is_second;
        BENCH_CHECK(all.map.size() == count);
        for (uint32_t i = 0; i < count; i += 97)
            BENCH_CHECK(all.get(next[i]) == objects[i]);
    }

    static void run_rows()
    {
        const char *workload = "W9_weakvalue", *kind = kind_name<K>();
        make();
        fill();
        ask();
        run(workload, row_of("hit", kind, true), ASKED, hits);
        run(workload, row_of("miss", kind, true), ASKED, misses);
        if (count == HUNDRED_THOUSAND) {
            run(workload, row_of("churn", kind, false), count, churn);
            run(workload, row_of("replace", kind, false), count, replace);
        }
        objects.clear();
        BENCH_CHECK(all.map.empty());
    }

    static void run_hits()
    {
        make();
        fill();
        ask();
        run("W23_growth", row_of("hit", kind_name<K>(), true), ASKED, hits);
        objects.clear();
        BENCH_CHECK(all.map.empty());
    }

    // What an object has only to be found counts, too: objects of the same
    // number that are in no map are what they would be.
    static void weigh()
    {
        std::vector<std::shared_ptr<node>> plain(count);
        double start = bench_resident();
        for (auto &place : plain)
            place = std::make_shared<node>();
        double bare = bench_resident() - start;
        for (uint32_t i = 0; i < count; i++)
            keys.push_back(key_new(i, (K *)nullptr));
        objects.resize(count);
        start = bench_resident();
        for (auto &place : objects)
            place = std::make_shared<typename table::value>();
        fill();
        bench_bytes(PEER, "W20_weakmemory", row_of("value", kind_name<K>(),
            false).name, (bench_resident() - start - bare) / count);
    }
};

template <class K> values<K> value_work<K>::all;
template <class K> std::vector<typename values<K>::strong>
    value_work<K>::objects;
template <class K> std::vector<K> value_work<K>::keys;
template <class K> std::vector<K> value_work<K>::there;
template <class K> std::vector<K> value_work<K>::absent;
template <class K> uintptr_t value_work<K>::sum;
template <class K> bool value_work<K>::is_second;

// ---------------------------------------------------------------------------
// W10: keys are watched, by address

struct watched;
std::unordered_map<const watched *, uint64_t> numbers;

struct watched {
    std::shared_ptr<node> left, right;
    bool is_in = false;
    ~watched()
    {
        guard guarded;
        if (is_in)
            numbers.erase(this);
    }
};

std::vector<std::shared_ptr<watched>> watched_objects, watched_there;

void put_number(const std::shared_ptr<watched> &key, uint64_t number)
{
    guard guarded;
    key->is_in = true;
    numbers[key.get()] = number;
}

uint64_t get_number(const std::shared_ptr<watched> &key)
{
    guard guarded;
    auto found = numbers.find(key.get());
    return found == numbers.end() ? 0 : found->second;
}

void measure_key_hits(double *ns)
{
    uint64_t sum = 0, expected = 0;
    double start = bench_now();
    FOR_ALL_ASKED (i)
        sum += get_number(watched_there[i]);
    ns[0] = bench_now() - start;
    FOR_ALL_ASKED (i)
        expected += chosen[i] + 1;
    BENCH_CHECK(sum == expected);
}

void measure_key_churn(double *ns)
{
    double start = bench_now();
    for (uint32_t i = 0; i < count; i++) {
        auto key = std::make_shared<watched>();
        put_number(key, i + 1);
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(numbers.size() == count);
}

void make_watched()
{
    for (uint32_t i = 0; i < count; i++)
        watched_objects.push_back(std::make_shared<watched>());
}

void run_keys()
{
    make_watched();
    for (uint32_t i = 0; i < count; i++)
        put_number(watched_objects[i], i + 1);
    for (uint32_t i = 0; i < asked; i++)
        watched_there.push_back(watched_objects[chosen[i]]);
    run("W10_weakkey", row_of("hit", "", true), ASKED, measure_key_hits);
    if (count == HUNDRED_THOUSAND)
        run("W10_weakkey", row_of("churn", "", false), count,
            measure_key_churn);
    watched_there.clear();
    watched_objects.clear();
    BENCH_CHECK(numbers.empty());
}

void weigh_keys()
{
    watched_objects.reserve(count);
    make_watched();
    double start = bench_resident();
    for (uint32_t i = 0; i < count; i++)
        put_number(watched_objects[i], i + 1);
    bench_bytes(PEER, "W20_weakmemory", "key",
        (bench_resident() - start) / count);
}

// ---------------------------------------------------------------------------
// W11: members are watched, by address

struct member;
std::unordered_map<const member *, std::weak_ptr<member>> *members;

struct member {
    std::shared_ptr<node> left, right;
    ~member()
    {
        guard guarded;
        members->erase(this);
    }
};

std::vector<std::shared_ptr<member>> member_objects, member_there;

void add_member(const std::shared_ptr<member> &object)
{
    guard guarded;
    members->emplace(object.get(), object);
}

void measure_set_make(double *ns)
{
    delete members;
    members = new std::unordered_map<const member *, std::weak_ptr<member>>;
    double start = bench_now();
    for (uint32_t i = 0; i < count; i++)
        add_member(member_objects[order[i]]);
    ns[0] = bench_now() - start;
    BENCH_CHECK(members->size() == count);
}

void measure_set_ask(double *ns)
{
    uint32_t found = 0;
    double start = bench_now();
    FOR_ALL_ASKED (i) {
        guard guarded;
        found += members->count(member_there[i].get()) != 0;
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(found == ASKED);
}

void measure_set_walk(double *ns)
{
    uint32_t seen = 0;
    double start = bench_now();
    for (auto &place : *members)
        if (auto object = place.second.lock()) {
            BENCH_KEEP(object.get());
            seen++;
        }
    ns[0] = bench_now() - start;
    BENCH_CHECK(seen == count);
}

void run_set()
{
    double ns;
    for (uint32_t i = 0; i < count; i++)
        member_objects.push_back(std::make_shared<member>());
    for (uint32_t i = 0; i < asked; i++)
        member_there.push_back(member_objects[chosen[i]]);
    measure_set_make(&ns);
    run("W11_weakset", row_of("contains", "", true), ASKED, measure_set_ask);
    if (count == HUNDRED_THOUSAND) {
        run("W11_weakset", row_of("iterate", "", true), count,
            measure_set_walk);
        run("W11_weakset", row_of("add", "", true), count, measure_set_make);
    }
    member_there.clear();
    member_objects.clear();
    BENCH_CHECK(members->empty());
}

void weigh_set()
{
    double ns;
    for (uint32_t i = 0; i < count; i++)
        member_objects.push_back(std::make_shared<member>());
    double start = bench_resident();
    measure_set_make(&ns);
    bench_bytes(PEER, "W20_weakmemory", "set",
        (bench_resident() - start) / count);
}

// ---------------------------------------------------------------------------
// W21: a map grows to a million; the longest it takes to put one

enum { GROWTHS = 5 };

double thread_now()
{
    return bench_clock(CLOCK_THREAD_CPUTIME_ID);
}

template <class Put> double longest_of(Put put)
{
    double longest = 0;
    for (uint32_t i = 0; i < count; i++) {
        double start = thread_now();
        put(i);
        double ns = thread_now() - start;
        longest = ns > longest ? ns : longest;
    }
    return longest;
}

template <class Put> double each_of(Put put)
{
    double start = bench_now();
    for (uint32_t i = 0; i < count; i++)
        put(i);
    return (bench_now() - start) / count;
}

// `renew` makes all objects anew, and the map, which is empty.
template <class Renew, class Put> void grow(const char *longest_name,
    const char *each_name, Renew renew, Put put)
{
    double longest[GROWTHS], each[GROWTHS];
    int most = bench_repetitions < GROWTHS ? bench_repetitions : GROWTHS;
    for (int i = 0; i < most; i++) {
        renew();
        longest[i] = longest_of(put) / 1e3;
        renew();
        each[i] = each_of(put);
    }
    print_samples(PEER, "W21_weakgrowth", longest_name, "us", longest, most);
    print_samples(PEER, "W21_weakgrowth", each_name, "ns", each, most);
}

void grow_values()
{
    using work = value_work<uint64_t>;
    grow("value_longest", "value_put", [] {
        work::objects.clear();
        work::keys.clear();
        decltype(work::all.map)().swap(work::all.map);
        work::make();
    }, [](uint32_t i) { work::all.put(work::keys[i], work::objects[i]); });
    BENCH_CHECK(work::all.map.size() == count);
}

void grow_keys()
{
    grow("key_longest", "key_put", [] {
        watched_objects.clear();
        decltype(numbers)().swap(numbers);
        make_watched();
    }, [](uint32_t i) { put_number(watched_objects[i], i + 1); });
    BENCH_CHECK(numbers.size() == count);
}

// ---------------------------------------------------------------------------

void run_size(uint32_t size, void (*work)())
{
    choose(size);
    run_apart(work);
    free(chosen);
    free(order);
}

void run_sizes(void (*work)())
{
    const uint32_t sizes[] = { THOUSAND, HUNDRED_THOUSAND, MILLION };
    for (uint32_t size : sizes)
        run_size(size, work);
}

void run_all_sizes(void (*work)())
{
    for (uint32_t size = THOUSAND; size <= LARGEST; size *= 10)
        if (size < LARGEST || is_large_wanted())
            run_size(size, work);
}

#ifdef THREADS
void *sleep_for_ever(void *)
{
    for (;;)
        pause();
}
#endif

// A forked process has one thread only.
template <void (*work)()> void in_mode()
{
#ifdef THREADS
    pthread_t thread;
    BENCH_CHECK(pthread_create(&thread, nullptr, sleep_for_ever, nullptr) == 0);
#endif
    work();
}

void run_large()
{
    choose(MILLION);
    if (bench_wants("W20")) {
        run_apart(in_mode<value_work<uint64_t>::weigh>);
        run_apart(in_mode<value_work<std::string>::weigh>);
        run_apart(in_mode<weigh_keys>);
        run_apart(in_mode<weigh_set>);
    }
    if (bench_wants("W21")) {
        run_apart(in_mode<grow_values>);
        run_apart(in_mode<grow_keys>);
    }
}

}   // namespace

int main(int argument_count, char **arguments)
{
    bench_open(argument_count, arguments);
    if (bench_wants("W9")) {
        run_sizes(in_mode<value_work<uint64_t>::run_rows>);
        run_sizes(in_mode<value_work<std::string>::run_rows>);
        run_sizes(in_mode<value_work<object_key>::run_rows>);
    }
    if (bench_wants("W10"))
        run_sizes(in_mode<run_keys>);
    if (bench_wants("W11"))
        run_sizes(in_mode<run_set>);
    run_large();
    if (bench_wants("W23"))
        run_all_sizes(in_mode<value_work<uint64_t>::run_hits>);
    return 0;
}
