package io.headgate.spring;

import io.headgate.Limit;
import io.headgate.http.RequestKey;
import io.headgate.http.Rule;
import io.headgate.http.Stage;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * An element of {@code headgate.rules}: paths that are limited in another way than the rest.
 *
 * @param name Name of the rule's limiter in metrics and in the actuator endpoint; methods and path by default.
 * @param path Path pattern in the syntax of servlet mappings, such as /login/* or *.css.
 * @param methods Methods that the rule is for; all by default.
 * @param limits Limits of each client on these paths, in place of the general ones; written as headgate.limits.
 * @param unlimited Whether these paths are not limited.
 * @param key What the limits hold for, each by itself, such as principal or header X-API-Key; client by default.
 * @param when Further conditions, all of which a request must meet, such as header X-API-Key, query format=csv, role ADMIN or anonymous.
 * @param cost Permits that a request takes; headgate.cost by default.
 * @param dryRun Whether requests are only counted and never denied.
 * @param chargeOn Responses that are charged, such as 401 or 302 to /login?error, or failed-login with Spring Security; headgate.charge-on by
 *     default.
 * @param alone Whether it stands in place of the general limits even if it has charge-on.
 * @param stage Where the rule decides: as requests arrive, or behind authentication, where principals are known.
 */
public record RuleProperties(
        @Nullable String name,
        @Nullable String path,
        @DefaultValue List<String> methods,
        @DefaultValue Map<String, Limit> limits,
        @DefaultValue("false") boolean unlimited,
        @Nullable String key,
        @DefaultValue List<String> when,
        @Nullable Long cost,
        @DefaultValue("false") boolean dryRun,
        @DefaultValue List<String> chargeOn,
        @DefaultValue("false") boolean alone,
        @DefaultValue("arrival") Stage stage) {

    /** Takes methods in any case. */
    public RuleProperties {
        methods = methods.stream()
                .map(method -> method.toUpperCase(Locale.ROOT))
                .distinct()
                .toList();
    }

    /** Whether it may deny a request. */
    boolean mayDeny() {
        return !unlimited && !dryRun && (cost == null || cost > 0);
    }

    /** Whether no request comes to the rules behind it in the first filter. */
    boolean isForEveryArrival() {
        return stage == Stage.ARRIVAL && ("/*".equals(path) || "/".equals(path)) && methods.isEmpty() && when.isEmpty();
    }

    /**
     * The filter's rule. Throws if it makes no sense, with the property at fault.
     *
     * @param at where the rule stands
     * @param doubts is told of logins that nothing was seen of; null if nobody tells of logins
     */
    Rule rule(String at, FailedLogin.@Nullable Doubts doubts) {
        Rule[] rule = {bare(at)};
        if (name != null) {
            String given = name;
            HeadgateProperties.check(at + ".name", given, () -> rule[0] = rule[0].named(given));
        }
        HeadgateProperties.check(
                at + ".methods", methods, () -> rule[0] = rule[0].methods(methods.toArray(new String[0])));
        if (key != null) {
            String text = key;
            HeadgateProperties.check(at + ".key", text, () -> rule[0] = rule[0].key(RequestKey.parse(text)));
        }
        HeadgateProperties.check(
                at + ".when", String.join(", ", when), () -> rule[0] = rule[0].when(when.toArray(new String[0])));
        if (cost != null) {
            long permits = cost;
            HeadgateProperties.check(at + ".cost", permits, () -> rule[0] = rule[0].cost(permits));
        }
        if (!chargeOn.isEmpty()) {
            String property = at + ".charge-on";
            HeadgateProperties.check(
                    property,
                    String.join(", ", chargeOn),
                    () -> rule[0] = rule[0].chargeOn(
                            FailedLogin.parse(HeadgateProperties.PREFIX + "." + property, chargeOn, doubts)));
        }
        if (alone) {
            rule[0] = rule[0].alone();
        }
        rule[0] = rule[0].stage(stage);
        return dryRun ? rule[0].dryRun() : rule[0];
    }

    /** Throws if clients write the rule's key, and nothing else limits them: a new one each time would be let through. */
    void requireLimitsBeside(String at) {
        if (stage == Stage.AUTHENTICATED
                && key != null
                && RequestKey.parse(key).toString().contains("header ")) {
            throw HeadgateProperties.invalid(
                    at + ".key",
                    key,
                    "clients can write another one each time, and there are no headgate.limits, which would hold for them");
        }
    }

    /** Throws if the rule is about principals, and decides where nobody is authenticated. */
    void requireAuthentication(String at, String place, int behind) {
        String reason = place + ": add stage: authenticated to the rule, or set headgate.order to " + behind
                + ", so that all limits come behind authentication";
        if (stage == Stage.ARRIVAL) {
            if (key != null && RequestKey.parse(key).needsPrincipal()) {
                throw HeadgateProperties.invalid(at + ".key", key, reason);
            }
            if (Rule.unlimited("/*").when(when.toArray(new String[0])).needsPrincipal()) {
                throw HeadgateProperties.invalid(at + ".when", String.join(", ", when), reason);
            }
        }
    }

    /** Paths and limits alone. */
    private Rule bare(String at) {
        String pattern = path;
        if (pattern == null) {
            throw HeadgateProperties.invalid(at + ".path", null, "a rule needs a path");
        }
        HeadgateProperties.check(at + ".path", pattern, () -> Rule.unlimited(pattern));
        List<Limit> all =
                List.copyOf(LimitsConverter.named(at + ".limits", limits).values());
        if (all.isEmpty() && !unlimited) {
            throw HeadgateProperties.invalid(at + ".limits", null, "a rule needs limits, or unlimited: true");
        }
        if (!all.isEmpty() && unlimited) {
            throw HeadgateProperties.invalid(at + ".unlimited", true, "the rule has limits too");
        }
        return unlimited
                ? Rule.unlimited(pattern)
                : Rule.limits(pattern, all.get(0), all.subList(1, all.size()).toArray(new Limit[0]));
    }
}
