package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.LimiterRegistry;
import io.headgate.net.AddressRange;
import io.headgate.plan.PlanSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Keys and plans where rules, other filters and other configurations have a say, too. */
class KeysBesideRulesTest extends Configured {

    private static FakeRequest keyed(String address, String path) {
        return FakeRequest.from(address).path(path).header("X-Key", "gold-key");
    }

    @Test
    void aRulesHeaderThatTheSourceKnowsIsInPlaceOfTheClientsLimits() {
        database.put("gold-key", "gold");
        RequestLimiter limits = build(builder("3/hour")
                .key(RequestKey.parse("header X-Key"))
                .plan(Plan.parse("gold: 20/hour"))
                .rule(Rule.parse("api: /api/* 7/hour key header X-Key"))
                .planCache(cache()));
        // The first request is the client's, and starts the load.
        assertThat(passing(limits, 99, () -> keyed("192.0.2.1", "/api/a"))).isEqualTo(1 + 7);
        assertThat(passing(limits, 99, () -> keyed("192.0.2.2", "/api/a"))).isZero();
        assertThat(passing(limits, 99, () -> FakeRequest.from("192.0.2.1").path("/api/a")))
                .isEqualTo(2);
    }

    @Test
    void theGeneralLimitsBesideARuleAreThoseOfThePlan() {
        database.put("gold-key", "gold");
        RequestLimiter limits = build(builder("3/hour")
                .key(RequestKey.parse("header X-Key"))
                .plan(Plan.parse("gold: 20/hour"))
                .rule(Rule.parse("login: /login 50/hour charge-on 401"))
                .planCache(cache()));
        assertThat(passing(limits, 99, () -> keyed("192.0.2.1", "/login"))).isEqualTo(1 + 20);
        FakeRequest request = keyed("192.0.2.1", "/login");
        Explanation answer = limits.explain(request);
        assertThat(answer.met()).singleElement().satisfies(met -> {
            assertThat(met.rule()).contains("login");
            assertThat(met.plan()).contains("gold");
        });
        assertThat(answer.asked()).extracting(Explanation.Asked::limiter).containsExactly("login", "gold");
        assertThat(passing(limits, 99, () -> keyed("192.0.2.1", "/"))).isZero();
        assertThat(passing(limits, 99, () -> FakeRequest.from("192.0.2.1").path("/login")))
                .isEqualTo(2);
    }

    @Test
    void theGeneralLimitsBesideARuleAreThoseOfThePrincipal() {
        RequestLimiter limits = build(builder("3/hour")
                .key(RequestKey.parse("principal"))
                .rule(Rule.parse("login: /login 50/hour charge-on 401")));
        Supplier<FakeRequest> ann =
                () -> FakeRequest.from("192.0.2.1").path("/login").principal("ann");
        assertThat(passing(limits, 9, ann)).isEqualTo(3);
        assertThat(passing(limits, 9, () -> FakeRequest.from("192.0.2.2").principal("ann")))
                .isZero();
        assertThat(passing(limits, 9, () -> FakeRequest.from("192.0.2.1").path("/login")))
                .isEqualTo(3);
        assertThat(limits.explain(ann.get()).asked())
                .extracting(Explanation.Asked::limiter)
                .containsExactly("login", "test by principal");
    }

    /** An invented key beside a rule is limited in addition, and buys nothing. */
    @Test
    void theGeneralLimitsBesideARuleAreThoseOfTheKeyAndTheClient() {
        RequestLimiter limits = build(builder("3/hour")
                .key(RequestKey.parse("header X-Key"))
                .rule(Rule.parse("login: /login 50/hour charge-on 401")));
        int[] next = {0};
        assertThat(passing(
                        limits,
                        99,
                        () -> FakeRequest.from("192.0.2.1").path("/login").header("X-Key", "invented-" + next[0]++)))
                .isEqualTo(3);
        assertThat(passing(limits, 9, () -> keyed("192.0.2.2", "/login"))).isEqualTo(3);
        assertThat(passing(limits, 9, () -> keyed("192.0.2.3", "/"))).isZero();
    }

