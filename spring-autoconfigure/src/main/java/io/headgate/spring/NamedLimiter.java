package io.headgate.spring;

import io.headgate.Decision;
import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LimiterStats;
import java.util.List;
import java.util.Objects;

/**
 * A limiter under another name, for its meters: two of one name would be one.
 *
 * @param name the name
 * @param limiter what it does
 * @param <K> the type of its keys
 */
record NamedLimiter<K>(String name, Limiter<K> limiter) implements Limiter<K> {

    @Override
    public boolean tryAcquire(K key, long permits) {
        return limiter.tryAcquire(key, permits);
    }

    @Override
    public Decision decide(K key, long permits) {
        return limiter.decide(key, permits);
    }

    @Override
    public Decision peek(K key, long permits) {
        return limiter.peek(key, permits);
    }

    @Override
    public void refund(K key, long permits) {
        limiter.refund(key, permits);
    }

    @Override
    public void reset(K key) {
        limiter.reset(key);
    }

    @Override
    public List<Limit> limits() {
        return limiter.limits();
    }

    @Override
    public LimiterStats stats() {
        // That of a mock is null.
        return Objects.requireNonNullElse(limiter.stats(), LimiterStats.unknown());
    }

    @Override
    public void close() {
        limiter.close();
    }
}
