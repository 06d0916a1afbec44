# SPDX-License-Identifier: MIT
"""Runs the programs, and keeps what they said.

Round by round, workload by workload, the programs take turns, each workload in
a process of its own, all on one processor. All samples of all rounds are kept
in samples.json: tables can be made of them at any time, and a later run can
redo some (program, workload) pairs and keep the others.

Samples are {program: {workload: [series, ...]}}. A series is what a program
said of one row: {"peer", "row", "param", "unit", "rounds": {"0": [...]}}. A
sample is a number; None where the program crashed; "upper:count" of a
histogram.
"""
import json
import os
import subprocess
import time

from .tools import BUILD, say
from .workloads import (AGAIN, LONG, LONG_MILLISECONDS, LONG_REPETITIONS,
                        MINUTES, WORKLOADS, families_of)

WEFT = ("weft", "limit")    # the kinds of what is compared with the peers
SAMPLES = os.path.join(BUILD, "samples.json")


def pin():
    """One processor for the child: the last of those allowed, as the first
    is where interrupts tend to be."""
    if hasattr(os, "sched_setaffinity"):
        try:
            os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        except OSError:
            pass


def sample_of(text, unit):
    if text == "crash":
        return None
    return text if unit == "hist" else float(text)


def series_of(kept, peer, row, param, unit):
    for series in kept:
        if (series["peer"], series["row"], series["param"]) \
                == (peer, row, param):
            return series
    kept.append({"peer": peer, "row": row, "param": param, "unit": unit,
                 "rounds": {}})
    return kept[-1]


def keep_lines(text, peer, kept, round_number):
    """Keeps what a program printed; false if it makes no sense."""
    for line in text.splitlines():
        try:
            printed, row, param, unit, *words = line.split("\t")
            samples = [sample_of(word, unit) for word in words]
        except ValueError:
            say(f"{peer.name}: not a figure: {line[:70]}")
            return False
        name = printed if peer.names is None else peer.names.get(printed)
        if name is not None:
            rounds = series_of(kept, name, row, param, unit)["rounds"]
            rounds.setdefault(str(round_number), []).extend(samples)
    return True


def measure_one(peer, family, workload, options, kept, round_number):
    """Runs one process; False if it failed."""
    repetitions, milliseconds = options.repetitions, options.milliseconds
    if workload in LONG and peer.kind not in WEFT and not options.all_rounds:
        repetitions = min(repetitions, LONG_REPETITIONS)
        milliseconds = min(milliseconds, LONG_MILLISECONDS)
    environment = dict(os.environ, PYTHONPATH=BUILD, PYTHONDONTWRITEBYTECODE="1",
                       BENCH_REPETITIONS=str(repetitions),
                       BENCH_MILLISECONDS=str(milliseconds),
                       BENCH_LARGE="0" if options.quick else "1")
    environment.update(peer.environment)
    try:
        result = subprocess.run(peer.run[family] + [workload], text=True,
                                capture_output=True, env=environment,
                                timeout=MINUTES[family] * 60, preexec_fn=pin)
    except subprocess.TimeoutExpired:
        say(f"{peer.name} {workload}: took more than {MINUTES[family]} minutes")
        return False
    except OSError as error:
        say(f"{peer.name} {workload}: {error}")
        return False
    makes_sense = keep_lines(result.stdout, peer, kept, round_number)
    if result.returncode:
        say(f"{peer.name} {workload}: failed ({result.returncode}): "
            f"{result.stderr.strip()[-300:]}")
    return makes_sense and result.returncode == 0


def takes_part(peer, workload, round_number, options):
    if peer.works and workload not in peer.works.split():
        return False
    if options.all_rounds or workload not in LONG:
        return True
    return round_number < (2 if peer.kind in WEFT else 1)


def turns(peers, workload, round_number, options):
    """Who has it, and by which program."""
    again = AGAIN.get(workload, 1) if options.rounds == 1 else 1
    for family in families_of(workload) * again:
        for peer in peers:
            if family in peer.run and takes_part(peer, workload, round_number,
                                                 options):
                yield peer, family


def measure(peers, options, after_round):
    """Measures; whether all programs did what they should, and the seconds
    that each took. After each round, after_round(samples) is called."""
    samples, seconds, right = {}, {}, True
    for round_number in range(options.rounds):
        for workload in WORKLOADS:
            if options.work and workload not in options.work.split(","):
                continue
            for peer, family in turns(peers, workload, round_number,
                                      options):
                kept = samples.setdefault(peer.name, {}) \
                    .setdefault(workload, [])
                start = time.time()
                right &= measure_one(peer, family, workload, options, kept,
                                     round_number)
                pair = (peer.name, workload)
                seconds[pair] = seconds.get(pair, 0) + time.time() - start
        after_round(samples)
        say(f"round {round_number + 1} of {options.rounds} done")
    return right, seconds


def merged(old, new):
    """The new samples, and those of the pairs that were not run again."""
    both = {program: dict(workloads) for program, workloads in old.items()}
    for program, workloads in new.items():
        both.setdefault(program, {}).update(workloads)
    return both


def load():
    """What was stored: {"about": {...}, "samples": {...}}, or None."""
    try:
        with open(SAMPLES, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def store(about, samples):
    os.makedirs(BUILD, exist_ok=True)
    with open(SAMPLES + ".new", "w", encoding="utf-8") as file:
        json.dump({"about": about, "samples": samples}, file)
    os.replace(SAMPLES + ".new", SAMPLES)
