package io.headgate.benchmarks;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.IntUnaryOperator;

/**
 * Decisions of several versions of this library in one JVM: each from a jar or directory of its own, in turns, in an order
 * that is drawn anew each round; the time of the processor that the thread took, as medians, relative to the first. Give the
 * first one twice, to see by how much two copies of the same code differ; and run it in five JVMs at least.
 *
 * <pre>java -cp benchmarks.jar io.headgate.benchmarks.Beside clients maxKeys limits rounds first.jar first.jar second.jar</pre>
 */
final class Beside {

    private static final int CALLS = 1 << 17;
    private static final double UNCOUNTED = 0.3;

    private Beside() {}

    public static void main(String[] args) throws Exception {
        int rounds = Integer.parseInt(args[3]);
        List<IntUnaryOperator> contenders = new ArrayList<>();
        List<double[]> times = new ArrayList<>();
        for (String library : Arrays.asList(args).subList(4, args.length)) {
            contenders.add(contender(library, Arrays.copyOf(args, 3)));
            times.add(new double[rounds]);
        }
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < contenders.size(); i++) {
            order.add(i);
        }
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        Random random = new Random();
        for (int round = 0; round < rounds; round++) {
            Collections.shuffle(order, random);
            for (int i : order) {
                long start = threads.getCurrentThreadCpuTime();
                if (contenders.get(i).applyAsInt(CALLS) != CALLS) {
                    throw new IllegalStateException("a call was denied");
                }
                times.get(i)[round] = (double) (threads.getCurrentThreadCpuTime() - start) / CALLS;
            }
        }
        double first = median(times.get(0));
        for (int i = 0; i < contenders.size(); i++) {
            double time = median(times.get(i));
            System.out.printf("%s  %.1f ns  %.3f%n", args[4 + i], time, time / first);
        }
    }

    /** Takes a number of calls, answers how many were allowed; made of classes of its own, but for those of the JDK. */
    private static IntUnaryOperator contender(String library, String... setting) throws Exception {
        URL own = Beside.class.getProtectionDomain().getCodeSource().getLocation();
        URLClassLoader loader = new URLClassLoader(
                new URL[] {new File(library).toURI().toURL(), own}, ClassLoader.getPlatformClassLoader());
        return (IntUnaryOperator) loader.loadClass(BesideCalls.class.getName())
                .getMethod("of", String[].class)
                .invoke(null, (Object) setting);
    }

    private static double median(double[] times) {
        double[] sorted = Arrays.copyOfRange(times, (int) (times.length * UNCOUNTED), times.length);
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
