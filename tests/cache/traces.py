# SPDX-License-Identifier: MIT
"""What a cache may be asked for: each trace is a list of keys, and each key has
a size. All of it is the same in every run.
"""

from bisect import bisect_left
from itertools import accumulate
from random import Random


def zipf(random, keys, requests, exponent):
    """The k-th most wanted of the keys is wanted 1 / k**exponent as often."""
    sums = list(accumulate(1 / (k + 1)**exponent for k in range(keys)))
    names = list(range(keys))
    random.shuffle(names)
    return [names[bisect_left(sums, random.random() * sums[-1])]
            for _ in range(requests)]


def loop(random, keys, requests, length):
    """One key after the other, and again from the first."""
    return [i % length for i in range(requests)]


def scanned(random, keys, requests, exponent):
    """Every now and then a run through keys that never come again."""
    wanted = zipf(random, keys, requests, exponent)
    trace, fresh = [], keys
    while len(trace) < requests:
        trace += wanted[len(trace):len(trace) + keys // 10]
        trace += range(fresh, fresh + keys // 20)
        fresh += keys // 20
    return trace[:requests]


def drifting(random, keys, requests, exponent):
    """Who is wanted most changes, a little all the time."""
    trace = zipf(random, keys, requests, exponent)
    return [(key + i // 20) % keys for i, key in enumerate(trace)]


def one_size(random, key):
    return 1


def many_sizes(random, key):
    """From 1 to 1000, as many small ones as large ones."""
    return int(10**Random(key).uniform(0, 3))


def all_traces(keys, requests):
    """Yields a name, a trace, and what size each key has."""
    def made(name, make, parameter, size=one_size):
        random = Random(name)
        trace = make(random, keys, requests, parameter)
        asked = set(trace).union(range(keys))
        return name, trace, {key: size(random, key) for key in asked}

    for exponent in 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2:
        yield made(f"zipf {exponent}", zipf, exponent)
    yield made("loop, a little too long", loop, keys * 12 // 100)
    yield made("loop, far too long", loop, keys)
    yield made("zipf 0.8 and scans", scanned, 0.8)
    yield made("zipf 1.0 and scans", scanned, 1.0)
    yield made("zipf 1.0, drifting", drifting, 1.0)
    for exponent in 0.6, 0.8, 1.0, 1.2:
        yield made(f"zipf {exponent}, sizes 1 to 1000", zipf, exponent,
                   many_sizes)
    yield made("zipf 1.0 and scans, sizes 1 to 1000", scanned, 1.0, many_sizes)
