package io.headgate.http;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.net.ClientAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What holds for requests to some paths, in place of the filter's general limits. The first rule of a filter that
 * matches a request decides; what it leaves open (cost, dry run, charge-on) is as in the filter. A rule that {@linkplain #chargeOn
 * charges only some responses} holds in addition to them, unless it says that it is {@link #alone}. Immutable.
 *
 * <pre>{@code
 * Rule.limits("/login/*", Limit.perMinute(5)).methods("POST").chargeOn(ChargeOn.statuses(401));
 * Rule.unlimited("/static/*").methods("GET");
 * Rule.parse("search: GET /search/* 30/minute burst 10 cost 2");  // as it stands in a configuration
 * }</pre>
 *
 * <p>A path pattern is written as in a servlet mapping: {@code /login}, {@code /api/*} (which covers {@code /api} and
 * everything below it), {@code *.css}, and {@code /} or {@code /*} for everything. It is compared with the path as the
 * container decoded it, without the context path.
 */
public final class Rule {

    private static final Pattern METHOD = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Z-]+");

    /** Methods that only read, as long as the application keeps to RFC 9110, section 9.2.1. */
    private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS");

    /** As written; the first one is what the rule is called by. */
    private final List<String> patterns;

    private final List<RulePattern> paths;
    private final List<RulePattern> lenientPaths;
    /** Null if the rule is for all of its paths. */
    private final @Nullable Predicate<String> condition;

    private final List<Limit> limits;
    private final @Nullable Limiter<ClientAddress> limiter;
    private final @Nullable String name;
    private final Set<String> methods;
    private final OptionalLong cost;
    private final boolean dryRun;
    private final @Nullable ChargeOn chargeOn;
    private final boolean alone;

    private Rule(
            List<String> patterns,
            @Nullable Predicate<String> condition,
            List<Limit> limits,
            @Nullable Limiter<ClientAddress> limiter,
            @Nullable String name,
            Set<String> methods,
            OptionalLong cost,
            boolean dryRun,
            @Nullable ChargeOn chargeOn,
            boolean alone) {
        this.patterns = patterns;
        this.paths = patterns.stream().map(RulePattern::parse).toList();
        this.lenientPaths = patterns.stream()
                .map(CanonicalPath::anyCase)
                .map(RulePattern::parse)
                .toList();
        this.condition = condition;
        this.limits = limits;
        this.limiter = limiter;
        this.name = name;
        this.methods = methods;
        this.cost = cost;
        this.dryRun = dryRun;
        this.chargeOn = chargeOn;
        this.alone = alone;
    }

    /**
     * A rule with limits of its own: clients have separate buckets for these paths, in a limiter that the filter makes
     * and closes.
     *
     * @param pattern the paths
     * @param first the limit of each client
     * @param more further limits, applied together with the first
     * @return the rule
     * @throws IllegalArgumentException if the pattern has another form
     */
    public static Rule limits(String pattern, Limit first, Limit... more) {
        List<Limit> limits = new ArrayList<>(List.of(more));
        limits.add(0, first);
        return new Rule(
                List.of(pattern),
                null,
                List.copyOf(limits),
                null,
                null,
                Set.of(),
                OptionalLong.empty(),
                false,
                null,
                false);
    }

    /**
     * A rule with a limiter of yours, which may be shared with other rules and filters. The filter does not close it.
     *
     * @param pattern the paths
     * @param limiter limits each client
     * @return the rule
     * @throws IllegalArgumentException if the pattern has another form
     */
    public static Rule limiter(String pattern, Limiter<ClientAddress> limiter) {
        Objects.requireNonNull(limiter, "limiter");
        return new Rule(
                List.of(pattern), null, List.of(), limiter, null, Set.of(), OptionalLong.empty(), false, null, false);
    }

    /**
     * A rule that lets requests pass uncounted.
     *
     * @param pattern the paths
     * @return the rule
     * @throws IllegalArgumentException if the pattern has another form
     */
    public static Rule unlimited(String pattern) {
        return new Rule(
                List.of(pattern), null, List.of(), null, null, Set.of(), OptionalLong.empty(), false, null, false);
    }

    /**
     * Reads a rule from text:
     * {@code [name:] [METHOD[,METHOD]] PATTERN (unlimited | LIMIT[, LIMIT]…) [cost N] [dry-run] [charge-on RESPONSE[, RESPONSE]…] [alone]},
     * such as {@code login: POST /login/* 5/minute, 50/day charge-on 401}. A limit is written as for
     * {@link Limit#parse}.
     *
     * @param text the text
     * @return the rule
     * @throws IllegalArgumentException if the text has another form; the message shows the text and the form
     */
    public static Rule parse(String text) {
        return RuleText.parse(text);
    }

    /**
     * This rule under a name, which its limiter gets too. Without one it is called by its methods and its pattern, so that what
     * clients have taken does not depend on the order of rules.
     *
     * @param name unique within a filter, and not that of its general limits; not empty
     * @return the rule
     */
    public Rule named(String name) {
        if (name.isBlank()) {
            throw new IllegalArgumentException("the name of a rule must not be empty");
        }
        return new Rule(patterns, condition, limits, limiter, name, methods, cost, dryRun, chargeOn, alone);
    }

    /**
     * This rule for some methods only. {@code GET} covers {@code HEAD}.
     *
     * @param methods in upper case, such as {@code POST}; none for all
     * @return the rule
     * @throws IllegalArgumentException if one is not the name of a method
     */
    public Rule methods(String... methods) {
        for (String method : methods) {
            if (!METHOD.matcher(method).matches()) {
                throw new IllegalArgumentException(
                        "\"" + method + "\" is not a method; the form is upper-case letters such as POST");
            }
        }
        return new Rule(patterns, condition, limits, limiter, name, Set.of(methods), cost, dryRun, chargeOn, alone);
    }

    /**
     * This rule for some of its paths only: those that a function accepts, such as paths that are known only once the
     * application has started.
     *
     * @param condition is given the path as the pattern is: where the two readings of a path differ, each of them, of which the
     *     lenient one is in lower case. Asked by many threads at once, must not block
     * @return the rule
     */
    public Rule onlyIf(Predicate<String> condition) {
        Objects.requireNonNull(condition, "condition");
        return new Rule(patterns, condition, limits, limiter, name, methods, cost, dryRun, chargeOn, alone);
    }

    /**
     * This rule also for its pattern below another path: that of a framework that has all its handlers there, and whose paths people
     * write without it, such as Spring's {@code DispatcherServlet} at {@code /app}.
     *
     * @param prefix such as {@code /app}, without a slash at its end
     * @return the rule; itself if its pattern is one for an extension, or for everything
     * @throws IllegalArgumentException if the prefix is no path
     */
    public Rule alsoBelow(String prefix) {
        String pattern = patterns.get(0);
        if (!pattern.startsWith("/") || pattern.equals("/") || pattern.equals("/*")) {
            return this;
        }
        List<String> more = new ArrayList<>(patterns);
        more.add(prefix + pattern);
        return new Rule(List.copyOf(more), condition, limits, limiter, name, methods, cost, dryRun, chargeOn, alone);
    }

    /**
     * This rule with a cost of its own.
     *
     * @param permits how many permits a request takes; 0: it is not charged
     * @return the rule
     * @throws IllegalArgumentException if the number is negative
     */
    public Rule cost(long permits) {
        if (permits < 0) {
            throw new IllegalArgumentException("the cost of a request must be at least 0, not " + permits);
        }
        return new Rule(
                patterns, condition, limits, limiter, name, methods, OptionalLong.of(permits), dryRun, chargeOn, alone);
    }

    /**
     * This rule decides and counts, and never denies.
     *
     * @return the rule
     */
    public Rule dryRun() {
        return new Rule(patterns, condition, limits, limiter, name, methods, cost, true, chargeOn, alone);
    }

    /**
     * This rule charges by the response, and the filter's general limits hold beside it: requests that it does not charge are
     * still limited. All or nothing is taken, from the rule first.
     *
     * @param chargeOn tells which responses are charged
     * @return the rule
     * @throws IllegalArgumentException if the rule is unlimited: it charges nothing
     * @see #alone
     */
    public Rule chargeOn(ChargeOn chargeOn) {
        Objects.requireNonNull(chargeOn, "chargeOn");
        if (isUnlimited()) {
            throw new IllegalArgumentException(
                    "an unlimited rule charges nothing, and would only take its paths out of the general limits");
        }
        return new Rule(patterns, condition, limits, limiter, name, methods, cost, dryRun, chargeOn, alone);
    }

    /**
     * This rule in place of the general limits, although it {@linkplain #chargeOn charges by the response}. Requests that it does
     * not charge are not limited at all then. Any other rule is in their place in any case.
     *
     * @return the rule
     */
    public Rule alone() {
        return new Rule(patterns, condition, limits, limiter, name, methods, cost, dryRun, chargeOn, true);
    }

    /**
     * What the rule is called: its name, else its methods and its pattern.
     *
     * @return the name, such as {@code login} or {@code POST,PUT /login/*}
     */
    public String name() {
        if (name != null) {
            return name;
        }
        String pattern = patterns.get(0);
        return methods.isEmpty() ? pattern : String.join(",", new TreeSet<>(methods)) + " " + pattern;
    }

    /**
     * The limits that the rule brings along.
     *
     * @return empty if it has a limiter or is unlimited
     */
    public List<Limit> limits() {
        return limits;
    }

    Optional<String> givenName() {
        return Optional.ofNullable(name);
    }

    @Nullable
    Limiter<ClientAddress> limiter() {
        return limiter;
    }

    OptionalLong cost() {
        return cost;
    }

    boolean isDryRun() {
        return dryRun;
    }

    @Nullable
    ChargeOn chargeOn() {
        return chargeOn;
    }

    /** Whether the general limits hold beside it. */
    boolean isInAddition() {
        return chargeOn != null && !alone;
    }

    boolean isUnlimited() {
        return limiter == null && limits.isEmpty();
    }

    /** Whether any path of an extension passes, by methods that do more than read: clients choose the extension. */
    boolean isUnlimitedExtension() {
        boolean onlyReads = !methods.isEmpty() && READING.containsAll(methods);
        return paths.get(0).isExtension() && neverDenies() && !onlyReads;
    }

    boolean neverDenies() {
        return isUnlimited() || dryRun || cost.orElse(1) == 0;
    }

    /** Whether it is written as canonical paths are: no letter has another case. */
    boolean isCanonical() {
        return patterns.stream().allMatch(pattern -> pattern.equals(CanonicalPath.anyCase(pattern)));
    }

    boolean matches(String method, String requestPath) {
        return isFor(method) && matches(paths, requestPath);
    }

    /** Whether the rule is for what a lenient handler makes of a path. */
    boolean matchesLeniently(String method, String canonical) {
        return isFor(method) && matches(lenientPaths, canonical);
    }

    private boolean matches(List<RulePattern> patterns, String path) {
        for (RulePattern pattern : patterns) {
            if (pattern.matches(path)) {
                return condition == null || condition.test(path);
            }
        }
        return false;
    }

    /** Whether this rule, if it comes first, leaves nothing to another one. */
    boolean covers(Rule other) {
        return condition == null
                && (methods.isEmpty()
                        || (!other.methods.isEmpty() && other.methods.stream().allMatch(this::isFor)))
                && other.paths.stream().allMatch(path -> paths.stream().anyMatch(own -> own.covers(path)));
    }

    /** Whether a path may be one of this rule and of a pattern, which is in lower case. */
    boolean mayMeet(RulePattern pattern) {
        return lenientPaths.stream().anyMatch(path -> path.overlaps(pattern));
    }

    Set<String> methods() {
        return methods;
    }

    private boolean isFor(String method) {
        return methods.isEmpty()
                || methods.contains(method.equals("HEAD") ? "GET" : method)
                || methods.contains(method);
    }
}
