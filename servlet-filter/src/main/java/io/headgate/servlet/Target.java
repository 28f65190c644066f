package io.headgate.servlet;

import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.net.ClientAddress;
import jakarta.servlet.http.HttpServletRequest;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A limiter, and how a request gets its key.
 *
 * @param limiter the limiter
 * @param keyOf the key of a request
 * @param shared the key of all requests that have none; null if the type has no such key
 * @param clientOf which client an address counts for
 * @param <K> the type of the keys
 */
record Target<K>(
        Limiter<K> limiter, KeyOf<K> keyOf, @Nullable K shared, UnaryOperator<ClientAddress> clientOf) {

    /** What every request without an address is charged to: no client can have it. */
    static final ClientAddress NOBODY = ClientAddress.parse("::");

    /** The key of a request from an address; null if it has none. */
    @FunctionalInterface
    interface KeyOf<K> {
        @Nullable
        K of(HttpServletRequest request, @Nullable ClientAddress address);
    }

    static Target<ClientAddress> clients(Limiter<ClientAddress> limiter) {
        boolean byNetwork =
                limiter instanceof LocalLimiter<?> local && local.ipv6Prefix().isPresent();
        return new Target<>(
                limiter,
                (request, address) -> address,
                NOBODY,
                byNetwork ? ((LocalLimiter<ClientAddress>) limiter)::tracked : Target::network);
    }

    static <K> Target<K> keys(Limiter<K> limiter, Function<HttpServletRequest, @Nullable K> key) {
        return new Target<>(limiter, (request, address) -> key.apply(request), null, Target::network);
    }

    private static ClientAddress network(ClientAddress address) {
        ClientAddress network = address.network(64);
        // ::1 is somebody, although its network is written like nobody's.
        return network.equals(NOBODY) ? address : network;
    }

    boolean isByAddress() {
        return shared != null;
    }

    /** What to charge for a request; null if it has no key. */
    Verdict.@Nullable Charge<K> charge(HttpServletRequest request, @Nullable ClientAddress address, long permits) {
        K key = keyOf.of(request, address);
        return key == null ? null : new Verdict.Charge<>(limiter, key, permits);
    }

    /** What to charge for a request without a key. */
    Verdict.Charge<K> sharedCharge(long permits) {
        if (shared == null) {
            throw new IllegalStateException("the key function gave no key; with noAddress DENY or ALLOW it may");
        }
        return new Verdict.Charge<>(limiter, shared, permits);
    }
}
