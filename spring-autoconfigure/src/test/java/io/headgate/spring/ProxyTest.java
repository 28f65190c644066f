package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** What Boot's own handling of forwarding headers does to the limit, with a proxy at 127.0.0.200. */
@ExtendWith(OutputCaptureExtension.class)
class ProxyTest {

    private static final String PROXY = "127.0.0.200";

    private static boolean isTomcat() {
        try {
            Class.forName("org.apache.catalina.startup.Tomcat");
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    private static int forwarded(Site site, String from, String header) throws IOException {
        return site.get(from, "/hello", "X-Forwarded-For: " + header).status();
    }

    @Test
    void frameworkWithTrustedProxies(CapturedOutput output) throws IOException {
        try (Site site = Site.of(
                Shop.class,
                "headgate.limits=1/day",
                "headgate.trusted-proxies=127.0.0.200",
                "server.forward-headers-strategy=framework")) {
            assertThat(forwarded(site, PROXY, "6.6.6.6, 198.51.100.1")).isEqualTo(200);
            assertThat(forwarded(site, PROXY, "7.7.7.7, 198.51.100.1")).isEqualTo(429);
            assertThat(forwarded(site, PROXY, "6.6.6.6, 198.51.100.2")).isEqualTo(200);
            // Not the proxy, so whatever it says is its own bucket.
            assertThat(forwarded(site, "127.0.0.3", "198.51.100.3")).isEqualTo(200);
            assertThat(forwarded(site, "127.0.0.3", "198.51.100.4")).isEqualTo(429);
            assertThat(output).doesNotContain("ForwardedHeaderFilter is at work");
        }
    }

    @Test
    void frameworkWithoutTrustedProxies(CapturedOutput output) throws IOException {
        try (Site site = Site.of(Shop.class, "headgate.limits=1/day", "server.forward-headers-strategy=framework")) {
            assertThat(forwarded(site, PROXY, "198.51.100.1")).isEqualTo(200);
            assertThat(forwarded(site, PROXY, "198.51.100.2")).isEqualTo(429);
            assertThat(output.getAll()).containsOnlyOnce("ForwardedHeaderFilter is at work");
        }
    }

    @Test
    void nativeStrategy(CapturedOutput output) throws IOException {
        try (Site site = Site.of(Shop.class, "headgate.limits=1/day", "server.forward-headers-strategy=native")) {
            assertThat(forwarded(site, PROXY, "6.6.6.6, 198.51.100.1")).isEqualTo(200);
            if (isTomcat()) {
                // The valve has walked from the right already: what a client writes to the left changes nothing.
                assertThat(forwarded(site, PROXY, "7.7.7.7, 198.51.100.1")).isEqualTo(429);
                assertThat(output)
                        .contains("HG-106: Tomcat's RemoteIpValve")
                        .doesNotContain("The limit can be bypassed");
                // A peer in a private range that is no proxy chooses its address.
                for (int i = 0; i < 12; i++) {
                    assertThat(forwarded(site, "127.0.0.3", "198.51.100." + (100 + i)))
                            .isEqualTo(200);
                }
            } else {
                // Jetty believes the leftmost element, below the servlet API: no filter can undo that.
                assertThat(forwarded(site, PROXY, "7.7.7.7, 198.51.100.1")).isEqualTo(200);
                assertThat(output.getAll()).containsOnlyOnce("The limit can be bypassed: jetty");
            }
        }
    }

    @Test
    void nativeStrategyAndTrustedProxies(CapturedOutput output) {
        try (Site site = Site.of(
                Shop.class,
                "headgate.limits=1/day",
                "headgate.trusted-proxies=127.0.0.200",
                "server.forward-headers-strategy=native")) {
            assertThat(site.context().isRunning()).isTrue();
            assertThat(output.getAll())
                    .containsOnlyOnce(isTomcat() ? "Tomcat's RemoteIpValve" : "The limit can be bypassed");
        }
    }

    /** What Boot does on Kubernetes if nothing is said. */
    @Test
    void kubernetesWithoutARecipe(CapturedOutput output) throws IOException {
        try (Site site = Site.of(Shop.class, "headgate.limits=1/day", "spring.main.cloud-platform=kubernetes")) {
            for (int i = 0; i < 12; i++) {
                assertThat(forwarded(site, "127.0.0.3", "198.51.100." + i)).isEqualTo(200);
            }
            assertThat(output.getAll()).containsOnlyOnce(isTomcat() ? "HG-106: " : "HG-105: ");
        }
    }

    /** With the three lines alone the valve wins, whatever they trust. */
    @Test
    void kubernetesWithTrustedProxiesAlone(CapturedOutput output) throws IOException {
        try (Site site = Site.of(
                Shop.class,
                "headgate.limits=1/day",
                "headgate.trusted-proxies=127.0.0.200",
                "spring.main.cloud-platform=kubernetes")) {
            for (int i = 0; i < 12; i++) {
                assertThat(forwarded(site, "127.0.0.3", "198.51.100." + i)).isEqualTo(200);
            }
            assertThat(output.getAll()).containsOnlyOnce(isTomcat() ? "HG-107: " : "HG-105: ");
        }
    }

    /** The recipe of docs/spring-boot.md: a peer that is not the ingress changes nothing, and its clients are told apart. */
    @Test
    void kubernetesByTheRecipe(CapturedOutput output) throws IOException {
        try (Site site = Site.of(
                Shop.class,
                "headgate.limits=1/day",
                "headgate.trusted-proxies=127.0.0.200",
                "server.forward-headers-strategy=framework",
                "spring.main.cloud-platform=kubernetes")) {
            assertThat(forwarded(site, "127.0.0.3", "198.51.100.100")).isEqualTo(200);
            for (int i = 1; i < 12; i++) {
                assertThat(forwarded(site, "127.0.0.3", "198.51.100." + (100 + i)))
                        .isEqualTo(429);
            }
            for (int i = 0; i < 12; i++) {
                assertThat(forwarded(site, PROXY, "6.6.6." + i + ", 198.51.100.1"))
                        .isEqualTo(i == 0 ? 200 : 429);
            }
            assertThat(forwarded(site, PROXY, "198.51.100.2")).isEqualTo(200);
            assertThat(output).doesNotContain("HG-1");
        }
    }
}
