# SPDX-License-Identifier: MIT
"""Random programs of the profiles `heart`: no collector, no containers, all
else, in any combination; `rings`: that and the collector; and `weak`: all that
and weak containers.

A program is made of templates, whose words stand for

    $abc    a variable whose name begins with one of these letters; in an
            action also `self` or `arg`
    +a      a label that begins with this letter, mostly one that was used
    ?abc    as $abc, or nothing
    *       a kind and a number
    @       a slot
    ~       an atom
    #       an atom or an object
    other   itself

There are few names, so that they meet often, and any name may come to stand
for a thing of any sort. Most programs of `heart` undo their slots in the end,
so that little is left for the collection that ends a program.
"""

import random

NAMES = tuple('o0 o1 o2 o3 c0 c1 c2 r0 r1 r2 p0 p1 f0 f1 w0 w1 k0 k1'.split())
KINDS = tuple('plain fin fin key keyfin nohash noweak seq fn fnfin'.split())
ANY = 'ocrpfwk'

OPS = (
    'new +o *', 'new +c *', 'set $ocr @ none', 'set $ocr @ $ocrpfwk',
    'get $kkkor $ocr @', 'mov $kkkor $ocrpfwk', 'drop $ocrpfwk',
    'drop $ocrpfwk', 'drop $ok', 'is $ocrpfwk $ocrpfwk', 'eq $ockfrw $ockfrw',
    'ne $ockfrw $ockfrw', 'eq $ockfp $ockfp', 'ne $ockfp $ockfp',
    'lt $ocrpfwk $ocrpfwk', 'hash $ocrpfwk', 'ref +r $ock ?c',
    'ref +r $ock ?c', 'sub +r $ock ?c', 'deref $kkkor $r', 'alive $rpfw',
    'cbof $r', 'wcount $ock', 'wrefs $ock', 'proxy +p $ock ?c',
    'pget $kkkor $p @', 'pset $p @ none', 'pset $p @ $ocrpfwk', 'pbool $p',
    'plen $p')
FINALIZE = (
    'fz +f $ock $c ?ocrpfwk', 'fz +f $ock $c ?ocrpfwk', 'fzcall $f',
    'fzpeek $f', 'fzdetach $f', 'fzatexit $f', 'fzatexit $f on',
    'fzatexit $f off', 'wm +w $ock $c ?c', 'wmget $w', 'wmget $w', 'exit')
CALLS = ('call $c ?ocrpfwk', 'pcall $p')
FINALIZE_CALLS = ('wmcall $w',)
COLLECT = (
    'gc', 'gc', 'gc', 'gc', 'gc 0', 'gc 1', 'tracked $ocrpfwk',
    'referents $ocr',
    'set $ocr @ $ocrpfwk', 'set $ocr @ $ocrpfwk', 'drop $ocrpfwk')
RINGS = (
    'ref +r NODE ?c', 'ref +r NODE $c', 'sub +r NODE ?c', 'proxy +p NODE ?c',
    'ref +r NODE $c', 'set NODE @ $r', 'set NODE @ $rcp', 'drop $r',
    'set NODE @ $ocrpfwk', 'set $ocr @ NODE', 'mov $k NODE', 'set $r @ NODE')
DICTS = (
    'wvd +d', 'wkd +e', 'dput $d ~ $ock', 'dput $d ~ $ock', 'dput $d ~ $ock',
    'dput $e $ock #', 'dput $e $ock #', 'dput $e $ock $ockr',
    'dsetdef $k $d ~ $ock', 'dsetdef $k $e $ock #', 'dget $k $d #',
    'dget $k $e $ock', 'dgetd $k $d #', 'dgetd $k $de #', 'din $de #',
    'din $e $ock', 'ddel $d #', 'ddel $e $ock', 'dpop $k $d #',
    'dpop $k $e $ock', 'dpopd $k $e $ock', 'dpopitem $k $de', 'dlen $de',
    'dlen $de', 'dkeys $de', 'dvals $de', 'ditems $de', 'ditems $de',
    'drefs $de', 'dclear $de', 'dcopy +d $d', 'dcopy +e $e',
    'dor +d $d $d', 'dor +e $e $e', 'dupdate $d $d', 'dupdate $e $e',
    'dior $e $e', 'deq $d $d', 'deq $e $e', 'set $oc @ $des', 'set $oc @ $des')
