// SPDX-License-Identifier: MIT
//
// Strings: immutable bytes with a zero behind them, in one piece of memory with
// their object, and so without a dispose:
//
//     | word | size | hash | t e x t 0 |
//
// The hash is that of the bytes, with the secret of the string's own heap; it
// is taken when first asked for and kept in the string. 0 stands for "not yet",
// so a hash that comes out as 0 is 1.
#include "value.h"

#include <string.h>

static size_t string_length(const void *self)
{
    return ((const weft_string *)self)->size;
}

weft_type weft_string_type = {
    .name = "string",
    WEFT_SIZE(weft_string),
    .length = string_length,
    .weak = WEFT_FORBIDDEN,
    .reserved = WEFT__ROLE(ROLE_STRING),
};

static uint64_t hash_bytes(const weft_heap *heap, const char *bytes,
    size_t size)
{
    uint64_t hash = weft__siphash(heap->secret, bytes, size);
    return hash == 0 ? 1 : hash;
}

uint64_t weft__hash_text(const weft_heap *heap, weft_value text)
{
    return hash_bytes(heap, text.as.text, text.size);
}

// As `heap` hashes: a string of another heap has kept a hash of that one.
uint64_t weft__hash_string(const weft_heap *heap, const weft_string *string)
{
    if (unlikely(weft_heap_of(string) != heap))
        return hash_bytes(heap, string->text, string->size);
    uint64_t *place = (uint64_t *)(uintptr_t)&string->hash;
    uint64_t hash = load(place);
    if (hash == 0) {
        hash = hash_bytes(heap, string->text, string->size);
        store(place, hash);
    }
    return hash;
}

weft_string *weft_string_new_sized(weft_heap *heap, const char *bytes,
    size_t size)
{
    if (size == SIZE_MAX)
        return NULL;
    weft_string *string = weft_new_sized(heap, &weft_string_type, size + 1);
    if (string == NULL)
        return NULL;
    string->size = size;
    if (size > 0)
        memcpy(string->text, bytes, size);
    return string;
}

weft_string *weft_string_new(weft_heap *heap, const char *text)
{
    return weft_string_new_sized(heap, text, strlen(text));
}

const char *weft_string_text(const weft_string *string)
{
    if (CHECKED && !weft__check_role(string, ROLE_STRING, "weft_string_text"))
        return NULL;
    return string->text;
}

size_t weft_string_size(const weft_string *string)
{
    if (CHECKED && !weft__check_role(string, ROLE_STRING, "weft_string_size"))
        return 0;
    return string->size;
}
