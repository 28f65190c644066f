package io.headgate;

/**
 * What happens to a new key while the limiter tracks as many keys as it may and none of them can be evicted.
 *
 * <pre>{@code
 * Limiter<ClientAddress> limiter = Limiter.forAddresses(Limit.perMinute(100))
 *         .maxKeys(50_000)
 *         .overflow(Overflow.DENY)
 *         .build();
 * }</pre>
 *
 * <p>The <dfn>neighbourhood</dfn> of a key is the set of keys that share a bucket with it then. For client addresses it
 * is the network around the address. For other keys, chance decides.
 */
public enum Overflow {
    /**
     * The key shares a bucket with other newcomers of its neighbourhood: an IPv4 /24, an IPv6 /48, or keys with the
     * same hash. So a crowd of newcomers is limited together, apart from tracked keys. Once there is room for the key,
     * it owes what it took itself and, seldom and by chance, also what another one took.
     */
    SHARE,
    /** The key is admitted and not counted. */
    ALLOW,
    /** The key is denied, without a promise of when to come back. */
    DENY
}
