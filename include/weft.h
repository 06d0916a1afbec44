// SPDX-License-Identifier: MIT
//
// weft: Python's memory model for C.
//
// An object is your own plain struct. It is counted: whoever needs it holds a
// reference, and the moment nobody does, it dies: its finalizer runs, every
// weak reference to it goes dead, callbacks are told, and what it held is let
// go, all before weft_release() returns. A weak reference never keeps anything
// alive and never dangles.
//
//     struct node { struct node *left, *right; weft_weak parent; };
//
//     static weft_type node_type = {
//         .name = "node", WEFT_SIZE(struct node),
//         .fields = WEFT_FIELDS(WEFT_STRONG(struct node, left),
//                               WEFT_STRONG(struct node, right),
//                               WEFT_WEAK(struct node, parent)) };
//
//     weft_heap *heap = weft_heap_open(NULL);
//     struct node *root = weft_new(heap, &node_type);
//     weft_set_steal(&root->left, weft_new(heap, &node_type));
//     root->left->parent = weft_weak_of(root);    // eight bytes, no upkeep
//     weft_release(root);                         // both are gone
//     weft_heap_close(heap);                      // 0: nothing was still held
//
// How to read this manual
//
//   - Arguments are borrowed: the caller sees to it that they are held for the
//     length of the call. An object or weft_value that comes back is a
//     *new reference*, and the compiler warns when it is dropped (but that of
//     weft_retain, weft_value_retain, or behind a pointer for a result).
//     Exceptions end in `_steal` or say *borrowed*.
//   - `void *` is any object. NULL is taken only where the comment says so.
//   - NULL, nil or false come back for the one reason given. A constructor
//     returns NULL when memory ran out, or when the call was misuse. What
//     failed changed nothing, and its results are NULL, nil or 0.
//   - *keeps* means: takes a reference of its own; *watches*: weakly.
//   - Everything here takes constant time unless it says otherwise. Releasing
//     takes as long as what dies with it, without recursion, and without need
//     of memory.
//
// Threads: a heap and its objects belong to one thread at a time, the one that
// opened or adopted it. Only weft_weak_is_dead() may be asked from any thread.
//
// User code (finalize, dispose, clear, callbacks) runs only inside calls that
// let go of something: weft_release, weft_set and its kin, weft_value_set and
// _release and _clear, writes to a container, a step of an iteration,
// weft_heap_exit and _close; and inside those that collect, or end a collection
// under way: weft_gc_collect, _disable, _freeze, _unfreeze, weft_poll,
// weft_heap_trim and _verify. (And hash, equal, length, repr of a type where
// these are asked, as by a look into a dictionary.) Never inside weft_new,
// weft_retain, weft_weak_of, weft_weak_get or weft_take.
// It may call anything but weft_heap_close on its own heap. Leaving it by
// longjmp or by a C++ exception is misuse.
//
// Misuse is a bug in the program, as releasing what is dead, or NULL where it
// is not said to be taken. Where noticing it costs nothing it is reported in
// every build, to the heap's report hook, and not obeyed; for the rest plain
// builds trust pointers. In checked builds (-DWEFT_CHECKED, for the library and
// for the program) far more is noticed, and the process aborts unless the heap
// has a report hook.
#ifndef WEFT_H
#define WEFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_NEW_REF __attribute__((warn_unused_result))
#define WEFT_VERSION "0.1.0"

typedef struct weft_heap weft_heap;
typedef struct weft_type weft_type;
typedef struct weft_value weft_value;
typedef struct weft_string weft_string;
typedef struct weft_list weft_list;
typedef struct weft_dict weft_dict;
typedef struct weft_weakvaluedict weft_weakvaluedict;
typedef struct weft_weakkeydict weft_weakkeydict;
typedef struct weft_weakset weft_weakset;
typedef struct weft_ref weft_ref;
typedef struct weft_visitor weft_visitor;
typedef struct weft_writer weft_writer;

// ---------------------------------------------------------------------------
// 1. Errors and heaps

// Named as Python's exceptions are.
typedef enum weft_status {
    WEFT_OK = 0,
    WEFT_MEMORY_ERROR = -1,         // memory ran out, or the heap's limit
    WEFT_TYPE_ERROR = -2,           // not something this can be done with
    WEFT_VALUE_ERROR = -3,          // the right type, a bad value
    WEFT_KEY_ERROR = -4,            // no such key
    WEFT_INDEX_ERROR = -5,          // no such index
    WEFT_ATTRIBUTE_ERROR = -6,      // no such field or method
    WEFT_REFERENCE_ERROR = -7,      // what a proxy stood for is gone
    WEFT_OS_ERROR = -8,             // the system said no
} weft_status;

const char *weft_status_name(weft_status status);   // static: "WEFT_OK", ...
const char *weft_version(void);                     // of the running library

typedef enum weft_event {
    WEFT_UNRAISABLE,    // user code reported a failure nobody can catch
    WEFT_MISUSE,        // a bug in the program; the call did nothing
    WEFT_SATURATED,     // a count overflowed: the object became immortal
    WEFT_LEAKED,        // closing: objects of one type were still held
    WEFT_COLLECTED,     // the collector, as weft_gc_set_debug() wants it
} weft_event;

typedef struct weft_report {
    weft_event event;       // what kind of news
    weft_status status;     // for WEFT_UNRAISABLE, else WEFT_OK
    const char *message;    // names the call, the type and the object
    const void *object;     // borrowed, or NULL; maybe dead: do not touch it
} weft_report;

// Told of everything above. The message is good until the hook returns. It may
// use the heap, but not close it.
typedef void weft_report_fn(weft_heap *heap, const weft_report *report,
    void *context);

// Where memory comes from; an empty one is libc, and pages from the system.
//
// resize: as realloc(); old_size is what was asked for before (0: nothing yet),
// new_size 0 frees. reserve: pages, 2 MiB-aligned, which stay good until the
// process ends, also after the heap is closed, since weak handles may still
// look at them; NULL: none left. discard: the contents of a part of it may go
// (never called if NULL). Only memory from `resize` is ever given back.
// Addresses past 2^48 are refused.
typedef struct weft_allocator {
    void *(*resize)(void *memory, size_t old_size, size_t new_size,
        void *context);
    void *(*reserve)(size_t size, void *context);
    void (*discard)(void *memory, size_t size, void *context);
    void *context;
} weft_allocator;

typedef struct weft_heap_options {      // all zero: a good heap
    weft_allocator allocator;
    void *data;                 // the program's own: weft_heap_data()
    weft_report_fn *report;     // NULL: silent (checked builds abort on misuse)
    void *report_context;       // handed to `report`
    size_t limit;               // bytes of pages for objects, 0: none
    uint64_t hash_seed;         // of strings; 0: a random one
    bool weak_first;            // the collector's order up to CPython 3.14
    bool ordered;               // debug: collect in CPython's very order
} weft_heap_options;

