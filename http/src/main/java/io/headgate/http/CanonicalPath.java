package io.headgate.http;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What a lenient handler makes of a path: {@code //login}, {@code /;x=y/login}, {@code /%2flogin}, {@code /a/../login},
 * {@code /login%20} and {@code /LOGIN} are {@code /login}. Pure functions.
 */
final class CanonicalPath {

    /** Something decoded may be encoded once more; who encodes more often than this is not followed. */
    private static final int MOST_DECODINGS = 3;

    private CanonicalPath() {}

    /** The path itself, the same object, if there is nothing to mend: as almost always. */
    static String of(String path) {
        return isCanonical(path) ? path : anyCase(mended(path));
    }

    /**
     * A text as those see it who do not care about case. Letter by letter and by way of upper case, as {@code equalsIgnoreCase}
     * compares: for some frameworks {@code İ}, {@code ı} and {@code i} are one letter, and {@code ſ} and {@code s}.
     */
    static String anyCase(String text) {
        char[] letters = text.toCharArray();
        for (int i = 0; i < letters.length; i++) {
            letters[i] = Character.toLowerCase(Character.toUpperCase(letters[i]));
        }
        return new String(letters);
    }

    private static boolean isCanonical(String path) {
        char previous = 0;
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c <= ' '
                    || c > '~'
                    || c == '%'
                    || c == ';'
                    || c == '\\'
                    || (c >= 'A' && c <= 'Z')
                    || (previous == '/' && (c == '/' || c == '.'))) {
                return false;
            }
            previous = c;
        }
        return path.startsWith("/");
    }

    private static String mended(String path) {
        String decoded = path;
        for (int i = 0; i < MOST_DECODINGS && decoded.indexOf('%') >= 0; i++) {
            decoded = decoded(decoded);
        }
        Deque<String> segments = new ArrayDeque<>();
        boolean open = true; // whether it ends with a slash
        for (String segment : decoded.replace('\\', '/').split("/", -1)) {
            int parameters = segment.indexOf(';');
            String name = (parameters < 0 ? segment : segment.substring(0, parameters)).trim();
            open = name.isEmpty() || name.equals(".") || name.equals("..");
            if (name.equals("..")) {
                segments.pollLast();
            } else if (!open) {
                segments.addLast(name);
            }
        }
        return "/" + String.join("/", segments) + (open && !segments.isEmpty() ? "/" : "");
    }

    /** With every {@code %} that two hexadecimal digits follow read as a byte of UTF-8. */
    private static String decoded(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
        int at = 0;
        while (at < text.length()) {
            int high = at + 2 < text.length() && text.charAt(at) == '%' ? Character.digit(text.charAt(at + 1), 16) : -1;
            int low = high < 0 ? -1 : Character.digit(text.charAt(at + 2), 16);
            if (low >= 0) {
                bytes.write(high << 4 | low);
                at += 3;
            } else {
                int end = text.offsetByCodePoints(at, 1);
                bytes.writeBytes(text.substring(at, end).getBytes(StandardCharsets.UTF_8));
                at = end;
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
