package io.headgate.examples.recipes;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.http.ClientAddressResolver;
import io.headgate.net.AddressRange;
import io.headgate.servlet.RateLimitFilter;
import java.time.Duration;
import java.util.List;

/** The examples of docs/coming-from.md. */
final class ComingFrom {

    private ComingFrom() {}

    static RateLimitFilter tomcat() {
        // bucketRequests=300, bucketDuration=60, behind a RemoteIpFilter for 10.0.0.0/8
        RateLimitFilter filter = RateLimitFilter.builder()
                .limits(Limit.perMinute(300))
                .trustedProxies(AddressRange.parse("10.0.0.0/8"))
                .build();
        return filter;
    }

    static Limiter<String> resilience4j() {
        // limitForPeriod(10), limitRefreshPeriod(Duration.ofSeconds(1)), timeoutDuration(Duration.ZERO), one per key
        Limiter<String> limiter =
                Limiter.builder(Limit.of(10, Duration.ofSeconds(1))).build();
        return limiter;
    }

    static Limiter<String> guava() {
        // RateLimiter.create(5.0), one per key; tryAcquire()
        Limiter<String> limiter = Limiter.builder(Limit.perSecond(5)).build();
        return limiter;
    }

    static RateLimitFilter nginx() {
        // limit_req_zone $binary_remote_addr zone=one:10m rate=10r/s; limit_req zone=one burst=20 nodelay;
        RateLimitFilter filter = RateLimitFilter.builder()
                .limits(Limit.perSecond(10).burst(21))
                .maxClients(80_000)
                .build();
        return filter;
    }

    static RateLimitFilter gateway() {
        // redis-rate-limiter.replenishRate=10, burstCapacity=20, requestedTokens=2;
        // XForwardedRemoteAddressResolver.maxTrustedIndex(1)
        RateLimitFilter filter = RateLimitFilter.builder()
                .limits(Limit.perSecond(10).burst(20))
                .cost(2)
                .resolver(ClientAddressResolver.xForwardedForHops(1))
                .build();
        return filter;
    }

    static List<Limit> bucket4j() {
        // bandwidths: {capacity: 100, time: 1, unit: minutes}, {capacity: 1000, time: 1, unit: hours}
        List<Limit> limits = List.of(Limit.perMinute(100), Limit.perHour(1000));
        return limits;
    }
}
