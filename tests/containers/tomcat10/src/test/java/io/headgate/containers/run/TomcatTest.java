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
import io.headgate.http.HttpRequest;
import io.headgate.net.ClientAddress;
import io.headgate.servlet.RateLimitFilter;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.Map;
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
        ClientAddressResolver own = HttpRequest::remoteAddress;
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

    private long taken(String client) {
        return 10 - limiter.peek(ClientAddress.parse(client), 1).remaining();
    }
}
