package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.headgate.Decision;
import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LimiterRegistry;
import io.headgate.LimiterStats;
import io.headgate.LocalLimiter;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is decided, and what is left where, without any server. */
class RequestLimiterTest {

    private static final String ATTRIBUTE = "io.headgate.http.RequestLimiter.";

    private final LocalLimiter<ClientAddress> limiter = Buckets.of("2/minute");

    private static FilterStats stats(Map<RequestOutcome, Long> outcomes, long failed, long refunded) {
        return new FilterStats(outcomes, failed, refunded);
    }

    @Test
    void whoComesTooOftenIsRefused() {
        RequestLimiter limits = RequestLimiter.builder(limiter).build();
        assertThat(Served.by(limits, new FakeRequest()).status()).isEqualTo(200);
        assertThat(Served.by(limits, new FakeRequest()).status()).isEqualTo(200);
        Served refused = Served.by(limits, new FakeRequest());
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.verdict().refusal().text()).contains("\"violated-policies\":[\"2-per-60s\"]");
        assertThat(refused.response().field("Retry-After")).isEqualTo("30");
        assertThat(limits.stats())
                .isEqualTo(stats(Map.of(RequestOutcome.ALLOWED, 2L, RequestOutcome.DENIED, 1L), 0, 0));
        assertThat(limits.name()).isEqualTo("headgate");
        assertThat(limits.limiters())
                .singleElement()
                .satisfies(use -> assertThat(use.limiter()).isSameAs(limiter));
    }

    @Test
    void onlyWhoDoesNotPassHasARefusal() {
        RequestLimiter limits = RequestLimiter.builder(limiter).build();
        Verdict passed = limits.decide(new FakeRequest());
        assertThat(passed.passes()).isTrue();
        assertThatIllegalStateException().isThrownBy(passed::refusal);
    }

    @Test
    void theDecisionIsLeftInTheAttribute() {
        RequestLimiter limits = RequestLimiter.builder(limiter).name("f").build();
        assertThat(limits.attribute()).isEqualTo(ATTRIBUTE + "f");
        FakeRequest request = new FakeRequest();
        Verdict verdict = limits.decide(request);
        assertThat(request.attributes).containsOnlyKeys(ATTRIBUTE + "f");
        assertThat(request.attributes.get(ATTRIBUTE + "f")).isInstanceOfSatisfying(Decision.class, decision -> {
            assertThat(decision.remaining()).isEqualTo(1);
            assertThat(verdict.decision()).hasValue(decision);
        });
    }

    @Test
    void whoeverIsNotLimitedIsToldWhyInTheAttribute() {
        RequestLimiter limits = RequestLimiter.builder(limiter)
                .name("f")
                .exempt(AddressRange.parse("192.0.2.0/30"), AddressRange.parse("2001:db8::/32"))
                .rule(
                        Rule.unlimited("*.css"),
                        Rule.limits("/free", Limit.parse("1/day")).cost(0))
                .noAddress(NoAddress.ALLOW)
                .skipPreflight(true)
                .sweepInterval(Duration.ZERO)
                .build();
        for (FakeRequest exempt : List.of(FakeRequest.from("192.0.2.3"), FakeRequest.from("[2001:db8::1]"))) {
            assertThat(Served.by(limits, exempt).response().lines).isEmpty();
            assertThat(exempt.attributes).containsEntry(ATTRIBUTE + "f", "exempt");
        }
        FakeRequest preflight = FakeRequest.from("192.0.2.9")
                .method("OPTIONS")
                .header("Origin", "https://a.example")
                .header("Access-Control-Request-Method", "PUT");
        for (FakeRequest uncharged : List.of(
                FakeRequest.from("192.0.2.9").path("/a.css"),
                FakeRequest.from("192.0.2.9").path("/free"),
                preflight)) {
            assertThat(Served.by(limits, uncharged).response().lines).isEmpty();
            assertThat(uncharged.attributes).containsEntry(ATTRIBUTE + "f", "uncharged");
        }
        FakeRequest nobody = FakeRequest.from("unix");
        assertThat(Served.by(limits, nobody).verdict().decision()).isEmpty();
        assertThat(nobody.attributes).containsEntry(ATTRIBUTE + "f", "unaddressed");
        assertThat(limits.stats())
                .isEqualTo(stats(
                        Map.of(
                                RequestOutcome.EXEMPT, 2L,
                                RequestOutcome.UNCHARGED, 3L,
                                RequestOutcome.UNADDRESSED, 1L),
                        0,
                        0));
        assertThat(limiter.size()).isZero();
        limits.close();
    }

    @Test
    void aPreflightWithoutItsFieldsIsCharged() {
        RequestLimiter limits =
                RequestLimiter.builder(limiter).skipPreflight(true).build();
        Served.by(limits, new FakeRequest().method("OPTIONS").header("Origin", "https://a.example"));
        Served.by(limits, new FakeRequest().method("OPTIONS").header("Access-Control-Request-Method", "PUT"));
        assertThat(limits.stats().allowed()).isEqualTo(2);
    }

    @Test
    void anAmbiguousPathFallsUnderTheGeneralLimits() {
        RequestLimiter limits =
                RequestLimiter.builder(limiter).rule(Rule.unlimited("/*")).build();
        Served.by(limits, new FakeRequest().path("/x"));
        assertThat(limiter.size()).isZero();
        Served.by(limits, new FakeRequest().path(null));
        assertThat(limiter.size()).isEqualTo(1);
    }

    @Test
    void whatARuleLeavesOpenIsAsInTheFilter() {
        LocalLimiter<ClientAddress> own = Buckets.of("10/minute");
        RequestLimiter limits = RequestLimiter.builder(limiter)
                .cost(request -> 3)
                .chargeOn(ChargeOn.statuses(401))
                .rule(Rule.limiter("/a", own), Rule.limiter("/b", own).cost(1).chargeOn((response, status) -> true))
                .build();
        FakeResponse a = Served.by(limits, new FakeRequest().path("/a")).response();
        assertThat(a.field("RateLimit")).startsWith("\"10-per-60s\";r=7");
        assertThat(limits.stats().refunded()).isEqualTo(1);
        FakeResponse b = Served.by(limits, new FakeRequest().path("/b")).response();
        assertThat(b.field("RateLimit")).startsWith("\"10-per-60s\";r=9");
        assertThat(limits.stats().refunded()).isEqualTo(1);
    }

    @Test
    void aDryRunNeverDenies() {
        RequestLimiter limits = RequestLimiter.builder(Buckets.of("1/minute"))
                .dryRun(true)
                .noAddress(NoAddress.DENY)
                .onFailure(OnFailure.DENY)
                .resolver(request -> {
                    if (request.method().equals("FAIL")) {
                        throw new IllegalStateException("on purpose");
                    }
                    return request.remoteAddress();
                })
                .build();
        assertThat(Served.by(limits, new FakeRequest()).status()).isEqualTo(200);
        Served over = Served.by(limits, new FakeRequest());
        assertThat(over.status()).isEqualTo(200);
        assertThat(over.response().field("RateLimit")).isEqualTo("\"1-per-60s\";r=0;t=60");
        assertThat(over.response().field("Retry-After")).isEmpty();
        assertThat(Served.by(limits, FakeRequest.from("nobody")).status()).isEqualTo(200);
        try (LogRecords quiet = new LogRecords()) {
            assertThat(Served.by(limits, new FakeRequest().method("FAIL")).status())
                    .isEqualTo(200);
            assertThat(quiet.warnings()).hasSize(1);
        }
        assertThat(limits.stats())
                .isEqualTo(stats(
                        Map.of(
                                RequestOutcome.ALLOWED, 1L,
                                RequestOutcome.DRY_RUN_DENIED, 2L,
                                RequestOutcome.FAILED_OPEN, 1L),
                        1,
                        0));
    }

    @Test
    void keysMayBeOfAnyType() {
        LocalLimiter<String> byKey = Limiter.<String>builder(Limit.parse("1/minute"))
                .ticker(new FakeTicker())
                .sweepInterval(Duration.ZERO)
                .build();
        RequestLimiter.Builder builder = RequestLimiter.builder(
                byKey,
                request -> request.headers("Api-Key").stream().findFirst().orElse(null));
        RequestLimiter limits = builder.noAddress(NoAddress.ALLOW).build();
        assertThat(Served.by(limits, new FakeRequest().header("Api-Key", "a")).status())
                .isEqualTo(200);
        assertThat(Served.by(limits, new FakeRequest().header("Api-Key", "b")).status())
                .isEqualTo(200);
        assertThat(Served.by(limits, new FakeRequest().header("Api-Key", "a")).status())
                .isEqualTo(429);
        assertThat(Served.by(limits, new FakeRequest()).status()).isEqualTo(200);
        RequestLimiter strict = builder.noAddress(NoAddress.DENY).build();
        Served refused = Served.by(strict, new FakeRequest());
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.response().lines).isEmpty();
        RequestLimiter shared = builder.noAddress(NoAddress.SHARED).build();
        try (LogRecords quiet = new LogRecords()) {
            assertThat(Served.by(shared, new FakeRequest()).status()).isEqualTo(200);
            assertThat(shared.stats().failed()).isEqualTo(1);
            assertThat(quiet.warnings()).hasSize(1);
        }
    }

    @Test
    void everyFunctionMayFail() {
        List<RequestLimiter.Builder> broken = List.of(
                RequestLimiter.builder(limiter).resolver(request -> fail()),
                RequestLimiter.builder(limiter).cost(request -> fail()),
                RequestLimiter.builder(limiter).cost(request -> -1),
                RequestLimiter.builder(limiter).cost(request -> sneak(new IOException("checked"))),
                RequestLimiter.builder(limiter).cost(request -> sneak(new StackOverflowError())),
                RequestLimiter.builder(limiter).cost(request -> sneak(new NoClassDefFoundError("x"))),
                RequestLimiter.builder(limiter).rule(Rule.unlimited("/x").onlyIf(path -> fail())),
                RequestLimiter.builder(new BrokenLimiter<ClientAddress>(new IllegalStateException("on purpose"))),
                RequestLimiter.builder(limiter, request -> fail()));
        try (LogRecords quiet = new LogRecords()) {
            for (RequestLimiter.Builder builder : broken) {
                RequestLimiter open = builder.onFailure(OnFailure.ALLOW).build();
                FakeRequest passed = new FakeRequest().path("/x");
                assertThat(Served.by(open, passed).status()).isEqualTo(200);
                assertThat(passed.attributes).containsEntry(open.attribute(), "failed-open");
                RequestLimiter closed = builder.onFailure(OnFailure.DENY).build();
                FakeRequest request = new FakeRequest().path("/x");
                Served refused = Served.by(closed, request);
                assertThat(refused.status()).isEqualTo(503);
                assertThat(refused.verdict().refusal().text()).contains("\"status\":503");
                assertThat(request.attributes).containsEntry(closed.attribute(), "failed-closed");
                assertThat(open.stats().failed() + closed.stats().failed()).isEqualTo(2);
                assertThat(open.stats().undecided() + closed.stats().undecided())
                        .isEqualTo(2);
            }
            assertThat(quiet.failures()).hasSize(2 * broken.size());
        }
        assertThat(limiter.size()).isZero();
    }

    /** Metrics of a limiter somewhere else may fail while that is away; the server starts all the same. */
    @Test
    void aLimiterThatCannotTellOfItselfIsAskedAllTheSame() {
        Limiter<ClientAddress> silent = new Limiter<>() {
            @Override
            public LimiterStats stats() {
                throw new IllegalStateException("on purpose");
            }

            @Override
            public boolean tryAcquire(ClientAddress key, long permits) {
                return limiter.tryAcquire(key, permits);
            }

            @Override
            public Decision decide(ClientAddress key, long permits) {
                return limiter.decide(key, permits);
            }

            @Override
            public Decision peek(ClientAddress key, long permits) {
                return limiter.peek(key, permits);
            }

            @Override
            public void refund(ClientAddress key, long permits) {
                limiter.refund(key, permits);
            }

            @Override
            public void reset(ClientAddress key) {
                limiter.reset(key);
            }

            @Override
            public void close() {}
        };
        try (LogRecords quiet = new LogRecords()) {
            RequestLimiter limits = RequestLimiter.builder(silent).build();
            assertThat(quiet.failures()).hasSize(1);
            assertThat(Served.by(limits, new FakeRequest()).status()).isEqualTo(200);
            assertThat(Buckets.left(limiter)).isEqualTo(1);
        }
    }

    /** A limiter of the user's own that decides, and fails at whatever it is asked beside that. */
    private record Taciturn(Limiter<ClientAddress> limiter) implements Limiter<ClientAddress> {

        @Override
        public ClientAddress tracked(ClientAddress key) {
            throw new IllegalStateException("on purpose");
        }

        @Override
        public String name() {
            throw new IllegalStateException("on purpose");
        }

        @Override
        public LimiterStats stats() {
            throw new NoClassDefFoundError("on purpose");
        }

        @Override
        public boolean tryAcquire(ClientAddress key, long permits) {
            return limiter.tryAcquire(key, permits);
        }

        @Override
        public Decision decide(ClientAddress key, long permits) {
            return limiter.decide(key, permits);
        }

        @Override
        public Decision peek(ClientAddress key, long permits) {
            return limiter.peek(key, permits);
        }

        @Override
        public void refund(ClientAddress key, long permits) {
            limiter.refund(key, permits);
        }

        @Override
        public void reset(ClientAddress key) {
            limiter.reset(key);
        }

        @Override
        public void close() {}
    }

    @Test
    void aLimiterThatOnlyDecidesLimitsAllTheSame() {
        try (LogRecords quiet = new LogRecords()) {
            for (OnFailure onFailure : OnFailure.values()) {
                RequestLimiter limits = RequestLimiter.builder(new Taciturn(Buckets.of("2/minute")))
                        .onFailure(onFailure)
                        .onClientDenied(denied -> {})
                        .build();
                for (int status : new int[] {200, 200, 429}) {
                    assertThat(Served.by(limits, new FakeRequest()).status()).isEqualTo(status);
                }
                assertThat(limits.decideAsync(new FakeRequest())
                                .toCompletableFuture()
                                .join()
                                .passes())
                        .isFalse();
                assertThat(limits.topDenied(1)).isEmpty();
                assertThat(limits.stats().undecided()).isZero();
                assertThat(limits.stats().failed()).isPositive();
            }
            assertThat(quiet.failures()).hasSize(2);
        }
    }

    @Test
    void aRequestThatTakesNoAttributeIsDecidedAllTheSame() {
        RequestLimiter limits = RequestLimiter.builder(limiter).build();
        try (LogRecords quiet = new LogRecords()) {
            assertThat(limits.decide(new FakeRequest().withoutAttributes()).passes())
                    .isTrue();
            assertThat(quiet.failures()).hasSize(1);
        }
        assertThat(limits.stats().allowed()).isEqualTo(1);
    }

    /** As where a framework made the former one, and the next is made by hand. */
    @Test
    void whatTakesThePlaceOfAnotherIsInItsRegistryUnderItsName() {
        LimiterRegistry registry = new LimiterRegistry();
        RequestLimiter before = RequestLimiter.builder()
                .limits(Limit.perDay(1))
                .registry(registry)
                .limiterName("general")
                .build();
        RequestLimiter after = RequestLimiter.builder().limits(Limit.perDay(1)).buildInPlaceOf(before);
        before.giveWayTo(after);
        assertThat(after.limiters().get(0).limiter())
                .isSameAs(before.limiters().get(0).limiter())
                .isSameAs(registry.get("general").orElseThrow());
        after.close();
        // It was handed in, and is still open.
        registry.obtain(String.class, Limiter.builder(Limit.perDay(1)).name("other"));
        registry.close();
    }

    private static RequestLimiter.Builder in(LimiterRegistry registry, String... rules) {
        RequestLimiter.Builder builder = RequestLimiter.builder()
                .registry(registry)
                .limiterName("general")
                .limits(Limit.perDay(1))
                .sweepInterval(Duration.ZERO);
        for (String rule : rules) {
            builder.rule(Rule.parse(rule));
        }
        return builder;
    }

    @Test
    void whatOneOfTwoFiltersLetsGoOfTheOtherKeeps() {
        LimiterRegistry registry = new LimiterRegistry();
        RequestLimiter kept = in(registry, "login: /login 1/day").build();
        RequestLimiter before = in(registry, "login: /login 1/day", "own: /own 1/day")
                .name("other")
                .build();
        Limiter<?> login = registry.get("login").orElseThrow();
        assertThat(Served.by(kept, new FakeRequest().path("/login")).status()).isEqualTo(200);
        RequestLimiter after = in(registry).buildInPlaceOf(before);
        before.giveWayTo(after);
        assertThat(registry.limiters()).containsOnlyKeys("general", "login").containsEntry("login", login);
        after.close();
        assertThat(registry.limiters()).containsOnlyKeys("general", "login");
        RequestLimiter later = in(registry, "login: /login 1/day").name("later").build();
        assertThat(Served.by(later, new FakeRequest().path("/login")).status()).isEqualTo(429);
        registry.close();
    }

    @Test
    void oneNameWithDifferentLimitsIsRefused() {
        LimiterRegistry registry = new LimiterRegistry();
        RequestLimiter first = in(registry, "login: /login 5/day").build();
        assertThatIllegalStateException()
                .isThrownBy(() -> in(registry, "new: /new 1/day", "login: /login 6/day")
                        .name("other")
                        .build())
                .withMessageContainingAll("\"login\"", "permits=5", "permits=6");
        assertThat(registry.limiters()).containsOnlyKeys("general", "login");
        RequestLimiter second = in(registry).name("other").build();
        assertThatIllegalStateException()
                .isThrownBy(() ->
                        in(registry, "new: /new 1/day", "login: /login 6/day").buildInPlaceOf(second));
        assertThat(registry.limiters()).containsOnlyKeys("general", "login");
        // Whoever has it alone may change it, and so may the next once it is closed.
        RequestLimiter changed = in(registry, "login: /login 7/day").buildInPlaceOf(first);
        first.giveWayTo(changed);
        assertThat(registry.get("login").orElseThrow().limits()).containsExactly(Limit.perDay(7));
        changed.close();
        in(registry, "login: /login 8/day").name("third").build();
        assertThat(registry.get("login").orElseThrow().limits()).containsExactly(Limit.perDay(8));
        registry.close();
    }

    @Test
    void aFilterHasTheLimiterThatCodeObtainedAlike() {
        LimiterRegistry registry = new LimiterRegistry();
        Limiter<ClientAddress> obtained = registry.obtain(
                ClientAddress.class,
                Limiter.forAddresses(Limit.perDay(1)).name("general").sweepInterval(Duration.ZERO));
        RequestLimiter before = in(registry).build();
        assertThat(before.limiters().get(0).limiter()).isSameAs(obtained);
        RequestLimiter after = in(registry).limiterName("else").buildInPlaceOf(before);
        before.giveWayTo(after);
        assertThat(registry.get("general")).containsSame(obtained);
        registry.close();
    }

    @Test
    void aRuleInFrontMovesNoStateToAnotherRule() {
        RequestLimiter before = RequestLimiter.builder()
                .rule(Rule.parse("POST /login 1/day"), Rule.parse("GET,PUT /login 1/day"), Rule.parse("/a 1/day"))
                .sweepInterval(Duration.ZERO)
                .build();
        assertThat(Served.by(before, new FakeRequest().method("PUT").path("/login"))
                        .status())
                .isEqualTo(200);
        RequestLimiter after = RequestLimiter.builder()
                .rule(
                        Rule.parse("DELETE /login 1/day"),
                        Rule.parse("/a 1/day"),
                        Rule.parse("POST /login 1/day"),
                        Rule.parse("PUT,GET /login 1/day"))
                .sweepInterval(Duration.ZERO)
                .buildInPlaceOf(before);
        before.giveWayTo(after);
        for (String method : List.of("DELETE", "POST")) {
            assertThat(Served.by(after, new FakeRequest().method(method).path("/login"))
                            .status())
                    .as(method)
                    .isEqualTo(200);
        }
        assertThat(Served.by(after, new FakeRequest().method("GET").path("/login"))
                        .status())
                .isEqualTo(429);
        assertThat(Served.by(after, new FakeRequest().path("/a")).status()).isEqualTo(200);
        after.close();
    }

    @Test
    void onlyRulesForTheSameRequestsAreNumbered() {
        RequestLimiter limits = RequestLimiter.builder()
                .rule(Rule.parse("/a 1/day").onlyIf(path -> false), Rule.parse("GET /a 2/day"), Rule.parse("/a 3/day"))
                .sweepInterval(Duration.ZERO)
                .build();
        assertThat(limits.limiters()).extracting(use -> use.limiter().name()).containsExactly("/a", "GET /a", "/a (2)");
        limits.close();
    }

    @Test
    void theDryRunOfARuleDoesNotDenyByFailing() {
        RequestLimiter limits = RequestLimiter.builder(limiter)
                .cost(request -> fail())
                .onFailure(OnFailure.DENY)
                .rule(Rule.limits("/shadow", Limit.parse("1/day")).dryRun())
                .build();
        try (LogRecords quiet = new LogRecords()) {
            assertThat(Served.by(limits, new FakeRequest().path("/shadow")).status())
                    .isEqualTo(200);
            assertThat(Served.by(limits, new FakeRequest().path("/")).status()).isEqualTo(503);
            assertThat(limits.stats().failed()).isEqualTo(2);
            assertThat(quiet.warnings()).hasSize(1);
        }
        limits.close();
    }

    @Test
    void outOfMemoryIsNotOurs() {
        RequestLimiter limits = RequestLimiter.builder(limiter)
                .cost(request -> sneak(new OutOfMemoryError("on purpose")))
                .build();
        assertThatExceptionOfType(OutOfMemoryError.class).isThrownBy(() -> limits.decide(new FakeRequest()));
    }

    @SuppressWarnings("TypeParameterUnusedInFormals")
    private static <T> T fail() {
        throw new IllegalStateException("on purpose");
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <E extends Throwable> long sneak(Throwable failure) throws E {
        throw (E) failure;
    }

    @Test
    void chargeOnThatFailsLeavesTheCharge() {
        ChargeOn broken = (response, status) -> {
            throw new IllegalStateException("on purpose");
        };
        try (LogRecords quiet = new LogRecords()) {
            for (OnFailure onFailure : OnFailure.values()) {
                LocalLimiter<ClientAddress> own = Buckets.of("10/minute");
                RequestLimiter limits = RequestLimiter.builder(own)
                        .chargeOn(broken)
                        .onFailure(onFailure)
                        .build();
                assertThat(Served.by(limits, new FakeRequest()).status()).isEqualTo(200);
                assertThat(Buckets.left(own)).isEqualTo(9);
                assertThat(limits.stats().failed()).isEqualTo(1);
                assertThat(limits.stats().undecided()).isZero();
            }
            assertThat(quiet.warnings()).hasSize(2);
        }
    }

    @Test
    void whatAnAdapterReportsIsCountedAsAFailure() {
        RequestLimiter limits = RequestLimiter.builder(limiter).build();
        try (LogRecords log = new LogRecords()) {
            limits.report(new IllegalStateException("header text"));
            assertThat(log.warnings()).hasSize(1);
            assertThat(log.text()).doesNotContain("header text");
        }
        assertThat(limits.stats().failed()).isEqualTo(1);
    }

    @Test
    void closeEndsWhatWasMadeHereOnly() {
        FakeLimiter handedIn = new FakeLimiter(Decision.allowed(false, List.of()));
        RequestLimiter limits = RequestLimiter.builder(handedIn)
                .rule(
                        Rule.limiter("/a", handedIn),
                        Rule.parse("made: /b 1/day"),
                        Rule.unlimited("/c").named("c"))
                .sweepInterval(Duration.ZERO)
                .build();
        assertThat(limits.limiters()).hasSize(2);
        assertThat(limits.limiters().get(0).limiter()).isSameAs(handedIn);
        assertThat(limits.limiters().get(1).limiter())
                .isInstanceOfSatisfying(
                        LocalLimiter.class, made -> assertThat(made.name()).isEqualTo("made"));
        limits.close();
        assertThat(handedIn.calls).doesNotContain("close");
        // Requests that were under way are decided as before.
        assertThat(Served.by(limits, new FakeRequest().path("/b")).status()).isEqualTo(200);
        assertThat(Served.by(limits, new FakeRequest().path("/b")).status()).isEqualTo(429);
    }

    @Test
    void theBuilderMayBeUsedAgain() {
        RequestLimiter.Builder builder = RequestLimiter.builder(limiter);
        RequestLimiter before = builder.build();
        builder.exempt(AddressRange.parse("0.0.0.0/0")).dryRun(true).name("later");
        Served.by(before, new FakeRequest());
        assertThat(before.stats().allowed()).isEqualTo(1);
        assertThat(before.name()).isEqualTo("headgate");
        RequestLimiter after = builder.build();
        Served.by(after, new FakeRequest());
        assertThat(after.stats().exempt()).isEqualTo(1);
        assertThat(after.name()).isEqualTo("later");
    }

    @Test
    void mistakesInCode() {
        RequestLimiter.Builder builder = RequestLimiter.builder(limiter);
        assertThatIllegalArgumentException().isThrownBy(() -> builder.name(" "));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.retryAfterJitter(Duration.ofSeconds(-1)))
                .withMessageContaining("PT-1S");
        assertThatIllegalArgumentException().isThrownBy(() -> builder.cost(-1)).withMessageContaining("-1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RequestLimiter.builder(limiter)
                        .rule(
                                Rule.unlimited("/a").named("x"),
                                Rule.unlimited("/b").named("x"))
                        .build())
                .withMessageContaining("\"x\"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RequestLimiter.builder(limiter)
                        .rule(Rule.limits("/a", Limit.parse("1/s"), Limit.parse("1/s")))
                        .build());
    }

    @Test
    void aReplacementGoesOnWithTheCounts() {
        RequestLimiter before = RequestLimiter.builder(limiter).name("f").build();
        Served.by(before, new FakeRequest());
        RequestLimiter after = RequestLimiter.builder(limiter)
                .exempt(AddressRange.parse("::/0"))
                .buildInPlaceOf(before);
        Served.by(after, new FakeRequest());
        assertThat(Served.by(after, new FakeRequest()).status()).isEqualTo(429);
        assertThat(after.name()).isEqualTo("f");
        assertThat(after.attribute()).isEqualTo(before.attribute());
        assertThat(after.stats())
                .isEqualTo(before.stats())
                .isEqualTo(stats(Map.of(RequestOutcome.ALLOWED, 2L, RequestOutcome.DENIED, 1L), 0, 0));
    }

    @Test
    void theSumOfTwoCountsHasEveryCountOfBoth() {
        FilterStats one = stats(Map.of(RequestOutcome.ALLOWED, 1L, RequestOutcome.EXEMPT, 2L), 3, 4);
        FilterStats other = stats(Map.of(RequestOutcome.ALLOWED, 10L, RequestOutcome.UNADDRESSED, 20L), 30, 40);
        FilterStats sum = one.plus(other);
        assertThat(sum)
                .isEqualTo(other.plus(one))
                .hasSameHashCodeAs(other.plus(one))
                .isEqualTo(stats(
                        Map.of(
                                RequestOutcome.ALLOWED, 11L,
                                RequestOutcome.EXEMPT, 2L,
                                RequestOutcome.UNADDRESSED, 20L),
                        33,
                        44));
        assertThat(one.plus(FilterStats.NONE)).isEqualTo(one).isNotEqualTo(other);
        assertThat(sum.toString()).contains("unaddressed=20", "failed=33", "refunded=44");
    }
}
