// SPDX-License-Identifier: MIT
//
// The hot paths of weft.h. Not to be included by itself, and not a manual.
//
// In front of every object is one 64-bit word, always accessed whole and with
// relaxed atomics, which on 64-bit machines are plain loads and stores:
//
//     count 63..32 | flags 31..20 | dying 19 | generation 18..0
//
// One signed comparison is the whole test of a fast path. Free and dead slots
// have a count of zero, dying and immortal ones the sign: all of these land in
// the library, which sorts them out. Flags and widths used here are ABI.
#ifndef WEFT_INLINE_H
#define WEFT_INLINE_H

#define WEFT__ONE        ((int64_t)1 << 32)             // one reference
#define WEFT__QUIET      ((uint64_t)1 << 31)    // a release need not report it
#define WEFT__RETAINED   ((uint64_t)1 << 30)    // since the last release
#define WEFT__OLD        ((uint64_t)1 << 29)    // no longer young
#define WEFT__WEAKED     ((uint64_t)1 << 26)    // a handle was taken
#define WEFT__TORN       ((uint64_t)1 << 22)    // being taken apart
#define WEFT__DYING      ((uint64_t)1 << 19)
#define WEFT__SIGN       ((uint64_t)1 << 63)    // dying, immortal
#define WEFT__GENERATION (((uint64_t)1 << 19) - 1)

