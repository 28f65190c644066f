package io.headgate;

import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A prefix under which a translator writes IPv4 addresses as IPv6 (RFC 6052, section 2.2). */
final class TranslationPrefix {

    /**
     * The result for an address that carries no IPv4 address. No client has 0.0.0.0, and the prefix itself carries it.
     */
    static final long NONE = 0;

    private static final Set<Integer> LENGTHS = Set.of(32, 40, 48, 56, 64, 96);
    private static final long LOW_32 = 0xFFFF_FFFFL;
    private static final ClientAddress LOOPBACK = ClientAddress.ofBits(0, 1);

    private final long high;
    private final long low;
    private final long highMask;
    private final long lowMask;
    private final int length;

    /** Throws IllegalArgumentException if no translator can have this prefix. */
    TranslationPrefix(AddressRange range) {
        length = range.prefixLength();
        high = range.first().highBits();
        low = range.first().lowBits();
        highMask = -1L << Math.max(0, 64 - length);
        lowMask = length == 96 ? -1L << 32 : 0;
        if (range.isIpv4() || !LENGTHS.contains(length) || low >>> 56 != 0 || range.contains(LOOPBACK)) {
            throw new IllegalArgumentException(
                    "a translation prefix must be IPv6 and have 32, 40, 48, 56, 64 or 96 bits,"
                            + " of which the bits 64 to 71 are zero, and no ::1 in it, such as 64:ff9b:1::/48; not "
                            + range);
        }
    }

    int length() {
        return length;
    }

    /** The bits of the IPv4 address in an address of these halves, or {@link #NONE}. */
    long carried(long addressHigh, long addressLow) {
        if ((addressHigh & highMask) != high || (addressLow & lowMask) != low) {
            return NONE;
        }
        if (length == 96) {
            return addressLow & LOW_32;
        }
        // The eight bits after the first 64 are skipped, and those behind the IPv4 address are ignored.
        return (addressHigh << 32 | addressLow << 8 >>> 32) >>> (64 - length) & LOW_32;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TranslationPrefix that && high == that.high && low == that.low && length == that.length;
    }

    @Override
    public int hashCode() {
        return Objects.hash(high, low, length);
    }
}
