package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.OwnLimiter;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Limiters made of limiters that lie within each other, allow without a count, or fail. */
class CompositionEdgesTest {

    private final FakeTicker time = new FakeTicker();
    private final Map<String, String> plans = new HashMap<>();

    private LimiterBuilder<String> builder(String name, String limit) {
        return Limiter.<String>builder(Limit.parse(name + "=" + limit))
                .name(name)
                .ticker(time)
                .sweepInterval(Duration.ZERO);
    }

    private LocalLimiter<String> limiter(String name, String limit) {
        return builder(name, limit).build();
    }

    /** Its look allows what it denies, after it has done something. */
    private Limiter<String> denyingAfter(Runnable task) {
        return new OwnLimiter<>(limiter("liar", "1/minute")) {
            @Override
            public Decision peek(String key, long permits) {
                return Decision.allowed(false, List.of());
            }

            @Override
            public Decision decide(String key, long permits) {
                task.run();
                return Decision.denied(null, false, List.of());
            }
        };
    }

    private static boolean ask(Limiter<String> limiter, boolean explained, String key, long permits) {
        return explained ? limiter.decide(key, permits).allowed() : limiter.tryAcquire(key, permits);
    }

    private static Duration owed(Limiter<String> limiter, String key) {
        return limiter.peek(key).limits().get(0).resetAfter();
    }

    /** A key without room is allowed and not counted. By the time its call is denied it has room, and others have paid. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatWasAllowedWithoutACountIsTakenBackFromNobody(boolean explained) {
        LocalLimiter<String> crowded = builder("crowded", "10/minute")
                .maxKeys(1)
                .overflow(Overflow.ALLOW)
                .build();
        crowded.tryAcquire("first");
        Limiter<String> limiter = Limiter.allOf(crowded, denyingAfter(() -> {
            crowded.reset("first");
            assertThat(crowded.decide("ann", 10).overflow()).isFalse();
        }));
        assertThat(ask(limiter, explained, "ann", 4)).isFalse();
        assertThat(crowded.peek("ann").remaining()).isZero();
        assertThat(limiter.stats().undone()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatTookNothingTakesNothingBack(boolean explained) {
        Limiter<String> limiter = Limiter.allOf(Limiter.unlimited(), denyingAfter(() -> {}));
        assertThat(ask(limiter, explained, "ann", 1)).isFalse();
        assertThat(limiter.stats().undone()).isZero();
    }

    /** As where limits are: less a nanosecond for each, so that no state comes twice. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatPartsOfAPlanTookIsTakenBackLessANanosecond(boolean explained) {
        LocalLimiter<String> client = limiter("client", "10/minute");
        LocalLimiter<String> account = limiter("account", "10/minute");
        Limiter<String> pair = Limiter.allOf(client, account);
        for (Limiter<String> nested :
                List.of(Limiter.byPlan(plans::get, Map.of("default", pair)), pair.<String>keyed(key -> key))) {
            client.reset("ann");
            account.reset("ann");
            client.tryAcquire("ann");
            account.tryAcquire("ann");
            Limiter<String> limiter = Limiter.allOf(nested, denyingAfter(() -> {}));
            assertThat(ask(limiter, explained, "ann", 3)).isFalse();
            assertThat(owed(client, "ann")).isEqualTo(Duration.ofSeconds(6).plusNanos(1));
            assertThat(owed(account, "ann")).isEqualTo(Duration.ofSeconds(6).plusNanos(1));
            assertThat(limiter.stats().undone()).isEqualTo(2);
        }
    }

    /** Whichever way it is asked, and by whom. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCompositionWithinAnotherCountsItsCalls(boolean explained) {
        Limiter<String> inner = Limiter.allOf(limiter("client", "3/minute"), limiter("account", "9/minute"));
        Limiter<String> innermost = Limiter.byPlan(plans::get, Map.of("default", inner));
        Limiter<String> middle = Limiter.allOf(innermost, limiter("site", "9/minute"));
        LocalLimiter<String> service = limiter("service", "5/minute");
        Limiter<String> limiter = Limiter.allOf(
                Limiter.byPlan(plans::get, Map.of("default", middle, "staff", Limiter.unlimited())),
                service.keyed(key -> "all"));
        for (int i = 0; i < 5; i++) {
            assertThat(ask(limiter, explained, "ann", 1)).isEqualTo(i < 3);
        }
        service.charge("all", 9);
        assertThat(ask(limiter, explained, "bob", 1)).isFalse(); // by the service, which alone is asked
        for (Limiter<String> each : List.of(inner, innermost, middle, limiter)) {
            assertThat(each.stats().allowed()).as(each.name()).isEqualTo(3);
        }
        for (Limiter<String> each : List.of(inner, middle)) {
            assertThat(each.stats().denied()).as(each.name()).isEqualTo(2);
        }
        assertThat(limiter.stats().denied()).isEqualTo(3);
    }

    @Test
    void countsThatAreHugeAddUp() {
        LocalLimiter<String> free = limiter("free", "1/minute");
        LocalLimiter<String> pro = limiter("pro", "1/minute");
        free.charge("ann", Long.MAX_VALUE);
        pro.charge("ann", Long.MAX_VALUE);
        Limiter<String> limiter = Limiter.byPlan(plans::get, Map.of("default", free, "pro", pro));
        assertThat(limiter.stats().droppedPermits()).isEqualTo(Long.MAX_VALUE);
    }

    /** One that cannot does not keep the others from it. */
    @Test
    void whatIsToldToAllReachesAll() {
        Limiter<String> cannot = new OwnLimiter<>(limiter("other", "1/minute")) {
            @Override
            public void reset(String key) {
                throw new IllegalStateException("away");
            }

            @Override
            public void refund(String key, long permits) {
                throw new IllegalStateException("away");
            }
        };
        LocalLimiter<String> client = limiter("client", "5/minute");
        Limiter<String> all = Limiter.allOf(cannot, client);
        assertThatThrownBy(() -> all.charge("ann", 5)).isInstanceOf(UnsupportedOperationException.class);
        assertThat(client.peek("ann").remaining()).isZero();
        assertThatIllegalStateException().isThrownBy(() -> all.refund("ann", 3));
        assertThat(client.peek("ann").remaining()).isEqualTo(3);
        assertThatIllegalStateException().isThrownBy(() -> all.reset("ann"));
        assertThat(client.peek("ann").remaining()).isEqualTo(5);

        client.charge("ann", 2);
        Map<String, Limiter<String>> inOrder = new LinkedHashMap<>();
        inOrder.put("far", cannot);
        inOrder.put("near", client);
        assertThatIllegalStateException()
                .isThrownBy(() -> Limiter.byPlan(plans::get, inOrder).reset("ann"));
        assertThat(client.peek("ann").remaining()).isEqualTo(5);
    }

