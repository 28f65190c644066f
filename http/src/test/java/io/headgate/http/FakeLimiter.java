package io.headgate.servlet;

import io.headgate.Decision;
import io.headgate.Limiter;
import io.headgate.net.ClientAddress;
import java.util.ArrayList;
import java.util.List;

/** A limiter that always decides the same, and notes what it was asked. */
final class FakeLimiter implements Limiter<ClientAddress> {

    final List<String> calls = new ArrayList<>();
    private final Decision decision;

    FakeLimiter(Decision decision) {
        this.decision = decision;
    }

    @Override
    public boolean tryAcquire(ClientAddress key, long permits) {
        return decide(key, permits).allowed();
    }

    @Override
    public Decision decide(ClientAddress key, long permits) {
        calls.add("decide " + key + " " + permits);
        return decision;
    }

    @Override
    public Decision peek(ClientAddress key, long permits) {
        return decision;
    }

    @Override
    public void refund(ClientAddress key, long permits) {
        calls.add("refund " + key + " " + permits);
    }

    @Override
    public void reset(ClientAddress key) {
        calls.add("reset " + key);
    }

    @Override
    public void close() {
        calls.add("close");
    }
}
