package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Decision;
import io.headgate.Limit;
import io.headgate.LimitStatus;
import io.headgate.net.ClientAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The header fields, number by number. */
class RateLimitFieldsTest {

    private static final Limit BURST = Limit.parse("10/second burst 20").named("burst");
    private static final Limit HOURLY = Limit.parse("500/hour").named("hourly");

    private static LimitStatus status(
            Limit limit, long remaining, boolean violated, long nextMillis, long resetMillis) {
        return new LimitStatus(
                limit, remaining, violated, Duration.ofMillis(nextMillis), Duration.ofMillis(resetMillis));
    }

    private static Verdict verdict(boolean dryRun, Decision decision, long permits) {
        Policy<ClientAddress> policy =
                new Policy<>(null, request -> permits, null, NoAddress.SHARED, dryRun, null, null, null);
        return Verdict.of(
                new Charge<>(policy, new FakeLimiter(decision), ClientAddress.parse("::1"), permits, null),
                decision,
                null);
    }

    private static FakeResponse write(HeaderStyle style, Verdict verdict) {
        FakeResponse response = new FakeResponse();
        new RateLimitFields(style, Duration.ZERO).add(verdict, response);
        return response;
    }

    private static Verdict allowed(LimitStatus... limits) {
        return verdict(false, Decision.allowed(false, List.of(limits)), 1);
    }

    private static Verdict denied(long retryMillis, LimitStatus... limits) {
        Decision decision = Decision.denied(Duration.ofMillis(retryMillis), false, List.of(limits));
        return verdict(false, decision, 1);
    }

    /** A limiter of the user's own may say "never" by the longest duration there is. */
    @ParameterizedTest
    @EnumSource
    void aWaitMayBeAsLongAsADuration(HeaderStyle style) {
        Duration forever = ChronoUnit.FOREVER.getDuration();
        List<LimitStatus> limits = List.of(
                new LimitStatus(BURST, 0, true, forever, forever), new LimitStatus(HOURLY, 0, true, forever, forever));
        FakeResponse response = new FakeResponse();
        new RateLimitFields(style, Duration.ofDays(1))
                .add(verdict(false, Decision.denied(forever, false, limits), 1), response);
        assertThat(response.field("Retry-After")).isEqualTo("999999999999999");
        if (style == HeaderStyle.DRAFT_11) {
            assertThat(response.field("RateLimit")).startsWith("\"burst\";r=0;t=999999999999999, ");
        } else if (style == HeaderStyle.LEGACY) {
            assertThat(response.field("X-RateLimit-Reset")).isEqualTo("999999999999999");
        }
    }

    @Test
    void theDocumentedExample() {
        Verdict verdict = denied(80, status(BURST, 0, true, 80, 1980), status(HOURLY, 312, false, 7000, 1_353_600));
        assertThat(write(HeaderStyle.DRAFT_11, verdict).lines)
                .containsExactly(
                        "RateLimit-Policy: \"burst\";q=20;w=2, \"hourly\";q=500;w=3600",
                        "RateLimit: \"burst\";r=0;t=1, \"hourly\";r=312",
                        "Retry-After: 1");
    }

    /** As many seconds as it takes for so many permits to come. */
    @ParameterizedTest
    @CsvSource({
        "10/second burst 20, 20, 0, 2",
        "10/second burst 20, 19, 80, 2",
        "10/second burst 20, 10, 80, 1",
        "10/second burst 20, 11, 80, 2",
        "10/second burst 20, 1, 80, 1",
        "500/hour, 499, 7000, 3593",
        "500/hour, 500, 0, 3600",
        "500/hour, 1, 7200, 8",
        "500/hour, 0, 6001, 7",
        "1/minute, 1, 59000, 60",
        "5/250ms, 4, 10, 1",
        "5/minute, 4, 61000, 61"
    })
    void tIsTheTimeForWhatIsLeft(String limit, long remaining, long nextMillis, long seconds) {
        Limit named = Limit.parse(limit).named("l");
        assertThat(write(HeaderStyle.DRAFT_11, allowed(status(named, remaining, false, nextMillis, nextMillis)))
                        .field("RateLimit"))
                .isEqualTo("\"l\";r=" + remaining + ";t=" + seconds);
    }

