package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.headgate.Decision;
import io.headgate.Limit;
import io.headgate.LocalLimiter;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.LogRecords;
import io.headgate.testing.OwnLimiter;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Every option: what it does, and what its mistakes are answered with. */
class OptionTest {

    private static final Map<Option, String> EXAMPLES = new EnumMap<>(Map.ofEntries(
            Map.entry(Option.LIMITS, "10/second burst 20, 500/hour"),
            Map.entry(Option.RULES, "/a 1/day\n*.css unlimited"),
            Map.entry(Option.KEY, "client + principal"),
            Map.entry(
                    Option.PLANS,
                    "partners: 6000/minute ranges 192.0.2.0/24\ncrawlers: unlimited ranges 198.51.100.0/24"),
            Map.entry(Option.TIERS, "network: 2000/minute ipv4 24 ipv6 48\nservice: 500/second everybody"),
            Map.entry(Option.STAGE, "authenticated"),
            Map.entry(Option.SECRET, "a secret"),
            Map.entry(Option.TRUSTED_PROXIES, "10.0.0.0/8, 2001:db8::/32"),
            Map.entry(Option.FORWARDED_HEADER, "forwarded"),
            Map.entry(Option.TRUSTED_HOPS, "2"),
            Map.entry(Option.IPV6_PREFIX, "56"),
            Map.entry(Option.TRANSLATION_PREFIXES, "64:ff9b:1::/48, 2001:db8:1::/96"),
            Map.entry(Option.MAX_CLIENTS, "1000"),
            Map.entry(Option.OVERFLOW, "deny"),
            Map.entry(Option.SWEEP_INTERVAL, "30s"),
            Map.entry(Option.EXEMPT, "192.0.2.1, ::1"),
            Map.entry(Option.HEADERS, "legacy"),
            Map.entry(Option.RETRY_AFTER_JITTER, "5s"),
            Map.entry(Option.REFUSAL, "error-page"),
            Map.entry(Option.LANGUAGES, "de, fr"),
            Map.entry(Option.SKIP_PREFLIGHT, "true"),
            Map.entry(Option.COST, "3"),
            Map.entry(Option.CHARGE_ON, "401, 403"),
            Map.entry(Option.DRY_RUN, "TRUE"),
            Map.entry(Option.NO_ADDRESS, "deny"),
            Map.entry(Option.ON_FAILURE, "deny"),
            Map.entry(Option.DRAIN, "10MB in 5s"),
            Map.entry(Option.NAME, "front")));

    /** Options whose default is said in a word, since it is no value: nothing of the kind holds. */
    private static final List<Option> WITHOUT_DEFAULT_VALUE = List.of(
            Option.LIMITS,
            Option.RULES,
            Option.PLANS,
            Option.TIERS,
            Option.SECRET,
            Option.TRUSTED_PROXIES,
            Option.TRUSTED_HOPS,
            Option.TRANSLATION_PREFIXES,
            Option.EXEMPT,
            Option.CHARGE_ON);

    private static RequestLimiter.Builder builder() {
        return RequestLimiter.builder().ticker(new FakeTicker());
    }

    private static RequestLimiter with(Object... optionsAndTexts) {
        RequestLimiter.Builder builder = builder().sweepInterval(Duration.ZERO).limits(Limit.parse("2/day"));
        for (int i = 0; i < optionsAndTexts.length; i += 2) {
            ((Option) optionsAndTexts[i]).set(builder, (String) optionsAndTexts[i + 1]);
        }
        return builder.build();
    }

