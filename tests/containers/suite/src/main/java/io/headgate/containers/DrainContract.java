package io.headgate.containers;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.http.Drain;
import io.headgate.http.RefusalStyle;
import io.headgate.http.Warning;
import io.headgate.servlet.DeniedResponse;
import io.headgate.servlet.RateLimitFilter;
import jakarta.servlet.DispatcherType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Refused uploads that are read before they are answered. */
interface DrainContract extends OnContainer {

    int MEGABYTE = 1_000_000;

    /** For uploads that come: long, for slow machines. */
    Drain PATIENT = new Drain(20 * MEGABYTE, Duration.ofMinutes(1));

    /** For uploads that never come. */
    Drain BRIEF = new Drain(20 * MEGABYTE, Duration.ofMillis(50));

    private static RateLimitFilter.Builder draining(Drain drain) {
        return RateLimitFilter.builder(OnContainer.limiter("1/hour")).drain(drain);
    }

    private static App app(RateLimitFilter.Builder filter) {
        return new App()
                .filter("limits", filter.build(), Map.of(), EnumSet.allOf(DispatcherType.class), "/*")
                .answer("/hello", "hello");
    }

    /** With nothing left for 127.0.0.1. */
    private Site refusing(App app) throws Exception {
        Site site = open(app);
        assertThat(site.get("/hello").status()).isEqualTo(200);
        return site;
    }

    private static void write(Socket client, String text) throws IOException {
        client.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        client.getOutputStream().flush();
    }

    private static String post(String... fields) {
        return "POST /hello HTTP/1.1\r\nHost: a\r\n" + String.join("\r\n", fields) + "\r\n\r\n";
    }

    /** Writes all of it before anything is read, as many clients do. */
    private static void upload(Socket client, int megabytes) throws IOException {
        write(client, post("Content-Length: " + megabytes * MEGABYTE));
        for (int i = 0; i < megabytes; i++) {
            client.getOutputStream().write(new byte[MEGABYTE]);
        }
    }

