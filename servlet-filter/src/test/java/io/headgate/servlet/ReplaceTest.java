package io.headgate.servlet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LimiterRegistry;
import io.headgate.LocalLimiter;
import io.headgate.http.ChargeOn;
import io.headgate.http.ClientDenied;
import io.headgate.http.InvalidOptionException;
import io.headgate.http.RequestLimiter;
import io.headgate.http.Rule;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.SweeperThreads;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Another configuration, while requests go on. */
class ReplaceTest {

    private final FakeTicker ticker = new FakeTicker();

    private LocalLimiter<ClientAddress> limiter(String limit) {
        return Limiter.forAddresses(Limit.parse(limit))
                .ticker(ticker)
                .sweepInterval(Duration.ZERO)
                .build();
    }

    private static int serve(RateLimitFilter filter, FakeRequest request) throws ServletException, IOException {
        FakeResponse response = FakeResponse.fresh();
        filter.doFilter(request, response, (q, r) -> {});
        return response.status;
    }

    private static int serve(RateLimitFilter filter) throws ServletException, IOException {
        return serve(filter, FakeRequest.any());
    }

    private static RequestLimiter limits(RateLimitFilter filter) {
        return filter.limits();
    }

    @Test
    void countsAndNameStay() throws Exception {
        RateLimitFilter filter = RateLimitFilter.builder(limiter("2/day")).build();
        filter.init(FakeConfig.of("from container", Map.of()));
        serve(filter);
        RequestLimiter before = limits(filter);
        filter.replace(RateLimitFilter.builder(limiter("1/day")));
        assertThat(limits(filter)).isNotSameAs(before);
        FakeRequest request = FakeRequest.any();
        assertThat(serve(filter, request)).isEqualTo(200);
        assertThat(serve(filter)).isEqualTo(429);
        assertThat(request.names(RateLimitFilter.ATTRIBUTE_PREFIX))
                .containsExactlyInAnyOrder(RateLimitFilter.ATTRIBUTE_PREFIX + "from container");
        assertThat(limits(filter).name()).isEqualTo("from container");
        assertThat(filter.stats().allowed()).isEqualTo(2);
        assertThat(filter.stats().denied()).isEqualTo(1);
        assertThat(limits(filter).topDenied(1)).hasSize(1);
    }

    @Test
    void whatWasTakenStaysIfInitParametersMadeTheLimiter() throws Exception {
        RateLimitFilter filter = new RateLimitFilter();
        filter.init(FakeConfig.of("f", Map.of("limits", "2/day")));
        serve(filter);
        filter.replace(RateLimitFilter.builder().limits(Limit.perDay(2)).rule(Rule.parse("/other 1/day")));
        assertThat(serve(filter)).isEqualTo(200);
        assertThat(serve(filter)).isEqualTo(429);
        filter.destroy();
    }

    @Test
    void theNameStaysAlsoIfTheNewConfigurationHasAnother() throws Exception {
        FakeContext context = FakeContext.empty();
        RateLimitFilter filter =
                RateLimitFilter.builder(limiter("2/day")).name("first").build();
        filter.init(new FakeConfig("from container", Map.of(), context));
        filter.replace(RateLimitFilter.builder(limiter("2/day")).name("second"));
        FakeRequest request = FakeRequest.any();
        serve(filter, request);
        assertThat(request.names(RateLimitFilter.ATTRIBUTE_PREFIX))
                .containsExactlyInAnyOrder(RateLimitFilter.ATTRIBUTE_PREFIX + "first");
        assertThat(limits(filter).name()).isEqualTo("first");
        assertThat(context.attributes).containsOnlyKeys(RateLimitFilter.ATTRIBUTE_PREFIX + "first");
        filter.destroy();
        assertThat(context.attributes).isEmpty();
    }

    @Test
    void whoeverIsDeniedUnderTheNewConfigurationIsToldToItsListener() throws Exception {
        List<ClientDenied> before = new ArrayList<>();
        List<ClientDenied> after = new ArrayList<>();
        RateLimitFilter filter = RateLimitFilter.builder(limiter("1/day"))
                .ticker(ticker)
                .onClientDenied(before::add)
                .build();
        serve(filter);
        serve(filter);
        assertThat(before).hasSize(1);
        filter.replace(RateLimitFilter.builder(limiter("1/day")).ticker(ticker).onClientDenied(after::add));
        ticker.advance(Duration.ofMinutes(1));
        serve(filter);
        serve(filter);
        assertThat(after).hasSize(1);
        assertThat(before).hasSize(1);
    }

