package io.headgate.servlet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.headgate.Decision;
import io.headgate.Limit;
import io.headgate.LimitStatus;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.http.InvalidOptionException;
import io.headgate.http.LimiterUse;
import io.headgate.http.Option;
import io.headgate.http.RequestLimiter;
import io.headgate.net.ClientAddress;
import io.headgate.plan.PlanSource;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.LogRecords;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every init-param: that it arrives, and what its mistakes are answered with. */
class InitParametersTest {

    private final RateLimitFilter filter = new RateLimitFilter(new FakeTicker());

    @AfterEach
    void close() {
        filter.destroy();
    }

    private RequestLimiter read(String... namesAndValues) throws ServletException {
        Map<String, String> params = new HashMap<>(Map.of("limits", "2/day", "sweepInterval", "0"));
        for (int i = 0; i < namesAndValues.length; i += 2) {
            params.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        filter.init(FakeConfig.of("limits", params));
        return filter.limits();
    }

    private FakeResponse serve(FakeRequest request, int status) throws ServletException, IOException {
        FakeResponse response = FakeResponse.fresh();
        filter.doFilter(request, response, (q, r) -> response.status = status);
        return response;
    }

    /** Which this module has not on its path. */
    @Test
    void evictingByUseWithoutCaffeineSaysWhatToAdd() {
        assertThatIllegalStateException()
                .isThrownBy(() -> read("overflow", "evict"))
                .withMessageContaining("com.github.ben-manes.caffeine:caffeine 3");
    }

    /** A source needs Caffeine, which is not on this path either: that it is asked for is seen by that. */
    @Test
    void theSourceOfPlansIsAnAttributeOfTheContext() throws ServletException {
        FakeContext context = FakeContext.empty();
        context.setAttribute(RateLimitFilter.PLAN_SOURCE_ATTRIBUTE, "jdbc:h2:mem:");
        Map<String, String> params = Map.of("limits", "2/day", "key", "header X-API-Key", "sweepInterval", "0");
        assertThatExceptionOfType(ServletException.class)
                .isThrownBy(() -> filter.init(new FakeConfig("limits", params, context)))
                .withMessage(
                        "the attribute \"io.headgate.plans\" of the servlet context is of the type java.lang.String;"
                                + " it accepts a PlanSource<String> or a PlanCache<String>");
        PlanSource<String> source = key -> CompletableFuture.completedFuture("gold");
        context.setAttribute(RateLimitFilter.PLAN_SOURCE_ATTRIBUTE, source);
        assertThatIllegalStateException()
                .isThrownBy(() -> filter.init(new FakeConfig("limits", params, context)))
                .withMessageContaining("com.github.ben-manes.caffeine:caffeine 3");
        filter.init(new FakeConfig("limits", Map.of("limits", "2/day", "key", "client"), context));
        assertThat(filter.limits().planCache()).isEmpty();
    }

    @Test
    void everyParameter() throws Exception {
        RequestLimiter limits = read(
                "limits", "10/second burst 20, 500/hour",
                "rules", "/a 1/day\nGET /static/* unlimited",
                "trustedProxies", "10.0.0.0/8, 2001:db8::/32",
                "forwardedHeader", "forwarded",
                "ipv6Prefix", "56",
                "translationPrefixes", "64:ff9b:1::/48, 2001:db8:1::/96",
                "maxClients", "1000",
                "overflow", "deny",
                "exempt", "192.0.2.1, ::1",
                "headers", "legacy",
                "skipPreflight", "true",
                "noAddress", "deny",
                "onFailure", "deny",
                "name", "front",
                "chargeOn", "401, 403",
                "cost", "3",
                "retryAfterJitter", "5s");
        assertThat(limits.name()).isEqualTo("front");
        assertThat(limits.limiters()).extracting(LimiterUse::limiter).hasSize(2);
        LocalLimiter<ClientAddress> made = local(limits.limiters().get(0));
        assertThat(made.name()).isEqualTo("front");
        assertThat(local(limits.limiters().get(1)).name()).isEqualTo("/a");
        Decision state = made.peek(ClientAddress.parse("198.51.100.8"), 1);
        assertThat(state.limits())
                .extracting(LimitStatus::limit)
                .containsExactly(Limit.parse("10/second burst 20"), Limit.parse("500/hour"));
        assertThat(made.tracked(ClientAddress.parse("2001:db8:7:1ff::1"))).hasToString("2001:db8:7:100::");
        assertThat(made.tracked(ClientAddress.parse("2001:db8:1::192.0.2.9"))).hasToString("192.0.2.9");
        assertThat(made.tracked(ClientAddress.parse("64:ff9b:1:c000:2:900::"))).hasToString("192.0.2.9");

        FakeResponse charged = serve(proxied(), 401);
        assertThat(charged.lines).contains("X-RateLimit-Limit: 20", "X-RateLimit-Remaining: 17");
        assertThat(made.peek(ClientAddress.parse("198.51.100.8"), 1).remaining())
                .isEqualTo(17);
        serve(proxied(), 200);
        assertThat(limits.stats().refunded()).isEqualTo(1);
        assertThat(serve(FakeRequest.from("192.0.2.1"), 200).lines).isEmpty();
        serve(FakeRequest.from("::1"), 200);
        assertThat(limits.stats().exempt()).isEqualTo(2);
        serve(proxied().method("OPTIONS").header("Origin", "x").header("Access-Control-Request-Method", "PUT"), 200);
        serve(proxied().path("/static/a"), 200);
        assertThat(limits.stats().uncharged()).isEqualTo(2);
        assertThat(serve(FakeRequest.from("unix"), 200).status).isEqualTo(429);
        assertThat(serve(proxied().path("/a"), 200).status).isEqualTo(429);
    }

    private static FakeRequest proxied() {
        return FakeRequest.from("10.1.1.1")
                .header("X-Forwarded-For", "6.6.6.6, 198.51.100.7")
                .header("Forwarded", "for=198.51.100.8")
                .header("CF-Connecting-IP", "198.51.100.9");
    }

    @SuppressWarnings("unchecked") // made of addresses
    private static LocalLimiter<ClientAddress> local(LimiterUse use) {
        return (LocalLimiter<ClientAddress>) use.limiter();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "10.1.1.1|sweepInterval|0|sweepInterval|0",
                "198.51.100.7|trustedProxies|10.0.0.0/8|sweepInterval|0",
                "198.51.100.7|trustedProxies|10.0.0.0/8|forwardedHeader|X-FORWARDED-FOR",
                "198.51.100.8|trustedProxies|10.0.0.0/8|forwardedHeader|forwarded",
                "198.51.100.9|trustedProxies|10.0.0.0/8|forwardedHeader|CF-Connecting-IP",
                "6.6.6.6|trustedHops|2|sweepInterval|0",
                "198.51.100.8|trustedHops|1|forwardedHeader|FORWARDED"
            })
    void whoIsTrustedWithWhichHeader(String client, String name, String value, String other, String otherValue)
            throws Exception {
        try (LogRecords quiet = new LogRecords(RequestLimiter.class)) {
            RequestLimiter limits = read(name, value, other, otherValue);
            for (int i = 0; i < 3; i++) {
                serve(proxied(), 200);
            }
            assertThat(limits.topDenied(1))
                    .singleElement()
                    .satisfies(hit -> assertThat(hit.key()).hasToString(client));
            assertThat(quiet.failures()).isEmpty();
        }
    }

