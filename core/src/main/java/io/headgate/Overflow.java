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
     * Never happens: another key that was not used much of late is evicted, whatever it owes, and is <em>forgiven</em>: if it
     * returns, its buckets are full. All keys are kept in a Caffeine cache then, which the application brings along
     * ({@code com.github.ben-manes.caffeine:caffeine} 3). For those who would rather forget an old client than limit a new
     * one together with others.
     *
     * <p>What is given up:
     *
     * <ul>
     * <li>a limit holds for a key only until it is evicted. Whoever can send many keys may so have a client forgiven;
     * <li>a charge in progress on a bucket that is being evicted is lost, and a call that read the clock before may charge
     * the new bucket as of then;
     * <li>a {@link Decision#refund} of what the evicted bucket was charged gives to the new one;
     * <li>{@link LocalLimiter#size} may be above {@link LocalLimiter#maxKeys} while calls are in progress;
     * <li>{@link LocalLimiter#memoryBytes} is an estimate, and client addresses take five times as much;
     * <li>an {@link OutOfMemoryError} or a {@link StackOverflowError} in the cache is the caller's, and may harm other calls.
     * </ul>
     *
     * <p>As long as a key stays, it is limited as with any other rule. Sweeps evict only keys whose buckets are full, so
     * they forgive nobody. A {@link Limiter#peek} is no use.
     */
    EVICT
}
