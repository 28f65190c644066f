package io.headgate.http;

import io.headgate.net.ClientAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The elements of a forwarding header, from the last one back: the hops from the nearest to the farthest. */
final class HopList {

    /*
     * Every line of the header belongs to one list, and only its end is looked at: what lies further left than
     * MAX_HOPS elements or MAX_CHARS characters was written by strangers or is an attempt to keep us busy.
     *
     * A cursor: `line` is the line being read, `end` where its unread part ends, -1 when it has been read whole.
     */

    static final int MAX_HOPS = 64;
    static final int MAX_CHARS = 8 * 1024;

    private final List<String> lines;
    private final HopFormat format;
    private int line;
    private int end;
    /** Where the element begins that {@link #hasNext} has found. */
    private int start;
    /** The element that was read last, without blanks. */
    private int from;

    private int to;
    private int hops;
    private int chars = MAX_CHARS;

    HopList(List<String> lines, HopFormat format) {
        this.lines = lines;
        this.format = format;
        line = lines.size() - 1;
        end = line < 0 ? -1 : lines.get(line).length();
    }

    /** Whether there is a further element within the part that is looked at. */
    boolean hasNext() {
        while (end < 0 && line > 0) {
            line--;
            end = lines.get(line).length();
        }
        if (end < 0 || hops == MAX_HOPS) {
            return false;
        }
        // A search that gives up once it is too far back to matter.
        start = format.start(lines.get(line), Math.max(0, end - chars - 1), end);
        return end - start <= chars;
    }

    /** The address in the next element; null if the element is no address. Only after {@link #hasNext} said so. */
    @Nullable
    ClientAddress next() {
        String text = lines.get(line);
        from = HopFormat.skipBlanks(text, start, end);
        to = HopFormat.trimBlanks(text, from, end);
        ClientAddress address = format.read(text, from, to);
        // One for the comma, or for the end of the line before.
        chars -= end - start + 1;
        hops++;
        end = start - 1;
        return address;
    }

    /** What kind of text the last element is that was no address: never the text itself. Only after {@link #next} gave null. */
    String kind() {
        String node = format.node(lines.get(line), from, to);
        if (node == null) {
            return "malformed, or without for=";
        }
        if (node.isEmpty()) {
            return "empty";
        }
        if (node.equalsIgnoreCase("unknown")) {
            return "unknown";
        }
        if (node.startsWith("unix:") || node.startsWith("/")) {
            return "a Unix socket";
        }
        if (node.startsWith("_")) {
            return "an obfuscated identifier";
        }
        if (ClientAddress.tryParse(node) != null) {
            return "an unspecified address";
        }
        return node.indexOf(':') != node.lastIndexOf(':')
                ? "no IPv6 address, which has brackets where a port follows"
                : "no address";
    }
}
