// SPDX-License-Identifier: MIT
//
// C++ in the workloads of growth.h: std::shared_ptr and std::weak_ptr, in a
// program of one thread, or with -DTHREADS of two, one of which sleeps.
#include <memory>

#include <pthread.h>

#include "../bench.h"

#ifdef THREADS
#define PEER "cxx-mt"
#else
#define PEER "cxx-st"
#endif

namespace {

struct node {
    std::shared_ptr<node> left, right;
};

using strong = std::shared_ptr<node>;
using weak = std::weak_ptr<node>;

inline void make(strong *place)
{
    *place = std::make_shared<node>();
}

inline void keep(strong *place, strong *other)
{
    *place = *other;
}

inline void move(strong *place, strong *other)
{
    *place = std::move(*other);
}

inline void drop(strong *place)
{
    place->reset();
}

inline void watch(weak *handle, strong *place)
{
    *handle = *place;
}

inline void unwatch(weak *handle)
{
    handle->reset();
}

inline bool get(weak *handle)
{
    strong got = handle->lock();
    BENCH_KEEP(got.get());
    return got != nullptr;
}

inline size_t count_of(strong *place)
{
    return (size_t)place->use_count();
}

strong *strongs_new(size_t count)
{
    return new strong[count]();
}

weak *weaks_new(size_t count)
{
    return new weak[count]();
}

#ifdef THREADS
void *sleep_for_ever(void *)
{
    for (;;)
        pause();
}
#endif

void enter()
{
#ifdef THREADS
    pthread_t thread;
    BENCH_CHECK(pthread_create(&thread, nullptr, sleep_for_ever, nullptr) == 0);
#endif
}

void leave()
{
}

#include "growth.h"

}   // namespace

int main(int argument_count, char **arguments)
{
    run_growth(argument_count, arguments);
    return 0;
}
