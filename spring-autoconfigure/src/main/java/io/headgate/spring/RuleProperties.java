package io.headgate.spring;

import io.headgate.Limit;
import io.headgate.http.Rule;
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
 * @param cost Permits that a request takes; headgate.cost by default.
 * @param dryRun Whether requests are only counted and never denied.
 * @param chargeOn Responses that are charged, such as 401 or 302 to /login?error, or failed-login with Spring Security; headgate.charge-on by
 *     default.
 * @param alone Whether it stands in place of the general limits even if it has charge-on.
 */
public record RuleProperties(
        @Nullable String name,
        @Nullable String path,
        @DefaultValue List<String> methods,
        @DefaultValue Map<String, Limit> limits,
        @DefaultValue("false") boolean unlimited,
        @Nullable Long cost,
        @DefaultValue("false") boolean dryRun,
        @DefaultValue List<String> chargeOn,
        @DefaultValue("false") boolean alone) {

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
        return dryRun ? rule[0].dryRun() : rule[0];
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
