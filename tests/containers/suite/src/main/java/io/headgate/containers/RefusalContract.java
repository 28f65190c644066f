package io.headgate.containers;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.Overflow;
import io.headgate.http.NoAddress;
import io.headgate.http.OnFailure;
import io.headgate.net.ClientAddress;
import io.headgate.servlet.RateLimitFilter;
import io.headgate.testing.BrokenLimiter;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** How a request is refused, also in a response that somebody has touched already, and what fails without harm. */
interface RefusalContract extends OnContainer {

    @Test
    default void aRefusedBodyIsNotRead() throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter("1/minute");
        AtomicInteger served = new AtomicInteger();
        App app = new App()
                .filter("limits", RateLimitFilter.builder(limiter).build(), "/*")
                .servlet("/hello", (request, response) -> served.incrementAndGet());
        try (Site site = open(app)) {
            site.get("/hello");
            // The body is announced and never sent: who waited for it would wait in vain.
            Reply reply = site.send("127.0.0.1", "POST", "/hello", "Expect: 100-continue", "Content-Length: 5");
            assertThat(reply.status()).isEqualTo(429);
            assertThat(served).hasValue(1);
        }
    }

    @Test
    default void aCommittedResponseIsLeftAloneAndStillDenied() throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter("1/minute");
        AtomicInteger served = new AtomicInteger();
        App app = new App()
                .step("early", (request, response, chain) -> {
                    App.write(response, "early");
                    response.flushBuffer();
                    chain.doFilter(request, response);
                })
                .filter("limits", RateLimitFilter.builder(limiter).build(), "/*")
                .servlet("/hello", (request, response) -> served.incrementAndGet());
        try (Site site = open(app)) {
            for (int i = 0; i < 3; i++) {
                Reply reply = site.get("/hello");
                assertThat(reply.status()).isEqualTo(200);
                assertThat(reply.body()).isEqualTo("early");
            }
            assertThat(served).hasValue(1);
        }
    }

    @Test
    default void whatWasBufferedBeforeIsNotPartOfTheRefusal() throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter("1/minute");
        App app = new App()
                .step("early", (request, response, chain) -> {
                    App.write(response, "early");
                    chain.doFilter(request, response);
                })
                .filter("limits", RateLimitFilter.builder(limiter).build(), "/*")
                .answer("/hello", "hello");
        try (Site site = open(app)) {
            assertThat(site.get("/hello").body()).isEqualTo("earlyhello");
            Reply reply = site.get("/hello");
            assertThat(reply.status()).isEqualTo(429);
            assertThat(reply.field("Content-Length"))
                    .isEqualTo(Integer.toString(reply.body().length()));
            assertThat(reply.body()).startsWith("{\"type\"").endsWith("[\"l\"]}");
        }
    }

    @Test
    default void theRefusalGoesThroughAWriterThatIsTaken() throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter("1/minute");
        App app = new App()
                .step("early", (request, response, chain) -> {
                    response.getWriter();
                    chain.doFilter(request, response);
                })
                .filter("limits", RateLimitFilter.builder(limiter).build(), "/*")
                .servlet("/hello", (request, response) -> response.getWriter().print("hello"));
        try (Site site = open(app)) {
            assertThat(site.get("/hello").body()).isEqualTo("hello");
            Reply reply = site.get("/hello");
            assertThat(reply.status()).isEqualTo(429);
            assertThat(reply.field("Content-Type")).startsWith("application/problem+json");
            assertThat(reply.body()).startsWith("{\"type\"").endsWith("[\"l\"]}");
        }
    }

    @Test
    default void statusTypeAndBodyCanBeReplaced() throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter("1/minute");
        RateLimitFilter filter = RateLimitFilter.builder(limiter)
                .onDenied((request, response, decision) -> {
                    response.setStatus(503);
                    response.setContentType("text/plain");
                    response.getOutputStream().print("busy " + decision.remaining());
                })
                .build();
        try (Site site = open(new App().filter("limits", filter, "/*").answer("/hello", "hello"))) {
            site.get("/hello");
            Reply reply = site.get("/hello");
            assertThat(reply.status()).isEqualTo(503);
            assertThat(reply.body()).isEqualTo("busy 0");
            assertThat(reply.field("Content-Type")).startsWith("text/plain");
            assertThat(reply.field("Retry-After")).isEqualTo("60");
            assertThat(reply.field("RateLimit")).isEqualTo("\"l\";r=0;t=60");
        }
    }

    @Test
    default void aReplacementThatFailsLeavesTheUsualRefusal() throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter("1/minute");
        RateLimitFilter filter = RateLimitFilter.builder(limiter)
                .onDenied((request, response, decision) -> {
                    response.getOutputStream().print("half a");
                    throw new IllegalStateException("on purpose");
                })
                .build();
        try (Site site = open(new App().filter("limits", filter, "/*").answer("/hello", "hello"))) {
            site.get("/hello");
            Reply reply = site.get("/hello");
            assertThat(reply.status()).isEqualTo(429);
            assertThat(reply.body()).startsWith("{\"type\"").endsWith("[\"l\"]}");
            assertThat(filter.stats().failed()).isEqualTo(1);
        }
    }

    @Test
    default void withoutAnAddressTheRequestIsDeniedWithoutAPromise() throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter("1/minute");
        RateLimitFilter filter = RateLimitFilter.builder(limiter)
                .resolver(request -> null)
                .noAddress(NoAddress.DENY)
                .build();
        try (Site site = open(new App().filter("limits", filter, "/*").answer("/hello", "hello"))) {
            assertNoPromise(site.get("/hello"));
        }
    }

    @Test
    default void withoutAnAddressRequestsShareOneBucket() throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter("2/minute");
        RateLimitFilter filter =
                RateLimitFilter.builder(limiter).resolver(request -> null).build();
        try (Site site = open(new App().filter("limits", filter, "/*").answer("/hello", "hello"))) {
            assertThat(site.send("127.0.0.2", "GET", "/hello").status()).isEqualTo(200);
            assertThat(site.send("127.0.0.3", "GET", "/hello").status()).isEqualTo(200);
            assertThat(site.send("127.0.0.4", "GET", "/hello").status()).isEqualTo(429);
            assertThat(limiter.peek(ClientAddress.parse("::"), 1).remaining()).isZero();
        }
    }

    @Test
    default void aLimiterWithoutRoomDeniesWithoutAPromise() throws Exception {
        LocalLimiter<ClientAddress> limiter = Limiter.forAddresses(Limit.parse("5/minute"))
                .ticker(new FakeTicker())
                .sweepInterval(Duration.ZERO)
                .maxKeys(1)
                .overflow(Overflow.DENY)
                .build();
        App app = new App()
                .filter("limits", RateLimitFilter.builder(limiter).build(), "/*")
                .answer("/hello", "hello");
        try (Site site = open(app)) {
            assertThat(site.get("/hello").status()).isEqualTo(200);
            assertNoPromise(site.send("127.0.0.2", "GET", "/hello"));
            assertThat(site.get("/hello").status()).isEqualTo(200);
        }
    }

    private static void assertNoPromise(Reply reply) {
        assertThat(reply.status()).isEqualTo(429);
        assertThat(reply.field("Content-Type")).isEqualTo("application/problem+json");
        assertThat(reply.field("Cache-Control")).isEqualTo("no-store");
        assertThat(reply.field("Retry-After")).isEmpty();
        assertThat(reply.field("RateLimit")).isEmpty();
        assertThat(reply.body()).endsWith("\"status\":429}");
    }

    @Test
    default void aFailingLimiterLetsTheChainRunOnce() throws Exception {
        AtomicInteger served = new AtomicInteger();
        RateLimitFilter filter =
                RateLimitFilter.builder(new BrokenLimiter<ClientAddress>()).build();
        App app = new App().filter("limits", filter, "/*").servlet("/fail", (request, response) -> {
            served.incrementAndGet();
            throw new IllegalStateException("on purpose");
        });
        try (Site site = open(app)) {
            assertThat(site.get("/fail").status()).isEqualTo(500);
            assertThat(served).hasValue(1);
            assertThat(filter.stats().failed()).isEqualTo(1);
        }
    }

    @Test
    default void aFailingLimiterMayRefuseWith503() throws Exception {
        AtomicInteger served = new AtomicInteger();
        RateLimitFilter filter = RateLimitFilter.builder(new BrokenLimiter<ClientAddress>())
                .onFailure(OnFailure.DENY)
                .build();
        App app = new App()
                .filter("limits", filter, "/*")
                .servlet("/hello", (request, response) -> served.incrementAndGet());
        try (Site site = open(app)) {
            Reply reply = site.get("/hello");
            assertThat(reply.status()).isEqualTo(503);
            assertThat(reply.field("Content-Type")).isEqualTo("application/problem+json");
            assertThat(reply.field("RateLimit")).isEmpty();
            assertThat(served).hasValue(0);
        }
    }
}
