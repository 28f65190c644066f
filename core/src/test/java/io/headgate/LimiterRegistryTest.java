package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LimiterRegistryTest {

    private final LimiterRegistry registry = new LimiterRegistry();
    private final FakeTicker ticker = new FakeTicker();

    @AfterEach
    void closeRegistry() {
        registry.close();
    }

    /** A configuration that is read anew: another builder each time. */
    private LimiterBuilder<Object> login(long permits) {
        return Limiter.builder(Limit.perMinute(permits))
                .name("login")
                .ticker(ticker)
                .sweepInterval(Duration.ZERO);
    }

    /** Notes how often it was closed, and may fail to. */
    private static final class Closing implements Limiter<String> {

        final AtomicInteger closed = new AtomicInteger();
        private final @Nullable RuntimeException failure;

        Closing() {
            this(null);
        }

        Closing(@Nullable RuntimeException failure) {
            this.failure = failure;
        }

        @Override
        public boolean tryAcquire(String key, long permits) {
            return true;
        }

        @Override
        public Decision decide(String key, long permits) {
            return Decision.allowed(false, List.of());
        }

        @Override
        public Decision peek(String key, long permits) {
            return decide(key, permits);
        }

        @Override
        public void refund(String key, long permits) {}

        @Override
        public void reset(String key) {}

        @Override
        public void close() {
            closed.incrementAndGet();
            if (failure != null) {
                throw failure;
            }
        }
    }

    @Test
    void keepsWhatWasTakenWhileNothingChanges() {
        Limiter<String> first = registry.obtain(String.class, login(1));
        assertThat(first.tryAcquire("a")).isTrue();
        Limiter<String> again = registry.obtain(String.class, login(1).onDenied(key -> {}));
        assertThat(again).isSameAs(first);
        assertThat(again.tryAcquire("a")).isFalse();
        assertThat(registry.get("login")).containsSame(first);
        registry.get("login", String.class).orElseThrow().reset("a");
        assertThat(first.tryAcquire("a")).isTrue();
    }

    @Test
    void makesALimiterAnewIfASettingChanges() {
        ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
        List<UnaryOperator<LimiterBuilder<ClientAddress>>> changes = List.of(
                builder -> builder,
                builder -> builder.maxKeys(7),
                builder -> builder.overflow(Overflow.DENY),
                builder -> builder.sweepInterval(Duration.ofSeconds(7)),
                builder -> builder.ticker(ticker),
                builder -> builder.scheduler(scheduler),
                builder -> builder.translationPrefixes(AddressRange.parse("64:ff9b:1::/48")));
        Set<Limiter<?>> made = Collections.newSetFromMap(new IdentityHashMap<>());
        for (UnaryOperator<LimiterBuilder<ClientAddress>> change : changes) {
            for (int prefix : new int[] {56, 64}) {
                for (Limit limit :
                        List.of(Limit.perSecond(1), Limit.perSecond(1).burst(2))) {
                    Limiter<ClientAddress> limiter =
                            registry.obtain(ClientAddress.class, change.apply(Limiter.forNetworks(prefix, limit)));
                    assertThat(registry.obtain(ClientAddress.class, change.apply(Limiter.forNetworks(prefix, limit))))
                            .isSameAs(limiter);
                    made.add(limiter);
                }
            }
        }
        assertThat(made).hasSize(changes.size() * 4);
        assertThat(registry.limiters()).hasSize(1);
        scheduler.shutdownNow();
    }

    @Test
    void takesLimitersOfAnyKind() {
        Closing first = new Closing();
        assertThat(registry.obtain("mails", String.class, List.of(1), () -> first))
                .isSameAs(first);
        assertThat(registry.<String>obtain("mails", String.class, List.of(1), () -> {
                    throw new AssertionError("made again");
                }))
                .isSameAs(first);
        Closing second = new Closing();
        assertThat(registry.obtain("mails", String.class, List.of(2), () -> second))
                .isSameAs(second);
        assertThat(first.closed).hasValue(1);
        assertThat(second.closed).hasValue(0);
    }

    @Test
    void changesNothingIfAMakerFails() {
        Closing first = new Closing();
        registry.obtain("mails", String.class, 1, () -> first);
        assertThatThrownBy(() -> registry.<String>obtain("mails", String.class, 2, () -> {
                    throw new UnsupportedOperationException("no");
                }))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThat(registry.get("mails")).containsSame(first);
        assertThat(first.closed).hasValue(0);
        assertThat(registry.obtain("mails", String.class, 1, Closing::new)).isSameAs(first);
    }

    @Test
    void closesWhatItMadeAndNotWhatItWasHanded() {
        Closing made = new Closing();
        Closing removed = new Closing();
        Closing handed = new Closing();
        Closing handedAndRemoved = new Closing();
        registry.obtain("made", String.class, 1, () -> made);
        registry.obtain("removed", String.class, 1, () -> removed);
        registry.register("handed", String.class, handed);
        registry.register("handed and removed", String.class, handedAndRemoved);
        assertThat(registry.limiters()).containsOnlyKeys("made", "removed", "handed", "handed and removed");
        assertThat(registry.remove("removed")).isTrue();
        assertThat(registry.remove("removed")).isFalse();
        assertThat(registry.remove("handed and removed")).isTrue();
        assertThat(removed.closed).hasValue(1);
        registry.close();
        assertThat(made.closed.get()).isPositive();
        assertThat(handed.closed).hasValue(0);
        assertThat(handedAndRemoved.closed).hasValue(0);
        assertThat(registry.get("made")).containsSame(made);
        assertThatIllegalStateException()
                .isThrownBy(() -> registry.obtain("made", String.class, 1, Closing::new))
                .withMessage("the registry is closed");
        assertThatIllegalStateException().isThrownBy(() -> registry.obtain(String.class, login(1)));
        assertThatIllegalStateException().isThrownBy(() -> registry.register("late", String.class, handed));
    }

    @Test
    void closesTheOthersIfOneCannotBeClosed() {
        List<RuntimeException> failures = List.of(new IllegalStateException("1"), new IllegalStateException("2"));
        for (RuntimeException failure : failures) {
            registry.obtain(failure.toString(), String.class, 1, () -> new Closing(failure));
        }
        Closing last = new Closing();
        registry.obtain("last", String.class, 1, () -> last);
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(registry::close)
                .satisfies(e -> assertThat(e).isSameAs(failures.get(0)))
                .satisfies(e -> assertThat(e.getSuppressed()).containsExactly(failures.get(1)));
        assertThat(last.closed).hasValue(1);
        registry.remove("last");
        failures.forEach(failure ->
                assertThatThrownBy(() -> registry.remove(failure.toString())).isSameAs(failure));
    }

    @Test
    void showsLimitersInTheOrderOfTheirNames() {
        for (String name : List.of("c", "a", "b")) {
            registry.obtain(name, String.class, 1, Closing::new);
        }
        var before = registry.limiters();
        registry.obtain("c", String.class, 2, Closing::new);
        assertThat(registry.limiters().keySet()).containsExactly("c", "a", "b");
        assertThat(before.get("c")).isNotSameAs(registry.limiters().get("c"));
        assertThatThrownBy(() -> before.remove("a")).isInstanceOf(UnsupportedOperationException.class);
        assertThat(registry.get("d")).isEmpty();
        assertThat(registry.get("d", String.class)).isEmpty();
    }

    @Test
    void refusesWhatDoesNotFit() {
        registry.obtain("made", String.class, 1, Closing::new);
        registry.register("handed", String.class, new Closing());
        String types = "the keys of limiter \"made\" are of java.lang.String, not of java.lang.Integer";
        assertThatIllegalArgumentException()
                .isThrownBy(() -> registry.get("made", Integer.class))
                .withMessage(types);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> registry.<Integer>obtain("made", Integer.class, 1, () -> {
                    throw new AssertionError("made again");
                }))
                .withMessage(types);
        assertThatIllegalStateException()
                .isThrownBy(() -> registry.obtain("handed", String.class, 1, Closing::new))
                .withMessage("the limiter \"handed\" was registered, not made here: get it, or remove it first");
        assertThatIllegalStateException()
                .isThrownBy(() -> registry.register("made", String.class, new Closing()))
                .withMessage("there is a limiter \"made\": remove it first");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> registry.obtain(" ", String.class, 1, Closing::new))
                .withMessage("the name of a limiter must not be blank");
    }

    private List<LocalLimiter<Object>> obtain(Object user, List<LimiterBuilder<Object>> builders) {
        return registry.obtain(user, Object.class, builders);
    }

    private LocalLimiter<Object> obtain(Object user, LimiterBuilder<Object> builder) {
        return obtain(user, List.of(builder)).get(0);
    }

    @Test
    void aLimiterLivesUntilItsLastUserLetsGoOfIt() {
        LocalLimiter<Object> shared = obtain("a", login(1));
        assertThat(obtain("b", login(1))).isSameAs(shared);
        assertThat(registry.obtain(Object.class, login(1))).isSameAs(shared);
        assertThat(registry.remove("a", "login")).isFalse();
        assertThat(registry.remove("a", "login")).isFalse();
        assertThat(registry.remove("login")).isFalse();
        assertThat(registry.remove("stranger", "login")).isFalse();
        assertThat(registry.get("login")).containsSame(shared);
        assertThat(registry.remove("b", "login")).isTrue();
        assertThat(registry.get("login")).isEmpty();
    }

    @Test
    void isClosedWithItsLastUserOnly() {
        ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1);
        scheduler.setRemoveOnCancelPolicy(true);
        LimiterBuilder<Object> swept =
                Limiter.builder(Limit.perDay(1)).name("swept").scheduler(scheduler);
        obtain("a", swept);
        obtain("b", swept);
        registry.remove("a", "swept");
        assertThat(scheduler.getQueue()).hasSize(1);
        registry.remove("b", "swept");
        assertThat(scheduler.getQueue()).isEmpty();
        scheduler.shutdownNow();
    }

    @Test
    void whatAUserThatEndedLeavesIsThereForTheNext() {
        LocalLimiter<Object> first =
                obtain("a", List.of(login(1), login(1).name("other"))).get(0);
        registry.release("a");
        assertThat(registry.limiters()).containsOnlyKeys("login", "other");
        assertThat(obtain("b", login(1))).isSameAs(first);
        registry.release("b");
        assertThat(obtain("c", login(2))).isNotSameAs(first);
        assertThat(registry.remove("other")).isTrue();
        assertThat(registry.remove("c", "other")).isFalse();
    }

    @Test
    void aNameHasOneMeaningForAllItsUsers() {
        LocalLimiter<Object> shared = obtain("a", login(5));
        for (Runnable other : List.<Runnable>of(
                () -> obtain("b", List.of(login(5).name("new"), login(6))),
                () -> registry.obtain(Object.class, login(6)),
                () -> registry.obtain("login", Object.class, "6 permits", () -> {
                    throw new AssertionError("made");
                }))) {
            assertThatIllegalStateException()
                    .isThrownBy(other::run)
                    .withMessageContainingAll("the limiter \"login\" is in use with", "permits=5", "6");
        }
        assertThat(registry.limiters()).containsOnlyKeys("login").containsValue(shared);
        // For the only one that has it, it may change.
        LocalLimiter<Object> changed = obtain("a", login(6));
        assertThat(changed).isNotSameAs(shared);
        assertThat(registry.get("login")).containsSame(changed);
    }

    @Test
    void aUserHasNoTwoLimitersOfOneName() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> obtain("a", List.of(login(5), login(5))))
                .withMessage("two limiters have the name \"login\"");
        assertThat(registry.limiters()).isEmpty();
    }

    @Test
    void aLimiterThatWasRegisteredIsNotTakenAwayByAUser() {
        Closing handed = new Closing();
        registry.register("login", String.class, handed);
        assertThatIllegalStateException().isThrownBy(() -> obtain("a", login(5)));
        assertThat(registry.remove("a", "login")).isFalse();
        registry.release("a");
        assertThat(registry.get("login")).containsSame(handed);
        assertThat(handed.closed).hasValue(0);
    }

    /** Many threads read one configuration, and change it now and then: one limiter each time, and all but the last closed. */
    @Test
    void makesOneLimiterForAllWhoAskAtOnce() throws Exception {
        int threads = 4;
        int rounds = 300;
        ConcurrentLinkedQueue<Closing> made = new ConcurrentLinkedQueue<>();
        CyclicBarrier barrier = new CyclicBarrier(threads);
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            List<Future<List<Limiter<String>>>> results = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                results.add(executor.submit(() -> {
                    List<Limiter<String>> got = new ArrayList<>();
                    for (int round = 0; round < rounds; round++) {
                        barrier.await();
                        got.add(registry.obtain("mails", String.class, round, () -> {
                            Closing limiter = new Closing();
                            made.add(limiter);
                            return limiter;
                        }));
                    }
                    return got;
                }));
            }
            List<Limiter<String>> first = results.get(0).get();
            for (Future<List<Limiter<String>>> result : results) {
                assertThat(result.get()).isEqualTo(first);
            }
        } finally {
            executor.shutdownNow();
        }
        assertThat(made).hasSize(rounds);
        registry.close();
        assertThat(made).allSatisfy(limiter -> assertThat(limiter.closed).hasValue(1));
    }

    /** Whatever comes between, a limiter that was made is closed in the end. */
    @Test
    void leaksNothingWhileItIsClosed() throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(2);
        try {
            for (int round = 0; round < 300; round++) {
                LimiterRegistry racing = new LimiterRegistry();
                ConcurrentLinkedQueue<Closing> made = new ConcurrentLinkedQueue<>();
                CyclicBarrier barrier = new CyclicBarrier(3);
                for (int thread = 0; thread < 2; thread++) {
                    String name = "limiter" + thread;
                    executor.execute(() -> {
                        try {
                            barrier.await();
                            for (int settings = 0; ; settings++) {
                                racing.obtain(name, String.class, settings, () -> {
                                    Closing limiter = new Closing();
                                    made.add(limiter);
                                    return limiter;
                                });
                            }
                        } catch (IllegalStateException closed) {
                            await(barrier);
                        } catch (Exception e) {
                            throw new IllegalStateException(e);
                        }
                    });
                }
                barrier.await();
                racing.close();
                barrier.await();
                assertThat(made)
                        .allSatisfy(limiter -> assertThat(limiter.closed).hasValue(1));
            }
        } finally {
            executor.shutdownNow();
        }
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aMakerThatClosesTheRegistryLeaksNothing() {
        Closing made = new Closing();
        assertThatIllegalStateException()
                .isThrownBy(() -> registry.obtain("mails", String.class, 1, () -> {
                    registry.close();
                    return made;
                }));
        assertThat(made.closed).hasValue(1);
        assertThat(registry.limiters()).isEmpty();
    }

    @Test
    void sweepsAllLimitersOnOneThread() throws Exception {
        assertThat(sweepers()).isEmpty();
        List<LocalLimiter<?>> limiters = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            limiters.add(registry.obtain(
                    String.class,
                    Limiter.builder(Limit.perSecond(1)).name("limiter" + i).sweepInterval(Duration.ofMillis(1))));
        }
        for (LocalLimiter<?> limiter : limiters) {
            while (limiter.stats().sweeps() < 3) {
                Thread.onSpinWait();
            }
        }
        Set<Thread> threads = sweepers();
        assertThat(threads).hasSize(1).allMatch(Thread::isDaemon);
        registry.close();
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private static Set<Thread> sweepers() {
        Set<Thread> sweepers = Collections.newSetFromMap(new IdentityHashMap<>());
        Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("headgate-sweeper"))
                .forEach(sweepers::add);
        return sweepers;
    }

    /** What waits for hours must not keep the thread of a registry that nobody has any more; see {@link UnloadingTest}. */
    @Test
    void theThreadEndsWhenThereIsNothingToSweep() {
        ScheduledThreadPoolExecutor scheduler = (ScheduledThreadPoolExecutor) Sweeper.sharedThread();
        assertThat(scheduler.allowsCoreThreadTimeOut()).isTrue();
        assertThat(scheduler.getKeepAliveTime(TimeUnit.SECONDS)).isEqualTo(60);
        assertThat(scheduler.getPoolSize()).isZero();
    }
}
