// SPDX-License-Identifier: MIT
//
// weft trace: programs in the line language, run on a real heap.
//
// A program is text, one operation a line. It is read and checked as a whole;
// then its operations run one after the other, and all that happens is printed,
// nested as it happened. Python runs the same programs (tests/parity), and both
// traces must be the same. tests/oracle/README.md describes the language.
//
//     trace.c            the command, and the end of a program
//     trace_file.c       reading files
//     trace_parse.c      text into operations, or the message what is wrong
//     trace_verbs.c      the table of all operations there are
//     trace_world.c      names, labels, output, and one operation's run
//     trace_things.c     the types of what programs make, and their events
//     trace_objects.c    operations on objects and variables
//     trace_refs.c       operations on references and proxies
//     trace_finalize.c   operations on finalizers and weak methods
//     trace_collector.c  operations on the collector
//     trace_dot.c        a picture of the heap instead of a trace
//
// A *thing* is any object a program made. Every word of a program is a *name*,
// which serves as a variable, holding the thing it is bound to, and as a label,
// which is given once. Objects know their label; what else is made is found in
// a tree by its weft_id(), since the library makes it.
//
// While an operation runs, it holds its operands as a Python function holds
// its locals: user code may unbind the variable in the middle. They are let go
// at the end, in the order in which Python would.
#ifndef WEFT_CLI_TRACE_H
#define WEFT_CLI_TRACE_H

#include <weft.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct trace_step;
struct trace_world;

int trace_command(int argc, char **argv);

// ---------------------------------------------------------------------------
// Programs

typedef void trace_run_fn(struct trace_step *step);

enum trace_layer { TRACE_HERE, TRACE_CONTAINERS };
enum trace_place { TRACE_ANYWHERE, TRACE_TOP_ONLY, TRACE_ACTION_ONLY };

// One kind of operation.
struct trace_verb {
    const char *name;           // its first word
    trace_run_fn *run;          // NULL: `raise`, or of a later layer
    enum trace_layer layer;     // what it needs
    enum trace_place place;     // where it may stand
    size_t least;               // words after the first, at least
    size_t most;                // and at most
};

enum trace_special { TRACE_ORDINARY, TRACE_SELF, TRACE_ARG };

struct trace_name {
    const char *text;               // in the program's text
    void *thing;                    // as a variable: what it holds, or NULL
    const struct trace_op *ondel;   // as a label: what sets its actions
    const struct trace_op *oncall;  // the same for its calls
    enum trace_special special;     // `self` and `arg` are no variables
    bool is_used;                   // as a label: given to a thing
    bool is_living;                 // its thing is an object, and not dead
};

// The actions of `ondel` and `oncall` follow them in the array of operations.
struct trace_op {
    const struct trace_verb *verb;  // what to do
    struct trace_name **names;      // the words after the first
    size_t name_count;              // how many
    size_t first_word;              // where they are in the program
    size_t action_count;            // how many of the next are its actions
    size_t line;                    // for messages, from 1
    weft_type *kind;                // of `new`
    uint64_t number;                // of `new`
};

struct trace_program {
    const char *file;               // for messages
    char *text;                     // words end in a zero byte
    size_t size;                    // of the text
    char **words;                   // all of them
    size_t word_count;              // how many
    size_t word_capacity;           // how many there is room for
    struct trace_op *ops;           // actions included
    size_t op_count;                // how many
    size_t op_capacity;             // how many there is room for
    struct trace_name *names;       // each once, in ASCII order
    size_t name_count;              // how many
    struct trace_name **operands;   // one for each word
    bool is_counting;               // `mode counts`
};

// Exit statuses of the command.
enum trace_status { TRACE_DONE = 0, TRACE_FAILED = 1, TRACE_REFUSED = 2 };

// Checks and splits `text`, which the program keeps. What is wrong with it was
// said on stderr. Release it in any case.
enum trace_status trace_parse(struct trace_program *program, const char *file,
    char *text, size_t size);

