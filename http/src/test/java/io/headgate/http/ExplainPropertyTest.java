package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.LimiterStats;
import io.headgate.Overflow;
import io.headgate.http.Explanation.Asked;
import io.headgate.plan.PlanCache;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is said of a request is what is done with it, and changes nothing, whatever is configured. */
class ExplainPropertyTest {

    private static final List<String> KEYS = List.of(
            "client",
            "principal",
            "header X-Key",
            "client + principal",
            "principal + header X-Key",
            "header X-Key + client");
    private static final List<String> ENDS =
            List.of("", "", " charge-on 401", " charge-on 401 alone", " dry-run", " cost 0", " cost 2");
    private static final List<String> CONDITIONS = List.of(
            "",
            "",
            " when authenticated",
            " when anonymous",
            " when role STAFF",
            " when no header X-Key",
            " when query a=b",
            " when no query a, header X-Key=gold");
    private static final List<String> PATHS =
            List.of("/", "/a", "/A/", "//a", "/a/../b", "/b", "/b/c", "/c%61", "/x.css");
    private static final List<String> PATTERNS = List.of("/a", "/a/*", "/b/*", "/*", "*.css");

    private final FakeTicker time = new FakeTicker();

    private static <T> T any(Random random, List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    private RequestLimiter.Builder configuration(Random random, PlanCache<String> plans) {
        RequestLimiter.Builder builder = RequestLimiter.builder()
                .limits(Limit.perHour(1 + random.nextInt(6)))
                .ticker(time)
                .sweepInterval(Duration.ZERO)
                .maxClients(random.nextBoolean() ? 1 : 50)
                .overflow(any(random, List.of(Overflow.SHARE, Overflow.ALLOW, Overflow.DENY)))
                .noAddress(any(random, List.of(NoAddress.values())))
                .stage(any(random, List.of(Stage.values())))
                .dryRun(random.nextInt(8) == 0)
                .name("test");
        RequestKey key = RequestKey.parse(any(random, KEYS));
        builder.key(key).plan(Plan.parse("partners: 5/hour ranges 198.51.100.0/24"));
        if (random.nextInt(6) == 0) {
            builder.chargeOn(ChargeOn.parse("4xx"));
        } else if (random.nextInt(6) == 0) {
            builder.costAfter((request, answer) -> 3);
        }
        if (!key.isClient() && random.nextBoolean()) {
            builder.planCache(plans).plan(Plan.parse("gold: 4/hour"), Plan.parse("staff: unlimited"));
        }
        for (int i = random.nextInt(4); i > 0; i--) {
            String ending = any(random, ENDS);
            String rule = any(random, PATTERNS) + " " + (1 + random.nextInt(5)) + "/hour key " + any(random, KEYS)
                    + any(random, CONDITIONS) + ending;
            builder.rule(Rule.parse("rule" + i + ": " + rule));
        }
        if (random.nextBoolean()) {
            builder.rule(Rule.parse("/b/c unlimited" + any(random, CONDITIONS)));
        }
        return builder;
    }

    private static FakeRequest request(Random random) {
        FakeRequest request = FakeRequest.from(
                        any(random, List.of("192.0.2.1", "192.0.2.2", "198.51.100.1", "[2001:db8::1]", "nobody")))
                .path(any(random, PATHS))
                .method(any(random, List.of("GET", "POST", "HEAD")));
        switch (random.nextInt(5)) {
            case 0 -> request.header("X-Key", "gold");
            case 1 -> request.header("X-Key", " ");
            case 2 -> request.header("X-Key", "gold", "gold");
            case 3 ->
                request.header(
                        "X-Key",
                        any(random, List.of("staff", "none", "odd", "default", "192.0.2.1", "é,".repeat(4000))));
            default -> {}
        }
        switch (random.nextInt(3)) {
            case 0 -> request.principal(any(random, List.of("gold", "ann", "odd")));
            case 1 -> request.principal("bob", "STAFF");
            default -> {}
        }
        if (random.nextBoolean()) {
            request.parameter("a", "b");
        }
        return request;
    }

    /** What each limiter has counted. To look at one that is full may make room in it, which is no count of requests. */
    private static Map<String, List<Long>> counts(RequestLimiter limits) {
        return limits.limiters().stream()
                .collect(Collectors.toMap(
                        use -> Objects.requireNonNull(use.limiter().name()),
                        use -> counts(use.limiter().stats())));
    }

    private static List<Long> counts(LimiterStats stats) {
        return List.of(stats.allowed(), stats.denied(), stats.overflowed(), stats.nearLimit(), stats.droppedPermits());
    }

    /** The limiters that were asked, by their counts. */
    private static List<String> asked(Map<String, List<Long>> before, Map<String, List<Long>> after) {
        return after.keySet().stream()
                .filter(name -> !Objects.equals(before.get(name), after.get(name)))
                .sorted()
                .toList();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void whatIsSaidIsDone(long seed) {
        Random random = new Random(seed);
        Map<String, String> database = Map.of("gold", "gold", "staff", "staff", "odd", "odd", "default", "default");
        for (int round = 0; round < 60; round++) {
            List<String> loads = new ArrayList<>();
            try (PlanCache<String> plans = PlanCache.<String>builder(key -> {
                                loads.add(key);
                                return CompletableFuture.<@Nullable String>completedFuture(database.get(key));
                            })
                            .executor(Runnable::run)
                            .ticker(time)
                            .build();
                    RequestLimiter limits = configuration(random, plans).build()) {
                for (int i = 0; i < 60; i++) {
                    FakeRequest request = request(random);
                    Map<String, List<Long>> before = counts(limits);
                    FilterStats requests = limits.stats();
                    int loaded = loads.size();
                    Explanation said = limits.explain(request);
                    assertThat(counts(limits)).isEqualTo(before);
                    assertThat(limits.stats()).isEqualTo(requests);
                    assertThat(loads).hasSize(loaded);
                    assertThat(said.toString()).doesNotContain("é,é");
                    Verdict done = limits.decide(request);
                    String which = "seed " + seed + ", round " + round + ", request " + i + ": " + said;
                    assertThat(said.outcome())
                            .as(which)
                            .isEqualTo(done.outcome().text());
                    assertThat(said.passes()).as(which).isEqualTo(done.passes());
                    if (done.passes()) {
                        assertThat(said.asked().stream()
                                        .map(Asked::limiter)
                                        .distinct()
                                        .sorted())
                                .as(which)
                                .containsExactlyElementsOf(asked(before, counts(limits)));
                    } else {
                        assertThat(said.retryAfter())
                                .as(which)
                                .isEqualTo(done.decision().flatMap(decision -> decision.retryAfter()));
                        // Only what is admitted may load anything.
                        assertThat(loads).as(which).hasSize(loaded);
                    }
                    Settlement settlement = limits.settlement(done, request, new FakeResponse());
                    if (settlement != null) {
                        settlement.committed(random.nextBoolean() ? 200 : 401);
                        settlement.completed();
                    }
                    if (random.nextInt(9) == 0) {
                        time.advance(Duration.ofMinutes(random.nextInt(40)));
                    }
                }
            }
        }
    }
}
