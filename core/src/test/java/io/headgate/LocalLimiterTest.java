package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What one thread sees of a limiter. */
@ParameterizedClass
@MethodSource("io.headgate.Keys#allWithCaches")
class LocalLimiterTest<K> {

    private final Keys<K> keys;
    private final K a;
    private final K b;
    private final K stranger;

    private final FakeTicker ticker = new FakeTicker();

    LocalLimiterTest(Keys<K> keys) {
        this.keys = keys;
        a = keys.key(1);
        b = keys.key(2);
        stranger = keys.key(3);
    }

    private LocalLimiter<K> limiter(String first, String... more) {
        Limit[] others = new Limit[more.length];
        for (int i = 0; i < more.length; i++) {
            others[i] = Limit.parse(more[i]);
        }
        return build(keys.builder(Limit.parse(first), others));
    }

    private LocalLimiter<K> build(LimiterBuilder<K> builder) {
        return builder.ticker(ticker).sweepInterval(Duration.ZERO).build();
    }

    @Test
    void admitsTheBurstThenTheRate() {
        LocalLimiter<K> limiter = limiter("10/s burst 3");
        for (int i = 0; i < 3; i++) {
            assertThat(limiter.tryAcquire(a)).isTrue();
        }
        assertThat(limiter.tryAcquire(a)).isFalse();
        assertThat(limiter.tryAcquire(b)).isTrue();
        ticker.advance(Duration.ofMillis(100));
        assertThat(limiter.tryAcquire(a)).isTrue();
        assertThat(limiter.tryAcquire(a)).isFalse();
        assertThat(limiter.size()).isEqualTo(2);
        assertThat(limiter.stats().allowed()).isEqualTo(5);
        assertThat(limiter.stats().denied()).isEqualTo(2);
        assertThat(limiter.stats().overflowed()).isZero();
    }

    @Test
    void explainsADecision() {
        LocalLimiter<K> limiter = limiter("10/s burst 20", "500/hour");
        Decision first = limiter.decide(a, 5);
        assertThat(first.allowed()).isTrue();
        assertThat(first.remaining()).isEqualTo(15);
        assertThat(first.retryAfter()).contains(Duration.ZERO);
        assertThat(first.limits())
                .containsExactly(
                        new LimitStatus(
                                Limit.parse("10/s burst 20"),
                                15,
                                false,
                                Duration.ofMillis(100),
                                Duration.ofMillis(500)),
                        new LimitStatus(
                                Limit.parse("500/hour"), 495, false, Duration.ofMillis(7_200), Duration.ofSeconds(36)));

        Decision denied = limiter.decide(a, 16);
        assertThat(denied.allowed()).isFalse();
        assertThat(denied.neverAdmissible()).isFalse();
        assertThat(denied.retryAfter()).contains(Duration.ofMillis(100));
        assertThat(denied.remaining()).isEqualTo(15);
        assertThat(denied.limits()).extracting(LimitStatus::violated).containsExactly(true, false);
        assertThat(denied.limits()).extracting(LimitStatus::remaining).containsExactly(15L, 495L);
    }

    @Test
    void aFullBucketHasNothingToWaitFor() {
        Decision peek = limiter("10/s").peek(a, 1);
        assertThat(peek.limits())
                .containsExactly(new LimitStatus(Limit.parse("10/s"), 10, false, Duration.ZERO, Duration.ZERO));
    }

    @Test
    void aCostAboveTheCapacityIsNeverAdmissible() {
        LocalLimiter<K> limiter = limiter("10/s burst 20", "500/hour burst 7");
        Decision decision = limiter.decide(a, 8);
        assertThat(decision.allowed()).isFalse();
        assertThat(decision.neverAdmissible()).isTrue();
        assertThat(decision.retryAfter()).isEmpty();
        assertThat(decision.limits()).extracting(LimitStatus::violated).containsExactly(false, true);
        assertThat(limiter.tryAcquire(a, Long.MAX_VALUE)).isFalse();
        assertThat(limiter.peek(a, 8)).isEqualTo(decision);
        assertThat(limiter.size()).isZero();
        assertThat(limiter.peek(a, 1).remaining()).isEqualTo(7);
    }

    @SuppressWarnings("NullAway") // callers whose nulls are not checked exist
    private K nothing() {
        return null;
    }

