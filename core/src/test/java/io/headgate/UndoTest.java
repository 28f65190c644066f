package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.Measurements;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A call that one limit admits and a later one denies takes back what it has taken, and nothing that others have. */
class UndoTest {

    private static final long SECOND = 1_000_000_000L;
    private static final int THREADS = 3;

    private final FakeTicker ticker = new FakeTicker();
    private final AtomicReference<Runnable> meanwhile = new AtomicReference<>(() -> {});

    static Stream<BucketStore.Factory<ClientAddress>> stores() {
        return Stream.of(
                KeyKind.<ClientAddress>any().stores(),
                KeyKind.networks(32, 64, List.of()).stores(),
                Tables.ofSmallParts(1));
    }

    private int take(BucketStore<ClientAddress> store, long permits) {
        return store.apply(KEY, Operation.TAKE, permits, ticker.read(), null);
    }

    private static final ClientAddress KEY = ClientAddress.parse("192.0.2.1");

    /** The call falls asleep between its charges until its first one has been earned back, and another has paid anew. */
    @ParameterizedTest
    @MethodSource("stores")
    void whatHasBeenEarnedBackIsNotTakenFromWhoPaidAfterwards(BucketStore.Factory<ClientAddress> stores) {
        TokenBucket[] buckets = {new TokenBucket(Limit.parse("1/2s")), new SleepyBucket(Limit.parse("1/s"), meanwhile)};
        BucketStore<ClientAddress> store = stores.open("test", buckets, ticker, null, 0, 10, new SplittableRandom(1));
        store.insert(KEY, true, 0);
        meanwhile.set(() -> {
            ticker.set(2 * SECOND);
            assertThat(take(store, 1)).isEqualTo(Buckets.ADMITTED);
        });
        assertThat(store.apply(KEY, Operation.TAKE, 1, 0, null)).isEqualTo(1);
        assertThat(store.undone()).isEqualTo(1);
        ticker.set(3 * SECOND);
        assertThat(take(store, 1)).isZero();
        ticker.set(4 * SECOND);
        assertThat(take(store, 1)).isEqualTo(Buckets.ADMITTED);
    }

    /** Undone at once, a charge costs a unit: the permit is there a nanosecond later. */
    @ParameterizedTest
    @MethodSource("stores")
    void anUndoneChargeCostsANanosecond(BucketStore.Factory<ClientAddress> stores) {
        TokenBucket[] buckets = {
            new TokenBucket(Limit.parse("1/2s burst 2")), new SleepyBucket(Limit.parse("1/s"), meanwhile)
        };
        BucketStore<ClientAddress> store = stores.open("test", buckets, ticker, null, 0, 10, new SplittableRandom(1));
        store.insert(KEY, true, 0);
        take(store, 1);
        ticker.set(SECOND);
        meanwhile.set(() -> store.apply(KEY, Operation.CHARGE, 1, ticker.read(), null)); // leaves the second one empty
        store.apply(KEY, Operation.REFUND, 1, ticker.read(), null);
        assertThat(take(store, 1)).isEqualTo(1);
        long[] states = new long[2];
        store.apply(KEY, Operation.LOOK, 1, ticker.read(), states);
        assertThat(buckets[0].nanosUntilFull(states[0], ticker.read())).isEqualTo(2 * SECOND + 1);
    }

    @Test
    void aUsersRefundOfWhatWasTakenAtTheSameReadingIsExact() {
        LocalLimiter<String> limiter = Limiter.<String>builder(Limit.parse("7/minute"), Limit.parse("9/s burst 20"))
                .ticker(ticker)
                .build();
        for (int i = 0; i < 1_000; i++) {
            assertThat(limiter.tryAcquire("a", 7)).isTrue();
            limiter.refund("a", 7);
        }
        limiter.close();
    }

    /** In no window of readings is more admitted than the window's due, also if calls are undone and rows come and go. */
    @ParameterizedTest
    @MethodSource("io.headgate.Keys#withCaches")
    <K> void noWindowHoldsMoreThanItsDue(Keys<K> keys) throws Exception {
        int steps = 40;
        int rounds = 250;
        // The second one denies often, so that charges of the first are undone.
        Limit slow = new Limit("slow", 1, Duration.ofSeconds(2), 4);
        Limit quick = new Limit("quick", 2, Duration.ofSeconds(3), 2);
        LocalLimiter<K> limiter = keys.builder(slow, quick)
                .ticker(ticker)
                .sweepInterval(Duration.ZERO)
                .build();
        K key = keys.key(1);
        AtomicIntegerArray admitted = new AtomicIntegerArray(steps);
        List<String> wrong = new ArrayList<>();
        int[] step = {0};
        CyclicBarrier barrier = new CyclicBarrier(THREADS, () -> {
            step[0]++;
            ticker.advance(Duration.ofSeconds(1));
            if (step[0] == steps) {
                check(admitted, slow, wrong);
                check(admitted, quick, wrong);
                for (int i = 0; i < steps; i++) {
                    admitted.set(i, 0);
                }
                step[0] = 0;
                ticker.advance(Duration.ofMinutes(1));
            }
        });
        ExecutorService executor = Executors.newFixedThreadPool(THREADS);
        List<Future<?>> all = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
            Random random = new Random(thread);
            all.add(executor.submit(() -> {
                for (int i = 0; i < steps * rounds; i++) {
                    int now = step[0];
                    for (int call = 0; call < 3; call++) {
                        int permits = 1 + random.nextInt(2);
                        if (limiter.tryAcquire(key, permits)) {
                            admitted.addAndGet(now, permits);
                        }
                        if (random.nextInt(8) == 0) {
                            limiter.sweep();
                        }
                    }
                    barrier.await(10, TimeUnit.SECONDS);
                }
                return null;
            }));
        }
        executor.shutdown();
        for (Future<?> future : all) {
            future.get(60, TimeUnit.SECONDS);
        }
        Measurements.print("%s: %d of %d calls undone", keys, limiter.stats().undone(), 9L * steps * rounds);
        assertThat(wrong).isEmpty();
    }

    private static void check(AtomicIntegerArray admitted, Limit limit, List<String> wrong) {
        for (int from = 0; from < admitted.length(); from++) {
            long sum = 0;
            for (int to = from; to < admitted.length(); to++) {
                sum += admitted.get(to);
                double due = limit.capacity()
                        + (double) limit.permits()
                                * (to - from)
                                / limit.period().toSeconds();
                if (sum > due) {
                    wrong.add(sum + " of " + due + " of " + limit.name() + " in " + admitted);
                }
            }
        }
    }
}
