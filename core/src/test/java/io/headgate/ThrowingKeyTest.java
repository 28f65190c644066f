package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.faults.Fuse;
import io.headgate.faults.Scenario;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.Measurements;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Keys and tickers that throw at their n-th call: no room is lost, nor does anything stay locked. */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ThrowingKeyTest {

    /** With bad hash codes there are bins. */
    private static final int CAP = 12;

    private static final int MOST_POINTS = 5_000;

    private final FakeTicker time = new FakeTicker();
    private final Fuse fuse = new Fuse();

    /** How full the limiter is, and of what, when something is thrown. */
    enum State {
        EMPTY,
        HALF,
        CAP_OF_SPENT,
        CAP_OF_FULL
    }

    private static Stream<Arguments> cases() {
        return Stream.of(State.values())
                .flatMap(state -> Stream.of(1, 2)
                        .flatMap(limits -> Stream.of(-1, 1, 0).map(mask -> Arguments.of(state, limits, mask))));
    }

    private static List<BiConsumer<LocalLimiter<Object>, Object>> operations() {
        return List.of(
                (limiter, key) -> limiter.tryAcquire(key),
                (limiter, key) -> limiter.tryAcquire(key, 9),
                (limiter, key) -> limiter.decide(key, 2),
                (limiter, key) -> limiter.peek(key, 1),
                (limiter, key) -> limiter.refund(key, 1),
                (limiter, key) -> limiter.reset(key),
                (limiter, key) -> limiter.charge(key, 2),
                (limiter, key) -> limiter.owe(key, new long[limiter.limits().size()], 0),
                (limiter, key) -> limiter.sweep());
    }

    @FunctionalInterface
    private interface Source {
        Object key(int id);
    }

    private void fill(LocalLimiter<Object> limiter, Source keys, State state) {
        int count = state == State.EMPTY ? 0 : state == State.HALF ? CAP / 2 : CAP;
        for (int id = 0; id < count; id++) {
            assertThat(limiter.decide(keys.key(id), 3).overflow()).isFalse();
        }
        if (state == State.CAP_OF_FULL) {
            time.advance(Duration.ofHours(1));
        }
    }

    /** All room is there, and can be used. */
    private void assertNothingLost(LocalLimiter<Object> limiter, Source keys, String when) {
        time.advance(Duration.ofHours(2));
        long size = limiter.size();
        long evicted = limiter.stats().evicted();
        assertThat(size).as("size %s", when).isBetween(0L, (long) CAP);
        assertThat(limiter.sweep()).as("swept %s", when).isEqualTo(size);
        assertThat(limiter.size()).as("size after a sweep %s", when).isZero();
        assertThat(limiter.stats().evicted()).as("evicted %s", when).isEqualTo(evicted + size);
        for (int id = 1_000; id < 1_000 + CAP; id++) {
            assertThat(limiter.decide(keys.key(id)).overflow())
                    .as("no room %s for key %s", when, id)
                    .isFalse();
        }
        assertThat(limiter.size()).as("fresh keys %s", when).isEqualTo(CAP);
        assertThat(limiter.decide(keys.key(2_000)).overflow())
                .as("overflows %s", when)
                .isTrue();
        time.advance(Duration.ofHours(2));
        assertThat(limiter.sweep()).as("fresh keys swept %s", when).isEqualTo(CAP);
    }

    private void check(LimiterBuilder<Object> builder, Source keys, State state) {
        List<BiConsumer<LocalLimiter<Object>, Object>> operations = operations();
        for (int operation = 0; operation < operations.size(); operation++) {
            for (int id : new int[] {1, 500}) { // one that is tracked, if any is, and one that is not
                LocalLimiter<Object> limiter = builder.build();
                boolean blown = true;
                for (int n = 1; blown; n++) {
                    assertThat(n).isLessThan(MOST_POINTS);
                    fill(limiter, keys, state);
                    Object key = keys.key(id);
                    fuse.set(n);
                    try {
                        operations.get(operation).accept(limiter, key);
                    } catch (Fuse.Blown e) {
                        assertThat(e).hasMessage("on purpose");
                    }
                    blown = fuse.remove();
                    assertNothingLost(
                            limiter,
                            keys,
                            "after operation " + operation + " of key " + id + " threw at call " + n + ", " + state);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void keysThatThrow(State state, int limits, int mask) {
        LimiterBuilder<Object> builder = Limiter.builder(Limit.parse("3/minute"), more(limits));
        check(setUp(builder), id -> fuse.in(new HashedKey(id, ((id * 0x9E3779B9) >>> 7) & mask)), state);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void tickersThatThrow(State state, int limits, int mask) {
        LimiterBuilder<Object> builder = Limiter.builder(Limit.parse("3/minute"), more(limits));
        Ticker throwing = () -> {
            fuse.call();
            return time.read();
        };
        check(setUp(builder).ticker(throwing), id -> new HashedKey(id, id & mask), state);
    }

    @ParameterizedTest
    @MethodSource("cases")
    @SuppressWarnings("unchecked")
    void tickersThatThrowAboveTheTable(State state, int limits, int mask) {
        // Every method of the limiter is called with addresses only.
        LimiterBuilder<Object> builder = (LimiterBuilder<Object>)
                (LimiterBuilder<?>) Limiter.forAddresses(Limit.parse("3/minute"), more(limits));
        Ticker throwing = () -> {
            fuse.call();
            return time.read();
        };
        check(setUp(builder).ticker(throwing), id -> (mask < 0 ? Keys.IPV4 : Keys.IPV6).key(id), state);
    }

    private static Limit[] more(int limits) {
        return limits == 1 ? new Limit[0] : new Limit[] {Limit.parse("4/s burst 3")};
    }

    private LimiterBuilder<Object> setUp(LimiterBuilder<Object> builder) {
        return builder.ticker(time).maxKeys(CAP).sweepInterval(Duration.ZERO);
    }

    /** A hundred newcomers whose hash code throws once. */
    @Test
    void aHundredKeys() {
        LocalLimiter<Object> limiter = Limiter.<Object>builder(Limit.parse("3/minute"))
                .ticker(time)
                .maxKeys(100)
                .overflow(Overflow.DENY)
                .sweepInterval(Duration.ZERO)
                .build();
        int blown = 0;
        for (int id = 0; id < 1_000; id++) {
            fuse.set(1 + id % 10);
            try {
                limiter.tryAcquire(fuse.in(new HashedKey(10_000 + id, id)));
            } catch (Fuse.Blown e) {
                blown++;
            }
            fuse.remove();
            if (id % 50 == 0) {
                time.advance(Duration.ofHours(1));
                limiter.sweep();
            }
        }
        assertThat(blown).isPositive();
        time.advance(Duration.ofHours(1));
        limiter.sweep();
        assertThat(limiter.size()).isZero();
        List<Object> fresh = new ArrayList<>();
        for (int id = 0; id < 100; id++) {
            fresh.add(fuse.in(new HashedKey(id, id)));
        }
        assertThat(fresh).allMatch(limiter::tryAcquire);
    }

    /** Whatever the user brings throws at its n-th call: keys, the ticker and the listener. */
    @Test
    void whatTheUserBrings() {
        Map<String, Integer> faults = new TreeMap<>();
        for (Scenario.Named named : LimiterScenarios.withFuse(fuse)) {
            boolean blown = true;
            for (int n = 1; blown; n++) {
                assertThat(n).isLessThan(MOST_POINTS);
                Scenario scenario = named.source().get();
                Throwable fault = null;
                fuse.set(n);
                try {
                    scenario.run();
                } catch (Fuse.Blown e) {
                    fault = e;
                }
                blown = fuse.remove();
                faults.merge(named.subject(), blown ? 1 : 0, Integer::sum);
                try {
                    scenario.check(fault);
                } catch (AssertionError e) {
                    throw new AssertionError(named.name() + ", call " + n, e);
                }
            }
        }
        faults.forEach((subject, count) -> Measurements.print("%s: %,d faults", subject, count));
        assertThat(faults)
                .hasSize(3)
                .allSatisfy((subject, count) ->
                        assertThat(count).as(subject).isGreaterThan(subject.endsWith("addresses") ? 300 : 1_000));
    }

    /** Takes tasks and runs none, or throws. */
    private final class Throwing extends ScheduledThreadPoolExecutor {

        private final Deque<Runnable> tasks = new ArrayDeque<>();

        Throwing() {
            super(1);
        }

        @Override
        public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
            fuse.call();
            ScheduledFuture<?> scheduled = super.schedule(() -> {}, 1, TimeUnit.DAYS);
            tasks.push(task);
            return scheduled;
        }
    }

    /** While it is built, and whenever a slice of a sweep has ended. */
    @Test
    void schedulersThatThrow() {
        Throwing scheduler = new Throwing();
        try {
            LimiterBuilder<Object> builder = Limiter.<Object>builder(Limit.parse("3/minute"))
                    .maxKeys(CAP)
                    .ticker(() -> {
                        fuse.call();
                        return time.read();
                    })
                    .scheduler(scheduler);
            fuse.set(1);
            assertThatThrownBy(builder::build).isInstanceOf(Fuse.Blown.class);
            assertThat(fuse.remove()).isTrue();
            boolean blown = true;
            for (int n = 1; blown; n++) {
                try (LocalLimiter<Object> limiter = builder.build()) {
                    Runnable slice = scheduler.tasks.pop();
                    fill(limiter, id -> "key " + id, State.CAP_OF_FULL);
                    fuse.set(n);
                    try {
                        slice.run();
                    } catch (Fuse.Blown e) {
                        assertThat(e).hasMessage("on purpose");
                    }
                    blown = fuse.remove();
                    assertNothingLost(limiter, id -> "key " + id, "after slice " + n);
                }
            }
        } finally {
            scheduler.shutdownNow();
        }
    }
}
