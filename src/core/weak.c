// SPDX-License-Identifier: MIT
//
// Weak handles: a slot's address and a generation in eight bytes.
//
//     slot address 45 bits, without its three low zeros | generation 19
//
// An object that dies after a handle was taken leaves its slot with the next
// generation, before anyone is told. So a handle names one object for ever, and
// is live iff the slot still has its generation and a count above zero. A slot
// whose generations are used up is retired. Reading the word of a dead slot is
// always possible: pages stay mapped and keep their slot size (pool.c).
//
// Invariant H1: no two objects ever have the same handle.
#include "core.h"

weft_weak weft__handle_of(const uint64_t *word, uint64_t value)
{
    return (weft_weak){ (uint64_t)(uintptr_t)word << 16
        | (value & GENERATION) };
}

static const uint64_t *word_in(weft_weak weak)
{
    return (const uint64_t *)(uintptr_t)((weak.bits >> 16) & ~(uint64_t)7);
}

// Takes a handle for the first time; dead for what is dying or forbids it.
weft_weak weft__weak_of_slow(const void *object)
{
    const weft_weak dead = { 0 };
    if (object == NULL)
        return dead;
    if (CHECKED && !weft__check_object(object, "weft_weak_of"))
        return dead;
    uint64_t *word = word_of(object);
    uint64_t value = load(word);
    struct page *page = page_of(object);
    if (!is_alive(value)) {
        if ((value & (DYING | TORN)) == 0)
            weft__misuse(page->heap, object, "weft_weak_of: %s %p is dead",
                weft__name_of(object), object);
        return dead;
    }
    if (page->kind->forbidden || (value & GENERATION) == GENERATION)
        return dead;            // the last generation is nobody's (cycle/)
    if ((value & WEAKED) == 0) {
        store(word, value | WEAKED);
        page->handled = true;
    }
    return weft__handle_of(word, value);
}

// A handle of the right generation that the fast way did not take: of an
// immortal object, of a dying one, or any in a checked build.
void *weft__weak_get_slow(weft_weak weak)
{
    if (weak.bits == 0)
        return NULL;
    const uint64_t *word = word_in(weak);
    uint64_t value = load(word);
    if ((value & GENERATION) != (weak.bits & GENERATION) || !is_alive(value))
        return NULL;
    return weft__retain_slow(word + 1, "weft_weak_get");
}

bool weft_weak_is_dead(weft_weak weak)
{
    if (weak.bits == 0)
        return true;
    uint64_t value = load(word_in(weak));
    return (value & GENERATION) != (weak.bits & GENERATION)
        || !is_alive(value);
}

bool weft_is_weakable(const void *object)
{
    if (object == NULL)
        return false;
    if (CHECKED && !weft__check_object(object, "weft_is_weakable"))
        return false;
    const struct kind *kind = page_of(object)->kind;
    return kind != NULL && !kind->forbidden;
}
