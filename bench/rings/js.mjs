// SPDX-License-Identifier: MIT
//
// JavaScript's collectors in the workloads of gc.h, by node and by QuickJS. V8
// copies what is young and lives, and marks the rest, in part on other threads,
// whose time counts too; QuickJS counts, and looks for rings at times. How many
// objects there are is not known. Arguments: workloads.
import { MILLION, below, check, collect, isLarge, measure, now, printPauses,
  runAll, settle, shuffled, timed } from '../bench.mjs';

const WINDOW = 20000;
const LONG_NS = 5000;
const seen = new Array(8).fill(null);

class Node {
  constructor() {
    this.left = null;
    this.right = null;
  }
}

// next and last of a ring, or what is below; what is above.
class Item {
  constructor() {
    this.next = null;
    this.last = null;
    this.above = null;
  }
}

const suffix = live => live === 0 ? '' : live === MILLION ? '_1e6' : '_1e7';

// A random graph; shuffled: half of it is made anew, three times.
function makeGraph(count, isShuffled) {
  const graph = new Array(count).fill(null);
  for (let i = 0; i < count; i++) graph[i] = new Node();
  for (let round = 0; isShuffled && round < 3; round++) {
    const order = shuffled(count).subarray(0, count / 2);
    for (const i of order) graph[i] = null;
    collect();
    for (const i of order) graph[i] = new Node();
  }
  for (let i = 0; i < count; i++) {
    graph[i].left = graph[below(count)];
    graph[i].right = graph[below(count)];
  }
  collect();
  return graph;
}

function ring(length) {
  const first = new Node();
  let last = first;
  for (let i = 1; i < length; i++) {
    last.left = new Node();
    last = last.left;
  }
  last.left = first;
  return first;
}

async function rings(live) {
  const graph = makeGraph(live, false);
  for (const [name, length] of [['pairs', 2], ['ring40', 40]])
    await measure('W12_rings', name + suffix(live), MILLION, timed(() => {
      for (let i = 0; i < MILLION / length; i++) seen[i & 7] = ring(length);
    }));
  const window = Array.from({ length: WINDOW }, () => ring(2));
  let at = 0;
  await measure('W12_rings', `old${suffix(live)}`, MILLION, timed(() => {
    for (let i = 0; i < MILLION / 2; i++) {
      window[at] = ring(2);
      at = (at + 1) % WINDOW;
    }
  }));
  check(graph.length === live && window[7].left.left === window[7]);
}

async function full(live, isShuffled) {
  const graph = makeGraph(live, isShuffled);
  await measure('W13_live',
    `full${suffix(live)}${isShuffled ? '_shuffled' : ''}`, 1e6, () => {
      for (let i = 0; i < 1000; i++) seen[i & 7] = ring(2);
      const start = now();
      collect();
      return now() - start;
    }, live > MILLION ? 3 : undefined, 'ms');
  check(graph.length === live);
}

function entry(length) {
  const first = new Item();
  let last = first;
  for (let i = 1; i < length; i++) {
    const next = new Item();
    next.last = last;
    last.next = next;
    last = next;
  }
  last.next = first;
  return first;
}

async function churn(name, live, length) {
  const entries = Array.from({ length: live / length }, () => entry(length));
  const made = 2 * MILLION;
  let found = 0;
  const read = () => {
    for (let i = 0; i < 9; i++)
      if (entries[below(entries.length)].next !== null) found++;
  };
  const replace = () => { entries[below(entries.length)] = entry(length); };
  await measure('W17_churn', `${name}${suffix(live)}_cost`, made, timed(() => {
    for (let i = 0; i < made / length; i++) {
      read();
      replace();
    }
  }));
  const pauses = [];
  for (let i = 0; i < 2 * made / length; i++) {
    read();
    const start = now();
    replace();
    const ns = now() - start;
    if (ns > LONG_NS) pauses.push(ns / 1e3);
  }
  check(found === 9 * Math.round(found / 9) && found > 0);
  printPauses('W17_churn', name + suffix(live), pauses);
}

async function build(live) {
  await measure('W18_cost', `build${suffix(live)}`, live, () => {
    const items = new Array(live).fill(null);
    collect();
    const start = now();
    items[0] = new Item();
    for (let i = 1; i < live; i++) {
      const made = new Item();
      const parent = items[(i - 1) >> 1];
      items[i] = made;
      made.above = parent;
      if (i & 1) parent.next = made;
      else parent.last = made;
    }
    const ns = now() - start;
    check(items[live - 1].above === items[(live - 2) >> 1]);
    return ns;
  });
}

const both = work => async () => {
  await work(MILLION);
  await settle();
  if (isLarge) await work(10 * MILLION);
};

await runAll([
  ['W12', async () => {
    await rings(0);
    await both(rings)();
  }],
  ['W13', both(live => full(live, false))],
  ['W13', both(live => full(live, true))],
  ['W17', both(live => churn('ring4', live, 4))],
  ['W17', both(live => churn('ring40', live, 40))],
  ['W18', both(build)],
]);
