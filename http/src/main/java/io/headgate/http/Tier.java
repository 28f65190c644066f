package io.headgate.http;

import io.headgate.Limit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Limits beside the general ones: of all clients of a network together, or of everybody. A request takes its permits from the client
 * and from all tiers that it is under, or from none of them. Immutable.
 *
 * <pre>{@code
 * Tier.networks("network", 24, 48, Limit.perMinute(2_000));  // each IPv4 /24 and each IPv6 /48
 * Tier.ipv6Networks("site", 56, Limit.perHour(20_000)).maxClients(10_000);
 * Tier.everybody("service", Limit.perSecond(500));
 * Tier.parse("network: 2000/minute ipv4 24 ipv6 48");
 * }</pre>
 *
 * <p>A tier of networks is for clients under the general limits; one of everybody is also for those that have a plan with limits. A
 * limit that was given no name is called as its tier is, in the header fields and in
 * {@link io.headgate.Decision#limits decisions}; if the tier has several, as its tier and itself, such as {@code network-9-per-1s}.
 */
public final class Tier {

    static final String FORM =
            "the form is NAME: LIMIT[, LIMIT]... (ipv4 BITS | ipv6 BITS | ipv4 BITS ipv6 BITS | everybody) [max-clients N], such as"
                    + " \"network: 2000/minute ipv4 24 ipv6 48\" or \"service: 500/second everybody\"";

    private static final Pattern BLANKS = Pattern.compile("\\s+");
    private static final String EVERYBODY = "everybody";
    private static final Set<String> OPTIONS = Set.of("ipv4", "ipv6", EVERYBODY, "max-clients");

    private final String name;
    private final List<Limit> limits;
    private final OptionalInt ipv4Prefix;
    private final OptionalInt ipv6Prefix;
    private final OptionalLong maxClients;

    /** One of everybody if no prefix is there. */
    private Tier(
            String name, List<Limit> limits, OptionalInt ipv4Prefix, OptionalInt ipv6Prefix, OptionalLong maxClients) {
        this.name = OptionText.requireName("tier", name);
        ipv4Prefix.ifPresent(bits -> requireWithin(8, 31, "IPv4", bits));
        ipv6Prefix.ifPresent(bits -> requireWithin(32, 127, "IPv6", bits));
        this.limits = limits;
        this.ipv4Prefix = ipv4Prefix;
        this.ipv6Prefix = ipv6Prefix;
        this.maxClients = maxClients;
    }

    private static void requireWithin(int least, int most, String family, int bits) {
        if (bits < least || bits > most) {
            throw new IllegalArgumentException("the " + family + " prefix of a tier must be " + least + " to " + most
                    + " bits, not " + bits + (bits == most + 1 ? ", which is a single address" : ""));
        }
    }

    /**
     * Limits of each network, of IPv4 and of IPv6.
     *
     * @param name unique among tiers and plans of a filter
     * @param ipv4Prefix leading bits of an IPv4 address by which networks are told apart, 8 to 31
     * @param ipv6Prefix leading bits of an IPv6 address by which networks are told apart: 32 or more, and fewer than tell clients apart
     * @param first the limit of each network
     * @param more further limits, applied together with the first
     * @return the tier
     * @throws IllegalArgumentException if the name has another form, or a prefix is out of its range
     */
    public static Tier networks(String name, int ipv4Prefix, int ipv6Prefix, Limit first, Limit... more) {
        return of(name, list(first, more), OptionalInt.of(ipv4Prefix), OptionalInt.of(ipv6Prefix));
    }

    /**
     * Limits of each IPv4 network. Addresses of IPv6 are not under it.
     *
     * @param name unique among tiers and plans of a filter
     * @param prefix leading bits by which networks are told apart, 8 to 31
     * @param first the limit of each network
     * @param more further limits, applied together with the first
     * @return the tier
     * @throws IllegalArgumentException if the name has another form, or the prefix is out of its range
     */
    public static Tier ipv4Networks(String name, int prefix, Limit first, Limit... more) {
        return of(name, list(first, more), OptionalInt.of(prefix), OptionalInt.empty());
    }

    /**
     * Limits of each IPv6 network. Addresses of IPv4 are not under it.
     *
     * @param name unique among tiers and plans of a filter
     * @param prefix leading bits by which networks are told apart: 32 or more, and fewer than tell clients apart
     * @param first the limit of each network
     * @param more further limits, applied together with the first
     * @return the tier
     * @throws IllegalArgumentException if the name has another form, or the prefix is out of its range
     */
    public static Tier ipv6Networks(String name, int prefix, Limit first, Limit... more) {
        return of(name, list(first, more), OptionalInt.empty(), OptionalInt.of(prefix));
    }

    /**
     * Limits of all requests together that are charged to the general limits, or to a plan with limits.
     *
     * @param name unique among tiers and plans of a filter
     * @param first the limit
     * @param more further limits, applied together with the first
     * @return the tier
     * @throws IllegalArgumentException if the name has another form
     */
    public static Tier everybody(String name, Limit first, Limit... more) {
        return of(name, list(first, more), OptionalInt.empty(), OptionalInt.empty());
    }

    private static List<Limit> list(Limit first, Limit... more) {
        List<Limit> limits = new ArrayList<>(List.of(more));
        limits.add(0, first);
        return limits;
    }

    private static Tier of(String name, List<Limit> limits, OptionalInt ipv4Prefix, OptionalInt ipv6Prefix) {
        List<Limit> named = limits.stream()
                .map(limit ->
                        isNamed(limit) ? limit : limit.named(limits.size() == 1 ? name : name + "-" + limit.name()))
                .toList();
        return new Tier(name, named, ipv4Prefix, ipv6Prefix, OptionalLong.empty());
    }

    private static boolean isNamed(Limit limit) {
        return !limit.name().equals(Limit.of(limit.permits(), limit.period()).name());
    }

    /**
     * Reads a tier from text:
     * {@code NAME: LIMIT[, LIMIT]… (ipv4 BITS | ipv6 BITS | ipv4 BITS ipv6 BITS | everybody) [max-clients N]}.
     *
     * @param text such as {@code network: 2000/minute ipv4 24 ipv6 48}
     * @return the tier
     * @throws IllegalArgumentException if the text has another form; the message shows the text and the form
     */
    public static Tier parse(String text) {
        try {
            return read(text.strip());
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new IllegalArgumentException(
                    "\"" + text.strip() + "\" is not a tier: " + e.getMessage() + "; " + FORM, e);
        }
    }

    private static Tier read(String text) {
        int colon = text.indexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("it has no name");
        }
        List<String> tokens =
                Arrays.asList(BLANKS.split(text.substring(colon + 1).strip()));
        int next = 0;
        while (next < tokens.size() && !OPTIONS.contains(tokens.get(next))) {
            next++;
        }
        String limits = String.join(" ", tokens.subList(0, next));
        if (limits.isEmpty()) {
            throw new IllegalArgumentException("it has no limits");
        }
        Map<String, String> options = options(tokens.subList(next, tokens.size()));
        Tier tier = of(
                text.substring(0, colon),
                OptionText.list(limits, Limit::parse),
                bits(options.get("ipv4")),
                bits(options.get("ipv6")));
        if (tier.isOfEverybody() != options.containsKey(EVERYBODY)) {
            throw new IllegalArgumentException(
                    tier.isOfEverybody()
                            ? "it has neither \"ipv4\", \"ipv6\" nor \"everybody\""
                            : "it is of networks, and of everybody");
        }
        String most = options.get("max-clients");
        return most == null ? tier : tier.maxClients(OptionText.number(most));
    }

    /** What follows the limits, each word with the one after it; that of everybody stands alone. */
    private static Map<String, String> options(List<String> tokens) {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i < tokens.size(); i++) {
            String option = tokens.get(i);
            String value = "";
            if (!OPTIONS.contains(option)) {
                throw new IllegalArgumentException("\"" + option + "\" is in a wrong place");
            }
            if (!option.equals(EVERYBODY)) {
                value = ++i < tokens.size() ? tokens.get(i) : "";
                if (value.isEmpty() || OPTIONS.contains(value)) {
                    throw new IllegalArgumentException("\"" + option + "\" has no value");
                }
            }
            if (options.put(option, value) != null) {
                throw new IllegalArgumentException("\"" + option + "\" appears twice");
            }
        }
        return options;
    }

    private static OptionalInt bits(@Nullable String text) {
        return text == null ? OptionalInt.empty() : OptionalInt.of(OptionText.integer(text));
    }

    /**
     * This tier for so many networks at once, at most.
     *
     * @param most 1 to 2<sup>30</sup>; as the filter has it by default
     * @return the tier
     * @throws IllegalArgumentException if the number is out of its range, or the tier is of everybody, and so tracks nobody
     */
    public Tier maxClients(long most) {
        if (isOfEverybody()) {
            throw new IllegalArgumentException("a tier of everybody tells nobody apart, so it can have no max-clients");
        }
        return new Tier(name, limits, ipv4Prefix, ipv6Prefix, OptionText.requireMaxClients(most));
    }

    /**
     * Its name.
     *
     * @return as it was given
     */
    public String name() {
        return name;
    }

    /**
     * Its limits.
     *
     * @return one or more, each with the name that it has in header fields
     */
    public List<Limit> limits() {
        return limits;
    }

    /** Of how many leading bits; empty if IPv4 is not under it. */
    OptionalInt ipv4Prefix() {
        return ipv4Prefix;
    }

    /** Of how many leading bits; empty if IPv6 is not under it. */
    OptionalInt ipv6Prefix() {
        return ipv6Prefix;
    }

    OptionalLong maxClients() {
        return maxClients;
    }

    boolean isOfEverybody() {
        return ipv4Prefix.isEmpty() && ipv6Prefix.isEmpty();
    }

    /** As {@link #parse} reads it, but for the names of its limits. */
    @Override
    public String toString() {
        List<String> words = new ArrayList<>(List.of(name + ":", StartLine.text(limits)));
        ipv4Prefix.ifPresent(bits -> words.add("ipv4 " + bits));
        ipv6Prefix.ifPresent(bits -> words.add("ipv6 " + bits));
        if (isOfEverybody()) {
            words.add(EVERYBODY);
        }
        maxClients.ifPresent(most -> words.add("max-clients " + most));
        return String.join(" ", words);
    }
}
