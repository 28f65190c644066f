package io.headgate.containers;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.LimiterStats;
import io.headgate.servlet.RateLimitFilter;
import jakarta.servlet.DispatcherType;
import java.util.EnumSet;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code overflow evict}: newcomers always have a bucket of their own, and others are forgotten for it. */
interface EvictContract extends OnContainer {

    @Test
    default void newcomersHaveBucketsOfTheirOwn() throws Exception {
        Map<String, String> params = Map.of(
                "limits", "2/day", "overflow", "evict", "maxClients", "10", "sweepInterval", "0", "name", "evicting");
        RateLimitFilter filter = new RateLimitFilter();
        App app = new App()
                .filter("limits", filter, params, EnumSet.of(DispatcherType.REQUEST), "/*")
                .answer("/", "hello");
        try (Site site = open(app)) {
            for (int i = 1; i <= 30; i++) {
                assertThat(site.send("127.0.1." + i, "GET", "/").field("RateLimit"))
                        .startsWith("\"2-per-86400s\";r=1");
            }
            LimiterStats stats = filter.limits().limiters().get(0).limiter().stats();
            assertThat(stats.size()).isEqualTo(10);
            assertThat(stats.evicted()).isEqualTo(20);
            assertThat(stats.overflowed()).isZero();
        }
    }
}
