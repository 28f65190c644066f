package io.headgate.benchmarks;

import io.headgate.plan.PlanCache;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;

/**
 * What the plan of a key adds to a decision. {@code hit}: the plan is known. {@code unknown}: it is not, and nothing is loaded.
 * {@code negative}: the source said that there is none, and a request asks whether to load.
 *
 * <pre>
 * mvn -q -B -ntp -pl benchmarks -am -DskipTests package dependency:build-classpath -Dmdep.outputFile=target/cp
 * java -cp benchmarks/target/classes:$(cat benchmarks/target/cp) org.openjdk.jmh.Main PlanCacheBenchmark -prof gc
 * </pre>
 */
@State(Scope.Benchmark)
public class PlanCacheBenchmark extends TimedCalls {

    @Param({"1000", "100000"})
    public int keys;

    private PlanCache<String> plans = cache(1);
    private String[] known = {};
    private String[] unknown = {};

    private static PlanCache<String> cache(int keys) {
        return PlanCache.<String>builder(key ->
                        CompletableFuture.<@Nullable String>completedFuture(key.startsWith("key") ? "gold" : null))
                .executor(Runnable::run)
                .maxKeys(keys)
                .refreshAfter(Duration.ofDays(1))
                .maxStale(Duration.ofDays(1))
                .negativeTtl(Duration.ofDays(1))
                .build();
    }

    @Setup
    public void fill() {
        plans = cache(keys);
        known = IntStream.range(0, keys).mapToObj(id -> "key " + id).toArray(String[]::new);
        unknown = IntStream.range(0, keys).mapToObj(id -> "invented " + id).toArray(String[]::new);
        for (int id = 0; id < keys; id++) {
            plans.request(known[id]);
            plans.request(unknown[id]);
        }
    }

    /** A thread's own walk over the keys. */
    @State(Scope.Thread)
    public static class Walk {
        private long position = ThreadLocalRandom.current().nextLong();

        String next(String[] keys) {
            position = position * 0x5851_F42D_4C95_7F2DL + 0x1405_7B7E_F767_814FL;
            return keys[(int) (((position >>> 32) * keys.length) >>> 32)];
        }
    }

    /** The walk alone. */
    @Benchmark
    public int floor(Walk walk) {
        return walk.next(known).hashCode();
    }

    @Benchmark
    public @Nullable String hit(Walk walk) {
        return plans.planIfKnown(walk.next(known));
    }

    @Benchmark
    @Threads(2)
    public @Nullable String hit2(Walk walk) {
        return plans.planIfKnown(walk.next(known));
    }

    @Benchmark
    public @Nullable String hitAndRequest(Walk walk) {
        return plans.apply(walk.next(known));
    }

    @Benchmark
    public @Nullable String unknown(Walk walk) {
        return plans.planIfKnown(walk.next(unknown));
    }

    @Benchmark
    public @Nullable String negativeAndRequest(Walk walk) {
        return plans.apply(walk.next(unknown));
    }
}
