package io.headgate.benchmarks;

import io.headgate.Limit;
import java.util.concurrent.ThreadLocalRandom;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;

/**
 * A decision about a client that is known: admitted, or denied.
 *
 * <p>{@code latency}: the next client is computed from the last answer, so that two decisions cannot overlap in the
 * processor. {@code throughput}: clients are independent of each other. {@code flood}: one client that is denied.
 */
@State(Scope.Benchmark)
public class DecisionBenchmark extends TimedCalls {

    @Param({
        "floor",
        "headgate",
        "headgate-map",
        "word-in-chm",
        "word-in-chm-text",
        "bucket4j-chm",
        "bucket4j-caffeine",
        "resilience4j-chm",
        "guava-chm"
    })
    public String contender;

    @Param({"1000", "1000000"})
    public int clients;

    /** How often each client calls: all alike, or client number n in proportion to 1/n. */
    @Param({"uniform", "zipf"})
    public String calls;

    private Contender limiter;
    private Contender strict;
    private int[] draws = {};

    @Setup
    public void fill() {
        limiter = Contender.named(contender, Contender.Setting.known(Contender.GENEROUS, clients));
        strict = Contender.named(contender, Contender.Setting.known(Limit.parse("1/minute"), 1));
        if (calls.equals("zipf")) {
            draws = Keys.zipf(clients, 1 << 20);
        }
    }

    /** A thread's own walk over the clients. */
    @State(Scope.Thread)
    public static class Walk {
        private long position = ThreadLocalRandom.current().nextLong();
        private long answer;

        int next(DecisionBenchmark benchmark) {
            int[] draws = benchmark.draws;
            if (draws.length > 0) {
                position += 1 + answer;
                return draws[(int) position & (draws.length - 1)];
            }
            // Steps of a full-period linear congruential generator, whose upper bits choose the client.
            position = position * 0x5851_F42D_4C95_7F2DL + 0x1405_7B7E_F767_814FL + answer;
            return (int) (((position >>> 32) * benchmark.clients) >>> 32);
        }
    }

    @Benchmark
    public long latency(Walk walk) {
        walk.answer = limiter.tryAcquire(walk.next(this)) ? 2 : 0;
        return walk.answer;
    }

    @Benchmark
    public boolean throughput(Walk walk) {
        return limiter.tryAcquire(walk.next(this));
    }

    @Benchmark
    @Threads(2)
    public boolean throughput2(Walk walk) {
        return limiter.tryAcquire(walk.next(this));
    }

    @Benchmark
    public boolean flood() {
        return strict.tryAcquire(0);
    }

    @Benchmark
    @Threads(2)
    public boolean flood2() {
        return strict.tryAcquire(0);
    }
}
