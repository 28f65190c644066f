package io.headgate.benchmarks;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.net.ClientAddress;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;

/** What {@link Beside} has of one version of the library: decisions about clients that are tracked, in random order. */
public final class BesideCalls {

    private BesideCalls() {}

    /**
     * A limiter and its clients.
     *
     * @param setting how many clients, maxKeys, and one limit or two
     * @return takes a number of calls, answers how many were allowed
     */
    public static IntUnaryOperator of(String... setting) {
        int clients = Integer.parseInt(setting[0]);
        Limit[] more = setting[2].equals("1") ? new Limit[0] : new Limit[] {Limit.parse("3/minute burst 1000000")};
        LocalLimiter<ClientAddress> limiter = Limiter.forAddresses(Limit.parse("2/minute burst 1000000"), more)
                .maxKeys(Integer.parseInt(setting[1]))
                .sweepInterval(Duration.ZERO)
                .build();
        for (int i = 0; i < clients; i++) {
            limiter.tryAcquire(Keys.address(i));
        }
        SplittableRandom random = new SplittableRandom(1);
        return calls -> {
            int allowed = 0;
            for (int i = 0; i < calls; i++) {
                allowed += limiter.tryAcquire(Keys.address(random.nextInt(clients))) ? 1 : 0;
            }
            return allowed;
        };
    }
}
