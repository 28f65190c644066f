package io.headgate.plan;

import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The address ranges of a file: one a line with comments, or JSON. Filled while the file is read; not thread-safe. */
final class RangeList {

    private static final String FORM =
            "the form is one ADDRESS or ADDRESS/PREFIX a line, with comments after #, or " + JsonRanges.FORM;

    private final List<AddressRange> ranges = new ArrayList<>();
    private int withHostBits;
    private @Nullable String firstWithHostBits;

    private RangeList() {}

    /**
     * Reads a file's content: UTF-8, with or without a byte order mark.
     *
     * @throws IllegalArgumentException if a line or element is no range, or there is none; with line, text and form
     */
    static RangeList parse(byte[] content) {
        String text = decoded(content);
        RangeList list = new RangeList();
        if (text.stripLeading().startsWith("{")) {
            new JsonRanges(text, list).read();
        } else {
            list.readLines(text);
        }
        if (list.ranges.isEmpty()) {
            throw new IllegalArgumentException("no address range is in it; " + FORM);
        }
        return list;
    }

    private static String decoded(byte[] content) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer bytes = ByteBuffer.wrap(content);
        CharBuffer chars = CharBuffer.allocate(content.length); // a character takes at least one byte
        CoderResult result = decoder.decode(bytes, chars, true);
        chars.flip();
        if (result.isError()) {
            long line = 1 + chars.chars().filter(c -> c == '\n').count();
            throw new IllegalArgumentException("line " + line + ": it is not UTF-8 text; " + FORM);
        }
        boolean marked = chars.length() > 0 && chars.charAt(0) == '\uFEFF';
        return marked ? chars.subSequence(1, chars.length()).toString() : chars.toString();
    }

    private void readLines(String text) {
        int line = 1;
        for (int from = 0; from <= text.length(); line++) {
            int end = text.indexOf('\n', from);
            int to = end < 0 ? text.length() : end;
            String whole = text.substring(from, to);
            int comment = whole.indexOf('#');
            String range =
                    whole.substring(0, comment < 0 ? whole.length() : comment).strip();
            if (!range.isEmpty()) {
                add(line, range);
            }
            from = to + 1;
        }
    }

    /** Adds the range that stands in a line of the file. */
    void add(int line, String text) {
        AddressRange range;
        try {
            range = AddressRange.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("line " + line + ": " + e.getMessage(), e);
        }
        ranges.add(range);
        int slash = text.indexOf('/');
        if (slash >= 0 && !ClientAddress.parse(text.substring(0, slash)).equals(range.first())) {
            withHostBits++;
            if (firstWithHostBits == null) {
                firstWithHostBits = "line " + line + ": " + text + " means " + range;
            }
        }
    }

    List<AddressRange> ranges() {
        return List.copyOf(ranges);
    }

    /** What ranges with bits beyond their prefix mean: the first, and how many there are. Null if there is none. */
    @Nullable
    String hostBits() {
        return withHostBits < 2 ? firstWithHostBits : firstWithHostBits + "; " + withHostBits + " ranges are like that";
    }
}
