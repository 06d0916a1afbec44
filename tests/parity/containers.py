# SPDX-License-Identifier: MIT
"""The operations on weak dictionaries, iterations over them, and weak sets;
a part of Run in cpython.py.

In CPython the entry of what has died stays until its own callback is called:
another callback finds it there. In weft it is gone at that instant. Lengths
are masked in comparisons (checks.py); where such an entry is used in any other
way, the program is of no use for comparing, and says so: note_stale().
"""

import gc
import weakref

from things import (DICTS, ITERS, OBJ, SETS, SHOWN, STALE, UNSORTED, WKD,
                    WSET, WVD, Iter, Stop)


class ContainerOperations:
    def note_stale(self, refs):
        """Of a container, or of the entry at a key."""
        if any(ref is not None and ref() is None for ref in refs):
            self.doubt = self.doubt or STALE

    def note_kept(self, container):
        """Up to 3.13 the entries that a finalizer makes for trash stay good
        until that is cleared, which is of no matter if nobody looks; and since
        then they stay for ever."""
        if not self.collecting:
            return
        data = container.data
        for ref in data.values() if type(container) is WVD else data:
            target = ref()
            if type(target) in OBJ:
                self.kept.add(target.label)

    def note_look(self):
        """Somebody looks, and what was kept may be being cleared."""
        if self.collecting and self.has_cleared and self.kept:
            self.late |= self.kept

    # -- weak dictionaries

    def op_wvd(self, env, name):
        self.fresh(name)
        self.put(name, WVD())

    def op_wkd(self, env, name):
        self.fresh(name)
        self.put(name, WKD())

    def op_dput(self, env, d, key, value):
        d = self.get(env, d, DICTS)
        self.note_place(d, self.operand(env, key))
        self.note_removal(d)
        d[self.operand(env, key)] = self.operand(env, value)
        self.note_kept(d)

    def note_place(self, d, key):
        """An entry of a dead value keeps its place for the next one."""
        try:
            if type(d) is WVD:
                self.note_stale([d.data.get(key)])
        except TypeError:
            pass

    def iterations(self, d):
        """How many have begun and not ended."""
        return sum(type(x) is Iter and x.of() is d
                   and (x.it.gi_suspended or x.it.gi_running)
                   for x in gc.get_objects())

    def note_removal(self, d, more=0):
        """What leaves while iterations are open stays with weft until the last
        of them ends, and with CPython until the last ends that shows it."""
        found = more + self.iterations(d) if type(d) is WKD else 0
        if found > 0:
            self.haunted.add(id(d))
        if found > 1:
            self.doubt = self.doubt or SHOWN

    def note_values(self, d):
        """An entry of a dead key goes on to hold its value."""
        if type(d) is WKD:
            self.note_stale(d.data)

    def op_dget(self, env, dest, d, key):
        self.dest(dest)
        d = self.get(env, d, DICTS)
        value = d[self.operand(env, key)]
        self.assign(dest, value)
        return self.name(value)

    def op_dgetd(self, env, dest, d, key):
        self.dest(dest)
        d = self.get(env, d, DICTS)
        value = d.get(self.operand(env, key))
        self.assign(dest, value)
        return self.name(value)

    def op_din(self, env, d, key):
        d = self.get(env, d, DICTS)
        return 'yes' if self.operand(env, key) in d else 'no'

    def op_ddel(self, env, d, key):
        d = self.get(env, d, DICTS)
        self.note_place(d, self.operand(env, key))
        self.note_removal(d)
        del d[self.operand(env, key)]

    def note_pop(self, d):
        """Of an empty dictionary no key is hashed."""
        self.note_removal(d)
        if not any(True for _ in d):
            self.note_stale(d.data.values() if type(d) is WVD else d.data)

    def op_dpop(self, env, dest, d, key):
        self.dest(dest)
        d = self.get(env, d, DICTS)
        self.note_pop(d)
        value = d.pop(self.operand(env, key))
        self.assign(dest, value)
        return self.name(value)

    def op_dpopd(self, env, dest, d, key):
        self.dest(dest)
        d = self.get(env, d, DICTS)
        self.note_pop(d)
        value = d.pop(self.operand(env, key), None)
        self.assign(dest, value)
        return self.name(value)

    def op_dpopitem(self, env, dest, d):
        self.dest(dest)
        d = self.get(env, d, DICTS)
        self.note_values(d)
        self.note_removal(d)
        key, value = d.popitem()
        text = '%s %s' % (self.name(key), self.name(value))
        self.assign(dest, value if type(d) is WVD else key)
        return text

    def op_dsetdef(self, env, dest, d, key, value):
        self.dest(dest)
        d = self.get(env, d, DICTS)
        self.note_place(d, self.operand(env, key))
        value = d.setdefault(self.operand(env, key), self.operand(env, value))
        self.note_kept(d)
        self.assign(dest, value)
        return self.name(value)

    def op_dlen(self, env, d):
        return str(len(self.get(env, d, DICTS)))

    def op_dkeys(self, env, d):
        d = self.get(env, d, DICTS)
        return ' '.join([self.name(k) for k in d.keys()]) or 'none'

    def op_dvals(self, env, d):
        d = self.get(env, d, DICTS)
        return ' '.join([self.name(v) for v in d.values()]) or 'none'

    def op_ditems(self, env, d):
        d = self.get(env, d, DICTS)
        return ' '.join(['%s=%s' % (self.name(k), self.name(v))
                         for k, v in d.items()]) or 'none'

    def op_drefs(self, env, d):
        d = self.get(env, d, DICTS)
        refs = d.valuerefs() if type(d) is WVD else d.keyrefs()
        live = sum([r() is not None for r in refs])
        return '%d live %d dead' % (live, len(refs) - live)

    def op_dclear(self, env, d):
        self.note_values(self.get(env, d, DICTS))
        self.note_removal(self.get(env, d, DICTS))
        self.get(env, d, DICTS).clear()

    def op_dcopy(self, env, name, d):
        self.fresh(name)
        self.put(name, self.get(env, d, DICTS).copy())

    def op_ddeep(self, env, name, d):
        import copy
        self.fresh(name)
        self.put(name, copy.deepcopy(self.get(env, d, DICTS)))

    def pair(self, env, d, e):
        d = self.get(env, d, DICTS)
        e = self.get(env, e, DICTS)
        if type(d) is not type(e):
            raise Stop('!badtype')
        return d, e

    def op_dupdate(self, env, d, e):
        d, e = self.pair(env, d, e)
        self.note_update(d, e)
        d.update(e)
        self.note_kept(d)

    def note_update(self, d, e):
        self.note_values(e)
        self.note_removal(d, d is e)
        for key in e.data:
            self.note_place(d, key)

    def op_dor(self, env, name, d, e):
        self.fresh(name)
        d, e = self.pair(env, d, e)
        self.note_values(e)
        self.put(name, d | e)

    def op_dior(self, env, d, e):
        d, e = self.pair(env, d, e)
        self.note_update(d, e)
        d |= e
        self.note_kept(d)

    def op_deq(self, env, d, e):
        d, e = self.pair(env, d, e)
        return 'yes' if d == e else 'no'

    # -- iteration over weak dictionaries

    def op_iter(self, env, name, d, mode):
        self.fresh(name)
        d = self.get(env, d, DICTS | SETS)
        if mode not in (('members',) if type(d) is WSET else
                        ('keys', 'values', 'items')):
            raise Stop('!badmode')
        if type(d) is WSET:
            self.note_stale(d.data)
        if type(d) is WSET and len(d) > 1:
            raise Stop('!many')
        it = Iter()
        it.of, it.is_new = weakref.ref(d), True
        it.it = iter(d) if type(d) is WSET else getattr(d, mode)()
        it.mode = mode
        it.kind = 'wvd' if type(d) is WVD else 'wkd'
        self.put(name, it)

    def note_start(self, container):
        self.note_values(container)
        if id(container) in self.haunted:
            if self.iterations(container):
                self.doubt = self.doubt or SHOWN
            self.haunted.discard(id(container))
        if type(container) is WSET and len(container) > 1:
            self.doubt = self.doubt or UNSORTED

    def op_next(self, env, dest, it):
        self.dest(dest)
        it = self.get(env, it, ITERS)
        if it.is_new:
            it.is_new = False
            self.note_start(it.of())
        try:
            item = next(it.it)
        except StopIteration:
            item = None
        if item is None:
            self.assign(dest, None)
            return 'stop'
        if it.mode == 'items':
            text = '%s %s' % (self.name(item[0]), self.name(item[1]))
            item = item[1] if it.kind == 'wvd' else item[0]
        else:
            text = self.name(item)
        self.assign(dest, item)
        return text

    # -- weak sets

    def op_wset(self, env, name):
        self.fresh(name)
        self.put(name, WSET())

    def op_sadd(self, env, s, x):
        s = self.get(env, s, SETS)
        s.add(self.operand(env, x))
        self.note_kept(s)

    def op_sin(self, env, s, x):
        s = self.get(env, s, SETS)
        return 'yes' if self.operand(env, x) in s else 'no'

    def op_sdisc(self, env, s, x):
        self.get(env, s, SETS).discard(self.operand(env, x))

    def op_srem(self, env, s, x):
        self.get(env, s, SETS).remove(self.operand(env, x))

    def op_spop(self, env, dest, s):
        self.dest(dest)
        s = self.get(env, s, SETS)
        self.note_stale(s.data)
        if len(s) > 1:
            raise Stop('!many')
        value = s.pop()
        self.assign(dest, value)
        return self.name(value)

    def op_slen(self, env, s):
        return str(len(self.get(env, s, SETS)))

    def op_slist(self, env, s):
        s = self.get(env, s, SETS)
        return ' '.join(sorted([self.name(x) for x in s])) or 'none'

    def op_sclear(self, env, s):
        self.get(env, s, SETS).clear()

    def op_scopy(self, env, name, s):
        self.fresh(name)
        self.put(name, self.get(env, s, SETS).copy())

    def op_supdate(self, env, s, t):
        self.inplace(env, s, t, WSET.update)

    def binary(self, env, name, s, t, op):
        self.fresh(name)
        s = self.get(env, s, SETS)
        t = self.get(env, t, SETS)
        self.put(name, op(s, t))

    def op_sunion(self, env, name, s, t):
        self.binary(env, name, s, t, WSET.__or__)

    def op_sinter(self, env, name, s, t):
        self.binary(env, name, s, t, WSET.__and__)

    def op_sdiff(self, env, name, s, t):
        self.binary(env, name, s, t, WSET.__sub__)

    def op_ssym(self, env, name, s, t):
        self.binary(env, name, s, t, WSET.__xor__)

    def inplace(self, env, s, t, op):
        s = self.get(env, s, SETS)
        op(s, self.get(env, t, SETS))
        self.note_kept(s)

    def op_sior(self, env, s, t):
        self.inplace(env, s, t, WSET.__ior__)

    def op_siand(self, env, s, t):
        self.inplace(env, s, t, WSET.__iand__)

    def op_sisub(self, env, s, t):
        self.inplace(env, s, t, WSET.__isub__)

    def op_sixor(self, env, s, t):
        self.inplace(env, s, t, WSET.__ixor__)

    def test(self, env, s, t, op):
        s = self.get(env, s, SETS)
        self.note_stale(s.data)
        return 'yes' if op(s, self.get(env, t, SETS)) else 'no'

    def op_sle(self, env, s, t):
        return self.test(env, s, t, WSET.__le__)

    def op_slt(self, env, s, t):
        return self.test(env, s, t, WSET.__lt__)

    def op_sge(self, env, s, t):
        return self.test(env, s, t, WSET.__ge__)

    def op_sgt(self, env, s, t):
        return self.test(env, s, t, WSET.__gt__)

    def op_sdisj(self, env, s, t):
        return self.test(env, s, t, WSET.isdisjoint)

    def op_seq(self, env, s, t):
        return self.test(env, s, t, lambda s, t: s == t)
