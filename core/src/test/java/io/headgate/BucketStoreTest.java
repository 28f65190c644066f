package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.net.ClientAddress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random programs, run on a store and on the obvious thing: a map of words that forgets only what the store forgot. */
class BucketStoreTest {

    private static final int CLIENTS = 40;

    /** A store and the keys for it. */
    record Subject<K>(String name, BucketStore.Factory<K> stores, IntFunction<K> keys) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Subject<?>> subjects() {
        return Stream.of(
                new Subject<>("map", MapStore::new, Keys.MAP::key),
                new Subject<>(
                        "table of /64", (b, m, r) -> new AddressTable(new NetworkWords(64), b, m, r), Keys.BOTH::key),
                new Subject<>(
                        "table of /32",
                        (b, m, r) -> new AddressTable(new NetworkWords(32), b, m, r),
                        id -> ClientAddress.parse("2a00:" + Integer.toHexString(id + 1) + ":7::1")));
    }

    @ParameterizedTest
    @MethodSource("subjects")
    <K> void behavesAsAMapOfWordsThatForgetsFullBuckets(Subject<K> subject) {
        for (int seed = 0; seed < 60; seed++) {
            new Program<>(subject, seed).run(3_000);
        }
    }

    private static final class Program<K> {

        private static final TokenBucket.Step[] STEPS = {TokenBucket::take, TokenBucket::refund, TokenBucket::reset};

        private final Random random;
        private final IntFunction<K> keys;
        private final TokenBucket[] buckets;
        private final long maxKeys;
        private final BucketStore<K> store;

        private final Map<Integer, long[]> words = new HashMap<>();
        private long now;
        /** The latest reading at which any key was forgotten. */
        private long floor = Long.MIN_VALUE;

        Program(Subject<K> subject, int seed) {
            random = new Random(seed);
            keys = subject.keys;
            Limit[] limits = {Limit.parse("2/s burst 4"), Limit.parse("3/s burst 5"), Limit.parse("1000000/s")};
            buckets =
                    Arrays.stream(limits, 0, 1 + seed % 3).map(TokenBucket::new).toArray(TokenBucket[]::new);
            maxKeys = 1L + random.nextInt(2 * CLIENTS);
            store = subject.stores.open(buckets, maxKeys, new SplittableRandom(seed));
        }

        void run(int steps) {
            for (int i = 0; i < steps; i++) {
                int id = random.nextInt(CLIENTS);
                switch (random.nextInt(8)) {
                    case 0 -> now += random.nextInt(-200, 1_500) * 1_000_000L;
                    case 1 -> insert(id);
                    case 2 -> pass();
                    default -> update(id);
                }
                compare(id);
            }
            assertThat(store.evicted()).isPositive();
        }

        private void insert(int id) {
            boolean room = store.hasRoom(keys.apply(id), now);
            forget();
            long[] debt = debt();
            boolean inserted = store.insert(keys.apply(id), debt, now);
            forget();
            assertThat(inserted).isEqualTo(words.containsKey(id) || room);
            assertThat(inserted || words.size() == maxKeys).isTrue();
            if (inserted && !words.containsKey(id)) {
                long[] begin = new long[buckets.length];
                for (int i = 0; i < begin.length; i++) {
                    begin[i] = debt == null || buckets[i].isFull(debt[i], asOf()) ? TokenBucket.NEW : debt[i];
                }
                words.put(id, begin);
            }
        }

        private long @Nullable [] debt() {
            return random.nextBoolean()
                    ? null
                    : Arrays.stream(buckets)
                            .mapToLong(bucket -> bucket.take(TokenBucket.NEW, 1 + random.nextInt(3), now - 500_000_000))
                            .toArray();
        }

        private void update(int id) {
            TokenBucket.Step step = STEPS[Math.max(0, random.nextInt(6) - 3)];
            long permits = 1L + random.nextInt(5);
            for (int i = 0; i < buckets.length; i++) {
                long word = store.update(keys.apply(id), i, step, permits, now);
                long[] expected = words.get(id);
                if (expected == null) {
                    assertThat(word).isEqualTo(TokenBucket.ABSENT);
                } else {
                    assertSame(i, word, expected[i]);
                    long asOf = expected[i] < TokenBucket.FIRST_TIME ? asOf() : now;
                    expected[i] = step.next(buckets[i], expected[i], permits, asOf);
                }
            }
        }

        private void pass() {
            int count = 0;
            for (BucketStore.Pass pass = store.pass(); pass.hasNext(); ) {
                count += pass.evict(now, 1 + random.nextInt(300));
            }
            assertThat(forget()).isEqualTo(count);
            assertThat(words.values()).noneMatch(this::isFull); // nobody else inserts, so none was passed over
        }

        /** Drops what the store has dropped, each of which must have been full. */
        private int forget() {
            int before = words.size();
            words.entrySet().removeIf(entry -> {
                boolean gone = store.read(keys.apply(entry.getKey()), 0) == TokenBucket.ABSENT;
                assertThat(gone && !isFull(entry.getValue()))
                        .as("%s forgotten at %s", entry, now)
                        .isFalse();
                return gone;
            });
            if (words.size() < before) {
                floor = Math.max(floor, now);
            }
            return before - words.size();
        }

        private boolean isFull(long[] state) {
            boolean full = true;
            for (int i = 0; i < buckets.length; i++) {
                full &= buckets[i].isFull(state[i], now);
            }
            return full;
        }

        private void compare(int id) {
            long[] expected = words.get(id);
            for (int i = 0; i < buckets.length; i++) {
                long word = store.read(keys.apply(id), i);
                if (expected == null) {
                    assertThat(word).isEqualTo(TokenBucket.ABSENT);
                } else {
                    assertSame(i, word, expected[i]);
                }
            }
            assertThat(store.size()).isEqualTo(words.size()).isLessThanOrEqualTo(maxKeys);
        }

        /** All words that are no times say the same: full, as of no known time. */
        private static void assertSame(int limit, long word, long expected) {
            assertThat(Math.max(word, TokenBucket.FIRST_TIME - 1))
                    .as("word of limit %s", limit)
                    .isEqualTo(Math.max(expected, TokenBucket.FIRST_TIME - 1));
        }

        private long asOf() {
            return Math.max(now, floor);
        }
    }
}
