package io.headgate.servlet;

import io.headgate.Limit;
import io.headgate.Overflow;
import io.headgate.Ticker;
import io.headgate.net.AddressRange;
import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads the init-params of a filter. What is not there is left as the builder has it. */
final class FilterParameters {

    /*
     * Every parameter is read by one call of read(name, form, reader): a reader throws IllegalArgumentException, and the
     * name, the value and the form are added in one place. docs/http.md has the same list for users.
     */

    static final Set<String> KNOWN = Set.of(
            "limits",
            "rules",
            "trustedProxies",
            "forwardedHeader",
            "trustedHops",
            "ipv6Prefix",
            "translationPrefixes",
            "maxClients",
            "overflow",
            "sweepInterval",
            "exempt",
            "headers",
            "skipPreflight",
            "dryRun",
            "noAddress",
            "onFailure",
            "name",
            "chargeOn",
            "cost",
            "retryAfterJitter");

    private static final String RANGES = "address ranges separated by commas, such as 10.0.0.0/8, 2001:db8::/32";
    private static final String DURATION = "a number and one of ms, s, m, h, such as 30s, or 0";
    private static final String BOOLEAN = "true or false";

    private final FilterConfig config;

    FilterParameters(FilterConfig config) {
        this.config = config;
    }

    Settings read(Ticker ticker) throws ServletException {
        requireKnown();
        List<Limit> limits =
                read("limits", "limits separated by commas, such as 10/second burst 20, 500/hour", text -> {
                    List<Limit> list = list(text, Limit::parse);
                    ClientLimits.DEFAULTS.require(list);
                    return list;
                });
        if (limits == null) {
            throw new ServletException(
                    "the init-param \"limits\" is missing; the form is limits separated by commas, such as"
                            + " 10/second burst 20, 500/hour. To limit some paths only, end \"rules\" with a line \"/* unlimited\"");
        }
        Settings settings = new Settings(null, limits);
        settings.ticker = ticker;
        settings.clientLimits = clientLimits(limits);
        settings.resolver = resolver();
        readRest(RateLimitFilter.builder(settings));
        return settings;
    }

    private void readRest(RateLimitFilter.Builder builder) throws ServletException {
        read("rules", "one rule a line, where " + RuleText.FORM, text -> {
            List<Rule> rules = RuleText.parseLines(text);
            RuleNames.requireUnique(rules);
            rules.forEach(rule -> ClientLimits.DEFAULTS.require(rule.limits()));
            return builder.rule(rules.toArray(new Rule[0]));
        });
        read("exempt", RANGES, text -> builder.exempt(ranges(text).toArray(new AddressRange[0])));
        read("headers", "draft, legacy or none", text -> builder.headers(constant(Headers.class, text)));
        read("skipPreflight", BOOLEAN, text -> builder.skipPreflight(bool(text)));
        read("dryRun", BOOLEAN, text -> builder.dryRun(bool(text)));
        read("noAddress", "shared, deny or allow", text -> builder.noAddress(constant(NoAddress.class, text)));
        read("onFailure", "allow or deny", text -> builder.onFailure(constant(OnFailure.class, text)));
        read("name", "a word for attributes and the log", builder::name);
        read(
                "chargeOn",
                "statuses separated by commas, such as 401,403",
                text -> builder.chargeOn(ChargeOn.statuses(RuleText.statuses(text))));
        read("cost", "a number of permits, at least 0", text -> {
            long permits = number(text);
            return builder.cost(request -> permits);
        });
        read("retryAfterJitter", DURATION + ", at most a day", text -> builder.retryAfterJitter(duration(text)));
    }

