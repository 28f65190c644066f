package io.headgate.http;

import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Reads the values of options from text, without blanks at its ends. Pure functions; what is malformed throws. */
final class OptionText {

    static final String RANGES = "address ranges separated by commas, such as 10.0.0.0/8, 2001:db8::/32";
    static final String DURATION = "a number and one of ms, s, m, h, such as 30s, or 0";
    static final String BOOLEAN = "true or false";

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");

    private OptionText() {}

    /** The name of something in a configuration, such as a plan. */
    static String requireName(String kind, String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("\"" + name + "\" is not the name of a " + kind
                    + "; the form is letters, digits, \".\", \"_\" and \"-\"");
        }
        return name;
    }

    /** How many clients a limiter of something in a configuration tracks at most. */
    static OptionalLong requireMaxClients(long most) {
        if (most < 1 || most > 1L << 30) {
            throw new IllegalArgumentException("max-clients must be 1 to " + (1L << 30) + ", not " + most);
        }
        return OptionalLong.of(most);
    }

    static <T> List<T> list(String text, Function<String, T> reader) {
        return Arrays.stream(text.split(",", -1)).map(String::strip).map(reader).toList();
    }

    static AddressRange[] ranges(String text) {
        return list(text, AddressRange::parse).toArray(new AddressRange[0]);
    }

    /** The ranges of a text that are written with bits beyond their prefix, each with the network that it means. */
    static String withHostBits(String text) {
        return Arrays.stream(text.split(",", -1))
                .map(String::strip)
                .filter(range -> range.contains("/") && hasHostBits(range))
                .map(range -> range + " means " + AddressRange.parse(range))
                .collect(Collectors.joining(", "));
    }

    private static boolean hasHostBits(String range) {
        String address = range.substring(0, range.indexOf('/'));
        return !ClientAddress.parse(address).equals(AddressRange.parse(range).first());
    }

    static <E extends Enum<E>> E constant(Class<E> type, String text) {
        for (E constant : type.getEnumConstants()) {
            if (constant.name().equalsIgnoreCase(text)) {
                return constant;
            }
        }
        throw new IllegalArgumentException("none of these");
    }

    static HeaderStyle style(String text) {
        String name = text.toUpperCase(Locale.ROOT).replace('-', '_');
        return name.equals("DRAFT") ? HeaderStyle.DRAFT : constant(HeaderStyle.class, name);
    }

    static boolean bool(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("neither");
        };
    }

    static int integer(String text) {
        return Math.toIntExact(number(text));
    }

    static long number(String text) {
        if (!text.matches("[0-9]{1,18}")) {
            throw new IllegalArgumentException("not a whole number");
        }
        return Long.parseLong(text);
    }

    static Duration duration(String text) {
        if (text.equals("0")) {
            return Duration.ZERO;
        }
        String unit = text.replaceFirst("^[0-9]{1,9}", "");
        Duration one = switch (unit) {
            case "ms" -> Duration.ofMillis(1);
            case "s" -> Duration.ofSeconds(1);
            case "m" -> Duration.ofMinutes(1);
            case "h" -> Duration.ofHours(1);
            default -> throw new IllegalArgumentException("not a duration");
        };
        return one.multipliedBy(number(text.substring(0, text.length() - unit.length())));
    }
}
