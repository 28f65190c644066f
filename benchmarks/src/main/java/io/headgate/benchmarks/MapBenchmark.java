package io.headgate.benchmarks;

import io.headgate.map.ReadOptimizedMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** {@link ReadOptimizedMap} beside ConcurrentHashMap, through the same interface, where it should win and where not. */
@State(Scope.Thread)
public class MapBenchmark extends TimedCalls {

    @Param({"read-optimized", "concurrent-hash-map"})
    public String map;

    @Param({"1000", "1000000"})
    public int size;

    private ConcurrentMap<Long, Object> entries;
    private final Object value = new Object();
    private long random = 1;
    private long fresh;
    private int step;

    private ConcurrentMap<Long, Object> empty() {
        return map.equals("read-optimized")
                ? new ReadOptimizedMap<Long, Object>(size).asMap()
                : new ConcurrentHashMap<>();
    }

    @Setup
    public void begin() {
        entries = empty();
        for (int i = 0; i < size; i++) {
            entries.put(key(i), value);
        }
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < size; i++) { // settles
                entries.get(key(i));
            }
        }
        fresh = size;
    }

    private static Long key(long i) {
        return i * 0x9E37_79B9_7F4A_7C15L;
    }

    private int any() {
        random = random * 0x5851_F42D_4C95_7F2DL + 0x1405_7B7E_F767_814FL;
        return (int) (((random >>> 32) * size) >>> 32);
    }

    @Benchmark
    public Object hit() {
        return entries.get(key(any()));
    }

    @Benchmark
    public Object miss() {
        return entries.get(key((long) size + any()));
    }

    /** The first insert of every key into an empty map, each timed by one reading of the clock. */
    @Benchmark
    public Object fill(Inserts inserts) {
        ConcurrentMap<Long, Object> filled = empty();
        long last = System.nanoTime();
        for (int i = 0; i < size; i++) {
            filled.put(key(i), value);
            long now = System.nanoTime();
            inserts.longest = Math.max(inserts.longest, now - last);
            last = now;
        }
        return filled;
    }

    /** The longest insert of an iteration, in which nothing is collected. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Inserts {
        public long longest;

        @Setup(Level.Iteration)
        public void begin() {
            longest = 0;
            System.gc();
        }
    }

    /** Adversarial: every key is new, looked up, and deleted again. */
    @Benchmark
    public Object storeAndDelete() {
        Long key = key(fresh++);
        entries.putIfAbsent(key, value);
        return entries.remove(key);
    }

    /** 90 look-ups, 9 replacements, and 1 key that comes and goes. */
    @Benchmark
    public Object mixed() {
        step = step == 99 ? 0 : step + 1;
        if (step < 90) {
            return entries.get(key(any()));
        }
        if (step < 99) {
            return entries.replace(key(any()), value);
        }
        Long key = key(fresh++);
        entries.put(key, value);
        return entries.remove(key);
    }
}
