# SPDX-License-Identifier: MIT
#
# Nim's ORC in the workloads of gc.h: counts, and trial deletion from candidates
# (after Bacon and Rajan), each of which is traced as far as it reaches. It
# looks at nothing else, so a full collection is given a candidate that reaches
# all of the graph. Arguments: workloads.
import std/[algorithm, os, strformat, strutils, times]

const million = 1_000_000

type
  Node = ref object
    left, right: Node
  Item = ref object
    link: array[3, Item]

let
  most = parseInt(getEnv("BENCH_REPETITIONS", "9"))
  enough = parseFloat(getEnv("BENCH_MILLISECONDS", "300")) / 1000
  large = getEnv("BENCH_LARGE", "1") != "0"

var seed = 88172645463325252'u64

proc below(count: int): int =
  seed = seed xor (seed shl 13)
  seed = seed xor (seed shr 7)
  seed = seed xor (seed shl 17)
  int(seed mod uint64(count))

proc suffix(live: int): string =
  if live == 0: "" elif live == million: "_1e6" else: "_1e7"

proc print(workload, param, unit: string, samples: seq[float]) =
  var line = &"nim\t{workload}\t{param}\t{unit}"
  for sample in samples: line.add &"\t{sample:.4f}"
  echo line
  flushFile(stdout)

# `once` returns seconds; the first time warms up.
proc measure(workload, param: string, operations: int,
             once: proc (): float) =
  var samples: seq[float]
  discard once()
  let start = cpuTime()
  while samples.len < most and
      (samples.len < 3 or cpuTime() - start < enough):
    samples.add once() * 1e9 / float(operations)
  print(workload, param, "ns", samples)

proc makeGraph(live: int): seq[Node] =
  GC_disableOrc()
  result = newSeq[Node](live)
  for i in 0 ..< live: result[i] = Node()
  for i in 0 ..< live:
    result[i].left = result[below(live)]
    result[i].right = result[below(live)]
  GC_fullCollect()
  GC_enableOrc()

# Of times in order: see pause.h.
proc printHistogram(workload, param: string, times: seq[float]) =
  var line = "nim\t" & workload & "\t" & param & "\thist"
  var upper = 1.0
  var at = 0
  while at < times.len:
    let first = at
    while at < times.len and times[at] <= upper: inc at
    if at > first:
      line.add "\t" & formatFloat(upper, ffDecimal, 3) & ":" & $(at - first)
    upper *= 1.189207115002721
  echo line

proc ring(length: int): Node {.noinline.} =
  result = Node()
  var last = result
  for i in 1 ..< length:
    last.left = Node()
    last = last.left
  last.left = result

proc dropRings(length: int): float =
  let start = cpuTime()
  for i in 0 ..< million div length: discard ring(length)
  cpuTime() - start

proc rings(live: int) =
  let graph = makeGraph(live)
  measure("W12_rings", "pairs" & suffix(live), million,
    proc (): float = dropRings(2))
  measure("W12_rings", "ring40" & suffix(live), million,
    proc (): float = dropRings(40))
  var window = newSeq[Node](20000)
  var at = 0
  for i in 0 ..< window.len: window[i] = ring(2)
  measure("W12_rings", "old" & suffix(live), million, proc (): float =
    let start = cpuTime()
    for i in 0 ..< million div 2:
      window[at] = ring(2)
      at = (at + 1) mod window.len
    cpuTime() - start)
  doAssert graph.len == live

var sink: Node

# A reference to one of the graph is dropped, which makes it a candidate.
proc full(live: int) =
  let graph = makeGraph(live)
  var samples: seq[float]
  GC_disableOrc()
  for i in 0 ..< min(most, if live > million: 3 else: 9):
    for k in 0 ..< 1000: discard ring(2)
    sink = graph[5]
    sink = nil
    let start = cpuTime()
    GC_fullCollect()
    samples.add (cpuTime() - start) * 1e3
  GC_enableOrc()
  print("W13_live", "full" & suffix(live), "ms", samples)

proc entry(length: int): Item {.noinline.} =
  result = Item()
  var last = result
  for i in 1 ..< length:
    let next = Item()
    next.link[1] = last
    last.link[0] = next
    last = next
  last.link[0] = result

proc churn(name: string, live, length: int) =
  let made = 2 * million
  var entries = newSeq[Item](live div length)
  var pauses: seq[float]
  var seen = 0
  for i in 0 ..< entries.len: entries[i] = entry(length)
  proc use(timed: bool) =
    for i in 0 ..< 9:
      let one = entries[below(entries.len)]
      if one.link[0] != nil: inc seen
    let start = if timed: cpuTime() else: 0.0
    entries[below(entries.len)] = entry(length)
    if timed:
      let seconds = cpuTime() - start
      if seconds > 5e-6: pauses.add seconds * 1e6
  measure("W17_churn", name & suffix(live) & "_cost", made, proc (): float =
    let start = cpuTime()
    for i in 0 ..< made div length: use(false)
    cpuTime() - start)
  for i in 0 ..< 2 * made div length: use(true)
  pauses.sort()
  if pauses.len == 0: return
  printHistogram("W17_churn", name & suffix(live) & "_hist", pauses)
  for (what, share) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999),
      ("max", 1.0)]:
    let at = min(int(float(pauses.len) * share), pauses.len - 1)
    print("W17_churn", name & suffix(live) & "_" & what, "us", @[pauses[at]])
  doAssert seen > 0

proc build(live: int) =
  measure("W18_cost", "build" & suffix(live), live, proc (): float =
    var items = newSeq[Item](live)
    let start = cpuTime()
    items[0] = Item()
    for i in 1 ..< live:
      let parent = items[(i - 1) div 2]
      items[i] = Item()
      items[i].link[2] = parent
      parent.link[(i - 1) mod 2] = items[i]
    result = cpuTime() - start)

proc run(workload: string, work: proc (live: int)) =
  if paramCount() > 0 and workload notin commandLineParams(): return
  if workload == "W12": work(0)
  work(million)
  GC_fullCollect()
  if large: work(10 * million)

run("W12", rings)
run("W13", full)
run("W17", proc (live: int) = churn("ring4", live, 4))
run("W17", proc (live: int) = churn("ring40", live, 40))
run("W18", build)
