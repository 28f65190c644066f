package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.OwnLimiter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Limiters made of limiters. */
class CompositionTest {

    private final FakeTicker time = new FakeTicker();
    private final Map<String, String> plans = new HashMap<>();
    private final List<String> denied = new ArrayList<>();

    private LocalLimiter<String> limiter(String name, String limit) {
        return Limiter.<String>builder(Limit.parse(name + "=" + limit))
                .name(name)
                .ticker(time)
                .sweepInterval(Duration.ZERO)
                .onDenied((String key) -> denied.add(name + " " + key))
                .build();
    }

    private LocalLimiter<ClientAddress> networks(String name, int ipv4Prefix, int ipv6Prefix, String limit) {
        return Limiter.forNetworks(ipv4Prefix, ipv6Prefix, Limit.parse(name + "=" + limit))
                .name(name)
                .ticker(time)
                .sweepInterval(Duration.ZERO)
                .build();
    }

    private static int admitted(Limiter<String> limiter, String key, int calls) {
        int admitted = 0;
        for (int i = 0; i < calls; i++) {
            admitted += limiter.tryAcquire(key) ? 1 : 0;
        }
        return admitted;
    }

    // by plan

    @Test
    void thePlanChoosesTheLimiter() {
        Limiter<String> limiter = Limiter.byPlan(
                plans::get,
                Map.of(
                        "default",
                        limiter("free", "2/minute"),
                        "pro",
                        limiter("pro", "5/minute"),
                        "staff",
                        Limiter.unlimited()));
        plans.put("ann", "pro");
        plans.put("bob", "staff");
        plans.put("cat", "no such plan");
        assertThat(admitted(limiter, "ann", 100)).isEqualTo(5);
        assertThat(admitted(limiter, "bob", 100)).isEqualTo(100);
        assertThat(admitted(limiter, "cat", 100)).isEqualTo(2);
        assertThat(admitted(limiter, "dan", 100)).isEqualTo(2);
        assertThat(limiter.decide("bob").limits()).isEmpty();
        assertThat(limiter.decide("ann").limits())
                .extracting(status -> status.limit().name())
                .containsExactly("pro");
        assertThat(limiter.stats().denied()).isEqualTo(95 + 98 + 98 + 1);
        assertThat(limiter.stats().allowed()).isEqualTo(5 + 100 + 2 + 2 + 1);
    }

