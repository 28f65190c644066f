package io.headgate.http;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How much of a refused request is read before it is answered. A server that is answered in the middle of an upload ends the
 * connection, and clients and proxies report that in place of the answer. Immutable.
 *
 * <pre>{@code
 * RequestLimiter.builder(limiter).drain(Drain.parse("10MB in 5s"));
 * }</pre>
 *
 * @param bytes the longest body that is read, up to 1 GB; longer ones are answered at once, or as soon as they turn out to be. 0 reads
 *     none
 * @param time after which the answer is given, whatever has come by then: up to 5 minutes
 */
public record Drain(long bytes, Duration time) {

    static final String FORM = "a size in B, kB or MB and a time, such as 10MB in 5s, at most 1000MB in 5m; or none";

    private static final long MOST_BYTES = 1_000_000_000;
    private static final Duration LONGEST = Duration.ofMinutes(5);
    private static final Pattern TEXT = Pattern.compile("([0-9]{1,10}) ?(b|kb|mb) +in +(\\S+)");

    /** Reads nothing, and answers at once. */
    public static final Drain NONE = new Drain(0, Duration.ZERO);

    /** Checks the bounds. */
    public Drain {
        if (bytes < 0 || bytes > MOST_BYTES) {
            throw new IllegalArgumentException("the size must be at most 1 GB");
        }
        if (time.isNegative() || time.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("the time must be at most 5 minutes");
        }
        if ((bytes == 0) != (time.toMillis() == 0)) {
            throw new IllegalArgumentException(
                    "neither the size nor the time, in milliseconds, may be 0 unless both are");
        }
    }

    /**
     * Reads it from text.
     *
     * @param text such as {@code 10MB in 5s}, where a kB has 1000 bytes, or {@code none}
     * @return what it says
     * @throws IllegalArgumentException if the text has another form, or the size or the time is 0 or out of its range
     */
    public static Drain parse(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        if (lower.equals("none")) {
            return NONE;
        }
        Matcher matcher = TEXT.matcher(lower);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a size and a time");
        }
        long unit = switch (matcher.group(2)) {
            case "mb" -> 1_000_000;
            case "kb" -> 1_000;
            default -> 1;
        };
        Drain drain = new Drain(OptionText.number(matcher.group(1)) * unit, OptionText.duration(matcher.group(3)));
        if (drain.bytes == 0) {
            throw new IllegalArgumentException("the size is 0");
        }
        return drain;
    }

    /** In the form that {@link #parse} reads. */
    @Override
    public String toString() {
        return bytes == 0 ? "none" : bytes + "B in " + time.toMillis() + "ms";
    }
}
