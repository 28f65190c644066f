package io.headgate.plan;

import io.headgate.internal.QuotedText;
import java.util.Set;

/**
 * Reads the JSON in which crawlers and clouds publish their ranges: an object with an array of {@code prefixes}, or
 * {@code ipv6_prefixes}, each of which is an object. What else an object holds is checked to be JSON and skipped. Reads
 * once; not thread-safe.
 */
final class JsonRanges {

    static final String FORM =
            "JSON such as {\"prefixes\": [{\"ipv4Prefix\": \"192.0.2.0/24\"}, {\"ipv6Prefix\": \"2001:db8::/32\"}]}";

    private static final Set<String> LISTS = Set.of("prefixes", "ipv6_prefixes");
    private static final Set<String> RANGES = Set.of("ipv4Prefix", "ipv6Prefix", "ip_prefix", "ipv6_prefix");

    /** How deep objects and arrays may lie within each other. The published lists need 3 levels. */
    private static final int DEEPEST = 16;

    private static final int LONGEST_SHOWN = 64;

    private final String text;
    private final RangeList found;
    private int at;
    private int line = 1;

    JsonRanges(String text, RangeList found) {
        this.text = text;
        this.found = found;
    }

    /** Adds the ranges to the list. Throws an IllegalArgumentException with line, text and form. */
    void read() {
        boolean hasList = false;
        skipSpace();
        for (boolean more = opens('{', '}'); more; more = goesOn('}')) {
            if (LISTS.contains(name())) {
                hasList = true;
                list();
            } else {
                value(2);
            }
        }
        skipSpace();
        if (at < text.length()) {
            throw unexpected("the end of the file");
        }
        if (!hasList) {
            throw new IllegalArgumentException("there is no \"prefixes\" in it; the form is " + FORM);
        }
    }

    private void list() {
        for (boolean more = opens('[', ']'); more; more = goesOn(']')) {
            element();
        }
    }

    private void element() {
        int start = at;
        int startLine = line;
        boolean hasRange = false;
        for (boolean more = opens('{', '}'); more; more = goesOn('}')) {
            if (RANGES.contains(name())) {
                hasRange = true;
                int rangeLine = line;
                found.add(rangeLine, string());
            } else {
                value(4);
            }
        }
        if (!hasRange) {
            at = start;
            line = startLine;
            throw unexpected("an object with \"ipv4Prefix\", \"ipv6Prefix\", \"ip_prefix\" or \"ipv6_prefix\"");
        }
    }

    /** Skips any value, which begins at {@code at}. */
    private void value(int depth) {
        switch (peek()) {
            case '{', '[' -> structure(depth);
            case '"' -> string();
            case 't' -> word("true");
            case 'f' -> word("false");
            case 'n' -> word("null");
            default -> number();
        }
    }

    private void structure(int depth) {
        if (depth > DEEPEST) {
            throw unexpected("nothing deeper than " + DEEPEST + " levels");
        }
        boolean object = peek() == '{';
        char close = object ? '}' : ']';
        for (boolean more = opens(object ? '{' : '[', close); more; more = goesOn(close)) {
            if (object) {
                name();
            }
            value(depth + 1);
        }
    }

    /** Reads an opening bracket. Returns whether something is in it. */
    private boolean opens(char open, char close) {
        require(open);
        skipSpace();
        if (peek() != close) {
            return true;
        }
        at++;
        return false;
    }

    /** Reads a comma, after which there is more, or the closing bracket. */
    private boolean goesOn(char close) {
        skipSpace();
        if (peek() == close) {
            at++;
            return false;
        }
        if (peek() != ',') {
            throw unexpected("a comma or " + close);
        }
        at++;
        skipSpace();
        return true;
    }

    private String name() {
        String name = string();
        skipSpace();
        require(':');
        skipSpace();
        return name;
    }

    private String string() {
        require('"');
        StringBuilder string = new StringBuilder();
        while (peek() != '"') {
            char c = peek();
            if (c < ' ') {
                throw unexpected("the rest of a string");
            }
            at++;
            string.append(c == '\\' ? escaped() : c);
        }
        at++;
        return string.toString();
    }

    private char escaped() {
        char c = peek();
        int index = "\"\\/bfnrt".indexOf(c);
        if (index >= 0) {
            at++;
            return "\"\\/\b\f\n\r\t".charAt(index);
        }
        int unit = 0;
        for (int i = 1; i <= 4; i++) {
            int digit = c == 'u' && at + i < text.length() && text.charAt(at + i) < 128
                    ? Character.digit(text.charAt(at + i), 16)
                    : -1;
            if (digit < 0) {
                throw unexpected("an escape of JSON");
            }
            unit = unit * 16 + digit;
        }
        at += 5;
        return (char) unit;
    }

    private void word(String word) {
        if (!text.startsWith(word, at)) {
            throw unexpected("a value");
        }
        at += word.length();
    }

    private void number() {
        int start = at;
        at += peek() == '-' ? 1 : 0;
        if (peek() == '0') {
            at++;
        } else {
            digits(start);
        }
        if (peek() == '.') {
            at++;
            digits(start);
        }
        if (peek() == 'e' || peek() == 'E') {
            at++;
            at += peek() == '+' || peek() == '-' ? 1 : 0;
            digits(start);
        }
    }

    private void digits(int startOfNumber) {
        int first = at;
        while (peek() >= '0' && peek() <= '9') {
            at++;
        }
        if (at == first) {
            at = startOfNumber;
            throw unexpected("a value");
        }
    }

    private void require(char expected) {
        if (peek() != expected) {
            throw unexpected(String.valueOf(expected));
        }
        at++;
    }

    /** The next character; at the end NUL, which is never expected. */
    private char peek() {
        return at < text.length() ? text.charAt(at) : 0;
    }

    private void skipSpace() {
        while (peek() == ' ' || peek() == '\t' || peek() == '\r' || peek() == '\n') {
            line += peek() == '\n' ? 1 : 0;
            at++;
        }
    }

    private IllegalArgumentException unexpected(String expected) {
        int newline = text.indexOf('\n', at);
        int end = Math.min(newline < 0 ? text.length() : newline, at + LONGEST_SHOWN);
        String here = at == text.length()
                ? "the end of the file"
                : QuotedText.of(text.substring(at, end).stripTrailing());
        return new IllegalArgumentException(
                "line " + line + ": " + expected + " is expected in place of " + here + "; the form is " + FORM);
    }
}
