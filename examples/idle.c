// SPDX-License-Identifier: MIT
//
// A program with a loop of events. The collector works when something is let go
// of; here nothing ever is, for each message and its answer own each other, and
// both are simply forgotten. So the loop calls weft_poll() where it has time:
// that does one small step of what is due. A program that must not be kept
// waiting in between disables the collector, and collects in pauses of its own.
#include <weft.h>

#include <stdio.h>
#include <stdlib.h>

#define MESSAGE_COUNT 100000

struct message {
    uint32_t number;
    struct message *answer;     // strong, both ways
};

struct tally {
    size_t collections;
    size_t collected;
};

static weft_type message_type = {
    .name = "message", WEFT_SIZE(struct message),
    .fields = WEFT_FIELDS(WEFT_UINT(struct message, number),
        WEFT_STRONG(struct message, answer)) };

WEFT_NEW_REF static struct message *message_new(weft_heap *heap,
    uint32_t number)
{
    struct message *message = weft_new(heap, &message_type);
    if (message == NULL)
        exit(EXIT_FAILURE);
    message->number = number;
    return message;
}

// Two objects, two references, each given to the other one: a ring.
static void handle(weft_heap *heap, uint32_t number)
{
    struct message *message = message_new(heap, number);
    struct message *answer = message_new(heap, number);
    message->answer = answer;
    answer->answer = message;
}

static void hear(weft_heap *heap, weft_generation generation, bool stop,
    const weft_gc_stats *stats, void *context)
{
    struct tally *tally = context;
    (void)heap;
    (void)generation;
    tally->collections += stop;
    tally->collected += stop ? (size_t)stats->collected : 0;
}

static size_t living(const weft_heap *heap)
{
    return weft_heap_get_stats(heap).objects;
}

// The most objects there were at any time.
static size_t serve(weft_heap *heap, bool polls)
{
    size_t peak = 0;
    for (uint32_t i = 0; i < MESSAGE_COUNT; i++) {
        handle(heap, i);
        if (polls && i % 100 == 0)
            weft_poll(heap);
        if (i % 1000 == 0 && living(heap) > peak)
            peak = living(heap);
    }
    return peak;
}

int main(void)
{
    weft_heap *heap = weft_heap_open(NULL);
    struct tally tally = { 0 };
    if (heap == NULL || weft_gc_add_callback(heap, hear, &tally) != WEFT_OK)
        return EXIT_FAILURE;

    printf("without a poll:\n");
    (void)serve(heap, false);
    printf("  objects: %zu, collections: %zu\n", living(heap),
        tally.collections);

    printf("a moment of time for all of it:\n");
    printf("  collected: %zu\n", weft_gc_collect(heap, WEFT_OLD));
    printf("  objects: %zu, collections: %zu\n", living(heap),
        tally.collections);

    printf("with a poll after every hundred messages:\n");
    size_t peak = serve(heap, true);
    printf("  never more than 10000 objects: %s\n",
        peak <= 10000 ? "yes" : "no");
    printf("  collected: nearly all, %s\n",
        tally.collected > 390000 ? "yes" : "no");

    (void)weft_gc_remove_callback(heap, hear, &tally);
    printf("still held: %zu\n", weft_heap_close(heap));
    return EXIT_SUCCESS;
}
