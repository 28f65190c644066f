package io.headgate.containers.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.containers.App;
import io.headgate.containers.Conformance;
import io.headgate.containers.Container;
import io.headgate.containers.Site;
import io.headgate.http.Rule;
import io.headgate.net.ClientAddress;
import io.headgate.servlet.RateLimitFilter;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.ForwardedRequestCustomizer;
import org.junit.jupiter.api.Test;

class JettyTest implements Conformance {

    private final LocalLimiter<ClientAddress> limiter = Limiter.forAddresses(Limit.parse("10/minute"))
            .ticker(new FakeTicker())
            .sweepInterval(Duration.ZERO)
            .build();

    @Override
    public Container container() {
        return new Jetty();
    }

    /** Told to accept such a URI, Jetty throws from getServletPath. */
    @Test
    void anAmbiguousPathFallsUnderTheGeneralLimits() throws Exception {
        RateLimitFilter filter =
                RateLimitFilter.builder(limiter).rule(Rule.unlimited("/*")).build();
        App app = new App().filter("limits", filter, "/*").answer("/", "hello");
        Container lenient = new Jetty(http -> http.setUriCompliance(UriCompliance.UNSAFE));
        try (Site site = new Site(lenient.start(app))) {
            assertThat(site.get("/a").field("RateLimit")).isEmpty();
            assertThat(site.get("/a%2fb").field("RateLimit")).startsWith("\"10-per-60s\";r=9");
            assertThat(filter.stats().failed()).isZero();
        }
    }

    /** The trap that docs/client-address.md tells of: the leftmost value, below the servlet API. */
    @Test
    void forwardedRequestCustomizerCannotBeLookedThrough() throws Exception {
        App app = new App()
                .filter("limits", RateLimitFilter.builder(limiter).build(), "/*")
                .answer("/", "hello");
        Container customized = new Jetty(http -> http.addCustomizer(new ForwardedRequestCustomizer()));
        try (Site site = new Site(customized.start(app))) {
            site.get("/", "X-Forwarded-For: 6.6.6.6, 198.51.100.7");
            assertThat(limiter.peek(ClientAddress.parse("6.6.6.6"), 1).remaining())
                    .isEqualTo(9);
        }
    }
}
