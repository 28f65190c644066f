package io.headgate.testing;

import io.headgate.Decision;
import io.headgate.Limiter;

/**
 * A limiter that throws whatever it is asked, and nothing when it is closed.
 *
 * @param <K> the type of the keys
 */
public class BrokenLimiter<K> implements Limiter<K> {

    @Override
    public boolean tryAcquire(K key, long permits) {
        throw failure();
    }

    @Override
    public Decision decide(K key, long permits) {
        throw failure();
    }

    @Override
    public Decision peek(K key, long permits) {
        throw failure();
    }

    @Override
    public void refund(K key, long permits) {
        throw failure();
    }

    @Override
    public void reset(K key) {
        throw failure();
    }

    @Override
    public void close() {}

    private static IllegalStateException failure() {
        return new IllegalStateException("on purpose");
    }
}
