// SPDX-License-Identifier: MIT
//
// A table of objects by number, which keeps none of them alive. It is an array
// of weak handles: whoever asks for an image that somebody still uses gets that
// one; an image that nobody uses is gone at once, and its entry is dead, never
// dangling. Nothing has to be removed from the table when an image dies.
#include <weft.h>

#include <stdio.h>
#include <stdlib.h>

#define IMAGE_COUNT 16

struct image {
    uint32_t id;                // index in the cache
    uint8_t *pixels;            // plain memory
};

struct cache {
    weft_heap *heap;                    // where images are made
    weft_weak images[IMAGE_COUNT];      // by number; all zero: dead
};

static void image_dispose(void *self)
{
    struct image *image = self;
    printf("  free image %u\n", (unsigned)image->id);
    free(image->pixels);
}

static weft_type image_type = {
    .name = "image", WEFT_SIZE(struct image),
    .fields = WEFT_FIELDS(WEFT_UINT(struct image, id)),
    .dispose = image_dispose };

WEFT_NEW_REF static struct image *image_load(weft_heap *heap, uint32_t id)
{
    struct image *image = weft_new(heap, &image_type);
    if (image == NULL)
        return NULL;
    image->id = id;
    image->pixels = calloc(64, 64);
    if (image->pixels == NULL) {
        weft_release(image);
        return NULL;
    }
    printf("  load image %u\n", (unsigned)id);
    return image;
}

// The image of this number, loaded if nobody has it. NULL: memory ran out.
WEFT_NEW_REF static struct image *cache_get(struct cache *cache, uint32_t id)
{
    struct image *image = weft_weak_get(cache->images[id]);
    if (image != NULL)
        return image;
    image = image_load(cache->heap, id);
    cache->images[id] = weft_weak_of(image);
    return image;
}

static size_t cache_count(const struct cache *cache)
{
    size_t count = 0;
    for (size_t i = 0; i < IMAGE_COUNT; i++)
        count += !weft_weak_is_dead(cache->images[i]);
    return count;
}

int main(void)
{
    struct cache cache = { .heap = weft_heap_open(NULL) };
    if (cache.heap == NULL)
        return EXIT_FAILURE;

    printf("two users of image 7:\n");
    struct image *first = cache_get(&cache, 7);
    struct image *second = cache_get(&cache, 7);
    printf("  the same: %s\n", first == second ? "yes" : "no");
    struct image *other = cache_get(&cache, 3);
    printf("  in the cache: %zu\n", cache_count(&cache));

    printf("the first is done, the second is not:\n");
    weft_release(first);
    printf("  in the cache: %zu\n", cache_count(&cache));

    printf("so is the second:\n");
    weft_release(second);
    printf("  in the cache: %zu\n", cache_count(&cache));

    printf("image 7 again:\n");
    struct image *again = cache_get(&cache, 7);
    printf("  in the cache: %zu\n", cache_count(&cache));

    printf("the end:\n");
    weft_release(other);
    weft_release(again);
    printf("  still held: %zu\n", weft_heap_close(cache.heap));
    return EXIT_SUCCESS;
}
