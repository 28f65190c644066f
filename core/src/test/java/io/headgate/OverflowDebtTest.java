package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.headgate.testing.FakeTicker;
import io.headgate.testing.Measurements;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Between a bucket that a key shares and one of its own: what was taken from either counts, once, for the key only. */
@ParameterizedClass
@MethodSource("io.headgate.Keys#ofEachStore")
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OverflowDebtTest<K> {

    private final Keys<K> keys;
    private final FakeTicker time = new FakeTicker();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    OverflowDebtTest(Keys<K> keys) {
        this.keys = keys;
    }

    @AfterEach
    void end() {
        threads.shutdownNow();
    }

    private LocalLimiter<K> build(int cap, Limit first, Limit... more) {
        return build(cap, 7, first, more);
    }

    private LocalLimiter<K> build(int cap, long seed, Limit first, Limit... more) {
        return keys.builder(first, more)
                .random(new SplittableRandom(seed))
                .maxKeys(cap)
                .ticker(HeldCall.ticker(time))
                .sweepInterval(Duration.ZERO)
                .build();
    }

    /** Takes single permits until one is denied. */
    private long drain(LocalLimiter<K> limiter, K key) {
        long count = 0;
        while (limiter.tryAcquire(key)) {
            count++;
        }
        return count;
    }

    /**
     * Calls read the clock and sleep; their key gets a bucket, spends it, is evicted once that is full, and finds no room
     * any more. The shared bucket must not be charged as of the old readings.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 5, 50})
    void aCallThatSleptWhileItsKeyWasEvictedIsNotChargedToThePast(int sleepers) throws Exception {
        LocalLimiter<K> limiter = build(1, Limit.parse("50/hour"));
        K key = keys.key(1);
        List<HeldCall<Boolean>> calls = new ArrayList<>();
        for (int i = 0; i < sleepers; i++) {
            calls.add(HeldCall.at(1, () -> limiter.tryAcquire(key)));
        }
        long admitted = drain(limiter, key);
        assertThat(admitted).isEqualTo(50);
        time.advance(Duration.ofHours(1));
        assertThat(limiter.decide(keys.key(2)).overflow()).isFalse(); // in the room of the first
        for (HeldCall<Boolean> call : calls) {
            admitted += Boolean.TRUE.equals(call.end()) ? 1 : 0;
        }
        assertThat(limiter.peek(key, 1).overflow()).isTrue();
        admitted += drain(limiter, key);
        assertThat(admitted).isEqualTo(100); // capacity + rate × the hour
    }

    /** The other way round: calls sleep while the key is admitted by the shared bucket, and then find room. */
    @ParameterizedTest
    @ValueSource(ints = {1, 5})
    void aCallThatSleptWhileItsKeySharedBringsTheDebt(int sleepers) throws Exception {
        LocalLimiter<K> limiter = build(1, Limit.parse("50/hour"));
        K key = keys.key(1);
        limiter.tryAcquire(keys.key(2));
        List<HeldCall<Boolean>> calls = new ArrayList<>();
        for (int i = 0; i < sleepers; i++) {
            calls.add(HeldCall.at(1, () -> limiter.tryAcquire(key)));
        }
        long admitted = drain(limiter, key);
        limiter.reset(keys.key(2));
        for (HeldCall<Boolean> call : calls) {
            admitted += Boolean.TRUE.equals(call.end()) ? 1 : 0;
        }
        assertThat(limiter.peek(key, 1).overflow()).isFalse();
        admitted += drain(limiter, key);
        assertThat(admitted).isEqualTo(50);
    }

    /** Room comes while all threads call the same keys. At the clock's standing still, a key has its capacity. */
    @ParameterizedTest
    @ValueSource(strings = {"20/hour", "20/hour, 40/10s"})
    void roomThatComesAndGoesIsNoGain(String limits) throws Exception {
        int takers = 3;
        int rounds = 60;
        int cap = 32;
        String[] texts = limits.split(", ", -1);
        LocalLimiter<K> limiter = build(
                cap, Limit.parse(texts[0]), texts.length == 1 ? new Limit[0] : new Limit[] {Limit.parse(texts[1])});
        AtomicLongArray admitted = new AtomicLongArray(cap);
        AtomicLong all = new AtomicLong();
        AtomicLong most = new AtomicLong();
        AtomicLong tracked = new AtomicLong();
        CyclicBarrier start = new CyclicBarrier(takers + 1, () -> {
            for (int id = 0; id < cap; id++) {
                long count = admitted.getAndSet(id, 0);
                all.addAndGet(count);
                most.accumulateAndGet(count, Math::max);
                tracked.addAndGet(limiter.peek(keys.key(id), 1).overflow() ? 0 : 1);
            }
            time.advance(Duration.ofHours(3));
            limiter.sweep();
            for (int id = 0; id < cap; id++) {
                limiter.tryAcquire(keys.key(1_000 + id));
            }
        });
        List<Callable<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < takers; i++) {
            tasks.add(() -> {
                for (int round = 0; round < rounds; round++) {
                    start.await();
                    for (int id = 0; id < cap; id++) {
                        K key = keys.key(id);
                        for (int call = 0; call < 30; call++) {
                            if (limiter.tryAcquire(key)) {
                                admitted.incrementAndGet(id);
                            }
                        }
                    }
                }
                start.await();
                return null;
            });
        }
        tasks.add(() -> {
            for (int round = 0; round < rounds; round++) {
                start.await();
                for (int id = 0; id < cap; id++) {
                    for (long seen = admitted.get(id), spins = 0; admitted.get(id) == seen && spins < 5_000; spins++) {
                        Thread.onSpinWait();
                    }
                    limiter.reset(keys.key(1_000 + id));
                }
            }
            start.await();
            return null;
        });
        together(tasks);
        Measurements.print(
                "room comes and goes, %s, %s: %d permits of %d, at most %d of 20 at once, %d keys found room",
                keys, limits, all.get(), 20L * rounds * cap, most.get(), tracked.get());
        assertThat(tracked.get()).as("keys that found room").isGreaterThan(rounds);
        // One for each call that was in flight when the key got its row.
        assertThat(most.get()).as("permits at one reading").isLessThanOrEqualTo(20 + takers);
    }

    /** A sweep that reads the clock after a call did must not make a full shared bucket look spent to that call. */
    @Test
    void aSweepDeniesNoCallThatBeganBeforeIt() throws Exception {
        LocalLimiter<K> limiter = build(1, new Limit("one", 1, Duration.ofSeconds(60), 1));
        K key = keys.key(1);
        limiter.tryAcquire(keys.key(2));
        assertThat(limiter.decide(key).overflow()).isTrue();
        time.advance(Duration.ofSeconds(60));
        assertThat(limiter.tryAcquire(keys.key(2))).isTrue();
        time.advance(Duration.ofSeconds(59)); // the shared bucket has been full for as long
        HeldCall<Boolean> call = HeldCall.at(1, () -> limiter.tryAcquire(key));
        assumeThat(call.isHeld()).isTrue();
        time.advanceNanos(1);
        assertThat(limiter.sweep()).isZero();
        assertThat(call.end()).isTrue();
    }

    /** The same for a bucket of the key's own, which the sweep may even take away. */
    @Test
    void aSweepDeniesNoCallOfATrackedKey() throws Exception {
        LocalLimiter<K> limiter = build(1, new Limit("one", 1, Duration.ofSeconds(60), 1));
        K key = keys.key(1);
        limiter.tryAcquire(key);
        time.advance(Duration.ofSeconds(119));
        HeldCall<Boolean> call = HeldCall.at(1, () -> limiter.tryAcquire(key));
        time.advanceNanos(1);
        assertThat(limiter.sweep()).isEqualTo(1);
        assertThat(call.end()).isTrue();
    }

    /**
     * Two limiters are alike, but one is swept. Clients that never overflowed come back to find strangers' debts in the
     * shared buckets: that is not theirs, tracked or evicted.
     */
    @Test
    void anEvictedClientPaysNothingForStrangers() {
        int clients = 1_000;
        LocalLimiter<K> swept = build(clients, Limit.parse("10/minute"));
        LocalLimiter<K> unswept = build(clients, Limit.parse("10/minute"));
        for (int id = 0; id < clients; id++) {
            assertThat(swept.tryAcquire(keys.key(id), 10)).isTrue();
            assertThat(unswept.tryAcquire(keys.key(id), 10)).isTrue();
        }
        time.advance(Duration.ofSeconds(30));
        for (int id = 100_000; id < 110_000; id++) {
            boolean admitted = swept.tryAcquire(keys.key(id), 10);
            assertThat(unswept.tryAcquire(keys.key(id), 10)).isEqualTo(admitted);
        }
        time.advance(Duration.ofSeconds(31));
        assertThat(swept.sweep()).isBetween(clients * 24L / 25, (long) clients); // but for those in a debtor's cell
        long others = 0;
        for (int id = 0; id < clients; id++) {
            long known = drain(unswept, keys.key(id));
            assertThat(known).isEqualTo(10);
            others += drain(swept, keys.key(id)) == known ? 0 : 1;
        }
        Measurements.print(
                "evicted clients that came back, %s: %d of %d were treated as debtors", keys, others, clients);
        // Who shares a cell with a debtor, of whom there is one in each of the shared buckets.
        assertThat(others).isLessThanOrEqualTo(clients / 25);
    }

    /** Clients that overflowed and come back while there is room: each decision is the same, swept or not. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5})
    void noSweepChangesADecisionWhileThereIsRoom(int seed) {
        int cap = 50;
        Limit[] more = seed % 2 == 0 ? new Limit[0] : new Limit[] {Limit.parse("4/s")};
        LocalLimiter<K> swept = build(cap, seed, Limit.parse("10/minute"), more);
        LocalLimiter<K> unswept = build(cap, seed, Limit.parse("10/minute"), more);
        SplittableRandom random = new SplittableRandom(seed);
        for (int cycle = 0; cycle < 20; cycle++) {
            for (int id = 0; id < cap; id++) { // new to both, and none is full before the 30 s are over
                assertThat(swept.decide(keys.key(100 + id), 4).overflow()).isFalse();
                assertThat(unswept.decide(keys.key(100 + id), 4).overflow()).isFalse();
            }
            for (int i = 0; i < 200; i++) {
                K key = keys.key(random.nextInt(40));
                long permits = 1L + random.nextInt(3);
                Decision decision = swept.decide(key, permits);
                assertThat(unswept.decide(key, permits)).isEqualTo(decision);
                assertThat(decision.overflow()).isTrue();
                time.advance(Duration.ofMillis(random.nextInt(100)));
            }
            time.advance(Duration.ofSeconds(24)); // those who filled the limiters are full, the shared buckets are not
            long evicted = swept.sweep();
            assertThat(evicted).isGreaterThan(cap - 5); // but for those in a debtor's cell
            assertThat(unswept.sweep()).isEqualTo(evicted);
            for (int i = 0; i < 600; i++) {
                K key = keys.key(random.nextInt(45)); // five of whom never overflowed
                long permits = 1L + random.nextInt(3);
                assertThat(swept.size()).isLessThan(cap);
                assertThat(unswept.size()).isLessThan(cap);
                assertThat(swept.decide(key, permits))
                        .as("call %s of cycle %s", i, cycle)
                        .isEqualTo(unswept.decide(key, permits));
                time.advance(Duration.ofMillis(random.nextInt(i % 50 == 0 ? 60_000 : 500)));
                swept.sweep();
            }
            time.advance(Duration.ofMinutes(5));
            swept.sweep();
            unswept.sweep();
            assertThat(swept.size()).isZero();
            assertThat(unswept.size()).isZero();
        }
        assertThat(swept.stats().evicted()).isGreaterThan(unswept.stats().evicted());
        assertThat(swept.stats().allowed()).isEqualTo(unswept.stats().allowed());
        assertThat(swept.stats().denied()).isEqualTo(unswept.stats().denied());
    }

    private void together(List<Callable<Void>> tasks) throws Exception {
        for (Future<Void> done : threads.invokeAll(tasks, 1, TimeUnit.MINUTES)) {
            done.get();
        }
    }
}
