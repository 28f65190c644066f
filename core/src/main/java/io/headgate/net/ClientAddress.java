package io.headgate.net;

import io.headgate.internal.QuotedText;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An IPv4 or IPv6 address: 128 bits, immutable, equal however it was written.
 *
 * <pre>{@code
 * ClientAddress.parse("192.0.2.1").equals(ClientAddress.parse("::ffff:192.0.2.1"));  // true
 * ClientAddress.parse("2001:db8:1:2:3::4").network(64);                              // 2001:db8:1:2::
 * ClientAddress.tryParse("localhost");                                               // null
 * }</pre>
 *
 * <p>IPv4 is held as its IPv4-mapped form {@code ::ffff:a.b.c.d}, so {@code ::ffff:192.0.2.1}, {@code ::ffff:c000:201}
 * and {@code 192.0.2.1} are equal and all of them are IPv4. Nothing else is folded: {@code ::192.0.2.1} and
 * {@code 2001:db8::192.0.2.1} are IPv6.
 *
 * <p>Text is read as follows, and never by asking a name server:
 *
 * <ul>
 *   <li>IPv4 is four decimal octets in ASCII digits without leading zeros. {@code 127.1}, {@code 1} and
 *       {@code 010.0.0.1} are no addresses.
 *   <li>IPv6 is as in RFC 4291, section 2.2: groups of up to four hexadecimal digits in either case, "::" at most once
 *       and for at least one group, dotted octets allowed for the last 32 bits.
 *   <li>The zone of an IPv6 address ({@code fe80::1%eth0}) is dropped: it names an interface of this host, not a client.
 *       It is what follows the first {@code %}: one character or more, and none that is a space or control character of
 *       ASCII or one of {@code :/[]}; another {@code %} and any character beyond ASCII may be in it. An IPv4 address
 *       may have one only in its IPv4-mapped form: {@code 192.0.2.1%eth0} is no address.
 *   <li>Space around the address is not trimmed, and a text of more than 128 characters is no address.
 * </ul>
 *
 * <p>Hash codes differ from one run of the JVM to the next, on purpose: clients choose their addresses, and must not be
 * able to choose addresses that collide. Addresses are ordered by their 128 bits as an unsigned number.
 */
public final class ClientAddress implements Comparable<ClientAddress> {

    private static final AddressHash HASH = AddressHash.seeded();

    /** The lower half of an IPv4 address, shifted right by 32; its upper half is zero. */
    private static final long MAPPED = 0xFFFF;

    /** The upper half of {@code 64:ff9b::/96} (RFC 6052); the 32 bits that follow it are zero. */
    private static final long NAT64 = 0x0064_FF9B_0000_0000L;

    /** The first 16 bits of {@code 2002::/16} (RFC 3056). */
    private static final long SIX_TO_FOUR = 0x2002;

    private static final int SIX_TO_FOUR_PREFIX = 48;

    private final long high;
    private final long low;

    private ClientAddress(long high, long low) {
        this.high = high;
        this.low = low;
    }

    /**
     * An address from its bits, which need no reading.
     *
     * @param high the upper 64 bits of an IPv6 address; 0 for IPv4
     * @param low the lower 64 bits; {@code 0xFFFF_aabb_ccdd} for the IPv4 address a.b.c.d
     * @return the address
     */
    public static ClientAddress ofBits(long high, long low) {
        return new ClientAddress(high, low);
    }

    static ClientAddress ofIpv4(int bits) {
        return new ClientAddress(0, (MAPPED << 32) | (bits & 0xFFFF_FFFFL));
    }

    /**
     * Reads an address, and nothing but an address: no brackets, no port, no space.
     *
     * @param text the text
     * @return the address
     * @throws IllegalArgumentException if the text is no address; the message shows the text and the accepted form
     * @throws NullPointerException if the text is null
     */
    public static ClientAddress parse(CharSequence text) {
        Objects.requireNonNull(text, "text");
        ClientAddress address = tryParse(text);
        if (address == null) {
            throw new IllegalArgumentException(QuotedText.of(text)
                    + " is not an address; the form is four decimal octets such as \"192.0.2.1\","
                    + " or IPv6 such as \"2001:db8::1\"");
        }
        return address;
    }

    /**
     * Reads an address as {@link #parse} does, without an exception. Makes no object but the address.
     *
     * @param text the text, from anywhere
     * @return the address, or null if the text is null or no address
     */
    public static @Nullable ClientAddress tryParse(@Nullable CharSequence text) {
        return text == null ? null : AddressParser.address(text, text.length());
    }

