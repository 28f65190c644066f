package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.headgate.net.ClientAddress;
import io.headgate.testing.Measurements;
import java.lang.management.ManagementFactory;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is the table's own: its room, its bytes, its hash, and what happens to a slot that changes hands. */
class AddressTableTest {

    private static final long SECOND = 1_000_000_000L;

    private final ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static AddressTable table(long maxKeys, String... limits) {
        return table(maxKeys, new SecureRandom(), limits);
    }

    private static AddressTable table(long maxKeys, RandomGenerator random, String... limits) {
        TokenBucket[] buckets =
                Arrays.stream(limits).map(Limit::parse).map(TokenBucket::new).toArray(TokenBucket[]::new);
        return Tables.usual(maxKeys, random, buckets);
    }

    private static long evictAll(AddressTable table, long now) {
        long count = 0;
        for (BucketStore.SweepCursor cursor = table.sweepCursor(); cursor.hasNext(); ) {
            count += cursor.evict(now, 256);
        }
        return count;
    }

    /** A client a number; no two numbers below 2^32 have one. */
    private static ClientAddress client(long number) {
        long mixed = (number * 0x9E3779B97F4A7C15L) >>> 4;
        return ClientAddress.parse(
                "2" + Long.toHexString((mixed >>> 48) & 0xFFF) + ':' + Long.toHexString((mixed >>> 32) & 0xFFFF) + ':'
                        + Long.toHexString((mixed >>> 16) & 0xFFFF) + ':' + Long.toHexString(mixed & 0xFFFF) + "::1");
    }

    /** Room for a million keys, 99 % of it taken all the time, by clients that stay for up to 100 seconds each. */
    @Test
    void upTo99PercentOfItsRoomNoNewcomerIsDenied() {
        long most = 1_000_000;
        AddressTable table = table(most, "1/s burst 100");
        Random random = new Random(1);
        long next = 0;
        long now = 0;
        for (; next < 4 * most; now += SECOND) {
            while (table.size() < most / 100 * 99) {
                ClientAddress newcomer = client(next++);
                assertThat(table.insert(newcomer, true, now))
                        .as("newcomer %s", next)
                        .isTrue();
                table.apply(newcomer, Operation.TAKE, 1 + random.nextInt(100), now, null);
            }
            evictAll(table, now);
        }
        while (table.size() < most && table.insert(client(next++), true, now)) {
            assertThat(table.size()).isLessThanOrEqualTo(most); // the last percent has no promise
        }
        Measurements.print("%d newcomers at 99 %% of %d, none denied; then the first at %d", next, most, table.size());
    }

    @Test
    void aClientTakes24BytesAtFourFifthsOfTheCap() {
        assertThat(table(1_250_000, "1/s").memoryBytes()).isLessThanOrEqualTo(24_000_000);
    }

    /**
     * A thread reads a client's state and falls asleep; the client is evicted and another one gets the slot. The step is
     * where it sleeps.
     */
    @ParameterizedTest
    @ValueSource(strings = {"not charged yet", "full to the unit", "long full"})
    void aLateChargeNeverHitsTheNextKeyOfTheSlot(String state) {
        ClientAddress sleeper = client(1);
        ClientAddress next = client(2);
        for (int limit = 0; limit < 2; limit++) {
            AtomicReference<Runnable> meanwhile = new AtomicReference<>(() -> {});
            TokenBucket[] buckets = {
                bucket("1/s burst 5", limit == 0, meanwhile), bucket("2/s burst 5", limit == 1, meanwhile)
            };
            AddressTable table = Tables.usual(1, new SecureRandom(), buckets);
            table.insert(sleeper, true, 0);
            if (!state.equals("not charged yet")) {
                table.apply(sleeper, Operation.TAKE, 1, 0, null);
            }
            long now = state.equals("long full") ? 7 * SECOND : SECOND;
            int sleeping = limit;
            meanwhile.set(() -> {
                // A call that has charged the first limit at an old reading, and comes to the second one now.
                assertThat(evictAll(table, sleeping == 0 ? now : now + SECOND)).isEqualTo(1);
                assertThat(table.insert(next, true, now)).isTrue();
            });
            assertThat(table.apply(sleeper, Operation.TAKE, 1, now, null)).isEqualTo(Buckets.ABSENT);
            long[] states = new long[2];
            assertThat(table.apply(next, Operation.LOOK, 1, now, states)).isEqualTo(Buckets.ADMITTED);
            assertThat(states[0]).isLessThan(TokenBucket.FIRST_TIME); // nobody has charged it
            assertThat(states[1]).isLessThan(TokenBucket.FIRST_TIME);
            assertThat(table.size()).isEqualTo(1);
            assertThat(evictAll(table, now)).isEqualTo(1);
        }
    }

    private static TokenBucket bucket(String limit, boolean sleepy, AtomicReference<Runnable> meanwhile) {
        return sleepy ? new SleepyBucket(Limit.parse(limit), meanwhile) : new TokenBucket(Limit.parse(limit));
    }

    /** As above, but the sleeper was about to be denied: it must not be denied by a debt that is gone. */
    @Test
    void aLateDenialIsNotTheNextKeys() {
        AtomicReference<Runnable> meanwhile = new AtomicReference<>(() -> {});
        AddressTable table = Tables.usual(1, new SecureRandom(), bucket("1/s burst 5", true, meanwhile));
        ClientAddress client = client(1);
        table.insert(client, true, 0);
        table.apply(client, Operation.TAKE, 5, 0, null);
        meanwhile.set(() -> table.apply(client, Operation.RESET, 0, 0, null));
        assertThat(table.apply(client, Operation.TAKE, 1, 0, null)).isEqualTo(Buckets.ADMITTED);
    }

