package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Decision;
import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LimiterRegistry;
import io.headgate.LocalLimiter;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two limiters of requests, with authentication between them. */
class BehindAuthenticationTest {

    private final FakeTicker time = new FakeTicker();
    private final LimiterRegistry registry = new LimiterRegistry();
    private final List<RequestLimiter> open = new ArrayList<>();

    /** Of each client, as requests arrive. */
    private final LocalLimiter<ClientAddress> clients = Buckets.of("5/hour", time);

    @AfterEach
    void close() {
        open.forEach(RequestLimiter::close);
        registry.close();
    }

    private RequestLimiter build(RequestLimiter.Builder builder) {
        RequestLimiter limits = builder.ticker(time).registry(registry).build();
        open.add(limits);
        return limits;
    }

    private RequestLimiter.Builder arriving() {
        return RequestLimiter.builder(clients).name("arrival");
    }

    private static RequestLimiter.Builder behind(String... rules) {
        RequestLimiter.Builder builder = RequestLimiter.builder().name("behind").stage(Stage.AUTHENTICATED);
        for (String rule : rules) {
            builder.rule(Rule.parse(rule));
        }
        return builder;
    }

    /** A request, and its answer, on the way through both. */
    private static final class Way {
        final FakeRequest request = FakeRequest.from("192.0.2.1");
        final FakeResponse response = new FakeResponse();

        boolean passes(RequestLimiter first, @Nullable String principal, RequestLimiter second, String... roles) {
            if (!through(first)) {
                return false;
            }
            if (principal != null) {
                request.principal(principal, roles);
            }
            return through(second);
        }

        private boolean through(RequestLimiter limits) {
            Verdict verdict = limits.decide(request);
            limits.addFields(verdict, response);
            return verdict.passes();
        }
    }

    private static int passing(
            int requests, RequestLimiter first, @Nullable String principal, RequestLimiter second, String... roles) {
        int passing = 0;
        for (int i = 0; i < requests; i++) {
            passing += new Way().passes(first, principal, second, roles) ? 1 : 0;
        }
        return passing;
    }

    private long left() {
        return Buckets.left(clients);
    }

    @Test
    void aPrincipalsLimitsAreInPlaceOfTheClients() {
        RequestLimiter first = build(arriving());
        RequestLimiter second = build(behind("/* 20/hour key principal stage authenticated"));
        assertThat(passing(20, first, "ann", second)).isEqualTo(20);
        assertThat(left()).isEqualTo(5);
        assertThat(passing(1, first, "bob", second)).isEqualTo(1);
        assertThat(left()).isEqualTo(5);
        assertThat(passing(9, first, null, second)).isEqualTo(5);
        assertThat(first.stats().allowed()).isEqualTo(26);
        assertThat(second.stats().allowed()).isEqualTo(21);
    }

    /** Authentication costs something: who is denied behind it has taken a permit of the address, and cannot go on for ever. */
    @Test
    void whatIsDeniedBehindStaysChargedToTheClient() {
        RequestLimiter first = build(arriving());
        RequestLimiter second = build(behind("/* 2/hour key principal stage authenticated"));
        assertThat(passing(2, first, "ann", second)).isEqualTo(2);
        assertThat(passing(2, first, "ann", second)).isZero();
        assertThat(left()).isEqualTo(3);
        assertThat(second.stats().denied()).isEqualTo(2);
        assertThat(passing(9, first, "ann", second)).isZero();
        assertThat(first.stats().denied()).isEqualTo(6);
    }

    @Test
    void aRuleForARoleIsInPlaceOfTheClientsLimits() {
        RequestLimiter first = build(arriving());
        RequestLimiter second = build(behind("staff: /* unlimited when role STAFF stage authenticated"));
        assertThat(passing(99, first, "ann", second, "STAFF")).isEqualTo(99);
        assertThat(left()).isEqualTo(5);
        assertThat(passing(9, first, "bob", second)).isEqualTo(5);
    }