// `weak_first`, `ordered`: see chapter 7.

// A new heap, or NULL when memory ran out. `options` may be NULL.
weft_heap *weft_heap_open_sized(const weft_heap_options *options, size_t size);
#define weft_heap_open(...) \
    weft_heap_open_sized((__VA_ARGS__), sizeof(weft_heap_options))

// Closes: weft_heap_exit(); a full collection, also if that is disabled; then
// what is still held is counted and, if there is a report hook, reported
// (WEFT_LEAKED, one report a type); its handles and refs die without callbacks
// or finalize, `dispose` runs, and the memory goes; from the first report on
// weft_new gives NULL. Returns how many objects were still held. Takes time in
// proportion to the heap. Called from user code of the same heap it is misuse,
// does nothing, gives 0; called twice it is undefined.
size_t weft_heap_close(weft_heap *heap);

// Runs the finalizers (chapter 5) that are marked at_exit, newest first, also
// those made meanwhile. Afterwards no finalizer of this heap is ever called.
void weft_heap_exit(weft_heap *heap);

void *weft_heap_data(const weft_heap *heap);    // options.data, borrowed

// Hands the heap to the calling thread. The thread that had it must be done,
// and has passed on the heap itself: asking an object for its heap is use.
// Takes time in proportion to the heap.
void weft_heap_adopt(weft_heap *heap);

// Gives up pages that hold nothing now, without waiting, and their memory to
// the system; returns how many bytes of pages the heap gave up. (They go by
// themselves too: what is beyond 32 MiB at once; the rest, as other pages
// empty, when it was idle for a second or two.) Also to be called before code
// with types in it is unloaded, once their objects are gone.
size_t weft_heap_trim(weft_heap *heap);

typedef struct weft_heap_stats {
    size_t objects;             // alive, that the program made
    size_t object_bytes;        // what they take, with their hidden word, and
                                // what weft made for itself
    size_t reserved_bytes;      // pages the heap has for them
} weft_heap_stats;

// Takes time in proportion to the heap's pages.
weft_heap_stats weft_heap_get_stats(const weft_heap *heap);

// For callbacks and finalizers, which return void: tells the report hook of a
// failure (WEFT_UNRAISABLE). `object` may be NULL.
void weft_heap_report(weft_heap *heap, weft_status status, const char *message,
    const void *object);

// ---------------------------------------------------------------------------
// 2. Types and fields
//
// A type is static data, but not const: weft numbers it on first use. One
// table says what an object refers to; death, names and pictures read it.

typedef enum weft_field_kind {
    WEFT_FIELD_END,
    WEFT_FIELD_STRONG,      // T *: an object this one holds
    WEFT_FIELD_WEAK,        // weft_weak
    WEFT_FIELD_STRING,      // weft_string *, held
    WEFT_FIELD_VALUE,       // weft_value, whose object is held
    WEFT_FIELD_ARRAY,       // T **: held objects in plain memory
    WEFT_FIELD_BORROWED,    // T *: deliberately raw, of no concern to weft
    WEFT_FIELD_CSTRING,     // const char *: plain memory
    WEFT_FIELD_BOOL,
    WEFT_FIELD_INT,         // signed, of any width
    WEFT_FIELD_UINT,        // unsigned, of any width
    WEFT_FIELD_DOUBLE,
} weft_field_kind;

typedef struct weft_field {
    const char *name;           // as in the struct
    weft_type *type;            // STRONG_OF: what it must be, else NULL
    uint32_t offset;            // in the struct
    uint32_t count_offset;      // ARRAY: of the number of elements
    uint8_t kind;               // weft_field_kind
    uint8_t size;               // of the field, in bytes
    uint8_t count_size;         // ARRAY: of the number of elements
} weft_field;

// A method that can be called by name. Results go to `result` as a new
// reference; it is nil to begin with.
typedef weft_status weft_method_fn(void *self, const weft_value *arguments,
    size_t count, weft_value *result);

typedef struct weft_method {
    const char *name;
    weft_method_fn *call;
} weft_method;

typedef enum weft_permission { WEFT_ALLOWED, WEFT_FORBIDDEN } weft_permission;

// What death does, in this order: `finalize`, once in a life, on a whole
// object, which may store itself somewhere and live on; weak references die,
// callbacks run; the rows of `fields` are emptied in table order, each before
// its value is released, so that a child finds NULL in its parent (element 0 of
// an ARRAY that is being emptied is weft's own: a mark, no object); `clear`
// releases and empties what no row names; `dispose` frees plain memory. Inside
// `clear` and `dispose` the object is dead: it cannot be retained or watched.
//
// An object that extends a `base` has the base's fields and methods too. Its
// finalize, hash, equal, length and repr are the nearest there are; every clear
// and dispose there is runs, its own first.
struct weft_type {
    const char *name;               // for reports
    size_t size;                    // WEFT_SIZE
    size_t alignment;               // WEFT_SIZE; up to 64
    weft_type *base;                // its struct comes first in ours, or NULL
    const weft_field *fields;       // WEFT_FIELDS, or NULL
    const weft_method *methods;     // WEFT_METHODS, or NULL
    void (*finalize)(void *self);   // may use everything, keep self
    void (*dispose)(void *self);    // plain memory; touches no other object
    void (*visit)(const void *self, weft_visitor *visitor);  // what it holds
    void (*clear)(void *self);      // besides its rows; clear: releases that
    uint64_t (*hash)(const void *self);     // unmixed; tables mix
    bool (*equal)(const void *self, const void *other);  // other: of any type
    size_t (*length)(const void *self);     // for weft_length()
    void (*repr)(const void *self, weft_writer *writer);    // for weft_repr()
    weft_permission weak;           // WEFT_FORBIDDEN: refuses weak references
    bool acyclic;                   // never in a ring: of no concern to gc
    uint32_t number;                // weft's own
    void *reserved[4];              // weft's own
};

// For `visit`, to report the address of each pointer, or value, that owns a
// reference and that no row names (those of a union, a tagged word unpacked):
// each exactly once at any time, NULL or nil too. It may do nothing else, and
// sees self at any time. `name` is for weft_gc_why_alive(), may be NULL, and
// must outlive the call. A type with `visit` needs no `clear`: weft empties and
// releases what is reported.
void weft_visit(weft_visitor *visitor, const void *slot, const char *name);
void weft_visit_value(weft_visitor *visitor, const weft_value *slot,
    const char *name);

