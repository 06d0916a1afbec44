// SPDX-License-Identifier: MIT
//
// Java in the rows of weft.c: WeakReference, and Cleaner for callbacks. Nothing
// is counted: what died is found by the collector, so a death is a share of a
// collection of everything, and a list or a tree dies in one collection. What
// is made is put where it can be seen, or the compiler would not make it.
// Arguments: workloads.
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

final class Objects {
    static final int MILLION = Bench.MILLION;
    static final int HUNDRED_THOUSAND = Bench.HUNDRED_THOUSAND;
    static final int FEW = 64;

    static final class Node {
        Node left, right;
    }

    static final class Tree {
        final Tree[] kid = new Tree[8];
        WeakReference<Tree> parent;
    }

    static final Object[] seen = new Object[8];
    static final Cleaner cleaner = Cleaner.create();
    static final AtomicInteger calls = new AtomicInteger();

    static Node[] nodes(int count) {
        Node[] made = new Node[count];
        for (int i = 0; i < count; i++)
            made[i] = new Node();
        return made;
    }

    static WeakReference<?>[] handles(Node[] nodes) {
        WeakReference<?>[] made = new WeakReference<?>[nodes.length];
        for (int i = 0; i < nodes.length; i++)
            made[i] = new WeakReference<>(nodes[i]);
        return made;
    }

    static void measureNew() throws Exception {
        Bench.measure("W1_alloc_free", "hot", MILLION, () -> Bench.time(() -> {
            for (int i = 0; i < MILLION; i++)
                seen[i & 7] = new Node();
        }));
    }

    static double make(Node[] all) throws Exception {
        Arrays.fill(all, null);
        System.gc();
        return Bench.time(() -> {
            for (int i = 0; i < MILLION; i++)
                all[i] = new Node();
        });
    }

    static double forget(Node[] all) throws Exception {
        make(all);
        System.gc();
        return Bench.time(() -> {
            Arrays.fill(all, null);
            System.gc();
        });
    }

    static void measureBulk() throws Exception {
        Node[] all = new Node[MILLION];
        Bench.print("W2_bulk", "alloc_1e6_fresh", "ns", make(all) / MILLION);
        Bench.measure("W2_bulk", "alloc_1e6", MILLION, () -> make(all));
        Bench.measure("W2_bulk", "free_by_gc_1e6", MILLION, () -> forget(all));
    }

    static void measureTake() throws Exception {
        Node[] few = nodes(FEW);
        for (String param : new String[] { "first", "second" }) {
            Object other = param.equals("first") ? null : handles(few);
            Bench.measure("W5_weak_create", param, MILLION,
                () -> Bench.time(() -> {
                    for (int i = 0; i < MILLION; i++)
                        seen[i & 7] = new WeakReference<>(few[i % FEW]);
                }));
            Reference.reachabilityFence(other);
        }
        Node[] many = nodes(HUNDRED_THOUSAND);
        Bench.measure("W5_weak_create", "first_1e5", HUNDRED_THOUSAND,
            () -> Bench.time(() -> seen[0] = handles(many)));
        Bench.measure("W5_weak_create", "ref_cb", HUNDRED_THOUSAND,
            () -> Bench.time(() -> {
                for (Node node : many)
                    cleaner.register(node, calls::incrementAndGet).clean();
            }));
    }

    static void measureGet() throws Exception {
        Node[] few = nodes(FEW);
        WeakReference<?>[] weak = handles(few);
        Bench.measure("W6_weak_upgrade", "hot", MILLION,
            () -> Bench.time(() -> {
                int found = 0;
                for (int i = 0; i < MILLION; i++) {
                    Object node = weak[i % FEW].get();
                    seen[i & 7] = node;
                    found += node != null ? 1 : 0;
                }
                Bench.check(found == MILLION);
            }));
        Node[] made = nodes(MILLION);
        System.gc();            // from now on they stay in this order
        Node[] many = new Node[MILLION];
        int[] order = Bench.shuffled(MILLION);
        for (int i = 0; i < MILLION; i++)
            many[i] = made[order[i]];
        WeakReference<?>[] all = handles(many);
        Bench.measure("W6_weak_upgrade", "random_1e6", MILLION,
            () -> Bench.time(() -> {
                int found = 0;
                for (WeakReference<?> one : all)
                    found += ((Node) one.get()).left == null ? 1 : 0;
                Bench.check(found == MILLION);
            }));
        Reference.reachabilityFence(few);
        Reference.reachabilityFence(made);
    }

