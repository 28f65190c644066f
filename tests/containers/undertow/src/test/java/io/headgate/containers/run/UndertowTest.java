package io.headgate.containers.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.containers.App;
import io.headgate.containers.Conformance;
import io.headgate.containers.Container;
import io.headgate.containers.Site;
import io.headgate.net.ClientAddress;
import io.headgate.servlet.RateLimitFilter;
import io.headgate.testing.FakeTicker;
import io.undertow.server.handlers.ProxyPeerAddressHandler;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class UndertowTest implements Conformance {

    @Override
    public Container container() {
        return new UndertowServer();
    }

    /** The trap that docs/client-address.md tells of: the leftmost value, below the servlet API. */
    @Test
    void proxyPeerAddressHandlerCannotBeLookedThrough() throws Exception {
        LocalLimiter<ClientAddress> limiter = Limiter.forAddresses(Limit.parse("10/minute"))
                .ticker(new FakeTicker())
                .sweepInterval(Duration.ZERO)
                .build();
        App app = new App()
                .filter("limits", RateLimitFilter.builder(limiter).build(), "/*")
                .answer("/", "hello");
        Container customized = new UndertowServer(ProxyPeerAddressHandler::new);
        try (Site site = new Site(customized.start(app))) {
            site.get("/", "X-Forwarded-For: 6.6.6.6, 198.51.100.7");
            assertThat(limiter.peek(ClientAddress.parse("6.6.6.6"), 1).remaining())
                    .isEqualTo(9);
        }
    }
}
