package io.headgate.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.testing.FakeTicker;
import io.headgate.testing.LogRecords;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sources, executors and keys that fail: nothing is lost, nobody waits, and it is counted. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class PlanCacheFailureTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final FakeTicker ticker = new FakeTicker();
    private final HeldSource source = new HeldSource();
    private final LogRecords log = new LogRecords(PlanCache.class);

    @AfterEach
    void close() {
        log.close();
    }

    private PlanCacheBuilder<String> builder() {
        return builder(source);
    }

    private PlanCacheBuilder<String> builder(PlanSource<String> source) {
        return PlanCache.<String>builder(source).ticker(ticker).executor(this.source);
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> CompletionStage<@Nullable String> sneak(Throwable thrown) throws T {
        throw (T) thrown;
    }

    /** A stage of somebody else's that fails where it is asked for its answer. */
    private static final class BrokenStage extends CompletableFuture<@Nullable String> {
        @Override
        public CompletableFuture<@Nullable String> whenComplete(
                BiConsumer<? super @Nullable String, ? super Throwable> action) {
            throw new UnsupportedOperationException("on purpose");
        }
    }

    /** A stage that answers, and then fails. */
    private static final class StageOfTwoAnswers extends CompletableFuture<@Nullable String> {
        @Override
        public CompletableFuture<@Nullable String> whenComplete(
                BiConsumer<? super @Nullable String, ? super Throwable> action) {
            action.accept(null, new IOException("on purpose"));
            action.accept("gold", null);
            throw new IllegalStateException("on purpose");
        }
    }

    @SuppressWarnings("NullAway") // on purpose
    private static CompletionStage<@Nullable String> noStage() {
        return null;
    }

    private static Stream<Arguments> failures() {
        return Stream.of(
                failure("java.io.IOException", key -> {
                    throw new IOException("on purpose");
                }),
                failure("java.lang.StackOverflowError", key -> {
                    throw new StackOverflowError();
                }),
                failure("java.lang.OutOfMemoryError", key -> sneak(new OutOfMemoryError("on purpose"))),
                failure("java.lang.Throwable", key -> sneak(new Throwable("on purpose"))),
                failure("java.lang.NullPointerException", key -> noStage()),
                failure(
                        "java.io.IOException",
                        key -> CompletableFuture.failedFuture(new IOException("key " + key + " in the message"))),
                failure(
                        "java.io.IOException",
                        key -> CompletableFuture.<@Nullable String>failedFuture(new IOException("wrapped"))
                                .thenApply(plan -> plan)),
                failure("java.util.concurrent.CancellationException", key -> {
                    CompletableFuture<@Nullable String> cancelled = new CompletableFuture<>();
                    cancelled.cancel(false);
                    return cancelled;
                }),
                failure("java.lang.UnsupportedOperationException", key -> new BrokenStage()),
                failure("java.io.IOException", key -> new StageOfTwoAnswers()));
    }

    private static Arguments failure(String name, PlanSource<String> source) {
        return Arguments.of(name, source);
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aFailureIsCountedAndGivesItsSlotBack(String name, PlanSource<String> failing) {
        PlanCache<String> plans = builder(failing).maxLoads(1).build();
        for (int time = 1; time <= 3; time++) {
            assertThat(plans.apply("secret")).isNull();
            source.runTasks();
            assertThat(plans.stats().failures()).isEqualTo(time);
            assertThat(plans.stats().loads()).isEqualTo(time);
            assertThat(plans.stats().underWay()).isZero();
            assertThat(plans.apply("secret")).isNull();
            assertThat(source.waitingTasks()).isZero(); // left alone for a while
            ticker.advance(Duration.ofSeconds(5));
        }
        assertThat(plans.stats().rejected()).isZero();
        assertThat(plans.stats().timeouts()).isZero();
        assertThat(log.warnings())
                .containsExactly(
                        "A plan was not loaded: " + name + ". So far: 1; next logged: number 2",
                        "A plan was not loaded: " + name + ". So far: 2; next logged: number 4");
        assertThat(log.text()).doesNotContain("secret");
    }

    @Test
    void aFailedRefreshKeepsThePlan() {
        AtomicInteger calls = new AtomicInteger();
        PlanCache<String> plans = builder(key -> {
                    if (calls.incrementAndGet() > 1) {
                        throw new StackOverflowError();
                    }
                    return CompletableFuture.completedFuture("gold");
                })
                .build();
        plans.request("k");
        source.runTasks();
        ticker.advance(Duration.ofMinutes(1));
        plans.request("k");
        source.runTasks();
        assertThat(plans.stats().failures()).isEqualTo(1);
        assertThat(plans.planIfKnown("k")).isEqualTo("gold");
    }

    @Test
    void aStageThatNobodyCompletesGivesItsSlotBackAtTheTimeout() {
        PlanCache<String> plans = builder().maxLoads(1).build();
        plans.request("k");
        HeldSource.Call hanging = source.next();
        ticker.advance(TIMEOUT.minusNanos(1));
        plans.request("other");
        assertThat(plans.stats().rejected()).isEqualTo(1);
        assertThat(plans.stats().timeouts()).isZero();
        ticker.advance(Duration.ofNanos(1));
        plans.request("other"); // ends what is overdue
        source.answer("silver");
        assertThat(plans.planIfKnown("other")).isEqualTo("silver");
        assertThat(plans.stats().timeouts()).isEqualTo(1);
        assertThat(plans.stats().failures()).isZero();
        assertThat(plans.stats().underWay()).isZero();
        assertThat(log.warnings())
                .containsExactly("A plan was not loaded within PT5S. So far: 1; next logged: number 2");
        // The key is left alone for a while, and then asked for again. What comes late is not taken.
        plans.request("k");
        assertThat(source.waitingTasks()).isZero();
        ticker.advance(Duration.ofSeconds(5));
        plans.request("k");
        HeldSource.Call second = source.next();
        hanging.stage().complete("old");
        assertThat(plans.planIfKnown("k")).isNull();
        second.stage().complete("new");
        assertThat(plans.planIfKnown("k")).isEqualTo("new");
        assertThat(plans.stats().underWay()).isZero();
    }

    /** Also if no request and no look at the stats has come since the load was overdue. */
    @Test
    void anAnswerAfterTheTimeoutIsDroppedWhoeverSeesItFirst() {
        PlanCache<String> plans = builder().build();
        plans.request("late");
        plans.request("failing");
        plans.request("intime");
        HeldSource.Call late = source.next();
        HeldSource.Call failing = source.next();
        HeldSource.Call inTime = source.next();
        plans.request("waiting"); // for a thread
        ticker.advance(TIMEOUT.minusNanos(1));
        inTime.stage().complete("gold");
        ticker.advance(Duration.ofNanos(1));
        late.stage().complete("gold");
        failing.stage().completeExceptionally(new IllegalStateException("on purpose"));
        source.runTasks();
        assertThat(plans.planIfKnown("intime")).isEqualTo("gold");
        assertThat(plans.planIfKnown("late")).isNull();
        assertThat(source.calls()).containsExactly("late", "failing", "intime");
        assertThat(plans.stats().timeouts()).isEqualTo(3);
        assertThat(plans.stats().failures()).isZero();
        assertThat(plans.stats().underWay()).isZero();
        plans.request("late"); // is left alone for a while
        assertThat(source.waitingTasks()).isZero();
    }

    @Test
    void theStatsTellOfATimeoutWithoutARequest() {
        PlanCache<String> plans = builder().build();
        plans.request("k");
        source.runTasks();
        ticker.advance(TIMEOUT);
        assertThat(plans.stats().timeouts()).isEqualTo(1);
        assertThat(plans.stats().underWay()).isZero();
    }

    /** Their slots stay taken: neither more threads hang than there are, nor does the queue behind them grow. */
    @Test
    void threadsThatHangAreNoMoreThanToldAndNothingPilesUpBehindThem() throws InterruptedException {
        CountDownLatch hanging = new CountDownLatch(2);
        CountDownLatch letGo = new CountDownLatch(1);
        List<Thread> threads = new ArrayList<>();
        PlanCache<String> plans = PlanCache.<String>builder(key -> {
                    synchronized (threads) {
                        threads.add(Thread.currentThread());
                    }
                    hanging.countDown();
                    letGo.await();
                    return CompletableFuture.completedFuture("late");
                })
                .ticker(ticker)
                .loaderThreads(2)
                .maxLoads(5)
                .build();
        plans.request("k0");
        plans.request("k1");
        hanging.await();
        for (int id = 2; id < 1_000; id++) {
            plans.request("k" + id);
            ticker.advance(Duration.ofSeconds(1));
        }
        PlanCacheStats stats = plans.stats();
        assertThat(stats.underWay()).isEqualTo(5);
        assertThat(stats.timeouts()).isEqualTo(5);
        assertThat(stats.rejected()).isEqualTo(995);
        assertThat(stats.loads()).isEqualTo(2);
        assertThat(threads).hasSize(2).allMatch(Thread::isDaemon);
        letGo.countDown();
        plans.close(); // the pool ends once the hanging calls have returned and the overdue tasks are dropped
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(plans.stats().underWay()).isZero();
        assertThat(plans.stats().loads()).isEqualTo(2);
        assertThat(plans.stats().size()).isZero();
    }

    @Test
    void anExecutorThatRefusesIsCountedAndTriedAgain() {
        Deque<Throwable> refusals = new ArrayDeque<>(
                List.of(new RejectedExecutionException("on purpose"), new OutOfMemoryError("on purpose")));
        PlanCache<String> plans = builder()
                .maxLoads(1)
                .executor(task -> {
                    Throwable refusal = refusals.poll();
                    if (refusal instanceof Error error) {
                        throw error;
                    } else if (refusal instanceof RuntimeException exception) {
                        throw exception;
                    }
                    source.execute(task);
                })
                .build();
        for (int time = 1; time <= 2; time++) {
            assertThat(plans.apply("k")).isNull();
            assertThat(plans.stats().rejected()).isEqualTo(time);
            assertThat(plans.stats().underWay()).isZero();
            assertThat(plans.stats().remembered()).isZero();
        }
        plans.request("k");
        source.answer("gold");
        assertThat(plans.planIfKnown("k")).isEqualTo("gold");
    }

    /** An executor may run a task twice, or in the calling thread: no slot is given back twice. */
    @Test
    void anExecutorThatRunsATaskTwiceGivesNoSlotBackTwice() {
        PlanCache<String> plans = builder(key -> CompletableFuture.completedFuture("gold"))
                .maxLoads(1)
                .executor(task -> {
                    task.run();
                    task.run();
                })
                .build();
        for (int id = 0; id < 10; id++) {
            plans.request("k" + id);
            assertThat(plans.planIfKnown("k" + id)).isEqualTo("gold");
            assertThat(plans.stats().underWay()).isZero();
        }
        assertThat(plans.stats().rejected()).isZero();
    }

    /** A key whose methods throw once they are told to. */
    private record Key(int id, AtomicInteger calls) {
        private static final int FINE = Integer.MIN_VALUE;

        private void call() {
            if (calls.get() != FINE && calls.getAndDecrement() <= 0) {
                throw new IllegalStateException("on purpose");
            }
        }

        @Override
        public int hashCode() {
            call();
            return id & 1;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            call();
            return other instanceof Key key && id == key.id;
        }
    }

    private static Key key(int id) {
        return new Key(id, new AtomicInteger(Key.FINE));
    }

    /** Broken in every phase of its life: all others are served, evicted and loaded as ever. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    void aBrokenKeyHarmsNoOther(int phase) {
        Deque<CompletableFuture<@Nullable String>> open = new ArrayDeque<>();
        PlanCache<Key> plans = PlanCache.<Key>builder(key -> {
                    CompletableFuture<@Nullable String> stage = new CompletableFuture<>();
                    open.add(stage);
                    return stage;
                })
                .ticker(ticker)
                .executor(source)
                .maxKeys(100)
                .maxLoads(1)
                .build();
        Key broken = key(2);
        if (phase == 0) { // before anything of it is known
            broken.calls.set(0);
            assertThatThrownBy(() -> plans.apply(broken)).hasMessage("on purpose");
            assertThatThrownBy(() -> plans.planIfKnown(broken)).hasMessage("on purpose");
            assertThatThrownBy(() -> plans.invalidate(broken)).hasMessage("on purpose");
        } else {
            plans.request(broken);
            if (phase == 1) { // while it waits for a thread
                broken.calls.set(0);
            }
            source.runTasks();
            if (phase == 2) { // while its load is under way
                broken.calls.set(0);
            }
            open.remove().complete(phase == 4 ? null : "gold");
            if (phase >= 3) { // afterwards, when it may be evicted; the hash is fine in phase 5
                broken.calls.set(phase == 5 ? 1 : 0);
            }
        }
        assertThat(plans.stats().underWay()).isZero();
        for (int id = 100; id < 2_100; id++) {
            Key key = key(id);
            plans.request(key);
            source.runTasks();
            open.remove().complete(id % 2 == 0 ? "silver" : null);
            if (id % 2 == 0) {
                // Caffeine keeps a key that it has just got, for long enough to be found here.
                assertThat(plans.planIfKnown(key)).as("key %s", id).isEqualTo("silver");
            }
        }
        assertThat(plans.stats().underWay()).isZero();
        assertThat(plans.stats().rejected()).isZero();
        assertThat(plans.stats().size()).isBetween(1L, 100L);
        assertThat(plans.stats().remembered()).isBetween(1L, 100L);
        plans.invalidateAll();
        assertThat(plans.stats().size()).isZero();
        assertThat(plans.stats().remembered()).isZero();
    }
}
