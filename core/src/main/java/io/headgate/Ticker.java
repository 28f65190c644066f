package io.headgate;

/**
 * A source of elapsed time. Only differences of its readings have a meaning, so it may start anywhere and may wrap
 * around, as {@link System#nanoTime} does. A reading that lies before an earlier one earns no permit.
 */
@FunctionalInterface
public interface Ticker {

    /**
     * The time now, in nanoseconds from an arbitrary origin.
     *
     * @return nanoseconds; called by any thread, so it must be thread-safe and should be fast
     */
    long read();
}
