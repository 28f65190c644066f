package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.testing.FakeTicker;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Permits that are taken whether they are there or not, and debts that somebody else knows of. */
@ParameterizedClass
@MethodSource("io.headgate.Keys#withMovingRows")
class ChargeTest<K> {

    private static final Limit SLOW = new Limit("slow", 10, Duration.ofSeconds(100), 10);
    private static final Limit QUICK = new Limit("quick", 10, Duration.ofSeconds(10), 30);

    private final Keys<K> keys;
    private final FakeTicker ticker = new FakeTicker();
    private final K a;
    private final K b;

    ChargeTest(Keys<K> keys) {
        this.keys = keys;
        a = keys.key(1);
        b = keys.key(2);
    }

    private LocalLimiter<K> build(LimiterBuilder<K> builder) {
        return builder.ticker(ticker).sweepInterval(Duration.ZERO).build();
    }

    private Duration untilFull(Limiter<K> limiter, K key, int limit) {
        return limiter.peek(key, 1).limits().get(limit).resetAfter();
    }

    @Test
    void aKeyMayOweOneCapacityBeyondEmptyAndTheRestIsDroppedAndCounted() {
        LocalLimiter<K> limiter = build(keys.builder(QUICK, SLOW));
        limiter.charge(a, 4);
        assertThat(limiter.peek(a, 1).limits())
                .extracting(LimitStatus::remaining)
                .containsExactly(26L, 6L);
        limiter.charge(a, 9);
        assertThat(limiter.tryAcquire(a)).isFalse();
        assertThat(untilFull(limiter, a, 1)).isEqualTo(Duration.ofSeconds(130));
        assertThat(limiter.peek(a, 1).retryAfter()).contains(Duration.ofSeconds(40));
        assertThat(limiter.stats().droppedPermits()).isZero();
        limiter.charge(a, 30);
        assertThat(untilFull(limiter, a, 0)).isEqualTo(Duration.ofSeconds(43));
        assertThat(untilFull(limiter, a, 1)).isEqualTo(Duration.ofSeconds(200));
        assertThat(limiter.stats().droppedPermits()).isEqualTo(23);
        limiter.charge(a, Long.MAX_VALUE);
        assertThat(untilFull(limiter, a, 0)).isEqualTo(Duration.ofSeconds(60));
        assertThat(untilFull(limiter, a, 1)).isEqualTo(Duration.ofSeconds(200));
        ticker.advance(Duration.ofSeconds(110).minusNanos(1));
        assertThat(limiter.sweep()).isZero();
        assertThat(limiter.tryAcquire(a)).isFalse();
        ticker.advanceNanos(1);
        assertThat(limiter.tryAcquire(a)).isTrue();
        assertThatThrownBy(() -> limiter.charge(a, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    /** A cost that is known afterwards may be any number: the stats are told all the same. */
    @Test
    void whatIsDroppedIsTheLargestNumberWhereItWouldBeMore() {
        LocalLimiter<K> limiter = build(keys.builder(SLOW));
        limiter.charge(a, 21);
        for (int i = 0; i < 3; i++) {
            limiter.charge(a, Long.MAX_VALUE);
            assertThat(limiter.stats().droppedPermits()).isEqualTo(Long.MAX_VALUE);
        }
    }

    @Test
    void aRefundGivesBackWhatWasCharged() {
        LocalLimiter<K> limiter = build(keys.builder(SLOW, QUICK));
        limiter.charge(a, 15);
        limiter.refund(a, 15);
        assertThat(limiter.tryAcquire(a, 10)).isTrue();
        limiter.charge(a, 5);
        limiter.reset(a);
        assertThat(limiter.tryAcquire(a, 10)).isTrue();
    }

    @ParameterizedTest
    @EnumSource(names = {"SHARE", "ALLOW", "DENY"})
    void withoutRoomASharedBucketIsChargedUpToEmptyOrNothingIs(Overflow overflow) {
        LocalLimiter<K> limiter = build(keys.builder(SLOW).maxKeys(1).overflow(overflow));
        limiter.tryAcquire(b, 10);
        limiter.charge(a, 25);
        assertThat(limiter.size()).isEqualTo(1);
        assertThat(limiter.stats().droppedPermits()).isEqualTo(overflow == Overflow.SHARE ? 15 : 25);
        if (overflow == Overflow.SHARE) {
            assertThat(limiter.decide(a).retryAfter())
                    .contains(Duration.ofSeconds(10)); // no longer than if it were empty
        }
        limiter.reset(b); // room
        assertThat(limiter.tryAcquire(a, 10)).isEqualTo(overflow != Overflow.SHARE);
        if (overflow == Overflow.SHARE) {
            assertThat(untilFull(limiter, a, 0)).isEqualTo(Duration.ofSeconds(100));
        }
    }

    @Test
    void aRefundWithoutARowGivesBackOnlyWhatTheKeyStillOwesItself() {
        LocalLimiter<K> limiter = build(keys.builder(SLOW).maxKeys(1));
        limiter.tryAcquire(b, 10);
        assertThat(limiter.tryAcquire(a, 6)).isTrue();
        limiter.refund(a, 6);
        assertThat(limiter.tryAcquire(a, 10)).isTrue();
        ticker.advance(Duration.ofSeconds(95));
        limiter.tryAcquire(b, 9);
        limiter.refund(a, 10); // it owes half a permit: nothing that is certain
        assertThat(limiter.tryAcquire(a, 10)).isFalse();
    }

    @Test
    void aDebtThatSomebodyElseKnowsOfIsAtLeastThatAndIsNotAdded() {
        LocalLimiter<K> limiter = build(keys.builder(QUICK, SLOW));
        long second = Duration.ofSeconds(1).toNanos();
        ticker.set(7 * second);
        assertThat(limiter.owe(a, new long[] {5 * second, 150 * second}, 7 * second))
                .isTrue();
        assertThat(limiter.size()).isEqualTo(1);
        assertThat(untilFull(limiter, a, 0)).isEqualTo(Duration.ofSeconds(5));
        assertThat(untilFull(limiter, a, 1)).isEqualTo(Duration.ofSeconds(150));
        limiter.owe(a, new long[] {4 * second, 160 * second}, 5 * second); // as of two seconds ago
        assertThat(untilFull(limiter, a, 0)).isEqualTo(Duration.ofSeconds(5));
        assertThat(untilFull(limiter, a, 1)).isEqualTo(Duration.ofSeconds(158));
        limiter.owe(a, new long[] {0, Long.MAX_VALUE}, 7 * second);
        assertThat(untilFull(limiter, a, 1)).isEqualTo(Duration.ofSeconds(100 + 4_000));
        ticker.advance(Duration.ofSeconds(4_009));
        assertThat(limiter.sweep()).isZero();
        assertThat(limiter.tryAcquire(a)).isFalse();
        ticker.advance(Duration.ofSeconds(1));
        assertThat(limiter.tryAcquire(a)).isTrue();
        assertThatThrownBy(() -> limiter.owe(a, new long[] {1}, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2 times");
        assertThatThrownBy(() -> limiter.owe(a, new long[] {1, -1}, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aDebtWithoutRoomIsDroppedAndTouchesNoSharedBucket() {
        LocalLimiter<K> limiter = build(keys.builder(SLOW).maxKeys(1));
        limiter.tryAcquire(b, 10);
        assertThat(limiter.owe(a, new long[] {1_000}, 0)).isFalse();
        assertThat(limiter.tryAcquire(a, 10)).isTrue();
        assertThat(limiter.stats().overflowed()).isEqualTo(1);
    }
}