    /** Where keys are used as they are, each address is told apart: an IPv4 client's own bucket elsewhere is as narrow. */
    @Test
    void aResetFillsTheClientsOwnBucketsBesideOneOfAnyKey() {
        LocalLimiter<ClientAddress> whole = Limiter.<ClientAddress>builder(Limit.parse("whole=10/minute"))
                .ticker(time)
                .build();
        LocalLimiter<ClientAddress> client = Limiter.forAddresses(Limit.parse("client=10/minute"))
                .ticker(time)
                .build();
        LocalLimiter<ClientAddress> single = Limiter.forNetworks(24, 128, Limit.parse("single=10/minute"))
                .ticker(time)
                .build();
        Limiter<ClientAddress> limiter = Limiter.allOf(whole, client, single);
        ClientAddress ipv4 = ClientAddress.parse("192.0.2.1");
        ClientAddress ipv6 = ClientAddress.parse("2001:db8::1");
        for (ClientAddress address : List.of(ipv4, ipv6)) {
            limiter.tryAcquire(address, 4);
            limiter.reset(address);
            assertThat(whole.peek(address).remaining()).isEqualTo(10);
        }
        assertThat(client.peek(ipv4).remaining()).isEqualTo(10);
        assertThat(single.peek(ipv4).remaining()).isEqualTo(6);
        assertThat(client.peek(ipv6).remaining()).isEqualTo(6);
        assertThat(single.peek(ipv6).remaining()).isEqualTo(10);
    }

