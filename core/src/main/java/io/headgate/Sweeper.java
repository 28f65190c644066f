package io.headgate;

import io.headgate.internal.QuotedText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.ref.WeakReference;
import java.security.AccessController;
import java.security.PrivilegedAction;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Sweeps a limiter now and then, in short slices. Holds the limiter weakly: once nobody else has it, the sweeping ends.
 */
final class Sweeper implements Runnable {

    private static final Logger LOG = System.getLogger(Sweeper.class.getName());

    /** The rest between two slices of one sweep: with slices of a millisecond, a fifth of one processor at most. */
    private static final Duration REST = Duration.ofMillis(4);

    /**
     * The longest wait at once. Longer ones are made in hops: what waits keeps the classes here loaded, after the limiter
     * is gone, and stays in a scheduler that does not let go of what is cancelled.
     */
    private static final Duration LONGEST_HOP = Duration.ofMinutes(1);

    private final WeakReference<LocalLimiter<?>> limiter;
    private final Duration interval;
    private final ScheduledExecutorService scheduler;
    private final boolean ownScheduler;
    private volatile boolean closed;
    /** How much of the wait is left after the hop under way. Each turn leaves it to the next. */
    private Duration left = Duration.ZERO;
    /** How many slices were scheduled. Raised by whoever starts the sweeper, then by each slice, one after the other. */
    private final AtomicLong turns = new AtomicLong();
    /** The slice to come: that of the latest turn, since a slice may run before whoever scheduled it has noted it. */
    private volatile @Nullable Future<?> next;
    /** The turn of {@link #next}. Guarded by this object's monitor, as writing the other is. */
    private long noted;

    /** Sweeps on the scheduler given, else on a daemon thread of its own. */
    Sweeper(LocalLimiter<?> limiter, Duration interval, @Nullable ScheduledExecutorService scheduler) {
        this.limiter = new WeakReference<>(limiter);
        this.interval = interval;
        this.ownScheduler = scheduler == null;
        this.scheduler = scheduler == null ? ownThread(limiter.name()) : scheduler;
    }

    private static ScheduledThreadPoolExecutor ownThread(String name) {
        return thread("headgate-sweeper-" + name);
    }

    /**
     * A scheduler for several limiters, with one daemon thread. The thread begins with the first task, and ends a minute after
     * the last: a scheduler that nobody shuts down keeps no thread once its limiters are gone.
     */
    static ScheduledExecutorService sharedThread() {
        ScheduledThreadPoolExecutor scheduler = thread("headgate-sweeper");
        scheduler.setKeepAliveTime(LONGEST_HOP.toNanos(), TimeUnit.NANOSECONDS);
        scheduler.allowCoreThreadTimeOut(true);
        return scheduler;
    }

    private static ScheduledThreadPoolExecutor thread(String name) {
        return new ScheduledThreadPoolExecutor(1, task -> privileged(() -> daemon(task, name)));
    }

    /** Inherits nothing from the thread that happens to build the limiter, which may be an application's. */
    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(null, task, name, 0, false);
        thread.setContextClassLoader(null);
        thread.setDaemon(true);
        return thread;
    }

    /** Until Java 24 a thread keeps the class loaders of everybody who was calling when it was made, but for this. */
    @SuppressWarnings("removal")
    private static Thread privileged(PrivilegedAction<Thread> making) {
        return AccessController.doPrivileged(making);
    }

    void start() {
        waitFor(interval);
    }

    /** One hop of a longer wait, or one slice; the next is scheduled when it has ended, however it ended. */
    @Override
    public void run() {
        LocalLimiter<?> swept = limiter.get();
        if (swept == null) {
            close();
        }
        if (closed || swept == null) {
            return;
        }
        if (!left.isZero()) {
            waitFor(left);
            return;
        }
        Duration pause = interval;
        try {
            pause = swept.sweeps().slice() ? REST : interval;
        } catch (RuntimeException | Error e) {
            swept.sweeps().failed();
            logFailure(swept, e);
        } finally {
            waitFor(least(pause, interval)); // even if memory did not suffice for the log
        }
    }

    /** The first failure is logged, the second, the fourth and so on: what fails for ever does not fill the log. */
    private void logFailure(LocalLimiter<?> swept, Throwable failure) {
        long failures = swept.sweeps().failures();
        if (Long.bitCount(failures) == 1) {
            String message = "A sweep of limiter " + swept.name() + " failed; the next is in " + interval
                    + ". Failures so far: " + failures + "; next logged: number " + 2 * failures;
            LOG.log(Level.WARNING, message, failure);
        }
    }

    private static Duration least(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private void waitFor(Duration pause) {
        Duration hop = least(pause, LONGEST_HOP);
        left = pause.minus(hop);
        schedule(hop);
    }

    private void schedule(Duration delay) {
        if (closed) {
            return;
        }
        try {
            long turn = turns.incrementAndGet();
            Future<?> task = scheduler.schedule(this, delay.toNanos(), TimeUnit.NANOSECONDS);
            note(turn, task);
            if (closed) { // either this is seen here, or close() sees the task noted above
                withdraw(task);
            }
        } catch (RejectedExecutionException e) {
            LocalLimiter<?> unswept = limiter.get();
            if (closed || unswept == null) {
                return;
            }
            if (turns.get() == 1) { // the limiter is just being built
                throw notSwept(unswept.name(), e);
            }
            LOG.log(
                    Level.WARNING,
                    "The scheduler of limiter " + QuotedText.of(unswept.name())
                            + " takes no more tasks, so idle keys are no longer swept",
                    e);
        }
    }

    /** Says that a limiter cannot be built with a scheduler that takes no tasks. */
    static IllegalArgumentException notSwept(String name, @Nullable Exception cause) {
        return new IllegalArgumentException(
                "the scheduler of limiter " + QuotedText.of(name)
                        + " takes no tasks, as one that is shut down; give it another one, or none: then it has a thread of"
                        + " its own",
                cause);
    }

    private synchronized void note(long turn, Future<?> task) {
        if (turn > noted) {
            noted = turn;
            next = task;
        }
    }

    /** Cancels a task; one that waits in a pool's queue leaves it at once, and not when its time has come. */
    private void withdraw(Future<?> task) {
        task.cancel(false);
        if (scheduler instanceof ThreadPoolExecutor pool && task instanceof Runnable queued) {
            pool.remove(queued);
        }
    }

    void close() {
        closed = true;
        Future<?> pending = next;
        if (pending != null) {
            withdraw(pending);
        }
        if (ownScheduler) {
            scheduler.shutdownNow();
        }
    }
}
