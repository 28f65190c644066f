package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testing.FakeTicker;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A key that was evicted can be collected: nothing that outlives a call holds on to it. */
class EvictedKeysTest {

    private final FakeTicker time = new FakeTicker();
    private final List<WeakReference<Object>> keys = new ArrayList<>();

    private LocalLimiter<Object> limiter(int maxKeys, Overflow overflow) {
        return Limiter.builder(Limit.parse("10/minute"))
                .ticker(time)
                .maxKeys(maxKeys)
                .overflow(overflow)
                .sweepInterval(Duration.ZERO)
                .build();
    }

    /** A key that only the limiter knows from now on. */
    private Object key(int id) {
        Object key = new HashedKey(id, id * 0x9E3779B9);
        keys.add(new WeakReference<>(key));
        return key;
    }

    private long reachable() {
        System.gc();
        return keys.stream().filter(key -> key.get() != null).count();
    }

    private void assertNothingIsKept(LocalLimiter<Object> limiter) {
        assertThat(limiter.size()).isZero();
        assertThat(reachable()).isZero();
        assertThat(limiter.tryAcquire("alive")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 16, 1_000, 100_000})
    void afterASweep(int maxKeys) {
        LocalLimiter<Object> limiter = limiter(maxKeys, Overflow.SHARE);
        for (int id = 0; id <= maxKeys; id++) {
            limiter.tryAcquire(key(id));
        }
        time.advance(Duration.ofHours(1));
        limiter.sweep();
        assertNothingIsKept(limiter);
    }

    /** Newcomers that find no room, some, and much, one after the other. */
    @ParameterizedTest
    @EnumSource(Overflow.class)
    void afterChurnAtTheCap(Overflow overflow) {
        LocalLimiter<Object> limiter = limiter(1_000, overflow);
        for (int id = 0; id < 20_000; id++) {
            Object key = key(id);
            limiter.tryAcquire(key);
            if (id % 3 == 0) {
                limiter.peek(key, 1);
            }
            time.advance(Duration.ofMillis(id % 7_000 < 3_000 ? 1 : 20));
        }
        assertThat(reachable()).as("kept while tracked").isLessThanOrEqualTo(2 * 1_000 + 16 * 16);
        time.advance(Duration.ofHours(1));
        limiter.sweep();
        assertNothingIsKept(limiter);
    }

    /** The sweeper's walk is left in the midst of the keys. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void betweenTheSlicesOfASweep(int slices) {
        LocalLimiter<Object> limiter = limiter(300_000, Overflow.SHARE);
        for (int id = 0; id < 300_000; id++) {
            limiter.tryAcquire(key(id));
        }
        time.advance(Duration.ofHours(1));
        for (int slice = 0; slice < slices; slice++) {
            limiter.sweeps().slice();
        }
        limiter.sweep();
        assertNothingIsKept(limiter);
        while (limiter.sweeps().slice()) {
            assertThat(limiter.size()).isLessThanOrEqualTo(1);
        }
    }

    /** A key whose hash code cannot be had any more is evicted like any other, and keeps nobody from being so. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void brokenKeys(boolean sharing) {
        LocalLimiter<Object> limiter = limiter(100, Overflow.SHARE);
        boolean[] broken = new boolean[1];
        for (int id = 0; id < (sharing ? 200 : 100); id++) {
            int hash = id;
            limiter.tryAcquire(new Object() {
                @Override
                public boolean equals(@Nullable Object other) {
                    return this == other;
                }

                @Override
                public int hashCode() {
                    if (broken[0]) {
                        throw new IllegalStateException("broken");
                    }
                    return hash * 0x9E3779B9;
                }
            });
        }
        broken[0] = true;
        time.advance(Duration.ofHours(1));
        for (int id = 0; id < 50; id++) {
            assertThat(limiter.decide(key(id)).overflow()).isFalse();
        }
        time.advance(Duration.ofHours(1));
        limiter.sweep();
        assertNothingIsKept(limiter);
    }
}
