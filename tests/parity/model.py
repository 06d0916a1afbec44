# SPDX-License-Identifier: MIT
"""A model of the language, by tests/oracle/README.md, that shares no code with
cpython.py: objects, references, proxies and the collector, with counts kept by
hand. It knows the rules of several CPythons, and so stands in for one that is
not there. It takes the programs of `core` and `gcheavy`.

    trace(text, since=(3, 15), order=None)

`order`, a random.Random, has full collections find things in random order.
"""

SLOTS = 'abcd'
FINAL = {'fin', 'keyfin', 'fnfin'}
KEYED = {'key', 'keyfin', 'nohash'}
CALLS = {'fn', 'fnfin'}
OBJECTS = {'plain', 'noweak', 'seq'} | FINAL | KEYED | CALLS


class Failure(Exception):
    pass


class Raised(Exception):
    pass


class Thing:
    def __init__(self, kind, label):
        self.kind, self.label = kind, label
        self.rc = 0
        self.place = None            # the collector list it is in
        self.slots = {}
        self.finalized = self.gone = False
        self.refs = []               # of an object: its references, in order
        self.target = self.cb = self.hash = None   # of a reference


class World:
    def __init__(self, text, since, order):
        self.since, self.order = since, order
        self.out, self.depth = [], 0
        self.vars, self.labels, self.objects = {}, set(), {}
        self.gens = [[], [], []]
        self.collecting = self.watching = False
        self.on_del, self.on_call = {}, {}
        self.locals = []             # held by the step that runs
        self.counts, self.ops = parse(text)

    def emit(self, text):
        self.out.append('  ' * self.depth + text)

    def event(self, text):
        self.depth += 1
        self.emit(text)
        self.depth -= 1

    # -- counts

    def inc(self, thing):
        thing.rc += 1
        return thing

    def dec(self, thing):
        if thing is None:
            return
        thing.rc -= 1
        if thing.rc == 0:
            self.dealloc(thing)

    def track(self, thing):
        self.gens[0].append(thing)
        thing.place = self.gens[0]

    def untrack(self, thing):
        thing.place.remove(thing)
        thing.place = None

    def move(self, thing, place):
        self.untrack(thing)
        place.append(thing)
        thing.place = place

    def dealloc(self, thing):
        self.untrack(thing)
        if thing.kind in OBJECTS:
            if thing.kind in FINAL and not thing.finalized:
                thing.finalized = True
                thing.rc = 1
                self.track(thing)
                self.finalize(thing)
                thing.rc -= 1
                if thing.rc:
                    return
                self.untrack(thing)
            self.drop_refs(thing)
            self.tear(thing)
        else:
            self.empty(thing)
            self.unlink(thing)
            cb, thing.cb = thing.cb, None
            self.dec(cb)

    def drop_refs(self, thing):
        """By count: every reference dies, then the callbacks run."""
        held = []
        while thing.refs:
            ref = thing.refs[0]
            self.unlink(ref)
            if shared(ref):
                continue
            cb, ref.cb = ref.cb, None
            if ref.rc:
                held.append((self.inc(ref), cb))
            else:
                self.dec(cb)
        for ref, cb in held:
            if cb:
                self.callback(cb, ref)
        for ref, cb in reversed(held):
            self.dec(cb)
            self.dec(ref)

    def tear(self, thing):
        if not thing.gone:
            thing.gone = True
            del self.objects[thing.label]
            self.event('dead ' + thing.label)
        self.empty(thing)

    def empty(self, thing):
        for slot in SLOTS:
            old = thing.slots.pop(slot, None)
            self.dec(old)

    def unlink(self, ref):
        if ref.target:
            ref.target.refs.remove(ref)
            ref.target = None

    # -- calls

    def run(self, ops, env, label):
        self.depth += 1
        try:
            for op in ops:
                if op[0] == 'raise':
                    self.emit('> raise')
                    raise Raised(label)
                self.emit('> ' + ' '.join(op))
                self.emit('= ' + self.step(op, env))
        finally:
            self.depth -= 1

    def finalize(self, thing):
        self.depth += 1
        self.emit('fin ' + thing.label)
        try:
            self.run(self.on_del.get(thing.label, ()), {'self': thing},
                     thing.label)
        except Raised as error:
            self.emit('unraisable ' + error.args[0])
        finally:
            self.depth -= 1

    def call(self, fn, arg=None):
        self.inc(fn)
        if arg:
            self.inc(arg)
        self.depth += 1
        self.emit('call %s %s' % (fn.label, arg.label if arg else '-'))
        env = {'self': fn}
        if arg:
            env['arg'] = arg
        try:
            self.run(self.on_call.get(fn.label, ()), env, fn.label)
        finally:
            self.depth -= 1
            self.dec(arg)
            self.dec(fn)

    def callback(self, fn, ref):
        try:
            self.call(fn, ref)
        except Raised as error:
            self.event('unraisable ' + error.args[0])

    # -- the collector

    def held(self, thing):
        for slot in SLOTS:
            if thing.slots.get(slot):
                yield thing.slots[slot]
        if thing.cb:
            yield thing.cb

    def scan(self, things):
        """(reachable, trash), each in the collector's order."""
        left = {t: t.rc for t in things}
        for t in things:
            for held in self.held(t):
                if held in left:
                    left[held] -= 1
        todo, good, aside, seen = list(things), [], [], set()
        for t in todo:                       # grows while it is walked
            if not left[t]:
                aside.append(t)
                continue
            good.append(t)
            seen.add(t)
            for held in self.held(t):
                if held in left and held not in seen and not left[held]:
                    left[held] = 1
                    if held in aside:
                        aside.remove(held)
                        todo.append(held)
        return good, aside

    def collect(self, gen):
        if self.collecting:
            return 0
        self.collecting = True
        if self.watching:
            self.event('gcstart %d' % gen)
        for young in range(gen):
            for thing in list(self.gens[young]):
                self.move(thing, self.gens[gen])
        if self.order:
            self.order.shuffle(self.gens[gen])
        good, trash = self.scan(self.gens[gen])
        older = self.gens[min(gen + 1, 2)]
        self.gens[gen].clear()
        for thing in good:
            older.append(thing)
            thing.place = older
        for thing in trash:
            thing.place = trash
        count = self.outside_callbacks(trash, older)
        seen = []
        while trash:
            thing = trash[0]
            self.move(thing, seen)
            if thing.kind in FINAL and not thing.finalized:
                thing.finalized = True
                self.inc(thing)
                self.finalize(thing)
                self.dec(thing)
        good, trash = self.scan(seen)
        for thing in good:
            older.append(thing)
            thing.place = older
        for thing in trash:
            thing.place = trash
        for thing in trash:
            if thing.kind not in OBJECTS:
                self.unlink(thing)
            while thing.refs:
                self.unlink(thing.refs[0])
        count += len(trash)
        while trash:
            thing = trash[0]
            self.inc(thing)
            if thing.kind in OBJECTS:
                self.tear(thing)
            else:
                self.empty(thing)
                self.unlink(thing)
                cb, thing.cb = thing.cb, None
                self.dec(cb)
            self.dec(thing)
            if trash and trash[0] is thing:
                self.move(thing, older)
        self.collecting = False
        if self.watching:
            self.event('gcstop %d n=%d' % (gen, count))
        return count

    def outside_callbacks(self, trash, older):
        queue, inside, freed = [], set(trash), 0
        for thing in trash:
            if thing.kind not in OBJECTS and self.since < (3, 15):
                self.unlink(thing)
            for ref in list(thing.refs):
                if not ref.cb and self.since >= (3, 15):
                    continue
                self.unlink(ref)
                if ref.cb and ref not in inside:
                    self.move(self.inc(ref), queue)
        while queue:
            ref = queue[0]
            self.callback(ref.cb, ref)
            self.dec(ref)
            if queue and queue[0] is ref:
                self.move(ref, older)
            else:
                freed += 1
        return freed

    # -- programs

    def go(self):
        for i, op in enumerate(self.ops, 1):
            text = ' '.join(op[:2] if op[0][:2] == 'on' else op)
            if op[0][:2] == 'on':
                text += ' :' + ' ;'.join(' ' + ' '.join(a) for a in op[2])
            self.emit('@%d %s' % (i, text))
            self.emit('= ' + self.step(op, {}))
        self.watching = False
        self.out += ['@end reset', '= ok']
        for _ in range(8):
            for name in sorted(self.vars):
                if name in self.vars:
                    self.emit('@end drop ' + name)
                    self.emit('= ' + self.step(('drop', name), {}))
            self.emit('@end gc')
            before = len(self.out)
            result = self.step(('gc',), {})
            quiet = before == len(self.out)
            self.emit('= ' + result)
            if quiet and not self.vars:
                break
        self.emit('@end live ' + (' '.join(sorted(self.objects)) or 'none'))

    def step(self, op, env):
        outer, self.locals = self.locals, []
        try:
            result = getattr(self, 'op_' + op[0])(env, *op[1:]) or 'ok'
        except Failure as failure:
            result = failure.args[0]
        except Raised:
            result = '!RuntimeError'
        held, self.locals = self.locals, outer
        for thing in held:
            self.dec(thing)
        return result

    def hold(self, thing):
        """Until the end of the step, as a local variable does."""
        if thing:
            self.locals.append(self.inc(thing))
        return thing

    def thing(self, env, name, kinds=None):
        thing = env.get(name) or self.vars.get(name)
        if not thing:
            raise Failure('!unbound')
        if kinds and thing.kind not in kinds:
            raise Failure('!badtype')
        return thing

    def check(self, name, new=False):
        if name in ('self', 'arg'):
            raise Failure('!unbound')
        if new and name in self.labels:
            raise Failure('!dup')

    def bind(self, name, thing):
        old = self.vars.pop(name, None)
        if thing:
            self.vars[name] = self.inc(thing)
        self.dec(old)
        return thing.label if thing else 'none'

    def make(self, kind, name):
        thing = Thing(kind, name)
        self.labels.add(name)
        self.track(thing)
        return thing

    def op_new(self, env, name, kind, n='0'):
        self.check(name, True)
        thing = self.objects[name] = self.make(kind, name)
        thing.n = int(n)
        self.bind(name, thing)

    def op_ondel(self, env, name, acts):
        self.on_del[self.thing(env, name, FINAL).label] = acts

    def op_oncall(self, env, name, acts):
        self.on_call[self.thing(env, name, CALLS).label] = acts

    def store(self, owner, slot, value):
        old = owner.slots.pop(slot, None)
        if value:
            owner.slots[slot] = self.inc(value)
        self.dec(old)

    def op_set(self, env, owner, slot, value):
        owner = self.hold(self.thing(env, owner, OBJECTS | {'sub'}))
        self.store(owner, slot, None if value == 'none'
                   else self.hold(self.thing(env, value)))

    def op_get(self, env, dest, owner, slot):
        self.check(dest)
        owner = self.hold(self.thing(env, owner, OBJECTS | {'sub'}))
        return self.bind(dest, self.hold(owner.slots.get(slot)))

    def op_mov(self, env, dest, src):
        self.check(dest)
        self.bind(dest, self.hold(self.thing(env, src)))

    def op_drop(self, env, name):
        if name in env or name not in self.vars:
            raise Failure('!unbound')
        self.dec(self.vars.pop(name))

    def op_rc(self, env, name):
        return str(self.thing({}, name).rc)

    def op_call(self, env, name, arg=None):
        fn = self.thing(env, name, CALLS)
        self.call(fn, arg and self.thing(env, arg))

    def op_watch(self, env, state):
        self.watching = state == 'on'

    # references

    def refer(self, env, kind, name, target, cb):
        self.check(name, True)
        target = self.hold(self.thing(env, target, OBJECTS))
        cb = cb and self.hold(self.thing(env, cb, CALLS))
        if target.kind == 'noweak':
            raise Failure('!TypeError')
        if kind == 'proxy' and target.kind in CALLS:
            kind = 'cproxy'
        if not cb and kind != 'sub':
            for ref in target.refs:
                if ref.kind == kind and not ref.cb:
                    return self.bind(name, self.hold(ref)) + ' same', kind
        ref = self.make(kind, name)
        ref.target, ref.cb = target, cb and self.inc(cb)
        at = 0
        if not shared(ref) or kind != 'ref':
            for other in target.refs[:2]:
                if shared(other) and (other.kind == 'ref' or
                                      not shared(ref)):
                    at += 1
        target.refs.insert(at, ref)
        self.bind(name, self.hold(ref))
        return name + ' new', kind

    def op_ref(self, env, name, target, cb=None):
        return self.refer(env, 'ref', name, target, cb)[0]

    def op_sub(self, env, name, target, cb=None):
        return self.refer(env, 'sub', name, target, cb)[0]

    def op_proxy(self, env, name, target, cb=None):
        text, kind = self.refer(env, 'proxy', name, target, cb)
        return text + (' callable' if kind == 'cproxy' else ' plain')

    def op_deref(self, env, dest, ref):
        self.check(dest)
        ref = self.thing(env, ref, {'ref', 'sub'})
        return self.bind(dest, self.hold(ref.target))

    def op_alive(self, env, ref):
        ref = self.thing(env, ref, {'ref', 'sub', 'proxy', 'cproxy'})
        return 'yes' if ref.target else 'no'

    def op_cbof(self, env, ref):
        cb = self.thing(env, ref, {'ref', 'sub'}).cb
        return cb.label if cb else 'none'

    def op_wcount(self, env, name):
        return str(len(self.thing(env, name, OBJECTS).refs))

    def op_wrefs(self, env, name):
        refs = self.thing(env, name, OBJECTS).refs
        return ' '.join(r.label for r in refs) or 'none'

    def op_hash(self, env, name):
        thing = self.thing(env, name)
        if thing.kind in ('proxy', 'cproxy'):
            raise Failure('!TypeError')
        if thing.kind in ('ref', 'sub'):
            if thing.hash is None:
                if not thing.target or thing.target.kind == 'nohash':
                    raise Failure('!TypeError')
                thing.hash = True
            if not thing.target:
                return 'ok'
            thing = thing.target
        if thing.kind == 'nohash':
            raise Failure('!TypeError')
        return str(thing.n) if thing.kind in KEYED else 'ok'

    def same(self, x, y):
        if x.kind in ('ref', 'sub') and y.kind in ('ref', 'sub'):
            if x.target and y.target:
                return self.same(x.target, y.target)
        elif x.kind in KEYED and y.kind in KEYED:
            return x.n == y.n
        return x is y

    def sides(self, env, *names):
        things = [self.thing(env, name) for name in names]
        for i, t in enumerate(things):
            if t.kind in ('proxy', 'cproxy'):
                things[i] = self.through(t)
        return things

    def op_eq(self, env, x, y):
        return 'yes' if self.same(*self.sides(env, x, y)) else 'no'

    def op_ne(self, env, x, y):
        return 'no' if self.same(*self.sides(env, x, y)) else 'yes'

    def op_lt(self, env, x, y):
        self.sides(env, x, y)
        raise Failure('!TypeError')

    def op_is(self, env, x, y):
        x, y = self.thing(env, x), self.thing(env, y)
        return 'yes' if x is y else 'no'

    # proxies

    def through(self, proxy):
        if not proxy.target:
            raise Failure('!ReferenceError')
        return proxy.target

    def proxied(self, env, name):
        return self.hold(self.thing(env, name, {'proxy', 'cproxy'}))

    def op_pget(self, env, dest, proxy, slot):
        self.check(dest)
        target = self.through(self.proxied(env, proxy))
        return self.bind(dest, self.hold(target.slots.get(slot)))

    def op_pset(self, env, proxy, slot, value):
        proxy = self.proxied(env, proxy)
        value = (None if value == 'none'
                 else self.hold(self.thing(env, value)))
        target = self.inc(self.through(proxy))
        self.store(target, slot, value)
        self.dec(target)

    def op_pcall(self, env, proxy):
        proxy = self.proxied(env, proxy)
        if proxy.kind == 'proxy':
            raise Failure('!TypeError')
        self.call(self.through(proxy))

    def op_pbool(self, env, proxy):
        target = self.through(self.proxied(env, proxy))
        return 'no' if target.kind == 'seq' and not target.n else 'yes'

    def op_plen(self, env, proxy):
        target = self.through(self.proxied(env, proxy))
        if target.kind != 'seq':
            raise Failure('!TypeError')
        return str(target.n)

    # collector

    def op_gc(self, env, gen='2'):
        return 'n=%d' % self.collect(int(gen))

    def op_tracked(self, env, name):
        return 'yes' if self.thing(env, name).place is not None else 'no'

    def op_finalized(self, env, name):
        return 'yes' if self.thing(env, name).finalized else 'no'

    def op_referents(self, env, name):
        thing = self.thing(env, name, OBJECTS | {'sub'})
        return ' '.join(t.label for t in self.held(thing)) or 'none'

    def op_referrers(self, env, name):
        thing = self.thing(env, name)
        return ' '.join(sorted(t.label for gen in self.gens for t in gen
                               if thing in t.slots.values())) or 'none'


def shared(ref):
    return not ref.cb and ref.kind != 'sub'


def parse(text):
    counts, ops = False, []
    for line in text.splitlines():
        words = line.split('#')[0].split()
        if words[:1] == ['mode']:
            counts = True
        elif words and words[0] in ('ondel', 'oncall'):
            acts = ' '.join(words[3:]).split(' ; ')
            ops.append((words[0], words[1],
                        tuple(tuple(a.split()) for a in acts if a)))
        elif words:
            ops.append(tuple(words))
    return counts, ops


def trace(text, since=(3, 15), order=None):
    world = World(text, since, order)
    world.go()
    return '\n'.join(world.out) + '\n'
