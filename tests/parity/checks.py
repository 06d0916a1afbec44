# SPDX-License-Identifier: MIT
"""What must hold in every trace, and how two traces are compared."""

import gc
import re
import weakref

from things import DICTS, PROXIES, SLOTS, SLOTTED, WM, SubRef


def invariants(run, text):
    """What must hold in every trace; a list of complaints."""
    bad = []
    dead, fins, made = set(), {}, {}
    kinds = {}
    for m in re.finditer(r'\bnew (\w+) (\w+)', text):
        # A label that two ops would give: which comes first is not known.
        known = kinds.setdefault(m.group(1), m.group(2))
        if known != m.group(2):
            kinds[m.group(1)] = 'unknown'
    stack = []
    for line in run.out:
        body = line.lstrip()
        if '0x' in line or '<' in body.replace('<=', ''):
            bad.append('address or repr: ' + line)
        if ' ! ' in body or body.endswith('!badop'):
            bad.append('unexpected: ' + line)
        words = body.split()
        if words[0] == 'dead':
            if words[1] in dead:
                bad.append('died twice: ' + words[1])
            dead.add(words[1])
        elif words[0] == 'fin':
            if words[1] in fins:
                bad.append('finalized twice: ' + words[1])
            if words[1] in dead:
                bad.append('finalized after death: ' + words[1])
            fins[words[1]] = 1
            if kinds.get(words[1]) not in ('fin', 'keyfin', 'fnfin',
                                           'unknown'):
                bad.append('finalized without finalizer: ' + words[1])
        elif words[0] == 'call' and words[1] in dead:
            bad.append('called after death: ' + words[1])
        elif words[0] == '=' and len(words) > 1:
            stack.append(words[1:])
    for label, kind in kinds.items():
        if label in run.labels and kind in ('fin', 'keyfin', 'fnfin'):
            if label in dead and label not in fins:
                bad.append('died unfinalized: ' + label)
    live = run.out[-1].split()[2:]
    if live != ['none'] and 'exit' not in text and 'saveall' not in text:
        if 'fz ' not in text:
            bad.append('alive at the end: ' + ' '.join(live))
    return bad


def deref_checks(run):
    """No reference may yield an object that has died."""
    bad, dead = [], set()
    header = {}
    for line in run.out:
        pad = len(line) - len(line.lstrip())
        body = line.strip()
        if body.startswith('dead '):
            dead.add(body.split()[1])
        elif body[0] in '@>':
            words = body.split()
            header[pad] = words[2:] if words[0][0] == '@' else words[1:]
            if words[0][0] == '@' and words[0] != '@end':
                header[pad] = words[1:]
        elif body.startswith('= '):
            head = header.get(pad, [''])
            if head and head[0] in ('deref', 'get', 'pget', 'dget', 'dgetd',
                                    'dpop', 'dpopd', 'dkeys', 'dvals',
                                    'slist', 'next', 'wmget', 'fzpeek'):
                for word in re.split(r'[ =]', body[2:]):
                    if word in dead:
                        bad.append('dead object seen: %s %s' % (head, body))
    return bad


def shadow_rc(run, name):
    """The strong references a variable's object should have, counted from
    the structures the language knows about."""
    target = run.V[name]
    n = sum(1 for x in run.V.values() if x is target)
    for x in gc.get_objects():
        kind = type(x)
        if kind in SLOTTED:
            n += sum(1 for s in SLOTS if getattr(x, s, None) is target)
        if kind in (weakref.ref, SubRef) and x.__callback__ is target:
            n += 1
        elif kind in PROXIES:
            n += sum(1 for y in gc.get_referents(x) if y is target)
        elif kind in DICTS:
            n += sum(1 for y in x.data.values() if y is target)
        elif kind in WM:
            half = x.__callback__ or x._func_ref.__callback__
            n += sum(1 for c in half and half.__closure__ or ()
                     if c.cell_contents is target)
    for f, info in list(weakref.finalize._registry.items()):
        n += (f is target) + (info.func is target)
        n += sum(1 for y in info.args if y is target)
    return n


def masked(lines):
    """In CPython the entry of what has died counts until its own callback was
    called, which other callbacks notice; in weft it is gone at once."""
    out = []
    for line in lines:
        if out and re.match(r' *> (dlen|slen|drefs) ', out[-1]):
            line = re.sub(r'= \d.*', '= (a length)', line)
        out.append(line)
    return out


def canonical(text, level):
    """The lines of a trace; at level 'phase', what a collection does is
    compared as a bag: the order of events inside one collection is dropped,
    and that of the garbage list. Lengths of containers in actions are masked
    then."""
    lines = text.splitlines()
    if level == 'exact':
        return lines
    lines = masked(lines)
    out, i = [], 0
    while i < len(lines):
        line = lines[i]
        out.append(line)
        i += 1
        body = line.strip()
        if re.match(r'(@\d+|>) garbage$', body):
            out.append(' '.join(sorted(lines[i].split())))
            i += 1
        if not re.match(r'(@\d+|@end|>) (gc( \d)?|forget|reset)$', body):
            continue
        pad = len(line) - len(line.lstrip())
        block = []
        while i < len(lines) and (len(lines[i]) - len(lines[i].lstrip())
                                  > pad):
            block.append(lines[i].strip())
            i += 1
        out.append(' '.join(sorted(block)))
    return out
