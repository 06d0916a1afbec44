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
//     trace_words.c      results of many words
//     trace_things.c     the types of what programs make, and their events
//     trace_objects.c    operations on objects and variables
//     trace_refs.c       operations on references and proxies
//     trace_finalize.c   operations on finalizers and weak methods
//     trace_dicts.c      operations on weak dictionaries
//     trace_sets.c       operations on weak sets
//     trace_iterate.c    iterations over both
//     trace_collector.c  operations on the collector
//     trace_dot.c        a picture of the heap instead of a trace
//
// A *thing* is any object a program made. Every word of a program is a *name*,
// which serves as a variable, holding the thing it is bound to, and as a label,
// which is given once. Objects know their label; what else is made is found in
// a tree by its weft_id(), since the library makes it. A word that begins with
// a colon is an *atom*, and no name: a string, in weak dictionaries.
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

enum trace_place { TRACE_ANYWHERE, TRACE_TOP_ONLY, TRACE_ACTION_ONLY };

// One kind of operation.
struct trace_verb {
    const char *name;           // its first word
    trace_run_fn *run;          // NULL: `raise`
    enum trace_place place;     // where it may stand
    size_t least;               // words after the first, at least
    size_t most;                // and at most
    unsigned atoms;             // which of them may be atoms: bit 0, the first
};

enum trace_special { TRACE_ORDINARY, TRACE_SELF, TRACE_ARG };

struct trace_name {
    const char *text;               // in the program's text; also of an atom
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

// NULL: no such word in the program.
struct trace_name *trace_name_find(const struct trace_program *program,
    const char *text);

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
    weft_weak container;        // of a weak container or an iteration: that
    struct trace_label *next;   // of all those
};

struct trace_world {
    struct trace_program *program;  // what runs
    weft_heap *heap;                // its own
    void *labels;                   // tree of struct trace_label
    struct trace_label *containers; // those of weak containers and iterations
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
bool trace_is_atom(const void *thing);                  // NULL: false
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
    size_t list_length;                 // of these words
    size_t list_room;                   // for these, and a zero byte
    char digits[24];                    // a result that is a number
};

// Runs an operation and prints its result.
void trace_step(struct trace_world *world, const struct trace_op *op,
    const struct trace_scope *scope);

// Operands, checked one after the other: after a failure the next ones are not
// looked at and NULL comes back. trace_operand() borrows; trace_hold_operand()
// holds it for the step as well; trace_value_operand() takes atoms, as text.
void *trace_operand(struct trace_step *step, size_t index, unsigned sorts);
void *trace_hold_operand(struct trace_step *step, size_t index,
    unsigned sorts);
weft_value trace_value_operand(struct trace_step *step, size_t index);
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

// A result of many words, one after the other; then the end of them. It is
// `none` if there were none.
void trace_list_word(struct trace_step *step, const char *word);
void trace_list_pair(struct trace_step *step, const char *key,
    const char *value);
void trace_list_sorted(struct trace_step *step, const char **words,
    size_t count);
void trace_answer_list(struct trace_step *step);

// Binds the new value, or none for NULL, then lets the old one go.
void trace_bind(struct trace_name *name, const void *thing);

// Gives a new thing that is no object its label and variable.
void trace_put(struct trace_step *step, struct trace_name *name,
    const void *thing, const void *target);

// The same for a container, which it steals. NULL: memory ran out.
void trace_put_steal(struct trace_step *step, struct trace_name *name,
    void *container);

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
    TRACE_VALUES = 512,         // a weak dictionary, of weak values
    TRACE_KEYS = 1024,          // or of weak keys
    TRACE_DICT = TRACE_VALUES | TRACE_KEYS,
    TRACE_SET = 2048,           // a weak set
    TRACE_ITERATOR = 4096,      // over one of these three
    TRACE_ANY = 8191,
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

// In Python the argument of a finalizer is in a tuple, and a thing of its own
// to the collector.
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

enum trace_view { TRACE_SHOWS_KEYS = 1, TRACE_SHOWS_VALUES = 2 };

// An iteration: what a generator of Python's would be.
struct trace_iterator {
    weft_iterator it;           // once it has begun
    void *container;            // held until then
    weft_list *copied;          // what a copy of the dictionary would hold
    void *key;                  // what it gave last, held; or NULL
    void *value;                // the same
    weft_weak *entries;         // of all who were there when it began
    size_t entry_count;         // how many
    size_t at;                  // how many of them it has passed
    unsigned sorts;             // of the container
    enum trace_view view;       // keys, values, or both
    bool is_running;            // a step is under way
};

extern weft_type trace_sub_type, trace_pack_type, trace_bundle_type,
    trace_handle_type, trace_iterator_type;

weft_type *trace_kind_find(const char *name);       // NULL: no such kind
unsigned trace_sorts(const void *thing);
weft_value *trace_slot(void *thing, char letter);

// A new object, or NULL when memory ran out.
WEFT_NEW_REF struct trace_object *trace_object_new(struct trace_world *world,
    weft_type *kind, struct trace_name *label, uint64_t number);

void *trace_argument(const struct trace_bundle *bundle);    // borrowed; or NULL

// As weft_hash(), and as Python has it: weak containers have none.
weft_status trace_hash(const struct trace_world *world, weft_value value,
    uint64_t *hash);

// Can Python refer to it weakly? NULL: no.
bool trace_is_referable(const void *thing);

// Fails as Python does where it makes a reference to something, to look it up
// by that, and, if `hashes`, asks that for its hash. False: it failed.
bool trace_look_up(struct trace_step *step, void *thing, bool hashes);

// A list of what a weak dictionary holds: the values of weak keys, or the keys
// of weak values. NULL: memory ran out.
WEFT_NEW_REF weft_list *trace_held_of(void *dict);

// The event of a call, and its actions. False: they raised.
bool trace_call(struct trace_world *world, struct trace_object *function,
    void *argument);
bool trace_call_bundle(struct trace_world *world,
    const struct trace_bundle *bundle);
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
trace_run_fn trace_op_wvd, trace_op_wkd, trace_op_dput, trace_op_dget,
    trace_op_dgetd, trace_op_din, trace_op_ddel, trace_op_dpop, trace_op_dpopd,
    trace_op_dpopitem, trace_op_dsetdef, trace_op_dlen, trace_op_dkeys,
    trace_op_dvals, trace_op_ditems, trace_op_drefs, trace_op_dclear,
    trace_op_dupdate, trace_op_dior, trace_op_dcopy, trace_op_ddeep,
    trace_op_dor, trace_op_deq;
trace_run_fn trace_op_wset, trace_op_sadd, trace_op_sin, trace_op_sdisc,
    trace_op_srem, trace_op_spop, trace_op_slen, trace_op_slist,
    trace_op_sclear, trace_op_scopy, trace_op_supdate, trace_op_sunion,
    trace_op_sinter, trace_op_sdiff, trace_op_ssym, trace_op_sior,
    trace_op_siand, trace_op_sisub, trace_op_sixor, trace_op_sle, trace_op_slt,
    trace_op_sge, trace_op_sgt, trace_op_sdisj, trace_op_seq;
trace_run_fn trace_op_iter, trace_op_next;
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
