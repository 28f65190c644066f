package io.headgate.containers;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.servlet.RateLimitFilter;
import jakarta.servlet.DispatcherType;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Rules for requests with a header or a parameter, which is looked for in the query alone. */
interface ConditionContract extends OnContainer {

    private static App app(String rules) {
        Map<String, String> params = Map.of("limits", "9/day", "rules", rules);
        return new App().filter("limits", new RateLimitFilter(), params, EnumSet.of(DispatcherType.REQUEST), "/*");
    }

    private static String policy(Reply reply) {
        assertThat(reply.status()).isEqualTo(200);
        return reply.field("RateLimit-Policy");
    }

    @Test
    default void aHeaderOrAParameterChoosesTheRule() throws Exception {
        App app = app("m: /* 1/day when header X-Client=mobile\nt: /* 2/day when no header X-Trusted, query format=csv")
                .answer("/", "hello");
        try (Site site = open(app)) {
            assertThat(policy(site.get("/", "x-client: mobile"))).startsWith("\"1-per-");
            assertThat(policy(site.get("/", "X-Client: desktop"))).startsWith("\"9-per-");
            assertThat(policy(site.get("/?a=b&format=csv"))).startsWith("\"2-per-");
            assertThat(policy(site.get("/?a=b&form%61t=cs%76"))).startsWith("\"2-per-");
            assertThat(policy(site.get("/?format=csv", "X-Trusted: 1"))).startsWith("\"9-per-");
            assertThat(policy(site.get("/?format=CSV"))).startsWith("\"9-per-");
            assertThat(policy(site.get("/?xformat=csv"))).startsWith("\"9-per-");
        }
    }

    private static Reply post(Site site, String path) throws Exception {
        String form = "format=csv&name=ann";
        return site.exchange(
                "127.0.0.1",
                "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                        + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " + form.length()
                        + "\r\n\r\n" + form);
    }

    @Test
    default void aFormIsLeftToTheApplication() throws Exception {
        App app = app("q: /* 2/day when query format")
                .servlet(
                        "/stream",
                        (request, response) -> App.write(
                                response,
                                new String(request.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1)))
                .servlet(
                        "/parameter",
                        (request, response) -> App.write(
                                response, request.getParameter("name") + " " + request.getParameter("format")));
        try (Site site = open(app)) {
            // What stands in the body is no query.
            Reply stream = post(site, "/stream?a=b");
            assertThat(stream.body()).isEqualTo("format=csv&name=ann");
            assertThat(policy(stream)).startsWith("\"9-per-");
            assertThat(post(site, "/parameter").body()).isEqualTo("ann csv");
            Reply both = post(site, "/stream?format=xml");
            assertThat(both.body()).isEqualTo("format=csv&name=ann");
            assertThat(policy(both)).startsWith("\"2-per-");
            assertThat(post(site, "/parameter?format=xml").body()).isEqualTo("ann xml");
            assertThat(post(site, "/parameter?format=xml").status()).isEqualTo(429);
        }
    }
}