// The same for what is in a file; `-` is standard input.
enum trace_status trace_read(struct trace_program *program, const char *path);
void trace_program_release(struct trace_program *program);

const struct trace_verb *trace_verb_find(const char *name);     // NULL: none

// ---------------------------------------------------------------------------
// The world of a running program

// Who `self` and `arg` are: borrowed from the event whose actions run.
struct trace_scope {
    void *self;                 // whose finalizer or call it is
    void *arg;                  // what it was called with; NULL: unbound
};

struct trace_label {
    uint64_t id;                // weft_id() of a thing that is not an object
    struct trace_name *name;    // its label
    uint64_t target;            // weft_id() of what it refers to, if anything
    bool is_callable;           // of a proxy: made for what can be called
};

struct trace_world {
    struct trace_program *program;  // what runs
    weft_heap *heap;                // its own
    void *labels;                   // tree of struct trace_label
    struct trace_bundle *bundles;   // all there are, borrowed
    size_t depth;                   // of output
    size_t line;                    // of the operation under way
    size_t printed;                 // lines so far
    bool is_silent;                 // nothing is printed
    bool is_quiet;                  // ending: nothing is printed or run
    bool is_watching;               // `watch on`
    bool is_exiting;                // `exit` is under way
    bool exits_in_collection;       // and began in one
    enum trace_status status;       // why it ended early
    struct trace_name *raised_by;   // whose actions raised last
    void *raised_self;              // held: who was called, by pcall alone
    bool *finalizer_raised;         // where the next finalizer says so
    bool *method_raised;            // where the next weak method says so
};

// Says on stderr what happened, and ends the program: quiet from here on.
void trace_stop(struct trace_world *world, enum trace_status status,
    const char *message);