    @ParameterizedTest
    @EnumSource
    void anExampleIsAccepted(Option option) {
        assertThat(EXAMPLES).containsKey(option);
        String example = Objects.requireNonNull(EXAMPLES.get(option));
        assertThatCode(() -> option.set(builder(), example)).doesNotThrowAnyException();
        assertThatCode(() -> option.set(builder(), " \n" + example + "\t ")).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @EnumSource
    void aDefaultThatIsAValueIsAccepted(Option option) {
        if (!WITHOUT_DEFAULT_VALUE.contains(option)) {
            assertThatCode(() -> option.set(builder(), option.byDefault())).doesNotThrowAnyException();
        }
    }

    @ParameterizedTest
    @EnumSource
    void theBuilderHasAPublicMethodOfTheSameName(Option option) {
        String name = option == Option.RULES || option == Option.PLANS || option == Option.TIERS
                ? option.toString().replaceFirst("s$", "")
                : option.toString();
        assertThat(Arrays.stream(RequestLimiterBuilder.class.getMethods()).map(Method::getName))
                .contains(name);
    }

    @ParameterizedTest
    @EnumSource
    void anOptionIsFoundByBothOfItsNames(Option option) {
        assertThat(Option.of(option.toString())).isSameAs(option);
        assertThat(Option.of(option.property())).isSameAs(option);
        assertThat(option.property())
                .matches("[a-z0-9-]+")
                .isEqualTo(option.property().toLowerCase(Locale.ROOT));
        assertThat(option.meaning()).isNotBlank().doesNotEndWith(".");
        assertThat(option.form(Option::property))
                .isNotBlank()
                .doesNotEndWith(".")
                .doesNotContain("{");
        assertThat(option.byDefault()).isNotBlank();
    }

    @Test
    void namesAreUnique() {
        assertThat(Arrays.stream(Option.values()).map(Option::toString).collect(Collectors.toSet()))
                .hasSize(Option.values().length);
        assertThat(Option.of("limit")).isNull();
        assertThat(Option.of("LIMITS")).isNull();
        assertThat(Option.of("")).isNull();
        assertThat(Option.MAX_CLIENTS.property()).isEqualTo("max-clients");
        assertThat(Option.IPV6_PREFIX.property()).isEqualTo("ipv6-prefix");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "limits|2/fortnight|PERMITS/[COUNT]UNIT",
                "limits|''|10/second burst 20, 500/hour",
                "limits|2/day,|10/second burst 20, 500/hour",
                "limits|2/day, 2/day|2-per-86400s",
                "rules|/api/** 1/day|/api/*",
                "rules|/a 1/fortnight|PERMITS/[COUNT]UNIT",
                "rules|/a|unlimited | LIMIT",
                "trustedProxies|10.0.0.0/33|10.0.0.0/8, 2001:db8::/32",
                "trustedProxies|proxy.example|10.0.0.0/8, 2001:db8::/32",
                "trustedProxies|10.0.0.0/8,|10.0.0.0/8, 2001:db8::/32",
                "forwardedHeader|X Real IP|x-forwarded-for, forwarded",
                "forwardedHeader|''|x-forwarded-for, forwarded",
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
                "maxClients|1073741825|1 to 1073741824",
                "maxClients|99999999999999|1 to 1073741824",
                "maxClients|9999999999999999999|1 to 1073741824",
                "overflow|drop|share, allow, deny or evict",
                "sweepInterval|often|30s",
                "sweepInterval|s|30s",
                "sweepInterval|-1s|30s",
                "sweepInterval|1 s|30s",
                "sweepInterval|10000h|30s",
                "sweepInterval|999999999h|30s",
                "exempt|lb.example|10.0.0.0/8, 2001:db8::/32",
                "headers|draft-10|draft-11 (or draft), legacy or none",
                "headers|draft_12|draft-11 (or draft), legacy or none",
                "skipPreflight|yes|true or false",
                "dryRun|1|true or false",
                "dryRun|''|true or false",
                "noAddress|reject|shared, deny or allow",
                "onFailure|open|allow or deny",
                "name|' '|a name that no other filter",
                "chargeOn|unauthorized|401, 403",
                "chargeOn|401;403|401, 403",
                "chargeOn|99|401, 403",
                "chargeOn|600|401, 403",
                "chargeOn|401,|401, 403",
                "cost|-1|at least 0",
                "cost|1.5|at least 0",
                "retryAfterJitter|25h|at most a day",
                "retryAfterJitter|86401s|at most a day",
                "retryAfterJitter|500ms|whole seconds",
                "retryAfterJitter|1500ms|whole seconds",
                "drain|10MB|a size in B, kB or MB and a time",
                "drain|10MB in 0|or none",
                "drain|0B in 5s|or none",
                "drain|0B in 0|or none",
                "drain|10GB in 5s|a size in B, kB or MB",
                "drain|1001MB in 5s|at most 1000MB",
                "drain|9999999999MB in 5s|at most 1000MB",
                "drain|10MB in 301s|at most 1000MB in 5m",
                "drain|no|or none"
            })
    void aMalformedOneShowsItsNameItsValueAndTheForm(String name, String value, String form) {
        Option option = Objects.requireNonNull(Option.of(name));
        assertThatExceptionOfType(InvalidOptionException.class)
                .isThrownBy(() -> {
                    RequestLimiter.Builder builder = builder().limits(Limit.parse("2/day"));
                    option.set(builder, value);
                    // Some mistakes are made of two values, and seen when all are there.
                    builder.build().close();
                })
                .withMessageContaining(name)
                .withMessageContaining("\"" + value + "\"")
                .withMessageContaining(form)
                .satisfies(e -> {
                    assertThat(e.option()).isEqualTo(option);
                    assertThat(e.value()).isEqualTo(value);
                });
    }

