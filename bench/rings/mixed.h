// SPDX-License-Identifier: MIT
//
// W17: a program of several kinds of structures, all with links back:
//
//   half of the objects: trees of up to a thousand items, which know their
//       parents; a tree grows by leaves, and when it is full a branch goes
//   a quarter: lists linked both ways, of up to 200, which grow at the end
//       and are cut in the middle
//   a quarter: cache entries, rings of 4 that hold a tree
//
// What goes is always garbage in rings that holds something alive: the tree it
// was cut from, the rest of its list. Whoever cuts counts what goes, which is a
// walk over it. Half of all operations only read.
#ifndef BENCH_RINGS_MIXED_H
#define BENCH_RINGS_MIXED_H

#include "churn.h"

enum { BRANCHES = 1000, LONGEST = 200, STEP = 8, RINGS = 4 };

static struct item **roots;     // held
static size_t *root_sizes;      // items of each
static size_t root_count;       // trees
static struct item **heads;     // held: first of each list
static struct item **tails;     // borrowed: last of each list
static size_t *lengths;         // of lists
static size_t list_count;       // lists
static size_t mixed_living;     // objects that should be alive

// ---- trees

static void grow_tree(size_t which, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct item *parent = roots[which];
        size_t side = (size_t)(bench_random() >> 40 & 1);
        while (parent->link[side] != NULL) {
            parent = parent->link[side];
            side = (size_t)(bench_random() >> 40 & 1);
        }
        struct item *leaf = item_new();
        link_below(parent, side, leaf);
        drop(leaf);
    }
    root_sizes[which] += count;
    mixed_living += count;
}

static size_t count_branch(struct item *top, bool by_hand)
{
    if (top == NULL)
        return 0;
    size_t count = 1 + count_branch(top->link[0], by_hand)
        + count_branch(top->link[1], by_hand);
    if (by_hand)
        point(&top->link[2], NULL);
    return count;
}

// A branch of one to five levels down.
static void cut_tree(size_t which, bool by_hand)
{
    struct item *parent = roots[which];
    size_t side = 0;
    for (size_t depth = random_below(5);; depth--) {
        side = (size_t)(bench_random() >> 40 & 1);
        if (parent->link[side] == NULL)
            side = 1 - side;
        if (parent->link[side] == NULL)
            return;                     // a leaf
        if (depth == 0)
            break;
        parent = parent->link[side];
    }
    size_t count = count_branch(parent->link[side], by_hand);
    point(&parent->link[side], NULL);
    root_sizes[which] -= count;
    mixed_living -= count;
}

static size_t change_tree(bool by_hand)
{
    size_t which = random_below(root_count);
    if (root_sizes[which] >= BRANCHES) {
        cut_tree(which, by_hand);
        return 0;
    }
    grow_tree(which, STEP);
    return STEP;
}

// ---- lists

static void grow_list(size_t which, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct item *next = item_new();
        point(&next->link[1], tails[which]);
        point(&tails[which]->link[0], next);
        drop(next);
        tails[which] = next;
    }
    lengths[which] += count;
    mixed_living += count;
}

static void cut_list(size_t which, bool by_hand)
{
    size_t stays = 1 + random_below(lengths[which] - 1);
    struct item *last = heads[which];
    for (size_t i = 1; i < stays; i++)
        last = last->link[0];
    for (struct item *item = last->link[0]; by_hand && item != NULL;
            item = item->link[0])
        point(&item->link[1], NULL);
    point(&last->link[0], NULL);
    tails[which] = last;
    mixed_living -= lengths[which] - stays;
    lengths[which] = stays;
}

static size_t change_list(bool by_hand)
{
    size_t which = random_below(list_count);
    if (lengths[which] >= LONGEST) {
        cut_list(which, by_hand);
        return 0;
    }
    grow_list(which, STEP);
    return STEP;
}

// ---- all together

static struct item *mixed_entry_new(void)
{
    struct item *entry = entry_new(RINGS);
    point(&entry->link[2], roots[random_below(root_count)]);
    return entry;
}

static size_t change_entry(bool by_hand)
{
    struct item **place = &entries[random_below(entry_count)];
    struct item *old = *place;
    *place = mixed_entry_new();
    entry_drop(old, RINGS, by_hand);
    return RINGS;
}

static size_t use_mixed(bool by_hand)
{
    size_t made = 0;
    entry_read(entries[random_below(entry_count)]);
    struct item *root = keep(roots[random_below(root_count)]);
    BENCH_KEEP(root);
    drop(root);
    uint64_t kind = bench_random() >> 40 & 3;
    begin_change();
    if (kind == 0)
        made = change_entry(by_hand);
    else if (kind == 1)
        made = change_list(by_hand);
    else
        made = change_tree(by_hand);
    end_change();
    return made;
}

static size_t mixed_lives(void)
{
    return mixed_living;
}

static void make_trees_and_lists(void)
{
    for (size_t i = 0; i < root_count; i++) {
        roots[i] = item_new();
        root_sizes[i] = 1;
        grow_tree(i, BRANCHES / 2 + random_below(BRANCHES / 2));
    }
    for (size_t i = 0; i < list_count; i++) {
        heads[i] = item_new();
        tails[i] = heads[i];
        lengths[i] = 1;
        grow_list(i, 1 + random_below(LONGEST));
    }
}

static void run_mixed(size_t live)
{
    const struct program mixed = { "mixed", use_mixed, mixed_lives, CHURN,
        NULL };
    root_count = live * 2 / 3 / BRANCHES;       // three quarters full
    list_count = live / 4 / (LONGEST / 2);
    entry_count = live / 4 / RINGS;
    open_heap();
    turn_on();
    roots = array_new(root_count);
    heads = array_new(list_count);
    tails = array_new(list_count);
    entries = array_new(entry_count);
    root_sizes = bench_array(root_count, sizeof(*root_sizes));
    lengths = bench_array(list_count, sizeof(*lengths));
    mixed_living = root_count + list_count + entry_count * RINGS;
    make_trees_and_lists();
    for (size_t i = 0; i < entry_count; i++)
        entries[i] = mixed_entry_new();
    run_program(&mixed, live);
}

#endif
