package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.headgate.Decision;
import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.testing.BrokenLimiter;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.LogRecords;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
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
        Refusal refusal = refused.verdict().refusal();
        assertThat(refusal.text()).contains("\"violated-policies\":[\"2-per-60s\"]");
        assertThat(refusal.body()).asString(StandardCharsets.UTF_8).isEqualTo(refusal.text());
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
        assertThat(request.attributes).containsOnlyKeys(ATTRIBUTE + "f", "io.headgate.arrival");
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
                .rule(
                        Rule.limiter("/a", own),
                        Rule.limiter("/b", own)
                                .cost(1)
                                .chargeOn((response, status) -> true)
                                .alone())
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
        try (LogRecords quiet = new LogRecords(RequestLimiter.class)) {
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
        try (LogRecords quiet = new LogRecords(RequestLimiter.class)) {
            assertThat(Served.by(shared, new FakeRequest()).status()).isEqualTo(200);
            assertThat(shared.stats().failed()).isEqualTo(1);
            assertThat(quiet.warnings()).hasSize(1);
        }
    }

    @Test
    void whoHasNoAddressSharesABucketWithAllOthersThatHaveNone() {
        RequestLimiter limits = RequestLimiter.builder(limiter).build();
        for (String nobody : List.of("unix", "0.0.0.0")) {
            assertThat(Served.by(limits, FakeRequest.from(nobody)).status()).isEqualTo(200);
        }
        assertThat(Served.by(limits, FakeRequest.from("unknown")).status()).isEqualTo(429);
        assertThat(Served.by(limits, new FakeRequest()).status()).isEqualTo(200);
    }

    @Test
    void nobodyAsksForTheAddressIfNothingGoesByIt() {
        LocalLimiter<String> byKey = Limiter.<String>builder(Limit.perDay(1))
                .ticker(new FakeTicker())
                .sweepInterval(Duration.ZERO)
                .build();
        RequestLimiter limits = RequestLimiter.builder(byKey, request -> "key")
                .resolver(request -> fail())
                .build();
        assertThat(Served.by(limits, new FakeRequest()).status()).isEqualTo(200);
        assertThat(limits.stats()).isEqualTo(stats(Map.of(RequestOutcome.ALLOWED, 1L), 0, 0));
    }

    @Test
    void whoIsExemptIsSoWhateverTheKey() {
        LocalLimiter<String> byKey = Limiter.<String>builder(Limit.perDay(1))
                .ticker(new FakeTicker())
                .sweepInterval(Duration.ZERO)
                .build();
        RequestLimiter limits = RequestLimiter.builder(byKey, request -> "key")
                .exempt(AddressRange.parse("192.0.2.0/24"))
                .build();
        assertThat(Served.by(limits, new FakeRequest()).status()).isEqualTo(200);
        assertThat(limits.stats().exempt()).isEqualTo(1);
        assertThat(byKey.size()).isZero();
    }

    @Test
    void itTellsWhichOfItsLimitersOnlyCount() {
        List<Rule> rules = List.of(Rule.parse("shadow: /a 1/day dry-run"), Rule.parse("enforced: /b 1/day"));
        for (boolean dryRun : new boolean[] {false, true}) {
            try (RequestLimiter limits = RequestLimiter.builder(limiter)
                    .rule(rules.toArray(new Rule[0]))
                    .dryRun(dryRun)
                    .build()) {
                assertThat(limits.limiters()).extracting(LimiterUse::isDryRun).containsExactly(dryRun, true, dryRun);
            }
        }
    }

    @SuppressWarnings("TypeParameterUnusedInFormals")
    private static <T> T fail() {
        throw new IllegalStateException("on purpose");
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
        assertThat(sum.toString()).contains("unaddressed=20", "failed=33", "undecided=0", "refunded=44");
        // Undecided requests are a count of their own, not among the failures.
        assertThat(stats(Map.of(RequestOutcome.FAILED_CLOSED, 1L), 1, 0))
                .isNotEqualTo(stats(Map.of(), 1, 0))
                .isEqualTo(stats(Map.of(RequestOutcome.FAILED_CLOSED, 1L, RequestOutcome.DENIED, 0L), 1, 0));
    }

    @Test
    void noFailureIsThrownWhateverTheClockThrows() {
        FakeTicker ticker = new FakeTicker();
        AtomicBoolean broken = new AtomicBoolean();
        RequestLimiter limits = RequestLimiter.builder(new BrokenLimiter<>())
                .ticker(() -> {
                    if (broken.get()) {
                        throw new AssertionError("on purpose");
                    }
                    return ticker.read();
                })
                .build();
        broken.set(true);
        try (LogRecords log = new LogRecords(RequestLimiter.class)) {
            assertThat(limits.decide(new FakeRequest()).passes()).isTrue();
            assertThat(limits.decideAsync(new FakeRequest()).toCompletableFuture())
                    .isCompleted();
            assertThat(log.failures()).isNotEmpty();
        }
        assertThat(limits.stats().failed()).isEqualTo(2);
    }
}
