// SPDX-License-Identifier: MIT
//
// weft's hottest operations, for `run` to count the instructions of:
//
//     counts                  what it was built by, then a line an operation
//     counts NAME ROUNDS      so many rounds of one
//
// An operation is opened once; then a round is `before`, `run`, which does it
// `count` times and is all that is counted, and `after`, which checks what was
// done and undoes it. The first round is not like the others: memory is fresh,
// arrays grow. So the figure is what a second one adds. The loop is part of it,
// with its check: some four instructions.
//
// Nothing may depend on chance. Keys and orders come from one sequence of
// random numbers, the heap's hash seed is fixed, and the clock, by which weft
// gives back memory, stands still (`run` links with --wrap=clock_gettime).
#include "collector.h"
#include "objects.h"
#include "tables.h"

#if defined(__clang__)
#define COMPILER "clang"
#else
#define COMPILER "gcc"
#endif

#if defined(__x86_64__)
#define MACHINE "x86_64"
#elif defined(__aarch64__)
#define MACHINE "aarch64"
#else
#define MACHINE "other"
#endif

#if defined(__GLIBC__)
#include <gnu/libc-version.h>
#define LIBC "glibc ", gnu_get_libc_version()
#else
#define LIBC "another ", "libc"
#endif

enum { SEED = 1 };              // of average luck

struct operation {
    const char *name;           // its function is counted_NAME
    void (*run)(void);
    void (*open)(void);         // NULL: nothing to do; as the next two
    void (*before)(void);
    void (*after)(void);
    uint32_t count;             // of times in a round
    const char *what;           // it does each time
};

int __wrap_clock_gettime(clockid_t clock, struct timespec *time);

int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
    (void)clock;
    *time = (struct timespec){ .tv_sec = 1000000 };
    return 0;
}

#define OPERATION(name, ...) { #name, counted_##name, __VA_ARGS__ }

static const struct operation operations[] = {
    OPERATION(new_release, NULL, NULL, check_empty, MANY,
        "an object of 16 bytes made and let go"),
    OPERATION(make, shuffle_most, NULL, release_most, MOST,
        "one of a million made"),
    OPERATION(release_random, shuffle_most, make_most, check_empty, MOST,
        "one of a million let go in random order"),
    OPERATION(retain_release, make_hot, NULL, check_hot, MANY,
        "a reference taken and let go"),
    OPERATION(chain_death, NULL, make_chain, check_empty, MANY,
        "one of a chain that dies"),
    OPERATION(weak_of, make_hot, NULL, check_answers, MANY,
        "a weak handle taken"),
    OPERATION(weak_get, make_hot, NULL, check_answers, MANY,
        "a handle made a reference, which is let go"),
    OPERATION(weak_get_dead, kill_hot, NULL, check_answers, MANY,
        "a dead handle asked"),
    OPERATION(ref_life, NULL, NULL, check_calls, MANY,
        "an object and a ref: made, called back, gone"),
    OPERATION(values_get_integer, open_values_by_integer, NULL, check_values,
        KEYS, "weak value dict asked by integer"),
    OPERATION(values_get_text, open_values_by_text, NULL, check_values,
        KEYS, "weak value dict asked by text"),
    OPERATION(values_put_death, open_values_by_integer, NULL, check_values,
        KEYS, "an object made, put into one, dies"),
    OPERATION(keys_get, open_keys, NULL, check_keys, KEYS,
        "weak key dict asked by identity"),
    OPERATION(set_contains, open_set, NULL, check_keys, KEYS,
        "weak set asked by identity"),
    OPERATION(ring_of_two, NULL, NULL, check_rings, MANY,
        "one of a ring of two, made to collected"),
    OPERATION(full_collection, open_graph, NULL, check_graph, MANY,
        "full collection, one of what lives"),
    OPERATION(repoint, open_held_graph, reshuffle, check_graph, MANY,
        "an old object's field set, trials included"),
};

enum { OPERATIONS = sizeof(operations) / sizeof(operations[0]) };

static void list_operations(void)
{
    printf("%s %s %s %s%s\n", COMPILER, __VERSION__, MACHINE, LIBC);
    for (size_t i = 0; i < OPERATIONS; i++)
        printf("%s\t%u\t%s\n", operations[i].name, operations[i].count,
            operations[i].what);
}

static void run_rounds(const struct operation *operation, int rounds)
{
    const weft_heap_options options = { .hash_seed = SEED };
    heap = weft_heap_open(&options);
    BENCH_CHECK(heap != NULL);
    if (operation->open != NULL)
        operation->open();
    for (int i = 0; i < rounds; i++) {
        if (operation->before != NULL)
            operation->before();
        operation->run();
        if (operation->after != NULL)
            operation->after();
    }
}

int main(int argument_count, char **arguments)
{
    if (argument_count == 1) {
        list_operations();
        return 0;
    }
    for (size_t i = 0; i < OPERATIONS && argument_count == 3; i++)
        if (strcmp(operations[i].name, arguments[1]) == 0) {
            run_rounds(&operations[i], atoi(arguments[2]));
            return 0;
        }
    fprintf(stderr, "counts [NAME ROUNDS]\n");
    return 2;
}