SETS = (
    'wset +s', 'sadd $s $ock', 'sadd $s $ock', 'sadd $s #', 'sin $s $ock',
    'sdisc $s $ock', 'srem $s $ock', 'spop $k $s', 'slen $s', 'slist $s',
    'slist $s', 'sclear $s', 'scopy +s $s', 'supdate $s $s', 'sunion +s $s $s',
    'sinter +s $s $s', 'sdiff +s $s $s', 'ssym +s $s $s', 'sior $s $s',
    'sisub $s $s', 'sixor $s $s', 'sle $s $s', 'slt $s $s', 'sge $s $s',
    'sgt $s $s', 'sdisj $s $s', 'seq $s $s')
FILL = ('dput $d ~ $ock', 'dput $e $ock #', 'dput $e $ock $ock',
        'sadd $s $ock')
ITERATE = (
    'iter +i $de keys', 'iter +i $de values', 'iter +i $de items',
    'iter +i $e items', 'iter +i $s members', 'next $k $i', 'next $k $i',
    'next $k $i', 'next $k $i', 'next $o $i', 'drop $i', 'set $o @ $i')
SWITCHES = ('watch on', 'watch on', 'watch off', 'saveall on', 'saveall off',
            'garbage', 'forget', 'freeze', 'unfreeze')


class Heart:
    """One program. Only the actions of finalizers make calls, and these run
    once each, so that no program nests without end."""

    profile, salt, undone = 'heart', 17, .8
    names, letters = NAMES, ANY

    def __init__(self, seed):
        self.r = random.Random(seed * 7919 + self.salt)
        self.seed = seed
        self.ops, self.calls = OPS, CALLS
        self.only_here = ('rc $ocrpfwk',) * 2
        self.is_counting = seed % 3 == 0
        if not self.is_counting:
            self.ops += FINALIZE
            self.calls += FINALIZE_CALLS
        self.made = 0

    def name(self, letters, in_action):
        if in_action and self.r.random() < .25:
            return self.r.choice(('self', 'self', 'arg'))
        letter = self.r.choice(letters if self.r.random() < .85
                               else self.letters)
        return self.r.choice([n for n in self.names if n[0] == letter])

    def word(self, word, in_action):
        if word[0] == '$':
            return self.name(word[1:], in_action)
        if word[0] == '?':
            return self.name(word[1:], in_action) if (
                self.r.random() < .5) else ''
        if word[0] == '+':
            if self.r.random() < .75:
                return word[1] + str(self.r.randrange(4))
            self.made += 1
            return '%s%d' % (word[1], 9 + self.made)
        if word == '*':
            return '%s %d' % (self.r.choice(KINDS), self.r.randrange(3))
        if word == '~':
            return self.r.choice((':x', ':y', ':z', ':x', ':w'))
        if word == '#':
            return self.r.choice((':x', ':y', ':z',
                                  self.name('oc', in_action)))
        return self.r.choice('aaabbcd') if word == '@' else word

    def op(self, templates, in_action):
        template = self.r.choice(templates)
        if template == 'exit' and self.r.random() < .8:
            template = 'fzatexit $f'
        words = [self.word(w, in_action) for w in template.split()]
        return ' '.join(w for w in words if w)

    def acts(self, templates):
        templates += ('raise', 'drop $ocrpfwk')
        return ' ; '.join(self.op(templates, True)
                          for _ in range(self.r.choice((1, 2, 3, 4, 6))))

    def program(self):
        lines = ['# seed %d profile %s' % (self.seed, self.profile)]
        if self.is_counting:
            lines.append('mode counts')
        for i in range(3):
            lines.append('new c%d %s' % (i, self.r.choice(('fn', 'fnfin'))))
            lines.append('oncall c%d : %s' % (i, self.acts(self.ops)))
        for i in range(4):
            lines.append(self.op(('new o%d *' % i,), False))
        for _ in range(self.r.choice((20, 40, 60))):
            x = self.r.random()
            if x < .1:
                lines.append('ondel %s : %s' % (
                    self.name('oc', False), self.acts(self.ops + self.calls)))
            elif x < .15:
                lines.append('oncall %s : %s' % (
                    self.name('c', False), self.acts(self.ops)))
            else:
                lines.append(self.op(
                    self.ops + self.calls + self.only_here, False))
        if self.r.random() < self.undone:
            lines += ['set %s %s none' % (name, slot) for slot in 'abcd'
                      for name in self.names if name[0] in 'ocrk']
        return '\n'.join(lines) + '\n'


