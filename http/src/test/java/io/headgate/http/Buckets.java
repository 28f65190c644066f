package io.headgate.http;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.Ticker;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import java.time.Duration;

/** Limiters of few clients, without a thread of their own. */
final class Buckets {

    private Buckets() {}

    /** One whose time stands still. */
    static LocalLimiter<ClientAddress> of(String limit) {
        return of(limit, new FakeTicker());
    }

    static LocalLimiter<ClientAddress> of(String limit, Ticker ticker) {
        return Limiter.forAddresses(Limit.parse(limit))
                .ticker(ticker)
                .sweepInterval(Duration.ZERO)
                .maxKeys(1000)
                .build();
    }

    /** How many permits are left to the client of {@link FakeRequest}. */
    static long left(Limiter<ClientAddress> limiter) {
        return limiter.peek(ClientAddress.parse("192.0.2.1"), 1).remaining();
    }
}
