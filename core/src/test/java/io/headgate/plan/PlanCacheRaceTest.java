package io.headgate.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.map.Threads;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** 64 threads at once, with the cache's own pool unless said otherwise. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@SuppressWarnings("ThreadPriorityCheck") // threads that meet must let each other run: there may be two processors
class PlanCacheRaceTest {

    private static final int THREADS = 64;

    /** The load may end while threads still arrive, which then must not begin another. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aThousandFirstRequestsOfAKeyCauseOneLoad(boolean known) {
        int rounds = 300;
        Map<Integer, AtomicInteger> loads = new ConcurrentHashMap<>();
        try (PlanCache<Integer> plans = PlanCache.<Integer>builder(key -> {
                    loads.computeIfAbsent(key, k -> new AtomicInteger()).incrementAndGet();
                    return CompletableFuture.<@Nullable String>completedFuture(known ? "gold" : null);
                })
                .maxLoads(rounds) // the threads may run ahead of the pool
                .build()) {
            CountDownLatch[] starts = new CountDownLatch[rounds];
            for (int round = 0; round < rounds; round++) {
                starts[round] = new CountDownLatch(THREADS);
            }
            Threads.run(THREADS, thread -> {
                for (int round = 0; round < rounds; round++) {
                    starts[round].countDown();
                    starts[round].await();
                    for (int call = 0; call < 16; call++) {
                        plans.apply(round);
                    }
                }
            });
            awaitIdle(plans, rounds);
            assertThat(loads)
                    .hasSize(rounds)
                    .allSatisfy((key, count) -> assertThat(count).hasValue(1));
            assertThat(plans.stats().rejected()).isZero();
            assertThat(plans.stats().hits() + plans.stats().misses()).isEqualTo(rounds * 16L * THREADS);
        }
    }

    /** Fails at the test's timeout if it does not come to that. */
    private static void awaitIdle(PlanCache<?> plans, long loads) {
        for (PlanCacheStats stats = plans.stats();
                stats.loads() < loads || stats.underWay() > 0;
                stats = plans.stats()) {
            assertThat(Thread.interrupted()).as("interrupted at %s", stats).isFalse();
            Thread.yield();
        }
    }

    /** Each of these threads changes the plans of its key, says so, and never again sees an older one. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whoSaidThatAPlanHasChangedSeesNoOlderOne(boolean all) throws InterruptedException {
        int keys = 4;
        int changes = 1_000;
        AtomicInteger[] versions = new AtomicInteger[keys];
        for (int key = 0; key < keys; key++) {
            versions[key] = new AtomicInteger();
        }
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService readers = Executors.newFixedThreadPool(THREADS - keys);
        try (PlanCache<Integer> plans = PlanCache.<Integer>builder(
                        key -> CompletableFuture.completedFuture(versions[key].toString()))
                .loaderThreads(8)
                .build()) {
            for (int reader = 0; reader < THREADS - keys; reader++) {
                int key = reader % keys;
                readers.execute(() -> {
                    while (!done.get()) {
                        plans.apply(key);
                    }
                });
            }
            Threads.run(keys, key -> {
                for (int change = 1; change <= changes; change++) {
                    versions[key].set(change);
                    if (all) {
                        plans.invalidateAll();
                    } else {
                        plans.invalidate(key);
                    }
                    for (int look = 0; look < 20; look++) {
                        String plan = plans.apply(key);
                        assertThat(plan == null ? change : Integer.parseInt(plan))
                                .isEqualTo(change);
                    }
                }
            });
            done.set(true);
            assertThat(plans.stats().failures()).isZero();
        } finally {
            done.set(true);
            readers.shutdown();
            assertThat(readers.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
        }
    }

    /** A load's answer and two invalidations at the same moment: neither of these two sees the old plan afterwards. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void anOldAnswerIsNotPutBack(int threads) {
        int rounds = 5_000;
        AtomicReference<@Nullable CompletableFuture<@Nullable String>> open = new AtomicReference<>();
        AtomicInteger arrived = new AtomicInteger();
        AtomicInteger seen = new AtomicInteger();
        try (PlanCache<Integer> plans = PlanCache.<Integer>builder(key -> {
                    CompletableFuture<@Nullable String> stage = new CompletableFuture<>();
                    open.set(stage);
                    return stage;
                })
                .executor(Runnable::run)
                .build()) {
            plans.request(0);
            Threads.run(threads, thread -> {
                for (int round = 0; round < rounds; round++) {
                    meet(arrived, threads * (2 * round + 1));
                    if (thread == 0) {
                        Objects.requireNonNull(open.get()).complete("old");
                    } else {
                        plans.invalidate(0);
                        seen.addAndGet(plans.planIfKnown(0) == null ? 0 : 1);
                    }
                    meet(arrived, threads * (2 * round + 2));
                    if (thread == 0) {
                        plans.request(0);
                    }
                }
            });
            assertThat(seen).hasValue(0);
            assertThat(plans.stats().loads()).isEqualTo(rounds + 1);
        }
    }

    private static void meet(AtomicInteger arrived, int all) {
        arrived.incrementAndGet();
        while (arrived.get() < all) {
            Thread.yield();
        }
    }

    /** Counted where the source is: calls that have not returned, and calls whose stage is open. */
    @Test
    void noMoreLoadsAreUnderWayThanTold() {
        int maxLoads = 7;
        AtomicInteger running = new AtomicInteger();
        AtomicInteger mostRunning = new AtomicInteger();
        AtomicInteger open = new AtomicInteger();
        AtomicInteger mostOpen = new AtomicInteger();
        Queue<CompletableFuture<@Nullable String>> stages = new ConcurrentLinkedQueue<>();
        try (PlanCache<Integer> plans = PlanCache.<Integer>builder(key -> {
                    mostRunning.accumulateAndGet(running.incrementAndGet(), Math::max);
                    mostOpen.accumulateAndGet(open.incrementAndGet(), Math::max);
                    CompletableFuture<@Nullable String> stage = new CompletableFuture<>();
                    stages.add(stage);
                    running.decrementAndGet();
                    return stage;
                })
                .maxLoads(maxLoads)
                .loaderThreads(3)
                .maxKeys(1_000_000)
                .build()) {
            Threads.run(THREADS, thread -> {
                for (int id = 0; id < 2_000; id++) {
                    plans.request(thread * 2_000 + id);
                    if (id % 8 == 0) {
                        CompletableFuture<@Nullable String> stage = stages.poll();
                        if (stage != null) {
                            open.decrementAndGet();
                            stage.complete("gold");
                        }
                    }
                }
            });
            assertThat(mostRunning).hasValueBetween(1, 3);
            assertThat(mostOpen).hasValueBetween(2, maxLoads);
            PlanCacheStats stats = plans.stats();
            assertThat(stats.rejected()).isPositive();
            assertThat(stats.underWay()).isBetween(0, maxLoads);
        }
    }
}
