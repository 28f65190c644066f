package io.headgate;

import static io.headgate.faults.Scenario.require;

import io.headgate.faults.Scenario;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** The making of a {@link LocalLimiter}, with a sweeper and without. */
final class BuildScenarios {

    private BuildScenarios() {}

    static List<Scenario.Named> all() {
        List<Scenario.Named> all = new ArrayList<>();
        for (boolean swept : new boolean[] {false, true}) {
            String rest = swept ? ", with a sweeper" : ", without a sweeper";
            all.add(new Scenario.Named(
                    "the making of a limiter",
                    "the making of a limiter of strings" + rest,
                    () -> new One(Limiter::<Object>builder, number -> "key " + number, swept)));
            all.add(new Scenario.Named(
                    "the making of a limiter",
                    "the making of a limiter of addresses" + rest,
                    () -> new One(LimiterScenarios::ofAddresses, Keys.BOTH::key, swept)));
        }
        return all;
    }

    private static final class One implements Scenario {

        private final LimiterBuilder<Object> builder;
        private final IntFunction<? extends Object> keys;
        private @Nullable LocalLimiter<Object> made;

        One(Keys.Start<Object> start, IntFunction<? extends Object> keys, boolean swept) {
            this.keys = keys;
            builder = start.builder(Limit.parse("3/minute"), Limit.parse("2/second"))
                    .maxKeys(5)
                    .ticker(new FakeTicker())
                    .random(new SplittableRandom(1))
                    .sweepInterval(swept ? Duration.ofDays(1) : Duration.ZERO);
        }

        @Override
        public void run() {
            made = builder.build();
        }

        /** What was not made the first time is made the second time. */
        @Override
        public void check(@Nullable Throwable fault) {
            LocalLimiter<Object> limiter = made == null ? builder.build() : made;
            for (int number = 0; number < 5; number++) {
                require(!limiter.decide(keys.apply(number)).overflow(), "no room for key %s", number);
            }
            require(limiter.decide(keys.apply(5)).overflow(), "room for too many");
            limiter.close();
        }
    }
}
