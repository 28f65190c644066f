package io.headgate.http;

import io.headgate.net.ClientAddress;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Watches requests for signs that the wrong address is limited, and says once what to change. Thread-safe. */
final class ProxyDiagnostics {

    private static final List<String> FORWARDING_HEADERS = List.of("X-Forwarded-For", "Forwarded");

    /** One request in so many is looked at for a crowd. */
    private static final int STRIDE = 8;

    private final Warnings warnings;
    /** Null if the resolver is the user's own, or counts hops: then the user knows best. */
    private final @Nullable TrustedHops resolver;

    private final UnaryOperator<ClientAddress> clientOf;
    private final MajorityClient majority = new MajorityClient(STRIDE);

    ProxyDiagnostics(Warnings warnings, ClientAddressResolver resolver, UnaryOperator<ClientAddress> clientOf) {
        this.warnings = warnings;
        this.clientOf = clientOf;
        this.resolver = resolver instanceof TrustedHops hops ? hops : null;
        if (this.resolver != null) {
            this.resolver.rangeOfClients().ifPresent(range -> warnings.once(Warning.TRUSTS_EVERYBODY, range));
        }
    }

    /** Looks at a request of a client that is limited. */
    void look(HttpRequest request, @Nullable ClientAddress address) {
        if (resolver != null) {
            if (resolver.trustsNobody()) {
                lookForIgnoredHeader(request);
            } else if (address != null && resolver.trusts(address) && !warnings.isSaid(Warning.MISSING_HEADER)) {
                lookForSilentProxy(request, resolver);
            }
        }
        if (!warnings.isSaid(Warning.CROWDED_KEY)) {
            lookForCrowd(address);
        }
    }

    private void lookForIgnoredHeader(HttpRequest request) {
        if (warnings.isSaid(Warning.UNTRUSTED_HEADER)) {
            return;
        }
        for (String header : FORWARDING_HEADERS) {
            if (request.hasHeader(header)) {
                warnings.once(Warning.UNTRUSTED_HEADER, header);
            }
        }
    }

    private void lookForSilentProxy(HttpRequest request, TrustedHops hops) {
        if (hops.isMissingHeader(request)) {
            warnings.once(Warning.MISSING_HEADER, TrustedHops.peer(request), hops.header());
        }
    }

    private void lookForCrowd(@Nullable ClientAddress address) {
        ClientAddress crowded = majority.see(address == null ? KeyedLimiter.NOBODY : clientOf.apply(address));
        if (crowded != null) {
            warnings.once(Warning.CROWDED_KEY, crowded);
        }
    }
}
