package io.headgate.spring;

import io.headgate.Decision;
import io.headgate.Limit;
import io.headgate.LimitStatus;
import io.headgate.Limiter;
import io.headgate.LimiterStats;
import io.headgate.http.Explanation;
import io.headgate.http.FilterStats;
import io.headgate.http.HttpRequest;
import io.headgate.http.RequestLimiter;
import io.headgate.metrics.HeavyHitters.Hit;
import io.headgate.net.ClientAddress;
import io.headgate.plan.AddressPlans;
import io.headgate.plan.PlanCacheStats;
import io.headgate.plan.RangesFileStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

/** Actuator endpoint that shows the limits, what they did and whom they denied, inspects or resets one client, and tells what a request would meet. */
@Endpoint(id = "headgate", defaultAccess = Access.READ_ONLY)
final class HeadgateEndpoint {

    /*
     * Answers are maps of strings, numbers, maps and lists: Jackson 2 of one Boot and Jackson 3 of the other write
     * dates and durations in different ways, and types of our own would have to be public.
     */

    private static final int SHOWN = 20;
    private static final long UNKNOWN = -1;

    /** How many denied clients are asked for: several of them may be one once they are masked. */
    private static final int ASKED = 128;

    private final HeadgateProperties properties;
    private final ApplicationLimiters limiters;
    private final SetupAdvice advice;

    HeadgateEndpoint(HeadgateProperties properties, ApplicationLimiters limiters, SetupAdvice advice) {
        this.properties = properties;
        this.limiters = limiters;
        this.advice = advice;
    }

    @ReadOperation
    Map<String, Object> headgate() {
        Map<String, Object> answer = new LinkedHashMap<>();
        if (!limiters.filters().isEmpty()) {
            answer.put("requests", requests(limiters.stats()));
        }
        Map<String, Object> all = new LinkedHashMap<>();
        limiters.all().forEach(shown -> all.put(shown.name(), told(() -> limiter(shown))));
        answer.put("limiters", all);
        answer.put("memoryBytes", sum("memoryBytes", all));
        answer.put("maxMemoryBytes", sum("maxMemoryBytes", all));
        limiters.requestLimiters().forEach(limits -> putPlans(answer, limits));
        answer.put("topDenied", topDenied());
        answer.put("warnings", advice.warnings());
        return answer;
    }

    /** One client, under every limiter, as it stands now. */
    @ReadOperation
    Map<String, Object> client(@Selector String client) {
        ClientAddress address = address(client);
        Map<String, Object> standing = new LinkedHashMap<>();
        for (ApplicationLimiters.Shown shown : limiters.all()) {
            Limiter<ClientAddress> limiter = shown.clients();
            if (limiter != null) {
                standing.put(shown.name(), told(() -> standing(limiter.peek(address, 1))));
            }
        }
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("client", limiters.client(address).toString());
        answer.put("limiters", standing);
        return answer;
    }

    /**
     * Which rule, key and plan a request would meet, and what would be answered. Takes nothing and loads no plan.
     *
     * @param headers one field a line
     * @param roles separated by commas
     */
    @WriteOperation
    WebEndpointResponse<Map<String, Object>> explain(
            @org.springframework.lang.Nullable String path,
            @org.springframework.lang.Nullable String address,
            @org.springframework.lang.Nullable String method,
            @org.springframework.lang.Nullable String headers,
            @org.springframework.lang.Nullable String query,
            @org.springframework.lang.Nullable String principal,
            @org.springframework.lang.Nullable String roles) {
        HttpRequest request;
        try {
            request = DescribedRequest.of(path, address, method, headers, query, principal, roles);
        } catch (IllegalArgumentException malformed) {
            // Boot shows no reason of a failure, unless it is told to.
            return new WebEndpointResponse<>(
                    Map.of("error", String.valueOf(malformed.getMessage())), WebEndpointResponse.STATUS_BAD_REQUEST);
        }
        Map<String, Object> filters = new LinkedHashMap<>();
        boolean passes = true;
        for (RequestLimiter limits : limiters.requestLimiters()) {
            if (passes) { // else the request does not come so far
                Explanation explanation = limits.explain(request);
                passes = explanation.passes();
                filters.put(limits.name(), explanation(explanation));
            }
        }
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("passes", passes);
        answer.put("filters", filters);
        return new WebEndpointResponse<>(answer);
    }

