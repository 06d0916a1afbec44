# SPDX-License-Identifier: MIT
"""Runs a program of the line language on the CPython that executes this, and
gives its trace.

A variable is an entry of ROOTS, an object an instance of one of KINDS. Each
object has a tombstone in the first slot that is released when it dies; a weak
reference to that prints `dead`. The operations are the methods `op_...` of
Run: what they hold in local variables, and the order in which these go, is
part of what another implementation has to do. tests/oracle/README.md
describes the language and the trace.

An order can be asked for in which full collections find things: another one
than that in which they were made. What differs then is what depends on it.

Where a trace is not what a later CPython or weft would print, for a reason that
is known, the run says so: `outdated`, or in `doubt`.
"""

import ctypes
import gc
import re
import sys
import types
import weakref

import ephemerons
import snapshot
import things
from containers import ContainerOperations
from things import (CALLS, CODE, DICTS, FINAL, FZ, ITERS, KEPT, KEYED, KINDS,
                    OBJ, PROXIES, REFS, ROOTS, SETS, SLOTS, SLOTTED, STALE,
                    WEAKS, WKD, WM, WVD, Raised, Stop, SubRef, Tomb)

track, untrack = (getattr(ctypes.pythonapi, 'PyObject_GC_' + name)
                  for name in ('Track', 'UnTrack'))
for function in track, untrack:
    function.argtypes, function.restype = [ctypes.c_void_p], None


