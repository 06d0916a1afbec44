// SPDX-License-Identifier: MIT
//
// Types: static data that any number of heaps and threads use at once.
#include "node.h"

#include <pthread.h>

enum { TYPE_COUNT = 300 };

static weft_type types[TYPE_COUNT];
static char names[TYPE_COUNT][12];

// Types of all sizes, as a program has them.
static void make_types(void)
{
    if (types[0].name != NULL)
        return;
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        snprintf(names[i], sizeof(names[i]), "type%zu", i);
        types[i] = (weft_type){ .name = names[i], .size = 8 + i % 40 * 8,
            .alignment = 8 };
    }
}

// Hundreds of types live in one heap, each object with its own.
static void live_in_one_heap(weft_heap *heap)
{
    enum { ROUNDS = 5 };
    make_types();
    void *objects[ROUNDS][TYPE_COUNT];
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < TYPE_COUNT; i++) {
            objects[round][i] = weft_new(heap, &types[i]);
            memset(objects[round][i], 0xff, types[i].size);
        }
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < TYPE_COUNT; i++) {
            CHECK_SAME(weft_type_of(objects[round][i]), &types[i]);
            CHECK_EQ(weft_refcount(objects[round][i]), 1);
            weft_release(objects[round][i]);
        }
}

// A type may be used in many heaps at once.
static void live_in_many_heaps(void)
{
    make_types();
    weft_heap *heaps[8];
    void *objects[8][TYPE_COUNT];
    for (size_t h = 0; h < 8; h++) {
        heaps[h] = open_test_heap();
        for (size_t i = 0; i < TYPE_COUNT; i++)
            objects[h][i] = weft_new(heaps[h],
                &types[(i * (h + 1)) % TYPE_COUNT]);
    }
    for (size_t h = 0; h < 8; h++) {
        for (size_t i = 0; i < TYPE_COUNT; i++) {
            CHECK_SAME(weft_heap_of(objects[h][i]), heaps[h]);
            CHECK_SAME(weft_type_of(objects[h][i]),
                &types[(i * (h + 1)) % TYPE_COUNT]);
            weft_release(objects[h][i]);
        }
        close_test_heap(heaps[h]);
    }
}

static weft_type fresh_types[50];

static void *use_fresh_types(void *result)
{
    weft_heap *heap = weft_heap_open(NULL);
    for (size_t round = 0; round < 100; round++)
        for (size_t i = 0; i < 50; i++) {
            void *object = weft_new(heap, &fresh_types[i]);
            if (weft_type_of(object) != &fresh_types[i])
                result = NULL;
            weft_release(object);
        }
    return weft_heap_close(heap) == 0 ? result : NULL;
}

// Threads may use a type for the first time at once, each in its own heap.
static void are_used_by_threads_at_once(void)
{
    pthread_t threads[4];
    for (size_t i = 0; i < 50; i++)
        fresh_types[i] = (weft_type){ .name = "fresh", .size = 8 + i * 8,
            .alignment = 8 };
    for (size_t i = 0; i < 4; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, use_fresh_types, threads),
            0);
    for (size_t i = 0; i < 4; i++) {
        void *result = NULL;
        CHECK_EQ(pthread_join(threads[i], &result), 0);
        CHECK_SAME(result, threads);
    }
}

// Two types of the same shape are two types.
static void are_told_apart(weft_heap *heap)
{
    make_types();
    weft_auto(void) a = weft_new(heap, &types[0]);
    weft_auto(void) b = weft_new(heap, &types[40]);
    CHECK_EQ(types[0].size, types[40].size);
    CHECK_TRUE(weft_is(a, &types[0]));
    CHECK_FALSE(weft_is(a, &types[40]));
    CHECK_TRUE(weft_is(b, &types[40]));
}

static void handle(void *self, void *argument) { (void)self, (void)argument; }

// The library's own types are types like others.
static void of_the_library_are_like_others(weft_heap *heap)
{
    weft_auto(weft_string) string = weft_string_new(heap, "x");
    weft_auto(weft_list) list = weft_list_new(heap);
    weft_auto(weft_ref) ref = weft_ref_new(list, NULL, NULL);
    weft_auto(weft_ref) proxy = weft_proxy_new(list, NULL, NULL);
    weft_auto(weft_ref) method = weft_weakmethod_new(list, NULL, handle, NULL,
        NULL);
    CHECK_TRUE(weft_is(string, &weft_string_type));
    CHECK_TRUE(weft_is(list, &weft_list_type));
    CHECK_TRUE(weft_is(ref, &weft_ref_type));
    CHECK_TRUE(weft_is(proxy, &weft_proxy_type));
    CHECK_TRUE(weft_is(method, &weft_weakmethod_type));
    CHECK_FALSE(weft_is(proxy, &weft_string_type));
    CHECK_FALSE(weft_is(ref, &weft_proxy_type));
    CHECK_SAME(weft_type_of(string), &weft_string_type);
}

// A name for every status; an unknown one has a name, too.
static void status_has_a_name(weft_heap *heap)
{
    (void)heap;
    CHECK_STR(weft_status_name(WEFT_OK), "WEFT_OK");
    CHECK_STR(weft_status_name(WEFT_MEMORY_ERROR), "WEFT_MEMORY_ERROR");
    CHECK_STR(weft_status_name(WEFT_TYPE_ERROR), "WEFT_TYPE_ERROR");
    CHECK_STR(weft_status_name(WEFT_VALUE_ERROR), "WEFT_VALUE_ERROR");
    CHECK_STR(weft_status_name(WEFT_KEY_ERROR), "WEFT_KEY_ERROR");
    CHECK_STR(weft_status_name(WEFT_INDEX_ERROR), "WEFT_INDEX_ERROR");
    CHECK_STR(weft_status_name(WEFT_ATTRIBUTE_ERROR), "WEFT_ATTRIBUTE_ERROR");
    CHECK_STR(weft_status_name(WEFT_REFERENCE_ERROR), "WEFT_REFERENCE_ERROR");
    CHECK_STR(weft_status_name(WEFT_OS_ERROR), "WEFT_OS_ERROR");
    CHECK_TRUE(weft_status_name((weft_status)-99) != NULL);
    CHECK_STR(weft_version(), WEFT_VERSION);
}

TESTS(RUN(live_in_one_heap), RUN_ALONE(live_in_many_heaps),
    RUN_ALONE(are_used_by_threads_at_once), RUN(are_told_apart),
    RUN(of_the_library_are_like_others), RUN(status_has_a_name))
