package io.headgate;

import io.headgate.testing.FakeTicker;
import java.time.Duration;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/**
 * Whatever two threads do to a limiter, the outcomes are those of some order of the same calls. Buckets become full, and
 * are swept, by refunds and resets, as the clock stands still.
 */
@Param(name = "key", gen = IntGen.class, conf = "1:2")
@Param(name = "permits", gen = IntGen.class, conf = "1:3")
public class LimiterLincheckTest {

    /** How many times the usual number of scenarios; the soak profile asks for more. */
    private static final int EFFORT = Integer.getInteger("headgate.effort", 1);

    private final LocalLimiter<Integer> limiter = Limiter.<Integer>builder(
                    new Limit("slow", 4, Duration.ofMinutes(1), 4))
            .ticker(new FakeTicker())
            .maxKeys(8) // few segments: a walk over many looks like a livelock to the model checker
            .sweepInterval(Duration.ZERO)
            .build();

    @Operation
    public boolean tryAcquire(@Param(name = "key") int key, @Param(name = "permits") int permits) {
        return limiter.tryAcquire(key, permits);
    }

    @Operation
    public long remaining(@Param(name = "key") int key) {
        return limiter.peek(key, 1).remaining();
    }

    @Operation
    public void refund(@Param(name = "key") int key, @Param(name = "permits") int permits) {
        limiter.refund(key, permits);
    }

    @Operation
    public void reset(@Param(name = "key") int key) {
        limiter.reset(key);
    }

    @Operation
    public void sweep() {
        limiter.sweep();
    }

    @Test
    void everyInterleavingIsLinearizable() {
        new ModelCheckingOptions()
                .iterations(10 * EFFORT)
                .invocationsPerIteration(200)
                .threads(2)
                .actorsPerThread(3)
                .check(LimiterLincheckTest.class);
    }

    @Test
    void stressIsLinearizable() {
        new StressOptions()
                .iterations(6 * EFFORT)
                .invocationsPerIteration(500)
                .threads(2)
                .actorsPerThread(4)
                .check(LimiterLincheckTest.class);
    }
}
