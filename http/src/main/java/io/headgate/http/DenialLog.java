package io.headgate.http;

import io.headgate.Ticker;
import io.headgate.metrics.HeavyHitters;
import io.headgate.metrics.HeavyHitters.Hit;
import io.headgate.net.ClientAddress;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Who is being denied: the clients that were denied most often, and a line in the log for each now and then. Thread-safe. */
final class DenialLog {

    /*
     * When a client was last logged is kept in a table of fixed size, in the slot that the client's hash says; no two lines of
     * one slot come within a minute. So a client is logged once a minute at most, all of them together at most SLOTS times, and
     * a client whose slot is taken by another waits. The address is logged as the limiter keys it: canonical, IPv6 as a
     * network. Keys that are no addresses are secrets perhaps, and are never logged.
     */

    private static final int SLOTS = 1024;
    private static final long PAUSE = Duration.ofMinutes(1).toNanos();
    private static final int TRACKED = 128;

    private final HeavyHitters<ClientAddress> clients = new HeavyHitters<>(TRACKED);
    private final Ticker ticker;
    /** When the next line of a slot may be written; moved by the thread that writes it, by CAS. */
    private final AtomicLongArray nextLine = new AtomicLongArray(SLOTS);

    DenialLog(Ticker ticker) {
        this.ticker = ticker;
        long now = ticker.read();
        for (int i = 0; i < SLOTS; i++) {
            nextLine.set(i, now);
        }
    }

    List<Hit<ClientAddress>> top(int most) {
        return clients.top(most);
    }

    /** Takes notice of a denial of a client. */
    void add(
            ClientAddress client, Supplier<String> limiter, boolean dryRun, @Nullable Consumer<ClientDenied> listener) {
        clients.add(client);
        if ((listener != null || RequestLimiter.isLogged(Level.INFO)) && isDue(client)) {
            ClientDenied denied = new ClientDenied(client, limiter.get(), dryRun);
            RequestLimiter.log(
                    Level.INFO,
                    () -> client + (dryRun ? " would be" : " is") + " denied by the limiter \"" + denied.limiter()
                            + "\" (logged at most once a minute for each client)");
            if (listener != null) {
                listener.accept(denied);
            }
        }
    }

    private boolean isDue(ClientAddress client) {
        int slot = client.hashCode() & (SLOTS - 1);
        long now = ticker.read();
        long next = nextLine.get(slot);
        return now - next >= 0 && nextLine.compareAndSet(slot, next, now + PAUSE);
    }
}
