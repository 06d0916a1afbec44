// SPDX-License-Identifier: MIT
//
// Java's weak tables in the workloads of weak.h. A weak value dictionary is
// what one would write: a HashMap of WeakReferences, from which a queue of
// those that died takes their entries out, whenever one is put; weak keys:
// WeakHashMap; weak sets: a set over one. What died is found by the collector:
// `churn` and `replace` put ten times as many as there are, and end with a
// collection, so that the dead are gone from the table. Texts know their hash.
// Arguments: workloads.
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.function.IntFunction;

final class Weak {
    static final int ASKED = Bench.MILLION;
    static final int TURNS = 10;
    static final int HUNDRED_THOUSAND = Bench.HUNDRED_THOUSAND;

    static final class Node {
        Node left, right;
    }

    static final class Entry extends WeakReference<Node> {
        final Object key;

        Entry(Object key, Node value, ReferenceQueue<Node> dead) {
            super(value, dead);
            this.key = key;
        }
    }

    static final class WeakValueMap {
        private final HashMap<Object, Entry> map = new HashMap<>();
        private final ReferenceQueue<Node> dead = new ReferenceQueue<>();

        void put(Object key, Node value) {
            size();
            map.put(key, new Entry(key, value, dead));
        }

        Node get(Object key) {
            Entry entry = map.get(key);
            return entry == null ? null : entry.get();
        }

        int size() {
            for (Reference<? extends Node> one; (one = dead.poll()) != null;)
                map.remove(((Entry) one).key, one);
            return map.size();
        }
    }

    interface Size {
        int get();
    }

    interface Sized {
        void run(int count, String size) throws Exception;
    }

    static Node[] nodes(int count) {
        Node[] made = new Node[count];
        for (int i = 0; i < count; i++)
            made[i] = new Node();
        return made;
    }

    static int numberOf(int i) {
        return (i * 0x9E3779B1) & 0x3fffffff;
    }

    // 0: numbers, 1: texts, 2: objects.
    static final String[] KINDS = { "int", "str", "obj" };
    static final IntFunction<Object>[] KEYS = kinds();

    @SuppressWarnings({ "unchecked", "rawtypes" })
    static IntFunction<Object>[] kinds() {
        return new IntFunction[] { i -> numberOf(i),
            i -> String.format("key:%08x", numberOf(i)), i -> new Node() };
    }

    static Object[] keys(int kind, int count) {
        Object[] keys = new Object[count];
        for (int i = 0; i < count; i++)
            keys[i] = KEYS[kind].apply(i);
        return keys;
    }

    // Different questions come to this many, few enough to stay in the caches
    // if the table does; they are asked ASKED times in all.
    static int[] choose(int count) {
        int asked = count == ASKED ? ASKED : HUNDRED_THOUSAND;
        return Bench.random.ints(asked, 0, count).toArray();
    }

    static void collectUntil(Size size, int count) throws Exception {
        System.gc();
        for (int i = 0; i < 60000 && size.get() > count; i++)
            Thread.sleep(1);            // the queue has a thread of its own
        Bench.check(size.get() == count);
    }

    static void replace(WeakValueMap table, Object[] keys, int first,
            Node[] objects, int[] order) {
        for (int at : order) {
            objects[at] = new Node();
            table.put(keys[first + at], objects[at]);
        }
    }

    static void changeValues(String kind, WeakValueMap table, Object[] keys,
            Node[] objects) throws Exception {
        int count = objects.length;
        int[] order = Bench.shuffled(count);
        Bench.measure("W9_weakvalue", "churn_" + kind, TURNS * count,
            () -> Bench.time(() -> {
                for (int i = 0; i < TURNS * count; i++)
                    table.put(keys[count + i % count], new Node());
                collectUntil(table::size, count);
            }));
        int[] first = { 0 };
        Bench.measure("W9_weakvalue", "replace_" + kind, TURNS * count, () -> {
            double ns = Bench.time(() -> {
                for (int turn = 0; turn < TURNS; turn++) {
                    first[0] = count - first[0];
                    replace(table, keys, first[0], objects, order);
                }
                collectUntil(table::size, count);
            });
            for (int i = 0; i < count; i += 97)
                Bench.check(table.get(keys[first[0] + i]) == objects[i]);
            return ns;
        });
    }

    static void values(int kind, int count, String size) throws Exception {
        WeakValueMap table = new WeakValueMap();
        Object[] keys = keys(kind, 2 * count);
        Node[] objects = nodes(count);
        for (int i = 0; i < count; i++)
            table.put(keys[i], objects[i]);
        int[] chosen = choose(count);
        Object[] there = new Object[chosen.length];
        Object[] absent = new Object[chosen.length];
        Node[] expected = new Node[chosen.length];
        for (int i = 0; i < chosen.length; i++) {
            there[i] = keys[chosen[i]];
            absent[i] = keys[chosen[i] + count];
            expected[i] = objects[chosen[i]];
        }
        System.gc();
        Bench.measure("W9_weakvalue", "hit_" + KINDS[kind] + "_" + size, ASKED,
            () -> Bench.time(() -> {
                int found = 0;
                for (int again = 0; again < ASKED / there.length; again++)
                    for (int i = 0; i < there.length; i++)
                        found += table.get(there[i]) == expected[i] ? 1 : 0;
                Bench.check(found == ASKED);
            }));
        Bench.measure("W9_weakvalue", "miss_" + KINDS[kind] + "_" + size,
            ASKED, () -> Bench.time(() -> {
                int missed = 0;
                for (int again = 0; again < ASKED / absent.length; again++)
                    for (Object key : absent)
                        missed += table.get(key) == null ? 1 : 0;
                Bench.check(missed == ASKED);
            }));
        if (size.equals("1e5"))
            changeValues(KINDS[kind], table, keys, objects);
        Reference.reachabilityFence(objects);
    }