    @Test
    void aSourceIsAskedAgainOnceAConfigurationIsOpenedAnew() throws Exception {
        CompletableFuture<String> asked = new CompletableFuture<>();
        PlanSource<String> source = key -> {
            asked.complete(key);
            return CompletableFuture.completedFuture("gold");
        };
        RequestLimiter.Builder builder = builder("3/hour")
                .key(RequestKey.parse("header X-Key"))
                .plan(Plan.parse("gold: 20/hour"))
                .planSource(source);
        RequestLimiter before = builder.build();
        before.close();
        RequestLimiter after = builder.buildInPlaceOf(before);
        open.add(after);
        after.decide(keyed("192.0.2.1", "/"));
        assertThat(after.planCache().orElseThrow().stats().rejected()).isZero();
        assertThat(asked.get(1, TimeUnit.MINUTES)).isEqualTo("gold-key");
    }

    @Test
    void aClientInAKeyIsThatOfTheLimiters() {
        RequestLimiter limits = build(builder("2/hour")
                .key(RequestKey.parse("client + principal"))
                .translationPrefixes(AddressRange.parse("2001:db8:64::/96")));
        for (String address : List.of(
                "[2001:db8:64::192.0.2.1]",
                "[2001:db8:64::192.0.2.2]",
                "[64:ff9b::192.0.2.3]",
                "[64:ff9b::192.0.2.4]")) {
            assertThat(passing(limits, 9, () -> FakeRequest.from(address).principal("ann")))
                    .as(address)
                    .isEqualTo(2);
        }
        assertThat(passing(limits, 9, () -> FakeRequest.from("192.0.2.1").principal("ann")))
                .isZero();
    }

    /** What somebody has written into a header is not what somebody is called. */
    @Test
    void keysOfTwoKindsShareNoBucketInARegistry() {
        LimiterRegistry registry = new LimiterRegistry();
        open.add(registry);
        RequestLimiter first =
                build(builder("2/hour").key(RequestKey.parse("header X-Key")).registry(registry));
        RequestLimiter second = build(builder("2/hour")
                .name("second")
                .limiterName("test")
                .key(RequestKey.parse("principal"))
                .registry(registry));
        assertThat(passing(first, 9, () -> keyed("192.0.2.1", "/"))).isEqualTo(2);
        assertThat(passing(second, 9, () -> FakeRequest.from("192.0.2.2").principal("gold-key")))
                .isEqualTo(2);
    }

    @Test
    void aNameMayBeCalledLikeAnOptionOrAKind() {
        assertThat(Rule.parse("/* 1/s key header role when authenticated").key())
                .isEqualTo(RequestKey.parse("header role"));
        assertThat(Rule.parse("/* 1/s when role header dry-run").isDryRun()).isTrue();
        assertThat(Rule.parse("/* 1/s when header role, role query cost 3").cost())
                .hasValue(3);
        assertThat(Rule.parse("/* 1/s when query key=a, no header when").name())
                .isEqualTo("/* when query key=a, no header when");
    }

    @Test
    void whoMustBeSomebodyCannotAskForIt() {
        RequestLimiter limits = build(builder("9/hour")
                .rule(
                        Rule.parse("a: /a unlimited when role STAFF, header X-Debug"),
                        Rule.parse("b: /b unlimited when authenticated, no query limited"),
                        Rule.parse("c: /c unlimited when no role GUEST, header X-Debug")));
        assertThat(limits.warningTexts().get(Warning.UNLIMITED_FOR_THE_ASKING))
                .contains("\"c\"")
                .doesNotContain("\"a\"")
                .doesNotContain("\"b\"");
    }

    @Test
    void aRuleBehindOneWithFewerConditionsIsUnreachable() {
        RequestLimiter limits = build(builder("9/hour")
                .rule(
                        Rule.parse("a: /a/* 1/s when role STAFF"),
                        Rule.parse("b: /a/b 2/s when query x, role STAFF"),
                        Rule.parse("c: /a/c 2/s when query x")));
        assertThat(limits.warningTexts().get(Warning.UNREACHABLE_RULE))
                .contains("\"b\"")
                .doesNotContain("\"c\"");
    }
}
