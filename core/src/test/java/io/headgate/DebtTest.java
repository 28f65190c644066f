package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Permits that are taken whether they are there or not, and debts that somebody else has counted. */
@ParameterizedClass
@MethodSource("io.headgate.Keys#withMovingRows")
class DebtTest<K> {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final long SECOND = 1_000_000_000;

    private final Keys<K> keys;
    private final FakeTicker time = new FakeTicker(42);

    DebtTest(Keys<K> keys) {
        this.keys = keys;
    }

    private LocalLimiter<K> build(int cap, Overflow overflow, Limit first, Limit... more) {
        return keys.builder(first, more)
                .random(new SplittableRandom(3))
                .maxKeys(cap)
                .overflow(overflow)
                .ticker(time)
                .sweepInterval(Duration.ZERO)
                .build();
    }

    /** Six permits a minute: one in ten seconds. */
    private LocalLimiter<K> sixAMinute(int cap, Overflow overflow) {
        return build(cap, overflow, Limit.parse("6/minute"));
    }

    private static Duration untilFull(Decision decision) {
        return decision.limits().get(0).resetAfter();
    }

    private static Duration retryAfter(Decision decision) {
        return decision.retryAfter().orElseThrow();
    }

    private static Duration seconds(long seconds) {
        return Duration.ofSeconds(seconds);
    }

    // charge

    @Test
    void aChargeTakesWhatIsThere() {
        LocalLimiter<K> limiter = sixAMinute(10, Overflow.SHARE);
        limiter.charge(keys.key(1), 4); // inserts
        assertThat(limiter.size()).isEqualTo(1);
        Decision peek = limiter.peek(keys.key(1), 1);
        assertThat(peek.remaining()).isEqualTo(2);
        assertThat(untilFull(peek)).isEqualTo(seconds(40));
        limiter.charge(keys.key(1), 2);
        assertThat(limiter.tryAcquire(keys.key(1))).isFalse();
        assertThat(limiter.stats().droppedPermits()).isZero();
    }

    @Test
    void aChargeTakesWhatIsNotThere() {
        LocalLimiter<K> limiter = sixAMinute(10, Overflow.SHARE);
        assertThat(limiter.tryAcquire(keys.key(1), 5)).isTrue();
        limiter.charge(keys.key(1), 4); // three beyond empty
        Decision denied = limiter.decide(keys.key(1));
        assertThat(denied.allowed()).isFalse();
        assertThat(denied.remaining()).isZero();
        assertThat(retryAfter(denied)).isEqualTo(seconds(40));
        assertThat(untilFull(denied)).isEqualTo(seconds(90));
        time.advance(seconds(40).minusNanos(1));
        assertThat(limiter.tryAcquire(keys.key(1))).isFalse();
        time.advanceNanos(1);
        assertThat(limiter.tryAcquire(keys.key(1))).isTrue();
        assertThat(limiter.stats().droppedPermits()).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {13, 100, Integer.MAX_VALUE, Long.MAX_VALUE})
    void aKeyOwesACapacityBeyondEmptyAtMost(long permits) {
        LocalLimiter<K> limiter = sixAMinute(10, Overflow.SHARE);
        limiter.charge(keys.key(1), permits);
        assertThat(limiter.stats().droppedPermits()).isEqualTo(permits - 12);
        assertThat(untilFull(limiter.peek(keys.key(1), 1))).isEqualTo(seconds(120));
        assertThat(retryAfter(limiter.peek(keys.key(1), 1))).isEqualTo(seconds(70));
        time.advance(seconds(120));
        assertThat(limiter.tryAcquire(keys.key(1), 6)).isTrue();
        assertThat(limiter.tryAcquire(keys.key(1))).isFalse();
    }

