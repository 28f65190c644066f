package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whose address counts: the tables of docs/client-address.md. */
class ClientAddressResolverTest {

    private static final List<AddressRange> TEN = List.of(AddressRange.parse("10.0.0.0/8"));
    private static final List<AddressRange> NONE = List.of();

    private static @Nullable String resolve(ClientAddressResolver resolver, FakeRequest request) {
        ClientAddress address = resolver.resolve(request);
        return address == null ? null : address.toString();
    }

    private static @Nullable String xff(String... lines) {
        return resolve(
                ClientAddressResolver.xForwardedFor(TEN),
                FakeRequest.from("10.1.1.1").header("X-Forwarded-For", lines));
    }

    private static @Nullable String forwarded(String... lines) {
        return resolve(
                ClientAddressResolver.forwarded(TEN),
                FakeRequest.from("10.1.1.1").header("Forwarded", lines));
    }

    @Test
    void theExamples() {
        FakeRequest direct = FakeRequest.from("203.0.113.9").header("X-Forwarded-For", "198.51.100.7");
        assertThat(resolve(ClientAddressResolver.xForwardedFor(NONE), direct)).isEqualTo("203.0.113.9");
        assertThat(resolve(ClientAddressResolver.xForwardedFor(TEN), direct)).isEqualTo("203.0.113.9");
        assertThat(resolve(ClientAddressResolver.remoteAddress(), direct)).isEqualTo("203.0.113.9");

        assertThat(xff("6.6.6.6, 198.51.100.7, 10.2.2.2")).isEqualTo("198.51.100.7");
        assertThat(xff("6.6.6.6", "198.51.100.7")).isEqualTo("198.51.100.7");
        assertThat(xff("198.51.100.7, garbage, 10.2.2.2")).isEqualTo("10.2.2.2");
        assertThat(forwarded("for=6.6.6.6, for=\"[2001:db8:9::5]:443\";proto=https"))
                .isEqualTo("2001:db8:9::5");
        assertThat(resolve(
                        ClientAddressResolver.xForwardedFor(TEN),
                        FakeRequest.from("::ffff:10.1.1.1").header("X-Forwarded-For", "::ffff:198.51.100.7")))
                .isEqualTo("198.51.100.7");
    }

    @Test
    void withoutTheHeaderTheProxyCounts() {
        assertThat(resolve(ClientAddressResolver.xForwardedFor(TEN), FakeRequest.from("10.1.1.1")))
                .isEqualTo("10.1.1.1");
        assertThat(xff("")).isEqualTo("10.1.1.1");
        assertThat(xff(" ,")).isEqualTo("10.1.1.1");
        assertThat(xff("198.51.100.7", "")).isEqualTo("10.1.1.1");
    }

