package io.headgate.http;

import io.headgate.Ticker;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Counts what went wrong while requests were decided, and logs it at most once a minute. Thread-safe. */
final class FailureLog {

    private static final long PAUSE = Duration.ofMinutes(1).toNanos();

    private final String filter;
    private final Ticker ticker;
    private final LongAdder count;
    /** When the next one may be logged; moved by the thread that logs, by CAS. */
    private final AtomicLong nextLog;
    /** The same by the system's clock, for a clock of the user's own that is what fails. */
    private final AtomicLong nextLogWithoutTicker = new AtomicLong(System.nanoTime());

    FailureLog(String filter, Ticker ticker, LongAdder count) {
        this.filter = filter;
        this.ticker = ticker;
        this.count = count;
        this.nextLog = new AtomicLong(ticker.read());
    }

    void report(Throwable failure) {
        passOn(failure);
        count.increment();
        if (isDue()) {
            RequestLimiter.log(
                    Level.WARNING,
                    () -> "Rate limit filter \"" + filter + "\" failed (" + count.sum()
                            + " times so far; logged at most once a minute)",
                    new WithoutMessage(failure, 0));
        }
    }

    /** Throws what no limit can answer for: out of memory is nobody's rate limit. */
    static void passOn(Throwable failure) {
        if (failure instanceof VirtualMachineError error && !(failure instanceof StackOverflowError)) {
            throw error;
        }
    }

    private boolean isDue() {
        long now;
        try {
            now = ticker.read();
        } catch (Throwable e) { // an AssertionError, say
            passOn(e);
            return isDue(nextLogWithoutTicker, System.nanoTime());
        }
        return isDue(nextLog, now);
    }

    private static boolean isDue(AtomicLong nextLog, long now) {
        long next = nextLog.get();
        return now - next >= 0 && nextLog.compareAndSet(next, now + PAUSE);
    }

    /** A failure as it may be logged: its type stands in for its message, which may quote what a client sent. */
    private static final class WithoutMessage extends Exception {

        private static final long serialVersionUID = 1L;
        private static final int MAX_CAUSES = 8;

        WithoutMessage(Throwable original, int depth) {
            super(original.getClass().getName(), cause(original, depth), false, true);
            setStackTrace(original.getStackTrace());
        }

        private static @Nullable Throwable cause(Throwable original, int depth) {
            Throwable cause = original.getCause();
            return cause == null || depth == MAX_CAUSES ? null : new WithoutMessage(cause, depth + 1);
        }
    }
}
