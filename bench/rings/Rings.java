// SPDX-License-Identifier: MIT
//
// Java's serial collector in the workloads of gc.h: it copies what is young and
// lives, and marks and compacts the rest. How many objects there are is not
// known. A pause is the CPU time of the thread that collects, during one
// operation. Arguments: workloads.
import java.util.Arrays;

final class Rings {
    static final int MILLION = Bench.MILLION;
    static final int WINDOW = 20000;
    static final int LONG_NS = 5000;

    static final class Node {
        Node left, right;
    }

    static final class Item {
        Item next, last, above;
    }

    interface Sized {
        void run(int live) throws Exception;
    }

    static final Object[] seen = new Object[8];
    static long state = 88172645463325252L;

    static int below(int count) {
        state ^= state << 13;
        state ^= state >>> 7;
        state ^= state << 17;
        return (int) ((state >>> 33) % count);
    }

    static String suffix(int live) {
        return live == 0 ? "" : live == MILLION ? "_1e6" : "_1e7";
    }

    // A random graph; shuffled: half of it is made anew, three times.
    static Node[] makeGraph(int count, boolean shuffled) {
        Node[] graph = new Node[count];
        for (int i = 0; i < count; i++)
            graph[i] = new Node();
        for (int round = 0; shuffled && round < 3; round++) {
            int[] order = Bench.shuffled(count);
            for (int i = 0; i < count / 2; i++)
                graph[order[i]] = null;
            System.gc();
            for (int i = 0; i < count / 2; i++)
                graph[order[i]] = new Node();
        }
        for (Node node : graph) {
            node.left = graph[below(count)];
            node.right = graph[below(count)];
        }
        System.gc();
        return graph;
    }

    static Node ring(int length) {
        Node first = new Node(), last = first;
        for (int i = 1; i < length; i++) {
            last.left = new Node();
            last = last.left;
        }
        last.left = first;
        return first;
    }

    static void rings(int live) throws Exception {
        Node[] graph = makeGraph(live, false);
        for (int length : new int[] { 2, 40 })
            Bench.measure("W12_rings", (length == 2 ? "pairs" : "ring40")
                + suffix(live), MILLION, () -> Bench.time(() -> {
                    for (int i = 0; i < MILLION / length; i++)
                        seen[i & 7] = ring(length);
                }));
        Node[] window = new Node[WINDOW];
        Arrays.setAll(window, i -> ring(2));
        int[] at = { 0 };
        Bench.measure("W12_rings", "old" + suffix(live), MILLION,
            () -> Bench.time(() -> {
                for (int i = 0; i < MILLION / 2; i++) {
                    window[at[0]] = ring(2);
                    at[0] = (at[0] + 1) % WINDOW;
                }
            }));
        Bench.check(graph.length == live && window[7].left.left == window[7]);
    }

    static void full(int live, boolean shuffled) throws Exception {
        Node[] graph = makeGraph(live, shuffled);
        double[] samples = new double[live > MILLION ? Math.min(3, Bench.MOST)
            : Bench.MOST];
        for (int i = 0; i < samples.length; i++) {
            for (int k = 0; k < 1000; k++)
                seen[k & 7] = ring(2);
            samples[i] = Bench.time(System::gc) / 1e6;
        }
        Bench.check(graph[7].left != null);
        Bench.print("W13_live", "full" + suffix(live)
            + (shuffled ? "_shuffled" : ""), "ms", samples);
    }

    static Item entry(int length) {
        Item first = new Item(), last = first;
        for (int i = 1; i < length; i++) {
            Item next = new Item();
            next.last = last;
            last.next = next;
            last = next;
        }
        last.next = first;
        return first;
    }

    static int readNine(Item[] entries) {
        int found = 0;
        for (int i = 0; i < 9; i++)
            found += entries[below(entries.length)].next != null ? 1 : 0;
        return found;
    }

    static void churn(String name, int live, int length) throws Exception {
        Item[] entries = new Item[live / length];
        Arrays.setAll(entries, i -> entry(length));
        int made = 2 * MILLION;
        Bench.measure("W17_churn", name + suffix(live) + "_cost", made,
            () -> Bench.time(() -> {
                int found = 0;
                for (int i = 0; i < made / length; i++) {
                    found += readNine(entries);
                    entries[below(entries.length)] = entry(length);
                }
                Bench.check(found == 9 * (made / length));
            }));
        Bench.printPauses("W17_churn", name + suffix(live),
            pausesOf(entries, length, 2 * made / length));
    }

    // What is long by the clock may have been interrupted: the time of the
    // thread that collects tells.
    static double[] pausesOf(Item[] entries, int length, int operations) {
        double[] pauses = new double[operations];
        int count = 0;
        double before = Bench.collectorTime();
        for (int i = 0; i < operations; i++) {
            readNine(entries);
            long start = System.nanoTime();
            entries[below(entries.length)] = entry(length);
            if (System.nanoTime() - start <= LONG_NS)
                continue;
            double worked = Bench.collectorTime();
            if (worked - before > LONG_NS)
                pauses[count++] = (worked - before) / 1e3;
            before = worked;
        }
        return Arrays.copyOf(pauses, count);
    }

    static void build(int live) throws Exception {
        Bench.measure("W18_cost", "build" + suffix(live), live, () -> {
            Item[] items = new Item[live];
            System.gc();
            double ns = Bench.time(() -> {
                items[0] = new Item();
                for (int i = 1; i < live; i++) {
                    Item made = new Item(), parent = items[(i - 1) >> 1];
                    items[i] = made;
                    made.above = parent;
                    if ((i & 1) == 1)
                        parent.next = made;
                    else
                        parent.last = made;
                }
            });
            Bench.check(items[live - 1].above == items[(live - 2) >> 1]);
            return ns;
        });
    }

    static void both(String workload, Sized work) throws Exception {
        if (!Bench.wants(workload))
            return;
        work.run(MILLION);
        System.gc();
        if (Bench.IS_LARGE)
            work.run(10 * MILLION);
        System.gc();
    }

    public static void main(String[] arguments) throws Exception {
        Bench.open(arguments);
        if (Bench.wants("W12"))
            rings(0);
        both("W12", Rings::rings);
        both("W13", live -> full(live, false));
        both("W13", live -> full(live, true));
        both("W17", live -> churn("ring4", live, 4));
        both("W17", live -> churn("ring40", live, 40));
        both("W18", Rings::build);
    }
}
