package io.headgate.containers;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.LocalLimiter;
import io.headgate.http.ClientAddressResolver;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.servlet.RateLimitFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Whose address counts, when some clients are proxies and some pretend to be. Proxies are 127.0.0.2 and 10/8 here. */
interface ProxyContract extends OnContainer {

    List<AddressRange> PROXIES = List.of(AddressRange.parse("127.0.0.2"), AddressRange.parse("10.0.0.0/8"));

    private static App app(LocalLimiter<ClientAddress> limiter, ClientAddressResolver resolver) {
        return new App()
                .filter(
                        "limits",
                        RateLimitFilter.builder(limiter).resolver(resolver).build(),
                        "/*")
                .answer("/", "hello");
    }

    private static long taken(LocalLimiter<ClientAddress> limiter, String client) {
        return 10 - limiter.peek(ClientAddress.parse(client), 1).remaining();
    }

    @Test
    default void aForgedHeaderBuysNoNewBucket() throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter("10/minute");
        try (Site site = open(app(limiter, ClientAddressResolver.xForwardedFor(PROXIES)))) {
            for (int i = 0; i < 10; i++) {
                String forged = "X-Forwarded-For: 198.51.100." + i;
                assertThat(site.send("127.0.0.1", "GET", "/", forged).status()).isEqualTo(200);
            }
            assertThat(site.send("127.0.0.1", "GET", "/", "X-Forwarded-For: 192.0.2.77")
                            .status())
                    .isEqualTo(429);
            assertThat(limiter.size()).isEqualTo(1);
        }
    }

    @Test
    default void behindAProxyTheNearestStrangerCounts() throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter("10/minute");
        try (Site site = open(app(limiter, ClientAddressResolver.xForwardedFor(PROXIES)))) {
            site.send("127.0.0.2", "GET", "/", "X-Forwarded-For: 6.6.6.6, 198.51.100.7, 10.2.2.2");
            site.send("127.0.0.2", "GET", "/", "X-Forwarded-For: 6.6.6.7", "X-Forwarded-For: 198.51.100.7");
            site.send("127.0.0.2", "GET", "/", "X-Forwarded-For: 198.51.100.7", "Forwarded: for=6.6.6.8");
            assertThat(taken(limiter, "198.51.100.7")).isEqualTo(3);
            site.send("127.0.0.2", "GET", "/", "X-Forwarded-For: 198.51.100.8, garbage, 10.2.2.2");
            assertThat(taken(limiter, "10.2.2.2")).isEqualTo(1);
            site.send("127.0.0.2", "GET", "/", "X-Forwarded-For: unknown");
            site.send("127.0.0.2", "GET", "/", "X-Forwarded-For:");
            site.send("127.0.0.2", "GET", "/");
            assertThat(taken(limiter, "127.0.0.2")).isEqualTo(3);
            site.send("127.0.0.2", "GET", "/", "X-Forwarded-For: 2001:db8:1:2::1");
            site.send("127.0.0.2", "GET", "/", "X-Forwarded-For: 2001:db8:1:2:ffff::1");
            assertThat(taken(limiter, "2001:db8:1:2::")).isEqualTo(2);
            assertThat(limiter.size()).isEqualTo(4);
        }
    }

    @Test
    default void forwardedIsReadWithItsQuotesAndBrackets() throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter("10/minute");
        try (Site site = open(app(limiter, ClientAddressResolver.forwarded(PROXIES)))) {
            String client = "For=\"[2001:db8:9::5]:443\";proto=https";
            site.send("127.0.0.2", "GET", "/", "Forwarded: for=6.6.6.6, " + client);
            site.send("127.0.0.2", "GET", "/", "Forwarded: for=\"6.6.6.6, " + client);
            assertThat(taken(limiter, "2001:db8:9::")).isEqualTo(2);
            assertThat(limiter.size()).isEqualTo(1);
        }
    }

    @Test
    default void hopsAreCountedFromTheRightWhoeverThePeerIs() throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter("10/minute");
        try (Site site = open(app(limiter, ClientAddressResolver.xForwardedForHops(2)))) {
            site.get("/", "X-Forwarded-For: 6.6.6.6, 198.51.100.7, 10.2.2.2");
            assertThat(taken(limiter, "198.51.100.7")).isEqualTo(1);
            site.get("/", "X-Forwarded-For: 198.51.100.7");
            assertThat(taken(limiter, "127.0.0.1")).isEqualTo(1);
        }
    }

    @Test
    default void aWrapperCannotPutAnAddressInThePeersPlace() throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter("10/minute");
        App app = new App()
                // As Spring's ForwardedHeaderFilter does: the leftmost value, IPv6 in brackets, the header hidden.
                .step("framework", (request, response, chain) -> chain.doFilter(new Leftmost(request), response))
                .filter("limits", RateLimitFilter.builder(limiter).build(), "/*")
                .servlet("/", (request, response) -> App.write(response, request.getRemoteAddr()));
        try (Site site = open(app)) {
            assertThat(site.get("/", "X-Forwarded-For: 6.6.6.6").body()).isEqualTo("6.6.6.6");
            site.get("/", "X-Forwarded-For: [2001:db8::1]");
            assertThat(taken(limiter, "127.0.0.1")).isEqualTo(2);
            assertThat(limiter.size()).isEqualTo(1);
        }
    }

    /** What Spring's ForwardedHeaderFilter puts around a request. */
    final class Leftmost extends HttpServletRequestWrapper {
        Leftmost(HttpServletRequest request) {
            super(request);
        }

        @Override
        public String getRemoteAddr() {
            return super.getHeader("X-Forwarded-For");
        }
    }

    @Test
    default void anIpv6PeerIsUnderstoodAsTheContainerWritesIt() throws Exception {
        Assumptions.assumeTrue(hasIpv6(), "this machine has no IPv6 loopback");
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter("10/minute");
        ClientAddressResolver trustsLoopback = ClientAddressResolver.xForwardedFor(List.of(AddressRange.parse("::1")));
        try (Site site = open(app(limiter, trustsLoopback))) {
            site.send("::1", "GET", "/", "X-Forwarded-For: 198.51.100.7");
            assertThat(taken(limiter, "198.51.100.7")).isEqualTo(1);
            site.send("::1", "GET", "/");
            assertThat(taken(limiter, "::1")).isEqualTo(1);
            assertThat(taken(limiter, "::")).isZero(); // nobody's
        }
    }

    private static boolean hasIpv6() throws IOException {
        NetworkInterface loopback = NetworkInterface.getByInetAddress(InetAddress.getLoopbackAddress());
        return loopback != null && loopback.inetAddresses().anyMatch(Inet6Address.class::isInstance);
    }
}
