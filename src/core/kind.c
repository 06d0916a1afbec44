// SPDX-License-Identifier: MIT
//
// Kinds: what a heap knows of a type in one slot size. At the first use of a
// type its table is checked and compiled to the rows that death needs: only
// what is held, base first, in table order, with what is private at the end.
//
// A type's number is a hint, not a name: two copies of weft in a process number
// alike, and a plugin that is loaded again at the same address has number 0,
// which is no type's. So a kind is found by address and number together, and
// numbers need not be unique: they are handed out with a relaxed store and no
// lock. (The table of current pages compares addresses only. Before a plugin is
// unloaded weft_heap_trim() takes the pages of its types out of there.)
#include "core.h"

#include <string.h>

static uint32_t last_number;

static uint32_t number_type(weft_type *type)
{
    uint32_t number = __atomic_load_n(&type->number, __ATOMIC_RELAXED);
    while (number == 0) {
        uint32_t next = __atomic_add_fetch(&last_number, 1, __ATOMIC_RELAXED);
        // An entry that no type has is where a type not yet numbered looks.
        if ((next & 15) == 0)
            continue;
        // Another thread may use the type for the first time too.
        if (__atomic_compare_exchange_n(&type->number, &number, next, false,
                __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            number = next;
    }
    return number;
}

bool weft__type_is(const weft_type *type, const weft_type *base)
{
    while (type != NULL && type != base)
        type = type->base;
    return type != NULL;
}

static enum role role_of_type(const weft_type *type)
{
    for (; type != NULL; type = type->base)
        if (type->reserved[0] != NULL)
            return (enum role)(uintptr_t)type->reserved[0];
    return ROLE_NONE;
}

enum role weft__role_of(const void *object)
{
    const struct kind *kind = page_of(object)->kind;
    return kind == NULL ? ROLE_NONE : kind->role;
}

// ---- checking a table

static bool bad_table(weft_heap *heap, const weft_type *type, const char *what,
    const char *row)
{
    weft__misuse(heap, NULL, "weft_new: type %s: %s%s%s",
        type->name == NULL ? "without a name" : type->name, what,
        row == NULL ? "" : " ", row == NULL ? "" : row);
    return false;
}

static uint32_t size_of_row(const weft_field *field)
{
    switch (field->kind) {
    case WEFT_FIELD_STRONG: case WEFT_FIELD_STRING: case WEFT_FIELD_ARRAY:
    case WEFT_FIELD_BORROWED: case WEFT_FIELD_CSTRING: case ROW_VALUES:
        return sizeof(void *);
    case WEFT_FIELD_WEAK:
        return sizeof(weft_weak);
    case WEFT_FIELD_VALUE:
        return sizeof(weft_value);
    default:
        return field->size;
    }
}

static bool is_held(const weft_field *field)
{
    return field->kind == WEFT_FIELD_STRONG || field->kind == WEFT_FIELD_STRING
        || field->kind == WEFT_FIELD_VALUE || field->kind == WEFT_FIELD_ARRAY
        || field->kind >= ROW_VALUES;
}

// How much of a struct that extends one of weft's own types is weft's.
static size_t private_size(const weft_type *type)
{
    if (type->reserved[0] != NULL)
        return 0;                       // its own rows know what they do
    const weft_type *base = type->base;
    while (base != NULL && base->reserved[0] == NULL)
        base = base->base;
    return base == NULL ? 0 : base->size;
}

static bool check_field(weft_heap *heap, const weft_type *type,
    const weft_field *field)
{
    if (field->kind > WEFT_FIELD_DOUBLE && field->kind < ROW_VALUES)
        return bad_table(heap, type, "no such kind of row:", field->name);
    if (field->kind == ROW_LEAVE)
        return true;
    uint32_t size = size_of_row(field);
    if (size != field->size || (uint64_t)field->offset + size > type->size)
        return bad_table(heap, type, "does not fit the struct: row",
            field->name);
    if (is_held(field) && field->offset % sizeof(void *) != 0)
        return bad_table(heap, type, "is not aligned: row", field->name);
    if (field->offset < private_size(type))
        return bad_table(heap, type, "is in weft's own part: row", field->name);
    uint32_t width = field->count_size;
    bool counted = field->kind == WEFT_FIELD_ARRAY || field->kind == ROW_VALUES;
    if (counted && ((width != 1 && width != 2 && width != 4 && width != 8)
            || (uint64_t)field->count_offset + width > type->size))
        return bad_table(heap, type, "has a bad count: row", field->name);
    return true;
}

static bool overlap(const weft_field *a, const weft_field *b)
{
    return a->offset < b->offset + b->size && b->offset < a->offset + a->size;
}

// A row that is held may not share memory with any other row.
static bool check_overlaps(weft_heap *heap, const weft_type *type,
    const weft_field *field)
{
    if (field->kind == ROW_LEAVE)
        return true;
    for (const weft_type *t = type; t != NULL; t = t->base)
        for (const weft_field *f = t->fields; f != NULL && f->name != NULL; f++)
            if (f != field && f->kind != ROW_LEAVE && overlap(f, field)
                    && (is_held(f) || is_held(field)))
                return bad_table(heap, type, "names the same memory twice: row",
                    field->name);
    return true;
}

static bool check_type(weft_heap *heap, const weft_type *type)
{
    size_t alignment = type->alignment;
    if (type->name == NULL)
        return bad_table(heap, type, "has none", NULL);
    if (type->size == 0)
        return bad_table(heap, type, "has no size: use WEFT_SIZE", NULL);
    if ((alignment & (alignment - 1)) != 0 || alignment > 64)
        return bad_table(heap, type, "cannot be aligned like that", NULL);
    if (type->base != NULL && (type->base->size > type->size
            || type->base->alignment > alignment))
        return bad_table(heap, type, "does not begin with its base", NULL);
    for (const weft_field *f = type->fields; f != NULL && f->name != NULL; f++)
        if (!check_field(heap, type, f) || !check_overlaps(heap, type, f))
            return false;
    return type->base == NULL || check_type(heap, type->base);
}

// ---- compiling it

static uint32_t count_rows(const weft_type *type)
{
    uint32_t count = 0;
    for (; type != NULL; type = type->base)
        for (const weft_field *f = type->fields; f != NULL && f->name != NULL;
                f++)
            count += is_held(f);
    return count;
}

// Base first, in table order. `leave` picks the rows that come last.
static uint32_t compile_rows(const weft_type *type, struct row *rows,
    uint32_t count, bool leave)
{
    if (type->base != NULL)
        count = compile_rows(type->base, rows, count, leave);
    for (const weft_field *f = type->fields; f != NULL && f->name != NULL; f++)
        if (is_held(f) && (f->kind == ROW_LEAVE) == leave)
            rows[count++] = (struct row){ .offset = f->offset,
                .count_offset = f->count_offset, .count_size = f->count_size,
                .kind = f->kind == WEFT_FIELD_STRING ? WEFT_FIELD_STRONG
                    : f->kind };
    return count;
}

static void compile_type(struct kind *kind, weft_type *type)
{
    uint32_t count = compile_rows(type, kind->rows, 0, false);
    bool leaves = count < kind->row_count, tells = true;
    (void)compile_rows(type, kind->rows, count, true);
    for (; count < kind->row_count; count++)
        tells &= kind->rows[count].offset > 0;
    kind->role = role_of_type(type);
    kind->forbidden = type->weak == WEFT_FORBIDDEN;
    for (const weft_type *t = type; t != NULL; t = t->base) {
        if (kind->finalize == NULL)
            kind->finalize = t->finalize;
        kind->disposes |= t->dispose != NULL;
        kind->clears |= t->clear != NULL;
        kind->visits |= t->visit != NULL;
    }
    bool arrays = false, strong = kind->row_count < 32;
    for (uint32_t i = 0; i < kind->row_count; i++) {
        arrays |= kind->rows[i].count_size > 0;
        strong &= kind->rows[i].kind == WEFT_FIELD_STRONG
            && kind->rows[i].offset == i * sizeof(void *);
    }
    strong &= !kind->visits;
    kind->strong = strong ? (uint8_t)kind->row_count : 0;
    bool ends_quietly = !kind->disposes && !kind->clears && !kind->visits;
    kind->early = ends_quietly && !leaves && !arrays;
    kind->plain = ends_quietly && tells && kind->finalize == NULL;
    // What holds nothing is in no ring; but a finalizer has its turn with those
    // of the ring it hangs on.
    kind->acyclic = type->acyclic || (kind->row_count == 0
        && !kind->clears && !kind->visits && kind->finalize == NULL
        && kind->role != ROLE_MAP);
    enum role role = kind->role;
    kind->traits = (uint8_t)((kind->finalize != NULL ? TRAIT_FINALIZE : 0)
        | (role >= ROLE_REF && role <= ROLE_FINALIZER ? TRAIT_REF : 0)
        | (role == ROLE_HIDDEN || role == ROLE_OWNER || role == ROLE_FINALIZER
            || role == ROLE_ENTRY || role == ROLE_POOLED ? TRAIT_HIDDEN : 0)
        | (role >= ROLE_VALUEDICT ? TRAIT_TABLE : 0)
        | (!kind->plain || kind->strong == 0 ? TRAIT_OTHER : 0));
}

static struct size *find_size(weft_heap *heap, uint64_t slot_size)
{
    for (uint32_t i = 0; i < heap->size_count; i++)
        if (heap->sizes[i]->slot_size == slot_size)
            return heap->sizes[i];
    struct size *size = weft__resize(heap, NULL, 0, sizeof(*size));
    size_t bytes = heap->size_count * sizeof(*heap->sizes);
    struct size **sizes = size == NULL ? NULL
        : weft__resize(heap, heap->sizes, bytes, bytes + sizeof(*sizes));
    if (sizes == NULL) {
        (void)weft__resize(heap, size, sizeof(*size), 0);
        return NULL;
    }
    heap->sizes = sizes;
    *size = (struct size){ .slot_size = slot_size };
    sizes[heap->size_count++] = size;
    return size;
}

static struct kind **kind_list(weft_heap *heap, const weft_type *type,
    uint64_t slot_size)
{
    uint64_t mixed = ((uint64_t)(uintptr_t)type ^ slot_size << 40)
        * 0x9e3779b97f4a7c15u;
    return &heap->kinds[(mixed >> 32) & heap->kinds_mask];
}

static void grow_kinds(weft_heap *heap)
{
    uint32_t old_count = heap->kinds_mask + 1, count = old_count * 2;
    struct kind **kinds = weft__resize(heap, NULL, 0, count * sizeof(*kinds));
    if (kinds == NULL)
        return;                         // longer lists will do
    memset(kinds, 0, count * sizeof(*kinds));
    struct kind **old = heap->kinds;
    heap->kinds = kinds;
    heap->kinds_mask = count - 1;
    for (uint32_t i = 0; i < old_count; i++)
        for (struct kind *kind = old[i], *next; kind != NULL; kind = next) {
            next = kind->next;
            struct kind **list = kind_list(heap, kind->type, kind->slot_size);
            kind->next = *list;
            *list = kind;
        }
    (void)weft__resize(heap, old, old_count * sizeof(*old), 0);
}

static struct kind *new_kind(weft_heap *heap, weft_type *type,
    uint64_t slot_size)
{
    if (!check_type(heap, type))
        return NULL;
    uint32_t row_count = count_rows(type);
    struct size *size = find_size(heap, slot_size);
    size_t bytes = sizeof(struct kind) + row_count * sizeof(struct row);
    struct kind *kind = size == NULL ? NULL
        : weft__resize(heap, NULL, 0, bytes);
    if (kind == NULL)
        return NULL;
    *kind = (struct kind){ .type = type, .number = number_type(type),
        .row_count = row_count, .slot_size = slot_size, .size = size,
        .rows = (struct row *)(void *)(kind + 1) };
    compile_type(kind, type);
    if (heap->kind_count > heap->kinds_mask)
        grow_kinds(heap);
    struct kind **list = kind_list(heap, type, slot_size);
    kind->next = *list;
    *list = kind;
    heap->kind_count++;
    return kind;
}

// The kind of a type in this slot size, made if need be; NULL: no memory, or a
// table that is wrong, which was reported.
struct kind *weft__find_kind(weft_heap *heap, weft_type *type,
    uint64_t slot_size)
{
    uint32_t number = number_type(type);
    struct kind *kind = *kind_list(heap, type, slot_size);
    while (kind != NULL && (kind->type != type || kind->number != number
            || kind->slot_size != slot_size))
        kind = kind->next;
    return kind != NULL ? kind : new_kind(heap, type, slot_size);
}

void weft__free_kind(weft_heap *heap, struct kind *kind)
{
    (void)weft__resize(heap, kind, sizeof(*kind)
        + kind->row_count * sizeof(struct row), 0);
}
