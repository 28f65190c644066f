package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LimiterStats;
import io.headgate.http.Explanation.Asked;
import io.headgate.http.Explanation.Met;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.plan.PlanCache;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What {@link RequestLimiter#explain} says is what {@link RequestLimiter#decide} does next, and nothing comes of it. */
class ExplainTest {

    private final FakeTicker time = new FakeTicker();
    private final Map<String, String> database = new HashMap<>(Map.of("gold-key", "gold", "odd-key", "odd"));
    private final List<String> loads = new ArrayList<>();
    private final PlanCache<String> plans = PlanCache.<String>builder(key -> {
                loads.add(key);
                return CompletableFuture.<@Nullable String>completedFuture(database.get(key));
            })
            .executor(Runnable::run)
            .ticker(time)
            .build();
    private final RequestLimiter limits = RequestLimiter.builder()
            .limits(Limit.perHour(3))
            .key(RequestKey.parse("header X-Key"))
            .plan(
                    Plan.parse("gold: 4/hour"),
                    Plan.parse("partners: 5/hour ranges 198.51.100.0/24"),
                    Plan.parse("crawlers: unlimited ranges 203.0.113.0/24"))
            .planCache(plans)
            .rule(
                    Rule.parse("login: POST /login 2/hour charge-on 401"),
                    Rule.parse("/watched 1/hour dry-run"),
                    Rule.parse("/free unlimited"),
                    Rule.parse("big: /big 2/hour cost 5"),
                    Rule.parse("tenants: /tenants/* 2/hour key header X-Tenant when query format=csv"))
            .exempt(AddressRange.parse("192.0.2.9"))
            .skipPreflight(true)
            .ticker(time)
            .name("test")
            .build();

    @AfterEach
    void close() {
        limits.close();
        plans.close();
    }

    private static FakeRequest from(String address) {
        return FakeRequest.from(address);
    }

    private static List<FakeRequest> grid() {
        List<FakeRequest> grid = new ArrayList<>();
        for (String address :
                new @Nullable String[] {"192.0.2.1", "192.0.2.9", "198.51.100.1", "203.0.113.1", "[2001:db8::1]", null
                }) {
            for (String path : List.of("/", "/login", "/LOGIN", "/watched", "/free", "/big", "/tenants/a")) {
                for (String key : new String[] {"", "gold-key", "odd-key", "invented"}) {
                    for (String method : List.of("GET", "POST")) {
                        FakeRequest request =
                                FakeRequest.from(address).path(path).method(method);
                        if (!key.isEmpty()) {
                            request.header("X-Key", key).header("X-Tenant", key).parameter("format", "csv");
                        }
                        grid.add(request);
                    }
                }
            }
        }
        grid.add(from("192.0.2.1")
                .method("OPTIONS")
                .header("Origin", "https://a.example")
                .header("Access-Control-Request-Method", "POST"));
        grid.add(from("192.0.2.1").path(null));
        return grid;
    }

    /** What it says, what comes of it, and what is to be waited for. */
    private static String said(Explanation answer) {
        return answer.outcome() + ' ' + answer.passes() + ' ' + answer.retryAfter();
    }

    private static String done(Verdict verdict) {
        Optional<Duration> wait = verdict.passes()
                ? Optional.empty()
                : verdict.decision().orElseThrow().retryAfter();
        return verdict.outcome().text() + ' ' + verdict.passes() + ' ' + wait;
    }

    @Test
    void itSaysWhatIsDoneNext() {
        Map<String, Integer> outcomes = new HashMap<>();
        for (int round = 0; round < 4; round++) {
            for (FakeRequest request : grid()) {
                Explanation answer = limits.explain(request);
                Verdict verdict = limits.decide(request);
                assertThat(said(answer)).isEqualTo(done(verdict));
                outcomes.merge(answer.outcome(), 1, Integer::sum);
            }
            time.advance(Duration.ofMinutes(7));
        }
        assertThat(outcomes).containsOnlyKeys("allowed", "denied", "dry-run-denied", "exempt", "uncharged");
    }

    @Test
    void nothingComesOfIt() {
        // Some are denied, so that there is something to say of each kind.
        grid().forEach(limits::decide);
        loads.clear();
        FilterStats before = limits.stats();
        List<LimiterStats> ofLimiters = statsOfLimiters();
        List<Explanation> first = grid().stream().map(limits::explain).toList();
        for (int i = 0; i < 3; i++) {
            assertThat(grid().stream().map(limits::explain).toList()).isEqualTo(first);
        }
        FakeRequest unknown = from("192.0.2.77").header("X-Key", "never seen");
        assertThat(limits.explain(unknown).outcome()).isEqualTo("allowed");
        assertThat(unknown.attributes).isEmpty();
        assertThat(loads).isEmpty();
        assertThat(limits.stats()).isEqualTo(before);
        assertThat(statsOfLimiters()).usingRecursiveComparison().isEqualTo(ofLimiters);
        assertThat(limits.topDenied(100)).hasSameSizeAs(limits.topDenied(100));
    }

    private List<LimiterStats> statsOfLimiters() {
        return limits.limiters().stream().map(use -> use.limiter().stats()).toList();
    }

    private Met met(FakeRequest request) {
        return limits.explain(request).met().get(0);
    }

    private List<String> asked(FakeRequest request) {
        return limits.explain(request).asked().stream().map(Asked::limiter).toList();
    }

    @Test
    void tellsRuleKeyAndPlan() {
        RequestKey key = RequestKey.parse("header X-Key");
        assertThat(met(from("192.0.2.1"))).isEqualTo(new Met(Optional.empty(), key, false, Optional.empty()));
        assertThat(asked(from("192.0.2.1"))).containsExactly("test");
        assertThat(met(from("198.51.100.1"))).isEqualTo(new Met(Optional.empty(), key, false, Optional.of("partners")));
        assertThat(asked(from("198.51.100.1"))).containsExactly("partners");
        assertThat(asked(from("203.0.113.1"))).containsExactly("crawlers");
        // A key is nobody's until its plan is known.
        FakeRequest gold = from("198.51.100.1").header("X-Key", "gold-key");
        assertThat(met(gold)).isEqualTo(new Met(Optional.empty(), key, true, Optional.of("partners")));
        limits.decide(gold);
        assertThat(met(gold)).isEqualTo(new Met(Optional.empty(), key, true, Optional.of("gold")));
        assertThat(asked(gold)).containsExactly("gold");
        // A plan that the configuration has not shows what is misspelled.
        FakeRequest odd = from("198.51.100.1").header("X-Key", "odd-key");
        limits.decide(odd);
        assertThat(met(odd).plan()).contains("odd");
        assertThat(asked(odd)).containsExactly("test by header x-key");
        FakeRequest login = from("198.51.100.1").method("POST").path("/login");
        assertThat(met(login))
                .isEqualTo(new Met(Optional.of("login"), RequestKey.CLIENT, true, Optional.of("partners")));
        assertThat(asked(login)).containsExactly("login", "partners");
        FakeRequest tenant = from("192.0.2.1").path("/tenants/a").parameter("format", "csv");
        assertThat(met(tenant))
                .isEqualTo(
                        new Met(Optional.of("tenants"), RequestKey.parse("header x-tenant"), false, Optional.empty()));
        assertThat(asked(tenant)).containsExactly("test");
        assertThat(asked(tenant.header("X-Tenant", "t"))).containsExactly("tenants", "test");
        assertThat(limits.explain(from("192.0.2.1").path("/LOGIN").method("POST"))
                        .met())
                .extracting(Met::rule)
                .containsExactly(Optional.empty(), Optional.of("login"));
        assertThat(limits.explain(from("192.0.2.9")).met()).isEmpty();
    }

    @Test
    void tellsWhoDenies() {
        FakeRequest request = from("192.0.2.1");
        for (int i = 0; i < 3; i++) {
            limits.decide(request);
        }
        Explanation answer = limits.explain(request);
        assertThat(answer.client()).contains(ClientAddress.parse("192.0.2.1"));
        assertThat(answer.passes()).isFalse();
        assertThat(answer.retryAfter()).contains(Duration.ofMinutes(20));
        assertThat(answer.asked()).singleElement().satisfies(asked -> {
            assertThat(asked.permits()).isEqualTo(1);
            assertThat(asked.isDryRun()).isFalse();
            assertThat(asked.decision().limits()).singleElement().satisfies(status -> {
                assertThat(status.limit()).isEqualTo(Limit.perHour(3));
                assertThat(status.violated()).isTrue();
            });
        });
    }

    /** What fails in the question is told of, and not counted. */
    @Test
    void failuresAreToldOf() {
        for (OnFailure onFailure : OnFailure.values()) {
            try (RequestLimiter broken = RequestLimiter.builder(
                            Limiter.forAddresses(Limit.perHour(3)).build())
                    .resolver(request -> {
                        throw new IllegalStateException("on purpose");
                    })
                    .onFailure(onFailure)
                    .build()) {
                Explanation answer = broken.explain(from("192.0.2.1"));
                assertThat(answer.outcome()).isEqualTo(onFailure == OnFailure.ALLOW ? "failed-open" : "failed-closed");
                assertThat(broken.stats().failed()).isZero();
            }
        }
    }
}
