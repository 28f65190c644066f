package io.headgate.benchmarks;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A decision about a client that is known: admitted, or denied.
 *
 * <p>{@code latency}: the next client is computed from the last answer, so that two decisions cannot overlap in the
 * processor. {@code throughput}: clients are independent of each other. {@code flood}: one client that is denied.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 1,
        jvmArgs = {"-Xms6g", "-Xmx6g", "-XX:+AlwaysPreTouch", "-XX:+UseParallelGC"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class DecisionBenchmark {

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

    private Contender limiter;
    private Contender strict;

    @Setup
    public void fill() {
        limiter = Contender.named(contender, clients, Contender.PERMITS);
        strict = contender.equals("floor") ? limiter : Contender.named(contender, 1, 1);
    }

    /** A thread's place in its own random walk over the clients. */
    @State(Scope.Thread)
    public static class Walk {
        private long position = ThreadLocalRandom.current().nextLong();

        /** Steps of a full-period linear congruential generator, whose upper bits choose the client. */
        int next(long answer, int clients) {
            position = position * 0x5851_F42D_4C95_7F2DL + 0x1405_7B7E_F767_814FL + answer;
            return (int) (((position >>> 32) * clients) >>> 32);
        }
    }

    @State(Scope.Thread)
    public static class Chain {
        private long answer;
    }

    @Benchmark
    public long latency(Walk walk, Chain chain) {
        long admitted = limiter.tryAcquire(walk.next(chain.answer, clients)) ? 2 : 0;
        chain.answer = admitted;
        return admitted;
    }

    @Benchmark
    public boolean throughput(Walk walk) {
        return limiter.tryAcquire(walk.next(0, clients));
    }

    @Benchmark
    @Threads(2)
    public boolean throughput2(Walk walk) {
        return limiter.tryAcquire(walk.next(0, clients));
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
