package io.headgate.plan;

import io.headgate.internal.BackgroundThread;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Polls the files of plans in the background. Holds the plans weakly: once nothing else refers to them, it ends. */
final class FilePoller implements Runnable {

    private static final Logger LOG = System.getLogger(AddressPlans.class.getName());

    private final WeakReference<AddressPlans> plans;
    private final Duration interval;
    private final ScheduledExecutorService scheduler;
    private final boolean ownScheduler;
    private volatile boolean closed;
    /** The poll to come. */
    private volatile @Nullable Future<?> next;

    private long failures;

    /** Polls on the scheduler given, else on a daemon thread of its own. */
    FilePoller(AddressPlans plans, Duration interval, @Nullable ScheduledExecutorService scheduler) {
        this.plans = new WeakReference<>(plans);
        this.interval = interval;
        this.ownScheduler = scheduler == null;
        this.scheduler = scheduler == null ? BackgroundThread.scheduler("headgate-plans") : scheduler;
    }

    void start() {
        try {
            next = scheduler.schedule(this, interval.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            throw new IllegalArgumentException(
                    "the scheduler takes no tasks, as one that is shut down; give another one, or none: then the plans"
                            + " have a thread of their own",
                    e);
        }
    }

    /** Polls once and schedules the next poll, however this one ends. */
    @Override
    public void run() {
        AddressPlans polled = plans.get();
        if (polled == null) {
            close();
        }
        if (closed || polled == null) {
            return;
        }
        try {
            polled.poll();
        } catch (RuntimeException | Error e) {
            if (Long.bitCount(++failures) == 1) { // the first, the second, the fourth, so that they do not fill the log
                LOG.log(Level.WARNING, "A poll of the files of plans failed; the next is in " + interval, e);
            }
        } finally {
            schedule(); // even if memory did not suffice for the log
        }
    }

    private void schedule() {
        try {
            Future<?> task = scheduler.schedule(this, interval.toNanos(), TimeUnit.NANOSECONDS);
            next = task;
            if (closed) { // either this thread sees it here, or close() sees the task noted above
                BackgroundThread.withdraw(task, scheduler);
            }
        } catch (RejectedExecutionException e) {
            if (!closed) {
                LOG.log(Level.WARNING, "The scheduler takes no more tasks, so files of plans are no longer polled", e);
            }
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
