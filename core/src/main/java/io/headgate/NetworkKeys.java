package io.headgate;

import io.headgate.net.ClientAddress;
import java.util.List;

/**
 * Tells client networks apart: each has a key of 64 bits, which is never zero, and an address that stands for it. Two
 * addresses have the same key exactly if {@link ClientAddress#network} has the same answer for them, with three
 * exceptions:
 *
 * <ul>
 * <li>{@code ff00::/8} and {@code ::} belong to no client. They share one key that no client has. {@code ::1} is a
 * client.
 * <li>An address of the given translators has the key of the IPv4 address that it carries.
 * <li>IPv4 addresses with the same leading bits have one key, if fewer than 32 bits are to tell them apart.
 * </ul>
 */
final class NetworkKeys {

    /*
     * An IPv6 network of at most 64 bits is its upper half. IPv4 a.b.c.d becomes ff00:0:aabb:ccdd, a multicast prefix
     * that no client has; all real multicast becomes MULTICAST. Then all bits are inverted: the only upper half that
     * becomes zero is again multicast, and ::/64 becomes an ordinary key.
     */

    /** How many leading bits fit into a key. */
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

    /** Stands for all addresses that belong to no client. */
    private static final ClientAddress NOBODY = ClientAddress.ofBits(0, 0);
    /** Stands for its network, whose first address belongs to no client. */
    private static final ClientAddress LOOPBACK = ClientAddress.ofBits(0, 1);

    private final int ipv6Prefix;
    private final long mask;
    private final long ipv4Mask;
    private final TranslationPrefix[] translators;

    /**
     * Tells clients apart by so many leading bits: of IPv4 1 to 32, of IPv6 1 to 128. Keys have the first 64 of them.
     */
    NetworkKeys(int ipv4Prefix, int ipv6Prefix, List<TranslationPrefix> translators) {
        this.ipv6Prefix = ipv6Prefix;
        this.translators = translators.toArray(new TranslationPrefix[0]);
        ipv4Mask = LOW_32 << (32 - ipv4Prefix) & LOW_32;
        mask = -1L << Math.max(0, 64 - ipv6Prefix);
    }

    NetworkKeys(int ipv6Prefix) {
        this(32, ipv6Prefix, List.of());
    }

    /** The key of an address. Allocates nothing. */
    long of(ClientAddress address) {
        long high = address.highBits();
        long low = address.lowBits();
        if ((high == 0 && low >>> 32 == MAPPED) || (high == NAT64 && low >>> 32 == 0 && low != 0)) {
            return ofIpv4(low & LOW_32);
        }
        for (TranslationPrefix translator : translators) {
            long carried = translator.carried(high, low);
            if (carried != TranslationPrefix.NONE) {
                return ofIpv4(carried);
            }
        }
        long network = high & (high >>> 48 == SIX_TO_FOUR ? mask & MASK_48 : mask);
        return ~(network >>> 56 == 0xFF || (high | low) == 0 ? MULTICAST : network);
    }

    private long ofIpv4(long bits) {
        return ~(IPV4 | (bits & ipv4Mask));
    }

    /**
     * The address that stands for the network of an address, by all bits of the prefix: the same for all addresses of a
     * client, and for itself. Returns the given object if it is that address.
     */
    ClientAddress client(ClientAddress address) {
        long key = of(address);
        if (isIpv4(key)) {
            long low = MAPPED << 32 | (~key & LOW_32);
            return address.highBits() == 0 && address.lowBits() == low ? address : ClientAddress.ofBits(0, low);
        }
        if (key == ~MULTICAST) {
            return NOBODY;
        }
        ClientAddress network = address.network(ipv6Prefix);
        return network.equals(NOBODY) ? LOOPBACK : network;
    }

    static boolean isIpv4(long key) {
        return ~key >>> 32 == IPV4 >>> 32;
    }

    /** The IPv4 /24 or the IPv6 /48 of the client with this key, or its network if that is wider. */
    static long neighbourhood(long key) {
        return ~key & (isIpv4(key) ? ~0xFFL : MASK_48);
    }

    /** The IPv4 /16 or the IPv6 /32 of the client with this key: what one owner is likely to control. */
    static long allocation(long key) {
        return ~key & (isIpv4(key) ? ~0xFFFFL : MASK_32);
    }
}
