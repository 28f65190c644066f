package io.headgate;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The latest clock reading at which a key was evicted. No new bucket counts from an earlier one. Thread-safe.
 *
 * <p>Only moves on, with one exception. If it is ahead of the clock by more than the longest refill, and by more than a
 * minute, the clock once read far ahead. It then has no effect, and the next eviction replaces it: otherwise newcomers
 * would wait for the clock to get there again.
 */
final class EvictionWatermark {

    /** Nothing was evicted yet. An eviction at this very reading counts as one nanosecond later. */
    private static final long NONE = Long.MIN_VALUE;

    private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

    private final Ticker ticker;
    private final long mostAhead;
    private final AtomicLong reading = new AtomicLong(NONE);

    /** {@code longestRefill} is in nanoseconds. */
    EvictionWatermark(Ticker ticker, long longestRefill) {
        this.ticker = ticker;
        this.mostAhead = Math.max(longestRefill, MINUTE);
    }

    void raise(long now) {
        long raised = now == NONE ? now + 1 : now;
        for (long old = reading.get(); old == NONE || raised - old > 0 || isAhead(old, now); old = reading.get()) {
            if (reading.compareAndSet(old, raised)) {
                return;
            }
        }
    }

    /** The given reading, or the watermark if that is later. */
    long notBefore(long now) {
        long earliest = reading.get();
        return earliest == NONE || now - earliest > 0 || isAhead(earliest, now) ? now : earliest;
    }

    /**
     * Whether a watermark is ahead of the clock. If it is ahead of the call's reading only, the call may have slept
     * since.
     */
    private boolean isAhead(long watermark, long now) {
        return watermark - now > mostAhead && watermark - ticker.read() > mostAhead;
    }
}
