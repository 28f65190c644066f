package io.headgate.http;

import io.headgate.Limiter;
import io.headgate.LimiterBuilder;
import io.headgate.LimiterRegistry;
import io.headgate.LimiterStats;
import io.headgate.LocalLimiter;
import io.headgate.net.ClientAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The limiters of a configuration: those that were handed in, and those that are made for it, in a registry. Immutable. */
final class Limiters {

    private final @Nullable KeyedLimiter<?> general;
    private final Map<Rule, Limiter<ClientAddress>> ofRules = new HashMap<>();
    private final List<LimiterUse> all = new ArrayList<>();
    /** The first whose keys are addresses; null if there is none. */
    private final @Nullable Limiter<?> byAddress;
    /** The names of those that were made. */
    private final Set<String> made = new LinkedHashSet<>();

    /** Makes them all, or none, for a user of the registry. */
    Limiters(Settings settings, String generalName, LimiterRegistry registry, Object user) {
        settings.requireOtherNamesThan(generalName);
        List<Rule> limited = settings.limitedRules();
        // Names that were given come first, wherever they stand: rules without one give way.
        limited.forEach(rule -> rule.givenName().ifPresent(made::add));
        List<LimiterBuilder<ClientAddress>> builders = new ArrayList<>();
        if (!settings.limits.isEmpty()) {
            builders.add(settings.clients(settings.limits).name(unique(generalName)));
        }
        for (Rule rule : limited) {
            String name = rule.givenName().orElseGet(() -> unique(rule.name()));
            builders.add(settings.clients(rule.limits()).name(name));
        }
        Iterator<LocalLimiter<ClientAddress>> limiters =
                registry.obtain(user, ClientAddress.class, builders).iterator();
        general = settings.limits.isEmpty() ? settings.limiter : KeyedLimiter.byAddress(limiters.next());
        if (general != null) {
            all.add(new LimiterUse(general.limiter(), general.isByAddress(), settings.dryRun));
        }
        limited.forEach(rule -> ofRules.put(rule, limiters.next()));
        for (Rule rule : settings.rules) {
            Limiter<ClientAddress> limiter = rule.limits().isEmpty() ? rule.limiter() : ofRules.get(rule);
            if (limiter != null) {
                ofRules.put(rule, limiter);
                if (all.stream().noneMatch(use -> use.limiter() == limiter)) {
                    all.add(new LimiterUse(limiter, true, settings.dryRun || rule.isDryRun()));
                }
            }
        }
        byAddress = all.stream()
                .filter(LimiterUse::isByAddress)
                .map(LimiterUse::limiter)
                .findFirst()
                .orElse(null);
    }

    /** A name that no other one has here: rules for the same methods and paths are numbered. */
    private String unique(String name) {
        String unique = name;
        for (int i = 2; !made.add(unique); i++) {
            unique = name + " (" + i + ")";
        }
        return unique;
    }

    /** Lets go of those whose names another configuration of the same user does not have. */
    void letGoUnlessIn(Set<String> kept, LimiterRegistry registry, Object user) {
        made.stream().filter(name -> !kept.contains(name)).forEach(name -> registry.remove(user, name));
    }

    /** The names of those that were made. */
    Set<String> names() {
        return made;
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
        return byAddress == null ? address : network(tracked(byAddress, address));
    }

    /** A client of a limiter that may tell the addresses of a network apart, as its network. */
    static ClientAddress network(ClientAddress client) {
        ClientAddress network = client.network(64);
        // ::1 is somebody, although its network is written like nobody's; a shorter prefix is a network already.
        return network.equals(KeyedLimiter.NOBODY) ? client : network;
    }

    @SuppressWarnings("unchecked") // a limiter by address is one of addresses
    private static ClientAddress tracked(Limiter<?> limiter, ClientAddress address) {
        // A limiter of the user's own, or a mock of one, may know nothing of this.
        return Objects.requireNonNullElse(((Limiter<ClientAddress>) limiter).tracked(address), address);
    }

    /** Tells what the limiters take together, and warns if that is too much, or if one /64 network is several clients. */
    void announce(Settings settings, Warnings warnings) {
        ClientAddress one = ClientAddress.parse("2001:db8::1");
        ClientAddress neighbour = ClientAddress.parse("2001:db8::8000:0:0:2");
        long now = 0;
        long most = 0;
        for (LimiterUse use : all) {
            if (use.isByAddress() && !tracked(use.limiter(), one).equals(tracked(use.limiter(), neighbour))) {
                warnings.once(Warning.UNMASKED_KEYS);
            }
            // What is unknown counts as nothing.
            LimiterStats stats = Objects.requireNonNullElse(use.limiter().stats(), LimiterStats.unknown());
            now += Math.max(0, stats.memoryBytes());
            most += Math.max(0, stats.maxMemoryBytes());
        }
        warnings.started(all.stream().allMatch(LimiterUse::isDryRun), StartLine.of(settings, this), now, most);
        long heap = Runtime.getRuntime().maxMemory();
        if (most > heap) {
            warnings.once(Warning.HEAP_TOO_SMALL, most / 1e6, heap / 1e6);
        }
    }
}
