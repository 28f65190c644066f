package io.headgate;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Runs the sweeps of a limiter: whole ones in the calling thread and, for the sweeper, slices. Counts them. */
final class SweepRunner {

    private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    /** Keys between two readings of the clock. */
    private static final int AT_ONCE = 256;

    private final BucketStore<?> store;
    private final Ticker ticker;

    /** Sweeps that reached their end, and how long all of them took. */
    private final LongAdder count = new LongAdder();

    private final LongAdder nanos = new LongAdder();
    private final LongAdder failures = new LongAdder();

    /** Where the next slice goes on; null if it begins a sweep. Read and written by the sweeper's task only. */
    private BucketStore.@Nullable SweepCursor unfinished;

    SweepRunner(BucketStore<?> store, Ticker ticker) {
        this.store = store;
        this.ticker = ticker;
    }

    /** Runs a whole sweep in the calling thread. Answers how many keys it evicted. */
    long whole() {
        long start = System.nanoTime();
        long evicted = 0;
        for (BucketStore.SweepCursor cursor = store.sweepCursor(); cursor.hasNext(); ) {
            evicted += cursor.evict(ticker.read(), AT_ONCE);
        }
        nanos.add(System.nanoTime() - start);
        count.increment();
        return evicted;
    }

    /**
     * Runs about a millisecond of a sweep, some keys at least, from where the last slice ended. Answers whether there
     * is more.
     */
    boolean slice() {
        long start = System.nanoTime();
        BucketStore.SweepCursor cursor = unfinished == null ? store.sweepCursor() : unfinished;
        unfinished = null; // a sweep that throws is not continued
        long spent = 0;
        for (long now = ticker.read(); cursor.hasNext() && spent < SLICE_NANOS; now = ticker.read()) {
            cursor.evict(now, AT_ONCE);
            spent = System.nanoTime() - start;
        }
        nanos.add(spent);
        if (cursor.hasNext()) {
            cursor.rest();
            unfinished = cursor;
            return true;
        }
        count.increment();
        return false;
    }

    void failed() {
        failures.increment();
    }

    long count() {
        return count.sum();
    }

    Duration time() {
        return Duration.ofNanos(nanos.sum());
    }

    long failures() {
        return failures.sum();
    }
}
