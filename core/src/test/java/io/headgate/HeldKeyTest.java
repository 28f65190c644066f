package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls that fall asleep wherever they ask their key for its hash code, if they do so that often. */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HeldKeyTest {

    private final FakeTicker time = new FakeTicker();

    /** A key in whose hash code a call may be held. */
    private static final class Key {

        private final int id;

        Key(int id) {
            this.id = id;
        }

        @Override
        public int hashCode() {
            if (id == 1) { // others are asked for theirs where locks are held
                HeldCall.point();
            }
            return Objects.hash(id);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Key that && id == that.id;
        }
    }

    private LocalLimiter<Key> build(int cap, Limit first, Limit... more) {
        return Limiter.<Key>builder(first, more)
                .maxKeys(cap)
                .ticker(time)
                .sweepInterval(Duration.ZERO)
                .build();
    }

    private static long drain(LocalLimiter<Key> limiter, Key key) {
        long count = 0;
        while (limiter.tryAcquire(key)) {
            count++;
        }
        return count;
    }

    /** A call has room for its key and sleeps; the key's other calls find none meanwhile, and share. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6})
    void aKeyThatSharedUntilItsOwnBucketWasThereGainsNothing(int point) throws Exception {
        LocalLimiter<Key> limiter = build(1, Limit.parse("50/hour"));
        limiter.tryAcquire(new Key(2));
        time.advance(Duration.ofHours(2)); // the only room is that of a full bucket
        HeldCall<Boolean> call = HeldCall.at(point, () -> limiter.tryAcquire(new Key(1)));
        long admitted = call.isHeld() ? drain(limiter, new Key(1)) : 0;
        admitted += Boolean.TRUE.equals(call.end()) ? 1 : 0;
        admitted += drain(limiter, new Key(1));
        assertThat(admitted).isBetween(50L, 51L); // one for the call that was held, at most
    }

    /** The same, but there is no room until later. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6})
    void aKeyThatSharesBeforeItGetsItsOwnBucketGainsNothing(int point) throws Exception {
        LocalLimiter<Key> limiter = build(1, Limit.parse("50/hour"));
        limiter.tryAcquire(new Key(2));
        HeldCall<Boolean> call = HeldCall.at(point, () -> limiter.tryAcquire(new Key(1)));
        long admitted = call.isHeld() ? drain(limiter, new Key(1)) : 0;
        limiter.reset(new Key(2));
        admitted += Boolean.TRUE.equals(call.end()) ? 1 : 0;
        admitted += drain(limiter, new Key(1));
        assertThat(admitted).isBetween(50L, 51L);
    }

    /**
     * A call charges the first limit and sleeps until that is earned back; then it is denied by the second, and gives
     * back what others have taken since.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6})
    void whatTimeHasGivenBackIsNotGivenBackAgain(int point) throws Exception {
        LocalLimiter<Key> limiter = build(9, Limit.parse("3/30s"), Limit.parse("6/6s"));
        Key key = new Key(1);
        limiter.tryAcquire(key);
        time.advance(Duration.ofMinutes(1));
        HeldCall<Boolean> call = HeldCall.at(point, () -> limiter.tryAcquire(key));
        time.advance(Duration.ofSeconds(40));
        long admitted = limiter.tryAcquire(key, 3) ? 3 : 0;
        boolean late = Boolean.TRUE.equals(call.end()); // as of 40 s ago, or not at all
        admitted += drain(limiter, key);
        assertThat(admitted)
                .as("at one reading, besides the call that slept: %s", late)
                .isEqualTo(3);
        time.advance(Duration.ofSeconds(10).minusNanos(1));
        assertThat(limiter.tryAcquire(key)).isFalse();
    }

    /** The same without time in between: the undo is exact but for what time gives, and others wait no longer for it. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6})
    void aCallThatIsRefusedLeavesNothingTaken(int point) throws Exception {
        LocalLimiter<Key> limiter = build(9, Limit.parse("3/30s"), Limit.parse("1/s"));
        Key key = new Key(1);
        limiter.tryAcquire(key);
        time.advance(Duration.ofMinutes(1));
        HeldCall<Boolean> call = HeldCall.at(point, () -> limiter.tryAcquire(key));
        long admitted = limiter.tryAcquire(key) ? 1 : 0;
        admitted += Boolean.TRUE.equals(call.end()) ? 1 : 0;
        assertThat(admitted).isEqualTo(1);
        assertThat(limiter.peek(key, 1).limits().get(0).remaining()).isEqualTo(2);
        time.advance(Duration.ofSeconds(1));
        assertThat(limiter.tryAcquire(key)).isTrue();
        time.advance(Duration.ofSeconds(1));
        assertThat(limiter.tryAcquire(key)).isTrue();
        assertThat(limiter.tryAcquire(key)).isFalse();
    }
}