    @Test
    void manyChargesAreDroppedAsOneIs() {
        LocalLimiter<K> limiter = sixAMinute(10, Overflow.SHARE);
        for (int i = 0; i < 20; i++) {
            limiter.charge(keys.key(1), 1);
        }
        assertThat(limiter.stats().droppedPermits()).isEqualTo(8);
        assertThat(untilFull(limiter.peek(keys.key(1), 1))).isEqualTo(seconds(120));
        limiter.refund(keys.key(1), 12);
        assertThat(limiter.peek(keys.key(1), 1).remaining()).isEqualTo(6);
    }

    @Test
    void underSeveralLimitsEachIsCharged() {
        LocalLimiter<K> limiter = build(10, Overflow.SHARE, Limit.parse("6/minute"), Limit.parse("20/20s"));
        limiter.charge(keys.key(1), 10);
        Decision peek = limiter.peek(keys.key(1), 1);
        assertThat(peek.limits()).extracting(LimitStatus::remaining).containsExactly(0L, 10L);
        assertThat(peek.limits()).extracting(LimitStatus::resetAfter).containsExactly(seconds(100), seconds(10));
        assertThat(retryAfter(peek)).isEqualTo(seconds(50));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE})
    void aChargeIsAtLeastOnePermit(long permits) {
        LocalLimiter<K> limiter = sixAMinute(10, Overflow.SHARE);
        assertThatIllegalArgumentException().isThrownBy(() -> limiter.charge(keys.key(1), permits));
        assertThat(limiter.size()).isZero();
    }

    @ParameterizedTest
    @EnumSource(
            value = Overflow.class,
            names = {"ALLOW", "DENY"})
    void withoutRoomAndABucketAChargeIsDropped(Overflow overflow) {
        LocalLimiter<K> limiter = sixAMinute(1, overflow);
        limiter.tryAcquire(keys.key(1));
        limiter.charge(keys.key(2), 3);
        assertThat(limiter.stats().droppedPermits()).isEqualTo(3);
        limiter.reset(keys.key(1));
        assertThat(limiter.peek(keys.key(2), 1).overflow()).isFalse();
        assertThat(limiter.peek(keys.key(2), 1).remaining()).isEqualTo(6);
        assertThat(limiter.decide(keys.key(2)).remaining()).isEqualTo(5);
        assertThat(limiter.size()).isEqualTo(1);
    }

    @Test
    void aSharedBucketIsNeverTakenBeyondEmpty() {
        LocalLimiter<K> limiter = sixAMinute(1, Overflow.SHARE);
        limiter.tryAcquire(keys.key(1));
        limiter.charge(keys.key(2), 1_000);
        Decision denied = limiter.decide(keys.key(2));
        assertThat(denied.overflow()).isTrue();
        assertThat(retryAfter(denied)).isEqualTo(seconds(10));
        assertThat(untilFull(denied)).isEqualTo(MINUTE);
        limiter.charge(keys.key(2), 1);
        assertThat(untilFull(limiter.peek(keys.key(2), 1))).isEqualTo(MINUTE);
        assertThat(limiter.size()).isEqualTo(1);
        limiter.reset(keys.key(1)); // its own bucket inherits what it took
        Decision own = limiter.peek(keys.key(2), 1);
        assertThat(own.overflow()).isFalse();
        assertThat(untilFull(own)).isEqualTo(MINUTE);
        assertThat(limiter.tryAcquire(keys.key(2))).isFalse();
        time.advance(seconds(10));
        assertThat(limiter.tryAcquire(keys.key(2))).isTrue();
    }

    @Test
    void aChargeMeetsTheNewcomersDebt() {
        LocalLimiter<K> limiter = sixAMinute(1, Overflow.SHARE);
        limiter.tryAcquire(keys.key(1));
        assertThat(limiter.tryAcquire(keys.key(2), 4)).isTrue();
        limiter.reset(keys.key(1));
        limiter.charge(keys.key(2), 4); // the first of its own bucket
        assertThat(untilFull(limiter.peek(keys.key(2), 1))).isEqualTo(seconds(80));
    }

    @Test
    void aResetForgetsCharges() {
        LocalLimiter<K> limiter = sixAMinute(10, Overflow.SHARE);
        limiter.charge(keys.key(1), 12);
        limiter.reset(keys.key(1));
        assertThat(limiter.tryAcquire(keys.key(1), 6)).isTrue();
    }

    @Test
    void nobodyWhoOwesIsEvicted() {
        LocalLimiter<K> limiter = sixAMinute(10, Overflow.SHARE);
        limiter.charge(keys.key(1), 12);
        time.advance(seconds(120).minusNanos(1));
        assertThat(limiter.sweep()).isZero();
        time.advanceNanos(1);
        assertThat(limiter.sweep()).isEqualTo(1);
    }

    // owe

    private static long[] debts(long... seconds) {
        long[] nanos = new long[seconds.length];
        for (int i = 0; i < nanos.length; i++) {
            nanos[i] = seconds[i] * SECOND;
        }
        return nanos;
    }

    @Test
    void whoOwesWaits() {
        LocalLimiter<K> limiter = sixAMinute(10, Overflow.SHARE);
        assertThat(limiter.owe(keys.key(1), debts(60 + 25), time.read())).isTrue(); // inserts
        assertThat(limiter.size()).isEqualTo(1);
        Decision denied = limiter.decide(keys.key(1));
        assertThat(denied.allowed()).isFalse();
        assertThat(retryAfter(denied)).isEqualTo(seconds(35));
        assertThat(untilFull(denied)).isEqualTo(seconds(85));
        time.advance(seconds(35).minusNanos(1));
        assertThat(limiter.tryAcquire(keys.key(1))).isFalse();
        time.advanceNanos(1);
        assertThat(limiter.tryAcquire(keys.key(1))).isTrue();
    }

    @Test
    void aDebtIsRaisedAndNeverLowered() {
        LocalLimiter<K> limiter = sixAMinute(10, Overflow.SHARE);
        limiter.tryAcquire(keys.key(1), 3);
        assertThat(limiter.owe(keys.key(1), debts(20), time.read())).isTrue();
        assertThat(untilFull(limiter.peek(keys.key(1), 1))).isEqualTo(seconds(30));
        assertThat(limiter.owe(keys.key(1), debts(0), time.read())).isTrue();
        assertThat(untilFull(limiter.peek(keys.key(1), 1))).isEqualTo(seconds(30));
        assertThat(limiter.owe(keys.key(1), debts(31), time.read())).isTrue();
        assertThat(untilFull(limiter.peek(keys.key(1), 1))).isEqualTo(seconds(31));
    }

    /** A report from a while ago says what was owed then. */
    @Test
    void aDebtIsAsOfItsReading() {
        LocalLimiter<K> limiter = sixAMinute(10, Overflow.SHARE);
        long then = time.read();
        time.advance(seconds(20));
        assertThat(limiter.owe(keys.key(1), debts(50), then)).isTrue();
        assertThat(untilFull(limiter.peek(keys.key(1), 1))).isEqualTo(seconds(30));
        time.advance(seconds(40));
        assertThat(limiter.owe(keys.key(1), debts(50), then)).isTrue(); // long paid
        assertThat(limiter.peek(keys.key(1), 1).remaining()).isEqualTo(6);
    }

    @Test
    void debtsAreInTheOrderOfTheLimits() {
        LocalLimiter<K> limiter = build(10, Overflow.SHARE, Limit.parse("20/20s"), Limit.parse("6/minute"));
        assertThat(limiter.owe(keys.key(1), debts(5, 40), time.read())).isTrue();
        Decision peek = limiter.peek(keys.key(1), 1);
        assertThat(peek.limits()).extracting(LimitStatus::resetAfter).containsExactly(seconds(5), seconds(40));
        assertThat(peek.limits()).extracting(LimitStatus::remaining).containsExactly(15L, 2L);
    }

    @ParameterizedTest
    @EnumSource(names = {"SHARE", "ALLOW", "DENY"})
    void withoutRoomNothingIsOwed(Overflow overflow) {
        LocalLimiter<K> limiter = sixAMinute(1, overflow);
        limiter.tryAcquire(keys.key(1));
        Decision before = limiter.peek(keys.key(2), 1);
        assertThat(before.overflow()).isTrue();
        assertThat(limiter.owe(keys.key(2), debts(50), time.read())).isFalse();
        assertThat(limiter.peek(keys.key(2), 1)).isEqualTo(before); // nor by the shared bucket
        assertThat(limiter.size()).isEqualTo(1);
        assertThat(limiter.owe(keys.key(1), debts(50), time.read())).isTrue(); // it has buckets
        assertThat(untilFull(limiter.peek(keys.key(1), 1))).isEqualTo(seconds(50));
        limiter.reset(keys.key(1));
        assertThat(limiter.owe(keys.key(2), debts(50), time.read())).isTrue(); // and now there is room
        assertThat(untilFull(limiter.peek(keys.key(2), 1))).isEqualTo(seconds(50));
        assertThat(limiter.size()).isEqualTo(1);
    }

    @Test
    void whatANewcomerBringsCounts() {
        LocalLimiter<K> limiter = sixAMinute(1, Overflow.SHARE);
        limiter.tryAcquire(keys.key(1));
        assertThat(limiter.tryAcquire(keys.key(2), 4)).isTrue();
        limiter.reset(keys.key(1));
        assertThat(limiter.owe(keys.key(2), debts(30), time.read())).isTrue();
        assertThat(untilFull(limiter.peek(keys.key(2), 1))).isEqualTo(seconds(40));
    }

    /** Full and four capacities more, or 400 permits if that is more, and a year more at most. */
    @Test
    void aDebtHasABound() {
        LocalLimiter<K> few = sixAMinute(10, Overflow.SHARE);
        assertThat(few.owe(keys.key(1), debts(60 + 4_000 - 1), time.read())).isTrue();
        assertThat(untilFull(few.peek(keys.key(1), 1))).isEqualTo(seconds(60 + 4_000 - 1));
        assertThat(few.owe(keys.key(1), debts(60 + 5_000), time.read())).isTrue();
        assertThat(untilFull(few.peek(keys.key(1), 1))).isEqualTo(seconds(60 + 4_000));

        LocalLimiter<K> many = build(10, Overflow.SHARE, Limit.parse("1000/1000s"));
        assertThat(many.owe(keys.key(1), new long[] {Long.MAX_VALUE}, time.read()))
                .isTrue();
        assertThat(untilFull(many.peek(keys.key(1), 1))).isEqualTo(seconds(5_000));

        LocalLimiter<K> slow = build(10, Overflow.SHARE, Limit.parse("10/100day"));
        assertThat(slow.owe(keys.key(1), new long[] {Long.MAX_VALUE}, time.read()))
                .isTrue();
        assertThat(untilFull(slow.peek(keys.key(1), 1))).isEqualTo(Duration.ofDays(100 + 365));
        time.advance(Duration.ofDays(100 + 365));
        assertThat(slow.tryAcquire(keys.key(1), 10)).isTrue();
    }

    @Test
    void debtsThatMakeNoSenseAreRefused() {
        LocalLimiter<K> limiter = build(10, Overflow.SHARE, Limit.parse("6/minute"), Limit.parse("20/20s"));
        for (long[] debts : new long[][] {{}, {1}, {1, 2, 3}, {-1, 0}, {0, -1}, {0, Long.MIN_VALUE}}) {
            assertThatIllegalArgumentException().isThrownBy(() -> limiter.owe(keys.key(1), debts, time.read()));
        }
        assertThat(limiter.size()).isZero();
    }
}
