package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.LimiterRegistry;
import io.headgate.LimiterStats;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** An application whose limiters evict by use, with Caffeine on its class path. */
class EvictTest {

    @Test
    void newcomersHaveBucketsOfTheirOwn() throws IOException {
        try (Site site = Site.of(
                Shop.class,
                "headgate.limits=2/day",
                "headgate.overflow=evict",
                "headgate.max-clients=10",
                "headgate.sweep-interval=0",
                "headgate.exempt=127.0.9.1",
                "management.endpoints.web.exposure.include=headgate")) {
            for (int i = 1; i <= 30; i++) {
                assertThat(site.get("127.0.1." + i, "/hello").field("RateLimit"))
                        .startsWith("\"2-per-86400s\";r=1");
            }
            LimiterStats stats = site.context()
                    .getBean(LimiterRegistry.class)
                    .get("default")
                    .orElseThrow()
                    .stats();
            assertThat(stats.size()).isEqualTo(10);
            assertThat(stats.evicted()).isEqualTo(20);
            assertThat(stats.overflowed()).isZero();
            assertThat(site.get("127.0.9.1", "/actuator/headgate").body())
                    .contains("\"clients\":10,\"maxClients\":10,", "\"evicted\":20,");
        }
    }
}
