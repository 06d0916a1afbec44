# SPDX-License-Identifier: MIT
#
# Nim with ORC in the rows of weft.c: counts, which are not atomic, and no weak
# references. A node's type can be part of rings, so each that is let go and
# lives on becomes a candidate of the collector. The tree's links to parents are
# cursors: pointers that nobody manages. Arguments: workloads.
import std/[os, osproc, strformat, strutils, times]

const
  million = 1_000_000
  hundredThousand = 100_000

type
  Node = ref object
    left, right: Node
  Tree = ref object
    kid: array[8, Tree]
    parent {.cursor.}: Tree
  ToldObject = object
    left, right: Node
  Told = ref ToldObject

let
  most = parseInt(getEnv("BENCH_REPETITIONS", "9"))
  enough = parseFloat(getEnv("BENCH_MILLISECONDS", "300")) / 1000
  large = getEnv("BENCH_LARGE", "1") != "0"

var
  seed = 88172645463325252'u64
  sink: Node
  calls = 0

proc `=destroy`(told: var ToldObject) =
  inc calls
  `=destroy`(told.left)
  `=destroy`(told.right)

proc below(count: int): int =
  seed = seed xor (seed shl 13)
  seed = seed xor (seed shr 7)
  seed = seed xor (seed shl 17)
  int(seed mod uint64(count))

proc shuffled(count: int): seq[int] =
  result = newSeq[int](count)
  for i in 0 ..< count: result[i] = i
  for i in countdown(count - 1, 1): swap(result[i], result[below(i + 1)])

proc print(workload, param, unit: string, samples: seq[float]) =
  var line = &"nim\t{workload}\t{param}\t{unit}"
  for sample in samples: line.add &"\t{sample:.4f}"
  echo line
  flushFile(stdout)

# `once` returns seconds; the first time warms up, and is `fresh`.
proc measure(workload, param: string, operations: int,
             once: proc (): float, fresh = false) =
  var samples: seq[float]
  let first = once() * 1e9 / float(operations)
  if fresh: print(workload, param & "_fresh", "ns", @[first])
  let start = cpuTime()
  while samples.len < most and
      (samples.len < 3 or cpuTime() - start < enough):
    samples.add once() * 1e9 / float(operations)
  print(workload, param, "ns", samples)

proc makeHot() {.noinline.} =
  for i in 0 ..< million: sink = Node()

proc measureNew() =
  measure("W1_alloc_free", "hot", million, proc (): float =
    let start = cpuTime()
    makeHot()
    cpuTime() - start)

proc make(all: var seq[Node]) =
  for i in 0 ..< million: all[i] = Node()

proc forget(all: var seq[Node], order: seq[int]) =
  for i in order: all[i] = nil

proc measureBulk() =
  let order = shuffled(million)
  var all = newSeq[Node](million)
  measure("W2_bulk", "alloc_1e6", million, proc (): float =
    let start = cpuTime()
    make(all)
    result = cpuTime() - start
    forget(all, order), fresh = true)
  measure("W2_bulk", "free_random_1e6", million, proc (): float =
    make(all)
    let start = cpuTime()
    forget(all, order)
    cpuTime() - start)

proc retainHot(node: Node) {.noinline.} =
  for i in 0 ..< million:
    sink = node
    sink = nil

proc measureReferences() =
  let node = Node()
  measure("W3_refcount", "hot", million, proc (): float =
    let start = cpuTime()
    retainHot(node)
    cpuTime() - start)
  let order = shuffled(million)
  var made = newSeq[Node](million)
  make(made)
  var all = newSeq[Node](million)
  var held = newSeq[Node](million)
  for i in 0 ..< million: all[i] = made[order[i]]
  made.setLen(0)
  measure("W3_refcount", "random_1e6", million, proc (): float =
    let start = cpuTime()
    for i in 0 ..< million: held[i] = all[i]
    for i in 0 ..< million: held[i] = nil
    cpuTime() - start)

proc told(): Told {.noinline.} = Told()

proc measureDeath() =
  measure("W8_callback", "death_plain", hundredThousand, proc (): float =
    var all = newSeq[Node](hundredThousand)
    for i in 0 ..< hundredThousand: all[i] = Node()
    let start = cpuTime()
    for i in 0 ..< hundredThousand: all[i] = nil
    cpuTime() - start)
  measure("W8_callback", "death_cb", hundredThousand, proc (): float =
    var all = newSeq[Told](hundredThousand)
    for i in 0 ..< hundredThousand: all[i] = told()
    calls = 0
    let start = cpuTime()
    for i in 0 ..< hundredThousand: all[i] = nil
    result = cpuTime() - start
    doAssert calls == hundredThousand)
  measure("W8_callback", "made_fired_gone", hundredThousand, proc (): float =
    calls = 0
    let start = cpuTime()
    for i in 0 ..< hundredThousand: discard told()
    result = cpuTime() - start
    doAssert calls == hundredThousand)

proc chain(count: int): Node {.noinline.} =
  for i in 0 ..< count: result = Node(left: move result)

proc measureChain(param: string, count: int) =
  measure("W14_list", param, count, proc (): float =
    var head = chain(count)
    let start = cpuTime()
    head = nil
    cpuTime() - start)

# The usual way round the recursion.
proc measureChainByHand(param: string, count: int) =
  measure("W14_list", param & "_by_hand", count, proc (): float =
    var head = chain(count)
    let start = cpuTime()
    while head != nil:
      let left = move head.left
      head = left
    cpuTime() - start)

# In a child: it may run out of stack.
proc measureChains() =
  for (param, count) in [("1e6", million), ("1e7", 10 * million)]:
    if count > million and not large: break
    let (output, status) = execCmdEx("ulimit -c 0; " &
      quoteShell(getAppFilename()) & " natural-chain " & param &
      " 2>/dev/null")
    if status == 0: stdout.write output
    else: echo &"nim\tW14_list\t{param}\tns\tcrash"
    measureChainByHand(param, count)

proc tree(): Tree {.noinline.} =
  var all = newSeq[Tree](million)
  for i in 0 ..< million:
    all[i] = Tree()
    if i == 0: continue
    all[i].parent = all[(i - 1) div 8]
    all[(i - 1) div 8].kid[(i - 1) mod 8] = all[i]
  all[0]

proc measureTree() =
  measure("W15_tree", "teardown_1e6", million, proc (): float =
    var root = tree()
    doAssert root.kid[0].parent == root
    let start = cpuTime()
    root = nil
    cpuTime() - start)

proc resident(): float =
  for line in lines("/proc/self/smaps_rollup"):
    if line.startsWith("Rss:"):
      return parseFloat(line.splitWhitespace()[1]) * 1024

proc weigh() =
  var all = newSeq[Node](million)
  for i in 0 ..< million: all[i] = nil
  let empty = resident()
  make(all)
  print("W16_memory", "obj", "B", @[(resident() - empty) / float(million)])

proc run(workload: string, work: proc ()) =
  if paramCount() == 0 or workload in commandLineParams(): work()

if paramCount() > 1 and paramStr(1) == "natural-chain":
  measureChain(paramStr(2), if paramStr(2) == "1e6": million
                            else: 10 * million)
else:
  run("W16", weigh)
  run("W1", measureNew)
  run("W2", measureBulk)
  run("W3", measureReferences)
  run("W8", measureDeath)
  run("W14", measureChains)
  run("W15", measureTree)
