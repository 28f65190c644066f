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
        return end >= 0 && hops < MAX_HOPS && end - start() <= chars;
    }

    /** The address in the next element; null if the element is no address. Only after {@link #hasNext} said so. */
    @Nullable
    ClientAddress next() {
        String text = lines.get(line);
        int start = start();
        int from = HopFormat.skipBlanks(text, start, end);
        ClientAddress address = format.read(text, from, HopFormat.trimBlanks(text, from, end));
        // One for the comma, or for the end of the line before.
        chars -= end - start + 1;
        hops++;
        end = start - 1;
        return address;
    }

    /** Where the element that ends at {@code end} begins; a search that gives up once it is too far back to matter. */
    private int start() {
        String text = lines.get(line);
        int lowest = Math.max(0, end - chars - 1);
        int at = end;
        while (at > lowest && text.charAt(at - 1) != ',') {
            at--;
        }
        return at;
    }
}
