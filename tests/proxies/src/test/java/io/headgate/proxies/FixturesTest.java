package io.headgate.proxies;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What was recorded of real proxies is read right, and where it cannot be, the client chooses its address as documented. */
class FixturesTest {

    static List<Fixture> fixtures() throws Exception {
        return Fixture.all();
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void theClientIsFound(Fixture fixture) {
        assertThat(fixture.settings()).isNotEmpty();
        for (Exchange exchange : fixture.exchanges()) {
            if (exchange.arrived()) {
                assertThat(fixture.settings().stream()
                                .map(setting -> setting.client(exchange.peer(), exchange.received())))
                        .as(exchange.title())
                        .isEqualTo(exchange.found());
            }
        }
    }

    /** A setting is said to be bypassed if and only if an exchange shows that it is. */
    @ParameterizedTest
    @MethodSource("fixtures")
    void whatIsBypassedIsSaid(Fixture fixture) {
        for (int i = 0; i < fixture.settings().size(); i++) {
            int setting = i;
            assertThat(fixture.exchanges())
                    .as(fixture.settings().get(i).text())
                    .matches(all -> all.stream()
                                    .filter(Exchange::arrived)
                                    .anyMatch(exchange ->
                                            exchange.found().get(setting).startsWith("6.6.6."))
                            == (fixture.settings().get(setting).effect() == Setting.Effect.BYPASSED));
        }
    }
}
