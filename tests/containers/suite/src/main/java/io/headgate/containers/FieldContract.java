package io.headgate.containers;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.LocalLimiter;
import io.headgate.http.HeaderStyle;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.servlet.RateLimitFilter;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a client reads about its limits, to the letter. */
interface FieldContract extends OnContainer {

    private static LocalLimiter<ClientAddress> burstAndHourly(FakeTicker ticker) {
        return OnContainer.limiter(
                ticker,
                Limit.parse("10/second burst 20").named("burst"),
                Limit.parse("500/hour").named("hourly"));
    }

    private static App app(RateLimitFilter.Builder filter) {
        return new App()
                .filter("limits", filter.build(), "/*")
                .answer("/hello", "hello")
                .servlet("/nothing", (request, response) -> response.sendError(404));
    }

    @Test
    default void everyAnswerTellsPoliciesAndState() throws Exception {
        FakeTicker ticker = new FakeTicker();
        try (Site site = open(app(RateLimitFilter.builder(burstAndHourly(ticker))))) {
            Reply reply = site.get("/hello");
            assertThat(reply.status()).isEqualTo(200);
            assertThat(reply.body()).isEqualTo("hello");
            assertThat(reply.field("RateLimit-Policy")).isEqualTo("\"burst\";q=20;w=2, \"hourly\";q=500;w=3600");
            assertThat(reply.field("RateLimit")).isEqualTo("\"burst\";r=19;t=2, \"hourly\";r=499;t=3593");
            assertThat(reply.field("Retry-After")).isEmpty();

            assertThat(site.get("/nothing").status()).isEqualTo(404);
            assertThat(site.get("/nothing").field("RateLimit"))
                    .isEqualTo("\"burst\";r=17;t=2, \"hourly\";r=497;t=3579");
        }
    }

    @Test
    default void theRefusalIsAsDocumented() throws Exception {
        FakeTicker ticker = new FakeTicker();
        try (Site site = open(app(RateLimitFilter.builder(burstAndHourly(ticker))))) {
            for (int i = 0; i < 20; i++) {
                assertThat(site.get("/hello").status()).isEqualTo(200);
            }
            Reply reply = site.get("/hello");
            String body = "{\"type\":\"https://iana.org/assignments/http-problem-types#quota-exceeded\","
                    + "\"title\":\"Quota Exceeded\",\"status\":429,\"violated-policies\":[\"burst\"]}";
            assertThat(reply.status()).isEqualTo(429);
            assertThat(reply.body()).isEqualTo(body);
            assertThat(reply.field("Content-Type")).isEqualTo("application/problem+json");
            assertThat(reply.field("Content-Length")).isEqualTo(Integer.toString(body.length()));
            assertThat(reply.field("Cache-Control")).isEqualTo("no-store");
            assertThat(reply.field("Retry-After")).isEqualTo("1");
            assertThat(reply.field("RateLimit-Policy")).isEqualTo("\"burst\";q=20;w=2, \"hourly\";q=500;w=3600");
            assertThat(reply.field("RateLimit")).isEqualTo("\"burst\";r=0;t=1, \"hourly\";r=480");

            Reply head = site.send("HEAD", "/hello");
            assertThat(head.status()).isEqualTo(429);
            assertThat(head.body()).isEmpty();
            for (String field : new String[] {
                "Content-Type", "Content-Length", "Cache-Control", "Retry-After", "RateLimit-Policy", "RateLimit"
            }) {
                assertThat(head.field(field)).as(field).isEqualTo(reply.field(field));
            }
        }
    }

    @Test
    default void whoWaitsAsToldIsAdmitted() throws Exception {
        FakeTicker ticker = new FakeTicker();
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter(ticker, Limit.parse("7/minute"));
        try (Site site = open(app(RateLimitFilter.builder(limiter)))) {
            for (int i = 0; i < 7; i++) {
                site.get("/hello");
            }
            ticker.advance(Duration.ofMillis(570));
            long wait = Long.parseLong(site.get("/hello").field("Retry-After"));
            assertThat(wait).isEqualTo(9); // 60 s / 7 - 0.57 s = 8.0014 s
            ticker.advance(Duration.ofSeconds(wait));
            assertThat(site.get("/hello").status()).isEqualTo(200);
            assertThat(site.get("/hello").status()).isEqualTo(429);
        }
    }

