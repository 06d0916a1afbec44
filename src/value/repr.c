// SPDX-License-Identifier: MIT
//
// The text form of values.
//
//     numbers, strings, nil       as they are written in Python, nil as nil
//     a list, dict, weak table    [...], {k: v}, weakset([...]): gone through
//     an object with `repr`       what that writes
//     a ref or weak method        <ref to TYPE>, <ref, dead>
//     other objects               TYPE(field=value, ...), the base's first
//
// What is being shown is a stack in plain memory, so depth costs no C stack but
// where a type's own `repr` asks for more:
//
//     show (value):   simple: write it
//                     else: open its bracket, put it on the stack
//     while there is something on the stack that was not there before:
//         let the one on top show what comes next in it
//             nothing: close its bracket, take it off
//
// What is on the stack already, or would be the thousand-and-first, is shown as
// three dots: so every ring has an end. A few are searched one by one, more
// have a table beside the stack. The thousand are counted a thread, since
// `repr` may call weft_repr() for another writer.
//
// `repr` is user code, and so are the deaths that letting go of a shown value
// may bring about: what is on the stack is held, and looked at afresh each
// time.
#include "value.h"

#include <string.h>

enum { FEW_SHOWN = 8 };

enum shape { SHAPE_SEQUENCE, SHAPE_MAPPING, SHAPE_FIELDS, SHAPE_HOOK };

struct shown {                  // one on the stack
    void *object;               // held
    enum shape shape;
    bool started;               // something was shown: a comma is due
    bool has_key;               // of a mapping: the value of a key is due
    const weft_type *part;      // FIELDS: the base that is shown,
    const weft_field *field;    // and what comes next of it
    weft_value value;           // FIELDS: what was shown last, owned
    weft_iterator iterator;     // of containers
};

static _Thread_local unsigned shown_depth;      // on all stacks

static const weft_type *type_with_repr(const void *object)
{
    const weft_type *type = weft_type_of(object);
    while (type != NULL && type->repr == NULL)
        type = type->base;
    return type;
}

static const weft_type *part_after(const weft_type *type, const weft_type *part)
{
    while (type->base != part)
        type = type->base;
    return type;
}

// ---- the stack

static size_t *find_shown(const weft_writer *writer, const void *object)
{
    size_t mask = 4 * writer->room - 1;
    uint64_t mixed = (uint64_t)(uintptr_t)object * 0x9e3779b97f4a7c15;
    for (size_t i = (size_t)(mixed >> 32);; i++) {
        size_t *place = &writer->table[i & mask];
        if (*place == 0 || writer->shown[*place - 1].object == object)
            return place;
    }
}

static bool is_shown_already(const weft_writer *writer, const void *object)
{
    if (writer->room > FEW_SHOWN)
        return *find_shown(writer, object) != 0;
    for (size_t i = 0; i < writer->count; i++)
        if (writer->shown[i].object == object)
            return true;
    return false;
}

static size_t shown_size(size_t room)
{
    return room * (sizeof(struct shown) + 4 * sizeof(size_t));
}

static void free_shown(weft_writer *writer)
{
    (void)weft__resize(writer->heap, writer->shown, shown_size(writer->room),
        0);
}

// Enters them in the order of the stack: then the last may be taken out again
// without leaving a gap.
static bool grow_shown(weft_writer *writer)
{
    size_t room = writer->room == 0 ? FEW_SHOWN : 2 * writer->room;
    struct shown *shown = weft__resize(writer->heap, NULL, 0,
        shown_size(room));
    if (shown == NULL)
        return false;
    if (writer->count > 0)
        memcpy(shown, writer->shown, writer->count * sizeof(*shown));
    free_shown(writer);
    writer->shown = shown;
    writer->room = room;
    writer->table = (size_t *)(void *)(shown + room);
    memset(writer->table, 0, 4 * room * sizeof(size_t));
    for (size_t i = 0; i < writer->count; i++)
        *find_shown(writer, shown[i].object) = i + 1;
    return true;
}

// Takes over a reference to the object. NULL: no memory.
static struct shown *push_shown(weft_writer *writer, void *object_steal,
    enum shape shape)
{
    if (writer->count == writer->room && !grow_shown(writer)) {
        writer->failed = true;
        weft_release(object_steal);
        return NULL;
    }
    struct shown *shown = &writer->shown[writer->count++];
    *shown = (struct shown){ .object = object_steal, .shape = shape };
    if (writer->room > FEW_SHOWN)
        *find_shown(writer, object_steal) = writer->count;
    shown_depth++;
    return shown;
}

