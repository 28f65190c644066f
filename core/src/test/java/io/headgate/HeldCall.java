package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testing.FakeTicker;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A call in a thread of its own that is stopped where the limiter calls the test back, in the ticker or in the key, until
 * the test lets it go on: for interleavings that are exact.
 */
final class HeldCall<T> {

    private static final long SECONDS = 20;
    private static final ThreadLocal<@Nullable HeldCall<?>> CURRENT = new ThreadLocal<>();

    private final CountDownLatch heldOrOver = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final AtomicReference<@Nullable T> result = new AtomicReference<>();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final Thread thread;
    private int pointsLeft;
    private volatile boolean held;

    private HeldCall(int point, Callable<T> call) {
        pointsLeft = point;
        thread = new Thread(() -> run(call), "held at point " + point);
        thread.setDaemon(true);
    }

    /** Begins a call and returns once it is held at its n-th point, counted from 1, or over if it has no such point. */
    static <T> HeldCall<T> at(int point, Callable<T> call) {
        HeldCall<T> held = new HeldCall<>(point, call);
        held.thread.start();
        await(held.heldOrOver);
        return held;
    }

    /** Where a call may be held: to be called by a ticker or a key. */
    static void point() {
        HeldCall<?> call = CURRENT.get();
        if (call != null && --call.pointsLeft == 0) {
            call.held = true;
            call.heldOrOver.countDown();
            await(call.goOn);
        }
    }

    /** A ticker that tells the time at which a call read it, however long it is held there. */
    static Ticker ticker(FakeTicker time) {
        return () -> {
            long now = time.read();
            point();
            return now;
        };
    }

    boolean isHeld() {
        return held;
    }

    /** Lets the call go on to its end. */
    @Nullable
    T end() throws InterruptedException {
        goOn.countDown();
        thread.join(TimeUnit.SECONDS.toMillis(SECONDS));
        assertThat(thread.isAlive()).as("hangs").isFalse();
        Throwable thrown = failure.get();
        if (thrown != null) {
            throw new AssertionError(thrown);
        }
        return result.get();
    }

    private void run(Callable<T> call) {
        CURRENT.set(this);
        try {
            result.set(call.call());
        } catch (Throwable e) {
            failure.set(e);
        } finally {
            CURRENT.remove();
            heldOrOver.countDown();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(SECONDS, TimeUnit.SECONDS)).as("nobody came").isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
