package io.headgate.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.headgate.http.ClientAddressResolver;
import io.headgate.http.HttpRequest;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import java.lang.reflect.Proxy;
import java.util.List;

/**
 * Whatever a header says: every resolver finds a client, never one that lies beyond a hop which a trusted proxy has seen
 * itself, and a stranger's header finds nobody.
 */
class ForwardedFuzzTest {

    private static final List<AddressRange> TRUSTED = List.of(AddressRange.parse("10.0.0.0/8"));
    private static final ClientAddress PROXY = ClientAddress.parse("10.1.1.1");
    private static final ClientAddress SEEN = ClientAddress.parse("198.51.100.7");

    private static final List<ClientAddressResolver> LISTS =
            List.of(ClientAddressResolver.xForwardedFor(TRUSTED), ClientAddressResolver.forwarded(TRUSTED));
    private static final List<ClientAddressResolver> ALL = List.of(
            LISTS.get(0),
            LISTS.get(1),
            ClientAddressResolver.header("X-Real-IP", TRUSTED),
            ClientAddressResolver.xForwardedForHops(2),
            ClientAddressResolver.forwardedHops(2));

    @FuzzTest(maxDuration = "30s")
    void resolve(byte[] input) {
        List<String> lines = List.of(new String(input, ISO_8859_1).split("\n", -1));
        for (ClientAddressResolver resolver : ALL) {
            assertThat(resolver.resolve(request("10.1.1.1", lines))).isNotNull();
        }
        for (ClientAddressResolver resolver : LISTS) {
            assertThat(resolver.resolve(request("203.0.113.9", lines))).hasToString("203.0.113.9");
        }
        // What the proxy appends after the attacker's lines, in the same line or in one of its own, decides.
        String end = lines.get(lines.size() - 1);
        for (List<String> appended : List.of(List.of(end + ", 198.51.100.7"), List.of(end, "198.51.100.7"))) {
            assertThat(LISTS.get(0).resolve(request("10.1.1.1", appended))).isEqualTo(SEEN);
        }
        for (List<String> appended : List.of(List.of(end + ", for=198.51.100.7"), List.of(end, "for=198.51.100.7"))) {
            assertThat(LISTS.get(1).resolve(request("10.1.1.1", appended))).isEqualTo(SEEN);
        }
        assertThat(LISTS.get(0).resolve(request("10.1.1.1", List.of(end + ",garbage"))))
                .isEqualTo(PROXY);
    }

    private static HttpRequest request(String peer, List<String> lines) {
        return (HttpRequest) Proxy.newProxyInstance(
                ForwardedFuzzTest.class.getClassLoader(),
                new Class<?>[] {HttpRequest.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "remoteAddress" -> ClientAddress.parse(peer);
                    case "headers" -> lines;
                    default -> throw new AssertionError("not read by a resolver: " + method);
                });
    }
}
