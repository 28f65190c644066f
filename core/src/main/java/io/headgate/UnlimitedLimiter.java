package io.headgate;

import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** A limiter that allows everything: what {@link Limiter#unlimited} makes. Counts what it allows. */
final class UnlimitedLimiter<K> implements Limiter<K> {

    private final String name;
    private final LongAdder allowed = new LongAdder();

    UnlimitedLimiter(String name) {
        if (name.isBlank()) {
            throw new IllegalArgumentException("the name of a limiter must not be blank");
        }
        this.name = name;
    }

    @Override
    public boolean tryAcquire(K key, long permits) {
        boolean allows = isPositive(permits);
        allowed.increment();
        return allows;
    }

    @Override
    public Decision decide(K key, long permits) {
        Decision decision = allow(permits);
        allowed.increment();
        return decision;
    }

    @Override
    public Decision peek(K key, long permits) {
        return allow(permits);
    }

    @Override
    public void refund(K key, long permits) {
        isPositive(permits);
    }

    @Override
    public void charge(K key, long permits) {
        isPositive(permits);
    }

    @Override
    public void reset(K key) {}

    @Override
    public String name() {
        return name;
    }

    @Override
    public LimiterStats stats() {
        return LimiterStats.builder().allowed(allowed.sum()).build();
    }

    @Override
    public void close() {}

    /** The answer to a call that nothing limits. */
    static Decision allow(long permits) {
        isPositive(permits);
        return Decision.allowed(false, List.of(), 0, given -> {});
    }

    /** True; throws if so many permits cannot be asked for. */
    static boolean isPositive(long permits) {
        if (permits < 1) {
            throw new IllegalArgumentException("permits must be at least 1, not " + permits);
        }
        return true;
    }
}
