package io.headgate.proxies;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.containers.App;
import io.headgate.containers.Container;
import io.headgate.containers.Site;
import io.headgate.http.Drain;
import io.headgate.servlet.RateLimitFilter;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.Measurements;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Refused uploads through the proxies of this machine that the property {@code proxies} names. */
class UploadLiveTest {

    private static final int UPLOADS = 10;
    private static final String UPLOAD =
            "POST / HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\nContent-Length: 10000000\r\n\r\n"
                    + "x".repeat(10_000_000);

    /**
     * A proxy in front of a server.
     *
     * @param fixture what the proxy is started with
     * @param more what it is told besides
     * @param server what is behind it
     */
    record Chain(Fixture fixture, String more, Backend server) {
        @Override
        public String toString() {
            return fixture.name() + " " + more + " " + server;
        }
    }

    static List<Chain> chains() throws Exception {
        List<String> listed = List.of(System.getProperty("proxies", "").split(",", -1));
        List<Chain> chains = new ArrayList<>();
        for (Fixture fixture : Fixture.all()) {
            if (listed.containsAll(fixture.programs())) {
                switch (fixture.name()) {
                    case "nginx-append.txt" -> {
                        for (String buffering : List.of("on", "off")) {
                            Fixture nginx = withLine(
                                    fixture,
                                    "nginx.conf",
                                    "location / {",
                                    "client_max_body_size 0; proxy_request_buffering " + buffering + ";");
                            chains.add(new Chain(nginx, "buffering " + buffering, Backend.HTTP));
                            chains.add(new Chain(nginx, "buffering " + buffering, Backend.TOMCAT));
                        }
                    }
                    case "apache-http.txt", "haproxy-forwardfor.txt" -> {
                        chains.add(new Chain(fixture, "", Backend.HTTP));
                        chains.add(new Chain(fixture, "", Backend.TOMCAT));
                    }
                    case "apache-ajp.txt" -> chains.add(new Chain(fixture, "", Backend.AJP));
                    default -> {
                        // The same programs, set in another way.
                    }
                }
            }
        }
        return chains;
    }

    private static Fixture withLine(Fixture fixture, String file, String after, String line) {
        List<String> lines = new ArrayList<>(fixture.files().get(file));
        int at = 0;
        while (!lines.get(at).strip().equals(after)) {
            at++;
        }
        lines.add(at + 1, line);
        Map<String, List<String>> files = new LinkedHashMap<>(fixture.files());
        files.put(file, lines);
        return new Fixture(fixture.name(), fixture.head(), files, fixture.settings(), fixture.exchanges());
    }

    @ParameterizedTest
    @MethodSource("chains")
    void aRefusedUploadIsARefusal(Chain chain) throws Exception {
        Measurements.print("%s, answered at once: %s", chain, statuses(chain, Drain.NONE));
        Map<String, Integer> drained = statuses(chain, new Drain(20_000_000, Duration.ofMinutes(1)));
        Measurements.print("%s, read first: %s", chain, drained);
        assertThat(drained).containsOnly(Map.entry("429", UPLOADS));
    }

    /** What clients got, and how often. */
    private static Map<String, Integer> statuses(Chain chain, Drain drain) throws Exception {
        RateLimitFilter filter = RateLimitFilter.builder()
                .limits(Limit.parse("1/hour"))
                .drain(drain)
                .ticker(new FakeTicker())
                .build();
        App app = new App().filter("limits", filter, "/*").answer("/", "hello");
        Container.Server server = chain.server().start(app);
        Map<String, Integer> statuses = new TreeMap<>();
        try (RunningProxy proxy = new RunningProxy(chain.fixture(), server.port());
                Site site = proxy.site()) {
            assertThat(site.get("/").status()).isEqualTo(200);
            for (int i = 0; i < UPLOADS; i++) {
                statuses.merge(status(site), 1, Integer::sum);
            }
        } finally {
            server.stop();
        }
        return statuses;
    }

    private static String status(Site site) {
        try {
            return String.valueOf(site.exchange("127.0.0.1", UPLOAD).status());
        } catch (IOException | AssertionError noAnswer) {
            return "none";
        }
    }
}
