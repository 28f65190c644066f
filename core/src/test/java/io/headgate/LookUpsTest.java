package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testing.FakeTicker;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How often a key that has buckets is looked up: once, whatever the number of limits. */
class LookUpsTest {

    private static final Limit[] LIMITS = {Limit.parse("10/s"), Limit.parse("100/minute"), Limit.parse("900/h")};

    /** Its hash code is asked for by every look-up. */
    private record CountedKey(AtomicInteger lookUps) {
        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            lookUps.incrementAndGet();
            return 7;
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void everyOperationOnAKnownKeyLooksItUpOnce(int limits) {
        FakeTicker ticker = new FakeTicker();
        LocalLimiter<CountedKey> limiter = Limiter.<CountedKey>builder(LIMITS[0], Arrays.copyOfRange(LIMITS, 1, limits))
                .ticker(ticker)
                .build();
        AtomicInteger lookUps = new AtomicInteger();
        CountedKey key = new CountedKey(lookUps);
        for (int i = 0; i < 5; i++) {
            limiter.tryAcquire(key); // settles
        }
        assertOne(lookUps, () -> assertThat(limiter.tryAcquire(key)).isTrue());
        assertOne(lookUps, () -> assertThat(limiter.decide(key, 2).allowed()).isTrue());
        assertOne(lookUps, () -> assertThat(limiter.peek(key, 1).allowed()).isTrue());
        assertOne(lookUps, () -> limiter.refund(key, 1));
        assertOne(lookUps, () -> limiter.charge(key, 10));
        assertOne(lookUps, () -> assertThat(limiter.tryAcquire(key)).isFalse());
        assertOne(lookUps, () -> assertThat(limiter.decide(key).allowed()).isFalse());
        assertOne(lookUps, () -> limiter.owe(key, new long[limits], 0));
        assertOne(lookUps, () -> limiter.reset(key));
        limiter.close();
    }

    private static void assertOne(AtomicInteger lookUps, Runnable operation) {
        lookUps.set(0);
        operation.run();
        assertThat(lookUps).hasValue(1);
    }
}
