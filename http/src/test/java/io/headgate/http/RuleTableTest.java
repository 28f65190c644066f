package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.headgate.Decision;
import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.net.ClientAddress;
import io.headgate.testing.BrokenLimiter;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.LogRecords;
import io.headgate.testing.OwnLimiter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Of two readings of a path, each has its say. */
class RuleTableTest {

    private static final FakeTicker TICKER = new FakeTicker();
    private static final String BOTH = "/static/../x";

    private static RequestLimiter.Builder rules(String... rules) {
        RequestLimiter.Builder builder = RequestLimiter.builder().ticker(TICKER).sweepInterval(Duration.ZERO);
        for (String rule : rules) {
            builder.rule(Rule.parse(rule));
        }
        return builder;
    }

    /** How many of ten requests pass, cycling through the paths. */
    private static long passing(RequestLimiter limits, List<String> paths) {
        return Stream.iterate(0, i -> i + 1)
                .limit(10)
                .filter(i -> Served.by(limits, new FakeRequest().path(paths.get(i % paths.size())))
                                .status()
                        == 200)
                .count();
    }

    static List<String> login() {
        return CanonicalPathTest.LOGIN;
    }

    @ParameterizedTest
    @MethodSource("login")
    void anOddSpellingOfALimitedPathIsLimited(String path) {
        assertThat(passing(rules("/login 3/hour").build(), List.of(path))).isEqualTo(3);
        assertThat(passing(rules("/* unlimited", "/login 3/hour").build(), List.of("/login", path)))
                .isEqualTo(10);
    }

