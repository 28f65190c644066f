package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which responses are charged, as text. */
class ChargeOnTest {

    private static boolean charges(String text, int status, @Nullable String location, FakeRequest request) {
        FakeResponse response = new FakeResponse();
        if (location != null) {
            response.setHeader("Location", location);
        }
        return ChargeOn.parse(text).charges(request, response, status);
    }

    @ParameterizedTest
    @CsvSource({
        "'401', 401, true",
        "'401', 403, false",
        "'401,403', 403, true",
        "'401 , 5xx', 599, true",
        "'4xx', 400, true",
        "'4xx', 499, true",
        "'4xx', 399, false",
        "'4xx', 500, false",
        "'1xx', 100, true",
        "'302', 302, true",
        "'never', 401, false"
    })
    void statusesAndClassesOfThem(String text, int status, boolean charged) {
        assertThat(charges(text, status, null, new FakeRequest())).isEqualTo(charged);
        assertThat(ChargeOn.parse(text).charges(new FakeResponse(), status)).isEqualTo(charged);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // A login that failed, however its target is written.
                "302 to /login?error|/login?error|true",
                "302 to /login?error|/shop/login?error|true",
                "302 to /login?error|/shop/login;jsessionid=0A1B?error|true",
                "302 to /login?error|/shop;v=1/login;jsessionid=0A1B?error|true",
                "302 to /login?error|http://example.org/shop/login?error|true",
                "302 to /login?error|https://example.org:8443/shop/login?error#top|true",
                "302 to /login?error|//example.org/shop/login?error|true",
                "302 to /login?error|login?error|true",
                "302 to /login?error|./login?error|true",
                "302 to /login?error|../shop/login?error|true",
                "302 to /login?error|?error|true",
                "302 to /login?error|/shop/login?lang=de&error|true",
                "302 to /login?error|/shop/login?error=bad&lang=de|true",
                "302 to /login?error|/shop/%6cogin?%65rror|true",
                "302 to /login?error=1|/shop/login?error=1|true",
                "302 to /login?error=1&a|/shop/login?a=b&error=1|true",
                "302 to /login?error=1|/shop/login?error=12|false",
                "302 to /login?error=1|/shop/login?error|false",
                "302 to /login?error|/shop/login|false",
                "302 to /login?error|/shop/login?errors|false",
                "302 to /login?error|/shop/login?x=error|false",
                "302 to /login?error|/shop/login/?error|true",
                "302 to /login?error|/SHOP/LOGIN?error|true",
                "302 to /login?error|/shop/login?ERROR|false",
                "302 to /login?error|/shop/|false",
                "302 to /login|/shop/login?error|true",
                "302 to /a+b|/shop/a+b|true",
                "302 to /a%20b|/shop/a%20b|true",
                "302 to /login or /locked|/shop/locked|true",
                // What cannot be read stays charged.
                "302 to /login?error||true",
                "302 to /login?error|http://[|true",
                "302 to /login?error|/a b|true",
                "302 to /login?error|/%zz|true",
                "302 to /login?error|mailto:me@example.org|true",
                "302 not to /||true",
                "302 not to /|http://[|true",
                // Anywhere but to what a success leads to.
                "302 not to /|/shop/|false",
                "302 not to /|/shop|false",
                "302 not to /|/shop;jsessionid=1|false",
                "302 not to /|http://example.org/shop/|false",
                "302 not to /|/shop/?continue|false",
                "302 not to /|/shop/login?error|true",
                "302 not to /|/shopping/|true",
                "302 not to /|login?error|true",
                "302 not to /|./|false",
                "302 not to / or /home|/shop/home|false",
                "302 not to / or /home|/shop/homes|true",
                "3xx to /login?error|/shop/login?error|true"
            })
    void whereARedirectLeads(String text, @Nullable String location, boolean charged) {
        FakeRequest request = new FakeRequest().path("/login").contextPath("/shop");
        assertThat(charges(text, 302, location, request)).isEqualTo(charged);
        assertThat(charges("401, " + text, 302, location, request)).isEqualTo(charged);
        assertThat(charges(text, 200, location, request)).isFalse();
        assertThat(charges(text, 303, location, request)).isEqualTo(charged && text.startsWith("3xx"));
    }

    /** Containers hand on the context path, and some the whole path, as the client wrote it, and applications make the target of it. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/x/../shop|/login|/x/../shop/login?error",
                "/./shop|/login|/./shop/login?error",
                "/%2e/shop|/login|/%2e/shop/login?error",
                "/;/shop|/login|/;/shop/login?error",
                "/shop;a=b|/login|/shop;a=b/login?error",
                "/shop;a=b|/login|/shop/login?error",
                "/shop;a=b|/login|http://example.org/shop;a=b//login?error",
                "/x/../shop|/login|login?error",
                "/x/../shop|/login|?error",
                "/shop|/login|/shop//login?error",
                "/shop|/login|/shop/;/login?error",
                "/shop;a=b|/login|/shop/login?error;a=b/",
                "''|/login|/;x=1/login?error",
                "''|/login|/;/login;x?error",
                "''|/login|//login?error",
                "''|/login|http://example.org//login?error",
                "''|/login|/.//login?error",
                "''|/login|/login/.?error",
                "''|/login|/Login/?error"
            })
    void howeverTheClientWritesThePath(String context, String path, String location) {
        FakeRequest request = new FakeRequest().path(path).contextPath(context);
        assertThat(charges("302 to /login?error", 302, location, request)).isTrue();
        assertThat(charges("302 not to /", 302, location, request)).isTrue();
        assertThat(charges("302 to /home", 302, location, request)).isFalse();
    }

    @Test
    void withoutAContextPath() {
        FakeRequest request = new FakeRequest().path("/a/login");
        assertThat(charges("302 to /a/login?error", 302, "login?error", request))
                .isTrue();
        assertThat(charges("302 not to /", 302, "/", request)).isFalse();
        assertThat(charges("302 not to /", 302, "http://example.org", request)).isFalse();
        assertThat(charges("302 not to /", 302, "..", request)).isFalse();
        assertThat(charges("302 to /login?error", 302, "login?error", new FakeRequest().path(null)))
                .isTrue();
        // Without a request, a relative location begins at the root.
        FakeResponse response = new FakeResponse();
        response.setHeader("Location", "login?error");
        assertThat(ChargeOn.parse("302 to /login?error").charges(response, 302)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ",",
                "401,",
                "99",
                "600",
                "0xx",
                "6xx",
                "40x",
                "4XX",
                "4",
                "4xxx",
                "-401",
                "401-403",
                "401 403",
                "Never",
                "never, 401",
                "401, never",
                "302 to",
                "302 to login",
                "302 to http://example.org/",
                "302 to //example.org/",
                "302 to /login?",
                "302 to /login#top",
                "302 to /login;x=1",
                "302 to /%zz",
                "302 to /a /b",
                "302 to /a or",
                "302 to /a or or /b",
                "302 not /a",
                "302 not to",
                "302 To /a",
                "302to /a",
                "401 to /login",
                "4xx to /login",
                "to /login",
                "302 not to /, 302 not to /home",
                "302 not to /, 3xx not to /home",
                "failed-logins"
            })
    void anythingElseIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> ChargeOn.parse(text));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Rule.parse("/login/* 5/minute charge-on " + text))
                .withMessageContaining("charge-on RESPONSE");
    }

    @Test
    void theRefusalSaysWhy() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ChargeOn.parse("302 not to /, 302 not to /home"))
                .withMessageContaining("302 not to / or /home");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ChargeOn.parse("401, failed-login"))
                .withMessageContaining("Spring Security")
                .withMessageContaining("io.headgate.charge");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ChargeOn.parse("302 to login"))
                .withMessageContaining("\"login\"")
                .withMessageContaining("/PATH[?NAME[=VALUE][&NAME...]]");
    }

    @Test
    void thatOfARule() {
        Rule rule = Rule.parse(
                "login: POST /login/* 5/minute, 50/day charge-on 401,  302  to /login?error or /x , 5xx alone");
        assertThat(rule.chargeOn())
                .isEqualTo(ChargeOn.parse("401, 302 to /login?error or /x, 5xx"))
                .isNotEqualTo(ChargeOn.parse("401"));
        assertThat(rule.isInAddition()).isFalse();
        assertThat(Rule.parse("/login/* 5/minute charge-on never").chargeOn()).isSameAs(ChargeOn.never());
        assertThat(Rule.parse("/login/* 5/minute charge-on never").isInAddition())
                .isTrue();
        assertThat(Rule.parse("/login/* 5/minute").isInAddition()).isFalse();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Rule.parse("/login/* unlimited charge-on 401"))
                .withMessageContaining("an unlimited rule charges nothing");
    }
}
