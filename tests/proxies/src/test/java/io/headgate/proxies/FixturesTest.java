package io.headgate.proxies;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.http.HttpRequest;
import io.headgate.http.RequestLimiter;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import java.lang.reflect.Proxy;
import java.util.List;
import org.jspecify.annotations.Nullable;
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
                assertThat(fixture.settings().stream().map(setting -> client(setting, exchange)))
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

    /** The client that a request counts for: the one that is denied when the limit is used up. */
    private static String client(Setting setting, Exchange exchange) {
        try (RequestLimiter limits = setting.apply(RequestLimiter.builder())
                .limits(Limit.parse("1/hour"))
                .ticker(new FakeTicker())
                .build()) {
            limits.decide(request(exchange));
            limits.decide(request(exchange));
            return limits.topDenied(1).get(0).key().toString();
        }
    }

    private static HttpRequest request(Exchange exchange) {
        return (HttpRequest) Proxy.newProxyInstance(
                FixturesTest.class.getClassLoader(),
                new Class<?>[] {HttpRequest.class},
                (proxy, method, arguments) -> answer(exchange, method.getName(), arguments));
    }

    private static @Nullable Object answer(Exchange exchange, String method, Object @Nullable [] arguments) {
        return switch (method) {
            case "method" -> "GET";
            case "path" -> "/";
            case "remoteAddress" -> ClientAddress.parse(exchange.peer());
            case "headers" -> exchange.received(name(arguments));
            case "hasHeader" -> !exchange.received(name(arguments)).isEmpty();
            case "attribute" -> null;
            default -> throw new AssertionError("not read: " + method);
        };
    }

    private static String name(Object @Nullable [] arguments) {
        return arguments == null ? "" : String.valueOf(arguments[0]);
    }
}
