package io.headgate.servlet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.headgate.http.ClientAddressResolver;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.security.Principal;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the limiter of requests sees of a servlet request, and of a response. */
class ServletHttpRequestTest {

    private static final List<AddressRange> TEN = List.of(AddressRange.parse("10.0.0.0/8"));

    private static ServletHttpRequest seen(HttpServletRequest request) {
        return new ServletHttpRequest(request);
    }

    @Test
    void wrappersHaveNoSay() {
        FakeRequest request = FakeRequest.from("10.1.1.1").header("X-Forwarded-For", "6.6.6.6, 198.51.100.7");
        HttpServletRequest wrapped = new HttpServletRequestWrapper(new HttpServletRequestWrapper(request) {
            @Override
            public String getRemoteAddr() {
                return "6.6.6.6";
            }

            @Override
            public Enumeration<String> getHeaders(String name) {
                return Collections.emptyEnumeration();
            }

            @Override
            public String getHeader(String name) {
                return "6.6.6.6";
            }
        });
        assertThat(ClientAddressResolver.remoteAddress().resolve(seen(wrapped))).hasToString("10.1.1.1");
        assertThat(ClientAddressResolver.xForwardedFor(TEN).resolve(seen(wrapped)))
                .hasToString("198.51.100.7");
        assertThat(ClientAddressResolver.xForwardedForHops(2).resolve(seen(wrapped)))
                .hasToString("6.6.6.6");
        assertThat(seen(wrapped).headers("x-forwarded-for")).containsExactly("6.6.6.6, 198.51.100.7");
        assertThat(seen(wrapped).hasHeader("X-Forwarded-For")).isTrue();
        assertThat(seen(wrapped).hasHeader("Forwarded")).isFalse();
        assertThat(seen(wrapped).unwrap(HttpServletRequest.class)).isSameAs(wrapped);
    }

    interface OfAContainer extends HttpServletRequest {}

    @Test
    void whatAContainerAddsIsFoundBelowWrappers() {
        OfAContainer request = mock();
        HttpServletRequest wrapped = new HttpServletRequestWrapper(new HttpServletRequestWrapper(request));
        assertThat(seen(wrapped).unwrap(OfAContainer.class)).isSameAs(request);
        assertThat(seen(wrapped).unwrap(String.class)).isNull();
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
    void peersAsContainersWriteThem(String peer, String client) {
        assertThat(seen(FakeRequest.from(peer)).remoteAddress()).isEqualTo(ClientAddress.parse(client));
        assertThat(ClientAddressResolver.remoteAddress().resolve(seen(FakeRequest.from(peer))))
                .hasToString(client);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "unknown", "0.0.0.0", "::", "[::]:80", "unix:/run/app.sock", "/run/app.sock", "localhost"})
    void peersThatAreNoAddress(String peer) {
        for (ClientAddressResolver resolver : List.of(
                ClientAddressResolver.remoteAddress(),
                ClientAddressResolver.xForwardedFor(List.of(AddressRange.parse("0.0.0.0/0"))))) {
            FakeRequest request = FakeRequest.from(peer).header("X-Forwarded-For", "6.6.6.6");
            assertThat(resolver.resolve(seen(request))).isNull();
        }
        assertThat(seen(FakeRequest.from(null)).remoteAddress()).isNull();
        assertThat(ClientAddressResolver.remoteAddress().resolve(seen(FakeRequest.from(null))))
                .isNull();
    }

    @Test
    void linesOfAHeaderAreInTheirOrder() {
        FakeRequest request = FakeRequest.any().header("Forwarded", "for=1.1.1.1", "for=2.2.2.2");
        assertThat(seen(request).headers("Forwarded")).containsExactly("for=1.1.1.1", "for=2.2.2.2");
        assertThat(seen(request).headers("X-Forwarded-For")).isEmpty();
        HttpServletRequest closed = mock();
        when(closed.getHeaders(any())).thenReturn(null);
        assertThat(seen(closed).headers("Forwarded")).isEmpty();
    }

    @Test
    void thePathIsThatOfTheServletAndWhatFollows() {
        assertThat(seen(FakeRequest.any().path("/a")).path()).isEqualTo("/a");
        assertThat(seen(FakeRequest.any().path("/a").pathInfo("/b")).path()).isEqualTo("/a/b");
        assertThat(seen(FakeRequest.any().path("").pathInfo("/b")).path()).isEqualTo("/b");
        assertThat(seen(FakeRequest.any().path(null)).path()).isNull();
        assertThat(seen(FakeRequest.any().method("PUT")).method()).isEqualTo("PUT");
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "-, -",
                "'', -",
                "client=a, a",
                "client=a&client=b, a",
                "x=1&client=a+b%21, a b!",
                "cl%69ent=a, a",
                "client, ''",
                "client=, ''",
                "client=a=b, a=b",
                "Client=a, -",
                "client=%zz, -",
                "client=%zz&client=a, a",
                "%zz=1&client=a, a"
            })
    void theQueryIsDecoded(String query, String value) {
        assertThat(seen(FakeRequest.any().query(query)).query("client")).isEqualTo(value);
    }

    @Test
    void aParameterMayHaveNoName() {
        assertThat(seen(FakeRequest.any().query("client=a&=b")).query("")).isEqualTo("b");
    }

    @Test
    void whoWasAuthenticatedIsAsked() {
        HttpServletRequest request = mock();
        Principal somebody = () -> "somebody";
        when(request.getUserPrincipal()).thenReturn(somebody);
        when(request.isUserInRole("admin")).thenReturn(true);
        assertThat(seen(request).principal()).isSameAs(somebody);
        assertThat(seen(request).hasRole("admin")).isTrue();
        assertThat(seen(request).hasRole("other")).isFalse();
        assertThat(seen(request).unwrap(String.class)).isNull();
    }

    @Test
    void attributesAreThoseOfTheRequest() {
        FakeRequest request = FakeRequest.any();
        seen(request).attribute("a", 1);
        assertThat(request.attributes).containsEntry("a", 1);
        assertThat(seen(request).attribute("a")).isEqualTo(1);
        assertThat(seen(request).attribute("b")).isNull();
    }

    @Test
    void theBodyIsAsLongAsTheApplicationSays() {
        FakeResponse response = FakeResponse.fresh();
        ServletHttpResponse seen = new ServletHttpResponse(response);
        assertThat(seen.bodyBytes()).isEmpty();
        response.setHeader("Content-Length", "12");
        assertThat(seen.bodyBytes()).hasValue(12);
        response.setHeader("Content-Length", "-1");
        assertThat(seen.bodyBytes()).isEmpty();
        response.setHeader("Content-Length", "9999999999999999999");
        assertThat(seen.bodyBytes()).isEmpty();
    }

    @Test
    void whatIsSeenOfAResponseIsWhatItIs() {
        HttpServletResponse response = mock();
        when(response.getStatus()).thenReturn(302);
        when(response.isCommitted()).thenReturn(true);
        when(response.getHeader("Location")).thenReturn("/x");
        ServletHttpResponse seen = new ServletHttpResponse(response);
        assertThat(seen.status()).isEqualTo(302);
        assertThat(seen.isCommitted()).isTrue();
        assertThat(seen.header("Location")).isEqualTo("/x");
        assertThat(seen.header("Retry-After")).isNull();
    }
}
