package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.http.FilterStats;
import io.headgate.plan.PlanCache;
import io.headgate.testing.FakeTicker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The question what a request would meet, to the endpoint of an application with a second filter and plans of both kinds. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExplainTest {

    private static final String OPERATOR = "127.0.9.1";

    private Site site;

    @BeforeAll
    void start(@TempDir Path folder) throws IOException {
        Path crawlers = Files.writeString(folder.resolve("crawlers"), "203.0.113.0/24\n198.51.100.7");
        site = Site.of(
                Application.class,
                "headgate.limits=3/day",
                "headgate.secret=open sesame",
                "headgate.key=header X-API-Key",
                "headgate.plans.gold.limits=5/day",
                "headgate.plans.crawlers.limits=unlimited",
                "headgate.plans.crawlers.ranges-file=" + crawlers,
                "headgate.exempt=127.0.9.0/24",
                "headgate.rules[0].name=exports",
                "headgate.rules[0].path=/hello",
                "headgate.rules[0].limits=1/day",
                "headgate.rules[0].when=query format=csv",
                "headgate.rules[1].name=users",
                "headgate.rules[1].path=/*",
                "headgate.rules[1].limits=2/day",
                "headgate.rules[1].key=principal",
                "headgate.rules[1].when=role USER",
                "headgate.rules[1].stage=authenticated",
                "management.endpoints.web.exposure.include=headgate",
                "management.endpoint.headgate.access=unrestricted");
    }

    @AfterAll
    void stop() {
        site.close();
    }

    private String asked(String json) throws IOException {
        Reply reply = site.post(OPERATOR, "/actuator/headgate", "application/json", json);
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply.body().substring(reply.body().indexOf('{'), reply.body().lastIndexOf('}') + 1);
    }

    private static final String UNCHARGED_BEHIND =
            "\"headgate-authenticated\":{\"outcome\":\"uncharged\",\"client\":\"%s\",\"met\":[{\"key\":\"client\",\"hasKey\":true}],\"asked\":[]}";

    @Test
    void tellsWhatARequestWouldMeet() throws IOException {
        assertThat(asked("{\"path\":\"/hello\",\"address\":\"192.0.2.1\"}"))
                .isEqualTo(
                        "{\"passes\":true,\"filters\":{\"headgate\":{\"outcome\":\"allowed\",\"client\":\"192.0.2.1\","
                                + "\"met\":[{\"key\":\"header x-api-key\",\"hasKey\":false}],"
                                + "\"asked\":[{\"limiter\":\"default\",\"permits\":1,\"dryRun\":false,\"allowed\":true,"
                                + "\"retryAfterSeconds\":0.0,\"overflow\":false,"
                                + "\"limits\":{\"3-per-86400s\":{\"remaining\":3,\"fullInSeconds\":0.0}}}]},"
                                + UNCHARGED_BEHIND.formatted("192.0.2.1") + "}}");
        assertThat(asked("{\"path\":\"/hello\",\"address\":\"203.0.113.1\"}"))
                .contains("\"plan\":\"crawlers\"", "\"limiter\":\"crawlers\"");
        assertThat(
                        asked(
                                "{\"path\":\"/hello\",\"address\":\"192.0.2.1\",\"query\":\"a=b&format=csv\",\"method\":\"get\"}"))
                .contains("\"rule\":\"exports\"", "\"limiter\":\"exports\"");
        assertThat(
                        asked(
                                "{\"path\":\"/hello\",\"address\":\"192.0.2.1\",\"principal\":\"ann\",\"roles\":\"USER, STAFF\"}"))
                .contains("\"headgate-authenticated\":{\"outcome\":\"allowed\"")
                .contains("{\"rule\":\"users\",\"key\":\"principal\",\"hasKey\":true}")
                .contains("\"2-per-86400s\":{\"remaining\":2,")
                .doesNotContain("ann");
        assertThat(asked("{\"path\":\"/hello\",\"address\":\"" + OPERATOR + "\"}"))
                .contains("\"headgate\":{\"outcome\":\"exempt\",\"client\":\"127.0.9.1\",\"met\":[],\"asked\":[]}");
    }

    /** It is what becomes of the next request, and neither a bucket nor a plan knows of it. */
    @Test
    void agreesWithWhatIsDoneNextAndTakesNothing() throws IOException {
        Customers customers = site.context().getBean(Customers.class);
        customers.database.put("gold-key", "gold");
        ApplicationLimiters limiters = site.context().getBean(ApplicationLimiters.class);
        String[] addresses = {"127.0.1.1", "127.0.1.2"};
        for (String address : addresses) {
            for (String key : new String[] {"", "gold-key", "invented"}) {
                for (int i = 0; i < 4; i++) {
                    FilterStats before = limiters.stats();
                    long loads = customers.loads.get();
                    String question =
                            "{\"path\":\"/hello\",\"address\":\"" + address + "\",\"headers\":\"Accept: text/html\\n"
                                    + (key.isEmpty() ? "" : "x-api-key: " + key) + "\"}";
                    String answer = asked(question);
                    assertThat(asked(question)).isEqualTo(answer);
                    assertThat(customers.loads.get()).isEqualTo(loads);
                    // The operator's own requests are exempt, in both filters.
                    assertThat(limiters.stats().allowed()).isEqualTo(before.allowed());
                    assertThat(limiters.stats().exempt()).isEqualTo(before.exempt() + 4);
                    assertThat(answer).doesNotContain("gold-key", "sesame", "invented");
                    String[] fields = key.isEmpty() ? new String[0] : new String[] {"X-API-Key: " + key};
                    int status = site.get(address, "/hello", fields).status();
                    assertThat(answer).startsWith("{\"passes\":" + (status == 200) + ",");
                }
            }
        }
        assertThat(site.get(OPERATOR, "/actuator/headgate").body())
                .containsPattern(
                        "\"plansOfKeys\":\\{\"hits\":[0-9]+,\"misses\":[0-9]+,\"loads\":" + customers.loads + ",")
                .containsPattern(
                        "\"rangesFiles\":\\{\"crawlers\":\\{\"file\":\"[^\"]+crawlers\",\"ranges\":2,\"failures\":0,")
                .containsPattern("\"memoryBytes\":[0-9]{4,},\"maxMemoryBytes\":[0-9]{8,},\"plansOfKeys\"")
                .doesNotContain("gold-key", "sesame");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        {}                                                                | The path of the request begins with / and has no query
        {"path":"/hello"}                                                 | The address of the request is the IPv4 or IPv6 address of its peer
        {"address":"192.0.2.1"}                                           | The path of the request begins with /
        {"path":"/hello","address":"nobody"}                              | The address of the request is the IPv4 or IPv6 address
        {"path":"hello","address":"192.0.2.1"}                            | The path of the request begins with / and has no query
        {"path":"/hello?a=b","address":"192.0.2.1"}                       | The path of the request begins with / and has no query
        {"path":"/","address":"192.0.2.1","method":"G T"}                 | The method of the request is one such as GET
        {"path":"/","address":"192.0.2.1","headers":"X-API-Key abc"}      | The headers of the request are text with one field a line
        {"path":"/","address":"192.0.2.1","query":"a=%zz"}                | The query of the request is a query string
        {"path":"/","address":"192.0.2.1","roles":"USER"}                 | The roles of the request are a principal's, which is missing
        {"path":"/","address":"192.0.2.1","headers":{"X-API-Key":"abc"}}  |
        [1]                                                               |
        """)
    void refusesNonsense(String json, @Nullable String reason) throws IOException {
        Reply reply = site.post(OPERATOR, "/actuator/headgate", "application/json", json);
        assertThat(reply.status()).isEqualTo(400);
        if (reason != null) {
            assertThat(reply.body()).contains(reason);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Application extends Shop {
        @Bean
        Customers customers() {
            return new Customers();
        }

        /** Asks in the calling thread. */
        @Bean
        PlanCache<String> plans(Customers customers, FakeTicker ticker) {
            return PlanCache.<String>builder(customers::load)
                    .executor(Runnable::run)
                    .ticker(ticker)
                    .build();
        }
    }

    static final class Customers {

        private final Map<String, String> database = new ConcurrentHashMap<>();
        private final AtomicLong loads = new AtomicLong();

        CompletableFuture<@Nullable String> load(String key) {
            loads.incrementAndGet();
            return CompletableFuture.completedFuture(database.get(key));
        }
    }
}
