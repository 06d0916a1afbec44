// SPDX-License-Identifier: MIT
//
// The timing kit of the programs in JavaScript, for node (--expose-gc) and for
// QuickJS (--std): what bench.h is to those in C, with the same output,
// arguments and variables. Repetitions return nanoseconds, at once or by a
// promise; the first one warms up. After each comes another turn of the event
// loop, as until then nothing dies that a WeakRef gave or was made of.
//
// Time is CPU time of the process, all its threads included; of QuickJS, which
// may not tell it, the clock's.
export const MILLION = 1000000;
export const HUNDRED_THOUSAND = 100000;

const isNode = typeof process !== 'undefined';
const variable = name => isNode ? process.env[name] : std.getenv(name);
const wanted = isNode ? process.argv.slice(2) : scriptArgs.slice(1);
const most = Number(variable('BENCH_REPETITIONS') ?? 9);
const enough = Number(variable('BENCH_MILLISECONDS') ?? 300) * 1e6;

export const peer = variable('BENCH_PEER') ?? (isNode ? 'node' : 'quickjs');
export const isLarge = variable('BENCH_LARGE') !== '0';
export const wants = workload =>
  wanted.length === 0 || wanted.includes(workload);
export const collect = isNode ? globalThis.gc : () => std.gc();

// Nanoseconds, of microseconds' grain.
export function now() {
  if (isNode) {
    const used = process.cpuUsage();
    return (used.user + used.system) * 1e3;
  }
  return os.cputime ? os.cputime() * 1e3 : Date.now() * 1e6;
}

export const turn = () => new Promise(isNode ? setImmediate
  : resolve => os.setTimeout(resolve, 0));

// Collects, also what a WeakRef kept in this turn.
export async function settle() {
  await turn();
  await turn();
  collect();
}

export function check(condition) {
  if (!condition) throw new Error('wrong');
}

export function printRow(workload, param, unit, samples) {
  console.log([peer, workload, param, unit,
    ...samples.map(sample => sample.toFixed(4))].join('\t'));
}

export async function measure(workload, param, operations, once, limit = most,
  unit = 'ns') {
  const samples = [];
  await once();
  await turn();
  const start = now();
  while (samples.length < limit
      && (samples.length < 3 || now() - start < enough)) {
    samples.push(await once() / operations);
    await turn();
  }
  printRow(workload, param, unit, samples);
}

// A repetition all of which is timed.
export const timed = work => () => {
  const start = now();
  work();
  return now() - start;
};

// Bytes of objects, as the engine counts them; in QuickJS, real memory.
export async function counted() {
  await settle();
  collect();
  if (isNode) return process.memoryUsage().heapUsed;
  const file = std.open('/proc/self/statm', 'r');
  const pages = Number(file.getline().split(' ')[1]);
  file.close();
  return pages * 4096;
}

let state = 123456789;
export function below(count) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % count;
}

// 0 to count - 1 in random order.
export function shuffled(count) {
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  for (let i = count - 1; i > 0; i--) {
    const other = below(i + 1);
    [order[i], order[other]] = [order[other], order[i]];
  }
  return order;
}

// Runs what was asked for, one after the other.
export async function runAll(workloads) {
  for (const [workload, work] of workloads) {
    if (!wants(workload)) continue;
    await work();
    await settle();
  }
}

// How long a program waited, us each: "ring4_1e6" gives ring4_1e6_p50 to _max,
// and _hist, how many were at most so many us: four bounds a doubling.
export function printPauses(workload, name, pauses) {
  if (pauses.length === 0) return;
  pauses.sort((one, other) => one - other);
  for (const [what, share] of [['p50', 0.5], ['p90', 0.9], ['p99', 0.99],
    ['p999', 0.999], ['max', 1]]) {
    const at = Math.min(Math.floor(pauses.length * share), pauses.length - 1);
    printRow(workload, `${name}_${what}`, 'us', [pauses[at]]);
  }
  const counts = new Map();
  for (const us of pauses) {
    const upper = 2 ** (Math.max(0, Math.ceil(Math.log2(us) * 4)) / 4);
    counts.set(upper, (counts.get(upper) ?? 0) + 1);
  }
  console.log([peer, workload, `${name}_hist`, 'hist',
    ...Array.from(counts, ([upper, count]) => `${upper.toFixed(3)}:${count}`)]
    .join('\t'));
}
