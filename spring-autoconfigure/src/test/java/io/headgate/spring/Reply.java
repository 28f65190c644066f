package io.headgate.spring;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * A response as it came over the wire.
 *
 * @param status the status
 * @param fields the lines of the header
 * @param body what came after them, chunks and all
 */
record Reply(int status, List<String> fields, String body) {

    static Reply parse(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        int end = text.indexOf("\r\n\r\n");
        if (end < 0) {
            throw new AssertionError("no response but: \"" + text + "\"");
        }
        List<String> lines = Arrays.asList(text.substring(0, end).split("\r\n"));
        return new Reply(
                Integer.parseInt(lines.get(0).substring(9, 12)),
                lines.subList(1, lines.size()),
                text.substring(end + 4));
    }

    /** The value of a field; empty if it is not there. */
    String field(String name) {
        String prefix = name.toLowerCase(Locale.ROOT) + ":";
        List<String> values = fields.stream()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(prefix))
                .map(line -> line.substring(prefix.length()).strip())
                .toList();
        if (values.size() > 1) {
            throw new AssertionError(name + " is there more than once: " + values);
        }
        return values.isEmpty() ? "" : values.get(0);
    }
}
