package io.headgate.http;

import io.headgate.net.ClientAddress;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How the elements of a forwarding header name the hops that they speak of. Pure functions of the text. */
enum HopFormat {

    /** The element is the address, as in {@code X-Forwarded-For}; quotes mean nothing. */
    ADDRESS {
        @Override
        int start(String line, int lowest, int end) {
            int at = end;
            while (at > lowest && line.charAt(at - 1) != ',') {
                at--;
            }
            return at;
        }

        @Override
        String node(String line, int from, int to) {
            return line.substring(from, to);
        }

        @Override
        @Nullable
        ClientAddress read(String line, int from, int to) {
            return client(line, from, to);
        }
    },

    /** The element is a list of pairs, of which {@code for} is the address: RFC 7239. */
    FORWARDED {
        @Override
        int start(String line, int lowest, int end) {
            return ForwardedElement.start(line, lowest, end);
        }

        @Override
        @Nullable
        String node(String line, int from, int to) {
            return ForwardedElement.node(line, from, to);
        }

        @Override
        @Nullable
        ClientAddress read(String line, int from, int to) {
            String node = node(line, from, to);
            return node == null ? null : client(node, 0, withoutHiddenPort(node));
        }
    };

    private static final long UNSPECIFIED_IPV4 = 0xFFFF_0000_0000L;

    /** Where the element that ends at {@code end} begins; {@code lowest} if it is at least as long as that. */
    abstract int start(String line, int lowest, int end);

    /** What stands for the address in {@code line[from, to)}, which has no blanks at its ends; null if nothing does. */
    abstract @Nullable String node(String line, int from, int to);

    /** The address in {@code line[from, to)}, which has no blanks at its ends; null if there is none. */
    abstract @Nullable ClientAddress read(String line, int from, int to);

    /** The format of a header, by its name. */
    static HopFormat of(String header) {
        return header.toLowerCase(Locale.ROOT).equals("forwarded") ? FORWARDED : ADDRESS;
    }

    /** The address that a piece of text is, port and zone dropped; null if it is none that a client can have. */
    private static @Nullable ClientAddress client(String text, int from, int to) {
        ClientAddress address = from == to ? null : ClientAddress.tryParseEndpoint(text, from, to);
        return address == null || isUnspecified(address) ? null : address;
    }

    static boolean isUnspecified(ClientAddress address) {
        return address.highBits() == 0 && (address.lowBits() == 0 || address.lowBits() == UNSPECIFIED_IPV4);
    }

    static int skipBlanks(String line, int from, int to) {
        int at = from;
        while (at < to && isBlank(line.charAt(at))) {
            at++;
        }
        return at;
    }

    static int trimBlanks(String line, int from, int to) {
        int end = to;
        while (end > from && isBlank(line.charAt(end - 1))) {
            end--;
        }
        return end;
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }

    /**
     * Where a node ends without the port that its proxy hides: {@code :_} and a word, RFC 7239, section 6. Only behind IPv4 or a
     * name, as a bare IPv6 address has colons of its own, and what stands behind a bracket is never read.
     */
    private static int withoutHiddenPort(String node) {
        int to = node.length();
        int colon = to - 1;
        while (colon > 0 && isHidden(node.charAt(colon))) {
            colon--;
        }
        boolean hidden = colon > 0 && colon + 2 < to && node.startsWith(":_", colon);
        return hidden && node.indexOf(':') == colon ? colon : to;
    }

    private static boolean isHidden(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '.'
                || c == '_'
                || c == '-';
    }
}
