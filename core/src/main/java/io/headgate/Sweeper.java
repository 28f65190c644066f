package io.headgate;

import io.headgate.internal.BackgroundThread;
import io.headgate.internal.QuotedText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Sweeps a limiter in the background, in short slices. Holds the limiter weakly: once nothing else refers to it, the
 * sweeping ends.
 */
final class Sweeper implements Runnable {

    private static final Logger LOG = System.getLogger(Sweeper.class.getName());

    /**
     * The pause between two slices of one sweep. With slices of a millisecond, sweeping takes a fifth of one processor
     * at most.
     */
    private static final Duration REST = Duration.ofMillis(4);

    /**
     * The longest delay of one task. Longer waits are cut into hops of this length.
     *
     * <p>Why: a waiting task keeps the classes of this library loaded after the limiter is gone, and stays in a
     * scheduler that does not remove cancelled tasks.
     */
    private static final Duration LONGEST_HOP = Duration.ofMinutes(1);

    private final WeakReference<LocalLimiter<?>> limiter;
    private final Duration interval;
    private final ScheduledExecutorService scheduler;
    private final boolean ownScheduler;
    private volatile boolean closed;
    /** How much of the wait is left after the present hop. Read and written by the tasks, one after the other. */
    private Duration left = Duration.ZERO;
    /**
     * How many tasks were scheduled. Raised by the thread that starts the sweeper, then by each task, one after the
     * other.
     */
    private final AtomicLong turns = new AtomicLong();
    /**
     * The task to come. A task may run before the thread that scheduled it calls {@link #note}, so only a later turn
     * replaces one. Written with the monitor held.
     */
    private volatile @Nullable Future<?> next;
    /** The turn of {@link #next}. Guarded by the monitor. */
    private long nextTurn;

    /** Sweeps on the scheduler given, else on a daemon thread of its own. */
    Sweeper(LocalLimiter<?> limiter, Duration interval, @Nullable ScheduledExecutorService scheduler) {
        this.limiter = new WeakReference<>(limiter);
        this.interval = interval;
        this.ownScheduler = scheduler == null;
        this.scheduler = scheduler == null ? ownThread(limiter.name()) : scheduler;
    }

    private static ScheduledThreadPoolExecutor ownThread(String name) {
        return BackgroundThread.scheduler("headgate-sweeper-" + name);
    }

    /**
     * A scheduler for several limiters, with one daemon thread. The thread starts with the first task and ends a minute
     * after the last: a scheduler that is never shut down keeps no thread once its limiters are gone.
     */
    static ScheduledExecutorService sharedThread() {
        ScheduledThreadPoolExecutor scheduler = BackgroundThread.scheduler("headgate-sweeper");
        scheduler.setKeepAliveTime(LONGEST_HOP.toNanos(), TimeUnit.NANOSECONDS);
        scheduler.allowCoreThreadTimeOut(true);
        return scheduler;
    }

    void start() {
        waitFor(interval);
    }

    /** Runs one hop of a longer wait, or one slice. Schedules the next task, however this one ends. */
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

    /** Logs the first failure, the second, the fourth and so on, so that a lasting failure does not fill the log. */
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
            if (closed) { // either this thread sees it here, or close() sees the task noted above
                BackgroundThread.withdraw(task, scheduler);
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

    /** The exception for a limiter whose scheduler takes no tasks. */
    static IllegalArgumentException notSwept(String name, @Nullable Exception cause) {
        return new IllegalArgumentException(
                "the scheduler of limiter " + QuotedText.of(name)
                        + " takes no tasks, as one that is shut down; give it another one, or none: then it has a thread of"
                        + " its own",
                cause);
    }

    private synchronized void note(long turn, Future<?> task) {
        if (turn > nextTurn) {
            nextTurn = turn;
            next = task;
        }
    }

    void close() {
        closed = true;
        Future<?> pending = next;
        if (pending != null) {
            BackgroundThread.withdraw(pending, scheduler);
        }
        if (ownScheduler) {
            scheduler.shutdownNow();
        }
    }
}
