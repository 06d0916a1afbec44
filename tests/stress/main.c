// SPDX-License-Identifier: MIT
//
// The stress program: random programs against a shadow of the heap (world.h).
//
//     tests/stress/run                builds it in several ways, and runs it
//     stress [--start SEED] [--count N] [--acts N] [--objects N]
//            [--large N] [--ways BITS] [--loud] [--shrink]
//
// Without --large: N tiny programs, each on a heap of its own, checked in full
// all the time. With it: programs on heaps of about that many objects. Ways of
// collecting are 1 young, 2 trials, 4 slices, 8 full, 16 poll.
// A failure names its seed; `--start SEED --count 1 --loud` prints what the
// program did, and --shrink leaves out all acts it does not need.
#include "tables.h"

#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct world world;

enum { SHRUNK = 1024 };         // acts that can be left out

static struct {
    uint64_t start, count;
    uint32_t acts, objects, large;
    bool loud, shrink;
    unsigned ways;
    const uint8_t *left_out;    // a flag an act, or NULL
} options = { .start = 1, .count = 1000, .acts = 160, .objects = 400,
    .ways = 31 };

void broken(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fflush(stdout);
    fprintf(stderr, "seed %llu: ", (unsigned long long)world.seed);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    signal(SIGABRT, SIG_DFL);
    abort();
}

void note(const char *format, ...)
{
    if (!world.loud)
        return;
    va_list arguments;
    va_start(arguments, format);
    for (uint32_t i = 0; i < world.depth; i++)
        printf("    ");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
}

uint32_t pick(uint32_t below)
{
    uint64_t z = (world.random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return below == 0 ? 0 : (uint32_t)((z >> 32) * below >> 32);
}

static void on_signal(int number)
{
    char text[80];
    int size = snprintf(text, sizeof(text), "seed %llu: signal %d\n",
        (unsigned long long)world.seed, number);
    (void)!write(2, text, (size_t)size);
    signal(number, SIG_DFL);
    raise(number);
}

static void hear(weft_heap *heap, const weft_report *report, void *context)
{
    (void)heap;
    (void)context;
    if (report->event != WEFT_COLLECTED)
        broken("%s", report->message);
}

static void watch_gc(weft_heap *heap, weft_generation generation, bool stop,
    const weft_gc_stats *stats, void *context)
{
    (void)heap, (void)stats, (void)context;
    if (world.running[generation] == !stop)
        broken("a collection of %d %s twice", (int)generation,
            stop ? "stops" : "starts");
    world.running[generation] = !stop;
    if (!stop) {
        world.collections++;
        world.ran_since = 0;
    }
}

static weft_heap *open_heap(void)
{
    weft_heap_options heap_options = { .report = hear, .hash_seed = 42 };
    heap_options.weak_first = world.weak_first = pick(6) == 0;
    heap_options.ordered = world.ordered = pick(8) == 0;
    weft_heap *heap = weft_heap_open(&heap_options);
    if (heap == NULL)
        abort();
    if (world.large)
        weft_gc_set_threshold(heap, (weft_gc_threshold){ 100 + pick(4000),
            1 + pick(100), 1 + pick(50) });
    else
        weft_gc_set_threshold(heap, (weft_gc_threshold){ 1 + pick(20),
            1 + pick(200), 1 });
    (void)weft_gc_add_callback(heap, watch_gc, NULL);
    if (!world.large && pick(4) == 0)
        weft_debug_collect_often(heap, true);
    return heap;
}

static void close_heap(void)
{
    let_all_go();
    for (int i = 0; i < 3; i++) {
        (void)weft_gc_collect(world.heap, WEFT_FULL);
        let_all_go();
    }
    size_t there = weft_heap_get_stats(world.heap).objects;
    if (!weft_heap_verify(world.heap))
        broken("the heap is not sound");
    if (there != 0)
        broken("%zu objects are left at the end", there);
    if (weft_heap_close(world.heap) != 0)
        broken("the heap was not empty");
}

static void begin_world(uint64_t seed)
{
    struct shadow *shadows = world.shadows;
    uint32_t *stack = world.stack, room = world.room, walked = world.walk;
    for (uint32_t i = 1; i <= world.count; i++)
        free_contents(&shadows[i]);
    world = (struct world){ .seed = seed, .random = seed * 77, .version = 1,
        .shadows = shadows, .stack = stack, .room = room, .walk = walked,
        .loud = options.loud, .ways = options.ways, .acts_inside = 200 };
    world.limit = options.objects;
    world.tabular = pick(2) == 0;
    world.meddling = pick(4) == 0;
    world.hashing = pick(4);
    world.keys = pick(3) == 0 ? 300 : 12;
    world.handled = pick(4) == 0 ? pick(4) : 4;
}

// Large structures come, are changed, and go; now and then all is checked.
static void run_large(uint64_t seed)
{
    begin_world(seed);
    world.large = true;
    world.limit = UINT32_MAX / 2;
    world.heap = open_heap();
    world.ways = 31 & ~8u;
    for (uint32_t round = 0; round < options.acts / 10; round++) {
        world.acts_inside = 1000;
        build(1 + pick(options.large / 4));
        for (uint32_t i = 0; i < options.large / 50; i++)
            act();
        for (int i = 0; i < 200; i++)
            weft_poll(world.heap);
        if (round % 4 == 3) {
            compare(false);
            world.ways |= 8;
            weft_gc_unfreeze(world.heap);
            collect_and_check();
            world.ways &= ~8u;
        }
    }
    close_heap();
}

// The state of the random numbers before each act depends on the seed alone, so
// that acts can be left out.
static void run_program(uint64_t seed)
{
    begin_world(seed);
    world.heap = open_heap();
    if (pick(3) == 0)
        world.ways = 1u << pick(5) | 16;
    if (pick(3) == 0) {
        world.slicing = true;
        world.ways = 0;
    }
    uint64_t random = world.random;
    uint32_t acts = options.acts / 4 + pick(options.acts);
    for (uint32_t i = 0; i < acts; i++) {
        world.random = random + (uint64_t)i * 0x5851f42d4c957f2du;
        if (options.left_out != NULL && i < SHRUNK && options.left_out[i])
            continue;
        if (world.loud)
            printf("[%u] ", i);
        act();
        if (world.ran % 5 == 0 || i % 16 == 0)
            compare(false);
    }
    close_heap();
}

// ---- shrinking: each try is a process of its own


static bool fails(uint64_t seed)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (freopen("/dev/null", "w", stderr) == NULL)
            _exit(0);
        alarm(20);
        run_program(seed);
        _exit(0);
    }
    int status = 0;
    (void)waitpid(child, &status, 0);
    return status != 0;
}

