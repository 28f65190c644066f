package io.headgate.spring;

import io.headgate.Decision;
import io.headgate.Limit;
import io.headgate.LimitStatus;
import io.headgate.LimiterStats;
import io.headgate.LocalLimiter;
import io.headgate.metrics.HeavyHitters.Hit;
import io.headgate.net.ClientAddress;
import io.headgate.http.FilterStats;
import io.headgate.servlet.RateLimitFilter;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;

/** Actuator endpoint that shows the limits, what they did and whom they denied, and inspects or resets one client. */
@Endpoint(id = "headgate", defaultAccess = Access.READ_ONLY)
final class HeadgateEndpoint {

    /*
     * Answers are maps of strings, numbers, maps and lists: Jackson 2 of one Boot and Jackson 3 of the other write
     * dates and durations in different ways, and types of our own would have to be public.
     */

    private static final int SHOWN = 20;

    private final HeadgateProperties properties;
    private final Limiters limiters;
    private final @Nullable RateLimitFilter filter;

    HeadgateEndpoint(HeadgateProperties properties, Limiters limiters, @Nullable RateLimitFilter filter) {
        this.properties = properties;
        this.limiters = limiters;
        this.filter = filter;
    }

    @ReadOperation
    Map<String, Object> headgate() {
        Map<String, Object> answer = new LinkedHashMap<>();
        if (filter != null) {
            answer.put("requests", requests(filter.stats()));
        }
        Map<String, Object> all = new LinkedHashMap<>();
        limiters.all().forEach(shown -> all.put(shown.limiter().name(), limiter(shown)));
        answer.put("limiters", all);
        answer.put(
                "topDenied",
                limiters.refusals().clients().top(SHOWN).stream()
                        .map(this::denied)
                        .toList());
        return answer;
    }

    /** One client, under every limiter, as it stands now. */
    @ReadOperation
    Map<String, Object> client(@Selector String client) {
        ClientAddress address = address(client);
        Map<String, Object> standing = new LinkedHashMap<>();
        limiters.ofClients().forEach((name, limiter) -> standing.put(name, standing(limiter.peek(address, 1))));
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("client", limiters.client(address).toString());
        answer.put("limiters", standing);
        return answer;
    }

    /** Fills the buckets of one client. */
    @DeleteOperation
    Map<String, Object> reset(@Selector String client) {
        ClientAddress address = address(client);
        limiters.ofClients().values().forEach(limiter -> limiter.reset(address));
        return client(client);
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

    private static Map<String, Object> limiter(Limiters.Shown shown) {
        LocalLimiter<?> limiter = shown.limiter();
        LimiterStats stats = limiter.stats();
        Map<String, Object> answer = new LinkedHashMap<>();
        Map<String, Object> limits = new LinkedHashMap<>();
        limiter.limits().forEach(limit -> limits.put(limit.name(), limit(limit, stats.denied(limit))));
        answer.put("limits", limits);
        answer.put("dryRun", shown.dryRun());
        answer.put("allowed", stats.allowed());
        answer.put("denied", stats.denied());
        answer.put("overflowed", stats.overflowed());
        answer.put("nearLimit", stats.nearLimit());
        answer.put("clients", stats.size());
        answer.put("maxClients", stats.maxKeys());
        answer.put("memoryBytes", stats.memoryBytes());
        answer.put("maxMemoryBytes", stats.maxMemoryBytes());
        answer.put("evicted", stats.evicted());
        answer.put("sweeps", stats.sweeps());
        answer.put("sweepSeconds", seconds(stats.sweepTime()));
        answer.put("sweepFailures", stats.sweepFailures());
        return answer;
    }

    private static Map<String, Object> limit(Limit limit, long denied) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("permits", limit.permits());
        answer.put("periodSeconds", seconds(limit.period()));
        answer.put("capacity", limit.capacity());
        answer.put("denied", denied);
        return answer;
    }

    private static Map<String, Object> standing(Decision decision) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("allowed", decision.allowed());
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

    /** Whole neighbourhoods stand for a client, unless the configuration shows more. */
    private Map<String, Object> denied(Hit<ClientAddress> hit) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("client", properties.showAddresses() ? hit.key().toString() : masked(hit.key()));
        answer.put("denied", hit.count());
        answer.put("error", hit.error());
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
