package io.headgate;

import io.headgate.internal.QuotedText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Whether a store may ask for memory. After a failure it may not for a second, or until the next sweep, since each
 * failure costs the process a full garbage collection. Thread-safe.
 */
final class Growth {

    private static final Logger LOG = System.getLogger(Growth.class.getName());
    private static final long PAUSE = TimeUnit.SECONDS.toNanos(1);

    private final String limiter;
    private volatile boolean paused;
    /** The reading of the last failure. Written before {@link #paused} is set. */
    private volatile long pausedAt;

    private volatile boolean warned;
    /** The failure to warn of. */
    private final AtomicReference<@Nullable OutOfMemoryError> failure = new AtomicReference<>();

    Growth(String limiter) {
        this.limiter = limiter;
    }

    /**
     * Whether the store may not ask now. Readings may come a little out of order; a clock that steps further ends the
     * pause.
     */
    boolean isPaused(long now) {
        return paused && now - pausedAt < PAUSE && pausedAt - now < PAUSE;
    }

    /** Notes that there was no memory. The caller calls {@link #warn} afterwards, without a lock. */
    void failed(OutOfMemoryError e, long now) {
        pausedAt = now;
        paused = true;
        if (!warned) {
            failure.set(e);
        }
    }

    void resume() {
        paused = false;
    }

    /** Warns of the first failure, once. If there is no memory for the warning either, a later call warns. */
    void warn() {
        OutOfMemoryError unwarned = failure.get() == null ? null : failure.getAndSet(null);
        if (unwarned != null) {
            try {
                LOG.log(
                        Level.WARNING,
                        "Limiter " + QuotedText.of(limiter) + " could not grow for want of memory. Clients that are"
                                + " tracked are limited as before; new ones take the room that is left and then go by the"
                                + " overflow rule. It tries again at the next sweep, or in a second. Not warned of again.",
                        unwarned);
                warned = true;
            } catch (OutOfMemoryError e) {
                failure.set(unwarned);
            }
        }
    }
}