static void shrink(uint64_t seed)
{
    uint32_t acts = options.acts * 2 < SHRUNK ? options.acts * 2 : SHRUNK;
    uint8_t *left_out = calloc(SHRUNK, 1);
    if (left_out == NULL)
        abort();
    options.left_out = left_out;
    if (!fails(seed)) {
        printf("seed %llu does not fail\n", (unsigned long long)seed);
        return;
    }
    for (uint32_t size = acts / 2; size > 0; size = size == 1 ? 0 : size / 2)
        for (int again = 0; again < (size == 1 ? 3 : 1); again++)
            for (uint32_t at = 0; at + size <= acts; at += size) {
                uint8_t saved[SHRUNK];
                memcpy(saved, left_out + at, size);
                memset(left_out + at, 1, size);
                if (memcmp(saved, left_out + at, size) != 0 && !fails(seed))
                    memcpy(left_out + at, saved, size);
            }
    options.loud = true;
    setvbuf(stdout, NULL, _IONBF, 0);
    run_program(seed);
}

static uint64_t number_after(char **arguments, int *i)
{
    if (arguments[*i + 1] == NULL)
        exit(2);
    return strtoull(arguments[++*i], NULL, 0);
}

int main(int count, char **arguments)
{
    for (int i = 1; i < count; i++) {
        const char *word = arguments[i];
        if (strcmp(word, "--start") == 0)
            options.start = number_after(arguments, &i);
        else if (strcmp(word, "--count") == 0)
            options.count = number_after(arguments, &i);
        else if (strcmp(word, "--acts") == 0)
            options.acts = (uint32_t)number_after(arguments, &i);
        else if (strcmp(word, "--objects") == 0)
            options.objects = (uint32_t)number_after(arguments, &i);
        else if (strcmp(word, "--large") == 0)
            options.large = (uint32_t)number_after(arguments, &i);
        else if (strcmp(word, "--ways") == 0)
            options.ways = (unsigned)number_after(arguments, &i);
        else if (strcmp(word, "--loud") == 0)
            options.loud = true;
        else if (strcmp(word, "--shrink") == 0)
            options.shrink = true;
        else
            return 2;
    }
    if (options.shrink) {
        shrink(options.start);
        return 0;
    }
    signal(SIGSEGV, on_signal);
    signal(SIGABRT, on_signal);
    uint64_t deaths = 0, finals = 0, calls = 0, made = 0;
    for (uint64_t seed = options.start; seed < options.start + options.count;
            seed++) {
        if (options.large > 0)
            run_large(seed);
        else
            run_program(seed);
        deaths += world.deaths, finals += world.finals;
        calls += world.calls, made += world.made;
    }
    printf("%llu programs: %llu objects, %llu disposed of, %llu finalized, "
        "%llu calls\n", (unsigned long long)options.count,
        (unsigned long long)made, (unsigned long long)deaths,
        (unsigned long long)finals, (unsigned long long)calls);
    return 0;
}
