package io.headgate;

import java.util.concurrent.atomic.AtomicReference;

/** A bucket whose next take falls asleep between reading the state and writing it: what happens meanwhile is the test's. */
final class SleepyBucket extends TokenBucket {

    private final AtomicReference<Runnable> meanwhile;

    SleepyBucket(Limit limit, AtomicReference<Runnable> meanwhile) {
        super(limit);
        this.meanwhile = meanwhile;
    }

    @Override
    long take(long state, long permits, long now) {
        meanwhile.getAndSet(() -> {}).run();
        return super.take(state, permits, now);
    }
}
