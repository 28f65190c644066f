package io.headgate.map;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;

/**
 * Changes a map whose process has next to no memory left: run by {@link SmallHeapTest}. Prints how many operations ran out
 * of it, or what is wrong.
 */
final class SmallHeap {

    private static final int KEYS = 16_000;

    private final ReadOptimizedMap<Object, Integer> map = new ReadOptimizedMap<>(0, 1);
    private final Object[] keys = new Object[KEYS];
    private final Integer[] values = new Integer[KEYS];
    private final boolean[] present = new boolean[KEYS];

    /** Fills the heap; some of it is given back whenever an operation has failed. */
    private final Deque<byte[]> ballast = new ArrayDeque<>();

    private int failures;

    private SmallHeap() {}

    public static void main(String[] arguments) {
        SmallHeap heap = new SmallHeap();
        for (int i = 0; i < KEYS; i++) {
            heap.keys[i] = (i % 40 == 0 ? Keys.CONSTANT : Keys.SPREAD).key(i);
            heap.values[i] = i;
        }
        for (int i = 0; i < KEYS / 4; i++) {
            heap.store(i);
        }
        heap.check("before");
        for (int size = 4096; size >= 512; size /= 8) {
            heap.fill(size);
        }
        for (int i = KEYS / 4; i < KEYS; i++) {
            heap.store(i);
            if (i % 3 == 0) {
                heap.delete(i - KEYS / 4);
            }
        }
        heap.ballast.clear();
        heap.check("after");
        for (int i = 0; i < KEYS; i++) {
            heap.store(i);
        }
        heap.check("stored again");
        System.out.println("failed for want of memory: " + heap.failures);
    }

    private void fill(int size) {
        try {
            for (; ; ) {
                ballast.push(new byte[size]);
            }
        } catch (OutOfMemoryError e) {
            // As intended.
        }
    }

    private void store(int i) {
        try {
            map.store(keys[i], values[i]);
            present[i] = true;
        } catch (OutOfMemoryError e) {
            failed();
        }
    }

    private void delete(int i) {
        try {
            map.delete(keys[i]);
            present[i] = false;
        } catch (OutOfMemoryError e) {
            failed();
        }
    }

    private void failed() {
        failures++;
        ballast.poll();
    }

    private void check(String when) {
        int expected = 0;
        for (int i = 0; i < KEYS; i++) {
            Integer value = map.load(keys[i]);
            if (!Objects.equals(value, present[i] ? values[i] : null)) {
                throw new AssertionError(when + ": key " + i + " has the value " + value);
            }
            expected += present[i] ? 1 : 0;
        }
        int[] count = new int[1];
        map.range((key, value) -> ++count[0] > 0);
        if (count[0] != expected || map.size() != expected) {
            throw new AssertionError(when + ": " + expected + " keys, not " + count[0] + " or " + map.size());
        }
    }
}
