package io.headgate.proxies;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.containers.App;
import io.headgate.containers.Container;
import io.headgate.containers.Site;
import io.headgate.servlet.RateLimitFilter;
import io.headgate.testing.FakeTicker;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The proxies of this machine that the property {@code proxies} names, in front of a server with our filter. */
class LiveTest {

    private static final List<String> LISTED =
            List.of(System.getProperty("proxies", "").split(",", -1));

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

    /** As in the fixture, though another version may say it in other words, or refuse a Host that is none. */
    @ParameterizedTest
    @MethodSource("fixtures")
    void theClientIsFoundAsInWhatWasRecorded(Fixture fixture) throws Exception {
        try (Witness witness = new Witness(Backend.of(fixture));
                RunningProxy proxy = new RunningProxy(fixture, witness.port());
                Site site = proxy.site()) {
            for (Exchange exchange : fixture.exchanges()) {
                witness.forget();
                site.exchange(exchange.client(), exchange.request(6));
                if (witness.peer().isEmpty() && exchange.hasStrangeHost()) {
                    continue;
                }
                assertThat(fixture.settings().stream().map(setting -> setting.client(witness.peer(), witness.lines())))
                        .as(exchange.title() + ": " + witness.lines())
                        .isEqualTo(exchange.found());
            }
        }
    }

    /** Twenty times each request of the fixture, each with another forged address: five in all, or as it is documented. */
    @ParameterizedTest
    @MethodSource("fixtures")
    void aClientIsLimitedHoweverItForges(Fixture fixture) throws Exception {
        for (int i = 0; i < fixture.settings().size(); i++) {
            Setting setting = fixture.settings().get(i);
            RateLimitFilter filter = setting.apply(RateLimitFilter.builder())
                    .limits(Limit.parse("5/hour"))
                    .ticker(new FakeTicker())
                    .build();
            App app = new App().filter("limits", filter, "/*").servlet("/", (request, response) -> {
                response.setHeader("Cache-Control", "no-store"); // some of them keep answers
                response.getOutputStream().print("hello");
            });
            Container.Server server = Backend.of(fixture).start(app);
            try (RunningProxy proxy = new RunningProxy(fixture, server.port());
                    Site site = proxy.site()) {
                if (setting.effect() == Setting.Effect.BYPASSED) {
                    Exchange way = fixture.wayPast(i);
                    long served = served(site, way);
                    assertThat(served)
                            .as(setting.text() + ": " + way.title())
                            .isIn(20L, way.hasStrangeHost() ? 0L : 20L);
                } else {
                    long served = 0;
                    for (Exchange exchange : fixture.exchanges()) {
                        served += exchange.client().equals("127.0.0.7") ? served(site, exchange) : 0;
                    }
                    assertThat(served).as(setting.text()).isEqualTo(5);
                    assertThat(site.send("127.0.0.8", "GET", "/").status())
                            .as(setting.text())
                            .isEqualTo(setting.effect() == Setting.Effect.OURS ? 200 : 429);
                }
            } finally {
                server.stop();
            }
        }
    }

    private static long served(Site site, Exchange exchange) throws Exception {
        long served = 0;
        for (int number = 1; number <= 20; number++) {
            if (site.exchange(exchange.client(), exchange.request(number)).status() == 200) {
                served++;
            }
        }
        return served;
    }
}