    @Test
    void allSpellingsShareOneBucket() {
        List<String> paths = new ArrayList<>(CanonicalPathTest.LOGIN);
        paths.add("/login");
        assertThat(passing(rules("/login 3/hour").build(), paths)).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/login", "/LOGIN", "/Login", "//Login"})
    void howARuleIsWrittenDoesNotMatterEither(String path) {
        assertThat(passing(rules("/Login 3/hour").build(), List.of(path))).isEqualTo(3);
    }

    static List<String> api() {
        return List.of(
                "/static/../api/x",
                "/static/a/../../api/x",
                "/static/..;a=b/api/x",
                "/static/%2e%2e/api/x",
                "/static/%252e%252e/api/x",
                "/static/..%2fapi/x",
                "/static/..\\api\\x",
                "/static/./../api//x",
                "/static/;a/../../api/x");
    }

    @ParameterizedTest
    @MethodSource("api")
    void noSpellingLeadsThroughAnUnlimitedRulePastALimit(String path) {
        assertThat(passing(rules("/static/* unlimited", "/api/* 3/hour").build(), List.of(path)))
                .isEqualTo(3);
        assertThat(passing(rules("/static/* unlimited", "/api/* 3/hour").build(), List.of("/static/a")))
                .isEqualTo(10);
        assertThat(passing(rules("*.css unlimited", "/api/* 3/hour").build(), List.of("/api/x;a.css")))
                .isEqualTo(3);
        assertThat(passing(rules("/api/* 3/hour", "/static/* unlimited").build(), List.of("/api/../static/a")))
                .isEqualTo(3);
    }

    @Test
    void noSpellingLeadsThroughAWideLimitPastANarrowOne() {
        LocalLimiter<ClientAddress> wide = Buckets.of("1000/second");
        LocalLimiter<ClientAddress> narrow = Buckets.of("3/hour");
        RequestLimiter limits = RequestLimiter.builder(narrow)
                .rule(Rule.limiter("/static/*", wide))
                .build();
        assertThat(passing(limits, List.of(BOTH))).isEqualTo(3);
        assertThat(Buckets.left(wide)).isEqualTo(997);
        assertThat(Buckets.left(narrow)).isZero();
        // The other way round it is the same.
        LocalLimiter<ClientAddress> few = Buckets.of("3/hour");
        RequestLimiter other = RequestLimiter.builder(wide)
                .rule(Rule.limiter("/static/*", few))
                .build();
        assertThat(passing(other, List.of(BOTH))).isEqualTo(3);
        assertThat(Buckets.left(wide)).isEqualTo(994);
    }

    @Test
    void onePolicyIsChargedOnce() {
        LocalLimiter<ClientAddress> one = Buckets.of("10/hour");
        RequestLimiter limits = RequestLimiter.builder(one)
                .rule(Rule.limiter("/login", one), Rule.unlimited("/static/*"))
                .build();
        Served.by(limits, new FakeRequest().path("//login"));
        assertThat(Buckets.left(one)).isEqualTo(9);
        Served.by(limits, new FakeRequest().path("//x"));
        assertThat(Buckets.left(one)).isEqualTo(8);
        assertThat(limits.stats().allowed()).isEqualTo(2);
    }

    @Test
    void aDenialByTheSecondGivesTheFirstBack() {
        LocalLimiter<ClientAddress> first = Buckets.of("100/hour");
        LocalLimiter<ClientAddress> second = Buckets.of("5/hour");
        RequestLimiter limits = RequestLimiter.builder(second)
                .cost(2)
                .rule(Rule.limiter("/static/*", first))
                .build();
        assertThat(passing(limits, List.of(BOTH))).isEqualTo(2);
        assertThat(Buckets.left(first)).isEqualTo(96);
        assertThat(Buckets.left(second)).isEqualTo(1);
        Served denied = Served.by(limits, new FakeRequest().path(BOTH));
        assertThat(denied.response().field("RateLimit")).startsWith("\"5-per-3600s\";r=1");
        assertThat(denied.verdict().refusal().text()).contains("5-per-3600s").doesNotContain("100-per-3600s");
    }

    @Test
    void aDenialByTheFirstTakesNothingFromTheSecond() {
        LocalLimiter<ClientAddress> first = Buckets.of("1/hour");
        LocalLimiter<ClientAddress> second = Buckets.of("5/hour");
        RequestLimiter limits = RequestLimiter.builder(second)
                .rule(Rule.limiter("/static/*", first))
                .build();
        assertThat(passing(limits, List.of(BOTH))).isEqualTo(1);
        assertThat(Buckets.left(second)).isEqualTo(4);
    }

    /** Whichever of the two denies: a client that waits so long is admitted. */
    @Test
    void theWaitThatIsPromisedIsEnoughForBoth() {
        for (String general : List.of("1/second", "1/hour", "1/minute burst 3")) {
            FakeTicker ticker = new FakeTicker();
            RequestLimiter limits = RequestLimiter.builder(Buckets.of(general, ticker))
                    .ticker(ticker)
                    .rule(Rule.limiter("/static/*", Buckets.of("1/minute", ticker)))
                    .build();
            assertThat(Served.by(limits, new FakeRequest().path(BOTH)).status()).isEqualTo(200);
            for (int i = 0; i < 5; i++) {
                Served denied = Served.by(limits, new FakeRequest().path(BOTH));
                assertThat(denied.status()).isEqualTo(429);
                assertThat(limits.decideAsync(new FakeRequest().path(BOTH))
                                .toCompletableFuture()
                                .join()
                                .decision())
                        .isEqualTo(denied.verdict().decision());
                ticker.advance(
                        Duration.ofSeconds(Long.parseLong(denied.response().field("Retry-After"))));
                assertThat(Served.by(limits, new FakeRequest().path(BOTH)).status())
                        .isEqualTo(200);
            }
        }
    }

    /** A limiter elsewhere would make the request wait: only who waits anyhow asks it. */
    @Test
    void theWaitOfALimiterElsewhereIsPromisedIfTheRequestWaitsForItsAnswer() {
        LocalLimiter<ClientAddress> spent = Buckets.of("1/hour");
        RequestLimiter limits = RequestLimiter.builder(new OwnLimiter<>(spent))
                .rule(Rule.limiter("/static/*", Buckets.of("1/minute")))
                .build();
        Served.by(limits, new FakeRequest().path(BOTH));
        assertThat(Served.by(limits, new FakeRequest().path(BOTH)).response().field("Retry-After"))
                .isEqualTo("3600");
        assertThat(limits.decideAsync(new FakeRequest().path(BOTH))
                        .toCompletableFuture()
                        .join()
                        .decision())
                .hasValueSatisfying(
                        decision -> assertThat(decision.retryAfter()).hasValue(Duration.ofMinutes(1)));
    }

    @Test
    void aDryRunHasNoPartInTheWait() {
        LocalLimiter<ClientAddress> spent = Buckets.of("1/hour");
        RequestLimiter limits = rules("/other 1/hour")
                .rule(
                        Rule.limiter("/static/*", Buckets.of("1/minute")),
                        Rule.limiter("/x", spent).dryRun())
                .build();
        Served.by(limits, new FakeRequest().path(BOTH));
        assertThat(Served.by(limits, new FakeRequest().path(BOTH)).response().field("Retry-After"))
                .isEqualTo("60");
    }

    @Test
    void aSecondThatCannotTellItsWaitIsAFailureAndLeavesTheDenial() {
        Limiter<ClientAddress> mute = new OwnLimiter<>(Buckets.of("5/hour")) {
            @Override
            public Decision peek(ClientAddress key, long permits) {
                throw new IllegalStateException("on purpose");
            }
        };
        RequestLimiter limits = RequestLimiter.builder(mute)
                .rule(Rule.limiter("/static/*", Buckets.of("1/minute")))
                .build();
        try (LogRecords quiet = new LogRecords(RequestLimiter.class)) {
            Served.by(limits, new FakeRequest().path(BOTH));
            Served denied = Served.by(limits, new FakeRequest().path(BOTH));
            assertThat(denied.status()).isEqualTo(429);
            assertThat(denied.response().field("Retry-After")).isEqualTo("60");
            assertThat(quiet.failures()).hasSize(1);
        }
        assertThat(limits.stats().failed()).isEqualTo(1);
    }

    @Test
    void aFailureOfTheSecondGivesTheFirstBackOnlyIfTheRequestIsRefused() {
        for (OnFailure onFailure : OnFailure.values()) {
            LocalLimiter<ClientAddress> first = Buckets.of("10/hour");
            RequestLimiter limits = RequestLimiter.builder(new BrokenLimiter<ClientAddress>())
                    .rule(Rule.limiter("/static/*", first))
                    .onFailure(onFailure)
                    .build();
            try (LogRecords quiet = new LogRecords(RequestLimiter.class)) {
                Served served = Served.by(limits, new FakeRequest().path(BOTH));
                assertThat(served.status()).isEqualTo(onFailure == OnFailure.ALLOW ? 200 : 503);
                assertThat(quiet.failures()).hasSize(1);
            }
            assertThat(Buckets.left(first)).isEqualTo(onFailure == OnFailure.ALLOW ? 9 : 10);
            assertThat(limits.stats().failed()).isEqualTo(1);
            assertThat(limits.stats().undecided()).isEqualTo(1);
        }
    }

    /** Whoever makes the second fail is still under the first. */
    @Test
    void aSecondThatFailsDoesNotLiftTheLimitOfTheFirst() {
        LocalLimiter<ClientAddress> first = Buckets.of("3/hour");
        RequestLimiter limits = RequestLimiter.builder(new BrokenLimiter<ClientAddress>())
                .rule(Rule.limiter("/static/*", first))
                .build();
        try (LogRecords quiet = new LogRecords(RequestLimiter.class)) {
            assertThat(passing(limits, List.of(BOTH))).isEqualTo(3);
            assertThat(quiet.failures()).hasSize(1);
        }
        assertThat(limits.stats().undecided()).isEqualTo(3);
        assertThat(limits.stats().denied()).isEqualTo(7);
    }

    @Test
    void whatTheFirstTookIsSettledAlsoIfTheSecondFails() {
        LocalLimiter<ClientAddress> first = Buckets.of("10/hour");
        RequestLimiter limits = RequestLimiter.builder(new BrokenLimiter<ClientAddress>())
                .chargeOn(ChargeOn.statuses(401))
                .rule(Rule.limiter("/static/*", first))
                .build();
        try (LogRecords quiet = new LogRecords(RequestLimiter.class)) {
            Served.by(limits, new FakeRequest().path(BOTH), 401);
            assertThat(Buckets.left(first)).isEqualTo(9);
            Served passed = Served.by(limits, new FakeRequest().path(BOTH), 200);
            assertThat(Buckets.left(first)).isEqualTo(9);
            assertThat(passed.response().field("RateLimit")).startsWith("\"10-per-3600s\";r=8");
            assertThat(quiet.failures()).hasSize(1);
        }
        assertThat(limits.stats().failed()).isEqualTo(2);
    }

    /** A limiter that admits everything, and cannot give anything back. */
    private record Irrevocable(boolean tellsWhereItTook) implements Limiter<ClientAddress> {

        @Override
        public Decision decide(ClientAddress key, long permits) {
            return tellsWhereItTook
                    ? Decision.allowed(false, List.of(), permits, given -> refund(key, given))
                    : Decision.allowed(false, List.of());
        }

        @Override
        public void refund(ClientAddress key, long permits) {
            throw new IllegalStateException("on purpose");
        }

        @Override
        public boolean tryAcquire(ClientAddress key, long permits) {
            return true;
        }

        @Override
        public Decision peek(ClientAddress key, long permits) {
            return decide(key, permits);
        }

        @Override
        public void reset(ClientAddress key) {}

        @Override
        public void close() {}
    }

    static List<Arguments> secondsThatDoNotAdmit() {
        Limiter<ClientAddress> denying = new FakeLimiter(Decision.denied(Duration.ofSeconds(1), false, List.of()));
        Limiter<ClientAddress> failing = new BrokenLimiter<>();
        return List.of(
                Arguments.of(true, denying),
                Arguments.of(true, failing),
                Arguments.of(false, denying),
                Arguments.of(false, failing));
    }

    @ParameterizedTest
    @MethodSource("secondsThatDoNotAdmit")
    void aFirstThatCannotBeGivenBackIsAFailureThatIsNotThrown(boolean tellsWhereItTook, Limiter<ClientAddress> second) {
        RequestLimiter limits = RequestLimiter.builder(second)
                .rule(Rule.limiter("/static/*", new Irrevocable(tellsWhereItTook)))
                .build();
        try (LogRecords quiet = new LogRecords(RequestLimiter.class)) {
            assertThatCode(() -> limits.decide(new FakeRequest().path(BOTH))).doesNotThrowAnyException();
            assertThat(limits.decideAsync(new FakeRequest().path(BOTH)).toCompletableFuture())
                    .isCompleted();
            assertThat(quiet.failures()).hasSize(1);
        }
        assertThat(limits.stats().failed()).isGreaterThanOrEqualTo(2);
    }

    @Test
    void ofTwoTheOneThatIsADryRunOnlyCounts() {
        LocalLimiter<ClientAddress> first = Buckets.of("2/hour");
        LocalLimiter<ClientAddress> second = Buckets.of("5/hour");
        RequestLimiter firstIsDry = RequestLimiter.builder(second)
                .rule(Rule.limiter("/static/*", first).dryRun())
                .build();
        assertThat(passing(firstIsDry, List.of(BOTH))).isEqualTo(5);
        assertThat(Buckets.left(first)).isZero();
        // Those that the second denied got theirs back; of the five, the first would have denied three.
        assertThat(firstIsDry.stats().denied()).isEqualTo(5);
        assertThat(firstIsDry.stats().dryRunDenied()).isEqualTo(3);
        assertThat(firstIsDry.stats().allowed()).isEqualTo(2);
    }

    @Test
    void aSecondThatIsADryRunLeavesWhatTheFirstTook() {
        LocalLimiter<ClientAddress> first = Buckets.of("5/hour");
        LocalLimiter<ClientAddress> second = Buckets.of("2/hour");
        FakeTicker ticker = new FakeTicker();
        RequestLimiter secondIsDry = RequestLimiter.builder(second)
                .ticker(ticker)
                .dryRun(true)
                .rule(Rule.limiter("/static/*", first))
                .build();
        // The dry run of all is that of the rule too.
        assertThat(passing(secondIsDry, List.of(BOTH))).isEqualTo(10);
        assertThat(secondIsDry.stats().allowed()).isEqualTo(2);
        assertThat(secondIsDry.stats().dryRunDenied()).isEqualTo(8);
        assertThat(Buckets.left(first)).isZero();

        LocalLimiter<ClientAddress> enforced = Buckets.of("5/hour");
        LocalLimiter<ClientAddress> counted = Buckets.of("2/hour");
        RequestLimiter byRules = rules("/other 1/hour")
                .rule(
                        Rule.limiter("/static/*", enforced),
                        Rule.limiter("/x", counted).dryRun())
                .build();
        assertThat(passing(byRules, List.of(BOTH))).isEqualTo(5);
        assertThat(Buckets.left(enforced)).isZero();
        assertThat(byRules.stats().allowed()).isEqualTo(2);
        assertThat(byRules.stats().dryRunDenied()).isEqualTo(3);
        assertThat(byRules.stats().denied()).isEqualTo(5);
    }

    @Test
    void whatADryRunWouldHaveDeniedIsToldEvenIfTheOtherAllows() {
        RequestLimiter limits = RequestLimiter.builder(Buckets.of("5/hour"))
                .rule(Rule.limiter("/static/*", Buckets.of("1/day")).dryRun())
                .build();
        Served.by(limits, new FakeRequest().path(BOTH));
        Served over = Served.by(limits, new FakeRequest().path(BOTH));
        assertThat(over.status()).isEqualTo(200);
        assertThat(over.verdict().decision())
                .hasValueSatisfying(decision -> assertThat(decision.allowed()).isFalse());
        assertThat(over.response().field("RateLimit")).startsWith("\"1-per-86400s\";r=0");
        assertThat(limits.topDenied(1)).hasSize(1);
    }

    @Test
    void theFailureOfADryRunDoesNotLiftTheOtherLimit() {
        LocalLimiter<ClientAddress> enforced = Buckets.of("3/hour");
        RequestLimiter limits = rules("/other 1/hour")
                .rule(
                        Rule.limiter("/static/*", enforced),
                        Rule.limiter("/x", new BrokenLimiter<>()).dryRun())
                .onFailure(OnFailure.DENY)
                .build();
        try (LogRecords quiet = new LogRecords(RequestLimiter.class)) {
            assertThat(passing(limits, List.of(BOTH))).isLessThanOrEqualTo(3);
            assertThat(quiet.failures()).hasSize(1);
        }
    }

    @Test
    void aRequestWithoutAnAddressIsDeniedIfOneOfTwoSaysSo() {
        LocalLimiter<String> byKey = Limiter.<String>builder(Limit.parse("5/hour"))
                .ticker(TICKER)
                .sweepInterval(Duration.ZERO)
                .build();
        RequestLimiter limits = RequestLimiter.builder(byKey, request -> "key")
                .noAddress(NoAddress.DENY)
                .rule(Rule.limiter("/static/*", Buckets.of("5/hour")))
                .build();
        assertThat(Served.by(limits, FakeRequest.from("unix").path(BOTH)).status())
                .isEqualTo(429);
        assertThat(Served.by(limits, FakeRequest.from("unix").path("/x/../static/x"))
                        .status())
                .isEqualTo(429);
        assertThat(byKey.peek("key", 1).remaining()).isEqualTo(5);
        RequestLimiter other = RequestLimiter.builder(Buckets.of("5/hour"))
                .noAddress(NoAddress.DENY)
                .rule(Rule.unlimited("/static/*"))
                .build();
        assertThat(Served.by(other, FakeRequest.from("unix").path(BOTH)).status())
                .isEqualTo(429);
        assertThat(Served.by(other, FakeRequest.from("unix").path("/static/a")).status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({
        "POST /login/* 1/hour, //login, true",
        "POST /login/* 1/hour, /LOGIN/x, true",
        "POST /login/* 1/hour, /login/../x, true",
        "POST /Login/* 1/hour, /login, true",
        "/login/* unlimited, //login, true",
        "/login/* unlimited, /login/../x, true",
        "/login/* unlimited, /login/x/../y, false",
        "/login/* unlimited, /LOGIN, true",
        "/login/* 1/hour dry-run, /login/../x, true",
        "/login/* 1/hour dry-run, /login/x, false",
        "/login/* 1/hour cost 0, /login/../x, true",
        "/login/* 1/hour cost 0, /login/x, false",
        "GET /static/* unlimited, /static/x, true",
        "*.css unlimited, /api/x;.css, true",
        "*.css 1/hour, /api/x.CSS, true",
    })
    void aSecondRequestIsDeniedIfEitherReadingIsLimited(String rule, String path, boolean denied) {
        RequestLimiter limits = RequestLimiter.builder()
                .limits(Limit.perHour(1).named("general"))
                .rule(Rule.parse(rule))
                .sweepInterval(Duration.ZERO)
                .build();
        assertThat(limits.decide(new FakeRequest().method("POST").path(path)).passes())
                .isTrue();
        assertThat(limits.decide(new FakeRequest().method("POST").path(path)).passes())
                .isEqualTo(!denied);
    }
}
