package io.headgate.containers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.Limit;
import io.headgate.http.Rule;
import io.headgate.http.Warning;
import io.headgate.servlet.RateLimitFilter;
import io.headgate.testing.SweeperThreads;
import jakarta.servlet.DispatcherType;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A filter that init-params configure, from its start to its end. */
interface ConfigurationContract extends OnContainer {

    private static App app(RateLimitFilter filter, Map<String, String> params) {
        return new App()
                .filter("limits", filter, params, EnumSet.of(DispatcherType.REQUEST), "/*")
                .servlet(
                        "/login",
                        (request, response) -> response.setStatus(request.getHeader("Ok") == null ? 401 : 200))
                .answer("/", "hello");
    }

    @Test
    default void initParamsAreEnough() throws Exception {
        Map<String, String> params = Map.of(
                "limits", "2/day, 100/day burst 50",
                "rules", "\n  login: POST /login/* 1/day charge-on 401 alone\n\n  GET /static/* unlimited\n",
                "trustedProxies", "127.0.0.2, 10.0.0.0/8",
                "exempt", "127.0.0.3",
                "maxClients", "1000",
                "name", "front");
        RateLimitFilter filter = new RateLimitFilter();
        SweeperThreads sweepers = new SweeperThreads();
        List<Thread> begun;
        try (Site site = open(app(filter, params))) {
            Reply reply = site.send("127.0.0.2", "GET", "/", "X-Forwarded-For: 6.6.6.6, 198.51.100.7");
            assertThat(reply.status()).isEqualTo(200);
            assertThat(reply.field("RateLimit-Policy"))
                    .isEqualTo("\"2-per-86400s\";q=2;w=86400, \"100-per-86400s\";q=50;w=43200");
            assertThat(site.get("/").status()).isEqualTo(200);
            assertThat(site.get("/").status()).isEqualTo(200);
            assertThat(site.get("/", "X-Forwarded-For: 198.51.100.9").status()).isEqualTo(429);
            assertThat(site.send("127.0.0.3", "GET", "/").field("RateLimit")).isEmpty();
            assertThat(site.get("/static/x.css").status()).isEqualTo(200);
            String empty = "Content-Length: 0";
            assertThat(site.send("127.0.0.1", "POST", "/login", empty, "Ok: 1").status())
                    .isEqualTo(200);
            assertThat(site.send("127.0.0.1", "POST", "/login", empty).status()).isEqualTo(401);
            assertThat(site.send("127.0.0.1", "POST", "/login", empty).status()).isEqualTo(429);
            assertThat(filter.stats().refunded()).isEqualTo(1);
            begun = sweepers.begun();
            assertThat(begun).hasSize(1);
        }
        assertThat(SweeperThreads.thatDoNotEnd(begun)).isEmpty();
    }

    /** Whatever /64 it comes from. */
    @Test
    default void theOwnerOfANetworkHasTheLimitOfItsTier() throws Exception {
        Map<String, String> params = Map.of(
                "limits", "2/day",
                "tiers", "\n  network: 8/day ipv4 24 ipv6 48\n\n  service: 12/day everybody\n",
                "trustedProxies", "127.0.0.1");
        RateLimitFilter filter = new RateLimitFilter();
        try (Site site = open(app(filter, params))) {
            assertThat(site.get("/", "X-Forwarded-For: 2001:db8:1:ffff::1").field("RateLimit-Policy"))
                    .isEqualTo("\"2-per-86400s\";q=2;w=86400, \"network\";q=8;w=86400, \"service\";q=12;w=86400");
            int passing = 0;
            for (int i = 0; i < 50; i++) {
                String client = "X-Forwarded-For: 2001:db8:1:" + Integer.toHexString(i) + "::1";
                passing += site.get("/", client).status() == 200 ? 1 : 0;
            }
            assertThat(passing).isEqualTo(7);
            assertThat(site.get("/", "X-Forwarded-For: 2001:db8:1:7::1").body())
                    .contains("\"violated-policies\":[\"network\"]");
            for (int i = 0; i < 4; i++) {
                assertThat(site.get("/", "X-Forwarded-For: 192.0.2." + i).status())
                        .isEqualTo(200);
            }
            assertThat(site.get("/", "X-Forwarded-For: 192.0.2.9").body())
                    .contains("\"violated-policies\":[\"service\"]");
        }
    }

    @Test
    default void aRuleForPathsThatDoNotReachTheFilterIsWarnedOf() throws Exception {
        Map<String, String> params = Map.of("limits", "2/day", "rules", "/login 1/day\n/api/x/* 1/day\n*.css 1/day");
        RateLimitFilter filter = new RateLimitFilter();
        App app = new App()
                .filter("all", new RateLimitFilter(), params, EnumSet.of(DispatcherType.REQUEST), "/*")
                .filter("limits", filter, params, EnumSet.of(DispatcherType.REQUEST), "/api/*", "/b")
                .answer("/", "hello");
        try (Site site = open(app)) {
            assertThat(site.get("/").status()).isEqualTo(200);
            assertThat(filter.limits().warningTexts().get(Warning.UNREACHABLE_RULE))
                    .isEqualTo(
                            "the rule \"/login\" can probably never match: the filter is mapped to /api/*, /b alone."
                                    + " Correct or remove it in rules; of two rules, the one that is for fewer requests comes first");
            filter.replace(RateLimitFilter.builder()
                    .limits(Limit.parse("2/day"))
                    .rule(Rule.parse("/x 1/day"), Rule.parse("/b 1/day")));
            assertThat(filter.limits().warningTexts().get(Warning.UNREACHABLE_RULE))
                    .contains("the rule \"/x\"")
                    .doesNotContain("the rule \"/b\"");
        }
    }

    @Test
    default void aMistakeInAParameterKeepsTheApplicationFromStarting() {
        for (Map<String, String> params : List.of(
                Map.of("limits", "2/fortnight"),
                Map.of("limits", "2/day", "limit", "2/day"),
                Map.of("limits", "2/day", "rules", "/api/** 1/day"),
                Map.of("limits", "2/day", "tiers", "network: 9/day ipv6 64"))) {
            assertThatThrownBy(() -> container().start(app(new RateLimitFilter(), params)))
                    .as("%s", params)
                    .isNotNull();
        }
    }
}
