package io.headgate.spring;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.Ticker;
import io.headgate.net.ClientAddress;
import io.headgate.servlet.RateLimitFilter;
import io.headgate.servlet.Rule;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The limiters behind the filter. Those made here are closed with the application, one of the user's is not. */
final class Limiters implements AutoCloseable {

    static final String GENERAL = "default";
    static final String HEALTH = "health";
    private static final Limit HEALTH_LIMIT = Limit.parse("10/second burst 20").named(HEALTH);

    private final HeadgateProperties properties;
    private final Ticker ticker;
    /** Null if only some paths are limited. */
    private final @Nullable Limiter<ClientAddress> general;
    /** One a rule, in order; null where it is unlimited. */
    private final List<@Nullable LocalLimiter<ClientAddress>> rules = new ArrayList<>();

    private final @Nullable LocalLimiter<ClientAddress> health;
    private final List<LocalLimiter<ClientAddress>> made = new ArrayList<>();

    Limiters(HeadgateProperties properties, @Nullable Limiter<ClientAddress> own, Ticker ticker) {
        this.properties = properties;
        this.ticker = ticker;
        this.general = own != null ? own : make(GENERAL, properties.limits().values());
        for (RuleProperties rule : properties.rules()) {
            rules.add(make(rule.limiterName(), rule.limits().values()));
        }
        this.health = properties.health() == HeadgateProperties.Health.OWN ? make(HEALTH, List.of(HEALTH_LIMIT)) : null;
    }

    private @Nullable LocalLimiter<ClientAddress> make(String name, Collection<Limit> limits) {
        if (limits.isEmpty()) {
            return null;
        }
        LocalLimiter<ClientAddress> limiter =
                properties.limiter(name, limits).ticker(ticker).build();
        made.add(limiter);
        return limiter;
    }

    /** A filter with the general limiter. */
    RateLimitFilter.Builder filter() {
        if (general != null) {
            return RateLimitFilter.builder(general);
        }
        // Everything that no rule limits passes by the last rule, so this limiter is asked only about a path that the
        // container cannot decode.
        return RateLimitFilter.builder(rules.stream()
                .filter(Objects::nonNull)
                .findFirst()
                .orElseThrow(() -> HeadgateProperties.invalid(
                        "rules",
                        null,
                        "every rule is unlimited and headgate.limits is not set, so nothing is limited")));
    }

    /** What comes before the general limits. */
    List<Rule> rules(@Nullable HealthPaths healthPaths) {
        List<Rule> all = new ArrayList<>();
        for (int i = 0; i < rules.size(); i++) {
            all.add(properties.rules().get(i).rule(rules.get(i)));
        }
        if (healthPaths != null && properties.health() != HeadgateProperties.Health.LIMITED) {
            all.add((health == null ? Rule.unlimited("/*") : Rule.limiter("/*", health))
                    .named(HEALTH)
                    .onlyIf(healthPaths));
        }
        if (general == null) {
            all.add(Rule.unlimited("/*"));
        }
        return all;
    }

    @Override
    public void close() {
        made.forEach(LocalLimiter::close);
    }
}