    private ClientLimits clientLimits(List<Limit> limits) throws ServletException {
        ClientLimits how = ClientLimits.DEFAULTS;
        Integer prefix = read("ipv6Prefix", "a number from 32 to 128", text -> {
            int bits = Math.toIntExact(number(text));
            new ClientLimits(bits, how.translationPrefixes(), null, null, null).require(limits);
            return bits;
        });
        List<AddressRange> translators = read(
                "translationPrefixes",
                "IPv6 ranges of 32, 40, 48, 56, 64 or 96 bits separated by commas, such as 64:ff9b:1::/48",
                text -> {
                    List<AddressRange> prefixes = ranges(text);
                    new ClientLimits(how.ipv6Prefix(), prefixes, null, null, null).require(limits);
                    return prefixes;
                });
        Long clients = read("maxClients", "a number of clients that each limiter tracks, at least 1", text -> {
            long most = number(text);
            new ClientLimits(how.ipv6Prefix(), how.translationPrefixes(), most, null, null).require(limits);
            return most;
        });
        Overflow overflow = read("overflow", "share, allow or deny", text -> constant(Overflow.class, text));
        Duration interval = read("sweepInterval", DURATION + " for no background thread", text -> {
            Duration sweep = duration(text);
            new ClientLimits(how.ipv6Prefix(), how.translationPrefixes(), null, null, sweep).require(limits);
            return sweep;
        });
        return new ClientLimits(
                prefix == null ? how.ipv6Prefix() : prefix,
                translators == null ? how.translationPrefixes() : translators,
                clients,
                overflow,
                interval);
    }

    private ClientAddressResolver resolver() throws ServletException {
        List<AddressRange> proxies = read("trustedProxies", RANGES, FilterParameters::ranges);
        Integer hops = read("trustedHops", "a number of proxies from 1 to " + HopList.MAX_HOPS, text -> {
            int count = Math.toIntExact(number(text));
            ClientAddressResolver.xForwardedForHops(count);
            return count;
        });
        String header = read(
                "forwardedHeader",
                "x-forwarded-for, forwarded or the name of another header, with"
                        + " trustedProxies; x-forwarded-for or forwarded with trustedHops",
                text -> {
                    boolean standard = List.of("x-forwarded-for", "forwarded").contains(text.toLowerCase(Locale.ROOT));
                    if ((proxies == null && hops == null) || (hops != null && !standard)) {
                        throw new IllegalArgumentException("nothing says who may set it");
                    }
                    return HeaderName.require(text);
                });
        if (proxies != null && hops != null) {
            throw malformed(
                    "trustedHops", hops.toString(), "a number of proxies in place of trustedProxies, not beside it");
        }
        String name = header == null ? "X-Forwarded-For" : header;
        if (hops != null) {
            return HopFormat.of(name) == HopFormat.FORWARDED
                    ? ClientAddressResolver.forwardedHops(hops)
                    : ClientAddressResolver.xForwardedForHops(hops);
        }
        return proxies == null ? ClientAddressResolver.remoteAddress() : ClientAddressResolver.header(name, proxies);
    }

    private void requireKnown() throws ServletException {
        for (String name : Collections.list(config.getInitParameterNames())) {
            if (!KNOWN.contains(name)) {
                throw new ServletException(
                        "unknown init-param \"" + name + "\" with the value \"" + config.getInitParameter(name)
                                + "\"; those of a rate limit filter are " + new TreeSet<>(KNOWN));
            }
        }
    }

    private <T> @Nullable T read(String name, String form, Function<String, T> reader) throws ServletException {
        String text = config.getInitParameter(name);
        if (text == null) {
            return null;
        }
        try {
            return reader.apply(text.strip());
        } catch (IllegalArgumentException | ArithmeticException e) {
            ServletException malformed = malformed(name, text, form + " (" + e.getMessage() + ")");
            malformed.initCause(e);
            throw malformed;
        }
    }

    private static ServletException malformed(String name, String value, String form) {
        return new ServletException("malformed init-param \"" + name + "\": \"" + value + "\"; the form is " + form);
    }

    private static <T> List<T> list(String text, Function<String, T> reader) {
        return Arrays.stream(text.split(",", -1)).map(String::strip).map(reader).toList();
    }

    private static List<AddressRange> ranges(String text) {
        return list(text, AddressRange::parse);
    }

    private static <E extends Enum<E>> E constant(Class<E> type, String text) {
        return Enum.valueOf(type, text.toUpperCase(Locale.ROOT));
    }

    private static boolean bool(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("neither");
        };
    }

    private static long number(String text) {
        if (!text.matches("[0-9]{1,18}")) {
            throw new IllegalArgumentException("not a whole number");
        }
        return Long.parseLong(text);
    }

    private static Duration duration(String text) {
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