    @Test
    void limitersThatBothHaveKeepTheirState() throws Exception {
        LocalLimiter<ClientAddress> shared = limiter("2/day");
        LocalLimiter<ClientAddress> ofRule = limiter("2/day");
        RateLimitFilter filter =
                RateLimitFilter.builder(shared).rule(Rule.limiter("/a", ofRule)).build();
        serve(filter);
        serve(filter, FakeRequest.any().path("/a"));
        filter.replace(RateLimitFilter.builder(shared)
                .rule(Rule.limiter("/b", ofRule))
                .exempt(AddressRange.parse("198.51.100.0/24")));
        assertThat(serve(filter)).isEqualTo(200);
        assertThat(serve(filter)).isEqualTo(429);
        assertThat(serve(filter, FakeRequest.any().path("/b"))).isEqualTo(200);
        assertThat(serve(filter, FakeRequest.any().path("/b"))).isEqualTo(429);
        assertThat(serve(filter, FakeRequest.from("198.51.100.1"))).isEqualTo(200);
        assertThat(filter.stats().exempt()).isEqualTo(1);
    }

    @Test
    void limitersThatAreMadeAlikeKeepWhatWasTaken() throws Exception {
        RateLimitFilter.Builder builder = RateLimitFilter.builder()
                .limits(Limit.parse("1/day"))
                .rule(Rule.parse("b: /b 1/day"))
                .name("made-for-replace")
                .ticker(ticker);
        RateLimitFilter filter = builder.build();
        assertThat(serve(filter)).isEqualTo(200);
        assertThat(serve(filter, FakeRequest.any().path("/b"))).isEqualTo(200);
        filter.replace(builder);
        assertThat(serve(filter)).isEqualTo(429);
        assertThat(serve(filter, FakeRequest.any().path("/b"))).isEqualTo(429);
        filter.replace(RateLimitFilter.builder().limits(Limit.parse("2/day")).ticker(ticker));
        assertThat(filter.limits().limiters()).hasSize(1);
        assertThat(serve(filter)).isEqualTo(200);
        filter.replace(builder);
        assertThat(serve(filter, FakeRequest.any().path("/b"))).isEqualTo(200);
        filter.destroy();
    }

    @Test
    void aRequestUnderWaySettlesOnTheOldOne() throws Exception {
        LocalLimiter<ClientAddress> old = limiter("10/day");
        LocalLimiter<ClientAddress> next = limiter("10/day");
        RateLimitFilter filter =
                RateLimitFilter.builder(old).chargeOn(ChargeOn.statuses(401)).build();
        FakeResponse response = FakeResponse.fresh();
        filter.doFilter(FakeRequest.any(), response, (q, r) -> {
            assertThat(left(old)).isEqualTo(9);
            filter.replace(RateLimitFilter.builder(next));
            serve(filter);
            assertThat(left(old)).isEqualTo(9);
        });
        assertThat(left(old)).isEqualTo(10);
        assertThat(left(next)).isEqualTo(9);
        assertThat(filter.stats().refunded()).isEqualTo(1);
        assertThat(filter.stats().allowed()).isEqualTo(2);
    }

    private static long left(Limiter<ClientAddress> limiter) {
        return limiter.peek(ClientAddress.parse("192.0.2.1"), 1).remaining();
    }

    @Test
    void laterDispatchesOfARequestUnderWayGoStraightOn() throws Exception {
        LocalLimiter<ClientAddress> next = limiter("10/day");
        RateLimitFilter filter = RateLimitFilter.builder(limiter("10/day")).build();
        FakeRequest request = FakeRequest.any();
        serve(filter, request);
        filter.replace(RateLimitFilter.builder(next));
        serve(filter, request.dispatch(DispatcherType.ASYNC));
        assertThat(left(next)).isEqualTo(10);
        assertThat(filter.stats().allowed()).isEqualTo(1);
    }

    @Test
    void aConfigurationThatCannotBeLeavesTheOldOne() throws Exception {
        RateLimitFilter filter = RateLimitFilter.builder(limiter("1/day")).build();
        serve(filter);
        RequestLimiter before = limits(filter);
        assertThatExceptionOfType(InvalidOptionException.class)
                .isThrownBy(() -> filter.replace(RateLimitFilter.builder().rule(Rule.unlimited("/a"))));
        assertThat(limits(filter)).isSameAs(before);
        assertThat(serve(filter)).isEqualTo(429);
    }

    @Test
    void aConfigurationThatCannotBeIsRefusedBeforeTheFirstRequestToo() throws Exception {
        RateLimitFilter filter = RateLimitFilter.builder(limiter("1/day")).build();
        assertThatExceptionOfType(InvalidOptionException.class)
                .isThrownBy(() -> filter.replace(RateLimitFilter.builder().rule(Rule.unlimited("/a"))));
        assertThat(serve(filter)).isEqualTo(200);
        assertThat(serve(filter)).isEqualTo(429);
    }

    @Test
    void whatIsReplacedBeforeTheFirstRequestIsNeverStarted() throws Exception {
        LocalLimiter<ClientAddress> old = limiter("1/day");
        RateLimitFilter filter = RateLimitFilter.builder(old).build();
        filter.replace(RateLimitFilter.builder(limiter("2/day")));
        serve(filter);
        assertThat(old.size()).isZero();
        assertThat(serve(filter)).isEqualTo(200);
        assertThat(serve(filter)).isEqualTo(429);
    }

