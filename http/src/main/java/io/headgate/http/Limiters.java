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
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The limiters of a configuration: those that were handed in, and those that are made for it, in a registry. Immutable. */
final class Limiters {

    private final @Nullable KeyedLimiter<?> general;
    /** The general limits of keys that are no addresses; null if there are none. */
    private @Nullable KeyedLimiter<String> generalOfKeys;

    private final Map<String, KeyedLimiter<String>> plansOfKeys = new LinkedHashMap<>();
    /** Of which the general one is made, if clients have plans by their address. */
    private final Map<String, Limiter<ClientAddress>> plansOfClients = new HashMap<>();

    private final TierLimiters tiers = new TierLimiters();
    private final Map<Rule, KeyedLimiter<?>> ofRules = new HashMap<>();
    private final Set<LimiterUse> all = new LinkedHashSet<>();
    /** Those of plans that let everything through, and track nobody. */
    private final List<Limiter<?>> unlimited = new ArrayList<>();
    /** The first whose keys are addresses; null if there is none. */
    private final @Nullable Limiter<?> byAddress;
    /** The names of those that were made. */
    private final Set<String> made = new LinkedHashSet<>();

    /** Limiters that are to be made, and what becomes of each. */
    private static final class Wanted<K> {

        private final List<LimiterBuilder<K>> builders = new ArrayList<>();
        private final List<Consumer<Limiter<K>>> receivers = new ArrayList<>();

        void add(LimiterBuilder<K> builder, Consumer<Limiter<K>> receiver) {
            builders.add(builder);
            receivers.add(receiver);
        }

        void obtain(LimiterRegistry registry, Object user, Class<K> keyType) {
            Iterator<LocalLimiter<K>> limiters =
                    registry.obtain(user, keyType, builders).iterator();
            receivers.forEach(receiver -> receiver.accept(limiters.next()));
        }
    }

    /** Makes them all, or none, for a user of the registry. */
    Limiters(Settings settings, Plans plans, String generalName, LimiterRegistry registry, Object user) {
        settings.requireOtherNamesThan(generalName);
        // Names that were given come first, wherever they stand: rules without one give way.
        settings.limitedRules().forEach(rule -> rule.givenName().ifPresent(made::add));
        settings.tiers.forEach(tier -> made.add(tier.name()));
        Wanted<ClientAddress> clients = new Wanted<>();
        Wanted<String> keys = new Wanted<>();
        if (settings.limitsClients()) {
            clients.add(
                    settings.clients(settings.limits).name(unique(generalName)),
                    limiter -> plansOfClients.put(Limiter.DEFAULT_PLAN, limiter));
        }
        addTiers(settings, clients, keys);
        addPlans(settings, plans, generalName, clients, keys);
        Map<Rule, Limiter<ClientAddress>> clientsOfRules = new HashMap<>();
        for (Rule rule : settings.limitedRules()) {
            String name = rule.givenName().orElseGet(() -> unique(rule.name()));
            if (rule.key().isClient()) {
                clients.add(settings.clients(rule.limits()).name(name), limiter -> clientsOfRules.put(rule, limiter));
            } else {
                keys.add(
                        settings.keys(rule.limits()).name(name),
                        limiter -> ofRules.put(rule, KeyedLimiter.byText(limiter, rule.key(), plans.digest)));
            }
        }
        clients.obtain(registry, user, ClientAddress.class);
        keys.obtain(registry, user, String.class);
        general = settings.limitsClients()
                ? KeyedLimiter.byAddress(composed(settings, plans)).under(tiers)
                : settings.limiter;
        Limiter<ClientAddress> ofClients = plansOfClients.get(Limiter.DEFAULT_PLAN);
        if (ofClients != null) {
            use(ofClients, true, settings.dryRun);
        }
        tiers.networks().forEach(limiter -> use(limiter, true, settings.dryRun));
        tiers.everybody().forEach(limiter -> use(limiter, false, settings.dryRun));
        if (general != null) {
            use(general, settings.dryRun);
        }
        if (generalOfKeys != null) {
            use(generalOfKeys, settings.dryRun);
        }
        plansOfKeys.values().forEach(limiter -> use(limiter, settings.dryRun));
        for (Rule rule : settings.rules) {
            Limiter<ClientAddress> limiter = rule.limits().isEmpty() ? rule.limiter() : clientsOfRules.get(rule);
            if (limiter != null) {
                ofRules.put(rule, KeyedLimiter.byAddress(limiter));
            }
            KeyedLimiter<?> ofRule = ofRules.get(rule);
            if (ofRule != null) {
                use(ofRule, settings.dryRun || rule.isDryRun());
            }
        }
        byAddress = all.stream()
                .filter(LimiterUse::isByAddress)
                .map(LimiterUse::limiter)
                .findFirst()
                .orElse(null);
    }

