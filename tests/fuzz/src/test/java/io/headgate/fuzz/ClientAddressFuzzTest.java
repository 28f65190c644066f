package io.headgate.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.headgate.net.ClientAddress;

/** Any text is an address with one canonical text, or none; and reading it never fails in another way. */
class ClientAddressFuzzTest {

    @FuzzTest(maxDuration = "30s")
    void parse(byte[] input) {
        String text = new String(input, UTF_8);
        ClientAddress address = ClientAddress.tryParse(text);
        if (address == null) {
            assertThatIllegalArgumentException().isThrownBy(() -> ClientAddress.parse(text));
            return;
        }
        assertThat(ClientAddress.parse(text)).isEqualTo(address);
        assertThat(ClientAddress.tryParseEndpoint(text, 0, text.length())).isEqualTo(address);
        Canonical.check(address);
    }

    @FuzzTest(maxDuration = "30s")
    void tryParseEndpoint(byte[] input) {
        String text = new String(input, UTF_8);
        ClientAddress address = ClientAddress.tryParseEndpoint(text, 0, text.length());
        String header = "1" + text + "1";
        assertThat(ClientAddress.tryParseEndpoint(header, 1, header.length() - 1))
                .isEqualTo(address);
        if (address != null) {
            Canonical.check(address);
            String brackets = address.isIpv4() ? address.toString() : "[" + address + "]";
            String withPort = brackets + ":443";
            assertThat(ClientAddress.tryParseEndpoint(brackets, 0, brackets.length()))
                    .isEqualTo(address);
            assertThat(ClientAddress.tryParseEndpoint(withPort, 0, withPort.length()))
                    .isEqualTo(address);
        }
    }
}