    @Test
    void refusesWhatIsNoCost() {
        LocalLimiter<K> limiter = limiter("10/s");
        for (long permits : new long[] {0, -1, Long.MIN_VALUE}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> limiter.tryAcquire(a, permits))
                    .withMessage("permits must be at least 1, not " + permits);
            assertThatIllegalArgumentException().isThrownBy(() -> limiter.decide(a, permits));
            assertThatIllegalArgumentException().isThrownBy(() -> limiter.peek(a, permits));
            assertThatIllegalArgumentException().isThrownBy(() -> limiter.refund(a, permits));
        }
        assertThatNullPointerException().isThrownBy(() -> limiter.tryAcquire(nothing()));
        assertThat(limiter.stats().allowed()).isEqualTo(0);
        assertThat(limiter.stats().denied()).isEqualTo(0);
        assertThat(limiter.stats().overflowed()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"7/s", "10/s burst 3", "5/250ms", "100/minute", "3/day", "999/h burst 2", "1000000/s burst 5"})
    void retryAfterIsExact(String text) {
        LocalLimiter<K> limiter = limiter(text, "1000000/minute burst 100000");
        Random random = new Random(text.hashCode());
        long capacity = Limit.parse(text).capacity();
        for (int i = 0; i < 1_000; i++) {
            long permits = 1 + random.nextLong(capacity);
            Decision decision = limiter.decide(a, permits);
            assertThat(limiter.peek(a, permits).allowed())
                    .isEqualTo(limiter.peek(a, permits).retryAfter().equals(Optional.of(Duration.ZERO)));
            if (!decision.allowed()) {
                ticker.advance(decision.retryAfter().orElseThrow().minusNanos(1));
                assertThat(limiter.tryAcquire(a, permits)).isFalse();
                ticker.advanceNanos(1);
                assertThat(limiter.tryAcquire(a, permits)).isTrue();
            }
            ticker.advanceNanos(random.nextLong(1_000_000_000));
        }
    }

    @Test
    void peekAgreesWithDecideAndTakesNothing() {
        LocalLimiter<K> limiter = limiter("5/s", "8/minute");
        Random random = new Random(1);
        for (int i = 0; i < 1_000; i++) {
            long permits = 1 + random.nextLong(6);
            Decision peek = limiter.peek(a, permits);
            assertThat(limiter.peek(a, permits)).isEqualTo(peek);
            Decision decision = limiter.decide(a, permits);
            assertThat(decision.allowed()).isEqualTo(peek.allowed());
            assertThat(decision.retryAfter()).isEqualTo(peek.retryAfter());
            assertThat(decision.remaining()).isEqualTo(peek.remaining() - (peek.allowed() ? permits : 0));
            ticker.advance(Duration.ofMillis(random.nextInt(10_000)));
        }
    }

    @Test
    void severalLimitsAreAllOrNothing() {
        LocalLimiter<K> limiter = limiter("10/s", "12/hour");
        assertThat(limiter.tryAcquire(a, 10)).isTrue();
        ticker.advance(Duration.ofSeconds(1));
        assertThat(limiter.tryAcquire(a, 3)).isFalse(); // 10 are there by the second, but 2 by the hour
        assertThat(limiter.peek(a, 1).limits())
                .extracting(LimitStatus::remaining)
                .containsExactly(10L, 2L);
        assertThat(limiter.tryAcquire(a, 2)).isTrue();
        assertThat(limiter.tryAcquire(a, 1)).isFalse();
        assertThat(limiter.peek(a, 1).limits())
                .extracting(LimitStatus::violated)
                .containsExactly(false, true);
        assertThat(limiter.stats().undone()).isZero();
    }

    @Test
    void keepsTheOrderInWhichLimitsWereGiven() {
        LocalLimiter<K> limiter = limiter("500/hour", "10/s", "7/minute", "20/day");
        assertThat(limiter.limits())
                .extracting(Limit::name)
                .containsExactly("500-per-3600s", "10-per-1s", "7-per-60s", "20-per-86400s");
        assertThat(limiter.decide(a).limits()).extracting(LimitStatus::limit).isEqualTo(limiter.limits());
    }

    @Test
    void refundsUpToTheCapacity() {
        LocalLimiter<K> limiter = limiter("10/s", "100/hour");
        limiter.refund(stranger, 5);
        assertThat(limiter.size()).isZero();
        limiter.tryAcquire(a, 8);
        limiter.refund(a, 3);
        assertThat(limiter.peek(a, 1).limits())
                .extracting(LimitStatus::remaining)
                .containsExactly(5L, 95L);
        limiter.refund(a, 1_000);
        assertThat(limiter.peek(a, 1).limits())
                .extracting(LimitStatus::remaining)
                .containsExactly(10L, 100L);
        limiter.tryAcquire(a, 10);
        assertThat(limiter.tryAcquire(a)).isFalse();
    }

    @Test
    void resetFillsTheKeysBuckets() {
        LocalLimiter<K> limiter = limiter("2/day");
        limiter.tryAcquire(a, 2);
        assertThat(limiter.tryAcquire(a)).isFalse();
        limiter.reset(a);
        limiter.reset(stranger);
        assertThat(limiter.tryAcquire(a, 2)).isTrue();
        assertThat(limiter.tryAcquire(a)).isFalse();
    }

    @Test
    void sweepEvictsExactlyTheFullBuckets() {
        LocalLimiter<K> limiter = limiter("1/s burst 5", "10/minute");
        limiter.tryAcquire(a, 1); // full again in 6 s
        limiter.tryAcquire(b, 3); // in 18 s
        ticker.advance(Duration.ofSeconds(6).minusNanos(1));
        assertThat(limiter.sweep()).isZero();
        ticker.advanceNanos(1);
        assertThat(limiter.sweep()).isEqualTo(1);
        assertThat(limiter.size()).isEqualTo(1);
        assertThat(limiter.peek(b, 1).limits())
                .extracting(LimitStatus::remaining)
                .containsExactly(5L, 8L);
        ticker.advance(Duration.ofSeconds(12));
        assertThat(limiter.sweep()).isEqualTo(1);
        assertThat(limiter.size()).isZero();
        assertThat(limiter.stats().evicted()).isEqualTo(2);
    }

    /** One and several limits, a clock that also stands still. */
    @Test
    void decisionsAreTheSameWithAndWithoutSweeps() {
        for (int limits = 1; limits <= 3; limits++) {
            Limit[] more = {Limit.parse("40/minute burst 7"), Limit.parse("200/hour")};
            Limit[] others = java.util.Arrays.copyOf(more, limits - 1);
            LocalLimiter<K> swept = build(keys.builder(Limit.parse("1/s burst 4"), others));
            LocalLimiter<K> kept = build(keys.builder(Limit.parse("1/s burst 4"), others));
            Random random = new Random(limits);
            for (int i = 0; i < 20_000; i++) {
                K key = keys.key(random.nextInt(40));
                long permits = 1L + random.nextInt(5);
                switch (random.nextInt(12)) {
                    case 0 -> swept.sweep();
                    case 1 -> {
                        swept.refund(key, permits);
                        kept.refund(key, permits);
                    }
                    case 2 -> {
                        swept.reset(key);
                        kept.reset(key);
                    }
                    case 3, 4 -> ticker.advance(Duration.ofMillis(random.nextInt(3_000)));
                    default -> assertThat(swept.decide(key, permits)).isEqualTo(kept.decide(key, permits));
                }
            }
            assertThat(swept.stats().evicted())
                    .isGreaterThan(100); // a table evicts without a sweep, too, rather than grow
        }
    }

    /** Against one exact bucket a key and limit: sweeps, refunds, resets, steps back of the clock included. */
    @Test
    void agreesWithTheReferenceOnAnySchedule() {
        Limit first = Limit.parse("4/s burst 6"); // whole units: no rounding
        Limit second = Limit.parse("50/minute burst 30");
        LocalLimiter<K> limiter = build(keys.builder(first, second));
        Map<Integer, RationalBucket[]> reference = new HashMap<>();
        Random random = new Random(7);
        for (int i = 0; i < 50_000; i++) {
            int id = random.nextInt(30);
            K key = keys.key(id);
            long permits = 1L + random.nextInt(7);
            long now = ticker.read();
            RationalBucket[] exact = reference.computeIfAbsent(
                    id, k -> new RationalBucket[] {new RationalBucket(first, now), new RationalBucket(second, now)});
            switch (random.nextInt(10)) {
                case 0 -> limiter.sweep();
                case 1, 2 -> ticker.advance(Duration.ofMillis(random.nextInt(2_000)));
                case 3 -> {
                    limiter.refund(key, permits);
                    exact[0].refund(permits, now);
                    exact[1].refund(permits, now);
                }
                default -> {
                    boolean admitted = exact[0].admits(permits, now) && exact[1].admits(permits, now);
                    Decision decision = limiter.decide(key, permits);
                    assertThat(decision.allowed()).as("step %s", i).isEqualTo(admitted);
                    if (admitted) {
                        exact[0].take(permits, now);
                        exact[1].take(permits, now);
                    }
                    assertThat(decision.limits())
                            .extracting(LimitStatus::remaining)
                            .containsExactly(exact[0].available(now), exact[1].available(now));
                }
            }
        }
    }

    /** Admitted is at most capacity + rate × (highest − first reading), and a capacity for each step back, sweeps or none. */
    @Test
    void aClockThatStepsBackForgivesOneBucketAtMostSweepsOrNone() {
        for (int round = 0; round < 200; round++) {
            LocalLimiter<K> limiter = limiter("10/s burst 4", "100/s burst 8");
            Random random = new Random(round);
            long first = ticker.read();
            long highest = first;
            long admitted = 0;
            long forgiven = 0;
            for (int i = 0; i < 300; i++) {
                switch (random.nextInt(4)) {
                    case 0 -> limiter.sweep();
                    case 1 -> {
                        int millis = random.nextInt(round % 2 == 0 ? -800 : 0, 1_000);
                        ticker.advance(Duration.ofMillis(millis));
                        forgiven += millis < 0 ? 4 : 0;
                    }
                    default -> admitted += limiter.tryAcquire(a) ? 1 : 0;
                }
                highest = Math.max(highest, ticker.read());
                assertThat(admitted).isLessThanOrEqualTo(4 + forgiven + 10 * (highest - first) / 1_000_000_000L);
            }
            ticker.set(highest);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MAX_VALUE - 5, Long.MIN_VALUE, -1})
    void theClockMayStartAnywhere(long origin) {
        ticker.set(origin);
        LocalLimiter<K> limiter = limiter("10/s burst 3", "1000/h");
        for (int i = 0; i < 100; i++) {
            assertThat(limiter.tryAcquire(a, 3)).isTrue();
            assertThat(limiter.decide(a).retryAfter()).contains(Duration.ofMillis(100));
            ticker.advance(Duration.ofSeconds(11));
            assertThat(limiter.sweep()).isEqualTo(1);
        }
    }
}
