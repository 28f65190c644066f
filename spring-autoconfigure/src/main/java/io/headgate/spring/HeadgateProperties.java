package io.headgate.spring;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LimiterBuilder;
import io.headgate.Overflow;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.http.ClientAddressResolver;
import io.headgate.http.HeaderStyle;
import io.headgate.http.NoAddress;
import io.headgate.http.OnFailure;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.convert.DurationUnit;

/**
 * What may stand under {@code headgate} in the configuration: every key of the prefix. Checked as it is bound, so that
 * a mistake ends the start of the application and names the property.
 *
 * @param enabled Whether requests are limited at all.
 * @param limits Limits of each client, all of which apply: one text, with commas between limits, or a map of names to
 *     limits.
 * @param rules Paths that are limited in another way, in order; the first that matches a request decides.
 * @param trustedProxies Address ranges of your own proxies, whose forwarding header is believed.
 * @param forwardedHeader Header in which trusted proxies name the client.
 * @param trustedHops Number of proxies in front of the application, in place of their addresses.
 * @param ipv6Prefix Leading bits of an IPv6 address by which clients are told apart.
 * @param translationPrefixes Prefixes under which NAT64 translators of your own write IPv4 clients as IPv6.
 * @param maxClients Number of clients that each limiter tracks at once, at most.
 * @param overflow What happens to a new client while a limiter is full.
 * @param sweepInterval Time between two sweeps that forget idle clients, in seconds without a unit; zero for no sweeping.
 * @param exempt Address ranges that are never limited, such as those of your own monitoring.
 * @param headers Fields that tell clients how they stand.
 * @param skipPreflight Whether CORS pre-flight requests pass uncounted.
 * @param onFailure What happens to a request when limiting it fails.
 * @param noAddress What happens to a request whose client has no address.
 * @param dryRun Whether requests are only counted and never denied.
 * @param health How the health endpoint of the actuator is limited.
 * @param order Order of the filter.
 * @param showAddresses Whether the actuator endpoint shows denied clients with their whole address.
 */
