#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random programs in the line language, to be run on CPython and elsewhere.

    gen.py gen  --seed S [--count N] [--profile P] [--out DIR]
    gen.py run  FILE... [--write]        (--write puts FILE.trace beside FILE)
    gen.py fuzz --start S --count N [--profile P] [--check] [--dump FILE]
    gen.py cmp  A.trace B.trace [--level exact|phase]

A program depends on its seed and profile alone, not on the Python that makes
it. Those of the profiles `heart`, `rings` and `weak` are made in heart.py.
"""

import argparse
import gc
import hashlib
import os
import random
import re
import sys

from checks import canonical, deref_checks, invariants, shadow_rc
from cpython import Run, calibrate, execute, trace_text
from heart import Heart, Rings, Weak
from things import OBJ, PROXIES


class Gen:
    """A random program; nothing here depends on the interpreter."""

    PROFILES = ('core', 'gcheavy', 'cont', 'iter', 'fz', 'set', 'all')

    def __init__(self, seed, profile=None):
        self.r = random.Random(seed * 7919 + 13)
        self.seed = seed
        self.profile = profile or self.PROFILES[seed % len(self.PROFILES)]
        self.n = {}
        self.lines = []
        self.things = {k: [] for k in 'ocrpdsifw'}
        self.things['k'] = ['k0', 'k1', 'k2']
        self.kind = {}
        self.dk = {}

    def pick(self, *weighted):
        total = sum(w for w, _ in weighted)
        x = self.r.random() * total
        for w, value in weighted:
            x -= w
            if x < 0:
                return value
        return weighted[-1][1]

    def fresh(self, letter):
        i = self.n.get(letter, 0)
        self.n[letter] = i + 1
        return '%s%d' % (letter, i)

    def any(self, letters):
        pool = [x for k in letters for x in self.things[k]]
        return self.r.choice(pool) if pool else None

    def keep(self):
        return 'k%d' % self.r.randrange(3)

    def slot(self):
        return self.r.choice('aabbcd')

    def atom(self):
        return ':' + self.r.choice('xyzw')

    def obj(self):
        return self.any('o') or 'o0'

    def add(self, text):
        self.lines.append(text)

    def new_obj(self):
        name = self.fresh('o')
        heavy = self.profile == 'gcheavy'
        kind = self.pick((5, 'plain'), (6 if heavy else 4, 'fin'), (2, 'key'),
                         (1, 'keyfin'), (.3, 'nohash'), (.3, 'noweak'),
                         (.5, 'seq'))
        self.kind[name] = kind
        n = ''
        if kind in ('key', 'keyfin', 'nohash', 'seq'):
            n = ' %d' % self.r.randrange(3)
        self.add('new %s %s%s' % (name, kind, n))
        self.things['o'].append(name)
        if kind in ('fin', 'keyfin') and self.r.random() < .7:
            self.add('ondel %s : %s' % (name, self.acts(False)))

    def new_fn(self):
        name = self.fresh('c')
        self.kind[name] = self.pick((5, 'fn'), (1, 'fnfin'))
        self.add('new %s %s' % (name, self.kind[name]))
        self.things['c'].append(name)
        if self.r.random() < .75:
            self.add('oncall %s : %s' % (name, self.acts(True)))
        if self.kind[name] == 'fnfin' and self.r.random() < .6:
            self.add('ondel %s : %s' % (name, self.acts(False)))

    def acts(self, arg):
        return ' ; '.join(self.act(arg) for _ in range(self.r.choice(
            (1, 1, 1, 2, 2, 3))))

    def act(self, arg):
        # Actions are given before most things exist: guess their names.
        r = 'r%d' % self.r.randrange(7)
        o, o2 = ('o%d' % self.r.randrange(6) for _ in '12')
        p = 'p%d' % self.r.randrange(3)
        d = self.any('d')
        s = self.any('s')
        choices = [
            (3, 'mov %s self' % self.keep()),
            (1.5, 'drop ' + o),
            (1, 'drop ' + r),
            (1, 'drop c%d' % self.r.randrange(3)),
            (2, 'drop ' + self.keep()),
            (3, 'deref %s %s' % (self.keep(), r)),
            (5, 'alive ' + r),
            (1, 'set self %s none' % self.slot()),
            (2, 'set %s %s self' % (o, self.slot())),
            (1, 'set %s %s %s' % (o, self.slot(), o2)),
            (1, 'set %s %s none' % (o, self.slot())),
            (1, 'get %s self %s' % (self.keep(), self.slot())),
            (1, 'gc'),
            (1, 'raise'),
            (1, 'pget %s %s %s' % (self.keep(), p, self.slot())),
            (.6, 'ref r%d self' % (90 + self.r.randrange(6))),
            (.4, 'new o%d plain' % (90 + self.r.randrange(4))),
        ]
        if arg:
            choices += [(3, 'alive arg'), (1.5, 'cbof arg'),
                        (1, 'mov %s arg' % self.keep()),
                        (1, 'deref %s arg' % self.keep())]
        if d:
            choices += [(2, 'dlen ' + d), (1.5, 'dkeys ' + d),
                        (1, 'dclear ' + d)]
            if self.dk[d] == 'wvd':
                choices += [(1.5, 'dput %s %s self' % (d, self.atom())),
                            (1, 'dgetd %s %s %s' % (self.keep(), d,
                                                    self.atom()))]
            else:
                choices += [(1.5, 'dput %s self %s' % (d, self.atom()))]
        if s:
            choices += [(1.5, 'slen ' + s), (1.5, 'sadd %s self' % s),
                        (1, 'slist ' + s)]
        if self.things['f']:
            f = self.any('f')
            choices += [(1, 'fzcall ' + f), (1, 'fzpeek ' + f),
                        (1, 'alive ' + f)]
        return self.pick(*choices)

    def cb(self, chance=.5):
        if self.r.random() < chance:
            c = self.any('c')
            if c:
                return ' ' + c
        return ''

    def core_op(self):
        anyvar = lambda: self.any('ooooccrrp') or 'o0'
        r = self.any('r')
        p = self.any('p')
        choices = [
            (2.2, 'new'), (1, 'newfn'), (5, 'set'), (1, 'setnone'),
            (1, 'get'), (.7, 'mov'), (6, 'drop'), (1, 'dropk'),
            (1.5, 'rc'), (4, 'ref'), (1, 'sub'), (1.5, 'proxy'),
            (1.5, 'wcount'), (1, 'wrefs'), (3, 'gc'), (.4, 'gc0'),
            (.5, 'call'), (.3, 'referents'), (.3, 'referrers'),
            (.3, 'finalized'), (.2, 'tracked'), (.2, 'watch'),
            (3 if self.profile == 'gcheavy' else 1, 'ring'), (.7, 'acts'),
        ]
        if r:
            choices += [(2.5, 'deref'), (2, 'alive'), (.7, 'hash'),
                        (.7, 'eq'), (.2, 'lt'), (.5, 'cbof'), (.3, 'is'),
                        (.8, 'setsub')]
        if p:
            choices += [(1, 'pget'), (.7, 'pset'), (.5, 'pcall'),
                        (.4, 'pbool'), (.3, 'plen'), (.2, 'phash'),
                        (.4, 'peq'), (.4, 'palive')]
        what = self.pick(*choices)
        o = self.obj()
        if what == 'new':
            self.new_obj()
        elif what == 'newfn':
            self.new_fn()
        elif what == 'ring':
            self.ring()
        elif what == 'acts':
            name = self.any('oc') or o
            self.add('%s %s : %s' % (
                'oncall' if name[0] == 'c' else 'ondel', name,
                self.acts(name[0] == 'c')))
        elif what == 'set':
            self.add('set %s %s %s' % (self.any('ooooc') or o, self.slot(),
                                       anyvar()))
        elif what == 'setnone':
            self.add('set %s %s none' % (o, self.slot()))
        elif what == 'get':
            self.add('get %s %s %s' % (self.keep(), o, self.slot()))
        elif what == 'mov':
            self.add('mov %s %s' % (self.keep(), anyvar()))
        elif what == 'drop':
            self.add('drop ' + anyvar())
        elif what == 'dropk':
            self.add('drop ' + self.keep())
        elif what == 'rc':
            if not self.things['i']:
                self.add('rc ' + anyvar())
        elif what in ('ref', 'sub'):
            name = self.fresh('r')
            self.add('%s %s %s%s' % (what, name, self.any('ooooooc') or o,
                                     self.cb()))
            self.things['r'].append(name)
            if what == 'sub':
                self.kind[name] = 'sub'
        elif what == 'proxy':
            name = self.fresh('p')
            self.add('proxy %s %s%s' % (name, self.any('oooc') or o,
                                        self.cb(.3)))
            self.things['p'].append(name)
        elif what in ('wcount', 'wrefs'):
            if not self.things['i']:
                self.add('%s %s' % (what, o))
        elif what == 'gc':
            self.add('gc')
        elif what == 'gc0':
            self.add('gc %d' % self.r.randrange(2))
        elif what == 'call':
            c = self.any('c')
            if c:
                self.add('call %s%s' % (c, self.pick(
                    (1, ''), (1, ' ' + anyvar()))))
        elif what == 'referents':
            self.add('referents ' + o)
        elif what == 'referrers':
            self.add('referrers ' + o)
        elif what == 'finalized':
            self.add('finalized ' + o)
        elif what == 'tracked':
            self.add('tracked ' + o)
        elif what == 'watch':
            self.add('watch ' + self.r.choice(('on', 'off')))
        elif what == 'deref':
            self.add('deref %s %s' % (self.keep(), r))
        elif what == 'alive':
            self.add('alive ' + r)
        elif what == 'hash':
            self.add('hash ' + r)
        elif what == 'eq':
            self.add('%s %s %s' % (self.r.choice(('eq', 'ne')), r,
                                   self.any('r')))
        elif what == 'lt':
            self.add('lt %s %s' % (r, self.any('r')))
        elif what == 'is':
            self.add('is %s %s' % (r, self.any('r')))
        elif what == 'cbof':
            self.add('cbof ' + r)
        elif what == 'setsub':
            subs = [x for x in self.things['r'] if self.kind.get(x) == 'sub']
            if subs:
                self.add('set %s %s %s' % (self.r.choice(subs), self.slot(),
                                           anyvar()))
        elif what == 'pget':
            self.add('pget %s %s %s' % (self.keep(), p, self.slot()))
        elif what == 'pset':
            self.add('pset %s %s %s' % (p, self.slot(), anyvar()))
        elif what == 'peq':
            self.add('eq %s %s' % (p, self.any('op')))
        elif what == 'phash':
            self.add('hash ' + p)
        elif what == 'palive':
            self.add('alive ' + p)
        else:
            self.add('%s %s' % (what, p))

    def ring(self):
        """A cycle with references into it, let go and collected."""
        nodes = []
        for _ in range(self.r.choice((1, 2, 2, 3, 4))):
            if self.r.random() < .6:
                self.new_obj()
                nodes.append(self.things['o'][-1])
            else:
                nodes.append(self.obj())
        slot = self.slot()
        for x, y in zip(nodes, nodes[1:] + nodes[:1]):
            self.add('set %s %s %s' % (x, slot, y))
        for x in nodes:
            if self.r.random() < .6:
                name = self.fresh('r')
                self.things['r'].append(name)
                what = self.pick((4, 'ref'), (1, 'sub'))
                if what == 'sub':
                    self.kind[name] = 'sub'
                self.add('%s %s %s%s' % (what, name, x, self.cb()))
                if self.r.random() < .35:
                    self.add('set %s %s %s' % (self.r.choice(nodes), 'd',
                                               name))
                    if self.r.random() < .6:
                        self.add('drop ' + name)
            if self.r.random() < .2:
                self.add('set %s c %s' % (x, self.any('oc') or x))
        for x in nodes:
            if self.r.random() < .85:
                self.add('drop ' + x)
        if self.r.random() < .7:
            self.add('gc')

    def val(self, wkd):
        if wkd:
            return self.pick((2, self.atom()), (2, self.obj()))
        return self.pick((8, self.any('oooc') or 'o0'), (.3, self.atom()))

    def key(self, wkd):
        if wkd:
            return self.pick((8, self.any('oooc') or 'o0'), (.3, self.atom()))
        return self.atom()

    def dict_op(self):
        d = self.any('d')
        if not d or len(self.things['d']) < 3 and self.r.random() < .2:
            name = self.fresh('d')
            self.dk[name] = self.r.choice(('wvd', 'wkd'))
            self.add('%s %s' % (self.dk[name], name))
            self.things['d'].append(name)
            return
        wkd = self.dk[d] == 'wkd'
        same = [x for x in self.things['d'] if self.dk[x] == self.dk[d]]
        e = self.r.choice(same)
        k, v, dst = self.key(wkd), self.val(wkd), self.keep()
        what = self.pick(
            (8, 'dput'), (2, 'dget'), (1, 'dgetd'), (2, 'din'), (1.5, 'ddel'),
            (1, 'dpop'), (1, 'dpopd'), (.8, 'dpopitem'), (1.2, 'dsetdef'),
            (3, 'dlen'), (2, 'dkeys'), (1, 'dvals'), (2, 'ditems'),
            (.7, 'drefs'), (.3, 'dclear'), (.6, 'dcopy'), (.3, 'ddeep'),
            (.7, 'dupdate'), (.5, 'dor'), (.4, 'dior'), (.6, 'deq'),
            (.5, 'dropd'))
        if what in ('dput',):
            self.add('dput %s %s %s' % (d, k, v))
        elif what in ('dget', 'dgetd', 'dpop', 'dpopd'):
            self.add('%s %s %s %s' % (what, dst, d, k))
        elif what in ('din', 'ddel'):
            self.add('%s %s %s' % (what, d, k))
        elif what == 'dpopitem':
            self.add('dpopitem %s %s' % (dst, d))
        elif what == 'dsetdef':
            self.add('dsetdef %s %s %s %s' % (dst, d, k, v))
        elif what in ('dcopy', 'ddeep', 'dor'):
            if len(self.things['d']) < 6:
                name = self.fresh('d')
                self.dk[name] = self.dk[d]
                self.things['d'].append(name)
                self.add('%s %s %s%s' % (what, name, d,
                                         ' ' + e if what == 'dor' else ''))
        elif what in ('dupdate', 'dior', 'deq'):
            self.add('%s %s %s' % (what, d, e))
        elif what == 'dropd':
            if self.r.random() < .3:
                self.add('drop ' + d)
        else:
            self.add('%s %s' % (what, d))

    def iter_op(self):
        d, i = self.any('d'), self.any('i')
        if not d:
            return self.dict_op()
        what = self.pick((1.5 if len(self.things['i']) < 4 else 0, 'iter'),
                         (6 if i else 0, 'next'), (1.5 if i else 0, 'drop'))
        if what == 'iter':
            name = self.fresh('i')
            self.add('iter %s %s %s' % (name, d, self.r.choice(
                ('keys', 'values', 'items', 'items'))))
            self.things['i'].append(name)
        elif what == 'next':
            self.add('next %s %s' % (self.keep(), i))
        else:
            self.add('drop ' + i)

    def set_op(self):
        s = self.any('s')
        if not s or len(self.things['s']) < 3 and self.r.random() < .25:
            name = self.fresh('s')
            self.add('wset ' + name)
            self.things['s'].append(name)
            return
        t = self.any('s')
        o = self.pick((8, self.any('oooc') or 'o0'), (.2, self.atom()))
        what = self.pick(
            (9, 'sadd'), (2, 'sin'), (1.5, 'sdisc'), (1, 'srem'), (.4, 'spop'),
            (3, 'slen'), (3, 'slist'), (.2, 'sclear'), (.5, 'scopy'),
            (.5, 'supdate'), (.6, 'sunion'), (.6, 'sinter'), (.6, 'sdiff'),
            (.6, 'ssym'), (.5, 'sior'), (.5, 'sisub'), (.5, 'sixor'),
            (.5, 'sle'), (.4, 'slt'), (.4, 'sge'), (.4, 'sgt'), (.5, 'sdisj'),
            (.6, 'seq'), (.3, 'drops'))
        if what in ('sadd', 'sin', 'sdisc', 'srem'):
            self.add('%s %s %s' % (what, s, o))
        elif what == 'spop':
            self.add('spop %s %s' % (self.keep(), s))
        elif what in ('slen', 'slist', 'sclear'):
            self.add('%s %s' % (what, s))
        elif what in ('scopy', 'sunion', 'sinter', 'sdiff', 'ssym'):
            if len(self.things['s']) < 7:
                name = self.fresh('s')
                self.things['s'].append(name)
                self.add('%s %s %s%s' % (what, name, s,
                                         '' if what == 'scopy' else ' ' + t))
        elif what == 'drops':
            self.add('drop ' + s)
        else:
            self.add('%s %s %s' % (what, s, t))

    def fz_op(self):
        f, w = self.any('f'), self.any('w')
        c = self.any('c')
        if not c:
            return self.new_fn()
        what = self.pick(
            (4, 'fz'), (2, 'wm'), (1.2 if f else 0, 'fzcall'),
            (1 if f else 0, 'fzpeek'), (.8 if f else 0, 'fzdetach'),
            (1 if f else 0, 'alive'), (1 if f else 0, 'fzatexit'),
            (1 if f else 0, 'dropf'), (1 if w else 0, 'wmget'),
            (1 if w else 0, 'wmcall'), (.5 if w else 0, 'wmalive'),
            (.5 if w else 0, 'wmeq'), (.4 if w else 0, 'wmhash'),
            (.5 if w else 0, 'dropw'), (.15, 'exit'))
        o = self.any('oooc') or 'o0'
        if what == 'fz':
            name = self.fresh('f')
            self.add('fz %s %s %s%s' % (name, o, c, self.pick(
                (2, ''), (1, ' ' + self.obj()))))
            self.things['f'].append(name)
        elif what == 'wm':
            name = self.fresh('w')
            self.add('wm %s %s %s%s' % (name, o, c, self.cb()))
            self.things['w'].append(name)
        elif what in ('fzcall', 'fzpeek', 'fzdetach', 'alive'):
            self.add('%s %s' % (what, f))
        elif what == 'fzatexit':
            self.add('fzatexit %s%s' % (f, self.r.choice(('', ' on', ' off'))))
        elif what == 'dropf':
            self.add('drop ' + f)
        elif what in ('wmget', 'wmcall'):
            self.add('%s %s' % (what, w))
        elif what == 'wmalive':
            self.add('alive ' + w)
        elif what == 'wmeq':
            self.add('%s %s %s' % (self.r.choice(('eq', 'ne')), w,
                                   self.any('w')))
        elif what == 'wmhash':
            self.add('hash ' + w)
        elif what == 'dropw':
            self.add('drop ' + w)
        else:
            self.add('exit')

    def program(self):
        p = self.profile
        for _ in range(self.r.randrange(2, 5)):
            self.new_obj()
        self.new_fn()
        size = self.r.choice((12, 20, 30, 45))
        while len(self.lines) < size:
            x = self.r.random()
            if p in ('cont', 'iter', 'all') and x < .35:
                self.dict_op()
            elif p in ('iter', 'all') and x < .5:
                self.iter_op()
            elif p in ('set', 'all') and x < .62:
                self.set_op()
            elif p in ('fz', 'all') and x < .75 and (p == 'all' or x < .35):
                self.fz_op()
            else:
                self.core_op()
        head = ['# seed %d profile %s' % (self.seed, p)]
        if p in ('core', 'gcheavy'):
            head.append('mode counts')
        return '\n'.join(head + self.lines) + '\n'


WILD = {kind.profile: kind for kind in (Heart, Rings, Weak)}
PROFILES = Gen.PROFILES + tuple(WILD)


def program_for(seed, profile=None):
    """The text; the profile is the seed's unless one is asked for."""
    if profile in WILD:
        return WILD[profile](seed).program()
    return Gen(seed, profile).program()


