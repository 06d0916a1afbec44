# SPDX-License-Identifier: MIT
"""The rows of the table: what each is called, and its budgets.

A budget is one of

    (most,)                         in the row's own unit
    (most, peer, param)             times another figure of the same workload
    (most, peer, param, or_most)    the same; or else or_most in the row's unit

where the param SAME is the row's own. A row with several must keep all. Where
a budget is a time, it is of one x86-64 core of 3 GHz, beside what the machine
allowed there: what counts is the ratio, so the third form is the usual one.
"""
from dataclasses import dataclass

SAME = None


@dataclass
class Row:
    group: str                  # a heading of the table
    workload: str               # as programs print it: "W1_alloc_free"
    param: str                  # "hot"
    title: str                  # in words
    budgets: list               # of tuples, see above


def group(name, *rows):
    return [Row(name, *row[:3], list(row[3:])) for row in rows]


def limited(ratio, most):
    return (ratio, "limit", SAME, most)


LIVE = (("", ""), ("_1e6", ", beside 1e6 others"), ("_1e7", ", beside 1e7"))

OBJECTS = group(
    "Objects",
    ("W1_alloc_free", "hot", "made and released at once", (0.75, "limit", SAME)),
    ("W2_bulk", "alloc_1e6_fresh", "a million made, of fresh memory"),
    ("W2_bulk", "free_random_1e6_fresh",
     "a million released in random order, the first time"),
    ("W2_bulk", "alloc_1e6", "a million made", (1.03, "limit+mi", SAME, 4.0)),
    ("W2_bulk", "free_random_1e6", "a million released in random order",
     (1.7, "limit+mi", SAME, 20.0)),
)

COUNTS = group(
    "Counts",
    ("W3_refcount", "hot", "retain and release, one object", limited(1.3, 0.9)),
    ("W3_refcount", "random_1e6", "retain and release, a million in random order",
     (1.05, "limit", SAME), (1.05, "limit", "random_1e6_huge")),
)

WEAK = group(
    "Weak references",
    ("W5_weak_create", "second", "a handle taken again",
     (0.42, "cxx-st", SAME, 0.5)),
    ("W5_weak_create", "first_1e5", "the first handle of each of 1e5 objects"),
    ("W5_weak_create", "random_1e6", "a handle of each of 1e6 in random order"),
    ("W5_weak_create", "ref", "a ref made and dropped"),
    ("W5_weak_create", "ref_cb", "a ref with a callback made and dropped"),
    ("W5_weak_create", "ref_shared", "a ref made and dropped, while there is one"),
    ("W6_weak_upgrade", "hot", "weak get and release, one object",
     (0.1, "cxx-mt", SAME), (1.0, "rust-rc", SAME, 1.3)),
    ("W6_weak_upgrade", "random_1e6",
     "weak get and release, a million in random order",
     (1.05, "limit", SAME), (1.05, "limit", "random_1e6_huge"),
     (0.85, "rust-rc", SAME, 7.5)),
    ("W7_weak_dead", "hot", "weak get of what is dead",
     (1.05, "rust-rc", SAME, 0.7)),
    ("W7_weak_dead", "random_1e6",
     "weak get of what is dead, a million in random order"),
    ("W7_weak_dead", "hot_reused", "weak get of what is dead, its place reused",
     (1.05, "rust-rc", "hot", 0.7)),
)

CALLBACKS = group(
    "Callbacks",
    ("W8_callback", "death_plain", "death"),
    ("W8_callback", "death_weak", "death with a handle"),
    ("W8_callback", "death_cb", "death with a ref and a callback"),
    ("W8_callback", "death_cb_total",
     "death with a ref and a callback, and the ref dropped",
     (0.9, "rust-rc", SAME, 25.0)),
    ("W8_callback", "made_fired_gone",
     "made, watched, dead, called back, ref dropped", (60.0,)),
    ("W8_callback", "remove_of_1e3", "one ref of 1e3 to an object removed"),
    ("W8_callback", "remove_of_1e6", "one ref of 1e6 to an object removed",
     (2.0, "weft", "remove_of_1e3")),
    ("W8_callback", "remove_random_1e6",
     "all 1e6 refs to an object removed in random order"),
)

