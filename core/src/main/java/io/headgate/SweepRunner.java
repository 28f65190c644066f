package io.headgate;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Walks over the keys of a limiter that forget those whose buckets are full: whole ones and, for the sweeper, slices. */
final class SweepRunner {

    private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    /** Keys between two looks at the clock. */
    private static final int AT_ONCE = 256;

    private final BucketStore<?> store;
    private final Ticker ticker;

    /** Walks that came to their end, and how long all of them took. */
    private final LongAdder count = new LongAdder();

    private final LongAdder nanos = new LongAdder();
    private final LongAdder failures = new LongAdder();

    /** The walk that goes on in the next slice. Only the sweeper's task reads or writes it. */
    private BucketStore.@Nullable SweepCursor unfinished;

    SweepRunner(BucketStore<?> store, Ticker ticker) {
        this.store = store;
        this.ticker = ticker;
    }

    /** A whole walk in the calling thread: answers how many keys it forgot. */
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

    /** About a millisecond's work, some keys at least, from where the last slice ended: answers whether there is more. */
    boolean slice() {
        long start = System.nanoTime();
        BucketStore.SweepCursor cursor = unfinished == null ? store.sweepCursor() : unfinished;
        unfinished = null; // a sweep that throws is not taken up again
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
