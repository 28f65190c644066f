package io.headgate.map;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Iterator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Reads of a settled key take no lock and allocate nothing; a walk allocates nothing per entry. */
@Timeout(60)
class ReadPathTest {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int SIZE = 2_000;
    private static final int RUNS = 5;

    private long sink;

    private static Object[] keys(Keys kind) {
        Object[] keys = new Object[SIZE];
        for (int i = 0; i < SIZE; i++) {
            keys[i] = kind.key(i);
        }
        return keys;
    }

    private static ReadOptimizedMap<Object, Integer> settled(Object[] keys) {
        ReadOptimizedMap<Object, Integer> map = new ReadOptimizedMap<>();
        for (Object key : keys) {
            map.store(key, 1);
        }
        map.range((key, value) -> true);
        return map;
    }

    /**
     * The bytes that a task allocates each time. The virtual machine itself may allocate in any thread, when it links a
     * call or undoes a compilation, but not every time; what the task allocates shows in all the runs.
     */
    private static long allocatedBy(Runnable task) {
        long thread = Thread.currentThread().getId();
        long least = Long.MAX_VALUE;
        for (int run = 0; run < RUNS; run++) {
            long before = THREADS.getThreadAllocatedBytes(thread);
            task.run();
            least = Math.min(least, THREADS.getThreadAllocatedBytes(thread) - before);
        }
        return least;
    }

    @ParameterizedTest
    @EnumSource(
            value = Keys.class,
            names = {"SPREAD", "SPREAD_OPAQUE"})
    void loadingASettledKeyAllocatesNothing(Keys kind) {
        Object[] keys = keys(kind);
        Object[] equalKeys = keys(kind);
        ReadOptimizedMap<Object, Integer> map = settled(keys);
        long bytes = allocatedBy(() -> {
            for (int i = 0; i < 100 * SIZE; i++) {
                Integer value = map.load(equalKeys[i % SIZE]);
                sink += value == null ? 0 : value;
            }
        });
        assertThat(bytes).isZero();
        assertThat(sink).isEqualTo(RUNS * 100 * SIZE);
    }

    @Test
    void lookingForAnAbsentKeyInASettledMapAllocatesNothing() {
        ReadOptimizedMap<Object, Integer> map = settled(keys(Keys.SPREAD));
        Object absent = Keys.SPREAD.key(SIZE);
        long bytes = allocatedBy(() -> {
            for (int i = 0; i < 100_000; i++) {
                sink += map.load(absent) == null ? 0 : 1;
            }
        });
        assertThat(bytes).isZero();
    }

    /** A store after a walk has come to the segment copies it; stores alone are paid for by what came before them. */
    @Test
    void aWalkThatStopsAtOnceCostsACopyOfItsSegment() {
        ReadOptimizedMap<Object, Integer> map = new ReadOptimizedMap<>(0, 1);
        for (int i = 0; i < 100_000; i++) {
            map.store(Keys.SPREAD.key(i), 1);
        }
        int[] next = {100_000};
        long stores = allocatedBy(() -> {
            for (int i = 0; i < 500; i++) {
                map.store(Keys.SPREAD.key(next[0]++), 1);
            }
        });
        long storesAndWalks = allocatedBy(() -> {
            for (int i = 0; i < 500; i++) {
                map.store(Keys.SPREAD.key(next[0]++), 1);
                map.range((key, value) -> false);
            }
        });
        assertThat(stores / 500).isLessThan(500);
        // one store in 16 goes to the segment that was walked, which has more than 6,000 references
        assertThat(storesAndWalks / 500).isGreaterThan(4 * 6_000 / 16);
    }

    @ParameterizedTest
    @EnumSource(Keys.class)
    void walkingAllocatesNothingPerEntry(Keys kind) {
        ReadOptimizedMap<Object, Integer> map = settled(keys(kind));
        long bytes = allocatedBy(() -> map.range((key, value) -> ++sink > 0));
        assertThat(sink).isEqualTo(RUNS * SIZE);
        assertThat(bytes).as("bytes for %d entries", SIZE).isLessThan(SIZE / 10);
    }

