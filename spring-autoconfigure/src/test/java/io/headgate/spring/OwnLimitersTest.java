package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LimiterRegistry;
import io.headgate.LimiterStats;
import io.headgate.LocalLimiter;
import io.headgate.net.ClientAddress;
import io.headgate.testing.BrokenLimiter;
import io.headgate.testing.OwnLimiter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.mockito.Mockito;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** What the actuator shows of limiters that are the application's own, of warnings and of the configuration. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OwnLimitersTest {

    private Site site;

    @BeforeAll
    void start() {
        site = Site.of(
                Application.class,
                "headgate.limits=1/day",
                "headgate.trusted-proxies=127.0.0.200, 10.1.2.3/8",
                "headgate.exempt=127.0.9.0/24",
                "server.forward-headers-strategy=none",
                "management.endpoints.web.exposure.include=health,headgate,metrics,configprops",
                "management.endpoint.health.show-details=always",
                "management.endpoint.configprops.show-values=always",
                "management.endpoint.headgate.access=unrestricted");
    }

    @AfterAll
    void stop() {
        site.close();
    }

    private String body(String path) throws IOException {
        Reply reply = site.get("127.0.9.1", path);
        assertThat(reply.status()).isEqualTo(200);
        return reply.body();
    }

    @Test
    void everyLimiterIsInTheEndpointAndWhatIsUnknownIsLeftOut() throws IOException {
        assertThat(body("/actuator/headgate"))
                .contains("\"default\":{\"limits\":{\"1-per-86400s\":")
                .contains("\"mails\":{\"limits\":{\"5-per-60s\":")
                .contains("\"bare\":{\"limits\":{},\"dryRun\":false}")
                .contains("\"mock\":{\"limits\":{},\"dryRun\":false}")
                .contains("\"away\":{\"failure\":\"java.lang.IllegalStateException\"}")
                .contains("\"counting\":{\"limits\":{},\"dryRun\":false,\"allowed\":7,\"denied\":3,")
                .doesNotContain("-1");
    }

    @Test
    void oneClientUnderEveryLimiterOfClients() throws IOException {
        Limiter<ClientAddress> mails = site.context()
                .getBean(LimiterRegistry.class)
                .get("mails", ClientAddress.class)
                .orElseThrow();
        mails.decide(ClientAddress.parse("192.0.2.1"), 5);
        assertThat(body("/actuator/headgate/192.0.2.1"))
                .contains("\"default\":{\"allowed\":true")
                .contains("\"mails\":{\"allowed\":false")
                .contains("\"away\":{\"failure\":")
                .doesNotContain("\"bare\"");
        // One that cannot be reset makes it a failure, after all others were.
        assertThat(site.send("127.0.9.1", "DELETE", "/actuator/headgate/192.0.2.1")
                        .status())
                .isEqualTo(500);
        assertThat(body("/actuator/headgate/192.0.2.1")).contains("\"mails\":{\"allowed\":true");
    }

    @Test
    void everyLimiterThatCountsHasMeters() {
        MeterRegistry registry = site.context().getBean(MeterRegistry.class);
        Set<String> limiters = registry.getMeters().stream()
                .map(Meter::getId)
                .filter(id -> id.getName().equals("headgate.decisions"))
                .map(id -> String.valueOf(id.getTag("limiter")))
                .collect(Collectors.toSet());
        assertThat(registry.get("headgate.failures").functionCounter().count()).isZero();
        assertThat(limiters).containsExactlyInAnyOrder("default", "health", "mails", "counting");
        assertThat(registry.get("headgate.decisions")
                        .tags("limiter", "counting", "outcome", "allowed")
                        .functionCounter()
                        .count())
                .isEqualTo(7);
    }

    @Test
    void warningsAreAGaugeADetailOfHealthAndInTheEndpoint() throws IOException {
        MeterRegistry registry = site.context().getBean(MeterRegistry.class);
        assertThat(registry.get("headgate.warnings")
                        .tag("code", "HG-007")
                        .gauge()
                        .value())
                .isEqualTo(1);
        assertThat(registry.get("headgate.warnings")
                        .tag("code", "HG-106")
                        .gauge()
                        .value())
                .isZero();
        assertThat(body("/actuator/headgate")).contains("\"warnings\":{\"HG-007\":\"headgate.trusted-proxies has");
        assertThat(body("/actuator/health"))
                .contains("\"warnings\":{\"HG-007\":\"headgate.trusted-proxies has")
                .contains("\"status\":\"UP\"");
    }

    @Test
    void clientsOfOneNetworkAreOneOfThoseDenied() throws IOException {
        for (String client : List.of("127.0.78.1", "127.0.78.2", "127.0.78.3")) {
            for (int i = 0; i < 3; i++) {
                site.get(client, "/hello");
            }
        }
        assertThat(body("/actuator/headgate"))
                .containsOnlyOnce("127.0.78.")
                .contains("{\"client\":\"127.0.78.0/24\",\"denied\":6,\"error\":0}");
    }

    @Test
    void theConfigurationIsShownAsItWasWritten() throws IOException {
        assertThat(body("/actuator/configprops/headgate"))
                .contains("\"trustedProxies\":[\"127.0.0.200\",\"10.1.2.3/8\"]")
                .contains("\"exempt\":[\"127.0.9.0/24\"]")
                .doesNotContain("{}]");
    }

    @Configuration(proxyBeanMethods = false)
    @Import(Shop.class)
    static class Application {

        /** By address, for something else. */
        @Bean
        LocalLimiter<ClientAddress> mails() {
            return Limiter.forAddresses(Limit.perMinute(5)).build();
        }

        /** As the interface was before it could tell anything. */
        @Bean
        Limiter<String> bare() {
            return own();
        }

        private static Limiter<String> own() {
            return new OwnLimiter<>(Limiter.<String>builder(Limit.perDay(1)).build());
        }

        /** One that is somewhere else, and cannot be asked. */
        @Bean
        Limiter<ClientAddress> away() {
            return new BrokenLimiter<>() {
                @Override
                public String name() {
                    throw new IllegalStateException("on purpose");
                }

                @Override
                public LimiterStats stats() {
                    throw new IllegalStateException("on purpose");
                }
            };
        }

        @Bean
        @SuppressWarnings("unchecked")
        Limiter<String> mock() {
            return Mockito.mock(Limiter.class);
        }

        @Bean
        Limiter<String> counting() {
            return new OwnLimiter<>(own()) {
                @Override
                public LimiterStats stats() {
                    return LimiterStats.builder().allowed(7).denied(3).build();
                }
            };
        }
    }
}
