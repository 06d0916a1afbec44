// SPDX-License-Identifier: MIT
//
// A server that uses its requests again, and above all their buffers, instead
// of making new ones for each line that comes in. Nobody gives a request back:
// releasing it is enough, be that done by the parser, by a queue, or by a job
// that held on to it longest. For everyone who watches the request that is its
// death; for the pool it is a request to hand out next.
#include <weft_pattern.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct request {
    char *line;                 // plain memory: what is worth keeping
    size_t room;                // how much there is of it
    weft_list *words;           // strong, or NULL
};

static size_t allocations;      // of lines

static void request_dispose(void *self)
{
    struct request *request = self;
    free(request->line);
}

static weft_type request_type = {
    .name = "request", WEFT_SIZE(struct request),
    .fields = WEFT_FIELDS(WEFT_CSTRING(struct request, line),
        WEFT_UINT(struct request, room),
        WEFT_STRONG_OF(struct request, words, &weft_list_type)),
    .dispose = request_dispose };

// As good as new: what it held goes, the memory for the line stays.
static void request_reset(void *object, void *context)
{
    struct request *request = object;
    size_t *resets = context;
    weft_clear(&request->words);
    if (request->line != NULL)
        request->line[0] = '\0';
    ++*resets;
}

static void request_set_line(struct request *request, const char *line)
{
    size_t size = strlen(line) + 1;
    if (size > request->room) {
        char *grown = realloc(request->line, size * 2);
        if (grown == NULL)
            exit(EXIT_FAILURE);
        request->line = grown;
        request->room = size * 2;
        allocations++;
    }
    memcpy(request->line, line, size);
}

WEFT_NEW_REF static struct request *request_read(weft_pool *pool,
    const char *line)
{
    struct request *request = weft_pool_get(pool);
    if (request == NULL)
        exit(EXIT_FAILURE);
    request_set_line(request, line);
    request->words = weft_list_new(weft_heap_of(pool));
    if (request->words == NULL)
        exit(EXIT_FAILURE);
    return request;
}

static void print_pool(const weft_pool *pool)
{
    printf("  in use: %zu, waiting: %zu, lines allocated: %zu\n",
        weft_pool_used_count(pool), weft_pool_idle_count(pool), allocations);
}

int main(void)
{
    weft_heap *heap = weft_heap_open(NULL);
    if (heap == NULL)
        return EXIT_FAILURE;
    size_t resets = 0;
    weft_pool *pool = weft_pool_new(heap, &request_type, 2, request_reset,
        &resets);
    if (pool == NULL)
        return EXIT_FAILURE;

    printf("a thousand requests, one after the other:\n");
    for (int i = 0; i < 1000; i++)
        weft_release(request_read(pool, i % 2 == 0 ? "get" : "put"));
    print_pool(pool);
    printf("  resets: %zu\n", resets);

    printf("three at a time, one with a long line:\n");
    struct request *get = request_read(pool, "get /index.html");
    struct request *put = request_read(pool, "put /a 1");
    struct request *list = request_read(pool, "list");
    print_pool(pool);

    printf("released, to its watchers it is gone:\n");
    weft_weak watched = weft_weak_of(get);
    const struct request *place = get;
    weft_release(get);
    print_pool(pool);
    printf("  the handle is %s\n",
        weft_weak_is_dead(watched) ? "dead" : "alive");
    get = request_read(pool, "get /about.html");
    printf("  handed out again: %s, and the handle stays %s\n",
        get == place ? "yes" : "no",
        weft_weak_is_dead(watched) ? "dead" : "alive");

    printf("all are released, and two may wait:\n");
    weft_release(get);
    weft_release(put);
    weft_release(list);
    print_pool(pool);
    printf("memory is short:\n");
    weft_pool_trim(pool, 0);
    print_pool(pool);

    weft_release(pool);
    printf("still held: %zu\n", weft_heap_close(heap));
    return EXIT_SUCCESS;
}
