package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.plan.PlanCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Different limits for different clients: by key, by plan, and by conditions. */
class KeyedLimitsTest extends Configured {

    // keys

    @Test
    void aPrincipalHasLimitsOfItsOwnInPlaceOfTheClients() {
        RequestLimiter limits = build(builder("5/hour").key(RequestKey.parse("principal")));
        assertThat(passing(limits, 10, () -> from("192.0.2.1"))).isEqualTo(5);
        assertThat(passing(limits, 10, () -> from("192.0.2.1").principal("ann")))
                .isEqualTo(5);
        assertThat(passing(limits, 10, () -> from("192.0.2.2").principal("ann")))
                .isZero();
        assertThat(passing(limits, 10, () -> from("192.0.2.1").principal("bob")))
                .isEqualTo(5);
    }

    @Test
    void aClientAndPrincipalHaveLimitsTogether() {
        RequestLimiter limits = build(builder("5/hour").key(RequestKey.parse("client + principal")));
        assertThat(passing(limits, 10, () -> from("192.0.2.1").principal("ann")))
                .isEqualTo(5);
        assertThat(passing(limits, 10, () -> from("192.0.2.2").principal("ann")))
                .isEqualTo(5);
        assertThat(passing(limits, 10, () -> from("192.0.2.1").principal("ann")))
                .isZero();
    }

    /** Who rotates addresses within an IPv6 network is one client, as everywhere. */
    @Test
    void aClientAndPrincipalHaveLimitsTogetherInTheirWholeNetwork() {
        RequestLimiter limits = build(builder("5/hour").key(RequestKey.parse("client + principal")));
        int[] next = {0};
        assertThat(passing(
                        limits,
                        99,
                        () -> from("[2001:db8::" + Integer.toHexString(++next[0]) + "]")
                                .principal("ann")))
                .isEqualTo(5);
        assertThat(passing(limits, 9, () -> from("[2001:db8:0:1::1]").principal("ann")))
                .isEqualTo(5);
    }

    @Test
    void aHeaderLimitsInAdditionToTheClient() {
        RequestLimiter limits = build(builder("5/hour").key(RequestKey.parse("header X-Key")));
        assertThat(passing(limits, 10, () -> from("192.0.2.1").header("X-Key", "k")))
                .isEqualTo(5);
        assertThat(passing(limits, 10, () -> from("192.0.2.2").header("X-Key", "k")))
                .isZero();
        assertThat(passing(limits, 10, () -> from("192.0.2.2"))).isEqualTo(5); // nothing was taken for those denied
        assertThat(passing(limits, 10, () -> from("192.0.2.1").header("X-Key", "other")))
                .isZero();
    }

    @Test
    void aRuleHasAKeyOfItsOwn() {
        RequestLimiter limits = build(builder("5/hour")
                .rule(Rule.parse("/mine/* 3/hour key principal"), Rule.parse("/api/* 2/hour key header X-Key")));
        assertThat(passing(limits, 9, () -> from("192.0.2.1").path("/mine/a").principal("ann")))
                .isEqualTo(3);
        assertThat(passing(limits, 9, () -> from("192.0.2.1").path("/mine/a"))).isEqualTo(5);
        assertThat(passing(limits, 9, () -> from("192.0.2.2").path("/api/a").header("X-Key", "k")))
                .isEqualTo(2);
        assertThat(passing(limits, 9, () -> from("192.0.2.2").path("/api/a").header("X-Key", "l")))
                .isEqualTo(2);
        assertThat(passing(limits, 9, () -> from("192.0.2.2").path("/api/a").header("X-Key", "m")))
                .isEqualTo(1); // the client has five in all
        assertThat(passing(limits, 9, () -> from("192.0.2.3").path("/api/a"))).isEqualTo(5);
    }

    @Test
    void behindAuthenticationOnlyWhatIsAuthenticatedIsLimited() {
        RequestLimiter limits = RequestLimiter.builder()
                .stage(Stage.AUTHENTICATED)
                .rule(Rule.parse("/* 3/hour key principal stage authenticated"))
                .ticker(time)
                .build();
        open.add(limits);
        assertThat(passing(limits, 9, () -> from("192.0.2.1"))).isEqualTo(9);
        assertThat(passing(limits, 9, () -> from("192.0.2.1").principal("ann"))).isEqualTo(3);
    }