    @Test
    void defaultsAreThoseOfTheBuilder() throws Exception {
        RequestLimiter limits = read();
        assertThat(limits.name()).isEqualTo("limits");
        LocalLimiter<ClientAddress> made = local(limits.limiters().get(0));
        RateLimitFilter built = RateLimitFilter.builder()
                .limits(Limit.parse("2/day"))
                .sweepInterval(Duration.ZERO)
                .build();
        built.init(FakeConfig.of("limits", Map.of()));
        LocalLimiter<ClientAddress> other = local(built.limits().limiters().get(0));
        assertThat(made.memoryBytes()).isEqualTo(other.memoryBytes());
        assertThat(made.tracked(ClientAddress.parse("2001:db8::1:2:3:4")))
                .isEqualTo(other.tracked(ClientAddress.parse("2001:db8::1:2:3:4")));
        built.destroy();
        FakeResponse response = serve(FakeRequest.any(), 200);
        assertThat(response.field("RateLimit")).startsWith("\"2-per-86400s\";r=1");
        serve(FakeRequest.from("unix"), 200);
        assertThat(serve(FakeRequest.from("unix"), 200).field("RateLimit")).contains(";r=0");
        assertThat(serve(FakeRequest.from("unix"), 200).status).isEqualTo(429);
        serve(
                FakeRequest.any().method("OPTIONS").header("Origin", "x").header("Access-Control-Request-Method", "P"),
                200);
        assertThat(limits.stats().uncharged()).isZero();
        assertThat(limits.stats().denied()).isEqualTo(1);
    }

