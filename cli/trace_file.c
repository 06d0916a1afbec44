// SPDX-License-Identifier: MIT
//
// Reading programs from files.
#include "trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_FILE ((size_t)256 << 20)

static const char out_of_memory[] = "memory ran out";

// Reads all there is, and one zero byte more. NULL: `problem` says why.
static char *read_stream(FILE *stream, size_t *size, const char **problem)
{
    size_t capacity = (size_t)1 << 16;
    char *text = NULL;
    *size = 0;
    for (;;) {
        char *grown = realloc(text, capacity + 1);
        if (grown == NULL) {
            *problem = out_of_memory;
            break;
        }
        text = grown;
        *size += fread(text + *size, 1, capacity - *size, stream);
        if (*size < capacity) {
            text[*size] = '\0';
            *problem = ferror(stream) ? strerror(errno) : NULL;
            break;
        }
        if (capacity >= LARGEST_FILE) {
            *problem = "larger than any program should be";
            break;
        }
        capacity *= 2;
    }
    if (*problem == NULL)
        return text;
    free(text);
    return NULL;
}

enum trace_status trace_read(struct trace_program *program, const char *path)
{
    bool is_standard = strcmp(path, "-") == 0;
    const char *problem = NULL;
    char *text = NULL;
    size_t size = 0;
    FILE *stream = is_standard ? stdin : fopen(path, "rb");
    if (stream == NULL) {
        problem = strerror(errno);
    } else {
        text = read_stream(stream, &size, &problem);
        if (!is_standard)
            fclose(stream);
    }
    if (problem != NULL) {
        fprintf(stderr, "%s: cannot be read: %s\n", path, problem);
        return problem == out_of_memory ? TRACE_FAILED : TRACE_REFUSED;
    }
    return trace_parse(program, is_standard ? "<stdin>" : path, text, size);
}