    @Test
    void conditionsChooseTheRule() {
        RequestLimiter limits = build(builder("9/hour")
                .rule(
                        Rule.parse("staff: /* unlimited when role STAFF"),
                        Rule.parse("csv: /* 2/hour when query format=csv"),
                        Rule.parse("/* 4/hour when anonymous, no header X-Trial")));
        assertThat(passing(limits, 99, () -> from("192.0.2.1").principal("ann", "STAFF")))
                .isEqualTo(99);
        assertThat(passing(limits, 9, () -> from("192.0.2.1").parameter("format", "csv")))
                .isEqualTo(2);
        assertThat(passing(limits, 9, () -> from("192.0.2.1"))).isEqualTo(4);
        assertThat(passing(limits, 99, () -> from("192.0.2.1").principal("bob")))
                .isEqualTo(9);
        assertThat(limits.warnings()).doesNotContain(Warning.UNLIMITED_FOR_THE_ASKING, Warning.UNREACHABLE_RULE);
    }

    @Test
    void whatLeadsPastTheLimitsForTheAskingIsWarnedOf() {
        RequestLimiter limits = build(builder("9/hour")
                .rule(
                        Rule.parse("/* unlimited when header X-Internal"),
                        Rule.parse("b: /b 1/s dry-run when no query x")));
        assertThat(limits.warningTexts().get(Warning.UNLIMITED_FOR_THE_ASKING))
                .contains("\"/* when header x-internal\"")
                .contains("\"b\"");
    }

    // plans by address

    @Test
    void aPlanIsThatOfTheLongestRange() {
        RequestLimiter limits = build(builder("2/hour")
                .plan(
                        Plan.parse("partners: 7/hour ranges 198.51.100.0/24, 2001:db8::/32 max-clients 10"),
                        Plan.parse("crawlers: unlimited ranges 203.0.113.0/24"),
                        Plan.parse("noisy: 1/hour ranges 198.51.100.7")));
        assertThat(passing(limits, 99, () -> from("192.0.2.1"))).isEqualTo(2);
        assertThat(passing(limits, 99, () -> from("198.51.100.1"))).isEqualTo(7);
        assertThat(passing(limits, 99, () -> from("198.51.100.2"))).isEqualTo(7);
        assertThat(passing(limits, 99, () -> from("198.51.100.7"))).isEqualTo(1);
        assertThat(passing(limits, 99, () -> from("203.0.113.5"))).isEqualTo(99);
        assertThat(passing(limits, 99, () -> from("[2001:db8::1]"))).isEqualTo(7);
        assertThat(limits.limiters())
                .extracting(use -> use.limiter().name())
                .containsExactly("test", "partners", "crawlers", "noisy");
        LocalLimiter<?> partners = (LocalLimiter<?>) limits.limiters().get(1).limiter();
        assertThat(partners.maxKeys()).isEqualTo(10);
        assertThat(partners.stats().denied()).isEqualTo(3 * 92);
    }

    /** What a request turned out to cost is charged where its first permit was, even if its plan has changed meanwhile. */
    @Test
    void aRequestKeepsItsPlanToItsEnd() {
        String[] plan = {"slow"};
        LocalLimiter<ClientAddress> slow = Buckets.of("10/hour", time);
        LocalLimiter<ClientAddress> quick = Buckets.of("100/hour", time);
        RequestLimiter limits = RequestLimiter.builder(
                        Limiter.byPlan(address -> plan[0], Map.of("slow", slow, "quick", quick)))
                .costAfter((request, answer) -> 4)
                .ticker(time)
                .build();
        open.add(limits);
        FakeRequest request = new FakeRequest();
        FakeResponse response = new FakeResponse();
        Settlement settlement = Objects.requireNonNull(limits.settlement(limits.decide(request), request, response));
        plan[0] = "quick";
        settlement.committed(200);
        settlement.completed();
        assertThat(Buckets.left(slow)).isEqualTo(6);
        assertThat(Buckets.left(quick)).isEqualTo(100);
    }

    @Test
    void rangesStandInAFileToo(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(
                folder.resolve("crawlers.json"), "{\"prefixes\":[{\"ipv4Prefix\":\"203.0.113.0/24\"}]}");
        RequestLimiter limits = build(builder("2/hour").plan(Plan.parse("crawlers: unlimited ranges-file " + file)));
        assertThat(passing(limits, 9, () -> from("203.0.113.5"))).isEqualTo(9);
        assertThat(passing(limits, 9, () -> from("192.0.2.1"))).isEqualTo(2);
        Files.writeString(file, "not a range");
        assertThatExceptionOfType(InvalidOptionException.class)
                .isThrownBy(() -> builder("2/hour")
                        .plan(Plan.parse("crawlers: unlimited ranges-file " + file))
                        .build())
                .withMessageContaining("plans")
                .withMessageContaining(file.toString());
    }

