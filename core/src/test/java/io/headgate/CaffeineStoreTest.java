package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.LiveHeap;
import io.headgate.testing.LogRecords;
import io.headgate.testing.Measurements;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What eviction by use gives up, and what it keeps at the cap. What has nothing to do with the cap is in the tests of all
 * stores ({@link Keys#withCaches}).
 */
class CaffeineStoreTest {

    private static final int MOST = 100;
    private static final String HEAVY = "heavy";

    private final FakeTicker time = new FakeTicker();
    /** What happens right after the next readings. */
    private final Deque<Runnable> meanwhile = new ArrayDeque<>();

    private <K> LocalLimiter<K> limiter(Overflow overflow, String first, Limit... more) {
        return Limiter.<K>builder(Limit.parse(first), more)
                .maxKeys(MOST)
                .overflow(overflow)
                .ticker(this::read)
                .sweepInterval(Duration.ZERO)
                .build();
    }

    private long read() {
        long reading = time.read();
        Runnable next = meanwhile.poll();
        if (next != null) {
            next.run();
        }
        return reading;
    }

    /** Ten times as many keys as there is room for, each of them more popular than anybody may be counted. */
    private static void flood(Limiter<String> limiter) {
        flood(limiter, () -> {});
    }

    private static void flood(Limiter<String> limiter, Runnable afterEachCall) {
        for (int batch = 0; batch < 20; batch++) {
            for (int round = 0; round < 16; round++) {
                for (int key = 0; key < MOST / 2; key++) {
                    limiter.tryAcquire("flood " + batch + ' ' + key);
                    afterEachCall.run();
                }
            }
        }
    }

    /** The heart of it: with any other rule it stays denied, since whoever owes is not evicted. */
    @ParameterizedTest
    @EnumSource
    void aFloodMakesAHeavyClientWholeAgainUnderEvictAlone(Overflow overflow) {
        LocalLimiter<String> limiter = limiter(overflow, "5/hour");
        assertThat(limiter.tryAcquire(HEAVY, 5)).isTrue();
        assertThat(limiter.tryAcquire(HEAVY)).isFalse();
        flood(limiter);
        assertThat(limiter.peek(HEAVY, 1).remaining()).isEqualTo(overflow == Overflow.EVICT ? 5 : 0);
        assertThat(limiter.tryAcquire(HEAVY, 5)).isEqualTo(overflow == Overflow.EVICT);
    }

    /** No overflow: a newcomer always has a bucket of its own, and is limited by it. */
    @Test
    void nobodySharesOrIsTurnedAway() {
        LocalLimiter<String> limiter = limiter(Overflow.EVICT, "5/hour");
        for (int i = 0; i < 10 * MOST; i++) {
            Decision decision = limiter.decide("newcomer " + i, 5);
            assertThat(decision.allowed()).isTrue();
            assertThat(decision.overflow()).isFalse();
            assertThat(decision.remaining()).isZero();
        }
        LimiterStats stats = limiter.stats();
        assertThat(stats.overflowed()).isZero();
        assertThat(stats.deniedAtCapacity()).isZero();
        assertThat(stats.allowed()).isEqualTo(10 * MOST);
        assertThat(stats.size()).isEqualTo(MOST);
        assertThat(stats.evicted()).isEqualTo(9 * MOST);
        assertThat(stats.sharedMemoryBytes()).isZero();
    }

    /** A key tells how many there are whenever it is asked for its hash code, as by an eviction. */
    private record Counting(int id, AtomicLong most, LocalLimiter<?> limiter) {

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Counting counting && counting.id == id;
        }

        @Override
        public int hashCode() {
            most.accumulateAndGet(limiter.size(), Math::max);
            return id;
        }
    }

    @Test
    void thereAreMoreKeysThanTheMostWhileACallEvicts() {
        LocalLimiter<Counting> limiter = limiter(Overflow.EVICT, "5/hour");
        AtomicLong most = new AtomicLong();
        for (int id = 0; id < MOST; id++) {
            limiter.tryAcquire(new Counting(id, most, limiter));
        }
        assertThat(most.get()).isLessThanOrEqualTo(MOST);
        limiter.tryAcquire(new Counting(MOST, most, limiter));
        assertThat(most.get()).isEqualTo(MOST + 1);
        assertThat(limiter.size()).isEqualTo(MOST);
    }

    /** The call has found its row and falls asleep. Meanwhile the row is evicted. */
    @Test
    void aChargeInProgressOnARowThatIsEvictedIsLost() {
        AtomicReference<Runnable> sleep = new AtomicReference<>(() -> {});
        TokenBucket[] buckets = {new SleepyBucket(Limit.parse("5/hour"), sleep)};
        BucketStore<String> store = new CaffeineStore<>("test", buckets, time, MOST);
        sleep.set(() -> {
            for (int batch = 0; batch < 20; batch++) {
                for (int round = 0; round < 16; round++) {
                    for (int key = 0; key < MOST / 2; key++) {
                        store.apply("flood " + batch + ' ' + key, Operation.TAKE, 1, 0, null);
                    }
                }
            }
        });
        assertThat(store.apply(HEAVY, Operation.TAKE, 5, 0, null)).isEqualTo(Buckets.ADMITTED);
        assertThat(store.apply(HEAVY, Operation.LOOK, 1, 0, null)).isEqualTo(Buckets.ABSENT);
        assertThat(store.apply(HEAVY, Operation.TAKE, 5, 0, null)).isEqualTo(Buckets.ADMITTED);
    }

    /**
     * A call reads the clock and falls asleep; the key is spent and refilled; then it is evicted, full as it is. By a
     * sweep: the watermark has the call pay. By use: it pays nothing, and one permit too many is admitted.
     */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void timeRunsBackwardsOverAnEvictionByUseAlone(boolean swept) {
        LocalLimiter<String> limiter = limiter(Overflow.EVICT, "3/minute");
        meanwhile.add(() -> {
            assertThat(limiter.tryAcquire(HEAVY, 3)).isTrue();
            time.advance(Duration.ofMinutes(1));
            if (swept) {
                assertThat(limiter.sweep()).isEqualTo(1);
            } else {
                flood(limiter);
            }
        });
        assertThat(limiter.tryAcquire(HEAVY)).isTrue();
        assertThat(limiter.peek(HEAVY, 1).remaining()).isEqualTo(swept ? 2 : 3);
    }

    @Test
    void aRefundOfWhatAnEvictedRowWasChargedGoesToTheNewOne() {
        LocalLimiter<String> limiter = limiter(Overflow.EVICT, "5/hour");
        Decision before = limiter.decide(HEAVY, 3);
        flood(limiter);
        assertThat(limiter.tryAcquire(HEAVY, 3)).isTrue();
        before.refund(3);
        assertThat(limiter.peek(HEAVY, 1).remaining()).isEqualTo(5);
    }

    /** As long as it is there, it gets back what it took and no more. */
    @Test
    void chargesDebtsAndRefundsOfATrackedClientAreExact() {
        LocalLimiter<String> limiter = limiter(Overflow.EVICT, "6/minute", Limit.parse("60/hour burst 6"));
        limiter.charge(HEAVY, 8);
        assertThat(limiter.peek(HEAVY, 1).retryAfter()).contains(Duration.ofMinutes(3));
        limiter.charge(HEAVY, 9); // at most as much again
        assertThat(limiter.stats().droppedPermits()).isEqualTo(5);
        limiter.refund(HEAVY, 9);
        assertThat(limiter.peek(HEAVY, 1).remaining()).isEqualTo(3);
        Decision decision = limiter.decide(HEAVY, 2);
        decision.refund(1);
        decision.refund(9);
        assertThat(limiter.peek(HEAVY, 1).remaining()).isEqualTo(3);
        assertThat(limiter.owe(HEAVY, new long[] {0, Duration.ofMinutes(5).toNanos()}, time.read()))
                .isTrue();
        assertThat(limiter.peek(HEAVY, 1).remaining()).isEqualTo(1);
        assertThat(limiter.owe("newcomer", new long[] {Duration.ofSeconds(20).toNanos(), 0}, time.read()))
                .isTrue();
        assertThat(limiter.peek("newcomer", 1).remaining()).isEqualTo(4);
        limiter.reset(HEAVY);
        assertThat(limiter.peek(HEAVY, 1).remaining()).isEqualTo(6);
    }

    /** A sweep evicts the idle ones, so that fewer have to be evicted by use, and forgives nobody. */
    @Test
    void aSweepEvictsExactlyWhoIsFull() {
        LocalLimiter<String> limiter = limiter(Overflow.EVICT, "6/minute");
        for (int key = 0; key < MOST; key++) {
            limiter.tryAcquire("key " + key, 1 + key % 2);
        }
        assertThat(limiter.sweep()).isZero();
        time.advance(Duration.ofSeconds(10));
        assertThat(limiter.sweep()).isEqualTo(MOST / 2);
        assertThat(limiter.size()).isEqualTo(MOST / 2);
        assertThat(limiter.stats().evicted()).isEqualTo(MOST / 2);
        for (int key = 0; key < MOST; key++) {
            assertThat(limiter.peek("key " + key, 1).remaining()).isEqualTo(6 - key % 2);
        }
        limiter.close();
        assertThat(limiter.tryAcquire("key 1", 5)).isTrue();
    }

    /** A client that is only looked at is as little used as one that nobody asks for. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPeekIsNoUse(boolean peeked) {
        LocalLimiter<String> limiter = limiter(Overflow.EVICT, "5/hour");
        limiter.tryAcquire(HEAVY);
        flood(limiter, () -> {
            if (peeked) {
                limiter.peek(HEAVY, 1).remaining();
            } else {
                limiter.tryAcquire(HEAVY);
            }
        });
        assertThat(limiter.peek(HEAVY, 1).remaining()).isEqualTo(peeked ? 5 : 0);
    }

    @Test
    void clientsAreNetworksAndTheListenerIsToldSo() {
        AtomicReference<@Nullable ClientAddress> told = new AtomicReference<>();
        LocalLimiter<ClientAddress> limiter = Limiter.forAddresses(Limit.parse("1/hour"))
                .overflow(Overflow.EVICT)
                .onDenied((ClientAddress client) -> told.set(client))
                .ticker(time)
                .sweepInterval(Duration.ZERO)
                .build();
        assertThat(limiter.tryAcquire(ClientAddress.parse("2001:db8:1:2::3"))).isTrue();
        assertThat(limiter.tryAcquire(ClientAddress.parse("2001:db8:1:2:ffff::4")))
                .isFalse();
        assertThat(told.get()).isEqualTo(ClientAddress.parse("2001:db8:1:2::"));
        assertThat(limiter.tryAcquire(ClientAddress.parse("192.0.2.1"))).isTrue();
        assertThat(limiter.tryAcquire(ClientAddress.parse("64:ff9b::192.0.2.1")))
                .isFalse();
        assertThat(limiter.size()).isEqualTo(2);
    }

    @Test
    void theRuleIsOneOfTheSettings() {
        LimiterBuilder<String> builder = Limiter.builder(Limit.parse("1/hour"));
        Object shares = builder.settings();
        assertThat(builder.overflow(Overflow.EVICT).settings()).isNotEqualTo(shares);
    }

    /** Makes a limiter where there is no Caffeine. */
    public static final class Application implements Callable<LocalLimiter<String>> {
        @Override
        public LocalLimiter<String> call() {
            return Limiter.<String>builder(Limit.parse("1/day"))
                    .name("mails")
                    .overflow(Overflow.EVICT)
                    .build();
        }
    }

    private static URL codeOf(Class<?> type) {
        return type.getProtectionDomain().getCodeSource().getLocation();
    }

    @Test
    void withoutCaffeineTheBuilderSaysWhatToAdd() throws Exception {
        URL[] urls = {codeOf(LocalLimiter.class), codeOf(CaffeineStoreTest.class)};
        try (URLClassLoader application = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader())) {
            Callable<?> making = (Callable<?>) application
                    .loadClass(Application.class.getName())
                    .getConstructor()
                    .newInstance();
            assertThatThrownBy(making::call)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage(
                            "limiter \"mails\" has Overflow.EVICT, which needs Caffeine: add"
                                    + " com.github.ben-manes.caffeine:caffeine 3 to the application, or choose another overflow");
        }
    }

    @Test
    void saysWhatHappensIfTheHeapIsTooSmall() {
        try (LogRecords log = new LogRecords(LocalLimiter.class)) {
            LocalLimiter<String> limiter = Limiter.<String>builder(Limit.parse("1/day"))
                    .maxKeys(1 << 30)
                    .overflow(Overflow.EVICT)
                    .sweepInterval(Duration.ZERO)
                    .build();
            assertThat(limiter.memoryBytes()).isEqualTo(8_000 + 116L * (1 << 30));
            assertThat(log.warnings())
                    .containsExactly(
                            "maxKeys 1073741824 of limiter \"limiter\" may take 124554059584 bytes, and the heap"
                                    + " has at most " + Runtime.getRuntime().maxMemory()
                                    + ": calls for keys beyond what fits will throw an OutOfMemoryError. Choose a smaller maxKeys"
                                    + " or a larger heap (-Xmx).");
        }
    }

    /** The keys are not the limiter's. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void occupiesNoMoreThanItSaid(int limits) {
        int most = 200_000;
        Integer[] keys = new Integer[2 * most];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = i;
        }
        Limit[] more = {Limit.parse("500/h"), Limit.parse("1000/day")};
        limiter(Overflow.EVICT, "1/minute").tryAcquire(HEAVY); // loads what there is to load
        long before = LiveHeap.bytes();
        LocalLimiter<Integer> limiter = Limiter.<Integer>builder(
                        Limit.parse("1/minute"), limits == 1 ? new Limit[0] : more)
                .maxKeys(most)
                .overflow(Overflow.EVICT)
                .ticker(time)
                .sweepInterval(Duration.ZERO)
                .build();
        long empty = LiveHeap.bytes() - before;
        for (int i = 0; i < most; i++) {
            limiter.tryAcquire(keys[i]);
        }
        long filled = LiveHeap.bytes() - before;
        long told = limiter.stats().memoryBytes();
        for (int i = 0; i < most; i++) {
            limiter.tryAcquire(keys[most + i]);
        }
        long churned = LiveHeap.bytes() - before;
        time.advance(Duration.ofDays(1));
        limiter.sweep();
        long left = LiveHeap.bytes() - before;
        long toldLeft = limiter.stats().memoryBytes();
        Measurements.print(
                "a cache of %d limits: %d bytes empty; %d keys: promised %d, told %d, took %d bytes a key, %d after as many"
                        + " newcomers; after a sweep of all %d bytes, told %d",
                limits,
                empty,
                most,
                limiter.memoryBytes() / most,
                told / most,
                filled / most,
                churned / most,
                left,
                toldLeft);
        assertThat(limiter.size()).isZero();
        assertThat(empty).isLessThanOrEqualTo(8_000);
        assertThat(filled).isLessThanOrEqualTo(told);
        assertThat(told).isEqualTo(limiter.memoryBytes());
        assertThat(left).isLessThanOrEqualTo(toldLeft); // the tables stay as large as they were
        assertThat(churned).isLessThanOrEqualTo(limiter.memoryBytes());
        assertThat(keys).doesNotContainNull(); // they are all there until here
    }
}
