// SPDX-License-Identifier: MIT
//
// What CPython's tests say of finalizers, of objects alone and in rings.
//
// A chain is a ring of members that hold both neighbours. Its finalizers do
// nothing, or keep their object, or cut it out of the ring: it lets go of both
// sides. Whatever they do, each runs once and sees its neighbours whole, and in
// the end every member has been disposed of once.
#include "fidelity.h"

enum act { PLAIN, KEEP, CUT };
enum { MANY = 8, WHOLE = 4711 };

struct member {
    struct member *next;        // strong
    struct member *last;        // strong
    enum act act;               // of its finalizer
    int number;                 // in the chain
    int whole;                  // WHOLE until it is disposed of
};

// What became of the members, by number.
static struct fate {
    int finalized;              // how often
    int disposed;               // how often
    struct member *kept;        // by its finalizer, or NULL
} fates[MANY];

static void member_finalize(void *self)
{
    struct member *member = self;
    fates[member->number].finalized++;
    CHECK_EQ(member->whole, WHOLE);
    CHECK_TRUE(member->next == NULL || member->next->whole == WHOLE);
    CHECK_TRUE(member->last == NULL || member->last->whole == WHOLE);
    if (member->act == KEEP) {
        weft_set(&fates[member->number].kept, member);
    } else if (member->act == CUT) {
        weft_clear(&member->next);
        weft_clear(&member->last);
    }
}

static void member_dispose(void *self)
{
    struct member *member = self;
    CHECK_EQ(member->whole, WHOLE);
    member->whole = 0;
    fates[member->number].disposed++;
}

#define MEMBER_FIELDS WEFT_FIELDS(WEFT_STRONG(struct member, next), \
    WEFT_STRONG(struct member, last))

static weft_type member_type = {
    .name = "member", WEFT_SIZE(struct member), .fields = MEMBER_FIELDS,
    .finalize = member_finalize, .dispose = member_dispose };

static weft_type untracked_type = {
    .name = "untracked", WEFT_SIZE(struct member), .fields = MEMBER_FIELDS,
    .finalize = member_finalize, .dispose = member_dispose, .acyclic = true };

WEFT_NEW_REF static struct member *member_new(weft_heap *heap, weft_type *type,
    enum act act, int number)
{
    struct member *member = weft_new(heap, type);
    member->act = act;
    member->number = number;
    member->whole = WHOLE;
    fates[number] = (struct fate){ 0 };
    return member;
}

WEFT_NEW_REF static struct member *chain_new(weft_heap *heap,
    const enum act *acts, int count)
{
    struct member *members[MANY];
    for (int i = 0; i < count; i++)
        members[i] = member_new(heap, &member_type, acts[i], i);
    for (int i = 0; i < count; i++) {
        weft_set(&members[i]->next, members[(i + 1) % count]);
        weft_set(&members[(i + 1) % count]->last, members[i]);
    }
    for (int i = 1; i < count; i++)
        weft_release(members[i]);
    return members[0];
}

// A chain of these is lost and collected, until all of it is gone.
static void try_chain(weft_heap *heap, const enum act *acts, int count)
{
    by_hand(heap);
    weft_release(chain_new(heap, acts, count));
    (void)weft_gc_collect(heap, WEFT_FULL);
    for (int i = 0; i < count; i++) {
        CHECK_EQ(fates[i].finalized, 1);
        CHECK_EQ(fates[i].kept != NULL, acts[i] == KEEP);
        CHECK_TRUE(fates[i].kept == NULL || fates[i].kept->whole == WHOLE);
    }
    for (int i = 0; i < count; i++)
        weft_clear(&fates[i].kept);
    (void)weft_gc_collect(heap, WEFT_FULL);
    for (int i = 0; i < count; i++) {
        CHECK_EQ(fates[i].finalized, 1);
        CHECK_EQ(fates[i].disposed, 1);
    }
    CHECK_EQ(object_count(heap), 0);
}

#define TRY_CHAIN(heap, ...) \
    try_chain((heap), (const enum act[]){ __VA_ARGS__ }, \
        (int)(sizeof((const enum act[]){ __VA_ARGS__ }) / sizeof(enum act)))

// ---------------------------------------------------------------------------
// Alone

// Without a ring the finalizer runs once and at once, and nothing is left.
static void is_finalized_once_and_at_once(weft_heap *heap)
{
    struct member *member = member_new(heap, &member_type, PLAIN, 0);
    weft_weak weak = weft_weak_of(member);
    weft_release(member);
    CHECK_EQ(fates[0].finalized, 1);
    CHECK_EQ(fates[0].disposed, 1);
    CHECK_TRUE(weft_weak_is_dead(weak));
}

