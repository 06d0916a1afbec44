// SPDX-License-Identifier: MIT
//
// What core asks of the operating system: address space, giving contents back,
// huge pages, randomness, a coarse clock. The only file that knows which
// system it is on.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "core.h"

#include <stdio.h>
#include <sys/mman.h>
#include <time.h>

// Weak, so that a plain library works in a program under AddressSanitizer:
// it must look for pointers to malloc'ed memory in our pages too.
extern void __lsan_register_root_region(const void *, size_t)
    __attribute__((weak));
extern void __lsan_unregister_root_region(const void *, size_t)
    __attribute__((weak));

// Zeroed memory at a multiple of `alignment`, or NULL.
void *weft__system_reserve(size_t size, size_t alignment)
{
    if (size > SIZE_MAX - alignment)
        return NULL;
    char *memory = mmap(NULL, size + alignment, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    uintptr_t address = (uintptr_t)memory;
    size_t before = (size_t)(-address & (alignment - 1));
    if (before > 0)
        munmap(memory, before);
    if (alignment > before)
        munmap(memory + before + size, alignment - before);
    if (__lsan_register_root_region != NULL)
        __lsan_register_root_region(memory + before, size);
    return memory + before;
}

void weft__system_release(void *memory, size_t size)
{
    if (__lsan_unregister_root_region != NULL)
        __lsan_unregister_root_region(memory, size);
    munmap(memory, size);
}

// The contents may go. True: they read as zero now; false: maybe as they were,
// as locked memory does.
bool weft__system_discard(void *memory, size_t size)
{
#ifdef __linux__
    return madvise(memory, size, MADV_DONTNEED) == 0;
#else
    (void)madvise(memory, size, MADV_DONTNEED);
    return false;
#endif
}

void weft__system_huge(void *memory, size_t size, bool huge)
{
#ifdef MADV_HUGEPAGE
    (void)madvise(memory, size, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
#else
    (void)memory, (void)size, (void)huge;
#endif
}

// Bytes nobody can guess. Where the system has none, the clock and an address
// have to do.
void weft__system_random(void *bytes, size_t size)
{
    FILE *file = fopen("/dev/urandom", "rb");
    size_t got = file == NULL ? 0 : fread(bytes, 1, size, file);
    if (file != NULL)
        fclose(file);
    if (got == size)
        return;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t state = (uint64_t)now.tv_nsec ^ (uint64_t)now.tv_sec << 30
        ^ (uint64_t)(uintptr_t)&now;
    for (size_t i = 0; i < size; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        ((unsigned char *)bytes)[i] = (unsigned char)(state >> 56);
    }
}

uint64_t weft__system_nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t weft__system_milliseconds(void)
{
    struct timespec now;
#ifdef CLOCK_MONOTONIC_COARSE
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
#else
    clock_gettime(CLOCK_MONOTONIC, &now);
#endif
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
