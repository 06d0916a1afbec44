// SPDX-License-Identifier: MIT
//
// The workloads of weak dictionaries and weak sets, for programs in C. They are
// one text for all of them and for the limit, so that what is compared is the
// same program. loops.h is included once for each that is measured, with T
// naming it, and needs
//
//     T(node_new)()               an object of two pointers: a new reference
//     T(drop)(object)             lets one go
//     T(twin)(object)             asks for the same: itself, or its equal
//     T(key_new)(kind, i)         the i-th key; T(key_drop)(kind, key)
//     T(probe)(kind, i, key)      what one asks for that key with
//     T(map_new)(what)            a table; T(map_free)(map), T(map_count)(map)
//     T(put)(map, kind, key, object), T(get)(map, kind, key)
//                                 values are watched; a new reference, or NULL
//     T(key_put)(map, object, number), T(key_get)(map, object)
//                                 keys are watched; 0: not there
//     T(set_add)(map, object), T(set_has)(map, object)
//     T(set_each)(map, &seen)     goes through a set, counts in `seen`, returns
//                                 what the addresses come to
//
// Each peer's file says how it does these as own_..., and includes main.h.
//
// Two kinds of program run here. In one a table is asked ASKED times, for keys
// chosen at random; what to ask with lies in the order of asking, and where the
// table is smaller than a million it is few enough to stay in the caches: what
// is timed is the table and the object, not the program's own arrays. In the
// other, on HUNDRED_THOUSAND live entries, objects are made, put, and die.
#ifndef BENCH_WEAK_H
#define BENCH_WEAK_H

#include "../bench.h"

enum {
    THOUSAND = 1000, HUNDRED_THOUSAND = 100000, MILLION = BENCH_MILLION,
    LARGEST = 10 * BENCH_MILLION, ASKED = BENCH_MILLION,
};

enum what { MAP_VALUE, MAP_KEY, MAP_SET };

// What keys are. CHEAP: texts, for a limit with a hash that is no secret's.
// STRING: texts that the peer keeps as objects, with their hash.
enum kind { KIND_INT, KIND_TEXT, KIND_CHEAP, KIND_STRING, KIND_OBJECT };

// How a peer compares: by address; as objects that have no say in it; as
// objects that are asked, with another that equals the one there.
enum compare { BY_ADDRESS, BY_EQUALITY, BY_HOOKS };

union key {
    uint64_t number;
    const char *text;           // text_size bytes and a zero
    void *object;
};

// One of those that take turns.
struct side {
    void *map;                  // its table
    void **objects;             // held
    union key *keys;            // of these, and as many that are not there
    union key *there;           // `asked` of the first, to ask with
    union key *absent;          // `asked` of the others
    uintptr_t sum;              // what the answers' addresses come to, once
    bool is_second;             // replaced: the others are there; of a set: in
                                // the order in which objects were made
};

static uint32_t count;          // entries
static uint32_t asked;          // different questions, that come again
static uint32_t *chosen;        // for these, numbers below `count`
static uint32_t *order;         // all below `count`, shuffled
static size_t text_size;        // 12, which the compiler need not know
static char *texts, *texts_end; // room for more of them

// Any two are different, and in no order that a table could profit from.
static inline uint64_t number_of(uint32_t i)
{
    return i * 2654435761u & 0x3fffffff;
}

// Side by side, as they are asked for, and for good.
static inline const char *text_new(uint32_t i)
{
    if (texts == texts_end) {
        texts = (char *)bench_array(MILLION, 16);
        texts_end = texts + 16 * (size_t)MILLION;
    }
    char *text = texts;
    texts += 16;
    memcpy(text, "key:", 4);
    for (int at = 0; at < 8; at++)
        text[4 + at] = "0123456789abcdef"[number_of(i) >> (28 - 4 * at) & 15];
    text_size = strlen(text);
    return text;
}

static inline void choose(uint32_t entries)
{
    count = entries;
    bench_random_state = 88172645463325252u;
    asked = count >= MILLION ? MILLION : HUNDRED_THOUSAND;
    order = bench_shuffled(count);
    chosen = (uint32_t *)bench_array(asked, sizeof(*chosen));
    for (uint32_t i = 0; i < asked; i++)
        chosen[i] = (uint32_t)(bench_random() % count);
}

// ASKED times, as `i` of what is asked.
#define FOR_ALL_ASKED(i) \
    for (uint32_t pass_of_##i = ASKED / asked; pass_of_##i > 0; \
            pass_of_##i--) \
        for (uint32_t i = 0; i < asked; i++)

// "1e5".
static inline const char *count_name(void)
{
    static char name[4] = "1e0";
    name[2] = '0';
    for (uint32_t below = count; below >= 10; below /= 10)
        name[2]++;
    return name;
}

// The largest table is left out of a first look.
static inline bool is_large_wanted(void)
{
    const char *large = getenv("BENCH_LARGE");
    return large == NULL || atoi(large) != 0;
}

// Figures that are not nanoseconds an operation, a sample a repetition.
static inline void print_samples(const char *peer, const char *workload,
    const char *param, const char *unit, const double *samples, int many)
{
    printf("%s\t%s\t%s\t%s", peer, workload, param, unit);
    for (int i = 0; i < many; i++)
        printf("\t%.4f", samples[i]);
    printf("\n");
    fflush(stdout);
}

// In a process of its own: memory is fresh, and does not stay.
static inline void run_apart(void (*run)(void))
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        run();
        fflush(stdout);
        _exit(0);
    }
    int status = 1;
    BENCH_CHECK(child > 0 && waitpid(child, &status, 0) == child
        && status == 0);
}

#endif
