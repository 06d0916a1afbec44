// SPDX-License-Identifier: MIT
//
// Caches that give back when memory is short: with a clock and a system of the
// test's own, and files as Linux has them, in a folder of the test's own.
#include "cached.h"

#undef CHECKED
#include "../src/pattern/cache.h"

#include <sys/stat.h>
#include <unistd.h>

static uint64_t clock_now;              // milliseconds
static struct memory_state memory_now;  // what the system says
static int looks;                       // how often it was asked

static uint64_t test_clock(void)
{
    return clock_now;
}

static void test_read(struct memory_state *state)
{
    looks++;
    *state = memory_now;
}

// A cache of ten that heeds the test's system, and has all ten.
WEFT_NEW_REF static weft_cache *heedful(weft_heap *heap)
{
    weft__memory_source = (struct memory_source){ test_clock, test_read };
    clock_now = 5000;
    memory_now = (struct memory_state){ .stalled = 1000000000, .alarms = 30,
        .available = 50, .total = 100 };
    looks = 0;
    weft_cache *cache = weft_cache_new(heap, &(weft_cache_options){
        .budget = 10, .cost = cost_one, .heed_pressure = true });
    for (int i = 0; i < 10; i++)
        put_item(cache, i, 1);
    CHECK_KEPT(cache, 10, 10);
    return cache;
}

// ---------------------------------------------------------------------------
// When

// A cache that does not heed it never looks.
static void others_do_not_look(weft_heap *heap)
{
    weft_release(heedful(heap));
    looks = 0;
    memory_now.available = 1;
    weft_auto(weft_cache) cache = cache_of(heap, 10);
    for (int i = 0; i < 20; i++) {
        clock_now += 5000;
        put_item(cache, i, 1);
    }
    CHECK_EQ(looks, 0);
    CHECK_KEPT(cache, 10, 10);
}

// It looks at the first put, and then once a second, when something is put.
static void looks_once_a_second(weft_heap *heap)
{
    weft_auto(weft_cache) cache = heedful(heap);
    CHECK_EQ(looks, 1);
    clock_now += 999;
    put_item(cache, 20, 1);
    CHECK_EQ(looks, 1);
    clock_now += 1;
    CHECK_FALSE(has(cache, 99));
    CHECK_EQ(looks, 1);
    put_item(cache, 21, 1);
    CHECK_EQ(looks, 2);
    put_item(cache, 22, 1);
    CHECK_EQ(looks, 2);
    clock_now += 100000;
    put_item(cache, 23, 1);
    CHECK_EQ(looks, 3);
    CHECK_KEPT(cache, 10, 10);
}

// ---------------------------------------------------------------------------
// Why

// Puts one more, a second later; how many are kept then.
static size_t kept_after_a_look(weft_cache *cache)
{
    static int key = 1000;
    clock_now += 1000;
    put_item(cache, ++key, 1);
    CHECK_TRUE(has(cache, key));
    return weft_cache_get_stats(cache).kept;
}

// When little is available half of it goes, each time, and what is put stays.
static void little_memory_halves(weft_heap *heap)
{
    weft_auto(weft_cache) cache = heedful(heap);
    memory_now.available = 5;
    CHECK_EQ(kept_after_a_look(cache), 10);
    memory_now.available = 4;
    CHECK_EQ(kept_after_a_look(cache), 6);
    for (int i = 0; i < 5; i++)
        put_item(cache, i, 1);
    CHECK_KEPT(cache, 10, 10);
    CHECK_EQ(kept_after_a_look(cache), 6);
    CHECK_EQ(kept_after_a_look(cache), 4);
    CHECK_EQ(kept_after_a_look(cache), 3);
    CHECK_EQ(kept_after_a_look(cache), 2);
    CHECK_EQ(kept_after_a_look(cache), 2);
}

// A tenth of the time waited for memory is too much; what was before the first
// look does not count.
static void stalls_halve(weft_heap *heap)
{
    weft_auto(weft_cache) cache = heedful(heap);
    CHECK_EQ(kept_after_a_look(cache), 10);
    memory_now.stalled += 99999;
    CHECK_EQ(kept_after_a_look(cache), 10);
    memory_now.stalled += 100000;
    CHECK_EQ(kept_after_a_look(cache), 6);
    clock_now += 9000;
    memory_now.stalled += 999999;           // in ten seconds
    CHECK_EQ(kept_after_a_look(cache), 7);
}

// So is coming to the limit once.
static void alarms_halve(weft_heap *heap)
{
    weft_auto(weft_cache) cache = heedful(heap);
    memory_now.alarms++;
    CHECK_EQ(kept_after_a_look(cache), 6);
    CHECK_EQ(kept_after_a_look(cache), 7);
    memory_now.alarms += 10;
    CHECK_EQ(kept_after_a_look(cache), 4);
}

// Where nothing is known nothing is done.
static void nothing_known_is_no_pressure(weft_heap *heap)
{
    weft_auto(weft_cache) cache = heedful(heap);
    memory_now = (struct memory_state){ 0 };
    CHECK_EQ(kept_after_a_look(cache), 10);
    CHECK_EQ(kept_after_a_look(cache), 10);
}

// What has to go because memory is short may ask the cache for more.
static weft_cache *here;

static void put_more(struct node *self)
{
    (void)self;
    put_item(here, 77, 1);
}

