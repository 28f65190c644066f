package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A refund goes where the charge went, and is never more than the charge. */
@ParameterizedClass
@MethodSource("io.headgate.Keys#withMovingRows")
class DecisionRefundTest<K> {

    private static final int X = 1;
    private static final int B = 2;

    private final Keys<K> keys;
    private final FakeTicker time = new FakeTicker();

    DecisionRefundTest(Keys<K> keys) {
        this.keys = keys;
    }

    private LocalLimiter<K> build(LimiterBuilder<K> builder) {
        return builder.ticker(time)
                .random(new SplittableRandom(7))
                .sweepInterval(Duration.ZERO)
                .build();
    }

    private static <K> long left(LocalLimiter<K> limiter, K key) {
        return limiter.peek(key, 1).remaining();
    }

    @Test
    void givesBackAtMostWhatWasTakenHoweverOften() {
        LocalLimiter<K> limiter = build(keys.builder(Limit.parse("5/hour"), Limit.parse("8/day")));
        K key = keys.key(X);
        limiter.tryAcquire(key, 2);
        Decision decision = limiter.decide(key, 3);
        decision.refund(2);
        assertThat(left(limiter, key)).isEqualTo(2);
        decision.refund(Long.MAX_VALUE);
        decision.refund(3);
        assertThat(left(limiter, key)).isEqualTo(3);
        assertThat(limiter.tryAcquire(key, 4)).isFalse();
        assertThat(limiter.tryAcquire(key, 3)).isTrue();
    }

    @Test
    void takesNothingBackThatItDidNotGive() {
        LocalLimiter<K> limiter = build(keys.builder(Limit.parse("5/hour")));
        K key = keys.key(X);
        limiter.tryAcquire(key, 4);
        limiter.decide(key, 2).refund(2);
        limiter.decide(key, 9).refund(9);
        limiter.peek(key, 1).refund(1);
        assertThat(left(limiter, key)).isEqualTo(1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> limiter.decide(key).refund(0))
                .withMessageContaining("permits must be at least 1, not 0");
        assertThatThrownBy(() -> Decision.allowed(false, List.of()).refund(1))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("Decision.allowed");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Decision.allowed(false, List.of(), -1, permits -> {}))
                .withMessageContaining("taken must be at least 0, not -1");
    }

    /** The one room there is goes from a stranger to the key that shared a bucket. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void permitsOfASharedBucketGoBackToIt(boolean ownBucketMeanwhile) {
        LocalLimiter<K> limiter =
                build(keys.builder(Limit.parse("1/hour burst 5")).maxKeys(1));
        K x = keys.key(X);
        K b = keys.key(B);
        limiter.tryAcquire(x);
        Decision decision = limiter.decide(b, 3);
        assertThat(decision.overflow()).isTrue();
        limiter.reset(x);
        assertThat(limiter.sweep()).isEqualTo(1);
        if (ownBucketMeanwhile) {
            assertThat(limiter.tryAcquire(b)).isTrue();
            assertThat(limiter.size()).isEqualTo(1);
            assertThat(left(limiter, b)).isEqualTo(1);
        }
        decision.refund(3);
        assertThat(left(limiter, b)).isEqualTo(ownBucketMeanwhile ? 4 : 5);
        assertThat(limiter.tryAcquire(b, ownBucketMeanwhile ? 4 : 5)).isTrue();
        time.advance(Duration.ofHours(5));
        limiter.sweep();
        limiter.tryAcquire(x);
        assertThat(left(limiter, b)).isEqualTo(5);
    }

    @Test
    void theSharedBucketIsOwedNothingAfterwards() {
        LocalLimiter<K> limiter =
                build(keys.builder(Limit.parse("1/hour burst 5")).maxKeys(1));
        limiter.tryAcquire(keys.key(X));
        limiter.decide(keys.key(B), 3).refund(3);
        assertThat(left(limiter, keys.key(B))).isEqualTo(5);
        assertThat(limiter.decide(keys.key(B), 5).overflow()).isTrue();
    }

    /** What is shared must not be forgiven because of a decision that took from a bucket of the key's own. */
    @Test
    void permitsOfAnOwnBucketGoNowhereElse() {
        LocalLimiter<K> limiter =
                build(keys.builder(Limit.parse("1/hour burst 5")).maxKeys(1));
        K b = keys.key(B);
        Decision own = limiter.decide(b, 5);
        time.advance(Duration.ofHours(5));
        limiter.sweep();
        limiter.tryAcquire(keys.key(X));
        assertThat(limiter.decide(b, 5).overflow()).isTrue();
        own.refund(5);
        assertThat(left(limiter, b)).isZero();
    }

    @ParameterizedTest
    @EnumSource(names = {"ALLOW", "DENY"})
    void whatNoBucketGaveNoBucketGetsBack(Overflow overflow) {
        LocalLimiter<K> limiter =
                build(keys.builder(Limit.parse("1/hour burst 5")).maxKeys(1).overflow(overflow));
        K x = keys.key(X);
        K b = keys.key(B);
        limiter.tryAcquire(x);
        Decision decision = limiter.decide(b, 3);
        assertThat(decision.overflow()).isTrue();
        limiter.reset(x);
        limiter.sweep();
        limiter.tryAcquire(b, 5);
        decision.refund(3);
        assertThat(left(limiter, b)).isZero();
    }

    /** Ten permits of one limit: what is earned back by waiting is not given twice, so the next charge is not lightened. */
    @Test
    void whatWasEarnedBackIsNotGivenAgain() {
        LocalLimiter<K> limiter = build(keys.builder(Limit.parse("10/s")));
        K key = keys.key(X);
        Decision decision = limiter.decide(key, 10);
        time.advance(Duration.ofMillis(600));
        assertThat(limiter.tryAcquire(key, 6)).isTrue();
        decision.refund(10);
        assertThat(left(limiter, key)).isEqualTo(4);
        time.advance(Duration.ofSeconds(1));
        assertThat(limiter.tryAcquire(key, 10)).isTrue();
        decision.refund(10);
        assertThat(left(limiter, key)).isZero();
        Decision late = limiter.decide(keys.key(B), 10);
        time.advance(Duration.ofHours(1));
        limiter.sweep();
        assertThat(limiter.tryAcquire(keys.key(B), 10)).isTrue();
        late.refund(10);
        assertThat(left(limiter, keys.key(B))).isZero();
    }

    @Test
    void manyThreadsGiveOneChargeBackOnce() throws Exception {
        LocalLimiter<K> limiter = build(keys.builder(Limit.parse("1000/hour")));
        K key = keys.key(X);
        assertThat(limiter.tryAcquire(key, 500)).isTrue();
        Decision decision = limiter.decide(key, 400);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> refunds = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                refunds.add(threads.submit(() -> {
                    for (int n = 0; n < 300; n++) {
                        decision.refund(1);
                    }
                }));
            }
            for (Future<?> refund : refunds) {
                refund.get();
            }
        } finally {
            threads.shutdown();
        }
        assertThat(left(limiter, key)).isEqualTo(500);
    }

    @Test
    void aLimiterThatIsComposedGivesBackByAFunction() {
        AtomicLong back = new AtomicLong();
        Decision decision = Decision.allowed(false, List.of(), 5, back::addAndGet);
        decision.refund(2);
        assertThat(back).hasValue(2);
        decision.refund(9);
        decision.refund(1);
        assertThat(back).hasValue(5);
        assertThat(decision).isEqualTo(Decision.allowed(false, List.of()));
    }
}
