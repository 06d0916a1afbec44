# SPDX-License-Identifier: MIT
"""The rows of weak dictionaries, weak sets and caches."""
from .rows import SAME, group, limited

# How much quicker than Python's own: from C, and driven from Python.
FASTER = [(0.2, "cpython", SAME), (0.0667, "python", SAME)]
RUST = (1.0, "rust-rc", SAME)

SIZES = ("1e3", "1e5", "1e6")
KINDS = {"int": "integer keys", "str": "texts as keys",
         "string": "strings as keys", "obj": "objects as keys",
         "obj_eq": "objects by equality"}
BY = {"": "by identity", "_eq": "by equality", "_hook": "by hooks of equality"}

# A lookup beside a plain table; or in ns.
HIT = {"int_1e3": 8.0, "int_1e5": 18.0, "int_1e6": 42.0,
       "str_1e3": 14.0, "str_1e5": 30.0, "str_1e6": 75.0}


def hit(kind, size):
    if kind not in ("int", "str", "obj"):
        return []
    most = HIT.get(f"{kind}_{size}")
    return [limited(1.2, most) if most else (1.2, "limit", SAME), *FASTER]


def churn(what, kind):
    if kind not in ("int", "str"):
        return []
    most = [(0.88, "cxx-st", SAME, 45.0)] if what == "churn" else []
    return most + FASTER


KEY_HIT = {"1e3": RUST, "1e5": (1.04, "rust-rc", SAME, 8.0),
           "1e6": (1.19, "rust-rc", SAME, 25.0)}
CONTAINS = {"1e3": RUST, "1e5": (1.0, "rust-rc", SAME, 7.5), "1e6": RUST}

TABLES = group(
    "Weak dictionaries and sets",
    *[("W9_weakvalue", f"hit_{kind}_{size}",
       f"weak value lookup, {words}, {size}", *hit(kind, size))
      for kind, words in KINDS.items() for size in SIZES],
    *[("W9_weakvalue", f"miss_{kind}_{size}",
       f"weak value lookup of what is not there, {words}, {size}")
      for kind, words in KINDS.items() for size in SIZES],
    *[("W9_weakvalue", f"{what}_{kind}", f"{title}, {words}, 1e5 live",
       *churn(what, kind))
      for what, title in (("churn", "weak value insert and death"),
                          ("replace", "weak value replaced"))
      for kind, words in KINDS.items()],
    *[("W10_weakkey", f"hit{by}_{size}", f"weak key lookup, {words}, {size}",
       *([] if by else [KEY_HIT[size]]))
      for by, words in BY.items() for size in SIZES],
    *[("W10_weakkey", f"churn{by}",
       f"weak key insert and death, {words}, 1e5 live",
       *([] if by else [(1.09, "rust-rc", SAME, 35.0)]))
      for by, words in BY.items()],
    *[("W11_weakset", f"contains{by}_{size}",
       f"weak set contains, {words}, {size}", *([] if by else [CONTAINS[size]]))
      for by, words in BY.items() for size in SIZES],
    *[("W11_weakset", f"{what}{by}_1e5", f"weak set {title}, {words}, 1e5",
       *([] if by else limits))
      for what, title, limits in (
          ("add", "add", [(0.83, "rust-rc", SAME, 30.0)]),
          ("iterate", "iterate", [(0.81, "rust-rc", SAME, 3.0)]),
          ("iterate_born", "iterate in order of birth",
           [(0.81, "rust-rc", "iterate_1e5", 3.0)]))
      for by, words in BY.items()],
)

CACHES = group(
    "Caches",
    ("W19_cache", "hit_int_1e5", "a hit, integer keys, 1e5", (50.0,)),
    ("W19_cache", "zipf", "asked by Zipf's law, made where missing"),
    ("W19_cache", "zipf_hits", "asked by Zipf's law: found"),
)

GROWTH = group(
    "Growth",
    *[("W21_weakgrowth", f"{what}_{which}", f"a weak {what} dictionary: {title}")
      for what in ("value", "key")
      for which, title in (("longest", "the longest put"),
                           ("put", "a put, growth included"))],
)