// The only documented way to give a type its size and alignment.
#ifdef __cplusplus
#define WEFT_SIZE(T) .size = sizeof(T), .alignment = alignof(T)
#else
#define WEFT_SIZE(T) .size = sizeof(T), .alignment = _Alignof(T)
#endif

// Rows. In C each is an error when compiled if the field is of another kind
// than it says; STRONG takes a pointer to any struct, and must be told from
// BORROWED by you. ARRAY: `f` points to `n` owned objects in plain memory,
// which dispose frees. A type whose row names the type itself is declared
// before it:
//     static weft_type node_type;
// C++ has neither compound literals nor, before C++20, `.name =`: there a table
// is a named array that ends in WEFT_END, and a type is positional:
//     static const weft_field rows[] = { WEFT_STRONG(node, left), WEFT_END };
//     static weft_type node_type = {
//         "node", sizeof(node), alignof(node), nullptr, rows };
#define WEFT_FIELDS(...)    (const weft_field[]){ __VA_ARGS__, WEFT_END }
#define WEFT_METHODS(...)   (const weft_method[]){ __VA_ARGS__, { NULL, NULL } }
#define WEFT_END            { NULL, NULL, 0, 0, WEFT_FIELD_END, 0, 0 }
#define WEFT_STRONG(T, f)   WEFT_STRONG_OF(T, f, NULL)
#define WEFT_STRONG_OF(T, f, type) \
    WEFT_ROW(T, f, WEFT_FIELD_STRONG, WEFT__OBJECT(T, f), type)
#define WEFT_WEAK(T, f) \
    WEFT_ROW(T, f, WEFT_FIELD_WEAK, WEFT__IS(T, f, weft_weak), NULL)
#define WEFT_STRING(T, f) \
    WEFT_ROW(T, f, WEFT_FIELD_STRING, WEFT__IS(T, f, weft_string *), NULL)
#define WEFT_VALUE(T, f) \
    WEFT_ROW(T, f, WEFT_FIELD_VALUE, WEFT__IS(T, f, weft_value), NULL)
#define WEFT_BORROWED(T, f) \
    WEFT_ROW(T, f, WEFT_FIELD_BORROWED, ((T *)0)->f == (void *)0, NULL)
#define WEFT_CSTRING(T, f) \
    WEFT_ROW(T, f, WEFT_FIELD_CSTRING, ((T *)0)->f == (const char *)0, NULL)
#define WEFT_BOOL(T, f) \
    WEFT_ROW(T, f, WEFT_FIELD_BOOL, WEFT__IS(T, f, bool), NULL)
#define WEFT_INT(T, f) \
    WEFT_ROW(T, f, WEFT_FIELD_INT, WEFT__SIGNED(T, f), NULL)
#define WEFT_UINT(T, f) \
    WEFT_ROW(T, f, WEFT_FIELD_UINT, WEFT__UNSIGNED(T, f), NULL)
#define WEFT_DOUBLE(T, f) \
    WEFT_ROW(T, f, WEFT_FIELD_DOUBLE, WEFT__IS(T, f, double), NULL)
#define WEFT_ARRAY(T, f, n) \
    { #f, NULL, (uint32_t)(offsetof(T, f) + \
        0 * sizeof(*((T *)0)->f == (void *)0) + 0 * sizeof(((T *)0)->n & 1)), \
      (uint32_t)offsetof(T, n), WEFT_FIELD_ARRAY, \
      (uint8_t)sizeof(((T *)0)->f), (uint8_t)sizeof(((T *)0)->n) }
#define WEFT_ROW(T, f, kind, check, type) \
    { #f, type, (uint32_t)(offsetof(T, f) + 0 * sizeof(check)), 0, kind, \
      (uint8_t)sizeof(((T *)0)->f), 0 }

// What the checks are made of.
#ifdef __cplusplus
#define WEFT__IS(T, f, type)    &((T *)0)->f == (type *)0
#define WEFT__OBJECT(T, f)      ((T *)0)->f == (void *)0
#define WEFT__SIGNED(T, f)      ((T *)0)->f & 1
#define WEFT__UNSIGNED(T, f)    ((T *)0)->f & 1
#else
#define WEFT__CHECK(condition, text) \
    struct { char unused; _Static_assert(condition, text); }
#define WEFT__IS(T, f, type) WEFT__CHECK( \
    _Generic(((T *)0)->f, type: 1, default: 0), #f " is no " #type)
#define WEFT__OBJECT(T, f) WEFT__CHECK( \
    sizeof(((T *)0)->f == (void *)0) > 0 && _Generic(((T *)0)->f, \
    char *: 0, const char *: 0, signed char *: 0, unsigned char *: 0, \
    short *: 0, unsigned short *: 0, int *: 0, unsigned *: 0, long *: 0, \
    unsigned long *: 0, long long *: 0, unsigned long long *: 0, float *: 0, \
    double *: 0, bool *: 0, void **: 0, char **: 0, char: 0, short: 0, \
    unsigned short: 0, int: 0, unsigned: 0, long: 0, unsigned long: 0, \
    long long: 0, unsigned long long: 0, bool: 0, default: 1), \
    #f " is no pointer to an object")
#define WEFT__SIGNED(T, f) WEFT__CHECK(_Generic(((T *)0)->f, char: 1, \
    signed char: 1, short: 1, int: 1, long: 1, long long: 1, default: 0), \
    #f " is no signed integer")
#define WEFT__UNSIGNED(T, f) WEFT__CHECK(_Generic(((T *)0)->f, char: 1, \
    unsigned char: 1, unsigned short: 1, unsigned: 1, unsigned long: 1, \
    unsigned long long: 1, default: 0), #f " is no unsigned integer")
#endif

// ---------------------------------------------------------------------------
// 3. Objects and weak handles

// A new object, zeroed and held by the caller, or NULL when memory ran out or
// the heap's limit is reached. Runs no user code.
WEFT_NEW_REF void *weft_new(weft_heap *heap, weft_type *type);

// The same with `extra` bytes behind it, zeroed too, from sizeof(struct) on.
WEFT_NEW_REF void *weft_new_sized(weft_heap *heap, weft_type *type,
    size_t extra);

static inline void *weft_retain(const void *object);    // returns it; NULL too
static inline void weft_release(const void *object);    // cannot fail; NULL too

// Points `slot` at `value`, which it keeps, and releases what was there before.
// The old value goes last: its finalizer sees the slot already updated.
#define weft_set(slot, value) \
    ((void)sizeof(*(slot) = (value)), weft_set_slot((slot), (value)))

