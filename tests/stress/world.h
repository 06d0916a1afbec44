// SPDX-License-Identifier: MIT
//
// A world for the stress program: objects of a dozen types, and beside each its
// *shadow*, which weft knows nothing of. Shadows hold numbers of shadows as
// objects hold objects, so what is reachable can be found out by walking from
// the variables, without a look at any count.
//
//   shadow.c   the numbers, what is reachable, and the comparison of both sides
//   things.c   the types, how they hold, and what their hooks demand
//   acts.c     what a program does: one act is a few calls, chosen at random
//   refs.c       with handles, refs, finalizers
//   collect.c    and with the collector
//   tables.c     and with a weak dictionary or set (tables.h)
//   sets.c         with two of them
//   iterate.c      and going through one
//   contents.c what these should have in them
//   checks.c     and whether they have
//   reached.c    and what that leads to
//   build.c    large structures
//   hooks.c    finalizers, callbacks: user code, which acts too
//   main.c     programs, seeds, what is asked of all of them
//
// What is demanded, at every instant at which an object goes:
//   nothing that is reachable is finalized, called for, or disposed of
//   an object is finalized at most once, and disposed of once
//   what a finalizer sees is whole
// and now and then: all that is reachable is as its shadow says, and is held at
// least as often; after a collection in which no user code ran: exactly what is
// reachable is there.
//
// A shadow is changed before the call that changes its object, since the call
// may run user code that looks.
#ifndef WORLD_H
#define WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <weft.h>

enum thing {
    PAIR,           // two fields, nothing else: dies plainly
    NODE,           // and dispose
    LAST_WORDS,     // and finalize
    BIG,            // few to a page
    ARRAY,          // fields in plain memory
    VALUES,         // weft_value fields
    VISITED,        // custom visit, a union
    CLEARED,        // custom visit and clear
    LIST,           // weft_list
    LEAF,           // holds nothing
    TREE,           // declared acyclic, holds leaves
    KEYED,          // equals its like by a number: hooks
    STRING,         // weft_string, of one of a few texts
    VALUEDICT,      // weft_weakvaluedict
    KEYDICT,        // weft_weakkeydict
    WEAKSET,        // weft_weakset
    REF,            // shared, without a callback
    TOLD,           // a ref with a callback, and a field; keeps something
    KINDS
};

enum { FIELDS = 4, ROOTS = 10, HANDLES = 12, RECORDS = 8, TEMPORARY = 160,
    RECENT = 64, ITERATIONS = 6 };

struct shadow {
    void *address;              // of the object, good while it is reachable
    enum thing kind;
    uint32_t fields[FIELDS];    // numbers of shadows, 0: none
    uint32_t length;            // of a list
    uint32_t target;            // of a ref
    uint32_t mark;              // of the last walk that came by
    uint32_t tally;             // references, in that walk
    uint8_t finalized;          // how often
    uint8_t disposed;
    uint8_t called;             // of a ref
    weft_weak weak;             // a handle, or none
    uint32_t key;               // of a keyed one; which text of a string
    struct contents *contents;  // of a table (tables.h)
};

struct handle {
    weft_weak weak;
    uint32_t number;            // of its shadow
};

struct record {                 // of a finalizer
    weft_finalizer finalizer;
    uint32_t target, kept;      // numbers
    bool alive;
};

struct item;                    // tables.h

struct iteration {
    weft_iterator it;
    uint32_t container;         // number; 0: none is open
    struct item *items;         // what was there when it began
    uint32_t count, at;         // of these
    uint32_t shown[2];          // numbers of what it holds, key and value
    bool busy;                  // in a step
};

struct temporary {
    uint32_t number;
    bool owned;                 // one of the references is this one's
};

