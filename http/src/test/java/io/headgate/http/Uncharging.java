package io.headgate.http;

import io.headgate.Decision;
import io.headgate.Limiter;
import io.headgate.net.ClientAddress;

/** A limiter that cannot charge afterwards, as one that was written before there was such a method. */
final class Uncharging implements Limiter<ClientAddress> {

    private final Limiter<ClientAddress> limiter;

    Uncharging(Limiter<ClientAddress> limiter) {
        this.limiter = limiter;
    }

    @Override
    public boolean tryAcquire(ClientAddress key, long permits) {
        return limiter.tryAcquire(key, permits);
    }

    @Override
    public Decision decide(ClientAddress key, long permits) {
        return limiter.decide(key, permits);
    }

    @Override
    public Decision peek(ClientAddress key, long permits) {
        return limiter.peek(key, permits);
    }

    @Override
    public void refund(ClientAddress key, long permits) {
        limiter.refund(key, permits);
    }

    @Override
    public void reset(ClientAddress key) {
        limiter.reset(key);
    }

    @Override
    public void close() {
        limiter.close();
    }
}
