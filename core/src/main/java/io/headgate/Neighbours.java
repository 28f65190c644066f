package io.headgate;

import io.headgate.net.ClientAddress;

/**
 * The shared bucket and the cell of each key, as a number of 16 bits within its family of keys: group, bucket and cell.
 * Seeded, so that strangers cannot find out with whom they share.
 *
 * @param <K> the type of the keys
 */
@FunctionalInterface
interface Neighbours<K> {

    int CELL_BITS = 6;
    /** One allocation has 2^4 of its family's 2^10 buckets, so its owner affects one newcomer in 64. */
    int BUCKET_BITS = 4;

    int GROUP_BITS = 6;
    int FAMILY_BITS = GROUP_BITS + BUCKET_BITS + CELL_BITS;

    /** 0 to families × 2^16 − 1. Equal for keys that share both bucket and cell. */
    int of(K key);

    /** Any keys: one family, in which a hash picks everything. */
    static <K> Neighbours<K> ofHashCodes(long seed) {
        return key -> (int) mix(key.hashCode() ^ seed) & ((1 << FAMILY_BITS) - 1);
    }

    /** Client addresses: IPv4 and IPv6 share nothing, a /16 or a /32 has one group, a /24 or a /48 one bucket. */
    static Neighbours<ClientAddress> ofNetworks(NetworkKeys networks, long seed) {
        return address -> ofNetwork(networks.of(address), seed);
    }

    /** The same if more than 64 bits tell clients apart. */
    static Neighbours<ClientAddress> ofAddresses(NetworkKeys networks, long seed) {
        return address -> of(networks.of(address), address.lowBits(), seed);
    }

    /** For a client that is told apart by this key. */
    static int ofNetwork(long key, long seed) {
        return of(key, 0, seed);
    }

    private static int of(long key, long rest, long seed) {
        int family = NetworkKeys.isIpv4(key) ? 0 : 1;
        long group = mix(NetworkKeys.allocation(key) ^ seed) & ((1 << GROUP_BITS) - 1);
        long bucket = mix(NetworkKeys.neighbourhood(key) + seed) & ((1 << BUCKET_BITS) - 1);
        long cell = mix(mix(key - seed) ^ rest) & ((1 << CELL_BITS) - 1);
        return (int) (((((long) family << GROUP_BITS | group) << BUCKET_BITS | bucket) << CELL_BITS) | cell);
    }

    /** Finalizer of SplittableRandom's mix64 (David Stafford's variant 13). */
    private static long mix(long bits) {
        long h = (bits ^ (bits >>> 30)) * 0xbf58476d1ce4e5b9L;
        h = (h ^ (h >>> 27)) * 0x94d049bb133111ebL;
        return h ^ (h >>> 31);
    }
}
