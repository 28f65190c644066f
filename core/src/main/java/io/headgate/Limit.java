package io.headgate;

import io.headgate.internal.QuotedText;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How often a key may do something:
 *
 * <pre>{@code
 * Limit.perMinute(100);                         // 100 at once, then one every 600 ms
 * Limit.perSecond(10).burst(20).named("fast");  // 20 at once, then one every 100 ms
 * Limit.parse("login=5/minute burst 10");       // from configuration
 * }</pre>
 *
 * <p>A <dfn>permit</dfn> is what one call costs, as a rule. Each key has a <dfn>bucket</dfn> that holds at most {@code capacity}
 * permits and gains {@code permits} of them evenly over each {@code period}. A key may take as many at once as its bucket holds,
 * which is the <dfn>burst</dfn>, and {@code permits} a period in the long run.
 *
 * @param name what the limit is called in headers and metrics: printable ASCII, unique within a limiter
 * @param permits how many permits a period brings, at least 1 and at most 1 a nanosecond
 * @param period the time in which they come, at least a nanosecond
 * @param capacity how many permits a full bucket holds, at least 1; capacity × period / permits is at most 365 days, the
 *     fraction of a nanosecond left out
 */
public record Limit(String name, long permits, Duration period, long capacity) {

    private static final Map<String, Duration> UNITS = units();

    private static final String FORM = "the form is [NAME=]PERMITS/[COUNT]UNIT [burst CAPACITY] with UNIT one of "
            + String.join(", ", UNITS.keySet())
            + ", those of three letters and more also with an s, such as \"100/minute\", \"10/s burst 20\", \"5/250ms\" or"
            + " \"login=5/minute\"";

    /** Possessive, so that no text is read more than a few times: a part that has matched is not tried again. */
    private static final Pattern TEXT = Pattern.compile(
            "\\s*+([0-9]{1,18}+)\\s*+/\\s*+(?:([0-9]{1,18}+)\\s*+)?+([a-z]++)(?:\\s++burst\\s++([0-9]{1,18}+))?+\\s*+",
            Pattern.CASE_INSENSITIVE);

    private static final BigInteger LONGEST_REFILL =
            BigInteger.valueOf(Duration.ofDays(365).toNanos());

