package io.headgate.containers;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.Overflow;
import io.headgate.http.NoAddress;
import io.headgate.http.OnFailure;
import io.headgate.http.RefusalStyle;
import io.headgate.net.ClientAddress;
import io.headgate.servlet.DeniedResponse;
import io.headgate.servlet.RateLimitFilter;
import io.headgate.testing.BrokenLimiter;
import io.headgate.testing.FakeTicker;
import jakarta.servlet.DispatcherType;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
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
    default void aBrowserSeesAPage() throws Exception {
        RateLimitFilter filter = RateLimitFilter.builder(OnContainer.limiter("1/minute"))
                .languages("en", "de")
                .build();
        App app = new App()
                .step("policy", (request, response, chain) -> {
                    response.setHeader("Content-Security-Policy", "default-src *");
                    response.setHeader("Vary", "Origin");
                    chain.doFilter(request, response);
                })
                .filter("limits", filter, "/*")
                .answer("/hello", "hello");
        try (Site site = open(app)) {
            site.get("/hello");
            Reply page = site.get(
                    "/hello", "Accept: text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language: de-DE,de;q=0.9");
            assertThat(page.status()).isEqualTo(429);
            assertThat(page.field("Content-Type")).isEqualToIgnoringCase("text/html;charset=utf-8");
            assertThat(page.field("Content-Language")).isEqualTo("de");
            assertThat(page.field("Retry-After")).isEqualTo("60");
            assertThat(page.field("Cache-Control")).isEqualTo("no-store");
            assertThat(page.all("Content-Security-Policy"))
                    .singleElement()
                    .asString()
                    .startsWith("default-src 'none'");
            assertThat(page.all("Vary")).containsExactly("Origin", "Accept, Accept-Language");
            assertThat(page.body())
                    .startsWith("<!DOCTYPE html>")
                    .contains("<p>Bitte versuchen Sie es in 60 Sekunden noch einmal.</p>");
            assertThat(site.get("/hello", "Accept: */*").field("Content-Type")).isEqualTo("application/problem+json");
            assertThat(site.get("/hello", "Accept: text/html", "Accept-Language: \"")
                            .field("Content-Type"))
                    .isEqualTo("application/problem+json");
        }
    }

    @Test
    default void theApplicationsErrorPageByOneSwitch() throws Exception {
        RateLimitFilter filter = RateLimitFilter.builder(OnContainer.limiter("1/minute"))
                .refusal(RefusalStyle.ERROR_PAGE)
                .build();
        App app = new App()
                .filter("limits", filter, Map.of(), EnumSet.allOf(DispatcherType.class), "/*")
                .errorPage(429, "/slow")
                .answer("/slow", "slow down")
                .answer("/hello", "hello");
        try (Site site = open(app)) {
            site.get("/hello");
            for (int i = 0; i < 3; i++) {
                Reply reply = site.get("/hello");
                assertThat(reply.status()).isEqualTo(429);
                assertThat(reply.body()).isEqualTo("slow down");
                assertThat(reply.field("Retry-After")).isEqualTo("60");
                assertThat(reply.field("RateLimit")).isEqualTo("\"l\";r=0;t=60");
                assertThat(reply.field("Cache-Control")).contains("no-store");
            }
            assertThat(filter.stats().denied()).isEqualTo(3);
        }
    }

    @Test
    default void aFunctionMayLeaveTheAnswerToUs() throws Exception {
        RateLimitFilter filter = RateLimitFilter.builder(OnContainer.limiter("1/minute"))
                .onDenied((request, response, decision) -> {
                    if (request.getQueryString() == null) {
                        DeniedResponse.problem().write(request, response, decision);
                    } else if (request.getQueryString().equals("fail")) {
                        throw new IOException("on purpose");
                    } else {
                        App.write(response, "slow down");
                    }
                })
                .build();
        App app = new App().filter("limits", filter, "/*").answer("/hello", "hello");
        try (Site site = open(app)) {
            site.get("/hello");
            assertThat(site.get("/hello?x").body()).isEqualTo("slow down");
            for (String query : List.of("", "?fail")) {
                Reply reply = site.get("/hello" + query);
                assertThat(reply.status()).isEqualTo(429);
                assertThat(reply.field("Content-Type")).isEqualTo("application/problem+json");
                assertThat(reply.body()).startsWith("{\"type\"").endsWith("[\"l\"]}");
            }
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
                    if (request.getHeader("Length") != null) {
                        response.setContentLength(request.getIntHeader("Length"));
                    }
                    response.getWriter();
                    chain.doFilter(request, response);
                })
                .filter("limits", RateLimitFilter.builder(limiter).build(), "/*")
                .servlet("/hello", (request, response) -> response.getWriter().print("hello"));
        try (Site site = open(app)) {
            assertThat(site.get("/hello").body()).isEqualTo("hello");
            for (String[] fields : new String[][] {{}, {"Length: 3"}, {"Length: 3000"}}) {
                Reply reply = site.get("/hello", fields);
                assertThat(reply.status()).isEqualTo(429);
                assertThat(reply.field("Content-Type")).startsWith("application/problem+json");
                assertThat(reply.body()).startsWith("{\"type\"").endsWith("[\"l\"]}");
            }
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
