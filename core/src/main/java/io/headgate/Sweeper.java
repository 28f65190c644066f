package io.headgate;

import io.headgate.internal.QuotedText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
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

    private final WeakReference<LocalLimiter<?>> limiter;
    private final Duration interval;
    private final ScheduledExecutorService scheduler;
    private final boolean ownScheduler;
    private volatile boolean closed;
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

    private static ScheduledExecutorService ownThread(String name) {
        return Executors.newSingleThreadScheduledExecutor(task -> {
            // Inherits nothing from the thread that happens to build the limiter, which may be an application's.
            Thread thread = new Thread(null, task, "headgate-sweeper-" + name, 0, false);
            thread.setContextClassLoader(null);
            thread.setDaemon(true);
            return thread;
        });
    }

    void start() {
        schedule(interval);
    }

    /** One slice; the next is scheduled when it has ended, however it ended. */
    @Override
    public void run() {
        LocalLimiter<?> swept = limiter.get();
        if (swept == null) {
            close();
        }
        if (closed || swept == null) {
            return;
        }
        Duration pause = interval;
        try {
            pause = swept.walks().slice() ? REST : interval;
        } catch (RuntimeException | Error e) {
            swept.walks().failed();
            LOG.log(Level.WARNING, "A sweep of limiter " + swept.name() + " failed; the next is in " + interval, e);
        } finally {
            schedule(pause.compareTo(interval) < 0 ? pause : interval); // even if memory did not suffice for the log
        }
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