    @ParameterizedTest
    @CsvSource({
        "headers, draft",
        "headers, DRAFT-11",
        "headers, None",
        "onFailure, DENY",
        "noAddress, Shared",
        "dryRun, False"
    })
    void constantsAreReadInAnyCase(String name, String value) {
        assertThatCode(() -> Objects.requireNonNull(Option.of(name)).set(builder(), value))
                .doesNotThrowAnyException();
    }

    @Test
    void everyOptionDoesWhatItSays() {
        try (LogRecords log = new LogRecords(RequestLimiter.class);
                RequestLimiter limits = with(
                        Option.LIMITS, "2/day burst 20, 500/hour",
                        Option.RULES, "/a 1/day\n*.css unlimited",
                        Option.MAX_CLIENTS, "1000",
                        Option.EXEMPT, "192.0.2.1, ::1",
                        Option.HEADERS, "legacy",
                        Option.SKIP_PREFLIGHT, "true",
                        Option.NO_ADDRESS, "deny",
                        Option.NAME, "front",
                        Option.COST, "3")) {
            assertThat(limits.name()).isEqualTo("front");
            assertThat(limits.limiters()).hasSize(2);
            for (LimiterUse use : limits.limiters()) {
                assertThat(use.limiter())
                        .isInstanceOfSatisfying(
                                LocalLimiter.class,
                                made -> assertThat(made.name()).isIn("front", "/a"));
            }
            Served served = Served.by(limits, FakeRequest.from("192.0.2.7"));
            assertThat(served.response().lines).contains("X-RateLimit-Limit: 20", "X-RateLimit-Remaining: 17");
            assertThat(Served.by(limits, FakeRequest.from("192.0.2.1").path("/a"))
                            .response()
                            .lines)
                    .isEmpty();
            assertThat(Served.by(limits, FakeRequest.from("192.0.2.7").path("/a"))
                            .status())
                    .as("a cost of 3 is more than the rule ever admits")
                    .isEqualTo(429);
            assertThat(Served.by(limits, FakeRequest.from("192.0.2.7").path("/a.css"))
                            .verdict()
                            .decision())
                    .isEmpty();
            assertThat(Served.by(limits, FakeRequest.from("unix")).status()).isEqualTo(429);
            Served.by(
                    limits,
                    FakeRequest.from("192.0.2.7")
                            .method("OPTIONS")
                            .header("Origin", "https://a.example")
                            .header("Access-Control-Request-Method", "PUT"));
            assertThat(limits.stats().exempt()).isEqualTo(1);
            assertThat(limits.stats().uncharged()).isEqualTo(2);
            assertThat(log.text()).contains("\"front\"");
        }
    }