    @Test
    void aDryRunIsOne() throws Exception {
        read("dryRun", "TRUE", "cost", "9");
        assertThat(serve(FakeRequest.any(), 200).status).isEqualTo(200);
        assertThat(filter.stats().dryRunDenied()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "limits|2/fortnight|PERMITS/[COUNT]UNIT",
                "limits|''|10/second burst 20, 500/hour",
                "limits|2/day, 2/day|2-per-86400s",
                "rules|/api/** 1/day|/api/*",
                "rules|/a 1/fortnight|PERMITS/[COUNT]UNIT",
                "rules|/a 2/day, 2/day|2-per-86400s",
                "trustedProxies|10.0.0.0/33|10.0.0.0/8, 2001:db8::/32",
                "trustedProxies|proxy.example|10.0.0.0/8, 2001:db8::/32",
                "trustedProxies|10.0.0.0/8,|10.0.0.0/8, 2001:db8::/32",
                "forwardedHeader|x-forwarded-for|trustedProxies",
                "trustedHops|0|1 to 64",
                "trustedHops|65|1 to 64",
                "trustedHops|99999999999|1 to 64",
                "trustedHops|one|1 to 64",
                "ipv6Prefix|31|32 to 128",
                "ipv6Prefix|129|32 to 128",
                "ipv6Prefix|/64|32 to 128",
                "translationPrefixes|64:ff9b:1::|32, 40, 48, 56, 64 or 96 bits",
                "translationPrefixes|64:ff9b:1::/47|not 64:ff9b::/47",
                "translationPrefixes|192.0.2.0/24|must be IPv6",
                "translationPrefixes|nat64|such as 64:ff9b:1::/48",
                "maxClients|0|1 to 1073741824",
                "maxClients|-5|1 to 1073741824",
                "maxClients|99999999999999|1 to 1073741824",
                "overflow|drop|share, allow, deny or evict",
                "sweepInterval|often|30s",
                "sweepInterval|s|30s",
                "sweepInterval|-1s|30s",
                "sweepInterval|10000h|30s",
                "exempt|lb.example|10.0.0.0/8, 2001:db8::/32",
                "headers|draft-10|draft-11 (or draft), legacy or none",
                "skipPreflight|yes|true or false",
                "dryRun|1|true or false",
                "noAddress|reject|shared, deny or allow",
                "onFailure|open|allow or deny",
                "name|' '|a name that no other filter",
                "chargeOn|unauthorized|401, 403",
                "chargeOn|401;403|401, 403",
                "chargeOn|99|401, 403",
                "cost|-1|at least 0",
                "cost|1.5|at least 0",
                "retryAfterJitter|25h|at most a day"
            })
    void aMalformedOneShowsItsNameItsValueAndTheForm(String name, String value, String form) {
        assertThatExceptionOfType(ServletException.class)
                .isThrownBy(() -> read(name, value))
                .withMessageContaining("\"" + name + "\"")
                .withMessageContaining("\"" + value + "\"")
                .withMessageContaining(form);
    }

