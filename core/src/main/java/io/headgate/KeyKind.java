package io.headgate;

import io.headgate.internal.QuotedText;
import io.headgate.net.ClientAddress;
import java.util.List;
import java.util.function.LongFunction;
import java.util.function.UnaryOperator;

/**
 * How a limiter treats keys of one type.
 *
 * @param canonical converts a key to the one that stands for all that share its buckets, if the stores need it
 * @param tracked converts a key to the one that stands for all that share its buckets, to be told to users
 * @param stores makes the store of the buckets of canonical keys
 * @param neighbours makes the neighbourhoods of keys, from a seed
 * @param families how many families of neighbours there are
 */
record KeyKind<K>(
        UnaryOperator<K> canonical,
        UnaryOperator<K> tracked,
        BucketStore.Factory<K> stores,
        LongFunction<Neighbours<K>> neighbours,
        int families) {

    static <K> KeyKind<K> any() {
        return new KeyKind<>(
                UnaryOperator.identity(),
                UnaryOperator.identity(),
                (limiter, buckets, ticker, shared, seed, most, random) ->
                        new MapStore<>(limiter, buckets, ticker, shared, most, random),
                Neighbours::ofHashCodes,
                1);
    }

    /** The same keys in a cache that evicts by use. */
    KeyKind<K> evictedByUse() {
        return new KeyKind<>(
                tracked,
                tracked,
                (limiter, buckets, ticker, shared, seed, most, random) -> cache(limiter, buckets, ticker, most),
                neighbours,
                families);
    }

    private static <K> BucketStore<K> cache(String limiter, TokenBucket[] buckets, Ticker ticker, long most) {
        try {
            return new CaffeineStore<>(limiter, buckets, ticker, most);
        } catch (NoClassDefFoundError e) {
            throw new IllegalStateException(
                    "limiter " + QuotedText.of(limiter) + " has Overflow.EVICT, which needs Caffeine: add"
                            + " com.github.ben-manes.caffeine:caffeine 3 to the application, or choose another overflow",
                    e);
        }
    }

    /** Client addresses, told apart by so many leading bits: of IPv4 8 to 32, of IPv6 32 to 128. */
    static KeyKind<ClientAddress> networks(int ipv4Prefix, int ipv6Prefix, List<TranslationPrefix> translators) {
        NetworkKeys networks = new NetworkKeys(ipv4Prefix, ipv6Prefix, translators);
        if (ipv6Prefix > NetworkKeys.MOST_BITS) {
            return new KeyKind<>(
                    networks::client,
                    networks::client,
                    (limiter, buckets, ticker, shared, seed, most, random) ->
                            new MapStore<>(limiter, buckets, ticker, shared, most, random),
                    seed -> Neighbours.ofAddresses(networks, seed),
                    2);
        }
        // The table makes a key of any address; an object for each call would be garbage.
        return new KeyKind<>(
                UnaryOperator.identity(),
                networks::client,
                (limiter, buckets, ticker, shared, seed, most, random) -> new AddressTable(
                        limiter,
                        networks,
                        buckets,
                        ticker,
                        shared,
                        seed,
                        most,
                        PartSizes.of(most, buckets.length),
                        random),
                seed -> Neighbours.ofNetworks(networks, seed),
                2);
    }
}