    @Test
    void clientsAreToldApartAsTheOptionsSay() {
        try (RequestLimiter limits =
                with(Option.IPV6_PREFIX, "56", Option.TRANSLATION_PREFIXES, "64:ff9b:1::/48, 2001:db8:1::/96")) {
            LocalLimiter<ClientAddress> made = only(limits);
            assertThat(made.tracked(ClientAddress.parse("2001:db8:7:1ff::1"))).hasToString("2001:db8:7:100::");
            assertThat(made.tracked(ClientAddress.parse("2001:db8:1::192.0.2.1")))
                    .hasToString("192.0.2.1");
            assertThat(made.tracked(ClientAddress.parse("64:ff9b:1:c000:2:100::")))
                    .hasToString("192.0.2.1");
        }
    }

    @SuppressWarnings("unchecked") // made here, of addresses
    private static LocalLimiter<ClientAddress> only(RequestLimiter limits) {
        assertThat(limits.limiters()).hasSize(1);
        return (LocalLimiter<ClientAddress>) limits.limiters().get(0).limiter();
    }

    @Test
    void whatHappensWhenThereIsNoRoomIsAsTheOptionSays() {
        for (String overflow : List.of("share", "allow", "deny")) {
            try (RequestLimiter limits = with(Option.MAX_CLIENTS, "1", Option.OVERFLOW, overflow)) {
                boolean passes = true;
                boolean limited = false;
                for (int i = 1; i < 200; i++) {
                    Verdict verdict = limits.decide(FakeRequest.from("198.51.100." + i));
                    Decision decision = verdict.decision().orElseThrow();
                    passes &= verdict.passes();
                    limited |= decision.overflow() && !decision.limits().isEmpty() && !verdict.passes();
                }
                assertThat(passes).as(overflow).isEqualTo(overflow.equals("allow"));
                assertThat(limited).as(overflow).isEqualTo(overflow.equals("share"));
            }
        }
    }

    @Test
    void chargeOnIsByStatus() {
        try (RequestLimiter limits = with(Option.CHARGE_ON, "401, 403")) {
            for (int status : new int[] {200, 404, 401, 403}) {
                Served.by(limits, new FakeRequest(), status);
            }
            assertThat(limits.stats().refunded()).isEqualTo(2);
            assertThat(Served.by(limits, new FakeRequest()).status()).isEqualTo(429);
        }
    }

    @Test
    void jitterIsAdded() {
        try (RequestLimiter limits = with(Option.RETRY_AFTER_JITTER, "5s", Option.COST, "2")) {
            Served.by(limits, new FakeRequest());
            for (int i = 0; i < 20; i++) {
                assertThat(Integer.parseInt(
                                Served.by(limits, new FakeRequest()).response().field("Retry-After")))
                        .isBetween(86_400, 86_405);
            }
        }
    }

    @Test
    void failuresDenyOnlyIfTheOptionSaysSo() {
        try (LogRecords quiet = new LogRecords(RequestLimiter.class)) {
            for (String onFailure : List.of("allow", "deny")) {
                RequestLimiter.Builder builder = builder()
                        .limits(Limit.parse("2/day"))
                        .sweepInterval(Duration.ZERO)
                        .resolver(request -> {
                            throw new IllegalStateException("on purpose");
                        });
                Option.ON_FAILURE.set(builder, onFailure);
                try (RequestLimiter limits = builder.build()) {
                    assertThat(Served.by(limits, new FakeRequest()).status())
                            .isEqualTo(onFailure.equals("deny") ? 503 : 200);
                }
            }
            assertThat(quiet.failures()).hasSize(2);
        }
    }

    @Test
    void falseIsNotTrue() {
        try (RequestLimiter limits = with(Option.DRY_RUN, "False", Option.COST, "9")) {
            assertThat(Served.by(limits, new FakeRequest()).status()).isEqualTo(429);
        }
    }

    @Test
    void aDryRunIsOne() {
        try (RequestLimiter limits = with(Option.DRY_RUN, "TRUE", Option.COST, "9")) {
            assertThat(Served.by(limits, new FakeRequest()).status()).isEqualTo(200);
            assertThat(limits.stats().dryRunDenied()).isEqualTo(1);
        }
    }