    @ParameterizedTest
    @ValueSource(strings = {"limit", "Limits", "trusted-proxies", "x"})
    void anUnknownOneShowsWhichThereAre(String name) {
        assertThatExceptionOfType(ServletException.class)
                .isThrownBy(() -> read(name, "value"))
                .withMessageContaining("\"" + name + "\"")
                .withMessageContaining("\"value\"")
                .satisfies(e -> {
                    for (Option option : Option.values()) {
                        assertThat(e).hasMessageContaining(option.toString());
                    }
                });
    }

    @Test
    void twoRulesOfOneName() {
        assertThatExceptionOfType(ServletException.class)
                .isThrownBy(() -> read("rules", "a: /a 1/s\na: /b 1/s"))
                .withMessageContaining("\"rules\": \"a: /a 1/s\na: /b 1/s\"; the form is")
                .withMessageContaining("\"a\"");
    }

    @Test
    void somethingMustBeLimited() {
        for (Map<String, String> params : List.of(
                Map.<String, String>of(), Map.of("rules", "/a unlimited"), Map.of("exempt", "::1", "cost", "2"))) {
            assertThatExceptionOfType(ServletException.class)
                    .isThrownBy(() -> new RateLimitFilter().init(FakeConfig.of("f", params)))
                    .withMessageContaining("\"limits\" is missing")
                    .withMessageContaining("500/hour")
                    .withCauseInstanceOf(InvalidOptionException.class);
        }
    }

    @Test
    void rulesAloneLimitSomePathsOnly() throws Exception {
        filter.init(FakeConfig.of("f", Map.of("rules", "/a 1/day", "sweepInterval", "0")));
        for (int i = 0; i < 3; i++) {
            assertThat(serve(FakeRequest.any().path("/b"), 200).status).isEqualTo(200);
        }
        assertThat(serve(FakeRequest.any().path("/a"), 200).status).isEqualTo(200);
        assertThat(serve(FakeRequest.any().path("/a"), 200).status).isEqualTo(429);
    }

    @Test
    void aMistakeLeavesTheFilterUnconfigured() throws Exception {
        assertThatExceptionOfType(ServletException.class).isThrownBy(() -> read("maxClients", "0"));
        assertThatIllegalStateException().isThrownBy(filter::limits).withMessageContaining("init");
        assertThat(read("maxClients", "10").limiters()).hasSize(1);
    }

    @Test
    void hopsAndRangesExcludeEachOther() {
        assertThatExceptionOfType(ServletException.class)
                .isThrownBy(() -> read("trustedProxies", "10.0.0.0/8", "trustedHops", "1"))
                .withMessageContaining("\"trustedHops\"")
                .withMessageContaining("trustedProxies");
        assertThatExceptionOfType(ServletException.class)
                .isThrownBy(() -> read("trustedHops", "1", "forwardedHeader", "CF-Connecting-IP"))
                .withMessageContaining("\"forwardedHeader\"")
                .withMessageContaining("CF-Connecting-IP");
    }

    @Test
    void memoryIsToldAtStart() throws ServletException {
        try (LogRecords log = new LogRecords(RequestLimiter.class)) {
            filter.init(FakeConfig.of(
                    "f", Map.of("limits", "2/day", "rules", "/a 1/s", "maxClients", "1000", "sweepInterval", "0")));
            LocalLimiter<ClientAddress> one = Limiter.forAddresses(Limit.parse("2/day"))
                    .ticker(new FakeTicker())
                    .maxKeys(1000)
                    .sweepInterval(Duration.ZERO)
                    .build();
            double now = 2 * one.stats().memoryBytes() / 1e6;
            double most = 2 * one.memoryBytes() / 1e6;
            assertThat(now).isPositive().isLessThan(most);
            assertThat(log.messages(Level.INFO))
                    .singleElement()
                    .asString()
                    .contains("\"f\"")
                    .contains(String.format(
                            Locale.ROOT, "its limiters take %.2f MB of memory now and %.2f MB at most", now, most));
        }
    }
}
