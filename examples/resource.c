// SPDX-License-Identifier: MIT
//
// Cleaning up by weft_finalize(), as Python's weakref.finalize does: a scratch
// file is removed when its owner dies, or at the latest when the heap closes,
// and stays if it was saved. The cleanup needs the path, not the owner, which
// is gone by then: so the path is what it keeps.
#define _POSIX_C_SOURCE 200809L         // mkdtemp(), access()
#include <weft.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct scratch {
    weft_string *path;          // strong
    weft_finalizer cleanup;     // removes the file
};

static weft_type scratch_type = {
    .name = "scratch", WEFT_SIZE(struct scratch),
    .fields = WEFT_FIELDS(WEFT_STRING(struct scratch, path)) };

static char folder[] = "/tmp/weft-XXXXXX";

static void say(const char *what, const weft_string *path)
{
    printf("  %s %s\n", what, strrchr(weft_string_text(path), '/') + 1);
}

static void remove_file(void *context)
{
    const weft_string *path = context;
    say(remove(weft_string_text(path)) == 0 ? "remove" : "cannot remove", path);
}

static bool create_file(const char *path)
{
    FILE *file = fopen(path, "wx");
    return file != NULL && fclose(file) == 0;
}

WEFT_NEW_REF static struct scratch *scratch_open(weft_heap *heap,
    const char *name)
{
    char path[64];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    struct scratch *scratch = weft_new(heap, &scratch_type);
    if (scratch == NULL)
        exit(EXIT_FAILURE);
    scratch->path = weft_string_new(heap, path);
    if (scratch->path == NULL || !create_file(path)
            || weft_finalize_keep(scratch, remove_file, scratch->path,
                &scratch->cleanup) != WEFT_OK)
        exit(EXIT_FAILURE);
    say("create", scratch->path);
    return scratch;
}

// The file is the user's from now on.
static void scratch_save(struct scratch *scratch)
{
    if (weft_finalizer_detach(scratch->cleanup) == WEFT_CANCELLED)
        say("keep", scratch->path);
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
    if (heap == NULL || mkdtemp(folder) == NULL)
        return EXIT_FAILURE;

    printf("released:\n");
    struct scratch *scratch = scratch_open(heap, "released.tmp");
    weft_release(scratch);

    printf("discarded early:\n");
    scratch = scratch_open(heap, "discarded.tmp");
    scratch_discard(scratch);
    scratch_discard(scratch);
    weft_release(scratch);

    printf("saved:\n");
    scratch = scratch_open(heap, "saved.txt");
    scratch_save(scratch);
    weft_string *saved = weft_retain(scratch->path);
    weft_release(scratch);
    printf("  it is still there: %s\n",
        access(weft_string_text(saved), F_OK) == 0 ? "yes" : "no");
    remove_file(saved);
    weft_release(saved);

    printf("at exit, newest first:\n");
    struct scratch *first = scratch_open(heap, "first.tmp");
    struct scratch *second = scratch_open(heap, "second.tmp");
    printf("leaving\n");
    weft_heap_exit(heap);

    // Cleanups are over, objects are not: they are let go as ever.
    weft_release(first);
    weft_release(second);
    printf("still held: %zu\n", weft_heap_close(heap));
    printf("the folder is empty: %s\n", rmdir(folder) == 0 ? "yes" : "no");
    return EXIT_SUCCESS;
}