    @Test
    void ifAllAreTrustedTheLeftmostCounts() {
        assertThat(xff("10.3.3.3, 10.2.2.2")).isEqualTo("10.3.3.3");
        assertThat(xff("10.3.3.3", "10.2.2.2")).isEqualTo("10.3.3.3");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "unknown",
                "_hidden",
                "0.0.0.0",
                "::",
                "127.1",
                "1",
                "010.0.0.1",
                "localhost",
                "256.1.1.1",
                "1.2.3.4.",
                "::ffff:0.0.0.0",
                "a:b",
                "\u0661.2.3.4"
            })
    void whatIsNoAddressEndsTheWalk(String garbage) {
        assertThat(xff("6.6.6.6, " + garbage + ", 10.2.2.2")).isEqualTo("10.2.2.2");
        assertThat(forwarded("for=6.6.6.6, for=\"" + garbage + "\"")).isEqualTo("10.1.1.1");
    }

    @ParameterizedTest
    @CsvSource({
        "203.0.113.9, 203.0.113.9",
        "203.0.113.9:4711, 203.0.113.9",
        "2001:db8::1, 2001:db8::1",
        "[2001:db8::1], 2001:db8::1",
        "[2001:db8::1]:4711, 2001:db8::1",
        "[0:0:0:0:0:0:0:1], ::1",
        "fe80::1%eth0, fe80::1",
        "::ffff:1.2.3.4, 1.2.3.4",
        "0:0:0:0:0:ffff:102:304, 1.2.3.4"
    })
    void peersAsServersWriteThem(String peer, String client) {
        assertThat(resolve(ClientAddressResolver.remoteAddress(), FakeRequest.from(peer)))
                .isEqualTo(client);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "unknown", "0.0.0.0", "::", "[::]:80", "unix:/run/app.sock", "/run/app.sock", "localhost"})
    void peersThatAreNoAddress(String peer) {
        for (ClientAddressResolver resolver : List.of(
                ClientAddressResolver.remoteAddress(),
                ClientAddressResolver.xForwardedFor(List.of(AddressRange.parse("0.0.0.0/0"))))) {
            FakeRequest request = FakeRequest.from(peer).header("X-Forwarded-For", "6.6.6.6");
            assertThat(resolve(resolver, request)).isNull();
        }
        assertThat(resolve(ClientAddressResolver.remoteAddress(), FakeRequest.from(null)))
                .isNull();
    }

    @Test
    void hopsAreCountedWhoeverThePeerIs() {
        FakeRequest request = FakeRequest.from("203.0.113.9")
                .header("X-Forwarded-For", "6.6.6.6, 198.51.100.7", "garbage, 10.2.2.2")
                .header("Forwarded", "for=6.6.6.6, for=198.51.100.8");
        assertThat(resolve(ClientAddressResolver.xForwardedForHops(1), request)).isEqualTo("10.2.2.2");
        assertThat(resolve(ClientAddressResolver.xForwardedForHops(2), request)).isEqualTo("203.0.113.9");
        assertThat(resolve(ClientAddressResolver.xForwardedForHops(3), request)).isEqualTo("198.51.100.7");
        assertThat(resolve(ClientAddressResolver.xForwardedForHops(4), request)).isEqualTo("6.6.6.6");
        assertThat(resolve(ClientAddressResolver.xForwardedForHops(5), request)).isEqualTo("203.0.113.9");
        assertThat(resolve(ClientAddressResolver.forwardedHops(1), request)).isEqualTo("198.51.100.8");
        FakeRequest unix = FakeRequest.from(null).header("X-Forwarded-For", "198.51.100.7");
        assertThat(resolve(ClientAddressResolver.xForwardedForHops(1), unix)).isEqualTo("198.51.100.7");
        assertThat(resolve(ClientAddressResolver.xForwardedForHops(2), unix)).isNull();
    }

    @Test
    void thereMayBe64HopsOfYourOwn() {
        FakeRequest request = FakeRequest.from("203.0.113.9")
                .header("X-Forwarded-For", "6.6.6.6, 198.51.100.7" + ",10.2.2.2".repeat(63));
        assertThat(resolve(ClientAddressResolver.xForwardedForHops(64), request))
                .isEqualTo("198.51.100.7");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 65, Integer.MIN_VALUE})
    void hopsOutOfRangeAreAMistake(int hops) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClientAddressResolver.xForwardedForHops(hops))
                .withMessageContaining("" + hops);
        assertThatIllegalArgumentException().isThrownBy(() -> ClientAddressResolver.forwardedHops(hops));
    }

    @Test
    void onlyTheConfiguredHeaderIsRead() {
        FakeRequest request =
                FakeRequest.from("10.1.1.1").header("Forwarded", "for=6.6.6.6").header("X-Real-IP", "6.6.6.7");
        assertThat(resolve(ClientAddressResolver.xForwardedFor(TEN), request)).isEqualTo("10.1.1.1");
        request.header("CF-Connecting-IP", "198.51.100.7");
        assertThat(resolve(ClientAddressResolver.header("cf-connecting-ip", TEN), request))
                .isEqualTo("198.51.100.7");
        assertThat(resolve(ClientAddressResolver.header("forwarded", TEN), request))
                .isEqualTo("6.6.6.6");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClientAddressResolver.header("X Real IP", TEN))
                .withMessageContaining("X Real IP");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "for=198.51.100.7|198.51.100.7",
                "FOR=198.51.100.7|198.51.100.7",
                "proto=https;By=10.9.9.9;foR=198.51.100.7;host=a|198.51.100.7",
                "for=\"198.51.100.7:80\"|198.51.100.7",
                "for=198.51.100.7:80|198.51.100.7",
                "for=\"[2001:db8::5]\"|2001:db8::5",
                "for=\"198.51.100.7:_x.1-\"|198.51.100.7",
                "for=\"[2001:db8::5]:_x\"|2001:db8::5",
                "for=\"198.51.100.7:_AZaz09\"|198.51.100.7",
                "for=\"198.51.100.7:_a/z\"|10.1.1.1",
                "for=\"198.51.100.7:_a@z\"|10.1.1.1",
                "for=\"198.51.100.7:_a[z\"|10.1.1.1",
                "for=\"198.51.100.7:_a`z\"|10.1.1.1",
                "for=\"198.51.100.7:_a{z\"|10.1.1.1",
                "for=\"198.51.100.7:_\"|10.1.1.1",
                "for=\":_x\"|10.1.1.1",
                "for=\"2001:db8::5:_x\"|10.1.1.1",
                "for=\"[2001:db8::5]:80\" ; proto=http|2001:db8::5",
                "for=198.51.100.7; proto=https|198.51.100.7",
                "proto=https; for=198.51.100.7|198.51.100.7",
                "for=198.51.100.7;host=\"x;for=6.6.6.6\"|198.51.100.7",
                "for=198.51.100.7;host=\"x\\\";for=6.6.6.6\"|198.51.100.7",
                "for=198.51.100.7;for=198.51.100.7|10.1.1.1",
                "for=198.51.100.7;host=\"x,for=6.6.6.6\"|198.51.100.7",
                "for=198.51.100.7;proto=http;host=\"x,for=6.6.6.6;z=\\\"\"|198.51.100.7",
                "host=\"\\\\\\\",for=6.6.6.6,\\\\\";for=198.51.100.7|198.51.100.7",
                "host=\"\\\"\";for=198.51.100.7|198.51.100.7",
                "host=\"\";for=198.51.100.7|198.51.100.7",
                "for=198.51.100.7;host=a.example:8080|198.51.100.7",
                "for=198.51.100.7;host=[2001:db8::1]:8080|198.51.100.7",
                "for=[2001:db8::5]:80|2001:db8::5",
                "FOR=198.51.100.7;;|198.51.100.7",
                ";for=198.51.100.7|198.51.100.7",
                "for=198.51.100.7;\"x\"|10.1.1.1",
                "for=198.51.100.7;b|10.1.1.1",
                "for=198.51.100.7;b=|10.1.1.1",
                "b=;for=198.51.100.7|10.1.1.1",
                "b;for=198.51.100.7|10.1.1.1",
                "for=198.51.100.7;=b|10.1.1.1",
                "for=198.51.100.7;b=\"x\"y|10.1.1.1",
                "for=198.51.100.7;b=x\"y\"|10.1.1.1",
                "for=198.51.100.7;b=x=y|10.1.1.1",
                "for=198.51.100.7;b=x y|10.1.1.1",
                "for=198.51.100.7;b =x|10.1.1.1",
                "for=198.51.100.7;b=\u00e4|10.1.1.1",
                "for=198.51.100.7;b(=x|10.1.1.1",
                "for=198.51.100.7 b=x|10.1.1.1",
                "for=\"198.51.100.\\7\"|10.1.1.1",
                "for=198.51.100.7;host=\"x\\\"|10.1.1.1",
                "for=198.51.100.7;host=\"x|10.1.1.1",
                "for=\"198.51.100.7|10.1.1.1",
                "for=198.51.100.7\"|10.1.1.1",
                "for=\"|10.1.1.1",
                "for=\"\"|10.1.1.1",
                "for=|10.1.1.1",
                "for|10.1.1.1",
                "fort=198.51.100.7|10.1.1.1",
                "for = 198.51.100.7|10.1.1.1",
                "by=198.51.100.7|10.1.1.1",
                "198.51.100.7|10.1.1.1",
                ";;|10.1.1.1"
            })
    void elementsOfForwarded(String element, String client) {
        assertThat(forwarded(element)).isEqualTo(client);
        assertThat(forwarded("for=6.6.6.6, " + element)).isEqualTo(client);
        assertThat(forwarded(element + ", for=10.1.1.1")).isEqualTo(client);
    }

    @Test
    void anOpenQuoteDoesNotSwallowWhatProxiesAppended() {
        assertThat(forwarded("for=\"6.6.6.6, for=198.51.100.7")).isEqualTo("198.51.100.7");
        assertThat(forwarded("for=6.6.6.6;host=\"", "for=198.51.100.7")).isEqualTo("198.51.100.7");
    }

    @Test
    void aCommaInAQuotedStringIsNoBorder() {
        FakeRequest request = FakeRequest.from("10.1.1.1")
                .header("Forwarded", "for=198.51.100.7, for=10.0.0.6;host=\"x,for=6.6.6.6,y\"");
        assertThat(resolve(ClientAddressResolver.forwarded(TEN), request)).isEqualTo("198.51.100.7");
        assertThat(resolve(ClientAddressResolver.forwardedHops(1), request)).isEqualTo("10.0.0.6");
        assertThat(resolve(ClientAddressResolver.forwardedHops(2), request)).isEqualTo("198.51.100.7");
        // Quotes mean something in Forwarded alone.
        assertThat(xff("\"6.6.6.6, 198.51.100.7, 10.2.2.2")).isEqualTo("198.51.100.7");
        assertThat(xff("\"198.51.100.7, 10.2.2.2\"")).isEqualTo("10.1.1.1");
    }

    @Test
    void whatLiesFurtherLeftThan64ElementsIsNeverLookedAt() {
        String trusted = String.join(",", Collections.nCopies(63, "10.2.2.2"));
        assertThat(xff("198.51.100.7," + trusted)).isEqualTo("198.51.100.7");
        assertThat(xff("198.51.100.7,10.3.3.3," + trusted)).isEqualTo("10.3.3.3");
        assertThat(xff("198.51.100.7", "10.3.3.3", trusted)).isEqualTo("10.3.3.3");
    }

    @Test
    void whatLiesFurtherLeftThan8KibIsNeverLookedAt() {
        String padding = " ".repeat(HopList.MAX_CHARS - "198.51.100.7".length() - ",10.2.2.2".length());
        assertThat(xff("198.51.100.7" + padding + ",10.2.2.2")).isEqualTo("198.51.100.7");
        assertThat(xff("198.51.100.7 " + padding + ",10.2.2.2")).isEqualTo("10.2.2.2");
        assertThat(xff("198.51.100.7" + padding, "10.2.2.2")).isEqualTo("198.51.100.7");
        assertThat(xff("198.51.100.7 " + padding, "10.2.2.2")).isEqualTo("10.2.2.2");
    }
}
