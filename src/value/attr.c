// SPDX-License-Identifier: MIT
//
// Fields and methods by name: the table of the object's own type first, then
// those of its bases, so that the nearest of a name is found.
//
//     row         reads as                            takes
//     STRONG      the object, or nil                  nothing
//     STRONG_OF   the object, or nil                  an object of it, nil
//     WEAK        the object, or nil                  nothing
//     STRING      the string, or nil                  a string, a text, nil
//     VALUE       the value                           anything
//     ARRAY       a new list                          nothing
//     BORROWED    the address, an integer             nothing
//     CSTRING     a new string, or nil                nothing
//     BOOL        a bool                              a bool
//     INT, UINT   an integer                          an integer that fits
//     DOUBLE      a double                            a double, an integer
//
// Kinds are taken as they are: a bool is no integer here. An integer given to a
// DOUBLE is rounded as C rounds it. A value's integer is signed: a UINT above
// INT64_MAX cannot be read, which is a WEFT_VALUE_ERROR. Integers are of 1, 2,
// 4 or 8 bytes; others are a WEFT_TYPE_ERROR. weft's own private rows have no
// name.
//
// Setting has the new value in its place before the old one is let go, and does
// not look at the object after that.
#include "value.h"

#include <string.h>

static const weft_field *find_field(const void *object, const char *name)
{
    const weft_type *type = weft_type_of(object);
    for (; type != NULL; type = type->base) {
        const weft_field *field = type->fields;
        for (; field != NULL && field->kind != WEFT_FIELD_END; field++)
            if (field->kind <= WEFT_FIELD_DOUBLE
                    && strcmp(field->name, name) == 0)
                return field;
    }
    return NULL;
}

static weft_method_fn *find_method(const void *object, const char *name)
{
    const weft_type *type = weft_type_of(object);
    for (; type != NULL; type = type->base) {
        const weft_method *method = type->methods;
        for (; method != NULL && method->name != NULL; method++)
            if (strcmp(method->name, name) == 0)
                return method->call;
    }
    return NULL;
}

// Plain data is copied, for a field's type is not known. False: of a width that
// no integer here has.
static bool read_unsigned(const void *place, size_t size, uint64_t *integer)
{
    uint8_t one;
    uint16_t two;
    uint32_t four;
    switch (size) {
    case 1:
        memcpy(&one, place, 1);
        *integer = one;
        return true;
    case 2:
        memcpy(&two, place, 2);
        *integer = two;
        return true;
    case 4:
        memcpy(&four, place, 4);
        *integer = four;
        return true;
    case 8:
        memcpy(integer, place, 8);
        return true;
    default:
        return false;
    }
}

static void write_unsigned(void *place, size_t size, uint64_t integer)
{
    uint8_t one = (uint8_t)integer;
    uint16_t two = (uint16_t)integer;
    uint32_t four = (uint32_t)integer;
    const void *from = size == 1 ? (const void *)&one
        : size == 2 ? (const void *)&two
        : size == 4 ? (const void *)&four : (const void *)&integer;
    memcpy(place, from, size);
}

static void *read_pointer(const void *place)
{
    void *pointer;
    memcpy(&pointer, place, sizeof(pointer));
    return pointer;
}

static weft_status read_integer(const void *place, const weft_field *field,
    weft_value *value)
{
    uint64_t bits;
    if (!read_unsigned(place, field->size, &bits))
        return WEFT_TYPE_ERROR;
    if (field->kind == WEFT_FIELD_UINT) {
        if (bits > INT64_MAX)
            return WEFT_VALUE_ERROR;
    } else {
        uint64_t sign = (uint64_t)1 << (8 * field->size - 1);
        bits = (bits ^ sign) - sign;
    }
    *value = weft_int((int64_t)bits);
    return WEFT_OK;
}

