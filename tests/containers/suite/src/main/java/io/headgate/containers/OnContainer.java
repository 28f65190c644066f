package io.headgate.containers;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import java.time.Duration;

/** What the contracts have in common: a container, and a limiter on a clock that stands still. */
interface OnContainer {

    ClientAddress LOCAL = ClientAddress.parse("127.0.0.1");

    /** The container that this run of the suite is about. */
    Container container();

    default Site open(App app) throws Exception {
        return new Site(container().start(app));
    }

    /** A limiter by address that stands still. */
    static LocalLimiter<ClientAddress> limiter(String limit) {
        return limiter(new FakeTicker(), Limit.parse(limit).named("l"));
    }

    static LocalLimiter<ClientAddress> limiter(FakeTicker ticker, Limit first, Limit... more) {
        return Limiter.forAddresses(first, more)
                .ticker(ticker)
                .sweepInterval(Duration.ZERO)
                .maxKeys(10_000)
                .build();
    }

    /** How many permits the client at 127.0.0.1 has taken of so many. */
    static long taken(Limiter<ClientAddress> limiter, long capacity) {
        return capacity - limiter.peek(LOCAL, 1).remaining();
    }
}
