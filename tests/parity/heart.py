# SPDX-License-Identifier: MIT
"""Random programs of the profile `heart`: no collector, no containers, all
else, in any combination.

A program is made of templates, whose words stand for

    $abc    a variable whose name begins with one of these letters; in an
            action also `self` or `arg`
    +a      a label that begins with this letter, mostly one that was used
    ?abc    as $abc, or nothing
    *       a kind and a number
    @       a slot
    other   itself

There are few names, so that they meet often, and any name may come to stand
for a thing of any sort. Most programs undo their slots in the end: what a ring
holds is for a collector.
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


class Heart:
    """One program. Only the actions of finalizers make calls, and these run
    once each, so that no program nests without end."""

    def __init__(self, seed):
        self.r = random.Random(seed * 7919 + 17)
        self.seed = seed
        self.ops, self.calls = OPS, CALLS
        self.is_counting = seed % 3 == 0
        if not self.is_counting:
            self.ops += FINALIZE
            self.calls += FINALIZE_CALLS
        self.made = 0

    def name(self, letters, in_action):
        if in_action and self.r.random() < .25:
            return self.r.choice(('self', 'self', 'arg'))
        letter = self.r.choice(letters if self.r.random() < .85 else ANY)
        return self.r.choice([n for n in NAMES if n[0] == letter])

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
        lines = ['# seed %d profile heart' % self.seed]
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
                    self.ops + self.calls + ('rc $ocrpfwk',) * 2, False))
        if self.r.random() < .8:
            lines += ['set %s %s none' % (name, slot) for slot in 'abcd'
                      for name in NAMES if name[0] in 'ocrk']
        return '\n'.join(lines) + '\n'
