package io.headgate.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import io.headgate.Limit;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Stores that evict by use beside ours. In processor time, as a busy machine moves it less than the clock: read the counter
 * {@code each}, not the score.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@Warmup(iterations = 4)
@Measurement(iterations = 6)
public class EvictionBenchmark extends TimedCalls {

    private static final int CALLS = 1_000_000;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final OperatingSystemMXBean PROCESS =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    @Param({"headgate", "headgate-map", "headgate-caffeine", "bucket4j-caffeine"})
    public String contender;

    /** What a call took, in nanoseconds. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Calls {
        public double each;
    }

    /** Clients that are all known. */
    @State(Scope.Benchmark)
    public static class Known {

        @Param({"1000", "1000000"})
        public int clients;

        private Contender limiter;
        private long random;

        @Setup
        public void fill(EvictionBenchmark benchmark) {
            limiter = Contender.named(benchmark.contender, Contender.Setting.known(Contender.GENEROUS, clients));
        }

        @Setup(Level.Iteration)
        public void begin() {
            random = 1;
        }
    }

    /** Decisions about them, independent of each other, in the time of the calling thread. */
    @Benchmark
    public void known(Known known, Calls calls) {
        long start = THREADS.getCurrentThreadCpuTime();
        for (int i = 0; i < CALLS; i++) {
            known.random = known.random * 0x5851_F42D_4C95_7F2DL + 0x1405_7B7E_F767_814FL;
            known.limiter.tryAcquire((int) (((known.random >>> 32) * known.clients) >>> 32));
        }
        calls.each = (double) (THREADS.getCurrentThreadCpuTime() - start) / CALLS;
    }

    /** How many clients may be tracked. */
    @State(Scope.Benchmark)
    public static class Room {
        @Param({"1250000", "100000"})
        public int size;
    }

    /** Clients of whom each calls once, in the time of the process: a cache may evict in threads of others. */
    @Benchmark
    public void newcomers(Room room, Calls calls) {
        Contender limiter = Contender.named(
                contender, new Contender.Setting(Limit.parse("100/minute"), 0, room.size, Duration.ofSeconds(10)));
        long start = PROCESS.getProcessCpuTime();
        for (int i = 0; i < CALLS; i++) {
            limiter.tryAcquire(i);
        }
        calls.each = (double) (PROCESS.getProcessCpuTime() - start) / CALLS;
    }
}
