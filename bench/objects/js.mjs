// SPDX-License-Identifier: MIT
//
// JavaScript in the rows of weft.c, by node and by QuickJS: WeakRef, and
// FinalizationRegistry for callbacks. In node nothing is counted: what died is
// found by the collector, so a death is a share of a collection of everything,
// and a list or a tree dies in one collection. Here the same is asked of
// QuickJS, which counts: objects die when they are forgotten, within the time.
// What is made is put where it can be seen, and loops go round a few objects,
// or the compiler would do it once. Arguments: workloads.
import { HUNDRED_THOUSAND, MILLION, check, collect, counted, isLarge, measure,
  now, peer, printRow, runAll, settle, shuffled, timed, turn }
  from '../bench.mjs';

const FEW = 64;
const counts = peer === 'quickjs';
const seen = new Array(8).fill(null);

class Node {
  constructor() {
    this.left = null;
    this.right = null;
  }
}

class Tree {
  constructor(parent) {
    this.kid = [null, null, null, null, null, null, null, null];
    this.parent = parent;
  }
}

function nodes(count) {
  const made = new Array(count).fill(null);
  for (let i = 0; i < count; i++) made[i] = new Node();
  return made;
}

async function measureNew() {
  await measure('W1_alloc_free', 'hot', MILLION, timed(() => {
    for (let i = 0; i < MILLION; i++) seen[i & 7] = new Node();
  }));
}

async function measureBulk() {
  let made = new Array(MILLION).fill(null);
  const order = shuffled(MILLION);
  const make = () => {
    made.fill(null);
    collect();
    const start = now();
    for (let i = 0; i < MILLION; i++) made[i] = new Node();
    return now() - start;
  };
  const forget = () => {
    make();
    collect();
    const start = now();
    for (let i = 0; i < MILLION; i++) made[order[i]] = null;
    if (!counts) collect();
    return now() - start;
  };
  printRow('W2_bulk', 'alloc_1e6_fresh', 'ns', [make() / MILLION]);
  await measure('W2_bulk', 'alloc_1e6', MILLION, make);
  await measure('W2_bulk', counts ? 'free_random_1e6' : 'free_by_gc_1e6',
    MILLION, forget);
}

async function measureTake() {
  const few = nodes(FEW);
  const take = timed(() => {
    for (let i = 0; i < MILLION; i++) seen[i & 7] = new WeakRef(few[i % FEW]);
  });
  await measure('W5_weak_create', 'first', MILLION, take);
  const others = few.map(node => new WeakRef(node));
  await measure('W5_weak_create', 'second', MILLION, take);
  check(others.every((weak, i) => weak.deref() === few[i]));
  const handles = new Array(HUNDRED_THOUSAND).fill(null);
  await measure('W5_weak_create', 'first_1e5', HUNDRED_THOUSAND, () => {
    const many = nodes(HUNDRED_THOUSAND);
    const start = now();
    for (let i = 0; i < many.length; i++) handles[i] = new WeakRef(many[i]);
    const ns = now() - start;
    check(handles[7].deref() === many[7]);
    return ns;
  });
  const registry = new FinalizationRegistry(() => {});
  await measure('W5_weak_create', 'ref_cb', HUNDRED_THOUSAND, () => {
    const many = nodes(HUNDRED_THOUSAND);
    const start = now();
    for (let i = 0; i < many.length; i++) {
      registry.register(many[i], i, many[i]);
      registry.unregister(many[i]);
    }
    return now() - start;
  });
}

async function measureGet() {
  const few = nodes(FEW);
  const weak = few.map(node => new WeakRef(node));
  await measure('W6_weak_upgrade', 'hot', MILLION, timed(() => {
    let found = 0;
    for (let i = 0; i < MILLION; i++) {
      const node = weak[i % FEW].deref();
      if (node !== undefined) found++;
      seen[i & 7] = node;
    }
    check(found === MILLION);
  }));
  const many = nodes(MILLION);
  const handles = Array.from(shuffled(MILLION), i => new WeakRef(many[i]));
  await measure('W6_weak_upgrade', 'random_1e6', MILLION, timed(() => {
    let found = 0;
    for (let i = 0; i < MILLION; i++)
      if (handles[i].deref().left === null) found++;
    check(found === MILLION);
  }));
  check(many.length + few.length === MILLION + FEW);
}

