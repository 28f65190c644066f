package io.headgate.http;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Watches whether {@link ChargeOn} ever charges, where it should now and then: a condition that the application never meets, such
 * as a status that its login does not answer, limits nobody. Thread-safe.
 */
final class ChargeCondition {

    /*
     * Suspect is what was asked 1,000 times of at least ten clients, or 100 times of one, and never charged. Until then clients are
     * counted: fewer than 1,000 of them. Once it is known that it charges, or it has been suspected, nothing is kept.
     */

    private static final int MANY = 1_000;
    private static final int CLIENTS = 10;
    private static final int MANY_OF_ONE = 100;

    private final String what;
    private final Map<Object, Integer> requestsOf = new ConcurrentHashMap<>();
    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicBoolean open = new AtomicBoolean(true);

    /** Watches the condition of a rule, or of the general limits, in words. */
    ChargeCondition(String what) {
        this.what = what;
    }

    /** Whether there is anything left to be found out. */
    boolean isOpen() {
        return open.get();
    }

    /** Takes notice of an answer to a client's request; answers whether it is now, and was not before, that it is suspect. */
    boolean becomesSuspect(Object client, boolean charged) {
        if (charged) {
            settle();
            return false;
        }
        boolean suspect = requestsOf.merge(client, 1, Integer::sum) >= MANY_OF_ONE
                || (requests.incrementAndGet() >= MANY && requestsOf.size() >= CLIENTS);
        return suspect && settle();
    }

    private boolean settle() {
        boolean first = open.compareAndSet(true, false);
        requestsOf.clear();
        return first;
    }

    @Override
    public String toString() {
        return what;
    }
}