class Rings(Heart):
    """Rings are made of new objects, with references into them from within
    and without, and are let go: for the finalizers and callbacks of whatever
    a collection finds together to interfere."""

    profile, salt, undone = 'rings', 29, .1

    def __init__(self, seed):
        super().__init__(seed)
        self.ops += COLLECT
        # CPython's referrers sees neither what is frozen nor what is trash.
        self.only_here += ('finalized $ocrpfwk',)
        self.only_here += ('referrers $ocrpk',) if seed % 4 else SWITCHES

    def op(self, templates, in_action):
        if not in_action and self.r.random() < .12:
            return '\n'.join(self.ring())
        return super().op(templates, in_action)

    def ring(self):
        r = self.r
        nodes = ['o%d' % (20 + self.made + i) for i in range(r.choice(
            (1, 1, 2, 2, 3, 4)))]
        self.made += len(nodes)
        slot = r.choice('abcd')
        for node in nodes:
            yield 'new %s %s' % (node, self.word('*', False))
            yield 'ondel %s : %s' % (node, self.acts(self.ops + self.calls))
        for node, after in zip(nodes, nodes[1:] + nodes[:1]):
            yield 'set %s %s %s' % (node, slot, after)
        for _ in range(r.choice((0, 1, 2, 3, 4))):
            yield super().op(RINGS, False).replace('NODE', r.choice(nodes))
        for node in nodes:
            if r.random() < .9:
                yield 'drop ' + node
        if r.random() < .6:
            yield 'gc'


class Weak(Rings):
    """Weak containers; in every second program also iterations over them, and
    then nobody asks for numbers and lists of references."""

    profile, salt, undone = 'weak', 43, .3
    names = NAMES + tuple('d0 d1 e0 e1 s0 s1 i0 i1 i2'.split())
    letters = ANY + 'des'

    def __init__(self, seed):
        super().__init__(seed)
        self.is_counting = False
        self.ops = OPS + COLLECT + (DICTS + SETS) * 2 + FILL * 8
        self.only_here = ()
        if seed % 2 == 0:
            self.ops = tuple(op for op in self.ops + ITERATE * 4
                             if not op.startswith(('wcount', 'wrefs')))
        else:
            self.only_here += ('rc $ocrpdes',) * 2
        if seed % 3 == 0:
            self.ops += FINALIZE

    def name(self, letters, in_action):
        """Containers have names of their own: no `self`, and keys of those with
        weak values are no objects, which CPython's have twice."""
        if letters[0] not in 'desi':
            return super().name(letters, in_action)
        letter = self.r.choice(letters)
        return self.r.choice([n for n in self.names if n[0] == letter])

    def program(self):
        r = self.r
        head, *lines = super().program().splitlines()
        first = [line for line in lines if line.startswith('new ')]
        at = lines.index(first[min(len(first), 7) - 1]) + 1
        made = ['wvd d0', 'wvd d1', 'wkd e0', 'wkd e1', 'wset s0', 'wset s1']
        made += [self.op(FILL, False) for _ in range(r.choice((5, 10, 20)))]
        return '\n'.join([head, *lines[:at], *made, *lines[at:]]) + '\n'
