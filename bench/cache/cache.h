// SPDX-License-Identifier: MIT
//
// W19: caches. First hits alone: of the keys of 1e5 entries, which all have
// room. Then what a cache is for: a million keys, asked for by Zipf's law with
// an exponent of 1 (the k-th most wanted one time in k as often as the first),
// room for a tenth of them, and what is not there is made and put. Which keys
// hit is a matter of the cache; how often, it must say.
#ifndef BENCH_CACHE_H
#define BENCH_CACHE_H

#include "../weak/weak.h"

enum {
    SKEWED_KEYS = BENCH_MILLION, SKEWED_ROOM = SKEWED_KEYS / 10,
    SKEWED_PASSES = 8,          // of ASKED; then the first comes again
};

static uint32_t *skewed;        // the keys' numbers, in order of asking
static uint32_t skewed_pass;    // the next
static double skewed_hits, skewed_gets;

// By bisection of the sums of the shares.
static inline void skewed_open(void)
{
    double *sums = (double *)bench_array(SKEWED_KEYS, sizeof(*sums));
    double sum = 0;
    for (uint32_t i = 0; i < SKEWED_KEYS; i++) {
        sum += 1.0 / (i + 1);
        sums[i] = sum;
    }
    skewed = (uint32_t *)bench_array(SKEWED_PASSES * (size_t)ASKED,
        sizeof(*skewed));
    for (size_t i = 0; i < SKEWED_PASSES * (size_t)ASKED; i++) {
        double wanted = (double)(bench_random() >> 11) * 0x1p-53 * sum;
        uint32_t low = 0, high = SKEWED_KEYS - 1;
        while (low < high) {
            uint32_t middle = (low + high) / 2;
            if (sums[middle] < wanted)
                low = middle + 1;
            else
                high = middle;
        }
        skewed[i] = low;
    }
    free(sums);
}

// Another ASKED of them.
static inline const uint32_t *skewed_next(void)
{
    const uint32_t *asked = skewed + (size_t)skewed_pass * ASKED;
    skewed_pass = (skewed_pass + 1) % SKEWED_PASSES;
    return asked;
}

// The first pass fills the cache, and is not counted.
static inline void run_skewed(const char *peer, bench_fn *measure)
{
    const struct bench_row row = { peer, "W19_cache", "zipf", ASKED };
    double ns;
    measure(&ns);
    skewed_hits = skewed_gets = 0;
    bench_run(&row, 1, measure);
    double percent = 100 * skewed_hits / skewed_gets;
    BENCH_CHECK(percent > 1 && percent < 100);
    print_samples(peer, "W19_cache", "zipf_hits", "%", &percent, 1);
}

#endif
