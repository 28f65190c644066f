package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** What holds for every header, however hostile. */
class ResolverPropertyTest {

    private static final AddressRange TEN = AddressRange.parse("10.0.0.0/8");
    private static final List<ClientAddressResolver> ALL = List.of(
            ClientAddressResolver.remoteAddress(),
            ClientAddressResolver.xForwardedFor(List.of(TEN)),
            ClientAddressResolver.forwarded(List.of(TEN)),
            ClientAddressResolver.xForwardedForHops(3),
            ClientAddressResolver.forwardedHops(64));

    private static FakeRequest request(List<String> lines) {
        String[] all = lines.toArray(new String[0]);
        return FakeRequest.from("10.1.1.1").header("X-Forwarded-For", all).header("Forwarded", all);
    }

    @Provide
    Arbitrary<List<String>> hostileLines() {
        Arbitrary<String> characters = Arbitraries.strings()
                .withChars(",;=\"\\ \tfoFOrR[]:.%_x019\0\u0661\u212a")
                .ofMaxLength(80);
        Arbitrary<String> pieces = Arbitraries.of(
                        "for=",
                        "10.2.2.2",
                        "6.6.6.6",
                        "[2001:db8::1]:1",
                        "\"",
                        "\\",
                        ",",
                        ";",
                        " ",
                        "::",
                        "for=\"10.2.2.2\"")
                .list()
                .ofMaxSize(12)
                .map(list -> String.join("", list));
        return Arbitraries.oneOf(characters, pieces).list().ofMaxSize(5);
    }

    @Property(tries = 2_000, seed = "1")
    void nothingThrows(@ForAll("hostileLines") List<String> lines) {
        for (ClientAddressResolver resolver : ALL) {
            assertThat(resolver.resolve(request(lines))).isNotNull();
        }
    }

    /** The rule itself, written the other way round: from the left, with everything in lists. */
    private static String expected(List<String> elements) {
        String client = "10.1.1.1";
        for (int i = elements.size() - 1; i >= 0 && elements.size() - i <= 64; i--) {
            ClientAddress address = ClientAddress.tryParse(elements.get(i));
            if (address == null) {
                return client;
            }
            client = address.toString();
            if (!TEN.contains(address)) {
                return client;
            }
        }
        return client;
    }

    @Provide
    Arbitrary<List<String>> chains() {
        return Arbitraries.frequencyOf(
                        Tuple.of(9, Arbitraries.integers().between(1, 9).map(i -> "10.2.2." + i)),
                        Tuple.of(1, Arbitraries.of("6.6.6.6", "198.51.100.7", "junk", "2001:db8::1")))
                .list()
                .ofMaxSize(80);
    }

    @Property(tries = 1_000, seed = "1")
    void theResultIsNeverLeftOfAStranger(
            @ForAll("chains") List<String> chain, @ForAll("chains") List<String> rest, @ForAll boolean inTwoLines) {
        List<String> whole = new ArrayList<>(chain);
        whole.addAll(rest);
        List<String> lines = inTwoLines && !chain.isEmpty() && !rest.isEmpty()
                ? List.of(String.join(", ", chain), String.join(",", rest))
                : whole.isEmpty() ? List.of() : List.of(String.join(" ,\t", whole));
        assertThat(ClientAddressResolver.xForwardedFor(List.of(TEN)).resolve(request(lines)))
                .hasToString(expected(whole));
    }

    /** What a proxy writes of a value that a client has chosen, such as its Host. */
    private static String quoted(String value) {
        return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    @Provide
    Arbitrary<String> chosenByTheClient() {
        return hostileLines().map(lines -> String.join("", lines));
    }

    /** Whatever the client sends and whatever is quoted of it, behind proxies that do so correctly it is itself. */
    @Property(tries = 2_000, seed = "1")
    void whatProxiesQuoteNeverMovesTheClient(
            @ForAll("hostileLines") List<String> sent,
            @ForAll("chosenByTheClient") String host,
            @ForAll("chosenByTheClient") String proto,
            @ForAll boolean valuesFirst,
            @ForAll boolean inOneLine) {
        String values = "host=" + quoted(host) + ";proto=" + quoted(proto);
        String first = valuesFirst ? values + ";for=198.51.100.7" : "for=\"198.51.100.7:1\";" + values;
        String second = valuesFirst ? "for=10.2.2.2;" + values : values + ";for=10.2.2.2";
        List<String> lines = new ArrayList<>(sent);
        String appended = first + ", " + second;
        if (inOneLine && !lines.isEmpty()) {
            int last = lines.size() - 1;
            lines.set(last, lines.get(last) + "," + appended);
        } else {
            lines.add(appended);
        }
        FakeRequest request = request(lines);
        assertThat(ClientAddressResolver.forwarded(List.of(TEN)).resolve(request))
                .hasToString("198.51.100.7");
        assertThat(ClientAddressResolver.forwardedHops(2).resolve(request)).hasToString("198.51.100.7");
        assertThat(ClientAddressResolver.forwardedHops(1).resolve(request)).hasToString("10.2.2.2");
    }

    /** So 64 KiB of anything cost no more than 8 KiB do, which hold 64 elements at most. */
    @Example
    void whatLiesFurtherLeftThanEightKibIsNeverLookedAt() {
        List<String> hostile = List.of(
                ",".repeat(65_536),
                " ".repeat(65_536),
                "\"".repeat(65_536),
                ";".repeat(65_536),
                "for=\"\\".repeat(65_536 / 6),
                "\\".repeat(65_535) + "\"",
                "x=\"" + ",for=6.6.6.6".repeat(65_536 / 12) + "\"",
                "\\\"".repeat(32_768),
                "for=10.2.2.2;".repeat(65_536 / 13),
                "for=10.2.2.2,".repeat(65_536 / 13) + "for=10.2.2.2",
                "10.2.2.2,".repeat(65_536 / 9) + "10.2.2.2",
                "10.2.2.2" + " ".repeat(65_536),
                "1".repeat(65_536));
        for (String line : hostile) {
            String end = line.substring(line.length() - HopList.MAX_CHARS);
            for (ClientAddressResolver resolver : ALL) {
                ClientAddress client = resolver.resolve(request(List.of(line)));
                for (String left : List.of("6.6.6.6,", "for=6.6.6.6,", "\"", "10.3.3.3 ,,,")) {
                    assertThat(resolver.resolve(request(List.of(left + "x" + end))))
                            .isEqualTo(client);
                    assertThat(resolver.resolve(request(List.of(left + line, end))))
                            .isEqualTo(client);
                }
            }
        }
    }
}
