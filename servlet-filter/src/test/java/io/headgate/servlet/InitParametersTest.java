package io.headgate.servlet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.headgate.Limit;
import io.headgate.LocalLimiter;
import io.headgate.Overflow;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import jakarta.servlet.ServletException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every init-param: what it does, and what its mistakes are answered with. */
class FilterParametersTest {

    private static Settings read(String... namesAndValues) throws ServletException {
        Map<String, String> params = new HashMap<>(Map.of("limits", "2/day"));
        for (int i = 0; i < namesAndValues.length; i += 2) {
            params.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return new FilterParameters(FakeConfig.of("limits", params)).read(new FakeTicker());
    }

    @Test
    void everyParameter() throws ServletException {
        Settings settings = read(
                "limits", "10/second burst 20, 500/hour",
                "rules", "/a 1/day\nGET /static/* unlimited",
                "trustedProxies", "10.0.0.0/8, 2001:db8::/32",
                "forwardedHeader", "forwarded",
                "ipv6Prefix", "56",
                "translationPrefixes", "64:ff9b:1::/48, 2001:db8:1::/96",
                "maxClients", "1000",
                "overflow", "deny",
                "sweepInterval", "30s",
                "exempt", "192.0.2.1, ::1",
                "headers", "legacy",
                "skipPreflight", "true",
                "dryRun", "TRUE",
                "noAddress", "deny",
                "onFailure", "deny",
                "name", "front",
                "chargeOn", "401, 403",
                "cost", "3",
                "retryAfterJitter", "5s");
        assertThat(settings.limits).containsExactly(Limit.parse("10/second burst 20"), Limit.parse("500/hour"));
        assertThat(settings.rules).extracting(Rule::name).containsExactly("/a", "/static/*");
        assertThat(settings.clientLimits)
                .isEqualTo(new ClientLimits(
                        56,
                        List.of(AddressRange.parse("64:ff9b:1::/48"), AddressRange.parse("2001:db8:1::/96")),
                        1000L,
                        Overflow.DENY,
                        Duration.ofSeconds(30)));
        assertThat(settings.exempt).extracting(Object::toString).containsExactly("192.0.2.1/32", "::1/128");
        assertThat(settings.headers).isEqualTo(Headers.LEGACY);
        assertThat(settings.skipPreflight).isTrue();
        assertThat(settings.dryRun).isTrue();
        assertThat(settings.noAddress).isEqualTo(NoAddress.DENY);
        assertThat(settings.onFailure).isEqualTo(OnFailure.DENY);
        assertThat(settings.nameOr("")).isEqualTo("front");
        assertThat(settings.chargeOn).isNotNull();
        assertThat(settings.cost.applyAsLong(new FakeRequest().http())).isEqualTo(3);
        assertThat(settings.retryAfterJitter).isEqualTo(Duration.ofSeconds(5));
        assertThat(resolve(settings)).isEqualTo("198.51.100.8");
    }

    private static @Nullable String resolve(Settings settings) {
        return String.valueOf(settings.resolver.resolve(FakeRequest.from("10.1.1.1")
                .header("X-Forwarded-For", "6.6.6.6, 198.51.100.7")
                .header("Forwarded", "for=198.51.100.8")
                .header("CF-Connecting-IP", "198.51.100.9")
                .http()));
    }

    @Test
    void whoIsTrustedWithWhichHeader() throws ServletException {
        assertThat(resolve(read())).isEqualTo("10.1.1.1");
        assertThat(resolve(read("trustedProxies", "10.0.0.0/8"))).isEqualTo("198.51.100.7");
        assertThat(resolve(read("trustedProxies", "10.0.0.0/8", "forwardedHeader", "X-FORWARDED-FOR")))
                .isEqualTo("198.51.100.7");
        assertThat(resolve(read("trustedProxies", "10.0.0.0/8", "forwardedHeader", "CF-Connecting-IP")))
                .isEqualTo("198.51.100.9");
        assertThat(resolve(read("trustedHops", "2"))).isEqualTo("6.6.6.6");
        assertThat(resolve(read("trustedHops", "1", "forwardedHeader", "FORWARDED")))
                .isEqualTo("198.51.100.8");
    }

    @Test
    void defaultsAreThoseOfTheBuilder() throws ServletException {
        Settings settings = read();
        assertThat(settings.clientLimits).isEqualTo(ClientLimits.DEFAULTS);
        assertThat(settings.headers).isEqualTo(Headers.DRAFT);
        assertThat(settings.noAddress).isEqualTo(NoAddress.SHARED);
        assertThat(settings.onFailure).isEqualTo(OnFailure.ALLOW);
        assertThat(settings.skipPreflight || settings.dryRun).isFalse();
        assertThat(settings.nameOr("limits")).isEqualTo("limits");
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
                "maxClients|0|at least 1",
                "maxClients|-5|at least 1",
                "maxClients|99999999999999|at least 1",
                "overflow|drop|share, allow or deny",
                "sweepInterval|often|30s",
                "sweepInterval|s|30s",
                "sweepInterval|-1s|30s",
                "sweepInterval|10000h|30s",
                "exempt|lb.example|10.0.0.0/8, 2001:db8::/32",
                "headers|draft-10|draft, legacy or none",
                "skipPreflight|yes|true or false",
                "dryRun|1|true or false",
                "noAddress|reject|shared, deny or allow",
                "onFailure|open|allow or deny",
                "name|' '|a word",
                "chargeOn|unauthorized|401,403",
                "chargeOn|401;403|401,403",
                "chargeOn|99|401,403",
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
                .withMessageContaining("trustedProxies");
    }

    @Test
    void twoRulesOfOneName() {
        assertThatExceptionOfType(ServletException.class)
                .isThrownBy(() -> read("rules", "a: /a 1/s\na: /b 1/s"))
                .withMessageContaining("\"rules\"")
                .withMessageContaining("\"a\"");
    }

    @Test
    void limitsAreRequired() {
        assertThatExceptionOfType(ServletException.class)
                .isThrownBy(() -> new RateLimitFilter().init(FakeConfig.of("f", Map.of("rules", "/a 1/s"))))
                .withMessageContaining("\"limits\"")
                .withMessageContaining("500/hour");
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
        try (LogRecords log = new LogRecords()) {
            RateLimitFilter filter = new RateLimitFilter();
            filter.init(FakeConfig.of(
                    "f", Map.of("limits", "2/day", "rules", "/a 1/s", "maxClients", "1000", "sweepInterval", "0")));
            filter.destroy();
            LocalLimiter<ClientAddress> one = new ClientLimits(64, List.of(), 1000L, null, Duration.ZERO)
                    .limiter("x", settingsLimits(), new FakeTicker());
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

    private static List<Limit> settingsLimits() throws ServletException {
        return read().limits;
    }
}