    /**
     * Reads an address as it stands in a peer or in an element of a forwarding header, where a port may follow it and
     * brackets may enclose it: {@code 192.0.2.1}, {@code 192.0.2.1:443}, {@code 2001:db8::1}, {@code [2001:db8::1]} and
     * {@code [2001:db8::1]:443}. Makes no object but the address.
     *
     * <p>What follows "]:" is dropped unread, as the brackets leave no doubt where the address ends. What follows
     * the colon after IPv4 must be a number from 0 to 65535, in one to five digits. Brackets are for IPv6 only.
     *
     * @param text the text, from anywhere
     * @param from the index of the first character to read
     * @param to the index after the last; space at either end is not trimmed
     * @return the address, or null if that part of the text is none, as if it has more than 128 characters
     * @throws IndexOutOfBoundsException if {@code from} and {@code to} are not the ends of a part of the text
     */
    public static @Nullable ClientAddress tryParseEndpoint(CharSequence text, int from, int to) {
        Objects.checkFromToIndex(from, to, text.length());
        return AddressParser.endpoint(text, from, to);
    }

    /**
     * The network that this address is counted under, so that a client who owns many addresses is one client. It is:
     *
     * <ul>
     *   <li>for IPv4, the address itself, whatever the prefix;
     *   <li>for a translated address in {@code 64:ff9b::/96} (NAT64), the IPv4 address in its last 32 bits: all the
     *       IPv4 internet is in that one network. {@code 64:ff9b::} itself is no translated address;
     *   <li>for an address in {@code 2002::/16} (6to4), the first 48 bits or the prefix, whichever is shorter: one IPv4
     *       host owns that much;
     *   <li>for every other address, the first {@code ipv6Prefix} bits, the rest being zero.
     * </ul>
     *
     * @param ipv6Prefix how many bits of an IPv6 address to keep, 0 to 128
     * @return the network; this object if it is the network already
     * @throws IllegalArgumentException if the prefix is not in its range
     */
    public ClientAddress network(int ipv6Prefix) {
        if (ipv6Prefix < 0 || ipv6Prefix > 128) {
            throw new IllegalArgumentException("the IPv6 prefix must be 0 to 128 bits, not " + ipv6Prefix);
        }
        if (isIpv4()) {
            return this;
        }
        // 64:ff9b:: is left alone, or it would turn into 0.0.0.0 when some network of 64:ff9b::/32 is masked again.
        if (high == NAT64 && low >>> 32 == 0 && low != 0) {
            return ofIpv4((int) low);
        }
        return masked(high >>> 48 == SIX_TO_FOUR ? Math.min(ipv6Prefix, SIX_TO_FOUR_PREFIX) : ipv6Prefix);
    }

    /** The first bits of this address, IPv4-mapped as it is held, followed by zeros; the prefix is 0 to 128. */
    ClientAddress masked(int prefix) {
        long maskedHigh = high & PrefixMask.high(prefix);
        long maskedLow = low & PrefixMask.low(prefix);
        return maskedHigh == high && maskedLow == low ? this : new ClientAddress(maskedHigh, maskedLow);
    }

    /** The address that follows this one in their order; null after the last. */
    @Nullable
    ClientAddress next() {
        return (high & low) == -1 ? null : new ClientAddress(low == -1 ? high + 1 : high, low + 1);
    }

    /**
     * Whether this is an IPv4 address, in whichever notation it was written.
     *
     * @return true for {@code ::ffff:0:0/96}
     */
    public boolean isIpv4() {
        return high == 0 && low >>> 32 == MAPPED;
    }

    /**
     * Bits 0 to 63, the first in network order.
     *
     * @return zero for IPv4
     */
    public long highBits() {
        return high;
    }

    /**
     * Bits 64 to 127, the last in network order.
     *
     * @return {@code 0x0000_ffff_aabb_ccdd} for the IPv4 address a.b.c.d
     */
    public long lowBits() {
        return low;
    }

    @Override
    public int compareTo(ClientAddress other) {
        int order = Long.compareUnsigned(high, other.high);
        return order != 0 ? order : Long.compareUnsigned(low, other.low);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ClientAddress address && address.high == high && address.low == low;
    }

    @Override
    public int hashCode() {
        return HASH.of(high, low);
    }

    /**
     * The canonical text: four decimal octets for IPv4, RFC 5952 for IPv6, which is always written in plain groups
     * ({@code ::102:304}, never {@code ::1.2.3.4}).
     *
     * @return 7 to 15 characters for IPv4, 2 to 39 for IPv6; {@link #parse} reads it back as an equal address
     */
    @Override
    public String toString() {
        return isIpv4() ? AddressPrinter.ipv4((int) low) : AddressPrinter.ipv6(high, low);
    }
}
