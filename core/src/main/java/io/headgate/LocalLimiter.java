package io.headgate;

import io.headgate.net.ClientAddress;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.ScheduledExecutorService;

/** Placeholder with the final signatures. */
public final class LocalLimiter<K> implements Limiter<K> {
    private LocalLimiter() {}

    @Override
    public boolean tryAcquire(K key, long permits) {
        return true;
    }

    @Override
    public Decision decide(K key, long permits) {
        return Decision.allowed(false, List.of());
    }

    @Override
    public Decision peek(K key, long permits) {
        return Decision.allowed(false, List.of());
    }

    @Override
    public void refund(K key, long permits) {}

    @Override
    public void reset(K key) {}

    @Override
    public void close() {}

    public long size() {
        return 0;
    }

    public long sweep() {
        return 0;
    }

    public long memoryBytes() {
        return 0;
    }

    public List<Limit> limits() {
        return List.of();
    }

    public LimiterStats stats() {
        return new LimiterStats(0, 0, 0, 0, 0, 0);
    }

    public String name() {
        return "";
    }

    public long maxKeys() {
        return 0;
    }

    /** The prefix length by which IPv6 clients are told apart; empty if keys are used as they are. */
    public OptionalInt ipv6Prefix() {
        return OptionalInt.empty();
    }

    public static final class Builder<K> {
        private Builder() {}

        static <K> Builder<K> forAnyKey(Limit first, Limit... more) {
            return new Builder<>();
        }

        static Builder<ClientAddress> forNetworks(int ipv6Prefix, Limit first, Limit... more) {
            return new Builder<>();
        }

        public Builder<K> ticker(Ticker ticker) {
            return this;
        }

        public Builder<K> maxKeys(long maxKeys) {
            return this;
        }

        public Builder<K> overflow(Overflow overflow) {
            return this;
        }

        public Builder<K> sweepInterval(Duration interval) {
            return this;
        }

        public Builder<K> scheduler(ScheduledExecutorService scheduler) {
            return this;
        }

        public Builder<K> name(String name) {
            return this;
        }

        public LocalLimiter<K> build() {
            return new LocalLimiter<>();
        }
    }
}
