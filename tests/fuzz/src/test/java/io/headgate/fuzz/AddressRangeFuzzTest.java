package io.headgate.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;

/** Any text is a range with one canonical text, or an {@link IllegalArgumentException} that shows it safely. */
class AddressRangeFuzzTest {

    @FuzzTest(maxDuration = "30s")
    void parse(byte[] input) {
        String text = new String(input, UTF_8);
        AddressRange range;
        try {
            range = AddressRange.parse(text);
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).hasSizeLessThan(700).matches("[ -~]+");
            return;
        }
        AddressRange again = AddressRange.parse(range.toString());
        assertThat(again).isEqualTo(range).hasSameHashCodeAs(range).hasToString(range.toString());
        assertThat(again.prefixLength()).isEqualTo(range.prefixLength()).isBetween(0, range.isIpv4() ? 32 : 128);

        String network = range.toString().substring(0, range.toString().indexOf('/'));
        assertThat(range.contains(ClientAddress.parse(network))).isTrue();
        assertThat(range.contains(ClientAddress.parse(range.isIpv4() ? "::1.2.3.4" : "1.2.3.4")))
                .isFalse();
        int slash = text.indexOf('/');
        ClientAddress written = ClientAddress.parse(slash < 0 ? text : text.substring(0, slash));
        // ::ffff:10.0.0.0/8 is a range of IPv6 addresses that is written with an IPv4 address
        assertThat(range.contains(written)).isEqualTo(range.isIpv4() == written.isIpv4());
    }
}
