package io.headgate.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An address as it stands in a peer or a header: with a port, in brackets, in the middle of other text. */
class EndpointTest {

    @ParameterizedTest
    @CsvSource({
        "192.0.2.1, 192.0.2.1",
        "192.0.2.1:80, 192.0.2.1",
        "192.0.2.1:0, 192.0.2.1",
        "192.0.2.1:00080, 192.0.2.1",
        "192.0.2.1:65535, 192.0.2.1",
        "192.0.2.1:9090, 192.0.2.1",
        "2001:db8::1, 2001:db8::1",
        "[2001:db8::1], 2001:db8::1",
        "[2001:db8::1]:443, 2001:db8::1",
        "[::]:443, ::",
        "[::ffff:192.0.2.1]:443, 192.0.2.1",
        "[fe80::1%eth0]:443, fe80::1",
        "[fe80::1%eth0], fe80::1",
        // no brackets: the last group is a group, not a port
        "2001:db8::1:443, 2001:db8::1:443",
        // a bad port in brackets is dropped with its port
        "[2001:db8::1]:, 2001:db8::1",
        "[2001:db8::1]:99999, 2001:db8::1",
        "[2001:db8::1]:_hidden, 2001:db8::1",
        "[2001:db8::1]:http, 2001:db8::1",
        "[2001:db8::1]:-1, 2001:db8::1",
        "[2001:db8::1]:8]0, 2001:db8::1",
    })
    void readsAnEndpoint(String text, String canonical) {
        assertThat(endpoint(text)).hasToString(canonical);
        // the same, as one element of a header
        String header = "garbage, " + text + ", 1.1.1.1";
        assertThat(ClientAddress.tryParseEndpoint(header, 9, 9 + text.length())).hasToString(canonical);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "192.0.2.1:",
                "192.0.2.1:65536",
                "192.0.2.1:000080",
                "192.0.2.1:http",
                "192.0.2.1:+80",
                "192.0.2.1:8/",
                "192.0.2.1:8;",
                "192.0.2.1:-1",
                "192.0.2.1:80:80",
                "192.0.2.1:\uff18\uff10",
                "192.0.2.1: 80",
                "192.0.2.1 :80",
                "192.0.2:80",
                "192.0.2.1%eth0:80",
                "192.0.2.1000000000000000000:80",
                ":80",
                "[192.0.2.1]",
                "[192.0.2.1]:80",
                "[2001:db8::1",
                "2001:db8::1]",
                "2001:db8::1]:443",
                "[2001:db8::1]443",
                "[2001:db8::1] :443",
                "[2001:db8::1]]",
                "[[2001:db8::1]]",
                "[ 2001:db8::1]",
                "[2001:db8::1%]:443",
                "[2001:db8::1]%eth0",
                "[]:443",
                "[:]:443",
                "[1]:443",
                " [2001:db8::1]",
            })
    void refusesOtherEndpoints(String text) {
        assertThat(endpoint(text)).isNull();
        assertThat(ClientAddress.tryParse(text)).isNull();
    }

    @Test
    void aPartOfATextIsReadAsIfItWereAlone() {
        assertThat(ClientAddress.tryParseEndpoint("11.2.3.44", 1, 8)).hasToString("1.2.3.4");
        assertThat(ClientAddress.tryParseEndpoint("[::1]:80", 1, 4)).hasToString("::1");
        assertThat(ClientAddress.tryParseEndpoint("[::1]:80", 0, 4)).isNull();
        assertThat(ClientAddress.tryParseEndpoint("1.2.3.4", 3, 3)).isNull();
        assertThat(ClientAddress.tryParseEndpoint("1.2.3.4", 7, 7)).isNull();
        assertThat(ClientAddress.tryParseEndpoint("a1.2.3.4:80b", 1, 11)).hasToString("1.2.3.4");
        assertThat(ClientAddress.tryParseEndpoint("a1.2.3.4:80b", 1, 9)).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80"})
    void anElementMayBeginAnywhereInALongHeader(String element) {
        String before = "unknown, ".repeat(1_000);
        String header = before + element;

        assertThat(ClientAddress.tryParseEndpoint(header, before.length(), header.length()))
                .isEqualTo(endpoint(element));
    }

    @ParameterizedTest
    @ValueSource(strings = {":", "[", "[:", "[::1", "1:", "1.", "::1%"})
    void anElementThatIsCutShortIsNotReadOn(String element) {
        String before = "unknown, ";

        assertThat(ClientAddress.tryParseEndpoint(
                        before + element, before.length(), before.length() + element.length()))
                .isNull();
    }

    @ParameterizedTest
    @CsvSource({"-1, 3", "0, 8", "4, 3", "8, 8"})
    void aPartMustLieInItsText(int from, int to) {
        assertThat(catchThrowable(() -> ClientAddress.tryParseEndpoint("1.2.3.4", from, to)))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    private static @Nullable ClientAddress endpoint(String text) {
        return ClientAddress.tryParseEndpoint(text, 0, text.length());
    }
}
