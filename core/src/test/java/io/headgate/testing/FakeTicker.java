package io.headgate.testing;

import io.headgate.Ticker;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** A ticker that stands still until it is moved by hand. Thread-safe. */
public final class FakeTicker implements Ticker {

    private final AtomicLong nanos;

    /** Starts at zero. */
    public FakeTicker() {
        this(0);
    }

    /**
     * Starts anywhere.
     *
     * @param nanos the first reading
     */
    public FakeTicker(long nanos) {
        this.nanos = new AtomicLong(nanos);
    }

    @Override
    public long read() {
        return nanos.get();
    }

    /**
     * Moves the time on, or back if the duration is negative.
     *
     * @param duration how far
     * @return this
     */
    public FakeTicker advance(Duration duration) {
        return advanceNanos(duration.toNanos());
    }

    /**
     * Moves the time on, or back if the number is negative; wraps around at the ends of {@code long}.
     *
     * @param nanos how far, in nanoseconds
     * @return this
     */
    public FakeTicker advanceNanos(long nanos) {
        this.nanos.addAndGet(nanos);
        return this;
    }

    /**
     * Sets the time.
     *
     * @param nanos the next reading
     * @return this
     */
    public FakeTicker set(long nanos) {
        this.nanos.set(nanos);
        return this;
    }
}
