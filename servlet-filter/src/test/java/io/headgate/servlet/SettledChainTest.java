package io.headgate.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Decision;
import io.headgate.net.ClientAddress;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When a conditional charge is settled, event by event. */
class SettlementTest {

    private final FakeLimiter limiter = new FakeLimiter(Decision.allowed(false, List.of()));
    private final Counters counters = new Counters();
    private final FakeResponse response = new FakeResponse();
    private final List<Object> listeners = new ArrayList<>();
    private final AsyncEvent event = new AsyncEvent((AsyncContext) Proxy.newProxyInstance(
            getClass().getClassLoader(), new Class<?>[] {AsyncContext.class}, (proxy, called, args) -> {
                if (called.getName().equals("addListener")) {
                    listeners.add(args[0]);
                }
                return null;
            }));

    private final Settlement settlement = new Settlement(
            response.http(),
            new Verdict(
                    Outcome.ALLOWED,
                    Decision.allowed(false, List.of()),
                    new Verdict.Charge<>(limiter, ClientAddress.parse("192.0.2.1"), 4),
                    ChargeOn.statuses(401)),
            OnFailure.ALLOW,
            counters,
            new Failures("f", System::nanoTime, counters.failed));

    @Test
    void onlyTheFirstCompletionSettles() {
        settlement.onComplete(event);
        response.status = 401;
        settlement.onComplete(event);
        response.status = 200;
        settlement.onComplete(event);
        assertThat(limiter.calls).containsExactly("refund 192.0.2.1 4");
        assertThat(counters.refunded.sum()).isEqualTo(1);
    }

    @Test
    void aChargedCompletionIsFinalToo() {
        response.status = 401;
        settlement.onComplete(event);
        response.status = 200;
        settlement.onComplete(event);
        assertThat(limiter.calls).isEmpty();
    }

    @Test
    void aTimeoutBeforeTheAnswerSettlesNothing() {
        settlement.onTimeout(event);
        assertThat(limiter.calls).isEmpty();
        settlement.onComplete(event);
        assertThat(limiter.calls).hasSize(1);
    }

    @Test
    void aTimeoutWithinTheAnswerKeepsTheCharge() {
        response.committed = true;
        settlement.onTimeout(event);
        settlement.onComplete(event);
        assertThat(limiter.calls).isEmpty();
    }

    @Test
    void aTimeoutThatTheContainerAnswersKeepsTheCharge() {
        settlement.onTimeout(event);
        response.status = 500;
        settlement.onComplete(event);
        assertThat(limiter.calls).isEmpty();
    }

    @Test
    void anErrorKeepsTheCharge() {
        settlement.onError(event);
        settlement.onComplete(event);
        assertThat(limiter.calls).isEmpty();
    }

    @Test
    void aSecondStartIsListenedToAgain() {
        settlement.onStartAsync(event);
        assertThat(listeners).containsExactly(settlement);
        assertThat(limiter.calls).isEmpty();
    }
}
