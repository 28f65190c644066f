package io.headgate;

import java.math.BigInteger;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How often: a token bucket that holds at most {@code capacity} permits and gains {@code permits} of them evenly over
 * each {@code period}. A key may take as many at once as its bucket holds, and {@code permits} a period in the long run.
 *
 * @param name what the limit is called in headers and metrics: printable ASCII, unique within a limiter
 * @param permits how many permits a period brings, at least 1 and at most 1 a nanosecond
 * @param period the time in which they come, at least a nanosecond
 * @param capacity how many permits a full bucket holds, at least 1; an empty bucket must be full again within 365 days
 */
public record Limit(String name, long permits, Duration period, long capacity) {

    private static final String FORM = "the form is PERMITS/[COUNT]UNIT [burst CAPACITY] with UNIT one of"
            + " ns, us, ms, s, second, m, minute, h, hour, d, day, such as \"100/minute\", \"10/s burst 20\" or"
            + " \"5/250ms\"";

    private static final Pattern TEXT = Pattern.compile(
            "\\s*([0-9]{1,18})\\s*/\\s*([0-9]{1,18})?\\s*([a-z]+)(?:\\s+burst\\s+([0-9]{1,18}))?\\s*",
            Pattern.CASE_INSENSITIVE);

    private static final BigInteger LONGEST_REFILL =
            BigInteger.valueOf(Duration.ofDays(365).toNanos());

    /**
     * A limit with each part given.
     *
     * @throws IllegalArgumentException if a part is out of its range
     */
    public Limit {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(period, "period");
        require(
                !name.isEmpty() && name.chars().allMatch(c -> c >= ' ' && c <= '~'),
                "the name must be printable ASCII and not empty",
                name);
        require(permits >= 1, "permits must be at least 1", permits);
        require(period.compareTo(Duration.ZERO) > 0, "the period must be at least a nanosecond", period);
        require(capacity >= 1, "the capacity must be at least 1", capacity);
        BigInteger nanos = nanos(period);
        require(
                BigInteger.valueOf(permits).compareTo(nanos) <= 0,
                "the rate must be at most one permit a nanosecond",
                permits + " in " + period);
        require(
                BigInteger.valueOf(capacity)
                                .multiply(nanos)
                                .divide(BigInteger.valueOf(permits))
                                .compareTo(LONGEST_REFILL)
                        <= 0,
                "an empty bucket must be full again within 365 days",
                capacity + " at " + permits + " in " + period);
    }

    /**
     * A limit whose bucket holds what one period brings. Its name is made of both, such as {@code 100-per-60s}.
     *
     * @param permits how many permits a period brings
     * @param period the time in which they come
     * @return the limit
     * @throws IllegalArgumentException if a part is out of its range
     */
    public static Limit of(long permits, Duration period) {
        return new Limit(permits + "-per-" + text(period), permits, period, permits);
    }

    /**
     * This limit with another capacity, under the same name.
     *
     * @param capacity how many permits a full bucket holds
     * @return the limit
     * @throws IllegalArgumentException if the capacity is out of its range
     */
    public Limit burst(long capacity) {
        return new Limit(name, permits, period, capacity);
    }

    /**
     * This limit under another name.
     *
     * @param name printable ASCII, not empty
     * @return the limit
     * @throws IllegalArgumentException if the name is anything else
     */
    public Limit named(String name) {
        return new Limit(name, permits, period, capacity);
    }

    /**
     * Reads a limit from text: {@code PERMITS/[COUNT]UNIT [burst CAPACITY]}, such as {@code 100/minute},
     * {@code 10/s burst 20}, {@code 5/250ms} or {@code 1000/hour burst 50}. A unit is {@code ns}, {@code us},
     * {@code ms}, {@code s}, {@code sec}, {@code second}, {@code m}, {@code min}, {@code minute}, {@code h},
     * {@code hour}, {@code d} or {@code day}, in any case, the words also in the plural.
     *
     * @param text the text
     * @return the limit, named as {@link #of} does
     * @throws IllegalArgumentException if the text has another form or a part is out of its range; the message shows
     *     the text and the form
     */
    public static Limit parse(String text) {
        Objects.requireNonNull(text, "text");
        Matcher matcher = TEXT.matcher(text);
        Duration unit = matcher.matches() ? unit(matcher.group(3)) : null;
        if (unit == null) {
            throw new IllegalArgumentException("\"" + text + "\" is not a limit; " + FORM);
        }
        try {
            Duration period = matcher.group(2) == null ? unit : unit.multipliedBy(Long.parseLong(matcher.group(2)));
            long permits = Long.parseLong(matcher.group(1));
            long capacity = matcher.group(4) == null ? permits : Long.parseLong(matcher.group(4));
            return new Limit(permits + "-per-" + text(period), permits, period, capacity);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new IllegalArgumentException("\"" + text + "\" is not a limit: " + e.getMessage() + "; " + FORM, e);
        }
    }

    /**
     * How long an empty bucket takes to be full: capacity × period / permits, rounded up to the nanosecond.
     *
     * @return at most 365 days
     */
    public Duration refillTime() {
        BigInteger[] nanos =
                BigInteger.valueOf(capacity).multiply(nanos(period)).divideAndRemainder(BigInteger.valueOf(permits));
        return Duration.ofNanos(nanos[0].longValueExact() + nanos[1].signum());
    }

    /** A duration in nanoseconds, of which there may be more than a {@code long} holds. */
    static BigInteger nanos(Duration duration) {
        return BigInteger.valueOf(duration.toSeconds())
                .multiply(BigInteger.valueOf(1_000_000_000))
                .add(BigInteger.valueOf(duration.toNanosPart()));
    }

    private static @Nullable Duration unit(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "ns", "nanosecond", "nanoseconds" -> Duration.ofNanos(1);
            case "us", "microsecond", "microseconds" -> Duration.ofNanos(1_000);
            case "ms", "millisecond", "milliseconds" -> Duration.ofMillis(1);
            case "s", "sec", "second", "seconds" -> Duration.ofSeconds(1);
            case "m", "min", "minute", "minutes" -> Duration.ofMinutes(1);
            case "h", "hour", "hours" -> Duration.ofHours(1);
            case "d", "day", "days" -> Duration.ofDays(1);
            default -> null;
        };
    }

    /** A period in the largest unit that measures it in a whole number. */
    private static String text(Duration period) {
        int nanos = period.toNanosPart();
        if (nanos == 0) {
            return period.toSeconds() + "s";
        }
        int unit = nanos % 1_000_000 == 0 ? 1_000_000 : nanos % 1_000 == 0 ? 1_000 : 1;
        return nanos(period).divide(BigInteger.valueOf(unit)) + (unit == 1 ? "ns" : unit == 1_000 ? "us" : "ms");
    }

    private static void require(boolean condition, String rule, Object value) {
        if (!condition) {
            throw new IllegalArgumentException(rule + ", not " + value);
        }
    }
}