    @ParameterizedTest
    @EnumSource(Keys.class)
    void settledKeysAreLoadedReplacedAndDeletedWhileEveryLockIsTaken(Keys kind) {
        Object[] keys = keys(kind);
        ReadOptimizedMap<Object, Integer> map = settled(keys);
        whileLocked(map, () -> {
            for (int i = 0; i < SIZE; i++) {
                assertThat(map.load(kind.key(i))).isEqualTo(1);
                assertThat(map.load(kind.key(SIZE + i))).isNull();
                assertThat(map.swap(keys[i], 2)).isEqualTo(1);
                assertThat(map.compareAndSwap(keys[i], 2, 3)).isTrue();
                assertThat(map.asMap().merge(keys[i], 1, Integer::sum)).isEqualTo(4);
            }
            assertThat(map.loadAndDelete(keys[0])).isEqualTo(4);
            assertThat(map.load(keys[0])).isNull();
            assertThat(map.loadOrStore(keys[0], 5)).isEqualTo(5);
            assertThat(map.size()).isEqualTo(SIZE);
        });
    }

    @Test
    void settledKeysAreLoadedWhileNewKeysAreWaitingForTheirPromotion() {
        Object[] keys = keys(Keys.SPREAD);
        ReadOptimizedMap<Object, Integer> map = settled(keys);
        for (int i = SIZE; i < 2 * SIZE; i++) {
            map.store(Keys.SPREAD.key(i), 2);
        }
        whileLocked(map, () -> {
            for (Object key : keys) {
                assertThat(map.load(key)).isEqualTo(1);
            }
        });
        map.range((key, value) -> true);
        whileLocked(map, () -> {
            for (int i = 0; i < 2 * SIZE; i++) {
                assertThat(map.load(Keys.SPREAD.key(i))).isEqualTo(i < SIZE ? 1 : 2);
            }
        });
    }

    @Test
    void makingAnIteratorTouchesNoSegment() {
        ReadOptimizedMap<Object, Integer> map = new ReadOptimizedMap<>();
        for (Object key : keys(Keys.SPREAD)) {
            map.store(key, 1);
        }
        whileLocked(map, () -> {
            Iterator<Object> iterator = map.asMap().keySet().iterator();
            assertThat(iterator).isNotNull();
        });
    }

    @Test
    void functionsOfTheUserRunWithoutALock() {
        ReadOptimizedMap<Object, Integer> map = new ReadOptimizedMap<>();
        Object key = Keys.SPREAD.key(1);
        map.asMap().computeIfAbsent(key, same -> unlocked(map, 1));
        map.asMap().compute(key, (same, seen) -> unlocked(map, 2));
        map.asMap().computeIfPresent(key, (same, seen) -> unlocked(map, 3));
        map.asMap().merge(key, 1, (seen, added) -> unlocked(map, 4));
        map.asMap().replaceAll((same, seen) -> unlocked(map, 5));
        map.range((same, seen) -> unlocked(map, 6) > 0);
        assertThat(map.load(key)).isEqualTo(5);
    }

    private static Integer unlocked(ReadOptimizedMap<?, ?> map, Integer result) {
        for (Segment segment : map.segments()) {
            assertThat(Thread.holdsLock(segment)).isFalse();
        }
        return result;
    }

    /** Runs a task while another thread has every lock: it would never end if it needed one. */
    private static void whileLocked(ReadOptimizedMap<?, ?> map, Runnable task) {
        whileLocked(map.segments(), 0, task);
    }

    private static void whileLocked(Segment[] segments, int from, Runnable task) {
        if (from == segments.length) {
            Threads.run(1, thread -> task.run());
        } else {
            synchronized (segments[from]) {
                whileLocked(segments, from + 1, task);
            }
        }
    }
}
