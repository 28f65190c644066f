package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testing.FakeTicker;
import io.headgate.testing.Measurements;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What many threads see of a limiter, on a clock that is moved by hand: the slack of a real one would hide the races. */
@ParameterizedClass
@MethodSource("io.headgate.Keys#allWithCaches")
class LimiterConcurrencyTest<K> {

    private static final int THREADS = 4;

    private final Keys<K> keys;

    private final FakeTicker ticker = new FakeTicker();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    LimiterConcurrencyTest(Keys<K> keys) {
        this.keys = keys;
    }

    @AfterEach
    void end() {
        threads.shutdownNow();
    }

    private LocalLimiter<K> build(LimiterBuilder<K> builder) {
        return builder.ticker(ticker).sweepInterval(Duration.ZERO).build();
    }

    @Test
    void threadsOnAColdKeyAdmitExactlyTheCapacity() throws Exception {
        int clients = 3_000;
        LocalLimiter<K> limiter = build(keys.builder(Limit.parse("5/minute"), Limit.parse("1000/hour burst 100")));
        AtomicLongArray admitted = new AtomicLongArray(clients);
        CyclicBarrier start = new CyclicBarrier(THREADS);
        together(THREADS, () -> {
            start.await();
            for (int id = 0; id < clients; id++) {
                K key = keys.key(id);
                for (int i = 0; i < 4; i++) {
                    if (limiter.tryAcquire(key)) {
                        admitted.incrementAndGet(id);
                    }
                }
            }
            return null;
        });
        for (int id = 0; id < clients; id++) {
            // A call may be denied by a charge about to be undone; what it left is still there.
            while (limiter.tryAcquire(keys.key(id))) {
                admitted.incrementAndGet(id);
            }
            assertThat(admitted.get(id)).as("key %s", id).isEqualTo(5);
        }
        assertThat(limiter.size()).isEqualTo(clients);
        assertThat(limiter.stats().allowed()).isEqualTo(5L * clients);
    }

    /**
     * On a real clock: a thread that falls asleep between its reading and its charge finds a bucket that others have
     * charged as of later readings. It takes the last permit all the same.
     */
    @Test
    void asManyThreadsAsThereArePermitsAreAllAdmitted() throws Exception {
        int clients = 20_000;
        LocalLimiter<K> limiter = keys.builder(Limit.parse("1/hour burst " + THREADS), Limit.parse("1/minute burst 8"))
                .sweepInterval(Duration.ZERO)
                .build();
        CyclicBarrier start = new CyclicBarrier(THREADS);
        AtomicLong admitted = new AtomicLong();
        together(THREADS, () -> {
            start.await();
            for (int id = 0; id < clients; id++) {
                admitted.addAndGet(limiter.decide(keys.key(id)).allowed() ? 1 : 0);
            }
            return null;
        });
        assertThat(admitted.get()).isEqualTo((long) THREADS * clients);
    }

    /** Under each limit: admitted is at most capacity + rate × elapsed, and each charge of a failed call is undone. */
    @Test
    void severalLimitsUnderContentionLoseAndLeakNothing() throws Exception {
        for (int round = 0; round < 300; round++) {
            LocalLimiter<K> limiter =
                    build(keys.builder(Limit.parse("60/hour"), Limit.parse("100/minute"), Limit.parse("70/s")));
            AtomicLong admitted = new AtomicLong();
            CyclicBarrier start = new CyclicBarrier(THREADS);
            together(THREADS, () -> {
                start.await();
                for (int i = 0; i < 30; i++) {
                    admitted.addAndGet(limiter.tryAcquire(keys.key(1), 1 + i % 3) ? 1 + i % 3 : 0);
                }
                return null;
            });
            assertThat(admitted.get()).isLessThanOrEqualTo(60);
            while (limiter.tryAcquire(keys.key(1))) {
                admitted.incrementAndGet();
            }
            assertThat(admitted.get()).isEqualTo(60);
            assertThat(limiter.peek(keys.key(1), 1).limits())
                    .extracting(LimitStatus::remaining)
                    .containsExactly(0L, 40L, 10L);
        }
    }

