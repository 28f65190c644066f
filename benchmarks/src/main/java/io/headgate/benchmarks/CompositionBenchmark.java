package io.headgate.benchmarks;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.net.ClientAddress;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Map;
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
 * What a plan, a tier and a limiter of the whole service add to the decision of one limiter: calls of known clients, independent
 * of each other and all admitted, as in {@link LimitsBenchmark}.
 */
@State(Scope.Thread)
@Fork(
        value = 1,
        jvmArgs = {"-Xms1g", "-Xmx1g", "-XX:+AlwaysPreTouch", "-XX:+UseParallelGC"})
public class CompositionBenchmark extends TimedCalls {

    private static final int CLIENTS = 1_000;
    private static final int BATCH = 10_000;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    @Param({"one", "plan", "tier", "service", "plan, tier and service"})
    public String composition;

    private Limiter<ClientAddress> limiter;
    private long random = 1;

    @Setup
    public void fill() {
        Limiter<ClientAddress> one = Limiter.forAddresses(generous("client")).build();
        Limiter<ClientAddress> plan = Limiter.byPlan(
                client -> (client.lowBits() & 1) == 0 ? null : "partner",
                Map.of(
                        Limiter.DEFAULT_PLAN,
                        one,
                        "partner",
                        Limiter.forAddresses(generous("partner")).build()));
        Limiter<ClientAddress> tier =
                Limiter.forNetworks(24, 48, generous("network")).build();
        Limiter<String> service = Limiter.builder(generous("service")).build();
        limiter = switch (composition) {
            case "one" -> one;
            case "plan" -> plan;
            case "tier" -> Limiter.allOf(one, tier);
            case "service" -> Limiter.allOf(one, service.keyed(client -> "all"));
            default -> Limiter.allOf(plan, tier, service.keyed(client -> "all"));
        };
        for (int round = 0; round < 2; round++) { // maps settle
            for (int i = 0; i < CLIENTS; i++) {
                limiter.tryAcquire(Keys.address(i));
            }
        }
    }

    /** What all clients together do not use up. */
    private static Limit generous(String name) {
        return Limit.parse(name + "=500000000/s");
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

    /** Batches whose processor time is taken. */
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
        if (limiter.stats().denied() + limiter.stats().undone() > 0) {
            throw new IllegalStateException("not every call was admitted at once: " + limiter.stats());
        }
        limiter.close();
    }
}
