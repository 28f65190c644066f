package io.headgate.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client is counted under. */
class NetworkTest {

    @ParameterizedTest
    @CsvSource({
        // IPv4 stays as it is
        "192.0.2.1, 0, 192.0.2.1",
        "192.0.2.1, 64, 192.0.2.1",
        "::ffff:192.0.2.1, 64, 192.0.2.1",
        "0.0.0.0, 64, 0.0.0.0",
        // IPv6 is masked
        "2001:db8:1:2:3:4:5:6, 0, ::",
        "2001:db8:1:2:3:4:5:6, 1, ::",
        "a001:db8:1:2:3:4:5:6, 1, 8000::",
        "2001:db8:1:2:3:4:5:6, 32, 2001:db8::",
        "2001:db8:1:ffff:3:4:5:6, 56, 2001:db8:1:ff00::",
        "2001:db8:1:ffff:3:4:5:6, 63, 2001:db8:1:fffe::",
        "2001:db8:1:2:3:4:5:6, 64, 2001:db8:1:2::",
        "2001:db8:1:2:ffff:4:5:6, 65, 2001:db8:1:2:8000::",
        "2001:db8:1:2:3:4:5:6, 96, 2001:db8:1:2:3:4::",
        "2001:db8:1:2:3:4:5:7, 127, 2001:db8:1:2:3:4:5:6",
        "2001:db8:1:2:3:4:5:7, 128, 2001:db8:1:2:3:4:5:7",
        "::, 64, ::",
        "::1, 64, ::",
        "::1.2.3.4, 64, ::",
        // NAT64 is the IPv4 address behind the translator
        "64:ff9b::192.0.2.1, 64, 192.0.2.1",
        "64:ff9b::192.0.2.1, 0, 192.0.2.1",
        "64:ff9b::192.0.2.1, 128, 192.0.2.1",
        "64:ff9b::1, 64, 0.0.0.1",
        "64:ff9b::ffff:ffff, 64, 255.255.255.255",
        "64:ff9b::, 64, 64:ff9b::",
        "64:ff9b::1:0:1, 64, 64:ff9b::",
        "64:ff9b:1::192.0.2.1, 64, 64:ff9b:1::",
        "64:ff9c::192.0.2.1, 64, 64:ff9c::",
        "64:ff9a::192.0.2.1, 64, 64:ff9a::",
        // 6to4 is one IPv4 host
        "2002:c000:201:ffff::1, 64, 2002:c000:201::",
        "2002:c000:201:ffff::1, 128, 2002:c000:201::",
        "2002:c000:201:ffff::1, 48, 2002:c000:201::",
        "2002:c000:201:ffff::1, 32, 2002:c000::",
        "2002:c000:201:ffff::1, 0, ::",
        "2003:c000:201:ffff::1, 64, 2003:c000:201:ffff::",
        // many hosts in one /64: docs/client-address.md, "One bucket for many"
        "::ffff:0:192.0.2.1, 64, ::",
        "::ffff:0:192.0.2.1, 128, ::ffff:0:c000:201",
        "2001:0:c000:201:8000:63bf:3fff:fdd2, 64, 2001:0:c000:201::",
        "2001:db8:1:2:0:5efe:192.0.2.1, 64, 2001:db8:1:2::",
        "2001:db8:1:2:200:5efe:192.0.2.1, 64, 2001:db8:1:2::",
        "fe80::1%eth0, 64, fe80::",
        "fe80::1%eth0, 128, fe80::1",
    })
    void theNetworkIsWhatAClientIsCountedUnder(String text, int prefix, String network) {
        ClientAddress actual = ClientAddress.parse(text).network(prefix);

        assertThat(actual).hasToString(network);
        assertThat(actual.network(prefix)).isSameAs(actual);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 129, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void aPrefixIs0To128(int prefix) {
        for (String text : List.of("2001:db8::1", "192.0.2.1")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ClientAddress.parse(text).network(prefix))
                    .withMessage("the IPv6 prefix must be 0 to 128 bits, not " + prefix);
        }
    }
}
