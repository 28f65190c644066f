package io.headgate.spring;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.Ticker;
import io.headgate.net.ClientAddress;
import io.headgate.servlet.RateLimitFilter;
import io.headgate.http.Rule;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The limiters behind the filter. Those made here are closed with the application, one of the user's is not. */
final class Limiters implements AutoCloseable {

    static final String GENERAL = "default";
    static final String HEALTH = "health";
    private static final Limit HEALTH_LIMIT = Limit.parse("10/second burst 20").named(HEALTH);

    /**
     * A limiter as metrics and the actuator endpoint show it.
     *
     * @param limiter the limiter
     * @param dryRun whether its denials are only counted
     */
    record Shown(LocalLimiter<?> limiter, boolean dryRun) {}

    private final HeadgateProperties properties;
    private final Ticker ticker;
    private final Refusals refusals;
    /** Null if only some paths are limited. */
    private final @Nullable Limiter<ClientAddress> general;
    /** One a rule, in order; null where it is unlimited. */
    private final List<@Nullable LocalLimiter<ClientAddress>> rules = new ArrayList<>();

    private final @Nullable LocalLimiter<ClientAddress> health;
    private final List<LocalLimiter<ClientAddress>> made = new ArrayList<>();
    private final List<Shown> all = new ArrayList<>();

    Limiters(HeadgateProperties properties, @Nullable Limiter<ClientAddress> own, Ticker ticker, Refusals refusals) {
        this.properties = properties;
        this.ticker = ticker;
        this.refusals = refusals;
        if (own instanceof LocalLimiter<?> local) {
            all.add(new Shown(local, properties.dryRun()));
        }
        this.general = own != null ? own : make(GENERAL, properties.limits().values(), properties.dryRun());
        for (RuleProperties rule : properties.rules()) {
            rules.add(make(rule.limiterName(), rule.limits().values(), properties.dryRun() || rule.dryRun()));
        }
        boolean any = general != null || !made.isEmpty();
        this.health = any && properties.health() == HeadgateProperties.Health.OWN
                ? make(HEALTH, List.of(HEALTH_LIMIT), properties.dryRun())
                : null;
    }

    private @Nullable LocalLimiter<ClientAddress> make(String name, Collection<Limit> limits, boolean dryRun) {
        if (limits.isEmpty()) {
            return null;
        }
        LocalLimiter<ClientAddress> limiter = properties
                .limiter(name, limits)
                .ticker(ticker)
                .onDenied(refusals.by(name, dryRun))
                .build();
        made.add(limiter);
        all.add(new Shown(limiter, dryRun));
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
                        "limits",
                        null,
                        "there are none here, and none in headgate.rules, so nothing would be limited")));
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

    /** All limiters that can be looked into. */
    List<Shown> all() {
        return Collections.unmodifiableList(all);
    }

    /** Those of clients, by which one client can be inspected and reset. */
    Map<String, Limiter<ClientAddress>> ofClients() {
        Map<String, Limiter<ClientAddress>> byName = new LinkedHashMap<>();
        if (general != null) {
            byName.put(GENERAL, general);
        }
        made.forEach(limiter -> byName.put(limiter.name(), limiter));
        return byName;
    }

    /** The client that an address counts for. */
    ClientAddress client(ClientAddress address) {
        for (Limiter<ClientAddress> limiter : ofClients().values()) {
            if (limiter instanceof LocalLimiter<ClientAddress> local) {
                return local.tracked(address);
            }
        }
        return address.network(properties.ipv6Prefix());
    }

    Refusals refusals() {
        return refusals;
    }

    @Override
    public void close() {
        made.forEach(LocalLimiter::close);
    }
}
