// SPDX-License-Identifier: MIT
//
// The text that weft_repr() makes: bytes, quoted strings and numbers, in memory
// that grows by doubling. The first request that fails makes a writer deaf.
//
// A double is written with as few digits as lead back to it. Up to 15 digits
// what was written is what is read; so the nearest decimal of 15 digits is
// tried, then of 16 and 17, and of fewer for numbers so small that they have no
// 15 digits. Below a power of two doubles lie closer than above: there the
// nearest of 16 digits may lie outside of what leads back, below, and the next
// one inside, above. Digits are then laid out as in Python: with a point
// between 1e-4 and 1e16, else with an exponent.
#include "value.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_TEXT = 64, DOUBLE_DIGITS = 17, POINT_FROM = -4, POINT_TO = 16 };

static bool reserve_text(weft_writer *writer, size_t size)
{
    if (size <= writer->capacity - writer->size)
        return true;
    if (size > UINT32_MAX - writer->size)
        return false;
    size_t capacity = writer->capacity < LEAST_TEXT ? LEAST_TEXT
        : 2 * writer->capacity;
    while (capacity < writer->size + size)
        capacity *= 2;
    char *text = weft__resize(writer->heap, writer->text, writer->capacity,
        capacity);
    if (text == NULL)
        return false;
    writer->text = text;
    writer->capacity = capacity;
    return true;
}

void weft__write_bytes(weft_writer *writer, const char *bytes, size_t size)
{
    if (writer->failed || size == 0)
        return;
    writer->failed = !reserve_text(writer, size);
    if (writer->failed)
        return;
    memcpy(writer->text + writer->size, bytes, size);
    writer->size += size;
}

void weft_write(weft_writer *writer, const char *text)
{
    weft__write_bytes(writer, text, strlen(text));
}

// ---- strings

// How many bytes the character of UTF-8 takes that is there; 0: it is none.
static size_t character_size(const unsigned char *at, size_t left)
{
    if (at[0] < 0x80)
        return 1;
    size_t size = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    if (at[0] < 0xc2 || at[0] > 0xf4 || left < size)
        return 0;
    // What would fit into fewer bytes, surrogates, and what is above 0x10ffff.
    unsigned char low = at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : 0x80;
    unsigned char high = at[0] == 0xed ? 0x9f : at[0] == 0xf4 ? 0x8f : 0xbf;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if (at[i] < 0x80 || at[i] > 0xbf)
            return 0;
    return size;
}

// Of a byte that is not shown as it is. Returns its size.
static int escape(unsigned char byte, char text[5])
{
    switch (byte) {
    case '\'': return snprintf(text, 5, "\\'");
    case '\\': return snprintf(text, 5, "\\\\");
    case '\n': return snprintf(text, 5, "\\n");
    case '\t': return snprintf(text, 5, "\\t");
    case '\r': return snprintf(text, 5, "\\r");
    default: return snprintf(text, 5, "\\x%02x", byte);
    }
}

void weft__write_quoted(weft_writer *writer, const char *bytes, size_t size)
{
    const unsigned char *at = (const unsigned char *)bytes;
    size_t shown = 0;                       // up to here
    weft__write_bytes(writer, "'", 1);
    for (size_t i = 0; i < size;) {
        size_t step = character_size(at + i, size - i);
        if (step > 1 || (step == 1 && at[i] >= ' ' && at[i] != '\''
                && at[i] != '\\' && at[i] != 0x7f)) {
            i += step;
            continue;
        }
        char text[5];
        weft__write_bytes(writer, bytes + shown, i - shown);
        weft__write_bytes(writer, text, (size_t)escape(at[i], text));
        shown = ++i;
    }
    weft__write_bytes(writer, bytes + shown, size - shown);
    weft__write_bytes(writer, "'", 1);
}

// ---- numbers

struct decimal {                // 0.d1d2d3... * 10^(exponent + 1)
    char digits[DOUBLE_DIGITS + 1];     // ends in a zero byte
    int exponent;               // of the first digit
};

