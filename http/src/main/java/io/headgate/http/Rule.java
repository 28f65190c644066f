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
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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

    /** What the rule says. Written by the thread that makes the rule, before anybody else sees it, and never after. */
    private static final class Terms {

        /** As written; the first one is what the rule is called by. */
        List<String> patterns;
        /** Null if the rule is for all of its paths. */
        @Nullable
        Predicate<String> path;

        List<RequestCondition> conditions = List.of();
        List<Limit> limits = List.of();

        @Nullable
        Limiter<ClientAddress> limiter;

        @Nullable
        String name;

        RequestKey key = RequestKey.CLIENT;
        Set<String> methods = Set.of();
        OptionalLong cost = OptionalLong.empty();
        boolean dryRun;

        @Nullable
        ChargeOn chargeOn;

        boolean alone;
        Stage stage = Stage.ARRIVAL;

        Terms(String pattern) {
            patterns = List.of(pattern);
        }

        Terms(Terms other) {
            patterns = other.patterns;
            path = other.path;
            conditions = other.conditions;
            limits = other.limits;
            limiter = other.limiter;
            name = other.name;
            key = other.key;
            methods = other.methods;
            cost = other.cost;
            dryRun = other.dryRun;
            chargeOn = other.chargeOn;
            alone = other.alone;
            stage = other.stage;
        }
    }

    private final Terms terms;
    private final List<RulePattern> paths;
    private final List<RulePattern> lenientPaths;

    private Rule(Terms terms) {
        this.terms = terms;
        this.paths = terms.patterns.stream().map(RulePattern::parse).toList();
        this.lenientPaths = terms.patterns.stream()
                .map(CanonicalPath::anyCase)
                .map(RulePattern::parse)
                .toList();
    }

    /** This rule with a change. */
    private Rule with(Consumer<Terms> change) {
        Terms changed = new Terms(terms);
        change.accept(changed);
        return new Rule(changed);
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
        Terms changed = new Terms(pattern);
        changed.limits = List.copyOf(limits);
        return new Rule(changed);
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
        Terms changed = new Terms(pattern);
        changed.limiter = limiter;
        return new Rule(changed);
    }

    /**
     * A rule that lets requests pass uncounted.
     *
     * @param pattern the paths
     * @return the rule
     * @throws IllegalArgumentException if the pattern has another form
     */
    public static Rule unlimited(String pattern) {
        return new Rule(new Terms(pattern));
    }

    /**
     * Reads a rule from text:
     * {@code [name:] [METHOD[,METHOD]] PATTERN (unlimited | LIMIT[, LIMIT]…) [key KEY] [when CONDITION[, CONDITION]…] [cost N] [dry-run]
     * [charge-on RESPONSE[, RESPONSE]…] [alone] [stage STAGE]},
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
        return with(changed -> changed.name = name);
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
        return with(changed -> changed.methods = Set.of(methods));
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
        return with(changed -> changed.path = condition);
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
        String pattern = terms.patterns.get(0);
        if (!pattern.startsWith("/") || pattern.equals("/") || pattern.equals("/*")) {
            return this;
        }
        List<String> more = new ArrayList<>(terms.patterns);
        more.add(prefix + pattern);
        return with(changed -> changed.patterns = List.copyOf(more));
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
        return with(changed -> changed.cost = OptionalLong.of(permits));
    }

    /**
     * This rule decides and counts, and never denies.
     *
     * @return the rule
     */
    public Rule dryRun() {
        return with(changed -> changed.dryRun = true);
    }

    /**
     * This rule with a key of its own: what has a bucket each, in place of the client's address.
     *
     * <p>A request that lacks the key is under the general limits. A key that {@linkplain RequestKey the client has written} is
     * limited in addition to them, and takes their place only if it is known to a {@code PlanSource}.
     *
     * @param key such as {@code RequestKey.parse("principal")}; {@link RequestKey#CLIENT} by default
     * @return the rule
     * @throws IllegalArgumentException if the rule has no limits of its own, so that nothing would have the key
     */
    public Rule key(RequestKey key) {
        Objects.requireNonNull(key, "key");
        if (terms.limits.isEmpty() && !key.isClient()) {
            throw new IllegalArgumentException("a rule with a key needs limits of its own");
        }
        return with(changed -> changed.key = key);
    }

    /**
     * This rule for requests that meet conditions, too.
     *
     * @param conditions each such as {@code header X-API-Key}, {@code header X-Client=mobile}, {@code query format=csv},
     *     {@code role ADMIN}, {@code no header X-API-Key}, {@code authenticated} or {@code anonymous}; all must be met. Those that
     *     were set before are replaced
     * @return the rule
     * @throws IllegalArgumentException if one has another form
     */
    public Rule when(String... conditions) {
        List<RequestCondition> parsed =
                Stream.of(conditions).map(RequestCondition::parse).toList();
        return with(changed -> changed.conditions = parsed);
    }

    /**
     * This rule at a stage: {@link Stage#AUTHENTICATED} for one that is about principals, where they are known only behind a filter
     * that authenticates.
     *
     * @param stage {@link Stage#ARRIVAL} by default
     * @return the rule
     */
    public Rule stage(Stage stage) {
        Objects.requireNonNull(stage, "stage");
        return with(changed -> changed.stage = stage);
    }

    /**
     * The stage that it is for.
     *
     * @return as it was set
     */
    public Stage stage() {
        return terms.stage;
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
        return with(changed -> changed.chargeOn = chargeOn);
    }

    /**
     * This rule in place of the general limits, although it {@linkplain #chargeOn charges by the response}. Requests that it does
     * not charge are not limited at all then. Any other rule is in their place in any case.
     *
     * @return the rule
     */
    public Rule alone() {
        return with(changed -> changed.alone = true);
    }

    /**
     * What the rule is called: its name, else its methods, its pattern and its conditions.
     *
     * @return the name, such as {@code login} or {@code POST,PUT /login/*}
     */
    public String name() {
        if (terms.name != null) {
            return terms.name;
        }
        String pattern = terms.patterns.get(0);
        String requests =
                terms.methods.isEmpty() ? pattern : String.join(",", new TreeSet<>(terms.methods)) + " " + pattern;
        String conditions =
                terms.conditions.stream().map(RequestCondition::toString).collect(Collectors.joining(", "));
        return conditions.isEmpty() ? requests : requests + " when " + conditions;
    }

    /**
     * The limits that the rule brings along.
     *
     * @return empty if it has a limiter or is unlimited
     */
    public List<Limit> limits() {
        return terms.limits;
    }

    Optional<String> givenName() {
        return Optional.ofNullable(terms.name);
    }

    @Nullable
    Limiter<ClientAddress> limiter() {
        return terms.limiter;
    }

    OptionalLong cost() {
        return terms.cost;
    }

    boolean isDryRun() {
        return terms.dryRun;
    }

    @Nullable
    ChargeOn chargeOn() {
        return terms.chargeOn;
    }

    /** Whether the general limits hold beside it. */
    boolean isInAddition() {
        return terms.chargeOn != null && !terms.alone;
    }

    boolean isAuthenticated() {
        return terms.stage == Stage.AUTHENTICATED;
    }

    RequestKey key() {
        return terms.key;
    }

    /**
     * Whether its key or one of its conditions is about a principal, which is known only behind authentication.
     *
     * @return false for a rule that can be asked before
     */
    public boolean needsPrincipal() {
        return terms.key.needsPrincipal() || terms.conditions.stream().anyMatch(RequestCondition::needsPrincipal);
    }

    /** Whether a header field or a parameter, which clients write as they like, leads past the limits. */
    boolean isUnlimitedForTheAsking() {
        return neverDenies()
                && terms.conditions.stream().anyMatch(RequestCondition::isForgeable)
                && terms.conditions.stream().noneMatch(RequestCondition::isVerified);
    }

    boolean isUnlimited() {
        return terms.limiter == null && terms.limits.isEmpty();
    }

    /** Whether any path of an extension passes, by methods that do more than read: clients choose the extension. */
    boolean isUnlimitedExtension() {
        boolean onlyReads = !terms.methods.isEmpty() && READING.containsAll(terms.methods);
        return paths.get(0).isExtension() && neverDenies() && !onlyReads;
    }

    boolean neverDenies() {
        return isUnlimited() || terms.dryRun || terms.cost.orElse(1) == 0;
    }

    /** Whether it is written as canonical paths are: no letter has another case. */
    boolean isCanonical() {
        return terms.patterns.stream().allMatch(pattern -> pattern.equals(CanonicalPath.anyCase(pattern)));
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
                return terms.path == null || terms.path.test(path);
            }
        }
        return false;
    }

    /** Whether a request meets the conditions beside path and method. */
    boolean holds(HttpRequest request) {
        for (RequestCondition condition : terms.conditions) {
            if (!condition.holds(request)) {
                return false;
            }
        }
        return true;
    }

    /** Whether this rule, if it comes first, leaves nothing to another one. */
    boolean covers(Rule other) {
        return terms.path == null
                && other.terms.conditions.containsAll(terms.conditions)
                && (terms.methods.isEmpty()
                        || (!other.terms.methods.isEmpty()
                                && other.terms.methods.stream().allMatch(this::isFor)))
                && other.paths.stream().allMatch(path -> paths.stream().anyMatch(own -> own.covers(path)));
    }

    /** Whether a path may be one of this rule and of a pattern, which is in lower case. */
    boolean mayMeet(RulePattern pattern) {
        return lenientPaths.stream().anyMatch(path -> path.overlaps(pattern));
    }

    Set<String> methods() {
        return terms.methods;
    }

    private boolean isFor(String method) {
        return terms.methods.isEmpty()
                || terms.methods.contains(method.equals("HEAD") ? "GET" : method)
                || terms.methods.contains(method);
    }
}
