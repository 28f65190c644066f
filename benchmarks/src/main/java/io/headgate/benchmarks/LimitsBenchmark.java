package io.headgate.benchmarks;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LimiterStats;
import io.headgate.LocalLimiter;
import io.headgate.net.ClientAddress;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.util.ListStatistics;

/**
 * What further limits cost: calls of known clients, independent of each other and all admitted, as in {@link
 * DecisionBenchmark#throughput}.
 */
@State(Scope.Thread)
@Fork(
        value = 1,
        jvmArgs = {"-Xms1g", "-Xmx1g", "-XX:+AlwaysPreTouch", "-XX:+UseParallelGC"})
public class LimitsBenchmark extends TimedCalls {

    private static final int CLIENTS = 1_000;
    private static final int BATCH = 10_000;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** As {@link Contender#GENEROUS}, which is the first: each admits every call, and none is full in between. */
    private static final Limit[] GENEROUS = {
        Contender.GENEROUS, Limit.parse("3/minute burst 1000000"), Limit.parse("4/minute burst 1000000")
    };

    @Param({"headgate", "headgate-map"})
    public String contender;

    @Param({"1", "2", "3"})
    public int limits;

    private LocalLimiter<ClientAddress> limiter;
    private long random = 1;

    @Setup
    public void fill() {
        Limit[] more = Arrays.copyOfRange(GENEROUS, 1, limits);
        limiter = (contender.equals("headgate")
                        ? Limiter.forAddresses(GENEROUS[0], more)
                        : Limiter.<ClientAddress>builder(GENEROUS[0], more))
                .maxKeys(CLIENTS + CLIENTS / 4)
                .build();
        for (int round = 0; round < 2; round++) { // maps settle
            for (int i = 0; i < CLIENTS; i++) {
                limiter.tryAcquire(Keys.address(i));
            }
        }
    }

    /** What a call took of the thread's processor time, in nanoseconds, by the median of an iteration's batches. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Calls {

        private ListStatistics batches = new ListStatistics();

        @Setup(Level.Iteration)
        public void begin() {
            batches = new ListStatistics();
        }

        public double each() {
            return batches.getPercentile(50);
        }
    }

    /** Batches whose processor time is taken, since ratios so small would not stand out from what else the machine does. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void admitted(Calls calls) {
        long start = THREADS.getCurrentThreadCpuTime();
        for (int i = 0; i < BATCH; i++) {
            random = random * 0x5851_F42D_4C95_7F2DL + 0x1405_7B7E_F767_814FL;
            limiter.tryAcquire(Keys.address((int) (((random >>> 32) * CLIENTS) >>> 32)));
        }
        calls.batches.addValue((double) (THREADS.getCurrentThreadCpuTime() - start) / BATCH);
    }

    @TearDown
    public void check() {
        LimiterStats stats = limiter.stats();
        if (limiter.size() != CLIENTS || stats.denied() + stats.overflowed() + stats.undone() + stats.evicted() > 0) {
            throw new IllegalStateException("not every call was admitted by a bucket of its own: " + stats);
        }
        limiter.close();
    }
}