    /** The second state is charged after an eviction has seen that it is full, and before the first one is moved. */
    @Test
    void anEvictionThatAChargeOvertookLeavesTheSlotAndTheCharge() throws Exception {
        CountDownLatch secondMoved = new CountDownLatch(1);
        CountDownLatch evictionEnded = new CountDownLatch(1);
        ExecutorService charger = Executors.newSingleThreadExecutor();
        AtomicReference<Callable<?>> seenFull = new AtomicReference<>(() -> null);
        TokenBucket first = new TokenBucket(Limit.parse("1/s burst 5")) {
            @Override
            long owe(long state, long owing, long now) {
                secondMoved.countDown();
                await(evictionEnded);
                return super.owe(state, owing, now);
            }
        };
        TokenBucket second = new TokenBucket(Limit.parse("2/s burst 9")) {
            @Override
            boolean isFull(long state, long now) {
                boolean full = super.isFull(state, now);
                try {
                    seenFull.getAndSet(() -> null).call();
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
                return full;
            }
        };
        AddressTable table = Tables.usual(1, new SecureRandom(), first, second);
        ClientAddress client = client(1);
        table.insert(client, true, 0);
        CompletableFuture<Integer> charge = new CompletableFuture<>();
        seenFull.set(() -> {
            long[] debts = {TokenBucket.NEW, second.owing(4 * SECOND, 0, 0)};
            charger.execute(() -> charge.complete(table.apply(client, Operation.OWE, 0, 0, debts)));
            await(secondMoved);
            return null;
        });
        assertThat(evictAll(table, 0)).isZero();
        evictionEnded.countDown();
        assertThat(charge.get(10, TimeUnit.SECONDS)).isEqualTo(Buckets.ADMITTED);
        charger.shutdown();
        long[] states = new long[2];
        assertThat(table.apply(client, Operation.LOOK, 1, 0, states)).isEqualTo(Buckets.ADMITTED);
        assertThat(second.nanosUntilFull(states[1], 0)).isEqualTo(4 * SECOND);
        assertThat(table.size()).isEqualTo(1);
        assertThat(evictAll(table, 4 * SECOND)).isEqualTo(1);
    }

    /** The charger has moved the second state and finds the first one retired; then the slot stays, with that charge. */
    @Test
    void aChargeThatMeetsAnEvictionInItsMidstIsMadeOnce() throws Exception {
        CountDownLatch secondMoved = new CountDownLatch(1);
        CountDownLatch firstRetired = new CountDownLatch(1);
        AtomicReference<Runnable> charged = new AtomicReference<>(() -> {});
        AtomicReference<Runnable> seenFull = new AtomicReference<>(() -> {});
        TokenBucket first = new TokenBucket(Limit.parse("1/s burst 5"));
        TokenBucket second = new TokenBucket(Limit.parse("2/s burst 9")) {
            private int charges;

            @Override
            long charge(long state, long permits, long now, long mostDebt) {
                if (++charges == 2) { // asked once more, when its state has moved
                    charged.getAndSet(() -> {}).run();
                }
                return super.charge(state, permits, now, mostDebt);
            }

            @Override
            boolean isFull(long state, long now) {
                boolean full = super.isFull(state, now);
                seenFull.getAndSet(() -> {}).run();
                return full;
            }
        };
        AddressTable table = Tables.usual(1, new SecureRandom(), first, second);
        ClientAddress client = client(1);
        table.insert(client, true, 0);
        charged.set(() -> {
            secondMoved.countDown();
            await(firstRetired);
        });
        CompletableFuture<Integer> charge = new CompletableFuture<>();
        Thread charger = new Thread(() -> charge.complete(table.apply(client, Operation.CHARGE, 2, 0, null)));
        seenFull.set(
                () -> { // before the first state is retired
                    charger.start();
                    await(secondMoved);
                    seenFull.set(
                            () -> { // after it was
                                firstRetired.countDown();
                                while (charger.getState()
                                        != Thread.State.BLOCKED) { // by the lock that this thread holds
                                    Thread.onSpinWait();
                                }
                            });
                });
        assertThat(evictAll(table, 0)).isZero();
        assertThat(charge.get(10, TimeUnit.SECONDS)).isEqualTo(Buckets.ADMITTED);
        long[] states = new long[2];
        table.apply(client, Operation.LOOK, 1, 0, states);
        assertThat(first.nanosUntilFull(states[0], 0)).isEqualTo(2 * SECOND);
        assertThat(second.nanosUntilFull(states[1], 0)).isEqualTo(SECOND);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void measuresASweepOfAMillion() {
        int count = 1_000_000;
        AddressTable table = table(count + count / 4, "1/s");
        for (int round = 0; round < 3; round++) {
            long now = 10L * round * SECOND;
            for (int i = 0; i < count; i++) {
                table.insert(client(i), true, now);
                table.apply(client(i), Operation.TAKE, 1, now, null);
            }
            long start = thread.getCurrentThreadCpuTime();
            assertThat(evictAll(table, now)).isZero();
            long idle = thread.getCurrentThreadCpuTime();
            assertThat(evictAll(table, now + SECOND)).isEqualTo(count);
            long end = thread.getCurrentThreadCpuTime();
            Measurements.print(
                    "sweep of %d clients, round %d: none full %.1f ms of CPU, all full %.1f ms",
                    count, round, (idle - start) / 1e6, (end - idle) / 1e6);
        }
        assertThat(table.size()).isZero();
        assertThat(table.evicted()).isEqualTo(3L * count);
    }
}
