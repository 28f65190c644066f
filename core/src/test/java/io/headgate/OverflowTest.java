package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The hard cap on keys and what happens at it. */
@ParameterizedClass
@MethodSource("io.headgate.Keys#ofEachStore")
class OverflowTest<K> {

    private final Keys<K> keys;
    private final FakeTicker ticker = new FakeTicker();

    OverflowTest(Keys<K> keys) {
        this.keys = keys;
    }

    private LocalLimiter<K> build(LimiterBuilder<K> builder) {
        return builder.ticker(ticker).sweepInterval(Duration.ZERO).build();
    }

    private LocalLimiter<K> full(Overflow overflow, int cap) {
        LocalLimiter<K> limiter = build(keys.builder(Limit.parse("3/minute"), Limit.parse("2/s"))
                .maxKeys(cap)
                .overflow(overflow));
        for (int key = 0; key < cap; key++) {
            assertThat(limiter.decide(keys.key(key)).overflow()).isFalse();
        }
        return limiter;
    }

    @Test
    void aNewcomerWhoseDebtRefusesItIsToldTheWholeTruth() {
        Limit slow = new Limit("slow", 1, Duration.ofSeconds(60), 2);
        Limit quick = new Limit("quick", 1, Duration.ofSeconds(10), 1);
        LocalLimiter<K> limiter = build(keys.builder(slow, quick).maxKeys(1));
        limiter.tryAcquire(keys.key(0));
        assertThat(limiter.decide(keys.key(1)).overflow()).isTrue();
        ticker.advance(Duration.ofSeconds(55));
        limiter.tryAcquire(keys.key(0));
        assertThat(limiter.decide(keys.key(1)).allowed()).isTrue();
        limiter.reset(keys.key(0)); // now there is room for key 1, which brings 65 s and 10 s of debt
        Decision peek = limiter.peek(keys.key(1), 1);
        assertThat(limiter.decide(keys.key(1))).isEqualTo(peek);
        assertThat(peek.overflow()).isFalse();
        assertThat(peek.retryAfter()).contains(Duration.ofSeconds(10));
        ticker.advance(Duration.ofSeconds(10).minusNanos(1));
        assertThat(limiter.tryAcquire(keys.key(1))).isFalse();
        ticker.advanceNanos(1);
        assertThat(limiter.tryAcquire(keys.key(1))).isTrue();
    }

    @ParameterizedTest
    @EnumSource(names = {"SHARE", "ALLOW", "DENY"})
    void noTrackedKeyNoticesAndNothingGrows(Overflow overflow) {
        LocalLimiter<K> limiter = full(overflow, 100);
        long denied = 0;
        for (int key = 1_000; key < 20_000; key++) {
            Decision decision = limiter.decide(keys.key(key));
            assertThat(decision.overflow()).isTrue();
            assertThat(limiter.size()).isEqualTo(100);
            denied += decision.allowed() ? 0 : 1;
        }
        assertThat(limiter.stats().denied()).isEqualTo(denied);
        assertThat(limiter.stats().allowed()).isEqualTo(100 + 19_000 - denied);
        assertThat(limiter.stats().deniedAtCapacity()).isEqualTo(overflow == Overflow.DENY ? 19_000 : 0);
        for (int key = 0; key < 100; key++) {
            Decision decision = limiter.decide(keys.key(key));
            assertThat(decision.overflow()).isFalse();
            assertThat(decision.allowed()).isTrue();
            assertThat(decision.remaining()).isZero();
        }
        assertThat(limiter.stats().evicted()).isZero();
        assertThat(limiter.stats().overflowed()).isEqualTo(19_000);
    }