    @Test
    void withoutADefaultAKeyNeedsAPlan() {
        Limiter<String> limiter = Limiter.byPlan(plans::get, Map.of("pro", limiter("pro", "5/minute")));
        plans.put("bob", "gold\n");
        assertThatIllegalStateException()
                .isThrownBy(() -> limiter.tryAcquire("ann"))
                .withMessage("a key has no plan, and none is called \"default\"; the plans are \"pro\"");
        assertThatIllegalStateException()
                .isThrownBy(() -> limiter.decide("bob"))
                .withMessage("there is no plan \"gold\\u000a\", and none is called \"default\"; the plans are \"pro\"");
        assertThatThrownBy(() ->
                        limiter.decideAsync("ann", 1).toCompletableFuture().join())
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void plansAreNamedAndThereIsOne() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limiter.byPlan(plans::get, Map.<String, Limiter<String>>of()))
                .withMessage("there must be a plan");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limiter.byPlan(plans::get, Map.of(" ", limiter("pro", "5/minute"))))
                .withMessage("the name of a plan must not be blank");
    }

    @Test
    void whatAPlanHasTakenIsGivenBackToItAfterTheKeyHasAnother() {
        LocalLimiter<String> free = limiter("free", "10/minute");
        LocalLimiter<String> pro = limiter("pro", "100/minute");
        Limiter<String> limiter = Limiter.byPlan(plans::get, Map.of("default", free, "pro", pro));
        Decision decision = limiter.decide("ann", 7);
        plans.put("ann", "pro");
        limiter.decide("ann", 50);
        decision.refund(7);
        assertThat(free.peek("ann").remaining()).isEqualTo(10);
        assertThat(pro.peek("ann").remaining()).isEqualTo(50);
        limiter.refund("ann", 20);
        assertThat(pro.peek("ann").remaining()).isEqualTo(70);
        limiter.charge("ann", 30);
        assertThat(pro.peek("ann").remaining()).isEqualTo(40);
        free.tryAcquire("ann", 10);
        limiter.reset("ann");
        assertThat(pro.peek("ann").remaining()).isEqualTo(100);
        assertThat(free.peek("ann").remaining()).isEqualTo(10);
    }

    @Test
    void whoFlipsAmongPlansTakesTheirSumAndNoMore() {
        Limiter<String> limiter = Limiter.byPlan(
                plans::get, Map.of("default", limiter("free", "2/minute"), "pro", limiter("pro", "5/minute")));
        int admitted = 0;
        for (int i = 0; i < 1_000; i++) {
            plans.put("ann", i % 2 == 0 ? "pro" : "default");
            admitted += limiter.tryAcquire("ann") ? 1 : 0;
        }
        assertThat(admitted).isEqualTo(7);
    }

    @Test
    void thePlanIsLookedUpOncePerCall() {
        AtomicInteger lookUps = new AtomicInteger();
        Limiter<String> limiter = Limiter.byPlan(
                key -> "p" + lookUps.incrementAndGet() % 2,
                Map.of("p0", limiter("even", "1000/s"), "p1", limiter("odd", "1000/s")));
        limiter.tryAcquire("ann");
        limiter.decide("ann").refund(1);
        limiter.peek("ann");
        limiter.charge("ann", 1);
        limiter.refund("ann", 1);
        limiter.decideAsync("ann", 1);
        assertThat(lookUps).hasValue(6);
        assertThat(limiter.chosen("ann").name()).isEqualTo("odd");
        assertThat(limiter.chosen("ann").name()).isEqualTo("even");
        lookUps.set(6);
        Limiter<String> all =
                Limiter.allOf(limiter, limiter("service", "1000/s").keyed(key -> "all"));
        all.decide("ann").refund(1);
        all.peek("ann");
        assertThat(lookUps).hasValue(8);
    }

    @Test
    void oneLimiterMayBeThatOfSeveralPlans() {
        LocalLimiter<String> shared = limiter("shared", "2/minute");
        Limiter<String> limiter = Limiter.byPlan(plans::get, Map.of("default", shared, "pro", shared));
        assertThat(limiter.members()).containsExactly(shared);
        assertThat(limiter.limits()).hasSize(1);
        admitted(limiter, "ann", 3);
        assertThat(limiter.stats().allowed()).isEqualTo(2);
        assertThat(limiter.stats().denied(shared.limits().get(0))).isEqualTo(1);
    }

    // all of

    @Test
    void allMustAllow() {
        Limiter<String> limiter = Limiter.allOf(
                limiter("client", "3/minute"), limiter("service", "5/minute").keyed(client -> "all"));
        assertThat(admitted(limiter, "ann", 10)).isEqualTo(3);
        assertThat(admitted(limiter, "bob", 10)).isEqualTo(2);
        assertThat(admitted(limiter, "cat", 10)).isZero();
    }

    @Test
    void aDenialWritesNothingAndNamesWhoDenied() {
        LocalLimiter<String> client = limiter("client", "3/minute");
        LocalLimiter<String> service = limiter("service", "4/hour");
        Limiter<String> limiter = Limiter.allOf(client, service.keyed(key -> "all"));
        limiter.tryAcquire("ann", 3);
        for (int i = 0; i < 5; i++) {
            assertThat(limiter.tryAcquire("bob", 2)).isFalse();
            Decision decision = limiter.decide("bob", 2);
            assertThat(decision.deniedBy()).contains("service");
            assertThat(decision.limits()).extracting(LimitStatus::violated).containsExactly(false, true);
            assertThat(decision.limits()).extracting(LimitStatus::remaining).containsExactly(3L, 1L);
            assertThat(decision.retryAfter()).contains(Duration.ofMinutes(15));
            assertThat(limiter.peek("bob", 2)).isEqualTo(decision);
        }
        assertThat(client.size()).isEqualTo(1);
        assertThat(client.stats().denied()).isZero();
        assertThat(service.stats().denied()).isEqualTo(10);
        assertThat(limiter.stats().denied()).isEqualTo(10);
        assertThat(limiter.stats().undone()).isZero();
        assertThat(denied).hasSize(10).containsOnly("service all");
        assertThat(limiter.decide("ann").deniedBy()).contains("client"); // the first, and both wait for it
        assertThat(limiter.decide("ann", 2).retryAfter()).contains(Duration.ofMinutes(15));
        assertThat(limiter.decide("ann", 2).toString()).startsWith("Decision[denied by client, retry after PT15M, ");
    }

    /** One part may give back by itself, and then the whole what is left. */
    @Test
    void partsGiveBackByThemselves() {
        LocalLimiter<String> client = limiter("client", "9/minute");
        LocalLimiter<String> service = limiter("service", "9/minute");
        Limiter<String> limiter = Limiter.allOf(client, service.keyed(key -> "all"));
        limiter.decide("a", 2);
        Decision decision = limiter.decide("a", 3);
        assertThat(decision.parts()).hasSize(2);
        decision.parts().get(0).refund(3);
        decision.parts().get(0).refund(3);
        assertThat(client.peek("a", 1).remaining()).isEqualTo(7);
        assertThat(service.peek("all", 1).remaining()).isEqualTo(4);
        decision.refund(3);
        assertThat(client.peek("a", 1).remaining()).isEqualTo(7);
        assertThat(service.peek("all", 1).remaining()).isEqualTo(7);
        assertThat(limiter.decide("a", 8).parts()).isEmpty();
        assertThat(client.decide("a", 1).parts()).isEmpty();
    }

    @Test
    void permitsThatOnePartCannotHoldAreNeverAdmissible() {
        Limiter<String> limiter = Limiter.allOf(limiter("client", "3/minute"), limiter("day", "2/day"));
        Decision decision = limiter.decide("ann", 3);
        assertThat(decision.neverAdmissible()).isTrue();
        assertThat(decision.deniedBy()).contains("day");
        assertThat(decision.retryAfter()).isEmpty();
        assertThat(limiter.peek("ann", 3)).isEqualTo(decision);
        assertThat(limiter.tryAcquire("ann", 2)).isTrue();
    }

    @Test
    void nothingIsPromisedWhereOnePartPromisesNothing() {
        LocalLimiter<String> full = Limiter.<String>builder(Limit.parse("full=1/minute"))
                .ticker(time)
                .maxKeys(1)
                .overflow(Overflow.DENY)
                .build();
        full.tryAcquire("bob");
        LocalLimiter<String> client = limiter("client", "1/minute");
        Limiter<String> limiter = Limiter.allOf(client, full);
        client.tryAcquire("ann");
        Decision decision = limiter.decide("ann");
        assertThat(decision.allowed()).isFalse();
        assertThat(decision.retryAfter()).isEmpty();
        assertThat(decision.overflow()).isTrue();
        assertThat(decision.deniedBy()).contains("client");
    }

    @Test
    void aRefundGoesToEveryPartThatWasCharged() {
        LocalLimiter<String> free = limiter("free", "10/minute");
        LocalLimiter<String> pro = limiter("pro", "100/minute");
        LocalLimiter<String> service = limiter("service", "1000/minute");
        Limiter<String> limiter = Limiter.allOf(
                Limiter.byPlan(plans::get, Map.of("default", free, "pro", pro)), service.keyed(key -> "all"));
        Decision decision = limiter.decide("ann", 6);
        plans.put("ann", "pro");
        decision.refund(4);
        decision.refund(4);
        assertThat(free.peek("ann").remaining()).isEqualTo(10);
        assertThat(service.peek("all").remaining()).isEqualTo(1000);
        assertThat(pro.size()).isZero();
        limiter.charge("ann", 5);
        assertThat(pro.peek("ann").remaining()).isEqualTo(95);
        assertThat(service.peek("all").remaining()).isEqualTo(995);
        limiter.refund("ann", 2);
        assertThat(pro.peek("ann").remaining()).isEqualTo(97);
        assertThat(service.peek("all").remaining()).isEqualTo(997);
    }

    @Test
    void aPartThatIsNotThereIsSkipped() {
        record Login(@Nullable String account, @Nullable String address) {}
        LocalLimiter<String> accounts = limiter("account", "2/minute");
        LocalLimiter<String> addresses = limiter("address", "3/minute");
        Limiter<Login> limiter = Limiter.allOf(accounts.keyed(Login::account), addresses.keyed(Login::address));
        Login both = new Login("ann", "home");
        assertThat(limiter.tryAcquire(new Login(null, "home"))).isTrue();
        assertThat(limiter.decide(new Login("ann", null)).limits()).hasSize(1);
        Login neither = new Login(null, null);
        assertThat(limiter.tryAcquire(neither)).isTrue();
        assertThat(limiter.decide(neither).allowed()).isTrue();
        assertThat(limiter.peek(neither).allowed()).isTrue();
        limiter.charge(neither, 5);
        limiter.refund(neither, 5);
        assertThat(limiter.tryAcquire(both)).isTrue();
        assertThat(limiter.decide(both).deniedBy()).contains("account");
        assertThat(addresses.peek("home").remaining()).isEqualTo(1);
        assertThatThrownBy(() -> limiter.reset(both))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessage("none of the limiters goes by the key itself; reset a part of it where it is limited");
    }

    @Test
    void theOwnerOfANetworkCannotMultiply() {
        Limiter<ClientAddress> limiter = Limiter.allOf(
                networks("client", 32, 64, "10/minute"),
                networks("site", 32, 56, "20/minute").keyed(client -> client.isIpv4() ? null : client),
                networks("network", 24, 48, "50/minute"));
        int admitted = 0;
        for (int network = 0; network < 65_536; network++) {
            admitted += limiter.tryAcquire(ClientAddress.ofBits(0x20010db8_0001_0000L | network, 1)) ? 1 : 0;
        }
        assertThat(admitted).isEqualTo(50);
        int ofIpv4 = 0;
        for (int host = 0; host < 256; host++) {
            ofIpv4 += limiter.tryAcquire(ClientAddress.parse("198.51.100." + host)) ? 1 : 0;
        }
        assertThat(ofIpv4).isEqualTo(50);
        int ofOne = 0;
        for (int i = 0; i < 100; i++) {
            ofOne += limiter.tryAcquire(ClientAddress.parse("203.0.113.9")) ? 1 : 0;
        }
        assertThat(ofOne).isEqualTo(10);
        assertThat(limiter.ipv6Prefix()).isEqualTo(OptionalInt.of(64));
        assertThat(limiter.tracked(ClientAddress.parse("2001:db8::17"))).hasToString("2001:db8::");
    }

    @Test
    void aResetFillsWhatIsTheClientsOwnAlone() {
        LocalLimiter<ClientAddress> own = networks("client", 32, 64, "10/minute");
        LocalLimiter<ClientAddress> perDay = networks("day", 32, 64, "100/day");
        LocalLimiter<ClientAddress> network = networks("network", 24, 48, "50/minute");
        LocalLimiter<String> service = limiter("service", "1000/minute");
        Limiter<ClientAddress> limiter = Limiter.allOf(own, perDay, network, service.keyed(client -> "all"));
        for (String text : List.of("2001:db8:1::1", "192.0.2.1", "64:ff9b::192.0.2.7")) {
            ClientAddress client = ClientAddress.parse(text.contains("ff9b") ? "64:ff9b::c000:207" : text);
            limiter.tryAcquire(client, 5);
            limiter.reset(client);
            assertThat(own.peek(client).remaining()).as(text).isEqualTo(10);
            assertThat(perDay.peek(client).remaining()).as(text).isEqualTo(100);
            assertThat(network.peek(client).remaining()).as(text).isLessThanOrEqualTo(45);
        }
        assertThat(service.peek("all").remaining()).isEqualTo(985);
    }

    @Test
    void aResetOfANetworkThatTellsIpv4ApartFillsThatToo() {
        LocalLimiter<ClientAddress> own = networks("client", 32, 64, "10/minute");
        LocalLimiter<ClientAddress> network = networks("network", 32, 48, "50/minute");
        Limiter<ClientAddress> limiter = Limiter.allOf(own, network);
        ClientAddress client = ClientAddress.parse("192.0.2.1");
        limiter.tryAcquire(client, 5);
        limiter.reset(client);
        assertThat(network.peek(client).remaining()).isEqualTo(50);
        ClientAddress other = ClientAddress.parse("2001:db8::1");
        limiter.tryAcquire(other, 5);
        limiter.reset(other);
        assertThat(network.peek(other).remaining()).isEqualTo(45);
    }

    /** Also beside a plan that tracks nobody. */
    @Test
    void aResetFillsTheBucketsOfThePlansThatTrackTheClient() {
        LocalLimiter<ClientAddress> free = networks("free", 32, 64, "10/minute");
        LocalLimiter<ClientAddress> network = networks("network", 24, 48, "50/minute");
        Limiter<ClientAddress> limiter = Limiter.allOf(
                Limiter.byPlan(client -> null, Map.of("default", free, "crawlers", Limiter.unlimited())), network);
        ClientAddress client = ClientAddress.parse("2001:db8::1");
        limiter.tryAcquire(client, 5);
        limiter.reset(client);
        assertThat(free.peek(client).remaining()).isEqualTo(10);
        assertThat(network.peek(client).remaining()).isEqualTo(45);
        assertThat(limiter.ipv6Prefix()).hasValue(64);
        assertThat(limiter.tracked(ClientAddress.parse("2001:db8::17"))).hasToString("2001:db8::");
    }

    @Test
    void aResetOfAPlanNeverReachesAPartOfTheKey() {
        LocalLimiter<String> free = limiter("free", "10/minute");
        LocalLimiter<String> everybody = limiter("everybody", "10/minute");
        LocalLimiter<String> client = limiter("client", "20/minute");
        Limiter<String> limiter = Limiter.allOf(
                client, Limiter.byPlan(plans::get, Map.of("default", free, "shared", everybody.keyed(key -> "all"))));
        everybody.tryAcquire("all", 4);
        limiter.tryAcquire("ann", 6);
        limiter.reset("ann");
        assertThat(free.peek("ann").remaining()).isEqualTo(10);
        assertThat(client.peek("ann").remaining()).isEqualTo(20);
        assertThat(everybody.peek("all").remaining()).isEqualTo(6);
    }

    @Test
    void limitsHaveNamesOfTheirOwn() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limiter.allOf(limiter("client", "3/minute"), limiter("client", "5/minute")))
                .withMessage(
                        "two of the limiters have a limit that is called \"client\"; tell them apart by Limit.named");
        Limiter<String> nested = Limiter.allOf(limiter("a", "3/minute"), limiter("b", "5/minute"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limiter.allOf(nested, limiter("b", "5/minute").keyed(key -> key)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limiter.allOf(
                        limiter("a", "3/minute"),
                        Limiter.byPlan(plans::get, Map.of("x", limiter("b", "1/s"), "y", limiter("a", "1/s")))));
        Limiter<String> fine = Limiter.allOf(
                limiter("a", "3/minute"),
                Limiter.byPlan(plans::get, Map.of("default", limiter("b", "1/s"), "y", limiter("b", "2/s"))));
        assertThat(fine.limits()).hasSize(3);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limiter.<String>allOf())
                .withMessage("there must be a limiter");
    }

    @Test
    void partsOfPartsAreAskedOneByOne() {
        LocalLimiter<String> a = limiter("a", "10/minute");
        LocalLimiter<String> b = limiter("b", "10/minute");
        LocalLimiter<String> c = limiter("c", "3/minute");
        Limiter<String> limiter = Limiter.allOf(Limiter.allOf(a, b), c);
        assertThat(limiter.members()).containsExactly(a, b, c);
        assertThat(limiter.name()).isEqualTo("a+b+c");
        assertThat(limiter.limits()).extracting(Limit::name).containsExactly("a", "b", "c");
        limiter.decide("ann", 3).refund(1);
        assertThat(Stream.of(a, b, c).map(part -> part.peek("ann").remaining())).containsExactly(8L, 8L, 1L);
        Limiter<String> tiers = Limiter.allOf(
                Limiter.byPlan(plans::get, Map.of("default", limiter)),
                limiter("service", "9/minute").keyed(k -> "all"));
        assertThat(tiers.decide("ann", 2).deniedBy()).contains("c");
        assertThat(tiers.tryAcquire("ann")).isTrue();
        assertThat(tiers.tryAcquire("ann")).isFalse();
        assertThat(Stream.of(a, b, c).map(part -> part.peek("ann").remaining())).containsExactly(7L, 7L, 0L);
    }

    static Stream<Boolean> bothWays() {
        return Stream.of(true, false);
    }

    /** A part that lies: its look allows what it denies. So those before it take their charge back. */
    @ParameterizedTest
    @MethodSource("bothWays")
    void whatALaterPartDeniesIsTakenBackLessANanosecond(boolean explained) {
        LocalLimiter<String> client = limiter("client", "3/minute");
        LocalLimiter<String> other = limiter("other", "1/minute");
        Limiter<String> liar = new OwnLimiter<>(other) {
            @Override
            public Decision peek(String key, long permits) {
                return Decision.allowed(false, List.of());
            }
        };
        Limiter<String> limiter = Limiter.allOf(client, liar);
        assertThat(limiter.tryAcquire("ann")).isTrue();
        for (int i = 0; i < 5; i++) {
            assertThat(explained ? limiter.decide("ann", 1).allowed() : limiter.tryAcquire("ann"))
                    .isFalse();
        }
        assertThat(limiter.stats().undone()).isEqualTo(5);
        assertThat(client.peek("ann").limits().get(0).resetAfter())
                .isEqualTo(Duration.ofSeconds(20).plusNanos(5));
    }

    /** The call falls asleep before it is denied, until its charge has been earned back and another has paid anew. */
    @ParameterizedTest
    @MethodSource("bothWays")
    void whatHasBeenEarnedBackIsNotTakenFromWhoPaidAfterwards(boolean explained) {
        LocalLimiter<String> client = limiter("client", "1/2s");
        AtomicInteger calls = new AtomicInteger();
        Limiter<String> sleepy = new OwnLimiter<>(limiter("other", "9/s")) {
            @Override
            public Decision decide(String key, long permits) {
                if (calls.incrementAndGet() > 1) {
                    return Decision.allowed(false, List.of());
                }
                time.advance(Duration.ofSeconds(2));
                assertThat(client.tryAcquire("ann")).isTrue();
                return Decision.denied(null, false, List.of());
            }
        };
        Limiter<String> limiter = Limiter.allOf(client, sleepy);
        assertThat(explained ? limiter.decide("ann").allowed() : limiter.tryAcquire("ann"))
                .isFalse();
        assertThat(limiter.stats().undone()).isEqualTo(1);
        time.advance(Duration.ofSeconds(1));
        assertThat(limiter.tryAcquire("ann")).isFalse();
        time.advance(Duration.ofSeconds(1));
        assertThat(limiter.tryAcquire("ann")).isTrue();
    }

    /** In a shared bucket, too: strangers get back what was taken for a call that was denied. */
    @Test
    void whatIsTakenBackFromASharedBucketIsThereAgain() {
        LocalLimiter<String> crowded = Limiter.<String>builder(Limit.parse("crowded=10/minute"))
                .ticker(time)
                .maxKeys(1)
                .sweepInterval(Duration.ZERO)
                .build();
        crowded.tryAcquire("first", 5);
        LocalLimiter<String> empty = limiter("empty", "1/hour");
        empty.tryAcquire("ann");
        Limiter<String> liar = new OwnLimiter<>(empty) {
            @Override
            public Decision peek(String key, long permits) {
                return Decision.allowed(false, List.of());
            }
        };
        Limiter<String> limiter = Limiter.allOf(crowded, liar);
        assertThat(limiter.decide("ann", 4).overflow()).isTrue();
        assertThat(limiter.tryAcquire("ann", 4)).isFalse();
        Decision left = crowded.peek("ann");
        assertThat(left.overflow()).isTrue();
        assertThat(left.limits().get(0).resetAfter()).isLessThan(Duration.ofNanos(10));
    }

    @Test
    void aPartThatThrowsFailsTheCallAndWhatWasChargedStays() {
        LocalLimiter<String> client = limiter("client", "3/minute");
        Limiter<String> broken = new OwnLimiter<>(limiter("broken", "9/minute")) {
            @Override
            public Decision decide(String key, long permits) {
                throw new IllegalStateException("away");
            }
        };
        Limiter<String> limiter = Limiter.allOf(client, broken);
        assertThatIllegalStateException().isThrownBy(() -> limiter.tryAcquire("ann"));
        assertThatIllegalStateException().isThrownBy(() -> limiter.decide("ann"));
        assertThat(client.peek("ann").remaining()).isEqualTo(1);
        Limiter<String> keys = Limiter.allOf(client, limiter("b", "1/s").keyed(key -> key.substring(99)));
        assertThatThrownBy(() -> keys.tryAcquire("ann")).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(
                        () -> keys.decideAsync("ann", 1).toCompletableFuture().join())
                .hasCauseInstanceOf(IndexOutOfBoundsException.class);
        assertThat(client.peek("ann").remaining()).isEqualTo(1);
    }

    @Test
    void limitersThatAnswerLaterAreAskedInTheirOrder() {
        time.advance(Duration.ofDays(400)); // as a clock that has run for long
        LocalLimiter<String> client = limiter("client", "3/minute");
        LocalLimiter<String> distant = limiter("distant", "2/minute");
        List<CompletableFuture<Decision>> asked = new ArrayList<>();
        Limiter<String> away = new OwnLimiter<>(distant) {
            @Override
            public CompletionStage<Decision> decideAsync(String key, long permits) {
                CompletableFuture<Decision> answer = new CompletableFuture<>();
                asked.add(answer);
                return answer.copy();
            }

            @Override
            public Decision peek(String key, long permits) {
                throw new AssertionError("would wait");
            }
        };
        Limiter<String> limiter = Limiter.allOf(client, away);
        CompletionStage<Decision> first = limiter.decideAsync("ann", 1);
        assertThat(first).isNotCompleted();
        asked.get(0).complete(distant.decide("ann", 1));
        assertThat(first).isCompletedWithValueMatching(Decision::allowed);
        assertThat(first.toCompletableFuture().join().limits()).hasSize(2);
        CompletionStage<Decision> second = limiter.decideAsync("ann", 2);
        asked.get(1).complete(distant.decide("ann", 2));
        assertThat(second)
                .isCompletedWithValueMatching(decision -> decision.deniedBy().isPresent());
        assertThat(client.peek("ann").remaining()).isEqualTo(1); // a nanosecond short of two
        time.advanceNanos(1);
        assertThat(client.peek("ann").remaining()).isEqualTo(2);
        CompletionStage<Decision> third = limiter.decideAsync("ann", 3); // the client has two: nobody else is asked
        assertThat(third).isCompletedWithValueMatching(decision -> !decision.allowed());
        assertThat(asked).hasSize(2);
        CompletionStage<Decision> fourth = limiter.decideAsync("ann", 1);
        asked.get(2).completeExceptionally(new IllegalStateException("away"));
        assertThat(fourth).isCompletedExceptionally();
        assertThat(limiter.decideAsync("ann", 0)).isCompletedExceptionally();
    }

    @Test
    void invalidPermitsChangeNothing() {
        for (Limiter<String> limiter : List.of(
                Limiter.allOf(limiter("a", "3/minute")),
                Limiter.byPlan(plans::get, Map.of("default", limiter("a", "3/minute"))),
                limiter("a", "3/minute").<String>keyed(key -> null),
                Limiter.<String>unlimited())) {
            assertThatIllegalArgumentException().isThrownBy(() -> limiter.tryAcquire("ann", 0));
            assertThatIllegalArgumentException().isThrownBy(() -> limiter.decide("ann", -1));
            assertThatIllegalArgumentException().isThrownBy(() -> limiter.peek("ann", 0));
            assertThat(limiter.stats().allowed()).isZero();
        }
    }

    @Test
    void oneThatCannotTellItsNameOrCountsDecidesAllTheSame() {
        Limiter<String> own = new OwnLimiter<>(limiter("a", "1/minute"));
        Limiter<String> limiter = Limiter.allOf(own, limiter("b", "9/minute"));
        assertThat(limiter.tryAcquire("ann")).isTrue();
        assertThat(limiter.decide("ann").deniedBy()).contains("limiter");
        assertThat(Limiter.byPlan(plans::get, Map.of("default", own)).stats().isUnknown())
                .isTrue();
    }

    @Test
    void closingClosesEveryPart() {
        List<String> closed = new ArrayList<>();
        Limiter<String> first = new OwnLimiter<>(limiter("a", "1/minute")) {
            @Override
            public void close() {
                closed.add("a");
                throw new IllegalStateException("a");
            }
        };
        Limiter<String> second = new OwnLimiter<>(limiter("b", "1/minute")) {
            @Override
            public void close() {
                closed.add("b");
            }
        };
        Limiter<String> limiter = Limiter.allOf(first, second.keyed(key -> key));
        assertThatIllegalStateException().isThrownBy(limiter::close).withMessage("a");
        Limiter.byPlan(plans::get, Map.of("x", second, "y", second)).close();
        assertThat(closed).containsExactly("a", "b", "b");
    }
}
