package io.headgate.plan;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** A few daemon threads that call the source of one cache. They end half a minute after their last load. */
final class LoaderThreads {

    private LoaderThreads() {}

    /**
     * A pool without threads yet. Its queue needs no bound of its own: the cache hands over no more than its slots.
     *
     * <p>Its threads have the class loader of the caller as their context, since drivers are looked up by it, and nothing
     * else of the request that happens to need a thread.
     */
    static ExecutorService create(int most) {
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        ThreadPoolExecutor pool =
                new ThreadPoolExecutor(most, most, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(null, task, "headgate-plans", 0, false);
                    thread.setContextClassLoader(context);
                    thread.setDaemon(true);
                    return thread;
                });
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }
}
