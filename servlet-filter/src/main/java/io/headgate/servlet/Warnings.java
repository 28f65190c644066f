package io.headgate.servlet;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/** Says what looks misconfigured, each thing once. Thread-safe. */
final class Warnings {

    enum Topic {
        UNTRUSTED_HEADER,
        MISSING_HEADER,
        TRUSTS_EVERYBODY,
        UNMASKED_KEYS,
        CROWDED_KEY
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

    void once(Topic topic, Supplier<String> message) {
        AtomicBoolean flag = said.get(topic);
        if (flag != null && flag.compareAndSet(false, true)) {
            log(Level.WARNING, message.get());
        }
    }

    void info(String message) {
        log(Level.INFO, message);
    }

    private void log(Level level, String message) {
        LOGGER.log(level, () -> "Rate limit filter \"" + filter + "\": " + message);
    }
}
