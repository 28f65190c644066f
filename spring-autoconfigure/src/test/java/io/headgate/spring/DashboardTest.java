package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.plan.PlanSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.json.JsonParserFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Every query of the dashboard names series and labels that a scrape of a real application has. */
class DashboardTest {

    private static final Path DASHBOARD = Path.of("..", "docs", "grafana-dashboard.json");
    private static final Pattern SERIES = Pattern.compile("headgate_[a-z_]+");
    private static final Pattern LABELS = Pattern.compile("by \\(([a-z, ]+)\\)|([a-z]+)(?:=~?|!=)\"");

    @Configuration(proxyBeanMethods = false)
    static class Application extends Shop {
        @Bean
        PlanSource<String> customers() {
            return key -> CompletableFuture.completedFuture("gold");
        }
    }

    @Test
    void queriesWhatIsThere(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("partners"), "198.51.100.0/24");
        String scrape;
        try (Site site = Site.of(
                Application.class,
                "headgate.limits=1/day",
                "headgate.key=header X-Key",
                "headgate.plans.partners.limits=2/day",
                "headgate.plans.partners.ranges-file=" + file,
                "management.endpoints.web.exposure.include=prometheus")) {
            site.get("127.0.0.2", "/hello");
            scrape = site.get("127.0.0.3", "/actuator/prometheus").body();
        }
        List<String> queries = queries(JsonParserFactory.getJsonParser().parseMap(Files.readString(DASHBOARD)));
        assertThat(queries).hasSizeGreaterThan(8);
        Set<String> queried = new TreeSet<>();
        for (String query : queries) {
            for (Matcher series = SERIES.matcher(query); series.find(); ) {
                queried.add(series.group());
                assertThat(scrape).contains("\n" + series.group() + "{");
            }
            for (Matcher labels = LABELS.matcher(query); labels.find(); ) {
                for (String label : (labels.group(1) == null ? labels.group(2) : labels.group(1)).split(", ", -1)) {
                    // The instance is the scraper's own label.
                    assertThat(label.equals("instance") || scrape.contains(label + "=\""))
                            .as(label)
                            .isTrue();
                }
            }
        }
        assertThat(queried)
                .containsExactly(
                        "headgate_clients",
                        "headgate_clients_max",
                        "headgate_decisions_total",
                        "headgate_evictions_total",
                        "headgate_memory_bytes",
                        "headgate_memory_max_bytes",
                        "headgate_near_limit_total",
                        "headgate_overflows_total",
                        "headgate_plans_cache_keys",
                        "headgate_plans_cache_loads_total",
                        "headgate_plans_cache_lookups_total",
                        "headgate_plans_file_age_seconds",
                        "headgate_plans_file_healthy",
                        "headgate_sweep_seconds_sum");
        for (String outcome : List.of("allowed", "denied", "failed")) {
            assertThat(scrape).contains("outcome=\"" + outcome + "\"");
        }
    }

    private static List<String> queries(Map<String, Object> dashboard) {
        List<String> queries = new ArrayList<>();
        collect(dashboard, queries);
        return queries;
    }

    private static void collect(Object json, List<String> queries) {
        if (json instanceof Map<?, ?> map) {
            if (map.get("expr") instanceof String query) {
                queries.add(query);
            }
            map.values().forEach(value -> collect(value, queries));
        } else if (json instanceof List<?> list) {
            list.forEach(value -> collect(value, queries));
        }
    }
}
