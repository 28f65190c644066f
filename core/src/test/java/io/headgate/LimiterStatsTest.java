package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.headgate.testing.FakeTicker;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LimiterStatsTest {

    private static final Set<String> LEVELS =
            Set.of("size", "maxKeys", "memoryBytes", "maxMemoryBytes", "sharedMemoryBytes");

    /** Every number has an accessor and a setter of one name, and they meet: also one that is added later. */
    @Test
    void tellsEachNumberThatWasSet() throws ReflectiveOperationException {
        Set<String> names = new LinkedHashSet<>();
        for (Method accessor : LimiterStats.class.getMethods()) {
            if (accessor.getReturnType() == long.class && accessor.getParameterCount() == 0) {
                names.add(accessor.getName());
            }
        }
        assertThat(names).hasSize(15).containsAll(LEVELS);
        for (String name : names) {
            LimiterStats.Builder builder = LimiterStats.builder();
            assertThat(number(builder.build(), name)).as(name).isEqualTo(LEVELS.contains(name) ? -1 : 0);
            Method setter = LimiterStats.Builder.class.getMethod(name, long.class);
            assertThat(setter.invoke(builder, 1_234L)).isSameAs(builder);
            LimiterStats stats = builder.build();
            for (String other : names) {
                assertThat(number(stats, other))
                        .as(name + ", " + other)
                        .isEqualTo(other.equals(name) ? 1_234 : LEVELS.contains(other) ? -1 : 0);
            }
            assertThat(stats).hasToString("LimiterStats[" + name + "=1234]");
            assertThat(stats.isUnknown()).isFalse();
            assertThat(setter.invoke(builder, 0L)).isSameAs(builder);
            assertThat(stats).isNotEqualTo(builder.build());
            assertThat(builder.build().isUnknown()).isFalse();
            assertThat(builder.build()).isNotEqualTo(LimiterStats.unknown());
            assertThat(number(builder.build(), name)).isZero();
        }
    }

    private static long number(LimiterStats stats, String name) throws ReflectiveOperationException {
        return (long) LimiterStats.class.getMethod(name).invoke(stats);
    }

    @Test
    void tellsDenialsByLimit() {
        Limit one = Limit.perSecond(5);
        Limit other = Limit.perDay(7);
        LimiterStats stats = LimiterStats.builder()
                .denied(5)
                .denied(one, 2)
                .denied(other, 3)
                .sweepTime(Duration.ofSeconds(4))
                .build();
        assertThat(stats.denied()).isEqualTo(5);
        assertThat(stats.denied(one)).isEqualTo(2);
        assertThat(stats.denied(Limit.perHour(1))).isZero();
        assertThat(stats.deniedByLimit()).isEqualTo(Map.of(one, 2L, other, 3L));
        assertThat(stats.deniedByLimit().keySet()).containsExactly(one, other);
        assertThat(stats.sweepTime()).isEqualTo(Duration.ofSeconds(4));
        assertThat(stats)
                .hasToString("LimiterStats[denied=5, denied by 5-per-1s=2, denied by 7-per-86400s=3, sweepTime=PT4S]");
    }

    @Test
    void areEqualIfTheSameWasSet() {
        LimiterStats.Builder builder = LimiterStats.builder().allowed(1).denied(Limit.perSecond(1), 2);
        LimiterStats stats = builder.build();
        assertThat(stats).isEqualTo(builder.build()).hasSameHashCodeAs(builder.build());
        builder.denied(Limit.perSecond(1), 3);
        assertThat(stats).isNotEqualTo(builder.build());
        assertThat(stats.denied(Limit.perSecond(1))).isEqualTo(2);
        assertThat(LimiterStats.builder().build())
                .isEqualTo(LimiterStats.unknown())
                .hasToString("LimiterStats[]")
                .isNotEqualTo(LimiterStats.builder().sweepTime(Duration.ZERO).build());
        assertThat(LimiterStats.unknown().isUnknown()).isTrue();
        assertThat(LimiterStats.unknown().sweepTime()).isZero();
    }

    @Test
    void refusesNumbersBelowZero() {
        LimiterStats.Builder builder = LimiterStats.builder();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.allowed(-1))
                .withMessage("allowed must be at least 0, not -1");
        assertThatIllegalArgumentException().isThrownBy(() -> builder.denied(Limit.perSecond(1), -2));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.sweepTime(Duration.ofNanos(-1)));
    }

    @Test
    void areAllKnownOfALimiterInMemory() {
        FakeTicker ticker = new FakeTicker();
        Limit fast = Limit.perSecond(2);
        Limit slow = Limit.perHour(3);
        try (LocalLimiter<String> limiter = Limiter.<String>builder(fast, slow)
                .ticker(ticker)
                .maxKeys(1)
                .overflow(Overflow.DENY)
                .sweepInterval(Duration.ZERO)
                .build()) {
            for (String key : List.of("a", "a", "a", "b")) {
                limiter.decide(key);
            }
            ticker.advance(Duration.ofSeconds(1));
            limiter.decide("a");
            limiter.decide("a");
            limiter.charge("a", 5);
            limiter.charge("b", 5);
            LimiterStats stats = limiter.stats();
            assertThat(stats.allowed()).isEqualTo(3);
            assertThat(stats.denied()).isEqualTo(3);
            assertThat(stats.deniedByLimit()).isEqualTo(Map.of(fast, 1L, slow, 1L));
            assertThat(stats.deniedByLimit().keySet()).containsExactly(fast, slow);
            assertThat(stats.deniedAtCapacity()).isEqualTo(1);
            assertThat(stats.overflowed()).isEqualTo(1);
            assertThat(stats.nearLimit()).isEqualTo(2);
            assertThat(stats.droppedPermits()).isEqualTo(5 + 2);
            assertThat(stats.size()).isEqualTo(1);
            assertThat(stats.maxKeys()).isEqualTo(limiter.maxKeys());
            assertThat(stats.maxMemoryBytes()).isEqualTo(limiter.memoryBytes());
            assertThat(stats.memoryBytes()).isPositive();
            assertThat(stats.sharedMemoryBytes()).isZero();
            ticker.advance(Duration.ofDays(1));
            limiter.sweep();
            assertThat(limiter.stats().evicted()).isEqualTo(1);
            assertThat(limiter.stats().sweeps()).isEqualTo(1);
            assertThat(limiter.stats().sweepTime()).isPositive();
            assertThat(limiter.stats().size()).isZero();
        }
    }
}
