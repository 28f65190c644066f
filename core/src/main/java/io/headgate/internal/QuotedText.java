package io.headgate.internal;

/**
 * Invalid text as an error message may show it: in quotes, cut short, and with all but printable ASCII escaped, so that
 * a message stays one line in a log whatever the text was.
 */
public final class QuotedText {

    private static final int LONGEST = 64;

    private QuotedText() {}

    /**
     * The text in quotes.
     *
     * @param text from anywhere, of any length
     * @return one line of printable ASCII: at most 64 characters of the text, and its length if it has more
     */
    public static String of(CharSequence text) {
        StringBuilder quoted = new StringBuilder().append('"');
        int shown = Math.min(text.length(), LONGEST);
        for (int i = 0; i < shown; i++) {
            char c = text.charAt(i);
            if (c >= ' ' && c <= '~') {
                quoted.append(c);
            } else {
                quoted.append("\\u");
                for (int shift = 12; shift >= 0; shift -= 4) {
                    quoted.append(Character.forDigit((c >>> shift) & 0xF, 16));
                }
            }
        }
        quoted.append('"');
        if (shown < text.length()) {
            quoted.append(" (the first " + shown + " of " + text.length() + " characters)");
        }
        return quoted.toString();
    }
}
