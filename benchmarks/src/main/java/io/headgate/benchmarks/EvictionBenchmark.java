package io.headgate.benchmarks;

import io.headgate.Limit;
import java.time.Duration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A million clients of whom each calls once, into a limiter that was empty: with room for all of them, and for a tenth. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@Warmup(iterations = 4)
@Measurement(iterations = 6)
public class EvictionBenchmark extends TimedCalls {

    private static final int NEWCOMERS = 1_000_000;

    @Param({"headgate", "headgate-map", "headgate-caffeine", "bucket4j-caffeine"})
    public String contender;

    /** How many may be tracked. */
    @Param({"1250000", "100000"})
    public int size;

    @Benchmark
    @OperationsPerInvocation(NEWCOMERS)
    public int newcomers() {
        Contender limiter = Contender.named(
                contender, new Contender.Setting(Limit.parse("100/minute"), 0, size, Duration.ofSeconds(10)));
        int admitted = 0;
        for (int i = 0; i < NEWCOMERS; i++) {
            admitted += limiter.tryAcquire(i) ? 1 : 0;
        }
        return admitted;
    }
}
