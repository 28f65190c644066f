package io.headgate.http;

import io.headgate.net.ClientAddress;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How one element of a forwarding header names the hop that it speaks of. Pure functions of the text. */
enum HopFormat {

    /** The element is the address, as in {@code X-Forwarded-For}. */
    ADDRESS {
        @Override
        @Nullable
        ClientAddress read(String line, int from, int to) {
            return from == to ? null : client(line, from, to);
        }
    },

    /** The element is a list of parameters, of which {@code for} is the address: RFC 7239, section 4. */
    FORWARDED {
        /*
         * forwarded-element = [ pair ] *( ";" [ pair ] ), pair = token "=" ( token / quoted-string ). The element was
         * cut out at commas before anybody looked at quotes, so a quote may be left open: such an element is no address.
         */
        @Override
        @Nullable
        ClientAddress read(String line, int from, int to) {
            ClientAddress address = null;
            boolean found = false;
            int at = from;
            while (at < to) {
                int end = endOfPair(line, at, to);
                if (end < 0) {
                    return null;
                }
                int start = skipBlanks(line, at, end);
                if (line.regionMatches(true, start, FOR, 0, FOR.length())) {
                    if (found) {
                        return null;
                    }
                    found = true;
                    address = value(line, start + FOR.length(), trimBlanks(line, start, end));
                }
                at = end + 1;
            }
            return address;
        }
    };

    private static final String FOR = "for=";
    private static final long UNSPECIFIED_IPV4 = 0xFFFF_0000_0000L;

    /** The address in {@code line[from, to)}, which has no blanks at its ends; null if there is none. */
    abstract @Nullable ClientAddress read(String line, int from, int to);

    /** The format of a header, by its name. */
    static HopFormat of(String header) {
        return header.toLowerCase(Locale.ROOT).equals("forwarded") ? FORWARDED : ADDRESS;
    }

    /** The address that a piece of text is, port and zone dropped; null if it is none that a client can have. */
    private static @Nullable ClientAddress client(String text, int from, int to) {
        ClientAddress address = ClientAddress.tryParseEndpoint(text, from, to);
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
    private static int withoutHiddenPort(String line, int from, int to) {
        int colon = to - 1;
        while (colon > from && isHidden(line.charAt(colon))) {
            colon--;
        }
        boolean hidden = colon > from && colon + 2 < to && line.charAt(colon) == ':' && line.charAt(colon + 1) == '_';
        return hidden && line.indexOf(':', from) == colon ? colon : to;
    }

    private static boolean isHidden(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '.'
                || c == '_'
                || c == '-';
    }

    /** Where the next semicolon outside of quotes is, or {@code to}; -1 if a quote is left open. */
    private static int endOfPair(String line, int from, int to) {
        boolean quoted = false;
        for (int i = from; i < to; i++) {
            char c = line.charAt(i);
            if (quoted && c == '\\') {
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (c == ';' && !quoted) {
                return i;
            }
        }
        return quoted ? -1 : to;
    }

    private static @Nullable ClientAddress value(String line, int from, int to) {
        boolean quoted = to - from >= 2 && line.charAt(from) == '"' && line.charAt(to - 1) == '"';
        int start = quoted ? from + 1 : from;
        int end = withoutHiddenPort(line, start, quoted ? to - 1 : to);
        return start == end ? null : client(line, start, end);
    }
}
