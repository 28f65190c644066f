package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/** Limits of networks and of everybody, in properties, over an application behind a proxy: one story of several chapters. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TiersTest {

    private static final String OPERATOR = "127.0.9.1";
    private static final String PROXY = "127.0.1.1";

    private Site site;

    @BeforeAll
    void start() {
        site = Site.of(
                Shop.class,
                "headgate.limits=3/minute",
                "headgate.tiers.network.limits=10/minute",
                "headgate.tiers.network.ipv4-prefix=24",
                "headgate.tiers.network.ipv6-prefix=48",
                "headgate.tiers.network.max-clients=1000",
                "headgate.tiers.service.limits=25/minute",
                "headgate.tiers.service.everybody=true",
                "headgate.plans.partners.limits=9/minute",
                "headgate.plans.partners.ranges=198.51.100.0/24",
                "headgate.rules[0].path=/orders",
                "headgate.rules[0].limits=1/minute",
                "headgate.rules[0].key=principal",
                "headgate.rules[0].stage=authenticated",
                "headgate.trusted-proxies=127.0.0.0/8",
                "headgate.exempt=127.0.9.0/24",
                "management.endpoints.web.exposure.include=headgate",
                "management.endpoint.headgate.access=unrestricted");
    }

    @AfterAll
    void stop() {
        site.close();
    }

    private List<Integer> statuses(int times, IntFunction<String> client) throws IOException {
        List<Integer> statuses = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            statuses.add(site.get(PROXY, "/hello", "X-Forwarded-For: " + client.apply(i))
                    .status());
        }
        return statuses;
    }

    private static long passing(List<Integer> statuses) {
        assertThat(statuses).containsAnyOf(200, 429);
        return statuses.stream().filter(status -> status == 200).count();
    }

    @Test
    @Order(1)
    void theOwnerOfANetworkWhoRotatesHasTheTiersLimit() throws IOException {
        Reply first = site.get(PROXY, "/hello", "X-Forwarded-For: 2001:db8:1:ffff::1");
        assertThat(first.field("RateLimit-Policy"))
                .isEqualTo("\"3-per-60s\";q=3;w=60, \"network\";q=10;w=60, \"service\";q=25;w=60");
        assertThat(passing(statuses(40, i -> "2001:db8:1:" + Integer.toHexString(i) + "::1")))
                .isEqualTo(9);
        assertThat(site.get(PROXY, "/hello", "X-Forwarded-For: 2001:db8:1:20::1")
                        .body())
                .contains("\"violated-policies\":[\"network\"]");
    }

    @Test
    @Order(2)
    void metersEndpointAndQuestionShowTiers() throws IOException {
        assertThat(site.context()
                        .getBean(MeterRegistry.class)
                        .get("headgate.decisions")
                        .tags("limiter", "network", "outcome", "denied", "limit", "network")
                        .functionCounter()
                        .count())
                .isEqualTo(32);
        assertThat(site.context().getBean(ApplicationLimiters.class).all())
                .extracting(ApplicationLimiters.Shown::name)
                .containsExactly("default", "network", "service", "partners", "health", "/orders");
        assertThat(site.get(OPERATOR, "/actuator/headgate").body())
                .contains("\"network\":{\"limits\":{\"network\":{\"permits\":10,\"periodSeconds\":60.0,\"capacity\":10")
                .contains("\"service\":{\"limits\":{\"service\":{\"permits\":25")
                .contains("\"warnings\":{}");
        assertThat(site.post(
                                OPERATOR,
                                "/actuator/headgate",
                                "application/json",
                                "{\"path\": \"/hello\", \"address\": \"2001:db8:1:99::1\"}")
                        .body())
                .contains("\"passes\":false")
                .contains("\"limiter\":\"default+network+service\"")
                .contains("\"deniedBy\":\"network\"");
    }

    /** A network is not one client's to reset. */
    @Test
    @Order(3)
    void aResetOfAClientLeavesItsNetworkAsItIs() throws IOException {
        assertThat(site.get(OPERATOR, "/actuator/headgate/2001:db8:1:0::1").body())
                .contains("\"default\":{\"allowed\":true")
                .contains("\"network\":{\"allowed\":false");
        assertThat(site.send(OPERATOR, "DELETE", "/actuator/headgate/2001:db8:1:0::1")
                        .body())
                .contains("\"network\":{\"allowed\":false");
        assertThat(statuses(1, i -> "2001:db8:1:0::1")).containsExactly(429);
    }

    @Test
    @Order(4)
    void aPlanIsUnderTheTierOfEverybodyAlone() throws IOException {
        assertThat(passing(statuses(9, i -> "198.51.100.1"))).isEqualTo(9);
        assertThat(passing(statuses(9, i -> "198.51.100.2"))).isEqualTo(6); // 25 in all
        assertThat(passing(statuses(3, i -> "192.0.2." + i))).isZero();
        assertThat(site.get(PROXY, "/hello", "X-Forwarded-For: 192.0.2.9").body())
                .contains("\"violated-policies\":[\"service\"]");
    }
}
