// SPDX-License-Identifier: MIT
//
// A server that builds a large configuration once, and then serves. The
// collector need not look at what stays for good: weft_gc_freeze() takes all
// there is out of its sight. Frozen objects die by their counts as ever; a ring
// among them stays until weft_gc_unfreeze().
//
// What can never be in a ring needs no freezing. The keys here hold nothing and
// have no finalizer, which is enough for the collector not to know them at all.
#include <weft.h>

#include <stdio.h>
#include <stdlib.h>

#define OPTION_COUNT 20000

struct key {
    uint32_t number;
};

struct option {
    struct key *key;            // strong
    struct option *next;        // strong
    struct option *overrides;   // strong: could lead back here
};

struct request {
    struct option *option;      // strong
    struct request *answer;     // strong, and back: a ring
};

static weft_type key_type = {
    .name = "key", WEFT_SIZE(struct key),
    .fields = WEFT_FIELDS(WEFT_UINT(struct key, number)) };

static weft_type option_type = {
    .name = "option", WEFT_SIZE(struct option),
    .fields = WEFT_FIELDS(WEFT_STRONG(struct option, key),
        WEFT_STRONG(struct option, next),
        WEFT_STRONG(struct option, overrides)) };

static weft_type request_type = {
    .name = "request", WEFT_SIZE(struct request),
    .fields = WEFT_FIELDS(WEFT_STRONG(struct request, option),
        WEFT_STRONG(struct request, answer)) };

WEFT_NEW_REF static void *make(weft_heap *heap, weft_type *type)
{
    void *object = weft_new(heap, type);
    if (object == NULL)
        exit(EXIT_FAILURE);
    return object;
}

WEFT_NEW_REF static struct option *configuration_new(weft_heap *heap)
{
    struct option *first = NULL;
    for (uint32_t i = 0; i < OPTION_COUNT; i++) {
        struct option *option = make(heap, &option_type);
        weft_set_steal(&option->key, make(heap, &key_type));
        option->key->number = i;
        option->next = first;
        first = option;
    }
    return first;
}

// Leaves a ring that hangs on the configuration.
static void serve(weft_heap *heap, struct option *option)
{
    struct request *request = make(heap, &request_type);
    weft_set_steal(&request->answer, make(heap, &request_type));
    weft_set(&request->answer->answer, request);
    weft_set(&request->option, option);
    weft_release(request);
}

static void print_heap(weft_heap *heap)
{
    printf("  objects: %zu, frozen: %zu\n", weft_heap_get_stats(heap).objects,
        weft_gc_get_freeze_count(heap));
}

int main(void)
{
    weft_heap *heap = weft_heap_open(NULL);
    if (heap == NULL)
        return EXIT_FAILURE;
    weft_gc_disable(heap);              // good advice while building, too
    printf("the configuration:\n");
    struct option *first = configuration_new(heap);
    print_heap(heap);
    printf("  is a key tracked: %s\n",
        weft_gc_is_tracked(first->key) ? "yes" : "no");
    if (weft_gc_freeze(heap) != WEFT_OK)
        return EXIT_FAILURE;
    weft_gc_enable(heap);
    printf("frozen, without the keys:\n");
    print_heap(heap);

    printf("serving:\n");
    for (int i = 0; i < 10; i++)
        serve(heap, first);
    print_heap(heap);
    printf("  collected: %zu\n", weft_gc_collect(heap, WEFT_FULL));

    printf("half of the options go, by their counts:\n");
    struct option *middle = first;
    for (int i = 1; i < OPTION_COUNT / 2; i++)
        middle = middle->next;
    weft_clear(&middle->next);
    print_heap(heap);

    printf("a ring of frozen ones stays, until they are not:\n");
    weft_set(&middle->overrides, first);
    weft_release(first);
    printf("  collected: %zu\n", weft_gc_collect(heap, WEFT_FULL));
    weft_gc_unfreeze(heap);
    printf("  collected: %zu\n", weft_gc_collect(heap, WEFT_FULL));
    print_heap(heap);
    printf("still held: %zu\n", weft_heap_close(heap));
    return EXIT_SUCCESS;
}