    /** One that was composed in code, as the README shows it. */
    @Test
    void aLimiterOfAPartOfTheAddressIsNoneOfAddresses() {
        LocalLimiter<ClientAddress> clients = Buckets.of("5/hour", time);
        LocalLimiter<ClientAddress> networks = Limiter.forNetworks(24, 48, Limit.parse("network=8/hour"))
                .ticker(time)
                .name("network")
                .build();
        LocalLimiter<String> service = Limiter.<String>builder(Limit.parse("service=20/hour"))
                .ticker(time)
                .name("service")
                .build();
        RequestLimiter limits =
                build(RequestLimiter.builder(Limiter.allOf(clients, networks, service.keyed(client -> "all"))));
        assertThat(limits.limiters())
                .extracting(LimiterUse::limiter, LimiterUse::isByAddress)
                .containsExactly(tuple(clients, true), tuple(networks, true), tuple(service, false));
        assertThat(limits.warnings()).isEmpty();
        int[] next = {0};
        assertThat(passing(limits, 30, () -> from("192.0.2." + next[0]++))).isEqualTo(8);
    }

    // plans by key

    @Test
    void aKeyThatTheSourceKnowsHasItsPlanInPlaceOfTheClientsLimits() {
        database.put("gold-key", "gold");
        database.put("plain-key", "no such plan");
        RequestLimiter limits = build(builder("3/hour")
                .key(RequestKey.parse("header X-Key"))
                .plan(Plan.parse("gold: 20/hour"), Plan.parse("staff: unlimited"))
                .planCache(cache()));
        // The first request is the client's, and starts the load.
        assertThat(passing(limits, 99, () -> from("192.0.2.1").header("X-Key", "gold-key")))
                .isEqualTo(1 + 20);
        assertThat(passing(limits, 99, () -> from("192.0.2.1"))).isEqualTo(2);
        assertThat(passing(limits, 99, () -> from("192.0.2.2").header("X-Key", "gold-key")))
                .isZero();
        assertThat(passing(limits, 99, () -> from("192.0.2.3").header("X-Key", "plain-key")))
                .isEqualTo(1 + 3);
        assertThat(loads).containsExactly("gold-key", "plain-key");
        assertThat(limits.warningTexts().get(Warning.UNKNOWN_PLAN))
                .contains("\"no such plan\", which is none of plans");
        database.put("gold-key", "staff");
        time.advance(Duration.ofMinutes(2));
        passing(limits, 1, () -> from("192.0.2.2").header("X-Key", "gold-key")); // admits nobody: denied
        time.advance(Duration.ofMinutes(58));
        // One that gold admits refreshes it.
        assertThat(passing(limits, 99, () -> from("192.0.2.2").header("X-Key", "gold-key")))
                .isEqualTo(99);
    }

    @Test
    void inventedKeysBuyNothing() {
        database.put("known", "gold");
        PlanCache<String> cache = cache();
        RequestLimiter limits = build(builder("50/hour")
                .key(RequestKey.parse("header X-Key"))
                .plan(Plan.parse("gold: 20/hour"))
                .maxClients(1_000)
                .planCache(cache));
        int[] next = {0};
        assertThat(passing(limits, 1_000_000, () -> from("192.0.2.1").header("X-Key", "invented-" + next[0]++)))
                .isEqualTo(50);
        assertThat(loads).hasSize(50);
        assertThat(limits.limiters()).hasSize(3);
        limits.limiters().stream()
                .filter(use -> !use.isByAddress())
                .forEach(use -> assertThat(use.limiter().stats().size()).isZero());
        assertThat(limits.limiters().get(0).limiter().stats().size()).isEqualTo(1);
    }

    @Test
    void inventedKeysWithoutASourceBuyNothingEither() {
        RequestLimiter limits =
                build(builder("50/hour").key(RequestKey.parse("header X-Key")).maxClients(100));
        int[] next = {0};
        assertThat(passing(limits, 100_000, () -> from("192.0.2.1").header("X-Key", "invented-" + next[0]++)))
                .isEqualTo(50);
        limits.limiters()
                .forEach(use -> assertThat(use.limiter().stats().size()).isLessThanOrEqualTo(100));
    }

    @Test
    void whatAnUnlimitedRuleLetsThroughLoadsNothing() {
        RequestLimiter limits = build(builder("3/hour")
                .key(RequestKey.parse("header X-Key"))
                .plan(Plan.parse("gold: 20/hour"))
                .rule(Rule.unlimited("/static/*"))
                .exempt(AddressRange.parse("192.0.2.9"))
                .planCache(cache()));
        passing(limits, 9, () -> from("192.0.2.1").path("/static/a").header("X-Key", "a"));
        passing(limits, 9, () -> from("192.0.2.9").header("X-Key", "b"));
        assertThat(loads).isEmpty();
    }

