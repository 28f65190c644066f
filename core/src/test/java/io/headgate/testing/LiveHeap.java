package io.headgate.testing;

import java.lang.management.ManagementFactory;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * What the objects on the heap occupy that can be reached: the sum over the classes' histogram after a full collection. What a
 * collector counts as used is more, by up to 2 % of a large heap and another figure in each run: the ends of regions that an object
 * no longer fitted into, and the gaps that were not worth a compaction.
 */
public final class LiveHeap {

    /** A row of the histogram: its number, instances, bytes and class. */
    private static final Pattern ROW = Pattern.compile("^ *\\d+: +\\d+ +(\\d+) +(\\S+)", Pattern.MULTILINE);

    /** What newer virtual machines put into a gap, so that the heap can be read from end to end. */
    private static final Pattern GAP = Pattern.compile("\\[?L?jdk\\.internal\\.vm\\.Filler(Array|Object|Element).*");

    private LiveHeap() {}

    /** Collects garbage and returns the bytes of all that is left. */
    public static long bytes() {
        return Math.min(sum(histogram()), sum(histogram())); // a cleaner may have run only after the first
    }

    private static String histogram() {
        try {
            return (String) ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            "gcClassHistogram",
                            new Object[] {new String[0]},
                            new String[] {String[].class.getName()});
        } catch (JMException e) {
            throw new IllegalStateException(e);
        }
    }

    private static long sum(String histogram) {
        return ROW.matcher(histogram)
                .results()
                .filter(row -> !GAP.matcher(row.group(2)).matches())
                .mapToLong(row -> Long.parseLong(row.group(1)))
                .sum();
    }
}
