// SPDX-License-Identifier: MIT
//
// The types of the stress program. Each object has the number of its shadow,
// but those that weft itself defines: these are found by their address.
#include "tables.h"

#include <string.h>

struct pair {
    struct pair *left, *right;  // strong
    uint32_t number;
};

struct big {
    struct pair *left, *right;  // strong
    uint32_t number;
    char room[9000];            // some seven of these fill a page
};

struct array {
    uint32_t number;
    uint32_t count;
    struct pair **items;        // strong, count of them
};

struct values {
    uint32_t number;
    weft_value first, second;   // owned
};

struct visited {
    uint32_t number;
    bool is_value;              // which of both u is
    union {
        struct pair *pointer;
        weft_value value;
    } u;                        // owned
    struct pair *other;         // strong
};

struct keyed {
    struct pair *left, *right;  // strong
    uint32_t number;
    uint32_t key;
};

struct told {
    weft_ref ref;
    struct pair *field;         // strong
    uint32_t number;
};

static void pair_dispose(void *self)
{
    end_of(((struct pair *)self)->number);
}

static void pair_finalize(void *self)
{
    say_last_words(((struct pair *)self)->number);
}

static void array_dispose(void *self)
{
    struct array *array = self;
    free(array->items);
    end_of(array->number);
}

static void values_dispose(void *self)
{
    end_of(((struct values *)self)->number);
}

static void told_dispose(void *self)
{
    end_of(((struct told *)self)->number);
}

static uint64_t keyed_hash(const void *self)
{
    const struct keyed *keyed = self;
    uint64_t key = keyed->key;
    be_asked(keyed->number);
    switch (world.hashing) {
    case 0: return key;
    case 1: return 7;
    case 2: return key & 1;
    default: return key << 40;
    }
}

static bool keyed_equal(const void *self, const void *other)
{
    const struct keyed *a = self, *b = other;
    be_asked(a->number);
    return weft_is(other, weft_type_of(self)) && a->key == b->key;
}

static void visit_visited(const void *self, weft_visitor *visitor)
{
    const struct visited *visited = self;
    if (visited->is_value)
        weft_visit_value(visitor, &visited->u.value, "value");
    else
        weft_visit(visitor, &visited->u.pointer, "pointer");
    weft_visit(visitor, &visited->other, "other");
}

static void clear_visited(void *self)
{
    struct visited *visited = self;
    weft_clear(&visited->other);
    if (visited->is_value)
        weft_value_clear(&visited->u.value);
    else
        weft_clear(&visited->u.pointer);
}

static const weft_field pair_fields[] = {
    WEFT_STRONG(struct pair, left), WEFT_STRONG(struct pair, right), WEFT_END };

static weft_type pair_type = { .name = "pair", WEFT_SIZE(struct pair),
    .fields = pair_fields };
static weft_type node_type = { .name = "node", WEFT_SIZE(struct pair),
    .fields = pair_fields, .dispose = pair_dispose };
static weft_type words_type = { .name = "last_words", WEFT_SIZE(struct pair),
    .fields = pair_fields, .finalize = pair_finalize, .dispose = pair_dispose };
static weft_type big_type = { .name = "big", WEFT_SIZE(struct big),
    .fields = WEFT_FIELDS(WEFT_STRONG(struct big, left),
        WEFT_STRONG(struct big, right)), .dispose = pair_dispose };
static weft_type array_type = { .name = "array", WEFT_SIZE(struct array),
    .fields = WEFT_FIELDS(WEFT_ARRAY(struct array, items, count)),
    .dispose = array_dispose };
static weft_type values_type = { .name = "values", WEFT_SIZE(struct values),
    .fields = WEFT_FIELDS(WEFT_VALUE(struct values, first),
        WEFT_VALUE(struct values, second)), .dispose = values_dispose };
static weft_type visited_type = { .name = "visited", WEFT_SIZE(struct visited),
    .visit = visit_visited, .dispose = values_dispose };
static weft_type cleared_type = { .name = "cleared", WEFT_SIZE(struct visited),
    .visit = visit_visited, .clear = clear_visited };
static weft_type leaf_type = { .name = "leaf", WEFT_SIZE(struct values),
    .dispose = values_dispose };
static weft_type tree_type = { .name = "tree", WEFT_SIZE(struct pair),
    .fields = pair_fields, .dispose = pair_dispose, .acyclic = true };
static weft_type keyed_type = { .name = "keyed", WEFT_SIZE(struct keyed),
    .fields = pair_fields, .dispose = pair_dispose, .hash = keyed_hash,
    .equal = keyed_equal };
static weft_type told_type = { .name = "told", WEFT_SIZE(struct told),
    .base = &weft_ref_type, .fields = WEFT_FIELDS(
        WEFT_STRONG(struct told, field)), .dispose = told_dispose };

weft_type *const types[KINDS] = { &pair_type, &node_type, &words_type,
    &big_type, &array_type, &values_type, &visited_type, &cleared_type,
    &weft_list_type, &leaf_type, &tree_type, &keyed_type, &weft_string_type,
    &weft_weakvaluedict_type, &weft_weakkeydict_type, &weft_weakset_type,
    &weft_ref_type, &told_type };

const char *const kind_names[KINDS] = { "pair", "node", "last_words", "big",
    "array", "values", "visited", "cleared", "list", "leaf", "tree", "keyed",
    "string", "valuedict", "keydict", "weakset", "ref", "told" };

bool is_table(enum thing kind)
{
    return kind >= VALUEDICT && kind <= WEAKSET;
}

