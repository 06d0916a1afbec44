// SPDX-License-Identifier: MIT
//
// Functions that remember. To draw a glyph takes time, so it is done once for
// each font, letter and size, and all who show that letter share the result.
// When the last of them is done the result is gone, and so is the memory of it:
// a weft_memo of this kind never has to be told what to forget. A memo with the
// options of a cache remembers for longer, up to a budget.
#include <weft_pattern.h>

#include <stdio.h>
#include <stdlib.h>

struct glyph {
    char letter;
    size_t size;                // in pixels, each way
    uint8_t *pixels;            // plain memory
};

static void glyph_dispose(void *self)
{
    struct glyph *glyph = self;
    free(glyph->pixels);
}

static weft_type glyph_type = {
    .name = "glyph", WEFT_SIZE(struct glyph),
    .fields = WEFT_FIELDS(WEFT_INT(struct glyph, letter),
        WEFT_UINT(struct glyph, size)),
    .dispose = glyph_dispose };

static void *need(void *object)
{
    if (object == NULL)
        exit(EXIT_FAILURE);
    return object;
}

// Arguments: font, letter, size. NULL, which is not remembered: memory ran out.
static void *glyph_draw(const weft_value *arguments, size_t count,
    void *context)
{
    weft_heap *heap = context;
    struct glyph *glyph = count == 3 ? weft_new(heap, &glyph_type) : NULL;
    if (glyph == NULL)
        return NULL;
    glyph->letter = weft_value_text(arguments[1])[0];
    glyph->size = (size_t)arguments[2].as.integer;
    glyph->pixels = calloc(glyph->size, glyph->size);
    if (glyph->pixels == NULL) {
        weft_release(glyph);
        return NULL;
    }
    printf("  drawing %c of %s at %zu\n", glyph->letter,
        weft_value_text(arguments[0]), glyph->size);
    return glyph;
}

WEFT_NEW_REF static struct glyph *glyph_get(weft_memo *glyphs,
    const char *font, const char *letter, int size)
{
    weft_value arguments[] = {
        weft_text(font), weft_text(letter), weft_int(size) };
    return need(weft_memo_call(glyphs, arguments, 3));
}

static void show_word(weft_memo *glyphs, const char *word)
{
    for (; *word != '\0'; word++) {
        char letter[] = { *word, '\0' };
        weft_release(glyph_get(glyphs, "serif", letter, 12));
    }
    printf("  remembered: %zu\n", weft_memo_length(glyphs));
}

// What a glyph takes that weft does not know of is its pixels.
static size_t glyph_cost(const void *object, void *context)
{
    const struct glyph *glyph = object;
    (void)context;
    return sizeof(*glyph) + glyph->size * glyph->size;
}

int main(void)
{
    weft_heap *heap = need(weft_heap_open(NULL));
    weft_memo *shared = need(weft_memo_new(heap, glyph_draw, heap));

    printf("shared as long as somebody has it:\n");
    struct glyph *one = glyph_get(shared, "serif", "a", 12);
    struct glyph *two = glyph_get(shared, "serif", "a", 12);
    struct glyph *bold = glyph_get(shared, "bold", "a", 12);
    printf("  the same: %s, another font: %s\n", one == two ? "yes" : "no",
        one == bold ? "the same" : "another glyph");
    printf("  remembered: %zu\n", weft_memo_length(shared));
    weft_release(one);
    weft_release(two);
    weft_release(bold);
    printf("released:\n  remembered: %zu\n", weft_memo_length(shared));
    printf("a word whose glyphs nobody keeps:\n");
    show_word(shared, "abba");

    printf("with a budget of a kilobyte:\n");
    weft_cache_options options = { .budget = 1024, .cost = glyph_cost };
    weft_memo *kept = need(weft_memo_new_cached(heap, glyph_draw, heap,
        &options));
    show_word(kept, "abba");
    printf("forgotten on request:\n");
    weft_memo_clear(kept);
    printf("  remembered: %zu\n", weft_memo_length(kept));

    weft_release(shared);
    weft_release(kept);
    printf("still held: %zu\n", weft_heap_close(heap));
    return EXIT_SUCCESS;
}