    private static @Nullable String client(Object... optionsAndTexts) {
        try (LogRecords quiet = new LogRecords(RequestLimiter.class);
                RequestLimiter limits = with(optionsAndTexts)) {
            for (int i = 0; i < 3; i++) {
                limits.decide(FakeRequest.from("10.1.1.1")
                        .header("X-Forwarded-For", "6.6.6.6, 198.51.100.7")
                        .header("Forwarded", "for=198.51.100.8")
                        .header("CF-Connecting-IP", "198.51.100.9"));
            }
            assertThat(quiet.failures()).isEmpty();
            return limits.topDenied(1).get(0).key().toString();
        }
    }

    @Test
    void whoIsTrustedWithWhichHeader() {
        assertThat(client()).isEqualTo("10.1.1.1");
        assertThat(client(Option.TRUSTED_PROXIES, "10.0.0.0/8")).isEqualTo("198.51.100.7");
        assertThat(client(Option.TRUSTED_PROXIES, "192.0.2.0/24")).isEqualTo("10.1.1.1");
        assertThat(client(Option.TRUSTED_PROXIES, "10.0.0.0/8", Option.FORWARDED_HEADER, "X-FORWARDED-FOR"))
                .isEqualTo("198.51.100.7");
        assertThat(client(Option.TRUSTED_PROXIES, "10.0.0.0/8, 2001:db8::/32", Option.FORWARDED_HEADER, "forwarded"))
                .isEqualTo("198.51.100.8");
        assertThat(client(Option.TRUSTED_PROXIES, "10.0.0.0/8", Option.FORWARDED_HEADER, "CF-Connecting-IP"))
                .isEqualTo("198.51.100.9");
        assertThat(client(Option.TRUSTED_HOPS, "2")).isEqualTo("6.6.6.6");
        assertThat(client(Option.TRUSTED_HOPS, "1", Option.FORWARDED_HEADER, "FORWARDED"))
                .isEqualTo("198.51.100.8");
    }

    @Test
    void hopsAndRangesExcludeEachOther() {
        assertThatExceptionOfType(InvalidOptionException.class)
                .isThrownBy(() -> with(Option.TRUSTED_PROXIES, "10.0.0.0/8", Option.TRUSTED_HOPS, "1"))
                .withMessageContaining("trustedHops cannot be \"1\"")
                .withMessageContaining("trustedProxies is set too");
        assertThatExceptionOfType(InvalidOptionException.class)
                .isThrownBy(() -> with(Option.TRUSTED_HOPS, "1", Option.FORWARDED_HEADER, "CF-Connecting-IP"))
                .withMessageContaining("forwardedHeader cannot be \"CF-Connecting-IP\"")
                .withMessageContaining("trustedHops");
        assertThatExceptionOfType(InvalidOptionException.class)
                .isThrownBy(() -> with(Option.FORWARDED_HEADER, "x-forwarded-for"))
                .withMessageContaining("forwardedHeader cannot be \"x-forwarded-for\"")
                .withMessageContaining("trustedProxies");
    }

    @Test
    void aResolverExcludesWhatItWouldOverrule() {
        RequestLimiter.Builder proxies = builder()
                .limits(Limit.parse("1/s"))
                .resolver(ClientAddressResolver.remoteAddress())
                .trustedProxies(AddressRange.parse("10.0.0.0/8"));
        assertThatExceptionOfType(InvalidOptionException.class)
                .isThrownBy(proxies::build)
                .withMessageContaining("trustedProxies")
                .withMessageContaining("10.0.0.0/8")
                .withMessageContaining("a resolver is set too");
    }

