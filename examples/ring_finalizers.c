// SPDX-License-Identifier: MIT
//
// What happens to rings of garbage that have finalizers and weak references.
// Python gives the order, and so does weft:
//
//     callbacks of weak references    with all of the garbage still whole
//     finalize, once for each         with all of the garbage still whole
//     what was brought back           is let be, with all it holds
//     the rest                        weak references die, then the objects
//
// One finalizer that stores its object saves its own ring, and not the other,
// although both were found at the same time. Within a phase objects come in any
// order; so that this program prints the same wherever it runs, its heap has
// the option `ordered`: there it is the order of birth.
#include <weft.h>

#include <stdio.h>
#include <stdlib.h>

struct actor {
    const char *name;           // plain
    struct actor *partner;      // strong
    bool wants_to_stay;
};

static struct actor *saved;     // strong: whom a finalizer has brought back

static void actor_finalize(void *self)
{
    struct actor *actor = self;
    printf("  finalize %s: the partner is %s\n", actor->name,
        actor->partner->name);
    if (actor->wants_to_stay)
        weft_set(&saved, actor);
}

static void actor_dispose(void *self)
{
    const struct actor *actor = self;
    printf("  %s is gone, the partner is %s\n", actor->name,
        actor->partner == NULL ? "NULL" : "there");
}

static weft_type actor_type = {
    .name = "actor", WEFT_SIZE(struct actor),
    .fields = WEFT_FIELDS(WEFT_CSTRING(struct actor, name),
        WEFT_STRONG(struct actor, partner),
        WEFT_BOOL(struct actor, wants_to_stay)),
    .finalize = actor_finalize, .dispose = actor_dispose };

// A callback on a weak reference. There is no way to the object any more, but
// handles to it are still good: it might be brought back.
static void actor_leaves(weft_ref *ref, void *context)
{
    const weft_weak *handle = context;
    printf("  callback: the ref is %s, a handle is %s\n",
        weft_ref_is_dead(ref) ? "dead" : "good",
        weft_weak_is_dead(*handle) ? "dead" : "good");
}

// Two actors who hold each other, and nobody else holds. Weak, therefore.
static weft_weak pair_new(weft_heap *heap, const char *first,
    const char *second)
{
    struct actor *one = weft_new(heap, &actor_type);
    struct actor *other = weft_new(heap, &actor_type);
    if (one == NULL || other == NULL)
        exit(EXIT_FAILURE);
    one->name = first;
    other->name = second;
    weft_set(&one->partner, other);
    weft_set(&other->partner, one);
    weft_weak handle = weft_weak_of(one);
    weft_release(one);
    weft_release(other);
    return handle;
}

int main(void)
{
    weft_heap_options options = { .ordered = true };
    weft_heap *heap = weft_heap_open(&options);
    if (heap == NULL)
        return EXIT_FAILURE;

    printf("a ring that is watched:\n");
    weft_weak romeo = pair_new(heap, "Romeo", "Juliet");
    struct actor *actor = weft_weak_get(romeo);
    weft_auto(weft_ref) ref = weft_ref_new(actor, actor_leaves, &romeo);
    weft_release(actor);
    printf("  collected: %zu\n", weft_gc_collect(heap, WEFT_FULL));

    printf("two rings, one of which is saved:\n");
    weft_weak tristan = pair_new(heap, "Tristan", "Isolde");
    weft_weak hero = pair_new(heap, "Hero", "Leander");
    actor = weft_weak_get(hero);
    actor->wants_to_stay = true;
    weft_release(actor);
    printf("  collected: %zu\n", weft_gc_collect(heap, WEFT_FULL));
    printf("  Tristan: %s, Hero: %s\n",
        weft_weak_is_dead(tristan) ? "dead" : "alive",
        weft_weak_is_dead(hero) ? "dead" : "alive");
    printf("  saved: %s, with %s\n", saved->name, saved->partner->name);

    printf("the second time, without finalizers:\n");
    weft_clear(&saved);
    printf("  collected: %zu\n", weft_gc_collect(heap, WEFT_FULL));
    weft_clear(&ref);
    printf("still held: %zu\n", weft_heap_close(heap));
    return EXIT_SUCCESS;
}