    static void measureGetDead() throws Exception {
        WeakReference<?>[] weak = handles(nodes(FEW));
        System.gc();
        Bench.measure("W7_weak_dead", "hot", MILLION, () -> Bench.time(() -> {
            int dead = 0;
            for (int i = 0; i < MILLION; i++) {
                Object node = weak[i % FEW].get();
                seen[i & 7] = node;
                dead += node == null ? 1 : 0;
            }
            Bench.check(dead == MILLION);
        }));
    }

    static void waitForCalls() throws InterruptedException {
        while (calls.get() < HUNDRED_THOUSAND)
            Thread.sleep(1);
    }

    static double death(String how) throws Exception {
        Node[] all = nodes(HUNDRED_THOUSAND);
        WeakReference<?>[] weak = how.equals("plain") ? null : handles(all);
        for (int i = 0; i < all.length && how.equals("told"); i++)
            cleaner.register(all[i], calls::incrementAndGet);
        System.gc();
        calls.set(0);
        Bench.check(all[7].left == null);
        all = null;
        double ns = Bench.time(() -> {
            System.gc();
            if (how.equals("told"))
                waitForCalls();
        });
        Bench.check(weak == null || weak[7].get() == null);
        return ns;
    }

    // From making all to the memory of all being free.
    static double lives() throws Exception {
        calls.set(0);
        return Bench.time(() -> {
            for (int i = 0; i < HUNDRED_THOUSAND; i++)
                cleaner.register(new Node(), calls::incrementAndGet);
            System.gc();
            waitForCalls();
        });
    }

    static void measureDeath() throws Exception {
        String[][] rows = { { "plain", "death_plain" },
            { "weak", "death_weak" }, { "told", "death_cb" } };
        for (String[] row : rows)
            Bench.measure("W8_callback", row[1], HUNDRED_THOUSAND,
                () -> death(row[0]));
        Bench.measure("W8_callback", "made_fired_gone", HUNDRED_THOUSAND,
            Objects::lives);
    }

    static double endOf(Object whole) throws Exception {
        seen[0] = whole;
        whole = null;
        System.gc();
        Bench.check(seen[0] != null);
        seen[0] = null;
        return Bench.time(System::gc);
    }

    static Node chain(int count) {
        Node head = null;
        for (int i = 0; i < count; i++) {
            Node made = new Node();
            made.left = head;
            head = made;
        }
        return head;
    }

    static Tree tree() {
        Tree[] all = new Tree[MILLION];
        for (int i = 0; i < MILLION; i++) {
            all[i] = new Tree();
            if (i == 0)
                continue;
            all[i].parent = new WeakReference<>(all[(i - 1) / 8]);
            all[(i - 1) / 8].kid[(i - 1) % 8] = all[i];
        }
        return all[0];
    }

    static void weigh() {
        Object[] all = new Object[MILLION], weak = new Object[MILLION];
        double empty = Bench.used();
        for (int i = 0; i < MILLION; i++)
            all[i] = new Node();
        double made = Bench.used();
        for (int i = 0; i < MILLION; i++)
            weak[i] = new WeakReference<>(all[i]);
        double taken = Bench.used();
        Runnable call = calls::incrementAndGet;
        for (Object node : all)
            cleaner.register(node, call);
        double told = Bench.used();
        Reference.reachabilityFence(weak);
        Reference.reachabilityFence(all);
        Bench.print("W16_memory", "obj", "B", (made - empty) / MILLION);
        Bench.print("W16_memory", "weakref", "B", (taken - made) / MILLION);
        Bench.print("W16_memory", "weakref_cb", "B", (told - taken) / MILLION);
    }

    static void measureChain(String param, int count) throws Exception {
        Bench.measure("W14_list", param, count, () -> endOf(chain(count)));
    }

    public static void main(String[] arguments) throws Exception {
        Bench.open(arguments);
        if (Bench.wants("W16"))
            weigh();
        if (Bench.wants("W1"))
            measureNew();
        if (Bench.wants("W2"))
            measureBulk();
        if (Bench.wants("W5"))
            measureTake();
        if (Bench.wants("W6"))
            measureGet();
        if (Bench.wants("W7"))
            measureGetDead();
        if (Bench.wants("W8"))
            measureDeath();
        if (Bench.wants("W14"))
            measureChain("1e6", MILLION);
        if (Bench.wants("W14") && Bench.IS_LARGE)
            measureChain("1e7", 10 * MILLION);
        if (Bench.wants("W15"))
            Bench.measure("W15_tree", "teardown_1e6", MILLION,
                () -> endOf(tree()));
    }
}