    /** One tells IPv6 clients apart by more, the other IPv4 clients. */
    @Test
    void ofEachFamilyTheNarrowestIsTheClientsOwn() {
        LocalLimiter<ClientAddress> ipv6 = Limiter.forNetworks(24, 64, Limit.parse("ipv6=10/minute"))
                .ticker(time)
                .build();
        LocalLimiter<ClientAddress> ipv4 = Limiter.forNetworks(32, 48, Limit.parse("ipv4=10/minute"))
                .ticker(time)
                .build();
        Limiter<ClientAddress> limiter = Limiter.allOf(ipv6, ipv4);
        assertThat(limiter.ipv4Prefix()).hasValue(32);
        assertThat(limiter.ipv6Prefix()).hasValue(64);
        ClientAddress first = ClientAddress.parse("192.0.2.1");
        ClientAddress second = ClientAddress.parse("2001:db8:0:1::1");
        assertThat(limiter.tracked(first)).hasToString("192.0.2.1");
        assertThat(limiter.tracked(second)).hasToString("2001:db8:0:1::");
        for (ClientAddress client : List.of(first, second)) {
            limiter.tryAcquire(client, 4);
            limiter.reset(client);
        }
        assertThat(ipv4.peek(first).remaining()).isEqualTo(10);
        assertThat(ipv6.peek(first).remaining()).isEqualTo(6);
        assertThat(ipv6.peek(second).remaining()).isEqualTo(10);
        assertThat(ipv4.peek(second).remaining()).isEqualTo(6);
    }

    /** Exception 2 of the bound: the call takes back by what it has charged, which the reset has forgiven. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aResetWhileACallIsBetweenItsChargesMayCostAnotherCharge(boolean explained) {
        LocalLimiter<String> client = limiter("client", "10/minute");
        Limiter<String> limiter = Limiter.allOf(client, denyingAfter(() -> {
            client.reset("ann");
            assertThat(client.tryAcquire("ann", 10)).isTrue();
        }));
        assertThat(ask(limiter, explained, "ann", 4)).isFalse();
        assertThat(owed(client, "ann")).isEqualTo(Duration.ofSeconds(36).plusNanos(1));
    }

    /** A step back between charge and undo gives back no more than was taken. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aClockThatStepsBackMeanwhileGivesNobodyMore(boolean explained) {
        time.advance(Duration.ofDays(1));
        LocalLimiter<String> client = limiter("client", "10/minute");
        client.tryAcquire("ann", 5);
        Limiter<String> limiter = Limiter.allOf(client, denyingAfter(() -> time.advance(Duration.ofSeconds(-3))));
        assertThat(ask(limiter, explained, "ann", 4)).isFalse();
        assertThat(owed(client, "ann")).isEqualTo(Duration.ofSeconds(33).plusNanos(1));
    }

    /** In the stage, whatever the limiter does; what was charged before it stays, as the request may be carried out. */
    @Test
    void aPartThatAnswersBadlyFailsTheStage() {
        LocalLimiter<String> client = limiter("client", "10/minute");
        List<Supplier<@Nullable CompletionStage<@Nullable Decision>>> answers = List.of(
                () -> null,
                () -> CompletableFuture.completedFuture(null),
                () -> CompletableFuture.failedFuture(new IOException("away")),
                () -> {
                    throw new IllegalStateException("away");
                });
        int asked = 0;
        for (Supplier<@Nullable CompletionStage<@Nullable Decision>> answer : answers) {
            Limiter<String> bad = new OwnLimiter<>(limiter("bad", "9/minute")) {
                @Override
                @SuppressWarnings({"NullAway", "unchecked"}) // on purpose
                public CompletionStage<Decision> decideAsync(String key, long permits) {
                    return (CompletionStage<Decision>) (CompletionStage<?>) answer.get();
                }
            };
            Limiter<String> limiter = Limiter.allOf(client, bad);
            assertThat(limiter.decideAsync("ann", 1)).isCompletedExceptionally();
            assertThat(client.peek("ann").remaining()).isEqualTo(10 - ++asked);
            assertThat(Limiter.allOf(bad, client).decideAsync("ann", 1)).isCompletedExceptionally();
            assertThat(client.peek("ann").remaining()).isEqualTo(10 - asked);
            assertThat(limiter.stats().allowed() + limiter.stats().denied()).isZero();
        }
    }

    @Test
    void nobodyIsNamedWhereOneLimiterAloneDecides() {
        LocalLimiter<String> client = limiter("client", "1/minute");
        client.tryAcquire("ann");
        assertThat(client.decide("ann").deniedBy()).isEmpty();
        assertThat(Limiter.byPlan(plans::get, Map.of("default", client))
                        .decide("ann")
                        .deniedBy())
                .isEmpty();
        assertThat(Limiter.allOf(client).decide("ann").deniedBy()).contains("client");
    }
}
