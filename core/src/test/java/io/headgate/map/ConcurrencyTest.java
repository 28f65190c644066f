package io.headgate.map;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What must hold when threads meet, counted exactly. */
@Timeout(120)
class ConcurrencyTest {

    private static final int THREADS = 4;

    /**
     * Nothing is lost: what was merged into a key is either still there or was handed out by a deletion. The fresh keys
     * keep tables being copied and promoted, so that the shared ones are expunged whenever they are deleted.
     */
    @ParameterizedTest
    @EnumSource(Keys.class)
    void nothingStoredIsLostWhileTablesAreReplaced(Keys keys) {
        ReadOptimizedMap<Object, Integer> map = new ReadOptimizedMap<>();
        int rounds = 20_000;
        int shared = 3;
        List<Integer> taken = Threads.collect(THREADS, thread -> {
            SplittableRandom random = new SplittableRandom(thread);
            int sum = 0;
            for (int i = 0; i < rounds; i++) {
                Object key = keys.key(random.nextInt(shared));
                map.asMap().merge(key, 1, Integer::sum);
                if (random.nextInt(3) == 0) {
                    Integer value = map.loadAndDelete(key);
                    sum += value == null ? 0 : value;
                }
                Object fresh = keys.key(100 + random.nextInt(200));
                if (random.nextBoolean()) {
                    map.store(fresh, 0);
                } else {
                    map.delete(fresh);
                }
                map.load(fresh);
            }
            return sum;
        });
        int left = 0;
        for (int i = 0; i < shared; i++) {
            Integer value = map.load(keys.key(i));
            left += value == null ? 0 : value;
        }
        assertThat(taken.stream().mapToInt(Integer::intValue).sum() + left).isEqualTo(THREADS * rounds);
        assertThat(map.size()).isEqualTo(counted(map));
    }

    @ParameterizedTest
    @EnumSource(Keys.class)
    void exactlyOneThreadDeletesAValue(Keys keys) {
        ReadOptimizedMap<Object, Integer> map = new ReadOptimizedMap<>();
        int keyCount = 40;
        int rounds = 150;
        AtomicInteger[] winners = new AtomicInteger[rounds * keyCount];
        for (int i = 0; i < winners.length; i++) {
            winners[i] = new AtomicInteger();
        }
        Threads.run(THREADS, thread -> {
            for (int round = 0; round < rounds; round++) {
                for (int i = 0; i < keyCount; i++) {
                    // Only one thread stores, so every value is there to be deleted once.
                    if (thread == 0) {
                        map.store(keys.key(i), round);
                    }
                    for (int seen = Math.max(0, round - 1); seen <= round; seen++) {
                        if (map.compareAndDelete(keys.key(i), seen)) {
                            winners[seen * keyCount + i].incrementAndGet();
                        }
                    }
                }
            }
        });
        assertThat(winners).allMatch(count -> count.get() <= 1);
        assertThat(map.size()).isEqualTo(counted(map));
    }

    @ParameterizedTest
    @EnumSource(Keys.class)
    void ofThreadsThatInsertTheSameKeyOneWinsAndAllSeeItsValue(Keys keys) {
        ReadOptimizedMap<Object, Integer> map = new ReadOptimizedMap<>();
        int keyCount = keys.name().startsWith("SPREAD") ? 5_000 : 500;
        List<int[]> seen = Threads.collect(THREADS, thread -> {
            int[] values = new int[keyCount];
            for (int i = 0; i < keyCount; i++) {
                values[i] = map.loadOrStore(keys.key(i), thread);
                // Promotes the key before the threads that wait for the lock get it.
                map.range((key, value) -> false);
            }
            return values;
        });
        for (int[] values : seen) {
            assertThat(values).isEqualTo(seen.get(0));
        }
        assertThat(map.size()).isEqualTo(keyCount);
    }

