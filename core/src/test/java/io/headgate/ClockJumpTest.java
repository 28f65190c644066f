package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clocks that once tell a time far ahead, and clients that were away for long. */
@ParameterizedClass
@MethodSource("io.headgate.Keys#ofEachStore")
class ClockJumpTest<K> {

    private static final int KNOWN = 0;
    private static final int OTHER = 1;
    private static final int SHARING = 10;
    private static final int NEW = 20;

    private final Keys<K> keys;
    private final FakeTicker time = new FakeTicker();

    ClockJumpTest(Keys<K> keys) {
        this.keys = keys;
    }

    private LocalLimiter<K> build(LimiterBuilder<K> builder) {
        return builder.ticker(time).sweepInterval(Duration.ZERO).build();
    }

    /** What happens at the reading that is far ahead. */
    enum Far {
        KNOWN_TAKES_ONE,
        KNOWN_TAKES_ALL,
        NEWCOMER,
        NEWCOMER_THAT_SHARED,
        ALL_TAKE_ALL,
        DENIALS,
        PEEK,
        SWEEP,
        REFUND,
        RESET
    }

    private void happen(Far far, LocalLimiter<K> limiter) {
        K known = keys.key(KNOWN);
        K sharing = keys.key(SHARING);
        K newcomer = keys.key(NEW);
        switch (far) {
            case KNOWN_TAKES_ONE -> limiter.tryAcquire(known);
            case KNOWN_TAKES_ALL -> limiter.tryAcquire(known, 3);
            case NEWCOMER -> limiter.tryAcquire(newcomer);
            case NEWCOMER_THAT_SHARED -> limiter.tryAcquire(sharing);
            case ALL_TAKE_ALL -> {
                for (K key : List.of(known, keys.key(OTHER), sharing, newcomer)) {
                    limiter.tryAcquire(key, 3);
                }
            }
            case DENIALS -> {
                for (K key : List.of(known, sharing, newcomer)) {
                    limiter.tryAcquire(key, 4);
                }
            }
            case PEEK -> {
                for (K key : List.of(known, sharing, newcomer)) {
                    limiter.peek(key, 1);
                }
            }
            case SWEEP -> limiter.sweep();
            case REFUND -> {
                for (K key : List.of(known, sharing, newcomer)) {
                    limiter.refund(key, 1);
                }
            }
            case RESET -> {
                for (K key : List.of(known, sharing, newcomer)) {
                    limiter.reset(key);
                }
            }
        }
    }

    static Stream<Arguments> jumps() {
        return Stream.of(Far.values()).flatMap(far -> Stream.of(false, true).map(tried -> Arguments.of(far, tried)));
    }

    /** Everybody is admitted within a refill time of the first call after the clock told a time ten years ahead. */
    @ParameterizedTest
    @MethodSource("jumps")
    void oneReadingFarAheadShutsNobodyOut(Far far, boolean tried) {
        LocalLimiter<K> limiter = build(keys.builder(Limit.parse("3/minute")).maxKeys(2));
        limiter.tryAcquire(keys.key(KNOWN), 2);
        limiter.tryAcquire(keys.key(OTHER), 2);
        assertThat(limiter.decide(keys.key(SHARING)).overflow()).isTrue();
        time.advance(Duration.ofDays(3653));
        happen(far, limiter);
        time.advance(Duration.ofDays(-3653));
        if (tried) { // whatever the answer is
            for (int id : new int[] {KNOWN, OTHER, SHARING, NEW, NEW + 1}) {
                limiter.tryAcquire(keys.key(id));
            }
        }
        time.advance(Duration.ofMinutes(1));
        if (!tried) { // whose bucket is ahead of the clock waits for a refill from its next call on
            for (int id : new int[] {KNOWN, OTHER, SHARING, NEW, NEW + 1}) {
                limiter.tryAcquire(keys.key(id));
            }
            time.advance(Duration.ofMinutes(1));
        }
        for (int id : new int[] {KNOWN, OTHER, SHARING, NEW, NEW + 2}) {
            assertThat(limiter.tryAcquire(keys.key(id))).as("key %s", id).isTrue();
        }
        time.advance(Duration.ofMinutes(3));
        limiter.sweep();
        assertThat(limiter.size()).as("tracked").isZero();
    }

    /** Nobody gains by it either, but for what the time told was worth: once a capacity. */
    @ParameterizedTest
    @EnumSource
    void oneReadingFarAheadIsWorthACapacity(Far far) {
        LocalLimiter<K> limiter = build(keys.builder(Limit.parse("3/minute")).maxKeys(2));
        limiter.tryAcquire(keys.key(KNOWN), 3);
        limiter.tryAcquire(keys.key(OTHER), 3);
        time.advance(Duration.ofDays(3653));
        happen(far, limiter);
        time.advance(Duration.ofDays(-3653));
        int count = 0;
        for (int i = 0; i < 100; i++) {
            count += limiter.tryAcquire(keys.key(OTHER)) ? 1 : 0;
            time.advance(Duration.ofSeconds(1));
        }
        assertThat(count).isBetween(3, 3 + 3 + 5);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1/ns",
                "1/ns burst 1000000000000",
                "1000000000/s",
                "1000000/s",
                "7/ms burst 100000",
                "100/minute",
                "10/day",
                "365/365day"
            })
    void whoWasAwayForSixHundredDaysHasAFullBucket(String text) {
        Limit limit = Limit.parse(text);
        LocalLimiter<K> limiter = build(keys.builder(limit).maxKeys(1));
        for (int sweeps = 0; sweeps < 4; sweeps++) {
            for (int id = 0; id < 2; id++) {
                Decision decision = limiter.decide(keys.key(id), limit.capacity());
                assertThat(decision.allowed()).as("key %s", id).isTrue();
                assertThat(decision.overflow()).isEqualTo(id == 1);
                assertThat(limiter.tryAcquire(keys.key(id))).isFalse();
            }
            time.advance(Duration.ofDays(300));
            if (sweeps % 2 == 1) {
                limiter.sweep();
            }
            time.advance(Duration.ofDays(300));
            for (int id = 0; id < 2; id++) {
                assertThat(limiter.peek(keys.key(id), 1).limits().get(0).remaining())
                        .isEqualTo(limit.capacity());
            }
        }
    }
}
