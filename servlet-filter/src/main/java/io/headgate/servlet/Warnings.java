package io.headgate.servlet;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** Says what looks misconfigured, each thing once. Thread-safe. */
final class Warnings {

    /** What there is to warn of, and what to do about it; a {@code %s} stands for what was seen. */
    enum Topic {
        UNTRUSTED_HEADER("a request came with the header %s, which is ignored, since no proxy is trusted. If a proxy of"
                + " yours sent it, all clients behind that proxy share one bucket: name its range in trustedProxies. If"
                + " clients connect directly, one of them made it up, and all is well"),
        MISSING_HEADER("the trusted proxy %s sent a request without the header %s, so the proxy itself is limited, in"
                + " place of its clients. Make it set that header, or name the one that it does set in forwardedHeader;"
                + " if these are its own health checks, name it in exempt"),
        TRUSTS_EVERYBODY("every address is a trusted proxy (0.0.0.0/0 or ::/0), so any client can write another address"
                + " into the header and get a new bucket; trust the ranges of your own proxies only"),
        UNMASKED_KEYS("a limiter of client addresses tells IPv6 addresses apart to the last bit, so a client gets a new"
                + " bucket with each address of its network; make it with Limiter.forAddresses"),
        CROWDED_KEY("most requests count for one client, %s. If that is a proxy, its clients share one bucket: name it"
                + " in trustedProxies. If it is ::, most requests have no address: see noAddress");

        private final String text;

        Topic(String text) {
            this.text = text;
        }
    }

    private static final Logger LOGGER = System.getLogger(RateLimitFilter.class.getName());

    private final String filter;
    private final Map<Topic, AtomicBoolean> said = new EnumMap<>(Topic.class);

    Warnings(String filter) {
        this.filter = filter;
        for (Topic topic : Topic.values()) {
            said.put(topic, new AtomicBoolean());
        }
    }

    /** Whether there is no point in looking for this any more. */
    boolean isSaid(Topic topic) {
        AtomicBoolean flag = said.get(topic);
        return flag == null || flag.get();
    }

    void once(Topic topic, @Nullable Object... seen) {
        AtomicBoolean flag = said.get(topic);
        if (flag != null && flag.compareAndSet(false, true)) {
            log(Level.WARNING, String.format(Locale.ROOT, topic.text, seen));
        }
    }

    void info(String message) {
        log(Level.INFO, message);
    }

    private void log(Level level, String message) {
        LOGGER.log(level, () -> "Rate limit filter \"" + filter + "\": " + message);
    }
}
