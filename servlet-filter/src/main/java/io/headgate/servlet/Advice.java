package io.headgate.servlet;

import io.headgate.net.ClientAddress;
import io.headgate.servlet.Warnings.Topic;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Watches requests for signs that the wrong address is limited, and says once what to change. Thread-safe. */
final class Advice {

    private static final List<String> FORWARDING_HEADERS = List.of("X-Forwarded-For", "Forwarded");

    private final Warnings warnings;
    /** Null if the resolver is the user's own, or counts hops: then the user knows best. */
    private final @Nullable TrustedHops resolver;

    private final UnaryOperator<ClientAddress> clientOf;
    private final CrowdedKey crowdedKey = new CrowdedKey();

    Advice(Warnings warnings, ClientAddressResolver resolver, UnaryOperator<ClientAddress> clientOf) {
        this.warnings = warnings;
        this.clientOf = clientOf;
        this.resolver = resolver instanceof TrustedHops hops ? hops : null;
        if (this.resolver != null && this.resolver.trustsEverybody()) {
            warnings.once(Topic.TRUSTS_EVERYBODY);
        }
    }

    /** Looks at a request of a client that is limited. */
    void look(HttpServletRequest outermost, @Nullable ClientAddress address) {
        if (resolver != null) {
            if (resolver.trustsNobody()) {
                lookForIgnoredHeader(outermost);
            } else if (address != null && resolver.trusts(address) && !warnings.isSaid(Topic.MISSING_HEADER)) {
                lookForSilentProxy(new ContainerRequest(outermost), resolver);
            }
        }
        if (!warnings.isSaid(Topic.CROWDED_KEY)) {
            lookForCrowd(address);
        }
    }

    private void lookForIgnoredHeader(HttpServletRequest outermost) {
        if (warnings.isSaid(Topic.UNTRUSTED_HEADER)) {
            return;
        }
        ContainerRequest request = new ContainerRequest(outermost);
        for (String header : FORWARDING_HEADERS) {
            if (request.has(header)) {
                warnings.once(Topic.UNTRUSTED_HEADER, header);
            }
        }
    }

    private void lookForSilentProxy(ContainerRequest request, TrustedHops hops) {
        if (hops.isMissingHeader(request)) {
            warnings.once(Topic.MISSING_HEADER, request.peer(), hops.header());
        }
    }

    private void lookForCrowd(@Nullable ClientAddress address) {
        ClientAddress crowded = crowdedKey.see(address == null ? Target.NOBODY : clientOf.apply(address));
        if (crowded != null) {
            warnings.once(Topic.CROWDED_KEY, crowded);
        }
    }
}