static void finalizers_may_put_then(weft_heap *heap)
{
    weft_auto(weft_cache) cache = here = heedful(heap);
    weft_cache_clear(cache);
    put_acting(cache, 1, "a", put_more);
    put_item(cache, 2, 1);
    memory_now.available = 1;
    (void)kept_after_a_look(cache);
    CHECK_TRACE("~a a.");
    CHECK_TRUE(has(cache, 77));
}

// ---------------------------------------------------------------------------
// Files

static char root[64];           // a folder of the test's own

static void make_folders(const char *path)
{
    char part[256];
    for (const char *at = path; (at = strchr(at, '/')) != NULL; at++) {
        snprintf(part, sizeof(part), "%s%.*s", root, (int)(at - path), path);
        (void)mkdir(part, 0700);
    }
}

static void write_file(const char *path, const char *text)
{
    char whole[256];
    make_folders(path);
    snprintf(whole, sizeof(whole), "%s%s", root, path);
    FILE *file = fopen(whole, "w");
    CHECK_TRUE(file != NULL);
    CHECK_TRUE(fputs(text, file) >= 0);
    CHECK_EQ(fclose(file), 0);
}

static void drop_file(const char *path)
{
    char whole[256];
    snprintf(whole, sizeof(whole), "%s%s", root, path);
    CHECK_EQ(remove(whole), 0);
}

static struct memory_state read_files(void)
{
    struct memory_state state = { 7, 7, 7, 7 };
    weft__read_memory(root, &state);
    return state;
}

#define CHECK_STATE(stalled_, alarms_, available_, total_) do { \
        struct memory_state found_ = read_files(); \
        CHECK_EQ(found_.stalled, (stalled_)); \
        CHECK_EQ(found_.alarms, (alarms_)); \
        CHECK_EQ(found_.available, (available_)); \
        CHECK_EQ(found_.total, (total_)); \
    } while (0)

static const char *const meminfo = "/proc/meminfo";
static const char *const cgroup = "/proc/self/cgroup";
static const char *const system_stalls = "/proc/pressure/memory";
static const char *const group_stalls = "/sys/fs/cgroup/a/b.c/memory.pressure";
static const char *const group_events = "/sys/fs/cgroup/a/b.c/memory.events";

static const char *const stalls =
    "some avg10=0.00 avg60=0.12 avg300=0.00 total=1234567890123\n"
    "full avg10=0.00 avg60=0.00 avg300=0.00 total=99\n";

static void read_good_files(void)
{
    CHECK_STATE(0, 0, 0, 0);
    write_file(meminfo, "MemTotal:       16384 kB\nMemFree:  1 kB\n");
    CHECK_STATE(0, 0, 0, 0);
    write_file(meminfo, "MemTotal:       16384 kB\nMemFree:  1 kB\n"
        "MemAvailable:     512 kB\nBuffers: 3 kB\n");
    CHECK_STATE(0, 0, 512 * 1024, 16384 * 1024);
    write_file(system_stalls, stalls);
    CHECK_STATE(1234567890123, 0, 512 * 1024, 16384 * 1024);
    drop_file(meminfo);
    write_file(cgroup, "3:cpu:/x\n1:name=systemd:/y\n0::/a/b.c\n");
    write_file(group_events, "low 1\nhigh 20\nmax 3\noom 4\n");
    CHECK_STATE(1234567890123, 0, 0, 0);
    drop_file(system_stalls);
    CHECK_STATE(0, 23, 0, 0);
    write_file(group_stalls, "some avg10=1.00 total=42\n");
    CHECK_STATE(42, 0, 0, 0);
    write_file(system_stalls, stalls);
    CHECK_STATE(42, 0, 0, 0);
    write_file(cgroup, "3:cpu:/x\n");
    CHECK_STATE(1234567890123, 0, 0, 0);
    write_file(cgroup, "0::/");
    CHECK_STATE(1234567890123, 0, 0, 0);
}

static void read_bad_files(void)
{
    char large[8192];
    memset(large, 'x', sizeof(large) - 1);
    large[sizeof(large) - 1] = '\0';
    write_file(cgroup, large);
    write_file(system_stalls, large);
    write_file(meminfo, large);
    CHECK_STATE(0, 0, 0, 0);
    memcpy(large, "0::/", 4);
    write_file(cgroup, large);
    CHECK_STATE(0, 0, 0, 0);
    write_file(cgroup, "\n\n");
    write_file(system_stalls, "some\nsome total=\nfull total=5\n");
    write_file(meminfo, "MemAvailable:");
    CHECK_STATE(0, 0, 0, 0);
    write_file(meminfo, "MemAvailable: 1 kB");
    CHECK_STATE(0, 0, 1024, 0);
}

// Each file says its part, and none needs to be there. What is no such file as
// is expected says nothing, and does no harm.
static void reads_what_there_is(void)
{
    const char *const files[] = { meminfo, cgroup, system_stalls, group_stalls,
        group_events, "/sys/fs/cgroup/a/b.c", "/sys/fs/cgroup/a",
        "/sys/fs/cgroup", "/sys/fs", "/sys", "/proc/pressure", "/proc/self",
        "/proc", "" };
    snprintf(root, sizeof(root), "%s/weft-pressure-XXXXXX", P_tmpdir);
    CHECK_TRUE(mkdtemp(root) != NULL);
    read_good_files();
    read_bad_files();
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        drop_file(files[i]);
}

TESTS(
    RUN(others_do_not_look),
    RUN(looks_once_a_second),
    RUN(little_memory_halves),
    RUN(stalls_halve),
    RUN(alarms_halve),
    RUN(nothing_known_is_no_pressure),
    RUN(finalizers_may_put_then),
    RUN_ALONE(reads_what_there_is),
)
