package io.headgate.benchmarks;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.net.ClientAddress;
import java.time.Duration;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How long single decisions take: a million clients, 1 % newcomers, the sweeper on. Each call is timed by itself, the
 * two clock readings included; callers do not queue, so there is no omission to coordinate, but the machine's own pauses
 * are in the tail.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 1,
        jvmArgs = {"-Xms6g", "-Xmx6g", "-XX:+AlwaysPreTouch", "-XX:+UseParallelGC"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 8, time = 1)
public class PauseBenchmark {

    private static final int CLIENTS = 1_000_000;

    @Param({"headgate", "headgate-map", "nothing"})
    public String contender;

    private LocalLimiter<ClientAddress> limiter;
    private long random = 1;
    private int newcomer = CLIENTS;
    private int step;

    @Setup
    public void fill() {
        Limit limit = Limit.parse("100/minute");
        limiter = (contender.equals("headgate-map")
                        ? Limiter.<ClientAddress>builder(limit)
                        : Limiter.forAddresses(limit))
                .maxKeys(CLIENTS + CLIENTS / 4)
                .sweepInterval(Duration.ofSeconds(1))
                .build();
        for (int i = 0; i < CLIENTS; i++) {
            limiter.tryAcquire(Keys.address(i), 100);
        }
    }

    @TearDown
    public void end() {
        limiter.close();
    }

    @Benchmark
    public boolean decision() {
        random = random * 0x5851_F42D_4C95_7F2DL + 0x1405_7B7E_F767_814FL;
        int known = (int) (((random >>> 32) * CLIENTS) >>> 32);
        step = step == 99 ? 0 : step + 1;
        ClientAddress address = Keys.address(step == 0 ? newcomer++ : known);
        return contender.equals("nothing") ? address.isIpv4() : limiter.tryAcquire(address);
    }
}