// As weft_set(), but steals: weft_set_steal(&node->left, node_new(heap));
#define weft_set_steal(slot, value) \
    ((void)sizeof(*(slot) = (value)), weft_set_slot_steal((slot), (value)))

// Empties `slot`, then releases what was there.
#define weft_clear(slot) \
    ((void)sizeof(*(slot) == (void *)0), weft_set_slot_steal((slot), NULL))

// Empties `slot` and hands its reference to the caller.
#define weft_take(slot) \
    ((void)sizeof(*(slot) == (void *)0), weft_take_slot(slot))

// What these macros call; `slot` is the address of a pointer to an object.
static inline void weft_set_slot(void *slot, const void *value);    // NULL too
static inline void weft_set_slot_steal(void *slot, void *value);    // NULL too
WEFT_NEW_REF static inline void *weft_take_slot(void *slot);
static inline void weft_release_slot(void *slot);       // of weft_auto

// A T * that the end of its scope releases:
//     weft_auto(struct node) node = weft_new(heap, &node_type);
// The scope ends after the value of `return` was computed: do not return what
// is only borrowed from it. gcc and clang only.
#define WEFT_CLEANUP(fn) __attribute__((cleanup(fn)))
#define WEFT_UNUSED __attribute__((unused))     // but for its end of scope
#define weft_auto(T) WEFT_CLEANUP(weft_release_slot) WEFT_UNUSED T *

size_t weft_refcount(const void *object);       // exact; immortal: SIZE_MAX
uint64_t weft_id(const void *object);           // never given to another object
weft_type *weft_type_of(const void *object);
weft_heap *weft_heap_of(const void *object);
bool weft_is(const void *object, const weft_type *type);  // or extends it;
                                                          // NULL: false

// A weak reference is a value: copy it, forget it; all zero is dead. It takes
// these eight bytes and nothing anywhere else. Two are equal exactly when they
// were made from the same object, also after its death. An object's memory is
// reusable at once when it dies, whatever handles there are.
typedef struct weft_weak {
    uint64_t bits;
} weft_weak;

// Dead for NULL, for what is dying, and for what forbids weak references.
static inline weft_weak weft_weak_of(const void *object);

// A new reference to what `weak` watches, or NULL once it is gone.
WEFT_NEW_REF static inline void *weft_weak_get(weft_weak weak);

// At any time, from any thread, also after the heap was closed (then: dead).
bool weft_weak_is_dead(weft_weak weak);

static inline bool weft_weak_is_same(weft_weak a, weft_weak b);
bool weft_is_weakable(const void *object);      // NULL: false

// ---------------------------------------------------------------------------
// 4. Values, and what any object can be asked

typedef enum weft_kind {
    WEFT_KIND_NIL, WEFT_KIND_BOOL, WEFT_KIND_INT, WEFT_KIND_DOUBLE,
    WEFT_KIND_TEXT, WEFT_KIND_OBJECT,
} weft_kind;

// A value owns its object as a pointer does. A text only borrows its bytes: it
// is for arguments; it equals the string of the same bytes, and is kept as one.
struct weft_value {
    weft_kind kind;
    uint32_t size;              // of a text, in bytes
    union {
        bool boolean;
        int64_t integer;
        double real;
        const char *text;
        void *object;
    } as;
};

static inline weft_value weft_nil(void);
static inline weft_value weft_bool(bool boolean);
static inline weft_value weft_int(int64_t integer);
static inline weft_value weft_double(double real);
static inline weft_value weft_object(const void *object);  // borrows; NULL: nil
weft_value weft_text(const char *text);                    // NULL: nil
weft_value weft_text_sized(const char *bytes, size_t size);    // below 4 GiB

// Borrowed; NULL if there is none. A string's text ends in a zero byte.
void *weft_value_object(weft_value value);
const char *weft_value_text(weft_value value);

// For VALUE fields and other places that own a value. set keeps `value`, then
// lets the old one go; a text is misuse there: make a string of it.
void weft_value_set(weft_value *slot, weft_value value);
weft_value weft_value_retain(weft_value value);     // returns it
void weft_value_release(weft_value value);
void weft_value_clear(weft_value *slot);            // nil first, then lets go
#define weft_auto_value WEFT_CLEANUP(weft_value_clear) WEFT_UNUSED weft_value

// Hash and equality as Python's: of numbers by value (1 == 1.0 == true), of
// texts and strings by their bytes, of refs by their referents, of objects by
// their type's `hash` and `equal`, by identity where there is neither. A type
// with `equal` alone is unhashable; so are lists, dicts, weak dictionaries and
// sets, which are equal when their contents are. A hash is good within one
// heap, unmixed.
// TYPE: unhashable, as every proxy is; REFERENCE: a proxy whose object is gone;
// VALUE: hooks that lead back here a thousand deep; MEMORY: deep lists.
weft_status weft_hash(weft_heap *heap, weft_value value, uint64_t *hash);
weft_status weft_equal(weft_value a, weft_value b, bool *equal);

// TYPE: has no length; REFERENCE.
weft_status weft_length(const void *object, size_t *length);

// The text form, as Python's: [1, 2.0, 'three', nil, true], {'key': [...]}. An
// object shows what its type's `repr` writes, else its fields by name:
// node(left=node(left=nil, label='leaf'), label='root'). What is shown already
// further out is [...], {...} or node(...), and so is what lies a thousand
// deep; so every ring has an end. A weak field or ref shows the type of what it
// refers to, a proxy what is behind it. Never fails for an object's sake; NULL:
// memory ran out.
WEFT_NEW_REF weft_string *weft_repr(weft_heap *heap, weft_value value);

// For `repr` of a type: writes a text, or what weft_repr() shows of a value.
// Without memory they do nothing, and weft_repr() returns NULL.
void weft_write(weft_writer *writer, const char *text);
void weft_write_repr(weft_writer *writer, weft_value value);

// Fields by name, also through a proxy. All rows can be read: BORROWED as an
// integer (the address), CSTRING as a new string, WEAK as its object or nil,
// ARRAY as a new list. STRONG_OF (with an object of that type, or nil), STRING,
// VALUE, BOOL, INT, UINT and DOUBLE can be written, plain STRONG cannot: its
// type is not known. Nothing is converted but an integer for a DOUBLE. Takes
// time in proportion to the table. ATTRIBUTE: no such field; TYPE: not
// writable, or not with this; VALUE: does not fit; REFERENCE; MEMORY. `value`
// may be NULL: just asking.
weft_status weft_getattr(const void *object, const char *name,
    weft_value *value);
weft_status weft_setattr(void *object, const char *name, weft_value value);