    /** A rule that anybody meets is in place of nothing, unless somebody is known. */
    @Test
    void nobodyIsLetPastTheClientsLimits() {
        RequestLimiter first = build(arriving());
        RequestLimiter second = build(behind("/* unlimited stage authenticated"));
        assertThat(passing(9, first, null, second)).isEqualTo(5);
        RequestLimiter byHeader = build(behind("/* 9/hour key header X-Key stage authenticated")
                .limits(Limit.parse("99/hour"))
                .name("by-header"));
        assertThat(passing(9, first, null, byHeader)).isZero();
    }

    /** A rule that holds beside the general limits is in place of none. */
    @Test
    void aRuleBesideTheGeneralLimitsLeavesTheClientsCharge() {
        RequestLimiter first = build(arriving());
        RequestLimiter second = build(behind("/* 20/hour key principal charge-on 4xx stage authenticated")
                .limits(Limit.parse("99/hour")));
        assertThat(passing(9, first, "ann", second)).isEqualTo(5);
    }

    @Test
    void aRuleAtArrivalIsNotReplaced() {
        RequestLimiter first = build(arriving().rule(Rule.parse("login: /login 2/hour")));
        RequestLimiter second = build(behind("/* 20/hour key principal stage authenticated"));
        int passing = 0;
        for (int i = 0; i < 9; i++) {
            Way way = new Way();
            way.request.path("/login");
            passing += way.passes(first, "ann", second) ? 1 : 0;
        }
        assertThat(passing).isEqualTo(2);
    }

    /** The arrival under both readings of a path: what the rule took stays, what the general limits took goes back. */
    @Test
    void ofAPathThatIsReadInTwoWaysOnlyTheGeneralChargeGoesBack() {
        LocalLimiter<ClientAddress> login = Buckets.of("9/hour", time);
        RequestLimiter first = build(arriving().rule(Rule.limiter("/login", login)));
        RequestLimiter second = build(behind("/* 20/hour key principal stage authenticated"));
        Way way = new Way();
        way.request.path("/LOGIN");
        assertThat(way.passes(first, "ann", second)).isTrue();
        assertThat(left()).isEqualTo(5);
        assertThat(Buckets.left(login)).isEqualTo(8);
        assertThat(way.response.lines)
                .filteredOn(line -> line.startsWith("RateLimit:"))
                .singleElement()
                .asString()
                .contains("r=8")
                .contains("r=19");
    }

    /** One reading of the path has a rule behind, the other has none: then both hold. */
    @Test
    void whereOneReadingHasNoRuleBehindBothHold() {
        RequestLimiter first = build(arriving());
        RequestLimiter second = build(behind("/api/* 20/hour key principal stage authenticated"));
        Way way = new Way();
        way.request.path("/API/x");
        assertThat(way.passes(first, "ann", second)).isTrue();
        assertThat(left()).isEqualTo(4);
    }

    @Test
    void theClientIsToldOfWhatHolds() {
        RequestLimiter first = build(arriving());
        RequestLimiter second = build(behind("user: /* 20/hour key principal stage authenticated"));
        Way known = new Way();
        assertThat(known.passes(first, "ann", second)).isTrue();
        assertThat(known.response.lines)
                .containsExactlyInAnyOrder(
                        "RateLimit-Policy: \"20-per-3600s\";q=20;w=3600", "RateLimit: \"20-per-3600s\";r=19;t=3420");
        Way unknown = new Way();
        assertThat(unknown.passes(first, null, second)).isTrue();
        assertThat(unknown.response.lines)
                .containsExactlyInAnyOrder(
                        "RateLimit-Policy: \"5-per-3600s\";q=5;w=3600", "RateLimit: \"5-per-3600s\";r=4;t=2880");
    }

