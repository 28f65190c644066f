package io.headgate.benchmarks;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LimiterBuilder;
import io.headgate.LocalLimiter;
import io.headgate.net.ClientAddress;
import java.util.concurrent.ConcurrentHashMap;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A flood of clients of whom each calls once: a million inserts into a limiter that was empty. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@Warmup(iterations = 4)
@Measurement(iterations = 6)
public class NewcomersBenchmark extends TimedCalls {

    private static final int NEWCOMERS = 1_000_000;

    @Benchmark
    @OperationsPerInvocation(NEWCOMERS)
    public long headgate() {
        return flood(Limiter.forAddresses(Limit.parse("100/minute")));
    }

    @Benchmark
    @OperationsPerInvocation(NEWCOMERS)
    public long headgateMap() {
        return flood(Limiter.<ClientAddress>builder(Limit.parse("100/minute")));
    }

    private static long flood(LimiterBuilder<ClientAddress> builder) {
        try (LocalLimiter<ClientAddress> limiter =
                builder.maxKeys(NEWCOMERS + NEWCOMERS / 4).build()) {
            for (int i = 0; i < NEWCOMERS; i++) {
                limiter.tryAcquire(Keys.address(i));
            }
            return limiter.size();
        }
    }

    @Benchmark
    @OperationsPerInvocation(NEWCOMERS)
    @SuppressWarnings("UnnecessaryAsync") // it is the map that is measured
    public long putIfAbsent() {
        ConcurrentHashMap<ClientAddress, long[]> map = new ConcurrentHashMap<>();
        for (int i = 0; i < NEWCOMERS; i++) {
            map.putIfAbsent(Keys.address(i), new long[1]);
        }
        return map.size();
    }
}
