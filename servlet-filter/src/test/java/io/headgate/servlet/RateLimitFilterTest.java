package io.headgate.servlet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verifyNoInteractions;

import io.headgate.Decision;
import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.http.FilterStats;
import io.headgate.http.NoAddress;
import io.headgate.http.OnFailure;
import io.headgate.http.RequestLimiter;
import io.headgate.http.Rule;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.LogRecords;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The data path without a container: what is decided, and what is left where. */
class RateLimitFilterTest {

    private final LocalLimiter<ClientAddress> limiter = limiter("2/minute");
    private int served;
    private final FilterChain chain = (request, response) -> served++;

    private static LocalLimiter<ClientAddress> limiter(String limit) {
        return Limiter.forAddresses(Limit.parse(limit))
                .ticker(new FakeTicker())
                .sweepInterval(Duration.ZERO)
                .maxKeys(1000)
                .build();
    }

    private FakeResponse serve(RateLimitFilter filter, FakeRequest request) {
        FakeResponse response = FakeResponse.fresh();
        try {
            filter.doFilter(request, response, chain);
        } catch (IOException | ServletException e) {
            throw new AssertionError(e);
        }
        return response;
    }

    @Test
    void itWorksWithoutInit() {
        RateLimitFilter filter = RateLimitFilter.builder(limiter).build();
        assertThat(serve(filter, FakeRequest.any()).status).isEqualTo(200);
        assertThat(serve(filter, FakeRequest.any()).status).isEqualTo(200);
        FakeResponse refused = serve(filter, FakeRequest.any());
        assertThat(refused.status).isEqualTo(429);
        assertThat(refused.body()).contains("\"violated-policies\":[\"2-per-60s\"]");
        assertThat(served).isEqualTo(2);
        assertThat(filter.stats().allowed()).isEqualTo(2);
        assertThat(filter.stats().denied()).isEqualTo(1);
        assertThat(filter.stats().failed()).isZero();
    }

    @Test
    void theDecisionIsLeftUnderTheFiltersName() throws ServletException {
        RateLimitFilter filter = RateLimitFilter.builder(limiter).build();
        filter.init(FakeConfig.of("from container", Map.of()));
        FakeRequest request = FakeRequest.any();
        serve(filter, request);
        Object left = request.attributes.get("io.headgate.servlet.RateLimitFilter.from container");
        assertThat(left)
                .isInstanceOfSatisfying(
                        Decision.class,
                        decision -> assertThat(decision.remaining()).isEqualTo(1));
        assertThat(request.names(RateLimitFilter.ATTRIBUTE_PREFIX)).hasSize(1);
    }

