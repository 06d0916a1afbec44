// SPDX-License-Identifier: MIT
//
// Two people who hold each other. Nobody else knows them any more, but their
// counts never fall to zero: that is a ring, and the collector's business. It
// finds rings by itself, in passing; here it is also called by hand, to see
// what it does. With a weak reference for the way back there is no ring, and
// both are gone at once: that is still the best there is, where it fits.
#include <weft.h>

#include <stdio.h>
#include <stdlib.h>

struct person {
    const char *name;           // plain
    struct person *friend;      // strong
    weft_weak acquaintance;     // weak
    bool is_quiet;              // says no goodbye
};

static void person_dispose(void *self)
{
    const struct person *person = self;
    if (!person->is_quiet)
        printf("  goodbye, %s\n", person->name);
}

static weft_type person_type = {
    .name = "person", WEFT_SIZE(struct person),
    .fields = WEFT_FIELDS(WEFT_CSTRING(struct person, name),
        WEFT_STRONG(struct person, friend),
        WEFT_WEAK(struct person, acquaintance),
        WEFT_BOOL(struct person, is_quiet)),
    .dispose = person_dispose };

WEFT_NEW_REF static struct person *person_new(weft_heap *heap,
    const char *name)
{
    struct person *person = weft_new(heap, &person_type);
    if (person == NULL)
        exit(EXIT_FAILURE);
    person->name = name;
    return person;
}

static void hold_each_other(weft_heap *heap)
{
    struct person *ada = person_new(heap, "Ada");
    struct person *bob = person_new(heap, "Bob");
    weft_set(&ada->friend, bob);
    weft_set(&bob->friend, ada);
    weft_release(ada);
    weft_release(bob);
}

static void hold_one_way(weft_heap *heap)
{
    struct person *eve = person_new(heap, "Eve");
    struct person *ian = person_new(heap, "Ian");
    weft_set(&eve->friend, ian);
    ian->acquaintance = weft_weak_of(eve);
    weft_release(ian);
    weft_release(eve);
}

// Nothing but rings, and nobody who asks for a collection.
static void meet_and_part(weft_heap *heap, size_t pairs)
{
    for (size_t i = 0; i < pairs; i++) {
        struct person *one = person_new(heap, "somebody");
        struct person *other = person_new(heap, "somebody else");
        one->is_quiet = other->is_quiet = true;
        weft_set(&one->friend, other);
        weft_set(&other->friend, one);
        weft_release(one);
        weft_release(other);
    }
}

int main(void)
{
    weft_heap *heap = weft_heap_open(NULL);
    if (heap == NULL)
        return EXIT_FAILURE;

    printf("Ada and Bob hold each other:\n");
    hold_each_other(heap);
    printf("  released, still there: %zu\n", weft_heap_get_stats(heap).objects);
    printf("collecting:\n");
    size_t collected = weft_gc_collect(heap, WEFT_FULL);
    printf("  collected: %zu, still there: %zu\n", collected,
        weft_heap_get_stats(heap).objects);

    printf("Eve holds Ian, who holds nobody:\n");
    hold_one_way(heap);
    printf("  released, still there: %zu\n", weft_heap_get_stats(heap).objects);
    collected = weft_gc_collect(heap, WEFT_FULL);
    printf("  collected: %zu\n", collected);

    printf("a hundred thousand pairs like Ada and Bob:\n");
    meet_and_part(heap, 100000);
    printf("  nearly all are gone by themselves: %s\n",
        weft_heap_get_stats(heap).objects < 10000 ? "yes" : "no");
    printf("still held: %zu\n", weft_heap_close(heap));
    return EXIT_SUCCESS;
}