// While the object dies, an element may be a place marker: odd, as no object's
// address is. NULL: memory ran out.
static weft_list *read_array(const char *object, const weft_field *field)
{
    weft_list *list = weft_list_new(weft_heap_of(object));
    if (list == NULL)
        return NULL;
    void **elements = read_pointer(object + field->offset);
    uint64_t count = 0;
    if (elements != NULL)
        (void)read_unsigned(object + field->count_offset, field->count_size,
            &count);
    if (count > SIZE_MAX || !weft__reserve_list(list, (size_t)count)) {
        weft_release(list);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        bool marks = ((uintptr_t)elements[i] & 1) != 0;
        list->values[i] = weft__keep_value(
            weft_object(marks ? NULL : elements[i]));
        list->length = i + 1;
    }
    return list;
}

// A new object as the result, or what stands for none.
static weft_status give_new(void *object, weft_value *value)
{
    *value = weft_object(object);
    return object != NULL ? WEFT_OK : WEFT_MEMORY_ERROR;
}

weft_status weft__read_field(const void *object, const weft_field *field,
    weft_value *value)
{
    const void *place = (const char *)object + field->offset;
    const char *text;
    double real;
    weft_weak weak;
    switch (field->kind) {
    case WEFT_FIELD_STRONG:
    case WEFT_FIELD_STRING:
        *value = weft_object(weft_retain(read_pointer(place)));
        return WEFT_OK;
    case WEFT_FIELD_WEAK:
        memcpy(&weak, place, sizeof(weak));
        *value = weft_object(weft_weak_get(weak));
        return WEFT_OK;
    case WEFT_FIELD_VALUE:
        memcpy(value, place, sizeof(*value));
        if (value->kind == WEFT_KIND_TEXT)
            return weft__own_value(weft_heap_of(object), *value, value);
        *value = weft_value_retain(*value);
        return WEFT_OK;
    case WEFT_FIELD_ARRAY:
        return give_new(read_array(object, field), value);
    case WEFT_FIELD_BORROWED:
        *value = weft_int((int64_t)(uintptr_t)read_pointer(place));
        return WEFT_OK;
    case WEFT_FIELD_CSTRING:
        text = read_pointer(place);
        return text == NULL ? WEFT_OK
            : give_new(weft_string_new(weft_heap_of(object), text), value);
    case WEFT_FIELD_BOOL:
        *value = weft_bool(*(const unsigned char *)place != 0);
        return WEFT_OK;
    case WEFT_FIELD_DOUBLE:
        memcpy(&real, place, sizeof(real));
        *value = weft_double(real);
        return WEFT_OK;
    default:
        return read_integer(place, field, value);
    }
}

weft_status weft_getattr(const void *object, const char *name,
    weft_value *value)
{
    weft_value found = weft_nil();
    weft_status status = WEFT_ATTRIBUTE_ERROR;
    void *held, *self = weft__unwrap(object, &held, "weft_getattr");
    if (self == NULL) {
        status = WEFT_REFERENCE_ERROR;
    } else {
        const weft_field *field = find_field(self, name);
        if (field != NULL)
            status = value == NULL ? WEFT_OK
                : weft__read_field(self, field, &found);
    }
    if (value != NULL)
        *value = found;
    weft_release(held);
    return status;
}

static weft_status write_integer(void *place, const weft_field *field,
    weft_value value)
{
    if (value.kind != WEFT_KIND_INT || (field->size != 1 && field->size != 2
            && field->size != 4 && field->size != 8))
        return WEFT_TYPE_ERROR;
    int64_t integer = value.as.integer;
    bool is_signed = field->kind == WEFT_FIELD_INT;
    if (!is_signed && integer < 0)
        return WEFT_VALUE_ERROR;
    if (field->size < 8) {
        int64_t end = (int64_t)1 << (8 * field->size - (is_signed ? 1 : 0));
        if (integer >= end || integer < -end)
            return WEFT_VALUE_ERROR;
    }
    write_unsigned(place, field->size, (uint64_t)integer);
    return WEFT_OK;
}

static weft_status write_double(void *place, weft_value value)
{
    if (value.kind != WEFT_KIND_DOUBLE && value.kind != WEFT_KIND_INT)
        return WEFT_TYPE_ERROR;
    double real = value.kind == WEFT_KIND_INT ? (double)value.as.integer
        : value.as.real;
    memcpy(place, &real, sizeof(real));
    return WEFT_OK;
}