    @Test
    void aPrincipalWhosePlanIsNotKnownHasTheGeneralLimits() {
        database.put("ann", "gold");
        RequestLimiter limits = build(builder("3/hour")
                .key(RequestKey.parse("principal"))
                .plan(Plan.parse("gold: 20/hour"))
                .planCache(cache()));
        assertThat(passing(limits, 99, () -> from("192.0.2.1").principal("ann")))
                .isEqualTo(21);
        assertThat(passing(limits, 99, () -> from("192.0.2.1").principal("bob")))
                .isEqualTo(3);
        assertThat(passing(limits, 99, () -> from("192.0.2.1"))).isEqualTo(3);
    }

    @Test
    void aSourceThatFailsLeavesTheClientsLimits() {
        PlanCache<String> cache = PlanCache.<String>builder(key -> {
                    throw new IllegalStateException("down");
                })
                .executor(Runnable::run)
                .ticker(time)
                .build();
        open.add(cache);
        RequestLimiter limits = build(builder("3/hour")
                .key(RequestKey.parse("header X-Key"))
                .plan(Plan.parse("gold: 20/hour"))
                .planCache(cache));
        assertThat(passing(limits, 99, () -> from("192.0.2.1").header("X-Key", "k")))
                .isEqualTo(3);
        assertThat(cache.stats().failures()).isEqualTo(1);
        assertThat(limits.stats().failed()).isZero();
    }

    /** A path that is read in two ways is charged once to the client, whichever of them has a rule. */
    @Test
    void theClientIsChargedOnceForAPathThatIsReadInTwoWays() {
        RequestLimiter limits = build(builder("4/hour")
                .key(RequestKey.parse("header X-Key"))
                .plan(Plan.parse("gold: 20/hour"))
                .rule(Rule.parse("/login 9/hour charge-on 401"))
                .planCache(cache()));
        assertThat(passing(limits, 99, () -> from("192.0.2.1").path("/LOGIN/"))).isEqualTo(4);
        assertThat(passing(limits, 99, () -> from("192.0.2.2").path("/login"))).isEqualTo(4);
    }

    // what is refused

    private void assertRefused(String message, RequestLimiter.Builder builder) {
        assertThatExceptionOfType(InvalidOptionException.class)
                .isThrownBy(() -> builder.build().close())
                .withMessageContaining(message);
    }

    @Test
    void whatWouldLimitNobodyIsRefused() {
        assertRefused(
                "requests without it would not be limited",
                RequestLimiter.builder().rule(Rule.parse("/a 1/s key principal")));
        assertRefused("nobody has it", builder("1/s").plan(Plan.parse("gold: 2/s")));
        assertRefused(
                "hold for everybody without a plan",
                RequestLimiter.builder().rule(Rule.parse("/a 1/s")).plan(Plan.parse("p: 2/s ranges ::1")));
        assertRefused(
                "two plans have the name \"p\"",
                builder("1/s").plan(Plan.parse("p: 2/s ranges ::1"), Plan.parse("p: 2/s ranges ::2")));
        assertRefused("is that of the general limits", builder("1/s").plan(Plan.parse("default: 2/s ranges ::1")));
        assertRefused("a source of plans is asked about keys", builder("1/s").planCache(cache()));
        assertRefused("second filter", builder("1/s").rule(Rule.parse("/a 1/s key principal stage authenticated")));
    }

    @Test
    void plansAreReadFromText() {
        assertThat(Plan.parse("a: 1/s, 5/minute max-clients 7").limits()).hasSize(2);
        assertThat(Plan.parse("a: unlimited").limits()).isEmpty();
        for (String text : List.of(
                "",
                "a",
                "a:",
                "a b: 1/s",
                "a: 1/s ranges",
                "a: 1/s ranges x",
                "a: unlimited max-clients 5",
                "a: 1/s max-clients 0",
                "a: 1/s max-clients 1 max-clients 2",
                "a: 1/s range ::1",
                ": 1/s")) {
            assertThatExceptionOfType(IllegalArgumentException.class)
                    .isThrownBy(() -> Plan.parse(text))
                    .withMessageStartingWith("\"" + text + "\" is not a plan: ")
                    .withMessageContaining("the form is NAME: (unlimited | LIMIT[, LIMIT]...)");
        }
    }
}