    @Test
    void theNameStaysBeforeTheFirstRequestToo() throws Exception {
        RateLimitFilter filter =
                RateLimitFilter.builder(limiter("1/day")).name("first").build();
        filter.replace(RateLimitFilter.builder(limiter("2/day")));
        FakeRequest request = FakeRequest.any();
        serve(filter, request);
        assertThat(request.names(RateLimitFilter.ATTRIBUTE_PREFIX))
                .containsExactlyInAnyOrder(RateLimitFilter.ATTRIBUTE_PREFIX + "first");
    }

    @Test
    void theBuilderThatReplacedMayBeUsedAgain() throws Exception {
        RateLimitFilter filter = RateLimitFilter.builder(limiter("1/day")).build();
        serve(filter);
        RateLimitFilter.Builder next = RateLimitFilter.builder(limiter("1/day"));
        filter.replace(next);
        next.exempt(AddressRange.parse("0.0.0.0/0"));
        serve(filter);
        assertThat(serve(filter)).isEqualTo(429);
        filter.replace(next);
        assertThat(serve(filter)).isEqualTo(200);
    }

    @Test
    void whatReplacedInitParametersHoldsAfterARestartToo() throws Exception {
        FakeContext context = FakeContext.empty();
        RateLimitFilter filter = new RateLimitFilter();
        Map<String, String> parameters = Map.of("limits", "2/day", "name", "front");
        filter.init(new FakeConfig("from container", parameters, context));
        filter.replace(RateLimitFilter.builder(limiter("1/day")));
        assertThat(serve(filter)).isEqualTo(200);
        filter.destroy();
        filter.init(new FakeConfig("from container", parameters, context));
        assertThat(serve(filter)).isEqualTo(429);
        assertThat(limits(filter).name()).isEqualTo("front");
        assertThat(context.attributes).containsOnlyKeys(RateLimitFilter.ATTRIBUTE_PREFIX + "front");
        assertThat(filter.stats().allowed()).isEqualTo(1);
        assertThat(filter.stats().denied()).isEqualTo(1);
        filter.destroy();
    }

    @Test
    void whatReplacedBeforeTheStartHoldsInPlaceOfInitParameters() throws Exception {
        RateLimitFilter filter = new RateLimitFilter();
        filter.replace(RateLimitFilter.builder(limiter("1/day")));
        filter.init(FakeConfig.of("f", Map.of("limits", "9/day", "exempt", "0.0.0.0/0")));
        assertThat(serve(filter)).isEqualTo(200);
        assertThat(serve(filter)).isEqualTo(429);
        assertThat(limits(filter).name()).isEqualTo("f");
        filter.destroy();
    }

    @Test
    void whoeverListensFindsTheNewConfiguration() {
        RateLimitFilter filter =
                RateLimitFilter.builder(limiter("1/day")).name("f").build();
        RequestLimiter before = limits(filter);
        List<RequestLimiter> seen = new ArrayList<>();
        filter.onReplace(() -> seen.add(limits(filter)));
        LocalLimiter<ClientAddress> next = limiter("1/day");
        filter.replace(RateLimitFilter.builder(next));
        assertThat(seen).singleElement().isNotSameAs(before).isSameAs(limits(filter));
        assertThat(limits(filter).limiters().get(0).limiter()).isSameAs(next);
    }

    @Test
    void aNameThatSomebodyElseHasWithOtherLimitsLeavesTheOldOne() throws Exception {
        LimiterRegistry registry = new LimiterRegistry();
        RateLimitFilter first = RateLimitFilter.builder()
                .limits(Limit.perDay(5))
                .limiterName("shared")
                .registry(registry)
                .name("first")
                .build();
        RequestLimiter started = limits(first);
        LocalLimiter<ClientAddress> handed = limiter("1/day");
        RateLimitFilter second = RateLimitFilter.builder(handed).name("second").build();
        serve(second);
        assertThatIllegalStateException()
                .isThrownBy(() -> second.replace(RateLimitFilter.builder()
                        .limits(Limit.perDay(6))
                        .limiterName("shared")
                        .registry(registry)))
                .withMessageContainingAll("\"shared\"", "permits=5", "permits=6");
        assertThat(serve(second)).isEqualTo(429);
        second.destroy();
        second.init(FakeConfig.of("f", Map.of()));
        assertThat(serve(second)).isEqualTo(429);
        assertThat(limits(first)).isSameAs(started);
        registry.close();
    }

    @Test
    void whatIsReplacedAfterTheEndLeavesNoThread() throws Exception {
        SweeperThreads sweepers = new SweeperThreads();
        RateLimitFilter.Builder builder =
                RateLimitFilter.builder().limits(Limit.parse("1/day")).ticker(ticker);
        RateLimitFilter filter = builder.build();
        filter.init(FakeConfig.of("f", Map.of()));
        filter.destroy();
        filter.replace(builder);
        filter.init(FakeConfig.of("f", Map.of()));
        List<Thread> begun = sweepers.begun();
        assertThat(begun).isNotEmpty();
        filter.destroy();
        assertThat(SweeperThreads.thatDoNotEnd(begun)).isEmpty();
        assertThat(sweepers.begun()).isEmpty();
    }
}
