package io.headgate.containers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.Decision;
import io.headgate.LocalLimiter;
import io.headgate.net.ClientAddress;
import io.headgate.servlet.RateLimitFilter;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** One request costs once, however the container leads it through the filter. */
interface DispatchContract extends OnContainer {

    /** An application whose servlets lead a request on in every way. */
    private static App app(RateLimitFilter filter, Set<DispatcherType> dispatches) {
        return new App()
                .filter("limits", filter, Map.of(), dispatches, "/*", "/target", "*.x")
                .answer("/target", "target")
                .answer("/oops", "oops")
                .errorPage(418, "/oops")
                .errorPage(429, "/oops")
                .errorPage(500, "/oops")
                .servlet("/plain.x", (request, response) -> App.write(response, "plain"))
                .servlet("/forward", (request, response) -> lead(request, response, "/target", true))
                .servlet("/include", (request, response) -> {
                    App.write(response, "<");
                    lead(request, response, "/target", false);
                    App.write(response, ">");
                })
                .servlet("/sendError", (request, response) -> response.sendError(418))
                .servlet("/throw", (request, response) -> {
                    throw new IllegalStateException("on purpose");
                })
                .servlet("/async", (request, response) -> request.startAsync().dispatch("/target"))
                .servlet("/asyncThread", (request, response) -> {
                    var async = request.startAsync();
                    async.start(() -> {
                        try {
                            App.write(async.getResponse(), "later");
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                        async.complete();
                    });
                })
                .servlet("/asyncTwice", (request, response) -> {
                    if (request.getDispatcherType() == DispatcherType.ASYNC) {
                        lead(request, response, "/async", true);
                    } else {
                        request.startAsync().dispatch("/asyncTwice");
                    }
                });
    }

    private static void lead(HttpServletRequest request, HttpServletResponse response, String path, boolean forward)
            throws ServletException, IOException {
        var dispatcher = request.getRequestDispatcher(path);
        if (dispatcher == null) {
            throw new IllegalStateException(path);
        }
        if (forward) {
            dispatcher.forward(request, response);
        } else {
            dispatcher.include(request, response);
        }
    }

    @Test
    default void everyWayThroughCostsOnce() throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter("100/minute");
        RateLimitFilter filter = RateLimitFilter.builder(limiter).build();
        try (Site site = open(app(filter, EnumSet.allOf(DispatcherType.class)))) {
            Map<String, String> answers = Map.of(
                    "/target", "target",
                    "/plain.x", "plain",
                    "/forward", "target",
                    "/include", "<target>",
                    "/sendError", "oops",
                    "/throw", "oops",
                    "/async", "target",
                    "/asyncThread", "later",
                    "/asyncTwice", "target");
            long taken = 0;
            for (Map.Entry<String, String> way : answers.entrySet()) {
                assertThat(site.get(way.getKey()).body()).as(way.getKey()).isEqualTo(way.getValue());
                assertThat(OnContainer.taken(limiter, 100)).as(way.getKey()).isEqualTo(++taken);
            }
            assertThat(site.send("HEAD", "/forward").body()).isEmpty();
            assertThat(OnContainer.taken(limiter, 100)).isEqualTo(taken + 1);
        }
    }