class Run(ContainerOperations):
    def __init__(self, program, order=None):
        self.out = []
        self.depth = 0
        self.V = ROOTS           # variables: name -> thing
        self.names = {}          # id of a thing that is not an object -> label
        self.labels = set()      # every label ever given
        self.tombs = {}          # label -> Tomb, for objects not yet dead
        self.on_del = {}         # label -> actions
        self.on_call = {}
        self.watching = self.collecting = False
        self.order = order       # random.Random: collect in a random order
        self.raised_by = None
        self.frozen = self.unfrozen = False
        self.late = set()        # labels of objects: note_late()
        self.kept = set()        # the same: note_kept()
        self.haunted = set()     # ids of dictionaries: note_removal()
        self.has_cleared = False    # something died in this collection since
        self.is_after = False    # a callback has just returned
        self.risk = 0            # finalizers under way that began then
        self.outdated = False    # later CPythons do something else
        self.doubt = None        # why CPython is not to be believed
        self.counts, self.program = program

    def emit(self, text):
        self.out.append('  ' * self.depth + text)

    # -- events

    def died(self, label):
        del self.tombs[label]
        self.has_cleared = self.has_cleared or bool(self.kept)
        self.depth += 1
        self.emit('dead ' + label)
        self.depth -= 1

    def finalizer(self, obj):
        self.depth += 1
        self.emit('fin ' + obj.label)
        risk = self.is_after
        self.risk += risk
        try:
            self.actions(self.on_del.get(obj.label, ()), {'self': obj},
                         obj.label)
        finally:
            self.depth -= 1
            self.risk -= risk

    def called(self, obj, args):
        self.depth += 1
        self.emit('call %s %s' % (obj.label,
                                  self.name(args[0]) if args else '-'))
        env = {'self': obj}
        if args:
            env['arg'] = args[0]
        del args
        try:
            self.actions(self.on_call.get(obj.label, ()), env, obj.label)
        finally:
            self.note_unheld(env)
            self.depth -= 1
            self.is_after = True

    def note_unheld(self, env):
        """Up to 3.12 a reference that was the only one of its object is not
        held while its callback is let go: it dies before that, not after."""
        if 'arg' not in env or sys.version_info >= (3, 13):
            return
        # `env`, two tuples it was called with, and the argument.
        if type(env['arg']) is SubRef and sys.getrefcount(env['arg']) <= 4:
            self.outdated = True

    def actions(self, ops, env, label):
        self.depth += 1
        try:
            for op in ops:
                if op[0] == 'raise':
                    self.emit('> raise')
                    self.raised_by = label
                    raise Raised
                self.emit('> ' + ' '.join(op))
                self.emit('= ' + self.step(op, env))
        finally:
            self.depth -= 1

    def unraisable(self, info):
        self.depth += 1
        if info.exc_type is Raised:
            self.emit('unraisable ' + self.raised_by)
        else:
            self.emit('unraisable ! %r' % (info.exc_value,))
            self.doubt = self.doubt or 'error of its own'
        self.depth -= 1

    def excepthook(self, kind, value, tb):
        self.depth += 1
        if kind is Raised:
            self.emit('excepthook ' + self.raised_by)
        else:
            self.emit('excepthook ! %r' % (value,))
            self.doubt = self.doubt or 'error of its own'
        self.depth -= 1

    def gc_phase(self, phase, info):
        self.collecting = phase == 'start'
        self.note_end()
        if not self.watching:
            return
        self.depth += 1
        text = 'gc%s %d' % (phase, info['generation'])
        if phase == 'stop' and self.counts:
            text += ' n=%d' % (info['collected'] + info['uncollectable'])
        self.emit(text)
        self.depth -= 1

    def note_end(self):
        """Of a collection: is it of matter what finalizers made for trash?"""
        if self.late and (gc.get_debug() or not
                          self.late.issubset(self.tombs)):
            self.outdated = True
        if sys.version_info >= (3, 14) and not self.kept.issubset(self.tombs):
            self.doubt = self.doubt or STALE
        self.late.clear()
        self.has_cleared = False

    # -- execution

    def step(self, op, env):
        method = getattr(self, 'op_' + op[0], None)
        if method is None:
            return '!badop'
        self.is_after = False
        try:
            return method(env, *op[1:]) or 'ok'
        except Stop as stop:
            return stop.args[0]
        except Raised:
            return '!RuntimeError'
        except (TypeError, KeyError, ReferenceError, RuntimeError,
                ValueError) as exc:
            return '!' + type(exc).__name__
        finally:
            self.is_after = False

    def go(self):
        for i, op in enumerate(self.program, 1):
            if op[0] in ('ondel', 'oncall'):
                text = '%s %s :' % (op[0], op[1])
                text += ' ;'.join(' ' + ' '.join(o) for o in op[2])
            else:
                text = ' '.join(op)
            self.emit('@%d %s' % (i, text))
            self.emit('= ' + self.step(op, None))
        self.epilogue()

    def epilogue(self):
        self.emit('@end reset')
        self.op_reset(None)
        self.emit('= ok')
        for _ in range(8):
            for name in sorted(self.V):
                if not name or name not in self.V:
                    continue
                self.emit('@end drop ' + name)
                self.emit('= ' + self.step(('drop', name), None))
            self.emit('@end gc')
            before = len(self.out)
            result = self.step(('gc',), None)
            quiet = len(self.out) == before
            self.emit('= ' + result)
            if quiet and len(self.V) == 1:
                break
        self.emit('@end live ' + (' '.join(sorted(self.tombs)) or 'none'))

    # -- operands

    def get(self, env, name, types=None):
        if env and name in env:
            thing = env[name]
        elif name in self.V:
            thing = self.V[name]
        else:
            raise Stop('!unbound')
        if types is not None and type(thing) not in types:
            del thing
            raise Stop('!badtype')
        if type(thing) in CONTAINERS:
            self.note_look()
        return thing

    def operand(self, env, word):
        """A thing or, written :word, an atom."""
        if word[0] == ':':
            return word
        return self.get(env, word)

    def dest(self, name):
        if name in ('self', 'arg'):
            raise Stop('!unbound')

    def fresh(self, name):
        self.dest(name)
        if name in self.labels:
            raise Stop('!dup')

    def slot(self, name):
        if name not in SLOTS:
            raise Stop('!badslot')

    def name(self, thing):
        kind = type(thing)
        if thing is None:
            return 'none'
        if kind in OBJ:
            return thing.label
        if kind is str:
            return thing
        return self.names.get(id(thing), '*')

    def put(self, name, thing):
        """Give a new thing its label and its variable."""
        self.labels.add(name)
        self.names[id(thing)] = name
        if type(thing) in DICTS | SETS:
            self.note_kept(thing)
        self.V[name] = thing

    def assign(self, name, thing):
        if thing is None or type(thing) is str:
            self.V.pop(name, None)
        else:
            self.V[name] = thing

    # -- objects

    def op_new(self, env, name, kind, n='0'):
        self.fresh(name)
        obj = KINDS[kind]()
        obj.label = name
        obj.n = int(n)
        obj.a = obj.b = obj.c = obj.d = None
        obj.A_tomb = CODE.replace(co_name=name)
        self.tombs[name] = Tomb(obj.A_tomb, name)
        self.labels.add(name)
        self.V[name] = obj

    def op_ondel(self, env, name, ops):
        self.on_del[self.get(env, name, FINAL).label] = ops

    def op_oncall(self, env, name, ops):
        self.on_call[self.get(env, name, CALLS).label] = ops

    def op_set(self, env, owner, slot, value):
        owner = self.get(env, owner, SLOTTED)
        self.slot(slot)
        value = None if value == 'none' else self.get(env, value)
        setattr(owner, slot, value)

    def op_get(self, env, dest, owner, slot):
        self.dest(dest)
        owner = self.get(env, owner, SLOTTED)
        self.slot(slot)
        value = getattr(owner, slot, None)
        self.assign(dest, value)
        return self.name(value)

    def op_mov(self, env, dest, src):
        self.dest(dest)
        self.V[dest] = self.get(env, src)

    def op_drop(self, env, name):
        if env and name in env or name not in self.V:
            return '!unbound'
        del self.V[name]

    def op_rc(self, env, name):
        if name not in self.V:
            return '!unbound'
        return str(sys.getrefcount(self.V[name]) - RC_BASE)

    def op_call(self, env, name, arg=None):
        fn = self.get(env, name, CALLS)
        if arg is None:
            fn()
        else:
            fn(self.get(env, arg))

    # -- references

    def callback(self, env, name, target):
        if name is None:
            return None
        self.note_late(target)
        return self.get(env, name, CALLS)

    def note_late(self, target):
        """Up to 3.13 the references that finalizers made to trash stay good
        and are called, and since then they die in silence."""
        if self.collecting and sys.version_info < (3, 14):
            self.late.add(target.label)

    def refs_of(self, target):
        """A dying reference with slots is still listed, and CPython before
        3.13 brings it back so: the trace is worth nothing then."""
        refs = weakref.getweakrefs(target)
        for ref in refs:
            # The list, `ref`, and the argument.
            if sys.getrefcount(ref) <= 3:
                self.doubt = 'dying extended ref'
        return refs

    def op_ref(self, env, name, target, callback=None):
        self.fresh(name)
        target = self.get(env, target, OBJ)
        callback = self.callback(env, callback, target)
        before = [id(ref) for ref in self.refs_of(target)]
        made = weakref.ref(target, callback)
        return self.shared(name, before, made)

    def shared(self, name, before, made):
        """Was it there before?  Then it keeps the label it has."""
        if id(made) in before:
            self.V[name] = made
            return self.name(made) + ' same'
        self.put(name, made)
        return name + ' new'

    def op_sub(self, env, name, target, callback=None):
        self.fresh(name)
        target = self.get(env, target, OBJ)
        callback = self.callback(env, callback, target)
        made = SubRef(target, callback)
        self.put(name, made)
        return name + ' new'

    def op_deref(self, env, dest, ref):
        self.dest(dest)
        value = self.get(env, ref, REFS)()
        self.assign(dest, value)
        return self.name(value)

    def op_alive(self, env, ref):
        thing = self.get(env, ref, WEAKS | FZ)
        if type(thing) in FZ:
            live = thing.alive
        elif type(thing) in PROXIES:
            live = proxy_alive(thing)
        else:
            live = thing() is not None
        return 'yes' if live else 'no'

    def op_cbof(self, env, ref):
        return self.name(self.get(env, ref, REFS).__callback__)

    def op_hash(self, env, name):
        thing = self.get(env, name)
        value = hash(thing)
        target = thing() if type(thing) in REFS else thing
        if type(thing) in REFS and target is None:
            return 'ok'
        return str(value) if type(target) in KEYED else 'ok'

    def sides(self, env, x, y):
        # CPython loses a reference to a live proxy's referent when the other
        # side is a dead proxy; the result is the same without the loss.
        pair = self.get(env, x), self.get(env, y)
        if {type(thing) for thing in pair} == DICTS:
            raise Stop('!badtype')
        for thing in pair:
            if type(thing) in PROXIES and not proxy_alive(thing):
                raise Stop('!ReferenceError')
        return pair

    def op_eq(self, env, x, y):
        x, y = self.sides(env, x, y)
        return 'yes' if x == y else 'no'

    def op_ne(self, env, x, y):
        x, y = self.sides(env, x, y)
        return 'yes' if x != y else 'no'

    def op_is(self, env, x, y):
        return 'yes' if self.get(env, x) is self.get(env, y) else 'no'

    def op_lt(self, env, x, y):
        for name in x, y:
            if type(self.get(env, name)) in DICTS | SETS:
                raise Stop('!badtype')
        x, y = self.sides(env, x, y)
        return 'yes' if x < y else 'no'

    def op_wcount(self, env, name):
        return str(weakref.getweakrefcount(self.get(env, name, OBJ)))

    def op_wrefs(self, env, name):
        out = []
        for ref in self.refs_of(self.get(env, name, OBJ)):
            out.append('*' if private(ref) else self.name(ref))
        return ' '.join(out) or 'none'

    # -- proxies

    def op_proxy(self, env, name, target, callback=None):
        self.fresh(name)
        target = self.get(env, target, OBJ)
        callback = self.callback(env, callback, target)
        before = [id(ref) for ref in self.refs_of(target)]
        made = weakref.proxy(target, callback)
        kind = ('callable' if type(made) is weakref.CallableProxyType
                else 'plain')
        return self.shared(name, before, made) + ' ' + kind

    def op_pget(self, env, dest, proxy, slot):
        self.dest(dest)
        proxy = self.get(env, proxy, PROXIES)
        self.slot(slot)
        value = getattr(proxy, slot)
        self.assign(dest, value)
        return self.name(value)

    def op_pset(self, env, proxy, slot, value):
        proxy = self.get(env, proxy, PROXIES)
        self.slot(slot)
        value = None if value == 'none' else self.get(env, value)
        setattr(proxy, slot, value)

    def op_pcall(self, env, proxy):
        self.get(env, proxy, PROXIES)()

    def op_pbool(self, env, proxy):
        return 'yes' if bool(self.get(env, proxy, PROXIES)) else 'no'

    def op_plen(self, env, proxy):
        return str(len(self.get(env, proxy, PROXIES)))

    # -- collector

    def reorder(self):
        """Everything a program made joins the youngest in another order."""
        found = [x for x in gc.get_objects() if type(x) in MADE]
        found += [x.data for x in self.containers(DICTS | SETS)
                  if gc.is_tracked(x.data)]
        self.order.shuffle(found)
        for x in found:
            untrack(id(x))
            track(id(x))

    def containers(self, types):
        return [x for x in gc.get_objects()
                if type(x) in types and id(x) in self.names]

    def note_cleared(self):
        """A container that was trash, and that a finalizer has brought back,
        goes on to have all its entries, which are dead."""
        for x in self.containers(DICTS | SETS):
            self.note_stale(x.data.values() if type(x) is WVD else x.data)

    def note_kept_keys(self, generation):
        """A value of a WeakKeyDictionary may hold its key."""
        dicts = [x for x in self.containers((WKD,))
                 if any(map(gc.is_tracked, x.data.values()))]
        if dicts and ephemerons.keeps_more(dicts, generation):
            self.doubt = self.doubt or KEPT

    def op_gc(self, env, gen='2'):
        # Up to 3.12 a reference is not held while its callback is let go, if
        # its object has no other.
        is_old = sys.version_info < (3, 13)
        if self.risk and is_old and not self.collecting:
            self.outdated = True
        if self.order and not self.collecting:
            self.reorder()
        if not self.collecting:
            self.note_kept_keys(int(gen))
            self.kept.clear()
        n = gc.collect(int(gen))
        if self.kept and not self.collecting:
            self.note_kept_keys(2)
        self.note_cleared()
        return 'n=%d' % n if self.counts else 'ok'

    def op_tracked(self, env, name):
        return 'yes' if gc.is_tracked(self.get(env, name)) else 'no'

    def op_finalized(self, env, name):
        return 'yes' if gc.is_finalized(self.get(env, name)) else 'no'

    def op_referents(self, env, name):
        got = gc.get_referents(self.get(env, name, SLOTTED))
        return ' '.join(self.name(x) for x in got
                        if type(x) in OBJ or type(x) in WEAKS) or 'none'

    def op_referrers(self, env, name):
        got = gc.get_referrers(self.get(env, name))
        return ' '.join(sorted(self.name(x) for x in got
                               if type(x) in SLOTTED)) or 'none'

    def op_freeze(self, env):
        self.frozen = True
        gc.freeze()

    def op_unfreeze(self, env):
        self.frozen = self.unfrozen = True
        gc.unfreeze()

    def op_watch(self, env, state):
        self.watching = state == 'on'

    def op_saveall(self, env, state):
        gc.set_debug(gc.DEBUG_SAVEALL if state == 'on' else 0)

    def op_garbage(self, env):
        return ' '.join(self.name(x) for x in gc.garbage
                        if type(x) in OBJ or type(x) in WEAKS) or 'none'

    def op_forget(self, env):
        gc.garbage.clear()

    def op_reset(self, env):
        self.watching = False
        if self.frozen:
            self.op_unfreeze(env)
        gc.set_debug(0)
        gc.garbage.clear()

    # -- finalize

    def op_fz(self, env, name, target, fn, arg=None):
        self.fresh(name)
        target = self.get(env, target, OBJ)
        fn = self.get(env, fn, CALLS)
        self.note_late(target)
        if arg is None:
            made = weakref.finalize(target, fn)
        else:
            made = weakref.finalize(target, fn, self.get(env, arg))
        self.put(name, made)

    def op_fzcall(self, env, f):
        f = self.get(env, f, FZ)
        live = f.alive
        f()
        return 'ran' if live else 'none'

    def fz_text(self, info):
        if info is None:
            return 'none'
        target, fn, args, kwargs = info
        return '%s %s %s' % (self.name(target), self.name(fn),
                             self.name(args[0]) if args else '-')

    def op_fzpeek(self, env, f):
        return self.fz_text(self.get(env, f, FZ).peek())

    def op_fzdetach(self, env, f):
        return self.fz_text(self.get(env, f, FZ).detach())

    def op_fzatexit(self, env, f, state=None):
        f = self.get(env, f, FZ)
        if state is not None:
            f.atexit = state == 'on'
        return 'on' if f.atexit else 'off'

    def op_exit(self, env):
        weakref.finalize._exitfunc()

    # -- weak methods

    def op_wm(self, env, name, target, fn, callback=None):
        self.fresh(name)
        target = self.get(env, target, OBJ)
        fn = self.get(env, fn, CALLS)
        callback = self.callback(env, callback, target)
        self.note_late(target)
        self.note_late(fn)
        made = weakref.WeakMethod(types.MethodType(fn, target), callback)
        self.put(name, made)

    def op_wmget(self, env, w):
        method = self.get(env, w, WM)()
        if method is None:
            return 'none'
        return '%s %s' % (self.name(method.__self__),
                          self.name(method.__func__))

    def op_wmcall(self, env, w):
        method = self.get(env, w, WM)()
        if method is None:
            return 'none'
        method()


