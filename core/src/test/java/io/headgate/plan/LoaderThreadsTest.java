package io.headgate.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URL;
import java.net.URLClassLoader;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LoaderThreadsTest {

    private static final InheritableThreadLocal<String> USER = new InheritableThreadLocal<>();

    private record Seen(String name, boolean daemon, ClassLoader loader, boolean hasUser) {}

    /** A driver is found by the class loader of the application; the user of a request is nobody's business. */
    @Test
    void threadsAreDaemonsThatTakeTheClassLoaderAlongAndNothingOfTheRequest() throws Exception {
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        ExecutorService pool;
        try (URLClassLoader application = new URLClassLoader(new URL[0], before)) {
            Thread.currentThread().setContextClassLoader(application);
            pool = LoaderThreads.create(1);
            Thread.currentThread().setContextClassLoader(before);
            USER.set("somebody");
            Seen seen = pool.submit(() -> new Seen(
                            Thread.currentThread().getName(),
                            Thread.currentThread().isDaemon(),
                            Thread.currentThread().getContextClassLoader(),
                            USER.get() != null))
                    .get();
            assertThat(seen).isEqualTo(new Seen("headgate-plans", true, application, false));
        } finally {
            USER.remove();
            Thread.currentThread().setContextClassLoader(before);
        }
        pool.shutdown();
        assertThat(pool.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
    }

    /** So a cache that nobody closes keeps none. */
    @Test
    void idleThreadsEnd() {
        ThreadPoolExecutor pool = (ThreadPoolExecutor) LoaderThreads.create(3);
        assertThat(pool.getPoolSize()).isZero();
        assertThat(pool.getMaximumPoolSize()).isEqualTo(3);
        assertThat(pool.allowsCoreThreadTimeOut()).isTrue();
        assertThat(pool.getKeepAliveTime(TimeUnit.SECONDS)).isEqualTo(30);
        pool.shutdown();
    }
}
