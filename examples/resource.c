// SPDX-License-Identifier: MIT
//
// Cleaning up by weft_finalize(), as Python's weakref.finalize does: a scratch
// file is removed when its owner dies, or at the latest when the heap closes,
// and stays if it was saved. The cleanup needs the path, not the owner.
#include <weft.h>

#include <stdio.h>
#include <stdlib.h>

struct scratch {
    weft_string *path;          // strong
    weft_finalizer cleanup;     // removes the file
};

static weft_type scratch_type = {
    .name = "scratch", WEFT_SIZE(struct scratch),
    .fields = WEFT_FIELDS(WEFT_STRING(struct scratch, path)) };

static void remove_file(void *context)
{
    const weft_string *path = context;
    printf("  remove %s\n", weft_string_text(path));
}

// The finalizer keeps the path: it must not need its owner, which will be gone.
WEFT_NEW_REF static struct scratch *scratch_open(weft_heap *heap,
    const char *path)
{
    struct scratch *scratch = weft_new(heap, &scratch_type);
    if (scratch == NULL)
        return NULL;
    scratch->path = weft_string_new(heap, path);
    if (scratch->path == NULL || weft_finalize_keep(scratch, remove_file,
            scratch->path, &scratch->cleanup) != WEFT_OK) {
        weft_release(scratch);
        return NULL;
    }
    printf("  create %s\n", path);
    return scratch;
}

// The file is the user's from now on.
static void scratch_save(struct scratch *scratch)
{
    if (weft_finalizer_detach(scratch->cleanup) == WEFT_CANCELLED)
        printf("  keep %s\n", weft_string_text(scratch->path));
}

// Removes the file now. Nothing happens if that was done, or it was saved.
static void scratch_discard(struct scratch *scratch)
{
    if (!weft_finalizer_call(scratch->cleanup))
        printf("  nothing to remove\n");
}

int main(void)
{
    weft_heap *heap = weft_heap_open(NULL);
    if (heap == NULL)
        return EXIT_FAILURE;

    printf("released:\n");
    struct scratch *scratch = scratch_open(heap, "released.tmp");
    weft_release(scratch);

    printf("discarded early:\n");
    scratch = scratch_open(heap, "discarded.tmp");
    if (scratch == NULL)
        return EXIT_FAILURE;
    scratch_discard(scratch);
    scratch_discard(scratch);
    weft_release(scratch);

    printf("saved:\n");
    scratch = scratch_open(heap, "saved.txt");
    if (scratch == NULL)
        return EXIT_FAILURE;
    scratch_save(scratch);
    weft_release(scratch);

    printf("at exit, newest first:\n");
    struct scratch *first = scratch_open(heap, "first.tmp");
    struct scratch *second = scratch_open(heap, "second.tmp");
    printf("leaving\n");
    weft_heap_exit(heap);

    // Cleanups are over, objects are not: they are let go as ever.
    weft_release(first);
    weft_release(second);
    printf("still held: %zu\n", weft_heap_close(heap));
    return EXIT_SUCCESS;
}