DEEP = group(
    "Deep structures",
    ("W14_list", "1e6", "death of a chain of a million"),
    ("W14_list", "1e7", "death of a chain of ten million", limited(1.0, 9.0)),
    ("W15_tree", "teardown_1e6", "death of a tree with weak parents",
     limited(1.04, 13.0)),
)

MEMORY = group(
    "Memory",
    ("W16_memory", "obj_exact", "an object of two pointers", (24.0,)),
    ("W16_memory", "obj", "an object of two pointers, real memory"),
    ("W16_memory", "weakref", "a handle, real memory", (8.0,)),
    ("W16_memory", "weakref_cb", "a ref with a callback, real memory"),
    ("W16_memory", "types_200", "a heap of 200 types, an object each"),
    *[("W20_weakmemory", f"{what}{which}", title + how)
      for what, title in (
          ("value_int", "an entry of a weak value dictionary, integer keys"),
          ("value_str", "an entry of a weak value dictionary, texts"),
          ("key", "an entry of a weak key dictionary"),
          ("set", "a member of a weak set"))
      for which, how in (("", ", real memory"), ("_heap", ""))],
    ("W19_cache", "memory", "an entry of a cache, real memory"),
    ("W19_cache", "memory_heap", "an entry of a cache"),
)

RINGS = group(
    "Rings and the collector",
    *[("W12_rings", f"pairs{live}", f"garbage in pairs{beside}",
       limited(1.48, 20.0)) for live, beside in LIVE],
    *[("W12_rings", f"ring40{live}", f"garbage in rings of 40{beside}", (45.0,))
      for live, beside in LIVE],
    *[("W12_rings", f"old{live}", f"garbage in pairs that grew old{beside}",
       (60.0,)) for live, beside in LIVE],
    *[("W13_live", f"full_{size}{order}",
       f"everything collected, {size} live{', shuffled' if order else ''}",
       (1.2, "luajit", SAME), (0.7, "cpython", SAME),
       *([] if order else [(most,)]))
      for size, most in (("1e6", 40.0), ("1e7", 900.0))
      for order in ("", "_shuffled")],
    ("W13_live", "pair_on_1e6", "a garbage pair that holds one of 1e6 live: work",
     (1.0,)),
    ("W13_live", "pair_on_1e6_total",
     "a garbage pair that holds one of 1e6 live: all of the program"),
    ("W13_live", "pair_on_1e6_missed",
     "a garbage pair that holds one of 1e6 live: left to the next cycle"),
    ("W13_live", "live_candidate_1e6", "a live candidate among 1e6: work", (2.0,)),
    ("W13_live", "live_candidate_1e6_all",
     "a live candidate among 1e6: work until it is given up"),
    ("W18_cost", "build_1e6", "a tree of a million built, with a collector"),
    ("W18_cost", "build_1e7", "a tree of ten million built, with a collector"),
    ("W18_cost", "make_release_1e6", "a million made, released in random order"),
    ("W18_cost", "repoint_1e6", "a field of a random object set to another",
     (2.5, "limit", SAME)),
)

PAUSES = group(
    "Pauses",
    *[("W17_churn", f"{program}_{live}_{what}",
       f"{title}, {live} live: {share}", *limits)
      for program, title, peak in (
          ("ring4", "a cache of rings of 4", [(1.0,)]),
          ("ring40", "a cache of rings of 40", [(10.0,)]),
          ("mixed", "trees, lists and a cache", []))
      for live in ("1e6", "1e7")
      for what, share, limits in (
          ("cost", "a made object", []), ("p50", "half of the pauses", []),
          ("p99", "99 of 100 pauses", [(100.0,)]),
          ("p999", "999 of 1000 pauses", []),
          ("max", "the longest pause", [(1000.0,)]),
          ("peak", "most garbage at once", peak))],
    *[("W22_weakpause", f"{program}{ring}_1e6_{what}",
       f"{title}{rings}: {share}", *limits)
      for program, title in (
          ("one", "a weak key dictionary of 1e6"),
          ("many", "a thousand weak key dictionaries"))
      for ring, rings in (("", ""), ("_ring", ", values hold keys"))
      for what, share, limits in (
          ("cost", "a made object", []), ("p50", "half of the pauses", []),
          ("p99", "99 of 100 pauses", []), ("p999", "999 of 1000 pauses", []),
          ("max", "the longest pause", [(1000.0,)]),
          ("peak", "most garbage at once", []), ("put_max", "the longest put", []))],
)
