package io.headgate.spring;

import io.headgate.Limit;
import io.headgate.LocalLimiter;
import io.headgate.net.ClientAddress;
import io.headgate.http.ChargeOn;
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
 * @param cost Permits that a request takes.
 * @param dryRun Whether requests are only counted and never denied.
 * @param chargeOn Statuses of responses that are charged, such as 401; all by default.
 */
public record RuleProperties(
        @Nullable String name,
        @Nullable String path,
        @DefaultValue List<String> methods,
        @DefaultValue Map<String, Limit> limits,
        @DefaultValue("false") boolean unlimited,
        @Nullable Long cost,
        @DefaultValue("false") boolean dryRun,
        @DefaultValue List<Integer> chargeOn) {

    /** Takes methods in any case. */
    public RuleProperties {
        methods = methods.stream()
                .map(method -> method.toUpperCase(Locale.ROOT))
                .distinct()
                .toList();
    }

    /** What the rule's limiter is called. */
    String limiterName() {
        return name != null ? name : String.join(",", methods) + (methods.isEmpty() ? "" : " ") + path;
    }

    /** Throws if the rule makes no sense, with the property at fault. */
    void require(String at) {
        String pattern = path;
        if (pattern == null) {
            throw HeadgateProperties.invalid(at + ".path", null, "a rule needs a path");
        }
        HeadgateProperties.check(at + ".path", pattern, () -> Rule.unlimited(pattern));
        LimitsConverter.named(at + ".limits", limits);
        if (limits.isEmpty() && !unlimited) {
            throw HeadgateProperties.invalid(at + ".limits", null, "a rule needs limits, or unlimited: true");
        }
        if (!limits.isEmpty() && unlimited) {
            throw HeadgateProperties.invalid(at + ".unlimited", true, "the rule has limits too");
        }
        Rule rule = Rule.unlimited(pattern);
        HeadgateProperties.check(at + ".name", limiterName(), () -> rule.named(limiterName()));
        HeadgateProperties.check(at + ".methods", methods, () -> rule.methods(methods.toArray(new String[0])));
        if (cost != null) {
            long permits = cost;
            HeadgateProperties.check(at + ".cost", permits, () -> rule.cost(permits));
        }
        if (!chargeOn.isEmpty()) {
            HeadgateProperties.check(at + ".charge-on", chargeOn, this::charges);
        }
    }

    /** The filter's rule, with this limiter unless it is unlimited. */
    Rule rule(@Nullable LocalLimiter<ClientAddress> limiter) {
        String pattern = String.valueOf(path);
        Rule rule = (limiter == null ? Rule.unlimited(pattern) : Rule.limiter(pattern, limiter))
                .named(limiterName())
                .methods(methods.toArray(new String[0]));
        if (cost != null) {
            rule = rule.cost(cost);
        }
        if (!chargeOn.isEmpty()) {
            rule = rule.chargeOn(charges());
        }
        return dryRun ? rule.dryRun() : rule;
    }

    private ChargeOn charges() {
        return ChargeOn.statuses(chargeOn.stream().mapToInt(Integer::intValue).toArray());
    }
}