@ConfigurationProperties(prefix = "headgate", ignoreUnknownFields = false)
public record HeadgateProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue Map<String, Limit> limits,
        @DefaultValue List<RuleProperties> rules,
        @DefaultValue List<AddressRange> trustedProxies,
        @Nullable String forwardedHeader,
        @Nullable Integer trustedHops,
        @DefaultValue("64") int ipv6Prefix,
        @DefaultValue List<AddressRange> translationPrefixes,
        @DefaultValue("1000000") long maxClients,
        @DefaultValue("share") Overflow overflow,

        @DefaultValue("10s") @DurationUnit(ChronoUnit.SECONDS)
        Duration sweepInterval,

        @DefaultValue List<AddressRange> exempt,
        @DefaultValue("draft") Headers headers,
        @DefaultValue("false") boolean skipPreflight,
        @DefaultValue("allow") OnFailure onFailure,
        @DefaultValue("shared") NoAddress noAddress,
        @DefaultValue("false") boolean dryRun,
        @DefaultValue("own") Health health,
        @DefaultValue("-2147483608") int order,
        @DefaultValue("false") boolean showAddresses) {

    static final String PREFIX = "headgate";

    /** How the health endpoint of the actuator is limited. */
    public enum Health {
        /** Each client has a bucket for it apart from the application's, of 10 requests a second and bursts of 20. */
        OWN,
        /** It is never limited. */
        EXEMPT,
        /** It counts like any other path. */
        LIMITED
    }

    private static final Set<String> STANDARD_HEADERS = Set.of("x-forwarded-for", "forwarded");
    private static final Limit ANY = Limit.parse("1/s");

    /** Checks what no single property can tell. */
    public HeadgateProperties {
        limits = LimitsConverter.named("limits", limits);
        check("ipv6-prefix", ipv6Prefix, () -> Limiter.forNetworks(ipv6Prefix, ANY));
        AddressRange[] translators = translationPrefixes.toArray(new AddressRange[0]);
        check(
                "translation-prefixes",
                translationPrefixes,
                () -> Limiter.forAddresses(ANY).translationPrefixes(translators));
        check("max-clients", maxClients, () -> Limiter.forAddresses(ANY).maxKeys(maxClients));
        check("sweep-interval", sweepInterval, () -> Limiter.forAddresses(ANY).sweepInterval(sweepInterval));
        if (trustedHops != null) {
            int hops = trustedHops;
            check("trusted-hops", hops, () -> ClientAddressResolver.xForwardedForHops(hops));
            if (!trustedProxies.isEmpty()) {
                throw invalid(
                        "trusted-hops", trustedHops, "headgate.trusted-proxies is set too; only one of them can be");
            }
        }
        if (forwardedHeader != null) {
            requireWriter(forwardedHeader, trustedProxies, trustedHops);
        }
        Set<String> names = new HashSet<>(Set.of(Limiters.GENERAL, Limiters.HEALTH));
        for (int i = 0; i < rules.size(); i++) {
            RuleProperties rule = rules.get(i);
            String path = "rules[" + i + "]";
            rule.require(path);
            if (!names.add(rule.limiterName())) {
                throw invalid(path + ".name", rule.limiterName(), "another rule or limiter has this name");
            }
        }
    }

    private static void requireWriter(String header, List<AddressRange> trustedProxies, @Nullable Integer trustedHops) {
        check("forwarded-header", header, () -> ClientAddressResolver.header(header, List.of()));
        if (trustedHops == null && trustedProxies.isEmpty()) {
            throw invalid("forwarded-header", header, "nothing says who may set it: set headgate.trusted-proxies too");
        }
        if (trustedHops != null && !STANDARD_HEADERS.contains(header.toLowerCase(Locale.ROOT))) {
            throw invalid("forwarded-header", header, "with headgate.trusted-hops only these two can be read");
        }
    }

    /** Tells whose address a request counts for. */
    ClientAddressResolver resolver() {
        String header = forwardedHeader == null ? "x-forwarded-for" : forwardedHeader.toLowerCase(Locale.ROOT);
        if (trustedHops != null) {
            return header.equals("forwarded")
                    ? ClientAddressResolver.forwardedHops(trustedHops)
                    : ClientAddressResolver.xForwardedForHops(trustedHops);
        }
        return trustedProxies.isEmpty()
                ? ClientAddressResolver.remoteAddress()
                : ClientAddressResolver.header(header, trustedProxies);
    }

    /** Whether anything is to be limited. */
    boolean limitsAnything() {
        return !limits.isEmpty()
                || rules.stream().anyMatch(rule -> !rule.limits().isEmpty());
    }

    /** Whether some forwarding header is believed. */
    boolean trustsProxies() {
        return trustedHops != null || !trustedProxies.isEmpty();
    }

    /** A limiter of clients as it is configured here. */
    LimiterBuilder<ClientAddress> limiter(String name, Collection<Limit> limits) {
        List<Limit> all = List.copyOf(limits);
        return Limiter.forNetworks(
                        ipv6Prefix, all.get(0), all.subList(1, all.size()).toArray(new Limit[0]))
                .translationPrefixes(translationPrefixes.toArray(new AddressRange[0]))
                .name(name)
                .maxKeys(maxClients)
                .overflow(overflow)
                .sweepInterval(sweepInterval);
    }

    /** Throws what the attempt throws, under the name of a property. */
    static void check(String property, Object value, Supplier<?> attempt) {
        try {
            Objects.requireNonNull(attempt.get());
        } catch (IllegalArgumentException e) {
            throw invalid(property, value, String.valueOf(e.getMessage()));
        }
    }

    static InvalidConfigurationPropertyValueException invalid(String property, @Nullable Object value, String reason) {
        return new InvalidConfigurationPropertyValueException(PREFIX + "." + property, value, reason);
    }
}