    private static Map<String, Object> explanation(Explanation explanation) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("outcome", explanation.outcome());
        explanation.client().ifPresent(client -> answer.put("client", client.toString()));
        answer.put("met", explanation.met().stream().map(HeadgateEndpoint::met).toList());
        answer.put(
                "asked",
                explanation.asked().stream().map(HeadgateEndpoint::asked).toList());
        explanation.retryAfter().ifPresent(wait -> answer.put("retryAfterSeconds", seconds(wait)));
        return answer;
    }

    private static Map<String, Object> met(Explanation.Met met) {
        Map<String, Object> answer = new LinkedHashMap<>();
        met.rule().ifPresent(rule -> answer.put("rule", rule));
        answer.put("key", met.key().toString());
        answer.put("hasKey", met.hasKey());
        met.plan().ifPresent(plan -> answer.put("plan", plan));
        return answer;
    }

    private static Map<String, Object> asked(Explanation.Asked asked) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("limiter", asked.limiter());
        answer.put("permits", asked.permits());
        answer.put("dryRun", asked.isDryRun());
        answer.putAll(standing(asked.decision()));
        return answer;
    }

    /** What is known of plans: of keys, and of the files that have the ranges of some. */
    private static void putPlans(Map<String, Object> answer, RequestLimiter limits) {
        limits.planCache().ifPresent(plans -> answer.put("plansOfKeys", plansOfKeys(plans.stats())));
        Map<String, Object> files = new LinkedHashMap<>();
        limits.addressPlans()
                .map(AddressPlans::files)
                .orElse(List.of())
                .forEach(file -> files.put(file.plan(), rangesFile(file)));
        if (!files.isEmpty()) {
            answer.put("rangesFiles", files);
        }
    }

    private static Map<String, Object> plansOfKeys(PlanCacheStats stats) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("hits", stats.hits());
        answer.put("misses", stats.misses());
        answer.put("loads", stats.loads());
        answer.put("found", stats.found());
        answer.put("absent", stats.absent());
        answer.put("failures", stats.failures());
        answer.put("timeouts", stats.timeouts());
        answer.put("rejected", stats.rejected());
        answer.put("underWay", stats.underWay());
        answer.put("size", stats.size());
        answer.put("remembered", stats.remembered());
        return answer;
    }

    private static Map<String, Object> rangesFile(RangesFileStatus file) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("file", file.file().toString());
        answer.put("ranges", file.ranges());
        file.fault().ifPresent(fault -> answer.put("fault", fault));
        answer.put("failures", file.failures());
        answer.put("ageSeconds", seconds(file.age()));
        return answer;
    }

    /** Over the limiters that know. */
    private static long sum(String count, Map<String, Object> limiters) {
        return limiters.values().stream()
                .mapToLong(limiter -> ((Map<?, ?>) limiter).get(count) instanceof Long known ? known : 0)
                .sum();
    }

    /** Fills the buckets of one client; not those that it shares with others, its network's. */
    @DeleteOperation
    Map<String, Object> reset(@Selector String client) {
        ClientAddress address = address(client);
        List<RuntimeException> failures = new ArrayList<>();
        for (ApplicationLimiters.Shown shown : limiters.all()) {
            Limiter<ClientAddress> limiter = shown.clients();
            try {
                if (limiter != null && !shown.isTier()) {
                    limiter.reset(address);
                }
            } catch (RuntimeException failure) {
                failures.add(failure);
            }
        }
        if (!failures.isEmpty()) {
            throw failures.get(0);
        }
        return client(client);
    }

    /** What a limiter tells; if it fails, that alone: the others are shown all the same. */
    private static Map<String, Object> told(Supplier<Map<String, Object>> limiter) {
        try {
            return limiter.get();
        } catch (RuntimeException failure) {
            return Map.of("failure", failure.getClass().getName());
        }
    }

    private static ClientAddress address(String text) {
        ClientAddress address = ClientAddress.tryParse(text);
        if (address == null) {
            throw new InvalidEndpointRequestException(
                    "not an address: " + text, "The client must be an IPv4 or IPv6 address");
        }
        return address;
    }

    private static Map<String, Object> requests(FilterStats stats) {
        Map<String, Object> counts = new LinkedHashMap<>();
        counts.put("allowed", stats.allowed());
        counts.put("denied", stats.denied());
        counts.put("dryRunDenied", stats.dryRunDenied());
        counts.put("exempt", stats.exempt());
        counts.put("uncharged", stats.uncharged());
        counts.put("unaddressed", stats.unaddressed());
        counts.put("failed", stats.failed());
        counts.put("refunded", stats.refunded());
        return counts;
    }

    /** What is unknown of a limiter of the application's own is left out. */
    private static Map<String, Object> limiter(ApplicationLimiters.Shown shown) {
        LimiterStats stats = Objects.requireNonNullElse(shown.limiter().stats(), LimiterStats.unknown());
        Map<String, Object> answer = new LinkedHashMap<>();
        Map<String, Object> limits = new LinkedHashMap<>();
        shown.limiter()
                .limits()
                .forEach(limit -> limits.put(
                        limit.name(), limit(limit, stats.deniedByLimit().getOrDefault(limit, UNKNOWN))));
        answer.put("limits", limits);
        answer.put("dryRun", shown.isDryRun());
        if (!stats.isUnknown()) {
            answer.put("allowed", stats.allowed());
            answer.put("denied", stats.denied());
            answer.put("overflowed", stats.overflowed());
            answer.put("nearLimit", stats.nearLimit());
            putIfKnown(answer, "clients", stats.size());
            putIfKnown(answer, "maxClients", stats.maxKeys());
            putIfKnown(answer, "memoryBytes", stats.memoryBytes());
            putIfKnown(answer, "maxMemoryBytes", stats.maxMemoryBytes());
            answer.put("evicted", stats.evicted());
            answer.put("sweeps", stats.sweeps());
            answer.put("sweepSeconds", seconds(stats.sweepTime()));
            answer.put("sweepFailures", stats.sweepFailures());
        }
        return answer;
    }

    private static void putIfKnown(Map<String, Object> answer, String name, long value) {
        if (value != UNKNOWN) {
            answer.put(name, value);
        }
    }

    private static Map<String, Object> limit(Limit limit, long denied) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("permits", limit.permits());
        answer.put("periodSeconds", seconds(limit.period()));
        answer.put("capacity", limit.capacity());
        putIfKnown(answer, "denied", denied);
        return answer;
    }

    private static Map<String, Object> standing(Decision decision) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("allowed", decision.allowed());
        decision.deniedBy().ifPresent(limiter -> answer.put("deniedBy", limiter));
        decision.retryAfter().ifPresent(wait -> answer.put("retryAfterSeconds", seconds(wait)));
        answer.put("overflow", decision.overflow());
        Map<String, Object> limits = new LinkedHashMap<>();
        for (LimitStatus status : decision.limits()) {
            Map<String, Object> standing = new LinkedHashMap<>();
            standing.put("remaining", status.remaining());
            standing.put("fullInSeconds", seconds(status.resetAfter()));
            limits.put(status.limit().name(), standing);
        }
        answer.put("limits", limits);
        return answer;
    }

    /** Whole networks stand for a client, unless the configuration shows more. Those of one network are one. */
    private List<Map<String, Object>> topDenied() {
        Map<String, long[]> byClient = new LinkedHashMap<>();
        for (Hit<ClientAddress> hit : limiters.topDenied(ASKED)) {
            String client = properties.showAddresses() ? hit.key().toString() : masked(hit.key());
            long[] sum = byClient.computeIfAbsent(client, key -> new long[2]);
            sum[0] += hit.count();
            sum[1] += hit.error();
        }
        return byClient.entrySet().stream()
                .sorted(Comparator.comparingLong(entry -> -entry.getValue()[0]))
                .limit(SHOWN)
                .map(entry -> denied(entry.getKey(), entry.getValue()[0], entry.getValue()[1]))
                .toList();
    }

    private static Map<String, Object> denied(String client, long count, long error) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("client", client);
        answer.put("denied", count);
        answer.put("error", error);
        return answer;
    }

    private static String masked(ClientAddress address) {
        String text = address.toString();
        return address.isIpv4() ? text.substring(0, text.lastIndexOf('.')) + ".0/24" : address.network(48) + "/48";
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
