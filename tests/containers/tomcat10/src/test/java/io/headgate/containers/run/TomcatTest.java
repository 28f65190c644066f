package io.headgate.containers.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.containers.App;
import io.headgate.containers.Conformance;
import io.headgate.containers.Container;
import io.headgate.containers.Site;
import io.headgate.http.ClientAddressResolver;
import io.headgate.http.Rule;
import io.headgate.net.ClientAddress;
import io.headgate.servlet.RateLimitFilter;
import io.headgate.testing.FakeTicker;
import jakarta.servlet.http.HttpServletRequest;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.catalina.Engine;
import org.apache.catalina.filters.RemoteIpFilter;
import org.apache.catalina.valves.RemoteIpValve;
import org.junit.jupiter.api.Test;

class TomcatTest implements Conformance {

    private final LocalLimiter<ClientAddress> limiter = Limiter.forAddresses(Limit.parse("10/minute"))
            .ticker(new FakeTicker())
            .sweepInterval(Duration.ZERO)
            .build();

    @Override
    public Container container() {
        return new Tomcat();
    }

    /** Strategy "native" of Spring Boot: the peer that we see is the client already. */
    @Test
    void behindRemoteIpValveThePeerIsTheClient() throws Exception {
        App app = new App()
                .filter("limits", RateLimitFilter.builder(limiter).build(), "/*")
                .answer("/", "hello");
        Container valve = new Tomcat(context -> context.getPipeline().addValve(new RemoteIpValve()));
        try (Site site = new Site(valve.start(app))) {
            site.get("/", "X-Forwarded-For: 6.6.6.6, 198.51.100.7, 10.2.2.2");
            assertThat(taken("198.51.100.7")).isEqualTo(1);
            assertThat(limiter.size()).isEqualTo(1);
        }
    }

    /** A wrapper, so it is looked through; whoever wants its answer asks for it. */
    @Test
    void behindRemoteIpFilterAResolverOfOnesOwnIsNeeded() throws Exception {
        ClientAddressResolver own = request -> ClientAddress.tryParse(
                Objects.requireNonNull(request.unwrap(HttpServletRequest.class)).getRemoteAddr());
        for (Map.Entry<ClientAddressResolver, String> each : Map.of(
                        ClientAddressResolver.remoteAddress(), "127.0.0.1", own, "198.51.100.7")
                .entrySet()) {
            App app = new App()
                    .filter("remote ip", new RemoteIpFilter(), "/*")
                    .filter(
                            "limits",
                            RateLimitFilter.builder(limiter)
                                    .resolver(each.getKey())
                                    .build(),
                            "/*")
                    .answer("/", "hello");
            try (Site site = new Site(container().start(app))) {
                site.get("/", "X-Forwarded-For: 6.6.6.6, 198.51.100.7, 10.2.2.2");
                assertThat(taken(each.getValue())).isEqualTo(1);
            }
        }
    }

    /** What docs/http.md advises: else Tomcat asks for the body before any filter runs. */
    @Test
    void continueOnReadSparesARefusedBody() throws Exception {
        App app = new App()
                .filter("limits", RateLimitFilter.builder(limiter).build(), "/*")
                .answer("/", "hello");
        limiter.decide(ClientAddress.parse("127.0.0.1"), 10);
        for (Map.Entry<String, String> each :
                Map.of("immediately", "HTTP/1.1 100", "onRead", "HTTP/1.1 429").entrySet()) {
            Container timed =
                    new Tomcat(context -> ((Engine) context.getParent().getParent())
                            .getService()
                            .findConnectors()[0]
                            .setProperty("continueResponseTiming", each.getKey()));
            Container.Server server = timed.start(app);
            try (Socket client = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
                client.getOutputStream()
                        .write("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
                                .getBytes(StandardCharsets.ISO_8859_1));
                assertThat(client.getInputStream().readNBytes(12))
                        .asString(StandardCharsets.ISO_8859_1)
                        .isEqualTo(each.getValue());
            } finally {
                server.stop();
            }
        }
    }

    /** Tomcat hands on the context path as the client wrote it, and applications make their redirects of that. */
    @Test
    void belowAContextPathEachWrongPasswordIsCharged() throws Exception {
        for (String path : List.of(
                "/ctx/login",
                "/x/../ctx/login",
                "/./ctx/login",
                "/%2e/ctx/login",
                "/;/ctx/login",
                "/ctx;a=b/login",
                "/ctx;/login;x",
                "/ctx//login")) {
            for (String target : List.of("context", "relative", "own")) {
                RateLimitFilter filter = RateLimitFilter.builder(limiter)
                        .rule(Rule.parse("/login/* 5/hour charge-on 302 to /login?error"))
                        .build();
                AtomicInteger guesses = new AtomicInteger();
                App app = new App().filter("limits", filter, "/*").servlet("/login", (request, response) -> {
                    guesses.incrementAndGet();
                    response.sendRedirect(
                            switch (target) {
                                case "context" -> request.getContextPath() + "/login?error";
                                case "relative" -> "login?error";
                                default -> request.getRequestURI() + "?error";
                            });
                });
                limiter.reset(ClientAddress.parse("127.0.0.1"));
                try (Site site = new Site(new Tomcat(context -> context.setPath("/ctx")).start(app))) {
                    for (int i = 0; i < 7; i++) {
                        site.send("POST", path);
                    }
                }
                assertThat(guesses).as("%s, %s", path, target).hasValue(5);
            }
        }
    }

    /** What docs/http.md says of it: Tomcat reads so much of a refused upload by itself. */
    @Test
    void aLargerSwallowSizeLetsAnUploadEnd() throws Exception {
        App app = new App()
                .filter("limits", RateLimitFilter.builder(limiter).build(), "/*")
                .answer("/", "hello");
        limiter.decide(ClientAddress.parse("127.0.0.1"), 10);
        Container patient = new Tomcat(context -> ((Engine) context.getParent().getParent())
                .getService()
                .findConnectors()[0]
                .setProperty("maxSwallowSize", "10000000"));
        String upload = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n" + "x".repeat(10_000_000);
        String last = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        try (Site site = new Site(patient.start(app))) {
            assertThat(site.exchange("127.0.0.1", upload + last).body())
                    .as("the second answer on that connection")
                    .contains("HTTP/1.1 429");
        }
    }

    private long taken(String client) {
        return 10 - limiter.peek(ClientAddress.parse(client), 1).remaining();
    }
}
