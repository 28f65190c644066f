package io.headgate.containers;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.LocalLimiter;
import io.headgate.http.Rule;
import io.headgate.net.ClientAddress;
import io.headgate.servlet.RateLimitFilter;
import jakarta.servlet.DispatcherType;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Rules go by the path that the container decoded and mapped, so nobody slips by with another spelling. */
interface RuleContract extends OnContainer {

    /** Ways to write {@code /login} that some container or proxy takes for it. */
    List<String> SPELLINGS = List.of(
            "/login",
            "//login",
            "/login/",
            "/login;jsessionid=1",
            "/;x=1/login",
            "/%6cogin",
            "/%6Cogin",
            "/a/../login",
            "/a/%2e%2e/login",
            "/./login",
            "/login%2f",
            "/%2flogin",
            "/login%00",
            "/login%3bx",
            "/login%20",
            "/LOGIN",
            "/login?x=/other",
            "/login#x",
            "/%256cogin",
            "/%c1%acogin",
            "/login\\",
            "/.;/login");

    @Test
    default void whoeverReachesTheServletMeetsItsRule() throws Exception {
        Set<String> reached = new TreeSet<>();
        for (String rule : List.of("/login", "/login/*")) {
            LocalLimiter<ClientAddress> general = OnContainer.limiter("1000/minute");
            LocalLimiter<ClientAddress> login = OnContainer.limiter("1000/minute");
            App app = new App()
                    .filter(
                            "limits",
                            RateLimitFilter.builder(general)
                                    .rule(Rule.limiter(rule, login))
                                    .build(),
                            "/*")
                    .answer("/login", "login")
                    .answer("/", "other");
            try (Site site = open(app)) {
                for (String spelling : SPELLINGS) {
                    long before = OnContainer.taken(login, 1000);
                    Reply reply = site.get(spelling);
                    boolean served = reply.status() == 200 && reply.body().equals("login");
                    if (served) {
                        assertThat(OnContainer.taken(login, 1000)).as(spelling).isEqualTo(before + 1);
                        reached.add(spelling);
                    }
                }
            }
        }
        assertThat(reached).isEqualTo(new TreeSet<>(container().spellingsOfLogin()));
    }

    @Test
    default void aPrefixCoversThePathAndWhatIsBelow() throws Exception {
        LocalLimiter<ClientAddress> general = OnContainer.limiter("1000/minute");
        LocalLimiter<ClientAddress> api = OnContainer.limiter("1000/minute");
        App app = new App()
                .filter(
                        "limits",
                        RateLimitFilter.builder(general)
                                .rule(Rule.limiter("/api/*", api))
                                .build(),
                        "/*")
                .answer("/api/*", "api")
                .answer("*.css", "style")
                .answer("/", "other");
        try (Site site = open(app)) {
            long taken = 0;
            for (String path : List.of("/api", "/api/", "/api/a%20b", "/api/x.css", "/api/a/b?c=d")) {
                assertThat(site.get(path).status()).as(path).isEqualTo(200);
                assertThat(OnContainer.taken(api, 1000)).as(path).isEqualTo(++taken);
            }
            for (String path : List.of("/", "/apis", "/x/api", "/x.css")) {
                assertThat(site.get(path).status()).as(path).isEqualTo(200);
                assertThat(OnContainer.taken(api, 1000)).as(path).isEqualTo(taken);
            }
            assertThat(OnContainer.taken(general, 1000)).isEqualTo(4);
        }
    }

    @Test
    default void theFirstMatchingRuleDecidesAndHasItsOwnBuckets() throws Exception {
        LocalLimiter<ClientAddress> general = OnContainer.limiter("2/minute");
        RateLimitFilter filter = RateLimitFilter.builder(general)
                .rule(
                        Rule.parse("GET /search 1/day"),
                        Rule.parse("GET /static/* unlimited"),
                        Rule.parse("/search 3/day cost 3"),
                        Rule.parse("/shadow/* 1/day dry-run"))
                .build();
        try (Site site = open(new App().filter("limits", filter, "/*").answer("/", "other"))) {
            assertThat(site.get("/search").field("RateLimit-Policy")).isEqualTo("\"1-per-86400s\";q=1;w=86400");
            // HEAD costs like GET, and falls under its rules.
            assertThat(site.send("HEAD", "/search").status()).isEqualTo(429);
            assertThat(site.send("POST", "/search").field("RateLimit")).startsWith("\"3-per-86400s\";r=0;t=");
            assertThat(site.send("POST", "/search").status()).isEqualTo(429);
            for (int i = 0; i < 5; i++) {
                assertThat(site.get("/static/y.css").fields()).noneMatch(line -> line.contains("RateLimit"));
                assertThat(site.get("/shadow/x").status()).isEqualTo(200);
            }
            assertThat(filter.stats().dryRunDenied()).isEqualTo(4);
            assertThat(site.get("/shadow/x").field("Retry-After")).isEmpty();
            assertThat(site.get("/").status()).isEqualTo(200);
            assertThat(site.get("/").status()).isEqualTo(200);
            assertThat(site.get("/").status()).isEqualTo(429);
        }
    }

    @Test
    default void aRuleSeesThePathThatARequestWasForwardedTo() throws Exception {
        LocalLimiter<ClientAddress> general = OnContainer.limiter("10/minute");
        LocalLimiter<ClientAddress> target = OnContainer.limiter("10/minute");
        RateLimitFilter filter = RateLimitFilter.builder(general)
                .rule(Rule.limiter("/target", target))
                .build();
        App app = new App()
                .filter("limits", filter, Map.of(), EnumSet.of(DispatcherType.FORWARD), "/*")
                .answer("/target", "target")
                .servlet(
                        "/forward",
                        (request, response) ->
                                request.getRequestDispatcher("/target").forward(request, response));
        try (Site site = open(app)) {
            assertThat(site.get("/forward").body()).isEqualTo("target");
            assertThat(OnContainer.taken(target, 10)).isEqualTo(1);
        }
    }

    @Test
    default void aPreflightIsSkippedOnlyOnDemandAndOnlyIfGenuine() throws Exception {
        String[] genuine = {"Origin: https://a.example", "Access-Control-Request-Method: PUT"};
        for (boolean skip : new boolean[] {false, true}) {
            LocalLimiter<ClientAddress> limiter = OnContainer.limiter("10/minute");
            RateLimitFilter filter =
                    RateLimitFilter.builder(limiter).skipPreflight(skip).build();
            try (Site site = open(new App().filter("limits", filter, "/*").answer("/", "other"))) {
                site.send("127.0.0.1", "OPTIONS", "/", genuine);
                assertThat(OnContainer.taken(limiter, 10)).isEqualTo(skip ? 0 : 1);
                site.send("127.0.0.1", "OPTIONS", "/", genuine[0]);
                site.send("127.0.0.1", "OPTIONS", "/", genuine[1]);
                site.send("127.0.0.1", "GET", "/", genuine);
                assertThat(OnContainer.taken(limiter, 10)).isEqualTo(skip ? 3 : 4);
            }
        }
    }
}
