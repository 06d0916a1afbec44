// SPDX-License-Identifier: MIT
//
// Weak dictionaries and sets in the stress world ("tables"), and their shadows:
// a plain array of items, in order, which is searched from its start.
//
// Items outlive what they watch, until somebody looks: then each must either be
// in the table, in its place, or have a reason to be missing: its object has
// died (a handle says so), or the item is *doubtful*: object or table were
// unreachable while something was collected, so the entry may have gone in step
// 1, and both have come back to life since; or the object is unreachable, and
// nothing tells.
//
// A call on a table may run user code before it does its work (hooks, and
// collections between two of them), and after it (whatever is let go of). So
// the shadow of a table is *busy* during a call: what others do to the table
// meanwhile is done to the table alone, and a walk reads that, not the shadow.
// After the call the shadow does the same if nobody interfered, and both are
// compared; else it learns what is there now.
#ifndef TABLES_H
#define TABLES_H

#include "world.h"

#include "../../src/weak/table.h"

enum { TEXTS = 6 };
#define NOT_THERE UINT32_MAX

struct item {
    weft_kind kind;             // of the payload; TEXT: bits tell which
    uint64_t bits;              // of it, if it is no object
    uint32_t number;            // of its shadow, if it is one; else 0
    uint32_t target;            // what is watched
    uint32_t mark;              // of the last walk that went on from here
    bool doubtful;
};

struct contents {
    weft_by by;
    struct item *items;
    uint32_t count, room;
    uint32_t busy;              // calls under way
    uint32_t touched;           // how often others did something during one
    uint32_t next;              // of the tables of this walk
};

struct call {                   // on a table
    uint32_t number;            // of it
    bool nested;                // within another call on it
    bool held;                  // by this call, else maybe let go of during it
    bool failing;               // memory may be out, by this call's doing
    uint32_t touched;           // as it was
    uint64_t doubts;            // as they were
};

// contents.c
extern const char *const texts[TEXTS];
struct contents *contents_of(uint32_t number);
struct weaktable *table_at(uint32_t number);
struct item item_of(weft_value value, uint32_t target);
weft_value value_of(struct item item);          // borrowed
bool shows(struct item item, weft_value value); // is it this?
uint32_t find_item(uint32_t number, struct item item);      // or NOT_THERE
weft_status put_item(uint32_t number, struct item item);
void add_item(struct contents *contents, struct item item);
void remove_item(struct contents *contents, uint32_t i);
bool is_by_payload(uint32_t number);            // is it found by that?
void make_contents(uint32_t number, weft_by by);
void free_contents(struct shadow *shadow);

// checks.c
struct weakentry *next_entry(const struct weaktable *table, uint32_t *at);
bool is_that(struct item item, const struct weakentry *entry);
bool is_doubtful(struct item item);
bool may_be_missing(struct item item);
void doubt_items(bool (*doubted)(uint32_t number));
void compare_table(uint32_t number);
void learn(uint32_t number);                    // what is there
struct call begin_call(uint32_t number, bool held);
bool end_call(struct call *call);               // true: nobody interfered
void leave_call(const struct call *call);       // lets go, last of all

// reached.c, of a walk
void begin_tables(void);
void reach_table(uint32_t number);
bool reach_contents(void);                      // false: nothing new

// tables.c
struct act {                    // on a table, with what it is given
    struct call call;
    struct item item;           // key and value, or member
    uint32_t given[2];          // objects that are held for the act
    uint32_t found;             // where the item is, when the act begins
};

uint32_t pick_table(enum thing kind);           // KINDS: any; 0: there is none
uint32_t pick_target(void);                     // to be watched; 0: none
bool begin_act(struct act *act, uint32_t number);   // false: nothing to do
void begin_with(struct act *act, uint32_t number, struct item item);
void end_act(const struct act *act, void *kept);    // steals; the last of all
void keep_result(void *object);                 // steals, into a variable
void demand(bool condition, const struct act *act, const char *what);
bool is_excused(const struct act *act, weft_status status);
const struct item *found_item(const struct act *act);   // NULL: none
bool is_found(const struct act *act, weft_value value);
void put(struct act *act);
void take_out(struct act *act);
void act_table(void);

// makers.c
void act_make(void);

// sets.c
void act_two_tables(void);

// iterate.c
void act_iterate(void);
void end_iterations(void);
void reach_iterations(void);
bool reach_snapshots(void);                     // false: nothing new

#endif