// Of a positive number. The locale's point, whatever it is, is skipped.
static struct decimal round_to(double real, int digits)
{
    char text[64];
    struct decimal decimal;
    int count = 0;
    const char *at = text;
    (void)snprintf(text, sizeof(text), "%.*e", digits - 1, real);
    for (; *at != 'e'; at++)
        if (*at >= '0' && *at <= '9')
            decimal.digits[count++] = *at;
    decimal.digits[count] = '\0';
    decimal.exponent = (int)strtol(at + 1, NULL, 10);
    return decimal;
}

static bool leads_back(const struct decimal *decimal, double real)
{
    char text[64];
    int digits = (int)strlen(decimal->digits);
    (void)snprintf(text, sizeof(text), "%se%d", decimal->digits,
        decimal->exponent - digits + 1);
    return strtod(text, NULL) == real;
}

// The next one above of as many digits, unless these are all nines.
static bool step_up(struct decimal *decimal)
{
    size_t i = strlen(decimal->digits);
    while (i > 0 && decimal->digits[i - 1] == '9')
        decimal->digits[--i] = '0';
    if (i > 0)
        decimal->digits[i - 1]++;
    return i > 0;
}

static uint64_t bits_of(double real)
{
    uint64_t bits;
    memcpy(&bits, &real, sizeof(bits));
    return bits;
}

static bool is_power_of_two(double real)
{
    return (bits_of(real) & (((uint64_t)1 << (DBL_MANT_DIG - 1)) - 1)) == 0;
}

static struct decimal shortest(double real)
{
    struct decimal decimal;
    int digits = real < DBL_MIN ? 1 : DBL_DIG;
    for (; digits < DOUBLE_DIGITS; digits++) {
        decimal = round_to(real, digits);
        if (leads_back(&decimal, real))
            return decimal;
    }
    if (is_power_of_two(real) && step_up(&decimal)
            && leads_back(&decimal, real))
        return decimal;
    return round_to(real, DOUBLE_DIGITS);
}

// Digits with a point where it belongs.
static void write_positional(weft_writer *writer, const char *digits,
    int exponent)
{
    static const char zeros[] = "00000000000000000";
    int count = (int)strlen(digits), before = exponent + 1;
    if (before <= 0) {
        weft_write(writer, "0.");
        weft__write_bytes(writer, zeros, (size_t)-before);
        weft_write(writer, digits);
        return;
    }
    int shown = before < count ? before : count;
    weft__write_bytes(writer, digits, (size_t)shown);
    weft__write_bytes(writer, zeros, (size_t)(before - shown));
    weft_write(writer, ".");
    weft_write(writer, shown < count ? digits + shown : "0");
}

static void write_scientific(weft_writer *writer, const char *digits,
    int exponent)
{
    char text[16];
    weft__write_bytes(writer, digits, 1);
    if (digits[1] != '\0')
        weft_write(writer, ".");
    weft_write(writer, digits + 1);
    (void)snprintf(text, sizeof(text), "e%+03d", exponent);
    weft_write(writer, text);
}

static void write_real(weft_writer *writer, double real)
{
    if (real != real) {
        weft_write(writer, "nan");
        return;
    }
    if (bits_of(real) >> 63 != 0) {
        weft_write(writer, "-");
        real = -real;
    }
    if (real > DBL_MAX) {
        weft_write(writer, "inf");
        return;
    }
    struct decimal decimal = { "0", 0 };
    if (real > 0)
        decimal = shortest(real);
    for (size_t i = strlen(decimal.digits) - 1; i > 0
            && decimal.digits[i] == '0'; i--)
        decimal.digits[i] = '\0';
    if (decimal.exponent >= POINT_FROM && decimal.exponent < POINT_TO)
        write_positional(writer, decimal.digits, decimal.exponent);
    else
        write_scientific(writer, decimal.digits, decimal.exponent);
}

// Apart, for its room on the C stack.
__attribute__((noinline))
void weft__write_number(weft_writer *writer, weft_value number)
{
    char text[32];
    if (number.kind == WEFT_KIND_DOUBLE) {
        write_real(writer, number.as.real);
        return;
    }
    (void)snprintf(text, sizeof(text), "%lld", (long long)number.as.integer);
    weft_write(writer, text);
}
