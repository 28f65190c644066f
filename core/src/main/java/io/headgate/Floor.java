package io.headgate;

import java.util.concurrent.atomic.AtomicLong;

/** The latest clock reading at which a key was evicted: no bucket may begin earlier. Thread-safe, only moves on. */
final class Floor {

    /** Nothing was evicted yet; as a reading it is unlikely, and then rounded up by a nanosecond. */
    private static final long NONE = Long.MIN_VALUE;

    private final AtomicLong reading = new AtomicLong(NONE);

    void raise(long now) {
        long raised = now == NONE ? now + 1 : now;
        for (long old = reading.get(); old == NONE || raised - old > 0; old = reading.get()) {
            if (reading.compareAndSet(old, raised)) {
                return;
            }
        }
    }

    /** The reading given, or the floor if that is later. */
    long notBefore(long now) {
        long earliest = reading.get();
        return earliest == NONE || now - earliest > 0 ? now : earliest;
    }
}
