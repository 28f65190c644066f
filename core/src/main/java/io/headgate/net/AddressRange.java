package io.headgate.net;

import io.headgate.internal.QuotedText;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * All addresses that begin with the same bits, such as {@code 10.0.0.0/8}. Immutable.
 *
 * <pre>{@code
 * AddressRange office = AddressRange.parse("10.0.0.0/8");
 * office.contains(ClientAddress.parse("10.1.2.3"));         // true
 * office.contains(ClientAddress.parse("::ffff:10.1.2.3"));  // true: the same address
 * }</pre>
 *
 * <p>A range is of IPv4 addresses or of IPv6 addresses, never of both: {@code ::/0} contains no IPv4 address, and as
 * notation does not matter it does not contain {@code ::ffff:192.0.2.1} either.
 */
public final class AddressRange {

    /** How many of the 128 bits stand before the 32 bits of an IPv4 address. */
    private static final int MAPPED_PREFIX = 96;

    /** The first address of the range: all of its bits past the prefix are zero. */
    private final ClientAddress network;

    /** The prefix within 128 bits, 96 to 128 for IPv4. */
    private final int bits;

    private final long highMask;
    private final long lowMask;

    private AddressRange(ClientAddress address, int bits) {
        this.bits = bits;
        network = address.masked(bits);
        highMask = PrefixMask.high(bits);
        lowMask = PrefixMask.low(bits);
    }

    /**
     * Reads a range: an address, as {@link ClientAddress#parse} reads it but without a zone, and the number of leading
     * bits that all addresses of the range share with it, such as {@code 10.0.0.0/8} or {@code 2001:db8::/32}. The
     * number is decimal, without sign or leading zeros, and at most 32 after dotted IPv4, 128 after IPv6.
     *
     * <p>Bits past the prefix are allowed and ignored: {@code 10.1.2.3/8} is {@code 10.0.0.0/8}. An address alone is
     * the range of just that address.
     *
     * <p>IPv4 may be written as IPv4-mapped IPv6, and the prefix then counts all 128 bits: {@code ::ffff:10.0.0.0/104}
     * is {@code 10.0.0.0/8} and {@code ::ffff:0:0/96} is {@code 0.0.0.0/0}. With a prefix below 96 such a text is a
     * range of IPv6 addresses, and like all those contains no IPv4 address: {@code ::ffff:10.0.0.0/8} is {@code ::/8}.
     *
     * @param cidr the text
     * @return the range
     * @throws IllegalArgumentException if the text is no range; the message shows the text and the accepted form
     * @throws NullPointerException if the text is null
     */
    public static AddressRange parse(CharSequence cidr) {
        Objects.requireNonNull(cidr, "cidr");
        int length = cidr.length();
        if (length > AddressParser.LONGEST) {
            throw invalid(cidr, "it is too long");
        }
        int slash = length;
        boolean ipv6Notation = false;
        for (int i = length - 1; i >= 0; i--) {
            switch (cidr.charAt(i)) {
                case '/' -> slash = i;
                case ':' -> ipv6Notation = true;
                case '%' -> throw invalid(cidr, "a range has no zone");
                default -> {}
            }
        }
        ClientAddress address = AddressParser.address(cidr, slash);
        if (address == null) {
            throw invalid(cidr, "it does not begin with an address");
        }
        int longest = ipv6Notation ? 128 : 32;
        int prefix = slash == length ? longest : prefix(cidr, slash + 1, longest);
        if (prefix < 0) {
            throw invalid(cidr, "the prefix is not a number from 0 to " + longest);
        }
        return new AddressRange(address, ipv6Notation ? prefix : prefix + MAPPED_PREFIX);
    }

    /** The number in the rest of the text, or -1. */
    private static int prefix(CharSequence text, int from, int longest) {
        int digits = text.length() - from;
        if (digits < 1 || digits > 3 || (digits > 1 && text.charAt(from) == '0')) {
            return -1;
        }
        int prefix = 0;
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                return -1;
            }
            prefix = prefix * 10 + (c - '0');
        }
        return prefix <= longest ? prefix : -1;
    }

    private static IllegalArgumentException invalid(CharSequence text, String reason) {
        return new IllegalArgumentException(
                QuotedText.of(text) + " is not an address range: " + reason
                        + "; the form is ADDRESS or ADDRESS/PREFIX, such as \"10.0.0.0/8\", \"2001:db8::/32\" or \"192.0.2.1\"");
    }

    /**
     * Whether an address is in this range.
     *
     * @param address the address
     * @return true if it is of the same kind, IPv4 or IPv6, and its leading bits are those of the range
     */
    public boolean contains(ClientAddress address) {
        return (address.highBits() & highMask) == network.highBits()
                && (address.lowBits() & lowMask) == network.lowBits()
                && address.isIpv4() == isIpv4();
    }

    /**
     * The first address of the range.
     *
     * @return the address whose bits past the prefix are zero
     */
    public ClientAddress first() {
        return network;
    }

    /** The last address of the range: all of its bits past the prefix are one. */
    ClientAddress last() {
        return ClientAddress.ofBits(network.highBits() | ~highMask, network.lowBits() | ~lowMask);
    }

    /**
     * How many leading bits the addresses of this range share. With zero bits it is all of IPv4 or all of IPv6.
     *
     * @return 0 to 32 for IPv4, 0 to 128 for IPv6
     */
    public int prefixLength() {
        return isIpv4() ? bits - MAPPED_PREFIX : bits;
    }

    /**
     * Whether this is a range of IPv4 addresses.
     *
     * @return false for a range of IPv6 addresses
     */
    public boolean isIpv4() {
        return network.isIpv4();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof AddressRange range && range.bits == bits && range.network.equals(network);
    }

    @Override
    public int hashCode() {
        return network.hashCode() * 31 + bits;
    }

    /**
     * The canonical text: the first address of the range, a slash and the prefix length.
     *
     * @return the text; {@link #parse} reads it back as an equal range
     */
    @Override
    public String toString() {
        return network + "/" + prefixLength();
    }
}
