package io.headgate.internal;

import java.security.AccessController;
import java.security.PrivilegedAction;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;

/** Schedulers of one daemon thread each, which keeps nothing of the application that made it. */
public final class BackgroundThread {

    private BackgroundThread() {}

    /**
     * A scheduler whose thread starts with the first task.
     *
     * @param name the name of the thread
     * @return the scheduler, which the caller shuts down
     */
    public static ScheduledThreadPoolExecutor scheduler(String name) {
        return new ScheduledThreadPoolExecutor(1, task -> privileged(() -> daemon(task, name)));
    }

    /**
     * Cancels a task. One that waits in a pool's queue is removed at once, and not only when it is due.
     *
     * @param task the task
     * @param scheduler where it waits
     */
    public static void withdraw(Future<?> task, ScheduledExecutorService scheduler) {
        task.cancel(false);
        if (scheduler instanceof ThreadPoolExecutor pool && task instanceof Runnable queued) {
            pool.remove(queued);
        }
    }

    /** Inherits nothing from the thread that starts it, which may be an application's. */
    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(null, task, name, 0, false);
        thread.setContextClassLoader(null);
        thread.setDaemon(true);
        return thread;
    }

    /** Until Java 24 a new thread keeps the class loaders of all callers on the stack. doPrivileged hides them. */
    @SuppressWarnings("removal")
    private static Thread privileged(PrivilegedAction<Thread> making) {
        return AccessController.doPrivileged(making);
    }
}
