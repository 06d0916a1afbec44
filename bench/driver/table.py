# SPDX-License-Identifier: MIT
"""All rows in the table's order; the growth curves; the pauses; and what a
peer has instead of a row that it does not have."""
from .rows import (CALLBACKS, COUNTS, DEEP, MEMORY, OBJECTS, PAUSES, RINGS, WEAK)
from .rows_tables import CACHES, GROWTH, TABLES

ROWS = (OBJECTS + COUNTS + WEAK + CALLBACKS + TABLES + CACHES + RINGS + PAUSES
        + DEEP + MEMORY + GROWTH)

# Curves from 1e3 to 1e7: the workload, the name its params begin with, words.
EXPONENTS = range(3, 8)
CURVES = [
    ("W23_growth", "make", "made"),
    ("W23_growth", "retain_release_first",
     "retain and release, random objects, for the first time"),
    ("W23_growth", "retain_release",
     "retain and release, random objects, again"),
    ("W23_growth", "weak_get", "weak get and release, random objects"),
    ("W23_growth", "release_random", "released in random order"),
    ("W23_growth", "object_bytes", "real memory of an object"),
    ("W23_growth", "hit_int", "weak value lookup, integer keys"),
]

# Of which there are histograms: the workload, and the program's name there.
HISTOGRAMS = [
    ("W17_churn", f"{program}_{live}", f"{title}, {words} objects")
    for live, words in (("1e6", "a million"), ("1e7", "ten million"))
    for program, title in (
        ("ring4", "a cache of rings of 4"), ("ring40", "a cache of rings of 40"),
        ("mixed", "trees, lists and a cache"))
] + [
    ("W22_weakpause", f"{program}_1e6", title) for program, title in (
        ("one", "a weak key dictionary of a million"),
        ("one_ring", "a weak key dictionary of a million, values hold keys"),
        ("many", "a thousand weak key dictionaries of a thousand"),
        ("many_ring", "a thousand weak key dictionaries, values hold keys"))
]

# What a peer's programs do instead, by another name.
INSTEAD = {
    "1e6": ["1e6_by_hand"],
    "1e7": ["1e7_by_hand"],
    "obj_exact": ["obj"],
    "hot_reused": ["hot"],
    "memory_heap": ["memory"],
    "iterate_born_1e5": ["iterate_1e5"],
}
for _kind, _other in (("string", "str"), ("obj_eq", "obj")):
    INSTEAD.update({f"{what}_{_kind}{size}": [f"{what}_{_other}{size}"]
                    for what in ("hit", "miss", "churn", "replace")
                    for size in ("", "_1e3", "_1e5", "_1e6")})
for _by in ("_eq", "_hook"):
    INSTEAD.update({f"{what}{_by}{size}": [f"{what}{size}"]
                    for what in ("hit", "churn", "contains", "iterate",
                                 "iterate_born", "add")
                    for size in ("", "_1e3", "_1e5", "_1e6")})


def params_of(param):
    """Those that count as a peer's answer to a row."""
    return [param, *INSTEAD.get(param, [])]
