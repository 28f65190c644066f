package io.headgate.containers;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * A response as it came over the wire.
 *
 * @param status the status
 * @param fields the lines of the header
 * @param body what came after them
 */
public record Reply(int status, List<String> fields, String body) {

    static Reply parse(byte[] bytes) {
        return parse(new String(bytes, StandardCharsets.ISO_8859_1));
    }

    private static Reply parse(String text) {
        int end = text.indexOf("\r\n\r\n");
        if (end < 0) {
            throw new AssertionError("no response but: \"" + text + "\"");
        }
        if (text.startsWith("HTTP/1.1 1")) {
            // Only an interim answer, such as 100 Continue.
            return parse(text.substring(end + 4));
        }
        List<String> lines = Arrays.asList(text.substring(0, end).split("\r\n"));
        Reply raw = new Reply(
                Integer.parseInt(lines.get(0).substring(9, 12)),
                lines.subList(1, lines.size()),
                text.substring(end + 4));
        return raw.all("Transfer-Encoding").contains("chunked")
                ? new Reply(raw.status, raw.fields, unchunk(raw.body))
                : raw;
    }

    /** The values of a field, one a line. */
    public List<String> all(String name) {
        String prefix = name.toLowerCase(Locale.ROOT) + ":";
        return fields.stream()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(prefix))
                .map(line -> line.substring(prefix.length()).strip())
                .toList();
    }

    /** The value of a field that stands there once at most; empty if it is not there. */
    public String field(String name) {
        List<String> values = all(name);
        if (values.size() > 1) {
            throw new AssertionError(name + " is there more than once: " + values);
        }
        return values.isEmpty() ? "" : values.get(0);
    }

    private static String unchunk(String body) {
        StringBuilder whole = new StringBuilder();
        int at = 0;
        while (at < body.length()) {
            int line = body.indexOf("\r\n", at);
            int size = Integer.parseInt(body.substring(at, line).strip(), 16);
            whole.append(body, line + 2, line + 2 + size);
            at = size == 0 ? body.length() : line + 2 + size + 2;
        }
        return whole.toString();
    }
}
