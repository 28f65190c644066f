package io.headgate.benchmarks;

import io.headgate.Limit;
import java.time.Duration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Decisions while clients come and go: each newcomer takes the place of the client that came first. */
@State(Scope.Benchmark)
public class ChurnBenchmark extends TimedCalls {

    private static final int CLIENTS = 1_000_000;

    @Param({
        "headgate",
        "headgate-map",
        "word-in-chm",
        "bucket4j-chm",
        "bucket4j-caffeine",
        "resilience4j-chm",
        "guava-chm"
    })
    public String contender;

    /**
     * {@code newcomers}: every hundredth call is by a new client, and no bucket is ever full. {@code churn}: every tenth
     * is, buckets are full 10 ms after a call, and what is full or idle for a second is forgotten, by those that forget.
     */
    @Param({"newcomers", "churn"})
    public String scene;

    private Contender limiter;
    private int callsPerNewcomer;
    private int oldest;
    private int step;
    private long random = 1;

    @Setup
    public void fill() {
        boolean newcomers = scene.equals("newcomers");
        limiter = Contender.named(
                contender,
                newcomers
                        ? new Contender.Setting(Contender.GENEROUS, CLIENTS, 3 * CLIENTS, Duration.ofSeconds(10))
                        : new Contender.Setting(Limit.parse("100/s"), CLIENTS, 3 * CLIENTS, Duration.ofSeconds(1)));
        callsPerNewcomer = newcomers ? 100 : 10;
    }

    @Benchmark
    public boolean decision() {
        if (++step >= callsPerNewcomer) {
            step = 0;
            return limiter.tryAcquire(oldest++ + CLIENTS);
        }
        random = random * 0x5851_F42D_4C95_7F2DL + 0x1405_7B7E_F767_814FL;
        return limiter.tryAcquire(oldest + (int) (((random >>> 32) * CLIENTS) >>> 32));
    }
}
