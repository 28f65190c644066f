package io.headgate;

import io.headgate.net.ClientAddress;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/**
 * A kind of key, and so the store behind it: what a limiter promises, it promises for all of them. Keys of different
 * numbers are different clients of different neighbourhoods.
 */
final class Keys<K> {

    /** How limiters of such keys are begun. */
    @FunctionalInterface
    interface Start<K> {
        LimiterBuilder<K> builder(Limit first, Limit... more);
    }

    static final Keys<HashedKey> MAP = inMap("a map", -1);
    static final Keys<ClientAddress> IPV4 = new Keys<>("a table of IPv4", Limiter::forAddresses, Keys::ipv4);
    static final Keys<ClientAddress> IPV6 = new Keys<>("a table of IPv6", Limiter::forAddresses, Keys::ipv6);
    static final Keys<ClientAddress> BOTH =
            new Keys<>("a table", Limiter::forAddresses, id -> id % 2 == 0 ? ipv4(id) : ipv6(id));
    /** Rows that move all the time. */
    static final Keys<ClientAddress> MOVING = new Keys<>("a table of small parts", Tables::builder, BOTH.key);

    /** A cache that evicts by use. */
    static final Keys<HashedKey> CACHE = inCache("a cache", MAP);

    private final String name;
    private final Start<K> start;
    private final IntFunction<K> key;

    private Keys(String name, Start<K> start, IntFunction<K> key) {
        this.name = name;
        this.start = start;
        this.key = key;
    }

    private static Keys<HashedKey> inMap(String name, int hashMask) {
        return new Keys<>(name, Limiter::builder, id -> new HashedKey(id, id & hashMask));
    }

    private static <K> Keys<K> inCache(String name, Keys<K> keys) {
        return new Keys<>(name, (first, more) -> keys.builder(first, more).overflow(Overflow.EVICT), keys.key);
    }

    private static ClientAddress ipv4(int id) {
        return ClientAddress.parse(((id >> 16) & 0xFF) + "." + ((id >> 8) & 0xFF) + "." + (id & 0xFF) + ".77");
    }

    private static ClientAddress ipv6(int id) {
        return ClientAddress.parse(
                "2a00:" + Integer.toHexString(id >>> 16) + ':' + Integer.toHexString(id & 0xFFFF) + ":1::2");
    }

    /** Every store, with good hash codes. */
    static Stream<Keys<?>> ofEachStore() {
        return Stream.of(MAP, IPV4, IPV6, BOTH);
    }

    /** Every store, also one with rows that move: for what has nothing to do with the cap, which many small parts reach apart. */
    static Stream<Keys<?>> withMovingRows() {
        return Stream.of(MAP, IPV4, IPV6, MOVING);
    }

    /** The same, and the map with bad hash codes. */
    static Stream<Keys<?>> all() {
        return Stream.concat(
                withMovingRows(),
                Stream.of(
                        inMap("a map with 8 hash codes", 7),
                        inMap("a map with 2 hash codes", 1),
                        inMap("a map with one hash code", 0)));
    }

    /** Keys in a cache, beside every other store: for what has nothing to do with the cap. */
    static Stream<Keys<?>> withCaches() {
        return Stream.concat(withMovingRows(), caches());
    }

    /** The same, and the map with bad hash codes. */
    static Stream<Keys<?>> allWithCaches() {
        return Stream.concat(all(), caches());
    }

    static Stream<Keys<?>> caches() {
        return Stream.of(CACHE, inCache("a cache of addresses", BOTH));
    }

    LimiterBuilder<K> builder(Limit first, Limit... more) {
        return start.builder(first, more);
    }

    /** The key of a number below 2^24. */
    K key(int id) {
        return key.apply(id);
    }

    @Override
    public String toString() {
        return name;
    }
}
