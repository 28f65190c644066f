package io.headgate.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.nio.CharBuffer;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is an address, what is none, and how it is written. */
class ClientAddressTest {

    @ParameterizedTest
    @CsvSource({
        "0.0.0.0, 0.0.0.0",
        "255.255.255.255, 255.255.255.255",
        "192.0.2.1, 192.0.2.1",
        "1.20.100.255, 1.20.100.255",
        // IPv4-mapped: bits decide, not notation
        "::ffff:1.2.3.4, 1.2.3.4",
        "::FFFF:102:304, 1.2.3.4",
        "0:0:0:0:0:ffff:102:304, 1.2.3.4",
        "0000:0000:0000:0000:0000:ffff:1.2.3.4, 1.2.3.4",
        "::ffff:0:0, 0.0.0.0",
        "::ffff:0.0.0.0, 0.0.0.0",
        // a dotted tail anywhere else is IPv6
        "::1.2.3.4, ::102:304",
        "::0.0.0.0, ::",
        "::0.0.0.1, ::1",
        "2001:db8::1.2.3.4, 2001:db8::102:304",
        "1:2:3:4:5:6:7.8.9.10, 1:2:3:4:5:6:708:90a",
        "1:2:3:4:5::1.2.3.4, 1:2:3:4:5:0:102:304",
        "::1:2:3:4:5:1.2.3.4, 0:1:2:3:4:5:102:304",
        "::ffff:0:1.2.3.4, ::ffff:0:102:304",
        "64:ff9b::1.2.3.4, 64:ff9b::102:304",
        // where "::" may stand
        "::, ::",
        "::1, ::1",
        "1::, 1::",
        "1::8, 1::8",
        "1:2:3:4:5:6:7:8, 1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7::, 1:2:3:4:5:6:7:0",
        "::2:3:4:5:6:7:8, 0:2:3:4:5:6:7:8",
        "1:2:3::5:6:7:8, 1:2:3:0:5:6:7:8",
        "1:2:3:4::5:6:7, 1:2:3:4:0:5:6:7",
        // RFC 5952, sections 4.1 to 4.3, with its own examples
        "2001:0db8::0001, 2001:db8::1",
        "2001:db8:0:0:0:0:2:1, 2001:db8::2:1",
        "2001:db8::1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "2001:0:0:1:0:0:0:1, 2001:0:0:1::1",
        "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "0:0:1:0:0:1:0:0, ::1:0:0:1:0:0",
        "1:0:0:0:0:0:0:0, 1::",
        "1:0:0:2:0:0:0:0, 1:0:0:2::",
        "2001:DB8:AAAA:BBBB:CCCC:DDDD:EEEE:AAA1, 2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaa1",
        // the zone is dropped
        "fe80::1%eth0, fe80::1",
        "fe80::1%1, fe80::1",
        "fe80::1%25eth0, fe80::1",
        "fe80::1%a%b, fe80::1",
        "::%lo, ::",
        "::ffff:1.2.3.4%eth0, 1.2.3.4",
    })
    void readsAnAddressAndWritesItsOneText(String text, String canonical) {
        ClientAddress address = ClientAddress.parse(text);

        assertThat(address).hasToString(canonical);
        assertThat(address).isEqualTo(ClientAddress.parse(canonical)).hasSameHashCodeAs(ClientAddress.parse(canonical));
        assertThat(ClientAddress.tryParse(text)).isEqualTo(address);
        assertThat(ClientAddress.tryParse(CharBuffer.wrap(text))).isEqualTo(address);
        assertThat(endpoint(text)).isEqualTo(address);
        assertThat(address.isIpv4()).isEqualTo(!canonical.contains(":"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                ".",
                ":",
                "%",
                "[",
                "]",
                "[]",
                "/",
                // other ways to write IPv4 that inet_aton takes
                "1",
                "127.1",
                "127.0.1",
                "2130706433",
                "0x7f000001",
                "0x7f.0.0.1",
                "010.0.0.1",
                "00.0.0.0",
                "1.2.3.04",
                "1.2.3.4.",
                ".1.2.3.4",
                "1..2.3",
                "1.2.3",
                "1.2.3.",
                "1.2.3.4.5",
                "256.0.0.1",
                "1.2.3.256",
                "1.2.3.1000",
                "1.2.3.4294967297",
                "-1.2.3.4",
                "+1.2.3.4",
                "1.2.3.a",
                "1..22.33",
                ".11.22.33",
                "11.22.33.",
                "1.2.3.4/",
                "1.2.3./",
                "1.2.3.:",
                "1.2.3.4a",
                // digits of other scripts
                "\u0661.2.3.4",
                "\uff11.2.3.4",
                "1.2.3.\u06f4",
                "\uff11::",
                "::\uff41",
                // space is for the caller to trim
                " 1.2.3.4",
                "1.2.3.4 ",
                "1.2.3.4\n",
                "1.2. 3.4",
                "\t::1",
                "::1 ",
                "1.2.3.4\u0000",
                "::1\u0000",
                // IPv6 out of shape
                ":::",
                "::::",
                ":1",
                "1:",
                "1:2",
                ":1::",
                "1:::2",
                "1::2::3",
                "::1::",
                "1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:",
                ":2:3:4:5:6:7:8",
                "1:2:3:4:5:6:7:8:",
                "1:2:3:4:5:6:7:8:9",
                "1:2:3:4:5:6:7:8::",
                "::1:2:3:4:5:6:7:8",
                "1:2:3:4::5:6:7:8",
                "::00001",
                "::12345",
                "::g",
                "::G",
                "::@",
                "::`",
                "::/",
                "::-1",
                "0x1::",
                // IPv6 with a dotted tail out of shape
                "::1.2.3",
                "::1.2.3.4.5",
                "::1.2.3.4:5",
                "::01.2.3.4",
                "::1.2.3.256",
                "::a.2.3.4",
                "1.2.3.4::",
                "1::.2.3.4",
                "::.1.2.3",
                "1:2:3:4:5:6:7:1.2.3.4",
                "1:2:3:4:5:1.2.3.4",
                "1:2:3:4:5:6::1.2.3.4",
                "::1:2:3:4:5:6:1.2.3.4",
                "1.2.3.4:ffff::",
                // zones out of shape
                "::1%",
                "%eth0",
                "::1%a b",
                "::1%a:b",
                "::1%a/b",
                "::1%a[b",
                "::1%a]b",
                "::1%\t",
                "::1%\u007f",
                "1.2.3.4%eth0",
                "1.2.3.4%",
                // what forwarding headers hold in place of an address
                "unknown",
                "_hidden",
                "localhost",
                "example.com",
                "dead.beef",
                "unix:/run/app.sock",
                "\"1.2.3.4\"",
                "for=1.2.3.4",
                "1.2.3.4, 5.6.7.8",
                "1.2.3.4/32",
                "::1/128",
            })
    void refusesEverythingElse(String text) {
        assertThat(ClientAddress.tryParse(text)).isNull();
        assertThat(endpoint(text)).isNull();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClientAddress.parse(text))
                .withMessageContaining("is not an address; the form is");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.2.3.4:80", "[::1]", "[::1]:80", "[::ffff:1.2.3.4]", "[fe80::1%eth0]"})
    void anAddressAloneHasNeitherBracketsNorPort(String text) {
        assertThat(ClientAddress.tryParse(text)).isNull();
        assertThat(endpoint(text)).isNotNull();
    }

    @Test
    void nullIsNoAddress() {
        assertThat(ClientAddress.tryParse(null)).isNull();
        assertThatNullPointerException().isThrownBy(() -> ClientAddress.parse(nothing()));
    }

    @Test
    void aTextOf128CharactersIsReadAndNoLongerOne() {
        String zone = "e".repeat(128 - "::1%".length());

        assertThat(ClientAddress.tryParse("::1%" + zone)).hasToString("::1");
        assertThat(ClientAddress.tryParse("::1%" + zone + "e")).isNull();
        assertThat(endpoint("[::1]:" + "8".repeat(122))).hasToString("::1");
        assertThat(endpoint("[::1]:" + "8".repeat(123))).isNull();
    }

    @Test
    void anErrorShowsTheTextOnOneLine() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClientAddress.parse("10.0.0.\u0661\n"))
                .withMessage("\"10.0.0.\\u0661\\u000a\" is not an address; the form is four decimal octets such as"
                        + " \"192.0.2.1\", or IPv6 such as \"2001:db8::1\"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClientAddress.parse("x".repeat(65_536)))
                .withMessageStartingWith("\"" + "x".repeat(64) + "\" (the first 64 of 65536 characters) is not")
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(300));
    }

    @Test
    void theOrderIsThatOfUnsignedBits() {
        List<String> sorted = List.of(
                "::", "::1", "::7fff:ffff:ffff:ffff", "::8000:0:0:0", "0:0:0:1::", "7fff::", "8000::", "ffff::");
        TreeSet<ClientAddress> set = new TreeSet<>();
        sorted.forEach(text -> set.add(ClientAddress.parse(text)));

        assertThat(set).map(ClientAddress::toString).containsExactlyElementsOf(sorted);
        assertThat(ClientAddress.parse("9.255.255.255")).isLessThan(ClientAddress.parse("10.0.0.0"));
        assertThat(ClientAddress.parse("::ffff:10.0.0.0")).isEqualByComparingTo(ClientAddress.parse("10.0.0.0"));
    }

    @Test
    void theBitsAreInNetworkOrder() {
        ClientAddress ipv6 = ClientAddress.parse("1:2:3:4:5:6:7:8");
        ClientAddress ipv4 = ClientAddress.parse("255.2.3.4");

        assertThat(ipv6.highBits()).isEqualTo(0x0001_0002_0003_0004L);
        assertThat(ipv6.lowBits()).isEqualTo(0x0005_0006_0007_0008L);
        assertThat(ipv4.highBits()).isZero();
        assertThat(ipv4.lowBits()).isEqualTo(0xFFFF_FF02_0304L);
    }

    @Test
    void equalsNothingButAnAddressOfTheSameBits() {
        ClientAddress address = ClientAddress.parse("2001:db8::1");

        assertThat(address)
                .isNotEqualTo(ClientAddress.parse("2001:db8::2"))
                .isNotEqualTo(ClientAddress.parse("2001:db9::1"))
                .isNotEqualTo("2001:db8::1")
                .isNotEqualTo(null);
    }

    private static @Nullable ClientAddress endpoint(String text) {
        return ClientAddress.tryParseEndpoint(text, 0, text.length());
    }

    @SuppressWarnings({"NullAway", "DataFlowIssue"})
    private static CharSequence nothing() {
        return null;
    }

    /** What may follow a percent sign, and what may not: nothing else is looked at. */
    @Test
    void aZoneIsAnyCharactersButAFew() {
        for (int c = 0; c <= 0xFFFF; c++) {
            boolean ends = c <= ' ' || c == 0x7F || ":/[]".indexOf(c) >= 0;
            for (String zone : List.of("" + (char) c, "e" + (char) c, (char) c + "0")) {
                assertThat(ClientAddress.tryParse("fe80::1%" + zone) == null)
                        .as("%x", c)
                        .isEqualTo(ends);
            }
        }
        assertThat(ClientAddress.tryParse("fe80::1%")).isNull();
        assertThat(ClientAddress.tryParse("fe80::1%%")).isEqualTo(ClientAddress.parse("fe80::1"));
        assertThat(ClientAddress.tryParse("192.0.2.1%eth0")).isNull();
        assertThat(ClientAddress.tryParse("::ffff:192.0.2.1%eth0")).isEqualTo(ClientAddress.parse("192.0.2.1"));
        assertThat(ClientAddress.tryParse("::192.0.2.1%eth0")).isEqualTo(ClientAddress.parse("::192.0.2.1"));
    }
}
