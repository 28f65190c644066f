package io.headgate.http;

import io.headgate.Limit;
import io.headgate.net.AddressRange;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The limits of some clients, in place of the general ones: of those in address ranges, and of the keys that a
 * {@link io.headgate.plan.PlanSource} says to have this plan. Immutable.
 *
 * <pre>{@code
 * Plan.limits("partners", Limit.perMinute(6_000)).ranges(AddressRange.parse("192.0.2.0/24"));
 * Plan.unlimited("crawlers").rangesFile(Path.of("/etc/headgate/crawlers.json"));
 * Plan.parse("partners: 6000/minute ranges 192.0.2.0/24, 2001:db8::/32 max-clients 1000");
 * }</pre>
 *
 * <p>An address is in the plan of the longest range that it is in, by all of its bits. Each client of a plan has buckets of
 * its own there.
 */
public final class Plan {

    static final String FORM =
            "the form is NAME: (unlimited | LIMIT[, LIMIT]...) [ranges RANGE[, RANGE]...] [ranges-file PATH]"
                    + " [max-clients N], such as \"partners: 6000/minute ranges 192.0.2.0/24, 2001:db8::/32\"";

    private static final Pattern BLANKS = Pattern.compile("\\s+");
    private static final Set<String> OPTIONS = Set.of("ranges", "ranges-file", "max-clients");

    private final String name;
    private final List<Limit> limits;
    private final List<AddressRange> ranges;
    private final @Nullable Path rangesFile;
    private final OptionalLong maxClients;
    /** Ranges whose text means less than it says, and what they mean. */
    private final String hostBits;

    private Plan(
            String name,
            List<Limit> limits,
            List<AddressRange> ranges,
            @Nullable Path rangesFile,
            OptionalLong maxClients,
            String hostBits) {
        this.name = OptionText.requireName("plan", name);
        this.limits = limits;
        this.ranges = ranges;
        this.rangesFile = rangesFile;
        this.maxClients = maxClients;
        this.hostBits = hostBits;
    }

    /**
     * A plan with limits.
     *
     * @param name unique within a filter; {@code default} is that of the general limits
     * @param first the limit of each client
     * @param more further limits, applied together with the first
     * @return the plan, of nobody yet
     * @throws IllegalArgumentException if the name has another form
     */
    public static Plan limits(String name, Limit first, Limit... more) {
        List<Limit> limits = new ArrayList<>(List.of(more));
        limits.add(0, first);
        return new Plan(name, List.copyOf(limits), List.of(), null, OptionalLong.empty(), "");
    }

    /**
     * A plan that lets everything through, and counts it.
     *
     * @param name unique within a filter
     * @return the plan, of nobody yet
     * @throws IllegalArgumentException if the name has another form
     */
    public static Plan unlimited(String name) {
        return new Plan(name, List.of(), List.of(), null, OptionalLong.empty(), "");
    }

    /**
     * Reads a plan from text:
     * {@code NAME: (unlimited | LIMIT[, LIMIT]…) [ranges RANGE[, RANGE]…] [ranges-file PATH] [max-clients N]}. A path has no
     * blanks.
     *
     * @param text such as {@code partners: 6000/minute ranges 192.0.2.0/24}
     * @return the plan
     * @throws IllegalArgumentException if the text has another form; the message shows the text and the form
     */
    public static Plan parse(String text) {
        try {
            return read(text.strip());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "\"" + text.strip() + "\" is not a plan: " + e.getMessage() + "; " + FORM, e);
        }
    }

    private static Plan read(String text) {
        int colon = text.indexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("it has no name");
        }
        List<String> tokens =
                Arrays.asList(BLANKS.split(text.substring(colon + 1).strip()));
        List<String> limits = part(tokens, 0);
        Plan plan = ofLimits(text.substring(0, colon), String.join(" ", limits));
        Set<String> seen = new HashSet<>();
        for (int next = limits.size(); next < tokens.size(); ) {
            String option = tokens.get(next);
            if (!seen.add(option)) {
                throw new IllegalArgumentException("\"" + option + "\" appears twice");
            }
            List<String> part = part(tokens, next + 1);
            plan = plan.with(option, String.join(" ", part));
            next += 1 + part.size();
        }
        return plan;
    }

    private static Plan ofLimits(String name, String limits) {
        if (limits.equals("unlimited")) {
            return unlimited(name);
        }
        if (limits.isEmpty()) {
            throw new IllegalArgumentException("it has neither limits nor \"unlimited\"");
        }
        List<Limit> list = OptionText.list(limits, Limit::parse);
        return limits(name, list.get(0), list.subList(1, list.size()).toArray(new Limit[0]));
    }

    private Plan with(String option, String value) {
        if (value.isEmpty()) {
            throw new IllegalArgumentException("\"" + option + "\" has no value");
        }
        return switch (option) {
            case "ranges" -> ranges(value);
            case "ranges-file" -> rangesFile(Path.of(value));
            default -> maxClients(OptionText.number(value));
        };
    }

    private static List<String> part(List<String> tokens, int from) {
        List<String> part = new ArrayList<>();
        for (int i = from; i < tokens.size() && !OPTIONS.contains(tokens.get(i)); i++) {
            part.add(tokens.get(i));
        }
        return part.equals(List.of("")) ? List.of() : part;
    }

    /**
     * This plan for addresses in these ranges.
     *
     * @param ranges in place of those that were named before
     * @return the plan
     */
    public Plan ranges(AddressRange... ranges) {
        return new Plan(name, limits, List.of(ranges), rangesFile, maxClients, "");
    }

    /**
     * The same from text. A range that is written with bits beyond its prefix is warned of (HG-007).
     *
     * @param ranges separated by commas, such as {@code 192.0.2.0/24, 2001:db8::/32}
     * @return the plan
     * @throws IllegalArgumentException if one is no range
     */
    public Plan ranges(String ranges) {
        return new Plan(
                name,
                limits,
                List.of(OptionText.ranges(ranges)),
                rangesFile,
                maxClients,
                OptionText.withHostBits(ranges));
    }

    /**
     * This plan for addresses in the ranges of a file, which may change at any time ({@link io.headgate.plan.AddressPlans} tells the
     * formats).
     *
     * @param file must be there, and readable, when the filter starts
     * @return the plan
     */
    public Plan rangesFile(Path file) {
        return new Plan(name, limits, ranges, Objects.requireNonNull(file, "file"), maxClients, hostBits);
    }

    /**
     * This plan for so many clients at once, at most, in each of its limiters.
     *
     * @param most 1 to 2<sup>30</sup>; as the filter has it by default
     * @return the plan
     * @throws IllegalArgumentException if the number is out of its range, or the plan is unlimited, and so tracks nobody
     */
    public Plan maxClients(long most) {
        if (limits.isEmpty()) {
            throw new IllegalArgumentException("an unlimited plan tracks nobody, so it can have no max-clients");
        }
        return new Plan(name, limits, ranges, rangesFile, OptionText.requireMaxClients(most), hostBits);
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
     * @return empty if it is unlimited
     */
    public List<Limit> limits() {
        return limits;
    }

    boolean isUnlimited() {
        return limits.isEmpty();
    }

    List<AddressRange> ranges() {
        return ranges;
    }

    String hostBits() {
        return hostBits;
    }

    @Nullable
    Path rangesFile() {
        return rangesFile;
    }

    OptionalLong maxClients() {
        return maxClients;
    }

    /** Whether clients get it by their address. */
    boolean isByAddress() {
        return !ranges.isEmpty() || rangesFile != null;
    }
}
