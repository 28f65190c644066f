package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testing.FakeTicker;
import io.headgate.testing.Measurements;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What a key owes that had no room and then gets buckets of its own: what it took itself, and nothing else. */
@ParameterizedClass
@MethodSource("io.headgate.Keys#ofEachStore")
class InheritanceTest<K> {

    private static final int THREADS = 3;

    private final Keys<K> keys;
    private final FakeTicker ticker = new FakeTicker();

    InheritanceTest(Keys<K> keys) {
        this.keys = keys;
    }

    private LocalLimiter<K> build(LimiterBuilder<K> builder) {
        return builder.ticker(ticker).sweepInterval(Duration.ZERO).build();
    }

    private long admitted(Limiter<K> limiter, K key, int calls) {
        long admitted = 0;
        for (int i = 0; i < calls; i++) {
            admitted += limiter.tryAcquire(key) ? 1 : 0;
        }
        return admitted;
    }

    @Test
    void whatAKeyTookWithoutRoomItOwesWithRoom() {
        LocalLimiter<K> limiter = build(keys.builder(Limit.parse("50/hour")).maxKeys(1));
        limiter.tryAcquire(keys.key(0));
        assertThat(admitted(limiter, keys.key(1), 30)).isEqualTo(30);
        assertThat(limiter.stats().overflowed()).isEqualTo(30);
        limiter.reset(keys.key(0));
        assertThat(admitted(limiter, keys.key(1), 100)).isEqualTo(20);
        assertThat(limiter.stats().overflowed()).isEqualTo(30);
    }

    @Test
    void aResetForgetsAlsoWhatTheKeyWouldBringAlong() {
        LocalLimiter<K> limiter = build(
                keys.builder(Limit.parse("5/hour"), Limit.parse("4/minute")).maxKeys(1));
        limiter.tryAcquire(keys.key(0));
        assertThat(admitted(limiter, keys.key(1), 9)).isEqualTo(4);
        limiter.reset(keys.key(1)); // no room: the shared bucket is of others, too
        assertThat(admitted(limiter, keys.key(1), 9)).isZero();
        limiter.reset(keys.key(0));
        limiter.reset(keys.key(1));
        assertThat(admitted(limiter, keys.key(1), 9)).isEqualTo(4);
    }

