package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A call reads the clock and falls asleep. Calls that read it later charge the bucket first. What the bucket owes as of
 * the sleeper's reading is then more than it ever owed: the call is decided by a reading taken after the state was read.
 */
@ParameterizedClass
@MethodSource("io.headgate.Keys#withCaches")
class LateReadingTest<K> {

    private static final int X = 1;
    private static final int B = 2;

    private final Keys<K> keys;
    private final FakeTicker time = new FakeTicker();
    /** What happens right after the next readings. */
    private final Deque<Runnable> meanwhile = new ArrayDeque<>();

    LateReadingTest(Keys<K> keys) {
        this.keys = keys;
    }

    private LocalLimiter<K> build(LimiterBuilder<K> builder) {
        return builder.ticker(this::read)
                .random(new SplittableRandom(7))
                .sweepInterval(Duration.ZERO)
                .build();
    }

    private long read() {
        long reading = time.read();
        Runnable next = meanwhile.poll();
        if (next != null) {
            next.run();
        }
        return reading;
    }

    /** After the next reading a minute passes, and then others take permits. */
    private void othersTake(LocalLimiter<K> limiter, K key, int permits) {
        meanwhile.add(() -> {
            time.advance(Duration.ofMinutes(1));
            for (int i = 0; i < permits; i++) {
                assertThat(limiter.tryAcquire(key)).isTrue();
            }
        });
    }

    @Test
    void takesTheLastPermitOfABurst() {
        LocalLimiter<K> limiter = build(keys.builder(Limit.parse("4/hour")));
        othersTake(limiter, keys.key(X), 3);
        assertThat(limiter.tryAcquire(keys.key(X))).isTrue();
        assertThat(limiter.tryAcquire(keys.key(X))).isFalse();
        time.advance(Duration.ofMinutes(15).minusNanos(1));
        assertThat(limiter.tryAcquire(keys.key(X))).isFalse();
        time.advanceNanos(1);
        assertThat(limiter.tryAcquire(keys.key(X))).isTrue();
    }

    @Test
    void takesTheLastPermitsUnderSeveralLimits() {
        LocalLimiter<K> limiter = build(keys.builder(Limit.parse("4/hour"), Limit.parse("8/day burst 4")));
        othersTake(limiter, keys.key(X), 3);
        Decision decision = limiter.decide(keys.key(X));
        assertThat(decision.allowed()).isTrue();
        assertThat(decision.remaining()).isZero();
        assertThat(limiter.stats().undone()).isZero();
    }

    @Test
    void seesTheLastPermit() {
        LocalLimiter<K> limiter = build(keys.builder(Limit.parse("4/hour")));
        othersTake(limiter, keys.key(X), 3);
        Decision peeked = limiter.peek(keys.key(X), 1);
        assertThat(peeked.allowed()).isTrue();
        assertThat(peeked.remaining()).isEqualTo(1);
    }

    @Test
    void aDenialTellsTheWaitFromTheLaterReading() {
        LocalLimiter<K> limiter = build(keys.builder(Limit.parse("4/hour")));
        othersTake(limiter, keys.key(X), 4);
        assertThat(limiter.decide(keys.key(X)).retryAfter()).contains(Duration.ofMinutes(15));
    }

    @Test
    void chargesAllThatMayBeOwed() {
        LocalLimiter<K> limiter = build(keys.builder(Limit.parse("4/hour")));
        othersTake(limiter, keys.key(X), 4);
        limiter.charge(keys.key(X), 4);
        assertThat(limiter.stats().droppedPermits()).isZero();
        assertThat(limiter.peek(keys.key(X), 1).retryAfter()).contains(Duration.ofMinutes(75));
    }

    /** The shared bucket admits it, and the row that the key is given later owes all four. */
    @Test
    void takesTheLastPermitOfASharedBucketAndOwesItLater() {
        LocalLimiter<K> limiter = build(keys.builder(Limit.parse("4/hour")).maxKeys(1));
        limiter.tryAcquire(keys.key(X));
        othersTake(limiter, keys.key(B), 3);
        assertThat(limiter.tryAcquire(keys.key(B))).isTrue();
        limiter.reset(keys.key(X));
        limiter.sweep();
        Decision own = limiter.decide(keys.key(B));
        assertThat(own.overflow()).isFalse();
        assertThat(own.retryAfter()).contains(Duration.ofMinutes(15));
    }

    /** A clock that steps back between the two readings admits nothing that the first one would not. */
    @Test
    void aClockThatStepsBackMeanwhileAdmitsNothing() {
        LocalLimiter<K> limiter = build(keys.builder(Limit.parse("4/hour")));
        assertThat(limiter.tryAcquire(keys.key(X), 4)).isTrue();
        meanwhile.add(() -> time.advance(Duration.ofMinutes(-1)));
        assertThat(limiter.tryAcquire(keys.key(X))).isFalse();
    }
}
