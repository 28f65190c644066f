package io.headgate.servlet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.http.Rule;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.SweeperThreads;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How a filter starts and ends, and what it is called. */
class LifeCycleTest {

    private final SweeperThreads sweepers = new SweeperThreads();
    private final LocalLimiter<ClientAddress> limiter = limiter("2/minute");

    private static LocalLimiter<ClientAddress> limiter(String limit) {
        return Limiter.forAddresses(Limit.parse(limit))
                .ticker(new FakeTicker())
                .sweepInterval(Duration.ZERO)
                .build();
    }

    private static FakeResponse serve(RateLimitFilter filter, FakeRequest request) {
        FakeResponse response = FakeResponse.fresh();
        try {
            filter.doFilter(request, response, (q, r) -> {});
        } catch (IOException | ServletException e) {
            throw new AssertionError(e);
        }
        return response;
    }

    @Test
    void aFilterForInitParamsNeedsInit() {
        RateLimitFilter filter = new RateLimitFilter();
        assertThatIllegalStateException()
                .isThrownBy(() -> serve(filter, FakeRequest.any()))
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

    /** The container's name for it is the one of its general limits, and is known last. */
    @Test
    void aRuleHasNotTheNameOfTheFilter() throws ServletException {
        FakeContext context = FakeContext.empty();
        String rule = "login: /login 1/s";
        assertThatExceptionOfType(ServletException.class)
                .isThrownBy(() -> new RateLimitFilter()
                        .init(new FakeConfig("login", Map.of("limits", "1/s", "rules", rule), context)))
                .withMessageContainingAll("init-param \"rules\"", rule, "the form is", "has this name");
        RateLimitFilter onlyRules = new RateLimitFilter();
        onlyRules.init(new FakeConfig("login", Map.of("rules", rule, "sweepInterval", "0"), context));
        assertThat(serve(onlyRules, FakeRequest.any().path("/login")).status).isEqualTo(200);
        onlyRules.destroy();
    }

    @Test
    void destroyClosesWhatTheFilterMadeOnly() throws Exception {
        Limiter<ClientAddress> handedIn = mock();
        RateLimitFilter filter = RateLimitFilter.builder(handedIn)
                .rule(Rule.limiter("/a", handedIn), Rule.parse("made-here: /b 1/s"))
                .build();
        filter.init(FakeConfig.of("f", Map.of()));
        List<Thread> begun = sweepers.begun();
        assertThat(begun).hasSize(1);
        filter.destroy();
        assertThat(SweeperThreads.thatDoNotEnd(begun)).isEmpty();
        verify(handedIn, never()).close();
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
            assertThat(serve(filter, FakeRequest.any().path("/b")).status).isEqualTo(200);
            List<Thread> begun = sweepers.begun();
            filter.destroy();
            assertThat(serve(filter, FakeRequest.any().path("/b")).status).isEqualTo(429);
            assertThat(SweeperThreads.thatDoNotEnd(begun)).isEmpty();
            assertThat(sweepers.begun()).isEmpty();
        }
    }

    @Test
    void filtersThatNobodyNamedOrStartedEachCharge() {
        ServletContext context = FakeContext.empty();
        FakeRequest request = FakeRequest.any().in(context);
        RateLimitFilter first = RateLimitFilter.builder(limiter).build();
        RateLimitFilter second = RateLimitFilter.builder(limiter("1/minute")).build();
        RateLimitFilter third = RateLimitFilter.builder(limiter("2/minute")).build();
        for (RateLimitFilter filter : List.of(first, second, third)) {
            assertThat(serve(filter, request).status).isEqualTo(200);
        }
        assertThat(request.names(RateLimitFilter.ATTRIBUTE_PREFIX))
                .containsExactlyInAnyOrder(
                        RateLimitFilter.ATTRIBUTE_PREFIX + "headgate",
                        RateLimitFilter.ATTRIBUTE_PREFIX + "headgate-2",
                        RateLimitFilter.ATTRIBUTE_PREFIX + "headgate-3");
        assertThat(serve(second, FakeRequest.any().in(context)).status).isEqualTo(429);
    }

    /** It would let pass what the other one has seen. */
    @Test
    void whoeverIsStartedByARequestNeedsANameOfItsOwnToo() throws Exception {
        FakeContext context = FakeContext.empty();
        RateLimitFilter first =
                RateLimitFilter.builder().name("n").limits(Limit.perDay(1)).build();
        RateLimitFilter second =
                RateLimitFilter.builder().name("n").limits(Limit.perDay(1)).build();
        assertThat(serve(first, FakeRequest.any().in(context)).status).isEqualTo(200);
        assertThatIllegalStateException()
                .isThrownBy(() -> serve(second, FakeRequest.any().in(context)))
                .withMessageContaining("\"n\"");
        first.destroy();
        assertThat(serve(second, FakeRequest.any().in(context)).status).isEqualTo(200);
        second.destroy();
    }

    @Test
    void whoAsksForItsLimitsStartsAFilterThatHasAName() {
        RateLimitFilter filter = RateLimitFilter.builder(limiter).name("n").build();
        assertThat(filter.limits().name()).isEqualTo("n");
        assertThat(filter.limits()).isSameAs(filter.limits());
        serve(filter, FakeRequest.any());
        assertThat(filter.limits().stats().allowed()).isEqualTo(1);
    }

    @Test
    void aFilterThatTheContainerIsToNameHasNoLimitsBeforeIt() throws ServletException {
        RateLimitFilter filter = RateLimitFilter.builder(limiter).build();
        assertThatIllegalStateException().isThrownBy(filter::limits).withMessageContaining("init");
        filter.init(FakeConfig.of("f", Map.of()));
        assertThat(filter.limits().name()).isEqualTo("f");
    }

    /** As a container and a framework start, change and end it. */
    @Test
    void eachStepMayComeFromAnotherThread() throws Exception {
        RateLimitFilter filter = RateLimitFilter.builder(limiter).name("n").build();
        List<Callable<?>> steps = List.of(
                filter::limits,
                () -> serve(filter, FakeRequest.any()),
                () -> {
                    filter.init(FakeConfig.of("f", Map.of()));
                    return null;
                },
                () -> {
                    filter.replace(RateLimitFilter.builder(limiter).name("n"));
                    return null;
                },
                () -> serve(filter, FakeRequest.any()),
                () -> {
                    filter.destroy();
                    return null;
                },
                () -> {
                    filter.init(FakeConfig.of("f", Map.of()));
                    return null;
                });
        for (Callable<?> step : steps) {
            FutureTask<?> task = new FutureTask<>(step);
            new Thread(task).start();
            task.get(60, TimeUnit.SECONDS);
        }
        assertThat(filter.stats().allowed()).isEqualTo(2);
    }
}
