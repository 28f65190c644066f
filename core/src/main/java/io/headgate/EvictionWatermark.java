package io.headgate;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The latest clock reading at which a key was evicted: no bucket may begin earlier. Thread-safe. Only moves on, unless it
 * is ahead of the clock by more than the longest refill, or a minute if that is longer: then the clock has once read far ahead, and a watermark
 * there would shut newcomers out until it is there again.
 */
final class EvictionWatermark {

    /** Nothing was evicted yet; as a reading it is unlikely, and then rounded up by a nanosecond. */
    private static final long NONE = Long.MIN_VALUE;

    private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

    private final Ticker ticker;
    private final long mostAhead;
    private final AtomicLong reading = new AtomicLong(NONE);

    /** {@code longestRefill} in nanoseconds. */
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

    /** The reading given, or the watermark if that is later. */
    long notBefore(long now) {
        long earliest = reading.get();
        return earliest == NONE || now - earliest > 0 || isAhead(earliest, now) ? now : earliest;
    }

    /** Whether a watermark is ahead of the clock. One that is ahead of a call may just be later than the call's own reading. */
    private boolean isAhead(long watermark, long now) {
        return watermark - now > mostAhead && watermark - ticker.read() > mostAhead;
    }
}
