// SPDX-License-Identifier: MIT
//
// C++ in the workloads of cache.h: a list in order of use, and a map into it;
// who was used least lately leaves. With -DTHREADS (peer "cxx-mt") a second
// thread exists, so counts are atomic, and a mutex guards the cache.
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include <pthread.h>

#include "cache.h"

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

class lru {
public:
    explicit lru(size_t room) : room(room) {}

    std::shared_ptr<node> get(uint64_t key)
    {
        guard guarded;
        auto found = places.find(key);
        if (found == places.end())
            return nullptr;
        used.splice(used.begin(), used, found->second);
        return found->second->second;
    }

    void put(uint64_t key, std::shared_ptr<node> object)
    {
        guard guarded;
        used.emplace_front(key, std::move(object));
        places[key] = used.begin();
        if (used.size() <= room)
            return;
        places.erase(used.back().first);
        used.pop_back();
    }

private:
    using list = std::list<std::pair<uint64_t, std::shared_ptr<node>>>;
    size_t room;
    list used;                                  // the last first
    std::unordered_map<uint64_t, list::iterator> places;
};

std::unique_ptr<lru> cache;

void measure_hits(double *ns)
{
    uint32_t found = 0;
    double start = bench_now();
    FOR_ALL_ASKED (i) {
        std::shared_ptr<node> object = cache->get(number_of(chosen[i]));
        found += object != nullptr;
    }
    ns[0] = bench_now() - start;
    BENCH_CHECK(found == ASKED);
}

void measure_skewed(double *ns)
{
    const uint32_t *wanted = skewed_next();
    double start = bench_now();
    for (uint32_t i = 0; i < ASKED; i++) {
        uint64_t key = number_of(wanted[i]);
        std::shared_ptr<node> object = cache->get(key);
        skewed_hits += object != nullptr;
        if (object == nullptr) {
            object = std::make_shared<node>();
            cache->put(key, object);
        }
        BENCH_KEEP(object.get());
    }
    ns[0] = bench_now() - start;
    skewed_gets += ASKED;
}

void run_hits()
{
    cache.reset(new lru(count));
    for (uint32_t i = 0; i < count; i++)
        cache->put(number_of(i), std::make_shared<node>());
    const bench_row row = { PEER, "W19_cache", "hit_int_1e5", ASKED };
    bench_run(&row, 1, measure_hits);
}

void run_zipf()
{
    cache.reset(new lru(SKEWED_ROOM));
    skewed_open();
    run_skewed(PEER, measure_skewed);
}

void weigh()
{
    std::vector<std::shared_ptr<node>> objects(count);
    for (auto &place : objects)
        place = std::make_shared<node>();
    double start = bench_resident();
    cache.reset(new lru(count));
    for (uint32_t i = 0; i < count; i++)
        cache->put(number_of(i), objects[i]);
    bench_bytes(PEER, "W19_cache", "memory", (bench_resident() - start)
        / count);
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

}   // namespace

int main(int argument_count, char **arguments)
{
    bench_open(argument_count, arguments);
    choose(MILLION);
    run_apart(in_mode<weigh>);
    choose(HUNDRED_THOUSAND);
    run_apart(in_mode<run_hits>);
    run_apart(in_mode<run_zipf>);
    return 0;
}
