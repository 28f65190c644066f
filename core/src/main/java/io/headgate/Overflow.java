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
    DENY,
    /**
     * There is always room: the key takes the place of one that was used less of late, which is evicted whatever it owes.
     * That client is <em>forgiven</em>: if it returns, its buckets are full. For those who would rather forget an old client
     * than limit new ones together. All keys are kept in a Caffeine cache then, which the application brings along
     * ({@code com.github.ben-manes.caffeine:caffeine} 3).
     *
     * <p>As long as a key stays, it is limited as with any other rule. Sweeps evict only keys whose buckets are full, and
     * forgive nobody. A {@link Limiter#peek} is no use. What is given up:
     *
     * <ul>
     * <li>Whoever sends enough keys, some twenty times {@link LocalLimiter#maxKeys} calls, has any client forgiven.
     * <li>A charge is lost if its bucket is evicted meanwhile. A call that read the clock before charges the new bucket as
     * of then.
     * <li>A {@link Decision#refund} of what an evicted bucket was charged goes to the new one.
     * <li>{@link LocalLimiter#size} may be above {@code maxKeys} while calls are in progress.
     * <li>{@link LocalLimiter#memoryBytes} is an estimate: some 120 bytes a key, also where keys are client addresses. What
     * the cache's tables took stays taken.
     * <li>What is promised for the case that memory or the stack do not suffice, or a key throws: the cache's code is not
     * ours. An {@link OutOfMemoryError} is the caller's.
     * </ul>
     */
    EVICT
}
