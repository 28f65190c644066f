package io.headgate.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

import io.headgate.Decision;
import io.headgate.Limit;
import io.headgate.LimitStatus;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.testing.LogRecords;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.Predicate;
import java.util.logging.Level;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Limits of networks and of everybody, beside those of each client. */
class TiersTest extends Configured {

    private RequestLimiter.Builder builder(String limits, String... tiers) {
        RequestLimiter.Builder builder = builder(limits);
        Option.TIERS.set(builder, String.join("\n", tiers));
        return builder;
    }

    private RequestLimiter limits(String limits, String... tiers) {
        return build(builder(limits, tiers));
    }

    /** The n-th /64 of a /48. */
    private static FakeRequest within48(String network, int n) {
        return from("[" + network + ":" + Integer.toHexString(n) + "::1]");
    }

    @SuppressWarnings("unchecked") // as it was asked for
    private static <K> LocalLimiter<K> limiter(RequestLimiter limits, String name) {
        return (LocalLimiter<K>) limits.limiters().stream()
                .map(LimiterUse::limiter)
                .filter(limiter -> limiter.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static <K> long left(RequestLimiter limits, String name, K key) {
        return TiersTest.<K>limiter(limits, name).peek(key, 1).remaining();
    }

    private static ClientAddress address(String text) {
        return ClientAddress.parse(text);
    }

    /** How a key stands, to the nanosecond. */
    private static <K> List<LimitStatus> standing(RequestLimiter limits, String name, K key) {
        return TiersTest.<K>limiter(limits, name).peek(key, 1).limits();
    }

    private static List<String> names(RequestLimiter limits) {
        return limits.limiters().stream().map(use -> use.limiter().name()).toList();
    }

    // networks

    @Test
    void theOwnerOfA48WhoRotatesHasTheTiersLimit() {
        RequestLimiter limits = limits("5/hour", "network: 100/hour ipv4 24 ipv6 48");
        assertThat(passing(limits, 65_536, i -> within48("2001:db8:1", i))).isEqualTo(100);
        // Another owner is not touched, nor is the limit of each client.
        assertThat(passing(limits, 9, () -> within48("2001:db8:2", 0))).isEqualTo(5);
        assertThat(passing(limits, 65_536, i -> within48("2001:db8:2", i))).isEqualTo(95);
        assertThat(limits.stats().allowed()).isEqualTo(200);
        assertThat(limits.stats().denied()).isEqualTo(2 * 65_536 + 9 - 200);
    }

    @Test
    void theOwnerOfAnIpv4NetworkHasTheTiersLimit() {
        RequestLimiter limits = limits("5/hour", "network: 100/hour ipv4 24 ipv6 48");
        assertThat(passing(limits, 65_536, i -> from("192.0.2." + i % 256))).isEqualTo(100);
        assertThat(passing(limits, 9, () -> from("192.0.3.1"))).isEqualTo(5);
    }

    @Test
    void aMillionNetworksTakeBoundedMemory() {
        RequestLimiter limits =
                build(builder("5/hour", "network: 100/hour ipv6 48 max-clients 50", "service: 70000/hour everybody")
                        .maxClients(1_000));
        long most = limits.limiters().stream()
                .mapToLong(use -> use.limiter().stats().maxMemoryBytes())
                .sum();
        assertThat(passing(limits, 1_000_000, i -> within48("2001:db8:" + Integer.toHexString(i >> 16), i & 0xFFFF)))
                .isLessThanOrEqualTo(70_000)
                .isPositive();
        assertThat(limiter(limits, "network").maxKeys()).isEqualTo(50);
        assertThat(limiter(limits, "network").stats().size()).isLessThanOrEqualTo(50);
        assertThat(limiter(limits, "test").stats().size()).isLessThanOrEqualTo(1_000);
        assertThat(limiter(limits, "service").stats().size()).isEqualTo(1);
        limits.limiters()
                .forEach(use -> assertThat(use.limiter().stats().memoryBytes())
                        .isLessThanOrEqualTo(use.limiter().stats().maxMemoryBytes()));
        assertThat(most)
                .as(limits.limiters().stream()
                        .map(u -> u.limiter().stats().maxMemoryBytes())
                        .toList()
                        .toString())
                .isLessThan(3_000_000);
    }

    @Test
    void aClientThatATierDeniesLosesNothing() {
        RequestLimiter limits = limits(
                "5/hour burst 7", "network: 10/hour ipv4 24", "site: 20/hour ipv4 16", "service: 30/hour everybody");
        ClientAddress client = address("192.0.2.1");
        assertThat(passing(limits, 1, () -> from("192.0.2.1"))).isEqualTo(1);
        time.advance(Duration.ofNanos(123_456_789));
        assertThat(passing(limits, 99, i -> from("192.0.2." + (2 + i)))).isEqualTo(9);
        List<LimitStatus> own = standing(limits, "test", client);
        Verdict denied = limits.decide(from("192.0.2.1"));
        assertThat(denied.passes()).isFalse();
        assertThat(denied.decision().flatMap(Decision::deniedBy)).contains("network");
        assertThat(standing(limits, "test", client)).isEqualTo(own);
        // One that another network's tier lets pass, and everybody's does not, gives back to both.
        assertThat(passing(limits, 99, i -> from("192.0.3." + i))).isEqualTo(10);
        assertThat(passing(limits, 99, i -> from("198.51.100." + i))).isEqualTo(10);
        time.advance(Duration.ofNanos(987_654_321));
        ClientAddress other = address("203.0.113.1");
        List<LimitStatus> network = standing(limits, "network", other);
        List<LimitStatus> site = standing(limits, "site", other);
        List<LimitStatus> none = standing(limits, "test", other);
        denied = limits.decide(from("203.0.113.1"));
        assertThat(denied.decision().flatMap(Decision::deniedBy)).contains("service");
        assertThat(standing(limits, "network", other)).isEqualTo(network);
        assertThat(standing(limits, "site", other)).isEqualTo(site);
        assertThat(standing(limits, "test", other)).isEqualTo(none);
    }

    @Test
    void aFamilyThatIsNotNamedIsNotUnderTheTier() {
        RequestLimiter limits = limits("50/hour", "old: 3/hour ipv4 16", "new: 7/hour ipv6 48");
        assertThat(passing(limits, 99, i -> from("192.0." + i + ".1"))).isEqualTo(3);
        assertThat(passing(limits, 99, i -> within48("2001:db8:1", i))).isEqualTo(7);
        assertThat(limiter(limits, "old").stats().size()).isEqualTo(1);
        assertThat(limiter(limits, "new").stats().size()).isEqualTo(1);
        RequestLimiter oneFamily = limits("50/hour", "old: 3/hour ipv4 16");
        assertThat(passing(oneFamily, 99, i -> within48("2001:db8:1", 1))).isEqualTo(50);
        assertThat(passing(oneFamily, 99, i -> from("192.0.2." + i))).isEqualTo(3);
    }

    @Test
    void anIpv4ClientBehindATranslatorIsInAnIpv4Network() {
        RequestLimiter limits = build(builder("50/hour", "old: 3/hour ipv4 24", "new: 7/hour ipv6 48")
                .translationPrefixes(AddressRange.parse("64:ff9b:1::/96")));
        String[] clients = {"192.0.2.1", "[64:ff9b::192.0.2.2]", "[64:ff9b:1::192.0.2.3]"};
        assertThat(passing(limits, 99, i -> from(clients[i % 3]))).isEqualTo(3);
        assertThat(limiter(limits, "new").stats().allowed()).isZero();
    }

    /** It is nobody's, so it is in nobody's network. */
    @Test
    void aRequestWithoutAnAddressIsUnderTheTierOfEverybodyAlone() {
        RequestLimiter limits = limits("9/hour", "network: 3/hour ipv4 24 ipv6 48", "service: 7/hour everybody");
        assertThat(passing(limits, 99, () -> FakeRequest.from(null))).isEqualTo(7);
        assertThat(limiter(limits, "network").stats().size()).isZero();
    }

    // everybody

    @Test
    void everybodyIsLimitedTogether() {
        RequestLimiter limits = limits("5/hour", "service: 100/hour, burst=40/minute everybody");
        assertThat(passing(limits, 9_999, i -> from("10." + i / 256 + "." + i % 256 + ".1")))
                .isEqualTo(40);
        time.advance(Duration.ofMinutes(1));
        assertThat(passing(limits, 9_999, i -> from("10." + i / 256 + "." + i % 256 + ".2")))
                .isEqualTo(40);
        assertThat(TiersTest.<String>limiter(limits, "service").limits())
                .extracting(Limit::name)
                .containsExactly("service-100-per-3600s", "burst");
    }

    @Test
    void plansHaveTheirLimitsInPlaceOfTheClientsAndNetworks() {
        RequestLimiter limits =
                build(builder("5/hour", "network: 8/hour ipv4 24 ipv6 48", "service: 100/hour everybody")
                        .plan(
                                Plan.parse("partners: 30/hour ranges 198.51.100.0/24"),
                                Plan.parse("crawlers: unlimited ranges 203.0.113.0/24"))
                        .exempt(AddressRange.parse("192.0.2.200")));
        assertThat(passing(limits, 99, () -> from("198.51.100.1"))).isEqualTo(30);
        assertThat(passing(limits, 99, () -> from("198.51.100.2"))).isEqualTo(30);
        assertThat(passing(limits, 999, () -> from("203.0.113.1"))).isEqualTo(999);
        assertThat(passing(limits, 99, () -> from("192.0.2.200"))).isEqualTo(99);
        assertThat(limiter(limits, "network").stats().allowed()).isZero();
        assertThat(left(limits, "service", "everybody")).isEqualTo(40);
        assertThat(passing(limits, 99, i -> from("192.0.2." + i))).isEqualTo(8);
        assertThat(left(limits, "service", "everybody")).isEqualTo(32);
        assertThat(passing(limits, 99, () -> from("198.51.100.3"))).isEqualTo(30);
        assertThat(passing(limits, 99, () -> from("198.51.100.4"))).isEqualTo(2);
        assertThat(passing(limits, 99, () -> from("203.0.113.1"))).isEqualTo(99);
        assertThat(names(limits)).containsExactly("test", "network", "service", "partners", "crawlers");
    }

    @Test
    void aPrincipalIsUnderTheTierOfEverybodyAlone() {
        RequestLimiter limits = build(builder("5/hour", "network: 8/hour ipv4 24", "service: 20/hour everybody")
                .key(RequestKey.parse("principal")));
        assertThat(passing(limits, 99, () -> from("192.0.2.1").principal("ann")))
                .isEqualTo(5);
        assertThat(passing(limits, 99, () -> from("192.0.2.1").principal("bob")))
                .isEqualTo(5);
        assertThat(limiter(limits, "network").stats().allowed()).isZero();
        assertThat(left(limits, "service", "everybody")).isEqualTo(10);
        assertThat(passing(limits, 99, i -> from("192.0.2." + i))).isEqualTo(8);
        assertThat(left(limits, "service", "everybody")).isEqualTo(2);
        assertThat(passing(limits, 99, () -> from("192.0.2.1").principal("cid")))
                .isEqualTo(2);
    }

    @Test
    void aHeaderKeyInAdditionLeavesTheClientItsTiersAndCountsOnce() {
        RequestLimiter limits = build(builder("5/hour", "network: 8/hour ipv4 24", "service: 20/hour everybody")
                .key(RequestKey.parse("header X-Key")));
        assertThat(passing(limits, 99, i -> from("192.0.2." + i).header("X-Key", "key-" + i)))
                .isEqualTo(8);
        assertThat(left(limits, "service", "everybody")).isEqualTo(12);
        // The key's own charge is given back where the client's network denies.
        assertThat(left(limits, "test by header x-key", "key-7")).isEqualTo(4);
        assertThat(left(limits, "test by header x-key", "key-98")).isEqualTo(5);
        assertThat(passing(limits, 99, i -> from("198.51." + i + ".1").header("X-Key", "key-" + 1000 + i)))
                .isEqualTo(12);
        assertThat(left(limits, "test by header x-key", "key-100098")).isEqualTo(5);
        assertThat(left(limits, "test", address("198.51.98.1"))).isEqualTo(5);
    }

    @Test
    void aHeaderKeyThatTheSourceKnowsIsUnderTheTierOfEverybodyAlone() {
        database.put("gold-key", "gold");
        database.put("staff-key", "staff");
        RequestLimiter limits = build(builder("5/hour", "network: 8/hour ipv4 24", "service: 40/hour everybody")
                .key(RequestKey.parse("header X-Key"))
                .plan(Plan.parse("gold: 20/hour"), Plan.parse("staff: unlimited"))
                .planCache(cache()));
        // The first request is the client's, in its network.
        assertThat(passing(limits, 99, () -> from("192.0.2.1").header("X-Key", "gold-key")))
                .isEqualTo(1 + 20);
        assertThat(left(limits, "network", address("192.0.2.1"))).isEqualTo(7);
        assertThat(left(limits, "service", "everybody")).isEqualTo(40 - 21);
        assertThat(passing(limits, 99, () -> from("192.0.2.1").header("X-Key", "staff-key")))
                .isEqualTo(99);
        assertThat(left(limits, "service", "everybody")).isEqualTo(40 - 22);
        assertThat(passing(limits, 99, i -> from("192.0.2." + i).header("X-Key", "invented-" + i)))
                .isEqualTo(8 - 2);
        assertThat(left(limits, "service", "everybody")).isEqualTo(40 - 28);
    }

    // rules

    @Test
    void rulesAreUnderNoTier() {
        RequestLimiter limits = build(builder("5/hour", "network: 8/hour ipv4 24", "service: 20/hour everybody")
                .rule(
                        Rule.parse("/search 3/hour"),
                        Rule.parse("/static/* unlimited"),
                        Rule.parse("login: /login/* 2/hour charge-on 401")));
        assertThat(passing(limits, 99, i -> from("192.0.2." + i).path("/search")))
                .isEqualTo(99);
        assertThat(passing(limits, 99, i -> from("192.0.2." + i).path("/static/a")))
                .isEqualTo(99);
        assertThat(left(limits, "service", "everybody")).isEqualTo(20);
        // A rule beside the general limits is beside their tiers.
        assertThat(passing(limits, 99, i -> from("192.0.2." + i).path("/login/a")))
                .isEqualTo(8);
        assertThat(left(limits, "service", "everybody")).isEqualTo(12);
        assertThat(left(limits, "login", address("192.0.2.98"))).isEqualTo(2);
    }

    /** Of two charges the one that denies is not the one that waits for longer. */
    @Test
    void theTierThatDeniesIsNamedWhereAnotherLimitWaitsForLonger() {
        RequestLimiter limits = build(builder("9/hour", "network: 1/hour ipv4 24")
                .rule(Rule.parse("/LOGIN 1/day"), Rule.parse("/login 1/day charge-on 4xx")));
        limits.decide(from("192.0.2.1").path("/"));
        limits.decide(from("192.0.2.2").path("/LOGIN"));
        Verdict denied = limits.decide(from("192.0.2.2").path("/login"));
        assertThat(denied.passes()).isFalse();
        assertThat(denied.decision().flatMap(Decision::deniedBy)).contains("network");
        assertThat(denied.decision().flatMap(Decision::retryAfter)).hasValue(Duration.ofDays(1));
    }

    /** By a path that is read in two ways, of which one is under a rule beside the general limits, and by a key that nobody vouches for. */
    @Test
    void whoIsChargedByClientAndByKeyIsChargedToEverybodyOnce() {
        RequestLimiter limits = build(builder("50/hour", "network: 40/hour ipv4 24", "service: 20/hour everybody")
                .key(RequestKey.parse("header X-Key"))
                .plan(Plan.parse("crawlers: unlimited ranges 203.0.113.0/24"))
                .rule(Rule.parse("login: /login/* 30/hour charge-on 401")));
        for (String path : List.of("/LOGIN/a", "/x/../login/a", "/login/../x")) {
            limits.decide(from("192.0.2.1").header("X-Key", "k").path(path));
        }
        String keys = "test by header x-key";
        assertThat(left(limits, "test", address("192.0.2.1"))).isEqualTo(47);
        assertThat(left(limits, keys, "k")).isEqualTo(47);
        assertThat(left(limits, "network", address("192.0.2.1"))).isEqualTo(37);
        assertThat(left(limits, "service", "everybody")).isEqualTo(17);
        assertThat(limits.explain(from("192.0.2.1").header("X-Key", "k").path("/LOGIN/a"))
                        .asked())
                .extracting(Explanation.Asked::limiter)
                .containsExactly(keys, "test+network+service", "login");
        assertThat(limits.explain(from("192.0.2.1").header("X-Key", "k").path("/login/../x"))
                        .asked())
                .extracting(Explanation.Asked::limiter)
                .containsExactly("login", keys, "test+network+service");
        // Whose client is under no limits at all is charged by the key.
        limits.decide(from("203.0.113.1").header("X-Key", "k").path("/LOGIN/a"));
        assertThat(left(limits, keys, "k")).isEqualTo(46);
        assertThat(left(limits, "service", "everybody")).isEqualTo(16);
    }

    // what clients and people see

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theOrderIsNarrowToBroadHoweverItIsWritten(boolean reversed) {
        List<String> tiers = new ArrayList<>(List.of(
                "service: 9/minute everybody",
                "owner: 6/hour ipv4 16 ipv6 40",
                "network: 8/hour ipv4 20 ipv6 48",
                "site: 7/hour ipv4 24 ipv6 44"));
        if (reversed) {
            Collections.reverse(tiers);
        }
        RequestLimiter limits = limits("5/hour", tiers.toArray(new String[0]));
        Served ipv4 = Served.by(limits, from("192.0.2.1"));
        assertThat(ipv4.response().lines)
                .containsExactly(
                        "RateLimit-Policy: \"5-per-3600s\";q=5;w=3600, \"site\";q=7;w=3601, \"network\";q=8;w=3600,"
                                + " \"owner\";q=6;w=3600, \"service\";q=9;w=61",
                        "RateLimit: \"5-per-3600s\";r=4;t=2880, \"site\";r=6;t=3086, \"network\";r=7;t=3150,"
                                + " \"owner\";r=5;t=3000, \"service\";r=8;t=54");
        Served ipv6 = Served.by(limits, from("[2001:db8::1]"));
        assertThat(ipv6.response().field("RateLimit-Policy"))
                .isEqualTo("\"5-per-3600s\";q=5;w=3600, \"network\";q=8;w=3600, \"site\";q=7;w=3601,"
                        + " \"owner\";q=6;w=3600, \"service\";q=9;w=61");
    }

    @Test
    void aDenialTellsTheLongestWaitAndWhoDenies() {
        RequestLimiter limits =
                limits("60/hour", "network: 30/hour ipv4 24 ipv6 48", "service: 10/hour burst 35 everybody");
        assertThat(passing(limits, 99, i -> from("192.0.2." + i))).isEqualTo(30);
        Served served = Served.by(limits, from("192.0.2.1"));
        assertThat(served.status()).isEqualTo(429);
        assertThat(served.response().field("Retry-After")).isEqualTo("120");
        assertThat(served.verdict().decision().flatMap(Decision::deniedBy)).contains("network");
        assertThat(new String(served.verdict().refusal().body(), UTF_8))
                .contains("\"violated-policies\":[\"network\"]");
        assertThat(passing(limits, 99, i -> from("192.0.3." + i))).isEqualTo(5);
        served = Served.by(limits, from("192.0.2.1"));
        assertThat(served.response().field("Retry-After")).isEqualTo("360");
        assertThat(served.response().field("RateLimit"))
                .isEqualTo("\"60-per-3600s\";r=59, \"network\";r=0;t=120, \"service\";r=0;t=360");
        assertThat(served.verdict().decision().flatMap(Decision::deniedBy)).contains("network");
        served = Served.by(limits, from("192.0.3.99"));
        assertThat(served.verdict().decision().flatMap(Decision::deniedBy)).contains("service");
        time.advance(Duration.ofMinutes(6));
        assertThat(Served.by(limits, from("192.0.2.1")).status()).isEqualTo(200);
    }

    @Test
    void tiersAreShownAndCountedLikeOtherLimiters() {
        try (LogRecords log = new LogRecords(RequestLimiter.class)) {
            List<ClientDenied> heard = new ArrayList<>();
            RequestLimiter limits = build(builder(
                            "5/hour",
                            "network: 8/hour burst 9, day=100/day ipv4 24 ipv6 48 max-clients 10",
                            "service: 20/hour everybody")
                    .maxClients(100)
                    .onClientDenied(heard::add));
            assertThat(limits.limiters())
                    .extracting(LimiterUse::isByAddress, LimiterUse::isTier)
                    .containsExactly(tuple(true, false), tuple(true, true), tuple(false, true));
            long most = limits.limiters().stream()
                    .mapToLong(use -> use.limiter().stats().maxMemoryBytes())
                    .sum();
            assertThat(log.messages(Level.INFO))
                    .containsExactly(
                            "Rate limit filter \"test\": limits 5/3600s; tier network: 8/3600s burst 9, 100/86400s ipv4 24"
                                    + " ipv6 48 max-clients 10; tier service: 20/3600s everybody; its limiters take "
                                    + String.format(
                                            Locale.ROOT,
                                            "%.2f MB of memory now and %.2f MB at most",
                                            limits.limiters().stream()
                                                            .mapToLong(use -> use.limiter()
                                                                    .stats()
                                                                    .memoryBytes())
                                                            .sum()
                                                    / 1e6,
                                            most / 1e6));
            assertThat(passing(limits, 20, i -> from("192.0.2." + i))).isEqualTo(9);
            assertThat(limiter(limits, "network").stats().denied()).isEqualTo(11);
            assertThat(limiter(limits, "network").stats().allowed()).isEqualTo(9);
            assertThat(limiter(limits, "test").stats().denied()).isZero();
            assertThat(limiter(limits, "service").stats().allowed()).isEqualTo(9);
            assertThat(heard).hasSize(11).extracting(ClientDenied::limiter).containsOnly("network");
            assertThat(log.messages(Level.INFO)).last().asString().contains("denied by the limiter \"network\"");
            assertThat(limits.topDenied(99)).hasSize(11);
            assertThat(limits.warnings()).isEmpty();
        }
    }

    @Test
    void anExplanationTakesNothingAndTellsWhatTheNextAnswerIs() {
        RequestLimiter limits = limits("5/hour", "network: 8/hour ipv4 24 ipv6 48", "service: 20/hour everybody");
        for (int i = 0; i < 30; i++) {
            String client = "192.0." + i % 3 + "." + i % 4;
            Explanation told = limits.explain(from(client));
            assertThat(limits.explain(from(client))).isEqualTo(told);
            assertThat(told.asked()).extracting(Explanation.Asked::limiter).containsExactly("test+network+service");
            assertThat(limits.decide(from(client)).passes()).isEqualTo(told.passes());
        }
        assertThat(left(limits, "service", "everybody")).isZero();
    }

    @Test
    void whatIsGivenBackIsGivenBackToAll() {
        RequestLimiter limits = build(builder("5/hour", "network: 8/hour ipv4 24", "service: 20/hour everybody")
                .chargeOn(ChargeOn.statuses(401)));
        Served.by(limits, from("192.0.2.1"), 200);
        assertThat(left(limits, "test", address("192.0.2.1"))).isEqualTo(5);
        assertThat(left(limits, "network", address("192.0.2.1"))).isEqualTo(8);
        assertThat(left(limits, "service", "everybody")).isEqualTo(20);
        Served.by(limits, from("192.0.2.1"), 401);
        assertThat(left(limits, "test", address("192.0.2.1"))).isEqualTo(4);
        assertThat(left(limits, "network", address("192.0.2.1"))).isEqualTo(7);
        assertThat(left(limits, "service", "everybody")).isEqualTo(19);
    }

    @Test
    void whatARequestTurnsOutToCostIsTakenFromAll() {
        RequestLimiter limits = build(builder("5/hour", "network: 8/hour ipv4 24", "service: 20/hour everybody")
                .costAfter((request, answer) -> 4));
        Served.by(limits, from("192.0.2.1"), 200);
        assertThat(left(limits, "test", address("192.0.2.1"))).isEqualTo(1);
        assertThat(left(limits, "network", address("192.0.2.1"))).isEqualTo(4);
        assertThat(left(limits, "service", "everybody")).isEqualTo(16);
    }

    @Test
    void aDryRunDeniesNobody() {
        RequestLimiter limits =
                build(builder("5/hour", "network: 8/hour ipv4 24").dryRun(true));
        assertThat(passing(limits, 99, i -> from("192.0.2." + i))).isEqualTo(99);
        assertThat(limits.stats().dryRunDenied()).isEqualTo(91);
    }

    @Test
    void adaptersThatDoNotWaitAreAnsweredTheSame() {
        RequestLimiter limits = limits("5/hour", "network: 8/hour ipv4 24", "service: 11/hour everybody");
        int passing = 0;
        for (int i = 0; i < 40; i++) {
            passing += limits.decideAsync(from("192.0." + i % 2 + "." + i))
                            .toCompletableFuture()
                            .join()
                            .passes()
                    ? 1
                    : 0;
        }
        assertThat(passing).isEqualTo(11);
        assertThat(limiter(limits, "test").stats().size()).isEqualTo(11);
    }

    // configuration

    @Test
    void tiersInCodeAreThoseOfTheText() {
        for (Tier tier : List.of(
                Tier.networks("a", 24, 48, Limit.perMinute(2_000)),
                Tier.ipv4Networks(
                        "b", 16, Limit.perMinute(2_000), Limit.perHour(9_000).named("hourly")),
                Tier.ipv6Networks("c", 56, Limit.perHour(20_000)).maxClients(10_000),
                Tier.everybody("d", Limit.perSecond(500).burst(700)))) {
            Tier parsed = Tier.parse(tier.toString().replace("9000/3600s", "hourly=9000/3600s"));
            assertThat(parsed.toString()).isEqualTo(tier.toString());
            assertThat(parsed.limits()).isEqualTo(tier.limits());
            assertThat(parsed.name()).isEqualTo(tier.name());
        }
        assertThat(Tier.ipv4Networks(
                        "b", 16, Limit.perMinute(2_000), Limit.perHour(9_000).named("hourly")))
                .hasToString("b: 2000/60s, 9000/3600s ipv4 16");
        assertThat(Tier.parse("d: 1/s  everybody").limits())
                .containsExactly(Limit.perSecond(1).named("d"));
        assertThat(Tier.parse("d: 1/s max-clients 3 ipv6 56 ipv4 24"))
                .hasToString("d: 1/1s ipv4 24 ipv6 56 max-clients 3");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "5/s everybody|it has no name",
                "a b: 5/s everybody|\"a b\" is not the name of a tier",
                "a:|it has no limits",
                "a: everybody|it has no limits",
                "a: unlimited everybody|\"unlimited\" is not a limit",
                "a: 5/s|it has neither \"ipv4\", \"ipv6\" nor \"everybody\"",
                "a: 5/s max-clients 4|it has neither \"ipv4\", \"ipv6\" nor \"everybody\"",
                "a: 5/s ipv4 24 everybody|it is of networks, and of everybody",
                "a: 5/s ipv4 7|the IPv4 prefix of a tier must be 8 to 31 bits, not 7;",
                "a: 5/s ipv4 32|must be 8 to 31 bits, not 32, which is a single address",
                "a: 5/s ipv6 31|the IPv6 prefix of a tier must be 32 to 127 bits, not 31;",
                "a: 5/s ipv6 128|must be 32 to 127 bits, not 128, which is a single address",
                "a: 5/s ipv6 /48|not a whole number",
                "a: 5/s ipv6 99999999999|integer overflow",
                "a: 5/s ipv6|\"ipv6\" has no value",
                "a: 5/s ipv6 ipv4 24|\"ipv6\" has no value",
                "a: 5/s ipv4 24 24|\"24\" is in a wrong place",
                "a: 5/s ipv4 24 ipv4 16|\"ipv4\" appears twice",
                "a: 5/s everybody max-clients 5|so it can have no max-clients",
                "a: 5/s ipv4 24 max-clients 0|max-clients must be 1 to 1073741824, not 0",
                "a: 5/s, 5/s ipv4 24|a-5-per-1s",
            })
    void aMalformedTierIsRefused(String text, String reason) {
        assertThatExceptionOfType(InvalidOptionException.class)
                .isThrownBy(() -> Option.TIERS.set(RequestLimiter.builder(), text))
                .withMessageStartingWith("tiers cannot be \"")
                .withMessageContaining(reason)
                .withMessageContaining("such as \"network: 2000/minute ipv4 24 ipv6 48\"");
    }

    private void assertRefused(RequestLimiter.Builder builder, String value, String reason) {
        assertThatExceptionOfType(InvalidOptionException.class)
                .isThrownBy(builder::build)
                .withMessageStartingWith("tiers cannot be \"" + value + "\": " + reason)
                .withMessageContaining("such as \"network: 2000/minute ipv4 24 ipv6 48\"");
    }

    @Test
    void whatWouldLimitNothingFurtherIsRefused() {
        for (String bits : List.of("64", "65")) {
            assertRefused(
                    builder("1/s", "a: 5/s ipv4 24 ipv6 " + bits),
                    "a: 5/1s ipv4 24 ipv6 " + bits,
                    "its networks would be no wider than clients are, of which IPv6 has 64 bits by ipv6Prefix");
        }
        assertRefused(builder("1/s", "a: 5/s ipv6 56").ipv6Prefix(56), "a: 5/1s ipv6 56", "its networks would be");
        assertThat(passing(build(builder("9/h", "a: 5/h ipv6 63")), 9, () -> from("[::5]")))
                .isEqualTo(5);
        assertThat(passing(build(builder("9/h", "a: 5/h ipv6 127").ipv6Prefix(128)), 9, () -> from("[::5]")))
                .isEqualTo(5);
    }

    @Test
    void tiersNeedTheGeneralLimits() {
        RequestLimiter.Builder rules = RequestLimiter.builder().rule(Rule.parse("/a 1/s"));
        assertRefused(
                rules.tier(Tier.everybody("a", Limit.perSecond(5))),
                "a: 5/1s everybody",
                "there are no limits, beside which it would hold");
        assertRefused(
                RequestLimiter.builder().tier(Tier.everybody("a", Limit.perSecond(5))),
                "a: 5/1s everybody",
                "there are no limits, beside which it would hold");
        assertRefused(
                RequestLimiter.builder(Buckets.of("1/s")).tier(Tier.everybody("a", Limit.perSecond(5))),
                "a: 5/1s everybody",
                "there are no limits, beside which it would hold; a limiter that is handed in has its tiers by Limiter.allOf");
    }

    /** The first filter has charged them already, and its limits are those of all requests. */
    @Test
    void tiersAreOfTheFilterThatRequestsArriveAt() {
        assertRefused(
                builder("1/s", "a: 5/s everybody").stage(Stage.AUTHENTICATED).key(RequestKey.parse("principal")),
                "a: 5/1s everybody",
                "with stage authenticated requests have come through another filter before");
    }

    /** Behind authentication a principal's limits are in place of its client's and its network's. Everybody's hold for it as well. */
    @Test
    void everybodyStaysChargedForWhoIsKnownBehindAuthentication() {
        RequestLimiter first = build(builder("5/hour", "network: 8/hour ipv4 24", "service: 20/hour everybody")
                .plan(Plan.parse("crawlers: unlimited ranges 203.0.113.0/24")));
        RequestLimiter second = build(
                builder("50/hour").name("second").stage(Stage.AUTHENTICATED).key(RequestKey.parse("principal")));
        Predicate<String> passes = address -> {
            FakeRequest request = from(address);
            return first.decide(request).passes()
                    && second.decide(request.principal("ann")).passes();
        };
        assertThat(passes.test("203.0.113.1")).isTrue(); // under no tier
        assertThat(left(first, "service", "everybody")).isEqualTo(20);
        for (int i = 19; i >= 0; i--) {
            assertThat(passes.test("192.0.2.1")).isTrue();
            assertThat(left(first, "service", "everybody")).isEqualTo(i);
            assertThat(left(first, "network", address("192.0.2.1"))).isEqualTo(8);
            assertThat(left(first, "test", address("192.0.2.1"))).isEqualTo(5);
        }
        assertThat(passes.test("192.0.2.1")).isFalse();
        time.advance(Duration.ofMinutes(3)); // everybody's next permit: none was borrowed
        assertThat(passes.test("192.0.2.1")).isTrue();
        assertThat(passes.test("192.0.2.1")).isFalse();
    }

    @Test
    void aNameIsThatOfOneLimiterAndOneLimit() {
        assertRefused(
                builder("1/s", "a: 5/s everybody", "a: 6/s ipv4 24"), "a: 6/1s ipv4 24", "another tier has this name");
        assertRefused(
                builder("1/s", "a: 5/s everybody").plan(Plan.parse("a: 3/s ranges ::/0")),
                "a: 5/1s everybody",
                "a plan has this name");
        assertRefused(
                builder("1/s", "a: 5/s everybody").rule(Rule.parse("a: /a 3/s")),
                "a: 5/1s everybody",
                "a rule has this name");
        assertRefused(
                builder("1/s", "test: 5/s everybody"),
                "test: 5/1s everybody",
                "the limiter of the general limits has this name");
        assertRefused(
                builder("1/s", "headgate: 5/s everybody").name("test").limiterName("headgate"),
                "headgate: 5/1s everybody",
                "the limiter of the general limits has this name");
        assertRefused(
                builder("x=1/s", "a: x=5/s everybody"),
                "a: 5/1s everybody",
                "a limit of it is called \"x\", as one of limits is");
        assertRefused(
                builder("a=1/s", "a: 5/s everybody"),
                "a: 5/1s everybody",
                "a limit of it is called \"a\", as one of limits is");
        assertRefused(
                builder("1/s", "a: x=5/s everybody", "b: x=5/s everybody"),
                "b: 5/1s everybody",
                "a limit of it is called \"x\", as one of the tier \"a\" is");
        assertRefused(
                builder("1/s", "a: x=5/s everybody").plan(Plan.parse("p: x=3/s ranges ::/0")),
                "a: 5/1s everybody",
                "a limit of it is called \"x\", as one of the plan \"p\" is");
    }

    @Test
    void aTierThatStaysKeepsItsBuckets() {
        RequestLimiter before = builder(
                        "5/hour", "network: 8/hour ipv4 24", "service: 20/hour everybody", "gone: 9/h ipv4 16")
                .build();
        passing(before, 3, () -> from("192.0.2.1"));
        RequestLimiter after = builder("6/hour", "service: 20/hour everybody", "network: 7/hour ipv4 24")
                .buildInPlaceOf(before);
        open.add(after);
        before.giveWayTo(after);
        assertThat(TiersTest.<Object>limiter(after, "service")).isSameAs(limiter(before, "service"));
        assertThat(left(after, "service", "everybody")).isEqualTo(17);
        assertThat(left(after, "network", address("192.0.2.1"))).isEqualTo(7);
        assertThat(names(after)).containsExactly("test", "network", "service");
        RequestLimiter same = builder("6/hour", "service: 20/hour everybody", "network: 7/hour ipv4 24")
                .buildInPlaceOf(after);
        assertThat(TiersTest.<Object>limiter(same, "network")).isSameAs(limiter(after, "network"));
        after.giveWayTo(same);
        open.add(same);
    }

    /** What is composed in configuration answers as what is composed in code. */
    @Test
    void configurationAndCodeAnswerAlike() {
        RequestLimiter configured = limits("5/hour", "network: 12/hour ipv4 24 ipv6 48", "service: 60/hour everybody");
        Limiter<ClientAddress> composed = Limiter.allOf(
                Limiter.forAddresses(Limit.parse("5/hour")).ticker(time).build(),
                Limiter.forNetworks(24, 48, Limit.parse("network=12/hour"))
                        .ticker(time)
                        .build(),
                Limiter.<String>builder(Limit.parse("service=60/hour"))
                        .ticker(time)
                        .name("service")
                        .build()
                        .keyed(client -> "all"));
        open.add(composed);
        RequestLimiter inCode = build(RequestLimiter.builder(composed).name("test"));
        Random random = new Random(17);
        for (int i = 0; i < 5_000; i++) {
            String client = random.nextBoolean()
                    ? "192.0." + random.nextInt(4) + "." + random.nextInt(8)
                    : "[2001:db8:" + random.nextInt(4) + ":" + random.nextInt(8) + "::1]";
            Served one = Served.by(configured, from(client));
            Served other = Served.by(inCode, from(client));
            assertThat(one.status()).isEqualTo(other.status());
            assertThat(one.response().lines).isEqualTo(other.response().lines);
            time.advance(Duration.ofMillis(random.nextInt(60_000)));
        }
        assertThat(configured.stats()).isEqualTo(inCode.stats());
    }
}