// A method by name. The object is held for the length of the call. ATTRIBUTE:
// no such method; REFERENCE; else the method's own. `result` may be NULL.
weft_status weft_call(void *object, const char *name,
    const weft_value *arguments, size_t count, weft_value *result);

// Strings: immutable bytes, not weakly referable, as in Python.
extern weft_type weft_string_type;
WEFT_NEW_REF weft_string *weft_string_new(weft_heap *heap, const char *text);
WEFT_NEW_REF weft_string *weft_string_new_sized(weft_heap *heap,
    const char *bytes, size_t size);
const char *weft_string_text(const weft_string *string);    // ends in a zero
size_t weft_string_size(const weft_string *string);         // in bytes

// Lists of values. A list keeps what it holds; texts are kept as strings.
extern weft_type weft_list_type;
WEFT_NEW_REF weft_list *weft_list_new(weft_heap *heap);
size_t weft_list_length(const weft_list *list);
void weft_list_clear(weft_list *list);          // empty first, then lets go
WEFT_NEW_REF weft_value weft_list_get(const weft_list *list, size_t index);
WEFT_NEW_REF weft_value weft_list_pop(weft_list *list, size_t index);
weft_status weft_list_set(weft_list *list, size_t index, weft_value value);
weft_status weft_list_insert(weft_list *list, size_t index, weft_value value);
weft_status weft_list_append(weft_list *list, weft_value value);
    // _get, _pop: nil where there is no such index. _set, _insert (before
    // index): INDEX, MEMORY. _append: MEMORY. insert and pop move what follows.

// How keys compare, in dictionaries and weak sets. BY_EQUALITY: as weft_equal()
// has it. BY_IDENTITY: objects by address, but strings, and what is no object,
// as by equality; faster, no hook is ever asked, and every object is a key.
// BY_FIRST_EQUAL: by equality, and of weak keys that are equal the first stays,
// as in Python; see chapter 6.
typedef enum weft_by {
    WEFT_BY_EQUALITY, WEFT_BY_IDENTITY, WEFT_BY_FIRST_EQUAL,
} weft_by;

// Makes what a dictionary does not have yet: a new reference, or NULL. `key` is
// borrowed, and `context` as given.
typedef void *weft_make_fn(weft_value key, void *context);

// Dictionaries of values, in the order in which keys were first put. They keep
// keys (texts as strings) and values. As in Python, storing under an equal key
// keeps the old key and its place. An unhashable key is not there to be found.
extern weft_type weft_dict_type;
WEFT_NEW_REF weft_dict *weft_dict_new(weft_heap *heap, weft_by by);
WEFT_NEW_REF weft_dict *weft_dict_copy(const weft_dict *dict);
size_t weft_dict_length(const weft_dict *dict);
bool weft_dict_contains(const weft_dict *dict, weft_value key);
void weft_dict_clear(weft_dict *dict);          // empty first, then lets go
WEFT_NEW_REF weft_value weft_dict_get(const weft_dict *dict, weft_value key);
WEFT_NEW_REF weft_value weft_dict_pop(weft_dict *dict, weft_value key);
weft_status weft_dict_put(weft_dict *dict, weft_value key, weft_value value);
weft_status weft_dict_update(weft_dict *dict, const weft_dict *other);
WEFT_NEW_REF weft_value weft_dict_setdefault(weft_dict *dict, weft_value key,
    weft_value value);
WEFT_NEW_REF void *weft_dict_get_or_create(weft_dict *dict, weft_value key,
    weft_make_fn *make, void *context);
bool weft_dict_remove(weft_dict *dict, weft_value key); // false: was not there
bool weft_dict_popitem(weft_dict *dict, weft_value *key, weft_value *value);
    // _get, _pop: nil if there is no such key. _put, _update: TYPE
    // (unhashable), MEMORY, and whatever equal and hash of a key fail with.
    // _setdefault: what is there then; nil: cannot put. _get_or_create: what is
    // there, else what `make` returns, which is put; if `make` puts something
    // there itself, that. NULL: `make` returned it, cannot put, or what is
    // there is no object. _popitem: the newest, both new references; false:
    // empty. _copy, _update, _clear: in proportion to the length; an _update
    // that fails may have changed the dict in part.

// Going through a container, safely whatever happens to it meanwhile. A list is
// gone through by index, up to the length it had at the start, as in Python. A
// dict shows the keys it had at the start, in order, less those removed since,
// with their values of now. A weak dictionary or set shows what was in it at
// the start, as if it had been copied then: also what is removed meanwhile, and
// values as they were, but nothing that has died. Nothing is copied. What an
// iterator shows is borrowed until the next step. What leaves a container while
// iterations are open takes up memory until the last of them ends; so does, in
// a weak-key dictionary, a value that was removed or replaced then. To keep an
// iterator in an object, name its `container` in a row and end it in finalize.
typedef struct weft_iterator {
    weft_value key;             // of a list: the index; of a weak set: nil
    weft_value value;           // of a weak set: the member
    void *object;               // the value's, or NULL
    void *container;            // kept until the end
    uint64_t at, end;           // weft's own
    bool (*step)(struct weft_iterator *iterator);       // weft's own
    void *reserved[2];          // weft's own
} weft_iterator;

weft_iterator weft_iterate(void *container);
bool weft_next(weft_iterator *iterator);            // false: the end
void weft_iterate_end(weft_iterator *iterator);     // also in the middle
#define weft_each(it, container) \
    for (WEFT_CLEANUP(weft_iterate_end) \
        weft_iterator it = weft_iterate(container); weft_next(&it); )

// ---------------------------------------------------------------------------
// 5. References with callbacks, proxies, weak methods, finalizers
//
// For when a handle is not enough: to be told of a death, or to have a weak
// reference that is an object. Making one takes 56 bytes. When an object dies,
// all weak references to it are dead before the first callback runs. Callbacks
// run newest first, each once, and may do anything: drop their own ref, make
// new ones, let go of siblings. A ref that is let go before its object dies
// takes its callback with it; from the death on all refs are held until the
// last callback has run, so a `context` must be good that long: where it might
// not be, let the ref keep it (weft_ref_new_as). Of a dying object there are
// only refs that were born dead.

// `context`: as given, or the object that the ref keeps.
typedef void weft_ref_fn(weft_ref *ref, void *context);
typedef void weft_handler_fn(void *self, void *argument);
typedef void weft_finalize_fn(void *context);

// A ref to `object`, or NULL when memory ran out or, reported as misuse, for
// what is not weakable. Without a callback (NULL too) there is one ref and one
// proxy an object, shared by all who ask. A ref hashes and compares as what it
// refers to: the hash is taken when first asked while that lives (never asked:
// TYPE once dead), equality is by referent while both live, else by identity.
WEFT_NEW_REF weft_ref *weft_ref_new(void *object, weft_ref_fn *callback,
    void *context);

