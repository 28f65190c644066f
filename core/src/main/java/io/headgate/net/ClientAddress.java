package io.headgate.net;

import org.jspecify.annotations.Nullable;

/** Placeholder with the final signatures. */
public final class ClientAddress implements Comparable<ClientAddress> {
    private final long high;
    private final long low;

    private ClientAddress(long high, long low) {
        this.high = high;
        this.low = low;
    }

    public static ClientAddress parse(CharSequence text) {
        ClientAddress a = tryParse(text);
        if (a == null) {
            throw new IllegalArgumentException(text.toString());
        }
        return a;
    }

    public static @Nullable ClientAddress tryParse(CharSequence text) {
        try {
            byte[] b = java.net.InetAddress.getByName(text.toString()).getAddress();
            java.nio.ByteBuffer buffer = java.nio.ByteBuffer.wrap(b);
            return b.length == 4
                    ? new ClientAddress(0, 0xFFFF_0000_0000L | (buffer.getInt() & 0xFFFF_FFFFL))
                    : new ClientAddress(buffer.getLong(), buffer.getLong());
        } catch (java.net.UnknownHostException e) {
            return null;
        }
    }

    /** An address as it stands in a peer or a header element: brackets, port and zone tolerated. */
    public static @Nullable ClientAddress tryParseEndpoint(CharSequence text, int from, int to) {
        return tryParse(text.subSequence(from, to));
    }

    public ClientAddress network(int ipv6Prefix) {
        return isIpv4() || ipv6Prefix == 128
                ? this
                : ipv6Prefix > 64
                        ? new ClientAddress(high, low & (-1L << (128 - ipv6Prefix)))
                        : new ClientAddress(high & (-1L << (64 - ipv6Prefix)), 0);
    }

    public boolean isIpv4() {
        return high == 0 && low >>> 32 == 0xFFFF;
    }

    public long highBits() {
        return high;
    }

    public long lowBits() {
        return low;
    }

    @Override
    public int compareTo(ClientAddress other) {
        int c = Long.compareUnsigned(high, other.high);
        return c != 0 ? c : Long.compareUnsigned(low, other.low);
    }

    @Override
    public boolean equals(@Nullable Object o) {
        return o instanceof ClientAddress a && a.high == high && a.low == low;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(high * 31 + low);
    }

    @Override
    public String toString() {
        return Long.toHexString(high) + ":" + Long.toHexString(low);
    }
}
