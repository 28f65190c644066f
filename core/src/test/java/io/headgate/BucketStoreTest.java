package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random programs, run on a store and on the obvious thing: a map of states that evicts only what the store evicted. */
class BucketStoreTest {

    private static final int CLIENTS = 40;

    /** A store and the keys for it. */
    record Subject<K>(String name, BucketStore.Factory<K> stores, IntFunction<K> keys, boolean makesRows) {

        Subject(String name, BucketStore.Factory<K> stores, IntFunction<K> keys) {
            this(name, stores, keys, false);
        }

        /** One that makes a row for whom it charges and that never says that there is no room: so there is some for all. */
        static <K> Subject<K> cache(String name, KeyKind<K> kind, IntFunction<K> keys) {
            return new Subject<>(name, kind.evictedByUse().stores(), keys, true);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Subject<?>> subjects() {
        return Stream.of(
                new Subject<>("map", KeyKind.any().stores(), Keys.MAP::key),
                new Subject<>(
                        "table of /64", KeyKind.networks(32, 64, List.of()).stores(), Keys.BOTH::key),
                new Subject<>(
                        "table of /32",
                        KeyKind.networks(32, 32, List.of()).stores(),
                        id -> ClientAddress.parse("2a00:" + Integer.toHexString(id + 1) + ":7::1")),
                Subject.cache("cache", KeyKind.any(), Keys.MAP::key),
                Subject.cache("cache of /64", KeyKind.networks(32, 64, List.of()), Keys.IPV6::key),
                new Subject<>("table of small parts", Tables.ofSmallParts(2), Keys.BOTH::key),
                new Subject<>("table of the smallest parts", Tables.ofSmallParts(1), Keys.BOTH::key));
    }

    @ParameterizedTest
    @MethodSource("subjects")
    <K> void behavesAsAMapOfStatesThatEvictsFullBuckets(Subject<K> subject) {
        for (int seed = 0; seed < 60; seed++) {
            new Program<>(subject, seed).run(3_000);
        }
    }

    /**
     * Somebody else charges the new bucket first: then it is no longer new, and the watermark does not count, but the
     * call's own reading, or, as this one denies, one taken after the state was read.
     */
    @ParameterizedTest
    @MethodSource("subjects")
    <K> void onlyANewBucketIsChargedAsOfTheWatermark(Subject<K> subject) {
        AtomicReference<Runnable> sleep = new AtomicReference<>(() -> {});
        TokenBucket[] buckets = {new SleepyBucket(Limit.parse("2/minute"), sleep)};
        long late = 1_000_000_000_000L;
        FakeTicker ticker = new FakeTicker(late);
        BucketStore<K> store = subject.stores.open("test", buckets, ticker, null, 0, 10, new SplittableRandom(1));
        K key = subject.keys.apply(1);
        store.insert(key, true, late);
        assertThat(store.sweepCursor().evict(late, 1_000)).isEqualTo(1);
        store.insert(key, true, late);
        sleep.set(() -> {
            store.apply(key, Operation.TAKE, 1, late, null);
            ticker.set(late - 29_000_000_000L); // the watermark would admit
        });
        long early = 0;
        assertThat(store.apply(key, Operation.TAKE, 1, early, null)).isZero();
        long[] states = new long[1];
        store.apply(key, Operation.LOOK, 1, late, states);
        assertThat(buckets[0].available(states[0], late)).isEqualTo(1);
    }

    private static final class Program<K> {

        private static final Operation[] OPERATIONS = {
            Operation.TAKE, Operation.TAKE, Operation.CHARGE, Operation.OWE, Operation.REFUND, Operation.RESET
        };

        private final Random random;
        private final IntFunction<K> keys;
        private final TokenBucket[] buckets;
        private final long maxKeys;
        private final boolean makesRows;
        private final BucketStore<K> store;

        private final Map<Integer, long[]> states = new HashMap<>();
        private long now;
        private boolean charged;
        private boolean owed;
        /** The latest reading at which any key was evicted. */
        private long watermark = Long.MIN_VALUE;

        Program(Subject<K> subject, int seed) {
            random = new Random(seed);
            keys = subject.keys;
            Limit[] limits = {Limit.parse("2/s burst 4"), Limit.parse("3/s burst 5"), Limit.parse("1000000/s")};
            buckets =
                    Arrays.stream(limits, 0, 1 + seed % 3).map(TokenBucket::new).toArray(TokenBucket[]::new);
            makesRows = subject.makesRows;
            maxKeys = makesRows ? 10 * CLIENTS : 1L + random.nextInt(2 * CLIENTS);
            store = subject.stores.open("test", buckets, () -> now, null, 0, maxKeys, new SplittableRandom(seed));
        }

        void run(int steps) {
            for (int i = 0; i < steps; i++) {
                int id = random.nextInt(CLIENTS);
                switch (random.nextInt(8)) {
                    case 0 -> now += random.nextInt(-200, 1_500) * 1_000_000L;
                    case 1 -> insert(id);
                    case 2 -> sweep();
                    default -> update(id);
                }
                compare(id);
            }
            assertThat(store.evicted()).isPositive();
        }

        private void insert(int id) {
            boolean room = store.hasRoom(keys.apply(id), now);
            evict();
            boolean inserted = store.insert(keys.apply(id), true, now);
            evict();
            assertThat(inserted).isEqualTo(states.containsKey(id) || room);
            assertThat(inserted || states.size() == maxKeys).isTrue();
            if (inserted && !states.containsKey(id)) {
                long[] begin = new long[buckets.length];
                Arrays.fill(begin, TokenBucket.NEW);
                states.put(id, begin);
            }
        }

        private void update(int id) {
            Operation operation = OPERATIONS[random.nextInt(OPERATIONS.length)];
            if (makesRows && operation != Operation.REFUND && operation != Operation.RESET) {
                insert(id);
            }
            long permits = 1L + random.nextInt(5);
            long[] given = new long[buckets.length];
            for (int i = 0; operation == Operation.OWE && i < given.length; i++) {
                given[i] = buckets[i].owing(random.nextInt(3) * 900_000_000L, now, now);
            }
            int result = store.apply(keys.apply(id), operation, permits, now, given.clone());
            long[] expected = states.get(id);
            if (expected == null) {
                assertThat(result).isEqualTo(Buckets.ABSENT);
                return;
            }
            charged |= operation == Operation.CHARGE;
            owed |= operation == Operation.OWE;
            settle(expected);
            int denying = Buckets.ADMITTED;
            for (int i = buckets.length - 1; operation == Operation.TAKE && i >= 0; i--) {
                denying = buckets[i].admits(expected[i], permits, asOf(expected[i], now)) ? denying : i;
            }
            assertThat(result).isEqualTo(denying);
            boolean moved = false;
            for (int i = buckets.length - 1; i >= 0 && denying == Buckets.ADMITTED; i--) {
                long next = step(operation, i, expected[i], permits, given[i]);
                boolean touches = operation != Operation.TAKE && operation != Operation.GIVE_BACK;
                if (i == 0 && moved && next == expected[0] && touches) {
                    long since = buckets[0].refillBefore(now);
                    next = buckets[0].touched(next, asOf(TokenBucket.NEW, since));
                }
                moved |= next != expected[i];
                expected[i] = next;
            }
        }

        /** As the clock may have stepped back since they were written. */
        private void settle(long[] row) {
            for (int i = 0; i < row.length; i++) {
                TokenBucket bucket = buckets[i];
                long most = owed ? bucket.most() : charged ? bucket.deepest() : bucket.empty();
                row[i] = bucket.isBeyond(row[i], most, now) ? bucket.owing(most, now) : row[i];
            }
        }

        private long step(Operation operation, int i, long state, long permits, long owing) {
            TokenBucket bucket = buckets[i];
            long at = asOf(state, now);
            return switch (operation) {
                case TAKE -> bucket.take(state, permits, at);
                case LOOK -> state;
                case CHARGE -> bucket.charge(state, permits, at, bucket.deepest());
                case OWE -> bucket.owe(state, owing, at);
                case REFUND -> bucket.refund(state, permits, at);
                case RESET -> bucket.reset(state, at);
                case GIVE_BACK, UNDO ->
                    state < TokenBucket.FIRST_TIME ? state : bucket.giveBack(state, permits, now, now);
            };
        }

        private void sweep() {
            int count = 0;
            for (BucketStore.SweepCursor cursor = store.sweepCursor(); cursor.hasNext(); ) {
                count += cursor.evict(now, 1 + random.nextInt(300));
            }
            assertThat(evict()).isEqualTo(count);
            assertThat(states.values()).noneMatch(this::isFull); // nobody else inserts, so none was passed over
        }

        /** Drops what the store has dropped, each of which must have been full. */
        private int evict() {
            int before = states.size();
            states.entrySet().removeIf(entry -> {
                settle(entry.getValue()); // as the look does
                boolean gone = look(entry.getKey()) == null;
                assertThat(gone && !isFull(entry.getValue()))
                        .as("%s evicted at %s", entry, now)
                        .isFalse();
                return gone;
            });
            if (states.size() < before) {
                watermark = Math.max(watermark, now);
            }
            return before - states.size();
        }

        private boolean isFull(long[] state) {
            boolean full = true;
            for (int i = 0; i < buckets.length; i++) {
                full &= buckets[i].isFull(state[i], now);
            }
            return full;
        }

        private void compare(int id) {
            long[] expected = states.get(id);
            long[] found = look(id);
            assertThat(found == null).isEqualTo(expected == null);
            if (expected != null && found != null) {
                settle(expected);
                for (int i = 0; i < buckets.length; i++) {
                    assertSame(i, found[i], expected[i]);
                }
            }
            assertThat(store.size()).isEqualTo(states.size()).isLessThanOrEqualTo(maxKeys);
        }

        private long @Nullable [] look(int id) {
            long[] found = new long[buckets.length];
            int result = store.apply(keys.apply(id), Operation.LOOK, 1, now, found);
            return result == Buckets.ABSENT ? null : found;
        }

        /** All states that are no times say the same: full, as of no known time. */
        private static void assertSame(int limit, long state, long expected) {
            assertThat(Math.max(state, TokenBucket.FIRST_TIME - 1) & ~1)
                    .as("state of limit %s", limit)
                    .isEqualTo(Math.max(expected, TokenBucket.FIRST_TIME - 1) & ~1);
        }

        private long asOf(long state, long reading) {
            return state < TokenBucket.FIRST_TIME ? Math.max(reading, watermark) : reading;
        }
    }
}
