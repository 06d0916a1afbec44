# SPDX-License-Identifier: MIT
"""The things a program makes: objects of each kind, references with slots of
their own, iterations; and the variables it keeps them in."""

import weakref

# Why a run may be no measure: what an entry that has died did, a ring that only
# CPython keeps, a value that only weft keeps, which member of a set came first.
STALE, KEPT, SHOWN, UNSORTED = HARMLESS = (
    'stale entry', 'key in its own value', 'removed while iterations overlap',
    'order of a set')

RUN = None                       # the run in progress; one at a time

# The variables of the run.  The dictionary holds a container from the start
# and is frozen before any program runs, so the collector never walks it: to
# the collector a variable is a reference from outside, as it is in C.
ROOTS = {'': []}
SLOTS = ('a', 'b', 'c', 'd')


class Tomb(weakref.ref):
    """Watches the tombstone in an object's first slot."""
    __slots__ = ('label',)

    def __new__(cls, target, label):
        self = weakref.ref.__new__(cls, target, on_tomb)
        self.label = label
        return self

    def __init__(self, target, label):
        super().__init__(target, on_tomb)


def on_tomb(tomb):
    RUN.died(tomb.label)


# Not tracked by the collector, weakly referable.
CODE = (lambda: 0).__code__


def make_kind(name, methods, weak=True, doc=''):
    # 'A_tomb' sorts before every slot, so it is the first one released.
    slots = ('A_tomb',) + SLOTS + ('label', 'n')
    if weak:
        slots += ('__weakref__',)
    body = {'__slots__': slots, '__doc__': doc}
    body.update(methods)
    return type(name, (), body)


def obj_del(self):
    RUN.finalizer(self)


def obj_call(self, *args):
    RUN.called(self, args)


def obj_eq(self, other):
    if type(other) in KEYED:
        return self.n == other.n
    return NotImplemented


def obj_hash(self):
    return hash(self.n)


def obj_len(self):
    return self.n


def obj_self(self, memo):
    return self


COMMON = {'__deepcopy__': obj_self}
KINDS = {
    'plain': make_kind('plain', COMMON),
    'fin': make_kind('fin', dict(COMMON, __del__=obj_del)),
    'key': make_kind('key', dict(COMMON, __eq__=obj_eq, __hash__=obj_hash)),
    'keyfin': make_kind('keyfin', dict(COMMON, __eq__=obj_eq,
                                       __hash__=obj_hash, __del__=obj_del)),
    'nohash': make_kind('nohash', dict(COMMON, __eq__=obj_eq, __hash__=None)),
    'noweak': make_kind('noweak', COMMON, weak=False),
    'seq': make_kind('seq', dict(COMMON, __len__=obj_len)),
    'fn': make_kind('fn', dict(COMMON, __call__=obj_call)),
    'fnfin': make_kind('fnfin', dict(COMMON, __call__=obj_call,
                                     __del__=obj_del)),
}
OBJ = frozenset(KINDS.values())
KEYED = frozenset((KINDS['key'], KINDS['keyfin'], KINDS['nohash']))
FINAL = frozenset(KINDS[k] for k in ('fin', 'keyfin', 'fnfin'))
CALLS = frozenset(KINDS[k] for k in ('fn', 'fnfin'))


class SubRef(weakref.ref):
    """A reference subclass with strong slots of its own; never shared."""
    __slots__ = SLOTS


class Iter:
    """An open iteration over a weak container; no cycle of its own."""
    __slots__ = ('it', 'mode', 'kind', 'of', 'is_new')


WVD, WKD, WSET = (weakref.WeakValueDictionary, weakref.WeakKeyDictionary,
                  weakref.WeakSet)
REFS = frozenset((weakref.ref, SubRef))
PROXIES = frozenset((weakref.ProxyType, weakref.CallableProxyType))
DICTS = frozenset((WVD, WKD))
SETS = frozenset((WSET,))
FZ = frozenset((weakref.finalize,))
WM = frozenset((weakref.WeakMethod,))
ITERS = frozenset((Iter,))
SLOTTED = OBJ | {SubRef}
WEAKS = REFS | PROXIES | WM


class Stop(Exception):
    """An operand that cannot be used; the text is the op's result."""


class Raised(RuntimeError):
    """What the op 'raise' raises."""
