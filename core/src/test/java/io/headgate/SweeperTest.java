package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testing.FakeTicker;
import java.lang.ref.WeakReference;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Delayed;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.RunnableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class SweeperTest {

    private record Task(Runnable action, Duration delay, Future<?> future) {}

    private final FakeTicker ticker = new FakeTicker();
    private final Deque<Task> tasks = new ArrayDeque<>();
    private boolean shutDown;

    /** A scheduler whose tasks run when the test says so. */
    private final ScheduledExecutorService scheduler = proxy(ScheduledExecutorService.class, (method, arguments) -> {
        if (method.equals("isShutdown")) {
            return false; // nor does it say so when it rejects
        }
        if (!method.equals("schedule")) {
            throw new AssertionError("not expected: " + method);
        }
        if (shutDown) {
            throw new RejectedExecutionException("shut down");
        }
        CompletableFuture<Void> future = new CompletableFuture<>();
        Duration delay = Duration.ofNanos(((TimeUnit) arguments[2]).toNanos((Long) arguments[1]));
        tasks.add(new Task((Runnable) arguments[0], delay, future));
        Object handle = proxy(ScheduledFuture.class, (name, args) -> {
            assertThat(name).isEqualTo("cancel");
            return future.cancel((Boolean) args[0]);
        });
        return handle;
    });

    private interface Invocation {
        Object call(String method, Object[] arguments);
    }

    private static <T> T proxy(Class<T> type, Invocation handler) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type, RunnableFuture.class},
                (proxy, method, arguments) -> handler.call(method.getName(), arguments)));
    }

    private LocalLimiter<Integer> limiter(Ticker ticker) {
        return limiter(ticker, Duration.ofSeconds(3));
    }

    private LocalLimiter<Integer> limiter(Ticker ticker, Duration interval) {
        return limiter(ticker, interval, scheduler);
    }

    private static LocalLimiter<Integer> limiter(Ticker ticker, Duration interval, ScheduledExecutorService scheduler) {
        return Limiter.<Integer>builder(Limit.parse("1/s"))
                .ticker(ticker)
                .sweepInterval(interval)
                .scheduler(scheduler)
                .name("swept")
                .build();
    }

    @Test
    void sweepsAgainAndAgain() {
        LocalLimiter<Integer> limiter = limiter(ticker);
        for (int round = 1; round <= 3; round++) {
            Task task = tasks.remove();
            assertThat(tasks).isEmpty();
            assertThat(task.delay).isEqualTo(Duration.ofSeconds(3));
            limiter.tryAcquire(1);
            ticker.advance(Duration.ofSeconds(1));
            limiter.tryAcquire(2);
            task.action.run();
            assertThat(limiter.size()).isEqualTo(1); // key 2 is not full
            limiter.sweep();
            ticker.advance(Duration.ofSeconds(2));
            limiter.sweep();
            assertThat(limiter.stats().evicted()).isEqualTo(2L * round);
        }
        limiter.close();
    }

    @Test
    void waitsForLongInHopsThatAreNoSweeps() {
        LocalLimiter<Integer> limiter = limiter(ticker, Duration.ofSeconds(150));
        for (int round = 0; round < 3; round++) {
            for (int seconds : new int[] {60, 60, 30}) {
                assertThat(limiter.stats().sweeps()).isEqualTo(round);
                Task hop = tasks.remove();
                assertThat(tasks).isEmpty();
                assertThat(hop.delay).isEqualTo(Duration.ofSeconds(seconds));
                hop.action.run();
            }
        }
        assertThat(limiter.stats().sweeps()).isEqualTo(3);
        limiter.close();
        assertThat(tasks.getFirst().future).isCancelled();
    }

    @Test
    void waitsNoLongerThanAMinuteForALimiterThatIsAbandoned() {
        LocalLimiter<Integer> limiter = limiter(ticker, Duration.ofDays(365));
        WeakReference<LocalLimiter<Integer>> abandoned = new WeakReference<>(limiter);
        limiter = null;
        collect(abandoned);
        Task hop = tasks.remove();
        assertThat(hop.delay).isEqualTo(Duration.ofMinutes(1));
        hop.action.run();
        assertThat(tasks).isEmpty();
    }

    @Test
    void worksInSlices() {
        LocalLimiter<Integer> limiter = limiter(ticker);
        int keys = 300_000;
        for (int key = 0; key < keys; key++) {
            limiter.tryAcquire(key);
        }
        ticker.advance(Duration.ofSeconds(1));
        int slices = 0;
        Task task;
        do {
            task = tasks.remove();
            task.action.run();
            slices++;
        } while (tasks.getFirst().delay.compareTo(Duration.ofSeconds(3)) < 0);
        assertThat(limiter.size()).isZero();
        assertThat(slices).isGreaterThan(1);
        assertThat(task.delay).isLessThan(Duration.ofMillis(10));
    }

    @Test
    void getsSomethingDoneInASliceThatIsOverBeforeItBegins() {
        LocalLimiter<Integer> limiter = limiter(() -> {
            for (long start = System.nanoTime(); System.nanoTime() - start < 2_000_000; ) {
                Thread.onSpinWait();
            }
            return ticker.read();
        });
        limiter.tryAcquire(1);
        ticker.advance(Duration.ofSeconds(1));
        tasks.remove().action.run();
        assertThat(limiter.size()).isZero();
    }

    @Test
    void survivesAFailureAndCountsIt() {
        AtomicBoolean broken = new AtomicBoolean();
        LocalLimiter<Integer> limiter = limiter(() -> {
            if (broken.get()) {
                throw new IllegalStateException("no time");
            }
            return ticker.read();
        });
        limiter.tryAcquire(1);
        ticker.advance(Duration.ofSeconds(1));
        broken.set(true);
        tasks.remove().action.run();
        assertThat(limiter.stats().sweepFailures()).isEqualTo(1);
        assertThat(limiter.size()).isEqualTo(1);
        broken.set(false);
        Task next = tasks.remove();
        assertThat(next.delay).isEqualTo(Duration.ofSeconds(3));
        next.action.run();
        assertThat(limiter.size()).isZero();
    }

    @Test
    void logsTheFirstFailureAndThenEverFewer() {
        AtomicBoolean broken = new AtomicBoolean(true);
        LocalLimiter<Integer> limiter = limiter(() -> {
            if (broken.get()) {
                throw new IllegalStateException("no time");
            }
            return ticker.read();
        });
        List<String> logged = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                logged.add(record.getMessage() + ": " + record.getThrown().getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger log = Logger.getLogger(Sweeper.class.getName());
        log.addHandler(handler);
        try {
            for (int failure = 0; failure < 1_000; failure++) {
                tasks.remove().action.run();
            }
        } finally {
            log.removeHandler(handler);
        }
        assertThat(limiter.stats().sweepFailures()).isEqualTo(1_000);
        assertThat(logged)
                .hasSize(10)
                .startsWith("A sweep of limiter swept failed; the next is in PT3S."
                        + " Failures so far: 1; next logged: number 2: no time")
                .endsWith("A sweep of limiter swept failed; the next is in PT3S."
                        + " Failures so far: 512; next logged: number 1024: no time");
    }

    @Test
    void survivesAFailureThatEvenTheLogCannotTake() {
        AtomicBoolean broken = new AtomicBoolean(true);
        LocalLimiter<Integer> limiter = limiter(() -> {
            if (broken.get()) {
                throw new OutOfMemoryError("on purpose") {
                    private static final long serialVersionUID = 1;

                    @Override
                    public String getMessage() {
                        throw new OutOfMemoryError("for the log, too");
                    }
                };
            }
            return ticker.read();
        });
        Task task = tasks.remove();
        try {
            task.action.run();
        } catch (OutOfMemoryError e) {
            assertThat(e).hasMessage("for the log, too");
        }
        broken.set(false);
        limiter.tryAcquire(1);
        ticker.advance(Duration.ofSeconds(1));
        tasks.remove().action.run();
        assertThat(limiter.size()).isZero();
    }

    @Test
    void closeEndsIt() {
        LocalLimiter<Integer> limiter = limiter(ticker);
        limiter.close();
        limiter.close();
        Task task = tasks.remove();
        assertThat(task.future).isCancelled();
        task.action.run(); // it was about to start
        assertThat(tasks).isEmpty();
        assertThat(limiter.tryAcquire(1)).isTrue();
        assertThat(limiter.tryAcquire(1)).isFalse();
    }

    /** Takes a task that is not yet due out of a pool's queue, for the test to run it. */
    private static Runnable taken(ScheduledThreadPoolExecutor pool) {
        Runnable task = pool.getQueue().iterator().next();
        assertThat(pool.remove(task)).isTrue();
        return task;
    }

    /** Waits for its slices without hops, and for no test. */
    private static LocalLimiter<Integer> slow(Ticker ticker, ScheduledExecutorService scheduler) {
        return limiter(ticker, Duration.ofMinutes(1), scheduler);
    }

    @Test
    void closeLeavesNothingInTheQueueOfAPool() {
        ScheduledThreadPoolExecutor pool = new ScheduledThreadPoolExecutor(1);
        LocalLimiter<Integer> limiter = limiter(ticker, Duration.ofDays(1), pool);
        assertThat(pool.getQueue()).hasSize(1);
        limiter.close();
        assertThat(pool.getQueue()).isEmpty();
        limiter.close();
        assertThat(pool.shutdownNow()).isEmpty();
    }

    @Test
    void closeInTheMidstOfASliceLeavesNothingInTheQueueOfAPool() {
        ScheduledThreadPoolExecutor pool = new ScheduledThreadPoolExecutor(1);
        AtomicReference<LocalLimiter<Integer>> closing = new AtomicReference<>();
        LocalLimiter<Integer> limiter = slow(
                () -> {
                    LocalLimiter<Integer> swept = closing.getAndSet(null);
                    if (swept != null) {
                        swept.close();
                    }
                    return ticker.read();
                },
                pool);
        closing.set(limiter);
        taken(pool).run();
        assertThat(closing.get()).as("was closed").isNull();
        assertThat(pool.getQueue()).isEmpty();
        pool.shutdownNow();
    }

    /** A pool that gives other threads time to do something between taking a task and telling so. */
    private static final class SlowPool extends ScheduledThreadPoolExecutor {
        private final Deque<Runnable> meanwhile = new ArrayDeque<>();

        SlowPool() {
            super(1);
        }

        @Override
        public ScheduledFuture<?> schedule(Runnable action, long delay, TimeUnit unit) {
            ScheduledFuture<?> scheduled = super.schedule(action, delay, unit);
            if (!meanwhile.isEmpty()) {
                meanwhile.remove().run();
            }
            return scheduled;
        }
    }

    @Test
    void closeWhileASliceIsBeingScheduledLeavesNothingInTheQueueOfAPool() {
        SlowPool pool = new SlowPool();
        LocalLimiter<Integer> limiter = slow(ticker, pool);
        pool.meanwhile.add(limiter::close);
        taken(pool).run();
        assertThat(pool.meanwhile).isEmpty();
        assertThat(pool.getQueue()).isEmpty();
        pool.shutdownNow();
    }

    @Test
    void closeAtTheVeryStartLeavesNothingInTheQueueOfAPool() {
        SlowPool pool = new SlowPool();
        LocalLimiter<Integer> limiter = limiter(ticker);
        Sweeper sweeper = new Sweeper(limiter, Duration.ofDays(1), pool);
        pool.meanwhile.add(sweeper::close);
        sweeper.start();
        assertThat(pool.getQueue()).isEmpty();
        sweeper.start();
        assertThat(pool.getQueue()).as("started when closed").isEmpty();
        pool.shutdownNow();
        limiter.close();
    }

    @Test
    void closeFindsTheLatestSliceEvenIfEarlierOnesAreNotedAfterIt() {
        SlowPool pool = new SlowPool();
        for (int slice = 0; slice < 3; slice++) {
            pool.meanwhile.add(() -> taken(pool).run());
        }
        LocalLimiter<Integer> limiter = slow(ticker, pool);
        assertThat(pool.meanwhile).isEmpty();
        assertThat(pool.getQueue()).hasSize(1);
        limiter.close();
        assertThat(pool.getQueue()).isEmpty();
        pool.shutdownNow();
    }

    @Test
    void aPoolBehindAWrapperKeepsCancelledTasksForAMinuteAtMost() {
        ScheduledThreadPoolExecutor pool = new ScheduledThreadPoolExecutor(1);
        for (int i = 0; i < 100; i++) {
            limiter(ticker, Duration.ofDays(1), Executors.unconfigurableScheduledExecutorService(pool))
                    .close();
        }
        assertThat(pool.getQueue()).allSatisfy(task -> {
            assertThat((Future<?>) task).isCancelled();
            assertThat(((Delayed) task).getDelay(TimeUnit.SECONDS)).isLessThanOrEqualTo(60);
        });
        pool.shutdownNow();
    }

    @Test
    void aClosedLimiterSchedulesNothing() {
        LocalLimiter<Integer> limiter = limiter(() -> {
            shutDown = true;
            return ticker.read();
        });
        tasks.getFirst().action.run(); // is rejected when it wants to schedule the next
        limiter.close();
        limiter.close();
        shutDown = false;
        tasks.remove().action.run();
        assertThat(tasks).isEmpty();
    }

    @Test
    void aSchedulerThatWasShutDownEndsIt() {
        LocalLimiter<Integer> limiter = limiter(ticker);
        shutDown = true;
        tasks.remove().action.run();
        assertThat(tasks).isEmpty();
        assertThat(limiter.tryAcquire(1)).isTrue();
    }

    @Test
    void doesNotKeepAnAbandonedLimiterAlive() {
        LocalLimiter<Integer> limiter = limiter(ticker);
        tasks.getFirst().action.run();
        WeakReference<LocalLimiter<Integer>> abandoned = new WeakReference<>(limiter);
        limiter = null;
        collect(abandoned);
        tasks.removeLast().action.run();
        assertThat(tasks).hasSize(1); // the first; no further one
    }

    @Test
    void hasADaemonThreadOfItsOwnThatEndsWithTheLimiter() throws Exception {
        LocalLimiter<Integer> limiter = Limiter.<Integer>builder(Limit.parse("1/s"))
                .sweepInterval(Duration.ofMillis(1))
                .name("closed one")
                .build();
        Thread thread = thread("headgate-sweeper-closed one");
        assertThat(thread.isDaemon()).isTrue();
        limiter.close();
        thread.join(30_000);
        assertThat(thread.isAlive()).isFalse();
    }

    @Test
    void itsOwnThreadEndsWhenTheLimiterIsAbandoned() throws Exception {
        LocalLimiter<Integer> limiter = Limiter.<Integer>builder(Limit.parse("1/s"))
                .sweepInterval(Duration.ofMillis(1))
                .name("abandoned one")
                .build();
        Thread thread = thread("headgate-sweeper-abandoned one");
        WeakReference<LocalLimiter<Integer>> abandoned = new WeakReference<>(limiter);
        limiter = null;
        collect(abandoned);
        thread.join(30_000);
        assertThat(thread.isAlive()).isFalse();
    }

    private static Thread thread(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals(name))
                .findAny()
                .orElseThrow();
    }

    private static void collect(WeakReference<?> reference) {
        for (int i = 0; i < 200 && reference.get() != null; i++) {
            System.gc();
        }
        assertThat(reference.get()).isNull();
    }
}
