package io.headgate.benchmarks;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LimiterStats;
import io.headgate.LocalLimiter;
import io.headgate.net.ClientAddress;
import java.util.Arrays;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What further limits cost: calls of known clients, independent of each other and all admitted, as in {@link
 * DecisionBenchmark#throughput}.
 */
@State(Scope.Thread)
public class LimitsBenchmark extends TimedCalls {

    private static final int CLIENTS = 1_000;

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

    @Benchmark
    public boolean admitted() {
        random = random * 0x5851_F42D_4C95_7F2DL + 0x1405_7B7E_F767_814FL;
        return limiter.tryAcquire(Keys.address((int) (((random >>> 32) * CLIENTS) >>> 32)));
    }

    @TearDown
    public void check() {
        LimiterStats stats = limiter.stats();
        if (limiter.size() != CLIENTS || !stats.equals(new LimiterStats(stats.allowed(), 0, 0, 0, 0, 0))) {
            throw new IllegalStateException("not every call was admitted by a bucket of its own: " + stats);
        }
        limiter.close();
    }
}