    /** Only the last of them gives way, and the client is told of the others all the same. */
    @Test
    void theLimitsOfSeveralFiltersInFrontAreTold() {
        LocalLimiter<ClientAddress> site = Buckets.of("9/hour", time);
        RequestLimiter outer = build(RequestLimiter.builder(site).name("site"));
        RequestLimiter first = build(arriving());
        RequestLimiter second = build(behind("user: /* 20/hour key principal stage authenticated"));
        Way way = new Way();
        assertThat(way.through(outer)).isTrue();
        assertThat(way.passes(first, "ann", second)).isTrue();
        assertThat(left()).isEqualTo(5);
        assertThat(Buckets.left(site)).isEqualTo(8);
        assertThat(way.response.lines)
                .containsExactlyInAnyOrder(
                        "RateLimit-Policy: \"9-per-3600s\";q=9;w=3600, \"20-per-3600s\";q=20;w=3600",
                        "RateLimit: \"9-per-3600s\";r=8;t=3200, \"20-per-3600s\";r=19;t=3420");
    }

    /** A rule alone charges the client by nothing that gives way: that is the filter before it, then. */
    @Test
    void theLastFilterThatLimitsTheClientInGeneralGivesWay() {
        RequestLimiter first = build(arriving());
        RequestLimiter rules = build(RequestLimiter.builder().name("rules").rule(Rule.parse("all: /* 9/hour")));
        RequestLimiter second = build(behind("user: /* 20/hour key principal stage authenticated"));
        Way way = new Way();
        assertThat(way.through(first)).isTrue();
        assertThat(way.passes(rules, "ann", second)).isTrue();
        assertThat(left()).isEqualTo(5);
        assertThat(way.response.lines).contains("RateLimit: \"9-per-3600s\";r=8;t=3200, \"20-per-3600s\";r=19;t=3420");
    }

    /** Everybody stays charged, and a client whom that tier may deny is told of it. */
    @Test
    void everybodysLimitIsTold() {
        RequestLimiter first = build(RequestLimiter.builder()
                .name("arrival")
                .limits(Limit.parse("5/hour"))
                .tier(Tier.parse("network: 7/hour ipv4 24"))
                .tier(Tier.parse("service: 9/hour everybody")));
        RequestLimiter second = build(behind("user: /* 20/hour key principal stage authenticated"));
        Way way = new Way();
        assertThat(way.passes(first, "ann", second)).isTrue();
        assertThat(way.response.lines)
                .containsExactlyInAnyOrder(
                        "RateLimit-Policy: \"service\";q=9;w=3600, \"20-per-3600s\";q=20;w=3600",
                        "RateLimit: \"service\";r=8;t=3200, \"20-per-3600s\";r=19;t=3420");
    }