    @Test
    default void aRefusalIsFinal() throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter("1/minute");
        RateLimitFilter filter = RateLimitFilter.builder(limiter).build();
        try (Site site = open(app(filter, EnumSet.allOf(DispatcherType.class)))) {
            site.get("/target");
            // There is an error page for 429: neither is it shown nor does the request come by once more.
            Reply reply = site.get("/async");
            assertThat(reply.status()).isEqualTo(429);
            assertThat(reply.body()).startsWith("{\"type\"");
            assertThat(filter.stats().denied()).isEqualTo(1);
        }
    }

    @Test
    default void theFirstDispatchMayBeAForward() throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter("1/minute");
        RateLimitFilter filter = RateLimitFilter.builder(limiter).build();
        try (Site site = open(app(filter, EnumSet.of(DispatcherType.FORWARD)))) {
            assertThat(site.get("/target").body()).isEqualTo("target");
            assertThat(OnContainer.taken(limiter, 1)).isZero();
            assertThat(site.get("/forward").body()).isEqualTo("target");
            assertThat(OnContainer.taken(limiter, 1)).isEqualTo(1);
            assertThat(site.get("/forward").status()).isEqualTo(429);
        }
    }

    @Test
    default void theFirstDispatchMayBeAsynchronous() throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter("1/minute");
        RateLimitFilter filter = RateLimitFilter.builder(limiter).build();
        try (Site site = open(app(filter, EnumSet.of(DispatcherType.ASYNC)))) {
            assertThat(site.get("/async").body()).isEqualTo("target");
            assertThat(OnContainer.taken(limiter, 1)).isEqualTo(1);
            Reply reply = site.get("/async");
            assertThat(reply.status()).isEqualTo(429);
            assertThat(reply.body()).startsWith("{\"type\"");
        }
    }

    @Test
    default void includesAndErrorPagesAreNeverChargedOrDenied() throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter("1/minute");
        RateLimitFilter filter = RateLimitFilter.builder(limiter).build();
        limiter.decide(LOCAL);
        try (Site site = open(app(filter, EnumSet.of(DispatcherType.INCLUDE, DispatcherType.ERROR)))) {
            assertThat(site.get("/include").body()).isEqualTo("<target>");
            assertThat(site.get("/sendError").body()).isEqualTo("oops");
            assertThat(site.get("/throw").body()).isEqualTo("oops");
            assertThat(filter.stats().denied() + filter.stats().allowed()).isZero();
        }
    }

    @Test
    default void aTraceIsAnsweredByTheContainerOrChargedOnce() throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter("1/minute");
        limiter.decide(LOCAL);
        List<DispatcherType> seen = new CopyOnWriteArrayList<>();
        RateLimitFilter filter = RateLimitFilter.builder(limiter).build();
        App app = new App()
                .filter(
                        "witness",
                        (request, response, chain) -> {
                            seen.add(request.getDispatcherType());
                            chain.doFilter(request, response);
                        },
                        Map.of(),
                        EnumSet.allOf(DispatcherType.class),
                        "/*")
                .filter("limits", filter, Map.of(), EnumSet.allOf(DispatcherType.class), "/*")
                .answer("/target", "target");
        try (Site site = open(app)) {
            Reply reply = site.send("TRACE", "/target");
            boolean first = !seen.isEmpty() && seen.get(0) != DispatcherType.ERROR;
            assertThat(reply.status() == 429)
                    .as("status %s after %s", reply.status(), seen)
                    .isEqualTo(first);
            assertThat(filter.stats().denied()).isEqualTo(first ? 1 : 0);
        }
    }

    @Test
    default void handlersFindTheDecision() throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter("5/minute");
        RateLimitFilter filter = RateLimitFilter.builder(limiter).name("api").build();
        App app = new App().filter("limits", filter, "/*").servlet("/hello", (request, response) -> {
            Object decision = request.getAttribute(RateLimitFilter.ATTRIBUTE_PREFIX + "api");
            App.write(response, decision instanceof Decision d ? "left: " + d.remaining() : "none: " + decision);
        });
        try (Site site = open(app)) {
            assertThat(site.get("/hello").body()).isEqualTo("left: 4");
        }
    }

    @Test
    default void twoFiltersOfOneNameDoNotStart() {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter("5/minute");
        App app = new App()
                .filter("a", RateLimitFilter.builder(limiter).name("api").build(), "/*")
                .filter("b", RateLimitFilter.builder(limiter).name("api").build(), "/*");
        assertThatThrownBy(() -> container().start(app)).isNotNull();
    }
}