    @Test
    void inARefusalTIsTheTimeToTheNextPermit() {
        Verdict denied = denied(80, status(BURST, 3, true, 80, 1980), status(HOURLY, 500, false, 0, 0));
        assertThat(write(HeaderStyle.DRAFT_11, denied).field("RateLimit"))
                .isEqualTo("\"burst\";r=3;t=1, \"hourly\";r=500");
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "999, 1", "1000, 1", "1001, 2", "86400000, 86400", "0, 1"})
    void retryAfterIsRoundedUpAndAtLeastOne(long millis, String seconds) {
        assertThat(write(HeaderStyle.NONE, denied(millis, status(BURST, 0, true, millis, 2000))).lines)
                .containsExactly("Retry-After: " + seconds);
    }

    @ParameterizedTest
    @CsvSource({"10/second burst 20, 20, 2", "500/hour, 500, 3600", "5/250ms, 5, 1", "3/second burst 10, 10, 4"})
    void policyTellsCapacityAndSecondsToFill(String limit, String q, String w) {
        Verdict verdict = allowed(status(Limit.parse(limit).named("l"), 1, false, 1, 1));
        assertThat(write(HeaderStyle.DRAFT_11, verdict).field("RateLimit-Policy"))
                .isEqualTo("\"l\";q=" + q + ";w=" + w);
    }

    @Test
    void integersHaveAtMost15Digits() {
        Limit huge = new Limit("l", 1_000_000_000, Duration.ofSeconds(1), 9_000_000_000_000_000L);
        Verdict verdict = allowed(status(huge, 8_000_000_000_000_000L, false, 1, 1));
        FakeResponse response = write(HeaderStyle.DRAFT_11, verdict);
        assertThat(response.field("RateLimit-Policy")).isEqualTo("\"l\";q=999999999999999;w=9000000");
        assertThat(response.field("RateLimit")).isEqualTo("\"l\";r=999999999999999;t=8000000");
        assertThat(write(HeaderStyle.LEGACY, verdict).field("X-RateLimit-Limit"))
                .isEqualTo("999999999999999");
    }

    @Test
    void namesAreEscaped() {
        Limit limit = Limit.parse("5/minute").named("a \"b\\c\"");
        assertThat(write(HeaderStyle.DRAFT_11, allowed(status(limit, 4, false, 12_000, 12_000))).lines)
                .containsExactly(
                        "RateLimit-Policy: \"a \\\"b\\\\c\\\"\";q=5;w=60", "RateLimit: \"a \\\"b\\\\c\\\"\";r=4;t=48");
    }

    @Test
    void aDryRunTellsTheStateButNotToWait() {
        Decision decision = Decision.denied(
                Duration.ofSeconds(1),
                false,
                List.of(status(BURST, 0, true, 80, 1980), status(HOURLY, 312, false, 7000, 7000)));
        assertThat(write(HeaderStyle.DRAFT_11, verdict(true, decision, 1)).lines)
                .containsExactly(
                        "RateLimit-Policy: \"burst\";q=20;w=2, \"hourly\";q=500;w=3600",
                        "RateLimit: \"burst\";r=0;t=1, \"hourly\";r=312;t=2247");
    }

    @Test
    void withoutADecisionOrALimitNothingIsWritten() {
        for (HeaderStyle style : HeaderStyle.values()) {
            assertThat(write(style, Verdict.without(RequestOutcome.EXEMPT)).lines)
                    .isEmpty();
            assertThat(write(style, Verdict.notAddressed(false)).lines).isEmpty();
        }
    }

    @Test
    void aCommittedResponseIsLeftAlone() {
        FakeResponse response = new FakeResponse();
        response.committed = true;
        new RateLimitFields(HeaderStyle.DRAFT_11, Duration.ZERO)
                .add(denied(80, status(BURST, 0, true, 80, 1980)), response);
        assertThat(response.lines).isEmpty();
    }

    @Test
    void legacySpeaksForTheLimitWithTheFewestLeft() {
        Verdict verdict = allowed(status(BURST, 19, false, 80, 80), status(HOURLY, 12, false, 7000, 3_513_600));
        assertThat(write(HeaderStyle.LEGACY, verdict).lines)
                .containsExactly("X-RateLimit-Limit: 500", "X-RateLimit-Remaining: 12", "X-RateLimit-Reset: 3514");
    }

    @Test
    void legacySpeaksForTheViolatedLimitWithTheLongestWait() {
        LimitStatus burst = status(BURST, 0, true, 80, 1980);
        LimitStatus hourly = status(HOURLY, 0, true, 7000, 3_599_800);
        for (Verdict verdict : List.of(denied(7000, burst, hourly), denied(7000, hourly, burst))) {
            assertThat(write(HeaderStyle.LEGACY, verdict).lines)
                    .containsExactly(
                            "X-RateLimit-Limit: 500",
                            "X-RateLimit-Remaining: 0",
                            "X-RateLimit-Reset: 3600",
                            "Retry-After: 7");
        }
        // Violated with more left goes before not violated with fewer.
        assertThat(write(HeaderStyle.LEGACY, denied(80, status(HOURLY, 0, false, 1, 1), burst))
                        .field("X-RateLimit-Limit"))
                .isEqualTo("20");
    }

    /** A bucket that fills sooner may have the longer wait for the next permit. */
    @Test
    void legacyComparesTheWaitForWhatWasAskedFor() {
        LimitStatus often = status(Limit.parse("100/100s").named("often"), 0, true, 1_000, 100_000);
        LimitStatus seldom = status(Limit.parse("2/20s").named("seldom"), 0, true, 10_000, 20_000);
        for (Verdict verdict : List.of(denied(10_000, often, seldom), denied(10_000, seldom, often))) {
            assertThat(write(HeaderStyle.LEGACY, verdict).field("X-RateLimit-Limit"))
                    .isEqualTo("2");
        }
        Decision all = Decision.denied(
                Duration.ofSeconds(75),
                false,
                List.of(
                        status(Limit.parse("3/3s").named("full"), 0, true, 1_000, 3_000),
                        status(Limit.parse("4/100s").named("slow"), 0, true, 25_000, 100_000)));
        assertThat(write(HeaderStyle.LEGACY, verdict(false, all, 3)).field("X-RateLimit-Limit"))
                .as("three permits are all that the first has, and come soon")
                .isEqualTo("4");
    }

    @Test
    void ofLimitsThatAreAlikeLegacySpeaksForTheFirst() {
        Limit other = BURST.named("other").burst(30);
        assertThat(write(HeaderStyle.LEGACY, allowed(status(BURST, 7, false, 80, 80), status(other, 7, false, 80, 80)))
                        .field("X-RateLimit-Limit"))
                .isEqualTo("20");
        Limit alike = new Limit("alike", 500, Duration.ofHours(1), 500);
        assertThat(write(
                                HeaderStyle.LEGACY,
                                denied(7000, status(alike, 1, true, 7000, 9000), status(HOURLY, 0, true, 7000, 9000)))
                        .field("X-RateLimit-Remaining"))
                .isEqualTo("1");
    }

    @Test
    void legacySpeaksForTheLimitThatCanNeverBeMet() {
        Decision decision = Decision.neverAdmissible(
                false, List.of(status(HOURLY, 0, true, 7000, 3_600_000), status(BURST, 20, true, 0, 0)));
        assertThat(write(HeaderStyle.LEGACY, verdict(false, decision, 21)).lines)
                .containsExactly("X-RateLimit-Limit: 20", "X-RateLimit-Remaining: 20", "X-RateLimit-Reset: 0");
    }

    /** Of two filters, in either order: the one with fewer left, or the one that denies. */
    @Test
    void legacyHasOneTripleWithTwoFilters() {
        Verdict scarce = allowed(status(HOURLY, 12, false, 7000, 3_513_600));
        Verdict ample = allowed(status(BURST, 16, false, 80, 80));
        Verdict denied = denied(80, status(BURST, 18, true, 80, 1980));
        RateLimitFields fields = new RateLimitFields(HeaderStyle.LEGACY, Duration.ZERO);
        for (List<Verdict> order : List.of(List.of(scarce, ample), List.of(ample, scarce))) {
            FakeResponse response = new FakeResponse();
            order.forEach(verdict -> fields.add(verdict, response));
            assertThat(response.lines)
                    .containsExactly("X-RateLimit-Limit: 500", "X-RateLimit-Remaining: 12", "X-RateLimit-Reset: 3514");
        }
        FakeResponse response = new FakeResponse();
        fields.add(scarce, response);
        fields.add(denied, response);
        assertThat(response.lines)
                .containsExactly(
                        "X-RateLimit-Limit: 20", "X-RateLimit-Remaining: 18", "X-RateLimit-Reset: 2", "Retry-After: 1");
    }

    @Test
    void legacyReplacesWhatIsNoNumber() {
        for (String told : List.of("many", "", "-1", "1.5", "9999999999999999999")) {
            FakeResponse response = new FakeResponse();
            response.addHeader("X-RateLimit-Remaining", told);
            new RateLimitFields(HeaderStyle.LEGACY, Duration.ZERO)
                    .add(allowed(status(BURST, 7, false, 80, 80)), response);
            assertThat(response.field("X-RateLimit-Remaining")).isEqualTo("7");
        }
    }

    @Test
    void theResetMayBeUnixTime() {
        FakeResponse response = new FakeResponse();
        new RateLimitFields(HeaderStyle.LEGACY_UNIX, Duration.ZERO, () -> Instant.ofEpochMilli(1_700_000_000_001L))
                .add(allowed(status(BURST, 7, false, 80, 1_300)), response);
        assertThat(response.lines)
                .containsExactly("X-RateLimit-Limit: 20", "X-RateLimit-Remaining: 7", "X-RateLimit-Reset: 1700000003");
        FakeResponse now = new FakeResponse();
        long before = System.currentTimeMillis() / 1000;
        write(HeaderStyle.LEGACY_UNIX, allowed(status(BURST, 7, false, 80, 0)))
                .lines
                .forEach(now.lines::add);
        assertThat(Long.parseLong(now.field("X-RateLimit-Reset")))
                .isBetween(before, System.currentTimeMillis() / 1000 + 1);
    }

    @Test
    void jitterOnlyLengthensTheWait() {
        RateLimitFields fields = new RateLimitFields(HeaderStyle.NONE, Duration.ofSeconds(3));
        Set<String> seen = new TreeSet<>();
        for (int i = 0; i < 1000; i++) {
            FakeResponse response = new FakeResponse();
            fields.add(denied(5000, status(BURST, 0, true, 80, 1980)), response);
            seen.add(response.field("Retry-After"));
        }
        assertThat(seen).containsExactly("5", "6", "7", "8");
    }
}