CONTAINERS = DICTS | SETS | ITERS

# What is made for one thing of a program.
MADE = SLOTTED | WEAKS | CONTAINERS | {weakref.KeyedRef}


def proxy_alive(proxy):
    # Up to 3.12 the repr of a dead proxy names the type of None.
    return not re.search('dead|NoneType', repr(proxy))


def private(ref):
    """A reference that a container, finalize or weak method made."""
    if type(ref) not in REFS and type(ref) not in PROXIES:
        return type(ref) is not weakref.WeakMethod
    if type(ref) is weakref.ref and ref.__callback__ is not None:
        return type(ref.__callback__) not in CALLS
    return False


def calibrate():
    snapshot.install()
    run = Run((False, ()))
    run.V['x'] = KINDS['plain']()
    global RC_BASE
    RC_BASE = 0
    RC_BASE = int(run.op_rc(None, 'x')) - 1
    del run.V['x']


# ---------------------------------------------------------------- programs

def parse(text):
    counts = False
    ops = []
    for line in text.splitlines():
        line = line.split('#', 1)[0].strip()
        if not line:
            continue
        words = line.split()
        if words[0] == 'mode':
            counts = 'counts' in words[1:]
        elif words[0] in ('ondel', 'oncall'):
            head, _, tail = line.partition(':')
            acts = tuple(tuple(a.split()) for a in tail.split(' ; ')
                         if a.strip())
            ops.append((words[0], words[1], acts))
        else:
            ops.append(tuple(words))
    return counts, tuple(ops)


def execute(text, order=None):
    """The trace of one program."""
    gc.collect()
    run = things.RUN = Run(parse(text), order)
    registry = weakref.finalize._registry
    hooks = sys.unraisablehook, sys.excepthook
    sys.unraisablehook = run.unraisable
    sys.excepthook = run.excepthook
    gc.callbacks.append(run.gc_phase)
    try:
        run.go()
    finally:
        # What the program left alive goes now, silently and without actions.
        trace, run.out = run.out, []
        run.on_del, run.on_call = {}, {}
        gc.set_debug(0)
        for _ in range(3):
            for name in sorted(ROOTS):
                if name:
                    ROOTS.pop(name, None)
            registry.clear()
            gc.garbage.clear()
            gc.collect()
        run.out = trace
        sys.unraisablehook, sys.excepthook = hooks
        gc.callbacks.remove(run.gc_phase)
        weakref.finalize._shutdown = False
        weakref.finalize._dirty = False
    if run.frozen:
        gc.freeze()
    return run


def trace_text(run):
    return '\n'.join(run.out) + '\n'
