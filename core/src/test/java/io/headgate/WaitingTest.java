package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.metrics.HeavyHitters;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who waits for whom while the {@code equals} of a key does not return. */
@Timeout(value = 1, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WaitingTest {

    /** A key that may be held where it is compared; all have one hash code, and so one lock. */
    private record Key(int id) {

        @Override
        public int hashCode() {
            return 1;
        }

        @Override
        public boolean equals(Object other) {
            HeldCall.point();
            return other instanceof Key that && id == that.id;
        }
    }

    @Test
    void callsOfKnownKeysDoNotWaitForANewOne() throws Exception {
        LocalLimiter<Key> limiter = Limiter.<Key>builder(Limit.parse("9/hour"))
                .ticker(new FakeTicker())
                .sweepInterval(Duration.ZERO)
                .build();
        Key known = new Key(1);
        for (int i = 0; i < 3; i++) { // it settles
            limiter.tryAcquire(known);
        }
        int held = 0;
        for (int point = 1; point <= 10; point++) {
            Key newcomer = new Key(1 + point);
            HeldCall<Boolean> call = HeldCall.at(point, () -> limiter.tryAcquire(newcomer));
            held += call.isHeld() ? 1 : 0;
            limiter.reset(known);
            assertThat(limiter.tryAcquire(known)).isTrue();
            assertThat(limiter.decide(known, 2).remaining()).isEqualTo(6);
            assertThat(limiter.peek(known, 6).allowed()).isTrue();
            limiter.charge(known, 1);
            limiter.refund(known, 1);
            assertThat(limiter.size()).isPositive();
            assertThat(limiter.stats().denied()).isZero();
            assertThat(call.end()).isTrue();
        }
        assertThat(held).isGreaterThan(3);
    }

    @Test
    void aCallIsDroppedByASketchRatherThanKeptWaiting() throws Exception {
        HeavyHitters<Key> hitters = new HeavyHitters<>(2);
        for (int i = 0; i < 4; i++) { // at whichever part the thread begins
            hitters.add(new Key(1));
        }
        HeldCall<Void> call = HeldCall.at(1, () -> {
            hitters.add(new Key(2));
            hitters.add(new Key(3));
            return null;
        });
        assertThat(call.isHeld()).isTrue();
        hitters.add(new Key(4));
        call.end();
        assertThat(hitters.top(2)).isNotEmpty();
    }
}
