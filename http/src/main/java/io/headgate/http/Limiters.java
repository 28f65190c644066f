package io.headgate.http;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LimiterBuilder;
import io.headgate.LimiterStats;
import io.headgate.net.ClientAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The limiters of a configuration: those that were handed in, and those that are made for it. Immutable. */
final class Limiters implements AutoCloseable {

    private final @Nullable KeyedLimiter<?> general;
    private final Map<Rule, Limiter<ClientAddress>> ofRules = new HashMap<>();
    private final List<LimiterUse> all = new ArrayList<>();
    /** Those that are closed with this. */
    private final List<Limiter<?>> made = new ArrayList<>();

    Limiters(Settings settings, String name) {
        general = settings.limits.isEmpty()
                ? settings.limiter
                : KeyedLimiter.byAddress(
                        make(settings, settings.limiterName == null ? name : settings.limiterName, settings.limits));
        if (general != null) {
            all.add(new LimiterUse(general.limiter(), general.isByAddress(), settings.dryRun));
        }
        for (Rule rule : settings.rules) {
            Limiter<ClientAddress> limiter =
                    rule.limits().isEmpty() ? rule.limiter() : make(settings, rule.name(), rule.limits());
            if (limiter != null) {
                ofRules.put(rule, limiter);
                if (all.stream().noneMatch(use -> use.limiter() == limiter)) {
                    all.add(new LimiterUse(limiter, true, settings.dryRun || rule.isDryRun()));
                }
            }
        }
    }

    private Limiter<ClientAddress> make(Settings settings, String name, List<Limit> limits) {
        LimiterBuilder<ClientAddress> builder = settings.clients(limits).name(name);
        if (settings.registry != null) {
            return settings.registry.obtain(ClientAddress.class, builder);
        }
        Limiter<ClientAddress> limiter = builder.build();
        made.add(limiter);
        return limiter;
    }

    /** The one that every request without a rule is charged to; null if only rules limit. */
    @Nullable
    KeyedLimiter<?> general() {
        return general;
    }

    /** That of a rule; null if it is unlimited. */
    @Nullable
    Limiter<ClientAddress> of(Rule rule) {
        return ofRules.get(rule);
    }

    List<LimiterUse> all() {
        return List.copyOf(all);
    }

    /** Which client an address counts for. */
    ClientAddress client(ClientAddress address) {
        return all.stream()
                .filter(LimiterUse::isByAddress)
                .findFirst()
                .map(use -> network(tracked(use.limiter(), address)))
                .orElse(address);
    }

    /** A client of a limiter that may tell the addresses of a network apart, as its network. */
    static ClientAddress network(ClientAddress client) {
        ClientAddress network = client.network(64);
        // ::1 is somebody, although its network is written like nobody's; a shorter prefix is a network already.
        return network.equals(KeyedLimiter.NOBODY) ? client : network;
    }

    @SuppressWarnings("unchecked") // a limiter by address is one of addresses
    private static ClientAddress tracked(Limiter<?> limiter, ClientAddress address) {
        return ((Limiter<ClientAddress>) limiter).tracked(address);
    }

    /** Tells what the limiters take together, and warns of those that a rotated IPv6 network would pass. */
    void announce(Warnings warnings) {
        ClientAddress one = ClientAddress.parse("2001:db8::1");
        ClientAddress neighbour = ClientAddress.parse("2001:db8::2");
        long now = 0;
        long most = 0;
        for (LimiterUse use : all) {
            if (use.isByAddress() && !tracked(use.limiter(), one).equals(tracked(use.limiter(), neighbour))) {
                warnings.once(Warning.UNMASKED_KEYS);
            }
            // What is unknown counts as nothing.
            LimiterStats stats = use.limiter().stats();
            now += Math.max(0, stats.memoryBytes());
            most += Math.max(0, stats.maxMemoryBytes());
        }
        warnings.started(now, most);
    }

    @Override
    public void close() {
        made.forEach(Limiter::close);
    }
}
