// SPDX-License-Identifier: MIT
//
// Whom a cache let go of from its small queue, the last ones: 32 bits of the
// hash of each, in a ring, oldest first, and an index by these.
//
//     ring    ... first: piece, piece, 0, piece, ... end     0: it came back
//     index   place + 1, from the cell that the piece names on; 0: empty
//
// Who comes back is taken out, and leaves a hole. There may be only so many:
// then the oldest is forgotten. When the ring has come round to its first
// place, and a quarter of it or more are holes, it is made dense.
//
// Without memory for a larger ring there are fewer ghosts, or none. A wrong
// one, whose piece is that of another key, lets something into main that should
// have waited in small; that is all.
#include "cache.h"

#include <string.h>

enum { LEAST_GHOSTS = 16 };     // room, a power of two

static uint32_t piece_of(uint64_t hash)
{
    uint32_t piece = (uint32_t)(hash >> 32);
    return piece != 0 ? piece : 1;
}

static uint32_t *place_at(const struct ghosts *ghosts, uint32_t at)
{
    return &ghosts->ring[at & (ghosts->room - 1)];
}

static size_t index_mask(const struct ghosts *ghosts)
{
    return 2 * (size_t)ghosts->room - 1;
}

static size_t size_of_ghosts(size_t room)
{
    return 3 * room * sizeof(uint32_t);
}

// ---- the index

static void add_to_index(const struct ghosts *ghosts, uint32_t place)
{
    size_t mask = index_mask(ghosts), at = ghosts->ring[place] & mask;
    while (ghosts->index[at] != 0)
        at = (at + 1) & mask;
    ghosts->index[at] = place + 1;
}

// Those behind move up, as far as their homes let them.
static void empty_index_cell(const struct ghosts *ghosts, size_t hole)
{
    size_t mask = index_mask(ghosts);
    for (size_t at = (hole + 1) & mask; ghosts->index[at] != 0;
            at = (at + 1) & mask) {
        size_t home = ghosts->ring[ghosts->index[at] - 1] & mask;
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;                       // its home is behind the hole
        ghosts->index[hole] = ghosts->index[at];
        hole = at;
    }
    ghosts->index[hole] = 0;
}

// ---- the ring

// The oldest is forgotten, if it has not come back.
static void drop_first(struct ghosts *ghosts)
{
    uint32_t place = ghosts->first++ & (ghosts->room - 1);
    if (ghosts->ring[place] == 0)
        return;
    size_t mask = index_mask(ghosts), at = ghosts->ring[place] & mask;
    while (ghosts->index[at] != place + 1)
        at = (at + 1) & mask;
    empty_index_cell(ghosts, at);
    ghosts->count--;
}

// Appends those of `from` to a ring that is empty, or to its own: no hole is
// left.
static void copy_ghosts(struct ghosts *ghosts, const struct ghosts *from)
{
    uint32_t first = from->first, end = from->end;
    memset(ghosts->index, 0, (index_mask(ghosts) + 1) * sizeof(uint32_t));
    ghosts->count = 0;
    ghosts->end = ghosts->first;
    for (uint32_t at = first; at != end; at++) {
        uint32_t piece = *place_at(from, at);
        if (piece == 0)
            continue;
        *place_at(ghosts, ghosts->end) = piece;
        add_to_index(ghosts, ghosts->end++ & (ghosts->room - 1));
        ghosts->count++;
    }
}

void weft__free_ghosts(weft_heap *heap, struct ghosts *ghosts)
{
    if (ghosts->room > 0)
        (void)weft__resize(heap, ghosts->ring, size_of_ghosts(ghosts->room), 0);
    *ghosts = (struct ghosts){ 0 };
}

// How many there may be: a quarter of the ring is for holes.
static size_t most_ghosts(const struct ghosts *ghosts)
{
    return ghosts->room - ghosts->room / 4;
}

// For so many, if there is memory.
static void reserve_ghosts(weft_heap *heap, struct ghosts *ghosts,
    size_t count)
{
    if (count <= most_ghosts(ghosts) || count > UINT32_MAX / 4)
        return;
    size_t room = LEAST_GHOSTS;
    while (count > room - room / 4)
        room *= 2;
    uint32_t *memory = weft__resize(heap, NULL, 0, size_of_ghosts(room));
    if (memory == NULL)
        return;
    struct ghosts more = { .ring = memory, .index = memory + room,
        .room = (uint32_t)room };
    copy_ghosts(&more, ghosts);
    weft__free_ghosts(heap, ghosts);
    *ghosts = more;
}

// Of these there may be `most` from now on.
void weft__add_ghost(weft_heap *heap, struct ghosts *ghosts, uint64_t hash,
    size_t most)
{
    reserve_ghosts(heap, ghosts, most);
    if (most > most_ghosts(ghosts))
        most = most_ghosts(ghosts);
    while (ghosts->count > 0 && ghosts->count >= most)
        drop_first(ghosts);
    if (most == 0)
        return;
    while (ghosts->first != ghosts->end
            && *place_at(ghosts, ghosts->first) == 0)
        ghosts->first++;
    if (ghosts->end - ghosts->first == ghosts->room)
        copy_ghosts(ghosts, ghosts);
    *place_at(ghosts, ghosts->end) = piece_of(hash);
    add_to_index(ghosts, ghosts->end++ & (ghosts->room - 1));
    ghosts->count++;
}

// True: it is one, and has come back.
bool weft__take_ghost(struct ghosts *ghosts, uint64_t hash)
{
    if (ghosts->count == 0)
        return false;
    uint32_t piece = piece_of(hash);
    size_t mask = index_mask(ghosts), at = piece & mask;
    for (; ghosts->index[at] != 0; at = (at + 1) & mask) {
        uint32_t place = ghosts->index[at] - 1;
        if (ghosts->ring[place] != piece)
            continue;
        empty_index_cell(ghosts, at);
        ghosts->ring[place] = 0;
        ghosts->count--;
        return true;
    }
    return false;
}

static void expect_piece(const struct ghosts *ghosts, uint32_t piece)
{
    __builtin_prefetch(&ghosts->index[piece & index_mask(ghosts)]);
}

// One will be asked for, another be added, and then the oldest must go.
void weft__expect_ghosts(const struct ghosts *ghosts, uint64_t asked,
    uint64_t added)
{
    if (ghosts->count == 0)
        return;
    expect_piece(ghosts, piece_of(asked));
    expect_piece(ghosts, piece_of(added));
    expect_piece(ghosts, *place_at(ghosts, ghosts->first));
}
