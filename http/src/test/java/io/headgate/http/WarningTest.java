package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.LogRecords;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which warnings there are, and which of them have been said. */
class WarningTest {

    private final LogRecords log = new LogRecords(RequestLimiter.class);

    @AfterEach
    void close() {
        log.close();
    }

    private static RequestLimiter limits(String... rules) {
        RequestLimiter.Builder builder =
                RequestLimiter.builder(Buckets.of("10/s")).name("f");
        for (String rule : rules) {
            builder.rule(Rule.parse(rule));
        }
        return builder.build();
    }

    @Test
    void codesAreUnique() {
        assertThat(Arrays.stream(Warning.values()).map(Warning::code))
                .doesNotHaveDuplicates()
                .allMatch(code -> code.matches("HG-[0-9]{3}"));
    }

    @Test
    void anExtensionThatIsUnlimitedWhateverTheMethod() {
        assertThat(limits("*.css unlimited", "styles: *.css unlimited").warnings())
                .containsExactly(Warning.UNLIMITED_EXTENSION);
        assertThat(log.warnings())
                .singleElement()
                .asString()
                .contains("HG-006: ", "\"*.css\"", "GET /static/* unlimited");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST *.css unlimited",
                "GET,POST *.css unlimited",
                "*.css 1/s cost 0",
                "*.css 1/s dry-run",
                "DELETE *.css 1/s cost 0"
            })
    void anExtensionThatIsUnlimitedByOtherMeans(String rule) {
        assertThat(limits(rule).warnings()).containsExactly(Warning.UNLIMITED_EXTENSION);
    }

    @Test
    void noOtherRuleIsWarnedOf() {
        RequestLimiter limits = limits(
                "GET *.css unlimited",
                "GET,HEAD,OPTIONS *.css unlimited",
                "/static/* unlimited",
                "/a.css unlimited",
                "/x unlimited",
                "/y 1/s cost 0",
                "/z 1/s dry-run",
                "*.html 1/s cost 2");
        assertThat(limits.warnings()).isEmpty();
        RequestLimiter limited = RequestLimiter.builder()
                .rule(Rule.limiter("*.css", Buckets.of("1/s")))
                .build();
        assertThat(limited.warnings()).isEmpty();
        assertThat(log.warnings()).isEmpty();
    }

    @Test
    void aRangeWithBitsBeyondItsPrefix() {
        RequestLimiter.Builder builder = RequestLimiter.builder(Buckets.of("10/s"));
        Option.TRUSTED_PROXIES.set(builder, "10.1.2.3/8, 192.0.2.1, 2001:db8::/32, 2001:db8::1/64");
        Option.EXEMPT.set(builder, "192.0.2.0/24, ::1");
        assertThat(builder.build().warningTexts())
                .containsOnlyKeys(Warning.HOST_BITS)
                .hasEntrySatisfying(
                        Warning.HOST_BITS,
                        text -> assertThat(text)
                                .startsWith("trustedProxies has address ranges with bits beyond their prefix:"
                                        + " 10.1.2.3/8 means 10.0.0.0/8, 2001:db8::1/64 means 2001:db8::/64. "));
        assertThat(log.warnings()).singleElement().asString().contains("HG-007: trustedProxies has");
        Option.TRUSTED_PROXIES.set(builder, "10.0.0.0/8");
        assertThat(builder.build().warnings()).isEmpty();
    }

    @Test
    void aRangeOfAPlanWithBitsBeyondItsPrefix() {
        RequestLimiter.Builder builder = RequestLimiter.builder();
        Option.LIMITS.set(builder, "10/s");
        Option.EXEMPT.set(builder, "192.0.2.9/28");
        Option.PLANS.set(builder, """
                a: 20/s ranges 198.51.100.7/24, ::1
                b: 30/s ranges 203.0.113.5, 2001:db8::1/64 max-clients 5
                """);
        try (RequestLimiter limits = builder.build()) {
            assertThat(limits.warningTexts().get(Warning.HOST_BITS))
                    .contains(
                            "exempt has address ranges with bits beyond their prefix: 192.0.2.9/28 means 192.0.2.0/28.")
                    .contains(
                            "plans has address ranges with bits beyond their prefix: 198.51.100.7/24 means 198.51.100.0/24,"
                                    + " 2001:db8::1/64 means 2001:db8::/64.");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {65, 96, 128})
    void addressesOfOneNetworkThatAreToldApart(int prefix) {
        RequestLimiter.Builder builder = RequestLimiter.builder()
                .limits(Limit.perSecond(1))
                .sweepInterval(Duration.ZERO)
                .spelling(option -> "x." + option.property());
        assertThat(builder.ipv6Prefix(64).build().warnings()).isEmpty();
        assertThat(builder.ipv6Prefix(prefix).build().warningTexts())
                .containsOnlyKeys(Warning.UNMASKED_KEYS)
                .hasEntrySatisfying(
                        Warning.UNMASKED_KEYS, text -> assertThat(text).contains("set x.ipv6-prefix to 64 or less"));
    }

    @Test
    void moreClientsThanTheHeapHolds() {
        RequestLimiter.Builder builder = RequestLimiter.builder()
                .limits(Limit.perSecond(1))
                .sweepInterval(Duration.ZERO)
                .maxClients(1 << 30);
        assertThat(builder.build().warningTexts())
                .containsOnlyKeys(Warning.HEAP_TOO_SMALL)
                .hasEntrySatisfying(
                        Warning.HEAP_TOO_SMALL,
                        text -> assertThat(text).contains(" MB of memory", "smaller maxClients", "go by overflow"));
        assertThat(builder.maxClients(1000).build().warnings()).isEmpty();
    }

    @Test
    void whatHasBeenSaidIsTold() {
        LocalLimiter<ClientAddress> unmasked = Limiter.<ClientAddress>builder(Limit.parse("1000/s"))
                .ticker(new FakeTicker())
                .sweepInterval(Duration.ZERO)
                .build();
        RequestLimiter limits = RequestLimiter.builder(unmasked)
                .trustedProxies(AddressRange.parse("0.0.0.0/0"))
                .rule(Rule.unlimited("*.css"))
                .build();
        assertThat(limits.warnings())
                .containsExactlyInAnyOrder(
                        Warning.UNMASKED_KEYS, Warning.TRUSTS_EVERYBODY, Warning.UNLIMITED_EXTENSION);
        limits.decide(new FakeRequest());
        assertThat(limits.warnings()).hasSize(4).contains(Warning.MISSING_HEADER);
        RequestLimiter other = RequestLimiter.builder(Buckets.of("10/s")).build();
        assertThat(other.warnings()).isEmpty();
        other.decide(new FakeRequest().header("Forwarded", "for=192.0.2.1"));
        other.decide(new FakeRequest().header("X-Forwarded-For", "192.0.2.1"));
        assertThat(other.warnings()).containsExactly(Warning.UNTRUSTED_HEADER);
        for (Warning warning : List.of(Warning.UNMASKED_KEYS, Warning.MISSING_HEADER, Warning.UNTRUSTED_HEADER)) {
            assertThat(log.warnings())
                    .filteredOn(line -> line.contains(warning.code() + ": "))
                    .hasSize(1);
        }
        assertThat(log.warnings()).hasSize(5).noneMatch(line -> line.contains("%s") || line.contains("{"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/api/* 5/s|/api/login 1/s|before it",
                "/api/* 5/s|POST /api/login/* 1/s|before it",
                "/* 5/s|*.css unlimited|before it",
                "/ 5/s|/login 1/s|before it",
                "/login 5/s|/login 1/s|before it",
                "*.css 5/s|/a/b.css 1/s|before it",
                "GET,POST /api/* 5/s|HEAD /api/x 1/s|before it",
                "/api/* 5/s|/api/* 1/s|before it",
                "/a 5/s|GRAB /b 1/s|method GRAB",
                "/a 5/s|POST,DELTE /b 1/s|method DELTE"
            })
    void aRuleThatCanProbablyNeverMatch(String first, String second, String why) {
        RequestLimiter limits = limits(first, "second: " + second);
        assertThat(limits.warningTexts().get(Warning.UNREACHABLE_RULE))
                .containsOnlyOnce("the rule \"second\" can probably never match: ")
                .contains(why);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/api/login 5/s|/api/* 1/s",
                "POST /api/* 5/s|/api/login 1/s",
                "POST /api/* 5/s|GET /api/login 1/s",
                "POST /api/* 5/s|GET,POST /api/login 1/s",
                "HEAD /api/* 5/s|GET /api/login 1/s",
                "/api/* 5/s|/apis 1/s",
                "/login 5/s|/login/* 1/s",
                "/a/* 5/s|*.css 1/s",
                "*.css 5/s|/a/* 1/s",
                "*.css 5/s|PROPFIND,QUERY /a/* 1/s",
                "/a/* unlimited|/a/b unlimited"
            })
    void rulesThatLeaveSomethingToEachOther(String first, String second) {
        assertThat(limits(first, second).warnings()).doesNotContain(Warning.UNREACHABLE_RULE);
    }

    @Test
    void aRuleWithAConditionLeavesTheRest() {
        RequestLimiter limits = RequestLimiter.builder()
                .limits(Limit.parse("1/s"))
                .rule(Rule.parse("/a 1/s").onlyIf(path -> false), Rule.parse("other: /a 1/s"))
                .build();
        assertThat(limits.warnings()).isEmpty();
    }

    @Test
    void eachRuleThatCanNeverMatchIsNamed() {
        RequestLimiter limits = limits("/* 1/s", "one: /a 1/s", "two: /b 1/s");
        assertThat(limits.warningTexts().get(Warning.UNREACHABLE_RULE)).contains("\"one\"", "; ", "\"two\"");
        assertThat(log.warnings()).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/api/*|/login, /apis/*, /ap|/api, /API/login, /api/*, /*, *.css",
                "/api|/login, /api/x/*, *.css|/api, /Api, /api/*",
                "*.html|*.htm, *.xhtm|*.html, /a.html, /a/*, *.HTML",
                "/a.html, /api/*|/b.html, /b/*|*.html, /a.html, /API/x.css",
                "/api/*, *.jsp|/a, /b.css|/x.jsp, *.jsp, /api/v1/*, /b/*",
                "/|NOTHING|/a, *.css, /a/*",
                "|NOTHING|/a, *.css, /a/*",
                "/a b, /x/*/y|NOTHING|/a, *.css, /a/*"
            })
    void aRuleForWhatDoesNotCome(@Nullable String mapped, String unreachable, String reachable) {
        List<String> patterns = List.of(Objects.requireNonNullElse(mapped, "").split(", ", -1));
        for (String pattern : unreachable.split(", ", -1)) {
            if (!pattern.equals("NOTHING")) {
                RequestLimiter limits = limits("it: " + pattern + " 1/s");
                limits.expectOnly(patterns, "only so much comes");
                limits.expectOnly(patterns, "only so much comes");
                assertThat(limits.warningTexts().get(Warning.UNREACHABLE_RULE))
                        .as(pattern)
                        .containsOnlyOnce("the rule \"it\" can probably never match: only so much comes.");
            }
        }
        for (String pattern : reachable.split(", ", -1)) {
            RequestLimiter limits = limits("it: " + pattern + " 1/s");
            limits.expectOnly(patterns, "only so much comes");
            assertThat(limits.warnings()).as(pattern).doesNotContain(Warning.UNREACHABLE_RULE);
        }
    }
}