    @Test
    void theOptionThatTheResolverContradictsIsTheOneThatIsNamed() {
        RequestLimiter.Builder hops = builder()
                .limits(Limit.parse("1/s"))
                .resolver(ClientAddressResolver.remoteAddress())
                .trustedHops(3);
        assertThatExceptionOfType(InvalidOptionException.class)
                .isThrownBy(hops::build)
                .satisfies(e -> assertThat(e.option()).isEqualTo(Option.TRUSTED_HOPS))
                .withMessageContaining("\"3\"");
        RequestLimiter.Builder header = builder()
                .limits(Limit.parse("1/s"))
                .resolver(ClientAddressResolver.remoteAddress())
                .forwardedHeader("CF-Connecting-IP");
        assertThatExceptionOfType(InvalidOptionException.class)
                .isThrownBy(header::build)
                .satisfies(e -> assertThat(e.option()).isEqualTo(Option.FORWARDED_HEADER))
                .withMessageContaining("a resolver is set too");
    }

    @Test
    void optionsAreSpelledAsTheyAreWhereTheyWereSet() {
        RequestLimiter.Builder both = builder()
                .limits(Limit.parse("1/s"))
                .trustedProxies(AddressRange.parse("10.0.0.0/8"))
                .trustedHops(1);
        assertThatExceptionOfType(InvalidOptionException.class)
                .isThrownBy(both::build)
                .satisfies(e -> {
                    assertThat(e.reason(option -> "headgate." + option.property()))
                            .startsWith("headgate.trusted-proxies is set too");
                    assertThat(e.option().form(Option::property)).contains("trusted-proxies");
                });
        try (LogRecords log = new LogRecords(RequestLimiter.class);
                RequestLimiter limits = builder()
                        .limits(Limit.parse("1/s"))
                        .sweepInterval(Duration.ZERO)
                        .spelling(option -> "headgate." + option.property())
                        .build()) {
            limits.decide(new FakeRequest().header("Forwarded", "for=192.0.2.1"));
            assertThat(log.warnings()).singleElement().asString().contains("headgate.trusted-proxies");
        }
    }

    @Test
    void aLimiterThatWasHandedInExcludesLimits() {
        RequestLimiter.Builder both =
                RequestLimiter.builder(Buckets.of("1/s")).limits(Limit.parse("1/s"), Limit.parse("5/h"));
        assertThatExceptionOfType(InvalidOptionException.class)
                .isThrownBy(both::build)
                .satisfies(e -> assertThat(e.option()).isEqualTo(Option.LIMITS))
                .withMessageContaining("a limiter was handed in too");
    }

    @Test
    void twoRulesOfOneNameAreAMistake() {
        assertThatExceptionOfType(InvalidOptionException.class)
                .isThrownBy(() -> with(Option.RULES, "a: /a 1/s\na: /b 1/s"))
                .satisfies(e -> assertThat(e.option()).isEqualTo(Option.RULES))
                .withMessageContaining("\"a\"");
        assertThatExceptionOfType(InvalidOptionException.class)
                .isThrownBy(() -> with(Option.RULES, "/a 2/day, 2/day"))
                .withMessageContaining("2-per-86400s");
    }

    @Test
    void aValueThatWasRefusedIsNotKept() {
        RequestLimiter.Builder builder = builder().limits(Limit.parse("1/s")).sweepInterval(Duration.ZERO);
        List<Runnable> mistakes = List.of(
                () -> builder.ipv6Prefix(31),
                () -> builder.translationPrefixes(AddressRange.parse("192.0.2.0/24")),
                () -> builder.maxClients(0),
                () -> builder.sweepInterval(Duration.ofDays(366)));
        for (Runnable mistake : mistakes) {
            assertThatExceptionOfType(InvalidOptionException.class).isThrownBy(mistake::run);
        }
        assertThatCode(() -> builder.build().close()).doesNotThrowAnyException();
    }

