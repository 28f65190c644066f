package io.headgate;

import io.headgate.net.ClientAddress;

/**
 * Limits how often each key may do something. Every key has token buckets of its own, one per {@link Limit}; a key that
 * was never seen has full buckets. Thread-safe. No method waits for permits or for time to pass; which may wait for another
 * call, and how long, is told by the implementation. No argument may be null.
 *
 * @param <K> what is limited: a client address, an account, an API key, with {@code equals} and {@code hashCode} that
 *     do not change; keys of which many may share a hash code should be {@code Comparable} to each other
 */
public interface Limiter<K> extends AutoCloseable {

    /**
     * Takes one permit.
     *
     * @param key whose permit
     * @return whether the key had one under every limit
     */
    default boolean tryAcquire(K key) {
        return tryAcquire(key, 1);
    }

    /**
     * Takes permits: all of them from every limit, or none from any.
     *
     * @param key whose permits
     * @param permits how many, at least 1; more than a limit's capacity are never admitted
     * @return whether they were taken
     * @throws IllegalArgumentException if {@code permits} is less than 1
     */
    boolean tryAcquire(K key, long permits);

    /**
     * Takes one permit and explains the outcome.
     *
     * @param key whose permit
     * @return the outcome
     */
    default Decision decide(K key) {
        return decide(key, 1);
    }

    /**
     * Takes permits as {@link #tryAcquire(Object, long)} does, and explains the outcome.
     *
     * @param key whose permits
     * @param permits how many, at least 1
     * @return the outcome
     * @throws IllegalArgumentException if {@code permits} is less than 1
     */
    Decision decide(K key, long permits);

    /** Decides as {@link #decide(Object, long)} does. */
    default java.util.concurrent.CompletionStage<Decision> decideAsync(K key, long permits) {
        return java.util.concurrent.CompletableFuture.completedFuture(decide(key, permits));
    }

    /**
     * Tells what {@link #decide(Object, long)} would answer at this moment, and takes nothing.
     *
     * @param key whose permits
     * @param permits how many, at least 1
     * @return whether they would be taken, and how the key stands now, with nothing taken
     * @throws IllegalArgumentException if {@code permits} is less than 1
     */
    Decision peek(K key, long permits);

    /**
     * Gives permits back, under every limit, never above its capacity. Refund only what was taken: a permit that has been
     * earned back by waiting in the meantime may lighten the debt of a later one. {@link Decision#refund} does not, as it
     * knows what was taken, when and where.
     *
     * @param key whose permits
     * @param permits how many, at least 1
     * @throws IllegalArgumentException if {@code permits} is less than 1
     */
    void refund(K key, long permits);

    /**
     * Takes permits whether they are there or not, from every limit: for costs that are known only afterwards, such as
     * bytes sent or database time. The key may then owe up to one capacity beyond empty, and is refused until it has paid;
     * what would go beyond that is dropped.
     *
     * @param key whose permits
     * @param permits how many, at least 1
     * @throws IllegalArgumentException if {@code permits} is less than 1
     * @throws UnsupportedOperationException if this limiter cannot do so, as those that do not override this method
     */
    default void charge(K key, long permits) {
        throw new UnsupportedOperationException(getClass().getName() + " does not charge");
    }

    /**
     * Forgets what the key has taken: its buckets are full from now on.
     *
     * @param key whose buckets
     */
    void reset(K key);

    /** Ends background work. Idempotent; decisions can be made as before. */
    @Override
    void close();

    /**
     * Starts a limiter in this process's memory, for keys of any type, used as they are. For client addresses prefer
     * {@link #forAddresses}: a client that owns an IPv6 network has as many addresses as it likes.
     *
     * @param first the limit of each key
     * @param more further limits, applied together with the first
     * @param <K> the type of the keys
     * @return the builder
     * @throws IllegalArgumentException if two limits have one name
     */
    static <K> LimiterBuilder<K> builder(Limit first, Limit... more) {
        return LimiterBuilder.forAnyKey(first, more);
    }

    /**
     * Starts a limiter of clients: IPv4 by address, IPv6 by /64 network, as {@link ClientAddress#network} tells. {@code ::}
     * and multicast addresses are no clients; they are one key.
     *
     * @param first the limit of each client
     * @param more further limits, applied together with the first
     * @return the builder
     * @throws IllegalArgumentException if two limits have one name
     */
    static LimiterBuilder<ClientAddress> forAddresses(Limit first, Limit... more) {
        return forNetworks(64, first, more);
    }

    /**
     * Starts a limiter of clients: IPv4 by address, IPv6 by network, as {@link ClientAddress#network} tells. {@code ::} and,
     * up to a prefix of 64, multicast addresses are no clients; they are one key.
     *
     * @param ipv6Prefix how many leading bits of an IPv6 address tell clients apart, 32 to 128
     * @param first the limit of each client
     * @param more further limits, applied together with the first
     * @return the builder
     * @throws IllegalArgumentException if the prefix is out of range, or two limits have one name
     */
    static LimiterBuilder<ClientAddress> forNetworks(int ipv6Prefix, Limit first, Limit... more) {
        return LimiterBuilder.forNetworks(ipv6Prefix, first, more);
    }
}