    /**
     * A limit from its parts.
     *
     * @throws IllegalArgumentException if a part is out of its range
     */
    public Limit {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(period, "period");
        require(isName(name), "the name must be printable ASCII and not empty", QuotedText.of(name));
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
                "the capacity must be at most what 365 days bring",
                capacity + " at " + permits + " in " + period);
    }

    /**
     * A limit whose bucket holds what one period brings. Its name says both, such as {@code 100-per-60s}.
     *
     * @param permits how many permits a period brings
     * @param period the time in which they come
     * @return the limit
     * @throws IllegalArgumentException if a part is out of its range
     */
    public static Limit of(long permits, Duration period) {
        return new Limit(nameOf(permits, period), permits, period, permits);
    }

    /**
     * So many permits a second: {@link #of} with a period of one second.
     *
     * @param permits how many, at least 1
     * @return the limit, such as {@code 10-per-1s}
     * @throws IllegalArgumentException if the number is out of its range
     */
    public static Limit perSecond(long permits) {
        return of(permits, Duration.ofSeconds(1));
    }

    /**
     * So many permits a minute: {@link #of} with a period of one minute.
     *
     * @param permits how many, at least 1
     * @return the limit, such as {@code 100-per-60s}
     * @throws IllegalArgumentException if the number is out of its range
     */
    public static Limit perMinute(long permits) {
        return of(permits, Duration.ofMinutes(1));
    }

    /**
     * So many permits an hour: {@link #of} with a period of one hour.
     *
     * @param permits how many, at least 1
     * @return the limit, such as {@code 1000-per-3600s}
     * @throws IllegalArgumentException if the number is out of its range
     */
    public static Limit perHour(long permits) {
        return of(permits, Duration.ofHours(1));
    }

    /**
     * So many permits a day: {@link #of} with a period of 24 hours.
     *
     * @param permits how many, at least 1
     * @return the limit, such as {@code 5-per-86400s}
     * @throws IllegalArgumentException if the number is out of its range
     */
    public static Limit perDay(long permits) {
        return of(permits, Duration.ofDays(1));
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
     * Reads a limit from text: {@code [NAME=]PERMITS/[COUNT]UNIT [burst CAPACITY]}, such as {@code 100/minute},
     * {@code 10/s burst 20}, {@code 5/250ms} or {@code login=5/minute burst 10}. The name is what stands before the first
     * {@code =}, without the blanks around it: printable ASCII, not empty. Numbers have 1 to 18 digits. A unit is
     * {@code ns}, {@code nanosecond}, {@code us}, {@code microsecond}, {@code ms}, {@code millisecond}, {@code s},
     * {@code sec}, {@code second}, {@code m}, {@code min}, {@code minute}, {@code h}, {@code hour}, {@code d} or
     * {@code day}, in either case; those of three letters and more may end with an {@code s}.
     *
     * @param text the text
     * @return the limit, under the name given, else named as {@link #of} does
     * @throws IllegalArgumentException if the text has another form or a part is out of its range; the message shows
     *     the beginning of the text, and the form
     */
    public static Limit parse(String text) {
        Objects.requireNonNull(text, "text");
        int end = text.indexOf('=');
        String name = end < 0 ? null : text.substring(0, end).strip();
        if (name != null && !isName(name)) {
            throw invalid(text, ": the name must be printable ASCII and not empty", null);
        }
        Matcher matcher = TEXT.matcher(text).region(end + 1, text.length());
        Duration unit = matcher.matches() ? unit(matcher.group(3)) : null;
        if (unit == null) {
            throw invalid(text, "", null);
        }
        try {
            Duration period = matcher.group(2) == null ? unit : unit.multipliedBy(Long.parseLong(matcher.group(2)));
            long permits = Long.parseLong(matcher.group(1));
            long capacity = matcher.group(4) == null ? permits : Long.parseLong(matcher.group(4));
            return new Limit(name == null ? nameOf(permits, period) : name, permits, period, capacity);
        } catch (ArithmeticException e) {
            throw invalid(text, ": the period is too long", e);
        } catch (IllegalArgumentException e) {
            throw invalid(text, ": " + e.getMessage(), e);
        }
    }

    private static boolean isName(String name) {
        return !name.isEmpty() && name.chars().allMatch(c -> c >= ' ' && c <= '~');
    }

    private static String nameOf(long permits, Duration period) {
        return permits + "-per-" + text(period);
    }

    private static IllegalArgumentException invalid(String text, String reason, @Nullable Exception cause) {
        return new IllegalArgumentException(QuotedText.of(text) + " is not a limit" + reason + "; " + FORM, cause);
    }

    /**
     * How long an empty bucket takes to be full: capacity times the time of a permit, rounded up to the nanosecond. The
     * time of a permit is period / permits, rounded up to the unit of the bucket: from a 128th of a nanosecond to a
     * whole one.
     *
     * @return capacity × period / permits, or up to a 100,000th more; up to a quarter more beyond 40,000 permits a
     *     second
     */
    public Duration refillTime() {
        TokenBucket bucket = new TokenBucket(this);
        return Duration.ofNanos(bucket.nanosUntilFull(bucket.owing(bucket.empty(), 0), 0));
    }

    /** A duration in nanoseconds, which may be more than a {@code long} holds. */
    static BigInteger nanos(Duration duration) {
        return BigInteger.valueOf(duration.toSeconds())
                .multiply(BigInteger.valueOf(1_000_000_000))
                .add(BigInteger.valueOf(duration.toNanosPart()));
    }

    private static Map<String, Duration> units() {
        Map<String, Duration> units = new LinkedHashMap<>();
        units.put("ns", Duration.ofNanos(1));
        units.put("nanosecond", Duration.ofNanos(1));
        units.put("us", Duration.ofNanos(1_000));
        units.put("microsecond", Duration.ofNanos(1_000));
        units.put("ms", Duration.ofMillis(1));
        units.put("millisecond", Duration.ofMillis(1));
        units.put("s", Duration.ofSeconds(1));
        units.put("sec", Duration.ofSeconds(1));
        units.put("second", Duration.ofSeconds(1));
        units.put("m", Duration.ofMinutes(1));
        units.put("min", Duration.ofMinutes(1));
        units.put("minute", Duration.ofMinutes(1));
        units.put("h", Duration.ofHours(1));
        units.put("hour", Duration.ofHours(1));
        units.put("d", Duration.ofDays(1));
        units.put("day", Duration.ofDays(1));
        return Collections.unmodifiableMap(units);
    }

    private static @Nullable Duration unit(String name) {
        String unit = name.toLowerCase(Locale.ROOT);
        boolean plural = unit.length() > 3 && unit.endsWith("s");
        return UNITS.get(plural ? unit.substring(0, unit.length() - 1) : unit);
    }

    /** A period in the largest unit that measures it in a whole number. */
    private static String text(Duration period) {
        int nanos = Objects.requireNonNull(period, "period").toNanosPart();
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
