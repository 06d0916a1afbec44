// SPDX-License-Identifier: MIT
//
// W16: bytes.
#ifndef BENCH_WEFT_MEMORY_H
#define BENCH_WEFT_MEMORY_H

#include "weft_nodes.h"

static void weigh_types(void)
{
    static weft_type types[TYPES];
    static struct node *made[TYPES];
    for (uint32_t i = 0; i < TYPES; i++)
        types[i] = node_type;
    memset(made, 0, sizeof(made));
    double before = bench_resident();
    weft_heap *small = weft_heap_open(NULL);
    for (uint32_t i = 0; i < TYPES; i++) {
        made[i] = weft_new(small, &types[i]);
        BENCH_CHECK(made[i] != NULL);
    }
    bench_bytes("weft", "W16_memory", "types_200", bench_resident() - before);
    for (uint32_t i = 0; i < TYPES; i++)
        weft_release(made[i]);
    BENCH_CHECK(weft_heap_close(small) == 0);
}

static void weigh_objects(void)
{
    double empty = bench_resident();
    make_nodes(MILLION);
    double made = bench_resident();
    weft_heap_stats stats = weft_heap_get_stats(heap);
    BENCH_CHECK(stats.objects == MILLION);
    bench_bytes("weft", "W16_memory", "obj_exact",
        (double)stats.object_bytes / MILLION);
    bench_bytes("weft", "W16_memory", "obj", (made - empty) / MILLION);
    for (uint32_t i = 0; i < MILLION; i++)
        handles[i] = weft_weak_of(nodes[i]);
    double watched = bench_resident();
    bench_bytes("weft", "W16_memory", "weakref",
        (watched - made) / MILLION + (double)sizeof(weft_weak));
    for (uint32_t i = 0; i < MILLION; i++) {
        refs[i] = weft_ref_new(nodes[i], count_call, NULL);
        BENCH_CHECK(refs[i] != NULL);
    }
    bench_bytes("weft", "W16_memory", "weakref_cb",
        (bench_resident() - watched) / MILLION);
    for (uint32_t i = 0; i < MILLION; i++)
        weft_release(refs[i]);
    release_nodes(MILLION);
}

static void weigh_limit(void)
{
    double empty = bench_resident();
    for (uint32_t i = 0; i < MILLION; i++)
        nodes[i] = (struct node *)limit_new();
    bench_bytes("limit", "W16_memory", "obj",
        (bench_resident() - empty) / MILLION);
}

// In a child, whose memory is as yet unused, and does not stay.
static void weigh_apart(void (*weigh)(void))
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        weigh();
        _exit(0);
    }
    int status = 1;
    BENCH_CHECK(child > 0 && waitpid(child, &status, 0) == child
        && status == 0);
}

#endif
