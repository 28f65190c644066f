package io.headgate.http;

import io.headgate.Decision;
import io.headgate.Limiter;

/** A limiter that throws whatever it is asked. */
final class BrokenLimiter<K> implements Limiter<K> {

    private final RuntimeException failure;

    BrokenLimiter(RuntimeException failure) {
        this.failure = failure;
    }

    @Override
    public boolean tryAcquire(K key, long permits) {
        throw failure;
    }

    @Override
    public Decision decide(K key, long permits) {
        throw failure;
    }

    @Override
    public Decision peek(K key, long permits) {
        throw failure;
    }

    @Override
    public void refund(K key, long permits) {
        throw failure;
    }

    @Override
    public void reset(K key) {
        throw failure;
    }

    @Override
    public void close() {}
}
