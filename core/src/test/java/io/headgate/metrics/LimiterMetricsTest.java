package io.headgate.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Decision;
import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LimiterBuilder;
import io.headgate.LimiterStats;
import io.headgate.LocalLimiter;
import io.headgate.Overflow;
import io.headgate.testing.FakeTicker;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LimiterMetricsTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final FakeTicker ticker = new FakeTicker();

    private LimiterBuilder<String> limiter() {
        return Limiter.<String>builder(
                        Limit.parse("2/s").named("short"), Limit.parse("3/h").named("long"))
                .name("login")
                .ticker(ticker)
                .maxKeys(2)
                .sweepInterval(Duration.ZERO);
    }

    private double decisions(String limit, String outcome) {
        return registry.get("headgate.decisions")
                .tags("limiter", "login", "limit", limit, "outcome", outcome)
                .functionCounter()
                .count();
    }

    private double counter(String name) {
        return registry.get(name).tag("limiter", "login").functionCounter().count();
    }

    @Test
    void countsDecisionsByTheLimitThatRefused() {
        LocalLimiter<String> limiter = limiter().build();
        new LimiterMetrics(limiter).bindTo(registry);
        for (int i = 0; i < 4; i++) {
            limiter.decide("a");
        }
        ticker.advance(Duration.ofSeconds(1));
        limiter.decide("a");
        limiter.decide("a");
        assertThat(decisions("all", "allowed")).isEqualTo(3);
        assertThat(decisions("short", "denied")).isEqualTo(2);
        assertThat(decisions("long", "denied")).isEqualTo(1);
        assertThat(decisions("all", "denied")).isZero();
        assertThat(counter("headgate.near.limit")).isEqualTo(2);
    }

    @Test
    void countsWhatCanNeverBeAdmitted() {
        LocalLimiter<String> limiter = limiter().build();
        new LimiterMetrics(limiter).bindTo(registry);
        limiter.tryAcquire("a", 3);
        assertThat(decisions("short", "denied")).isEqualTo(1);
        assertThat(decisions("long", "denied")).isZero();
    }

    @Test
    void countsWhatTheOverflowRuleDecided() {
        LocalLimiter<String> limiter = limiter().overflow(Overflow.DENY).build();
        new LimiterMetrics(limiter).bindTo(registry);
        for (String key : new String[] {"a", "b", "c"}) {
            limiter.decide(key);
        }
        assertThat(counter("headgate.overflows")).isEqualTo(1);
        assertThat(decisions("all", "denied")).isEqualTo(1);
        assertThat(registry.get("headgate.clients").gauge().value()).isEqualTo(2);
        assertThat(registry.get("headgate.clients.max").gauge().value()).isEqualTo(2);
    }

    /** Each call is in one of the counters of decisions, so that their plain sum is the number of calls. */
    @ParameterizedTest
    @EnumSource(Overflow.class)
    void countsEachDecisionOnce(Overflow overflow) {
        LocalLimiter<String> limiter = limiter().overflow(overflow).build();
        new LimiterMetrics(limiter).bindTo(registry);
        for (int call = 0; call < 100; call++) {
            limiter.tryAcquire("key" + call % 7, 1 + call % 5);
        }
        assertThat(registry.get("headgate.decisions").functionCounters().stream()
                        .mapToDouble(FunctionCounter::count)
                        .sum())
                .isEqualTo(100);
        assertThat(counter("headgate.overflows") == 0).isEqualTo(overflow == Overflow.EVICT);
    }

    /** A limiter of the user's own, which tells what it likes. */
    private record Own(LimiterStats stats) implements Limiter<String> {

        @Override
        public boolean tryAcquire(String key, long permits) {
            return true;
        }

        @Override
        public Decision decide(String key, long permits) {
            return Decision.allowed(false, List.of());
        }

        @Override
        public Decision peek(String key, long permits) {
            return decide(key, permits);
        }

        @Override
        public void refund(String key, long permits) {}

        @Override
        public void reset(String key) {}

        @Override
        public void close() {}
    }

    @Test
    void leavesOutWhatIsUnknown() {
        new LimiterMetrics(new Own(LimiterStats.unknown())).bindTo(registry);
        assertThat(registry.getMeters()).isEmpty();
        new LimiterMetrics(new Own(LimiterStats.unknown())).failures(() -> 3).bindTo(registry);
        assertThat(registry.getMeters()).hasSize(1);
        assertThat(registry.get("headgate.decisions")
                        .tags("limiter", "limiter", "limit", "all", "outcome", "failed")
                        .functionCounter()
                        .count())
                .isEqualTo(3);
    }

    @Test
    void countsForALimiterOfOnesOwn() {
        new LimiterMetrics(new Own(
                        LimiterStats.builder().allowed(5).denied(2).size(7).build()))
                .bindTo(registry);
        assertThat(registry.get("headgate.decisions")
                        .tags("limit", "all", "outcome", "denied")
                        .functionCounter()
                        .count())
                .isEqualTo(2);
        assertThat(registry.get("headgate.decisions")
                        .tags("limit", "all", "outcome", "allowed")
                        .functionCounter()
                        .count())
                .isEqualTo(5);
        assertThat(registry.get("headgate.clients").gauge().value()).isEqualTo(7);
        assertThat(registry.find("headgate.clients.max").meters()).isEmpty();
        assertThat(registry.find("headgate.memory").meters()).isEmpty();
        assertThat(registry.find("headgate.memory.max").meters()).isEmpty();
    }

    @Test
    void tellsMemoryNowAndAtMost() {
        LocalLimiter<String> limiter = limiter().build();
        new LimiterMetrics(limiter).bindTo(registry);
        double most = limiter.memoryBytes();
        assertThat(memory("headgate.memory.max")).isEqualTo(most);
        double empty = memory("headgate.memory");
        limiter.tryAcquire("a");
        assertThat(memory("headgate.memory"))
                .isEqualTo((double) limiter.stats().memoryBytes())
                .isGreaterThan(empty)
                .isLessThan(most);
        assertThat(memory("headgate.memory.max")).isEqualTo(most);
    }

    private double memory(String name) {
        return registry.get(name).tag("limiter", "login").gauge().value();
    }

    @Test
    void countsSweepsAndEvictions() {
        LocalLimiter<String> limiter = limiter().build();
        new LimiterMetrics(limiter).bindTo(registry);
        limiter.decide("a");
        ticker.advance(Duration.ofHours(1));
        limiter.sweep();
        assertThat(counter("headgate.evictions")).isEqualTo(1);
        FunctionTimer sweep = registry.get("headgate.sweep").functionTimer();
        assertThat(sweep.count()).isEqualTo(1);
        assertThat(sweep.totalTime(sweep.baseTimeUnit())).isPositive();
    }

    @Test
    void tellsDryRunsAndFailures() {
        LocalLimiter<String> limiter = limiter().build();
        new LimiterMetrics(limiter).dryRun().failures(() -> 7).bindTo(registry);
        for (int i = 0; i < 3; i++) {
            limiter.decide("a");
        }
        assertThat(decisions("short", "dry_run_denied")).isEqualTo(1);
        assertThat(decisions("all", "failed")).isEqualTo(7);
        assertThat(registry.find("headgate.decisions").tag("outcome", "denied").meters())
                .isEmpty();
    }

    @Test
    void noClientIsInATag() {
        LocalLimiter<String> limiter = limiter().build();
        new LimiterMetrics(limiter).bindTo(registry);
        limiter.decide("203.0.113.9");
        assertThat(registry.getMeters().stream().map(Meter::getId).map(Meter.Id::toString))
                .noneMatch(id -> id.contains("203.0.113.9"));
    }
}
