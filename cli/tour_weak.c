// SPDX-License-Identifier: MIT
//
// The tour, sixth part: dictionaries and sets that watch what is in them.
#include "tour.h"

SHOW_GLOBAL(user_code,
    struct user {
        const char *name;
        struct user *friend;
    };)

static void user_dispose(void *self)
{
    const struct user *user = self;
    say("%s is gone", user->name);
}

static weft_type user_type = {
    .name = "user", WEFT_SIZE(struct user),
    .fields = WEFT_FIELDS(WEFT_CSTRING(struct user, name),
        WEFT_STRONG(struct user, friend)),
    .dispose = user_dispose };

WEFT_NEW_REF static struct user *user_new(weft_heap *heap, const char *name)
{
    struct user *user = weft_new(heap, &user_type);
    tour_need(user);
    user->name = name;
    return user;
}

// ---------------------------------------------------------------------------
// weakvalues

SHOW_GLOBAL(user_load_code,
    static void *user_load(weft_value key, void *context)
    {
        weft_heap *heap = context;
        say("loading %s", weft_value_text(key));
        return user_new(heap, weft_value_text(key));
    })

void tour_weakvalues(void)
{
    tour_explain("A dictionary that does not keep its values: Python's "
        "WeakValueDictionary. Whoever asks for what somebody still has gets "
        "that one; what nobody has is not in it, from the instant of its "
        "death on. So there is nothing to remove, and the length is exact.");
    tour_global(user_code);
    tour_global(user_load_code);
    SHOW(weft_heap *heap = weft_heap_open(NULL);)
    tour_need(heap);
    SHOW(weft_weakvaluedict *users = weft_weakvaluedict_new(heap,
            WEFT_BY_EQUALITY);)
    tour_need(users);
    SHOW(struct user *ann = weft_weakvaluedict_get_or_create(users,
            weft_text("Ann"), user_load, heap);)
    SHOW(struct user *same = weft_weakvaluedict_get_or_create(users,
            weft_text("Ann"), user_load, heap);)
    tour_need(ann);
    tour_expect_said("loading Ann; ");
    TELL(ann == same, true);
    TELL(weft_refcount(ann), 2);
    TELL(weft_weakvaluedict_length(users), 1);
    SHOW(weft_release(same);)
    SHOW(weft_release(ann);)
    tour_expect_said("Ann is gone; ");
    TELL(weft_weakvaluedict_length(users), 0);

    tour_explain("What was put under the key meanwhile stays: an entry goes "
        "with its own value, not by its key.");
    SHOW(struct user *old = user_new(heap, "old Bob");)
    SHOW(struct user *new = user_new(heap, "new Bob");)
    TELL_STATUS(weft_weakvaluedict_put(users, weft_text("Bob"), old), WEFT_OK);
    TELL_STATUS(weft_weakvaluedict_put(users, weft_text("Bob"), new), WEFT_OK);
    SHOW(weft_release(old);)
    tour_expect_said("old Bob is gone; ");
    TELL(weft_weakvaluedict_contains(users, weft_text("Bob")), true);
    SHOW(weft_release(new);)
    tour_expect_said("new Bob is gone; ");
    TELL(weft_weakvaluedict_contains(users, weft_text("Bob")), false);
    SHOW(weft_release(users);)
    TELL(weft_heap_close(heap), 0);
}

// ---------------------------------------------------------------------------
// weakkeys

SHOW_GLOBAL(note_code,
    struct note {
        int64_t visits;
        struct user *about;
    };)

static void note_dispose(void *self)
{
    const struct note *note = self;
    say("a note of %d visits is gone", (int)note->visits);
}

static weft_type note_type = {
    .name = "note", WEFT_SIZE(struct note),
    .fields = WEFT_FIELDS(WEFT_INT(struct note, visits),
        WEFT_STRONG(struct note, about)),
    .dispose = note_dispose };

void tour_weakkeys(void)
{
    tour_explain("A dictionary that keeps its values, as long as their keys "
        "live: what a program knows of objects whose struct is somebody "
        "else's. Numbers and texts may be values as well.");
    tour_global(note_code);
    SHOW(weft_heap *heap = weft_heap_open(NULL);)
    tour_need(heap);
    SHOW(weft_weakkeydict *notes = weft_weakkeydict_new(heap,
            WEFT_BY_IDENTITY);)
    SHOW(struct user *ann = user_new(heap, "Ann");)
    SHOW(struct note *note = weft_new(heap, &note_type);)
    tour_need(notes);
    tour_need(note);
    SHOW(note->visits = 3;)
    TELL_STATUS(weft_weakkeydict_put(notes, ann, weft_object(note)), WEFT_OK);
    SHOW(weft_release(note);)
    tour_expect_said("");
    TELL(weft_refcount(ann), 1);
    SHOW(weft_release(ann);)
    tour_expect_said("a note of 3 visits is gone; Ann is gone; ");
    TELL(weft_weakkeydict_length(notes), 0);

    tour_explain("A value may hold its own key. In Python such an entry keeps "
        "itself alive, for as long as there is the dictionary. Here it is a "
        "ring like any other: an entry keeps its value only while its key is "
        "held by somebody else. Such entries are called ephemerons.");
    SHOW(struct user *bob = user_new(heap, "Bob");)
    SHOW(note = weft_new(heap, &note_type);)
    tour_need(note);
    SHOW(weft_set(&note->about, bob);)
    TELL_STATUS(weft_weakkeydict_put(notes, bob, weft_object(note)), WEFT_OK);
    SHOW(weft_release(note);)
    TELL(weft_gc_collect(heap, WEFT_FULL), 0);
    SHOW(weft_release(bob);)
    tour_expect_said("");
    SHOW(size_t collected = weft_gc_collect(heap, WEFT_FULL);)
    tour_expect_said(NULL);             // either may be the first
    TELL(collected, 2);
    TELL(weft_weakkeydict_length(notes), 0);
    SHOW(weft_release(notes);)
    TELL(weft_heap_close(heap), 0);
}

