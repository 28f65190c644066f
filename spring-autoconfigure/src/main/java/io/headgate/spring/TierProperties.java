package io.headgate.spring;

import io.headgate.Limit;
import io.headgate.http.Option;
import io.headgate.http.Tier;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * An entry of {@code headgate.tiers}: limits of networks, or of everybody together, beside the general ones.
 *
 * @param limits Limits of each network, or of everybody, written as headgate.limits.
 * @param ipv4Prefix Leading bits of an IPv4 address by which networks are told apart; without it, IPv4 is not under a tier of networks.
 * @param ipv6Prefix Leading bits of an IPv6 address by which networks are told apart, fewer than headgate.ipv6-prefix; without it, IPv6
 *     is not under a tier of networks.
 * @param everybody Whether the limits are of everybody together, in place of networks.
 * @param maxClients Number of networks that are tracked at once, at most; headgate.max-clients by default.
 */
public record TierProperties(
        @DefaultValue Map<String, Limit> limits,
        @Nullable Integer ipv4Prefix,
        @Nullable Integer ipv6Prefix,
        @DefaultValue("false") boolean everybody,
        @Nullable Long maxClients) {

    /** Where a tier stands. */
    private static String at(String name) {
        return HeadgateProperties.entry(Option.TIERS, name);
    }

    /**
     * The filter's tier. Throws if it makes no sense, with the property at fault.
     *
     * @param clients leading bits by which IPv6 clients are told apart
     */
    Tier tier(String name, int clients) {
        String at = at(name);
        List<Limit> all =
                List.copyOf(LimitsConverter.named(at + ".limits", limits).values());
        if (all.isEmpty()) {
            throw HeadgateProperties.invalid(at + ".limits", null, "a tier needs limits");
        }
        Limit first = all.get(0);
        Limit[] more = all.subList(1, all.size()).toArray(new Limit[0]);
        Tier[] tier = new Tier[1];
        HeadgateProperties.check(at, name, () -> tier[0] = Tier.everybody(name, first, more));
        if (everybody) {
            requireNoNetworks(at);
        } else if (ipv4Prefix == null && ipv6Prefix == null) {
            throw HeadgateProperties.invalid(
                    at,
                    null,
                    "it has neither ipv4-prefix nor ipv6-prefix, by which networks are told apart, nor everybody: true");
        }
        if (ipv4Prefix != null) {
            int bits = ipv4Prefix;
            HeadgateProperties.check(
                    at + ".ipv4-prefix", bits, () -> tier[0] = Tier.ipv4Networks(name, bits, first, more));
        }
        if (ipv6Prefix != null) {
            int bits = ipv6Prefix;
            HeadgateProperties.check(
                    at + ".ipv6-prefix", bits, () -> tier[0] = Tier.ipv6Networks(name, bits, first, more));
            if (bits >= clients) {
                throw HeadgateProperties.invalid(
                        at + ".ipv6-prefix",
                        bits,
                        "its networks would be no wider than clients are, of which IPv6 has " + clients + " bits by "
                                + HeadgateProperties.property(Option.IPV6_PREFIX)
                                + ", so it would limit nothing further");
            }
        }
        if (ipv4Prefix != null && ipv6Prefix != null) {
            tier[0] = Tier.networks(name, ipv4Prefix, ipv6Prefix, first, more);
        }
        if (maxClients != null) {
            long most = maxClients;
            HeadgateProperties.check(at + ".max-clients", most, () -> tier[0] = tier[0].maxClients(most));
        }
        return tier[0];
    }

    private void requireNoNetworks(String at) {
        String reason = "it is of everybody, who are told apart by nothing";
        if (ipv4Prefix != null) {
            throw HeadgateProperties.invalid(at + ".ipv4-prefix", ipv4Prefix, reason);
        }
        if (ipv6Prefix != null) {
            throw HeadgateProperties.invalid(at + ".ipv6-prefix", ipv6Prefix, reason);
        }
    }
}