// As weft_ref_new(); the proxy forwards chapter 4 to its object, and answers
// WEFT_REFERENCE_ERROR once that is gone. A proxy has no hash.
WEFT_NEW_REF weft_ref *weft_proxy_new(void *object, weft_ref_fn *callback,
    void *context);

// A weakly bound function, as Python's WeakMethod: gone as soon as `object` or
// `owner` is (owner: whatever the function belongs to; NULL too). The callback
// runs once. Equal while alive: equal objects, equal owners, same function.
WEFT_NEW_REF weft_ref *weft_weakmethod_new(void *object, void *owner,
    weft_handler_fn *function, weft_ref_fn *callback, void *context);

// To extend, begin your struct with a weft_ref and make one of these types the
// base of its type. A dying extended ref empties its rows, then leaves its
// object's list, then lets go of what it keeps.
struct weft_ref {
    uint64_t reserved[6];
};
extern weft_type weft_ref_type, weft_proxy_type, weft_weakmethod_type;

// A ref or proxy of a type of your own (or of one of those), never shared. It
// keeps `kept` (NULL too), an object, until its callback was called, to which
// it is given as context. (A ref whose object was collected as part of a ring
// keeps it, and shows its callback, as long as it lives itself, as in Python.)
WEFT_NEW_REF weft_ref *weft_ref_new_as(weft_type *type, void *object,
    weft_ref_fn *callback, void *kept);

// The same for a weak method, which keeps `kept` until both are gone, or it is.
WEFT_NEW_REF weft_ref *weft_weakmethod_new_as(weft_type *type, void *object,
    void *owner, weft_handler_fn *function, weft_ref_fn *callback, void *kept);

WEFT_NEW_REF void *weft_ref_get(const weft_ref *ref);   // NULL: gone
bool weft_ref_is_dead(const weft_ref *ref);
WEFT_NEW_REF void *weft_ref_kept(const weft_ref *ref);  // NULL: nothing
weft_ref_fn *weft_ref_callback(const weft_ref *ref);    // NULL: none, or called
                                                        // by a death by count

// Calls the function with the object, held, and `argument`. False: gone, and
// not called.
bool weft_weakmethod_call(const weft_ref *method, void *argument);
WEFT_NEW_REF void *weft_weakmethod_owner(const weft_ref *method);
                                                // NULL: gone, or had none

// Refs, proxies, weak methods (also as their owner's), finalizers, entries of
// weak dictionaries and sets. In proportion to their number: in list order, the
// shared ref first, then the shared proxy, then all others, newest first; nil
// stands for an entry. NULL: memory ran out.
size_t weft_weakref_count(const void *object);
WEFT_NEW_REF weft_list *weft_weakrefs(const void *object);

// A function that is called when an object dies, or when the heap closes. It
// needs nobody to hold it. The handle is a value, as weft_weak is.
typedef struct weft_finalizer {
    weft_weak record;
} weft_finalizer;

// Has `function` called with `context` once `object` is gone. TYPE: not
// weakable; REFERENCE: dying; MEMORY. `finalizer` may be NULL.
weft_status weft_finalize(void *object, weft_finalize_fn *function,
    void *context, weft_finalizer *finalizer);

// The same, with an object as context, which is kept until right after the
// call, or until the finalizer is detached. (What leads back to `object` from
// there keeps it alive for ever.)
weft_status weft_finalize_keep(void *object, weft_finalize_fn *function,
    void *kept, weft_finalizer *finalizer);

// What detaching found. CANCELLED: it will not be called; its context is the
// caller's again. RUNNING: the call is under way, or the object has died and it
// is about to come. DONE: it was called or detached before.
typedef enum weft_cancel {
    WEFT_CANCELLED, WEFT_RUNNING, WEFT_DONE,
} weft_cancel;

bool weft_finalizer_call(weft_finalizer finalizer);     // now; false: over
weft_cancel weft_finalizer_detach(weft_finalizer finalizer);
bool weft_finalizer_is_alive(weft_finalizer finalizer); // false: over
bool weft_finalizer_is_at_exit(weft_finalizer finalizer);   // true unless set
void weft_finalizer_set_at_exit(weft_finalizer finalizer, bool at_exit);

// The object, as a new reference, and its context, borrowed; NULL: over, or
// the object is gone. `context` may be NULL.
WEFT_NEW_REF void *weft_finalizer_peek(weft_finalizer finalizer,
    void **context);

// ---------------------------------------------------------------------------
// 6. Weak dictionaries and weak sets
//
// A weakvaluedict watches its values, a weakkeydict its keys, a weakset its
// members: none of them keeps these alive. When one dies, its entry is gone at
// that instant, before any callback runs; so lengths are exact, and nothing
// dead is ever found. Entries go by themselves, without looking for their key,
// so what was put under an equal key meanwhile stays. Putting an entry needs
// memory; looking up, removing and dying need none.
//
// A value of a weakkeydict may refer to its key: an entry keeps its value as
// long as both dictionary and key live, and a ring through it is garbage like
// any other (an ephemeron, as Hayes, "Ephemerons", OOPSLA 1997, has it). Python
// leaks these.
//
// Keys of a weakvaluedict are kept as long as their entry; texts as strings. In
// a weakkeydict or weakset BY_EQUALITY, putting what equals a key that is there
// already makes the entry that of the newcomer, in the same place: who was put
// last is never lost to the death of one before. BY_FIRST_EQUAL the entry stays
// with the first and goes when that dies, as in Python. A weakset that is to
// give out one of all equal objects is asked with weft_weakset_intern().
//
// Whoever has `equal` and `hash` hooks may do anything in them, also to the
// container: the call then begins again.
//
// Errors. TYPE: unhashable (BY_EQUALITY), or what is to be watched cannot be:
// no object, or one that forbids it; such keys are not there to be looked up.
// REFERENCE: what is to be watched is dying. MEMORY. A hook's failure comes
// back from _put and _add; lookups take it for "not there".

// Values are watched. NULL or false: not there. For _setdefault NULL: cannot
// put. See weft_dict for the rest.
extern weft_type weft_weakvaluedict_type;
WEFT_NEW_REF weft_weakvaluedict *weft_weakvaluedict_new(weft_heap *heap,
    weft_by by);
WEFT_NEW_REF weft_weakvaluedict *weft_weakvaluedict_copy(
    const weft_weakvaluedict *dict);
size_t weft_weakvaluedict_length(const weft_weakvaluedict *dict);
bool weft_weakvaluedict_contains(const weft_weakvaluedict *dict,
    weft_value key);