    static void keyed(int count, String size) throws Exception {
        Map<Node, Integer> map = new WeakHashMap<>();
        Node[] objects = nodes(count);
        for (int i = 0; i < count; i++)
            map.put(objects[i], i);
        int[] chosen = choose(count);
        Node[] there = new Node[chosen.length];
        for (int i = 0; i < chosen.length; i++)
            there[i] = objects[chosen[i]];
        System.gc();
        Bench.measure("W10_weakkey", "hit_" + size, ASKED,
            () -> Bench.time(() -> {
                int found = 0;
                for (int again = 0; again < ASKED / there.length; again++)
                    for (int i = 0; i < there.length; i++)
                        found += map.get(there[i]) == chosen[i] ? 1 : 0;
                Bench.check(found == ASKED);
            }));
        if (size.equals("1e5"))
            Bench.measure("W10_weakkey", "churn", TURNS * count,
                () -> Bench.time(() -> {
                    for (int i = 0; i < TURNS * count; i++)
                        map.put(new Node(), i);
                    collectUntil(map::size, count);
                }));
        Reference.reachabilityFence(objects);
    }

    static Set<Node> newSet() {
        return Collections.newSetFromMap(new WeakHashMap<>());
    }

    static Set<Node> fill(Node[] objects, int[] order) {
        Set<Node> set = newSet();
        for (int at : order)
            set.add(objects[at]);
        return set;
    }

    static void members(int count, String size) throws Exception {
        Node[] objects = nodes(count);
        int[] order = Bench.shuffled(count);
        int[] chosen = choose(count);
        Set<Node> set = fill(objects, order);
        System.gc();
        Bench.measure("W11_weakset", "contains_" + size, ASKED,
            () -> Bench.time(() -> {
                int found = 0;
                for (int again = 0; again < ASKED / chosen.length; again++)
                    for (int at : chosen)
                        found += set.contains(objects[at]) ? 1 : 0;
                Bench.check(found == ASKED);
            }));
        if (size.equals("1e5")) {
            Bench.measure("W11_weakset", "iterate_" + size, count,
                () -> Bench.time(() -> {
                    int seen = 0;
                    for (Node node : set)
                        seen += node.left == null ? 1 : 0;
                    Bench.check(seen == count);
                }));
            Bench.measure("W11_weakset", "add_" + size, count, () ->
                Bench.time(() -> Bench.check(
                    fill(objects, order).size() == count)));
        }
        Reference.reachabilityFence(objects);
    }

    static void weigh() throws Exception {
        Node[] objects = nodes(ASKED);
        for (int kind = 0; kind < 2; kind++) {
            Object[] keys = keys(kind, ASKED);
            double before = Bench.used();
            WeakValueMap table = new WeakValueMap();
            for (int i = 0; i < ASKED; i++)
                table.put(keys[i], objects[i]);
            Bench.print("W20_weakmemory", "value_" + KINDS[kind], "B",
                (Bench.used() - before) / ASKED);
            Bench.check(table.get(keys[7]) == objects[7]);
        }
        Object[] numbers = keys(0, ASKED);
        double before = Bench.used();
        Map<Node, Object> map = new WeakHashMap<>();
        for (int i = 0; i < ASKED; i++)
            map.put(objects[i], numbers[i]);
        Bench.print("W20_weakmemory", "key", "B",
            (Bench.used() - before) / ASKED);
        Bench.check(map.get(objects[7]) == numbers[7]);
        before = Bench.used();
        Set<Node> set = newSet();
        Collections.addAll(set, objects);
        Bench.print("W20_weakmemory", "set", "B",
            (Bench.used() - before) / ASKED);
        Bench.check(set.contains(objects[7]));
    }

    static void inSizes(String workload, Sized work) throws Exception {
        if (!Bench.wants(workload))
            return;
        work.run(1000, "1e3");
        System.gc();
        work.run(HUNDRED_THOUSAND, "1e5");
        System.gc();
        work.run(ASKED, "1e6");
        System.gc();
    }

    public static void main(String[] arguments) throws Exception {
        Bench.open(arguments);
        for (int i = 0; i < KINDS.length; i++) {
            int kind = i;
            inSizes("W9", (count, size) -> values(kind, count, size));
        }
        inSizes("W10", Weak::keyed);
        inSizes("W11", Weak::members);
        if (Bench.wants("W20"))
            weigh();
    }
}
