// SPDX-License-Identifier: MIT
//
// Numbers are equal by value, whatever their kind, and hash alike: 1 == 1.0 ==
// true, but 2^53 + 1 is not the double next to it. Nothing is rounded: a number
// that is a whole one between -2^63 and 2^63 is compared and hashed as that
// integer, and only two doubles which are not are compared as doubles. So NaN
// equals nothing, itself included, and -0.0 is 0.
#include "value.h"

#include <string.h>

static bool is_number(weft_value value)
{
    return value.kind == WEFT_KIND_BOOL || value.kind == WEFT_KIND_INT
        || value.kind == WEFT_KIND_DOUBLE;
}

// The integer that `number` is. False: none.
bool weft__whole_number(weft_value number, int64_t *integer)
{
    if (number.kind == WEFT_KIND_BOOL) {
        *integer = number.as.boolean;
        return true;
    }
    if (number.kind == WEFT_KIND_INT) {
        *integer = number.as.integer;
        return true;
    }
    double real = number.as.real;
    if (!(real >= -0x1p63 && real < 0x1p63))
        return false;
    *integer = (int64_t)real;
    return (double)*integer == real;
}

bool weft__equal_numbers(weft_value a, weft_value b)
{
    if (!is_number(a) || !is_number(b))
        return false;
    int64_t left, right;
    bool is_left_whole = weft__whole_number(a, &left);
    bool is_right_whole = weft__whole_number(b, &right);
    if (is_left_whole && is_right_whole)
        return left == right;
    if (is_left_whole || is_right_whole)
        return false;
    return a.as.real == b.as.real;
}

uint64_t weft__hash_number(weft_value number)
{
    int64_t integer;
    if (weft__whole_number(number, &integer))
        return (uint64_t)integer;
    uint64_t bits;
    memcpy(&bits, &number.as.real, sizeof(bits));
    bits *= 0x9e3779b97f4a7c15;
    return bits ^ bits >> 32;
}