    @Test
    void shareLimitsNewcomersTogether() {
        LocalLimiter<K> limiter = full(Overflow.SHARE, 100);
        long admitted = 0;
        for (int key = 1_000; key < 101_000; key++) {
            admitted += limiter.tryAcquire(keys.key(key)) ? 1 : 0;
        }
        // 2 permits at once from each shared bucket: any key reaches all 1,024, an IPv4 /16 or an IPv6 /32 reaches 16.
        assertThat(admitted)
                .isBetween(
                        keys.equals(Keys.MAP) ? 2L * 1024 : keys.equals(Keys.IPV6) ? 2L * 16 : 2L * 900,
                        keys.equals(Keys.MAP) || keys.equals(Keys.IPV4) ? 2L * 1024 : 2L * (1024 + 2 * 16));
        Decision denied = limiter.decide(keys.key(1_000));
        assertThat(denied.allowed()).isFalse();
        assertThat(denied.overflow()).isTrue();
        assertThat(denied.retryAfter()).contains(Duration.ofMillis(500));
        assertThat(limiter.peek(keys.key(1_000), 1)).isEqualTo(denied);
    }

    @Test
    void allowAdmitsAndDenyDenies() {
        LocalLimiter<K> allow = full(Overflow.ALLOW, 10);
        for (int i = 0; i < 10; i++) {
            Decision decision = allow.decide(keys.key(77), 2);
            assertThat(decision.allowed()).isTrue();
            assertThat(decision.overflow()).isTrue();
            assertThat(decision.remaining()).isEqualTo(2); // nothing was taken
            assertThat(allow.peek(keys.key(77), 2)).isEqualTo(decision);
        }
        assertThat(allow.decide(keys.key(77), 4).neverAdmissible()).isTrue();
        assertThat(allow.decide(keys.key(77), 4).allowed()).isFalse();
        assertThat(allow.peek(keys.key(77), 4).allowed()).isFalse();

        LocalLimiter<K> deny = full(Overflow.DENY, 10);
        Decision decision = deny.decide(keys.key(77));
        assertThat(decision).isEqualTo(Decision.denied(null, true, java.util.List.of()));
        assertThat(decision.remaining()).isZero();
        assertThat(decision.retryAfter()).isEmpty();
        assertThat(decision.neverAdmissible()).isFalse();
        assertThat(deny.tryAcquire(keys.key(77))).isFalse();
        assertThat(deny.peek(keys.key(77), 1)).isEqualTo(decision);
        assertThat(deny.decide(keys.key(77), 4).neverAdmissible()).isTrue();
    }

    @Test
    void nearALimitAreCallsOfDecideThatTookPermits() {
        LocalLimiter<K> allow =
                build(keys.builder(Limit.parse("2/day")).maxKeys(1).overflow(Overflow.ALLOW));
        allow.decide(keys.key(0));
        assertThat(allow.stats().nearLimit()).isZero(); // half is left
        allow.peek(keys.key(0), 1);
        allow.decide(keys.key(1), 2);
        assertThat(allow.stats().nearLimit()).isZero(); // nothing was taken
        allow.decide(keys.key(0));
        assertThat(allow.stats().nearLimit()).isEqualTo(1);
        allow.decide(keys.key(0));
        assertThat(allow.stats().nearLimit()).isEqualTo(1); // denied

        LocalLimiter<K> share = build(keys.builder(Limit.parse("2/day")).maxKeys(1));
        share.tryAcquire(keys.key(0), 2);
        assertThat(share.stats().nearLimit()).isZero(); // not counted
        assertThat(share.decide(keys.key(1), 2).allowed()).isTrue();
        assertThat(share.stats().nearLimit()).isEqualTo(1); // of a shared bucket
    }

    @Test
    void aLookAtTheCapMayEvictIdleKeysAndChangesNoAnswer() {
        LocalLimiter<K> limiter = full(Overflow.DENY, 4);
        ticker.advance(Duration.ofHours(1));
        Decision decision = limiter.peek(keys.key(10), 1);
        assertThat(decision.allowed()).isTrue();
        assertThat(decision.retryAfter()).contains(Duration.ZERO);
        assertThat(decision.remaining()).isEqualTo(2); // nothing was taken
        assertThat(limiter.stats().evicted()).isPositive();
        assertThat(limiter.stats().allowed()).isEqualTo(4);
        assertThat(limiter.peek(keys.key(10), 1)).isEqualTo(decision);
        assertThat(limiter.decide(keys.key(10)).allowed()).isTrue();
    }

