package io.headgate.proxies;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.containers.App;
import io.headgate.containers.Container;
import io.headgate.containers.Site;
import io.headgate.servlet.RateLimitFilter;
import io.headgate.testing.FakeTicker;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The proxies of this machine that the property {@code proxies} names, in front of a server with our filter. */
class LiveTest {

    private static final List<String> LISTED =
            List.of(System.getProperty("proxies", "").split(",", -1));

    /** Where a proxy may name a client. */
    private static final List<String> FIELDS =
            List.of("X-Forwarded-For", "Forwarded", "X-Real-IP", "Client-IP", "X-Client-IP");

    /** What a client forges; the last one is of RFC 7239. */
    private static final List<String> FORGED =
            List.of("X-Forwarded-For", "X-Real-IP", "Client-IP", "X-Client-IP", "Forwarded");

    static List<Fixture> fixtures() throws Exception {
        return Fixture.all().stream()
                .filter(fixture -> LISTED.containsAll(fixture.programs()))
                .toList();
    }

    @Test
    void eachListedProxyHasFixtures() throws Exception {
        assertThat(fixtures().stream()
                        .flatMap(fixture -> fixture.programs().stream())
                        .distinct())
                .containsExactlyInAnyOrderElementsOf(LISTED);
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void theServerGetsWhatWasRecorded(Fixture fixture) throws Exception {
        try (Witness witness = new Witness(Backend.of(fixture));
                RunningProxy proxy = new RunningProxy(fixture, witness.port());
                Site site = proxy.site()) {
            for (Exchange exchange : fixture.exchanges()) {
                witness.forget();
                site.exchange(exchange.client(), exchange.request());
                assertThat(witness.peer()).as(exchange.title()).isEqualTo(exchange.peer());
                for (String field : FIELDS) {
                    assertThat(Exchange.values(witness.lines(), field))
                            .as(exchange.title() + ": " + field)
                            .isEqualTo(exchange.received(field));
                }
            }
        }
    }

    /** Twenty requests, each with another address in every header: five are served, or all
     * where the documentation says so. */
    @ParameterizedTest
    @MethodSource("fixtures")
    void aClientIsLimitedHoweverItForges(Fixture fixture) throws Exception {
        for (Setting setting : fixture.settings()) {
            RateLimitFilter filter = setting.apply(RateLimitFilter.builder())
                    .limits(Limit.parse("5/hour"))
                    .ticker(new FakeTicker())
                    .build();
            App app = new App().filter("limits", filter, "/*").servlet("/", (request, response) -> {
                response.setHeader("Cache-Control", "no-store");
                response.getOutputStream().print("hello");
            });
            Container.Server server = Backend.of(fixture).start(app);
            try (RunningProxy proxy = new RunningProxy(fixture, server.port());
                    Site site = proxy.site()) {
                long forging = served(site, i -> {
                    String address = "6.6.6." + i;
                    return "Host: localhost\r\n" + String.join(": " + address + "\r\n", FORGED) + ": for=" + address;
                });
                long hostile = served(site, i -> "Host: x,for=6.6.6." + i + ";z=\"");
                if (setting.effect() == Setting.Effect.BYPASSED) {
                    assertThat(Math.max(forging, hostile)).as(setting.text()).isEqualTo(20);
                } else {
                    assertThat(forging).as(setting.text()).isEqualTo(5);
                    assertThat(hostile).as(setting.text()).isZero();
                    assertThat(site.send("127.0.0.8", "GET", "/").status())
                            .as(setting.text())
                            .isEqualTo(setting.effect() == Setting.Effect.OURS ? 200 : 429);
                }
            } finally {
                server.stop();
            }
        }
    }

    /** How many of twenty requests of one client are served. */
    private static long served(Site site, IntFunction<String> lines) throws Exception {
        long served = 0;
        for (int i = 1; i <= 20; i++) {
            String request = "GET / HTTP/1.1\r\n" + lines.apply(i) + "\r\nConnection: close\r\n\r\n";
            if (site.exchange("127.0.0.7", request).status() == 200) {
                served++;
            }
        }
        return served;
    }
}
