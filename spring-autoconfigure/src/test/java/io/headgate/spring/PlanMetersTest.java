package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.Ticker;
import io.headgate.http.Plan;
import io.headgate.http.RequestKey;
import io.headgate.http.RequestLimiter;
import io.headgate.plan.AddressPlans;
import io.headgate.plan.PlanCache;
import io.headgate.servlet.RateLimitFilter;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.LogRecords;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.mock.web.MockHttpServletRequest;

/** The meters of files of ranges and of the plans of keys, as the starter binds them. */
class PlanMetersTest {

    private final WebApplicationContextRunner web = new WebApplicationContextRunner()
            .withBean(Ticker.class, FakeTicker::new)
            .withConfiguration(AutoConfigurations.of(HeadgateAutoConfiguration.class))
            .withPropertyValues("headgate.limits=9/day", "headgate.key=header X-Key", "headgate.plans.gold=5/day");

    @TempDir
    private Path folder;

    static class Customers {

        /** Asks in the calling thread. */
        @Bean
        PlanCache<String> plans(Ticker ticker) {
            return PlanCache.<String>builder(
                            key -> CompletableFuture.completedFuture(key.equals("gold-key") ? "gold" : null))
                    .executor(Runnable::run)
                    .ticker(ticker)
                    .build();
        }
    }

    private Path file(String name, String ranges) throws IOException {
        return Files.writeString(folder.resolve(name), ranges);
    }

    private static void bind(ApplicationContext context, MeterRegistry... registries) {
        for (MeterRegistry registry : registries) {
            context.getBean("headgateMetrics", MeterBinder.class).bindTo(registry);
        }
    }

    private static void request(ApplicationContext context, String key) {
        MockHttpServletRequest request = new MockHttpServletRequest("GET", "/hello");
        request.setServletPath("/hello");
        request.addHeader("X-Key", key);
        assertThat(Requests.status(context, request)).isEqualTo(200);
    }

    private static double loads(MeterRegistry registry, String outcome) {
        return registry.get("headgate.plans.cache.loads")
                .tags("filter", "headgate", "outcome", outcome)
                .functionCounter()
                .count();
    }

    private static double ranges(MeterRegistry registry, String plan, Path file) {
        return registry.get("headgate.plans.file.ranges")
                .tags("filter", "headgate", "plan", plan, "file", file.toString())
                .gauge()
                .value();
    }

    private static Set<String> files(MeterRegistry registry) {
        return registry.getMeters().stream()
                .map(Meter::getId)
                .filter(id -> id.getName().startsWith("headgate.plans.file."))
                .map(id -> id.getTag("plan") + " "
                        + Path.of(String.valueOf(id.getTag("file"))).getFileName())
                .collect(Collectors.toSet());
    }

    @Test
    void filesAndKeysAreMeasured() throws IOException {
        Path partners = file("partners.txt", "198.51.100.0/24\n2001:db8::/32\n");
        web.withUserConfiguration(Customers.class)
                .withPropertyValues(
                        "headgate.plans.partners.limits=5/day", "headgate.plans.partners.ranges-file=" + partners)
                .run(context -> {
                    SimpleMeterRegistry registry = new SimpleMeterRegistry();
                    bind(context, registry);
                    assertThat(ranges(registry, "partners", partners)).isEqualTo(2);
                    assertThat(registry.get("headgate.plans.file.healthy")
                                    .gauge()
                                    .value())
                            .isEqualTo(1);
                    assertThat(registry.get("headgate.plans.ranges").gauge().value())
                            .isEqualTo(2);
                    for (String key : List.of("gold-key", "gold-key", "invented")) {
                        request(context, key);
                    }
                    assertThat(loads(registry, "success")).isEqualTo(1);
                    assertThat(loads(registry, "absent")).isEqualTo(1);
                    assertThat(registry.get("headgate.plans.cache.lookups")
                                    .tag("outcome", "hit")
                                    .functionCounter()
                                    .count())
                            .isEqualTo(1);
                    assertThat(registry.getMeters())
                            .extracting(meter -> String.valueOf(meter.getId()))
                            .noneMatch(id -> id.contains("gold-key"));
                });
    }