    /** Checking a password takes time, in which a bucket earns. */
    @Test
    void everybodyIsChargedOnceHoweverLongALoginTakes() {
        RequestLimiter first = build(RequestLimiter.builder()
                .name("arrival")
                .limits(Limit.parse("5/hour"))
                .tier(Tier.parse("service: 10/second everybody")));
        RequestLimiter second = build(behind("user: /* 999/hour key principal stage authenticated"));
        // Five requests at once, each of which takes 300 ms to log in.
        List<Way> ways = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            Way way = new Way();
            assertThat(way.through(first)).isTrue();
            ways.add(way);
        }
        assertThat(everybodys(first)).isEqualTo(5);
        time.advance(Duration.ofMillis(300));
        assertThat(everybodys(first)).isEqualTo(8);
        for (Way way : ways) {
            way.request.principal("ann");
            assertThat(way.through(second)).isTrue();
        }
        assertThat(everybodys(first)).isEqualTo(8);
        Way late = new Way();
        assertThat(late.through(first)).isTrue();
        time.advance(Duration.ofSeconds(1));
        assertThat(everybodys(first)).isEqualTo(10);
        late.request.principal("ann");
        assertThat(late.through(second)).isTrue();
        assertThat(everybodys(first)).isEqualTo(10);
    }

    @SuppressWarnings("unchecked")
    private static long everybodys(RequestLimiter limits) {
        return ((Limiter<String>) limits.limiters().stream()
                        .map(LimiterUse::limiter)
                        .filter(limiter -> "service".equals(limiter.name()))
                        .findFirst()
                        .orElseThrow())
                .peek("everybody", 1)
                .limits()
                .get(0)
                .remaining();
    }

    /** A request that comes again is charged by its address first, which may have nothing left then. */
    @Test
    void whoIsDeniedBehindIsAdmittedAfterRetryAfter() {
        RequestLimiter first = build(arriving());
        RequestLimiter second = build(behind("user: /* 1/minute key principal stage authenticated"));
        assertThat(passing(5, first, "ann", second)).isEqualTo(1);
        Way denied = new Way();
        assertThat(denied.passes(first, "ann", second)).isFalse();
        assertThat(left()).isZero();
        assertThat(denied.response.lines).contains("Retry-After: 720");
        time.advance(Duration.ofSeconds(719));
        assertThat(passing(1, first, "ann", second)).isZero();
        time.advance(Duration.ofSeconds(1));
        assertThat(passing(1, first, "ann", second)).isEqualTo(1);
    }

    /** What a refusal gives back is there when the client comes again. */
    @Test
    void aLimitOfRequestsUnderWayIsNotWaitedFor() {
        RequestLimiter first = build(arriving().chargeOn(ChargeOn.never()));
        RequestLimiter second = build(behind("user: /* 1/minute key principal stage authenticated"));
        assertThat(passing(4, first, "ann", second)).isEqualTo(1);
        for (int i = 0; i < 2; i++) { // they are under way
            Way denied = new Way();
            assertThat(denied.passes(first, "ann", second)).isEqualTo(false);
            assertThat(denied.response.lines).contains("Retry-After: 60");
        }
        assertThat(left()).isZero();
    }

    @Test
    void theLegacyFieldsTellOfWhatHoldsAsWell() {
        RequestLimiter first = build(arriving().headers(HeaderStyle.LEGACY));
        RequestLimiter second = build(
                behind("user: /* 20/hour key principal stage authenticated").headers(HeaderStyle.LEGACY));
        Way way = new Way();
        assertThat(way.passes(first, "ann", second)).isTrue();
        assertThat(way.response.lines).contains("X-RateLimit-Limit: 20", "X-RateLimit-Remaining: 19");
    }

    @Test
    void aDryRunIsInPlaceOfADryRunAlone() {
        RequestLimiter second = build(behind("/* 20/hour key principal dry-run stage authenticated"));
        assertThat(passing(9, build(arriving()), "ann", second)).isEqualTo(5);
        RequestLimiter dry = build(arriving().name("dry").dryRun(true));
        time.advance(Duration.ofHours(1));
        assertThat(passing(9, dry, "ann", second)).isEqualTo(9);
        assertThat(left()).isEqualTo(5);
        assertThat(dry.stats().dryRunDenied()).isZero();
    }

    /** What a failure lets pass is in place of nothing. */
    @Test
    void aFailureLeavesTheClientsCharge() {
        FakeLimiter broken = new FakeLimiter(() -> {
            throw new IllegalStateException("on purpose");
        });
        RequestLimiter first = build(arriving());
        RequestLimiter second = build(behind().rule(Rule.limiter("/*", broken)));
        assertThat(passing(9, first, "ann", second)).isEqualTo(5);
        assertThat(second.stats().failed()).isEqualTo(5);
    }

    /** Settled once: neither the response nor the time that it took touches the client any more. */
    @Test
    void whatWentBackIsNotSettledAgain() {
        RequestLimiter first = build(arriving().costAfter((request, answer) -> 4));
        RequestLimiter second = build(behind("/* 20/hour key principal stage authenticated"));
        Way way = new Way();
        Verdict verdict = first.decide(way.request);
        Settlement settlement = Objects.requireNonNull(first.settlement(verdict, way.request, way.response));
        way.request.principal("ann");
        assertThat(second.decide(way.request).passes()).isTrue();
        settlement.committed(200);
        settlement.completed();
        assertThat(left()).isEqualTo(5);
        Verdict nobodys = first.decide(new Way().request);
        Settlement other = Objects.requireNonNull(first.settlement(nobodys, new Way().request, way.response));
        other.committed(200);
        other.completed();
        assertThat(left()).isEqualTo(1);
    }

    /** Two filters behind authentication give the client's permit back once. */
    @Test
    void theClientsPermitGoesBackOnce() {
        RequestLimiter first = build(arriving());
        RequestLimiter second = build(behind("/* 20/hour key principal stage authenticated"));
        RequestLimiter third = build(RequestLimiter.builder(Buckets.of("7/hour", time))
                .name("third")
                .stage(Stage.AUTHENTICATED)
                .rule(Rule.parse("other: /* 20/hour key principal stage authenticated")));
        assertThat(passing(2, first, null, second)).isEqualTo(2);
        Way way = new Way();
        assertThat(way.passes(first, "ann", second)).isTrue();
        assertThat(way.through(third)).isTrue();
        assertThat(left()).isEqualTo(3);
    }

    @Test
    void theSameAsynchronously() throws Exception {
        RequestLimiter first = build(arriving());
        RequestLimiter second = build(behind("/* 20/hour key principal stage authenticated"));
        Way way = new Way();
        assertThat(first.decideAsync(way.request).toCompletableFuture().get().passes())
                .isTrue();
        assertThat(left()).isEqualTo(4);
        way.request.principal("ann");
        assertThat(second.decideAsync(way.request).toCompletableFuture().get().passes())
                .isTrue();
        assertThat(left()).isEqualTo(5);
    }

    @Test
    void aRequestThatTakesNoAttributesIsUnderBoth() {
        RequestLimiter first = build(arriving());
        RequestLimiter second = build(behind("/* 20/hour key principal stage authenticated"));
        Way way = new Way();
        way.request.withoutAttributes();
        assertThat(way.passes(first, "ann", second)).isTrue();
        assertThat(left()).isEqualTo(4);
    }

    /** General limits behind authentication: those of a principal, by plan, and nobody's. */
    @Test
    void plansOfPrincipalsAreInPlaceOfTheClientsLimits() {
        Map<String, String> database = new HashMap<>(Map.of("ann", "gold"));
        RequestLimiter first = build(arriving());
        RequestLimiter second = build(RequestLimiter.builder()
                .name("behind")
                .stage(Stage.AUTHENTICATED)
                .limits(Limit.parse("7/hour"))
                .key(RequestKey.parse("principal"))
                .plan(Plan.parse("gold: 20/hour"))
                .planSource(key -> CompletableFuture.completedFuture(database.get(key))));
        // Until the plan is known, a principal has the general limits of principals.
        assertThat(new Way().passes(first, "bob", second)).isTrue();
        assertThat(passing(99, first, "bob", second)).isEqualTo(6);
        time.advance(Duration.ofHours(1));
        assertThat(new Way().passes(first, "bob", second)).isTrue();
        assertThat(left()).isEqualTo(5);
        assertThat(passing(9, first, null, second)).isEqualTo(5);
    }

    @Test
    void theDecisionOfTheArrivalIsStillThere() {
        RequestLimiter first = build(arriving());
        RequestLimiter second = build(behind("/* 20/hour key principal stage authenticated"));
        Way way = new Way();
        assertThat(way.passes(first, "ann", second)).isTrue();
        assertThat(way.request.attribute(first.attribute())).isInstanceOf(Decision.class);
        assertThat(way.request.attribute(second.attribute())).isInstanceOf(Decision.class);
    }
}
