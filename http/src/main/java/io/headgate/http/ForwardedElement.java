package io.headgate.http;

import org.jspecify.annotations.Nullable;

/**
 * The syntax of {@code Forwarded}: RFC 7239, section 4. Pure functions of the text.
 *
 * <pre>
 * Forwarded = element *( OWS "," OWS element )
 * element   = [ pair ] *( ";" [ pair ] )
 * pair      = token "=" ( token / quoted-string )
 * </pre>
 *
 * <p>A value that is not quoted may have colons and brackets, as proxies write addresses and hosts that way.
 */
final class ForwardedElement {

    /*
     * A line is cut from its end, with quoted strings as units. Its end was written by our own proxies, which close the quotes
     * that they open and escape the quotes that a client has put into a value; so up to there every quote is in its place. What
     * strangers wrote further left may leave one open: that swallows what is left of it, never what is right of it.
     */

    private static final String FOR = "for";

    private ForwardedElement() {}

    /** Where the element that ends at {@code end} begins; {@code lowest} if no border is found behind that. */
    static int start(String line, int lowest, int end) {
        boolean quoted = false;
        int at = end;
        while (at > lowest) {
            char c = line.charAt(at - 1);
            if (c == '"' && !isEscaped(line, lowest, at - 1)) {
                quoted = !quoted;
            } else if (c == ',' && !quoted) {
                return at;
            }
            at--;
        }
        return lowest;
    }

    private static boolean isEscaped(String line, int lowest, int at) {
        int first = at;
        while (first > lowest && line.charAt(first - 1) == '\\') {
            first--;
        }
        return (at - first) % 2 == 1;
    }

    /** The value of {@code for}, without its quotes; null if there is none, there are two, or any pair is malformed. */
    static @Nullable String node(String line, int from, int to) {
        String node = null;
        int at = from;
        while (at < to) {
            int name = HopFormat.skipBlanks(line, at, to);
            int equals = endOfToken(line, name, to);
            int end = name;
            if (equals > name) {
                end = endOfValue(line, equals, to);
                if (end < 0) {
                    return null;
                }
                if (equals - name == FOR.length() && line.regionMatches(true, name, FOR, 0, FOR.length())) {
                    if (node != null) {
                        return null;
                    }
                    node = unquoted(line, equals + 1, end);
                }
            }
            at = HopFormat.skipBlanks(line, end, to);
            if (at < to && line.charAt(at) != ';') {
                return null;
            }
            at++;
        }
        return node;
    }

    /** Where the value behind an equals sign ends; -1 if there is no such sign, or no value. */
    private static int endOfValue(String line, int equals, int to) {
        if (equals == to || line.charAt(equals) != '=') {
            return -1;
        }
        int from = equals + 1;
        int end = from < to && line.charAt(from) == '"' ? endOfQuoted(line, from, to) : endOfUnquoted(line, from, to);
        return end > from ? end : -1;
    }

    /** Behind the closing quote; -1 if there is none. */
    private static int endOfQuoted(String line, int from, int to) {
        for (int i = from + 1; i < to; i++) {
            char c = line.charAt(i);
            if (c == '\\') {
                i++;
            } else if (c == '"') {
                return i + 1;
            }
        }
        return -1;
    }

    private static int endOfUnquoted(String line, int from, int to) {
        int at = from;
        while (at < to && (isToken(line.charAt(at)) || ":[]".indexOf(line.charAt(at)) >= 0)) {
            at++;
        }
        return at;
    }

    private static int endOfToken(String line, int from, int to) {
        int at = from;
        while (at < to && isToken(line.charAt(at))) {
            at++;
        }
        return at;
    }

    /** RFC 9110, section 5.6.2. */
    private static boolean isToken(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
    }

    /** A pair that is escaped stays so: no address has one. */
    private static String unquoted(String line, int from, int to) {
        return line.charAt(from) == '"' ? line.substring(from + 1, to - 1) : line.substring(from, to);
    }
}
