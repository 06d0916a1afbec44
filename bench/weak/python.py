# SPDX-License-Identifier: MIT
"""Python's weakref module in the workloads of weak.h, driven from Python:
WeakValueDictionary, WeakKeyDictionary, WeakSet, the collector off. What the
interpreter takes for a loop is part of the figures, as it is of any program's.

    python3 bench/weak/python.py W9 W10      workloads; none: all
"""
import gc
import os
import random
import sys
import time
import weakref

SIZES = (1_000, "1e3"), (100_000, "1e5"), (1_000_000, "1e6")
LARGEST = 1_000_000
REPETITIONS = int(os.environ.get("BENCH_REPETITIONS", 9))
ENOUGH = float(os.environ.get("BENCH_MILLISECONDS", 300)) / 1e3


class Node:
    __slots__ = ("left", "right", "__weakref__")


def number_of(i):
    return i * 2654435761 & 0x3fffffff


KEYS = {
    "int": number_of,
    "str": lambda i: "key:%08x" % number_of(i),
    "obj": lambda i: Node(),
}


def print_row(workload, param, unit, samples):
    print("python", workload, param, unit,
          *(f"{sample:.4f}" for sample in samples), sep="\t", flush=True)


def run(workload, param, operations, measure):
    """`measure` gives the nanoseconds of one repetition."""
    measure()
    samples, start = [], time.monotonic()
    while len(samples) < REPETITIONS and (
            len(samples) < 3 or time.monotonic() - start < ENOUGH):
        samples.append(measure() / operations)
    print_row(workload, param, "ns", samples)


def timed(work):
    def measure():
        start = time.process_time_ns()
        work()
        return time.process_time_ns() - start
    return measure


def resident():
    with open("/proc/self/smaps_rollup", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file
                    if line.startswith("Rss:"))


def apart(work, *arguments):
    """In a process of its own."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            work(*arguments)
            sys.stdout.flush()
            os._exit(0)
        finally:
            os._exit(1)
    if os.waitpid(child, 0)[1]:
        sys.exit(f"{work.__name__}{arguments}: failed")


def choose(count):
    """Each is asked for once a repetition: fewer than in C, if that does."""
    return [random.randrange(count) for _ in range(max(count, 100_000))]


def probe(key, kind, i):
    return key if kind == "obj" else KEYS[kind](i)


def values(kind, count, size):
    table = weakref.WeakValueDictionary()
    keys = [KEYS[kind](i) for i in range(2 * count)]
    objects = [Node() for _ in range(count)]
    for key, value in zip(keys, objects):
        table[key] = value
    chosen = choose(count)
    there = [probe(keys[i], kind, i) for i in chosen]
    absent = [probe(keys[i + count], kind, i + count) for i in chosen]
    for key, i in zip(there, chosen):
        assert table[key] is objects[i]

    def hits():
        for key in there:
            table[key]          # a KeyError would end it

    def misses():
        for key in absent:
            if table.get(key) is not None:
                raise AssertionError

    run("W9_weakvalue", f"hit_{kind}_{size}", len(there), timed(hits))
    run("W9_weakvalue", f"miss_{kind}_{size}", len(absent),
        timed(misses))
    if size == "1e5":
        change_values(kind, table, keys, objects)


def change_values(kind, table, keys, objects):
    count = len(objects)
    fresh = keys[count:]
    order = random.sample(range(count), count)
    replaced = [0]

    def churn():
        for key in fresh:
            table[key] = Node()

    def replace():
        next_keys = keys if replaced[0] % 2 else fresh
        for at in order:
            objects[at] = None
            objects[at] = table[next_keys[at]] = Node()
        replaced[0] += 1

    run("W9_weakvalue", f"churn_{kind}", count, timed(churn))
    assert len(table) == count
    run("W9_weakvalue", f"replace_{kind}", count, timed(replace))
    assert len(table) == count


def keys(count, size):
    table = weakref.WeakKeyDictionary()
    objects = [Node() for _ in range(count)]
    for i, key in enumerate(objects):
        table[key] = i
    chosen = choose(count)
    there = [objects[i] for i in chosen]
    assert all(table[key] == i for key, i in zip(there, chosen))

    def hits():
        for key in there:
            table[key]

    def churn():
        for _ in range(count):
            table[Node()] = 1

    run("W10_weakkey", f"hit_{size}", len(there), timed(hits))
    if size == "1e5":
        run("W10_weakkey", "churn", count, timed(churn))
        assert len(table) == count


def members(count, size):
    objects = [Node() for _ in range(count)]
    shuffled = random.sample(objects, count)
    there = [objects[i] for i in choose(count)]
    made = [weakref.WeakSet(shuffled)]

    def add():
        made[0] = table = weakref.WeakSet()
        start = time.process_time_ns()
        for member in shuffled:
            table.add(member)
        return time.process_time_ns() - start

    def contains():
        table = made[0]
        for member in there:
            if member not in table:
                raise AssertionError

    def iterate():
        if sum(1 for _ in made[0]) != count:
            raise AssertionError

    run("W11_weakset", f"contains_{size}", len(there),
        timed(contains))
    if size == "1e5":
        run("W11_weakset", f"iterate_{size}", count, timed(iterate))
        run("W11_weakset", f"add_{size}", count, add)


def weigh(what, kind):
    objects = [Node() for _ in range(LARGEST)]
    table_keys = [KEYS[kind](i) for i in range(LARGEST)]
    table = {"value": weakref.WeakValueDictionary,
             "key": weakref.WeakKeyDictionary, "set": weakref.WeakSet}[what]()
    start = resident()
    for i in range(LARGEST):
        if what == "value":
            table[table_keys[i]] = objects[i]
        elif what == "key":
            table[objects[i]] = 1
        else:
            table.add(objects[i])
    param = f"value_{kind}" if what == "value" else what
    print_row("W20_weakmemory", param, "B", [(resident() - start) / LARGEST])
    assert len(table) == LARGEST


def main():
    def wants(workload):
        return len(sys.argv) == 1 or workload in sys.argv[1:]

    gc.disable()
    random.seed(7)
    for kind in KEYS:
        for count, size in SIZES:
            if wants("W9"):
                apart(values, kind, count, size)
    for count, size in SIZES:
        if wants("W10"):
            apart(keys, count, size)
        if wants("W11"):
            apart(members, count, size)
    if wants("W20"):
        for what, kind in (("value", "int"), ("value", "str"), ("key", "int"),
                           ("set", "int")):
            apart(weigh, what, kind)


main()
