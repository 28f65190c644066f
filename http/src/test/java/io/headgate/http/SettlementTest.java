package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.headgate.Decision;
import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.LogRecords;
import io.headgate.testing.OwnLimiter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When a conditional charge is settled, signal by signal, and what it then comes to. */
class SettlementTest {

    private final LogRecords log = new LogRecords(RequestLimiter.class);
    private final FakeTicker ticker = new FakeTicker(Long.MAX_VALUE - 5);
    private final FakeLimiter limiter = new FakeLimiter(Decision.allowed(false, List.of()));
    private final FakeRequest request = new FakeRequest();
    private final FakeResponse response = new FakeResponse();
    private final RequestLimiter limits =
            limits().chargeOn(ChargeOn.statuses(401)).build();
    private final Settlement settlement = settlement(limits);

    private RequestLimiter.Builder limits() {
        return RequestLimiter.builder(limiter).cost(4).ticker(ticker);
    }

    private Settlement settlement(RequestLimiter limits) {
        Settlement made = limits.settlement(limits.decide(request), request, response);
        limiter.calls.clear();
        return Objects.requireNonNull(made);
    }

    @AfterEach
    void close() {
        log.close();
    }

    @Test
    void onlyTheFirstCompletionSettles() {
        settlement.committed(200);
        settlement.completed();
        settlement.committed(401);
        settlement.completed();
        settlement.committed(200);
        settlement.completed();
        settlement.failed();
        assertThat(limiter.calls).containsExactly("refund 192.0.2.1 4");
        assertThat(limits.stats().refunded()).isEqualTo(1);
    }

    @Test
    void aChargedCompletionIsFinalToo() {
        settlement.committed(401);
        settlement.completed();
        settlement.committed(200);
        settlement.completed();
        assertThat(limiter.calls).isEmpty();
        assertThat(limits.stats().refunded()).isZero();
    }

    @Test
    void theFirstStatusThatIsToldCounts() {
        settlement.committed(401);
        settlement.committed(200);
        settlement.completed();
        assertThat(limiter.calls).isEmpty();
        Settlement other = settlement(limits);
        other.committed(200);
        other.committed(401);
        other.completed();
        assertThat(limiter.calls).containsExactly("refund 192.0.2.1 4");
    }

    @Test
    void oneSignalAloneSettlesNothing() {
        settlement.committed(200);
        settlement.committed(200);
        assertThat(limiter.calls).isEmpty();
        Settlement other = settlement(limits);
        other.completed();
        other.completed();
        assertThat(limiter.calls).isEmpty();
        other.committed(200);
        assertThat(limiter.calls).containsExactly("refund 192.0.2.1 4");
    }

    @Test
    void afterAnErrorNothingIsGivenBack() {
        settlement.committed(200);
        settlement.failed();
        settlement.completed();
        assertThat(limiter.calls).isEmpty();
    }

    private void answered(Settlement settlement, int status) {
        settlement.committed(status);
        settlement.completed();
    }

    @Test
    void theApplicationMaySayItItself() {
        request.attribute(Settlement.REFUND, true);
        answered(settlement, 401);
        assertThat(limiter.calls).containsExactly("refund 192.0.2.1 4");
        for (Object value : List.of(true, "TRUE")) {
            Settlement other = settlement(limits);
            request.attribute(Settlement.REFUND, value);
            answered(other, 401);
            assertThat(limiter.calls).as("%s", value).hasSize(1);
        }
        for (Object value : List.of(false, "yes", 1)) {
            Settlement other = settlement(limits);
            request.attribute(Settlement.REFUND, value);
            answered(other, 401);
            assertThat(limiter.calls).as("%s", value).isEmpty();
        }
    }

    @Test
    void aChargeThatWasSaidIsNotTakenBack() {
        request.attribute(Settlement.CHARGE, true);
        request.attribute(Settlement.REFUND, true);
        answered(settlement, 200);
        assertThat(limiter.calls).isEmpty();
        for (Object value : List.of(true, false, "anything")) {
            Settlement other = settlement(limits);
            request.attribute(Settlement.CHARGE, value);
            answered(other, 200);
            assertThat(limiter.calls).as("%s", value).isEmpty();
        }
    }

