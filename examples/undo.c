// SPDX-License-Identifier: MIT
//
// Undo by resurrection. A finalizer runs on a whole object, and may store it
// somewhere: then it lives on, with everything it holds. Here a shape that is
// dropped goes to the undo list of its drawing, from where it can be had back.
// A finalizer runs once in a life: a shape that was had back is dropped for
// good the next time, and so is what falls off the end of the list.
#include <weft.h>

#include <stdio.h>
#include <stdlib.h>

#define UNDO_COUNT 2

struct drawing {
    weft_list *undo;            // strong: dropped shapes, the oldest first
};

struct shape {
    const char *name;           // plain
    weft_weak drawing;          // weak: where it goes when it is dropped
};

static void shape_finalize(void *self)
{
    struct shape *shape = self;
    weft_auto(struct drawing) drawing = weft_weak_get(shape->drawing);
    if (drawing == NULL)
        return;
    weft_status status = weft_list_append(drawing->undo, weft_object(shape));
    if (status != WEFT_OK) {
        weft_heap_report(weft_heap_of(shape), status, "cannot undo", shape);
        return;
    }
    printf("  %s can be had back\n", shape->name);
    if (weft_list_length(drawing->undo) > UNDO_COUNT)
        weft_value_release(weft_list_pop(drawing->undo, 0));
}

static void shape_dispose(void *self)
{
    const struct shape *shape = self;
    printf("  %s is gone for good\n", shape->name);
}

static weft_type drawing_type = {
    .name = "drawing", WEFT_SIZE(struct drawing),
    .fields = WEFT_FIELDS(WEFT_STRONG_OF(struct drawing, undo,
        &weft_list_type)) };

static weft_type shape_type = {
    .name = "shape", WEFT_SIZE(struct shape),
    .fields = WEFT_FIELDS(WEFT_CSTRING(struct shape, name),
        WEFT_WEAK(struct shape, drawing)),
    .finalize = shape_finalize, .dispose = shape_dispose };

WEFT_NEW_REF static struct drawing *drawing_new(weft_heap *heap)
{
    struct drawing *drawing = weft_new(heap, &drawing_type);
    if (drawing == NULL)
        return NULL;
    drawing->undo = weft_list_new(heap);
    if (drawing->undo == NULL)
        weft_clear(&drawing);
    return drawing;
}

WEFT_NEW_REF static struct shape *shape_new(struct drawing *drawing,
    const char *name)
{
    struct shape *shape = weft_new(weft_heap_of(drawing), &shape_type);
    if (shape == NULL)
        return NULL;
    shape->name = name;
    shape->drawing = weft_weak_of(drawing);
    return shape;
}

// The shape that was dropped last, or NULL.
WEFT_NEW_REF static struct shape *drawing_undo(struct drawing *drawing)
{
    size_t count = weft_list_length(drawing->undo);
    if (count == 0)
        return NULL;
    return weft_value_object(weft_list_pop(drawing->undo, count - 1));
}

int main(void)
{
    weft_heap *heap = weft_heap_open(NULL);
    struct drawing *drawing = heap == NULL ? NULL : drawing_new(heap);
    if (drawing == NULL)
        return EXIT_FAILURE;
    static const char *const names[] = { "circle", "square", "star" };
    for (size_t i = 0; i < 3; i++) {
        printf("drop the %s:\n", names[i]);
        weft_release(shape_new(drawing, names[i]));
    }

    struct shape *shape = drawing_undo(drawing);
    if (shape == NULL)
        return EXIT_FAILURE;
    printf("undo: the %s is back\n", shape->name);
    printf("drop it again:\n");
    weft_release(shape);

    printf("close the drawing:\n");
    weft_release(drawing);
    printf("still held: %zu\n", weft_heap_close(heap));
    return EXIT_SUCCESS;
}
