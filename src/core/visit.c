// SPDX-License-Identifier: MIT
//
// What an object holds besides its rows: its type's `visit` reports the address
// of each such slot, and its bases' do. Those who want to know pass a visitor,
// whose `see` is told of every slot that is not empty.
//
// While `visit` runs the heap is sealed: it may do nothing but report.
#include "core.h"

#include <string.h>

void weft_visit(weft_visitor *visitor, const void *slot, const char *name)
{
    if (*(weft__pointer const *)slot != NULL)
        visitor->see(visitor, (void *)(uintptr_t)slot, false, name);
}

void weft_visit_value(weft_visitor *visitor, const weft_value *slot,
    const char *name)
{
    if (slot->kind == WEFT_KIND_OBJECT && slot->as.object != NULL)
        visitor->see(visitor, (void *)(uintptr_t)slot, true, name);
}

void weft__visit(const struct kind *kind, const void *object,
    weft_visitor *visitor)
{
    weft_heap *heap = page_of(object)->heap;
    heap->sealed++;
    for (const weft_type *type = kind->type; type != NULL; type = type->base)
        if (type->visit != NULL)
            type->visit(object, visitor);
    heap->sealed--;
}

// Empties slots, a few at a time, for their content to be let go.
enum { TAKEN = 16 };

struct taker {
    weft_visitor visitor;
    void *taken[TAKEN];
    size_t count;
};

static void take(weft_visitor *visitor, void *slot, bool is_value,
    const char *name)
{
    struct taker *taker = (struct taker *)(void *)visitor;
    (void)name;
    if (taker->count == TAKEN)
        return;
    if (is_value) {
        weft_value *value = slot;
        taker->taken[taker->count++] = value->as.object;
        *value = weft_nil();
    } else {
        weft__pointer *pointer = slot;
        taker->taken[taker->count++] = *pointer;
        *pointer = NULL;
    }
}

// Empties what the type itself reports, and lets each of it go.
static void empty_visited(const weft_type *type, void *object,
    void (*let_go)(void *held, void *context), void *context)
{
    weft_heap *heap = page_of(object)->heap;
    struct taker taker;
    do {
        taker = (struct taker){ .visitor = { take } };
        heap->sealed++;
        type->visit(object, &taker.visitor);
        heap->sealed--;
        for (size_t i = 0; i < taker.count; i++)
            let_go(taker.taken[i], context);
    } while (taker.count > 0);
}

// What no row names is released and emptied: by `clear`, the type's own first,
// or where there is none by what `visit` reports.
void weft__clear(void *object, void (*let_go)(void *held, void *context),
    void *context)
{
    weft_heap *heap = page_of(object)->heap;
    const weft_type *type = page_of(object)->type;
    for (; type != NULL; type = type->base) {
        if (type->clear != NULL) {
            heap->sealed++;
            type->clear(object);
            heap->sealed--;
        } else if (type->visit != NULL) {
            empty_visited(type, object, let_go, context);
        }
    }
}