# ---------------------------------------------------------------- commands

def fuzz(args):
    digest = hashlib.sha256()
    dump = open(args.dump, 'w') if args.dump else None
    problems = 0
    lines = 0
    real_rc = Run.op_rc
    if args.check:
        def op_rc(self, env, name):
            result = real_rc(self, env, name)
            if result[0] != '!' and not (self.frozen or gc.garbage):
                want = shadow_rc(self, name)
                if int(result) != want:
                    self.emit('!! rc %s is %s, counted %d'
                              % (name, result, want))
            return result
        Run.op_rc = op_rc
    for seed in range(args.start, args.start + args.count):
        text = program_for(seed, args.profile)
        profile = text.split()[4]
        run = execute(text)
        trace = trace_text(run)
        lines += len(run.out)
        digest.update(trace.encode())
        if dump:
            dump.flush()
            dump.write('%d %s %s\n' % (seed, profile,
                                       hashlib.sha256(trace.encode())
                                       .hexdigest()[:16]))
        if args.check:
            bad = invariants(run, text) + deref_checks(run)
            bad += [x for x in run.out if '!! rc' in x]
            again = trace_text(execute(text))
            if again != trace:
                bad.append('second run in this process differs')
                bad += [x + ' | ' + y for x, y in zip(trace.splitlines(),
                        again.splitlines()) if x != y][:3]
            left = [x for x in gc.get_objects() if type(x) in OBJ
                    or type(x) in PROXIES]
            if left:
                bad.append('%d things left behind' % len(left))
            del left
            if bad:
                problems += 1
                print('seed %d (%s):' % (seed, profile))
                for b in bad[:4]:
                    print('   ', b)
                if problems >= args.limit:
                    break
    print('python %s programs %d lines %d problems %d digest %s'
          % (sys.version.split()[0], args.count, lines, problems,
             digest.hexdigest()[:24]))
    return 1 if problems else 0