    /** In the list of warnings, which health shows as a detail, and as a gauge; the file's own gauge says whether it lasts. */
    @Test
    void aFaultOfAFileIsWarnedOf() throws IOException {
        Path partners = file("partners.txt", "198.51.100.0/24");
        try (LogRecords files = new LogRecords(AddressPlans.class);
                LogRecords log = new LogRecords(RequestLimiter.class);
                Site site = Site.of(
                        Shop.class,
                        "headgate.limits=9/day",
                        "headgate.plans.partners.limits=5/day",
                        "headgate.plans.partners.ranges-file=" + partners,
                        "management.endpoint.health.show-details=always")) {
            MeterRegistry registry = site.context().getBean(MeterRegistry.class);
            AddressPlans plans = site.context()
                    .getBean(RateLimitFilter.class)
                    .limits()
                    .addressPlans()
                    .orElseThrow();
            assertThat(warned(registry)).isZero();
            assertThat(site.get("127.0.0.1", "/actuator/health").body()).contains("\"warnings\":{}");
            file("partners.txt", "198.51.100.0/24\nnowhere\n");
            plans.poll();
            plans.poll();
            assertThat(warned(registry)).isEqualTo(1);
            assertThat(registry.get("headgate.plans.file.healthy").gauge().value())
                    .isZero();
            assertThat(site.get("127.0.0.1", "/actuator/health").body())
                    .contains("\"status\":\"UP\"", "\"HG-017\":\"the file " + partners + " of the plan", "line 2: ")
                    .contains("name another one in headgate.plans\"");
            assertThat(log.warnings()).singleElement().asString().contains("HG-017: the file ");
            file("partners.txt", "198.51.100.0/24");
            plans.poll();
            assertThat(warned(registry)).isEqualTo(1);
            assertThat(registry.get("headgate.plans.file.healthy").gauge().value())
                    .isEqualTo(1);
            assertThat(files.warnings()).hasSize(1);
        }
    }

    private static double warned(MeterRegistry registry) {
        return registry.get("headgate.warnings").tag("code", "HG-017").gauge().value();
    }

    @Test
    void whereThereAreNoPlansThereAreNoMetersOfThem() {
        new WebApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(HeadgateAutoConfiguration.class))
                .withPropertyValues("headgate.limits=9/day")
                .run(context -> {
                    SimpleMeterRegistry registry = new SimpleMeterRegistry();
                    bind(context, registry);
                    assertThat(registry.getMeters())
                            .extracting(meter -> meter.getId().getName())
                            .contains("headgate.decisions")
                            .noneMatch(name -> name.startsWith("headgate.plans"));
                });
    }

    @Test
    void metersFollowThePlansOfAConfigurationThatIsReplaced() throws IOException {
        Path kept = file("kept.txt", "198.51.100.0/24");
        Path gone = file("gone.txt", "203.0.113.0/24");
        Path added = file("added.txt", "192.0.2.0/25\n192.0.2.128/25");
        web.withUserConfiguration(Customers.class)
                .withPropertyValues(
                        "headgate.plans.kept.limits=5/day",
                        "headgate.plans.kept.ranges-file=" + kept,
                        "headgate.plans.gone.limits=5/day",
                        "headgate.plans.gone.ranges-file=" + gone)
                .run(context -> {
                    SimpleMeterRegistry registry = new SimpleMeterRegistry();
                    SimpleMeterRegistry other = new SimpleMeterRegistry();
                    bind(context, registry, other);
                    assertThat(files(registry)).containsExactlyInAnyOrder("kept kept.txt", "gone gone.txt");
                    request(context, "gold-key");
                    Meter ofKeys = registry.get("headgate.plans.cache.loads")
                            .tag("outcome", "success")
                            .meter();
                    file("kept.txt", "198.51.100.0/25\n198.51.100.128/25\n2001:db8::/32");
                    RateLimitFilter filter = context.getBean(RateLimitFilter.class);
                    RateLimitFilter.Builder next = RateLimitFilter.builder()
                            .ticker(context.getBean(Ticker.class))
                            .limits(Limit.perDay(9))
                            .key(RequestKey.parse("header X-Key"))
                            .plan(Plan.parse("gold: 5/day"))
                            .plan(Plan.parse("kept: 5/day ranges-file " + kept))
                            .plan(Plan.parse("added: 5/day ranges-file " + added));
                    @SuppressWarnings("unchecked") // as the bean is declared
                    PlanCache<String> cache = context.getBean(PlanCache.class);
                    next.planCache(cache);
                    filter.replace(next);
                    for (MeterRegistry each : List.of(registry, other)) {
                        assertThat(files(each)).containsExactlyInAnyOrder("kept kept.txt", "added added.txt");
                        assertThat(ranges(each, "kept", kept)).isEqualTo(3);
                        assertThat(ranges(each, "added", added)).isEqualTo(2);
                        assertThat(loads(each, "success")).isEqualTo(1);
                    }
                    assertThat(registry.getMeters()).contains(ofKeys);
                    filter.replace(RateLimitFilter.builder()
                            .ticker(context.getBean(Ticker.class))
                            .limits(Limit.perDay(9)));
                    for (MeterRegistry each : List.of(registry, other)) {
                        assertThat(each.getMeters())
                                .extracting(meter -> meter.getId().getName())
                                .contains("headgate.decisions")
                                .noneMatch(name -> name.startsWith("headgate.plans"));
                    }
                });
    }
}
