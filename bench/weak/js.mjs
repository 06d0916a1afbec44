// SPDX-License-Identifier: MIT
//
// JavaScript's weak tables in the workloads of weak.h, by node and by QuickJS.
// A weak value dictionary is what one would write: a Map of WeakRef, from which
// a FinalizationRegistry takes what died; weak keys: WeakMap; weak sets:
// WeakSet, which none can walk through. In node what died is found by the
// collector: `churn` and `replace` put ten times as many as there are, and end
// with a collection and the registry's work, so that the dead are gone from the
// table. Texts and small integers know their hash. Arguments: workloads.
import { HUNDRED_THOUSAND, MILLION, below, check, collect, counted, measure,
  now, printRow, runAll, settle, shuffled, timed, turn } from '../bench.mjs';

const ASKED = MILLION;
const TURNS = 10;
const SIZES = [[1000, '1e3'], [HUNDRED_THOUSAND, '1e5'], [MILLION, '1e6']];

class Node {
  constructor() {
    this.left = null;
    this.right = null;
  }
}

// An odd factor: all different below 2^30.
const numberOf = i => Math.imul(i, 2654435761) & 0x3fffffff;
const keysOf = {
  int: numberOf,
  str: i => `key:${numberOf(i).toString(16).padStart(8, '0')}`,
  obj: () => new Node(),
};

function fill(count, make) {
  const made = new Array(count);
  for (let i = 0; i < count; i++) made[i] = make(i);
  return made;
}

const nodes = count => fill(count, () => new Node());

// Different questions come to this many, few enough to stay in the caches if
// the table does; they are asked ASKED times in all.
const choose = count =>
  fill(count === MILLION ? MILLION : HUNDRED_THOUSAND, () => below(count));

// A dictionary whose entries go some time after their values.
class WeakValueMap {
  constructor() {
    this.map = new Map();
    this.registry = new FinalizationRegistry(key => {
      const weak = this.map.get(key);
      if (weak !== undefined && weak.deref() === undefined)
        this.map.delete(key);
    });
  }

  put(key, value) {
    this.map.set(key, new WeakRef(value));
    this.registry.register(value, key);
  }

  get(key) {
    return this.map.get(key)?.deref();
  }
}

async function untilGone(table, count) {
  for (let i = 0; i < 100000 && table.map.size > count; i++) {
    if (i % 100 === 0) await settle();
    await turn();
  }
  check(table.map.size === count);
}

// Apart, so that no frame holds the last one.
function churn(table, keys) {
  for (const key of keys) table.put(key, new Node());
}

function replace(table, keys, objects, order) {
  for (const at of order) {
    objects[at] = new Node();
    table.put(keys[at], objects[at]);
  }
}

async function changeValues(kind, table, keys, objects) {
  const count = objects.length;
  const order = shuffled(count);
  const halves = [keys.slice(0, count), keys.slice(count)];
  await measure('W9_weakvalue', `churn_${kind}`, TURNS * count, async () => {
    const start = now();
    for (let i = 0; i < TURNS; i++) {
      churn(table, halves[1]);
      await turn();
    }
    await untilGone(table, count);
    return now() - start;
  });
  let second = 0;
  await measure('W9_weakvalue', `replace_${kind}`, TURNS * count, async () => {
    const start = now();
    for (let i = 0; i < TURNS; i++) {
      second = 1 - second;
      replace(table, halves[second], objects, order);
      await turn();
    }
    await untilGone(table, count);
    const ns = now() - start;
    for (let i = 0; i < count; i += 97)
      check(table.get(halves[second][i]) === objects[i]);
    return ns;
  });
}

async function values(kind, count, size) {
  const table = new WeakValueMap();
  const keys = fill(2 * count, keysOf[kind]);
  const objects = nodes(count);
  for (let i = 0; i < count; i++) table.put(keys[i], objects[i]);
  const chosen = choose(count);
  const there = chosen.map(at => keys[at]);
  const absent = chosen.map(at => keys[at + count]);
  const expected = chosen.map(at => objects[at]);
  await settle();
  const ask = (questions, isRight) => timed(() => {
    let right = 0;
    for (let again = 0; again < ASKED / questions.length; again++)
      for (let i = 0; i < questions.length; i++)
        if (isRight(table.get(questions[i]), i)) right++;
    check(right === ASKED);
  });
  await measure('W9_weakvalue', `hit_${kind}_${size}`, ASKED,
    ask(there, (got, i) => got === expected[i]));
  await measure('W9_weakvalue', `miss_${kind}_${size}`, ASKED,
    ask(absent, got => got === undefined));
  if (size === '1e5') await changeValues(kind, table, keys, objects);
}

async function keyed(count, size) {
  const map = new WeakMap();
  const objects = nodes(count);
  for (let i = 0; i < count; i++) map.set(objects[i], i);
  const chosen = choose(count);
  const there = chosen.map(at => objects[at]);
  await measure('W10_weakkey', `hit_${size}`, ASKED, timed(() => {
    let found = 0;
    for (let again = 0; again < ASKED / there.length; again++)
      for (let i = 0; i < there.length; i++)
        if (map.get(there[i]) === chosen[i]) found++;
    check(found === ASKED);
  }));
  if (size === '1e5')
    await measure('W10_weakkey', 'churn', TURNS * count, timed(() => {
      for (let i = 0; i < TURNS * count; i++) map.set(new Node(), i);
      collect();
    }));
  check(map.get(objects[7]) === 7);
}

async function members(count, size) {
  const objects = nodes(count);
  const order = shuffled(count);
  const there = choose(count).map(at => objects[at]);
  let set;
  const add = () => {
    set = new WeakSet();
    collect();
    const start = now();
    for (const at of order) set.add(objects[at]);
    return now() - start;
  };
  add();
  await measure('W11_weakset', `contains_${size}`, ASKED, timed(() => {
    let found = 0;
    for (let again = 0; again < ASKED / there.length; again++)
      for (let i = 0; i < there.length; i++)
        if (set.has(there[i])) found++;
    check(found === ASKED);
  }));
  if (size === '1e5') await measure('W11_weakset', `add_${size}`, count, add);
}

async function weigh(what, table, keys, put) {
  const objects = nodes(MILLION);
  const before = await counted();
  for (let i = 0; i < MILLION; i++) put(table, keys[i], objects[i], i);
  printRow('W20_weakmemory', what, 'B',
    [(await counted() - before) / MILLION]);
  check(objects.length === keys.length);
  return table;
}

async function weighAll() {
  const put = (table, key, object) => table.put(key, object);
  const keys = {
    int: fill(MILLION, keysOf.int),
    str: fill(MILLION, keysOf.str),
  };
  for (const kind of ['int', 'str'])
    check(await weigh(`value_${kind}`, new WeakValueMap(), keys[kind], put));
  check(await weigh('key', new WeakMap(), keys.int,
    (map, key, object, i) => map.set(object, i)));
  check(await weigh('set', new WeakSet(), keys.int,
    (set, key, object) => set.add(object)));
}

const inSizes = work => async () => {
  for (const [count, size] of SIZES) {
    await work(count, size);
    await settle();
  }
};

await runAll([
  ...['int', 'str', 'obj'].map(kind =>
    ['W9', inSizes((count, size) => values(kind, count, size))]),
  ['W10', inSizes(keyed)],
  ['W11', inSizes(members)],
  ['W20', weighAll],
]);