void weft_weakvaluedict_clear(weft_weakvaluedict *dict);
WEFT_NEW_REF void *weft_weakvaluedict_get(const weft_weakvaluedict *dict,
    weft_value key);
WEFT_NEW_REF void *weft_weakvaluedict_pop(weft_weakvaluedict *dict,
    weft_value key);
weft_status weft_weakvaluedict_put(weft_weakvaluedict *dict, weft_value key,
    void *value);
weft_status weft_weakvaluedict_update(weft_weakvaluedict *dict,
    const weft_weakvaluedict *other);
WEFT_NEW_REF void *weft_weakvaluedict_setdefault(weft_weakvaluedict *dict,
    weft_value key, void *value);
WEFT_NEW_REF void *weft_weakvaluedict_get_or_create(weft_weakvaluedict *dict,
    weft_value key, weft_make_fn *make, void *context);
bool weft_weakvaluedict_remove(weft_weakvaluedict *dict, weft_value key);
bool weft_weakvaluedict_popitem(weft_weakvaluedict *dict, weft_value *key,
    void **value);

// A list of the refs to all values, which keeps none of them alive.
WEFT_NEW_REF weft_list *weft_weakvaluedict_valuerefs(
    const weft_weakvaluedict *dict);

// Keys are watched; values are kept. A NULL key is not there.
extern weft_type weft_weakkeydict_type;
WEFT_NEW_REF weft_weakkeydict *weft_weakkeydict_new(weft_heap *heap,
    weft_by by);
WEFT_NEW_REF weft_weakkeydict *weft_weakkeydict_copy(
    const weft_weakkeydict *dict);
size_t weft_weakkeydict_length(const weft_weakkeydict *dict);
bool weft_weakkeydict_contains(const weft_weakkeydict *dict, const void *key);
void weft_weakkeydict_clear(weft_weakkeydict *dict);
WEFT_NEW_REF weft_value weft_weakkeydict_get(const weft_weakkeydict *dict,
    const void *key);
WEFT_NEW_REF weft_value weft_weakkeydict_pop(weft_weakkeydict *dict,
    const void *key);
weft_status weft_weakkeydict_put(weft_weakkeydict *dict, const void *key,
    weft_value value);
weft_status weft_weakkeydict_update(weft_weakkeydict *dict,
    const weft_weakkeydict *other);
WEFT_NEW_REF weft_value weft_weakkeydict_setdefault(weft_weakkeydict *dict,
    const void *key, weft_value value);
WEFT_NEW_REF void *weft_weakkeydict_get_or_create(weft_weakkeydict *dict,
    const void *key, weft_make_fn *make, void *context);
bool weft_weakkeydict_remove(weft_weakkeydict *dict, const void *key);
bool weft_weakkeydict_popitem(weft_weakkeydict *dict, void **key,
    weft_value *value);
WEFT_NEW_REF weft_list *weft_weakkeydict_keyrefs(const weft_weakkeydict *dict);

// Objects are watched. `object` may be NULL: that is not there.
extern weft_type weft_weakset_type;
WEFT_NEW_REF weft_weakset *weft_weakset_new(weft_heap *heap, weft_by by);
WEFT_NEW_REF weft_weakset *weft_weakset_copy(const weft_weakset *set);
size_t weft_weakset_length(const weft_weakset *set);
bool weft_weakset_contains(const weft_weakset *set, const void *object);
weft_status weft_weakset_add(weft_weakset *set, const void *object);
bool weft_weakset_remove(weft_weakset *set, const void *object);
void weft_weakset_clear(weft_weakset *set);
WEFT_NEW_REF void *weft_weakset_pop(weft_weakset *set);     // NULL: empty

// The member that equals `object`, or `object` itself, which is added. NULL:
// cannot be added.
WEFT_NEW_REF void *weft_weakset_intern(weft_weakset *set, const void *object);

// In time proportional to both. A new set compares as `a` does; of equal ones
// an intersection has the member of `b`, as in Python. NULL, MEMORY: memory ran
// out; NULL too, and TYPE, where one set compares by identity and the other
// finds a member unhashable. In place it may then be done in part.
WEFT_NEW_REF weft_weakset *weft_weakset_union(const weft_weakset *a,
    const weft_weakset *b);
WEFT_NEW_REF weft_weakset *weft_weakset_intersection(const weft_weakset *a,
    const weft_weakset *b);
WEFT_NEW_REF weft_weakset *weft_weakset_difference(const weft_weakset *a,
    const weft_weakset *b);
WEFT_NEW_REF weft_weakset *weft_weakset_symmetric_difference(
    const weft_weakset *a, const weft_weakset *b);
weft_status weft_weakset_update(weft_weakset *set, const weft_weakset *other);
void weft_weakset_intersection_update(weft_weakset *set,
    const weft_weakset *other);
void weft_weakset_difference_update(weft_weakset *set,
    const weft_weakset *other);
weft_status weft_weakset_symmetric_difference_update(weft_weakset *set,
    const weft_weakset *other);
bool weft_weakset_is_subset(const weft_weakset *a, const weft_weakset *b);
bool weft_weakset_is_disjoint(const weft_weakset *a, const weft_weakset *b);

// ---------------------------------------------------------------------------
// 7. The collector, and what it knows
//
// Objects that hold each other in a ring never see their counts fall to zero.
// The collector finds such rings when nobody outside holds them, in bounded
// time: it looks at young objects after every 1000 or so, at an old one when a
// release left it above zero, and now and then at everything, in slices of a
// tenth of a millisecond. What takes longer: large structures of garbage, of
// more than 512 objects each, connected with itself, if those found together
// have more than 200 000 objects: about 5 ms a million; and one object whose
// `visit` reports a hundred thousand references and more.
//
// It works by itself at the end of an outermost weft_release, weft_set and
// their kin: never inside weft_new, nor while finalize, a callback, hash, equal
// or any other user code runs. It needs one thing: at every call that lets go
// of something, each owned reference is in exactly one place that a row or
// `visit` names, or in a variable. (Moving a pointer from one field to another
// is fine, as long as no such call comes between.)
//
// What happens to garbage, in this order, as in CPython 3.15:
//
//   1. refs to it that have a callback die, and entries of weak dictionaries
//      and sets; those that are not garbage themselves are called, with what
//      else refers to the garbage still good. Refs, weak dictionaries and sets
//      that are garbage themselves refer to nothing any more
//   2. finalize, once in an object's life, on whole objects
//   3. what came back to life in 1 and 2 is let be
//   4. all weak references to the rest die, also those just made; fields are
//      emptied, clear and dispose run, the memory is free
//
// With the option `weak_first` all weak references die in step 1, as in CPython
// up to 3.14. With `ordered`, which is for comparing with CPython, objects are
// dealt with in the order of their birth and in CPython's three generations,
// at some cost; there keys of weak-key dictionaries whose type holds nothing
// are not looked at.

