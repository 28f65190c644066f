package io.headgate.examples.recipes;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.http.ChargeOn;
import io.headgate.http.NoAddress;
import io.headgate.http.Rule;
import io.headgate.servlet.RateLimitFilter;
import jakarta.servlet.http.HttpServletRequest;

/** The examples of docs/recipes.md. */
final class Recipes {

    private Recipes() {}

    static RateLimitFilter scanners() {
        RateLimitFilter filter = RateLimitFilter.builder()
                .name("scanners")
                .limits(Limit.perMinute(20))
                .chargeOn(ChargeOn.statuses(404))
                .build();
        return filter;
    }

    static RateLimitFilter inFlight() {
        RateLimitFilter filter = RateLimitFilter.builder()
                .name("in-flight")
                .limits(Limit.perMinute(1).burst(4))
                .chargeOn(ChargeOn.never())
                .build();
        return filter;
    }

    static RateLimitFilter accounts() {
        Limiter<String> accounts =
                Limiter.builder(Limit.perHour(1000).named("account")).build();
        RateLimitFilter filter = RateLimitFilter.builder(accounts, HttpServletRequest::getRemoteUser)
                .name("accounts")
                .noAddress(NoAddress.ALLOW)
                .build();
        return filter;
    }

    static RateLimitFilter costAfter() {
        RateLimitFilter filter = RateLimitFilter.builder()
                .name("time")
                .limits(Limit.perSecond(10).burst(100))
                .costAfter((request, answer) -> 1 + answer.duration().toMillis() / 100)
                .build();
        return filter;
    }

    static RateLimitFilter logins() {
        RateLimitFilter filter = RateLimitFilter.builder()
                .limits(Limit.perMinute(100).burst(20))
                .rule(
                        Rule.parse("login: POST /login/* 5/minute, 50/day charge-on 4xx, 302 to /login?error"),
                        Rule.parse("GET /static/* unlimited"))
                .build();
        return filter;
    }
}