// A line, indented.
void trace_emit(struct trace_world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void trace_emit_op(struct trace_world *world, const char *mark,
    const struct trace_op *op);

void trace_labels_release(struct trace_world *world);
const char *trace_label_text(struct trace_world *world, const void *thing);
struct trace_label *trace_label_find(struct trace_world *world,
    const void *thing);

// One operation under way.
struct trace_step {
    struct trace_world *world;          // where it happens
    const struct trace_op *op;          // what it does
    const struct trace_scope *scope;    // NULL at top level
    void *held[4];                      // let go at the end, first one first
    size_t held_count;                  // how many
    const char *failure;                // the first one, or NULL
    const char *result[3];              // words; none: ok
    size_t result_count;                // how many
    char *list;                         // a result of many words, or NULL
    char digits[24];                    // a result that is a number
};

// Runs an operation and prints its result.
void trace_step(struct trace_world *world, const struct trace_op *op,
    const struct trace_scope *scope);

// Operands, checked one after the other: after a failure the next ones are not
// looked at and NULL comes back. trace_operand() borrows; trace_hold_operand()
// holds it for the step as well.
void *trace_operand(struct trace_step *step, size_t index, unsigned sorts);
void *trace_hold_operand(struct trace_step *step, size_t index,
    unsigned sorts);
struct trace_name *trace_destination(struct trace_step *step, size_t index);
struct trace_name *trace_fresh(struct trace_step *step, size_t index);
char trace_slot_letter(struct trace_step *step, size_t index);
bool trace_has_operand(const struct trace_step *step, size_t index);

void trace_hold_steal(struct trace_step *step, void *thing);    // NULL too
void trace_fail(struct trace_step *step, const char *failure);
void trace_fail_status(struct trace_step *step, weft_status status);
void trace_out_of_memory(struct trace_step *step);
void trace_answer(struct trace_step *step, const char *word);
void trace_answer_yes(struct trace_step *step, bool yes);
void trace_answer_number(struct trace_step *step, uint64_t number);
void trace_answer_thing(struct trace_step *step, const void *thing);

// Binds the new value, or none for NULL, then lets the old one go.
void trace_bind(struct trace_name *name, const void *thing);

// Gives a new thing that is no object its label and variable.
void trace_put(struct trace_step *step, struct trace_name *name,
    const void *thing, const void *target);

// ---------------------------------------------------------------------------
// Things

enum {                          // sorts of things, to be combined
    TRACE_OBJECT = 1,
    TRACE_FINAL = 2,            // an object with a finalizer
    TRACE_CALLS = 4,            // an object that can be called
    TRACE_KEYED = 8,            // an object that compares by its number
    TRACE_REF = 16,             // `sub` references included
    TRACE_SUB = 32,
    TRACE_PROXY = 64,
    TRACE_METHOD = 128,
    TRACE_HANDLE = 256,         // of a finalizer
    TRACE_ANY = 511,
};

#define TRACE_SLOTS \
    union { \
        struct { weft_value a, b, c, d; }; \
        weft_value slots[4]; \
    }

struct trace_object {
    struct trace_tomb *tomb;    // row one: its end says that the object dies
    TRACE_SLOTS;
    struct trace_name *label;   // what traces call it
    uint64_t number;            // of the kinds that compare or have a length
};

struct trace_sub {
    weft_ref ref;               // what it extends
    TRACE_SLOTS;
};

// In Python the argument of a finalizer is in a tuple, and a thing of its own to
// the collector.
struct trace_pack {
    void *argument;             // held
};

// What is kept for a finalizer until it was called.
struct trace_bundle {
    struct trace_pack *pack;    // of the argument; NULL: none
    void *function;             // what is called
    weft_weak object;           // whose death it waits for
    struct trace_name *label;   // of its handle
    struct trace_bundle *next;  // of all there are
    struct trace_bundle **link; // where that is pointed to from
    bool is_overdue;            // its object had died when `exit` began
};

struct trace_handle {
    weft_finalizer finalizer;   // whose `fz` variable this is
};

extern weft_type trace_sub_type, trace_pack_type, trace_bundle_type,
    trace_handle_type;

weft_type *trace_kind_find(const char *name);       // NULL: no such kind
unsigned trace_sorts(const void *thing);
weft_value *trace_slot(void *thing, char letter);

// A new object, or NULL when memory ran out.
WEFT_NEW_REF struct trace_object *trace_object_new(struct trace_world *world,
    weft_type *kind, struct trace_name *label, uint64_t number);

void *trace_argument(const struct trace_bundle *bundle);    // borrowed; or NULL

// The event of a call, and its actions. False: they raised.
bool trace_call(struct trace_world *world, struct trace_object *function,
    void *argument);
void trace_call_from_death(weft_ref *ref, void *function);

// ---------------------------------------------------------------------------
// Operations

trace_run_fn trace_op_new, trace_op_ondel, trace_op_oncall, trace_op_set,
    trace_op_get, trace_op_mov, trace_op_drop, trace_op_rc, trace_op_call,
    trace_op_is, trace_op_eq, trace_op_ne, trace_op_lt, trace_op_hash;
trace_run_fn trace_op_ref, trace_op_sub, trace_op_deref, trace_op_alive,
    trace_op_cbof, trace_op_wcount, trace_op_wrefs, trace_op_proxy,
    trace_op_pget, trace_op_pset, trace_op_pcall, trace_op_pbool,
    trace_op_plen;
trace_run_fn trace_op_fz, trace_op_fzcall, trace_op_fzpeek, trace_op_fzdetach,
    trace_op_fzatexit, trace_op_exit, trace_op_wm, trace_op_wmget,
    trace_op_wmcall;
trace_run_fn trace_op_gc, trace_op_tracked, trace_op_finalized,
    trace_op_referents, trace_op_referrers, trace_op_watch, trace_op_saveall,
    trace_op_garbage, trace_op_forget, trace_op_freeze, trace_op_unfreeze;

// Has collections happen by `gc` alone, and be told of. False: no memory.
bool trace_collector_begin(struct trace_world *world);

// Nothing is watched, frozen, saved or in the garbage list.
void trace_collector_reset(struct trace_world *world);

// ---------------------------------------------------------------------------
// Pictures

// Prints the heap as DOT, the language of Graphviz.
void trace_print_dot(struct trace_world *world);

#endif
