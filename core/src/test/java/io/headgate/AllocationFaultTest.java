package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.faults.AllocationFaults;
import io.headgate.faults.FaultyClasses;
import io.headgate.faults.Scenario;
import io.headgate.testing.Measurements;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Memory that runs out in one call harms no other: every operation is run with a fault at its first allocation, at its
 * second, and so on until it has no more of them, each time on an object made anew.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AllocationFaultTest {

    private static final int MOST_POINTS = 5_000;

    /** What each subject had when this was written, less a tenth. */
    private static final Map<String, Integer> FEWEST = Map.of(
            "a map of strings", 640,
            "a map with one hash code", 1_600,
            "a limiter of strings", 3_200,
            "a limiter of keys with one hash code", 3_450,
            "a limiter of addresses", 2_250,
            "heavy hitters of strings", 800,
            "heavy hitters with one hash code", 800,
            "the making of a limiter", 820);

    private static List<Scenario.Named> scenarios = List.of();

    private final Map<String, Integer> faults = new TreeMap<>();

    @BeforeAll
    @SuppressWarnings("unchecked") // it has that type in either loader
    static void loadClassesThatMayFail() throws ReflectiveOperationException {
        ClassLoader loader = new FaultyClasses(
                LocalLimiter.class.getProtectionDomain().getCodeSource().getLocation());
        Object made =
                loader.loadClass(AllScenarios.class.getName()).getConstructor().newInstance();
        assertThat(made).isNotInstanceOf(AllScenarios.class);
        scenarios = ((Supplier<List<Scenario.Named>>) made).get();
    }

    @Test
    void memoryThatRunsOutHarmsNobody() {
        List<String> failures = new ArrayList<>();
        for (Scenario.Named named : scenarios) {
            try {
                failEverywhere(named);
            } catch (AssertionError e) {
                failures.add(e.getMessage());
            }
        }
        faults.forEach((subject, count) -> Measurements.print("%s: %,d failed allocations", subject, count));
        assertThat(failures).isEmpty();
        assertThat(faults.keySet()).isEqualTo(FEWEST.keySet());
        assertThat(faults)
                .allSatisfy((subject, count) -> assertThat(count).as(subject).isGreaterThan(FEWEST.get(subject)));
    }

    /** Once without a fault, so that whatever is made but once is there. */
    private void failEverywhere(Scenario.Named named) {
        int points = points(named);
        for (int n = 1; n <= points; n++) {
            assertThat(n).isLessThan(MOST_POINTS);
            Scenario scenario = named.source().get();
            Throwable fault = null;
            AllocationFaults.set(n);
            try {
                scenario.run();
            } catch (OutOfMemoryError e) {
                fault = e;
            } finally {
                AllocationFaults.remove();
            }
            scenario.goOn();
            try {
                scenario.check(fault);
            } catch (Throwable e) {
                throw new AssertionError(named.name() + ", allocation " + n + " of " + points + ": " + e, e);
            }
            faults.merge(named.subject(), 1, Integer::sum);
        }
    }

    private static int points(Scenario.Named named) {
        for (int i = 0; ; i++) {
            Scenario scenario = named.source().get();
            AllocationFaults.set(0);
            scenario.run();
            int points = AllocationFaults.remove();
            if (i == 1) {
                return points;
            }
        }
    }
}