static void pop_shown(weft_writer *writer)
{
    struct shown shown = writer->shown[writer->count - 1];
    if (writer->room > FEW_SHOWN)
        *find_shown(writer, shown.object) = 0;
    writer->count--;
    shown_depth--;
    weft_iterate_end(&shown.iterator);
    weft_value_release(shown.value);
    weft_release(shown.object);
}

// ---- one value

static void write_nest(weft_writer *writer, const void *object, bool opens)
{
    enum role role = weft__role_of(object);
    bool is_list = role == ROLE_LIST, is_dict = role == ROLE_DICT;
    const char *inner = is_list || role == ROLE_WEAKSET ? "[]"
        : is_dict || weft__is_weak_container(role) ? "{}" : NULL;
    bool outer = !is_list && !is_dict;
    if (outer && opens) {
        weft_write(writer, weft__name_of(object));
        weft_write(writer, "(");
    }
    if (inner != NULL)
        weft__write_bytes(writer, inner + !opens, 1);
    if (outer && !opens)
        weft_write(writer, ")");
}

static void write_dots(weft_writer *writer, const void *object)
{
    write_nest(writer, object, true);
    weft_write(writer, "...");
    write_nest(writer, object, false);
}

// A weak reference by its name: <NAME to TYPE>, <NAME, dead>. It takes over the
// reference to what it refers to.
static void write_weak(weft_writer *writer, const char *name,
    const char *between, void *target_steal)
{
    weft_write(writer, "<");
    weft_write(writer, name);
    weft_write(writer, target_steal == NULL ? ", dead" : between);
    if (target_steal != NULL)
        weft_write(writer, weft__name_of(target_steal));
    weft_write(writer, ">");
    weft_release(target_steal);
}

static void show_ref(weft_writer *writer, const void *ref)
{
    bool is_method = weft__role_of(ref) == ROLE_METHOD;
    write_weak(writer, weft__name_of(ref), is_method ? " of " : " to ",
        weft_heap_of(ref)->proxy_target(ref));
}

static enum shape shape_of(const void *object)
{
    enum role role = weft__role_of(object);
    if (type_with_repr(object) != NULL)
        return SHAPE_HOOK;
    if (role == ROLE_LIST || role == ROLE_WEAKSET)
        return SHAPE_SEQUENCE;
    if (role == ROLE_DICT || (weft__is_weak_container(role)
            && weft_heap_of(object)->begin_iteration != NULL))
        return SHAPE_MAPPING;
    return SHAPE_FIELDS;
}

// An object that holds others. `held`: a reference to it to take over, or NULL.
static void open_object(weft_writer *writer, void *object, void *held)
{
    if (!is_alive(load(word_of(object))) || shown_depth >= PROTOCOL_DEPTH
            || is_shown_already(writer, object)) {
        write_dots(writer, object);
        weft_release(held);
        return;
    }
    enum shape shape = shape_of(object);
    struct shown *shown = push_shown(writer,
        held != NULL ? held : weft_retain(object), shape);
    if (shown == NULL || shape == SHAPE_HOOK)
        return;
    if (shape == SHAPE_FIELDS) {
        shown->part = part_after(weft_type_of(object), NULL);
        shown->field = shown->part->fields;
    } else {
        shown->iterator = weft_iterate(object);
    }
    write_nest(writer, object, true);
}

static void show_object(weft_writer *writer, void *public)
{
    void *held, *object = weft__unwrap(public, &held, "weft_repr");
    if (object == NULL) {
        write_weak(writer, weft__name_of(public), "", NULL);
        return;
    }
    enum role role = weft__role_of(object);
    if (role == ROLE_STRING) {
        const weft_string *string = object;
        weft__write_quoted(writer, string->text, string->size);
    } else if (role >= ROLE_REF && role <= ROLE_FINALIZER
            && type_with_repr(object) == NULL) {
        show_ref(writer, object);
    } else {
        open_object(writer, object, held);
        return;
    }
    weft_release(held);
}

// Writes it, or puts it on the stack for that.
__attribute__((noinline))
static void show_value(weft_writer *writer, weft_value value)
{
    if (writer->failed)
        return;
    switch (value.kind) {
    case WEFT_KIND_BOOL:
        weft_write(writer, value.as.boolean ? "true" : "false");
        return;
    case WEFT_KIND_INT:
    case WEFT_KIND_DOUBLE:
        weft__write_number(writer, value);
        return;
    case WEFT_KIND_TEXT:
        weft__write_quoted(writer, value.as.text, value.size);
        return;
    default:
        if (weft__has_object(value))
            show_object(writer, value.as.object);
        else
            weft_write(writer, "nil");
    }
}