    /** A plan has a limiter of addresses if addresses can have it, and one of keys if keys can. */
    private void addPlans(
            Settings settings, Plans plans, String generalName, Wanted<ClientAddress> clients, Wanted<String> keys) {
        for (Plan plan : settings.plans) {
            if (!plan.isByAddress() || !settings.limitsClients()) {
                continue;
            }
            if (plan.isUnlimited()) {
                Limiter<ClientAddress> limiter = Limiter.unlimited(unique(plan.name()));
                unlimited.add(limiter);
                plansOfClients.put(plan.name(), limiter);
            } else {
                LimiterBuilder<ClientAddress> builder = settings.clients(plan.limits());
                plan.maxClients().ifPresent(builder::maxKeys);
                clients.add(builder.name(unique(plan.name())), limiter -> plansOfClients.put(plan.name(), limiter));
            }
        }
        if (settings.key.isClient()) {
            return;
        }
        keys.add(
                settings.keys(settings.limits).name(unique(generalName + " by " + settings.key)),
                limiter -> generalOfKeys = byText(limiter, settings, plans));
        if (plans.ofKeys == null) {
            return;
        }
        for (Plan plan : settings.plans) {
            String name = unique(plan.isByAddress() ? plan.name() + "-keys" : plan.name());
            if (plan.isUnlimited()) {
                plansOfKeys.put(plan.name(), KeyedLimiter.byText(Limiter.unlimited(name), settings.key, plans.digest));
            } else {
                LimiterBuilder<String> builder = settings.keys(plan.limits());
                plan.maxClients().ifPresent(builder::maxKeys);
                keys.add(builder.name(name), limiter -> plansOfKeys.put(plan.name(), byText(limiter, settings, plans)));
            }
        }
    }

    /** Before any limiter of keys is put under them. */
    private void addTiers(Settings settings, Wanted<ClientAddress> clients, Wanted<String> keys) {
        for (Tier tier : settings.tiers) {
            if (tier.isOfEverybody()) {
                keys.add(settings.everybody(tier).name(tier.name()), tiers::addEverybody);
            } else {
                clients.add(settings.networks(tier).name(tier.name()), limiter -> tiers.addNetworks(tier, limiter));
            }
        }
    }

    private KeyedLimiter<String> byText(Limiter<String> limiter, Settings settings, Plans plans) {
        return KeyedLimiter.byText(tiers.withEverybody(limiter), settings.key, plans.digest)
                .under(tiers);
    }

    private Limiter<ClientAddress> composed(Settings settings, Plans plans) {
        Limiter<ClientAddress> byDefault = Objects.requireNonNull(plansOfClients.get(Limiter.DEFAULT_PLAN));
        Limiter<ClientAddress> underAll = tiers.withAll(byDefault);
        if (plans.ofAddresses == null) {
            return underAll;
        }
        Map<String, Limiter<ClientAddress>> inOrder = new LinkedHashMap<>();
        inOrder.put(Limiter.DEFAULT_PLAN, underAll);
        for (Plan plan : settings.plans) {
            Limiter<ClientAddress> limiter = plansOfClients.get(plan.name());
            if (limiter != null) {
                inOrder.put(plan.name(), plan.isUnlimited() ? limiter : tiers.withEverybody(limiter));
            }
        }
        return Limiter.byPlan(plans.ofAddresses, inOrder);
    }

    /** Notes a limiter that is asked; of one that is made of others those, since they count, and take memory. */
    private void use(KeyedLimiter<?> keyed, boolean dryRun) {
        use(keyed.limiter(), keyed.isByAddress(), dryRun);
    }

    private void use(Limiter<?> limiter, boolean isByAddress, boolean dryRun) {
        List<Limiter<?>> members = Objects.requireNonNullElse(limiter.members(), List.of());
        // A single one may be that of a part of the key, of whatever type: of addresses if it tells networks apart.
        boolean isPart = members.size() == 1;
        members.forEach(member ->
                use(member, isByAddress && !(isPart && member.ipv6Prefix().isEmpty()), dryRun));
        if (members.isEmpty() && all.stream().noneMatch(use -> use.limiter() == limiter)) {
            all.add(new LimiterUse(limiter, isByAddress, dryRun, tiers.have(limiter)));
        }
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

    /** The general limits of keys that are no addresses; null if there are none. */
    @Nullable
    KeyedLimiter<String> generalOfKeys() {
        return generalOfKeys;
    }

    /** Those of plans that keys may have. */
    Map<String, KeyedLimiter<String>> plansOfKeys() {
        return plansOfKeys;
    }

    /** That of a rule; null if it is unlimited. */
    @Nullable
    KeyedLimiter<?> of(Rule rule) {
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
            boolean tracks = use.isByAddress() && !unlimited.contains(use.limiter());
            if (tracks && !tracked(use.limiter(), one).equals(tracked(use.limiter(), neighbour))) {
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
