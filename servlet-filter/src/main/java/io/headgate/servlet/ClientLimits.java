package io.headgate.servlet;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LimiterBuilder;
import io.headgate.LocalLimiter;
import io.headgate.Overflow;
import io.headgate.Ticker;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How the filter makes limiters of its own. What is null is as {@link LocalLimiter} has it.
 *
 * @param ipv6Prefix how many leading bits of an IPv6 address tell clients apart
 * @param translationPrefixes under which translators of the operator's own write IPv4 clients as IPv6
 * @param maxClients how many clients each limiter tracks at most
 * @param overflow what happens to a new client beyond that
 * @param sweepInterval how often idle clients are forgotten
 */
record ClientLimits(
        int ipv6Prefix,
        List<AddressRange> translationPrefixes,
        @Nullable Long maxClients,
        @Nullable Overflow overflow,
        @Nullable Duration sweepInterval) {

    static final ClientLimits DEFAULTS = new ClientLimits(64, List.of(), null, null, null);

    ClientLimits {
        if (ipv6Prefix < 32 || ipv6Prefix > 128) {
            throw new IllegalArgumentException("the IPv6 prefix must be 32 to 128, not " + ipv6Prefix);
        }
    }

    LocalLimiter<ClientAddress> limiter(String name, List<Limit> limits, Ticker ticker) {
        return builder(limits).name(name).ticker(ticker).build();
    }

    /** Throws as {@link #limiter} would, and makes nothing. */
    void require(List<Limit> limits) {
        if (!limits.isEmpty()) {
            Objects.requireNonNull(builder(limits));
        }
    }

    private LimiterBuilder<ClientAddress> builder(List<Limit> limits) {
        LimiterBuilder<ClientAddress> builder = Limiter.forNetworks(
                        ipv6Prefix,
                        limits.get(0),
                        limits.subList(1, limits.size()).toArray(new Limit[0]))
                .translationPrefixes(translationPrefixes.toArray(new AddressRange[0]));
        if (maxClients != null) {
            builder.maxKeys(maxClients);
        }
        if (overflow != null) {
            builder.overflow(overflow);
        }
        if (sweepInterval != null) {
            builder.sweepInterval(sweepInterval);
        }
        return builder;
    }
}
