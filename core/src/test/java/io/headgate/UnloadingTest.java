package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import java.lang.reflect.Field;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Applications that are taken out of a server without having closed their limiters. */
class UnloadingTest {

    private static final URL LIBRARY = codeOf(LocalLimiter.class);
    private static final URL APPLICATION = codeOf(UnloadingTest.class);

    private static URL codeOf(Class<?> type) {
        return type.getProtectionDomain().getCodeSource().getLocation();
    }

    /** Makes a limiter of a type of its own that is swept once a day, on a scheduler if it is given one. */
    public static final class Application implements Function<Optional<ScheduledExecutorService>, AutoCloseable> {

        /** No record: the JDK keeps the classes of records by soft references. */
        private static final class Client {}

        @Override
        public AutoCloseable apply(Optional<ScheduledExecutorService> scheduler) {
            LimiterBuilder<Client> builder = Limiter.<Client>builder(Limit.parse("1/day"))
                    .sweepInterval(Duration.ofDays(1))
                    .onDenied(client -> limited(client));
            scheduler.ifPresent(builder::scheduler);
            LocalLimiter<Client> limiter = builder.build();
            Client client = new Client();
            limiter.tryAcquire(client);
            limiter.tryAcquire(client);
            return limiter;
        }

        private static void limited(Client client) {
            assert client != null;
        }
    }

    @SuppressWarnings("unchecked")
    private static AutoCloseable limiterOf(ClassLoader application, Optional<ScheduledExecutorService> scheduler)
            throws ReflectiveOperationException {
        Class<?> type = application.loadClass(Application.class.getName());
        assertThat(type.getClassLoader()).isSameAs(application);
        return ((Function<Optional<ScheduledExecutorService>, AutoCloseable>)
                        type.getConstructor().newInstance())
                .apply(scheduler);
    }

    private static URLClassLoader applicationWithLibrary() {
        return new URLClassLoader(new URL[] {LIBRARY, APPLICATION}, ClassLoader.getPlatformClassLoader());
    }

    private static ScheduledThreadPoolExecutor sweeperOf(Object limiter) throws ReflectiveOperationException {
        return (ScheduledThreadPoolExecutor) field(field(limiter, "sweeper"), "scheduler");
    }

    private static Object field(Object object, String name) throws ReflectiveOperationException {
        Field field = object.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return field.get(object);
    }

    private static void collect(WeakReference<?> reference) {
        for (int i = 0; i < 200 && reference.get() != null; i++) {
            System.gc();
        }
        assertThat(reference.get()).isNull();
    }

    @Test
    void aLibraryOfTheServerDoesNotKeepTheClassesOfAnApplication() throws Exception {
        try (URLClassLoader server = new URLClassLoader(new URL[] {LIBRARY}, ClassLoader.getPlatformClassLoader())) {
            URLClassLoader application = new URLClassLoader(new URL[] {APPLICATION}, server);
            ScheduledThreadPoolExecutor sweeper = sweeperOf(limiterOf(application, Optional.empty()));
            WeakReference<ClassLoader> gone = new WeakReference<>(application);
            application.close();
            application = null;
            collect(gone);
            assertThat(sweeper.isShutdown()).as("it is not by its end").isFalse();
            sweeper.shutdownNow();
        }
    }

    @Test
    void aLibraryOfTheApplicationGoesWithItAfterAHop() throws Exception {
        URLClassLoader application = applicationWithLibrary();
        AutoCloseable limiter = limiterOf(application, Optional.empty());
        ScheduledThreadPoolExecutor sweeper = sweeperOf(limiter);
        WeakReference<Object> abandoned = new WeakReference<>(limiter);
        limiter = null;
        collect(abandoned);
        Runnable hop = sweeper.getQueue().iterator().next();
        hop.run();
        assertThat(sweeper.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        hop = null;
        sweeper = null;
        WeakReference<ClassLoader> gone = new WeakReference<>(application);
        application.close();
        application = null;
        collect(gone);
    }

    @Test
    void aCancelledTaskDoesNotKeepAnApplicationThatClosedItsLimiter() throws Exception {
        ScheduledThreadPoolExecutor pool = new ScheduledThreadPoolExecutor(1);
        pool.prestartCoreThread(); // or its thread would be made by the application
        URLClassLoader application = applicationWithLibrary();
        limiterOf(application, Optional.of(Executors.unconfigurableScheduledExecutorService(pool)))
                .close();
        assertThat(pool.getQueue()).hasSize(1);
        WeakReference<ClassLoader> gone = new WeakReference<>(application);
        application.close();
        application = null;
        collect(gone);
        pool.shutdownNow();
    }
}