struct world {
    weft_heap *heap;
    uint64_t seed;              // of the program
    uint64_t random;            // state
    struct shadow *shadows;     // from 1 on
    uint32_t count, room;
    uint32_t limit;             // of count: then nothing more is made
    uint32_t roots[ROOTS];      // variables: numbers
    void *variables[ROOTS];     // and what they hold
    uint32_t recent[RECENT];    // of a structure that is built: held, too
    struct handle handles[HANDLES];
    struct record records[RECORDS];
    struct iteration iterations[ITERATIONS];
    struct temporary temporary[TEMPORARY];  // local variables
    uint32_t temporary_count;
    uint64_t version;           // of the shadows
    uint64_t walked;            // the version that the marks are of, or 0
    uint32_t walk;              // the number of that walk
    uint32_t *stack;            // of it
    uint32_t depth;             // of user code
    uint32_t acts_inside;       // how many acts user code may still do
    uint64_t ran;               // how often user code ran
    uint64_t ran_in_collections;
    uint64_t collections;       // begun
    uint64_t ran_since;         // user code since a collection began
    bool running[3];            // collections, by generation
    bool weak_first, ordered;
    bool large;                 // too large to walk it at every death
    bool failing;               // memory may be out
    bool tabular;               // a program that is about tables
    bool meddling;              // hooks of keyed ones act, too
    uint32_t hashing;           // how keyed ones hash
    uint32_t keys;              // how many of them differ
    uint32_t handled;           // how many of four get a handle when made
    uint64_t asked;             // how often hooks were
    uint64_t doubts;            // how often items of tables became doubtful
    unsigned ways;              // of collecting, a bit each
    bool slicing;               // a slice after each act
    bool loud;                  // prints each act
    uint64_t deaths, finals, calls, made, garbage_missed;
};

extern struct world world;

// main.c
__attribute__((noreturn, format(printf, 1, 2)))
void broken(const char *format, ...);
__attribute__((format(printf, 1, 2)))
void note(const char *format, ...);
uint32_t pick(uint32_t below);              // at random

// shadow.c
uint32_t new_shadow(enum thing kind, void *object);
struct shadow *shadow_at(uint32_t number);
void changed(void);
bool is_reachable(uint32_t number);
size_t count_reachable(void);
void compare(bool exactly);                 // with the objects
void compare_from(uint32_t number);         // what it reaches
void push(uint32_t number, bool owned);
void pop(void);
void reach(uint32_t number, bool owned);    // in a walk
bool is_marked(uint32_t number);            // by the walk under way
extern bool fading;                         // it will not be good for long
bool is_gone(uint32_t number);              // as its handle or dispose says
bool is_exact(void);                        // what compare() knows of counts

// things.c
extern const char *const kind_names[KINDS];
extern weft_type *const types[KINDS];
void *thing_new(enum thing kind);            // NULL: no memory
void complete(uint32_t number);
uint32_t field_count(enum thing kind);
void **pointer_at(const struct shadow *shadow, uint32_t i);     // or NULL
weft_value *value_at(const struct shadow *shadow, uint32_t i);  // or NULL
void *content_of(const struct shadow *shadow, uint32_t i);
void set_number(void *object, enum thing kind, uint32_t number);
uint32_t number_in(const void *object, enum thing kind);
uint32_t number_of_object(const void *object);  // 0: NULL
bool is_table(enum thing kind);
bool is_hashable(uint32_t number);
bool may_hold(enum thing kind, enum thing content);
void name_told(void *ref, uint32_t number);

// hooks.c
void say_last_words(uint32_t number);
void be_told(weft_ref *ref, void *context);
void be_finalized(void *context);
void be_kept_for(void *context);
void end_of(uint32_t number);               // dispose
void be_asked(uint32_t number);             // hash, equal
void act_in_user_code(uint32_t self, uint32_t what);
void doubt_unreachable(void);

// acts.c
uint32_t pick_object(void);                 // 0: nothing there
void *address_of(uint32_t number);          // of nothing: NULL
void put_in_root(uint32_t root, uint32_t number);   // steals
uint32_t make(enum thing kind);             // 0: no memory, or enough made
enum thing pick_kind(void);
void set_field(uint32_t holder, uint32_t i, uint32_t number);
void act(void);
void act_inside(uint32_t self);             // in user code
void let_all_go(void);

// refs.c
void act_weak(void);
void act_upgrade(void);
void act_snatch(void);
void act_ref(void);
void act_told(void);
void act_deref(void);
void act_finalize(void);
void detach(struct record *record);

// collect.c
void run_slice(int64_t visits);
void act_collect(void);
void act_rarely(void);
void collect_and_check(void);               // all of it

// build.c
void build(uint32_t size);                  // a structure

#endif
