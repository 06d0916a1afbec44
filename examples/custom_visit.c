// SPDX-License-Identifier: MIT
//
// A type whose fields are no plain pointers: the cells of a small Lisp. A word
// is either a number, marked by its lowest bit, or a reference to another cell.
// No row can say that, so `visit` does: it reports the address of each word
// that owns a reference just now. That is all the type needs: weft empties what
// is reported when a cell dies, and the collector finds rings of cells, be they
// as strange as a list that ends in itself.
//
// The one rule: what owns a reference is reported exactly once, at every moment
// at which something is let go of. So word_set() writes first, then releases.
#include <weft.h>

#include <stdio.h>
#include <stdlib.h>

union word {
    uintptr_t bits;             // 2 n + 1: the number n; 0: the empty list
    struct cell *cell;          // strong
};

struct cell {
    union word head;
    union word tail;
};

static bool is_number(union word word)
{
    return (word.bits & 1) != 0;
}

static void cell_visit(const void *self, weft_visitor *visitor)
{
    const struct cell *cell = self;
    if (!is_number(cell->head))
        weft_visit(visitor, &cell->head.cell, "head");
    if (!is_number(cell->tail))
        weft_visit(visitor, &cell->tail.cell, "tail");
}

static weft_type cell_type = {
    .name = "cell", WEFT_SIZE(struct cell), .visit = cell_visit };

static union word number(unsigned n)
{
    return (union word){ .bits = (uintptr_t)n * 2 + 1 };
}

// Steals the cell, if `value` is one.
static void word_set(union word *word, union word value)
{
    union word old = *word;
    *word = value;
    if (!is_number(old))
        weft_release(old.cell);
}

// Steals what it is given.
WEFT_NEW_REF static struct cell *cons(weft_heap *heap, union word head,
    union word tail)
{
    struct cell *cell = weft_new(heap, &cell_type);
    if (cell == NULL)
        exit(EXIT_FAILURE);
    cell->head = head;
    cell->tail = tail;
    return cell;
}

WEFT_NEW_REF static struct cell *list_up_to(weft_heap *heap, unsigned count)
{
    struct cell *list = NULL;
    for (unsigned i = count; i > 0; i--)
        list = cons(heap, number(i), (union word){ .cell = list });
    return list;
}

static void print_list(const struct cell *list, size_t limit)
{
    printf("  (");
    for (; list != NULL && limit > 0; list = list->tail.cell, limit--)
        if (is_number(list->head))
            printf(" %u", (unsigned)(list->head.bits >> 1));
        else
            printf(" (...)");
    printf("%s)\n", list != NULL ? " ..." : "");
}

static size_t living(const weft_heap *heap)
{
    return weft_heap_get_stats(heap).objects;
}

int main(void)
{
    weft_heap *heap = weft_heap_open(NULL);
    if (heap == NULL)
        return EXIT_FAILURE;

    printf("a list, and one that holds it:\n");
    struct cell *list = list_up_to(heap, 3);
    print_list(list, 8);
    struct cell *outer = cons(heap, (union word){ .cell = list },
        (union word){ .cell = list_up_to(heap, 2) });
    print_list(outer, 8);
    printf("  cells: %zu\n", living(heap));
    weft_release(outer);
    printf("  released, cells: %zu\n", living(heap));

    printf("a list that goes on for ever:\n");
    list = list_up_to(heap, 3);
    struct cell *last = list->tail.cell->tail.cell;
    word_set(&last->tail, (union word){ .cell = weft_retain(list) });
    print_list(list, 8);
    weft_auto(weft_list) why = weft_gc_why_alive(last);
    if (why == NULL)
        return EXIT_FAILURE;
    printf("  the last cell is alive, for it is held as");
    weft_each(step, why)
        if (step.key.as.integer % 2 == 1)
            printf(" .%s", weft_value_text(step.value));
    printf("\n");
    weft_clear(&why);
    weft_release(list);
    printf("  released, cells: %zu\n", living(heap));
    printf("  collected: %zu\n", weft_gc_collect(heap, WEFT_FULL));
    printf("  cells: %zu\n", living(heap));

    printf("a number takes the place of a list:\n");
    list = list_up_to(heap, 5);
    word_set(&list->tail, number(7));
    printf("  cells: %zu\n", living(heap));
    weft_release(list);
    printf("still held: %zu\n", weft_heap_close(heap));
    return EXIT_SUCCESS;
}
