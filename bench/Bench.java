// SPDX-License-Identifier: MIT
//
// The timing kit of the programs in Java: what bench.h is to those in C, with
// the same output, arguments and variables. Repetitions return nanoseconds; the
// first ones, a fifth of a second of them, warm up: Java compiles meanwhile.
//
// Time is CPU time of the process: of this thread, and of all others, among
// them the one that collects. The latter is read first and last, and what the
// reading takes is no part of it: the system's tables name each thread.
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.TreeMap;

final class Bench {
    static final int MILLION = 1_000_000;
    static final int HUNDRED_THOUSAND = 100_000;
    static final boolean IS_LARGE = !"0".equals(System.getenv("BENCH_LARGE"));
    static final int MOST = (int) variable("BENCH_REPETITIONS", 9);
    static final Random random = new Random(7);

    private static final double WARM = 200e6, WARM_MOST = 8;
    private static final double ENOUGH =
        variable("BENCH_MILLISECONDS", 300) * 1e6;
    private static final ThreadMXBean threads =
        ManagementFactory.getThreadMXBean();
    private static final Path TASKS = Path.of("/proc/self/task");
    private static Path self;           // this thread's folder
    private static Path collector;      // that of the thread that collects
    private static List<String> wanted;

    interface Once {
        double run() throws Exception;
    }

    interface Work {
        void run() throws Exception;
    }

    static void open(String[] arguments) throws IOException {
        wanted = List.of(arguments);
        self = Path.of("/proc/thread-self").toRealPath();
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(TASKS)) {
            for (Path task : tasks)
                if (Files.readString(task.resolve("comm")).startsWith("VM Thr"))
                    collector = task;
        }
        for (int i = 0; i < 500; i++)       // compiles it
            new Timer().stop();
    }

    static boolean wants(String workload) {
        return wanted.isEmpty() || wanted.contains(workload);
    }

    static double variable(String name, double otherwise) {
        String text = System.getenv(name);
        return text == null ? otherwise : Double.parseDouble(text);
    }

    static void check(boolean condition) {
        if (!condition)
            throw new IllegalStateException("wrong");
    }

    // Nanoseconds that a thread which sleeps now has run; 0 if it has ended.
    private static double timeOf(Path task) {
        try {
            return Double.parseDouble(
                Files.readString(task.resolve("schedstat")).split(" ")[0]);
        } catch (IOException ended) {
            return 0;
        }
    }

    static double collectorTime() {
        return timeOf(collector);
    }

    private static double othersTime() {
        double sum = 0;
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(TASKS)) {
            for (Path task : tasks)
                if (!task.getFileName().equals(self.getFileName()))
                    sum += timeOf(task);
        } catch (IOException failed) {
            throw new IllegalStateException(failed);
        }
        return sum;
    }

    // start - that, when it is over: nanoseconds of all threads.
    static final class Timer {
        private final double others = othersTime();
        private final double own = threads.getCurrentThreadCpuTime();

        double stop() {
            double ns = threads.getCurrentThreadCpuTime() - own;
            return ns + othersTime() - others;
        }
    }

    static double time(Work work) throws Exception {
        Timer timer = new Timer();
        work.run();
        return timer.stop();
    }

    static void print(String workload, String param, String unit,
            double... samples) {
        StringBuilder line = new StringBuilder(String.join("\t", "java",
            workload, param, unit));
        for (double sample : samples)
            line.append(String.format(Locale.ROOT, "\t%.4f", sample));
        System.out.println(line);
    }

    static void measure(String workload, String param, double operations,
            Once once) throws Exception {
        double start = System.nanoTime();
        for (int i = 0; i == 0 || i < WARM_MOST
                && System.nanoTime() - start < WARM; i++)
            once.run();
        double[] samples = new double[MOST];
        int done = 0;
        start = System.nanoTime();
        while (done < MOST && (done < 3
                || System.nanoTime() - start < ENOUGH))
            samples[done++] = once.run() / operations;
        print(workload, param, "ns", Arrays.copyOf(samples, done));
    }

    // How long a program waited, us each: "ring4_1e6" gives ring4_1e6_p50 to
    // _max, and _hist, how many were at most so many us: four bounds to a
    // doubling.
    static void printPauses(String workload, String name, double[] pauses) {
        if (pauses.length == 0)
            return;
        Arrays.sort(pauses);
        String[] names = { "p50", "p90", "p99", "p999", "max" };
        double[] shares = { 0.5, 0.9, 0.99, 0.999, 1 };
        for (int i = 0; i < names.length; i++) {
            int at = (int) (pauses.length * shares[i]);
            print(workload, name + "_" + names[i], "us",
                pauses[Math.min(at, pauses.length - 1)]);
        }
        TreeMap<Double, Integer> counts = new TreeMap<>();
        for (double us : pauses) {
            double steps = Math.ceil(Math.log(us) / Math.log(2) * 4);
            counts.merge(Math.pow(2, Math.max(0, steps) / 4), 1, Integer::sum);
        }
        StringBuilder line = new StringBuilder(String.join("\t", "java",
            workload, name + "_hist", "hist"));
        counts.forEach((upper, count) -> line.append(
            String.format(Locale.ROOT, "\t%.3f:%d", upper, count)));
        System.out.println(line);
    }

    // Bytes of objects that live.
    static double used() {
        Runtime runtime = Runtime.getRuntime();
        for (int i = 0; i < 3; i++)
            System.gc();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    static int[] shuffled(int count) {
        int[] order = new int[count];
        for (int i = 0; i < count; i++)
            order[i] = i;
        for (int i = count - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            int swapped = order[i];
            order[i] = order[other];
            order[other] = swapped;
        }
        return order;
    }

    private Bench() {
    }
}
