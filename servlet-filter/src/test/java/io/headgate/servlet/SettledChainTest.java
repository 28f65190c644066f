package io.headgate.servlet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.http.ChargeOn;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentCaptor;

/** When a conditional charge is settled, by the chain's return and event by event. */
class SettledChainTest {

    private final LocalLimiter<ClientAddress> limiter = Limiter.forAddresses(Limit.parse("100/day"))
            .ticker(new FakeTicker())
            .sweepInterval(Duration.ZERO)
            .build();
    private final RateLimitFilter filter = RateLimitFilter.builder(limiter)
            .cost(4)
            .chargeOn(ChargeOn.statuses(401))
            .build();
    private final AsyncContext async = mock();
    private final AsyncEvent event = new AsyncEvent(async);
    private final FakeRequest request = FakeRequest.any();
    private final FakeResponse response = FakeResponse.fresh();

    private long left() {
        return limiter.peek(ClientAddress.parse("192.0.2.1"), 1).remaining();
    }

    private void assertCharged() {
        assertThat(left()).isEqualTo(96);
        assertThat(filter.stats().refunded()).isZero();
    }

    private void assertGivenBack() {
        assertThat(left()).isEqualTo(100);
        assertThat(filter.stats().refunded()).isEqualTo(1);
    }

    private void serve(FilterChain chain) throws ServletException, IOException {
        filter.doFilter(request, response, chain);
    }

    /** Serves a request that goes on asynchronously; answers what listens to it. */
    private AsyncListener startAsync() throws ServletException, IOException {
        serve((q, r) -> request.started(async));
        ArgumentCaptor<AsyncListener> listener = ArgumentCaptor.forClass(AsyncListener.class);
        verify(async).addListener(listener.capture());
        assertCharged();
        return listener.getValue();
    }

    @Test
    void theStatusAtTheChainsReturnDecides() throws Exception {
        serve((q, r) -> {
            assertThat(left()).isEqualTo(96);
            response.status = 200;
        });
        assertGivenBack();
    }

    @Test
    void aChargedStatusLeavesTheCharge() throws Exception {
        serve((q, r) -> response.status = 401);
        assertCharged();
    }

    @Test
    void aChainThatThrowsLeavesTheCharge() {
        assertThatIllegalStateException()
                .isThrownBy(() -> serve((q, r) -> {
                    throw new IllegalStateException("on purpose");
                }));
        assertThatExceptionOfType(ServletException.class)
                .isThrownBy(() -> serve((q, r) -> {
                    throw new ServletException("on purpose");
                }));
        // The second is another dispatch of the same request.
        assertCharged();
        assertThat(filter.stats().failed()).isZero();
    }

    @Test
    void aChainThatThrowsAfterItStartedLeavesTheCharge() {
        assertThatIllegalStateException()
                .isThrownBy(() -> serve((q, r) -> {
                    request.started(async);
                    throw new IllegalStateException("on purpose");
                }));
        assertCharged();
    }

    @Test
    void whatEndedBeforeAnybodyListenedLeavesTheCharge() throws Exception {
        doThrow(new IllegalStateException("complete was called")).when(async).addListener(any(AsyncListener.class));
        serve((q, r) -> request.started(async));
        assertCharged();
    }

    @Test
    void whatEndsInDoubtIsChargedWhatItCostMore() throws Exception {
        RateLimitFilter costly = RateLimitFilter.builder(limiter)
                .costAfter((request, answer) -> 10)
                .build();
        assertThatIllegalStateException()
                .isThrownBy(() -> costly.doFilter(FakeRequest.any(), response, (q, r) -> {
                    throw new IllegalStateException("on purpose");
                }));
        assertThat(left()).isEqualTo(90);
        doThrow(new IllegalStateException("complete was called")).when(async).addListener(any(AsyncListener.class));
        costly.doFilter(request, response, (q, r) -> request.started(async));
        assertThat(left()).isEqualTo(80);
    }

    @Test
    void onlyTheFirstCompletionSettles() throws Exception {
        AsyncListener listener = startAsync();
        listener.onComplete(event);
        response.status = 401;
        listener.onComplete(event);
        response.status = 200;
        listener.onComplete(event);
        assertGivenBack();
    }

    @Test
    void aChargedCompletionIsFinalToo() throws Exception {
        AsyncListener listener = startAsync();
        response.status = 401;
        listener.onComplete(event);
        response.status = 200;
        listener.onComplete(event);
        assertCharged();
    }

    @Test
    void aTimeoutSettlesNothingWhileTheStatusCanBeChosen() throws Exception {
        AsyncListener listener = startAsync();
        listener.onTimeout(event);
        assertCharged();
        listener.onComplete(event);
        assertGivenBack();
    }

    @Test
    void aTimeoutThatTheContainerAnswersLeavesTheCharge() throws Exception {
        AsyncListener listener = startAsync();
        listener.onTimeout(event);
        response.status = 500;
        listener.onComplete(event);
        assertCharged();
    }

    @Test
    void anErrorLeavesTheChargeWhateverTheStatusIs() throws Exception {
        AsyncListener listener = startAsync();
        listener.onError(event);
        listener.onComplete(event);
        assertCharged();
    }

    @Test
    void anErrorAfterTheStatusIsOnItsWayLeavesTheCharge() throws Exception {
        AsyncListener listener = startAsync();
        response.committed = true;
        listener.onError(event);
        response.status = 500;
        listener.onComplete(event);
        assertCharged();
    }

    @Test
    void aTimeoutAfterTheStatusIsOnItsWayLeavesTheCharge() throws Exception {
        AsyncListener listener = startAsync();
        response.committed = true;
        listener.onTimeout(event);
        listener.onComplete(event);
        assertCharged();
    }

    @Test
    void aSecondStartIsListenedToAgain() throws Exception {
        AsyncListener listener = startAsync();
        AsyncContext second = mock();
        listener.onStartAsync(new AsyncEvent(second));
        verify(second).addListener(listener);
        assertCharged();
        listener.onComplete(event);
        assertGivenBack();
    }

    @Test
    void laterDispatchesDoNotSettle() throws Exception {
        AsyncListener listener = startAsync();
        response.status = 200;
        filter.doFilter(request.dispatch(DispatcherType.ASYNC), response, (q, r) -> {});
        assertCharged();
        response.status = 401;
        listener.onComplete(event);
        assertCharged();
    }

    @Test
    void whatIsNotConditionalIsNotListenedTo() throws Exception {
        RateLimitFilter plain = RateLimitFilter.builder(limiter).build();
        plain.doFilter(request, response, (q, r) -> request.started(async));
        verify(async, never()).addListener(any(AsyncListener.class));
    }
}
