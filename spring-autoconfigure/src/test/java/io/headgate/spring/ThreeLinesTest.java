package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class ThreeLinesTest {

    /** The three lines, and clients behind a trusted proxy and beside it. */
    @Test
    void limitEachClient() throws IOException {
        try (Site site =
                Site.of(Shop.class, "headgate.limits=100/minute burst 20", "headgate.trusted-proxies=127.0.0.128/25")) {
            for (int left = 19; left >= 0; left--) {
                Reply reply = site.get("127.0.0.2", "/hello");
                assertThat(reply.status()).isEqualTo(200);
                assertThat(reply.field("RateLimit")).startsWith("\"100-per-60s\";r=" + left);
            }
            Reply denied = site.get("127.0.0.2", "/hello", "X-Forwarded-For: 198.51.100.1");
            assertThat(denied.status()).isEqualTo(429);
            assertThat(denied.field("Retry-After")).isEqualTo("1");
            assertThat(denied.body()).contains("\"violated-policies\":[\"100-per-60s\"]");

            assertThat(site.get("127.0.0.3", "/hello").status()).isEqualTo(200);
            assertThat(site.get("127.0.0.200", "/hello", "X-Forwarded-For: 127.0.0.2")
                            .status())
                    .isEqualTo(429);
            assertThat(site.get("127.0.0.200", "/hello", "X-Forwarded-For: 127.0.0.2, 127.0.0.4")
                            .status())
                    .isEqualTo(200);
        }
    }
}
