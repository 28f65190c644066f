package io.headgate.http;

import io.headgate.Decision;
import io.headgate.Limiter;
import io.headgate.net.ClientAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/** A limiter that always decides the same, and notes what it was asked. Thread-safe. */
final class FakeLimiter implements Limiter<ClientAddress> {

    final List<String> calls = new CopyOnWriteArrayList<>();
    private final Supplier<Decision> decisions;

    FakeLimiter(Decision decision) {
        this(() -> decision);
    }

    /** Makes each decision anew: one can be given back once only. */
    FakeLimiter(Supplier<Decision> decisions) {
        this.decisions = decisions;
    }

    @Override
    public boolean tryAcquire(ClientAddress key, long permits) {
        return decide(key, permits).allowed();
    }

    @Override
    public Decision decide(ClientAddress key, long permits) {
        calls.add("decide " + key + " " + permits);
        return decisions.get();
    }

    @Override
    public Decision peek(ClientAddress key, long permits) {
        return decisions.get();
    }

    @Override
    public void refund(ClientAddress key, long permits) {
        calls.add("refund " + key + " " + permits);
    }

    @Override
    public void charge(ClientAddress key, long permits) {
        calls.add("charge " + key + " " + permits);
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
