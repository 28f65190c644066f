package io.headgate.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.plan.PlanCache;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.LogRecords;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PlanCacheMetricsTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final FakeTicker ticker = new FakeTicker();

    private static CompletionStage<@Nullable String> load(String key) {
        return switch (key) {
            case "gold-key" -> CompletableFuture.completedFuture("gold");
            case "broken" -> CompletableFuture.failedFuture(new IllegalStateException("on purpose"));
            case "slow" -> new CompletableFuture<>();
            default -> CompletableFuture.completedFuture(null);
        };
    }

    private double lookups(String outcome) {
        return registry.get("headgate.plans.cache.lookups")
                .tag("outcome", outcome)
                .functionCounter()
                .count();
    }

    private double loads(String outcome) {
        return registry.get("headgate.plans.cache.loads")
                .tag("outcome", outcome)
                .functionCounter()
                .count();
    }

    private double keys(String state) {
        return registry.get("headgate.plans.cache.keys")
                .tag("state", state)
                .gauge()
                .value();
    }

    private double loading() {
        return registry.get("headgate.plans.cache.loading").gauge().value();
    }

    @Test
    void everyOutcomeIsCounted() {
        try (LogRecords log = new LogRecords(PlanCache.class);
                PlanCache<String> plans = PlanCache.builder(PlanCacheMetricsTest::load)
                        .executor(Runnable::run)
                        .maxLoads(1)
                        .ticker(ticker)
                        .build()) {
            new PlanCacheMetrics(plans).bindTo(registry);
            assertThat(plans.apply("gold-key")).isNull();
            assertThat(plans.apply("gold-key")).isEqualTo("gold");
            assertThat(plans.apply("gold-key")).isEqualTo("gold");
            assertThat(plans.apply("unknown")).isNull();
            assertThat(plans.apply("broken")).isNull();
            assertThat(lookups("hit")).isEqualTo(2);
            assertThat(lookups("miss")).isEqualTo(3);
            assertThat(loads("success")).isEqualTo(1);
            assertThat(loads("absent")).isEqualTo(1);
            assertThat(loads("failure")).isEqualTo(1);
            assertThat(keys("known")).isEqualTo(1);
            assertThat(keys("remembered")).isEqualTo(2);
            assertThat(loading()).isZero();
            plans.request("slow");
            plans.request("another");
            assertThat(loading()).isEqualTo(1);
            assertThat(loads("rejected")).isEqualTo(1);
            assertThat(loads("timeout")).isZero();
            ticker.advance(Duration.ofSeconds(5));
            assertThat(loads("timeout")).isEqualTo(1);
            assertThat(loading()).isZero();
            assertThat(loads("success") + loads("absent") + loads("failure")).isEqualTo(3);
            assertThat(log.warnings()).hasSize(2);
        }
    }

    @Test
    void twoCachesAreToldApartByTags() {
        try (PlanCache<String> one = PlanCache.builder(PlanCacheMetricsTest::load)
                        .executor(Runnable::run)
                        .build();
                PlanCache<String> other = PlanCache.builder(PlanCacheMetricsTest::load)
                        .executor(Runnable::run)
                        .build()) {
            new PlanCacheMetrics(one, Tags.of("filter", "one")).bindTo(registry);
            new PlanCacheMetrics(other, Tags.of("filter", "other")).bindTo(registry);
            one.request("gold-key");
            assertThat(registry.get("headgate.plans.cache.loads")
                            .tags("filter", "one", "outcome", "success")
                            .functionCounter()
                            .count())
                    .isEqualTo(1);
            assertThat(registry.get("headgate.plans.cache.loads")
                            .tags("filter", "other", "outcome", "success")
                            .functionCounter()
                            .count())
                    .isZero();
            assertThat(registry.getMeters()).hasSize(20);
        }
    }
}
