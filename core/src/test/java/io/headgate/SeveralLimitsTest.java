package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testing.FakeTicker;
import io.headgate.testing.Measurements;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Several limits at once: what a call of one key takes, undoes or is late with is nobody else's. */
@ParameterizedClass
@MethodSource("io.headgate.Keys#withCaches")
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SeveralLimitsTest<K> {

    private final Keys<K> keys;
    private final FakeTicker time = new FakeTicker();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    SeveralLimitsTest(Keys<K> keys) {
        this.keys = keys;
    }

    @AfterEach
    void end() {
        threads.shutdownNow();
    }

    private LocalLimiter<K> build(Ticker ticker, int cap, Limit first, Limit... more) {
        return keys.builder(first, more)
                .ticker(ticker)
                .maxKeys(cap)
                .sweepInterval(Duration.ZERO)
                .build();
    }

    /**
     * Calls that charge the first limit and are denied by the second undo it, while the clock goes on. In no window, from
     * any as-of reading to any other, more is admitted than its due.
     */
    @Test
    void whatIsUndoneIsNobodysGainInAnyWindow() throws Exception {
        int takers = 3;
        int capacity = 3;
        int interval = 10; // nanoseconds
        int most = 2_000_000; // readings
        AsOfBucket slow = new AsOfBucket(new Limit("slow", 1, Duration.ofNanos(interval), capacity));
        LimiterBuilder<K> builder = keys.builder(slow.limit(), new Limit("quick", 1, Duration.ofNanos(5), 1))
                .ticker(time)
                .maxKeys(1_000);
        BucketStore<K> store =
                builder.openStore(builder.kind(), new TokenBucket[] {slow, new TokenBucket(builder.limits.get(1))});
        K key = keys.key(1);
        store.insert(key, true, time.read());
        time.advanceNanos(1_000);
        AtomicLongArray admitted = new AtomicLongArray(most + 10_000);
        List<Callable<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < takers; i++) {
            int taker = i;
            tasks.add(() -> {
                for (int call = 0; time.read() < most; call++) {
                    if (store.apply(key, Operation.TAKE, 1, time.read(), null) == Buckets.ADMITTED) {
                        admitted.incrementAndGet(Math.toIntExact(slow.asOf.get()));
                    }
                    if (call % (2 + taker) == 0) {
                        time.advanceNanos(interval / 2 + call % interval);
                    }
                }
                return null;
            });
        }
        together(tasks);
        long all = 0;
        long least = Long.MAX_VALUE; // of what was admitted before a reading, less what was earned until then
        long excess = 0;
        for (int now = 0; now < admitted.length(); now++) {
            least = Math.min(least, all * interval - now);
            all += admitted.get(now);
            excess = Math.max(excess, all * interval - now - least - (long) capacity * interval);
        }
        Measurements.print(
                "undone and taken, %s: %d admitted, %d undone, at most %d ns too early in any window",
                keys, all, store.undone(), excess);
        assertThat(all).isGreaterThan(most / interval / 4);
        assertThat(excess).as("nanoseconds of permits above capacity and rate").isZero();
    }

    /** Remembers as of which reading a thread has charged it last. */
    private static final class AsOfBucket extends TokenBucket {

        final ThreadLocal<Long> asOf = ThreadLocal.withInitial(() -> 0L);

        AsOfBucket(Limit limit) {
            super(limit);
        }

        @Override
        long take(long state, long permits, long now) {
            asOf.set(now); // of the last attempt, which succeeds
            return super.take(state, permits, now);
        }
    }

    @Test
    void aRefundAtTheSameReadingIsExact() {
        LocalLimiter<K> limiter = build(time, 10, Limit.parse("30/hour"), Limit.parse("50/minute burst 20"));
        K key = keys.key(1);
        for (int round = 1; round < 200; round++) {
            long permits = 1L + round % 19;
            Decision before = limiter.peek(key, 1);
            if (limiter.tryAcquire(key, permits)) {
                limiter.refund(key, permits);
            }
            assertThat(limiter.peek(key, 1).limits()).isEqualTo(before.limits());
            limiter.tryAcquire(key);
            time.advanceNanos(7_777_777_777L * (round % 30));
        }
    }

    /** While calls of some keys are late with their second charge, others that are due are admitted, whole. */
    @Test
    void aLateSecondChargeHitsNobodyElse() throws Exception {
        int noisy = 3;
        int steps = 20_000;
        LocalLimiter<K> limiter = build(
                time,
                16,
                new Limit("slow", 1, Duration.ofNanos(1_000), 2),
                new Limit("quick", 1, Duration.ofNanos(999), 2));
        AtomicBoolean over = new AtomicBoolean();
        List<Callable<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            tasks.add(() -> {
                for (int call = 0; !over.get(); call++) {
                    limiter.tryAcquire(keys.key(call % noisy));
                }
                return null;
            });
        }
        AtomicInteger denied = new AtomicInteger();
        tasks.add(() -> {
            try {
                for (int step = 0; step < steps; step++) {
                    time.advanceNanos(2_000);
                    if (step % 2 == 0) {
                        limiter.sweep(); // others may now come by these slots
                    }
                    K key = keys.key(1_000 + step % 8);
                    for (int i = 0; i < 2; i++) {
                        denied.addAndGet(limiter.tryAcquire(key) ? 0 : 1);
                    }
                }
            } finally {
                over.set(true);
            }
            return null;
        });
        together(tasks);
        assertThat(limiter.stats().overflowed()).isZero();
        assertThat(denied.get()).as("denied to who was due").isZero();
        assertThat(limiter.stats().evicted()).isGreaterThan(steps / 4);
    }

    /** Room for one key and many newcomers, while the clock stands still: each call has an end. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void newcomersThatEvictEachOtherComeToAnEnd(int cap) throws Exception {
        int callers = 4;
        int calls = 6_000;
        LocalLimiter<K> limiter = build(time, cap, Limit.parse("3/hour"), Limit.parse("2/minute"));
        AtomicLong ended = new AtomicLong();
        CyclicBarrier start = new CyclicBarrier(callers);
        List<Callable<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < callers; i++) {
            int first = 1 + 1_000 * i;
            tasks.add(() -> {
                start.await();
                for (int call = 0; call < calls; call++) {
                    K key = keys.key(first + call % 50);
                    if (call % 4 == 0) {
                        limiter.decide(key);
                    } else {
                        limiter.tryAcquire(key);
                    }
                    limiter.reset(key); // its row may go at once
                    ended.incrementAndGet();
                }
                return null;
            });
        }
        together(tasks);
        assertThat(ended.get()).isEqualTo((long) callers * calls);
        assertThat(limiter.size()).isLessThanOrEqualTo(cap);
    }

    private void together(List<Callable<Void>> tasks) throws Exception {
        for (Future<Void> done : threads.invokeAll(tasks, 1, TimeUnit.MINUTES)) {
            done.get();
        }
    }
}