async function measureGetDead() {
  const weak = nodes(FEW).map(node => new WeakRef(node));
  await settle();
  await measure('W7_weak_dead', 'hot', MILLION, timed(() => {
    let dead = 0;
    for (let i = 0; i < MILLION; i++) {
      const node = weak[i % FEW].deref();
      if (node === undefined) dead++;
      seen[i & 7] = node;
    }
    check(dead === MILLION);
  }));
}

// A list of objects, and of what watches them; apart, or the frame would hold
// the last one.
function watched(how, registry) {
  const all = { objects: nodes(HUNDRED_THOUSAND), handles: [] };
  for (const node of all.objects) {
    if (how === 'weak') all.handles.push(new WeakRef(node));
    if (how === 'told') registry.register(node, 0);
  }
  return all;
}

let calls = 0;
const told = new FinalizationRegistry(() => { calls++; });

async function allCalled() {
  for (let i = 0; i < 100000 && calls < HUNDRED_THOUSAND; i++) await turn();
  check(calls === HUNDRED_THOUSAND);
}

const death = how => async () => {
  const all = watched(how, told);
  await settle();
  calls = 0;
  const start = now();
  all.objects = null;
  collect();
  if (how === 'told') await allCalled();
  const ns = now() - start;
  check(how !== 'weak' || all.handles[7].deref() === undefined);
  return ns;
};

// From making all to the memory of all being free.
async function lives() {
  calls = 0;
  const start = now();
  watched('told', told);
  await turn();
  collect();
  await allCalled();
  return now() - start;
}

async function measureDeath() {
  for (const [how, param] of [['plain', 'death_plain'],
    ['weak', 'death_weak'], ['told', 'death_cb']])
    await measure('W8_callback', param, HUNDRED_THOUSAND, death(how));
  await measure('W8_callback', 'made_fired_gone', HUNDRED_THOUSAND, lives);
}

function chain(count) {
  let head = null;
  for (let i = 0; i < count; i++) {
    const made = new Node();
    made.left = head;
    head = made;
  }
  return head;
}

const endChain = count => () => {
  seen[0] = chain(count);
  collect();
  check(seen[0].left.left !== null);
  const start = now();
  seen[0] = null;
  collect();
  return now() - start;
};

function tree() {
  const all = new Array(MILLION).fill(null);
  for (let i = 0; i < MILLION; i++) {
    const parent = i === 0 ? null : all[(i - 1) >> 3];
    all[i] = new Tree(parent && new WeakRef(parent));
    if (parent) parent.kid[(i - 1) & 7] = all[i];
  }
  return all[0];
}

async function endTree() {
  seen[0] = tree();
  await settle();
  check(seen[0].kid[0].parent.deref() === seen[0]);
  await settle();
  const start = now();
  seen[0] = null;
  collect();
  return now() - start;
}

async function weigh() {
  const all = new Array(MILLION).fill(null);
  const handles = new Array(MILLION).fill(null);
  const empty = await counted();
  for (let i = 0; i < MILLION; i++) all[i] = new Node();
  const made = await counted();
  for (let i = 0; i < MILLION; i++) handles[i] = new WeakRef(all[i]);
  const taken = await counted();
  for (let i = 0; i < MILLION; i++) told.register(all[i], 0);
  const registered = await counted();
  check(handles[7].deref() === all[7]);
  for (const [param, bytes] of [['obj', made - empty],
    ['weakref', taken - made], ['weakref_cb', registered - taken]])
    printRow('W16_memory', param, 'B', [bytes / MILLION]);
}

await runAll([
  ['W16', weigh], ['W1', measureNew], ['W2', measureBulk],
  ['W5', measureTake], ['W6', measureGet], ['W7', measureGetDead],
  ['W8', measureDeath],
  ['W14', async () => {
    await measure('W14_list', '1e6', MILLION, endChain(MILLION));
    if (isLarge)
      await measure('W14_list', '1e7', 10 * MILLION, endChain(10 * MILLION));
  }],
  ['W15', () => measure('W15_tree', 'teardown_1e6', MILLION, endTree)],
]);