    /** A call is asleep between its look-up and its row while others are admitted by the shared bucket. */
    @Test
    void aSleepingCallDoesNotForgiveWhatOthersTookMeanwhile() throws Exception {
        CountDownLatch asleep = new CountDownLatch(1);
        CountDownLatch awake = new CountDownLatch(1);
        Thread main = Thread.currentThread();
        Ticker sleepy = () -> {
            if (Thread.currentThread() != main && asleep.getCount() > 0) {
                asleep.countDown();
                await(awake);
            }
            return ticker.read();
        };
        LocalLimiter<K> limiter = keys.builder(Limit.parse("50/hour"))
                .maxKeys(1)
                .ticker(sleepy)
                .sweepInterval(Duration.ZERO)
                .build();
        limiter.tryAcquire(keys.key(0));
        ExecutorService executor = Executors.newSingleThreadExecutor();
        Future<Boolean> sleeper = executor.submit(() -> limiter.tryAcquire(keys.key(1)));
        await(asleep);
        long taken = admitted(limiter, keys.key(1), 60);
        limiter.reset(keys.key(0));
        taken += admitted(limiter, keys.key(1), 60);
        awake.countDown();
        taken += sleeper.get(10, TimeUnit.SECONDS) ? 1 : 0;
        executor.shutdown();
        assertThat(taken).isEqualTo(50);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** One key comes and goes between a shared bucket and rows of its own, on a clock that stands still in each round. */
    @Test
    void aKeyBetweenSharedAndOwnBucketsTakesAtMostOneMoreForEachCallUnderWay() throws Exception {
        int capacity = 40;
        LocalLimiter<K> limiter = build(keys.builder(new Limit("x", capacity, Duration.ofHours(1), capacity))
                .maxKeys(1));
        K key = keys.key(1);
        K other = keys.key(0);
        AtomicLong admitted = new AtomicLong();
        int rounds = 3_000;
        CyclicBarrier barrier = new CyclicBarrier(THREADS);
        List<String> wrong = new ArrayList<>();
        Runnable check = () -> {
            if (admitted.get() > capacity + THREADS - 1) {
                wrong.add(admitted + " of " + capacity);
            }
            admitted.set(0);
            ticker.advance(Duration.ofHours(3));
            limiter.sweep();
            limiter.tryAcquire(other, capacity); // no room
        };
        check.run();
        CyclicBarrier end = new CyclicBarrier(THREADS, check);
        run(thread -> {
            for (int round = 0; round < rounds; round++) {
                barrier.await(10, TimeUnit.SECONDS);
                for (int i = 0; i < capacity; i++) {
                    if (thread == 0 && i == capacity / 8) {
                        limiter.reset(other); // room
                    }
                    if (limiter.tryAcquire(key)) {
                        admitted.incrementAndGet();
                    }
                }
                end.await(10, TimeUnit.SECONDS);
            }
        });
        assertThat(wrong).isEmpty();
        assertThat(limiter.stats().overflowed()).isGreaterThan(rounds);
        assertThat(limiter.stats().evicted()).isGreaterThan(rounds);
    }

    @FunctionalInterface
    private interface Body {
        void run(int thread) throws Exception;
    }

    private static void run(Body body) throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(THREADS);
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            int thread = i;
            all.add(executor.submit(() -> {
                body.run(thread);
                return null;
            }));
        }
        executor.shutdown();
        for (Future<?> future : all) {
            future.get(60, TimeUnit.SECONDS);
        }
    }

    /** The same calls, with a sweep before each and with none: the same decisions, as long as there is room. */
    @Test
    void noSweepChangesADecisionAlsoOfKeysThatOverflowedBefore() {
        for (int seed = 0; seed < 20; seed++) {
            List<LocalLimiter<K>> both = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                both.add(build(keys.builder(Limit.parse("5/minute"), Limit.parse("3/s burst 4"))
                        .random(new SplittableRandom(seed))
                        .maxKeys(8)));
            }
            Random random = new Random(seed);
            for (int step = 0; step < 2_000; step++) {
                boolean flood = step % 400 < 40; // at one reading, so that neither evicts anybody
                K key = keys.key(flood ? random.nextInt(24) : random.nextInt(8));
                if (!flood) {
                    ticker.advance(Duration.ofMillis(random.nextInt(3_000)));
                    both.get(0).sweep();
                }
                if (step % 400 == 399) {
                    ticker.advance(
                            Duration.ofMinutes(3)); // all rows are full: both begin the next flood with as many free
                    both.forEach(LocalLimiter::sweep);
                }
                if (step % 400 == 40) {
                    both.forEach(limiter -> makeRoom(limiter));
                }
                long permits = 1L + random.nextInt(2);
                Decision swept = both.get(0).decide(key, permits);
                assertThat(both.get(1).decide(key, permits)).as("step %s", step).isEqualTo(swept);
            }
            assertThat(both.get(0).stats().overflowed()).isPositive();
        }
    }

    /** Everybody who has a row is full; who shared still owes. */
    private void makeRoom(LocalLimiter<K> limiter) {
        List<K> tracked = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            if (!limiter.peek(keys.key(i), 1).overflow()) {
                tracked.add(keys.key(i));
            }
        }
        tracked.forEach(limiter::reset);
    }

    @Test
    void strangersPayNobodysDebtWithRoomAndFewShareACell() {
        LocalLimiter<K> limiter = build(keys.builder(Limit.parse("10/day")).maxKeys(1_000));
        for (int id = 0; id < 1_000; id++) {
            limiter.tryAcquire(keys.key(id), 10);
        }
        for (int id = 10_000; id < 12_000; id++) {
            limiter.tryAcquire(keys.key(id), 5);
        }
        ticker.advance(Duration.ofHours(11)); // nobody's own is full: the rows here are emptied by hand
        for (int id = 0; id < 1_000; id++) {
            limiter.reset(keys.key(id));
        }
        limiter.sweep();
        long debtors = limiter.stats().allowed() - 1_000;
        long innocents = 0;
        for (int id = 20_000; id < 20_900; id++) {
            innocents += admitted(limiter, keys.key(id), 10) == 10 ? 0 : 1;
        }
        Measurements.print("%s: %d of 900 newcomers share a cell with one of %d debtors", keys, innocents, debtors);
        assertThat(innocents).isLessThanOrEqualTo(36 + 24);
    }

    /** A sweep, and what it finds full, is nothing to a call that has read the clock just before. */
    @Test
    void aSweepDeniesNobodyWhoseBucketWasFull() throws Exception {
        CountDownLatch asleep = new CountDownLatch(1);
        CountDownLatch awake = new CountDownLatch(1);
        Thread main = Thread.currentThread();
        Ticker sleepy = () -> {
            long now = ticker.read();
            if (Thread.currentThread() != main) {
                asleep.countDown();
                await(awake);
            }
            return now;
        };
        LocalLimiter<K> limiter = keys.builder(Limit.parse("1/minute"))
                .maxKeys(1)
                .ticker(sleepy)
                .sweepInterval(Duration.ZERO)
                .build();
        limiter.tryAcquire(keys.key(0));
        assertThat(limiter.tryAcquire(keys.key(1))).isTrue(); // shared
        ticker.advance(Duration.ofSeconds(119));
        limiter.tryAcquire(keys.key(0));
        ExecutorService executor = Executors.newSingleThreadExecutor();
        Future<Boolean> sleeper = executor.submit(() -> limiter.tryAcquire(keys.key(1)));
        await(asleep);
        ticker.advance(Duration.ofSeconds(1));
        limiter.sweep();
        awake.countDown();
        assertThat(sleeper.get(10, TimeUnit.SECONDS)).isTrue();
        executor.shutdown();
        assertThat(limiter.stats().overflowed()).isEqualTo(2);
    }
}