    @ParameterizedTest
    @EnumSource(Keys.class)
    void threadsWithKeysOfTheirOwnSeeTheirOwnWrites(Keys keys) {
        ReadOptimizedMap<Object, Integer> map = new ReadOptimizedMap<>();
        Threads.run(THREADS, thread -> {
            SplittableRandom random = new SplittableRandom(thread);
            int[] mine = new int[60];
            for (int i = 0; i < 20_000; i++) {
                int slot = random.nextInt(mine.length);
                Object key = keys.key(slot * THREADS + thread);
                Integer expected = mine[slot] == 0 ? null : mine[slot];
                switch (random.nextInt(4)) {
                    case 0 -> {
                        assertThat(map.swap(key, i + 1)).isEqualTo(expected);
                        mine[slot] = i + 1;
                    }
                    case 1 -> {
                        assertThat(map.loadAndDelete(key)).isEqualTo(expected);
                        mine[slot] = 0;
                    }
                    case 2 -> {
                        boolean swapped = map.compareAndSwap(key, mine[slot], i + 1);
                        assertThat(swapped).isEqualTo(mine[slot] != 0);
                        mine[slot] = swapped ? i + 1 : 0;
                    }
                    default -> assertThat(map.load(key)).isEqualTo(expected);
                }
            }
        });
        assertThat(map.size()).isEqualTo(counted(map));
    }

    @ParameterizedTest
    @EnumSource(Keys.class)
    void computeAndMergeCountExactlyUnderContention(Keys keys) {
        ReadOptimizedMap<Object, Integer> map = new ReadOptimizedMap<>();
        int rounds = 20_000;
        Threads.run(THREADS, thread -> {
            for (int i = 0; i < rounds; i++) {
                Object key = keys.key(i % 5);
                if (i % 2 == 0) {
                    map.asMap().merge(key, 1, Integer::sum);
                } else {
                    map.asMap().compute(key, (same, seen) -> seen == null ? 1 : seen + 1);
                }
            }
        });
        for (int i = 0; i < 5; i++) {
            assertThat(map.load(keys.key(i))).isEqualTo(THREADS * rounds / 5);
        }
    }

    @ParameterizedTest
    @EnumSource(Keys.class)
    void aWalkVisitsWhatStaysExactlyOnceAndTheRestAtMostOnce(Keys keys) {
        ReadOptimizedMap<Object, Integer> map = new ReadOptimizedMap<>();
        int staying = 100;
        for (int i = 0; i < staying; i++) {
            map.store(keys.key(i), i);
        }
        AtomicInteger walkers = new AtomicInteger(2);
        Threads.run(THREADS, thread -> {
            if (thread < 2) {
                try {
                    for (int walk = 0; walk < 60; walk++) {
                        Set<Integer> visited = new HashSet<>();
                        map.range((key, value) -> {
                            assertThat(visited.add(Keys.number(key))).isTrue();
                            assertThat(value).isEqualTo(Keys.number(key));
                            return true;
                        });
                        for (int i = 0; i < staying; i++) {
                            assertThat(visited).contains(i);
                        }
                    }
                } finally {
                    walkers.decrementAndGet();
                }
            } else {
                SplittableRandom random = new SplittableRandom(thread);
                while (walkers.get() > 0) {
                    int number = staying + random.nextInt(200);
                    map.store(keys.key(number), number);
                    map.delete(keys.key(staying + random.nextInt(200)));
                    int stays = random.nextInt(staying);
                    map.store(keys.key(stays), stays);
                }
            }
        });
        assertThat(map.size()).isEqualTo(counted(map));
    }

    @ParameterizedTest
    @EnumSource(Keys.class)
    void clearingUnderLoadLeavesTheCountRightAndTheMapUsable(Keys keys) {
        ReadOptimizedMap<Object, Integer> map = new ReadOptimizedMap<>();
        AtomicBoolean done = new AtomicBoolean();
        Threads.run(THREADS, thread -> {
            if (thread == 0) {
                try {
                    for (int i = 0; i < 300; i++) {
                        map.clear();
                        map.load(keys.key(i % 100));
                    }
                } finally {
                    done.set(true);
                }
            } else {
                SplittableRandom random = new SplittableRandom(thread);
                while (!done.get()) {
                    Object key = keys.key(random.nextInt(100));
                    map.loadOrStore(key, 1);
                    map.compareAndSwap(key, 1, 2);
                    map.delete(keys.key(random.nextInt(100)));
                }
            }
        });
        assertThat(map.size()).isEqualTo(counted(map));
        map.clear();
        assertThat(map.size()).isZero();
        assertThat(counted(map)).isZero();
        map.store(keys.key(1), 1);
        assertThat(map.load(keys.key(1))).isEqualTo(1);
    }

    private static long counted(ReadOptimizedMap<?, ?> map) {
        long[] count = new long[1];
        map.range((key, value) -> ++count[0] > 0);
        return count[0];
    }
}
