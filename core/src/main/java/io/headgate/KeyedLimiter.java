package io.headgate;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A limiter of what a function finds in a key: what {@link Limiter#keyed} makes. A key in which it finds nothing is not
 * limited.
 *
 * @param <K> the type of the keys
 * @param <P> the type of the keys of the limiter behind it
 */
record KeyedLimiter<K, P>(Function<? super K, ? extends @Nullable P> part, Limiter<P> limiter) implements Limiter<K> {

    KeyedLimiter {
        Objects.requireNonNull(part, "part");
        Objects.requireNonNull(limiter, "limiter");
    }

    @Override
    public boolean tryAcquire(K key, long permits) {
        P found = part.apply(key);
        return found == null ? UnlimitedLimiter.isPositive(permits) : limiter.tryAcquire(found, permits);
    }

    @Override
    public Decision decide(K key, long permits) {
        P found = part.apply(key);
        return found == null ? UnlimitedLimiter.allow(permits) : limiter.decide(found, permits);
    }

    @Override
    public CompletionStage<Decision> decideAsync(K key, long permits) {
        try {
            P found = part.apply(key);
            return found == null
                    ? CompletableFuture.completedStage(UnlimitedLimiter.allow(permits))
                    : limiter.decideAsync(found, permits);
        } catch (Exception e) {
            return CompletableFuture.failedStage(e);
        }
    }

    @Override
    public Decision peek(K key, long permits) {
        P found = part.apply(key);
        return found == null ? UnlimitedLimiter.allow(permits) : limiter.peek(found, permits);
    }

    @Override
    public void refund(K key, long permits) {
        P found = part.apply(key);
        if (found != null) {
            limiter.refund(found, permits);
        }
    }

    @Override
    public void charge(K key, long permits) {
        P found = part.apply(key);
        if (found != null) {
            limiter.charge(found, permits);
        }
    }

    @Override
    public void reset(K key) {
        P found = part.apply(key);
        if (found != null) {
            limiter.reset(found);
        }
    }

    @Override
    public String name() {
        return limiter.name();
    }

    @Override
    public List<Limit> limits() {
        return limiter.limits();
    }

    @Override
    public LimiterStats stats() {
        return limiter.stats();
    }

    @Override
    public List<Limiter<?>> members() {
        return List.of(limiter);
    }

    @Override
    public void close() {
        limiter.close();
    }
}
