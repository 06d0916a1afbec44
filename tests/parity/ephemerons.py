# SPDX-License-Identifier: MIT
"""What only CPython keeps alive.

An entry of a WeakKeyDictionary holds its value for as long as it is there, and
so, if the value leads to the key, for ever: Python leaks these. In weft the
entry holds the value as long as both the dictionary and the key are reached,
and what is reached in no other way is garbage (an ephemeron).

So the things of a collection are marked twice here, with the entries as CPython
sees them and as weft does. Outside of what is collected all is alive; a thing
is held from there if it has more references than are found inside.
"""

import gc
import sys

# References to a thing in roots_of(): of the list, the variable, the argument.
KNOWN = 3


def entries_of(dicts):
    """(table, key, value) of each entry, as ids; a key that is dead, and about
    to go, is None."""
    found = []
    for d in dicts:
        for ref, value in d.data.items():
            key = ref()
            found.append((id(d.data), None if key is None else id(key),
                          id(value)))
    return found


def children_of(things, tables):
    """By ids; of the data of a dictionary only the references to keys."""
    return {id(x): [id(y) for y in (list(x) if id(x) in tables
                                    else gc.get_referents(x))]
            for x in things}


def roots_of(things, children, entries):
    inside = dict.fromkeys(children, 0)
    for found in children.values():
        for y in found:
            if y in inside:
                inside[y] += 1
    for _, _, value in entries:
        if value in inside:
            inside[value] += 1
    return {id(x) for x in things
            if sys.getrefcount(x) - KNOWN > inside[id(x)]}


class Marking:
    def __init__(self, children, entries, keys_matter):
        self.children, self.entries = children, entries
        self.keys_matter = keys_matter
        self.reached = set()

    def is_alive(self, x):
        return x in self.reached or x not in self.children

    def holds(self, table, key):
        return self.is_alive(table) and (
            not self.keys_matter or key is not None and self.is_alive(key))

    def mark(self, todo):
        while todo:
            while todo:
                x = todo.pop()
                if not self.is_alive(x):
                    self.reached.add(x)
                    todo += self.children[x]
            todo = [value for table, key, value in self.entries
                    if not self.is_alive(value) and self.holds(table, key)]
        return self.reached


def keeps_more(dicts, generation):
    """Does CPython keep something in this collection that weft does not?
    `dicts` are all WeakKeyDictionaries there are."""
    entries = entries_of(dicts)
    things = gc.get_objects(generation=0)
    for i in range(1, generation + 1):
        things += gc.get_objects(generation=i)
    children = children_of(things, {table for table, _, _ in entries})
    roots = roots_of(things, children, entries)
    return (Marking(children, entries, False).mark(list(roots))
            != Marking(children, entries, True).mark(list(roots)))
