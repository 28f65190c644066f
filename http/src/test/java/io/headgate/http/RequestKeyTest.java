package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.headgate.net.ClientAddress;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What requests are limited by, and under which conditions, as text. */
class RequestKeyTest {

    private static final ClientAddress CLIENT = ClientAddress.parse("192.0.2.1");

    private final KeyDigest digest = digest("a secret");

    private static KeyDigest digest(@Nullable String secret) {
        return new KeyDigest(secret, address -> address.network(64));
    }

    private String key(String text, FakeRequest request) {
        return String.valueOf(RequestKey.parse(text).of(request, CLIENT, digest));
    }

    @ParameterizedTest
    @CsvSource({
        "client, client",
        "' principal ', principal",
        "header  X-API-Key, header x-api-key",
        "client+principal, client + principal",
        "principal + header X-Device, principal + header x-device"
    })
    void textIsReadBack(String text, String canonical) {
        assertThat(RequestKey.parse(text)).hasToString(canonical).isEqualTo(RequestKey.parse(canonical));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "user", "header", "header a b", "header (", "client +", "client client", "Principal"})
    void otherTextIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> RequestKey.parse(text));
    }

    @Test
    void theMessageShowsTextAndForm() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RequestKey.parse("user"))
                .withMessage(
                        "\"user\" is not a key; the form is client, principal, header NAME, or several of them with \" + \""
                                + " between them, such as \"client + principal\"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RequestKey.parse("client + client"))
                .withMessageStartingWith("\"client + client\" names a part twice; ");
    }

    @Test
    void aKeyIsWhatTheRequestHas() {
        assertThat(key("client", new FakeRequest())).isEqualTo("192.0.2.1");
        assertThat(key("principal", new FakeRequest().principal("ann"))).isEqualTo("ann");
        assertThat(key("header X-Key", new FakeRequest().header("x-key", " k1 ")))
                .isEqualTo("k1");
        assertThat(key("client + principal", new FakeRequest().principal("ann")))
                .isEqualTo("9:192.0.2.13:ann");
    }

    @Test
    void partsAreKeptApart() {
        assertThat(key(
                        "header a + header b",
                        new FakeRequest().header("a", "x2:y").header("b", "z")))
                .isNotEqualTo(key(
                        "header a + header b",
                        new FakeRequest().header("a", "x").header("b", "2:yz")));
    }

    @Test
    void aPartThatIsMissingOrSaidTwiceIsNoKey() {
        assertThat(key("principal", new FakeRequest())).isEqualTo("null");
        assertThat(key("principal", new FakeRequest().principal(""))).isEqualTo("null");
        assertThat(key("header X-Key", new FakeRequest())).isEqualTo("null");
        assertThat(key("header X-Key", new FakeRequest().header("x-key", " "))).isEqualTo("null");
        assertThat(key("header X-Key", new FakeRequest().header("x-key", "a", "b")))
                .isEqualTo("null");
        assertThat(key("client + principal", new FakeRequest())).isEqualTo("null");
        assertThat(String.valueOf(RequestKey.CLIENT.of(new FakeRequest(), null, digest)))
                .isEqualTo("null");
    }

    @Test
    void aLongKeyIsHashedWithTheSecret() {
        String longest = "k".repeat(64);
        assertThat(key("header k", new FakeRequest().header("k", longest))).isEqualTo(longest);
        FakeRequest request = new FakeRequest().header("k", longest + "k");
        String hashed = key("header k", request);
        assertThat(hashed).hasSizeLessThan(100).doesNotContain("kkkk").isEqualTo(key("header k", request));
        assertThat(hashed).isNotEqualTo(key("header k", new FakeRequest().header("k", longest + "l")));
        assertThat(RequestKey.parse("header k").of(request, null, digest("another")))
                .isNotEqualTo(hashed);
        assertThat(RequestKey.parse("header k").of(request, null, digest(null)))
                .isNotEqualTo(RequestKey.parse("header k").of(request, null, digest(null)));
    }

    @ParameterizedTest
    @CsvSource({
        "header X-Key, true",
        "header x-key=v, true",
        "header X-Key=w, false",
        "no header X-Key, false",
        "no header X-Other, true",
        "query q, true",
        "query q=1, true",
        "query q=2, false",
        "query Q, false",
        "no query q, false",
        "role ADMIN, true",
        "role OTHER, false",
        "no role OTHER, true",
        "authenticated, true",
        "anonymous, false"
    })
    void conditionsHoldOrNot(String text, boolean holds) {
        RequestCondition condition = RequestCondition.parse(text);
        FakeRequest request =
                new FakeRequest().header("X-Key", "v").parameter("q", "1").principal("ann", "ADMIN");
        assertThat(condition.holds(request)).isEqualTo(holds);
        assertThat(RequestCondition.parse(condition.toString())).isEqualTo(condition);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "header", "no", "cookie x", "header =v", "header a b", "query", "no authenticated", "role"})
    void otherConditionsAreRefused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RequestCondition.parse(text))
                .withMessageEndingWith("the form is [no] header NAME[=VALUE], [no] query NAME[=VALUE], [no] role NAME,"
                        + " authenticated or anonymous");
    }

    @Test
    void rulesSayBothInText() {
        Rule rule = Rule.parse("api: GET /api/* 100/minute key header X-Key when header key, no role ADMIN cost 2");
        assertThat(rule.key()).hasToString("header x-key");
        assertThat(rule.holds(new FakeRequest().header("key", "1"))).isTrue();
        assertThat(rule.holds(new FakeRequest().header("key", "1").principal("ann", "ADMIN")))
                .isFalse();
        assertThat(rule.cost()).hasValue(2);
        assertThat(Rule.parse("/a 1/s when header X, query y=1"))
                .extracting(Rule::name)
                .isEqualTo("/a when header x, query y=1");
        assertThat(Rule.parse("/a 1/s key principal stage authenticated").stage())
                .isEqualTo(Stage.AUTHENTICATED);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Rule.parse("/a unlimited key principal"))
                .withMessageStartingWith(
                        "\"/a unlimited key principal\" is not a rule: a rule with a key needs limits of its own; ");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Rule.parse("/a 1/s stage later"))
                .withMessageContaining("\"later\" is not a stage: arrival or authenticated");
        assertThatIllegalArgumentException().isThrownBy(() -> Rule.parse("/a 1/s key"));
        assertThatIllegalArgumentException().isThrownBy(() -> Rule.parse("/a 1/s when"));
    }
}
