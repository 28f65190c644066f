package io.headgate.containers;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.http.Plan;
import io.headgate.http.RequestKey;
import io.headgate.plan.PlanCache;
import io.headgate.servlet.RateLimitFilter;
import io.headgate.testing.FakeTicker;
import jakarta.servlet.DispatcherType;
import java.util.EnumSet;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Keys that clients send, and plans: by address range, and by a key that a source knows. */
interface KeyContract extends OnContainer {

    /** How many of nine requests pass. */
    private static int passing(Site site, String from, String... fields) throws Exception {
        int passing = 0;
        for (int i = 0; i < 9; i++) {
            passing += site.send(from, "GET", "/", fields).status() == 200 ? 1 : 0;
        }
        return passing;
    }

    private static App app(RateLimitFilter filter, Map<String, String> params) {
        return new App()
                .filter("limits", filter, params, EnumSet.of(DispatcherType.REQUEST), "/*")
                .answer("/", "hello");
    }

    @Test
    default void aHeaderThatNobodyKnowsLimitsInAddition() throws Exception {
        Map<String, String> params = Map.of("limits", "3/day", "key", "header X-API-Key");
        try (Site site = open(app(new RateLimitFilter(), params))) {
            assertThat(passing(site, "127.0.0.1", "X-API-Key: k")).isEqualTo(3);
            assertThat(passing(site, "127.0.0.1", "X-API-Key: another")).isZero();
            assertThat(passing(site, "127.0.0.2", "x-api-key: k")).isZero();
            // Nothing was taken from this client for what its key was denied.
            assertThat(passing(site, "127.0.0.2")).isEqualTo(3);
            // Two values are none.
            assertThat(passing(site, "127.0.0.3", "X-API-Key: k", "X-API-Key: l"))
                    .isEqualTo(3);
        }
    }

    @Test
    default void aPlanByAddressStandsInPlaceOfTheLimits() throws Exception {
        Map<String, String> params = Map.of(
                "limits", "2/day", "plans", "partners: 4/day ranges 127.0.1.0/24\nstaff: unlimited ranges 127.0.1.9");
        try (Site site = open(app(new RateLimitFilter(), params))) {
            assertThat(passing(site, "127.0.0.1")).isEqualTo(2);
            assertThat(passing(site, "127.0.1.1")).isEqualTo(4);
            assertThat(passing(site, "127.0.1.2")).isEqualTo(4);
            assertThat(passing(site, "127.0.1.9")).isEqualTo(9);
        }
    }

    @Test
    default void aFilterOfInitParamsFindsTheSourceInTheContext() throws Exception {
        try (PlanCache<String> plans = PlanCache.<String>builder(key ->
                        CompletableFuture.<@Nullable String>completedFuture(key.equals("gold-key") ? "gold" : null))
                .executor(Runnable::run)
                .build()) {
            Map<String, String> params = Map.of("limits", "2/day", "key", "header X-API-Key", "plans", "gold: 4/day");
            try (Site site = open(app(new RateLimitFilter(), params)
                    .attribute(RateLimitFilter.PLAN_SOURCE_ATTRIBUTE, plans)
                    // One that limits clients has nothing to ask of it.
                    .filter(
                            "clients",
                            new RateLimitFilter(),
                            Map.of("limits", "99/day"),
                            EnumSet.of(DispatcherType.REQUEST),
                            "/*"))) {
                assertThat(passing(site, "127.0.0.1", "X-API-Key: gold-key")).isEqualTo(1 + 4);
                assertThat(passing(site, "127.0.0.2", "X-API-Key: invented")).isEqualTo(2);
            }
        }
    }

    @Test
    default void aKeyThatTheSourceKnowsStandsInPlaceOfTheClient() throws Exception {
        // Asked in the thread of the request, so that its answer is there for the next one.
        try (PlanCache<String> plans = PlanCache.<String>builder(key ->
                        CompletableFuture.<@Nullable String>completedFuture(key.equals("gold-key") ? "gold" : null))
                .executor(Runnable::run)
                .build()) {
            RateLimitFilter filter = RateLimitFilter.builder()
                    .limits(Limit.parse("2/day"))
                    .key(RequestKey.parse("header X-API-Key"))
                    .plan(Plan.parse("gold: 4/day"))
                    .planCache(plans)
                    .ticker(new FakeTicker())
                    .build();
            try (Site site = open(app(filter, Map.of()))) {
                // The first request is the client's, and starts the load.
                assertThat(passing(site, "127.0.0.1", "X-API-Key: gold-key")).isEqualTo(1 + 4);
                assertThat(passing(site, "127.0.0.2", "X-API-Key: gold-key")).isZero();
                assertThat(passing(site, "127.0.0.1")).isEqualTo(1);
                assertThat(passing(site, "127.0.0.2", "X-API-Key: invented")).isEqualTo(2);
                assertThat(filter.limits().warnings()).isEmpty();
            }
        }
    }
}
