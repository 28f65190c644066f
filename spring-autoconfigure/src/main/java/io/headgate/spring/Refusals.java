package io.headgate.spring;

import io.headgate.Ticker;
import io.headgate.metrics.HeavyHitters;
import io.headgate.net.ClientAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Consumer;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/** Who is being limited: the clients that were denied most often, and a line in the log for each now and then. */
final class Refusals {

    /*
     * When a client was last logged is kept in a table of fixed size, at the place that the client's hash says; no two
     * lines of one place come within a minute. So a client is logged once a minute at most, all of them together at
     * most PLACES times, and a client whose place is taken by another waits. The address is logged as the limiter keys
     * it: canonical, IPv6 as a network.
     */

    private static final Log LOG = LogFactory.getLog(Refusals.class);
    private static final int PLACES = 1024;
    private static final long PAUSE = Duration.ofMinutes(1).toNanos();
    private static final int TRACKED = 128;

    private final HeavyHitters<ClientAddress> clients = new HeavyHitters<>(TRACKED);
    private final Ticker ticker;
    /** When the next line of a place may be written; moved by the thread that writes it, by CAS. */
    private final AtomicLongArray nextLine = new AtomicLongArray(PLACES);

    Refusals(Ticker ticker) {
        this.ticker = ticker;
        long now = ticker.read();
        for (int i = 0; i < PLACES; i++) {
            nextLine.set(i, now);
        }
    }

    HeavyHitters<ClientAddress> clients() {
        return clients;
    }

    /** What a limiter tells about those that it denies. */
    Consumer<ClientAddress> by(String limiter, boolean dryRun) {
        return client -> {
            clients.add(client);
            if (LOG.isInfoEnabled() && isDue(client)) {
                LOG.info(client + (dryRun ? " would be" : " is") + " denied by the limiter \"" + limiter
                        + "\" (logged at most once a minute for each client)");
            }
        };
    }

    private boolean isDue(ClientAddress client) {
        int place = client.hashCode() & (PLACES - 1);
        long now = ticker.read();
        long next = nextLine.get(place);
        return now - next >= 0 && nextLine.compareAndSet(place, next, now + PAUSE);
    }
}
