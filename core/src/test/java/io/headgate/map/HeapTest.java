package io.headgate.map;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testing.LiveHeap;
import io.headgate.testing.Measurements;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.junit.jupiter.api.Test;

/** What the map keeps from the garbage collector: the live keys and values, and little else. */
class HeapTest {

    private static final int MILLION = 1_000_000;

    private static long retainedAfterChurn(ConcurrentMap<Long, Integer> map, long before) {
        long fresh = 0;
        Integer value = 1;
        for (int round = 0; round < 10; round++) {
            for (long key = fresh; key < fresh + MILLION; key++) {
                map.put(key, value);
            }
            for (long key = fresh; key < fresh + MILLION; key++) {
                map.remove(key);
            }
            fresh += MILLION;
        }
        long retained = LiveHeap.bytes() - before;
        // Its use after the measurement keeps the map alive until then; so in the other tests.
        assertThat(map).isEmpty();
        return retained;
    }

    @Test
    void churnLeavesNoMoreBehindThanInAConcurrentHashMap() {
        long before = LiveHeap.bytes();
        long theirs = retainedAfterChurn(new ConcurrentHashMap<>(), before);
        before = LiveHeap.bytes();
        long ours = retainedAfterChurn(new ReadOptimizedMap<Long, Integer>(MILLION).asMap(), before);
        Measurements.print(
                "Retained after 10 x 1,000,000 fresh keys stored and deleted: ReadOptimizedMap %,d bytes,"
                        + " ConcurrentHashMap %,d bytes",
                ours, theirs);
        assertThat(ours).isLessThanOrEqualTo(theirs * 3 / 2 + 256 * 1024);
    }

    /** Keys and values that only the map and these references know. */
    private static final class Watched {
        final List<WeakReference<Object>> keys = new ArrayList<>();
        final List<WeakReference<Object>> values = new ArrayList<>();

        static Watched storeNew(ReadOptimizedMap<Object, Object> map, int count) {
            Watched watched = new Watched();
            for (int i = 0; i < count; i++) {
                Object key = new Object();
                Object value = new Object();
                map.store(key, value);
                watched.keys.add(new WeakReference<>(key));
                watched.values.add(new WeakReference<>(value));
            }
            return watched;
        }

        static long reachable(List<WeakReference<Object>> references) {
            System.gc();
            return references.stream()
                    .filter(reference -> !reference.refersTo(null))
                    .count();
        }
    }

    @Test
    void deletedKeysAndValuesAreCollectable() {
        ReadOptimizedMap<Object, Object> map = new ReadOptimizedMap<>();
        Watched settled = Watched.storeNew(map, 5_000);
        map.range((key, value) -> true);
        Watched unsettled = Watched.storeNew(map, 5_000);
        assertThat(Watched.reachable(settled.keys)).isEqualTo(5_000);
        assertThat(Watched.reachable(unsettled.values)).isEqualTo(5_000);

        map.range((key, value) -> map.delete(key));
        assertThat(Watched.reachable(settled.keys)).isZero();
        assertThat(Watched.reachable(settled.values)).isZero();
        assertThat(Watched.reachable(unsettled.keys)).isZero();
        assertThat(Watched.reachable(unsettled.values)).isZero();
        assertThat(map.size()).isZero();
    }

    @Test
    void clearedKeysAndValuesAreCollectable() {
        ReadOptimizedMap<Object, Object> map = new ReadOptimizedMap<>();
        Watched settled = Watched.storeNew(map, 1_000);
        map.range((key, value) -> true);
        Watched unsettled = Watched.storeNew(map, 1_000);
        map.clear();
        assertThat(Watched.reachable(settled.keys)).isZero();
        assertThat(Watched.reachable(settled.values)).isZero();
        assertThat(Watched.reachable(unsettled.keys)).isZero();
        assertThat(Watched.reachable(unsettled.values)).isZero();
        assertThat(map.size()).isZero();
    }

    @Test
    void aReplacedOrDeletedValueIsCollectableEvenWhileItsKeyLingers() {
        ReadOptimizedMap<Object, Object> map = new ReadOptimizedMap<>();
        Watched watched = Watched.storeNew(map, 2_000);
        map.range((key, value) -> true);
        boolean[] odd = new boolean[1];
        map.range((key, value) -> {
            odd[0] = !odd[0];
            if (odd[0]) {
                map.delete(key);
            } else {
                map.store(key, "replaced");
            }
            return true;
        });
        assertThat(map.size()).isEqualTo(1_000);
        assertThat(Watched.reachable(watched.values)).isZero();
        int segments = map.segments().length;
        assertThat(Watched.reachable(watched.keys)).isLessThanOrEqualTo(1_000 + 1_000 + 16 * segments);
        assertThat(map.size()).isEqualTo(1_000);
    }

    @Test
    void anAbandonedIteratorKeepsTheKeysOfOneSegmentAtMost() {
        ReadOptimizedMap<Object, Object> map = new ReadOptimizedMap<>(200_000);
        Watched watched = Watched.storeNew(map, 200_000);
        int largest = 0;
        for (Segment segment : map.segments()) {
            largest = Math.max(largest, segment.promoted().count());
        }
        Iterator<Object> iterator = map.asMap().keySet().iterator();
        for (int i = 0; i < 100_000; i++) {
            iterator.next();
        }
        map.range((key, value) -> map.delete(key));
        assertThat(map.size()).isZero();
        assertThat(Watched.reachable(watched.keys)).isLessThanOrEqualTo(largest + 2L);
        assertThat(iterator.hasNext()).isFalse();
        assertThat(Watched.reachable(watched.keys)).as("after the end").isLessThanOrEqualTo(1);
        assertThat(iterator.hasNext()).isFalse();
        assertThat(map.size()).isZero();
    }
}