// ---------------------------------------------------------------------------
// weaksets

SHOW_GLOBAL(point_code,
    struct point {
        int64_t x;
        int64_t y;
    };)

SHOW_GLOBAL(point_hash_code,
    static uint64_t point_hash(const void *self)
    {
        const struct point *point = self;
        return (uint64_t)(point->x * 31 + point->y);
    })

static weft_type point_type;

SHOW_GLOBAL(point_equal_code,
    static bool point_equal(const void *self, const void *other)
    {
        const struct point *a = self;
        const struct point *b = other;
        return weft_is(other, &point_type) && a->x == b->x && a->y == b->y;
    })

static weft_type point_type = {
    .name = "point", WEFT_SIZE(struct point),
    .fields = WEFT_FIELDS(WEFT_INT(struct point, x),
        WEFT_INT(struct point, y)),
    .hash = point_hash, .equal = point_equal };

WEFT_NEW_REF static struct point *point_new(weft_heap *heap, int64_t x,
    int64_t y)
{
    struct point *point = weft_new(heap, &point_type);
    tour_need(point);
    point->x = x;
    point->y = y;
    return point;
}

void tour_weaksets(void)
{
    tour_explain("A set that keeps none of its members. Like dictionaries it "
        "compares by identity, or by what types say equality is.");
    tour_global(point_code);
    tour_global(point_hash_code);
    tour_global(point_equal_code);
    SHOW(weft_heap *heap = weft_heap_open(NULL);)
    tour_need(heap);
    SHOW(weft_weakset *set = weft_weakset_new(heap, WEFT_BY_EQUALITY);)
    tour_need(set);
    SHOW(struct point *a = point_new(heap, 1, 2);)
    SHOW(struct point *b = point_new(heap, 1, 2);)
    TELL_STATUS(weft_weakset_add(set, a), WEFT_OK);
    TELL(weft_weakset_contains(set, b), true);
    TELL(weft_weakset_length(set), 1);
    tour_explain("Of equal objects the newcomer takes over: it is not lost to "
        "the death of one that was there before. WEFT_BY_FIRST_EQUAL is "
        "Python's rule, under which it is.");
    TELL_STATUS(weft_weakset_add(set, b), WEFT_OK);
    TELL(weft_weakset_length(set), 1);
    SHOW(weft_release(a);)
    TELL(weft_weakset_contains(set, b), true);

    tour_explain("A set can give out one of all equal objects. That saves "
        "memory, and makes comparing a matter of addresses.");
    SHOW(struct point *c = point_new(heap, 1, 2);)
    SHOW(struct point *one = weft_weakset_intern(set, c);)
    tour_need(one);
    TELL(one == b, true);
    SHOW(weft_release(one); weft_release(b); weft_release(c);)
    TELL(weft_weakset_length(set), 0);
    SHOW(weft_release(set);)
    TELL(weft_heap_close(heap), 0);
}

// ---------------------------------------------------------------------------
// snapshots

void tour_snapshots(void)
{
    tour_explain("Going through a weak dictionary or set shows what was in it "
        "at the start, less what has died, whatever happens meanwhile. "
        "Nothing is copied for that. What is shown is held until the next "
        "step.");
    SHOW(weft_heap *heap = weft_heap_open(NULL);)
    tour_need(heap);
    SHOW(weft_weakset *all = weft_weakset_new(heap, WEFT_BY_IDENTITY);)
    tour_need(all);
    SHOW(struct user *ann = user_new(heap, "Ann");)
    SHOW(struct user *bob = user_new(heap, "Bob");)
    SHOW(struct user *cid = user_new(heap, "Cid");)
    TELL_STATUS(weft_weakset_add(all, ann), WEFT_OK);
    TELL_STATUS(weft_weakset_add(all, bob), WEFT_OK);
    TELL_STATUS(weft_weakset_add(all, cid), WEFT_OK);
    tour_explain("Ann is let go of while it is her turn, Bob before his. Cid "
        "is taken out, and Dot comes: that is for whoever goes through it "
        "next.");
    SHOW(struct user *dot = user_new(heap, "Dot");)
    SHOW(weft_each(it, all) {
        const struct user *user = it.object;
        say("it is the turn of %s", user->name);
        weft_clear(&ann);
        weft_clear(&bob);
        weft_weakset_remove(all, cid);
        if (weft_weakset_add(all, dot) != WEFT_OK)
            break;
    })
    tour_expect_said("it is the turn of Ann; Bob is gone; Ann is gone; "
        "it is the turn of Cid; ");
    TELL(weft_weakset_length(all), 1);
    SHOW(weft_release(cid); weft_release(dot); weft_release(all);)
    tour_expect_said("Cid is gone; Dot is gone; ");
    TELL(weft_heap_close(heap), 0);
}
