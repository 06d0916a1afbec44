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

// Empties slots, for their content to be let go: all at once if there is memory
// for more than a few, else as many as there is room for.
enum { FEW = 16 };

struct taker {
    weft_visitor visitor;
    weft_heap *heap;
    void *few[FEW];
    void **taken;               // few, or memory
    size_t count, room;
};

static bool has_space(struct taker *taker)
{
    if (taker->count < taker->room)
        return true;
    bool first = taker->taken == taker->few;
    size_t size = taker->room * sizeof(void *);
    void **grown = weft__resize(taker->heap, first ? NULL : taker->taken,
        first ? 0 : size, 2 * size);
    if (grown == NULL)
        return false;
    if (first)
        memcpy(grown, taker->few, size);
    taker->taken = grown;
    taker->room *= 2;
    return true;
}

static void take_slot_content(weft_visitor *visitor, void *slot, bool is_value,
    const char *name)
{
    struct taker *taker = (struct taker *)(void *)visitor;
    (void)name;
    if (!has_space(taker))
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
    struct taker taker = { .visitor = { take_slot_content }, .heap = heap,
        .room = FEW };
    taker.taken = taker.few;
    do {
        taker.count = 0;
        heap->sealed++;
        type->visit(object, &taker.visitor);
        heap->sealed--;
        for (size_t i = 0; i < taker.count; i++)
            let_go(taker.taken[i], context);
    } while (taker.count > 0);
    if (taker.taken != taker.few)
        (void)weft__resize(heap, taker.taken, taker.room * sizeof(void *), 0);
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
