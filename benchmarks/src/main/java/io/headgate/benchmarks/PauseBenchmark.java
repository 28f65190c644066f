package io.headgate.benchmarks;

import io.headgate.Limit;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
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

/**
 * How long single decisions take: a million clients, 1 % newcomers, a sweep each second. {@code nothing} is the clock and
 * the machine alone.
 */
@State(Scope.Benchmark)
@Measurement(iterations = 8, time = 1)
public class PauseBenchmark extends TimedCalls {

    private static final int CLIENTS = 1_000_000;

    @Param({"nothing", "headgate", "headgate-map", "bucket4j-caffeine"})
    public String contender;

    private Contender limiter;
    private long random = 1;
    private int newcomer = CLIENTS;
    private int step;

    @Setup
    public void fill() {
        limiter = contender.equals("nothing")
                ? i -> Keys.address(i).isIpv4()
                : Contender.named(
                        contender,
                        new Contender.Setting(
                                Limit.parse("100/minute"), CLIENTS, CLIENTS + CLIENTS / 4, Duration.ofSeconds(1)));
    }

    /** Each call is timed by itself, one after the other, by two readings of the clock. */
    @Benchmark
    @BenchmarkMode(Mode.SampleTime)
    public boolean decision() {
        random = random * 0x5851_F42D_4C95_7F2DL + 0x1405_7B7E_F767_814FL;
        int known = (int) (((random >>> 32) * CLIENTS) >>> 32);
        step = step == 99 ? 0 : step + 1;
        return limiter.tryAcquire(step == 0 ? newcomer++ : known);
    }

    /** Calls that arrive every two microseconds, whether or not the last one was answered: a pause delays all that arrive in it. */
    @Benchmark
    public boolean arrivals(Arrivals arrivals) {
        arrivals.await();
        boolean admitted = decision();
        arrivals.answered();
        return admitted;
    }

    /** When the next call arrives, and how long after their arrival calls were answered. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Arrivals {

        private static final long EVERY_NANOS = 2_000;

        private final Histogram answered = new Histogram(TimeUnit.MINUTES.toNanos(1), 3);
        private long arrival;

        @Setup(Level.Iteration)
        public void begin() {
            answered.reset();
            arrival = System.nanoTime();
        }

        void await() {
            arrival += EVERY_NANOS;
            while (System.nanoTime() - arrival < 0) {
                Thread.onSpinWait();
            }
        }

        void answered() {
            answered.recordValue(System.nanoTime() - arrival);
        }

        public long p50() {
            return answered.getValueAtPercentile(50);
        }

        public long p99() {
            return answered.getValueAtPercentile(99);
        }

        public long p9999() {
            return answered.getValueAtPercentile(99.99);
        }
    }
}
