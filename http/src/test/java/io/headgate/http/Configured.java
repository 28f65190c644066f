package io.headgate.http;

import io.headgate.Limit;
import io.headgate.plan.PlanCache;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/** What tests of keys, plans and tiers begin with: a clock, a database of plans, and limiters that are closed at the end. */
abstract class Configured {

    final FakeTicker time = new FakeTicker();
    final Map<String, String> database = new HashMap<>();
    /** The keys that the database was asked for. */
    final List<String> loads = new ArrayList<>();

    final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    final RequestLimiter.Builder builder(String limits) {
        return RequestLimiter.builder()
                .limits(Limit.parse(limits))
                .ticker(time)
                .sweepInterval(Duration.ZERO)
                .name("test");
    }

    final RequestLimiter build(RequestLimiter.Builder builder) {
        RequestLimiter limits = builder.build();
        open.add(limits);
        return limits;
    }

    /** A cache that asks the database in the calling thread. */
    final PlanCache<String> cache() {
        PlanCache<String> cache = PlanCache.<String>builder(key -> {
                    loads.add(key);
                    return CompletableFuture.<@Nullable String>completedFuture(database.get(key));
                })
                .executor(Runnable::run)
                .ticker(time)
                .build();
        open.add(cache);
        return cache;
    }

    static FakeRequest from(String address) {
        return FakeRequest.from(address);
    }

    static int passing(RequestLimiter limits, int requests, Supplier<FakeRequest> request) {
        return passing(limits, requests, i -> request.get());
    }

    /** How many of some requests pass, of which each is made by its number. */
    static int passing(RequestLimiter limits, int requests, IntFunction<FakeRequest> request) {
        int passing = 0;
        for (int i = 0; i < requests; i++) {
            passing += limits.decide(request.apply(i)).passes() ? 1 : 0;
        }
        return passing;
    }
}
