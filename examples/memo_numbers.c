// SPDX-License-Identifier: MIT
//
// A function of numbers that remembers its results weakly, which Python cannot
// have: nothing refers weakly to a number there. Here results are numbers in
// boxes. Each box of a Fibonacci number holds the two it was made of, so as
// long as one is held all below it are remembered; let go of it, and the memo
// is empty. The function calls itself by way of the memo.
#include <weft_pattern.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct number {
    uint64_t value;
    struct number *parts[2];    // strong, or NULL: what it is the sum of
};

struct work {
    weft_heap *heap;            // where numbers are made
    weft_memo *memo;            // strong: the function, remembering
    size_t calls;               // of the function itself
};

static weft_type number_type = {
    .name = "number", WEFT_SIZE(struct number),
    .fields = WEFT_FIELDS(WEFT_UINT(struct number, value),
        WEFT_STRONG(struct number, parts[0]),
        WEFT_STRONG(struct number, parts[1])) };

WEFT_NEW_REF static struct number *fibonacci(const struct work *work, int64_t n)
{
    weft_value argument = weft_int(n);
    return weft_memo_call(work->memo, &argument, 1);
}

static void *fibonacci_make(const weft_value *arguments, size_t count,
    void *context)
{
    struct work *work = context;
    struct number *number = weft_new(work->heap, &number_type);
    if (number == NULL || count != 1)
        exit(EXIT_FAILURE);
    work->calls++;
    int64_t n = arguments[0].as.integer;
    number->value = (uint64_t)n;
    if (n < 2)
        return number;
    for (int i = 0; i < 2; i++) {
        number->parts[i] = fibonacci(work, n - 1 - i);
        if (number->parts[i] == NULL)
            exit(EXIT_FAILURE);
    }
    number->value = number->parts[0]->value + number->parts[1]->value;
    return number;
}

static void print_work(const struct work *work)
{
    printf("  calls: %zu, remembered: %zu\n", work->calls,
        weft_memo_length(work->memo));
}

int main(void)
{
    struct work work = { .heap = weft_heap_open(NULL) };
    if (work.heap == NULL)
        return EXIT_FAILURE;
    work.memo = weft_memo_new(work.heap, fibonacci_make, &work);
    if (work.memo == NULL)
        return EXIT_FAILURE;

    struct number *ninety = fibonacci(&work, 90);
    if (ninety == NULL)
        return EXIT_FAILURE;
    printf("fibonacci of 90: %" PRIu64 "\n", ninety->value);
    print_work(&work);
    struct number *fifty = fibonacci(&work, 50);
    if (fifty == NULL)
        return EXIT_FAILURE;
    printf("fibonacci of 50, which is part of it: %" PRIu64 "\n", fifty->value);
    print_work(&work);
    printf("without the 90th:\n");
    weft_release(ninety);
    print_work(&work);
    printf("without the 50th:\n");
    weft_release(fifty);
    print_work(&work);

    weft_release(work.memo);
    printf("still held: %zu\n", weft_heap_close(work.heap));
    return EXIT_SUCCESS;
}