static weft_status write_bool(void *place, weft_value value)
{
    if (value.kind != WEFT_KIND_BOOL)
        return WEFT_TYPE_ERROR;
    memcpy(place, &value.as.boolean, sizeof(bool));
    return WEFT_OK;
}

// `type`: what the object must be; NULL: not writable.
static weft_status write_strong(void *place, const weft_type *type,
    weft_value value)
{
    void *target = weft_value_object(value);
    bool fits = target == NULL
        ? value.kind == WEFT_KIND_NIL || value.kind == WEFT_KIND_OBJECT
        : type != NULL && weft_is(target, type);
    if (type == NULL || !fits)
        return WEFT_TYPE_ERROR;
    weft_set_slot(place, target);
    return WEFT_OK;
}

static weft_status write_string(void *place, weft_heap *heap, weft_value value)
{
    if (value.kind != WEFT_KIND_TEXT)
        return write_strong(place, &weft_string_type, value);
    weft_string *string = weft_string_new_sized(heap, value.as.text,
        value.size);
    if (string == NULL)
        return WEFT_MEMORY_ERROR;
    weft_set_slot_steal(place, string);
    return WEFT_OK;
}

static weft_status write_value(weft_value *place, weft_heap *heap,
    weft_value value)
{
    weft_value owned;
    weft_status status = weft__own_value(heap, value, &owned);
    if (status != WEFT_OK)
        return status;
    weft_value old = *place;
    *place = owned;
    weft_value_release(old);
    return WEFT_OK;
}

static weft_status write_field(void *object, const weft_field *field,
    weft_value value)
{
    void *place = (char *)object + field->offset;
    switch (field->kind) {
    case WEFT_FIELD_STRONG:
        return write_strong(place, field->type, value);
    case WEFT_FIELD_STRING:
        return write_string(place, weft_heap_of(object), value);
    case WEFT_FIELD_VALUE:
        return write_value(place, weft_heap_of(object), value);
    case WEFT_FIELD_BOOL:
        return write_bool(place, value);
    case WEFT_FIELD_INT:
    case WEFT_FIELD_UINT:
        return write_integer(place, field, value);
    case WEFT_FIELD_DOUBLE:
        return write_double(place, value);
    default:
        return WEFT_TYPE_ERROR;
    }
}

weft_status weft_setattr(void *object, const char *name, weft_value value)
{
    weft_status status = WEFT_ATTRIBUTE_ERROR;
    void *held, *self = weft__unwrap(object, &held, "weft_setattr");
    if (self == NULL) {
        status = WEFT_REFERENCE_ERROR;
    } else {
        const weft_field *field = find_field(self, name);
        if (field != NULL)
            status = write_field(self, field, value);
    }
    weft_release(held);
    return status;
}

// What a method gave, as the caller may own it: nil if it failed, a string if
// it is a text.
static weft_status settle_result(weft_heap *heap, weft_status status,
    weft_value *result)
{
    if (status != WEFT_OK)
        weft_value_clear(result);
    else if (result->kind == WEFT_KIND_TEXT)
        status = weft__own_value(heap, *result, result);
    return status;
}

weft_status weft_call(void *object, const char *name,
    const weft_value *arguments, size_t count, weft_value *result)
{
    weft_value given = weft_nil();
    weft_status status = WEFT_ATTRIBUTE_ERROR;
    void *held, *self = weft__unwrap(object, &held, "weft_call");
    if (self == NULL) {
        status = WEFT_REFERENCE_ERROR;
    } else {
        weft_method_fn *call = find_method(self, name);
        if (call != NULL) {
            if (held == NULL)
                held = weft_retain(self);
            weft_heap *heap = weft_heap_of(self);
            heap->calls++;
            status = call(self, arguments, count, &given);
            heap->calls--;
            status = settle_result(weft_heap_of(self), status, &given);
        }
    }
    if (result != NULL)
        *result = given;
    else
        weft_value_release(given);
    weft_release(held);
    return status;
}
