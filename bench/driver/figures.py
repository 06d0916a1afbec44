# SPDX-License-Identifier: MIT
"""Medians, quartiles and ratios of what was measured.

A figure is the median of all samples of all rounds. A ratio is the median of
the rounds' ratios, so that what changes from round to round changes both. A
key is (peer, workload, param), as in ("weft", "W1_alloc_free", "hot").
"""
import statistics


class Figures:
    def __init__(self, samples):
        self.rounds, self.units, self.seen = {}, {}, {}
        for workloads in samples.values():
            for kept in workloads.values():
                for series in kept:
                    self.add(series)

    def add(self, series):
        key = (series["peer"], series["row"], series["param"])
        where = self.seen if series["unit"] == "hist" else self.rounds
        where[key] = series["rounds"]
        self.units[key] = series["unit"]

    def peers(self):
        return list(dict.fromkeys(key[0] for key in self.rounds))

    def samples(self, key):
        return sorted(sample for rounds in self.rounds.get(key, {}).values()
                      for sample in rounds if sample is not None)

    def has(self, key):
        return bool(self.samples(key))

    def crashed(self, key):
        return key in self.rounds and not self.samples(key)

    def median(self, key):
        samples = self.samples(key)
        return statistics.median(samples) if samples else None

    def quartiles(self, key):
        samples = self.samples(key)
        if len(samples) < 2:
            return (samples + [None])[0], (samples + [None])[0]
        low, _, high = statistics.quantiles(samples, n=4, method="inclusive")
        return low, high

    def ratio(self, key, other):
        """The median of the rounds' ratios, or None."""
        ratios = []
        for round_number, samples in self.rounds.get(key, {}).items():
            others = self.rounds.get(other, {}).get(round_number, [])
            if samples and others and None not in samples + others:
                below = statistics.median(others)
                if below > 0:
                    ratios.append(statistics.median(samples) / below)
        return statistics.median(ratios) if ratios else None

    def of_row(self, peer, workload, params):
        """The key of the best of some rows that the peer has, or None."""
        found = [(self.median((peer, workload, param)), param)
                 for param in params if self.has((peer, workload, param))]
        return (peer, workload, min(found)[1]) if found else None

    def best(self, peers, workload, params):
        """The key of the best of these peers, or None."""
        keys = [self.of_row(peer, workload, params) for peer in peers]
        keys = [key for key in keys if key is not None]
        return min(keys, key=self.median, default=None)

    def histogram(self, key):
        """[[upper, count], ...] of all rounds together, or None."""
        counts = {}
        for samples in self.seen.get(key, {}).values():
            for sample in samples:
                upper, count = sample.split(":")
                counts[float(upper)] = counts.get(float(upper), 0) + int(count)
        return [[upper, counts[upper]] for upper in sorted(counts)] or None
