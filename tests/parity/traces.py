# SPDX-License-Identifier: MIT
"""Traces by CPython and by weft, of many programs at a time."""

import json
import os
import random
import subprocess
import sys
import tempfile

from checks import canonical
from filters import edit, in_full
from gen import program_for
from things import HARMLESS

HERE = os.path.dirname(os.path.abspath(__file__))
ORDERS = 2                      # random ones, for each program
MORE = 20                       # where the traces differ

DEPENDS, CRASHED, FROZEN, OUTDATED, ELSEWHERE = (
    'depend on the order', 'crashed python', 'freeze', 'old python',
    'printed by another python only')


def full_text(profile, seed):
    return in_full(program_for(seed, profile))


# ---------------------------------------------------------------- CPython

def phases_of(text, first, orders):
    """What the program does in whatever order things are collected, and no
    doubt; or None, and why there is no saying."""
    from cpython import execute, trace_text
    known = canonical(first, 'phase') if first else None
    for i in range(orders):
        run = execute(text, random.Random(i))
        found = canonical(trace_text(run), 'phase')
        if run.doubt or run.outdated:
            return None, run.doubt or OUTDATED
        if known is not None and found != known:
            return None, DEPENDS
        known = found
    return known, None


def is_suspect(why):
    """Is the process not to be trusted any more?"""
    return why not in (None, DEPENDS, OUTDATED, *HARMLESS)


def work(orders, cases):
    """In a process of its own: a line of JSON for each program, with its
    trace, why that is not to be trusted, and the same for its phases."""
    import gc
    from cpython import calibrate, execute, trace_text
    gc.disable()
    calibrate()
    gc.collect()
    gc.freeze()
    for case in cases:
        profile, seed = case
        text, full = program_for(seed, profile), full_text(profile, seed)
        run = execute(text)
        doubt = run.doubt
        trace = trace_text(run)
        is_same = full == edit(text, lambda words: words)
        phases, why = None, doubt
        if not doubt:
            phases, why = phases_of(full, trace if is_same else None, orders)
        # The variables are no longer frozen once a program has unfrozen them.
        if not doubt and (run.outdated or run.unfrozen):
            doubt = OUTDATED if run.outdated else FROZEN
        print(json.dumps([trace, doubt, phases, why]), flush=True)
        if is_suspect(why):
            break


def run_python(python, cases, orders=ORDERS):
    """What work() prints, for each; None where CPython crashed."""
    answers = []
    while len(answers) < len(cases):
        command = [python, os.path.join(HERE, 'run'), '--work']
        done = subprocess.run(command, capture_output=True, text=True,
                              input=json.dumps([orders,
                                                cases[len(answers):]]))
        found = [json.loads(line) for line in done.stdout.splitlines()
                 if line.endswith(']')]
        answers += found
        if done.returncode > 0 or done.returncode == 0 and not found:
            sys.exit('%s failed:\n%s' % (python, done.stderr))
        if done.returncode < 0 and len(answers) < len(cases) and not (
                found and is_suspect(found[-1][3])):
            answers.append(None)
    return answers


# ---------------------------------------------------------------- weft

def split_traces(text):
    """Each ends with its `@end live`."""
    traces, begin = [], 0
    lines = text.splitlines(keepends=True)
    for i, line in enumerate(lines):
        if line.startswith('@end live'):
            traces.append(''.join(lines[begin:i + 1]))
            begin = i + 1
    return traces


def run_in(weft, texts, folder):
    paths = []
    for i, text in enumerate(texts):
        paths.append(os.path.join(folder, '%d.weft' % i))
        with open(paths[-1], 'w') as f:
            f.write(text)
    done = subprocess.run([*weft, *paths], capture_output=True, text=True)
    traces = split_traces(done.stdout)
    if done.returncode == 0 and len(traces) == len(texts):
        return traces
    if len(texts) == 1:
        return ['%s%s\nexit status %d\n' % (done.stdout, done.stderr,
                                            done.returncode)]
    return [run_in(weft, [text], folder)[0] for text in texts]


def run_weft(weft, texts):
    """The trace of each program; where weft failed, what it said instead."""
    if not texts:
        return []
    with tempfile.TemporaryDirectory(prefix='weft-parity-') as folder:
        return run_in(weft, texts, folder)
