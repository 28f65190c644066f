package io.headgate.benchmarks;

import com.sun.management.ThreadMXBean;
import java.io.File;
import java.lang.management.ManagementFactory;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.IntUnaryOperator;

/**
 * Calls of several versions of this library in one JVM: each from jars or directories of its own, in turns, in an order that is
 * drawn anew each round; the time of the processor that the thread took and the bytes that it allocated, as medians, and the
 * time relative to the first. Give the first one twice, to see by how much two copies of the same code differ; and run it in
 * five JVMs at least.
 *
 * <pre>java -cp benchmarks.jar io.headgate.benchmarks.Beside BesideCalls clients maxKeys limits rounds first.jar first.jar second.jar
 * java -cp benchmarks.jar io.headgate.benchmarks.Beside BesideFilter clients chargeOn - rounds core.jar:filter.jar core.jar:filter.jar …</pre>
 */
final class Beside {

    private static final int CALLS = 1 << 17;
    private static final double UNCOUNTED = 0.3;

    private Beside() {}

    public static void main(String[] args) throws Exception {
        int rounds = Integer.parseInt(args[4]);
        List<IntUnaryOperator> contenders = new ArrayList<>();
        List<double[]> times = new ArrayList<>();
        List<double[]> bytes = new ArrayList<>();
        for (String library : Arrays.asList(args).subList(5, args.length)) {
            contenders.add(contender(args[0], library, Arrays.copyOfRange(args, 1, 4)));
            times.add(new double[rounds]);
            bytes.add(new double[rounds]);
        }
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < contenders.size(); i++) {
            order.add(i);
        }
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Random random = new Random();
        for (int round = 0; round < rounds; round++) {
            Collections.shuffle(order, random);
            for (int i : order) {
                long allocated = threads.getCurrentThreadAllocatedBytes();
                long start = threads.getCurrentThreadCpuTime();
                if (contenders.get(i).applyAsInt(CALLS) != CALLS) {
                    throw new IllegalStateException("a call was denied");
                }
                times.get(i)[round] = (double) (threads.getCurrentThreadCpuTime() - start) / CALLS;
                bytes.get(i)[round] = (double) (threads.getCurrentThreadAllocatedBytes() - allocated) / CALLS;
            }
        }
        double first = median(times.get(0));
        for (int i = 0; i < contenders.size(); i++) {
            double time = median(times.get(i));
            System.out.printf("%s  %.1f ns  %.0f B  %.3f%n", args[5 + i], time, median(bytes.get(i)), time / first);
        }
    }

    /** Takes a number of calls, answers how many were allowed; made of classes of its own, but for those of the JDK. */
    private static IntUnaryOperator contender(String calls, String library, String... setting) throws Exception {
        List<URL> path = new ArrayList<>();
        for (String part :
                (library + File.pathSeparator + System.getProperty("java.class.path")).split(File.pathSeparator, -1)) {
            path.add(new File(part).toURI().toURL());
        }
        URLClassLoader loader = new URLClassLoader(path.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
        return (IntUnaryOperator) loader.loadClass(Beside.class.getPackageName() + "." + calls)
                .getMethod("of", String[].class)
                .invoke(null, (Object) setting);
    }

    private static double median(double[] times) {
        double[] sorted = Arrays.copyOfRange(times, (int) (times.length * UNCOUNTED), times.length);
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