    @Test
    void aDurationBeyondAllNumbersIsAMistakeOfItsOptionToo() {
        assertThatExceptionOfType(InvalidOptionException.class)
                .isThrownBy(() -> builder().sweepInterval(Duration.ofSeconds(Long.MAX_VALUE)))
                .satisfies(e -> assertThat(e.option()).isEqualTo(Option.SWEEP_INTERVAL));
        assertThatExceptionOfType(InvalidOptionException.class)
                .isThrownBy(() -> builder().retryAfterJitter(Duration.ofSeconds(Long.MAX_VALUE)))
                .satisfies(e -> assertThat(e.option()).isEqualTo(Option.RETRY_AFTER_JITTER));
        assertThatExceptionOfType(InvalidOptionException.class)
                .isThrownBy(() -> builder().sweepInterval(Duration.ofSeconds(-1)))
                .satisfies(e -> assertThat(e.value()).isEqualTo("PT-1S"));
    }

    @Test
    void memoryIsToldAtStart() {
        try (LogRecords log = new LogRecords(RequestLimiter.class)) {
            RequestLimiter limits = with(Option.RULES, "/a 1/s", Option.MAX_CLIENTS, "1000", Option.NAME, "f");
            double now = 0;
            double most = 0;
            for (LimiterUse use : limits.limiters()) {
                LocalLimiter<?> local = (LocalLimiter<?>) use.limiter();
                now += local.stats().memoryBytes() / 1e6;
                most += local.memoryBytes() / 1e6;
            }
            assertThat(now).isPositive().isLessThan(most);
            assertThat(log.messages(Level.INFO))
                    .singleElement()
                    .asString()
                    .contains("\"f\"")
                    .contains(String.format(
                            Locale.ROOT, "its limiters take %.2f MB of memory now and %.2f MB at most", now, most));
            limits.close();
        }
    }

    /** A dry run does not read like one that denies. */
    @Test
    void aDryRunIsToldAtStart() {
        for (boolean dryRun : new boolean[] {true, false}) {
            try (LogRecords log = new LogRecords(RequestLimiter.class)) {
                with(Option.RULES, "/a 1/s", Option.DRY_RUN, String.valueOf(dryRun))
                        .close();
                assertThat(log.messages(Level.INFO).get(0).contains("dry run, denies nobody"))
                        .isEqualTo(dryRun);
            }
        }
        try (LogRecords log = new LogRecords(RequestLimiter.class)) {
            with(Option.RULES, "/a 1/s\n/b 1/s dry-run").close();
            assertThat(log.messages(Level.INFO).get(0)).doesNotContain("dry run");
        }
    }

    @Test
    void limitsAndRulesAreToldAtStart() {
        try (LogRecords log = new LogRecords(RequestLimiter.class)) {
            with(
                            Option.LIMITS,
                            "10/second burst 20, 500/hour, 5/250ms, 3/7us",
                            Option.RULES,
                            "login: POST /login/* 5/minute charge-on 401\nGET /static/* unlimited\n/a 1/s dry-run")
                    .close();
            assertThat(log.messages(Level.INFO).get(0))
                    .contains(
                            "limits 10/1s burst 20, 500/3600s, 5/250ms, 3/7000ns; rules login: 5/60s beside the general limits"
                                    + " | GET /static/*: unlimited | /a: 1/1s dry-run; its limiters take");
        }
        try (LogRecords log = new LogRecords(RequestLimiter.class)) {
            builder()
                    .rule(Rule.limiter("/b", new OwnLimiter<>(Buckets.of("1/s"))))
                    .build()
                    .close();
            assertThat(log.messages(Level.INFO).get(0)).contains("no general limits; rules /b: ");
        }
    }

    /** Whatever part of it has something to say. */
    @Test
    void theLogSaysThatItComesFromTheLimiterOfRequests() {
        List<String> sources = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord line) {
                sources.add(line.getSourceClassName());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger(RequestLimiter.class.getName());
        logger.addHandler(handler);
        try (LogRecords quiet = new LogRecords(RequestLimiter.class)) {
            RequestLimiter limits = with(Option.RULES, "/* unlimited\n/a 1/s");
            limits.report(new IllegalStateException("on purpose"));
            limits.close();
            assertThat(quiet.failures()).hasSize(1);
        } finally {
            logger.removeHandler(handler);
        }
        assertThat(sources).hasSize(3).containsOnly(RequestLimiter.class.getName());
    }
}
