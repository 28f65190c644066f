package io.headgate.net;

import org.jspecify.annotations.Nullable;

/** Reads an address from part of a text in one pass, and makes nothing but the address. */
final class AddressParser {

    /*
     * The file is ordered from the outside in: an endpoint, an address, IPv6, its zone, IPv4, a port.
     *
     * Text comes from strangers. Nothing here throws, recurses, copies or looks further than LONGEST characters, and
     * only the ASCII digits and letters are digits: Character.digit would also take those of every other script.
     */

    /** No text of more characters is read. The longest address has 45; what is left is for a zone and a port. */
    static final int LONGEST = 128;

    private static final int GROUPS = 8;
    private static final long NOT_IPV4 = -1;

    private AddressParser() {}

    /** {@code v4}, {@code v4:port}, {@code v6}, {@code [v6]} or {@code [v6]:anything}. */
    static @Nullable ClientAddress endpoint(CharSequence text, int from, int to) {
        if (from == to || to - from > LONGEST) {
            return null;
        }
        return text.charAt(from) == '[' ? bracketed(text, from + 1, to) : bare(text, from, to);
    }

    private static @Nullable ClientAddress bracketed(CharSequence text, int from, int to) {
        int close = indexOf(']', text, from, to);
        boolean closed = close == to - 1 || (close < to && text.charAt(close + 1) == ':');
        return closed ? ipv6(text, from, close) : null;
    }

    private static @Nullable ClientAddress bare(CharSequence text, int from, int to) {
        if (isDotted(text, from, to)) {
            int colon = indexOf(':', text, from, to);
            return colon == to || isPort(text, colon + 1, to) ? ipv4(text, from, colon) : null;
        }
        return ipv6(text, from, to);
    }

    /** An address and nothing else, but for the zone of an IPv6 address. */
    static @Nullable ClientAddress address(CharSequence text, int to) {
        if (to > LONGEST) {
            return null;
        }
        return isDotted(text, 0, to) ? ipv4(text, 0, to) : ipv6(text, 0, to);
    }

    /** Whether a dot comes before any colon, as it does in IPv4 only: there by the fourth character or never. */
    private static boolean isDotted(CharSequence text, int from, int to) {
        int end = Math.min(to, from + 4);
        for (int i = from; i < end; i++) {
            char c = text.charAt(i);
            if (c == '.' || c == ':') {
                return c == '.';
            }
        }
        return false;
    }

    private static @Nullable ClientAddress ipv4(CharSequence text, int from, int to) {
        long bits = ipv4Bits(text, from, to);
        return bits == NOT_IPV4 ? null : ClientAddress.ofIpv4((int) bits);
    }

    private static @Nullable ClientAddress ipv6(CharSequence text, int from, int to) {
        int end = indexOf('%', text, from, to);
        if (end - from < 2 || !isZone(text, end, to)) {
            return null;
        }
        // Groups before "::" are set in place from the top, those after it are pushed in from the bottom.
        long high = 0;
        long low = 0;
        long pushedHigh = 0;
        long pushedLow = 0;
        int groups = 0;
        boolean gap = false;
        int i = from;
        if (text.charAt(i) == ':') {
            if (text.charAt(i + 1) != ':') {
                return null;
            }
            gap = true;
            i += 2;
        }
        while (i < end) {
            int start = i;
            long group = 0;
            int digit;
            while (i < end && (digit = hexDigit(text.charAt(i))) >= 0) {
                if (i - start == 4) {
                    return null;
                }
                group = (group << 4) | digit;
                i++;
            }
            if (i < end && text.charAt(i) == '.') {
                long tail = ipv4Bits(text, start, end);
                if (tail == NOT_IPV4) {
                    return null;
                }
                // Without "::" this is right after six groups only; the count at the end rules out all else.
                pushedHigh = (pushedHigh << 32) | (pushedLow >>> 32);
                pushedLow = (pushedLow << 32) | tail;
                groups += 2;
                break;
            }
            if (i == start || groups == GROUPS) {
                return null;
            }
            if (gap) {
                pushedHigh = (pushedHigh << 16) | (pushedLow >>> 48);
                pushedLow = (pushedLow << 16) | group;
            } else if (groups < 4) {
                high |= group << (48 - 16 * groups);
            } else {
                low |= group << (112 - 16 * groups);
            }
            groups++;
            if (i == end) {
                break;
            }
            // A colon must lead to another group, or be the first of the only "::".
            if (text.charAt(i) != ':' || ++i == end) {
                return null;
            }
            if (text.charAt(i) == ':') {
                if (gap) {
                    return null;
                }
                gap = true;
                i++;
            }
        }
        return (gap ? groups < GROUPS : groups == GROUPS)
                ? ClientAddress.ofBits(high | pushedHigh, low | pushedLow)
                : null;
    }

    /** Whether the rest of the text is nothing, or a percent sign and the name of a zone. */
    private static boolean isZone(CharSequence text, int from, int to) {
        if (from == to - 1) {
            return false;
        }
        for (int i = from + 1; i < to; i++) {
            char c = text.charAt(i);
            if (c <= ' ' || c == 0x7F || c == ':' || c == '/' || c == '[' || c == ']') {
                return false;
            }
        }
        return true;
    }

    /** The 32 bits of four decimal octets without leading zeros, or {@link #NOT_IPV4}. */
    private static long ipv4Bits(CharSequence text, int from, int to) {
        long bits = 0;
        int octets = 0;
        int octet = -1;
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (c >= '0' && c <= '9') {
                if (octet == 0) {
                    return NOT_IPV4;
                }
                octet = octet < 0 ? c - '0' : octet * 10 + (c - '0');
                if (octet > 255) {
                    return NOT_IPV4;
                }
            } else if (c == '.' && octet >= 0) {
                bits = (bits << 8) | octet;
                octet = -1;
                octets++;
            } else {
                return NOT_IPV4;
            }
        }
        return octets == 3 && octet >= 0 ? (bits << 8) | octet : NOT_IPV4;
    }

    /** Whether the text is a number from 0 to 65535 in one to five digits. */
    private static boolean isPort(CharSequence text, int from, int to) {
        if (from >= to || to - from > 5) {
            return false;
        }
        int port = 0;
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                return false;
            }
            port = port * 10 + (c - '0');
        }
        return port <= 0xFFFF;
    }

    private static int hexDigit(char c) {
        if (c >= '0' && c <= '9') {
            return c - '0';
        }
        int lower = c | 0x20;
        return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
    }

    /** Where the character is first, or {@code to}. */
    private static int indexOf(char wanted, CharSequence text, int from, int to) {
        int i = from;
        while (i < to && text.charAt(i) != wanted) {
            i++;
        }
        return i;
    }
}
