package io.headgate.examples.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** Drives the application over HTTP as several clients, each at a loopback address of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ShopTest {

    private ConfigurableApplicationContext shop;

    @BeforeAll
    void start() {
        shop = SpringApplication.run(Shop.class, "--server.port=0");
    }

    @AfterAll
    void stop() {
        shop.close();
    }

    private String get(String from, String path, String... fields) throws IOException {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(60_000);
            socket.bind(new InetSocketAddress(InetAddress.getByName(from), 0));
            socket.connect(new InetSocketAddress(
                    InetAddress.getLoopbackAddress(),
                    shop.getEnvironment().getRequiredProperty("local.server.port", Integer.class)));
            String request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                    + String.join("\r\n", fields) + (fields.length == 0 ? "\r\n" : "\r\n\r\n");
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void aClientHasItsBurstAndThenWhatItEarns() throws IOException {
        long start = System.nanoTime();
        int admitted = 0;
        String reply = get("127.0.0.2", "/articles");
        assertThat(reply)
                .startsWith("HTTP/1.1 200")
                .contains("RateLimit-Policy: \"100-per-60s\";q=20;w=12")
                .contains("RateLimit: \"100-per-60s\";r=19;t=12")
                .contains("\"pear\":55");
        while (reply.startsWith("HTTP/1.1 200")) {
            admitted++;
            reply = get("127.0.0.2", "/articles");
        }
        assertThat(reply)
                .startsWith("HTTP/1.1 429")
                .contains("Retry-After: 1\r\n")
                .contains("Content-Type: application/problem+json")
                .contains("\"violated-policies\":[\"100-per-60s\"]");
        long earned = (System.nanoTime() - start) / Duration.ofMillis(600).toNanos();
        assertThat(admitted).isBetween(20, 20 + (int) earned);
    }

    @Test
    void othersAreNotConcerned() throws IOException {
        while (get("127.0.0.3", "/articles/pear/price").startsWith("HTTP/1.1 200")) {
            // until its bucket is empty
        }
        assertThat(get("127.0.0.4", "/articles/pear/price")).startsWith("HTTP/1.1 200");
        // No proxy at 127.0.0.5 is trusted, so nobody can speak in another's name.
        assertThat(get("127.0.0.5", "/articles", "X-Forwarded-For: 127.0.0.3")).contains("r=19");
    }

    @Test
    void theActuatorShowsWhoIsLimited() throws IOException {
        while (get("127.0.6.6", "/articles").startsWith("HTTP/1.1 200")) {
            // until it is denied
        }
        assertThat(get("127.0.0.7", "/actuator/headgate"))
                .startsWith("HTTP/1.1 200")
                .contains("\"maxClients\":1000000")
                .contains("{\"client\":\"127.0.6.0/24\",\"denied\":1,\"error\":0}");
        assertThat(get("127.0.0.7", "/actuator/metrics/headgate.decisions"))
                .contains("\"name\":\"headgate.decisions\"");
        assertThat(get("127.0.6.6", "/actuator/health")).startsWith("HTTP/1.1 200");
    }
}
