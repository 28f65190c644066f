package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.http.RequestLimiter;
import io.headgate.plan.PlanCache;
import io.headgate.testing.FakeTicker;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** Anonymous requests by address, and users by their plan, wherever they are: {@code headgate.stage}. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PrincipalPlansTest {

    private Site site;

    @BeforeAll
    void start() {
        site = Site.of(
                Customers.class,
                "headgate.limits=3/day",
                "headgate.key=principal",
                "headgate.stage=authenticated",
                "headgate.plans.gold=9/day",
                "headgate.plans.partners.limits=5/day",
                "headgate.plans.partners.ranges=127.0.7.0/24",
                "headgate.exempt=127.0.9.0/24",
                "management.endpoints.web.exposure.include=headgate,health");
    }

    @AfterAll
    void stop() {
        site.close();
    }

    private List<Integer> statuses(String from, int times, String... fields) throws IOException {
        return site.statuses(from, "/hello", times, fields);
    }

    private static String user(String name) {
        return Login.basic(name, name);
    }

    private static List<Integer> first(int allowed, int all) {
        List<Integer> statuses = new ArrayList<>();
        for (int i = 0; i < all; i++) {
            statuses.add(i < allowed ? 200 : 429);
        }
        return statuses;
    }

    @Test
    void aUserHasItsPlanAndNobodyTheAddresssLimits() throws IOException {
        assertThat(statuses("127.0.6.1", 3, user("ann"))).containsOnly(200);
        // The first was ann's under the general limits, and told that the plan is gold.
        assertThat(statuses("127.0.6.1", 7, user("ann"))).containsOnly(200);
        assertThat(statuses("127.0.6.2", 1, user("ann"))).containsExactly(429);
        assertThat(statuses("127.0.6.1", 4)).isEqualTo(first(3, 4));
        // bob has no plan: the general limits, but his own.
        assertThat(statuses("127.0.6.3", 4, user("bob"))).isEqualTo(first(3, 4));
        assertThat(statuses("127.0.6.4", 4)).isEqualTo(first(3, 4));
    }

    @Test
    void aPlanByAddressIsForThoseWhoAreNobody() throws IOException {
        assertThat(statuses("127.0.7.1", 6)).isEqualTo(first(5, 6));
        assertThat(statuses("127.0.7.2", 4, user("cid"))).isEqualTo(first(3, 4));
    }

    /** They have a bucket of the client's own, in the first filter, and none of a user's. */
    @Test
    void aProbeThatLogsInIsNotUnderTheUsersLimits() throws IOException {
        for (int i = 0; i < 6; i++) {
            Reply probe = site.get("127.0.6.5", "/actuator/health", user("dan"));
            assertThat(probe.status()).isEqualTo(200);
            assertThat(probe.field("RateLimit-Policy")).isEqualTo("\"health\";q=20;w=2");
        }
        assertThat(statuses("127.0.6.5", 4, user("dan"))).isEqualTo(first(3, 4));
    }

    @Test
    void eachFilterHasItsLimiters() throws IOException {
        ApplicationLimiters limiters = site.context().getBean(ApplicationLimiters.class);
        assertThat(limiters.requestLimiters())
                .extracting(limits -> limits.limiters().stream()
                        .map(use -> use.limiter().name())
                        .toList())
                .containsExactly(
                        List.of("default", "partners", "health"),
                        List.of("default by principal", "gold", "partners-keys"));
        assertThat(limiters.requestLimiters())
                .extracting(RequestLimiter::planCache)
                .extracting(Optional::isPresent)
                .containsExactly(false, true);
        assertThat(site.get("127.0.9.1", "/actuator/headgate").body()).contains("\"warnings\":{}");
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import({Shop.Pages.class, AuthenticatedTest.Users.class})
    static class Customers {

        /** Asks in the thread of the request, so that a plan is known once it is asked for. */
        @Bean
        PlanCache<String> plans(FakeTicker ticker) {
            Map<String, String> database = Map.of("ann", "gold");
            return PlanCache.<String>builder(user -> CompletableFuture.completedFuture(database.get(user)))
                    .executor(Runnable::run)
                    .ticker(ticker)
                    .build();
        }
    }
}