    /** An answer with a length, on a connection that may go on. */
    private static Reply answer(Socket client) throws IOException {
        InputStream in = client.getInputStream();
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int next = in.read();
            assertThat(next).as(head.toString(StandardCharsets.ISO_8859_1)).isNotNegative();
            head.write(next);
        }
        Reply reply = Reply.parse(head.toByteArray());
        head.write(in.readNBytes(Integer.parseInt(reply.field("Content-Length"))));
        return Reply.parse(head.toByteArray());
    }

    private static void assertRefused(Reply reply) {
        assertThat(reply.status()).isEqualTo(429);
        assertThat(reply.field("Content-Type")).isEqualTo("application/problem+json");
        assertThat(reply.field("Retry-After")).isEqualTo("3600");
        assertThat(reply.field("RateLimit")).isEqualTo("\"l\";r=0;t=3600");
        assertThat(reply.body()).contains("\"status\":429");
    }

    @Test
    default void anUploadIsReadAndThenRefused() throws Exception {
        try (Site site = refusing(app(draining(PATIENT)));
                Socket client = site.connect("127.0.0.1")) {
            for (int i = 0; i < 3; i++) { // on one connection
                upload(client, 10);
                Reply reply = answer(client);
                assertRefused(reply);
                assertThat(reply.field("Connection")).isNotEqualToIgnoringCase("close");
            }
        }
    }

    @Test
    default void oneWithoutALengthToo() throws Exception {
        try (Site site = refusing(app(draining(PATIENT)));
                Socket client = site.connect("127.0.0.1")) {
            write(client, post("Transfer-Encoding: chunked") + "5\r\nhello\r\n");
            write(client, "5\r\nhello\r\n0\r\n\r\n");
            assertRefused(answer(client));
            write(client, post("Transfer-Encoding: chunked") + "0\r\n\r\n" + post("Content-Length: 0"));
            assertRefused(answer(client));
            assertRefused(answer(client));
        }
    }

    /** One after the other: Tomcat takes ten at once by this client for an attack, also where an application reads them all. */
    @Test
    default void soAreUploadsThatShareAConnection() throws Exception {
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
        try (Site site = open(app(draining(PATIENT)))) {
            HttpRequest.Builder request = HttpRequest.newBuilder(site.uri("/hello"));
            assertThat(client.send(request.build(), BodyHandlers.discarding()).version())
                    .isEqualTo(HttpClient.Version.HTTP_2); // by an upgrade, which takes a request that is allowed
            byte[] large = new byte[5 * MEGABYTE];
            List<BodyPublisher> bodies = List.of(
                    BodyPublishers.ofByteArray(large),
                    BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(large)),
                    BodyPublishers.ofByteArray(new byte[1]),
                    BodyPublishers.noBody());
            for (int i = 0; i < 5 * bodies.size(); i++) {
                HttpRequest post = request.POST(bodies.get(i % bodies.size())).build();
                HttpResponse<String> response = client.send(post, BodyHandlers.ofString());
                assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
                assertThat(response.statusCode()).isEqualTo(429);
                assertThat(response.body()).contains("\"status\":429");
            }
        }
    }

    @Test
    default void anUploadThatDoesNotComeIsRefusedInTime() throws Exception {
        try (Site site = refusing(app(draining(BRIEF)))) {
            for (String field :
                    List.of("Content-Length: 5", "Content-Length: 10000000", "Transfer-Encoding: chunked")) {
                for (String part : List.of("", "1\r\n1")) {
                    try (Socket client = site.connect("127.0.0.1")) {
                        write(client, post(field) + part);
                        Reply reply = Reply.parse(client.getInputStream().readAllBytes());
                        assertRefused(reply);
                        assertThat(reply.field("Connection")).isEqualToIgnoringCase("close");
                    }
                }
            }
        }
    }

    /** In an hour they would not. */
    @Test
    default void whatIsTooLongOrAwaitsAnInvitationIsRefusedAtOnce() throws Exception {
        Drain small = new Drain(1000, Duration.ofMinutes(5));
        try (Site site = refusing(app(draining(small)))) {
            for (String request : List.of(
                    post("Content-Length: 1001"),
                    post("Transfer-Encoding: chunked") + "3e9\r\n" + "a".repeat(1001) + "\r\n",
                    post("Expect: 100-continue", "Content-Length: 5"),
                    post("Expect: 100-continue", "Transfer-Encoding: chunked"))) {
                try (Socket client = site.connect("127.0.0.1")) {
                    write(client, request);
                    Reply reply = Reply.parse(client.getInputStream().readAllBytes());
                    assertRefused(reply);
                }
            }
            assertRefused(site.exchange("127.0.0.1", "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
            assertRefused(site.exchange("127.0.0.1", "POST /hello HTTP/1.0\r\nContent-Length: 4\r\n\r\nbody"));
        }
    }

    /** They take no thread, and whoever hangs up leaves nothing behind. */
    @Test
    default void aThousandUploadsThatNeverComeLeaveOthersServed() throws Exception {
        List<Socket> silent = new ArrayList<>();
        try (Site site = refusing(app(draining(PATIENT)))) {
            try {
                for (int i = 0; i < 1000; i++) {
                    Socket client = site.connect("127.0.0.1");
                    silent.add(client);
                    write(client, post("Content-Length: 1000") + "x".repeat(i % 100));
                }
                assertThat(site.send("127.0.0.2", "GET", "/hello").status()).isEqualTo(200);
            } finally {
                for (Socket client : silent) {
                    client.close();
                }
            }
            try (Socket client = site.connect("127.0.0.1")) {
                upload(client, 10);
                assertRefused(answer(client));
            }
        }
    }

    @Test
    default void theAnswerIsWhatItIsWithoutAnUpload() throws Exception {
        DeniedResponse own = (request, response, decision) -> {
            response.setContentType("text/plain");
            response.setContentLength(5);
            response.getOutputStream().print("wait!");
        };
        try (Site site = refusing(app(draining(PATIENT).onDenied(own)));
                Socket client = site.connect("127.0.0.1")) {
            upload(client, 1);
            Reply reply = answer(client);
            assertThat(reply.status()).isEqualTo(429);
            assertThat(reply.body()).isEqualTo("wait!");
        }
        DeniedResponse broken = (request, response, decision) -> {
            throw new IOException("broken");
        };
        try (Site site = refusing(app(draining(PATIENT).onDenied(broken)));
                Socket client = site.connect("127.0.0.1")) {
            upload(client, 1);
            assertRefused(answer(client));
        }
        App app = app(draining(PATIENT).refusal(RefusalStyle.ERROR_PAGE))
                .errorPage(429, "/slow")
                .answer("/slow", "slower, please");
        try (Site site = refusing(app)) {
            Reply reply = site.exchange("127.0.0.1", post("Content-Length: 4", "Connection: close") + "body");
            assertThat(reply.status()).isEqualTo(429);
            assertThat(reply.body()).isEqualTo("slower, please");
        }
    }

    @Test
    default void whatSomebodyElseReadsIsLeftToThem() throws Exception {
        List<App.Step> readers = List.of(
                (request, response, chain) -> {
                    request.getReader();
                    chain.doFilter(request, response);
                },
                (request, response, chain) -> {
                    request.getParameter("a");
                    chain.doFilter(request, response);
                },
                (request, response, chain) -> {
                    request.getInputStream().readAllBytes();
                    chain.doFilter(request, response);
                });
        for (App.Step reader : readers) {
            RateLimitFilter filter = draining(PATIENT).build();
            App app = new App()
                    .step("reader", reader)
                    .filter("limits", filter, "/*")
                    .answer("/hello", "hello");
            try (Site site = refusing(app)) {
                for (int i = 0; i < 3; i++) {
                    assertRefused(site.exchange(
                            "127.0.0.1",
                            post(
                                            "Content-Length: 3",
                                            "Connection: close",
                                            "Content-Type: application/x-www-form-urlencoded")
                                    + "a=b"));
                }
            }
            assertThat(filter.stats().failed()).isZero();
        }
    }

    @Test
    default void withoutAsynchronousRequestsNothingIsRead() throws Exception {
        RateLimitFilter filter = draining(PATIENT).build();
        App app = new App()
                .blockingStep("blocking", (request, response, chain) -> chain.doFilter(request, response))
                .filter("limits", filter, "/*")
                .answer("/hello", "hello");
        try (Site site = refusing(app)) {
            assertThat(filter.limits().warnings()).doesNotContain(Warning.CANNOT_DRAIN);
            assertRefused(site.exchange("127.0.0.1", post("Content-Length: 4", "Connection: close") + "body"));
            assertThat(filter.limits().warningTexts().get(Warning.CANNOT_DRAIN))
                    .contains("drain has no effect", "\"limits\"", "asyncSupported");
        }
    }
}
