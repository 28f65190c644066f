package io.headgate.servlet;

/** What a lenient application may take a path for, which the container left as the client wrote it. */
final class CanonicalPath {

    private CanonicalPath() {}

    /*
     * The server has decoded the path once, and some servers mended it too. A framework behind it may go on: decode what
     * is still encoded, take a backslash for a slash, drop parameters and surrounding blanks, collapse slashes and
     * resolve dots. Letters keep their case; rules compare them with and without.
     */

    /** The mended path; the same object if there is nothing to mend. */
    static String of(String path) {
        return isCanonical(path) ? path : resolve(decode(path));
    }

    private static boolean isCanonical(String path) {
        char last = 0;
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c <= ' ' || c == '%' || c == ';' || c == '\\' || (last == '/' && (c == '/' || c == '.'))) {
                return false;
            }
            last = c;
        }
        return true;
    }

    /** Decodes as often as there is something to decode, in one pass: what was decoded may be part of another escape. */
    private static String decode(String path) {
        StringBuilder out = new StringBuilder(path.length());
        for (int i = 0; i < path.length(); i++) {
            out.append(path.charAt(i));
            for (int escape = out.length() - 3; escape >= 0 && out.charAt(escape) == '%'; escape = out.length() - 3) {
                int high = Character.digit(out.charAt(escape + 1), 16);
                int low = Character.digit(out.charAt(escape + 2), 16);
                if (high < 0 || high > 7 || low < 0) {
                    break;
                }
                out.setLength(escape);
                out.append((char) (high << 4 | low));
            }
        }
        return out.toString();
    }

    private static String resolve(String path) {
        StringBuilder out = new StringBuilder(path.length());
        int from = 0;
        for (int i = 0; i <= path.length(); i++) {
            if (i < path.length() && path.charAt(i) != '/' && path.charAt(i) != '\\') {
                continue;
            }
            append(out, segment(path, from, i));
            from = i + 1;
            if (i < path.length() && (out.isEmpty() || out.charAt(out.length() - 1) != '/')) {
                out.append('/');
            }
        }
        return out.toString();
    }

    /** Appends a segment to a path that is empty or ends in a slash. */
    private static void append(StringBuilder out, String segment) {
        if (segment.equals("..")) {
            out.setLength(Math.min(out.length(), Math.max(1, out.lastIndexOf("/", out.length() - 2) + 1)));
        } else if (!segment.equals(".")) {
            out.append(segment);
        }
    }

    private static String segment(String path, int from, int to) {
        int parameter = path.indexOf(';', from);
        return path.substring(from, parameter < 0 || parameter > to ? to : parameter)
                .trim();
    }
}