    @Test
    void aRequestIsDecidedOnceAlsoWhenDenied() {
        RateLimitFilter filter = RateLimitFilter.builder(limiter("1/minute")).build();
        FakeRequest first = FakeRequest.any();
        FakeRequest second = FakeRequest.any();
        serve(filter, first);
        serve(filter, second);
        for (DispatcherType later : DispatcherType.values()) {
            assertThat(serve(filter, first.dispatch(later)).lines).isEmpty();
            assertThat(serve(filter, second.dispatch(later)).lines).isEmpty();
        }
        assertThat(served).isEqualTo(1 + 2 * DispatcherType.values().length);
        assertThat(filter.stats().allowed()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(DispatcherType.class)
    void theFirstDispatchDecidesUnlessItIsAnIncludeOrAnError(DispatcherType dispatch) {
        RateLimitFilter filter = RateLimitFilter.builder(limiter).build();
        serve(filter, FakeRequest.any().dispatch(dispatch));
        boolean decides = dispatch != DispatcherType.INCLUDE && dispatch != DispatcherType.ERROR;
        assertThat(filter.stats().allowed()).isEqualTo(decides ? 1 : 0);
        assertThat(served).isEqualTo(1);
    }

    @Test
    void anAmbiguousPathFallsUnderTheGeneralLimits() {
        RateLimitFilter filter =
                RateLimitFilter.builder(limiter).rule(Rule.unlimited("/*")).build();
        serve(filter, FakeRequest.any().path("/x"));
        assertThat(limiter.size()).isZero();
        serve(filter, FakeRequest.any().path(null));
        assertThat(limiter.size()).isEqualTo(1);
    }

    @Test
    void keysMayBeOfAnyType() {
        LocalLimiter<String> byKey = Limiter.<String>builder(Limit.parse("1/minute"))
                .ticker(new FakeTicker())
                .sweepInterval(Duration.ZERO)
                .build();
        RateLimitFilter.Builder builder = RateLimitFilter.builder(byKey, request -> request.getHeader("Api-Key"));
        RateLimitFilter filter = builder.noAddress(NoAddress.ALLOW).build();
        assertThat(serve(filter, FakeRequest.any().header("Api-Key", "a")).status)
                .isEqualTo(200);
        assertThat(serve(filter, FakeRequest.any().header("Api-Key", "b")).status)
                .isEqualTo(200);
        assertThat(serve(filter, FakeRequest.any().header("Api-Key", "a")).status)
                .isEqualTo(429);
        assertThat(serve(filter, FakeRequest.any()).status).isEqualTo(200);
        RateLimitFilter strict = builder.noAddress(NoAddress.DENY).build();
        assertThat(serve(strict, FakeRequest.any()).status).isEqualTo(429);
        RateLimitFilter shared = builder.noAddress(NoAddress.SHARED).build();
        try (LogRecords quiet = new LogRecords(RequestLimiter.class)) {
            assertThat(serve(shared, FakeRequest.any()).status).isEqualTo(200);
            assertThat(shared.stats().failed()).isEqualTo(1);
            assertThat(quiet.warnings()).hasSize(1);
        }
    }

    @Test
    void everyFunctionMayFail() {
        List<RateLimitFilter.Builder> broken = List.of(
                RateLimitFilter.builder(limiter).resolver(request -> fail()),
                RateLimitFilter.builder(limiter).cost(request -> fail()),
                RateLimitFilter.builder(limiter).cost(request -> -1),
                RateLimitFilter.builder(limiter).cost(request -> sneak(new IOException("checked"))),
                RateLimitFilter.builder(limiter).cost(request -> sneak(new StackOverflowError())),
                RateLimitFilter.builder(limiter).cost(request -> sneak(new NoClassDefFoundError("x"))),
                RateLimitFilter.builder(limiter, request -> fail()));
        try (LogRecords quiet = new LogRecords(RequestLimiter.class)) {
            for (RateLimitFilter.Builder builder : broken) {
                served = 0;
                RateLimitFilter open = builder.onFailure(OnFailure.ALLOW).build();
                assertThat(serve(open, FakeRequest.any()).status).isEqualTo(200);
                RateLimitFilter closed = builder.onFailure(OnFailure.DENY).build();
                FakeResponse refused = serve(closed, FakeRequest.any());
                assertThat(refused.status).isEqualTo(503);
                assertThat(refused.field("Cache-Control")).isEqualTo("no-store");
                assertThat(refused.body()).contains("\"status\":503");
                assertThat(served).isEqualTo(1);
                assertThat(open.stats().failed() + closed.stats().failed()).isEqualTo(2);
            }
            assertThat(quiet.failures()).hasSize(2 * broken.size());
        }
        assertThat(limiter.size()).isZero();
    }

    @Test
    void outOfMemoryIsNotOurs() {
        RateLimitFilter filter = RateLimitFilter.builder(limiter)
                .cost(request -> sneak(new OutOfMemoryError("on purpose")))
                .build();
        assertThatExceptionOfType(OutOfMemoryError.class).isThrownBy(() -> serve(filter, FakeRequest.any()));
    }

    @SuppressWarnings("TypeParameterUnusedInFormals")
    private static <T> T fail() {
        throw new IllegalStateException("on purpose");
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <E extends Throwable> long sneak(Throwable failure) throws E {
        throw (E) failure;
    }

    @Test
    void whatTheChainThrowsIsTheApplications() {
        RateLimitFilter filter = RateLimitFilter.builder(limiter).build();
        FilterChain failing = (request, response) -> {
            served++;
            throw new ServletException("on purpose");
        };
        assertThatExceptionOfType(ServletException.class)
                .isThrownBy(() -> filter.doFilter(FakeRequest.any(), FakeResponse.fresh(), failing));
        assertThat(served).isEqualTo(1);
        assertThat(filter.stats().failed()).isZero();
    }

    @Test
    void whatIsNotHttpPasses() throws Exception {
        ServletRequest request = mock(ServletRequest.class);
        ServletResponse response = mock(ServletResponse.class);
        RateLimitFilter filter = RateLimitFilter.builder(limiter).build();
        filter.doFilter(request, response, chain);
        filter.doFilter(FakeRequest.any(), response, chain);
        filter.doFilter(request, FakeResponse.fresh(), chain);
        assertThat(served).isEqualTo(3);
        verifyNoInteractions(request, response);
        assertThat(filter.stats()).isEqualTo(FilterStats.NONE);
    }

    @Test
    void whoeverIsNotLimitedIsToldWhyInTheAttribute() {
        RateLimitFilter filter = RateLimitFilter.builder(limiter)
                .name("f")
                .exempt(AddressRange.parse("192.0.2.0/30"))
                .rule(Rule.unlimited("*.css"))
                .noAddress(NoAddress.ALLOW)
                .build();
        Map<String, FakeRequest> requests = Map.of(
                "exempt", FakeRequest.from("192.0.2.3"),
                "uncharged", FakeRequest.from("192.0.2.9").path("/a.css"),
                "unaddressed", FakeRequest.from("unix"));
        requests.forEach((word, request) -> {
            assertThat(serve(filter, request).lines).isEmpty();
            assertThat(request.attributes).containsOnly(Map.entry(RateLimitFilter.ATTRIBUTE_PREFIX + "f", word));
            // Later dispatches go straight on.
            serve(filter, request.dispatch(DispatcherType.FORWARD));
        });
        assertThat(served).isEqualTo(6);
        assertThat(filter.stats().exempt()).isEqualTo(1);
        assertThat(filter.stats().uncharged()).isEqualTo(1);
        assertThat(filter.stats().unaddressed()).isEqualTo(1);
        assertThat(limiter.size()).isZero();
    }

    @Test
    void functionsAreGivenTheServletRequest() {
        LocalLimiter<String> byKey = Limiter.<String>builder(Limit.parse("10/minute"))
                .ticker(new FakeTicker())
                .sweepInterval(Duration.ZERO)
                .build();
        FakeRequest request = FakeRequest.any().header("Api-Key", "a").header("Cost", "4");
        RateLimitFilter filter = RateLimitFilter.builder(byKey, servlet -> {
                    assertThat(servlet).isSameAs(request);
                    return servlet.getHeader("Api-Key");
                })
                .cost(servlet -> Long.parseLong(servlet.getHeader("Cost")))
                .build();
        assertThat(serve(filter, request).field("RateLimit")).startsWith("\"10-per-60s\";r=6");
    }

    @Test
    void theDenialOfADryRunReachesTheApplication() {
        RateLimitFilter filter =
                RateLimitFilter.builder(limiter("1/minute")).dryRun(true).build();
        serve(filter, FakeRequest.any());
        FakeResponse over = serve(filter, FakeRequest.any());
        assertThat(over.status).isEqualTo(200);
        assertThat(over.field("RateLimit")).isEqualTo("\"1-per-60s\";r=0;t=60");
        assertThat(over.field("Retry-After")).isEmpty();
        assertThat(served).isEqualTo(2);
        assertThat(filter.stats().dryRunDenied()).isEqualTo(1);
    }

    @Test
    void theBuilderMayBeUsedAgain() {
        RateLimitFilter.Builder builder = RateLimitFilter.builder(limiter);
        RateLimitFilter before = builder.build();
        builder.exempt(AddressRange.parse("0.0.0.0/0")).dryRun(true);
        serve(before, FakeRequest.any());
        assertThat(before.stats().allowed()).isEqualTo(1);
        RateLimitFilter after = builder.build();
        serve(after, FakeRequest.any());
        assertThat(after.stats().exempt()).isEqualTo(1);
    }

    @Test
    void mistakesInCode() {
        RateLimitFilter.Builder builder = RateLimitFilter.builder(limiter);
        assertThatIllegalArgumentException().isThrownBy(() -> builder.name(" "));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.retryAfterJitter(Duration.ofSeconds(-1)))
                .withMessageContaining("PT-1S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RateLimitFilter.builder(limiter)
                        .rule(
                                Rule.unlimited("/a").named("x"),
                                Rule.unlimited("/b").named("x"))
                        .build())
                .withMessageContaining("\"x\"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RateLimitFilter.builder(limiter)
                        .rule(Rule.limits("/a", Limit.parse("1/s"), Limit.parse("1/s")))
                        .build());
    }
}