def compare(args):
    a, b = (canonical(open(f).read(), args.level) for f in args.files)
    for i, (x, y) in enumerate(zip(a, b), 1):
        if x != y:
            print('%s:%d: %s\n%s:%d: %s' % (args.files[0], i, x,
                                            args.files[1], i, y))
            return 1
    if len(a) != len(b):
        print('one trace is a prefix of the other')
        return 1
    return 0


def main():
    top = argparse.ArgumentParser(description=__doc__.split('\n\n')[0])
    sub = top.add_subparsers(dest='command', required=True)
    p = sub.add_parser('gen')
    p.add_argument('--seed', type=int, required=True)
    p.add_argument('--count', type=int, default=1)
    p.add_argument('--profile', choices=PROFILES)
    p.add_argument('--out')
    p = sub.add_parser('run')
    p.add_argument('files', nargs='+')
    p.add_argument('--write', action='store_true')
    p = sub.add_parser('fuzz')
    p.add_argument('--start', type=int, default=0)
    p.add_argument('--count', type=int, default=1000)
    p.add_argument('--profile', choices=PROFILES)
    p.add_argument('--check', action='store_true')
    p.add_argument('--limit', type=int, default=10)
    p.add_argument('--dump')
    p = sub.add_parser('cmp')
    p.add_argument('files', nargs=2)
    p.add_argument('--level', choices=('exact', 'phase'), default='exact')
    args = top.parse_args()

    gc.disable()
    calibrate()
    gc.collect()
    gc.freeze()

    if args.command == 'gen':
        for seed in range(args.seed, args.seed + args.count):
            text = program_for(seed, args.profile)
            if args.out:
                os.makedirs(args.out, exist_ok=True)
                path = os.path.join(args.out, '%06d.weft' % seed)
                with open(path, 'w') as f:
                    f.write(text)
            else:
                print(text, end='')
    elif args.command == 'run':
        for path in args.files:
            with open(path) as f:
                text = f.read()
            trace = trace_text(execute(text))
            if args.write:
                with open(os.path.splitext(path)[0] + '.trace', 'w') as f:
                    f.write(trace)
            else:
                print(trace, end='')
    elif args.command == 'fuzz':
        return fuzz(args)
    else:
        return compare(args)
    return 0


if __name__ == '__main__':
    sys.exit(main())