// What its finalizer keeps lives on, with its weak references; the second death
// is the last, and asks no finalizer.
static void kept_object_dies_a_second_time_quietly(weft_heap *heap)
{
    struct member *member = member_new(heap, &member_type, KEEP, 0);
    weft_weak weak = weft_weak_of(member);
    weft_auto(weft_ref) ref = weft_ref_new(member, told_of, "gone");
    weft_release(member);
    CHECK_SAME(fates[0].kept, member);
    CHECK_FALSE(weft_weak_is_dead(weak));
    CHECK_TRACE("");
    CHECK_TRUE(weft_gc_is_finalized(fates[0].kept));
    weft_clear(&fates[0].kept);
    CHECK_EQ(fates[0].finalized, 1);
    CHECK_EQ(fates[0].disposed, 1);
    CHECK_TRUE(weft_weak_is_dead(weak));
    CHECK_TRACE("gone");
}

// One that the collector does not know is finalized as others are.
static void untracked_object_is_finalized(weft_heap *heap)
{
    struct member *member = member_new(heap, &untracked_type, PLAIN, 0);
    CHECK_FALSE(weft_gc_is_tracked(member));
    weft_release(member);
    CHECK_EQ(fates[0].finalized, 1);
    CHECK_EQ(fates[0].disposed, 1);
}

// And once, since its word can tell.
static void untracked_object_is_finalized_once(weft_heap *heap)
{
    struct member *member = member_new(heap, &untracked_type, KEEP, 0);
    weft_release(member);
    CHECK_TRUE(weft_gc_is_finalized(fates[0].kept));
    weft_clear(&fates[0].kept);
    CHECK_EQ(fates[0].finalized, 1);
    CHECK_EQ(fates[0].disposed, 1);
}

// ---------------------------------------------------------------------------
// In a ring with itself

static void loop_is_finalized_once(weft_heap *heap)
{
    TRY_CHAIN(heap, PLAIN);
}

// Kept, it lives on with the refs that have no callback; that with one is dead,
// and was told.
static void kept_loop_has_its_plain_refs(weft_heap *heap)
{
    by_hand(heap);
    struct member *loop = chain_new(heap, (const enum act[]){ KEEP }, 1);
    weft_auto(weft_ref) plain = weft_ref_new(loop, NULL, NULL);
    weft_auto(weft_ref) told = weft_ref_new(loop, told_of, "told");
    weft_release(loop);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 0);
    CHECK_TRACE("told");
    CHECK_FALSE(weft_ref_is_dead(plain));
    CHECK_TRUE(weft_ref_is_dead(told));
    weft_clear(&fates[0].kept);
    CHECK_EQ(weft_gc_collect(heap, WEFT_FULL), 1);
    CHECK_TRUE(weft_ref_is_dead(plain));
    CHECK_EQ(fates[0].finalized, 1);
    CHECK_EQ(fates[0].disposed, 1);
}

// It dies by count, in the middle of the collection that came for it.
static void loop_cuts_itself(weft_heap *heap)
{
    TRY_CHAIN(heap, CUT);
}

// ---------------------------------------------------------------------------
// In a chain

static void chain_goes(weft_heap *heap)
{
    TRY_CHAIN(heap, PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, PLAIN);
}

static void chain_is_kept(weft_heap *heap)
{
    TRY_CHAIN(heap, KEEP, KEEP, KEEP, KEEP, KEEP);
}

static void chain_cuts_itself_to_pieces(weft_heap *heap)
{
    TRY_CHAIN(heap, CUT, CUT, CUT, CUT, CUT, CUT);
}

static void cutters_between_plain_ones(weft_heap *heap)
{
    TRY_CHAIN(heap, CUT, PLAIN, CUT, PLAIN, CUT, PLAIN, CUT, PLAIN);
}

static void cutters_before_plain_ones(weft_heap *heap)
{
    TRY_CHAIN(heap, CUT, CUT, CUT, CUT, PLAIN, PLAIN, PLAIN, PLAIN);
}

static void keepers_between_plain_ones(weft_heap *heap)
{
    TRY_CHAIN(heap, KEEP, PLAIN, KEEP, PLAIN, KEEP, PLAIN);
}

static void keepers_plain_ones_and_cutters(weft_heap *heap)
{
    TRY_CHAIN(heap, KEEP, KEEP, PLAIN, PLAIN, CUT, CUT);
}

static void cutters_keepers_and_plain_ones(weft_heap *heap)
{
    TRY_CHAIN(heap, CUT, KEEP, PLAIN, CUT, KEEP, PLAIN, PLAIN, KEEP);
}

TESTS(RUN(is_finalized_once_and_at_once),
    RUN(kept_object_dies_a_second_time_quietly),
    RUN(untracked_object_is_finalized),
    RUN(untracked_object_is_finalized_once), RUN(loop_is_finalized_once),
    RUN(kept_loop_has_its_plain_refs), RUN(loop_cuts_itself), RUN(chain_goes),
    RUN(chain_is_kept), RUN(chain_cuts_itself_to_pieces),
    RUN(cutters_between_plain_ones), RUN(cutters_before_plain_ones),
    RUN(keepers_between_plain_ones), RUN(keepers_plain_ones_and_cutters),
    RUN(cutters_keepers_and_plain_ones))