    @Test
    void whatWasSaidBeforeIsForgotten() {
        FakeRequest other = new FakeRequest();
        other.attribute(Settlement.CHARGE, true);
        other.attribute(Settlement.REFUND, true);
        answered(Objects.requireNonNull(limits.settlement(limits.decide(other), other, response)), 200);
        assertThat(limiter.calls).containsExactly("decide 192.0.2.1 4", "refund 192.0.2.1 4");
    }

    /** Between two filters, what is said is for both. */
    @Test
    void whatWasSaidToTheFirstOfTwoIsNot() {
        request.attribute(Settlement.CHARGE, true);
        Settlement inner = settlement(limits);
        answered(inner, 200);
        answered(settlement, 200);
        assertThat(limiter.calls).isEmpty();
    }

    @Test
    void anErrorWinsOverARefundThatWasSaid() {
        request.attribute(Settlement.REFUND, true);
        settlement.committed(200);
        settlement.failed();
        assertThat(limiter.calls).isEmpty();
    }

    /** Charges by the attribute {@code failed} if there is one, else by the status 401. */
    private static final class KnownFailure implements ChargeOn {

        @Override
        public @Nullable Boolean known(HttpRequest request) {
            return (Boolean) request.attribute("failed");
        }

        @Override
        public boolean charges(HttpResponse response, int status) {
            return status == 401;
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        # what is known | what the application says | the status | whether the charge stays
                        |                            | 401        | true
                        |                            | 200        | false
        true            |                            | 200        | true
        false           |                            | 401        | false
        true            | io.headgate.refund         | 200        | true
        false           | io.headgate.charge         | 200        | true
        false           | io.headgate.refund         | 401        | false
                        | io.headgate.refund         | 401        | false
                        | io.headgate.charge         | 200        | true
        """)
    void whatIsKnownOfTheRequestWinsOverAllButACharge(
            @Nullable Boolean known, @Nullable String said, int status, boolean charged) {
        Settlement made = settlement(limits().chargeOn(new KnownFailure()).build());
        request.attribute("failed", known);
        if (said != null) {
            request.attribute(said, true);
        }
        answered(made, status);
        assertThat(limiter.calls.isEmpty()).isEqualTo(charged);
    }

    @Test
    void onlyChargeOnMakesWayForIt() {
        Settlement byCost = settlement(limits().costAfter((r, a) -> 3).build());
        request.attribute(Settlement.REFUND, true);
        answered(byCost, 200);
        assertThat(limiter.calls).containsExactly("refund 192.0.2.1 1");
    }

    @Test
    void aRequestThatTakesNoAttributesIsJudgedByItsStatus() {
        FakeRequest mute = new FakeRequest().withoutAttributes();
        mute.attributes.put(Settlement.REFUND, true);
        Settlement made = Objects.requireNonNull(limits.settlement(limits.decide(mute), mute, response));
        limiter.calls.clear();
        answered(made, 401);
        assertThat(limiter.calls).isEmpty();
        made = Objects.requireNonNull(limits.settlement(limits.decide(mute), mute, response));
        limiter.calls.clear();
        answered(made, 200);
        assertThat(limiter.calls).containsExactly("refund 192.0.2.1 4");
    }

    @Test
    void nobodyIsAskedAboutAResponseThatWasReachedByAnError() {
        List<Integer> asked = new ArrayList<>();
        RequestLimiter asking =
                limits().chargeOn((r, status) -> asked.add(status)).build();
        Settlement failed = settlement(asking);
        failed.committed(500);
        failed.failed();
        failed.completed();
        assertThat(asked).isEmpty();
        Settlement sound = settlement(asking);
        sound.completed();
        sound.committed(204);
        sound.committed(205);
        assertThat(asked).containsExactly(204);
        // As a servlet may set it.
        Settlement odd = settlement(asking);
        odd.committed(-1);
        odd.completed();
        assertThat(asked).containsExactly(204, -1);
    }

    @Test
    void thereIsNothingToSettleUnlessTheResponseHasASay() {
        RequestLimiter plain = limits().build();
        assertThat(plain.settlement(plain.decide(request), request, response)).isNull();
        RequestLimiter free = limits().chargeOn(ChargeOn.statuses(401)).cost(0).build();
        assertThat(free.settlement(free.decide(request), request, response)).isNull();
        RequestLimiter denying = RequestLimiter.builder(
                        new FakeLimiter(Decision.denied(Duration.ofSeconds(1), false, List.of())))
                .chargeOn(ChargeOn.statuses(401))
                .build();
        assertThat(denying.settlement(denying.decide(request), request, response))
                .isNull();
        RequestLimiter dry = RequestLimiter.builder(
                        new FakeLimiter(Decision.denied(Duration.ofSeconds(1), false, List.of())))
                .chargeOn(ChargeOn.statuses(401))
                .dryRun(true)
                .build();
        assertThat(dry.settlement(dry.decide(request), request, response)).isNull();
    }

    @Test
    void chargeOnThatThrowsIsAFailureAndLeavesTheCharge() {
        ChargeOn broken = (r, status) -> {
            throw new IllegalStateException("on purpose");
        };
        for (OnFailure onFailure : OnFailure.values()) {
            RequestLimiter failing =
                    limits().chargeOn(broken).onFailure(onFailure).build();
            Settlement settled = settlement(failing);
            settled.committed(401);
            settled.completed();
            settled.completed();
            assertThat(limiter.calls).isEmpty();
            assertThat(failing.stats().failed()).isEqualTo(1);
        }
        assertThat(log.failures()).hasSize(2);
    }

    @Test
    void whatCostMoreIsChargedAfterwards() {
        List<CostAfter.Answer> answers = new ArrayList<>();
        RequestLimiter costly = limits().costAfter((r, answer) -> {
                    assertThat(r).isSameAs(request);
                    answers.add(answer);
                    return 7;
                })
                .build();
        Settlement settled = settlement(costly);
        ticker.advance(Duration.ofMillis(250));
        response.bodyBytes = OptionalLong.of(99);
        settled.committed(201);
        settled.completed();
        settled.completed();
        settled.failed();
        assertThat(limiter.calls).containsExactly("charge 192.0.2.1 3");
        assertThat(answers).containsExactly(new CostAfter.Answer(201, OptionalLong.of(99), Duration.ofMillis(250)));
        assertThat(costly.stats().refunded()).isZero();
    }

    @Test
    void whatCostLessIsGivenBackInPart() {
        RequestLimiter cheap = limits().costAfter((r, answer) -> 1).build();
        Settlement settled = settlement(cheap);
        settled.committed(200);
        settled.completed();
        assertThat(limiter.calls).containsExactly("refund 192.0.2.1 3");
        assertThat(cheap.stats().refunded()).isEqualTo(1);
    }

    @Test
    void whatCostNothingIsGivenBackAltogether() {
        RequestLimiter free = limits().costAfter((r, answer) -> 0).build();
        Settlement settled = settlement(free);
        settled.committed(304);
        settled.completed();
        assertThat(limiter.calls).containsExactly("refund 192.0.2.1 4");
        assertThat(free.stats().failed()).isZero();
    }

    @Test
    void aServerNeedNotTellHowLongABodyWas() {
        List<OptionalLong> told = new ArrayList<>();
        Settlement settled = settlement(limits().costAfter((r, answer) -> {
                    told.add(answer.bodyBytes());
                    return 4;
                })
                .build());
        settled.committed(200);
        settled.completed();
        assertThat(told).containsExactly(OptionalLong.empty());
    }

    @Test
    void whatCostWhatWasTakenChangesNothing() {
        Settlement settled = settlement(limits().costAfter((r, answer) -> 4).build());
        settled.committed(200);
        settled.completed();
        assertThat(limiter.calls).isEmpty();
    }

    @Test
    void anErrorLeavesWhatWasTakenAndChargesWhatWasMore() {
        Settlement cheap = settlement(limits().costAfter((r, answer) -> 1).build());
        cheap.failed();
        assertThat(limiter.calls).isEmpty();
        List<Integer> statuses = new ArrayList<>();
        Settlement costly = settlement(limits().costAfter((r, answer) -> {
                    statuses.add(answer.status());
                    return 9;
                })
                .build());
        response.status = 502;
        costly.failed();
        costly.failed();
        costly.committed(200);
        costly.completed();
        assertThat(limiter.calls).containsExactly("charge 192.0.2.1 5");
        assertThat(statuses).containsExactly(502);
    }

    @Test
    void aNegativeCostAfterwardsIsAFailure() {
        for (OnFailure onFailure : OnFailure.values()) {
            RequestLimiter broken =
                    limits().costAfter((r, answer) -> -1).onFailure(onFailure).build();
            Settlement settled = settlement(broken);
            settled.committed(200);
            settled.completed();
            assertThat(broken.stats().failed()).isEqualTo(1);
            assertThat(limiter.calls).isEmpty();
        }
        assertThat(log.failures()).hasSize(2);
    }

    @Test
    void aNegativeCostAfterAnErrorGivesNothingBack() {
        RequestLimiter broken = limits().costAfter((r, answer) -> -1).build();
        settlement(broken).failed();
        assertThat(broken.stats().failed()).isEqualTo(1);
        assertThat(limiter.calls).isEmpty();
    }

    /** It is asked only about what was charged before, so this would limit nobody. */
    @Test
    void aCostOfNothingBeforeTheAnswerIsRefused() {
        for (UnaryOperator<RequestLimiter.Builder> limited : List.<UnaryOperator<RequestLimiter.Builder>>of(
                builder -> builder.limits(Limit.perDay(1)),
                builder -> builder.rule(Rule.limits("/a", Limit.perDay(1))),
                builder ->
                        builder.rule(Rule.limits("/a", Limit.perDay(1)).cost(1), Rule.limits("/b", Limit.perDay(1))))) {
            RequestLimiter.Builder builder =
                    limited.apply(RequestLimiter.builder()).cost(0).costAfter((r, answer) -> 1);
            assertThatExceptionOfType(InvalidOptionException.class)
                    .isThrownBy(builder::build)
                    .withMessageContainingAll("cost cannot be \"0\"", "costAfter", "at least 1");
            builder.cost(1).sweepInterval(Duration.ZERO).build().close();
            builder.cost(0).cost(r -> 1).build().close();
        }
        // What is left out on purpose may be.
        limits().cost(1)
                .costAfter((r, answer) -> 1)
                .rule(Rule.limits("/free", Limit.perDay(1)).cost(0))
                .sweepInterval(Duration.ZERO)
                .build()
                .close();
        RequestLimiter.builder()
                .cost(0)
                .costAfter((r, answer) -> 1)
                .rule(Rule.limits("/costly", Limit.perDay(1)).cost(1))
                .sweepInterval(Duration.ZERO)
                .build()
                .close();
    }

    @Test
    void whatIsNotChargedCostsNothingAfterwards() {
        Settlement settled = settlement(limits().chargeOn(ChargeOn.statuses(401))
                .costAfter((r, answer) -> 9)
                .build());
        settled.committed(200);
        settled.completed();
        assertThat(limiter.calls).containsExactly("refund 192.0.2.1 4");
        Settlement charged = settlement(limits().chargeOn(ChargeOn.statuses(401))
                .costAfter((r, answer) -> 9)
                .build());
        charged.committed(401);
        charged.completed();
        assertThat(limiter.calls).containsExactly("charge 192.0.2.1 5");
    }

    @Test
    void aLimiterThatCannotChargeAfterwardsIsAFailure() {
        LocalLimiter<ClientAddress> buckets = Buckets.of("10/minute");
        RequestLimiter failing = RequestLimiter.builder(new OwnLimiter<>(buckets))
                .costAfter((r, answer) -> 5)
                .ticker(ticker)
                .build();
        Served.by(failing, request);
        assertThat(failing.stats().failed()).isEqualTo(1);
        assertThat(Buckets.left(buckets)).isEqualTo(9);
        assertThat(log.failures()).hasSize(1);
    }

    @Test
    void aClientMayOweWhatItsRequestTurnedOutToCost() {
        LocalLimiter<ClientAddress> buckets = Buckets.of("2/minute", ticker);
        RequestLimiter owing = RequestLimiter.builder(buckets)
                .costAfter((r, answer) -> 4)
                .ticker(ticker)
                .build();
        assertThat(Served.by(owing, request).status()).isEqualTo(200);
        ticker.advance(Duration.ofSeconds(60));
        // It owes two of its two permits, so a minute pays for the debt alone.
        assertThat(Served.by(owing, request).status()).isEqualTo(429);
        ticker.advance(Duration.ofSeconds(30));
        assertThat(Served.by(owing, request).status()).isEqualTo(200);
    }

    /** Of a request whose path reads in two ways: what is charged first is that of the rule. */
    private static RequestLimiter.Builder twice(Limiter<ClientAddress> first, Limiter<ClientAddress> second) {
        return RequestLimiter.builder(second).cost(2).rule(Rule.limiter("/static/*", first));
    }

    private static FakeRequest oddRequest() {
        return new FakeRequest().path("/static/../x");
    }

    @Test
    void bothChargesAreSettled() {
        LocalLimiter<ClientAddress> first = Buckets.of("10/minute");
        LocalLimiter<ClientAddress> second = Buckets.of("10/minute");
        RequestLimiter both =
                twice(first, second).chargeOn(ChargeOn.statuses(401)).build();
        Served.by(both, oddRequest(), 200);
        assertThat(List.of(Buckets.left(first), Buckets.left(second))).containsExactly(10L, 10L);
        Served.by(both, oddRequest(), 401);
        assertThat(List.of(Buckets.left(first), Buckets.left(second))).containsExactly(8L, 8L);
    }

    @Test
    void aRequestThatWasChargedTwiceIsCountedOnce() {
        RequestLimiter both = twice(Buckets.of("10/minute"), Buckets.of("10/minute"))
                .chargeOn(ChargeOn.statuses(401))
                .build();
        Served.by(both, oddRequest(), 200);
        assertThat(both.stats().allowed()).isEqualTo(1);
        assertThat(both.stats().refunded()).isEqualTo(1);
    }

    @Test
    void eachChargeHasItsOwnCondition() {
        LocalLimiter<ClientAddress> first = Buckets.of("10/minute");
        LocalLimiter<ClientAddress> second = Buckets.of("10/minute");
        RequestLimiter both = RequestLimiter.builder(second)
                .rule(Rule.limiter("/static/*", first).chargeOn(ChargeOn.statuses(401)))
                .build();
        Served.by(both, oddRequest(), 200);
        assertThat(List.of(Buckets.left(first), Buckets.left(second))).containsExactly(10L, 9L);
        RequestLimiter other = RequestLimiter.builder(second)
                .chargeOn(ChargeOn.statuses(401))
                .rule(Rule.limiter("/static/*", first).chargeOn(ChargeOn.statuses(200)))
                .build();
        Served.by(other, oddRequest(), 200);
        assertThat(List.of(Buckets.left(first), Buckets.left(second))).containsExactly(9L, 9L);
    }

    @Test
    void costAfterGoesForBothCharges() {
        LocalLimiter<ClientAddress> first = Buckets.of("10/minute");
        LocalLimiter<ClientAddress> second = Buckets.of("10/minute");
        RequestLimiter both = twice(first, second).costAfter((r, answer) -> 5).build();
        Served.by(both, oddRequest());
        assertThat(List.of(Buckets.left(first), Buckets.left(second))).containsExactly(5L, 5L);
    }

    @Test
    void aRefundThatFailsIsNotCountedAsOne() {
        RequestLimiter failing = RequestLimiter.builder(new FakeLimiter(Decision.allowed(false, List.of(), 1, given -> {
                    throw new IllegalStateException("on purpose");
                })))
                .chargeOn(ChargeOn.statuses(401))
                .build();
        Served.by(failing, request);
        assertThat(failing.stats().failed()).isEqualTo(1);
        assertThat(failing.stats().refunded()).isZero();
    }

    @Test
    void oneChargeThatCannotBeSettledLeavesTheOtherAlone() {
        LocalLimiter<ClientAddress> sound = Buckets.of("10/minute");
        Supplier<Decision> irrevocable = () -> Decision.allowed(false, List.of(), 2, given -> {
            throw new IllegalStateException("on purpose");
        });
        RequestLimiter secondFails = twice(sound, new FakeLimiter(irrevocable))
                .chargeOn(ChargeOn.statuses(401))
                .build();
        Served.by(secondFails, oddRequest());
        assertThat(secondFails.stats().failed()).isEqualTo(1);
        assertThat(Buckets.left(sound)).isEqualTo(10);
        RequestLimiter firstFails = twice(new FakeLimiter(irrevocable), sound)
                .chargeOn(ChargeOn.statuses(401))
                .build();
        Served.by(firstFails, oddRequest());
        assertThat(Buckets.left(sound)).isEqualTo(10);
    }
}