    @Test
    void aNewcomerEvictsAKeyWithFullBuckets() {
        LocalLimiter<K> limiter = full(Overflow.DENY, 4);
        limiter.tryAcquire(keys.key(0));
        ticker.advance(Duration.ofSeconds(20)); // all but key 0 are full again
        assertThat(limiter.tryAcquire(keys.key(10))).isTrue();
        assertThat(limiter.tryAcquire(keys.key(11))).isTrue();
        assertThat(limiter.tryAcquire(keys.key(12))).isTrue();
        assertThat(limiter.tryAcquire(keys.key(13))).isFalse();
        assertThat(limiter.size()).isEqualTo(4);
        assertThat(limiter.peek(keys.key(0), 1).limits().get(0).remaining()).isEqualTo(2);
        assertThat(limiter.stats().evicted()).isEqualTo(3);
    }

    @Test
    void aKeyThatFindsRoomLaterBringsTheDebtOfTheBucketItShared() {
        LocalLimiter<K> limiter = full(Overflow.SHARE, 1);
        limiter.tryAcquire(keys.key(0), 1);
        ticker.advance(Duration.ofSeconds(1));
        assertThat(limiter.decide(keys.key(5), 2).overflow()).isTrue();
        ticker.advance(Duration.ofSeconds(39)); // key 0 is full, the shared bucket owes a second
        Decision decision = limiter.decide(keys.key(5));
        assertThat(decision.overflow()).isFalse();
        assertThat(decision.allowed()).isTrue();
        assertThat(decision.limits().get(0).resetAfter()).isEqualTo(Duration.ofSeconds(21));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void peekAndDecideAgreeAtTheCap(int seed) {
        LocalLimiter<K> limiter = build(keys.builder(Limit.parse("3/minute"), Limit.parse("2/s"))
                .random(new SplittableRandom(seed))
                .maxKeys(20));
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            int key = random.nextInt(60);
            long permits = 1L + random.nextInt(3);
            Decision peek = limiter.peek(keys.key(key), permits);
            Decision decision = limiter.decide(keys.key(key), permits);
            assertThat(decision.allowed()).isEqualTo(peek.allowed());
            assertThat(decision.retryAfter()).isEqualTo(peek.retryAfter());
            assertThat(decision.overflow()).isEqualTo(peek.overflow());
            assertThat(limiter.size()).isLessThanOrEqualTo(20);
            ticker.advance(Duration.ofMillis(random.nextInt(1_500)));
        }
        assertThat(limiter.stats().evicted()).isGreaterThan(100);
        assertThat(limiter.stats().overflowed()).isGreaterThan(100);
    }

    @Test
    void aRefundReachesTheSharedBucket() {
        LocalLimiter<K> limiter = full(Overflow.SHARE, 1);
        assertThat(limiter.tryAcquire(keys.key(5), 2)).isTrue();
        assertThat(limiter.tryAcquire(keys.key(5), 1)).isFalse();
        limiter.refund(keys.key(5), 1);
        assertThat(limiter.tryAcquire(keys.key(5), 1)).isTrue();
        limiter.reset(keys.key(5)); // others owe it too
        assertThat(limiter.tryAcquire(keys.key(5), 1)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 8, 100, 1000})
    void aFloodThatLeavesTheSweeperTimeNeverOverflows(int cap) {
        LocalLimiter<K> limiter =
                build(keys.builder(Limit.parse("1/s")).maxKeys(cap).overflow(Overflow.DENY));
        for (int key = 0; key < 10 * cap + 100; key++) {
            assertThat(limiter.tryAcquire(keys.key(key))).as("key %s", key).isTrue();
            ticker.advanceNanos(2_000_000_000L / cap + 1); // half of the keys are enough
            if (cap > 8 && key % (cap / 10) == 0) {
                limiter.sweep(); // with up to eight keys, the newcomer looks at all of them itself
            }
        }
        assertThat(limiter.size()).isLessThanOrEqualTo(cap);
    }
}