// ---- the next thing in what is on top

static void write_comma(weft_writer *writer, struct shown *shown)
{
    if (shown->started)
        weft_write(writer, ", ");
    shown->started = true;
}

// False: there are no more.
static bool show_next_item(weft_writer *writer, struct shown *shown)
{
    if (shown->has_key) {
        shown->has_key = false;
        weft_write(writer, ": ");
        show_value(writer, shown->iterator.value);
        return true;
    }
    if (!weft_next(&shown->iterator))
        return false;
    write_comma(writer, shown);
    shown->has_key = shown->shape == SHAPE_MAPPING;
    show_value(writer, shown->has_key ? shown->iterator.key
        : shown->iterator.value);
    return true;
}

// The next row that is shown: private and raw ones are not. NULL: no more.
static const weft_field *next_field(struct shown *shown)
{
    const weft_type *type = weft_type_of(shown->object);
    for (;;) {
        const weft_field *field = shown->field;
        if (field != NULL && field->kind != WEFT_FIELD_END) {
            shown->field++;
            if (field->kind <= WEFT_FIELD_DOUBLE
                    && field->kind != WEFT_FIELD_BORROWED)
                return field;
        } else if (shown->part == type) {
            return NULL;
        } else {
            shown->part = part_after(type, shown->part);
            shown->field = shown->part->fields;
        }
    }
}

// An unsigned number that no value has room for.
static void write_large(weft_writer *writer, const void *place)
{
    uint64_t number;
    memcpy(&number, place, sizeof(number));
    weft__write_number(writer, weft_int((int64_t)(number / 10)));
    weft__write_number(writer, weft_int((int64_t)(number % 10)));
}

static void show_field(weft_writer *writer, struct shown *shown,
    const weft_field *field)
{
    weft_value value = weft_nil();
    const void *place = (const char *)shown->object + field->offset;
    weft_status status = weft__read_field(shown->object, field, &value);
    if (status == WEFT_TYPE_ERROR)
        return;                             // of a width that nobody knows
    writer->failed |= status == WEFT_MEMORY_ERROR;
    write_comma(writer, shown);
    weft_write(writer, field->name);
    weft_write(writer, "=");
    if (field->kind == WEFT_FIELD_WEAK) {
        write_weak(writer, "weak", " ", weft_value_object(value));
    } else if (status == WEFT_VALUE_ERROR) {
        write_large(writer, place);
    } else {
        shown->value = value;
        show_value(writer, value);
    }
}

static bool show_next_field(weft_writer *writer, struct shown *shown)
{
    weft_value_clear(&shown->value);
    const weft_field *field = next_field(shown);
    if (field != NULL)
        show_field(writer, shown, field);
    return field != NULL;
}

__attribute__((noinline))
static void go_on_with_top(weft_writer *writer)
{
    struct shown *shown = &writer->shown[writer->count - 1];
    if (!writer->failed && (shown->shape == SHAPE_FIELDS
            ? show_next_field(writer, shown)
            : show_next_item(writer, shown)))
        return;
    shown = &writer->shown[writer->count - 1];
    write_nest(writer, shown->object, false);
    pop_shown(writer);
}

static void call_repr(weft_writer *writer)
{
    void *object = writer->shown[writer->count - 1].object;
    weft_heap *heap = weft_heap_of(object);
    heap->calls++;
    type_with_repr(object)->repr(object, writer);
    heap->calls--;
    pop_shown(writer);
}

// This and call_repr() are all of weft that is on the C stack when a `repr`
// leads back here.
void weft_write_repr(weft_writer *writer, weft_value value)
{
    size_t before = writer->count;
    show_value(writer, value);
    while (writer->count > before)
        if (writer->shown[writer->count - 1].shape == SHAPE_HOOK
                && !writer->failed)
            call_repr(writer);
        else
            go_on_with_top(writer);
}

weft_string *weft_repr(weft_heap *heap, weft_value value)
{
    weft_writer writer = { .heap = heap };
    weft_write_repr(&writer, value);
    weft_string *string = writer.failed ? NULL
        : weft_string_new_sized(heap, writer.text, writer.size);
    free_shown(&writer);
    (void)weft__resize(heap, writer.text, writer.capacity, 0);
    return string;
}