bool is_hashable(uint32_t number)
{
    enum thing kind = shadow_at(number)->kind;
    return kind != LIST && !is_table(kind);
}

static bool array_complete(struct array *array)
{
    if (array == NULL)
        return false;
    array->items = calloc(FIELDS, sizeof(*array->items));
    array->count = FIELDS;
    return array->items != NULL;
}

void *thing_new(enum thing kind)
{
    const weft_by by = (weft_by)pick(3);
    switch (kind) {
    case LIST: return weft_list_new(world.heap);
    case STRING: return weft_string_new(world.heap, texts[pick(TEXTS)]);
    case VALUEDICT: return weft_weakvaluedict_new(world.heap, by);
    case KEYDICT: return weft_weakkeydict_new(world.heap, by);
    case WEAKSET: return weft_weakset_new(world.heap, by);
    default: break;
    }
    void *object = weft_new(world.heap, types[kind]);
    if (kind == ARRAY && object != NULL && !array_complete(object))
        abort();
    if (kind == VISITED || kind == CLEARED)
        if (object != NULL && pick(2) == 0)
            ((struct visited *)object)->is_value = true;
    return object;
}

// What an object of a kind has besides fields, in its shadow too.
void complete(uint32_t number)
{
    struct shadow *shadow = shadow_at(number);
    if (shadow->kind == KEYED) {
        shadow->key = pick(world.keys);
        ((struct keyed *)shadow->address)->key = shadow->key;
    } else if (shadow->kind == STRING) {
        while (strcmp(texts[shadow->key], weft_string_text(shadow->address))
                != 0)
            shadow->key++;
    } else if (is_table(shadow->kind)) {
        make_contents(number, (weft_by)table_at(number)->by);
    }
}

uint32_t field_count(enum thing kind)
{
    if (kind == ARRAY || kind == LIST)
        return FIELDS;
    if (kind == LEAF || kind == REF || kind == STRING || is_table(kind))
        return 0;
    return kind == TOLD ? 1 : 2;
}

bool may_hold(enum thing kind, enum thing content)
{
    return kind != TREE || content == LEAF;
}

static uint32_t *number_of(const void *object, enum thing kind)
{
    void *self = (void *)(uintptr_t)object;
    switch (kind) {
    case LIST: case REF: case STRING: case VALUEDICT: case KEYDICT:
    case WEAKSET: return NULL;
    case TOLD: return &((struct told *)self)->number;
    case ARRAY: return &((struct array *)self)->number;
    case VALUES: case LEAF: return &((struct values *)self)->number;
    case VISITED: case CLEARED: return &((struct visited *)self)->number;
    default: return &((struct pair *)self)->number;
    }
}

void set_number(void *object, enum thing kind, uint32_t number)
{
    uint32_t *place = number_of(object, kind);
    if (place != NULL)
        *place = number;
}

uint32_t number_in(const void *object, enum thing kind)
{
    uint32_t *place = number_of(object, kind);
    if (place != NULL)
        return *place;
    for (uint32_t i = world.count; i > 0; i--)
        if (world.shadows[i].address == object
                && world.shadows[i].kind == kind)
            return i;
    return 0;
}

// Strings are made by tables, too, unseen.
static uint32_t number_of_string(const void *object)
{
    uint32_t number = number_in(object, STRING), which = 0;
    while (strcmp(texts[which], weft_string_text(object)) != 0)
        which++;
    if (number == 0 || shadow_at(number)->key != which) {
        number = new_shadow(STRING, (void *)(uintptr_t)object);
        shadow_at(number)->key = which;
    }
    return number;
}

uint32_t number_of_object(const void *object)
{
    if (object == NULL)
        return 0;
    const weft_type *type = weft_type_of(object);
    enum thing kind = PAIR;
    while (types[kind] != type)
        kind++;
    return kind == STRING ? number_of_string(object)
        : number_in(object, kind);
}

void **pointer_at(const struct shadow *shadow, uint32_t i)
{
    void *field = NULL;
    struct visited *visited = shadow->address;
    struct pair *pair = shadow->address;
    switch (shadow->kind) {
    case PAIR: case NODE: case LAST_WORDS: case BIG: case TREE: case KEYED:
        field = i == 0 ? &pair->left : &pair->right;
        break;
    case ARRAY:
        field = &((struct array *)shadow->address)->items[i];
        break;
    case VISITED: case CLEARED:
        field = i == 1 ? &visited->other
            : visited->is_value ? NULL : &visited->u.pointer;
        break;
    case TOLD:
        field = &((struct told *)shadow->address)->field;
        break;
    default:
        break;
    }
    return field;
}

weft_value *value_at(const struct shadow *shadow, uint32_t i)
{
    struct values *values = shadow->address;
    struct visited *visited = shadow->address;
    if (shadow->kind == VALUES)
        return i == 0 ? &values->first : &values->second;
    if ((shadow->kind == VISITED || shadow->kind == CLEARED) && i == 0
            && visited->is_value)
        return &visited->u.value;
    return NULL;
}

// The numbers of a list's shadow are those of its items; nothing lies behind.
void *content_of(const struct shadow *shadow, uint32_t i)
{
    void **pointer = pointer_at(shadow, i);
    weft_value *value = value_at(shadow, i);
    if (pointer != NULL)
        return *pointer;
    if (value != NULL)
        return weft_value_object(*value);
    const weft_list *list = shadow->address;
    const struct { weft_value *values; size_t length; } *inside =
        (const void *)list;
    return i < inside->length ? weft_value_object(inside->values[i]) : NULL;
}
