package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Many threads at the cap of every store but the cache, whose size is above its maximum now and then. */
@ParameterizedClass
@MethodSource("io.headgate.Keys#all")
class CapConcurrencyTest<K> {

    private final Keys<K> keys;
    private final FakeTicker ticker = new FakeTicker();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    CapConcurrencyTest(Keys<K> keys) {
        this.keys = keys;
    }

    @AfterEach
    void end() {
        threads.shutdownNow();
    }

    /** Newcomers from all sides at a cap that is always reached: never more keys than the cap, at any instant. */
    @Test
    void theCapHoldsAtEveryInstant() throws Exception {
        int cap = 64;
        LocalLimiter<K> limiter = keys.builder(Limit.parse("1/us burst 2"))
                .maxKeys(cap)
                .ticker(ticker)
                .sweepInterval(Duration.ZERO)
                .build();
        AtomicBoolean over = new AtomicBoolean();
        AtomicLong next = new AtomicLong();
        Callable<Void> newcomers = () -> {
            for (int i = 0; i < 150_000; i++) {
                limiter.tryAcquire(keys.key((int) next.incrementAndGet()));
                ticker.advanceNanos(i % 5);
            }
            over.set(true);
            return null;
        };
        Callable<Void> watcher = () -> {
            while (!over.get()) {
                assertThat(limiter.size()).isBetween(0L, (long) cap);
            }
            return null;
        };
        Callable<Void> sweeper = () -> {
            while (!over.get()) {
                limiter.sweep();
            }
            return null;
        };
        for (Future<Void> done :
                threads.invokeAll(List.of(newcomers, newcomers, watcher, sweeper), 10, TimeUnit.MINUTES)) {
            done.get();
        }
        ticker.advance(Duration.ofSeconds(1));
        limiter.sweep();
        assertThat(limiter.size()).isZero();
    }
}
