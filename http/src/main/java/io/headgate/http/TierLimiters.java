package io.headgate.http;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.net.ClientAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.Stream;

/** Puts limiters under the tiers: each with those of broader reach behind it, in one decision. Immutable once all are composed. */
final class TierLimiters {

    /** The one key of everybody. */
    private static final String EVERYBODY = "everybody";

    private static final String IPV4 = "IPv4";
    private static final String IPV6 = "IPv6";
    private static final String NONE = "none";

    private final Map<Tier, Limiter<ClientAddress>> networks = new LinkedHashMap<>();
    private final List<Limiter<String>> everybody = new ArrayList<>();
    /** What a limiter that was composed with those of everybody is without them. By identity. */
    private final IdentityHashMap<Limiter<?>, Limiter<?>> apart = new IdentityHashMap<>();

    void addNetworks(Tier tier, Limiter<ClientAddress> limiter) {
        networks.put(tier, limiter);
    }

    void addEverybody(Limiter<String> limiter) {
        everybody.add(limiter);
    }

    Collection<Limiter<ClientAddress>> networks() {
        return networks.values();
    }

    Collection<Limiter<String>> everybody() {
        return everybody;
    }

    /** Whether a limiter is one of these, by identity. */
    boolean have(Limiter<?> limiter) {
        return Stream.concat(networks.values().stream(), everybody.stream()).anyMatch(each -> each == limiter);
    }

    /** A limiter of clients, and behind it those of their networks, from the longest prefix to the shortest, and of everybody. */
    Limiter<ClientAddress> withAll(Limiter<ClientAddress> clients) {
        if (networks.isEmpty()) {
            return withEverybody(clients);
        }
        Map<String, Limiter<ClientAddress>> families = new LinkedHashMap<>();
        families.put(IPV6, withEverybody(withNetworks(clients, Tier::ipv6Prefix)));
        families.put(IPV4, withEverybody(withNetworks(clients, Tier::ipv4Prefix)));
        families.put(NONE, withEverybody(clients));
        return Limiter.byPlan(address -> family(clients, address), families);
    }

    /** Of which family the client is: one that a translator has written as IPv6 is of IPv4, and nobody is of none. */
    private static String family(Limiter<ClientAddress> clients, ClientAddress address) {
        if (address.isIpv4() || clients.tracked(address).isIpv4()) {
            return IPV4;
        }
        return address.equals(KeyedLimiter.NOBODY) ? NONE : IPV6;
    }

    private Limiter<ClientAddress> withNetworks(Limiter<ClientAddress> clients, Function<Tier, OptionalInt> prefix) {
        List<Limiter<ClientAddress>> all = new ArrayList<>(List.of(clients));
        networks.keySet().stream()
                .filter(tier -> prefix.apply(tier).isPresent())
                .sorted(Comparator.comparingInt(tier -> -prefix.apply(tier).orElseThrow()))
                .forEach(tier -> all.add(networks.get(tier)));
        return inOneDecision(all);
    }

    /** A limiter, and behind it those of everybody. */
    <K> Limiter<K> withEverybody(Limiter<K> limiter) {
        if (everybody.isEmpty()) {
            return limiter;
        }
        List<Limiter<K>> all = new ArrayList<>(List.of(limiter));
        everybody.forEach(each -> all.add(each.keyed(key -> EVERYBODY)));
        Limiter<K> composed = inOneDecision(all);
        apart.put(composed, limiter);
        return composed;
    }

    /** Those of a composition are asked as its own, if it is composed with others. */
    private static <K> Limiter<K> inOneDecision(List<Limiter<K>> limiters) {
        return limiters.stream()
                .reduce((narrow, broad) -> Limiter.allOf(narrow, broad))
                .orElseThrow();
    }

    /** Whether a limit is one of everybody's. The limits that a client is under have a name each. */
    boolean isOfEverybody(Limit limit) {
        return everybody.stream().anyMatch(each -> each.limits().contains(limit));
    }

    /** The same without those of everybody, for a request that is charged to them elsewhere; the given one if they are not in it. */
    @SuppressWarnings("unchecked") // they are put in together, above
    <K> Limiter<K> withoutEverybody(Limiter<K> limiter) {
        return (Limiter<K>) apart.getOrDefault(limiter, limiter);
    }
}
