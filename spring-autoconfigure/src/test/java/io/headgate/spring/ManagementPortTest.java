package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class ManagementPortTest {

    @Test
    void aSeparatePortIsNotLimitedAndItsPathsAreOrdinaryOnTheMainOne() throws IOException {
        try (Site site = Site.of(
                Shop.class,
                "headgate.limits=2/day",
                "spring.mvc.servlet.path=/shop",
                "management.server.port=0",
                "management.endpoints.web.exposure.include=health,headgate",
                "management.endpoint.health.probes.enabled=true",
                "management.endpoint.health.probes.add-additional-paths=true")) {
            for (int i = 0; i < 30; i++) {
                assertThat(site.manage("127.0.0.2", "/actuator/health").status())
                        .isEqualTo(200);
            }
            assertThat(site.manage("127.0.0.2", "/actuator/headgate").status()).isEqualTo(200);
            Reply live = site.get("127.0.0.2", "/shop/livez");
            assertThat(live.status()).isEqualTo(200);
            assertThat(live.field("RateLimit")).startsWith("\"health\"");
            assertThat(site.get("127.0.0.2", "/shop/actuator/health").field("RateLimit"))
                    .startsWith("\"2-per-86400s\";r=1");
        }
    }

    @Test
    void theEndpointOnlyReadsUnlessAccessIsUnrestricted() throws IOException {
        try (Site site = Site.of(
                Shop.class,
                "headgate.limits=100/day",
                "headgate.health=exempt",
                "headgate.show-addresses=true",
                "management.endpoints.web.base-path=/Manage",
                "management.endpoints.web.exposure.include=health,headgate")) {
            assertThat(site.get("127.0.0.2", "/Manage/health").field("RateLimit"))
                    .isEmpty();
            assertThat(site.send("127.0.0.2", "DELETE", "/Manage/headgate/127.0.0.2")
                            .status())
                    .isEqualTo(405);
            for (int i = 0; i < 101; i++) {
                site.get("127.0.0.3", "/hello");
            }
            assertThat(site.get("127.0.0.2", "/Manage/headgate").body())
                    .contains("{\"client\":\"127.0.0.3\",\"denied\":1,\"error\":0}");
        }
    }
}
