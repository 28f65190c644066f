package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A clock that steps back: nobody waits longer than for a bucket to fill, and nobody gains more than one bucket. */
@ParameterizedClass
@MethodSource("io.headgate.Keys#withMovingRows")
class ClockStepTest<K> {

    private static final int KNOWN = 0;
    private static final int SHARING = 10;

    private final Keys<K> keys;
    private final FakeTicker time = new FakeTicker();

    ClockStepTest(Keys<K> keys) {
        this.keys = keys;
    }

    private LocalLimiter<K> build(LimiterBuilder<K> builder) {
        return builder.ticker(time)
                .random(new SplittableRandom(7))
                .sweepInterval(Duration.ZERO)
                .build();
    }

    /** Permits that are admitted within a time, asked for every 100 ms. */
    private int admitted(LocalLimiter<K> limiter, K key, Duration within) {
        int count = 0;
        for (long passed = 0; passed < within.toMillis(); passed += 100) {
            count += limiter.tryAcquire(key) ? 1 : 0;
            time.advance(Duration.ofMillis(100));
        }
        return count;
    }

    @ParameterizedTest
    @CsvSource({
        "100/minute, 1, PT1H",
        "100/minute, 1, PT2M",
        "100/minute, 100, PT1H",
        "100/minute, 1, PT61S",
        "10/s, 3, PT1M",
        "100/minute, 1, P3000D",
        "5/minute, 1, PT4M",
        "5/minute, 5, P1D"
    })
    void nobodyWaitsLongerThanForABucketToFill(String text, int taken, Duration step) {
        Limit limit = Limit.parse(text);
        LocalLimiter<K> limiter = build(keys.builder(limit).maxKeys(1));
        time.advance(Duration.ofDays(4000));
        limiter.tryAcquire(keys.key(KNOWN), taken);
        limiter.tryAcquire(keys.key(SHARING), taken);
        time.advance(step.negated());
        for (int id : new int[] {KNOWN, SHARING}) {
            int count = admitted(limiter, keys.key(id), limit.refillTime().plusMillis(500));
            assertThat((long) count).as("key %s", id).isBetween(limit.capacity() - 1, 2 * limit.capacity() + 1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT1S", "PT30S", "PT59S", "PT2M", "PT1H"})
    void aStepForgivesAtMostOneBucketPerKey(Duration step) {
        Limit limit = Limit.parse("60/minute");
        LocalLimiter<K> limiter = build(keys.builder(limit).maxKeys(1));
        time.advance(Duration.ofDays(1));
        int[] ids = {KNOWN, SHARING};
        for (int id : ids) {
            assertThat(limiter.tryAcquire(keys.key(id), 60)).isTrue();
        }
        time.advance(step.negated());
        for (int id : ids) {
            assertThat(limiter.tryAcquire(keys.key(id))).as("key %s", id).isFalse();
        }
        int count = 0;
        for (int tenths = 0; tenths < 1_200; tenths++) {
            for (int id : ids) {
                count += limiter.tryAcquire(keys.key(id)) ? 1 : 0;
            }
            time.advance(Duration.ofMillis(100));
        }
        assertThat(count).isLessThanOrEqualTo(2 * 120);
    }

    /** What was charged beyond empty, or told by others, is not forgiven as long as the clock goes on. */
    @Test
    void debtsBeyondEmptyStay() {
        Limit limit = Limit.parse("60/minute");
        LocalLimiter<K> limiter = build(keys.builder(limit));
        limiter.charge(keys.key(KNOWN), 1000);
        time.advance(Duration.ofSeconds(59));
        assertThat(limiter.tryAcquire(keys.key(KNOWN))).isFalse();
        time.advance(Duration.ofSeconds(2));
        assertThat(limiter.tryAcquire(keys.key(KNOWN))).isTrue();
        limiter.owe(keys.key(1), new long[] {Duration.ofMinutes(5).toNanos()}, time.read());
        time.advance(Duration.ofSeconds(239));
        assertThat(limiter.tryAcquire(keys.key(1))).isFalse();
        time.advance(Duration.ofSeconds(2));
        assertThat(limiter.tryAcquire(keys.key(1))).isTrue();
    }

    /** After a charge two buckets are the most, and after a step back no more than that is owed. */
    @Test
    void afterAChargeTwoBucketsAreTheMost() {
        LocalLimiter<K> limiter = build(keys.builder(Limit.parse("60/minute")));
        time.advance(Duration.ofDays(1));
        limiter.charge(keys.key(KNOWN), 1000);
        time.advance(Duration.ofHours(-1));
        assertThat(limiter.tryAcquire(keys.key(KNOWN))).isFalse();
        time.advance(Duration.ofSeconds(61));
        assertThat(limiter.tryAcquire(keys.key(KNOWN))).isTrue();
    }

    /** A call that has slept reads the past; that is no step, and lowers nobody's debt. */
    @Test
    void anOldReadingLowersNoDebt() throws Exception {
        LocalLimiter<K> limiter = keys.builder(Limit.parse("60/minute"))
                .ticker(HeldCall.ticker(time))
                .sweepInterval(Duration.ZERO)
                .build();
        K key = keys.key(KNOWN);
        HeldCall<Boolean> slept = HeldCall.at(1, () -> limiter.tryAcquire(key));
        time.advance(Duration.ofHours(1));
        assertThat(limiter.tryAcquire(key, 60)).isTrue();
        assertThat(slept.end()).isFalse();
        assertThat(limiter.tryAcquire(key)).isFalse();
        time.advance(Duration.ofMillis(999));
        assertThat(limiter.tryAcquire(key)).isFalse();
        time.advance(Duration.ofMillis(1));
        assertThat(limiter.tryAcquire(key)).isTrue();
        assertThat(limiter.tryAcquire(key)).isFalse();
    }
}