#ifdef __cplusplus
extern "C" {
#endif

void *weft__retain_slow(const void *object, const char *call);
void weft__release_slow(const void *object, const char *call);
weft_weak weft__weak_of_slow(const void *object);
void *weft__weak_get_slow(weft_weak weak);
void weft__set_slot_checked(void *slot, const void *value, bool steal);
void *weft__take_slot_checked(void *slot);

typedef void *__attribute__((may_alias)) weft__pointer;

static inline uint64_t *weft__word_of(const void *object)
{
    return (uint64_t *)(uintptr_t)object - 1;
}

static inline uint64_t weft__load(const uint64_t *word)
{
    return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static inline void weft__store(uint64_t *word, uint64_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
}

#ifdef WEFT_CHECKED

// Everything goes through the library, which looks closely.
static inline void *weft_retain(const void *object)
{
    return object == NULL ? NULL : weft__retain_slow(object, "weft_retain");
}

static inline void weft_release(const void *object)
{
    if (object != NULL)
        weft__release_slow(object, "weft_release");
}

static inline void weft_set_slot(void *slot, const void *value)
{
    weft__set_slot_checked(slot, value, false);
}

static inline void weft_set_slot_steal(void *slot, void *value)
{
    weft__set_slot_checked(slot, value, true);
}

static inline void *weft_take_slot(void *slot)
{
    return weft__take_slot_checked(slot);
}

static inline weft_weak weft_weak_of(const void *object)
{
    return weft__weak_of_slow(object);
}

static inline void *weft_weak_get(weft_weak weak)
{
    return weft__weak_get_slow(weak);
}

#else

// Takes a reference without setting RETAINED: for what is stored, not borrowed.
// False: the object is dead, which was reported.
static inline bool weft__keep(const void *object)
{
    uint64_t *word = weft__word_of(object);
    uint64_t value = weft__load(word);
    if (__builtin_expect((int64_t)value < WEFT__ONE, 0))
        return weft__retain_slow(object, "weft_set") != NULL;
    weft__store(word, value + (uint64_t)WEFT__ONE);
    return true;
}

static inline void *weft_retain(const void *object)
{
    if (object == NULL)
        return NULL;
    uint64_t *word = weft__word_of(object);
    uint64_t value = weft__load(word);
    if (__builtin_expect((int64_t)value < WEFT__ONE, 0))
        return weft__retain_slow(object, "weft_retain");
    weft__store(word, (value | WEFT__RETAINED) + (uint64_t)WEFT__ONE);
    return (void *)(uintptr_t)object;
}

// A quiet object's RETAINED means nothing, and stays as it is. A young object
// without QUIET asks for the collector, whatever was done to it. Of the flags
// QUIET, RETAINED and OLD are the highest, so one comparison tells that an
// object is old and was retained since. Quiet or loud: neither is the rule, so
// the compiler is told of none.
static inline void weft_release(const void *object)
{
    if (object == NULL)
        return;
    uint64_t *word = weft__word_of(object);
    uint64_t value = weft__load(word);
    if (__builtin_expect((int64_t)value < 2 * WEFT__ONE, 0))
        weft__release_slow(object, "weft_release");
    else if ((value & WEFT__QUIET) != 0)
        weft__store(word, value - (uint64_t)WEFT__ONE);
    else if (__builtin_expect((uint32_t)value >= WEFT__RETAINED + WEFT__OLD, 1))
        weft__store(word, value - (uint64_t)WEFT__ONE - WEFT__RETAINED);
    else
        weft__release_slow(object, "weft_release");
}

static inline void weft_set_slot(void *slot, const void *value)
{
    weft__pointer *place = (weft__pointer *)slot;
    if (value != NULL && !weft__keep(value))
        return;
    void *old = *place;
    *place = (void *)(uintptr_t)value;
    weft_release(old);
}

static inline void weft_set_slot_steal(void *slot, void *value)
{
    weft__pointer *place = (weft__pointer *)slot;
    void *old = *place;
    *place = value;
    weft_release(old);
}

static inline void *weft_take_slot(void *slot)
{
    weft__pointer *place = (weft__pointer *)slot;
    void *old = *place;
    *place = NULL;
    return old;
}

static inline weft_weak weft_weak_of(const void *object)
{
    weft_weak weak = { 0 };
    if (__builtin_expect(object == NULL, 0))
        return weak;
    uint64_t *word = weft__word_of(object);
    uint64_t value = weft__load(word);
    if (__builtin_expect((int64_t)value < WEFT__ONE
            || (value & WEFT__WEAKED) == 0, 0))
        return weft__weak_of_slow(object);
    weak.bits = ((uint64_t)(uintptr_t)word << 16) | (value & WEFT__GENERATION);
    return weak;
}

static inline void *weft_weak_get(weft_weak weak)
{
    uint64_t *word = (uint64_t *)(uintptr_t)((weak.bits >> 16) & ~(uint64_t)7);
    if (__builtin_expect(word == NULL, 0))
        return NULL;
    // The same generation means that the object has not died: its death would
    // have raised it. So there is no need to look at the count.
    uint64_t value = weft__load(word);
    if (((value ^ weak.bits) & WEFT__GENERATION) != 0)
        return NULL;
    if (__builtin_expect((value & (WEFT__TORN | WEFT__SIGN)) != 0, 0))
        return weft__weak_get_slow(weak);
    weft__store(word, (value | WEFT__RETAINED) + (uint64_t)WEFT__ONE);
    return word + 1;
}

#endif

static inline void weft_release_slot(void *slot)
{
    weft_release(*(weft__pointer *)slot);
}

static inline bool weft_weak_is_same(weft_weak a, weft_weak b)
{
    return a.bits == b.bits;
}

static inline weft_value weft_nil(void)
{
    weft_value value = { WEFT_KIND_NIL, 0, { 0 } };
    value.as.integer = 0;
    return value;
}

static inline weft_value weft_bool(bool boolean)
{
    weft_value value = weft_nil();
    value.kind = WEFT_KIND_BOOL;
    value.as.boolean = boolean;
    return value;
}

static inline weft_value weft_int(int64_t integer)
{
    weft_value value = weft_nil();
    value.kind = WEFT_KIND_INT;
    value.as.integer = integer;
    return value;
}

static inline weft_value weft_double(double real)
{
    weft_value value = weft_nil();
    value.kind = WEFT_KIND_DOUBLE;
    value.as.real = real;
    return value;
}

static inline weft_value weft_object(const void *object)
{
    weft_value value = weft_nil();
    if (object != NULL)
        value.kind = WEFT_KIND_OBJECT;
    value.as.object = (void *)(uintptr_t)object;
    return value;
}

#ifdef __cplusplus
}
#endif

#endif
