package io.headgate.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.headgate.net.AddressRange;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RangeListTest {

    private static final String JSON_FORM =
            "JSON such as {\"prefixes\": [{\"ipv4Prefix\": \"192.0.2.0/24\"}, {\"ipv6Prefix\": \"2001:db8::/32\"}]}";
    private static final String FORM =
            "the form is one ADDRESS or ADDRESS/PREFIX a line, with comments after #, or " + JSON_FORM;

    private static final String CRAWLER = """
            {
              "creationTime": "2026-11-20T23:00:00.000000",
              "prefixes": [{
                "ipv6Prefix": "2001:db8:10::/64"
              }, {
                "ipv4Prefix": "192.0.2.0/27"
              }]
            }
            """;
    private static final String AWS = """
            {"syncToken": "1732600000", "createDate": "2026-11-26-05-00-00",
             "prefixes": [
              {"ip_prefix": "198.51.100.0/24", "region": "eu-west-1", "service": "EC2", "network_border_group": "x"}],
             "ipv6_prefixes": [
              {"ipv6_prefix": "2001:db8:20::/48", "region": "eu-west-1", "service": "EC2", "network_border_group": "x"}]}
            """;

    private static List<AddressRange> read(String text) {
        return RangeList.parse(text.getBytes(StandardCharsets.UTF_8)).ranges();
    }

    private static List<AddressRange> ranges(String... texts) {
        return Stream.of(texts).map(AddressRange::parse).toList();
    }

    private static void assertRefused(String text, String message) {
        assertThatIllegalArgumentException().isThrownBy(() -> read(text)).withMessage(message);
    }

    @Test
    void oneRangeALineWithComments() {
        assertThat(read("# partners\n192.0.2.0/24\n\n  2001:db8::/32 # the other\n\t198.51.100.7\n#10.0.0.0/8"))
                .isEqualTo(ranges("192.0.2.0/24", "2001:db8::/32", "198.51.100.7/32"));
    }

    @Test
    void linesOfWindowsAndAByteOrderMark() {
        assertThat(read("\uFEFF192.0.2.0/24\r\n# ünïcode\r\n10.0.0.0/8\r\n"))
                .isEqualTo(ranges("192.0.2.0/24", "10.0.0.0/8"));
        assertThat(read("\uFEFF" + CRAWLER.replace("\n", "\r\n"))).isEqualTo(read(CRAWLER));
    }

    @Test
    void theJsonOfCrawlersAndOfAws() {
        assertThat(read(CRAWLER)).isEqualTo(ranges("2001:db8:10::/64", "192.0.2.0/27"));
        assertThat(read(AWS)).isEqualTo(ranges("198.51.100.0/24", "2001:db8:20::/48"));
    }

    @Test
    void whatElseStandsInJsonIsSkipped() {
        assertThat(
                        read(
                                "{\"a\\u00e4\\\"\\n\": [1, -0.5e+3, true, false, null, {}, [], {\"prefixes\": [\"no\"]}],"
                                        + " \"prefixes\": [{\"service\": {\"ipv4Prefix\": 1}, \"ip\\u0076\\u0034Prefix\": \"192.0.2.0\\/24\"}]}"))
                .isEqualTo(ranges("192.0.2.0/24"));
    }

    @Test
    void aBadLineIsNamed() {
        String form =
                "; the form is ADDRESS or ADDRESS/PREFIX, such as \"10.0.0.0/8\", \"2001:db8::/32\" or \"192.0.2.1\"";
        assertRefused(
                "10.0.0.0/8\n\npartner.example # who\n",
                "line 3: \"partner.example\" is not an address range: it does not begin with an address" + form);
        assertRefused(
                "# x\r\n10.0.0.0/33\r\n",
                "line 2: \"10.0.0.0/33\" is not an address range: the prefix is not a number from 0 to 32" + form);
        assertRefused(
                "10.0.0.0/8 192.0.2.0/24",
                "line 1: \"10.0.0.0/8 192.0.2.0/24\" is not an address range: the prefix is not a number from 0 to 32"
                        + form);
        assertRefused(
                "10.0.0.0/8\n" + "x".repeat(1000),
                "line 2: \"" + "x".repeat(64) + "\" (the first 64 of 1000 characters) is not an address range:"
                        + " it is too long" + form);
        assertRefused(
                CRAWLER.replace("192.0.2.0/27", "192.0.2.0/x"),
                "line 6: \"192.0.2.0/x\" is not an address range: the prefix is not a number from 0 to 32" + form);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n\n", "# nobody", "\uFEFF", "   \r\n"})
    void aListWithoutRangesIsNone(String text) {
        assertRefused(text, "no address range is in it; " + FORM);
    }

    @Test
    void emptyJsonIsNoList() {
        assertRefused("{\"prefixes\": []}", "no address range is in it; " + FORM);
        assertRefused("{}", "there is no \"prefixes\" in it; the form is " + JSON_FORM);
        assertRefused("{\"ranges\": [\"10.0.0.0/8\"]}", "there is no \"prefixes\" in it; the form is " + JSON_FORM);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'prefixes': [{'ipv4Prefix': '10.0.0.0/8'}]       | 1 | a comma or } | the end of the file",
                "{'prefixes': [{'ipv4Prefix': '10.0.0.0/8'}~,{'ipv4 | 2 | the rest of a string | the end of the file",
                "{'prefixes': [{'ipv4Prefix': 10}]}                | 1 | ' | '10}]}'",
                "{'prefixes': ['10.0.0.0/8']}                      | 1 | { | ''10.0.0.0/8']}'",
                "{'prefixes': '10.0.0.0/8'}                        | 1 | [ | ''10.0.0.0/8'}'",
                "{'prefixes': [{'ipv4Prefix': '10.0.0.0/8'},]}     | 1 | { | ']}'",
                "{'prefixes': [{'ipv4Prefix': '10.0.0.0/8',}]}     | 1 | ' | '}]}'",
                "{'prefixes': [{'ipv4Prefix': '10.0.0.0/8'}]} x    | 1 | the end of the file | 'x'",
                "{'prefixes': []}~~{'prefixes': []}                | 3 | the end of the file | '{'prefixes': []}'",
                "{prefixes: []}                                    | 1 | ' | 'prefixes: []}'",
                "{'a': 01}                                         | 1 | a comma or } | '1}'",
                "{'a': -}                                          | 1 | a value | '-}'",
                "{'a': 1.}                                         | 1 | a value | '1.}'",
                "{'a': nul}                                        | 1 | a value | 'nul}'",
                "{'a': NaN}                                        | 1 | a value | 'NaN}'",
                "{'a': '\\x'}                                      | 1 | an escape of JSON | 'x'}'",
                "{'a': '\\u12g4'}                                  | 1 | an escape of JSON | 'u12g4'}'",
                "{'a': 'b~'}                                       | 1 | the rest of a string | ''",
                "{'a' 1}                                           | 1 | : | '1}'",
                "{~'prefixes': [~{'ipv4prefix': '10.0.0.0/8'}]}     | 3 | an object with 'ipv4Prefix', 'ipv6Prefix',"
                        + " 'ip_prefix' or 'ipv6_prefix' | '{'ipv4prefix': '10.0.0.0/8'}]}'",
            })
    void whatIsNoJsonIsNamed(String text, int line, String expected, String found) {
        assertRefused(
                text.replace('\'', '"').replace('~', '\n'),
                "line " + line + ": " + expected.replace('\'', '"') + " is expected in place of "
                        + found.replace('\'', '"') + "; the form is " + JSON_FORM);
    }

    @Test
    void deepJsonIsRefusedAndTheStackNotUsedUp() {
        String list = "\"prefixes\": [{\"ipv4Prefix\": \"10.0.0.0/8\"}]}";
        // Level 1 is the object itself.
        assertThat(read("{\"a\": " + "[".repeat(15) + "]".repeat(15) + ", " + list))
                .hasSize(1);
        assertRefused(
                "{\"a\": " + "[".repeat(16) + "]".repeat(16) + ", " + list,
                "line 1: nothing deeper than 16 levels is expected in place of \"[" + "]".repeat(16) + ", " + list
                        + "\"; the form is " + JSON_FORM);
        assertThatIllegalArgumentException().isThrownBy(() -> read("{\"a\": " + "[".repeat(1_000_000)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read("{\"prefixes\": [{\"a\": " + "{\"b\":".repeat(100_000)));
    }

    @Test
    void whatIsNotUtf8IsNamed() {
        byte[] latin1 = "10.0.0.0/8\n# caf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RangeList.parse(latin1))
                .withMessage("line 2: it is not UTF-8 text; " + FORM);
        byte[] utf16 = "10.0.0.0/8\n".getBytes(StandardCharsets.UTF_16);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RangeList.parse(utf16))
                .withMessage("line 1: it is not UTF-8 text; " + FORM);
    }

    @Test
    void bitsBeyondThePrefixAreCounted() {
        byte[] one = "10.0.0.0/8\n10.1.2.3/8\n192.0.2.1\n".getBytes(StandardCharsets.UTF_8);
        assertThat(RangeList.parse(one).hostBits()).isEqualTo("line 2: 10.1.2.3/8 means 10.0.0.0/8");
        byte[] two = "10.1.2.3/8\n2001:db8::1/32\n".getBytes(StandardCharsets.UTF_8);
        assertThat(RangeList.parse(two).hostBits())
                .isEqualTo("line 1: 10.1.2.3/8 means 10.0.0.0/8; 2 ranges are like that");
        assertThat(RangeList.parse("10.0.0.0/8\n::1".getBytes(StandardCharsets.UTF_8))
                        .hostBits())
                .isNull();
    }

    /** Whatever is done to a list, it is read or refused in the one way, in a line of printable text. */
    @Property(tries = 5_000, seed = "1")
    void garbageIsRefusedInOneWay(@ForAll Random random) {
        String base = random.nextBoolean() ? CRAWLER : random.nextBoolean() ? AWS : "10.0.0.0/8\n# x\n2001:db8::/32\n";
        StringBuilder text = new StringBuilder(base);
        for (int edits = random.nextInt(4); edits >= 0 && text.length() > 1; edits--) {
            int at = random.nextInt(text.length());
            switch (random.nextInt(3)) {
                case 0 -> text.deleteCharAt(at);
                case 1 -> text.insert(at, "{}[]\",:\\u#/\n\u0000\u00e4 1e-.t".charAt(random.nextInt(20)));
                default -> text.setLength(Math.max(1, at));
            }
        }
        try {
            assertThat(read(text.toString())).isNotEmpty();
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).contains("the form is").matches("[ -~]+");
        }
    }
}