    @Test
    default void waitingIsNotPromisedWhereItWouldNotHelp() throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter("5/minute");
        try (Site site = open(app(RateLimitFilter.builder(limiter).cost(request -> 6)))) {
            Reply reply = site.get("/hello");
            assertThat(reply.status()).isEqualTo(429);
            assertThat(reply.field("Retry-After")).isEmpty();
            assertThat(reply.field("RateLimit")).isEqualTo("\"l\";r=5");
            assertThat(OnContainer.taken(limiter, 5)).isZero();
        }
    }

    @Test
    default void legacyFieldsSpeakForOneLimit() throws Exception {
        FakeTicker ticker = new FakeTicker();
        LocalLimiter<ClientAddress> limiter =
                OnContainer.limiter(ticker, Limit.parse("10/second burst 20").named("burst"), Limit.parse("10/hour"));
        try (Site site = open(app(RateLimitFilter.builder(limiter).headers(HeaderStyle.LEGACY)))) {
            Reply reply = site.get("/hello");
            assertThat(reply.field("X-RateLimit-Limit")).isEqualTo("10");
            assertThat(reply.field("X-RateLimit-Remaining")).isEqualTo("9");
            assertThat(reply.field("X-RateLimit-Reset")).isEqualTo("360");
            assertThat(reply.field("RateLimit")).isEmpty();
            assertThat(reply.field("RateLimit-Policy")).isEmpty();
        }
    }

    @Test
    default void withoutFieldsOnlyRetryAfterIsLeft() throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter("1/minute");
        try (Site site = open(app(RateLimitFilter.builder(limiter).headers(HeaderStyle.NONE)))) {
            assertThat(site.get("/hello").fields()).noneMatch(line -> line.contains("RateLimit"));
            Reply reply = site.get("/hello");
            assertThat(reply.fields()).noneMatch(line -> line.contains("RateLimit"));
            assertThat(reply.field("Retry-After")).isEqualTo("60");
        }
    }

    @Test
    default void theExemptAreNeitherChargedNorTold() throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter("1/minute");
        try (Site site = open(app(RateLimitFilter.builder(limiter).exempt(AddressRange.parse("127.0.0.2/31"))))) {
            for (int i = 0; i < 3; i++) {
                Reply reply = site.send("127.0.0.3", "GET", "/hello");
                assertThat(reply.status()).isEqualTo(200);
                assertThat(reply.fields()).noneMatch(line -> line.contains("RateLimit"));
            }
            assertThat(limiter.size()).isZero();
            assertThat(site.get("/hello").status()).isEqualTo(200);
            assertThat(site.get("/hello").status()).isEqualTo(429);
        }
    }

    @Test
    default void twoFiltersEachChargeAndCombineTheirFields() throws Exception {
        LocalLimiter<ClientAddress> outer =
                OnContainer.limiter(new FakeTicker(), Limit.parse("5/minute").named("outer"));
        LocalLimiter<ClientAddress> inner =
                OnContainer.limiter(new FakeTicker(), Limit.parse("3/minute").named("inner"));
        App app = new App()
                .filter("a", RateLimitFilter.builder(outer).build(), "/*")
                .filter("b", RateLimitFilter.builder(inner).build(), "/*")
                .servlet("/hello", (request, response) -> {
                    response.addHeader("RateLimit", "\"own\";r=1");
                    App.write(response, "hello");
                });
        try (Site site = open(app)) {
            assertThat(String.join(", ", site.get("/hello").all("RateLimit")))
                    .isEqualTo("\"outer\";r=4;t=48, \"inner\";r=2;t=40, \"own\";r=1");
        }
    }

    @Test
    default void fieldsOutliveAnExceptionWhereTheContainerLetsThem() throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter("5/minute");
        App app = new App()
                .filter("limits", RateLimitFilter.builder(limiter).build(), "/*")
                .servlet("/fail", (q, r) -> {
                    throw new IllegalStateException("on purpose");
                });
        try (Site site = open(app)) {
            Reply reply = site.get("/fail");
            assertThat(reply.status()).isEqualTo(500);
            assertThat(reply.field("RateLimit").isEmpty())
                    .isEqualTo(!container().keepsHeadersAfterException());
        }
    }

    /** So docs/http.md: the outer filter has added its fields before the inner one refuses. */
    @Test
    default void theFieldsOfAnOuterFilterMayBeLaterThanRetryAfter() throws Exception {
        RateLimitFilter outer =
                RateLimitFilter.builder(OnContainer.limiter("10/hour")).build();
        RateLimitFilter inner =
                RateLimitFilter.builder(OnContainer.limiter("1/second")).build();
        App app = new App()
                .filter("outer", outer, "/*")
                .filter("inner", inner, "/*")
                .answer("/", "hello");
        try (Site site = open(app)) {
            site.get("/");
            Reply reply = site.get("/");
            assertThat(reply.status()).isEqualTo(429);
            assertThat(reply.field("Retry-After")).isEqualTo("1");
            assertThat(reply.all("RateLimit")).containsExactly("\"l\";r=8;t=2880", "\"l\";r=0;t=1");
        }
    }
}