// YOUNG: made lately. OLD: also what hangs on old ones let go of lately. FULL:
// all.
typedef enum weft_generation {
    WEFT_YOUNG, WEFT_OLD, WEFT_FULL,
} weft_generation;

// Collects at once, to the end, and returns how many objects were garbage and
// are gone (as in Python also refs that went away with their callback). In a
// collection, and inside dispose, clear and visit, it does nothing and returns
// 0. Needs memory for a moment: without, it does nothing; where it runs out
// after callbacks or finalizers ran, what was found lives on, after step 1.
size_t weft_gc_collect(weft_heap *heap, weft_generation generation);

// Does what is due of a collection, as the outermost release does; for programs
// that make rings without ever releasing anything else, and for idle moments.
// Inside a collection, dispose, clear and visit it does nothing.
void weft_poll(weft_heap *heap);

// Is a collection under way: is this a callback or finalizer called by one?
bool weft_gc_is_collecting(const weft_heap *heap);

// Collecting by itself is enabled to begin with. weft_gc_collect works anyway.
void weft_gc_enable(weft_heap *heap);
void weft_gc_disable(weft_heap *heap);
bool weft_gc_is_enabled(const weft_heap *heap);

// When it works by itself. A 0 for young or growth_percent: never.
typedef struct weft_gc_threshold {
    size_t young;               // objects made since the last look; 1000; a
                                // quarter where there are weak-key dicts
    unsigned growth_percent;    // of all old ones since the last cycle; 100
    unsigned pause_us;          // a slice should take; 100; 0: all in one
} weft_gc_threshold;

void weft_gc_set_threshold(weft_heap *heap, weft_gc_threshold threshold);
weft_gc_threshold weft_gc_get_threshold(const weft_heap *heap);

// What has come together since.
typedef struct weft_gc_count {
    size_t young;               // objects not looked at yet
    size_t candidates;          // old ones waiting to be tried
    size_t grown;               // objects that became old since the last cycle
} weft_gc_count;

weft_gc_count weft_gc_get_count(const weft_heap *heap);

typedef struct weft_gc_stats {
    uint64_t collections;       // passes; OLD: rounds of trials; FULL: cycles
    uint64_t collected;         // objects found to be garbage, and gone
    uint64_t uncollectable;     // garbage that something went on to hold
    uint64_t ns;                // nanoseconds in all
    uint64_t longest_ns;        // the longest the program waited
} weft_gc_stats;

weft_gc_stats weft_gc_get_stats(const weft_heap *heap,
    weft_generation generation);

// Called when a collection starts, and when it stops, with what it did. One in
// slices starts with the first, and stops with the last.
typedef void weft_gc_fn(weft_heap *heap, weft_generation generation, bool stop,
    const weft_gc_stats *stats, void *context);
weft_status weft_gc_add_callback(weft_heap *heap, weft_gc_fn *callback,
    void *context);                             // MEMORY
bool weft_gc_remove_callback(weft_heap *heap, weft_gc_fn *callback,
    void *context);                             // false: was not there

// Takes all there is out of the collector's sight, for good structures that a
// program builds first; unfreeze gives it back, as old. Frozen objects die by
// count as ever. MEMORY: nothing was frozen.
weft_status weft_gc_freeze(weft_heap *heap);
void weft_gc_unfreeze(weft_heap *heap);
size_t weft_gc_get_freeze_count(const weft_heap *heap);

// Told to the report hook, as WEFT_COLLECTED: each collection (STATS), each
// object found (COLLECTABLE), or found and still held after it was emptied
// (UNCOLLECTABLE). SAVEALL puts what was found into the garbage list instead of
// freeing it: finalize has run and weak references are dead by then. LEAK, as
// in Python, is COLLECTABLE, UNCOLLECTABLE and SAVEALL.
enum {
    WEFT_DEBUG_STATS = 1, WEFT_DEBUG_COLLECTABLE = 2,
    WEFT_DEBUG_UNCOLLECTABLE = 4, WEFT_DEBUG_SAVEALL = 32, WEFT_DEBUG_LEAK = 38,
};
void weft_gc_set_debug(weft_heap *heap, unsigned flags);
unsigned weft_gc_get_debug(const weft_heap *heap);

// The garbage list itself, as in Python: what is taken out of it goes.
WEFT_NEW_REF weft_list *weft_gc_garbage(weft_heap *heap);

// Does the collector know the object? Not if its type is acyclic, or holds
// nothing and has no finalize: such an object is never in a ring. (But as a key
// of a weak-key dictionary, which its value may hold.)
bool weft_gc_is_tracked(const void *object);
bool weft_gc_is_finalized(const void *object);  // has finalize been called?

// Lists, or NULL when memory ran out. All but referents take time in proportion
// to the heap. get_objects: those the collector knows; YOUNG: only the young,
// OLD: only the old. referrers: who holds the object, each once. referents:
// what it holds, in order, as often as it does.
WEFT_NEW_REF weft_list *weft_gc_get_objects(weft_heap *heap,
    weft_generation generation);
WEFT_NEW_REF weft_list *weft_gc_get_referrers(const void *object);
WEFT_NEW_REF weft_list *weft_gc_get_referents(const void *object);

// Why the object is alive: the shortest way to it from what is held outside,
// by variables, as [holder, "left", ..., object], with the names of the fields
// ("children[3]"). Just the object: it is held outside itself. Empty: nothing
// outside leads to it, it is garbage. The caller holds the object too: one of
// the references to it is taken to be the caller's own, and does not count.
WEFT_NEW_REF weft_list *weft_gc_why_alive(const void *object);

// ---------------------------------------------------------------------------
// 8. Checks, for tests

// Walks the whole heap and checks every invariant there is; false: broken, and
// each finding was reported as misuse. Not from user code of a death, nor in a
// collection.
bool weft_heap_verify(weft_heap *heap);

// Collects whenever it might: at the end of every outermost release (in builds
// that are not checked: of those that reach the library), each time in another
// of the ways there are. For tests, and slow.
void weft_debug_collect_often(weft_heap *heap, bool often);

// Lets the n-th request for memory from here on fail (1: the next; 0: none),
// every weft_new counted. Returns how many requests an earlier call still had
// to go: 0 when its failure has happened.
size_t weft_debug_fail_at(weft_heap *heap, size_t n);

#ifdef __cplusplus
}
#endif

#include "weft_inline.h"

#endif
