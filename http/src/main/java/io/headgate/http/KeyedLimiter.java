package io.headgate.http;

import io.headgate.Limiter;
import io.headgate.net.ClientAddress;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A limiter, and how a request gets its key.
 *
 * @param limiter the limiter
 * @param keyOf the key of a request
 * @param shared the key of all requests that have none; null if the type has no such key
 * @param tiers under which it is, or those which it chooses from
 * @param <K> the type of the keys
 */
record KeyedLimiter<K>(
        Limiter<K> limiter, KeyOf<K> keyOf, @Nullable K shared, TierLimiters tiers) {

    /** What every request without an address is charged to: no client can have it. */
    static final ClientAddress NOBODY = ClientAddress.parse("::");

    /** Has none, and gets none. One object, since limiters are compared. */
    private static final TierLimiters UNDER_NONE = new TierLimiters();

    /** The key of a request from an address; null if it has none. */
    @FunctionalInterface
    interface KeyOf<K> {
        @Nullable
        K of(HttpRequest request, @Nullable ClientAddress address);
    }

    static KeyedLimiter<ClientAddress> byAddress(Limiter<ClientAddress> limiter) {
        return new KeyedLimiter<>(limiter, (request, address) -> address, NOBODY, UNDER_NONE);
    }

    static <K> KeyedLimiter<K> byKey(Limiter<K> limiter, Function<HttpRequest, @Nullable K> key) {
        return new KeyedLimiter<>(limiter, (request, address) -> key.apply(request), null, UNDER_NONE);
    }

    static KeyedLimiter<String> byText(Limiter<String> limiter, RequestKey key, KeyDigest digest) {
        return new KeyedLimiter<>(limiter, (request, address) -> key.of(request, address, digest), null, UNDER_NONE);
    }

    /** The same, where the limiter, or what it chooses from, has been put under these. */
    KeyedLimiter<K> under(TierLimiters tiers) {
        return new KeyedLimiter<>(limiter, keyOf, shared, tiers);
    }

    boolean isByAddress() {
        return shared != null;
    }

    /** The key of requests that have none. */
    K sharedKey() {
        if (shared == null) {
            throw new IllegalStateException("the key function gave no key; with noAddress DENY or ALLOW it may");
        }
        return shared;
    }
}
