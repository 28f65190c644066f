package io.headgate.http;

import io.headgate.net.ClientAddress;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Watches requests for signs that the wrong address is limited, and says once what to change. Thread-safe. */
final class ProxyDiagnostics {

    private static final List<String> FORWARDING_HEADERS = List.of("X-Forwarded-For", "Forwarded");

    /** One request in so many is looked at for a crowd. */
    private static final int STRIDE = 8;

    private final Warnings warnings;
    private final ClientAddressResolver resolver;
    private final UnaryOperator<ClientAddress> clientOf;
    private final MajorityClient majority = new MajorityClient(STRIDE);

    ProxyDiagnostics(Warnings warnings, ClientAddressResolver resolver, UnaryOperator<ClientAddress> clientOf) {
        this.warnings = warnings;
        this.resolver = resolver;
        this.clientOf = clientOf;
        if (resolver instanceof TrustedHops hops) {
            hops.rangeOfClients().ifPresent(range -> warnings.once(Warning.TRUSTS_EVERYBODY, range));
        }
    }

    /** Looks at a request of a client that is limited. */
    void look(HttpRequest request, @Nullable ClientAddress address) {
        // Of a resolver of the user's own nothing is known.
        if (resolver instanceof TrustedHops hops) {
            look(request, address, hops);
        } else if (resolver instanceof CountedHops hops) {
            lookForShortChain(request, address, hops);
        }
        if (!warnings.isSaid(Warning.CROWDED_KEY)) {
            lookForCrowd(address);
        }
    }

    private void look(HttpRequest request, @Nullable ClientAddress address, TrustedHops hops) {
        if (address == null) {
            lookForForwarding(request, Warning.NO_PEER);
        } else if (hops.trustsNobody()) {
            lookForForwarding(request, Warning.UNTRUSTED_HEADER);
        } else if (hops.trusts(address)) {
            lookForSilentProxy(request, address, hops);
        }
    }

    private void lookForForwarding(HttpRequest request, Warning warning) {
        if (warnings.isSaid(warning)) {
            return;
        }
        for (String header : FORWARDING_HEADERS) {
            if (request.hasHeader(header)) {
                warnings.once(warning, header);
            }
        }
    }

    /** A client that is a proxy: it names nobody, or somebody that cannot be read. */
    private void lookForSilentProxy(HttpRequest request, ClientAddress proxy, TrustedHops hops) {
        if (hops.isMissingHeader(request)) {
            if (!warnings.isSaid(Warning.MISSING_HEADER)) {
                warnings.once(Warning.MISSING_HEADER, proxy, hops.header());
            }
        } else if (!warnings.isSaid(Warning.UNREADABLE_HOP)) {
            String kind = hops.obstacle(request);
            if (kind != null) {
                warnings.once(Warning.UNREADABLE_HOP, proxy, hops.header(), kind);
            }
        }
    }

    private void lookForShortChain(HttpRequest request, @Nullable ClientAddress address, CountedHops hops) {
        // Whose element is there is seldom its peer, so few requests are read twice.
        if (!warnings.isSaid(Warning.FEWER_HOPS)
                && Objects.equals(address, TrustedHops.peer(request))
                && hops.isShort(request)) {
            warnings.once(Warning.FEWER_HOPS, address == null ? "a peer without an address" : address, hops.header());
        }
    }

    private void lookForCrowd(@Nullable ClientAddress address) {
        ClientAddress crowded = majority.see(address == null ? KeyedLimiter.NOBODY : clientOf.apply(address));
        if (crowded != null) {
            warnings.once(Warning.CROWDED_KEY, crowded, warnings.spelled(advice(crowded)));
        }
    }

    /** What helps if that client is a proxy. */
    private String advice(ClientAddress crowded) {
        if (crowded.equals(KeyedLimiter.NOBODY)) {
            return "So most requests have no address: behind a proxy, as with a Unix socket, set {trustedHops}; else see"
                    + " {noAddress}";
        }
        if (resolver instanceof CountedHops) {
            return "If that is a proxy, its clients share one bucket: {trustedHops} is not the number of elements that your"
                    + " proxies write";
        }
        if (resolver instanceof TrustedHops hops) {
            return hops.trusts(crowded)
                    ? "That is a trusted proxy, whose clients share one bucket: it does not name them in {forwardedHeader}"
                    : "If that is a proxy, its clients share one bucket: name it in {trustedProxies}";
        }
        return "If that is a proxy, its clients share one bucket: let your resolver name them";
    }
}
