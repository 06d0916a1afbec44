// SPDX-License-Identifier: MIT
//
// Is the system short of memory? Asked by caches that heed it, whenever
// something is put; looked into once a second. The signs, of which one is
// enough:
//
//     stalled     tasks waited for memory a tenth of the time since the last
//                 look (pressure stall information, of our control group if
//                 it has its own, else of the system)
//     alarms      our control group came to its limit since then; looked at
//                 where the kernel does not count stalls
//     available   less than a twentieth of all memory is
//
// Nothing of this needs to be there: what cannot be read says nothing. Reading
// takes some microseconds, and no memory. On other systems than Linux there are
// no such files, and memory is never short.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "cache.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOOK_EVERY = 1000 };     // milliseconds

struct text {
    char bytes[2048];           // what was read of a file; ends in a zero
};

// False: cannot be read. Of a long file the beginning is read.
static bool read_text(struct text *text, const char *root, const char *before,
    const char *name)
{
    char path[1024];
    int length = snprintf(path, sizeof(path), "%s%s%s", root, before, name);
    if (length < 0 || (size_t)length >= sizeof(path))
        return false;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    ssize_t size = read(file, text->bytes, sizeof(text->bytes) - 1);
    close(file);
    text->bytes[size < 0 ? 0 : size] = '\0';
    return size > 0;
}

// The number behind `name` in the line that begins with `line`; 0: none.
static uint64_t number_in(const struct text *text, const char *line,
    const char *name)
{
    const char *at = text->bytes;
    while (strncmp(at, line, strlen(line)) != 0) {
        at = strchr(at, '\n');
        if (at == NULL)
            return 0;
        at++;
    }
    const char *end = strchr(at, '\n'), *found = strstr(at, name);
    if (found == NULL || (end != NULL && found > end))
        return 0;
    return strtoull(found + strlen(name), NULL, 10);
}

// The folder of our control group, below that where they are mounted.
static bool find_group(char *group, size_t size, const char *root)
{
    struct text text;
    if (!read_text(&text, root, "/proc/self/cgroup", ""))
        return false;
    const char *at = text.bytes;
    while (strncmp(at, "0::", 3) != 0) {
        at = strchr(at, '\n');
        if (at == NULL)
            return false;
        at++;
    }
    int length = (int)strcspn(at + 3, "\n");
    int written = snprintf(group, size, "/sys/fs/cgroup%.*s", length, at + 3);
    return written > 0 && (size_t)written < size;
}

// From the files below `root`, which is empty but in tests.
void weft__read_memory(const char *root, struct memory_state *state)
{
    struct text text;
    char group[512];
    *state = (struct memory_state){ 0 };
    bool grouped = find_group(group, sizeof(group), root);
    if ((grouped && read_text(&text, root, group, "/memory.pressure"))
            || read_text(&text, root, "/proc/pressure/memory", ""))
        state->stalled = number_in(&text, "some ", "total=");
    else if (grouped && read_text(&text, root, group, "/memory.events"))
        state->alarms = number_in(&text, "high ", "high ")
            + number_in(&text, "max ", "max ");
    if (!read_text(&text, root, "/proc/meminfo", ""))
        return;
    state->available = number_in(&text, "MemAvailable:", ":") * 1024;
    state->total = number_in(&text, "MemTotal:", ":") * 1024;
    if (number_in(&text, "MemAvailable:", ":") == 0)
        state->total = 0;
}

static void read_system_memory(struct memory_state *state)
{
    weft__read_memory("", state);
}

struct memory_source weft__memory_source = { weft__system_milliseconds,
    read_system_memory };

bool weft__is_memory_short(struct pressure *pressure)
{
    uint64_t now = weft__memory_source.milliseconds();
    uint64_t passed = now - pressure->looked;
    if (likely(pressure->looked != 0 && passed < LOOK_EVERY))
        return false;
    struct memory_state state;
    weft__memory_source.read(&state);
    bool first = pressure->looked == 0;
    bool is_short = state.available < state.total / 20
        || (!first && (state.alarms > pressure->alarms
            || (state.stalled > pressure->stalled
                && state.stalled - pressure->stalled >= passed * 100)));
    *pressure = (struct pressure){ now, state.stalled, state.alarms };
    return is_short;
}
