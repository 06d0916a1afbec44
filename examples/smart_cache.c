// SPDX-License-Identifier: MIT
//
// A cache that tells when something it knew is really gone: not when it lets go
// of it, for somebody else may go on using that, but when nobody has it. Each
// thumbnail is watched by a ref with a callback. Refs can have fields of their
// own: here the name, which the thumbnail cannot be asked any more by then, and
// the cache, weakly, for a ref must not keep what holds it.
#include <weft_pattern.h>

#include <stdio.h>
#include <stdlib.h>

struct thumbnail {
    uint8_t pixels[1024];
};

struct album {
    weft_cache *thumbnails;     // strong: by name
    weft_dict *watches;         // strong: by name, as long as there is one
    size_t gone;
};

struct watch {
    weft_ref ref;
    weft_string *name;          // strong
    weft_weak album;            // weak
};

static weft_type thumbnail_type = {
    .name = "thumbnail", WEFT_SIZE(struct thumbnail) };

static weft_type album_type = {
    .name = "album", WEFT_SIZE(struct album),
    .fields = WEFT_FIELDS(
        WEFT_STRONG_OF(struct album, thumbnails, &weft_cache_type),
        WEFT_STRONG_OF(struct album, watches, &weft_dict_type),
        WEFT_UINT(struct album, gone)) };

static weft_type watch_type = {
    .name = "watch", WEFT_SIZE(struct watch), .base = &weft_ref_type,
    .fields = WEFT_FIELDS(WEFT_STRING(struct watch, name),
        WEFT_WEAK(struct watch, album)) };

WEFT_NEW_REF static void *need(void *object)
{
    if (object == NULL)
        exit(EXIT_FAILURE);
    return object;
}

WEFT_NEW_REF static struct album *album_new(weft_heap *heap, size_t room)
{
    struct album *album = need(weft_new(heap, &album_type));
    weft_cache_options options = {
        .budget = room * sizeof(struct thumbnail) };
    album->thumbnails = need(weft_cache_new(heap, &options));
    album->watches = need(weft_dict_new(heap, WEFT_BY_EQUALITY));
    return album;
}

// The ref is held until its callback is done: it may go out of the dictionary.
static void thumbnail_gone(weft_ref *ref, void *context)
{
    const struct watch *watch = (const void *)ref;
    (void)context;
    weft_auto(struct album) album = weft_weak_get(watch->album);
    if (album == NULL)
        return;
    album->gone++;
    printf("  %s is gone\n", weft_string_text(watch->name));
    weft_dict_remove(album->watches, weft_object(watch->name));
}

static void *thumbnail_make(weft_value key, void *context)
{
    struct album *album = context;
    weft_heap *heap = weft_heap_of(album);
    struct thumbnail *thumbnail = need(weft_new(heap, &thumbnail_type));
    printf("  %s is made\n", weft_value_text(key));
    weft_auto(struct watch) watch = need(weft_ref_new_as(&watch_type,
        thumbnail, thumbnail_gone, NULL));
    watch->name = need(weft_string_new(heap, weft_value_text(key)));
    watch->album = weft_weak_of(album);
    if (weft_dict_put(album->watches, key, weft_object(watch)) != WEFT_OK)
        exit(EXIT_FAILURE);
    return thumbnail;
}

WEFT_NEW_REF static struct thumbnail *album_show(struct album *album,
    const char *name)
{
    return need(weft_cache_get_or_create(album->thumbnails, weft_text(name),
        thumbnail_make, album));
}

static void print_album(const struct album *album)
{
    weft_cache_stats stats = weft_cache_get_stats(album->thumbnails);
    printf("  kept: %zu, watched: %zu, gone: %zu\n", stats.kept,
        weft_dict_length(album->watches), album->gone);
}

int main(void)
{
    weft_heap *heap = need(weft_heap_open(NULL));
    struct album *album = album_new(heap, 4);

    printf("two pictures, one stays on the screen:\n");
    weft_release(album_show(album, "cat"));
    struct thumbnail *shown = album_show(album, "owl");
    weft_release(album_show(album, "cat"));
    print_album(album);

    printf("memory is short:\n");
    weft_cache_trim(album->thumbnails, 0);
    print_album(album);
    printf("the picture on the screen is asked for again:\n");
    struct thumbnail *again = album_show(album, "owl");
    printf("  the same: %s\n", again == shown ? "yes" : "no");
    weft_release(again);

    printf("it is taken off the screen, and memory is short:\n");
    weft_release(shown);
    weft_cache_trim(album->thumbnails, 0);
    print_album(album);

    printf("the album is closed, what is shown is none of its business:\n");
    shown = album_show(album, "fox");
    weft_release(album);
    weft_release(shown);
    printf("still held: %zu\n", weft_heap_close(heap));
    return EXIT_SUCCESS;
}
