package io.headgate.servlet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.headgate.Decision;
import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import java.io.IOException;
import java.lang.reflect.Proxy;
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
        FakeResponse response = new FakeResponse();
        try {
            filter.doFilter(request.http(), response.http(), chain);
        } catch (IOException | ServletException e) {
            throw new AssertionError(e);
        }
        return response;
    }

    @Test
    void itWorksWithoutInit() {
        RateLimitFilter filter = RateLimitFilter.builder(limiter).build();
        assertThat(serve(filter, new FakeRequest()).status).isEqualTo(200);
        assertThat(serve(filter, new FakeRequest()).status).isEqualTo(200);
        FakeResponse refused = serve(filter, new FakeRequest());
        assertThat(refused.status).isEqualTo(429);
        assertThat(refused.body()).contains("\"violated-policies\":[\"2-per-60s\"]");
        assertThat(served).isEqualTo(2);
        assertThat(filter.stats()).isEqualTo(new FilterStats(2, 1, 0, 0, 0, 0, 0, 0));
    }

    @Test
    void theDecisionIsLeftUnderTheFiltersName() throws ServletException {
        RateLimitFilter filter = RateLimitFilter.builder(limiter).build();
        filter.init(FakeConfig.of("from container", Map.of()));
        FakeRequest request = new FakeRequest();
        serve(filter, request);
        Object left = request.attributes.get("io.headgate.servlet.RateLimitFilter.from container");
        assertThat(left)
                .isInstanceOfSatisfying(
                        Decision.class,
                        decision -> assertThat(decision.remaining()).isEqualTo(1));
        assertThat(request.attributes).hasSize(1);
    }

    @Test
    void aRequestIsDecidedOnceAlsoWhenDenied() {
        RateLimitFilter filter = RateLimitFilter.builder(limiter("1/minute")).build();
        FakeRequest first = new FakeRequest();
        FakeRequest second = new FakeRequest();
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
        serve(filter, new FakeRequest().dispatch(dispatch));
        boolean decides = dispatch != DispatcherType.INCLUDE && dispatch != DispatcherType.ERROR;
        assertThat(filter.stats().allowed()).isEqualTo(decides ? 1 : 0);
        assertThat(served).isEqualTo(1);
    }

    @Test
    void whoeverIsNotLimitedIsToldWhyInTheAttribute() {
        RateLimitFilter filter = RateLimitFilter.builder(limiter)
                .name("f")
                .exempt(AddressRange.parse("192.0.2.0/30"), AddressRange.parse("2001:db8::/32"))
                .rule(
                        Rule.unlimited("/static/*"),
                        Rule.limits("/free", Limit.parse("1/day")).cost(0))
                .noAddress(NoAddress.ALLOW)
                .skipPreflight(true)
                .build();
        String attribute = RateLimitFilter.ATTRIBUTE_PREFIX + "f";
        for (FakeRequest exempt : List.of(FakeRequest.from("192.0.2.3"), FakeRequest.from("[2001:db8::1]"))) {
            assertThat(serve(filter, exempt).lines).isEmpty();
            assertThat(exempt.attributes).containsEntry(attribute, "exempt");
        }
        FakeRequest preflight = FakeRequest.from("192.0.2.9")
                .method("OPTIONS")
                .header("Origin", "https://a.example")
                .header("Access-Control-Request-Method", "PUT");
        for (FakeRequest uncharged : List.of(
                FakeRequest.from("192.0.2.9").path("/static/a"),
                FakeRequest.from("192.0.2.9").path("/free"),
                preflight)) {
            assertThat(serve(filter, uncharged).lines).isEmpty();
            assertThat(uncharged.attributes).containsEntry(attribute, "uncharged");
        }
        FakeRequest nobody = FakeRequest.from("unix");
        serve(filter, nobody);
        assertThat(nobody.attributes).containsEntry(attribute, "unaddressed");
        assertThat(filter.stats()).isEqualTo(new FilterStats(0, 0, 0, 2, 3, 1, 0, 0));
        assertThat(limiter.size()).isZero();
    }

    @Test
    void anAmbiguousPathFallsUnderTheGeneralLimits() {
        RateLimitFilter filter =
                RateLimitFilter.builder(limiter).rule(Rule.unlimited("/*")).build();
        serve(filter, new FakeRequest().path("/x"));
        assertThat(limiter.size()).isZero();
        serve(filter, new FakeRequest().path(null));
        assertThat(limiter.size()).isEqualTo(1);
    }

    @Test
    void whatARuleLeavesOpenIsAsInTheFilter() {
        LocalLimiter<ClientAddress> own = limiter("10/minute");
        RateLimitFilter filter = RateLimitFilter.builder(limiter)
                .cost(request -> 3)
                .chargeOn(ChargeOn.statuses(401))
                .rule(Rule.limiter("/a", own), Rule.limiter("/b", own).cost(1).chargeOn((response, status) -> true))
                .build();
        FakeResponse a = serve(filter, new FakeRequest().path("/a"));
        assertThat(a.field("RateLimit")).startsWith("\"10-per-60s\";r=7");
        assertThat(filter.stats().refunded()).isEqualTo(1);
        FakeResponse b = serve(filter, new FakeRequest().path("/b"));
        assertThat(b.field("RateLimit")).startsWith("\"10-per-60s\";r=9");
        assertThat(filter.stats().refunded()).isEqualTo(1);
    }

    @Test
    void aDryRunNeverDenies() {
        RateLimitFilter filter = RateLimitFilter.builder(limiter("1/minute"))
                .dryRun(true)
                .noAddress(NoAddress.DENY)
                .onFailure(OnFailure.DENY)
                .resolver(request -> {
                    if (request.getMethod().equals("FAIL")) {
                        throw new IllegalStateException("on purpose");
                    }
                    return ClientAddress.tryParse(request.getRemoteAddr());
                })
                .build();
        assertThat(serve(filter, new FakeRequest()).status).isEqualTo(200);
        FakeResponse over = serve(filter, new FakeRequest());
        assertThat(over.status).isEqualTo(200);
        assertThat(over.field("RateLimit")).isEqualTo("\"1-per-60s\";r=0;t=60");
        assertThat(over.field("Retry-After")).isEmpty();
        assertThat(serve(filter, FakeRequest.from("nobody")).status).isEqualTo(200);
        try (LogRecords quiet = new LogRecords()) {
            assertThat(serve(filter, new FakeRequest().method("FAIL")).status).isEqualTo(200);
            assertThat(quiet.warnings()).hasSize(1);
        }
        assertThat(served).isEqualTo(4);
        assertThat(filter.stats()).isEqualTo(new FilterStats(1, 0, 2, 0, 0, 0, 1, 0));
    }

    @Test
    void keysMayBeOfAnyType() {
        LocalLimiter<String> byKey = Limiter.<String>builder(Limit.parse("1/minute"))
                .ticker(new FakeTicker())
                .sweepInterval(Duration.ZERO)
                .build();
        RateLimitFilter.Builder builder = RateLimitFilter.builder(byKey, request -> request.getHeader("Api-Key"));
        RateLimitFilter filter = builder.noAddress(NoAddress.ALLOW).build();
        assertThat(serve(filter, new FakeRequest().header("Api-Key", "a")).status)
                .isEqualTo(200);
        assertThat(serve(filter, new FakeRequest().header("Api-Key", "b")).status)
                .isEqualTo(200);
        assertThat(serve(filter, new FakeRequest().header("Api-Key", "a")).status)
                .isEqualTo(429);
        assertThat(serve(filter, new FakeRequest()).status).isEqualTo(200);
        RateLimitFilter strict = builder.noAddress(NoAddress.DENY).build();
        assertThat(serve(strict, new FakeRequest()).status).isEqualTo(429);
        RateLimitFilter shared = builder.noAddress(NoAddress.SHARED).build();
        try (LogRecords quiet = new LogRecords()) {
            assertThat(serve(shared, new FakeRequest()).status).isEqualTo(200);
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
        try (LogRecords quiet = new LogRecords()) {
            for (RateLimitFilter.Builder builder : broken) {
                served = 0;
                RateLimitFilter open = builder.onFailure(OnFailure.ALLOW).build();
                assertThat(serve(open, new FakeRequest()).status).isEqualTo(200);
                RateLimitFilter closed = builder.onFailure(OnFailure.DENY).build();
                FakeResponse refused = serve(closed, new FakeRequest());
                assertThat(refused.status).isEqualTo(503);
                assertThat(refused.field("Cache-Control")).isEqualTo("no-store");
                assertThat(refused.body()).contains("\"status\":503");
                assertThat(served).isEqualTo(1);
                assertThat(open.stats().failed() + closed.stats().failed()).isEqualTo(2);
            }
            assertThat(quiet.warnings()).hasSize(2 * broken.size());
        }
        assertThat(limiter.size()).isZero();
    }

    @Test
    void theDryRunOfARuleDoesNotDenyByFailing() {
        RateLimitFilter filter = RateLimitFilter.builder(limiter)
                .cost(request -> fail())
                .onFailure(OnFailure.DENY)
                .rule(Rule.limits("/shadow", Limit.parse("1/day")).dryRun())
                .build();
        try (LogRecords quiet = new LogRecords()) {
            assertThat(serve(filter, new FakeRequest().path("/shadow")).status).isEqualTo(200);
            assertThat(serve(filter, new FakeRequest().path("/")).status).isEqualTo(503);
            assertThat(filter.stats().failed()).isEqualTo(2);
            assertThat(quiet.warnings()).hasSize(1);
        }
        filter.destroy();
    }

    @Test
    void outOfMemoryIsNotOurs() {
        RateLimitFilter filter = RateLimitFilter.builder(limiter)
                .cost(request -> sneak(new OutOfMemoryError("on purpose")))
                .build();
        assertThatExceptionOfType(OutOfMemoryError.class).isThrownBy(() -> serve(filter, new FakeRequest()));
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
                .isThrownBy(() -> filter.doFilter(new FakeRequest().http(), new FakeResponse().http(), failing));
        assertThat(served).isEqualTo(1);
        assertThat(filter.stats().failed()).isZero();
    }

    @Test
    void chargeOnThatFailsRefundsUnlessFailuresDeny() {
        ChargeOn broken = (response, status) -> {
            throw new IllegalStateException("on purpose");
        };
        try (LogRecords quiet = new LogRecords()) {
            for (OnFailure onFailure : OnFailure.values()) {
                LocalLimiter<ClientAddress> own = limiter("10/minute");
                RateLimitFilter filter = RateLimitFilter.builder(own)
                        .chargeOn(broken)
                        .onFailure(onFailure)
                        .build();
                assertThat(serve(filter, new FakeRequest()).status).isEqualTo(200);
                assertThat(own.peek(ClientAddress.parse("192.0.2.1"), 1).remaining())
                        .isEqualTo(onFailure == OnFailure.ALLOW ? 10 : 9);
                assertThat(filter.stats().failed()).isEqualTo(1);
            }
            assertThat(quiet.warnings()).hasSize(2);
        }
    }

    @Test
    void whatIsNotHttpPasses() throws Exception {
        ServletRequest request = (ServletRequest) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {ServletRequest.class}, (p, m, a) -> fail());
        ServletResponse response = (ServletResponse) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {ServletResponse.class}, (p, m, a) -> fail());
        RateLimitFilter.builder(limiter).build().doFilter(request, response, chain);
        assertThat(served).isEqualTo(1);
    }

    @Test
    void aFilterForInitParamsNeedsInit() {
        RateLimitFilter filter = new RateLimitFilter();
        assertThatIllegalStateException()
                .isThrownBy(() -> filter.doFilter(new FakeRequest().http(), new FakeResponse().http(), chain))
                .withMessageContaining("init");
    }

    @Test
    void aNameMeansOneFilterInAContext() throws ServletException {
        FakeConfig config = FakeConfig.of("f", Map.of("limits", "1/s", "sweepInterval", "0"));
        RateLimitFilter first = new RateLimitFilter();
        first.init(config);
        assertThatExceptionOfType(ServletException.class)
                .isThrownBy(() -> new RateLimitFilter().init(config))
                .withMessageContaining("\"f\"");
        assertThatExceptionOfType(ServletException.class)
                .isThrownBy(
                        () -> RateLimitFilter.builder(limiter).name("f").build().init(config))
                .withMessageContaining("\"f\"");
        assertThatExceptionOfType(ServletException.class)
                .isThrownBy(() -> first.init(config))
                .withMessageContaining("already");
        first.destroy();
        new RateLimitFilter().init(config);
        // After its end a filter may be started again, under another configuration.
        first.init(FakeConfig.of("g", Map.of("limits", "1/s", "sweepInterval", "0")));
    }

    @Test
    void destroyClosesWhatTheFilterMadeOnly() throws Exception {
        FakeLimiter handedIn = new FakeLimiter(Decision.allowed(false, List.of()));
        RateLimitFilter filter = RateLimitFilter.builder(handedIn)
                .rule(Rule.limiter("/a", handedIn), Rule.parse("made-here: /b 1/s"))
                .build();
        filter.init(FakeConfig.of("f", Map.of()));
        List<Thread> sweepers = sweepers();
        assertThat(sweepers).hasSize(1);
        filter.destroy();
        for (Thread sweeper : sweepers) {
            // It was told to end; this waits until it has.
            sweeper.join(60_000);
            assertThat(sweeper.isAlive()).isFalse();
        }
        assertThat(handedIn.calls).doesNotContain("close");
        filter.destroy();
    }

    @Test
    void aRequestThatComesAfterTheEndIsDecidedAsBefore() throws Exception {
        for (RateLimitFilter filter : List.of(
                RateLimitFilter.builder(limiter)
                        .rule(Rule.parse("made-here: /b 1/day"))
                        .build(),
                new RateLimitFilter())) {
            filter.init(FakeConfig.of("f", Map.of("limits", "2/day", "rules", "made-here: /b 1/day")));
            assertThat(serve(filter, new FakeRequest().path("/b")).status).isEqualTo(200);
            List<Thread> sweepers = sweepers();
            filter.destroy();
            assertThat(serve(filter, new FakeRequest().path("/b")).status).isEqualTo(429);
            for (Thread sweeper : sweepers) {
                sweeper.join(60_000);
            }
            assertThat(sweepers()).isEmpty();
        }
    }

    @Test
    void filtersThatNobodyNamedOrStartedEachCharge() {
        ServletContext context = FakeConfig.of("any", Map.of()).getServletContext();
        FakeRequest request = new FakeRequest().in(context);
        RateLimitFilter first = RateLimitFilter.builder(limiter).build();
        RateLimitFilter second = RateLimitFilter.builder(limiter("1/minute")).build();
        assertThat(serve(first, request).status).isEqualTo(200);
        assertThat(serve(second, request).status).isEqualTo(200);
        assertThat(request.attributes)
                .containsOnlyKeys(
                        RateLimitFilter.ATTRIBUTE_PREFIX + "headgate", RateLimitFilter.ATTRIBUTE_PREFIX + "headgate-2");
        assertThat(serve(second, new FakeRequest().in(context)).status).isEqualTo(429);
    }

    private static List<Thread> sweepers() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().contains("made-here"))
                .toList();
    }

    @Test
    void theBuilderMayBeUsedAgain() {
        RateLimitFilter.Builder builder = RateLimitFilter.builder(limiter);
        RateLimitFilter before = builder.build();
        builder.exempt(AddressRange.parse("0.0.0.0/0")).dryRun(true);
        serve(before, new FakeRequest());
        assertThat(before.stats().allowed()).isEqualTo(1);
        RateLimitFilter after = builder.build();
        serve(after, new FakeRequest());
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
