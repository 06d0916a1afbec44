// SPDX-License-Identifier: MIT
//
// A program that forgets something, and how it hears of it. Closing a heap
// returns how many objects were still held, and tells the report hook of each
// type: how many there are, and the first of them. Everything is taken apart
// all the same: `dispose` runs, and no memory is lost.
#include <weft.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct order {
    uint32_t number;
    struct order *related;      // strong
    char *notes;                // plain memory
};

struct customer {
    const char *name;           // plain
    struct order *order;        // strong
};

static void order_dispose(void *self)
{
    struct order *order = self;
    printf("order %u is taken apart\n", (unsigned)order->number);
    free(order->notes);
}

static weft_type order_type = {
    .name = "order", WEFT_SIZE(struct order),
    .fields = WEFT_FIELDS(WEFT_UINT(struct order, number),
        WEFT_STRONG(struct order, related)),
    .dispose = order_dispose };

static weft_type customer_type = {
    .name = "customer", WEFT_SIZE(struct customer),
    .fields = WEFT_FIELDS(WEFT_CSTRING(struct customer, name),
        WEFT_STRONG(struct customer, order)) };

WEFT_NEW_REF static struct order *order_new(weft_heap *heap, uint32_t number)
{
    struct order *order = weft_new(heap, &order_type);
    if (order == NULL)
        return NULL;
    order->number = number;
    order->notes = calloc(1, 80);
    if (order->notes == NULL)
        weft_clear(&order);
    return order;
}

// The message goes on with addresses, which differ from run to run.
static void hear(weft_heap *heap, const weft_report *report, void *context)
{
    (void)heap;
    size_t *leaked_types = context;
    if (report->event != WEFT_LEAKED)
        return;
    ++*leaked_types;
    const char *addresses = strstr(report->message, " 0x");
    int size = addresses == NULL ? 0 : (int)(addresses - report->message);
    printf("%.*s ...\n", size, report->message);
}

int main(void)
{
    size_t leaked_types = 0;
    weft_heap_options options = {
        .report = hear, .report_context = &leaked_types };
    weft_heap *heap = weft_heap_open(&options);
    if (heap == NULL)
        return EXIT_FAILURE;

    struct order *paid = order_new(heap, 1);
    struct order *open = order_new(heap, 2);
    struct order *forgotten = order_new(heap, 3);
    struct customer *customer = weft_new(heap, &customer_type);
    if (paid == NULL || open == NULL || forgotten == NULL || customer == NULL)
        return EXIT_FAILURE;
    customer->name = "Ada";
    weft_set(&customer->order, open);

    // Two orders that hold each other, which alone would be no leak: closing
    // collects rings. But somebody forgets to release one of them.
    weft_set(&open->related, forgotten);
    weft_set(&forgotten->related, open);

    printf("releasing nearly all there is\n");
    weft_release(paid);
    weft_release(open);
    weft_release(customer);

    printf("closing\n");
    size_t held = weft_heap_close(heap);
    printf("objects still held: %zu, of types: %zu\n", held, leaked_types);
    return held == 2 ? EXIT_SUCCESS : EXIT_FAILURE;
}
