package io.headgate.containers;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.LocalLimiter;
import io.headgate.http.Rule;
import io.headgate.net.ClientAddress;
import io.headgate.servlet.RateLimitFilter;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A front controller that mends whatever path the server lets through to it opens no way round a rule. */
interface SpellingContract extends OnContainer {

    /** Ways to write {@code /login}, besides those of {@link RuleContract#SPELLINGS}. */
    List<String> MENDABLE = List.of(
            "///login",
            "/;x=y/login",
            "/;/login",
            "/login;x=y",
            "/login/;x=y",
            "/login//",
            "/login/.",
            "/login/x/..",
            "/x/..;/login",
            "/x/..;y=z/login",
            "/x/%2e%2e;/login",
            "/x/%252e%252e/login",
            "/x/..%2flogin",
            "/x%2f..%2flogin",
            "/x/..\\login",
            "/x/..%5clogin",
            "/%5clogin",
            "/%252flogin",
            "/%25252flogin",
            "/login%09",
            "/login%3b",
            "/login%253bx",
            "/Login",
            "/static/../login",
            "/static/..;/login",
            "/static/%2e%2e/login",
            "/../login",
            "/login%20/");

    /** Ways out of {@code /static} into {@code /api}, and ways to write the latter. */
    List<String> WAYS_OUT = List.of(
            "/api/x",
            "/static/../api/x",
            "/static/..;/api/x",
            "/static/..;x=y/api/x",
            "/static/%2e%2e/api/x",
            "/static/%2e%2e;/api/x",
            "/static/.%2e/api/x",
            "/static/%252e%252e/api/x",
            "/static/..%2fapi/x",
            "/static/..%252fapi/x",
            "/static/%2e%2e%2fapi/x",
            "/static%2f..%2fapi/x",
            "/static/..\\api/x",
            "/static/..%5capi/x",
            "/static//../api/x",
            "/static/./../api/x",
            "/static/.;/../api/x",
            "/static/a/../../api/x",
            "/static/a/%2e%2e/..;/api/x",
            "/static;/../api/x",
            "/static;x=y/../api/x",
            "/;/static/../api/x",
            "/STATIC/../api/x",
            "/static/../API/x",
            "/static/..%20/api/x",
            "/static/../static/../api/x",
            "//api/x",
            "/;x=y/api/x",
            "/%2fapi/x",
            "/api;/x",
            "/API/x",
            "/%61pi/x",
            "/%2561pi/x");

    /** What a lenient application takes a path for. Of its own, not the filter's idea of it. */
    private static String mend(HttpServletRequest request) throws IOException {
        String path = request.getRequestURI();
        for (String last = ""; !path.equals(last); ) {
            last = path;
            path = URLDecoder.decode(path.replace("+", "%2b"), StandardCharsets.ISO_8859_1);
        }
        Deque<String> segments = new ArrayDeque<>();
        for (String each : path.replace('\\', '/').split("/", -1)) {
            int parameter = each.indexOf(';');
            String segment = (parameter < 0 ? each : each.substring(0, parameter)).strip();
            if (segment.equals("..")) {
                segments.pollLast();
            } else if (!segment.isEmpty() && !segment.equals(".")) {
                segments.addLast(segment);
            }
        }
        return "/" + String.join("/", segments).toLowerCase(Locale.ROOT);
    }

    private static App frontController(String mapping, RateLimitFilter filter) {
        return new App().filter("limits", filter, "/*").servlet(mapping, (request, response) -> {
            try {
                App.write(response, mend(request));
            } catch (IllegalArgumentException notMendable) {
                response.sendError(400);
            }
        });
    }

    private static RateLimitFilter filter(String... rules) {
        LocalLimiter<ClientAddress> general = OnContainer.limiter("1000000/hour");
        return RateLimitFilter.builder(general)
                .rule(Stream.of(rules).map(Rule::parse).toArray(Rule[]::new))
                .build();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/*"})
    default void everySpellingOfALoginMeetsItsRule(String mapping) throws Exception {
        TreeSet<String> unlimited = new TreeSet<>();
        int client = 0;
        try (Site site = open(frontController(mapping, filter("POST /login/* 2/hour")))) {
            for (String spelling : Stream.concat(RuleContract.SPELLINGS.stream(), MENDABLE.stream())
                    .toList()) {
                client++;
                int served = 0;
                for (int i = 0; i < 4; i++) {
                    Reply reply = site.send("127.0.2." + client, "POST", spelling, "Content-Length: 0");
                    served += reply.status() == 200 && reply.body().equals("/login") ? 1 : 0;
                }
                if (served > 2) {
                    unlimited.add(spelling);
                }
            }
        }
        assertThat(unlimited).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"unlimited", "1000/hour cost 0", "1/hour dry-run"})
    default void noSpellingLeadsOutOfAnUnlimitedPath(String free) throws Exception {
        RateLimitFilter filter = filter("/static/* " + free, "/api/* 3/hour");
        TreeSet<String> unlimited = new TreeSet<>();
        int client = 0;
        int together = 0;
        try (Site site = open(frontController("/", filter))) {
            for (String spelling : WAYS_OUT) {
                client++;
                int served = 0;
                for (int i = 0; i < 5; i++) {
                    Reply reply = site.send("127.0.3." + client, "GET", spelling);
                    served += reply.body().equals("/api/x") ? 1 : 0;
                    together += site.get(spelling).body().equals("/api/x") ? 1 : 0;
                }
                if (served > 3) {
                    unlimited.add(spelling);
                }
            }
            for (int i = 0; i < 5; i++) {
                assertThat(site.get("/static/x").body()).isEqualTo("/static/x");
            }
        }
        assertThat(unlimited).isEmpty();
        assertThat(together).isEqualTo(3);
    }

    /** Nor does a redirect that the application makes of the path as the client wrote it: each guess is charged. */
    @Test
    default void aRedirectToThePathAsItWasWrittenIsCharged() throws Exception {
        for (String path : Stream.concat(MENDABLE.stream(), container().spellingsOfLogin().stream())
                .toList()) {
            for (boolean whole : new boolean[] {false, true}) {
                LocalLimiter<ClientAddress> limiter = OnContainer.limiter("1000/hour");
                RateLimitFilter filter = RateLimitFilter.builder(limiter)
                        .rule(Rule.parse("/login/* 5/hour charge-on 302 to /login?error"))
                        .build();
                AtomicInteger guesses = new AtomicInteger();
                App app = new App().filter("limits", filter, "/*").servlet("/login", (request, response) -> {
                    guesses.incrementAndGet();
                    String here = whole ? request.getRequestURL().toString() : request.getRequestURI();
                    response.sendRedirect(here + "?error");
                });
                try (Site site = open(app)) {
                    for (int i = 0; i < 7; i++) {
                        site.send("POST", path);
                    }
                    assertThat(guesses.get()).as("%s, %s", path, whole).isIn(0, 5);
                }
            }
        }
    }
}