    /**
     * A taker against a sweeper, on a clock that moves by exactly one interval a step, so that at each step every bucket
     * has just become full: the sweeper wants to evict it while the taker wants its one permit, and then one more.
     */
    @Test
    void aTakerAgainstTheSweeperNeverExceedsCapacityAndRate() throws Exception {
        int clients = 16;
        int steps = 20_000;
        LocalLimiter<K> limiter = build(keys.builder(Limit.parse("1/us burst 1"), Limit.parse("1000000/s burst 1"))
                .maxKeys(64)); // little to walk over, so that the two meet
        long[] admitted = new long[clients];
        AtomicLong arrived = new AtomicLong(); // twice the step, once both threads are there
        Callable<Void> taker = () -> {
            for (int step = 1; step <= steps; step++) {
                ticker.advanceNanos(1_000);
                meet(arrived, step);
                for (int id = 0; id < clients; id++) {
                    K key = keys.key(id);
                    admitted[id] += (limiter.tryAcquire(key) ? 1 : 0) + (limiter.tryAcquire(key) ? 1 : 0);
                }
            }
            return null;
        };
        Callable<Void> sweeper = () -> {
            for (int step = 1; step <= steps; step++) {
                meet(arrived, step);
                limiter.sweep();
            }
            return null;
        };
        together(List.of(taker, sweeper));
        assertThat(admitted).containsOnly(steps);
        assertThat(limiter.stats().evicted()).as("keys swept").isGreaterThan(steps / 100);
        Measurements.print(
                "taker against sweeper, %s: %d permits a key in %d steps, %d evictions",
                keys, admitted[0], steps, limiter.stats().evicted());
    }

    /** Lets two threads go on at the same instant: by spinning, since waking a thread takes longer than the race. */
    private static void meet(AtomicLong arrived, int step) {
        arrived.incrementAndGet();
        for (int spins = 0; arrived.get() < 2L * step; spins++) {
            if (spins < 20_000) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(1); // there is no second processor just now
            }
        }
    }

    /**
     * A thread reads the clock and falls asleep; the key is spent, refilled and swept; then the thread charges. At its
     * old reading the permit would be free.
     */
    @ParameterizedTest
    @ValueSource(strings = {"3/minute", "3/minute, 9/hour burst 3"})
    void aThreadStalledAfterItsClockReadingGetsNoFreePermit(String limits) throws Exception {
        CountDownLatch asleep = new CountDownLatch(1);
        CountDownLatch wake = new CountDownLatch(1);
        AtomicBoolean stall = new AtomicBoolean();
        Ticker stalling = () -> {
            long now = ticker.read();
            if (Thread.currentThread().getName().equals("stalled") && stall.compareAndSet(true, false)) {
                asleep.countDown();
                await(wake);
            }
            return now;
        };
        String[] texts = limits.split(", ", -1);
        LocalLimiter<K> limiter = keys.builder(
                        Limit.parse(texts[0]), texts.length == 1 ? new Limit[0] : new Limit[] {Limit.parse(texts[1])})
                .ticker(stalling)
                .sweepInterval(Duration.ZERO)
                .build();
        long first = ticker.read();
        stall.set(true);
        boolean[] admitted = new boolean[1];
        Thread stalled = new Thread(() -> admitted[0] = limiter.tryAcquire(keys.key(1)), "stalled");
        stalled.start();
        await(asleep);

        long count = limiter.tryAcquire(keys.key(1), 3) ? 3 : 0;
        Duration refill = limiter.peek(keys.key(1), 1).limits().stream()
                .map(LimitStatus::resetAfter)
                .max(Duration::compareTo)
                .orElseThrow();
        ticker.advance(refill);
        assertThat(limiter.sweep()).isEqualTo(1);
        wake.countDown();
        stalled.join();
        count += admitted[0] ? 1 : 0;
        while (limiter.tryAcquire(keys.key(1))) {
            count++;
        }
        assertThat(admitted[0]).isTrue();
        assertThat(count).isEqualTo(6); // capacity + rate × elapsed, exactly
        assertThat(ticker.read() - first).isEqualTo(refill.toNanos());
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(2, TimeUnit.MINUTES)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void together(int copies, Callable<Void> task) throws Exception {
        List<Callable<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < copies; i++) {
            tasks.add(task);
        }
        together(tasks);
    }

    private void together(List<Callable<Void>> tasks) throws Exception {
        for (Future<Void> done : threads.invokeAll(tasks, 10, TimeUnit.MINUTES)) {
            done.get();
        }
    }
}
