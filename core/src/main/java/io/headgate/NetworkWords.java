package io.headgate;

import io.headgate.net.ClientAddress;

/**
 * The networks that clients are told apart by, each as one word that is never zero. Two addresses have one word exactly
 * if {@link ClientAddress#network} has one answer for them, but for {@code ff00::/8} and {@code ::}: those addresses name
 * no client, and share one word that no client has; {@code ::1} is a client. Allocates nothing.
 */
final class NetworkWords {

    /*
     * An IPv6 network of at most 64 bits is its upper half. IPv4 a.b.c.d is ff00:0:aabb:ccdd, which is multicast and so
     * in nobody's way; all real multicast becomes MULTICAST. All of it is then inverted: the one upper half that turns
     * into zero is again multicast, and ::/64 becomes an ordinary word.
     */

    /** How many leading bits fit into a word. */
    static final int MOST_BITS = 64;

    private static final long IPV4 = 0xFF00_0000_0000_0000L;
    private static final long MULTICAST = 0xFF01_0000_0000_0000L;
    private static final long LOW_32 = 0xFFFF_FFFFL;

    /** The lower half of {@code ::ffff:0:0/96}, shifted right by 32; the upper half is zero. */
    private static final long MAPPED = 0xFFFF;
    /** The upper half of {@code 64:ff9b::/96}; the 32 bits that follow it are zero, and not all of the last 32 are. */
    private static final long NAT64 = 0x0064_FF9B_0000_0000L;
    /** The first 16 bits of {@code 2002::/16}. */
    private static final long SIX_TO_FOUR = 0x2002;

    private static final long MASK_48 = -1L << 16;
    private static final long MASK_32 = -1L << 32;

    /** What {@code ::} is counted as where networks are addresses: masking makes {@code ::} of {@code ::1}, too. */
    private static final ClientAddress NOBODY = ClientAddress.ofBits(MULTICAST, 0);

    private final long mask;

    /** Tells IPv6 clients apart by so many leading bits, 1 to 64. */
    NetworkWords(int ipv6Prefix) {
        mask = -1L << (64 - ipv6Prefix);
    }

    long of(ClientAddress address) {
        long high = address.highBits();
        long low = address.lowBits();
        if ((high == 0 && low >>> 32 == MAPPED) || (high == NAT64 && low >>> 32 == 0 && low != 0)) {
            return ~(IPV4 | (low & LOW_32));
        }
        long network = high & (high >>> 48 == SIX_TO_FOUR ? mask & MASK_48 : mask);
        return ~(network >>> 56 == 0xFF || (high | low) == 0 ? MULTICAST : network);
    }

    /** The network as an address, for those of more than 64 bits. */
    static ClientAddress network(ClientAddress address, int ipv6Prefix) {
        return (address.highBits() | address.lowBits()) == 0 ? NOBODY : address.network(ipv6Prefix);
    }

    static boolean isIpv4(long word) {
        return ~word >>> 32 == IPV4 >>> 32;
    }

    /** The IPv4 /24 or the IPv6 /48 that the client of a word belongs to, or its network if that is wider. */
    static long neighbourhood(long word) {
        return ~word & (isIpv4(word) ? ~0xFFL : MASK_48);
    }

    /** The IPv4 /16 or the IPv6 /32 that the client of a word belongs to: what one owner is likely to command. */
    static long allocation(long word) {
        return ~word & (isIpv4(word) ? ~0xFFFFL : MASK_32);
    }
}
