package io.headgate.testing;

import io.headgate.Decision;
import io.headgate.Limiter;

/**
 * A limiter as a user would write it: it decides as another one does, and has nothing that it need not have. What else it
 * has, a test overrides.
 *
 * @param <K> the type of the keys
 */
public class OwnLimiter<K> implements Limiter<K> {

    private final Limiter<K> limiter;

    /**
     * One that decides as another does.
     *
     * @param limiter closed with this one
     */
    public OwnLimiter(Limiter<K> limiter) {
        this.limiter = limiter;
    }

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
    public void close() {
        limiter.close();
    }
}
