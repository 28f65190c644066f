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

    /** What a file says of a setting is what its exchanges show. */
    @ParameterizedTest
    @MethodSource("fixtures")
    void eachSettingHasTheEffectThatIsSaid(Fixture fixture) {
        for (int i = 0; i < fixture.settings().size(); i++) {
            int setting = i;
            List<Exchange> all =
                    fixture.exchanges().stream().filter(Exchange::arrived).toList();
            List<String> found =
                    all.stream().map(exchange -> exchange.found().get(setting)).toList();
            String text = fixture.settings().get(i).text();
            switch (fixture.settings().get(i).effect()) {
                case OURS ->
                    assertThat(all)
                            .as(text)
                            .allMatch(exchange -> exchange.hasStrangeHost()
                                    || exchange.found().get(setting).equals(exchange.client()));
                case BYPASSED -> assertThat(found).as(text).contains("6.6.6.6");
                case POOLED -> assertThat(found).as(text).hasSizeGreaterThan(2).containsOnly(found.get(0));
            }
            if (fixture.settings().get(i).effect() != Setting.Effect.BYPASSED) {
                assertThat(found).as(text).doesNotContain("6.6.6.6");
            }
        }
    }
}
